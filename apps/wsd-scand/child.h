/* SPDX-License-Identifier: MIT */
/* How the daemon's children begin, whatever they are. */
#ifndef WSD_SCAND_CHILD_H
#define WSD_SCAND_CHILD_H

#include <spawn.h>

/* No signal blocked or ignored, and a process group of its own: what ends the daemon is not to end
 * a document half made, and who takes too long is ended with all that it began. 0 or a negative
 * errno; to be destroyed with posix_spawnattr_destroy(). */
int child_attributes(posix_spawnattr_t *ret);

#endif
