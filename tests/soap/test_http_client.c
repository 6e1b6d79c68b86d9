/* SPDX-License-Identifier: MIT */
/* The HTTP client: what it sends, which failures it tells, how exchanges end. */
#include "http_exchange.h"

/* -- the request ----------------------------------------------------------------------------------
 */

static bool has_line(const struct peer *peer, const char *line)
{
    char wanted[128];
    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    return strstr(peer->request, wanted) != NULL;
}

static void test_request_has_the_headers_of_windows_and_no_others(void **state)
{
    (void)state;
    struct peer peer = {.reply = OK_REPLY};
    struct exchange exchange = ask(&peer, "/a/../B%41//x?y", false);
    char host[64];
    snprintf(host, sizeof host, "Host: 127.0.0.1:%u", peer.port);
    assert_int_equal(exchange.status, 0);
    assert_memory_equal(peer.request, "POST /a/../B%41//x?y HTTP/1.1\r\n", 31);
    assert_true(has_line(&peer, host));
    assert_true(has_line(&peer, "Content-Type: application/soap+xml"));
    assert_true(has_line(&peer, "User-Agent: WSDAPI"));
    assert_true(has_line(&peer, "Cache-Control: no-cache"));
    assert_true(has_line(&peer, "Pragma: no-cache"));
    assert_true(has_line(&peer, "Connection: close"));
    assert_true(has_line(&peer, "Content-Length: 7"));
    int lines = 0;
    for (const char *p = peer.request; (p = strstr(p, "\r\n")) != NULL; p += 2)
        lines++;
    assert_int_equal(lines, 1 + 7 + 1); /* request line, seven headers, the blank one */
    assert_string_equal(strstr(peer.request, "\r\n\r\n"), "\r\n\r\n<soap/>");
    wsd__buf_free(&exchange.body);
}

static void test_default_port_is_left_out_of_host(void **state)
{
    (void)state; /* Kyocera refuses "Host: address:80" */
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = inet_addr("127.77.0.1")};
    struct exchange exchange = {0};
    struct peer peer = {.reply = OK_REPLY, .connections = 1};
    peer.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(peer.listener, (const struct sockaddr *)&address, sizeof address) < 0) {
        close(peer.listener);
        skip(); /* low ports are not for everybody */
    }
    assert_int_equal(listen(peer.listener, 1), 0);
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    assert_int_equal(pthread_create(&peer.thread, NULL, serve, &peer), 0);
    start(&exchange,
          &(struct wsd__http_post){.url = "http://127.77.0.1:80/", .body = "", .size = 0});
    run(&exchange);
    assert_int_equal(exchange.status, 0);
    assert_true(has_line(&peer, "Host: 127.77.0.1"));
    wsd_context_free(exchange.context);
    peer_stop(&peer);
    wsd__buf_free(&exchange.body);
}

static void test_environment_names_a_proxy_and_nobody_asks_it(void **state)
{
    (void)state;
    struct peer peer = {.reply = OK_REPLY};
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
    struct exchange exchange = ask(&peer, "/", false);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    assert_int_equal(exchange.status, 0);
    wsd__buf_free(&exchange.body);
}

