/* SPDX-License-Identifier: MIT */
/* RetrieveImage: the image reaches the sink whatever the envelope around it looks like, or the
 * caller learns why not. */
#include "../support/codec.h"
#include "../support/peer.h"
#include <wsd/scan.h>

#define RESPONSE(data)                                                                             \
    BODY("<wscn:RetrieveImageResponse><wscn:ScanData>" data                                        \
         "</wscn:ScanData></wscn:RetrieveImageResponse>")
#define INCLUDE(cid)                                                                               \
    RESPONSE("<xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:" cid    \
             "\"/>")
#define TYPE(parameters) "200 OK\r\nContent-Type: multipart/related; " parameters
#define USUAL_TYPE                                                                                 \
    TYPE("type=\"application/xop+xml\"; boundary=\"b\"; start=\"<r@x>\"; "                         \
         "start-info=\"application/soap+xml\"")
#define ROOT_PART                                                                                  \
    "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n"          \
    "Content-Transfer-Encoding: binary\r\nContent-ID: <r@x>\r\n\r\n"
#define IMAGE_PART  "Content-Type: image/jpeg\r\nContent-ID: <i@x>\r\n\r\n"
#define UP_TO_IMAGE "\r\n--b\r\n" ROOT_PART INCLUDE("i@x") "\r\n--b\r\n" IMAGE_PART
#define WHOLE       UP_TO_IMAGE "JPEG\r\n--b--\r\n"

struct sink {
    char bytes[65536], type[64];
    size_t size;
    int begins, ends, completes;
    int refuse; /* what write returns */
};

static int begin(void *user, const char *content_type)
{
    struct sink *sink = user;
    sink->begins++;
    snprintf(sink->type, sizeof sink->type, "%s", content_type);
    return 0;
}

static int put(void *user, const void *bytes, size_t size)
{
    struct sink *sink = user;
    size_t room = sizeof sink->bytes - 1 - sink->size;
    if (sink->refuse)
        return sink->refuse;
    memcpy(sink->bytes + sink->size, bytes, size < room ? size : room);
    sink->size += size < room ? size : room;
    return 0;
}

static int end(void *user, bool complete)
{
    struct sink *sink = user;
    sink->ends++;
    sink->completes += complete;
    return 0;
}

struct outcome {
    struct sink sink;
    struct wsd_error error;
    int status;
    uint64_t size;
    bool closed;
};

static struct outcome fetch(struct wsd_context *context, const struct answer *answer,
                            uint64_t max_bytes, int refuse)
{
    struct outcome outcome = {.sink = {.refuse = refuse}};
    struct peer *peer = peer_new(answer, 1);
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    sink.user = &outcome.sink;
    sink.begin = begin;
    sink.write = put;
    sink.end = end;
    sink.max_bytes = max_bytes;
    const struct wsd_image_info *info = NULL;
    outcome.status =
        wsd_retrieve_image(context, peer->url, 7, "tok", NULL, &sink, NULL, &info, &outcome.error);
    if (outcome.status == 0) {
        outcome.size = info->size;
        outcome.closed = info->closed;
        wsd_free(info);
    } else {
        assert_string_equal(outcome.error.operation, "RetrieveImage");
        assert_string_equal(outcome.error.device, peer->url);
    }
    /* Whatever happens: what began has ended, once, and as complete only if the call succeeded. */
    assert_int_equal(outcome.sink.begins, outcome.sink.ends);
    assert_true(outcome.sink.begins <= 1);
    assert_int_equal(outcome.sink.completes, outcome.status == 0);
    peer_free(peer);
    return outcome;
}

static struct outcome fetch_text(struct wsd_context *context, const char *head, const char *body)
{
    return fetch(context, &(struct answer){.head = head, .body = body}, 0, 0);
}

static void assert_image(const struct outcome *outcome, const char *bytes)
{
    if (outcome->status < 0)
        fail_msg("%s", outcome->error.message);
    assert_string_equal(outcome->sink.bytes, bytes);
    assert_int_equal(outcome->size, strlen(bytes));
}

static void test_image_as_it_should_be(void **state)
{
    struct outcome o = fetch_text(*state, USUAL_TYPE, WHOLE);
    assert_image(&o, "JPEG");
    assert_string_equal(o.sink.type, "image/jpeg");
    assert_true(o.closed);
}

static void test_odd_boundaries(void **state)
{
    struct outcome o =
        fetch_text(*state, TYPE("boundary=b;type=application/xop+xml;start=<r@x>"), WHOLE);
    assert_image(&o, "JPEG");
    static const char odd[] =
        "\r\n--=_a:b/c 'd'?\r\n" ROOT_PART INCLUDE("i@x") "\r\n--=_a:b/c 'd'?\r\n" IMAGE_PART
                                                          "JPEG\r\n--=_a:b/c 'd'?--\r\n";
    o = fetch_text(*state, TYPE("boundary=\"=_a:b/c 'd'?\""), odd);
    assert_image(&o, "JPEG");
    o = fetch_text(*state, TYPE("type=\"application/xop+xml\""), WHOLE);
    assert_int_equal(o.status, WSD_E_MIME);
}

