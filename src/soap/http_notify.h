/* SPDX-License-Identifier: MIT */
/*
 * A POST of which nothing but the status of its answer matters: an event to a numeric address.
 *
 * Events go to thousands of sinks at once, each on a connection of its own. libcurl does several
 * times as much for that as it takes; here it is a socket, a write and a read. https goes through
 * libcurl all the same.
 */
#ifndef WSD_SOAP_HTTP_NOTIFY_H
#define WSD_SOAP_HTTP_NOTIFY_H

#include <stddef.h>

#include "core/context.h"

struct wsd__http_notice {
    const char *url; /* http or https, numeric host; a zone "%2" may follow an IPv6 host */
    const void *body;
    size_t size;
    void *user;
    /* Once, from the loop. http_status is that of the answer; 0: none came, error says why. No
     * redirect is followed. There is no time limit: that is for the caller, by cancelling. */
    void (*done)(void *user, int http_status, const struct wsd_error *error);
};

struct wsd__http_notify;
/* All of the notice is copied. Also fails with WSD_E_NETWORK, at once. */
int wsd__http_notify(struct wsd_context *context, const struct wsd__http_notice *notice,
                     struct wsd__http_notify **ret_notify, struct wsd_error *reterr);
/* Ends it without a callback. NULL is fine. */
void wsd__http_notify_cancel(struct wsd__http_notify *notify);

#endif
