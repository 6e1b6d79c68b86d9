/* SPDX-License-Identifier: MIT */
/*
 * The monitor: a subscription to all that a scanner tells of itself, and three readings (elements,
 * active jobs, history) whenever a subscription has begun anew.
 *
 * An event that arrives while a reading is under way may be older or newer than what that brings.
 * So it counts at once, the reading is not used, and another is made; a scanner that never stops
 * talking gets its reading believed after REREADS. The same holds for a reading that fails: what
 * came in between (another subscription, an event) says that the scanner is there.
 */
#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "eventing/sink.h"
#include "scan/monitor_state.h"

enum { POLL_INTERVAL = 60000, MIN_POLL_INTERVAL = 5000, REREADS = 3 };
enum { READ_ELEMENTS, READ_JOBS, READ_HISTORY, READS, ALL_READS = (1 << READS) - 1 };

struct reading {
    struct wsd_scan_monitor *monitor;
    struct wsd_call *call; /* under way; else NULL */
    bool wanted;           /* (again) */
    unsigned again;        /* how often it was made anew for an event in between */
    bool failed;           /* the last one did */
};

struct wsd_scan_monitor {
    struct wsd_context *context;
    struct wsd_subscription *subscription;
    char *service;
    struct wsd_scan_monitor_options options;
    struct wsd__scan_known known;
    struct reading readings[READS];
    bool live;                   /* events arrive */
    bool known_once;             /* its elements have been read */
    struct wsd_error read_error; /* of the reading that failed last */
    struct wsd_error no_events;  /* why there are none; code 0: not told */
    enum wsd_scan_monitor_connection connection;
    unsigned unread;  /* parts that changed since they were read */
    unsigned pending; /* parts that `changed` has still to tell */
    struct wsd__timer tell, poll;
};

/* -- what changed -------------------------------------------------------------------------------
 */

static void tell(void *user)
{
    struct wsd_scan_monitor *monitor = user;
    unsigned parts = monitor->pending;

    monitor->pending = 0;
    if (parts && monitor->options.changed)
        monitor->options.changed(monitor->options.user, monitor, parts); /* may free it */
}

/* One callback for all that one message changes. */
static void changed(struct wsd_scan_monitor *monitor, unsigned parts)
{
    monitor->unread |= parts;
    monitor->pending |= parts;
    if (monitor->pending && !wsd__timer_armed(&monitor->tell) &&
        wsd__timer_start(monitor->context, &monitor->tell, 0, tell, monitor) < 0)
        wsd__log(monitor->context, WSD_LOG_ERROR, "%s: a change could not be told: out of memory",
                 monitor->service);
}

static bool failed(const struct wsd_scan_monitor *monitor)
{
    for (int i = 0; i < READS; i++)
        if (monitor->readings[i].failed)
            return true;
    return false;
}

static void connection_update(struct wsd_scan_monitor *monitor)
{
    enum wsd_scan_monitor_connection now = failed(monitor)        ? WSD_MONITOR_UNREACHABLE
                                           : !monitor->known_once ? WSD_MONITOR_CONNECTING
                                           : monitor->live        ? WSD_MONITOR_LIVE
                                                                  : WSD_MONITOR_POLLED;

    if (now == monitor->connection)
        return;
    monitor->connection = now;
    changed(monitor, WSD_MONITOR_CONNECTION);
}

/* -- readings -----------------------------------------------------------------------------------
 */

static void read_on(struct wsd_scan_monitor *monitor);

static void want_all(struct wsd_scan_monitor *monitor)
{
    for (int i = 0; i < READS; i++)
        monitor->readings[i].wanted = true;
}

/* One that is under way is as good as a new one. */
static void poll_due(void *user)
{
    struct wsd_scan_monitor *monitor = user;

    for (int i = 0; i < READS; i++)
        if (!monitor->readings[i].call)
            monitor->readings[i].wanted = true;
    read_on(monitor);
}

