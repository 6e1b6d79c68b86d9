/* SPDX-License-Identifier: MIT */
/* The manager of a managed subscription: where it is reached. */
#ifndef WSD_EVENTING_MANAGER_H
#define WSD_EVENTING_MANAGER_H

#include "eventing/sink.h"

/* Decides it, for what the device has just granted. A device cannot know our zone of its link-local
 * address. 0 or WSD_E_NO_MEMORY. */
int wsd__manager_place(struct wsd_subscription *s);

/* The URL; NULL: the address that the manager names. */
const char *wsd__manager_at(const struct wsd_subscription *s);

/* The service is at `now` instead: whether what it granted is managed there too. */
bool wsd__manager_moves(const struct wsd_subscription *s, const char *now);

#endif
