/* SPDX-License-Identifier: MIT */
/* The event source: how events get to their subscribers, and how subscriptions end. */
#include "source_world.h"

/* -- delivery -----------------------------------------------------------------------------------
 */

static void test_event_comes_with_the_parameters_as_headers(void **state)
{
    struct world *world = *state;
    char identifier[64], to[160];
    const char *message;

    snprintf(world->notify, sizeof world->notify, "http://127.0.0.1:%u/n?a=1&amp;b=2",
             world->sink.port);
    join_(world, SUBSCRIBE(), identifier);
    assert_int_equal(happen(world, 0, "text & more"), 0);
    assert_int_equal(world->sink.n, 0); /* not from within the call */
    sink_await(&world->sink, 1);
    message = world->sink.messages[0];
    snprintf(to, sizeof to, "<wsa:To>http://127.0.0.1:%u/n?a=1&amp;b=2</wsa:To>", world->sink.port);
    assert_non_null(strstr(message, to));
    assert_non_null(strstr(message, "<wsa:Action>" BASE "/One</wsa:Action>"));
    assert_non_null(strstr(message, "<wse:Identifier xmlns:wse=\"" WSD_NS_EVENTING
                                    "\">urn:uuid:mine</wse:Identifier></soap:Header>"));
    assert_non_null(strstr(message, ">text &amp; more</wscn:Thing></soap:Body>"));
    assert_string_equal(world->sink.paths[0], "/n");
    assert_int_equal(counters(world).sent, 1);
    settle(world->context);
    assert_int_equal(counters(world).delivered, 1);
}

static void test_subscriber_of_2005_addressing_gets_it_so(void **state)
{
    struct world *world = *state;
    struct subscribe s = SUBSCRIBE();
    struct wsd__buf out = WSD__BUF_INIT(1u << 20), other = WSD__BUF_INIT(1u << 20);
    const char *old = NS_ADDRESSING, *at, *from;

    subscribe_write(&s, &out);
    for (from = out.data; (at = strstr(from, old)); from = at + strlen(old)) {
        wsd__buf_append(&other, from, (size_t)(at - from));
        wsd__buf_puts(&other, "http://www.w3.org/2005/08/addressing");
    }
    wsd__buf_puts(&other, from);
    send_bytes(world, other.data, other.length);
    assert_int_equal(world->status, 200);
    happen(world, 0, "x");
    sink_await(&world->sink, 1);
    assert_non_null(strstr(world->sink.messages[0], "http://www.w3.org/2005/08/addressing"));
    assert_null(strstr(world->sink.messages[0], NS_ADDRESSING));
    assert_non_null(strstr(world->sink.messages[0], "wsa:IsReferenceParameter=\"true\""));
    wsd__buf_free(&out);
    wsd__buf_free(&other);
}

static void message_id(const char *message, char id[64])
{
    const char *at = strstr(message, "<wsa:MessageID>");

    assert_non_null(at);
    snprintf(id, 64, "%.45s", at + strlen("<wsa:MessageID>"));
}

static void test_message_ids_differ_by_event_and_by_subscriber(void **state)
{
    struct world *world = *state;
    char identifier[64], ids[4][64];

    join_(world, SUBSCRIBE(), identifier);
    join_(world, SUBSCRIBE(), identifier);
    happen(world, 0, "a");
    happen(world, 0, "b");
    sink_await(&world->sink, 4);
    for (unsigned i = 0; i < 4; i++) {
        message_id(world->sink.messages[i], ids[i]);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void test_events_of_one_subscriber_come_in_order(void **state)
{
    struct world *world = *state;
    char identifier[64], text[16];

    join_(world, SUBSCRIBE(.filter = BASE), identifier);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "-%u-", i);
        happen(world, i % 3, text);
    }
    sink_await(&world->sink, 50);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(text, sizeof text, "-%u-", i);
        assert_non_null(strstr(world->sink.messages[i], text));
    }
}

static void test_only_one_subscriber_can_be_meant(void **state)
{
    struct world *world = *state;
    struct wsd__bare_body body = {0};
    char identifier[64];

    assert_false(wsd__event_wanted(world->source, 0));
    join_(world, SUBSCRIBE(), identifier);
    assert_true(wsd__event_wanted(world->source, 0));
    assert_false(wsd__event_wanted(world->source, 1));
    assert_int_equal(wsd__event_notify(world->source, 1, &body, NULL), 0);
    settle(world->context);
    assert_int_equal(world->sink.n, 0);
}

static void test_any_2xx_is_success(void **state)
{
    struct world *world = *state;
    static const int statuses[] = {200, 202, 204};
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    for (unsigned i = 0; i < 3; i++) {
        world->sink.status = statuses[i];
        happen(world, 0, "x");
        sink_await(&world->sink, i + 1);
        settle(world->context);
        assert_int_equal(counters(world).delivered, i + 1);
    }
}

