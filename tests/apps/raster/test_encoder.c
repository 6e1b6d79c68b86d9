/* SPDX-License-Identifier: MIT */
/*
 * Every format decoded back, by its library where there is one, against the rows that went in.
 */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>

#include <png.h>

#include "tiff_client.h"

static void test_formats_say_what_they_hold(void **state)
{
    (void)state;
    assert_true(encoder_supports("png", RASTER_BW1));
    assert_true(encoder_supports("TIFF-Single-G4", RASTER_BW1));
    assert_false(encoder_supports("tiff-single-g4", RASTER_GRAY8));
    assert_false(encoder_supports("jfif", RASTER_BW1));
    assert_true(encoder_supports("exif", RASTER_RGB24));
    assert_false(encoder_supports("xps", RASTER_RGB24));
    assert_null(encoder_mime_type("jpeg2k"));
    assert_string_equal(encoder_mime_type("dib"), "image/bmp");
    assert_string_equal(encoder_mime_type("pdf-a"), "application/pdf");
    assert_true(encoder_is_multi_page("tiff-multi-g4"));
    assert_false(encoder_is_multi_page("tiff-single-g4"));
}

static void test_bytes_per_line_counts_padding_of_uncompressed_formats(void **state)
{
    struct raster_info info = {.width = 33, .height = 1, .mode = RASTER_RGB24};

    (void)state;
    assert_int_equal(encoder_bytes_per_line("dib", &info), 100);
    assert_int_equal(encoder_bytes_per_line("tiff-single-uncompressed", &info), 99);
    assert_int_equal(encoder_bytes_per_line("tiff-multi-uncompressed", &info), 99);
    assert_int_equal(encoder_bytes_per_line("jfif", &info), 0);
    assert_int_equal(encoder_bytes_per_line("pdf-a", &info), 0);
    info.mode = RASTER_BW1;
    assert_int_equal(encoder_bytes_per_line("dib", &info), 8);
    assert_int_equal(encoder_bytes_per_line("tiff-single-uncompressed", &info), 5);
    assert_int_equal(encoder_bytes_per_line("tiff-single-g4", &info), 0);
    info.mode = RASTER_GRAY8;
    assert_int_equal(encoder_bytes_per_line("dib", &info), 36);
}

static void test_png_holds_the_rows(void **state)
{
    (void)state;
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        struct raster_request request = a4((enum raster_mode)mode, 83);
        struct image image = image_of_chart(&request);
        uint8_t *data,
            *row = calloc(1, image.stride); /* libpng leaves the padding as it finds it */
        size_t size;

        assert_int_equal(encode_chart("png", &request, 1, &data, &size), 0);

        FILE *file = fmemopen(data, size, "rb");
        png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
        png_infop info = png_create_info_struct(png);

        png_init_io(png, file);
        png_read_info(png, info);
        assert_int_equal(png_get_image_width(png, info), image.info.width);
        assert_int_equal(png_get_image_height(png, info), image.info.height);
        assert_int_equal(png_get_bit_depth(png, info), mode == RASTER_BW1 ? 1 : 8);
        assert_int_equal(png_get_x_pixels_per_meter(png, info), 3268);
        for (uint32_t y = 0; y < image.info.height; y++) {
            png_read_row(png, row, NULL);
            assert_memory_equal(row, image.data + y * image.stride, image.stride);
        }
        png_destroy_read_struct(&png, &info, NULL);
        fclose(file);
        free(data);
        free(row);
        image_free(&image);
    }
}

static uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void check_dib(const struct image *image, const uint8_t *data, size_t size)
{
    size_t stride = encoder_bytes_per_line("dib", &image->info);
    uint32_t offset = get32(data + 10), height = image->info.height;

    assert_memory_equal(data, "BM", 2);
    assert_int_equal(get32(data + 2), size);
    assert_int_equal(get32(data + 18), image->info.width);
    assert_int_equal(get32(data + 22), height);
    assert_int_equal(size, offset + stride * height);
    for (uint32_t y = 0; y < height; y++) {
        const uint8_t *row = data + offset + (height - 1 - y) * stride;

        if (image->info.mode != RASTER_RGB24) {
            assert_memory_equal(row, image->data + y * image->stride, image->stride);
            continue;
        }
        for (uint32_t x = 0; x < image->info.width; x++)
            if ((unsigned)(row[x * 3] | row[x * 3 + 1] << 8 | row[x * 3 + 2] << 16) !=
                image_pixel(image, x, y))
                fail_msg("pixel %u, %u differs", x, y);
    }
    if (image->info.mode != RASTER_RGB24) {
        assert_int_equal(get32(data + 54), 0);
        assert_int_equal(get32(data + offset - 4), 0xffffff);
    }
}

static struct raster *next_image(void *user)
{
    struct image **image = user, *taken = *image;

    *image = NULL;
    return taken ? raster_of(taken) : NULL;
}

