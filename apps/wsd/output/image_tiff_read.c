/* SPDX-License-Identifier: MIT */
/*
 * Rows of one page of a TIFF, by libtiff: bi-level, gray and RGB scan line by scan line; all else
 * it can show (palettes, 16 bits, JPEG of the old kind that WS-Scan calls jpeg-tn1) through its
 * RGBA reader, a strip at a time. Memory: a row or, for RGBA, a strip up to IMAGE_DECODER_MEMORY;
 * the file is mapped, so that a page in one huge strip is not copied.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tiffio.h>

#include "image.h"
#include "image_tiff.h"

struct tiff_page {
    struct raster raster;
    TIFF *tiff;
    int fd;
    bool inverted, plain; /* plain: uncompressed, rows are read past libtiff */
    uint32_t next;
    uint32_t strip_rows; /* of the RGBA reader and of plain rows */
    uint32_t *strip;
};

#if TIFFLIB_VERSION >= 20221213
static int silent(TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
    (void)tiff, (void)user, (void)module, (void)format, (void)args;
    return 1;
}

TIFF *image_tiff_fdopen(int fd, const char *mode)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    int copy = options ? dup(fd) : -1;
    TIFF *tiff = NULL;
    /* libtiff takes the descriptor's position for the start of the file. */
    if (copy >= 0 && lseek(copy, 0, SEEK_SET) == 0) {
        TIFFOpenOptionsSetErrorHandlerExtR(options, silent, NULL);
        TIFFOpenOptionsSetWarningHandlerExtR(options, silent, NULL);
        TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)IMAGE_DECODER_MEMORY);
        tiff = TIFFFdOpenExt(copy, "scan", mode, options);
    }
    TIFFOpenOptionsFree(options);
    if (!tiff && copy >= 0)
        close(copy);
    return tiff;
}
#else
/* Before 4.5 its messages can only be silenced for the whole program, which writes none by it. */
TIFF *image_tiff_fdopen(int fd, const char *mode)
{
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    int copy = dup(fd);
    TIFF *tiff = copy >= 0 && lseek(copy, 0, SEEK_SET) == 0 ? TIFFFdOpen(copy, "scan", mode) : NULL;
    if (!tiff && copy >= 0)
        close(copy);
    return tiff;
}
#endif

TIFF *image_tiff_open(int fd)
{
    return image_tiff_fdopen(fd, "r");
}

static void page_free(struct raster *raster)
{
    struct tiff_page *page = (struct tiff_page *)raster;
    if (page->tiff)
        TIFFClose(page->tiff);
    free(page->strip);
    free(page);
}

/* A row where it lies: libtiff would bring in the whole strip, which with scanners is the page. */
static bool read_plain(const struct tiff_page *page, uint8_t *row, size_t len)
{
    uint64_t at = TIFFGetStrileOffset(page->tiff, page->next / page->strip_rows) +
                  (uint64_t)(page->next % page->strip_rows) * len;
    while (len > 0 && at <= INT64_MAX) {
        ssize_t n = pread(page->fd, row, len, (off_t)at);
        if (n <= 0)
            return false;
        row += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return len == 0;
}

static int read_line(struct raster *raster, uint8_t *row)
{
    struct tiff_page *page = (struct tiff_page *)raster;
    bool done = page->plain ? read_plain(page, row, raster_row_bytes(&raster->info))
                            : TIFFReadScanline(page->tiff, row, page->next, 0) == 1;
    if (!done)
        return -EBADMSG;
    page->next++;
    size_t len = raster_row_bytes(&raster->info);
    for (size_t i = 0; page->inverted && i < len; i++)
        row[i] = (uint8_t)~row[i];
    if (raster->info.mode == RASTER_BW1 && raster->info.width % 8)
        row[len - 1] &= (uint8_t)(0xFF00 >> raster->info.width % 8);
    return 0;
}

/* libtiff hands out a strip with its last row first. */
static int read_rgba(struct raster *raster, uint8_t *row)
{
    struct tiff_page *page = (struct tiff_page *)raster;
    uint32_t first = page->next - page->next % page->strip_rows;
    uint32_t width = raster->info.width, rows = page->strip_rows;
    if (page->next == first && TIFFReadRGBAStripExt(page->tiff, first, page->strip, 1) != 1)
        return -EBADMSG;
    if (rows > raster->info.height - first)
        rows = raster->info.height - first;
    const uint32_t *from = page->strip + (size_t)width * (rows - 1 - (page->next - first));
    for (uint32_t x = 0; x < width; x++, row += 3) {
        row[0] = (uint8_t)TIFFGetR(from[x]);
        row[1] = (uint8_t)TIFFGetG(from[x]);
        row[2] = (uint8_t)TIFFGetB(from[x]);
    }
    page->next++;
    return 0;
}

static uint16_t tag16(TIFF *tiff, uint32_t tag, uint16_t otherwise)
{
    uint16_t value = 0;
    return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : otherwise;
}

static double resolution(TIFF *tiff, uint32_t tag)
{
    float value = 0;
    uint16_t unit = tag16(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    if (!TIFFGetField(tiff, tag, &value) || !(value > 0 && value < 100000) || unit == RESUNIT_NONE)
        return 0;
    return unit == RESUNIT_CENTIMETER ? (double)value * 2.54 : (double)value;
}

static int read_size(TIFF *tiff, struct raster_info *info)
{
    uint32_t width = 0, height = 0;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) || width == 0 || height == 0 ||
        width > RASTER_MAX_SIDE || height > RASTER_MAX_SIDE)
        return -EBADMSG;
    info->width = width;
    info->height = height;
    info->dpi_x = (uint32_t)lround(resolution(tiff, TIFFTAG_XRESOLUTION));
    info->dpi_y = (uint32_t)lround(resolution(tiff, TIFFTAG_YRESOLUTION));
    return 0;
}

