/* SPDX-License-Identifier: MIT */
/* Merging and checking tickets (WS-Scan 4.3 to 4.6), step by step, without a service. */
#include "test_service_support.h"

#define W(name, value)  "<wscn:" name ">" value "</wscn:" name ">"
#define WM(name, value) "<wscn:" name " wscn:MustHonor=\"true\">" value "</wscn:" name ">"
#define FRONT(content)                                                                             \
    "<wscn:MediaSides><wscn:MediaFront>" content "</wscn:MediaFront></wscn:MediaSides>"
#define DPI(w, h) W("Resolution", W("Width", w) W("Height", h))
#define REGION(x, y, w, h)                                                                         \
    W("ScanRegion", W("ScanRegionXOffset", x) W("ScanRegionYOffset", y) W("ScanRegionWidth", w)    \
                        W("ScanRegionHeight", h))

static struct wsd__scan_plan plan;

/* Settles a ticket with these DocumentParameters; the plan's words live with the last answer. */
static const struct wsd_scan_final_parameters *settle_ticket(void **state, const char *parameters)
{
    struct bench *bench = *state;
    char message[8192];
    struct wsd_error error = {0};
    const struct wsd_scan_body *body;

    bench_forget(bench);
    snprintf(message, sizeof message,
             HEAD_START "</soap:Header><soap:Body><wscn:ValidateScanTicketRequest>"
                        "<wscn:ScanTicket><wscn:JobDescription><wscn:JobName>J</wscn:JobName>"
                        "<wscn:JobOriginatingUserName>U</wscn:JobOriginatingUserName>"
                        "</wscn:JobDescription><wscn:DocumentParameters>%s"
                        "</wscn:DocumentParameters></wscn:ScanTicket>"
                        "</wscn:ValidateScanTicketRequest></soap:Body></soap:Envelope>",
             parameters);
    if (wsd__envelope_decode(bench->context, &wsd__type_scan_body, message, strlen(message),
                             WSD__QUIRKS_DEFAULT, &bench->answer, &error) != 0)
        fail_msg("%s: %s", error.path, error.message);
    body = bench->answer->body;
    wsd__scan_plan_make(&bench->service->capabilities,
                        &body->validate_scan_ticket_request->scan_ticket, &plan);
    return &plan.final_;
}

static bool flag(const bool *value)
{
    return value && *value;
}

#define ASKED(leaf)                                                                                \
    do {                                                                                           \
        assert_false(flag((leaf).override_));                                                      \
        assert_false(flag((leaf).used_default));                                                   \
    } while (0)
#define OVERRIDDEN(leaf)                                                                           \
    do {                                                                                           \
        assert_true(flag((leaf).override_));                                                       \
        assert_false(flag((leaf).used_default));                                                   \
    } while (0)
#define DEFAULTED(leaf)                                                                            \
    do {                                                                                           \
        assert_false(flag((leaf).override_));                                                      \
        assert_true(flag((leaf).used_default));                                                    \
    } while (0)

static void test_empty_ticket_is_the_default_ticket(void **state)
{
    const struct wsd_scan_final_parameters *f = settle_ticket(state, "");

    assert_int_equal(plan.adjusted, 0);
    assert_int_equal(f->format.value.value, WSD_SCAN_FORMAT_EXIF);
    DEFAULTED(f->format);
    assert_int_equal(f->compression_quality_factor.value, 80);
    DEFAULTED(f->compression_quality_factor);
    assert_int_equal(f->images_to_transfer.value, 1);
    assert_int_equal(f->input_source.value.value, WSD_SCAN_INPUT_SOURCE_PLATEN);
    assert_null(f->film_scan_mode);
    assert_int_equal(f->content_type.value.value, WSD_SCAN_CONTENT_TYPE_AUTO);
    assert_int_equal(f->input_size.input_media_size.height.value, 11700);
    DEFAULTED(f->input_size.input_media_size.width);
    assert_int_equal(f->exposure.exposure_settings.brightness.value, 7);
    DEFAULTED(f->exposure.exposure_settings.sharpness);
    assert_int_equal(f->scaling.scaling_width.value, 100);
    assert_int_equal(f->rotation.value.value, WSD_SCAN_ROTATION_0);
    assert_int_equal(f->media_sides.media_front.scan_region.scan_region_width.value, 4000);
    DEFAULTED(f->media_sides.media_front.scan_region.scan_region_x_offset);
    assert_int_equal(f->media_sides.media_front.resolution.height.value, 300);
    DEFAULTED(f->media_sides.media_front.color_processing);
    assert_null(f->media_sides.media_back);
}

