/* SPDX-License-Identifier: MIT */
/*
 * Discovery from end to end, in a network of our own, as runs in which something may fail: each
 * returns 0 or a code. What a run brings is looked at only when nothing has failed.
 */
#ifndef TESTS_SUPPORT_DISCOVERY_RUNS_H
#define TESTS_SUPPORT_DISCOVERY_RUNS_H

#include "../discovery/support.h"
#include "failing.h"

#include <wsd/watch.h>

#include "core/netwatch.h"
#include "discovery/target.h"

#define RUN_EPR(n) "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e" n
#define RUN_ADDRESS(n)                                                                             \
    "<wsa:EndpointReference><wsa:Address>" RUN_EPR(n) "</wsa:Address></wsa:EndpointReference>"
#define RUN_SEQUENCE(instance, number)                                                             \
    "<wsd:AppSequence InstanceId=\"" instance "\" MessageNumber=\"" number "\"/>"
#define RUN_ID(n)  "urn:uuid:00000000-0000-4000-8000-0000000000" n
#define RUN_XADDRS "<wsd:XAddrs>http://127.0.0.1:9/a</wsd:XAddrs>"
#define RUN_HELLO(n, id, sequence, more, version)                                                  \
    ENVELOPE("Hello", RUN_ID(id), sequence,                                                        \
             "<wsd:Hello>" RUN_ADDRESS(n) "<wsd:Types>wsdp:Device</wsd:Types>" more                \
                                          "<wsd:MetadataVersion>" version "</wsd:MetadataVersion>" \
                                          "</wsd:Hello>")

static struct wsd_context *run_context;
static int run_peer, run_mouth; /* the network's other end, in the group and not */
static unsigned run_ends, run_found, run_events[5];
static int run_status;
static const void *run_result;

/* What the other end does never fails. */
#define WITHOUT_FAILURES(what)                                                                     \
    do {                                                                                           \
        long kept = left;                                                                          \
        left = -1;                                                                                 \
        what;                                                                                      \
        left = kept;                                                                               \
    } while (0)

static inline void run_answer(const char *question, uint16_t port)
{
    static const char *const formats[] = {
        ENVELOPE("ProbeMatches", RUN_ID("f1"), "<wsa:RelatesTo>%.45s</wsa:RelatesTo>",
                 "<wsd:ProbeMatches><wsd:ProbeMatch>" RUN_ADDRESS(
                     "1") "<wsd:MetadataVersion>1"
                          "</wsd:MetadataVersion></wsd:ProbeMatch></wsd:ProbeMatches>"),
        ENVELOPE("ResolveMatches", RUN_ID("f2"), "<wsa:RelatesTo>%.45s</wsa:RelatesTo>",
                 "<wsd:ResolveMatches><wsd:ResolveMatch>" RUN_ADDRESS("1") RUN_XADDRS
                 "<wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:ResolveMatch>"
                 "</wsd:ResolveMatches>")};
    char text[4096];
    bool resolve = strstr(question, "/Resolve<") != NULL;
    const char *id = strstr(question, "MessageID>");
    if ((resolve && strstr(question, RUN_EPR("1")) == NULL) || id == NULL ||
        (!resolve && strstr(question, "/Probe<") == NULL)) {
        return;
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, formats[resolve], id + strlen("MessageID>"));
#pragma GCC diagnostic pop
    send_to(run_mouth, "127.0.0.1", port, text);
}

/* Milliseconds go by; the other end answers. */
static inline void run_for(unsigned milliseconds)
{
    const char *question;
    uint16_t port;
    for (unsigned i = 0; i < milliseconds; i += 50) {
        clock_now += 50;
        wsd_context_dispatch(run_context, NULL);
        WITHOUT_FAILURES(while ((question = receive_text(run_peer, &port)) != NULL) {
            run_answer(question, port);
        });
    }
}

static inline void run_say(const char *text)
{
    WITHOUT_FAILURES(send_to(run_mouth, "239.255.255.250", 3702, text));
    run_for(100);
}

static inline int run_begin(void)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    options.now = test_now;
    options.random = test_random;
    options.allow_loopback = true;
    options.ipv4_only = true;
    run_ends = run_found = 0;
    run_result = NULL;
    memset(run_events, 0, sizeof run_events);
    WITHOUT_FAILURES(run_peer = open_peer(3702, true); run_mouth = open_peer(0, false));
    return wsd_context_new(&options, &run_context, NULL);
}

