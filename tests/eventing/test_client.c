/* SPDX-License-Identifier: MIT */
/* The four operations against a device made of raw bytes: what is sent, and what a grant means. */
#include "codec.h"
#include "peer.h"

#include <time.h>

#include "eventing/messages.h"
#include "xml/any_typed.h"
#include <wsd/eventing.h>

#define SOAP_OK  "200 OK\r\nContent-Type: application/soap+xml"
#define DATED    SOAP_OK "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT"
#define WSE      " xmlns:e=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\""
#define ID       "<e:Identifier xmlns:v=\"urn:v\" v:a=\"1\">urn:uuid:77</e:Identifier>"
#define PROPERTY "<v:Key xmlns:v=\"urn:v\" xmlns:w=\"urn:w\" v:type=\"w:t\">w:k<v:b/></v:Key>"
#define MANAGER(inner)                                                                             \
    "<e:SubscriptionManager><wsa:Address>http://127.0.0.1:9/m</wsa:Address>" inner                 \
    "</e:SubscriptionManager>"
#define SUBSCRIBED(inner, rest)                                                                    \
    BODY("<e:SubscribeResponse" WSE ">" MANAGER(inner) rest "</e:SubscribeResponse>")
#define EXPIRES(text) "<e:Expires>" text "</e:Expires>"
#define FAULT(subcode)                                                                             \
    BODY("<soap:Fault" WSE "><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode>"        \
         "<soap:Value>e:" subcode "</soap:Value></soap:Subcode></soap:Code><soap:Reason>"          \
         "<soap:Text xml:lang=\"en\">why</soap:Text></soap:Reason></soap:Fault>")

static const char *const actions[] = {"urn:a/One", "urn:a/Two", NULL};

static struct wsd_subscribe_options wanted(void)
{
    struct wsd_subscribe_options options = WSD_SUBSCRIBE_OPTIONS_INIT;
    options.actions = actions;
    options.notify_to = "http://127.0.0.1:8/n";
    options.expires = (struct wsd_expires){.kind = WSD_EXPIRES_DURATION, .milliseconds = 3600000};
    return options;
}

/* Subscribes at a device that gives this answer. The caller frees the result. */
static const struct wsd_subscribed *subscribed_by(struct wsd_context *context, const char *head,
                                                  const char *body)
{
    struct peer *peer = peer_new(&(struct answer){.head = head, .body = body}, 1);
    struct wsd_subscribe_options options = wanted();
    const struct wsd_subscribed *subscribed = NULL;
    struct wsd_error error = {0};
    int r = wsd_subscribe(context, peer->url, &options, &subscribed, &error);
    if (r < 0)
        fail_msg("%s", error.message);
    peer_free(peer);
    return subscribed;
}

/* -- Subscribe --------------------------------------------------------------------------------- */

