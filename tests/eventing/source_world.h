/* SPDX-License-Identifier: MIT */
/* An event source on a bench: three events, hooks that count, a clock that the test turns. */
#ifndef TESTS_EVENTING_SOURCE_WORLD_H
#define TESTS_EVENTING_SOURCE_WORLD_H

#include "source_support.h"

#include "core/limits.h"
#include "eventing/source.h"

#define BASE "http://schemas.microsoft.com/windows/2006/08/wdp/scan"

HIDDEN const char *const names[] = {"One", "Two", "Three"};

struct world {
    struct wsd_context *context;
    uint64_t now;
    struct wsd__event_source *source;
    struct sink sink;
    char notify[128], end_to[128];
    /* the last answer */
    int status;
    struct wsd__buf answer;
    const struct wsd__envelope *envelope;
    const struct wsd_eventing_body *body;
    const char *peer;
    /* the hooks */
    const struct wsd__fault *refuse;
    struct wsd_any added;
    unsigned n_subscribed, n_renewed, n_ended;
    enum wsd__event_end why;
};

HIDDEN uint64_t world_now(void *user)
{
    return ((struct world *)user)->now;
}

HIDDEN const struct wsd__fault *on_subscribing(void *user, struct wsd__subscribing *s)
{
    struct world *world = user;

    s->extension = world;
    if (s->message->any) { /* comes back as it went */
        world->added = *s->message->any;
        world->added.position = 0;
        s->answer = &world->added;
    }
    return world->refuse;
}

HIDDEN void on_subscribed(void *user, struct wsd__subscription *subscription, void *extension)
{
    assert_ptr_equal(user, extension);
    assert_non_null(subscription);
    ((struct world *)user)->n_subscribed++;
}

HIDDEN void on_renewed(void *user, struct wsd__subscription *subscription, void *extension)
{
    (void)subscription, (void)extension;
    ((struct world *)user)->n_renewed++;
}

HIDDEN void on_ended(void *user, struct wsd__subscription *subscription, void *extension,
                     enum wsd__event_end why)
{
    struct world *world = user;

    (void)subscription;
    assert_ptr_equal(user, extension);
    world->n_ended++;
    world->why = why;
}

HIDDEN void make_source(struct world *world, uint32_t max, uint32_t per_peer, bool foreign)
{
    struct wsd__event_hooks hooks = {world, on_subscribing, on_subscribed, on_renewed, on_ended};
    struct wsd__event_source_options options = {.ns = NS_WSCN,
                                                .events = names,
                                                .n_events = 3,
                                                .max_subscribers = max,
                                                .max_per_peer = per_peer,
                                                .allow_foreign = foreign,
                                                .body_type = &wsd__type_bare_body,
                                                .hooks = &hooks};

    wsd__event_source_free(world->source, false);
    assert_int_equal(wsd__event_source_new(world->context, &options, &world->source, NULL), 0);
}

HIDDEN int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;

    assert_non_null(world);
    world->now = 1000000;
    world->peer = "127.0.0.1";
    world->answer = WSD__BUF_INIT(1u << 20);
    options.now = world_now;
    options.user = world;
    assert_int_equal(wsd_context_new(&options, &world->context, NULL), 0);
    make_source(world, 0, 0, false);
    sink_open(&world->sink, world->context);
    snprintf(world->notify, sizeof world->notify, "http://127.0.0.1:%u/n", world->sink.port);
    snprintf(world->end_to, sizeof world->end_to, "http://127.0.0.1:%u/e", world->sink.port);
    *state = world;
    return 0;
}

HIDDEN void forget(struct world *world)
{
    wsd_free(world->envelope);
    world->envelope = NULL;
    world->body = NULL;
    wsd__buf_clear(&world->answer);
}

HIDDEN int teardown(void **state)
{
    struct world *world = *state;

    forget(world);
    wsd__event_source_free(world->source, false);
    sink_close(&world->sink);
    wsd_context_free(world->context);
    wsd__buf_free(&world->answer);
    free(world);
    return 0;
}

