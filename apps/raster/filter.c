/* SPDX-License-Identifier: MIT */
/*
 * Brightness, contrast, sharpness, the change of mode and the cut, as rasters over rasters.
 * Cost: the mode filter and the cut hold one row, the adjusting one three with sharpness and none
 * without.
 */
#include "filter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DITHER_SIDE 8

struct adjust {
    struct raster raster;
    struct raster *source;
    int sharpness;
    uint32_t next_row, rows_read;
    uint8_t table[256];
    uint8_t *rows[3]; /* ring: source row n is at n % 3 */
};

static void adjust_free(struct raster *raster)
{
    struct adjust *adjust = (struct adjust *)raster;

    raster_free(adjust->source);
    for (int i = 0; i < 3; i++)
        free(adjust->rows[i]);
    free(adjust);
}

/* Full contrast steepens twentyfold about the middle grey, none at all leaves only that grey. */
static void make_table(uint8_t table[static 256], int brightness, int contrast)
{
    double slope = contrast < 0 ? 1 + contrast / 1000.0 : 1 / (1 - 0.95 * contrast / 1000.0);
    double shift = brightness * 255 / 1000.0;

    for (int i = 0; i < 256; i++) {
        double value = (i - 127.5) * slope + 127.5 + shift;

        table[i] = (uint8_t)lround(fmin(fmax(value, 0), 255));
    }
}

