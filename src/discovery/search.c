/* SPDX-License-Identifier: MIT */
/*
 * A search: questions out, answers in, one result.
 *
 * An answer counts when it relates to a question of ours that still runs (discovery 9.3 C1); its
 * own MessageID is not looked at, since one camera echoes ours (device-quirks D29). Repeats are
 * told by their bytes before they are decoded. Whatever else comes is dropped, counted and traced,
 * and the search goes on.
 *
 * A match without addresses is asked for them with a Resolve on the link where it was heard, and
 * reported when they come, at the latest when the search ends. AppSequence never drops an answer
 * to a live question (discovery 6.2).
 *
 * Cost: one decode and one hash lookup an answer.
 */
#include "discovery/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "discovery/matching.h"

/* -- life ------------------------------------------------------------------------------------- */

static void stop(struct wsd__search *search)
{
    search->finished = true;
    wsd__timer_stop(&search->end);
    wsd__directed_stop(search);
    wsd__udp_close(search->udp);
    search->udp = NULL;
}

static void release(struct wsd__search *search)
{
    wsd__targets_free(&search->targets);
    wsd__table_free(&search->questions);
    wsd__table_free(&search->seen);
    wsd__interfaces_free(search->interfaces);
    wsd__arena_free(search->memory);
}

static void cancel(struct wsd_call *call)
{
    stop((struct wsd__search *)(void *)call);
}

/* A callback of ours may run the loop, and the loop may end the search below us. */
static void destroy(struct wsd_call *call)
{
    struct wsd__search *search = (struct wsd__search *)(void *)call;
    stop(search);
    search->gone = true;
    if (search->busy == 0) {
        release(search);
    }
}

void wsd__search_leave(struct wsd__search *search)
{
    if (--search->busy == 0 && search->gone) {
        release(search);
    }
}

