/* SPDX-License-Identifier: MIT */
#include "scan/monitor_state.h"

#include <string.h>

#include "core/limits.h"
#include "scan/schema.h"

/* Puts a copy of value in the place of *place unless both are the same. Returns part, 0 or a
 * negative code. */
static int replace(void *place, const struct wsd_type *type, const void *value, int part)
{
    const void *old, *copy = NULL;

    memcpy(&old, place, sizeof old);
    if (old && wsd_equal(type, old, value))
        return 0;
    int r = wsd_copy(type, value, &copy, NULL);
    if (r < 0)
        return r;
    memcpy(place, &copy, sizeof copy);
    wsd_free(old);
    return part;
}

/* The union of two answers, or the first failure. */
static int both(int a, int b)
{
    return a < 0 ? a : b < 0 ? b : a | b;
}

/* -- the status ---------------------------------------------------------------------------------
 */

static bool conditions_same(const struct wsd_scan_status *a, const struct wsd_scan_status *b)
{
    if (!a || a->n_active_conditions != b->n_active_conditions)
        return false;
    for (size_t i = 0; i < a->n_active_conditions; i++)
        if (!wsd_equal(&wsd__type_scan_condition, &a->active_conditions[i],
                       &b->active_conditions[i]))
            return false;
    return true;
}

/* Its clock runs on without anything having changed. */
static int status_replace(struct wsd__scan_known *known, const struct wsd_scan_status *status)
{
    int conditions =
        conditions_same(known->status, status) ? 0 : WSD_MONITOR_CONDITIONS | WSD_MONITOR_STATUS;
    struct wsd_scan_status same_time = *status;

    if (known->status) {
        same_time.scanner_current_time = known->status->scanner_current_time;
        if (wsd_equal(&wsd__type_scan_status, known->status, &same_time))
            return 0;
    }
    int r = replace(&known->status, &wsd__type_scan_status, status, WSD_MONITOR_STATUS);
    return r < 0 ? r : r | conditions;
}

static int summary(struct wsd__scan_known *known, const struct wsd_scan_status_summary *event)
{
    struct wsd_scan_status status = *known->status;

    status.scanner_state = event->scanner_state;
    status.scanner_state_reasons = event->scanner_state_reasons;
    status.n_scanner_state_reasons = event->n_scanner_state_reasons;
    return status_replace(known, &status);
}

/* A condition is known by its id; one that comes again under an old id takes the old one's place.
 */
static int condition(struct wsd__scan_known *known, const struct wsd_scan_condition *event)
{
    struct wsd_scan_status status = *known->status;
    struct wsd_scan_condition list[WSD_MAX_MONITOR_ITEMS];
    size_t n = 0, place;

    for (; n < status.n_active_conditions && n < WSD_MAX_MONITOR_ITEMS; n++)
        list[n] = status.active_conditions[n];
    for (place = 0; place < n && list[place].id != event->id;)
        place++;
    if (place == WSD_MAX_MONITOR_ITEMS)
        return 0;
    list[place] = *event;
    status.active_conditions = list;
    status.n_active_conditions = place == n ? n + 1 : n;
    return status_replace(known, &status);
}

static int cleared(struct wsd__scan_known *known, const struct wsd_scan_condition_cleared *event)
{
    struct wsd_scan_status status = *known->status;
    struct wsd_scan_condition active[WSD_MAX_MONITOR_ITEMS], past[WSD_MAX_MONITOR_ITEMS];
    size_t n_active = 0, n_past = 0;

    for (size_t i = 0; i < status.n_active_conditions && i < WSD_MAX_MONITOR_ITEMS; i++) {
        if (status.active_conditions[i].id != event->condition_id) {
            active[n_active++] = status.active_conditions[i];
        } else {
            past[n_past] = status.active_conditions[i];
            past[n_past++].clear_time = &event->condition_clear_time;
        }
    }
    if (n_past == 0)
        return 0;
    for (size_t i = 0; i < status.n_condition_history && n_past < WSD_MAX_MONITOR_ITEMS; i++)
        past[n_past++] = status.condition_history[i];
    status.active_conditions = active;
    status.n_active_conditions = n_active;
    status.condition_history = past;
    status.n_condition_history = n_past;
    return status_replace(known, &status);
}

