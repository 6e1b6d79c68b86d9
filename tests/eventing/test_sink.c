/* SPDX-License-Identifier: MIT */
/* What arrives at a sink: honest events, and all that is not. */
#include "support.h"

#define COUNTERS wsd_sink_counters(world->sink)

/* Nothing but this counter has moved, by that much. */
static void assert_only(struct world *world, const uint64_t *counter,
                        const struct wsd_sink_counters *all, uint64_t expected)
{
    assert_int_equal(*counter, expected);
    assert_int_equal(all->delivered + all->unknown + all->foreign + all->malformed +
                         all->duplicates + all->limited,
                     expected);
    assert_int_equal(world->events, 0);
}

#define ONLY(counter, expected)                                                                    \
    do {                                                                                           \
        struct wsd_sink_counters all = COUNTERS;                                                   \
        assert_only(world, &all.counter, &all, expected);                                          \
    } while (0)

/* -- honest ------------------------------------------------------------------------------------ */

static int waiting_for_reply;

/* The program works on an event: by now the device has its answer. */
static void look_for_the_reply(struct world *world)
{
    char text[64] = "";
    (void)world;
    assert_true(recv(waiting_for_reply, text, sizeof text - 1, MSG_PEEK) > 0);
    assert_has(text, "202");
}

static void an_event_has_its_202_before_it_is_delivered(void **state)
{
    struct world *world = *state;
    subscribe(world);
    world->on_event = look_for_the_reply;
    char path[64], *xml = event_text("1", "hello");
    snprintf(path, sizeof path, "%s/", last_path(world)); /* a slash behind it does not matter */
    waiting_for_reply = dial("127.0.0.1", wsd_sink_port(world->sink));
    post(waiting_for_reply, path, xml);
    UNTIL(world->events == 1);
    assert_int_equal(reply_status(world, waiting_for_reply), 202);
    assert_string_equal(world->action, "urn:a/One");
    assert_string_equal(world->text, "hello");
    assert_string_equal(world->peer, "127.0.0.1");
    assert_int_equal(COUNTERS.delivered, 1);
    close(waiting_for_reply);
    free(xml);
}

static void events_on_one_connection(void **state)
{
    struct world *world = *state;
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    for (unsigned i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "urn:%u", i);
        char *xml = event_text(id, id);
        post(fd, last_path(world), xml);
        assert_int_equal(reply_status(world, fd), 202);
        free(xml);
    }
    UNTIL(world->events == 20);
    assert_string_equal(world->text, "urn:19");
    close(fd);
}

static void an_event_without_header_and_one_with_an_empty_body_are_events(void **state)
{
    struct world *world = *state;
    subscribe(world);
    assert_int_equal(send_from(world, "127.0.0.1", last_path(world), BODY("")), 202);
    UNTIL(world->events == 1);
    assert_string_equal(world->action, "");
    assert_int_equal(send_from(world, "127.0.0.1", last_path(world), BODY("")), 202);
    UNTIL(world->events == 2); /* without a MessageID nothing is a repeat */
}

static void an_event_that_is_there_before_the_answer_waits_for_it(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    device->held = true;
    subscribe_at(world, device->url);
    UNTIL(device->stream);
    assert_int_equal(send_event(world, last_path(world), "1", "early"), 202);
    settle(world);
    assert_int_equal(world->events, 0);
    device->held = false;
    wsd__http_stream_resume(device->stream);
    UNTIL(world->events == 1);
    assert_int_equal(world->actives, 1);
}

static void the_port_can_be_chosen_and_taken(void **state)
{
    struct world *world = *state;
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    struct wsd_sink *other = NULL;
    struct wsd_error error = {0};
    options.port = wsd_sink_port(world->sink);
    assert_int_equal(wsd_sink_new(world->context, &options, &other, &error), WSD_E_SYSTEM);
    assert_int_equal(error.system, EADDRINUSE);
    options.port = 0;
    options.address = "localhost";
    assert_int_equal(wsd_sink_new(world->context, &options, &other, NULL), WSD_E_INVALID);
    assert_null(other);
}

