/* SPDX-License-Identifier: MIT */
/* What output.c (the stream and the names) and page.c (the whole page) share. */
#ifndef WSD_APPS_OUTPUT_JOB_H
#define WSD_APPS_OUTPUT_JOB_H

#include "../common/gather.h"
#include "name.h"
#include "output.h"
#include "target.h"

struct image_tiff;
struct pdf;

struct output_file {
    char name[NAME_BYTES];
    char part[PART_NAME_BYTES]; /* while it is held; else empty */
    uint64_t size;
};

struct output {
    struct output_options options; /* its strings are NULL: they are copied below */
    char pattern[NAME_BYTES], device[256], title[256], *scratch;
    struct name_pattern fields;
    struct name_values values;
    enum sniff_kind wanted; /* SNIFF_UNKNOWN = as received */
    bool joined;            /* all pages in one document */
    bool finished;
    struct target target;
    struct output_error error;

    /* The page that streams in. */
    bool in_page, page_failed;
    struct part part;
    struct gather gather; /* of its bytes */
    struct output_page page;
    uint8_t head[SNIFF_HEAD_BYTES];
    size_t head_len;

    /* The document being joined. A TIFF that came alone is held, to be passed on untouched if no
     * second page follows. */
    struct pdf *pdf;
    struct image_tiff *tiff;
    struct part document; /* file of `tiff` */
    struct part held;
    unsigned document_pages;

    unsigned next_number; /* of the next file, from 1 */
    unsigned pages_begun;
    uint64_t total_bytes;
    struct output_file *files;
    size_t file_count;
    struct output_page *pages;
    size_t page_count;
};

/* output.c: names and delivers a finished file; `part` is empty after success. */
int output_deliver(struct output *o, struct part *part, enum sniff_kind format, uint64_t size);

/* hold.c: keeps a finished file until the end; gives all of them their names; forgets, and removes,
 * those from number `from` on that have none. */
int output_hold(struct output *o, struct part *part, struct output_file *file);
int output_name_held(struct output *o);
void output_drop_held(struct output *o, size_t from, bool remove_them);

/* page.c: whether what is received can become what is wanted, and the error if not. */
bool page_convertible(const struct output *o, enum sniff_kind received);
int page_cannot_convert(const struct output *o, enum sniff_kind received,
                        struct output_error *ret_error);

/* page.c: examines the whole page in `o->part` and delivers it or joins it to the document. */
int page_finish(struct output *o);

/* page.c: saves and delivers the joined document, if there is one; or forgets it. */
int document_finish(struct output *o);
void document_drop(struct output *o);

#endif
