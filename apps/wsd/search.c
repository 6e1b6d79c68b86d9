/* SPDX-License-Identifier: MIT */
/* Probes, the queue of what they find, and the requests for metadata. */
#include "search.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wsd/scan.h>

#include "common/exit_codes.h"
#include "report.h"

#define HASH_SIZE 1024u
#define CROWD     16u /* found, from which on the others are asked in groups */
#define GATHER_MS 8u
#define KNOWN_MS  1500u /* for a device of the cache to answer */

struct search_call {
    struct search *search; /* NULL: free */
    struct wsd_call *call;
    bool directed;
};

/* An endpoint that answered: what is left of a finding when it was shown. */
struct known {
    struct known *next; /* of the same hash */
    char endpoint[];
};

struct search {
    struct session *session;
    struct search_options options;
    struct search_call calls[SEARCH_CALLS_MAX];
    unsigned pending_calls, requests;
    struct finding *queue, **queue_end;
    struct finding *all;
    struct known *hash[HASH_SIZE];
    size_t n;
    uint64_t limit, later; /* of session_now(); 0: none */
    uint64_t due;          /* when the queue is looked at again, of session_now() */
    bool stopped;
    struct wsd_error error;
};

static void pump(struct search *search);

/* -- bookkeeping --------------------------------------------------------------------------------
 */

/* The higher, the more it tells about a device that is there; -1 for no error. */
static int telling(const struct wsd_error *error)
{
    static const int order[] = {WSD_E_CANCELLED, WSD_E_NOT_FOUND, WSD_E_NAME,     WSD_E_NETWORK,
                                WSD_E_TIMEOUT,   WSD_E_HTTP,      WSD_E_NOT_SOAP, WSD_E_EMPTY,
                                WSD_E_FAULT,     WSD_E_TRUNCATED, WSD_E_XML,      WSD_E_LIMIT,
                                WSD_E_SCHEMA,    WSD_E_REDIRECT};
    int most = (int)(sizeof order / sizeof *order);

    if (!error || error->code == 0)
        return -1;
    if (error->code == WSD_E_CERTIFICATE)
        return most + 2;
    if (error->code == WSD_E_REFUSED_ADDRESS)
        return most + 1;
    /* Guesses make faults that only say that the guess was wrong. */
    if (error->code == WSD_E_FAULT && !wsd_error_is_fault(error, "ActionNotSupported") &&
        !wsd_error_is_fault(error, "DestinationUnreachable"))
        return most;
    for (int i = 0; i < most; i++)
        if (order[i] == error->code)
            return i;
    return 5;
}

static void note_error(struct search *search, const struct wsd_error *error)
{
    if (telling(error) > telling(&search->error))
        search->error = *error;
}

/* On what stands behind the last colon, letters small: "urn:uuid:" may be missing in one answer. */
static unsigned hash_of(const char *endpoint)
{
    const char *colon = strrchr(endpoint, ':');
    unsigned hash = 2166136261u;

    for (const char *c = colon ? colon + 1 : endpoint; *c; c++)
        hash = (hash ^ (unsigned char)tolower((unsigned char)*c)) * 16777619u;
    return hash % HASH_SIZE;
}

static bool is_known(const struct search *search, const char *endpoint)
{
    for (const struct known *k = search->hash[hash_of(endpoint)]; k; k = k->next)
        if (wsd_endpoint_equal(k->endpoint, endpoint))
            return true;
    return false;
}

/* The copy of the endpoint that lives as long as the search; NULL without memory. */
static const char *remember(struct search *search, const char *endpoint)
{
    size_t size = strlen(endpoint) + 1;
    struct known **slot = &search->hash[hash_of(endpoint)];
    struct known *k = malloc(sizeof *k + size);

    if (!k)
        return NULL;
    memcpy(k->endpoint, endpoint, size);
    k->next = *slot;
    *slot = k;
    return k->endpoint;
}

static void finding_free(struct finding *f)
{
    if (f->previous)
        f->previous->next = f->next;
    else
        f->search->all = f->next;
    if (f->next)
        f->next->previous = f->previous;
    for (size_t i = 0; i < f->n_xaddrs; i++)
        free(f->xaddrs[i]);
    free(f->xaddrs);
    free(f->address);
    free(f->interface_);
    free(f->refused);
    free(f->service);
    free(f->error);
    wsd_free(f->info);
    free(f);
}

static void set_error(struct finding *f, const struct wsd_error *error)
{
    if (!f->error)
        f->error = malloc(sizeof *f->error);
    if (f->error)
        *f->error = *error;
}

