/* SPDX-License-Identifier: MIT */
/*
 * The system's clock and as much later as a test says: $WSD_CLOCK is a file of one int64_t,
 * milliseconds, which the test writes. A program that waits notices at its next turn, so who turns
 * the clock also wakes it (by a signal that it handles, SIGCHLD for the daemon, or a connection).
 */
#ifndef WSD_TESTS_TURNED_CLOCK_H
#define WSD_TESTS_TURNED_CLOCK_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t turned(void)
{
    static const volatile int64_t *shared;
    static const int64_t never = 0;

    if (!shared) {
        const char *path = getenv("WSD_CLOCK");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *map = fd >= 0 ? mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
        shared = map == MAP_FAILED ? &never : map;
        if (fd >= 0)
            close(fd);
    }
    return *shared;
}

static inline uint64_t turned_now(void *user)
{
    struct timespec now;

    (void)user;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + (uint64_t)turned();
}

static inline time_t turned_wall(void *user)
{
    (void)user;
    return time(NULL) + (time_t)(turned() / 1000);
}

#endif
