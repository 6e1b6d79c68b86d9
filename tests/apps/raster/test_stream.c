/* SPDX-License-Identifier: MIT */
/*
 * Pictures that are still arriving: the same pixels as from a file, whatever the pieces, the first
 * row before the last byte, and a stream that breaks off told as such.
 */
#include "helper.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "picture.h"

struct feed {
    const uint8_t *data;
    size_t size, at, piece;
};

static ssize_t feed_read(void *user, void *buffer, size_t size)
{
    struct feed *feed = user;
    size_t n = feed->size - feed->at;

    n = n < feed->piece ? n : feed->piece;
    n = n < size ? n : size;
    memcpy(buffer, feed->data + feed->at, n);
    feed->at += n;
    return (ssize_t)n;
}

static int open_feed(struct feed *feed, struct raster **ret)
{
    struct source_stream stream = {.read = feed_read, .user = feed};

    return picture_open_stream(&stream, sniff(feed->data, feed->size), 0, ret);
}

/* The same picture with its rows from the top down, which no encoder here writes. */
static void turn_dib(uint8_t *data, size_t size)
{
    uint32_t offset, height;

    memcpy(&offset, data + 10, 4);
    memcpy(&height, data + 22, 4);
    size_t line = (size - offset) / height;
    uint8_t *row = malloc(line);
    assert_non_null(row);
    for (uint32_t y = 0; y < height / 2; y++) {
        uint8_t *a = data + offset + y * line, *b = data + offset + (height - 1 - y) * line;
        memcpy(row, a, line);
        memcpy(a, b, line);
        memcpy(b, row, line);
    }
    free(row);
    height = 0u - height;
    memcpy(data + 22, &height, 4);
}

static const char *const formats[] = {"dib", "png", "jfif", "tiff-single-uncompressed",
                                      "tiff-single-jpeg-tn2"};

static void test_pieces_of_any_size_give_the_pixels_of_the_file(void **state)
{
    static const size_t pieces[] = {1, 13, 4096, SIZE_MAX};
    struct raster_request request = a4(RASTER_RGB24, 40);

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct raster *raster = NULL;
        uint8_t *data;
        size_t size;

        assert_int_equal(encode_chart(formats[i], &request, 1, &data, &size), 0);
        int fd = file_of(data, size);
        assert_int_equal(picture_open(fd, sniff(data, size), 0, &raster), 0);
        close(fd);
        struct image wanted = image_read(raster);
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            struct feed feed = {data, size, 0, pieces[k]};
            assert_int_equal(open_feed(&feed, &raster), 0);
            struct image image = image_read(raster);
            assert_images_equal(&wanted, &image);
            image_free(&image);
        }
        image_free(&wanted);
        free(data);
    }
}

static void test_first_row_is_there_long_before_the_last_byte(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 150);

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct raster *raster = NULL;
        uint8_t *data, *row;
        size_t size;

        assert_int_equal(encode_chart(formats[i], &request, 1, &data, &size), 0);
        if (i == 0)
            turn_dib(data, size);
        struct feed feed = {data, size, 0, 1000};
        assert_int_equal(open_feed(&feed, &raster), 0);
        row = malloc(raster_row_bytes(&raster->info));
        assert_non_null(row);
        assert_int_equal(raster->read_row(raster, row), 0);
        /* The TIFFs of libtiff have their directory last; what is said here is that they are read.
         */
        if (sniff(data, size) != SNIFF_TIFF)
            assert_true(feed.at < size / 2);
        free(row);
        raster_free(raster);
        free(data);
    }
}

static void test_dib_from_the_top_is_the_one_from_the_bottom(void **state)
{
    struct raster_request request = a4(RASTER_GRAY8, 50);
    struct raster *raster = NULL;
    uint8_t *data;
    size_t size;

    (void)state;
    assert_int_equal(encode_chart("dib", &request, 1, &data, &size), 0);
    struct image wanted = image_of_chart(&request);
    turn_dib(data, size);
    struct feed feed = {data, size, 0, 777};
    assert_int_equal(open_feed(&feed, &raster), 0);
    struct image image = image_read(raster);
    assert_images_equal(&wanted, &image);
    image_free(&image);
    image_free(&wanted);
    free(data);
}

/* What the SANE backend does: who receives the bytes writes them to the file. */
static int feed_keep(void *user, int fd, uint64_t *at, uint64_t end)
{
    struct feed *feed = user;
    size_t left = feed->size - feed->at;
    size_t n = left < end - *at ? left : (size_t)(end - *at);

    assert_int_equal(*at, feed->at);
    assert_int_equal(pwrite(fd, feed->data + feed->at, n, (off_t)*at), n);
    feed->at += n;
    *at += n;
    return 0;
}

