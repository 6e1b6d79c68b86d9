/* SPDX-License-Identifier: MIT */
/* Validate, encode, copy, compare and visit, on messages that a program made. */
#include "../support/codec.h"
#include <wsd/discovery.h>

static struct wsd_scan_ticket_int quality = {.value = 75};
static struct wsd_scan_ticket_token format = {.value = {.value = WSD_SCAN_FORMAT_PNG}};
static struct wsd_scan_document_parameters parameters;
static struct wsd_scan_ticket ticket;
static const struct wsd_type *type = &wsd__type_scan_ticket;

static int fresh(void **state)
{
    (void)state;
    quality = (struct wsd_scan_ticket_int){.value = 75};
    format = (struct wsd_scan_ticket_token){.value = {.value = WSD_SCAN_FORMAT_PNG}};
    parameters = (struct wsd_scan_document_parameters){.format = &format,
                                                       .compression_quality_factor = &quality};
    ticket = (struct wsd_scan_ticket){
        .job_description = {.job_name = "n", .job_originating_user_name = "u"},
        .document_parameters = &parameters};
    return 0;
}

static struct wsd_error invalid(bool strict)
{
    struct wsd_error error = {0};
    assert_int_equal(wsd_validate(type, &ticket, strict, &error), WSD_E_SCHEMA);
    return error;
}

static void test_validate_takes_what_is_right(void **state)
{
    (void)state;
    assert_int_equal(wsd_validate(type, &ticket, true, NULL), 0);
}

static void test_validate_names_what_is_missing(void **state)
{
    (void)state;
    ticket.job_description.job_name = NULL;
    struct wsd_error error = invalid(false);
    assert_string_equal(error.path, "/ScanTicket/JobDescription/JobName");
    assert_has(error.message, "is required");
}

static void test_validate_names_value_and_range(void **state)
{
    (void)state;
    quality.value = 101;
    struct wsd_error error = invalid(false);
    assert_string_equal(error.path, "/ScanTicket/DocumentParameters/CompressionQualityFactor");
    assert_has(error.message, "\"101\" is not 0..100");
}

static void test_validate_is_strict_about_words_only_when_asked(void **state)
{
    (void)state;
    format.value = (struct wsd_token){.text = "webp"};
    assert_int_equal(wsd_validate(type, &ticket, false, NULL), 0);
    assert_has(invalid(true).message, "one of dib, exif");
}

static void test_validate_names_the_wrapper_of_a_list_as_decode_does(void **state)
{
    (void)state;
    struct wsd_scan_get_scanner_elements_request request = {0};
    struct wsd_error error = {0};
    assert_int_equal(
        wsd_validate(&wsd__type_scan_get_scanner_elements_request, &request, false, &error),
        WSD_E_SCHEMA);
    assert_string_equal(error.path, "/GetScannerElementsRequest/RequestedElements");
}

static void test_validate_leaves_an_earlier_error_alone(void **state)
{
    (void)state;
    struct wsd_error error = {.code = WSD_E_TIMEOUT, .path = "kept"};
    ticket.job_description.job_name = NULL;
    assert_int_equal(wsd_validate(type, &ticket, false, &error), WSD_E_SCHEMA);
    assert_string_equal(error.path, "kept");
}

static void test_copy_stands_alone_and_is_equal(void **state)
{
    (void)state;
    char name[] = "changes";
    ticket.job_description.job_name = name;
    const void *copy;
    assert_int_equal(wsd_copy(type, &ticket, &copy, NULL), 0);
    assert_true(wsd_equal(type, &ticket, copy));
    name[0] = 'C';
    assert_false(wsd_equal(type, &ticket, copy));
    wsd_free(copy);
    wsd_free(NULL);
}

