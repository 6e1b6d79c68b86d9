/* SPDX-License-Identifier: MIT */
/*
 * Writes a PDF of scanned pages, one image a page, with libharu. Page data goes to unlinked
 * temporary files at once and is copied into the document only while it is saved, so memory stays
 * flat however many and however large the pages are.
 *
 * Every page takes the size of its image at the resolution given (0 dpi reads as 300).
 * All calls return 0 or a negative errno; after a failed add the document is unchanged and may go
 * on to be used.
 */
#ifndef WSD_APPS_PDF_H
#define WSD_APPS_PDF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "raster.h"

struct pdf;

/* `tmp_dir` NULL: TMPDIR, else /tmp. `pdfa`: claim and follow PDF/A-1b (XMP metadata, an sRGB
 * output intent, a file identifier). `title` may be NULL. */
int pdf_open(const char *tmp_dir, bool pdfa, const char *title, struct pdf **ret);

/* Adds a whole JPEG file, its bytes untouched, as a page. Reads `len` bytes of `fd` from its start
 * (by pread, the offset of `fd` does not matter and does not move) and copies them before it
 * returns. Gray, RGB/YCbCr and CMYK are read from the file's header; anything else is -ENOTSUP,
 * what is no JPEG is -EBADMSG. */
int pdf_add_jpeg_file(struct pdf *pdf, int fd, off_t len, double dpi_x, double dpi_y);

/* Adds what the raster yields as a page; reads it to its end but does not free it. BW1 becomes
 * CCITT G4; gray and RGB become JPEG of that quality (0..100), or lossless Flate when `quality` is
 * negative. */
int pdf_add_raster(struct pdf *pdf, struct raster *raster, int quality);

/* Pages added so far. */
unsigned pdf_page_count(const struct pdf *pdf);

/* Writes the document to `fd` from its present offset; once, after the last page, at least one. */
int pdf_save(struct pdf *pdf, int fd);

void pdf_free(struct pdf *pdf);

#endif
