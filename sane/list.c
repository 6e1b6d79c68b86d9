/* SPDX-License-Identifier: MIT */
/*
 * The list of scanners. Those of the cache are asked at their addresses at once, while a search
 * goes out for all; each that answers is asked for its metadata, which tell whether it scans. Where
 * all that were known have answered the list waits only for those whose answer to the search may be
 * under way (SANE_QUICK_MS); else as long as wsd.conf says. What was found is in the cache
 * afterwards. Without a search the list is what wsd.conf names, and the cache is left alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "bounds.h"
#include "common/text.h"
#include "scan/locate.h"
#include "scanner.h"

enum state { NEW, ASKED, ANSWERED, SILENT };

struct item {
    struct list *list;
    enum state state;
    bool known;     /* it is of the cache, or of wsd.conf */
    bool cached;    /* the cache has it as it is */
    bool moved;     /* it is somewhere else than where it is asked */
    char *endpoint; /* "": not known yet */
    char *xaddrs[SANE_ADDRESS_MAX];
    size_t n_xaddrs, at;
    struct wsd_call *call;
    struct locate *locate;
    const struct wsd_device_info *info;
    char *service; /* NULL: it does not scan */
};

struct list {
    const struct config *config;
    struct wsd_context *context;
    struct wsd_cache *cache;
    struct item *items[SANE_LIST_MAX];
    size_t n_items;
    bool first, over, searching;
    struct wsd_error error;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void item_free(struct item *item)
{
    for (size_t i = 0; i < item->n_xaddrs; i++)
        free(item->xaddrs[i]);
    wsd_free(item->info);
    free(item->endpoint);
    free(item->service);
    free(item);
}

static struct item *item_new(struct list *list, const char *endpoint)
{
    struct item *item = list->n_items < SANE_LIST_MAX ? calloc(1, sizeof *item) : NULL;

    if (!item)
        return NULL;
    item->list = list;
    item->endpoint = strdup(endpoint);
    if (!item->endpoint) {
        free(item);
        return NULL;
    }
    list->items[list->n_items++] = item;
    return item;
}

static void take_xaddrs(struct item *item, const struct wsd_uri_list *xaddrs)
{
    for (size_t i = 0; i < item->n_xaddrs; i++)
        free(item->xaddrs[i]);
    item->n_xaddrs = item->at = 0;
    for (size_t i = 0; i < xaddrs->n_items && item->n_xaddrs < SANE_ADDRESS_MAX; i++)
        if ((item->xaddrs[item->n_xaddrs] = strdup(xaddrs->items[i])))
            item->n_xaddrs++;
}

/* The other item of the same device, or NULL. */
static struct item *twin(const struct list *list, const struct item *item, const char *endpoint)
{
    for (size_t i = 0; *endpoint && i < list->n_items; i++)
        if (list->items[i] != item && wsd_endpoint_equal(list->items[i]->endpoint, endpoint))
            return list->items[i];
    return NULL;
}

/* -- asking one ---------------------------------------------------------------------------------
 */

static void ask(struct item *item);

static void settle(struct item *item, const struct wsd_device_info *info)
{
    const struct wsd_hosted *hosted = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");
    const char *service = hosted ? wsd_hosted_address(info, hosted) : NULL;

    item->state = ANSWERED;
    item->info = info;
    item->service = service ? strdup(service) : NULL;
    if (item->service && item->list->first)
        item->list->over = true;
}

static void got(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct item *item = user;
    const struct wsd_device_info *info = result;

    item->call = NULL;
    /* At an address of the cache there may be another device by now. */
    bool other = status == 0 && *item->endpoint && *info->endpoint &&
                 !wsd_endpoint_equal(info->endpoint, item->endpoint);
    if (status == 0 && !other) {
        settle(item, info);
        return;
    }
    wsd_free(result);
    if (status == WSD_E_CANCELLED && !item->moved)
        return;
    if (item->moved) {
        item->moved = false;
        ask(item);
        return;
    }
    if (error && item->list->error.code == 0)
        item->list->error = *error;
    item->at++;
    ask(item);
}

static void ask(struct item *item)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;

    options.to = *item->endpoint ? item->endpoint : NULL;
    if (item->known)
        options.connect_timeout = options.answer_timeout = SANE_KNOWN_MS;
    item->state = ASKED;
    for (; item->at < item->n_xaddrs; item->at++)
        if (wsd_get_start(item->list->context, item->xaddrs[item->at], &options, got, item,
                          &item->call, NULL) == 0)
            return;
    item->state = SILENT;
}

/* -- the ways to them ---------------------------------------------------------------------------
 */

