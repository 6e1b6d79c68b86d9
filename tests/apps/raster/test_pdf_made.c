/* SPDX-License-Identifier: MIT */
/*
 * PDFs of our own writer and PDFs by hand: what may be in an image, how images may lie on a page,
 * and what else may be there.
 */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_pdf.h"
#include "picture_pdf.h"

static void expect(const struct image *image, enum raster_mode mode, uint32_t width,
                   uint32_t height, const unsigned *pixels)
{
    assert_int_equal(image->info.mode, mode);
    assert_int_equal(image->info.width, width);
    assert_int_equal(image->info.height, height);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            assert_int_equal(image_pixel(image, x, y), pixels[y * width + x]);
}

/* -- our own ------------------------------------------------------------------------------------
 */

static void test_pages_of_our_own_writer_are_read(void **state)
{
    static const enum raster_mode modes[] = {RASTER_BW1, RASTER_GRAY8, RASTER_RGB24};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct raster_request request = a4(modes[i], 60);
        struct image chart = image_of_chart(&request);
        struct picture_pdf pdf = {0};
        struct raster *raster = NULL;
        uint8_t *data;
        size_t size;

        assert_int_equal(encode_chart("pdf-a", &request, 3, &data, &size), 0);
        assert_int_equal(made_open(data, size, &pdf, &raster), 0);
        assert_int_equal(pdf.pages, 3);
        struct image image = image_read(raster);
        assert_int_equal(image.info.mode, modes[i]);
        assert_int_equal(image.info.dpi_x, 60);
        if (modes[i] == RASTER_BW1)
            assert_images_equal(&chart, &image);
        image_free(&image);
        image_free(&chart);
        free(data);
    }
}

/* -- what is in an image ------------------------------------------------------------------------
 */

static void test_rows_of_each_depth(void **state)
{
    static const uint8_t two[] = {0x1B, 0xE4}, four[] = {0x0F, 0x80, 0x12, 0x30};
    static const uint8_t sixteen[] = {1, 99, 2, 99, 3, 99, 4, 99};
    static const uint8_t one[] = {0xA0, 0x40};
    struct made made;
    struct image image;

    (void)state;
    made_one(&made, "", made_plain, MADE_SIZE(4, 2) "/ColorSpace /DeviceGray /BitsPerComponent 2",
             two, 2);
    image = made_read(&made);
    expect(&image, RASTER_GRAY8, 4, 2, (unsigned[]){0, 85, 170, 255, 255, 170, 85, 0});
    image_free(&image);
    made_one(&made, "", made_plain, MADE_SIZE(3, 2) "/ColorSpace /DeviceGray /BitsPerComponent 4",
             four, 4);
    image = made_read(&made);
    expect(&image, RASTER_GRAY8, 3, 2, (unsigned[]){0, 255, 136, 17, 34, 51});
    image_free(&image);
    made_one(&made, "", made_plain, MADE_SIZE(2, 2) "/ColorSpace /CalGray /BitsPerComponent 16",
             sixteen, 8);
    image = made_read(&made);
    expect(&image, RASTER_GRAY8, 2, 2, (unsigned[]){1, 2, 3, 4});
    image_free(&image);
    made_one(&made, "", made_plain, MADE_SIZE(3, 2) "/ColorSpace /DeviceGray /BitsPerComponent 1",
             one, 2);
    image = made_read(&made);
    expect(&image, RASTER_BW1, 3, 2, (unsigned[]){1, 0, 1, 0, 1, 0});
    image_free(&image);
}

