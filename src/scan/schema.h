/* SPDX-License-Identifier: MIT */
/*
 * The tables of WS-Scan: the types, and the words of its enumerations.
 *
 * One list names all types; declarations, the array for lookup and the tests are made from it.
 * The facets of a value that carries attributes (range, words, unit, white space) differ from use
 * to use, so they stand on the row that leads to it, not on its text row: see wsd__facets().
 */
#ifndef WSD_SCAN_SCHEMA_H
#define WSD_SCAN_SCHEMA_H

#include <wsd/scan_types.h>

#include "xml/schema.h"

/* X(object, struct): types named as an XML element. Where an element has one type in a ticket and
 * another elsewhere, the ticket's comes first, which makes it the one that a lookup finds. */
#define WSD__SCAN_TYPES(X)                                                                         \
    X(wsd__type_scan_body, wsd_scan_body)                                                          \
    X(wsd__type_scan_ticket, wsd_scan_ticket)                                                      \
    X(wsd__type_scan_default_ticket, wsd_scan_ticket)                                              \
    X(wsd__type_scan_valid_ticket, wsd_scan_ticket)                                                \
    X(wsd__type_scan_job_description, wsd_scan_job_description)                                    \
    X(wsd__type_scan_document_parameters, wsd_scan_document_parameters)                            \
    X(wsd__type_scan_input_size, wsd_scan_input_size)                                              \
    X(wsd__type_scan_input_media_size, wsd_scan_size)                                              \
    X(wsd__type_scan_exposure, wsd_scan_exposure)                                                  \
    X(wsd__type_scan_exposure_settings, wsd_scan_exposure_settings)                                \
    X(wsd__type_scan_scaling, wsd_scan_scaling)                                                    \
    X(wsd__type_scan_media_sides, wsd_scan_media_sides)                                            \
    X(wsd__type_scan_media_front, wsd_scan_media_side)                                             \
    X(wsd__type_scan_media_back, wsd_scan_media_side)                                              \
    X(wsd__type_scan_region, wsd_scan_region)                                                      \
    X(wsd__type_scan_resolution, wsd_scan_resolution)                                              \
    X(wsd__type_scan_final_parameters, wsd_scan_final_parameters)                                  \
    X(wsd__type_scan_final_input_size, wsd_scan_final_input_size)                                  \
    X(wsd__type_scan_final_size, wsd_scan_final_size)                                              \
    X(wsd__type_scan_final_exposure, wsd_scan_final_exposure)                                      \
    X(wsd__type_scan_final_exposure_settings, wsd_scan_final_exposure_settings)                    \
    X(wsd__type_scan_final_scaling, wsd_scan_final_scaling)                                        \
    X(wsd__type_scan_final_media_sides, wsd_scan_final_media_sides)                                \
    X(wsd__type_scan_final_media_front, wsd_scan_final_media_side)                                 \
    X(wsd__type_scan_final_media_back, wsd_scan_final_media_side)                                  \
    X(wsd__type_scan_final_region, wsd_scan_final_region)                                          \
    X(wsd__type_scan_final_resolution, wsd_scan_final_resolution)                                  \
    X(wsd__type_scan_image_information, wsd_scan_image_information)                                \
    X(wsd__type_scan_media_front_image_info, wsd_scan_media_image_info)                            \
    X(wsd__type_scan_media_back_image_info, wsd_scan_media_image_info)                             \
    X(wsd__type_scan_description, wsd_scan_description)                                            \
    X(wsd__type_scan_configuration, wsd_scan_configuration)                                        \
    X(wsd__type_scan_device_settings, wsd_scan_device_settings)                                    \
    X(wsd__type_scan_quality_range, wsd_scan_range)                                                \
    X(wsd__type_scan_scaling_range, wsd_scan_scaling_range)                                        \
    X(wsd__type_scan_platen, wsd_scan_source)                                                      \
    X(wsd__type_scan_adf, wsd_scan_adf)                                                            \
    X(wsd__type_scan_adf_front, wsd_scan_source)                                                   \
    X(wsd__type_scan_adf_back, wsd_scan_source)                                                    \
    X(wsd__type_scan_film, wsd_scan_source)                                                        \
    X(wsd__type_scan_status, wsd_scan_status)                                                      \
    X(wsd__type_scan_condition, wsd_scan_condition)                                                \
    X(wsd__type_scan_condition_history_entry, wsd_scan_condition)                                  \
    X(wsd__type_scan_documents, wsd_scan_documents)                                                \
    X(wsd__type_scan_document, wsd_scan_document)                                                  \
    X(wsd__type_scan_document_description, wsd_scan_document_description)                          \
    X(wsd__type_scan_job_status, wsd_scan_job_status)                                              \
    X(wsd__type_scan_job_summary, wsd_scan_job_summary)                                            \
    X(wsd__type_scan_job_end_state, wsd_scan_job_end_state)                                        \
    X(wsd__type_scan_create_scan_job_request, wsd_scan_create_scan_job_request)                    \
    X(wsd__type_scan_create_scan_job_response, wsd_scan_create_scan_job_response)                  \
    X(wsd__type_scan_retrieve_image_request, wsd_scan_retrieve_image_request)                      \
    X(wsd__type_scan_retrieve_image_response, wsd_scan_retrieve_image_response)                    \
    X(wsd__type_scan_data, wsd_scan_data)                                                          \
    X(wsd__type_xop_include, wsd_xop_include)                                                      \
    X(wsd__type_scan_cancel_job_request, wsd_scan_cancel_job_request)                              \
    X(wsd__type_scan_cancel_job_response, wsd_scan_cancel_job_response)                            \
    X(wsd__type_scan_validate_scan_ticket_request, wsd_scan_validate_scan_ticket_request)          \
    X(wsd__type_scan_validate_scan_ticket_response, wsd_scan_validate_scan_ticket_response)        \
    X(wsd__type_scan_validation_info, wsd_scan_validation_info)                                    \
    X(wsd__type_scan_get_scanner_elements_request, wsd_scan_get_scanner_elements_request)          \
    X(wsd__type_scan_get_scanner_elements_response, wsd_scan_get_scanner_elements_response)        \
    X(wsd__type_scan_scanner_element_data, wsd_scan_scanner_element_data)                          \
    X(wsd__type_scan_get_job_elements_request, wsd_scan_get_job_elements_request)                  \
    X(wsd__type_scan_get_job_elements_response, wsd_scan_get_job_elements_response)                \
    X(wsd__type_scan_job_element_data, wsd_scan_job_element_data)                                  \
    X(wsd__type_scan_get_active_jobs_request, wsd_scan_get_active_jobs_request)                    \
    X(wsd__type_scan_get_active_jobs_response, wsd_scan_get_active_jobs_response)                  \
    X(wsd__type_scan_get_job_history_request, wsd_scan_get_job_history_request)                    \
    X(wsd__type_scan_get_job_history_response, wsd_scan_get_job_history_response)                  \
    X(wsd__type_scan_destinations, wsd_scan_destinations)                                          \
    X(wsd__type_scan_destination, wsd_scan_destination)                                            \
    X(wsd__type_scan_destination_responses, wsd_scan_destination_responses)                        \
    X(wsd__type_scan_destination_response, wsd_scan_destination_response)                          \
    X(wsd__type_scan_available_event, wsd_scan_available_event)                                    \
    X(wsd__type_scan_elements_change_event, wsd_scan_elements_change_event)                        \
    X(wsd__type_scan_element_changes, wsd_scan_element_changes)                                    \
    X(wsd__type_scan_status_summary_event, wsd_scan_status_summary_event)                          \
    X(wsd__type_scan_status_summary, wsd_scan_status_summary)                                      \
    X(wsd__type_scan_status_condition_event, wsd_scan_status_condition_event)                      \
    X(wsd__type_scan_status_condition_cleared_event, wsd_scan_status_condition_cleared_event)      \
    X(wsd__type_scan_condition_cleared, wsd_scan_condition_cleared)                                \
    X(wsd__type_scan_job_status_event, wsd_scan_job_status_event)                                  \
    X(wsd__type_scan_job_end_state_event, wsd_scan_job_end_state_event)                            \
    X(wsd__type_scanner_model, wsd_scanner_model)                                                  \
    X(wsd__type_scan_job_table, wsd_scan_job_table)                                                \
    X(wsd__type_scan_active_jobs, wsd_scan_job_list)                                               \
    X(wsd__type_scan_job_history, wsd_scan_job_list)                                               \
    X(wsd__type_scan_job, wsd_scan_job)

