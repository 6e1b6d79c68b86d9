/* SPDX-License-Identifier: MIT */
/*
 * The exchange below probe and resolve: a caller's own message to the group, and what comes back.
 *
 * Nothing is filtered but what is no discovery message; the caller judges the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"
#include "discovery/messages.h"
#include "soap/udp.h"
#include "xml/copy.h"

enum { MAX_QUEUED_REPLIES = 4096 };

struct queued {
    struct queued *next;
    const struct wsd_multicast_reply *reply;
};

struct wsd_multicast_exchange {
    struct wsd_context *context;
    struct wsd__interfaces *interfaces;
    struct wsd__udp *udp;
    struct queued *first, **last;
    size_t n_queued;
    uint32_t n_dropped;
};

/* A result of its own out of a decoded envelope, or NULL. */
static struct wsd_multicast_reply *make_reply(const struct wsd__datagram *datagram,
                                              const struct wsd__envelope *envelope)
{
    char address[WSD__ADDRESS_SIZE];
    struct wsd__arena *arena = wsd__arena_new(sizeof(struct wsd_multicast_reply),
                                              datagram->size * 4, WSD_MAX_MESSAGE_MEMORY);
    if (arena == NULL) {
        return NULL;
    }
    struct wsd_multicast_reply *reply = wsd__arena_root(arena);
    struct wsd_discovery_body *body = wsd__arena_alloc(arena, sizeof *body);
    void *bytes = wsd__arena_strndup(arena, datagram->bytes, datagram->size);
    wsd__address_format(&datagram->peer, datagram->interface_name, address);
    reply->sender = wsd__arena_strdup(arena, address);
    reply->interface_ = wsd__arena_strdup(arena, datagram->interface_name);
    reply->sender_port = datagram->peer_port;
    reply->body = body;
    reply->bytes = bytes;
    reply->size = datagram->size;
    if (body == NULL || bytes == NULL || reply->sender == NULL || reply->interface_ == NULL ||
        !wsd__copy_into(&wsd__type_soap_header, &envelope->header, &reply->header, arena) ||
        !wsd__copy_into(&wsd__type_discovery_body, envelope->body, body, arena)) {
        wsd__arena_free(arena);
        return NULL;
    }
    return reply;
}

static const char *keep(struct wsd_multicast_exchange *exchange,
                        const struct wsd__datagram *datagram)
{
    const struct wsd__envelope *envelope = NULL;
    if (datagram->unusable != NULL) {
        return datagram->unusable;
    }
    if (exchange->n_queued >= MAX_QUEUED_REPLIES) {
        return "nobody reads";
    }
    if (wsd__envelope_decode(exchange->context, &wsd__type_discovery_body, datagram->bytes,
                             datagram->size, WSD__QUIRKS_DEFAULT, &envelope, NULL) < 0) {
        return "no SOAP message";
    }
    struct queued *item = NULL;
    if (wsd__message_of(envelope) != WSD__MESSAGE_NONE) {
        item = calloc(1, sizeof *item);
        if (item != NULL) {
            item->reply = make_reply(datagram, envelope);
        }
    }
    wsd_free(envelope);
    if (item == NULL || item->reply == NULL) {
        free(item);
        return "no discovery message";
    }
    *exchange->last = item;
    exchange->last = &item->next;
    exchange->n_queued++;
    return NULL;
}

static void receive(void *user, const struct wsd__datagram *datagram)
{
    struct wsd_multicast_exchange *exchange = user;
    const char *reason = keep(exchange, datagram);
    if (reason != NULL) {
        exchange->n_dropped++;
        wsd__log(exchange->context, WSD_LOG_DEBUG, "datagram dropped: %s", reason);
    }
    struct wsd_trace trace = {
        .datagram = true,
        .peer = datagram->interface_name,
        .note = reason != NULL ? reason : "",
        .bytes = datagram->bytes,
        .size = datagram->size,
    };
    wsd__trace(exchange->context, &trace);
}

int wsd_send_multicast_soap_msg(struct wsd_context *context, const void *message, size_t size,
                                struct wsd_multicast_exchange **ret_exchange,
                                struct wsd_error *reterr)
{
    struct wsd_multicast_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct wsd__udp_options options = {
        .role = WSD__UDP_SEARCH,
        .max_datagrams = WSD_MAX_SEARCH_DATAGRAMS,
        .max_bytes = WSD_MAX_SEARCH_BYTES,
        .receive = receive,
        .user = exchange,
    };
    exchange->context = context;
    exchange->last = &exchange->first;
    int status = wsd__interfaces_load(context, &exchange->interfaces, reterr);
    if (status >= 0) {
        status = wsd__udp_open(context, exchange->interfaces, &options, &exchange->udp, reterr);
    }
    if (status >= 0) {
        status = wsd__udp_multicast(exchange->udp, 0, 0, message, size, WSD__MULTICAST_UDP_REPEAT,
                                    reterr);
    }
    if (status < 0) {
        wsd_multicast_exchange_free(exchange);
        return status;
    }
    *ret_exchange = exchange;
    return 0;
}

static bool take_first(struct wsd_multicast_exchange *exchange,
                       const struct wsd_multicast_reply **ret_reply)
{
    struct queued *item = exchange->first;
    if (item == NULL) {
        return false;
    }
    exchange->first = item->next;
    if (exchange->first == NULL) {
        exchange->last = &exchange->first;
    }
    exchange->n_queued--;
    *ret_reply = item->reply;
    free(item);
    return true;
}

int wsd_read_discovery_multicast_reply(struct wsd_multicast_exchange *exchange, uint32_t timeout,
                                       const struct wsd_multicast_reply **ret_reply,
                                       struct wsd_error *reterr)
{
    uint64_t until = wsd__now(exchange->context) + timeout;
    while (!take_first(exchange, ret_reply)) {
        uint64_t now = wsd__now(exchange->context);
        if (now >= until) {
            return wsd__error(reterr, WSD_E_TIMEOUT, NULL);
        }
        int wait = until - now > INT32_MAX ? INT32_MAX : (int)(until - now);
        int status = wsd_context_wait(exchange->context, wait, reterr);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

void wsd_multicast_exchange_free(struct wsd_multicast_exchange *exchange)
{
    const struct wsd_multicast_reply *reply;
    if (exchange == NULL) {
        return;
    }
    wsd__udp_close(exchange->udp);
    while (take_first(exchange, &reply)) {
        wsd_free(reply);
    }
    wsd__interfaces_free(exchange->interfaces);
    free(exchange);
}