static bool copy_uris(struct finding *f, const struct wsd_uri_list *uris)
{
    f->xaddrs = calloc(uris->n_items ? uris->n_items : 1, sizeof *f->xaddrs);
    if (!f->xaddrs)
        return false;
    for (size_t i = 0; i < uris->n_items; i++) {
        f->xaddrs[i] = strdup(uris->items[i]);
        if (!f->xaddrs[i])
            return false;
        f->n_xaddrs++;
    }
    return true;
}

static struct finding *finding_new(struct search *search, const char *endpoint, const char *address,
                                   const char *interface_, const struct wsd_uri_list *xaddrs)
{
    struct finding *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->search = search;
    f->next = search->all;
    if (f->next)
        f->next->previous = f;
    search->all = f;
    f->address = strdup(address);
    f->interface_ = strdup(interface_);
    f->endpoint = *endpoint ? remember(search, endpoint) : "";
    if (!f->endpoint || !f->address || !f->interface_ || !copy_uris(f, xaddrs)) {
        finding_free(f);
        return NULL;
    }
    search->n++;
    return f;
}

static void enqueue(struct search *search, struct finding *f)
{
    f->next_queued = NULL;
    *search->queue_end = f;
    search->queue_end = &f->next_queued;
}

/* -- requests to single devices -----------------------------------------------------------------
 */

/* The end of a finding, unless findings are kept. */
static void settle(struct finding *f)
{
    struct search *search = f->search;

    f->state = FINDING_SETTLED;
    f->call = NULL;
    bool telling_all = !f->known || (f->error && f->error->code == WSD_E_CERTIFICATE);
    if (!f->info && !f->service && telling_all)
        note_error(search, f->error);
    if (!search->stopped && search->options.settled(search->options.user, f))
        search->stopped = true;
    if (!search->options.keep_info)
        finding_free(f);
}

/* There is a scan service, but not at an address that may be contacted. */
static void refuse_service(struct finding *f, const struct wsd_hosted *scan)
{
    const char *where = scan->n_endpoints ? scan->endpoints[0].address : "";
    struct wsd_error error = {.code = WSD_E_REFUSED_ADDRESS};

    f->refused = strdup(where);
    snprintf(error.message, sizeof error.message,
             "its scan service is said to be at %.200s, which was not contacted", where);
    set_error(f, &error);
}

static void take_info(struct finding *f, const struct wsd_device_info *info)
{
    const struct wsd_hosted *scan = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");
    const char *address = scan ? wsd_hosted_address(info, scan) : NULL;

    f->info = info;
    f->url = f->xaddrs[f->at];
    f->service = address ? strdup(address) : NULL;
    if (scan && !address)
        refuse_service(f, scan);
}

/* The next address, or the end of the finding. */
static void go_on(struct finding *f, const struct wsd_error *error)
{
    if (telling(error) > telling(f->error))
        set_error(f, error);
    f->at++;
    if (f->at < f->n_xaddrs && !f->search->stopped) {
        f->state = FINDING_WAITS;
        enqueue(f->search, f);
    } else {
        settle(f);
    }
}

/* At its address may be another device by now; some answer whoever was asked for. Its own word for
 * who it is decides, and where it has none its name. */
static bool is_that_device(const struct wsd_cached *known, const struct wsd_device_info *info)
{
    for (size_t i = 0; info->metadata && i < info->metadata->n_sections; i++) {
        const struct wsd_relationship *r = info->metadata->sections[i].relationship;
        const char *who =
            r && r->host && r->host->n_endpoints ? r->host->endpoints[0].address : NULL;
        if (who && (strncasecmp(who, "urn:", 4) == 0 || strncasecmp(who, "uuid:", 5) == 0))
            return wsd_endpoint_equal(who, known->target.endpoint);
    }
    return *known->friendly_name && strcmp(known->friendly_name, info->friendly_name) == 0 &&
           strcmp(known->model_name, info->model_name) == 0;
}

static void on_info(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct finding *f = user;
    struct search *search = f->search;

    search->requests--;
    f->call = NULL;
    if (status >= 0 && f->known && !is_that_device(f->known, result)) {
        wsd_free(result);
        settle(f);
    } else if (status >= 0) {
        take_info(f, result);
        settle(f);
    } else {
        go_on(f, error);
    }
    pump(search);
}

static void on_elements(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct finding *f = user;
    struct search *search = f->search;

    search->requests--;
    f->call = NULL;
    wsd_free(result);
    if (status >= 0) {
        f->url = f->xaddrs[f->at];
        f->service = strdup(f->url);
        settle(f);
    } else {
        go_on(f, error);
    }
    pump(search);
}

