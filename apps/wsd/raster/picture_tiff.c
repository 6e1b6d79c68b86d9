/* SPDX-License-Identifier: MIT */
/*
 * TIFF pages as rasters. The kinds that scanners write (1 and 8 bits, gray or RGB, in strips) are
 * read row by row; of all others libtiff renders a strip or a row of tiles at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pages.h"
#include "picture.h"
#include "tiff_client.h"

struct tiff {
    struct raster raster;
    TIFF *tiff;
    struct tiff_client client;
    uint32_t next_row;
    uint16_t bits, photometric;
    uint8_t *line;  /* 1 bit: a row as it is in the file */
    uint32_t *band; /* other kinds: rendered rows, bottom up as libtiff has them */
    uint32_t *tile; /* one tile of them */
    uint32_t band_rows, tile_width;
};

static void tiff_free(struct raster *raster)
{
    struct tiff *tiff = (struct tiff *)raster;

    if (tiff->tiff)
        TIFFClose(tiff->tiff);
    if (tiff->client.fd >= 0)
        close(tiff->client.fd);
    free(tiff->line);
    free(tiff->band);
    free(tiff->tile);
    free(tiff);
}

static int open_client(int fd, struct tiff_client *client, TIFF **ret)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    *client = (struct tiff_client){.fd = fd, .size = status.st_size};
    *ret = tiff_client_open(client, "rm");
    return *ret ? 0 : -EBADMSG;
}

int picture_count_tiff(int fd)
{
    struct tiff_client client;
    TIFF *tiff = NULL;
    int count = 1;

    if (open_client(fd, &client, &tiff) < 0)
        return 0;
    while (count < (int)PAGES_MAX && TIFFReadDirectory(tiff))
        count++;
    TIFFClose(tiff);
    return count;
}

/* ------------------------------------------------------------------- by row */

static int line_row(struct raster *raster, uint8_t *row)
{
    struct tiff *tiff = (struct tiff *)raster;
    size_t size = raster_row_bytes(&raster->info);
    bool inverted = tiff->photometric == PHOTOMETRIC_MINISWHITE;

    if (TIFFReadScanline(tiff->tiff, tiff->line ? tiff->line : row, tiff->next_row++, 0) < 0)
        return -EBADMSG;
    for (uint32_t x = 0; tiff->line && x < raster->info.width; x++)
        row[x] = tiff->line[x / 8] >> (7 - x % 8) & 1 ? 255 : 0;
    for (size_t i = 0; inverted && i < size; i++)
        row[i] = (uint8_t)~row[i];
    return 0;
}

/* Whether libtiff's scan lines are samples as we want them; fills in the mode then. */
static bool plain(struct tiff *tiff)
{
    uint16_t samples = 1, planar = PLANARCONFIG_CONTIG, compression = COMPRESSION_NONE;
    uint16_t orientation = ORIENTATION_TOPLEFT;

    TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_ORIENTATION, &orientation);
    if (TIFFIsTiled(tiff->tiff) || planar != PLANARCONFIG_CONTIG ||
        orientation != ORIENTATION_TOPLEFT)
        return false;
    if (tiff->photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG && samples == 3 &&
        tiff->bits == 8) {
        TIFFSetField(tiff->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        return true;
    }
    if (tiff->photometric == PHOTOMETRIC_RGB)
        return samples == 3 && tiff->bits == 8;
    tiff->raster.info.mode = RASTER_GRAY8;
    return tiff->photometric <= PHOTOMETRIC_MINISBLACK && samples == 1 &&
           (tiff->bits == 1 || tiff->bits == 8);
}

/* ------------------------------------------------------------------ by band */

static int render_strip(struct tiff *tiff, uint32_t row)
{
    return TIFFReadRGBAStrip(tiff->tiff, row, tiff->band) ? 0 : -EBADMSG;
}

static int render_tiles(struct tiff *tiff, uint32_t row)
{
    uint32_t width = tiff->raster.info.width;

    for (uint32_t x = 0; x < width; x += tiff->tile_width) {
        uint32_t part = width - x < tiff->tile_width ? width - x : tiff->tile_width;

        if (!TIFFReadRGBATile(tiff->tiff, x, row, tiff->tile))
            return -EBADMSG;
        for (uint32_t y = 0; y < tiff->band_rows; y++)
            memcpy(tiff->band + (size_t)y * width + x, tiff->tile + (size_t)y * tiff->tile_width,
                   part * sizeof *tiff->band);
    }
    return 0;
}

