/* SPDX-License-Identifier: MIT */
/*
 * Unlinked temporary files, and the rasters that need one: rows in another order than they come.
 */
#ifndef WSD_APPS_RASTER_SPOOL_H
#define WSD_APPS_RASTER_SPOOL_H

#include <sys/types.h>

#include "raster.h"

/* Where temporary files are: TMPDIR, else /tmp. */
const char *spool_folder(void);

/* A descriptor of a nameless file in `dir`, or if that is NULL in spool_folder(). */
int spool_open(const char *dir);

/* Room on the disk for what is going to be written there: -ENOSPC is known at once, and ext4 takes
 * a third less time for it. A file system that cannot say does no harm; what is read does not
 * change. */
int spool_reserve(int fd, off_t offset, off_t size);

/* All of it or an error; a file that ends early is -EIO. */
int spool_write(int fd, off_t offset, const void *data, size_t size);
int spool_read(int fd, off_t offset, void *data, size_t size);
/* `size` bytes from one descriptor's offset to another's. */
int spool_copy(int from, off_t from_offset, int to, off_t to_offset, off_t size);

enum spool_turn { SPOOL_UPSIDE_DOWN, SPOOL_90, SPOOL_180, SPOOL_270 };

/* Reads `source` to its end and gives it back mirrored top to bottom or turned clockwise. Turning
 * wants gray or RGB. Owns `source` from the call on, also when it fails.
 * Cost: the picture on disk, and in memory 16 rows of the source and 16 of the result. */
int spool_turn(struct raster *source, enum spool_turn turn, struct raster **ret);

#endif