static void subscribe_says_what_windows_says(void **state)
{
    static const struct wsd_any text = {.kind = WSD_ANY_TEXT, .text = "urn:uuid:1"};
    static const struct wsd_any id = {.kind = WSD_ANY_ELEMENT,
                                      .ns = WSD_NS_EVENTING,
                                      .local = "Identifier",
                                      .prefix = "wse",
                                      .position = 7,
                                      .children = &text};
    struct peer *peer = peer_new(&(struct answer){.head = SOAP_OK,
                                                  .body = SUBSCRIBED("<wsa:ReferenceParameters>" ID
                                                                     "</wsa:ReferenceParameters>",
                                                                     EXPIRES("PT30M"))},
                                 1);
    struct wsd_subscribe_options options = wanted();
    const struct wsd_subscribed *subscribed = NULL;
    options.notify_parameters = options.end_parameters = options.extension = &id;
    options.end_to = "http://127.0.0.1:8/e";
    assert_int_equal(wsd_subscribe(*state, peer->url, &options, &subscribed, NULL), 0);
    assert_has(peer->requests[0],
               "<wse:Subscribe><wse:EndTo><wsa:Address>http://127.0.0.1:8/e</wsa:Address>"
               "<wsa:ReferenceParameters><wse:Identifier>urn:uuid:1</wse:Identifier>"
               "</wsa:ReferenceParameters></wse:EndTo><wse:Delivery Mode=\"" WSD_EVENTING_PUSH
               "\"><wse:NotifyTo><wsa:Address>http://127.0.0.1:8/n</wsa:Address>"
               "<wsa:ReferenceParameters><wse:Identifier>urn:uuid:1</wse:Identifier>"
               "</wsa:ReferenceParameters></wse:NotifyTo></wse:Delivery><wse:Expires>PT1H"
               "</wse:Expires><wse:Filter Dialect=\"" WSD_EVENTING_FILTER_ACTION
               "\">urn:a/One urn:a/Two</wse:Filter><wse:Identifier>urn:uuid:1</wse:Identifier>"
               "</wse:Subscribe>");
    assert_has(peer->requests[0], "<wsa:Action>" WSD_NS_EVENTING "/Subscribe</wsa:Action>");
    assert_string_equal(subscribed->manager.address, "http://127.0.0.1:9/m");
    assert_string_equal(subscribed->manager.reference_parameters->any->local, "Identifier");
    assert_int_equal(subscribed->grant.expires.kind, WSD_EXPIRES_DURATION);
    assert_int_equal(subscribed->grant.remaining, 1800000);
    assert_false(subscribed->grant.estimated);
    assert_ptr_equal(subscribed->grant.body->subscribe_response, subscribed->response);
    wsd_free(subscribed);
    peer_free(peer);
}

static void what_is_missing_is_said_before_anything_is_sent(void **state)
{
    static const char *const blank[] = {"urn:a b", NULL};
    struct wsd_subscribe_options options = wanted();
    struct wsd_error error = {0};
    assert_int_equal(wsd_subscribe(*state, "", &options, NULL, NULL), WSD_E_INVALID);
    assert_int_equal(wsd_subscribe(*state, "http://127.0.0.1:9/", NULL, NULL, NULL), WSD_E_INVALID);
    options.actions = blank;
    assert_int_equal(wsd_subscribe(*state, "http://127.0.0.1:9/", &options, NULL, &error),
                     WSD_E_INVALID);
    assert_has(error.message, "urn:a b");
    options.actions = NULL;
    assert_int_equal(wsd_subscribe(*state, "http://127.0.0.1:9/", &options, NULL, NULL),
                     WSD_E_INVALID);
    assert_int_equal(wsd_renew(*state, &(struct wsd_endpoint_reference){0}, NULL, NULL, NULL, NULL),
                     WSD_E_INVALID);
}

static void a_refusal_tells_its_subcode(void **state)
{
    struct peer *peer = peer_new(
        &(struct answer){.head = "500 No", .body = FAULT("FilteringRequestedUnavailable")}, 1);
    struct wsd_subscribe_options options = wanted();
    struct wsd_error error = {0};
    assert_int_equal(wsd_subscribe(*state, peer->url, &options, NULL, &error), WSD_E_FAULT);
    assert_string_equal(error.subcode, "FilteringRequestedUnavailable");
    assert_string_equal(error.operation, "Subscribe");
    peer_free(peer);
}

/* -- grants ------------------------------------------------------------------------------------ */

static void a_grant_without_expires_has_no_end(void **state)
{
    const struct wsd_subscribed *s = subscribed_by(*state, SOAP_OK, SUBSCRIBED("", ""));
    assert_int_equal(s->grant.expires.kind, WSD_EXPIRES_NONE);
    assert_true(s->grant.remaining == INT64_MAX);
    assert_false(s->grant.estimated);
    assert_null(s->manager.reference_parameters);
    wsd_free(s);
}

static void a_grant_of_a_second(void **state)
{
    const struct wsd_subscribed *s =
        subscribed_by(*state, SOAP_OK, SUBSCRIBED("", EXPIRES("P0Y0M0DT0H0M1S")));
    assert_int_equal(s->grant.remaining, 1000);
    wsd_free(s);
}