static void poll_later(struct wsd_scan_monitor *monitor)
{
    if (wsd__timer_start(monitor->context, &monitor->poll, monitor->options.poll_interval, poll_due,
                         monitor) < 0)
        wsd__log(monitor->context, WSD_LOG_ERROR, "%s: cannot be read again: out of memory",
                 monitor->service);
}

/* A scanner need not keep lists of jobs; the rest is worth showing without them. */
static int take_nothing(struct wsd_scan_monitor *monitor, int which)
{
    const struct wsd_scan_get_active_jobs_response no_jobs = {0};
    const struct wsd_scan_get_job_history_response no_history = {0};

    return which == READ_JOBS ? wsd__scan_known_jobs(&monitor->known, &no_jobs)
                              : wsd__scan_known_history(&monitor->known, &no_history);
}

static int take(struct wsd_scan_monitor *monitor, int which, const void *result)
{
    switch (which) {
    case READ_ELEMENTS:
        return wsd__scan_known_elements(&monitor->known, result);
    case READ_JOBS:
        return wsd__scan_known_jobs(&monitor->known, result);
    default:
        return wsd__scan_known_history(&monitor->known, result);
    }
}

static void reading_failed(struct reading *reading, const struct wsd_error *error)
{
    reading->failed = true;
    reading->monitor->read_error = *error;
}

/* What a reading brought counts, and no other is to be made at once. */
static void read_ended(struct reading *reading, int status, const void *result,
                       const struct wsd_error *error)
{
    struct wsd_scan_monitor *monitor = reading->monitor;
    int which = (int)(reading - monitor->readings), r = status;
    struct wsd_error no_memory = {0};

    reading->again = 0;
    reading->wanted = false;
    if (status == 0)
        r = take(monitor, which, result);
    else if (status == WSD_E_FAULT && which != READ_ELEMENTS)
        r = take_nothing(monitor, which);
    if (r < 0 && r != status)
        error = (wsd__error(&no_memory, r, NULL), &no_memory);
    reading->failed = false;
    if (r < 0) {
        reading_failed(reading, error);
        return;
    }
    if (which == READ_ELEMENTS)
        monitor->known_once = true;
    if (r > 0)
        changed(monitor, (unsigned)r);
}

static void read_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct reading *reading = user;
    struct wsd_scan_monitor *monitor = reading->monitor;

    reading->call = NULL;
    if (reading->wanted && reading->again < REREADS && status != WSD_E_CANCELLED)
        reading->again++;
    else
        read_ended(reading, status, result, error);
    wsd_free(result);
    connection_update(monitor);
    if (failed(monitor) || !monitor->live)
        poll_later(monitor);
    else
        wsd__timer_stop(&monitor->poll);
    if (status != WSD_E_CANCELLED)
        read_on(monitor);
}

static int read_start(struct wsd_scan_monitor *monitor, int which, struct wsd_error *error)
{
    struct reading *reading = &monitor->readings[which];
    const struct wsd_request_options *request = monitor->options.request;

    switch (which) {
    case READ_ELEMENTS:
        return wsd_get_scanner_elements_start(monitor->context, monitor->service,
                                              WSD_SCAN_ALL_PARTS, request, read_done, reading,
                                              &reading->call, error);
    case READ_JOBS:
        return wsd_get_active_jobs_start(monitor->context, monitor->service, request, read_done,
                                         reading, &reading->call, error);
    default:
        return wsd_get_job_history_start(monitor->context, monitor->service, request, read_done,
                                         reading, &reading->call, error);
    }
}

static void read_on(struct wsd_scan_monitor *monitor)
{
    for (int i = 0; i < READS; i++) {
        struct reading *reading = &monitor->readings[i];
        struct wsd_error error = {0};

        if (!reading->wanted || reading->call)
            continue;
        reading->wanted = false;
        if (read_start(monitor, i, &error) == 0)
            continue;
        reading_failed(reading, &error);
        connection_update(monitor);
        poll_later(monitor);
    }
}

/* -- events -------------------------------------------------------------------------------------
 */

