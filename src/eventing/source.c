/* SPDX-License-Identifier: MIT */
/*
 * The subscription manager: Subscribe, Renew, GetStatus, Unsubscribe, and the end of subscriptions.
 *
 * The manager is the service itself; a reference parameter with 122 random bits tells one
 * subscription from the others, and is all that is needed to renew or end it (WS-Eventing 3.2).
 * Subscriptions are a list that is walked: a renewal once an hour does not pay for an index.
 *
 * Memory: a subscription is about 700 bytes with its addresses, and a slot for each event that
 * waits for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/uuid.h"
#include "core/xsd.h"
#include "eventing/source_parts.h"

enum { EXPIRES_SIZE = 48 };

#define SENDER(object, ns, subcode, reason)                                                        \
    const struct wsd__fault object = {"Sender", (ns), (subcode), (reason)};

SENDER(wsd__event_invalid_message, NS_WSE, "InvalidMessage",
       "An element is missing, or is not what WS-Eventing says.")
static SENDER(unknown_subscription, NS_WSE, "InvalidMessage", "There is no subscription of this Identifier.") static SENDER(no_identifier, NS_WSE, "InvalidMessage", "The header lacks the Identifier that the SubscribeResponse gave.") static SENDER(
    bad_mode, NS_WSE, "DeliveryModeRequestedUnavailable",
    "Events are delivered by push and in no other way.") static SENDER(bad_dialect, NS_WSE,
                                                                       "FilteringRequestedUnavailab"
                                                                       "le",
                                                                       "Events are filtered by a "
                                                                       "list of actions and in no "
                                                                       "other way.") static SENDER(no_such_event,
                                                                                                   NS_WSDP,
                                                                                                   "FilterActionNotSupported",
                                                                                                   "The filter names no event of this service.") static SENDER(bad_expiration,
                                                                                                                                                               NS_WSE,
                                                                                                                                                               "InvalidExpirationTime",
                                                                                                                                                               "The expiration is not a time to come.") static SENDER(expiration_type,
                                                                                                                                                                                                                      NS_WSE,
                                                                                                                                                                                                                      "UnsupportedExpirationType",
                                                                                                                                                                                                                      "An expiration is a duration here, not a point in time.") static const
    struct wsd__fault full = {"Receiver", NS_WSE, "EventSourceUnableToProcess",
                              "There are too many subscriptions."};
static const struct wsd__fault unable_to_renew = {"Receiver", NS_WSE, "UnableToRenew",
                                                  "The subscription has ended or never was."};

/* A request that is being answered. */
struct request {
    struct wsd__event_source *source;
    const struct wsd__event_transport *transport;
    const struct wsd__envelope *envelope;
    const struct wsd_eventing_body *body;
    struct wsd__arena *arena;
    struct wsd_eventing_body answer;
    const char *expires; /* that of the request, NULL: none */
    char granted[EXPIRES_SIZE];
    struct wsd__fault_detail detail_room;
    const struct wsd_any *detail;
};
typedef const struct wsd__fault *handler(struct request *x);

/* -- expiry -------------------------------------------------------------------------------------
 */

static void expired(void *user)
{
    wsd__subscription_end(user, WSD__EVENT_END_EXPIRED);
}

