/* SPDX-License-Identifier: MIT */
/* What wsd watch knows of its scanner, and how that is shown. */
#ifndef WSD_APPS_WATCH_VIEW_H
#define WSD_APPS_WATCH_VIEW_H

#include <wsd/scan_monitor.h>

#include "device_find.h"
#include "session.h"

#define WATCH_LAST_JOBS 5 /* jobs that are over, shown */

struct watch_view {
    struct session *session;
    const struct device *device;
    struct wsd_scan_monitor *monitor;
    unsigned poll_seconds;
    bool said_bye;
    uint64_t unreachable_since; /* session_now(); 0: it is not */
    /* The scanner's clock against ours, in seconds, as of when it last told it. */
    bool has_clock;
    int64_t told, clock_ahead;
    unsigned lines; /* of the last drawing, on a terminal */
};

/* Looks at the monitor; to be called when some of its parts changed. */
void watch_view_update(struct watch_view *view);

/* Draws in the place of the last drawing on a terminal, else a block or an object of its own. */
void watch_view_show(struct watch_view *view, unsigned parts);

/* True if it shows an age, which goes on by itself. */
bool watch_view_ages(const struct watch_view *view);

#endif
