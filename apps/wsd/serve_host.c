/* SPDX-License-Identifier: MIT */
/* The process that has a SANE device: starting, asking, hearing and ending it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/child.h"
#include "serve_bridge.h"

#define PROGRAM    "wsd-sane-host"
#define LEAVE_MS   3000 /* a scanner may have to move its lamp home */
#define WORD_DEPTH 8

extern char **environ;

/* Beside the program where it was built, else where it was installed. */
static const char *program(char path[PATH_MAX])
{
    static const char beside[] = "../wsd-sane/" PROGRAM;
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof beside);

    for (; n > 0 && path[n - 1] != '/'; n--)
        ;
    if (n > 0) {
        memcpy(path + n, beside, sizeof beside);
        if (access(path, X_OK) == 0)
            return path;
    }
    return WSD_LIBEXEC_DIR "/" PROGRAM;
}

/* With `in` as its standard input, or `out` as its standard output; -1: as they are. */
static int spawn(const char *argument, int in, int out, pid_t *ret)
{
    char path[PATH_MAX], name[] = PROGRAM, word[512];
    char *arguments[] = {name, word, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r;

    if (snprintf(word, sizeof word, "%s", argument) >= (int)sizeof word)
        return -ENAMETOOLONG;
    r = child_attributes(&attributes);
    if (r < 0)
        return r;
    r = posix_spawn_file_actions_init(&actions);
    if (r == 0 && in >= 0)
        r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    /* What backends print is nothing for who reads our output. */
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, out >= 0 ? out : STDERR_FILENO,
                                             STDOUT_FILENO);
    if (r == 0)
        r = posix_spawn(ret, program(path), &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -r;
}

int host_start(struct host *host, const char *name)
{
    int ends[2];

    if (!host_gone(host))
        return -EAGAIN;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    int r = spawn(name, ends[1], -1, &host->pid);
    close(ends[1]);
    if (r < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
        r = r < 0 ? r : -errno;
        close(ends[0]);
        return r;
    }
    host->fd = ends[0];
    host->at = host->size = 0;
    return 0;
}

void host_kill(struct host *host)
{
    if (host->fd >= 0)
        close(host->fd);
    host->fd = -1;
    host->at = host->size = 0;
    if (host->pid > 0)
        kill(host->pid, SIGKILL);
    host_gone(host);
}

bool host_gone(struct host *host)
{
    if (host->pid > 0 && waitpid(host->pid, NULL, WNOHANG) != 0)
        host->pid = 0;
    return host->pid == 0;
}

void host_end(struct host *host)
{
    struct pollfd fd = {.fd = host->fd, .events = POLLIN};
    char rest[BRIDGE_PACKET_MAX];

    if (host->fd >= 0) {
        shutdown(host->fd, SHUT_WR);
        while (poll(&fd, 1, LEAVE_MS) > 0 && recv(host->fd, rest, sizeof rest, 0) > 0)
            ;
    }
    host_kill(host);
    if (host->pid > 0)
        waitpid(host->pid, NULL, 0);
    host->pid = 0;
}

bool host_ask(struct host *host, struct json_object *object)
{
    const char *text =
        object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN) : NULL;
    bool sent = text && strlen(text) <= BRIDGE_PACKET_MAX && host->fd >= 0 &&
                send(host->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;

    json_object_put(object);
    return sent;
}

/* A host is a program of ours, but its backend is not. */
static struct json_object *parse(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(WORD_DEPTH);
    struct json_object *object = tokener ? json_tokener_parse_ex(tokener, text, (int)size) : NULL;

    json_tokener_free(tokener);
    if (json_object_is_type(object, json_type_object))
        return object;
    json_object_put(object);
    return NULL;
}

enum host_packet host_take(struct host *host, struct json_object **ret)
{
    ssize_t n;

    do
        n = host->fd < 0 ? 0 : recv(host->fd, host->packet, sizeof host->packet, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return HOST_NOTHING;
    if (n <= 0 || n > BRIDGE_PACKET_MAX)
        return HOST_DEAD;
    if (host->packet[0] == BRIDGE_DATA) {
        host->at = 1;
        host->size = (size_t)n;
        return HOST_DATA;
    }
    *ret = parse((const char *)host->packet, (size_t)n);
    return *ret ? HOST_WORD : HOST_DEAD;
}

int host_list(pid_t *ret_pid)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    int r = spawn("--list", -1, ends[1], ret_pid);
    close(ends[1]);
    if (r == 0)
        return ends[0];
    close(ends[0]);
    return r;
}