/* What is granted of what is asked for: no end at all is as much as there is. */
static const struct wsd__fault *grant(struct request *x, uint64_t *ret_milliseconds)
{
    struct wsd_duration asked = {.milliseconds = WSD_MAX_EXPIRES};
    struct wsd_datetime moment;
    struct wsd_duration granted;
    size_t length = x->expires ? strlen(x->expires) : 0;

    if (x->expires && wsd__parse_datetime(x->expires, length, &moment))
        return &expiration_type; /* clocks of devices are wrong too often (DPWS R3013) */
    if (x->expires && (!wsd__parse_duration(x->expires, length, &asked) || asked.milliseconds <= 0))
        return &bad_expiration;
    granted.milliseconds = asked.milliseconds < WSD_MIN_EXPIRES   ? WSD_MIN_EXPIRES
                           : asked.milliseconds > WSD_MAX_EXPIRES ? WSD_MAX_EXPIRES
                                                                  : asked.milliseconds;
    /* What is granted in full is said in the subscriber's own words. */
    if (x->expires && granted.milliseconds == asked.milliseconds && length < EXPIRES_SIZE)
        snprintf(x->granted, sizeof x->granted, "%s", x->expires);
    else
        wsd__format_duration(&granted, x->granted);
    *ret_milliseconds = (uint64_t)granted.milliseconds;
    return NULL;
}

static int set_expiry(struct wsd__subscription *subscription, uint64_t milliseconds)
{
    struct wsd_context *context = subscription->source->context;
    int r = wsd__timer_start(context, &subscription->expiry, milliseconds, expired, subscription);

    subscription->expires = wsd__now(context) + milliseconds;
    return r;
}

uint64_t wsd__subscription_remaining(const struct wsd__subscription *subscription)
{
    uint64_t now = wsd__now(subscription->source->context);

    return subscription->expires > now ? subscription->expires - now : 0;
}

const struct wsd__address *wsd__subscription_peer(const struct wsd__subscription *subscription)
{
    return &subscription->peer;
}

bool wsd__subscription_has(const struct wsd__subscription *subscription, uint32_t events)
{
    return (subscription->events & events) != 0;
}

/* -- filter -------------------------------------------------------------------------------------
 */

/* Scheme and host compare without case, the path by whole segments (DPWS 6.1.1, RFC 2396). */
static bool is_prefix(const char *filter, size_t length, const char *action)
{
    const char *path = strstr(action, "://");
    size_t head;

    path = path ? strchr(path + 3, '/') : NULL;
    head = path ? (size_t)(path - action) : 0;
    if (length < head || length > strlen(action) || strncasecmp(filter, action, head) != 0 ||
        strncmp(filter + head, action + head, length - head) != 0)
        return false;
    return action[length] == '\0' || action[length] == '/' ||
           (length > 0 && filter[length - 1] == '/');
}

/* The action in whatever spelling of its namespace. */
static bool is_event(const struct wsd__event_source *source, unsigned event, const char *filter,
                     size_t length)
{
    size_t name = strlen(source->options.events[event]);

    return length > name && filter[length - name - 1] == '/' &&
           memcmp(filter + length - name, source->options.events[event], name) == 0 &&
           wsd__ns_find(filter, length - name - 1, NULL) == source->options.ns;
}

static void add_matches(const struct wsd__event_source *source, const char *filter, size_t length,
                        struct wsd__subscribing *s)
{
    char action[256];

    for (unsigned i = 0; i < source->options.n_events; i++) {
        bool whole = is_event(source, i, filter, length);

        snprintf(action, sizeof action, "%s/%s", wsd__ns_uri(source->options.ns, WSD__DIALECT_2005),
                 source->options.events[i]);
        if (whole || is_prefix(filter, length, action))
            s->events |= 1u << i;
        if (whole)
            s->named |= 1u << i;
    }
}

static bool dialect_is_fine(const char *dialect)
{
    const char *slash = dialect ? strrchr(dialect, '/') : NULL;

    return slash && strcmp(slash, "/Action") == 0 &&
           wsd__ns_find(dialect, (size_t)(slash - dialect), NULL) == NS_WSDP;
}

