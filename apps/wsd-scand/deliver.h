/* SPDX-License-Identifier: MIT */
/*
 * wsd-scand-deliver: the pages of one job (job.h) become the document, and the document gets where
 * the order says, once.
 *
 *     wsd-scand-deliver FOLDER
 *
 * Standard input says what the daemon has done, a line each: "page N", page N is whole; "end",
 * end.json is there. Both only wake it: what counts is what lies in the folder. When the input ends
 * and there is no end.json, the daemon is gone and everything stays as it is for the next one. With
 * end.json there from the beginning the input is not read.
 *
 * Standard output says what became of it, a JSON object a line:
 *
 *     {"event":"page","page":1,"bytes":..,"width":..,"height":..,"blank":false}
 *     {"event":"broken","page":2,"what":".."}
 *     {"event":"thumbnail"}
 *     {"event":"delivered","files":[".."]}               it stands; commands are still to run
 *     {"event":"command","which":"command","status":0,"what":"..","output":".."}
 *     {"event":"done","files":[".."],"pages":9,"blank":1,"broken":0,"bytes":..,"kept":".."}
 *     {"event":"failed","code":"disk-full","what":"..","files":[],"kept":".."}
 *
 * The last one is `done` or `failed`, and is said again when the same job is worked on again.
 * `kept` is where pages are that did not become part of a document; where that is FOLDER itself the
 * job has to stay (exit status 1) and may be tried again, else it may be removed (0). 75: somebody
 * else works on it; 64: called in a wrong way.
 *
 * Two processes: one decodes images, with limits and without a way to new privileges, and writes
 * the document; the other one waits for it, keeps the promises and runs commands. What a page does
 * to the first costs that page alone: it is broken, and the work begins anew without it.
 *
 * Exactly once: files are whole and on the disk under hidden names, then delivered.json says which
 * and what they will be called, then they get their names by one rename each. Whoever comes after a
 * crash sees by the hidden name whether that has happened, even if the file was taken away since.
 */
#ifndef WSD_SCAND_DELIVER_H
#define WSD_SCAND_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "job.h"

/* Bounds; docs/security.md says what happens there. */
#define DELIVER_MAX_PIXELS      600000000           /* of an image: A4 at 2400 dpi */
#define DELIVER_MAX_MEMORY      (1 << 30)           /* address space of the process that decodes */
#define DELIVER_CPU_SECONDS     120                 /* of that process for one page */
#define DELIVER_MAX_FILE        (INT64_C(64) << 30) /* bytes of a file that it writes */
#define DELIVER_MAX_CRASHES     16                  /* of that process for one job */
#define DELIVER_MAX_KILLS       3                   /* likewise, when no page is to blame */
#define DELIVER_MAX_CELLS       (4 << 20)           /* of the small picture that is looked at */
#define DELIVER_MAX_OUTPUT      4096                /* bytes kept of what a command says */
#define DELIVER_COMMAND_SECONDS 300 /* that a command may take, if the order says nothing */
#define DELIVER_GRACE_SECONDS   5   /* from TERM to KILL */
#define DELIVER_THUMBNAIL       240 /* pixels of its longer side */

/* What a blank page is. It is looked at in cells, the means of so many pixels that about 36 make an
 * inch: noise of the scanner averages out there, a stroke of a pen does not. A cell has ink where
 * one of its colours is off the paper's, and cells with ink that touch are a mark. */
#define BLANK_CELLS_PER_INCH 36
#define BLANK_PAPER_LEAST    128 /* a darker page is no paper */
#define BLANK_INK            24  /* of 255 off the paper; show-through is fainter */
#define BLANK_EDGE_MM        4   /* the outermost is not looked at: shadows of the paper's edge */
#define BLANK_DUST_CELLS     2   /* a mark of at most so many is dust */
#define BLANK_INK_CELLS      6   /* all marks together that a blank page may have */
#define BLANK_HOLE_MM        25  /* a punch hole's middle is so near to an edge, */
#define BLANK_HOLE_LEAST_MM  4   /* and it is so wide, */
#define BLANK_HOLE_MOST_MM   11  /* at most, and round */

enum deliver_page { PAGE_NONE, PAGE_GOOD, PAGE_BLANK, PAGE_BROKEN };

/* In the job's folder: where a document is that is only piped, and one that is piped as well. */
#define DELIVER_FOLDER "document"
#define DELIVER_INPUT  "document-%04zu"

/* How the making of the document ended. */
enum deliver_outcome {
    OUTCOME_NONE,       /* it crashed */
    OUTCOME_MADE,       /* the files stand, delivered.json says which */
    OUTCOME_NOTHING,    /* there was no page to deliver */
    OUTCOME_FAILED,     /* `code` and `what` */
    OUTCOME_INCOMPLETE, /* the scan broke off */
    OUTCOME_ABANDONED   /* the daemon is gone */
};

#define DELIVER_WHAT 1200 /* bytes of a text for people */

struct deliver_failure {
    char code[24];
    char what[DELIVER_WHAT];
};

/* In memory that both processes see; what the one that decodes has written is believed within
 * bounds. */
