/* SPDX-License-Identifier: MIT */
/*
 * Tells when addresses or interfaces of this machine come or go.
 *
 * The system says so (a netlink socket on Linux, a routing socket on the BSDs and macOS); nothing
 * polls. Many may listen; one socket a context serves them all.
 */
#ifndef WSD_CORE_NETWATCH_H
#define WSD_CORE_NETWATCH_H

#include "core/context.h"

/* Embedded in its owner. */
struct wsd__netwatch {
    void (*changed)(void *user); /* from the loop, at most once a second however much changes */
    void *user;
    struct wsd__netwatch *previous, *next;
    struct wsd_context *context; /* NULL while not listening */
};

/* Fails with WSD_E_NO_MEMORY or WSD_E_SYSTEM (where the system cannot tell: go on without). */
int wsd__netwatch_start(struct wsd_context *context, struct wsd__netwatch *watch,
                        void (*changed)(void *user), void *user);
void wsd__netwatch_stop(struct wsd__netwatch *watch); /* not listening is fine; allowed inside */
/* For tests: what the system would say. */
void wsd__netwatch_poke(struct wsd_context *context);

#endif