static const struct wsd__fault *read_filter(struct request *x, struct wsd__subscribing *s)
{
    const struct wsd_filter *filter = s->message->filter;
    const char *at;

    if (!filter) { /* none: all there is */
        s->events =
            x->source->options.n_events < 32 ? (1u << x->source->options.n_events) - 1 : UINT32_MAX;
        return NULL;
    }
    if (!dialect_is_fine(filter->dialect)) {
        x->detail = wsd__fault_detail_init(&x->detail_room, NS_WSE, "SupportedDialect",
                                           WSD_EVENTING_FILTER_ACTION);
        return &bad_dialect;
    }
    for (at = filter->value ? filter->value : ""; *at;) {
        size_t length = strcspn(at, " \t\r\n");

        if (length > 0)
            add_matches(x->source, at, length, s);
        at += length + strspn(at + length, " \t\r\n");
    }
    return s->events ? NULL : &no_such_event;
}

/* -- Subscribe ----------------------------------------------------------------------------------
 */

static void subscription_free(struct wsd__subscription *subscription)
{
    wsd__timer_stop(&subscription->expiry);
    wsd__delivery_stop(subscription);
    free(subscription->text);
    free(subscription);
}

static const struct wsd__fault *check_room(const struct request *x,
                                           const struct wsd__subscribing *s)
{
    const struct wsd__event_source *source = x->source;
    uint32_t of_peer = 0;

    for (const struct wsd__subscription *other = source->subscriptions; other; other = other->next)
        of_peer += wsd__address_equal(&other->peer, &s->subscription->peer);
    if (source->n_subscriptions - s->replaces >= source->options.max_subscribers ||
        of_peer - s->replaces >= source->options.max_per_peer)
        return &full;
    return NULL;
}

/* The endpoint reference of the manager. */
static bool put_manager(struct wsd__arena *arena, const struct wsd__subscription *subscription,
                        struct wsd_endpoint_reference *ret)
{
    struct wsd__fault_detail *identifier = wsd__arena_alloc(arena, sizeof *identifier);
    struct wsd_soap_bag *parameters = wsd__arena_alloc(arena, sizeof *parameters);
    char *urn = wsd__arena_alloc(arena, WSD__UUID_URN_SIZE);

    if (!identifier || !parameters || !urn)
        return false;
    wsd__uuid_format(subscription->id, urn);
    parameters->any = wsd__fault_detail_init(identifier, NS_WSE, "Identifier", urn);
    *ret = (struct wsd_endpoint_reference){.address = subscription->manager,
                                           .reference_parameters = parameters};
    return true;
}

static struct wsd__subscription *subscription_new(struct request *x)
{
    struct wsd__subscription *subscription = calloc(1, sizeof *subscription);
    char urn[WSD__UUID_URN_SIZE];

    if (!subscription)
        return NULL;
    subscription->source = x->source;
    subscription->dialect = x->envelope->dialect;
    wsd__uuid_urn(x->source->context, urn);
    wsd__uuid_parse(urn, subscription->id);
    wsd__random(x->source->context, subscription->salt, sizeof subscription->salt);
    return subscription;
}

/* Checks in the order in which a message is read; limits last, since they are not its fault. */
static const struct wsd__fault *examine(struct request *x, struct wsd__subscribing *s,
                                        uint64_t *ret_milliseconds)
{
    const struct wsd_subscribe_message *message = s->message;
    const struct wsd__fault *fault;

    if (message->delivery.mode && strcmp(message->delivery.mode, WSD_EVENTING_PUSH) != 0) {
        x->detail = wsd__fault_detail_init(&x->detail_room, NS_WSE, "SupportedDeliveryMode",
                                           WSD_EVENTING_PUSH);
        return &bad_mode;
    }
    if (!x->transport || !wsd__address_of(x->transport->peer, &s->subscription->peer, NULL))
        return &wsd__fault_destination_unreachable;
    fault = wsd__subscriber_read(s->subscription, message, x->transport);
    if (!fault)
        fault = grant(x, ret_milliseconds);
    if (!fault)
        fault = read_filter(x, s);
    return fault;
}

