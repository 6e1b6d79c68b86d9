/* SPDX-License-Identifier: MIT */
/*
 * What `wsd serve --break ID` may do wrong: a row a fault. A fault touches messages that pass by,
 * to the device or from it.
 */
#ifndef WSD_APPS_SERVE_BREAK_H
#define WSD_APPS_SERVE_BREAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum break_way {
    BREAK_OUT,  /* what the device sends over HTTP */
    BREAK_IN,   /* what it is asked over HTTP */
    BREAK_SAYS, /* its datagrams */
    BREAK_HEARS /* datagrams to it */
};

enum break_act {
    BREAK_REPLACE,
    BREAK_DROP, /* it is neither sent nor read */
    BREAK_DIE   /* and neither is anything from then on */
};

struct break_row {
    const char *id;
    enum break_way way;
    const char *where; /* what the message contains; NULL: any */
    const char *find;  /* extended regular expression; NULL: none */
    const char *with;  /* for each place that fits; \1 and \2 are its groups */
    enum break_act act;
    int status_is, status; /* answers of that status only, if not 0; the status in its place */
    const char *type;      /* Content-Type in place of the right one */
    uint32_t delay;        /* milliseconds */
    unsigned pad;          /* blanks behind `with` */
    unsigned after;        /* so many that it concerns pass first */
};

extern const struct break_row break_rows_device[], break_rows_service[];
extern const size_t n_break_rows_device, n_break_rows_service;

#endif
