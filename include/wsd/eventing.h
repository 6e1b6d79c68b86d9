/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Eventing: its messages.
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

/** wse:Subscribe. `expires` is an xsd:duration or an xsd:dateTime. */
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

#ifdef __cplusplus
}
#endif
#endif
