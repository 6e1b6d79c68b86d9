/* SPDX-License-Identifier: MIT */
/*
 * A TIFF written page after page. Scanned text is G4, gray and colour deflate with a predictor, so
 * nothing is lost; a plain JPEG goes in as it came. Memory: one strip of rows and libtiff's own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <setjmp.h>

#include "../raster/spool.h"
#include "../raster/tiff_client.h"
#include "image.h"

#define STRIP_ROWS 64u
#define COPY_BYTES 65536u
#define DEFLATE    6

struct tiff_plan {
    uint16_t bits, samples, photometric, compression;
    uint32_t strip_rows;
};

struct image_tiff {
    TIFF *tiff;
    struct tiff_client client;
};

/* libtiff says only that it failed; the descriptor's side knows why. */
static int failure(const struct image_tiff *document)
{
    return document->client.error < 0 ? document->client.error : -EIO;
}

int image_tiff_create(int fd, struct image_tiff **ret)
{
    struct image_tiff *document = calloc(1, sizeof *document);
    if (!document)
        return -ENOMEM;
    document->client.fd = fd;
    /* "8" would be BigTIFF, which few programs read; a document past 4 GB fails instead. */
    document->tiff = tiff_client_open(&document->client, "wm");
    if (!document->tiff) {
        int r = failure(document);
        free(document);
        return r;
    }
    *ret = document;
    return 0;
}

static void set_tags(TIFF *tiff, uint32_t width, uint32_t height, const struct tiff_plan *plan)
{
    TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, (uint32_t)FILETYPE_PAGE);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, plan->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, plan->samples);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, plan->photometric);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, plan->compression);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, plan->strip_rows);
}

static void set_resolution(TIFF *tiff, double x, double y)
{
    if (!(x > 0))
        return;
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, x);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, y > 0 ? y : x);
}

/* G4 counts runs of white from 0 on: bi-level pages are stored as 0 = white. */
static struct tiff_plan plan_for(const struct raster_info *info)
{
    if (info->mode == RASTER_BW1)
        return (struct tiff_plan){1, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_CCITTFAX4,
                                  info->height};
    if (info->mode == RASTER_GRAY8)
        return (struct tiff_plan){8, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_ADOBE_DEFLATE,
                                  STRIP_ROWS};
    return (struct tiff_plan){8, 3, PHOTOMETRIC_RGB, COMPRESSION_ADOBE_DEFLATE, STRIP_ROWS};
}

static int write_rows(struct image_tiff *document, struct raster *raster, uint8_t *row)
{
    size_t len = raster_row_bytes(&raster->info);
    for (uint32_t y = 0; y < raster->info.height; y++) {
        int r = raster->read_row(raster, row);
        if (r < 0)
            return r;
        for (size_t i = 0; raster->info.mode == RASTER_BW1 && i < len; i++)
            row[i] = (uint8_t)~row[i];
        if (TIFFWriteScanline(document->tiff, row, y, 0) != 1)
            return failure(document);
    }
    return 0;
}

/* Ends the page; a failed one is linked out of the file again, so that the pages before it and
 * after it stand. Of the first page libtiff cannot let go: the caller starts a new file then. */
static int end_page(struct image_tiff *document, int r)
{
    TIFF *tiff = document->tiff;
    int written = TIFFWriteDirectory(tiff) == 1 ? 0 : failure(document);
    if (r == 0)
        return written;
    if (written == 0)
        TIFFUnlinkDirectory(tiff, TIFFNumberOfDirectories(tiff));
    return r;
}

int image_tiff_add_raster(struct image_tiff *document, struct raster *raster)
{
    TIFF *tiff = document->tiff;
    const struct raster_info *info = &raster->info;
    struct tiff_plan plan = plan_for(info);
    uint8_t *row = malloc(raster_row_bytes(info));
    if (!row)
        return -ENOMEM;
    set_tags(tiff, info->width, info->height, &plan);
    set_resolution(tiff, info->dpi_x, info->dpi_y);
    if (plan.compression == COMPRESSION_ADOBE_DEFLATE) {
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
        TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, DEFLATE);
    }
    int r = write_rows(document, raster, row);
    free(row);
    return end_page(document, r);
}

/* What a JPEG's frame header says of its suitability. */
struct jpeg_plan {
    uint32_t width, height;
    uint16_t across, down; /* subsampling of colour */
    bool colour;
};

struct jumping {
    struct jpeg_error_mgr manager;
    jmp_buf jump;
};

