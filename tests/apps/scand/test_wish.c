/* SPDX-License-Identifier: MIT */
/* What a scanner is asked for: the panel before the file, the file before the scanner's own, and
 * the nearest of what it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wsd-scand/wish.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const int32_t resolutions[] = {75, 150, 300, 600};
static const struct wsd_token all_colors[] = {
    {.value = WSD_SCAN_COLOR_BLACK_AND_WHITE1},
    {.value = WSD_SCAN_COLOR_GRAYSCALE8},
    {.value = WSD_SCAN_COLOR_RGB24},
};
static const struct wsd_token formats[] = {{.value = WSD_SCAN_FORMAT_JFIF},
                                           {.value = WSD_SCAN_FORMAT_PNG},
                                           {.value = WSD_SCAN_FORMAT_DIB}};

#define SOURCE                                                                                     \
    {                                                                                              \
        .optical_resolution = {.width = 600},                                                      \
        .resolutions = {.widths = resolutions,                                                     \
                        .n_widths = COUNT(resolutions),                                            \
                        .heights = resolutions,                                                    \
                        .n_heights = COUNT(resolutions)},                                          \
        .colors = all_colors, .n_colors = COUNT(all_colors),                                       \
        .minimum_size = {.width = 100, .height = 100},                                             \
        .maximum_size = {.width = 8500, .height = 11700},                                          \
    }

static struct wsd_scan_source platen;
static struct wsd_scan_adf adf;
static struct wsd_scan_configuration configuration;

/* -- the default ticket: the feeder, gray, 150 dpi */

static const struct wsd_scan_ticket_token own_source = {
    .value = {.value = WSD_SCAN_INPUT_SOURCE_ADF}};
static const struct wsd_scan_ticket_token own_color = {
    .value = {.value = WSD_SCAN_COLOR_GRAYSCALE8}};
static const struct wsd_scan_ticket_token own_content = {
    .value = {.value = WSD_SCAN_CONTENT_TYPE_TEXT}};
static const struct wsd_scan_resolution own_resolution = {.width = 150};
static const struct wsd_scan_media_sides own_sides = {
    .media_front = {.color_processing = &own_color, .resolution = &own_resolution}};
static const struct wsd_scan_document_parameters own_parameters = {
    .input_source = &own_source, .content_type = &own_content, .media_sides = &own_sides};
static const struct wsd_scan_ticket own_ticket = {.document_parameters = &own_parameters};

static struct scan_abilities has;
static struct config_destination destination;
static struct wish wish;
static const char *why;

static int begin(void **state)
{
    static const struct wsd_scan_source source = SOURCE;

    (void)state;
    platen = source;
    adf = (struct wsd_scan_adf){.adf_supports_duplex = true, .adf_front = source};
    configuration = (struct wsd_scan_configuration){
        .device_settings = {.formats_supported = formats,
                            .n_formats_supported = COUNT(formats),
                            .compression_quality_factor_supported = {.min_value = 10,
                                                                     .max_value = 90},
                            .brightness_supported = true},
        .platen = &platen,
        .adf = &adf};
    destination = (struct config_destination){
        .name = (char *)(uintptr_t) "Desk", .brightness = CONFIG_UNSET, .contrast = CONFIG_UNSET};
    return 0;
}

static void make(int panel)
{
    has = (struct scan_abilities){.configuration = &configuration, .default_ticket = &own_ticket};
    scan_abilities_gather(&has);
    why = NULL;
    assert_int_equal(wish_make(&destination, &has, panel, "desk", &wish, &why), 0);
    assert_null(why);
}

static int refused(void)
{
    has = (struct scan_abilities){.configuration = &configuration};
    scan_abilities_gather(&has);
    return wish_make(&destination, &has, 0, "desk", &wish, &why);
}

/* -- precedence ---------------------------------------------------------------------------------
 */

