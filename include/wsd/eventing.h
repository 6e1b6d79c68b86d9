/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Eventing, the client's side: subscriptions, the sink that events arrive
 * at, and subscriptions that keep themselves alive.
 *
 * wsd_subscribe() and its three companions are the protocol's own four
 * operations. Most programs want the two objects above them: a sink (an HTTP
 * listener) and, on it, managed subscriptions.
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

/** wse:Subscribe. `expires` is an xsd:duration or an xsd:dateTime; see
 * wsd_expires_parse(). */
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
    int64_t milliseconds;     /**< of a duration; a point in time: filled in answers
                                 only */
    struct wsd_datetime time; /**< of a point in time */
};

/** Reads the text of wse:Expires; NULL and "" are WSD_EXPIRES_NONE. False if it
 * is neither an xsd:duration nor an xsd:dateTime. */
WSD_API bool wsd_expires_parse(const char *text, struct wsd_expires *ret_expires);

/** What to subscribe to. Start from WSD_SUBSCRIBE_OPTIONS_INIT. */
struct wsd_subscribe_options {
    size_t size;
    /** Action URIs of the events wanted, NULL-terminated; at least one. */
    const char *const *actions;
    /** Where events are to be sent; an http URL that the device can reach.
     * Required. */
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
     * Milliseconds from the arrival of the answer; 0: already over. A point in
     * time is counted from the Date of the answer's HTTP header, since a device's
     * clock is its own; without that header, from our clock. INT64_MAX: no end
     * was named.
     */
    int64_t remaining;
    /** `remaining` is a guess: a point in time without zone, or in an answer
     * without Date, or a text that is no expiry at all. */
    bool estimated;
    const struct wsd_eventing_body *body; /**< the answer as it came, extensions included */
};

/** What wsd_subscribe() brought. */
struct wsd_subscribed {
    /** The subscription manager: address, and the reference properties and
     * parameters that each later message carries as headers. */
    struct wsd_endpoint_reference manager;
    struct wsd_grant grant;
    const struct wsd_subscribe_response *response; /**< as it came; extensions in `any` */
};

/**
 * Subscribes at the service at @p service (the address of a hosted service;
 * WS-Eventing 3.1).
 * @return 0; WSD_E_INVALID; the codes of wsd_get(); a device that refuses
 * answers WSD_E_FAULT with the subcode of WS-Eventing 4 (or DPWS'
 * FilterActionNotSupported) in reterr->subcode.
 */
WSD_API int wsd_subscribe(struct wsd_context *context, const char *service,
                          const struct wsd_subscribe_options *options,
                          const struct wsd_subscribed **ret_subscribed, struct wsd_error *reterr);
