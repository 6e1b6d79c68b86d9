/* SPDX-License-Identifier: MIT */
/*
 * Rows of one page of a TIFF, by libtiff: bi-level, gray and RGB in strips scan line by scan line;
 * all else it can show (tiles, palettes, 16 bits, JPEG of the old kind that WS-Scan calls jpeg-tn1)
 * through its RGBA reader, a strip or a row of tiles at a time. Memory: a row and a strip as it is
 * in the file, for RGBA a decoded strip or row of tiles; each up to PICTURE_DECODER_MEMORY.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "tiff_client.h"

struct tiff_page {
    struct raster raster;
    TIFF *tiff;
    struct tiff_client client;
    bool inverted, plain; /* plain: uncompressed, rows are read past libtiff */
    uint32_t next;
    uint32_t band_rows;  /* of a strip or tile */
    uint32_t tile_width; /* 0: strips */
    uint32_t *band;      /* RGBA, its last row first, as libtiff has it */
    uint32_t *tile;      /* one of the band's */
};

static void page_free(struct raster *raster)
{
    struct tiff_page *page = (struct tiff_page *)raster;
    if (page->tiff)
        TIFFClose(page->tiff);
    source_close(page->client.source);
    free(page->band);
    free(page->tile);
    free(page);
}

/* ------------------------------------------------------------------- by row */

/* A row where it lies: libtiff would bring in the whole strip, which with scanners is the page. */
static bool read_plain(const struct tiff_page *page, uint8_t *row, size_t len)
{
    uint64_t at = TIFFGetStrileOffset(page->tiff, page->next / page->band_rows) +
                  (uint64_t)(page->next % page->band_rows) * len;
    return at <= INT64_MAX - len && source_at(page->client.source, row, len, at);
}

static int read_line(struct raster *raster, uint8_t *row)
{
    struct tiff_page *page = (struct tiff_page *)raster;
    size_t len = raster_row_bytes(&raster->info);
    bool done = page->plain ? read_plain(page, row, len)
                            : TIFFReadScanline(page->tiff, row, page->next, 0) == 1;
    if (!done)
        return -EBADMSG;
    page->next++;
    for (size_t i = 0; page->inverted && i < len; i++)
        row[i] = (uint8_t)~row[i];
    if (raster->info.mode == RASTER_BW1 && raster->info.width % 8)
        row[len - 1] &= (uint8_t)(0xFF00 >> raster->info.width % 8);
    return 0;
}

