/* SPDX-License-Identifier: MIT */
/*
 * wsd_get_devices(): what the cache knows is asked whether it is still there, and a search runs
 * beside it; both end in one result and in one transaction.
 *
 * A cached device is asked by a Probe over HTTP at its addresses, all at once, since of several
 * some may be dead; where something answers that does not know Probes, a Get follows. Only the
 * device itself will do: by DHCP another one may have its address by now. What the search hears
 * need not be asked any more.
 *
 * The cache is a file, and writing it blocks for some milliseconds: once, at the end.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wsd/cache.h>
#include <wsd/transfer.h>

#include "core/error.h"
#include "core/interfaces.h"
#include "core/limits.h"
#include "core/options.h"
#include "discovery/cache.h"
#include "discovery/matching.h"
#include "discovery/search.h"
#include "discovery/targets.h"

enum { SEARCH_TIME = WSD__SEARCH_TIMEOUT, VERIFY_TIME = 1500 };

struct attempt {
    struct check *check;
    struct wsd_call *call; /* NULL: over */
    const char *url;
};

enum state { UNASKED, ASKED, THERE, SILENT };

/* A device of the cache. */
struct check {
    struct getter *getter;
    const struct wsd_cached *device;
    struct wsd__endpoint_key key;
    enum state state;
    bool here;   /* an address of it is on a network of ours */
    bool unsure; /* it was our own fault that it could not be asked */
    struct attempt attempts[WSD_MAX_VERIFIED_ADDRESSES];
    unsigned n_attempts, n_open;
    struct wsd__timer limit;
};

struct getter {
    struct wsd_call call; /* first */
    struct wsd_context *context;
    struct wsd__arena *memory; /* this struct is its root */
    struct wsd_cache *cache;
    const struct wsd_cached_set *cached; /* NULL: none */
    struct wsd__interfaces *interfaces;
    struct check *checks;
    size_t n_checks, next;
    unsigned n_asked;            /* at the moment */
    struct wsd__table table;     /* of checks */
    struct wsd_call *search;     /* NULL: none, or over */
    struct wsd__targets targets; /* the result */
    uint32_t n_dropped;
    struct wsd__timer window; /* when it fires no further devices are asked */
    bool late, finished;

    struct wsd_qname_list types;
    bool any_of_types;
    uint32_t search_time, verify_time;
    unsigned expect, n_reported;
    void (*found)(void *user, const struct wsd_target *target, bool cached);
    void *user;
};

static void advance(struct getter *getter);

/* -- life ------------------------------------------------------------------------------------- */

/* A call of ours that is not to be heard of again. */
static void silence(struct wsd_call **call)
{
    if (*call != NULL) {
        (*call)->done = NULL;
        wsd_call_cancel(*call);
        *call = NULL;
    }
}

static void stop_check(struct check *check)
{
    if (check->state == ASKED) {
        check->getter->n_asked--;
    }
    wsd__timer_stop(&check->limit);
    for (unsigned i = 0; i < check->n_attempts; i++) {
        silence(&check->attempts[i].call);
    }
}

static void stop(struct getter *getter)
{
    getter->finished = true;
    wsd__timer_stop(&getter->window);
    silence(&getter->search);
    for (size_t i = 0; i < getter->n_checks; i++) {
        if (getter->checks[i].state == ASKED) {
            stop_check(&getter->checks[i]);
            getter->checks[i].state = UNASKED;
        }
    }
}

static void cancel(struct wsd_call *call)
{
    stop((struct getter *)(void *)call);
}

static void destroy(struct wsd_call *call)
{
    struct getter *getter = (struct getter *)(void *)call;
    stop(getter);
    wsd__targets_free(&getter->targets);
    wsd__table_free(&getter->table);
    wsd__interfaces_free(getter->interfaces);
    wsd_free(getter->cached);
    wsd__arena_free(getter->memory);
}

/* -- the end ---------------------------------------------------------------------------------- */

