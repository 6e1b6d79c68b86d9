/* SPDX-License-Identifier: MIT */
/*
 * wsd monitor: a watch whose changes are printed with the names of the devices, which are asked for
 * side by side; with --events a subscription to each scanner as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "follow.h"
#include "monitor.h"
#include "report.h"
#include "type_words.h"

/* Everybody that may be a WSD device: some answer only to the type of what they are. */
static const struct wsd_qname all_types[] = {
    {WSD_NS_DEVPROF, "Device", "wsdp"},
    {WSD_NS_SCAN, "ScanDeviceType", "wscn"},
    {WSD_NS_PRINT, "PrintDeviceType", "wprt"},
};

/* -- the devices --------------------------------------------------------------------------------
 */

static struct monitored *find(const struct monitor *monitor, const char *endpoint)
{
    for (struct monitored *d = monitor->devices; d; d = d->next)
        if (wsd_endpoint_equal(d->endpoint, endpoint))
            return d;
    return NULL;
}

static bool put_text(char **place, const char *text)
{
    char *copy = strdup(text ? text : "");

    if (!copy)
        return false;
    free(*place);
    *place = copy;
    return true;
}

static void free_device(struct monitored *d)
{
    describe_cancel(&d->question);
    wsd_subscription_free(d->subscription);
    free(d->endpoint);
    free(d->address);
    free(d->interface_);
    free(d->name);
    free(d->maker);
    free(d->model);
    free(d->service);
    free(d);
}

static void drop(struct monitor *monitor, struct monitored *device)
{
    for (struct monitored **at = &monitor->devices; *at; at = &(*at)->next)
        if (*at == device) {
            *at = device->next;
            break;
        }
    free_device(device);
}

/* Brings where it is up to date; makes it if it is new. NULL when memory is out. */
static struct monitored *note(struct monitor *monitor, const struct wsd_target *target)
{
    struct monitored *d = find(monitor, target->endpoint);
    bool new = !d;

    if (new) {
        d = calloc(1, sizeof *d);
        if (!d)
            return NULL;
        d->monitor = monitor;
        d->state = WSD_SUBSCRIPTION_STARTING;
        d->next = monitor->devices;
        monitor->devices = d;
    }
    if ((new && !put_text(&d->endpoint, target->endpoint)) ||
        !put_text(&d->address, target->address) || !put_text(&d->interface_, target->interface_)) {
        drop(monitor, d);
        return NULL;
    }
    return d;
}

/* -- what happens on a scanner ------------------------------------------------------------------
 */

static void on_event(void *user, const struct wsd_scan_event *event)
{
    monitor_print_event(user, event);
}

static void on_subscription(void *user, enum wsd_subscription_state state,
                            const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct monitored *d = user;

    (void)subscribed;
    bool again = d->state == state || (d->restarting && state == WSD_SUBSCRIPTION_LOST);
    d->state = state;
    d->restarting = false;
    /* It is tried again and again; once is enough to be told. */
    if (!again && state != WSD_SUBSCRIPTION_STARTING)
        monitor_print_subscription(d, error);
}

static void subscribe(struct monitored *d, bool restarted)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_request_options request = d->monitor->session->request;
    struct wsd_error error = {0};
    int r = 0;

    if (d->subscription && restarted) {
        d->state = WSD_SUBSCRIPTION_STARTING; /* that it goes on is worth a line */
        d->restarting = true;
        r = wsd_subscription_restart(d->subscription, d->service, &error);
    } else if (!d->subscription) {
        request.endpoint = d->endpoint;
        options.request = &request;
        options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
        options.event = on_event;
        options.changed = on_subscription;
        options.user = d;
        r = wsd_scan_subscribe(d->monitor->sink, d->service, &options, &d->subscription, &error);
    }
    if (r < 0)
        report_error(d->monitor->session, monitored_name(d), &error);
}

/* -- what the watch tells -----------------------------------------------------------------------
 */

