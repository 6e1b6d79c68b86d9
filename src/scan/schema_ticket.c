/* SPDX-License-Identifier: MIT */
/*
 * Tables of the scan ticket (ScanTicket, DefaultScanTicket, ValidScanTicket).
 *
 * The order of rows is the order on the wire. That MustHonor stands on Format (schema alone) and on
 * MediaSides (documentation alone) is accepted on both.
 */
#include "scan/schema.h"

#define MUST_HONOR OPT(must_honor, NS_WSCN, "MustHonor", ROW_ATTRIBUTE)
#define OPT_INT(m, xml, ...)                                                                       \
    OPT_STRUCT(m, NS_WSCN, xml, 0, wsd_scan_ticket_int, wsd__type_scan_ticket_int, __VA_ARGS__)
#define REQ_INT(m, xml, ...)                                                                       \
    REQ_STRUCT(m, NS_WSCN, xml, 0, wsd_scan_ticket_int, wsd__type_scan_ticket_int, __VA_ARGS__)
#define OPT_WORD(m, xml, ...)                                                                      \
    OPT_STRUCT(m, NS_WSCN, xml, 0, wsd_scan_ticket_token, wsd__type_scan_ticket_token, __VA_ARGS__)

#define T struct wsd_scan_ticket_int
static const struct wsd__row ticket_int_rows[] = {
    MUST_HONOR,
    TEXT(value, 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_ticket_int, wsd_scan_ticket_int, "ScanTicketInt", ticket_int_rows, CLOSED);

#define T struct wsd_scan_ticket_token
static const struct wsd__row ticket_token_rows[] = {
    MUST_HONOR,
    TEXT(value, 0),
};
#undef T
SCAN_TYPE(wsd__type_scan_ticket_token, wsd_scan_ticket_token, "ScanTicketToken", ticket_token_rows,
          CLOSED);

#define T struct wsd_scan_job_description
static const struct wsd__row job_description_rows[] = {
    REQ(job_name, NS_WSCN, "JobName", ROW_PRESERVE, SCAN_STR),
    REQ(job_originating_user_name, NS_WSCN, "JobOriginatingUserName", ROW_PRESERVE, SCAN_STR,
        QUIRK(WSD__QUIRK_NO_DESCRIPTION)),
    OPT(job_information, NS_WSCN, "JobInformation", ROW_PRESERVE, SCAN_STR),
};
#undef T
SCAN_TYPE(wsd__type_scan_job_description, wsd_scan_job_description, "JobDescription",
          job_description_rows, OPEN);

#define T struct wsd_scan_size
static const struct wsd__row input_media_size_rows[] = {
    REQ(width, NS_WSCN, "Width", 0, SCAN_ID, SCAN_MILS, QUIRK(WSD__QUIRK_ZERO_SIZE)),
    REQ(height, NS_WSCN, "Height", 0, SCAN_ID, SCAN_MILS, QUIRK(WSD__QUIRK_ZERO_SIZE)),
};
#undef T
SCAN_TYPE(wsd__type_scan_input_media_size, wsd_scan_size, "InputMediaSize", input_media_size_rows,
          CLOSED);

#define T struct wsd_scan_input_size
static const struct wsd__row input_size_rows[] = {
    MUST_HONOR,
    OPT(document_size_auto_detect, NS_WSCN, "DocumentSizeAutoDetect", 0),
    OPT_STRUCT(input_media_size, NS_WSCN, "InputMediaSize", 0, wsd_scan_size,
               wsd__type_scan_input_media_size),
};
#undef T

/* The schema has a choice; WSD-python sends both branches, and true detection wins. */
static const char *check_input_size(const void *object)
{
    const struct wsd_scan_input_size *size = object;
    return size->document_size_auto_detect != NULL || size->input_media_size != NULL
               ? NULL
               : "needs DocumentSizeAutoDetect or InputMediaSize";
}
SCAN_TYPE(wsd__type_scan_input_size, wsd_scan_input_size, "InputSize", input_size_rows, CLOSED,
          CHECK(check_input_size));

#define T struct wsd_scan_exposure_settings
static const struct wsd__row exposure_settings_rows[] = {
    OPT(contrast, NS_WSCN, "Contrast", 0, RANGE(-1000, 1000), UNIT("relative")),
    OPT(brightness, NS_WSCN, "Brightness", 0, RANGE(-1000, 1000), UNIT("relative")),
    OPT(sharpness, NS_WSCN, "Sharpness", 0, RANGE(-100, 100), UNIT("relative")),
};
#undef T
SCAN_TYPE(wsd__type_scan_exposure_settings, wsd_scan_exposure_settings, "ExposureSettings",
          exposure_settings_rows, OPEN);

#define T struct wsd_scan_exposure
static const struct wsd__row exposure_rows[] = {
    MUST_HONOR,
    OPT(auto_exposure, NS_WSCN, "AutoExposure", 0),
    OPT_STRUCT(exposure_settings, NS_WSCN, "ExposureSettings", 0, wsd_scan_exposure_settings,
               wsd__type_scan_exposure_settings),
};
#undef T

/* A choice in the schema; as with InputSize both may come. */
static const char *check_exposure(const void *object)
{
    const struct wsd_scan_exposure *exposure = object;
    return exposure->auto_exposure != NULL || exposure->exposure_settings != NULL
               ? NULL
               : "needs AutoExposure or ExposureSettings";
}
SCAN_TYPE(wsd__type_scan_exposure, wsd_scan_exposure, "Exposure", exposure_rows, CLOSED,
          CHECK(check_exposure));

#define T struct wsd_scan_scaling
static const struct wsd__row scaling_rows[] = {
    MUST_HONOR,
    REQ(scaling_width, NS_WSCN, "ScalingWidth", 0, RANGE(1, 1000), UNIT("percent")),
    REQ(scaling_height, NS_WSCN, "ScalingHeight", 0, RANGE(1, 1000), UNIT("percent")),
};
#undef T
SCAN_TYPE(wsd__type_scan_scaling, wsd_scan_scaling, "Scaling", scaling_rows, CLOSED);

/* That the region lies within InputSize, which may be unknown here, is for the service to judge. */
#define T struct wsd_scan_region
static const struct wsd__row region_rows[] = {
    OPT_INT(scan_region_x_offset, "ScanRegionXOffset", SCAN_COUNT, SCAN_MILS),
    OPT_INT(scan_region_y_offset, "ScanRegionYOffset", SCAN_COUNT, SCAN_MILS),
    REQ_INT(scan_region_width, "ScanRegionWidth", SCAN_ID, SCAN_MILS, QUIRK(WSD__QUIRK_ZERO_SIZE)),
    REQ_INT(scan_region_height, "ScanRegionHeight", SCAN_ID, SCAN_MILS,
            QUIRK(WSD__QUIRK_ZERO_SIZE)),
};
#undef T
SCAN_TYPE(wsd__type_scan_region, wsd_scan_region, "ScanRegion", region_rows, CLOSED);

#define T struct wsd_scan_resolution
static const struct wsd__row resolution_rows[] = {
    MUST_HONOR,
    REQ(width, NS_WSCN, "Width", 0, SCAN_ID, SCAN_DPI, QUIRK(WSD__QUIRK_ZERO_SIZE)),
    OPT(height, NS_WSCN, "Height", 0, SCAN_ID, SCAN_DPI, QUIRK(WSD__QUIRK_ZERO_SIZE)),
};
#undef T
SCAN_TYPE(wsd__type_scan_resolution, wsd_scan_resolution, "Resolution", resolution_rows, CLOSED);

#define T struct wsd_scan_media_side
static const struct wsd__row media_side_rows[] = {
    OPT_STRUCT(scan_region, NS_WSCN, "ScanRegion", 0, wsd_scan_region, wsd__type_scan_region),
    OPT_WORD(color_processing, "ColorProcessing", WORDS(wsd__scan_colors)),
    OPT_STRUCT(resolution, NS_WSCN, "Resolution", 0, wsd_scan_resolution,
               wsd__type_scan_resolution),
};
#undef T
SCAN_TYPE(wsd__type_scan_media_front, wsd_scan_media_side, "MediaFront", media_side_rows, OPEN);
SCAN_TYPE(wsd__type_scan_media_back, wsd_scan_media_side, "MediaBack", media_side_rows, OPEN);

#define T struct wsd_scan_media_sides
static const struct wsd__row media_sides_rows[] = {
    MUST_HONOR,
    REQ_STRUCT(media_front, NS_WSCN, "MediaFront", 0, wsd_scan_media_side,
               wsd__type_scan_media_front),
    OPT_STRUCT(media_back, NS_WSCN, "MediaBack", 0, wsd_scan_media_side, wsd__type_scan_media_back),
};
#undef T
SCAN_TYPE(wsd__type_scan_media_sides, wsd_scan_media_sides, "MediaSides", media_sides_rows, CLOSED);

#define T struct wsd_scan_document_parameters
static const struct wsd__row document_parameters_rows[] = {
    OPT_WORD(format, "Format", WORDS(wsd__scan_formats)),
    OPT_INT(compression_quality_factor, "CompressionQualityFactor", RANGE(0, 100),
            UNIT("quality index")),
    OPT_INT(images_to_transfer, "ImagesToTransfer", SCAN_COUNT, UNIT("images")),
    OPT_WORD(input_source, "InputSource", WORDS(wsd__scan_input_sources)),
    OPT_WORD(film_scan_mode, "FilmScanMode", WORDS(wsd__scan_film_scan_modes)),
    OPT_WORD(content_type, "ContentType", WORDS(wsd__scan_content_types),
             QUIRK(WSD__QUIRK_EMPTY_TOKEN)),
    OPT_STRUCT(input_size, NS_WSCN, "InputSize", 0, wsd_scan_input_size, wsd__type_scan_input_size),
    OPT_STRUCT(exposure, NS_WSCN, "Exposure", 0, wsd_scan_exposure, wsd__type_scan_exposure),
    OPT_STRUCT(scaling, NS_WSCN, "Scaling", 0, wsd_scan_scaling, wsd__type_scan_scaling),
    OPT_WORD(rotation, "Rotation", WORDS(wsd__scan_rotations), UNIT("degrees clockwise")),
    OPT_STRUCT(media_sides, NS_WSCN, "MediaSides", 0, wsd_scan_media_sides,
               wsd__type_scan_media_sides),
};
#undef T
SCAN_TYPE(wsd__type_scan_document_parameters, wsd_scan_document_parameters, "DocumentParameters",
          document_parameters_rows, OPEN);

#define T struct wsd_scan_ticket
static const struct wsd__row ticket_rows[] = {
    REQ_STRUCT(job_description, NS_WSCN, "JobDescription", 0, wsd_scan_job_description,
               wsd__type_scan_job_description),
    OPT_STRUCT(document_parameters, NS_WSCN, "DocumentParameters", 0, wsd_scan_document_parameters,
               wsd__type_scan_document_parameters),
};
#undef T
SCAN_TYPE(wsd__type_scan_ticket, wsd_scan_ticket, "ScanTicket", ticket_rows, OPEN);
SCAN_TYPE(wsd__type_scan_default_ticket, wsd_scan_ticket, "DefaultScanTicket", ticket_rows, OPEN);
SCAN_TYPE(wsd__type_scan_valid_ticket, wsd_scan_ticket, "ValidScanTicket", ticket_rows, OPEN);