static void test_what_is_asked_for_and_offered_is_used(void **state)
{
    const struct wsd_scan_final_parameters *f =
        settle_ticket(state, W("Format", "png") W("ContentType", "Text") W("Rotation", "90")
                                 FRONT(REGION("10", "20", "3000", "5000")
                                           W("ColorProcessing", "Grayscale8") DPI("150", "600")));

    assert_int_equal(plan.adjusted, 0);
    ASKED(f->format);
    ASKED(f->content_type);
    ASKED(f->rotation);
    ASKED(f->media_sides.media_front.scan_region.scan_region_x_offset);
    ASKED(f->media_sides.media_front.color_processing);
    assert_int_equal(f->media_sides.media_front.resolution.width.value, 150);
    assert_int_equal(f->media_sides.media_front.resolution.height.value, 600);
    ASKED(f->media_sides.media_front.resolution.width);
}

static void test_format_that_is_not_offered_is_noted_whatever_must_honor_says(void **state)
{
    settle_ticket(state, W("Format", "jpeg2k"));
    assert_true(plan.bad_format);
    OVERRIDDEN(plan.final_.format);
    assert_int_equal(plan.final_.format.value.value, WSD_SCAN_FORMAT_EXIF);
    settle_ticket(state, W("Format", "x:vendor"));
    assert_true(plan.bad_format);
}

static void test_nearest_resolution_is_substituted(void **state)
{
    const struct wsd_scan_final_parameters *f = settle_ticket(state, FRONT(DPI("350", "100")));

    assert_int_equal(f->media_sides.media_front.resolution.width.value, 300);
    OVERRIDDEN(f->media_sides.media_front.resolution.width);
    assert_int_equal(f->media_sides.media_front.resolution.height.value, 75);
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 1);
    f = settle_ticket(state, FRONT(DPI("450", "1000000"))); /* in the middle: the finer one */
    assert_int_equal(f->media_sides.media_front.resolution.width.value, 600);
    assert_int_equal(f->media_sides.media_front.resolution.height.value, 600);
}

static void test_resolution_without_height_is_square(void **state)
{
    const struct wsd_scan_final_parameters *f =
        settle_ticket(state, FRONT(W("Resolution", W("Width", "600"))));

    assert_int_equal(f->media_sides.media_front.resolution.height.value, 600);
    assert_int_equal(plan.adjusted, 0);
}

