/* SPDX-License-Identifier: MIT */
/* Pages that are passed through, refused or dropped, and the names they get. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct output_options none;

static void test_jpeg_is_passed_through_untouched(void **state)
{
    struct bytes jpeg = sample_jpeg(61, 47, 300);
    for (size_t chunk = 1; chunk < 9000; chunk = chunk * 8 + 1) {
        struct output *o = open_output((struct output_options){.force = true}, *state, "scan.jpg");
        assert_int_equal(send_page(o, jpeg, chunk), 0);
        assert_int_equal(output_finish(o), 0);
        assert_int_equal(output_file_count(o), 1);
        assert_string_equal(output_file_name(o, 0), "scan.jpg");
        assert_int_equal(output_file_size(o, 0), jpeg.len);
        assert_int_equal(output_page_info(o, 0)->width, 61);
        assert_int_equal(output_page_info(o, 0)->height, 47);
        assert_int_equal((int)output_page_info(o, 0)->dpi_x, 300);
        output_free(o);
        assert_file_is(*state, "scan.jpg", jpeg);
    }
    assert_int_equal(file_count(*state), 1);
    free(jpeg.data);
}

static void test_finished_file_has_the_mode_of_the_umask(void **state)
{
    struct bytes jpeg = sample_jpeg(8, 8, 0);
    struct stat st;
    char path[600];
    mode_t old = umask(027);
    struct output *o = open_output(none, *state, "scan.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    output_free(o);
    umask(old);
    strcpy(path, *state);
    strcat(path, "/scan.jpg");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    free(jpeg.data);
}

static void test_padding_after_the_end_marker_is_allowed(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct bytes padded = {calloc(1, jpeg.len + 5000), jpeg.len + 5000};
    memcpy(padded.data, jpeg.data, jpeg.len);
    struct output *o = open_output(none, *state, "scan.jpg");
    assert_int_equal(send_page(o, padded, 4096), 0);
    output_free(o);
    assert_file_is(*state, "scan.jpg", padded);
    free(padded.data);
    free(jpeg.data);
}

static void expect_refused(const char *folder, struct bytes page, const char *name, int code)
{
    struct output *o = open_output(none, folder, name);
    assert_int_equal(send_page(o, page, 1000), code);
    assert_int_equal(output_last_error(o)->code, code);
    assert_true(strlen(output_last_error(o)->text) > 20);
    assert_int_equal(output_finish(o), OUTPUT_E_TRUNCATED);
    assert_int_equal(output_file_count(o), 0);
    output_free(o);
    assert_int_equal(file_count(folder), 0);
}

static void expect_each_cut_refused(const char *folder, struct bytes page, const char *name)
{
    for (size_t cut = 1; cut < 8; cut++)
        expect_refused(folder, (struct bytes){page.data, page.len * cut / 8}, name,
                       OUTPUT_E_TRUNCATED);
    expect_refused(folder, (struct bytes){page.data, page.len - 1}, name, OUTPUT_E_TRUNCATED);
    free(page.data);
}

static void test_truncated_jpeg_never_has_its_name(void **state)
{
    expect_each_cut_refused(*state, sample_jpeg(64, 64, 300), "scan.jpg");
    expect_each_cut_refused(*state, sample_jpeg(64, 64, 300), "scan.pdf");
}

static void test_truncated_jpeg_with_zeros_behind_is_refused(void **state)
{
    struct bytes jpeg = sample_jpeg(64, 64, 300);
    memset(jpeg.data + jpeg.len / 2, 0, jpeg.len - jpeg.len / 2);
    expect_refused(*state, jpeg, "scan.jpg", OUTPUT_E_TRUNCATED);
    free(jpeg.data);
}

static void test_truncated_png_tiff_and_dib_are_refused(void **state)
{
    expect_each_cut_refused(*state, sample_png(64, 64), "scan.png");
    expect_each_cut_refused(*state, sample_dib(64, 64), "scan");
    expect_each_cut_refused(*state, sample_tiff(*state, 64, 64, 2), "scan.tif");
}

/* Its directories stand in front of its data, as a scanner that streams writes them. */
static void test_tiff_whose_last_strip_is_cut_is_refused(void **state)
{
    static const uint8_t head[] = {
        'I', 'I', 42, 0, 8, 0, 0, 0, 8,   0,       /* 8 entries */
        0,   1,   3,  0, 1, 0, 0, 0, 8,   0, 0, 0, /* width 8 */
        1,   1,   3,  0, 1, 0, 0, 0, 8,   0, 0, 0, /* height 8 */
        2,   1,   3,  0, 1, 0, 0, 0, 8,   0, 0, 0, /* 8 bits */
        3,   1,   3,  0, 1, 0, 0, 0, 1,   0, 0, 0, /* uncompressed */
        6,   1,   3,  0, 1, 0, 0, 0, 1,   0, 0, 0, /* black is 0 */
        17,  1,   4,  0, 1, 0, 0, 0, 110, 0, 0, 0, /* strip */
        22,  1,   3,  0, 1, 0, 0, 0, 8,   0, 0, 0, /* rows per strip */
        23,  1,   4,  0, 1, 0, 0, 0, 64,  0, 0, 0, /* its length */
        0,   0,   0,  0,
    };
    uint8_t file[110 + 64] = {0};
    memcpy(file, head, sizeof head);
    expect_refused(*state, (struct bytes){file, sizeof file - 1}, "scan.tif", OUTPUT_E_TRUNCATED);
    struct output *o = open_output(none, *state, "scan.tif");
    assert_int_equal(send_page(o, (struct bytes){file, sizeof file}, 7), 0);
    assert_int_equal(output_finish(o), 0);
    output_free(o);
    assert_file_is(*state, "scan.tif", (struct bytes){file, sizeof file});
}

