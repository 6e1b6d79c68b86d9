/* SPDX-License-Identifier: MIT */
/*
 * JFIF and Exif by libjpeg, a row a step. An Exif file differs in its first marker alone: APP1 with
 * the tags that Exif 2.2 asks of a compressed picture in place of JFIF's APP0.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "encoder_backend.h"

#define OUT_SIZE 16384

struct jpeg {
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf failed;
    struct encoder *encoder;
    int error; /* the cause, when it was not libjpeg's */
    uint8_t *row;
    uint8_t out[OUT_SIZE];
};

static void on_error(j_common_ptr cinfo)
{
    struct jpeg *jpeg = cinfo->client_data;

    if (jpeg->error == 0)
        jpeg->error = cinfo->err->msg_code == JERR_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
    longjmp(jpeg->failed, 1);
}

static void on_message(j_common_ptr cinfo)
{
    (void)cinfo; /* warnings of an encoder are nobody's news */
}

static void out_reset(struct jpeg *jpeg)
{
    jpeg->destination.next_output_byte = jpeg->out;
    jpeg->destination.free_in_buffer = OUT_SIZE;
}

static void out_init(j_compress_ptr cinfo)
{
    out_reset(cinfo->client_data);
}

static void out_write(struct jpeg *jpeg, size_t size)
{
    jpeg->error = encoder_put(jpeg->encoder, jpeg->out, size);
    if (jpeg->error < 0)
        longjmp(jpeg->failed, 1);
    out_reset(jpeg);
}

static boolean out_full(j_compress_ptr cinfo)
{
    out_write(cinfo->client_data, OUT_SIZE);
    return TRUE;
}

static void out_term(j_compress_ptr cinfo)
{
    out_write(cinfo->client_data, OUT_SIZE - cinfo->dest->free_in_buffer);
}

/* --------------------------------------------------------------------- Exif */

enum { EXIF_SHORT = 3, EXIF_LONG = 4, EXIF_RATIONAL = 5, EXIF_UNDEFINED = 7 };

#define EXIF_MAIN_TAGS       5
#define EXIF_SUB_TAGS        6
#define EXIF_DIRECTORY(tags) (2 + 12 * (tags) + 4)
#define EXIF_SUB_AT          (8 + EXIF_DIRECTORY(EXIF_MAIN_TAGS))
#define EXIF_VALUES_AT       (EXIF_SUB_AT + EXIF_DIRECTORY(EXIF_SUB_TAGS))
#define EXIF_SIZE            (EXIF_VALUES_AT + 2 * 8)

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    *at++ = (uint8_t)(value >> 8);
    *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put16(put16(at, value >> 16), value & 0xffff);
}

/* A big-endian directory entry; a short value stands in the upper half of its four bytes. */
static uint8_t *put_tag(uint8_t *at, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
    at = put32(put16(put16(at, tag), type), count);
    return put32(at, type == EXIF_SHORT ? value << 16 : value);
}

static size_t make_exif(const struct raster_info *info, uint8_t out[static 6 + EXIF_SIZE])
{
    uint8_t *at = out;

    memcpy(at, "Exif\0\0MM\0*", 10);
    at = put32(at + 10, 8);
    at = put16(at, EXIF_MAIN_TAGS);
    at = put_tag(at, 0x011a, EXIF_RATIONAL, 1, EXIF_VALUES_AT);     /* XResolution */
    at = put_tag(at, 0x011b, EXIF_RATIONAL, 1, EXIF_VALUES_AT + 8); /* YResolution */
    at = put_tag(at, 0x0128, EXIF_SHORT, 1, 2);                     /* ResolutionUnit: inch */
    at = put_tag(at, 0x0213, EXIF_SHORT, 1, 1);                     /* YCbCrPositioning */
    at = put_tag(at, 0x8769, EXIF_LONG, 1, EXIF_SUB_AT);            /* the Exif directory */
    at = put32(at, 0);
    at = put16(at, EXIF_SUB_TAGS);
    at = put_tag(at, 0x9000, EXIF_UNDEFINED, 4, 0x30323230); /* ExifVersion "0220" */
    at = put_tag(at, 0x9101, EXIF_UNDEFINED, 4, 0x01020300); /* ComponentsConfiguration: YCbCr */
    at = put_tag(at, 0xa000, EXIF_UNDEFINED, 4, 0x30313030); /* FlashpixVersion "0100" */
    at = put_tag(at, 0xa001, EXIF_SHORT, 1, 1);              /* ColorSpace: sRGB */
    at = put_tag(at, 0xa002, EXIF_LONG, 1, info->width);     /* PixelXDimension */
    at = put_tag(at, 0xa003, EXIF_LONG, 1, info->height);    /* PixelYDimension */
    at = put32(at, 0);
    at = put32(put32(at, info->dpi_x ? info->dpi_x : 72), 1);
    at = put32(put32(at, info->dpi_y ? info->dpi_y : 72), 1);
    return (size_t)(at - out);
}

