/* SPDX-License-Identifier: MIT */
/*
 * A subscription that keeps itself alive (WS-Eventing 3; DPWS 6.1).
 *
 * One thing is under way at a time: nothing (the timer says what is next), looking the device up,
 * leaving the old subscription, subscribing, renewing. There are printers that show a line on their
 * panel for each Subscribe, forget older tokens with it and hang after some dozens, and others that
 * answer nothing any more once a client has left without Unsubscribe. So a Subscribe is never
 * repeated on a timer, only after a failure and then with growing pauses; the old subscription is
 * left before the next one is asked for; and one that is freed while its Subscribe is unanswered
 * waits for the answer and then unsubscribes.
 *
 * Each Subscribe has a path of its own at the sink: what an old one still sends is recognised.
 *
 * The timer is armed from the first to the last moment, so that arming it anew needs no memory.
 * A callback is the last thing that a function does, since all may be gone after it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "core/uri.h"
#include "eventing/client.h"
#include "eventing/manager.h"
#include "eventing/messages.h"
#include "eventing/sink.h"

enum {
    LEAST_PAUSE = 5000,  /* before a new try */
    MOST_PAUSE = 300000, /* likewise, after many failures */
    REFUSED_PAUSE = 1800000,
    NETWORK_PAUSE = 1000, /* the network changed while the device was unreachable */
    FAR = 86400000,
    LEAVE_CONNECT = 3000, /* limits of an Unsubscribe that a Subscribe waits for */
    LEAVE_ANSWER = 5000,
    PROVEN = 600000, /* a subscription that lived so long was no failure */
};

/* -- the timer --------------------------------------------------------------------------------- */

static void fired(void *user);

static void arm(struct wsd_subscription *s, uint64_t delay)
{
    if (wsd__timer_start(s->context, &s->timer, delay, fired, s) < 0)
        wsd__log(s->context, WSD_LOG_ERROR, "a timer was not set"); /* it always was: see above */
}

static void begin_after(struct wsd_subscription *s, uint64_t delay)
{
    s->renewal_due = false;
    arm(s, delay);
}

static uint64_t pause_after(struct wsd_subscription *s, unsigned failures)
{
    uint64_t most = 2 * LEAST_PAUSE;
    for (unsigned i = 1; i < failures && most < MOST_PAUSE; i++)
        most *= 2;
    if (most > MOST_PAUSE)
        most = MOST_PAUSE;
    return most / 2 + wsd__random_below(s->context, (uint32_t)(most / 2) + 1);
}

/* -- telling ----------------------------------------------------------------------------------- */

/* The last thing that a caller does. */
static void tell(struct wsd_subscription *s, enum wsd_subscription_state state,
                 const struct wsd_error *error)
{
    struct wsd_error copy;
    bool news = s->state != state || state == WSD_SUBSCRIPTION_ACTIVE;
    s->state = state;
    if (!news || s->leaving || !s->hooks.changed)
        return;
    if (error)
        copy = *error;
    s->hooks.changed(s->hooks.user, state, state == WSD_SUBSCRIPTION_ACTIVE ? s->subscribed : NULL,
                     error ? &copy : NULL);
}

/* -- end --------------------------------------------------------------------------------------- */

static void unlink_from(struct wsd_subscription **list, const struct wsd_subscription *s)
{
    if (s->previous)
        s->previous->next = s->next;
    else
        *list = s->next;
    if (s->next)
        s->next->previous = s->previous;
}

static void link_to(struct wsd_subscription **list, struct wsd_subscription *s)
{
    s->previous = NULL;
    s->next = *list;
    if (s->next)
        s->next->previous = s;
    *list = s;
}

static void destroy(struct wsd_subscription *s)
{
    if (s->sink)
        unlink_from(&s->sink->leaving, s);
    wsd__timer_stop(&s->timer);
    wsd_free(s->subscribed);
    wsd_free(s->wish);
    free(s->manager_url);
    free(s->service);
    free(s);
}

/* -- leaving ----------------------------------------------------------------------------------- */

static void look_up(struct wsd_subscription *s);

static void left(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct wsd_subscription *s = user;
    (void)result;
    s->call = NULL;
    s->step = WSD__STEP_IDLE;
    if (status < 0)
        wsd__log(s->context, WSD_LOG_INFO, "%s: Unsubscribe: %s", s->service, error->message);
    if (status < 0 && s->leaving && s->sink && error->code != WSD_E_FAULT &&
        error->code != WSD_E_HTTP)
        s->sink->counters.abandoned++;
    wsd_free(s->subscribed);
    s->subscribed = NULL;
    s->elsewhere = false;
    if (s->leaving)
        destroy(s);
    else
        look_up(s);
}

