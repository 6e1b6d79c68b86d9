/* SPDX-License-Identifier: MIT */
/*
 * InstanceId of AppSequence, which each start makes higher (WS-Discovery, appendix I): else clients
 * take what the device says for old. Seconds since 1970 are not enough. Two starts may fall into
 * one; and the clock of a small computer without a battery is behind after a power cut, until the
 * network sets it. So the highest number that any device of this user had is kept in a file.
 *
 * It is not synced to the disk: what a power cut takes of it is the last half minute, and the clock
 * has gone on by more.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "common/folder.h"
#include "serve.h"

/* The folder; false: there is none. */
static bool place(char ret[PATH_MAX])
{
    const char *given = getenv("STATE_DIRECTORY"); /* of systemd; several with colons between */
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = -1;

    if (given && *given == '/')
        n = snprintf(ret, PATH_MAX, "%.*s", (int)strcspn(given, ":"), given);
    else if (state && *state == '/')
        n = snprintf(ret, PATH_MAX, "%s/wsd", state);
    else if (home && *home == '/')
        n = snprintf(ret, PATH_MAX, "%s/.local/state/wsd", home);
    return n > 0 && n < PATH_MAX;
}

/* Opened and locked; a negative errno. */
static int open_kept(const char *folder)
{
    int r = folder_make(folder);
    int at = r < 0 ? r : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return r < 0 ? r : -errno;
    int fd =
        openat(at, "serve-instance", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    int error = errno;
    close(at);
    if (fd < 0)
        return -error;
    if (flock(fd, LOCK_EX) == 0)
        return fd;
    error = errno;
    close(fd);
    return -error;
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

    if (pwrite(fd, text, (size_t)n, 0) != n || ftruncate(fd, n) < 0)
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
    if (r < 0)
        session_debug(serve->session,
                      "that the scanner was restarted is told by the clock alone, as no number can "
                      "be kept: %s",
                      strerror(-r));
    serve->instance = number;
    return number;
}
