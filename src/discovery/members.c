/* SPDX-License-Identifier: MIT */
/*
 * What a watch knows of its targets, and what of it is news.
 *
 * MetadataVersion and InstanceId decide (WS-Discovery 4.1, appendix I): a higher one replaces what
 * was known, an equal one adds to it, a lower version of the same instance is an old message. What
 * replaces but names no address leaves the old ones until a Resolve has brought the new.
 *
 * A Bye can be forged by anybody. One from an address that the target is not known to have makes
 * the watch ask, and only silence removes it.
 *
 * Cost: one hash lookup and one merge within a short list for each message.
 */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "discovery/matching.h"
#include "discovery/watch.h"

enum { FIRST_MEMBERS = 16 };

/* -- the set ---------------------------------------------------------------------------------- */

static struct wsd__member *find(const struct wsd_watch *watch, const char *endpoint,
                                struct wsd__endpoint_key *key)
{
    struct wsd__member *member;
    size_t cursor = 0;
    wsd__endpoint_key(watch->seed, endpoint, key);
    while ((member = wsd__table_next(&watch->table, key->hash, &cursor)) != NULL) {
        if (wsd__endpoint_key_equal(&member->key, key)) {
            break;
        }
    }
    return member;
}

static bool is_full(struct wsd_watch *watch)
{
    bool full = watch->n_members >= WSD_MAX_WATCH_TARGETS || watch->memory > WSD_MAX_WATCH_MEMORY;
    if (full && !watch->was_full) {
        wsd__log(watch->context, WSD_LOG_WARNING,
                 "%zu devices are watched: further ones are not looked at", watch->n_members);
    }
    watch->was_full = full;
    return full;
}

static int reserve(struct wsd_watch *watch)
{
    if (watch->n_members < watch->capacity) {
        return 0;
    }
    size_t capacity = watch->capacity > 0 ? watch->capacity * 2 : FIRST_MEMBERS;
    struct wsd__member **members = realloc(watch->members, capacity * sizeof *members);
    if (members == NULL) {
        return WSD_E_NO_MEMORY;
    }
    watch->members = members;
    const struct wsd_target **list =
        realloc((void *)(uintptr_t)watch->list, capacity * sizeof *list);
    if (list == NULL) {
        return WSD_E_NO_MEMORY;
    }
    watch->list = list;
    watch->capacity = capacity;
    return 0;
}

static void weigh(struct wsd__member *member)
{
    size_t used = wsd__arena_used(member->known.arena);
    member->watch->memory += used - member->memory;
    member->memory = used;
}

static void free_member(struct wsd__member *member)
{
    wsd__watch_unask(member);
    wsd__timer_stop(&member->expiry);
    wsd__targets_free(&member->known);
    free(member);
}

static void take_out(struct wsd__member *member)
{
    struct wsd_watch *watch = member->watch;
    size_t at = 0;
    while (watch->members[at] != member) {
        at++;
    }
    watch->n_members--;
    memmove(&watch->members[at], &watch->members[at + 1],
            (watch->n_members - at) * sizeof(struct wsd__member *));
    wsd__table_remove(&watch->table, member->key.hash, member);
    watch->memory -= member->memory;
}

void wsd__members_free(struct wsd_watch *watch)
{
    for (size_t i = 0; i < watch->n_members; i++) {
        free_member(watch->members[i]);
    }
    watch->n_members = 0;
    free(watch->members);
    free((void *)(uintptr_t)watch->list);
    wsd__table_free(&watch->table);
}

/* -- telling ---------------------------------------------------------------------------------- */

static void tell(const struct wsd__member *member, enum wsd_watch_kind kind, bool expired)
{
    struct wsd_watch *watch = member->watch;
    struct wsd_watch_event event = {
        .kind = kind, .target = wsd__member_target(member), .expired = expired};
    if (!watch->gone) {
        watch->changed(watch->user, &event);
    }
}

void wsd__member_remove(struct wsd__member *member, bool expired)
{
    wsd__watch_unask(member);
    wsd__timer_stop(&member->expiry);
    take_out(member);
    if (member->shown) {
        tell(member, WSD_WATCH_REMOVED, expired);
    }
    free_member(member);
}

/* -- silence ---------------------------------------------------------------------------------- */

static void too_silent(void *user)
{
    struct wsd__member *member = user;
    struct wsd_watch *watch = member->watch;
    wsd__watch_enter(watch);
    member->checking = true;
    int status = wsd__watch_ask(member);
    if (status == WSD_E_NO_MEMORY) {
        wsd__member_wait(member, WSD__WATCH_RETRY);
    } else if (status < 0) {
        wsd__member_remove(member, true); /* there is no network to ask on */
    }
    wsd__watch_leave(watch);
}

