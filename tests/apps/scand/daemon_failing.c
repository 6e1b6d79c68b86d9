/* SPDX-License-Identifier: MIT */
/*
 * The calls of wsd-scand itself, of one kind ($WSD_TEST_FAIL_KIND: memory, sockets or files),
 * counted. The Nth one fails, N being $WSD_TEST_FAIL. $WSD_TEST_FAIL_COUNT is a file of one int64_t
 * that the count is kept in, for whoever wants to know how many there are. What a child process
 * does before it becomes another program counts as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const char *kind = "";
static int64_t fail, own, *count = &own;

__attribute__((constructor)) static void begin(void)
{
    const char *which = getenv("WSD_TEST_FAIL_KIND"), *number = getenv("WSD_TEST_FAIL");
    const char *path = getenv("WSD_TEST_FAIL_COUNT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map =
        fd >= 0 ? mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (fd >= 0)
        close(fd);
    if (map != MAP_FAILED)
        count = map;
    fail = number ? strtoll(number, NULL, 10) : 0;
    kind = which ? which : "";
}

static bool fails(const char *which, int cause)
{
    if (strcmp(kind, which) != 0 || __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) != fail)
        return false;
    errno = cause;
    return true;
}

#define WRAP(which, type, failure, name, cause, parameters, arguments)                             \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(which, cause) ? (failure) : __real_##name arguments;                          \
    }

/* clang-format off */
WRAP("memory", void *, NULL, malloc, ENOMEM, (size_t size), (size))
WRAP("memory", void *, NULL, calloc, ENOMEM, (size_t n, size_t size), (n, size))
WRAP("memory", void *, NULL, realloc, ENOMEM, (void *old, size_t size), (old, size))
WRAP("memory", char *, NULL, strdup, ENOMEM, (const char *text), (text))
WRAP("sockets", int, -1, socket, EMFILE, (int domain, int type, int protocol),
     (domain, type, protocol))
WRAP("sockets", int, -1, bind, EACCES, (int fd, const struct sockaddr *to, socklen_t size),
     (fd, to, size))
WRAP("sockets", int, -1, listen, EADDRINUSE, (int fd, int n), (fd, n))
WRAP("sockets", int, -1, connect, ENETUNREACH, (int fd, const struct sockaddr *to, socklen_t size),
     (fd, to, size))
WRAP("sockets", ssize_t, -1, sendmsg, EPERM, (int fd, const struct msghdr *m, int flags),
     (fd, m, flags))
WRAP("sockets", int, -1, recvmmsg, EPERM, (int fd, struct mmsghdr *m, unsigned n, int flags,
     struct timespec *limit), (fd, m, n, flags, limit))
WRAP("sockets", ssize_t, -1, send, ECONNRESET, (int fd, const void *data, size_t size, int flags),
     (fd, data, size, flags))
WRAP("sockets", ssize_t, -1, recv, ECONNRESET, (int fd, void *data, size_t size, int flags),
     (fd, data, size, flags))
WRAP("files", int, -1, fsync, EIO, (int fd), (fd))
WRAP("files", int, -1, renameat, ENOSPC, (int a, const char *from, int b, const char *to),
     (a, from, b, to))
WRAP("files", int, -1, rename, ENOSPC, (const char *from, const char *to), (from, to))
WRAP("files", int, -1, mkdirat, ENOSPC, (int dir, const char *path, mode_t mode),
     (dir, path, mode))
WRAP("files", int, -1, mkdir, ENOSPC, (const char *path, mode_t mode), (path, mode))
WRAP("files", int, -1, unlinkat, EIO, (int dir, const char *path, int flags), (dir, path, flags))
WRAP("files", int, -1, openat64, ENOSPC, (int dir, const char *path, int flags, mode_t mode),
     (dir, path, flags, mode))
WRAP("files", int, -1, open64, ENOSPC, (const char *path, int flags, mode_t mode),
     (path, flags, mode))
/* clang-format on */

/* Of writes those to files: a pipe does not run out of space, and a signal that is lost in one is
 * nothing that the daemon could mend. */
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    struct stat status;
    bool file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);

    return file && fails("files", ENOSPC) ? -1 : __real_write(fd, data, size);
}
