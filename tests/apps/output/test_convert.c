/* SPDX-License-Identifier: MIT */
/* Pages that become another format, a document, or a part of themselves. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <png.h>
#include <tiffio.h>

static const struct output_options none;

static struct output *send_one(struct output_options options, const char *folder, const char *name,
                               struct bytes page)
{
    struct output *o = open_output(options, folder, name);
    if (send_page(o, page, 777) < 0 || output_finish(o) < 0)
        fail_msg("%s", output_last_error(o)->text);
    return o;
}

/* The PNG file shows the sample from (left, top) on. */
static void assert_png_shows_sample(const char *folder, const char *name, uint32_t left,
                                    uint32_t top, uint32_t width, uint32_t height)
{
    struct bytes file = file_read(folder, name);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, file.data, file.len));
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    image.format = PNG_FORMAT_RGB;
    uint8_t *rgb = malloc(PNG_IMAGE_SIZE(image)), want[3];
    assert_true(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            sample_pixel(left + x, top + y, want);
            assert_memory_equal(rgb + ((size_t)y * width + x) * 3, want, 3);
        }
    free(rgb);
    free(file.data);
}

static void test_dib_without_file_header_gets_one(void **state)
{
    struct bytes dib = sample_dib(33, 21);
    output_free(send_one(none, *state, "scan", dib));
    struct bytes file = file_read(*state, "scan.bmp");
    assert_int_equal(file.len, dib.len + 14);
    assert_memory_equal(file.data, "BM", 2);
    assert_int_equal(file.data[2] | file.data[3] << 8, file.len);
    assert_int_equal(file.data[10], 54);
    assert_memory_equal(file.data + 14, dib.data, dib.len);
    free(file.data);
    free(dib.data);
}

static void test_dib_sent_byte_by_byte_gets_its_header(void **state)
{
    struct bytes dib = sample_dib(9, 5);
    struct output *o = open_output(none, *state, "scan");
    assert_int_equal(send_page(o, dib, 1), 0);
    output_free(o);
    struct bytes file = file_read(*state, "scan.bmp");
    assert_memory_equal(file.data + 14, dib.data, dib.len);
    free(file.data);
    free(dib.data);
}

static void test_png_from_dib_has_the_same_pixels(void **state)
{
    struct bytes up = sample_dib(33, 21), down = sample_dib(33, -21);
    output_free(send_one(none, *state, "up.png", up));
    output_free(send_one(none, *state, "down.png", down));
    assert_png_shows_sample(*state, "up.png", 0, 0, 33, 21);
    assert_png_shows_sample(*state, "down.png", 0, 0, 33, 21);
    free(up.data);
    free(down.data);
}

static void test_png_from_bilevel_dib_with_white_first(void **state)
{
    struct bytes dib = sample_dib_bits(37, 9);
    output_free(send_one(none, *state, "scan.png", dib));
    struct bytes file = file_read(*state, "scan.png");
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_int_equal(file.data[24], 1); /* bit depth */
    assert_true(png_image_begin_read_from_memory(&image, file.data, file.len));
    image.format = PNG_FORMAT_GRAY;
    uint8_t gray[37 * 9];
    assert_int_equal(PNG_IMAGE_SIZE(image), sizeof gray);
    assert_true(png_image_finish_read(&image, NULL, gray, 0, NULL));
    for (unsigned i = 0; i < sizeof gray; i++)
        assert_int_equal(gray[i], (i % 37 + i / 37) % 3 ? 255 : 0);
    free(file.data);
    free(dib.data);
}

static void test_bilevel_page_becomes_a_jpeg(void **state)
{
    struct bytes dib = sample_dib_bits(37, 9);
    struct output *o = send_one(none, *state, "scan.jpg", dib);
    struct bytes file = file_read(*state, "scan.jpg");
    assert_memory_equal(file.data, "\xFF\xD8\xFF", 3);
    output_free(o);
    o = send_one(none, *state, "again.jpg", file);
    assert_int_equal(output_page_info(o, 0)->width, 37);
    assert_int_equal((int)output_page_info(o, 0)->dpi_x, 300);
    output_free(o);
    free(file.data);
    free(dib.data);
}

