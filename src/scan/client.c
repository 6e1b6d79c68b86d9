/* SPDX-License-Identifier: MIT */
/*
 * The eight operations, client side: one row each of a table, and thin functions over it.
 *
 * What differs is the request's struct and the answer's; the exchange is the same. Images are in
 * retrieve.c.
 */
#include "scan/client.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "scan/schema.h"

#define OPERATION(op, xml, member_in, member_out, type_out)                                        \
    [op] = {xml, xml "Response", offsetof(struct wsd_scan_body, member_in),                        \
            offsetof(struct wsd_scan_body, member_out), sizeof(struct type_out)}

const struct wsd__scan_operation wsd__scan_operations[] = {
    OPERATION(SCAN_CREATE_SCAN_JOB, "CreateScanJob", create_scan_job_request,
              create_scan_job_response, wsd_scan_create_scan_job_response),
    OPERATION(SCAN_RETRIEVE_IMAGE, "RetrieveImage", retrieve_image_request, retrieve_image_response,
              wsd_scan_retrieve_image_response),
    OPERATION(SCAN_CANCEL_JOB, "CancelJob", cancel_job_request, cancel_job_response,
              wsd_scan_cancel_job_response),
    OPERATION(SCAN_VALIDATE_SCAN_TICKET, "ValidateScanTicket", validate_scan_ticket_request,
              validate_scan_ticket_response, wsd_scan_validate_scan_ticket_response),
    OPERATION(SCAN_GET_SCANNER_ELEMENTS, "GetScannerElements", get_scanner_elements_request,
              get_scanner_elements_response, wsd_scan_get_scanner_elements_response),
    OPERATION(SCAN_GET_JOB_ELEMENTS, "GetJobElements", get_job_elements_request,
              get_job_elements_response, wsd_scan_get_job_elements_response),
    OPERATION(SCAN_GET_ACTIVE_JOBS, "GetActiveJobs", get_active_jobs_request,
              get_active_jobs_response, wsd_scan_get_active_jobs_response),
    OPERATION(SCAN_GET_JOB_HISTORY, "GetJobHistory", get_job_history_request,
              get_job_history_response, wsd_scan_get_job_history_response),
};

static int pick(void *user, const struct wsd__envelope *answer, const void **ret_value,
                size_t *ret_size, struct wsd_error *reterr)
{
    const struct wsd__scan_operation *operation = user;
    return wsd__pick_member(answer, operation->answer_offset, operation->answer, operation->size,
                            ret_value, ret_size, reterr);
}

/* CancelJob: an empty body is as good as the empty element. */
static int pick_nothing(void *user, const struct wsd__envelope *answer, const void **ret_value,
                        size_t *ret_size, struct wsd_error *reterr)
{
    (void)user, (void)answer, (void)ret_value, (void)ret_size, (void)reterr;
    return 0;
}

int wsd__scan_start(struct wsd_context *context, enum wsd__scan_op op, const char *service,
                    const void *request, const struct wsd_request_options *options,
                    wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                    struct wsd_error *reterr)
{
    if (!service || !*service) {
        if (reterr)
            WSD__ERROR_SET(reterr->operation, wsd__scan_operations[op].name);
        return wsd__error(reterr, WSD_E_INVALID, "the address of the scan service is missing");
    }
    const struct wsd__scan_operation *operation = &wsd__scan_operations[op];
    struct wsd_scan_body body = {0};
    *(const void **)(void *)((char *)&body + operation->request_offset) = request;
    struct wsd__exchange_request exchange = {
        .operation = operation->name,
        .url = service,
        .action_ns = NS_WSCN,
        .body_type = &wsd__type_scan_body,
        .body = &body,
        .options = options,
        .pick = op == SCAN_CANCEL_JOB ? pick_nothing : pick,
        .user = (void *)(uintptr_t)operation,
    };
    return wsd__exchange_start(context, &exchange, done, user, ret_call, reterr);
}

/* The blocking form of the operation that start has just begun. */
static int wait_for(struct wsd_context *context, int started, struct wsd__block *block,
                    struct wsd_call *call, const void **ret, struct wsd_error *reterr)
{
    return started < 0 ? started : wsd__block_wait(context, block, call, ret, reterr);
}

