/* SPDX-License-Identifier: MIT */
/* What was posted to a sink, read: bytes in, an event or the end of a subscription out. No I/O. */
#ifndef WSD_EVENTING_ARRIVAL_H
#define WSD_EVENTING_ARRIVAL_H

#include <wsd/eventing.h>

#include "core/context.h"
#include "soap/envelope.h"

struct wsd__arrival {
    const struct wsd__envelope *envelope;
    const char *action;                     /* "" if there was none */
    const struct wsd_subscription_end *end; /* NULL: it is an event */
    const struct wsd_any *any;              /* elements of a body without a type of its own */
    const void *whole;                      /* for wsd__arrival_free() */
};

/* type: of the body, NULL for a plain subscription. Fails as wsd__envelope_decode(), and with
 * WSD_E_FAULT for a fault. */
int wsd__arrival_read(struct wsd_context *context, const struct wsd_type *type, const void *bytes,
                      size_t size, struct wsd__arrival *ret, struct wsd_error *reterr);
void wsd__arrival_free(struct wsd__arrival *arrival);

#endif
