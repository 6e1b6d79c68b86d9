/* SPDX-License-Identifier: MIT */
/* Which of our addresses a device sees. */
#ifndef WSD_EVENTING_ROUTE_H
#define WSD_EVENTING_ROUTE_H

#include "core/address.h"
#include "core/context.h"

/* The address that we reach peer from. False if there is no way to it. */
bool wsd__route_to(struct wsd_context *context, const struct wsd__address *peer,
                   struct wsd__address *ret);

#endif
