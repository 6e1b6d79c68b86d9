/* SPDX-License-Identifier: MIT */
/*
 * File names from patterns. A pattern comes from a user or a configuration file, the device name in
 * it from the network: the result is one path component that is neither hidden nor "..", whatever
 * they hold. printf never sees a pattern.
 */
#ifndef WSD_APPS_OUTPUT_NAME_H
#define WSD_APPS_OUTPUT_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct output_error;

#define NAME_BYTES       256u /* NAME_MAX of every file system in use, and the zero */
#define NAME_COUNTER_MAX 99999u

struct name_values {
    struct tm when;
    const char *device;
    unsigned page, counter;
};

struct name_pattern {
    bool has_page, has_counter;
};

/* 0 and what the pattern contains, or OUTPUT_E_USAGE. */
int name_check(const char *pattern, struct name_pattern *ret, struct output_error *ret_error);

/* Fills in the pattern; -1 if the result does not fit. The pattern has passed name_check(). */
int name_make(const char *pattern, const struct name_values *values, char ret[NAME_BYTES]);

/* The extension without its dot, "" if none. */
const char *name_extension(const char *name);

/* Gives `name` the extension: appends it, or puts it in the place of a known image extension.
 * -1 if it does not fit. */
int name_set_extension(char name[NAME_BYTES], const char *extension);

/* "scan.pdf" and 2 make "scan-2.pdf". -1 if it does not fit. */
int name_beside(const char *name, unsigned number, char ret[NAME_BYTES]);

#endif
