/* SPDX-License-Identifier: MIT */
/* wsd_listen_multicast_announcements(): what is heard, as targets of the public interface. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "discovery/announcements.h"
#include "discovery/filter.h"
#include "discovery/matching.h"

struct wsd_listener {
    struct wsd_context *context;
    struct wsd__announcements *announcements;
    struct wsd__filter filter;
    void (*announcement)(void *user, const struct wsd_announcement *announcement);
    void *user;
};

static void heard(void *user, const struct wsd__announcement *from)
{
    struct wsd_listener *listener = user;
    const struct wsd_soap_header *header = &from->envelope->header;
    const struct wsd_app_sequence *sequence = header->app_sequence;
    struct wsd__targets targets;
    struct wsd__record *record = NULL;
    if (from->copy || !wsd__filter_fits(&listener->filter, from->message->types, true)) {
        return;
    }
    int status = wsd__targets_init(&targets, listener->context, true);
    if (status == 0) {
        status = wsd__targets_merge(&targets, from->message, &from->heard,
                                    sequence != NULL ? sequence->instance_id : 0, 0, &record);
    }
    if (status == 0 && record != NULL) {
        struct wsd_announcement announcement = {
            .kind = from->kind,
            .target = record->target,
            .header = header,
            .sequence = sequence,
            .oasis = from->envelope->dialect == WSD__DIALECT_2009,
        };
        listener->announcement(listener->user, &announcement);
    } else {
        wsd__log(listener->context, WSD_LOG_WARNING, "an announcement of %s is lost: %s",
                 from->message->endpoint.address, wsd_strerror(status));
    }
    wsd__targets_free(&targets);
}

int wsd_listen_multicast_announcements(struct wsd_context *context,
                                       const struct wsd_listen_options *options,
                                       struct wsd_listener **ret_listener, struct wsd_error *reterr)
{
    struct wsd_listen_options all;
    WSD__OPTIONS_TAKE(all, options);
    if (all.announcement == NULL) {
        return wsd__error(reterr, WSD_E_INVALID, "a listener needs options with a callback");
    }
    struct wsd_listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    struct wsd__announcements_options own = {.heard = heard, .user = listener};
    listener->context = context;
    listener->announcement = all.announcement;
    listener->user = all.user;
    int status = wsd__filter_init(&listener->filter, all.types, all.n_types, false, reterr);
    if (status >= 0) {
        status = wsd__announcements_new(context, &own, &listener->announcements, reterr);
    }
    if (status < 0) {
        wsd_listener_free(listener);
        return status;
    }
    *ret_listener = listener;
    return 0;
}

uint32_t wsd_listener_n_dropped(const struct wsd_listener *listener)
{
    return wsd__announcements_n_dropped(listener->announcements);
}

void wsd_listener_free(struct wsd_listener *listener)
{
    if (listener == NULL) {
        return;
    }
    /* Inside the callback nothing of the listener is looked at after this. */
    wsd__announcements_free(listener->announcements);
    wsd__filter_free(&listener->filter);
    free(listener);
}
