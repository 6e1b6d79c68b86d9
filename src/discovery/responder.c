/* SPDX-License-Identifier: MIT */
/*
 * Reception of Probes and Resolves, and the random wait before a Probe is answered.
 *
 * The order of checks is by cost: sender, rate, then the decoder. What fails one is dropped in
 * silence (T1): a fault to a datagram is what reflection attacks live on.
 *
 * Cost: one decode a request that is not like one asked lately (soap/recall.h); per target that
 * matches, one timer and one answer, which is encoded if it is not like the last (soap/stencil.h).
 */
#include "discovery/responder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "discovery/matching.h"
#include "soap/recall.h"

enum { HELLO_RETRIES = 3 }; /* after each change of the network */

/* -- requests and what waits ------------------------------------------------------------------ */

static void drop_request(struct wsd__request *request)
{
    if (--request->owners == 0) {
        free(request);
    }
}

static struct wsd__request *make_request(struct wsd__responder *responder,
                                         const struct wsd__datagram *datagram,
                                         const struct wsd__envelope *envelope)
{
    const struct wsd_soap_header *header = &envelope->header;
    const char *reply_to =
        header->reply_to != NULL ? header->reply_to->address : wsd__anonymous(envelope->dialect);
    size_t reply_size = strlen(reply_to) + 1, id_size = strlen(header->message_id) + 1;
    const struct wsd__network *own = wsd__interfaces_source(
        responder->interfaces, datagram->interface, datagram->peer.family, &datagram->peer);
    if (own == NULL) {
        return NULL;
    }
    struct wsd__request *request = calloc(1, sizeof *request + reply_size + id_size);
    if (request == NULL) {
        return NULL;
    }
    request->owners = 1;
    request->responder = responder;
    request->message = wsd__message_of(envelope);
    request->dialect = envelope->dialect;
    request->peer = datagram->peer;
    request->port = datagram->peer_port;
    request->source = own->address;
    request->interface = datagram->interface;
    request->reply_to = memcpy(request->text, reply_to, reply_size);
    request->message_id = memcpy(request->text + reply_size, header->message_id, id_size);
    return request;
}

static void forget(struct wsd__pending *pending)
{
    struct wsd__responder *responder = pending->request->responder;
    wsd__timer_stop(&pending->timer);
    if (pending->previous != NULL) {
        pending->previous->next = pending->next;
    } else {
        responder->pending = pending->next;
    }
    if (pending->next != NULL) {
        pending->next->previous = pending->previous;
    }
    responder->n_pending--;
    drop_request(pending->request);
    free(pending);
}

static void answer_pending(void *user)
{
    struct wsd__pending *pending = user;
    wsd__answer_send(pending->target, pending->request);
    forget(pending);
}

void wsd__responder_forget_target(struct wsd__responder *responder,
                                  const struct wsd__target *target)
{
    struct wsd__pending *next;
    for (struct wsd__pending *pending = responder->pending; pending != NULL; pending = next) {
        next = pending->next;
        if (target == NULL || pending->target == target) {
            forget(pending);
        }
    }
}

/* Answers now or after the random wait; in a flood the rest stays unanswered. */
static void answer(struct wsd__target *target, struct wsd__request *request, uint32_t longest)
{
    struct wsd__responder *responder = request->responder;
    if (longest == 0 && responder->held_back == 0) {
        wsd__answer_send(target, request);
        return;
    }
    if (responder->n_pending >= WSD_MAX_PENDING_ANSWERS) {
        return;
    }
    struct wsd__pending *pending = calloc(1, sizeof *pending);
    if (pending == NULL) {
        return;
    }
    uint32_t delay = responder->held_back != 0 ? responder->held_back
                                               : wsd__random_below(responder->context, longest + 1);
    if (wsd__timer_start(responder->context, &pending->timer, delay, answer_pending, pending) < 0) {
        free(pending);
        return;
    }
    pending->target = target;
    pending->request = request;
    request->owners++;
    pending->next = responder->pending;
    if (pending->next != NULL) {
        pending->next->previous = pending;
    }
    responder->pending = pending;
    responder->n_pending++;
}

/* -- what is asked ---------------------------------------------------------------------------- */