/* -- not honest -------------------------------------------------------------------------------- */

static void a_repeat_is_dropped(void **state)
{
    struct world *world = *state;
    subscribe(world);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send_event(world, last_path(world), "urn:same", "x"), 202);
    UNTIL(COUNTERS.duplicates == 2);
    assert_int_equal(world->events, 1);
    for (unsigned i = 0; i < WSD_MAX_SEEN_EVENTS; i++) { /* memory is bounded */
        char id[16];
        snprintf(id, sizeof id, "urn:%u", i);
        world->now += 10;
        assert_int_equal(send_event(world, last_path(world), id, "x"), 202);
    }
    assert_int_equal(send_event(world, last_path(world), "urn:same", "x"), 202);
    UNTIL(world->events == 2 + WSD_MAX_SEEN_EVENTS);
}

static void an_event_for_no_subscription(void **state)
{
    struct world *world = *state;
    subscribe(world);
    assert_int_equal(send_event(world, "/", "1", "x"), 404);
    assert_int_equal(send_event(world, "/scan", "2", "x"), 404);
    ONLY(unknown, 2);
}

static void an_event_on_a_forged_path(void **state)
{
    struct world *world = *state;
    char path[64];
    subscribe(world);
    strcpy(path, last_path(world));
    path[32] = path[32] == '0' ? '1' : '0';
    assert_int_equal(send_event(world, path, "1", "x"), 404);
    path[32] = '\0';
    assert_int_equal(send_event(world, path, "2", "x"), 404);
    snprintf(path, sizeof path, "%s0", last_path(world));
    assert_int_equal(send_event(world, path, "3", "x"), 404);
    ONLY(unknown, 3);
}

static void an_event_for_a_subscription_that_is_over(void **state)
{
    struct world *world = *state;
    char path[64];
    struct wsd_subscription *s = subscribe(world);
    strcpy(path, last_path(world));
    wsd_subscription_restart(s, NULL, NULL);
    UNTIL(world->actives == 2);
    assert_int_equal(send_event(world, path, "1", "x"), 404);
    ONLY(unknown, 1);
    strcpy(path, last_path(world));
    wsd_subscription_free(s);
    assert_int_equal(send_event(world, path, "2", "x"), 404);
    ONLY(unknown, 2);
}

static void an_event_from_elsewhere(void **state)
{
    struct world *world = *state;
    subscribe(world);
    char *xml = event_text("1", "x");
    assert_int_equal(send_from(world, "127.0.0.2", last_path(world), xml), 403);
    ONLY(foreign, 1);
    free(xml);
}

static void another_method(void **state)
{
    struct world *world = *state;
    char request[256];
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    int length =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", last_path(world));
    assert_int_equal(send(fd, request, (size_t)length, 0), length);
    assert_int_equal(reply_status(world, fd), 405);
    ONLY(malformed, 1);
    close(fd);
}

static void malformed_events(void **state)
{
    static const char *const bodies[] = {
        "",
        "x",
        "<soap:Envelope",
        "<html></html>",
        "<?xml version=\"1.0\"?><!DOCTYPE a><a/>",
        BODY(
            "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code></soap:Fault>"),
        ENVELOPE("<soap:Header><wsa:Action>" URI_WSE "/SubscriptionEnd</wsa:Action></soap:Header>",
                 ""),
        BODY("<e:SubscriptionEnd" WSE "/>")};
    struct world *world = *state;
    subscribe(world);
    for (unsigned i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(send_from(world, "127.0.0.1", last_path(world), bodies[i]), 202);
        UNTIL(COUNTERS.malformed == i + 1);
        ONLY(malformed, i + 1);
    }
    assert_int_equal(world->changes, 1);
}

static void garbage_in_place_of_http(void **state)
{
    struct world *world = *state;
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    assert_int_equal(send(fd, "\x16\x03\x01 what\r\n\r\n\r\n", 13, 0), 13);
    UNTIL(COUNTERS.malformed == 1);
    ONLY(malformed, 1);
    close(fd);
}