static void test_value_that_must_be_honored_is_rejected_by_name(void **state)
{
    static const struct {
        const char *parameters, *name;
    } cases[] = {
        {FRONT(WM("Resolution", W("Width", "350"))), "Resolution"},
        {FRONT(WM("ColorProcessing", "RGBa64")), "ColorProcessing"},
        {WM("ContentType", "Photo"), "ContentType"},
        {WM("InputSource", "Cupboard"), "InputSource"},
        {WM("Scaling", W("ScalingWidth", "300") W("ScalingHeight", "100")), "Scaling"},
        {WM("CompressionQualityFactor", "100"), "CompressionQualityFactor"},
        {WM("ImagesToTransfer", "3") WM("InputSource", "Platen"), "ImagesToTransfer"},
        {WM("InputSize", W("InputMediaSize", W("Width", "9000") W("Height", "1000"))), "InputSize"},
        {FRONT(W("ScanRegion", WM("ScanRegionWidth", "9000") W("ScanRegionHeight", "500"))),
         "ScanRegionWidth"},
        {W("Format", "png") WM("CompressionQualityFactor", "50"), "CompressionQualityFactor"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        settle_ticket(state, cases[i].parameters);
        if (!plan.rejected || strcmp(plan.rejected, cases[i].name) != 0)
            fail_msg("%s: %s", cases[i].name, plan.rejected ? plan.rejected : "-");
        assert_false(plan.conflict);
    }
}

static void test_same_values_without_must_honor_are_substituted(void **state)
{
    const struct wsd_scan_final_parameters *f =
        settle_ticket(state, W("CompressionQualityFactor", "100") W("ImagesToTransfer", "3")
                                 W("InputSource", "Cupboard") W("ContentType", "Photo")
                                     W("Scaling", W("ScalingWidth", "300") W("ScalingHeight", "10"))
                                         FRONT(W("ColorProcessing", "RGBa64")));

    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 6);
    assert_int_equal(f->compression_quality_factor.value, 90);
    assert_int_equal(f->images_to_transfer.value, 1);
    assert_int_equal(f->input_source.value.value, WSD_SCAN_INPUT_SOURCE_PLATEN);
    assert_int_equal(f->content_type.value.value, WSD_SCAN_CONTENT_TYPE_AUTO);
    assert_int_equal(f->scaling.scaling_width.value, 200);
    assert_int_equal(f->scaling.scaling_height.value, 50);
    assert_int_equal(f->media_sides.media_front.color_processing.value.value, WSD_SCAN_COLOR_RGB24);
    OVERRIDDEN(f->media_sides.media_front.color_processing);
}

static void test_source_and_resolution_that_exclude_each_other(void **state)
{
    const char *const both = WM("InputSource", "ADF") FRONT(WM("Resolution", W("Width", "600")));

    settle_ticket(state, both);
    assert_true(plan.conflict);
    /* The source need not be honoured: the platen has the resolution. */
    settle_ticket(state, W("InputSource", "ADF") FRONT(WM("Resolution", W("Width", "600"))));
    assert_false(plan.conflict);
    assert_null(plan.rejected);
    assert_int_equal(plan.final_.input_source.value.value, WSD_SCAN_INPUT_SOURCE_PLATEN);
    OVERRIDDEN(plan.final_.input_source);
    /* Neither need: the resolution gives way. */
    settle_ticket(state, W("InputSource", "ADF") FRONT(W("Resolution", W("Width", "600"))));
    assert_int_equal(plan.final_.input_source.value.value, WSD_SCAN_INPUT_SOURCE_ADF);
    assert_int_equal(plan.final_.media_sides.media_front.resolution.width.value, 300);
}

static void test_format_and_color_that_exclude_each_other(void **state)
{
    settle_ticket(state, W("Format", "tiff-single-g4") FRONT(WM("ColorProcessing", "RGB24")));
    assert_true(plan.conflict);
    settle_ticket(state, W("Format", "tiff-single-g4") FRONT(W("ColorProcessing", "RGB24")));
    assert_null(plan.rejected);
    assert_int_equal(plan.final_.media_sides.media_front.color_processing.value.value,
                     WSD_SCAN_COLOR_BLACK_AND_WHITE1);
    settle_ticket(state, W("Format", "tiff-single-g4") WM("InputSource", "Film"));
    assert_true(plan.conflict);
    /* A format that was left open follows the colour. */
    settle_ticket(state, FRONT(WM("ColorProcessing", "BlackAndWhite1")));
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 0);
    assert_int_equal(plan.final_.format.value.value, WSD_SCAN_FORMAT_PNG);
}

static void test_color_words_in_any_case(void **state)
{
    settle_ticket(state, FRONT(WM("ColorProcessing", "GrayScale8")));
    assert_null(plan.rejected);
    assert_int_equal(plan.final_.media_sides.media_front.color_processing.value.value,
                     WSD_SCAN_COLOR_GRAYSCALE8);
}

