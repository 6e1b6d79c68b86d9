/* SPDX-License-Identifier: MIT */
/*
 * Refusals and what helps against them: waiting (the lamp warms up, somebody else scans), another
 * format, a shorter ticket; and for the rest the right words.
 */
#include "scan_job.h"

#include <stdio.h>
#include <string.h>

#include "common/print_json.h"
#include "exit_codes.h"
#include "progress.h"
#include "report.h"

#define WARMING_SECONDS 30u /* S19: a try a second */
#define BUSY_SECONDS    60u
#define BUSY_TRY_EVERY  2u
#define IDLE_SECONDS    10u /* S13 */

bool scan_job_feeds(const struct scan_job *job)
{
    int source = job->settings->source->source;

    return source == WSD_SCAN_INPUT_SOURCE_ADF || source == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX;
}

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

int scan_job_check_status(struct scan_job *job, const struct wsd_scan_status *status)
{
    struct scanner_trouble trouble;

    if (!status || !scanner_trouble(status, scan_job_feeds(job), &trouble))
        return EXIT_CODE_OK;
    return report_failure(job->session, trouble.code, device_name(job), trouble.what,
                          trouble.advice);
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
    scan_say_corrections(session, &job->ticket.ticket, info->valid_scan_ticket, job->changes);
    job->corrected = *info->valid_scan_ticket;
    job->corrected.job_description = job->ticket.ticket.job_description;
    job->use_corrected = true;
    return EXIT_CODE_OK;
}

/* -- creation -----------------------------------------------------------------------------------
 */

enum outcome { OUTCOME_DONE, OUTCOME_AGAIN, OUTCOME_WARMING, OUTCOME_BUSY, OUTCOME_FAILED };

struct refusal {
    enum outcome outcome;
    int code; /* of OUTCOME_FAILED */
};

static struct refusal failed(int code)
{
    return (struct refusal){OUTCOME_FAILED, code};
}

/* A job that waits to be fetched leaves some scanners Idle in name. */
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

/* The job was refused as a whole: the state of the scanner tells why (S20). */
static struct refusal look_at_status(struct scan_job *job, const struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *answer = NULL;
    const struct wsd_scan_status *status = NULL;
    const char *advice = quirks_refusal_advice(&job->scanner->quirks);
    struct refusal refusal = failed(EXIT_CODE_REFUSED);
    char what[200];

    scanner_read_status(job->session, job->scanner, &answer, &status);
    int code = scan_job_check_status(job, status);
    snprintf(what, sizeof what, "it refuses to scan (%s)", error->subcode);
    if (code != EXIT_CODE_OK)
        refusal = failed(code);
    else if (status && (scanner_has_reason(status, WSD_SCAN_STATE_REASON_CALIBRATING) ||
                        scanner_has_reason(status, WSD_SCAN_STATE_REASON_LAMP_WARMING)))
        refusal.outcome = OUTCOME_WARMING;
    else if ((status && status->scanner_state.value == WSD_SCAN_STATE_PROCESSING) ||
             wsd_error_is_fault(error, "ServerErrorTemporaryError") || has_other_jobs(job))
        refusal.outcome = OUTCOME_BUSY;
    else if (scan_job_feeds(job) && job->scanner->quirks.on[QUIRK_S6])
        refusal = failed(feeder_empty(job));
    else
        refusal =
            failed(report_failure(job->session, EXIT_CODE_REFUSED, device_name(job), what, advice));
    wsd_free(answer);
    return refusal;
}

static struct refusal look_at_error(struct scan_job *job, const struct wsd_error *error)
{
    struct scan_settings *s = job->settings;

    if (wsd_error_is_fault(error, "ClientErrorNoImagesAvailable"))
        return failed(scan_job_feeds(job) ? feeder_empty(job)
                                          : report_error(job->session, device_name(job), error));
    if (wsd_error_is_fault(error, "ClientErrorFormatNotSupported") &&
        s->format + 1 < s->n_formats) {
        session_note(job->session, "the scanner does not make %s after all; trying %s",
                     s->formats[s->format], s->formats[s->format + 1]);
        s->format++;
        return (struct refusal){OUTCOME_AGAIN, 0};
    }
    if (wsd_error_is_fault(error, "InvalidArgs") && !job->minimal &&
        job->scanner->quirks.on[QUIRK_X6]) {
        session_note(job->session,
                     "the scanner does not understand the ticket; trying a shorter one");
        job->minimal = true;
        return (struct refusal){OUTCOME_AGAIN, 0};
    }
    if (wsd_error_is_fault(error, "ServerErrorNotAcceptingJobs") ||
        wsd_error_is_fault(error, "ServerErrorTemporaryError") ||
        wsd_error_is_fault(error, "OperationFailed"))
        return look_at_status(job, error);
    return failed(report_error(job->session, device_name(job), error));
}

static struct refusal try_to_create(struct scan_job *job)
{
    struct session *session = job->session;
    struct wsd_error error = {0};
    const struct wsd_scan_ticket *ticket =
        job->use_corrected ? &job->corrected : &job->ticket.ticket;

    if (wsd_create_scan_job(session->context, job->scanner->device.service, ticket, NULL, NULL,
                            &session->request, &job->created, &error) >= 0)
        return (struct refusal){OUTCOME_DONE, EXIT_CODE_OK};
    struct refusal refusal = look_at_error(job, &error);
    if (refusal.outcome == OUTCOME_AGAIN) {
        job->use_corrected = false;
        scan_ticket_make(job->settings, job->scanner, job->minimal, &job->ticket);
    }
    return refusal;
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
    unsigned warming = WARMING_SECONDS, busy = BUSY_SECONDS;
    bool wait = !args_has(job->session->args, OPT_NO_WAIT);

    for (;;) {
        struct refusal refusal = try_to_create(job);
        bool warm = refusal.outcome == OUTCOME_WARMING;
        unsigned *left = warm ? &warming : &busy;
        unsigned step = warm ? 1 : BUSY_TRY_EVERY;
        if (refusal.outcome == OUTCOME_DONE || refusal.outcome == OUTCOME_FAILED)
            return refusal.code;
        if (refusal.outcome == OUTCOME_AGAIN)
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
    if (!job->created || job->cancelled || !job->scanner->quirks.on[QUIRK_S12])
        return;
    job->cancelled = true;
    /* A signal that came outside of a wait would end the next one, which is this call's. */
    wsd_context_dispatch(job->session->context, NULL);
    wsd_cancel_job(job->session->context, job->scanner->device.service, job->created->job_id,
                   &job->session->request, NULL);
    if (job->scanner->quirks.on[QUIRK_S13])
        wait_until_idle(job);
}

void scan_job_free(struct scan_job *job)
{
    wsd_free(job->created);
    wsd_free(job->validation);
    json_object_put(job->changes);
}