static void half_a_request(void **state)
{
    struct world *world = *state;
    char head[256];
    subscribe(world);
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<soap",
             last_path(world));
    for (size_t length = 1; length <= strlen(head); length += 25) {
        uint64_t before = COUNTERS.malformed;
        int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
        assert_int_equal(send(fd, head, length, 0), (ssize_t)length);
        settle(world); /* it has been read */
        close(fd);
        UNTIL(COUNTERS.malformed == before + 1);
    }
    ONLY(malformed, COUNTERS.malformed);
}

/* Its end may hide behind its bytes: libmicrohttpd is told once that there is something to read. */
static void half_a_request_that_ends_at_once(void **state)
{
    struct world *world = *state;
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    assert_int_equal(send(fd, "POST", 4, 0), 4);
    close(fd);
    settle(world);
    pass(world, WSD_SINK_REQUEST_TIME + 1);
    UNTIL(COUNTERS.malformed == 1);
    ONLY(malformed, 1);
}

static void a_huge_event(void **state)
{
    struct world *world = *state;
    char head[256];
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    int length = snprintf(head, sizeof head,
                          "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
                          last_path(world));
    assert_int_equal(send(fd, head, (size_t)length, 0), length);
    assert_int_equal(reply_status(world, fd), 413); /* before any of it is sent */
    ONLY(limited, 1);
    close(fd);
}

static void a_huge_event_that_does_not_say_so(void **state)
{
    static char chunk[65536];
    struct world *world = *state;
    char head[256];
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    int length = snprintf(head, sizeof head,
                          "POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                          last_path(world));
    assert_int_equal(send(fd, head, (size_t)length, 0), length);
    memset(chunk, 'x', sizeof chunk);
    memcpy(chunk, "fff0\r\n", 6);
    memcpy(chunk + 6 + 0xfff0, "\r\n", 2);
    for (int i = 0; i < 6; i++)
        for (size_t at = 0; at < 0xfff0 + 8;) {
            ssize_t sent = send(fd, chunk + at, 0xfff0 + 8 - at, MSG_NOSIGNAL);
            at += sent > 0 ? (size_t)sent : 0;
            turn(world);
        }
    assert_int_equal(send(fd, "0\r\n\r\n", 5, MSG_NOSIGNAL), 5);
    assert_int_equal(reply_status(world, fd), 413);
    ONLY(limited, 1);
    close(fd);
}

/* A byte a second, on as many connections as it likes. */
static void slow_peers_are_cut_and_honest_events_arrive(void **state)
{
    struct world *world = *state;
    enum { SLOW = 40 };
    int fds[SLOW];
    char head[256];
    subscribe(world);
    int length =
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
                 last_path(world));
    for (int i = 0; i < SLOW; i++) {
        fds[i] = dial(i % 2 ? "127.0.0.1" : "127.0.0.2", wsd_sink_port(world->sink));
        assert_int_equal(send(fds[i], head, (size_t)length / (i % 3 == 0 ? 2 : 1), 0),
                         (ssize_t)length / (i % 3 == 0 ? 2 : 1));
        turn(world);
    }
    for (unsigned second = 0; second < 12; second++) {
        char id[16];
        for (int i = 0; i < SLOW; i++)
            (void)send(fds[i], "x", 1, MSG_NOSIGNAL);
        pass(world, 1000);
        snprintf(id, sizeof id, "urn:%u", second);
        uint64_t began = real_time();
        assert_int_equal(send_event(world, last_path(world), id, "x"), 202);
        UNTIL(world->events == second + 1);
        assert_true(real_time() - began < 100);
    }
    settle(world);
    for (int i = 0; i < SLOW; i++) { /* none is left */
        char rest[2048];
        ssize_t got;
        while ((got = recv(fds[i], rest, sizeof rest, 0)) > 0)
            ;
        assert_true(got == 0 || errno == ECONNRESET);
        close(fds[i]);
    }
    assert_int_equal(COUNTERS.delivered, 12);
}

