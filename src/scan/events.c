/* SPDX-License-Identifier: MIT */
/*
 * The seven events of a scanner, on managed subscriptions (WS-Scan 5).
 *
 * One table row an event: its bit, its action, where its body stands. ScanAvailableEvent brings
 * neither the token that CreateScanJob wants nor a promise to come once: the token is that of its
 * destination in the answer to the last Subscribe, found by ClientContext, and a ScanIdentifier
 * that was seen is dropped.
 */
#include <stdlib.h>
#include <string.h>
#include <wsd/discovery.h>
#include <wsd/scan_events.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "eventing/sink.h"
#include "scan/schema.h"
#include "xml/any_typed.h"

static const struct {
    enum wsd_scan_event_kind kind;
    const char *action;
    size_t offset; /* of the pointer in struct wsd_scan_body */
} events[] = {
#define EVENT(bit, xml, member)                                                                    \
    {                                                                                              \
        bit, WSD_NS_SCAN "/" xml, offsetof(struct wsd_scan_body, member)                           \
    }
    EVENT(WSD_SCAN_AVAILABLE, "ScanAvailableEvent", scan_available_event),
    EVENT(WSD_SCAN_ELEMENTS_CHANGE, "ScannerElementsChangeEvent", scanner_elements_change_event),
    EVENT(WSD_SCAN_STATUS_SUMMARY, "ScannerStatusSummaryEvent", scanner_status_summary_event),
    EVENT(WSD_SCAN_CONDITION, "ScannerStatusConditionEvent", scanner_status_condition_event),
    EVENT(WSD_SCAN_CONDITION_CLEARED, "ScannerStatusConditionClearedEvent",
          scanner_status_condition_cleared_event),
    EVENT(WSD_SCAN_JOB_CHANGE, "JobStatusEvent", job_status_event),
    EVENT(WSD_SCAN_JOB_END, "JobEndStateEvent", job_end_state_event),
#undef EVENT
};

enum { EVENTS = sizeof events / sizeof *events };

/* What a helper's callback takes. */
union typed {
    void (*available)(void *user, const struct wsd_scan_available_event *event, const char *token);
    void (*elements)(void *user, const struct wsd_scan_element_changes *changes);
    void (*summary)(void *user, const struct wsd_scan_status_summary *summary);
    void (*condition)(void *user, const struct wsd_scan_condition *condition);
    void (*cleared)(void *user, const struct wsd_scan_condition_cleared *cleared);
    void (*job)(void *user, const struct wsd_scan_job_status *status);
    void (*job_end)(void *user, const struct wsd_scan_job_end_state *state);
};

struct listener {
    struct wsd_context *context;
    struct wsd_scan_subscribe_options options; /* event, changed and user */
    union typed typed;
    bool is_typed;
    const struct wsd_scan_destination_responses *tokens; /* NULL: none came */
    char *seen[WSD_MAX_SEEN_SCANS];                      /* ScanIdentifiers, a ring */
    size_t next_seen;
};

static void forget_scans(struct listener *listener)
{
    for (size_t i = 0; i < WSD_MAX_SEEN_SCANS; i++) {
        free(listener->seen[i]);
        listener->seen[i] = NULL;
    }
}

static void destroy(void *user)
{
    struct listener *listener = user;
    forget_scans(listener);
    wsd_free(listener->tokens);
    free(listener);
}

/* -- events ------------------------------------------------------------------------------------ */

static const char *token_of(const struct listener *listener, const char *context)
{
    const struct wsd_scan_destination_responses *tokens = listener->tokens;
    for (size_t i = 0; tokens && i < tokens->n_destination_response; i++)
        if (strcmp(tokens->destination_response[i].client_context, context) == 0)
            return tokens->destination_response[i].destination_token;
    return NULL;
}

/* True if this scan came before; remembers it otherwise. Without memory for that the worst is that
 * a repeat is told. */