static inline void run_end(int begun)
{
    if (begun == 0) {
        wsd_context_free(run_context);
    }
    close(run_peer);
    close(run_mouth);
    wsd_free(run_result);
}

static inline void run_done(void *user, int status, const void *result,
                            const struct wsd_error *error)
{
    (void)user;
    run_ends++;
    run_status = status;
    run_result = result;
    assert_int_equal(status < 0, error != NULL);
}

static inline void run_heard_target(void *user, const struct wsd_target *target)
{
    (void)user;
    assert_non_null(target->endpoint);
    run_found++;
}

static inline int finish_call(int status)
{
    if (status == 0) {
        run_for(5000);
        assert_int_equal(run_ends, 1);
        status = run_status;
    } else {
        assert_int_equal(run_ends, 0); /* a call that did not start has no callback */
    }
    return status;
}

static inline int run_probe(void *user)
{
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    struct wsd_qname type = {WSD_NS_DEVPROF, "Device", NULL};
    struct wsd_error error = {0};
    int begun = run_begin(), status = begun;
    (void)user;
    options.found = run_heard_target;
    options.types = &type;
    options.n_types = 1;
    if (status == 0) {
        status = wsd_probe_start(run_context, &options, run_done, NULL, NULL, &error);
        assert_int_equal(error.code, status);
        status = finish_call(status);
    }
    if (!failed) {
        const struct wsd_target_set *set = run_result;
        assert_int_equal(run_found, 1);
        assert_int_equal(set->targets[0]->xaddrs.n_items, 1);
    }
    run_end(begun);
    return status;
}

static inline int run_resolve(void *user)
{
    struct wsd_error error = {0};
    int begun = run_begin(), status = begun;
    (void)user;
    if (status == 0) {
        status = wsd_resolve_start(run_context, RUN_EPR("1"), NULL, run_done, NULL, NULL, &error);
        assert_int_equal(error.code, status);
        status = finish_call(status);
    }
    if (!failed) {
        assert_non_null(run_result);
    }
    run_end(begun);
    return status;
}

/* -- announcements ---------------------------------------------------------------------------- */

static inline void run_announced(void *user, const struct wsd_announcement *announcement)
{
    (void)user;
    assert_non_null(announcement->target->endpoint);
    run_found++;
}

static inline int run_listener(void *user)
{
    static const struct wsd_qname type = {WSD_NS_DEVPROF, "Device", NULL};
    struct wsd_listen_options options = WSD_LISTEN_OPTIONS_INIT;
    struct wsd_listener *listener = NULL;
    struct wsd_error error = {0};
    int begun = run_begin(), status = begun;
    (void)user;
    options.announcement = run_announced;
    options.types = &type;
    options.n_types = 1;
    if (status == 0) {
        status = wsd_listen_multicast_announcements(run_context, &options, &listener, &error);
        assert_int_equal(error.code, status);
    }
    if (status == 0) {
        run_say(RUN_HELLO("1", "01", RUN_SEQUENCE("5", "1"), RUN_XADDRS, "1"));
        run_say(RUN_HELLO("2", "02", "", "", "1"));
        WITHOUT_FAILURES(make_link("net0", 0xc0000201));
        run_for(300);
        run_say(RUN_HELLO("1", "03", RUN_SEQUENCE("6", "1"), RUN_XADDRS, "1"));
        WITHOUT_FAILURES(remove_link("net0"));
        run_for(1500);
        run_say(RUN_HELLO("1", "04", RUN_SEQUENCE("6", "2"), RUN_XADDRS, "1"));
    }
    if (!failed) {
        assert_int_equal(run_found, 4);
    }
    wsd_listener_free(listener);
    run_end(begun);
    return status;
}

static inline void run_changed(void *user, const struct wsd_watch_event *event)
{
    (void)user;
    assert_non_null(event->target->endpoint);
    run_events[event->kind]++;
}