/* What did not answer leaves, unless it may be that we only are not where it is. */
static bool is_gone(const struct check *check, int64_t now)
{
    int64_t away = (int64_t)WSD_CACHED_ELSEWHERE * 24 * 3600;
    return check->state == SILENT && !check->unsure &&
           (check->here || check->device->last_seen < now - away);
}

static void write_cache(struct getter *getter)
{
    size_t room = getter->targets.n_records + getter->n_checks, n = 0;
    int64_t now = (int64_t)time(NULL);
    struct wsd_error error = {0};
    struct wsd_cached *devices = calloc(room + 1, sizeof *devices);
    struct wsd__cache_change *changes = calloc(room + 1, sizeof *changes);
    int status = devices != NULL && changes != NULL ? 0 : wsd__error(&error, WSD_E_NO_MEMORY, NULL);
    for (size_t i = 0; status == 0 && i < getter->targets.n_records; i++) {
        /* One without addresses could not be asked. */
        if (getter->targets.records[i]->target->xaddrs.n_items > 0) {
            devices[n].target = *getter->targets.records[i]->target;
            changes[n] = (struct wsd__cache_change){.device = &devices[n]};
            n++;
        }
    }
    for (size_t i = 0; status == 0 && i < getter->n_checks; i++) {
        if (is_gone(&getter->checks[i], now)) {
            changes[n++] =
                (struct wsd__cache_change){.device = getter->checks[i].device, .drop = true};
        }
    }
    if (status == 0 && n > 0) {
        status = wsd__cache_change(getter->cache, changes, n, &error);
    }
    if (status < 0) {
        wsd__log(getter->context, WSD_LOG_WARNING, "the devices found are not kept: %s",
                 error.message);
    }
    free(devices);
    free(changes);
}

static void finish(struct getter *getter, int status)
{
    const void *result = NULL;
    if (getter->finished) {
        return;
    }
    stop(getter);
    if (status == 0 && getter->cache != NULL) {
        write_cache(getter);
    }
    if (status == 0) {
        result = wsd__targets_take(&getter->targets, getter->n_dropped);
        status = result != NULL ? 0 : WSD_E_NO_MEMORY;
    }
    wsd__call_end(&getter->call, status, result);
}

/* -- the result ------------------------------------------------------------------------------- */

static struct check *find_check(const struct getter *getter, const char *endpoint)
{
    struct wsd__endpoint_key key;
    struct check *check;
    size_t cursor = 0;
    wsd__endpoint_key(getter->targets.seed, endpoint, &key);
    while ((check = wsd__table_next(&getter->table, key.hash, &cursor)) != NULL) {
        if (wsd__endpoint_key_equal(&check->key, &key)) {
            break;
        }
    }
    return check;
}

/* Where a target was heard, for its addresses to be judged by. */
static struct wsd__heard heard_of(const struct getter *getter, const struct wsd_target *target)
{
    const char *zone = strchr(target->address, '%');
    struct wsd__heard heard = {
        .interfaces = getter->interfaces,
        .zone = target->interface_[0] != '\0' ? target->interface_
                : zone != NULL                ? zone + 1
                                              : "",
        .allow_foreign = wsd__options(getter->context)->allow_foreign_addresses,
    };
    wsd__address_parse(target->address, strcspn(target->address, "%"), &heard.sender);
    return heard;
}

static int merge(struct getter *getter, const struct wsd_target *target, struct wsd__record **ret)
{
    struct wsd__heard heard = heard_of(getter, target);
    struct wsd_scopes scopes = {.uris = target->scopes};
    struct wsd_target_message message = {
        .endpoint.address = target->endpoint,
        .types = &target->types,
        .scopes = &scopes,
        .xaddrs = &target->xaddrs,
        .metadata_version = target->metadata_version != 0 ? &target->metadata_version : NULL,
    };
    struct wsd_target_message elsewhere = {.endpoint = message.endpoint,
                                           .xaddrs = &target->refused};
    int status = wsd__targets_merge(&getter->targets, &message, &heard, target->instance_id,
                                    target->delay, ret);
    if (status == 0 && *ret != NULL && target->refused.n_items > 0) {
        status = wsd__targets_merge(&getter->targets, &elsewhere, &heard, target->instance_id,
                                    target->delay, ret);
    }
    return status;
}

