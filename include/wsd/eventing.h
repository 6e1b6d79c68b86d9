/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Eventing, the client's side: subscriptions, the sink that events arrive at, and subscriptions
 * that keep themselves alive.
 *
 * wsd_subscribe() and its three companions are the protocol's own four operations. Most programs
 * want the two objects above them: a sink (an HTTP listener) and, on it, managed subscriptions.
 */
#ifndef WSD_EVENTING_H
#define WSD_EVENTING_H

#include <wsd/context.h>
#include <wsd/soap.h>
#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WSD_NS_EVENTING "http://schemas.xmlsoap.org/ws/2004/08/eventing"
/** Delivery/@Mode: the device posts each event to us (WS-Eventing 3.1). */
#define WSD_EVENTING_PUSH "http://schemas.xmlsoap.org/ws/2004/08/eventing/DeliveryModes/Push"
/** Filter/@Dialect: a list of action URIs (DPWS 6.1.1). */
#define WSD_EVENTING_FILTER_ACTION "http://schemas.xmlsoap.org/ws/2006/02/devprof/Action"

/** wse:Delivery. */
struct wsd_delivery {
    const char *mode; /**< NULL: push */
    const struct wsd_endpoint_reference *notify_to;
    const struct wsd_any *any;
};

/** wse:Filter. */
struct wsd_filter {
    const char *dialect; /**< NULL: XPath, which nobody supports */
    const char *value;   /**< of the Action dialect: URIs apart by white space */
    const struct wsd_any *any;
};

/** wse:Subscribe. `expires` is an xsd:duration or an xsd:dateTime; see wsd_expires_parse(). */
struct wsd_subscribe_message {
    const struct wsd_endpoint_reference *end_to;
    struct wsd_delivery delivery;
    const char *expires;
    const struct wsd_filter *filter;
    const struct wsd_any *any;
};

/** wse:SubscribeResponse. */
struct wsd_subscribe_response {
    struct wsd_endpoint_reference manager;
    const char *expires;
    const struct wsd_any *any;
};

/** wse:Renew, RenewResponse, GetStatusResponse: nothing but an expiry. */
struct wsd_expires_message {
    const char *expires;
    const struct wsd_any *any;
};

/** wse:GetStatus, Unsubscribe: nothing. */
struct wsd_eventing_empty {
    const struct wsd_any *any;
};

/** wse:SubscriptionEnd. */
struct wsd_subscription_end {
    struct wsd_endpoint_reference manager;
    const char *status; /**< a URI of WS-Eventing 3.5 */
    const struct wsd_soap_text *reason;
    size_t n_reason;
    const struct wsd_any *any;
};

/** The bodies of WS-Eventing; at most one is set. */
struct wsd_eventing_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_subscribe_message *subscribe;
    const struct wsd_subscribe_response *subscribe_response;
    const struct wsd_expires_message *renew;
    const struct wsd_expires_message *renew_response;
    const struct wsd_eventing_empty *get_status;
    const struct wsd_expires_message *get_status_response;
    const struct wsd_eventing_empty *unsubscribe;
    const struct wsd_subscription_end *subscription_end;
    const struct wsd_any *any;
};

/** How an expiry is put. */
enum wsd_expires_kind {
    WSD_EXPIRES_NONE,     /**< not at all: no end is asked for or named */
    WSD_EXPIRES_DURATION, /**< so many milliseconds from now */
    WSD_EXPIRES_TIME      /**< a point in time, on the clock of who wrote it */
};

/** wse:Expires. */
struct wsd_expires {
    enum wsd_expires_kind kind;
    int64_t milliseconds;     /**< of a duration; a point in time: filled in answers only */
    struct wsd_datetime time; /**< of a point in time */
};

/** Reads the text of wse:Expires; NULL and "" are WSD_EXPIRES_NONE. False if it is neither an
 *  xsd:duration nor an xsd:dateTime. */
WSD_API bool wsd_expires_parse(const char *text, struct wsd_expires *ret_expires);

