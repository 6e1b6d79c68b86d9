/* SPDX-License-Identifier: MIT */
/*
 * PNG by libpng, a row a step.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>

#include <png.h>

#include "encoder_backend.h"

/* Scanned pages gain little from zlib's slow end, and the next page waits for this one. */
#define PNG_LEVEL 4

struct png {
    png_structp png;
    png_infop info;
    struct encoder *encoder;
    int error; /* the cause, when it was not libpng's */
    uint32_t next_row;
    uint8_t *row;
};

static void on_write(png_structp png_ptr, png_bytep data, size_t size)
{
    struct png *png = png_get_io_ptr(png_ptr);

    png->error = encoder_put(png->encoder, data, size);
    if (png->error < 0)
        png_error(png_ptr, "out of memory");
}

static void on_flush(png_structp png_ptr)
{
    (void)png_ptr; /* the buffer is the caller's to empty */
}

static void on_error(png_structp png_ptr, png_const_charp message)
{
    (void)message;
    png_longjmp(png_ptr, 1);
}

static void on_warning(png_structp png_ptr, png_const_charp message)
{
    (void)png_ptr;
    (void)message;
}

static png_uint_32 per_metre(uint32_t dpi)
{
    return (png_uint_32)lround(dpi / 0.0254);
}

static void write_header(struct png *png)
{
    const struct raster_info *info = &png->encoder->page->info;

    png_set_write_fn(png->png, png, on_write, on_flush);
    png_set_user_limits(png->png, RASTER_MAX_SIDE, RASTER_MAX_SIDE);
    png_set_compression_level(png->png, PNG_LEVEL);
    png_set_IHDR(png->png, png->info, info->width, info->height, info->mode == RASTER_BW1 ? 1 : 8,
                 info->mode == RASTER_RGB24 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (info->dpi_x && info->dpi_y)
        png_set_pHYs(png->png, png->info, per_metre(info->dpi_x), per_metre(info->dpi_y),
                     PNG_RESOLUTION_METER);
    png_write_info(png->png, png->info);
}

static int start(struct encoder *encoder)
{
    int r = encoder_next_page(encoder);

    if (r <= 0)
        return r < 0 ? r : -ENODATA;

    struct png *png = calloc(1, sizeof *png);

    if (!png)
        return -ENOMEM;
    encoder->state = png;
    png->encoder = encoder;
    png->row = malloc(raster_row_bytes(&encoder->page->info));
    png->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, png, on_error, on_warning);
    if (!png->png || !png->row)
        return -ENOMEM;
    png->info = png_create_info_struct(png->png);
    if (!png->info)
        return -ENOMEM;
    if (setjmp(png_jmpbuf(png->png)))
        return png->error < 0 ? png->error : -EINVAL;
    write_header(png);
    return 0;
}

static int step(struct encoder *encoder)
{
    if (!encoder->state)
        return start(encoder);

    struct png *png = encoder->state;

    if (setjmp(png_jmpbuf(png->png)))
        return png->error < 0 ? png->error : -EINVAL;
    if (png->next_row < encoder->page->info.height) {
        int r = encoder->page->read_row(encoder->page, png->row);

        if (r < 0)
            return r;
        png->next_row++;
        png_write_row(png->png, png->row);
        return 0;
    }
    png_write_end(png->png, NULL);
    encoder->finished = true;
    return 0;
}

static void close_png(struct encoder *encoder)
{
    struct png *png = encoder->state;

    if (!png)
        return;
    png_destroy_write_struct(&png->png, &png->info);
    free(png->row);
    free(png);
}

const struct backend encode_png = {step, close_png};
