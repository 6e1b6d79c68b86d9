/* SPDX-License-Identifier: MIT */
/*
 * BMP with its file header, bottom-up: the one form that every reader takes (a negative height for
 * top-down rows is legal but refused or mirrored by many, sane-airscan's decoder of old among
 * them). A source that can run from the bottom is streamed, any other goes through a temporary
 * file.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "encoder_backend.h"
#include "spool.h"

#define FILE_HEADER 14
#define INFO_HEADER 40

struct dib {
    uint32_t next_row;
    size_t row_bytes; /* with padding */
    uint8_t row[];
};

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    *at++ = (uint8_t)value;
    *at++ = (uint8_t)(value >> 8);
    return at;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value & 0xffff), value >> 16);
}

static uint32_t colours_of(enum raster_mode mode)
{
    return mode == RASTER_BW1 ? 2 : mode == RASTER_GRAY8 ? 256 : 0;
}

static uint32_t per_metre(uint32_t dpi)
{
    return (uint32_t)lround(dpi / 0.0254);
}

static int put_header(struct encoder *encoder, const struct dib *dib)
{
    const struct raster_info *info = &encoder->page->info;
    uint8_t header[FILE_HEADER + INFO_HEADER + 256 * 4], *at = header;
    uint32_t colours = colours_of(info->mode);
    uint32_t offset = FILE_HEADER + INFO_HEADER + colours * 4;
    uint64_t image = (uint64_t)dib->row_bytes * info->height;

    if (image + offset > UINT32_MAX)
        return -EFBIG;
    at = put16(at, 'B' | 'M' << 8);
    at = put32(at, (uint32_t)image + offset);
    at = put32(at, 0);
    at = put32(at, offset);
    at = put32(at, INFO_HEADER);
    at = put32(at, info->width);
    at = put32(at, info->height);
    at = put16(at, 1);
    at = put16(at, info->mode == RASTER_BW1 ? 1 : info->mode == RASTER_GRAY8 ? 8 : 24);
    at = put32(at, 0); /* BI_RGB */
    at = put32(at, (uint32_t)image);
    at = put32(at, per_metre(info->dpi_x));
    at = put32(at, per_metre(info->dpi_y));
    at = put32(at, colours);
    at = put32(at, 0);
    for (uint32_t i = 0; i < colours; i++)
        at = put32(at, 0x010101u * (i * 255 / (colours - 1)));
    return encoder_put(encoder, header, (size_t)(at - header));
}

static int from_the_bottom(struct encoder *encoder)
{
    struct raster *page = encoder->page;

    if (page->flip && page->flip(page) == 0)
        return 0;
    encoder->page = NULL; /* spool_turn() owns it now */
    return spool_turn(page, SPOOL_UPSIDE_DOWN, &encoder->page);
}

static int start(struct encoder *encoder)
{
    int r = encoder_next_page(encoder);

    if (r <= 0)
        return r < 0 ? r : -ENODATA;

    size_t bytes = encoder_bytes_per_line("dib", &encoder->page->info);
    struct dib *dib = calloc(1, sizeof *dib + bytes);

    if (!dib)
        return -ENOMEM;
    encoder->state = dib;
    dib->row_bytes = bytes;
    r = from_the_bottom(encoder);
    return r < 0 ? r : put_header(encoder, dib);
}

static int step(struct encoder *encoder)
{
    if (!encoder->state)
        return start(encoder);

    struct dib *dib = encoder->state;
    const struct raster_info *info = &encoder->page->info;
    int r = encoder->page->read_row(encoder->page, dib->row);

    if (r < 0)
        return r;
    if (info->mode == RASTER_RGB24) {
        for (size_t i = 0; i < (size_t)info->width * 3; i += 3) {
            uint8_t red = dib->row[i];

            dib->row[i] = dib->row[i + 2];
            dib->row[i + 2] = red;
        }
    }
    encoder->finished = ++dib->next_row == info->height;
    return encoder_put(encoder, dib->row, dib->row_bytes);
}

static void close_dib(struct encoder *encoder)
{
    free(encoder->state);
}

const struct backend encode_dib = {step, close_dib};