static bool is_repeat(struct listener *listener, const char *identifier)
{
    if (!*identifier)
        return false;
    for (size_t i = 0; i < WSD_MAX_SEEN_SCANS; i++)
        if (listener->seen[i] && strcmp(listener->seen[i], identifier) == 0)
            return true;
    free(listener->seen[listener->next_seen]);
    listener->seen[listener->next_seen] = strdup(identifier);
    listener->next_seen = (listener->next_seen + 1) % WSD_MAX_SEEN_SCANS;
    return false;
}

/* False if the body holds no event that was subscribed to. */
static bool make_event(const struct listener *listener, const struct wsd_scan_body *body,
                       struct wsd_scan_event *ret)
{
    size_t i = 0;
    const void *value = NULL;
    for (; i < EVENTS && !value; i++)
        if (listener->options.events & events[i].kind)
            memcpy(&value, (const char *)body + events[i].offset, sizeof value);
    if (!value)
        return false;
    ret->kind = events[i - 1].kind;
    if (ret->kind == WSD_SCAN_AVAILABLE) {
        ret->available = value;
        ret->destination_token = token_of(listener, ret->available->client_context);
    }
    if (ret->kind == WSD_SCAN_ELEMENTS_CHANGE)
        ret->elements = &body->scanner_elements_change_event->element_changes;
    if (ret->kind == WSD_SCAN_STATUS_SUMMARY)
        ret->summary = &body->scanner_status_summary_event->status_summary;
    if (ret->kind == WSD_SCAN_CONDITION)
        ret->condition = &body->scanner_status_condition_event->device_condition;
    if (ret->kind == WSD_SCAN_CONDITION_CLEARED)
        ret->cleared = &body->scanner_status_condition_cleared_event->device_condition_cleared;
    if (ret->kind == WSD_SCAN_JOB_CHANGE)
        ret->job = &body->job_status_event->job_status;
    if (ret->kind == WSD_SCAN_JOB_END)
        ret->job_end = &body->job_end_state_event->job_end_state;
    return true;
}

static void call_typed(const union typed *typed, void *user, const struct wsd_scan_event *event)
{
    switch (event->kind) {
    case WSD_SCAN_AVAILABLE:
        typed->available(user, event->available, event->destination_token);
        break;
    case WSD_SCAN_ELEMENTS_CHANGE:
        typed->elements(user, event->elements);
        break;
    case WSD_SCAN_STATUS_SUMMARY:
        typed->summary(user, event->summary);
        break;
    case WSD_SCAN_CONDITION:
        typed->condition(user, event->condition);
        break;
    case WSD_SCAN_CONDITION_CLEARED:
        typed->cleared(user, event->cleared);
        break;
    case WSD_SCAN_JOB_CHANGE:
        typed->job(user, event->job);
        break;
    case WSD_SCAN_JOB_END:
        typed->job_end(user, event->job_end);
        break;
    case WSD_SCAN_ALL_BUT_AVAILABLE:
        break;
    }
}

/* The listener may be gone once the program's callback has run. */
static enum wsd__event_outcome on_event(void *user, const struct wsd_event *raw)
{
    struct listener *listener = user;
    struct wsd_scan_event event = {.header = raw->header, .peer = raw->peer};

    if (!make_event(listener, raw->body, &event))
        return WSD__EVENT_UNREADABLE;
    if (event.available && is_repeat(listener, event.available->scan_identifier))
        return WSD__EVENT_DUPLICATE;
    if (listener->is_typed)
        call_typed(&listener->typed, listener->options.user, &event);
    else if (listener->options.event)
        listener->options.event(listener->options.user, &event);
    return WSD__EVENT_DELIVERED;
}

/* The tokens are of this subscription and of no other (WS-Scan 5.2.3). */
static void take_tokens(struct listener *listener, const struct wsd_subscribed *subscribed)
{
    const void *tokens = NULL;
    struct wsd_error error = {0};
    const struct wsd_any *element =
        wsd__any_find(subscribed->response->any, NS_WSCN, "DestinationResponses");

    wsd_free(listener->tokens);
    listener->tokens = NULL;
    if (element &&
        wsd__any_decode(listener->context, element, &wsd__type_scan_destination_responses, NS_WSCN,
                        &tokens, &error) < 0)
        wsd__log(listener->context, WSD_LOG_WARNING, "the tokens of the destinations: %s",
                 error.message);
    listener->tokens = tokens;
}

