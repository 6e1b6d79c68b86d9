/* SPDX-License-Identifier: MIT */
/*
 * HTTP client: one POST, its answer streamed, on the context's loop.
 *
 * libcurl does the work; this room adds Windows' headers (device-quirks H2, H3, H6, H13), the time
 * limits, the refusal of redirects and the classes of failure. It knows nothing of SOAP.
 */
#ifndef WSD_SOAP_HTTP_CLIENT_H
#define WSD_SOAP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

struct wsd__http_post {
    const char *url;  /* copied; a zone ("%eth0", "%25eth0", "%2") may follow an IPv6 host */
    const void *body; /* copied */
    size_t size;
    uint32_t connect_timeout, answer_timeout, idle_timeout; /* milliseconds, 0: none */
    bool keep_alive;                                        /* else Connection: close (H1) */
    bool large; /* the answer may be long: it is read in large pieces */
    bool event; /* an event: has connections of its own, apart from requests; its https
                   certificate is not compared */
    const char
        *device; /* copied; whose certificate it is to be, by wsd__pin_name(); NULL, "": url */
    void *user;
    /* All three run from the loop. headers: once, after the final status line and all header lines
     * (content_type "" if absent); data: as it comes, slices of up to 16 kB (libcurl's own
     * maximum); both return 0 or a negative code that ends the exchange with it. done: always,
     * once, last: status 0 when the answer is complete (Content-Length or chunk end seen; the quirk
     * of a missing close_notify after a complete body is fine), else WSD_E_...; error is filled
     * (device = url). */
    int (*headers)(void *user, int http_status, const char *content_type);
    int (*data)(void *user, const void *bytes, size_t size);
    void (*done)(void *user, int status, int http_status, const struct wsd_error *error);
};

struct wsd__http_call;
/* The Date of the answer in seconds since 1970, INT64_MIN without one (RFC 9110, 6.6.1). Once
 * `headers` has been called and until `done` has returned. */
int64_t wsd__http_date(const struct wsd__http_call *call);
int wsd__http_post(struct wsd_context *context, const struct wsd__http_post *post,
                   struct wsd__http_call **ret_call, struct wsd_error *reterr);
/* Ends it without a callback. NULL is fine. Allowed from inside headers, data and other calls'
 * callbacks. */
void wsd__http_cancel(struct wsd__http_call *call);

#endif
