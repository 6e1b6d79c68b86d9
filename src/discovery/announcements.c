/* SPDX-License-Identifier: MIT */
/*
 * The listener on port 3702.
 *
 * The port is shared with whatever else speaks WS-Discovery on this machine, so all that is sent
 * to the group comes here too, Probes and Resolves among it. An announcement is sent to the group
 * (WS-Discovery 4.1); one by unicast is taken from our own networks alone, since what reaches the
 * port from elsewhere is not a neighbour.
 *
 * A Hello may come once by each interface, with that interface's addresses and one MessageID: the
 * first is news, the others are copies, and the owner decides what to do with those.
 *
 * Cost: one decode and one hash lookup a datagram.
 */
#include "discovery/announcements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/netwatch.h"
#include "discovery/order.h"

struct wsd__announcements {
    struct wsd_context *context;
    struct wsd__announcements_options options;
    struct wsd__interfaces *interfaces;
    struct wsd__udp *udp;
    struct wsd__netwatch netwatch;
    struct wsd__order order;
    uint32_t n_dropped;
    unsigned busy;
    bool gone;
    char reason[160];
};

/* -- life ------------------------------------------------------------------------------------- */

static void release(struct wsd__announcements *own)
{
    wsd__order_free(&own->order);
    wsd__interfaces_free(own->interfaces);
    free(own);
}

void wsd__announcements_free(struct wsd__announcements *own)
{
    if (own == NULL) {
        return;
    }
    wsd__netwatch_stop(&own->netwatch);
    wsd__udp_close(own->udp);
    own->udp = NULL;
    own->gone = true;
    if (own->busy == 0) {
        release(own);
    }
}

static void leave(struct wsd__announcements *own)
{
    if (--own->busy == 0 && own->gone) {
        release(own);
    }
}

uint32_t wsd__announcements_n_dropped(const struct wsd__announcements *own)
{
    return own->n_dropped;
}

const struct wsd__interfaces *wsd__announcements_interfaces(const struct wsd__announcements *own)
{
    return own->interfaces;
}

/* -- what came -------------------------------------------------------------------------------- */

static const char *check_sender(const struct wsd__announcements *own,
                                const struct wsd__datagram *datagram)
{
    if (datagram->unusable != NULL) {
        return datagram->unusable;
    }
    const struct wsd__interface *interface =
        wsd__interfaces_find(own->interfaces, datagram->interface);
    if (interface == NULL || !interface->usable) {
        return "from an interface that is not in use";
    }
    if (wsd__address_is_group(&datagram->peer)) {
        return "from an address that is no host's";
    }
    if (!datagram->multicast &&
        !wsd__interfaces_on_link(own->interfaces, &datagram->peer, datagram->interface)) {
        return "by unicast from outside our networks";
    }
    return NULL;
}

static void tell(struct wsd__announcements *own, const struct wsd__datagram *datagram,
                 const struct wsd__envelope *envelope, enum wsd__verdict verdict)
{
    const struct wsd_discovery_body *body = envelope->body;
    struct wsd__announcement announcement = {
        .kind = body->bye != NULL                ? WSD_ANNOUNCEMENT_BYE
                : verdict == WSD__VERDICT_REBOOT ? WSD_ANNOUNCEMENT_REBOOT
                                                 : WSD_ANNOUNCEMENT_HELLO,
        .copy = verdict == WSD__VERDICT_COPY,
        .message = body->bye != NULL ? body->bye : body->hello,
        .envelope = envelope,
        .heard =
            {
                .interfaces = own->interfaces,
                .sender = datagram->peer,
                .interface = datagram->interface,
                .zone = datagram->interface_name,
                .allow_foreign = wsd__options(own->context)->allow_foreign_addresses,
            },
    };
    own->options.heard(own->options.user, &announcement);
}

/* NULL, or why it is dropped. */
static const char *take_envelope(struct wsd__announcements *own,
                                 const struct wsd__datagram *datagram,
                                 const struct wsd__envelope *envelope)
{
    const struct wsd_discovery_body *body = envelope->body;
    enum wsd__message message = wsd__message_of(envelope);
    if (message != WSD__HELLO && message != WSD__BYE) {
        return "neither Hello nor Bye";
    }
    /* The answer of a discovery proxy to somebody's question, and no announcement. */
    if (envelope->header.n_relates_to > 0) {
        return "an answer to somebody";
    }
    if (wsd__must_understand(&envelope->header)) {
        return "a header that must be understood is not";
    }
    const char *endpoint = (message == WSD__HELLO ? body->hello : body->bye)->endpoint.address;
    if (endpoint == NULL || endpoint[0] == '\0' || strlen(endpoint) > WSD_MAX_URI) {
        return "without a usable endpoint reference";
    }
    int verdict = wsd__order_judge(&own->order, endpoint, &envelope->header, datagram->bytes,
                                   datagram->size, wsd__now(own->context));
    if (verdict < 0) {
        return wsd_strerror(verdict);
    }
    if (verdict == WSD__VERDICT_OLD) {
        return "older than what the device said before";
    }
    tell(own, datagram, envelope, (enum wsd__verdict)verdict);
    return NULL;
}

