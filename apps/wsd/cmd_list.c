/* SPDX-License-Identifier: MIT */
/*
 * wsd list: a search whose findings are printed as they settle, a line each.
 *
 * One Probe asks for all devices, which every WSD device answers; a second one, for the few that
 * answer only to the scanners' own type, follows when the first has had time (discovery in the
 * field: most clients ask for wsdp:Device).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "describe.h"
#include "known.h"
#include "lean.h"
#include "report.h"
#include "search.h"

#define SECOND_PROBE_MS 1000u

struct listing {
    struct session *session;
    bool all, details, header;
    unsigned long expect, printed;
    struct known_list known; /* what was found, to be stored at the end */
};

static const char *name_of(const struct finding *f)
{
    if (f->info && *f->info->friendly_name)
        return f->info->friendly_name;
    return f->info ? f->info->model_name : "";
}

/* "HP HP LaserJet" is what some makers write. */
static void model_of(const struct finding *f, char *ret, size_t size)
{
    const struct wsd_device_info *info = f->info;

    if (!info)
        snprintf(ret, size, "%s", f->error ? "(no details)" : "");
    else
        describe_model(info->manufacturer, info->model_name, ret, size);
}

static void print_row(struct listing *l, const struct finding *f)
{
    char model[600], clean[600];

    model_of(f, model, sizeof model);
    if (!l->session->terminal_out) {
        printf("%s\t", text_clean(name_of(f), clean, sizeof clean));
        printf("%s\t", text_clean(model, clean, sizeof clean));
        printf("%s\t%s\n", f->address, text_clean(f->endpoint, clean, sizeof clean));
        fflush(stdout);
        return;
    }
    session_end_line(l->session);
    if (!l->header)
        printf("%-28s  %-28s  %-18s  %s\n", "NAME", "MODEL", "ADDRESS", "ENDPOINT");
    l->header = true;
    text_column(stdout, name_of(f), 28);
    fputs("  ", stdout);
    text_column(stdout, model, 28);
    printf("  %-18s  %s\n", f->address, text_clean(f->endpoint, clean, sizeof clean));
    fflush(stdout);
}

static void print_object(const struct finding *f)
{
    struct json_object *o = json_object_new_object();
    struct json_object *xaddrs = json_object_new_array();

    json_put_text(o, "name", name_of(f));
    if (f->info) {
        json_put_text(o, "manufacturer", f->info->manufacturer);
        json_put_text(o, "model", f->info->model_name);
    }
    json_put_text(o, "address", f->address);
    json_put_text(o, "interface", f->interface_);
    json_put_text(o, "endpoint", f->endpoint);
    for (size_t i = 0; i < f->n_xaddrs; i++)
        json_object_array_add(xaddrs, json_object_new_string(f->xaddrs[i]));
    json_put(o, "xaddrs", xaddrs);
    json_put_text(o, "refused", f->refused);
    json_put_text(o, "service", f->service);
    json_put_number(o, "delay", f->delay);
    if (!f->info && f->error)
        json_put_text(o, "error", f->error->message);
    json_print_line(o);
}

static bool on_settled(void *user, struct finding *f)
{
    struct listing *l = user;
    bool scans = f->service || (f->info ? f->refused != NULL : f->scanner);

    if (!l->all && !scans)
        return false;
    l->printed++;
    if (!args_has(l->session->args, OPT_NO_CACHE))
        known_list_add(&l->known, f);
    if (l->session->json)
        print_object(f);
    else
        print_row(l, f);
    if (f->refused && !f->service && f->error)
        session_note(l->session, "%s", f->error->message);
    return l->expect && l->printed >= l->expect;
}

static bool on_target(void *user, const struct wsd_target *target)
{
    const struct listing *l = user;
    bool computer = false, scanner = false;

    for (size_t i = 0; i < target->types.n_items; i++) {
        computer = computer || wsd_qname_is(&target->types.items[i], WSD_NS_PUB, "Computer");
        scanner = scanner || wsd_qname_is(&target->types.items[i], WSD_NS_SCAN, "ScanDeviceType");
    }
    /* A computer that shares no scanner need not be asked for its metadata. */
    return l->all || scanner || (!computer && l->details);
}

static int probe(struct search *search, const char *ns, const char *local, const char *prefix,
                 unsigned timeout)
{
    struct wsd_qname type = {ns, local, prefix};
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;

    options.types = &type;
    options.n_types = 1;
    options.timeout = timeout;
    return search_probe(search, &options);
}

/* Both Probes are over when the time of --timeout is. */
static unsigned second_probe_ms(const struct session *session)
{
    return session->search_ms / 2 < SECOND_PROBE_MS ? session->search_ms / 2 : SECOND_PROBE_MS;
}

static void on_later(void *user, struct search *search)
{
    const struct listing *l = user;
    unsigned passed = second_probe_ms(l->session);

    probe(search, WSD_NS_SCAN, "ScanDeviceType", "wscn", l->session->search_ms - passed);
}

int command_list(struct session *session)
{
    struct listing listing = {
        .session = session,
        .all = args_has(session->args, OPT_ALL),
        .details = !args_has(session->args, OPT_NO_DETAILS),
    };
    const struct search_options options = {
        .settled = on_settled,
        .wanted = on_target,
        .later = on_later,
        .user = &listing,
        .no_metadata = !listing.details,
    };
    long expect = 0;
    struct search *search = NULL;
    struct wsd_cache *cache = NULL;

    if (session->args->n_operands > 0) {
        usage_error(session->args, "wsd list takes no operands");
        return EXIT_CODE_USAGE;
    }
    if (!args_number(session->args, OPT_EXPECT, 1, 1000000, &expect))
        return EXIT_CODE_USAGE;
    if (args_has(session->args, OPT_CACHED))
        return list_cached(session, listing.all);
    listing.expect = (unsigned long)expect;
    int code = search_new(session, &options, &search);
    /* The Probe itself may not stop at `expect` answers: those that do not scan count in it. */
    if (code == EXIT_CODE_OK)
        code = probe(search, WSD_NS_DEVPROF, "Device", "wsdp", session->search_ms);
    if (code == EXIT_CODE_OK && !listing.all)
        search_later(search, second_probe_ms(session));
    if (code == EXIT_CODE_OK && session->search_ms > 0)
        search_limit(search, session->search_ms + 10000);
    bool whole = code != EXIT_CODE_OK || search_run(search);
    search_free(search);
    /* Only now: nothing that is printed waits for the disk, and the memory that a search of a
     * thousand devices and its connections took is free for SQLite. */
    session_end_network(session);
    lean_between();
    if (listing.known.n > 0)
        cache = known_open(session);
    known_list_store(&listing.known, session, cache);
    wsd_cache_close(cache);
    if (code != EXIT_CODE_OK)
        return code;
    if (!whole)
        return EXIT_CODE_INTERRUPTED;
    if (listing.printed == 0)
        return report_failure(
            session, EXIT_CODE_NOT_FOUND, NULL,
            listing.all ? "no device answered" : "no scanner was found",
            "Is it switched on, and on this network? 'wsd doctor' looks for the cause; --all lists "
            "other devices too; a scanner in another network is reached by its address, as in "
            "'wsd info ADDRESS'.");
    return expect && listing.printed < listing.expect ? EXIT_CODE_NOT_FOUND : EXIT_CODE_OK;
}
