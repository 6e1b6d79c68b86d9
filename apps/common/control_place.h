/* SPDX-License-Identifier: MIT */
/* What server and place of a control socket share, and nobody else sees. */
#ifndef WSD_APPS_COMMON_CONTROL_PLACE_H
#define WSD_APPS_COMMON_CONTROL_PLACE_H

#include <sys/un.h>

#include "common/control.h"

/* False: the path does not fit. */
bool control_address(const char *path, struct sockaddr_un *ret);

/* True if `path` is a socket of ours on which nobody listens. */
bool control_is_dead(const char *path);

/* Locks the folder of `path`, so that two who begin at once do not take each other's socket for
 * dead. A descriptor to close; -1: it cannot be locked. */
int control_lock(const char *path);

#endif
