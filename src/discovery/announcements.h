/* SPDX-License-Identifier: MIT */
/* Hears Hello and Bye: sockets, interfaces that come and go, and the order of what is said. */
#ifndef WSD_DISCOVERY_ANNOUNCEMENTS_H
#define WSD_DISCOVERY_ANNOUNCEMENTS_H

#include <wsd/watch.h>

#include "discovery/messages.h"
#include "discovery/targets.h"
#include "soap/udp.h"

struct wsd__announcements;

/* Valid during the callback. */
struct wsd__announcement {
    enum wsd_announcement_kind kind;
    /* It was told before, and came once more: a repeat, or by another interface, with addresses of
     * its own. */
    bool copy;
    const struct wsd_target_message *message;
    const struct wsd__envelope *envelope;
    struct wsd__heard heard;
};

struct wsd__announcements_options {
    bool no_network; /* no sockets: wsd__announcements_receive alone */
    void (*heard)(void *user, const struct wsd__announcement *announcement);
    /* After the interfaces were looked at anew; changed: they are others. May be NULL. */
    void (*network)(void *user, bool changed);
    void *user;
};

/* Fails with WSD_E_NETWORK when no socket could be opened. */
int wsd__announcements_new(struct wsd_context *context,
                           const struct wsd__announcements_options *options,
                           struct wsd__announcements **ret, struct wsd_error *reterr);
/* Allowed inside the callbacks. NULL is fine. */
void wsd__announcements_free(struct wsd__announcements *announcements);
uint32_t wsd__announcements_n_dropped(const struct wsd__announcements *announcements);
const struct wsd__interfaces *
wsd__announcements_interfaces(const struct wsd__announcements *announcements);
/* Takes a datagram; what the sockets call. */
void wsd__announcements_receive(struct wsd__announcements *announcements,
                                const struct wsd__datagram *datagram);

#endif