/* X(object, struct): types that elements of several names share, hence not found by name. */
#define WSD__SCAN_SHARED_TYPES(X)                                                                  \
    X(wsd__type_scan_ticket_int, wsd_scan_ticket_int)                                              \
    X(wsd__type_scan_ticket_token, wsd_scan_ticket_token)                                          \
    X(wsd__type_scan_final_int, wsd_scan_final_int)                                                \
    X(wsd__type_scan_final_token, wsd_scan_final_token)                                            \
    X(wsd__type_scan_text, wsd_scan_text)                                                          \
    X(wsd__type_scan_percent_range, wsd_scan_range)                                                \
    X(wsd__type_scan_optical_resolution, wsd_scan_optical_resolution)                              \
    X(wsd__type_scan_resolutions, wsd_scan_resolutions)                                            \
    X(wsd__type_scan_size, wsd_scan_size)

#define WSD__SCAN_DECLARE(object, tag) extern const struct wsd_type object;
WSD__SCAN_TYPES(WSD__SCAN_DECLARE)
WSD__SCAN_SHARED_TYPES(WSD__SCAN_DECLARE)
#undef WSD__SCAN_DECLARE

/* The named types, for lookup by element name. */
extern const struct wsd_type *const wsd__scan_types[];
extern const size_t wsd__scan_n_types;