/* -- jobs ---------------------------------------------------------------------------------------
 */

static size_t job_find(const struct wsd_scan_job_summary *jobs, size_t n_jobs, int32_t id)
{
    size_t i = 0;

    while (i < n_jobs && jobs[i].job_id != id)
        i++;
    return i;
}

static size_t jobs_but(const struct wsd_scan_job_summary *jobs, size_t n_jobs, int32_t id,
                       struct wsd_scan_job_summary *to, size_t n)
{
    for (size_t i = 0; i < n_jobs && n < WSD_MAX_MONITOR_ITEMS; i++)
        if (jobs[i].job_id != id)
            to[n++] = jobs[i];
    return n;
}

static int job(struct wsd__scan_known *known, const struct wsd_scan_job_status *event,
               bool *ret_unknown)
{
    struct wsd_scan_get_active_jobs_response jobs = *known->jobs;
    struct wsd_scan_job_summary list[WSD_MAX_MONITOR_ITEMS];
    size_t place;

    jobs.n_active_jobs = jobs_but(jobs.active_jobs, jobs.n_active_jobs, 0, list, 0);
    place = job_find(list, jobs.n_active_jobs, event->job_id);
    if (place == jobs.n_active_jobs) {
        /* One that is over may be told of once more. */
        *ret_unknown =
            !known->history || job_find(known->history->job_history, known->history->n_job_history,
                                        event->job_id) == known->history->n_job_history;
        return 0;
    }
    list[place].job_state = event->job_state;
    list[place].job_state_reasons = event->job_state_reasons;
    list[place].n_job_state_reasons = event->n_job_state_reasons;
    list[place].scans_completed = event->scans_completed;
    jobs.active_jobs = list;
    return replace(&known->jobs, &wsd__type_scan_get_active_jobs_response, &jobs, WSD_MONITOR_JOBS);
}

/* The words of JobCompletedState are words of JobState as well. */
static struct wsd_token job_state_of(struct wsd_token completed)
{
    static const int states[] = {
        [WSD_SCAN_JOB_COMPLETED_STATE_ABORTED] = WSD_SCAN_JOB_STATE_ABORTED,
        [WSD_SCAN_JOB_COMPLETED_STATE_CANCELED] = WSD_SCAN_JOB_STATE_CANCELED,
        [WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED] = WSD_SCAN_JOB_STATE_COMPLETED,
        [WSD_SCAN_JOB_COMPLETED_STATE_TERMINATING] = WSD_SCAN_JOB_STATE_TERMINATING,
    };
    bool known = completed.value > 0 && (size_t)completed.value < sizeof states / sizeof *states;

    return (struct wsd_token){.value = known ? states[completed.value] : 0, .text = completed.text};
}

static int job_end(struct wsd__scan_known *known, const struct wsd_scan_job_end_state *event)
{
    struct wsd_scan_get_active_jobs_response jobs = *known->jobs;
    struct wsd_scan_get_job_history_response history = {0};
    struct wsd_scan_job_summary active[WSD_MAX_MONITOR_ITEMS], past[WSD_MAX_MONITOR_ITEMS];

    jobs.n_active_jobs = jobs_but(jobs.active_jobs, jobs.n_active_jobs, event->job_id, active, 0);
    jobs.active_jobs = active;
    past[0] =
        (struct wsd_scan_job_summary){.job_id = event->job_id,
                                      .job_name = event->job_name,
                                      .job_originating_user_name = event->job_originating_user_name,
                                      .job_state = job_state_of(event->job_completed_state),
                                      .job_state_reasons = event->job_completed_state_reasons,
                                      .n_job_state_reasons = event->n_job_completed_state_reasons,
                                      .scans_completed = event->scans_completed};
    history.n_job_history = 1;
    if (known->history)
        history.n_job_history = jobs_but(known->history->job_history, known->history->n_job_history,
                                         event->job_id, past, 1);
    history.job_history = past;
    return both(
        replace(&known->jobs, &wsd__type_scan_get_active_jobs_response, &jobs, WSD_MONITOR_JOBS),
        replace(&known->history, &wsd__type_scan_get_job_history_response, &history,
                WSD_MONITOR_HISTORY));
}

