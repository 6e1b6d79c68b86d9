/* SPDX-License-Identifier: MIT */
/* A watch and a discovery proxy that takes its questions over (WS-Discovery 3). */
#include "watch_support.h"

#define PROXY "urn:uuid:00000000-dddd-4000-8000-000000000001"
#define HELLO_OF_PROXY(relation, more)                                                             \
    ENVELOPE("Hello", ID("e0"), "<wsa:RelatesTo " relation ">%s</wsa:RelatesTo>",                  \
             "<wsd:Hello>" EPR_OF(PROXY) more VERSION("1") "</wsd:Hello>")
#define SUPPRESSES "RelationshipType=\"wsd:Suppression\""
#define SUPPRESSION(type)                                                                          \
    ENVELOPE("Hello", ID("e0"),                                                                    \
             "<wsa:RelatesTo RelationshipType=\"wsd:Suppression\">%s</wsa:RelatesTo>",             \
             "<wsd:Hello>" EPR_OF(PROXY) TYPES(type) VERSION("1") "</wsd:Hello>")
#define PROXY_BYE ENVELOPE("Bye", ID("e1"), "", "<wsd:Bye>" EPR_OF(PROXY) "</wsd:Bye>")

static int proxy;

/* The proxy listens on an address of its own, so that what it is asked is told from the group. */
static void start_with_proxy(bool trusted)
{
    struct wsd_watch_options options = watch_options();
    options.trust_proxy = trusted;
    proxy = open_peer_on("lo", 0x7f000004, 3702, false);
    start_with(&options);
    assert_true(asked("Probe"));
}

static void stop_with_proxy(void)
{
    close(proxy);
    stop();
}

static void test_proxy_is_not_trusted_by_default(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(false);
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_null(wsd_watch_proxy(watch));
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    pass_time(context, 10000);
    assert_false(asked_of(proxy, "Probe"));
    stop_with_proxy();
}

static void test_proxy_takes_the_probes_over(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    answer_by(proxy, SUPPRESSION("wsdp:Device")); /* no proxy */
    assert_null(wsd_watch_proxy(watch));
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_non_null(wsd_watch_proxy(watch));
    assert_string_equal(wsd_watch_proxy(watch)->endpoint, PROXY);
    pass_time(context, 100);
    count_datagrams(peer);
    pass_time(context, 600); /* no repeats to the group */
    assert_int_equal(count_datagrams(peer), 0);
    assert_true(asked_directly(proxy, "Probe"));
    answer_by(proxy, MATCHED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    pass_time(context, 10000);
    /* Resolves go there, too. */
    say(HELLO("02", SEQUENCE("6", "1"), VERSION("4")));
    pass_time(context, 100);
    assert_false(asked("Resolve"));
    assert_true(asked_directly(proxy, "Resolve"));
    answer_by(proxy, RESOLVED(XADDRS("http://127.0.0.1:10/b") VERSION("4")));
    assert_string_equal(last.xaddrs, "http://127.0.0.1:10/b ");
    assert_non_null(wsd_watch_proxy(watch));
    stop_with_proxy();
}

static void test_hello_that_suppresses_nothing_makes_no_proxy(void **state)
{
    static const char *const hellos[] = {
        HELLO_OF_PROXY("", TYPES("wsd:DiscoveryProxy")),
        HELLO_OF_PROXY("RelationshipType=\"wsd:Reply\"", TYPES("wsd:DiscoveryProxy")),
        HELLO_OF_PROXY("RelationshipType=\"wsd:Relationship\"", TYPES("wsd:DiscoveryProxy")),
        HELLO_OF_PROXY(SUPPRESSES, ""),
    };
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++) {
        answer_by(proxy, hellos[i]);
        assert_null(wsd_watch_proxy(watch));
    }
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_non_null(wsd_watch_proxy(watch));
    stop_with_proxy();
}

