/* SPDX-License-Identifier: MIT */
/*
 * SOAP-over-UDP: a set of sockets, the queue of what came, the repeats of what was sent.
 *
 * Reading has two steps. When a socket is readable all sockets are emptied into a queue, batch by
 * batch; then the queue is handed over a slice a turn, and before each slice the sockets are
 * emptied again. Decoding is the receiver's work and never keeps the kernel's buffer full
 * (device-quirks R4: in one measured search a tenth of the answers was lost there).
 *
 * Cost: one allocation and one copy a datagram received, and one a message with repeats due, which
 * has a timer.
 */
#include "soap/udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsd/device.h>

#include "core/error.h"
#include "core/limits.h"
#include "soap/udp_socket.h"

enum {
    SLICE = 8,         /* datagrams handed over in one turn of the loop */
    MAX_DRAINS = 64,   /* before a slice, while ever more come */
    MAX_QUEUED = 4096, /* when nothing else bounds what is read */
    MAX_ROUNDS = 128   /* batches read from one socket before the others have their turn */
};

struct item {
    struct item *next;
    struct wsd__udp_received received;
    uint64_t arrived;
    char bytes[];
};

struct link {
    struct wsd__udp *udp;
    struct wsd__io *io;
    int fd, family;
    unsigned interface;
    struct wsd__address own; /* sent from; family 0: the system chooses */
    bool failing;            /* the last send did: changes alone are logged */
};

/* A message on its way; when it is to be sent again, with bytes of its own. */
struct transmission {
    struct transmission *previous, *next;
    struct wsd__udp *udp;
    struct wsd__timer timer;
    struct wsd__address to, source; /* to.family 0: the group */
    uint16_t port;
    unsigned interface, repeats;
    int family;
    uint32_t wait;
    const void *bytes;
    size_t size;
    char copy[];
};

struct wsd__udp {
    struct wsd_context *context;
    const struct wsd__interfaces *interfaces;
    struct wsd__udp_options options;
    struct link **links; /* room for one per interface and family */
    size_t n_links;
    struct wsd__udp_batch *batch;
    struct item *first, **last;
    size_t n_queued, n_datagrams, n_bytes, n_pending;
    struct transmission *pending;
    struct wsd__timer turn;
    unsigned busy;
    bool closed;
    bool out_of_memory; /* for a link that was to be opened */
};

/* -- the queue -------------------------------------------------------------------------------- */

static void hand_over(struct wsd__udp *udp, struct item *item)
{
    const struct wsd__udp_received *received = &item->received;
    struct wsd__datagram datagram = {
        .bytes = item->bytes,
        .size = received->size,
        .peer = received->peer,
        .peer_port = received->port,
        .interface = received->interface,
        .interface_name = wsd__interfaces_name(udp->interfaces, received->interface),
        .multicast = received->multicast,
        .arrived = item->arrived,
        .unusable = received->truncated ? "larger than a datagram may be" : NULL,
    };
    udp->options.receive(udp->options.user, &datagram);
    free(item);
}

static void free_queue(struct wsd__udp *udp)
{
    while (udp->first != NULL) {
        struct item *item = udp->first;
        udp->first = item->next;
        free(item);
    }
    udp->last = &udp->first;
    udp->n_queued = 0;
}

static bool is_full(const struct wsd__udp *udp)
{
    const struct wsd__udp_options *options = &udp->options;
    if (options->max_datagrams == 0) {
        return udp->n_queued >= MAX_QUEUED;
    }
    return udp->n_datagrams >= options->max_datagrams || udp->n_bytes >= options->max_bytes;
}

static void enqueue(struct wsd__udp *udp, const struct link *link,
                    const struct wsd__udp_received *received)
{
    struct item *item = malloc(sizeof *item + received->size);
    udp->n_datagrams++;
    udp->n_bytes += received->size;
    if (item == NULL) {
        return; /* as good as lost on the way: repeats and the next search make up for it */
    }
    item->next = NULL;
    item->received = *received;
    item->arrived = wsd__now(udp->context);
    if (item->received.interface == 0) {
        item->received.interface = link->interface;
    }
    if (item->received.peer.family == AF_INET6 &&
        wsd__address_is_link_local(&item->received.peer)) {
        item->received.peer.scope = item->received.interface;
    }
    memcpy(item->bytes, received->bytes, received->size);
    *udp->last = item;
    udp->last = &item->next;
    udp->n_queued++;
}

