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
            else
                while (read(fd, &rest, 1) > 0) /* until the client gives up */
                    ;
        }
        close(fd);
    }
    return NULL;
}

static inline struct peer *peer_new(const struct answer *answers, unsigned count)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_non_null(peer);
    assert_true(count <= MAX_ANSWERS);
    memcpy(peer->answers, answers, count * sizeof *answers);
    peer->n_answers = count;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(peer->listener >= 0);
    assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peer->listener, 16), 0);
    assert_int_equal(getsockname(peer->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%u/scan", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
    return peer;
}

static inline void peer_free(struct peer *peer)
{
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    free(peer);
}

#endif
