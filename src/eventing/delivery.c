/* SPDX-License-Identifier: MIT */
/*
 * Delivery: an event is encoded once, waits in the queues of its subscribers, and is posted to each
 * with that subscriber's own addresses put in.
 *
 * One subscriber gets one message at a time, in order. Subscribers take turns in one of two lanes,
 * each with so many posts under way at most: the fast one, and one for those that failed before or
 * do not answer soon, so that dead ones wait for each other and not the living for them. A post
 * that turns out to be slow changes lanes; if there is no room it is broken off and made again
 * later, under the same MessageID. Three failures in a row, or a full queue, end the subscription.
 *
 * Cost of an event: one encoding; for each subscriber a slot of its queue, and while it is posted
 * one copy of the message. What is kept is bounded by subscribers times queue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/device.h>

#include "core/error.h"
#include "core/uuid.h"
#include "eventing/source_parts.h"

static void pump(struct wsd__event_source *source);

/* -- the event ----------------------------------------------------------------------------------
 */

static int event_new(struct wsd__event_source *source, unsigned number, enum wsd__dialect dialect,
                     const void *body, struct wsd__event **ret_event)
{
    struct wsd__buf *out = &source->message;
    char action[256], urn[WSD__UUID_URN_SIZE];
    struct wsd_soap_header header = {.to = WSD__ANY_TO, .action = action, .message_id = urn};
    struct wsd_error error = {0};
    int r;

    snprintf(action, sizeof action, "%s/%s", wsd__ns_uri(source->options.ns, dialect),
             source->options.events[number]);
    wsd__uuid_urn(source->context, urn);
    wsd__buf_clear(out);
    out->failed = 0;
    r = wsd__envelope_encode(&header, NULL, source->options.body_type, body, dialect, out, &error);
    if (r < 0) {
        wsd__log(source->context, WSD_LOG_ERROR, "%s is lost: %s", source->options.events[number],
                 error.message);
        return r;
    }
    *ret_event = wsd__event_of(out, number);
    if (!*ret_event)
        return WSD_E_NO_MEMORY;
    wsd__uuid_parse(urn, (*ret_event)->id);
    return 0;
}

/* The same for each try, so that a subscriber that gets it twice can tell. */
static void message_id_of(const struct wsd__subscription *subscription,
                          const struct wsd__event *event, char urn[WSD__UUID_URN_SIZE])
{
    uint8_t id[16];

    memcpy(id, event->id, sizeof id);
    for (size_t i = 0; i + 1 < sizeof subscription->salt; i++)
        id[sizeof id - 1 - i] ^= subscription->salt[i]; /* behind the bits of the version */
    wsd__uuid_format(id, urn);
}

/* -- lanes --------------------------------------------------------------------------------------
 */

static struct wsd__lane *lane_of(struct wsd__subscription *subscription)
{
    return &subscription->source->lanes[subscription->lane];
}

static void lane_leave(struct wsd__subscription *subscription)
{
    struct wsd__lane *lane = lane_of(subscription);

    if (subscription->earlier)
        subscription->earlier->later = subscription->later;
    else
        lane->first = subscription->later;
    if (subscription->later)
        subscription->later->earlier = subscription->earlier;
    else
        lane->last = subscription->earlier;
    subscription->earlier = subscription->later = NULL;
}

static void turn(void *user)
{
    pump(user);
}

/* What waits starts with the next turn of the loop, so that whoever says that something happened
 * is not held up. */
static void kick(struct wsd__event_source *source)
{
    if (!source->lanes[LANE_FAST].first && !source->lanes[LANE_SLOW].first &&
        !source->lanes[LANE_FAILED].first)
        return;
    if (!wsd__timer_armed(&source->turn) &&
        wsd__timer_start(source->context, &source->turn, 0, turn, source) < 0)
        pump(source);
}

/* To the end of its lane. */
static void lane_enter(struct wsd__subscription *subscription, enum wsd__lane_id id)
{
    struct wsd__event_source *source = subscription->source;
    struct wsd__lane *lane = &source->lanes[id];

    subscription->lane = id;
    subscription->state = DELIVERY_WAITING;
    subscription->earlier = lane->last;
    if (lane->last)
        lane->last->later = subscription;
    else
        lane->first = subscription;
    lane->last = subscription;
}

/* -- one delivery -------------------------------------------------------------------------------
 */

static void pop(struct wsd__subscription *subscription)
{
    wsd__event_release(subscription->queue[subscription->first]);
    subscription->first = (uint8_t)((subscription->first + 1) % subscription->capacity);
    subscription->n_queued--;
    subscription->counted = false;
}