/* The number of whole batches that came: where there were some, more is to be expected. */
static int drain_link(struct wsd__udp *udp, struct link *link)
{
    int whole = 0;
    for (int round = 0; round < MAX_ROUNDS && link->io != NULL && !is_full(udp); round++) {
        struct wsd__udp_received received;
        int count = wsd__udp_socket_read(link->fd, udp->batch);
        if (count < 0 && (errno == EINTR || errno == ECONNREFUSED)) {
            continue; /* an ICMP answer to what we sent; the socket is fine */
        }
        for (int i = 0; i < count; i++) {
            wsd__udp_batch_get(udp->batch, i, &received);
            if (received.peer.family != 0) {
                enqueue(udp, link, &received);
            }
        }
        if (count < WSD__UDP_BATCH) {
            break;
        }
        whole++;
    }
    return whole;
}

static void stop_reading(struct wsd__udp *udp)
{
    for (size_t i = 0; i < udp->n_links; i++) {
        wsd__io_remove(udp->links[i]->io);
        udp->links[i]->io = NULL;
    }
}

static void stop_when_full(struct wsd__udp *udp)
{
    if (udp->options.max_datagrams != 0 && is_full(udp) && udp->n_links > 0 &&
        udp->links[0]->io != NULL) {
        wsd__log(udp->context, WSD_LOG_WARNING,
                 "%zu datagrams with %zu bytes came: no more are read", udp->n_datagrams,
                 udp->n_bytes);
        stop_reading(udp);
    }
}

static bool drain(struct wsd__udp *udp)
{
    bool more = false;
    for (size_t i = 0; i < udp->n_links; i++) {
        more |= drain_link(udp, udp->links[i]) > 0;
    }
    stop_when_full(udp);
    return more;
}

void wsd__udp_drain(struct wsd__udp *udp)
{
    drain(udp);
}

static void destroy(struct wsd__udp *udp);

static void next_slice(void *user);

static void hand_over_slice(struct wsd__udp *udp)
{
    udp->busy++;
    for (int i = 0; i < SLICE && udp->first != NULL && !udp->closed; i++) {
        struct item *item = udp->first;
        udp->first = item->next;
        udp->n_queued--;
        if (udp->first == NULL) {
            udp->last = &udp->first;
        }
        hand_over(udp, item);
    }
    udp->busy--;
    if (udp->closed) {
        destroy(udp);
        return;
    }
    /* Without memory for the timer the rest waits for the next datagram. */
    if (udp->first != NULL && !wsd__timer_armed(&udp->turn)) {
        wsd__timer_start(udp->context, &udp->turn, 0, next_slice, udp);
    }
}

static void drain_all(struct wsd__udp *udp)
{
    for (int i = 0; i < MAX_DRAINS && drain(udp); i++) {
    }
}

/* What is in the kernel's small buffer can be lost, what is in the queue cannot. */
static void next_slice(void *user)
{
    struct wsd__udp *udp = user;
    drain_all(udp);
    hand_over_slice(udp);
}

/* The other sockets are asked only where datagrams come in crowds: to find them empty costs nearly
 * what reading one does, and the loop tells in this very turn of those that are not. */
static void readable(void *user, int fd, int events)
{
    struct link *link = user;
    struct wsd__udp *udp = link->udp;
    (void)fd;
    (void)events;
    bool crowd = drain_link(udp, link) > 1;
    stop_when_full(udp);
    if (crowd || udp->n_queued > SLICE) {
        drain_all(udp);
    }
    hand_over_slice(udp);
}

/* -- opening and closing ---------------------------------------------------------------------- */

static void destroy(struct wsd__udp *udp)
{
    if (udp->busy > 0) {
        return; /* the receiver closed us from inside; next_slice comes back here */
    }
    free_queue(udp);
    wsd__udp_batch_free(udp->batch);
    free(udp->links);
    free(udp);
}

static void close_link(struct wsd__udp *udp, size_t number)
{
    struct link *link = udp->links[number];
    wsd__io_remove(link->io);
    close(link->fd);
    free(link);
    udp->links[number] = udp->links[--udp->n_links];
}

