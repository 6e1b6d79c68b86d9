/* SPDX-License-Identifier: MIT */
/*
 * Memory that the libraries behind the command would take for nothing.
 *
 * libcurl starts each protocol that it was built with, SSH among them, whatever is used later; and
 * libssh2 starts all of OpenSSL then, which makes 1.5 MB of it resident. Who starts libssh2 first
 * decides how, and it can be told to leave cryptography alone (LIBSSH2_INIT_NO_CRYPTO). The command
 * speaks http and https only, and https goes by GnuTLS or by what OpenSSL starts when it is first
 * used. This concerns the whole process, so that it is not for a library to do: programs that use
 * libwsd may speak SSH by other means. Where libcurl comes without libssh2 there is nothing to
 * tell.
 */
#include "lean.h"

#include <dlfcn.h>
#include <stddef.h>
#ifdef __GLIBC__
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#endif

enum { NO_CRYPTO = 1 }; /* LIBSSH2_INIT_NO_CRYPTO; its header is not needed for more than that */

void lean_begin(void)
{
    int (*start)(int flags) = NULL;

    *(void **)&start = dlsym(RTLD_DEFAULT, "libssh2_init");
    if (start)
        start(NO_CRYPTO);
}

#ifdef __GLIBC__
/* glibc keeps, for each thread, the last pieces of each small size that were freed, wherever they
 * lie: after a search of a thousand devices they hold a third of a megabyte of pages. There is no
 * call that lets go of them. A thread that ends does; so all of them are taken, and a thread frees
 * them. Where another glibc keeps other sizes or more of them, less comes of it, and no harm. */
enum { KEPT = 7, SIZES = 64, STEP = 16, SMALLEST = 24 };

static void *free_all(void *pieces)
{
    for (void **piece = pieces; piece < (void **)pieces + SIZES * KEPT; piece++)
        free(*piece);
    return NULL;
}

static void empty_thread_cache(void)
{
    void *pieces[SIZES * KEPT];
    pthread_t thread;

    for (size_t i = 0; i < SIZES * KEPT; i++)
        pieces[i] = malloc(SMALLEST + i / KEPT * STEP);
    if (pthread_create(&thread, NULL, free_all, pieces) == 0)
        pthread_join(thread, NULL);
    else
        free_all(pieces);
}
#endif

void lean_between(void)
{
#ifdef __GLIBC__
    empty_thread_cache();
    malloc_trim(0);
#endif
}
