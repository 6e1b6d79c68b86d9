/* SPDX-License-Identifier: MIT */
/*
 * A page made small, once, for the question whether it is blank and for the thumbnail. A JPEG is
 * decoded at an eighth of its size where that will do; the rest is averaged in squares, row by row.
 * Cost: a row of the picture, and the cells.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver.h"
#include "output/image.h"
#include "raster/filter.h"
#include "raster/picture.h"

#define MM_PER_INCH 25.4
#define DPI         300
#define QUALITY     75

struct shrink {
    uint32_t width, height; /* of the cells */
    uint32_t x, y;          /* pixels of the raster in one */
    uint32_t *sums;
    uint8_t *row;
};

static uint32_t at_least_1(uint32_t value)
{
    return value > 0 ? value : 1;
}

/* The pixels that make a cell, across or down: so that about BLANK_CELLS_PER_INCH are an inch. */
static uint32_t pixels_of_cell(uint32_t dpi, uint32_t side)
{
    uint32_t pixels = at_least_1(dpi / BLANK_CELLS_PER_INCH);

    /* A picture too small for its resolution is looked at as it is. */
    while (pixels > 1 && side / pixels < DELIVER_THUMBNAIL / 4)
        pixels /= 2;
    return pixels;
}

static int open_small(int fd, enum sniff_kind kind, unsigned image, uint32_t *x, uint32_t *y,
                      struct raster **ret)
{
    unsigned denominator = 8;

    while (denominator > 1 && (*x < denominator || *y < denominator))
        denominator /= 2;
    if (kind != SNIFF_JPEG || denominator == 1)
        return picture_open(fd, kind, image, ret);
    *x = at_least_1(*x / denominator);
    *y = at_least_1(*y / denominator);
    return picture_open_jpeg_small(fd, denominator, ret);
}

static void add_row(const struct shrink *shrink, const struct raster_info *info)
{
    bool rgb = info->mode == RASTER_RGB24;
    const uint8_t *at = shrink->row;
    uint32_t *sum = shrink->sums;

    for (uint32_t cell = 0; cell < shrink->width; cell++, sum += 3)
        for (uint32_t i = 0; i < shrink->x; i++, at += rgb ? 3 : 1) {
            sum[0] += at[0];
            sum[1] += at[rgb ? 1 : 0];
            sum[2] += at[rgb ? 2 : 0];
        }
}

/* What is left over right and below, less than a cell, is not looked at. */
static int shrink_rows(struct raster *raster, const struct shrink *shrink, uint8_t *out)
{
    size_t numbers = (size_t)shrink->width * 3;
    uint32_t square = shrink->x * shrink->y;

    for (uint32_t cell = 0; cell < shrink->height; cell++, out += numbers) {
        memset(shrink->sums, 0, numbers * sizeof *shrink->sums);
        for (uint32_t i = 0; i < shrink->y; i++) {
            int r = raster->read_row(raster, shrink->row);
            if (r < 0)
                return r;
            add_row(shrink, &raster->info);
        }
        for (size_t i = 0; i < numbers; i++)
            out[i] = (uint8_t)(shrink->sums[i] / square);
    }
    return 0;
}

static int shrink_raster(struct raster *raster, uint32_t x, uint32_t y, struct deliver_cells *ret)
{
    const struct raster_info *info = &raster->info;
    struct shrink shrink = {.x = x < info->width ? x : info->width,
                            .y = y < info->height ? y : info->height};

    shrink.width = info->width / shrink.x;
    shrink.height = info->height / shrink.y;
    while ((uint64_t)shrink.width * shrink.height > DELIVER_MAX_CELLS) {
        shrink.x *= 2;
        shrink.y *= 2;
        shrink.x = shrink.x < info->width ? shrink.x : info->width;
        shrink.y = shrink.y < info->height ? shrink.y : info->height;
        shrink.width = info->width / shrink.x;
        shrink.height = info->height / shrink.y;
    }
    shrink.sums = malloc((size_t)shrink.width * 3 * sizeof *shrink.sums);
    shrink.row = malloc(raster_row_bytes(info));
    uint8_t *rgb = malloc((size_t)shrink.width * shrink.height * 3);
    int r = shrink.sums && shrink.row && rgb ? shrink_rows(raster, &shrink, rgb) : -ENOMEM;
    free(shrink.sums);
    free(shrink.row);
    if (r < 0) {
        free(rgb);
        return r;
    }
    *ret = (struct deliver_cells){.width = shrink.width,
                                  .height = shrink.height,
                                  .per_mm_x = 1.0 / shrink.x,
                                  .per_mm_y = 1.0 / shrink.y,
                                  .rgb = rgb};
    return 0;
}

/* What it is, and the resolution of an image that may have none of its own. */
static int probe(int fd, const uint32_t asked[2], enum sniff_kind *ret_kind,
                 struct raster_info *ret, unsigned *ret_images)
{
    uint8_t head[SNIFF_HEAD_BYTES];
    struct picture_probe found;
    ssize_t got = pread(fd, head, sizeof head, 0);

