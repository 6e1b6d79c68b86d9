/* SPDX-License-Identifier: MIT */
/*
 * Rasters as files of pages: JPEG and PNG by the encoders of raster/; TIFF here, since theirs
 * cannot keep a JPEG as it is. Return values are 0 or a negative errno as in raster.h.
 */
#ifndef WSD_APPS_OUTPUT_IMAGE_H
#define WSD_APPS_OUTPUT_IMAGE_H

#include "../raster/raster.h"
#include "../raster/sniff.h"

/* Writes the raster to `fd` as JPEG or PNG, with the raster's own resolution if it has one, by the
 * encoders of raster/. Frees the raster in any case. */
int image_write(int fd, enum sniff_kind kind, struct raster *raster, int quality);

/* A TIFF of many pages, on `fd`, which stays the caller's and must outlive it. */
struct image_tiff;
int image_tiff_create(int fd, struct image_tiff **ret);
/* Bi-level as G4, else deflate. */
int image_tiff_add_raster(struct image_tiff *document, struct raster *raster);
/* The JPEG file's bytes unchanged as the one strip of a page (TIFF Technical Note 2); -ENOTSUP for
 * what that does not allow: then decode it. */
int image_tiff_add_jpeg(struct image_tiff *document, int fd, uint64_t size, double dpi_x,
                        double dpi_y);
/* 0 or -errno; frees it in any case. NULL is welcome. */
int image_tiff_finish(struct image_tiff *document);

#endif
