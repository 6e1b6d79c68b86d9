/* SPDX-License-Identifier: MIT */
/*
 * Which reader for which format, and what the readers share.
 */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>

#include "bytes.h"

bool picture_readable(enum sniff_kind kind)
{
    return kind == SNIFF_JPEG || kind == SNIFF_PNG || kind == SNIFF_TIFF || kind == SNIFF_BMP ||
           kind == SNIFF_DIB;
}

int picture_open(int fd, enum sniff_kind kind, unsigned page, struct raster **ret)
{
    if (kind == SNIFF_TIFF)
        return picture_open_tiff(fd, page, ret);
    if (page > 0)
        return -EINVAL;
    switch (kind) {
    case SNIFF_JPEG:
        return picture_open_jpeg(fd, ret);
    case SNIFF_PNG:
        return picture_open_png(fd, ret);
    case SNIFF_BMP:
    case SNIFF_DIB:
        return picture_open_bmp(fd, ret);
    default:
        return -ENOTSUP;
    }
}

int picture_probe(int fd, enum sniff_kind kind, struct picture_probe *ret)
{
    if (kind == SNIFF_TIFF)
        return picture_probe_tiff(fd, ret);
    *ret = (struct picture_probe){.pages = 1};
    struct raster *raster = NULL;
    int r = picture_open(fd, kind, 0, &raster);
    if (r < 0)
        return r == -ENOTSUP ? 0 : r;
    ret->info = raster->info;
    raster_free(raster);
    return 0;
}

int picture_duplicate(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? -errno : copy;
}

uint32_t picture_dpi(double per_inch)
{
    return per_inch >= 1 && per_inch <= RASTER_MAX_DPI ? nearest(per_inch) : 0;
}