/* -- what was read and what was told ------------------------------------------------------------
 */

static int sections(struct wsd__scan_known *known, const struct wsd_scan_description *description,
                    const struct wsd_scan_configuration *configuration,
                    const struct wsd_scan_ticket *ticket)
{
    int r = 0;

    if (description)
        r = both(r, replace(&known->description, &wsd__type_scan_description, description,
                            WSD_MONITOR_DESCRIPTION));
    if (configuration)
        r = both(r, replace(&known->configuration, &wsd__type_scan_configuration, configuration,
                            WSD_MONITOR_CONFIGURATION));
    if (ticket)
        r = both(r, replace(&known->default_ticket, &wsd__type_scan_default_ticket, ticket,
                            WSD_MONITOR_DEFAULT_TICKET));
    return r;
}

int wsd__scan_known_elements(struct wsd__scan_known *known,
                             const struct wsd_scan_get_scanner_elements_response *read)
{
    int r = 0;

    for (size_t i = 0; i < read->n_scanner_elements; i++) {
        const struct wsd_scan_scanner_element_data *data = &read->scanner_elements[i];

        if (!data->valid)
            continue;
        r = both(r, sections(known, data->scanner_description, data->scanner_configuration,
                             data->default_scan_ticket));
        if (data->scanner_status)
            r = both(r, status_replace(known, data->scanner_status));
    }
    return r;
}

int wsd__scan_known_jobs(struct wsd__scan_known *known,
                         const struct wsd_scan_get_active_jobs_response *read)
{
    return replace(&known->jobs, &wsd__type_scan_get_active_jobs_response, read, WSD_MONITOR_JOBS);
}

int wsd__scan_known_history(struct wsd__scan_known *known,
                            const struct wsd_scan_get_job_history_response *read)
{
    struct wsd_scan_get_job_history_response bounded = *read;

    if (bounded.n_job_history > WSD_MAX_MONITOR_ITEMS)
        bounded.n_job_history = WSD_MAX_MONITOR_ITEMS;
    return replace(&known->history, &wsd__type_scan_get_job_history_response, &bounded,
                   WSD_MONITOR_HISTORY);
}

int wsd__scan_known_event(struct wsd__scan_known *known, const struct wsd_scan_event *event,
                          bool *ret_unknown)
{
    *ret_unknown = false;
    if (event->elements)
        return sections(known, event->elements->scanner_description,
                        event->elements->scanner_configuration,
                        event->elements->default_scan_ticket);
    if (known->status && event->summary)
        return summary(known, event->summary);
    if (known->status && event->condition)
        return condition(known, event->condition);
    if (known->status && event->cleared)
        return cleared(known, event->cleared);
    if (known->jobs && event->job)
        return job(known, event->job, ret_unknown);
    if (known->jobs && event->job_end)
        return job_end(known, event->job_end);
    return 0;
}

void wsd__scan_known_free(struct wsd__scan_known *known)
{
    wsd_free(known->description);
    wsd_free(known->configuration);
    wsd_free(known->default_ticket);
    wsd_free(known->status);
    wsd_free(known->jobs);
    wsd_free(known->history);
    *known = (struct wsd__scan_known){0};
}
