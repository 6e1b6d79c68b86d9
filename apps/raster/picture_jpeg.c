/* SPDX-License-Identifier: MIT */
/*
 * Rows of a JPEG, by libjpeg. It reports by longjmp, so all that lives across a call is on the
 * heap. Missing data are only a warning to it (it fills with gray): here they are an error, since a
 * page that is half gray is not a page. Memory: a few rows and 32 KiB of the file; a progressive
 * file needs its coefficients, up to PICTURE_DECODER_MEMORY.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

#include "picture.h"

#define INPUT 32768

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
    struct jpeg_source_mgr input;
    struct source *source;
    uint8_t *ink; /* a row of CMYK */
    bool started;
    JOCTET bytes[INPUT];
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

/* Thousands of empty scans in a small file would keep the decoder busy for hours, a few of them for
 * longer than somebody who has cancelled waits. */
static void on_progress(j_common_ptr jpeg)
{
    j_decompress_ptr d = (j_decompress_ptr)jpeg;
    const struct reader *reader = d->client_data;
    if (d->input_scan_number > PICTURE_JPEG_SCANS_MAX || source_stopped(reader->source))
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
    source_close(reader->source);
    free(reader->ink);
    free(reader);
}

/* -- where libjpeg has its bytes from -------------------------------------------------------------
 */

static void on_source(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

/* At the end a marker is made up, as libjpeg does with files; that it was missing is remembered. */
static boolean on_empty(j_decompress_ptr jpeg)
{
    static const JOCTET end[] = {0xFF, JPEG_EOI};
    struct reader *reader = jpeg->client_data;
    ssize_t n = source_next(reader->source, reader->bytes, sizeof reader->bytes);

    if (n <= 0)
        WARNMS(jpeg, JWRN_JPEG_EOF);
    reader->input.next_input_byte = n > 0 ? reader->bytes : end;
    reader->input.bytes_in_buffer = n > 0 ? (size_t)n : sizeof end;
    return TRUE;
}

static void on_skip(j_decompress_ptr jpeg, long count)
{
    struct jpeg_source_mgr *input = jpeg->src;

    while (count > (long)input->bytes_in_buffer) {
        count -= (long)input->bytes_in_buffer;
        on_empty(jpeg);
        if (((struct failing *)jpeg->err)->data_missing)
            return;
    }
    if (count > 0) {
        input->next_input_byte += count;
        input->bytes_in_buffer -= (size_t)count;
    }
}

static void set_input(struct reader *reader)
{
    reader->input = (struct jpeg_source_mgr){
        .init_source = on_source,
        .fill_input_buffer = on_empty,
        .skip_input_data = on_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = on_source,
    };
    reader->jpeg.src = &reader->input;
    reader->jpeg.client_data = reader;
}

/* -- rows -----------------------------------------------------------------------------------------
 */

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
    set_input(reader);
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

int picture_read_jpeg(struct source *source, unsigned denominator, struct raster **ret)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        source_close(source);
        return -ENOMEM;
    }
    reader->source = source;
    reader->jpeg.err = failing_init(&reader->failing);
    reader->progress.progress_monitor = on_progress;
    reader->raster.read_row = read_row;
    reader->raster.free = reader_free;
    int r = read_header(reader, denominator);
    if (r < 0) {
        reader_free(&reader->raster);
        return r;
    }
    *ret = &reader->raster;
    return 0;
}