struct deliver_shared {
    volatile unsigned current; /* the page that is being worked on */
    volatile int outcome;
    bool thumbnail;
    uint8_t page[JOB_MAX_PAGES + 1]; /* enum deliver_page */
    struct deliver_failure failure;
};

struct deliver_file {
    char name[256], part[160];
    uint64_t device, inode, size;
    bool done;
};

/* delivered.json */
struct deliver_journal {
    char folder[4096]; /* of the files; empty: none yet */
    uint64_t folder_inode;
    struct deliver_file *files;
    size_t n_files;
    unsigned piped, piping;           /* files piped; of which one was begun */
    bool command_begun, command_done; /* each is run once, or not at all */
    bool keeping;                     /* there is no document, pages are kept: why */
    struct deliver_failure failure;
    char kept[256];             /* the name in the folder for what is incomplete */
    struct json_object *result; /* the last event */
};

struct deliver {
    struct job *job;
    struct job_order order;
    struct deliver_shared *shared;
    struct deliver_journal journal;
    struct tm when;                                 /* local, of the scan */
    char device[256], title[256], destination[256]; /* fit for people, files and commands */
    char prefix[JOB_MAX_ID + 16];                   /* of temporaries */
};

/* deliver.c: of pages in that state. */
unsigned deliver_count(const struct deliver *d, enum deliver_page state);
/* Pages of the document: good ones, or what the scanner says of a file that holds several. */
unsigned deliver_pages(const struct deliver *d);
/* deliver.c: fills in a failure; `ret` is its own, the first one stays. */
void deliver_fail(struct deliver_failure *ret, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* deliver_say.c: the events. `object` is taken. */
void deliver_say(struct json_object *object);
void deliver_say_page(unsigned page, uint64_t bytes, uint32_t width, uint32_t height, bool blank);
void deliver_say_broken(unsigned page, const char *what);
void deliver_say_delivered(const struct deliver *d);
struct json_object *deliver_done_event(const struct deliver *d, const char *kept);
struct json_object *deliver_failed_event(const struct deliver *d,
                                         const struct deliver_failure *failure, const char *kept);

/* deliver_journal.c */
int deliver_journal_read(struct deliver *d);
int deliver_journal_write(struct deliver *d);
void deliver_journal_free(struct deliver_journal *journal);
void deliver_journal_no_files(struct deliver_journal *journal);
struct deliver_file *deliver_journal_add(struct deliver_journal *journal);

/* deliver_make.c: the process that decodes, all of it; returns the outcome and sets it. */
enum deliver_outcome deliver_make(struct deliver *d, int input);

/* deliver_place.c: the options of apps/output that follow from the order; -1 and why. */
struct output;
struct output_options;
int deliver_options(const struct deliver *d, struct output_options *ret,
                    struct deliver_failure *ret_failure);
/* Where files go: the order's folder, or, for what is only piped, one in the job's. */
int deliver_folder(const struct deliver *d, char *ret, size_t size);
/* Called while names are given (output.h); with `keeping` set, when that was given up. */
int deliver_naming(struct deliver *d, const struct output *output);
/* Goes on where a crash interrupted the giving of names. 0: all stand. -1: no. -2: it cannot be
 * told, the folder is not there. */
int deliver_resume(struct deliver *d, struct deliver_failure *ret_failure);
/* Temporaries of this job that the journal does not know. */
void deliver_sweep(const struct deliver *d);

/* deliver_look.c: an image of the page made small; -ENOENT past the last. */
struct deliver_cells {
    uint32_t width, height;
    double per_mm_x, per_mm_y; /* cells in a millimetre */
    uint8_t *rgb;
};
int deliver_look(int fd, unsigned image, const uint32_t dpi[2], struct deliver_cells *ret);
void deliver_cells_free(struct deliver_cells *cells);
/* Writes it as JPEG, no side longer than DELIVER_THUMBNAIL. */
int deliver_thumbnail(const struct job *job, const struct deliver_cells *cells);

/* deliver_blank.c: 1 if there is nothing on the page, 0, or a negative errno. */
int deliver_blank(const struct deliver_cells *cells);

/* deliver_keep.c: pages go to the folder for what is incomplete. */
enum deliver_keep { KEEP_PAGES, KEEP_BROKEN, KEEP_DOCUMENT };
/* `ret` gets the path. -1 where that cannot be done: they stay in the job's folder. */
int deliver_keep(struct deliver *d, enum deliver_keep what, const struct deliver_failure *why,
                 char *ret, size_t size);

/* deliver_run.c: a command. `input`: path of its standard input, NULL: nothing. */
struct deliver_ran {
    int status; /* of its exit; 128 + the signal that ended it; -1: it never ran */
    char what[256];
    char output[DELIVER_MAX_OUTPUT + 1];
};
void deliver_run(char *const *arguments, char *const *environment, const char *input,
                 uint32_t seconds, struct deliver_ran *ret);

/* deliver_command.c: what the order wants run. 0, or -1: the document was only to be piped, and
 * that failed. */
int deliver_commands(struct deliver *d, struct deliver_failure *ret_failure);

/* deliver_limits.c: of the process that decodes. */
void deliver_confine(void);
void deliver_allow_page(void); /* the time for one more */

#endif
