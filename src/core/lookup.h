/* SPDX-License-Identifier: MIT */
/* Host names to addresses, without stopping the loop. */
#ifndef WSD_CORE_LOOKUP_H
#define WSD_CORE_LOOKUP_H

#include "core/address.h"
#include "core/context.h"

struct wsd__lookup;
/* found: once, from the loop: status 0 with an address (scope included), or WSD_E_NAME. */
int wsd__lookup_start(struct wsd_context *context, const char *host,
                      void (*found)(void *user, int status, const struct wsd__address *address),
                      void *user, struct wsd__lookup **ret_lookup, struct wsd_error *reterr);
/* All addresses of the host, at most WSD_MAX_DEVICE_ADDRESSES; from inside `found`. */
size_t wsd__lookup_addresses(const struct wsd__lookup *lookup, const struct wsd__address **ret);
/* No callback after this. Also to be called after the callback. NULL is fine. */
void wsd__lookup_cancel(struct wsd__lookup *lookup);

#endif
