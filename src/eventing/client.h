/* SPDX-License-Identifier: MIT */
/* The four operations of WS-Eventing, for managed subscriptions: where to send is theirs to say. */
#ifndef WSD_EVENTING_CLIENT_H
#define WSD_EVENTING_CLIENT_H

#include <wsd/eventing.h>

#include "core/context.h"

enum wsd__eventing_op {
    WSD__EVENTING_RENEW,
    WSD__EVENTING_GET_STATUS,
    WSD__EVENTING_UNSUBSCRIBE,
    WSD__EVENTING_OPS
};

/* A message to a subscription manager. url: where it is sent, wsa:To being the manager's address;
 * NULL: the same. */
int wsd__manage_start(struct wsd_context *context, enum wsd__eventing_op op, const char *url,
                      const struct wsd_endpoint_reference *manager,
                      const struct wsd_expires *expires, const struct wsd_request_options *options,
                      wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                      struct wsd_error *reterr);

#endif
