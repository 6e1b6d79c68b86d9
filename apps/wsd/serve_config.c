/* SPDX-License-Identifier: MIT */
/* Description, configuration and default ticket of the software scanner, made for its setup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/scan_types.h>

#include "raster/encoder.h"
#include "scanner.h"
#include "serve.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Letter's width and A4's length; the feeder takes legal. */
#define PLATEN_WIDTH  8500
#define PLATEN_HEIGHT 11700
#define ADF_WIDTH     8500
#define ADF_HEIGHT    14000
#define A4_WIDTH      8268
#define A4_HEIGHT     11693

#define DEFAULT_DPI 300

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
static const struct wsd_scan_device_settings device_settings = {
    .compression_quality_factor_supported = {.min_value = 0, .max_value = 100},
    .content_types_supported = content_types,
    .n_content_types_supported = COUNT(content_types),
    .brightness_supported = true,
    .contrast_supported = true,
    .scaling_range_supported = {.scaling_width = {.min_value = 1, .max_value = 400},
                                .scaling_height = {.min_value = 1, .max_value = 400}},
    .rotations_supported = rotations,
    .n_rotations_supported = COUNT(rotations),
};

/* -- default ticket: A4 in color at 300 dpi, from the glass -------------------------------------
 */

static const struct wsd_scan_ticket_int quality = {.value = 80};
static const struct wsd_scan_ticket_int images = {.value = 1};
static const struct wsd_scan_ticket_token content = {
    .value = {.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_scan_ticket_token rotation = {.value = {.value = WSD_SCAN_ROTATION_0}};
static const int32_t zero = 0;
static const struct wsd_scan_exposure_settings exposure_settings = {&zero, &zero, &zero, NULL};
static const struct wsd_scan_exposure exposure = {.exposure_settings = &exposure_settings};
static const struct wsd_scan_scaling scaling = {.scaling_width = 100, .scaling_height = 100};
static const struct wsd_scan_ticket_int offset = {.value = 0};
static const struct wsd_scan_region region = {
    .scan_region_x_offset = &offset,
    .scan_region_y_offset = &offset,
};
static const struct wsd_scan_document_parameters parameters = {
    .compression_quality_factor = &quality,
    .images_to_transfer = &images,
    .content_type = &content,
    .exposure = &exposure,
    .scaling = &scaling,
    .rotation = &rotation,
};

void serve_media_max(const struct serve_setup *setup, bool feeder, uint32_t *ret_width,
                     uint32_t *ret_height)
{
    *ret_width = feeder ? (setup ? setup->feeder_width : ADF_WIDTH)
                        : (setup ? setup->glass_width : PLATEN_WIDTH);
    *ret_height = feeder ? (setup ? setup->feeder_height : ADF_HEIGHT)
                         : (setup ? setup->glass_height : PLATEN_HEIGHT);
}

void serve_setup_init(struct serve_setup *ret, const char *name)
{
    static const struct serve_setup first = {
        .info = "A scanner made of software",
        .formats = {WSD_SCAN_FORMAT_DIB, WSD_SCAN_FORMAT_EXIF, WSD_SCAN_FORMAT_JFIF,
                    WSD_SCAN_FORMAT_PNG, WSD_SCAN_FORMAT_TIFF_SINGLE_UNCOMPRESSED,
                    WSD_SCAN_FORMAT_TIFF_SINGLE_G4, WSD_SCAN_FORMAT_PDF_A,
                    WSD_SCAN_FORMAT_TIFF_MULTI_UNCOMPRESSED},
        .n_formats = 8,
        .colors = {WSD_SCAN_COLOR_BLACK_AND_WHITE1, WSD_SCAN_COLOR_GRAYSCALE8,
                   WSD_SCAN_COLOR_RGB24},
        .n_colors = 3,
        .resolutions = {75, 100, 150, 200, 300, 400, 600, 1200},
        .n_resolutions = 8,
        .glass = true,
        .feeder = true,
        .duplex = true,
        .glass_width = PLATEN_WIDTH,
        .glass_height = PLATEN_HEIGHT,
        .feeder_width = ADF_WIDTH,
        .feeder_height = ADF_HEIGHT,
    };

    *ret = first;
    snprintf(ret->name, sizeof ret->name, "%s", name);
}

/* -- the offer ----------------------------------------------------------------------------------
 */

enum raster_mode serve_mode(int color)
{
    return color == WSD_SCAN_COLOR_BLACK_AND_WHITE1 ? RASTER_BW1
           : color == WSD_SCAN_COLOR_GRAYSCALE8     ? RASTER_GRAY8
                                                    : RASTER_RGB24;
}

/* Formats and colors do not all go together: the first pair that does, from what is liked best. */
static void choose_format(const struct serve_setup *setup, int *ret_format, int *ret_color)
{
    *ret_format = setup->formats[0];
    *ret_color = setup->colors[setup->n_colors - 1];
    for (size_t c = setup->n_colors; c-- > 0;) {
        for (size_t f = 0; f <= setup->n_formats; f++) {
            int format = f == 0 ? WSD_SCAN_FORMAT_EXIF : setup->formats[f - 1];
            bool there = f > 0;
            for (size_t i = 0; i < setup->n_formats; i++)
                there = there || setup->formats[i] == format;
            if (!there || !encoder_supports(format_word(format), serve_mode(setup->colors[c])))
                continue;
            *ret_format = format;
            *ret_color = setup->colors[c];
            return;
        }
    }
}

static int32_t choose_dpi(const struct serve_setup *setup)
{
    int32_t best = setup->resolutions[0];

    for (size_t i = 1; i < setup->n_resolutions; i++)
        if (abs(setup->resolutions[i] - DEFAULT_DPI) < abs(best - DEFAULT_DPI))
            best = setup->resolutions[i];
    return best;
}

static struct wsd_scan_source source_of(const struct serve_setup *setup,
                                        const struct serve_offer *offer, bool feeder)
{
    uint32_t width, height;

    serve_media_max(setup, feeder, &width, &height);
    return (struct wsd_scan_source){
        /* What the best resolution is made of; the heights are as the widths. */
        .optical_resolution = {.width = setup->resolutions[setup->n_resolutions - 1],
                               .height = &setup->resolutions[setup->n_resolutions - 1]},
        .resolutions = {.widths = setup->resolutions,
                        .n_widths = setup->n_resolutions,
                        .heights = setup->resolutions,
                        .n_heights = setup->n_resolutions},
        .colors = offer->colors,
        .n_colors = setup->n_colors,
        .minimum_size = {.width = 10, .height = 10},
        .maximum_size = {.width = (int32_t)width, .height = (int32_t)height},
    };
}

static void make_configuration(const struct serve_setup *setup, struct serve_offer *ret)
{
    for (size_t i = 0; i < setup->n_formats; i++)
        ret->formats[i].value = setup->formats[i];
    for (size_t i = 0; i < setup->n_colors; i++)
        ret->colors[i].value = setup->colors[i];
    ret->platen = source_of(setup, ret, false);
    ret->adf_back = source_of(setup, ret, true);
    ret->adf = (struct wsd_scan_adf){.adf_supports_duplex = setup->duplex,
                                     .adf_front = source_of(setup, ret, true),
                                     .adf_back = setup->duplex ? &ret->adf_back : NULL};
    ret->configuration = (struct wsd_scan_configuration){
        .device_settings = device_settings,
        .platen = setup->glass ? &ret->platen : NULL,
        .adf = setup->feeder ? &ret->adf : NULL,
    };
    ret->configuration.device_settings.formats_supported = ret->formats;
    ret->configuration.device_settings.n_formats_supported = setup->n_formats;
}

/* A4, or what of it the source can scan. */
static void choose_region(const struct serve_setup *setup, struct serve_offer *ret)
{
    uint32_t width, height;

    serve_media_max(setup, !setup->glass, &width, &height);
    ret->media.width = width < A4_WIDTH ? (int32_t)width : A4_WIDTH;
    ret->media.height = height < A4_HEIGHT ? (int32_t)height : A4_HEIGHT;
    ret->input_size.input_media_size = &ret->media;
    ret->region = region;
    ret->region.scan_region_width.value = ret->media.width;
    ret->region.scan_region_height.value = ret->media.height;
}

static void make_ticket(const struct serve_setup *setup, struct serve_offer *ret)
{
    choose_format(setup, &ret->format.value.value, &ret->color.value.value);
    ret->source.value.value =
        setup->glass ? WSD_SCAN_INPUT_SOURCE_PLATEN : WSD_SCAN_INPUT_SOURCE_ADF;
    ret->dpi = choose_dpi(setup);
    ret->resolution = (struct wsd_scan_resolution){.width = ret->dpi, .height = &ret->dpi};
    choose_region(setup, ret);
    ret->sides = (struct wsd_scan_media_sides){.media_front = {.scan_region = &ret->region,
                                                               .color_processing = &ret->color,
                                                               .resolution = &ret->resolution}};
    ret->parameters = parameters;
    ret->parameters.input_size = &ret->input_size;
    ret->parameters.format = &ret->format;
    ret->parameters.input_source = &ret->source;
    ret->parameters.media_sides = &ret->sides;
    ret->ticket = (struct wsd_scan_ticket){
        .job_description = {.job_name = "Scan", .job_originating_user_name = ""},
        .document_parameters = &ret->parameters,
    };
}

void serve_offer_make(const struct serve_setup *setup, struct serve_offer *ret)
{
    *ret = (struct serve_offer){.texts = {{.value = setup->name, .lang = "en"},
                                          {.value = setup->info, .lang = "en"},
                                          {.value = setup->location, .lang = "en"}}};
    ret->description = (struct wsd_scan_description){
        .scanner_name = &ret->texts[0],
        .n_scanner_name = 1,
        .scanner_info = &ret->texts[1],
        .n_scanner_info = *setup->info ? 1 : 0,
        .scanner_location = &ret->texts[2],
        .n_scanner_location = *setup->location ? 1 : 0,
    };
    make_configuration(setup, ret);
    make_ticket(setup, ret);
}
