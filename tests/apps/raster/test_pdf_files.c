/* SPDX-License-Identifier: MIT */
/*
 * PDFs of other makers, each of a known picture: img2pdf 0.4.4, Ghostscript 10.00,
 * ImageMagick 6.9.11, tiff2pdf of libtiff 4.5, and what qpdf 11.3 made of them. They lie in
 * fuzz/corpus/pdf_image.
 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "picture_pdf.h"

#define WIDTH    48u
#define BW_WIDTH 45u
#define HEIGHT   30u

/* -- the pictures -------------------------------------------------------------------------------
 */

static unsigned rgb(uint32_t x, uint32_t y)
{
    return x * 5 << 16 | y * 8 << 8 | (x * y & 255);
}

static unsigned gray(uint32_t x, uint32_t y)
{
    return (x * 5 + y) & 255;
}

static unsigned bw(uint32_t x, uint32_t y)
{
    return (x * x + y * 3) % 7 >= 3;
}

static unsigned palette(uint32_t x, uint32_t y)
{
    return (unsigned[]){0, 0xFFFFFF, 0xC81E28, 0x0ADC1E, 0x0506FA}[(x + 2 * y) % 5];
}

static unsigned rgb_lying(uint32_t x, uint32_t y)
{
    return rgb(y, HEIGHT - 1 - x);
}

static unsigned bw_standing_on_its_head(uint32_t x, uint32_t y)
{
    return bw(BW_WIDTH - 1 - x, HEIGHT - 1 - y) * 255;
}

/* -- reading ------------------------------------------------------------------------------------
 */

static int open_file(const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s.pdf", WSD_PDF_FILES, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: %s", path, strerror(errno));
    return fd;
}

static struct image read_page(const char *name, unsigned page, unsigned pages)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;
    int fd = open_file(name);
    int r = picture_pdf_open(fd, page, &pdf, &raster);

    close(fd); /* before the first row */
    if (r < 0)
        fail_msg("%s: %d, %s", name, r, pdf.why ? pdf.why : "no words");
    assert_int_equal(pdf.pages, pages);
    return image_read(raster);
}

static unsigned distance(unsigned a, unsigned b)
{
    unsigned sum = 0;

    for (int shift = 0; shift < 24; shift += 8)
        sum += (unsigned)abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
    return sum;
}

/* In the mean over all samples; what was a JPEG is a little off. */
static double off(const struct image *image, unsigned (*wanted)(uint32_t x, uint32_t y))
{
    double sum = 0;

    for (uint32_t y = 0; y < image->info.height; y++)
        for (uint32_t x = 0; x < image->info.width; x++)
            sum += distance(image_pixel(image, x, y), wanted(x, y));
    return sum / image->info.width / image->info.height /
           (image->info.mode == RASTER_RGB24 ? 3 : 1);
}

