/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "search.h"

#define XADDRS_MAX 4 /* of one device; the first are the most reachable */

/* One block of memory, the texts behind it. */
struct known {
    struct known *next;
    struct wsd_cached cached;
    struct wsd_qname types[3];
    const char *xaddrs[XADDRS_MAX];
    char texts[];
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

/* -- storing ------------------------------------------------------------------------------------
 */

/* Copies `text` to *at and moves it on; with *at NULL it only counts. */
static const char *put(char **at, size_t *size, const char *text)
{
    size_t n = strlen(text ? text : "") + 1;
    char *place = *at;

    *size += n;
    if (!place)
        return NULL;
    memcpy(place, text ? text : "", n);
    *at += n;
    return place;
}

/* Fills `k`, whose texts go to `at`; returns how long they are. The best address, which is the one
 * that answered, comes first. */
static size_t fill(struct known *k, char *at, const struct finding *f)
{
    const struct wsd_device_info *info = f->info;
    struct wsd_cached *c = &k->cached;
    size_t size = 0, n = 0;

    c->target.endpoint = put(&at, &size, f->endpoint);
    c->target.address = put(&at, &size, f->address);
    c->target.interface_ = put(&at, &size, f->interface_);
    c->friendly_name = put(&at, &size, info ? info->friendly_name : "");
    c->manufacturer = put(&at, &size, info ? info->manufacturer : "");
    c->model_name = put(&at, &size, info ? info->model_name : "");
    c->serial_number = put(&at, &size, info ? info->serial_number : "");
    c->scan_service = put(&at, &size, f->service);
    for (size_t i = 0; i < f->n_xaddrs && n < XADDRS_MAX; i++)
        k->xaddrs[n++] = put(&at, &size, f->xaddrs[(f->at + i) % f->n_xaddrs]);
    c->target.xaddrs = (struct wsd_uri_list){k->xaddrs, n};
    return size;
}

static void add_types(struct known *k, const struct finding *f)
{
    static const struct wsd_qname device = {WSD_NS_DEVPROF, "Device", "wsdp"},
                                  scanner = {WSD_NS_SCAN, "ScanDeviceType", "wscn"},
                                  printer = {WSD_NS_PRINT, "PrintDeviceType", "wprt"},
                                  computer = {WSD_NS_PUB, "Computer", "pub"};
    size_t n = 0;

    k->types[n++] = device;
    if (f->scanner || f->service)
        k->types[n++] = scanner;
    if (f->computer)
        k->types[n++] = computer;
    else if (f->printer)
        k->types[n++] = printer;
    k->cached.target.types = (struct wsd_qname_list){k->types, n};
}

/* What was not learned this time does not differ. */
static bool same(const char *now, const char *before)
{
    return !*now || strcmp(now, before) == 0;
}

/* True if the cache says the same of it, and has heard it lately. */
static bool is_fresh(struct wsd_cache *cache, const struct wsd_cached *now)
{
    const struct wsd_cached *old = NULL;

    if (wsd_cache_find(cache, now->target.endpoint, &old, NULL) < 0)
        return false;
    bool fresh =
        old->last_seen <= now->last_seen && now->last_seen - old->last_seen < KNOWN_FRESH_S &&
        same(now->friendly_name, old->friendly_name) &&
        same(now->manufacturer, old->manufacturer) && same(now->model_name, old->model_name) &&
        same(now->scan_service, old->scan_service) &&
        same(now->target.address, old->target.address) &&
        (now->target.xaddrs.n_items == 0 ||
         (old->target.xaddrs.n_items > 0 &&
          strcmp(now->target.xaddrs.items[0], old->target.xaddrs.items[0]) == 0));
    wsd_free(old);
    return fresh;
}

void known_list_add(struct known_list *list, const struct finding *f)
{
    struct known counted = {0};

    if (!*f->endpoint || list->n == KNOWN_LIST_MAX)
        return;
    size_t size = fill(&counted, NULL, f);
    struct known *k = calloc(1, sizeof *k + size);
    if (!k)
        return; /* it will be found again */
    fill(k, k->texts, f);
    add_types(k, f);
    k->cached.target.metadata_version = f->metadata_version;
    k->cached.last_seen = (int64_t)time(NULL);
    k->cached.first_seen = k->cached.last_seen;
    k->next = list->first;
    list->first = k;
    list->n++;
}

/* In one transaction: one each would take a thousand devices most of a second. */
static void store_news(const struct known_list *list, struct session *session,
                       struct wsd_cache *cache)
{
    const struct wsd_cached **news = calloc(list->n, sizeof *news);
    struct wsd_error error = {0};
    size_t n = 0;

    for (const struct known *k = list->first; news && k; k = k->next)
        if (!is_fresh(cache, &k->cached))
            news[n++] = &k->cached;
    if (n > 0 && wsd_cache_store_all(cache, news, n, &error) < 0)
        tell(session, &error);
    free(news);
}

void known_list_store(struct known_list *list, struct session *session, struct wsd_cache *cache)
{
    if (cache && list->n > 0)
        store_news(list, session, cache);
    while (list->first) {
        struct known *k = list->first;
        list->first = k->next;
        free(k);
    }
    list->n = 0;
}
