/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Print 1.0, client side: what a print service says of its printer (GetPrinterElements).
 *
 * Jobs are not printed by this library; a print queue does that. This is for those who watch
 * printers: what it is, what it holds, how it is.
 */
#ifndef WSD_PRINT_H
#define WSD_PRINT_H

#include <wsd/context.h>
#include <wsd/soap.h>
#include <wsd/transfer.h>
#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** PrinterState. Open: other words have the value 0. */
enum wsd_print_state {
    WSD_PRINT_STATE_OTHER = 0,
    WSD_PRINT_STATE_IDLE,
    WSD_PRINT_STATE_PROCESSING,
    WSD_PRINT_STATE_STOPPED
};

/** PrinterStateReason. Open. */
enum wsd_print_state_reason {
    WSD_PRINT_STATE_REASON_OTHER = 0,
    WSD_PRINT_STATE_REASON_ATTENTION_REQUIRED,
    WSD_PRINT_STATE_REASON_DOOR_OPEN,
    WSD_PRINT_STATE_REASON_MARKER_SUPPLY_EMPTY,
    WSD_PRINT_STATE_REASON_MARKER_SUPPLY_LOW,
    WSD_PRINT_STATE_REASON_MEDIA_EMPTY,
    WSD_PRINT_STATE_REASON_MEDIA_JAM,
    WSD_PRINT_STATE_REASON_MEDIA_LOW,
    WSD_PRINT_STATE_REASON_MEDIA_NEEDED,
    WSD_PRINT_STATE_REASON_NONE,
    WSD_PRINT_STATE_REASON_PAUSED,
    WSD_PRINT_STATE_REASON_OUTPUT_AREA_ALMOST_FULL,
    WSD_PRINT_STATE_REASON_OUTPUT_AREA_FULL
};

/** Severity of a condition. Open. */
enum wsd_print_severity {
    WSD_PRINT_SEVERITY_OTHER = 0,
    WSD_PRINT_SEVERITY_INFORMATIONAL,
    WSD_PRINT_SEVERITY_WARNING,
    WSD_PRINT_SEVERITY_CRITICAL
};

/** PrinterDescription (WS-Print). */
struct wsd_print_description {
    bool color_supported;
    const char *device_id; /**< of IEEE 1284: "MFG:...;MDL:...;" */
    const bool *multiple_document_jobs_supported;
    int32_t pages_per_minute;
    const int32_t *pages_per_minute_color;
    const struct wsd_lang_text *printer_name;
    size_t n_printer_name;
    const struct wsd_lang_text *printer_info;
    size_t n_printer_info;
    const struct wsd_lang_text *printer_location;
    size_t n_printer_location;
    const struct wsd_any *any;
};

/** StorageEntry. */
struct wsd_print_storage {
    const char *name;
    const char *type; /**< such as RAM, HardDisk */
    int32_t size;
    int32_t free_; /**< percent, -1: unknown. Element Free */
    const struct wsd_any *any;
};

/** ConsumableEntry: toner, ink, a drum. */
struct wsd_print_consumable {
    const char *name;
    const char *type;  /**< such as Toner, WasteToner, Ink */
    const char *color; /**< such as Black, Cyan */
    int32_t level;     /**< percent, -1: unknown */
    const char *model;
    const struct wsd_any *any;
};

/** InputBinEntry: a paper tray. */
struct wsd_print_input_bin {
    const char *name;
    const char *feed_direction; /**< LongEdgeFirst or ShortEdgeFirst */
    const char *media_size;     /**< such as iso_a4_210x297mm */
    const char *media_type, *media_color;
    int32_t capacity; /**< sheets, -1: unknown */
    int32_t level;    /**< percent, -1: unknown */
    const struct wsd_any *any;
};

/** Finishings. */
struct wsd_print_finishings {
    bool collation_supported, jog_offset_supported;
    bool duplexer_installed, stapler_installed, hole_punch_installed;
    const struct wsd_any *any;
};