static void on_error(j_common_ptr jpeg)
{
    longjmp(((struct jumping *)jpeg->err)->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    (void)jpeg, (void)level;
}

/* Baseline, gray or YCbCr with colour at most halved: what readers of JPEG in TIFF agree on. */
static bool is_simple(const struct jpeg_decompress_struct *jpeg, struct jpeg_plan *ret)
{
    if (jpeg->progressive_mode || jpeg->arith_code || jpeg->data_precision != 8)
        return false;
    const jpeg_component_info *c = jpeg->comp_info;
    *ret = (struct jpeg_plan){.width = jpeg->image_width, .height = jpeg->image_height};
    if (jpeg->num_components == 1)
        return true;
    ret->colour = true;
    ret->across = (uint16_t)c[0].h_samp_factor;
    ret->down = (uint16_t)c[0].v_samp_factor;
    return jpeg->num_components == 3 && jpeg->jpeg_color_space == JCS_YCbCr && ret->across <= 2 &&
           ret->down <= 2 && c[1].h_samp_factor == 1 && c[1].v_samp_factor == 1 &&
           c[2].h_samp_factor == 1 && c[2].v_samp_factor == 1;
}

/* `jpeg` and `jumping` are the caller's, so that no local of ours lives across the jump. */
static int read_plan(struct jpeg_decompress_struct *jpeg, struct jumping *jumping, FILE *file,
                     struct jpeg_plan *ret)
{
    if (setjmp(jumping->jump))
        return -ENOTSUP;
    jpeg_create_decompress(jpeg);
    jpeg_stdio_src(jpeg, file);
    jpeg_read_header(jpeg, TRUE);
    return is_simple(jpeg, ret) ? 0 : -ENOTSUP;
}

static int plan_jpeg(int fd, struct jpeg_plan *ret)
{
    struct jpeg_decompress_struct jpeg = {0};
    struct jumping jumping;
    int copy = dup(fd);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "rb");
    if (!file) {
        if (copy >= 0)
            close(copy);
        return -errno;
    }
    rewind(file);
    jpeg.err = jpeg_std_error(&jumping.manager);
    jumping.manager.error_exit = on_error;
    jumping.manager.emit_message = on_message;
    int r = read_plan(&jpeg, &jumping, file, ret);
    jpeg_destroy_decompress(&jpeg);
    fclose(file);
    return r;
}

/* libtiff appends to a strip that is written raw more than once. */
static int copy_strip(struct image_tiff *document, int fd, uint64_t size)
{
    char *buf = malloc(COPY_BYTES);
    int r = buf ? 0 : -ENOMEM;
    for (uint64_t at = 0, len; r == 0 && at < size; at += len) {
        len = size - at < COPY_BYTES ? size - at : COPY_BYTES;
        r = spool_read(fd, (off_t)at, buf, (size_t)len);
        if (r == 0 && TIFFWriteRawStrip(document->tiff, 0, buf, (tmsize_t)len) != (tmsize_t)len)
            r = failure(document);
    }
    free(buf);
    return r;
}

int image_tiff_add_jpeg(struct image_tiff *document, int fd, uint64_t size, double dpi_x,
                        double dpi_y)
{
    TIFF *tiff = document->tiff;
    struct jpeg_plan jpeg;
    int r = plan_jpeg(fd, &jpeg);
    if (r < 0)
        return r;
    struct tiff_plan plan = {8, jpeg.colour ? 3 : 1,
                             jpeg.colour ? PHOTOMETRIC_YCBCR : PHOTOMETRIC_MINISBLACK,
                             COMPRESSION_JPEG, jpeg.height};
    set_tags(tiff, jpeg.width, jpeg.height, &plan);
    set_resolution(tiff, dpi_x, dpi_y);
    /* The file brings its own tables. */
    TIFFSetField(tiff, TIFFTAG_JPEGTABLESMODE, 0);
    if (jpeg.colour) {
        static const float full_range[6] = {0, 255, 128, 255, 128, 255};
        TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, jpeg.across, jpeg.down);
        TIFFSetField(tiff, TIFFTAG_YCBCRPOSITIONING, YCBCRPOSITION_CENTERED);
        TIFFSetField(tiff, TIFFTAG_REFERENCEBLACKWHITE, full_range);
    }
    return end_page(document, copy_strip(document, fd, size));
}

int image_tiff_finish(struct image_tiff *document)
{
    if (!document)
        return 0;
    /* TIFFClose() would swallow the failure. */
    int r = TIFFFlush(document->tiff) == 1 ? 0 : failure(document);
    TIFFClose(document->tiff);
    free(document);
    return r;
}
