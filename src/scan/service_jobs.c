/* SPDX-License-Identifier: MIT */
/*
 * The life of a scan job (WS-Scan 3.1, 3.3, 3.6, 3.7 and 6).
 *
 * One job at a time: while one is active the next CreateScanJob is refused, which S 3.2 allows and
 * clients expect of a scanner. A job that nobody picks up ends by itself after a minute. A job that
 * is ended while its image is under way is Terminating until that transfer has been cut.
 *
 * Every change of a job passes through job_changed(), where its events come from.
 * Cost: an arena per job, with a copy of its ticket, for as long as the history remembers it.
 */
#include "scan/service_parts.h"

#include <stdio.h>
#include <string.h>

/* -- states -------------------------------------------------------------------------------------
 */

static const char *word(const struct wsd__enum *words, int value)
{
    struct wsd_token token = {.value = value};

    return wsd__scan_word(words, &token);
}

/* The one place through which each change of a job's state, reason or count goes. */
static void job_changed(struct wsd__scan_job *job)
{
    wsd__log(job->service->context, WSD_LOG_DEBUG, "scan job %d: %s (%s), %d images", job->info.id,
             word(&wsd__scan_job_states, job->state),
             word(&wsd__scan_job_state_reasons, job->reason), job->scans_completed);
    wsd__scan_events_job(job);
    wsd__scan_events_job_end(job);
    wsd__scan_status_changed(job->service);
}

bool wsd__scan_job_ended_p(const struct wsd__scan_job *job)
{
    return job->state == WSD_SCAN_JOB_STATE_COMPLETED ||
           job->state == WSD_SCAN_JOB_STATE_CANCELED || job->state == WSD_SCAN_JOB_STATE_ABORTED;
}

void wsd__scan_job_free(struct wsd__scan_job *job)
{
    if (!job)
        return;
    wsd_free(job->ticket);
    wsd__scan_profile_release(job->service->profiles, job->profile);
    wsd__arena_free(wsd__arena_of(job));
}

/* There is one: the history is full. */
static void forget_oldest(struct wsd_scan_service *service)
{
    struct wsd__scan_job **last = &service->history;

    while ((*last)->next)
        last = &(*last)->next;
    wsd__scan_job_free(*last);
    *last = NULL;
    service->n_history--;
}

static void job_end(struct wsd__scan_job *job)
{
    struct wsd_scan_service *service = job->service;

    wsd__timer_stop(&service->pickup);
    job->completed = wsd__scan_time(service);
    service->active = NULL;
    if (service->n_history == WSD_MAX_JOB_HISTORY)
        forget_oldest(service);
    job->next = service->history;
    service->history = job;
    service->n_history++;
    if (job->begun && service->scanner.end)
        service->scanner.end(service->scanner.user, &job->info, job->state);
    job->begun = false;
}

void wsd__scan_job_set(struct wsd__scan_job *job, int state, int reason)
{
    bool was_ended = wsd__scan_job_ended_p(job);

    job->state = state;
    job->reason = reason;
    if (!was_ended && wsd__scan_job_ended_p(job))
        job_end(job);
    job_changed(job);
}

static void pickup_late(void *user)
{
    struct wsd_scan_service *service = user;

    if (service->active)
        wsd__scan_job_set(service->active, WSD_SCAN_JOB_STATE_ABORTED,
                          WSD_SCAN_JOB_STATE_REASON_JOB_TIMED_OUT);
}

int wsd__scan_job_await_pickup(struct wsd__scan_job *job)
{
    struct wsd_scan_service *service = job->service;

    return wsd__timer_start(service->context, &service->pickup, service->pickup_timeout,
                            pickup_late, service);
}

struct wsd__scan_job *wsd__scan_job_find(struct wsd_scan_service *service, int32_t id)
{
    if (service->active && service->active->info.id == id)
        return service->active;
    for (struct wsd__scan_job *job = service->history; job; job = job->next) {
        if (job->info.id == id)
            return job;
    }
    return NULL;
}

/* What the outside is told: a scanner that waits for a person says so in its job. */
static int shown_reason(const struct wsd__scan_job *job)
{
    if (!wsd__scan_job_ended_p(job) && wsd__scan_state(job->service) == WSD_SCAN_STATE_STOPPED)
        return WSD_SCAN_JOB_STATE_REASON_SCANNER_STOPPED;
    return job->reason;
}

/* Images of a file that holds several are counted by the program. */
static int32_t shown_scans(const struct wsd__scan_job *job)
{
    const struct wsd_scanner *scanner = &job->service->scanner;

    if (job->begun && job->stream && scanner->images_done &&
        wsd__scan_format_is_multi(&job->plan.final_.format.value)) {
        unsigned done = scanner->images_done(scanner->user, (struct wsd_scan_job_info *)&job->info);

        return done > INT32_MAX ? INT32_MAX : (int32_t)done;
    }
    return job->scans_completed;
}