static void a_grant_of_ten_years_and_of_more_than_there_is(void **state)
{
    const struct wsd_subscribed *s =
        subscribed_by(*state, SOAP_OK, SUBSCRIBED("", EXPIRES("P10Y")));
    assert_true(s->grant.remaining == INT64_C(3650) * 86400000);
    wsd_free(s);
    s = subscribed_by(*state, SOAP_OK, SUBSCRIBED("", EXPIRES("P999999999999Y")));
    assert_true(s->grant.remaining == INT64_MAX - 1);
    wsd_free(s);
    s = subscribed_by(*state, DATED, SUBSCRIBED("", EXPIRES("200000000000-01-01T00:00:00Z")));
    assert_true(s->grant.remaining == INT64_MAX - 1);
    wsd_free(s);
}

static void a_grant_in_the_past_is_over(void **state)
{
    static const char *const texts[] = {EXPIRES("-PT5M"), EXPIRES("PT0S"),
                                        EXPIRES("1994-11-06T08:49:36Z"),
                                        EXPIRES("-0500-01-01T00:00:00Z")};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char body[2048];
        snprintf(body, sizeof body, SUBSCRIBED("", "%s"), texts[i]);
        const struct wsd_subscribed *s = subscribed_by(*state, DATED, body);
        assert_true(s->grant.remaining == 0);
        wsd_free(s);
    }
}

static void a_point_in_time_is_counted_on_the_clock_of_the_device(void **state)
{
    const struct wsd_subscribed *s =
        subscribed_by(*state, DATED, SUBSCRIBED("", EXPIRES("1994-11-06T10:49:37+01:00")));
    assert_int_equal(s->grant.expires.kind, WSD_EXPIRES_TIME);
    assert_int_equal(s->grant.remaining, 3600000);
    assert_false(s->grant.estimated);
    wsd_free(s);
}

static void a_point_in_time_without_date_or_zone_is_a_guess(void **state)
{
    char body[2048], text[32];
    time_t soon = time(NULL) + 600;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime(&soon));
    snprintf(body, sizeof body, SUBSCRIBED("", EXPIRES("%s")), text);
    const struct wsd_subscribed *s = subscribed_by(*state, SOAP_OK, body);
    assert_true(s->grant.estimated);
    assert_in_range(s->grant.remaining, 590000, 600000);
    wsd_free(s);
    s = subscribed_by(*state, DATED, SUBSCRIBED("", EXPIRES("1994-11-06T09:49:37")));
    assert_true(s->grant.estimated);
    wsd_free(s);
    s = subscribed_by(*state, SOAP_OK "\r\nDate: tomorrow",
                      SUBSCRIBED("", EXPIRES("1994-11-06T09:49:37Z")));
    assert_true(s->grant.estimated);
    assert_true(s->grant.remaining == 0);
    wsd_free(s);
}

static void a_text_that_is_no_expiry_is_a_guess(void **state)
{
    const struct wsd_subscribed *s =
        subscribed_by(*state, SOAP_OK, SUBSCRIBED("", EXPIRES("soon")));
    assert_true(s->grant.estimated);
    assert_true(s->grant.remaining == INT64_MAX);
    wsd_free(s);
}

static void the_text_of_an_expiry(void **state)
{
    struct wsd_expires expires;
    (void)state;
    assert_true(wsd_expires_parse(NULL, &expires));
    assert_int_equal(expires.kind, WSD_EXPIRES_NONE);
    assert_true(wsd_expires_parse(" \n", &expires));
    assert_int_equal(expires.kind, WSD_EXPIRES_NONE);
    assert_true(wsd_expires_parse(" PT1.5S ", &expires));
    assert_int_equal(expires.kind, WSD_EXPIRES_DURATION);
    assert_int_equal(expires.milliseconds, 1500);
    assert_true(wsd_expires_parse("1970-01-01T00:00:05Z", &expires));
    assert_int_equal(expires.kind, WSD_EXPIRES_TIME);
    assert_int_equal(expires.time.seconds, 5);
    assert_false(wsd_expires_parse("PT", &expires));
    assert_false(wsd_expires_parse("3600", &expires));
}

/* -- the manager ------------------------------------------------------------------------------- */

