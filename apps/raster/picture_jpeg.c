/* SPDX-License-Identifier: MIT */
/*
 * Rows of a JPEG, by libjpeg. It reports by longjmp, so all that lives across a call is on the
 * heap. Missing data are only a warning to it (it fills with gray): here they are an error, since a
 * page that is half gray is not a page. Memory: a few rows; a progressive file needs its
 * coefficients, up to PICTURE_DECODER_MEMORY.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jerror.h>
#include <jpeglib.h>

#include "picture.h"

struct failing {
    struct jpeg_error_mgr manager; /* first: libjpeg hands back a pointer to it */
    jmp_buf jump;
    bool data_missing;
};

struct reader {
    struct raster raster;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    struct failing failing;
    FILE *file;
    uint8_t *ink; /* a row of CMYK */
    bool started;
};

static void on_error(j_common_ptr jpeg)
{
    struct failing *failing = (struct failing *)jpeg->err;
    longjmp(failing->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    struct failing *failing = (struct failing *)jpeg->err;
    int code = jpeg->err->msg_code;
    if (level < 0 && (code == JWRN_HIT_MARKER || code == JWRN_JPEG_EOF))
        failing->data_missing = true;
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* Thousands of empty scans in a small file would keep the decoder busy for hours. */
static void on_progress(j_common_ptr jpeg)
{
    j_decompress_ptr d = (j_decompress_ptr)jpeg;
    if (d->input_scan_number > PICTURE_JPEG_SCANS_MAX)
        ERREXIT(jpeg, JERR_BAD_PROGRESSION);
}

static struct jpeg_error_mgr *failing_init(struct failing *failing)
{
    jpeg_std_error(&failing->manager);
    failing->manager.error_exit = on_error;
    failing->manager.emit_message = on_message;
    failing->manager.output_message = on_output;
    return &failing->manager;
}

static void reader_free(struct raster *raster)
{
    struct reader *reader = (struct reader *)raster;
    if (setjmp(reader->failing.jump) == 0)
        jpeg_destroy_decompress(&reader->jpeg);
    if (reader->file)
        fclose(reader->file);
    free(reader->ink);
    free(reader);
}

static int open_stream(struct reader *reader, int fd)
{
    int copy = picture_duplicate(fd);
    if (copy < 0)
        return copy;
    reader->file = fdopen(copy, "rb");
    if (!reader->file) {
        close(copy);
        return -ENOMEM;
    }
    rewind(reader->file);
    return 0;
}

static void ink_to_rgb(const struct reader *reader, uint8_t *row)
{
    /* Adobe writes 255 for no ink, everybody else 0. */
    unsigned flip = reader->jpeg.saw_Adobe_marker ? 0 : 255;
    const uint8_t *ink = reader->ink;
    for (uint32_t x = 0; x < reader->raster.info.width; x++, ink += 4)
        for (int c = 0; c < 3; c++)
            *row++ = (uint8_t)((ink[c] ^ flip) * (ink[3] ^ flip) / 255);
}

static int decode_row(struct reader *reader, JSAMPROW row)
{
    if (setjmp(reader->failing.jump))
        return -EBADMSG;
    if (!reader->started) {
        /* FALSE would mean a source that pauses; a file never does. */
        if (!jpeg_start_decompress(&reader->jpeg))
            return -EBADMSG;
        reader->started = true;
    }
    if (jpeg_read_scanlines(&reader->jpeg, &row, 1) != 1 || reader->failing.data_missing)
        return -EBADMSG;
    return 0;
}

static int read_row(struct raster *raster, uint8_t *row)
{
    struct reader *reader = (struct reader *)raster;
    int r = decode_row(reader, reader->ink ? reader->ink : row);
    if (r == 0 && reader->ink)
        ink_to_rgb(reader, row);
    return r;
}

/* JFIF density, in dots per inch or centimetre; else it is only an aspect ratio. */
static uint32_t density(const struct jpeg_decompress_struct *jpeg, unsigned value)
{
    if (!jpeg->saw_JFIF_marker)
        return 0;
    return picture_dpi(jpeg->density_unit == 1   ? value
                       : jpeg->density_unit == 2 ? value * 2.54
                                                 : 0);
}

/* What libjpeg would hold: of a file in several scans all coefficients. */
static uint64_t coefficients(struct jpeg_decompress_struct *jpeg)
{
    uint64_t bytes = 0;
    for (int i = 0; jpeg_has_multiple_scans(jpeg) && i < jpeg->num_components; i++)
        bytes += (uint64_t)jpeg->comp_info[i].width_in_blocks *
                 jpeg->comp_info[i].height_in_blocks * sizeof(JBLOCK);
    return bytes;
}

/* The colours that rows come in; JCS_UNKNOWN for what is not read. */
static J_COLOR_SPACE colours(J_COLOR_SPACE stored)
{
    switch (stored) {
    case JCS_GRAYSCALE:
        return JCS_GRAYSCALE;
    case JCS_RGB:
    case JCS_YCbCr:
        return JCS_RGB;
    case JCS_CMYK:
    case JCS_YCCK:
        return JCS_CMYK;
    default:
        return JCS_UNKNOWN;
    }
}

/* libjpeg refuses a height of 0 (to be told later by a DNL marker): whole, but beyond it. */
static int read_header(struct reader *reader, unsigned denominator)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (setjmp(reader->failing.jump))
        return reader->failing.manager.msg_code == JERR_EMPTY_IMAGE ? -ENOTSUP : -EBADMSG;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &reader->progress;
    jpeg_stdio_src(jpeg, reader->file);
    jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = colours(jpeg->jpeg_color_space);
    if (jpeg->out_color_space == JCS_UNKNOWN || coefficients(jpeg) > PICTURE_DECODER_MEMORY)
        return -ENOTSUP;
    jpeg->scale_num = 1;
    jpeg->scale_denom = denominator;
    jpeg_calc_output_dimensions(jpeg);
    reader->raster.info = (struct raster_info){
        .width = jpeg->output_width,
        .height = jpeg->output_height,
        .mode = jpeg->out_color_space == JCS_GRAYSCALE ? RASTER_GRAY8 : RASTER_RGB24,
        .dpi_x = density(jpeg, jpeg->X_density) / denominator,
        .dpi_y = density(jpeg, jpeg->Y_density) / denominator,
    };
    if (jpeg->out_color_space == JCS_CMYK &&
        !(reader->ink = malloc((size_t)jpeg->output_width * 4)))
        return -ENOMEM;
    return 0;
}

int picture_open_jpeg(int fd, struct raster **ret)
{
    return picture_open_jpeg_small(fd, 1, ret);
}

int picture_open_jpeg_small(int fd, unsigned denominator, struct raster **ret)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return -ENOMEM;
    reader->jpeg.err = failing_init(&reader->failing);
    reader->progress.progress_monitor = on_progress;
    reader->raster.read_row = read_row;
    reader->raster.free = reader_free;
    int r = open_stream(reader, fd);
    if (r == 0)
        r = read_header(reader, denominator);
    if (r < 0) {
        reader_free(&reader->raster);
        return r;
    }
    *ret = &reader->raster;
    return 0;
}