/* Anonymous, or the very place where the question came from (T4). */
static bool reply_is_local(const char *address, const struct wsd__datagram *datagram)
{
    char host[WSD__ADDRESS_SIZE], own[WSD__ADDRESS_SIZE + 24];
    if (address == NULL) {
        return false;
    }
    if (wsd__is_anonymous(address)) {
        return true;
    }
    wsd__address_format(&datagram->peer, NULL, host);
    snprintf(own, sizeof own,
             datagram->peer.family == AF_INET6 ? "soap.udp://[%s]:%u" : "soap.udp://%s:%u", host,
             datagram->peer_port);
    size_t length = strlen(own);
    return strncmp(address, own, length) == 0 &&
           (address[length] == '\0' || address[length] == '/');
}

static const char *check(const struct wsd__envelope *envelope, const struct wsd__datagram *datagram)
{
    const struct wsd_soap_header *header = &envelope->header;
    enum wsd__message message = wsd__message_of(envelope);
    if (message != WSD__PROBE && message != WSD__RESOLVE) {
        return "neither Probe nor Resolve";
    }
    if (header->action == NULL || header->message_id == NULL || header->message_id[0] == '\0' ||
        strlen(header->message_id) > WSD_MAX_URI) {
        return "without Action or MessageID";
    }
    if (header->reply_to != NULL && !reply_is_local(header->reply_to->address, datagram)) {
        return "asks for an answer to somebody else";
    }
    if (wsd__must_understand(header)) {
        return "a header that must be understood is not";
    }
    return NULL;
}

static void answer_all(struct wsd__responder *responder, const struct wsd__datagram *datagram,
                       const struct wsd__envelope *envelope)
{
    struct wsd__target *next;
    struct wsd__request *request = NULL;
    /* Only a Probe to the group makes a room full of devices speak at once. */
    uint32_t longest = 0;
    for (struct wsd__target *target = responder->targets; target != NULL; target = next) {
        next = target->next;
        if (!wsd__target_matches(target, envelope->body)) {
            continue;
        }
        if (request == NULL) {
            request = make_request(responder, datagram, envelope);
            if (request == NULL) {
                return;
            }
            longest = request->message == WSD__PROBE && datagram->multicast
                          ? responder->options.max_answer_delay
                          : 0;
        }
        answer(target, request, longest);
    }
    if (request != NULL) {
        drop_request(request);
    }
}

static const char *take(struct wsd__responder *responder, const struct wsd__datagram *datagram,
                        char *text, size_t size)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    uint64_t now = wsd__now(responder->context);
    const char *reason =
        wsd__guard_sender(responder->interfaces, datagram, responder->options.answer_off_link);
    if (reason != NULL) {
        return reason;
    }
    if (wsd__recall_decode(responder->context, &wsd__type_discovery_body, datagram->bytes,
                           datagram->size, WSD__QUIRKS_DEFAULT, &envelope, &error) < 0) {
        snprintf(text, size, "%.150s", error.message);
        return text;
    }
    reason = check(envelope, datagram);
    if (reason == NULL &&
        !wsd__guard_seen(&responder->guard, datagram, envelope->header.message_id, now)) {
        if (wsd__guard_spend(&responder->guard, &datagram->peer,
                             datagram->multicast ? 1 : WSD__UNICAST_COST, now)) {
            answer_all(responder, datagram, envelope);
        } else {
            reason = "more than the limit a second";
        }
    }
    wsd__recall_done(responder->context, envelope);
    return reason;
}

static void receive(void *user, const struct wsd__datagram *received)
{
    struct wsd__responder *responder = user;
    struct wsd__datagram own = *received;
    const struct wsd__datagram *datagram = &own;
    if (!wsd__udp_filter(responder->context, false, &own.bytes, &own.size, &responder->held_back)) {
        return;
    }
    char text[160], address[WSD__ADDRESS_SIZE], peer[WSD__ADDRESS_SIZE + 10];
    const char *reason = take(responder, datagram, text, sizeof text);
    if (reason != NULL) {
        responder->n_dropped++;
    }
    if (reason == NULL && !wsd__tracing(responder->context)) {
        return;
    }
    wsd__address_format(&datagram->peer, datagram->interface_name, address);
    snprintf(peer, sizeof peer, datagram->peer.family == AF_INET6 ? "[%s]:%u" : "%s:%u", address,
             datagram->peer_port);
    if (reason != NULL) {
        wsd__log(responder->context, WSD_LOG_DEBUG, "datagram from %s dropped: %s", peer, reason);
    }
    struct wsd_trace trace = {
        .datagram = true,
        .peer = peer,
        .note = reason != NULL ? reason : "",
        .bytes = datagram->bytes,
        .size = datagram->size,
    };
    wsd__trace(responder->context, &trace);
}

/* -- life ------------------------------------------------------------------------------------- */

