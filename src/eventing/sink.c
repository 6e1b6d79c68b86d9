/* SPDX-License-Identifier: MIT */
/*
 * The sink: an HTTP listener that devices post events to (WS-Eventing 2, DPWS 6.1).
 *
 * Anybody can post. What counts is a path of 128 random bits that only one device was told, and
 * that the sender is that device; both are known from the header lines, so that what does not
 * belong here is turned away before its body is read. The rest gets its 202 and is put into a
 * queue, since a device's panel waits for the answer (R 6.1.1 of DPWS: one-way); reading XML and
 * calling the program is work for the next turn of the loop. Each subscription has its own share of
 * the queue, so that a device gone mad takes nothing from the others.
 */
#include "eventing/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/options.h"
#include "eventing/arrival.h"
#include "eventing/route.h"

enum {
    EVENTS_PER_SECOND = 1000,
    EVENTS_PER_TURN = 32, /* before the network gets its turn */
    RATE_WINDOW = 1000,
};

/* -- who may post ------------------------------------------------------------------------------ */

static bool is_path(const char *ours, const char *theirs)
{
    unsigned differ = 0;
    size_t length = strlen(theirs);
    if (length == WSD__SINK_PATH_SIZE && theirs[length - 1] == '/')
        length--;
    if (length != WSD__SINK_PATH_SIZE - 1 || !ours[0])
        return false;
    for (size_t i = 0; i < length; i++) /* in the same time, however much of it is right */
        differ |= (unsigned char)(ours[i] ^ theirs[i]);
    return differ == 0;
}

static struct wsd_subscription *find(const struct wsd_sink *sink, const char *path)
{
    for (struct wsd_subscription *item = sink->subscriptions; item; item = item->next)
        if (is_path(item->path, path))
            return item;
    return NULL;
}

static bool is_device(const struct wsd_subscription *subscription, const struct wsd__address *peer)
{
    for (size_t i = 0; i < subscription->n_peers; i++)
        if (wsd__address_equal(&subscription->peers[i], peer))
            return true;
    return false;
}

/* False if this peer has had its events of this second. Whoever was counted least lately gives
 * its place to a new peer. */
static bool within_rate(struct wsd_sink *sink, const struct wsd__address *peer)
{
    uint64_t now = wsd__now(sink->context);
    struct wsd__sink_peer *slot = &sink->peers[0];
    for (size_t i = 0; i < WSD_MAX_SINK_PEERS; i++) {
        struct wsd__sink_peer *item = &sink->peers[i];
        if (wsd__address_equal(&item->address, peer)) {
            slot = item;
            break;
        }
        if (item->window < slot->window)
            slot = item;
    }
    if (!wsd__address_equal(&slot->address, peer) || now - slot->window >= RATE_WINDOW)
        *slot = (struct wsd__sink_peer){.address = *peer, .window = now};
    if (slot->count >= sink->rate)
        return false;
    slot->count++;
    return true;
}

/* By the header lines alone: 0, or the status of the refusal. 404 to who posts for a subscription
 * that is over, so that the device gives it up. */
static int admit(void *user, const char *method, const char *path, const struct sockaddr *from)
{
    struct wsd_sink *sink = user;
    const struct wsd_subscription *subscription = find(sink, path);
    struct wsd__address peer = {0};

    wsd__address_of(from, &peer, NULL);
    if (!subscription) {
        sink->counters.unknown++;
        return 404;
    }
    if (!is_device(subscription, &peer)) {
        sink->counters.foreign++;
        return 403;
    }
    if (strcasecmp(method, "POST") != 0) {
        sink->counters.malformed++;
        return 405;
    }
    if (!within_rate(sink, &peer)) {
        sink->counters.limited++;
        return 503;
    }
    return 0;
}

static void spoilt(void *user, int status)
{
    struct wsd_sink *sink = user;
    if (status == 413)
        sink->counters.limited++;
    else
        sink->counters.malformed++;
}

