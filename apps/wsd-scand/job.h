/* SPDX-License-Identifier: MIT */
/*
 * A scan on its way: a folder of the spool that holds all there is to know of it, so that what was
 * fetched outlives any crash, and so that the two programs that share it need no more than its
 * path.
 *
 *     SPOOL/ID/job.json       what to do with it; written first, never changed
 *     SPOOL/ID/page-0001      a page that came whole; page-0001.part while it comes
 *     SPOOL/ID/end.json       no more pages come: {"complete":true} or {"complete":false,"why":""}
 *     SPOOL/ID/delivered.json the files that stand under their names, written before they get them
 *     SPOOL/ID/thumbnail.jpg  of the first page
 *     SPOOL/ID/lock           held by whoever works on it
 *
 * The daemon writes pages and the end, wsd-scand-deliver makes the document of them. Each file
 * appears whole or not at all: written under another name, synced, renamed. The folder itself does
 * so too, and goes away by one rename: half a job is never taken for a job.
 *
 * Calls return 0 (or what they say) or a negative errno. json-c and the C library are all this
 * needs. Order is written and read by one table (job_order.c).
 */
#ifndef WSD_SCAND_JOB_H
#define WSD_SCAND_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

struct json_object;

#define JOB_ORDER     "job.json"
#define JOB_END       "end.json"
#define JOB_DELIVERED "delivered.json"
#define JOB_THUMBNAIL "thumbnail.jpg"
#define JOB_LOCK      "lock"
#define JOB_PAGE      "page-%04u"
#define JOB_PAGE_PART "page-%04u.part"

#define JOB_MAX_PAGES 10000
#define JOB_MAX_ID    64        /* letters, digits, '-' and '_' */
#define JOB_MAX_FILE  (4 << 20) /* bytes of one of the files above that is read */
#define JOB_MAX_DEPTH 8         /* of what such a file nests */
#define JOB_MAX_WHY   1024      /* bytes of the reason in end.json */

/* What to do with a scan: a snapshot, so that a configuration read anew changes nothing of scans
 * under way. Strings may be NULL where nothing is said of them. */
struct job_order {
    const char *id;          /* job_create(): NULL, it makes one */
    int64_t began;           /* seconds since 1970; job_create(): 0 is now */
    const char *title;       /* of the document */
    const char *device;      /* name of the scanner, as it came from the network */
    const char *uuid;        /* of the scanner */
    const char *destination; /* name */
    uint32_t dpi[2];         /* that was asked for, across and down; 0 = not known */
    uint32_t crop[4];        /* x, y, width, height in pixels; width 0 = none */

    enum config_format format;
    const char *folder;  /* absolute; NULL: none, then `pipe` is set */
    const char *pattern; /* of the name */
    int quality;         /* 1..100 where JPEG is made; 0: the usual */
    const char *owner, *group;
    int file_mode; /* 0..0777; -1: by the umask */
    bool drop_blank;
    enum config_broken broken;
    config_list command, pipe;
    uint32_t command_timeout; /* seconds; 0: the usual */

    const char *incomplete; /* folder of what was not finished; NULL: it stays in the spool */
    uint64_t max_page_bytes, max_total_bytes; /* 0: the usual */
    uint32_t max_pages;                       /* 0: the usual */

    struct json_object *memory; /* of an order that was read; its strings live in it */
};

/* All of it as JSON for the caller to put, NULL when memory is out; and back: -EBADMSG for what is
 * no order of this version, with what is wrong with it in `wrong` (may be NULL). */
struct json_object *job_order_json(const struct job_order *order);
int job_order_read(struct json_object *json, struct job_order *ret, const char **wrong);
void job_order_free(struct job_order *order); /* one that was read */

struct job {
    int folder; /* descriptor */
    int lock;   /* descriptor; -1: not held */
    char id[JOB_MAX_ID + 1];
    char path[4096];
};

/* Makes SPOOL/ID (0700) with its order, all on the disk when it returns. -EEXIST: an id that is
 * taken. The spool has to be there. */
int job_create(const char *spool, const struct job_order *order, struct job **ret);
int job_open(const char *path, struct job **ret);
void job_close(struct job *job); /* gives the lock back; NULL is welcome */

/* The order that lies in the folder. `wrong` as above. */
int job_order_load(const struct job *job, struct job_order *ret, const char **wrong);

/* A page, number 1.. to JOB_MAX_PAGES (else -EINVAL). Open: a descriptor to write to, close on
 * exec; what lay there half written is begun anew. Commit: syncs, names, closes it in any case;
 * after a failure the page is not there. Drop: the part goes away and `fd` (-1: none) is closed. */
int job_page_open(const struct job *job, unsigned page);
int job_page_commit(const struct job *job, unsigned page, int fd);
void job_page_drop(const struct job *job, unsigned page, int fd);

/* A descriptor to read a whole page from; -ENOENT when there is none of that number. */
int job_page_read(const struct job *job, unsigned page);

/* The lowest number above `after` of a whole page that is there; 0: none. */
unsigned job_page_next(const struct job *job, unsigned after);

/* Says that no more pages come. `pages` is how many the scanner says there are, where one file
 * holds several; 0: as many as files. `why` (may be NULL) of a scan that is not complete: one
 * sentence for people. Parts are removed. */
int job_end(const struct job *job, bool complete, unsigned pages, const char *why);

struct job_ending {
    bool complete;
    unsigned pages;
    char why[JOB_MAX_WHY];
};

/* 1 and how it ended, 0 while pages may come. */
int job_ended(const struct job *job, struct job_ending *ret);

/* Takes the lock, or -EWOULDBLOCK. It is the process's and its children's until all have ended or
 * closed the job; a program that is executed does not get it. */
int job_lock(struct job *job);

/* Removes the folder with all in it and closes the job in any case. */
int job_remove(struct job *job);

/* Calls for each job of the spool, the oldest id first, until one says other than 0, which is
 * returned. */
int job_each(const char *spool, int (*each)(void *user, const char *id, const char *path),
             void *user);

/* Removes what a crash left of jobs half made and half removed. For a spool that nobody else makes
 * jobs in. */
int job_sweep(const char *spool);

/* A file of the folder, whole or not at all; `json` stays the caller's. Read: -ENOENT, -EBADMSG. */
int job_file_write(const struct job *job, const char *name, struct json_object *json);
int job_file_read(const struct job *job, const char *name, struct json_object **ret);

#endif
