/* SPDX-License-Identifier: MIT */
/* Requests decoded once: what is taken from memory is what the decoder says, and no other request
 * is. A result came from memory if the decoder was not asked; where it lies says nothing, since
 * memory that was given back is handed out again. */
#include "support/codec.h"

#include "core/limits.h"
#include "discovery/messages.h"
#include "soap/recall.h"

#define TYPE            (&wsd__type_discovery_body)
#define MESSAGE(id, to) REQUEST("<wsa:MessageID>" id "</wsa:MessageID>", to)
#define REQUEST(id, to)                                                                            \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"" URI_SOAP              \
    "\" xmlns:wsa=\"" URI_WSA                                                                      \
    "\" xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><soap:Header><wsa:To>" to    \
    "</wsa:To>" id "</soap:Header><soap:Body><wsd:Probe/></soap:Body></soap:Envelope>"

static struct wsd_context *context;
static unsigned n_decoded;

int __real_wsd__envelope_decode(struct wsd_context *where, const struct wsd_type *body_type,
                                const void *bytes, size_t size, uint32_t quirks,
                                const struct wsd__envelope **ret_envelope,
                                struct wsd_error *reterr);
int __wrap_wsd__envelope_decode(struct wsd_context *where, const struct wsd_type *body_type,
                                const void *bytes, size_t size, uint32_t quirks,
                                const struct wsd__envelope **ret_envelope,
                                struct wsd_error *reterr);
int __wrap_wsd__envelope_decode(struct wsd_context *where, const struct wsd_type *body_type,
                                const void *bytes, size_t size, uint32_t quirks,
                                const struct wsd__envelope **ret_envelope, struct wsd_error *reterr)
{
    n_decoded++;
    return __real_wsd__envelope_decode(where, body_type, bytes, size, quirks, ret_envelope, reterr);
}

static int setup(void **state)
{
    (void)state;
    context = make_context();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wsd_context_free(context);
    return 0;
}

static const struct wsd__envelope *recall_as(const struct wsd_type *type, const void *bytes,
                                             size_t size, uint32_t quirks)
{
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error error = {0};
    void *exact = malloc(size);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    if (wsd__recall_decode(context, type, exact, size, quirks, &envelope, &error) < 0)
        fail_msg("%s", error.message);
    free(exact); /* nothing given out may point into it */
    return envelope;
}

static const struct wsd__envelope *recall(const char *text)
{
    return recall_as(TYPE, text, strlen(text), 0);
}

static void done(const struct wsd__envelope *envelope)
{
    wsd__recall_done(context, envelope);
}

/* True if the second of two requests was not decoded; both must say what the decoder says. */
static bool recalls(const char *first, const char *second)
{
    const struct wsd__envelope *envelope, *plain = NULL;
    done(recall(first));
    unsigned before = n_decoded;
    envelope = recall(second);
    bool same = n_decoded == before;
    assert_int_equal(wsd__envelope_decode(context, TYPE, second, strlen(second), 0, &plain, NULL),
                     0);
    assert_true(wsd_equal(TYPE, envelope->body, plain->body));
    assert_true(wsd_equal(&wsd__type_soap_header, &envelope->header, &plain->header));
    wsd_free(plain);
    done(envelope);
    return same;
}

/* -- what is recalled ---------------------------------------------------------------------------
 */

static void test_same_request_under_another_message_id_is_recalled(void **state)
{
    (void)state;
    assert_true(recalls(MESSAGE("urn:uuid:1-a", "urn:x"), MESSAGE("urn:uuid:2-b", "urn:x")));
    const struct wsd__envelope *envelope = recall(MESSAGE("urn:uuid:3.C", "urn:x"));
    assert_string_equal(envelope->header.message_id, "urn:uuid:3.C");
    assert_string_equal(envelope->header.to, "urn:x");
    done(envelope);
}

static void test_message_id_that_stands_elsewhere_too_changes_in_its_place_alone(void **state)
{
    (void)state;
    assert_true(recalls(MESSAGE("urn:a", "urn:a"), MESSAGE("urn:b", "urn:a")));
    assert_false(recalls(MESSAGE("urn:a", "urn:a"), MESSAGE("urn:b", "urn:b")));
}

