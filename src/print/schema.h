/* SPDX-License-Identifier: MIT */
/* The tables of WS-Print, as far as a client needs them to ask what a printer is. */
#ifndef WSD_PRINT_SCHEMA_H
#define WSD_PRINT_SCHEMA_H

#include <wsd/print.h>

#include "xml/schema.h"

struct wsd_print_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_print_get_printer_elements_request *get_printer_elements_request;
    const struct wsd_print_get_printer_elements_response *get_printer_elements_response;
    const struct wsd_any *any;
};

extern const struct wsd_type wsd__type_print_body;
extern const struct wsd_type wsd__type_print_description;
extern const struct wsd_type wsd__type_print_configuration;
extern const struct wsd_type wsd__type_print_status;

/* Word n - 1 is value n of the enum of <wsd/print.h> that has the list's name. */
extern const struct wsd__enum wsd__print_states;
extern const struct wsd__enum wsd__print_state_reasons;
extern const struct wsd__enum wsd__print_severities;

#endif
