/* SPDX-License-Identifier: MIT */
/*
 * CreateScanJob, and what to do when it is refused (scan/refusal.h): another format, a shorter
 * ticket, or to wait for a lamp that warms up and for the job of somebody else.
 */
#include <string.h>

#include "bounds.h"
#include "job.h"

struct outcome {
    enum { DONE, AGAIN, ONCE_MORE, WARMING, BUSY, FAILED } kind;
    SANE_Status status; /* of FAILED */
};

static struct outcome failed(SANE_Status status)
{
    return (struct outcome){FAILED, status};
}

static struct wsd_request_options request(const struct job *job)
{
    struct wsd_request_options options = scanner_request(job->scanner);

    options.connect_timeout = SANE_CONNECT_MS;
    options.answer_timeout = SANE_ANSWER_MS;
    return options;
}

static struct outcome say_trouble(struct job *job, const struct scan_trouble *trouble)
{
    say(job->config, 1, "%s: %s. %s", job->scanner->label, trouble->what, trouble->advice);
    return failed(status_of_trouble(trouble));
}

/* -- validation ---------------------------------------------------------------------------------
 */

static void on_difference(void *user, const char *what, const char *asked, const char *got)
{
    struct job *job = user;

    say(job->config, 2, "%s: %s is %s, not %s", job->scanner->label, what, got, asked);
}

/* Some do not have the operation, some fault whatever they are asked; the job will tell. */
static void validate(struct job *job)
{
    struct wsd_request_options options = request(job);
    struct call call = {0};
    int r = call_wait(job, &call,
                      wsd_validate_scan_ticket_start(job->context, job->scanner->found.service,
                                                     &job->ticket.ticket, &options, call_done,
                                                     &call, &call.call, NULL));

    job->validation = call.result;
    if (r < 0)
        return;
    const struct wsd_scan_validation_info *info = &job->validation->validation_info;
    if (info->valid_ticket || !info->valid_scan_ticket ||
        !info->valid_scan_ticket->document_parameters)
        return;
    scan_ticket_corrections(&job->ticket.ticket, info->valid_scan_ticket, on_difference, job);
    job->corrected = *info->valid_scan_ticket;
    job->corrected.job_description = job->ticket.ticket.job_description;
    job->use_corrected = true;
}

/* -- creation -----------------------------------------------------------------------------------
 */

static bool has_other_jobs(struct job *job)
{
    struct wsd_request_options options = request(job);
    struct call call = {0};
    int r = call_wait(job, &call,
                      wsd_get_active_jobs_start(job->context, job->scanner->found.service, &options,
                                                call_done, &call, &call.call, NULL));
    const struct wsd_scan_get_active_jobs_response *answer = call.result;
    bool any = r >= 0 && answer->n_active_jobs > 0;

    wsd_free(answer);
    return any;
}

static enum refusal look_at_status(struct job *job, const struct wsd_error *error,
                                   struct scan_trouble *ret_trouble)
{
    struct wsd_request_options options = request(job);
    struct scan_abilities now = {0};
    struct call call = {0};

    job_ask_status(job, &options, &call, &now);
    enum refusal refusal = refusal_by_status(error, &job->settings, now.status, ret_trouble);
    wsd_free(call.result);
    if (refusal != REFUSAL_MAYBE_BUSY)
        return refusal;
    return has_other_jobs(job) ? REFUSAL_BUSY
                               : refusal_without_jobs(&job->settings, &job->scanner->has);
}

static struct outcome say_final(struct job *job, const struct wsd_error *error, bool asked)
{
    if (!asked) {
        say_error(job->config, job->scanner->label, error);
        return failed(status_of_error(error));
    }
    say(job->config, 1, "%s: it refuses to scan (%s). %s", job->scanner->label, error->subcode,
        quirks_refusal_advice(&job->scanner->has.quirks));
    return failed(SANE_STATUS_ACCESS_DENIED);
}

