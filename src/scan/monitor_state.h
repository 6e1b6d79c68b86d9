/* SPDX-License-Identifier: MIT */
/*
 * What a monitor knows of its scanner, and what an event makes of it. No I/O here.
 *
 * Each part is a whole message of its table, and what changes it builds the next one out of the
 * last and of the event, copies it and drops the last. So there is one way in for what was read and
 * for what was told.
 */
#ifndef WSD_SCAN_MONITOR_STATE_H
#define WSD_SCAN_MONITOR_STATE_H

#include <wsd/scan_events.h>
#include <wsd/scan_monitor.h>

struct wsd__scan_known {
    const struct wsd_scan_description *description;
    const struct wsd_scan_configuration *configuration;
    const struct wsd_scan_ticket *default_ticket;
    const struct wsd_scan_status *status; /* conditions and their history included */
    const struct wsd_scan_get_active_jobs_response *jobs;
    const struct wsd_scan_get_job_history_response *history; /* newest first */
};

/* Each returns which parts (enum wsd_scan_monitor_part) changed, or a negative code
 * (WSD_E_NO_MEMORY: nothing changed). */
int wsd__scan_known_elements(struct wsd__scan_known *known,
                             const struct wsd_scan_get_scanner_elements_response *read);
int wsd__scan_known_jobs(struct wsd__scan_known *known,
                         const struct wsd_scan_get_active_jobs_response *read);
int wsd__scan_known_history(struct wsd__scan_known *known,
                            const struct wsd_scan_get_job_history_response *read);
/* *ret_unknown: the event names a job that is not known; the list must be read. */
int wsd__scan_known_event(struct wsd__scan_known *known, const struct wsd_scan_event *event,
                          bool *ret_unknown);
void wsd__scan_known_free(struct wsd__scan_known *known);

#endif