static void test_quality_of_a_lossless_format_is_ignored(void **state)
{
    settle_ticket(state, W("Format", "png") W("CompressionQualityFactor", "50"));
    assert_int_equal(plan.final_.compression_quality_factor.value, 100);
    OVERRIDDEN(plan.final_.compression_quality_factor);
    assert_int_equal(plan.adjusted, 0);
    /* All of the quality is what it has, whoever insists. */
    settle_ticket(state, W("Format", "png") WM("CompressionQualityFactor", "100"));
    assert_null(plan.rejected);
    ASKED(plan.final_.compression_quality_factor);
    assert_int_equal(plan.adjusted, 0);
}

static void test_zero_images_of_the_platen_are_one(void **state)
{
    settle_ticket(state, WM("ImagesToTransfer", "0"));
    assert_int_equal(plan.final_.images_to_transfer.value, 1);
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 0);
    settle_ticket(state, W("ImagesToTransfer", "0") W("InputSource", "ADF"));
    assert_int_equal(plan.final_.images_to_transfer.value, 0);
    ASKED(plan.final_.images_to_transfer);
}

static void test_film_mode_belongs_to_film(void **state)
{
    settle_ticket(state, W("InputSource", "Film") W("FilmScanMode", "ColorNegativeFilm"));
    assert_non_null(plan.final_.film_scan_mode);
    assert_int_equal(plan.final_.film_scan_mode->value.value,
                     WSD_SCAN_FILM_SCAN_MODE_COLOR_NEGATIVE_FILM);
    settle_ticket(state, W("InputSource", "Film"));
    assert_int_equal(plan.final_.film_scan_mode->value.value,
                     WSD_SCAN_FILM_SCAN_MODE_COLOR_SLIDE_FILM);
    DEFAULTED(*plan.final_.film_scan_mode);
    settle_ticket(state, W("InputSource", "Platen") W("FilmScanMode", "NotApplicable"));
    assert_int_equal(plan.adjusted, 0);
    settle_ticket(state, W("InputSource", "Platen") W("FilmScanMode", "ColorSlideFilm"));
    assert_null(plan.final_.film_scan_mode);
    assert_int_equal(plan.adjusted, 1);
    settle_ticket(state, WM("InputSource", "Platen") WM("FilmScanMode", "ColorSlideFilm"));
    assert_non_null(plan.rejected);
}

static void test_duplex_back_is_the_front_until_it_says_otherwise(void **state)
{
    const struct wsd_scan_final_parameters *f =
        settle_ticket(state, W("InputSource", "ADFDuplex") FRONT(REGION("0", "0", "5000", "6000") W(
                                 "ColorProcessing", "Grayscale8") DPI("150", "150")));

    assert_non_null(f->media_sides.media_back);
    assert_int_equal(f->media_sides.media_back->scan_region.scan_region_width.value, 5000);
    assert_int_equal(f->media_sides.media_back->resolution.width.value, 150);
    assert_int_equal(f->media_sides.media_back->color_processing.value.value,
                     WSD_SCAN_COLOR_GRAYSCALE8);
    f = settle_ticket(state, W("InputSource", "ADFDuplex")
                                 W("MediaSides", W("MediaFront", W("ColorProcessing", "Grayscale8")
                                                                     DPI("150", "150"))
                                                     W("MediaBack", DPI("75", "75"))));
    assert_int_equal(f->media_sides.media_back->resolution.width.value, 75);
    assert_int_equal(f->media_sides.media_back->color_processing.value.value,
                     WSD_SCAN_COLOR_GRAYSCALE8);
}

static void test_back_side_without_duplex_is_ignored(void **state)
{
    const char *const sides = W("MediaFront", "") W("MediaBack", DPI("75", "75"));
    char ticket[1024];

    snprintf(ticket, sizeof ticket, "<wscn:MediaSides>%s</wscn:MediaSides>", sides);
    settle_ticket(state, ticket);
    assert_null(plan.final_.media_sides.media_back);
    assert_true(plan.drop_back);
    assert_int_equal(plan.adjusted, 1);
    assert_null(plan.rejected);
}

