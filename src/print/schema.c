/* SPDX-License-Identifier: MIT */
/*
 * The tables of WS-Print 1.0. Lengths are not enforced, words are open, and what versions 1.1 and
 * 1.2 or a vendor add is kept as unknown elements.
 */
#include "print/schema.h"

#include "soap/envelope.h"
#include "transfer/metadata.h"

#define PERCENT RANGE(-1, 100)
#define COUNT   RANGE(-1, INT32_MAX)
#define PRINT_TYPE(object, tag, xml, rows)                                                         \
    const struct wsd_type object = WSD__TYPE(struct tag, xml, rows, OPEN)

WORD_LIST(wsd__print_states, "Idle", "Processing", "Stopped");
WORD_LIST(wsd__print_state_reasons, "AttentionRequired", "DoorOpen", "MarkerSupplyEmpty",
          "MarkerSupplyLow", "MediaEmpty", "MediaJam", "MediaLow", "MediaNeeded", "None", "Paused",
          "OutputAreaAlmostFull", "OutputAreaFull");
WORD_LIST(wsd__print_severities, "Informational", "Warning", "Critical");

#define T struct wsd_print_description
static const struct wsd__row description_rows[] = {
    REQ(color_supported, NS_WPRT, "ColorSupported", 0),
    REQ(device_id, NS_WPRT, "DeviceId", 0),
    OPT(multiple_document_jobs_supported, NS_WPRT, "MultipleDocumentJobsSupported", 0),
    REQ(pages_per_minute, NS_WPRT, "PagesPerMinute", 0, RANGE(0, INT32_MAX)),
    OPT(pages_per_minute_color, NS_WPRT, "PagesPerMinuteColor", 0, RANGE(0, INT32_MAX)),
    LIST_STRUCT(printer_name, NS_WPRT, "PrinterName", 0, wsd_lang_text, wsd__type_lang_text),
    LIST_STRUCT(printer_info, NS_WPRT, "PrinterInfo", 0, wsd_lang_text, wsd__type_lang_text),
    LIST_STRUCT(printer_location, NS_WPRT, "PrinterLocation", 0, wsd_lang_text,
                wsd__type_lang_text),
};
#undef T
PRINT_TYPE(wsd__type_print_description, wsd_print_description, "PrinterDescription",
           description_rows);

#define NAME REQ(name, NS_NONE, "Name", ROW_ATTRIBUTE)

#define T struct wsd_print_storage
static const struct wsd__row storage_rows[] = {
    NAME,
    REQ(type, NS_WPRT, "Type", 0),
    REQ(size, NS_WPRT, "Size", 0, RANGE(0, INT32_MAX)),
    REQ(free_, NS_WPRT, "Free", 0, PERCENT),
};
#undef T
static PRINT_TYPE(type_storage, wsd_print_storage, "StorageEntry", storage_rows);

#define T struct wsd_print_consumable
static const struct wsd__row consumable_rows[] = {
    NAME,
    REQ(type, NS_WPRT, "Type", 0),
    OPT(color, NS_WPRT, "Color", 0),
    REQ(level, NS_WPRT, "Level", 0, PERCENT),
    OPT(model, NS_WPRT, "Model", 0),
};
#undef T
static PRINT_TYPE(type_consumable, wsd_print_consumable, "ConsumableEntry", consumable_rows);

#define T struct wsd_print_input_bin
static const struct wsd__row input_bin_rows[] = {
    NAME,
    REQ(feed_direction, NS_WPRT, "FeedDirection", 0),
    REQ(media_size, NS_WPRT, "MediaSize", 0),
    OPT(media_type, NS_WPRT, "MediaType", 0),
    OPT(media_color, NS_WPRT, "MediaColor", 0),
    REQ(capacity, NS_WPRT, "Capacity", 0, COUNT),
    REQ(level, NS_WPRT, "Level", 0, PERCENT),
};
#undef T
static PRINT_TYPE(type_input_bin, wsd_print_input_bin, "InputBinEntry", input_bin_rows);

#define T struct wsd_print_finishings
static const struct wsd__row finishings_rows[] = {
    REQ(collation_supported, NS_WPRT, "CollationSupported", 0),
    REQ(jog_offset_supported, NS_WPRT, "JogOffsetSupported", 0),
    REQ(duplexer_installed, NS_WPRT, "DuplexerInstalled", 0),
    REQ(stapler_installed, NS_WPRT, "StaplerInstalled", 0),
    REQ(hole_punch_installed, NS_WPRT, "HolePunchInstalled", 0),
};
#undef T
static PRINT_TYPE(type_finishings, wsd_print_finishings, "Finishings", finishings_rows);

#define T struct wsd_print_output_bin
static const struct wsd__row output_bin_rows[] = {
    NAME,
    REQ(capacity, NS_WPRT, "Capacity", 0, COUNT),
    REQ(level, NS_WPRT, "Level", 0, PERCENT),
};
#undef T
static PRINT_TYPE(type_output_bin, wsd_print_output_bin, "OutputBinEntry", output_bin_rows);

