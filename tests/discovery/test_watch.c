/* SPDX-License-Identifier: MIT */
/* A watch: what is told when devices come, change, leave or fall silent. */
#include "watch_support.h"

#include "core/limits.h"
#include "discovery/watch.h"
#include "soap/http_server.h"

/* -- coming ----------------------------------------------------------------------------------- */

static void test_hello_adds(void **state)
{
    NEED_NAMESPACE(state);
    const struct wsd_target *const *list;
    start();
    assert_int_equal(wsd_watch_targets(watch, &list), 0);
    assert_int_equal(say(ADDED(TYPES("wsdp:Device") HERE)), 1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a ");
    assert_int_equal(last.version, 3);
    assert_int_equal(last.instance, 5);
    assert_int_equal(n_there, 1);
    assert_int_equal(wsd_watch_targets(watch, &list), 1);
    assert_string_equal(list[0]->endpoint, EPR);
    assert_false(asked("Resolve"));
    stop();
}

static void test_repeats_and_copies_never_show_twice(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(say(ADDED(HERE)), 1);
    assert_int_equal(say(ADDED(HERE)), 0);
    /* The copy of another interface, with an address of its own, is news in that alone. */
    assert_int_equal(say(ADDED(XADDRS("http://127.0.0.2:9/a"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_UPDATED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a http://127.0.0.2:9/a ");
    assert_int_equal(say(ADDED(XADDRS("http://127.0.0.2:9/a"))), 0);
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    assert_int_equal(n_there, 1);
    stop();
}

static void test_hello_without_addresses_is_resolved(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(say(ADDED(TYPES("wsdp:Device"))), 0);
    assert_true(asked("Resolve"));
    assert_int_equal(say(ADDED(TYPES("wsdp:Device"))), 0); /* not asked twice */
    assert_false(asked("Resolve"));
    answer(RESOLVED(TYPES("wsdp:Device") HERE VERSION("3")));
    assert_int_equal(n_events, 1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a ");
    pass_time(context, 10000);
    assert_int_equal(n_events, 1);
    stop();
}

static void test_what_nobody_resolves_is_shown_as_it_is(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(say(ADDED("")), 0);
    pass_time(context, 3000);
    assert_int_equal(n_events, 0);
    pass_time(context, 2000);
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    assert_string_equal(last.xaddrs, "");
    pass_time(context, 30000);
    assert_int_equal(n_events, 1);
    stop();
}

static void test_resolve_matches_without_addresses_end_the_asking(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(say(ADDED("")), 0);
    assert_true(asked("Resolve"));
    answer(RESOLVED(VERSION("3")));
    pass_time(context, 5000);
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    assert_false(asked("Resolve"));
    stop();
}

static void test_search_at_the_start_and_at_each_interval(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    options.probe_interval = 60000;
    start_with(&options);
    assert_true(asked("Probe"));
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(n_events, 1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    pass_time(context, 5000);
    assert_int_equal(n_events, 1); /* the end of the search is none */
    pass_time(context, 48000);
    assert_false(asked("Probe"));
    uint64_t latest = clock_now + 14000; /* a tenth more or less */
    while (!asked("Probe")) {
        pass_time(context, 10);
        assert_true(clock_now < latest);
    }
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(n_events, 2);
    assert_int_equal(last.kind, WSD_WATCH_REFRESHED);
    assert_int_equal(wsd_watch_probe(watch, NULL), 0); /* follows the one under way */
    pass_time(context, 5000);
    assert_true(asked("Probe"));
    stop();
}

static void test_searches_are_jittered(void **state)
{
    NEED_NAMESPACE(state);
    uint64_t first = 0, second = 0;
    for (int i = 0; i < 2; i++) {
        struct wsd_watch_options options = watch_options();
        options.probe_interval = 1; /* the least is 10 s */
        start_with(&options);
        assert_true(asked("Probe"));
        uint64_t began = clock_now;
        pass_time(context, 8000);
        assert_false(asked("Probe"));
        while (!asked("Probe")) {
            pass_time(context, 10);
        }
        *(i == 0 ? &first : &second) = clock_now - began;
        assert_in_range(clock_now - began, 9000, 11100);
        stop();
    }
    assert_int_not_equal(first, second);
}

static void test_device_that_says_hello_and_answers_is_added_once(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    start_with(&options);
    assert_true(asked("Probe"));
    assert_int_equal(say(ADDED(HERE)), 1);
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    assert_int_equal(counts[WSD_WATCH_REFRESHED], 1);
    pass_time(context, 5000);
    assert_int_equal(n_events, 2);
    stop();
}

/* -- versions --------------------------------------------------------------------------------- */

static void test_higher_version_replaces_the_addresses(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(TYPES("wsdp:Device") HERE));
    assert_int_equal(
        say(HELLO("02", SEQUENCE("5", "2"), XADDRS("http://127.0.0.1:10/b") VERSION("4"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_UPDATED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:10/b ");
    assert_int_equal(last.version, 4);
    assert_int_equal(last.instance, 5);
    assert_int_equal(last.n_types, 1); /* of which nothing was said: they stay */
    stop();
}

static void test_equal_version_adds_addresses(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(HERE));
    assert_int_equal(
        say(HELLO("02", SEQUENCE("5", "2"), XADDRS("http://127.0.0.1:10/b") VERSION("3"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_UPDATED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a http://127.0.0.1:10/b ");
    assert_int_equal(say(HELLO("03", SEQUENCE("5", "3"), HERE VERSION("3"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_REFRESHED);
    stop();
}

static void test_lower_version_of_the_instance_is_no_news(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(HERE));
    assert_int_equal(
        say(HELLO("02", SEQUENCE("5", "2"), XADDRS("http://127.0.0.1:10/b") VERSION("2"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_REFRESHED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a ");
    assert_int_equal(last.version, 3);
    stop();
}

static void test_higher_instance_is_a_restart_whatever_the_version(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(HERE));
    assert_int_equal(
        say(HELLO("02", SEQUENCE("6", "1"), XADDRS("http://127.0.0.1:10/b") VERSION("1"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_RESTARTED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:10/b ");
    assert_int_equal(last.version, 1);
    assert_int_equal(last.instance, 6);
    assert_int_equal(say(HELLO("03", SEQUENCE("4", "1"), HERE VERSION("9"))), 0); /* out of order */
    stop();
}

static void test_new_version_without_addresses_is_resolved(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(HERE));
    assert_int_equal(say(HELLO("02", SEQUENCE("6", "1"), VERSION("4"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_RESTARTED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a "); /* until better is known */
    assert_true(asked("Resolve"));
    answer(RESOLVED(XADDRS("http://127.0.0.1:10/b") VERSION("4")));
    assert_int_equal(n_events, 3);
    assert_int_equal(last.kind, WSD_WATCH_UPDATED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:10/b ");
    assert_int_equal(last.instance, 6);
    stop();
}

static void test_device_with_ever_other_addresses_stays_small(void **state)
{
    NEED_NAMESPACE(state);
    char text[4096];
    start();
    say(ADDED(HERE));
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(text, sizeof text,
                 ENVELOPE("Hello", "urn:uuid:00000000-0000-4000-8000-%012u", "",
                          "<wsd:Hello>" EPR_OF(EPR) XADDRS("http://127.0.0.1:9/%0200u")
                              VERSION("3") "</wsd:Hello>"),
                 i, i);
        assert_int_equal(say(text), 1);
    }
    assert_true(watch->memory <= 4 * WSD_MAX_TARGET_MEMORY);
    assert_non_null(strstr(last.xaddrs, "http://127.0.0.1:9/"));
    assert_int_equal(n_there, 1);
    stop();
}

/* -- leaving ---------------------------------------------------------------------------------- */

static void test_bye_removes_and_tells_what_was_known(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(TYPES("wsdp:Device") HERE));
    assert_int_equal(say(BYE("02", SEQUENCE("5", "2"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_REMOVED);
    assert_false(last.expired);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a ");
    assert_int_equal(last.n_types, 1);
    assert_int_equal(n_there, 0);
    assert_int_equal(say(BYE("02", SEQUENCE("5", "2"))), 0);
    assert_int_equal(say(ADDED(HERE)), 0); /* a late Hello of before */
    assert_int_equal(say(HELLO("03", SEQUENCE("5", "3"), HERE VERSION("3"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    stop();
}

static void test_bye_before_it_was_shown_is_silent(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(""));
    assert_true(asked("Resolve"));
    assert_int_equal(say(BYE("02", SEQUENCE("5", "2"))), 0);
    answer(RESOLVED(HERE VERSION("3")));
    pass_time(context, 10000);
    assert_int_equal(n_events, 0);
    stop();
}

static void test_answer_behind_the_bye_is_no_return(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    start_with(&options);
    assert_true(asked("Probe"));
    assert_int_equal(say(ADDED(HERE)), 1);
    pass_time(context, 100);
    assert_int_equal(say(BYE("02", SEQUENCE("5", "4"))), 1);
    answer(MATCHED(HERE VERSION("3")));
    pass_time(context, 5000);
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    say(HELLO("03", SEQUENCE("5", "5"), HERE VERSION("3")));
    say(BYE("04", SEQUENCE("5", "6")));
    pass_time(context, 100);
    assert_int_equal(wsd_watch_probe(watch, NULL), 0); /* asked since, but it is still leaving */
    assert_true(asked("Probe"));
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 2);
    pass_time(context, 5000);
    assert_int_equal(wsd_watch_probe(watch, NULL), 0);
    assert_true(asked("Probe"));
    answer(MATCHED(HERE VERSION("3"))); /* it is back */
    assert_int_equal(counts[WSD_WATCH_ADDED], 3);
    stop();
}

static void test_answer_of_a_device_that_was_unknown_when_it_left(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    start_with(&options);
    int stranger = open_peer_on("lo", 0x7f000003, 0, false);
    assert_true(asked("Probe"));
    assert_int_equal(say(BYE("02", SEQUENCE("5", "4"))), 0);
    answer(MATCHED(HERE VERSION("3"))); /* sent before the Bye */
    pass_time(context, 5000);
    assert_int_equal(n_events, 0);
    assert_int_equal(wsd_watch_probe(watch, NULL), 0);
    assert_true(asked("Probe"));
    answer(MATCHED(HERE VERSION("3"))); /* it is back */
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    say(BYE("03", SEQUENCE("5", "5")));
    pass_time(context, 5000);
    /* What another host says of a device that nobody knows hides no device. */
    assert_int_equal(wsd_watch_probe(watch, NULL), 0);
    assert_true(asked("Probe"));
    send_to(stranger, GROUP, 3702, BYE("04", SEQUENCE("5", "6")));
    turn(context);
    answer(MATCHED(HERE VERSION("3")));
    assert_int_equal(counts[WSD_WATCH_ADDED], 2);
    close(stranger);
    stop();
}

/* Anybody can say Bye in another's name. */
static void test_bye_of_a_stranger_is_checked(void **state)
{
    NEED_NAMESPACE(state);
    start();
    int stranger = open_peer_on("lo", 0x7f000003, 0, false);
    say(ADDED(HERE));
    send_to(stranger, GROUP, 3702, BYE("02", SEQUENCE("5", "2")));
    turn(context);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 0);
    assert_true(asked("Resolve"));
    answer(RESOLVED(HERE VERSION("3")));
    pass_time(context, 10000);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 0);
    send_to(stranger, GROUP, 3702, BYE("03", SEQUENCE("5", "3")));
    turn(context);
    assert_true(asked("Resolve"));
    pass_time(context, 10000);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 1);
    close(stranger);
    stop();
}

static void test_silent_device_is_asked_before_it_is_removed(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    options.expiry = 60000;
    start_with(&options);
    pass_time(context, 5000);
    say(ADDED(HERE));
    pass_time(context, 59000);
    assert_false(asked("Resolve"));
    pass_time(context, 1500);
    assert_true(asked("Resolve"));
    answer(RESOLVED(HERE VERSION("3")));
    assert_int_equal(last.kind, WSD_WATCH_REFRESHED);
    pass_time(context, 59000);
    assert_false(asked("Resolve"));
    assert_int_equal(counts[WSD_WATCH_REMOVED], 0);
    pass_time(context, 10000); /* asked, silent, and nobody is at its address either */
    assert_true(asked("Resolve"));
    assert_int_equal(counts[WSD_WATCH_REMOVED], 1);
    assert_true(last.expired);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:9/a ");
    stop();
}

static void test_hello_while_it_is_asked_keeps_it(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    options.expiry = 60000;
    start_with(&options);
    say(ADDED(HERE));
    pass_time(context, 61000);
    assert_true(asked("Resolve"));
    assert_int_equal(say(HELLO("02", SEQUENCE("5", "2"), HERE VERSION("3"))), 1);
    pass_time(context, 20000);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 0);
    stop();
}

static void serve_probe(void *user, const struct wsd__http_request *request,
                        struct wsd__http_reply *reply)
{
    char text[8192];
    const char *id = memmem(request->body, request->size, "MessageID>", 10);
    (*(unsigned *)user)++;
    assert_non_null(id);
    snprintf(question, sizeof question, "%.45s", id + 10);
    snprintf(text, sizeof text, MATCHED(HERE VERSION("3")), question);
    reply->status = 200;
    reply->content_type = "application/soap+xml";
    reply->body = strdup(text);
    reply->size = strlen(text);
}

/* Some printers are deaf to the group, but answer over HTTP. */
static void test_device_that_answers_over_http_alone_is_kept(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = watch_options();
    struct wsd__http_server_options http = {.address = "127.0.0.1",
                                            .max_request = 1u << 20,
                                            .max_connections = 4,
                                            .max_connections_per_peer = 4,
                                            .idle_timeout = 30000};
    struct wsd__http_server *server;
    char text[4096];
    unsigned n_requests = 0;
    options.expiry = 60000;
    start_with(&options);
    assert_int_equal(wsd__http_server_new(context, &http, serve_probe, &n_requests, &server, NULL),
                     0);
    snprintf(text, sizeof text, ADDED(XADDRS("http://127.0.0.1:%u/a")),
             wsd__http_server_port(server));
    assert_int_equal(say(text), 1);
    pass_time(context, 64500);
    for (int i = 0; i < 200 && n_requests == 0; i++) {
        wsd_context_wait(context, 10, NULL);
    }
    assert_int_equal(n_requests, 1);
    for (int i = 0; i < 200 && counts[WSD_WATCH_UPDATED] == 0; i++) {
        wsd_context_wait(context, 10, NULL);
    }
    assert_int_equal(counts[WSD_WATCH_REMOVED], 0);
    assert_int_equal(counts[WSD_WATCH_UPDATED], 1); /* by the address that it named there */
    wsd_watch_free(watch);
    watch = NULL;
    wsd__http_server_free(server);
    stop();
}

/* -- types ------------------------------------------------------------------------------------ */

static void test_other_types_are_not_watched(void **state)
{
    NEED_NAMESPACE(state);
    static const struct wsd_qname scanner = {WSD_NS_SCAN, "ScanDeviceType", NULL};
    struct wsd_watch_options options = watch_options();
    options.types = &scanner;
    options.n_types = 1;
    start_with(&options);
    pass_time(context, 5000);
    assert_int_equal(say(ADDED(TYPES("wsdp:Device") HERE)), 0);
    assert_int_equal(say(HELLO("02", SEQUENCE("5", "2"),
                               TYPES("wsdp:Device wscn:ScanDeviceType") HERE VERSION("4"))),
                     1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    /* It gives its scanner up. */
    assert_int_equal(say(HELLO("03", SEQUENCE("5", "3"), TYPES("wsdp:Device") HERE VERSION("5"))),
                     1);
    assert_int_equal(last.kind, WSD_WATCH_REMOVED);
    stop();
}

static void test_untold_types_are_asked_for(void **state)
{
    NEED_NAMESPACE(state);
    static const struct wsd_qname scanner = {WSD_NS_SCAN, "ScanDeviceType", NULL};
    struct wsd_watch_options options = watch_options();
    options.types = &scanner;
    options.n_types = 1;
    for (int fits = 0; fits < 2; fits++) {
        start_with(&options);
        assert_int_equal(say(ADDED(HERE)), 0);
        assert_true(asked("Resolve"));
        answer(fits ? RESOLVED(TYPES("wscn:ScanDeviceType") HERE VERSION("3"))
                    : RESOLVED(TYPES("wsdp:Device") HERE VERSION("3")));
        pass_time(context, 5000);
        assert_int_equal(n_events, fits);
        stop();
    }
    start_with(&options);
    assert_true(asked("Probe"));
    answer(MATCHED(HERE VERSION("3"))); /* the answer itself has to do */
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    stop();
}

/* -- many ------------------------------------------------------------------------------------- */

static void hello_of(unsigned number, const char *more)
{
    char text[4096];
    snprintf(
        text, sizeof text,
        ENVELOPE("Hello", "urn:uuid:00000000-0000-4000-8000-%012u", "",
                 "<wsd:Hello>" EPR_OF("http://example.org/%u") "%s" VERSION("1") "</wsd:Hello>"),
        number, number, more);
    send_to(mouth, GROUP, 3702, text);
    turn(context);
}

static void test_number_of_targets_is_bounded(void **state)
{
    NEED_NAMESPACE(state);
    start();
    for (unsigned i = 0; i < WSD_MAX_WATCH_TARGETS + 10; i++) {
        hello_of(i, HERE);
    }
    assert_int_equal(counts[WSD_WATCH_ADDED], WSD_MAX_WATCH_TARGETS);
    assert_int_equal(n_there, WSD_MAX_WATCH_TARGETS);
    assert_non_null(strstr(last_log, "further ones"));
    stop();
}

static void test_few_targets_are_asked_at_once_and_all_in_the_end(void **state)
{
    NEED_NAMESPACE(state);
    start();
    for (unsigned i = 0; i < 40; i++) {
        hello_of(i, "");
    }
    unsigned n_asked = 0;
    while (asked("Resolve")) {
        n_asked++;
    }
    assert_int_equal(n_asked, WSD_MAX_WATCH_QUESTIONS);
    assert_int_equal(watch->n_asking, WSD_MAX_WATCH_QUESTIONS);
    pass_time(context, 4500);
    assert_int_equal(counts[WSD_WATCH_ADDED], WSD_MAX_WATCH_QUESTIONS);
    pass_time(context, 10000);
    assert_int_equal(counts[WSD_WATCH_ADDED], 40);
    assert_int_equal(watch->n_asking, 0);
    stop();
}

/* Those that wait may say more, leave, or be said to be there before their turn comes. */
static void test_what_happens_to_targets_that_wait_for_their_turn(void **state)
{
    NEED_NAMESPACE(state);
    start();
    for (unsigned i = 0; i < WSD_MAX_WATCH_QUESTIONS + 4; i++) {
        hello_of(i, "");
    }
    char text[4096];
    unsigned gone = WSD_MAX_WATCH_QUESTIONS + 1, here = WSD_MAX_WATCH_QUESTIONS + 2;
    snprintf(
        text, sizeof text,
        ENVELOPE("Bye", ID("aa"), "", "<wsd:Bye>" EPR_OF("http://example.org/%u") "</wsd:Bye>"),
        gone);
    assert_int_equal(say(text), 0);
    snprintf(text, sizeof text,
             ENVELOPE("Hello", ID("ab"), "",
                      "<wsd:Hello>" EPR_OF("http://example.org/%u") VERSION("1") "</wsd:Hello>"),
             here);
    assert_int_equal(say(text), 0); /* waits on */
    snprintf(text, sizeof text,
             ENVELOPE("Hello", ID("ac"), "",
                      "<wsd:Hello>" EPR_OF("http://example.org/%u")
                          HERE VERSION("1") "</wsd:Hello>"),
             here);
    assert_int_equal(say(text), 1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    pass_time(context, 15000);
    assert_int_equal(counts[WSD_WATCH_ADDED], WSD_MAX_WATCH_QUESTIONS + 3);
    assert_int_equal(watch->n_asking, 0);
    stop();
}

/* MetadataVersion and Scopes may be missing, come, and go. */
static void test_announcements_without_a_version_and_with_scopes(void **state)
{
    NEED_NAMESPACE(state);
#define SCOPES(list) "<wsd:Scopes>" list "</wsd:Scopes>"
    start();
    assert_int_equal(say(HELLO("01", SEQUENCE("5", "1"), HERE)), 1);
    assert_int_equal(last.kind, WSD_WATCH_ADDED);
    assert_int_equal(last.version, 0);
    assert_int_equal(say(HELLO("02", SEQUENCE("5", "2"), SCOPES("urn:a") HERE)), 1);
    assert_int_equal(last.kind, WSD_WATCH_UPDATED);
    assert_int_equal(say(HELLO("03", SEQUENCE("6", "1"), XADDRS("http://127.0.0.1:10/b"))), 1);
    assert_int_equal(last.kind, WSD_WATCH_RESTARTED);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:10/b ");
    const struct wsd_target *const *list;
    assert_int_equal(wsd_watch_targets(watch, &list), 1);
    assert_int_equal(list[0]->scopes.n_items, 1); /* what it is silent of stays */
    assert_int_equal(say(HELLO("04", SEQUENCE("6", "2"), SCOPES("urn:b") HERE VERSION("7"))), 1);
    assert_int_equal(wsd_watch_targets(watch, &list), 1);
    assert_string_equal(list[0]->scopes.items[0], "urn:b");
    assert_int_equal(list[0]->scopes.n_items, 1);
    assert_int_equal(say(HELLO("05", SEQUENCE("6", "3"), HERE)), 1);
    assert_int_equal(last.kind, WSD_WATCH_REFRESHED);
    assert_int_equal(last.version, 7);
    assert_int_equal(wsd_watch_probe(watch, NULL), 0);
    assert_true(asked("Probe"));
    answer(MATCHED(SCOPES("urn:c") HERE)); /* without a version */
    assert_int_equal(wsd_watch_targets(watch, &list), 1);
    assert_int_equal(list[0]->scopes.n_items, 2);
    assert_int_equal(last.version, 7);
    stop();
}

static void test_bye_from_another_address_of_the_device_is_believed(void **state)
{
    NEED_NAMESPACE(state);
    start();
    int other = open_peer_on("lo", 0x7f000003, 0, false);
    say(ADDED(XADDRS("http://127.0.0.1:9/a http://127.0.0.3:9/a")));
    send_to(other, GROUP, 3702, BYE("02", SEQUENCE("5", "2")));
    turn(context);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 1);
    close(other);
    stop();
}

/* A second Hello of a new version finds the Resolve for the first under way. */
static void test_newer_version_while_it_is_asked_waits_for_the_answer(void **state)
{
    NEED_NAMESPACE(state);
    start();
    say(ADDED(HERE));
    say(HELLO("02", SEQUENCE("5", "2"), VERSION("4")));
    assert_true(asked("Resolve"));
    say(HELLO("03", SEQUENCE("5", "3"), VERSION("5")));
    assert_false(asked("Resolve"));
    answer(RESOLVED(XADDRS("http://127.0.0.1:10/b") VERSION("5")));
    assert_string_equal(last.xaddrs, "http://127.0.0.1:10/b ");
    assert_int_equal(last.version, 5);
    stop();
}

/* -- the program ------------------------------------------------------------------------------ */

static void test_freeing_inside_each_event(void **state)
{
    NEED_NAMESPACE(state);
    for (unsigned i = 1; i <= 5; i++) {
        struct wsd_watch_options options = watch_options();
        start_with(&options);
        free_at = i;
        assert_true(asked("Probe"));
        answer(MATCHED(HERE VERSION("3")));                      /* added */
        say(HELLO("01", SEQUENCE("5", "3"), HERE VERSION("3"))); /* refreshed */
        say(HELLO("02", SEQUENCE("5", "4"), HERE VERSION("4"))); /* updated */
        say(HELLO("03", SEQUENCE("6", "1"), HERE VERSION("4"))); /* restarted */
        say(BYE("04", SEQUENCE("6", "2")));                      /* removed */
        pass_time(context, 5000);
        assert_int_equal(n_events, i);
        assert_null(watch);
        stop();
    }
}

static void test_freeing_while_questions_are_open(void **state)
{
    NEED_NAMESPACE(state);
    start();
    for (unsigned i = 0; i < 20; i++) {
        hello_of(i, "");
    }
    assert_int_equal(wsd_watch_probe(watch, NULL), 0);
    wsd_watch_free(watch);
    watch = NULL;
    pass_time(context, 5000);
    assert_int_equal(n_events, 0);
    stop();
}

static void test_interface_that_comes_later_is_searched(void **state)
{
    NEED_NAMESPACE(state);
    start();
    make_link("net0", 0xc0000201);
    int other = open_peer_on("net0", 0, 3702, true);
    int device = open_peer_on("net0", 0xc0000201, 0, false);
    turn(context);
    pass_time(context, 3000);
    assert_true(asked_of(other, "Probe"));
    send_to(device, GROUP, 3702, ADDED(XADDRS("http://192.0.2.1:9/a")));
    turn(context);
    assert_int_equal(counts[WSD_WATCH_ADDED], 1);
    assert_string_equal(last.xaddrs, "http://192.0.2.1:9/a ");
    remove_link("net0");
    turn(context);
    pass_time(context, 3000);
    assert_int_equal(counts[WSD_WATCH_REMOVED], 0); /* that is for the silence to tell */
    close(other);
    close(device);
    stop();
}

static void test_options_are_checked(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;
    struct wsd_qname nameless = {WSD_NS_SCAN, "", NULL};
    context = make_context(false);
    assert_int_equal(wsd_watch_new(context, NULL, &watch, NULL), WSD_E_INVALID);
    assert_int_equal(wsd_watch_new(context, &options, &watch, NULL), WSD_E_INVALID);
    options.changed = changed;
    options.types = &nameless;
    options.n_types = 1;
    assert_int_equal(wsd_watch_new(context, &options, &watch, NULL), WSD_E_INVALID);
    wsd_watch_free(NULL);
    wsd_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_adds),
        cmocka_unit_test(test_repeats_and_copies_never_show_twice),
        cmocka_unit_test(test_hello_without_addresses_is_resolved),
        cmocka_unit_test(test_what_nobody_resolves_is_shown_as_it_is),
        cmocka_unit_test(test_resolve_matches_without_addresses_end_the_asking),
        cmocka_unit_test(test_search_at_the_start_and_at_each_interval),
        cmocka_unit_test(test_searches_are_jittered),
        cmocka_unit_test(test_device_that_says_hello_and_answers_is_added_once),
        cmocka_unit_test(test_higher_version_replaces_the_addresses),
        cmocka_unit_test(test_equal_version_adds_addresses),
        cmocka_unit_test(test_lower_version_of_the_instance_is_no_news),
        cmocka_unit_test(test_higher_instance_is_a_restart_whatever_the_version),
        cmocka_unit_test(test_new_version_without_addresses_is_resolved),
        cmocka_unit_test(test_device_with_ever_other_addresses_stays_small),
        cmocka_unit_test(test_bye_removes_and_tells_what_was_known),
        cmocka_unit_test(test_bye_before_it_was_shown_is_silent),
        cmocka_unit_test(test_answer_behind_the_bye_is_no_return),
        cmocka_unit_test(test_answer_of_a_device_that_was_unknown_when_it_left),
        cmocka_unit_test(test_bye_of_a_stranger_is_checked),
        cmocka_unit_test(test_silent_device_is_asked_before_it_is_removed),
        cmocka_unit_test(test_hello_while_it_is_asked_keeps_it),
        cmocka_unit_test(test_device_that_answers_over_http_alone_is_kept),
        cmocka_unit_test(test_other_types_are_not_watched),
        cmocka_unit_test(test_untold_types_are_asked_for),
        cmocka_unit_test(test_number_of_targets_is_bounded),
        cmocka_unit_test(test_few_targets_are_asked_at_once_and_all_in_the_end),
        cmocka_unit_test(test_what_happens_to_targets_that_wait_for_their_turn),
        cmocka_unit_test(test_announcements_without_a_version_and_with_scopes),
        cmocka_unit_test(test_bye_from_another_address_of_the_device_is_believed),
        cmocka_unit_test(test_newer_version_while_it_is_asked_waits_for_the_answer),
        cmocka_unit_test(test_freeing_inside_each_event),
        cmocka_unit_test(test_freeing_while_questions_are_open),
        cmocka_unit_test(test_interface_that_comes_later_is_searched),
        cmocka_unit_test(test_options_are_checked),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