static void test_nothing_comes_after_unsubscribe(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    happen(world, 0, "x"); /* waits for the next turn */
    manage(world, "Unsubscribe", identifier, NULL);
    happen(world, 0, "y");
    settle(world->context);
    assert_int_equal(world->sink.n, 0);
}

static void test_nothing_comes_after_expiry(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(.expires = "PT1M"), identifier);
    world->now += 60000;
    settle(world->context);
    assert_int_equal(world->why, WSD__EVENT_END_EXPIRED);
    happen(world, 0, "x");
    settle(world->context);
    assert_int_equal(world->sink.n, 0); /* no SubscriptionEnd either */
    manage(world, "Renew", identifier, NULL);
    assert_fault(world, WSD_NS_EVENTING, "UnableToRenew", 500);
}

/* Three failures, with rests between them. */
static void fail_thrice(struct world *world)
{
    static const unsigned rests[] = {0, WSD_EVENT_RETRY, 4 * WSD_EVENT_RETRY};

    for (unsigned i = 0; i < WSD_MAX_EVENT_TRIES; i++) {
        settle(world->context);
        assert_int_equal(counters(world).subscribers, 1);
        world->now += rests[i];
        settle(world->context);
    }
}

static void test_subscriber_that_fails_three_times_is_ended_and_told(void **state)
{
    struct world *world = *state;
    char identifier[64];
    uint16_t port;
    int fd = dead_port(false, &port);

    snprintf(world->notify, sizeof world->notify, "http://127.0.0.1:%u/", port);
    join_(world, SUBSCRIBE(), identifier);
    happen(world, 0, "x");
    fail_thrice(world);
    sink_await(&world->sink, 1);
    assert_int_equal(counters(world).subscribers, 0);
    assert_int_equal(counters(world).failed, 1);
    assert_int_equal(counters(world).ended, 1);
    assert_int_equal(world->why, WSD__EVENT_END_UNDELIVERED);
    assert_string_equal(world->sink.paths[0], "/e");
    assert_non_null(strstr(world->sink.messages[0], "/SubscriptionEnd</wsa:Action>"));
    assert_non_null(strstr(world->sink.messages[0], "/DeliveryFailure</wse:Status>"));
    assert_non_null(strstr(world->sink.messages[0], identifier));
    assert_non_null(strstr(world->sink.messages[0], ">urn:uuid:e</wse:Identifier></soap:Header>"));
    close(fd);
}

static void test_try_that_succeeds_forgives_those_that_failed(void **state)
{
    struct world *world = *state;
    char identifier[64], first[64], second[64];

    join_(world, SUBSCRIBE(), identifier);
    for (unsigned i = 0; i < 4; i++) {
        sink_clear(&world->sink);
        world->sink.status = 500;
        happen(world, 0, "x");
        sink_await(&world->sink, 1);
        settle(world->context);
        world->sink.status = 202;
        world->now += WSD_EVENT_RETRY;
        sink_await(&world->sink, 2);
        settle(world->context);
        message_id(world->sink.messages[0], first);
        message_id(world->sink.messages[1], second);
        assert_string_equal(first, second); /* the same message again */
    }
    assert_int_equal(counters(world).delivered, 4);
    assert_int_equal(counters(world).sent, 4);
    assert_int_equal(counters(world).subscribers, 1);
}

static void test_redirects_are_not_followed(void **state)
{
    struct world *world = *state;
    char identifier[64];

    world->sink.status = 307;
    join_(world, SUBSCRIBE(), identifier);
    happen(world, 0, "x");
    sink_await(&world->sink, 1);
    settle(world->context);
    assert_int_equal(world->sink.n, 1);
    assert_int_equal(counters(world).delivered, 0);
}

static void test_queue_that_overflows_ends_the_subscription(void **state)
{
    struct world *world = *state;
    char identifier[64];
    uint16_t port;
    int fd = dead_port(true, &port);

    snprintf(world->notify, sizeof world->notify, "http://127.0.0.1:%u/", port);
    join_(world, SUBSCRIBE(), identifier);
    for (unsigned i = 0; i < WSD_MAX_EVENT_QUEUE; i++)
        happen(world, 0, "x");
    settle(world->context);
    assert_int_equal(counters(world).subscribers, 1);
    assert_int_equal(counters(world).dropped, 0);
    happen(world, 0, "x");
    sink_await(&world->sink, 1);
    assert_int_equal(counters(world).dropped, 2); /* the one too many, and the one under way */
    assert_int_equal(counters(world).subscribers, 0);
    assert_non_null(strstr(world->sink.messages[0], "/DeliveryFailure</wse:Status>"));
    close(fd);
}

