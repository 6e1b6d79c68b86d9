/* SPDX-License-Identifier: MIT */
/*
 * All ways to a device run side by side and the first that answers wins; only where the person may
 * have meant several (a part of a name, or no name at all) the search goes on for a moment, to see
 * whether a second one answers.
 */
#include "device_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wsd/certificate.h>

#include "common/exit_codes.h"
#include "common/stamp.h"
#include "common/text.h"
#include "known.h"
#include "report.h"
#include "scan/device_address.h"
#include "search.h"

#define MATCHES_MAX 8
#define KNOWN_MAX   4 /* devices of the cache that are tried */

/* Devices wait up to 500 ms before they answer, and Probes are repeated once within 250 ms. */
#define SECOND_ONE_MS 1500u
/* Guesses are made when the regular ways have had a chance. */
#define GUESS_AFTER_MS     600u
#define URL_GUESS_AFTER_MS 300u

struct finder {
    struct session *session;
    struct wanted wanted;
    bool scanner;
    struct finding *matches[MATCHES_MAX];
    size_t n_matches;
    struct finding *without_scanner; /* it would match, but does not scan */
    struct wsd_cache *cache;         /* NULL: none is used */
    const struct wsd_cached_set *known;
};

static const char *finding_name(const struct finding *f)
{
    if (f->info && *f->info->friendly_name)
        return f->info->friendly_name;
    if (f->info && *f->info->model_name)
        return f->info->model_name;
    return *f->address ? f->address : f->url ? f->url : f->endpoint;
}

static bool name_matches(const struct finding *f, const char *text)
{
    char full[600];

    if (!f->info)
        return false;
    snprintf(full, sizeof full, "%s %s", f->info->manufacturer, f->info->model_name);
    return text_contains(f->info->friendly_name, text) || text_contains(full, text);
}

/* The cache and the search may bring the same device. */
static bool have_match(const struct finder *finder, const struct finding *f)
{
    for (size_t i = 0; *f->endpoint && i < finder->n_matches; i++)
        if (wsd_endpoint_equal(finder->matches[i]->endpoint, f->endpoint))
            return true;
    return false;
}

static bool take_match(struct finder *finder, struct finding *f)
{
    if (finder->n_matches < MATCHES_MAX && !have_match(finder, f))
        finder->matches[finder->n_matches++] = f;
    return finder->wanted.kind != WANTED_ANY && finder->wanted.kind != WANTED_NAME;
}

/* One of several matches that is named in full is the one meant. */
static bool take_exact(struct finder *finder, struct finding *f)
{
    if (finder->wanted.kind != WANTED_NAME || !f->info ||
        !text_same(f->info->friendly_name, finder->wanted.text))
        return false;
    finder->matches[0] = f;
    finder->n_matches = 1;
    return true;
}

static bool on_settled(void *user, struct finding *f)
{
    struct finder *finder = user;

    if (!f->info && !f->service)
        return false;
    if (finder->wanted.kind == WANTED_NAME && !name_matches(f, finder->wanted.text))
        return false;
    if (!f->service && (finder->scanner || finder->wanted.kind == WANTED_ANY ||
                        finder->wanted.kind == WANTED_HOST)) {
        if (!finder->without_scanner)
            finder->without_scanner = f;
        return false;
    }
    if (take_exact(finder, f) || take_match(finder, f))
        return true;
    search_limit(f->search, SECOND_ONE_MS);
    return false;
}

static bool on_target(void *user, const struct wsd_target *target)
{
    const struct finder *finder = user;

    if (finder->wanted.kind == WANTED_UUID)
        return wsd_endpoint_equal(target->endpoint, finder->wanted.text);
    if (finder->wanted.kind != WANTED_ANY)
        return true;
    /* Windows PCs answer too; asking each for its metadata would only cost time. */
    for (size_t i = 0; i < target->types.n_items; i++)
        if (wsd_qname_is(&target->types.items[i], WSD_NS_PUB, "Computer"))
            return false;
    return true;
}

static void on_later(void *user, struct search *search)
{
    const struct finder *finder = user;
    char urls[GUESS_URLS_MAX][600];

    if (finder->wanted.kind == WANTED_URL) {
        search_service(search, finder->wanted.text);
        return;
    }
    size_t n = guess_urls(&finder->wanted, urls);
    for (size_t i = 0; i < n; i++)
        search_service(search, urls[i]);
}

static int probe_multicast(struct search *search)
{
    static const struct wsd_qname types[] = {{WSD_NS_DEVPROF, "Device", "wsdp"}};
    struct wsd_probe_options probe = WSD_PROBE_OPTIONS_INIT;

    probe.types = types;
    probe.n_types = 1;
    return search_probe(search, &probe);
}