static void test_request_in_latin_1_and_ascii_is_recalled(void **state)
{
    (void)state;
    static const char *const encodings[] = {"ISO-8859-1", "US-ASCII", "ASCII", "UTF8"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        char first[1024], second[1024];
        const char *rest = strstr(MESSAGE("urn:a", ""), "?><soap");
        snprintf(first, sizeof first, "<?xml version=\"1.0\" encoding=\"%s\"%s", encodings[i],
                 rest);
        memcpy(second, first, sizeof second);
        strstr(second, "urn:a")[4] = 'b';
        assert_true(recalls(first, second));
    }
}

/* -- what is not --------------------------------------------------------------------------------
 */

static void test_other_byte_outside_of_the_message_id_is_decoded(void **state)
{
    (void)state;
    assert_false(recalls(MESSAGE("urn:a", "urn:x"), MESSAGE("urn:a", "urn:y")));
    assert_false(recalls(MESSAGE("urn:a", "urn:x"), MESSAGE("urn:ab", "urn:")));
    assert_false(recalls(MESSAGE("urn:a", "urn:x"), MESSAGE("urn:a", "urn:x") " "));
}

static void test_message_id_that_is_not_plain_is_decoded(void **state)
{
    (void)state;
    static const char *const ids[] = {"ur&lt;n",     "<![CDATA[a]]>", "<!-- -->abc", "a  b",
                                      "\xc3\xa4urn", "  abc  ",       "<?pi x?>abc", "a\rbc"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char first[1024], second[1024];
        snprintf(first, sizeof first, REQUEST("<wsa:MessageID>%s</wsa:MessageID>", ""), ids[i]);
        snprintf(second, sizeof second, REQUEST("<wsa:MessageID>%.*s</wsa:MessageID>", ""),
                 (int)strlen(ids[i]), "12345678901234567890");
        assert_false(recalls(second, first));
        assert_false(recalls(first, first));
    }
}

static void test_text_written_as_references_is_not_taken_for_its_like_elsewhere(void **state)
{
    (void)state;
    static const char request[] =
        REQUEST("<wsa:MessageID>&#97;b</wsa:MessageID><x>ab</x>", "urn:x");
    static const char other[] = REQUEST("<wsa:MessageID>&#97;b</wsa:MessageID><x>cd</x>", "urn:x");
    assert_false(recalls(request, other));
}

static void test_markup_in_place_of_the_message_id_fails_as_ever(void **state)
{
    (void)state;
    static const char *const broken[] = {MESSAGE("urn<a", ""), MESSAGE("urn&a", ""),
                                         MESSAGE("ur\xff\xff"
                                                 "a",
                                                 "")};
    done(recall(MESSAGE("urn:a", "")));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const struct wsd__envelope *envelope = NULL;
        struct wsd_error error = {0};
        assert_int_equal(
            wsd__recall_decode(context, TYPE, broken[i], strlen(broken[i]), 0, &envelope, &error),
            WSD_E_XML);
        assert_int_equal(error.code, WSD_E_XML);
        assert_null(envelope);
    }
}

static void test_request_without_or_with_an_empty_message_id_is_decoded(void **state)
{
    (void)state;
    assert_false(recalls(REQUEST("", ""), REQUEST("", "")));
    assert_false(recalls(REQUEST("<wsa:MessageID/>", ""), REQUEST("<wsa:MessageID/>", "")));
    assert_false(recalls(MESSAGE("", ""), MESSAGE("", "")));
}

static void test_message_id_of_another_namespace_is_no_message_id(void **state)
{
    (void)state;
    static const char request[] = REQUEST("<wsd:MessageID>a</wsd:MessageID>", "");
    assert_false(recalls(request, request));
}

static void test_other_type_or_quirks_are_decoded(void **state)
{
    (void)state;
    static const char text[] = MESSAGE("urn:a", "");
    done(recall(text));
    unsigned before = n_decoded;
    done(recall_as(TYPE, text, strlen(text), WSD__QUIRKS_DEFAULT));
    assert_int_equal(n_decoded, before + 1);
    done(recall_as(&wsd__type_soap_bag, text, strlen(text), 0));
    assert_int_equal(n_decoded, before + 2);
}

