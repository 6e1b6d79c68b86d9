/* SPDX-License-Identifier: MIT */
/* wsd cache and wsd list --cached: the devices that were seen before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wsd/certificate.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/stamp.h"
#include "common/text.h"
#include "describe.h"
#include "known.h"
#include "report.h"
#include "scan/device_address.h"

/* -- one device ---------------------------------------------------------------------------------
 */

static const char *where(const struct wsd_cached *c)
{
    if (c->target.address && *c->target.address)
        return c->target.address;
    return c->target.xaddrs.n_items > 0 ? c->target.xaddrs.items[0] : "";
}

static struct json_object *object_of(const struct wsd_cached *c)
{
    struct json_object *o = json_object_new_object();
    char time[STAMP_SIZE];

    json_put_text(o, "name", c->friendly_name);
    json_put_text(o, "manufacturer", c->manufacturer);
    json_put_text(o, "model", c->model_name);
    json_put_text(o, "address", c->target.address);
    json_put_text(o, "interface", c->target.interface_);
    json_put_text(o, "endpoint", c->target.endpoint);
    json_put(o, "types", json_of_qnames(&c->target.types));
    json_put(o, "xaddrs", json_of_uris(&c->target.xaddrs));
    json_put_text(o, "service", c->scan_service);
    json_put(o, "cached", json_object_new_boolean(true));
    json_put_text(o, "firstSeen", stamp_of(c->first_seen, time));
    json_put_text(o, "lastSeen", stamp_of(c->last_seen, time));
    return o;
}

/* `mark` stands before the endpoint: how long ago, or what became of it. */
static void print_row(struct session *session, const struct wsd_cached *c, const char *heading,
                      const char *mark, bool *header)
{
    char model[600], clean[600];

    describe_model(c->manufacturer, c->model_name, model, sizeof model);
    if (!session->terminal_out) {
        printf("%s\t", text_clean(c->friendly_name, clean, sizeof clean));
        printf("%s\t", text_clean(model, clean, sizeof clean));
        printf("%s\t", text_clean(where(c), clean, sizeof clean));
        printf("%s\t%s\n", text_clean(c->target.endpoint, clean, sizeof clean), mark);
        return;
    }
    session_end_line(session);
    if (!*header)
        printf("%-28s  %-28s  %-18s  %-12s  %s\n", "NAME", "MODEL", "ADDRESS", heading, "ENDPOINT");
    *header = true;
    text_column(stdout, c->friendly_name, 28);
    fputs("  ", stdout);
    text_column(stdout, model, 28);
    fputs("  ", stdout);
    text_column(stdout, where(c), 18);
    printf("  %-12s  %s\n", mark, text_clean(c->target.endpoint, clean, sizeof clean));
}

static void print_seen(struct session *session, const struct wsd_cached *c, bool *header)
{
    char span[STAMP_SIZE], mark[STAMP_SIZE + 8];

    if (session->json) {
        json_print_line(object_of(c));
        return;
    }
    snprintf(mark, sizeof mark, "%s ago", stamp_span((int64_t)time(NULL) - c->last_seen, span));
    print_row(session, c, "LAST SEEN", mark, header);
}

/* -- the cache ----------------------------------------------------------------------------------
 */

static int open_and_read(struct session *session, struct wsd_cache **ret_cache,
                         const struct wsd_cached_set **ret_set)
{
    struct wsd_error error = {0};
    const char *note = NULL;

    if (wsd_cache_open(NULL, ret_cache, &note, &error) < 0)
        return report_error(session, NULL, &error);
    if (note)
        session_note(session, "%s", note);
    if (ret_set && wsd_cache_read(*ret_cache, ret_set, &error) < 0)
        return report_error(session, wsd_cache_path(*ret_cache), &error);
    return EXIT_CODE_OK;
}

static bool is_scanner(const struct wsd_cached *c)
{
    bool scanner = *c->scan_service != 0;

    for (size_t i = 0; i < c->target.types.n_items; i++)
        scanner = scanner || wsd_qname_is(&c->target.types.items[i], WSD_NS_SCAN, "ScanDeviceType");
    return scanner;
}

