/* SPDX-License-Identifier: MIT */
/* PDFs that are broken, or made to hurt. */
#include "helper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "make_pdf.h"
#include "picture_pdf.h"
#include "spool.h"

/* -- what is broken -----------------------------------------------------------------------------
 */

static void test_document_without_pages_is_an_error(void **state)
{
    static const char *const trees[] = {"<</Type /Pages /Kids [] /Count 0>>",
                                        "<</Type /Pages /Kids [3 0 R] /Count 2>>", "null", "[]"};

    (void)state;
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct made made;

        made_begin(&made);
        made_object(&made, 1, "<</Type /Catalog /Pages 2 0 R>>");
        made_object(&made, 2, "%s", trees[i]);
        made_object(&made, 3, "<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>");
        made_end(&made);
        made_refused(&made, -EBADMSG, i == 1 ? "missing" : NULL);
    }
}

static void test_wrong_cross_references_are_mended(void **state)
{
    struct made made;

    (void)state;
    made_one(&made, "", made_plain, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    uint8_t *table = memmem(made.bytes, made.size, "xref\n", 5);
    assert_non_null(table);
    memset(table + 33, '9', 10); /* of object 1 */
    struct image image = made_read(&made);
    assert_memory_equal(image.data, made_levels, 16);
    image_free(&image);
}

static void test_file_that_ends_early_is_an_error(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 30);
    uint8_t *data;
    size_t size;

    (void)state;
    assert_int_equal(encode_chart("pdf-a", &request, 2, &data, &size), 0);
    assert_int_equal(made_open_and_read(data, size), 0);
    for (size_t part = 0; part < 40; part++)
        assert_int_equal(made_open_and_read(data, size * part / 40), -EBADMSG);
    free(data);
}

static void test_image_that_ends_early_is_an_error_of_its_rows(void **state)
{
    static const uint8_t rows[64] = {0};
    static const char *const filters[] = {
        MADE_GRAY, MADE_GRAY "/Filter /FlateDecode",
        MADE_GRAY "/Filter /FlateDecode /DecodeParms <</Predictor 15 /Columns 8>>",
        MADE_GRAY "/Filter /FlateDecode /DecodeParms <</Predictor 2 /Columns 8>>"};

    (void)state;
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        char dictionary[256];
        struct made made;
        size_t size = 63;
        uint8_t *packed = made_flate(rows, 63, &size);

        snprintf(dictionary, sizeof dictionary, MADE_SIZE(8, 8) "%s", filters[i]);
        made_one(&made, "", made_plain, dictionary, i == 0 ? rows : packed, i == 0 ? 63 : size);
        assert_int_equal(made_open_and_read(made.bytes, made.size), -EBADMSG);
        made_free(&made);
        free(packed);
    }
}

