/* SPDX-License-Identifier: MIT */
/*
 * What a scanner can do and how it is, as programs see it: the sections of its scan service, its
 * quirks, and its input sources in one shape.
 */
#ifndef WSD_APPS_SCAN_ABILITIES_H
#define WSD_APPS_SCAN_ABILITIES_H

#include <wsd/scan.h>

#include "scan/quirks.h"

#define SCAN_SOURCES_MAX 4

/* One input source, its quirks taken into account. Sizes in 1/1000 inch. */
struct scan_source {
    int source;              /* enum wsd_scan_input_source */
    const char *word, *name; /* as typed, and for people: "duplex", "feeder, both sides" */
    const struct wsd_scan_source *front;
    int32_t min_width, min_height, max_width, max_height;
};

/* Points into the answer that it was taken from. */
struct scan_abilities {
    struct quirks quirks;
    const struct wsd_scan_configuration *configuration; /* NULL: not had */
    const struct wsd_scan_description *description;
    const struct wsd_scan_status *status;
    const struct wsd_scan_ticket *default_ticket;
    struct scan_source sources[SCAN_SOURCES_MAX];
    size_t n_sources;
};

/* In this order: sections, quirks (manufacturer and model, "" when not known), then the sources,
 * for which there has to be a configuration. */
void scan_abilities_take(struct scan_abilities *abilities,
                         const struct wsd_scan_get_scanner_elements_response *answer);
void scan_abilities_quirks(struct scan_abilities *abilities, const char *manufacturer,
                           const char *model);
void scan_abilities_gather(struct scan_abilities *abilities);

/* The resolutions that both directions have, rising; at most `max`. */
size_t scan_resolutions(const struct wsd_scan_source *source, int32_t *ret, size_t max);

/* The words of WS-Scan. */
const char *color_word(int color);
const char *format_word(int format);
const char *token_text(const struct wsd_token *token, const char *(*word)(int));

/* What stops the scanner, if anything does: what, and what to do; false if nothing. A feeder that
 * is empty counts only with `feeder`. */
struct scan_trouble {
    int reason; /* enum wsd_scan_state_reason; 0: none of them */
    bool paper; /* a person at the scanner can mend it */
    const char *what, *advice;
};
bool scan_trouble_of(const struct wsd_scan_status *status, bool feeder, struct scan_trouble *ret);
/* What stops an image that does not come, or not on: less than the above, for a scanner may well be
 * at work with a reason or a warning. It counts what is critical, or that it has stopped; with
 * `sheet`, where a sheet of the feeder is still to come, an empty feeder too. */
bool scan_trouble_of_image(const struct wsd_scan_status *status, bool sheet,
                           struct scan_trouble *ret);
bool scan_has_reason(const struct wsd_scan_status *status, int reason);

#endif