/* Pantum M7100DN: offers PNG, sends JPEG. */
static void test_jpeg_sent_for_png_becomes_a_png(void **state)
{
    struct bytes jpeg = sample_jpeg(40, 30, 0);
    struct output *o = send_one(none, *state, "scan.png", jpeg);
    assert_int_equal(output_page_info(o, 0)->received, SNIFF_JPEG);
    output_free(o);
    struct bytes file = file_read(*state, "scan.png");
    assert_int_equal(sniff(file.data, file.len), SNIFF_PNG);
    assert_null(memmem(file.data, file.len, "\xFF\xD8\xFF", 3));
    free(file.data);
    free(jpeg.data);
}

static void test_pdf_of_jpegs_holds_their_bytes(void **state)
{
    struct bytes one = sample_jpeg(40, 30, 300), two = sample_jpeg(50, 60, 0);
    struct output *o = open_output(none, *state, "scan.pdf");
    assert_int_equal(send_page(o, one, 4096), 0);
    assert_int_equal(send_page(o, two, 4096), 0);
    assert_int_equal(output_file_count(o), 0);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(output_file_count(o), 1);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    struct bytes pdf = file_read(*state, "scan.pdf");
    assert_memory_equal(pdf.data, "%PDF-", 5);
    assert_non_null(memmem(pdf.data, pdf.len, one.data, one.len));
    assert_non_null(memmem(pdf.data, pdf.len, two.data, two.len));
    free(pdf.data);
    free(one.data);
    free(two.data);
}

static void test_pdf_keeps_good_pages_around_a_broken_one(void **state)
{
    struct bytes jpeg = sample_jpeg(40, 30, 300), dib = sample_dib(20, 20);
    struct output *o = open_output(none, *state, "scan.pdf");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(send_page(o, (struct bytes){jpeg.data, jpeg.len - 3}, 4096),
                     OUTPUT_E_TRUNCATED);
    assert_int_equal(send_page(o, dib, 4096), 0);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(output_page_count(o), 2);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    free(jpeg.data);
    free(dib.data);
}

static void test_pdf_from_the_device_is_passed_through(void **state)
{
    char text[] = "%PDF-1.4\nnot much of a document\n%%EOF\n";
    struct bytes pdf = {(uint8_t *)text, sizeof text - 1};
    output_free(send_one(none, *state, "scan.pdf", pdf));
    assert_file_is(*state, "scan.pdf", pdf);
    struct output *o = open_output(none, *state, "cut.pdf");
    assert_int_equal(send_page(o, (struct bytes){pdf.data, pdf.len - 4}, 99), OUTPUT_E_TRUNCATED);
    output_free(o);
}

static unsigned tiff_pages(const char *folder, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    TIFF *tiff = TIFFOpen(path, "r");
    assert_non_null(tiff);
    unsigned count = TIFFNumberOfDirectories(tiff);
    TIFFClose(tiff);
    return count;
}

/* Page `number` shows the sample, each colour within `slack`. */
static void assert_tiff_shows_sample(const char *folder, const char *name, unsigned number,
                                     uint32_t width, uint32_t height, int slack)
{
    char path[600];
    uint32_t w = 0, h = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    TIFF *tiff = TIFFOpen(path, "r");
    assert_non_null(tiff);
    assert_int_equal(TIFFSetDirectory(tiff, (tdir_t)number), 1);
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &w);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &h);
    assert_int_equal(w, width);
    assert_int_equal(h, height);
    uint32_t *rgba = malloc((size_t)w * h * 4);
    assert_int_equal(TIFFReadRGBAImageOriented(tiff, w, h, rgba, ORIENTATION_TOPLEFT, 1), 1);
    for (uint32_t i = 0; i < w * h; i++) {
        uint8_t want[3];
        sample_pixel(i % w, i / w, want);
        assert_true(abs((int)TIFFGetR(rgba[i]) - want[0]) <= slack);
        assert_true(abs((int)TIFFGetG(rgba[i]) - want[1]) <= slack);
        assert_true(abs((int)TIFFGetB(rgba[i]) - want[2]) <= slack);
    }
    free(rgba);
    TIFFClose(tiff);
}

