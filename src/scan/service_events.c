/* SPDX-License-Identifier: MIT */
/*
 * The seven events of the scan service, and scans that are started at the device (WS-Scan 5, 12).
 *
 * An event is said when what it tells of has changed against what was told last, so that callers
 * may report too often but not too little. The event source is made with the first subscription:
 * before that a service costs nothing for its events.
 *
 * Destinations are a list ordered by number, each belongs to a subscription and goes with it. Cost:
 * about 300 bytes and its two texts each; lists are walked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "eventing/source.h"
#include "scan/service_parts.h"
#include "xml/any_typed.h"

enum event {
    EVENT_SCAN_AVAILABLE,
    EVENT_ELEMENTS_CHANGE,
    EVENT_STATUS_SUMMARY,
    EVENT_CONDITION,
    EVENT_CONDITION_CLEARED,
    EVENT_JOB_STATUS,
    EVENT_JOB_END_STATE,
    EVENTS
};
static const char *const event_names[EVENTS] = {
    [EVENT_SCAN_AVAILABLE] = "ScanAvailableEvent",
    [EVENT_ELEMENTS_CHANGE] = "ScannerElementsChangeEvent",
    [EVENT_STATUS_SUMMARY] = "ScannerStatusSummaryEvent",
    [EVENT_CONDITION] = "ScannerStatusConditionEvent",
    [EVENT_CONDITION_CLEARED] = "ScannerStatusConditionClearedEvent",
    [EVENT_JOB_STATUS] = "JobStatusEvent",
    [EVENT_JOB_END_STATE] = "JobEndStateEvent",
};
enum { AVAILABLE_BIT = 1u << EVENT_SCAN_AVAILABLE };

enum { SECRET_SIZE = 33 }; /* 128 random bits in hexadecimal digits, and the NUL */

/* A line of the panel. */
struct destination {
    struct destination *next; /* of the panel, by number; while new: of its subscription */
    uint32_t number;          /* 0: not on the panel yet */
    struct wsd__subscription *subscription;
    char token[SECRET_SIZE];
    const char *name, *context; /* in text */
    char text[];
};

/* A scan that was started at the device and has no job yet. */
struct invitation {
    char identifier[SECRET_SIZE];          /* "": none */
    const struct destination *destination; /* NULL: it is gone */
    uint64_t until;
};

struct wsd__scan_events {
    struct wsd_scan_service *service;
    struct wsd__event_source *source;
    struct destination *panel;
    struct invitation invitations[WSD_MAX_SCAN_IDENTIFIERS];
    size_t next_invitation;
    struct wsd__timer changed; /* the program hears of its panel with the next turn */
};

static const struct wsd__fault no_destinations = {
    "Sender", NS_WSE, "InvalidMessage",
    "A subscription to ScanAvailableEvent needs ScanDestinations."};
static const struct wsd__fault too_many_destinations = {
    "Receiver", NS_WSE, "EventSourceUnableToProcess", "There are too many destinations."};

/* -- saying -------------------------------------------------------------------------------------
 */

static bool wanted(const struct wsd_scan_service *service, enum event event)
{
    return service->events && wsd__event_wanted(service->events->source, event);
}

static void say(const struct wsd_scan_service *service, enum event event,
                const struct wsd_scan_body *body)
{
    if (wsd__event_notify(service->events->source, event, body, NULL) < 0)
        wsd__log(service->context, WSD_LOG_WARNING, "%s is lost", event_names[event]);
}

void wsd__scan_events_job(struct wsd__scan_job *job)
{
    struct wsd_scan_service *service = job->service;
    struct wsd_token reason;
    struct wsd_scan_job_status status;
    struct wsd_scan_job_status_event event;
    struct wsd_scan_body body = {.job_status_event = &event};

    wsd__scan_job_status(job, &status, &reason);
    if (job->told_state == status.job_state.value && job->told_reason == reason.value &&
        job->told_scans == status.scans_completed)
        return;
    /* The life of a job begins, for those who watch, when it is begun (WS-Scan: JobStatusEvent). */
    if (!wsd__scan_job_ended_p(job) && !job->told_state &&
        (job->state == WSD_SCAN_JOB_STATE_CREATING || job->state == WSD_SCAN_JOB_STATE_PENDING))
        return;
    job->told_state = status.job_state.value;
    job->told_reason = reason.value;
    job->told_scans = status.scans_completed;
    if (!wanted(service, EVENT_JOB_STATUS))
        return;
    event = (struct wsd_scan_job_status_event){.job_status = status};
    say(service, EVENT_JOB_STATUS, &body);
}

