/* SPDX-License-Identifier: MIT */
/*
 * What the files of the event source share: source.c answers messages, subscriber.c is where a
 * subscriber can be reached, holes.c
 * what is sent to many, delivery.c gets it there, farewell.c the last word.
 */
#ifndef WSD_EVENTING_SOURCE_PARTS_H
#define WSD_EVENTING_SOURCE_PARTS_H

#include "core/limits.h"
#include "eventing/messages.h"
#include "eventing/source.h"
#include "soap/http_notify.h"

/* A message with holes for what differs from subscriber to subscriber; shared by all queues that
 * it stands in. */
struct wsd__event {
    unsigned users;
    unsigned number;
    uint8_t id[16];
    size_t size;
    size_t to, to_end, message_id, message_id_end, headers; /* where the holes are */
    char bytes[];
};

/* Where messages of one kind go. `to` is escaped for XML; headers are whole elements. */
struct wsd__sink {
    const char *to, *url, *headers;
};

enum wsd__lane_id { LANE_FAST, LANE_SLOW, LANE_FAILED, LANES };
enum wsd__delivery_state {
    DELIVERY_IDLE,
    DELIVERY_WAITING, /* in its lane's list */
    DELIVERY_SENDING,
    DELIVERY_RESTING, /* until the next try */
};

struct wsd__subscription {
    struct wsd__event_source *source;
    struct wsd__subscription *previous, *next;
    struct wsd__subscription *earlier, *later; /* in the lane's list */
    uint8_t id[16];
    uint8_t salt[8]; /* makes message ids differ from subscriber to subscriber */
    struct wsd__address peer;
    uint32_t events;
    enum wsd__dialect dialect;
    bool granted;                 /* in the source's list */
    struct wsd__sink notify, end; /* end.url NULL: no EndTo. All point into text */
    const char *manager;          /* address of the manager as the subscriber knows it */
    char *text;
    void *extension;
    uint64_t expires;
    struct wsd__timer expiry;

    /* delivery */
    struct wsd__event **queue; /* a ring; the first is under way */
    uint8_t first, n_queued, capacity;
    uint8_t failures; /* in a row */
    bool counted;     /* the first of the queue is counted as sent */
    enum wsd__lane_id lane;
    uint64_t started; /* the post under way */
    enum wsd__delivery_state state;
    struct wsd__http_notify *call;
    struct wsd__timer timer; /* of the delivery or the rest after it */
};

struct wsd__lane {
    unsigned under_way, limit;
    struct wsd__subscription *first, *last;
};

struct wsd__event_source {
    struct wsd_context *context;
    struct wsd__event_source_options options;
    struct wsd__event_hooks hooks;
    struct wsd__subscription *subscriptions;
    uint32_t n_subscriptions;
    struct wsd__lane lanes[LANES];
    struct wsd__timer turn;  /* deliveries start with the next turn of the loop */
    struct wsd__buf message; /* room to compose in */
    struct wsd_event_counters counters;
};

/* -- source.c -- */
void wsd__subscription_end(struct wsd__subscription *subscription, enum wsd__event_end why);

/* -- subscriber.c -- */
/* Fills notify, end and manager of a subscription. NULL, or the fault. */
const struct wsd__fault *wsd__subscriber_read(struct wsd__subscription *subscription,
                                              const struct wsd_subscribe_message *message,
                                              const struct wsd__event_transport *transport);
extern const struct wsd__fault wsd__event_invalid_message;

/* -- delivery.c -- */
/* Nothing more is sent to it. */
void wsd__delivery_stop(struct wsd__subscription *subscription);

/* -- holes.c -- */
#define WSD__ANY_TO "urn:to" /* what stands in the hole of To */
/* Of a whole message that the codec wrote; one user. NULL: no memory. */
struct wsd__event *wsd__event_of(const struct wsd__buf *message, unsigned number);
void wsd__event_release(struct wsd__event *event);
/* The message to sink, in place of what is in out. */
int wsd__event_compose(const struct wsd__event *event, const struct wsd__sink *sink,
                       const char *message_id, struct wsd__buf *out);

/* -- farewell.c -- */
/* Says to EndTo, if there is one, that the subscription is over: status is one of the URIs. */
void wsd__farewell(struct wsd__subscription *subscription, const char *status, const char *reason);

#endif
