/* SPDX-License-Identifier: MIT */
#include "helper.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spool.h"

struct raster_request a4(enum raster_mode mode, uint32_t dpi)
{
    return (struct raster_request){.mode = mode,
                                   .dpi_x = dpi,
                                   .dpi_y = dpi,
                                   .width = 8268,
                                   .height = 11693,
                                   .media_width = 8268,
                                   .media_height = 11693,
                                   .scale_x = 100,
                                   .scale_y = 100,
                                   .page = 1,
                                   .title = "Test"};
}

struct image image_read(struct raster *raster)
{
    struct image image = {.info = raster->info, .stride = raster_row_bytes(&raster->info)};

    image.data = malloc(image.stride * raster->info.height);
    assert_non_null(image.data);
    for (uint32_t y = 0; y < raster->info.height; y++)
        assert_int_equal(raster->read_row(raster, image.data + y * image.stride), 0);
    raster_free(raster);
    return image;
}

struct image image_of_chart(const struct raster_request *request)
{
    struct raster *raster;

    assert_int_equal(chart_open(request, &raster), 0);
    return image_read(raster);
}

void image_free(struct image *image)
{
    free(image->data);
    image->data = NULL;
}

unsigned image_pixel(const struct image *image, uint32_t x, uint32_t y)
{
    const uint8_t *row = image->data + y * image->stride;

    switch (image->info.mode) {
    case RASTER_BW1:
        return row[x / 8] >> (7 - x % 8) & 1;
    case RASTER_GRAY8:
        return row[x];
    case RASTER_RGB24:
        break;
    }
    row += (size_t)x * 3;
    return (unsigned)(row[0] << 16 | row[1] << 8 | row[2]);
}

void assert_images_equal(const struct image *a, const struct image *b)
{
    assert_int_equal(a->info.width, b->info.width);
    assert_int_equal(a->info.height, b->info.height);
    assert_int_equal(a->info.mode, b->info.mode);
    assert_memory_equal(a->data, b->data, a->stride * a->info.height);
}

struct image_raster {
    struct raster raster;
    const struct image *image;
    uint32_t row;
};

static int read_row(struct raster *raster, uint8_t *row)
{
    struct image_raster *reader = (struct image_raster *)raster;

    memcpy(row, reader->image->data + reader->row++ * reader->image->stride, reader->image->stride);
    return 0;
}

static void free_reader(struct raster *raster)
{
    free(raster);
}

struct raster *raster_of(const struct image *image)
{
    struct image_raster *reader = calloc(1, sizeof *reader);

    assert_non_null(reader);
    reader->raster =
        (struct raster){.info = image->info, .read_row = read_row, .free = free_reader};
    reader->image = image;
    return &reader->raster;
}

struct charts {
    struct raster_request request;
    unsigned left;
};

static struct raster *next_chart(void *user)
{
    struct charts *charts = user;
    struct raster *raster = NULL;

    if (charts->left == 0)
        return NULL;
    charts->left--;
    assert_int_equal(chart_open(&charts->request, &raster), 0);
    charts->request.page++;
    return raster;
}

int encode_chart(const char *format, const struct raster_request *request, unsigned pages,
                 uint8_t **ret, size_t *ret_size)
{
    struct charts charts = {*request, pages};
    struct encoder *encoder;
    size_t size = 0, room = 1 << 16;
    uint8_t *data = malloc(room);
    ssize_t got;

    assert_non_null(data);
    assert_int_equal(encoder_open(format, 92, next_chart, &charts, &encoder), 0);
    /* An odd size, so that parts never match what the encoder made. */
    while ((got = encoder_read(encoder, data + size, 4099)) > 0) {
        size += (size_t)got;
        if (room - size < 4099) {
            room *= 2;
            data = realloc(data, room);
            assert_non_null(data);
        }
    }
    encoder_free(encoder);
    if (got < 0) {
        free(data);
        return (int)got;
    }
    *ret = data;
    *ret_size = size;
    return 0;
}

int file_of(const uint8_t *data, size_t size)
{
    int fd = spool_open(NULL);

    assert_true(fd >= 0);
    assert_int_equal(spool_write(fd, 0, data, size), 0);
    return fd;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif

long peak_memory(void (*work)(const void *argument), const void *argument)
{
    struct rusage before, after;
    int ends[2], status;
    long growth = 0;

#ifdef SANITIZED
    skip(); /* freed memory is kept for a while there, so a peak says nothing */
#endif
    assert_int_equal(pipe(ends), 0);

    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        getrusage(RUSAGE_SELF, &before);
        work(argument);
        getrusage(RUSAGE_SELF, &after);
        growth = after.ru_maxrss - before.ru_maxrss;
        _exit(write(ends[1], &growth, sizeof growth) == sizeof growth ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &growth, sizeof growth), sizeof growth);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return growth;
}