void wsd__member_wait(struct wsd__member *member, uint32_t delay)
{
    /* Rearming takes the place that the timer had: that it fails is next to impossible, and then
     * the next message of the target arms it. */
    wsd__timer_start(member->watch->context, &member->expiry, delay, too_silent, member);
}

static void heard_of(struct wsd__member *member)
{
    member->checking = false;
    wsd__member_wait(member, member->watch->expiry);
}

/* -- merging ---------------------------------------------------------------------------------- */

static uint64_t add_uris(uint64_t hash, const struct wsd_uri_list *list)
{
    hash = wsd__hash(hash, &list->n_items, sizeof list->n_items);
    for (size_t i = 0; i < list->n_items; i++) {
        hash = wsd__hash(hash, list->items[i], strlen(list->items[i]));
    }
    return hash;
}

/* Of all that an event of WSD_WATCH_UPDATED is about. */
static uint64_t digest(const struct wsd_target *target)
{
    uint64_t hash = wsd__hash(target->types.n_items, &target->metadata_version,
                              sizeof target->metadata_version);
    for (size_t i = 0; i < target->types.n_items; i++) {
        const struct wsd_qname *type = &target->types.items[i];
        hash = wsd__hash(hash, type->ns, strlen(type->ns));
        hash = wsd__hash(hash, type->local, strlen(type->local));
    }
    hash = add_uris(hash, &target->scopes);
    hash = add_uris(hash, &target->xaddrs);
    return add_uris(hash, &target->refused);
}

static bool has_addresses(const struct wsd_target_message *message)
{
    return message->xaddrs != NULL && message->xaddrs->n_items > 0;
}

static bool has_types(const struct wsd_target_message *message)
{
    return message->types != NULL && message->types->n_items > 0;
}

/* Adds what the word says to what is known. */
static int merge(struct wsd__member *member, const struct wsd__word *word)
{
    struct wsd__heard heard = word->heard;
    struct wsd__record *record = NULL;
    if (word->proxied && member->record != NULL) {
        heard.sender.family = 0; /* the proxy is no second host that claims to be the target */
    }
    int status =
        wsd__targets_merge(&member->known, word->message, &heard, word->instance, 0, &record);
    if (status == 0 && record == NULL) {
        status = WSD_E_INVALID;
    }
    if (status == 0) {
        member->record = record;
        weigh(member);
    }
    return status;
}

/* Puts what the word says in the place of what was known; what it is silent of stays. */
static int replace(struct wsd__member *member, const struct wsd__word *word, bool restarted)
{
    struct wsd__targets old = member->known;
    struct wsd__record *old_record = member->record;
    const struct wsd_target *before = old_record->target;
    struct wsd_scopes scopes = {.uris = before->scopes};
    struct wsd_target_message rest = {
        .endpoint.address = before->endpoint,
        .types = has_types(word->message) ? NULL : &before->types,
        .scopes = word->message->scopes != NULL ? NULL : &scopes,
        .metadata_version =
            word->message->metadata_version != NULL ? NULL : &before->metadata_version,
    };
    struct wsd__word kept = {.message = &rest, .heard = word->heard};
    kept.instance = restarted ? 0 : before->instance_id;
    member->record = NULL;
    int status = wsd__targets_init(&member->known, member->watch->context, true);
    if (status == 0) {
        status = merge(member, word);
    }
    if (status == 0) {
        status = merge(member, &kept);
    }
    if (status < 0) {
        wsd__targets_free(&member->known);
        member->known = old;
        member->record = old_record;
        weigh(member);
        return status;
    }
    wsd__targets_free(&old);
    member->stale = false;
    return 0;
}

/* -- news ------------------------------------------------------------------------------------- */

/* True if there is nothing to wait for before it is shown. */
static bool is_complete(const struct wsd__member *member)
{
    const struct wsd_target *target = wsd__member_target(member);
    return member->asked ||
           ((target->xaddrs.n_items > 0 || target->refused.n_items > 0) &&
            wsd__filter_fits(&member->watch->filter, &target->types, member->vouched));
}

static void show(struct wsd__member *member)
{
    const struct wsd_target *target = wsd__member_target(member);
    if (!wsd__filter_fits(&member->watch->filter, &target->types, member->vouched)) {
        wsd__member_remove(member, false);
        return;
    }
    member->shown = true;
    tell(member, WSD_WATCH_ADDED, false);
}

