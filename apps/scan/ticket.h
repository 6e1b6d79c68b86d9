/* SPDX-License-Identifier: MIT */
/* The scan ticket of a choice of settings, and the differences between tickets in words. */
#ifndef WSD_APPS_SCAN_TICKET_H
#define WSD_APPS_SCAN_TICKET_H

#include "scan/settings.h"

/* A ticket with all that it points to. */
struct scan_ticket {
    struct wsd_scan_ticket ticket;
    struct wsd_scan_document_parameters parameters;
    struct wsd_scan_ticket_token format, source, content, rotation, color;
    struct wsd_scan_ticket_int quality, images, x, y;
    struct wsd_scan_input_size input_size;
    struct wsd_scan_size media;
    struct wsd_scan_exposure exposure;
    struct wsd_scan_exposure_settings exposure_settings;
    int32_t brightness, contrast, sharpness, dpi_y;
    bool auto_exposure;
    struct wsd_scan_scaling scaling;
    struct wsd_scan_region region;
    struct wsd_scan_resolution resolution;
    struct wsd_scan_media_sides sides;
    struct wsd_scan_media_side back;
};

/* `ret` points into itself and into the settings: do not copy it. With `minimal`, only what a scan
 * cannot do without. */
void scan_ticket_make(const struct scan_settings *settings, const struct scan_abilities *has,
                      bool minimal, struct scan_ticket *ret);

/* True if pages come from a feeder. */
bool scan_feeds(const struct scan_settings *settings);
/* Images that will come at most; 0: until the feeder is empty. */
long scan_images(const struct scan_settings *settings);

/* Tells what the scanner will do otherwise than asked, in words; the count. */
typedef void scan_difference(void *user, const char *what, const char *asked, const char *got);
unsigned scan_ticket_changes(const struct wsd_scan_ticket *asked,
                             const struct wsd_scan_final_parameters *final, scan_difference *told,
                             void *user);
unsigned scan_ticket_corrections(const struct wsd_scan_ticket *asked,
                                 const struct wsd_scan_ticket *valid, scan_difference *told,
                                 void *user);

#endif
