/* SPDX-License-Identifier: MIT */
/*
 * The folder of originals: which there are, and the chain of rasters from a file to what a request
 * asks. Decoding is picture.h's, placing and sampling resample.h's, exposure and mode filter.h's.
 */
#include "pages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter.h"
#include "picture.h"
#include "resample.h"
#include "spool.h"

struct original {
    char *path;
    unsigned index; /* in the file */
};

struct pages {
    struct original *originals;
    unsigned count, room;
};

static int add_original(struct pages *pages, const char *path, unsigned index)
{
    if (pages->count == pages->room) {
        unsigned room = pages->room ? pages->room * 2 : 16;
        struct original *grown = reallocarray(pages->originals, room, sizeof *grown);

        if (!grown)
            return -ENOMEM;
        pages->originals = grown;
        pages->room = room;
    }

    char *copy = strdup(path);

    if (!copy)
        return -ENOMEM;
    pages->originals[pages->count++] = (struct original){copy, index};
    return 0;
}

static int open_file(const char *path)
{
    /* Not to hang on a pipe that somebody left in the folder. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

static enum sniff_kind kind_of(int fd)
{
    uint8_t head[SNIFF_HEAD_BYTES];
    ssize_t size = pread(fd, head, sizeof head, 0);

    return size > 0 ? sniff(head, (size_t)size) : SNIFF_UNKNOWN;
}

/* A broken picture is an original too, so that opening it tells. */
static unsigned count_of(int fd)
{
    enum sniff_kind kind = kind_of(fd);
    struct picture_probe probe;

    if (kind == SNIFF_TIFF && picture_probe(fd, kind, &probe) == 0)
        return probe.pages;
    return picture_readable(kind) && kind != SNIFF_DIB;
}

/* Gray or RGB, as the filters want it. */
static int open_original(const struct original *original, struct raster **ret)
{
    struct raster *raster;
    int fd = open_file(original->path), r;

    if (fd < 0)
        return fd;
    r = picture_open(fd, kind_of(fd), original->index, &raster);
    close(fd);
    if (r == 0 && raster->info.mode == RASTER_BW1)
        return filter_mode(raster, RASTER_GRAY8, NULL, ret);
    if (r == 0)
        *ret = raster;
    return r;
}

static int add_file(struct pages *pages, const char *dir, const char *name)
{
    char path[4096];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return -ENAMETOOLONG;

    int fd = open_file(path), r = 0;

    if (fd < 0)
        return fd == -EACCES || fd == -ENOENT || fd == -ENXIO || fd == -ELOOP ? 0 : fd;
    for (unsigned i = 0, count = count_of(fd); r == 0 && i < count && pages->count < PAGES_MAX; i++)
        r = add_original(pages, path, i);
    close(fd);
    return r;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int pages_open(const char *dir, struct pages **ret)
{
    struct pages *pages = calloc(1, sizeof *pages);
    struct dirent **entries;
    int r = 0, count;

    if (!pages)
        return -ENOMEM;
    count = scandir(dir, &entries, visible, alphasort);
    if (count < 0) {
        r = -errno;
        free(pages);
        return r;
    }
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = add_file(pages, dir, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    if (r < 0) {
        pages_free(pages);
        return r;
    }
    *ret = pages;
    return 0;
}

unsigned pages_count(const struct pages *pages)
{
    return pages->count;
}

static int turn(struct raster *raster, int rotation, struct raster **ret)
{
    if (rotation == 0) {
        *ret = raster;
        return 0;
    }
    return spool_turn(raster,
                      rotation == 90    ? SPOOL_90
                      : rotation == 180 ? SPOOL_180
                                        : SPOOL_270,
                      ret);
}

int pages_open_page(const struct pages *pages, unsigned page, const struct raster_request *request,
                    struct raster **ret)
{
    struct raster_info info;
    struct raster *raster;
    /* Black and white is decided last, from the gray of the finished page. */
    enum raster_mode mode = request->mode == RASTER_RGB24 ? RASTER_RGB24 : RASTER_GRAY8;
    int r = raster_request_size(request, &info);

    if (r < 0)
        return r;
    if (page < 1 || page > pages->count)
        return -ENOENT;

    r = open_original(&pages->originals[page - 1], &raster);
    if (r == 0)
        r = resample_open(raster, request, &raster);
    if (r == 0)
        r = filter_mode(raster, mode, NULL, &raster);
    if (r == 0)
        r = filter_adjust(raster, request->brightness, request->contrast, request->sharpness,
                          &raster);
    if (r == 0)
        r = turn(raster, request->rotation, &raster);
    if (r == 0)
        r = filter_mode(raster, request->mode, NULL, &raster);
    if (r == 0)
        *ret = raster;
    return r;
}

void pages_free(struct pages *pages)
{
    if (!pages)
        return;
    for (unsigned i = 0; i < pages->count; i++)
        free(pages->originals[i].path);
    free(pages->originals);
    free(pages);
}
