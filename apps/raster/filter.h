/* SPDX-License-Identifier: MIT */
/*
 * Rasters made of rasters, each holding a few rows at most.
 * Every filter owns the raster given to it from the call on, also when it fails.
 */
#ifndef WSD_APPS_RASTER_FILTER_H
#define WSD_APPS_RASTER_FILTER_H

#include "raster.h"

/* Pixel (column, row) of a raster lies at (x + xx column + xy row, y + yx column + yy row) of the
 * media's pixel grid; of the factors two are 0 and two are 1 or -1. */
struct filter_grid {
    int64_t x, y;
    int xx, xy, yx, yy;
};

/* Brightness and contrast (-1000..1000) by table, sharpness (-100..100) by a 3 by 3 kernel. With
 * all three 0 the source itself comes back. Gray and RGB only. */
int filter_adjust(struct raster *source, int brightness, int contrast, int sharpness,
                  struct raster **ret);

/* Any mode into any other; the source itself when it is in that mode already. BW1 is made with an
 * ordered dither on `grid`, or with a threshold in the middle when `grid` is NULL. */
int filter_mode(struct raster *source, enum raster_mode mode, const struct filter_grid *grid,
                struct raster **ret);

/* The rectangle of the source whose corner is (x, y), in any mode. -EINVAL unless it lies inside.
 */
int filter_cut(struct raster *source, uint32_t x, uint32_t y, uint32_t width, uint32_t height,
               struct raster **ret);

#endif
