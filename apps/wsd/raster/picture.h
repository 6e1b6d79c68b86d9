/* SPDX-License-Identifier: MIT */
/*
 * Picture files as rasters: rows of gray or RGB at the file's own size; `info.dpi_*` is 0 when the
 * file does not say.
 */
#ifndef WSD_APPS_RASTER_PICTURE_H
#define WSD_APPS_RASTER_PICTURE_H

#include "raster.h"

/* No more memory than this for one strip or row of tiles of a TIFF file, or one progressive JPEG's
 * coefficients: such a file is -EFBIG. */
#define PICTURE_MAX_BAND (256u << 20)

/* How many pictures the file has, 0 when it is none that we read. */
int picture_count(const char *path);

/* -EBADMSG when the file's library cannot decode it, -ENOTSUP for a kind that is not read. */
int picture_open(const char *path, unsigned index, struct raster **ret);

/* The kinds; `fd` is theirs from the call on, also when they fail. */
int picture_open_jpeg(int fd, struct raster **ret);
int picture_open_png(int fd, struct raster **ret);
int picture_open_tiff(int fd, unsigned index, struct raster **ret);
int picture_count_tiff(int fd); /* does not take `fd` */

#endif
