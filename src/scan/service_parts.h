/* SPDX-License-Identifier: MIT */
/*
 * What the files of the scan service share with one another, and nobody else sees.
 *
 * service.c answers messages; service_jobs.c is the life of a job; service_image.c the transfer of
 * one; service_status.c state and conditions; service_events.c what is told of all that, and the
 * panel; service_setup.c birth, change and death; service_ticket.c and service_mend.c tickets;
 * service_fault.c the words of the faults.
 */
#ifndef WSD_SCAN_SERVICE_PARTS_H
#define WSD_SCAN_SERVICE_PARTS_H

#include <wsd/discovery.h>

#include "core/arena.h"
#include "core/limits.h"
#include "scan/schema.h"
#include "scan/service.h"
#include "scan/service_ticket.h"
#include "soap/answer.h"

enum { JOB_TOKEN_SIZE = 33, JOB_MAX_DOCUMENTS = 32, CONDITION_HISTORY = 16, CONDITIONS = 16 };
enum { WSD__SCAN_REASONS = CONDITIONS + 2 }; /* what is wrong, and what the scanner does */

/* -- faults (WS-Scan 10) ------------------------------------------------------------------------
 */
extern const struct wsd__fault wsd__scan_invalid_args;
extern const struct wsd__fault wsd__scan_operation_failed;
extern const struct wsd__fault wsd__scan_temporary_error;
extern const struct wsd__fault wsd__scan_internal_error;
extern const struct wsd__fault wsd__scan_not_accepting_jobs;
extern const struct wsd__fault wsd__scan_format_not_supported;
extern const struct wsd__fault wsd__scan_invalid_scan_identifier;
extern const struct wsd__fault wsd__scan_invalid_destination_token;
extern const struct wsd__fault wsd__scan_no_images;
extern const struct wsd__fault wsd__scan_nothing_to_scan;
extern const struct wsd__fault wsd__scan_conflict;
extern const struct wsd__fault wsd__scan_job_not_found;
extern const struct wsd__fault wsd__scan_invalid_job_token;
extern const struct wsd__fault wsd__scan_job_cancelled;
extern const struct wsd__fault wsd__scan_job_ended;
extern const struct wsd__fault wsd__scan_job_busy;
extern const struct wsd__fault wsd__scan_not_satisfiable;
extern const struct wsd__fault wsd__scan_answer_too_large;

/* -- a job: the root of an arena of its own ------------------------------------------------------
 */
struct wsd__scan_job {
    struct wsd_scan_job_info info; /* first: what the program sees */
    struct wsd_scan_service *service;
    struct wsd__scan_job *next;           /* older, in the history */
    const struct wsd_scan_ticket *ticket; /* as sent; freed with the job */
    struct wsd__scan_plan plan;
    char token[JOB_TOKEN_SIZE];
    int state, reason;
    int end_state; /* while Terminating: what it becomes */
    int32_t scans_completed;
    unsigned files; /* that have been begun */
    bool begun;     /* scanner.begin() succeeded: end() is owed */
    struct wsd_datetime created, completed;
    const char *documents[JOB_MAX_DOCUMENTS];
    size_t n_documents;
    struct wsd__scan_stream *stream;   /* an image under way */
    struct wsd__scan_profile *profile; /* plan points into it */
    int told_state, told_reason;       /* by the last JobStatusEvent; 0: none yet */
    int32_t told_scans;
    bool told_end;
};

struct wsd_scan_service {
    struct wsd_context *context;
    struct wsd__scan_profiles *profiles;
    struct wsd__scan_profile *profile;
    const struct wsd_scan_description *description;
    struct wsd_scanner scanner;
    struct wsd__scan_capabilities capabilities;
    uint32_t pickup_timeout;
    enum wsd_scan_busy busy;
    struct wsd__scan_events *events; /* NULL until somebody subscribes */
    uint64_t told_status;            /* by the last ScannerStatusSummaryEvent */
    void (*destinations_changed)(void *user);
    void *destinations_user;
    struct wsd__timer emptied; /* a restart has cleared the panel */
    uint32_t max_subscribers, max_per_peer;
    bool allow_foreign_sinks;
    int64_t (*clock)(void); /* seconds since 1970; a test may replace it */

    struct wsd__scan_job *active;  /* one at a time scans; the next is refused until it is over */
    struct wsd__scan_job *history; /* newest first */
    size_t n_history;
    int32_t last_job_id;
    struct wsd__timer pickup;

    struct wsd_scan_condition conditions[CONDITIONS]; /* as many as names times parts matter */
    size_t n_conditions;
    struct wsd_scan_condition *past; /* CONDITION_HISTORY of them, newest last; on demand */
    struct wsd_datetime *past_cleared;
    size_t n_past;
    int32_t last_condition_id;
};

struct wsd__scan_profile {
    struct wsd__scan_profile *next;
    unsigned users;
    const struct wsd_scan_configuration *configuration;
    const struct wsd_scan_ticket *default_ticket;
};

/* -- a request being answered -------------------------------------------------------------------
 */
