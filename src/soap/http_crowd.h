/* SPDX-License-Identifier: MIT */
/*
 * Who is connected to an HTTP server, for how long, and who has to give way.
 *
 * A peer that sends a byte a second is never idle, and one that opens connections without end
 * leaves no room for others. So a request has to be whole in time; and where a limit on connections
 * is reached it is not the new one that is turned away, which may be honest, but the oldest that
 * has not brought a whole request yet: honest ones take milliseconds.
 */
#ifndef WSD_SOAP_HTTP_CROWD_H
#define WSD_SOAP_HTTP_CROWD_H

#include "core/address.h"
#include "core/context.h"

/* One connection. */
struct wsd__crowd_member {
    struct wsd__crowd_member *previous, *next;
    int fd;
    struct wsd__address peer;
    uint64_t since; /* of the connection, of its request, of the end of its last request */
    bool served;    /* a request was answered, and the next has not begun */
    bool answering, refused, cut;
};

struct wsd__crowd {
    struct wsd_context *context;
    struct wsd__crowd_member *first, *last; /* by `since` */
    struct wsd__timer timer;
    unsigned max, max_per_peer;
    uint32_t request_timeout, idle_timeout;
};

/* NULL: no memory. */
struct wsd__crowd_member *wsd__crowd_join(struct wsd__crowd *crowd, int fd,
                                          const struct sockaddr *peer);
void wsd__crowd_begin(struct wsd__crowd *crowd, struct wsd__crowd_member *member);
void wsd__crowd_end(struct wsd__crowd *crowd, struct wsd__crowd_member *member);
/* Frees it. True if it left without the whole request that was due. */
bool wsd__crowd_leave(struct wsd__crowd *crowd, struct wsd__crowd_member *member);

#endif