static void test_multi_page_tiff_of_all_that_comes(void **state)
{
    struct bytes tiff = sample_tiff(*state, 30, 20, 2), png = sample_png(25, 15);
    struct bytes jpeg = sample_jpeg(48, 40, 300), bits = sample_dib_bits(37, 9);
    struct output *o = open_output(none, *state, "scan.tif");
    assert_int_equal(send_page(o, tiff, 4096), 0);
    assert_int_equal(send_page(o, png, 4096), 0);
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(send_page(o, bits, 4096), 0);
    assert_int_equal(output_finish(o), 0);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    assert_int_equal(tiff_pages(*state, "scan.tif"), 5);
    assert_tiff_shows_sample(*state, "scan.tif", 0, 30, 20, 0);
    assert_tiff_shows_sample(*state, "scan.tif", 1, 30, 20, 0);
    assert_tiff_shows_sample(*state, "scan.tif", 2, 25, 15, 0);
    struct bytes file = file_read(*state, "scan.tif");
    assert_non_null(memmem(file.data, file.len, jpeg.data, jpeg.len));
    free(file.data);
    free(tiff.data);
    free(png.data);
    free(jpeg.data);
    free(bits.data);
}

/* Larger than one piece of the copy: the strip is put together without a seam. */
static void test_large_jpeg_in_tiff_is_untouched_and_decodes(void **state)
{
    struct bytes jpeg = sample_jpeg(900, 700, 300);
    assert_true(jpeg.len > 3 * 65536);
    output_free(send_one(none, *state, "scan.tif", jpeg));
    struct bytes file = file_read(*state, "scan.tif");
    assert_non_null(memmem(file.data, file.len, jpeg.data, jpeg.len));
    output_free(send_one(none, *state, "back.png", file));
    free(file.data);
    output_free(send_one(none, *state, "direct.png", jpeg));
    struct bytes back = file_read(*state, "back.png");
    assert_file_is(*state, "direct.png", back);
    free(back.data);
    free(jpeg.data);
}

static void test_lone_tiff_is_passed_through(void **state)
{
    struct bytes tiff = sample_tiff(*state, 30, 20, 3);
    output_free(send_one(none, *state, "scan.tiff", tiff));
    assert_file_is(*state, "scan.tiff", tiff);
    free(tiff.data);
}

/* Decodable up to half its rows, with an end marker all the same. */
static struct bytes hollow_jpeg(void)
{
    struct bytes jpeg = sample_jpeg(200, 200, 300);
    jpeg.len /= 2;
    memcpy(jpeg.data + jpeg.len - 2, "\xFF\xD9", 2);
    return jpeg;
}

static void test_jpeg_that_lacks_rows_is_not_converted(void **state)
{
    struct bytes jpeg = hollow_jpeg();
    struct output *o = open_output(none, *state, "scan.png");
    assert_int_equal(send_page(o, jpeg, 4096), OUTPUT_E_TRUNCATED);
    output_free(o);
    assert_int_equal(file_count(*state), 0);
    free(jpeg.data);
}

static void test_tiff_stands_when_one_page_fails_to_decode(void **state)
{
    struct bytes bad = hollow_jpeg(), png = sample_png(25, 15);
    struct output_options options = {.crop = {0, 0, 100, 100}, .dpi_x = 300, .dpi_y = 300};
    struct output *o = open_output(options, *state, "scan.tif");
    memset(bad.data + 1000, 0, 400);
    int first = send_page(o, bad, 4096);
    assert_int_equal(send_page(o, png, 4096), 0);
    int middle = send_page(o, bad, 4096);
    assert_int_equal(send_page(o, png, 4096), 0);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(first, OUTPUT_E_TRUNCATED);
    assert_int_equal(middle, OUTPUT_E_TRUNCATED);
    output_free(o);
    assert_int_equal(tiff_pages(*state, "scan.tif"), 2);
    assert_tiff_shows_sample(*state, "scan.tif", 0, 25, 15, 0);
    assert_tiff_shows_sample(*state, "scan.tif", 1, 25, 15, 0);
    free(bad.data);
    free(png.data);
}

static void test_images_of_a_tiff_become_numbered_files(void **state)
{
    struct bytes tiff = sample_tiff(*state, 30, 20, 2);
    output_free(send_one(none, *state, "p-%02d.png", tiff));
    assert_int_equal(file_count(*state), 2);
    assert_png_shows_sample(*state, "p-01.png", 0, 0, 30, 20);
    assert_png_shows_sample(*state, "p-02.png", 0, 0, 30, 20);
    free(tiff.data);
}

static void test_page_number_in_a_pdf_name_makes_a_pdf_a_page(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct output *o = open_output(none, *state, "p-%d.pdf");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(output_file_name(o, 1), "p-2.pdf");
    output_free(o);
    assert_int_equal(file_count(*state), 2);
    free(jpeg.data);
}