/* Shows it, or asks for what is missing. */
static void introduce(struct wsd__member *member)
{
    if (!is_complete(member)) {
        member->asked = wsd__watch_ask(member) < 0;
    }
    if (is_complete(member)) {
        show(member);
    }
}

void wsd__member_unresolved(struct wsd__member *member)
{
    member->asked = true;
    if (!member->shown) {
        show(member);
    }
}

/* The Bye of a target that nobody knows can be held against nothing but who answers in its name:
 * the same host, or one of the other family, of which nothing is known as a rule. */
static bool is_of(const struct wsd__address *sender, const struct wsd__word *word)
{
    return sender->family != word->heard.sender.family ||
           wsd__address_equal(sender, &word->heard.sender);
}

/* An answer to a question of before its Bye says nothing of now; nor does one that is given while
 * the Bye is still being repeated, as wsdd does until it ends. */
static bool has_left_since(const struct wsd_watch *watch, const struct wsd__endpoint_key *key,
                           const struct wsd__word *word)
{
    uint64_t now = wsd__now(watch->context);
    for (size_t i = 0; word->source == WSD__SOURCE_ANSWER && i < WSD__WATCH_LEAVERS; i++) {
        uint64_t when = watch->leavers[i].when;
        if (watch->leavers[i].hash == key->hash && when != 0 &&
            (when >= word->asked || now - when < WSD__WATCH_LEAVING) &&
            is_of(&watch->leavers[i].sender, word)) {
            return true;
        }
    }
    return false;
}

static void add(struct wsd_watch *watch, const struct wsd__endpoint_key *key,
                const struct wsd__word *word)
{
    if (has_left_since(watch, key, word)) {
        return;
    }
    /* A copy of what was not taken, or a summary of what has said Bye since. */
    if (word->source == WSD__SOURCE_COPY || word->source == WSD__SOURCE_SUMMARY ||
        !wsd__filter_fits(&watch->filter, word->message->types, true) || is_full(watch) ||
        reserve(watch) < 0) {
        return;
    }
    struct wsd__member *member = calloc(1, sizeof *member + key->length + 1);
    if (member == NULL) {
        return;
    }
    member->watch = watch;
    memcpy(member->text, key->text, key->length);
    wsd__endpoint_key(watch->seed, member->text, &member->key);
    int status = wsd__targets_init(&member->known, watch->context, true);
    if (status == 0) {
        status = merge(member, word);
    }
    if (status == 0) {
        status = wsd__table_add(&watch->table, member->key.hash, member);
    }
    if (status < 0) {
        wsd__log(watch->context, WSD_LOG_WARNING, "%s cannot be watched: %s", member->text,
                 wsd_strerror(status));
        watch->memory -= member->memory;
        free_member(member);
        return;
    }
    watch->members[watch->n_members++] = member;
    member->vouched = word->source == WSD__SOURCE_ANSWER;
    heard_of(member);
    introduce(member);
}

struct judgement {
    bool restarted, newer, older;
};

static struct judgement judge(const struct wsd_target *target, const struct wsd__word *word)
{
    struct judgement is = {0};
    const uint32_t *version = word->message->metadata_version;
    is.restarted = target->instance_id != 0 ? word->instance > target->instance_id : word->reboot;
    is.newer = version != NULL && *version > target->metadata_version;
    is.older = version != NULL && *version < target->metadata_version && !is.restarted;
    return is;
}

static int apply(struct wsd__member *member, const struct wsd__word *word, struct judgement is)
{
    bool too_large =
        member->memory > WSD_MAX_TARGET_MEMORY || member->watch->memory > WSD_MAX_WATCH_MEMORY;
    if (has_addresses(word->message) && (is.restarted || is.newer || member->stale || too_large)) {
        return replace(member, word, is.restarted);
    }
    if (too_large) {
        return WSD_E_LIMIT;
    }
    member->stale |= is.restarted || is.newer;
    return merge(member, word);
}

static void tell_change(struct wsd__member *member, const struct wsd__word *word,
                        struct judgement is, bool changed)
{
    bool quiet = word->source == WSD__SOURCE_COPY || word->source == WSD__SOURCE_SUMMARY;
    if (is.restarted) {
        tell(member, WSD_WATCH_RESTARTED, false);
    } else if (changed) {
        tell(member, WSD_WATCH_UPDATED, false);
    } else if (!quiet) {
        tell(member, WSD_WATCH_REFRESHED, false);
    }
}