static void ask(struct finding *f)
{
    struct search *search = f->search;
    struct wsd_request_options request = search->session->request;
    struct wsd_error error = {0};
    const char *url = f->xaddrs[f->at];
    int r;

    f->state = FINDING_ASKED;
    search->requests++;
    request.endpoint = *f->endpoint ? f->endpoint : NULL;
    if (f->guess) {
        r = wsd_get_scanner_elements_start(search->session->context, url, WSD_SCAN_DESCRIPTION,
                                           &request, on_elements, f, &f->call, &error);
    } else {
        request.to = *f->endpoint ? f->endpoint : NULL;
        if (f->known && (request.answer_timeout == 0 || request.answer_timeout > KNOWN_MS))
            request.connect_timeout = request.answer_timeout = KNOWN_MS;
        r = wsd_get_start(search->session->context, url, &request, on_info, f, &f->call, &error);
    }
    if (r < 0) {
        search->requests--;
        f->call = NULL;
        go_on(f, &error);
    }
}

/* What is done for many at once costs a tenth less than one by one: in a crowd, who answers waits
 * for those who answer next. */
static void enqueue_found(struct search *search, struct finding *f)
{
    if (!search->queue && search->n > CROWD)
        search->due = session_now() + GATHER_MS;
    enqueue(search, f);
}

static void pump(struct search *search)
{
    if (search->due > session_now())
        return;
    while (search->queue && search->requests < SEARCH_REQUESTS_MAX && !search->stopped) {
        struct finding *f = search->queue;
        search->queue = f->next_queued;
        if (!search->queue)
            search->queue_end = &search->queue;
        ask(f);
    }
}

/* -- what Probes bring --------------------------------------------------------------------------
 */

static bool has_type(const struct wsd_target *target, const char *ns, const char *local)
{
    for (size_t i = 0; i < target->types.n_items; i++)
        if (wsd_qname_is(&target->types.items[i], ns, local))
            return true;
    return false;
}

static void refuse(struct finding *f, const struct wsd_target *target)
{
    struct wsd_error error = {.code = WSD_E_NOT_FOUND};

    if (target->refused.n_items == 0) {
        snprintf(error.message, sizeof error.message,
                 "it names no address at which it can be asked");
    } else {
        f->refused = strdup(target->refused.items[0]);
        error.code = WSD_E_REFUSED_ADDRESS;
        snprintf(error.message, sizeof error.message,
                 "%s answered, but wants to be asked at %.200s, which was not contacted",
                 target->address, target->refused.items[0]);
    }
    set_error(f, &error);
}

static void add_target(struct search *search, const struct wsd_target *target)
{
    if (search->stopped || is_known(search, target->endpoint))
        return;
    if (search->options.wanted && !search->options.wanted(search->options.user, target))
        return;
    struct finding *f =
        finding_new(search, target->endpoint, target->address, target->interface_, &target->xaddrs);
    if (!f)
        return;
    f->delay = target->delay;
    f->metadata_version = target->metadata_version;
    f->printer = has_type(target, WSD_NS_PRINT, "PrintDeviceType");
    f->scanner = has_type(target, WSD_NS_SCAN, "ScanDeviceType");
    f->computer = has_type(target, WSD_NS_PUB, "Computer");
    if (f->n_xaddrs == 0)
        refuse(f, target);
    if (f->n_xaddrs == 0 || search->options.no_metadata) {
        settle(f);
        return;
    }
    enqueue_found(search, f);
    pump(search);
}

static void on_found(void *user, const struct wsd_target *target)
{
    add_target(user, target);
}

static struct search *end_call(struct search_call *call, int status, const struct wsd_error *error)
{
    struct search *search = call->search;

    if (status < 0)
        note_error(search, error);
    call->search = NULL;
    search->pending_calls--;
    return search;
}

static void on_probe(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_target_set *set = result;
    struct search *search = end_call(user, status, error);

    for (size_t i = 0; set && i < set->n_targets; i++)
        add_target(search, set->targets[i]);
    wsd_free(result);
}

static void on_resolve(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct search *search = end_call(user, status, error);

    if (status >= 0)
        add_target(search, result);
    wsd_free(result);
}

static struct search_call *take_call(struct search *search)
{
    for (size_t i = 0; i < SEARCH_CALLS_MAX; i++)
        if (!search->calls[i].search)
            return &search->calls[i];
    return NULL;
}

static int call_started(struct search *search, struct search_call *call, int r,
                        const struct wsd_error *error)
{
    if (r >= 0) {
        call->search = search;
        search->pending_calls++;
        return EXIT_CODE_OK;
    }
    note_error(search, error);
    return call->directed ? report_exit_code(error) : report_error(search->session, NULL, error);
}

