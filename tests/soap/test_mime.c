/* SPDX-License-Identifier: MIT */
/* multipart/related: what devices send, at every cut; the writer, read back by us and by Python. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/context.h"
#include "core/limits.h"
#include "soap/mime.h"

#define TYPE                                                                                       \
    "multipart/related; type=\"application/xop+xml\"; boundary=\"b1\"; start=\"<r@x>\"; "          \
    "start-info=\"application/soap+xml\""
#define ROOT                                                                                       \
    "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n"          \
    "Content-Transfer-Encoding: binary\r\nContent-ID: <r@x>\r\n\r\n"
#define IMAGE "Content-Type: image/jpeg\r\nContent-ID: <i@x>\r\n\r\n"

/* -- a recorder: all events as one text -------------------------------------------------------- */

struct record {
    struct wsd__buf text;
    int refuse; /* what data returns */
};

static int on_part(void *user, const struct wsd__mime_part *part)
{
    struct record *record = user;
    return wsd__buf_printf(&record->text, "{%u|%s|%s|", part->index, part->content_type,
                           part->content_id);
}

static int on_data(void *user, const void *bytes, size_t size)
{
    struct record *record = user;
    assert_true(size > 0);
    wsd__buf_append(&record->text, bytes, size);
    return record->refuse;
}

static int on_end(void *user, bool complete)
{
    struct record *record = user;
    return wsd__buf_puts(&record->text, complete ? "}" : "~");
}

static const char *code_name(int status)
{
    return status == 0 ? "" : wsd_error_name(status);
}

/* Feeds with cuts after `first` and then every `step` bytes; the events and the outcome's name. */
static char *read_in_pieces(const char *type, const void *body, size_t size, size_t first,
                            size_t step)
{
    struct record record = {.text = WSD__BUF_INIT(1 << 20)};
    struct wsd__mime_handler handler = {&record, on_part, on_data, on_end};
    struct wsd__mime_reader *reader;
    struct wsd_error error = {0};
    assert_int_equal(wsd__mime_reader_new(type, &handler, &reader, &error), 0);
    int status = 0;
    for (size_t at = 0, piece = first; status == 0 && at < size; at += piece, piece = step) {
        if (piece > size - at)
            piece = size - at;
        status = wsd__mime_reader_feed(reader, (const char *)body + at, piece, &error);
    }
    if (status == 0)
        status = wsd__mime_reader_finish(reader, &error);
    assert_int_equal(status, error.code);
    wsd__mime_reader_free(reader);
    wsd__buf_puts(&record.text, code_name(status));
    return record.text.data;
}

/* Expects the same events whole, byte by byte, and at every single cut. */
static void expect_n(const char *type, const void *body, size_t size, const char *expected)
{
    char *got = read_in_pieces(type, body, size, size, size);
    assert_string_equal(got, expected);
    free(got);
    for (size_t step = 1; step < 8; step++) {
        got = read_in_pieces(type, body, size, step, step);
        assert_string_equal(got, expected);
        free(got);
    }
    for (size_t cut = 1; cut < size; cut++) {
        got = read_in_pieces(type, body, size, cut, size);
        assert_string_equal(got, expected);
        free(got);
    }
}

static void expect(const char *type, const char *body, const char *expected)
{
    expect_n(type, body, strlen(body), expected);
}

#define ROOT_EVENT  "{0|application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"|r@x|"
#define IMAGE_EVENT "{1|image/jpeg|i@x|"

/* -- reader --------------------------------------------------------------------------------------
 */

static void test_two_parts_come_out_at_every_cut(void **state)
{
    (void)state;
    expect(TYPE, "\r\n--b1\r\n" ROOT "<e/>\r\n--b1\r\n" IMAGE "pixels\r\n\r\r\n--b1--\r\n",
           ROOT_EVENT "<e/>}" IMAGE_EVENT "pixels\r\n\r}");
}

static void test_preamble_and_epilogue_are_ignored(void **state)
{
    (void)state;
    expect(TYPE,
           "This is\r\n--b\r\npreamble --b1 \r\n--b1\r\n" ROOT "<e/>\r\n--b1\r\n" IMAGE
           "x\r\n--b1--\r\nepilogue\r\n--b1\r\n" IMAGE "y\r\n--b1--",
           ROOT_EVENT "<e/>}" IMAGE_EVENT "x}");
}

