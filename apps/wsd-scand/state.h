/* SPDX-License-Identifier: MIT */
/*
 * What outlives the daemon: who it is, and the subscriptions that scanners still hold of it, so
 * that a crash is followed by an Unsubscribe of what was left behind (there are printers that
 * answer nothing any more after a client that left without one: E3).
 *
 * One JSON file, replaced as a whole. A file that cannot be read is set aside and begun anew.
 */
#ifndef WSD_SCAND_STATE_H
#define WSD_SCAND_STATE_H

#include <wsd/discovery.h>

struct state;

/* A subscription that a scanner holds, or may hold. */
struct state_subscription {
    const char *scanner; /* address of the configuration, else endpoint */
    const char *service;
    const char *url;                              /* where the manager is reached */
    const struct wsd_endpoint_reference *manager; /* who is asked to end it */
};

#define STATE_MAX_SUBSCRIPTIONS 1024
#define STATE_MAX_DEPTH         8 /* of a manager's reference parameters */
#define STATE_MAX_FILE          (4 << 20)

/* Reads the file in `folder`, or begins one. 0 or a negative errno. */
int state_open(const char *folder, struct state **ret);
void state_free(struct state *state);

/* "urn:uuid:...", the same in every run. */
const char *state_identity(const struct state *state);

/* Kept from the next flush on, in place of what is known of that scanner; `subscription` NULL: it
 * is over. 0 or -ENOMEM. */
int state_put(struct state *state, const char *scanner,
              const struct state_subscription *subscription);

/* Writes the file if anything has changed. 0 or a negative errno; it is tried again then. */
int state_flush(struct state *state);

/* What an earlier run left of that scanner, if anything; valid until the next call that changes the
 * state. It is removed by state_put(). */
const struct state_subscription *state_left(struct state *state, const char *scanner);
/* All that earlier runs left, one after the other; NULL at the end. */
const struct state_subscription *state_each(struct state *state, size_t i);

#endif