static void test_dib_that_its_stream_keeps_is_kept_to_its_last_line_and_no_further(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 50);
    struct raster *raster = NULL;
    uint8_t *data;
    size_t size;

    (void)state;
    assert_int_equal(encode_chart("dib", &request, 1, &data, &size), 0);
    struct image wanted = image_of_chart(&request);
    uint8_t *longer = calloc(1, size + 1000);
    assert_non_null(longer);
    memcpy(longer, data, size);
    struct feed feed = {longer, size + 1000, 0, 777};
    struct source_stream stream = {.read = feed_read, .keep = feed_keep, .user = &feed};
    assert_int_equal(picture_open_stream(&stream, SNIFF_BMP, 0, &raster), 0);
    struct image image = image_read(raster);
    assert_int_equal(feed.at, size);
    assert_images_equal(&wanted, &image);
    feed = (struct feed){longer, size - 1, 0, 777};
    assert_int_equal(picture_open_stream(&stream, SNIFF_BMP, 0, &raster), 0);
    uint8_t *row = malloc(raster_row_bytes(&raster->info));
    assert_non_null(row);
    assert_int_equal(raster->read_row(raster, row), -EBADMSG);
    free(row);
    raster_free(raster);
    image_free(&image);
    image_free(&wanted);
    free(longer);
    free(data);
}

/* Some bytes of a plain TIFF with its directory first, as scanners write it. */
static void test_tiff_with_its_directory_first_streams(void **state)
{
    enum { WIDTH = 100, HEIGHT = 2000, TAGS = 9, HEAD = 8 + 2 + 12 * TAGS + 4 };
    static const uint32_t tags[TAGS][3] = {
        {256, 3, WIDTH}, {257, 3, HEIGHT}, {258, 3, 8},
        {259, 3, 1},     {262, 3, 1},      {273, 4, HEAD},
        {277, 3, 1},     {278, 3, HEIGHT}, {279, 4, WIDTH * HEIGHT},
    };
    static uint8_t data[HEAD + WIDTH * HEIGHT], row[WIDTH];
    struct raster *raster = NULL;

    (void)state;
    memcpy(data, "II*\0\10\0\0\0", 8);
    data[8] = TAGS;
    for (size_t i = 0; i < TAGS; i++) {
        uint8_t *at = data + 10 + 12 * i;
        for (size_t k = 0; k < 12; k++) {
            uint32_t value = k < 2 ? tags[i][0] : k < 4 ? tags[i][1] : k < 8 ? 1 : tags[i][2];
            size_t byte = k < 2 ? k : k < 4 ? k - 2 : (k - 4) % 4;
            at[k] = (uint8_t)(value >> 8 * byte);
        }
    }
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
        data[HEAD + i] = (uint8_t)(i * 7 + i / WIDTH);
    struct feed feed = {data, sizeof data, 0, 500};
    assert_int_equal(open_feed(&feed, &raster), 0);
    for (size_t y = 0; y < HEIGHT; y++) {
        assert_int_equal(raster->read_row(raster, row), 0);
        assert_memory_equal(row, data + HEAD + y * WIDTH, WIDTH);
        if (y == 0)
            assert_true(feed.at < sizeof data / 2);
    }
    raster_free(raster);
}

static void test_stream_that_breaks_off_is_an_error(void **state)
{
    struct raster_request request = a4(RASTER_RGB24, 40);

    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        uint8_t *data;
        size_t size;

        assert_int_equal(encode_chart(formats[i], &request, 1, &data, &size), 0);
        for (size_t cut = 100; cut < size; cut += size / 7) {
            struct raster *raster = NULL;
            struct feed feed = {data, cut, 0, 999};
            int r = open_feed(&feed, &raster);
            uint8_t *row = r == 0 ? malloc(raster_row_bytes(&raster->info)) : NULL;
            for (uint32_t y = 0; r == 0 && y < raster->info.height; y++)
                r = raster->read_row(raster, row);
            free(row);
            raster_free(raster);
            assert_int_equal(r, -EBADMSG);
        }
        free(data);
    }
}

static struct feed *make_dib(struct feed *feed)
{
    struct raster_request request = a4(RASTER_RGB24, 100);
    uint8_t *data;

    *feed = (struct feed){.piece = 1000};
    assert_int_equal(encode_chart("dib", &request, 1, &data, &feed->size), 0);
    feed->data = data;
    return feed;
}

static void test_size_of_a_dib_from_the_bottom_is_known_before_its_end(void **state)
{
    struct feed feed;
    struct raster *raster = NULL;

    (void)state;
    assert_int_equal(open_feed(make_dib(&feed), &raster), 0);
    assert_int_equal(raster->info.width, 827);
    assert_true(feed.at < feed.size / 2);
    raster_free(raster);
    free((void *)feed.data);
}

