/* SPDX-License-Identifier: MIT */
/*
 * The display list of scene.h. Rectangles are rounded to the media's pixel grid and then carried
 * into the coordinates of the turned and cut picture, in whole numbers, so turning is exact. Rings
 * and lines stay in media pixels; a row asks them for the span they cover, found by square root or
 * division and then settled by the same test on the pixel itself whichever way the row runs.
 */
#include "scene.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "font.h"

#define MM_PER_INCH 25.4

struct rect {
    int32_t x0, y0, x1, y1; /* picture pixels, half open */
    uint32_t colour;
};

struct shape {
    bool line;
    uint32_t colour;
    double x, y;             /* centre, or a point of the line; media pixels */
    double outer_x, outer_y; /* ring: half axes */
    double inner_x, inner_y; /* 0: a disc */
    double nx, ny, half;     /* line: unit normal and half thickness */
    double left, top, right, bottom;
};

struct scene {
    struct raster raster;
    struct filter_grid grid;
    double pixels_x, pixels_y; /* per millimetre of the media */
    int64_t left, top;         /* the region's first pixel on the media's grid */
    int64_t width, height;     /* of the region, before turning */
    struct rect *rects;
    size_t rect_count, rect_room;
    struct shape *shapes;
    size_t shape_count, shape_room;
    int error;
    bool flipped;
    uint32_t next_row;
    int64_t cache_from, cache_until; /* rows that look like `cache` but for the shapes */
    uint8_t *cache;
};

/* ------------------------------------------------------------------ drawing */

static void *grow(struct scene *scene, void *array, size_t count, size_t *room, size_t item)
{
    if (count < *room)
        return array;

    size_t wanted = *room ? *room * 2 : 64;
    void *grown = reallocarray(array, wanted, item);

    if (!grown) {
        scene->error = -ENOMEM;
        return NULL;
    }
    *room = wanted;
    return grown;
}