static void test_header_names_in_any_case_and_folded_lines(void **state)
{
    (void)state;
    expect(TYPE,
           "--b1\r\ncontent-TYPE : image/jpeg;\r\n\tname=x\r\nCONTENT-id:\r\n < i@x >\r\n\r\nx"
           "\r\n--b1--",
           "{0|image/jpeg;  \tname=x|i@x|x}");
}

static void test_boundary_without_quotes_with_odd_characters(void **state)
{
    (void)state;
    const char *body = "--=_a:b/c=?\r\n" IMAGE "x\r\n--=_a:b/c=?--";
    expect("Multipart/Related;type=application/xop+xml;BOUNDARY==_a:b/c=?;start=<r@x>", body,
           "{0|image/jpeg|i@x|x}");
    expect("multipart/related ;; type=application/xop+xml; ;boundary==_a:b/c=? ;", body,
           "{0|image/jpeg|i@x|x}");
    expect("multipart/related type=application/xop+xml boundary=\"=_a:b/c=?\" start=x", body,
           "{0|image/jpeg|i@x|x}");
}

static void test_delimiter_without_line_break_before_it(void **state)
{
    (void)state; /* Xerox WorkCentre 3025 */
    expect(TYPE, "--b1\r\n" ROOT "<e/>--b1\r\n" IMAGE "pixels\n--b1--",
           ROOT_EVENT "<e/>}" IMAGE_EVENT "pixels\n}");
    expect(TYPE, "--b1\r\n" ROOT "<e/>--b1\r\n" IMAGE "pixels--b1--\r\n",
           ROOT_EVENT "<e/>}" IMAGE_EVENT "pixels}");
}

static void test_image_bytes_like_a_delimiter_stay_image(void **state)
{
    (void)state;
    expect(TYPE,
           "\r\n--b1\r\n" IMAGE
           "p--b1--x--b1\r\nContent\r\n--b1x\r\n--b\r\n--b1 \tx\n--b1--\n\r\n\n."
           "\n--b1\r\n\r\n--b1 \t\r\n" IMAGE "\r\n--b2\r\n--b1--",
           "{0|image/jpeg|i@x|p--b1--x--b1\r\nContent\r\n--b1x\r\n--b\r\n--b1 \tx\n--b1--\n\r\n\n."
           "\n--b1\r\n}{1|image/jpeg|i@x|\r\n--b2}");
}

static void test_lines_that_end_in_lf_alone(void **state)
{
    (void)state;
    expect(TYPE,
           "\n--b1\nContent-Type: image/jpeg\nContent-ID: <i@x>\n\nx\ny\n\n--b1\n\n\n--b1--\n",
           "{0|image/jpeg|i@x|x\ny\n}{1|||}");
}

static void test_part_without_headers_and_part_without_body(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\n\r\nx\r\n--b1\r\nContent-ID: <a>\r\n\r\n--b1\r\n" IMAGE "\r\n--b1--",
           "{0|||x}{1||a|}{2|image/jpeg|i@x|}");
}

static void test_boundary_of_dashes(void **state)
{
    (void)state;
    expect("multipart/related; boundary=----",
           "------\r\n\r\nx-------------\r\n-----\r\n------\r\n\r\n-\r\n--------",
           "{0|||x-------------\r\n-----}{1|||-}");
}

static void test_every_byte_value_passes(void **state)
{
    (void)state;
    unsigned char body[4096];
    size_t head = (size_t)snprintf((char *)body, sizeof body, "--b1\r\n\r\n");
    struct record record = {.text = WSD__BUF_INIT(1 << 20)};
    struct wsd__mime_handler handler = {&record, on_part, on_data, on_end};
    for (size_t i = 0; i < 2048; i++)
        body[head + i] = (unsigned char)(i * 7 + i / 256);
    memcpy(body + head + 2048, "\r\n--b1--", 8);
    for (size_t step = 1; step < 300; step += 13) {
        struct wsd__mime_reader *reader;
        wsd__buf_clear(&record.text);
        assert_int_equal(wsd__mime_reader_new(TYPE, &handler, &reader, NULL), 0);
        for (size_t at = 0; at < head + 2056; at += step)
            assert_int_equal(
                wsd__mime_reader_feed(reader, body + at,
                                      step < head + 2056 - at ? step : head + 2056 - at, NULL),
                0);
        assert_int_equal(wsd__mime_reader_finish(reader, NULL), 0);
        wsd__mime_reader_free(reader);
        assert_int_equal(record.text.length, 5 + 2048 + 1);
        assert_memory_equal(record.text.data + 5, body + head, 2048);
    }
    wsd__buf_free(&record.text);
}

