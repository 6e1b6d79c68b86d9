/* SPDX-License-Identifier: MIT */
/* The programs ignore two signals, which a program that it executes would inherit. */
#include "child.h"

#include <signal.h>

int child_attributes(posix_spawnattr_t *ret)
{
    sigset_t none, ignored;
    int r = posix_spawnattr_init(ret);

    if (r != 0)
        return -r;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    sigaddset(&ignored, SIGXFSZ);
    posix_spawnattr_setflags(ret, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                      POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(ret, &none);
    posix_spawnattr_setsigdefault(ret, &ignored);
    return 0;
}