/* Sharpens against, or blurs towards, the 1-2-1 mean of the nine pixels; edges repeat. */
static void sharpen(const struct adjust *adjust, const uint8_t *above, const uint8_t *row,
                    const uint8_t *below, uint8_t *out)
{
    size_t channels = adjust->raster.info.mode == RASTER_RGB24 ? 3 : 1;
    size_t size = raster_row_bytes(&adjust->raster.info);
    /* At 100 an edge gains twice its distance from the mean, at -100 it becomes the mean. */
    int gain = adjust->sharpness > 0 ? adjust->sharpness * 2 : adjust->sharpness;

    for (size_t i = 0; i < size; i++) {
        size_t left = i >= channels ? i - channels : i;
        size_t right = i + channels < size ? i + channels : i;
        int sum = above[left] + 2 * above[i] + above[right] + 2 * row[left] + 4 * row[i] +
                  2 * row[right] + below[left] + 2 * below[i] + below[right];
        int delta = gain * (16 * row[i] - sum);
        int value = row[i] + (delta >= 0 ? delta + 800 : delta - 800) / 1600;

        out[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

static void apply_table(const struct adjust *adjust, uint8_t *row)
{
    size_t size = raster_row_bytes(&adjust->raster.info);

    for (size_t i = 0; i < size; i++)
        row[i] = adjust->table[row[i]];
}

static int adjust_row(struct raster *raster, uint8_t *out)
{
    struct adjust *adjust = (struct adjust *)raster;
    uint32_t row = adjust->next_row++, last = raster->info.height - 1;
    int r;

    if (adjust->sharpness == 0) {
        r = adjust->source->read_row(adjust->source, out);
        if (r == 0)
            apply_table(adjust, out);
        return r;
    }
    while (adjust->rows_read <= last && adjust->rows_read <= row + 1) {
        r = adjust->source->read_row(adjust->source, adjust->rows[adjust->rows_read % 3]);
        if (r < 0)
            return r;
        adjust->rows_read++;
    }
    sharpen(adjust, adjust->rows[(row > 0 ? row - 1 : 0) % 3], adjust->rows[row % 3],
            adjust->rows[(row < last ? row + 1 : last) % 3], out);
    apply_table(adjust, out);
    return 0;
}

/* Neither the table nor the kernel knows up from down. */
static int adjust_flip(struct raster *raster)
{
    struct raster *source = ((struct adjust *)raster)->source;

    return source->flip ? source->flip(source) : -ENOTSUP;
}

int filter_adjust(struct raster *source, int brightness, int contrast, int sharpness,
                  struct raster **ret)
{
    if (brightness == 0 && contrast == 0 && sharpness == 0) {
        *ret = source;
        return 0;
    }

    struct adjust *adjust = calloc(1, sizeof *adjust);

    if (!adjust) {
        raster_free(source);
        return -ENOMEM;
    }
    adjust->raster = (struct raster){
        .info = source->info, .read_row = adjust_row, .free = adjust_free, .flip = adjust_flip};
    adjust->source = source;
    adjust->sharpness = sharpness;
    make_table(adjust->table, brightness, contrast);
    for (int i = 0; sharpness != 0 && i < 3; i++) {
        adjust->rows[i] = malloc(raster_row_bytes(&source->info));
        if (!adjust->rows[i]) {
            adjust_free(&adjust->raster);
            return -ENOMEM;
        }
    }
    *ret = &adjust->raster;
    return 0;
}

/* --------------------------------------------------------------------- mode */

struct convert {
    struct raster raster;
    struct raster *source;
    bool dither, flipped;
    struct filter_grid grid;
    uint32_t next_row;
    uint8_t *row; /* of the source; of BW1 with room for gray */
};

static void convert_free(struct raster *raster)
{
    struct convert *convert = (struct convert *)raster;

    raster_free(convert->source);
    free(convert->row);
    free(convert);
}

static uint8_t gray_of(const uint8_t *pixel)
{
    return (uint8_t)((299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000);
}

/* The ordered dither of side 8: the bits of x^y and y, interleaved from the lowest up, are the
 * rank of a cell among its 64. */
static uint8_t dither_level(int64_t x, int64_t y)
{
    unsigned a = (unsigned)((x ^ y) & 7), b = (unsigned)(y & 7), rank = 0;

    for (int bit = 0; bit < 3; bit++)
        rank = rank << 2 | (a >> bit & 1) << 1 | (b >> bit & 1);
    return (uint8_t)((2 * rank + 1) * 255 / 128);
}

static void make_levels(const struct convert *convert, uint8_t levels[static DITHER_SIDE])
{
    int64_t row = convert->next_row;
    const struct filter_grid *grid = &convert->grid;

    if (convert->flipped)
        row = convert->raster.info.height - 1 - row;
    for (int i = 0; i < DITHER_SIDE; i++)
        levels[i] = convert->dither
                        ? dither_level(grid->x + (long)grid->xx * i + (long)grid->xy * row,
                                       grid->y + (long)grid->yx * i + (long)grid->yy * row)
                        : 128;
}

static void pack_row(struct convert *convert, uint8_t *out)
{
    uint8_t levels[DITHER_SIDE];
    uint32_t width = convert->raster.info.width;
    const uint8_t *in = convert->row;

    make_levels(convert, levels);
    for (uint32_t left = 0; left < width; left += 8, in += 8) {
        uint32_t count = width - left < 8 ? width - left : 8;
        unsigned byte = 0;

        for (uint32_t i = 0; i < count; i++)
            byte |= (unsigned)(in[i] >= levels[i]) << (7 - i);
        *out++ = (uint8_t)byte;
    }
}

/* Bits to bytes in place, from the end: no byte is written before its bits are read. */
static void spread_row(uint8_t *row, uint32_t width)
{
    for (uint32_t x = width; x-- > 0;)
        row[x] = row[x / 8] >> (7 - x % 8) & 1 ? 255 : 0;
}

static int convert_row(struct raster *raster, uint8_t *out)
{
    struct convert *convert = (struct convert *)raster;
    uint32_t width = raster->info.width;
    int r = convert->source->read_row(convert->source, convert->row);

    if (r < 0)
        return r;
    if (convert->source->info.mode == RASTER_BW1)
        spread_row(convert->row, width);
    if (raster->info.mode == RASTER_RGB24) {
        for (uint32_t i = 0; i < width; i++)
            memset(out + (size_t)i * 3, convert->row[i], 3);
    } else {
        uint8_t *gray = raster->info.mode == RASTER_GRAY8 ? out : convert->row;

        if (convert->source->info.mode == RASTER_RGB24)
            for (uint32_t i = 0; i < width; i++)
                gray[i] = gray_of(convert->row + (size_t)i * 3);
        else if (gray != convert->row)
            memcpy(gray, convert->row, width);
        if (raster->info.mode == RASTER_BW1)
            pack_row(convert, out);
    }
    convert->next_row++;
    return 0;
}

static int convert_flip(struct raster *raster)
{
    struct convert *convert = (struct convert *)raster;
    int r = convert->source->flip ? convert->source->flip(convert->source) : -ENOTSUP;

    if (r == 0)
        convert->flipped = !convert->flipped;
    return r;
}

int filter_mode(struct raster *source, enum raster_mode mode, const struct filter_grid *grid,
                struct raster **ret)
{
    if (source->info.mode == mode) {
        *ret = source;
        return 0;
    }

    struct convert *convert = calloc(1, sizeof *convert);
    uint8_t *row = malloc(source->info.mode == RASTER_BW1 ? source->info.width
                                                          : raster_row_bytes(&source->info));

    if (!convert || !row) {
        free(convert);
        free(row);
        raster_free(source);
        return -ENOMEM;
    }
    convert->raster = (struct raster){
        .info = source->info, .read_row = convert_row, .free = convert_free, .flip = convert_flip};
    convert->raster.info.mode = mode;
    convert->source = source;
    convert->row = row;
    convert->dither = grid != NULL;
    if (grid)
        convert->grid = *grid;
    *ret = &convert->raster;
    return 0;
}

/* ---------------------------------------------------------------------- cut */

struct cut {
    struct raster raster;
    struct raster *source;
    uint32_t x, y; /* y: rows still to be passed over */
    uint8_t *row;  /* of the source */
};

static void cut_free(struct raster *raster)
{
    struct cut *cut = (struct cut *)raster;

    raster_free(cut->source);
    free(cut->row);
    free(cut);
}

static int cut_row(struct raster *raster, uint8_t *out)
{
    struct cut *cut = (struct cut *)raster;
    size_t size = raster_row_bytes(&raster->info),
           pixel = raster->info.mode == RASTER_RGB24 ? 3 : 1;
    int r;

    do
        r = cut->source->read_row(cut->source, cut->row);
    while (r == 0 && cut->y-- > 0);
    if (r < 0)
        return r;
    cut->y = 0;
    if (raster->info.mode != RASTER_BW1) {
        memcpy(out, cut->row + cut->x * pixel, size);
        return 0;
    }
    memset(out, 0, size);
    for (uint32_t i = 0, x = cut->x; i < raster->info.width; i++, x++)
        out[i / 8] |= (uint8_t)((cut->row[x / 8] >> (7 - x % 8) & 1) << (7 - i % 8));
    return 0;
}

int filter_cut(struct raster *source, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
               struct raster **ret)
{
    const struct raster_info *info = &source->info;
    bool inside = width > 0 && height > 0 && x < info->width && y < info->height &&
                  width <= info->width - x && height <= info->height - y;
    struct cut *cut = calloc(1, sizeof *cut);
    uint8_t *row = malloc(raster_row_bytes(info));

    if (!inside || !cut || !row) {
        free(cut);
        free(row);
        raster_free(source);
        return inside ? -ENOMEM : -EINVAL;
    }
    *cut = (struct cut){.raster = {.info = *info, .read_row = cut_row, .free = cut_free},
                        .source = source,
                        .x = x,
                        .y = y,
                        .row = row};
    cut->raster.info.width = width;
    cut->raster.info.height = height;
    *ret = &cut->raster;
    return 0;
}