static int completed_state(int state)
{
    switch (state) {
    case WSD_SCAN_JOB_STATE_COMPLETED:
        return WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED;
    case WSD_SCAN_JOB_STATE_CANCELED:
        return WSD_SCAN_JOB_COMPLETED_STATE_CANCELED;
    default:
        return WSD_SCAN_JOB_COMPLETED_STATE_ABORTED;
    }
}

void wsd__scan_events_job_end(struct wsd__scan_job *job)
{
    struct wsd_token reason;
    struct wsd_scan_job_status status;
    struct wsd_scan_job_end_state_event event;
    struct wsd_scan_body body = {.job_end_state_event = &event};

    if (!wsd__scan_job_ended_p(job) || job->told_end)
        return;
    job->told_end = true;
    if (!wanted(job->service, EVENT_JOB_END_STATE))
        return;
    wsd__scan_job_status(job, &status, &reason);
    event = (struct wsd_scan_job_end_state_event){
        .job_end_state = {.job_id = status.job_id,
                          .job_completed_state = {.value = completed_state(job->state)},
                          .job_completed_state_reasons = &reason,
                          .n_job_completed_state_reasons = 1,
                          .job_name = job->info.name,
                          .job_originating_user_name = job->info.user_name,
                          .scans_completed = status.scans_completed,
                          .job_completed_time = &job->completed}};
    say(job->service, EVENT_JOB_END_STATE, &body);
}

/* What was told is remembered as a number: state, and a bit for each reason. */
void wsd__scan_events_status(struct wsd_scan_service *service)
{
    struct wsd_token reasons[WSD__SCAN_REASONS];
    struct wsd_scan_status_summary_event event = {
        .status_summary = {.scanner_state = {.value = wsd__scan_state(service)},
                           .scanner_state_reasons = reasons}};
    struct wsd_scan_body body = {.scanner_status_summary_event = &event};
    uint64_t now = (uint64_t)event.status_summary.scanner_state.value;

    event.status_summary.n_scanner_state_reasons = wsd__scan_state_reasons_of(service, reasons);
    for (size_t i = 0; i < event.status_summary.n_scanner_state_reasons; i++)
        now |= UINT64_C(1) << (8 + reasons[i].value);
    if (now == service->told_status)
        return;
    service->told_status = now;
    if (wanted(service, EVENT_STATUS_SUMMARY))
        say(service, EVENT_STATUS_SUMMARY, &body);
}

void wsd__scan_events_condition(struct wsd_scan_service *service,
                                const struct wsd_scan_condition *condition)
{
    struct wsd_scan_status_condition_event event = {.device_condition = *condition};
    struct wsd_scan_body body = {.scanner_status_condition_event = &event};

    if (wanted(service, EVENT_CONDITION))
        say(service, EVENT_CONDITION, &body);
}

void wsd__scan_events_cleared(struct wsd_scan_service *service, int32_t condition_id)
{
    struct wsd_scan_status_condition_cleared_event event = {
        .device_condition_cleared = {.condition_id = condition_id,
                                     .condition_clear_time = wsd__scan_time(service)}};
    struct wsd_scan_body body = {.scanner_status_condition_cleared_event = &event};

    if (wanted(service, EVENT_CONDITION_CLEARED))
        say(service, EVENT_CONDITION_CLEARED, &body);
}

void wsd__scan_events_elements(struct wsd_scan_service *service,
                               const struct wsd_scan_element_changes *changes)
{
    struct wsd_scan_elements_change_event event = {.element_changes = *changes};
    struct wsd_scan_body body = {.scanner_elements_change_event = &event};

    if (wanted(service, EVENT_ELEMENTS_CHANGE))
        say(service, EVENT_ELEMENTS_CHANGE, &body);
}