static const void *slice_start;
static size_t slice_size;

static int on_slice(void *user, const void *bytes, size_t size)
{
    (void)user;
    slice_start = bytes;
    slice_size = size;
    return 0;
}

static void test_data_is_the_input_itself(void **state)
{
    (void)state;
    struct record record = {.text = WSD__BUF_INIT(1 << 20)};
    struct wsd__mime_handler handler = {&record, on_part, on_slice, on_end};
    struct wsd__mime_reader *reader;
    const char *head = "--b1\r\n\r\n", *data = "0123456789";
    assert_int_equal(wsd__mime_reader_new(TYPE, &handler, &reader, NULL), 0);
    assert_int_equal(wsd__mime_reader_feed(reader, head, strlen(head), NULL), 0);
    assert_int_equal(wsd__mime_reader_feed(reader, data, 10, NULL), 0);
    assert_ptr_equal(slice_start, data);
    assert_int_equal(slice_size, 10);
    wsd__mime_reader_free(reader);
    wsd__buf_free(&record.text);
}

/* -- what is refused, what is cut
 * ------------------------------------------------------------------ */

static void test_missing_closing_delimiter_is_told(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\n" IMAGE "pixels", "{0|image/jpeg|i@x|pixels~WSD_E_TRUNCATED");
    expect(TYPE, "--b1\r\n" IMAGE "pixels\r\n", "{0|image/jpeg|i@x|pixels\r\n~WSD_E_TRUNCATED");
}

static void test_closing_delimiter_that_was_cut_is_no_image(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\n" IMAGE "pixels\r\n--b1", "{0|image/jpeg|i@x|pixels~WSD_E_TRUNCATED");
    expect(TYPE, "--b1\r\n" IMAGE "pixels\r\n--b1-", "{0|image/jpeg|i@x|pixels~WSD_E_TRUNCATED");
}

static void test_input_that_ends_in_headers_or_before_them(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\nContent-Type: image/jpeg\r\n", "WSD_E_TRUNCATED");
    expect(TYPE, "nothing of the kind", "WSD_E_TRUNCATED");
    expect(TYPE, "--b1--", "");
}

static void test_nested_multipart_is_refused(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\nContent-Type: Multipart/mixed; boundary=c\r\n\r\nx\r\n--b1--",
           "WSD_E_MIME");
}

static void test_transfer_encoding_is_refused(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\nContent-Transfer-Encoding: BASE64\r\n\r\nAAAA\r\n--b1--", "WSD_E_MIME");
}

static void test_headers_without_end_are_refused(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\nContent-Type: image/jpeg\r\n--b1--\r\n", "WSD_E_MIME");
}

static void test_header_lines_that_are_none(void **state)
{
    (void)state;
    static const char with_nul[] = "--b1\r\nContent-Type: image/jpeg\0x\r\n\r\nx\r\n--b1--";
    expect_n(TYPE, with_nul, sizeof with_nul - 1, "WSD_E_MIME");
    expect(TYPE, "--b1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n--b1--",
           "WSD_E_MIME");
    expect(TYPE, "--b1\r\nA\n: b\r\nContent-ID: <i@x>\r\n\r\nx\r\n--b1--", "{0||i@x|x}");
    expect(TYPE, "--b1\r\nContent-IQ: <a>\r\nContent-ID:  \r\n\r\nx\r\n--b1--", "{0|||x}");
}

static void test_delimiter_that_ends_like_no_delimiter_is_data(void **state)
{
    (void)state;
    expect(TYPE, "--b1\r\n" IMAGE "p\r\n--b1-x\r\n--b1--", "{0|image/jpeg|i@x|p\r\n--b1-x}");
}

static void test_too_many_parts(void **state)
{
    (void)state;
    struct wsd__buf body = WSD__BUF_INIT(1 << 20);
    for (int i = 0; i <= WSD_MAX_MIME_PARTS; i++)
        wsd__buf_puts(&body, "--b1\r\n\r\n\r\n");
    char *got = read_in_pieces(TYPE, body.data, body.length, body.length, 1);
    assert_non_null(strstr(got, "{15|||}WSD_E_LIMIT"));
    free(got);
    wsd__buf_free(&body);
}

static void test_too_long_headers(void **state)
{
    (void)state;
    struct wsd__buf body = WSD__BUF_INIT(1 << 20);
    wsd__buf_puts(&body, "--b1\r\n");
    while (body.length < WSD_MAX_MIME_HEADERS + 64)
        wsd__buf_puts(&body, "A: b\r\n");
    wsd__buf_puts(&body, "\r\n\r\n--b1--");
    char *got = read_in_pieces(TYPE, body.data, body.length, 7, 11);
    assert_string_equal(got, "WSD_E_LIMIT");
    free(got);
    wsd__buf_free(&body);
}

static void test_failure_of_the_sink_ends_the_reading_for_good(void **state)
{
    (void)state;
    struct record record = {.text = WSD__BUF_INIT(1 << 20), .refuse = WSD_E_SINK};
    struct wsd__mime_handler handler = {&record, on_part, on_data, on_end};
    struct wsd__mime_reader *reader;
    struct wsd_error error = {0};
    const char *body = "--b1\r\n\r\npixels\r\n--b1--";
    assert_int_equal(wsd__mime_reader_new(TYPE, &handler, &reader, NULL), 0);
    assert_int_equal(wsd__mime_reader_feed(reader, body, strlen(body), &error), WSD_E_SINK);
    assert_int_equal(error.code, WSD_E_SINK);
    assert_int_equal(wsd__mime_reader_feed(reader, body, strlen(body), NULL), WSD_E_SINK);
    assert_int_equal(wsd__mime_reader_finish(reader, NULL), WSD_E_SINK);
    assert_string_equal(record.text.data, "{0|||pixels");
    wsd__mime_reader_free(reader);
    wsd__buf_free(&record.text);
}

static void test_content_type_without_boundary_is_refused(void **state)
{
    (void)state;
    static const char *const types[] = {
        "",
        "application/soap+xml",
        "multipart/related",
        "multipart/related; boundary=",
        "multipart/related; boundary=\"\"",
        "multipartx/related; boundary=x",
        ("multipart/related; boundary="
         "12345678901234567890123456789012345678901234567890123456789012345678901")};
    struct wsd__mime_handler handler = {NULL, on_part, on_data, on_end};
    struct wsd__mime_reader *reader;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct wsd_error error = {0};
        assert_int_equal(wsd__mime_reader_new(types[i], &handler, &reader, &error), WSD_E_MIME);
        assert_int_equal(error.code, WSD_E_MIME);
    }
}