static int reading_of(const struct wsd_scan_event *event)
{
    if (event->job)
        return READ_JOBS;
    return event->job_end ? READ_HISTORY : READ_ELEMENTS;
}

/* An event came while it may be under way; or the event is lost, and it is to be made. */
static void overtaken(struct reading *reading, bool lost)
{
    if (reading->call || lost)
        reading->wanted = true;
}

static void on_event(void *user, const struct wsd_scan_event *event)
{
    struct wsd_scan_monitor *monitor = user;
    bool unknown_job = false;
    int parts = wsd__scan_known_event(&monitor->known, event, &unknown_job);

    overtaken(&monitor->readings[reading_of(event)], parts < 0);
    if (event->job_end)
        overtaken(&monitor->readings[READ_JOBS], parts < 0);
    if (unknown_job)
        monitor->readings[READ_JOBS].wanted = true;
    if (parts > 0)
        changed(monitor, (unsigned)parts);
    read_on(monitor);
}

static void on_subscription(void *user, enum wsd_subscription_state state,
                            const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct wsd_scan_monitor *monitor = user;

    (void)subscribed;
    monitor->live = state == WSD_SUBSCRIPTION_ACTIVE;
    monitor->no_events = error ? *error : (struct wsd_error){0};
    if (monitor->live)
        wsd__timer_stop(&monitor->poll);
    want_all(monitor);
    read_on(monitor);
    connection_update(monitor);
}

/* -- the object ---------------------------------------------------------------------------------
 */

static int subscribe(struct wsd_scan_monitor *monitor, struct wsd_sink *sink,
                     struct wsd_error *reterr)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;

    options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
    options.request = monitor->options.request;
    options.event = on_event;
    options.changed = on_subscription;
    options.user = monitor;
    return wsd_scan_subscribe(sink, monitor->service, &options, &monitor->subscription, reterr);
}

int wsd_scan_monitor_new(struct wsd_sink *sink, const char *service,
                         const struct wsd_scan_monitor_options *options,
                         struct wsd_scan_monitor **ret_monitor, struct wsd_error *reterr)
{
    struct wsd_scan_monitor *monitor;

    if (!service || !*service)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the scan service is missing");
    monitor = calloc(1, sizeof *monitor);
    if (!monitor)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    monitor->context = sink->context;
    WSD__OPTIONS_TAKE(monitor->options, options);
    if (monitor->options.poll_interval == 0)
        monitor->options.poll_interval = POLL_INTERVAL;
    else if (monitor->options.poll_interval < MIN_POLL_INTERVAL)
        monitor->options.poll_interval = MIN_POLL_INTERVAL;
    for (int i = 0; i < READS; i++)
        monitor->readings[i].monitor = monitor;
    monitor->service = strdup(service);
    int r = monitor->service ? subscribe(monitor, sink, reterr)
                             : wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    if (r < 0) {
        wsd_scan_monitor_free(monitor);
        return r;
    }
    *ret_monitor = monitor;
    return 0;
}

/* What is still asked where it was does not count any more. */
static void forget_readings(struct wsd_scan_monitor *monitor)
{
    for (int i = 0; i < READS; i++) {
        wsd__call_forget(monitor->readings[i].call);
        monitor->readings[i].call = NULL;
    }
}

void wsd_scan_monitor_free(struct wsd_scan_monitor *monitor)
{
    if (!monitor)
        return;
    wsd__timer_stop(&monitor->tell);
    wsd__timer_stop(&monitor->poll);
    wsd_subscription_free(monitor->subscription);
    forget_readings(monitor);
    wsd__scan_known_free(&monitor->known);
    free(monitor->service);
    free(monitor);
}

enum wsd_scan_monitor_connection wsd_scan_monitor_connection(const struct wsd_scan_monitor *monitor)
{
    return monitor->connection;
}

