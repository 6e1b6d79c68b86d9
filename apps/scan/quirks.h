/* SPDX-License-Identifier: MIT */
/*
 * What single models do otherwise, by name. A quirk that is safe for all devices is always in
 * force; the others by manufacturer and model, or by --quirk.
 */
#ifndef WSD_APPS_SCAN_QUIRKS_H
#define WSD_APPS_SCAN_QUIRKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

enum quirk {
    QUIRK_S1,
    QUIRK_S2,
    QUIRK_S3,
    QUIRK_S4,
    QUIRK_S5,
    QUIRK_S6,
    QUIRK_S7,
    QUIRK_S9,
    QUIRK_S10,
    QUIRK_S12,
    QUIRK_S13,
    QUIRK_S16,
    QUIRK_S17,
    QUIRK_S18,
    QUIRK_S19,
    QUIRK_S20,
    QUIRK_S23,
    QUIRK_S28,
    QUIRK_H5,
    QUIRK_X6,
    QUIRK_COUNT
};

struct quirks {
    bool on[QUIRK_COUNT];
    char manufacturer[128], model[128];
};

struct quirk_row {
    const char *id;
    const char *manufacturer; /* "": always in force */
    const char *models;       /* parts of model names, with | between; "": all of that maker */
    const char *what, *source;
};
const struct quirk_row *quirks_row(int quirk);

/* Decides by manufacturer and model ("" when not known). */
void quirks_choose(const char *manufacturer, const char *model, struct quirks *ret);

/* "S4" switches one on, "no-S4" off. False when there is none of that name. */
bool quirks_apply(struct quirks *quirks, const char *word);

/* What a person can do about a scanner of this make that refuses jobs; never NULL. */
const char *quirks_refusal_advice(const struct quirks *quirks);
/* Where this maker has the switch that hides or shows the scan service; NULL: not known. */
const char *quirks_switch_advice(const struct quirks *quirks);

/* Those in force because of the model or an option, a line each; the count. */
unsigned quirks_print(FILE *out, const struct quirks *quirks);
struct json_object *quirks_json(const struct quirks *quirks);

/* All, for the help. */
void quirks_list(FILE *out);

#endif
