/* SPDX-License-Identifier: MIT */
/*
 * The reading of PDF, by libqpdf and with it the library of C++, is done by a program of its own,
 * whose process has bounds: nothing that a scanner sends ends the frontend or takes its memory, and
 * frontends that meet no PDF do without. The function here has the name and type of the one in that
 * program.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pdf_reader.h"

#define PIECE 16384u

/* -- the process --------------------------------------------------------------------------------
 */

/* It lies beside the backend, built or installed. */
static bool find(char *path, size_t size)
{
    static const char here;
    Dl_info self;
    const char *slash = dladdr(&here, &self) ? strrchr(self.dli_fname, '/') : NULL;
    int n = slash ? (int)(slash + 1 - self.dli_fname) : 0;

    return n > 0 && snprintf(path, size, "%.*s" PDF_READER, n, self.dli_fname) < (int)size &&
           access(path, X_OK) == 0;
}

static int set_files(posix_spawn_file_actions_t *actions, int in, int out)
{
    int r = posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);

    if (r == 0)
        r = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);
    return r == 0
               ? posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
               : r;
}

/* As if nobody had touched them: this thread has them blocked, and the frontend has its own ways.
 */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    int r = posix_spawnattr_setsigmask(attributes, &none);
    if (r == 0)
        r = posix_spawnattr_setsigdefault(attributes, &all);
    return r == 0 ? posix_spawnattr_setflags(attributes,
                                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
                  : r;
}

static int start(const char *path, unsigned number, int in, int out, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char name[] = PDF_READER, page[16];
    char *arguments[] = {name, page, NULL}, *environment[] = {NULL};

    snprintf(page, sizeof page, "%u", number);
    int r = posix_spawn_file_actions_init(&actions);
    if (r != 0)
        return -r;
    r = posix_spawnattr_init(&attributes);
    if (r == 0) {
        r = set_files(&actions, in, out);
        if (r == 0)
            r = set_signals(&attributes);
        if (r == 0)
            r = posix_spawn(ret, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

/* The frontend may have waited for it already. */
static void end(pid_t pid, bool early)
{
    if (early)
        kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* -- what it says -------------------------------------------------------------------------------
 */

/* All of it, or -EPIPE. */
static int receive(int fd, void *to, size_t size)
{
    uint8_t *at = to;

    while (size > 0) {
        ssize_t n = read(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -EPIPE;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

static int receive_hello(int fd)
{
    static const struct pdf_hello wanted = {WSD_VERSION, sizeof(struct pdf_image)};
    struct pdf_hello hello;

    if (receive(fd, &hello, sizeof hello) < 0)
        return -ELIBACC;
    return memcmp(&hello, &wanted, sizeof hello) == 0 ? 0 : -ELIBBAD;
}

static int receive_bytes(int fd, const struct pdf_sink *sink)
{
    uint8_t bytes[PIECE];
    uint32_t left = 0;
    int r = receive(fd, &left, sizeof left);

    while (r == 0 && left > 0) {
        size_t n = left < sizeof bytes ? left : sizeof bytes;
        r = receive(fd, bytes, n);
        if (r == 0)
            r = sink->write(sink->user, bytes, n);
        left -= (uint32_t)n;
        if (r == 0 && left == 0)
            r = receive(fd, &left, sizeof left);
    }
    return r;
}

/* 0 once it is whole, whatever it is. */
static int receive_page(int fd, struct pdf_page *ret, int *ret_result)
{
    struct pdf_answer answer;
    int r = receive(fd, &answer, sizeof answer);

    if (r < 0)
        return r;
    if (answer.n > PDF_STRIPS_MAX || answer.turn >= 360 || (answer.result == 0 && answer.n == 0))
        return -EPIPE;
    answer.why[sizeof answer.why - 1] = 0;
    memcpy(ret->words, answer.why, sizeof ret->words);
    ret->why = *ret->words ? ret->words : NULL;
    ret->pages = answer.pages;
    ret->turn = answer.turn;
    ret->upside_down = answer.upside_down != 0;
    ret->n = answer.n;
    *ret_result = answer.result;
    return receive(fd, ret->images, answer.n * sizeof *ret->images);
}

static int receive_all(int fd, const struct pdf_sink *sink, struct pdf_page *ret, int *ret_result)
{
    int r = receive_hello(fd);

    if (r == 0)
        r = receive_bytes(fd, sink);
    return r < 0 ? r : receive_page(fd, ret, ret_result);
}

/* -- all together -------------------------------------------------------------------------------
 */

static int refuse(struct pdf_page *page, int code, const char *why)
{
    page->pages = page->turn = page->n = 0;
    page->upside_down = false;
    page->why = why;
    return code;
}

static int converse(int fd, pid_t pid, const struct pdf_sink *sink, struct pdf_page *ret)
{
    int result = 0;

    if (sink->waits)
        sink->waits(sink->user, fd);
    int r = receive_all(fd, sink, ret, &result);
    if (sink->waits)
        sink->waits(sink->user, -1);
    end(pid, r < 0);
    if (r == -ELIBACC)
        return refuse(ret, -ENOTSUP, "the program that reads it, " PDF_READER ", does not run");
    if (r == -ELIBBAD)
        return refuse(ret, -ENOTSUP,
                      "the program that reads it, " PDF_READER ", is of another version");
    if (r == -EPIPE)
        return refuse(ret, -EBADMSG,
                      "it is damaged, or made to take more time and memory than any PDF needs");
    return r < 0 ? refuse(ret, r, NULL) : result;
}

int pdf_page_read(int fd, unsigned number, const struct pdf_sink *sink, struct pdf_page *ret)
{
    char path[PATH_MAX];
    int sockets[2];
    pid_t pid = -1;

    refuse(ret, 0, NULL);
    if (!find(path, sizeof path))
        return refuse(ret, -ENOTSUP, "the program that reads it, " PDF_READER ", is not there");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
        return -errno;
    /* Not where the other comes to lie: a frontend may have closed what all have. */
    int out = fcntl(sockets[1], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int r = out < 0 ? -errno : start(path, number, fd, out, &pid);
    close(sockets[1]);
    if (out >= 0)
        close(out);
    r = r < 0 ? refuse(ret, r, "the program that reads it, " PDF_READER ", cannot be started")
              : converse(sockets[0], pid, sink, ret);
    close(sockets[0]);
    return r;
}
