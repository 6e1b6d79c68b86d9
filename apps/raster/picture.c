/* SPDX-License-Identifier: MIT */
/*
 * Which reader for which format, and what the readers share.
 */
#include "picture.h"

#include <errno.h>

#include "bytes.h"

bool picture_readable(enum sniff_kind kind)
{
    return kind == SNIFF_JPEG || kind == SNIFF_PNG || kind == SNIFF_TIFF || kind == SNIFF_BMP ||
           kind == SNIFF_DIB;
}

static int open_source(struct source *source, enum sniff_kind kind, unsigned page,
                       struct raster **ret)
{
    if (kind == SNIFF_TIFF)
        return picture_read_tiff(source, page, ret);
    if (page == 0 && kind == SNIFF_JPEG)
        return picture_read_jpeg(source, 1, ret);
    if (page == 0 && kind == SNIFF_PNG)
        return picture_read_png(source, ret);
    if (page == 0 && (kind == SNIFF_BMP || kind == SNIFF_DIB))
        return picture_read_bmp(source, ret);
    source_close(source);
    return page > 0 ? -EINVAL : -ENOTSUP;
}

int picture_open(int fd, enum sniff_kind kind, unsigned page, struct raster **ret)
{
    struct source *source = NULL;
    int r = source_open_file(fd, &source);

    return r < 0 ? r : open_source(source, kind, page, ret);
}

int picture_open_stream(const struct source_stream *stream, enum sniff_kind kind, unsigned page,
                        struct raster **ret)
{
    struct source *source = NULL;
    int r = source_open_stream(stream, &source);

    return r < 0 ? r : open_source(source, kind, page, ret);
}

int picture_open_jpeg_small(int fd, unsigned denominator, struct raster **ret)
{
    struct source *source = NULL;
    int r = source_open_file(fd, &source);

    return r < 0 ? r : picture_read_jpeg(source, denominator, ret);
}

int picture_probe(int fd, enum sniff_kind kind, struct picture_probe *ret)
{
    if (kind == SNIFF_TIFF) {
        struct source *source = NULL;
        int opened = source_open_file(fd, &source);
        return opened < 0 ? opened : picture_probe_tiff(source, ret);
    }
    *ret = (struct picture_probe){.pages = 1};
    struct raster *raster = NULL;
    int r = picture_open(fd, kind, 0, &raster);
    if (r < 0)
        return r == -ENOTSUP ? 0 : r;
    ret->info = raster->info;
    raster_free(raster);
    return 0;
}

uint32_t picture_dpi(double per_inch)
{
    return per_inch >= 1 && per_inch <= RASTER_MAX_DPI ? nearest(per_inch) : 0;
}