static void test_silent_sink_is_given_up_after_ten_seconds(void **state)
{
    struct world *world = *state;
    char identifier[64];
    uint16_t port;
    int fd = dead_port(true, &port);

    snprintf(world->notify, sizeof world->notify, "http://127.0.0.1:%u/", port);
    join_(world, SUBSCRIBE(.end_to = NONE), identifier);
    happen(world, 0, "x");
    for (unsigned i = 0; i < WSD_MAX_EVENT_TRIES; i++) {
        settle(world->context);
        world->now += WSD_DELIVERY_SLOW;
        settle(world->context);
        assert_int_equal(counters(world).subscribers, 1);
        world->now += WSD_DELIVERY_TIMEOUT;
        settle(world->context);
        world->now += 4 * WSD_EVENT_RETRY;
    }
    assert_int_equal(counters(world).subscribers, 0);
    assert_int_equal(counters(world).failed, 1);
    close(fd);
}

/* More dead ones than all lanes together have places; the clock stands, so that none is over. */
static void test_dead_sinks_do_not_delay_the_living(void **state)
{
    struct world *world = *state;
    enum { DEAD = 3 * (WSD_MAX_DELIVERIES + WSD_MAX_SLOW_DELIVERIES) };
    char identifier[64], dead[128];
    uint16_t ports[2];
    int fds[] = {dead_port(true, &ports[0]), dead_port(false, &ports[1])};

    make_source(world, 2000, 2000, false);
    join_(world, SUBSCRIBE(), identifier);
    for (unsigned i = 0; i < DEAD; i++) {
        snprintf(dead, sizeof dead, "http://127.0.0.1:%u/", ports[i % 2]);
        join_(world, SUBSCRIBE(.notify = dead, .end_to = NONE), identifier);
    }
    join_(world, SUBSCRIBE(), identifier);
    happen(world, 0, "first"); /* who is dead is found out now, at most four times the limit */
    for (unsigned i = 0; i < 8; i++) {
        settle(world->context);
        world->now += WSD_DELIVERY_SLOW;
    }
    sink_await(&world->sink, 2);
    for (unsigned i = 0; i < 10; i++) { /* and from now on holds nobody up: the clock stands */
        happen(world, 0, "next");
        sink_await(&world->sink, 4 + 2 * i);
    }
    settle(world->context);
    assert_int_equal(counters(world).delivered, 22);
    close(fds[0]);
    close(fds[1]);
}

/* -- the end ------------------------------------------------------------------------------------
 */

static void test_shutting_down_is_told(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    join_(world, SUBSCRIBE(.end_to = NONE), identifier);
    wsd__event_source_free(world->source, true);
    world->source = NULL;
    assert_int_equal(world->n_ended, 2);
    assert_int_equal(world->why, WSD__EVENT_END_SHUT_DOWN);
    sink_await(&world->sink, 1);
    assert_non_null(strstr(world->sink.messages[0], "/SourceShuttingDown</wse:Status>"));
    assert_non_null(strstr(world->sink.messages[0], "http://127.0.0.1:80/x/scan</wsa:Address>"));
}

static void test_context_waits_a_moment_for_the_last_words(void **state)
{
    struct world *world = *state;
    struct wsd_context *others;
    struct wsd__event_source *source = world->source;
    char identifier[64];
    int64_t begin;
    uint16_t port;
    int fd = dead_port(true, &port);

    (void)source;
    /* A sink that never takes the word: the context is freed all the same, and soon. */
    snprintf(world->end_to, sizeof world->end_to, "http://127.0.0.1:%u/e", port);
    join_(world, SUBSCRIBE(), identifier);
    wsd__event_source_free(world->source, true);
    world->source = NULL;
    sink_close(&world->sink);
    forget(world);
    others = world->context;
    begin = real_now();
    wsd_context_free(others);
    assert_in_range(real_now() - begin, 0, 5000);
    assert_int_equal(wsd_context_new(NULL, &world->context, NULL), 0);
    close(fd);
}

static void test_source_can_end_without_a_word(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    happen(world, 0, "x");
    wsd__event_source_free(world->source, false);
    world->source = NULL;
    settle(world->context);
    assert_int_equal(world->sink.n, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_event_comes_with_the_parameters_as_headers),
        T(test_subscriber_of_2005_addressing_gets_it_so),
        T(test_message_ids_differ_by_event_and_by_subscriber),
        T(test_events_of_one_subscriber_come_in_order),
        T(test_only_one_subscriber_can_be_meant),
        T(test_any_2xx_is_success),
        T(test_nothing_comes_after_unsubscribe),
        T(test_nothing_comes_after_expiry),
        T(test_subscriber_that_fails_three_times_is_ended_and_told),
        T(test_try_that_succeeds_forgives_those_that_failed),
        T(test_redirects_are_not_followed),
        T(test_queue_that_overflows_ends_the_subscription),
        T(test_silent_sink_is_given_up_after_ten_seconds),
        T(test_dead_sinks_do_not_delay_the_living),
        T(test_shutting_down_is_told),
        T(test_context_waits_a_moment_for_the_last_words),
        T(test_source_can_end_without_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
