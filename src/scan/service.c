/* SPDX-License-Identifier: MIT */
/*
 * The scan service: messages in, answers out (WS-Scan 3).
 *
 * One table leads from an operation to its handler. What a request asks for is read from its action
 * and, where the action is odd, from its body; the namespaces' many spellings are the codec's
 * affair. Handlers fill one row of an answer or return a fault; this file writes both.
 */
#include "scan/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "scan/service_parts.h"

#define BODY(member) offsetof(struct wsd_scan_body, member)

static const struct operation {
    const char *name;    /* last part of the action */
    const char *request; /* name of the body's element */
    size_t body, alias;  /* rows of struct wsd_scan_body; alias: another name of the element */
    wsd__scan_handler *handler;
} operations[] = {
    {"CreateScanJob", "CreateScanJobRequest", BODY(create_scan_job_request),
     BODY(create_scan_job_request), wsd__scan_create_job},
    {"RetrieveImage", "RetrieveImageRequest", BODY(retrieve_image_request),
     BODY(retrieve_image_request), wsd__scan_retrieve_image},
    {"CancelJob", "CancelJobRequest", BODY(cancel_job_request), BODY(cancel_job_request),
     wsd__scan_cancel_job},
    {"ValidateScanTicket", "ValidateScanTicketRequest", BODY(validate_scan_ticket_request),
     BODY(validate_scan_ticket_request), wsd__scan_validate_ticket},
    {"GetScannerElements", "GetScannerElementsRequest", BODY(get_scanner_elements_request),
     BODY(get_scanner_elements_request), wsd__scan_get_elements},
    {"GetJobElements", "GetJobElementsRequest", BODY(get_job_elements_request),
     BODY(get_job_elements), wsd__scan_get_job_elements},
    {"GetActiveJobs", "GetActiveJobsRequest", BODY(get_active_jobs_request),
     BODY(get_active_jobs_request), wsd__scan_get_active_jobs},
    {"GetJobHistory", "GetJobHistoryRequest", BODY(get_job_history_request),
     BODY(get_job_history_request), wsd__scan_get_job_history},
};
#define N_OPERATIONS (sizeof operations / sizeof *operations)

/* -- helpers of the handlers --------------------------------------------------------------------
 */

const struct wsd__fault *wsd__scan_fault_about(struct wsd__scan_exchange *x,
                                               const struct wsd__fault *fault, const char *element,
                                               const char *text)
{
    x->details = wsd__fault_detail_init(&x->detail, NS_WSCN, element, text);
    return fault;
}

const struct wsd__fault *wsd__scan_fault_job(struct wsd__scan_exchange *x,
                                             const struct wsd__fault *fault, int32_t job_id)
{
    snprintf(x->detail_text, sizeof x->detail_text, "%d", job_id);
    return wsd__scan_fault_about(x, fault, "JobId", x->detail_text);
}

static bool ns_is_scan(const char *ns)
{
    return wsd__ns_find(ns, strlen(ns), NULL) == NS_WSCN;
}

bool wsd__scan_name_is(const struct wsd_qname *name, const char *local)
{
    return strcmp(name->local, local) == 0 && (!name->ns || !name->ns[0] || ns_is_scan(name->ns));
}

/* Some clients compare text: our own names go out with the customary prefix. */
struct wsd_qname wsd__scan_name_answer(const struct wsd_qname *name)
{
    struct wsd_qname answer = *name;

    if (name->ns && name->ns[0] && ns_is_scan(name->ns)) {
        answer.ns = WSD_NS_SCAN;
        answer.prefix = wsd__ns_prefix(NS_WSCN);
    }
    return answer;
}

/* -- ValidateScanTicket (3.4) -------------------------------------------------------------------
 */

/* A ticket with faults is reported together with one that has none; only what cannot be mended
 * without breaking a promise is refused. */
const struct wsd__fault *wsd__scan_validate_ticket(struct wsd__scan_exchange *x)
{
    const struct wsd_scan_ticket *ticket = &x->body->validate_scan_ticket_request->scan_ticket;
    const struct wsd__scan_capabilities *capabilities = &x->service->capabilities;
    struct wsd_scan_validate_scan_ticket_response *answer =
        wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd_scan_media_image_info *back = wsd__arena_alloc(x->arena, sizeof *back);
    struct wsd_scan_validation_info *info = &answer->validation_info;
    struct wsd__scan_plan plan;

    if (!answer || !back)
        return &wsd__scan_temporary_error;
    wsd__scan_plan_make(capabilities, ticket, &plan);
    if (plan.conflict)
        return &wsd__scan_conflict;
    info->valid_ticket = plan.adjusted == 0;
    wsd__scan_plan_image(capabilities, &plan, &info->image_information, back);
    if (!info->valid_ticket) {
        info->valid_scan_ticket = wsd__scan_ticket_mend(x->arena, ticket, &plan);
        if (!info->valid_scan_ticket)
            return &wsd__scan_temporary_error;
    }
    x->answer.validate_scan_ticket_response = answer;
    return NULL;
}