static void test_utf_16_is_decoded(void **state)
{
    (void)state;
    static const char text[] = "<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"" URI_SOAP
                               "\" xmlns:wsa=\"" URI_WSA "\"><soap:Header><wsa:MessageID>a"
                               "</wsa:MessageID></soap:Header><soap:Body/></soap:Envelope>";
    char wide[2 * sizeof text] = {(char)0xff, (char)0xfe};
    for (size_t i = 0; i + 1 < sizeof text; i++)
        wide[2 + 2 * i] = text[i];
    const struct wsd__envelope *envelope = recall_as(TYPE, wide, 2 * sizeof text, 0);
    assert_string_equal(envelope->header.message_id, "a");
    assert_int_equal(envelope->message_id.end - envelope->message_id.start, 2);
    done(envelope);
    unsigned before = n_decoded;
    done(recall_as(TYPE, wide, 2 * sizeof text, 0));
    assert_int_equal(n_decoded, before + 1);
}

/* -- bounds -------------------------------------------------------------------------------------
 */

static void test_request_in_use_is_not_given_out_twice(void **state)
{
    (void)state;
    const struct wsd__envelope *one = recall(MESSAGE("urn:a", ""));
    const struct wsd__envelope *two = recall(MESSAGE("urn:b", ""));
    assert_string_equal(one->header.message_id, "urn:a");
    assert_string_equal(two->header.message_id, "urn:b");
    done(one);
    done(two);
}

static void test_more_than_can_be_remembered_in_use_at_once_are_decoded(void **state)
{
    (void)state;
    const struct wsd__envelope *all[WSD_MAX_RECALLED + 2];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i] = recall(MESSAGE("urn:a", ""));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_string_equal(all[i]->header.message_id, "urn:a");
        done(all[i]);
    }
}

/* True if the request of that number came from memory. */
static bool ask(int number)
{
    char text[1024];
    snprintf(text, sizeof text, MESSAGE("urn:%c", "urn:to:%d"), number, 'a' + number % 26);
    unsigned before = n_decoded;
    done(recall(text));
    return n_decoded == before;
}

static void test_the_one_asked_for_longest_ago_gives_way(void **state)
{
    (void)state;
    for (int i = 0; i < WSD_MAX_RECALLED; i++)
        assert_false(ask(i));
    assert_true(ask(0));
    assert_false(ask(WSD_MAX_RECALLED)); /* in place of 1, which is the oldest now */
    assert_true(ask(0));
    for (int i = 2; i < WSD_MAX_RECALLED; i++)
        assert_true(ask(i));
    assert_false(ask(1));
}

static void test_large_request_is_not_remembered(void **state)
{
    (void)state;
    static char text[WSD_MAX_RECALLED_MESSAGE + 1024], lists[8192];
    int size = snprintf(text, sizeof text, MESSAGE("urn:a", ""));
    memset(text + size, ' ', WSD_MAX_RECALLED_MESSAGE - (size_t)size);
    assert_true(recalls(text, text));
    text[WSD_MAX_RECALLED_MESSAGE] = ' ';
    assert_false(recalls(text, text));
    /* Small as it came, and large as it is decoded. */
    size = snprintf(lists, sizeof lists, "%s", MESSAGE("urn:a", ""));
    char *end = strstr(lists, "</soap:Header>"), tail[512];
    snprintf(tail, sizeof tail, "%s", end);
    for (int i = 0; i < 600; i++, end += 4)
        memcpy(end, "<a/>", 4);
    memcpy(end, tail, strlen(tail) + 1);
    assert_in_range(strlen(lists), 1, WSD_MAX_RECALLED_MESSAGE);
    assert_false(recalls(lists, lists));
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(same_request_under_another_message_id_is_recalled),
        T(message_id_that_stands_elsewhere_too_changes_in_its_place_alone),
        T(request_in_latin_1_and_ascii_is_recalled),
        T(other_byte_outside_of_the_message_id_is_decoded),
        T(message_id_that_is_not_plain_is_decoded),
        T(text_written_as_references_is_not_taken_for_its_like_elsewhere),
        T(markup_in_place_of_the_message_id_fails_as_ever),
        T(request_without_or_with_an_empty_message_id_is_decoded),
        T(message_id_of_another_namespace_is_no_message_id),
        T(other_type_or_quirks_are_decoded),
        T(utf_16_is_decoded),
        T(request_in_use_is_not_given_out_twice),
        T(more_than_can_be_remembered_in_use_at_once_are_decoded),
        T(the_one_asked_for_longest_ago_gives_way),
        T(large_request_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
