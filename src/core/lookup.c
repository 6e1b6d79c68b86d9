/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo(3) in a thread of its own, which tells the loop through a pipe.
 *
 * The system's resolver cannot be interrupted, so that a lookup given up early lives on until it
 * has ended; the last of the two sides frees what they share. Numeric hosts take the same way
 * round: they end at the loop's next turn.
 */
#include "core/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/limits.h"

struct shared {
    atomic_int owners;
    int family, pipe[2];
    struct wsd__address addresses[WSD_MAX_DEVICE_ADDRESSES];
    size_t n_addresses;
    char host[];
};

struct wsd__lookup {
    struct shared *shared;
    struct wsd__io *io;
    void (*found)(void *user, int status, const struct wsd__address *address);
    void *user;
};

static void release(struct shared *shared)
{
    if (atomic_fetch_sub(&shared->owners, 1) == 1) {
        close(shared->pipe[0]);
        close(shared->pipe[1]);
        free(shared);
    }
}

static void *resolve(void *argument)
{
    struct shared *shared = argument;
    struct addrinfo hints = {.ai_family = shared->family, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    if (getaddrinfo(shared->host, NULL, &hints, &list) == 0) {
        for (const struct addrinfo *item = list;
             item != NULL && shared->n_addresses < WSD_MAX_DEVICE_ADDRESSES; item = item->ai_next)
            if (wsd__address_of(item->ai_addr, &shared->addresses[shared->n_addresses], NULL))
                shared->n_addresses++;
        freeaddrinfo(list);
    }
    ssize_t written = write(shared->pipe[1], "", 1);
    (void)written; /* an empty pipe takes one byte */
    release(shared);
    return NULL;
}

static void ended(void *user, int fd, int events)
{
    struct wsd__lookup *lookup = user;
    struct wsd__address address = lookup->shared->addresses[0];
    int status = lookup->shared->n_addresses > 0 ? 0 : WSD_E_NAME;
    (void)fd;
    (void)events;
    wsd__io_remove(lookup->io);
    lookup->io = NULL;
    lookup->found(lookup->user, status, &address);
}

/* The thread takes no signals: they are the program's. */
static int start_thread(struct shared *shared)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, resolve, shared);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) {
        pthread_detach(thread);
    }
    return failed;
}

static struct shared *share(struct wsd_context *context, const char *host)
{
    const struct wsd_context_options *options = wsd__options(context);
    size_t length = strlen(host);
    struct shared *shared = calloc(1, sizeof *shared + length + 1);
    if (shared == NULL) {
        return NULL;
    }
    if (pipe(shared->pipe) != 0) {
        free(shared);
        return NULL;
    }
    fcntl(shared->pipe[0], F_SETFD, FD_CLOEXEC);
    fcntl(shared->pipe[1], F_SETFD, FD_CLOEXEC);
    memcpy(shared->host, host, length + 1);
    shared->family = options->ipv4_only ? AF_INET : options->ipv6_only ? AF_INET6 : AF_UNSPEC;
    atomic_init(&shared->owners, 1);
    return shared;
}

int wsd__lookup_start(struct wsd_context *context, const char *host,
                      void (*found)(void *user, int status, const struct wsd__address *address),
                      void *user, struct wsd__lookup **ret_lookup, struct wsd_error *reterr)
{
    struct wsd__lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    lookup->found = found;
    lookup->user = user;
    lookup->shared = share(context, host);
    if (lookup->shared == NULL) {
        free(lookup);
        return wsd__error_errno(reterr, WSD_E_SYSTEM, errno, "cannot look up %s", host);
    }
    int status =
        wsd__io_add(context, lookup->shared->pipe[0], WSD__READ, ended, lookup, &lookup->io);
    if (status < 0) {
        wsd__lookup_cancel(lookup);
        return wsd__error(reterr, status, NULL);
    }
    atomic_fetch_add(&lookup->shared->owners, 1);
    int failed = start_thread(lookup->shared);
    if (failed != 0) {
        release(lookup->shared);
        wsd__lookup_cancel(lookup);
        return wsd__error_errno(reterr, WSD_E_SYSTEM, failed, "cannot start a thread");
    }
    *ret_lookup = lookup;
    return 0;
}

size_t wsd__lookup_addresses(const struct wsd__lookup *lookup, const struct wsd__address **ret)
{
    *ret = lookup->shared->addresses;
    return lookup->shared->n_addresses;
}

void wsd__lookup_cancel(struct wsd__lookup *lookup)
{
    if (lookup != NULL) {
        wsd__io_remove(lookup->io);
        release(lookup->shared);
        free(lookup);
    }
}