int search_probe(struct search *search, const struct wsd_probe_options *options)
{
    struct search_call *call = take_call(search);
    struct wsd_probe_options probe = *options;
    struct wsd_error error = {0};
    long port = 0;

    if (!call)
        return EXIT_CODE_FAILURE;
    if (!args_number(search->session->args, OPT_SOURCE_PORT, 1, 65535, &port))
        return EXIT_CODE_USAGE;
    probe.source_port = (uint16_t)port;
    probe.timeout = probe.timeout ? probe.timeout : search->session->search_ms;
    probe.found = on_found;
    probe.user = search;
    call->directed = options->directed != NULL;
    int r = wsd_probe_start(search->session->context, &probe, on_probe, call, &call->call, &error);
    return call_started(search, call, r, &error);
}

int search_resolve(struct search *search, const char *endpoint)
{
    struct search_call *call = take_call(search);
    struct wsd_resolve_options resolve = WSD_RESOLVE_OPTIONS_INIT;
    struct wsd_error error = {0};

    if (!call)
        return EXIT_CODE_FAILURE;
    resolve.timeout = search->session->search_ms;
    call->directed = false;
    int r = wsd_resolve_start(search->session->context, endpoint, &resolve, on_resolve, call,
                              &call->call, &error);
    return call_started(search, call, r, &error);
}

static void try_url(struct search *search, const char *url, const char *endpoint, bool guess)
{
    struct wsd_uri_list list = {&url, 1};
    struct finding *f = finding_new(search, endpoint, "", "", &list);

    if (!f)
        return;
    f->guess = guess;
    enqueue(search, f);
    pump(search);
}

void search_get(struct search *search, const char *url, const char *endpoint)
{
    try_url(search, url, endpoint ? endpoint : "", false);
}

void search_known(struct search *search, const struct wsd_cached *known)
{
    const struct wsd_target *target = &known->target;
    struct finding *f =
        target->xaddrs.n_items > 0
            ? finding_new(search, "", target->address, target->interface_, &target->xaddrs)
            : NULL;

    /* Its endpoint is not remembered: what the search hears of the same device is worth more. */
    if (!f)
        return;
    f->endpoint = target->endpoint;
    f->known = known;
    f->metadata_version = target->metadata_version;
    enqueue(search, f);
    pump(search);
}

void search_service(struct search *search, const char *url)
{
    try_url(search, url, "", true);
}

/* -- the run ------------------------------------------------------------------------------------
 */

int search_new(struct session *session, const struct search_options *options, struct search **ret)
{
    struct search *search = calloc(1, sizeof *search);

    if (!search)
        return report_no_memory();
    search->session = session;
    search->options = *options;
    search->queue_end = &search->queue;
    *ret = search;
    return EXIT_CODE_OK;
}

void search_later(struct search *search, unsigned milliseconds)
{
    search->later = session_now() + milliseconds;
}

void search_limit(struct search *search, unsigned milliseconds)
{
    uint64_t limit = session_now() + milliseconds;

    if (search->limit == 0 || limit < search->limit)
        search->limit = limit;
}

bool search_run(struct search *search)
{
    while (!search->stopped &&
           (search->pending_calls > 0 || search->requests > 0 || search->queue || search->later)) {
        uint64_t now = session_now(), until = now + 60000;
        if (search->later && now >= search->later) {
            search->later = 0;
            search->options.later(search->options.user, search);
            continue;
        }
        if (search->limit && now >= search->limit)
            break;
        if (search->later)
            until = search->later;
        if (search->limit && search->limit < until)
            until = search->limit;
        if (search->queue && search->due > now && search->due < until)
            until = search->due;
        if (!session_turn(search->session, until))
            return false;
        pump(search);
    }
    return true;
}

void search_free(struct search *search)
{
    if (!search)
        return;
    search->stopped = true;
    for (size_t i = 0; i < SEARCH_CALLS_MAX; i++)
        if (search->calls[i].search)
            wsd_call_cancel(search->calls[i].call);
    for (struct finding *f = search->all; f; f = f->next)
        if (f->call)
            wsd_call_cancel(f->call);
    /* Each cancelled call still ends in its callback, which looks at this memory. */
    while (search->pending_calls > 0 || search->requests > 0)
        wsd_context_wait(search->session->context, 10, NULL);
    while (search->all)
        finding_free(search->all);
    for (size_t i = 0; i < HASH_SIZE; i++) {
        while (search->hash[i]) {
            struct known *k = search->hash[i];
            search->hash[i] = k->next;
            free(k);
        }
    }
    free(search);
}

size_t search_count(const struct search *search)
{
    return search->n;
}

const struct wsd_error *search_error(const struct search *search)
{
    return &search->error;
}