/* Unsubscribes, then goes on in left(). */
static void leave(struct wsd_subscription *s)
{
    struct wsd_request_options options = s->wish->request;
    if (options.connect_timeout == 0 || options.connect_timeout > LEAVE_CONNECT)
        options.connect_timeout = LEAVE_CONNECT;
    if (options.answer_timeout == 0 || options.answer_timeout > LEAVE_ANSWER)
        options.answer_timeout = LEAVE_ANSWER;
    if (options.idle_timeout == 0 || options.idle_timeout > LEAVE_ANSWER)
        options.idle_timeout = LEAVE_ANSWER;
    struct wsd_error error = {0};
    s->step = WSD__STEP_LEAVING_OLD;
    int r = wsd__manage_start(s->context, WSD__EVENTING_UNSUBSCRIBE, wsd__manager_at(s),
                              &s->subscribed->manager, NULL, &options, left, s, &s->call, &error);
    if (r < 0)
        left(s, r, NULL, &error);
}

/* -- failure ----------------------------------------------------------------------------------- */

/* A fault by its subcode, whatever namespace firmware puts it in. */
static bool is_one_of(const struct wsd_error *error, const char *const *subcodes)
{
    for (; error->code == WSD_E_FAULT && *subcodes; subcodes++)
        if (strcmp(error->subcode, *subcodes) == 0)
            return true;
    return false;
}

/* There are no such events, and there will be none. */
static bool is_final(const struct wsd_error *error)
{
    static const char *const subcodes[] = {"ActionNotSupported",
                                           "FilterActionNotSupported",
                                           "FilteringNotSupported",
                                           "FilteringRequestedUnavailable",
                                           "DeliveryModeRequestedUnavailable",
                                           "DestinationUnreachable",
                                           NULL};
    bool http =
        error->code == WSD_E_HTTP &&
        (error->http_status == 404 || error->http_status == 405 || error->http_status == 501);
    return http || is_one_of(error, subcodes);
}

static bool dislikes_expires(const struct wsd_error *error)
{
    static const char *const subcodes[] = {"InvalidExpirationTime", "UnsupportedExpirationType",
                                           NULL};
    return is_one_of(error, subcodes);
}

static void failed(struct wsd_subscription *s, const struct wsd_error *error)
{
    bool refused = is_final(error);

    s->step = WSD__STEP_IDLE;
    s->path[0] = '\0';
    if (s->leaving) {
        destroy(s);
        return;
    }
    wsd__sink_forget(s->sink, s);
    if (dislikes_expires(error) && !s->no_expires) {
        s->no_expires = true;
        begin_after(s, 0);
        return;
    }
    s->unreachable = error->code != WSD_E_FAULT && error->code != WSD_E_HTTP;
    s->failures++;
    if (s->again)
        begin_after(s, 0);
    else
        begin_after(s, refused ? REFUSED_PAUSE + wsd__random_below(s->context, MOST_PAUSE)
                               : pause_after(s, s->failures));
    s->again = false;
    tell(s, refused ? WSD_SUBSCRIPTION_REFUSED : WSD_SUBSCRIPTION_LOST, error);
}

/* What is there is of no use any more: another Subscribe is due. */
static void lost(struct wsd_subscription *s, const struct wsd_error *error)
{
    if (wsd__now(s->context) - s->since >= PROVEN)
        s->failures = 0;
    s->unreachable = error->code != WSD_E_FAULT && error->code != WSD_E_HTTP;
    s->failures++;
    begin_after(s, pause_after(s, s->failures));
    tell(s, WSD_SUBSCRIPTION_LOST, error);
}

/* -- life -------------------------------------------------------------------------------------- */

