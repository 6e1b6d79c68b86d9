/* SPDX-License-Identifier: MIT */
/*
 * Tables of the requests and responses of WS-Scan's eight operations.
 */
#include "scan/schema.h"

#define REQUIRED_ITEMS (ROW_REQUIRED | ROW_NONEMPTY)
#define JOB_ID         REQ(job_id, NS_WSCN, "JobId", 0, SCAN_ID)
#define JOB_TOKEN      REQ(job_token, NS_WSCN, "JobToken", ROW_PRESERVE, SCAN_STR)
#define SCAN_TICKET                                                                                \
    REQ_STRUCT(scan_ticket, NS_WSCN, "ScanTicket", 0, wsd_scan_ticket, wsd__type_scan_ticket)
#define IMAGE_INFORMATION                                                                          \
    REQ_STRUCT(image_information, NS_WSCN, "ImageInformation", 0, wsd_scan_image_information,      \
               wsd__type_scan_image_information)
#define REQUESTED_ELEMENTS                                                                         \
    LIST(requested_elements, NS_WSCN, "Name", REQUIRED_ITEMS, WRAPPER("RequestedElements"))

/* CreateScanJob */

#define T struct wsd_scan_create_scan_job_request
static const struct wsd__row create_scan_job_request_rows[] = {
    OPT(scan_identifier, NS_WSCN, "ScanIdentifier", ROW_PRESERVE, SCAN_STR),
    OPT(destination_token, NS_WSCN, "DestinationToken", ROW_PRESERVE, SCAN_STR),
    SCAN_TICKET,
};
#undef T

static bool has_text(const char *text)
{
    return text != NULL && *text != '\0';
}

/* WSD-python sends both, empty, when the client starts the scan: empty counts as absent. */
static const char *check_create_scan_job_request(const void *object)
{
    const struct wsd_scan_create_scan_job_request *request = object;
    return has_text(request->scan_identifier) == has_text(request->destination_token)
               ? NULL
               : "ScanIdentifier and DestinationToken come together or not at all";
}
SCAN_TYPE(wsd__type_scan_create_scan_job_request, wsd_scan_create_scan_job_request,
          "CreateScanJobRequest", create_scan_job_request_rows, CLOSED,
          CHECK(check_create_scan_job_request));

#define T struct wsd_scan_create_scan_job_response
static const struct wsd__row create_scan_job_response_rows[] = {
    JOB_ID,
    JOB_TOKEN,
    IMAGE_INFORMATION,
    REQ_STRUCT(document_final_parameters, NS_WSCN, "DocumentFinalParameters", 0,
               wsd_scan_final_parameters, wsd__type_scan_final_parameters),
};
#undef T
SCAN_TYPE(wsd__type_scan_create_scan_job_response, wsd_scan_create_scan_job_response,
          "CreateScanJobResponse", create_scan_job_response_rows, CLOSED);

/* RetrieveImage */

#define T struct wsd_scan_retrieve_image_request
static const struct wsd__row retrieve_image_request_rows[] = {
    JOB_ID,
    JOB_TOKEN,
    REQ_STRUCT(document_description, NS_WSCN, "DocumentDescription", 0,
               wsd_scan_document_description, wsd__type_scan_document_description,
               QUIRK(WSD__QUIRK_NO_DESCRIPTION)),
};
#undef T
SCAN_TYPE(wsd__type_scan_retrieve_image_request, wsd_scan_retrieve_image_request,
          "RetrieveImageRequest", retrieve_image_request_rows, CLOSED);

#define T struct wsd_xop_include
static const struct wsd__row xop_include_rows[] = {
    REQ(href, NS_NONE, "href", ROW_ATTRIBUTE),
};
#undef T
SCAN_TYPE(wsd__type_xop_include, wsd_xop_include, "Include", xop_include_rows, CLOSED);

#define T struct wsd_scan_data
static const struct wsd__row data_rows[] = {
    OPT(text, NS_NONE, NULL, ROW_TEXT | ROW_LENIENT),
    OPT_STRUCT(include, NS_XOP, "Include", 0, wsd_xop_include, wsd__type_xop_include),
};
#undef T

static const char *check_data(const void *object)
{
    const struct wsd_scan_data *data = object;
    return data->include != NULL || has_text(data->text) ? NULL : "needs xop:Include or base64";
}
SCAN_TYPE(wsd__type_scan_data, wsd_scan_data, "ScanData", data_rows, CLOSED, BASE64,
          CHECK(check_data));

