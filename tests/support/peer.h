/* SPDX-License-Identifier: MIT */
/*
 * A device made of raw bytes: a thread on a loopback port that gives each connection the next of
 * its answers, whatever was asked. All of it is static, so that a test stays one file.
 */
#ifndef TESTS_SUPPORT_PEER_H
#define TESTS_SUPPORT_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ANSWERS 8

struct answer {
    const char *head; /* status line and header lines; NULL: none, the connection stays open */
    const char *body;
    size_t size;      /* of body; 0: its length as a string */
    size_t announced; /* Content-Length if it is not the body's; (size_t)-1: none */
    size_t repeat;    /* the body so many times */
    bool hold;        /* behind it nothing more comes until the client gives up */
};

struct peer {
    struct answer answers[MAX_ANSWERS];
    unsigned n_answers, served;
    int listener;
    pthread_t thread;
    char url[64];
    char requests[MAX_ANSWERS][65536];
    int tell; /* descriptor to write a byte to when a request has been read; 0: none */
};

static inline bool peer_read_request(int fd, char *buffer, size_t room)
{
    size_t size = 0;
    for (;;) {
        buffer[size] = '\0';
        const char *end = strstr(buffer, "\r\n\r\n");
        const char *length = strstr(buffer, "Content-Length: ");
        if (end && length && size >= (size_t)(end + 4 - buffer) + strtoul(length + 16, NULL, 10))
            return true;
        ssize_t got = read(fd, buffer + size, room - 1 - size);
        if (got <= 0)
            return false;
        size += (size_t)got;
    }
}

static inline bool peer_send(int fd, const void *bytes, size_t size)
{
    return send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static inline void peer_answer(int fd, const struct answer *answer)
{
    char head[1024];
    size_t size = answer->size ? answer->size : strlen(answer->body);
    size_t times = answer->repeat ? answer->repeat : 1;
    size_t announced = answer->announced ? answer->announced : size * times;
    int length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n", answer->head);
    if (announced != (size_t)-1)
        length += snprintf(head + length, sizeof head - (size_t)length, "Content-Length: %zu\r\n",
                           announced);
    length += snprintf(head + length, sizeof head - (size_t)length, "Connection: close\r\n\r\n");
    bool open = peer_send(fd, head, (size_t)length);
    while (open && times--)
        open = peer_send(fd, answer->body, size);
}

static inline void *peer_run(void *user)
{
    struct peer *peer = user;
    while (peer->served < peer->n_answers) {
        int fd = accept(peer->listener, NULL, NULL);
        if (fd < 0)
            break;
        unsigned number = peer->served;
        if (peer_read_request(fd, peer->requests[number], sizeof peer->requests[number])) {
            peer->served++;
            if (peer->tell && write(peer->tell, "", 1) != 1)
                break;
            char rest;
            if (peer->answers[number].head)
                peer_answer(fd, &peer->answers[number]);
            if (!peer->answers[number].head || peer->answers[number].hold)
                while (read(fd, &rest, 1) > 0) /* until the client gives up */
                    ;
        }
        close(fd);
    }
    return NULL;
}

/* host: an address of this machine, in numbers; of IPv6 with its zone, if it needs one. */
static inline struct peer *peer_new_at(const char *host, const struct answer *answers,
                                       unsigned count)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
    struct sockaddr_in6 address; /* sin_port lies where sin6_port does */
    socklen_t size = sizeof address;
    const char *zone = strchr(host, '%');
    bool six = strchr(host, ':') != NULL;
    assert_non_null(peer);
    assert_true(count <= MAX_ANSWERS);
    memcpy(peer->answers, answers, count * sizeof *answers);
    peer->n_answers = count;
    assert_int_equal(getaddrinfo(host, NULL, &hints, &found), 0);
    peer->listener = socket(found->ai_family, SOCK_STREAM, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, found->ai_addr, found->ai_addrlen), 0);
    freeaddrinfo(found);
    assert_int_equal(listen(peer->listener, 16), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(peer->url, sizeof peer->url, "http://%s%.*s%s%s%s:%u/scan", six ? "[" : "",
             (int)strcspn(host, "%"), host, zone ? "%25" : "", zone ? zone + 1 : "", six ? "]" : "",
             ntohs(address.sin6_port));
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
    return peer;
}

static inline struct peer *peer_new(const struct answer *answers, unsigned count)
{
    return peer_new_at("127.0.0.1", answers, count);
}

static inline void peer_free(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    free(peer);
}

#endif
