/* SPDX-License-Identifier: MIT */
/* wsd watch: one scanner, shown as it is now, until a signal comes. */
#include <stdio.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "follow.h"
#include "report.h"
#include "watch_view.h"

#define POLL_SECONDS 15u
#define AGE_MS       10000u /* ages are drawn anew so often */

enum { WHOLE = WSD_MONITOR_STATUS | WSD_MONITOR_JOBS | WSD_MONITOR_HISTORY };

struct watching {
    struct session *session;
    struct watch_view view;
    unsigned seen;    /* parts that were told at least once */
    unsigned pending; /* parts that are to be shown */
};

static void on_changed(void *user, struct wsd_scan_monitor *monitor, unsigned parts)
{
    struct watching *w = user;

    w->view.monitor = monitor;
    w->seen |= parts;
    w->pending |= parts;
    watch_view_update(&w->view);
}

static void on_back(void *user, const char *service, bool restarted)
{
    struct watching *w = user;
    struct wsd_error error = {0};

    w->view.said_bye = false;
    if (w->view.monitor && wsd_scan_monitor_restart(w->view.monitor, service, &error) < 0)
        report_error(w->session, w->view.device->name, &error);
    (void)restarted;
}

static void on_gone(void *user)
{
    struct watching *w = user;

    w->view.said_bye = true;
    w->pending |= WSD_MONITOR_CONNECTION;
}

/* All parts were read once, and whether it sends events is known; or it does not answer. */
static bool whole(const struct watching *w)
{
    switch (wsd_scan_monitor_connection(w->view.monitor)) {
    case WSD_MONITOR_CONNECTING:
        return false;
    case WSD_MONITOR_UNREACHABLE:
        return true;
    case WSD_MONITOR_POLLED:
        return (w->seen & WHOLE) == WHOLE && wsd_scan_monitor_error(w->view.monitor) != NULL;
    case WSD_MONITOR_LIVE:
        break;
    }
    return (w->seen & WHOLE) == WHOLE;
}

static int run(struct watching *w, bool once)
{
    bool shown = false;

    while (!ferror(stdout)) {
        uint64_t now = session_now();
        bool ages = shown && watch_view_ages(&w->view);
        if (!session_turn(w->session, now + (ages ? AGE_MS : 60000u)))
            return EXIT_CODE_OK;
        bool aged = ages && session_now() >= now + AGE_MS;
        if (!(w->pending || aged) || !(shown || whole(w)))
            continue;
        watch_view_show(&w->view, w->pending);
        w->pending = 0;
        shown = true;
        if (once)
            return w->view.unreachable_since ? report_error(w->session, w->view.device->name,
                                                            wsd_scan_monitor_error(w->view.monitor))
                                             : EXIT_CODE_OK;
    }
    return EXIT_CODE_OK;
}

static int start(struct watching *w, const struct device *device, struct wsd_sink **sink,
                 struct follow **follow)
{
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;
    const struct follow_options following = {.back = on_back, .gone = on_gone, .user = w};
    struct wsd_error error = {0};
    int code = sink_open(w->session, sink);

    if (code != EXIT_CODE_OK)
        return code;
    options.poll_interval = POLL_SECONDS * 1000;
    options.request = &w->session->request;
    options.changed = on_changed;
    options.user = w;
    if (wsd_scan_monitor_new(*sink, device->service, &options, &w->view.monitor, &error) < 0)
        return report_error(w->session, device->name, &error);
    return follow_new(w->session, device, &following, follow);
}

int command_watch(struct session *session)
{
    bool once = args_has(session->args, OPT_ONCE_WATCH);
    struct watching w = {.session = session};
    struct follow *follow = NULL;
    struct wsd_sink *sink = NULL;
    struct device device = {0};
    int code = command_find_scanner(session, &device);

    if (code != EXIT_CODE_OK)
        return code;
    w.view.session = session;
    w.view.device = &device;
    w.view.poll_seconds = POLL_SECONDS;
    session->until_signal = !once;
    code = start(&w, &device, &sink, &follow);
    if (code == EXIT_CODE_OK)
        code = run(&w, once);
    follow_free(follow);
    wsd_scan_monitor_free(w.view.monitor);
    sink_close(session, sink);
    device_free(&device);
    return code;
}
