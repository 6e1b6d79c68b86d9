/* SPDX-License-Identifier: MIT */
/*
 * Temporary files and turned rasters. For a quarter turn the picture is kept as square tiles, so
 * that reading along its columns costs one call a tile and not one a pixel.
 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TILE      16
#define COPY_SIZE 32768

const char *spool_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder && *folder ? folder : "/tmp";
}

int spool_open(const char *dir)
{
    char path[4096];
    int fd;

    if (!dir || !*dir)
        dir = spool_folder();
#ifdef O_TMPFILE
    fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
#endif
    if (snprintf(path, sizeof path, "%s/wsd-XXXXXX", dir) >= (int)sizeof path)
        return -ENAMETOOLONG;
    fd = mkstemp(path);
    if (fd < 0)
        return -errno;
    unlink(path);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

int spool_reserve(int fd, off_t offset, off_t size)
{
#ifdef FALLOC_FL_KEEP_SIZE
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, size) < 0 && errno == ENOSPC)
        return -ENOSPC;
#else
    (void)fd, (void)offset, (void)size;
#endif
    return 0;
}

int spool_write(int fd, off_t offset, const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        ssize_t done = pwrite(fd, at, size, offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO;
        at += done;
        offset += done;
        size -= (size_t)done;
    }
    return 0;
}

int spool_read(int fd, off_t offset, void *data, size_t size)
{
    char *at = data;

    while (size > 0) {
        ssize_t done = pread(fd, at, size, offset);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return done < 0 ? -errno : -EIO;
        at += done;
        offset += done;
        size -= (size_t)done;
    }
    return 0;
}

int spool_copy(int from, off_t from_offset, int to, off_t to_offset, off_t size)
{
    char buffer[COPY_SIZE];

    while (size > 0) {
        size_t part = size < COPY_SIZE ? (size_t)size : COPY_SIZE;
        int r = spool_read(from, from_offset, buffer, part);

        if (r == 0)
            r = spool_write(to, to_offset, buffer, part);
        if (r < 0)
            return r;
        from_offset += (off_t)part;
        to_offset += (off_t)part;
        size -= (off_t)part;
    }
    return 0;
}

/* ------------------------------------------------------------------ turning */

struct turned {
    struct raster raster;
    enum spool_turn turn;
    int fd;
    uint32_t next_row;
    size_t pixel;              /* bytes */
    uint32_t tiles_x, tiles_y; /* of the source, quarter turns */
    uint8_t *band;             /* quarter turns: TILE rows of the result */
};

static void turned_free(struct raster *raster)
{
    struct turned *turned = (struct turned *)raster;

    if (turned->fd >= 0)
        close(turned->fd);
    free(turned->band);
    free(turned);
}

static int upside_down_row(struct raster *raster, uint8_t *row)
{
    struct turned *turned = (struct turned *)raster;
    size_t size = raster_row_bytes(&raster->info);
    uint32_t from = raster->info.height - 1 - turned->next_row++;
    int r = spool_read(turned->fd, (off_t)from * (off_t)size, row, size);

    if (r < 0 || turned->turn == SPOOL_UPSIDE_DOWN)
        return r;
    for (size_t a = 0, b = size - turned->pixel; a < b; a += turned->pixel, b -= turned->pixel) {
        uint8_t keep[3];

        memcpy(keep, row + a, turned->pixel);
        memcpy(row + a, row + b, turned->pixel);
        memcpy(row + b, keep, turned->pixel);
    }
    return 0;
}

/* Spreads one tile of the source over the band: its columns become the band's rows. Of 270 the
 * result's first row is the source's last column, of 90 its first. */
static void spread_tile(const struct turned *turned, const uint8_t *tile, uint32_t tile_y)
{
    size_t pixel = turned->pixel, row_bytes = raster_row_bytes(&turned->raster.info);
    uint32_t source_height = turned->raster.info.width;

    for (uint32_t y = 0; y < TILE; y++) {
        uint32_t source_y = tile_y * TILE + y;

        if (source_y >= source_height)
            return;

        uint32_t x = turned->turn == SPOOL_90 ? source_height - 1 - source_y : source_y;

        for (uint32_t column = 0; column < TILE; column++)
            memcpy(turned->band + column * row_bytes + x * pixel,
                   tile + (y * TILE + column) * pixel, pixel);
    }
}

