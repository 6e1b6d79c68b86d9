/* SPDX-License-Identifier: MIT */
/*
 * Image files as rasters and rasters as image files, row by row: what libjpeg, libpng and libtiff
 * do and, for the one format that no library here reads, a reader of uncompressed BMP. JPEG and PNG
 * are written by the encoders of raster/; TIFF here, since theirs cannot keep a JPEG as it is.
 * Return values are 0 or a negative errno as in raster.h: -EBADMSG for a file that its library
 * refuses or whose data end early, -ENOTSUP for what is valid but beyond us.
 */
#ifndef WSD_APPS_OUTPUT_IMAGE_H
#define WSD_APPS_OUTPUT_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "../raster/raster.h"
#include "output.h"
#include "sniff.h"

/* Bounds against files made to hurt. */
#define IMAGE_TIFF_PAGES_MAX 1000u
#define IMAGE_DECODER_MEMORY (256u << 20) /* progressive JPEG, RGBA strips */
#define IMAGE_JPEG_SCANS_MAX 200          /* a progressive JPEG of real use has about ten */

struct image_probe {
    uint32_t width, height; /* 0 = not known */
    double dpi_x, dpi_y;    /* 0 = none */
    unsigned pages;         /* at least 1 */
};

/* Reads a file's header alone; formats without a reader here give zeros. -EBADMSG when the header
 * is broken. The image functions read `fd` from its start and leave its offset anywhere. */
int image_probe(int fd, enum sniff_kind kind, struct image_probe *ret);

/* Opens page 0.. of a JPEG, PNG, TIFF or BMP file. `fd` stays the caller's and must stay open. */
int image_open(int fd, enum sniff_kind kind, unsigned page, struct raster **ret);

/* One reader a format, behind image_open(). */
int image_open_jpeg(int fd, struct raster **ret);
int image_open_png(int fd, struct raster **ret);
int image_open_tiff(int fd, unsigned page, struct raster **ret);
int image_open_bmp(int fd, struct raster **ret);

int image_probe_jpeg(int fd, struct image_probe *ret);
int image_probe_tiff(int fd, struct image_probe *ret);

/* A part of `source`, which it owns from then on and frees; on failure `source` is still the
 * caller's. -EINVAL unless the rectangle lies inside. */
int image_crop(struct raster *source, const struct output_crop *rectangle, struct raster **ret);

/* Writes the raster to `fd` as JPEG or PNG, with the raster's own resolution if it has one, by the
 * encoders of raster/. Frees the raster in any case. */
int image_write(int fd, enum sniff_kind kind, struct raster *raster, int quality);

/* A TIFF of many pages. `tiff` holds its own descriptor. */
struct tiff;
struct tiff *image_tiff_open(int fd);
int image_tiff_create(int fd, struct tiff **ret);
/* Bi-level as G4, else deflate. */
int image_tiff_add_raster(struct tiff *tiff, struct raster *raster);
/* The JPEG file's bytes unchanged as the one strip of a page (TIFF Technical Note 2); -ENOTSUP for
 * what that does not allow: then decode it. */
int image_tiff_add_jpeg(struct tiff *tiff, int fd, uint64_t size, double dpi_x, double dpi_y);
/* 0 or -errno; frees it in any case. */
int image_tiff_finish(struct tiff *tiff);

#endif
