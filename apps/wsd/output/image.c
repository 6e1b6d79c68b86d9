/* SPDX-License-Identifier: MIT */
/*
 * Which reader for which format, the header probe, the crop filter, and encoding to a descriptor.
 * Memory: a row each.
 */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../raster/encoder.h"

#define ENCODE_BYTES 65536u

int image_open(int fd, enum sniff_kind kind, unsigned page, struct raster **ret)
{
    if (kind == SNIFF_TIFF)
        return image_open_tiff(fd, page, ret);
    if (page > 0)
        return -EINVAL;
    switch (kind) {
    case SNIFF_JPEG:
        return image_open_jpeg(fd, ret);
    case SNIFF_PNG:
        return image_open_png(fd, ret);
    case SNIFF_BMP:
    case SNIFF_DIB:
        return image_open_bmp(fd, ret);
    default:
        return -ENOTSUP;
    }
}

int image_probe(int fd, enum sniff_kind kind, struct image_probe *ret)
{
    if (kind == SNIFF_JPEG)
        return image_probe_jpeg(fd, ret);
    if (kind == SNIFF_TIFF)
        return image_probe_tiff(fd, ret);
    *ret = (struct image_probe){.pages = 1};
    struct raster *raster = NULL;
    int r = image_open(fd, kind, 0, &raster);
    if (r < 0)
        return r == -ENOTSUP ? 0 : r;
    ret->width = raster->info.width;
    ret->height = raster->info.height;
    ret->dpi_x = raster->info.dpi_x;
    ret->dpi_y = raster->info.dpi_y;
    raster_free(raster);
    return 0;
}

/* A raster made of another whose row it holds. */
struct filter {
    struct raster raster;
    struct raster *source;
    struct output_crop rectangle;
    bool started;
    uint8_t *row;
};

static void filter_free(struct raster *raster)
{
    struct filter *filter = (struct filter *)raster;
    raster_free(filter->source);
    free(filter->row);
    free(filter);
}

/* Takes over the source's picture, with no row function yet. */
static struct filter *filter_new(struct raster *source)
{
    struct filter *filter = calloc(1, sizeof *filter);
    if (!filter)
        return NULL;
    filter->row = malloc(raster_row_bytes(&source->info));
    if (!filter->row) {
        free(filter);
        return NULL;
    }
    filter->raster.info = source->info;
    filter->raster.free = filter_free;
    filter->source = source;
    return filter;
}

static void cut_bits(const struct filter *filter, uint8_t *row)
{
    uint32_t width = filter->rectangle.width, x = filter->rectangle.x;
    memset(row, 0, raster_row_bytes(&filter->raster.info));
    for (uint32_t i = 0; i < width; i++, x++)
        row[i / 8] |= (uint8_t)((filter->row[x / 8] >> (7 - x % 8) & 1) << (7 - i % 8));
}

static int crop_row(struct raster *raster, uint8_t *row)
{
    struct filter *filter = (struct filter *)raster;
    for (uint32_t skip = filter->started ? 0 : filter->rectangle.y; skip > 0; skip--) {
        int r = filter->source->read_row(filter->source, filter->row);
        if (r < 0)
            return r;
    }
    filter->started = true;
    int r = filter->source->read_row(filter->source, filter->row);
    if (r < 0)
        return r;
    size_t pixel = raster->info.mode == RASTER_RGB24 ? 3 : 1;
    if (raster->info.mode == RASTER_BW1)
        cut_bits(filter, row);
    else
        memcpy(row, filter->row + filter->rectangle.x * pixel, filter->rectangle.width * pixel);
    return 0;
}

int image_crop(struct raster *source, const struct output_crop *rectangle, struct raster **ret)
{
    const struct raster_info *info = &source->info;
    if (rectangle->width == 0 || rectangle->height == 0 || rectangle->x >= info->width ||
        rectangle->y >= info->height || rectangle->width > info->width - rectangle->x ||
        rectangle->height > info->height - rectangle->y)
        return -EINVAL;
    struct filter *filter = filter_new(source);
    if (!filter)
        return -ENOMEM;
    filter->rectangle = *rectangle;
    filter->raster.info.width = rectangle->width;
    filter->raster.info.height = rectangle->height;
    filter->raster.read_row = crop_row;
    *ret = &filter->raster;
    return 0;
}

static int spread_row(struct raster *raster, uint8_t *row)
{
    struct filter *filter = (struct filter *)raster;
    int r = filter->source->read_row(filter->source, filter->row);
    for (uint32_t x = 0; r == 0 && x < raster->info.width; x++)
        row[x] = filter->row[x / 8] >> (7 - x % 8) & 1 ? 255 : 0;
    return r;
}

/* JPEG has no bi-level mode: black and white become the ends of gray. */
static int spread(struct raster *source, struct raster **ret)
{
    struct filter *filter = filter_new(source);
    if (!filter)
        return -ENOMEM;
    filter->raster.info.mode = RASTER_GRAY8;
    filter->raster.read_row = spread_row;
    *ret = &filter->raster;
    return 0;
}

static struct raster *take_raster(void *user)
{
    struct raster **slot = user;
    struct raster *raster = *slot;
    *slot = NULL;
    return raster;
}

static int write_all(int fd, const char *at, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static int pump(struct encoder *encoder, int fd)
{
    char *buf = malloc(ENCODE_BYTES);
    if (!buf)
        return -ENOMEM;
    ssize_t n;
    int r = 0;
    while (r == 0 && (n = encoder_read(encoder, buf, ENCODE_BYTES)) != 0)
        r = n < 0 ? (int)n : write_all(fd, buf, (size_t)n);
    free(buf);
    return r;
}

int image_write(int fd, enum sniff_kind kind, struct raster *raster, int quality)
{
    struct encoder *encoder = NULL;
    int r = 0;
    if (kind == SNIFF_JPEG && raster->info.mode == RASTER_BW1)
        r = spread(raster, &raster);
    if (r == 0)
        r = encoder_open(kind == SNIFF_JPEG ? "jfif" : "png", quality, take_raster, &raster,
                         &encoder);
    if (r == 0)
        r = pump(encoder, fd);
    encoder_free(encoder);
    raster_free(raster);
    return r;
}
