/* SPDX-License-Identifier: MIT */
/* UUIDs as the protocols write them: "urn:uuid:" and 36 characters. */
#ifndef WSD_CORE_UUID_H
#define WSD_CORE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

enum { WSD__UUID_URN_SIZE = 46 }; /* with the NUL */

/* A random UUID (version 4) as "urn:uuid:...". */
void wsd__uuid_urn(struct wsd_context *context, char urn[WSD__UUID_URN_SIZE]);
/* Reads "urn:uuid:X", "uuid:X", "X", "{X}" in any letter case, white space around allowed. */
bool wsd__uuid_parse(const char *text, uint8_t uuid[16]);
void wsd__uuid_format(const uint8_t uuid[16], char urn[WSD__UUID_URN_SIZE]);
/* A UUID made from a name, the same for ever and on every machine, so that a device without a
 * stored identity keeps it. Version 5 in its bits, but with a hash of our own instead of SHA-1:
 * nobody else has to find the same one. Not for names that an adversary chooses. */
void wsd__uuid_from_name(const char *name, uint8_t uuid[16]);

#endif
