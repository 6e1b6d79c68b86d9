/* SPDX-License-Identifier: MIT */
/*
 * Sink and managed subscriptions from the inside.
 *
 * The sink owns the listener and the queue of what arrived; a subscription owns its life. Both look
 * into each other here, and nobody else does.
 */
#ifndef WSD_EVENTING_SINK_H
#define WSD_EVENTING_SINK_H

#include <wsd/eventing.h>

#include "core/address.h"
#include "core/limits.h"
#include "core/lookup.h"
#include "core/netwatch.h"
#include "core/uuid.h"
#include "soap/http_server.h"

/* What became of an event that a room was given. */
enum wsd__event_outcome {
    WSD__EVENT_DELIVERED,
    WSD__EVENT_DUPLICATE,
    WSD__EVENT_UNREADABLE, /* its body was none that was subscribed to */
};

/* How a room has its events typed. */
struct wsd__subscription_hooks {
    const struct wsd_type *body_type; /* of event->body */
    /* As in wsd_subscription_options; the subscription may be freed inside both. */
    enum wsd__event_outcome (*event)(void *user, const struct wsd_event *event);
    void (*changed)(void *user, enum wsd_subscription_state state,
                    const struct wsd_subscribed *subscribed, const struct wsd_error *error);
    void (*destroy)(void *user); /* by wsd_subscription_free(); not if it was never made */
    void *user;
};

/* As wsd_subscription_new(); `event`, `changed` and `user` of the options do not count. */
int wsd__subscription_new(struct wsd_sink *sink, const struct wsd_subscription_options *options,
                          const struct wsd__subscription_hooks *hooks,
                          struct wsd_subscription **ret_subscription, struct wsd_error *reterr);

enum { WSD__SINK_PATH_SIZE = 34 }; /* "/", 128 bits, NUL */

enum wsd__subscription_step {
    WSD__STEP_IDLE, /* the timer says what comes next */
    WSD__STEP_LOOKUP,
    WSD__STEP_LEAVING_OLD, /* Unsubscribe, before the next Subscribe or as the last thing */
    WSD__STEP_SUBSCRIBING,
    WSD__STEP_RENEWING
};

/* What a subscription was asked for, as a copy that stands alone. */
struct wsd__subscription_wish {
    const char *const *actions;
    const struct wsd_any *extension;
    int64_t lifetime; /* milliseconds */
    struct wsd_request_options request;
};

/* NULL: no memory. Freed with wsd_free(). */
const struct wsd__subscription_wish *
wsd__subscription_wish_copy(const struct wsd_subscription_options *options);

struct wsd_subscription {
    struct wsd_context *context;
    struct wsd_sink *sink; /* NULL once the sink is gone */
    struct wsd_subscription *previous, *next;
    struct wsd__subscription_hooks hooks;
    void (*plain_event)(void *user, const struct wsd_event *event);
    const struct wsd__subscription_wish *wish;
    char *service;
    bool *gone; /* set by wsd_subscription_free() from inside a callback */
    bool leaving;

    /* where its events come in */
    char path[WSD__SINK_PATH_SIZE]; /* "": nowhere */
    struct wsd__address local, peers[WSD_MAX_DEVICE_ADDRESSES];
    size_t n_peers;
    size_t n_waiting, bytes_waiting;
    uint64_t seen[WSD_MAX_SEEN_EVENTS];
    size_t n_seen, next_seen;

    /* its life */
    enum wsd_subscription_state state;
    enum wsd__subscription_step step;
    bool renewal_due;        /* by the timer; else a Subscribe */
    bool again;              /* what is under way is out of date: begin anew after it */
    bool no_expires;         /* the device takes no Expires */
    bool unreachable;        /* the last failure was of the network */
    bool cut_off;            /* there was no way to the device for a while */
    bool elsewhere;          /* the device left the address that its manager has */
    struct wsd__timer timer; /* always armed while it lives: arming it anew cannot fail */
    char *manager_url;       /* where the manager is reached, if not at the address that it names */
    struct wsd_call *call;
    struct wsd__lookup *lookup;
    const struct wsd_subscribed *subscribed; /* what the device holds for us, NULL: nothing */
    uint64_t since, until;
    unsigned failures;    /* since one that was proven */
    unsigned missed;      /* Renews of this grant that did not get through */
    struct wsd_error why; /* it is to be made anew */
};

/* One event that got its 202. */
struct wsd__waiting {
    struct wsd__waiting *next;
    struct wsd_subscription *subscription;
    struct wsd__address peer;
    size_t size;
    char bytes[];
};

struct wsd__sink_peer {
    struct wsd__address address;
    uint64_t window; /* when its second began */
    uint32_t count;
};

struct wsd_sink {
    struct wsd_context *context;
    struct wsd__http_server *server;
    struct wsd__address bound; /* family 0: all addresses */
    uint32_t rate;
    uint64_t seed; /* of the hashes of MessageIDs */
    struct wsd_sink_counters counters;
    struct wsd__sink_peer peers[WSD_MAX_SINK_PEERS];
    struct wsd_subscription *subscriptions;
    struct wsd_subscription *leaving; /* freed, with an Unsubscribe on its way */
    struct wsd__waiting *first, *last;
    struct wsd__timer work;
    struct wsd__netwatch netwatch;
    bool *gone; /* set by wsd_sink_free() from inside a callback */
    /* The route to a device; tests put their own here. */
    bool (*route)(struct wsd_context *context, const struct wsd__address *peer,
                  struct wsd__address *ret);
};

/* sink.c */
void wsd__sink_forget(struct wsd_sink *sink, const struct wsd_subscription *subscription);
void wsd__sink_work_soon(struct wsd_sink *sink);
/* subscription.c */
void wsd__subscription_ended(struct wsd_subscription *subscription,
                             const struct wsd_subscription_end *end);
void wsd__subscription_network_changed(struct wsd_subscription *subscription);

#endif