static void test_boundary_that_almost_appears_in_the_image(void **state)
{
    struct outcome o =
        fetch_text(*state, USUAL_TYPE, UP_TO_IMAGE "a\r\n-b\r\n--c\r\n--\r\n\r\n--b--\r\n");
    assert_image(&o, "a\r\n-b\r\n--c\r\n--\r\n");
}

static void test_missing_end_is_taken_and_told(void **state)
{
    struct outcome o = fetch_text(*state, USUAL_TYPE, UP_TO_IMAGE "JPEG");
    assert_image(&o, "JPEG");
    assert_false(o.closed);
}

static void test_connection_cut_inside_the_image(void **state)
{
    struct outcome o =
        fetch(*state,
              &(struct answer){.head = USUAL_TYPE, .body = UP_TO_IMAGE "JPEG", .announced = 100000},
              0, 0);
    assert_int_equal(o.status, WSD_E_TRUNCATED);
    assert_int_equal(o.sink.begins, 1);
}

static void test_wrong_content_id(void **state)
{
    struct outcome o = fetch_text(*state, USUAL_TYPE,
                                  "\r\n--b\r\n" ROOT_PART INCLUDE("other") "\r\n--b\r\n" IMAGE_PART
                                                                           "JPEG\r\n--b--\r\n");
    assert_image(&o, "JPEG");
}

static void test_start_that_names_no_part(void **state)
{
    struct outcome o = fetch_text(*state, TYPE("boundary=b; start=\"<nobody>\""), WHOLE);
    assert_image(&o, "JPEG");
}

static void test_root_as_plain_soap_with_a_long_content_type(void **state)
{
    static const char head[] = TYPE(
        "type=\"application/xop+xml\"; boundary=\"b\"; start-info=\"application/soap+xml\"; "
        "x-padding=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; "
        "start=\"<r@x>\"");
    struct outcome o = fetch_text(
        *state, head,
        "\r\n--b\r\nContent-Type: application/soap+xml\r\nContent-ID: <r@x>\r\n\r\n" INCLUDE(
            "i@x") "\r\n--b\r\n" IMAGE_PART "JPEG\r\n--b--\r\n");
    assert_image(&o, "JPEG");
}

static void test_image_before_the_envelope(void **state)
{
    struct outcome o = fetch_text(*state, USUAL_TYPE,
                                  "\r\n--b\r\n" IMAGE_PART
                                  "JPEG\r\n--b\r\n" ROOT_PART INCLUDE("i@x") "\r\n--b--\r\n");
    assert_image(&o, "JPEG");
}

static void test_image_of_no_bytes_is_an_error(void **state)
{
    struct outcome o = fetch_text(*state, USUAL_TYPE, UP_TO_IMAGE "\r\n--b--\r\n");
    assert_int_equal(o.status, WSD_E_EMPTY);
    assert_int_equal(o.sink.begins, 1);
}

static void test_image_part_that_is_absent(void **state)
{
    struct outcome o =
        fetch_text(*state, USUAL_TYPE, "\r\n--b\r\n" ROOT_PART INCLUDE("i@x") "\r\n--b--\r\n");
    assert_int_equal(o.status, WSD_E_MIME);
    assert_int_equal(o.sink.begins, 0);
    o = fetch_text(*state, "200 OK\r\nContent-Type: application/soap+xml", INCLUDE("i@x"));
    assert_int_equal(o.status, WSD_E_MIME);
}

static void test_multipart_without_an_envelope(void **state)
{
    struct outcome o = fetch_text(*state, USUAL_TYPE, "\r\n--b--\r\n");
    assert_int_equal(o.status, WSD_E_EMPTY);
}

static void test_inline_base64_with_line_breaks(void **state)
{
    struct outcome o = fetch_text(*state, "200 OK\r\nContent-Type: application/soap+xml",
                                  RESPONSE("\r\n SlBF\r\nRyBi\r\neXRlcw==\r\n"));
    assert_image(&o, "JPEG bytes");
    assert_string_equal(o.sink.type, "");
}

static void test_inline_base64_that_is_none(void **state)
{
    struct outcome o =
        fetch_text(*state, "200 OK\r\nContent-Type: application/soap+xml", RESPONSE("not*base64"));
    assert_int_equal(o.status, WSD_E_SCHEMA);
    assert_int_equal(o.sink.begins, 0);
}

static void test_inline_base64_of_no_bytes(void **state)
{
    struct outcome o =
        fetch_text(*state, "200 OK\r\nContent-Type: application/soap+xml", RESPONSE("===="));
    assert_true(o.status < 0);
}