/* -- destinations -------------------------------------------------------------------------------
 */

static void secret(struct wsd_context *context, char text[SECRET_SIZE])
{
    uint8_t bytes[(SECRET_SIZE - 1) / 2];

    wsd__random(context, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)bytes[i]);
}

static void panel_changed(void *user)
{
    struct wsd_scan_service *service = ((struct wsd__scan_events *)user)->service;

    if (service->destinations_changed)
        service->destinations_changed(service->destinations_user);
}

/* The program's callback does not run inside of a call of its own. */
static void tell_panel(struct wsd__scan_events *events)
{
    if (events->service->destinations_changed &&
        wsd__timer_start(events->service->context, &events->changed, 0, panel_changed, events) < 0)
        wsd__log(events->service->context, WSD_LOG_WARNING,
                 "a change of the destinations is not reported");
}

/* Its invitations lead nowhere from now on. */
static void destination_free(struct wsd__scan_events *events, struct destination *destination)
{
    for (size_t i = 0; i < WSD_MAX_SCAN_IDENTIFIERS; i++)
        if (events->invitations[i].destination == destination)
            events->invitations[i].destination = NULL;
    free(destination);
}

static struct destination *destination_new(struct wsd__scan_events *events,
                                           const struct wsd_scan_destination *from,
                                           struct wsd__subscription *subscription)
{
    size_t name = strlen(from->client_display_name) + 1, context = strlen(from->client_context) + 1;
    struct destination *destination = calloc(1, sizeof *destination + name + context);

    if (!destination)
        return NULL;
    destination->subscription = subscription;
    destination->name = memcpy(destination->text, from->client_display_name, name);
    destination->context = memcpy(destination->text + name, from->client_context, context);
    secret(events->service->context, destination->token);
    return destination;
}

static void free_all(struct wsd__scan_events *events, struct destination *list)
{
    while (list) {
        struct destination *next = list->next;

        destination_free(events, list);
        list = next;
    }
}

/* The peer's own entry of that context, which a new one replaces. */
static struct destination *replaced_by(const struct wsd__scan_events *events,
                                       const struct wsd__subscription *subscription,
                                       const char *context)
{
    const struct wsd__address *peer = wsd__subscription_peer(subscription);

    for (struct destination *old = events->panel; old; old = old->next)
        if (strcmp(old->context, context) == 0 &&
            wsd__address_equal(wsd__subscription_peer(old->subscription), peer))
            return old;
    return NULL;
}

/* -- Subscribe ----------------------------------------------------------------------------------
 */

/* True if nothing is left of a subscription once new has taken its entries: it was for them. */
static bool is_emptied(const struct wsd__scan_events *events,
                       const struct wsd__subscription *subscription, const struct destination *new)
{
    if (wsd__subscription_has(subscription, ~(uint32_t)AVAILABLE_BIT))
        return false;
    for (const struct destination *d = events->panel; d; d = d->next) {
        const struct destination *other = new;

        if (d->subscription != subscription)
            continue;
        while (other && strcmp(other->context, d->context) != 0)
            other = other->next;
        if (!other)
            return false;
    }
    return true;
}

static unsigned count_emptied(const struct wsd__scan_events *events, const struct destination *new)
{
    unsigned n = 0;

    /* Each subscription once: by the first of its entries. */
    for (const struct destination *d = events->panel; d; d = d->next) {
        const struct destination *first = events->panel;

        while (first->subscription != d->subscription)
            first = first->next;
        n += first == d &&
             wsd__address_equal(wsd__subscription_peer(d->subscription),
                                wsd__subscription_peer(new->subscription)) &&
             is_emptied(events, d->subscription, new);
    }
    return n;
}