static void an_idle_connection_is_kept_half_a_minute(void **state)
{
    struct world *world = *state;
    char rest;
    subscribe(world);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    char *xml = event_text("1", "x");
    post(fd, last_path(world), xml);
    assert_int_equal(reply_status(world, fd), 202);
    pass(world, 29000);
    settle(world);
    assert_int_equal(recv(fd, &rest, 1, 0), -1);
    assert_int_equal(errno, EAGAIN);
    pass(world, 1001);
    UNTIL(recv(fd, &rest, 1, 0) == 0);
    assert_int_equal(COUNTERS.malformed, 0);
    close(fd);
    free(xml);
}

static void the_rate_of_a_peer_is_limited(void **state)
{
    struct world *world = *state;
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    options.events_per_second_per_peer = 5;
    wsd_sink_free(world->sink);
    assert_int_equal(wsd_sink_new(world->context, &options, &world->sink, NULL), 0);
    subscribe(world);
    for (unsigned i = 0; i < 8; i++) {
        char id[16];
        snprintf(id, sizeof id, "urn:%u", i);
        assert_int_equal(send_event(world, last_path(world), id, "x"), i < 5 ? 202 : 503);
    }
    assert_int_equal(COUNTERS.limited, 3);
    pass(world, 1000);
    assert_int_equal(send_event(world, last_path(world), "urn:8", "x"), 202);
    UNTIL(world->events == 6);
}

/* -- a flood ----------------------------------------------------------------------------------- */

struct flood {
    struct world *world;
    char path[64];
    const char *from;
    int fds[8];
    unsigned sent, wanted;
};

/* As many requests as the sockets take, without waiting for what is answered. */
static void flood_on(struct flood *flood)
{
    for (size_t i = 0; i < 8 && flood->sent < flood->wanted; i++) {
        char *xml = event_text("urn:flood", "x"), request[4096], reply[4096];
        int length = snprintf(request, sizeof request,
                              "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
                              flood->path, strlen(xml), xml);
        free(xml);
        if (flood->fds[i] < 0)
            flood->fds[i] = dial(flood->from, wsd_sink_port(flood->world->sink));
        ssize_t sent = send(flood->fds[i], request, (size_t)length, MSG_NOSIGNAL);
        flood->sent += sent == length;
        ssize_t got = recv(flood->fds[i], reply, sizeof reply, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN) || (sent < 0 && errno != EAGAIN)) {
            close(flood->fds[i]);
            flood->fds[i] = -1;
        }
    }
}

/* 10 000 bad ones, and one honest event each 250; how long the slowest of those took. */
static uint64_t honest_among(struct world *world, struct flood *flood, unsigned *honest)
{
    uint64_t slowest = 0;
    *honest = 0;
    for (int i = 0; i < 8; i++)
        flood->fds[i] = -1;
    while (flood->sent < flood->wanted) {
        flood_on(flood);
        if (flood->sent / 250 <= *honest) {
            wsd_context_wait(world->context, 0, NULL);
            continue;
        }
        char id[24];
        snprintf(id, sizeof id, "urn:honest:%u", *honest);
        char *xml = event_text(id, id);
        uint64_t began = real_time();
        int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
        post(fd, last_path(world), xml);
        while (world->events <= *honest) {
            assert_true(real_time() - began < 10000);
            flood_on(flood);
            wsd_context_wait(world->context, 0, NULL);
        }
        uint64_t took = real_time() - began;
        slowest = took > slowest ? took : slowest;
        ++*honest;
        close(fd);
        free(xml);
    }
    for (int i = 0; i < 8; i++)
        if (flood->fds[i] >= 0)
            close(flood->fds[i]);
    return slowest;
}

static void a_flood_for_no_subscription_keeps_no_honest_event_from_arriving(void **state)
{
    struct world *world = *state;
    struct flood flood = {.world = world, .path = "/", .from = "127.0.0.2", .wanted = 10000};
    unsigned honest;
    subscribe(world);
    uint64_t slowest = honest_among(world, &flood, &honest);
    settle(world);
    print_message("slowest honest event: %u ms\n", (unsigned)slowest);
    assert_true(slowest < 100);
    assert_int_equal(COUNTERS.delivered, honest);
    assert_true(COUNTERS.unknown > 1000);
    assert_int_equal(COUNTERS.foreign, 0);
}

