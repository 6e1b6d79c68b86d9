/* SPDX-License-Identifier: MIT */
/* Asks the scanner again as scan/refusal.h advises, with a count-down for the person who waits. */
#include "scan_job.h"

#include <stdio.h>
#include <string.h>

#include "common/exit_codes.h"
#include "common/print_json.h"
#include "progress.h"
#include "report.h"
#include "scan/refusal.h"
#include "scan_changes.h"

#define IDLE_SECONDS 10u /* S13 */

static const char *device_name(const struct scan_job *job)
{
    return job->scanner->device.name;
}

static int feeder_empty(struct scan_job *job)
{
    return report_failure(
        job->session, EXIT_CODE_PAPER, device_name(job), "the feeder is empty",
        "Put paper into the feeder, or scan from the glass with --source platen.");
}

static int say_trouble(struct scan_job *job, const struct scan_trouble *trouble)
{
    return report_failure(job->session, trouble->paper ? EXIT_CODE_PAPER : EXIT_CODE_REFUSED,
                          device_name(job), trouble->what, trouble->advice);
}

int scan_job_check_status(struct scan_job *job, const struct wsd_scan_status *status)
{
    struct scan_trouble trouble;

    if (!status || !scan_trouble_of(status, scan_feeds(job->settings), &trouble))
        return EXIT_CODE_OK;
    return say_trouble(job, &trouble);
}

/* -- validation ---------------------------------------------------------------------------------
 */

int scan_job_validate(struct scan_job *job)
{
    struct session *session = job->session;
    struct wsd_error error = {0};

    if (wsd_validate_scan_ticket(session->context, job->scanner->device.service,
                                 &job->ticket.ticket, &session->request, &job->validation,
                                 &error) < 0) {
        /* Some do not have the operation, some fault whatever they are asked; the job will tell. */
        if (error.code == WSD_E_FAULT || error.code == WSD_E_HTTP || error.code == WSD_E_SCHEMA)
            return EXIT_CODE_OK;
        return report_error(session, device_name(job), &error);
    }
    const struct wsd_scan_validation_info *info = &job->validation->validation_info;
    if (info->valid_ticket || !info->valid_scan_ticket ||
        !info->valid_scan_ticket->document_parameters)
        return EXIT_CODE_OK;
    scan_ticket_corrections(&job->ticket.ticket, info->valid_scan_ticket, scan_say_difference,
                            &(struct scan_changes){session, job->changes});
    job->corrected = *info->valid_scan_ticket;
    job->corrected.job_description = job->ticket.ticket.job_description;
    job->use_corrected = true;
    return EXIT_CODE_OK;
}

/* -- creation -----------------------------------------------------------------------------------
 */

struct outcome {
    enum { DONE, AGAIN, WARMING, BUSY, FAILED } kind;
    int code; /* of FAILED */
};

static struct outcome failed(int code)
{
    return (struct outcome){FAILED, code};
}

static bool has_other_jobs(struct scan_job *job)
{
    const struct wsd_scan_get_active_jobs_response *answer = NULL;

    if (wsd_get_active_jobs(job->session->context, job->scanner->device.service,
                            &job->session->request, &answer, NULL) < 0)
        return false;
    bool any = answer->n_active_jobs > 0;
    wsd_free(answer);
    return any;
}

/* The job was refused as a whole. */
static enum refusal look_at_status(struct scan_job *job, const struct wsd_error *error,
                                   struct scan_trouble *ret_trouble)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;
    const struct wsd_scan_status *status = NULL;

    scanner_read_status(job->session, job->scanner, &answer, &status);
    enum refusal refusal = refusal_by_status(error, job->settings, status, ret_trouble);
    wsd_free(answer);
    if (refusal != REFUSAL_MAYBE_BUSY)
        return refusal;
    return has_other_jobs(job) ? REFUSAL_BUSY
                               : refusal_without_jobs(job->settings, &job->scanner->has);
}

static struct outcome say_final(struct scan_job *job, const struct wsd_error *error, bool asked)
{
    char what[200];

    if (!asked)
        return failed(report_error(job->session, device_name(job), error));
    snprintf(what, sizeof what, "it refuses to scan (%s)", error->subcode);
    return failed(report_failure(job->session, EXIT_CODE_REFUSED, device_name(job), what,
                                 quirks_refusal_advice(&job->scanner->has.quirks)));
}

static struct outcome look_at_error(struct scan_job *job, const struct wsd_error *error)
{
    struct scan_settings *s = job->settings;
    struct scan_trouble trouble = {0};
    enum refusal refusal = refusal_by_fault(error, s, &job->scanner->has, job->minimal);
    bool asked = refusal == REFUSAL_ASK_STATUS;