static void test_palettes_in_a_string_or_a_stream(void **state)
{
    static const uint8_t indices[] = {0x12, 0x01}, colours[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const unsigned wanted[] = {0x040506, 0x070809, 0x010203, 0x040506};
    const struct made_image images[] = {
        {"A", MADE_SIZE(2, 2) "/ColorSpace [/Indexed /DeviceRGB 2 6 0 R] /BitsPerComponent 4",
         indices, 2},
        {"B", "", colours, 9},
        {0}};
    struct made made;

    (void)state;
    made_page(&made, "", made_plain, images);
    struct image image = made_read(&made);
    expect(&image, RASTER_RGB24, 2, 2, wanted);
    image_free(&image);
    made_one(
        &made, "", made_plain,
        MADE_SIZE(2,
                  2) "/ColorSpace [/Indexed /DeviceRGB 2 <010203040506070809>] /BitsPerComponent 4",
        indices, 2);
    image = made_read(&made);
    expect(&image, RASTER_RGB24, 2, 2, wanted);
    image_free(&image);
    /* An index past the palette, and a palette shorter than it says. */
    made_one(&made, "", made_plain,
             MADE_SIZE(2, 2) "/ColorSpace [/Indexed /DeviceGray 1 <80>] /BitsPerComponent 4",
             indices, 2);
    image = made_read(&made);
    expect(&image, RASTER_RGB24, 2, 2, (unsigned[]){0, 0, 0x808080, 0});
    image_free(&image);
}

static void test_profile_tells_how_many_colours_there_are(void **state)
{
    static const uint8_t rgb[] = {1, 2, 3};
    struct made_image images[] = {
        {"A", MADE_SIZE(1, 1) "/ColorSpace [/ICCBased 6 0 R] /BitsPerComponent 8", rgb, 3},
        {"B", "/N 3", "", 0},
        {0}};
    struct made made;

    (void)state;
    made_page(&made, "", made_plain, images);
    struct image image = made_read(&made);
    expect(&image, RASTER_RGB24, 1, 1, (unsigned[]){0x010203});
    image_free(&image);
    images[1].dictionary = "/N 1";
    made_page(&made, "", made_plain, images);
    image = made_read(&made);
    expect(&image, RASTER_GRAY8, 1, 1, (unsigned[]){1});
    image_free(&image);
    images[1].dictionary = "/N 4";
    made_page(&made, "", made_plain, images);
    made_refused(&made, -ENOTSUP, "colours");
}

static void test_levels_that_are_turned_over(void **state)
{
    static const uint8_t bits[] = {0xA0}, gray[] = {0, 200};
    struct made made;

    (void)state;
    made_one(&made, "", made_plain,
             MADE_SIZE(3, 1) "/ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [1 0]", bits, 1);
    struct image image = made_read(&made);
    expect(&image, RASTER_BW1, 3, 1, (unsigned[]){0, 1, 0});
    assert_int_equal(image.data[0], 0x40);
    image_free(&image);
    made_one(&made, "", made_plain, MADE_SIZE(2, 1) MADE_GRAY "/Decode [1.0 0.0]", gray, 2);
    image = made_read(&made);
    expect(&image, RASTER_GRAY8, 2, 1, (unsigned[]){255, 55});
    image_free(&image);
    made_one(&made, "", made_plain, MADE_SIZE(2, 1) MADE_GRAY "/Decode [0.2 0.8]", gray, 2);
    made_refused(&made, -ENOTSUP, "mapped");
}

static void test_deflated_rows_with_each_predictor(void **state)
{
    static const uint8_t rgb[] = {1, 2, 3, 11, 12, 13, 255, 0, 9};
    static const uint8_t left[] = {1, 2, 3, 10, 10, 10, 244, 244, 252}; /* predictor 2 */
    static const uint8_t sub[] = {1, 1, 2, 3, 10, 10, 10, 244, 244, 252};
    static const struct {
        const char *parameters;
        const uint8_t *bytes;
        size_t size;
    } rows[] = {
        {"", rgb, sizeof rgb},
        {"/DecodeParms <</Predictor 1>>", rgb, sizeof rgb},
        {"/DecodeParms <</Predictor 2 /Colors 3 /Columns 3>>", left, sizeof left},
        {"/DecodeParms [<</Predictor 15 /Colors 3 /Columns 3 /BitsPerComponent 8>>]", sub,
         sizeof sub},
        {"/DecodeParms <</Predictor 10 /Colors 3 /Columns 3>>", sub, sizeof sub},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char dictionary[512];
        struct made made;
        size_t size;
        uint8_t *packed = made_flate(rows[i].bytes, rows[i].size, &size);

        snprintf(
            dictionary, sizeof dictionary,
            MADE_SIZE(3, 1) "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode %s",
            rows[i].parameters);
        made_one(&made, "", made_plain, dictionary, packed, size);
        struct image image = made_read(&made);
        expect(&image, RASTER_RGB24, 3, 1, (unsigned[]){0x010203, 0x0B0C0D, 0xFF0009});
        image_free(&image);
        free(packed);
    }
}

static void test_jpeg_that_was_deflated_once_more(void **state)
{
    struct raster_request request = a4(RASTER_GRAY8, 10);
    uint8_t *jpeg;
    size_t size, packed_size;
    struct made made, again;

    (void)state;
    assert_int_equal(encode_chart("jfif", &request, 1, &jpeg, &size), 0);
    uint8_t *packed = made_flate(jpeg, size, &packed_size);
    made_one(&made, "", made_plain, MADE_SIZE(83, 117) MADE_GRAY "/Filter /DCTDecode", jpeg, size);
    made_one(&again, "", made_plain,
             MADE_SIZE(83, 117) MADE_GRAY "/Filter [/FlateDecode /DCTDecode]", packed, packed_size);
    struct image one = made_read(&made), other = made_read(&again);
    assert_int_equal(one.info.mode, RASTER_GRAY8);
    assert_images_equal(&one, &other);
    image_free(&one);
    image_free(&other);
    /* One that is not as large as the PDF says. */
    made_one(&made, "", made_plain, MADE_SIZE(83, 116) MADE_GRAY "/Filter /DCTDecode", jpeg, size);
    made_refused(&made, -EBADMSG, NULL);
    free(packed);
    free(jpeg);
}

static void test_filters_and_colours_that_are_not_read_are_named(void **state)
{
    static const struct {
        const char *dictionary, *word;
    } rows[] = {
        {MADE_SIZE(4, 4) MADE_GRAY "/Filter /JBIG2Decode", "JBIG2"},
        {MADE_SIZE(4, 4) MADE_GRAY "/Filter /JPXDecode", "JPEG 2000"},
        {MADE_SIZE(4, 4) MADE_GRAY "/Filter [/ASCII85Decode /DCTDecode]", "text"},
        {MADE_SIZE(4, 4) MADE_GRAY "/Filter [/DCTDecode /FlateDecode]", "unusual"},
        {MADE_SIZE(4, 4) "/ColorSpace /DeviceGray /Filter /CCITTFaxDecode", "G4"},
        {MADE_SIZE(4, 4) "/ColorSpace /DeviceCMYK /BitsPerComponent 8", "colours"},
        {MADE_SIZE(4, 4) "/ColorSpace [/Separation /Spot /DeviceGray 9 0 R] /BitsPerComponent 8",
         "colours"},
        {MADE_SIZE(4, 4) MADE_GRAY "/SMask 5 0 R", "layers"},
        {MADE_SIZE(4, 4) MADE_GRAY "/Mask [1 2]", "layers"},
        {MADE_SIZE(4, 4) "/ImageMask true", "layers"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made made;

        made_one(&made, "", made_plain, rows[i].dictionary, made_levels, sizeof made_levels);
        made_refused(&made, -ENOTSUP, rows[i].word);
    }
}

/* -- how images lie -----------------------------------------------------------------------------
 */

static void test_strips_are_put_together_from_the_top_whatever_their_order(void **state)
{
    static const char *const contents[] = {
        "q 100 0 0 50 0 50 cm /A Do Q q 100 0 0 25 0 25 cm /B Do Q q 100 0 0 25 0 0 cm /C Do Q",
        "q 100 0 0 25 0 0 cm /C Do Q\nq 100 0 0 50 0 50 cm /A Do Q\nq 100 0 0 25 0 25 cm /B Do Q",
        ("1 0 0 1 0 0 cm q 1 0 0 1 0 50 cm q 100 0 0 50 0 0 cm /A Do Q q 100 0 0 25.2 0 -25 cm "
         "/B Do Q Q 100 0 0 24.9 .1 0 cm /C Do"),
    };
    const struct made_image images[] = {{"A", MADE_SIZE(4, 2) MADE_GRAY, made_levels, 8},
                                        {"B", MADE_SIZE(4, 1) MADE_GRAY, made_levels + 8, 4},
                                        {"C", MADE_SIZE(4, 1) MADE_GRAY, made_levels + 12, 4},
                                        {0}};
    unsigned wanted[16];

    (void)state;
    for (size_t i = 0; i < 16; i++)
        wanted[i] = made_levels[i];
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct made made;

        made_page(&made, "", contents[i], images);
        struct image image = made_read(&made);
        expect(&image, RASTER_GRAY8, 4, 4, wanted);
        assert_int_equal(image.info.dpi_x, 3);
        image_free(&image);
    }
}

static void test_images_that_are_no_strips_of_one_another_are_refused(void **state)
{
    static const char *const contents[] = {
        "q 100 0 0 50 0 50 cm /A Do Q q 100 0 0 40 0 0 cm /B Do Q",  /* a gap */
        "q 100 0 0 100 0 0 cm /A Do Q q 100 0 0 100 0 0 cm /B Do Q", /* upon one another */
        "q 50 0 0 100 0 0 cm /A Do Q q 50 0 0 100 50 0 cm /B Do Q",  /* side by side */
        "q 100 0 0 50 0 50 cm /A Do Q q 90 0 0 50 0 0 cm /B Do Q",   /* narrower */
        "q 100 0 0 50 0 50 cm /A Do Q q 100 0 0 -50 0 50 cm /B Do Q" /* upside down */
    };
    const struct made_image images[] = {{"A", MADE_SIZE(4, 2) MADE_GRAY, made_levels, 8},
                                        {"B", MADE_SIZE(4, 2) MADE_GRAY, made_levels + 8, 8},
                                        {0}};
    struct made made;

    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        made_page(&made, "", contents[i], images);
        made_refused(&made, -ENOTSUP, "strips");
    }
}

