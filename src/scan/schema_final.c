/* SPDX-License-Identifier: MIT */
/*
 * Tables of what a scan will be: DocumentFinalParameters and ImageInformation.
 *
 * Nearly all is required here, and nearly all is left out by one device or another: hence the quirk
 * on each required row below DocumentFinalParameters.
 */
#include "scan/schema.h"

#define PARTIAL      QUIRK(WSD__QUIRK_FINAL_PARTIAL)
#define PARTIAL_SIZE QUIRK(WSD__QUIRK_FINAL_PARTIAL | WSD__QUIRK_ZERO_SIZE)

#define FINAL_ATTRIBUTES                                                                           \
    OPT(override_, NS_WSCN, "Override", ROW_ATTRIBUTE),                                            \
        OPT(used_default, NS_WSCN, "UsedDefault", ROW_ATTRIBUTE)
#define FINAL_INT(m, xml, ...)                                                                     \
    REQ_STRUCT(m, NS_WSCN, xml, 0, wsd_scan_final_int, wsd__type_scan_final_int, __VA_ARGS__)
#define FINAL_WORD(m, xml, ...)                                                                    \
    REQ_STRUCT(m, NS_WSCN, xml, 0, wsd_scan_final_token, wsd__type_scan_final_token, __VA_ARGS__)
#define FINAL_STRUCT(m, xml, tag, table) REQ_STRUCT(m, NS_WSCN, xml, 0, tag, table, PARTIAL)