#define T struct wsd_print_configuration
static const struct wsd__row configuration_rows[] = {
    OPT(printer_event_rate, NS_WPRT, "PrinterEventRate", 0, RANGE(0, INT32_MAX)),
    LIST_STRUCT(storage, NS_WPRT, "StorageEntry", 0, wsd_print_storage, type_storage,
                WRAPPER("Storage")),
    LIST_STRUCT(consumables, NS_WPRT, "ConsumableEntry", 0, wsd_print_consumable, type_consumable,
                WRAPPER("Consumables")),
    LIST_STRUCT(input_bins, NS_WPRT, "InputBinEntry", 0, wsd_print_input_bin, type_input_bin,
                WRAPPER("InputBins")),
    OPT_STRUCT(finishings, NS_WPRT, "Finishings", 0, wsd_print_finishings, type_finishings),
    LIST_STRUCT(output_bins, NS_WPRT, "OutputBinEntry", 0, wsd_print_output_bin, type_output_bin,
                WRAPPER("OutputBins")),
};
#undef T
PRINT_TYPE(wsd__type_print_configuration, wsd_print_configuration, "PrinterConfiguration",
           configuration_rows);

#define T struct wsd_print_component
static const struct wsd__row component_rows[] = {
    REQ(group, NS_WPRT, "Group", 0),
    REQ(name, NS_WPRT, "Name", 0),
};
#undef T
static PRINT_TYPE(type_component, wsd_print_component, "Component", component_rows);

#define T struct wsd_print_condition
static const struct wsd__row condition_rows[] = {
    REQ(id, NS_NONE, "Id", ROW_ATTRIBUTE, RANGE(0, INT32_MAX)),
    REQ(time, NS_WPRT, "Time", 0),
    REQ(name, NS_WPRT, "Name", 0),
    REQ_STRUCT(component, NS_WPRT, "Component", 0, wsd_print_component, type_component),
    REQ(severity, NS_WPRT, "Severity", 0, WORDS(wsd__print_severities)),
    OPT(clear_time, NS_WPRT, "ClearTime", 0),
};
#undef T
static PRINT_TYPE(type_condition, wsd_print_condition, "DeviceCondition", condition_rows);

#define T struct wsd_print_status
static const struct wsd__row status_rows[] = {
    REQ(printer_current_time, NS_WPRT, "PrinterCurrentTime", 0),
    REQ(printer_state, NS_WPRT, "PrinterState", 0, WORDS(wsd__print_states)),
    OPT(printer_primary_state_reason, NS_WPRT, "PrinterPrimaryStateReason", 0,
        WORDS(wsd__print_state_reasons)),
    LIST(printer_state_reasons, NS_WPRT, "PrinterStateReason", 0, WRAPPER("PrinterStateReasons"),
         WORDS(wsd__print_state_reasons)),
    REQ(queued_job_count, NS_WPRT, "QueuedJobCount", 0, RANGE(0, INT32_MAX)),
    LIST_STRUCT(active_condition, NS_WPRT, "DeviceCondition", 0, wsd_print_condition,
                type_condition, WRAPPER("ActiveCondition")),
    LIST_STRUCT(condition_history, NS_WPRT, "ConditionHistoryEntry", 0, wsd_print_condition,
                type_condition, WRAPPER("ConditionHistory")),
};
#undef T
PRINT_TYPE(wsd__type_print_status, wsd_print_status, "PrinterStatus", status_rows);

#define T struct wsd_print_element_data
static const struct wsd__row element_data_rows[] = {
    REQ(name, NS_NONE, "Name", ROW_ATTRIBUTE),
    REQ(valid, NS_NONE, "Valid", ROW_ATTRIBUTE),
    OPT_STRUCT(printer_description, NS_WPRT, "PrinterDescription", 0, wsd_print_description,
               wsd__type_print_description),
    OPT_STRUCT(printer_configuration, NS_WPRT, "PrinterConfiguration", 0, wsd_print_configuration,
               wsd__type_print_configuration),
    OPT_STRUCT(printer_status, NS_WPRT, "PrinterStatus", 0, wsd_print_status,
               wsd__type_print_status),
};
#undef T
static PRINT_TYPE(type_element_data, wsd_print_element_data, "ElementData", element_data_rows);

#define T struct wsd_print_get_printer_elements_request
static const struct wsd__row request_rows[] = {
    LIST(requested_elements, NS_WPRT, "Name", ROW_REQUIRED | ROW_NONEMPTY,
         WRAPPER("RequestedElements")),
};
#undef T
static PRINT_TYPE(type_request, wsd_print_get_printer_elements_request, "GetPrinterElementsRequest",
                  request_rows);

#define T struct wsd_print_get_printer_elements_response
static const struct wsd__row response_rows[] = {
    LIST_STRUCT(printer_elements, NS_WPRT, "ElementData", ROW_REQUIRED | ROW_NONEMPTY,
                wsd_print_element_data, type_element_data, WRAPPER("PrinterElements")),
};
#undef T
static PRINT_TYPE(type_response, wsd_print_get_printer_elements_response,
                  "GetPrinterElementsResponse", response_rows);

#define T struct wsd_print_body
static const struct wsd__row body_rows[] = {
    WSD__FAULT_ROW,
    OPT_STRUCT(get_printer_elements_request, NS_WPRT, "GetPrinterElementsRequest", 0,
               wsd_print_get_printer_elements_request, type_request),
    OPT_STRUCT(get_printer_elements_response, NS_WPRT, "GetPrinterElementsResponse", 0,
               wsd_print_get_printer_elements_response, type_response),
};
#undef T
PRINT_TYPE(wsd__type_print_body, wsd_print_body, "Body", body_rows);