static void link_subscription(struct wsd__subscription *subscription)
{
    struct wsd__event_source *source = subscription->source;

    subscription->next = source->subscriptions;
    if (subscription->next)
        subscription->next->previous = subscription;
    source->subscriptions = subscription;
    source->n_subscriptions++;
    subscription->granted = true;
}

static const struct wsd__fault *
answer_subscribe(struct request *x, const struct wsd__subscribing *s, uint64_t milliseconds)
{
    struct wsd_subscribe_response *answer = wsd__arena_alloc(x->arena, sizeof *answer);

    if (!answer || !put_manager(x->arena, s->subscription, &answer->manager) ||
        set_expiry(s->subscription, milliseconds) < 0)
        return &wsd__fault_no_memory;
    answer->expires = x->granted;
    answer->any = s->answer;
    x->answer.subscribe_response = answer;
    return NULL;
}

/* The hook's consent is asked for last but one: what it makes is undone by `ended`. */
static const struct wsd__fault *settle(struct request *x, struct wsd__subscribing *s,
                                       uint64_t milliseconds)
{
    const struct wsd__event_hooks *hooks = &x->source->hooks;
    const struct wsd__fault *fault = NULL;

    if (hooks->subscribing)
        fault = hooks->subscribing(hooks->user, s);
    if (fault) {
        x->detail = s->detail;
        return fault;
    }
    s->subscription->events = s->events;
    s->subscription->extension = s->extension;
    fault = check_room(x, s);
    if (!fault)
        fault = answer_subscribe(x, s, milliseconds);
    if (fault && hooks->ended)
        hooks->ended(hooks->user, s->subscription, s->extension, WSD__EVENT_END_REFUSED);
    return fault;
}

static const struct wsd__fault *subscribe(struct request *x)
{
    struct wsd__subscribing s = {.message = x->body->subscribe, .arena = x->arena};
    const struct wsd__event_hooks *hooks = &x->source->hooks;
    const struct wsd__fault *fault;
    uint64_t milliseconds = 0;

    x->expires = s.message->expires;
    s.subscription = subscription_new(x);
    if (!s.subscription)
        return &wsd__fault_no_memory;
    fault = examine(x, &s, &milliseconds);
    if (!fault)
        fault = settle(x, &s, milliseconds);
    if (fault) {
        subscription_free(s.subscription);
        return fault;
    }
    link_subscription(s.subscription);
    if (hooks->subscribed)
        hooks->subscribed(hooks->user, s.subscription, s.extension);
    return NULL;
}

/* -- the manager's operations -------------------------------------------------------------------
 */

/* The subscription that the header's Identifier names; else the fault. */
static const struct wsd__fault *find(struct request *x, struct wsd__subscription **ret)
{
    const struct wsd_any *any = x->envelope->header.any;
    uint8_t id[16];

    *ret = NULL;
    while (any && !(any->kind == WSD_ANY_ELEMENT && strcmp(any->local, "Identifier") == 0 &&
                    wsd__ns_find(any->ns, strlen(any->ns), NULL) == NS_WSE))
        any = any->next;
    for (any = any ? any->children : NULL; any && any->kind != WSD_ANY_TEXT;)
        any = any->next;
    if (!any)
        return &no_identifier;
    if (!wsd__uuid_parse(any->text, id))
        return &unknown_subscription;
    for (struct wsd__subscription *s = x->source->subscriptions; s; s = s->next)
        if (memcmp(s->id, id, sizeof id) == 0)
            *ret = s;
    return *ret ? NULL : &unknown_subscription;
}

static const struct wsd__fault *renew(struct request *x)
{
    struct wsd_expires_message *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    const struct wsd__event_hooks *hooks = &x->source->hooks;
    struct wsd__subscription *subscription;
    const struct wsd__fault *fault = find(x, &subscription);
    uint64_t milliseconds = 0;

    if (fault)
        return fault == &unknown_subscription ? &unable_to_renew : fault;
    x->expires = x->body->renew->expires;
    fault = grant(x, &milliseconds);
    if (fault)
        return fault;
    if (!answer)
        return &wsd__fault_no_memory;
    set_expiry(subscription, milliseconds); /* its timer was armed: that needs no new memory */
    answer->expires = x->granted;
    x->answer.renew_response = answer;
    if (hooks->renewed)
        hooks->renewed(hooks->user, subscription, subscription->extension);
    return NULL;
}