static void probe_directed(struct search *search, const char *where)
{
    struct wsd_probe_options probe = WSD_PROBE_OPTIONS_INIT;

    probe.directed = where;
    search_probe(search, &probe);
}

static bool known_matches(const struct wsd_cached *known, const struct wanted *wanted)
{
    char full[600];

    if (wanted->kind == WANTED_UUID)
        return wsd_endpoint_equal(known->target.endpoint, wanted->text);
    snprintf(full, sizeof full, "%s %s", known->manufacturer, known->model_name);
    return text_contains(known->friendly_name, wanted->text) || text_contains(full, wanted->text);
}

/* Devices of the cache that are meant, perhaps. Whether they are there is asked beside the search,
 * which finds those as well that are somewhere else by now. */
static void try_known(struct finder *finder, struct search *search)
{
    size_t n = 0;

    finder->known = known_read(finder->session, finder->cache);
    for (size_t i = 0; finder->known && i < finder->known->n_devices && n < KNOWN_MAX; i++)
        if (known_matches(&finder->known->devices[i], &finder->wanted)) {
            search_known(search, &finder->known->devices[i]);
            n++;
        }
}

/* What was found is known from now on, unless it was named by an address: that finds it anyway. */
static void remember(struct finder *finder, const struct finding *f)
{
    struct known_list list = {0};

    if (!finder->cache)
        return;
    known_list_add(&list, f);
    known_list_store(&list, finder->session, finder->cache);
}

/* Starts every way there is. */
static int start(struct finder *finder, struct search *search)
{
    char urls[STABLE_URLS_MAX][600];
    int code = EXIT_CODE_OK;

    switch (finder->wanted.kind) {
    case WANTED_NAME:
        try_known(finder, search);
        return probe_multicast(search);
    case WANTED_ANY:
        return probe_multicast(search);
    case WANTED_UUID:
        try_known(finder, search);
        code = search_resolve(search, finder->wanted.text);
        return code == EXIT_CODE_OK ? probe_multicast(search) : code;
    case WANTED_URL:
        search_get(search, finder->wanted.text, NULL);
        probe_directed(search, finder->wanted.text);
        search_later(search, URL_GUESS_AFTER_MS);
        return code;
    case WANTED_HOST:
        probe_directed(search, finder->wanted.udp_host);
        size_t n = stable_urls(&finder->wanted, urls);
        for (size_t i = 0; i < n; i++)
            probe_directed(search, urls[i]);
        search_later(search, GUESS_AFTER_MS);
        return code;
    }
    return code;
}

/* -- the outcome --------------------------------------------------------------------------------
 */

/* A device that is asked in the clear although it had TLS before may be somebody else. */
static void warn_downgrade(const struct finder *finder, const struct finding *f, const char *name,
                           const char *endpoint)
{
    const char *url = f->url ? f->url : f->service;
    const struct wsd_certificate *c = NULL;
    char day[STAMP_SIZE];

    if (!*endpoint || !url || strncasecmp(url, "http:", 5) != 0 ||
        wsd_certificate_find(finder->session->context, endpoint, &c, NULL) < 0)
        return;
    session_note(finder->session,
                 "%s had https, with a certificate that is known since %.10s, and now offers http "
                 "alone: if nobody changed that, somebody may be answering in its place (if it is "
                 "meant: wsd cache forget-key %s)",
                 name, stamp_of(c->since, day), c->device);
    wsd_free(c);
}

/* Whose certificate has to be shown from now on: who was searched for, before who it says it is. */
static bool take_identity(const struct finder *finder, const struct finding *f,
                          const struct device *device)
{
    struct session *session = finder->session;
    const char *endpoint = *f->endpoint ? f->endpoint : device->endpoint;

    warn_downgrade(finder, f, device->name, endpoint);
    if (strcmp(endpoint, device->endpoint) != 0 && !wsd_endpoint_equal(endpoint, device->endpoint))
        warn_downgrade(finder, f, device->name, device->endpoint);
    free(session->endpoint);
    session->endpoint = *endpoint ? strdup(endpoint) : NULL;
    session->request.endpoint = session->endpoint;
    return !*endpoint || session->endpoint;
}

static int take(struct finder *finder, struct finding *f, struct device *ret)
{
    char clean[256];

    remember(finder, f);
    *ret = (struct device){
        .name = strdup(text_clean(finding_name(f), clean, sizeof clean)),
        .endpoint = strdup(f->info && *f->info->endpoint ? f->info->endpoint : f->endpoint),
        .url = strdup(f->info ? f->url : ""),
        .service = f->service ? strdup(f->service) : NULL,
        .info = f->info,
    };
    f->info = NULL;
    if (!ret->name || !ret->endpoint || !ret->url || (f->service && !ret->service) ||
        !take_identity(finder, f, ret)) {
        device_free(ret);
        return report_no_memory();
    }
    if (f->refused)
        session_note(finder->session, "the address %s was not contacted (see --allow-foreign)",
                     f->refused);
    return EXIT_CODE_OK;
}

