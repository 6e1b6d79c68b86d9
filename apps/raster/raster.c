/* SPDX-License-Identifier: MIT */
/*
 * What all rasters share: the length of a row, the size that a request leads to, the destructor.
 */
#include "raster.h"

#include <errno.h>

size_t raster_row_bytes(const struct raster_info *info)
{
    switch (info->mode) {
    case RASTER_BW1:
        return ((size_t)info->width + 7) / 8;
    case RASTER_GRAY8:
        return info->width;
    case RASTER_RGB24:
        break;
    }
    return (size_t)info->width * 3;
}

/* round(mil / 1000 * dpi * percent / 100) in whole numbers; 0 when past RASTER_MAX_SIDE. */
static uint32_t pixels_of(uint32_t mil, uint32_t dpi, uint32_t percent)
{
    uint64_t pixels = ((uint64_t)mil * dpi * percent + 50000) / 100000;

    if (pixels > RASTER_MAX_SIDE)
        return 0;
    return pixels > 0 ? (uint32_t)pixels : 1;
}

static bool in_range(int value, int low, int high)
{
    return value >= low && value <= high;
}

static bool request_valid(const struct raster_request *request)
{
    return request->mode <= RASTER_RGB24 && request->dpi_x > 0 && request->dpi_y > 0 &&
           request->dpi_x <= RASTER_MAX_DPI && request->dpi_y <= RASTER_MAX_DPI &&
           request->width > 0 && request->height > 0 && request->width <= INT32_MAX &&
           request->height <= INT32_MAX && request->x <= INT32_MAX && request->y <= INT32_MAX &&
           request->media_width <= INT32_MAX && request->media_height <= INT32_MAX &&
           request->scale_x <= 1000 && request->scale_y <= 1000 &&
           in_range(request->brightness, -1000, 1000) && in_range(request->contrast, -1000, 1000) &&
           in_range(request->sharpness, -100, 100) && in_range(request->rotation, 0, 270) &&
           request->rotation % 90 == 0;
}

int raster_request_size(const struct raster_request *request, struct raster_info *ret)
{
    if (!request_valid(request))
        return -EINVAL;

    uint32_t scale_x = request->scale_x ? request->scale_x : 100;
    uint32_t scale_y = request->scale_y ? request->scale_y : 100;
    uint32_t width = pixels_of(request->width, request->dpi_x, scale_x);
    uint32_t height = pixels_of(request->height, request->dpi_y, scale_y);
    bool turned = request->rotation % 180 != 0;

    if (width == 0 || height == 0)
        return -EINVAL;
    *ret = (struct raster_info){
        .width = turned ? height : width,
        .height = turned ? width : height,
        .mode = request->mode,
        .dpi_x = turned ? request->dpi_y : request->dpi_x,
        .dpi_y = turned ? request->dpi_x : request->dpi_y,
    };
    return 0;
}

void raster_free(struct raster *raster)
{
    if (raster)
        raster->free(raster);
}
