/* SPDX-License-Identifier: MIT */
/*
 * A scanner as the commands see it: the device with what its scan service says of it.
 */
#ifndef WSD_APPS_SCANNER_H
#define WSD_APPS_SCANNER_H

#include <wsd/scan.h>

#include "device_find.h"
#include "scan/abilities.h"
#include "session.h"

struct scanner {
    struct device device;
    const struct wsd_scan_get_scanner_elements_response *elements;
    struct scan_abilities has; /* points into `elements` */
};

/* Finds the scanner that the operands name and asks for those parts (enum wsd_scan_part). */
int scanner_open(struct session *session, unsigned parts, struct scanner *ret);
void scanner_close(struct scanner *scanner);

/* Reads the status again into `ret`, which points into `ret_answer` (free it). Returns a code of
 * the library. */
int scanner_read_status(struct session *session, const struct scanner *scanner,
                        const struct wsd_scan_get_scanner_elements_response **ret_answer,
                        const struct wsd_scan_status **ret);

#endif