static bool may_scan(const struct wsd_target *target)
{
    bool scans = false, computer = false;

    for (size_t i = 0; i < target->types.n_items; i++) {
        scans = scans || wsd_qname_is(&target->types.items[i], WSD_NS_SCAN, "ScanDeviceType");
        computer = computer || wsd_qname_is(&target->types.items[i], WSD_NS_PUB, "Computer");
    }
    return scans || !computer;
}

static void on_found(void *user, const struct wsd_target *target)
{
    struct list *list = user;
    struct item *item = twin(list, NULL, target->endpoint);

    if (!may_scan(target) || target->xaddrs.n_items == 0 || (item && item->state == ANSWERED))
        return;
    if (item && item->state == ASKED && item->at < item->n_xaddrs &&
        strcmp(item->xaddrs[item->at], target->xaddrs.items[0]) == 0)
        return;
    if (!item)
        item = item_new(list, target->endpoint);
    if (!item)
        return;
    item->cached = false;
    take_xaddrs(item, &target->xaddrs);
    /* Where it was, nobody may answer for long. */
    item->moved = item->call != NULL;
    if (item->moved)
        wsd_call_cancel(item->call);
    else
        ask(item);
}

static void on_searched(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct list *list = user;

    if (status < 0 && status != WSD_E_CANCELLED)
        say(list->config, 1, "the search failed: %s", error->message);
    list->searching = false;
    wsd_free(result);
}

static void search(struct list *list)
{
    static const struct wsd_qname types[] = {{WSD_NS_DEVPROF, "Device", "wsdp"}};
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.types = types;
    options.n_types = 1;
    options.timeout = list->config->search_ms;
    options.found = on_found;
    options.user = list;
    list->searching = wsd_probe_start(list->context, &options, on_searched, list,
                                      &(struct wsd_call *){NULL}, &error) == 0;
    if (!list->searching)
        say(list->config, 1, "no search: %s", error.message);
}

static void ask_known(struct list *list)
{
    const struct wsd_cached_set *set = NULL;

    if (!list->cache || wsd_cache_read(list->cache, &set, NULL) < 0)
        return;
    for (size_t i = 0; i < set->n_devices; i++) {
        const struct wsd_cached *known = &set->devices[i];
        struct item *item = *known->scan_service ? item_new(list, known->target.endpoint) : NULL;
        if (!item)
            continue;
        item->known = item->cached = true;
        take_xaddrs(item, &known->target.xaddrs);
        ask(item);
    }
    wsd_free(set);
}

static void on_located(void *user, const struct located *located)
{
    struct item *item = user;
    struct item *other;

    item->locate = NULL;
    item->state = SILENT;
    if (located->error) {
        say(item->list->config, 1, "%s", located->error->message);
        return;
    }
    other = located->info ? twin(item->list, item, located->info->endpoint) : NULL;
    if (other && other->state == ANSWERED) {
        wsd_free(located->info); /* the search brought it as well */
    } else if (located->info) {
        free(item->endpoint);
        item->endpoint = strdup(located->info->endpoint);
        if (item->endpoint)
            settle(item, located->info);
        else
            wsd_free(located->info);
    } else {
        item->state = ANSWERED;
        item->service = strdup(located->service);
    }
}

static void ask_places(struct list *list)
{
    for (size_t i = 0; i < list->config->n_places; i++) {
        const struct place *place = &list->config->places[i];
        struct item *item = item_new(list, "");
        struct wsd_error error = {0};
        if (!item)
            return;
        item->known = true;
        item->state = ASKED;
        if (locate_start(list->context, place->address, NULL, on_located, item, &item->locate,
                         &error) < 0) {
            item->state = SILENT;
            say(list->config, 1, "%s (%s): %s", place->name, place->address, error.message);
        }
    }
}

/* -- waiting ------------------------------------------------------------------------------------
 */

static bool any_in(const struct list *list, enum state state, bool known)
{
    for (size_t i = 0; i < list->n_items; i++)
        if (list->items[i]->state == state && (!known || list->items[i]->known))
            return true;
    return false;
}

/* Milliseconds that it still waits; 0: it is over. */
static unsigned left(const struct list *list, uint64_t began)
{
    uint64_t passed = now_ms() - began;
    bool asked = any_in(list, ASKED, false);
    unsigned limit = list->config->search_ms;

    if (list->over || (!list->searching && !asked))
        return 0;
    if (!asked && any_in(list, ANSWERED, true) && !any_in(list, SILENT, true))
        limit = list->config->quick_ms;
    return passed < limit ? (unsigned)(limit - passed) : 0;
}

static void wait_for_answers(struct list *list)
{
    uint64_t began = now_ms();

    for (unsigned ms; (ms = left(list, began)) > 0;)
        if (wsd_context_wait(list->context, (int)ms, &list->error) < 0)
            return;
}

/* -- the outcome --------------------------------------------------------------------------------
 */

