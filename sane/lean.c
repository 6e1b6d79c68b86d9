/* SPDX-License-Identifier: MIT */
/*
 * libcurl starts libssh2 whatever is used later, and that has OpenSSL load every engine there is,
 * which makes 1.5 MB of it resident. Who starts libssh2 first decides, and it can be told not to
 * (LIBSSH2_INIT_NO_CRYPTO). The engines are all that is then missing to a program that speaks SSH
 * by the same library: since 1.1 OpenSSL starts everything else by itself. With an older one
 * nothing is done.
 */
#include "lean.h"

#include <dlfcn.h>
#include <pthread.h>

enum { NO_CRYPTO = 1 }; /* LIBSSH2_INIT_NO_CRYPTO; its header is not needed for more than that */

static void once(void)
{
    int (*start)(int flags) = NULL;

    *(void **)&start = dlsym(RTLD_DEFAULT, "libssh2_init");
    if (start && dlsym(RTLD_DEFAULT, "OPENSSL_init_crypto"))
        start(NO_CRYPTO);
}

void lean(void)
{
    static pthread_once_t done = PTHREAD_ONCE_INIT;

    pthread_once(&done, once);
}