const struct wsd_error *wsd_scan_monitor_error(const struct wsd_scan_monitor *monitor)
{
    if (monitor->connection == WSD_MONITOR_UNREACHABLE)
        return &monitor->read_error;
    return monitor->connection == WSD_MONITOR_POLLED && monitor->no_events.code < 0
               ? &monitor->no_events
               : NULL;
}

int wsd_scan_monitor_restart(struct wsd_scan_monitor *monitor, const char *service,
                             struct wsd_error *reterr)
{
    char *copy = NULL;

    if (service && strcmp(service, monitor->service) != 0) {
        copy = strdup(service);
        if (!copy)
            return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    int r = wsd_subscription_restart(monitor->subscription, service, reterr);
    if (r < 0) {
        free(copy);
        return r;
    }
    if (copy) {
        free(monitor->service);
        monitor->service = copy;
        forget_readings(monitor);
    }
    /* A subscription that fails once more does not say so. */
    if (!monitor->live &&
        wsd_subscription_state(monitor->subscription) != WSD_SUBSCRIPTION_STARTING) {
        want_all(monitor);
        read_on(monitor);
    }
    return 0;
}

/* -- what it knows ------------------------------------------------------------------------------
 */

static void mark_read(struct wsd_scan_monitor *monitor, unsigned part)
{
    monitor->unread &= ~part;
}

const struct wsd_scan_description *wsd_scan_monitor_description(struct wsd_scan_monitor *monitor)
{
    mark_read(monitor, WSD_MONITOR_DESCRIPTION);
    return monitor->known.description;
}

const struct wsd_scan_configuration *
wsd_scan_monitor_configuration(struct wsd_scan_monitor *monitor)
{
    mark_read(monitor, WSD_MONITOR_CONFIGURATION);
    return monitor->known.configuration;
}

const struct wsd_scan_ticket *wsd_scan_monitor_default_ticket(struct wsd_scan_monitor *monitor)
{
    mark_read(monitor, WSD_MONITOR_DEFAULT_TICKET);
    return monitor->known.default_ticket;
}

const struct wsd_scan_status *wsd_scan_monitor_status(struct wsd_scan_monitor *monitor)
{
    mark_read(monitor, WSD_MONITOR_STATUS);
    return monitor->known.status;
}

const struct wsd_scan_condition *wsd_scan_monitor_conditions(struct wsd_scan_monitor *monitor,
                                                             size_t *ret_n_conditions)
{
    const struct wsd_scan_status *status = monitor->known.status;

    mark_read(monitor, WSD_MONITOR_CONDITIONS);
    *ret_n_conditions = status ? status->n_active_conditions : 0;
    return status ? status->active_conditions : NULL;
}

const struct wsd_scan_job_summary *wsd_scan_monitor_jobs(struct wsd_scan_monitor *monitor,
                                                         size_t *ret_n_jobs)
{
    mark_read(monitor, WSD_MONITOR_JOBS);
    *ret_n_jobs = monitor->known.jobs ? monitor->known.jobs->n_active_jobs : 0;
    return monitor->known.jobs ? monitor->known.jobs->active_jobs : NULL;
}

const struct wsd_scan_job_summary *wsd_scan_monitor_history(struct wsd_scan_monitor *monitor,
                                                            size_t *ret_n_jobs)
{
    mark_read(monitor, WSD_MONITOR_HISTORY);
    *ret_n_jobs = monitor->known.history ? monitor->known.history->n_job_history : 0;
    return monitor->known.history ? monitor->known.history->job_history : NULL;
}

bool wsd_scan_monitor_description_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_DESCRIPTION;
}

bool wsd_scan_monitor_configuration_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_CONFIGURATION;
}

bool wsd_scan_monitor_default_ticket_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_DEFAULT_TICKET;
}

bool wsd_scan_monitor_status_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_STATUS;
}

bool wsd_scan_monitor_conditions_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_CONDITIONS;
}

bool wsd_scan_monitor_jobs_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_JOBS;
}

bool wsd_scan_monitor_history_has_changed(const struct wsd_scan_monitor *monitor)
{
    return monitor->unread & WSD_MONITOR_HISTORY;
}
