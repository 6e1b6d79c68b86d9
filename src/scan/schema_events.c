/* SPDX-License-Identifier: MIT */
/*
 * Tables of WS-Scan's events, of what it adds to a subscription, and of the body of its messages.
 */
#include "scan/schema.h"

#include "soap/envelope.h"

#define REQUIRED_ITEMS (ROW_REQUIRED | ROW_NONEMPTY)
#define CLIENT_CONTEXT REQ(client_context, NS_WSCN, "ClientContext", ROW_PRESERVE, SCAN_STR)

/* Subscription to ScanAvailableEvent */

#define T struct wsd_scan_destination
static const struct wsd__row destination_rows[] = {
    REQ(client_display_name, NS_WSCN, "ClientDisplayName", ROW_PRESERVE, SCAN_NAME),
    CLIENT_CONTEXT,
};
#undef T
SCAN_TYPE(wsd__type_scan_destination, wsd_scan_destination, "ScanDestination", destination_rows,
          OPEN);

#define T struct wsd_scan_destinations
static const struct wsd__row destinations_rows[] = {
    LIST_STRUCT(scan_destination, NS_WSCN, "ScanDestination", REQUIRED_ITEMS, wsd_scan_destination,
                wsd__type_scan_destination),
};
#undef T
SCAN_TYPE(wsd__type_scan_destinations, wsd_scan_destinations, "ScanDestinations", destinations_rows,
          CLOSED);

#define T struct wsd_scan_destination_response
static const struct wsd__row destination_response_rows[] = {
    CLIENT_CONTEXT,
    REQ(destination_token, NS_WSCN, "DestinationToken", ROW_PRESERVE, SCAN_STR),
};
#undef T
SCAN_TYPE(wsd__type_scan_destination_response, wsd_scan_destination_response, "DestinationResponse",
          destination_response_rows, OPEN);

#define T struct wsd_scan_destination_responses
static const struct wsd__row destination_responses_rows[] = {
    LIST_STRUCT(destination_response, NS_WSCN, "DestinationResponse", REQUIRED_ITEMS,
                wsd_scan_destination_response, wsd__type_scan_destination_response),
};
#undef T
SCAN_TYPE(wsd__type_scan_destination_responses, wsd_scan_destination_responses,
          "DestinationResponses", destination_responses_rows, CLOSED);

#define T struct wsd_scan_available_event
static const struct wsd__row available_event_rows[] = {
    CLIENT_CONTEXT,
    REQ(scan_identifier, NS_WSCN, "ScanIdentifier", ROW_PRESERVE, SCAN_STR),
    OPT(input_source, NS_WSCN, "InputSource", 0, WORDS(wsd__scan_input_sources)),
};
#undef T
SCAN_TYPE(wsd__type_scan_available_event, wsd_scan_available_event, "ScanAvailableEvent",
          available_event_rows, OPEN);

/* What changed at the scanner */

#define T struct wsd_scan_element_changes
static const struct wsd__row element_changes_rows[] = {
    OPT_STRUCT(scanner_description, NS_WSCN, "ScannerDescription", 0, wsd_scan_description,
               wsd__type_scan_description),
    OPT_STRUCT(scanner_configuration, NS_WSCN, "ScannerConfiguration", 0, wsd_scan_configuration,
               wsd__type_scan_configuration),
    OPT_STRUCT(default_scan_ticket, NS_WSCN, "DefaultScanTicket", 0, wsd_scan_ticket,
               wsd__type_scan_default_ticket),
};
#undef T
SCAN_TYPE(wsd__type_scan_element_changes, wsd_scan_element_changes, "ElementChanges",
          element_changes_rows, OPEN);

#define T struct wsd_scan_elements_change_event
static const struct wsd__row elements_change_event_rows[] = {
    REQ_STRUCT(element_changes, NS_WSCN, "ElementChanges", 0, wsd_scan_element_changes,
               wsd__type_scan_element_changes),
};
#undef T
SCAN_TYPE(wsd__type_scan_elements_change_event, wsd_scan_elements_change_event,
          "ScannerElementsChangeEvent", elements_change_event_rows, OPEN);

#define T struct wsd_scan_status_summary
static const struct wsd__row status_summary_rows[] = {
    REQ(scanner_state, NS_WSCN, "ScannerState", 0, WORDS(wsd__scan_states)),
    LIST(scanner_state_reasons, NS_WSCN, "ScannerStateReason", ROW_NONEMPTY,
         WRAPPER("ScannerStateReasons"), WORDS(wsd__scan_state_reasons)),
};
#undef T
SCAN_TYPE(wsd__type_scan_status_summary, wsd_scan_status_summary, "StatusSummary",
          status_summary_rows, OPEN);

#define T struct wsd_scan_status_summary_event
static const struct wsd__row status_summary_event_rows[] = {
    REQ_STRUCT(status_summary, NS_WSCN, "StatusSummary", 0, wsd_scan_status_summary,
               wsd__type_scan_status_summary),
};
#undef T
SCAN_TYPE(wsd__type_scan_status_summary_event, wsd_scan_status_summary_event,
          "ScannerStatusSummaryEvent", status_summary_event_rows, OPEN);

