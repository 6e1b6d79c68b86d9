/* SPDX-License-Identifier: MIT */
/*
 * Requests that are asked again and again, decoded once: see recall.c.
 *
 * For who answers requests, by datagram or over HTTP. No I/O here.
 */
#ifndef WSD_SOAP_RECALL_H
#define WSD_SOAP_RECALL_H

#include "soap/envelope.h"

/* wsd__envelope_decode() for a request whose like may have come before. The envelope belongs to the
 * context: it is given back with wsd__recall_done(), not with wsd_free(). */
int wsd__recall_decode(struct wsd_context *context, const struct wsd_type *body_type,
                       const void *bytes, size_t size, uint32_t quirks,
                       const struct wsd__envelope **ret_envelope, struct wsd_error *reterr);
/* NULL is fine. */
void wsd__recall_done(struct wsd_context *context, const struct wsd__envelope *envelope);

#endif
