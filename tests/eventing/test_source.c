/* SPDX-License-Identifier: MIT */
/* The event source: what it grants and what it refuses. */
#include "source_world.h"

/* -- Subscribe ----------------------------------------------------------------------------------
 */

static void test_subscribe_is_granted_as_asked(void **state)
{
    struct world *world = *state;
    const struct wsd_eventing_body *body = subscribe(world, SUBSCRIBE());

    assert_int_equal(world->status, 200);
    assert_string_equal(world->envelope->header.action, WSD_NS_EVENTING "/SubscribeResponse");
    assert_string_equal(world->envelope->header.relates_to[0].message_id, "urn:uuid:1");
    assert_string_equal(body->subscribe_response->expires, "PT1H");
    assert_string_equal(body->subscribe_response->manager.address, "http://127.0.0.1:80/x/scan");
    assert_int_equal(strncmp(identifier_of(body), "urn:uuid:", 9), 0);
    assert_int_equal(counters(world).subscribers, 1);
    assert_int_equal(world->n_subscribed, 1);
}

static void test_identifiers_differ(void **state)
{
    struct world *world = *state;
    char one[64], two[64];

    join_(world, SUBSCRIBE(), one);
    join_(world, SUBSCRIBE(), two);
    assert_string_not_equal(one, two);
}

static void test_expiry_is_granted_between_a_minute_and_a_day(void **state)
{
    struct world *world = *state;
    static const char *const cases[][2] = {
        {"PT1H", "PT1H"},   {"PT60M", "PT60M"},
        {"PT1S", "PT1M"},   {"PT0.5S", "PT1M"},
        {"P1D", "P1D"},     {"P2D", "P1D"},
        {"P1Y", "P1D"},     {"P0Y0M0DT30H0M0S", "P1D"},
        {"PT60S", "PT60S"}, {NONE, "P1D"},
        {"PT59S", "PT1M"},  {"P0Y0M0DT2H0M0S", "P0Y0M0DT2H0M0S"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct wsd_eventing_body *body = subscribe(world, SUBSCRIBE(.expires = cases[i][0]));

        if (!body->subscribe_response ||
            strcmp(body->subscribe_response->expires, cases[i][1]) != 0)
            fail_msg("%s: %s", cases[i][0], world->answer.data);
    }
}

static void test_expiry_of_nothing_and_of_the_past_is_refused(void **state)
{
    struct world *world = *state;
    static const char *const cases[] = {"PT0S", "-PT1H", "P0D", "rubbish", ""};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        subscribe(world, SUBSCRIBE(.expires = cases[i]));
        assert_fault(world, WSD_NS_EVENTING, "InvalidExpirationTime", 400);
    }
    assert_int_equal(counters(world).subscribers, 0);
}

static void test_expiry_as_a_point_in_time_is_refused(void **state)
{
    struct world *world = *state;

    subscribe(world, SUBSCRIBE(.expires = "2030-01-01T00:00:00Z"));
    assert_fault(world, WSD_NS_EVENTING, "UnsupportedExpirationType", 400);
}

static void test_other_delivery_modes_are_refused_and_push_is_offered(void **state)
{
    struct world *world = *state;

    subscribe(world, SUBSCRIBE(.mode = "urn:pull"));
    assert_fault(world, WSD_NS_EVENTING, "DeliveryModeRequestedUnavailable", 400);
    assert_detail(world, WSD_EVENTING_PUSH);
    assert_non_null(strstr(world->answer.data, "wse:SupportedDeliveryMode"));
    assert_non_null(subscribe(world, SUBSCRIBE(.mode = NONE))->subscribe_response);
}

static void test_other_filter_dialects_are_refused_and_actions_are_offered(void **state)
{
    struct world *world = *state;

    subscribe(world, SUBSCRIBE(.dialect = NONE)); /* XPath */
    assert_fault(world, WSD_NS_EVENTING, "FilteringRequestedUnavailable", 400);
    subscribe(world, SUBSCRIBE(.dialect = "http://www.w3.org/TR/1999/REC-xpath-19991116"));
    assert_fault(world, WSD_NS_EVENTING, "FilteringRequestedUnavailable", 400);
    assert_detail(world, WSD_EVENTING_FILTER_ACTION);
    assert_non_null(strstr(world->answer.data, "wse:SupportedDialect"));
    subscribe(world,
              SUBSCRIBE(.dialect = "http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01/Action"));
    assert_int_equal(world->status, 200);
}

