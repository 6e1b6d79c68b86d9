/* SPDX-License-Identifier: MIT */
/*
 * Files read as they are: modes kept, damage told, and what only other people's programs write.
 */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include <tiffio.h>

#include "picture.h"
#include "spool.h"

#define SIDE 40u

/* Opens, with the caller's descriptor gone before the first row. */
static int open_bytes(const uint8_t *data, size_t size, unsigned page, struct raster **ret)
{
    int fd = file_of(data, size), r;

    r = picture_open(fd, sniff(data, size), page, ret);
    close(fd);
    return r;
}

static struct raster *open_good(const uint8_t *data, size_t size)
{
    struct raster *raster = NULL;

    assert_int_equal(open_bytes(data, size, 0, &raster), 0);
    return raster;
}

static void test_bilevel_file_stays_bilevel(void **state)
{
    static const char *const formats[] = {"png", "dib", "tiff-single-g4",
                                          "tiff-single-uncompressed"};
    struct raster_request request = a4(RASTER_BW1, 60);
    struct image chart = image_of_chart(&request);

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        uint8_t *data;
        size_t size;

        assert_int_equal(encode_chart(formats[i], &request, 1, &data, &size), 0);

        struct image image = image_read(open_good(data, size));

        assert_images_equal(&chart, &image);
        assert_int_equal(image.info.dpi_x, 60);
        image_free(&image);
        free(data);
    }
    image_free(&chart);
}

static void test_data_that_end_early_are_an_error(void **state)
{
    static const char *const formats[] = {"png", "jfif", "dib", "tiff-single-uncompressed",
                                          "tiff-single-jpeg-tn2"};
    struct raster_request request = a4(RASTER_RGB24, 30);

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        uint8_t *data;
        size_t size;

        assert_int_equal(encode_chart(formats[i], &request, 1, &data, &size), 0);
        for (size_t part = 1; part < 10; part++) {
            struct raster *raster = NULL;
            int r = open_bytes(data, size * part / 10, 0, &raster);
            uint8_t *row = r == 0 ? malloc(raster_row_bytes(&raster->info)) : NULL;

            for (uint32_t y = 0; r == 0 && y < raster->info.height; y++)
                r = raster->read_row(raster, row);
            assert_int_equal(r, -EBADMSG);
            free(row);
            raster_free(raster);
        }
        free(data);
    }
}

/* A ramp, RGB in strips or tiles, which do not divide it, with an alpha of half on the right. */
static int ramp_tiff(bool tiled)
{
    uint8_t rows[SIDE][SIDE][4], tile[16 * 16 * 4];
    int fd = spool_open(NULL);
    TIFF *tiff = TIFFFdOpen(dup(fd), "ramp", "w");
    uint16_t alpha = EXTRASAMPLE_ASSOCALPHA;

    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++)
            memcpy(rows[y][x],
                   x < 20 ? (uint8_t[]){(uint8_t)(x * 6), (uint8_t)(y * 6), 9, 255}
                          : (uint8_t[]){0, 0, 0, 127},
                   4);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, SIDE);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, SIDE);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 4);
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, tiled ? TIFFTAG_TILEWIDTH : TIFFTAG_ROWSPERSTRIP, 16);
    if (tiled)
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    for (uint32_t y = 0; !tiled && y < SIDE; y++)
        assert_int_equal(TIFFWriteScanline(tiff, rows[y], y, 0), 1);
    for (uint32_t at = 0; tiled && at < 9; at++) {
        uint32_t left = at % 3 * 16, top = at / 3 * 16;

        memset(tile, 0, sizeof tile);
        for (uint32_t y = 0; y < 16 && top + y < SIDE; y++)
            memcpy(tile + (size_t)y * 64, rows[top + y][left], left == 32 ? 32 : 64);
        assert_true(TIFFWriteTile(tiff, tile, left, top, 0, 0) > 0);
    }
    TIFFClose(tiff);
    return fd;
}

static void test_tiles_and_strips_show_the_same_on_white(void **state)
{
    (void)state;
    for (int tiled = 0; tiled < 2; tiled++) {
        struct raster *raster;
        int fd = ramp_tiff(tiled);

        assert_int_equal(picture_open(fd, SNIFF_TIFF, 0, &raster), 0);
        close(fd);

        struct image image = image_read(raster);

        assert_int_equal(image.info.width, SIDE);
        for (uint32_t y = 0; y < SIDE; y++)
            for (uint32_t x = 0; x < SIDE; x++)
                assert_int_equal(image_pixel(&image, x, y),
                                 x < 20 ? (x * 6) << 16 | (y * 6) << 8 | 9 : 0x808080);
        image_free(&image);
    }
}

static void test_tiff_page_past_the_last_or_the_bound_is_refused(void **state)
{
    struct raster *raster;
    struct picture_probe probe;
    int fd = ramp_tiff(false);

    (void)state;
    assert_int_equal(picture_probe(fd, SNIFF_TIFF, &probe), 0);
    assert_int_equal(probe.pages, 1);
    assert_int_equal(probe.info.height, SIDE);
    assert_int_equal(picture_open(fd, SNIFF_TIFF, 1, &raster), -EBADMSG);
    assert_int_equal(picture_open(fd, SNIFF_TIFF, PICTURE_TIFF_PAGES_MAX, &raster), -ENOTSUP);
    close(fd);
}

/* One colour in four inks, as everybody but Adobe writes them, or progressive. */
static void make_jpeg(bool progressive, unsigned char **ret, unsigned long *ret_size)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t row[SIDE * 4];
    JSAMPROW rows[1] = {row};

    for (uint32_t x = 0; x < sizeof row; x++)
        row[x] = (uint8_t[]){51, 102, 204, 0}[x % 4];
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, ret, ret_size);
    jpeg.image_width = jpeg.image_height = SIDE;
    jpeg.input_components = 4;
    jpeg.in_color_space = JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.write_Adobe_marker = FALSE;
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (uint32_t y = 0; y < SIDE; y++)
        jpeg_write_scanlines(&jpeg, rows, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
}

static void test_jpeg_in_four_inks_becomes_rgb(void **state)
{
    (void)state;
    for (int progressive = 0; progressive < 2; progressive++) {
        unsigned char *data = NULL;
        unsigned long size = 0;

        make_jpeg(progressive, &data, &size);

        struct image image = image_read(open_good(data, size));

        for (uint32_t i = 0; i < SIDE; i++)
            assert_int_equal(image_pixel(&image, i, i), 0xcc9933);
        image_free(&image);
        free(data);
    }
}

static void test_progressive_jpeg_past_the_memory_bound_is_refused(void **state)
{
    unsigned char *data = NULL;
    unsigned long size = 0;
    struct raster *raster;

    (void)state;
    make_jpeg(true, &data, &size);

    uint8_t *frame = memmem(data, size, "\xFF\xC2", 2);

    assert_non_null(frame);
    memcpy(frame + 5, "\x40\x00\x40\x00", 4); /* 16384 by 16384 */
    assert_int_equal(open_bytes(data, size, 0, &raster), -ENOTSUP);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bilevel_file_stays_bilevel),
        cmocka_unit_test(test_data_that_end_early_are_an_error),
        cmocka_unit_test(test_tiles_and_strips_show_the_same_on_white),
        cmocka_unit_test(test_tiff_page_past_the_last_or_the_bound_is_refused),
        cmocka_unit_test(test_jpeg_in_four_inks_becomes_rgb),
        cmocka_unit_test(test_progressive_jpeg_past_the_memory_bound_is_refused),
    };

    return cmocka_run_group_tests_name("raster-picture", tests, NULL, NULL);
}
