/* SPDX-License-Identifier: MIT */
/*
 * Rows of a PNG, by libpng. Memory: two rows. An interlaced file has its last pixels all over the
 * picture: its passes are put together in a temporary file when the first row is asked for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>

#include <png.h>

#include "picture.h"
#include "spool.h"

#define METRES_PER_INCH 0.0254

struct png_state {
    struct raster raster;
    png_structp png;
    png_infop info;
    struct source *source;
    int passes;
    int spool; /* the rows of an interlaced file, else -1 */
    uint32_t next;
};

static void on_error(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep data, png_size_t len)
{
    struct png_state *state = png_get_io_ptr(png);
    for (ssize_t n; len > 0; data += n, len -= (png_size_t)n)
        if ((n = source_next(state->source, data, len)) <= 0)
            png_error(png, "short");
}

static void state_free(struct raster *raster)
{
    struct png_state *state = (struct png_state *)raster;
    png_destroy_read_struct(&state->png, &state->info, NULL);
    source_close(state->source);
    if (state->spool >= 0)
        close(state->spool);
    free(state);
}

static int decode_row(struct png_state *state, uint8_t *row)
{
    if (setjmp(png_jmpbuf(state->png)))
        return -EBADMSG;
    png_read_row(state->png, row, NULL);
    return 0;
}

/* Each pass adds to the rows of the pass before, which libpng wants handed back to it. */
static int spool_passes(struct png_state *state)
{
    size_t size = raster_row_bytes(&state->raster.info);
    uint8_t *row = calloc(1, size);
    int r = row ? 0 : -ENOMEM;

    state->spool = spool_open(NULL);
    if (r == 0 && state->spool < 0)
        r = source_keep_failed(state->source, state->spool);
    for (int pass = 0; r == 0 && pass < state->passes; pass++) {
        for (uint32_t y = 0; r == 0 && y < state->raster.info.height; y++) {
            off_t at = (off_t)y * (off_t)size;

            if (source_stopped(state->source))
                r = -ECANCELED;
            if (r == 0 && pass > 0)
                r = spool_read(state->spool, at, row, size);
            if (r == 0)
                r = decode_row(state, row);
            if (r == 0)
                r = source_keep_failed(state->source, spool_write(state->spool, at, row, size));
        }
    }
    free(row);
    return r;
}

static int read_row(struct raster *raster, uint8_t *row)
{
    struct png_state *state = (struct png_state *)raster;
    size_t size = raster_row_bytes(&raster->info);
    int r = state->passes > 1 && state->next == 0 ? spool_passes(state) : 0;

    if (r == 0)
        r = state->passes > 1
                ? spool_read(state->spool, (off_t)state->next * (off_t)size, row, size)
                : decode_row(state, row);
    if (r < 0)
        return r;
    state->next++;
    /* Bits past the last pixel are 0 in a raster and anything in a PNG. */
    if (raster->info.mode == RASTER_BW1 && raster->info.width % 8)
        row[size - 1] &= (uint8_t)(0xFF00 >> raster->info.width % 8);
    return 0;
}

/* Transparency lies on white paper; 16 bits become 8, palettes colours. */
static void set_transforms(struct png_state *state)
{
    png_structp png = state->png;
    png_byte type = png_get_color_type(png, state->info);
    png_byte depth = png_get_bit_depth(png, state->info);
    bool clear = png_get_valid(png, state->info, PNG_INFO_tRNS) != 0;
    if (type == PNG_COLOR_TYPE_GRAY && depth == 1 && !clear)
        return;
    png_set_expand(png);
    png_set_scale_16(png);
    if (clear || (type & PNG_COLOR_MASK_ALPHA)) {
        png_uint_16 white = depth == 16 ? 65535 : 255; /* libpng lays it down before scaling */
        png_color_16 paper = {.red = white, .green = white, .blue = white, .gray = white};
        png_set_background(png, &paper, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
    }
}

static int read_header(struct png_state *state)
{
    png_structp png = state->png;
    if (setjmp(png_jmpbuf(png)))
        return -EBADMSG;
    png_set_user_limits(png, RASTER_MAX_SIDE, RASTER_MAX_SIDE);
    png_set_read_fn(png, state, read_bytes);
    png_read_info(png, state->info);
    set_transforms(state);
    state->passes = png_set_interlace_handling(png);
    png_read_update_info(png, state->info);
    state->raster.info = (struct raster_info){
        .width = png_get_image_width(png, state->info),
        .height = png_get_image_height(png, state->info),
        .mode = png_get_bit_depth(png, state->info) == 1  ? RASTER_BW1
                : png_get_channels(png, state->info) == 1 ? RASTER_GRAY8
                                                          : RASTER_RGB24,
        .dpi_x = picture_dpi(png_get_x_pixels_per_meter(png, state->info) * METRES_PER_INCH),
        .dpi_y = picture_dpi(png_get_y_pixels_per_meter(png, state->info) * METRES_PER_INCH),
    };
    /* The library's row may never be longer than ours. */
    return png_get_rowbytes(png, state->info) == raster_row_bytes(&state->raster.info) ? 0
                                                                                       : -ENOTSUP;
}

int picture_read_png(struct source *source, struct raster **ret)
{
    struct png_state *state = calloc(1, sizeof *state);
    if (!state) {
        source_close(source);
        return -ENOMEM;
    }
    state->source = source;
    state->raster.read_row = read_row;
    state->raster.free = state_free;
    state->spool = -1;
    state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    state->info = state->png ? png_create_info_struct(state->png) : NULL;
    int r = state->info ? read_header(state) : -ENOMEM;
    if (r < 0) {
        state_free(&state->raster);
        return r;
    }
    *ret = &state->raster;
    return 0;
}