static void take_grant(struct wsd_subscription *s, const struct wsd_grant *grant)
{
    int64_t life = grant->remaining;

    if (life == INT64_MAX)
        life = WSD_SUBSCRIPTION_LIFE_UNNAMED;
    if (life == 0 || (grant->estimated && life > WSD_SUBSCRIPTION_LIFE_DOUBTFUL))
        life = WSD_SUBSCRIPTION_LIFE_DOUBTFUL;
    if (life > WSD_MAX_SUBSCRIPTION_LIFE)
        life = WSD_MAX_SUBSCRIPTION_LIFE;
    if (life < WSD_SUBSCRIPTION_LIFE_LEAST)
        life = WSD_SUBSCRIPTION_LIFE_LEAST;
    s->until = wsd__now(s->context) + (uint64_t)life;
    s->missed = 0;
    s->renewal_due = true;
    arm(s, (uint64_t)life / 2);
}

static void begin(struct wsd_subscription *s);

/* The subscription lives on: a Renew that did not get through is tried again until its time is
 * over. A refusal says that it is over, or that the device cannot renew. */
static void not_renewed(struct wsd_subscription *s, const struct wsd_error *error)
{
    uint64_t now = wsd__now(s->context);
    bool refused =
        error->code == WSD_E_FAULT || (error->code == WSD_E_HTTP && error->http_status != 503);

    if (refused || s->until <= now) {
        lost(s, error);
        return;
    }
    wsd__log(s->context, WSD_LOG_INFO, "%s: Renew: %s", s->service, error->message);
    uint64_t pause = pause_after(s, ++s->missed);
    s->renewal_due = true;
    arm(s, pause < s->until - now ? pause : s->until - now);
}

static void renewed(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct wsd_subscription *s = user;
    s->call = NULL;
    s->step = WSD__STEP_IDLE;
    if (s->leaving) {
        wsd_free(result);
        leave(s);
    } else if (s->again) {
        wsd_free(result);
        begin_after(s, 0);
    } else if (status < 0) {
        not_renewed(s, error);
    } else {
        s->failures = 0;
        take_grant(s, result);
        wsd_free(result);
    }
}

static void renew(struct wsd_subscription *s)
{
    struct wsd_expires expires = {.kind = s->no_expires ? WSD_EXPIRES_NONE : WSD_EXPIRES_DURATION,
                                  .milliseconds = s->wish->lifetime};
    struct wsd_error error = {0};
    s->step = WSD__STEP_RENEWING;
    int r = wsd__manage_start(s->context, WSD__EVENTING_RENEW, wsd__manager_at(s),
                              &s->subscribed->manager, &expires, &s->wish->request, renewed, s,
                              &s->call, &error);
    if (r < 0)
        renewed(s, r, NULL, &error);
}

/* -- subscribing ------------------------------------------------------------------------------- */

static void subscribed(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct wsd_subscription *s = user;
    s->call = NULL;
    if (status < 0) {
        failed(s, error);
        return;
    }
    s->step = WSD__STEP_IDLE;
    s->subscribed = result;
    s->since = wsd__now(s->context);
    if (wsd__manager_place(s) < 0)
        wsd__log(s->context, WSD_LOG_WARNING, "%s: out of memory", s->service);
    if (s->leaving) {
        leave(s);
        return;
    }
    wsd__sink_work_soon(s->sink);
    s->unreachable = s->cut_off = false;
    take_grant(s, &s->subscribed->grant);
    if (s->again)
        begin_after(s, 0);
    else
        tell(s, WSD_SUBSCRIPTION_ACTIVE, NULL);
}

static void make_path(struct wsd_subscription *s)
{
    uint8_t bytes[16];
    wsd__random(s->context, bytes, sizeof bytes);
    s->path[0] = '/';
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(s->path + 1 + 2 * i, 3, "%02x", bytes[i]);
}

static void format_url(const struct wsd_subscription *s, char *url, size_t size)
{
    char host[WSD__ADDRESS_SIZE];
    bool six = s->local.family == AF_INET6;
    wsd__address_format(&s->local, NULL, host);
    snprintf(url, size, "http://%s%s%s:%u%s", six ? "[" : "", host, six ? "]" : "",
             wsd_sink_port(s->sink), s->path);
}