HIDDEN const struct wsd_eventing_body *send_bytes(struct world *world, const char *bytes,
                                                  size_t size)
{
    struct wsd_error error = {0};
    struct wsd__address address;
    union wsd__sockaddr peer;
    struct wsd__event_transport transport = {&peer.any, "http://127.0.0.1:80/x/scan"};

    assert_true(wsd__address_parse(world->peer, strlen(world->peer), &address));
    wsd__address_sockaddr(&address, 4711, &peer);
    forget(world);
    world->status = wsd__event_source_serve(world->source, &transport, bytes, size, &world->answer);
    if (wsd__envelope_decode(world->context, &wsd__type_eventing_body, world->answer.data,
                             world->answer.length, 0, &world->envelope, &error) < 0)
        fail_msg("%s (%s) in %s", error.message, error.path, world->answer.data);
    world->body = world->envelope->body;
    return world->body;
}

HIDDEN const struct wsd_eventing_body *subscribe(struct world *world, struct subscribe s)
{
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    const struct wsd_eventing_body *body;

    subscribe_write(&s, &out);
    body = send_bytes(world, out.data, out.length);
    wsd__buf_free(&out);
    return body;
}

#define NONE "none" /* left out, where NULL is what is usual */

HIDDEN const char *pick(const char *given, const char *usual)
{
    return given == NULL ? usual : strcmp(given, NONE) == 0 ? NULL : given;
}

HIDDEN struct subscribe usual(const struct world *world, struct subscribe s)
{
    return (struct subscribe){.notify = pick(s.notify, world->notify),
                              .end_to = pick(s.end_to, world->end_to),
                              .notify_id = pick(s.notify_id, "urn:uuid:mine"),
                              .mode = pick(s.mode, WSD_EVENTING_PUSH),
                              .expires = pick(s.expires, "PT1H"),
                              .dialect = pick(s.dialect, WSD_EVENTING_FILTER_ACTION),
                              .filter = pick(s.filter, BASE "/One"),
                              .extension = s.extension};
}
#define SUBSCRIBE(...) usual(world, (struct subscribe){.spare = 0, __VA_ARGS__})

/* Subscribes; the identifier stays valid. */
HIDDEN void join_(struct world *world, struct subscribe s, char identifier[64])
{
    const struct wsd_eventing_body *body = subscribe(world, s);

    if (!body->subscribe_response)
        fail_msg("no subscription: %s", world->answer.data);
    snprintf(identifier, 64, "%s", identifier_of(body));
}

HIDDEN const struct wsd_eventing_body *manage(struct world *world, const char *operation,
                                              const char *identifier, const char *content)
{
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    const struct wsd_eventing_body *body;

    manage_write(operation, identifier, content, &out);
    body = send_bytes(world, out.data, out.length);
    wsd__buf_free(&out);
    return body;
}

HIDDEN void assert_fault(struct world *world, const char *ns, const char *subcode, int status)
{
    const struct wsd_qname *name;

    if (!world->body->fault)
        fail_msg("no fault but %s", world->answer.data);
    name = wsd__fault_subcode(world->body->fault);
    assert_string_equal(name->local, subcode);
    assert_string_equal(name->ns, ns);
    assert_int_equal(world->status, status);
    assert_string_equal(world->body->fault->code->value.local,
                        status == 400 ? "Sender" : "Receiver");
    if (strcmp(ns, WSD_NS_EVENTING) == 0)
        assert_string_equal(world->envelope->header.action, WSD_NS_EVENTING "/fault");
}
#define NS_ADDRESSING "http://schemas.xmlsoap.org/ws/2004/08/addressing"
#define NS_DEVPROF    "http://schemas.xmlsoap.org/ws/2006/02/devprof"

HIDDEN void assert_detail(struct world *world, const char *text)
{
    struct wsd_error error = {0};

    wsd__fault_error(world->body->fault, &error);
    assert_string_equal(error.detail, text);
}

HIDDEN int happen(struct world *world, unsigned event, const char *text)
{
    struct wsd__fault_detail room;
    struct wsd__bare_body body = {.any = wsd__fault_detail_init(&room, NS_WSCN, "Thing", text)};

    return wsd__event_notify(world->source, event, &body, NULL);
}

HIDDEN struct wsd_event_counters counters(struct world *world)
{
    return wsd__event_source_counters(world->source);
}

#endif
