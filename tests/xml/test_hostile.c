/* SPDX-License-Identifier: MIT */
/* Documents that are made to hurt, and encodings: every bound of core/limits.h, one step over. */
#include "../support/codec.h"
#include "core/limits.h"

/* head, then middle `count` times, then tail; free it. */
static char *repeat(const char *head, const char *middle, size_t count, const char *tail)
{
    size_t length = strlen(middle);
    char *text = malloc(strlen(head) + length * count + strlen(tail) + 1);
    assert_non_null(text);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, middle);
    strcpy(at, tail);
    return text;
}

#define OPEN_BODY  "<s:Envelope xmlns:s=\"" URI_SOAP "\" xmlns:w=\"" URI_SCAN "\"><s:Body>"
#define CLOSE_BODY "</s:Body></s:Envelope>"

static void decode_count(struct wsd_context *context, const char *head, const char *middle,
                         size_t count, const char *tail, int code, const char *words)
{
    char *xml = repeat(head, middle, count, tail);
    if (code == 0) {
        wsd_free(decode_ok(context, SCAN, xml));
    } else {
        struct wsd_error error = decode_fails(context, xml, code);
        assert_has(error.message, words);
    }
    free(xml);
}

static void test_empty_input(void **state)
{
    struct wsd_error error = {0};
    const struct wsd__envelope *e = NULL;
    assert_int_equal(decode_bytes(*state, SCAN, "", 0, 0, &e, &error), WSD_E_EMPTY);
    decode_fails(*state, " ", WSD_E_XML);
}

static void test_document_type_is_refused(void **state)
{
    decode_fails(*state, "<!DOCTYPE Envelope SYSTEM \"http://127.0.0.1/x.dtd\">" BODY(""),
                 WSD_E_XML);
    decode_fails(*state, "<!DOCTYPE Envelope [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" BODY(""),
                 WSD_E_XML);
}

static void test_entity_bomb_is_refused(void **state)
{
    struct wsd_error error = decode_fails(
        *state,
        "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>" OPEN_BODY "&c;" CLOSE_BODY,
        WSD_E_XML);
    assert_has(error.message, "document type");
    decode_fails(*state, OPEN_BODY "&undefined;" CLOSE_BODY, WSD_E_XML);
}

static void test_depth(void **state)
{
    char *deep = repeat(OPEN_BODY, "<a>", WSD_MAX_XML_DEPTH - 2, "");
    char *whole = repeat(deep, "</a>", WSD_MAX_XML_DEPTH - 2, CLOSE_BODY);
    wsd_free(decode_ok(*state, SCAN, whole));
    free(deep);
    free(whole);
    decode_count(*state, OPEN_BODY, "<a>", WSD_MAX_XML_DEPTH - 1, "", WSD_E_LIMIT, "deeper");
}

static void test_elements(void **state)
{
    decode_count(*state, OPEN_BODY, "<a/>", WSD_MAX_XML_ELEMENTS, CLOSE_BODY, WSD_E_LIMIT,
                 "elements");
}

static void test_attributes(void **state)
{
    for (int over = 0; over < 2; over++) {
        char xml[8192] = OPEN_BODY "<a", part[32];
        for (int i = 0; i < WSD_MAX_XML_ATTRIBUTES + over; i++) {
            snprintf(part, sizeof part, " a%d=\"\"", i);
            strcat(xml, part);
        }
        strcat(xml, "/>" CLOSE_BODY);
        if (over)
            assert_has(decode_fails(*state, xml, WSD_E_LIMIT).message, "attributes");
        else
            wsd_free(decode_ok(*state, SCAN, xml));
    }
}

static void test_bindings(void **state)
{
    for (int over = 0; over < 2; over++) {
        char xml[8192] = OPEN_BODY "<a", part[32];
        for (int i = 0; i < WSD_MAX_XML_BINDINGS - 2 + over; i++) {
            snprintf(part, sizeof part, " xmlns:a%d=\"u\"", i);
            strcat(xml, part);
        }
        strcat(xml, "/>" CLOSE_BODY);
        if (over)
            assert_has(decode_fails(*state, xml, WSD_E_LIMIT).message, "namespaces");
        else
            wsd_free(decode_ok(*state, SCAN, xml));
    }
}

static void test_text(void **state)
{
    decode_count(*state, OPEN_BODY "<a>", "a", WSD_MAX_XML_TEXT, "</a>" CLOSE_BODY, 0, "");
    decode_count(*state, OPEN_BODY "<a>", "a", WSD_MAX_XML_TEXT + 1, "</a>" CLOSE_BODY, WSD_E_LIMIT,
                 "text");
}