static void test_endless_image_ends_at_the_limit(void **state)
{
    static char piece[65536];
    memset(piece, 'x', sizeof piece - 1);
    static char body[sizeof piece + 2048];
    snprintf(body, sizeof body, "%s%s", UP_TO_IMAGE, piece); /* each time another part */
    struct outcome o = fetch(
        *state,
        &(struct answer){.head = USUAL_TYPE, .body = body, .repeat = 200, .announced = (size_t)-1},
        60000, 0);
    assert_int_equal(o.status, WSD_E_LIMIT);
    assert_int_equal(o.sink.begins, 1);
    assert_true(o.sink.size < 60000);
}

static void test_more_parts_than_are_accepted_break_the_image_before_them(void **state)
{
    struct outcome o = fetch(
        *state, &(struct answer){.head = USUAL_TYPE, .body = UP_TO_IMAGE "JPEG", .repeat = 200}, 0,
        0);
    assert_true(o.status < 0);
    assert_int_equal(o.sink.begins, 1);
}

static void test_fault_after_an_image(void **state)
{
    struct outcome o =
        fetch_text(*state, USUAL_TYPE,
                   "\r\n--b\r\n" IMAGE_PART "JPEG\r\n--b\r\n" ROOT_PART BODY(
                       "<soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code>"
                       "<soap:Reason><soap:Text "
                       "xml:lang=\"en\">r</soap:Text></soap:Reason></soap:Fault>") "\r\n--b--\r\n");
    assert_int_equal(o.status, WSD_E_FAULT);
    assert_int_equal(o.sink.begins, 1);
}

static void test_sink_that_fails_ends_the_transfer(void **state)
{
    struct outcome o =
        fetch(*state, &(struct answer){.head = USUAL_TYPE, .body = WHOLE}, 0, WSD_E_SINK);
    assert_int_equal(o.status, WSD_E_SINK);
    assert_int_equal(o.sink.begins, 1);
}

static void test_end_of_a_feeder_job_is_a_fault(void **state)
{
    struct outcome o = fetch_text(
        *state, "400 Bad Request",
        BODY("<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value>"
             "wscn:ClientErrorNoImagesAvailable</soap:Value></soap:Subcode></soap:Code>"
             "<soap:Reason><soap:Text xml:lang=\"en\">r</soap:Text></soap:Reason></soap:Fault>"));
    assert_true(wsd_error_is_fault(&o.error, "ClientErrorNoImagesAvailable"));
    assert_int_equal(o.sink.begins, 0);
}

static void test_fault_inside_a_multipart_answer(void **state)
{
    struct outcome o =
        fetch_text(*state, USUAL_TYPE,
                   "\r\n--b\r\n" ROOT_PART BODY(
                       "<soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code>"
                       "<soap:Reason><soap:Text "
                       "xml:lang=\"en\">r</soap:Text></soap:Reason></soap:Fault>") "\r\n--b--\r\n");
    assert_int_equal(o.status, WSD_E_FAULT);
}

static void test_descriptor_as_sink(void **state)
{
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    struct peer *peer = peer_new(&(struct answer){.head = USUAL_TYPE, .body = WHOLE}, 1);
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    sink.descriptor = pair[1];
    assert_int_equal(
        wsd_retrieve_image(*state, peer->url, 7, "tok", "name", &sink, NULL, NULL, NULL), 0);
    char bytes[16] = "";
    assert_int_equal(read(pair[0], bytes, sizeof bytes), 4);
    assert_string_equal(bytes, "JPEG");
    assert_has(peer->requests[0], "<wscn:JobToken>tok</wscn:JobToken><wscn:DocumentDescription>"
                                  "<wscn:DocumentName>name</wscn:DocumentName>");
    close(pair[0]);
    close(pair[1]);
    peer_free(peer);
}

static void test_no_sink_is_refused(void **state)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    assert_int_equal(
        wsd_retrieve_image(*state, "http://127.0.0.1:9/", 7, "t", NULL, &sink, NULL, NULL, NULL),
        WSD_E_INVALID);
}

int main(void)
{
#define T(name) cmocka_unit_test(test_##name)
    const struct CMUnitTest tests[] = {
        T(image_as_it_should_be),
        T(odd_boundaries),
        T(boundary_that_almost_appears_in_the_image),
        T(missing_end_is_taken_and_told),
        T(connection_cut_inside_the_image),
        T(wrong_content_id),
        T(start_that_names_no_part),
        T(root_as_plain_soap_with_a_long_content_type),
        T(image_before_the_envelope),
        T(image_of_no_bytes_is_an_error),
        T(image_part_that_is_absent),
        T(multipart_without_an_envelope),
        T(inline_base64_with_line_breaks),
        T(inline_base64_that_is_none),
        T(inline_base64_of_no_bytes),
        T(endless_image_ends_at_the_limit),
        T(more_parts_than_are_accepted_break_the_image_before_them),
        T(fault_after_an_image),
        T(sink_that_fails_ends_the_transfer),
        T(end_of_a_feeder_job_is_a_fault),
        T(fault_inside_a_multipart_answer),
        T(descriptor_as_sink),
        T(no_sink_is_refused),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