static void test_the_panel_wins_over_the_file(void **state)
{
    (void)state;
    destination.source = WSD_SCAN_INPUT_SOURCE_PLATEN;
    make(WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX);
    assert_int_equal(wish.parameters.input_source->value.value, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX);
}

static void test_the_file_wins_over_the_default_ticket(void **state)
{
    (void)state;
    destination.source = WSD_SCAN_INPUT_SOURCE_PLATEN;
    destination.mode = WSD_SCAN_COLOR_RGB24;
    destination.resolution = 600;
    make(0);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_PLATEN);
    assert_int_equal(wish.settings.color, WSD_SCAN_COLOR_RGB24);
    assert_int_equal(wish.settings.dpi_x, 600);
}

static void test_where_nobody_says_anything_the_default_ticket_does(void **state)
{
    (void)state;
    make(0);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_ADF);
    assert_int_equal(wish.settings.color, WSD_SCAN_COLOR_GRAYSCALE8);
    assert_int_equal(wish.settings.dpi_x, 150);
    assert_false(wish.settings.has_quality);
    assert_false(wish.settings.has_exposure);
    assert_true(wish.settings.whole);
}

static void test_without_a_default_ticket_the_first_source_in_color(void **state)
{
    (void)state;
    assert_int_equal(refused(), 0);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_PLATEN);
    assert_int_equal(wish.settings.color, WSD_SCAN_COLOR_RGB24);
    assert_int_equal(wish.settings.dpi_x, 300);
    assert_string_equal(wish.settings.job_name, "Desk");
    assert_string_equal(wish.settings.user, "desk");
}

static void test_what_nobody_chose_stays_as_the_scanner_has_it(void **state)
{
    (void)state;
    make(0);
    assert_ptr_equal(wish.parameters.content_type, &own_content);
    assert_ptr_equal(wish.ticket.document_parameters, &wish.parameters);
    assert_non_null(wish.parameters.format);
}

/* -- the nearest --------------------------------------------------------------------------------
 */

static void test_a_source_that_is_missing_falls_back(void **state)
{
    (void)state;
    adf.adf_supports_duplex = false;
    make(WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_ADF);
    configuration.adf = NULL;
    destination.source = WSD_SCAN_INPUT_SOURCE_PLATEN;
    make(WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_PLATEN);
    destination.source = WSD_SCAN_INPUT_SOURCE_FILM;
    make(0);
    assert_int_equal(wish.settings.source->source, WSD_SCAN_INPUT_SOURCE_PLATEN);
}

static void test_the_nearest_resolution_is_taken(void **state)
{
    static const int wanted[][2] = {{50, 75},   {110, 75},  {115, 150}, {300, 300},
                                    {400, 300}, {500, 600}, {9600, 600}};

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        destination.resolution = wanted[i][0];
        make(0);
        assert_int_equal(wish.settings.dpi_x, wanted[i][1]);
        assert_int_equal(wish.settings.dpi_y, wanted[i][1]);
    }
}

static void test_a_scanner_that_names_no_resolution_is_asked_for_that_of_its_sensor(void **state)
{
    (void)state;
    platen.resolutions = (struct wsd_scan_resolutions){0};
    destination.source = WSD_SCAN_INPUT_SOURCE_PLATEN;
    destination.resolution = 240;
    make(0);
    assert_int_equal(wish.settings.dpi_x, 600);
}

static void test_the_nearest_mode_is_taken(void **state)
{
    (void)state;
    destination.source = WSD_SCAN_INPUT_SOURCE_PLATEN;
    destination.mode = WSD_SCAN_COLOR_RGB24;
    platen.n_colors = 2;
    make(0);
    assert_int_equal(wish.settings.color, WSD_SCAN_COLOR_GRAYSCALE8);
    destination.mode = WSD_SCAN_COLOR_BLACK_AND_WHITE1;
    platen.colors = all_colors + 1;
    make(0);
    assert_int_equal(wish.settings.color, WSD_SCAN_COLOR_GRAYSCALE8);
}