int list_cached(struct session *session, bool all)
{
    struct wsd_cache *cache = NULL;
    const struct wsd_cached_set *set = NULL;
    bool header = false;
    size_t printed = 0;

    if (args_has(session->args, OPT_NO_CACHE)) {
        usage_error(session->args, "--cached and --no-cache exclude each other");
        return EXIT_CODE_USAGE;
    }
    int code = open_and_read(session, &cache, &set);
    for (size_t i = 0; code == EXIT_CODE_OK && i < set->n_devices; i++)
        if (all || is_scanner(&set->devices[i])) {
            print_seen(session, &set->devices[i], &header);
            printed++;
        }
    wsd_free(set);
    wsd_cache_close(cache);
    if (code == EXIT_CODE_OK && printed == 0)
        return report_failure(session, EXIT_CODE_NOT_FOUND, NULL,
                              all ? "no device was seen before" : "no scanner was seen before",
                              "'wsd list' searches for those that are there now.");
    return code;
}

static int show(struct session *session)
{
    struct wsd_cache *cache = NULL;
    const struct wsd_cached_set *set = NULL;
    bool header = false;
    int code = open_and_read(session, &cache, &set);

    for (size_t i = 0; code == EXIT_CODE_OK && i < set->n_devices; i++)
        print_seen(session, &set->devices[i], &header);
    if (code == EXIT_CODE_OK && set->n_devices == 0)
        session_note(session, "no device was seen before; 'wsd list' searches for some");
    wsd_free(set);
    wsd_cache_close(cache);
    return code;
}

static int print_path(struct session *session)
{
    struct wsd_cache *cache = NULL;
    int code = open_and_read(session, &cache, NULL);

    if (code == EXIT_CODE_OK && session->json) {
        struct json_object *o = json_object_new_object();
        json_put_text(o, "path", wsd_cache_path(cache));
        code = json_print_line(o);
    } else if (code == EXIT_CODE_OK) {
        puts(wsd_cache_path(cache));
    }
    wsd_cache_close(cache);
    return code;
}

/* -- verify -------------------------------------------------------------------------------------
 */

struct verifying {
    struct session *session;
    const struct wsd_cached_set *set;
    bool *here; /* of each device of the set */
    bool header;
};

static void print_verified(struct verifying *v, const struct wsd_cached *c, const char *state)
{
    if (!v->session->json) {
        print_row(v->session, c, "STATE", state, &v->header);
        fflush(stdout);
        return;
    }
    struct json_object *o = object_of(c);
    json_put_text(o, "state", state);
    json_print_line(o);
}

static void on_found(void *user, const struct wsd_target *target, bool cached)
{
    struct verifying *v = user;

    for (size_t i = 0; cached && i < v->set->n_devices; i++)
        if (!v->here[i] &&
            wsd_endpoint_equal(v->set->devices[i].target.endpoint, target->endpoint)) {
            v->here[i] = true;
            print_verified(v, &v->set->devices[i], "here");
        }
}

/* Those that did not answer have left the cache, but for those that could not be asked. */
static void print_rest(struct verifying *v, const struct wsd_cached_set *left)
{
    for (size_t i = 0; i < v->set->n_devices; i++) {
        bool kept = false;
        for (size_t k = 0; !v->here[i] && k < left->n_devices; k++)
            kept = kept || wsd_endpoint_equal(left->devices[k].target.endpoint,
                                              v->set->devices[i].target.endpoint);
        if (!v->here[i])
            print_verified(v, &v->set->devices[i], kept ? "elsewhere" : "gone");
    }
}

static int ask_all(struct verifying *v, struct wsd_cache *cache)
{
    struct wsd_get_devices_options options = WSD_GET_DEVICES_OPTIONS_INIT;
    const struct wsd_target_set *found = NULL;
    const struct wsd_cached_set *left = NULL;
    struct wsd_error error = {0};

    options.cache = cache;
    options.no_discovery = true;
    if (args_has(v->session->args, OPT_TIMEOUT))
        options.verify_timeout = v->session->search_ms;
    options.found = on_found;
    options.user = v;
    if (v->session->terminal_err && !v->session->quiet) {
        fprintf(stderr, "wsd: asking %zu devices (Ctrl-C gives up)", v->set->n_devices);
        v->session->line_open = true;
    }
    int r = wsd_get_devices(v->session->context, &options, &found, &error);
    session_end_line(v->session);
    wsd_free(found);
    if (r < 0)
        return report_error(v->session, NULL, &error);
    if (wsd_cache_read(cache, &left, &error) < 0)
        return report_error(v->session, wsd_cache_path(cache), &error);
    print_rest(v, left);
    wsd_free(left);
    return EXIT_CODE_OK;
}