static const struct wsd__fault *get_status(struct request *x)
{
    struct wsd_expires_message *answer = wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd__subscription *subscription;
    const struct wsd__fault *fault = find(x, &subscription);
    struct wsd_duration left;

    if (fault)
        return fault;
    if (!answer)
        return &wsd__fault_no_memory;
    left.milliseconds = (int64_t)((wsd__subscription_remaining(subscription) + 999) / 1000 * 1000);
    answer->expires = wsd__format_duration(&left, x->granted);
    x->answer.get_status_response = answer;
    return NULL;
}

static const struct wsd__fault *unsubscribe(struct request *x)
{
    struct wsd__subscription *subscription;
    const struct wsd__fault *fault = find(x, &subscription);

    if (!fault)
        wsd__subscription_end(subscription, WSD__EVENT_END_UNSUBSCRIBED);
    return fault;
}

/* -- dispatch -----------------------------------------------------------------------------------
 */

static const struct operation {
    const char *name;
    size_t body; /* row of struct wsd_eventing_body that it must have */
    handler *run;
} operations[] = {
    {"Subscribe", offsetof(struct wsd_eventing_body, subscribe), subscribe},
    {"Renew", offsetof(struct wsd_eventing_body, renew), renew},
    {"GetStatus", offsetof(struct wsd_eventing_body, get_status), get_status},
    {"Unsubscribe", offsetof(struct wsd_eventing_body, unsubscribe), unsubscribe},
};
#define N_OPERATIONS (sizeof operations / sizeof *operations)

/* The last part of an action of WS-Eventing, NULL for any other. */
static const char *operation_name(const char *action)
{
    const char *slash = action ? strrchr(action, '/') : NULL;

    return slash && wsd__ns_find(action, (size_t)(slash - action), NULL) == NS_WSE ? slash + 1
                                                                                   : NULL;
}

bool wsd__event_source_takes(const char *action)
{
    return operation_name(action) != NULL;
}

static const struct wsd__fault *run(struct request *x, const struct operation **ret)
{
    const char *name = operation_name(x->envelope->header.action);
    const struct wsd__fault *fault = wsd__request_check(x->envelope);
    const void *body;

    for (size_t i = 0; name && i < N_OPERATIONS; i++)
        if (strcmp(name, operations[i].name) == 0)
            *ret = &operations[i];
    if (fault)
        return fault;
    if (!*ret) {
        x->detail =
            wsd__fault_detail_init(&x->detail_room, NS_WSA, "Action", x->envelope->header.action);
        return &wsd__fault_action_not_supported;
    }
    memcpy(&body, (const char *)x->body + (*ret)->body, sizeof body);
    return body ? (*ret)->run(x) : &wsd__event_invalid_message;
}

static int serve(struct wsd__event_source *source, const struct wsd__event_transport *transport,
                 const struct wsd__envelope *envelope, struct wsd__buf *out)
{
    struct request x = {.source = source,
                        .transport = transport,
                        .envelope = envelope,
                        .body = envelope->body,
                        .arena = wsd__arena_new(1, 2048, WSD_MAX_MESSAGE_MEMORY)};
    const struct operation *operation = NULL;
    const struct wsd__fault *fault = x.arena ? run(&x, &operation) : &wsd__fault_no_memory;
    char action[128];
    int status = 200;

    if (!fault) {
        snprintf(action, sizeof action, "%s/%sResponse", WSD_NS_EVENTING, operation->name);
        /* Without memory now, the subscriber learns nothing of a subscription that lasts until it
         * expires; it asks again. */
        if (wsd__answer_encode(source->context, envelope, action, &wsd__type_eventing_body,
                               &x.answer, out, NULL) < 0)
            fault = &wsd__fault_no_memory;
    }
    if (fault)
        status = wsd__answer_fault(source->context, envelope, fault, x.detail, out);
    wsd__arena_free(x.arena);
    return status;
}

