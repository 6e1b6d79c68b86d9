/* SPDX-License-Identifier: MIT */
/*
 * Tables of jobs and their documents, and of the information model that holds all of a scanner.
 *
 * A job that was made without a user's name (WsdScanService omits it) has none in its reports
 * either, so the quirk holds for these as well.
 */
#include "scan/schema.h"

#define REQUIRED_ITEMS (ROW_REQUIRED | ROW_NONEMPTY)
#define JOB_ID         REQ(job_id, NS_WSCN, "JobId", 0, SCAN_ID)
#define JOB_NAME       REQ(job_name, NS_WSCN, "JobName", ROW_PRESERVE, SCAN_STR)
#define JOB_USER                                                                                   \
    REQ(job_originating_user_name, NS_WSCN, "JobOriginatingUserName", ROW_PRESERVE, SCAN_STR,      \
        QUIRK(WSD__QUIRK_NO_DESCRIPTION))
#define JOB_STATE REQ(job_state, NS_WSCN, "JobState", 0, WORDS(wsd__scan_job_states))
#define JOB_STATE_REASONS                                                                          \
    LIST(job_state_reasons, NS_WSCN, "JobStateReason", ROW_NONEMPTY, WRAPPER("JobStateReasons"),   \
         WORDS(wsd__scan_job_state_reasons))
#define SCANS_COMPLETED                                                                            \
    REQ(scans_completed, NS_WSCN, "ScansCompleted", 0, SCAN_COUNT, UNIT("images"))

#define T struct wsd_scan_document_description
static const struct wsd__row document_description_rows[] = {
    REQ(document_name, NS_WSCN, "DocumentName", ROW_PRESERVE, SCAN_STR),
};
#undef T
SCAN_TYPE(wsd__type_scan_document_description, wsd_scan_document_description, "DocumentDescription",
          document_description_rows, OPEN);

#define T struct wsd_scan_document
static const struct wsd__row document_rows[] = {
    REQ_STRUCT(document_description, NS_WSCN, "DocumentDescription", 0,
               wsd_scan_document_description, wsd__type_scan_document_description),
};
#undef T
SCAN_TYPE(wsd__type_scan_document, wsd_scan_document, "Document", document_rows, OPEN);

#define T struct wsd_scan_documents
static const struct wsd__row documents_rows[] = {
    REQ_STRUCT(document_final_parameters, NS_WSCN, "DocumentFinalParameters", 0,
               wsd_scan_final_parameters, wsd__type_scan_final_parameters),
    LIST_STRUCT(document, NS_WSCN, "Document", REQUIRED_ITEMS, wsd_scan_document,
                wsd__type_scan_document),
};
#undef T
SCAN_TYPE(wsd__type_scan_documents, wsd_scan_documents, "Documents", documents_rows, OPEN);

#define T struct wsd_scan_job_status
static const struct wsd__row job_status_rows[] = {
    JOB_ID,
    JOB_STATE,
    JOB_STATE_REASONS,
    SCANS_COMPLETED,
    OPT(job_created_time, NS_WSCN, "JobCreatedTime", 0),
    OPT(job_completed_time, NS_WSCN, "JobCompletedTime", 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_job_status, wsd_scan_job_status, "JobStatus", job_status_rows, OPEN);

#define T struct wsd_scan_job_summary
static const struct wsd__row job_summary_rows[] = {
    JOB_ID, JOB_NAME, JOB_USER, JOB_STATE, JOB_STATE_REASONS, SCANS_COMPLETED,
};
#undef T
SCAN_TYPE(wsd__type_scan_job_summary, wsd_scan_job_summary, "JobSummary", job_summary_rows, OPEN);

#define T struct wsd_scan_job_end_state
static const struct wsd__row job_end_state_rows[] = {
    JOB_ID,
    REQ(job_completed_state, NS_WSCN, "JobCompletedState", 0,
        WORDS(wsd__scan_job_completed_states)),
    LIST(job_completed_state_reasons, NS_WSCN, "JobStateReason", REQUIRED_ITEMS,
         WRAPPER("JobCompletedStateReasons"), WORDS(wsd__scan_job_state_reasons)),
    JOB_NAME,
    JOB_USER,
    SCANS_COMPLETED,
    OPT(job_completed_time, NS_WSCN, "JobCompletedTime", 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_job_end_state, wsd_scan_job_end_state, "JobEndState", job_end_state_rows,
          OPEN);

#define T struct wsd_scan_job
static const struct wsd__row job_rows[] = {
    REQ_STRUCT(job_status, NS_WSCN, "JobStatus", 0, wsd_scan_job_status, wsd__type_scan_job_status),
    REQ_STRUCT(scan_ticket, NS_WSCN, "ScanTicket", 0, wsd_scan_ticket, wsd__type_scan_ticket),
    OPT_STRUCT(documents, NS_WSCN, "Documents", 0, wsd_scan_documents, wsd__type_scan_documents),
};
#undef T
SCAN_TYPE(wsd__type_scan_job, wsd_scan_job, "Job", job_rows, OPEN);

#define T struct wsd_scan_job_list
static const struct wsd__row job_list_rows[] = {
    LIST_STRUCT(job, NS_WSCN, "Job", 0, wsd_scan_job, wsd__type_scan_job),
};
#undef T
SCAN_TYPE(wsd__type_scan_active_jobs, wsd_scan_job_list, "ActiveJobs", job_list_rows, OPEN);
SCAN_TYPE(wsd__type_scan_job_history, wsd_scan_job_list, "JobHistory", job_list_rows, OPEN);

#define T struct wsd_scan_job_table
static const struct wsd__row job_table_rows[] = {
    REQ_STRUCT(active_jobs, NS_WSCN, "ActiveJobs", 0, wsd_scan_job_list,
               wsd__type_scan_active_jobs),
    OPT_STRUCT(job_history, NS_WSCN, "JobHistory", 0, wsd_scan_job_list,
               wsd__type_scan_job_history),
};
#undef T
SCAN_TYPE(wsd__type_scan_job_table, wsd_scan_job_table, "JobTable", job_table_rows, OPEN);

#define T struct wsd_scanner_model
static const struct wsd__row scanner_model_rows[] = {
    REQ_STRUCT(scanner_description, NS_WSCN, "ScannerDescription", 0, wsd_scan_description,
               wsd__type_scan_description),
    REQ_STRUCT(scanner_configuration, NS_WSCN, "ScannerConfiguration", 0, wsd_scan_configuration,
               wsd__type_scan_configuration),
    REQ_STRUCT(scanner_status, NS_WSCN, "ScannerStatus", 0, wsd_scan_status, wsd__type_scan_status),
    REQ_STRUCT(default_scan_ticket, NS_WSCN, "DefaultScanTicket", 0, wsd_scan_ticket,
               wsd__type_scan_default_ticket),
    REQ_STRUCT(job_table, NS_WSCN, "JobTable", 0, wsd_scan_job_table, wsd__type_scan_job_table),
};
#undef T
SCAN_TYPE(wsd__type_scanner_model, wsd_scanner_model, "Scanner", scanner_model_rows, OPEN);