static int start_subscribe(struct wsd_subscription *s, struct wsd_error *reterr)
{
    char url[WSD__ADDRESS_SIZE + 64], id[WSD__UUID_URN_SIZE];
    const struct wsd_any text = {.kind = WSD_ANY_TEXT, .text = id};
    const struct wsd_any identifier = {.kind = WSD_ANY_ELEMENT,
                                       .ns = WSD_NS_EVENTING,
                                       .local = "Identifier",
                                       .prefix = "wse",
                                       .children = &text};
    struct wsd_subscribe_options options = WSD_SUBSCRIBE_OPTIONS_INIT;

    make_path(s);
    s->n_seen = s->next_seen = 0; /* a device that was restarted may count from one again */
    wsd__uuid_urn(s->context, id);
    format_url(s, url, sizeof url);
    options.actions = s->wish->actions;
    options.notify_to = options.end_to = url;
    options.notify_parameters = options.end_parameters = &identifier;
    options.expires.kind = s->no_expires ? WSD_EXPIRES_NONE : WSD_EXPIRES_DURATION;
    options.expires.milliseconds = s->wish->lifetime;
    options.extension = s->wish->extension;
    options.request = &s->wish->request;
    return wsd_subscribe_start(s->context, s->service, &options, subscribed, s, &s->call, reterr);
}

/* The address that the device will call back at. */
static int pick_local(struct wsd_subscription *s, struct wsd_error *reterr)
{
    if (s->sink->bound.family) {
        s->local = s->sink->bound;
        return 0;
    }
    for (size_t i = 0; i < s->n_peers; i++)
        if (s->sink->route(s->context, &s->peers[i], &s->local))
            return 0;
    WSD__ERROR_SET(reterr->operation, "Subscribe");
    WSD__ERROR_SET(reterr->device, s->service);
    return wsd__error(reterr, WSD_E_NETWORK,
                      "there is no way to the device: no address of this "
                      "machine reaches it");
}

static void subscribe(struct wsd_subscription *s)
{
    struct wsd_error error = {0};
    s->step = WSD__STEP_SUBSCRIBING;
    s->again = false;
    int r = pick_local(s, &error);
    if (r == 0)
        r = start_subscribe(s, &error);
    if (r < 0)
        failed(s, &error);
}

static void found(void *user, int status, const struct wsd__address *address)
{
    struct wsd_subscription *s = user;
    const struct wsd__address *all = address;
    size_t count = status < 0 ? 0 : wsd__lookup_addresses(s->lookup, &all);

    s->n_peers = count < WSD_MAX_DEVICE_ADDRESSES ? count : WSD_MAX_DEVICE_ADDRESSES;
    memcpy(s->peers, all, s->n_peers * sizeof *all);
    wsd__lookup_cancel(s->lookup);
    s->lookup = NULL;
    if (status == 0) {
        subscribe(s);
        return;
    }
    struct wsd_error error = {0};
    wsd__error(&error, status, "the name of the device's address could not be resolved: %.100s",
               s->service);
    WSD__ERROR_SET(error.operation, "Subscribe");
    WSD__ERROR_SET(error.device, s->service);
    failed(s, &error);
}

/* The addresses that events may come from. A number is taken as it is; one with a zone goes the way
 * of names, which knows interfaces. */
static void look_up(struct wsd_subscription *s)
{
    struct wsd__uri uri;
    struct wsd_error error = {0};
    char host[256] = "";

    s->path[0] = '\0';
    if (!wsd__uri_parse(s->service, strlen(s->service), &uri) || uri.host.length == 0 ||
        uri.host.length + uri.zone.length + 2 > sizeof host) {
        wsd__error(&error, WSD_E_INVALID, "not the address of a service: %.200s", s->service);
        failed(s, &error);
        return;
    }
    if (uri.zone.length == 0 && wsd__address_parse(uri.host.data, uri.host.length, &s->peers[0])) {
        s->n_peers = 1;
        subscribe(s);
        return;
    }
    snprintf(host, sizeof host, "%.*s%s%.*s", (int)uri.host.length, uri.host.data,
             uri.zone.length ? "%" : "", (int)uri.zone.length, uri.zone.data);
    s->step = WSD__STEP_LOOKUP;
    if (wsd__lookup_start(s->context, host, found, s, &s->lookup, &error) < 0)
        failed(s, &error);
}

/* A Subscribe is due: the old one is left first, while it may live. */
static void begin(struct wsd_subscription *s)
{
    s->again = false;
    s->path[0] = '\0';
    wsd__sink_forget(s->sink, s);
    if (s->subscribed)
        leave(s);
    else
        look_up(s);
}