/* A device is known to be there. */
static void take(struct getter *getter, const struct wsd_target *target, bool cached)
{
    struct wsd__record *record = NULL;
    int status = merge(getter, target, &record);
    if (status == WSD_E_LIMIT || (status == 0 && record == NULL)) {
        getter->n_dropped++;
        return;
    }
    if (status < 0) {
        finish(getter, status);
        return;
    }
    if (record->reported) {
        return;
    }
    record->reported = true;
    getter->n_reported++;
    if (getter->found != NULL) {
        getter->found(getter->user, record->target, cached);
    }
    if (getter->expect > 0 && getter->n_reported >= getter->expect) {
        finish(getter, 0);
    }
}

/* -- asking cached devices -------------------------------------------------------------------- */

static void end_check(struct check *check, enum state state)
{
    struct getter *getter = check->getter;
    stop_check(check);
    check->state = state;
    if (state == SILENT) {
        wsd__log(getter->context, WSD_LOG_INFO, "%s of the cache does not answer",
                 check->device->target.endpoint);
    }
}

static bool is_wanted(const struct getter *getter, const struct wsd_qname_list *types)
{
    return wsd__types_match(getter->types.items, getter->types.n_items, getter->any_of_types,
                            types);
}

/* It answered; target is what it says of itself, NULL if nothing. */
static void is_there(struct check *check, const struct wsd_target *target)
{
    struct getter *getter = check->getter;
    const struct wsd_target *old = &check->device->target;
    bool typed = target != NULL && target->types.n_items > 0;
    end_check(check, THERE);
    if (is_wanted(getter, typed ? &target->types : &old->types)) {
        if (target != NULL) {
            take(getter, target, true);
        }
        if (!getter->finished && (!typed || target->xaddrs.n_items == 0)) {
            take(getter, old, true);
        }
    }
    advance(getter);
}

/* No answer of the device at this address. */
static void end_attempt(struct attempt *attempt, int status)
{
    struct check *check = attempt->check;
    check->unsure = check->unsure || status == WSD_E_NO_MEMORY || status == WSD_E_SYSTEM;
    check->n_open--;
    if (check->n_open == 0) {
        end_check(check, SILENT);
        advance(check->getter);
    }
}

/* True if the metadata name another device than the one that was asked for. */
static bool is_another(const struct wsd_device_info *info, const char *endpoint)
{
    bool named = false;
    for (size_t i = 0; i < info->metadata->n_sections; i++) {
        const struct wsd_relationship *relationship = info->metadata->sections[i].relationship;
        const struct wsd_hosted *host = relationship != NULL ? relationship->host : NULL;
        for (size_t k = 0; host != NULL && k < host->n_endpoints; k++) {
            named = true;
            if (wsd_endpoint_equal(host->endpoints[k].address, endpoint)) {
                return false;
            }
        }
    }
    return named;
}

/* Nobody but the context's end cancels a call of ours. */
static bool is_cancelled(struct getter *getter, int status)
{
    if (status == WSD_E_CANCELLED) {
        finish(getter, status);
    }
    return status == WSD_E_CANCELLED;
}

static void get_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct attempt *attempt = user;
    struct check *check = attempt->check;
    const struct wsd_device_info *info = result;
    (void)error;
    attempt->call = NULL;
    if (is_cancelled(check->getter, status)) {
        return;
    }
    if (info != NULL && !is_another(info, check->device->target.endpoint)) {
        is_there(check, NULL);
    } else {
        end_attempt(attempt, status);
    }
    wsd_free(info);
}