static void test_proxy_is_asked_where_it_says(void **state)
{
    static const struct {
        const char *hello, *place;
    } rows[] = {
#define ROW(xaddrs, place)                                                                         \
    {HELLO_OF_PROXY(SUPPRESSES, TYPES("wsd:DiscoveryProxy") XADDRS(xaddrs)), " at " place " is"}
        ROW("soap.udp://127.0.0.4:3999", "127.0.0.4:3999"),
        ROW("soap.udp://127.0.0.4:3999 soap.udp://127.0.0.4:4000", "127.0.0.4:3999"),
        ROW("http://127.0.0.4:80/p soap.udp://127.0.0.4:3999", "127.0.0.4:3999"),
        ROW("soap.udp://127.0.0.4", "127.0.0.4:3702"),
        ROW("soap.udp://127.0.0.9:3999", "127.0.0.4:3702"),
        ROW("soap.udp://proxy:3999", "127.0.0.4:3702"),
        ROW("soap.udp://127.0.0.4:99999", "127.0.0.4:3702"),
        ROW("soap.udp://127.0.0.4:123456", "127.0.0.4:3702"),
        ROW("soap.udp://127.0.0.4:0", "127.0.0.4:3702"),
        ROW("nonsense", "127.0.0.4:3702"),
        ROW("http://192.0.2.1/p", "127.0.0.4:3702"),
        ROW("http://127.0.0.4:80/p", "http://127.0.0.4:80/p"),
#undef ROW
    };
    NEED_NAMESPACE(state);
    /* Over HTTP it takes connections and says nothing, so that it is not given up at once. */
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(80)};
    int silent = socket(AF_INET, SOCK_STREAM, 0);
    place.sin_addr.s_addr = htonl(0x7f000004);
    assert_int_equal(bind(silent, (struct sockaddr *)&place, sizeof place), 0);
    assert_int_equal(listen(silent, 8), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        start_with_proxy(true);
        last_log[0] = '\0';
        answer_by(proxy, rows[i].hello);
        assert_non_null(wsd_watch_proxy(watch));
        if (strstr(last_log, rows[i].place) == NULL) {
            fail_msg("%s, not %s", last_log, rows[i].place);
        }
        stop_with_proxy();
    }
    close(silent);
}

static void test_empty_answer_of_the_proxy_is_an_answer(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_true(asked_directly(proxy, "Probe"));
    answer_by(proxy, NOTHING_MATCHED);
    pass_time(context, 10000);
    assert_non_null(wsd_watch_proxy(watch));
    stop_with_proxy();
}

static void test_bye_of_somebody_else_leaves_the_proxy(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    say(ADDED(HERE));
    send_to(mouth, GROUP, 3702, BYE("02", SEQUENCE("5", "2")));
    turn(context);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 1);
    assert_non_null(wsd_watch_proxy(watch));
    stop_with_proxy();
}

static void test_bye_of_the_proxy_gives_the_probes_back(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_true(asked_directly(proxy, "Probe"));
    answer_by(proxy, NOTHING_MATCHED);
    pass_time(context, 10000);
    count_datagrams(peer);
    count_datagrams(proxy);
    send_to(proxy, GROUP, 3702, PROXY_BYE);
    turn(context);
    assert_null(wsd_watch_proxy(watch));
    pass_time(context, 1000);
    assert_true(asked("Probe"));
    assert_false(asked_of(proxy, "Probe"));
    stop_with_proxy();
}

static void test_silence_of_the_proxy_gives_the_probes_back(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_true(asked_directly(proxy, "Probe"));
    pass_time(context, 4500);
    assert_non_null(wsd_watch_proxy(watch));
    pass_time(context, 1000);
    assert_null(wsd_watch_proxy(watch));
    assert_true(asked("Probe"));
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    stop_with_proxy();
}

static void test_resolve_that_the_proxy_leaves_open_goes_to_the_group(void **state)
{
    NEED_NAMESPACE(state);
    start_with_proxy(true);
    answer_by(proxy, SUPPRESSION("wsd:DiscoveryProxy"));
    assert_true(asked_directly(proxy, "Probe"));
    answer_by(proxy, NOTHING_MATCHED);
    pass_time(context, 10000);
    say(ADDED(""));
    pass_time(context, 5500);
    assert_null(wsd_watch_proxy(watch));
    assert_true(asked("Resolve"));
    answer(RESOLVED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a ");
    stop_with_proxy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proxy_is_not_trusted_by_default),
        cmocka_unit_test(test_proxy_takes_the_probes_over),
        cmocka_unit_test(test_hello_that_suppresses_nothing_makes_no_proxy),
        cmocka_unit_test(test_proxy_is_asked_where_it_says),
        cmocka_unit_test(test_empty_answer_of_the_proxy_is_an_answer),
        cmocka_unit_test(test_bye_of_somebody_else_leaves_the_proxy),
        cmocka_unit_test(test_bye_of_the_proxy_gives_the_probes_back),
        cmocka_unit_test(test_silence_of_the_proxy_gives_the_probes_back),
        cmocka_unit_test(test_resolve_that_the_proxy_leaves_open_goes_to_the_group),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