#define T struct wsd_scan_retrieve_image_response
static const struct wsd__row retrieve_image_response_rows[] = {
    REQ_STRUCT(scan_data, NS_WSCN, "ScanData", 0, wsd_scan_data, wsd__type_scan_data),
};
#undef T
SCAN_TYPE(wsd__type_scan_retrieve_image_response, wsd_scan_retrieve_image_response,
          "RetrieveImageResponse", retrieve_image_response_rows, CLOSED);

/* CancelJob */

#define T struct wsd_scan_cancel_job_request
static const struct wsd__row cancel_job_request_rows[] = {
    JOB_ID,
};
#undef T
SCAN_TYPE(wsd__type_scan_cancel_job_request, wsd_scan_cancel_job_request, "CancelJobRequest",
          cancel_job_request_rows, CLOSED);

SCAN_EMPTY_TYPE(wsd__type_scan_cancel_job_response, wsd_scan_cancel_job_response,
                "CancelJobResponse");

/* ValidateScanTicket */

#define T struct wsd_scan_validate_scan_ticket_request
static const struct wsd__row validate_scan_ticket_request_rows[] = {
    SCAN_TICKET,
};
#undef T
SCAN_TYPE(wsd__type_scan_validate_scan_ticket_request, wsd_scan_validate_scan_ticket_request,
          "ValidateScanTicketRequest", validate_scan_ticket_request_rows, CLOSED);

#define T struct wsd_scan_validation_info
static const struct wsd__row validation_info_rows[] = {
    REQ(valid_ticket, NS_WSCN, "ValidTicket", 0),
    IMAGE_INFORMATION,
    OPT_STRUCT(valid_scan_ticket, NS_WSCN, "ValidScanTicket", 0, wsd_scan_ticket,
               wsd__type_scan_valid_ticket),
};
#undef T
SCAN_TYPE(wsd__type_scan_validation_info, wsd_scan_validation_info, "ValidationInfo",
          validation_info_rows, CLOSED);

#define T struct wsd_scan_validate_scan_ticket_response
static const struct wsd__row validate_scan_ticket_response_rows[] = {
    REQ_STRUCT(validation_info, NS_WSCN, "ValidationInfo", 0, wsd_scan_validation_info,
               wsd__type_scan_validation_info),
};
#undef T
SCAN_TYPE(wsd__type_scan_validate_scan_ticket_response, wsd_scan_validate_scan_ticket_response,
          "ValidateScanTicketResponse", validate_scan_ticket_response_rows, CLOSED);

/* GetScannerElements, GetJobElements */

/* A valid ElementData has one section: a known one, or a vendor's. Beside a known one vendor
 * elements do no harm. Of an invalid one nothing is asked: what it holds counts for nothing. */
static const char *check_sections(bool valid, int n_known, const struct wsd_any *any)
{
    if (!valid)
        return NULL;
    if (n_known > 1)
        return "holds one section at most";
    for (; n_known == 0; any = any->next) {
        if (any == NULL)
            return "needs a section where Valid is true";
        if (any->kind == WSD_ANY_ELEMENT)
            break;
    }
    return NULL;
}

#define ELEMENT_DATA_ATTRIBUTES                                                                    \
    REQ(name, NS_NONE, "Name", ROW_ATTRIBUTE), REQ(valid, NS_NONE, "Valid", ROW_ATTRIBUTE)

#define T struct wsd_scan_scanner_element_data
static const struct wsd__row scanner_element_data_rows[] = {
    ELEMENT_DATA_ATTRIBUTES,
    OPT_STRUCT(scanner_description, NS_WSCN, "ScannerDescription", 0, wsd_scan_description,
               wsd__type_scan_description),
    OPT_STRUCT(scanner_configuration, NS_WSCN, "ScannerConfiguration", 0, wsd_scan_configuration,
               wsd__type_scan_configuration),
    OPT_STRUCT(scanner_status, NS_WSCN, "ScannerStatus", 0, wsd_scan_status, wsd__type_scan_status),
    OPT_STRUCT(default_scan_ticket, NS_WSCN, "DefaultScanTicket", 0, wsd_scan_ticket,
               wsd__type_scan_default_ticket),
};
#undef T

static const char *check_scanner_element_data(const void *object)
{
    const struct wsd_scan_scanner_element_data *data = object;
    return check_sections(data->valid,
                          (data->scanner_description != NULL) +
                              (data->scanner_configuration != NULL) +
                              (data->scanner_status != NULL) + (data->default_scan_ticket != NULL),
                          data->any);
}
SCAN_TYPE(wsd__type_scan_scanner_element_data, wsd_scan_scanner_element_data, "ElementData",
          scanner_element_data_rows, OPEN, CHECK(check_scanner_element_data));

