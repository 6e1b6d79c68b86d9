/* SPDX-License-Identifier: MIT */
#include "scan/monitor_state.h"

#include <string.h>

#include "core/limits.h"
#include "scan/schema.h"

/* One part and what is to stand there. */
struct change {
    void *place; /* of the pointer */
    const struct wsd_type *type;
    const void *value; /* NULL: stays */
    int parts;
    const void *copy;
};

/* Puts copies of the values in their places, all or none. Returns the parts that are not what they
 * were, or a negative code. */
static int replace(struct change *changes, size_t n)
{
    const void *old;
    int r = 0, parts = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        memcpy(&old, changes[i].place, sizeof old);
        changes[i].copy = NULL;
        if (changes[i].value && !(old && wsd_equal(changes[i].type, old, changes[i].value)))
            r = wsd_copy(changes[i].type, changes[i].value, &changes[i].copy, NULL);
        else
            changes[i].value = NULL;
        if (r < 0)
            n = i; /* those before it have copies */
    }
    for (size_t i = 0; i < n; i++) {
        if (!changes[i].value)
            continue;
        if (r < 0) {
            wsd_free(changes[i].copy);
            continue;
        }
        memcpy(&old, changes[i].place, sizeof old);
        memcpy(changes[i].place, &changes[i].copy, sizeof old);
        wsd_free(old);
        parts |= changes[i].parts;
    }
    return r < 0 ? r : parts;
}

static size_t bounded(size_t n)
{
    return n < WSD_MAX_MONITOR_ITEMS ? n : WSD_MAX_MONITOR_ITEMS;
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
static struct change status_change(struct wsd__scan_known *known,
                                   const struct wsd_scan_status *status)
{
    struct change change = {&known->status, &wsd__type_scan_status, status, WSD_MONITOR_STATUS,
                            NULL};
    struct wsd_scan_status same_time = *status;

    if (!conditions_same(known->status, status))
        change.parts |= WSD_MONITOR_CONDITIONS;
    if (!known->status)
        return change;
    same_time.scanner_current_time = known->status->scanner_current_time;
    if (wsd_equal(&wsd__type_scan_status, known->status, &same_time))
        change.value = NULL;
    return change;
}

static int status_replace(struct wsd__scan_known *known, const struct wsd_scan_status *status)
{
    struct change change = status_change(known, status);

    return replace(&change, 1);
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

static struct change jobs_change(struct wsd__scan_known *known,
                                 const struct wsd_scan_get_active_jobs_response *jobs)
{
    return (struct change){&known->jobs, &wsd__type_scan_get_active_jobs_response, jobs,
                           WSD_MONITOR_JOBS, NULL};
}

static struct change history_change(struct wsd__scan_known *known,
                                    const struct wsd_scan_get_job_history_response *history)
{
    return (struct change){&known->history, &wsd__type_scan_get_job_history_response, history,
                           WSD_MONITOR_HISTORY, NULL};
}

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
    struct change change = jobs_change(known, &jobs);
    size_t place = job_find(jobs.active_jobs, jobs.n_active_jobs, event->job_id);

    if (place == jobs.n_active_jobs) {
        /* One that is over may be told of once more. */
        *ret_unknown =
            !known->history || job_find(known->history->job_history, known->history->n_job_history,
                                        event->job_id) == known->history->n_job_history;
        return 0;
    }
    for (size_t i = 0; i < jobs.n_active_jobs; i++)
        list[i] = jobs.active_jobs[i];
    list[place].job_state = event->job_state;
    list[place].job_state_reasons = event->job_state_reasons;
    list[place].n_job_state_reasons = event->n_job_state_reasons;
    list[place].scans_completed = event->scans_completed;
    jobs.active_jobs = list;
    return replace(&change, 1);
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
    struct change changes[] = {jobs_change(known, &jobs), history_change(known, &history)};

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
    return replace(changes, 2);
}

/* -- what was read and what was told ------------------------------------------------------------
 */

enum { DESCRIPTION, CONFIGURATION, TICKET, SECTIONS };

static void sections(struct wsd__scan_known *known, struct change changes[SECTIONS])
{
    changes[DESCRIPTION] = (struct change){&known->description, &wsd__type_scan_description, NULL,
                                           WSD_MONITOR_DESCRIPTION, NULL};
    changes[CONFIGURATION] = (struct change){&known->configuration, &wsd__type_scan_configuration,
                                             NULL, WSD_MONITOR_CONFIGURATION, NULL};
    changes[TICKET] = (struct change){&known->default_ticket, &wsd__type_scan_default_ticket, NULL,
                                      WSD_MONITOR_DEFAULT_TICKET, NULL};
}

int wsd__scan_known_elements(struct wsd__scan_known *known,
                             const struct wsd_scan_get_scanner_elements_response *read)
{
    struct change changes[SECTIONS + 1];
    struct wsd_scan_status status;
    size_t n = SECTIONS;

    sections(known, changes);
    for (size_t i = 0; i < read->n_scanner_elements; i++) {
        const struct wsd_scan_scanner_element_data *data = &read->scanner_elements[i];

        if (!data->valid)
            continue;
        if (data->scanner_description)
            changes[DESCRIPTION].value = data->scanner_description;
        if (data->scanner_configuration)
            changes[CONFIGURATION].value = data->scanner_configuration;
        if (data->default_scan_ticket)
            changes[TICKET].value = data->default_scan_ticket;
        if (data->scanner_status) {
            status = *data->scanner_status;
            status.n_active_conditions = bounded(status.n_active_conditions);
            status.n_condition_history = bounded(status.n_condition_history);
            changes[SECTIONS] = status_change(known, &status);
            n = SECTIONS + 1;
        }
    }
    return replace(changes, n);
}

static int elements_told(struct wsd__scan_known *known,
                         const struct wsd_scan_element_changes *event)
{
    struct change changes[SECTIONS];

    sections(known, changes);
    changes[DESCRIPTION].value = event->scanner_description;
    changes[CONFIGURATION].value = event->scanner_configuration;
    changes[TICKET].value = event->default_scan_ticket;
    return replace(changes, SECTIONS);
}

int wsd__scan_known_jobs(struct wsd__scan_known *known,
                         const struct wsd_scan_get_active_jobs_response *read)
{
    struct wsd_scan_get_active_jobs_response few = *read;
    struct change change = jobs_change(known, &few);

    few.n_active_jobs = bounded(few.n_active_jobs);
    return replace(&change, 1);
}

int wsd__scan_known_history(struct wsd__scan_known *known,
                            const struct wsd_scan_get_job_history_response *read)
{
    struct wsd_scan_get_job_history_response few = *read;
    struct change change = history_change(known, &few);

    few.n_job_history = bounded(few.n_job_history);
    return replace(&change, 1);
}

int wsd__scan_known_event(struct wsd__scan_known *known, const struct wsd_scan_event *event,
                          bool *ret_unknown)
{
    *ret_unknown = false;
    if (event->elements)
        return elements_told(known, event->elements);
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
