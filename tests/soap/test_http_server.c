/* SPDX-License-Identifier: MIT */
/* The HTTP server against curl and against raw bytes, all on one loop and the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/context.h"
#include "soap/http_server.h"

enum { MAX_REQUEST = 1000 };

/* -- a server and what its handler saw --------------------------------------------------------- */

enum answer { ECHO, NOTHING, STREAM, STREAM_WAITS, STREAM_FAILS, METHOD, HELD };

enum { MOST_HELD = 3 };

/* A streamed reply that waits until it is let go, and then is one byte long. */
struct held {
    struct wsd__http_stream *stream;
    bool go, given;
    int closed, completed;
};

struct fixture {
    struct held held[MOST_HELD];
    struct wsd_context *context;
    struct wsd__http_server *server;
    enum answer answer;
    char method[16], path[128], type[64];
    char body[MAX_REQUEST + 1];
    struct sockaddr_storage peer, local;
    int requests;
    /* a streamed reply */
    size_t left; /* bytes still to give */
    int waits;   /* how often to wait before each piece */
    int waited;
    struct wsd__http_stream *stream;
    struct wsd__timer timer;
    int closed, completed;
};

static void resume(void *user)
{
    struct fixture *fixture = user;
    wsd__http_stream_resume(fixture->stream);
}

static ssize_t read_stream(void *user, void *buffer, size_t size)
{
    struct fixture *fixture = user;
    if (fixture->answer == STREAM_WAITS && fixture->waited < 3) {
        fixture->waited++;
        if (fixture->waited == 2)
            wsd__http_stream_resume(fixture->stream); /* from inside: must not be lost */
        else
            wsd__timer_start(fixture->context, &fixture->timer, 0, resume, fixture);
        return WSD__STREAM_WAIT;
    }
    fixture->waited = 0;
    if (fixture->left == 0)
        return fixture->answer == STREAM_FAILS ? WSD__STREAM_FAILED : WSD__STREAM_END;
    if (size > fixture->left)
        size = fixture->left;
    if (fixture->answer == STREAM_WAITS && size > 10)
        size = 10;
    memset(buffer, 'x', size);
    fixture->left -= size;
    return (ssize_t)size;
}

static void stream_closed(void *user, bool complete)
{
    struct fixture *fixture = user;
    fixture->closed++;
    fixture->completed += complete;
}

static ssize_t read_held(void *user, void *buffer, size_t size)
{
    struct held *held = user;
    if (!held->go)
        return WSD__STREAM_WAIT;
    if (held->given)
        return WSD__STREAM_END;
    assert_true(size > 0);
    held->given = true;
    *(char *)buffer = 'x';
    return 1;
}

static void held_closed(void *user, bool complete)
{
    struct held *held = user;
    held->closed++;
    held->completed += complete;
}

static void hold(struct fixture *fixture, struct wsd__http_reply *reply)
{
    struct held *held = &fixture->held[fixture->requests - 1];
    reply->read = read_held;
    reply->closed = held_closed;
    reply->ret_stream = &held->stream;
    reply->user = held;
}

static void handle(void *user, const struct wsd__http_request *request,
                   struct wsd__http_reply *reply)
{
    struct fixture *fixture = user;
    fixture->requests++;
    snprintf(fixture->method, sizeof fixture->method, "%s", request->method);
    snprintf(fixture->path, sizeof fixture->path, "%s", request->path);
    snprintf(fixture->type, sizeof fixture->type, "%s", request->content_type);
    assert_true(request->size <= MAX_REQUEST);
    memcpy(fixture->body, request->body, request->size);
    fixture->body[request->size] = '\0';
    bool four = request->peer->sa_family == AF_INET;
    memcpy(&fixture->peer, request->peer,
           four ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    memcpy(&fixture->local, request->local,
           four ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    reply->status = fixture->answer == NOTHING ? 0 : fixture->answer == METHOD ? 405 : 200;
    reply->content_type = "text/plain";
    if (fixture->answer == ECHO) {
        reply->body = strdup(fixture->body);
        reply->size = request->size;
    } else if (fixture->answer >= STREAM && fixture->answer <= STREAM_FAILS) {
        reply->read = read_stream;
        reply->closed = stream_closed;
        reply->ret_stream = &fixture->stream;
    }
    reply->user = fixture;
    if (fixture->answer == HELD)
        hold(fixture, reply);
}

static int setup_with(void **state, const struct wsd__http_server_options *options)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL || wsd_context_new(NULL, &fixture->context, NULL) < 0)
        return -1;
    *state = fixture;
    return wsd__http_server_new(fixture->context, options, handle, fixture, &fixture->server, NULL);
}

static int setup(void **state)
{
    return setup_with(state, &(struct wsd__http_server_options){.max_request = MAX_REQUEST,
                                                                .idle_timeout = 30000});
}

