/* SPDX-License-Identifier: MIT */
/* The panel: destinations, and scans that are started at the device. */
#include "test_service_stage.h"

/* -- destinations -------------------------------------------------------------------------------
 */

static void test_five_destinations_as_windows_registers_them(void **state)
{
    struct stage *stage = *state;
    static const char *const contexts[] = {"Scan", "ScanToPrint", "ScanToEmail", "ScanToFax",
                                           "ScanToOCR"};
    char identifier[64], tokens[5][64];
    const struct wsd_scan_panel *now;

    assert_panel(stage, "");
    join_(stage, AVAILABLE, FIVE, identifier);
    assert_string_equal(stage->body->subscribe_response->expires, "PT1H");
    for (size_t i = 0; i < 5; i++) {
        token_of(stage, contexts[i], tokens[i]);
        assert_int_equal(strlen(tokens[i]), 32);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(tokens[i], tokens[j]);
    }
    assert_panel(stage, "1 DESK Scan, 2 DESK ScanToPrint, 3 DESK ScanToEmail, 4 DESK ScanToFax, "
                        "5 DESK ScanToOCR");
    assert_int_equal(stage->panel_changes, 0); /* not from within a call */
    settle(stage->bench.context);
    assert_int_equal(stage->panel_changes, 1);
    stage->bench.now += 1000;
    now = panel(stage);
    assert_string_equal(now->entries[0].address, "127.0.0.1");
    assert_int_equal(now->entries[0].remaining, 3599000);
    wsd_free(now);
    manage(stage, "Renew", identifier, "<wse:Expires>PT2H</wse:Expires>");
    settle(stage->bench.context);
    assert_int_equal(stage->panel_changes, 2);
    now = panel(stage);
    assert_int_equal(now->entries[4].remaining, 7200000);
    wsd_free(now);
    manage(stage, "Unsubscribe", identifier, NULL);
    assert_panel(stage, "");
    settle(stage->bench.context);
    assert_int_equal(stage->panel_changes, 3);
}

static void test_scan_available_needs_destinations(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    subscribe(stage, AVAILABLE, NULL);
    assert_refused(stage, "InvalidMessage");
    subscribe(stage, AVAILABLE " " EVENT("JobStatusEvent"), NULL);
    assert_refused(stage, "InvalidMessage");
    join_(stage, WSD_NS_SCAN, NULL, identifier); /* all, as far as it goes */
    assert_null(stage->body->subscribe_response->any);
    assert_panel(stage, "");
}

static void test_destinations_that_break_the_schema_are_refused(void **state)
{
    struct stage *stage = *state;

    subscribe(stage, AVAILABLE, "<wscn:ScanDestinations/>");
    assert_refused(stage, "InvalidArgs");
    subscribe(stage, AVAILABLE,
              DESTINATIONS("<wscn:ScanDestination><wscn:ClientDisplayName>a"
                           "</wscn:ClientDisplayName></wscn:ScanDestination>"));
    assert_refused(stage, "InvalidArgs");
    assert_int_equal(wsd_scan_service_events(stage->bench.service).subscribers, 0);
}

static void test_first_scan_destinations_count(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("A", "a")) DESTINATIONS(DESTINATION("B", "b")),
          identifier);
    assert_panel(stage, "1 A a");
}

static void test_two_destinations_of_one_context_are_one(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, AVAILABLE,
          DESTINATIONS(DESTINATION("A", "a") DESTINATION("B", "b") DESTINATION("C", "a")),
          identifier);
    assert_panel(stage, "1 A a, 2 B b");
}

static void test_thirty_two_destinations_are_the_most(void **state)
{
    struct stage *stage = *state;
    struct wsd__buf list = WSD__BUF_INIT(1u << 20);
    char identifier[64];

    for (unsigned n = WSD_MAX_DESTINATIONS + 1; n >= WSD_MAX_DESTINATIONS; n--) {
        wsd__buf_clear(&list);
        wsd__buf_puts(&list, "<wscn:ScanDestinations>");
        for (unsigned i = 0; i < n; i++)
            wsd__buf_printf(&list,
                            "<wscn:ScanDestination><wscn:ClientDisplayName>D"
                            "</wscn:ClientDisplayName><wscn:ClientContext>%u</wscn:ClientContext>"
                            "</wscn:ScanDestination>",
                            i);
        wsd__buf_puts(&list, "</wscn:ScanDestinations>");
        if (n > WSD_MAX_DESTINATIONS) {
            subscribe(stage, AVAILABLE, list.data);
            assert_refused(stage, "EventSourceUnableToProcess");
        } else
            join_(stage, AVAILABLE, list.data, identifier);
    }
    wsd__buf_free(&list);
}