static void test_jpeg2000_for_pdf_is_refused_at_its_first_bytes(void **state)
{
    uint8_t head[64] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', '\r', '\n', 0x87, '\n'};
    struct output *o = open_output(none, *state, "scan.pdf");
    assert_int_equal(output_page_begin(o), 0);
    assert_int_equal(output_page_write(o, head, sizeof head), OUTPUT_E_CANNOT_CONVERT);
    assert_int_equal(output_page_end(o, true), OUTPUT_E_CANNOT_CONVERT);
    output_free(o);
    assert_int_equal(file_count(*state), 0);
}

/* Kyocera M2040dn: takes the region, echoes it, and sends the whole glass. */
static void test_image_larger_than_asked_is_cropped(void **state)
{
    struct bytes png = sample_png(120, 100), bits = sample_dib_bits(120, 100);
    struct output_options options = {.crop = {11, 7, 50, 40}};
    struct output *o = send_one(options, *state, "scan.png", png);
    assert_true(output_page_info(o, 0)->cropped);
    assert_int_equal(output_page_info(o, 0)->width, 120);
    output_free(o);
    assert_png_shows_sample(*state, "scan.png", 11, 7, 50, 40);
    output_free(send_one(options, *state, "bits.png", bits));
    struct bytes file = file_read(*state, "bits.png");
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, file.data, file.len));
    image.format = PNG_FORMAT_GRAY;
    uint8_t gray[50 * 40];
    assert_int_equal(PNG_IMAGE_SIZE(image), sizeof gray);
    assert_true(png_image_finish_read(&image, NULL, gray, 0, NULL));
    for (unsigned i = 0; i < sizeof gray; i++)
        assert_int_equal(gray[i], (i % 50 + 11 + i / 50 + 7) % 3 ? 255 : 0);
    free(file.data);
    free(bits.data);
    free(png.data);
}

static void test_image_of_the_size_asked_is_not_cropped(void **state)
{
    struct bytes png = sample_png(56, 40);
    struct output_options options = {.crop = {11, 7, 50, 40}};
    output_free(send_one(options, *state, "scan.png", png));
    assert_file_is(*state, "scan.png", png);
    free(png.data);
}

/* Lexmark CX310dn: 400 dpi in place of 600 is a smaller image of the same region, or of the glass.
 */
static void test_crop_follows_the_resolution_of_the_image(void **state)
{
    struct bytes jpeg = sample_jpeg(400, 400, 400);
    struct output_options options = {.crop = {0, 0, 600, 600}, .dpi_x = 600, .dpi_y = 600};
    output_free(send_one(options, *state, "whole.jpg", jpeg));
    assert_file_is(*state, "whole.jpg", jpeg);
    options.crop = (struct output_crop){0, 0, 300, 150};
    output_free(send_one(options, *state, "part.jpg", jpeg));
    struct bytes part = file_read(*state, "part.jpg");
    struct output *o = send_one(none, *state, "again.jpg", part);
    assert_int_equal(output_page_info(o, 0)->width, 200);
    assert_int_equal(output_page_info(o, 0)->height, 100);
    output_free(o);
    free(part.data);
    free(jpeg.data);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_dib_without_file_header_gets_one),
        CASE(test_dib_sent_byte_by_byte_gets_its_header),
        CASE(test_png_from_dib_has_the_same_pixels),
        CASE(test_png_from_bilevel_dib_with_white_first),
        CASE(test_bilevel_page_becomes_a_jpeg),
        CASE(test_jpeg_sent_for_png_becomes_a_png),
        CASE(test_pdf_of_jpegs_holds_their_bytes),
        CASE(test_pdf_keeps_good_pages_around_a_broken_one),
        CASE(test_pdf_from_the_device_is_passed_through),
        CASE(test_multi_page_tiff_of_all_that_comes),
        CASE(test_large_jpeg_in_tiff_is_untouched_and_decodes),
        CASE(test_lone_tiff_is_passed_through),
        CASE(test_jpeg_that_lacks_rows_is_not_converted),
        CASE(test_tiff_stands_when_one_page_fails_to_decode),
        CASE(test_images_of_a_tiff_become_numbered_files),
        CASE(test_page_number_in_a_pdf_name_makes_a_pdf_a_page),
        CASE(test_jpeg2000_for_pdf_is_refused_at_its_first_bytes),
        CASE(test_image_larger_than_asked_is_cropped),
        CASE(test_image_of_the_size_asked_is_not_cropped),
        CASE(test_crop_follows_the_resolution_of_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
