/* SPDX-License-Identifier: MIT */
/*
 * What part of an image was asked for, for devices that send the whole glass whatever was agreed
 * (S3), and the resolution of images that do not tell their own.
 */
#ifndef WSD_APPS_SCAN_CROP_H
#define WSD_APPS_SCAN_CROP_H

#include "scan/settings.h"

struct scan_crop {
    struct output_crop crop; /* width 0: none */
    double dpi_x, dpi_y;
};

/* As asked; and as the device agreed to it. */
void scan_crop_asked(const struct scan_settings *settings, const struct scan_abilities *has,
                     struct scan_crop *ret);
void scan_crop_agreed(const struct scan_settings *settings,
                      const struct wsd_scan_final_parameters *final, struct scan_crop *crop);

#endif