static int verify(struct session *session)
{
    struct verifying v = {.session = session};
    struct wsd_cache *cache = NULL;
    int code = open_and_read(session, &cache, &v.set);

    if (code == EXIT_CODE_OK && v.set->n_devices == 0) {
        session_note(session, "no device was seen before; 'wsd list' searches for some");
    } else if (code == EXIT_CODE_OK) {
        v.here = calloc(v.set->n_devices, sizeof *v.here);
        code = v.here ? ask_all(&v, cache) : report_no_memory();
    }
    free(v.here);
    wsd_free(v.set);
    wsd_cache_close(cache);
    return code;
}

/* -- drop ---------------------------------------------------------------------------------------
 */

static bool is_meant(const struct wsd_cached *c, const struct wanted *wanted)
{
    char full[600];

    if (wanted->kind == WANTED_UUID)
        return wsd_endpoint_equal(c->target.endpoint, wanted->text);
    snprintf(full, sizeof full, "%s %s", c->manufacturer, c->model_name);
    return wsd_endpoint_equal(c->target.endpoint, wanted->text) ||
           text_same(c->target.address, wanted->text) ||
           text_contains(c->friendly_name, wanted->text) || text_contains(full, wanted->text);
}

static int say_several(struct session *session, const struct wsd_cached_set *set,
                       const struct wanted *wanted)
{
    char what[400] = "";

    text_append(what, sizeof what, "'%s' fits several devices", wanted->text);
    report_failure(session, EXIT_CODE_NOT_FOUND, NULL, what, "Name one of them:");
    for (size_t i = 0; i < set->n_devices; i++) {
        if (!is_meant(&set->devices[i], wanted))
            continue;
        fputs("    ", stderr);
        text_column(stderr, set->devices[i].friendly_name, 32);
        fputs("  ", stderr);
        text_put(stderr, set->devices[i].target.endpoint);
        fputc('\n', stderr);
    }
    return EXIT_CODE_NOT_FOUND;
}

/* The one that is meant; one that is named in full goes before those that contain the name. */
static int choose(struct session *session, const struct wsd_cached_set *set, const char *text,
                  const struct wsd_cached **ret)
{
    struct wanted wanted;
    size_t n = 0, exact = 0;
    const struct wsd_cached *named = NULL;

    if (!wanted_parse(text, &wanted) || wanted.kind == WANTED_ANY) {
        usage_error(session->args, "'%.60s' is no device", text);
        return EXIT_CODE_USAGE;
    }
    for (size_t i = 0; i < set->n_devices; i++) {
        if (!is_meant(&set->devices[i], &wanted))
            continue;
        *ret = &set->devices[i];
        n++;
        if (text_same(set->devices[i].friendly_name, wanted.text)) {
            named = &set->devices[i];
            exact++;
        }
    }
    if (exact == 1)
        *ret = named;
    else if (n > 1)
        return say_several(session, set, &wanted);
    if (n == 0)
        return report_failure(session, EXIT_CODE_NOT_FOUND, text, "no such device was seen before",
                              "'wsd cache show' lists those that were.");
    return EXIT_CODE_OK;
}

static int drop_these(struct session *session, struct wsd_cache *cache,
                      const struct wsd_cached *devices, size_t n, bool all)
{
    struct wsd_error error = {0};

    if (wsd_cache_drop(cache, all ? NULL : devices[0].target.endpoint, &error) < 0)
        return report_error(session, wsd_cache_path(cache), &error);
    for (size_t i = 0; i < n; i++) {
        if (session->json) {
            struct json_object *o = json_object_new_object();
            json_put_text(o, "dropped", devices[i].target.endpoint);
            json_put_text(o, "name", devices[i].friendly_name);
            json_print_line(o);
            continue;
        }
        text_put(stdout,
                 *devices[i].friendly_name ? devices[i].friendly_name : devices[i].target.endpoint);
        puts(" is forgotten");
    }
    return EXIT_CODE_OK;
}

static int drop(struct session *session, const char *text)
{
    bool all = args_has(session->args, OPT_ALL_CACHE);
    const struct wsd_cached_set *set = NULL;
    const struct wsd_cached *device = NULL;
    struct wsd_cache *cache = NULL;

    if (all == (text != NULL)) {
        usage_error(session->args, "wsd cache drop takes a device, or --all");
        return EXIT_CODE_USAGE;
    }
    int code = open_and_read(session, &cache, &set);
    if (code == EXIT_CODE_OK && all)
        code = drop_these(session, cache, set->devices, set->n_devices, true);
    else if (code == EXIT_CODE_OK)
        code = choose(session, set, text, &device);
    if (code == EXIT_CODE_OK && device)
        code = drop_these(session, cache, device, 1, false);
    wsd_free(set);
    wsd_cache_close(cache);
    return code;
}

/* -- keys ---------------------------------------------------------------------------------------
 */

