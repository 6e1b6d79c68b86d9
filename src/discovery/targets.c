/* SPDX-License-Identifier: MIT */
/*
 * Merging of answers.
 *
 * All is written straight into the arena of the result; the records beside it hold what only the
 * search needs. The first answer of an endpoint wins (discovery 9.3 C4): later ones add what they
 * have more. Addresses that come from another host of the same family, which the first answer did
 * not name, are kept last, and a warning is logged.
 * Cost: one hash lookup an answer, and comparisons within one target's short lists.
 */
#include "discovery/targets.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "discovery/matching.h"

enum { FIRST_RECORDS = 32 };

int wsd__targets_init(struct wsd__targets *targets, struct wsd_context *context, bool single)
{
    memset(targets, 0, sizeof *targets);
    targets->context = context;
    targets->single = single;
    wsd__random(context, &targets->seed, sizeof targets->seed);
    targets->arena =
        wsd__arena_new(single ? sizeof(struct wsd_target) : sizeof(struct wsd_target_set),
                       single ? 1024 : 8192, WSD_MAX_SEARCH_MEMORY);
    return targets->arena != NULL ? 0 : WSD_E_NO_MEMORY;
}

void wsd__targets_free(struct wsd__targets *targets)
{
    for (size_t i = 0; i < targets->n_records; i++) {
        free(targets->records[i]->hosts);
        free(targets->records[i]);
    }
    free(targets->records);
    wsd__table_free(&targets->table);
    wsd__arena_free(targets->arena);
    memset(targets, 0, sizeof *targets);
}

static struct wsd__record *find(const struct wsd__targets *targets,
                                const struct wsd__endpoint_key *key)
{
    struct wsd__record *record;
    size_t cursor = 0;
    while ((record = wsd__table_next(&targets->table, key->hash, &cursor)) != NULL) {
        if (wsd__endpoint_key_equal(&record->key, key)) {
            break;
        }
    }
    return record;
}

static int reserve_record(struct wsd__targets *targets)
{
    if (targets->n_records >= (targets->single ? 1 : WSD_MAX_SEARCH_TARGETS)) {
        return WSD_E_LIMIT;
    }
    if (targets->n_records < targets->capacity) {
        return 0;
    }
    size_t capacity = targets->capacity > 0 ? targets->capacity * 2 : FIRST_RECORDS;
    struct wsd__record **records = realloc(targets->records, capacity * sizeof *records);
    if (records == NULL) {
        return WSD_E_NO_MEMORY;
    }
    targets->records = records;
    targets->capacity = capacity;
    return 0;
}

/* A new record for a key whose text is not yet ours. */
static int add(struct wsd__targets *targets, const struct wsd__endpoint_key *key,
               const struct wsd__heard *heard, struct wsd__record **ret)
{
    char address[WSD__ADDRESS_SIZE];
    int status = reserve_record(targets);
    if (status < 0) {
        return status;
    }
    struct wsd__record *record = calloc(1, sizeof *record);
    if (record == NULL) {
        return WSD_E_NO_MEMORY;
    }
    record->sender = heard->sender;
    record->key = *key;
    record->target = targets->single ? wsd__arena_root(targets->arena)
                                     : wsd__arena_alloc(targets->arena, sizeof *record->target);
    wsd__address_format(&heard->sender, heard->zone, address);
    record->key.text = wsd__arena_strndup(targets->arena, key->text, key->length);
    const char *sender = wsd__arena_strdup(targets->arena, address);
    const char *interface = wsd__arena_strdup(targets->arena, heard->zone);
    if (record->target == NULL || record->key.text == NULL || sender == NULL || interface == NULL ||
        wsd__table_add(&targets->table, key->hash, record) != 0) {
        free(record);
        return WSD_E_NO_MEMORY;
    }
    record->target->endpoint = record->key.text;
    record->target->address = sender;
    record->target->interface_ = interface;
    targets->records[targets->n_records++] = record;
    *ret = record;
    return 0;
}

/* -- lists ------------------------------------------------------------------------------------ */

static bool has_uri(const struct wsd_uri_list *list, const char *uri)
{
    for (size_t i = 0; i < list->n_items; i++) {
        if (strcmp(list->items[i], uri) == 0) {
            return true;
        }
    }
    return false;
}

/* Inserts a copy of uri. Lists double, so that merging costs no more than the answers did. */
static int insert_uri(struct wsd__targets *targets, struct wsd_uri_list *list, size_t at,
                      const char *uri)
{
    const char **items = (const char **)(uintptr_t)list->items;
    size_t count = list->n_items;
    if (count == 0 || (count >= 4 && (count & (count - 1)) == 0)) {
        size_t old = count * sizeof *items;
        items = wsd__arena_grow(targets->arena, items, old, count ? 2 * old : 4 * sizeof *items);
    }
    const char *copy = wsd__arena_strdup(targets->arena, uri);
    if (items == NULL || copy == NULL) {
        return WSD_E_NO_MEMORY;
    }
    memmove(&items[at + 1], &items[at], (count - at) * sizeof *items);
    items[at] = copy;
    list->items = items;
    list->n_items = count + 1;
    return 0;
}