static void test_region_that_is_too_large_is_clipped(void **state)
{
    const struct wsd_scan_final_region *r;

    settle_ticket(state, FRONT(REGION("500", "1000", "8500", "11700")));
    r = &plan.final_.media_sides.media_front.scan_region;
    assert_int_equal(r->scan_region_x_offset.value, 500);
    ASKED(r->scan_region_x_offset);
    assert_int_equal(r->scan_region_width.value, 8000);
    OVERRIDDEN(r->scan_region_width);
    assert_int_equal(r->scan_region_height.value, 10700);
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 2);
}

static void test_region_outside_the_glass_is_rejected(void **state)
{
    settle_ticket(state, FRONT(REGION("8500", "0", "100", "200")));
    assert_string_equal(plan.rejected, "ScanRegion");
    settle_ticket(state, FRONT(REGION("0", "11700", "100", "200")));
    assert_string_equal(plan.rejected, "ScanRegion");
    settle_ticket(state, FRONT(REGION("8400", "11500", "100", "200"))); /* touches the corner */
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 0);
}

static void test_region_below_the_least_is_enlarged_inwards(void **state)
{
    const struct wsd_scan_final_region *r;

    settle_ticket(state, FRONT(REGION("8450", "0", "50", "200")));
    r = &plan.final_.media_sides.media_front.scan_region;
    assert_int_equal(r->scan_region_width.value, 100);
    assert_int_equal(r->scan_region_x_offset.value, 8400);
    OVERRIDDEN(r->scan_region_x_offset);
}

static void test_sizes_of_zero_mean_the_maximum(void **state)
{
    settle_ticket(state, W("InputSize", W("InputMediaSize", W("Width", "0") W("Height", "0")))
                             FRONT(REGION("100", "0", "0", "0")));
    assert_int_equal(plan.final_.input_size.input_media_size.width.value, 8500);
    assert_int_equal(plan.final_.media_sides.media_front.scan_region.scan_region_width.value, 8400);
    assert_int_equal(plan.final_.media_sides.media_front.scan_region.scan_region_height.value,
                     11700);
    assert_int_equal(plan.adjusted, 0);
}

static void test_original_without_region_is_scanned_whole(void **state)
{
    const struct wsd_scan_final_region *r;

    settle_ticket(state,
                  W("InputSize", W("InputMediaSize", W("Width", "5000") W("Height", "7000"))));
    r = &plan.final_.media_sides.media_front.scan_region;
    assert_int_equal(r->scan_region_width.value, 5000);
    assert_int_equal(r->scan_region_height.value, 7000);
    DEFAULTED(r->scan_region_width);
}

static void test_automatic_size_is_the_maximum_until_found(void **state)
{
    settle_ticket(state,
                  W("InputSource", "ADF") W("InputSize", W("DocumentSizeAutoDetect", "true")));
    assert_int_equal(plan.final_.input_size.input_media_size.height.value, 14000);
    assert_int_equal(plan.adjusted, 0);
    assert_int_equal(plan.final_.media_sides.media_front.scan_region.scan_region_height.value,
                     14000);
}

static void test_automatic_exposure_is_the_default_one(void **state)
{
    settle_ticket(state, W("Exposure", W("AutoExposure", "true")));
    assert_int_equal(plan.final_.exposure.exposure_settings.brightness.value, 7);
    DEFAULTED(plan.final_.exposure.exposure_settings.brightness);
    assert_int_equal(plan.adjusted, 0);
    settle_ticket(state, W("Exposure",
                           W("ExposureSettings", W("Contrast", "-1000") W("Brightness", "1000"))));
    assert_int_equal(plan.final_.exposure.exposure_settings.contrast.value, -1000);
    assert_int_equal(plan.final_.exposure.exposure_settings.brightness.value, 1000);
    DEFAULTED(plan.final_.exposure.exposure_settings.sharpness);
}