/* -- the queue --------------------------------------------------------------------------------- */

static bool has_room(const struct wsd_subscription *subscription, size_t size)
{
    return subscription->n_waiting < WSD_MAX_EVENTS_WAITING &&
           size <= WSD_MAX_EVENT_BYTES_WAITING - subscription->bytes_waiting;
}

static void work(void *user);

static int enqueue(struct wsd_sink *sink, struct wsd_subscription *subscription,
                   const struct wsd__http_request *request)
{
    struct wsd__waiting *waiting = malloc(sizeof *waiting + request->size);
    if (!waiting)
        return WSD_E_NO_MEMORY;
    if (!wsd__timer_armed(&sink->work) &&
        wsd__timer_start(sink->context, &sink->work, 0, work, sink) < 0) {
        free(waiting);
        return WSD_E_NO_MEMORY;
    }
    *waiting = (struct wsd__waiting){.subscription = subscription, .size = request->size};
    wsd__address_of(request->peer, &waiting->peer, NULL);
    memcpy(waiting->bytes, request->body, request->size);
    if (sink->last)
        sink->last->next = waiting;
    else
        sink->first = waiting;
    sink->last = waiting;
    subscription->n_waiting++;
    subscription->bytes_waiting += request->size;
    return 0;
}

static void trace(struct wsd_sink *sink, const struct wsd__http_request *request, int status)
{
    char peer[WSD__ADDRESS_SIZE], note[32];
    struct wsd__address address = {0};
    if (!wsd__tracing(sink->context))
        return;
    wsd__address_of(request->peer, &address, NULL);
    wsd__address_format(&address, NULL, peer);
    snprintf(note, sizeof note, "HTTP %d", status);
    wsd__trace(sink->context,
               &(struct wsd_trace){
                   .peer = peer, .note = "event", .bytes = request->body, .size = request->size});
    wsd__trace(sink->context,
               &(struct wsd_trace){.sent = true, .peer = peer, .note = note, .bytes = ""});
}

static void handle(void *user, const struct wsd__http_request *request,
                   struct wsd__http_reply *reply)
{
    struct wsd_sink *sink = user;
    struct wsd_subscription *subscription = find(sink, request->path);

    reply->status = 202;
    if (!subscription) { /* it ended while the body came */
        sink->counters.unknown++;
        reply->status = 404;
    } else if (!has_room(subscription, request->size) || enqueue(sink, subscription, request) < 0) {
        sink->counters.limited++;
        reply->status = 503;
    }
    trace(sink, request, reply->status);
}

static struct wsd__waiting *unlink_after(struct wsd_sink *sink, struct wsd__waiting *before)
{
    struct wsd__waiting *waiting = before ? before->next : sink->first;
    if (before)
        before->next = waiting->next;
    else
        sink->first = waiting->next;
    if (sink->last == waiting)
        sink->last = before;
    waiting->subscription->n_waiting--;
    waiting->subscription->bytes_waiting -= waiting->size;
    return waiting;
}

/* The first that may be delivered: not while the Subscribe that it came by is unanswered, since the
 * answer says what the event needs (tokens of destinations). */
static struct wsd__waiting *take(struct wsd_sink *sink)
{
    struct wsd__waiting *before = NULL;
    for (struct wsd__waiting *item = sink->first; item; before = item, item = item->next)
        if (item->subscription->step != WSD__STEP_SUBSCRIBING)
            return unlink_after(sink, before);
    return NULL;
}

void wsd__sink_forget(struct wsd_sink *sink, const struct wsd_subscription *subscription)
{
    struct wsd__waiting *before = NULL;
    for (struct wsd__waiting *item = sink->first; item;) {
        struct wsd__waiting *next = item->next;
        if (item->subscription == subscription) {
            free(unlink_after(sink, before));
            sink->counters.unknown++; /* it is for one that is over */
        } else {
            before = item;
        }
        item = next;
    }
}