static void test_html_in_place_of_an_image_is_refused(void **state)
{
    char html[] = "\r\n<html><head><title>Error</title></head><body>The scanner is busy. Please "
                  "try again later.</body></html>";
    char soap[] = "<?xml version=\"1.0\"?><e/>";
    expect_refused(*state, (struct bytes){(uint8_t *)html, sizeof html - 1}, "scan.jpg",
                   OUTPUT_E_NOT_AN_IMAGE);
    expect_refused(*state, (struct bytes){(uint8_t *)soap, sizeof soap - 1}, "scan",
                   OUTPUT_E_NOT_AN_IMAGE);
}

static void test_noise_is_refused(void **state)
{
    uint8_t noise[200];
    memset(noise, 0xA5, sizeof noise);
    expect_refused(*state, (struct bytes){noise, sizeof noise}, "scan", OUTPUT_E_NOT_AN_IMAGE);
    expect_refused(*state, (struct bytes){noise, 1}, "scan", OUTPUT_E_NOT_AN_IMAGE);
}

static void test_zero_bytes_are_refused(void **state)
{
    expect_refused(*state, (struct bytes){NULL, 0}, "scan.jpg", OUTPUT_E_TRUNCATED);
}

static void test_page_whose_transfer_broke_is_dropped(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct output *o = open_output(none, *state, "scan.jpg");
    assert_int_equal(output_page_begin(o), 0);
    assert_int_equal(output_page_write(o, jpeg.data, jpeg.len), 0);
    assert_int_equal(output_page_end(o, false), 0);
    output_free(o);
    assert_int_equal(file_count(*state), 0);
    free(jpeg.data);
}

