/* SPDX-License-Identifier: MIT */
/*
 * A scanner refuses a job: what helps. Waiting, when the lamp warms up or somebody else scans;
 * another format; a shorter ticket; or nothing but the right words.
 */
#ifndef WSD_APPS_SCAN_REFUSAL_H
#define WSD_APPS_SCAN_REFUSAL_H

#include "scan/ticket.h"

#define REFUSAL_WARMING_SECONDS 30u /* S19: a try a second */
#define REFUSAL_BUSY_SECONDS    60u
#define REFUSAL_BUSY_TRY_EVERY  2u

enum refusal {
    REFUSAL_FORMAT,     /* the next of settings->formats may do */
    REFUSAL_TICKET,     /* the shortest ticket may do (X6) */
    REFUSAL_NO_PAPER,   /* the feeder is empty */
    REFUSAL_ASK_STATUS, /* the state of the scanner tells why: refusal_by_status() */
    REFUSAL_WARMING,    /* wait a second */
    REFUSAL_BUSY,       /* wait for the other job to end */
    REFUSAL_MAYBE_BUSY, /* likewise if it has jobs (GetActiveJobs); else it is REFUSAL_FINAL */
    REFUSAL_TROUBLE,    /* `ret_trouble` says what */
    REFUSAL_FINAL       /* the fault is all that is known */
};

/* By the fault alone. */
enum refusal refusal_by_fault(const struct wsd_error *error, const struct scan_settings *settings,
                              const struct scan_abilities *has, bool minimal);

/* By the state as well (S20); `status` is NULL where it could not be had. */
enum refusal refusal_by_status(const struct wsd_error *error, const struct scan_settings *settings,
                               const struct wsd_scan_status *status,
                               struct scan_trouble *ret_trouble);

/* A scanner that refuses and has no jobs: an empty feeder, for some (S6). */
enum refusal refusal_without_jobs(const struct scan_settings *settings,
                                  const struct scan_abilities *has);

#endif
