/* SPDX-License-Identifier: MIT */
/*
 * SOAP-over-UDP: the datagram sockets, and the repeats of what is sent.
 *
 * Knows neither XML nor WS-Discovery's messages. What came is handed over from the loop, a slice
 * at a time; the sockets themselves are emptied at once, so that a thousand answers of one instant
 * wait in our memory and not in the kernel's.
 */
#ifndef WSD_SOAP_UDP_H
#define WSD_SOAP_UDP_H

#include "core/interfaces.h"

#define WSD__DISCOVERY_PORT 3702
#define WSD__DISCOVERY_IPV4 "239.255.255.250"
#define WSD__DISCOVERY_IPV6 "ff02::c"

/* SOAP-over-UDP's repeats and times as DPWS of 2006 sets them (appendix I); repeats come on top of
 * the first transmission. Unicast is repeated once, as SOAP-over-UDP 1.1 has it: an answer goes to
 * one host, and a thousand of them at once must not become three thousand. */
enum {
    WSD__MULTICAST_UDP_REPEAT = 2,
    WSD__UNICAST_UDP_REPEAT = 1,
    WSD__UDP_MIN_DELAY = 50,
    WSD__UDP_MAX_DELAY = 250,
    WSD__UDP_UPPER_DELAY = 450
};

struct wsd__udp;

/* True if the filter of the context (wsd_host_options.filter) lets the datagram go, or come; it may
 * have changed it. delay may be NULL. */
bool wsd__udp_filter(struct wsd_context *context, bool sent, const void **bytes, size_t *size,
                     uint32_t *delay);

struct wsd__datagram {
    const void *bytes;
    size_t size;
    struct wsd__address peer;
    uint16_t peer_port;
    unsigned interface;         /* where it came in, 0 if the system does not say */
    const char *interface_name; /* "" if unknown */
    bool multicast;             /* it was sent to the group */
    uint64_t arrived;           /* wsd__now() when it was read */
    const char *unusable;       /* why it may not be looked at; else NULL */
};

enum wsd__udp_role {
    WSD__UDP_SEARCH,   /* one socket per usable interface and family: asks the group */
    WSD__UDP_DIRECTED, /* one socket per family: asks one host */
    WSD__UDP_LISTEN    /* one per usable interface and family, on port 3702, in the group */
};

struct wsd__udp_options {
    enum wsd__udp_role role;
    uint16_t port; /* source port of a client, 0 for any; a listener's port, 0 for 3702 */
    /* Bounds on all that is read in the life of the sockets; 0: none. When one is reached the
     * sockets are no longer read. */
    size_t max_datagrams, max_bytes;
    /* Runs from the loop only. wsd__udp_close is allowed inside. */
    void (*receive)(void *user, const struct wsd__datagram *datagram);
    void *user;
};

/* interfaces must outlive the result. Fails with WSD_E_NETWORK when no socket could be opened. */
int wsd__udp_open(struct wsd_context *context, const struct wsd__interfaces *interfaces,
                  const struct wsd__udp_options *options, struct wsd__udp **ret_udp,
                  struct wsd_error *reterr);
/* Repeats that are due later are not sent. NULL is fine. */
void wsd__udp_close(struct wsd__udp *udp);

/* Interfaces have come or gone: those of a listener are joined and left. The rest, with what waits
 * on it, stays as it is. That none is left is fine. Not from inside `receive`. */
void wsd__udp_follow(struct wsd__udp *udp, const struct wsd__interfaces *interfaces);

/* Sends bytes (copied) to the group now, and again as section 2.1 of SOAP-over-UDP says.
 * interface 0: on each; family 0: both. Fails with WSD_E_NETWORK when it left on none. */
int wsd__udp_multicast(struct wsd__udp *udp, unsigned interface, int family, const void *bytes,
                       size_t size, unsigned repeats, struct wsd_error *reterr);
/* The same to one host. interface 0: by the routing table; source: the address to send from, may
 * be NULL. */
int wsd__udp_unicast(struct wsd__udp *udp, unsigned interface, const struct wsd__address *source,
                     const struct wsd__address *to, uint16_t port, const void *bytes, size_t size,
                     unsigned repeats, struct wsd_error *reterr);

/* The sockets, one by one: false when there is none of that number. */
bool wsd__udp_link(const struct wsd__udp *udp, size_t number, unsigned *ret_interface,
                   int *ret_family);
/* Reads the sockets' pending datagrams now instead of at the loop's next turn. */
void wsd__udp_drain(struct wsd__udp *udp);
size_t wsd__udp_n_pending(const struct wsd__udp *udp); /* repeats still to send */

#endif