#define T struct wsd_scan_job_element_data
static const struct wsd__row job_element_data_rows[] = {
    ELEMENT_DATA_ATTRIBUTES,
    OPT_STRUCT(job_status, NS_WSCN, "JobStatus", 0, wsd_scan_job_status, wsd__type_scan_job_status),
    OPT_STRUCT(scan_ticket, NS_WSCN, "ScanTicket", 0, wsd_scan_ticket, wsd__type_scan_ticket),
    OPT_STRUCT(documents, NS_WSCN, "Documents", 0, wsd_scan_documents, wsd__type_scan_documents),
};
#undef T

static const char *check_job_element_data(const void *object)
{
    const struct wsd_scan_job_element_data *data = object;
    return check_sections(data->valid,
                          (data->job_status != NULL) + (data->scan_ticket != NULL) +
                              (data->documents != NULL),
                          data->any);
}
SCAN_TYPE(wsd__type_scan_job_element_data, wsd_scan_job_element_data, "ElementData",
          job_element_data_rows, OPEN, CHECK(check_job_element_data));

#define T struct wsd_scan_get_scanner_elements_request
static const struct wsd__row get_scanner_elements_request_rows[] = {
    REQUESTED_ELEMENTS,
};
#undef T
SCAN_TYPE(wsd__type_scan_get_scanner_elements_request, wsd_scan_get_scanner_elements_request,
          "GetScannerElementsRequest", get_scanner_elements_request_rows, CLOSED);

#define T struct wsd_scan_get_scanner_elements_response
static const struct wsd__row get_scanner_elements_response_rows[] = {
    LIST_STRUCT(scanner_elements, NS_WSCN, "ElementData", REQUIRED_ITEMS,
                wsd_scan_scanner_element_data, wsd__type_scan_scanner_element_data,
                WRAPPER("ScannerElements")),
};
#undef T
SCAN_TYPE(wsd__type_scan_get_scanner_elements_response, wsd_scan_get_scanner_elements_response,
          "GetScannerElementsResponse", get_scanner_elements_response_rows, CLOSED);

#define T struct wsd_scan_get_job_elements_request
static const struct wsd__row get_job_elements_request_rows[] = {
    JOB_ID,
    REQUESTED_ELEMENTS,
};
#undef T
SCAN_TYPE(wsd__type_scan_get_job_elements_request, wsd_scan_get_job_elements_request,
          "GetJobElementsRequest", get_job_elements_request_rows, CLOSED);

#define T struct wsd_scan_get_job_elements_response
static const struct wsd__row get_job_elements_response_rows[] = {
    LIST_STRUCT(job_elements, NS_WSCN, "ElementData", REQUIRED_ITEMS, wsd_scan_job_element_data,
                wsd__type_scan_job_element_data, WRAPPER("JobElements")),
};
#undef T
SCAN_TYPE(wsd__type_scan_get_job_elements_response, wsd_scan_get_job_elements_response,
          "GetJobElementsResponse", get_job_elements_response_rows, CLOSED);

/* GetActiveJobs, GetJobHistory */

SCAN_EMPTY_TYPE(wsd__type_scan_get_active_jobs_request, wsd_scan_get_active_jobs_request,
                "GetActiveJobsRequest");

#define T struct wsd_scan_get_active_jobs_response
static const struct wsd__row get_active_jobs_response_rows[] = {
    LIST_STRUCT(active_jobs, NS_WSCN, "JobSummary", ROW_REQUIRED, wsd_scan_job_summary,
                wsd__type_scan_job_summary, WRAPPER("ActiveJobs")),
};
#undef T
SCAN_TYPE(wsd__type_scan_get_active_jobs_response, wsd_scan_get_active_jobs_response,
          "GetActiveJobsResponse", get_active_jobs_response_rows, CLOSED);

SCAN_EMPTY_TYPE(wsd__type_scan_get_job_history_request, wsd_scan_get_job_history_request,
                "GetJobHistoryRequest");

#define T struct wsd_scan_get_job_history_response
static const struct wsd__row get_job_history_response_rows[] = {
    LIST_STRUCT(job_history, NS_WSCN, "JobSummary", ROW_REQUIRED, wsd_scan_job_summary,
                wsd__type_scan_job_summary, WRAPPER("JobHistory")),
};
#undef T
SCAN_TYPE(wsd__type_scan_get_job_history_response, wsd_scan_get_job_history_response,
          "GetJobHistoryResponse", get_job_history_response_rows, CLOSED);
