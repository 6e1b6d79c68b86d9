/* SPDX-License-Identifier: MIT */
/* The messages of WS-Eventing, as Windows and devices write them. */
#include "codec.h"

#include "eventing/messages.h"

#define DECL " xmlns:e=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\""

static const char subscribe[] =
    BODY("<e:Subscribe" DECL "><e:EndTo><wsa:Address>http://10.0.0.9:5357/e</wsa:Address>"
         "<wsa:ReferenceParameters><e:Identifier>urn:uuid:1</e:Identifier>"
         "</wsa:ReferenceParameters></e:EndTo><e:Delivery Mode=\"" WSD_EVENTING_PUSH "\">"
         "<e:NotifyTo><wsa:Address>http://10.0.0.9:5357/n</wsa:Address></e:NotifyTo></e:Delivery>"
         "<e:Expires>P0Y0M0DT30H0M0S</e:Expires><e:Filter Dialect=\"" WSD_EVENTING_FILTER_ACTION
         "\"> urn:a\n urn:b </e:Filter><wscn:ScanDestinations><wscn:ScanDestination>"
         "<wscn:ClientDisplayName>Desk</wscn:ClientDisplayName>"
         "<wscn:ClientContext>c</wscn:ClientContext></wscn:ScanDestination>"
         "</wscn:ScanDestinations></e:Subscribe>");

static void a_subscribe_of_windows_is_read_with_its_extension(void **state)
{
    struct wsd_context *context = make_context();
    const struct wsd__envelope *envelope = decode_ok(context, &wsd__type_eventing_body, subscribe);
    const struct wsd_eventing_body *body = envelope->body;

    (void)state;
    assert_non_null(body->subscribe);
    assert_string_equal(body->subscribe->delivery.mode, WSD_EVENTING_PUSH);
    assert_string_equal(body->subscribe->delivery.notify_to->address, "http://10.0.0.9:5357/n");
    assert_string_equal(body->subscribe->end_to->address, "http://10.0.0.9:5357/e");
    assert_string_equal(body->subscribe->end_to->reference_parameters->any->local, "Identifier");
    assert_string_equal(body->subscribe->expires, "P0Y0M0DT30H0M0S");
    assert_string_equal(body->subscribe->filter->value, "urn:a\n urn:b");
    assert_string_equal(body->subscribe->any->local, "ScanDestinations");
    wsd_free(envelope);
    wsd_context_free(context);
}

static void an_answer_without_expires_is_read(void **state)
{
    struct wsd_context *context = make_context();
    const struct wsd__envelope *envelope =
        decode_ok(context, &wsd__type_eventing_body,
                  BODY("<e:SubscribeResponse" DECL "><e:SubscriptionManager><wsa:Address>http://p/"
                       "</wsa:Address></e:SubscriptionManager></e:SubscribeResponse>"));
    const struct wsd_eventing_body *body = envelope->body;

    (void)state;
    assert_string_equal(body->subscribe_response->manager.address, "http://p/");
    assert_null(body->subscribe_response->expires);
    wsd_free(envelope);
    wsd_context_free(context);
}

static void an_answer_without_manager_names_what_is_missing(void **state)
{
    struct wsd_context *context = make_context();
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    const char *text = BODY("<e:SubscribeResponse" DECL "/>");

    (void)state;
    assert_int_equal(
        decode_bytes(context, &wsd__type_eventing_body, text, strlen(text), 0, &envelope, &error),
        WSD_E_SCHEMA);
    assert_non_null(strstr(error.message, "SubscriptionManager"));
    wsd_context_free(context);
}

static void the_end_of_a_subscription_is_read(void **state)
{
    struct wsd_context *context = make_context();
    const struct wsd__envelope *envelope =
        decode_ok(context, &wsd__type_eventing_body,
                  BODY("<e:SubscriptionEnd" DECL "><e:SubscriptionManager><wsa:Address>urn:m"
                       "</wsa:Address></e:SubscriptionManager><e:Status>" WSD_NS_EVENTING
                       "/SourceCanceling</e:Status><e:Reason xml:lang=\"en\">bye</e:Reason>"
                       "</e:SubscriptionEnd>"));
    const struct wsd_eventing_body *body = envelope->body;

    (void)state;
    assert_string_equal(body->subscription_end->status, WSD_NS_EVENTING "/SourceCanceling");
    assert_int_equal(body->subscription_end->n_reason, 1);
    assert_string_equal(body->subscription_end->reason[0].value, "bye");
    wsd_free(envelope);
    wsd_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subscribe_of_windows_is_read_with_its_extension),
        cmocka_unit_test(an_answer_without_expires_is_read),
        cmocka_unit_test(an_answer_without_manager_names_what_is_missing),
        cmocka_unit_test(the_end_of_a_subscription_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