int wsd__event_source_serve(struct wsd__event_source *source,
                            const struct wsd__event_transport *transport, const void *bytes,
                            size_t size, struct wsd__buf *out)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    int status;

    if (wsd__envelope_decode(source->context, &wsd__type_eventing_body, bytes, size,
                             WSD__QUIRKS_DEFAULT, &envelope, &error) < 0)
        return wsd__answer_undecodable(source->context, bytes, size, &error,
                                       &wsd__event_invalid_message, out);
    status = serve(source, transport, envelope, out);
    wsd_free(envelope);
    return status;
}

/* -- ends ---------------------------------------------------------------------------------------
 */

void wsd__subscription_end(struct wsd__subscription *subscription, enum wsd__event_end why)
{
    struct wsd__event_source *source = subscription->source;

    if (subscription->previous)
        subscription->previous->next = subscription->next;
    else
        source->subscriptions = subscription->next;
    if (subscription->next)
        subscription->next->previous = subscription->previous;
    source->n_subscriptions--;
    wsd__delivery_stop(subscription);
    if (why == WSD__EVENT_END_UNDELIVERED) {
        source->counters.ended++;
        wsd__farewell(subscription, WSD__EVENTING_DELIVERY_FAILURE,
                      "Events could not be delivered.");
    }
    if (source->hooks.ended)
        source->hooks.ended(source->hooks.user, subscription, subscription->extension, why);
    subscription_free(subscription);
}

void wsd__subscription_replace(struct wsd__subscription *subscription)
{
    wsd__subscription_end(subscription, WSD__EVENT_END_REPLACED);
}

/* -- the source ---------------------------------------------------------------------------------
 */

int wsd__event_source_new(struct wsd_context *context,
                          const struct wsd__event_source_options *options,
                          struct wsd__event_source **ret_source, struct wsd_error *reterr)
{
    struct wsd__event_source *source = calloc(1, sizeof *source);

    if (!source)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    source->context = context;
    source->options = *options;
    if (options->hooks)
        source->hooks = *options->hooks;
    source->options.hooks = NULL;
    if (source->options.max_subscribers == 0)
        source->options.max_subscribers = WSD_MAX_SUBSCRIBERS;
    if (source->options.max_per_peer == 0)
        source->options.max_per_peer = WSD_MAX_SUBSCRIBERS_PER_PEER;
    source->lanes[LANE_FAST].limit = WSD_MAX_DELIVERIES;
    source->lanes[LANE_SLOW].limit = WSD_MAX_SLOW_DELIVERIES;
    source->lanes[LANE_FAILED].limit = WSD_MAX_FAILED_DELIVERIES;
    source->message.max = WSD_MAX_REQUEST_ENVELOPE;
    *ret_source = source;
    return 0;
}

void wsd__event_source_free(struct wsd__event_source *source, bool farewell)
{
    if (!source)
        return;
    while (source->subscriptions) {
        if (farewell)
            wsd__farewell(source->subscriptions, WSD__EVENTING_SOURCE_SHUTTING_DOWN,
                          "The device shuts down.");
        wsd__subscription_end(source->subscriptions, WSD__EVENT_END_SHUT_DOWN);
    }
    wsd__timer_stop(&source->turn);
    wsd__buf_free(&source->message);
    free(source);
}

struct wsd_event_counters wsd__event_source_counters(const struct wsd__event_source *source)
{
    struct wsd_event_counters counters = source->counters;

    counters.subscribers = source->n_subscriptions;
    return counters;
}
