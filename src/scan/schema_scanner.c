/* SPDX-License-Identifier: MIT */
/*
 * Tables of the scanner's own sections: ScannerDescription, ScannerConfiguration, ScannerStatus.
 */
#include "scan/schema.h"

#define REQUIRED_ITEMS (ROW_REQUIRED | ROW_NONEMPTY)

#define T struct wsd_scan_text
static const struct wsd__row text_rows[] = {
    OPT(lang, NS_XML, "lang", ROW_ATTRIBUTE),
    TEXT(value, 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_text, wsd_scan_text, "ScanText", text_rows, CLOSED);

#define T struct wsd_scan_description
static const struct wsd__row description_rows[] = {
    LIST_STRUCT(scanner_name, NS_WSCN, "ScannerName", REQUIRED_ITEMS | ROW_PRESERVE, wsd_scan_text,
                wsd__type_scan_text, SCAN_NAME),
    LIST_STRUCT(scanner_info, NS_WSCN, "ScannerInfo", ROW_PRESERVE, wsd_scan_text,
                wsd__type_scan_text, SCAN_NAME),
    LIST_STRUCT(scanner_location, NS_WSCN, "ScannerLocation", ROW_PRESERVE, wsd_scan_text,
                wsd__type_scan_text, SCAN_NAME),
};
#undef T
SCAN_TYPE(wsd__type_scan_description, wsd_scan_description, "ScannerDescription", description_rows,
          OPEN);

static const char *check_range(const void *object)
{
    const struct wsd_scan_range *range = object;
    return range->min_value <= range->max_value ? NULL : "MinValue must not exceed MaxValue";
}

#define T struct wsd_scan_range
static const struct wsd__row quality_range_rows[] = {
    REQ(min_value, NS_WSCN, "MinValue", 0, RANGE(0, 100), UNIT("quality index")),
    REQ(max_value, NS_WSCN, "MaxValue", 0, RANGE(0, 100), UNIT("quality index")),
};
static const struct wsd__row percent_range_rows[] = {
    REQ(min_value, NS_WSCN, "MinValue", 0, RANGE(1, 1000), UNIT("percent")),
    REQ(max_value, NS_WSCN, "MaxValue", 0, RANGE(1, 1000), UNIT("percent")),
};
#undef T
SCAN_TYPE(wsd__type_scan_quality_range, wsd_scan_range, "CompressionQualityFactorSupported",
          quality_range_rows, CLOSED, CHECK(check_range));
SCAN_TYPE(wsd__type_scan_percent_range, wsd_scan_range, "ScanPercentRange", percent_range_rows,
          CLOSED, CHECK(check_range));

#define T struct wsd_scan_scaling_range
static const struct wsd__row scaling_range_rows[] = {
    REQ_STRUCT(scaling_width, NS_WSCN, "ScalingWidth", 0, wsd_scan_range,
               wsd__type_scan_percent_range),
    REQ_STRUCT(scaling_height, NS_WSCN, "ScalingHeight", 0, wsd_scan_range,
               wsd__type_scan_percent_range),
};
#undef T
SCAN_TYPE(wsd__type_scan_scaling_range, wsd_scan_scaling_range, "ScalingRangeSupported",
          scaling_range_rows, CLOSED);

#define T struct wsd_scan_device_settings
static const struct wsd__row device_settings_rows[] = {
    LIST(formats_supported, NS_WSCN, "FormatValue", REQUIRED_ITEMS, WRAPPER("FormatsSupported"),
         WORDS(wsd__scan_formats)),
    REQ_STRUCT(compression_quality_factor_supported, NS_WSCN, "CompressionQualityFactorSupported",
               0, wsd_scan_range, wsd__type_scan_quality_range),
    LIST(content_types_supported, NS_WSCN, "ContentTypeValue", REQUIRED_ITEMS,
         WRAPPER("ContentTypesSupported"), WORDS(wsd__scan_content_types)),
    REQ(document_size_auto_detect_supported, NS_WSCN, "DocumentSizeAutoDetectSupported", 0),
    REQ(auto_exposure_supported, NS_WSCN, "AutoExposureSupported", 0),
    REQ(brightness_supported, NS_WSCN, "BrightnessSupported", 0),
    REQ(contrast_supported, NS_WSCN, "ContrastSupported", 0),
    REQ_STRUCT(scaling_range_supported, NS_WSCN, "ScalingRangeSupported", 0, wsd_scan_scaling_range,
               wsd__type_scan_scaling_range),
    LIST(rotations_supported, NS_WSCN, "RotationValue", REQUIRED_ITEMS,
         WRAPPER("RotationsSupported"), WORDS(wsd__scan_rotations), UNIT("degrees clockwise")),
};
#undef T
SCAN_TYPE(wsd__type_scan_device_settings, wsd_scan_device_settings, "DeviceSettings",
          device_settings_rows, OPEN);

#define T struct wsd_scan_optical_resolution
static const struct wsd__row optical_resolution_rows[] = {
    REQ(width, NS_WSCN, "Width", 0, SCAN_ID, SCAN_DPI),
    OPT(height, NS_WSCN, "Height", 0, SCAN_ID, SCAN_DPI),
};
#undef T
SCAN_TYPE(wsd__type_scan_optical_resolution, wsd_scan_optical_resolution, "ScanOpticalResolution",
          optical_resolution_rows, CLOSED);

#define T struct wsd_scan_resolutions
static const struct wsd__row resolutions_rows[] = {
    LIST(widths, NS_WSCN, "Width", REQUIRED_ITEMS, WRAPPER("Widths"), SCAN_ID, SCAN_DPI),
    LIST(heights, NS_WSCN, "Height", REQUIRED_ITEMS, WRAPPER("Heights"), SCAN_ID, SCAN_DPI),
};
#undef T
SCAN_TYPE(wsd__type_scan_resolutions, wsd_scan_resolutions, "ScanResolutions", resolutions_rows,
          CLOSED);

#define T struct wsd_scan_size
static const struct wsd__row size_rows[] = {
    REQ(width, NS_WSCN, "Width", 0, SCAN_ID, SCAN_MILS),
    REQ(height, NS_WSCN, "Height", 0, SCAN_ID, SCAN_MILS),
};
#undef T
SCAN_TYPE(wsd__type_scan_size, wsd_scan_size, "ScanSize", size_rows, CLOSED);

/* The sources differ in nothing but the prefix of their elements' names. Film modes are the film
 * unit's alone; from another source they would be kept. */
#define SOURCE_ROWS(prefix, film_flags)                                                            \
    LIST(film_scan_modes, NS_WSCN, "FilmScanModeValue", film_flags,                                \
         WRAPPER("FilmScanModesSupported"), WORDS(wsd__scan_film_scan_modes)),                     \
        REQ_STRUCT(optical_resolution, NS_WSCN, prefix "OpticalResolution", 0,                     \
                   wsd_scan_optical_resolution, wsd__type_scan_optical_resolution),                \
        REQ_STRUCT(resolutions, NS_WSCN, prefix "Resolutions", 0, wsd_scan_resolutions,            \
                   wsd__type_scan_resolutions),                                                    \
        LIST(colors, NS_WSCN, "ColorEntry", REQUIRED_ITEMS, WRAPPER(prefix "Color"),               \
             WORDS(wsd__scan_colors)),                                                             \
        REQ_STRUCT(minimum_size, NS_WSCN, prefix "MinimumSize", 0, wsd_scan_size,                  \
                   wsd__type_scan_size),                                                           \
        REQ_STRUCT(maximum_size, NS_WSCN, prefix "MaximumSize", 0, wsd_scan_size,                  \
                   wsd__type_scan_size)

#define T struct wsd_scan_source
static const struct wsd__row platen_rows[] = {SOURCE_ROWS("Platen", ROW_NONEMPTY | ROW_LENIENT)};
static const struct wsd__row adf_side_rows[] = {SOURCE_ROWS("ADF", ROW_NONEMPTY | ROW_LENIENT)};
static const struct wsd__row film_rows[] = {SOURCE_ROWS("Film", REQUIRED_ITEMS)};
#undef T
SCAN_TYPE(wsd__type_scan_platen, wsd_scan_source, "Platen", platen_rows, OPEN);
SCAN_TYPE(wsd__type_scan_adf_front, wsd_scan_source, "ADFFront", adf_side_rows, OPEN);
SCAN_TYPE(wsd__type_scan_adf_back, wsd_scan_source, "ADFBack", adf_side_rows, OPEN);
SCAN_TYPE(wsd__type_scan_film, wsd_scan_source, "Film", film_rows, OPEN);

#define T struct wsd_scan_adf
static const struct wsd__row adf_rows[] = {
    REQ(adf_supports_duplex, NS_WSCN, "ADFSupportsDuplex", 0),
    REQ_STRUCT(adf_front, NS_WSCN, "ADFFront", 0, wsd_scan_source, wsd__type_scan_adf_front),
    OPT_STRUCT(adf_back, NS_WSCN, "ADFBack", 0, wsd_scan_source, wsd__type_scan_adf_back),
};
#undef T
SCAN_TYPE(wsd__type_scan_adf, wsd_scan_adf, "ADF", adf_rows, OPEN);

#define T struct wsd_scan_configuration
static const struct wsd__row configuration_rows[] = {
    REQ_STRUCT(device_settings, NS_WSCN, "DeviceSettings", 0, wsd_scan_device_settings,
               wsd__type_scan_device_settings),
    OPT_STRUCT(platen, NS_WSCN, "Platen", 0, wsd_scan_source, wsd__type_scan_platen),
    OPT_STRUCT(adf, NS_WSCN, "ADF", 0, wsd_scan_adf, wsd__type_scan_adf),
    OPT_STRUCT(film, NS_WSCN, "Film", 0, wsd_scan_source, wsd__type_scan_film),
};
#undef T
SCAN_TYPE(wsd__type_scan_configuration, wsd_scan_configuration, "ScannerConfiguration",
          configuration_rows, OPEN);

#define CONDITION_ROWS(clear_flags)                                                                \
    REQ(id, NS_NONE, "Id", ROW_ATTRIBUTE, SCAN_ID), REQ(time, NS_WSCN, "Time", 0),                 \
        REQ(name, NS_WSCN, "Name", 0, WORDS(wsd__scan_condition_names)),                           \
        REQ(component, NS_WSCN, "Component", 0, WORDS(wsd__scan_components)),                      \
        REQ(severity, NS_WSCN, "Severity", 0, WORDS(wsd__scan_severities)),                        \
        OPT(clear_time, NS_WSCN, "ClearTime", clear_flags)

#define T struct wsd_scan_condition
static const struct wsd__row condition_rows[] = {CONDITION_ROWS(ROW_LENIENT)};
static const struct wsd__row condition_history_entry_rows[] = {CONDITION_ROWS(ROW_REQUIRED)};
#undef T
SCAN_TYPE(wsd__type_scan_condition, wsd_scan_condition, "DeviceCondition", condition_rows, OPEN);
SCAN_TYPE(wsd__type_scan_condition_history_entry, wsd_scan_condition, "ConditionHistoryEntry",
          condition_history_entry_rows, OPEN);

#define T struct wsd_scan_status
static const struct wsd__row status_rows[] = {
    REQ(scanner_current_time, NS_WSCN, "ScannerCurrentTime", 0),
    REQ(scanner_state, NS_WSCN, "ScannerState", 0, WORDS(wsd__scan_states)),
    LIST(scanner_state_reasons, NS_WSCN, "ScannerStateReason", ROW_NONEMPTY,
         WRAPPER("ScannerStateReasons"), WORDS(wsd__scan_state_reasons)),
    LIST_STRUCT(active_conditions, NS_WSCN, "DeviceCondition", ROW_REQUIRED, wsd_scan_condition,
                wsd__type_scan_condition, WRAPPER("ActiveConditions")),
    LIST_STRUCT(condition_history, NS_WSCN, "ConditionHistoryEntry", ROW_NONEMPTY,
                wsd_scan_condition, wsd__type_scan_condition_history_entry,
                WRAPPER("ConditionHistory")),
};
#undef T
SCAN_TYPE(wsd__type_scan_status, wsd_scan_status, "ScannerStatus", status_rows, OPEN);