static void a_flood_from_elsewhere_keeps_no_honest_event_from_arriving(void **state)
{
    struct world *world = *state;
    struct flood flood = {.world = world, .from = "127.0.0.2", .wanted = 10000};
    unsigned honest;
    subscribe(world);
    strcpy(flood.path, last_path(world));
    uint64_t slowest = honest_among(world, &flood, &honest);
    settle(world);
    print_message("slowest honest event: %u ms\n", (unsigned)slowest);
    assert_true(slowest < 100);
    assert_int_equal(COUNTERS.delivered, honest);
    assert_true(COUNTERS.foreign > 1000);
}

/* A device gone mad takes its own share and no more: the clock stands, so that its second lasts. */
static void a_flood_of_a_device_is_its_own_loss(void **state)
{
    struct world *world = *state;
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    options.events_per_second_per_peer = 100;
    wsd_sink_free(world->sink);
    assert_int_equal(wsd_sink_new(world->context, &options, &world->sink, NULL), 0);
    subscribe(world);
    unsigned refused = 0;
    for (unsigned i = 0; i < 120; i++) {
        char id[24];
        snprintf(id, sizeof id, "urn:%u", i);
        int status = send_event(world, last_path(world), id, "x");
        assert_true(status == 202 || status == 503);
        refused += status == 503;
    }
    settle(world);
    assert_int_equal(refused, 20);
    assert_int_equal(COUNTERS.limited, 20);
    assert_int_equal(COUNTERS.delivered, 100);
}

static void the_queue_of_a_subscription_is_bounded(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    device->held = true;
    subscribe_at(world, device->url);
    UNTIL(device->stream);
    for (unsigned i = 0; i < WSD_MAX_EVENTS_WAITING + 3; i++) {
        char id[24];
        snprintf(id, sizeof id, "urn:%u", i);
        assert_int_equal(send_event(world, last_path(world), id, "x"),
                         i < WSD_MAX_EVENTS_WAITING ? 202 : 503);
    }
    assert_int_equal(COUNTERS.limited, 3);
    device->held = false;
    wsd__http_stream_resume(device->stream);
    UNTIL(world->events == WSD_MAX_EVENTS_WAITING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_event_has_its_202_before_it_is_delivered),
        WORLD_TEST(events_on_one_connection),
        WORLD_TEST(an_event_without_header_and_one_with_an_empty_body_are_events),
        WORLD_TEST(an_event_that_is_there_before_the_answer_waits_for_it),
        WORLD_TEST(the_port_can_be_chosen_and_taken),
        WORLD_TEST(a_repeat_is_dropped),
        WORLD_TEST(an_event_for_no_subscription),
        WORLD_TEST(an_event_on_a_forged_path),
        WORLD_TEST(an_event_for_a_subscription_that_is_over),
        WORLD_TEST(an_event_from_elsewhere),
        WORLD_TEST(another_method),
        WORLD_TEST(malformed_events),
        WORLD_TEST(garbage_in_place_of_http),
        WORLD_TEST(half_a_request),
        WORLD_TEST(half_a_request_that_ends_at_once),
        WORLD_TEST(a_huge_event),
        WORLD_TEST(a_huge_event_that_does_not_say_so),
        WORLD_TEST(slow_peers_are_cut_and_honest_events_arrive),
        WORLD_TEST(an_idle_connection_is_kept_half_a_minute),
        WORLD_TEST(the_rate_of_a_peer_is_limited),
        WORLD_TEST(a_flood_for_no_subscription_keeps_no_honest_event_from_arriving),
        WORLD_TEST(a_flood_from_elsewhere_keeps_no_honest_event_from_arriving),
        WORLD_TEST(a_flood_of_a_device_is_its_own_loss),
        WORLD_TEST(the_queue_of_a_subscription_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
