/* SPDX-License-Identifier: MIT */
/* One datagram socket: options, group membership, arrival interface. Platform differences end
 * here. */
#ifndef WSD_SOAP_UDP_SOCKET_H
#define WSD_SOAP_UDP_SOCKET_H

#include "soap/udp.h"

struct wsd__udp_binding {
    int family;
    unsigned interface;          /* 0: any */
    struct wsd__address address; /* to bind to; family 0: any */
    uint16_t port;
    bool shared; /* others on this machine may have the port, too */
    bool member; /* joins the discovery group on the interface */
};

/* A non-blocking descriptor, or a negative code. */
int wsd__udp_socket_open(struct wsd_context *context, const struct wsd__udp_binding *binding,
                         struct wsd_error *reterr);

/* Memory for a batch of datagrams, used again and again. */
enum { WSD__UDP_BATCH = 8 };
struct wsd__udp_batch;
struct wsd__udp_batch *wsd__udp_batch_new(void);
void wsd__udp_batch_free(struct wsd__udp_batch *batch);

struct wsd__udp_received {
    const void *bytes;
    size_t size;
    bool truncated;
    struct wsd__address peer;
    uint16_t port;
    unsigned interface;
    bool multicast;
};

/* Reads what is there, at most a batch: when it is less, no more was there. Number of datagrams;
 * 0: none; -1 with errno set. A datagram of a foreign address family has peer.family 0. */
int wsd__udp_socket_read(int fd, struct wsd__udp_batch *batch);
void wsd__udp_batch_get(struct wsd__udp_batch *batch, int number, struct wsd__udp_received *ret);

/* 0, or errno. interface and source may be 0 and NULL. */
int wsd__udp_socket_send(int fd, unsigned interface, const struct wsd__address *source,
                         const struct wsd__address *to, uint16_t port, const void *bytes,
                         size_t size);

/* The discovery group as seen through an interface. */
void wsd__udp_group(int family, unsigned interface, struct wsd__address *ret);

#endif