static void test_equal_sees_values_presence_and_unknown_parts(void **state)
{
    (void)state;
    struct wsd_scan_ticket other = ticket;
    struct wsd_any vendor = {.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x"};
    other.any = &vendor;
    assert_false(wsd_equal(type, &ticket, &other));
    other = ticket;
    other.document_parameters = NULL;
    assert_false(wsd_equal(type, &ticket, &other));
}

/* Prefixes are spelling, and so is where they are declared; all else is content. */
static void test_equal_compares_unknown_parts_but_for_their_prefixes(void **state)
{
    static struct wsd_any text = {.kind = WSD_ANY_TEXT, .text = "t"};
    static struct wsd_any prefix = {.kind = WSD_ANY_NAMESPACE, .ns = "urn:p", .local = "p"};
    static struct wsd_any before = {
        .kind = WSD_ANY_NAMESPACE, .ns = "urn:p", .local = "p", .next = &text};
    static const struct {
        struct wsd_any any;
        bool equal;
    } rows[] = {
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x"}, true},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .prefix = "q"}, true},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .children = &prefix}, true},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .text = ""}, true},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:w", .local = "x"}, false},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "y"}, false},
        {{.kind = WSD_ANY_TEXT, .ns = "urn:v", .local = "x"}, false},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .text = "t"}, false},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .children = &text}, false},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .children = &before}, false},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .next = &text}, false},
        {{.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x", .next = &prefix}, true},
    };
    struct wsd_any vendor = {.kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "x"};
    struct wsd_scan_ticket other = ticket;
    (void)state;
    ticket.any = &vendor;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        other.any = &rows[i].any;
        if (wsd_equal(type, &ticket, &other) != rows[i].equal ||
            wsd_equal(type, &other, &ticket) != rows[i].equal)
            fail_msg("row %zu", i);
    }
}

static void test_equal_compares_each_kind_of_value(void **state)
{
    static const char *const uris[] = {"urn:a", "urn:b"}, *const others[] = {"urn:a", "urn:c"};
    static const struct wsd_uri_list lists[] = {{uris, 2}, {uris, 1}, {others, 2}};
    static const struct wsd_qname a[] = {{"urn:a", "A", "p"}}, b[] = {{"urn:a", "B", "p"}};
    static const struct wsd_qname_list names[] = {{a, 1}, {a, 0}, {b, 1}};
    extern const struct wsd_type wsd__type_discovery_body;
    const struct wsd_type *match_type = &wsd__type_discovery_body;
    struct wsd_target_message one = {.endpoint.address = "urn:e"}, two = one;
    struct wsd_discovery_body left = {.hello = &one}, right = {.hello = &two};
    (void)state;
    one.xaddrs = &lists[0];
    one.types = &names[0];
    for (size_t i = 0; i < 3; i++) {
        two.types = &names[0];
        two.xaddrs = &lists[i];
        assert_int_equal(wsd_equal(match_type, &left, &right), i == 0);
        two.xaddrs = &lists[0];
        two.types = &names[i];
        assert_int_equal(wsd_equal(match_type, &left, &right), i == 0);
    }
    const struct wsd_type *status_type = wsd_type_find("ScannerStatus");
    assert_non_null(status_type);
    struct wsd_scan_status now = {.scanner_current_time = {.seconds = 5, .has_zone = true}};
    struct wsd_scan_status later[4] = {now, now, now, now};
    later[1].scanner_current_time.seconds = 6;
    later[2].scanner_current_time.nanoseconds = 1;
    later[3].scanner_current_time.has_zone = false;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(wsd_equal(status_type, &now, &later[i]), i == 0);
}

static char *encode_ticket(struct wsd_error *error)
{
    struct wsd_scan_create_scan_job_request request = {.scan_ticket = ticket};
    struct wsd_scan_body body = {.create_scan_job_request = &request};
    struct wsd_soap_header header = {.to = "urn:x"};
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    if (wsd__envelope_encode(&header, NULL, SCAN, &body, WSD__DIALECT_2005, &out, error) < 0)
        wsd__buf_free(&out);
    return out.data;
}

static void test_encode_refuses_what_its_reader_would(void **state)
{
    (void)state;
    struct wsd_error error = {0};
    quality.value = -1;
    assert_null(encode_ticket(&error));
    assert_string_equal(error.path, "/Envelope/Body/CreateScanJobRequest/ScanTicket/"
                                    "DocumentParameters/CompressionQualityFactor");
}

static void test_encode_writes_the_word_of_a_value_without_text(void **state)
{
    (void)state;
    char *text = encode_ticket(NULL);
    assert_has(text, "<wscn:Format>png</wscn:Format>");
    free(text);
}

static void test_encode_mends_text_that_is_no_utf_8(void **state)
{
    (void)state;
    ticket.job_description.job_name = "M\xfcller \xc3\xbc \x01 \xed\xa0";
    char *text = encode_ticket(NULL);
    assert_has(text, "<wscn:JobName>M?ller \xc3\xbc ? ?\?</wscn:JobName>");
    free(text);
}