/* Carries a box of the region (its pixels, half open) into the turned picture. */
static struct rect turn_box(const struct scene *scene, int64_t x0, int64_t y0, int64_t x1,
                            int64_t y1)
{
    int64_t width = scene->width, height = scene->height;

    if (scene->grid.xx > 0)
        return (struct rect){(int32_t)x0, (int32_t)y0, (int32_t)x1, (int32_t)y1, 0};
    if (scene->grid.xx < 0)
        return (struct rect){(int32_t)(width - x1), (int32_t)(height - y1), (int32_t)(width - x0),
                             (int32_t)(height - y0), 0};
    if (scene->grid.yx < 0)
        return (struct rect){(int32_t)(height - y1), (int32_t)x0, (int32_t)(height - y0),
                             (int32_t)x1, 0};
    return (struct rect){(int32_t)y0, (int32_t)(width - x1), (int32_t)y1, (int32_t)(width - x0), 0};
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void add_box(struct scene *scene, int64_t x0, int64_t y0, int64_t x1, int64_t y1,
                    uint32_t colour)
{
    x0 = clamp(x0 - scene->left, 0, scene->width);
    x1 = clamp(x1 - scene->left, 0, scene->width);
    y0 = clamp(y0 - scene->top, 0, scene->height);
    y1 = clamp(y1 - scene->top, 0, scene->height);
    if (x0 >= x1 || y0 >= y1)
        return;

    struct rect *rects =
        grow(scene, scene->rects, scene->rect_count, &scene->rect_room, sizeof *rects);

    if (!rects)
        return;
    scene->rects = rects;
    rects[scene->rect_count] = turn_box(scene, x0, y0, x1, y1);
    rects[scene->rect_count++].colour = colour;
}

static struct shape *add_shape(struct scene *scene)
{
    struct shape *shapes =
        grow(scene, scene->shapes, scene->shape_count, &scene->shape_room, sizeof *shapes);

    if (!shapes)
        return NULL;
    scene->shapes = shapes;
    shapes[scene->shape_count] = (struct shape){0};
    return &shapes[scene->shape_count++];
}

static int64_t grid_x(const struct scene *scene, double mm)
{
    return llround(mm * scene->pixels_x);
}

static int64_t grid_y(const struct scene *scene, double mm)
{
    return llround(mm * scene->pixels_y);
}

void scene_rect(struct scene *scene, double x, double y, double width, double height,
                uint32_t colour)
{
    add_box(scene, grid_x(scene, x), grid_y(scene, y), grid_x(scene, x + width),
            grid_y(scene, y + height), colour);
}

static int64_t at_least_one(int64_t pixels)
{
    return pixels > 0 ? pixels : 1;
}

void scene_hair(struct scene *scene, double x, double y, double width, double height,
                uint32_t colour)
{
    int64_t x0 = grid_x(scene, x), y0 = grid_y(scene, y);

    add_box(scene, x0, y0, x0 + at_least_one(grid_x(scene, width)),
            y0 + at_least_one(grid_y(scene, height)), colour);
}

void scene_ring(struct scene *scene, double x, double y, double outer, double inner,
                uint32_t colour)
{
    struct shape *shape = add_shape(scene);

    if (!shape)
        return;
    shape->colour = colour;
    shape->x = x * scene->pixels_x;
    shape->y = y * scene->pixels_y;
    /* A ring thinner than a pixel would fall apart into dots. */
    shape->outer_x = fmax(outer * scene->pixels_x, inner * scene->pixels_x + 1);
    shape->outer_y = fmax(outer * scene->pixels_y, inner * scene->pixels_y + 1);
    shape->inner_x = inner * scene->pixels_x;
    shape->inner_y = inner * scene->pixels_y;
}

void scene_line(struct scene *scene, double x0, double y0, double x1, double y1, double thickness,
                uint32_t colour)
{
    struct shape *shape = add_shape(scene);

    if (!shape)
        return;

    double dx = (x1 - x0) * scene->pixels_x, dy = (y1 - y0) * scene->pixels_y;
    double length = hypot(dx, dy);

    shape->line = true;
    shape->colour = colour;
    shape->x = x0 * scene->pixels_x;
    shape->y = y0 * scene->pixels_y;
    shape->nx = length > 0 ? -dy / length : 0;
    shape->ny = length > 0 ? dx / length : 1;
    shape->half = fmax(thickness * fmin(scene->pixels_x, scene->pixels_y) / 2, 0.5);
    shape->left = fmin(x0, x1) * scene->pixels_x;
    shape->right = fmax(x0, x1) * scene->pixels_x;
    shape->top = fmin(y0, y1) * scene->pixels_y;
    shape->bottom = fmax(y0, y1) * scene->pixels_y;
}

static void draw_glyph(struct scene *scene, int64_t x, int64_t y, int64_t module_x,
                       int64_t module_y, uint32_t colour, const uint8_t *glyph)
{
    for (int row = 0; row < FONT_ROWS; row++) {
        for (int column = 0; column < FONT_COLUMNS; column++) {
            int end = column;

            while (end < FONT_COLUMNS && glyph[row] >> (FONT_COLUMNS - 1 - end) & 1)
                end++;
            if (end == column)
                continue;
            add_box(scene, x + column * module_x, y + row * module_y, x + end * module_x,
                    y + (row + 1) * module_y, colour);
            column = end;
        }
    }
}

void scene_text(struct scene *scene, double x, double y, double module, uint32_t colour,
                const char *text)
{
    int64_t module_x = at_least_one(grid_x(scene, module));
    int64_t module_y = at_least_one(grid_y(scene, module));
    int64_t left = grid_x(scene, x), top = grid_y(scene, y);

    for (; *text; text++, left += FONT_ADVANCE * module_x)
        draw_glyph(scene, left, top, module_x, module_y, colour, font_glyph(*text));
}

/* ----------------------------------------------------------------- painting */

static void fill(const struct scene *scene, uint8_t *row, int64_t from, int64_t until,
                 uint32_t colour)
{
    uint8_t red = (uint8_t)(colour >> 16), green = (uint8_t)(colour >> 8), blue = (uint8_t)colour;

    if (scene->raster.info.mode == RASTER_GRAY8) {
        memset(row + from, (299 * red + 587 * green + 114 * blue + 500) / 1000,
               (size_t)(until - from));
        return;
    }
    if (red == green && green == blue) {
        memset(row + from * 3, red, (size_t)(until - from) * 3);
        return;
    }
    for (uint8_t *at = row + from * 3, *end = row + until * 3; at < end; at += 3) {
        at[0] = red;
        at[1] = green;
        at[2] = blue;
    }
}

static void paint_rects(struct scene *scene, int64_t row)
{
    scene->cache_from = 0;
    scene->cache_until = scene->raster.info.height;
    memset(scene->cache, 255, raster_row_bytes(&scene->raster.info));
    for (size_t i = 0; i < scene->rect_count; i++) {
        const struct rect *rect = &scene->rects[i];

        if (row < rect->y0) {
            if (rect->y0 < scene->cache_until)
                scene->cache_until = rect->y0;
        } else if (row >= rect->y1) {
            if (rect->y1 > scene->cache_from)
                scene->cache_from = rect->y1;
        } else {
            if (rect->y0 > scene->cache_from)
                scene->cache_from = rect->y0;
            if (rect->y1 < scene->cache_until)
                scene->cache_until = rect->y1;
            fill(scene, scene->cache, rect->x0, rect->x1, rect->colour);
        }
    }
}

static bool in_ellipse(double dx, double dy, double half_x, double half_y)
{
    double a = dx * half_y, b = dy * half_x, c = half_x * half_y;

    return a * a + b * b <= c * c;
}

/* Whether the shape (a ring: its outer or its inner ellipse) holds the picture's pixel. */
static bool covers(const struct scene *scene, const struct shape *shape, bool inner, int64_t column,
                   int64_t row)
{
    const struct filter_grid *grid = &scene->grid;
    double x = (double)(grid->x + grid->xx * column + grid->xy * row) + 0.5;
    double y = (double)(grid->y + grid->yx * column + grid->yy * row) + 0.5;

    if (shape->line)
        return x >= shape->left && x <= shape->right && y >= shape->top && y <= shape->bottom &&
               fabs((x - shape->x) * shape->nx + (y - shape->y) * shape->ny) <= shape->half;
    return in_ellipse(x - shape->x, y - shape->y, inner ? shape->inner_x : shape->outer_x,
                      inner ? shape->inner_y : shape->outer_y);
}

/* About where the shape crosses a line of the media, as a centre and a half width on the axis that
 * runs along it; false if it does not. `along_x`: the line is level and lies at `at`. */
static bool crossing(const struct shape *shape, bool inner, bool along_x, double at, double *centre,
                     double *half)
{
    if (shape->line) {
        double run = along_x ? shape->nx : shape->ny, rise = along_x ? shape->ny : shape->nx;
        double start = along_x ? shape->x : shape->y, level = along_x ? shape->y : shape->x;

        if (fabs(run) < 1e-9)
            return false;
        *centre = start - (at - level) * rise / run;
        *half = shape->half / fabs(run) + 1;
        return true;
    }

    double half_x = inner ? shape->inner_x : shape->outer_x;
    double half_y = inner ? shape->inner_y : shape->outer_y;
    double across = (at - (along_x ? shape->y : shape->x)) / (along_x ? half_y : half_x);

    if (!(fabs(across) <= 1))
        return false;
    *centre = along_x ? shape->x : shape->y;
    *half = (along_x ? half_x : half_y) * sqrt(1 - across * across) + 1;
    return true;
}

/* The span of the row's pixels that the shape covers, half open; both are convex, so it is one. */
static void span_of(const struct scene *scene, const struct shape *shape, bool inner, int64_t row,
                    int64_t *from, int64_t *until)
{
    const struct filter_grid *grid = &scene->grid;
    bool along_x = grid->xx != 0;
    double origin = (double)(along_x ? grid->x + grid->xy * row : grid->y + grid->yy * row) + 0.5;
    double at = (double)(along_x ? grid->y + grid->yy * row : grid->x + grid->xy * row) + 0.5;
    double step = along_x ? grid->xx : grid->yx;
    int64_t width = scene->raster.info.width;
    double centre, half;

    *from = *until = 0;
    if (!crossing(shape, inner, along_x, at, &centre, &half))
        return;

    double middle = (centre - origin) * step;

    if (middle + half < -1 || middle - half > (double)width + 1)
        return;
    *from = clamp((int64_t)floor(middle - half), 0, width);
    *until = clamp((int64_t)ceil(middle + half) + 1, 0, width);
    while (*from < *until && !covers(scene, shape, inner, *from, row))
        ++*from;
    while (*from < *until && !covers(scene, shape, inner, *until - 1, row))
        --*until;
}

static void paint_shape(const struct scene *scene, const struct shape *shape, int64_t row,
                        uint8_t *out)
{
    int64_t from, until, hole_from, hole_until;

    span_of(scene, shape, false, row, &from, &until);
    if (from >= until)
        return;
    hole_from = hole_until = until;
    if (!shape->line && shape->inner_x > 0) {
        span_of(scene, shape, true, row, &hole_from, &hole_until);
        if (hole_from >= hole_until)
            hole_from = hole_until = until;
    }
    fill(scene, out, from, hole_from, shape->colour);
    if (hole_until < until)
        fill(scene, out, hole_until, until, shape->colour);
}

static int read_row(struct raster *raster, uint8_t *out)
{
    struct scene *scene = (struct scene *)raster;
    int64_t row = scene->next_row++;

    if (scene->flipped)
        row = raster->info.height - 1 - row;
    if (row < scene->cache_from || row >= scene->cache_until)
        paint_rects(scene, row);
    memcpy(out, scene->cache, raster_row_bytes(&raster->info));
    for (size_t i = 0; i < scene->shape_count; i++)
        paint_shape(scene, &scene->shapes[i], row, out);
    return 0;
}

static int flip(struct raster *raster)
{
    struct scene *scene = (struct scene *)raster;

    scene->flipped = !scene->flipped;
    return 0;
}

/* ----------------------------------------------------------- making, ending */

static void raster_scene_free(struct raster *raster)
{
    scene_free((struct scene *)raster);
}

void scene_free(struct scene *scene)
{
    if (!scene)
        return;
    free(scene->rects);
    free(scene->shapes);
    free(scene->cache);
    free(scene);
}

static struct filter_grid turned_grid(const struct scene *scene, int rotation)
{
    int64_t left = scene->left, top = scene->top;
    int64_t right = left + scene->width - 1, bottom = top + scene->height - 1;

    switch (rotation) {
    case 90:
        return (struct filter_grid){left, bottom, 0, 1, -1, 0};
    case 180:
        return (struct filter_grid){right, bottom, -1, 0, 0, -1};
    case 270:
        return (struct filter_grid){right, top, 0, -1, 1, 0};
    default:
        return (struct filter_grid){left, top, 1, 0, 0, 1};
    }
}

int scene_open(const struct raster_request *request, struct scene **ret)
{
    struct raster_info info;
    int r = raster_request_size(request, &info);

    if (r < 0)
        return r;

    struct scene *scene = calloc(1, sizeof *scene);

    if (!scene)
        return -ENOMEM;

    bool turned = request->rotation % 180 != 0;
    double scale_x = (request->scale_x ? request->scale_x : 100) / 100.0;
    double scale_y = (request->scale_y ? request->scale_y : 100) / 100.0;

    if (info.mode == RASTER_BW1)
        info.mode = RASTER_GRAY8;
    scene->raster = (struct raster){
        .info = info, .read_row = read_row, .free = raster_scene_free, .flip = flip};
    scene->pixels_x = request->dpi_x * scale_x / MM_PER_INCH;
    scene->pixels_y = request->dpi_y * scale_y / MM_PER_INCH;
    scene->left = llround(request->x * scale_x * request->dpi_x / 1000);
    scene->top = llround(request->y * scale_y * request->dpi_y / 1000);
    scene->width = turned ? info.height : info.width;
    scene->height = turned ? info.width : info.height;
    scene->grid = turned_grid(scene, request->rotation);
    *ret = scene;
    return 0;
}

double scene_module(const struct scene *scene, double module)
{
    double across = (double)at_least_one(grid_x(scene, module)) / scene->pixels_x;
    double down = (double)at_least_one(grid_y(scene, module)) / scene->pixels_y;

    return fmax(across, down);
}

struct filter_grid scene_grid(const struct scene *scene)
{
    return scene->grid;
}

int scene_close(struct scene *scene, struct raster **ret)
{
    if (scene->error == 0) {
        scene->cache = malloc(raster_row_bytes(&scene->raster.info));
        if (!scene->cache)
            scene->error = -ENOMEM;
    }
    if (scene->error < 0) {
        int r = scene->error;

        scene_free(scene);
        return r;
    }
    *ret = &scene->raster;
    return 0;
}
