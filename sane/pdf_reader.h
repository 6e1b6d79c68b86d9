/* SPDX-License-Identifier: MIT */
/*
 * What the program that reads PDF tells the backend through a socket: who it is; bytes of the
 * images, each piece after its size; a size of 0, the answer, and as many images as that has. Both
 * come from the same build, and nothing is converted.
 */
#ifndef WSD_SANE_PDF_READER_H
#define WSD_SANE_PDF_READER_H

#include <stdint.h>

#include "raster/pdf_page.h"

#define PDF_READER "wsd-pdf"

struct pdf_hello {
    char version[24];
    uint32_t image_size;
};

struct pdf_answer {
    int32_t result;
    uint32_t pages, turn, upside_down, n;
    char why[PDF_WORDS_MAX]; /* empty: there are none */
};

#endif