    if (asked)
        refusal = look_at_status(job, error, &trouble);
    switch (refusal) {
    case REFUSAL_FORMAT:
        session_note(job->session, "the scanner does not make %s after all; trying %s",
                     s->formats[s->format], s->formats[s->format + 1]);
        s->format++;
        return (struct outcome){AGAIN, 0};
    case REFUSAL_TICKET:
        session_note(job->session,
                     "the scanner does not understand the ticket; trying a shorter one");
        job->minimal = true;
        return (struct outcome){AGAIN, 0};
    case REFUSAL_WARMING:
        return (struct outcome){WARMING, 0};
    case REFUSAL_BUSY:
        return (struct outcome){BUSY, 0};
    case REFUSAL_NO_PAPER:
        return failed(feeder_empty(job));
    case REFUSAL_TROUBLE:
        return failed(say_trouble(job, &trouble));
    default:
        return say_final(job, error, asked);
    }
}

static struct outcome try_to_create(struct scan_job *job)
{
    struct session *session = job->session;
    struct wsd_error error = {0};
    const struct wsd_scan_ticket *ticket =
        job->use_corrected ? &job->corrected : &job->ticket.ticket;

    if (wsd_create_scan_job(session->context, job->scanner->device.service, ticket, NULL, NULL,
                            &session->request, &job->created, &error) >= 0)
        return (struct outcome){DONE, EXIT_CODE_OK};
    struct outcome outcome = look_at_error(job, &error);
    if (outcome.kind == AGAIN) {
        job->use_corrected = false;
        scan_ticket_make(job->settings, &job->scanner->has, job->minimal, &job->ticket);
    }
    return outcome;
}

/* Counts down, a second at a time. False when it was interrupted. */
static bool count_down(struct scan_job *job, const char *what, unsigned left, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        progress_wait(job->session, what, left - i);
        if (!session_sleep(job->session, 1000))
            return false;
    }
    return true;
}

int scan_job_create(struct scan_job *job)
{
    unsigned warming = REFUSAL_WARMING_SECONDS, busy = REFUSAL_BUSY_SECONDS;
    bool wait = !args_has(job->session->args, OPT_NO_WAIT);

    for (;;) {
        struct outcome outcome = try_to_create(job);
        bool warm = outcome.kind == WARMING;
        unsigned *left = warm ? &warming : &busy;
        unsigned step = warm ? 1 : REFUSAL_BUSY_TRY_EVERY;
        if (outcome.kind == DONE || outcome.kind == FAILED)
            return outcome.code;
        if (outcome.kind == AGAIN)
            continue;
        if (!wait || *left < step)
            return report_failure(
                job->session, EXIT_CODE_REFUSED, device_name(job),
                warm ? "it is still warming up" : "it is busy with another job",
                warm ? "Try again in a minute."
                     : "Wait for it to end; 'wsd jobs' shows it, 'wsd cancel' ends it.");
        if (!count_down(job, warm ? "the scanner is warming up" : "the scanner is busy", *left,
                        step))
            return report_failure(job->session, EXIT_CODE_INTERRUPTED, NULL, "interrupted", NULL);
        *left -= step;
    }
}

/* S13: a Xerox that was cancelled refuses the next job until it has come to rest. */
static void wait_until_idle(struct scan_job *job)
{
    for (unsigned i = 0; i < IDLE_SECONDS; i++) {
        const struct wsd_scan_get_scanner_elements_response *answer = NULL;
        const struct wsd_scan_status *status = NULL;
        scanner_read_status(job->session, job->scanner, &answer, &status);
        bool idle = !status || status->scanner_state.value == WSD_SCAN_STATE_IDLE;
        wsd_free(answer);
        if (idle || !session_sleep(job->session, 1000))
            return;
    }
}

void scan_job_cancel(struct scan_job *job)
{
    if (!job->created || job->cancelled || !job->scanner->has.quirks.on[QUIRK_S12])
        return;
    job->cancelled = true;
    /* A signal that came outside of a wait would end the next one, which is this call's. */
    wsd_context_dispatch(job->session->context, NULL);
    wsd_cancel_job(job->session->context, job->scanner->device.service, job->created->job_id,
                   &job->session->request, NULL);
    if (job->scanner->has.quirks.on[QUIRK_S13])
        wait_until_idle(job);
}

void scan_job_free(struct scan_job *job)
{
    wsd_free(job->created);
    wsd_free(job->validation);
    json_object_put(job->changes);
}
