/* SPDX-License-Identifier: MIT */
/* A message printed from a stencil is what the codec writes, or is not printed. */
#include "support/codec.h"

#include "discovery/messages.h"
#include "soap/stencil.h"

/* A header of its own for each message; a text that looks like a header stands in the body. */
struct message {
    struct wsd_soap_relates_to relates_to;
    struct wsd_app_sequence sequence;
    struct wsd_soap_header header;
};

static void make(struct message *message, const char *to, const char *id, const char *relates_to,
                 uint32_t number)
{
    *message = (struct message){
        .relates_to = {.message_id = relates_to},
        .sequence = {.instance_id = 7, .message_number = number},
        .header = {.to = to, .action = "urn:MessageID", .message_id = id, .n_relates_to = 1}};
    message->header.relates_to = &message->relates_to;
    message->header.app_sequence = number ? &message->sequence : NULL;
}

static struct wsd__buf encode(const struct message *message)
{
    static const char *const addresses[] = {":MessageID>x< MessageNumber=\"1\""};
    static const struct wsd_uri_list list = {addresses, 1};
    static const struct wsd_target_message match = {.endpoint = {.address = "urn:e"},
                                                    .xaddrs = &list};
    static const struct wsd_probe_matches matches = {.matches = &match, .n_matches = 1};
    static const struct wsd_discovery_body body = {.probe_matches = &matches};
    struct wsd__buf out = WSD__BUF_INIT(1u << 16);
    assert_int_equal(wsd__envelope_encode(&message->header, NULL, &wsd__type_discovery_body, &body,
                                          WSD__DIALECT_2005, &out, NULL),
                     0);
    return out;
}

static void cut(struct wsd__stencil *stencil, const struct message *message)
{
    struct wsd__buf out = encode(message);
    wsd__stencil_cut(stencil, &out);
    wsd__buf_free(&out);
}

static void assert_prints(const struct wsd__stencil *stencil, const struct message *message)
{
    struct wsd__buf written = encode(message), printed = WSD__BUF_INIT(1u << 16);
    assert_true(wsd__stencil_print(stencil, &message->header, &printed));
    assert_string_equal(printed.data, written.data);
    wsd__buf_free(&written);
    wsd__buf_free(&printed);
}

static void assert_refuses(const struct wsd__stencil *stencil, const struct message *message,
                           size_t max)
{
    struct wsd__buf printed = WSD__BUF_INIT(max);
    assert_false(wsd__stencil_print(stencil, &message->header, &printed));
    assert_int_equal(printed.length, 0);
    assert_int_equal(printed.failed, 0);
    wsd__buf_free(&printed);
}

static void test_printed_message_is_what_the_codec_writes(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {1, 99, UINT32_MAX};
    struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16);
    struct message message;
    make(&message, "urn:to", "urn:uuid:1", "urn:uuid:asked", 12);
    cut(&stencil, &message);
    assert_prints(&stencil, &message);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        make(&message, "urn:somebody:else", "urn:uuid:two", "another", numbers[i]);
        assert_prints(&stencil, &message);
    }
    wsd__stencil_free(&stencil);
}

static void test_message_without_app_sequence_is_printed(void **state)
{
    (void)state;
    struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16);
    struct message message;
    make(&message, "urn:to", "urn:uuid:1", "urn:uuid:asked", 0);
    cut(&stencil, &message);
    make(&message, "urn:t", "urn:uuid:2", "urn:uuid:again", 0);
    assert_prints(&stencil, &message);
    wsd__stencil_free(&stencil);
}

static void test_texts_of_the_first_message_may_look_like_headers(void **state)
{
    (void)state;
    struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16);
    struct message message;
    make(&message, "<wsa:MessageID>a</wsa:MessageID>", "urn:1",
         " MessageNumber=\"5\"</soap:Header>", 3);
    cut(&stencil, &message);
    make(&message, "urn:t", "urn:2", "urn:r", 4);
    assert_prints(&stencil, &message);
    wsd__stencil_free(&stencil);
}

static void test_text_that_is_not_plain_is_left_to_the_codec(void **state)
{
    (void)state;
    struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16);
    struct message message;
    make(&message, "urn:to", "urn:1", "urn:r", 3);
    cut(&stencil, &message);
    make(&message, "urn:to", "urn:1", "a&b", 3);
    assert_refuses(&stencil, &message, 1u << 16);
    make(&message, "<", "urn:1", "urn:r", 3);
    assert_refuses(&stencil, &message, 1u << 16);
    make(&message, "urn:to", "urn:1", "\xc3\xa4", 3);
    assert_refuses(&stencil, &message, 1u << 16);
    for (const char *c = " \x7f\"'>&"; *c; c++) {
        char text[] = {'u', ':', *c, '\0'};
        make(&message, "urn:to", text, "urn:r", 3);
        assert_refuses(&stencil, &message, 1u << 16);
    }
    make(&message, "urn:to", "urn:1", "urn:r", 0); /* no AppSequence now */
    assert_refuses(&stencil, &message, 1u << 16);
    message.header.n_relates_to = 0;
    assert_refuses(&stencil, &message, 1u << 16);
    wsd__stencil_free(&stencil);
}

/* Each of them is written by the codec; a message that lacks one is no stencil. */
static void test_message_without_one_of_its_headers_is_no_stencil(void **state)
{
    (void)state;
    static const char *const lacks[] = {":Header>", "</soap:Header", ":To>", ":MessageID>",
                                        ":RelatesTo>"};
    struct message message;
    make(&message, "urn:to", "urn:1", "urn:r", 3);
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++) {
        struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16);
        struct wsd__buf out = encode(&message);
        for (char *at = out.data; (at = strstr(at, lacks[i])); at++)
            at[1] = '_';
        wsd__stencil_cut(&stencil, &out);
        assert_refuses(&stencil, &message, 1u << 16);
        wsd__buf_free(&out);
        wsd__stencil_free(&stencil);
    }
    struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16);
    message.header.n_relates_to = 0;
    struct wsd__buf out = encode(&message);
    wsd__stencil_cut(&stencil, &out);
    message.header.n_relates_to = 1;
    assert_refuses(&stencil, &message, 1u << 16);
    wsd__buf_free(&out);
    wsd__stencil_free(&stencil);
}

static void test_nothing_is_printed_without_room_or_when_cleared(void **state)
{
    (void)state;
    struct wsd__stencil stencil = WSD__STENCIL_INIT(1u << 16), small = WSD__STENCIL_INIT(64);
    struct message message;
    make(&message, "urn:to", "urn:1", "urn:r", 3);
    assert_refuses(&stencil, &message, 1u << 16);
    cut(&small, &message);
    assert_refuses(&small, &message, 1u << 16);
    cut(&stencil, &message);
    assert_refuses(&stencil, &message, 64);
    assert_prints(&stencil, &message);
    wsd__stencil_clear(&stencil);
    assert_refuses(&stencil, &message, 1u << 16);
    wsd__stencil_free(&stencil);
    wsd__stencil_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printed_message_is_what_the_codec_writes),
        cmocka_unit_test(test_message_without_app_sequence_is_printed),
        cmocka_unit_test(test_texts_of_the_first_message_may_look_like_headers),
        cmocka_unit_test(test_text_that_is_not_plain_is_left_to_the_codec),
        cmocka_unit_test(test_message_without_one_of_its_headers_is_no_stencil),
        cmocka_unit_test(test_nothing_is_printed_without_room_or_when_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