#define BLOCKING(start_call)                                                                       \
    struct wsd__block block = {0};                                                                 \
    struct wsd_call *call = NULL;                                                                  \
    const void *result = NULL;                                                                     \
    int r = (start_call);                                                                          \
    r = wait_for(context, r, &block, call, &result, reterr);                                       \
    if (r == 0 && ret)                                                                             \
        *ret = result;                                                                             \
    else if (r == 0)                                                                               \
        wsd_free(result);                                                                          \
    return r

/* -- names of parts
 * --------------------------------------------------------------------------------- */

static size_t part_names(unsigned parts, const char *const *words, struct wsd_qname *names)
{
    size_t count = 0;
    for (unsigned i = 0; words[i]; i++)
        if (parts >> i & 1)
            names[count++] = (struct wsd_qname){WSD_NS_SCAN, words[i], "wscn"};
    return count;
}

static const char *const scanner_parts[] = {"ScannerDescription", "ScannerConfiguration",
                                            "ScannerStatus", "DefaultScanTicket", NULL};
static const char *const job_parts[] = {"JobStatus", "ScanTicket", "Documents", NULL};

int wsd__scanner_elements_start(struct wsd_context *context, const char *service, unsigned parts,
                                const struct wsd_request_options *options, wsd_done_fn *done,
                                void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_qname names[4];
    struct wsd_scan_get_scanner_elements_request request = {
        .requested_elements = names,
        .n_requested_elements = part_names(parts, scanner_parts, names)};
    if (request.n_requested_elements == 0)
        return wsd__error(reterr, WSD_E_INVALID, "no part of the scanner was asked for");
    return wsd__scan_start(context, SCAN_GET_SCANNER_ELEMENTS, service, &request, options, done,
                           user, ret_call, reterr);
}

int wsd_get_scanner_elements(struct wsd_context *context, const char *service, unsigned parts,
                             const struct wsd_request_options *options,
                             const struct wsd_scan_get_scanner_elements_response **ret,
                             struct wsd_error *reterr)
{
    BLOCKING(wsd_get_scanner_elements_start(context, service, parts, options, wsd__block_done,
                                            &block, &call, reterr));
}

int wsd_get_job_elements_start(struct wsd_context *context, const char *service, int32_t job_id,
                               unsigned parts, const struct wsd_request_options *options,
                               wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                               struct wsd_error *reterr)
{
    struct wsd_qname names[3];
    struct wsd_scan_get_job_elements_request request = {.job_id = job_id,
                                                        .requested_elements = names,
                                                        .n_requested_elements =
                                                            part_names(parts, job_parts, names)};
    if (request.n_requested_elements == 0)
        return wsd__error(reterr, WSD_E_INVALID, "no part of the job was asked for");
    return wsd__scan_start(context, SCAN_GET_JOB_ELEMENTS, service, &request, options, done, user,
                           ret_call, reterr);
}

int wsd_get_job_elements(struct wsd_context *context, const char *service, int32_t job_id,
                         unsigned parts, const struct wsd_request_options *options,
                         const struct wsd_scan_get_job_elements_response **ret,
                         struct wsd_error *reterr)
{
    BLOCKING(wsd_get_job_elements_start(context, service, job_id, parts, options, wsd__block_done,
                                        &block, &call, reterr));
}

/* -- tickets
 * ----------------------------------------------------------------------------------------- */

int wsd_validate_scan_ticket_start(struct wsd_context *context, const char *service,
                                   const struct wsd_scan_ticket *ticket,
                                   const struct wsd_request_options *options, wsd_done_fn *done,
                                   void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_scan_validate_scan_ticket_request request = {.scan_ticket = *ticket};
    return wsd__scan_start(context, SCAN_VALIDATE_SCAN_TICKET, service, &request, options, done,
                           user, ret_call, reterr);
}

int wsd_validate_scan_ticket(struct wsd_context *context, const char *service,
                             const struct wsd_scan_ticket *ticket,
                             const struct wsd_request_options *options,
                             const struct wsd_scan_validate_scan_ticket_response **ret,
                             struct wsd_error *reterr)
{
    BLOCKING(wsd_validate_scan_ticket_start(context, service, ticket, options, wsd__block_done,
                                            &block, &call, reterr));
}