/* A scanner that can do less. */
static void with_less(void **state, const char *parameters)
{
    struct bench *bench = *state;
    static struct wsd_scan_configuration less;
    static struct wsd_scan_adf simplex;
    const struct wsd_scan_configuration *whole = bench->service->capabilities.configuration;

    less = bench_configuration;
    simplex = bench_adf;
    simplex.adf_supports_duplex = false;
    simplex.adf_back = NULL;
    less.adf = &simplex;
    less.film = NULL;
    less.device_settings.document_size_auto_detect_supported = false;
    less.device_settings.auto_exposure_supported = false;
    less.device_settings.brightness_supported = false;
    less.device_settings.n_rotations_supported = 2;
    bench->service->capabilities.configuration = &less;
    settle_ticket(state, parameters);
    bench->service->capabilities.configuration = whole;
}

static void test_features_that_are_not_there_are_ignored_or_refused(void **state)
{
    with_less(state, W("InputSize", W("DocumentSizeAutoDetect", "true")));
    assert_true(plan.drop_auto_size);
    assert_int_equal(plan.adjusted, 1);
    assert_int_equal(plan.final_.input_size.input_media_size.width.value, 8500);
    with_less(state, WM("InputSize", W("DocumentSizeAutoDetect", "true")));
    assert_string_equal(plan.rejected, "InputSize");
    with_less(state, WM("Exposure", W("AutoExposure", "true")));
    assert_string_equal(plan.rejected, "Exposure");
    with_less(state, W("Exposure", W("ExposureSettings", W("Brightness", "5"))));
    assert_int_equal(plan.final_.exposure.exposure_settings.brightness.value, 0);
    OVERRIDDEN(plan.final_.exposure.exposure_settings.brightness);
    with_less(state, W("InputSource", "ADFDuplex"));
    assert_int_equal(plan.final_.input_source.value.value, WSD_SCAN_INPUT_SOURCE_ADF);
    with_less(state, WM("InputSource", "Film"));
    assert_string_equal(plan.rejected, "InputSource");
    with_less(state, W("Rotation", "270"));
    assert_int_equal(plan.final_.rotation.value.value, WSD_SCAN_ROTATION_0);
    with_less(state, WM("Rotation", "180"));
    assert_string_equal(plan.rejected, "Rotation");
}

/* HP Laser MFP 178 sends words that are empty. */
static void test_empty_words_are_none(void **state)
{
    const struct wsd_scan_final_parameters *f = settle_ticket(state, W("ContentType", ""));

    DEFAULTED(f->content_type);
    assert_int_equal(plan.adjusted, 0);
}

static void test_what_must_not_be_honored_is_replaced(void **state)
{
    with_less(state, "<wscn:Rotation wscn:MustHonor=\"false\">270</wscn:Rotation>");
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 1);
    with_less(state,
              W("Exposure", W("AutoExposure", "false") W("ExposureSettings", W("Contrast", "5"))));
    assert_int_equal(plan.final_.exposure.exposure_settings.contrast.value, 5);
    settle_ticket(state, W("Exposure",
                           W("AutoExposure", "true") W("ExposureSettings", W("Brightness", "5"))));
    assert_int_equal(plan.final_.exposure.exposure_settings.brightness.value, 7);
}

static void test_film_mode_that_is_not_there_is_replaced_or_refused(void **state)
{
    settle_ticket(state, W("InputSource", "Film") W("FilmScanMode", "BlackandWhiteNegativeFilm"));
    assert_null(plan.rejected);
    assert_int_equal(plan.adjusted, 1);
    settle_ticket(state, W("InputSource", "Film") WM("FilmScanMode", "BlackandWhiteNegativeFilm"));
    assert_string_equal(plan.rejected, "FilmScanMode");
}

/* -- image information --------------------------------------------------------------------------
 */

