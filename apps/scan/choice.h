/* SPDX-License-Identifier: MIT */
/*
 * Words for settings, and what is nearest to a wish among what a scanner has.
 */
#ifndef WSD_APPS_SCAN_CHOICE_H
#define WSD_APPS_SCAN_CHOICE_H

#include "scan/settings.h"

/* The input source (enum wsd_scan_input_source) that a word means; 0: none. */
int choice_source(const char *word);
/* That source, or what is as good; NULL: the scanner has neither. */
const struct scan_source *choice_nearest_source(const struct scan_abilities *has, int wanted);

/* The mode (enum wsd_scan_color) that a word means; 0: none. */
int choice_color(const char *word);
bool choice_has_color(const struct wsd_scan_source *source, int color);
/* By falling likeness to what was wanted; 0 if the source names none. */
int choice_nearest_color(const struct wsd_scan_source *source, int wanted);

/* Of a list that may be empty: then it is `wanted`. */
int32_t choice_nearest_number(const int32_t *list, size_t n, long wanted);

/* Width and height in mm of a paper; false: there is none of that name. */
bool choice_paper(const char *word, double *ret_width, double *ret_height);
int32_t choice_thousandths(double mm); /* 1/1000 inch */
/* Keeps offset and length within the source; false if it had to be changed by more than rounding.
 */
bool choice_fit(int32_t *offset, int32_t *length, int32_t low, int32_t high);

/* The formats to ask for, the best for `settings->kind` first; none if the scanner names none. */
void choice_formats(const struct scan_abilities *has, struct scan_settings *settings);

#endif