/* -- header values -------------------------------------------------------------------------------
 */

static void test_media_type_is_compared_without_case_and_parameters(void **state)
{
    (void)state;
    assert_true(wsd__mime_is("application/soap+xml", "application/soap+xml"));
    assert_true(wsd__mime_is(" Application/SOAP+xml ; charset=utf-8", "application/soap+xml"));
    assert_true(wsd__mime_is("application/soap+xml;", "application/soap+xml"));
    assert_false(wsd__mime_is("application/soap+xmlx", "application/soap+xml"));
    assert_false(wsd__mime_is("", "application/soap+xml"));
    assert_false(wsd__mime_is(NULL, "application/soap+xml"));
}

static void expect_parameter(const char *type, const char *name, const char *expected)
{
    char value[64];
    bool found = wsd__mime_parameter(type, name, value, sizeof value);
    assert_string_equal(found ? value : "(none)", expected);
}

static void test_parameters_quoted_or_not(void **state)
{
    (void)state;
    expect_parameter(TYPE, "boundary", "b1");
    expect_parameter(TYPE, "START-INFO", "application/soap+xml");
    expect_parameter(TYPE, "startinfo", "(none)");
    expect_parameter("a/b; type=application/xop+xml;x", "type", "application/xop+xml");
    expect_parameter("a/b; x=\"a;b\\\"c\"y=z", "x", "a;b\"c");
    expect_parameter("a/b; x=\"a;b\\\"c\"y=z", "y", "z");
    expect_parameter("a/b; x = y z ; w=1", "x", "y z");
    expect_parameter("a/b; x=y w=1", "w", "1");
    expect_parameter("a/b; x=\"unclosed; w=1", "x", "unclosed");
    expect_parameter("a/b; xx=1", "x", "(none)");
    expect_parameter("a/b; =1; x=2", "x", "2");
    expect_parameter("a/b,\"; x=2", "x", "2");
    expect_parameter("a/b;\r\n\tx=2\r\n", "x", "2");
    expect_parameter("a/b; x=\"1\\", "x", "1\\");
    expect_parameter("a/b; x=\"1\\\"", "x", "1\"");
    expect_parameter("a/b; x=", "x", "");
    static char wide[WSD_MAX_HEADER_LINE + 100] = "a/b; x=";
    memset(wide + 7, '1', sizeof wide - 8);
    expect_parameter(wide, "x", "(none)");
    expect_parameter("boundary=1", "boundary", "(none)");
    char tiny[3];
    assert_false(wsd__mime_parameter("a/b; x=123", "x", tiny, sizeof tiny));
    assert_true(wsd__mime_parameter("a/b; x=12", "x", tiny, sizeof tiny));
}

