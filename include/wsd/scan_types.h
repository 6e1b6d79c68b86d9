/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Scan 1.0: every element of the scan service as a C struct.
 *
 * Lengths are in 1/1000 inch, resolutions in pixels per inch, scaling in percent, counts in images.
 * WS-Scan documents each element on a page of the element's own name; a comment "WS-Scan: X" names
 * that page. For what all these structures have in common see <wsd/types.h>. A member is named as
 * its element; where an element does nothing but hold the items of a list, the list has the name of
 * that element, or a plainer one where its name differs between input sources.
 *
 * The words of the enumerations are in <wsd/scan_words.h>.
 */
#ifndef WSD_SCAN_TYPES_H
#define WSD_SCAN_TYPES_H

#include <wsd/scan_words.h>
#include <wsd/soap.h>
#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Values that carry attributes. */

/** A number of a ticket. `must_honor`: refuse the job rather than use another value. */
struct wsd_scan_ticket_int {
    int32_t value;
    const bool *must_honor;
    const struct wsd_any *any;
};

/** A word of a ticket; `must_honor` as in wsd_scan_ticket_int. */
struct wsd_scan_ticket_token {
    struct wsd_token value;
    const bool *must_honor;
    const struct wsd_any *any;
};

/**
 * A number that the scan uses. `override_`: not the one that the ticket asked for; `used_default`:
 * the ticket asked for none. WS-Scan: DocumentFinalParameters.
 */
struct wsd_scan_final_int {
    int32_t value;
    const bool *override_, *used_default;
    const struct wsd_any *any;
};

/** A word that the scan uses; attributes as in wsd_scan_final_int. */
struct wsd_scan_final_token {
    struct wsd_token value;
    const bool *override_, *used_default;
    const struct wsd_any *any;
};

/** A text in one language; `lang` is xml:lang. */
struct wsd_scan_text {
    const char *value;
    const char *lang;
    const struct wsd_any *any;
};

/* Scan ticket: what the client asks for. */

/** Who scans and what for; strings up to 255 characters. WS-Scan: JobDescription. */
struct wsd_scan_job_description {
    const char *job_name;
    const char *job_originating_user_name;
    const char *job_information; /**< optional, yet some Canon refuse a ticket without it */
    const struct wsd_any *any;
};

/** Width and height in 1/1000 inch. WS-Scan: InputMediaSize, PlatenMinimumSize and the like. */
struct wsd_scan_size {
    int32_t width, height;
    const struct wsd_any *any;
};

/** Size of the original: detected or given; if both are here, detection wins when it is true.
 *  WS-Scan: InputSize. */
struct wsd_scan_input_size {
    const bool *must_honor;
    const bool *document_size_auto_detect;
    const struct wsd_scan_size *input_media_size; /**< 1/1000 inch */
    const struct wsd_any *any;
};

/** Changes against the device's default, 0 for none. WS-Scan: ExposureSettings. */
struct wsd_scan_exposure_settings {
    const int32_t *contrast;   /**< -1000 to 1000 */
    const int32_t *brightness; /**< -1000 to 1000 */
    const int32_t *sharpness;  /**< -100 to 100 */
    const struct wsd_any *any;
};

/** Exposure: automatic or given. WS-Scan: Exposure. */
struct wsd_scan_exposure {
    const bool *must_honor;
    const bool *auto_exposure;
    const struct wsd_scan_exposure_settings *exposure_settings;
    const struct wsd_any *any;
};

/** Scaling in percent, 1 to 1000. WS-Scan: Scaling. */
struct wsd_scan_scaling {
    const bool *must_honor;
    int32_t scaling_width, scaling_height;
    const struct wsd_any *any;
};

/** The part of the original to scan, in 1/1000 inch; offsets absent mean 0. WS-Scan: ScanRegion. */
struct wsd_scan_region {
    const struct wsd_scan_ticket_int *scan_region_x_offset, *scan_region_y_offset;
    struct wsd_scan_ticket_int scan_region_width, scan_region_height;
    const struct wsd_any *any;
};

/** Pixels per inch; `height` absent means as `width`. WS-Scan: Resolution. */
struct wsd_scan_resolution {
    const bool *must_honor;
    int32_t width;
    const int32_t *height;
    const struct wsd_any *any;
};

