/* SPDX-License-Identifier: MIT */
/*
 * A display list and the raster that paints it row by row: rectangles, rings and lines given in
 * millimetres, placed on the absolute pixel grid of the media, cut to the region and turned as the
 * request asks. Knows nothing of what the picture shows.
 *
 * Cost: memory is the list (16 to 64 bytes a shape that touches the region) and two rows. The
 * rectangles of a row are painted once and kept for the rows below that cross no edge; such a row
 * costs one copy and its round or slanted spans.
 */
#ifndef WSD_APPS_RASTER_SCENE_H
#define WSD_APPS_RASTER_SCENE_H

#include "filter.h"
#include "raster.h"

#define SCENE_RGB(r, g, b) ((uint32_t)(r) << 16 | (uint32_t)(g) << 8 | (uint32_t)(b))

struct scene;

/* `request` is copied as far as it is needed. Rows come in the request's mode, BW1 as gray. */
int scene_open(const struct raster_request *request, struct scene **ret);
void scene_free(struct scene *scene);

/* A failed allocation is remembered and reported by scene_close(), so that drawing needs no check
 * at every line. What falls outside the region costs nothing. */
void scene_rect(struct scene *scene, double x, double y, double width, double height,
                uint32_t colour);
/* A rectangle of at least one pixel either way, for hair lines. */
void scene_hair(struct scene *scene, double x, double y, double width, double height,
                uint32_t colour);
void scene_ring(struct scene *scene, double x, double y, double outer, double inner,
                uint32_t colour);
/* Slanted, cut to the box that its end points span; upright lines are rectangles. */
void scene_line(struct scene *scene, double x0, double y0, double x1, double y1, double thickness,
                uint32_t colour);
/* `module` is the size of one dot of the face in millimetres, at least one pixel. */
void scene_text(struct scene *scene, double x, double y, double module, uint32_t colour,
                const char *text);

/* The millimetres across that a module really takes: it is whole pixels, and never none. */
double scene_module(const struct scene *scene, double module);

/* Where the rows' pixels lie on the media's grid, for a dither that does not move with the region.
 */
struct filter_grid scene_grid(const struct scene *scene);

/* Ends drawing and turns the list into a raster, which then owns it; frees it on failure too. */
int scene_close(struct scene *scene, struct raster **ret);

#endif
