/* SPDX-License-Identifier: MIT */
/* Which connections the HTTP client keeps, among more hosts than it keeps connections to. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/context.h"
#include "soap/http_client.h"

enum { KEPT = 16, HOSTS = KEPT + 1 };

/* One listener is all hosts, 127.0.0.1 to 127.0.0.17. */
struct server {
    int listener, stop[2];
    uint16_t port;
    unsigned taken[HOSTS + 1], requests; /* by the last byte of the address */
    pthread_t thread;
};

static int take(struct server *server)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    int fd = accept(server->listener, NULL, NULL);
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&here, &size) == 0)
        server->taken[ntohl(here.sin_addr.s_addr) & 0xff]++;
    return fd;
}

/* A request ends with its body, "x"; no header line does. */
static bool answer(struct server *server, int fd)
{
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>";
    char bytes[4096];
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got <= 0)
        return false;
    if (bytes[got - 1] != 'x')
        return true;
    server->requests++;
    return write(fd, reply, sizeof reply - 1) == (ssize_t)sizeof reply - 1;
}

static void *serve(void *user)
{
    struct server *server = user;
    struct pollfd fds[2 + 4 * HOSTS] = {{server->stop[0], POLLIN, 0},
                                        {server->listener, POLLIN, 0}};
    nfds_t n = 2;
    while (poll(fds, n, -1) > 0 && fds[0].revents == 0) {
        for (nfds_t i = n; i-- > 2;)
            if (fds[i].revents != 0 && !answer(server, fds[i].fd)) {
                close(fds[i].fd);
                fds[i] = fds[--n];
            }
        if (fds[1].revents != 0 && n < sizeof fds / sizeof *fds)
            fds[n++] = (struct pollfd){take(server), POLLIN, 0};
    }
    while (n > 2)
        close(fds[--n].fd);
    return NULL;
}

static void server_start(struct server *server)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    socklen_t size = sizeof any;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&any, size), 0);
    assert_int_equal(listen(server->listener, HOSTS), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&any, &size), 0);
    server->port = ntohs(any.sin_port);
    assert_int_equal(pipe(server->stop), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->listener);
}

struct asked {
    bool over;
    int status;
};

static int on_headers(void *user, int http_status, const char *content_type)
{
    (void)user, (void)http_status, (void)content_type;
    return 0;
}

static int on_data(void *user, const void *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 0;
}

static void on_done(void *user, int status, int http_status, const struct wsd_error *error)
{
    struct asked *asked = user;
    (void)http_status, (void)error;
    *asked = (struct asked){true, status};
}

static int ask(struct wsd_context *context, int host, uint16_t port)
{
    char url[64];
    struct asked asked = {0};
    struct wsd__http_call *call;
    struct wsd__http_post post = {.url = url,
                                  .body = "x",
                                  .size = 1,
                                  .keep_alive = true,
                                  .user = &asked,
                                  .headers = on_headers,
                                  .data = on_data,
                                  .done = on_done};
    snprintf(url, sizeof url, "http://127.0.0.%d:%u/", host, port);
    assert_int_equal(wsd__http_post(context, &post, &call, NULL), 0);
    while (!asked.over)
        assert_int_equal(wsd_context_wait(context, -1, NULL), 0);
    return asked.status;
}

/* Seventeen hosts, twice in turn: the last is one too many, and the others keep theirs.
 * Connections that were refused before do not count. */
static void test_connection_above_the_limit_is_not_kept(void **state)
{
    (void)state;
    struct server server = {0};
    struct wsd_context *context;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    server_start(&server);
    for (int i = 1; i <= HOSTS; i++)
        assert_int_equal(ask(context, i, 1), WSD_E_NETWORK);
    for (int round = 0; round < 2; round++)
        for (int i = 1; i <= HOSTS; i++)
            assert_int_equal(ask(context, i, server.port), 0);
    wsd_context_free(context);
    server_stop(&server);
    assert_int_equal(server.requests, 2 * HOSTS);
    for (int i = 1; i <= HOSTS; i++)
        assert_int_equal(server.taken[i], i <= KEPT ? 1 : 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection_above_the_limit_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
