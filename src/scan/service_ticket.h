/* SPDX-License-Identifier: MIT */
/*
 * From a scan ticket to what will be scanned: merging, checking, mending (WS-Scan 4.4).
 *
 * Pure functions over structs: no context, no clock, no job. What comes out points into what went
 * in (the texts of words), which must therefore live as long.
 */
#ifndef WSD_SCAN_SERVICE_TICKET_H
#define WSD_SCAN_SERVICE_TICKET_H

#include <wsd/device.h>

#include "core/arena.h"
#include "xml/schema.h"

/* What a ticket is held against. */
struct wsd__scan_capabilities {
    const struct wsd_scan_configuration *configuration;
    const struct wsd_scan_ticket *default_ticket;
    const struct wsd_scanner *scanner; /* format_has_color, bytes_per_line and its user */
};

/* The outcome. final_ is complete whatever happened, so that a refused ticket can be mended. */
struct wsd__scan_plan {
    struct wsd_scan_final_parameters final_;
    struct wsd_scan_final_token film_scan_mode;  /* storage: final_ points here with Film */
    struct wsd_scan_final_media_side media_back; /* and here with ADFDuplex */
    unsigned adjusted;    /* settings that the ticket asked for and does not get */
    bool bad_format;      /* its Format is not offered */
    bool conflict;        /* settings that must be honoured exclude each other */
    const char *rejected; /* element that must be honoured and cannot be; NULL: none */
    bool drop_back, drop_film, drop_auto_size, drop_auto_exposure; /* not for this scanner */
};

/* Lays ticket over the default ticket and settles each value. Cannot fail. */
void wsd__scan_plan_make(const struct wsd__scan_capabilities *capabilities,
                         const struct wsd_scan_ticket *ticket, struct wsd__scan_plan *ret_plan);
/* A plan contains pointers into itself: this copies it. */
void wsd__scan_plan_copy(const struct wsd__scan_plan *from, struct wsd__scan_plan *to);

/* Scales images that are larger than a file of their format can be down to what is possible. */
void wsd__scan_plan_fit(const struct wsd__scan_capabilities *capabilities,
                        const struct wsd_scan_ticket *ticket, struct wsd__scan_plan *plan);
/* What the images will measure (4.6); back is storage for the second side. */
void wsd__scan_plan_image(const struct wsd__scan_capabilities *capabilities,
                          const struct wsd__scan_plan *plan,
                          struct wsd_scan_image_information *ret_info,
                          struct wsd_scan_media_image_info *back);

/* ticket with each bad setting replaced by the plan's, all else untouched; NULL without memory. */
const struct wsd_scan_ticket *wsd__scan_ticket_mend(struct wsd__arena *arena,
                                                    const struct wsd_scan_ticket *ticket,
                                                    const struct wsd__scan_plan *plan);

/* The text of a token whose text a program may have left out; "" if it has none. */
const char *wsd__scan_word(const struct wsd__enum *words, const struct wsd_token *token);
/* Whether one file holds all images of a job (WS-Scan 3.2). */
bool wsd__scan_format_is_multi(const struct wsd_token *format);
/* False for ADFDuplex without duplex and for what the configuration does not name. */
bool wsd__scan_has_source(const struct wsd_scan_configuration *configuration, int source);

#endif