/* Two strips, of which the second is painted by what is lost. */
static void strips_with_content(struct made *made, const char *contents, const void *packed,
                                size_t size)
{
    made_begin(made);
    made_object(made, 1, "<</Type /Catalog /Pages 2 0 R>>");
    made_object(made, 2, "<</Type /Pages /Kids [3 0 R] /Count 1>>");
    made_object(made, 3,
                "<</Type /Page /Parent 2 0 R /Contents %s "
                "/Resources <</XObject <</A 5 0 R>>>>>>",
                contents);
    made_stream(made, 4, packed ? "/Filter /FlateDecode" : "",
                packed ? packed : "q 100 0 0 50 0 50 cm /A Do Q", packed ? size : 28);
    made_stream(made, 5, "/Subtype /Image " MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    made_end(made);
}

static void test_page_whose_content_is_lost_in_part_does_not_look_whole(void **state)
{
    char content[20000];
    struct made made;
    size_t size = 0, packed_size;

    (void)state;
    size = (size_t)snprintf(content, sizeof content, "q 100 0 0 50 0 50 cm /A Do Q\n");
    for (unsigned i = 0; i < 1500; i++)
        size +=
            (size_t)snprintf(content + size, sizeof content - size, "%% %u\n", i * 7919 % 10007);
    size += (size_t)snprintf(content + size, sizeof content - size, "q 100 0 0 50 0 0 cm /A Do Q");
    uint8_t *packed = made_flate(content, size, &packed_size);
    strips_with_content(&made, "4 0 R", packed, packed_size);
    assert_int_equal(made_open_and_read(made.bytes, made.size), 0);
    made_free(&made);
    /* It ends early; it is damaged before the second strip; a part of it is not there. */
    strips_with_content(&made, "4 0 R", packed, packed_size / 2);
    made_refused(&made, -EBADMSG, "inflated");
    packed[packed_size - packed_size / 3] ^= 0xFF;
    strips_with_content(&made, "4 0 R", packed, packed_size);
    made_refused(&made, -EBADMSG, "inflated");
    strips_with_content(&made, "[4 0 R 9 0 R]", NULL, 0);
    made_refused(&made, -EBADMSG, "content is missing");
    free(packed);
}

static void test_garbage_is_an_error(void **state)
{
    uint8_t bytes[5000];
    unsigned seed = 1;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
    assert_int_equal(made_open_and_read(bytes, 0), -EBADMSG);
    assert_int_equal(made_open_and_read(bytes, sizeof bytes), -EBADMSG);
    memcpy(bytes, "%PDF-1.4\n", 9);
    memcpy(bytes + sizeof bytes - 6, "%%EOF\n", 6);
    assert_int_equal(made_open_and_read(bytes, sizeof bytes), -EBADMSG);
}

/* Each byte of a small file, in turn, is another one: it ends, and no row is past what was said. */
static void test_any_byte_may_be_wrong(void **state)
{
    static const uint8_t others[] = {0, '9', '/', '<', 0xFF};
    struct made made;

    (void)state;
    made_one(&made, "", made_plain, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    for (size_t i = 0; i < made.size; i++) {
        uint8_t byte = made.bytes[i];

        made.bytes[i] = others[i % sizeof others];
        int r = made_open_and_read(made.bytes, made.size);
        assert_true(r == 0 || r == -EBADMSG || r == -ENOTSUP);
        made.bytes[i] = byte;
    }
    made_free(&made);
}

/* -- what is made to hurt -----------------------------------------------------------------------
 */

/* 64 MiB of zeros. */
static uint8_t *pack_blank(size_t *ret_size)
{
    uint8_t *blank = calloc(1, 64u << 20);

    assert_non_null(blank);
    uint8_t *packed = made_flate(blank, 64u << 20, ret_size);
    free(blank);
    return packed;
}

static void test_content_that_inflates_without_end_is_refused(void **state)
{
    struct made made;
    size_t size;
    uint8_t *packed = pack_blank(&size);

    (void)state;
    made_begin(&made);
    made_object(&made, 1, "<</Type /Catalog /Pages 2 0 R>>");
    made_object(&made, 2, "<</Type /Pages /Kids [3 0 R] /Count 1>>");
    made_object(&made, 3, "<</Type /Page /Parent 2 0 R /Contents 4 0 R>>");
    made_stream(&made, 4, "/Filter /FlateDecode", packed, size);
    made_end(&made);
    made_refused(&made, -ENOTSUP, "far more");
    free(packed);
}

static void test_size_is_refused_before_anything_is_decoded(void **state)
{
    struct made made;
    struct picture_pdf pdf = {.pixels_max = 1000000};
    struct raster *raster = NULL;

    (void)state;
    made_one(&made, "/Rotate 90", made_plain, MADE_SIZE(900000, 900000) MADE_GRAY, made_levels, 16);
    assert_int_equal(made_open(made.bytes, made.size, &pdf, &raster), -EFBIG);
    assert_int_equal(pdf.width, 900000);
    made_free(&made);
    made_one(&made, "", made_plain, MADE_SIZE(2000000, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -EBADMSG, "size");
    made_one(&made, "", made_plain, MADE_SIZE(-4, 4) MADE_GRAY, made_levels, 16);
    made_refused(&made, -EBADMSG, "size");
}

static void test_more_rows_than_there_are_to_be_are_left_alone(void **state)
{
    struct made made;
    size_t size;
    uint8_t *packed = pack_blank(&size);

    (void)state;
    made_one(&made, "", made_plain, MADE_SIZE(4, 4) MADE_GRAY "/Filter /FlateDecode", packed, size);
    free(packed);
    assert_int_equal(made_open_and_read(made.bytes, made.size), 0);
    made_free(&made);
}

static void read_file(const void *argument)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;

    if (picture_pdf_open(*(const int *)argument, 0, &pdf, &raster) != 0 ||
        made_read_rows(raster) != 0)
        abort();
}

/* Rows without a filter, as many as one likes: they are written past the page's other objects. */
static int file_of_rows(unsigned height)
{
    static uint8_t row[3000];
    struct made made;
    char head[512];
    int fd = spool_open(NULL);
    off_t at;

    made_begin(&made);
    made_object(&made, 1, "<</Type /Catalog /Pages 2 0 R>>");
    made_object(&made, 2, "<</Type /Pages /Kids [3 0 R] /Count 1>>");
    made_object(&made, 3,
                "<</Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R "
                "/Resources <</XObject <</A 5 0 R>>>>>>");
    made_stream(&made, 4, "", made_plain, sizeof made_plain - 1);
    made.at[5] = made.size;
    int n = snprintf(head, sizeof head,
                     "5 0 obj\n<</Subtype /Image /Width 3000 /Height %u " MADE_GRAY
                     "/Length %zu>>\nstream\n",
                     height, sizeof row * height);
    assert_int_equal(spool_write(fd, 0, made.bytes, made.size), 0);
    at = (off_t)made.size;
    assert_int_equal(spool_write(fd, at, head, (size_t)n), 0);
    at += n;
    for (unsigned y = 0; y < height; y++, at += (off_t)sizeof row)
        assert_int_equal(spool_write(fd, at, row, sizeof row), 0);
    assert_int_equal(spool_write(fd, at, "\nendstream\nendobj\n", 18), 0);
    /* The table is looked for where it would be in the small file: it is mended. */
    size_t before = made.size;
    made_end(&made);
    assert_int_equal(spool_write(fd, at + 18, made.bytes + before, made.size - before), 0);
    made_free(&made);
    return fd;
}

static void test_memory_does_not_grow_with_the_page(void **state)
{
    int small = file_of_rows(100), large = file_of_rows(10000); /* 30 MB */

    (void)state;
    read_file(&small);
    assert_true(peak_memory(read_file, &large) - peak_memory(read_file, &small) < 1500);
    close(small);
    close(large);
}

/* -- streams ------------------------------------------------------------------------------------
 */

struct feed {
    const uint8_t *data;
    size_t size, at;
};

static ssize_t feed_read(void *user, void *buffer, size_t size)
{
    struct feed *feed = user;
    size_t n = feed->size - feed->at;

    n = n < 100 ? n : 100;
    n = n < size ? n : size;
    memcpy(buffer, feed->data + feed->at, n);
    feed->at += n;
    return (ssize_t)n;
}

static void test_stream_is_kept_to_its_end_and_no_further_than_it_may(void **state)
{
    struct made made;
    int error = 0, fd = -1;

    (void)state;
    made_one(&made, "", made_plain, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    struct feed feed = {made.bytes, made.size, 0};
    struct source_stream stream = {.read = feed_read, .keep_error = &error, .user = &feed};
    assert_int_equal(picture_pdf_keep(&stream, &fd), 0);
    assert_int_equal(lseek(fd, 0, SEEK_END), made.size);
    read_file(&fd);
    close(fd);
    feed.at = 0;
    stream.keep_max = 200;
    assert_int_equal(picture_pdf_keep(&stream, &fd), -EFBIG);
    assert_int_equal(error, -EFBIG);
    made_free(&made);
}

static void test_folder_that_is_not_there_is_told_as_that(void **state)
{
    struct picture_pdf pdf = {0};
    struct raster *raster = NULL;
    struct made made;

    (void)state;
    made_one(&made, "", made_plain, MADE_SIZE(4, 4) MADE_GRAY, made_levels, 16);
    int fd = file_of(made.bytes, made.size);
    made_free(&made);
    setenv("TMPDIR", "/nonexistent", 1);
    int r = picture_pdf_open(fd, 0, &pdf, &raster);
    unsetenv("TMPDIR");
    close(fd);
    assert_int_equal(r, -ENOENT);
    assert_int_equal(pdf.keep_error, -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document_without_pages_is_an_error),
        cmocka_unit_test(test_wrong_cross_references_are_mended),
        cmocka_unit_test(test_file_that_ends_early_is_an_error),
        cmocka_unit_test(test_image_that_ends_early_is_an_error_of_its_rows),
        cmocka_unit_test(test_page_whose_content_is_lost_in_part_does_not_look_whole),
        cmocka_unit_test(test_garbage_is_an_error),
        cmocka_unit_test(test_any_byte_may_be_wrong),
        cmocka_unit_test(test_content_that_inflates_without_end_is_refused),
        cmocka_unit_test(test_size_is_refused_before_anything_is_decoded),
        cmocka_unit_test(test_more_rows_than_there_are_to_be_are_left_alone),
        cmocka_unit_test(test_memory_does_not_grow_with_the_page),
        cmocka_unit_test(test_stream_is_kept_to_its_end_and_no_further_than_it_may),
        cmocka_unit_test(test_folder_that_is_not_there_is_told_as_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