static void test_dib_holds_the_rows_bottom_up(void **state)
{
    (void)state;
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        struct raster_request request = a4((enum raster_mode)mode, 83);
        struct image image = image_of_chart(&request), *once = &image;
        struct encoder *encoder;
        uint8_t *data, *again;
        size_t size, at = 0;
        ssize_t got;

        assert_int_equal(encode_chart("dib", &request, 1, &data, &size), 0);
        check_dib(&image, data, size);
        /* The same from a source that cannot run from the bottom. */
        assert_int_equal(encoder_open("dib", 100, next_image, &once, &encoder), 0);
        again = malloc(size);
        while (at < size && (got = encoder_read(encoder, again + at, size - at)) > 0)
            at += (size_t)got;
        assert_int_equal(at, size);
        assert_int_equal(encoder_read(encoder, data, 1), 0);
        encoder_free(encoder);
        check_dib(&image, again, size);
        free(again);
        free(data);
        image_free(&image);
    }
}

static void check_jpeg(const char *format, enum raster_mode mode)
{
    struct raster_request request = a4(mode, 83);
    struct image image = image_of_chart(&request);
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    uint8_t *data, *row = malloc(image.stride);
    size_t size;
    double difference = 0;

    assert_int_equal(encode_chart(format, &request, 1, &data, &size), 0);
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, data, size);
    jpeg_read_header(&cinfo, TRUE);
    assert_int_equal(cinfo.image_width, image.info.width);
    assert_int_equal(cinfo.image_height, image.info.height);
    assert_int_equal(cinfo.saw_JFIF_marker, strcmp(format, "jfif") == 0);
    if (cinfo.saw_JFIF_marker) {
        assert_int_equal(cinfo.density_unit, 1);
        assert_int_equal(cinfo.X_density, 83);
    } else {
        assert_memory_equal(data + 2, "\xff\xe1", 2);
        assert_memory_equal(data + 6, "Exif\0\0MM\0*\0\0\0\x08", 14);
        assert_int_equal(data[4] << 8 | data[5], 2 + 6 + 8 + 66 + 78 + 16);
        assert_memory_equal(data + 12 + 8 + 66 + 78, "\0\0\0\x53\0\0\0\x01", 8);
    }
    jpeg_start_decompress(&cinfo);
    for (uint32_t y = 0; y < image.info.height; y++) {
        jpeg_read_scanlines(&cinfo, &row, 1);
        for (size_t x = 0; x < image.stride; x++)
            difference += abs(row[x] - image.data[y * image.stride + x]);
    }
    jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
    assert_true(difference / (double)(image.stride * image.info.height) < 2.5);
    free(row);
    free(data);
    image_free(&image);
}

static void test_jpegs_hold_about_the_rows(void **state)
{
    (void)state;
    check_jpeg("jfif", RASTER_GRAY8);
    check_jpeg("jfif", RASTER_RGB24);
    check_jpeg("exif", RASTER_GRAY8);
    check_jpeg("exif", RASTER_RGB24);
}

static void check_tiff_page(TIFF *tiff, const struct image *image, bool lossless)
{
    uint32_t width = 0, height = 0;
    uint16_t photometric = 0;
    float resolution = 0;
    uint8_t *row = calloc(1, image->stride + 64);
    double difference = 0;

    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &resolution);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    assert_int_equal(width, image->info.width);
    assert_int_equal(height, image->info.height);
    assert_true(resolution > 82.9f && resolution < 83.1f);
    if (image->info.mode != RASTER_RGB24)
        assert_int_equal(photometric, PHOTOMETRIC_MINISBLACK);
    else if (!lossless)
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    for (uint32_t y = 0; y < height; y++) {
        assert_int_equal(TIFFReadScanline(tiff, row, y, 0), 1);
        if (lossless)
            assert_memory_equal(row, image->data + y * image->stride, image->stride);
        for (size_t x = 0; x < image->stride; x++)
            difference += abs(row[x] - image->data[y * image->stride + x]);
    }
    /* Chroma at half resolution costs the coloured edges; the bound is loose for them. */
    assert_true(difference / (double)(image->stride * height) < 6);
    free(row);
}

static void check_tiff(const char *format, enum raster_mode mode, unsigned pages)
{
    struct raster_request request = a4(mode, 83);
    uint8_t *data;
    size_t size;

    assert_int_equal(encode_chart(format, &request, 3, &data, &size), 0);

    struct tiff_client client = {.fd = file_of(data, size), .size = (off_t)size};
    TIFF *tiff = tiff_client_open(&client, "rm");
    unsigned count = 0;

    assert_non_null(tiff);
    do {
        struct image image;

        request.page = ++count;
        image = image_of_chart(&request);
        check_tiff_page(tiff, &image, strstr(format, "jpeg") == NULL);
        image_free(&image);
    } while (TIFFReadDirectory(tiff));
    assert_int_equal(count, pages);
    TIFFClose(tiff);
    close(client.fd);
    free(data);
}