static int merge_scopes(struct wsd__targets *targets, struct wsd_target *target,
                        const struct wsd_scopes *scopes)
{
    for (size_t i = 0; scopes != NULL && i < scopes->uris.n_items; i++) {
        const char *uri = scopes->uris.items[i];
        if (target->scopes.n_items >= WSD_MAX_SCOPES || strlen(uri) > WSD_MAX_URI ||
            has_uri(&target->scopes, uri)) {
            continue;
        }
        if (insert_uri(targets, &target->scopes, target->scopes.n_items, uri) != 0) {
            return WSD_E_NO_MEMORY;
        }
    }
    return 0;
}

static bool same_name(const struct wsd_qname *a, const struct wsd_qname *b)
{
    return strcmp(a->local, b->local) == 0 && strcmp(a->ns, b->ns) == 0 &&
           strcmp(a->prefix != NULL ? a->prefix : "", b->prefix != NULL ? b->prefix : "") == 0;
}

/* A network's devices are of few types: those met lately are shared, not copied for each. */
static int copy_qname(struct wsd__targets *targets, const struct wsd_qname *from,
                      struct wsd_qname *to)
{
    struct wsd__arena *arena = targets->arena;
    for (size_t i = 0; i < WSD__TYPES_SHARED; i++) {
        if (targets->shared[i].local != NULL && same_name(&targets->shared[i], from)) {
            *to = targets->shared[i];
            return 0;
        }
    }
    to->ns = wsd__arena_strdup(arena, from->ns);
    to->local = wsd__arena_strdup(arena, from->local);
    to->prefix = wsd__arena_strdup(arena, from->prefix != NULL ? from->prefix : "");
    if (to->ns == NULL || to->local == NULL || to->prefix == NULL) {
        return WSD_E_NO_MEMORY;
    }
    targets->shared[targets->next_shared++ % WSD__TYPES_SHARED] = *to;
    return 0;
}

static int merge_types(struct wsd__targets *targets, struct wsd_target *target,
                       const struct wsd_qname_list *types)
{
    struct wsd_qname_list *list = &target->types;
    for (size_t i = 0; types != NULL && i < types->n_items; i++) {
        if (list->n_items >= WSD_MAX_TYPES || wsd__type_offered(list, &types->items[i])) {
            continue;
        }
        size_t old = list->n_items * sizeof *list->items;
        struct wsd_qname *items = wsd__arena_grow(targets->arena, (void *)(uintptr_t)list->items,
                                                  old, old + sizeof *list->items);
        if (items == NULL || copy_qname(targets, &types->items[i], &items[list->n_items])) {
            return WSD_E_NO_MEMORY;
        }
        list->items = items;
        list->n_items++;
    }
    return 0;
}

/* -- addresses -------------------------------------------------------------------------------- */

/* Room for one more address; nearly all targets have one. */
static int reserve_host(struct wsd__record *record)
{
    size_t count = record->target->xaddrs.n_items + 1;
    if (count <= record->n_hosts || record->n_hosts == WSD_MAX_XADDRS) {
        return 0;
    }
    size_t room = count < 2 ? 1 : WSD_MAX_XADDRS;
    struct wsd__address *hosts = realloc(record->hosts, room * sizeof *hosts);
    if (hosts == NULL) {
        return WSD_E_NO_MEMORY;
    }
    record->hosts = hosts;
    record->n_hosts = room;
    return 0;
}

/* Keeps the list ordered by rank; equal ones stay as they came. The worst gives way when full. */
static int insert_xaddr(struct wsd__targets *targets, struct wsd__record *record, const char *url,
                        enum wsd__rank rank, const struct wsd__address *host)
{
    struct wsd_uri_list *list = &record->target->xaddrs;
    size_t at = 0;
    if (has_uri(list, url)) {
        return 0;
    }
    while (at < list->n_items && record->ranks[at] <= (uint8_t)rank) {
        at++;
    }
    if (at >= WSD_MAX_XADDRS) {
        return 0;
    }
    if (reserve_host(record) < 0) {
        return WSD_E_NO_MEMORY;
    }
    if (list->n_items == WSD_MAX_XADDRS) {
        list->n_items--;
        memmove((void *)(uintptr_t)&list->items[at + 1], &list->items[at],
                (list->n_items - at) * sizeof *list->items);
        const char *copy = wsd__arena_strdup(targets->arena, url);
        if (copy == NULL) {
            return WSD_E_NO_MEMORY;
        }
        ((const char **)(uintptr_t)list->items)[at] = copy;
        list->n_items++;
    } else if (insert_uri(targets, list, at, url) != 0) {
        return WSD_E_NO_MEMORY;
    }
    size_t rest = list->n_items - 1 - at;
    memmove(&record->ranks[at + 1], &record->ranks[at], rest * sizeof *record->ranks);
    memmove(&record->hosts[at + 1], &record->hosts[at], rest * sizeof *record->hosts);
    record->ranks[at] = (uint8_t)rank;
    record->hosts[at] = *host;
    return 0;
}

