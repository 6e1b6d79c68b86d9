/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Scan, client side: the eight operations of a scan service.
 *
 * Each call takes the address of the scan service (wsd_hosted_address() of the hosted service whose
 * type is {WSD_NS_SCAN}ScannerServiceType). Structures are those of <wsd/scan_types.h>. Each call
 * returns 0 or a negative code; besides the codes of wsd_get() the device may answer with a fault:
 * WSD_E_FAULT with the subcode of WS-Scan section 10 in reterr->subcode. Results are freed with
 * wsd_free().
 */
#ifndef WSD_SCAN_H
#define WSD_SCAN_H

#include <wsd/context.h>
#include <wsd/scan_types.h>
#include <wsd/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Parts of a scanner for wsd_get_scanner_elements(), to be or-ed. */
enum wsd_scan_part {
    WSD_SCAN_DESCRIPTION = 1,
    WSD_SCAN_CONFIGURATION = 2,
    WSD_SCAN_STATUS = 4,
    WSD_SCAN_DEFAULT_TICKET = 8,
    WSD_SCAN_ALL_PARTS = 15
};

/**
 * GetScannerElements (3.5): the parts asked for; ElementData of each that the device has. A device
 * that faults when several are asked for together (device-quirks X13) is asked one by one.
 */
WSD_API int wsd_get_scanner_elements(struct wsd_context *context, const char *service,
                                     unsigned parts, const struct wsd_request_options *options,
                                     const struct wsd_scan_get_scanner_elements_response **ret,
                                     struct wsd_error *reterr);
/** The same, started. */
WSD_API int wsd_get_scanner_elements_start(struct wsd_context *context, const char *service,
                                           unsigned parts,
                                           const struct wsd_request_options *options,
                                           wsd_done_fn *done, void *user,
                                           struct wsd_call **ret_call, struct wsd_error *reterr);

/** ValidateScanTicket (3.4). */
WSD_API int wsd_validate_scan_ticket(struct wsd_context *context, const char *service,
                                     const struct wsd_scan_ticket *ticket,
                                     const struct wsd_request_options *options,
                                     const struct wsd_scan_validate_scan_ticket_response **ret,
                                     struct wsd_error *reterr);
/** The same, started. */
WSD_API int wsd_validate_scan_ticket_start(struct wsd_context *context, const char *service,
                                           const struct wsd_scan_ticket *ticket,
                                           const struct wsd_request_options *options,
                                           wsd_done_fn *done, void *user,
                                           struct wsd_call **ret_call, struct wsd_error *reterr);

/**
 * CreateScanJob (3.1). @p scan_identifier and @p dest_token come from the device when the scan was
 * started at its panel; both NULL otherwise. From the answer on the device waits 60 s for
 * wsd_retrieve_image(); a job that is not fetched to its end must be given up with
 * wsd_cancel_job().
 */
WSD_API int wsd_create_scan_job(struct wsd_context *context, const char *service,
                                const struct wsd_scan_ticket *ticket, const char *scan_identifier,
                                const char *dest_token, const struct wsd_request_options *options,
                                const struct wsd_scan_create_scan_job_response **ret,
                                struct wsd_error *reterr);
/** The same, started. */
WSD_API int wsd_create_scan_job_start(struct wsd_context *context, const char *service,
                                      const struct wsd_scan_ticket *ticket,
                                      const char *scan_identifier, const char *dest_token,
                                      const struct wsd_request_options *options, wsd_done_fn *done,
                                      void *user, struct wsd_call **ret_call,
                                      struct wsd_error *reterr);

/** Where the images of wsd_retrieve_image() go. */
struct wsd_image_sink {
    size_t size; /**< sizeof this struct */
    void *user;
    /** An image begins; @p content_type as the device says ("" if it does not). May be NULL.
     *  @return 0, or a negative code that ends the transfer. */
    int (*begin)(void *user, const char *content_type);
    /** Bytes of it, as they come off the socket. @return as begin. */
    int (*write)(void *user, const void *bytes, size_t size);
    /** The image is over; @p complete is false if the transfer broke. May be NULL. */
    int (*end)(void *user, bool complete);
    int descriptor;     /**< with write NULL: bytes are written here (not closed) */
    uint64_t max_bytes; /**< of one image; 0: no limit */
};