static void test_paper_is_fitted_to_the_glass(void **state)
{
    (void)state;
    destination.source = WSD_SCAN_INPUT_SOURCE_PLATEN;
    destination.paper_width = 148;
    destination.paper_height = 210;
    make(0);
    assert_false(wish.settings.whole);
    assert_int_equal(wish.settings.width, 5827);
    assert_int_equal(wish.settings.height, 8268);
    destination.paper_width = 297;
    destination.paper_height = 420;
    make(0);
    assert_int_equal(wish.settings.width, 8500);
    assert_int_equal(wish.settings.height, 11700);
    destination.paper_width = destination.paper_height = 0.1;
    make(0);
    assert_int_equal(wish.settings.width, 100);
    assert_int_equal(wish.settings.height, 100);
}

static void test_quality_is_kept_within_what_there_is(void **state)
{
    static const int wanted[][2] = {{1, 10}, {50, 50}, {100, 90}};

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        destination.quality = wanted[i][0];
        make(0);
        assert_true(wish.settings.has_quality);
        assert_int_equal(wish.settings.quality, wanted[i][1]);
    }
    configuration.device_settings.compression_quality_factor_supported = (struct wsd_scan_range){0};
    make(0);
    assert_false(wish.settings.has_quality);
}

static void test_exposure_is_asked_of_who_has_it(void **state)
{
    (void)state;
    destination.contrast = 300;
    make(0);
    assert_false(wish.settings.has_exposure);
    destination.brightness = -200;
    make(0);
    assert_true(wish.settings.has_exposure);
    assert_int_equal(wish.settings.brightness, -200);
    assert_int_equal(wish.settings.contrast, 0);
}

static void test_a_scanner_without_sources_or_formats_is_told(void **state)
{
    (void)state;
    configuration.platen = NULL;
    configuration.adf = NULL;
    assert_int_equal(refused(), -1);
    assert_non_null(strstr(why, "nothing to scan from"));
    configuration.platen = &platen;
    configuration.device_settings.n_formats_supported = 0;
    assert_int_equal(refused(), -1);
    assert_non_null(strstr(why, "no file format"));
}

static void test_the_shortest_ticket_has_nothing_of_the_scanners_own(void **state)
{
    (void)state;
    make(0);
    wish_remake(&wish, &has, true);
    assert_ptr_equal(wish.ticket.document_parameters, &wish.made.parameters);
    assert_null(wish.ticket.document_parameters->content_type);
}

static void test_names_for_the_job_have_no_control_characters(void **state)
{
    (void)state;
    destination.name = (char *)(uintptr_t) "a\nb\x1b[31m";
    make(0);
    assert_null(strchr(wish.settings.job_name, '\n'));
    assert_null(strchr(wish.settings.job_name, '\x1b'));
}

#define WISH_TEST(name) cmocka_unit_test_setup(test_##name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WISH_TEST(the_panel_wins_over_the_file),
        WISH_TEST(the_file_wins_over_the_default_ticket),
        WISH_TEST(where_nobody_says_anything_the_default_ticket_does),
        WISH_TEST(without_a_default_ticket_the_first_source_in_color),
        WISH_TEST(what_nobody_chose_stays_as_the_scanner_has_it),
        WISH_TEST(a_source_that_is_missing_falls_back),
        WISH_TEST(the_nearest_resolution_is_taken),
        WISH_TEST(a_scanner_that_names_no_resolution_is_asked_for_that_of_its_sensor),
        WISH_TEST(the_nearest_mode_is_taken),
        WISH_TEST(paper_is_fitted_to_the_glass),
        WISH_TEST(quality_is_kept_within_what_there_is),
        WISH_TEST(exposure_is_asked_of_who_has_it),
        WISH_TEST(a_scanner_without_sources_or_formats_is_told),
        WISH_TEST(the_shortest_ticket_has_nothing_of_the_scanners_own),
        WISH_TEST(names_for_the_job_have_no_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