static int merge_xaddr(struct wsd__targets *targets, struct wsd__record *record,
                       const struct wsd__heard *heard, bool doubted, const char *text)
{
    struct wsd__xaddr xaddr;
    struct wsd_uri_list *refused = &record->target->refused;
    wsd__xaddr_judge(heard, text, &xaddr);
    if (xaddr.rank == WSD__RANK_SKIPPED) {
        return 0;
    }
    if (xaddr.rank == WSD__RANK_REFUSED) {
        if (refused->n_items >= WSD_MAX_XADDRS || has_uri(refused, xaddr.url)) {
            return 0;
        }
        return insert_uri(targets, refused, refused->n_items, xaddr.url);
    }
    if (doubted) {
        xaddr.rank = WSD__RANK_DOUBTED;
    }
    int status = insert_xaddr(targets, record, xaddr.url, xaddr.rank, &xaddr.host);
    if (status == 0 && xaddr.by_name) {
        status = insert_xaddr(targets, record, xaddr.second, xaddr.rank, &heard->sender);
    }
    return status;
}

/* True if heard comes from a host that the answers so far do not know of. */
static bool is_stranger(const struct wsd__record *record, const struct wsd__heard *heard)
{
    if (heard->sender.family != record->sender.family || heard->sender.family == 0 ||
        wsd__address_equal(&heard->sender, &record->sender)) {
        return false;
    }
    for (size_t i = 0; i < record->target->xaddrs.n_items; i++) {
        if (wsd__address_equal(&heard->sender, &record->hosts[i])) {
            return false;
        }
    }
    return record->target->xaddrs.n_items > 0;
}

static void warn_of_stranger(struct wsd__targets *targets, struct wsd__record *record,
                             const struct wsd__heard *heard)
{
    char address[WSD__ADDRESS_SIZE];
    if (record->doubted) {
        return;
    }
    record->doubted = true;
    wsd__address_format(&heard->sender, heard->zone, address);
    wsd__log(targets->context, WSD_LOG_WARNING, "%s is answered for by %s and by %s",
             record->target->endpoint, record->target->address, address);
}

static int merge_xaddrs(struct wsd__targets *targets, struct wsd__record *record,
                        const struct wsd__heard *heard, const struct wsd_uri_list *xaddrs)
{
    if (xaddrs == NULL || xaddrs->n_items == 0) {
        return 0;
    }
    bool doubted = is_stranger(record, heard);
    if (doubted) {
        warn_of_stranger(targets, record, heard);
    }
    size_t count = xaddrs->n_items < WSD_MAX_XADDRS ? xaddrs->n_items : WSD_MAX_XADDRS;
    for (size_t i = 0; i < count; i++) {
        int status = merge_xaddr(targets, record, heard, doubted, xaddrs->items[i]);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

/* -- the whole -------------------------------------------------------------------------------- */

/* A higher InstanceId is a restarted device: its version counts anew (discovery 6.2, 6.4). */
static void merge_versions(struct wsd_target *target, const uint32_t *version, uint32_t instance_id)
{
    bool newer = instance_id > target->instance_id;
    if (newer) {
        target->instance_id = instance_id;
    }
    if (version != NULL && (newer || *version > target->metadata_version)) {
        target->metadata_version = *version;
    }
}

int wsd__targets_merge(struct wsd__targets *targets, const struct wsd_target_message *match,
                       const struct wsd__heard *heard, uint32_t instance_id, uint32_t delay,
                       struct wsd__record **ret)
{
    struct wsd__endpoint_key key;
    const char *endpoint = match->endpoint.address;
    int status = 0;
    if (endpoint == NULL) {
        *ret = NULL;
        return 0;
    }
    wsd__endpoint_key(targets->seed, endpoint, &key);
    if (key.length == 0 || key.length > WSD_MAX_URI) {
        *ret = NULL;
        return 0;
    }
    struct wsd__record *record = find(targets, &key);
    if (record == NULL) {
        status = add(targets, &key, heard, &record);
        if (status < 0) {
            return status;
        }
        record->target->delay = delay;
    }
    merge_versions(record->target, match->metadata_version, instance_id);
    status = merge_types(targets, record->target, match->types);
    if (status == 0) {
        status = merge_scopes(targets, record->target, match->scopes);
    }
    if (status == 0) {
        status = merge_xaddrs(targets, record, heard, match->xaddrs);
    }
    if (status == 0) {
        *ret = record;
    }
    return status;
}

const void *wsd__targets_take(struct wsd__targets *targets, uint32_t n_dropped)
{
    struct wsd__arena *arena = targets->arena;
    if (targets->single) {
        if (targets->n_records == 0) {
            return NULL;
        }
        targets->arena = NULL;
        return wsd__arena_root(arena);
    }
    struct wsd_target_set *set = wsd__arena_root(arena);
    const struct wsd_target **list =
        wsd__arena_alloc(arena, targets->n_records * sizeof(struct wsd_target *));
    if (list == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < targets->n_records; i++) {
        list[i] = targets->records[i]->target;
    }
    set->targets = list;
    set->n_targets = targets->n_records;
    set->n_dropped = n_dropped;
    targets->arena = NULL;
    return set;
}