/* Shortest form, no surrogates, no end of the range, no U+FFFE and U+FFFF (XML 1.0, 2.2). */
static void test_encode_takes_each_character_of_xml_and_no_other(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xc1\xbf", false},
        {"\xe0\xa0\x80", true},
        {"\xe0\x9f\xbf", false},
        {"\xed\x9f\xbf", true},
        {"\xed\xbf\xbf", false},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbd", true},
        {"\xef\xbf\xbe", false},
        {"\xef\xbf\xbf", false},
        {"\xef\xbe\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xf1\x80\x80\x41", false},
        {"\xf0\x9f\x96", false},
        {"\x7f", true},
        {"\x1f", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[16], wanted[64];
        snprintf(name, sizeof name, "a%sz", rows[i].text);
        snprintf(wanted, sizeof wanted, "<wscn:JobName>%s</wscn:JobName>", name);
        ticket.job_description.job_name = name;
        char *text = encode_ticket(NULL);
        assert_has(text, "<wscn:JobName>a");
        assert_has(text, "z</wscn:JobName>");
        if ((strstr(text, wanted) != NULL) != rows[i].good)
            fail_msg("row %zu: %s", i, text);
        free(text);
    }
}

struct log {
    char text[2048];
    int stop_at;
};

static int note(void *user, const struct wsd_visit_event *event)
{
    struct log *log = user;
    size_t used = strlen(log->text);
    snprintf(log->text + used, sizeof log->text - used, "%d:%s=%s%s%s;", (int)event->depth,
             event->name ? event->name : "-", event->text ? event->text : "",
             event->unit ? " " : "", event->unit ? event->unit : "");
    return log->stop_at && --log->stop_at == 0 ? 77 : 0;
}

static void test_visit_shows_bare_values_and_attributes(void **state)
{
    (void)state;
    struct log log = {.text = ""};
    const bool yes = true;
    format.must_honor = &yes;
    assert_int_equal(wsd_visit(type, &ticket, NULL, note, &log), 0);
    assert_string_equal(log.text,
                        "0:ScanTicket=;1:JobDescription=;2:JobName=n;2:JobOriginatingUserName=u;"
                        "1:JobDescription=;1:DocumentParameters=;2:Format=;3:@MustHonor=true;"
                        "3:#text=png;2:Format=;2:CompressionQualityFactor=75 quality index;"
                        "1:DocumentParameters=;0:ScanTicket=;");
}

static void test_visit_shows_unknown_parts_without_their_indentation(void **state)
{
    (void)state;
    struct log log = {.text = ""};
    struct wsd_any blank = {.kind = WSD_ANY_TEXT, .text = " \n\t"};
    struct wsd_any beside = {.kind = WSD_ANY_TEXT, .text = " y", .next = &blank};
    struct wsd_any within = {.kind = WSD_ANY_TEXT, .text = " x ", .next = &blank};
    struct wsd_any inner = {
        .kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "b", .children = &within, .next = &beside};
    struct wsd_any first = {.kind = WSD_ANY_TEXT, .text = "\n", .next = &inner};
    struct wsd_any outer = {
        .kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "a", .children = &first};
    struct wsd_scan_ticket bare = {
        .job_description = {.job_name = "n", .job_originating_user_name = "u"}, .any = &outer};
    assert_int_equal(wsd_visit(type, &bare, NULL, note, &log), 0);
    assert_non_null(
        strstr(log.text, "1:any=;2:{urn:v}a=;3:{urn:v}b= x ;3:#text= y;2:{urn:v}a=;1:any=;"));
}

static void test_visit_ends_when_it_is_told(void **state)
{
    (void)state;
    struct log log = {.stop_at = 3};
    assert_int_equal(wsd_visit(type, &ticket, "T", note, &log), 77);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(test_##name, fresh)
    const struct CMUnitTest tests[] = {
        T(validate_takes_what_is_right),
        T(validate_names_what_is_missing),
        T(validate_names_value_and_range),
        T(validate_is_strict_about_words_only_when_asked),
        T(validate_names_the_wrapper_of_a_list_as_decode_does),
        T(validate_leaves_an_earlier_error_alone),
        T(copy_stands_alone_and_is_equal),
        T(equal_sees_values_presence_and_unknown_parts),
        T(equal_compares_unknown_parts_but_for_their_prefixes),
        T(equal_compares_each_kind_of_value),
        T(encode_refuses_what_its_reader_would),
        T(encode_writes_the_word_of_a_value_without_text),
        T(encode_mends_text_that_is_no_utf_8),
        T(encode_takes_each_character_of_xml_and_no_other),
        T(visit_shows_bare_values_and_attributes),
        T(visit_shows_unknown_parts_without_their_indentation),
        T(visit_ends_when_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