static const char *take(struct wsd__announcements *own, const struct wsd__datagram *datagram)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    const char *reason = check_sender(own, datagram);
    if (reason != NULL) {
        return reason;
    }
    if (wsd__envelope_decode(own->context, &wsd__type_discovery_body, datagram->bytes,
                             datagram->size, WSD__QUIRKS_DEFAULT, &envelope, &error) < 0) {
        snprintf(own->reason, sizeof own->reason, "%.150s", error.message);
        return own->reason;
    }
    reason = take_envelope(own, datagram, envelope);
    wsd_free(envelope);
    return reason;
}

static void trace_received(struct wsd__announcements *own, const struct wsd__datagram *datagram,
                           const char *reason)
{
    char address[WSD__ADDRESS_SIZE], peer[WSD__ADDRESS_SIZE + 10];
    wsd__address_format(&datagram->peer, datagram->interface_name, address);
    snprintf(peer, sizeof peer, datagram->peer.family == AF_INET6 ? "[%s]:%u" : "%s:%u", address,
             datagram->peer_port);
    if (reason != NULL) {
        wsd__log(own->context, WSD_LOG_DEBUG, "announcement from %s dropped: %s", peer, reason);
    }
    struct wsd_trace trace = {
        .datagram = true,
        .peer = peer,
        .note = reason != NULL ? reason : "",
        .bytes = datagram->bytes,
        .size = datagram->size,
    };
    wsd__trace(own->context, &trace);
}

void wsd__announcements_receive(struct wsd__announcements *own,
                                const struct wsd__datagram *datagram)
{
    own->busy++;
    const char *reason = take(own, datagram);
    if (reason != NULL) {
        own->n_dropped++;
    }
    if (reason != NULL || wsd__tracing(own->context)) {
        trace_received(own, datagram, reason);
    }
    leave(own);
}

static void receive(void *user, const struct wsd__datagram *datagram)
{
    wsd__announcements_receive(user, datagram);
}

/* -- interfaces ------------------------------------------------------------------------------- */

static void network_changed(void *user)
{
    struct wsd__announcements *own = user;
    struct wsd__interfaces *interfaces = NULL;
    struct wsd_error error = {0};
    if (wsd__interfaces_load(own->context, &interfaces, &error) < 0) {
        wsd__log(own->context, WSD_LOG_WARNING,
                 "the network has changed, and cannot be followed: %s", error.message);
        return;
    }
    bool changed = !wsd__interfaces_same(interfaces, own->interfaces);
    /* Also when nothing has changed: what could not be joined before may be joined now. */
    wsd__udp_follow(own->udp, interfaces);
    wsd__interfaces_free(own->interfaces);
    own->interfaces = interfaces;
    if (own->options.network != NULL) {
        own->options.network(own->options.user, changed);
    }
}

static int open_sockets(struct wsd__announcements *own, struct wsd_error *reterr)
{
    struct wsd__udp_options options = {.role = WSD__UDP_LISTEN, .receive = receive, .user = own};
    int status = wsd__udp_open(own->context, own->interfaces, &options, &own->udp, reterr);
    if (status >= 0 && wsd__netwatch_start(own->context, &own->netwatch, network_changed, own) ==
                           WSD_E_NO_MEMORY) {
        status = wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    return status;
}

int wsd__announcements_new(struct wsd_context *context,
                           const struct wsd__announcements_options *options,
                           struct wsd__announcements **ret, struct wsd_error *reterr)
{
    struct wsd__announcements *own = calloc(1, sizeof *own);
    if (own == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    own->context = context;
    own->options = *options;
    wsd__random(context, &own->order.seed, sizeof own->order.seed);
    int status = wsd__interfaces_load(context, &own->interfaces, reterr);
    if (status >= 0 && !options->no_network) {
        status = open_sockets(own, reterr);
    }
    if (status < 0) {
        wsd__announcements_free(own);
        return status;
    }
    *ret = own;
    return 0;
}
