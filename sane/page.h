/* SPDX-License-Identifier: MIT */
/*
 * A page on its way to the frontend: a thread of its own decodes what the job brings, row by row,
 * into a ring that sane_read() empties. A page that had to be kept in a file until its end came is
 * decoded by sane_read() itself from its second row on: nothing is left to wait for, and no byte
 * changes threads once more. Memory: two rings and what the format's library holds.
 */
#ifndef WSD_SANE_PAGE_H
#define WSD_SANE_PAGE_H

#include "job.h"
#include "options.h"
#include "raster/picture_pdf.h"
#include "raster/sniff.h"

struct page {
    struct job *job;
    enum frame frame;
    uint32_t threshold; /* gray below it is black, where the scanner does not decide */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ready; /* `parameters` are there, or it failed */
    SANE_Status failure;
    SANE_Parameters parameters;
    struct ring rows; /* its status is a SANE_Status */
    uint32_t next;    /* the row that is decoded next */
    uint8_t *line;    /* gray, where the frontend wants black and white */
    /* A page in a file: the frontend's, once the rows in the ring have ended. */
    struct raster *raster;
    uint8_t *row;
    bool failed;     /* no more can be decoded */
    size_t row_left; /* bytes of `row`, at its end, that were not read */
    /* The thread's own. */
    uint8_t head[80]; /* bytes of the image that were looked at; a file header may be in front */
    size_t head_size, head_at;
    enum sniff_kind kind;
    uint32_t width, height; /* of the image */
    struct picture_pdf pdf; /* where it is one */
    bool kept;              /* all of it is in a file */
    int keep_error;         /* why bytes could not be kept there, a negative errno */
};

/* Waits until it is known how large it is. On failure `ret` is untouched. */
SANE_Status page_open(struct job *job, enum frame frame, uint32_t threshold, struct page **ret);
/* As sane_read(): GOOD with bytes (or none, where it does not wait), EOF, or what went wrong. */
SANE_Status page_read(struct page *page, void *buffer, size_t size, bool wait, size_t *ret_size);
/* Gives up what was not read. NULL is fine. */
void page_close(struct page *page);

#endif
