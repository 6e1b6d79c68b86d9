/* SPDX-License-Identifier: MIT */
/* What is known before the scanner moves: names, folders, conversions, room. */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct output_error error;

static int check(const char *folder, const char *pattern, struct output_options options)
{
    options.folder = folder;
    options.pattern = pattern;
    return output_check(&options, &error);
}

static void test_good_options_pass_and_leave_nothing_behind(void **state)
{
    assert_int_equal(check(*state, "scan.pdf", (struct output_options){0}), 0);
    assert_int_equal(check(*state, "p-%03d.jpg", (struct output_options){0}), 0);
    assert_int_equal(check(*state, "100%% {date} {time} {device} {page} {counter}.png",
                           (struct output_options){0}),
                     0);
    assert_int_equal(file_count(*state), 0);
}

static void test_pattern_with_slash_or_conversion_is_refused(void **state)
{
    static const char *const bad[] = {"a/b.jpg", "../x.jpg", "%s.jpg",  "%n",       "%*d", "%",
                                      "%0x",     "{user}",   ".hidden", "a\nb.jpg", "",    "%ld"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(check(*state, bad[i], (struct output_options){0}), OUTPUT_E_USAGE);
        assert_int_equal(error.code, OUTPUT_E_USAGE);
        assert_true(strlen(error.text) > 20);
    }
}

static void test_existing_file_is_refused_without_force(void **state)
{
    file_write(*state, "scan.pdf", "mine");
    assert_int_equal(check(*state, "scan.pdf", (struct output_options){0}), OUTPUT_E_EXISTS);
    assert_non_null(strstr(error.text, "--force"));
    assert_int_equal(check(*state, "scan.pdf", (struct output_options){.force = true}), 0);
    assert_file_is(*state, "scan.pdf", (struct bytes){(uint8_t *)"mine", 4});
}

static void test_existing_first_page_of_a_series_is_refused(void **state)
{
    file_write(*state, "page-001.jpg", "mine");
    assert_int_equal(check(*state, "page-%03d.jpg", (struct output_options){0}), OUTPUT_E_EXISTS);
}

static void test_extension_that_will_be_appended_is_looked_for(void **state)
{
    file_write(*state, "scan.png", "mine");
    struct output_options options = {.expected = SNIFF_PNG};
    assert_int_equal(check(*state, "scan", options), OUTPUT_E_EXISTS);
}

static void test_missing_folder_is_told(void **state)
{
    char path[600];
    snprintf(path, sizeof path, "%s/none", (const char *)*state);
    assert_int_equal(check(path, "scan.pdf", (struct output_options){0}), OUTPUT_E_UNWRITABLE);
    assert_non_null(strstr(error.text, "folder"));
}

static void test_file_in_place_of_the_folder_is_told(void **state)
{
    char path[600];
    file_write(*state, "file", "x");
    snprintf(path, sizeof path, "%s/file", (const char *)*state);
    assert_int_equal(check(path, "scan.pdf", (struct output_options){0}), OUTPUT_E_UNWRITABLE);
}

/* A folder in which even root makes no file. */
static void test_unwritable_folder_is_told(void **state)
{
    (void)state;
    if (access("/proc/self/fd", F_OK) != 0)
        skip();
    assert_int_equal(check("/proc/self/fd", "scan.pdf", (struct output_options){0}),
                     OUTPUT_E_UNWRITABLE);
}

static void test_scan_larger_than_the_disk_is_told(void **state)
{
    struct output_options options = {.expected_bytes = UINT64_C(1) << 60};
    assert_int_equal(check(*state, "scan.pdf", options), OUTPUT_E_DISK_FULL);
}

static void test_impossible_conversion_is_told(void **state)
{
    struct output_options options = {.expected = SNIFF_JPEG2000};
    assert_int_equal(check(*state, "scan.pdf", options), OUTPUT_E_CANNOT_CONVERT);
    options.expected = SNIFF_PDF;
    assert_int_equal(check(*state, "scan.jpg", options), OUTPUT_E_CANNOT_CONVERT);
    assert_int_equal(check(*state, "scan.pdf", options), 0);
}

static void test_kind_against_extension_is_refused(void **state)
{
    struct output_options options = {.kind = OUTPUT_PNG};
    assert_int_equal(check(*state, "scan.jpg", options), OUTPUT_E_USAGE);
    assert_int_equal(check(*state, "scan.PNG", options), 0);
}

static void test_path_is_split_into_folder_and_name(void **state)
{
    (void)state;
    char folder[16];
    const char *name = NULL;
    assert_int_equal(output_path_split("a/b.pdf", folder, sizeof folder, &name), 0);
    assert_string_equal(folder, "a");
    assert_string_equal(name, "b.pdf");
    assert_int_equal(output_path_split("/b.pdf", folder, sizeof folder, &name), 0);
    assert_string_equal(folder, "/");
    assert_int_equal(output_path_split("b.pdf", folder, sizeof folder, &name), 0);
    assert_string_equal(folder, ".");
    assert_int_equal(output_path_split("folder/", folder, sizeof folder, &name), -1);
    assert_int_equal(output_path_split("0123456789abcdef/x", folder, sizeof folder, &name), -1);
}

static void test_mime_type_with_parameters_is_known(void **state)
{
    (void)state;
    assert_int_equal(sniff_from_mime("Image/JPEG; q=1"), SNIFF_JPEG);
    assert_int_equal(sniff_from_mime("application/binary"), SNIFF_UNKNOWN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_good_options_pass_and_leave_nothing_behind),
        CASE(test_pattern_with_slash_or_conversion_is_refused),
        CASE(test_existing_file_is_refused_without_force),
        CASE(test_existing_first_page_of_a_series_is_refused),
        CASE(test_extension_that_will_be_appended_is_looked_for),
        CASE(test_missing_folder_is_told),
        CASE(test_file_in_place_of_the_folder_is_told),
        CASE(test_unwritable_folder_is_told),
        CASE(test_scan_larger_than_the_disk_is_told),
        CASE(test_impossible_conversion_is_told),
        CASE(test_kind_against_extension_is_refused),
        cmocka_unit_test(test_path_is_split_into_folder_and_name),
        cmocka_unit_test(test_mime_type_with_parameters_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
