/* SPDX-License-Identifier: MIT */
/* Quirks for people and programs. */
#include "common/print_json.h"
#include "scan/quirks.h"

/* Those in force for all are no news. */
static bool special(const struct quirks *quirks, int i)
{
    return quirks->on[i] && *quirks_row(i)->manufacturer;
}

unsigned quirks_print(FILE *out, const struct quirks *quirks)
{
    unsigned n = 0;

    for (int i = 0; i < QUIRK_COUNT; i++)
        if (special(quirks, i)) {
            fprintf(out, "%-14s %-4s %s\n", n++ ? "" : "Quirks", quirks_row(i)->id,
                    quirks_row(i)->what);
        }
    return n;
}

struct json_object *quirks_json(const struct quirks *quirks)
{
    struct json_object *array = json_object_new_array();

    for (int i = 0; i < QUIRK_COUNT; i++)
        if (special(quirks, i))
            json_object_array_add(array, json_object_new_string(quirks_row(i)->id));
    return array;
}

void quirks_list(FILE *out)
{
    fputs("\nQuirks (* for all devices):\n", out);
    for (int i = 0; i < QUIRK_COUNT; i++)
        fprintf(out, "  %-4s %s%s%s: %s\n", quirks_row(i)->id,
                *quirks_row(i)->manufacturer ? "" : "*", quirks_row(i)->manufacturer,
                *quirks_row(i)->models ? " (some)" : "", quirks_row(i)->what);
}