static void test_namespace_uri(void **state)
{
    decode_count(*state, OPEN_BODY "<a xmlns:b=\"", "u", WSD_MAX_URI, "\"/>" CLOSE_BODY, 0, "");
    decode_count(*state, OPEN_BODY "<a xmlns:b=\"", "u", WSD_MAX_URI + 1, "\"/>" CLOSE_BODY,
                 WSD_E_LIMIT, "URI");
    decode_count(*state, OPEN_BODY "<a xmlns:", "p", 255, "=\"u\"/>" CLOSE_BODY, 0, "");
    decode_count(*state, OPEN_BODY "<a xmlns:", "p", 256, "=\"u\"/>" CLOSE_BODY, WSD_E_LIMIT,
                 "prefix");
    decode_count(*state, OPEN_BODY "<a xmlns:_", "P", 9, "=\"u\"/>" CLOSE_BODY, 0, "");
}

static void test_items(void **state)
{
    const char *head = OPEN_BODY "<w:GetScannerElementsRequest><w:RequestedElements>";
    const char *tail = "</w:RequestedElements></w:GetScannerElementsRequest>" CLOSE_BODY;
    decode_count(*state, head, "<w:Name>a</w:Name>", WSD_MAX_XML_ITEMS, tail, 0, "");
    decode_count(*state, head, "<w:Name>a</w:Name>", WSD_MAX_XML_ITEMS + 1, tail, WSD_E_SCHEMA,
                 "more items");
}

static void test_memory(void **state)
{
    /* Many small pieces need many times their size: the budget of one message ends it. */
    decode_count(*state, OPEN_BODY, "<a b=\"\" c=\"\" d=\"\" e=\"\" f=\"\"/>", 99000, CLOSE_BODY,
                 WSD_E_NO_MEMORY, "memory");
    wsd_free(decode_ok(*state, SCAN, BODY("<wscn:GetActiveJobsRequest/>")));
}

static void test_nul_bytes(void **state)
{
    static const char xml[] = OPEN_BODY "<a>x\0y</a>" CLOSE_BODY;
    const struct wsd__envelope *e = NULL;
    assert_int_equal(decode_bytes(*state, SCAN, xml, sizeof xml - 1, 0, &e, NULL), WSD_E_XML);
    static const char after[] = OPEN_BODY CLOSE_BODY "\0";
    assert_int_equal(decode_bytes(*state, SCAN, after, sizeof after - 1, 0, &e, NULL), WSD_E_XML);
    decode_fails(*state, OPEN_BODY "&#0;" CLOSE_BODY, WSD_E_XML);
}

static void test_cut_anywhere(void **state)
{
    const char *xml = PARAMETERS("<wscn:Format>png</wscn:Format>");
    for (size_t size = 1; size < strlen(xml); size++) {
        const struct wsd__envelope *e = NULL;
        assert_int_equal(decode_bytes(*state, SCAN, xml, size, 0, &e, NULL), WSD_E_XML);
    }
}

static void test_names_that_namespaces_forbid(void **state)
{
    static const char *const bad[] = {
        "<p:a/>",
        "<a p:b=\"\"/>",
        "<:a/>",
        "<a:/>",
        "<s:a:b/>",
        "<a s:b:c=\"\"/>",
        "<a xmlns:p=\"\"/>",
        "<a xmlns:xmlns=\"urn:x\"/>",
        "<a xmlns:xml=\"urn:x\"/>",
        "<a xmlns:p:q=\"urn:x\"/>",
        "<a xmlns:1p=\"urn:x\"/>",
        "<a xmlns:p=\"urn:x\" xmlns:q=\"urn:x\" p:b=\"1\" q:b=\"2\"/>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char xml[512];
        snprintf(xml, sizeof xml, OPEN_BODY "%s" CLOSE_BODY, bad[i]);
        decode_fails(*state, xml, WSD_E_XML);
    }
    wsd_free(decode_ok(*state, SCAN,
                       OPEN_BODY "<a xml:lang=\"de\" xmlns:xml=\""
                                 "http://www.w3.org/XML/1998/namespace\"/>" CLOSE_BODY));
}

/* -- web pages
 * ----------------------------------------------------------------------------------------- */

static void test_web_pages_are_recognised(void **state)
{
    static const char *const pages[] = {
        "<html><head><title>Login</title></head></html>",
        "<!DOCTYPE html><html><body><br></body></html>",
        "<!doctype HTML>\n<HTML><p>unclosed",
        "\r\n<!-- Apache -->\n<HTML><BODY><HR></BODY></HTML>",
        "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>",
        "<HTML",
        "<!DOCTYPE HTM",
        "<!doctype html"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        bool cut = i == 6;
        struct wsd_error e = decode_fails(*state, pages[i], cut ? WSD_E_XML : WSD_E_NOT_SOAP);
        if (!cut)
            assert_has(e.message, "web page");
    }
}

static void test_message_that_mentions_a_web_page_is_none(void **state)
{
    wsd_free(decode_ok(*state, SCAN, OPEN_BODY "<html/><![CDATA[]]>" CLOSE_BODY));
    decode_fails(*state, "not <markup", WSD_E_XML);
}