/* -- delivery ---------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t seed, const char *text)
{
    uint64_t value = seed ^ UINT64_C(14695981039346656037);
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return value ^ value >> 29;
}

/* True if this MessageID came before; remembers it otherwise. */
static bool is_repeat(const struct wsd_sink *sink, struct wsd_subscription *subscription,
                      const char *message_id)
{
    if (!message_id || !*message_id)
        return false;
    uint64_t value = hash(sink->seed, message_id);
    for (size_t i = 0; i < subscription->n_seen; i++)
        if (subscription->seen[i] == value)
            return true;
    subscription->seen[subscription->next_seen] = value;
    subscription->next_seen = (subscription->next_seen + 1) % WSD_MAX_SEEN_EVENTS;
    if (subscription->n_seen < WSD_MAX_SEEN_EVENTS)
        subscription->n_seen++;
    return false;
}

/* The subscription may be gone after this, and the sink too. */
static enum wsd__event_outcome hand_over(struct wsd_subscription *subscription,
                                         const struct wsd__arrival *arrival,
                                         const struct wsd__address *from)
{
    const struct wsd__subscription_hooks *hooks = &subscription->hooks;
    char peer[WSD__ADDRESS_SIZE];
    struct wsd_event event = {.action = arrival->action,
                              .header = &arrival->envelope->header,
                              .body = hooks->body_type ? arrival->envelope->body : NULL,
                              .any = arrival->any,
                              .peer = peer};
    wsd__address_format(from, NULL, peer);
    if (hooks->event)
        return hooks->event(hooks->user, &event);
    if (subscription->plain_event)
        subscription->plain_event(hooks->user, &event);
    return WSD__EVENT_DELIVERED;
}

static void count(struct wsd_sink *sink, enum wsd__event_outcome outcome)
{
    if (outcome == WSD__EVENT_DELIVERED)
        sink->counters.delivered++;
    else if (outcome == WSD__EVENT_DUPLICATE)
        sink->counters.duplicates++;
    else
        sink->counters.malformed++;
}

/* False if the sink is gone. */
static bool deliver(struct wsd_sink *sink, const struct wsd__waiting *waiting)
{
    struct wsd_subscription *subscription = waiting->subscription;
    struct wsd__arrival arrival;
    struct wsd_error error = {0};
    bool gone = false;

    if (wsd__arrival_read(sink->context, subscription->hooks.body_type, waiting->bytes,
                          waiting->size, &arrival, &error) < 0) {
        sink->counters.malformed++;
        wsd__log(sink->context, WSD_LOG_WARNING, "an event for %s cannot be read: %s",
                 subscription->service, error.message);
        return true;
    }
    enum wsd__event_outcome outcome = WSD__EVENT_DELIVERED;
    sink->gone = &gone;
    if (is_repeat(sink, subscription, arrival.envelope->header.message_id))
        outcome = WSD__EVENT_DUPLICATE;
    else if (arrival.end)
        wsd__subscription_ended(subscription, arrival.end);
    else
        outcome = hand_over(subscription, &arrival, &waiting->peer);
    if (!gone) {
        sink->gone = NULL;
        count(sink, outcome);
    }
    wsd__arrival_free(&arrival);
    return !gone;
}

static void work(void *user)
{
    struct wsd_sink *sink = user;
    struct wsd__waiting *waiting = NULL;

    for (int i = 0; i < EVENTS_PER_TURN && (waiting = take(sink)) != NULL; i++) {
        bool alive = deliver(sink, waiting);
        free(waiting);
        if (!alive)
            return;
    }
    if (waiting)
        wsd__sink_work_soon(sink);
}

void wsd__sink_work_soon(struct wsd_sink *sink)
{
    if (sink->first && !wsd__timer_armed(&sink->work) &&
        wsd__timer_start(sink->context, &sink->work, 0, work, sink) < 0)
        wsd__log(sink->context, WSD_LOG_ERROR, "events wait: %s", wsd_strerror(WSD_E_NO_MEMORY));
}

