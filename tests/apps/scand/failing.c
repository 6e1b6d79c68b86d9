/* SPDX-License-Identifier: MIT */
/*
 * The system's calls of wsd-scand-deliver, counted over both of its processes. By the environment,
 * the Nth one fails (WSD_TEST_FAIL=N), or all from the Nth one on (WSD_TEST_FAIL_FROM), or all
 * processes of the group are killed before (WSD_TEST_KILL) or after it (WSD_TEST_KILL_AFTER). When
 * it came to that call the file WSD_TEST_HIT is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static long *count; /* shared */
static long fail, fail_from, before, after;

static long number(const char *name)
{
    const char *text = getenv(name);

    return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count == MAP_FAILED)
        abort();
    fail = number("WSD_TEST_FAIL");
    fail_from = number("WSD_TEST_FAIL_FROM");
    before = number("WSD_TEST_KILL");
    after = number("WSD_TEST_KILL_AFTER");
}

static void hit(void)
{
    const char *path = getenv("WSD_TEST_HIT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

    if (fd >= 0)
        close(fd);
}

static long enter(void)
{
    long n = __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);

    if (n == before || n == after || n == fail || n == fail_from)
        hit();
    if (n == before)
        kill(0, SIGKILL);
    return n;
}

static void leave(long n)
{
    if (n == after)
        kill(0, SIGKILL);
}

static bool fails(long n)
{
    if (n != fail && (fail_from == 0 || n < fail_from))
        return false;
    errno = ENOSPC;
    return true;
}

#define WRAP(type, name, parameters, arguments)                                                    \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        long n = enter();                                                                          \
        type r = fails(n) ? -1 : __real_##name arguments;                                          \
        int error = errno;                                                                         \
        leave(n);                                                                                  \
        errno = error;                                                                             \
        return r;                                                                                  \
    }

/* clang-format off */
WRAP(int, fsync, (int fd), (fd))
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags))
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags))
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WRAP(ssize_t, copy_file_range, (int from, off_t *at, int to, off_t *to_at, size_t size,
     unsigned flags), (from, at, to, to_at, size, flags))
/* clang-format on */

/* What is said to the test is said. */
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    long n = enter();
    ssize_t r = fd != STDOUT_FILENO && fails(n) ? -1 : __real_write(fd, data, size);
    leave(n);
    return r;
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
    /* Only where something is made: a file that was there a moment ago can be read. */
    if (!(flags & O_CREAT))
        return __real_openat64(dir, path, flags);
    long n = enter();
    int r = fails(n) ? -1 : __real_openat64(dir, path, flags, 0600);
    int error = errno;
    leave(n);
    errno = error;
    return r;
}

/* A page that is too much for the decoder: WSD_TEST_CRASH=N; that takes for ever: WSD_TEST_SPIN=N.
 */
int __real_job_page_read(const void *job, unsigned page);
int __wrap_job_page_read(const void *job, unsigned page);
int __wrap_job_page_read(const void *job, unsigned page)
{
    /* The other process reads pages too, to keep them, and is not confined. */
    bool confined = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    if (confined && number("WSD_TEST_CRASH") == (long)page)
        raise(SIGKILL);
    while (confined && number("WSD_TEST_SPIN") == (long)page)
        continue;
    return __real_job_page_read(job, page);
}

int __real_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags)
{
    long n = enter();
    int r = __real_unlinkat(dir, path, flags); /* a full disk does not mind */
    leave(n);
    return r;
}