void wsd__udp_close(struct wsd__udp *udp)
{
    if (udp == NULL || udp->closed) {
        return;
    }
    udp->closed = true;
    while (udp->n_links > 0) {
        close_link(udp, udp->n_links - 1);
    }
    wsd__timer_stop(&udp->turn);
    while (udp->pending != NULL) {
        struct transmission *item = udp->pending;
        udp->pending = item->next;
        wsd__timer_stop(&item->timer);
        free(item);
    }
    destroy(udp);
}

/* IPv6 chooses well by itself, and refuses an address that is still being checked. */
static void choose_own(const struct wsd__udp *udp, struct link *link)
{
    const struct wsd__network *own =
        wsd__interfaces_source(udp->interfaces, link->interface, link->family, NULL);
    link->own.family = 0;
    if (own != NULL && link->family == AF_INET) {
        link->own = own->address;
    }
}

static void open_link(struct wsd__udp *udp, const struct wsd__udp_binding *binding)
{
    struct wsd_error error = {0};
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        udp->out_of_memory = true;
        return;
    }
    link->udp = udp;
    link->family = binding->family;
    link->interface = binding->interface;
    choose_own(udp, link);
    link->fd = wsd__udp_socket_open(udp->context, binding, &error);
    if (link->fd < 0) {
        wsd__log(udp->context, WSD_LOG_WARNING, "%s, IPv%d: %s",
                 binding->interface != 0 ? wsd__interfaces_name(udp->interfaces, binding->interface)
                                         : "any interface",
                 binding->family == AF_INET ? 4 : 6, error.message);
        free(link);
        return;
    }
    int status = wsd__io_add(udp->context, link->fd, WSD__READ, readable, link, &link->io);
    if (status < 0) {
        udp->out_of_memory = status == WSD_E_NO_MEMORY;
        close(link->fd);
        free(link);
        return;
    }
    udp->links[udp->n_links++] = link;
}

static void open_on(struct wsd__udp *udp, const struct wsd__interface *interface, int family)
{
    const struct wsd__udp_options *options = &udp->options;
    bool listens = options->role == WSD__UDP_LISTEN;
    const struct wsd__network *own =
        wsd__interfaces_source(udp->interfaces, interface->index, family, NULL);
    struct wsd__udp_binding binding = {
        .family = family,
        .interface = interface->index,
        .shared = listens,
        .member = listens,
    };
    if (listens) {
        binding.port = options->port != 0 ? options->port : WSD__DISCOVERY_PORT;
    } else {
        /* Bound to one address, so that a fixed source port serves each interface and answers
         * come from a peer that could reach us there. */
        binding.port = options->port;
        if (own != NULL) {
            binding.address = own->address;
        }
    }
    open_link(udp, &binding);
}

static bool has_link(const struct wsd__udp *udp, unsigned interface, int family)
{
    for (size_t i = 0; i < udp->n_links; i++) {
        if (udp->links[i]->interface == interface && udp->links[i]->family == family) {
            return true;
        }
    }
    return false;
}

static void open_links(struct wsd__udp *udp)
{
    const struct wsd_context_options *options = wsd__options(udp->context);
    if (udp->options.role == WSD__UDP_DIRECTED) {
        struct wsd__udp_binding binding = {.family = AF_INET, .port = udp->options.port};
        if (!options->ipv6_only) {
            open_link(udp, &binding);
        }
        binding.family = AF_INET6;
        if (!options->ipv4_only) {
            open_link(udp, &binding);
        }
        return;
    }
    for (size_t i = 0; i < udp->interfaces->n_items; i++) {
        const struct wsd__interface *interface = &udp->interfaces->items[i];
        if (interface->usable && interface->ipv4 && !has_link(udp, interface->index, AF_INET)) {
            open_on(udp, interface, AF_INET);
        }
        if (interface->usable && interface->ipv6 && !has_link(udp, interface->index, AF_INET6)) {
            open_on(udp, interface, AF_INET6);
        }
    }
}