static void test_large_request_is_sent_at_once_with_its_length(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct peer peer = {.reply = OK_REPLY};
    static char body[6000];
    char url[64];
    memset(body, 'x', sizeof body);
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    peer_start(&peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    start(&exchange, &(struct wsd__http_post){.url = url, .body = body, .size = sizeof body});
    run(&exchange);
    assert_int_equal(exchange.status, 0);
    assert_true(has_line(&peer, "Content-Length: 6000"));
    assert_null(strstr(peer.request, "Expect"));
    wsd_context_free(exchange.context);
    peer_stop(&peer);
    wsd__buf_free(&exchange.body);
}

static void test_ipv6_zone_is_used_and_not_sent(void **state)
{
    static const char *const forms[] = {"%1", "%251", "%lo", "%25lo"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct exchange exchange = {0};
        struct peer peer = {.reply = OK_REPLY, .family = AF_INET6};
        char url[64], host[64];
        assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
        peer_start(&peer);
        snprintf(url, sizeof url, "http://[::1%s]:%u/", forms[i], peer.port);
        snprintf(host, sizeof host, "Host: [::1]:%u", peer.port);
        start(&exchange, &(struct wsd__http_post){.url = url, .body = "", .size = 0});
        run(&exchange);
        assert_int_equal(exchange.status, 0);
        assert_true(has_line(&peer, host));
        assert_true(has_line(&peer, "Content-Length: 0"));
        wsd_context_free(exchange.context);
        peer_stop(&peer);
        wsd__buf_free(&exchange.body);
    }
}

static void test_kept_connection_serves_the_next_request(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct peer peer = {.reply = OK_REPLY, .keeps = true};
    char url[64];
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    peer_start(&peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    for (int i = 0; i < 5; i++) {
        exchange.dones = exchange.headers = 0;
        start(&exchange,
              &(struct wsd__http_post){.url = url, .body = "x", .size = 1, .keep_alive = true});
        run(&exchange);
        assert_int_equal(exchange.status, 0);
        wsd__buf_free(&exchange.body);
    }
    wsd_context_free(exchange.context);
    peer_stop(&peer);
    assert_int_equal(peer.requests, 5);
    assert_int_equal(peer.taken, 1);
    assert_true(has_line(&peer, "Connection: Keep-Alive"));
}

static void test_many_requests_at_once_queue_and_all_end(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    static struct exchange exchanges[COUNT];
    struct peer peer = {.reply = OK_REPLY, .connections = COUNT};
    struct wsd_context *context;
    char url[64];
    memset(exchanges, 0, sizeof exchanges);
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    peer_start(&peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    for (int i = 0; i < COUNT; i++) {
        exchanges[i].context = context;
        start(&exchanges[i], &(struct wsd__http_post){.url = url, .body = "x", .size = 1});
    }
    for (int i = 0; i < COUNT; i++) {
        run(&exchanges[i]);
        assert_int_equal(exchanges[i].status, 0);
        wsd__buf_free(&exchanges[i].body);
    }
    wsd_context_free(context);
    peer_stop(&peer);
    assert_int_equal(peer.requests, COUNT);
}

static void test_reset_is_a_network_failure_with_its_errno(void **state)
{
    (void)state;
    struct peer peer = {.reply = "", .reset = true};
    struct exchange exchange = ask(&peer, "/", false);
    assert_int_equal(exchange.status, WSD_E_NETWORK);
    assert_int_equal(exchange.error.system, ECONNRESET);
}

static struct exchange ask_url(const char *url)
{
    struct exchange exchange = {0};
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    start(&exchange, &(struct wsd__http_post){.url = url, .body = "", .size = 0});
    run(&exchange);
    wsd_context_free(exchange.context);
    return exchange;
}

static void test_refused_connection_is_a_network_failure_with_its_errno(void **state)
{
    (void)state;
    struct peer peer = {0};
    char url[64];
    peer_listen(&peer);
    close(peer.listener); /* its port refuses now */
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    struct exchange exchange = ask_url(url);
    assert_int_equal(exchange.status, WSD_E_NETWORK);
    assert_int_equal(exchange.error.system, ECONNREFUSED);
    assert_string_equal(exchange.error.device, url);
}

static void test_unknown_name(void **state)
{
    (void)state;
    /* a label of 64 characters: no resolver asks anybody for it */
    struct exchange exchange =
        ask_url("http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid/");
    assert_int_equal(exchange.status, WSD_E_NAME);
}

static void test_plain_answer_to_tls_is_a_tls_failure(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct peer peer = {0};
    char url[64];
    peer_listen(&peer);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", peer.port);
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    start(&exchange, &(struct wsd__http_post){.url = url, .body = "", .size = 0});
    int fd = -1;
    assert_int_equal(fcntl(peer.listener, F_SETFL, O_NONBLOCK), 0);
    while ((fd = accept(peer.listener, NULL, NULL)) < 0)
        assert_int_equal(wsd_context_wait(exchange.context, -1, NULL), 0);
    assert_int_equal(write(fd, "HTTP/1.1 400 Bad\r\n\r\n", 20), 20);
    run(&exchange);
    assert_int_equal(exchange.status, WSD_E_TLS);
    close(fd);
    close(peer.listener);
    wsd_context_free(exchange.context);
}

static void test_url_that_is_no_http_or_holds_a_user_is_invalid(void **state)
{
    (void)state;
    struct wsd_context *context;
    struct wsd__http_call *call;
    struct wsd_error error = {0};
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    struct wsd__http_post post = {.url = "file:///etc/passwd", .body = ""};
    assert_int_equal(wsd__http_post(context, &post, &call, &error), WSD_E_INVALID);
    assert_int_equal(error.code, WSD_E_INVALID);
    post.url = "http://127.1:9/"; /* libcurl would go to 127.0.0.1 */
    assert_int_equal(wsd__http_post(context, &post, &call, &error), WSD_E_INVALID);
    wsd_context_free(context);
    assert_int_equal(ask_url("http://user:word@127.0.0.1/").status, WSD_E_INVALID);
    assert_int_equal(ask_url("http://[::1/").status, WSD_E_INVALID);
}

/* -- time limits: the clock is ours
 * ------------------------------------------------------------------ */

static uint64_t test_clock(void *user)
{
    return *(uint64_t *)user;
}

static void request_seen(void *user, int fd, int events)
{
    char byte;
    (void)events;
    assert_int_equal(read(fd, &byte, 1), 1);
    *(bool *)user = true;
}

/* Runs until the peer has sent what it sends, then turns the clock; the failure's sentence. */
static void expect_limit(const char *reply, const char *words)
{
    uint64_t now = 1000;
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct exchange exchange = {0};
    struct peer peer = {.reply = reply, .keeps = true};
    char url[64];
    int tell[2];
    bool seen = false;
    struct wsd__io *io;
    options.now = test_clock;
    options.user = &now;
    assert_int_equal(pipe(tell), 0);
    peer.tell = tell[1];
    assert_int_equal(wsd_context_new(&options, &exchange.context, NULL), 0);
    assert_int_equal(wsd__io_add(exchange.context, tell[0], WSD__READ, request_seen, &seen, &io),
                     0);
    peer_start(&peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    start(&exchange, &(struct wsd__http_post){.url = url,
                                              .body = "x",
                                              .size = 1,
                                              .connect_timeout = 5000,
                                              .answer_timeout = 10000,
                                              .idle_timeout = 30000});
    while (!seen || (reply != NULL && exchange.body.length == 0))
        wsd_context_wait(exchange.context, -1, NULL);
    now += reply != NULL ? 29999 : 9999;
    wsd_context_dispatch(exchange.context, NULL);
    assert_int_equal(exchange.dones, 0);
    now += 1;
    run(&exchange);
    assert_int_equal(exchange.status, WSD_E_TIMEOUT);
    assert_string_equal(exchange.error.message, words);
    wsd__io_remove(io);
    wsd_context_free(exchange.context);
    peer_stop(&peer);
    close(tell[0]);
    close(tell[1]);
    wsd__buf_free(&exchange.body);
}

static void test_no_answer_in_time_says_so(void **state)
{
    (void)state;
    expect_limit(NULL, "connected, but no answer within 10000 ms");
}

static void test_answer_that_stops_says_so(void **state)
{
    (void)state;
    expect_limit("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>",
                 "the answer stopped coming for 30000 ms");
}

/* -- ending early
 * -------------------------------------------------------------------------------------- */

static void test_negative_code_of_a_callback_ends_the_exchange_with_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct exchange exchange = {.refuse_headers = i == 0 ? WSD_E_NOT_SOAP : 0,
                                    .refuse_data = i == 1 ? WSD_E_SINK : 0};
        struct peer peer = {.reply = OK_REPLY};
        char url[64];
        assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
        peer_start(&peer);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
        start(&exchange, &(struct wsd__http_post){.url = url, .body = "", .size = 0});
        run(&exchange);
        assert_int_equal(exchange.status, i == 0 ? WSD_E_NOT_SOAP : WSD_E_SINK);
        assert_int_equal(exchange.error.http_status, 200);
        wsd_context_free(exchange.context);
        peer_stop(&peer);
        wsd__buf_free(&exchange.body);
    }
}

static void test_cancel_from_its_own_callbacks_and_post_from_data(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct exchange another = {0};
        struct peer peer = {.reply = OK_REPLY, .connections = 2};
        char url[64];
        struct wsd__http_post post = {.url = url, .body = "", .size = 0};
        struct exchange exchange = {.cancel_in_headers = i == 0,
                                    .cancel_in_data = i == 1,
                                    .post_in_data = i == 1,
                                    .another = &another,
                                    .post = &post};
        assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
        another.context = exchange.context;
        peer_start(&peer);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
        start(&exchange, &post);
        while (exchange.headers == 0)
            wsd_context_wait(exchange.context, -1, NULL);
        if (i == 0)
            start(&another, &post);
        run(&another);
        assert_int_equal(another.status, 0);
        assert_int_equal(exchange.dones, 0);
        wsd_context_free(exchange.context);
        peer_stop(&peer);
        wsd__buf_free(&exchange.body);
        wsd__buf_free(&another.body);
    }
}

static void test_cancelled_before_anything_happened(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct peer peer = {0};
    char url[64];
    peer_listen(&peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    start(&exchange, &(struct wsd__http_post){.url = url, .body = "", .size = 0});
    wsd__http_cancel(exchange.call);
    wsd__http_cancel(NULL);
    wsd_context_dispatch(exchange.context, NULL);
    wsd_context_free(exchange.context);
    close(peer.listener);
    assert_int_equal(exchange.dones, 0);
}

static void test_freed_context_ends_what_is_under_way(void **state)
{
    (void)state;
    struct exchange exchange = {0};
    struct peer peer = {0};
    char url[64];
    peer_listen(&peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", peer.port);
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    start(&exchange, &(struct wsd__http_post){.url = url, .body = "", .size = 0});
    wsd_context_dispatch(exchange.context, NULL);
    wsd_context_free(exchange.context);
    close(peer.listener);
    assert_int_equal(exchange.dones, 1);
    assert_int_equal(exchange.status, WSD_E_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_has_the_headers_of_windows_and_no_others),
        cmocka_unit_test(test_default_port_is_left_out_of_host),
        cmocka_unit_test(test_environment_names_a_proxy_and_nobody_asks_it),
        cmocka_unit_test(test_large_request_is_sent_at_once_with_its_length),
        cmocka_unit_test(test_ipv6_zone_is_used_and_not_sent),
        cmocka_unit_test(test_kept_connection_serves_the_next_request),
        cmocka_unit_test(test_many_requests_at_once_queue_and_all_end),
        cmocka_unit_test(test_reset_is_a_network_failure_with_its_errno),
        cmocka_unit_test(test_refused_connection_is_a_network_failure_with_its_errno),
        cmocka_unit_test(test_unknown_name),
        cmocka_unit_test(test_plain_answer_to_tls_is_a_tls_failure),
        cmocka_unit_test(test_url_that_is_no_http_or_holds_a_user_is_invalid),
        cmocka_unit_test(test_no_answer_in_time_says_so),
        cmocka_unit_test(test_answer_that_stops_says_so),
        cmocka_unit_test(test_negative_code_of_a_callback_ends_the_exchange_with_it),
        cmocka_unit_test(test_cancel_from_its_own_callbacks_and_post_from_data),
        cmocka_unit_test(test_cancelled_before_anything_happened),
        cmocka_unit_test(test_freed_context_ends_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
