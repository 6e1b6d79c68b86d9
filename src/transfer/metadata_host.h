/* SPDX-License-Identifier: MIT */
/* The device's side of DPWS metadata: what a device says of itself, as the answer to a Get. */
#ifndef WSD_TRANSFER_METADATA_HOST_H
#define WSD_TRANSFER_METADATA_HOST_H

#include "core/arena.h"
#include "core/buf.h"
#include "soap/envelope.h"

/* Longest text and URI of the metadata; Windows drops a device that sends longer ones. Characters
 * as Windows counts them, UTF-16 units; octets. */
enum { WSD__METADATA_TEXT = 255, WSD__METADATA_URI = 2048 };

/* Strings left NULL are left out. */
struct wsd__self_description {
    const char *endpoint; /* urn:uuid:... */
    const char *friendly_name, *manufacturer, *model_name;
    const char *manufacturer_url, *model_number, *model_url, *presentation_url;
    const char *firmware_version, *serial_number;
    const char *hardware_id; /* of the scan service; NULL: there is none */
};

/* Copies into the arena, texts cut to what is allowed. WSD_E_INVALID for a URL that is too long. */
int wsd__metadata_copy(struct wsd__arena *arena, const struct wsd__self_description *from,
                       struct wsd__self_description *ret, struct wsd_error *reterr);
/* "VEN_..&DEV_..": one word made from two names, in the arena; NULL without memory. */
const char *wsd__metadata_hardware_id(struct wsd__arena *arena, const char *manufacturer,
                                      const char *model);
/* Types of the device as discovery tells them. */
struct wsd_qname_list wsd__metadata_types(bool scanner);

/* Appends the GetResponse; service_url is where the scan service is reached by who asks. */
int wsd__metadata_answer(struct wsd_context *context, const struct wsd__envelope *request,
                         const struct wsd__self_description *self, const char *service_url,
                         struct wsd__buf *out, struct wsd_error *reterr);

#endif