static void update(struct wsd__member *member, const struct wsd__word *word)
{
    struct wsd_watch *watch = member->watch;
    struct judgement is = judge(wsd__member_target(member), word);
    uint64_t before = digest(wsd__member_target(member));
    bool was_stale = member->stale;
    heard_of(member);
    if (!is.older) {
        int status = apply(member, word, is);
        if (status < 0) {
            wsd__log(watch->context, WSD_LOG_INFO, "what %s says is lost: %s", member->text,
                     wsd_strerror(status));
        }
    }
    const struct wsd_target *target = wsd__member_target(member);
    member->vouched |= word->source == WSD__SOURCE_ANSWER && !has_types(word->message);
    if (target->types.n_items > 0 && !wsd__filter_fits(&watch->filter, &target->types, false)) {
        wsd__member_remove(member, false);
        return;
    }
    if (!member->shown) {
        introduce(member);
        return;
    }
    if (member->stale && !was_stale) {
        wsd__watch_ask(member); /* that it fails is no matter: the next search answers, too */
    }
    tell_change(member, word, is, digest(target) != before);
}

void wsd__watch_take(struct wsd_watch *watch, const struct wsd__word *word)
{
    struct wsd__endpoint_key key;
    const char *endpoint = word->message->endpoint.address;
    if (watch->gone || endpoint == NULL) {
        return;
    }
    struct wsd__member *member = find(watch, endpoint, &key);
    if (key.length == 0 || key.length > WSD_MAX_URI) {
        return;
    }
    if (member != NULL) {
        update(member, word);
    } else {
        add(watch, &key, word);
    }
}

void wsd__watch_take_target(struct wsd_watch *watch, const struct wsd__watch_question *question,
                            enum wsd__source source, const struct wsd_target *target)
{
    const char *urls[2 * WSD_MAX_XADDRS];
    struct wsd_uri_list xaddrs = {urls, 0};
    struct wsd_scopes scopes = {.uris = target->scopes};
    struct wsd_target_message message = {
        .endpoint.address = target->endpoint,
        .types = &target->types,
        .scopes = target->scopes.n_items > 0 ? &scopes : NULL,
        .xaddrs = &xaddrs,
        .metadata_version = target->metadata_version != 0 ? &target->metadata_version : NULL,
    };
    struct wsd__word word = {.source = source,
                             .message = &message,
                             .instance = target->instance_id,
                             .proxied = question->proxied,
                             .asked = question->asked};
    if (watch->gone) {
        return;
    }
    for (size_t i = 0; i < target->xaddrs.n_items && i < WSD_MAX_XADDRS; i++) {
        urls[xaddrs.n_items++] = target->xaddrs.items[i];
    }
    for (size_t i = 0; i < target->refused.n_items && i < WSD_MAX_XADDRS; i++) {
        urls[xaddrs.n_items++] = target->refused.items[i];
    }
    word.heard.interfaces = wsd__announcements_interfaces(watch->announcements);
    word.heard.zone = target->interface_;
    word.heard.judged = true;
    word.heard.allow_foreign = wsd__options(watch->context)->allow_foreign_addresses;
    wsd__address_parse(target->address, strcspn(target->address, "%"), &word.heard.sender);
    wsd__watch_take(watch, &word);
}

/* -- leaving ---------------------------------------------------------------------------------- */

static bool is_known_host(const struct wsd__member *member, const struct wsd__address *address)
{
    const struct wsd__record *record = member->record;
    if (address->family != record->sender.family || wsd__address_equal(address, &record->sender)) {
        return true; /* of the other family nothing is known as a rule */
    }
    for (size_t i = 0; i < record->target->xaddrs.n_items; i++) {
        if (wsd__address_equal(address, &record->hosts[i])) {
            return true;
        }
    }
    return false;
}

void wsd__watch_bye(struct wsd_watch *watch, const struct wsd__announcement *announcement)
{
    struct wsd__endpoint_key key;
    struct wsd__member *member = find(watch, announcement->message->endpoint.address, &key);
    struct wsd__leaver leaver = {.hash = key.hash, .when = wsd__now(watch->context)};
    if (member == NULL) {
        leaver.sender = announcement->heard.sender;
    }
    watch->leavers[watch->next_leaver] = leaver;
    watch->next_leaver = (watch->next_leaver + 1) % WSD__WATCH_LEAVERS;
    if (member == NULL) {
        return;
    }
    if (member->shown && !is_known_host(member, &announcement->heard.sender)) {
        member->checking = true;
        if (wsd__watch_ask(member) == 0) {
            return;
        }
    }
    wsd__member_remove(member, false);
}
