/* SPDX-License-Identifier: MIT */
/*
 * Separable resampling of a stream of rows: each source row is sampled across once, then rows are
 * weighed downwards. Of the rows so sampled two are kept, which is as far back as a window reaches
 * into what the window above it had read.
 */
#include "resample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WHITE 255

/* One axis: source position = pixel position * ratio - offset, in source pixels. */
struct axis {
    double ratio, offset;
    int64_t first;    /* grid position of the result's first pixel */
    uint32_t samples; /* in the source */
};

struct window {
    uint32_t first, count; /* count 0: off the picture */
    size_t weights;        /* where its weights start in the list of the axis */
};

struct resample {
    struct raster raster;
    struct raster *source;
    struct axis x, y;
    struct window *windows; /* of a row */
    float *weights;
    float *recent[2], *sum; /* row n is in recent[n % 2] */
    uint8_t *row;           /* of the source */
    uint32_t next_row, rows_read;
};

static void resample_free(struct raster *raster)
{
    struct resample *resample = (struct resample *)raster;

    raster_free(resample->source);
    free(resample->windows);
    free(resample->weights);
    free(resample->recent[0]);
    free(resample->recent[1]);
    free(resample->sum);
    free(resample->row);
    free(resample);
}

static uint32_t at_most(double value, uint32_t most)
{
    return value <= 0 ? 0 : value >= most ? most : (uint32_t)value;
}

/* The source samples under the pixel, and in `weights` (room for window_room()) their shares. */
static struct window make_window(const struct axis *axis, uint32_t pixel, float *weights)
{
    double from = (double)(axis->first + pixel) * axis->ratio - axis->offset;
    double until = from + axis->ratio, centre = (from + until) / 2, total = 0;
    struct window window = {0};

    if (centre < 0 || centre >= axis->samples)
        return window;
    if (axis->ratio < 1) { /* the two samples about the centre */
        from = floor(centre - 0.5) + 0.5;
        until = from + 1;
        window.first = at_most(from - 0.5, axis->samples - 1);
        window.count = at_most(until + 0.5, axis->samples) - window.first;
    } else {
        window.first = at_most(floor(from + 1e-9), axis->samples - 1);
        window.count = at_most(ceil(until - 1e-9), axis->samples) - window.first;
    }
    for (uint32_t i = 0; i < window.count; i++) {
        double sample = window.first + i;
        double share = axis->ratio < 1 ? 1 - fabs(sample + 0.5 - centre)
                                       : fmin(sample + 1, until) - fmax(sample, from);

        weights[i] = (float)fmax(share, 1e-9);
        total += (double)weights[i];
    }
    for (uint32_t i = 0; i < window.count; i++)
        weights[i] = (float)((double)weights[i] / total);
    return window;
}

static size_t window_room(const struct axis *axis)
{
    return (size_t)fmin(ceil(axis->ratio) + 2, axis->samples) + 2;
}

static int read_source_row(struct resample *resample)
{
    uint32_t width = resample->raster.info.width;
    size_t channels = resample->raster.info.mode == RASTER_RGB24 ? 3 : 1;
    float *out = resample->recent[resample->rows_read % 2];
    int r = resample->source->read_row(resample->source, resample->row);

    if (r < 0)
        return r;
    resample->rows_read++;
    for (uint32_t x = 0; x < width; x++, out += channels) {
        const struct window *window = &resample->windows[x];
        const float *weights = resample->weights + window->weights;
        const uint8_t *in = resample->row + window->first * channels;

        for (size_t c = 0; c < channels; c++) {
            float sum = window->count ? 0 : WHITE;

            for (uint32_t i = 0; i < window->count; i++)
                sum += weights[i] * in[i * channels + c];
            out[c] = sum;
        }
    }
    return 0;
}

static int sum_rows(struct resample *resample, const struct window *window, const float *weights)
{
    size_t size = raster_row_bytes(&resample->raster.info);

    memset(resample->sum, 0, size * sizeof(float));
    for (uint32_t i = 0; i < window->count; i++) {
        uint32_t row = window->first + i;

        while (resample->rows_read <= row) {
            int r = read_source_row(resample);

            if (r < 0)
                return r;
        }
        const float *in = resample->recent[row % 2];

        for (size_t j = 0; j < size; j++)
            resample->sum[j] += weights[i] * in[j];
    }
    return 0;
}