/* Something is due. */
static void fired(void *user)
{
    struct wsd_subscription *s = user;
    arm(s, FAR);
    if (s->step != WSD__STEP_IDLE)
        return;
    if (s->renewal_due && s->missed > 0 && s->until <= wsd__now(s->context)) {
        struct wsd_error error = {0};
        wsd__error(&error, WSD_E_TIMEOUT, "the subscription ran out, and could not be renewed");
        WSD__ERROR_SET(error.operation, "Renew");
        WSD__ERROR_SET(error.device, s->service);
        lost(s, &error);
    } else if (s->renewal_due) {
        renew(s);
    } else if (s->state == WSD_SUBSCRIPTION_ACTIVE) { /* asked for from outside */
        struct wsd_error why = s->why;
        arm(s, 0);
        tell(s, WSD_SUBSCRIPTION_LOST, &why);
    } else {
        begin(s);
    }
}

/* -- from outside ------------------------------------------------------------------------------ */

/* Subscribes anew as soon as what is under way has ended; `moved`: also if that is a Subscribe. */
static void start_over(struct wsd_subscription *s, bool moved)
{
    s->failures = 0;
    switch (s->step) {
    case WSD__STEP_IDLE:
        begin_after(s, 0);
        break;
    case WSD__STEP_LOOKUP:
        if (moved) {
            wsd__lookup_cancel(s->lookup);
            s->lookup = NULL;
            s->step = WSD__STEP_IDLE;
            begin_after(s, 0);
        }
        break;
    case WSD__STEP_LEAVING_OLD:
        break;
    case WSD__STEP_SUBSCRIBING:
        s->again |= moved;
        break;
    case WSD__STEP_RENEWING:
        s->again = true;
        wsd_call_cancel(s->call);
        break;
    }
}

int wsd_subscription_restart(struct wsd_subscription *subscription, const char *service,
                             struct wsd_error *reterr)
{
    struct wsd_subscription *s = subscription;
    bool moved = service && strcmp(service, s->service) != 0;

    if (service && !*service)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the service is missing");
    if (moved) {
        char *copy = strdup(service);
        if (!copy)
            return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
        s->elsewhere = s->elsewhere || wsd__manager_moves(s, copy);
        free(s->service);
        s->service = copy;
    }
    s->why = (struct wsd_error){0};
    wsd__error(&s->why, WSD_E_NOT_FOUND, "the device was restarted or is elsewhere now");
    WSD__ERROR_SET(s->why.device, s->service);
    start_over(s, moved);
    return 0;
}

void wsd_subscription_check(struct wsd_subscription *subscription)
{
    struct wsd_subscription *s = subscription;

    if (s->state == WSD_SUBSCRIPTION_ACTIVE && s->step == WSD__STEP_IDLE && s->renewal_due)
        arm(s, 0);
}

void wsd__subscription_network_changed(struct wsd_subscription *s)
{
    struct wsd__address local = {0};
    bool known = false;

    if (s->sink->bound.family)
        return;
    for (size_t i = 0; i < s->n_peers && !known; i++)
        known = s->sink->route(s->context, &s->peers[i], &local);
    if (!known && s->n_peers > 0) {
        s->cut_off = true;
        return; /* no way to the device: wait for the next change */
    }
    if (s->state == WSD_SUBSCRIPTION_ACTIVE || s->step == WSD__STEP_SUBSCRIBING) {
        if (wsd__address_equal(&local, &s->local)) {
            /* It may have given us up meanwhile, and could not say so. */
            if (s->cut_off)
                wsd_subscription_check(s);
            s->cut_off = false;
            return;
        }
        s->why = (struct wsd_error){0};
        wsd__error(&s->why, WSD_E_NETWORK, "our address towards the device has changed");
        WSD__ERROR_SET(s->why.device, s->service);
        start_over(s, true);
    } else if (s->step == WSD__STEP_IDLE && s->unreachable) {
        begin_after(s, NETWORK_PAUSE);
    }
}

/* Both spellings of cancelling: one Java stack has its own. */
static const char *end_status(const char *status)
{
    const char *word = strrchr(status, '/');
    word = word ? word + 1 : status;
    return strcmp(word, "SourceCanceling") == 0 ? "SourceCancelling" : word;
}

