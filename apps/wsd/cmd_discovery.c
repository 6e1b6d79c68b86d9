/* SPDX-License-Identifier: MIT */
/* wsd probe and wsd resolve: the two questions of WS-Discovery, and the answers as they come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/discovery.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"
#include "type_words.h"

static void print_list(const char *label, const char *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        printf("  %-9s ", i ? "" : label);
        text_put(stdout, items[i]);
        putchar('\n');
    }
}

static void print_target(const struct wsd_target *t)
{
    text_put(stdout, t->endpoint);
    printf("\n  %-9s %s", "from", t->address);
    if (*t->interface_)
        printf(" on %s", t->interface_);
    printf(", after %u ms\n", (unsigned)t->delay);
    for (size_t i = 0; i < t->types.n_items; i++) {
        printf("  %-9s {", i ? "" : "types");
        text_put(stdout, t->types.items[i].ns);
        putchar('}');
        text_put(stdout, t->types.items[i].local);
        putchar('\n');
    }
    print_list("scopes", t->scopes.items, t->scopes.n_items);
    print_list("xaddrs", t->xaddrs.items, t->xaddrs.n_items);
    print_list("refused", t->refused.items, t->refused.n_items);
    printf("  %-9s %u\n", "version", (unsigned)t->metadata_version);
    fflush(stdout);
}

static struct json_object *target_json(const struct wsd_target *t)
{
    struct json_object *o = json_object_new_object();

    json_put_text(o, "endpoint", t->endpoint);
    json_put(o, "types", json_of_qnames(&t->types));
    json_put(o, "scopes", json_of_uris(&t->scopes));
    json_put(o, "xaddrs", json_of_uris(&t->xaddrs));
    json_put(o, "refused", json_of_uris(&t->refused));
    json_put_number(o, "metadataVersion", t->metadata_version);
    json_put_number(o, "instanceId", t->instance_id);
    json_put_text(o, "address", t->address);
    json_put_text(o, "interface", t->interface_);
    json_put_number(o, "delay", t->delay);
    return o;
}

struct probing {
    struct session *session;
    size_t printed;
};

static void show_target(struct probing *p, const struct wsd_target *target)
{
    p->printed++;
    if (p->session->json)
        json_print_line(target_json(target));
    else
        print_target(target);
}

static void on_found(void *user, const struct wsd_target *target)
{
    struct probing *p = user;

    session_end_line(p->session);
    show_target(p, target);
}

int command_probe(struct session *session)
{
    const struct args *args = session->args;
    struct type_words types;
    const char *scopes[OPTIONS_MAX_REPEATS + 1] = {NULL};
    struct probing probing = {.session = session};
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_target_set *set = NULL;
    struct wsd_error error = {0};
    long expect = 0, port = 0;

    if (args->n_operands > 1) {
        usage_error(args, "one host at a time");
        return EXIT_CODE_USAGE;
    }
    if (!type_words_read(args, OPT_TYPE, &types))
        return EXIT_CODE_USAGE;
    for (unsigned i = 0; i < args->count[OPT_SCOPE]; i++)
        scopes[i] = args->values[OPT_SCOPE][i];
    if (!args_number(args, OPT_EXPECT, 1, 1000000, &expect) ||
        !args_number(args, OPT_SOURCE_PORT, 1, 65535, &port))
        return EXIT_CODE_USAGE;
    options.types = types.types;
    options.n_types = types.n_types;
    options.scopes = scopes[0] ? scopes : NULL;
    options.timeout = session->search_ms;
    options.expect = (unsigned)expect;
    options.source_port = (uint16_t)port;
    options.oasis = args_has(args, OPT_OASIS);
    options.directed = args->n_operands ? args->operands[0] : NULL;
    options.no_resolve = true;
    options.found = on_found;
    options.user = &probing;
    int r = wsd_probe(session->context, &options, &set, &error);
    wsd_free(set);
    if (r < 0)
        return report_error(session, options.directed, &error);
    if (probing.printed == 0)
        return report_failure(
            session, EXIT_CODE_NOT_FOUND, options.directed, "no answer",
            "Check that a device of that type is switched on and on this network.");
    return expect && probing.printed < (unsigned long)expect ? EXIT_CODE_NOT_FOUND : EXIT_CODE_OK;
}

int command_resolve(struct session *session)
{
    const struct args *args = session->args;
    struct wsd_resolve_options options = WSD_RESOLVE_OPTIONS_INIT;
    const struct wsd_target *target = NULL;
    struct wsd_error error = {0};
    char endpoint[600];
    long port = 0;

    if (args->n_operands != 1) {
        usage_error(args, "wsd resolve takes one endpoint reference");
        return EXIT_CODE_USAGE;
    }
    if (!args_number(args, OPT_SOURCE_PORT, 1, 65535, &port))
        return EXIT_CODE_USAGE;
    /* A bare UUID is meant as one. */
    snprintf(endpoint, sizeof endpoint, "%s%.512s",
             strchr(args->operands[0], ':') ? "" : "urn:uuid:", args->operands[0]);
    options.timeout = session->search_ms;
    options.oasis = args_has(args, OPT_OASIS);
    options.source_port = (uint16_t)port;
    options.directed = args_text(args, OPT_AT, NULL);
    if (wsd_resolve(session->context, endpoint, &options, &target, &error) < 0) {
        if (error.code == WSD_E_NOT_FOUND || error.code == WSD_E_TIMEOUT)
            return report_failure(session, EXIT_CODE_NOT_FOUND, NULL,
                                  "no device of that name answered",
                                  "'wsd list --all' shows who is there.");
        return report_error(session, NULL, &error);
    }
    int code = EXIT_CODE_OK;
    if (session->json)
        code = json_print_pretty(target_json(target));
    else
        print_target(target);
    wsd_free(target);
    return code;
}