static const struct wsd_any *responses(struct wsd__scan_events *events, struct wsd__arena *arena,
                                       const struct destination *list, size_t n)
{
    struct wsd_scan_destination_response *items = wsd__arena_alloc(arena, n * sizeof *items);
    struct wsd_scan_destination_responses answer = {items, n, NULL};
    const struct wsd_any *element;
    void *room;

    if (!items)
        return NULL;
    for (size_t i = 0; i < n; i++, list = list->next) {
        items[i].client_context = list->context;
        items[i].destination_token = list->token;
    }
    if (wsd__any_encode(events->service->context, &wsd__type_scan_destination_responses, NS_WSCN,
                        &answer, &element, NULL) < 0)
        return NULL;
    room = wsd__arena_root(arena);
    wsd__arena_join(room, element);
    return element;
}

/* The entries that a Subscribe asks for, not on the panel yet; two of one context are one. */
static const struct wsd__fault *make_entries(struct wsd__scan_events *events,
                                             const struct wsd_scan_destinations *from,
                                             struct wsd__subscribing *s,
                                             struct destination **ret_first, size_t *ret_n)
{
    struct destination **tail = ret_first;

    if (from->n_scan_destination > WSD_MAX_DESTINATIONS)
        return &too_many_destinations;
    for (size_t i = 0; i < from->n_scan_destination; i++) {
        const struct destination *twin = *ret_first;

        while (twin && strcmp(twin->context, from->scan_destination[i].client_context) != 0)
            twin = twin->next;
        if (twin)
            continue;
        *tail = destination_new(events, &from->scan_destination[i], s->subscription);
        if (!*tail)
            return &wsd__fault_no_memory;
        tail = &(*tail)->next;
        ++*ret_n;
    }
    return NULL;
}

static const struct wsd__fault *read_destinations(struct wsd__scan_events *events,
                                                  const struct wsd_any *element,
                                                  struct wsd__subscribing *s)
{
    const struct wsd__fault *fault;
    struct destination *first = NULL;
    struct wsd_error error = {0};
    const void *value = NULL;
    size_t n = 0;

    if (wsd__any_decode(events->service->context, element, &wsd__type_scan_destinations, NS_WSCN,
                        &value, &error) < 0)
        return error.code == WSD_E_NO_MEMORY ? &wsd__fault_no_memory : &wsd__scan_invalid_args;
    fault = make_entries(events, value, s, &first, &n);
    wsd_free(value);
    if (!fault) {
        s->answer = responses(events, s->arena, first, n);
        fault = s->answer ? NULL : &wsd__fault_no_memory;
    }
    if (fault) {
        free_all(events, first);
        return fault;
    }
    s->replaces = count_emptied(events, first);
    s->extension = first;
    return NULL;
}

/* Whoever named the event must name destinations; whoever asked for all events gets the others. */
static const struct wsd__fault *subscribing(void *user, struct wsd__subscribing *s)
{
    const struct wsd_any *element;

    if (!(s->events & AVAILABLE_BIT))
        return NULL;
    element = wsd__any_find(s->message->any, NS_WSCN, "ScanDestinations");
    if (element)
        return read_destinations(user, element, s);
    if (s->named & AVAILABLE_BIT)
        return &no_destinations;
    s->events &= ~(uint32_t)AVAILABLE_BIT;
    return NULL;
}

/* Into the panel at a number: that of its predecessor, or the lowest that is free. */
static void show(struct wsd__scan_events *events, struct destination *new, uint32_t number)
{
    struct destination **link = &events->panel;
    uint32_t next = 1;

    for (; *link && (number ? (*link)->number < number : (*link)->number == next);
         link = &(*link)->next)
        next++;
    new->number = number ? number : next;
    new->next = *link;
    *link = new;
}

/* Takes one off the panel; returns its subscription. */
static struct wsd__subscription *hide(struct wsd__scan_events *events, struct destination *old)
{
    struct wsd__subscription *subscription = old->subscription;
    struct destination **link = &events->panel;

    while (*link != old)
        link = &(*link)->next;
    *link = old->next;
    destination_free(events, old);
    return subscription;
}

static bool has_entry(const struct wsd__scan_events *events,
                      const struct wsd__subscription *subscription)
{
    for (const struct destination *d = events->panel; d; d = d->next)
        if (d->subscription == subscription)
            return true;
    return false;
}