/** Settings of one side. WS-Scan: MediaFront, MediaBack. */
struct wsd_scan_media_side {
    const struct wsd_scan_region *scan_region;
    const struct wsd_scan_ticket_token *color_processing; /**< enum wsd_scan_color */
    const struct wsd_scan_resolution *resolution;
    const struct wsd_any *any;
};

/** Settings of both sides; without `media_back` the front's hold for both. WS-Scan: MediaSides. */
struct wsd_scan_media_sides {
    const bool *must_honor;
    struct wsd_scan_media_side media_front;
    const struct wsd_scan_media_side *media_back; /**< with ADFDuplex only */
    const struct wsd_any *any;
};

/** All settings of a ticket; what is absent is the device's default. WS-Scan: DocumentParameters.
 */
struct wsd_scan_document_parameters {
    const struct wsd_scan_ticket_token *format;                   /**< enum wsd_scan_format */
    const struct wsd_scan_ticket_int *compression_quality_factor; /**< 0 to 100 */
    const struct wsd_scan_ticket_int *images_to_transfer;         /**< 0: all there are */
    const struct wsd_scan_ticket_token *input_source;             /**< enum wsd_scan_input_source */
    const struct wsd_scan_ticket_token *film_scan_mode; /**< enum wsd_scan_film_scan_mode */
    const struct wsd_scan_ticket_token *content_type;   /**< enum wsd_scan_content_type */
    const struct wsd_scan_input_size *input_size;
    const struct wsd_scan_exposure *exposure;
    const struct wsd_scan_scaling *scaling;
    const struct wsd_scan_ticket_token *rotation; /**< enum wsd_scan_rotation, clockwise */
    const struct wsd_scan_media_sides *media_sides;
    const struct wsd_any *any;
};

/** A scan ticket. WS-Scan: ScanTicket, DefaultScanTicket, ValidScanTicket. */
struct wsd_scan_ticket {
    struct wsd_scan_job_description job_description;
    const struct wsd_scan_document_parameters *document_parameters;
    const struct wsd_any *any;
};

/* Final parameters: what the device will do. */

/** Size of the original in 1/1000 inch. WS-Scan: InputMediaSize. */
struct wsd_scan_final_size {
    struct wsd_scan_final_int width, height;
    const struct wsd_any *any;
};

/** Size of the original as used. WS-Scan: InputSize. */
struct wsd_scan_final_input_size {
    struct wsd_scan_final_size input_media_size;
    const struct wsd_any *any;
};

/** Exposure as used; ranges as in wsd_scan_exposure_settings. WS-Scan: ExposureSettings. */
struct wsd_scan_final_exposure_settings {
    struct wsd_scan_final_int contrast, brightness, sharpness;
    const struct wsd_any *any;
};

/** Exposure as used. WS-Scan: Exposure. */
struct wsd_scan_final_exposure {
    struct wsd_scan_final_exposure_settings exposure_settings;
    const struct wsd_any *any;
};

/** Scaling as used, in percent. WS-Scan: Scaling. */
struct wsd_scan_final_scaling {
    struct wsd_scan_final_int scaling_width, scaling_height;
    const struct wsd_any *any;
};

/** Region as used, in 1/1000 inch. WS-Scan: ScanRegion. */
struct wsd_scan_final_region {
    struct wsd_scan_final_int scan_region_x_offset, scan_region_y_offset;
    struct wsd_scan_final_int scan_region_width, scan_region_height;
    const struct wsd_any *any;
};

/** Resolution as used, in pixels per inch. WS-Scan: Resolution. */
struct wsd_scan_final_resolution {
    struct wsd_scan_final_int width, height;
    const struct wsd_any *any;
};

/** One side as used. WS-Scan: MediaFront, MediaBack. */
struct wsd_scan_final_media_side {
    struct wsd_scan_final_region scan_region;
    struct wsd_scan_final_token color_processing; /**< enum wsd_scan_color */
    struct wsd_scan_final_resolution resolution;
    const struct wsd_any *any;
};

/** Both sides as used. WS-Scan: MediaSides. */
struct wsd_scan_final_media_sides {
    struct wsd_scan_final_media_side media_front;
    const struct wsd_scan_final_media_side *media_back;
    const struct wsd_any *any;
};