int wsd_create_scan_job_start(struct wsd_context *context, const char *service,
                              const struct wsd_scan_ticket *ticket, const char *scan_identifier,
                              const char *dest_token, const struct wsd_request_options *options,
                              wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                              struct wsd_error *reterr)
{
    if (!scan_identifier != !dest_token)
        return wsd__error(reterr, WSD_E_INVALID,
                          "scan identifier and destination token go together");
    struct wsd_scan_create_scan_job_request request = {.scan_identifier = scan_identifier,
                                                       .destination_token = dest_token,
                                                       .scan_ticket = *ticket};
    return wsd__scan_start(context, SCAN_CREATE_SCAN_JOB, service, &request, options, done, user,
                           ret_call, reterr);
}

int wsd_create_scan_job(struct wsd_context *context, const char *service,
                        const struct wsd_scan_ticket *ticket, const char *scan_identifier,
                        const char *dest_token, const struct wsd_request_options *options,
                        const struct wsd_scan_create_scan_job_response **ret,
                        struct wsd_error *reterr)
{
    BLOCKING(wsd_create_scan_job_start(context, service, ticket, scan_identifier, dest_token,
                                       options, wsd__block_done, &block, &call, reterr));
}

/* -- jobs
 * -------------------------------------------------------------------------------------------- */

int wsd_get_active_jobs_start(struct wsd_context *context, const char *service,
                              const struct wsd_request_options *options, wsd_done_fn *done,
                              void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_scan_get_active_jobs_request request = {0};
    return wsd__scan_start(context, SCAN_GET_ACTIVE_JOBS, service, &request, options, done, user,
                           ret_call, reterr);
}

int wsd_get_active_jobs(struct wsd_context *context, const char *service,
                        const struct wsd_request_options *options,
                        const struct wsd_scan_get_active_jobs_response **ret,
                        struct wsd_error *reterr)
{
    BLOCKING(wsd_get_active_jobs_start(context, service, options, wsd__block_done, &block, &call,
                                       reterr));
}

int wsd_get_job_history_start(struct wsd_context *context, const char *service,
                              const struct wsd_request_options *options, wsd_done_fn *done,
                              void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_scan_get_job_history_request request = {0};
    return wsd__scan_start(context, SCAN_GET_JOB_HISTORY, service, &request, options, done, user,
                           ret_call, reterr);
}

int wsd_get_job_history(struct wsd_context *context, const char *service,
                        const struct wsd_request_options *options,
                        const struct wsd_scan_get_job_history_response **ret,
                        struct wsd_error *reterr)
{
    BLOCKING(wsd_get_job_history_start(context, service, options, wsd__block_done, &block, &call,
                                       reterr));
}

int wsd_cancel_job_start(struct wsd_context *context, const char *service, int32_t job_id,
                         const struct wsd_request_options *options, wsd_done_fn *done, void *user,
                         struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_scan_cancel_job_request request = {.job_id = job_id};
    return wsd__scan_start(context, SCAN_CANCEL_JOB, service, &request, options, done, user,
                           ret_call, reterr);
}

int wsd_cancel_job(struct wsd_context *context, const char *service, int32_t job_id,
                   const struct wsd_request_options *options, struct wsd_error *reterr)
{
    const void **ret = NULL;
    BLOCKING(wsd_cancel_job_start(context, service, job_id, options, wsd__block_done, &block, &call,
                                  reterr));
}

/* -- faults
 * ------------------------------------------------------------------------------------------- */

/* Left: seen in the field. Right: what is meant. */
static const char *const misspelt[][2] = {
    {"ClientErrorInvalidDetinationToken", "ClientErrorInvalidDestinationToken"}, /* Samsung M288x */
    {"ClientErrorDocumentFormatNotSupported", "ClientErrorFormatNotSupported"},  /* a docs page */
    {"ClientErrorJobCanceled", "ClientErrorJobCancelled"},
};

bool wsd_error_is_fault(const struct wsd_error *error, const char *subcode)
{
    if (!error || error->code != WSD_E_FAULT)
        return false;
    const char *name = error->subcode;
    for (size_t i = 0; i < sizeof misspelt / sizeof *misspelt; i++)
        if (strcasecmp(name, misspelt[i][0]) == 0)
            name = misspelt[i][1];
    return strcasecmp(name, subcode) == 0;
}