int wsd__search_new(struct wsd_context *context, wsd_done_fn *done, void *user, bool single,
                    struct wsd__search **ret, struct wsd_error *reterr)
{
    struct wsd__arena *memory =
        wsd__arena_new(sizeof(struct wsd__search), 4096, WSD_MAX_SEARCH_MEMORY);
    if (memory == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct wsd__search *search = wsd__arena_root(memory);
    search->context = context;
    search->memory = memory;
    wsd__call_init(&search->call, context, done, user, cancel, destroy);
    int status = wsd__targets_init(&search->targets, context, single);
    if (status < 0) {
        wsd__call_abandon(&search->call);
        return wsd__error(reterr, status, NULL);
    }
    *ret = search;
    return 0;
}

static bool report(struct wsd__search *search, struct wsd__record *record);

void wsd__search_finish(struct wsd__search *search, int status)
{
    const void *result = NULL;
    if (search->finished) {
        return;
    }
    search->busy++;
    for (size_t i = 0; i < search->targets.n_records && status == 0 && !search->finished; i++) {
        report(search, search->targets.records[i]);
    }
    if (!search->finished) {
        stop(search);
        if (status == 0) {
            result = wsd__targets_take(&search->targets, search->n_dropped);
        }
        if (status == 0 && result == NULL) {
            status = search->endpoint != NULL ? WSD_E_NOT_FOUND : WSD_E_NO_MEMORY;
            if (status == WSD_E_NOT_FOUND) {
                wsd__error(&search->call.error, status, "nobody answers for %s", search->endpoint);
            }
        }
        wsd__call_end(&search->call, status, result);
    }
    wsd__search_leave(search);
}

static void time_is_up(void *user)
{
    struct wsd__search *search = user;
    int status = 0;
    if (search->lookup != NULL) {
        status = wsd__error(&search->call.error, WSD_E_NAME, "%s could not be looked up in time",
                            search->host);
    } else if (search->n_posts > 0 && search->n_answers == 0) {
        status = WSD_E_TIMEOUT;
    }
    wsd__search_finish(search, status);
}

/* -- questions -------------------------------------------------------------------------------- */

static uint64_t question_hash(const struct wsd__search *search, const uint8_t uuid[16])
{
    return wsd__hash(search->targets.seed, uuid, 16);
}

static const struct wsd__question *find_question(const struct wsd__search *search,
                                                 const char *message_id)
{
    uint8_t uuid[16];
    size_t cursor = 0;
    struct wsd__question *question;
    if (message_id == NULL || !wsd__uuid_parse(message_id, uuid)) {
        return NULL;
    }
    uint64_t hash = question_hash(search, uuid);
    while ((question = wsd__table_next(&search->questions, hash, &cursor)) != NULL) {
        if (memcmp(question->uuid, uuid, sizeof uuid) == 0) {
            return question;
        }
    }
    return NULL;
}

static int send_question(struct wsd__search *search, struct wsd__question *question,
                         const struct wsd__buf *message, unsigned interface,
                         struct wsd_error *reterr)
{
    if (search->url != NULL) {
        return wsd__directed_post(search, question, message, reterr);
    }
    if (search->host != NULL) {
        return wsd__udp_unicast(search->udp, 0, NULL, &search->peer, search->port, message->data,
                                message->length, WSD__UNICAST_UDP_REPEAT, reterr);
    }
    return wsd__udp_multicast(search->udp, interface, 0, message->data, message->length,
                              WSD__MULTICAST_UDP_REPEAT, reterr);
}

static int ask(struct wsd__search *search, enum wsd__message message,
               const struct wsd_discovery_body *body, struct wsd__record *record,
               unsigned interface, struct wsd_error *reterr)
{
    char id[WSD__UUID_URN_SIZE];
    struct wsd__buf out = WSD__BUF_INIT(WSD_MAX_DATAGRAM);
    struct wsd_soap_header header = {
        .to = wsd__discovery_to(search->dialect),
        .action = wsd__message_action(message, search->dialect),
        .message_id = id,
    };
    struct wsd__question *question = wsd__arena_alloc(search->memory, sizeof *question);
    if (question == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    wsd__uuid_urn(search->context, id);
    wsd__uuid_parse(id, question->uuid);
    question->message = message;
    question->record = record;
    int status = wsd__message_encode(&header, body, search->dialect, &out, reterr);
    if (status >= 0) {
        status =
            wsd__table_add(&search->questions, question_hash(search, question->uuid), question);
    }
    if (status >= 0) {
        status = send_question(search, question, &out, interface, reterr);
    }
    wsd__buf_free(&out);
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}

int wsd__search_probe(struct wsd__search *search, const struct wsd_qname_list *types,
                      struct wsd_error *reterr)
{
    struct wsd_qname names[WSD__MAX_SEARCH_TYPES];
    struct wsd_qname_list list = {names, types->n_items};
    for (size_t i = 0; i < types->n_items; i++) {
        names[i] = wsd__qname_in(&types->items[i], search->dialect);
    }
    struct wsd_probe_message probe = {
        .types = list.n_items > 0 ? &list : NULL,
        .scopes = search->has_scopes ? &search->scopes : NULL,
    };
    struct wsd_discovery_body body = {.probe = &probe};
    return ask(search, WSD__PROBE, &body, NULL, 0, reterr);
}

int wsd__search_resolve(struct wsd__search *search, const char *endpoint,
                        struct wsd__record *record, unsigned interface, struct wsd_error *reterr)
{
    struct wsd_resolve_message resolve = {.endpoint.address = endpoint};
    struct wsd_discovery_body body = {.resolve = &resolve};
    return ask(search, WSD__RESOLVE, &body, record, interface, reterr);
}

int wsd__search_ask(struct wsd__search *search, struct wsd_error *reterr)
{
    if (search->endpoint != NULL) {
        return wsd__search_resolve(search, search->endpoint, NULL, 0, reterr);
    }
    if (!search->any_of_types || search->types.n_items == 0) {
        return wsd__search_probe(search, &search->types, reterr);
    }
    for (size_t i = 0; i < search->types.n_items; i++) {
        struct wsd_qname_list one = {&search->types.items[i], 1};
        int status = wsd__search_probe(search, &one, reterr);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

/* -- answers ---------------------------------------------------------------------------------- */

/* Tells of a target once; true when the search has ended by that. */
static bool report(struct wsd__search *search, struct wsd__record *record)
{
    if (record->reported || search->endpoint != NULL) {
        return search->finished;
    }
    record->reported = true;
    search->n_reported++;
    if (search->found != NULL) {
        search->found(search->user, record->target);
    }
    return search->finished;
}

static void conclude(struct wsd__search *search, struct wsd__record *record)
{
    const struct wsd_target *target = record->target;
    bool named = target->xaddrs.n_items > 0 || target->refused.n_items > 0;
    if (named || search->no_resolve) {
        if (report(search, record)) {
            return;
        }
        if (search->expect > 0 && search->n_reported >= search->expect) {
            wsd__search_finish(search, 0);
        }
        return;
    }
    if (!record->resolving && !record->reported) {
        struct wsd_error error = {0};
        const struct wsd__interface *interface = NULL;
        for (size_t i = 0; i < search->interfaces->n_items; i++) {
            if (strcmp(search->interfaces->items[i].name, target->interface_) == 0) {
                interface = &search->interfaces->items[i];
            }
        }
        record->resolving = true;
        if (wsd__search_resolve(search, target->endpoint, record,
                                interface != NULL ? interface->index : 0, &error) < 0) {
            wsd__log(search->context, WSD_LOG_INFO, "%s cannot be resolved: %s", target->endpoint,
                     error.message);
        }
    }
}

static bool types_fit(const struct wsd__search *search, const struct wsd_target_message *match)
{
    /* Without Types the answer itself has to do; with them, they decide: some responders answer
     * whatever they are asked (wsdd2, device-quirks D24). */
    return match->types == NULL || match->types->n_items == 0 ||
           wsd__types_match(search->types.items, search->types.n_items, search->any_of_types,
                            match->types);
}

static const char *take_match(struct wsd__search *search, const struct wsd_target_message *match,
                              const struct wsd__heard *heard, uint32_t instance, uint64_t arrived)
{
    struct wsd__record *record = NULL;
    int status = wsd__targets_merge(&search->targets, match, heard, instance,
                                    (uint32_t)(arrived - search->started), &record);
    if (status < 0) {
        return wsd_strerror(status);
    }
    if (record == NULL) {
        return "a match without a usable endpoint reference";
    }
    conclude(search, record);
    return NULL;
}

static const char *take_probe_matches(struct wsd__search *search,
                                      const struct wsd_probe_matches *answer,
                                      const struct wsd__heard *heard, uint32_t instance,
                                      uint64_t arrived)
{
    const char *reason = NULL;
    for (size_t i = 0; i < answer->n_matches && !search->finished; i++) {
        const char *dropped = NULL;
        if (i >= WSD_MAX_MATCHES) {
            return "more matches than an answer may have";
        }
        if (!types_fit(search, &answer->matches[i])) {
            dropped = "none of the types that were asked for";
        } else {
            dropped = take_match(search, &answer->matches[i], heard, instance, arrived);
        }
        reason = dropped != NULL ? dropped : reason;
    }
    return reason;
}

static const char *take_resolve_matches(struct wsd__search *search,
                                        const struct wsd__question *question,
                                        const struct wsd_resolve_matches *answer,
                                        const struct wsd__heard *heard, uint32_t instance,
                                        uint64_t arrived)
{
    const char *asked = question->record != NULL ? question->record->key.text : search->endpoint;
    if (answer->match == NULL) {
        return NULL; /* over HTTP: it is not there */
    }
    /* wsdd2 answers every Resolve, whoever was asked for (D24). */
    if (!wsd_endpoint_equal(asked, answer->match->endpoint.address)) {
        return "an answer for another endpoint";
    }
    const char *reason = take_match(search, answer->match, heard, instance, arrived);
    if (reason == NULL && search->endpoint != NULL) {
        wsd__search_finish(search, 0);
    }
    return reason;
}

/* The Hello of a proxy that relates to a question (WS-Discovery 3); the relationship is a QName in
 * the one edition and a URI in the other. */
static bool is_suppression(const struct wsd__envelope *envelope)
{
    static const struct wsd_qname proxy = {WSD_NS_DISCOVERY, "DiscoveryProxy", NULL};
    static const char word[] = "Suppression";
    const struct wsd_discovery_body *body = envelope->body;
    const struct wsd_soap_header *header = &envelope->header;
    for (size_t i = 0; i < header->n_relates_to; i++) {
        const struct wsd_qname *type = header->relates_to[i].relationship_type;
        size_t length = type != NULL ? strlen(type->local) : 0;
        if (length >= sizeof word - 1 &&
            strcmp(type->local + length - (sizeof word - 1), word) == 0) {
            return body->hello->types != NULL && wsd__type_offered(body->hello->types, &proxy);
        }
    }
    return false;
}

const char *wsd__search_take(struct wsd__search *search, const struct wsd__question *question,
                             const struct wsd__envelope *envelope, const struct wsd__heard *heard,
                             uint64_t arrived)
{
    const struct wsd_discovery_body *body = envelope->body;
    const struct wsd_app_sequence *sequence = envelope->header.app_sequence;
    uint32_t instance = sequence != NULL ? sequence->instance_id : 0;
    enum wsd__message message = wsd__message_of(envelope);
    if (message == WSD__PROBE_MATCHES && question->message == WSD__PROBE) {
        search->answered = true;
        return take_probe_matches(search, body->probe_matches, heard, instance, arrived);
    }
    if (message == WSD__RESOLVE_MATCHES && question->message == WSD__RESOLVE) {
        search->answered = true;
        return take_resolve_matches(search, question, body->resolve_matches, heard, instance,
                                    arrived);
    }
    if (message == WSD__HELLO && search->suppressed != NULL && is_suppression(envelope)) {
        search->suppressed(search->user, body->hello, heard);
        return NULL;
    }
    if (message == WSD__HELLO) {
        /* Any host could silence a search in this way (discovery 8). */
        return "a discovery proxy, ignored";
    }
    if (message == WSD__MESSAGE_FAULT) {
        return "a fault is no answer to a datagram";
    }
    return "not the kind of message that answers the question";
}

static bool is_repeat(struct wsd__search *search, const struct wsd__datagram *datagram)
{
    size_t cursor = 0;
    uint64_t hash =
        wsd__hash(search->targets.seed ^ datagram->interface, datagram->bytes, datagram->size);
    hash = wsd__hash(hash, datagram->peer.bytes, sizeof datagram->peer.bytes);
    if (wsd__table_next(&search->seen, hash, &cursor) != NULL) {
        return true;
    }
    wsd__table_add(&search->seen, hash, search); /* without memory repeats are merged instead */
    return false;
}

static const struct wsd__question *related(const struct wsd__search *search,
                                           const struct wsd_soap_header *header)
{
    for (size_t i = 0; i < header->n_relates_to; i++) {
        const struct wsd__question *question =
            find_question(search, header->relates_to[i].message_id);
        if (question != NULL) {
            return question;
        }
    }
    return NULL;
}

const char *wsd__search_receive(struct wsd__search *search, const struct wsd__datagram *datagram)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    const char *reason;
    if (datagram->unusable != NULL) {
        return datagram->unusable;
    }
    if (is_repeat(search, datagram)) {
        return NULL;
    }
    if (wsd__envelope_decode(search->context, &wsd__type_discovery_body, datagram->bytes,
                             datagram->size, WSD__QUIRKS_DEFAULT, &envelope, &error) < 0) {
        snprintf(search->reason, sizeof search->reason, "%.158s", error.message);
        return search->reason;
    }
    struct wsd__heard heard = {
        .interfaces = search->interfaces,
        .sender = datagram->peer,
        .interface = datagram->interface,
        .zone = datagram->interface_name,
        .allow_foreign = wsd__options(search->context)->allow_foreign_addresses,
    };
    const struct wsd__question *question = related(search, &envelope->header);
    reason = question != NULL
                 ? wsd__search_take(search, question, envelope, &heard, datagram->arrived)
                 : "no answer to a question of ours";
    wsd_free(envelope);
    return reason;
}

static void trace_received(struct wsd__search *search, const struct wsd__datagram *datagram,
                           const char *reason)
{
    char address[WSD__ADDRESS_SIZE], peer[WSD__ADDRESS_SIZE + 10];
    wsd__address_format(&datagram->peer, datagram->interface_name, address);
    snprintf(peer, sizeof peer, datagram->peer.family == AF_INET6 ? "[%s]:%u" : "%s:%u", address,
             datagram->peer_port);
    if (reason != NULL) {
        wsd__log(search->context, WSD_LOG_DEBUG, "datagram from %s dropped: %s", peer, reason);
    }
    struct wsd_trace trace = {
        .datagram = true,
        .peer = peer,
        .note = reason != NULL ? reason : "",
        .bytes = datagram->bytes,
        .size = datagram->size,
    };
    wsd__trace(search->context, &trace);
}

static void receive(void *user, const struct wsd__datagram *datagram)
{
    struct wsd__search *search = user;
    if (search->finished) {
        return;
    }
    search->busy++;
    const char *reason = wsd__search_receive(search, datagram);
    if (reason != NULL) {
        search->n_dropped++;
    }
    if (reason != NULL || wsd__tracing(search->context)) {
        trace_received(search, datagram, reason);
    }
    wsd__search_leave(search);
}

/* -- start ------------------------------------------------------------------------------------ */

static int open_sockets(struct wsd__search *search, struct wsd_error *reterr)
{
    struct wsd__udp_options options = {
        .role = search->host != NULL ? WSD__UDP_DIRECTED : WSD__UDP_SEARCH,
        .port = search->source_port,
        .max_datagrams = WSD_MAX_SEARCH_DATAGRAMS,
        .max_bytes = WSD_MAX_SEARCH_BYTES,
        .receive = receive,
        .user = search,
    };
    if (search->url != NULL) {
        return 0;
    }
    return wsd__udp_open(search->context, search->interfaces, &options, &search->udp, reterr);
}

int wsd__search_start(struct wsd__search *search, struct wsd_error *reterr)
{
    search->started = wsd__now(search->context);
    if (search->timeout == 0) {
        search->timeout = WSD__SEARCH_TIMEOUT;
    }
    int status = wsd__interfaces_load(search->context, &search->interfaces, reterr);
    if (status >= 0) {
        status = open_sockets(search, reterr);
    }
    if (status >= 0) {
        status =
            wsd__timer_start(search->context, &search->end, search->timeout, time_is_up, search);
    }
    if (status >= 0) {
        status = search->host != NULL ? wsd__directed_start(search, reterr)
                                      : wsd__search_ask(search, reterr);
    }
    if (status < 0) {
        wsd__error(reterr, status, NULL);
        wsd__call_abandon(&search->call);
        return status;
    }
    return 0;
}
