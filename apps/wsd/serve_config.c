/* SPDX-License-Identifier: MIT */
/* Configuration and default ticket of the software scanner, as constant tables. */
#include <wsd/scan_types.h>

#include "serve.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Letter's width and A4's length; the feeder takes legal. */
#define PLATEN_WIDTH  8500
#define PLATEN_HEIGHT 11700
#define ADF_WIDTH     8500
#define ADF_HEIGHT    14000
#define A4_WIDTH      8268
#define A4_HEIGHT     11693

static const struct wsd_token formats[] = {
    {.value = WSD_SCAN_FORMAT_DIB},
    {.value = WSD_SCAN_FORMAT_EXIF},
    {.value = WSD_SCAN_FORMAT_JFIF},
    {.value = WSD_SCAN_FORMAT_PNG},
    {.value = WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED},
    {.value = WSD_SCAN_FORMAT_TIFF_SINGLE_G4},
    {.value = WSD_SCAN_FORMAT_PDF_A},
    {.value = WSD_SCAN_FORMAT_TIFF_MULTI_UNCOMPRESSED},
};
static const struct wsd_token content_types[] = {
    {.value = WSD_SCAN_CONTENT_TYPE_AUTO},
    {.value = WSD_SCAN_CONTENT_TYPE_TEXT},
    {.value = WSD_SCAN_CONTENT_TYPE_PHOTO},
    {.value = WSD_SCAN_CONTENT_TYPE_MIXED},
};
static const struct wsd_token rotations[] = {
    {.value = WSD_SCAN_ROTATION_0},
    {.value = WSD_SCAN_ROTATION_90},
    {.value = WSD_SCAN_ROTATION_180},
    {.value = WSD_SCAN_ROTATION_270},
};
static const struct wsd_token colors[] = {
    {.value = WSD_SCAN_COLOR_BLACK_AND_WHITE1},
    {.value = WSD_SCAN_COLOR_GRAYSCALE8},
    {.value = WSD_SCAN_COLOR_RGB24},
};
static const int32_t resolutions[] = {75, 100, 150, 200, 300, 400, 600, 1200};
static const int32_t optical = 1200;

#define SOURCE(width_, height_)                                                                    \
    {                                                                                              \
        .optical_resolution = {.width = 1200, .height = &optical},                                 \
        .resolutions = {.widths = resolutions,                                                     \
                        .n_widths = COUNT(resolutions),                                            \
                        .heights = resolutions,                                                    \
                        .n_heights = COUNT(resolutions)},                                          \
        .colors = colors, .n_colors = COUNT(colors), .minimum_size = {.width = 10, .height = 10},  \
        .maximum_size = {                                                                          \
            .width = (width_),                                                                     \
            .height = (height_)                                                                    \
        }                                                                                          \
    }

static const struct wsd_scan_source platen = SOURCE(PLATEN_WIDTH, PLATEN_HEIGHT);
static const struct wsd_scan_source adf_back = SOURCE(ADF_WIDTH, ADF_HEIGHT);
static const struct wsd_scan_adf adf = {
    .adf_supports_duplex = true,
    .adf_front = SOURCE(ADF_WIDTH, ADF_HEIGHT),
    .adf_back = &adf_back,
};

const struct wsd_scan_configuration serve_configuration = {
    .device_settings =
        {
            .formats_supported = formats,
            .n_formats_supported = COUNT(formats),
            .compression_quality_factor_supported = {.min_value = 0, .max_value = 100},
            .content_types_supported = content_types,
            .n_content_types_supported = COUNT(content_types),
            .brightness_supported = true,
            .contrast_supported = true,
            .scaling_range_supported = {.scaling_width = {.min_value = 1, .max_value = 400},
                                        .scaling_height = {.min_value = 1, .max_value = 400}},
            .rotations_supported = rotations,
            .n_rotations_supported = COUNT(rotations),
        },
    .platen = &platen,
    .adf = &adf,
};

/* -- default ticket: A4 in color at 300 dpi, from the glass --------------------------------------
 */

static const struct wsd_scan_ticket_token format = {.value = {.value = WSD_SCAN_FORMAT_EXIF}};
static const struct wsd_scan_ticket_int quality = {.value = 80};
static const struct wsd_scan_ticket_int images = {.value = 1};
static const struct wsd_scan_ticket_token source = {
    .value = {.value = WSD_SCAN_INPUT_SOURCE_PLATEN}};
static const struct wsd_scan_ticket_token content = {
    .value = {.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_scan_ticket_token rotation = {.value = {.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_scan_size media = {.width = A4_WIDTH, .height = A4_HEIGHT};
static const struct wsd_scan_input_size input_size = {.input_media_size = &media};
static const int32_t zero = 0;
static const struct wsd_scan_exposure_settings exposure_settings = {&zero, &zero, &zero, NULL};
static const struct wsd_scan_exposure exposure = {.exposure_settings = &exposure_settings};
static const struct wsd_scan_scaling scaling = {.scaling_width = 100, .scaling_height = 100};
static const struct wsd_scan_ticket_int offset = {.value = 0};
static const struct wsd_scan_region region = {
    .scan_region_x_offset = &offset,
    .scan_region_y_offset = &offset,
    .scan_region_width = {.value = A4_WIDTH},
    .scan_region_height = {.value = A4_HEIGHT},
};
static const struct wsd_scan_ticket_token color = {.value = {.value = WSD_SCAN_COLOR_RGB24}};
static const int32_t dpi = 300;
static const struct wsd_scan_resolution resolution = {.width = 300, .height = &dpi};
static const struct wsd_scan_media_sides sides = {
    .media_front = {.scan_region = &region, .color_processing = &color, .resolution = &resolution},
};
static const struct wsd_scan_document_parameters parameters = {
    .format = &format,
    .compression_quality_factor = &quality,
    .images_to_transfer = &images,
    .input_source = &source,
    .content_type = &content,
    .input_size = &input_size,
    .exposure = &exposure,
    .scaling = &scaling,
    .rotation = &rotation,
    .media_sides = &sides,
};

const struct wsd_scan_ticket serve_default_ticket = {
    .job_description = {.job_name = "Scan", .job_originating_user_name = ""},
    .document_parameters = &parameters,
};