int wsd__udp_open(struct wsd_context *context, const struct wsd__interfaces *interfaces,
                  const struct wsd__udp_options *options, struct wsd__udp **ret_udp,
                  struct wsd_error *reterr)
{
    struct wsd__udp *udp = calloc(1, sizeof *udp);
    if (udp == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    udp->context = context;
    udp->interfaces = interfaces;
    udp->options = *options;
    udp->last = &udp->first;
    udp->links = calloc((size_t)2 * WSD_MAX_INTERFACES, sizeof *udp->links);
    udp->batch = wsd__udp_batch_new();
    if (udp->links == NULL || udp->batch == NULL) {
        wsd__udp_close(udp);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    open_links(udp);
    if (udp->n_links == 0) {
        bool out_of_memory = udp->out_of_memory;
        wsd__udp_close(udp);
        if (out_of_memory) {
            return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
        }
        return wsd__error(reterr, WSD_E_NETWORK,
                          "no network interface can be used for discovery: connect one that does "
                          "multicast, or name it among the interfaces to use");
    }
    *ret_udp = udp;
    return 0;
}

static bool is_there(const struct wsd__interfaces *interfaces, const struct link *link)
{
    const struct wsd__interface *interface = wsd__interfaces_find(interfaces, link->interface);
    return interface != NULL && interface->usable &&
           (link->family == AF_INET ? interface->ipv4 : interface->ipv6);
}

void wsd__udp_follow(struct wsd__udp *udp, const struct wsd__interfaces *interfaces)
{
    udp->interfaces = interfaces;
    for (size_t i = udp->n_links; i-- > 0;) {
        if (is_there(interfaces, udp->links[i])) {
            choose_own(udp, udp->links[i]);
        } else {
            close_link(udp, i);
        }
    }
    open_links(udp);
}

bool wsd__udp_link(const struct wsd__udp *udp, size_t number, unsigned *ret_interface,
                   int *ret_family)
{
    if (number >= udp->n_links) {
        return false;
    }
    *ret_interface = udp->links[number]->interface;
    *ret_family = udp->links[number]->family;
    return true;
}

size_t wsd__udp_n_pending(const struct wsd__udp *udp)
{
    return udp->n_pending;
}

/* -- sending ---------------------------------------------------------------------------------- */

static void trace_sent(struct wsd__udp *udp, const struct link *link,
                       const struct transmission *item, const struct wsd__address *to, int failed)
{
    char address[WSD__ADDRESS_SIZE], peer[WSD__ADDRESS_SIZE + 10];
    if (!wsd__tracing(udp->context)) {
        return;
    }
    wsd__address_format(to, wsd__interfaces_name(udp->interfaces, link->interface), address);
    snprintf(peer, sizeof peer, to->family == AF_INET6 ? "[%s]:%u" : "%s:%u", address, item->port);
    struct wsd_trace trace = {
        .sent = true,
        .datagram = true,
        .peer = peer,
        .note = failed ? strerror(failed) : "",
        .bytes = item->bytes,
        .size = item->size,
    };
    wsd__trace(udp->context, &trace);
}

static int send_on(struct wsd__udp *udp, struct link *link, const struct transmission *item,
                   unsigned interface)
{
    struct wsd__address to = item->to;
    if (to.family == 0) {
        wsd__udp_group(link->family, link->interface, &to);
    }
    int failed = wsd__udp_socket_send(link->fd, interface,
                                      item->source.family != 0 ? &item->source : &link->own, &to,
                                      item->port, item->bytes, item->size);
    trace_sent(udp, link, item, &to, failed);
    if (failed != 0 && !link->failing) {
        wsd__log(udp->context, WSD_LOG_WARNING, "%s, IPv%d: cannot send: %s",
                 wsd__interfaces_name(udp->interfaces, link->interface),
                 link->family == AF_INET ? 4 : 6, strerror(failed));
    }
    link->failing = failed != 0;
    return failed;
}

/* The socket of the interface, else any of the family. */
static struct link *link_for(struct wsd__udp *udp, unsigned interface, int family)
{
    struct link *other = NULL;
    for (size_t i = 0; i < udp->n_links; i++) {
        struct link *link = udp->links[i];
        if (link->family == family && link->interface == interface) {
            return link;
        }
        if (link->family == family && other == NULL) {
            other = link;
        }
    }
    return other;
}

/* On how many sockets the message left; the last errno when on none. */
static unsigned transmit(struct wsd__udp *udp, const struct transmission *item, int *ret_failed)
{
    unsigned n_sent = 0;
    *ret_failed = ENETUNREACH;
    if (item->to.family != 0) {
        struct link *link = link_for(udp, item->interface, item->to.family);
        if (link != NULL) {
            *ret_failed = send_on(udp, link, item, item->interface);
            n_sent = *ret_failed == 0;
        }
        return n_sent;
    }
    for (size_t i = 0; i < udp->n_links; i++) {
        struct link *link = udp->links[i];
        if ((item->interface == 0 || item->interface == link->interface) &&
            (item->family == 0 || item->family == link->family)) {
            int failed = send_on(udp, link, item, link->interface);
            *ret_failed = failed != 0 ? failed : *ret_failed;
            n_sent += failed == 0;
        }
    }
    return n_sent;
}

static void forget(struct transmission *item)
{
    struct wsd__udp *udp = item->udp;
    wsd__timer_stop(&item->timer);
    if (item->previous != NULL) {
        item->previous->next = item->next;
    } else {
        udp->pending = item->next;
    }
    if (item->next != NULL) {
        item->next->previous = item->previous;
    }
    udp->n_pending--;
    free(item);
}

/* Steps 2 to 5 of the algorithm; the item is given up when no repeat is left. */
static void repeat_later(struct transmission *item);

static void repeat(void *user)
{
    struct transmission *item = user;
    int failed;
    transmit(item->udp, item, &failed);
    item->repeats--;
    item->wait = item->wait * 2 < WSD__UDP_UPPER_DELAY ? item->wait * 2 : WSD__UDP_UPPER_DELAY;
    repeat_later(item);
}

static void repeat_later(struct transmission *item)
{
    if (item->repeats == 0 ||
        wsd__timer_start(item->udp->context, &item->timer, item->wait, repeat, item) != 0) {
        forget(item);
    }
}

/* Without memory the first transmission has to do. */
static void keep(struct wsd__udp *udp, const struct transmission *about)
{
    struct transmission *item = malloc(sizeof *item + about->size);
    if (item == NULL) {
        return;
    }
    *item = *about;
    item->bytes = memcpy(item->copy, about->bytes, about->size);
    item->udp = udp;
    item->next = udp->pending;
    if (udp->pending != NULL) {
        udp->pending->previous = item;
    }
    udp->pending = item;
    udp->n_pending++;
    item->wait = WSD__UDP_MIN_DELAY +
                 wsd__random_below(udp->context, WSD__UDP_MAX_DELAY - WSD__UDP_MIN_DELAY + 1);
    repeat_later(item);
}

/* Sends what `about` says, first now. */
static int submit(struct wsd__udp *udp, const struct transmission *about, struct wsd_error *reterr)
{
    int failed, random = wsd__random_check(udp->context, reterr);
    if (random < 0) {
        return random;
    }
    if (about->size > WSD_MAX_DATAGRAM) {
        return wsd__error(reterr, WSD_E_LIMIT, "the message is too large for a datagram");
    }
    if (transmit(udp, about, &failed) == 0) {
        return wsd__error_errno(reterr, WSD_E_NETWORK, failed, "the datagram could not be sent");
    }
    /* In a flood the first transmission has to do. */
    if (about->repeats > 0 && udp->n_pending < WSD_MAX_PENDING_REPEATS) {
        keep(udp, about);
    }
    return 0;
}

bool wsd__udp_filter(struct wsd_context *context, bool sent, const void **bytes, size_t *size,
                     uint32_t *delay)
{
    struct wsd_host_message message = {
        .sent = sent, .datagram = true, .bytes = *bytes, .size = *size};

    wsd__filter(context, &message);
    *bytes = message.bytes;
    *size = message.size;
    if (delay != NULL) {
        *delay = message.delay;
    }
    return !message.drop;
}

int wsd__udp_multicast(struct wsd__udp *udp, unsigned interface, int family, const void *bytes,
                       size_t size, unsigned repeats, struct wsd_error *reterr)
{
    struct transmission about = {
        .port = udp->options.role == WSD__UDP_LISTEN && udp->options.port != 0
                    ? udp->options.port
                    : WSD__DISCOVERY_PORT,
        .interface = interface,
        .family = family,
        .repeats = repeats,
        .bytes = bytes,
        .size = size,
    };
    return submit(udp, &about, reterr);
}

int wsd__udp_unicast(struct wsd__udp *udp, unsigned interface, const struct wsd__address *source,
                     const struct wsd__address *to, uint16_t port, const void *bytes, size_t size,
                     unsigned repeats, struct wsd_error *reterr)
{
    struct transmission about = {
        .to = *to,
        .port = port,
        .interface = interface,
        .repeats = repeats,
        .bytes = bytes,
        .size = size,
    };
    if (source != NULL) {
        about.source = *source;
    }
    return submit(udp, &about, reterr);
}
