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
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { NO_CRYPTO = 1 }; /* LIBSSH2_INIT_NO_CRYPTO; its header is not needed for more than that */

void lean_begin(void)
{
    int (*start)(int flags) = NULL;

    *(void **)&start = dlsym(RTLD_DEFAULT, "libssh2_init");
    if (start)
        start(NO_CRYPTO);
}

void lean_between(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