static int start_get(struct attempt *attempt)
{
    struct getter *getter = attempt->check->getter;
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    options.to = attempt->check->device->target.endpoint;
    options.connect_timeout = options.answer_timeout = options.idle_timeout = getter->verify_time;
    return wsd_get_start(getter->context, attempt->url, &options, get_done, attempt, &attempt->call,
                         NULL);
}

/* True if somebody spoke, though no ProbeMatch of the device. */
static bool spoke(int status)
{
    return status == 0 || status == WSD_E_HTTP || status == WSD_E_NOT_SOAP ||
           status == WSD_E_EMPTY || status == WSD_E_XML || status == WSD_E_SCHEMA ||
           status == WSD_E_FAULT || status == WSD_E_LIMIT || status == WSD_E_TRUNCATED;
}

static void probe_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct attempt *attempt = user;
    struct check *check = attempt->check;
    const struct wsd_target_set *set = result;
    const struct wsd_target *target = NULL;
    (void)error;
    attempt->call = NULL;
    if (is_cancelled(check->getter, status)) {
        return;
    }
    for (size_t i = 0; set != NULL && i < set->n_targets; i++) {
        if (wsd_endpoint_equal(set->targets[i]->endpoint, check->device->target.endpoint)) {
            target = set->targets[i];
        }
    }
    if (target != NULL) {
        is_there(check, target);
    } else {
        int started = spoke(status) ? start_get(attempt) : status;
        if (started < 0) {
            end_attempt(attempt, started);
        }
    }
    wsd_free(set);
}

static void time_is_up(void *user)
{
    struct check *check = user;
    end_check(check, SILENT);
    advance(check->getter);
}

static bool is_near(const struct getter *getter, const struct wsd__address *address,
                    const char *zone)
{
    if (address->family == AF_INET6 && wsd__address_is_link_local(address)) {
        for (size_t i = 0; i < getter->interfaces->n_items; i++) {
            if (strcmp(getter->interfaces->items[i].name, zone) == 0) {
                return true;
            }
        }
        return false;
    }
    return address->family != 0 &&
           (wsd__address_is_loopback(address) || wsd__interfaces_own(getter->interfaces, address) ||
            wsd__interfaces_on_link(getter->interfaces, address, 0));
}

/* The addresses that may be asked, the best first; with that, whether one is near. */
static int choose_addresses(struct check *check)
{
    struct getter *getter = check->getter;
    const struct wsd_uri_list *xaddrs = &check->device->target.xaddrs;
    struct wsd__heard heard = heard_of(getter, &check->device->target);
    check->here = is_near(getter, &heard.sender, heard.zone);
    for (size_t i = 0; i < xaddrs->n_items; i++) {
        struct wsd__xaddr xaddr;
        wsd__xaddr_judge(&heard, xaddrs->items[i], &xaddr);
        check->here = check->here || is_near(getter, &xaddr.host, heard.zone);
        if (xaddr.rank >= WSD__RANK_REFUSED || check->n_attempts == WSD_MAX_VERIFIED_ADDRESSES) {
            continue;
        }
        struct attempt *attempt = &check->attempts[check->n_attempts];
        attempt->check = check;
        attempt->url = wsd__arena_strdup(getter->memory, xaddr.url);
        if (attempt->url == NULL) {
            return WSD_E_NO_MEMORY;
        }
        check->n_attempts++;
    }
    return 0;
}

static int start_attempt(struct attempt *attempt)
{
    struct getter *getter = attempt->check->getter;
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    options.directed = attempt->url;
    options.endpoint = attempt->check->device->target.endpoint;
    options.timeout = getter->verify_time;
    options.no_resolve = true;
    return wsd_probe_start(getter->context, &options, probe_done, attempt, &attempt->call, NULL);
}