struct wsd__scan_exchange {
    struct wsd_scan_service *service;
    const struct wsd__envelope *request;
    const struct wsd_scan_body *body;
    struct wsd__arena *arena;    /* for the answer */
    struct wsd_scan_body answer; /* one row is set by a handler that succeeds */
    struct wsd__scan_reply *reply;
    struct wsd__fault_detail detail; /* storage */
    char detail_text[16];
    const struct wsd_any *details; /* of a fault; NULL: none */
};
/* NULL, or what the request gets instead. */
typedef const struct wsd__fault *wsd__scan_handler(struct wsd__scan_exchange *x);

wsd__scan_handler wsd__scan_create_job, wsd__scan_cancel_job, wsd__scan_get_job_elements,
    wsd__scan_get_active_jobs, wsd__scan_get_job_history; /* service_jobs.c */
wsd__scan_handler wsd__scan_retrieve_image;               /* service_image.c */
wsd__scan_handler wsd__scan_get_elements;                 /* service_status.c */
wsd__scan_handler wsd__scan_validate_ticket;              /* service.c */

/* An element with text as Detail of the fault that the handler returns. */
const struct wsd__fault *wsd__scan_fault_about(struct wsd__scan_exchange *x,
                                               const struct wsd__fault *fault, const char *element,
                                               const char *text);
const struct wsd__fault *wsd__scan_fault_job(struct wsd__scan_exchange *x,
                                             const struct wsd__fault *fault, int32_t job_id);
/* wscn:Local, whatever prefix it came with, or no prefix at all. */
bool wsd__scan_name_is(const struct wsd_qname *name, const char *local);
struct wsd_qname wsd__scan_name_answer(const struct wsd_qname *name);

/* -- jobs ---------------------------------------------------------------------------------------
 */
struct wsd__scan_job *wsd__scan_job_find(struct wsd_scan_service *service, int32_t id);
bool wsd__scan_job_ended_p(const struct wsd__scan_job *job);
void wsd__scan_job_set(struct wsd__scan_job *job, int state, int reason);
/* To an end state, or to Terminating while an image is under way. */
void wsd__scan_job_stop(struct wsd__scan_job *job, int state, int reason);
/* Starts the time in which the client must come for the (next) image; WSD_E_NO_MEMORY. */
int wsd__scan_job_await_pickup(struct wsd__scan_job *job);
void wsd__scan_job_free(struct wsd__scan_job *job);
/* What the outside is told of it; reason is room for its one reason. */
void wsd__scan_job_status(const struct wsd__scan_job *job, struct wsd_scan_job_status *ret_status,
                          struct wsd_token *reason);

/* -- images -------------------------------------------------------------------------------------
 */
/* There is more to read, or the job is Terminating. */
void wsd__scan_stream_wake(struct wsd__scan_stream *stream);
/* The service goes away: the stream fails from now on. */
void wsd__scan_stream_orphan(struct wsd__scan_stream *stream);

/* True if they are the same; takes the same time wherever they differ. NULL is different. */
bool wsd__scan_secret_equal(const char *secret, const char *given);

/* -- status -------------------------------------------------------------------------------------
 */
int wsd__scan_state(const struct wsd_scan_service *service);
struct wsd_datetime wsd__scan_time(const struct wsd_scan_service *service);
/* State or reasons may have changed. */
void wsd__scan_status_changed(struct wsd_scan_service *service);
/* At least one; returns how many. */
size_t wsd__scan_state_reasons_of(const struct wsd_scan_service *service,
                                  struct wsd_token list[WSD__SCAN_REASONS]);
int wsd__scan_status(struct wsd_scan_service *service, struct wsd__arena *arena,
                     struct wsd_scan_status *ret_status);

/* -- profiles (service_setup.c) -----------------------------------------------------------------
 */
struct wsd__scan_profile *wsd__scan_profile_keep(struct wsd__scan_profile *profile);
void wsd__scan_profile_release(struct wsd__scan_profiles *profiles,
                               struct wsd__scan_profile *profile);

/* -- events -------------------------------------------------------------------------------------
 */
/* Each says what has changed since it was last told, if anybody wants to know. */
void wsd__scan_events_job(struct wsd__scan_job *job);
void wsd__scan_events_job_end(struct wsd__scan_job *job);
void wsd__scan_events_status(struct wsd_scan_service *service);
void wsd__scan_events_condition(struct wsd_scan_service *service,
                                const struct wsd_scan_condition *condition);
void wsd__scan_events_cleared(struct wsd_scan_service *service, int32_t condition_id);
void wsd__scan_events_elements(struct wsd_scan_service *service,
                               const struct wsd_scan_element_changes *changes);
/* A CreateScanJob that names a scan that was started here: NULL, or the fault. */
const struct wsd__fault *
wsd__scan_events_check(struct wsd_scan_service *service,
                       const struct wsd_scan_create_scan_job_request *request);
/* It has become a job: its identifier is worth nothing any more. */
void wsd__scan_events_used(struct wsd_scan_service *service,
                           const struct wsd_scan_create_scan_job_request *request);
/* Answers a request with an action of WS-Eventing; request is the same, decoded for its header. */
void wsd__scan_serve_eventing(struct wsd_scan_service *service,
                              const struct wsd__event_transport *transport, const void *bytes,
                              size_t size, const struct wsd__envelope *request,
                              struct wsd__scan_reply *reply);
void wsd__scan_events_free(struct wsd_scan_service *service, bool farewell);

#endif
