/* SPDX-License-Identifier: MIT */
/* Whether hosts accept connections, many asked at once. */
#ifndef WSD_APPS_DOCTOR_REACH_H
#define WSD_APPS_DOCTOR_REACH_H

#include <stdbool.h>
#include <stddef.h>

#define REACH_MAX 32 /* at once */

enum reach {
    REACH_ACCEPTS,
    REACH_REFUSES,
    REACH_SILENT,
    REACH_NO_ROUTE,
    REACH_NAMED /* not tried: a name, of which only the person's own is resolved */
};

struct reach_try {
    char host[300]; /* an address, with its zone where needed; no brackets */
    char port[8];
    enum reach result;
};

/* Tries all of them for at most so many milliseconds; nothing is sent on a connection. Ends early
 * by a signal: what is not known by then is REACH_SILENT. */
void reach(struct reach_try *tries, size_t n, int milliseconds);

/* Host and port of an http or https URL; false if it is none. */
bool reach_of_url(const char *url, struct reach_try *ret);

/* "refuses the connection". */
const char *reach_word(enum reach result);

#endif