/* No callback of ours runs in here. */
static void start_check(struct check *check)
{
    struct getter *getter = check->getter;
    check->state = ASKED;
    getter->n_asked++;
    int status = choose_addresses(check);
    if (status == 0) {
        status = wsd__timer_start(getter->context, &check->limit, getter->verify_time, time_is_up,
                                  check);
    }
    for (unsigned i = 0; status == 0 && i < check->n_attempts; i++) {
        int started = start_attempt(&check->attempts[i]);
        check->n_open += started == 0;
        check->unsure = check->unsure || started == WSD_E_NO_MEMORY || started == WSD_E_SYSTEM;
    }
    check->unsure = check->unsure || status < 0;
    if (check->n_open == 0) {
        end_check(check, SILENT);
    }
}

/* Asks as many as may be asked at once, and ends it all when there is nothing to wait for. */
static void advance(struct getter *getter)
{
    while (!getter->finished && !getter->late && getter->next < getter->n_checks &&
           getter->n_asked < WSD_MAX_VERIFIED) {
        struct check *check = &getter->checks[getter->next++];
        const struct wsd_qname_list *types = &check->device->target.types;
        if (check->state == UNASKED && (types->n_items == 0 || is_wanted(getter, types))) {
            start_check(check);
        }
    }
    bool more = !getter->late && getter->next < getter->n_checks;
    if (getter->search == NULL && getter->n_asked == 0 && !more) {
        finish(getter, 0);
    }
}

static void window_closes(void *user)
{
    struct getter *getter = user;
    getter->late = true;
    advance(getter);
}

/* -- the search ------------------------------------------------------------------------------- */

static void search_found(void *user, const struct wsd_target *target)
{
    struct getter *getter = user;
    struct check *check = find_check(getter, target->endpoint);
    if (getter->finished) {
        return;
    }
    if (check != NULL && check->state != THERE) {
        end_check(check, THERE);
    }
    take(getter, target, check != NULL);
    advance(getter);
}

static void search_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct getter *getter = user;
    const struct wsd_target_set *set = result;
    getter->search = NULL;
    if (status < 0) {
        getter->call.error = *error;
        finish(getter, status);
        return;
    }
    getter->n_dropped += set->n_dropped;
    /* Each was reported; meanwhile there may be more to say of it. */
    for (size_t i = 0; i < set->n_targets && !getter->finished; i++) {
        take(getter, set->targets[i], false);
    }
    wsd_free(set);
    advance(getter);
}

static int start_search(struct getter *getter, struct wsd_error *reterr)
{
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    options.types = getter->types.items;
    options.n_types = getter->types.n_items;
    options.any_of_types = getter->any_of_types;
    options.timeout = getter->search_time;
    options.found = search_found;
    options.user = getter;
    return wsd_probe_start(getter->context, &options, search_done, getter, &getter->search, reterr);
}

/* -- the start -------------------------------------------------------------------------------- */

