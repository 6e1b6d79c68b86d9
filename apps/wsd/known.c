/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "search.h"

#define XADDRS_MAX 4 /* of one device; the first are the most reachable */

/* The texts behind it, and the addresses. */
struct known {
    struct known *next;
    struct wsd_cached cached;
    const char *xaddrs[];
};

static void tell(struct session *session, const struct wsd_error *error)
{
    session_debug(session, "going on without the cache of devices: %s", error->message);
}

struct wsd_cache *known_open(struct session *session)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    const char *note = NULL;

    if (args_has(session->args, OPT_NO_CACHE))
        return NULL;
    if (wsd_cache_open(NULL, &cache, &note, &error) < 0) {
        tell(session, &error);
        return NULL;
    }
    if (note)
        session_note(session, "%s", note);
    return cache;
}

const struct wsd_cached_set *known_read(struct session *session, struct wsd_cache *cache)
{
    const struct wsd_cached_set *set = NULL;
    struct wsd_error error = {0};

    if (cache && wsd_cache_read(cache, &set, &error) < 0)
        tell(session, &error);
    return set;
}

/* Findings and answers come and go between those that are kept. In blocks of their own these leave
 * whole pages free behind, which the system gets back before the cache is opened. */
struct known_block {
    struct known_block *next;
    size_t used;
    _Alignas(max_align_t) char bytes[];
};

enum { BLOCK = 512 << 10 }; /* so large that it comes from mmap(2), and is resident as it fills */

