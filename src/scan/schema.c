/* SPDX-License-Identifier: MIT */
/*
 * The list of WS-Scan's types, for lookup by element name. The tables are in the files beside.
 */
#include "scan/schema.h"

#define ADDRESS(object, tag) &object,
const struct wsd_type *const wsd__scan_types[] = {WSD__SCAN_TYPES(ADDRESS)};
#undef ADDRESS
const size_t wsd__scan_n_types = sizeof wsd__scan_types / sizeof *wsd__scan_types;