static void print_waiting(struct monitored *d, const struct wsd_error *error)
{
    if (d->waiting)
        monitor_print(d, error);
    d->waiting = false;
}

static void on_described(void *user, const struct wsd_device_info *info,
                         const struct wsd_error *error)
{
    struct monitored *d = user;
    const char *service = info ? describe_scan_service(info) : NULL;
    bool moved = service && d->service && strcmp(service, d->service) != 0;
    bool known = info && put_text(&d->name, info->friendly_name) &&
                 put_text(&d->maker, info->manufacturer) && put_text(&d->model, info->model_name);

    if (known && service)
        known = put_text(&d->service, service);
    print_waiting(d, error);
    if (known && service && d->monitor->sink)
        subscribe(d, moved || d->kind == WSD_WATCH_RESTARTED);
}

static void removed(struct monitored *d, bool expired)
{
    describe_cancel(&d->question);
    print_waiting(d, NULL);
    monitor_stamp(d, WSD_WATCH_REMOVED);
    if (expired)
        monitor_print_expired(d);
    else
        monitor_print(d, NULL);
    drop(d->monitor, d);
}

static void on_change(void *user, const struct wsd_watch_event *event)
{
    struct monitor *monitor = user;
    struct monitored *d = note(monitor, event->target);

    if (!d) {
        report_no_memory();
        return;
    }
    if (event->kind == WSD_WATCH_REMOVED) {
        removed(d, event->expired);
    } else if (event->kind == WSD_WATCH_REFRESHED) {
        if (monitor->refreshed && !d->waiting) {
            monitor_stamp(d, event->kind);
            monitor_print(d, NULL);
        }
    } else {
        describe_cancel(&d->question);
        print_waiting(d, NULL);
        monitor_stamp(d, event->kind);
        d->waiting = true;
        describe_start(monitor->describer, event->target, &d->question, on_described, d);
    }
}

/* -- the command --------------------------------------------------------------------------------
 */

static int start(struct monitor *monitor)
{
    struct session *session = monitor->session;
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;
    struct type_words types;
    struct wsd_error error = {0};
    int code = EXIT_CODE_OK;

    if (!type_words_read(session->args, OPT_TYPE_MONITOR, &types))
        return EXIT_CODE_USAGE;
    monitor->describer = describer_new(session);
    if (!monitor->describer)
        return report_no_memory();
    if (args_has(session->args, OPT_EVENTS))
        code = sink_open(session, &monitor->sink);
    if (code != EXIT_CODE_OK)
        return code;
    options.types = types.n_types ? types.types : all_types;
    options.n_types = types.n_types ? types.n_types : sizeof all_types / sizeof *all_types;
    options.any_of_types = true;
    options.changed = on_change;
    options.user = monitor;
    if (wsd_watch_new(session->context, &options, &monitor->watch, &error) < 0)
        return report_error(session, NULL, &error);
    return EXIT_CODE_OK;
}

int command_monitor(struct session *session)
{
    struct monitor monitor = {.session = session,
                              .refreshed = args_has(session->args, OPT_VERBOSE) || session->json};
    unsigned limit_ms = 0;

    if (session->args->n_operands > 0) {
        usage_error(session->args, "wsd monitor takes no operands");
        return EXIT_CODE_USAGE;
    }
    if (!args_seconds(session->args, OPT_TIMEOUT, &limit_ms))
        return EXIT_CODE_USAGE;
    session->until_signal = true;
    int code = start(&monitor);
    uint64_t end = limit_ms ? session_now() + limit_ms : UINT64_MAX;
    while (code == EXIT_CODE_OK && session_now() < end && !ferror(stdout))
        if (!session_turn(session, end))
            break;
    wsd_watch_free(monitor.watch);
    while (monitor.devices)
        drop(&monitor, monitor.devices);
    sink_close(session, monitor.sink);
    describer_free(monitor.describer);
    return code;
}