/* -------------------------------------------------------------------- steps */

static void set_up(struct jpeg *jpeg)
{
    const struct raster_info *info = &jpeg->encoder->page->info;
    struct jpeg_compress_struct *cinfo = &jpeg->cinfo;
    int quality = jpeg->encoder->quality;

    cinfo->image_width = info->width;
    cinfo->image_height = info->height;
    cinfo->input_components = info->mode == RASTER_RGB24 ? 3 : 1;
    cinfo->in_color_space = info->mode == RASTER_RGB24 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(cinfo);
    jpeg_set_quality(cinfo, quality > 0 ? quality : 1, TRUE);
    if (quality >= 90) /* coloured lettering frays when its chroma is halved */
        cinfo->comp_info[0].h_samp_factor = cinfo->comp_info[0].v_samp_factor = 1;
    cinfo->write_JFIF_header = !jpeg->encoder->format->exif;
    cinfo->density_unit = info->dpi_x && info->dpi_y ? 1 : 0;
    cinfo->X_density = (UINT16)(info->dpi_x ? info->dpi_x : 1);
    cinfo->Y_density = (UINT16)(info->dpi_y ? info->dpi_y : 1);
    jpeg_start_compress(cinfo, TRUE);
    if (jpeg->encoder->format->exif) {
        uint8_t exif[6 + EXIF_SIZE];
        size_t size = make_exif(info, exif);

        jpeg_write_marker(cinfo, JPEG_APP0 + 1, exif, (unsigned)size);
    }
}

static int start(struct encoder *encoder)
{
    int r = encoder_next_page(encoder);

    if (r <= 0)
        return r < 0 ? r : -ENODATA;
    if (encoder->page->info.width > JPEG_MAX_DIMENSION ||
        encoder->page->info.height > JPEG_MAX_DIMENSION)
        return -EOVERFLOW;

    struct jpeg *jpeg = calloc(1, sizeof *jpeg);

    if (!jpeg)
        return -ENOMEM;
    encoder->state = jpeg;
    jpeg->encoder = encoder;
    jpeg->row = malloc(raster_row_bytes(&encoder->page->info));
    if (!jpeg->row)
        return -ENOMEM;
    jpeg->cinfo.err = jpeg_std_error(&jpeg->errors);
    jpeg->errors.error_exit = on_error;
    jpeg->errors.output_message = on_message;
    jpeg->destination = (struct jpeg_destination_mgr){.init_destination = out_init,
                                                      .empty_output_buffer = out_full,
                                                      .term_destination = out_term};
    jpeg->cinfo.client_data = jpeg;
    if (setjmp(jpeg->failed))
        return jpeg->error;
    jpeg_create_compress(&jpeg->cinfo);
    jpeg->cinfo.dest = &jpeg->destination;
    set_up(jpeg);
    return 0;
}

static int step(struct encoder *encoder)
{
    if (!encoder->state)
        return start(encoder);

    struct jpeg *jpeg = encoder->state;

    if (setjmp(jpeg->failed))
        return jpeg->error;
    if (jpeg->cinfo.next_scanline < jpeg->cinfo.image_height) {
        int r = encoder->page->read_row(encoder->page, jpeg->row);

        if (r < 0)
            return r;
        jpeg_write_scanlines(&jpeg->cinfo, &jpeg->row, 1);
        return 0;
    }
    jpeg_finish_compress(&jpeg->cinfo);
    encoder->finished = true;
    return 0;
}

static void close_jpeg(struct encoder *encoder)
{
    struct jpeg *jpeg = encoder->state;

    if (!jpeg)
        return;
    jpeg_destroy_compress(&jpeg->cinfo);
    free(jpeg->row);
    free(jpeg);
}

const struct backend encode_jpeg = {step, close_jpeg};