/* The post is over, one way or the other; the place in the lane is free. */
static void leave_road(struct wsd__subscription *subscription)
{
    lane_of(subscription)->under_way--;
    wsd__timer_stop(&subscription->timer);
    subscription->call = NULL;
    subscription->state = DELIVERY_IDLE;
}

static void rested(void *user)
{
    struct wsd__subscription *subscription = user;

    lane_enter(subscription, LANE_FAILED);
    pump(subscription->source);
}

static void try_failed(struct wsd__subscription *subscription, const char *why)
{
    struct wsd__event_source *source = subscription->source;
    uint64_t rest = subscription->failures ? 4 * WSD_EVENT_RETRY : WSD_EVENT_RETRY;

    wsd__log(source->context, WSD_LOG_INFO, "event to %s: %s", subscription->notify.url, why);
    subscription->state = DELIVERY_RESTING;
    if (++subscription->failures < WSD_MAX_EVENT_TRIES &&
        wsd__timer_start(source->context, &subscription->timer, rest, rested, subscription) == 0)
        return;
    source->counters.failed++;
    subscription->counted = false;
    wsd__subscription_end(subscription, WSD__EVENT_END_UNDELIVERED);
}

static void delivered(struct wsd__subscription *subscription, bool soon)
{
    subscription->source->counters.delivered++;
    subscription->failures = 0;
    pop(subscription);
    if (subscription->n_queued)
        lane_enter(subscription, soon ? LANE_FAST : LANE_SLOW);
    else
        subscription->lane = soon ? LANE_FAST : LANE_SLOW;
}

static void trace(const struct wsd__subscription *subscription, bool sent, const char *note)
{
    const struct wsd__event_source *source = subscription->source;

    if (wsd__tracing(source->context))
        wsd__trace(source->context, &(struct wsd_trace){.sent = sent,
                                                        .peer = subscription->notify.url,
                                                        .note = note,
                                                        .bytes = sent ? source->message.data : "",
                                                        .size = sent ? source->message.length : 0});
}

static void on_done(void *user, int http_status, const struct wsd_error *error)
{
    struct wsd__subscription *subscription = user;
    struct wsd__event_source *source = subscription->source;
    bool soon = wsd__now(source->context) - subscription->started < WSD_DELIVERY_SLOW;
    char note[64];

    snprintf(note, sizeof note, "HTTP %d", http_status);
    trace(subscription, false, note);
    leave_road(subscription);
    if (error && error->code == WSD_E_CANCELLED) /* the context goes away */
        return;
    if (http_status >= 200 && http_status < 300)
        delivered(subscription, soon);
    else
        try_failed(subscription, error ? error->message : note);
    pump(source);
}

static void take_long(void *user)
{
    struct wsd__subscription *subscription = user;
    struct wsd__event_source *source = subscription->source;
    struct wsd__lane *slow = &source->lanes[LANE_SLOW];
    uint64_t took = wsd__now(source->context) - subscription->started;

    if (took < WSD_DELIVERY_TIMEOUT && slow->under_way < slow->limit &&
        wsd__timer_start(source->context, &subscription->timer, WSD_DELIVERY_TIMEOUT - took,
                         take_long, subscription) == 0) {
        lane_of(subscription)->under_way--;
        subscription->lane = LANE_SLOW;
        slow->under_way++;
    } else {
        wsd__http_notify_cancel(subscription->call);
        leave_road(subscription);
        if (took < WSD_DELIVERY_TIMEOUT)
            lane_enter(subscription, LANE_SLOW);
        else
            try_failed(subscription, "it took too long");
    }
    pump(source);
}

static int post(struct wsd__subscription *subscription)
{
    struct wsd__event_source *source = subscription->source;
    struct wsd__http_notice notice = {
        .url = subscription->notify.url, .user = subscription, .done = on_done};
    uint64_t limit = subscription->lane == LANE_FAST ? WSD_DELIVERY_SLOW : WSD_DELIVERY_TIMEOUT;
    const struct wsd__event *event = subscription->queue[subscription->first];
    char urn[WSD__UUID_URN_SIZE];
    int r;

    message_id_of(subscription, event, urn);
    r = wsd__event_compose(event, &subscription->notify, urn, &source->message);
    if (r < 0)
        return r;
    struct wsd_host_message message = {
        .sent = true, .bytes = source->message.data, .size = source->message.length};
    wsd__filter(source->context, &message);
    notice.body = message.bytes;
    notice.size = message.size;
    trace(subscription, true, source->options.events[event->number]);
    r = wsd__timer_start(source->context, &subscription->timer, limit, take_long, subscription);
    if (r == 0)
        r = wsd__http_notify(source->context, &notice, &subscription->call, NULL);
    return r;
}