static void references_come_back_unchanged(void **state)
{
    const struct wsd_subscribed *s =
        subscribed_by(*state, SOAP_OK,
                      SUBSCRIBED("<wsa:ReferenceProperties>" PROPERTY "</wsa:ReferenceProperties>"
                                 "<wsa:ReferenceParameters>" ID "</wsa:ReferenceParameters>",
                                 EXPIRES("PT1H")));
    static const struct answer answers[] = {
        {.head = SOAP_OK,
         .body = BODY("<e:RenewResponse" WSE ">" EXPIRES("PT5M") "</e:RenewResponse>")},
        {.head = SOAP_OK, .body = BODY("<e:GetStatusResponse" WSE "/>")},
        {.head = SOAP_OK, .body = BODY("")}};
    struct peer *peer = peer_new(answers, 3);
    struct wsd_endpoint_reference manager = s->manager;
    struct wsd_expires hour = {.kind = WSD_EXPIRES_DURATION, .milliseconds = 3600000};
    const struct wsd_grant *grant;
    manager.address = peer->url;
    assert_int_equal(wsd_renew(*state, &manager, &hour, NULL, &grant, NULL), 0);
    assert_int_equal(grant->remaining, 300000);
    wsd_free(grant);
    assert_int_equal(wsd_get_status(*state, &manager, NULL, &grant, NULL), 0);
    assert_true(grant->remaining == INT64_MAX);
    wsd_free(grant);
    assert_int_equal(wsd_unsubscribe(*state, &manager, NULL, NULL), 0);
    for (int i = 0; i < 3; i++) {
        const char *header = strstr(peer->requests[i], "<soap:Header>");
        assert_has(header, "<wse:Identifier xmlns:v=\"urn:v\" v:a=\"1\">urn:uuid:77"
                           "</wse:Identifier>");
        assert_has(header, "v:type=\"w:t\"");
        assert_has(header, "xmlns:w=\"urn:w\"");
        assert_has(header, ">w:k<v:b/></v:Key>");
        assert_has(header, "</wsa:To>");
    }
    assert_has(peer->requests[0], "<wse:Renew><wse:Expires>PT1H</wse:Expires></wse:Renew>");
    assert_has(peer->requests[1], "<wse:GetStatus/>");
    assert_has(peer->requests[2], "<wse:Unsubscribe/>");
    assert_has(peer->requests[2], "<wsa:Action>" WSD_NS_EVENTING "/Unsubscribe</wsa:Action>");
    wsd_free(s);
    peer_free(peer);
}

static void renewing_without_an_expiry_asks_for_no_end(void **state)
{
    struct peer *peer = peer_new(&(struct answer){.head = SOAP_OK, .body = BODY("")}, 1);
    struct wsd_endpoint_reference manager = {.address = peer->url};
    assert_int_equal(wsd_renew(*state, &manager, NULL, NULL, NULL, NULL), 0);
    assert_has(peer->requests[0], "<wse:Renew/>");
    peer_free(peer);
}

static void another_answer_than_that_of_renew_is_refused(void **state)
{
    struct peer *peer =
        peer_new(&(struct answer){.head = SOAP_OK, .body = BODY("<wscn:Surprise/>")}, 1);
    struct wsd_endpoint_reference manager = {.address = peer->url};
    struct wsd_error error = {0};
    assert_int_equal(wsd_renew(*state, &manager, NULL, NULL, NULL, &error), WSD_E_SCHEMA);
    assert_has(error.message, "RenewResponse");
    peer_free(peer);
}

static void an_unsubscribe_is_answered_in_many_ways(void **state)
{
    static const struct answer answers[] = {
        {.head = SOAP_OK, .body = BODY("<e:UnsubscribeResponse" WSE "/>")},
        {.head = "202 Accepted", .body = ""},
        {.head = "204 No Content", .body = "", .announced = (size_t)-1},
        {.head = "200 OK", .body = ""},
        {.head = "500 Oops", .body = FAULT("InvalidMessage")},
        {.head = "404 Not Found", .body = ""}};
    struct peer *peer = peer_new(answers, 6);
    struct wsd_endpoint_reference manager = {.address = peer->url};
    struct wsd_error error = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(wsd_unsubscribe(*state, &manager, NULL, &error), 0);
    assert_int_equal(wsd_unsubscribe(*state, &manager, NULL, &error), WSD_E_FAULT);
    assert_string_equal(error.subcode, "InvalidMessage");
    assert_int_equal(wsd_unsubscribe(*state, &manager, NULL, NULL), WSD_E_HTTP);
    peer_free(peer);
}