/* What happens to rows of a DIB whose bytes cannot be kept. */
static int keep_fails(uint64_t keep_max, int *ret_error)
{
    struct feed feed;
    struct raster *raster = NULL;
    struct source_stream stream = {
        .read = feed_read, .keep_error = ret_error, .keep_max = keep_max, .user = make_dib(&feed)};

    *ret_error = 0;
    assert_int_equal(picture_open_stream(&stream, sniff(feed.data, feed.size), 0, &raster), 0);
    uint8_t *row = malloc(raster_row_bytes(&raster->info));
    assert_non_null(row);
    int r = raster->read_row(raster, row);
    free(row);
    raster_free(raster);
    free((void *)feed.data);
    return r;
}

static void test_folder_that_is_not_there_is_told_as_that(void **state)
{
    int error;

    (void)state;
    setenv("TMPDIR", "/nonexistent", 1);
    int r = keep_fails(0, &error);
    unsetenv("TMPDIR");
    assert_int_equal(r, -ENOENT);
    assert_int_equal(error, -ENOENT);
}

static void test_no_more_is_kept_than_may_be(void **state)
{
    int error;

    (void)state;
    assert_int_equal(keep_fails(200000, &error), -EFBIG);
    assert_int_equal(error, -EFBIG);
    assert_int_equal(keep_fails(UINT64_MAX, &error), 0);
    assert_int_equal(error, 0);
}

/* The last test: the process has a mount namespace of its own from here on. */
static void test_disk_without_room_is_told_before_the_bytes_come(void **state)
{
    char folder[] = "/tmp/wsd-stream-XXXXXX";
    struct feed feed;
    struct raster *raster = NULL;
    int error = 0;
    uint8_t row[827];

    (void)state;
    /* Not root, or in a folder that is no root of a mount. */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        skip();
    assert_non_null(mkdtemp(folder));
    assert_int_equal(mount("tmpfs", folder, "tmpfs", 0, "size=64k"), 0);
    setenv("TMPDIR", folder, 1);
    struct source_stream stream = {
        .read = feed_read, .keep = feed_keep, .keep_error = &error, .user = make_dib(&feed)};
    assert_int_equal(picture_open_stream(&stream, SNIFF_BMP, 0, &raster), 0);
    assert_int_equal(raster->read_row(raster, row), -ENOSPC);
    assert_int_equal(error, -ENOSPC);
    assert_true(feed.at < 5000);
    raster_free(raster);
    free((void *)feed.data);
    unsetenv("TMPDIR");
    assert_int_equal(umount(folder), 0);
    rmdir(folder);
}

static bool is_stopped(void *user)
{
    (void)user;
    return true;
}

static void test_interlaced_png_that_nobody_wants_ends(void **state)
{
    /* Gray, 4000 by 4000, up to where its pixels begin. */
    static const uint8_t data[] = {0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00,
                                   0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x0F, 0xA0, 0x00, 0x00,
                                   0x0F, 0xA0, 0x08, 0x00, 0x00, 0x00, 0x01, 0xBC, 0x13, 0x8C, 0x48,
                                   0x00, 0x00, 0x03, 0xE8, 0x49, 0x44, 0x41, 0x54};
    struct feed feed = {.data = data, .size = sizeof data, .piece = SIZE_MAX};
    struct source_stream stream = {.read = feed_read, .stopped = is_stopped, .user = &feed};
    struct raster *raster = NULL;
    uint8_t row[4000];

    (void)state;
    assert_int_equal(picture_open_stream(&stream, SNIFF_PNG, 0, &raster), 0);
    assert_int_equal(raster->read_row(raster, row), -ECANCELED);
    raster_free(raster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_any_size_give_the_pixels_of_the_file),
        cmocka_unit_test(test_first_row_is_there_long_before_the_last_byte),
        cmocka_unit_test(test_dib_from_the_top_is_the_one_from_the_bottom),
        cmocka_unit_test(test_dib_that_its_stream_keeps_is_kept_to_its_last_line_and_no_further),
        cmocka_unit_test(test_tiff_with_its_directory_first_streams),
        cmocka_unit_test(test_stream_that_breaks_off_is_an_error),
        cmocka_unit_test(test_size_of_a_dib_from_the_bottom_is_known_before_its_end),
        cmocka_unit_test(test_folder_that_is_not_there_is_told_as_that),
        cmocka_unit_test(test_no_more_is_kept_than_may_be),
        cmocka_unit_test(test_interlaced_png_that_nobody_wants_ends),
        cmocka_unit_test(test_disk_without_room_is_told_before_the_bytes_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
