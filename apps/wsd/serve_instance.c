/* SPDX-License-Identifier: MIT */
/*
 * InstanceId of AppSequence, which each start makes higher (WS-Discovery, appendix I): else clients
 * take what the device says for old. Seconds since 1970 are not enough. Two starts may fall into
 * one; and the clock of a small computer without a battery is behind after a power cut, until the
 * network sets it. So the highest number that any device of this user had is kept in a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/folder.h"
#include "serve.h"

#define KEPT_FILE     "serve-instance"
#define LOCK_TRIES    50
#define LOCK_PAUSE_MS 10

/* Under sudo the variable may still name the home of the user who called. */
static bool is_ours(const char *home)
{
    struct stat status;

    return stat(home, &status) == 0 && status.st_uid == geteuid();
}

/* The folder; false: there is none. */
static bool place(char ret[PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const char *given = getenv("STATE_DIRECTORY"); /* of systemd; several with colons between */
    int n = -1;

    if (state && *state == '/')
        n = snprintf(ret, PATH_MAX, "%s/wsd", state);
    else if (given && *given == '/')
        n = snprintf(ret, PATH_MAX, "%.*s", (int)strcspn(given, ":"), given);
    else if (home && *home == '/' && is_ours(home))
        n = snprintf(ret, PATH_MAX, "%s/.local/state/wsd", home);
    return n > 0 && n < PATH_MAX;
}

/* Others hold it for as long as a disk needs; a file system of the network may hold it for ever. */
static int lock(int fd)
{
    for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
        if (errno != EWOULDBLOCK || tries == LOCK_TRIES)
            return -errno;
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return 0;
}

/* Opened and locked, if need be for reading alone; a negative errno. */
static int open_kept(const char *folder)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int made = folder_make(folder);
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return made < 0 ? made : -errno;
    int fd = openat(at, KEPT_FILE, O_RDWR | flags);
    if (fd < 0 && errno == ENOENT) {
        fd = openat(at, KEPT_FILE, O_RDWR | O_CREAT | flags, 0600);
        if (fd >= 0)
            fsync(at);
    } else if (fd < 0) {
        fd = openat(at, KEPT_FILE, O_RDONLY | flags);
    }
    int r = fd < 0 ? -errno : lock(fd);
    close(at);
    if (r == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return r;
}

/* 0 if there is no number; so for the highest, after which none can come. */
static uint32_t read_kept(int fd)
{
    char text[16] = "", *end = text;
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    if (n <= 0 || text[0] < '0' || text[0] > '9')
        return 0;
    unsigned long long number = strtoull(text, &end, 10);
    return *end == '\n' && number < UINT32_MAX ? (uint32_t)number : 0;
}

static int write_kept(int fd, uint32_t number)
{
    char text[16];
    int n = snprintf(text, sizeof text, "%" PRIu32 "\n", number);

    if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) < 0 || fdatasync(fd) < 0)
        return -errno;
    return 0;
}

/* Of the first number of this program: makes it higher than the one that is kept. Then keeps it. */
static int keep(const char *folder, bool first, uint32_t *number)
{
    int fd = open_kept(folder), r = 0;

    if (fd < 0)
        return fd;
    uint32_t kept = read_kept(fd);
    if (first && *number <= kept)
        *number = kept + 1;
    if (*number > kept)
        r = write_kept(fd, *number);
    close(fd);
    return r;
}

uint32_t serve_instance(struct serve *serve, uint32_t last)
{
    uint32_t number = (uint32_t)time(NULL);
    char folder[PATH_MAX];

    if (number <= last && last < UINT32_MAX)
        number = last + 1;
    if (number <= serve->instance)
        return serve->instance;
    int r = place(folder) ? keep(folder, serve->instance == 0, &number) : -ENOENT;
    /* Without it all is well while the clock goes on and no start follows at once. */
    if (r < 0)
        session_debug(serve->session, "the number of this start cannot be kept: %s", strerror(-r));
    serve->instance = number;
    return number;
}