/* Word n - 1 is value n of the enum of <wsd/scan_words.h> that has the list's name. */
extern const struct wsd__enum wsd__scan_formats;
extern const struct wsd__enum wsd__scan_colors;
extern const struct wsd__enum wsd__scan_content_types;
extern const struct wsd__enum wsd__scan_input_sources;
extern const struct wsd__enum wsd__scan_film_scan_modes;
extern const struct wsd__enum wsd__scan_rotations;
extern const struct wsd__enum wsd__scan_states;
extern const struct wsd__enum wsd__scan_state_reasons;
extern const struct wsd__enum wsd__scan_condition_names;
extern const struct wsd__enum wsd__scan_components;
extern const struct wsd__enum wsd__scan_severities;
extern const struct wsd__enum wsd__scan_job_states;
extern const struct wsd__enum wsd__scan_job_completed_states;
extern const struct wsd__enum wsd__scan_job_state_reasons;

/* Facets and rows that many tables share. */
#define SCAN_NAME  LEN(0, 127) /* names for people */
#define SCAN_STR   LEN(0, 255) /* all other strings; their white space is content */
#define SCAN_ID    RANGE(1, INT32_MAX)
#define SCAN_COUNT RANGE(0, INT32_MAX)
#define SCAN_MILS  UNIT("1/1000 inch")
#define SCAN_DPI   UNIT("pixels/inch")

/* "object: the type of struct tag, whose element is xml, by table rows". */
#define SCAN_TYPE(object, tag, xml, rows, ...)                                                     \
    const struct wsd_type object = WSD__TYPE(struct tag, xml, rows, __VA_ARGS__)
/* A type whose schema has nothing but the vendor wildcard. */
#define SCAN_EMPTY_TYPE(object, tag, xml)                                                          \
    const struct wsd_type object = {                                                               \
        .name = (xml), .size = sizeof(struct tag), .any_offset = offsetof(struct tag, any), OPEN}

#endif
