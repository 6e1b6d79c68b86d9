/* SPDX-License-Identifier: MIT */
/*
 * Rows of a JPEG, by libjpeg. It reports by longjmp, so all that lives across a call is on the
 * heap. Missing data are only a warning to it (it fills with gray): here they are an error, since a
 * page that is half gray is not a page. Memory: a few rows; a progressive file needs its
 * coefficients, up to IMAGE_DECODER_MEMORY.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jerror.h>
#include <jpeglib.h>

#include "bytes.h"
#include "image.h"

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
    if (d->input_scan_number > IMAGE_JPEG_SCANS_MAX)
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

static FILE *stream(int fd, const char *mode)
{
    int copy = dup(fd);
    FILE *file = copy < 0 ? NULL : fdopen(copy, mode);
    if (!file && copy >= 0)
        close(copy);
    if (file)
        rewind(file);
    return file;
}

static void reader_free(struct raster *raster)
{
    struct reader *reader = (struct reader *)raster;
    if (setjmp(reader->failing.jump) == 0)
        jpeg_destroy_decompress(&reader->jpeg);
    fclose(reader->file);
    free(reader);
}

static int read_row(struct raster *raster, uint8_t *row)
{
    struct reader *reader = (struct reader *)raster;
    if (setjmp(reader->failing.jump))
        return -EBADMSG;
    if (!reader->started) {
        /* FALSE would mean a source that pauses; a file never does. */
        if (!jpeg_start_decompress(&reader->jpeg))
            return -EBADMSG;
        reader->started = true;
    }
    JSAMPROW rows[1] = {row};
    if (jpeg_read_scanlines(&reader->jpeg, rows, 1) != 1 || reader->failing.data_missing)
        return -EBADMSG;
    return 0;
}

/* JFIF density, in dots per inch or centimetre; 0 where it is only an aspect ratio. */
static double density(const struct jpeg_decompress_struct *jpeg, unsigned value)
{
    if (!jpeg->saw_JFIF_marker)
        return 0;
    return jpeg->density_unit == 1 ? value : jpeg->density_unit == 2 ? value * 2.54 : 0;
}

/* libjpeg refuses a height of 0 (to be told later by a DNL marker): whole, but beyond it. */
static int read_header(struct reader *reader)
{
    if (setjmp(reader->failing.jump))
        return reader->failing.manager.msg_code == JERR_EMPTY_IMAGE ? -ENOTSUP : -EBADMSG;
    jpeg_create_decompress(&reader->jpeg);
    reader->jpeg.mem->max_memory_to_use = (long)IMAGE_DECODER_MEMORY;
    reader->jpeg.progress = &reader->progress;
    jpeg_stdio_src(&reader->jpeg, reader->file);
    jpeg_read_header(&reader->jpeg, TRUE);
    return 0;
}

static int reader_new(int fd, struct reader **ret)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return -ENOMEM;
    reader->file = stream(fd, "rb");
    if (!reader->file) {
        free(reader);
        return -errno;
    }
    reader->jpeg.err = failing_init(&reader->failing);
    reader->progress.progress_monitor = on_progress;
    reader->raster.read_row = read_row;
    reader->raster.free = reader_free;
    int r = read_header(reader);
    if (r < 0) {
        reader_free(&reader->raster);
        return r;
    }
    *ret = reader;
    return 0;
}

int image_open_jpeg(int fd, struct raster **ret)
{
    struct reader *reader;
    int r = reader_new(fd, &reader);
    if (r < 0)
        return r;
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    bool gray = jpeg->jpeg_color_space == JCS_GRAYSCALE;
    if (!gray && jpeg->jpeg_color_space != JCS_YCbCr && jpeg->jpeg_color_space != JCS_RGB) {
        reader_free(&reader->raster);
        return -ENOTSUP;
    }
    jpeg->out_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
    reader->raster.info = (struct raster_info){
        .width = jpeg->image_width,
        .height = jpeg->image_height,
        .mode = gray ? RASTER_GRAY8 : RASTER_RGB24,
        .dpi_x = nearest(density(jpeg, jpeg->X_density)),
        .dpi_y = nearest(density(jpeg, jpeg->Y_density)),
    };
    *ret = &reader->raster;
    return 0;
}

int image_probe_jpeg(int fd, struct image_probe *ret)
{
    struct reader *reader;
    int r = reader_new(fd, &reader);
    if (r == -ENOTSUP) {
        *ret = (struct image_probe){.pages = 1};
        return 0;
    }
    if (r < 0)
        return r;
    *ret = (struct image_probe){
        .width = reader->jpeg.image_width,
        .height = reader->jpeg.image_height,
        .dpi_x = density(&reader->jpeg, reader->jpeg.X_density),
        .dpi_y = density(&reader->jpeg, reader->jpeg.Y_density),
        .pages = 1,
    };
    reader_free(&reader->raster);
    return 0;
}