#define T struct wsd_scan_status_condition_event
static const struct wsd__row status_condition_event_rows[] = {
    REQ_STRUCT(device_condition, NS_WSCN, "DeviceCondition", 0, wsd_scan_condition,
               wsd__type_scan_condition),
};
#undef T
SCAN_TYPE(wsd__type_scan_status_condition_event, wsd_scan_status_condition_event,
          "ScannerStatusConditionEvent", status_condition_event_rows, OPEN);

#define T struct wsd_scan_condition_cleared
static const struct wsd__row condition_cleared_rows[] = {
    REQ(condition_id, NS_WSCN, "ConditionId", 0, SCAN_ID),
    REQ(condition_clear_time, NS_WSCN, "ConditionClearTime", 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_condition_cleared, wsd_scan_condition_cleared, "DeviceConditionCleared",
          condition_cleared_rows, OPEN);

#define T struct wsd_scan_status_condition_cleared_event
static const struct wsd__row status_condition_cleared_event_rows[] = {
    REQ_STRUCT(device_condition_cleared, NS_WSCN, "DeviceConditionCleared", 0,
               wsd_scan_condition_cleared, wsd__type_scan_condition_cleared),
};
#undef T
SCAN_TYPE(wsd__type_scan_status_condition_cleared_event, wsd_scan_status_condition_cleared_event,
          "ScannerStatusConditionClearedEvent", status_condition_cleared_event_rows, OPEN);

/* What became of a job */

#define T struct wsd_scan_job_status_event
static const struct wsd__row job_status_event_rows[] = {
    REQ_STRUCT(job_status, NS_WSCN, "JobStatus", 0, wsd_scan_job_status, wsd__type_scan_job_status),
};
#undef T
SCAN_TYPE(wsd__type_scan_job_status_event, wsd_scan_job_status_event, "JobStatusEvent",
          job_status_event_rows, OPEN);

#define T struct wsd_scan_job_end_state_event
static const struct wsd__row job_end_state_event_rows[] = {
    REQ_STRUCT(job_end_state, NS_WSCN, "JobEndState", 0, wsd_scan_job_end_state,
               wsd__type_scan_job_end_state),
};
#undef T
SCAN_TYPE(wsd__type_scan_job_end_state_event, wsd_scan_job_end_state_event, "JobEndStateEvent",
          job_end_state_event_rows, OPEN);

/* The body. Which root belongs to which action is for the caller to check. */

#define ROOT(m, xml, name) OPT_STRUCT(m, NS_WSCN, xml, 0, wsd_scan_##name, wsd__type_scan_##name)

#define T struct wsd_scan_body
static const struct wsd__row body_rows[] = {
    WSD__FAULT_ROW,
    ROOT(create_scan_job_request, "CreateScanJobRequest", create_scan_job_request),
    ROOT(create_scan_job_response, "CreateScanJobResponse", create_scan_job_response),
    ROOT(retrieve_image_request, "RetrieveImageRequest", retrieve_image_request),
    ROOT(retrieve_image_response, "RetrieveImageResponse", retrieve_image_response),
    ROOT(cancel_job_request, "CancelJobRequest", cancel_job_request),
    ROOT(cancel_job_response, "CancelJobResponse", cancel_job_response),
    ROOT(validate_scan_ticket_request, "ValidateScanTicketRequest", validate_scan_ticket_request),
    ROOT(validate_scan_ticket_response, "ValidateScanTicketResponse",
         validate_scan_ticket_response),
    ROOT(get_scanner_elements_request, "GetScannerElementsRequest", get_scanner_elements_request),
    ROOT(get_scanner_elements_response, "GetScannerElementsResponse",
         get_scanner_elements_response),
    ROOT(get_job_elements_request, "GetJobElementsRequest", get_job_elements_request),
    ROOT(get_job_elements_response, "GetJobElementsResponse", get_job_elements_response),
    ROOT(get_active_jobs_request, "GetActiveJobsRequest", get_active_jobs_request),
    ROOT(get_active_jobs_response, "GetActiveJobsResponse", get_active_jobs_response),
    ROOT(get_job_history_request, "GetJobHistoryRequest", get_job_history_request),
    ROOT(get_job_history_response, "GetJobHistoryResponse", get_job_history_response),
    ROOT(scan_available_event, "ScanAvailableEvent", available_event),
    ROOT(scanner_elements_change_event, "ScannerElementsChangeEvent", elements_change_event),
    ROOT(scanner_status_summary_event, "ScannerStatusSummaryEvent", status_summary_event),
    ROOT(scanner_status_condition_event, "ScannerStatusConditionEvent", status_condition_event),
    ROOT(scanner_status_condition_cleared_event, "ScannerStatusConditionClearedEvent",
         status_condition_cleared_event),
    ROOT(job_status_event, "JobStatusEvent", job_status_event),
    ROOT(job_end_state_event, "JobEndStateEvent", job_end_state_event),
    OPT_STRUCT(get_job_elements, NS_WSCN, "GetJobElements", ROW_LENIENT,
               wsd_scan_get_job_elements_request, wsd__type_scan_get_job_elements_request),
};
#undef T
SCAN_TYPE(wsd__type_scan_body, wsd_scan_body, "Body", body_rows, CLOSED);