static void subscribed(void *user, struct wsd__subscription *subscription, void *extension)
{
    struct wsd__scan_events *events = user;
    struct destination *new = extension;

    if (!new)
        return;
    while (new) {
        struct destination *rest = new->next;
        struct destination *old = replaced_by(events, subscription, new->context);
        uint32_t number = old ? old->number : 0;
        struct wsd__subscription *from = old ? hide(events, old) : NULL;

        show(events, new, number);
        if (from && !has_entry(events, from) &&
            !wsd__subscription_has(from, ~(uint32_t)AVAILABLE_BIT))
            wsd__subscription_replace(from);
        new = rest;
    }
    tell_panel(events);
}

static void renewed(void *user, struct wsd__subscription *subscription, void *extension)
{
    (void)extension;
    if (has_entry(user, subscription))
        tell_panel(user);
}

static void ended(void *user, struct wsd__subscription *subscription, void *extension,
                  enum wsd__event_end why)
{
    struct wsd__scan_events *events = user;
    bool any = false;

    if (why == WSD__EVENT_END_REFUSED) { /* they were never on the panel */
        free_all(events, extension);
        return;
    }
    for (struct destination *d = events->panel, *next; d; d = next) {
        next = d->next;
        if (d->subscription == subscription) {
            hide(events, d);
            any = true;
        }
    }
    if (any)
        tell_panel(events);
}

/* -- life ---------------------------------------------------------------------------------------
 */

static struct wsd__scan_events *events_of(struct wsd_scan_service *service)
{
    struct wsd__scan_events *events = service->events;
    struct wsd__event_hooks hooks = {
        .subscribing = subscribing, .subscribed = subscribed, .renewed = renewed, .ended = ended};
    struct wsd__event_source_options options = {.ns = NS_WSCN,
                                                .events = event_names,
                                                .n_events = EVENTS,
                                                .max_subscribers = service->max_subscribers,
                                                .max_per_peer = service->max_per_peer,
                                                .allow_foreign = service->allow_foreign_sinks,
                                                .body_type = &wsd__type_scan_body,
                                                .hooks = &hooks};

    if (events)
        return events;
    events = calloc(1, sizeof *events);
    if (!events)
        return NULL;
    hooks.user = events;
    events->service = service;
    if (wsd__event_source_new(service->context, &options, &events->source, NULL) < 0) {
        free(events);
        return NULL;
    }
    service->events = events;
    return events;
}

void wsd__scan_events_free(struct wsd_scan_service *service, bool farewell)
{
    struct wsd__scan_events *events = service->events;

    if (!events)
        return;
    wsd__event_source_free(events->source, farewell);
    wsd__timer_stop(&events->changed);
    service->events = NULL;
    free(events);
}

void wsd__scan_serve_eventing(struct wsd_scan_service *service,
                              const struct wsd__event_transport *transport, const void *bytes,
                              size_t size, const struct wsd__envelope *request,
                              struct wsd__scan_reply *reply)
{
    struct wsd__scan_events *events = events_of(service);

    reply->status =
        events ? wsd__event_source_serve(events->source, transport, bytes, size, &reply->body)
               : wsd__answer_fault(service->context, request, &wsd__fault_no_memory, NULL,
                                   &reply->body);
}

struct wsd_event_counters wsd_scan_service_events(const struct wsd_scan_service *service)
{
    struct wsd_event_counters none = {0};

    return service->events ? wsd__event_source_counters(service->events->source) : none;
}

/* -- the panel ----------------------------------------------------------------------------------
 */

static int fill_panel(const struct wsd__scan_events *events, struct wsd__arena *arena,
                      struct wsd_scan_panel *panel)
{
    struct wsd_scan_panel_entry *entries;
    size_t n = 0;

    for (const struct destination *d = events->panel; d; d = d->next)
        n++;
    entries = wsd__arena_alloc(arena, (n + 1) * sizeof *entries);
    if (!entries)
        return WSD_E_NO_MEMORY;
    panel->entries = entries;
    for (const struct destination *d = events->panel; d; d = d->next) {
        struct wsd_scan_panel_entry *entry = &entries[panel->n_entries++];
        char address[WSD__ADDRESS_SIZE];

        wsd__address_format(wsd__subscription_peer(d->subscription), NULL, address);
        *entry = (struct wsd_scan_panel_entry){
            .number = d->number,
            .client_display_name = wsd__arena_strdup(arena, d->name),
            .client_context = wsd__arena_strdup(arena, d->context),
            .address = wsd__arena_strdup(arena, address),
            .remaining = (int64_t)wsd__subscription_remaining(d->subscription)};
        if (!entry->client_display_name || !entry->client_context || !entry->address)
            return WSD_E_NO_MEMORY;
    }
    return 0;
}

