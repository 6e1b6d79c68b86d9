/* SPDX-License-Identifier: MIT */
/*
 * Between encoder.c and the encoders of the single formats: the buffer that they fill and the
 * table of what they can do. For this folder only.
 */
#ifndef WSD_APPS_RASTER_ENCODER_BACKEND_H
#define WSD_APPS_RASTER_ENCODER_BACKEND_H

#include "encoder.h"
#include "tiff_file.h"

struct format;

struct encoder {
    const struct format *format;
    int quality;
    struct raster *(*next)(void *user);
    void *user;
    struct raster *page; /* the one being encoded */
    void *state;         /* the back end's, from its first step to its close */
    bool finished;       /* no step is to follow */
    int error;
    uint8_t *data; /* encoded, not yet pulled */
    size_t at, filled, room;
};

struct backend {
    /* Encodes some more with encoder_put(), and sets `finished` after the last bytes. */
    int (*step)(struct encoder *encoder);
    void (*close)(struct encoder *encoder); /* frees `state`, which may be NULL */
};

struct format {
    const char *name, *mime_type;
    const struct backend *backend;
    unsigned modes;     /* bits 1 << enum raster_mode */
    bool multi, padded; /* padded: BytesPerLine counts */
    bool exif;
    enum tiff_compression compression; /* of TIFF formats */
};

/* Appends to what the caller pulls. */
int encoder_put(struct encoder *encoder, const void *data, size_t size);

/* Frees the page before and takes the next: 1, or 0 when there is none, or a negative errno, as for
 * a mode that the format cannot hold. */
int encoder_next_page(struct encoder *encoder);

extern const struct backend encode_jpeg, encode_png, encode_dib, encode_spooled_tiff,
    encode_spooled_pdf;

#endif
