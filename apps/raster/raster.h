/* SPDX-License-Identifier: MIT */
/*
 * A raster is a picture that is handed over row by row, top to bottom, and is never held whole.
 * Sources (chart.h, pages.h) and filters (rows turned upside down, sharpness) make rasters,
 * encoders (encoder.h) and the PDF writer (pdf.h) consume them.
 *
 * Samples: black is 0, white is 1 or 255. RASTER_BW1 packs eight pixels into a byte, most
 * significant bit first, 1 = white; the bits past the last pixel are 0.
 *
 * Errors throughout this folder are negative errno values: -ENOMEM; -EINVAL for a request that
 * cannot be met; -EBADMSG for a file that its library cannot decode; -ENOTSUP; -EIO and whatever
 * else the system said. A `ret` argument is written only on success.
 */
#ifndef WSD_APPS_RASTER_H
#define WSD_APPS_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No side of a picture is longer than this; a request for more is -EINVAL. libjpeg and libtiff
 * stop near here too, and it keeps every product of two of our numbers inside 64 bits. */
#define RASTER_MAX_SIDE 1000000u
#define RASTER_MAX_DPI  65535u /* what a JPEG density can say */

enum raster_mode { RASTER_BW1, RASTER_GRAY8, RASTER_RGB24 };

struct raster_info {
    uint32_t width, height; /* pixels, lines */
    enum raster_mode mode;
    uint32_t dpi_x, dpi_y; /* 0 = unknown */
};

struct raster {
    struct raster_info info;
    /* Fills `row` (raster_row_bytes() long) with the next row: 0, or a negative errno. Asked for
     * `info.height` rows and no more; after a failure it is not called again. */
    int (*read_row)(struct raster *raster, uint8_t *row);
    void (*free)(struct raster *raster);
    /* NULL, or: before the first row, asks for the rows from the bottom up (a BMP wants that).
     * 0, or a negative errno if this raster cannot, which then stays as it was. */
    int (*flip)(struct raster *raster);
};

/* What a ticket asks, all in the units of WS-Scan (WS-Scan 4.2): 1/1000 inch and pixels per inch.
 */
struct raster_request {
    enum raster_mode mode;
    uint32_t dpi_x, dpi_y;
    uint32_t x, y, width, height;       /* region of the media that is wanted */
    uint32_t media_width, media_height; /* what lies on the glass */
    uint32_t scale_x, scale_y;          /* percent, 1..1000; 0 reads as 100 */
    int brightness, contrast;           /* -1000..1000, 0 = no change */
    int sharpness;                      /* -100..100, 0 = no change */
    int rotation;                       /* 0, 90, 180, 270 clockwise, after everything else */
    unsigned page;                      /* 1.. number of the image in the job */
    bool back;                          /* the back side of a sheet */
    const char *title;                  /* printed on the chart; NULL for none; not kept */
};

/* Bytes of one row, without padding beyond the last whole byte. */
size_t raster_row_bytes(const struct raster_info *info);

/* The one rule for the size of an image: round(region / 1000 * dpi * scale / 100), at least 1, and
 * swapped for rotation 90 and 270. `ret->dpi_*` are those of the final image, swapped alike.
 * -EINVAL for a request outside the ranges above. */
int raster_request_size(const struct raster_request *request, struct raster_info *ret);

/* Frees a raster of any kind; NULL is welcome. */
void raster_free(struct raster *raster);

#endif
