/* SPDX-License-Identifier: MIT */
/*
 * Writing rasters into a TIFF file by libtiff, on any descriptor that can seek.
 * Cost: a row and libtiff's buffer of fixed size, whatever the length of a strip.
 */
#ifndef WSD_APPS_RASTER_TIFF_FILE_H
#define WSD_APPS_RASTER_TIFF_FILE_H

#include <sys/types.h>

#include "raster.h"

enum tiff_compression { TIFF_FILE_RAW, TIFF_FILE_G4, TIFF_FILE_JPEG };

struct tiff_file;

/* Writes from offset 0 of `fd`, which stays the caller's and must outlive the file. */
int tiff_file_open(int fd, struct tiff_file **ret);

/* A page to itself, read to its end, not freed. `quality` counts for JPEG. `multi`: the page says
 * that it is one of several. `inverted`: BW1 as 0 = white, as fax machines have it; otherwise all
 * is black = 0 (WS-Scan 4.3). */
struct tiff_page {
    enum tiff_compression compression;
    int quality;
    bool multi, inverted;
};
int tiff_file_add(struct tiff_file *file, struct raster *raster, const struct tiff_page *page);

/* Where the data of the last page lies when it is one strip, as G4 pages are. */
int tiff_file_strip(struct tiff_file *file, off_t *ret_offset, off_t *ret_size);

/* Writes the directory of the last page added. A file that is only freed has none. */
int tiff_file_finish(struct tiff_file *file);
void tiff_file_free(struct tiff_file *file);

/* Size of the file so far. */
off_t tiff_file_size(const struct tiff_file *file);

#endif
