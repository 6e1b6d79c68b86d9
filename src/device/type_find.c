/* SPDX-License-Identifier: MIT */
/* Types by name, over all rooms: this is the rightmost one. */
#include <string.h>

#include "discovery/messages.h"
#include "print/schema.h"
#include "scan/schema.h"
#include "soap/envelope.h"
#include "transfer/metadata.h"

static const struct wsd_type *const other_types[] = {
    &wsd__type_metadata,
    &wsd__type_this_model,
    &wsd__type_this_device,
    &wsd__type_relationship,
    &wsd__type_hosted,
    &wsd__type_endpoint_reference,
    &wsd__type_soap_fault,
    &wsd__type_soap_header,
    &wsd__type_print_description,
    &wsd__type_print_configuration,
    &wsd__type_print_status,
};

const struct wsd_type *wsd_type_find(const char *name)
{
    for (size_t i = 0; i < wsd__scan_n_types; i++)
        if (strcmp(wsd__scan_types[i]->name, name) == 0)
            return wsd__scan_types[i];
    for (size_t i = 0; i < sizeof other_types / sizeof *other_types; i++)
        if (strcmp(other_types[i]->name, name) == 0)
            return other_types[i];
    return NULL;
}
