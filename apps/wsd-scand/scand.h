/* SPDX-License-Identifier: MIT */
/*
 * The daemon: what its parts share.
 *
 *     daemon.c   context, sink, watch; configuration and its reload; start and end
 *     scanner.c  one scanner: its line on the panel, its events (scanner_place.c: where it is)
 *     lines.c    which destinations its panel offers
 *     locate.c   a scanner that is named by an address
 *     scan.c     one scan, from the button to its end (scan_refused.c, scan_pages.c)
 *     wish.c     what a destination wants, asked of a scanner that has something else
 *     helper.c   wsd-scand-deliver, which makes the document (delivery.c: what it says)
 *     spool.c    scans that an earlier run left behind
 *     state.c    identity and subscriptions, on the disk
 *     history.c  what became of the last scans
 *     status.c   all of it, for people and programs (status_ask.c is the asking end)
 *     page.c     the same for a browser on this computer (page.html, page_embed.py)
 *     notice.c   the hook for desktop notifications
 *     service.c  systemd: ready, watchdog; address changes and resumes that the system tells of
 */
#ifndef WSD_SCAND_SCAND_H
#define WSD_SCAND_SCAND_H

#include <signal.h>
#include <sys/types.h>
#include <wsd/wsd.h>

#include "config.h"
#include "loop.h"
#include "scan/abilities.h"

struct control_server;
struct json_object;

#define SCAND_MAX_SCANNERS   512 /* that are cared for at once */
#define SCAND_MAX_WAITING    8   /* scans that wait for the one before, of one scanner */
#define SCAND_MAX_HELPERS    24  /* documents in the making at once */
#define SCAND_MAX_ASKING     8   /* scanners asked for their metadata at once */
#define SCAND_NAME           128
#define SCAND_CONTEXT        96  /* bytes of a ClientContext of ours */
#define SCAND_ERROR          400 /* a sentence for people */
#define SCAND_GET_MS         10000u
#define SCAND_RETRY_LEAST_MS 2000u
#define SCAND_RETRY_MOST_MS  20000u  /* so that a scanner that came back is asked in time */
#define SCAND_DRAIN_MS       4000u   /* for the last Unsubscribes */
#define SCAND_TIDY_TRIES     3u      /* for an Unsubscribe that is not answered */
#define SCAND_QUICK_TRIES    4u      /* Subscribes in a row that do not wait (E1, E2) */
#define SCAND_PROVEN_MS      600000u /* a subscription that lived so long was no failure */
#define SCAND_RELINE_MS      1000u   /* between Unsubscribe and the next Subscribe (E12) */

struct scand;
struct scanner;
struct scan;
struct helper;

/* -- scanners ----------------------------------------------------------------------------------
 */

enum scanner_step {
    SCANNER_NEW,        /* nothing is known of its services yet */
    SCANNER_LOCATING,   /* its address is looked up, or its metadata asked for */
    SCANNER_LEAVING,    /* a subscription of an earlier run is ended first */
    SCANNER_LISTED,     /* subscribing, or subscribed: see wsd_subscription_state() */
    SCANNER_AWAY,       /* could not be asked; tried again */
    SCANNER_NO_SERVICE, /* it does not scan by this protocol */
    SCANNER_IGNORED     /* the configuration says so */
};

/* A destination as a scanner's panel shows it. */
struct scanner_line {
    char context[SCAND_CONTEXT];
    char *destination; /* name in the configuration */
    char *shown;
};

struct scanner {
    struct scand *scand;
    struct scanner *next;
    char *endpoint;   /* "" while an address is all that is known */
    char *configured; /* name of its section, NULL: none */
    char *address;    /* of the configuration: the watch does not decide about it */
    char **xaddrs;    /* transport addresses, the best first */
    char *name, *manufacturer, *model;
    char *host;    /* where it answered */
    char *service; /* address of its scan service; NULL: not known */
    enum scanner_step step;
    struct wsd_call *call;
    struct locate *locate;
    struct wsd_subscription *subscription;
    struct scanner_line *lines;
    size_t n_lines;
    struct loop_timer timer, check;
    unsigned failures;
    bool tidied;           /* what an earlier run left was ended */
    unsigned untidied;     /* times that the end of what was left was not answered */
    unsigned quick;        /* Subscribes without the library's pauses since it was last proven */
    uint64_t active_since; /* 0: it is not */
    bool retrying;         /* it is asked where it is, to subscribe without waiting */
    bool asking;           /* counts for SCAND_MAX_ASKING */
    bool ask_again;        /* it moved while it was asked */
    bool doomed;           /* freed once its scans are over */
    struct scan *scanning;
    char error[SCAND_ERROR];
    time_t error_time;
};

