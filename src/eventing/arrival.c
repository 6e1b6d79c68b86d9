/* SPDX-License-Identifier: MIT */
/*
 * Events come in the type of whoever subscribed. SubscriptionEnd has a table of its own, and is so
 * rare that reading it twice is no matter.
 */
#include "eventing/arrival.h"

#include <string.h>

#include "core/error.h"
#include "eventing/messages.h"
#include "soap/exchange.h"
#include "xml/any_typed.h"

static bool says_end(const struct wsd__arrival *arrival, const struct wsd_type *type)
{
    return strcmp(arrival->action, WSD_NS_EVENTING "/SubscriptionEnd") == 0 ||
           wsd__any_find(wsd__any_of(type, arrival->envelope->body), NS_WSE, "SubscriptionEnd");
}

/* The same bytes by the tables of WS-Eventing. */
static int read_end(struct wsd_context *context, const void *bytes, size_t size,
                    struct wsd__arrival *ret, struct wsd_error *reterr)
{
    const struct wsd__envelope *envelope = NULL;
    int r = wsd__envelope_decode(context, &wsd__type_eventing_body, bytes, size,
                                 WSD__QUIRKS_DEFAULT, &envelope, reterr);
    if (r < 0)
        return r;
    wsd__arrival_free(ret);
    ret->envelope = ret->whole = envelope;
    ret->action = envelope->header.action ? envelope->header.action : "";
    ret->end = ((const struct wsd_eventing_body *)envelope->body)->subscription_end;
    return ret->end ? 0 : wsd__body_missing("SubscriptionEnd", reterr);
}

int wsd__arrival_read(struct wsd_context *context, const struct wsd_type *type, const void *bytes,
                      size_t size, struct wsd__arrival *ret, struct wsd_error *reterr)
{
    const struct wsd_type *read_as = type ? type : &wsd__type_eventing_body;
    int r;

    *ret = (struct wsd__arrival){0};
    r = wsd__envelope_decode(context, read_as, bytes, size, WSD__QUIRKS_DEFAULT, &ret->envelope,
                             reterr);
    if (r < 0)
        return r;
    ret->whole = ret->envelope;
    ret->action = ret->envelope->header.action ? ret->envelope->header.action : "";
    const struct wsd_soap_fault *const *fault = ret->envelope->body; /* first in every body */
    if (*fault)
        r = wsd__fault_error(*fault, reterr);
    else if (!type)
        ret->any = ((const struct wsd_eventing_body *)ret->envelope->body)->any;
    if (r == 0 && !type)
        ret->end = ((const struct wsd_eventing_body *)ret->envelope->body)->subscription_end;
    if (r == 0 && !ret->end && says_end(ret, read_as))
        r = read_end(context, bytes, size, ret, reterr);
    if (r < 0)
        wsd__arrival_free(ret);
    return r;
}

void wsd__arrival_free(struct wsd__arrival *arrival)
{
    wsd_free(arrival->whole);
    *arrival = (struct wsd__arrival){0};
}
