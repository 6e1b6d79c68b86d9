/* SPDX-License-Identifier: MIT */
/* The scanner that the fuzzers of the device's side offer: a platen and a feeder, one format. */
#ifndef FUZZ_SCANNER_H
#define FUZZ_SCANNER_H

#include <wsd/device.h>

static const struct wsd_token formats[] = {{.value = WSD_SCAN_FORMAT_PNG}};
static const struct wsd_token contents[] = {{.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_token rotations[] = {{.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_token colors[] = {{.value = WSD_SCAN_COLOR_RGB24}};
static const int32_t resolutions[] = {100, 300}, dpi = 300, zero = 0;
static const struct wsd_scan_source platen = {.optical_resolution = {.width = 300},
                                              .resolutions = {resolutions, 2, resolutions, 2, NULL},
                                              .colors = colors,
                                              .n_colors = 1,
                                              .minimum_size = {10, 10, NULL},
                                              .maximum_size = {8500, 11700, NULL}};
static const struct wsd_scan_adf adf = {
    .adf_front = {.optical_resolution = {.width = 300},
                  .resolutions = {resolutions, 2, resolutions, 2, NULL},
                  .colors = colors,
                  .n_colors = 1,
                  .minimum_size = {10, 10, NULL},
                  .maximum_size = {8500, 14000, NULL}}};
static const struct wsd_scan_configuration configuration = {
    .device_settings = {.formats_supported = formats,
                        .n_formats_supported = 1,
                        .compression_quality_factor_supported = {0, 100, NULL},
                        .content_types_supported = contents,
                        .n_content_types_supported = 1,
                        .scaling_range_supported = {.scaling_width = {100, 400, NULL},
                                                    .scaling_height = {100, 400, NULL}},
                        .rotations_supported = rotations,
                        .n_rotations_supported = 1},
    .platen = &platen,
    .adf = &adf};
static const struct wsd_scan_ticket_token format = {.value = {.value = WSD_SCAN_FORMAT_PNG}};
static const struct wsd_scan_ticket_int quality = {.value = 0}, images = {.value = 1}, corner = {0};
static const struct wsd_scan_ticket_token source = {
    .value = {.value = WSD_SCAN_INPUT_SOURCE_PLATEN}};
static const struct wsd_scan_ticket_token content = {
    .value = {.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_scan_ticket_token rotation = {.value = {.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_scan_ticket_token color = {.value = {.value = WSD_SCAN_COLOR_RGB24}};
static const struct wsd_scan_size media = {.width = 8500, .height = 11700};
static const struct wsd_scan_input_size input_size = {.input_media_size = &media};
static const struct wsd_scan_exposure_settings exposures = {&zero, &zero, &zero, NULL};
static const struct wsd_scan_exposure exposure = {.exposure_settings = &exposures};
static const struct wsd_scan_scaling scaling = {.scaling_width = 100, .scaling_height = 100};
static const struct wsd_scan_region region = {.scan_region_x_offset = &corner,
                                              .scan_region_y_offset = &corner,
                                              .scan_region_width = {.value = 8500},
                                              .scan_region_height = {.value = 11700}};
static const struct wsd_scan_resolution resolution = {.width = 300, .height = &dpi};
static const struct wsd_scan_media_sides sides = {
    .media_front = {.scan_region = &region, .color_processing = &color, .resolution = &resolution}};
static const struct wsd_scan_document_parameters parameters = {.format = &format,
                                                               .compression_quality_factor =
                                                                   &quality,
                                                               .images_to_transfer = &images,
                                                               .input_source = &source,
                                                               .content_type = &content,
                                                               .input_size = &input_size,
                                                               .exposure = &exposure,
                                                               .scaling = &scaling,
                                                               .rotation = &rotation,
                                                               .media_sides = &sides};
static const struct wsd_scan_ticket ticket = {
    .job_description = {.job_name = "Fuzz", .job_originating_user_name = ""},
    .document_parameters = &parameters};
static const struct wsd_scan_text name = {.value = "Fuzz", .lang = "en"};
static const struct wsd_scan_description description = {.scanner_name = &name, .n_scanner_name = 1};

#endif
