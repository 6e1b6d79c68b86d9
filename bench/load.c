/* SPDX-License-Identifier: MIT */
/*
 * An HTTP load: the same POST over and over on N connections, each with one request under way.
 *
 * One thread with epoll and no parsing but of Content-Length, so that the service is what is
 * measured. Kept connections are used until the end; with --close each request has one of its own,
 * which the service closes (so that it is there that ports wait, where it costs none).
 *
 * usage: load ADDRESS PORT PATH FILE CONNECTIONS SECONDS [--close]
 * Prints one JSON object. An answer that is not 200 counts as failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support.h"

enum { MAX_CONNECTIONS = 256, ROOM = 65536, MAX_FAILURES = 1000 };

struct connection {
    int fd;
    bool sent;
    size_t used;
    char room[ROOM];
};

struct load {
    struct sockaddr_in address;
    char *request;
    size_t request_size;
    bool close_each;
    int epoll;
    unsigned long done, failed, bytes;
    struct connection *connections;
    int n_connections;
};

static void open_connection(struct load *load, struct connection *c)
{
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    must(c->fd >= 0, "socket");
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    must(connect(c->fd, (struct sockaddr *)&load->address, sizeof load->address) == 0 ||
             errno == EINPROGRESS,
         "connect");
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    must(epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "epoll_ctl");
    c->sent = false;
    c->used = 0;
}

static void reopen(struct load *load, struct connection *c)
{
    close(c->fd);
    open_connection(load, c);
}

static void send_request(struct load *load, struct connection *c)
{
    ssize_t sent = send(c->fd, load->request, load->request_size, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN))
        return;
    must(sent == (ssize_t)load->request_size || ++load->failed < MAX_FAILURES, "send");
    c->sent = true;
}

/* 0: more has to come. */
static size_t answer_size(const struct connection *c)
{
    const char *end = memmem(c->room, c->used, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - c->room) + 4;
    for (const char *at = c->room; at < end; at++)
        if (*at == '\n' && strncasecmp(at + 1, "content-length:", 15) == 0)
            return head + strtoul(at + 16, NULL, 10);
    return 0;
}

static void answered(struct load *load, struct connection *c, bool ended)
{
    bool good = c->used > 12 && memcmp(c->room + 9, "200", 3) == 0;
    load->done += good;
    load->failed += !good;
    load->bytes = c->used;
    must(load->failed < MAX_FAILURES, "too many requests fail; the last");
    if (ended) {
        reopen(load, c);
        return;
    }
    c->used = 0;
    send_request(load, c);
}

static void receive(struct load *load, struct connection *c)
{
    for (;;) {
        must(c->used < ROOM, "an answer is too long");
        ssize_t got = recv(c->fd, c->room + c->used, ROOM - c->used, 0);
        if (got < 0 && (errno == EAGAIN || errno == ENOTCONN))
            return;
        if (got <= 0) { /* an answer without a length ends here */
            answered(load, c, true);
            return;
        }
        c->used += (size_t)got;
        size_t size = load->close_each ? 0 : answer_size(c);
        if (size > 0 && c->used >= size)
            answered(load, c, false);
    }
}

static double run(struct load *load, double seconds)
{
    struct epoll_event events[MAX_CONNECTIONS];
    double begin = now(), end = begin;
    while (end - begin < seconds) {
        int n = epoll_wait(load->epoll, events, MAX_CONNECTIONS, 1000);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c->sent && (events[i].events & EPOLLOUT))
                send_request(load, c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(load, c);
        }
        end = now();
    }
    return end - begin;
}

int main(int argc, char **argv)
{
    must(argc >= 7, "usage: load ADDRESS PORT PATH FILE CONNECTIONS SECONDS [--close]");
    struct load load = {.n_connections = (int)strtol(argv[5], NULL, 10),
                        .close_each = argc > 7 && strcmp(argv[7], "--close") == 0,
                        .epoll = epoll_create1(EPOLL_CLOEXEC)};
    must(load.n_connections > 0 && load.n_connections <= MAX_CONNECTIONS, "connections");
    load.address.sin_family = AF_INET;
    load.address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    must(inet_pton(AF_INET, argv[1], &load.address.sin_addr) == 1, "address");
    size_t size;
    char *body = read_file(argv[4], &size);
    load.request = malloc(size + 1024);
    load.connections = calloc((size_t)load.n_connections, sizeof *load.connections);
    must(load.request && load.connections, "memory");
    int length =
        snprintf(load.request, 1024,
                 "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: "
                 "application/soap+xml\r\nContent-Length: %zu\r\n%s\r\n",
                 argv[3], argv[1], argv[2], size, load.close_each ? "Connection: close\r\n" : "");
    must(length > 0 && length < 1024, "path");
    memcpy(load.request + length, body, size);
    load.request_size = (size_t)length + size;
    for (int i = 0; i < load.n_connections; i++)
        open_connection(&load, &load.connections[i]);
    double took = run(&load, strtod(argv[6], NULL));
    printf("{\"per_second\": %.0f, \"done\": %lu, \"failed\": %lu, \"answer_bytes\": %lu}\n",
           (double)load.done / took, load.done, load.failed, load.bytes);
    return load.done > 0 ? 0 : 1;
}
