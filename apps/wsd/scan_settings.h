/* SPDX-License-Identifier: MIT */
/*
 * From the options to settings that the scanner has: a value that it lacks is an error that lists
 * those it has, or with --nearest the nearest of them.
 */
#ifndef WSD_APPS_SCAN_SETTINGS_OF_OPTIONS_H
#define WSD_APPS_SCAN_SETTINGS_OF_OPTIONS_H

#include "scan/settings.h"
#include "scanner.h"

/* Where the images go. */
struct scan_output {
    char folder[4096];
    const char *pattern; /* "-" for standard output */
    char pattern_store[64];
};

/* Returns an exit code and says what was wrong. */
int scan_settings_choose(struct session *session, const struct scanner *scanner,
                         struct scan_settings *ret, struct scan_output *ret_output);

#endif
