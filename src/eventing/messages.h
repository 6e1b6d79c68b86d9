/* SPDX-License-Identifier: MIT */
/* The messages of WS-Eventing: their tables and names. */
#ifndef WSD_EVENTING_MESSAGES_H
#define WSD_EVENTING_MESSAGES_H

#include <wsd/eventing.h>

#include "xml/schema.h"

extern const struct wsd_type wsd__type_subscribe;
extern const struct wsd_type wsd__type_subscribe_response;
extern const struct wsd_type wsd__type_expires_message;
extern const struct wsd_type wsd__type_subscription_end;
extern const struct wsd_type wsd__type_eventing_body;

#define WSD__EVENTING_FAULT_ACTION         WSD_NS_EVENTING "/fault"
#define WSD__EVENTING_DELIVERY_FAILURE     WSD_NS_EVENTING "/DeliveryFailure"
#define WSD__EVENTING_SOURCE_SHUTTING_DOWN WSD_NS_EVENTING "/SourceShuttingDown"
#define WSD__EVENTING_SOURCE_CANCELLING    WSD_NS_EVENTING "/SourceCancelling"

#endif