int wsd_scan_service_panel(struct wsd_scan_service *service,
                           const struct wsd_scan_panel **ret_panel, struct wsd_error *reterr)
{
    struct wsd__arena *arena =
        wsd__arena_new(sizeof(struct wsd_scan_panel), 0, WSD_MAX_MESSAGE_MEMORY);

    if (!arena ||
        (service->events && fill_panel(service->events, arena, wsd__arena_root(arena)) < 0)) {
        wsd__arena_free(arena);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    *ret_panel = wsd__arena_root(arena);
    return 0;
}

int wsd_scan_service_press(struct wsd_scan_service *service, uint32_t number, int input_source,
                           struct wsd_error *reterr)
{
    struct wsd__scan_events *events = service->events;
    const struct destination *destination = events ? events->panel : NULL;
    struct wsd_token source = {.value = input_source};
    struct wsd_scan_available_event event = {.input_source = input_source ? &source : NULL};
    struct wsd_scan_body body = {.scan_available_event = &event};
    struct invitation *invitation;

    if (input_source < 0 || (unsigned)input_source > wsd__scan_input_sources.n_names)
        return wsd__error(reterr, WSD_E_INVALID, "there is no input source %d", input_source);
    while (destination && destination->number != number)
        destination = destination->next;
    if (!destination)
        return wsd__error(reterr, WSD_E_NOT_FOUND, "the panel has no destination %u", number);
    if (service->active)
        return wsd__error(reterr, WSD_E_BUSY, "another scan is not over yet");
    invitation = &events->invitations[events->next_invitation++ % WSD_MAX_SCAN_IDENTIFIERS];
    secret(service->context, invitation->identifier);
    invitation->destination = destination;
    invitation->until = wsd__now(service->context) + WSD_SCAN_IDENTIFIER_LIFE;
    event.client_context = destination->context;
    event.scan_identifier = invitation->identifier;
    if (wsd__event_notify(events->source, EVENT_SCAN_AVAILABLE, &body, destination->subscription) <
        0) {
        invitation->identifier[0] = '\0';
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    return 0;
}

/* -- CreateScanJob ------------------------------------------------------------------------------
 */

static struct invitation *invitation_of(struct wsd__scan_events *events, const char *identifier)
{
    for (size_t i = 0; events && i < WSD_MAX_SCAN_IDENTIFIERS; i++) {
        struct invitation *invitation = &events->invitations[i];

        if (invitation->identifier[0] &&
            wsd__scan_secret_equal(invitation->identifier, identifier) &&
            wsd__now(events->service->context) < invitation->until)
            return invitation;
    }
    return NULL;
}

const struct wsd__fault *
wsd__scan_events_check(struct wsd_scan_service *service,
                       const struct wsd_scan_create_scan_job_request *request)
{
    const struct invitation *invitation;

    /* Empty strings are none (PyWSD sends both, empty); one without the other breaks the schema. */
    if (!request->scan_identifier || !request->scan_identifier[0])
        return NULL;
    invitation = invitation_of(service->events, request->scan_identifier);
    if (!invitation)
        return &wsd__scan_invalid_scan_identifier;
    if (!invitation->destination ||
        !wsd__scan_secret_equal(invitation->destination->token, request->destination_token))
        return &wsd__scan_invalid_destination_token;
    return NULL;
}

void wsd__scan_events_used(struct wsd_scan_service *service,
                           const struct wsd_scan_create_scan_job_request *request)
{
    struct invitation *invitation = request->scan_identifier && request->scan_identifier[0]
                                        ? invitation_of(service->events, request->scan_identifier)
                                        : NULL;

    if (invitation)
        invitation->identifier[0] = '\0';
}