/** The same, started; the result is a `struct wsd_subscribed`. */
WSD_API int wsd_subscribe_start(struct wsd_context *context, const char *service,
                                const struct wsd_subscribe_options *options, wsd_done_fn *done,
                                void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/** Renew (3.2): asks the subscription manager for more time. @p expires may be
 * NULL: no end. */
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

/** Unsubscribe (3.4). Of a subscription that the device no longer knows it is a
 * fault. */
WSD_API int wsd_unsubscribe(struct wsd_context *context,
                            const struct wsd_endpoint_reference *manager,
                            const struct wsd_request_options *options, struct wsd_error *reterr);
/** The same, started; there is no result. */
WSD_API int wsd_unsubscribe_start(struct wsd_context *context,
                                  const struct wsd_endpoint_reference *manager,
                                  const struct wsd_request_options *options, wsd_done_fn *done,
                                  void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/* -- the sink
 * ----------------------------------------------------------------------------------
 */

/** An HTTP listener for events. */
struct wsd_sink;

/** Options of a sink; zero means the default. */
struct wsd_sink_options {
    size_t size;
    uint16_t port;       /**< 0: any. Firewalls that admit Windows' events admit 5357 */
    const char *address; /**< numeric address to listen on; NULL: all */
    uint32_t events_per_second_per_peer; /**< default 1000; more are refused (503)
                                            and counted */
};

#define WSD_SINK_OPTIONS_INIT                                                                      \
    {                                                                                              \
        .size = sizeof(struct wsd_sink_options)                                                    \
    }

/** What a sink has seen since it was made. */
struct wsd_sink_counters {
    uint64_t delivered;  /**< events handed to a subscription */
    uint64_t unknown;    /**< for no subscription, or for one that is over */
    uint64_t foreign;    /**< from an address that is not the device's */
    uint64_t malformed;  /**< no event that could be read */
    uint64_t duplicates; /**< of a MessageID that had been seen */
    uint64_t limited;    /**< over a limit of size or rate */
    /** Subscriptions that were freed and whose Unsubscribe nobody answered: the device may hold
     *  them still. */
    uint64_t abandoned;
};

/** Opens a sink on @p context. Free it after the subscriptions on it.
 *  Fails with WSD_E_SYSTEM (the port is taken), WSD_E_INVALID, WSD_E_NO_MEMORY.
 */
WSD_API int wsd_sink_new(struct wsd_context *context, const struct wsd_sink_options *options,
                         struct wsd_sink **ret_sink, struct wsd_error *reterr);
/** The port in use. */
WSD_API uint16_t wsd_sink_port(const struct wsd_sink *sink);
/** What it has seen. */
WSD_API struct wsd_sink_counters wsd_sink_counters(const struct wsd_sink *sink);
/** Closes it. Subscriptions that are still on it are ended as by wsd_subscription_free(), which
 *  their handles do not survive. Allowed inside callbacks of its subscriptions. NULL is fine. */
WSD_API void wsd_sink_free(struct wsd_sink *sink);

/* -- subscriptions that keep themselves alive
 * -------------------------------------------------- */

/** A managed subscription. */
struct wsd_subscription;

/** An event as it arrived; valid during the callback. */
struct wsd_event {
    const char *action; /**< its wsa:Action; "" if the device sent none */
    const struct wsd_soap_header *header;
    /** The body: a structure of the type that the subscription was made with (of
     * a plain wsd_subscription_new(): NULL). */
    const void *body;
    const struct wsd_any *any; /**< of a plain subscription: the body's elements */
    const char *peer;          /**< numeric address of who sent it */
};

/** Where a managed subscription stands. */
enum wsd_subscription_state {
    WSD_SUBSCRIPTION_STARTING, /**< the first Subscribe is under way */
    WSD_SUBSCRIPTION_ACTIVE,   /**< events arrive */
    WSD_SUBSCRIPTION_LOST,     /**< it was refused, forgotten or could not be renewed;
                                  tried again */
    WSD_SUBSCRIPTION_REFUSED   /**< the device has no events; it is asked again,
                                  rarely */
};

/** How a managed subscription is made. Start from
 * WSD_SUBSCRIPTION_OPTIONS_INIT. */
struct wsd_subscription_options {
    size_t size;
    const char *service;        /**< address of the hosted service */
    const char *const *actions; /**< as in wsd_subscribe_options */
    const struct wsd_any *extension;
    uint32_t lifetime; /**< seconds asked for at a time; default 3600 */
    const struct wsd_request_options *request;
    /** An event. Runs from the loop, after the device has had its 202. */
    void (*event)(void *user, const struct wsd_event *event);
    /**
     * The state changed, or a subscription was made anew (ACTIVE again: events in
     * between may be lost, so read afresh). @p subscribed is that of the
     * Subscribe that brought ACTIVE, else NULL; @p error tells why it was lost or
     * refused, else NULL. Both are valid during the call. May be NULL.
     */
    void (*changed)(void *user, enum wsd_subscription_state state,
                    const struct wsd_subscribed *subscribed, const struct wsd_error *error);
    void *user; /**< for event and changed */
};

#define WSD_SUBSCRIPTION_OPTIONS_INIT                                                              \
    {                                                                                              \
        .size = sizeof(struct wsd_subscription_options)                                            \
    }

/**
 * Subscribes, and stays subscribed: renews at half of the granted life,
 * subscribes anew (with growing pauses of 5 s to 5 minutes) when the device
 * refuses, has forgotten or was restarted, and when our own address towards it
 * changes. @p options is copied. Fails with WSD_E_INVALID or WSD_E_NO_MEMORY;
 * what the device says comes to `changed`.
 */
WSD_API int wsd_subscription_new(struct wsd_sink *sink,
                                 const struct wsd_subscription_options *options,
                                 struct wsd_subscription **ret_subscription,
                                 struct wsd_error *reterr);
/** Where it stands. */
WSD_API enum wsd_subscription_state
wsd_subscription_state(const struct wsd_subscription *subscription);
/** Milliseconds that the granted time still lasts; 0 unless ACTIVE. */
WSD_API int64_t wsd_subscription_remaining(const struct wsd_subscription *subscription);
/** The subscription manager while ACTIVE, to be stored by programs that want to
 * unsubscribe after a crash; else NULL. Valid until the next change of state.
 */
WSD_API const struct wsd_endpoint_reference *
wsd_subscription_manager(const struct wsd_subscription *subscription);
/** Where the subscription manager is reached, for wsd_request_options.url of that Unsubscribe; NULL
 * unless ACTIVE. Valid as long as wsd_subscription_manager(). */
WSD_API const char *wsd_subscription_manager_url(const struct wsd_subscription *subscription);
/**
 * The device was restarted (a Hello with a higher instance id) or is at another
 * address now: subscribes anew, at @p service (NULL: where it was), without
 * waiting for a pause to end. Repeated calls while that is under way do nothing
 * more.
 */
WSD_API int wsd_subscription_restart(struct wsd_subscription *subscription, const char *service,
                                     struct wsd_error *reterr);
/**
 * Asks the device now, instead of at half of the granted time, whether the subscription lives, by a
 * Renew (3.2): for programs that learn that something may have happened, such as a computer that
 * was asleep. `changed` tells if it does not. Nothing happens unless it is ACTIVE, or while
 * something is under way.
 */
WSD_API void wsd_subscription_check(struct wsd_subscription *subscription);
/**
 * Unsubscribes and ends it: no callback runs after this; allowed inside its callbacks. The
 * Unsubscribe goes out by itself; who wants it to arrive before the context is freed calls
 * wsd_sink_drain().
 */
WSD_API void wsd_subscription_free(struct wsd_subscription *subscription);
/** Waits up to @p timeout milliseconds until all Unsubscribes have been
 * answered.
 *  @return 0, WSD_E_TIMEOUT or WSD_E_CANCELLED. */
WSD_API int wsd_sink_drain(struct wsd_sink *sink, uint32_t timeout, struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
