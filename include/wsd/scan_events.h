/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Scan's seven events, typed in and typed out (WS-Scan 12).
 */
#ifndef WSD_SCAN_EVENTS_H
#define WSD_SCAN_EVENTS_H

#include <wsd/eventing.h>
#include <wsd/scan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Events of a scanner, to be or-ed. */
enum wsd_scan_event_kind {
    WSD_SCAN_AVAILABLE = 1,          /**< ScanAvailableEvent: needs destinations */
    WSD_SCAN_ELEMENTS_CHANGE = 2,    /**< ScannerElementsChangeEvent */
    WSD_SCAN_STATUS_SUMMARY = 4,     /**< ScannerStatusSummaryEvent */
    WSD_SCAN_CONDITION = 8,          /**< ScannerStatusConditionEvent */
    WSD_SCAN_CONDITION_CLEARED = 16, /**< ScannerStatusConditionClearedEvent */
    WSD_SCAN_JOB_CHANGE = 32,        /**< JobStatusEvent */
    WSD_SCAN_JOB_END = 64,           /**< JobEndStateEvent */
    WSD_SCAN_ALL_BUT_AVAILABLE = 126
};

/** An event of a scanner; valid during the callback. One of the pointers is set. */
struct wsd_scan_event {
    enum wsd_scan_event_kind kind;
    const struct wsd_soap_header *header;
    const char *peer; /**< numeric address of the scanner */
    const struct wsd_scan_available_event *available;
    /** Of `available`: the token of its destination, for wsd_create_scan_job(); NULL if the scanner
     *  gave none. */
    const char *destination_token;
    const struct wsd_scan_element_changes *elements;
    const struct wsd_scan_status_summary *summary;
    const struct wsd_scan_condition *condition;
    const struct wsd_scan_condition_cleared *cleared;
    const struct wsd_scan_job_status *job;
    const struct wsd_scan_job_end_state *job_end;
};

/** What is wanted of a scanner's events. Start from WSD_SCAN_SUBSCRIBE_OPTIONS_INIT. */
struct wsd_scan_subscribe_options {
    size_t size;
    unsigned events; /**< of enum wsd_scan_event_kind */
    /** For WSD_SCAN_AVAILABLE: the lines of the panel, 1 to 32. The context of each is unique
     *  within this program. */
    const struct wsd_scan_destination *destinations;
    size_t n_destinations;
    uint32_t lifetime; /**< seconds asked for at a time; default 3600 */
    const struct wsd_request_options *request;
    /** An event. Runs from the loop, after the scanner has had its 202. */
    void (*event)(void *user, const struct wsd_scan_event *event);
    /** As in wsd_subscription_options. May be NULL. */
    void (*changed)(void *user, enum wsd_subscription_state state,
                    const struct wsd_subscribed *subscribed, const struct wsd_error *error);
    void *user;
};

#define WSD_SCAN_SUBSCRIBE_OPTIONS_INIT                                                            \
    {                                                                                              \
        .size = sizeof(struct wsd_scan_subscribe_options)                                          \
    }

/**
 * A managed subscription to any of a scanner's events; see wsd_subscription_new() for its life and
 * wsd_subscription_free() for its end. ScanAvailableEvent has a subscription of its own, as with
 * Windows: together with other events it is WSD_E_INVALID. Duplicates of a ScanIdentifier are
 * dropped.
 */
WSD_API int wsd_scan_subscribe(struct wsd_sink *sink, const char *service,
                               const struct wsd_scan_subscribe_options *options,
                               struct wsd_subscription **ret_subscription,
                               struct wsd_error *reterr);

/* One helper an event: the same with that event alone, and its body typed. `user` is given to the
 * callback. Each returns as wsd_scan_subscribe(). */
/** ScanAvailableEvent (WS-Scan 12.2): @p token as in wsd_scan_event. */
WSD_API int wsd_subscribe_scan_available(
    struct wsd_sink *sink, const char *service, const struct wsd_scan_destination *destinations,
    size_t n_destinations,
    void (*event)(void *user, const struct wsd_scan_available_event *event, const char *token),
    void *user, struct wsd_subscription **ret_subscription, struct wsd_error *reterr);
/** ScannerElementsChangeEvent. */
WSD_API int wsd_subscribe_scanner_elements_change(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_element_changes *changes), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr);
/** ScannerStatusSummaryEvent. */
WSD_API int wsd_subscribe_scanner_status_summary(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_status_summary *summary), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr);
/** ScannerStatusConditionEvent. */
WSD_API int wsd_subscribe_scanner_status_condition(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_condition *condition), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr);
/** ScannerStatusConditionClearedEvent. */
WSD_API int wsd_subscribe_scanner_status_condition_cleared(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_condition_cleared *cleared), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr);
/** JobStatusEvent. */
WSD_API int wsd_subscribe_job_status(struct wsd_sink *sink, const char *service,
                                     void (*event)(void *user,
                                                   const struct wsd_scan_job_status *status),
                                     void *user, struct wsd_subscription **ret_subscription,
                                     struct wsd_error *reterr);
/** JobEndStateEvent. */
WSD_API int wsd_subscribe_job_end_state(struct wsd_sink *sink, const char *service,
                                        void (*event)(void *user,
                                                      const struct wsd_scan_job_end_state *state),
                                        void *user, struct wsd_subscription **ret_subscription,
                                        struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
