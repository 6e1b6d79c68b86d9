/* SPDX-License-Identifier: MIT */
/*
 * Lays a picture on the media and samples the region that is asked for at the resolution asked.
 */
#ifndef WSD_APPS_RASTER_RESAMPLE_H
#define WSD_APPS_RASTER_RESAMPLE_H

#include "raster.h"

/* Gray or RGB, upright, without exposure: the rest of the request is for filters. Box means where
 * pixels shrink, linear where they grow, the very samples where they match. Owns `source` from the
 * call on, also when it fails.
 * Cost: three rows of the result as float and the weights of one row. */
int resample_open(struct raster *source, const struct raster_request *request, struct raster **ret);

#endif