static int quarter_row(struct raster *raster, uint8_t *row)
{
    struct turned *turned = (struct turned *)raster;
    size_t size = raster_row_bytes(&raster->info), tile_bytes = (size_t)TILE * TILE * turned->pixel;
    uint32_t column = turned->next_row++;

    if (turned->turn == SPOOL_270)
        column = raster->info.height - 1 - column;
    /* Columns come in order, up or down: a band is loaded when its first one is met. */
    if (turned->next_row == 1 || column % TILE == (turned->turn == SPOOL_90 ? 0 : TILE - 1)) {
        for (uint32_t tile_y = 0; tile_y < turned->tiles_y; tile_y++) {
            uint8_t tile[TILE * TILE * 3];
            off_t at = ((off_t)tile_y * turned->tiles_x + column / TILE) * (off_t)tile_bytes;
            int r = spool_read(turned->fd, at, tile, tile_bytes);

            if (r < 0)
                return r;
            spread_tile(turned, tile, tile_y);
        }
    }
    memcpy(row, turned->band + (column % TILE) * size, size);
    return 0;
}

static int store_rows(struct turned *turned, struct raster *source)
{
    size_t size = raster_row_bytes(&source->info);
    uint8_t *row = malloc(size);
    int r = row ? 0 : -ENOMEM;

    for (uint32_t y = 0; r == 0 && y < source->info.height; y++) {
        r = source->read_row(source, row);
        if (r == 0)
            r = spool_write(turned->fd, (off_t)y * (off_t)size, row, size);
    }
    free(row);
    return r;
}

/* One row of tiles; `rows` holds TILE rows of `stride` bytes each. */
static int store_tiles(struct turned *turned, const uint8_t *rows, size_t stride, uint32_t tile_y)
{
    size_t pixel = turned->pixel, tile_bytes = (size_t)TILE * TILE * pixel;
    off_t at = (off_t)tile_y * turned->tiles_x * (off_t)tile_bytes;
    uint8_t tile[TILE * TILE * 3];
    int r = 0;

    for (uint32_t x = 0; r == 0 && x < turned->tiles_x; x++, at += (off_t)tile_bytes) {
        for (size_t y = 0; y < TILE; y++)
            memcpy(tile + (size_t)y * TILE * pixel, rows + y * stride + (size_t)x * TILE * pixel,
                   TILE * pixel);
        r = spool_write(turned->fd, at, tile, tile_bytes);
    }
    return r;
}

static int store_all_tiles(struct turned *turned, struct raster *source)
{
    size_t stride = (size_t)turned->tiles_x * TILE * turned->pixel;
    uint8_t *rows = calloc(TILE, stride);
    uint32_t height = source->info.height;
    int r = rows ? 0 : -ENOMEM;

    for (uint32_t y = 0; r == 0 && y < height; y++) {
        r = source->read_row(source, rows + (y % TILE) * stride);
        if (r == 0 && (y % TILE == TILE - 1 || y == height - 1))
            r = store_tiles(turned, rows, stride, y / TILE);
    }
    free(rows);
    return r;
}

static int turn_quarter(struct turned *turned, struct raster *source)
{
    struct raster_info *info = &turned->raster.info;

    *info = (struct raster_info){
        .width = source->info.height,
        .height = source->info.width,
        .mode = source->info.mode,
        .dpi_x = source->info.dpi_y,
        .dpi_y = source->info.dpi_x,
    };
    turned->tiles_x = (source->info.width + TILE - 1) / TILE;
    turned->tiles_y = (source->info.height + TILE - 1) / TILE;

    int r = store_all_tiles(turned, source);

    if (r < 0)
        return r;
    turned->band = malloc(TILE * raster_row_bytes(info));
    return turned->band ? 0 : -ENOMEM;
}

int spool_turn(struct raster *source, enum spool_turn turn, struct raster **ret)
{
    struct turned *turned = calloc(1, sizeof *turned);
    bool quarter = turn == SPOOL_90 || turn == SPOOL_270;
    int r = 0;

    if (!turned) {
        raster_free(source);
        return -ENOMEM;
    }
    turned->raster = (struct raster){.info = source->info,
                                     .read_row = quarter ? quarter_row : upside_down_row,
                                     .free = turned_free};
    turned->turn = turn;
    turned->pixel = source->info.mode == RASTER_RGB24 ? 3 : 1;
    turned->fd = spool_open(NULL);
    if (turned->fd < 0)
        r = turned->fd;
    else if (source->info.mode == RASTER_BW1 && turn != SPOOL_UPSIDE_DOWN)
        r = -ENOTSUP;
    else
        r = quarter ? turn_quarter(turned, source) : store_rows(turned, source);
    raster_free(source);
    if (r < 0) {
        turned_free(&turned->raster);
        return r;
    }
    *ret = &turned->raster;
    return 0;
}
