/* SPDX-License-Identifier: MIT */
/* An exchange of the HTTP client with a small server of raw bytes, a thread on a loopback port. */
#ifndef WSD_TEST_HTTP_EXCHANGE_H
#define WSD_TEST_HTTP_EXCHANGE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/context.h"
#include "soap/http_client.h"

/* -- a server: takes requests, sends what it was told -------------------------------------------
 */

struct peer {
    const char *reply; /* to each request; NULL: none, the connection stays open */
    bool reset;        /* ends with a reset instead of an orderly close */
    bool keeps;        /* leaves the connection open for another request */
    int connections;   /* how many to take */
    int family;
    int listener, taken, requests;
    uint16_t port;
    pthread_t thread;
    int tell;           /* descriptor to write a byte to when a request was read; 0: none */
    char request[8192]; /* the last whole one */
    char buffer[8192];
    size_t size;
};

/* Reads one request with its body; false at the end of the connection. */
static bool read_request(struct peer *peer, int fd)
{
    peer->size = 0;
    for (;;) {
        peer->buffer[peer->size] = '\0';
        const char *end = strstr(peer->buffer, "\r\n\r\n");
        const char *length = strstr(peer->buffer, "Content-Length: ");
        if (end != NULL && length != NULL &&
            peer->size >= (size_t)(end + 4 - peer->buffer) + strtoul(length + 16, NULL, 10))
            break;
        ssize_t got = read(fd, peer->buffer + peer->size, sizeof peer->buffer - 1 - peer->size);
        if (got <= 0)
            return false;
        peer->size += (size_t)got;
    }
    memcpy(peer->request, peer->buffer, peer->size + 1);
    return peer->tell == 0 || write(peer->tell, "", 1) == 1;
}

static void serve_connection(struct peer *peer, int fd)
{
    while (read_request(peer, fd)) {
        peer->requests++;
        if (peer->reply == NULL)
            continue; /* until the client gives up */
        size_t size = strlen(peer->reply);
        if (write(fd, peer->reply, size) != (ssize_t)size || !peer->keeps)
            break;
    }
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    if (peer->reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

static void *serve(void *user)
{
    struct peer *peer = user;
    for (int i = 0; i < peer->connections; i++) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0)
            break;
        peer->taken++;
        serve_connection(peer, fd);
    }
    return NULL;
}

static void peer_listen(struct peer *peer)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool is_six = peer->family == AF_INET6;
    struct sockaddr *address = is_six ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    socklen_t size = is_six ? sizeof six : sizeof four;
    peer->listener = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, address, size), 0);
    assert_int_equal(listen(peer->listener, 16), 0);
    assert_int_equal(getsockname(peer->listener, address, &size), 0);
    peer->port = ntohs(is_six ? six.sin6_port : four.sin_port);
}

static void peer_start(struct peer *peer)
{
    if (peer->connections == 0)
        peer->connections = 1;
    peer_listen(peer);
    assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

static void peer_stop(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
}

/* -- an exchange and what was seen of it ----------------------------------------------------------
 */

struct exchange {
    struct wsd_context *context;
    struct wsd__http_call *call;
    struct wsd__buf body;
    char type[256];
    int headers, dones, status, http_status;
    int refuse_headers, refuse_data;
    bool cancel_in_headers, cancel_in_data, post_in_data;
    struct exchange *another;
    struct wsd__http_post *post;
    struct wsd_error error;
};

static void start(struct exchange *exchange, const struct wsd__http_post *post);

static int on_headers(void *user, int http_status, const char *type)
{
    struct exchange *exchange = user;
    exchange->headers++;
    exchange->http_status = http_status;
    snprintf(exchange->type, sizeof exchange->type, "%s", type);
    if (exchange->cancel_in_headers)
        wsd__http_cancel(exchange->call);
    return exchange->refuse_headers;
}

static int on_data(void *user, const void *bytes, size_t size)
{
    struct exchange *exchange = user;
    assert_int_equal(exchange->headers, 1);
    assert_int_equal(exchange->dones, 0);
    wsd__buf_append(&exchange->body, bytes, size);
    if (exchange->cancel_in_data) {
        wsd__http_cancel(exchange->call);
        wsd__http_cancel(exchange->call);
    }
    if (exchange->post_in_data) {
        exchange->post_in_data = false;
        start(exchange->another, exchange->post);
    }
    return exchange->refuse_data;
}

static void on_done(void *user, int status, int http_status, const struct wsd_error *error)
{
    struct exchange *exchange = user;
    exchange->dones++;
    exchange->status = status;
    if (exchange->headers > 0)
        assert_int_equal(http_status, exchange->http_status);
    assert_int_equal(error == NULL, status == 0);
    if (error != NULL) {
        exchange->error = *error;
        assert_int_equal(error->code, status);
        assert_int_not_equal(error->message[0], '\0');
        assert_memory_equal(error->device, "http", 4);
    }
}

static void start(struct exchange *exchange, const struct wsd__http_post *post)
{
    struct wsd__http_post mine = *post;
    exchange->body = WSD__BUF_INIT(1 << 20);
    mine.user = exchange;
    mine.headers = on_headers;
    mine.data = on_data;
    mine.done = on_done;
    struct wsd_error error = {0};
    int status = wsd__http_post(exchange->context, &mine, &exchange->call, &error);
    assert_int_equal(status, 0);
}

static void run(struct exchange *exchange)
{
    while (exchange->dones == 0)
        assert_int_equal(wsd_context_wait(exchange->context, -1, NULL), 0);
}

/* One exchange from start to end with a peer. */
static struct exchange ask(struct peer *peer, const char *path, bool keep_alive)
{
    char url[128];
    struct exchange exchange = {0};
    struct wsd__http_post post = {
        .url = url, .body = "<soap/>", .size = 7, .keep_alive = keep_alive};
    assert_int_equal(wsd_context_new(NULL, &exchange.context, NULL), 0);
    peer_start(peer);
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", peer->port, path);
    start(&exchange, &post);
    run(&exchange);
    wsd_context_free(exchange.context);
    peer_stop(peer);
    assert_int_equal(exchange.dones, 1);
    return exchange;
}

#define OK_REPLY                                                                                   \
    "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 4\r\n\r\n<a/>"

#endif