static void test_image_information(void **state)
{
    static const struct {
        const char *format, *color, *rotation, *scaling_w, *scaling_h, *w, *h, *x_dpi, *y_dpi;
        int32_t pixels, lines, bytes;
    } cases[] = {
        {"png", "RGB24", "0", "100", "100", "8500", "11700", "300", "300", 2550, 3510, 0},
        {"png", "RGB24", "90", "100", "100", "8500", "11700", "300", "300", 3510, 2550, 0},
        {"png", "RGB24", "180", "100", "100", "8500", "11700", "300", "300", 2550, 3510, 0},
        {"png", "RGB24", "270", "100", "100", "8500", "11700", "300", "150", 1755, 2550, 0},
        {"png", "RGB24", "0", "125", "50", "3000", "5000", "300", "300", 1125, 750, 0},
        {"png", "RGB24", "0", "100", "100", "103", "204", "75", "75", 8, 15, 0},
        {"png", "RGB24", "0", "100", "100", "1005", "205", "300", "600", 302, 123, 0},
        {"dib", "BlackAndWhite1", "0", "100", "100", "3000", "5000", "300", "300", 900, 1500, 116},
        {"dib", "RGB24", "0", "100", "100", "103", "204", "75", "75", 8, 15, 24},
        {"dib", "Grayscale8", "90", "100", "100", "3000", "5000", "75", "75", 375, 225, 376},
        {"tiff-single-uncompressed", "BlackAndWhite1", "0", "100", "100", "3000", "5000", "300",
         "300", 900, 1500, 113},
        {"tiff-single-uncompressed", "RGB24", "0", "100", "100", "3000", "5000", "300", "300", 900,
         1500, 2700},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wsd_scan_image_information info;
        struct wsd_scan_media_image_info back;
        char ticket[4096];

        snprintf(ticket, sizeof ticket,
                 W("Format", "%s") W("Rotation", "%s") W("Scaling", W("ScalingWidth", "%s")
                                                                        W("ScalingHeight", "%s"))
                     FRONT(REGION("0", "0", "%s", "%s") W("ColorProcessing", "%s") DPI("%s", "%s")),
                 cases[i].format, cases[i].rotation, cases[i].scaling_w, cases[i].scaling_h,
                 cases[i].w, cases[i].h, cases[i].color, cases[i].x_dpi, cases[i].y_dpi);
        settle_ticket(state, ticket);
        assert_int_equal(plan.adjusted, 0);
        wsd__scan_plan_image(&bench->service->capabilities, &plan, &info, &back);
        assert_int_equal(info.media_front_image_info.pixels_per_line, cases[i].pixels);
        assert_int_equal(info.media_front_image_info.number_of_lines, cases[i].lines);
        assert_int_equal(info.media_front_image_info.bytes_per_line, cases[i].bytes);
        assert_null(info.media_back_image_info);
    }
}

static void test_duplex_has_image_information_of_both_sides(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_image_information info;
    struct wsd_scan_media_image_info back;

    settle_ticket(state, W("InputSource", "ADFDuplex")
                             W("MediaSides",
                               W("MediaFront", REGION("0", "0", "2000", "3000") DPI("300", "300"))
                                   W("MediaBack", DPI("150", "75"))));
    wsd__scan_plan_image(&bench->service->capabilities, &plan, &info, &back);
    assert_int_equal(info.media_front_image_info.pixels_per_line, 600);
    assert_non_null(info.media_back_image_info);
    assert_int_equal(info.media_back_image_info->pixels_per_line, 300);
    assert_int_equal(info.media_back_image_info->number_of_lines, 225);
}

static void test_sizes_that_overflow_are_bounded(void **state)
{
    struct bench *bench = *state;
    struct wsd_scan_image_information info;
    struct wsd_scan_media_image_info back;

    settle_ticket(state, "");
    plan.final_.media_sides.media_front.scan_region.scan_region_width.value = INT32_MAX;
    plan.final_.media_sides.media_front.resolution.width.value = INT32_MAX;
    plan.final_.scaling.scaling_width.value = 1000;
    plan.final_.media_sides.media_front.scan_region.scan_region_height.value = 1;
    plan.final_.media_sides.media_front.resolution.height.value = 1;
    wsd__scan_plan_image(&bench->service->capabilities, &plan, &info, &back);
    assert_int_equal(info.media_front_image_info.pixels_per_line, INT32_MAX);
    assert_int_equal(info.media_front_image_info.number_of_lines, 1);
}