static uint16_t tag16(TIFF *tiff, uint32_t tag, uint16_t otherwise)
{
    uint16_t value = 0;
    return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : otherwise;
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

/* ------------------------------------------------------------------ by band */

static bool render_tiles(struct tiff_page *page)
{
    uint32_t width = page->raster.info.width;
    for (uint32_t x = 0; x < width; x += page->tile_width) {
        uint32_t part = width - x < page->tile_width ? width - x : page->tile_width;
        if (TIFFReadRGBATileExt(page->tiff, x, page->next, page->tile, 1) != 1)
            return false;
        for (uint32_t y = 0; y < page->band_rows; y++)
            memcpy(page->band + (size_t)y * width + x, page->tile + (size_t)y * page->tile_width,
                   part * sizeof *page->band);
    }
    return true;
}

static int read_rgba(struct raster *raster, uint8_t *row)
{
    struct tiff_page *page = (struct tiff_page *)raster;
    uint32_t within = page->next % page->band_rows, first = page->next - within;
    uint32_t width = raster->info.width, rows = page->band_rows;
    if (within == 0 && !(page->tile ? render_tiles(page)
                                    : TIFFReadRGBAStripExt(page->tiff, first, page->band, 1) == 1))
        return -EBADMSG;
    /* A last strip is as short as it is; tiles are always whole. */
    if (!page->tile && rows > raster->info.height - first)
        rows = raster->info.height - first;
    const uint32_t *from = page->band + (size_t)width * (rows - 1 - within);
    for (uint32_t x = 0; x < width; x++, row += 3) {
        uint32_t paper = 255 - TIFFGetA(from[x]); /* the samples are multiplied by alpha */
        row[0] = (uint8_t)(TIFFGetR(from[x]) + paper);
        row[1] = (uint8_t)(TIFFGetG(from[x]) + paper);
        row[2] = (uint8_t)(TIFFGetB(from[x]) + paper);
    }
    page->next++;
    return 0;
}

/* Pixels, or NULL with the reason. */
static uint32_t *pixels(uint32_t width, uint32_t rows, int *ret_error)
{
    uint64_t bytes = (uint64_t)width * rows * sizeof(uint32_t);
    uint32_t *made = bytes > 0 && bytes <= PICTURE_DECODER_MEMORY ? malloc((size_t)bytes) : NULL;
    if (!made)
        *ret_error = bytes > PICTURE_DECODER_MEMORY ? -ENOTSUP : bytes ? -ENOMEM : -EBADMSG;
    return made;
}

static int start_rgba(struct tiff_page *page)
{
    char text[1024];
    struct raster_info *info = &page->raster.info;
    int r = 0;
    if (!TIFFRGBAImageOK(page->tiff, text))
        return -ENOTSUP;
    /* As stored, like the scan lines: libtiff would turn each band within itself. */
    TIFFSetField(page->tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (TIFFIsTiled(page->tiff)) {
        TIFFGetField(page->tiff, TIFFTAG_TILEWIDTH, &page->tile_width);
        TIFFGetField(page->tiff, TIFFTAG_TILELENGTH, &page->band_rows);
        page->tile = pixels(page->tile_width, page->band_rows, &r);
    } else if (page->band_rows == 0 || page->band_rows > info->height) {
        page->band_rows = info->height;
    }
    if (r == 0)
        page->band = pixels(info->width, page->band_rows, &r);
    info->mode = RASTER_RGB24;
    page->raster.read_row = read_rgba;
    return r;
}

/* ------------------------------------------------------------------ opening */

static uint32_t resolution(TIFF *tiff, uint32_t tag)
{
    float value = 0;
    uint16_t unit = tag16(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    if (!TIFFGetField(tiff, tag, &value) || unit == RESUNIT_NONE)
        return 0;
    return picture_dpi(unit == RESUNIT_CENTIMETER ? (double)value * 2.54 : (double)value);
}

static int read_size(TIFF *tiff, struct raster_info *info)
{
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &info->width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &info->height) || info->width == 0 ||
        info->height == 0 || info->width > RASTER_MAX_SIDE || info->height > RASTER_MAX_SIDE)
        return -EBADMSG;
    info->dpi_x = resolution(tiff, TIFFTAG_XRESOLUTION);
    info->dpi_y = resolution(tiff, TIFFTAG_YRESOLUTION);
    return 0;
}

/* The library's row may never be longer than ours. */
static int start(struct tiff_page *page, unsigned number)
{
    if (number >= PICTURE_TIFF_PAGES_MAX)
        return -ENOTSUP;
    if (TIFFSetDirectory(page->tiff, (tdir_t)number) != 1)
        return -EBADMSG;
    int r = read_size(page->tiff, &page->raster.info);
    if (r < 0)
        return r;
    page->band_rows = page->raster.info.height;
    TIFFGetFieldDefaulted(page->tiff, TIFFTAG_ROWSPERSTRIP, &page->band_rows);
    if (!by_lines(page))
        return start_rgba(page);
    tmsize_t line = TIFFScanlineSize(page->tiff);
    if (line <= 0 || (size_t)line > raster_row_bytes(&page->raster.info))
        return -EBADMSG;
    page->plain = page->band_rows > 0 && (size_t)line == raster_row_bytes(&page->raster.info) &&
                  tag16(page->tiff, TIFFTAG_COMPRESSION, 0) == COMPRESSION_NONE &&
                  tag16(page->tiff, TIFFTAG_FILLORDER, 0) == FILLORDER_MSB2LSB;
    return 0;
}

int picture_read_tiff(struct source *source, unsigned number, struct raster **ret)
{
    struct tiff_page *page = calloc(1, sizeof *page);
    if (!page) {
        source_close(source);
        return -ENOMEM;
    }
    page->raster.read_row = read_line;
    page->raster.free = page_free;
    page->client.source = source;
    int r = source_keep(source);
    if (r == 0) {
        page->tiff = tiff_client_open(&page->client, "rm");
        r = page->tiff ? start(page, number) : -EBADMSG;
    }
    if (r < 0) {
        page_free(&page->raster);
        return r;
    }
    *ret = &page->raster;
    return 0;
}

int picture_probe_tiff(struct source *source, struct picture_probe *ret)
{
    struct tiff_client client = {.source = source};
    struct picture_probe probe = {.pages = 1};
    TIFF *tiff = tiff_client_open(&client, "rm");
    int r = tiff ? read_size(tiff, &probe.info) : -EBADMSG;
    /* A further page that is broken counts, so that opening it tells. */
    for (bool more = r == 0 && !TIFFLastDirectory(tiff);
         more && probe.pages <= PICTURE_TIFF_PAGES_MAX; probe.pages++)
        more = TIFFReadDirectory(tiff) == 1 && !TIFFLastDirectory(tiff);
    if (tiff)
        TIFFClose(tiff);
    source_close(source);
    if (r == 0)
        *ret = probe;
    return r;
}