/** OutputBinEntry. */
struct wsd_print_output_bin {
    const char *name;
    int32_t capacity; /**< sheets, -1: unknown */
    int32_t level;    /**< percent, -1: unknown */
    const struct wsd_any *any;
};

/** PrinterConfiguration (WS-Print). */
struct wsd_print_configuration {
    const int32_t *printer_event_rate;
    const struct wsd_print_storage *storage;
    size_t n_storage;
    const struct wsd_print_consumable *consumables;
    size_t n_consumables;
    const struct wsd_print_input_bin *input_bins;
    size_t n_input_bins;
    const struct wsd_print_finishings *finishings;
    const struct wsd_print_output_bin *output_bins;
    size_t n_output_bins;
    const struct wsd_any *any;
};

/** Component of a condition. */
struct wsd_print_component {
    const char *group; /**< such as MediaPath, InputBin */
    const char *name;
    const struct wsd_any *any;
};

/** DeviceCondition or ConditionHistoryEntry. */
struct wsd_print_condition {
    int32_t id;
    struct wsd_datetime time;
    const char *name; /**< such as CoverOpen, Jam, ConsumableLow */
    struct wsd_print_component component;
    struct wsd_token severity;             /**< enum wsd_print_severity */
    const struct wsd_datetime *clear_time; /**< of the history */
    const struct wsd_any *any;
};

/** PrinterStatus (WS-Print). */
struct wsd_print_status {
    struct wsd_datetime printer_current_time;
    struct wsd_token printer_state;                       /**< enum wsd_print_state */
    const struct wsd_token *printer_primary_state_reason; /**< enum wsd_print_state_reason */
    const struct wsd_token *printer_state_reasons;        /**< enum wsd_print_state_reason */
    size_t n_printer_state_reasons;
    int32_t queued_job_count;
    const struct wsd_print_condition *active_condition;
    size_t n_active_condition;
    const struct wsd_print_condition *condition_history;
    size_t n_condition_history;
    const struct wsd_any *any;
};

/** ElementData: a section of the printer. DefaultPrintTicket, PrinterCapabilities and vendor
 *  sections are in `any`. */
struct wsd_print_element_data {
    struct wsd_qname name; /**< as requested */
    bool valid;            /**< false: the device has no such section */
    const struct wsd_print_description *printer_description;
    const struct wsd_print_configuration *printer_configuration;
    const struct wsd_print_status *printer_status;
    const struct wsd_any *any;
};

/** GetPrinterElementsRequest. */
struct wsd_print_get_printer_elements_request {
    const struct wsd_qname *requested_elements;
    size_t n_requested_elements;
    const struct wsd_any *any;
};

/** GetPrinterElementsResponse. */
struct wsd_print_get_printer_elements_response {
    const struct wsd_print_element_data *printer_elements;
    size_t n_printer_elements;
    const struct wsd_any *any;
};

/** Parts of a printer for wsd_get_printer_elements(), to be or-ed. */
enum wsd_print_part {
    WSD_PRINT_DESCRIPTION = 1,
    WSD_PRINT_CONFIGURATION = 2,
    WSD_PRINT_STATUS = 4,
    WSD_PRINT_DEFAULT_TICKET = 8,
    WSD_PRINT_CAPABILITIES = 16,
    WSD_PRINT_ALL_PARTS = 31
};

/**
 * GetPrinterElements (WS-Print): the parts asked for, of the print service at @p service (the
 * address of the hosted service of type {WSD_NS_PRINT}PrinterServiceType).
 * @return 0 or a code of wsd_get(). Free the result with wsd_free().
 */
WSD_API int wsd_get_printer_elements(struct wsd_context *context, const char *service,
                                     unsigned parts, const struct wsd_request_options *options,
                                     const struct wsd_print_get_printer_elements_response **ret,
                                     struct wsd_error *reterr);
/** The same, started; the result is a `struct wsd_print_get_printer_elements_response`. */
WSD_API int wsd_get_printer_elements_start(struct wsd_context *context, const char *service,
                                           unsigned parts,
                                           const struct wsd_request_options *options,
                                           wsd_done_fn *done, void *user,
                                           struct wsd_call **ret_call, struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
