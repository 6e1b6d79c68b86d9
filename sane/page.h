/* SPDX-License-Identifier: MIT */
/*
 * A page on its way to the frontend: a thread of its own decodes what the job brings, row by row,
 * into a ring that sane_read() empties. Memory: two rings and what the format's library holds.
 */
#ifndef WSD_SANE_PAGE_H
#define WSD_SANE_PAGE_H

#include "job.h"
#include "options.h"

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
    /* The thread's own. */
    uint8_t head[80]; /* bytes of the image that were looked at; a file header may be in front */
    size_t head_size, head_at;
};

/* Waits until it is known how large it is. On failure `ret` is untouched. */
SANE_Status page_open(struct job *job, enum frame frame, uint32_t threshold, struct page **ret);
/* As sane_read(): GOOD with bytes (or none, where it does not wait), EOF, or what went wrong. */
SANE_Status page_read(struct page *page, void *buffer, size_t size, bool wait, size_t *ret_size);
/* Gives up what was not read. NULL is fine. */
void page_close(struct page *page);

#endif