static void on_changed(void *user, enum wsd_subscription_state state,
                       const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct listener *listener = user;
    if (subscribed) {
        take_tokens(listener, subscribed);
        forget_scans(listener); /* a scanner that was restarted may count from one again */
    }
    if (listener->options.changed)
        listener->options.changed(listener->options.user, state, subscribed, error);
}

/* -- subscribing ------------------------------------------------------------------------------- */

static int check_destinations(const struct wsd_scan_subscribe_options *options,
                              struct wsd_error *reterr)
{
    if (options->n_destinations == 0 || options->n_destinations > WSD_MAX_SCAN_DESTINATIONS)
        return wsd__error(reterr, WSD_E_INVALID,
                          "ScanAvailableEvent needs 1 to %d destinations for the panel",
                          WSD_MAX_SCAN_DESTINATIONS);
    for (size_t i = 0; i < options->n_destinations; i++) {
        const struct wsd_scan_destination *one = &options->destinations[i];
        if (!one->client_display_name || !one->client_context || !*one->client_context)
            return wsd__error(reterr, WSD_E_INVALID, "a destination needs a name and a context");
        for (size_t j = 0; j < i; j++)
            if (strcmp(options->destinations[j].client_context, one->client_context) == 0)
                return wsd__error(reterr, WSD_E_INVALID,
                                  "two destinations have the same context: %.100s",
                                  one->client_context);
    }
    return 0;
}

static int check_options(const struct wsd_scan_subscribe_options *options, struct wsd_error *reterr)
{
    const unsigned all = WSD_SCAN_AVAILABLE | WSD_SCAN_ALL_BUT_AVAILABLE;
    if (options->events == 0 || (options->events & ~all))
        return wsd__error(reterr, WSD_E_INVALID, "no event of a scanner was asked for");
    if (!(options->events & WSD_SCAN_AVAILABLE))
        return 0;
    if (options->events != WSD_SCAN_AVAILABLE)
        return wsd__error(reterr, WSD_E_INVALID,
                          "ScanAvailableEvent has a subscription of its own");
    return check_destinations(options, reterr);
}

/* wscn:ScanDestinations for the end of Subscribe; NULL for all other events. */
static int make_extension(struct wsd_context *context,
                          const struct wsd_scan_subscribe_options *options,
                          const struct wsd_any **ret, struct wsd_error *reterr)
{
    struct wsd_scan_destinations destinations = {.scan_destination = options->destinations,
                                                 .n_scan_destination = options->n_destinations};
    *ret = NULL;
    if (options->events != WSD_SCAN_AVAILABLE)
        return 0;
    int r =
        wsd__any_encode(context, &wsd__type_scan_destinations, NS_WSCN, &destinations, ret, reterr);
    if (r == WSD_E_SCHEMA && reterr) /* it is the program's own */
        reterr->code = WSD_E_INVALID;
    return r == WSD_E_SCHEMA ? WSD_E_INVALID : r;
}

static int start(struct wsd_sink *sink, const char *service,
                 const struct wsd_scan_subscribe_options *options, struct listener *listener,
                 struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    const char *actions[EVENTS + 1] = {NULL};
    size_t count = 0;
    const struct wsd_any *extension = NULL;
    for (size_t i = 0; i < EVENTS; i++)
        if (options->events & events[i].kind)
            actions[count++] = events[i].action;
    int r = make_extension(sink->context, options, &extension, reterr);
    if (r < 0)
        return r;
    struct wsd_subscription_options plain = WSD_SUBSCRIPTION_OPTIONS_INIT;
    struct wsd__subscription_hooks hooks = {.body_type = &wsd__type_scan_body,
                                            .event = on_event,
                                            .changed = on_changed,
                                            .destroy = destroy,
                                            .user = listener};
    plain.service = service;
    plain.actions = actions;
    plain.extension = extension;
    plain.lifetime = options->lifetime;
    plain.request = options->request;
    r = wsd__subscription_new(sink, &plain, &hooks, ret_subscription, reterr);
    wsd_free(extension);
    return r;
}

