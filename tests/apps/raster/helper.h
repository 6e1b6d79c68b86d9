/* SPDX-License-Identifier: MIT */
/*
 * What the raster tests share: whole pictures in memory, requests, files, memory measured in a
 * child.
 */
#ifndef WSD_TESTS_RASTER_HELPER_H
#define WSD_TESTS_RASTER_HELPER_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

#include "chart.h"
#include "encoder.h"
#include "raster.h"

struct image {
    struct raster_info info;
    size_t stride;
    uint8_t *data;
};

/* A4 at that resolution, all else plain. */
struct raster_request a4(enum raster_mode mode, uint32_t dpi);

struct image image_read(struct raster *raster); /* frees the raster */
struct image image_of_chart(const struct raster_request *request);
void image_free(struct image *image);
unsigned image_pixel(const struct image *image, uint32_t x, uint32_t y); /* packed channels */
void assert_images_equal(const struct image *a, const struct image *b);

/* A raster that reads an image; `flip` is not offered. */
struct raster *raster_of(const struct image *image);

/* Encodes `pages` charts; the bytes are the caller's. */
int encode_chart(const char *format, const struct raster_request *request, unsigned pages,
                 uint8_t **ret, size_t *ret_size);
/* An open nameless file with those bytes; also under /dev/fd. */
int file_of(const uint8_t *data, size_t size);

/* Growth of the peak memory of a child that runs `work`, in kilobytes. */
long peak_memory(void (*work)(const void *argument), const void *argument);

#endif
