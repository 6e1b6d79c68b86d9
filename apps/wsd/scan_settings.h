/* SPDX-License-Identifier: MIT */
/*
 * From the options to settings that the scanner has: a value that it lacks is an error that lists
 * those it has, or with --nearest the nearest of them.
 */
#ifndef WSD_APPS_SCAN_SETTINGS_H
#define WSD_APPS_SCAN_SETTINGS_H

#include "output/output.h"
#include "scanner.h"

#define SCAN_FORMATS_MAX 16

struct scan_settings {
    const struct scanner_source *source;
    int color; /* enum wsd_scan_color */
    int32_t dpi_x, dpi_y;
    int32_t x, y, width, height; /* 1/1000 inch */
    bool whole;                  /* all that the source has */
    enum output_kind kind;
    /* Formats to ask for, the best first; the next is for when one is refused. */
    const char *formats[SCAN_FORMATS_MAX];
    size_t n_formats, format;
    long pages; /* 0: all */
    long quality, brightness, contrast, sharpness, scaling, rotation;
    bool has_quality, has_exposure, has_scaling, has_rotation, auto_exposure;
    const char *content; /* NULL: the scanner's own */
    char job_name[256], user[128];
    char folder[4096];
    const char *pattern; /* of the output; "-" for standard output */
    char pattern_store[64];
};

/* Returns an exit code and says what was wrong. */
int scan_settings_choose(struct session *session, const struct scanner *scanner,
                         struct scan_settings *ret);

/* The input source (enum wsd_scan_input_source) that a word of --source means; 0: none. */
int settings_source(const char *word);

/* Pixels of the region, before scaling and rotation. */
uint32_t scan_pixels(int32_t length, int32_t dpi);

#endif