static int setup_two_a_peer(void **state)
{
    return setup_with(state, &(struct wsd__http_server_options){.max_request = MAX_REQUEST,
                                                                .address = "127.0.0.1",
                                                                .max_connections_per_peer = 2});
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    wsd__timer_stop(&fixture->timer);
    wsd__http_server_free(fixture->server);
    wsd_context_free(fixture->context);
    free(fixture);
    return 0;
}

/* -- clients
 * --------------------------------------------------------------------------------------- */

struct collector {
    struct wsd__buf text;
    struct wsd__io *io;
    bool ended;
    int cause; /* errno of the end, 0: orderly */
};

static void collect(void *user, int fd, int events)
{
    struct collector *collector = user;
    char bytes[65536];
    (void)events;
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got > 0) {
        wsd__buf_append(&collector->text, bytes, (size_t)got);
        return;
    }
    collector->ended = true;
    collector->cause = got < 0 ? errno : 0;
    wsd__io_remove(collector->io);
}

static struct collector collect_all(struct fixture *fixture, int fd)
{
    struct collector collector = {.text = WSD__BUF_INIT(16 << 20)};
    wsd__buf_puts(&collector.text, "");
    wsd__buf_reserve(&collector.text, 1);
    assert_int_equal(
        wsd__io_add(fixture->context, fd, WSD__READ, collect, &collector, &collector.io), 0);
    while (!collector.ended)
        assert_int_equal(wsd_context_wait(fixture->context, -1, NULL), 0);
    return collector;
}

/* Runs a shell command in which $U is the server's URL; its output. */
static char *shell(struct fixture *fixture, const char *command, int *ret_exit)
{
    char line[1024];
    snprintf(line, sizeof line, "export U=http://127.0.0.1:%u; %s",
             wsd__http_server_port(fixture->server), command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    struct collector collector = collect_all(fixture, fileno(pipe));
    *ret_exit = pclose(pipe) >> 8;
    return collector.text.data;
}

static void expect_shell(struct fixture *fixture, const char *command, int status, const char *out)
{
    int exit_status;
    char *got = shell(fixture, command, &exit_status);
    assert_string_equal(got, out);
    assert_int_equal(exit_status, status);
    free(got);
}

static int dial(struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(wsd__http_server_port(fixture->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends bytes on a connection of their own and reads up to its end. */
static struct collector talk(struct fixture *fixture, const char *bytes)
{
    int fd = dial(fixture);
    assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    struct collector collector = collect_all(fixture, fd);
    close(fd);
    return collector;
}

/* -- requests
 * --------------------------------------------------------------------------------------- */

static void test_post_reaches_the_handler_whole_and_its_reply_the_client(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture,
                 "curl -s -H 'Content-Type: application/soap+xml; charset=utf-8' -d '<soap/>' "
                 "--path-as-is \"$U/a%20b/../%41?q=1\" -w '|%{http_code}|%header{content-length}|"
                 "%{content_type}'",
                 0, "<soap/>|200|7|text/plain");
    assert_string_equal(fixture->method, "POST");
    assert_string_equal(fixture->path, "/a%20b/../%41");
    assert_string_equal(fixture->type, "application/soap+xml; charset=utf-8");
    assert_string_equal(fixture->body, "<soap/>");
}

static void test_ipv4_addresses_are_plain_on_a_socket_for_both_families(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture, "curl -s -d x $U/", 0, "x");
    const struct sockaddr_in *peer = (const struct sockaddr_in *)&fixture->peer;
    const struct sockaddr_in *local = (const struct sockaddr_in *)&fixture->local;
    assert_int_equal(peer->sin_family, AF_INET);
    assert_int_equal(peer->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(local->sin_family, AF_INET);
    assert_int_equal(local->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(ntohs(local->sin_port), wsd__http_server_port(fixture->server));
}

static void test_ipv6_is_served_too(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture, "curl -s -g -d x http://[::1]:${U##*:}/", 0, "x");
    assert_int_equal(fixture->peer.ss_family, AF_INET6);
}

static void test_connection_is_kept_for_the_next_request(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture,
                 "curl -s -d a $U/1 -w '%{num_connects}' --next -s -d b $U/2 -w "
                 "'%{num_connects}' --next -s -d c $U/3 -w '%{num_connects}'",
                 0, "a1b0c0");
    assert_int_equal(fixture->requests, 3);
}

static void test_chunked_request(void **state)
{
    expect_shell(*state, "printf 123456 | curl -s -H 'Transfer-Encoding: chunked' -d @- $U/", 0,
                 "123456");
}

static void test_expect_100_continue(void **state)
{
    struct fixture *fixture = *state;
    struct collector collector =
        talk(fixture, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
                      "Content-Length: 2\r\n\r\nhi");
    assert_memory_equal(collector.text.data, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
                        42);
    assert_string_equal(fixture->body, "hi");
    wsd__buf_free(&collector.text);
}

static void test_request_over_the_limit_is_413_by_its_length(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture,
                 "head -c 1001 /dev/zero | tr '\\0' x | curl -s --data-binary @- $U/ -w "
                 "'%{http_code}'",
                 0, "413");
    expect_shell(fixture,
                 "head -c 1000 /dev/zero | tr '\\0' x | curl -s --data-binary @- $U/ -o /dev/null "
                 "-w '%{http_code}'",
                 0, "200");
    assert_int_equal(fixture->requests, 1);
}

static void test_chunked_request_over_the_limit_is_413_and_cut_in_the_end(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture,
                 "head -c 100000 /dev/zero | curl -s -H 'Transfer-Encoding: chunked' "
                 "--data-binary @- $U/ -w '%{http_code}'",
                 0, "413");
    int status;
    char *got = shell(fixture,
                      "head -c 100000000 /dev/zero | curl -s -H 'Transfer-Encoding: chunked' "
                      "-H Expect: -T - -X POST $U/ -w '%{http_code}'",
                      &status);
    assert_int_not_equal(status, 0);
    assert_string_equal(got, "000");
    free(got);
    assert_int_equal(fixture->requests, 0);
}

