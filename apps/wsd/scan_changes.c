/* SPDX-License-Identifier: MIT */
/* Differences between tickets, as notes and as JSON. */
#include "scan_changes.h"

#include "common/print_json.h"
#include "common/text.h"

void scan_say_difference(void *user, const char *what, const char *asked, const char *got)
{
    const struct scan_changes *changes = user;
    char clean[300];

    session_note(changes->session, "the scanner changes %s: %s in place of %s", what,
                 text_clean(got, clean, sizeof clean), asked);
    if (changes->list) {
        struct json_object *change = json_object_new_object();
        json_put_text(change, "what", what);
        json_put_text(change, "asked", asked);
        json_put_text(change, "got", got);
        json_object_array_add(changes->list, change);
    }
}
