/* SPDX-License-Identifier: MIT */
/*
 * Files that wait for their names, pages that are taken from a descriptor, and how files are to be.
 */
#include "support.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct told {
    const char *folder;
    unsigned takes, give_ups;
    int veto; /* the answer */
    char first[256];
    bool stands; /* a file had its name when it was told that names are about to be taken */
};

static int naming(void *user, const struct output *output, enum output_naming what)
{
    struct told *told = user;

    if (what == OUTPUT_NAMES_GIVE_UP) {
        told->give_ups++;
        return told->veto;
    }
    told->takes++;
    snprintf(told->first, sizeof told->first, "%s", output_file_name(output, 0));
    told->stands |= output_file_part(output, 0) == NULL;
    return told->veto;
}

static struct output *open_held(const char *folder, const char *pattern, struct told *told)
{
    return open_output(
        (struct output_options){
            .hold = true, .naming = naming, .user = told, .part_prefix = ".mine-"},
        folder, pattern);
}

static int take(struct output *output, const char *folder, struct bytes page)
{
    char path[600];

    snprintf(path, sizeof path, "%s/page", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, page.data, page.len), page.len);
    int r = output_page_take(output, fd);
    close(fd);
    unlink(path);
    return r;
}

static void test_names_are_taken_at_the_end_all_together(void **state)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct told told = {0};
    struct output *o = open_held(*state, "scan-%d.jpg", &told);

    assert_int_equal(take(o, *state, jpeg), 0);
    assert_int_equal(take(o, *state, jpeg), 0);
    assert_int_equal(told.takes, 0);
    assert_memory_equal(output_file_part(o, 0), ".mine-", 6);
    assert_int_equal(output_finish(o), 0);
    assert_int_equal(told.takes, 1);
    assert_false(told.stands);
    assert_null(output_file_part(o, 0));
    assert_file_is(*state, "scan-1.jpg", jpeg);
    assert_file_is(*state, "scan-2.jpg", jpeg);
    assert_int_equal(file_count(*state), 2);
    output_free(o);
    free(jpeg.data);
}

static void test_name_that_is_taken_is_told_anew(void **state)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct told told = {0};
    struct output *o = open_held(*state, "scan.jpg", &told);

    assert_int_equal(take(o, *state, jpeg), 0);
    file_write(*state, "scan.jpg", "mine");
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(told.first, "scan-2.jpg");
    assert_string_equal(output_file_name(o, 0), "scan-2.jpg");
    assert_int_equal(file_count(*state), 2);
    output_free(o);
    free(jpeg.data);
}

/* Who cannot record stops it, and then nothing is removed either. */
static void test_veto_stops_and_leaves_temporaries(void **state)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct told told = {.veto = -1};
    struct output *o = open_held(*state, "scan.jpg", &told);

    assert_int_equal(take(o, *state, jpeg), 0);
    assert_int_equal(output_finish(o), OUTPUT_E_IO);
    assert_int_equal(told.give_ups, 1);
    assert_int_equal(output_file_count(o), 0);
    output_free(o);
    assert_int_equal(file_count(*state), 1);
    assert_file_is(*state, ".mine-0.part", jpeg);
    free(jpeg.data);
}

static void test_aborted_leaves_nothing(void **state)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct told told = {0};
    struct output *o = open_held(*state, "scan-%d.jpg", &told);

    assert_int_equal(take(o, *state, jpeg), 0);
    output_free(o);
    assert_int_equal(told.takes + told.give_ups, 0);
    assert_int_equal(file_count(*state), 0);
    free(jpeg.data);
}

static void test_page_of_a_descriptor_is_as_one_that_streams(void **state)
{
    struct bytes dib = sample_dib(30, 20), cut = sample_jpeg(30, 30, 0);
    struct told told = {0};
    struct output *o = open_held(*state, "scan-%d", &told);

    cut.len -= 20;
    assert_int_equal(take(o, *state, (struct bytes){(uint8_t *)"", 0}), OUTPUT_E_TRUNCATED);
    assert_int_equal(take(o, *state, cut), OUTPUT_E_TRUNCATED);
    assert_int_equal(take(o, *state, (struct bytes){(uint8_t *)"<html>", 6}),
                     OUTPUT_E_NOT_AN_IMAGE);
    assert_int_equal(take(o, *state, dib), 0);
    assert_int_equal(output_finish(o), 0);
    assert_string_equal(output_file_name(o, 0), "scan-1.bmp");
    assert_int_equal(output_file_size(o, 0), dib.len + SNIFF_BMP_FILE_HEADER);
    output_free(o);
    free(dib.data);
    free(cut.data);
}

static void test_page_of_too_many_pixels_is_refused(void **state)
{
    struct bytes jpeg = sample_jpeg(100, 100, 0);
    struct output *o = open_output((struct output_options){.max_pixels = 9999}, *state, "a.jpg");

    assert_int_equal(send_page(o, jpeg, 4096), OUTPUT_E_LIMIT);
    output_free(o);
    o = open_output((struct output_options){.max_pixels = 10000}, *state, "a.jpg");
    assert_int_equal(send_page(o, jpeg, 4096), 0);
    output_free(o);
    free(jpeg.data);
    free(file_read(*state, "a.jpg").data);
    assert_int_equal(file_count(*state), 1);
}

static void test_mode_and_owner_are_as_asked(void **state)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct output_options options = {
        .set_mode = true, .mode = 0604, .set_owner = true, .owner = getuid(), .group = (gid_t)-1};
    struct output *o = open_output(options, *state, "a.jpg");
    char path[600];
    struct stat st;

    assert_int_equal(send_page(o, jpeg, 4096), 0);
    output_free(o);
    snprintf(path, sizeof path, "%s/a.jpg", (char *)*state);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);
    assert_int_equal(st.st_uid, getuid());
    free(jpeg.data);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_names_are_taken_at_the_end_all_together),
        CASE(test_name_that_is_taken_is_told_anew),
        CASE(test_veto_stops_and_leaves_temporaries),
        CASE(test_aborted_leaves_nothing),
        CASE(test_page_of_a_descriptor_is_as_one_that_streams),
        CASE(test_page_of_too_many_pixels_is_refused),
        CASE(test_mode_and_owner_are_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
