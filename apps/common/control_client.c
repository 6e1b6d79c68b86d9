/* SPDX-License-Identifier: MIT */
/* The other end of a control socket: one question, and the wait for its answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/control.h"
#include "common/control_place.h"

#define READ_AT_ONCE 16384

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int control_connect(const char *path)
{
    struct sockaddr_un address;

    if (!control_address(path, &address))
        return -ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int r = -errno;
    close(fd);
    return r;
}

/* 0, -ETIMEDOUT, or -EINTR, which a signal means whoever sent it. */
static int await(int fd, short events, int64_t deadline)
{
    struct pollfd one = {.fd = fd, .events = events};
    int64_t left = deadline - now();
    int n = poll(&one, 1, left > 0 ? (int)left : 0);

    return n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

static int send_all(int fd, const char *bytes, size_t size, int64_t deadline)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            int r = await(fd, POLLOUT, deadline);
            if (r < 0)
                return r;
        } else if (n < 0) {
            return -errno;
        } else {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

static int send_request(int fd, struct json_object *request, int64_t deadline)
{
    size_t length = 0;
    const char *text = json_object_to_json_string_length(request, JSON_C_TO_STRING_PLAIN, &length);
    char *line = text ? malloc(length + 1) : NULL;

    if (!line)
        return -ENOMEM;
    memcpy(line, text, length);
    line[length] = '\n';
    int r = length > CONTROL_MAX_REQUEST ? -E2BIG : send_all(fd, line, length + 1, deadline);
    free(line);
    return r;
}

static int read_more(int fd, struct control_reader *reader, int64_t deadline)
{
    char bytes[READ_AT_ONCE];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);

    if (n > 0)
        return control_reader_add(reader, bytes, (size_t)n);
    if (n == 0)
        return -EPIPE;
    return errno == EAGAIN || errno == EWOULDBLOCK ? await(fd, POLLIN, deadline) : -errno;
}

int control_call(int fd, struct json_object *request, unsigned milliseconds,
                 struct json_object **ret_answer)
{
    struct control_reader reader = {.limit = CONTROL_MAX_ANSWER};
    int64_t deadline = now() + milliseconds;
    int r = send_request(fd, request, deadline);

    if (r == -ECONNRESET)
        r = -EPIPE;
    while (r == 0) {
        r = control_reader_next(&reader, ret_answer);
        if (r == 0)
            r = read_more(fd, &reader, deadline);
    }
    control_reader_free(&reader);
    return r > 0 ? 0 : r;
}