static int band_row(struct raster *raster, uint8_t *row)
{
    struct tiff *tiff = (struct tiff *)raster;
    uint32_t width = raster->info.width, y = tiff->next_row++, within = y % tiff->band_rows;
    uint32_t rows = tiff->band_rows;

    if (within == 0) {
        int r = tiff->tile ? render_tiles(tiff, y) : render_strip(tiff, y);

        if (r < 0)
            return r;
    }
    /* A last strip is as short as it is; tiles are always whole. */
    if (!tiff->tile && raster->info.height - (y - within) < rows)
        rows = raster->info.height - (y - within);

    const uint32_t *line = tiff->band + (size_t)(rows - 1 - within) * width;

    for (uint32_t x = 0; x < width; x++, row += 3) {
        uint32_t paper = 255 - TIFFGetA(line[x]); /* the samples are multiplied by alpha */

        row[0] = (uint8_t)(TIFFGetR(line[x]) + paper);
        row[1] = (uint8_t)(TIFFGetG(line[x]) + paper);
        row[2] = (uint8_t)(TIFFGetB(line[x]) + paper);
    }
    return 0;
}

static int set_up_band(struct tiff *tiff)
{
    uint32_t width = tiff->raster.info.width, height = tiff->raster.info.height;
    char message[1024];

    if (!TIFFRGBAImageOK(tiff->tiff, message))
        return -ENOTSUP;
    if (TIFFIsTiled(tiff->tiff)) {
        TIFFGetField(tiff->tiff, TIFFTAG_TILEWIDTH, &tiff->tile_width);
        TIFFGetField(tiff->tiff, TIFFTAG_TILELENGTH, &tiff->band_rows);
        if (tiff->tile_width == 0 || tiff->band_rows == 0 ||
            (uint64_t)tiff->tile_width * tiff->band_rows > PICTURE_MAX_BAND / 4)
            return -EFBIG;
        tiff->tile = calloc((size_t)tiff->tile_width * tiff->band_rows, sizeof *tiff->tile);
    } else {
        TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_ROWSPERSTRIP, &tiff->band_rows);
        if (tiff->band_rows == 0 || tiff->band_rows > height)
            tiff->band_rows = height;
    }
    if ((uint64_t)width * tiff->band_rows > PICTURE_MAX_BAND / 4)
        return -EFBIG;
    tiff->band = calloc((size_t)width * tiff->band_rows, sizeof *tiff->band);
    tiff->raster.info.mode = RASTER_RGB24;
    tiff->raster.read_row = band_row;
    return tiff->band && (tiff->tile || !TIFFIsTiled(tiff->tiff)) ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ opening */

static uint32_t resolution(TIFF *tiff, uint32_t tag)
{
    uint16_t unit = RESUNIT_INCH;
    float value = 0;

    TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    if (!TIFFGetField(tiff, tag, &value) || unit == RESUNIT_NONE)
        return 0;
    if (unit == RESUNIT_CENTIMETER)
        value *= 2.54f;
    return value >= 1 && value <= RASTER_MAX_DPI ? (uint32_t)(value + 0.5f) : 0;
}

static int read_head(struct tiff *tiff)
{
    struct raster_info *info = &tiff->raster.info;
    tmsize_t line;

    TIFFGetField(tiff->tiff, TIFFTAG_IMAGEWIDTH, &info->width);
    TIFFGetField(tiff->tiff, TIFFTAG_IMAGELENGTH, &info->height);
    if (info->width == 0 || info->height == 0 || info->width > RASTER_MAX_SIDE ||
        info->height > RASTER_MAX_SIDE)
        return -EBADMSG;
    tiff->bits = 1;
    tiff->photometric = PHOTOMETRIC_MINISWHITE;
    TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_BITSPERSAMPLE, &tiff->bits);
    TIFFGetField(tiff->tiff, TIFFTAG_PHOTOMETRIC, &tiff->photometric);
    info->mode = RASTER_RGB24;
    info->dpi_x = resolution(tiff->tiff, TIFFTAG_XRESOLUTION);
    info->dpi_y = resolution(tiff->tiff, TIFFTAG_YRESOLUTION);
    if (!plain(tiff))
        return set_up_band(tiff);
    line = TIFFScanlineSize(tiff->tiff);
    if (tiff->bits == 1) {
        if (line < (tmsize_t)((info->width + 7) / 8))
            return -EBADMSG;
        tiff->line = malloc((size_t)line);
        return tiff->line ? 0 : -ENOMEM;
    }
    return (size_t)line == raster_row_bytes(info) ? 0 : -EBADMSG;
}

int picture_open_tiff(int fd, unsigned index, struct raster **ret)
{
    struct tiff *tiff = calloc(1, sizeof *tiff);
    int r;

    if (!tiff) {
        close(fd);
        return -ENOMEM;
    }
    tiff->raster = (struct raster){.read_row = line_row, .free = tiff_free};
    r = open_client(fd, &tiff->client, &tiff->tiff);
    tiff->client.fd = fd;
    for (unsigned i = 0; r == 0 && i < index; i++)
        if (!TIFFReadDirectory(tiff->tiff))
            r = -EBADMSG;
    if (r == 0)
        r = read_head(tiff);
    if (r < 0) {
        tiff_free(&tiff->raster);
        return r;
    }
    *ret = &tiff->raster;
    return 0;
}
