/* SPDX-License-Identifier: MIT */
/*
 * The tables of WS-Eventing (August 2004), sections 3 and appendix of its schema.
 *
 * An expiry stays text here, since the schema has a choice of two types in one element.
 */
#include "eventing/messages.h"

#include "soap/envelope.h"

#define T struct wsd_delivery
static const struct wsd__row delivery_rows[] = {
    OPT(mode, NS_NONE, "Mode", ROW_ATTRIBUTE),
    OPT_STRUCT(notify_to, NS_WSE, "NotifyTo", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
};
#undef T
static const struct wsd_type type_delivery =
    WSD__TYPE(struct wsd_delivery, "Delivery", delivery_rows, OPEN);

#define T struct wsd_filter
static const struct wsd__row filter_rows[] = {
    OPT(dialect, NS_NONE, "Dialect", ROW_ATTRIBUTE),
    TEXT(value, 0),
};
#undef T
static const struct wsd_type type_filter =
    WSD__TYPE(struct wsd_filter, "Filter", filter_rows, OPEN);

#define T struct wsd_subscribe_message
static const struct wsd__row subscribe_rows[] = {
    OPT_STRUCT(end_to, NS_WSE, "EndTo", 0, wsd_endpoint_reference, wsd__type_endpoint_reference),
    REQ_STRUCT(delivery, NS_WSE, "Delivery", 0, wsd_delivery, type_delivery),
    OPT(expires, NS_WSE, "Expires", 0),
    OPT_STRUCT(filter, NS_WSE, "Filter", 0, wsd_filter, type_filter),
};
#undef T
const struct wsd_type wsd__type_subscribe =
    WSD__TYPE(struct wsd_subscribe_message, "Subscribe", subscribe_rows, OPEN);

#define T struct wsd_subscribe_response
static const struct wsd__row subscribe_response_rows[] = {
    REQ_STRUCT(manager, NS_WSE, "SubscriptionManager", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
    OPT(expires, NS_WSE, "Expires", 0),
};
#undef T
const struct wsd_type wsd__type_subscribe_response =
    WSD__TYPE(struct wsd_subscribe_response, "SubscribeResponse", subscribe_response_rows, OPEN);

#define T struct wsd_expires_message
static const struct wsd__row expires_rows[] = {
    OPT(expires, NS_WSE, "Expires", 0),
};
#undef T
const struct wsd_type wsd__type_expires_message =
    WSD__TYPE(struct wsd_expires_message, "Renew", expires_rows, OPEN);

static const struct wsd_type type_empty = {.name = "GetStatus",
                                           .size = sizeof(struct wsd_eventing_empty),
                                           .any_offset = offsetof(struct wsd_eventing_empty, any),
                                           OPEN};

#define T struct wsd_subscription_end
static const struct wsd__row subscription_end_rows[] = {
    REQ_STRUCT(manager, NS_WSE, "SubscriptionManager", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
    REQ(status, NS_WSE, "Status", 0),
    LIST_STRUCT(reason, NS_WSE, "Reason", 0, wsd_soap_text, wsd__type_soap_text),
};
#undef T
const struct wsd_type wsd__type_subscription_end =
    WSD__TYPE(struct wsd_subscription_end, "SubscriptionEnd", subscription_end_rows, OPEN);

#define EXPIRES(m, xml)                                                                            \
    OPT_STRUCT(m, NS_WSE, xml, 0, wsd_expires_message, wsd__type_expires_message)
#define EMPTY(m, xml) OPT_STRUCT(m, NS_WSE, xml, 0, wsd_eventing_empty, type_empty)

#define T struct wsd_eventing_body
static const struct wsd__row body_rows[] = {
    WSD__FAULT_ROW,
    OPT_STRUCT(subscribe, NS_WSE, "Subscribe", 0, wsd_subscribe_message, wsd__type_subscribe),
    OPT_STRUCT(subscribe_response, NS_WSE, "SubscribeResponse", 0, wsd_subscribe_response,
               wsd__type_subscribe_response),
    EXPIRES(renew, "Renew"),
    EXPIRES(renew_response, "RenewResponse"),
    EMPTY(get_status, "GetStatus"),
    EXPIRES(get_status_response, "GetStatusResponse"),
    EMPTY(unsubscribe, "Unsubscribe"),
    OPT_STRUCT(subscription_end, NS_WSE, "SubscriptionEnd", 0, wsd_subscription_end,
               wsd__type_subscription_end),
};
#undef T
const struct wsd_type wsd__type_eventing_body =
    WSD__TYPE(struct wsd_eventing_body, "Body", body_rows, OPEN);
