/* SPDX-License-Identifier: MIT */
/*
 * Pages of a PDF as rasters, where a page is an image, or strips of one that lie one under the
 * other. What a viewer shows is what comes: pages and images that are turned are turned. Sizes are
 * in pixels as they are stored; the page's own size gives the resolution.
 *
 * Read are JPEG, CCITT G4, and rows of gray, RGB or a palette's colours, deflated or not. JPEG
 * 2000, JBIG2, layers (a mask over a background), text, drawings and encryption are -ENOTSUP.
 */
#ifndef WSD_APPS_RASTER_PICTURE_PDF_H
#define WSD_APPS_RASTER_PICTURE_PDF_H

#include "raster.h"
#include "source.h"

struct picture_pdf {
    /* What is asked; all may be zero. */
    uint64_t pixels_max;         /* a page of more is -EFBIG; 0: as many as there are */
    bool (*stopped)(void *user); /* as that of a stream */
    void *user;
    /* What is answered, in any case. */
    unsigned pages;         /* of the document; 0: it is not known */
    const char *why;        /* in words, where it could not be read; NULL: there are none */
    int keep_error;         /* as that of a stream */
    uint32_t width, height; /* of the page as it is stored; 0: it is not known */
};

/* A PDF is read from its end: keeps all of a stream in a nameless file, whose descriptor becomes
 * the caller's. 0 or a negative errno. */
int picture_pdf_keep(const struct source_stream *stream, int *ret_fd);

/* Opens page 0.. of the PDF in `fd`, which stays the caller's. Errors are those of picture.h, and
 * -EINVAL for a page past the last. `pdf` has to outlive the raster.
 * Cost: the page's image once more in a nameless file, as it is stored; a few rows. */
int picture_pdf_open(int fd, unsigned page, struct picture_pdf *pdf, struct raster **ret);

#endif
