/* SPDX-License-Identifier: MIT */
/*
 * Encoding to a descriptor. Memory: a row and a piece of the file.
 */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/gather.h"
#include "../raster/encoder.h"
#include "../raster/filter.h"

#define ENCODE_BYTES 65536u

static struct raster *take_raster(void *user)
{
    struct raster **slot = user;
    struct raster *raster = *slot;
    *slot = NULL;
    return raster;
}

static int pump(struct encoder *encoder, int fd)
{
    char *buf = malloc(ENCODE_BYTES);
    if (!buf)
        return -ENOMEM;
    ssize_t n;
    int r = 0;
    while (r == 0 && (n = encoder_read(encoder, buf, ENCODE_BYTES)) != 0)
        r = n < 0 ? (int)n : write_all(fd, buf, (size_t)n);
    free(buf);
    return r;
}

int image_write(int fd, enum sniff_kind kind, struct raster *raster, int quality)
{
    struct encoder *encoder = NULL;
    int r = 0;
    /* JPEG has no bi-level mode: black and white become the ends of gray. */
    if (kind == SNIFF_JPEG && raster->info.mode == RASTER_BW1)
        r = filter_mode(raster, RASTER_GRAY8, NULL, &raster);
    if (r < 0)
        return r;
    r = encoder_open(kind == SNIFF_JPEG ? "jfif" : "png", quality, take_raster, &raster, &encoder);
    if (r == 0)
        r = pump(encoder, fd);
    encoder_free(encoder);
    raster_free(raster);
    return r;
}
