/* SPDX-License-Identifier: MIT */
/*
 * SubscriptionEnd (WS-Eventing 3.5): the last word to a subscriber, sent once and not repeated.
 *
 * The source is often gone by the time it leaves, and the program about to end. So it belongs to
 * the context, which waits for it a moment when it is freed. Cost: a queue that is bounded, a few
 * posts at once.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wsd/device.h>

#include "core/uuid.h"
#include "eventing/source_parts.h"

struct farewell {
    struct farewell *next;
    struct farewells *all;
    struct wsd__http_notify *call;
    struct wsd__timer timer;
    struct wsd__buf message;
    char url[];
};

struct farewells {
    struct wsd_context *context;
    struct farewell *waiting, *last; /* oldest first */
    struct farewell *under_way;
    unsigned n_waiting, n_under_way;
};

static void pump(struct farewells *all);

static void farewell_free(struct farewell *farewell)
{
    wsd__timer_stop(&farewell->timer);
    wsd__buf_free(&farewell->message);
    free(farewell);
}

/* One that is under way is over, however. */
static void leave(struct farewell *farewell)
{
    struct farewells *all = farewell->all;
    struct farewell **link = &all->under_way;

    while (*link != farewell)
        link = &(*link)->next;
    *link = farewell->next;
    all->n_under_way--;
    farewell_free(farewell);
}

static void on_done(void *user, int http_status, const struct wsd_error *error)
{
    struct farewell *farewell = user;
    struct farewells *all = farewell->all;

    (void)http_status;
    leave(farewell);
    if (!error || error->code != WSD_E_CANCELLED)
        pump(all);
}

static void take_long(void *user)
{
    struct farewell *farewell = user;
    struct farewells *all = farewell->all;

    wsd__http_notify_cancel(farewell->call);
    leave(farewell);
    pump(all);
}

static void start(struct farewell *farewell)
{
    struct farewells *all = farewell->all;
    struct wsd_host_message passing = {
        .sent = true, .bytes = farewell->message.data, .size = farewell->message.length};
    wsd__filter(all->context, &passing);
    struct wsd__http_notice notice = {.url = farewell->url,
                                      .body = passing.bytes,
                                      .size = passing.size,
                                      .user = farewell,
                                      .done = on_done};

    farewell->next = all->under_way;
    all->under_way = farewell;
    all->n_under_way++;
    wsd__trace(all->context, &(struct wsd_trace){.sent = true,
                                                 .peer = farewell->url,
                                                 .note = "SubscriptionEnd",
                                                 .bytes = farewell->message.data,
                                                 .size = farewell->message.length});
    if (wsd__timer_start(all->context, &farewell->timer, WSD_FAREWELL_TIMEOUT, take_long,
                         farewell) < 0 ||
        wsd__http_notify(all->context, &notice, &farewell->call, NULL) < 0)
        leave(farewell);
    else
        wsd__buf_free(&farewell->message); /* the client has its copy */
}

static void pump(struct farewells *all)
{
    while (all->waiting && all->n_under_way < WSD_MAX_FAREWELLS_AT_ONCE) {
        struct farewell *farewell = all->waiting;

        all->waiting = farewell->next;
        all->n_waiting--;
        start(farewell);
    }
}

static int64_t real_milliseconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The system's clock, not the context's: with a clock that stands still this must end too. */
static void flush(struct farewells *all)
{
    int64_t end = real_milliseconds() + WSD_FAREWELL_FLUSH, now;

    pump(all);
    while (all->n_under_way && (now = real_milliseconds()) < end) {
        int r = wsd_context_wait(all->context, (int)(end - now), NULL);

        if (r == WSD_E_BUSY)
            return;
    }
}

static void farewells_free(void *value)
{
    struct farewells *all = value;
    struct farewell *farewell;

    flush(all);
    while ((farewell = all->under_way)) {
        wsd__http_notify_cancel(farewell->call);
        leave(farewell);
    }
    while ((farewell = all->waiting)) {
        all->waiting = farewell->next;
        farewell_free(farewell);
    }
    free(all);
}

static struct farewells *farewells_of(struct wsd_context *context)
{
    struct farewells *all = wsd__part(context, WSD__PART_FAREWELLS);

    if (all)
        return all;
    all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->context = context;
    wsd__part_set(context, WSD__PART_FAREWELLS, all, farewells_free);
    return all;
}

/* The message with the subscriber's addresses put in. */
static int compose(const struct wsd__subscription *subscription, const char *status,
                   const char *reason, struct wsd__buf *out)
{
    struct wsd_soap_text text = {.value = reason, .lang = "en"};
    char urn[WSD__UUID_URN_SIZE], id[WSD__UUID_URN_SIZE] = "";
    struct wsd__fault_detail room;
    struct wsd_soap_bag parameters = {.any =
                                          wsd__fault_detail_init(&room, NS_WSE, "Identifier", id)};
    struct wsd_subscription_end end = {
        .manager = {.address = subscription->manager, .reference_parameters = &parameters},
        .status = status,
        .reason = &text,
        .n_reason = 1};
    struct wsd_eventing_body body = {.subscription_end = &end};
    struct wsd_soap_header header = {
        .to = WSD__ANY_TO, .action = WSD_NS_EVENTING "/SubscriptionEnd", .message_id = urn};
    struct wsd__event *message = NULL;
    int r;

    wsd__uuid_urn(subscription->source->context, urn);
    wsd__uuid_format(subscription->id, id);
    r = wsd__envelope_encode(&header, NULL, &wsd__type_eventing_body, &body, subscription->dialect,
                             out, NULL);
    if (r == 0)
        message = wsd__event_of(out, 0);
    r = message ? wsd__event_compose(message, &subscription->end, urn, out) : WSD_E_NO_MEMORY;
    wsd__event_release(message);
    return r;
}

void wsd__farewell(struct wsd__subscription *subscription, const char *status, const char *reason)
{
    struct wsd_context *context = subscription->source->context;
    const char *url = subscription->end.url;
    struct farewells *all = url ? farewells_of(context) : NULL;
    struct farewell *farewell;

    if (!all || all->n_waiting >= WSD_MAX_FAREWELLS)
        return;
    farewell = calloc(1, sizeof *farewell + strlen(url) + 1);
    if (!farewell)
        return;
    memcpy(farewell->url, url, strlen(url) + 1);
    farewell->all = all;
    farewell->message.max = WSD_MAX_REQUEST_ENVELOPE;
    if (compose(subscription, status, reason, &farewell->message) < 0) {
        farewell_free(farewell);
        return;
    }
    if (all->waiting)
        all->last->next = farewell;
    else
        all->waiting = farewell;
    all->last = farewell;
    all->n_waiting++;
    pump(all);
}
