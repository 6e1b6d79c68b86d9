/* SPDX-License-Identifier: MIT */
/*
 * An event source and its subscription manager (WS-Eventing 3, DPWS 6), for any hosted service.
 *
 * The service names its events and says when one happens; who subscribed to what, for how long,
 * and how the messages get there is decided here. What a service adds to a subscription goes
 * through the hooks. Callbacks of the hooks run where the comment says.
 */
#ifndef WSD_EVENTING_SOURCE_H
#define WSD_EVENTING_SOURCE_H

#include <wsd/device.h>
#include <wsd/eventing.h>

#include "core/address.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/context.h"
#include "soap/answer.h"

struct wsd__event_source;
struct wsd__subscription;

/* How a request reached the service. */
struct wsd__event_transport {
    const struct sockaddr *peer;
    const char *url; /* of the service, through the address that was asked */
};

enum wsd__event_end {
    WSD__EVENT_END_UNSUBSCRIBED,
    WSD__EVENT_END_EXPIRED,
    WSD__EVENT_END_UNDELIVERED,
    WSD__EVENT_END_REPLACED, /* by the hooks' own word */
    WSD__EVENT_END_SHUT_DOWN,
    WSD__EVENT_END_REFUSED, /* it never began */
};

/* A Subscribe that nothing speaks against so far. */
struct wsd__subscribing {
    const struct wsd_subscribe_message *message;
    struct wsd__subscription *subscription; /* what it will be; its peer can be asked for */
    struct wsd__arena *arena;               /* for the answer */
    uint32_t events; /* bit n: event n; the hook may take away, but not all */
    uint32_t named;  /* those of them whose action the filter names in full */
    /* To be filled: what the answer has besides its own elements, what fault's Detail holds, how
     * many of the peer's subscriptions end with this one's beginning. */
    const struct wsd_any *answer, *detail;
    unsigned replaces;
    void *extension; /* the service's own, for the other hooks */
};

struct wsd__event_hooks {
    void *user;
    /* NULL, or the fault that the subscriber gets. Nothing may happen yet to other subscriptions.
     * After NULL comes either subscribed or ended (WSD__EVENT_END_REFUSED). */
    const struct wsd__fault *(*subscribing)(void *user, struct wsd__subscribing *s);
    void (*subscribed)(void *user, struct wsd__subscription *subscription, void *extension);
    void (*renewed)(void *user, struct wsd__subscription *subscription, void *extension);
    /* Once, last. The subscription is gone afterwards. Also from within wsd__event_notify(), when
     * a queue overflows. */
    void (*ended)(void *user, struct wsd__subscription *subscription, void *extension,
                  enum wsd__event_end why);
};

struct wsd__event_source_options {
    enum wsd__ns ns; /* an event's action is the namespace, slash, its name */
    const char *const *events;
    unsigned n_events;                      /* up to 32 */
    uint32_t max_subscribers, max_per_peer; /* 0: the defaults of limits.h */
    bool allow_foreign;                     /* NotifyTo may be another host of our links */
    const struct wsd_type *body_type;       /* of the events' envelopes */
    const struct wsd__event_hooks *hooks;   /* copied; NULL: none */
};

int wsd__event_source_new(struct wsd_context *context,
                          const struct wsd__event_source_options *options,
                          struct wsd__event_source **ret_source, struct wsd_error *reterr);
/* Ends all subscriptions; with a word to the subscribers (SourceShuttingDown) or without. NULL is
 * fine. */
void wsd__event_source_free(struct wsd__event_source *source, bool farewell);
struct wsd_event_counters wsd__event_source_counters(const struct wsd__event_source *source);

/* True if action belongs to WS-Eventing. */
bool wsd__event_source_takes(const char *action);
/* Answers the bytes of a request with such an action: status of HTTP, envelope in out. transport
 * may be NULL: then nobody can subscribe. */
int wsd__event_source_serve(struct wsd__event_source *source,
                            const struct wsd__event_transport *transport, const void *bytes,
                            size_t size, struct wsd__buf *out);

/* True if somebody wants event n: else there is no need to compose it. */
bool wsd__event_wanted(const struct wsd__event_source *source, unsigned event);
/* Event n happens: body, a struct of body_type, goes to all that subscribed to it, or to only (not
 * NULL) if it did. Returns 0 or WSD_E_NO_MEMORY, WSD_E_SCHEMA. Nothing is sent within this call. */
int wsd__event_notify(struct wsd__event_source *source, unsigned event, const void *body,
                      struct wsd__subscription *only);

const struct wsd__address *wsd__subscription_peer(const struct wsd__subscription *subscription);
/* Milliseconds that it still lasts. */
uint64_t wsd__subscription_remaining(const struct wsd__subscription *subscription);
bool wsd__subscription_has(const struct wsd__subscription *subscription, uint32_t events);
/* Ends it without a word, as replaced. Not from within the hooks subscribing and ended. */
void wsd__subscription_replace(struct wsd__subscription *subscription);

#endif
