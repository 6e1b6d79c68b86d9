/* SPDX-License-Identifier: MIT */
/* Validate, encode, copy, compare and visit, on messages that a program made. */
#include "../support/codec.h"

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
        T(encode_refuses_what_its_reader_would),
        T(encode_writes_the_word_of_a_value_without_text),
        T(encode_mends_text_that_is_no_utf_8),
        T(visit_shows_bare_values_and_attributes),
        T(visit_ends_when_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