/**
 * The settings of a scan that was accepted. Devices are known to leave parts out: a token without
 * text or a number 0 outside its range was not sent. WS-Scan: DocumentFinalParameters.
 */
struct wsd_scan_final_parameters {
    struct wsd_scan_final_token format;                   /**< enum wsd_scan_format */
    struct wsd_scan_final_int compression_quality_factor; /**< 0 to 100 */
    struct wsd_scan_final_int images_to_transfer;
    struct wsd_scan_final_token input_source;          /**< enum wsd_scan_input_source */
    const struct wsd_scan_final_token *film_scan_mode; /**< enum wsd_scan_film_scan_mode */
    struct wsd_scan_final_token content_type;          /**< enum wsd_scan_content_type */
    struct wsd_scan_final_input_size input_size;
    struct wsd_scan_final_exposure exposure;
    struct wsd_scan_final_scaling scaling;
    struct wsd_scan_final_token rotation; /**< enum wsd_scan_rotation, clockwise */
    struct wsd_scan_final_media_sides media_sides;
    const struct wsd_any *any;
};

/** Size of the image of one side; a hint, the file itself decides. WS-Scan: MediaFrontImageInfo,
 *  MediaBackImageInfo. */
struct wsd_scan_media_image_info {
    int32_t pixels_per_line;
    int32_t number_of_lines;
    int32_t bytes_per_line; /**< 0 for compressed formats */
    const struct wsd_any *any;
};

/** Sizes of the images to come. WS-Scan: ImageInformation. */
struct wsd_scan_image_information {
    struct wsd_scan_media_image_info media_front_image_info;
    const struct wsd_scan_media_image_info *media_back_image_info; /**< with ADFDuplex */
    const struct wsd_any *any;
};

/* The scanner. */

/** Names for people, one of each per language, up to 127 characters. WS-Scan: ScannerDescription.
 */
struct wsd_scan_description {
    const struct wsd_scan_text *scanner_name;
    size_t n_scanner_name;
    const struct wsd_scan_text *scanner_info;
    size_t n_scanner_info;
    const struct wsd_scan_text *scanner_location;
    size_t n_scanner_location;
    const struct wsd_any *any;
};

/** Bounds of a setting, inclusive. WS-Scan: CompressionQualityFactorSupported (0 to 100) and
 *  ScalingWidth, ScalingHeight of ScalingRangeSupported (percent, 1 to 1000). */
struct wsd_scan_range {
    int32_t min_value, max_value;
    const struct wsd_any *any;
};

/** Scaling offered, in percent. WS-Scan: ScalingRangeSupported. */
struct wsd_scan_scaling_range {
    struct wsd_scan_range scaling_width, scaling_height;
    const struct wsd_any *any;
};

/** What the device can do from any source. WS-Scan: DeviceSettings. */
struct wsd_scan_device_settings {
    const struct wsd_token *formats_supported; /**< enum wsd_scan_format */
    size_t n_formats_supported;
    struct wsd_scan_range compression_quality_factor_supported;
    const struct wsd_token *content_types_supported; /**< enum wsd_scan_content_type */
    size_t n_content_types_supported;
    bool document_size_auto_detect_supported;
    bool auto_exposure_supported;
    bool brightness_supported;
    bool contrast_supported;
    struct wsd_scan_scaling_range scaling_range_supported;
    const struct wsd_token *rotations_supported; /**< enum wsd_scan_rotation */
    size_t n_rotations_supported;
    const struct wsd_any *any;
};

/** Pixels per inch of the sensor; `height` absent means as `width`. WS-Scan:
 *  PlatenOpticalResolution, ADFOpticalResolution, FilmOpticalResolution. */
struct wsd_scan_optical_resolution {
    int32_t width;
    const int32_t *height;
    const struct wsd_any *any;
};

/** Resolutions offered, in pixels per inch, each direction on its own. WS-Scan:
 *  PlatenResolutions, ADFResolutions, FilmResolutions. */
struct wsd_scan_resolutions {
    const int32_t *widths;
    size_t n_widths;
    const int32_t *heights;
    size_t n_heights;
    const struct wsd_any *any;
};