static void start(struct wsd__subscription *subscription)
{
    struct wsd__event_source *source = subscription->source;

    lane_leave(subscription);
    lane_of(subscription)->under_way++;
    subscription->state = DELIVERY_SENDING;
    subscription->started = wsd__now(source->context);
    if (!subscription->counted)
        source->counters.sent++;
    subscription->counted = true;
    if (post(subscription) == 0)
        return;
    leave_road(subscription);
    try_failed(subscription, "it cannot be sent now");
}

static void pump(struct wsd__event_source *source)
{
    for (int i = 0; i < LANES; i++) {
        struct wsd__lane *lane = &source->lanes[i];

        while (lane->first && lane->under_way < lane->limit)
            start(lane->first);
    }
}

/* -- queues -------------------------------------------------------------------------------------
 */

static bool grow(struct wsd__subscription *subscription)
{
    uint8_t capacity = subscription->capacity ? (uint8_t)(2 * subscription->capacity) : 4;
    struct wsd__event **queue;

    if (capacity > WSD_MAX_EVENT_QUEUE)
        return false;
    queue = malloc(capacity * sizeof(struct wsd__event *));
    if (!queue)
        return false;
    for (uint8_t i = 0; i < subscription->n_queued; i++)
        queue[i] = subscription->queue[(subscription->first + i) % subscription->capacity];
    free(subscription->queue);
    subscription->queue = queue;
    subscription->first = 0;
    subscription->capacity = capacity;
    return true;
}

static void add(struct wsd__subscription *subscription, struct wsd__event *event)
{
    struct wsd__event_source *source = subscription->source;

    if (subscription->n_queued == subscription->capacity && !grow(subscription)) {
        wsd__log(source->context, WSD_LOG_WARNING, "%s does not take its events: %u wait",
                 subscription->notify.url, subscription->n_queued);
        source->counters.dropped++;
        wsd__subscription_end(subscription, WSD__EVENT_END_UNDELIVERED);
        return;
    }
    subscription->queue[(subscription->first + subscription->n_queued) % subscription->capacity] =
        event;
    subscription->n_queued++;
    event->users++;
    if (subscription->state == DELIVERY_IDLE)
        lane_enter(subscription, subscription->lane);
}

void wsd__delivery_stop(struct wsd__subscription *subscription)
{
    if (subscription->state == DELIVERY_WAITING)
        lane_leave(subscription);
    if (subscription->state == DELIVERY_SENDING) {
        wsd__http_notify_cancel(subscription->call);
        leave_road(subscription);
        kick(subscription->source);
    }
    wsd__timer_stop(&subscription->timer);
    subscription->state = DELIVERY_IDLE;
    if (subscription->counted) /* begun, and now it never ends */
        subscription->source->counters.dropped++;
    while (subscription->n_queued)
        pop(subscription);
    free(subscription->queue);
    subscription->queue = NULL;
    subscription->capacity = 0;
}

bool wsd__event_wanted(const struct wsd__event_source *source, unsigned event)
{
    for (const struct wsd__subscription *s = source->subscriptions; s; s = s->next)
        if (wsd__subscription_has(s, 1u << event))
            return true;
    return false;
}

static int notify_in(struct wsd__event_source *source, unsigned number, enum wsd__dialect dialect,
                     const void *body, const struct wsd__subscription *only)
{
    struct wsd__event *event = NULL;
    struct wsd__subscription *next;
    int r = 0;

    for (struct wsd__subscription *s = source->subscriptions; s && r == 0; s = next) {
        next = s->next;
        if (!wsd__subscription_has(s, 1u << number) || s->dialect != dialect || (only && s != only))
            continue;
        if (!event)
            r = event_new(source, number, dialect, body, &event);
        if (r == 0)
            add(s, event);
    }
    wsd__event_release(event);
    return r;
}

int wsd__event_notify(struct wsd__event_source *source, unsigned event, const void *body,
                      struct wsd__subscription *only)
{
    int status = 0;

    for (int dialect = 0; dialect < WSD__DIALECTS; dialect++) {
        int r = notify_in(source, event, (enum wsd__dialect)dialect, body, only);

        status = r < 0 ? r : status;
    }
    kick(source);
    return status;
}
