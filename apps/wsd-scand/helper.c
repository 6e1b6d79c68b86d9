/* SPDX-License-Identifier: MIT */
/*
 * Two pipes and a process. A helper that outlives its limit is killed: what it was at lies in the
 * spool, and is taken up again by the next start.
 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/child.h"
#include "common/control.h"
#include "log.h"

extern char **environ;

struct helper {
    struct scand *scand;
    struct helper *next;
    pid_t pid;
    int to, from; /* pipes; -1: closed */
    struct control_reader reader;
    struct loop_watch watch;
    struct loop_timer limit;
    struct helper_hooks hooks; /* of a helper that was released: none */
    bool exited;
    int status;
};

static void close_pipe(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void destroy(struct helper *h)
{
    loop_disarm(&h->scand->loop, &h->limit);
    close_pipe(&h->to);
    control_reader_free(&h->reader);
    free(h);
}

/* It is over once its last words are read and the process is gone, in whatever order. */
static void settle(struct helper *h)
{
    struct scand *scand = h->scand;
    struct helper_hooks hooks = h->hooks;
    int status = h->status;

    if (!h->exited || h->from >= 0)
        return;
    for (struct helper **at = &scand->helpers; *at; at = &(*at)->next)
        if (*at == h) {
            *at = h->next;
            scand->n_helpers--;
            break;
        }
    destroy(h);
    if (hooks.ended)
        hooks.ended(hooks.user, status);
}

static void end_of_words(struct helper *h)
{
    loop_remove(&h->scand->loop, &h->watch);
    close_pipe(&h->from);
    settle(h);
}

static size_t wants(void *user, struct pollfd *fds, size_t room)
{
    const struct helper *h = user;

    if (room > 0)
        fds[0] = (struct pollfd){.fd = h->from, .events = POLLIN};
    return room > 0;
}

static void hear(struct helper *h)
{
    struct json_object *object = NULL;
    int r;

    while ((r = control_reader_next(&h->reader, &object)) != 0) {
        if (r > 0 && h->hooks.said)
            h->hooks.said(h->hooks.user, object);
        if (r > 0)
            json_object_put(object);
        else
            log_say(LOG_LEVEL_WARNING, NULL, "wsd-scand-deliver said what is not understood");
    }
}

/* Bytes that came; 0: there will be none any more; negative: none now. */
static ssize_t take(struct helper *h)
{
    char bytes[16384];
    ssize_t got = read(h->from, bytes, sizeof bytes);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0;
    if (got > 0 && control_reader_add(&h->reader, bytes, (size_t)got) < 0)
        return 0;
    if (got > 0)
        hear(h);
    return got;
}

static void ready(void *user, const struct pollfd *fds, size_t n)
{
    struct helper *h = user;

    (void)fds, (void)n;
    if (take(h) == 0)
        end_of_words(h);
}

static void too_long(void *user)
{
    struct helper *h = user;

    log_say(LOG_LEVEL_ERROR, NULL, "wsd-scand-deliver (process %ld) takes too long; it is ended",
            (long)h->pid);
    kill(h->pid, SIGKILL);
}

/* -- starting -----------------------------------------------------------------------------------
 */

static int spawn(struct helper *h, const char *folder, int in, int out)
{
    char program[] = "wsd-scand-deliver";
    char *arguments[] = {program, (char *)(uintptr_t)folder, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r = posix_spawn_file_actions_init(&actions);

    if (r != 0)
        return -r;
    r = child_attributes(&attributes);
    if (r < 0) {
        posix_spawn_file_actions_destroy(&actions);
        return r;
    }
    r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawn(&h->pid, h->scand->options.deliver, &actions, &attributes, arguments,
                        environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

int helper_start(struct scand *scand, const char *folder, const struct helper_hooks *hooks,
                 struct helper **ret)
{
    struct helper *h = scand->n_helpers < SCAND_MAX_HELPERS ? calloc(1, sizeof *h) : NULL;
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    int r = h ? 0 : scand->n_helpers < SCAND_MAX_HELPERS ? -ENOMEM : -EBUSY;

    if (r == 0 && (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0))
        r = -errno;
    if (r == 0) {
        h->scand = scand;
        r = spawn(h, folder, in[0], out[1]);
    }
    close_pipe(&in[0]);
    close_pipe(&out[1]);
    if (r < 0) {
        close_pipe(&in[1]);
        close_pipe(&out[0]);
        free(h);
        return r;
    }
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    h->to = in[1];
    h->from = out[0];
    h->hooks = *hooks;
    h->reader.limit = HELPER_MAX_LINE;
    h->watch = (struct loop_watch){.wants = wants, .ready = ready, .user = h};
    loop_add(&scand->loop, &h->watch);
    h->next = scand->helpers;
    scand->helpers = h;
    scand->n_helpers++;
    *ret = h;
    return 0;
}

void helper_page(struct helper *h, unsigned page)
{
    char line[32];
    int n = snprintf(line, sizeof line, "page %u\n", page);

    /* A line that finds no room is left out: pipes of a helper that is behind are full of pages. */
    if (h->to >= 0 && write(h->to, line, (size_t)n) < 0 && errno != EAGAIN)
        close_pipe(&h->to);
}

void helper_end(struct helper *h, uint64_t limit)
{
    close_pipe(&h->to);
    loop_arm(&h->scand->loop, &h->limit, limit, too_long, h);
}

void helper_release(struct helper *h)
{
    if (h)
        h->hooks = (struct helper_hooks){0};
}

void helpers_reap(struct scand *scand)
{
    for (struct helper *h = scand->helpers, *next; h; h = next) {
        next = h->next;
        if (h->exited || waitpid(h->pid, &h->status, WNOHANG) != h->pid)
            continue;
        h->exited = true;
        /* Its own children may hold the pipe open: what it said itself is there by now. */
        while (h->from >= 0 && take(h) > 0)
            ;
        if (h->from >= 0)
            end_of_words(h);
        else
            settle(h);
        next = scand->helpers; /* somebody may have gone meanwhile */
    }
}

void helpers_free(struct scand *scand)
{
    while (scand->helpers) {
        struct helper *h = scand->helpers;
        scand->helpers = h->next;
        if (h->from >= 0)
            loop_remove(&scand->loop, &h->watch);
        close_pipe(&h->from);
        destroy(h);
    }
}