/** What to subscribe to. Start from WSD_SUBSCRIBE_OPTIONS_INIT. */
struct wsd_subscribe_options {
    size_t size;
    /** Action URIs of the events wanted, NULL-terminated; at least one. */
    const char *const *actions;
    /** Where events are to be sent; an http URL that the device can reach. Required. */
    const char *notify_to;
    const struct wsd_any *notify_parameters; /**< reference parameters that come back as headers */
    /** Where SubscriptionEnd is to be sent; NULL: nowhere. */
    const char *end_to;
    const struct wsd_any *end_parameters;
    struct wsd_expires expires;      /**< zero: no end is asked for */
    const struct wsd_any *extension; /**< elements at the end of wse:Subscribe */
    const struct wsd_request_options *request;
};

#define WSD_SUBSCRIBE_OPTIONS_INIT                                                                 \
    {                                                                                              \
        .size = sizeof(struct wsd_subscribe_options)                                               \
    }

/** An expiry that was granted (WS-Eventing 3.1.2, 3.2, 3.3). */
struct wsd_grant {
    struct wsd_expires expires; /**< as the device put it */
    /**
     * Milliseconds from the arrival of the answer; 0: already over. A point in time is counted
     * from the Date of the answer's HTTP header, since a device's clock is its own; without that
     * header, from our clock. INT64_MAX: no end was named.
     */
    int64_t remaining;
    /** `remaining` is a guess: a point in time without zone, or in an answer without Date, or a
     * text that is no expiry at all. */
    bool estimated;
    const struct wsd_eventing_body *body; /**< the answer as it came, extensions included */
};

/** What wsd_subscribe() brought. */
struct wsd_subscribed {
    /** The subscription manager: address, and the reference properties and parameters that each
     *  later message carries as headers. */
    struct wsd_endpoint_reference manager;
    struct wsd_grant grant;
    const struct wsd_subscribe_response *response; /**< as it came; extensions in `any` */
};

/**
 * Subscribes at the service at @p service (the address of a hosted service; WS-Eventing 3.1).
 * @return 0; WSD_E_INVALID; the codes of wsd_get(); a device that refuses answers WSD_E_FAULT with
 *         the subcode of WS-Eventing 4 (or DPWS' FilterActionNotSupported) in reterr->subcode.
 */
WSD_API int wsd_subscribe(struct wsd_context *context, const char *service,
                          const struct wsd_subscribe_options *options,
                          const struct wsd_subscribed **ret_subscribed, struct wsd_error *reterr);
/** The same, started; the result is a `struct wsd_subscribed`. */
WSD_API int wsd_subscribe_start(struct wsd_context *context, const char *service,
                                const struct wsd_subscribe_options *options, wsd_done_fn *done,
                                void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/** Renew (3.2): asks the subscription manager for more time. @p expires may be NULL: no end. */
WSD_API int wsd_renew(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
                      const struct wsd_expires *expires, const struct wsd_request_options *options,
                      const struct wsd_grant **ret_grant, struct wsd_error *reterr);
/** The same, started; the result is a `struct wsd_grant`. */
WSD_API int wsd_renew_start(struct wsd_context *context,
                            const struct wsd_endpoint_reference *manager,
                            const struct wsd_expires *expires,
                            const struct wsd_request_options *options, wsd_done_fn *done,
                            void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/** GetStatus (3.3): how long it still lasts. */
WSD_API int wsd_get_status(struct wsd_context *context,
                           const struct wsd_endpoint_reference *manager,
                           const struct wsd_request_options *options,
                           const struct wsd_grant **ret_grant, struct wsd_error *reterr);
/** The same, started; the result is a `struct wsd_grant`. */
WSD_API int wsd_get_status_start(struct wsd_context *context,
                                 const struct wsd_endpoint_reference *manager,
                                 const struct wsd_request_options *options, wsd_done_fn *done,
                                 void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/** Unsubscribe (3.4). Of a subscription that the device no longer knows it is a fault. */
WSD_API int wsd_unsubscribe(struct wsd_context *context,
                            const struct wsd_endpoint_reference *manager,
                            const struct wsd_request_options *options, struct wsd_error *reterr);
/** The same, started; there is no result. */
WSD_API int wsd_unsubscribe_start(struct wsd_context *context,
                                  const struct wsd_endpoint_reference *manager,
                                  const struct wsd_request_options *options, wsd_done_fn *done,
                                  void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
