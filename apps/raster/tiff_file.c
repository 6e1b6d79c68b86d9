/* SPDX-License-Identifier: MIT */
/*
 * Pages of a TIFF file by libtiff's scan line interface.
 */
#include "tiff_file.h"

#include <errno.h>
#include <stdlib.h>

#include "tiff_client.h"

/* libtiff would buffer a strip; the codecs flush a smaller buffer just as well. */
#define BUFFER_SIZE     65536
#define JPEG_STRIP_ROWS 256 /* a multiple of 16, as subsampled chroma wants */

struct tiff_file {
    TIFF *tiff;
    struct tiff_client client;
    unsigned pages;
};

int tiff_file_open(int fd, struct tiff_file **ret)
{
    struct tiff_file *file = calloc(1, sizeof *file);

    if (!file)
        return -ENOMEM;
    file->client.fd = fd;
    file->tiff = tiff_client_open(&file->client, "wm");
    if (!file->tiff) {
        int r = file->client.error < 0 ? file->client.error : -ENOMEM;

        free(file);
        return r;
    }
    *ret = file;
    return 0;
}

static int cause(const struct tiff_file *file)
{
    return file->client.error < 0 ? file->client.error : -EIO;
}

static uint32_t strip_rows(const struct raster_info *info, enum tiff_compression compression)
{
    size_t rows = BUFFER_SIZE / raster_row_bytes(info);

    switch (compression) {
    case TIFF_FILE_G4:
        return info->height;
    case TIFF_FILE_JPEG:
        return JPEG_STRIP_ROWS;
    case TIFF_FILE_RAW:
        break;
    }
    return rows > 0 ? (uint32_t)rows : 1;
}

static void set_compression(TIFF *tiff, const struct raster_info *info,
                            const struct tiff_page *page)
{
    int photometric = info->mode == RASTER_RGB24 ? PHOTOMETRIC_RGB
                      : page->inverted           ? PHOTOMETRIC_MINISWHITE
                                                 : PHOTOMETRIC_MINISBLACK;

    switch (page->compression) {
    case TIFF_FILE_RAW:
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
        break;
    case TIFF_FILE_G4:
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
        break;
    case TIFF_FILE_JPEG:
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_JPEG);
        TIFFSetField(tiff, TIFFTAG_JPEGQUALITY, page->quality > 0 ? page->quality : 1);
        if (info->mode == RASTER_RGB24) {
            photometric = PHOTOMETRIC_YCBCR;
            TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        }
        break;
    }
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric);
}

static void set_tags(struct tiff_file *file, const struct raster_info *info,
                     const struct tiff_page *page)
{
    TIFF *tiff = file->tiff;

    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, info->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, info->height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, info->mode == RASTER_BW1 ? 1 : 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, info->mode == RASTER_RGB24 ? 3 : 1);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, strip_rows(info, page->compression));
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, info->dpi_x ? RESUNIT_INCH : RESUNIT_NONE);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, info->dpi_x ? (double)info->dpi_x : 1.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, info->dpi_y ? (double)info->dpi_y : 1.0);
    set_compression(tiff, info, page);
    if (page->multi) {
        TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE);
        TIFFSetField(tiff, TIFFTAG_PAGENUMBER, (int)(file->pages & 0xffff), 0);
    }
}

static int write_rows(struct tiff_file *file, struct raster *raster, bool inverted)
{
    size_t size = raster_row_bytes(&raster->info);
    uint8_t *row = malloc(size);
    int r = row ? 0 : -ENOMEM;

    for (uint32_t y = 0; r == 0 && y < raster->info.height; y++) {
        r = raster->read_row(raster, row);
        for (size_t i = 0; r == 0 && inverted && i < size; i++)
            row[i] = (uint8_t)~row[i];
        if (r == 0 && TIFFWriteScanline(file->tiff, row, y, 0) < 0)
            r = cause(file);
    }
    free(row);
    return r;
}

int tiff_file_add(struct tiff_file *file, struct raster *raster, const struct tiff_page *page)
{
    bool inverted = page->inverted && raster->info.mode == RASTER_BW1;

    if (page->compression == TIFF_FILE_G4 && raster->info.mode != RASTER_BW1)
        return -ENOTSUP;
    if (page->compression == TIFF_FILE_JPEG && raster->info.mode == RASTER_BW1)
        return -ENOTSUP;
    if (file->pages > 0 && !TIFFWriteDirectory(file->tiff))
        return cause(file);
    set_tags(file, &raster->info, page);
    if (!TIFFWriteBufferSetup(file->tiff, NULL, BUFFER_SIZE))
        return -ENOMEM;

    int r = write_rows(file, raster, inverted);

    if (r == 0 && !TIFFFlushData(file->tiff))
        r = cause(file);
    file->pages++;
    return r;
}

int tiff_file_strip(struct tiff_file *file, off_t *ret_offset, off_t *ret_size)
{
    toff_t *offsets, *sizes;

    if (TIFFNumberOfStrips(file->tiff) != 1 ||
        !TIFFGetField(file->tiff, TIFFTAG_STRIPOFFSETS, &offsets) ||
        !TIFFGetField(file->tiff, TIFFTAG_STRIPBYTECOUNTS, &sizes))
        return -EINVAL;
    *ret_offset = (off_t)offsets[0];
    *ret_size = (off_t)sizes[0];
    return 0;
}

int tiff_file_finish(struct tiff_file *file)
{
    if (file->pages > 0 && !TIFFWriteDirectory(file->tiff))
        return cause(file);
    return 0;
}

void tiff_file_free(struct tiff_file *file)
{
    if (!file)
        return;
    TIFFCleanup(file->tiff);
    free(file);
}

off_t tiff_file_size(const struct tiff_file *file)
{
    return file->client.size;
}
