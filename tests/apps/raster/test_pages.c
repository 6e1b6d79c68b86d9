/* SPDX-License-Identifier: MIT */
/*
 * Folders of originals, written by the encoders (tested on their own) and read back as requests.
 */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>

#include "pages.h"

static char folder[] = "/tmp/wsd-pages-XXXXXX";
static struct pages *pages;

static void put(const char *name, const uint8_t *data, size_t size)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);

    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void put_chart(const char *name, const char *format, enum raster_mode mode, unsigned count)
{
    struct raster_request request = a4(mode, 100);
    uint8_t *data;
    size_t size;

    assert_int_equal(encode_chart(format, &request, count, &data, &size), 0);
    put(name, data, size);
    free(data);
}

/* A ramp in colours, interlaced, half transparent on the right, no resolution stated. */
static void put_interlaced(const char *name)
{
    char path[128];
    png_byte image[64][64 * 4];
    png_bytep rows[64];

    for (int y = 0; y < 64; y++) {
        rows[y] = image[y];
        for (int x = 0; x < 64; x++) {
            image[y][x * 4] = (png_byte)(x * 4);
            image[y][x * 4 + 1] = (png_byte)(y * 4);
            image[y][x * 4 + 2] = 7;
            image[y][x * 4 + 3] = x < 32 ? 255 : 0;
        }
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);

    FILE *file = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);

    png_init_io(png, file);
    png_set_IHDR(png, info, 64, 64, 8, PNG_COLOR_TYPE_RGBA, PNG_INTERLACE_ADAM7,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_rows(png, info, rows);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    put_chart("1.png", "png", RASTER_RGB24, 1);
    put_chart("2.tif", "tiff-multi-g4", RASTER_BW1, 2);
    put_chart("3.jpg", "jfif", RASTER_RGB24, 1);
    put_chart("4.tif", "tiff-single-uncompressed", RASTER_GRAY8, 1);
    put_interlaced("5.png");
    put("6.png", (const uint8_t *)"\x89PNG\r\n\x1a\nand then nothing", 24);
    put("7.txt", (const uint8_t *)"no picture at all", 17);
    put("8.tif", (const uint8_t *)"II*\0 and then nothing", 21);
    put_chart("9.bmp", "dib", RASTER_BW1, 1);
    return pages_open(folder, &pages);
}

static int tear_down(void **state)
{
    static const char *const names[] = {"1.png", "2.tif", "3.jpg", "4.tif", "5.png",
                                        "6.png", "7.txt", "8.tif", "9.bmp"};
    char path[128];

    (void)state;
    pages_free(pages);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static struct image open_page(unsigned page, const struct raster_request *request)
{
    struct raster *raster;

    assert_int_equal(pages_open_page(pages, page, request, &raster), 0);
    return image_read(raster);
}

static void test_every_picture_of_the_folder_is_counted(void **state)
{
    struct raster_request request = a4(RASTER_GRAY8, 50);
    struct raster *raster;

    (void)state;
    assert_int_equal(pages_count(pages), 9);
    assert_int_equal(pages_open_page(pages, 0, &request, &raster), -ENOENT);
    assert_int_equal(pages_open_page(pages, 10, &request, &raster), -ENOENT);
    assert_int_equal(pages_open_page(pages, 7, &request, &raster), -EBADMSG);
    assert_int_equal(pages_open_page(pages, 8, &request, &raster), -EBADMSG);
}

static void test_missing_folder_is_an_error(void **state)
{
    struct pages *none;

    (void)state;
    assert_int_equal(pages_open("/nonexistent/folder", &none), -ENOENT);
}

static void test_lossless_page_at_its_own_resolution_is_itself(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 100);
    struct image chart = image_of_chart(&request), page = open_page(1, &request);

    (void)state;
    assert_images_equal(&chart, &page);
    image_free(&chart);
    image_free(&page);
    request.mode = RASTER_GRAY8;
    chart = image_of_chart(&request);
    page = open_page(5, &request);
    assert_images_equal(&chart, &page);
    image_free(&chart);
    image_free(&page);
    request.mode = RASTER_BW1;
    for (unsigned i = 1; i <= 3; i++) {
        request.page = i == 3 ? 1 : i;
        chart = image_of_chart(&request);
        page = open_page(i == 3 ? 9 : 1 + i, &request);
        assert_images_equal(&chart, &page);
        image_free(&chart);
        image_free(&page);
    }
}

