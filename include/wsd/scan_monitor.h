/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The monitor of a scanner: all that can be read of it, kept true by its events.
 */
#ifndef WSD_SCAN_MONITOR_H
#define WSD_SCAN_MONITOR_H

#include <wsd/eventing.h>
#include <wsd/scan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A scanner as it is now: first read, then kept true by its events. */
struct wsd_scan_monitor;

/** Parts of a monitor, to be or-ed. */
enum wsd_scan_monitor_part {
    WSD_MONITOR_DESCRIPTION = 1,
    WSD_MONITOR_CONFIGURATION = 2,
    WSD_MONITOR_DEFAULT_TICKET = 4,
    WSD_MONITOR_STATUS = 8, /**< state and its reasons */
    WSD_MONITOR_CONDITIONS = 16,
    WSD_MONITOR_JOBS = 32,       /**< active jobs */
    WSD_MONITOR_HISTORY = 64,    /**< jobs that are over */
    WSD_MONITOR_CONNECTION = 128 /**< how it is known: wsd_scan_monitor_connection() */
};

/** How a monitor knows what it knows. */
enum wsd_scan_monitor_connection {
    WSD_MONITOR_CONNECTING, /**< nothing has been read yet */
    WSD_MONITOR_LIVE,       /**< by events */
    WSD_MONITOR_POLLED,     /**< the scanner has no events: read anew each poll_interval */
    WSD_MONITOR_UNREACHABLE /**< it does not answer; what is shown is from before */
};

/** Options of a monitor. Start from WSD_SCAN_MONITOR_OPTIONS_INIT. */
struct wsd_scan_monitor_options {
    size_t size;
    uint32_t poll_interval;                    /**< milliseconds, default 60000, least 5000 */
    const struct wsd_request_options *request; /**< must outlive the monitor; NULL: defaults */
    /** Some of the parts changed (or-ed). From the loop. May be NULL. */
    void (*changed)(void *user, struct wsd_scan_monitor *monitor, unsigned parts);
    void *user;
};

#define WSD_SCAN_MONITOR_OPTIONS_INIT                                                              \
    {                                                                                              \
        .size = sizeof(struct wsd_scan_monitor_options)                                            \
    }

/** Begins to watch the scanner whose scan service is at @p service. Many may share a sink. */
WSD_API int wsd_scan_monitor_new(struct wsd_sink *sink, const char *service,
                                 const struct wsd_scan_monitor_options *options,
                                 struct wsd_scan_monitor **ret_monitor, struct wsd_error *reterr);
/** Unsubscribes and frees it, before the sink and the context; see wsd_subscription_free(). Allowed
 *  inside its callback. NULL is fine. */
WSD_API void wsd_scan_monitor_free(struct wsd_scan_monitor *monitor);
/** The device was restarted or moved; as wsd_subscription_restart(). */
WSD_API int wsd_scan_monitor_restart(struct wsd_scan_monitor *monitor, const char *service,
                                     struct wsd_error *reterr);
/** How it is known. */
WSD_API enum wsd_scan_monitor_connection
wsd_scan_monitor_connection(const struct wsd_scan_monitor *monitor);
/** Why it is UNREACHABLE (the reading that failed last), or why there are no events if it is
 * POLLED; NULL otherwise. Valid until the next dispatch. */
WSD_API const struct wsd_error *wsd_scan_monitor_error(const struct wsd_scan_monitor *monitor);

/* What it knows; NULL while unknown. Valid until the next dispatch of the context. Reading a part
 * by one of these calls makes its ..._has_changed() false. */
/** ScannerDescription. */
WSD_API const struct wsd_scan_description *
wsd_scan_monitor_description(struct wsd_scan_monitor *monitor);
/** ScannerConfiguration. */
WSD_API const struct wsd_scan_configuration *
wsd_scan_monitor_configuration(struct wsd_scan_monitor *monitor);
/** DefaultScanTicket. */
WSD_API const struct wsd_scan_ticket *
wsd_scan_monitor_default_ticket(struct wsd_scan_monitor *monitor);
/** ScannerStatus: state and reasons by events, the conditions as of now. */
WSD_API const struct wsd_scan_status *wsd_scan_monitor_status(struct wsd_scan_monitor *monitor);
/** Active conditions, as in the status, at most 64. */
WSD_API const struct wsd_scan_condition *
wsd_scan_monitor_conditions(struct wsd_scan_monitor *monitor, size_t *ret_n_conditions);
/** Active jobs, at most 64. */
WSD_API const struct wsd_scan_job_summary *wsd_scan_monitor_jobs(struct wsd_scan_monitor *monitor,
                                                                 size_t *ret_n_jobs);
/** Jobs that are over, newest first, at most 64. */
WSD_API const struct wsd_scan_job_summary *
wsd_scan_monitor_history(struct wsd_scan_monitor *monitor, size_t *ret_n_jobs);

/* True if the part changed since it was last read by the call above. */
/** Of wsd_scan_monitor_description(). */
WSD_API bool wsd_scan_monitor_description_has_changed(const struct wsd_scan_monitor *monitor);
/** Of wsd_scan_monitor_configuration(). */
WSD_API bool wsd_scan_monitor_configuration_has_changed(const struct wsd_scan_monitor *monitor);
/** Of wsd_scan_monitor_default_ticket(). */
WSD_API bool wsd_scan_monitor_default_ticket_has_changed(const struct wsd_scan_monitor *monitor);
/** Of wsd_scan_monitor_status(). */
WSD_API bool wsd_scan_monitor_status_has_changed(const struct wsd_scan_monitor *monitor);
/** Of wsd_scan_monitor_conditions(). */
WSD_API bool wsd_scan_monitor_conditions_has_changed(const struct wsd_scan_monitor *monitor);
/** Of wsd_scan_monitor_jobs(). */
WSD_API bool wsd_scan_monitor_jobs_has_changed(const struct wsd_scan_monitor *monitor);
/** Of wsd_scan_monitor_history(). */
WSD_API bool wsd_scan_monitor_history_has_changed(const struct wsd_scan_monitor *monitor);

#ifdef __cplusplus
}
#endif
#endif