static void an_empty_answer_to_renew_is_no_grant(void **state)
{
    struct peer *peer = peer_new(&(struct answer){.head = "200 OK", .body = ""}, 1);
    struct wsd_endpoint_reference manager = {.address = peer->url};
    assert_int_equal(wsd_renew(*state, &manager, NULL, NULL, NULL, NULL), WSD_E_EMPTY);
    peer_free(peer);
}

/* -- typed extensions -------------------------------------------------------------------------- */

static void a_typed_value_becomes_an_element_and_a_value_again(void **state)
{
    static const struct wsd_scan_destination lines[] = {{"Desk <1>", "c1", NULL},
                                                        {"Desk 2", "c2", NULL}};
    struct wsd_scan_destinations value = {.scan_destination = lines, .n_scan_destination = 2};
    const struct wsd_any *element = NULL;
    const void *back = NULL;
    assert_int_equal(
        wsd__any_encode(*state, &wsd__type_scan_destinations, NS_WSCN, &value, &element, NULL), 0);
    assert_string_equal(element->local, "ScanDestinations");
    assert_string_equal(element->ns, URI_SCAN);
    assert_int_equal(element->position, 0);
    assert_ptr_equal(wsd__any_find(element, NS_WSCN, "ScanDestinations"), element);
    assert_null(wsd__any_find(element, NS_WSE, "ScanDestinations"));
    assert_int_equal(
        wsd__any_decode(*state, element, &wsd__type_scan_destinations, NS_WSCN, &back, NULL), 0);
    assert_true(wsd_equal(&wsd__type_scan_destinations, &value, back));
    wsd_free(back);
    struct wsd_error error = {0};
    assert_int_equal(wsd__any_decode(*state, element, &wsd__type_scan_destination_responses,
                                     NS_WSCN, &back, &error),
                     WSD_E_SCHEMA);
    assert_has(error.message, "ScanDestinations");
    wsd_free(element);
}

static void a_typed_value_out_of_range_names_its_place(void **state)
{
    char name[200];
    struct wsd_scan_destination line = {name, "c", NULL};
    struct wsd_scan_destinations value = {.scan_destination = &line, .n_scan_destination = 1};
    const struct wsd_any *element = NULL;
    struct wsd_error error = {0};
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(
        wsd__any_encode(*state, &wsd__type_scan_destinations, NS_WSCN, &value, &element, &error),
        WSD_E_SCHEMA);
    assert_has(error.path, "ClientDisplayName");
    assert_null(element);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subscribe_says_what_windows_says),
        cmocka_unit_test(what_is_missing_is_said_before_anything_is_sent),
        cmocka_unit_test(a_refusal_tells_its_subcode),
        cmocka_unit_test(a_grant_without_expires_has_no_end),
        cmocka_unit_test(a_grant_of_a_second),
        cmocka_unit_test(a_grant_of_ten_years_and_of_more_than_there_is),
        cmocka_unit_test(a_grant_in_the_past_is_over),
        cmocka_unit_test(a_point_in_time_is_counted_on_the_clock_of_the_device),
        cmocka_unit_test(a_point_in_time_without_date_or_zone_is_a_guess),
        cmocka_unit_test(a_text_that_is_no_expiry_is_a_guess),
        cmocka_unit_test(the_text_of_an_expiry),
        cmocka_unit_test(references_come_back_unchanged),
        cmocka_unit_test(renewing_without_an_expiry_asks_for_no_end),
        cmocka_unit_test(another_answer_than_that_of_renew_is_refused),
        cmocka_unit_test(an_unsubscribe_is_answered_in_many_ways),
        cmocka_unit_test(an_empty_answer_to_renew_is_no_grant),
        cmocka_unit_test(a_typed_value_becomes_an_element_and_a_value_again),
        cmocka_unit_test(a_typed_value_out_of_range_names_its_place),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