static int open_sockets(struct wsd__responder *responder, const struct wsd__interfaces *interfaces,
                        struct wsd__udp **ret, struct wsd_error *reterr)
{
    struct wsd__udp_options options = {
        .role = WSD__UDP_LISTEN,
        .port = responder->options.port,
        .receive = receive,
        .user = responder,
    };
    return wsd__udp_open(responder->context, interfaces, &options, ret, reterr);
}

uint32_t wsd__responder_n_dropped(const struct wsd__responder *responder)
{
    return responder->n_dropped;
}

/* A Hello that did not get out, for the address was still being checked, is said again. */
static int say_again(struct wsd__responder *responder, struct wsd_error *reterr)
{
    if (!responder->unsaid || responder->n_retries == 0) {
        return 0;
    }
    responder->unsaid = false;
    responder->n_retries--;
    for (struct wsd__target *target = responder->targets; target != NULL; target = target->next) {
        int status = wsd__target_hello(target, reterr);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

int wsd__responder_rescan(struct wsd__responder *responder, struct wsd_error *reterr)
{
    struct wsd__interfaces *interfaces = NULL;
    int status = wsd__interfaces_load(responder->context, &interfaces, reterr);
    if (status < 0) {
        return status;
    }
    if (responder->udp == NULL || wsd__interfaces_same(interfaces, responder->interfaces)) {
        wsd__interfaces_free(interfaces);
        return responder->udp != NULL ? say_again(responder, reterr) : 0;
    }
    wsd__udp_follow(responder->udp, interfaces);
    wsd__interfaces_free(responder->interfaces);
    responder->interfaces = interfaces;
    responder->n_retries = HELLO_RETRIES;
    for (struct wsd__target *target = responder->targets; target != NULL; target = target->next) {
        /* XAddrs are part of what the version counts (discovery 3.2). */
        status = wsd__target_changed(target, target->description.metadata_version + 1, reterr);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static void network_changed(void *user)
{
    struct wsd__responder *responder = user;
    struct wsd_error error = {0};
    if (wsd__responder_rescan(responder, &error) < 0) {
        wsd__log(responder->context, WSD_LOG_WARNING,
                 "the network has changed, and cannot be followed: %s", error.message);
    }
}

static uint32_t or_default(uint32_t value, uint32_t standard)
{
    return value != 0 ? value : standard;
}

int wsd__responder_new(struct wsd_context *context, const struct wsd__responder_options *options,
                       struct wsd__responder **ret_responder, struct wsd_error *reterr)
{
    static const struct wsd__responder_options defaults = {0};
    struct wsd__responder *responder = calloc(1, sizeof *responder);
    if (responder == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct wsd__responder_options *own = &responder->options;
    *own = options != NULL ? *options : defaults;
    responder->context = context;
    own->max_answer_delay = or_default(own->max_answer_delay, WSD__ANSWER_DELAY);
    if (own->max_answer_delay == UINT32_MAX) {
        own->max_answer_delay = 0;
    } else if (own->max_answer_delay > WSD__MAX_ANSWER_DELAY) {
        own->max_answer_delay = WSD__MAX_ANSWER_DELAY;
    }
    wsd__random(context, &responder->guard.seed, sizeof responder->guard.seed);
    responder->guard.per_second = or_default(own->answers_per_second, WSD__ANSWERS_PER_SECOND);
    responder->guard.per_second_per_peer =
        or_default(own->answers_per_second_per_peer, WSD__ANSWERS_PER_SECOND_PER_PEER);
    int status = wsd__interfaces_load(context, &responder->interfaces, reterr);
    if (status >= 0 && !own->no_network) {
        status = open_sockets(responder, responder->interfaces, &responder->udp, reterr);
        responder->n_retries = HELLO_RETRIES;
    }
    if (status >= 0 && !own->no_network &&
        wsd__netwatch_start(context, &responder->netwatch, network_changed, responder) ==
            WSD_E_NO_MEMORY) {
        status = wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    if (status < 0) {
        wsd__responder_free(responder);
        return status;
    }
    *ret_responder = responder;
    return 0;
}

void wsd__responder_free(struct wsd__responder *responder)
{
    if (responder == NULL) {
        return;
    }
    while (responder->targets != NULL) {
        wsd__target_remove(responder->targets);
    }
    wsd__netwatch_stop(&responder->netwatch);
    wsd__responder_forget_target(responder, NULL);
    wsd__udp_close(responder->udp);
    wsd__interfaces_free(responder->interfaces);
    free(responder);
}
