/* SPDX-License-Identifier: MIT */
/*
 * A page of a PDF that is made of images, as scanners send it: which images those are, how they
 * lie, and their bytes as they are stored. Reading these is picture_pdf.c's.
 *
 * By libqpdf, which is written in C++: this is compiled into a module that is loaded when the first
 * PDF comes.
 */
#ifndef WSD_APPS_RASTER_PDF_PAGE_H
#define WSD_APPS_RASTER_PDF_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bounds against files made to hurt. */
#define PDF_PAGES_MAX   10000u
#define PDF_STRIPS_MAX  512u        /* images that a page is made of */
#define PDF_CONTENT_MAX (1u << 20)  /* bytes of a page's content */
#define PDF_REPAIR_MAX  (64u << 20) /* bytes of a file whose objects are searched for */
#define PDF_COLOURS_MAX 256u        /* of a palette */

enum pdf_coding { PDF_ROWS, PDF_JPEG, PDF_FAX };

struct pdf_image {
    enum pdf_coding coding;
    bool deflated;      /* the bytes are; what is inside has the coding */
    unsigned predictor; /* of rows that are deflated: 1, 2 or 10 and more (7.4.4.4) */
    uint32_t width, height;
    unsigned bits, samples; /* of rows: 1, 2, 4, 8, 16; 1, 3 */
    bool inverted;          /* the pixels are to be */
    unsigned colours;       /* of a palette; 0: none */
    uint8_t palette[3 * PDF_COLOURS_MAX];
    uint64_t size;    /* bytes that the sink got */
    double left, top; /* on the page, in points */
    double wide, high;
};

struct pdf_page {
    unsigned pages;   /* of the document; 0: it is not known */
    const char *why;  /* words for what is wrong; NULL: none */
    unsigned turn;    /* degrees, clockwise, from what is stored to what is shown */
    bool upside_down; /* the rows go from the bottom up, instead of a turn */
    unsigned n;       /* from the top down, one under the other */
    struct pdf_image images[PDF_STRIPS_MAX];
};

struct pdf_sink {
    /* Bytes of the images, one image after the other in their order; 0 or a negative errno. */
    int (*write)(void *user, const void *bytes, size_t size);
    void *user;
};

/* Reads page 0.. of the PDF in `fd`, which is left as it is. 0, -EBADMSG, -ENOTSUP for what is
 * valid but beyond us, -EINVAL for a page past the last, what the sink said, or another negative
 * errno; `pages` and `why` are written in any case. */
int pdf_page_read(int fd, unsigned number, const struct pdf_sink *sink, struct pdf_page *ret);

#endif
