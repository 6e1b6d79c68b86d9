/* SPDX-License-Identifier: MIT */
/*
 * A scanner as the commands see it: the device with what its scan service says of it, its quirks,
 * and its input sources in one shape.
 */
#ifndef WSD_APPS_SCANNER_H
#define WSD_APPS_SCANNER_H

#include <wsd/scan.h>

#include "device_find.h"
#include "quirks.h"
#include "session.h"

#define SCANNER_SOURCES_MAX 4

/* One input source, its quirks taken into account. Sizes in 1/1000 inch. */
struct scanner_source {
    int source;              /* enum wsd_scan_input_source */
    const char *word, *name; /* as typed, and for people: "duplex", "feeder, both sides" */
    const struct wsd_scan_source *front;
    int32_t min_width, min_height, max_width, max_height;
};

struct scanner {
    struct device device;
    struct quirks quirks;
    const struct wsd_scan_get_scanner_elements_response *elements;
    const struct wsd_scan_configuration *configuration; /* NULL: not had */
    const struct wsd_scan_description *description;
    const struct wsd_scan_status *status;
    const struct wsd_scan_ticket *default_ticket;
    struct scanner_source sources[SCANNER_SOURCES_MAX];
    size_t n_sources;
};

/* Finds the scanner that the operands name and asks for those parts (enum wsd_scan_part). */
int scanner_open(struct session *session, unsigned parts, struct scanner *ret);
void scanner_close(struct scanner *scanner);

/* Reads the status again into `ret`, which points into `ret_answer` (free it). Returns a code of
 * the library. */
int scanner_read_status(struct session *session, const struct scanner *scanner,
                        const struct wsd_scan_get_scanner_elements_response **ret_answer,
                        const struct wsd_scan_status **ret);

/* The resolutions that both directions have, rising; at most `max`. */
size_t scanner_resolutions(const struct wsd_scan_source *source, int32_t *ret, size_t max);

/* The words of WS-Scan. */
const char *color_word(int color);
const char *format_word(int format);
const char *token_text(const struct wsd_token *token, const char *(*word)(int));

/* What stops the scanner, if anything does: exit code, what, and what to do; false if nothing. A
 * feeder that is empty counts only with `feeder`. */
struct scanner_trouble {
    int code;
    const char *what, *advice;
};
bool scanner_trouble(const struct wsd_scan_status *status, bool feeder,
                     struct scanner_trouble *ret);
bool scanner_has_reason(const struct wsd_scan_status *status, int reason);

#endif