static int resample_row(struct raster *raster, uint8_t *out)
{
    struct resample *resample = (struct resample *)raster;
    size_t size = raster_row_bytes(&raster->info);
    float *weights = malloc(window_room(&resample->y) * sizeof *weights);

    if (!weights)
        return -ENOMEM;

    struct window window = make_window(&resample->y, resample->next_row++, weights);
    int r = window.count ? sum_rows(resample, &window, weights) : 0;

    free(weights);
    if (r < 0)
        return r;
    if (window.count == 0)
        memset(out, WHITE, size);
    else
        for (size_t i = 0; i < size; i++)
            out[i] = (uint8_t)(fminf(fmaxf(resample->sum[i], 0), 255) + 0.5f);
    return 0;
}

/* Where the picture lies on the media and how many of its pixels fall into an inch of it. */
static void place(struct resample *resample, const struct raster_request *request)
{
    const struct raster_info *picture = &resample->source->info;
    double media_x = (request->media_width ? request->media_width : request->x + request->width);
    double media_y = (request->media_height ? request->media_height : request->y + request->height);
    double scale_x = (request->scale_x ? request->scale_x : 100) / 100.0;
    double scale_y = (request->scale_y ? request->scale_y : 100) / 100.0;
    double per_inch_x = picture->dpi_x, per_inch_y = picture->dpi_y;
    double left = 0, top = 0; /* 1/1000 inch */

    if (picture->dpi_x == 0 || picture->dpi_y == 0) {
        per_inch_x = per_inch_y = fmax(picture->width / media_x, picture->height / media_y) * 1000;
        left = (media_x - picture->width / per_inch_x * 1000) / 2;
        top = (media_y - picture->height / per_inch_y * 1000) / 2;
    }
    resample->x.ratio = per_inch_x / (request->dpi_x * scale_x);
    resample->y.ratio = per_inch_y / (request->dpi_y * scale_y);
    resample->x.offset = left / 1000 * per_inch_x;
    resample->y.offset = top / 1000 * per_inch_y;
    resample->x.first = llround(request->x * scale_x * request->dpi_x / 1000);
    resample->y.first = llround(request->y * scale_y * request->dpi_y / 1000);
    resample->x.samples = picture->width;
    resample->y.samples = picture->height;
}

static int prepare(struct resample *resample)
{
    uint32_t width = resample->raster.info.width;
    size_t size = raster_row_bytes(&resample->raster.info), room = window_room(&resample->x);
    size_t used = 0, most = room + (size_t)((width + 1) * fmin(resample->x.ratio + 3, 1e6));

    if (most > (size_t)resample->x.samples * 2 + (size_t)width * 4 + room)
        most = (size_t)resample->x.samples * 2 + (size_t)width * 4 + room;
    resample->windows = calloc(width, sizeof *resample->windows);
    resample->weights = calloc(most, sizeof *resample->weights);
    resample->recent[0] = calloc(size, sizeof(float));
    resample->recent[1] = calloc(size, sizeof(float));
    resample->sum = calloc(size, sizeof(float));
    resample->row = malloc(raster_row_bytes(&resample->source->info));
    if (!resample->windows || !resample->weights || !resample->recent[0] || !resample->recent[1] ||
        !resample->sum || !resample->row)
        return -ENOMEM;
    for (uint32_t x = 0; x < width; x++) {
        if (used + room > most)
            return -EINVAL;
        resample->windows[x] = make_window(&resample->x, x, resample->weights + used);
        resample->windows[x].weights = used;
        used += resample->windows[x].count;
    }
    return 0;
}

int resample_open(struct raster *source, const struct raster_request *request, struct raster **ret)
{
    struct raster_request upright = *request;
    struct resample *resample = calloc(1, sizeof *resample);
    struct raster_info info;
    int r;

    if (!resample) {
        raster_free(source);
        return -ENOMEM;
    }
    upright.rotation = 0;
    r = raster_request_size(&upright, &info);
    info.mode = source->info.mode;
    resample->raster =
        (struct raster){.info = info, .read_row = resample_row, .free = resample_free};
    resample->source = source;
    if (r == 0) {
        place(resample, request);
        r = prepare(resample);
    }
    if (r < 0) {
        resample_free(&resample->raster);
        return r;
    }
    *ret = &resample->raster;
    return 0;
}
