/* SPDX-License-Identifier: MIT */
/* The devices that wsd monitor knows, and how their changes are printed. */
#ifndef WSD_APPS_MONITOR_H
#define WSD_APPS_MONITOR_H

#include <wsd/scan_events.h>
#include <wsd/watch.h>

#include "common/stamp.h"
#include "describe.h"
#include "session.h"

struct monitor {
    struct session *session;
    struct wsd_watch *watch;
    struct describer *describer;
    struct wsd_sink *sink; /* NULL: no events are wanted */
    bool refreshed;        /* tell of those as well that were only heard of again */
    bool header;
    struct monitored *devices;
};

struct monitored {
    struct monitor *monitor;
    struct monitored *next;
    char *endpoint, *address, *interface_;
    char *name, *maker, *model, *service; /* NULL while unknown */
    struct describe *question;
    bool waiting; /* a line that waits for the name */
    enum wsd_watch_kind kind;
    char clock[STAMP_SIZE], time[STAMP_SIZE]; /* of that line */
    struct wsd_subscription *subscription;
    enum wsd_subscription_state state;
    bool restarting; /* the subscription is lost because we make it anew */
};

/* The name to show; never NULL. */
const char *monitored_name(const struct monitored *device);

/* Prints what became of the device; the time is that of monitor_stamp(). */
void monitor_print(const struct monitored *device, const struct wsd_error *error);
void monitor_stamp(struct monitored *device, enum wsd_watch_kind kind);
void monitor_print_expired(const struct monitored *device);

/* Prints an event of the device, and what became of the subscription to them. */
void monitor_print_event(const struct monitored *device, const struct wsd_scan_event *event);
void monitor_print_subscription(const struct monitored *device, const struct wsd_error *error);

#endif