static void test_region_and_rotation_of_a_page_are_exact(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 100);
    struct image whole = open_page(1, &request), part;

    (void)state;
    request.x = 1000;
    request.y = 2000;
    request.width = 3330;
    request.height = 4440;
    for (int rotation = 0; rotation < 360; rotation += 90) {
        request.rotation = rotation;
        part = open_page(1, &request);
        assert_int_equal(part.info.width, rotation % 180 ? 444 : 333);
        for (uint32_t y = 0; y < 444; y++) {
            for (uint32_t x = 0; x < 333; x++) {
                uint32_t to_x = rotation == 0     ? x
                                : rotation == 90  ? 443 - y
                                : rotation == 180 ? 332 - x
                                                  : y;
                uint32_t to_y = rotation == 0     ? y
                                : rotation == 90  ? x
                                : rotation == 180 ? 443 - y
                                                  : 332 - x;

                assert_int_equal(image_pixel(&part, to_x, to_y),
                                 image_pixel(&whole, x + 100, y + 200));
            }
        }
        image_free(&part);
    }
    image_free(&whole);
}

static void test_other_resolutions_keep_the_mean_and_the_size(void **state)
{
    static const uint32_t dpis[] = {37, 50, 75, 150, 210};
    struct raster_request request = a4(RASTER_GRAY8, 100);
    struct image own = open_page(4, &request);
    double mean = 0;

    (void)state;
    for (size_t i = 0; i < own.stride * own.info.height; i++)
        mean += own.data[i];
    mean /= (double)(own.stride * own.info.height);
    for (size_t i = 0; i < sizeof dpis / sizeof *dpis; i++) {
        struct raster_info info;
        double other = 0;

        request.dpi_x = request.dpi_y = dpis[i];

        struct image image = open_page(4, &request);

        assert_int_equal(raster_request_size(&request, &info), 0);
        assert_int_equal(image.info.width, info.width);
        assert_int_equal(image.info.height, info.height);
        for (size_t j = 0; j < image.stride * image.info.height; j++)
            other += image.data[j];
        other /= (double)(image.stride * image.info.height);
        assert_true(other > mean - 1.5 && other < mean + 1.5);
        image_free(&image);
    }
    image_free(&own);
}

static void test_picture_without_resolution_fits_the_media_on_white(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 64);

    (void)state;
    request.media_width = request.width = 1000;
    request.media_height = request.height = 2000;

    struct image image = open_page(6, &request); /* 64 by 128, the picture in its middle */

    assert_int_equal(image_pixel(&image, 10, 31), 0xffffff);
    assert_int_equal(image_pixel(&image, 10, 96), 0xffffff);
    for (uint32_t y = 0; y < 64; y++)
        for (uint32_t x = 0; x < 64; x++)
            assert_int_equal(image_pixel(&image, x, y + 32),
                             x < 32 ? (x * 4) << 16 | (y * 4) << 8 | 7 : 0xffffff);
    image_free(&image);
}

static void test_exposure_reaches_a_page(void **state)
{
    struct raster_request request = a4(RASTER_GRAY8, 50);
    struct image plain = open_page(1, &request), bright;

    (void)state;
    request.brightness = 1000;
    bright = open_page(1, &request);
    for (size_t i = 0; i < bright.stride * bright.info.height; i++)
        assert_int_equal(bright.data[i], 255);
    image_free(&bright);
    request.brightness = 0;
    request.sharpness = 80;
    bright = open_page(1, &request);
    assert_memory_not_equal(plain.data, bright.data, plain.stride * plain.info.height);
    image_free(&bright);
    image_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_picture_of_the_folder_is_counted),
        cmocka_unit_test(test_missing_folder_is_an_error),
        cmocka_unit_test(test_lossless_page_at_its_own_resolution_is_itself),
        cmocka_unit_test(test_region_and_rotation_of_a_page_are_exact),
        cmocka_unit_test(test_other_resolutions_keep_the_mean_and_the_size),
        cmocka_unit_test(test_picture_without_resolution_fits_the_media_on_white),
        cmocka_unit_test(test_exposure_reaches_a_page),
    };

    return cmocka_run_group_tests_name("raster-pages", tests, set_up, tear_down);
}