/** One input source. WS-Scan: Platen, ADFFront, ADFBack, Film. */
struct wsd_scan_source {
    const struct wsd_token *film_scan_modes; /**< Film only; enum wsd_scan_film_scan_mode */
    size_t n_film_scan_modes;
    struct wsd_scan_optical_resolution optical_resolution;
    struct wsd_scan_resolutions resolutions;
    const struct wsd_token *colors; /**< enum wsd_scan_color */
    size_t n_colors;
    struct wsd_scan_size minimum_size; /**< 1/1000 inch */
    struct wsd_scan_size maximum_size; /**< 1/1000 inch; some Kyocera swap width and height */
    const struct wsd_any *any;
};

/** The document feeder. WS-Scan: ADF. */
struct wsd_scan_adf {
    bool adf_supports_duplex;
    struct wsd_scan_source adf_front;
    const struct wsd_scan_source *adf_back; /**< absent with duplex: as the front */
    const struct wsd_any *any;
};

/** All that the scanner can do. WS-Scan: ScannerConfiguration. */
struct wsd_scan_configuration {
    struct wsd_scan_device_settings device_settings;
    const struct wsd_scan_source *platen;
    const struct wsd_scan_adf *adf;
    const struct wsd_scan_source *film;
    const struct wsd_any *any;
};

/** Something that a person should know about. WS-Scan: DeviceCondition, ConditionHistoryEntry. */
struct wsd_scan_condition {
    int32_t id;                            /**< from 1 */
    struct wsd_datetime time;              /**< when it arose, on the scanner's clock */
    struct wsd_token name;                 /**< enum wsd_scan_condition_name */
    struct wsd_token component;            /**< enum wsd_scan_component */
    struct wsd_token severity;             /**< enum wsd_scan_severity */
    const struct wsd_datetime *clear_time; /**< in the history only, and required there */
    const struct wsd_any *any;
};

/** The scanner's state. WS-Scan: ScannerStatus. */
struct wsd_scan_status {
    struct wsd_datetime scanner_current_time; /**< the scanner's clock, which may start in year 1 */
    struct wsd_token scanner_state;           /**< enum wsd_scan_state */
    const struct wsd_token *scanner_state_reasons; /**< enum wsd_scan_state_reason */
    size_t n_scanner_state_reasons;
    const struct wsd_scan_condition *active_conditions;
    size_t n_active_conditions;
    const struct wsd_scan_condition *condition_history;
    size_t n_condition_history;
    const struct wsd_any *any;
};

/* Jobs. */

/** Name of a document, up to 255 characters. WS-Scan: DocumentDescription. */
struct wsd_scan_document_description {
    const char *document_name;
    const struct wsd_any *any;
};

/** A document of a job. WS-Scan: Document. */
struct wsd_scan_document {
    struct wsd_scan_document_description document_description;
    const struct wsd_any *any;
};

/** The documents of a job. WS-Scan: Documents. */
struct wsd_scan_documents {
    struct wsd_scan_final_parameters document_final_parameters;
    const struct wsd_scan_document *document;
    size_t n_document;
    const struct wsd_any *any;
};

/** Where a job stands. WS-Scan: JobStatus. */
struct wsd_scan_job_status {
    int32_t job_id;                            /**< from 1 */
    struct wsd_token job_state;                /**< enum wsd_scan_job_state */
    const struct wsd_token *job_state_reasons; /**< enum wsd_scan_job_state_reason */
    size_t n_job_state_reasons;
    int32_t scans_completed; /**< images; a duplex sheet is two */
    const struct wsd_datetime *job_created_time, *job_completed_time; /**< the scanner's clock */
    const struct wsd_any *any;
};

/** A job in a list of jobs. WS-Scan: JobSummary. */
struct wsd_scan_job_summary {
    int32_t job_id; /**< from 1 */
    const char *job_name;
    const char *job_originating_user_name;
    struct wsd_token job_state;                /**< enum wsd_scan_job_state */
    const struct wsd_token *job_state_reasons; /**< enum wsd_scan_job_state_reason */
    size_t n_job_state_reasons;
    int32_t scans_completed; /**< images */
    const struct wsd_any *any;
};

