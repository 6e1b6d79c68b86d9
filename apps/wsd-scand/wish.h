/* SPDX-License-Identifier: MIT */
/*
 * What a destination wants, asked of a scanner that has something else: nobody is there to choose
 * again, so the nearest that the scanner has is taken, and told.
 */
#ifndef WSD_SCAND_WISH_H
#define WSD_SCAND_WISH_H

#include "config.h"
#include "scan/ticket.h"

struct wish {
    struct scan_settings settings;
    struct scan_ticket made; /* of the settings */
    /* The scanner's own default ticket with that laid over it. */
    struct wsd_scan_ticket ticket;
    struct wsd_scan_document_parameters parameters;
};

/* Chooses, from the configuration and `panel` (enum wsd_scan_input_source: what the person chose
 * there, 0: nothing), and makes the ticket. `ret` points into itself and into `has`: do not copy
 * it. 0, or -1 with what is wrong with the scanner in `why`. */
int wish_make(const struct config_destination *destination, const struct scan_abilities *has,
              int panel, const char *user, struct wish *ret, const char **why);

/* Makes the ticket anew, after another format was chosen, or in its shortest form. */
void wish_remake(struct wish *wish, const struct scan_abilities *has, bool minimal);

#endif