/* JPEG inside TIFF (Technical Note 2) comes out as RGB when asked to. */
static bool is_jpeg_colour(TIFF *tiff, uint16_t photometric)
{
    return photometric == PHOTOMETRIC_YCBCR &&
           tag16(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE) == COMPRESSION_JPEG &&
           TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

/* Chooses a mode that scan lines give directly; false if none does. */
static bool by_lines(struct tiff_page *page)
{
    TIFF *tiff = page->tiff;
    uint16_t photometric = tag16(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    uint16_t bits = tag16(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    uint16_t samples = tag16(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    bool gray = photometric == PHOTOMETRIC_MINISWHITE || photometric == PHOTOMETRIC_MINISBLACK;
    struct raster_info *info = &page->raster.info;
    if (TIFFIsTiled(tiff))
        return false;
    page->inverted = photometric == PHOTOMETRIC_MINISWHITE;
    info->mode = bits == 1 ? RASTER_BW1 : samples == 1 ? RASTER_GRAY8 : RASTER_RGB24;
    if (gray)
        return samples == 1 && (bits == 1 || bits == 8);
    if (samples != 3 || bits != 8 ||
        tag16(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) != PLANARCONFIG_CONTIG)
        return false;
    return photometric == PHOTOMETRIC_RGB || is_jpeg_colour(tiff, photometric);
}

static int start_rgba(struct tiff_page *page)
{
    char text[1024];
    struct raster_info *info = &page->raster.info;
    uint32_t rows = info->height;
    if (TIFFIsTiled(page->tiff) || !TIFFRGBAImageOK(page->tiff, text))
        return -ENOTSUP;
    TIFFGetFieldDefaulted(page->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    if (rows == 0 || rows > info->height)
        rows = info->height;
    uint64_t bytes = (uint64_t)rows * info->width * sizeof *page->strip;
    if (bytes > IMAGE_DECODER_MEMORY)
        return -ENOTSUP;
    page->strip = malloc((size_t)bytes);
    if (!page->strip)
        return -ENOMEM;
    page->strip_rows = rows;
    page->inverted = false;
    info->mode = RASTER_RGB24;
    page->raster.read_row = read_rgba;
    return 0;
}

/* The library's row may never be longer than ours. */
static int start(struct tiff_page *page, unsigned number)
{
    if (number > UINT16_MAX || TIFFSetDirectory(page->tiff, (tdir_t)number) != 1)
        return -EBADMSG;
    int r = read_size(page->tiff, &page->raster.info);
    if (r < 0)
        return r;
    if (!by_lines(page))
        return start_rgba(page);
    tmsize_t line = TIFFScanlineSize(page->tiff);
    if (line <= 0 || (size_t)line > raster_row_bytes(&page->raster.info))
        return -EBADMSG;
    page->strip_rows = page->raster.info.height;
    TIFFGetFieldDefaulted(page->tiff, TIFFTAG_ROWSPERSTRIP, &page->strip_rows);
    page->plain = page->strip_rows > 0 && (size_t)line == raster_row_bytes(&page->raster.info) &&
                  tag16(page->tiff, TIFFTAG_COMPRESSION, 0) == COMPRESSION_NONE &&
                  tag16(page->tiff, TIFFTAG_FILLORDER, 0) == FILLORDER_MSB2LSB;
    return 0;
}

int image_open_tiff(int fd, unsigned number, struct raster **ret)
{
    struct tiff_page *page = calloc(1, sizeof *page);
    if (!page)
        return -ENOMEM;
    page->raster.read_row = read_line;
    page->raster.free = page_free;
    page->fd = fd;
    page->tiff = image_tiff_open(fd);
    int r = page->tiff ? start(page, number) : -EBADMSG;
    if (r < 0) {
        page_free(&page->raster);
        return r;
    }
    *ret = &page->raster;
    return 0;
}

int image_probe_tiff(int fd, struct image_probe *ret)
{
    TIFF *tiff = image_tiff_open(fd);
    if (!tiff)
        return -EBADMSG;
    struct raster_info info = {0};
    int r = read_size(tiff, &info);
    if (r == 0)
        *ret = (struct image_probe){
            .width = info.width,
            .height = info.height,
            .dpi_x = resolution(tiff, TIFFTAG_XRESOLUTION),
            .dpi_y = resolution(tiff, TIFFTAG_YRESOLUTION),
            .pages = TIFFNumberOfDirectories(tiff),
        };
    /* libtiff counts none where the link behind the first directory is cut off. */
    if (r == 0 && ret->pages == 0)
        r = -EBADMSG;
    TIFFClose(tiff);
    return r;
}