/** How a job ended; sent once. WS-Scan: JobEndState. */
struct wsd_scan_job_end_state {
    int32_t job_id;                                      /**< from 1 */
    struct wsd_token job_completed_state;                /**< enum wsd_scan_job_completed_state */
    const struct wsd_token *job_completed_state_reasons; /**< enum wsd_scan_job_state_reason */
    size_t n_job_completed_state_reasons;
    const char *job_name;
    const char *job_originating_user_name;
    int32_t scans_completed; /**< images */
    const struct wsd_datetime *job_completed_time;
    const struct wsd_any *any;
};

/* Operations. */

/** WS-Scan: CreateScanJobRequest. The two strings come together, and only where a person started
 *  the scan at the device: from its event and from its answer to the subscription. */
struct wsd_scan_create_scan_job_request {
    const char *scan_identifier;
    const char *destination_token;
    struct wsd_scan_ticket scan_ticket;
    const struct wsd_any *any;
};

/** WS-Scan: CreateScanJobResponse. */
struct wsd_scan_create_scan_job_response {
    int32_t job_id;        /**< from 1 */
    const char *job_token; /**< secret that entitles to the job's images */
    struct wsd_scan_image_information image_information;
    struct wsd_scan_final_parameters document_final_parameters;
    const struct wsd_any *any;
};

/** WS-Scan: RetrieveImageRequest. */
struct wsd_scan_retrieve_image_request {
    int32_t job_id;
    const char *job_token;
    struct wsd_scan_document_description document_description; /**< name NULL: it was not sent */
    const struct wsd_any *any;
};

/** A reference to an attachment. XOP, section 2.1: xop:Include. */
struct wsd_xop_include {
    const char *href; /**< "cid:" and the Content-ID of the part, percent-encoded */
    const struct wsd_any *any;
};

/** The image: a reference to its part or (not in the schema) base64 inline. WS-Scan: ScanData. */
struct wsd_scan_data {
    const char *text; /**< base64, NULL with `include` */
    const struct wsd_xop_include *include;
    const struct wsd_any *any;
};

/** WS-Scan: RetrieveImageResponse. */
struct wsd_scan_retrieve_image_response {
    struct wsd_scan_data scan_data;
    const struct wsd_any *any;
};

/** WS-Scan: CancelJobRequest. */
struct wsd_scan_cancel_job_request {
    int32_t job_id;
    const struct wsd_any *any;
};

/** WS-Scan: CancelJobResponse; empty. */
struct wsd_scan_cancel_job_response {
    const struct wsd_any *any;
};

/** WS-Scan: ValidateScanTicketRequest. */
struct wsd_scan_validate_scan_ticket_request {
    struct wsd_scan_ticket scan_ticket;
    const struct wsd_any *any;
};

/** What the device thinks of a ticket. WS-Scan: ValidationInfo. */
struct wsd_scan_validation_info {
    bool valid_ticket; /**< it can be scanned as it is */
    struct wsd_scan_image_information image_information;
    const struct wsd_scan_ticket *valid_scan_ticket; /**< the ticket, mended */
    const struct wsd_any *any;
};

/** WS-Scan: ValidateScanTicketResponse. */
struct wsd_scan_validate_scan_ticket_response {
    struct wsd_scan_validation_info validation_info;
    const struct wsd_any *any;
};

/** WS-Scan: GetScannerElementsRequest; names of sections such as wscn:ScannerStatus. */
struct wsd_scan_get_scanner_elements_request {
    const struct wsd_qname *requested_elements;
    size_t n_requested_elements;
    const struct wsd_any *any;
};

/** A section of the scanner; vendor sections are in `any`. WS-Scan: ElementData for
 *  ScannerElements. */
struct wsd_scan_scanner_element_data {
    struct wsd_qname name; /**< as requested */
    bool valid;            /**< false: the device has no such section */
    const struct wsd_scan_description *scanner_description;
    const struct wsd_scan_configuration *scanner_configuration;
    const struct wsd_scan_status *scanner_status;
    const struct wsd_scan_ticket *default_scan_ticket;
    const struct wsd_any *any;
};

/** WS-Scan: GetScannerElementsResponse. */
struct wsd_scan_get_scanner_elements_response {
    const struct wsd_scan_scanner_element_data *scanner_elements;
    size_t n_scanner_elements;
    const struct wsd_any *any;
};