static int subscribe(struct wsd_sink *sink, const char *service,
                     const struct wsd_scan_subscribe_options *options, const union typed *typed,
                     struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    struct wsd_scan_subscribe_options all;
    WSD__OPTIONS_TAKE(all, options);
    int r = check_options(&all, reterr);
    if (r < 0)
        return r;
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    listener->context = sink->context;
    listener->options = all;
    listener->options.destinations = NULL; /* the caller's; not looked at again */
    listener->options.request = NULL;
    if (typed) {
        listener->is_typed = true;
        listener->typed = *typed;
    }
    r = start(sink, service, &all, listener, ret_subscription, reterr);
    if (r < 0)
        destroy(listener);
    return r;
}

int wsd_scan_subscribe(struct wsd_sink *sink, const char *service,
                       const struct wsd_scan_subscribe_options *options,
                       struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    return subscribe(sink, service, options, NULL, ret_subscription, reterr);
}

/* -- one helper an event ----------------------------------------------------------------------- */

static int subscribe_typed(struct wsd_sink *sink, const char *service,
                           enum wsd_scan_event_kind kind, union typed typed, void *user,
                           struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    options.events = kind;
    options.user = user;
    if (!typed.available)
        return wsd__error(reterr, WSD_E_INVALID, "the callback for the event is missing");
    return subscribe(sink, service, &options, &typed, ret_subscription, reterr);
}

int wsd_subscribe_scan_available(
    struct wsd_sink *sink, const char *service, const struct wsd_scan_destination *destinations,
    size_t n_destinations,
    void (*event)(void *user, const struct wsd_scan_available_event *event, const char *token),
    void *user, struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    union typed typed = {.available = event};
    options.events = WSD_SCAN_AVAILABLE;
    options.destinations = destinations;
    options.n_destinations = n_destinations;
    options.user = user;
    if (!event)
        return wsd__error(reterr, WSD_E_INVALID, "the callback for the event is missing");
    return subscribe(sink, service, &options, &typed, ret_subscription, reterr);
}

int wsd_subscribe_scanner_elements_change(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_element_changes *changes), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    return subscribe_typed(sink, service, WSD_SCAN_ELEMENTS_CHANGE,
                           (union typed){.elements = event}, user, ret_subscription, reterr);
}

int wsd_subscribe_scanner_status_summary(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_status_summary *summary), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    return subscribe_typed(sink, service, WSD_SCAN_STATUS_SUMMARY, (union typed){.summary = event},
                           user, ret_subscription, reterr);
}

int wsd_subscribe_scanner_status_condition(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_condition *condition), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    return subscribe_typed(sink, service, WSD_SCAN_CONDITION, (union typed){.condition = event},
                           user, ret_subscription, reterr);
}

int wsd_subscribe_scanner_status_condition_cleared(
    struct wsd_sink *sink, const char *service,
    void (*event)(void *user, const struct wsd_scan_condition_cleared *cleared), void *user,
    struct wsd_subscription **ret_subscription, struct wsd_error *reterr)
{
    return subscribe_typed(sink, service, WSD_SCAN_CONDITION_CLEARED,
                           (union typed){.cleared = event}, user, ret_subscription, reterr);
}

int wsd_subscribe_job_status(struct wsd_sink *sink, const char *service,
                             void (*event)(void *user, const struct wsd_scan_job_status *status),
                             void *user, struct wsd_subscription **ret_subscription,
                             struct wsd_error *reterr)
{
    return subscribe_typed(sink, service, WSD_SCAN_JOB_CHANGE, (union typed){.job = event}, user,
                           ret_subscription, reterr);
}

int wsd_subscribe_job_end_state(struct wsd_sink *sink, const char *service,
                                void (*event)(void *user,
                                              const struct wsd_scan_job_end_state *state),
                                void *user, struct wsd_subscription **ret_subscription,
                                struct wsd_error *reterr)
{
    return subscribe_typed(sink, service, WSD_SCAN_JOB_END, (union typed){.job_end = event}, user,
                           ret_subscription, reterr);
}
