/* SPDX-License-Identifier: MIT */
/* Which destinations a panel offers, how they are called, and what tells them apart. */
#include "lines_support.h"

#include <unistd.h>

static char folder[] = "/tmp/wsd-lines-XXXXXX";
static struct state *state_kept;
static struct scanner_line *lines;
static size_t n_lines;

static void made(const char *text)
{
    play(good(text), state_kept);
    assert_int_equal(lines_make(&scanner, &lines, &n_lines), 0);
}

static void again(void)
{
    lines_free(lines, n_lines);
    assert_int_equal(lines_make(&scanner, &lines, &n_lines), 0);
}

static void done(void)
{
    lines_free(lines, n_lines);
    config_release(scand.config);
}

static void assert_offered(const char *wanted)
{
    char text[256] = "";

    for (size_t i = 0; i < n_lines; i++) {
        strcat(text, i ? "," : "");
        strcat(text, lines[i].destination);
    }
    assert_string_equal(text, wanted);
}

#define THREE "destination A { }\ndestination B { }\ndestination C { }\n"

static void test_all_are_offered_in_the_order_of_the_file(void **state)
{
    (void)state;
    made(THREE);
    assert_offered("A,B,C");
    done();
}

static void test_a_section_of_the_scanner_names_the_only_ones(void **state)
{
    (void)state;
    made(THREE "scanner Office { destinations = { C, A } }");
    assert_offered("A,B,C");
    scanner.configured = (char *)(uintptr_t) "Office";
    again();
    assert_offered("A,C");
    done();
}

static void test_a_destination_names_its_scanners_in_any_way(void **state)
{
    static const char *const words[] = {
        "Office",  "office mfp", "MFP",
        "Model 5", "192.0.2.7",  "urn:uuid:00000000-0000-4000-8000-00000000000A"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(text, sizeof text, "destination A { scanners = { x, \"%s\" } }", words[i]);
        made(text);
        assert_offered("A");
        done();
    }
    made("destination A { scanners = { Cellar, \"192.0.2.70\" } }");
    assert_offered("");
    done();
}

static void test_contexts_differ_by_destination_and_scanner_and_stay(void **state)
{
    char first[SCAND_CONTEXT];

    (void)state;
    made(THREE);
    assert_string_not_equal(lines[0].context, lines[1].context);
    assert_string_not_equal(lines[1].context, lines[2].context);
    strcpy(first, lines[0].context);
    again();
    assert_string_equal(lines[0].context, first);
    scanner.endpoint = (char *)(uintptr_t) "urn:uuid:00000000-0000-4000-8000-00000000000b";
    again();
    assert_string_not_equal(lines[0].context, first);
    done();
}

static void test_equality_is_by_context_and_what_is_shown(void **state)
{
    struct scanner_line *other;
    size_t n_other;

    (void)state;
    made(THREE);
    other = lines;
    n_other = n_lines;
    assert_int_equal(lines_make(&scanner, &lines, &n_lines), 0);
    assert_true(lines_equal(lines, n_lines, other, n_other));
    assert_false(lines_equal(lines, n_lines, other, n_other - 1));
    free(other[1].shown);
    other[1].shown = strdup("another");
    assert_false(lines_equal(lines, n_lines, other, n_other));
    lines_free(other, n_other);
    done();
}

static void test_a_long_name_fits_the_context_and_the_panel(void **state)
{
    char text[512];

    (void)state;
    snprintf(text, sizeof text, "host = \"%s\" destination \"%s\" { }",
             "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
             "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    made(text);
    assert_int_equal(n_lines, 1);
    assert_true(strlen(lines[0].context) < SCAND_CONTEXT - 1);
    assert_true(strlen(lines[0].shown) <= 255);
    done();
}

static void test_a_fixed_scanner_that_is_not_known_yet_has_contexts_too(void **state)
{
    (void)state;
    made(THREE);
    scanner.endpoint = (char *)(uintptr_t) "";
    scanner.address = (char *)(uintptr_t) "192.0.2.7";
    again();
    assert_non_null(strstr(lines[0].context, "192.0.2.7"));
    done();
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(folder) && state_open(folder, &state_kept) == 0 ? 0 : -1;
}

static int end(void **state)
{
    char path[64];

    (void)state;
    state_free(state_kept);
    snprintf(path, sizeof path, "%s/state.json", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_offered_in_the_order_of_the_file),
        cmocka_unit_test(test_a_section_of_the_scanner_names_the_only_ones),
        cmocka_unit_test(test_a_destination_names_its_scanners_in_any_way),
        cmocka_unit_test(test_contexts_differ_by_destination_and_scanner_and_stay),
        cmocka_unit_test(test_equality_is_by_context_and_what_is_shown),
        cmocka_unit_test(test_a_long_name_fits_the_context_and_the_panel),
        cmocka_unit_test(test_a_fixed_scanner_that_is_not_known_yet_has_contexts_too),
    };

    setenv("HOME", "/home-of-test", 1);
    return cmocka_run_group_tests(tests, begin, end);
}
