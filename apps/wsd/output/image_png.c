/* SPDX-License-Identifier: MIT */
/*
 * Rows of a PNG, by libpng. Memory: two rows. An interlaced file can only be read whole and is
 * refused: no scanner makes one, since it could not stream it.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <png.h>

#include "image.h"

#define METRES_PER_INCH 0.0254

struct png_state {
    struct raster raster;
    png_structp png;
    png_infop info;
    int fd;
    off_t at;
    int error; /* of the system, when that is why libpng failed */
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
    while (len > 0) {
        ssize_t n = pread(state->fd, data, len, state->at);
        if (n <= 0) {
            state->error = n < 0 ? errno : 0;
            png_error(png, "short");
        }
        data += n;
        state->at += n;
        len -= (size_t)n;
    }
}

static void state_free(struct raster *raster)
{
    struct png_state *state = (struct png_state *)raster;
    png_destroy_read_struct(&state->png, &state->info, NULL);
    free(state);
}

static int read_row(struct raster *raster, uint8_t *row)
{
    struct png_state *state = (struct png_state *)raster;
    if (setjmp(png_jmpbuf(state->png)))
        return state->error ? -state->error : -EBADMSG;
    png_read_row(state->png, row, NULL);
    /* Bits past the last pixel are 0 in a raster and anything in a PNG. */
    if (raster->info.mode == RASTER_BW1 && raster->info.width % 8)
        row[raster->info.width / 8] &= (uint8_t)(0xFF00 >> raster->info.width % 8);
    return 0;
}

/* Transparency lies on white paper; 16 bits become 8, palettes colours. */
static void set_transforms(struct png_state *state)
{
    png_structp png = state->png;
    png_byte type = png_get_color_type(png, state->info);
    bool clear = png_get_valid(png, state->info, PNG_INFO_tRNS) != 0;
    if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, state->info) == 1 && !clear)
        return;
    png_set_expand(png);
    png_set_scale_16(png);
    if (clear || (type & PNG_COLOR_MASK_ALPHA)) {
        png_color_16 white = {.red = 255, .green = 255, .blue = 255, .gray = 255};
        png_set_background(png, &white, PNG_BACKGROUND_GAMMA_SCREEN, 0, 1.0);
    }
}

static int read_header(struct png_state *state)
{
    if (setjmp(png_jmpbuf(state->png)))
        return state->error ? -state->error : -EBADMSG;
    png_set_user_limits(state->png, RASTER_MAX_SIDE, RASTER_MAX_SIDE);
    png_set_read_fn(state->png, state, read_bytes);
    png_read_info(state->png, state->info);
    if (png_get_interlace_type(state->png, state->info) != PNG_INTERLACE_NONE)
        return -ENOTSUP;
    set_transforms(state);
    png_read_update_info(state->png, state->info);
    return 0;
}

static struct raster_info info_of(const struct png_state *state)
{
    bool bits = png_get_bit_depth(state->png, state->info) == 1;
    bool gray = png_get_channels(state->png, state->info) == 1;
    double x = png_get_x_pixels_per_meter(state->png, state->info) * METRES_PER_INCH;
    double y = png_get_y_pixels_per_meter(state->png, state->info) * METRES_PER_INCH;
    return (struct raster_info){
        .width = png_get_image_width(state->png, state->info),
        .height = png_get_image_height(state->png, state->info),
        .mode = bits   ? RASTER_BW1
                : gray ? RASTER_GRAY8
                       : RASTER_RGB24,
        .dpi_x = (uint32_t)lround(x),
        .dpi_y = (uint32_t)lround(y),
    };
}

int image_open_png(int fd, struct raster **ret)
{
    struct png_state *state = calloc(1, sizeof *state);
    if (!state)
        return -ENOMEM;
    state->fd = fd;
    state->raster.read_row = read_row;
    state->raster.free = state_free;
    state->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    state->info = state->png ? png_create_info_struct(state->png) : NULL;
    int r = state->info ? read_header(state) : -ENOMEM;
    if (r < 0) {
        state_free(&state->raster);
        return r;
    }
    state->raster.info = info_of(state);
    *ret = &state->raster;
    return 0;
}