static void test_malformed_request_is_400(void **state)
{
    struct fixture *fixture = *state;
    struct collector collector =
        talk(fixture, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n");
    assert_memory_equal(collector.text.data, "HTTP/1.1 400 ", 13);
    assert_int_equal(fixture->requests, 0);
    wsd__buf_free(&collector.text);
}

static void test_target_that_is_a_whole_url(void **state)
{
    struct fixture *fixture = *state;
    expect_shell(fixture, "curl -s -d x --request-target http://h:1/a/b $U/", 0, "x");
    assert_string_equal(fixture->path, "/a/b");
}

static void test_status_0_closes_without_an_answer(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = NOTHING;
    expect_shell(fixture, "curl -s -d x $U/", 52, "");
}

static void test_405_names_what_is_allowed(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = METHOD;
    expect_shell(fixture, "curl -s $U/ -w '%{http_code} %header{allow}'", 0, "405 POST");
    assert_string_equal(fixture->method, "GET");
}

static void test_connections_of_one_peer_are_limited(void **state)
{
    struct fixture *fixture = *state;
    const char *request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n";
    int first = dial(fixture), second = dial(fixture);
    assert_int_equal(write(first, request, strlen(request)), (ssize_t)strlen(request));
    assert_int_equal(write(second, request, strlen(request)), (ssize_t)strlen(request));
    struct collector third = talk(fixture, "");
    assert_int_equal(third.text.length, 0);
    close(first);
    close(second);
    wsd__buf_free(&third.text);
    assert_int_equal(fixture->requests, 0);
}

/* -- streamed replies
 * -------------------------------------------------------------------------------- */

static void test_streamed_reply_is_chunked_and_complete(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = STREAM;
    fixture->left = 5000000;
    expect_shell(fixture,
                 "curl -s -d x $U/ -w '%header{transfer-encoding} ' -o /dev/stdout | wc -c", 0,
                 "5000008\n"); /* and "chunked " */
    assert_int_equal(fixture->closed, 1);
    assert_int_equal(fixture->completed, 1);
}

static void test_streamed_reply_to_http_1_0_ends_with_the_connection(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = STREAM;
    fixture->left = 300000;
    expect_shell(fixture, "curl -s -0 -d x $U/ | wc -c", 0, "300000\n");
    assert_int_equal(fixture->completed, 1);
}

static void test_stream_waits_and_is_resumed(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = STREAM_WAITS;
    fixture->left = 35;
    expect_shell(fixture, "curl -s -d x $U/", 0, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    assert_int_equal(fixture->closed, 1);
    assert_int_equal(fixture->completed, 1);
}

/* Each ends for itself, in whatever order, and the others wait on. */
static void test_streams_side_by_side_end_in_any_order(void **state)
{
    static const int orders[][MOST_HELD] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
    const char *request =
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    struct fixture *fixture = *state;
    fixture->answer = HELD;
    for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
        int fds[MOST_HELD];
        memset(fixture->held, 0, sizeof fixture->held);
        fixture->requests = 0;
        for (int i = 0; i < MOST_HELD; i++) {
            fds[i] = dial(fixture);
            assert_int_equal(write(fds[i], request, strlen(request)), (ssize_t)strlen(request));
            while (fixture->requests <= i)
                assert_int_equal(wsd_context_wait(fixture->context, -1, NULL), 0);
        }
        for (int i = 0; i < MOST_HELD; i++) {
            struct held *held = &fixture->held[orders[o][i]];
            held->go = true;
            wsd__http_stream_resume(held->stream);
            struct collector collector = collect_all(fixture, fds[orders[o][i]]);
            assert_non_null(strstr(collector.text.data, "\r\nx\r\n"));
            wsd__buf_free(&collector.text);
            int closed = 0;
            for (int n = 0; n < MOST_HELD; n++)
                closed += fixture->held[n].closed;
            assert_int_equal(held->completed, 1);
            assert_int_equal(closed, i + 1);
            close(fds[orders[o][i]]);
        }
    }
}

static void test_failed_stream_is_cut_so_that_curl_notices(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = STREAM_FAILS;
    fixture->left = 1000;
    expect_shell(fixture, "curl -s -d x $U/ -o /dev/null; echo $?", 0, "18\n");
    assert_int_equal(fixture->closed, 1);
    assert_int_equal(fixture->completed, 0);
}

static void test_failed_stream_to_http_1_0_is_reset(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = STREAM_FAILS;
    fixture->left = 1000;
    struct collector collector = talk(fixture, "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx");
    assert_int_equal(collector.cause, ECONNRESET);
    assert_int_equal(fixture->completed, 0);
    wsd__buf_free(&collector.text);
}

static void test_client_that_leaves_ends_the_stream_incomplete(void **state)
{
    struct fixture *fixture = *state;
    fixture->answer = STREAM;
    fixture->left = 1u << 30;
    int status;
    free(shell(fixture, "curl -s -d x $U/ | head -c 100", &status));
    while (fixture->closed == 0)
        assert_int_equal(wsd_context_wait(fixture->context, -1, NULL), 0);
    assert_int_equal(fixture->completed, 0);
}

static void test_freed_server_closes_waiting_and_idle_connections(void **state)
{
    struct fixture *fixture = *state;
    const char *request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
    fixture->answer = STREAM_WAITS;
    fixture->left = 100;
    int fd = dial(fixture), idle = dial(fixture);
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    while (fixture->waited == 0)
        assert_int_equal(wsd_context_wait(fixture->context, -1, NULL), 0);
    wsd__timer_stop(&fixture->timer);
    wsd__http_server_free(fixture->server);
    fixture->server = NULL;
    assert_int_equal(fixture->closed, 1);
    assert_int_equal(fixture->completed, 0);
    close(fd);
    close(idle);
}

/* -- making
 * ------------------------------------------------------------------------------------------ */

static void test_port_in_use_and_wrong_address_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct wsd__http_server *server;
    struct wsd_error error = {0};
    struct wsd__http_server_options options = {.port = wsd__http_server_port(fixture->server),
                                               .address = "127.0.0.1"};
    assert_int_equal(
        wsd__http_server_new(fixture->context, &options, handle, NULL, &server, &error),
        WSD_E_SYSTEM);
    assert_int_equal(error.system, EADDRINUSE);
    error = (struct wsd_error){0};
    options.address = "localhost";
    assert_int_equal(
        wsd__http_server_new(fixture->context, &options, handle, NULL, &server, &error),
        WSD_E_INVALID);
    assert_int_equal(error.code, WSD_E_INVALID);
    wsd__http_server_free(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_post_reaches_the_handler_whole_and_its_reply_the_client),
        CASE(test_ipv4_addresses_are_plain_on_a_socket_for_both_families),
        CASE(test_ipv6_is_served_too),
        CASE(test_connection_is_kept_for_the_next_request),
        CASE(test_chunked_request),
        CASE(test_expect_100_continue),
        CASE(test_request_over_the_limit_is_413_by_its_length),
        CASE(test_chunked_request_over_the_limit_is_413_and_cut_in_the_end),
        CASE(test_malformed_request_is_400),
        CASE(test_target_that_is_a_whole_url),
        CASE(test_status_0_closes_without_an_answer),
        CASE(test_405_names_what_is_allowed),
        cmocka_unit_test_setup_teardown(test_connections_of_one_peer_are_limited, setup_two_a_peer,
                                        teardown),
        CASE(test_streamed_reply_is_chunked_and_complete),
        CASE(test_streamed_reply_to_http_1_0_ends_with_the_connection),
        CASE(test_stream_waits_and_is_resumed),
        CASE(test_streams_side_by_side_end_in_any_order),
        CASE(test_failed_stream_is_cut_so_that_curl_notices),
        CASE(test_failed_stream_to_http_1_0_is_reset),
        CASE(test_client_that_leaves_ends_the_stream_incomplete),
        CASE(test_freed_server_closes_waiting_and_idle_connections),
        CASE(test_port_in_use_and_wrong_address_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