/* -- CreateScanJob ------------------------------------------------------------------------------
 */

static bool feeder_empty(struct wsd_scan_service *service, int source)
{
    const struct wsd_scanner *scanner = &service->scanner;

    if (source != WSD_SCAN_INPUT_SOURCE_ADF && source != WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX)
        return false;
    return scanner->originals && scanner->originals(scanner->user, source) == 0;
}

/* Detail: the formats that there are, as FormatValue elements. */
static const struct wsd__fault *format_fault(struct wsd__scan_exchange *x)
{
    const struct wsd_scan_device_settings *offer =
        &x->service->profile->configuration->device_settings;
    struct wsd__fault_detail *list =
        wsd__arena_alloc(x->arena, offer->n_formats_supported * sizeof *list);

    if (list) {
        for (size_t i = 0; i < offer->n_formats_supported; i++) {
            wsd__fault_detail_init(
                &list[i], NS_WSCN, "FormatValue",
                wsd__scan_word(&wsd__scan_formats, &offer->formats_supported[i]));
            if (i > 0)
                list[i - 1].element.next = &list[i].element;
        }
        x->details = &list[0].element;
    }
    return &wsd__scan_format_not_supported;
}

static const struct wsd__fault *plan_check(struct wsd__scan_exchange *x,
                                           const struct wsd__scan_plan *plan)
{
    if (plan->bad_format)
        return format_fault(x);
    if (plan->conflict)
        return &wsd__scan_conflict;
    if (plan->rejected)
        return wsd__scan_fault_about(x, &wsd__scan_not_satisfiable, "Argument", plan->rejected);
    if (feeder_empty(x->service, plan->final_.input_source.value.value))
        return &wsd__scan_nothing_to_scan;
    return NULL;
}

/* Numbers begin anywhere and go up, so that one of before a restart names nothing now; a token is
 * 128 random bits. */
static void job_name(struct wsd__scan_job *job)
{
    struct wsd_scan_service *service = job->service;
    uint8_t secret[(JOB_TOKEN_SIZE - 1) / 2];

    if (service->last_job_id == 0)
        service->last_job_id = (int32_t)wsd__random_below(service->context, INT32_MAX / 2);
    service->last_job_id = service->last_job_id == INT32_MAX ? 1 : service->last_job_id + 1;
    job->info.id = service->last_job_id;
    wsd__random(service->context, secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        snprintf(job->token + 2 * i, 3, "%02x", (unsigned)secret[i]);
}

static struct wsd__scan_job *job_new(struct wsd_scan_service *service,
                                     const struct wsd_scan_ticket *ticket)
{
    struct wsd__arena *arena =
        wsd__arena_new(sizeof(struct wsd__scan_job), 0, WSD_MAX_MESSAGE_MEMORY);
    struct wsd__scan_job *job;
    const void *copy;

    if (!arena)
        return NULL;
    job = wsd__arena_root(arena);
    job->service = service;
    if (wsd_copy(&wsd__type_scan_ticket, ticket, &copy, NULL) < 0) {
        wsd__arena_free(arena);
        return NULL;
    }
    job->ticket = copy;
    job->profile = wsd__scan_profile_keep(service->profile);
    wsd__scan_plan_make(&service->capabilities, job->ticket, &job->plan);
    job->info.name = job->ticket->job_description.job_name;
    job->info.user_name = job->ticket->job_description.job_originating_user_name;
    if (!job->info.name)
        job->info.name = "";
    if (!job->info.user_name)
        job->info.user_name = "";
    job->info.parameters = &job->plan.final_;
    job->info.ticket = job->ticket;
    job->created = wsd__scan_time(service);
    job->state = WSD_SCAN_JOB_STATE_CREATING;
    job->reason = WSD_SCAN_JOB_STATE_REASON_NONE;
    job_name(job);
    return job;
}

const struct wsd__fault *wsd__scan_create_job(struct wsd__scan_exchange *x)
{
    const struct wsd_scan_create_scan_job_request *request = x->body->create_scan_job_request;
    struct wsd_scan_service *service = x->service;
    struct wsd_scan_create_scan_job_response *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd_scan_media_image_info *back = wsd__arena_alloc(x->arena, sizeof *back);
    const struct wsd__fault *fault = wsd__scan_events_check(service, request);
    struct wsd__scan_plan plan;
    struct wsd__scan_job *job;

    if (fault)
        return fault;
    if (!answer || !back)
        return &wsd__scan_temporary_error;
    if (service->active || service->busy != WSD_SCAN_READY ||
        wsd__scan_state(service) == WSD_SCAN_STATE_STOPPED)
        return &wsd__scan_not_accepting_jobs;
    wsd__scan_plan_make(&service->capabilities, &request->scan_ticket, &plan);
    fault = plan_check(x, &plan);
    if (fault)
        return fault;
    job = job_new(service, &request->scan_ticket);
    if (!job || wsd__scan_job_await_pickup(job) < 0) {
        wsd__scan_job_free(job);
        return &wsd__scan_temporary_error;
    }
    service->active = job;
    wsd__scan_events_used(service, request);
    wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_PENDING, WSD_SCAN_JOB_STATE_REASON_NONE);
    answer->job_id = job->info.id;
    answer->job_token = job->token;
    answer->document_final_parameters = job->plan.final_;
    wsd__scan_plan_image(&service->capabilities, &job->plan, &answer->image_information, back);
    x->answer.create_scan_job_response = answer;
    return NULL;
}

