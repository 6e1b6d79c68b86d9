/* SPDX-License-Identifier: MIT */
/* What the scanner does otherwise than asked, said. */
#ifndef WSD_APPS_SCAN_CHANGES_H
#define WSD_APPS_SCAN_CHANGES_H

#include "scan/ticket.h"
#include "session.h"

/* What scan_ticket_changes() and scan_ticket_corrections() tell of: `user` is a struct
 * scan_changes.
 */
struct json_object;
struct scan_changes {
    struct session *session;
    struct json_object *list; /* NULL, or an array that takes them too */
};
void scan_say_difference(void *user, const char *what, const char *asked, const char *got);

#endif