static struct outcome look_at_error(struct job *job, const struct wsd_error *error)
{
    struct scan_trouble trouble = {0};
    enum refusal refusal =
        refusal_by_fault(error, &job->settings, &job->scanner->has, job->minimal);
    bool asked = refusal == REFUSAL_ASK_STATUS;

    if (asked)
        refusal = look_at_status(job, error, &trouble);
    switch (refusal) {
    case REFUSAL_FORMAT:
        job->settings.format++;
        return (struct outcome){AGAIN, 0};
    case REFUSAL_TICKET:
        job->minimal = true;
        return (struct outcome){AGAIN, 0};
    case REFUSAL_WARMING:
        return (struct outcome){WARMING, 0};
    case REFUSAL_BUSY:
        job->refused = false;
        return (struct outcome){BUSY, 0};
    case REFUSAL_NO_PAPER:
        return failed(SANE_STATUS_NO_DOCS);
    case REFUSAL_TROUBLE:
        return say_trouble(job, &trouble);
    default:
        /* The job of somebody else may have ended between the refusal and the question for jobs. */
        if (asked && !job->refused) {
            job->refused = true;
            return (struct outcome){ONCE_MORE, 0};
        }
        return say_final(job, error, asked);
    }
}

static void take_created(struct job *job, const struct wsd_scan_create_scan_job_response *created)
{
    job->created = created;
    scan_ticket_changes(job->use_corrected ? &job->corrected : &job->ticket.ticket,
                        &created->document_final_parameters, on_difference, job);
    pthread_mutex_lock(&job->lock);
    job->final = created->document_final_parameters;
    job->has_final = true;
    pthread_mutex_unlock(&job->lock);
}

static struct outcome try_to_create(struct job *job)
{
    struct wsd_request_options options = request(job);
    const struct wsd_scan_ticket *ticket =
        job->use_corrected ? &job->corrected : &job->ticket.ticket;
    struct call call = {0};
    int started =
        wsd_create_scan_job_start(job->context, job->scanner->found.service, ticket, NULL, NULL,
                                  &options, call_done, &call, &call.call, &call.error);

    /* Cancelled or not, a job that was made is known: it has to be cancelled there. */
    if (started >= 0)
        call_outlast(job, &call);
    if ((started < 0 ? started : call.status) >= 0) {
        take_created(job, call.result);
        return (struct outcome){DONE, SANE_STATUS_GOOD};
    }
    struct outcome outcome = look_at_error(job, &call.error);
    if (outcome.kind == AGAIN) {
        job->use_corrected = false;
        scan_ticket_make(&job->settings, &job->scanner->has, job->minimal, &job->ticket);
    }
    return outcome;
}

SANE_Status job_create(struct job *job)
{
    uint64_t since[] = {0, 0}; /* it is busy, it warms up */
    static const unsigned seconds[] = {REFUSAL_BUSY_SECONDS, REFUSAL_WARMING_SECONDS};

    if (job->settings.n_formats == 0)
        return SANE_STATUS_UNSUPPORTED;
    scan_ticket_make(&job->settings, &job->scanner->has, false, &job->ticket);
    validate(job);
    while (!job_is_cancelled(job)) {
        struct outcome outcome = try_to_create(job);
        bool warm = outcome.kind == WARMING;
        unsigned step = warm ? 1 : REFUSAL_BUSY_TRY_EVERY;
        if (outcome.kind == DONE || outcome.kind == FAILED)
            return outcome.status;
        if (outcome.kind == AGAIN || outcome.kind == ONCE_MORE)
            continue;
        say(job->config, 2, "%s: it is %s", job->scanner->label,
            warm ? "warming up" : "busy with another job");
        uint64_t now = clock_ms();
        since[warm] = since[warm] ? since[warm] : now;
        if (now - since[warm] + step * 1000 > seconds[warm] * 1000 || !job_pause(job, step * 1000))
            return SANE_STATUS_DEVICE_BUSY;
    }
    return SANE_STATUS_CANCELLED;
}
