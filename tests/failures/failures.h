/* SPDX-License-Identifier: MIT */
/*
 * What fails in matrix.c: the Nth allocation, call on a socket, call on a file or look at the clock
 * that the library makes, libcurl's and libmicrohttpd's calls on sockets among them. What is done
 * for the others (device, peer, relay) never fails.
 */
#ifndef TESTS_FAILURES_FAILURES_H
#define TESTS_FAILURES_FAILURES_H

#include <dlfcn.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum failure { MEMORY, SOCKETS, FILES, CLOCKS, FAILURES };

static enum failure failing;
static long left = -1; /* calls until the one that fails; -1: none does */
static bool failed;

static bool fails(enum failure kind, int cause)
{
    if (kind != failing || left < 0 || left-- > 0)
        return false;
    failed = true;
    errno = cause;
    return true;
}

#define NET_FAILS()      fails(SOCKETS, EPERM)
#define NET_SAFELY(what) SAFELY(what)

/* Nothing fails in between. */
#define SAFELY(what)                                                                               \
    do {                                                                                           \
        long kept_ = left;                                                                         \
        left = -1;                                                                                 \
        what;                                                                                      \
        left = kept_;                                                                              \
    } while (0)

/* The linker sends the library's own calls here. */
#define WRAP(kind, type, failure, name, cause, parameters, arguments)                              \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(kind, cause) ? (failure) : __real_##name arguments;                           \
    }

/* clang-format off */
WRAP(MEMORY, void *, NULL, malloc, ENOMEM, (size_t size), (size))
WRAP(MEMORY, void *, NULL, calloc, ENOMEM, (size_t count, size_t size), (count, size))
WRAP(MEMORY, void *, NULL, realloc, ENOMEM, (void *old, size_t size), (old, size))
WRAP(MEMORY, char *, NULL, strdup, ENOMEM, (const char *text), (text))
WRAP(FILES, int, -1, mkdir, EACCES, (const char *path, mode_t mode), (path, mode))
WRAP(FILES, int, -1, stat64, EACCES, (const char *path, struct stat *ret), (path, ret))
WRAP(FILES, int, -1, lstat64, EACCES, (const char *path, struct stat *ret), (path, ret))
WRAP(FILES, int, -1, open64, EACCES, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(FILES, int, -1, link, EPERM, (const char *from, const char *to), (from, to))
WRAP(FILES, int, -1, unlink, EACCES, (const char *path), (path))
WRAP(FILES, int, -1, rename, EACCES, (const char *from, const char *to), (from, to))
WRAP(FILES, ssize_t, -1, write, ENOSPC, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRAP(FILES, int, -1, getifaddrs, ENOBUFS, (struct ifaddrs **list), (list))
WRAP(FILES, unsigned, 0, if_nametoindex, ENODEV, (const char *name), (name))
WRAP(CLOCKS, int, -1, clock_gettime, EINVAL, (clockid_t id, struct timespec *ret), (id, ret))
WRAP(CLOCKS, time_t, -1, time, EFAULT, (time_t *ret), (ret))
WRAP(CLOCKS, int, -1, getentropy, EIO, (void *bytes, size_t size), (bytes, size))
/* clang-format on */

/* This program's own, which shared libraries use too. */
#define SYSTEM(type, name, cause, parameters, arguments)                                           \
    __attribute__((visibility("default"))) type name parameters                                    \
    {                                                                                              \
        type(*system) parameters = NULL;                                                           \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        memcpy(&system, &found, sizeof system);                                                    \
        return fails(SOCKETS, cause) ? -1 : system arguments;                                      \
    }

SYSTEM(int, socket, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
SYSTEM(int, listen, EADDRINUSE, (int fd, int backlog), (fd, backlog))
SYSTEM(int, getsockname, ENOBUFS, (int fd, __SOCKADDR_ARG address, socklen_t *restrict size),
       (fd, address, size))
SYSTEM(int, accept4, ECONNABORTED,
       (int fd, __SOCKADDR_ARG address, socklen_t *restrict size, int flags),
       (fd, address, size, flags))
SYSTEM(ssize_t, send, ECONNRESET, (int fd, const void *bytes, size_t size, int flags),
       (fd, bytes, size, flags))
SYSTEM(ssize_t, recv, ECONNRESET, (int fd, void *bytes, size_t size, int flags),
       (fd, bytes, size, flags))

#endif