/* A target of the watch came, changed or was restarted. */
void scanner_seen(struct scand *scand, const struct wsd_target *target, bool restarted);
void scanner_gone(struct scand *scand, const struct wsd_target *target);
/* Scanners of the configuration, and their lines on the panel, as the configuration has them now.
 */
void scanners_configure(struct scand *scand);
/* The way to scanners may have changed: each subscription is looked after now. */
void scanners_check(struct scand *scand);
void scanners_free(struct scand *scand);
/* A scan of it is over: the next may begin. */
void scanner_scanned(struct scanner *scanner);
/* What it was told is void for the device (WS-Scan 10): another Subscribe is due. */
void scanner_relist(struct scanner *scanner);
const struct config_scanner *scanner_section(const struct scanner *scanner);
const char *scanner_state_word(const struct scanner *scanner);

/* scanner_place.c: takes the addresses of the target; true if they are others than before. */
bool scanner_place_take(struct scanner *scanner, const struct wsd_target *target);
/* Its other addresses may come and go, and change their order, as long as the one that is used is
 * among them. */
bool scanner_place_holds(const struct scanner *scanner);
/* The one that is used is that of `url`. */
void scanner_place_host(struct scanner *scanner, const char *url);
void scanner_place_free(struct scanner *scanner);

/* -- scans -------------------------------------------------------------------------------------
 */

/* The button was pressed. Strings are copied. */
struct press {
    const char *destination, *identifier, *token;
    int source; /* enum wsd_scan_input_source, 0: the scanner does not say */
};
void scan_begin(struct scanner *scanner, const struct press *press);
/* Takes up the scans of `scanner` that waited; or ends them, when it goes. */
void scans_go_on(struct scanner *scanner);
void scans_abandon(struct scanner *scanner);
/* The daemon ends: so do scans, their jobs are cancelled. */
void scans_stop(struct scand *scand);
/* What has not ended by then lies in the spool. */
void scans_free(struct scand *scand);

/* -- the spool ---------------------------------------------------------------------------------
 */

/* Takes up what an earlier run left behind: jobs on scanners are cancelled, documents made. */
void spool_take_up(struct scand *scand);
void spool_free(struct scand *scand);

/* -- the daemon --------------------------------------------------------------------------------
 */

/* What main() decides. */
struct scand_options {
    struct config_source source;
    struct loop_clock clock;
    const char *deliver; /* path of wsd-scand-deliver */
    bool allow_loopback;
    void (*trace)(void *user, const struct wsd_trace *trace);
};

struct scand {
    struct scand_options options;
    struct config *config;
    struct loop loop;
    struct wsd_context *context;
    struct wsd_sink *sink;
    struct wsd_watch *watch;
    struct scanner *scanners;
    size_t n_scanners, n_asking;
    struct scan *scans;
    size_t n_scans;
    struct helper *helpers;
    size_t n_helpers;
    struct state *state;
    struct history *history;
    struct left_behind *left; /* of an earlier run, in the spool */
    struct notice *notices;
    struct status *status;
    struct page *page;
    struct service *service;
    struct loop_watch signals;
    struct loop_timer watch_retry;
    int lock; /* of the state's folder */
    uint64_t started;
    unsigned counter; /* of scans, in their ids */
    char spool[4096];
    bool ending, watch_failed;
    bool forgetful; /* what it remembers cannot be written */
};

int scand_open(const struct scand_options *options, struct scand **ret);
/* Runs until scand_end(). 0 or a negative errno. */
int scand_run(struct scand *scand);
/* Of a signal handler: */
void scand_signal(int number);
/* Unsubscribes, ends scans, frees all. */
void scand_free(struct scand *scand);
/* Reads the configuration again; the one in force stays if there is a mistake. False then. */
bool scand_reload(struct scand *scand);

/* An error of the library as a sentence: what happened, the fault's name, and what to do (NULL:
 * nothing is known). */
void scand_error_text(const struct wsd_error *error, const char *advice, char ret[SCAND_ERROR]);

#endif
