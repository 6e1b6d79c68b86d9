/* SPDX-License-Identifier: MIT */
/* The part of a scan before the first image: a ticket that the scanner takes, and a job. */
#ifndef WSD_APPS_SCAN_JOB_H
#define WSD_APPS_SCAN_JOB_H

#include "scan/ticket.h"
#include "scanner.h"

struct json_object;

struct scan_job {
    struct session *session;
    const struct scanner *scanner;
    struct scan_settings *settings;
    struct scan_ticket ticket;
    const struct wsd_scan_validate_scan_ticket_response *validation; /* owns `corrected` */
    struct wsd_scan_ticket corrected; /* the scanner's ticket, our names */
    bool use_corrected, minimal;
    bool cancelled; /* CancelJob was sent: once is enough */
    const struct wsd_scan_create_scan_job_response *created;
    struct json_object *changes; /* NULL: not wanted */
};

/* What keeps the scanner from scanning, said; EXIT_CODE_OK if nothing does. */
int scan_job_check_status(struct scan_job *job, const struct wsd_scan_status *status);

/* Lets the scanner look at the ticket; one that it mends is used from then on. */
int scan_job_validate(struct scan_job *job);

/* Creates the job, with waiting and other tries where they help. */
int scan_job_create(struct scan_job *job);

/* Ends it on the scanner; what it says to that does not matter. */
void scan_job_cancel(struct scan_job *job);

void scan_job_free(struct scan_job *job);

#endif