/* Whose certificate is meant: what keys prints, or a device that was seen before. */
static int name_key(struct session *session, const char *text, const struct wsd_certificate **ret)
{
    const struct wsd_cached_set *set = NULL;
    const struct wsd_cached *device = NULL;
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    int r = wsd_certificate_find(session->context, text, ret, &error);

    if (r != WSD_E_NOT_FOUND)
        return r < 0 ? report_error(session, text, &error) : EXIT_CODE_OK;
    int code = open_and_read(session, &cache, &set);
    if (code == EXIT_CODE_OK)
        code = choose(session, set, text, &device);
    error.code = 0;
    if (code == EXIT_CODE_OK &&
        wsd_certificate_find(session->context, device->target.endpoint, ret, &error) < 0)
        code = report_failure(session, EXIT_CODE_NOT_FOUND, text,
                              "none of its certificates is remembered",
                              "'wsd cache keys' lists those that are.");
    wsd_free(set);
    wsd_cache_close(cache);
    return code;
}

static int forget_key(struct session *session, const char *text)
{
    bool all = args_has(session->args, OPT_ALL_CACHE);
    const struct wsd_certificate *c = NULL;
    struct wsd_error error = {0};
    int code = EXIT_CODE_OK;

    if (all == (text != NULL)) {
        usage_error(session->args, "wsd cache forget-key takes a device, or --all");
        return EXIT_CODE_USAGE;
    }
    if (!all)
        code = name_key(session, text, &c);
    if (code == EXIT_CODE_OK &&
        wsd_certificate_forget(session->context, all ? NULL : c->device, &error) < 0)
        code = report_error(session, text, &error);
    if (code == EXIT_CODE_OK && session->json) {
        struct json_object *o = json_object_new_object();
        json_put_text(o, "forgotten", all ? "" : c->device);
        code = json_print_line(o);
    } else if (code == EXIT_CODE_OK) {
        fputs(all ? "all certificates are" : "the certificate of ", stdout);
        text_put(stdout, all ? "" : c->device);
        puts(all ? " forgotten" : " is forgotten; the next one that it shows is remembered");
    }
    wsd_free(c);
    return code;
}

static void print_key(const struct session *session, const struct wsd_certificate *c)
{
    char time[STAMP_SIZE], clean[600];

    if (!session->json) {
        printf("%s\t", text_clean(c->device, clean, sizeof clean));
        printf("%.10s\t", stamp_of(c->since, time));
        printf("%s\t", text_clean(c->subject, clean, sizeof clean));
        printf("%s\n", text_clean(c->expires, clean, sizeof clean));
        return;
    }
    json_print_line(json_of_certificate(c));
}

static int show_keys(struct session *session)
{
    const struct wsd_certificate_set *set = NULL;
    struct wsd_error error = {0};

    if (wsd_certificate_list(session->context, &set, &error) < 0)
        return report_error(session, NULL, &error);
    for (size_t i = 0; i < set->n_certificates; i++)
        print_key(session, &set->certificates[i]);
    if (set->n_certificates == 0)
        session_note(session, "no device was reached by https so far");
    wsd_free(set);
    return EXIT_CODE_OK;
}

/* -- the command --------------------------------------------------------------------------------
 */

int command_cache(struct session *session)
{
    const struct args *args = session->args;
    const char *what = args->n_operands ? args->operands[0] : "show";
    const char *device = args->n_operands > 1 ? args->operands[1] : NULL;
    bool dropping = strcmp(what, "drop") == 0, forgetting = strcmp(what, "forget-key") == 0;

    if (args->n_operands > (dropping || forgetting ? 2u : 1u)) {
        usage_error(args, "wsd cache %s takes %s", what,
                    dropping || forgetting ? "one device" : "no operands");
        return EXIT_CODE_USAGE;
    }
    if (args_has(args, OPT_ALL_CACHE) && !dropping && !forgetting) {
        usage_error(args, "--all is for wsd cache drop and wsd cache forget-key");
        return EXIT_CODE_USAGE;
    }
    if (strcmp(what, "show") == 0)
        return show(session);
    if (strcmp(what, "verify") == 0)
        return verify(session);
    if (strcmp(what, "path") == 0)
        return print_path(session);
    if (strcmp(what, "keys") == 0)
        return show_keys(session);
    if (dropping)
        return drop(session, device);
    if (forgetting)
        return forget_key(session, device);
    usage_error(args,
                "wsd cache does not know '%s'; it knows show, verify, drop, keys, forget-key and "
                "path",
                what);
    return EXIT_CODE_USAGE;
}
