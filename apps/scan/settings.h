/* SPDX-License-Identifier: MIT */
/* What to ask a scanner for: settings that it has. */
#ifndef WSD_APPS_SCAN_SETTINGS_H
#define WSD_APPS_SCAN_SETTINGS_H

#include "output/output.h"
#include "scan/abilities.h"

#define SCAN_FORMATS_MAX 16

struct scan_settings {
    const struct scan_source *source;
    int color; /* enum wsd_scan_color */
    int32_t dpi_x, dpi_y;
    int32_t x, y, width, height; /* 1/1000 inch */
    bool whole;                  /* all that the source has */
    enum output_kind kind;       /* of the file */
    /* Formats to ask for, the best first; the next is for when one is refused. */
    const char *formats[SCAN_FORMATS_MAX];
    size_t n_formats, format;
    long pages; /* 0: all */
    long quality, brightness, contrast, sharpness, scaling, rotation;
    bool has_quality, has_exposure, has_scaling, has_rotation, auto_exposure;
    const char *content; /* NULL: the scanner's own */
    char job_name[256], user[128];
};

/* Pixels of a length, before scaling and rotation. */
uint32_t scan_pixels(int32_t length, int32_t dpi);

#endif