/* -- dispatch -----------------------------------------------------------------------------------
 */

static bool body_has(const struct wsd_scan_body *body, const struct operation *operation)
{
    const char *base = (const char *)body;
    const void *request, *alias;

    memcpy(&request, base + operation->body, sizeof request);
    memcpy(&alias, base + operation->alias, sizeof alias);
    return request || alias;
}

static const char *action_operation(const char *action)
{
    const char *slash = action ? strrchr(action, '/') : NULL;

    if (!slash || wsd__ns_find(action, (size_t)(slash - action), NULL) != NS_WSCN)
        return "";
    return slash + 1;
}

/* By action; where the action is none of ours or is missing, by what the body is. */
static const struct operation *operation_find(const struct wsd__envelope *request)
{
    const char *name = action_operation(request->header.action);

    for (size_t i = 0; i < N_OPERATIONS; i++) {
        if (strcmp(name, operations[i].name) == 0)
            return &operations[i];
    }
    for (size_t i = 0; i < N_OPERATIONS; i++) {
        if (body_has(request->body, &operations[i]))
            return &operations[i];
    }
    return NULL;
}

static const struct wsd__fault *run(struct wsd__scan_exchange *x, const struct operation **ret)
{
    const struct wsd__fault *fault = wsd__request_check(x->request);
    const struct operation *operation = operation_find(x->request);

    if (fault)
        return fault;
    if (!operation) {
        x->details =
            wsd__fault_detail_init(&x->detail, NS_WSA, "Action",
                                   x->request->header.action ? x->request->header.action : "");
        return &wsd__fault_action_not_supported;
    }
    *ret = operation;
    if (!body_has(x->body, operation))
        return wsd__scan_fault_about(x, &wsd__scan_invalid_args, "Argument", operation->request);
    return operation->handler(x);
}

static const struct wsd__fault *encode(struct wsd__scan_exchange *x,
                                       const struct operation *operation)
{
    char action[128];
    int r;

    snprintf(action, sizeof action, "%s/%sResponse", WSD_NS_SCAN, operation->name);
    r = wsd__answer_encode(x->service->context, x->request, action, &wsd__type_scan_body,
                           &x->answer, &x->reply->body, NULL);
    if (r == WSD_E_LIMIT)
        return &wsd__scan_answer_too_large;
    return r < 0 ? &wsd__scan_internal_error : NULL;
}

void wsd__scan_handle(struct wsd_scan_service *service, const struct wsd__envelope *request,
                      struct wsd__scan_reply *reply)
{
    struct wsd__scan_exchange x = {
        .service = service, .request = request, .body = request->body, .reply = reply};
    const struct operation *operation = NULL;
    const struct wsd__fault *fault = &wsd__scan_temporary_error;

    reply->body.max = WSD_MAX_DATAGRAM; /* DPWS MAX_ENVELOPE_SIZE: Windows takes no more */
    reply->status = 200;
    x.arena = wsd__arena_new(1, 2048, WSD_MAX_MESSAGE_MEMORY);
    if (x.arena)
        fault = run(&x, &operation);
    if (!fault && !reply->stream)
        fault = encode(&x, operation);
    if (fault)
        reply->status =
            wsd__answer_fault(service->context, request, fault, x.details, &reply->body);
    wsd__arena_free(x.arena);
}

void wsd__scan_serve(struct wsd_scan_service *service, const struct wsd__event_transport *transport,
                     const void *bytes, size_t size, struct wsd__scan_reply *reply)
{
    const struct wsd__envelope *request = NULL;
    struct wsd_error error = {0};

    reply->body.max = WSD_MAX_DATAGRAM;
    if (wsd__envelope_decode(service->context, &wsd__type_scan_body, bytes, size,
                             WSD__QUIRKS_DEFAULT, &request, &error) < 0)
        reply->status = wsd__answer_undecodable(service->context, bytes, size, &error,
                                                &wsd__scan_invalid_args, &reply->body);
    else if (wsd__event_source_takes(request->header.action))
        wsd__scan_serve_eventing(service, transport, bytes, size, request, reply);
    else
        wsd__scan_handle(service, request, reply);
    if (reply->stream && wsd__scan_stream_pending(reply->stream))
        wsd__scan_stream_keep(reply->stream, request);
    else
        wsd_free(request);
}
