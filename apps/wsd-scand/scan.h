/* SPDX-License-Identifier: MIT */
/*
 * A scan that the button began: what its three parts share.
 *
 *     scan.c          from the button to the job on the scanner, and the end
 *     scan_refused.c  the scanner refuses: waits, other formats, shorter tickets
 *     scan_pages.c    the pages, into the spool
 */
#ifndef WSD_SCAND_SCAN_H
#define WSD_SCAND_SCAN_H

#include "common/gather.h"
#include "helper.h"
#include "history.h"
#include "job.h"
#include "scand.h"
#include "wish.h"

#define SCAN_PAGE_MOST_MS 900000u /* one page may take, however it trickles */
#define SCAN_DELIVER_MS   900000u /* the helper may take, besides the command it runs */
#define SCAN_DEVICE_FILE  "device.json"
#define SCAN_DEVICE_MAX   65536
#define SCAN_DISK_MS      5000u /* until a full disk is tried again */
#define SCAN_CANCEL_MS    5000u

enum scan_step {
    SCAN_WAITING, /* for the one before */
    SCAN_ASKING,  /* GetScannerElements */
    SCAN_VALIDATING,
    SCAN_CREATING,
    SCAN_REFUSED, /* asks why, or waits before another try */
    SCAN_FETCHING,
    SCAN_ENDING /* CancelJob, and the document */
};

struct scan {
    struct scan *next;
    struct scand *scand;
    struct scanner *scanner;
    enum scan_step step;
    struct history_entry *entry;
    uint64_t pressed;        /* on the loop's clock */
    uint64_t asked, answers; /* when it was asked last; how long its answers took so far */

    /* the press; `service` is kept, since the scanner may move meanwhile */
    char *service, *endpoint, *identifier, *token;
    struct wsd_request_options request; /* names whose certificate is meant; else the defaults */
    int panel_source;
    struct config *config; /* in force when the button was pressed; held */
    const struct config_destination *destination;

    struct wsd_call *call;
    bool cancelled; /* nothing more is asked of the scanner */
    const struct wsd_scan_get_scanner_elements_response *elements;
    struct scan_abilities has;
    struct wish wish;
    const struct wsd_scan_validate_scan_ticket_response *validation;
    struct wsd_scan_ticket corrected;
    bool use_corrected, minimal;
    const struct wsd_scan_create_scan_job_response *created;
    struct loop_timer timer; /* a try, or the limit of a page */
    unsigned warming, busy;  /* seconds that may still be waited */
    struct wsd_error refusal;

    struct job *job;
    struct helper *helper;
    unsigned page; /* that comes, from 1 */
    int page_fd;
    struct gather gather; /* of its bytes */
    uint64_t page_bytes;
    unsigned images; /* in the one file of a format of many pages; 0: not known */
    bool page_late, disk_failed;
    int disk_error;
    bool device_done, helper_done;
    bool said_last; /* by the helper: what it says of its end counts only when it has ended */
    bool complete;  /* all pages are there */
    bool ended;     /* end.json is written */
    unsigned helper_tries;
    char why[SCAND_ERROR];   /* it is not complete */
    char error[SCAND_ERROR]; /* "": none */
};

/* scan.c */
struct log_about scan_about(const struct scan *scan);
/* Creates the job with the ticket as it is now. */
void scan_create(struct scan *scan);
/* No more pages come. `why` NULL: all are there. */
void scan_end(struct scan *scan, const char *why);
/* The same by the error of a call. */
void scan_end_error(struct scan *scan, const struct wsd_error *error, const char *advice);

/* scan_refused.c */
void scan_refused(struct scan *scan, const struct wsd_error *error);

/* scan_pages.c */
void scan_fetch(struct scan *scan);

#endif