/* -- encodings
 * ------------------------------------------------------------------------------------------- */

static void test_declaration_says_ascii(void **state)
{
    wsd_free(decode_ok(*state, SCAN, "<?xml version=\"1.0\" encoding=\"ASCII\"?>" BODY("")));
    wsd_free(decode_ok(*state, SCAN, "<?xml version=\"1.0\" encoding=\"ascii\"?>" BODY("")));
    decode_fails(*state, "<?xml version=\"1.0\" encoding=\"ASCII\"?>" BODY("<a>\xc3\xa4</a>"),
                 WSD_E_XML);
    decode_fails(*state, "<?xml version=\"1.0\" encoding=\"EBCDIC\"?>" BODY(""), WSD_E_XML);
}

static const char *job_name(const struct wsd__envelope *e)
{
    const struct wsd_scan_body *body = e->body;
    return body->create_scan_job_request->scan_ticket.job_description.job_name;
}

#define NAMED(name)                                                                                \
    TICKET("<wscn:JobName>" name "</wscn:JobName><wscn:JobOriginatingUserName>u"                   \
           "</wscn:JobOriginatingUserName>",                                                       \
           "")

static void test_utf_8_spelt_without_hyphen(void **state)
{
    const struct wsd__envelope *e = decode_ok(
        *state, SCAN, "<?xml version=\"1.0\" encoding=\"utf8\"?>" NAMED("\xc3\xa4\xe2\x82\xac"));
    assert_string_equal(job_name(e), "\xc3\xa4\xe2\x82\xac");
    wsd_free(e);
    e = decode_ok(*state, SCAN,
                  "<?xml version=\"1.0\" encoding=\"UTF8\"?>" NAMED("\xf0\x9f\x96\xa8"));
    assert_string_equal(job_name(e), "\xf0\x9f\x96\xa8");
    wsd_free(e);
    static const char *const wrong[] = {
        NAMED("\xc0\x80"),         NAMED("\xc3"), NAMED("\xed\xa0\x80"), NAMED("\xf0\x80\x80\x80"),
        NAMED("\xf4\x90\x80\x80"),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char xml[2048];
        snprintf(xml, sizeof xml, "<?xml version=\"1.0\" encoding=\"UTF8\"?>%s", wrong[i]);
        decode_fails(*state, xml, WSD_E_XML);
    }
}

static void test_utf_16_with_a_mark_in_both_orders(void **state)
{
    const char *xml = NAMED("A&#228;&#128424;");
    size_t length = strlen(xml);
    for (int big = 0; big < 2; big++) {
        char *wide = malloc(2 * length + 2);
        assert_non_null(wide);
        wide[0] = (char)(big ? 0xfe : 0xff);
        wide[1] = (char)(big ? 0xff : 0xfe);
        for (size_t i = 0; i < length; i++) {
            wide[2 + 2 * i + (size_t)big] = xml[i];
            wide[2 + 2 * i + (size_t)!big] = 0;
        }
        const struct wsd__envelope *e = NULL;
        assert_int_equal(decode_bytes(*state, SCAN, wide, 2 * length + 2, 0, &e, NULL), 0);
        assert_string_equal(job_name(e), "A\xc3\xa4\xf0\x9f\x96\xa8");
        wsd_free(e);
        free(wide);
    }
}

static void test_utf_8_with_a_mark_and_latin_1(void **state)
{
    wsd_free(decode_ok(*state, SCAN, "\xef\xbb\xbf" BODY("")));
    const struct wsd__envelope *e =
        decode_ok(*state, SCAN, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" NAMED("\xe4"));
    assert_string_equal(job_name(e), "\xc3\xa4");
    wsd_free(e);
}

static void test_wrong_utf_8(void **state)
{
    decode_fails(*state, NAMED("\xff"), WSD_E_XML);
    decode_fails(*state, NAMED("\xed\xa0\x80"), WSD_E_XML);
    decode_fails(*state, NAMED("\xc3"), WSD_E_XML);
}

int main(void)
{
#define T(name) cmocka_unit_test(test_##name)
    const struct CMUnitTest tests[] = {
        T(empty_input),
        T(document_type_is_refused),
        T(entity_bomb_is_refused),
        T(depth),
        T(elements),
        T(attributes),
        T(bindings),
        T(text),
        T(namespace_uri),
        T(items),
        T(memory),
        T(nul_bytes),
        T(cut_anywhere),
        T(names_that_namespaces_forbid),
        T(web_pages_are_recognised),
        T(message_that_mentions_a_web_page_is_none),
        T(declaration_says_ascii),
        T(utf_8_spelt_without_hyphen),
        T(utf_16_with_a_mark_in_both_orders),
        T(utf_8_with_a_mark_and_latin_1),
        T(wrong_utf_8),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