static int say_several(const struct finder *finder)
{
    char what[400] = "";

    if (finder->wanted.kind == WANTED_NAME)
        text_append(what, sizeof what, "'%s' fits several devices", finder->wanted.text);
    else
        text_append(what, sizeof what, "there are several scanners");
    report_failure(finder->session, EXIT_CODE_NOT_FOUND, NULL, what, "Name one of them:");
    for (size_t i = 0; i < finder->n_matches; i++) {
        const struct finding *f = finder->matches[i];
        fputs("    ", stderr);
        text_column(stderr, finding_name(f), 32);
        fputs("  ", stderr);
        text_column(stderr, f->address, 24);
        fputs("  ", stderr);
        text_put(stderr, f->endpoint);
        fputc('\n', stderr);
    }
    return EXIT_CODE_NOT_FOUND;
}

static int say_none(const struct finder *finder, const struct search *search)
{
    const struct wsd_error *error = search_error(search);
    const char *text = finder->wanted.text;
    char what[700];

    if (finder->without_scanner && finder->without_scanner->refused &&
        finder->without_scanner->error)
        return report_error(finder->session, finding_name(finder->without_scanner),
                            finder->without_scanner->error);
    if (finder->without_scanner)
        return report_failure(finder->session, EXIT_CODE_NOT_FOUND,
                              finding_name(finder->without_scanner),
                              "it is there, but offers no scan service",
                              "Scanning by WSD may be switched off in its web page, or it may only "
                              "scan by another protocol (eSCL).");
    switch (finder->wanted.kind) {
    case WANTED_URL:
    case WANTED_HOST:
        if (error->code && error->code != WSD_E_NOT_FOUND)
            return report_error(finder->session, text, error);
        snprintf(what, sizeof what, "nothing there answered as a WSD device");
        return report_failure(
            finder->session, EXIT_CODE_NOT_FOUND, text, what,
            "Check the address, and that WSD is enabled in the device's web page.");
    case WANTED_NAME:
    case WANTED_UUID:
        snprintf(what, sizeof what, "no device '%s' was found", text);
        break;
    case WANTED_ANY:
        snprintf(what, sizeof what, "no scanner was found");
        break;
    }
    if (error->code == WSD_E_REFUSED_ADDRESS || error->code == WSD_E_FAULT ||
        error->code == WSD_E_CERTIFICATE)
        return report_error(finder->session, NULL, error);
    return report_failure(
        finder->session, EXIT_CODE_NOT_FOUND, NULL, what,
        "Is it switched on, and on this network? 'wsd doctor' looks for the cause, 'wsd list "
        "--all' "
        "shows who answers; where the search does not reach, name the address of the scanner.");
}

static bool by_name(const struct wanted *wanted)
{
    return wanted->kind == WANTED_ANY || wanted->kind == WANTED_NAME || wanted->kind == WANTED_UUID;
}

int device_find(struct session *session, const char *text, bool scanner, struct device *ret)
{
    struct finder finder = {.session = session, .scanner = scanner};
    const struct search_options options = {
        .settled = on_settled,
        .wanted = on_target,
        .later = on_later,
        .user = &finder,
        .keep_info = true,
    };
    struct search *search = NULL;

    if (!wanted_parse(text, &finder.wanted)) {
        usage_error(session->args, "'%.60s...' is too long for a device", text);
        return EXIT_CODE_USAGE;
    }
    int code = search_new(session, &options, &search);
    if (code == EXIT_CODE_OK && by_name(&finder.wanted))
        finder.cache = known_open(session);
    if (code == EXIT_CODE_OK)
        code = start(&finder, search);
    bool whole = code != EXIT_CODE_OK || search_run(search);
    if (code == EXIT_CODE_OK && !whole)
        code = report_failure(session, EXIT_CODE_INTERRUPTED, NULL, "interrupted", NULL);
    else if (code == EXIT_CODE_OK && finder.n_matches > 1)
        code = say_several(&finder);
    else if (code == EXIT_CODE_OK && finder.n_matches == 1)
        code = take(&finder, finder.matches[0], ret);
    else if (code == EXIT_CODE_OK && finder.without_scanner && !scanner &&
             finder.wanted.kind == WANTED_HOST)
        code = take(&finder, finder.without_scanner, ret);
    else if (code == EXIT_CODE_OK)
        code = say_none(&finder, search);
    search_free(search);
    wsd_free(finder.known);
    wsd_cache_close(finder.cache);
    return code;
}

void device_free(struct device *device)
{
    free(device->name);
    free(device->endpoint);
    free(device->url);
    free(device->service);
    wsd_free(device->info);
    *device = (struct device){0};
}