/* -- CancelJob ----------------------------------------------------------------------------------
 */

void wsd__scan_job_stop(struct wsd__scan_job *job, int state, int reason)
{
    if (!job->stream) {
        wsd__scan_job_set(job, state, reason);
        return;
    }
    job->end_state = state;
    wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_TERMINATING, reason);
    wsd__scan_stream_wake(job->stream); /* finds the job Terminating, and fails */
}

const struct wsd__fault *wsd__scan_cancel_job(struct wsd__scan_exchange *x)
{
    struct wsd_scan_cancel_job_response *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    int32_t id = x->body->cancel_job_request->job_id;
    struct wsd__scan_job *job = wsd__scan_job_find(x->service, id);

    if (!job)
        return wsd__scan_fault_job(x, &wsd__scan_job_not_found, id);
    if (wsd__scan_job_ended_p(job))
        return &wsd__scan_job_ended;
    if (!answer)
        return &wsd__scan_temporary_error;
    if (job->state != WSD_SCAN_JOB_STATE_TERMINATING)
        wsd__scan_job_stop(job, WSD_SCAN_JOB_STATE_CANCELED, WSD_SCAN_JOB_STATE_REASON_NONE);
    x->answer.cancel_job_response = answer;
    return NULL;
}

int wsd_scan_service_cancel(struct wsd_scan_service *service, int32_t job_id)
{
    struct wsd__scan_job *job = wsd__scan_job_find(service, job_id);

    if (!job)
        return WSD_E_NOT_FOUND;
    if (wsd__scan_job_ended_p(job) || job->state == WSD_SCAN_JOB_STATE_TERMINATING)
        return WSD_E_INVALID;
    wsd__scan_job_stop(job, WSD_SCAN_JOB_STATE_CANCELED,
                       WSD_SCAN_JOB_STATE_REASON_JOB_CANCELED_AT_DEVICE);
    return 0;
}

void wsd_scan_service_resume(struct wsd_scan_service *service, int32_t job_id)
{
    struct wsd__scan_job *job = service->active;

    if (job && job->info.id == job_id && job->stream)
        wsd__scan_stream_wake(job->stream);
}

/* -- GetJobElements -----------------------------------------------------------------------------
 */

void wsd__scan_job_status(const struct wsd__scan_job *job, struct wsd_scan_job_status *ret_status,
                          struct wsd_token *reason)
{
    *reason = (struct wsd_token){.value = shown_reason(job)};
    *ret_status = (struct wsd_scan_job_status){
        .job_id = job->info.id,
        .job_state = {.value = job->state},
        .job_state_reasons = reason,
        .n_job_state_reasons = 1,
        .scans_completed = shown_scans(job),
        .job_created_time = &job->created,
        .job_completed_time = wsd__scan_job_ended_p(job) ? &job->completed : NULL,
    };
}

static const struct wsd_scan_job_status *status_of(struct wsd__arena *arena,
                                                   const struct wsd__scan_job *job)
{
    struct wsd_scan_job_status *status = wsd__arena_alloc(arena, sizeof *status);
    struct wsd_token *reason = wsd__arena_alloc(arena, sizeof *reason);

    if (!status || !reason)
        return NULL;
    wsd__scan_job_status(job, status, reason);
    return status;
}

/* The schema wants a Document at any time: until a client has named one, it is called as the job.
 */
static const struct wsd_scan_documents *documents_of(struct wsd__arena *arena,
                                                     const struct wsd__scan_job *job)
{
    struct wsd_scan_documents *documents = wsd__arena_alloc(arena, sizeof *documents);
    size_t n = job->n_documents ? job->n_documents : 1;
    struct wsd_scan_document *list = wsd__arena_alloc(arena, n * sizeof *list);

    if (!documents || !list)
        return NULL;
    documents->document_final_parameters = job->plan.final_;
    documents->document = list;
    documents->n_document = n;
    list[0].document_description.document_name = job->info.name;
    for (size_t i = 0; i < job->n_documents; i++)
        list[i].document_description.document_name = job->documents[i];
    return documents;
}