    if (got <= 0)
        return got < 0 ? -errno : -EBADMSG;
    *ret_kind = sniff(head, (size_t)got);
    if (!picture_readable(*ret_kind) || *ret_kind == SNIFF_DIB)
        return -ENOTSUP;
    int r = picture_probe(fd, *ret_kind, &found);
    if (r < 0)
        return r;
    *ret = found.info;
    *ret_images = found.pages;
    if (ret->width == 0 || ret->height == 0 ||
        (uint64_t)ret->width * ret->height > DELIVER_MAX_PIXELS)
        return -ENOTSUP;
    if (ret->dpi_x == 0)
        ret->dpi_x = asked[0] ? asked[0] : DPI;
    if (ret->dpi_y == 0)
        ret->dpi_y = asked[1] ? asked[1] : ret->dpi_x;
    return 0;
}

int deliver_look(int fd, unsigned image, const uint32_t dpi[2], struct deliver_cells *ret)
{
    enum sniff_kind kind = SNIFF_UNKNOWN;
    struct raster_info info = {0};
    struct raster *raster = NULL;
    unsigned images = 0;
    int r = probe(fd, dpi, &kind, &info, &images);

    if (r == 0 && image >= images)
        r = -ENOENT;
    if (r < 0)
        return r;
    uint32_t x = pixels_of_cell(info.dpi_x, info.width);
    uint32_t y = pixels_of_cell(info.dpi_y, info.height);
    r = open_small(fd, kind, image, &x, &y, &raster);
    if (r == 0 && (uint64_t)raster->info.width * raster->info.height > DELIVER_MAX_PIXELS)
        r = -ENOTSUP;
    if (r == 0 && raster->info.mode == RASTER_BW1)
        r = filter_mode(raster, RASTER_GRAY8, NULL, &raster);
    else if (r < 0)
        raster_free(raster);
    if (r < 0)
        return r;
    uint32_t width = raster->info.width, height = raster->info.height;
    r = shrink_raster(raster, x, y, ret);
    raster_free(raster);
    if (r < 0)
        return r;
    /* From pixels of the raster to millimetres, whatever it was decoded at. */
    ret->per_mm_x *= width / (info.width * MM_PER_INCH / info.dpi_x);
    ret->per_mm_y *= height / (info.height * MM_PER_INCH / info.dpi_y);
    return 0;
}

void deliver_cells_free(struct deliver_cells *cells)
{
    free(cells->rgb);
    cells->rgb = NULL;
}

/* -- thumbnail ----------------------------------------------------------------------------------
 */

struct thumb {
    struct raster raster;
    const struct deliver_cells *cells;
    uint32_t y;
};

/* The mean of the cells under a pixel. */
static void mean(const struct thumb *thumb, uint32_t x, uint8_t *out)
{
    const struct deliver_cells *cells = thumb->cells;
    const struct raster_info *info = &thumb->raster.info;
    uint32_t left = (uint32_t)((uint64_t)x * cells->width / info->width);
    uint32_t right = (uint32_t)((uint64_t)(x + 1) * cells->width / info->width);
    uint32_t top = (uint32_t)((uint64_t)thumb->y * cells->height / info->height);
    uint32_t bottom = (uint32_t)((uint64_t)(thumb->y + 1) * cells->height / info->height);
    uint64_t sum[3] = {0}, count = 0;

    for (uint32_t cy = top; cy < bottom || cy == top; cy++)
        for (uint32_t cx = left; cx < right || cx == left; cx++, count++)
            for (unsigned c = 0; c < 3; c++)
                sum[c] += cells->rgb[((size_t)cy * cells->width + cx) * 3 + c];
    for (unsigned c = 0; c < 3; c++)
        out[c] = (uint8_t)(sum[c] / count);
}

static int thumb_row(struct raster *raster, uint8_t *row)
{
    struct thumb *thumb = (struct thumb *)raster;

    for (uint32_t x = 0; x < raster->info.width; x++)
        mean(thumb, x, row + (size_t)x * 3);
    thumb->y++;
    return 0;
}

static void thumb_free(struct raster *raster)
{
    free(raster);
}

/* The page's own shape, where cells are not square. */
static struct raster_info thumb_size(const struct deliver_cells *cells)
{
    double wide = cells->width / cells->per_mm_x, high = cells->height / cells->per_mm_y;
    double scale = DELIVER_THUMBNAIL / (wide > high ? wide : high);
    struct raster_info info = {.mode = RASTER_RGB24};

    info.width = at_least_1((uint32_t)(wide * scale));
    info.height = at_least_1((uint32_t)(high * scale));
    if (info.width > DELIVER_THUMBNAIL)
        info.width = DELIVER_THUMBNAIL;
    if (info.height > DELIVER_THUMBNAIL)
        info.height = DELIVER_THUMBNAIL;
    return info;
}

int deliver_thumbnail(const struct job *job, const struct deliver_cells *cells)
{
    static const char part[] = JOB_THUMBNAIL ".part";
    struct thumb *thumb = calloc(1, sizeof *thumb);

    if (!thumb)
        return -ENOMEM;
    *thumb = (struct thumb){
        .raster = {.info = thumb_size(cells), .read_row = thumb_row, .free = thumb_free},
        .cells = cells};
    int fd = openat(job->folder, part, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        free(thumb);
        return -errno;
    }
    int r = image_write(fd, SNIFF_JPEG, &thumb->raster, QUALITY);
    close(fd);
    /* Nobody misses it after a crash: it is not synced. */
    if (r == 0 && renameat(job->folder, part, job->folder, JOB_THUMBNAIL) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(job->folder, part, 0);
    return r;
}