/* 8.5 inch at 4800 dpi and twice the size are 81600 pixels; a JPEG file has 65500. */
static void test_picture_larger_than_its_format_is_scaled_to_fit(void **state)
{
    static const struct {
        const char *format;
        bool must;
        int32_t scaling;
        unsigned adjusted;
        const char *rejected;
    } cases[] = {
        {"exif", false, 160, 1, NULL},
        {"exif", true, 160, 1, "Scaling"},
        {"png", true, 200, 0, NULL},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wsd_scan_scaling scaling = {
            .must_honor = &cases[i].must, .scaling_width = 200, .scaling_height = 100};
        struct wsd_scan_document_parameters parameters = {.scaling = &scaling};
        struct wsd_scan_ticket ticket = {.document_parameters = &parameters};
        char text[512];

        snprintf(text, sizeof text,
                 W("Format", "%s") W("Scaling", W("ScalingWidth", "200") W("ScalingHeight", "100")),
                 cases[i].format);
        settle_ticket(state, text);
        assert_int_equal(plan.adjusted, 0);
        plan.final_.media_sides.media_front.scan_region.scan_region_width.value = 8500;
        plan.final_.media_sides.media_front.resolution.width.value = 4800;
        wsd__scan_plan_fit(&bench->service->capabilities, &ticket, &plan);
        assert_int_equal(plan.final_.scaling.scaling_width.value, cases[i].scaling);
        assert_int_equal(plan.final_.scaling.scaling_height.value, 100);
        assert_int_equal(plan.adjusted, cases[i].adjusted);
        assert_int_equal(plan.conflict, cases[i].rejected != NULL);
        if (cases[i].rejected)
            assert_string_equal(plan.rejected, cases[i].rejected);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_empty_ticket_is_the_default_ticket),
        CASE(test_what_is_asked_for_and_offered_is_used),
        CASE(test_format_that_is_not_offered_is_noted_whatever_must_honor_says),
        CASE(test_nearest_resolution_is_substituted),
        CASE(test_resolution_without_height_is_square),
        CASE(test_value_that_must_be_honored_is_rejected_by_name),
        CASE(test_same_values_without_must_honor_are_substituted),
        CASE(test_source_and_resolution_that_exclude_each_other),
        CASE(test_format_and_color_that_exclude_each_other),
        CASE(test_color_words_in_any_case),
        CASE(test_quality_of_a_lossless_format_is_ignored),
        CASE(test_zero_images_of_the_platen_are_one),
        CASE(test_film_mode_belongs_to_film),
        CASE(test_duplex_back_is_the_front_until_it_says_otherwise),
        CASE(test_back_side_without_duplex_is_ignored),
        CASE(test_region_that_is_too_large_is_clipped),
        CASE(test_region_outside_the_glass_is_rejected),
        CASE(test_region_below_the_least_is_enlarged_inwards),
        CASE(test_sizes_of_zero_mean_the_maximum),
        CASE(test_original_without_region_is_scanned_whole),
        CASE(test_automatic_size_is_the_maximum_until_found),
        CASE(test_automatic_exposure_is_the_default_one),
        CASE(test_features_that_are_not_there_are_ignored_or_refused),
        CASE(test_empty_words_are_none),
        CASE(test_what_must_not_be_honored_is_replaced),
        CASE(test_film_mode_that_is_not_there_is_replaced_or_refused),
        CASE(test_image_information),
        CASE(test_duplex_has_image_information_of_both_sides),
        CASE(test_sizes_that_overflow_are_bounded),
        CASE(test_picture_larger_than_its_format_is_scaled_to_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