#define WSD_IMAGE_SINK_INIT                                                                        \
    {                                                                                              \
        .size = sizeof(struct wsd_image_sink), .descriptor = -1                                    \
    }

/** What wsd_retrieve_image() brought. */
struct wsd_image_info {
    const char *content_type; /**< as the device says, "" if it does not */
    uint64_t size;            /**< bytes written to the sink */
    bool closed;              /**< the multipart answer had its proper end */
};

/**
 * RetrieveImage (3.2): streams one image (or, for multi-page formats, one file with all images)
 * into @p sink. Memory does not grow with the image. A single-image format is fetched page by page:
 * call again until WSD_E_FAULT with subcode ClientErrorNoImagesAvailable, the normal end of a
 * feeder job. On any failure after the first byte the sink has seen end(complete = false).
 */
WSD_API int wsd_retrieve_image(struct wsd_context *context, const char *service, int32_t job_id,
                               const char *job_token, const char *document_name,
                               const struct wsd_image_sink *sink,
                               const struct wsd_request_options *options,
                               const struct wsd_image_info **ret, struct wsd_error *reterr);
/** The same, started; @p sink is copied. The result is a `struct wsd_image_info`. */
WSD_API int wsd_retrieve_image_start(struct wsd_context *context, const char *service,
                                     int32_t job_id, const char *job_token,
                                     const char *document_name, const struct wsd_image_sink *sink,
                                     const struct wsd_request_options *options, wsd_done_fn *done,
                                     void *user, struct wsd_call **ret_call,
                                     struct wsd_error *reterr);

/** Parts of a job for wsd_get_job_elements(), to be or-ed. */
enum wsd_scan_job_part {
    WSD_SCAN_JOB_STATUS = 1,
    WSD_SCAN_JOB_TICKET = 2,
    WSD_SCAN_JOB_DOCUMENTS = 4,
    WSD_SCAN_JOB_ALL_PARTS = 7
};

/** GetJobElements (3.6). */
WSD_API int wsd_get_job_elements(struct wsd_context *context, const char *service, int32_t job_id,
                                 unsigned parts, const struct wsd_request_options *options,
                                 const struct wsd_scan_get_job_elements_response **ret,
                                 struct wsd_error *reterr);
/** The same, started. */
WSD_API int wsd_get_job_elements_start(struct wsd_context *context, const char *service,
                                       int32_t job_id, unsigned parts,
                                       const struct wsd_request_options *options, wsd_done_fn *done,
                                       void *user, struct wsd_call **ret_call,
                                       struct wsd_error *reterr);

/** GetActiveJobs (3.7). */
WSD_API int wsd_get_active_jobs(struct wsd_context *context, const char *service,
                                const struct wsd_request_options *options,
                                const struct wsd_scan_get_active_jobs_response **ret,
                                struct wsd_error *reterr);
/** The same, started. */
WSD_API int wsd_get_active_jobs_start(struct wsd_context *context, const char *service,
                                      const struct wsd_request_options *options, wsd_done_fn *done,
                                      void *user, struct wsd_call **ret_call,
                                      struct wsd_error *reterr);

/** GetJobHistory (3.7). */
WSD_API int wsd_get_job_history(struct wsd_context *context, const char *service,
                                const struct wsd_request_options *options,
                                const struct wsd_scan_get_job_history_response **ret,
                                struct wsd_error *reterr);
/** The same, started. */
WSD_API int wsd_get_job_history_start(struct wsd_context *context, const char *service,
                                      const struct wsd_request_options *options, wsd_done_fn *done,
                                      void *user, struct wsd_call **ret_call,
                                      struct wsd_error *reterr);

/** CancelJob (3.3). Cancelling a job that is over is a fault that may be ignored. */
WSD_API int wsd_cancel_job(struct wsd_context *context, const char *service, int32_t job_id,
                           const struct wsd_request_options *options, struct wsd_error *reterr);
/** The same, started; there is no result. */
WSD_API int wsd_cancel_job_start(struct wsd_context *context, const char *service, int32_t job_id,
                                 const struct wsd_request_options *options, wsd_done_fn *done,
                                 void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/** True if @p error is a fault whose subcode has this local name. Known misspellings of devices
 *  count as the name that they mean (device-quirks X8; ws-scan 10). */
WSD_API bool wsd_error_is_fault(const struct wsd_error *error, const char *subcode);

#ifdef __cplusplus
}
#endif
#endif