static void test_pages_of_other_makers_have_their_pixels(void **state)
{
    static const struct {
        const char *name;
        enum raster_mode mode;
        unsigned (*wanted)(uint32_t x, uint32_t y);
        double off;
    } rows[] = {
        {"img2pdf-rgb-png", RASTER_RGB24, rgb, 0},
        {"img2pdf-rgb16-png", RASTER_RGB24, rgb, 0},
        {"img2pdf-internal", RASTER_RGB24, rgb, 0},
        {"img2pdf-gray-png", RASTER_GRAY8, gray, 0},
        {"img2pdf-pal-png", RASTER_RGB24, palette, 0},
        {"img2pdf-bw-png", RASTER_BW1, bw, 0},
        {"img2pdf-rgb-jpg", RASTER_RGB24, rgb, 12},
        {"img2pdf-gray-jpg", RASTER_GRAY8, gray, 5},
        {"img2pdf-cmyk-jpg", RASTER_RGB24, rgb, 20},
        {"gs-pdfimage24", RASTER_RGB24, rgb, 0},
        {"gs-pdfwrite-rgb", RASTER_RGB24, rgb, 0},
        {"gs-pdfa", RASTER_RGB24, rgb, 12},
        {"magick-g4", RASTER_BW1, bw, 0},
        {"magick-gray-png", RASTER_GRAY8, gray, 0},
        {"magick-pal-png", RASTER_RGB24, palette, 0},
        {"magick-rgb-png", RASTER_RGB24, rgb, 0},
        {"magick-jpeg", RASTER_RGB24, rgb, 12},
        {"tiff2pdf-bw", RASTER_BW1, bw, 0},
        {"tiff2pdf-bwnone", RASTER_BW1, bw, 0},
        {"tiff2pdf-rgbzip", RASTER_RGB24, rgb, 0},
        {"tiff2pdf-rgbnone", RASTER_RGB24, rgb, 0},
        {"tiff2pdf-j", RASTER_RGB24, rgb, 20},
        {"qpdf-rot90", RASTER_RGB24, rgb_lying, 0},
        {"qpdf-rot180bw", RASTER_GRAY8, bw_standing_on_its_head, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct image image = read_page(rows[i].name, 0, 1);
        bool lies = rows[i].wanted == rgb_lying;
        bool narrow = rows[i].wanted == bw || rows[i].wanted == bw_standing_on_its_head;

        assert_int_equal(image.info.mode, rows[i].mode);
        assert_int_equal(image.info.width, lies ? HEIGHT : narrow ? BW_WIDTH : WIDTH);
        assert_int_equal(image.info.height, lies ? WIDTH : HEIGHT);
        double far = off(&image, rows[i].wanted);
        if (far > rows[i].off || (rows[i].off > 0 && far == 0))
            fail_msg("%s: %.2f levels off", rows[i].name, far);
        image_free(&image);
    }
}

static void test_resolution_is_that_of_the_page(void **state)
{
    struct image image = read_page("img2pdf-rgb-png", 0, 1);

    (void)state;
    assert_int_equal(image.info.dpi_x, 100);
    assert_int_equal(image.info.dpi_y, 100);
    image_free(&image);
}

static void test_each_page_of_several_is_read_by_its_number(void **state)
{
    static const char *const names[] = {"img2pdf-three", "qpdf-linear"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct image first = read_page(names[i], 0, 3), second = read_page(names[i], 1, 3),
                     third = read_page(names[i], 2, 3);

        assert_true(off(&first, rgb) == 0);
        assert_true(off(&second, gray) < 5);
        assert_true(off(&third, bw) == 0);
        image_free(&first);
        image_free(&second);
        image_free(&third);
    }
}

static void refused(const char *name, unsigned page, int wanted, const char *word)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;
    int fd = open_file(name), r = picture_pdf_open(fd, page, &pdf, &raster);

    close(fd);
    assert_int_equal(r, wanted);
    assert_null(raster);
    if (word && (!pdf.why || !strstr(pdf.why, word)))
        fail_msg("%s: '%s' does not say '%s'", name, pdf.why ? pdf.why : "", word);
}

static void test_what_is_not_read_is_refused_by_name(void **state)
{
    (void)state;
    refused("magick-jpx", 0, -ENOTSUP, "JPEG 2000");
    refused("magick-lzw", 0, -ENOTSUP, "LZW");
    refused("gs-pdfwrite-bw", 0, -ENOTSUP, "within the page's content");
    refused("qpdf-pw", 0, -ENOTSUP, "encrypted");
    refused("qpdf-ownerpw", 0, -ENOTSUP, "encrypted");
    refused("qpdf-objstm", 0, -EBADMSG, "cross-references are compressed");
}

static void test_page_past_the_last_is_refused(void **state)
{
    (void)state;
    refused("img2pdf-three", 3, -EINVAL, NULL);
    refused("img2pdf-three", UINT_MAX, -EINVAL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_of_other_makers_have_their_pixels),
        cmocka_unit_test(test_resolution_is_that_of_the_page),
        cmocka_unit_test(test_each_page_of_several_is_read_by_its_number),
        cmocka_unit_test(test_what_is_not_read_is_refused_by_name),
        cmocka_unit_test(test_page_past_the_last_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