/* -- life -------------------------------------------------------------------------------------- */

static void network_changed(void *user)
{
    struct wsd_sink *sink = user;
    for (struct wsd_subscription *item = sink->subscriptions; item; item = item->next)
        wsd__subscription_network_changed(item);
}

static int listen_on(struct wsd_sink *sink, const struct wsd_sink_options *options,
                     struct wsd_error *reterr)
{
    struct wsd__http_server_options http = {
        .port = options->port,
        .address = options->address,
        .max_request = WSD_MAX_EVENT,
        .max_connections = WSD_MAX_SINK_CONNECTIONS,
        .max_connections_per_peer = WSD_MAX_SINK_CONNECTIONS_PER_PEER,
        .idle_timeout = WSD_CONNECTION_IDLE,
        .request_timeout = WSD_SINK_REQUEST_TIME,
        .admit = admit,
        .spoilt = spoilt,
    };
    if (options->address)
        wsd__address_parse(options->address, strlen(options->address), &sink->bound);
    if (wsd__address_is_group(&sink->bound)) /* "::", "0.0.0.0" */
        sink->bound.family = 0;
    return wsd__http_server_new(sink->context, &http, handle, sink, &sink->server, reterr);
}

int wsd_sink_new(struct wsd_context *context, const struct wsd_sink_options *options,
                 struct wsd_sink **ret_sink, struct wsd_error *reterr)
{
    struct wsd_sink_options all;
    struct wsd_sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    WSD__OPTIONS_TAKE(all, options);
    sink->context = context;
    sink->route = wsd__route_to;
    sink->rate =
        all.events_per_second_per_peer ? all.events_per_second_per_peer : EVENTS_PER_SECOND;
    wsd__random(context, &sink->seed, sizeof sink->seed);
    int r = listen_on(sink, &all, reterr);
    if (r == 0) { /* a system that does not tell of changes is no reason to go without events */
        r = wsd__netwatch_start(context, &sink->netwatch, network_changed, sink);
        r = r == WSD_E_SYSTEM ? 0 : r;
    }
    if (r < 0) {
        wsd__http_server_free(sink->server);
        free(sink);
        return wsd__error(reterr, r, NULL);
    }
    *ret_sink = sink;
    return 0;
}

uint16_t wsd_sink_port(const struct wsd_sink *sink)
{
    return wsd__http_server_port(sink->server);
}

struct wsd_sink_counters wsd_sink_counters(const struct wsd_sink *sink)
{
    return sink->counters;
}

void wsd_sink_free(struct wsd_sink *sink)
{
    if (!sink)
        return;
    if (sink->gone)
        *sink->gone = true;
    while (sink->subscriptions)
        wsd_subscription_free(sink->subscriptions);
    for (struct wsd_subscription *item = sink->leaving; item; item = item->next)
        item->sink = NULL; /* their Unsubscribes go on without it */
    wsd__netwatch_stop(&sink->netwatch);
    wsd__timer_stop(&sink->work);
    wsd__http_server_free(sink->server);
    free(sink);
}

/* -- waiting for the last Unsubscribe ---------------------------------------------------------- */

static void time_is_up(void *user)
{
    bool *up = user;
    *up = true;
}

int wsd_sink_drain(struct wsd_sink *sink, uint32_t timeout, struct wsd_error *reterr)
{
    struct wsd__timer limit = {0};
    bool up = false;
    int r = wsd__timer_start(sink->context, &limit, timeout, time_is_up, &up);

    while (r == 0 && sink->leaving && !up)
        r = wsd_context_wait(sink->context, -1, reterr);
    wsd__timer_stop(&limit);
    if (r == 0 && sink->leaving)
        r = wsd__error(reterr, WSD_E_TIMEOUT,
                       "a device has not answered Unsubscribe within %u ms; it may go on to send "
                       "events until the subscription runs out",
                       timeout);
    return r < 0 ? wsd__error(reterr, r, NULL) : 0;
}
