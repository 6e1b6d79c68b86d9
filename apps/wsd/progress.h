/* SPDX-License-Identifier: MIT */
/* A line of progress on a terminal; nothing where standard error is none, or with --quiet. */
#ifndef WSD_APPS_PROGRESS_H
#define WSD_APPS_PROGRESS_H

#include "session.h"

struct progress {
    struct session *session;
    unsigned page;     /* that comes now, from 1 */
    long pages;        /* in all; 0: not known */
    uint64_t bytes;    /* of this page so far */
    uint64_t expected; /* of this page; 0: not known */
    uint64_t started;  /* of this page; session_now() */
    uint64_t shown;    /* when the line was last drawn */
};

void progress_page(struct progress *progress);
void progress_bytes(struct progress *progress, uint64_t more);

/* A count-down: "WHAT; trying again in 3 s". */
void progress_wait(struct session *session, const char *what, unsigned seconds);

#endif
