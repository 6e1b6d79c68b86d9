/* SPDX-License-Identifier: MIT */
/* How the children of our programs begin, whatever they are. */
#ifndef WSD_APPS_CHILD_H
#define WSD_APPS_CHILD_H

#include <spawn.h>

/* No signal blocked or ignored, and a process group of its own: what ends the program is not to end
 * what a child has half done, and who takes too long is ended with all that it began. 0 or a
 * negative errno; to be destroyed with posix_spawnattr_destroy(). */
int child_attributes(posix_spawnattr_t *ret);

#endif