static void test_filter_without_an_event_of_ours_is_refused(void **state)
{
    struct world *world = *state;
    static const char *const cases[] = {"urn:x",
                                        BASE "/Four",
                                        BASE "/On",
                                        BASE "/One/x",
                                        BASE "/OneTwo",
                                        "",
                                        BASE "x/One",
                                        BASE "/one",
                                        "http://schemas",
                                        "http://schemas.microsoft.org/windows/2006/08/wdp/scan",
                                        "http://schemas.microsoft.com/windows/2006/08/wdp/sca",
                                        "http://schemas.microsoft.com/windows/2007/08/wdp/scan"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        subscribe(world, SUBSCRIBE(.filter = cases[i]));
        assert_fault(world, NS_DEVPROF, "FilterActionNotSupported", 400);
        assert_string_equal(world->envelope->header.action, NS_DEVPROF "/Fault");
    }
}

/* Which events come, as letters. */
static void filtered(struct world *world, const char *filter, const char *expected)
{
    char got[8] = "", identifier[64];

    sink_clear(&world->sink);
    join_(world,
          SUBSCRIBE(.filter = filter ? filter : NONE,
                    .dialect = filter ? WSD_EVENTING_FILTER_ACTION : NONE),
          identifier);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(happen(world, i, names[i]), 0);
    sink_await(&world->sink, (unsigned)strlen(expected));
    settle(world->context);
    for (unsigned i = 0; i < world->sink.n; i++)
        for (unsigned n = 0; n < 3; n++) {
            char action[128];

            snprintf(action, sizeof action, ">%s/%s<", BASE, names[n]);
            if (strstr(world->sink.messages[i], action))
                snprintf(got + strlen(got), 2, "%c", "123"[n]);
        }
    assert_string_equal(got, expected);
    manage(world, "Unsubscribe", identifier, NULL);
}

static void test_filter_names_events_or_the_path_above_them(void **state)
{
    struct world *world = *state;

    filtered(world, BASE "/One", "1");
    filtered(world, " " BASE "/Three\n " BASE "/One ", "13");
    filtered(world, BASE, "123");
    filtered(world, BASE "/", "123");
    filtered(world, "HTTP://SCHEMAS.microsoft.com/windows/2006/08", "123");
    filtered(world, "HTTP://SCHEMAS.microsoft.com/windows/2006/08/wdp/scan/Three", "3");
    filtered(world, "http://schemas.microsoft.com", "123");
    filtered(world, BASE "/Two urn:unknown", "2");
    filtered(world, "http://schemas.microsoft.com/windows/2006/01/wdp/scan/Two", "2");
    filtered(world, NULL, "123");
}

static void test_subscribe_without_notify_to_is_refused(void **state)
{
    struct world *world = *state;

    subscribe(world, SUBSCRIBE(.notify = NONE));
    assert_fault(world, WSD_NS_EVENTING, "InvalidMessage", 400);
}

static void test_subscribe_without_delivery_is_refused(void **state)
{
    struct world *world = *state;
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);

    put_envelope(&out, "Subscribe", "", "<wse:Subscribe/>");
    send_bytes(world, out.data, out.length);
    assert_fault(world, WSD_NS_EVENTING, "InvalidMessage", 400);
    wsd__buf_clear(&out);
    put_envelope(&out, "Subscribe", "", "");
    send_bytes(world, out.data, out.length);
    assert_fault(world, WSD_NS_EVENTING, "InvalidMessage", 400);
    wsd__buf_free(&out);
}

static void test_only_the_own_address_is_notified(void **state)
{
    struct world *world = *state;
    static const char *const cases[] = {
        "http://127.0.0.2:80/",    "http://192.0.2.1/", "http://239.255.255.250/",
        "http://169.254.169.254/", "http://[::1]/",     "http://localhost/",
        "https://example.com/",    "urn:uuid:1",        "ftp://127.0.0.1/",
        "http://me@127.0.0.1/",    "http://0.0.0.0/",   ""};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        subscribe(world, SUBSCRIBE(.notify = cases[i]));
        assert_fault(world, NS_ADDRESSING, "DestinationUnreachable", 400);
        subscribe(world, SUBSCRIBE(.end_to = cases[i]));
        assert_fault(world, NS_ADDRESSING, "DestinationUnreachable", 400);
    }
    world->peer = "10.1.2.3"; /* this machine, named by another */
    subscribe(world, SUBSCRIBE());
    assert_fault(world, NS_ADDRESSING, "DestinationUnreachable", 400);
    assert_int_equal(counters(world).subscribers, 0);
}