static void test_strip_of_other_pixels_is_an_error_of_its_rows(void **state)
{
    const struct made_image images[] = {
        {"A", MADE_SIZE(4, 2) MADE_GRAY, made_levels, 8},
        {"B", MADE_SIZE(4, 2) "/ColorSpace /DeviceGray /BitsPerComponent 1", made_levels, 2},
        {0}};
    struct made made;

    (void)state;
    made_page(&made, "", "q 100 0 0 50 0 50 cm /A Do Q q 100 0 0 50 0 0 cm /B Do Q", images);
    assert_int_equal(made_open_and_read(made.bytes, made.size), -EBADMSG);
    made_free(&made);
}

static void test_image_is_turned_as_it_is_shown(void **state)
{
    static const uint8_t six[] = {1, 2, 3, 4, 5, 6}; /* 3 by 2 */
    static const struct {
        const char *page, *content;
        uint32_t width;
        unsigned pixels[6];
    } rows[] = {
        {"", "q 90 0 0 60 0 0 cm /A Do Q", 3, {1, 2, 3, 4, 5, 6}},
        {"/Rotate 360", "q 90 0 0 60 0 0 cm /A Do Q", 3, {1, 2, 3, 4, 5, 6}},
        {"/Rotate 90", "q 90 0 0 60 0 0 cm /A Do Q", 2, {4, 1, 5, 2, 6, 3}},
        {"/Rotate -90", "q 90 0 0 60 0 0 cm /A Do Q", 2, {3, 6, 2, 5, 1, 4}},
        {"/Rotate 180", "q 90 0 0 60 0 0 cm /A Do Q", 3, {6, 5, 4, 3, 2, 1}},
        {"", "q 90 0 0 -60 0 60 cm /A Do Q", 3, {4, 5, 6, 1, 2, 3}},
        {"", "q -90 0 0 -60 90 60 cm /A Do Q", 3, {6, 5, 4, 3, 2, 1}},
        {"", "q 0 -90 60 0 0 90 cm /A Do Q", 2, {4, 1, 5, 2, 6, 3}},
        {"", "q 0 90 -60 0 60 0 cm /A Do Q", 2, {3, 6, 2, 5, 1, 4}},
        {"/Rotate 270", "q 0 -90 60 0 0 90 cm /A Do Q", 3, {1, 2, 3, 4, 5, 6}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made made;

        made_one(&made, rows[i].page, rows[i].content, MADE_SIZE(3, 2) MADE_GRAY, six, 6);
        struct image image = made_read(&made);
        expect(&image, RASTER_GRAY8, rows[i].width, 6 / rows[i].width, rows[i].pixels);
        image_free(&image);
    }
}

static void test_image_that_lies_askew_or_mirrored_is_refused(void **state)
{
    struct made made;

    (void)state;
    made_one(&made, "", "70 70 -70 70 0 0 cm /A Do", MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -ENOTSUP, "askew");
    made_one(&made, "", "-100 0 0 100 100 0 cm /A Do", MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -ENOTSUP, "mirrored");
    made_one(&made, "", "0 0 0 0 0 0 cm /A Do", MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -ENOTSUP, "askew");
    made_one(&made, "/Rotate 45", made_plain, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -EBADMSG, "right angle");
}

/* -- what else is on a page ---------------------------------------------------------------------
 */

static void test_text_below_the_image_or_invisible_is_passed_over(void **state)
{
    static const char *const contents[] = {
        "BT /F 9 Tf (under (it\\) ) Do) Tj ET q 100 0 0 100 0 0 cm /A Do Q",
        "q 100 0 0 100 0 0 cm /A Do Q BT 3 Tr [(a) -10 <62>] TJ ET",
        "% /B Do\n1 g 0 0 100 100 re f /P <</MCID 0>> BDC q 100 0 0 100 0 0 cm /A Do Q EMC",
    };

    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        struct made made;

        made_one(&made, "", contents[i], MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
        struct image image = made_read(&made);
        assert_memory_equal(image.data, made_levels, 16);
        image_free(&image);
    }
}

static void test_pages_that_are_more_or_less_than_an_image_are_refused(void **state)
{
    static const struct {
        const char *content, *word;
    } rows[] = {
        {"q 100 0 0 100 0 0 cm /A Do Q BT (a) Tj ET", "text"},
        {"q 3 Tr Q q 100 0 0 100 0 0 cm /A Do Q BT (a) ' ET", "text"},
        {"BT (a) Tj ET", "no image"},
        {"", "no image"},
        {"0 0 100 100 re f", "no image"},
        {"BI /W 1 /H 1 ID x EI", "within"},
        {"q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q q", "nested"},
    };
    struct made made;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        made_one(&made, "", rows[i].content, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
        made_refused(&made, -ENOTSUP, rows[i].word);
    }
    made_one(&made, "", "/Z Do", MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -EBADMSG, "missing");
    const struct made_image form[] = {{"A", "/Subtype /Form", "", 0}, {0}};
    made_page(&made, "", made_plain, form);
    made_refused(&made, -ENOTSUP, "something else");
}

static void test_page_of_too_many_images_is_refused(void **state)
{
    struct made made;
    char *content = calloc(1, 1 << 20);

    (void)state;
    assert_non_null(content);
    for (size_t i = 0; i < 600; i++)
        memcpy(content + 6 * i, "/A Do\n", 6);
    made_one(&made, "", content, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -ENOTSUP, "too many");
    free(content);
}

/* The pages of some share what there is, which their tree has. */
static void test_content_in_pieces_and_resources_of_the_tree(void **state)
{
    struct made made;

    (void)state;
    made_begin(&made);
    made_object(&made, 1, "<</Type /Catalog /Pages 2 0 R>>");
    made_object(&made, 2,
                "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 100 100] /Rotate 180 "
                "/Resources 8 0 R>>");
    made_object(&made, 3, "<</Type /Page /Parent 2 0 R /Contents [4 0 R 5 0 R]>>");
    made_stream(&made, 4, "", "q 100 0 0 100", 13);
    made_stream(&made, 5, "", "0 0 cm /B Do Q", 14);
    made_stream(&made, 6, "/Subtype /Image " MADE_SIZE(4, 4) MADE_GRAY, made_levels + 1, 15);
    made_stream(&made, 7, "/Subtype /Image " MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_object(&made, 8, "<</XObject <</A 6 0 R /B 7 0 R>>>>");
    made_end(&made);
    struct image image = made_read(&made);
    assert_int_equal(image_pixel(&image, 0, 0), made_levels[15]);
    assert_int_equal(image_pixel(&image, 3, 3), made_levels[0]);
    image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_of_our_own_writer_are_read),
        cmocka_unit_test(test_rows_of_each_depth),
        cmocka_unit_test(test_palettes_in_a_string_or_a_stream),
        cmocka_unit_test(test_profile_tells_how_many_colours_there_are),
        cmocka_unit_test(test_levels_that_are_turned_over),
        cmocka_unit_test(test_deflated_rows_with_each_predictor),
        cmocka_unit_test(test_jpeg_that_was_deflated_once_more),
        cmocka_unit_test(test_filters_and_colours_that_are_not_read_are_named),
        cmocka_unit_test(test_strips_are_put_together_from_the_top_whatever_their_order),
        cmocka_unit_test(test_images_that_are_no_strips_of_one_another_are_refused),
        cmocka_unit_test(test_strip_of_other_pixels_is_an_error_of_its_rows),
        cmocka_unit_test(test_image_is_turned_as_it_is_shown),
        cmocka_unit_test(test_image_that_lies_askew_or_mirrored_is_refused),
        cmocka_unit_test(test_text_below_the_image_or_invisible_is_passed_over),
        cmocka_unit_test(test_pages_that_are_more_or_less_than_an_image_are_refused),
        cmocka_unit_test(test_page_of_too_many_images_is_refused),
        cmocka_unit_test(test_content_in_pieces_and_resources_of_the_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