static void test_page_limit(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct output *o = open_output((struct output_options){.max_pages = 2}, *state, "p%d.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(output_page_begin(o), OUTPUT_E_LIMIT);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(output_file_count(o), 2);
    output_free(o);
    assert_int_equal(file_count(*state), 2);
    free(jpeg.data);
}

static void test_byte_limits(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct output_options options = {.max_page_bytes = jpeg.len - 1};
    struct output *o = open_output(options, *state, "a.jpg");
    assert_int_equal(send_page(o, jpeg, 100), OUTPUT_E_LIMIT);
    assert_int_equal(output_last_error(o)->code, OUTPUT_E_LIMIT);
    output_free(o);
    assert_int_equal(file_count(*state), 0);
    options = (struct output_options){.max_page_bytes = jpeg.len, .max_total_bytes = jpeg.len + 1};
    o = open_output(options, *state, "a-%d.jpg");
    assert_int_equal(send_page(o, jpeg, 100), 0);
    assert_int_equal(send_page(o, jpeg, 100), OUTPUT_E_LIMIT);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    free(jpeg.data);
}

static void test_second_page_of_a_single_name_is_numbered(void **state)
{
    struct bytes one = sample_jpeg(16, 16, 0), two = sample_jpeg(24, 24, 0);
    struct output *o = open_output(none, *state, "scan.jpg");
    assert_int_equal(send_page(o, one, 4096), 0);
    assert_int_equal(send_page(o, two, 4096), 0);
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(output_file_name(o, 1), "scan-2.jpg");
    output_free(o);
    assert_file_is(*state, "scan.jpg", one);
    assert_file_is(*state, "scan-2.jpg", two);
    free(one.data);
    free(two.data);
}

static void test_pattern_fields_are_filled_in(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct tm tm = {.tm_year = 126,
                    .tm_mon = 10,
                    .tm_mday = 22,
                    .tm_hour = 9,
                    .tm_min = 8,
                    .tm_sec = 7,
                    .tm_isdst = -1};
    struct output_options options = {.now = mktime(&tm), .device = "../HP: M 5%d"};
    struct output *o = open_output(options, *state, "{date}_{time}_x{device}_{counter}_%02d.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_string_equal(output_file_name(o, 0), "2026-11-22_090807_x_._HP__M_5_d_1_01.jpg");
    output_free(o);
    o = open_output(options, *state, "{date}_{time}_x{device}_{counter}_%02d.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_string_equal(output_file_name(o, 0), "2026-11-22_090807_x_._HP__M_5_d_2_01.jpg");
    output_free(o);
    free(jpeg.data);
}

static void test_missing_extension_is_that_of_what_came(void **state)
{
    struct bytes png = sample_png(8, 8);
    struct output *o = open_output(none, *state, "scan.v2");
    assert_int_equal(send_page(o, png, 4096), 0);
    assert_string_equal(output_file_name(o, 0), "scan.v2.png");
    output_free(o);
    assert_file_is(*state, "scan.v2.png", png);
    free(png.data);
}

static void test_name_taken_during_the_scan_is_not_overwritten(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct output *o = open_output(none, *state, "scan.jpg");
    file_write(*state, "scan.jpg", "mine");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_string_equal(output_file_name(o, 0), "scan-2.jpg");
    output_free(o);
    assert_file_is(*state, "scan.jpg", (struct bytes){(uint8_t *)"mine", 4});
    assert_file_is(*state, "scan-2.jpg", jpeg);
    free(jpeg.data);
}

static void test_force_overwrites(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    file_write(*state, "scan.jpg", "mine");
    struct output *o = open_output((struct output_options){.force = true}, *state, "scan.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    output_free(o);
    assert_file_is(*state, "scan.jpg", jpeg);
    free(jpeg.data);
}

static void test_abort_removes_temporaries_and_keeps_pages(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    struct output *o = open_output(none, *state, "p-%d.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    assert_int_equal(output_page_begin(o), 0);
    assert_int_equal(output_page_write(o, jpeg.data, 100), 0);
    assert_int_equal(file_count(*state), 2);
    output_abort(o);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    assert_file_is(*state, "p-1.jpg", jpeg);
    o = open_output(none, *state, "all.pdf");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    output_abort(o);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    free(jpeg.data);
}

static void test_stdout_takes_one_whole_page(void **state)
{
    struct bytes jpeg = sample_jpeg(16, 16, 0);
    char path[600];
    strcpy(path, *state);
    strcat(path, "/out");
    int keep = dup(STDOUT_FILENO);
    assert_non_null(freopen(path, "w", stdout));
    setenv("TMPDIR", *state, 1);
    struct output *o = open_output(none, NULL, "-");
    int cut = send_page(o, (struct bytes){jpeg.data, jpeg.len - 9}, 99);
    int whole = send_page(o, jpeg, 99), second = output_page_begin(o);
    output_free(o);
    unsetenv("TMPDIR");
    fflush(stdout);
    dup2(keep, STDOUT_FILENO);
    close(keep);
    assert_int_equal(cut, OUTPUT_E_TRUNCATED);
    assert_int_equal(whole, 0);
    assert_int_equal(second, OUTPUT_E_LIMIT);
    assert_file_is(*state, "out", jpeg);
    assert_int_equal(file_count(*state), 1);
    free(jpeg.data);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_jpeg_is_passed_through_untouched),
        CASE(test_finished_file_has_the_mode_of_the_umask),
        CASE(test_padding_after_the_end_marker_is_allowed),
        CASE(test_truncated_jpeg_never_has_its_name),
        CASE(test_truncated_jpeg_with_zeros_behind_is_refused),
        CASE(test_truncated_png_tiff_and_dib_are_refused),
        CASE(test_tiff_whose_last_strip_is_cut_is_refused),
        CASE(test_html_in_place_of_an_image_is_refused),
        CASE(test_noise_is_refused),
        CASE(test_zero_bytes_are_refused),
        CASE(test_page_whose_transfer_broke_is_dropped),
        CASE(test_page_limit),
        CASE(test_byte_limits),
        CASE(test_second_page_of_a_single_name_is_numbered),
        CASE(test_pattern_fields_are_filled_in),
        CASE(test_missing_extension_is_that_of_what_came),
        CASE(test_name_taken_during_the_scan_is_not_overwritten),
        CASE(test_force_overwrites),
        CASE(test_abort_removes_temporaries_and_keeps_pages),
        CASE(test_stdout_takes_one_whole_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