static void test_cid_references_are_decoded(void **state)
{
    (void)state;
    char id[16];
    assert_true(wsd__mime_cid("cid:i%40x", id, sizeof id));
    assert_string_equal(id, "i@x");
    assert_true(wsd__mime_cid(" CID:%3Ci@x%3E ", id, sizeof id));
    assert_string_equal(id, "i@x");
    assert_true(wsd__mime_cid("cid:100%", id, sizeof id));
    assert_string_equal(id, "100%");
    assert_true(wsd__mime_cid("cid:a%4zb%z4", id, sizeof id));
    assert_string_equal(id, "a%4zb%z4");
    assert_false(wsd__mime_cid("cid:a%00b", id, sizeof id));
    assert_false(wsd__mime_cid(NULL, id, sizeof id));
    assert_false(wsd__mime_cid("cid:a", id, 0));
    assert_false(wsd__mime_cid("cid:", id, sizeof id));
    assert_false(wsd__mime_cid("http://x/", id, sizeof id));
    assert_false(wsd__mime_cid("cid:0123456789abcdef", id, sizeof id));
}

/* -- writer
 * ---------------------------------------------------------------------------------------- */

static const char image_bytes[] = "\xff\xd8\xff\x00\r\n--\r\nimage\n\xff\xd9\r";

static void write_message(struct wsd__buf *type, struct wsd__buf *body)
{
    struct wsd_context *context;
    struct wsd__mime_writer writer;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    wsd__mime_writer_init(context, &writer);
    assert_int_equal(wsd__mime_writer_content_type(&writer, type), 0);
    assert_int_equal(wsd__mime_writer_head(&writer, "<soap:Envelope/>", 16, "image/jpeg", body), 0);
    wsd__buf_append(body, image_bytes, sizeof image_bytes - 1);
    assert_int_equal(wsd__mime_writer_tail(&writer, body), 0);
    assert_int_equal(wsd__mime_writer_head(&writer, "", 0, "a/b\r\nX: y", body), WSD_E_INVALID);
    wsd_context_free(context);
}