static void test_with_foreign_sinks_allowed_loopback_groups_and_off_link_are_not(void **state)
{
    struct world *world = *state;
    static const char *const cases[] = {"http://127.0.0.2:80/", "http://192.0.2.1/",
                                        "http://239.255.255.250/", "http://169.254.169.254/",
                                        "http://[::1]/"};

    make_source(world, 0, 0, true);
    world->peer = "10.1.2.3";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        subscribe(world, SUBSCRIBE(.notify = cases[i]));
        assert_fault(world, NS_ADDRESSING, "DestinationUnreachable", 400);
    }
}

static void test_ipv6_zone_of_the_peer_is_not_ours(void **state)
{
    struct world *world = *state;

    world->peer = "fe80::1234";
    subscribe(world, SUBSCRIBE(.notify = "http://[fe80::1234%25eth7]:5357/n", .end_to = NONE));
    assert_int_equal(world->status, 200);
    subscribe(world, SUBSCRIBE(.notify = "http://[fe80::1235]:5357/n", .end_to = NONE));
    assert_fault(world, NS_ADDRESSING, "DestinationUnreachable", 400);
}

static void test_table_that_is_full_refuses(void **state)
{
    struct world *world = *state;
    char identifier[64];

    make_source(world, 2, 2, false);
    join_(world, SUBSCRIBE(), identifier);
    join_(world, SUBSCRIBE(), identifier);
    subscribe(world, SUBSCRIBE());
    assert_fault(world, WSD_NS_EVENTING, "EventSourceUnableToProcess", 500);
    assert_int_equal(world->why, WSD__EVENT_END_REFUSED);
    manage(world, "Unsubscribe", identifier, NULL);
    assert_non_null(subscribe(world, SUBSCRIBE())->subscribe_response);
}

static void test_sixteen_of_one_peer_leave_room_for_others(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < WSD_MAX_SUBSCRIBERS_PER_PEER; i++)
        assert_non_null(subscribe(world, SUBSCRIBE())->subscribe_response);
    subscribe(world, SUBSCRIBE());
    assert_fault(world, WSD_NS_EVENTING, "EventSourceUnableToProcess", 500);
    world->peer = "127.0.0.2";
    subscribe(world, SUBSCRIBE(.notify = "http://127.0.0.2/n", .end_to = NONE));
    assert_int_equal(world->status, 200);
}

static void test_addresses_of_a_subscriber_have_a_bound(void **state)
{
    struct world *world = *state;
    char id[5000];

    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    subscribe(world, SUBSCRIBE(.notify_id = id));
    assert_fault(world, WSD_NS_EVENTING, "EventSourceUnableToProcess", 500);
}

static void test_the_service_may_refuse_and_add(void **state)
{
    struct world *world = *state;
    static const struct wsd__fault own = {"Sender", NS_WSCN, "InvalidArgs", "No."};

    subscribe(world, SUBSCRIBE(.extension = "<x:more xmlns:x=\"urn:x\">y</x:more>"));
    assert_string_equal(world->body->subscribe_response->any->local, "more");
    world->refuse = &own;
    subscribe(world, SUBSCRIBE());
    assert_fault(world, BASE, "InvalidArgs", 400);
    assert_int_equal(counters(world).subscribers, 1);
    assert_int_equal(world->n_ended, 0);
}

static void test_unknown_operations_are_not_supported(void **state)
{
    struct world *world = *state;

    manage(world, "Pause", NULL, NULL);
    assert_fault(world, NS_ADDRESSING, "ActionNotSupported", 400);
}

static void test_rubbish_gets_a_fault(void **state)
{
    struct world *world = *state;

    send_bytes(world, "rubbish", 7);
    assert_int_equal(world->status, 400);
    assert_non_null(world->body->fault);
}

/* -- the manager --------------------------------------------------------------------------------
 */

static void test_renew_lasts_longer_and_says_so(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(.expires = "PT1M"), identifier);
    world->now += 50000;
    manage(world, "Renew", identifier, "<wse:Expires>PT60M</wse:Expires>");
    assert_string_equal(world->body->renew_response->expires, "PT60M");
    assert_int_equal(world->n_renewed, 1);
    world->now += 3599000;
    settle(world->context);
    assert_int_equal(counters(world).subscribers, 1);
    world->now += 1001;
    settle(world->context);
    assert_int_equal(counters(world).subscribers, 0);
}