static void test_tiffs_hold_the_rows_of_their_pages(void **state)
{
    (void)state;
    for (int mode = RASTER_BW1; mode <= RASTER_RGB24; mode++) {
        check_tiff("tiff-single-uncompressed", (enum raster_mode)mode, 1);
        check_tiff("tiff-multi-uncompressed", (enum raster_mode)mode, 3);
    }
    check_tiff("tiff-single-g4", RASTER_BW1, 1);
    check_tiff("tiff-multi-g4", RASTER_BW1, 3);
    for (int mode = RASTER_GRAY8; mode <= RASTER_RGB24; mode++) {
        check_tiff("tiff-single-jpeg-tn2", (enum raster_mode)mode, 1);
        check_tiff("tiff-multi-jpeg-tn2", (enum raster_mode)mode, 3);
    }
}

static void test_encoding_without_a_page_or_with_the_wrong_mode_fails(void **state)
{
    static const char *const formats[] = {
        "jfif", "exif", "png", "dib", "tiff-single-g4", "tiff-multi-uncompressed", "pdf-a"};
    struct raster_request request = a4(RASTER_GRAY8, 50);
    struct encoder *encoder;
    uint8_t *data;
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        assert_int_equal(encode_chart(formats[i], &request, 0, &data, &size), -ENODATA);
    assert_int_equal(encode_chart("tiff-single-g4", &request, 1, &data, &size), -ENOTSUP);
    request.mode = RASTER_BW1;
    assert_int_equal(encode_chart("jfif", &request, 1, &data, &size), -ENOTSUP);
    assert_int_equal(encoder_open("xps", 50, next_image, NULL, &encoder), -ENOTSUP);
    assert_int_equal(encoder_open("png", 101, next_image, NULL, &encoder), -EINVAL);
}

static struct raster *failing_next(void *user)
{
    (void)user;
    return NULL;
}

static void test_encoder_freed_half_way_leaks_nothing(void **state)
{
    static const char *const formats[] = {"jfif", "exif", "png", "dib", "tiff-multi-uncompressed",
                                          "pdf-a"};
    struct raster_request request = a4(RASTER_GRAY8, 60);
    struct image image = image_of_chart(&request);
    uint8_t byte;

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct image *once = &image;
        struct encoder *encoder;

        assert_int_equal(encoder_open(formats[i], 80, next_image, &once, &encoder), 0);
        assert_int_equal(encoder_read(encoder, &byte, 1), 1);
        encoder_free(encoder);
        assert_int_equal(encoder_open(formats[i], 80, failing_next, NULL, &encoder), 0);
        encoder_free(encoder);
    }
    image_free(&image);
}

struct job {
    const char *format;
    enum raster_mode mode;
    uint32_t dpi;
};

static struct raster *next_of_job(void *user)
{
    struct raster_request *request = user;
    struct raster *raster = NULL;

    if (request->page++ == 1 && chart_open(request, &raster) < 0)
        abort();
    return raster;
}

static void encode_job(const void *argument)
{
    const struct job *job = argument;
    struct raster_request request = a4(job->mode, job->dpi);
    struct encoder *encoder;
    static char buffer[8192];

    if (encoder_open(job->format, 80, next_of_job, &request, &encoder) < 0)
        abort();
    while (encoder_read(encoder, buffer, sizeof buffer) > 0)
        ;
    encoder_free(encoder);
}

static void test_memory_does_not_grow_with_the_page(void **state)
{
    static const struct job jobs[] = {
        {"jfif", RASTER_RGB24, 0},         {"png", RASTER_GRAY8, 0},
        {"dib", RASTER_RGB24, 0},          {"tiff-single-uncompressed", RASTER_GRAY8, 0},
        {"tiff-single-g4", RASTER_BW1, 0}, {"pdf-a", RASTER_BW1, 0},
        {"pdf-a", RASTER_GRAY8, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct job low = jobs[i], high = jobs[i];

        low.dpi = 75;
        high.dpi = 1200;
        assert_true(peak_memory(encode_job, &high) - peak_memory(encode_job, &low) < 1500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_does_not_grow_with_the_page),
        cmocka_unit_test(test_formats_say_what_they_hold),
        cmocka_unit_test(test_bytes_per_line_counts_padding_of_uncompressed_formats),
        cmocka_unit_test(test_png_holds_the_rows),
        cmocka_unit_test(test_dib_holds_the_rows_bottom_up),
        cmocka_unit_test(test_jpegs_hold_about_the_rows),
        cmocka_unit_test(test_tiffs_hold_the_rows_of_their_pages),
        cmocka_unit_test(test_encoding_without_a_page_or_with_the_wrong_mode_fails),
        cmocka_unit_test(test_encoder_freed_half_way_leaks_nothing),
    };

    return cmocka_run_group_tests_name("raster-encoder", tests, NULL, NULL);
}
