/* SPDX-License-Identifier: MIT */
/*
 * Turns rasters into the file formats of WS-Scan (WS-Scan 11, Format), handed out as a stream of
 * bytes that the caller pulls. One row is encoded at a time and what is not yet pulled is no more
 * than a row's worth; TIFF and PDF, whose headers know the end, are written to an unlinked
 * temporary file first (in TMPDIR, else /tmp), and so is a BMP whose source cannot run from the
 * bottom up. Nothing here holds a page in memory.
 *
 * Format names are matched without regard to case. The formats made: jfif, exif, png, dib,
 * tiff-single-uncompressed, tiff-single-g4, tiff-single-jpeg-tn2, the same three as tiff-multi-*,
 * and pdf-a.
 */
#ifndef WSD_APPS_RASTER_ENCODER_H
#define WSD_APPS_RASTER_ENCODER_H

#include <sys/types.h>

#include "raster.h"

struct encoder;

/* `quality` 0..100 counts for jfif, exif, *-jpeg-tn2 and pdf-a. `next` hands over the next page,
 * which the encoder frees, or NULL when there is none; single-image formats call it once,
 * multi-page formats until it says NULL; always from within encoder_read(), never from here.
 * -ENOTSUP: a format that is not made. */
int encoder_open(const char *format, int quality, struct raster *(*next)(void *user), void *user,
                 struct encoder **ret);

/* More than 0: bytes written to `buf`; 0: the file is whole; negative errno: it failed, and goes on
 * failing. -ENODATA when the first `next` had no page, -ENOTSUP when a page's mode does not go with
 * the format. */
ssize_t encoder_read(struct encoder *encoder, void *buf, size_t size);

void encoder_free(struct encoder *encoder);

/* NULL for a format that is not made. */
const char *encoder_mime_type(const char *format);
bool encoder_supports(const char *format, enum raster_mode mode);
bool encoder_is_multi_page(const char *format);

/* ImageInformation/BytesPerLine (WS-Scan 4.6): with padding for the uncompressed formats, 0 for the
 * compressed ones. */
uint32_t encoder_bytes_per_line(const char *format, const struct raster_info *info);

#endif
