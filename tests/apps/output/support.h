/* SPDX-License-Identifier: MIT */
/*
 * A scratch folder and sample pages for the tests of apps/output. The samples are made by the
 * libraries directly or by hand, not by the code under test.
 */
#ifndef WSD_TESTS_OUTPUT_SUPPORT_H
#define WSD_TESTS_OUTPUT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output.h"

struct bytes {
    uint8_t *data;
    size_t len;
};

/* cmocka fixtures: the state is the folder's path. */
int folder_setup(void **state);
int folder_teardown(void **state);

/* Pixel (x, y) of every sample, top to bottom. */
void sample_pixel(uint32_t x, uint32_t y, uint8_t rgb[3]);

struct bytes sample_jpeg(uint32_t width, uint32_t height, unsigned dpi);
struct bytes sample_png(uint32_t width, uint32_t height);
struct bytes sample_dib(uint32_t width, int32_t height); /* 24 bits; negative: top to bottom */
struct bytes sample_dib_bits(uint32_t width, uint32_t height); /* 1 bit, palette white first */
struct bytes sample_tiff(const char *folder, uint32_t width, uint32_t height, unsigned pages);

struct bytes file_read(const char *folder, const char *name);
void file_write(const char *folder, const char *name, const char *text);
/* Entries of the folder but . and .. */
unsigned file_count(const char *folder);
void assert_file_is(const char *folder, const char *name, struct bytes expected);

/* One page in chunks of `chunk` bytes; what page_end says, or the first failure of the page. */
int send_page(struct output *output, struct bytes page, size_t chunk);
struct output *open_output(struct output_options options, const char *folder, const char *pattern);

#endif
