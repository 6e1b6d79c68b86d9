/* SPDX-License-Identifier: MIT */
/*
 * The built-in test chart: rulers, patches, a grey ramp, line pairs, circles and lettering, laid
 * out in millimetres of the media and drawn on the pixel grid of the resolution asked for. A
 * region therefore shows exactly its part of the whole, and a rotated chart is the rotation of the
 * upright one, pixel for pixel.
 */
#ifndef WSD_APPS_RASTER_CHART_H
#define WSD_APPS_RASTER_CHART_H

#include "raster.h"

int chart_open(const struct raster_request *request, struct raster **ret);

#endif