static void test_renew_without_expires_gets_the_most(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    manage(world, "Renew", identifier, NULL);
    assert_string_equal(world->body->renew_response->expires, "P1D");
}

static void test_renew_for_nothing_keeps_what_was_granted(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    manage(world, "Renew", identifier, "<wse:Expires>PT0S</wse:Expires>");
    assert_fault(world, WSD_NS_EVENTING, "InvalidExpirationTime", 400);
    manage(world, "GetStatus", identifier, NULL);
    assert_string_equal(world->body->get_status_response->expires, "PT1H");
}

static void test_get_status_tells_what_is_left(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    world->now += 600500;
    manage(world, "GetStatus", identifier, NULL);
    assert_string_equal(world->body->get_status_response->expires, "PT50M");
    assert_string_equal(world->envelope->header.action, WSD_NS_EVENTING "/GetStatusResponse");
}

static void test_identifier_is_known_in_other_spellings(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    assert_non_null(
        manage(world, "GetStatus", identifier + strlen("urn:uuid:"), NULL)->get_status_response);
}

static void test_manager_without_identifier_is_an_invalid_message(void **state)
{
    struct world *world = *state;
    static const char *const operations[] = {"Renew", "GetStatus", "Unsubscribe"};

    for (size_t i = 0; i < 3; i++) {
        manage(world, operations[i], NULL, NULL);
        assert_fault(world, WSD_NS_EVENTING, "InvalidMessage", 400);
    }
}

static void test_manager_of_an_unknown_identifier(void **state)
{
    struct world *world = *state;
    const char *unknown = "urn:uuid:11111111-0000-4000-8000-000000000000";

    manage(world, "Renew", unknown, NULL);
    assert_fault(world, WSD_NS_EVENTING, "UnableToRenew", 500);
    manage(world, "Renew", "nonsense", NULL);
    assert_fault(world, WSD_NS_EVENTING, "UnableToRenew", 500);
    manage(world, "GetStatus", unknown, NULL);
    assert_fault(world, WSD_NS_EVENTING, "InvalidMessage", 400);
    manage(world, "Unsubscribe", unknown, NULL);
    assert_fault(world, WSD_NS_EVENTING, "InvalidMessage", 400);
}

static void test_unsubscribe_answers_with_an_empty_body(void **state)
{
    struct world *world = *state;
    char identifier[64];

    join_(world, SUBSCRIBE(), identifier);
    manage(world, "Unsubscribe", identifier, NULL);
    assert_int_equal(world->status, 200);
    assert_string_equal(world->envelope->header.action, WSD_NS_EVENTING "/UnsubscribeResponse");
    assert_non_null(strstr(world->answer.data, "<soap:Body/>"));
    assert_int_equal(world->n_ended, 1);
    assert_int_equal(world->why, WSD__EVENT_END_UNSUBSCRIBED);
    assert_int_equal(counters(world).subscribers, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_subscribe_is_granted_as_asked),
        T(test_identifiers_differ),
        T(test_expiry_is_granted_between_a_minute_and_a_day),
        T(test_expiry_of_nothing_and_of_the_past_is_refused),
        T(test_expiry_as_a_point_in_time_is_refused),
        T(test_other_delivery_modes_are_refused_and_push_is_offered),
        T(test_other_filter_dialects_are_refused_and_actions_are_offered),
        T(test_filter_without_an_event_of_ours_is_refused),
        T(test_filter_names_events_or_the_path_above_them),
        T(test_subscribe_without_notify_to_is_refused),
        T(test_subscribe_without_delivery_is_refused),
        T(test_only_the_own_address_is_notified),
        T(test_with_foreign_sinks_allowed_loopback_groups_and_off_link_are_not),
        T(test_ipv6_zone_of_the_peer_is_not_ours),
        T(test_table_that_is_full_refuses),
        T(test_sixteen_of_one_peer_leave_room_for_others),
        T(test_addresses_of_a_subscriber_have_a_bound),
        T(test_the_service_may_refuse_and_add),
        T(test_unknown_operations_are_not_supported),
        T(test_rubbish_gets_a_fault),
        T(test_renew_lasts_longer_and_says_so),
        T(test_renew_without_expires_gets_the_most),
        T(test_renew_for_nothing_keeps_what_was_granted),
        T(test_get_status_tells_what_is_left),
        T(test_identifier_is_known_in_other_spellings),
        T(test_manager_without_identifier_is_an_invalid_message),
        T(test_manager_of_an_unknown_identifier),
        T(test_unsubscribe_answers_with_an_empty_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