void wsd__subscription_ended(struct wsd_subscription *s, const struct wsd_subscription_end *end)
{
    const char *status = end_status(end->status);
    const char *reason = end->n_reason > 0 && end->reason[0].value ? end->reason[0].value : "";
    struct wsd_error error = {0};

    if (s->step == WSD__STEP_LEAVING_OLD || s->step == WSD__STEP_LOOKUP || !s->subscribed)
        return;
    wsd__error(&error, WSD_E_FAULT, "the device ended the subscription: %.60s%s%.120s", status,
               *reason ? ": " : "", reason);
    WSD__ERROR_SET(error.operation, "SubscriptionEnd");
    WSD__ERROR_SET(error.device, s->service);
    WSD__ERROR_SET(error.subcode, status);
    if (s->step == WSD__STEP_RENEWING) { /* its answer says the same */
        s->again = true;
        s->why = error;
        return;
    }
    s->path[0] = '\0';
    wsd_free(s->subscribed);
    s->subscribed = NULL;
    s->elsewhere = false;
    lost(s, &error);
}

/* -- making and freeing ------------------------------------------------------------------------ */

static int check_options(const struct wsd_subscription_options *options, struct wsd_error *reterr)
{
    if (!options->service || !*options->service)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the service is missing");
    if (!options->actions || !options->actions[0])
        return wsd__error(reterr, WSD_E_INVALID, "no event was asked for");
    for (size_t i = 0; options->actions[i]; i++)
        if (!*options->actions[i] || strpbrk(options->actions[i], " \t\r\n"))
            return wsd__error(reterr, WSD_E_INVALID, "\"%.100s\" is not the action of an event",
                              options->actions[i]);
    return 0;
}

int wsd__subscription_new(struct wsd_sink *sink, const struct wsd_subscription_options *options,
                          const struct wsd__subscription_hooks *hooks,
                          struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    int r = check_options(options, reterr);
    if (r < 0)
        return r;
    struct wsd_subscription *s = calloc(1, sizeof *s);
    if (!s)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    s->context = sink->context;
    s->service = strdup(options->service);
    s->wish = wsd__subscription_wish_copy(options);
    if (!s->service || !s->wish || wsd__timer_start(s->context, &s->timer, 0, fired, s) < 0) {
        destroy(s);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    s->sink = sink;
    s->hooks = *hooks;
    link_to(&sink->subscriptions, s);
    *ret_subscription = s;
    return 0;
}

int wsd_subscription_new(struct wsd_sink *sink, const struct wsd_subscription_options *options,
                         struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    struct wsd_subscription_options all;

    WSD__OPTIONS_TAKE(all, options);
    struct wsd__subscription_hooks hooks = {.changed = all.changed, .user = all.user};
    int r = wsd__subscription_new(sink, &all, &hooks, ret_subscription, reterr);
    if (r == 0)
        (*ret_subscription)->plain_event = all.event;
    return r;
}

void wsd_subscription_free(struct wsd_subscription *subscription)
{
    struct wsd_subscription *s = subscription;

    if (!s || s->leaving)
        return;
    struct wsd__subscription_hooks hooks = s->hooks;
    s->hooks = (struct wsd__subscription_hooks){0};
    s->plain_event = NULL;
    s->leaving = true;
    s->path[0] = '\0';
    wsd__sink_forget(s->sink, s);
    unlink_from(&s->sink->subscriptions, s);
    link_to(&s->sink->leaving, s);
    wsd__timer_stop(&s->timer);
    wsd__lookup_cancel(s->lookup);
    s->lookup = NULL;
    if (s->step == WSD__STEP_RENEWING)
        wsd_call_cancel(s->call);
    else if (s->call == NULL && s->subscribed)
        leave(s);
    else if (s->call == NULL)
        destroy(s);
    if (hooks.destroy)
        hooks.destroy(hooks.user);
}

/* -- what is known of it ----------------------------------------------------------------------- */

enum wsd_subscription_state wsd_subscription_state(const struct wsd_subscription *subscription)
{
    return subscription->state;
}

int64_t wsd_subscription_remaining(const struct wsd_subscription *subscription)
{
    uint64_t now = wsd__now(subscription->context);
    if (subscription->state != WSD_SUBSCRIPTION_ACTIVE || subscription->until <= now)
        return 0;
    return (int64_t)(subscription->until - now);
}

const struct wsd_endpoint_reference *
wsd_subscription_manager(const struct wsd_subscription *subscription)
{
    return subscription->state == WSD_SUBSCRIPTION_ACTIVE && subscription->subscribed
               ? &subscription->subscribed->manager
               : NULL;
}

const char *wsd_subscription_manager_url(const struct wsd_subscription *subscription)
{
    const struct wsd_endpoint_reference *manager = wsd_subscription_manager(subscription);

    const char *url = manager ? wsd__manager_at(subscription) : NULL;

    return url || !manager ? url : manager->address;
}