/** WS-Scan: GetJobElementsRequest; names of sections such as wscn:JobStatus. */
struct wsd_scan_get_job_elements_request {
    int32_t job_id;
    const struct wsd_qname *requested_elements;
    size_t n_requested_elements;
    const struct wsd_any *any;
};

/** A section of a job; vendor sections are in `any`. WS-Scan: ElementData for JobElements. */
struct wsd_scan_job_element_data {
    struct wsd_qname name; /**< as requested */
    bool valid;            /**< false: the device has no such section */
    const struct wsd_scan_job_status *job_status;
    const struct wsd_scan_ticket *scan_ticket; /**< as it was sent */
    const struct wsd_scan_documents *documents;
    const struct wsd_any *any;
};

/** WS-Scan: GetJobElementsResponse. */
struct wsd_scan_get_job_elements_response {
    const struct wsd_scan_job_element_data *job_elements;
    size_t n_job_elements;
    const struct wsd_any *any;
};

/** WS-Scan: GetActiveJobsRequest; empty. */
struct wsd_scan_get_active_jobs_request {
    const struct wsd_any *any;
};

/** WS-Scan: GetActiveJobsResponse; the jobs that have not ended. */
struct wsd_scan_get_active_jobs_response {
    const struct wsd_scan_job_summary *active_jobs;
    size_t n_active_jobs;
    const struct wsd_any *any;
};

/** WS-Scan: GetJobHistoryRequest; empty. */
struct wsd_scan_get_job_history_request {
    const struct wsd_any *any;
};

/** WS-Scan: GetJobHistoryResponse; jobs that ended, as many as the device keeps. */
struct wsd_scan_get_job_history_response {
    const struct wsd_scan_job_summary *job_history;
    size_t n_job_history;
    const struct wsd_any *any;
};

/* Scanning that is started at the device. */

/** A name on the scanner's panel. WS-Scan: ScanDestination. */
struct wsd_scan_destination {
    const char *client_display_name; /**< up to 127 characters */
    const char *client_context;      /**< up to 255, comes back in answer and event */
    const struct wsd_any *any;
};

/** Goes into wse:Subscribe. WS-Scan: ScanDestinations. */
struct wsd_scan_destinations {
    const struct wsd_scan_destination *scan_destination;
    size_t n_scan_destination;
    const struct wsd_any *any;
};

/** The token of a destination. WS-Scan: DestinationResponse. */
struct wsd_scan_destination_response {
    const char *client_context;
    const char *destination_token; /**< for CreateScanJobRequest, up to 255 characters */
    const struct wsd_any *any;
};

/** Comes in wse:SubscribeResponse. WS-Scan: DestinationResponses. */
struct wsd_scan_destination_responses {
    const struct wsd_scan_destination_response *destination_response;
    size_t n_destination_response;
    const struct wsd_any *any;
};

/** A person chose a destination and pressed the button. WS-Scan: ScanAvailableEvent. */
struct wsd_scan_available_event {
    const char *client_context;
    const char *scan_identifier;
    const struct wsd_token *input_source; /**< enum wsd_scan_input_source */
    const struct wsd_any *any;
};

/* Events. */

/** Sections that changed, each complete; absent: unchanged. WS-Scan: ElementChanges. */
struct wsd_scan_element_changes {
    const struct wsd_scan_description *scanner_description;
    const struct wsd_scan_configuration *scanner_configuration;
    const struct wsd_scan_ticket *default_scan_ticket;
    const struct wsd_any *any;
};

/** WS-Scan: ScannerElementsChangeEvent. */
struct wsd_scan_elements_change_event {
    struct wsd_scan_element_changes element_changes;
    const struct wsd_any *any;
};

/** State and reasons. WS-Scan: StatusSummary. */
struct wsd_scan_status_summary {
    struct wsd_token scanner_state;                /**< enum wsd_scan_state */
    const struct wsd_token *scanner_state_reasons; /**< enum wsd_scan_state_reason */
    size_t n_scanner_state_reasons;
    const struct wsd_any *any;
};

/** WS-Scan: ScannerStatusSummaryEvent. */
struct wsd_scan_status_summary_event {
    struct wsd_scan_status_summary status_summary;
    const struct wsd_any *any;
};

