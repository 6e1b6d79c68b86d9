/* SPDX-License-Identifier: MIT */
/*
 * Picture files as rasters, row by row: what libjpeg, libpng and libtiff read and, for the one
 * format that none of them does, uncompressed BMP. A raster has the file's own size, pixels as they
 * are stored (an Orientation tag is not followed) and a mode of its own: bi-level stays RASTER_BW1,
 * palettes, 16 bits and CMYK become RGB, transparency lies on white. `info.dpi_*` is 0 when the
 * file does not say.
 *
 * Return values are 0 or a negative errno as in raster.h: -EBADMSG for a file that its library
 * refuses or whose data end early, when it is opened or at the row that is missing; -ENOTSUP for
 * what is valid but beyond us, be it in kind or in memory; -ECANCELED where a stream was stopped.
 */
#ifndef WSD_APPS_RASTER_PICTURE_H
#define WSD_APPS_RASTER_PICTURE_H

#include "raster.h"
#include "sniff.h"
#include "source.h"

/* Bounds against files made to hurt. */
#define PICTURE_TIFF_PAGES_MAX 1000u
#define PICTURE_DECODER_MEMORY (256u << 20) /* progressive JPEG; strips and tiles of TIFF */
#define PICTURE_JPEG_SCANS_MAX 200          /* a progressive JPEG of real use has about ten */

struct picture_probe {
    struct raster_info info; /* of the first page; its mode does not count; width 0 = not known */
    unsigned pages;          /* at least 1, at most PICTURE_TIFF_PAGES_MAX + 1 for "more" */
};

/* Whether there is a reader for that kind. */
bool picture_readable(enum sniff_kind kind);

/* Reads a file's header alone; what there is no reader for gives zeros and one page. -EBADMSG when
 * the header is broken. */
int picture_probe(int fd, enum sniff_kind kind, struct picture_probe *ret);

/* Opens page 0.. of a file. The raster holds a duplicate of `fd`, which stays the caller's; the
 * offset that they share is left anywhere.
 * Cost: a few rows, or up to PICTURE_DECODER_MEMORY; an interlaced PNG goes through an unlinked
 * temporary file. */
int picture_open(int fd, enum sniff_kind kind, unsigned page, struct raster **ret);

/* The same of a picture that is still arriving: the first row is there as soon as its bytes are, in
 * every format that has it first. The rest (a TIFF that has its directory last, a BMP from the
 * bottom up, an interlaced PNG) is kept in an unlinked temporary file. */
int picture_open_stream(const struct source_stream *stream, enum sniff_kind kind, unsigned page,
                        struct raster **ret);

/* One reader a format, behind these two. They own `source` from the call on, also when they fail.
 */
int picture_read_jpeg(struct source *source, unsigned denominator, struct raster **ret);
int picture_read_png(struct source *source, struct raster **ret);
int picture_read_tiff(struct source *source, unsigned page, struct raster **ret);
int picture_read_bmp(struct source *source, struct raster **ret);
int picture_probe_tiff(struct source *source, struct picture_probe *ret);
/* Decoded at 1/1, 1/2, 1/4 or 1/8 of its size, which costs a fraction of the time; `info` has the
 * size and the resolution that result. */
int picture_open_jpeg_small(int fd, unsigned denominator, struct raster **ret);

/* What the readers share: a resolution in whole dots per inch, 0 for one that says nothing. */
uint32_t picture_dpi(double per_inch);

#endif