static bool job_element(struct wsd__arena *arena, const struct wsd__scan_job *job,
                        const struct wsd_qname *name, struct wsd_scan_job_element_data *data)
{
    *data = (struct wsd_scan_job_element_data){.name = wsd__scan_name_answer(name), .valid = true};
    if (wsd__scan_name_is(name, "JobStatus"))
        return (data->job_status = status_of(arena, job)) != NULL;
    if (wsd__scan_name_is(name, "ScanTicket"))
        return (data->scan_ticket = job->ticket) != NULL;
    if (wsd__scan_name_is(name, "Documents") || wsd__scan_name_is(name, "Document"))
        return (data->documents = documents_of(arena, job)) != NULL;
    data->valid = false;
    return true;
}

const struct wsd__fault *wsd__scan_get_job_elements(struct wsd__scan_exchange *x)
{
    const struct wsd_scan_get_job_elements_request *request =
        x->body->get_job_elements_request ? x->body->get_job_elements_request
                                          : x->body->get_job_elements;
    struct wsd__scan_job *job = wsd__scan_job_find(x->service, request->job_id);
    size_t n = request->n_requested_elements;
    struct wsd_scan_get_job_elements_response *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd_scan_job_element_data *data = wsd__arena_alloc(x->arena, (n + 1) * sizeof *data);

    if (!job)
        return wsd__scan_fault_job(x, &wsd__scan_job_not_found, request->job_id);
    if (!answer || !data)
        return &wsd__scan_temporary_error;
    for (size_t i = 0; i < n; i++) {
        if (!job_element(x->arena, job, &request->requested_elements[i], &data[i]))
            return &wsd__scan_temporary_error;
    }
    answer->job_elements = data;
    answer->n_job_elements = n;
    x->answer.get_job_elements_response = answer;
    return NULL;
}

/* -- GetActiveJobs, GetJobHistory ---------------------------------------------------------------
 */

static bool summarize(struct wsd__arena *arena, const struct wsd__scan_job *job,
                      struct wsd_scan_job_summary *summary)
{
    struct wsd_token *reason = wsd__arena_alloc(arena, sizeof *reason);

    if (!reason)
        return false;
    reason->value = shown_reason(job);
    *summary = (struct wsd_scan_job_summary){
        .job_id = job->info.id,
        .job_name = job->info.name,
        .job_originating_user_name = job->info.user_name,
        .job_state = {.value = job->state},
        .job_state_reasons = reason,
        .n_job_state_reasons = 1,
        .scans_completed = shown_scans(job),
    };
    return true;
}

const struct wsd__fault *wsd__scan_get_active_jobs(struct wsd__scan_exchange *x)
{
    struct wsd_scan_get_active_jobs_response *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd_scan_job_summary *summary = wsd__arena_alloc(x->arena, sizeof *summary);

    if (!answer || !summary)
        return &wsd__scan_temporary_error;
    if (x->service->active) {
        if (!summarize(x->arena, x->service->active, summary))
            return &wsd__scan_temporary_error;
        answer->active_jobs = summary;
        answer->n_active_jobs = 1;
    }
    x->answer.get_active_jobs_response = answer;
    return NULL;
}

/* Names of 255 characters in 32 jobs may be too much for one envelope: the oldest stay away. */
static size_t summary_size(const struct wsd__scan_job *job)
{
    enum { MARKUP = 512, WORST_ESCAPE = 6 }; /* "&quot;" for one octet */

    return MARKUP + WORST_ESCAPE * (strlen(job->info.name) + strlen(job->info.user_name));
}

const struct wsd__fault *wsd__scan_get_job_history(struct wsd__scan_exchange *x)
{
    struct wsd_scan_get_job_history_response *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd_scan_job_summary *list =
        wsd__arena_alloc(x->arena, WSD_MAX_JOB_HISTORY * sizeof *list);
    size_t n = 0, room = WSD_MAX_DATAGRAM - 2048;

    if (!answer || !list)
        return &wsd__scan_temporary_error;
    for (const struct wsd__scan_job *job = x->service->history; job; job = job->next) {
        size_t size = summary_size(job);

        if (size > room)
            break;
        room -= size;
        if (!summarize(x->arena, job, &list[n++]))
            return &wsd__scan_temporary_error;
    }
    answer->job_history = list;
    answer->n_job_history = n;
    x->answer.get_job_history_response = answer;
    return NULL;
}
