/* SPDX-License-Identifier: MIT */
/*
 * PDFs written by hand, object by object, with a table of cross references: what no writer at hand
 * makes, and what is wrong on purpose.
 */
#ifndef WSD_TESTS_RASTER_MAKE_PDF_H
#define WSD_TESTS_RASTER_MAKE_PDF_H

#include "helper.h"
#include "picture_pdf.h"

#define MADE_OBJECTS 40

#define MADE_GRAY       "/ColorSpace /DeviceGray /BitsPerComponent 8 "
#define MADE_SIZE(w, h) "/Width " #w " /Height " #h " "

/* Paints the image /A over the page. */
extern const char made_plain[29];
/* Four rows of four. */
extern const uint8_t made_levels[16];

struct made {
    uint8_t *bytes;
    size_t size;
    size_t at[MADE_OBJECTS]; /* where each object begins; 0: there is none */
};

struct made_image {
    const char *name;       /* of the resource, without its '/' */
    const char *dictionary; /* all but /Length, /Type and /Subtype */
    const void *data;
    size_t size;
};

void made_begin(struct made *made);
void made_object(struct made *made, unsigned number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void made_stream(struct made *made, unsigned number, const char *dictionary, const void *data,
                 size_t size);
/* The table, the trailer and the end. */
void made_end(struct made *made);
void made_free(struct made *made);

/* One page of 100 by 100 points, which paints `images`, ended by a NULL name, by `content`. */
void made_page(struct made *made, const char *page, const char *content,
               const struct made_image *images);

/* The same of a single image, /A. */
void made_one(struct made *made, const char *page, const char *content, const char *dictionary,
              const void *data, size_t size);

/* Opens page 0. */
int made_open(const uint8_t *bytes, size_t size, struct picture_pdf *pdf, struct raster **ret);
/* What becomes of its rows; frees the raster. */
int made_read_rows(struct raster *raster);
int made_open_and_read(const uint8_t *bytes, size_t size);
/* The page, which has to be one that is read; or the error that it has to be, with a word of those
 * that are said of it, or NULL. Both free what was made. */
struct image made_read(struct made *made);
void made_refused(struct made *made, int wanted, const char *word);

/* Deflates; the caller frees it. */
uint8_t *made_flate(const void *data, size_t size, size_t *ret_size);

#endif
