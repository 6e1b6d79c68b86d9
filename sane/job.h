/* SPDX-License-Identifier: MIT */
/*
 * A scan job, which a thread of its own runs from its first page to its end. That thread owns the
 * context; it brings the bytes of a page into a ring when it is asked for the page, and cancels the
 * job on the scanner as soon as it is told to, whatever the frontend does meanwhile.
 */
#ifndef WSD_SANE_JOB_H
#define WSD_SANE_JOB_H

#include <pthread.h>
#include <stdatomic.h>

#include "ring.h"
#include "scan/refusal.h"
#include "scan/silence.h"
#include "scanner.h"

/* What a handle has from its opening to its end, so that a cancellation finds it at any time. */
struct cancels {
    atomic_uint count;
    int wake; /* an eventfd: a page is wanted, there is room in the ring, or it is cancelled */
};

struct job {
    const struct config *config;
    const struct scanner *scanner;
    struct scan_settings asked;    /* to tell whether they have changed */
    struct scan_settings settings; /* the same; the format may become another one */
    struct ring bytes;             /* of the page; its status is a SANE_Status */
    pthread_t thread;
    const struct cancels *cancels;
    unsigned since; /* a further count is a cancellation of this job */
    atomic_bool dropped, wanted, over;

    /* An image that is a PDF, whose pages come before the next image: the page's side's. */
    struct {
        int fd; /* -1: none */
        unsigned next, pages;
    } pdf;

    /* The thread's own. */
    struct wsd_context *context;
    uint64_t held; /* milliseconds that the ring was full: they do not count against the scanner */
    struct silence silence; /* of the image that comes */
    struct scan_ticket ticket;
    bool minimal, use_corrected, refused, stopped;
    struct wsd_scan_ticket corrected;
    const struct wsd_scan_validate_scan_ticket_response *validation;
    const struct wsd_scan_create_scan_job_response *created;
    unsigned page;
    pthread_mutex_t lock; /* of what follows, which the page's side reads and sets */
    struct ring *rows;    /* of the page; a cancellation ends them too */
    int reader;           /* a socket of a process that reads a PDF, which it ends as well; -1 */
    struct wsd_scan_final_parameters final;
    bool has_final;
};

/* Starts it; the first page is wanted. It is cancelled once there are more `cancels` than `since`,
 * which may be so already. NULL without memory or threads. */
struct job *job_begin(const struct config *config, const struct scanner *scanner,
                      const struct scan_settings *settings, const struct cancels *cancels,
                      unsigned since);
/* The next page of it: of a PDF that came, else of the scanner. Only when the one before has ended
 * and job_is_over() is false. */
void job_next(struct job *job);
/* True once no more pages can come. */
bool job_is_over(struct job *job);
/* Whether it was cancelled; NULL was not. */
bool job_is_cancelled(const struct job *job);
/* The rows of the page; NULL: none. */
void job_watch(struct job *job, struct ring *rows);
/* The socket of a process that works for the page; -1: none. */
void job_watch_reader(struct job *job, int socket);
/* Ends it as a cancellation does. */
void job_drop(struct job *job);
/* May be called from a signal handler, whatever job there is or is not. */
void cancels_add(struct cancels *cancels);
/* Drops what is not over, waits and frees. NULL is fine. */
void job_free(struct job *job);

/* Inside: makes the job on the scanner, asking again as long as that is polite. */
SANE_Status job_create(struct job *job);

/* A call of the library, waited for in a way that a cancellation ends. */
struct call {
    struct wsd_call *call;
    bool ended;
    int status;
    const void *result;
    struct wsd_error error;
};
void call_done(void *user, int status, const void *result, const struct wsd_error *error);
/* Its status; `started` is what the call that started it returned. The result is the caller's. */
int call_wait(struct job *job, struct call *call, int started);
/* Asks the scanner how it is. What is in `ret` hangs on call->result, which is to be freed. */
void job_ask_status(struct job *job, const struct wsd_request_options *options, struct call *call,
                    struct scan_abilities *ret);
/* Waits to its end whatever happens; only the frontend is told of a cancellation. */
void call_outlast(struct job *job, struct call *call);
uint64_t clock_ms(void);
/* False when it was cancelled meanwhile. */
bool job_pause(struct job *job, unsigned milliseconds);

#endif
