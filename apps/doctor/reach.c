/* SPDX-License-Identifier: MIT */
#include "doctor/reach.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum reach of_errno(int code)
{
    switch (code) {
    case 0:
        return REACH_ACCEPTS;
    case ECONNREFUSED:
    case ECONNRESET:
        return REACH_REFUSES;
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EPERM:
    case EACCES:
        return REACH_NO_ROUTE;
    default: /* of the neighbour's address too: nobody is there */
        return REACH_SILENT;
    }
}

/* A descriptor that is connecting, or -1 with the result set. */
static int begin(struct reach_try *try)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found = NULL;
    int fd = -1;

    try->result = REACH_NAMED;
    if (getaddrinfo(try->host, try->port, &hints, &found) != 0)
        return -1;
    try->result = REACH_NO_ROUTE;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
        try->result = of_errno(errno);
        close(fd);
        fd = -1;
    } else if (fd >= 0) {
        try->result = REACH_SILENT;
    }
    freeaddrinfo(found);
    return fd;
}

static void finish(struct reach_try *try, struct pollfd *wait)
{
    int code = 0;
    socklen_t size = sizeof code;

    getsockopt(wait->fd, SOL_SOCKET, SO_ERROR, &code, &size);
    try->result = of_errno(code);
    close(wait->fd);
    wait->fd = -1;
}

void reach(struct reach_try *tries, size_t n, int milliseconds)
{
    struct pollfd waits[REACH_MAX];
    size_t open = 0;
    uint64_t deadline = now_ms() + (uint64_t)milliseconds;

    n = n < REACH_MAX ? n : REACH_MAX;
    for (size_t i = 0; i < n; i++) {
        waits[i] = (struct pollfd){.fd = begin(&tries[i]), .events = POLLOUT};
        open += waits[i].fd >= 0;
    }
    while (open > 0) {
        uint64_t now = now_ms();
        if (now >= deadline || poll(waits, n, (int)(deadline - now)) <= 0)
            break;
        for (size_t i = 0; i < n; i++)
            if (waits[i].fd >= 0 && waits[i].revents) {
                finish(&tries[i], &waits[i]);
                open--;
            }
    }
    for (size_t i = 0; i < n; i++)
        if (waits[i].fd >= 0)
            close(waits[i].fd);
}

bool reach_of_url(const char *url, struct reach_try *ret)
{
    bool https = strncasecmp(url, "https://", 8) == 0;
    const char *host = https ? url + 8 : url + 7;

    if (!https && strncasecmp(url, "http://", 7) != 0)
        return false;
    *ret = (struct reach_try){.result = REACH_SILENT};
    const char *end = host + strcspn(host, "/?#");
    const char *close = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
    const char *colon = memchr(close ? close : host, ':', (size_t)(end - (close ? close : host)));
    if (close)
        snprintf(ret->host, sizeof ret->host, "%.*s", (int)(close - host - 1), host + 1);
    else
        snprintf(ret->host, sizeof ret->host, "%.*s", (int)((colon ? colon : end) - host), host);
    if (colon && colon + 1 < end)
        snprintf(ret->port, sizeof ret->port, "%.*s", (int)(end - colon - 1), colon + 1);
    else
        snprintf(ret->port, sizeof ret->port, https ? "443" : "80");
    /* In a URL the percent sign of a zone is written "%25". */
    char *zone = strstr(ret->host, "%25");
    if (zone)
        memmove(zone + 1, zone + 3, strlen(zone + 3) + 1);
    return *ret->host;
}

const char *reach_word(enum reach result)
{
    static const char *const words[] = {
        [REACH_ACCEPTS] = "accepts connections", [REACH_REFUSES] = "refuses the connection",
        [REACH_SILENT] = "does not answer",      [REACH_NO_ROUTE] = "cannot be reached from here",
        [REACH_NAMED] = "is given by a name",
    };

    return words[result];
}
