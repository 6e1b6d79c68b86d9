/* SPDX-License-Identifier: MIT */
#include "doctor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/child.h"

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What it prints is read by a program: in the language of programs. */
static char *const environment[] = {"PATH=/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin",
                                    "LC_ALL=C", NULL};

static bool start(const char *const *argv, int out, pid_t *ret)
{
    static const char *const folders[] = {"/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin"};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char path[256];
    bool started = false;

    if (child_attributes(&attributes) < 0)
        return false;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        posix_spawnattr_destroy(&attributes);
        return false;
    }
    bool ready =
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0;
    for (size_t i = 0; ready && !started && i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], argv[0]);
        started = access(path, X_OK) == 0 && posix_spawn(ret, path, &actions, &attributes,
                                                         (char *const *)argv, environment) == 0;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return started;
}

/* All of it, or NULL. */
static char *read_all(int fd)
{
    uint64_t deadline = now_ms() + CHILD_TIME_MAX;
    size_t size = 65536, used = 0;
    char *text = malloc(size);

    while (text) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        uint64_t now = now_ms();
        if (now >= deadline || poll(&wait, 1, (int)(deadline - now)) <= 0)
            break; /* a signal is a reason to end as well */
        ssize_t n = read(fd, text + used, size - used - 1);
        if (n == 0) {
            text[used] = 0;
            return text;
        }
        if (n < 0)
            break;
        used += (size_t)n;
        if (used < size - 1)
            continue;
        size *= 2;
        char *more = size <= CHILD_OUTPUT_MAX ? realloc(text, size) : NULL;
        if (!more)
            break;
        text = more;
    }
    free(text);
    return NULL;
}

char *child_output(const char *const *argv)
{
    int ends[2], status = 1;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    bool started = start(argv, ends[1], &child);
    close(ends[1]);
    char *text = started ? read_all(ends[0]) : NULL;
    close(ends[0]);
    if (!started)
        return NULL;
    if (!text)
        kill(-child, SIGKILL); /* with all that it began */
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (text && status == 0)
        return text;
    free(text);
    return NULL;
}