static void test_same_context_of_the_same_peer_replaces(void **state)
{
    struct stage *stage = *state;
    char identifier[64], old[64], new[64];

    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("A", "a")), identifier);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("B", "b")), identifier);
    token_of(stage, "b", old);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("C", "c")), identifier);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("B2", "b")), identifier);
    token_of(stage, "b", new);
    assert_string_not_equal(old, new);
    assert_panel(stage, "1 A a, 2 B2 b, 3 C c");
    /* What was for the entry alone is over; so is the old token. */
    assert_int_equal(wsd_scan_service_events(stage->bench.service).subscribers, 3);
    come_from(stage, "127.0.0.2");
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("B3", "b")), identifier);
    assert_panel(stage, "1 A a, 2 B2 b, 3 C c, 4 B3 b");
}

static void test_subscribing_again_and_again_does_not_fill_the_table(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    for (unsigned i = 0; i < 3 * WSD_MAX_SUBSCRIBERS_PER_PEER; i++)
        join_(stage, AVAILABLE, FIVE, identifier);
    assert_int_equal(wsd_scan_service_events(stage->bench.service).subscribers, 1);
    for (unsigned i = 1; i < WSD_MAX_SUBSCRIBERS_PER_PEER; i++)
        join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    subscribe(stage, ALL_BUT_AVAILABLE, NULL);
    assert_refused(stage, "EventSourceUnableToProcess");
    join_(stage, AVAILABLE, FIVE, identifier); /* takes the place of its predecessor */
    subscribe(stage, AVAILABLE, DESTINATIONS(DESTINATION("X", "x")));
    assert_refused(stage, "EventSourceUnableToProcess");
    assert_panel(stage, "1 DESK Scan, 2 DESK ScanToPrint, 3 DESK ScanToEmail, 4 DESK ScanToFax, "
                        "5 DESK ScanToOCR");
}

static void test_subscription_that_has_more_than_destinations_stays(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, WSD_NS_SCAN, DESTINATIONS(DESTINATION("A", "a")), identifier);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("A2", "a")), identifier);
    assert_int_equal(wsd_scan_service_events(stage->bench.service).subscribers, 2);
}

static void test_numbers_stay_when_others_leave(void **state)
{
    struct stage *stage = *state;
    char first[64], second[64];

    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("A", "a") DESTINATION("B", "b")), first);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("C", "c")), second);
    manage(stage, "Unsubscribe", first, NULL);
    assert_panel(stage, "3 C c");
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("D", "d")), first);
    assert_panel(stage, "1 D d, 3 C c");
    stage->bench.now += 3600000;
    settle(stage->bench.context);
    assert_panel(stage, "");
}

/* -- the button ---------------------------------------------------------------------------------
 */

static void test_press_reaches_the_chosen_subscriber_alone(void **state)
{
    struct stage *stage = *state;
    struct wsd_error error = {0};
    char identifier[64];

    assert_int_equal(wsd_scan_service_press(stage->bench.service, 1, 0, &error), WSD_E_NOT_FOUND);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("A", "a")), identifier);
    join_(stage, AVAILABLE, DESTINATIONS(DESTINATION("B", "b")), identifier);
    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    assert_int_equal(
        wsd_scan_service_press(stage->bench.service, 2, WSD_SCAN_INPUT_SOURCE_ADF, NULL), 0);
    assert_came(stage, "available b ADF", NULL);
    assert_int_equal(wsd_scan_service_press(stage->bench.service, 3, 0, NULL), WSD_E_NOT_FOUND);
    assert_int_equal(wsd_scan_service_press(stage->bench.service, 1, 99, NULL), WSD_E_INVALID);
    assert_int_equal(wsd_scan_service_press(stage->bench.service, 1, -1, NULL), WSD_E_INVALID);
    create_job(&stage->bench, TICKET(""));
    assert_int_equal(wsd_scan_service_press(stage->bench.service, 1, 0, NULL), WSD_E_BUSY);
    assert_came(stage, NULL);
}

/* Presses number and takes the identifier out of the event. */
static void press(struct stage *stage, uint32_t number, char identifier[64])
{
    const char *at;

    sink_clear(&stage->sink);
    assert_int_equal(wsd_scan_service_press(stage->bench.service, number, 0, NULL), 0);
    sink_await(&stage->sink, 1);
    at = strstr(stage->sink.messages[0], "<wscn:ScanIdentifier>");
    assert_non_null(at);
    at += strlen("<wscn:ScanIdentifier>");
    snprintf(identifier, 64, "%.*s", (int)strcspn(at, "<"), at);
    sink_clear(&stage->sink);
}

static void create(struct stage *stage, const char *identifier, const char *token,
                   const char *parameters)
{
    ask(&stage->bench, "CreateScanJob",
        "<wscn:ScanIdentifier>%s</wscn:ScanIdentifier><wscn:DestinationToken>%s"
        "</wscn:DestinationToken>" TICKET("%s"),
        identifier, token, parameters);
}

static void cancel(struct stage *stage)
{
    int32_t id;

    assert_non_null(stage->bench.body->create_scan_job_response);
    id = stage->bench.body->create_scan_job_response->job_id;
    assert_int_equal(wsd_scan_service_cancel(stage->bench.service, id), 0);
}

