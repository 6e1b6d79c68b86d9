/* SPDX-License-Identifier: MIT */
/*
 * What the content of a PDF's page paints (ISO 32000-1, 8 and 9): which images and where, and
 * whether there is text above them. All else is passed over.
 */
#ifndef WSD_APPS_RASTER_PDF_PAINT_H
#define WSD_APPS_RASTER_PDF_PAINT_H

#include <stdbool.h>
#include <stddef.h>

#include "pdf_page.h"

#define PDF_NAME_MAX   64u
#define PDF_STATES_MAX 32u /* graphics states within one another */

/* The image's unit square lies on the page at (a x + c y + e, b x + d y + f), in points. */
struct pdf_place {
    double a, b, c, d, e, f;
};

struct pdf_painted {
    char name[PDF_NAME_MAX]; /* of the resource, with its '/' */
    struct pdf_place place;
};

struct pdf_paint {
    struct pdf_painted images[PDF_STRIPS_MAX];
    unsigned n;
    bool text; /* that can be seen, above the last image */
};

/* 0, or -ENOTSUP with words in `ret_why` where it is beyond us. */
int pdf_paint_read(const char *content, size_t size, struct pdf_paint *ret, const char **ret_why);

#endif