static void *take(struct known_list *list, size_t size)
{
    struct known_block *block = list->blocks;

    size = (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
    if (!block || size > BLOCK - block->used) {
        block = malloc(sizeof *block + (size > BLOCK ? size : BLOCK));
        if (!block)
            return NULL;
        block->next = list->blocks;
        block->used = 0;
        list->blocks = block;
    }
    void *piece = block->bytes + block->used;
    block->used = size > BLOCK ? BLOCK : block->used + size;
    return memset(piece, 0, size);
}

/* -- storing ------------------------------------------------------------------------------------
 */

/* Copies `text` to *at and moves it on; with *at NULL it only counts. A text that the device before
 * has as well, such as that of its maker, is not copied. */
static const char *put(char **at, size_t *size, const char *text, const char *before)
{
    const char *wanted = text ? text : "";
    size_t n = strlen(wanted) + 1;
    char *place = *at;

    if (before && strcmp(wanted, before) == 0)
        return before;
    *size += n;
    if (!place)
        return NULL;
    memcpy(place, wanted, n);
    *at += n;
    return place;
}

static size_t count_xaddrs(const struct finding *f)
{
    return f->n_xaddrs < XADDRS_MAX ? f->n_xaddrs : XADDRS_MAX;
}

/* Fills `k`, whose texts go to `at`; returns how long they are. The best address, which is the one
 * that answered, comes first. */
static size_t fill(struct known *k, char *at, const struct finding *f, const struct known *previous)
{
    static const struct wsd_cached nothing = {0};
    const struct wsd_cached *before = previous ? &previous->cached : &nothing;
    const struct wsd_device_info *info = f->info;
    struct wsd_cached *c = &k->cached;
    size_t size = 0, n = count_xaddrs(f);

    c->target.endpoint = put(&at, &size, f->endpoint, NULL);
    c->target.address = put(&at, &size, f->address, before->target.address);
    c->target.interface_ = put(&at, &size, f->interface_, before->target.interface_);
    c->friendly_name = put(&at, &size, info ? info->friendly_name : "", before->friendly_name);
    c->manufacturer = put(&at, &size, info ? info->manufacturer : "", before->manufacturer);
    c->model_name = put(&at, &size, info ? info->model_name : "", before->model_name);
    c->serial_number = put(&at, &size, info ? info->serial_number : "", before->serial_number);
    c->scan_service = put(&at, &size, f->service, before->scan_service);
    for (size_t i = 0; i < n; i++) {
        const char *copy = put(&at, &size, f->xaddrs[(f->at + i) % f->n_xaddrs], NULL);
        if (copy)
            k->xaddrs[i] = copy;
    }
    c->target.xaddrs = (struct wsd_uri_list){k->xaddrs, n};
    return size;
}

#define DEVICE                                                                                     \
    {                                                                                              \
        WSD_NS_DEVPROF, "Device", "wsdp"                                                           \
    }
#define SCANNER                                                                                    \
    {                                                                                              \
        WSD_NS_SCAN, "ScanDeviceType", "wscn"                                                      \
    }
#define PRINTER                                                                                    \
    {                                                                                              \
        WSD_NS_PRINT, "PrintDeviceType", "wprt"                                                    \
    }
#define SHARING                                                                                    \
    {                                                                                              \
        WSD_NS_PUB, "Computer", "pub"                                                              \
    }

static void add_types(struct known *k, const struct finding *f)
{
    /* clang-format off */
    static const struct wsd_qname computer[] = {DEVICE, SHARING, SCANNER},
                                  printer[] = {DEVICE, PRINTER, SCANNER};
    static const struct wsd_qname scanner[] = {DEVICE, SCANNER};
    /* clang-format on */
    bool scans = f->scanner || f->service;
    struct wsd_qname_list *types = &k->cached.target.types;

    if (f->computer)
        *types = (struct wsd_qname_list){computer, scans ? 3 : 2};
    else if (f->printer)
        *types = (struct wsd_qname_list){printer, scans ? 3 : 2};
    else
        *types = (struct wsd_qname_list){scanner, scans ? 2 : 1};
}

/* What was not learned this time does not differ. */
static bool same(const char *now, const char *before)
{
    return !*now || strcmp(now, before) == 0;
}

static bool is_fresh(const struct wsd_cached *old, const struct wsd_cached *now)
{
    return old->last_seen <= now->last_seen && now->last_seen - old->last_seen < KNOWN_FRESH_S &&
           same(now->friendly_name, old->friendly_name) &&
           same(now->manufacturer, old->manufacturer) && same(now->model_name, old->model_name) &&
           same(now->scan_service, old->scan_service) &&
           same(now->target.address, old->target.address) &&
           (now->target.xaddrs.n_items == 0 ||
            (old->target.xaddrs.n_items > 0 &&
             strcmp(now->target.xaddrs.items[0], old->target.xaddrs.items[0]) == 0));
}

void known_list_add(struct known_list *list, const struct finding *f)
{
    struct known counted = {0};

    if (!*f->endpoint || list->n == KNOWN_LIST_MAX)
        return;
    size_t head = sizeof counted + count_xaddrs(f) * sizeof *counted.xaddrs;
    size_t size = fill(&counted, NULL, f, list->first);
    struct known *k = take(list, head + size);
    if (!k)
        return; /* it will be found again */
    fill(k, (char *)k + head, f, list->first);
    add_types(k, f);
    k->cached.target.metadata_version = f->metadata_version;
    k->cached.last_seen = (int64_t)time(NULL);
    k->cached.first_seen = k->cached.last_seen;
    k->next = list->first;
    list->first = k;
    list->n++;
}

static int by_endpoint(const void *a, const void *b)
{
    const struct wsd_cached *const *one = a, *const *two = b;

    return strcasecmp((*one)->target.endpoint, (*two)->target.endpoint);
}

/* The cache says the same of it, and has heard it lately: it is no news. */
static void drop_fresh(void *user, size_t place, const struct wsd_cached *old)
{
    const struct wsd_cached **news = user;

    if (news[place] && is_fresh(old, news[place]))
        news[place] = NULL;
}

/* One look and one change: a transaction each would take a thousand devices most of a second. In
 * the order in which they lie in the file, of which SQLite holds few pages at a time. */
static void store_sorted(const struct wsd_cached **news, const char **endpoints, size_t all,
                         struct session *session, struct wsd_cache *cache)
{
    struct wsd_error error = {0};
    size_t n = 0;

    qsort(news, all, sizeof *news, by_endpoint);
    for (size_t i = 0; i < all; i++)
        endpoints[i] = news[i]->target.endpoint;
    int r = wsd_cache_find_each(cache, endpoints, all, drop_fresh, news, &error);
    for (size_t i = 0; i < all; i++)
        if (news[i])
            news[n++] = news[i];
    if (r >= 0 && n > 0)
        r = wsd_cache_store_all(cache, news, n, &error);
    if (r < 0)
        tell(session, &error);
}

static void store_news(const struct known_list *list, struct session *session,
                       struct wsd_cache *cache)
{
    const struct wsd_cached **news = calloc(list->n, sizeof *news);
    const char **endpoints = calloc(list->n, sizeof *endpoints);
    size_t all = 0;

    for (const struct known *k = list->first; news && endpoints && k; k = k->next)
        news[all++] = &k->cached;
    if (all > 0)
        store_sorted(news, endpoints, all, session, cache);
    free(endpoints);
    free(news);
}

void known_list_store(struct known_list *list, struct session *session, struct wsd_cache *cache)
{
    if (cache && list->n > 0)
        store_news(list, session, cache);
    while (list->blocks) {
        struct known_block *block = list->blocks;
        list->blocks = block->next;
        free(block);
    }
    *list = (struct known_list){0};
}
