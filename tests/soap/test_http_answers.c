/* SPDX-License-Identifier: MIT */
/* The HTTP client: what it makes of answers, whole, cut, and of bytes that are none. */
#include "http_exchange.h"

static void expect(const char *reply, int status, int http_status, const char *body)
{
    struct peer peer = {.reply = reply};
    struct exchange exchange = ask(&peer, "/", false);
    if (exchange.status != status)
        print_message("%s\n", exchange.error.message);
    assert_int_equal(exchange.status, status);
    assert_int_equal(exchange.http_status, http_status);
    assert_string_equal(exchange.body.data != NULL ? exchange.body.data : "", body);
    if (status < 0)
        assert_int_equal(exchange.error.http_status, http_status);
    wsd__buf_free(&exchange.body);
}

static void test_answer_with_length(void **state)
{
    (void)state;
    expect(OK_REPLY, 0, 200, "<a/>");
}

static void test_chunked_answer(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n2;x=y\r\n/>\r\n0\r\n"
           "Trailer: x\r\n\r\n",
           0, 200, "<a/>");
}

static void test_http_1_0_without_length_ends_with_the_connection(void **state)
{
    (void)state;
    expect("HTTP/1.0 200 OK\r\nServer: small\r\n\r\n<a/>", 0, 200, "<a/>");
}

static void test_interim_answers_are_passed_over(void **state)
{
    (void)state;
    expect("HTTP/1.1 100 Continue\r\nContent-Type: x/y\r\n\r\n" OK_REPLY, 0, 200, "<a/>");
}

static void test_accepted_without_body(void **state)
{
    (void)state;
    expect("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 0, 202, "");
    expect("HTTP/1.1 204 No Content\r\n\r\n", 0, 204, "");
}

static void test_fault_and_html_statuses_are_answers(void **state)
{
    (void)state;
    expect("HTTP/1.1 500 Oops\r\nContent-Length: 8\r\n\r\n<fault/>", 0, 500, "<fault/>");
    expect("HTTP/1.1 404 Gone\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", 0,
           404, "<html>");
    expect("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n<fault/>", 0, 200, "<fault/>");
}

static void test_content_type_is_told_or_empty(void **state)
{
    (void)state;
    struct peer peer = {.reply = "HTTP/1.1 200 OK\r\ncontent-type:  Multipart/related;a=\"b\" \r\n"
                                 "Content-Length: 0\r\n\r\n"};
    struct exchange exchange = ask(&peer, "/", false);
    assert_string_equal(exchange.type, "Multipart/related;a=\"b\"");
    struct peer other = {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    exchange = ask(&other, "/", false);
    assert_int_equal(exchange.headers, 1);
    assert_string_equal(exchange.type, "");
}

/* -- failures
 * ---------------------------------------------------------------------------------------- */

static void test_answer_of_nothing_is_empty(void **state)
{
    (void)state;
    expect("", WSD_E_EMPTY, 0, "");
}

static void test_body_cut_before_its_length_is_truncated(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>", WSD_E_TRUNCATED, 200, "<a/>");
}

static void test_chunks_cut_mid_stream_are_truncated(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n", WSD_E_TRUNCATED,
           200, "<a/>");
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<a/>", WSD_E_TRUNCATED, 200,
           "<a/>");
}

static void test_headers_cut_are_truncated(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nContent-Type: x/y\r\n", WSD_E_TRUNCATED, 0, "");
}

static void test_answer_that_is_no_http(void **state)
{
    (void)state;
    expect("SSH-2.0-OpenSSH_9.2\r\n", WSD_E_HTTP, 0, "");
}

static void test_redirect_is_refused_and_not_followed(void **state)
{
    (void)state;
    struct peer peer = {.reply = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\n"
                                 "Content-Length: 0\r\n\r\n",
                        .connections = 2};
    struct exchange exchange = ask(&peer, "/", false);
    assert_int_equal(exchange.status, WSD_E_REDIRECT);
    assert_int_equal(exchange.headers, 0);
    assert_int_equal(exchange.error.http_status, 302);
    assert_int_equal(peer.requests, 1);
}

static void test_endless_headers_reach_a_limit(void **state)
{
    (void)state;
    struct wsd__buf reply = WSD__BUF_INIT(1 << 20);
    wsd__buf_puts(&reply, "HTTP/1.1 200 OK\r\n");
    while (reply.length < 100000)
        wsd__buf_puts(&reply, "X-Long: 0123456789012345678901234567890123456789\r\n");
    expect(reply.data, WSD_E_LIMIT, 0, "");
    wsd__buf_free(&reply);
}

/* libcurl before 8.2 takes it for the rest of the last header of the exchange before, whose memory
 * is free by then. */
static void test_first_header_that_is_folded_is_refused(void **state)
{
    (void)state;
    static const char *const replies[] = {
        OK_REPLY, "HTTP/1.1 200 OK\r\n X: more\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\tX: more\r\nContent-Length: 0\r\n\r\n"};
    struct wsd_context *context;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    for (int i = 0; i < 3; i++) {
        struct peer peer = {.reply = replies[i]};
        struct exchange exchange = {.context = context};
        char url[64];
        peer_start(&peer);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
        start(&exchange, &(struct wsd__http_post){.url = url, .body = "x", .size = 1});
        run(&exchange);
        assert_int_equal(exchange.status, i == 0 ? 0 : WSD_E_HTTP);
        wsd__buf_free(&exchange.body);
        peer_stop(&peer);
    }
    wsd_context_free(context);
}

static void test_folded_header_is_passed_over(void **state)
{
    (void)state;
    expect("HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\nContent-Length: 4\r\n\r\n<a/>", 0, 200, "<a/>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_with_length),
        cmocka_unit_test(test_chunked_answer),
        cmocka_unit_test(test_http_1_0_without_length_ends_with_the_connection),
        cmocka_unit_test(test_interim_answers_are_passed_over),
        cmocka_unit_test(test_accepted_without_body),
        cmocka_unit_test(test_fault_and_html_statuses_are_answers),
        cmocka_unit_test(test_content_type_is_told_or_empty),
        cmocka_unit_test(test_answer_of_nothing_is_empty),
        cmocka_unit_test(test_body_cut_before_its_length_is_truncated),
        cmocka_unit_test(test_chunks_cut_mid_stream_are_truncated),
        cmocka_unit_test(test_headers_cut_are_truncated),
        cmocka_unit_test(test_answer_that_is_no_http),
        cmocka_unit_test(test_redirect_is_refused_and_not_followed),
        cmocka_unit_test(test_endless_headers_reach_a_limit),
        cmocka_unit_test(test_first_header_that_is_folded_is_refused),
        cmocka_unit_test(test_folded_header_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