/** A condition arose or changed. WS-Scan: ScannerStatusConditionEvent. */
struct wsd_scan_status_condition_event {
    struct wsd_scan_condition device_condition;
    const struct wsd_any *any;
};

/** Which condition is over, and since when. WS-Scan: DeviceConditionCleared. */
struct wsd_scan_condition_cleared {
    int32_t condition_id;
    struct wsd_datetime condition_clear_time; /**< the scanner's clock */
    const struct wsd_any *any;
};

/** WS-Scan: ScannerStatusConditionClearedEvent. */
struct wsd_scan_status_condition_cleared_event {
    struct wsd_scan_condition_cleared device_condition_cleared;
    const struct wsd_any *any;
};

/** WS-Scan: JobStatusEvent. */
struct wsd_scan_job_status_event {
    struct wsd_scan_job_status job_status;
    const struct wsd_any *any;
};

/** WS-Scan: JobEndStateEvent. */
struct wsd_scan_job_end_state_event {
    struct wsd_scan_job_end_state job_end_state;
    const struct wsd_any *any;
};

/* The information model, which no message carries whole. */

/** A job with all its sections. WS-Scan: Job. */
struct wsd_scan_job {
    struct wsd_scan_job_status job_status;
    struct wsd_scan_ticket scan_ticket;
    const struct wsd_scan_documents *documents;
    const struct wsd_any *any;
};

/** Jobs of a JobTable. WS-Scan: ActiveJobs, JobHistory. */
struct wsd_scan_job_list {
    const struct wsd_scan_job *job;
    size_t n_job;
    const struct wsd_any *any;
};

/** All jobs that the scanner knows. WS-Scan: JobTable. */
struct wsd_scan_job_table {
    struct wsd_scan_job_list active_jobs;
    const struct wsd_scan_job_list *job_history;
    const struct wsd_any *any;
};

/** A scanner as WS-Scan models it. WS-Scan: Scanner. */
struct wsd_scanner_model {
    struct wsd_scan_description scanner_description;
    struct wsd_scan_configuration scanner_configuration;
    struct wsd_scan_status scanner_status;
    struct wsd_scan_ticket default_scan_ticket;
    struct wsd_scan_job_table job_table;
    const struct wsd_any *any;
};

/** The body of a message of the scan service: one of these. */
struct wsd_scan_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_scan_create_scan_job_request *create_scan_job_request;
    const struct wsd_scan_create_scan_job_response *create_scan_job_response;
    const struct wsd_scan_retrieve_image_request *retrieve_image_request;
    const struct wsd_scan_retrieve_image_response *retrieve_image_response;
    const struct wsd_scan_cancel_job_request *cancel_job_request;
    const struct wsd_scan_cancel_job_response *cancel_job_response;
    const struct wsd_scan_validate_scan_ticket_request *validate_scan_ticket_request;
    const struct wsd_scan_validate_scan_ticket_response *validate_scan_ticket_response;
    const struct wsd_scan_get_scanner_elements_request *get_scanner_elements_request;
    const struct wsd_scan_get_scanner_elements_response *get_scanner_elements_response;
    const struct wsd_scan_get_job_elements_request *get_job_elements_request;
    const struct wsd_scan_get_job_elements_response *get_job_elements_response;
    const struct wsd_scan_get_active_jobs_request *get_active_jobs_request;
    const struct wsd_scan_get_active_jobs_response *get_active_jobs_response;
    const struct wsd_scan_get_job_history_request *get_job_history_request;
    const struct wsd_scan_get_job_history_response *get_job_history_response;
    const struct wsd_scan_available_event *scan_available_event;
    const struct wsd_scan_elements_change_event *scanner_elements_change_event;
    const struct wsd_scan_status_summary_event *scanner_status_summary_event;
    const struct wsd_scan_status_condition_event *scanner_status_condition_event;
    const struct wsd_scan_status_condition_cleared_event *scanner_status_condition_cleared_event;
    const struct wsd_scan_job_status_event *job_status_event;
    const struct wsd_scan_job_end_state_event *job_end_state_event;
    /** The request by the name that the documentation's example gives it; some clients send it. */
    const struct wsd_scan_get_job_elements_request *get_job_elements;
    const struct wsd_any *any;
};

#ifdef __cplusplus
}
#endif
#endif