static int copy_types(struct getter *getter, const struct wsd_get_devices_options *options,
                      struct wsd_error *reterr)
{
    if (options->n_types > WSD__MAX_SEARCH_TYPES) {
        return wsd__error(reterr, WSD_E_INVALID, "more than %d types", WSD__MAX_SEARCH_TYPES);
    }
    struct wsd_qname *types = wsd__arena_alloc(getter->memory, options->n_types * sizeof *types);
    if (types == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    for (size_t i = 0; i < options->n_types; i++) {
        const struct wsd_qname *from = &options->types[i];
        if (from->local == NULL || from->local[0] == '\0') {
            return wsd__error(reterr, WSD_E_INVALID, "a type without a name");
        }
        types[i].ns = wsd__arena_strdup(getter->memory, from->ns != NULL ? from->ns : "");
        types[i].local = wsd__arena_strdup(getter->memory, from->local);
        types[i].prefix =
            wsd__arena_strdup(getter->memory, from->prefix != NULL ? from->prefix : "");
        if (types[i].ns == NULL || types[i].local == NULL || types[i].prefix == NULL) {
            return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
        }
    }
    getter->types = (struct wsd_qname_list){types, options->n_types};
    return 0;
}

static int take_options(struct getter *getter, const struct wsd_get_devices_options *options,
                        struct wsd_error *reterr)
{
    getter->cache = options->cache;
    getter->any_of_types = options->any_of_types;
    getter->search_time = options->probe_timeout != 0 ? options->probe_timeout : SEARCH_TIME;
    getter->verify_time = options->verify_timeout != 0 ? options->verify_timeout : VERIFY_TIME;
    getter->expect = options->expect;
    getter->found = options->found;
    getter->user = options->user;
    return copy_types(getter, options, reterr);
}

/* The one seen last first: it is the likeliest to be there. */
static int by_last_seen(const void *a, const void *b)
{
    const struct check *left = a, *right = b;
    int64_t x = left->device->last_seen, y = right->device->last_seen;
    return x < y ? 1 : x > y ? -1 : 0;
}

static int read_cache(struct getter *getter, struct wsd_error *reterr)
{
    struct wsd_error error = {0};
    int status = wsd_cache_read(getter->cache, &getter->cached, &error);
    if (status < 0 && status != WSD_E_NO_MEMORY) {
        wsd__log(getter->context, WSD_LOG_WARNING, "the search begins without a cache: %s",
                 error.message);
        return 0;
    }
    size_t count = status == 0 ? getter->cached->n_devices : 0;
    getter->checks =
        status == 0 ? wsd__arena_alloc(getter->memory, count * sizeof *getter->checks) : NULL;
    if (getter->checks == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        getter->checks[i].getter = getter;
        getter->checks[i].device = &getter->cached->devices[i];
    }
    if (count > 0) {
        qsort(getter->checks, count, sizeof *getter->checks, by_last_seen);
    }
    for (size_t i = 0; i < count; i++) {
        struct check *check = &getter->checks[i];
        wsd__endpoint_key(getter->targets.seed, check->device->target.endpoint, &check->key);
        if (wsd__table_add(&getter->table, check->key.hash, check) < 0) {
            return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
        }
    }
    getter->n_checks = count;
    return 0;
}

static int start_all(struct getter *getter, const struct wsd_get_devices_options *options,
                     struct wsd_error *reterr)
{
    int status = wsd__targets_init(&getter->targets, getter->context, false);
    if (status == 0) {
        status = wsd__interfaces_load(getter->context, &getter->interfaces, reterr);
    }
    if (status == 0 && getter->cache != NULL && !options->no_cache) {
        status = read_cache(getter, reterr);
    }
    if (status == 0) {
        status = wsd__timer_start(getter->context, &getter->window, getter->search_time,
                                  window_closes, getter);
    }
    if (status == 0 && !options->no_discovery) {
        status = start_search(getter, reterr);
    }
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

int wsd_get_devices_start(struct wsd_context *context,
                          const struct wsd_get_devices_options *options, wsd_done_fn *done,
                          void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_get_devices_options own;
    WSD__OPTIONS_TAKE(own, options);
    struct wsd__arena *memory = wsd__arena_new(sizeof(struct getter), 4096, WSD_MAX_CACHE_MEMORY);
    if (memory == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct getter *getter = wsd__arena_root(memory);
    getter->context = context;
    getter->memory = memory;
    wsd__call_init(&getter->call, context, done, user, cancel, destroy);
    int status = take_options(getter, &own, reterr);
    if (status == 0) {
        status = start_all(getter, &own, reterr);
    }
    if (status < 0) {
        wsd__call_abandon(&getter->call);
        return status;
    }
    advance(getter);
    if (ret_call != NULL) {
        *ret_call = &getter->call;
    }
    return 0;
}

int wsd_get_devices(struct wsd_context *context, const struct wsd_get_devices_options *options,
                    const struct wsd_target_set **ret_targets, struct wsd_error *reterr)
{
    struct wsd__block block = {0};
    struct wsd_call *call;
    const void *result = NULL;
    int status = wsd_get_devices_start(context, options, wsd__block_done, &block, &call, reterr);
    if (status >= 0) {
        status = wsd__block_wait(context, &block, call, &result, reterr);
    }
    if (status >= 0) {
        *ret_targets = result;
    }
    return status;
}