#define T struct wsd_scan_final_int
static const struct wsd__row final_int_rows[] = {
    FINAL_ATTRIBUTES,
    TEXT(value, 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_int, wsd_scan_final_int, "ScanFinalInt", final_int_rows, CLOSED);

#define T struct wsd_scan_final_token
static const struct wsd__row final_token_rows[] = {
    FINAL_ATTRIBUTES,
    TEXT(value, 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_token, wsd_scan_final_token, "ScanFinalToken", final_token_rows,
          CLOSED);

#define T struct wsd_scan_final_size
static const struct wsd__row final_size_rows[] = {
    FINAL_INT(width, "Width", SCAN_ID, SCAN_MILS, PARTIAL_SIZE),
    FINAL_INT(height, "Height", SCAN_ID, SCAN_MILS, PARTIAL_SIZE),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_size, wsd_scan_final_size, "InputMediaSize", final_size_rows,
          CLOSED);

#define T struct wsd_scan_final_input_size
static const struct wsd__row final_input_size_rows[] = {
    FINAL_STRUCT(input_media_size, "InputMediaSize", wsd_scan_final_size,
                 wsd__type_scan_final_size),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_input_size, wsd_scan_final_input_size, "InputSize",
          final_input_size_rows, CLOSED);

#define T struct wsd_scan_final_exposure_settings
static const struct wsd__row final_exposure_settings_rows[] = {
    FINAL_INT(contrast, "Contrast", RANGE(-1000, 1000), UNIT("relative"), PARTIAL),
    FINAL_INT(brightness, "Brightness", RANGE(-1000, 1000), UNIT("relative"), PARTIAL),
    FINAL_INT(sharpness, "Sharpness", RANGE(-100, 100), UNIT("relative"), PARTIAL),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_exposure_settings, wsd_scan_final_exposure_settings,
          "ExposureSettings", final_exposure_settings_rows, OPEN);

#define T struct wsd_scan_final_exposure
static const struct wsd__row final_exposure_rows[] = {
    FINAL_STRUCT(exposure_settings, "ExposureSettings", wsd_scan_final_exposure_settings,
                 wsd__type_scan_final_exposure_settings),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_exposure, wsd_scan_final_exposure, "Exposure", final_exposure_rows,
          CLOSED);

#define T struct wsd_scan_final_scaling
static const struct wsd__row final_scaling_rows[] = {
    FINAL_INT(scaling_width, "ScalingWidth", RANGE(1, 1000), UNIT("percent"), PARTIAL),
    FINAL_INT(scaling_height, "ScalingHeight", RANGE(1, 1000), UNIT("percent"), PARTIAL),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_scaling, wsd_scan_final_scaling, "Scaling", final_scaling_rows,
          CLOSED);

#define T struct wsd_scan_final_region
static const struct wsd__row final_region_rows[] = {
    FINAL_INT(scan_region_x_offset, "ScanRegionXOffset", SCAN_COUNT, SCAN_MILS, PARTIAL),
    FINAL_INT(scan_region_y_offset, "ScanRegionYOffset", SCAN_COUNT, SCAN_MILS, PARTIAL),
    FINAL_INT(scan_region_width, "ScanRegionWidth", SCAN_ID, SCAN_MILS, PARTIAL_SIZE),
    FINAL_INT(scan_region_height, "ScanRegionHeight", SCAN_ID, SCAN_MILS, PARTIAL_SIZE),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_region, wsd_scan_final_region, "ScanRegion", final_region_rows,
          CLOSED);

#define T struct wsd_scan_final_resolution
static const struct wsd__row final_resolution_rows[] = {
    FINAL_INT(width, "Width", SCAN_ID, SCAN_DPI, PARTIAL_SIZE),
    FINAL_INT(height, "Height", SCAN_ID, SCAN_DPI, PARTIAL_SIZE),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_resolution, wsd_scan_final_resolution, "Resolution",
          final_resolution_rows, CLOSED);

#define T struct wsd_scan_final_media_side
static const struct wsd__row final_media_side_rows[] = {
    FINAL_STRUCT(scan_region, "ScanRegion", wsd_scan_final_region, wsd__type_scan_final_region),
    FINAL_WORD(color_processing, "ColorProcessing", WORDS(wsd__scan_colors), PARTIAL),
    FINAL_STRUCT(resolution, "Resolution", wsd_scan_final_resolution,
                 wsd__type_scan_final_resolution),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_media_front, wsd_scan_final_media_side, "MediaFront",
          final_media_side_rows, OPEN);
SCAN_TYPE(wsd__type_scan_final_media_back, wsd_scan_final_media_side, "MediaBack",
          final_media_side_rows, OPEN);

#define T struct wsd_scan_final_media_sides
static const struct wsd__row final_media_sides_rows[] = {
    FINAL_STRUCT(media_front, "MediaFront", wsd_scan_final_media_side,
                 wsd__type_scan_final_media_front),
    OPT_STRUCT(media_back, NS_WSCN, "MediaBack", 0, wsd_scan_final_media_side,
               wsd__type_scan_final_media_back),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_media_sides, wsd_scan_final_media_sides, "MediaSides",
          final_media_sides_rows, CLOSED);

#define T struct wsd_scan_final_parameters
static const struct wsd__row final_parameters_rows[] = {
    FINAL_WORD(format, "Format", WORDS(wsd__scan_formats), PARTIAL),
    FINAL_INT(compression_quality_factor, "CompressionQualityFactor", RANGE(0, 100),
              UNIT("quality index"), PARTIAL),
    FINAL_INT(images_to_transfer, "ImagesToTransfer", SCAN_COUNT, UNIT("images"), PARTIAL),
    FINAL_WORD(input_source, "InputSource", WORDS(wsd__scan_input_sources), PARTIAL),
    OPT_STRUCT(film_scan_mode, NS_WSCN, "FilmScanMode", 0, wsd_scan_final_token,
               wsd__type_scan_final_token, WORDS(wsd__scan_film_scan_modes)),
    FINAL_WORD(content_type, "ContentType", WORDS(wsd__scan_content_types),
               QUIRK(WSD__QUIRK_FINAL_PARTIAL | WSD__QUIRK_EMPTY_TOKEN)),
    FINAL_STRUCT(input_size, "InputSize", wsd_scan_final_input_size,
                 wsd__type_scan_final_input_size),
    FINAL_STRUCT(exposure, "Exposure", wsd_scan_final_exposure, wsd__type_scan_final_exposure),
    FINAL_STRUCT(scaling, "Scaling", wsd_scan_final_scaling, wsd__type_scan_final_scaling),
    FINAL_WORD(rotation, "Rotation", WORDS(wsd__scan_rotations), UNIT("degrees clockwise"),
               PARTIAL),
    FINAL_STRUCT(media_sides, "MediaSides", wsd_scan_final_media_sides,
                 wsd__type_scan_final_media_sides),
};
#undef T
SCAN_TYPE(wsd__type_scan_final_parameters, wsd_scan_final_parameters, "DocumentFinalParameters",
          final_parameters_rows, OPEN);

/* 0 in the first two is what an invalid ticket gives (ValidateScanTicketResponse). */
#define T struct wsd_scan_media_image_info
static const struct wsd__row media_image_info_rows[] = {
    REQ(pixels_per_line, NS_WSCN, "PixelsPerLine", 0, SCAN_ID, UNIT("pixels"),
        QUIRK(WSD__QUIRK_ZERO_SIZE)),
    REQ(number_of_lines, NS_WSCN, "NumberOfLines", 0, SCAN_ID, UNIT("lines"),
        QUIRK(WSD__QUIRK_ZERO_SIZE)),
    REQ(bytes_per_line, NS_WSCN, "BytesPerLine", 0, SCAN_COUNT, UNIT("bytes")),
};
#undef T
SCAN_TYPE(wsd__type_scan_media_front_image_info, wsd_scan_media_image_info, "MediaFrontImageInfo",
          media_image_info_rows, OPEN);
SCAN_TYPE(wsd__type_scan_media_back_image_info, wsd_scan_media_image_info, "MediaBackImageInfo",
          media_image_info_rows, OPEN);

#define T struct wsd_scan_image_information
static const struct wsd__row image_information_rows[] = {
    REQ_STRUCT(media_front_image_info, NS_WSCN, "MediaFrontImageInfo", 0, wsd_scan_media_image_info,
               wsd__type_scan_media_front_image_info),
    OPT_STRUCT(media_back_image_info, NS_WSCN, "MediaBackImageInfo", 0, wsd_scan_media_image_info,
               wsd__type_scan_media_back_image_info),
};
#undef T
SCAN_TYPE(wsd__type_scan_image_information, wsd_scan_image_information, "ImageInformation",
          image_information_rows, OPEN);