static inline void run_life_of_watch(void)
{
    run_for(5000); /* the search finds the first one, and resolves it */
    run_say(RUN_HELLO("2", "01", RUN_SEQUENCE("5", "1"), RUN_XADDRS, "3"));
    run_say(RUN_HELLO("2", "02", RUN_SEQUENCE("5", "2"), RUN_XADDRS, "4"));
    run_say(RUN_HELLO("2", "03", RUN_SEQUENCE("6", "1"), "", "4"));
    run_say(RUN_HELLO("3", "04", RUN_SEQUENCE("6", "1"), "", "4"));
    run_for(5000); /* nobody resolves it */
    run_say(ENVELOPE("Bye", RUN_ID("05"), RUN_SEQUENCE("6", "2"),
                     "<wsd:Bye>" RUN_ADDRESS("3") "</wsd:Bye>"));
    run_for(20000); /* the second one falls silent; the first one answers */
}

static inline int run_watch(void *user)
{
    static const struct wsd_qname type = {WSD_NS_DEVPROF, "Device", NULL};
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;
    struct wsd_watch *watch = NULL;
    struct wsd_error error = {0};
    int begun = run_begin(), status = begun;
    (void)user;
    options.changed = run_changed;
    options.expiry = 10000;
    options.types = &type;
    options.n_types = 1;
    if (status == 0) {
        status = wsd_watch_new(run_context, &options, &watch, &error);
        assert_int_equal(error.code, status);
    }
    if (status == 0) {
        run_life_of_watch();
    }
    if (!failed) {
        assert_int_equal(run_events[WSD_WATCH_ADDED], 3);
        assert_int_equal(run_events[WSD_WATCH_UPDATED], 1);
        assert_int_equal(run_events[WSD_WATCH_RESTARTED], 1);
        assert_int_equal(run_events[WSD_WATCH_REMOVED], 2);
    }
    wsd_watch_free(watch);
    run_end(begun);
    return status;
}

/* -- the device's side ------------------------------------------------------------------------ */

static inline int run_xaddr(void *user, const struct sockaddr *local, char *url, size_t size)
{
    (void)user, (void)local;
    snprintf(url, size, "http://127.0.0.1:9/d");
    return 0;
}

static inline void run_life_of_target(struct wsd__target *target)
{
    wsd__target_hello(target, NULL);
    run_for(1000);
    WITHOUT_FAILURES(count_datagrams(run_mouth));
    run_say(ENVELOPE("Probe", RUN_ID("01"), "", "<wsd:Probe/>"));
    run_say(
        ENVELOPE("Resolve", RUN_ID("02"), "", "<wsd:Resolve>" RUN_ADDRESS("9") "</wsd:Resolve>"));
    WITHOUT_FAILURES(make_link("net0", 0xc0000201));
    run_for(1000);
    WITHOUT_FAILURES(remove_link("net0"));
    run_for(2000);
}

/* Those of the responder; the other end answers, too. */
static inline unsigned count_own_answers(void)
{
    const char *text;
    unsigned count = 0;
    while ((text = receive_text(run_mouth, NULL)) != NULL) {
        count += strstr(text, "InstanceId=\"1\"") != NULL;
    }
    return count;
}

static inline int run_responder(void *user)
{
    static const struct wsd_qname type = {WSD_NS_DEVPROF, "Device", "wsdp"};
    static const char *const scope = "http://example.org/";
    struct wsd__target_description description = {.endpoint = RUN_EPR("9"),
                                                  .types = {&type, 1},
                                                  .scopes = {&scope, 1},
                                                  .metadata_version = 1,
                                                  .instance_id = 1,
                                                  .xaddr = run_xaddr};
    struct wsd__responder *responder = NULL;
    struct wsd__target *target = NULL;
    struct wsd_error error = {0};
    unsigned n_answers = 0;
    int begun = run_begin(), status = begun;
    (void)user;
    if (status == 0) {
        status = wsd__responder_new(run_context, NULL, &responder, &error);
        assert_int_equal(error.code, status);
    }
    if (status == 0) {
        status = wsd__target_add(responder, &description, &target, &error);
        assert_int_equal(error.code, status);
    }
    if (status == 0) {
        run_life_of_target(target);
        WITHOUT_FAILURES(n_answers = count_own_answers());
    }
    if (!failed) {
        assert_int_equal(n_answers, 4); /* each of two is sent twice */
    }
    wsd__responder_free(responder);
    run_end(begun);
    return status;
}

#endif