static void test_pressed_scan_with_identifier_and_token_is_accepted_once(void **state)
{
    struct stage *stage = *state;
    char identifier[64], token[64], scan[64];

    join_(stage, AVAILABLE, FIVE, identifier);
    token_of(stage, "ScanToEmail", token);
    press(stage, 3, scan);
    create(stage, scan, token, "");
    cancel(stage);
    create(stage, scan, token, "");
    assert_fault(&stage->bench, "ClientErrorInvalidScanIdentifier", 400);
    press(stage, 3, scan); /* the token serves again */
    create(stage, scan, token, "");
    cancel(stage);
}

static void test_wrong_identifiers_and_tokens_are_refused(void **state)
{
    struct stage *stage = *state;
    char identifier[64], token[64], other[64], scan[64];

    join_(stage, AVAILABLE, FIVE, identifier);
    token_of(stage, "Scan", token);
    token_of(stage, "ScanToFax", other);
    create(stage, "x", token, "");
    assert_fault(&stage->bench, "ClientErrorInvalidScanIdentifier", 400);
    press(stage, 1, scan);
    create(stage, scan, "x", "");
    assert_fault(&stage->bench, "ClientErrorInvalidDestinationToken", 400);
    create(stage, scan, other, ""); /* of another destination */
    assert_fault(&stage->bench, "ClientErrorInvalidDestinationToken", 400);
    create(stage, scan, "", ""); /* one without the other breaks the schema */
    assert_fault(&stage->bench, "InvalidArgs", 400);
    create(stage, scan, token, ""); /* none of that has used it up */
    cancel(stage);
}

static void test_refused_ticket_leaves_the_identifier(void **state)
{
    struct stage *stage = *state;
    char identifier[64], token[64], scan[64];

    join_(stage, AVAILABLE, FIVE, identifier);
    token_of(stage, "Scan", token);
    press(stage, 1, scan);
    create(stage, scan, token, "<wscn:Format wscn:MustHonor=\"true\">xps</wscn:Format>");
    assert_non_null(stage->bench.body->fault);
    create(stage, scan, token, "");
    cancel(stage);
}

static void test_identifier_is_good_for_five_minutes(void **state)
{
    struct stage *stage = *state;
    char identifier[64], token[64], scan[64];

    join_(stage, AVAILABLE, FIVE, identifier);
    token_of(stage, "Scan", token);
    press(stage, 1, scan);
    stage->bench.now += 299999;
    create(stage, scan, token, "");
    cancel(stage);
    press(stage, 1, scan);
    stage->bench.now += 300000;
    create(stage, scan, token, "");
    assert_fault(&stage->bench, "ClientErrorInvalidScanIdentifier", 400);
}

static void test_token_dies_with_its_subscription_and_survives_renewal(void **state)
{
    struct stage *stage = *state;
    char identifier[64], token[64], scan[64];

    join_(stage, AVAILABLE, FIVE, identifier);
    token_of(stage, "Scan", token);
    manage(stage, "Renew", identifier, NULL);
    press(stage, 1, scan);
    create(stage, scan, token, "");
    cancel(stage);
    press(stage, 1, scan);
    manage(stage, "Unsubscribe", identifier, NULL);
    create(stage, scan, token, "");
    assert_fault(&stage->bench, "ClientErrorInvalidDestinationToken", 400);
}

static void test_only_the_last_identifiers_are_kept(void **state)
{
    struct stage *stage = *state;
    char identifier[64], token[64], first[64], scan[64];

    join_(stage, AVAILABLE, FIVE, identifier);
    token_of(stage, "Scan", token);
    press(stage, 1, first);
    for (unsigned i = 0; i < WSD_MAX_SCAN_IDENTIFIERS; i++)
        press(stage, 1, scan);
    create(stage, first, token, "");
    assert_fault(&stage->bench, "ClientErrorInvalidScanIdentifier", 400);
    create(stage, scan, token, "");
    cancel(stage);
}

static void test_scan_without_both_is_pulled_with_and_without_subscription(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    create(stage, "", "", "");
    cancel(stage);
    join_(stage, AVAILABLE, FIVE, identifier);
    create_job(&stage->bench, TICKET(""));
    cancel(stage);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_five_destinations_as_windows_registers_them),
        T(test_scan_available_needs_destinations),
        T(test_destinations_that_break_the_schema_are_refused),
        T(test_first_scan_destinations_count),
        T(test_two_destinations_of_one_context_are_one),
        T(test_thirty_two_destinations_are_the_most),
        T(test_same_context_of_the_same_peer_replaces),
        T(test_subscribing_again_and_again_does_not_fill_the_table),
        T(test_subscription_that_has_more_than_destinations_stays),
        T(test_numbers_stay_when_others_leave),
        T(test_press_reaches_the_chosen_subscriber_alone),
        T(test_pressed_scan_with_identifier_and_token_is_accepted_once),
        T(test_wrong_identifiers_and_tokens_are_refused),
        T(test_refused_ticket_leaves_the_identifier),
        T(test_identifier_is_good_for_five_minutes),
        T(test_token_dies_with_its_subscription_and_survives_renewal),
        T(test_only_the_last_identifiers_are_kept),
        T(test_scan_without_both_is_pulled_with_and_without_subscription),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
