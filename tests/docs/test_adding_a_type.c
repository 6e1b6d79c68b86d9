/* SPDX-License-Identifier: MIT */
/*
 * The example of docs/adding-a-type.md, which quotes the tables from here: two messages that the
 * library does not have, described, written and read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "soap/envelope.h"

/** WS-Eventing: Renew. The subscriber asks for more time. */
struct wsd_event_renew {
    const struct wsd_duration *expires; /**< absent: as long as the source likes */
    const struct wsd_any *any;
};

/** WS-Eventing: RenewResponse. */
struct wsd_event_renew_response {
    struct wsd_duration expires; /**< what was granted */
    const struct wsd_any *any;
};

/** The bodies of the service; one of them is set. */
struct wsd_event_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_event_renew *renew;
    const struct wsd_event_renew_response *renew_response;
    const struct wsd_any *any;
};

#define T struct wsd_event_renew
static const struct wsd__row renew_rows[] = {
    OPT(expires, NS_WSE, "Expires", 0),
};
#undef T
static const struct wsd_type type_renew =
    WSD__TYPE(struct wsd_event_renew, "Renew", renew_rows, OPEN);

#define T struct wsd_event_renew_response
static const struct wsd__row renew_response_rows[] = {
    REQ(expires, NS_WSE, "Expires", 0),
};
#undef T
static const struct wsd_type type_renew_response =
    WSD__TYPE(struct wsd_event_renew_response, "RenewResponse", renew_response_rows, OPEN);

#define T struct wsd_event_body
static const struct wsd__row event_body_rows[] = {
    WSD__FAULT_ROW,
    OPT_STRUCT(renew, NS_WSE, "Renew", 0, wsd_event_renew, type_renew),
    OPT_STRUCT(renew_response, NS_WSE, "RenewResponse", 0, wsd_event_renew_response,
               type_renew_response),
};
#undef T
static const struct wsd_type type_event_body =
    WSD__TYPE(struct wsd_event_body, "Body", event_body_rows, OPEN);

#define ENVELOPE(body)                                                                             \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                                   \
    "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\""                        \
    " xmlns:wse=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\">"                               \
    "<soap:Body>" body "</soap:Body></soap:Envelope>"

static int setup(void **state)
{
    struct wsd_context *context = NULL;
    int status = wsd_context_new(NULL, &context, NULL);
    *state = context;
    return status;
}

static int teardown(void **state)
{
    wsd_context_free(*state);
    return 0;
}

static void test_message_built_by_hand_is_written(void **state)
{
    const struct wsd_event_renew renew = {.expires =
                                              &(struct wsd_duration){.milliseconds = 3600000}};
    const struct wsd_event_body body = {.renew = &renew};
    const struct wsd_soap_header header = {0};
    struct wsd__buf out = WSD__BUF_INIT(4096);
    (void)state;

    assert_int_equal(
        wsd__envelope_encode(&header, NULL, &type_event_body, &body, WSD__DIALECT_2005, &out, NULL),
        0);
    assert_non_null(strstr(out.data, "<wse:Renew><wse:Expires>PT1H</wse:Expires></wse:Renew>"));
    wsd__buf_free(&out);
}

static int decode(void **state, const char *message, const struct wsd__envelope **ret,
                  struct wsd_error *reterr)
{
    return wsd__envelope_decode(*state, &type_event_body, message, strlen(message), 0, ret, reterr);
}

static void test_message_is_read(void **state)
{
    const struct wsd__envelope *envelope = NULL;
    const char *message = ENVELOPE("<wse:RenewResponse><wse:Expires>PT15M</wse:Expires>"
                                   "<v:Queue xmlns:v=\"urn:vendor\">3</v:Queue>"
                                   "</wse:RenewResponse>");

    assert_int_equal(decode(state, message, &envelope, NULL), 0);
    const struct wsd_event_body *body = envelope->body;
    assert_int_equal(body->renew_response->expires.milliseconds, 15 * 60 * 1000);
    /* What the table does not know is kept. */
    assert_string_equal(body->renew_response->any->local, "Queue");
    wsd_free(envelope);
}

static void test_missing_element_is_named(void **state)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};

    assert_int_equal(decode(state, ENVELOPE("<wse:RenewResponse/>"), &envelope, &error),
                     WSD_E_SCHEMA);
    assert_string_equal(error.path, "/Envelope/Body/RenewResponse/Expires");
}

static void test_wrong_value_is_quoted(void **state)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};

    assert_int_equal(decode(state,
                            ENVELOPE("<wse:Renew><wse:Expires>soon</wse:Expires></wse:Renew>"),
                            &envelope, &error),
                     WSD_E_SCHEMA);
    assert_string_equal(error.path, "/Envelope/Body/Renew/Expires");
    assert_string_equal(error.value, "soon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_message_built_by_hand_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_message_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_element_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_value_is_quoted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
