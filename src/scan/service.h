/* SPDX-License-Identifier: MIT */
/*
 * The scan service, the device's side of WS-Scan, without its sockets: a message in, an answer out.
 *
 * Who owns the HTTP server hands requests to wsd__scan_serve() and sends what comes back. An image
 * is an answer that is pulled piece by piece. Time and randomness are the context's.
 */
#ifndef WSD_SCAN_SERVICE_H
#define WSD_SCAN_SERVICE_H

#include <sys/types.h>
#include <wsd/device.h>

#include "core/buf.h"
#include "core/context.h"
#include "eventing/source.h"
#include "soap/envelope.h"

struct wsd__scan_stream;

/* An answer. Zero it first; afterwards the caller owns body.data (or the stream). */
struct wsd__scan_reply {
    int status;                      /* of HTTP */
    struct wsd__buf body;            /* a whole envelope, when stream is NULL */
    struct wsd__scan_stream *stream; /* multipart: an image */
};

/* Configuration and default ticket are large and often the same for many services: they are kept
 * once, counted, and shared by services that are made with equal ones. */
struct wsd__scan_profile;
struct wsd__scan_profiles {
    struct wsd__scan_profile *first;
};

/* Checks and copies the options. profiles belongs to the caller, zeroed at first, and must outlive
 * the service. Fails with WSD_E_INVALID, WSD_E_SCHEMA, WSD_E_LIMIT (the description would not fit
 * into an envelope) or WSD_E_NO_MEMORY. */
int wsd__scan_service_create(struct wsd_context *context, struct wsd__scan_profiles *profiles,
                             const struct wsd_scan_service_options *options,
                             struct wsd_scan_service **ret_service, struct wsd_error *reterr);
/* Ends all jobs. Streams that are open fail at their next read and live until they are closed.
 * Subscribers are told, if farewell. */
void wsd__scan_service_destroy(struct wsd_scan_service *service, bool farewell);
/* As after a restart: no jobs, conditions and subscriptions, and nobody is told. */
void wsd__scan_service_reset(struct wsd_scan_service *service);

/* Answers the bytes of a request, whatever they are. transport may be NULL: then nobody can
 * subscribe. */
void wsd__scan_serve(struct wsd_scan_service *service, const struct wsd__event_transport *transport,
                     const void *bytes, size_t size, struct wsd__scan_reply *reply);
/* The same for a request that is decoded already, with the body type wsd__type_scan_body. */
void wsd__scan_handle(struct wsd_scan_service *service, const struct wsd__envelope *request,
                      struct wsd__scan_reply *reply);

/* True: the scanner does not know yet whether there is an image (wsd_scanner.next_image). Each wake
 * is a reason to settle: false while nothing is decided; true when the reply holds the stream,
 * which may then be read, or the envelope of a fault, or status 0 (cut the connection). */
bool wsd__scan_stream_pending(const struct wsd__scan_stream *stream);
bool wsd__scan_stream_settle(struct wsd__scan_stream *stream, struct wsd__scan_reply *reply);
/* The stream will answer this request, and frees it; wsd__scan_serve() gives it. Where
 * wsd__scan_handle() is called alone, its request must outlive a stream that is pending. */
void wsd__scan_stream_keep(struct wsd__scan_stream *stream, const struct wsd__envelope *request);

/* The Content-Type of the multipart answer. */
const char *wsd__scan_stream_type(const struct wsd__scan_stream *stream);
/* Bytes of the answer: > 0, WSD_SCANNER_END, WSD_SCANNER_WAIT (then wake is called once there is
 * more), WSD_SCANNER_FAILED (cut the connection). */
ssize_t wsd__scan_stream_read(struct wsd__scan_stream *stream, void *buffer, size_t size);
void wsd__scan_stream_on_wake(struct wsd__scan_stream *stream, void (*wake)(void *user),
                              void *user);
/* The end of the stream and of its memory; complete: all of it went out. */
void wsd__scan_stream_closed(struct wsd__scan_stream *stream, bool complete);

#endif