static void test_writer_is_read_back(void **state)
{
    (void)state;
    struct wsd__buf type = WSD__BUF_INIT(4096), body = WSD__BUF_INIT(1 << 20);
    struct record record = {.text = WSD__BUF_INIT(1 << 20)};
    struct wsd__mime_handler handler = {&record, on_part, on_data, on_end};
    struct wsd__mime_reader *reader;
    char start[64], expected[256];
    write_message(&type, &body);
    assert_memory_equal(body.data, "\r\n--", 4); /* PyWSD */
    assert_true(wsd__mime_parameter(type.data, "start", start, sizeof start));
    assert_int_equal(wsd__mime_reader_new(type.data, &handler, &reader, NULL), 0);
    assert_int_equal(wsd__mime_reader_feed(reader, body.data, body.length, NULL), 0);
    assert_int_equal(wsd__mime_reader_finish(reader, NULL), 0);
    snprintf(expected, sizeof expected,
             "{0|application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"|%.*s|"
             "<soap:Envelope/>}{1|image/jpeg|image.",
             (int)strlen(start) - 2, start + 1);
    assert_memory_equal(record.text.data, expected, strlen(expected));
    assert_memory_equal(record.text.data + record.text.length - sizeof image_bytes, image_bytes,
                        sizeof image_bytes - 1);
    wsd__mime_reader_free(reader);
    wsd__buf_free(&record.text);
    wsd__buf_free(&type);
    wsd__buf_free(&body);
}

static void test_writer_is_read_by_python(void **state)
{
    (void)state;
    static const char program[] =
        "python3 -c '\n"
        "import sys, email\n"
        "m = email.message_from_bytes(sys.stdin.buffer.read())\n"
        "p = m.get_payload()\n"
        "assert m.get_content_type() == \"multipart/related\" and not m.defects, m.defects\n"
        "assert len(p) == 2 and p[0][\"Content-ID\"] == m.get_param(\"start\")\n"
        "assert p[0].get_content_type() == \"application/xop+xml\"\n"
        "assert p[0].get_payload() == \"<soap:Envelope/>\"\n"
        "assert p[1].get_content_type() == \"image/jpeg\"\n"
        "assert p[1].get_payload(decode=True).startswith(b\"\\xff\\xd8\\xff\\x00\")\n"
        "'";
    struct wsd__buf type = WSD__BUF_INIT(4096), body = WSD__BUF_INIT(1 << 20);
    write_message(&type, &body);
    FILE *python = popen(program, "w");
    assert_non_null(python);
    fprintf(python, "MIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n", type.data);
    fwrite(body.data, 1, body.length, python);
    assert_int_equal(pclose(python), 0);
    wsd__buf_free(&type);
    wsd__buf_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_parts_come_out_at_every_cut),
        cmocka_unit_test(test_preamble_and_epilogue_are_ignored),
        cmocka_unit_test(test_header_names_in_any_case_and_folded_lines),
        cmocka_unit_test(test_boundary_without_quotes_with_odd_characters),
        cmocka_unit_test(test_delimiter_without_line_break_before_it),
        cmocka_unit_test(test_image_bytes_like_a_delimiter_stay_image),
        cmocka_unit_test(test_lines_that_end_in_lf_alone),
        cmocka_unit_test(test_part_without_headers_and_part_without_body),
        cmocka_unit_test(test_boundary_of_dashes),
        cmocka_unit_test(test_every_byte_value_passes),
        cmocka_unit_test(test_data_is_the_input_itself),
        cmocka_unit_test(test_missing_closing_delimiter_is_told),
        cmocka_unit_test(test_closing_delimiter_that_was_cut_is_no_image),
        cmocka_unit_test(test_input_that_ends_in_headers_or_before_them),
        cmocka_unit_test(test_nested_multipart_is_refused),
        cmocka_unit_test(test_transfer_encoding_is_refused),
        cmocka_unit_test(test_headers_without_end_are_refused),
        cmocka_unit_test(test_header_lines_that_are_none),
        cmocka_unit_test(test_delimiter_that_ends_like_no_delimiter_is_data),
        cmocka_unit_test(test_too_many_parts),
        cmocka_unit_test(test_too_long_headers),
        cmocka_unit_test(test_failure_of_the_sink_ends_the_reading_for_good),
        cmocka_unit_test(test_content_type_without_boundary_is_refused),
        cmocka_unit_test(test_media_type_is_compared_without_case_and_parameters),
        cmocka_unit_test(test_parameters_quoted_or_not),
        cmocka_unit_test(test_cid_references_are_decoded),
        cmocka_unit_test(test_writer_is_read_back),
        cmocka_unit_test(test_writer_is_read_by_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
