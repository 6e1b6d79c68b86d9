/* SPDX-License-Identifier: MIT */
/* The tables of DPWS metadata and of the bodies of WS-Transfer. */
#ifndef WSD_TRANSFER_METADATA_H
#define WSD_TRANSFER_METADATA_H

#include <wsd/transfer.h>

#include "xml/schema.h"

#define WSD__DIALECT_THIS_MODEL   "http://schemas.xmlsoap.org/ws/2006/02/devprof/ThisModel"
#define WSD__DIALECT_THIS_DEVICE  "http://schemas.xmlsoap.org/ws/2006/02/devprof/ThisDevice"
#define WSD__DIALECT_RELATIONSHIP "http://schemas.xmlsoap.org/ws/2006/02/devprof/Relationship"
#define WSD__RELATIONSHIP_HOST    "http://schemas.xmlsoap.org/ws/2006/02/devprof/host"

/* The body of GetResponse; Get itself is empty. */
struct wsd_transfer_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_metadata *metadata;
    const struct wsd_any *any;
};

extern const struct wsd_type wsd__type_transfer_body;
extern const struct wsd_type wsd__type_lang_text;
extern const struct wsd_type wsd__type_metadata;
extern const struct wsd_type wsd__type_this_model;
extern const struct wsd_type wsd__type_this_device;
extern const struct wsd_type wsd__type_relationship;
extern const struct wsd_type wsd__type_hosted;

#endif