/* Whether the cache says the same: a change of it waits for the disk. */
static bool is_stored(struct list *list, const struct wsd_cached *now)
{
    const struct wsd_cached *old = NULL;

    if (wsd_cache_find(list->cache, now->target.endpoint, &old, NULL) < 0)
        return false;
    bool same = strcmp(old->scan_service, now->scan_service) == 0 &&
                strcmp(old->friendly_name, now->friendly_name) == 0 &&
                strcmp(old->model_name, now->model_name) == 0 && old->target.xaddrs.n_items > 0 &&
                strcmp(old->target.xaddrs.items[0], now->target.xaddrs.items[0]) == 0;
    wsd_free(old);
    return same;
}

static void store(struct list *list)
{
    struct wsd_cached all[SANE_LIST_MAX];
    const struct wsd_cached *news[SANE_LIST_MAX];
    size_t n = 0;

    for (size_t i = 0; i < list->n_items; i++) {
        const struct item *item = list->items[i];
        if (!list->cache || item->cached || item->state != ANSWERED || !item->info ||
            !item->service || !*item->endpoint)
            continue;
        all[n] = (struct wsd_cached){
            .target = {.endpoint = item->endpoint,
                       .xaddrs = {(const char *const *)&item->info->address, 1},
                       .address = "",
                       .interface_ = ""},
            .friendly_name = item->info->friendly_name,
            .manufacturer = item->info->manufacturer,
            .model_name = item->info->model_name,
            .serial_number = item->info->serial_number,
            .scan_service = item->service,
        };
        news[n] = &all[n];
        n += !is_stored(list, &all[n]);
    }
    if (n > 0)
        wsd_cache_store_all(list->cache, news, n, NULL);
}

/* "urn:uuid:" says nothing. */
static const char *bare(const char *endpoint)
{
    return strncasecmp(endpoint, "urn:uuid:", 9) == 0 ? endpoint + 9
           : strncasecmp(endpoint, "uuid:", 5) == 0   ? endpoint + 5
                                                      : endpoint;
}

/* By the cache and by wsd.conf the same one may have been asked. */
static bool is_listed(const struct found_list *ret, const struct item *item)
{
    for (size_t i = 0; i < ret->n; i++)
        if (strcmp(ret->found[i].service, item->service) == 0 ||
            (*item->endpoint && strcasecmp(ret->found[i].name, bare(item->endpoint)) == 0))
            return true;
    return false;
}

/* Frontends print it as it is. */
static char *clean_name(const char *name)
{
    size_t size = strlen(name) + 1;
    char *clean = malloc(size);

    return clean ? text_clean(name, clean, size) : NULL;
}

static bool take_found(struct list *list, struct found_list *ret)
{
    for (size_t i = 0; i < list->n_items; i++) {
        struct item *item = list->items[i];
        struct found *found = &ret->found[ret->n];
        if (item->state != ANSWERED || !item->service)
            continue;
        if (is_listed(ret, item))
            continue;
        found->name = clean_name(*item->endpoint ? bare(item->endpoint) : item->service);
        if (!found->name)
            return false;
        found->info = item->info;
        found->service = item->service;
        item->info = NULL;
        item->service = NULL;
        ret->n++;
    }
    return true;
}

void found_free(struct found *found)
{
    wsd_free(found->info);
    free(found->name);
    free(found->service);
    *found = (struct found){0};
}

void list_free(struct found_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        found_free(&list->found[i]);
    free(list->found);
    *list = (struct found_list){0};
}

static int run(struct list *list, struct found_list *ret)
{
    ret->found = calloc(SANE_LIST_MAX, sizeof *ret->found);
    if (!ret->found)
        return WSD_E_NO_MEMORY;
    ask_known(list);
    ask_places(list);
    if (list->config->search)
        search(list);
    wait_for_answers(list);
    /* What is under way ends here; the items have to be there for it. */
    for (size_t i = 0; i < list->n_items; i++)
        locate_cancel(list->items[i]->locate);
    wsd_context_free(list->context);
    store(list);
    return take_found(list, ret) ? 0 : WSD_E_NO_MEMORY;
}

int list_scanners(const struct config *config, bool first, struct found_list *ret,
                  struct wsd_error *reterr)
{
    struct list *list = calloc(1, sizeof *list);

    *ret = (struct found_list){0};
    if (!list)
        return reterr->code = WSD_E_NO_MEMORY;
    list->config = config;
    list->first = first;
    int r = config_context(config, NULL, NULL, &list->context, reterr);
    if (r >= 0) {
        if (config->search)
            wsd_cache_open(NULL, &list->cache, NULL, NULL);
        r = run(list, ret);
        wsd_cache_close(list->cache);
    }
    for (size_t i = 0; i < list->n_items; i++)
        item_free(list->items[i]);
    free(list);
    if (r < 0) {
        list_free(ret);
        reterr->code = reterr->code ? reterr->code : r;
    }
    return r;
}
