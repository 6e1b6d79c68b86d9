/* SPDX-License-Identifier: MIT */
/*
 * A context belongs to the thread that made it, and frontends call from any; a line that breaks may
 * raise SIGPIPE, for which a program that only loaded a backend is not prepared.
 */
#include <pthread.h>
#include <signal.h>

#include "scanner.h"
#include "thread.h"

int thread_begin(pthread_t *ret, void *(*run)(void *user), void *user)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(ret, NULL, run, user);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

struct work {
    void (*work)(void *user);
    void *user;
};

static void *run(void *user)
{
    struct work *work = user;

    work->work(work->user);
    return NULL;
}

bool apart(void (*work)(void *user), void *user)
{
    struct work both = {work, user};
    pthread_t thread;

    if (thread_begin(&thread, run, &both) != 0)
        return false;
    pthread_join(thread, NULL);
    return true;
}
