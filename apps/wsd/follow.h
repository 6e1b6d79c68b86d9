/* SPDX-License-Identifier: MIT */
/*
 * Follows one device: listens for its announcements, so that whoever holds a subscription to it
 * knows at once that it was restarted, is at another address or has gone.
 */
#ifndef WSD_APPS_FOLLOW_H
#define WSD_APPS_FOLLOW_H

#include <wsd/eventing.h>

#include "device_find.h"
#include "session.h"

struct follow;

struct follow_options {
    /* It is there anew: restarted, or after a Bye, or with its scan service elsewhere. */
    void (*back)(void *user, const char *service, bool restarted);
    /* It said Bye. */
    void (*gone)(void *user);
    void *user;
};

/* Returns an exit code; a failure is said. A device without a known identity is not followed, and
 * where announcements cannot be heard that is a note: *ret is NULL then. */
int follow_new(struct session *session, const struct device *device,
               const struct follow_options *options, struct follow **ret);
void follow_free(struct follow *follow); /* NULL is fine */

/* Opens a sink at the port of --port, any if it was not given; exit code as above. */
int sink_open(struct session *session, struct wsd_sink **ret);
/* Lets the Unsubscribes of the subscriptions that were freed arrive, then closes it. */
void sink_close(struct session *session, struct wsd_sink *sink);

#endif
