/* SPDX-License-Identifier: MIT */
/*
 * Rows of an uncompressed BMP, which is what a scanner's "dib" becomes once its file header is in
 * front: 1, 4, 8, 24 and 32 bits, rows from either end. A BMP is a raster with a header; libjpeg,
 * libpng and libtiff do not read it and nothing that does is worth a dependency. Compressed forms
 * are refused. Every number of the header is checked before it is used; rows from the
 * bottom up of a picture that is still arriving wait for its end, in a file. Memory: one row, or
 * STRIP bytes of them where they are read backwards.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "picture.h"

#if defined(__x86_64__) || defined(__i386__)
#include <tmmintrin.h>
#define HAS_SHUFFLE
#endif

#define FILE_HEADER     14u
#define INFO_HEADER     40u
#define METRES_PER_INCH 0.0254
#define STRIP           (128u << 10)

struct bmp {
    struct raster raster;
    struct source *source;
    unsigned bits;
    bool bottom_up, inverted;
    uint32_t next;
    uint64_t offset, stride;
    uint8_t palette[256][4]; /* blue, green, red, nothing */
    uint8_t *lines;          /* `room` of them, of which `held` are read, from `first` on */
    uint32_t room, first, held;
    const uint8_t *line;
};

static void bmp_free(struct raster *raster)
{
    struct bmp *bmp = (struct bmp *)raster;
    source_close(bmp->source);
    free(bmp->lines);
    free(bmp);
}

/* Index of pixel x in a line of 1, 4 or 8 bits a pixel. */
static unsigned index_at(const struct bmp *bmp, uint32_t x)
{
    unsigned per_byte = 8 / bmp->bits;
    unsigned shift = 8 - bmp->bits * (1 + x % per_byte);
    return (unsigned)bmp->line[x / per_byte] >> shift & ((1u << bmp->bits) - 1);
}

static void convert_bits(const struct bmp *bmp, uint8_t *row)
{
    uint32_t width = bmp->raster.info.width;
    size_t len = raster_row_bytes(&bmp->raster.info);
    for (size_t i = 0; i < len; i++)
        row[i] = bmp->inverted ? (uint8_t)~bmp->line[i] : bmp->line[i];
    if (width % 8)
        row[len - 1] &= (uint8_t)(0xFF00 >> width % 8);
}

/* Blue, green, red to red, green, blue. A shuffle of five pixels at a time takes a sixth of the
 * time that the bytes take one by one. */
#ifdef HAS_SHUFFLE
__attribute__((target("ssse3"))) static uint32_t shuffle_colours(const uint8_t *line, uint8_t *row,
                                                                 uint32_t width)
{
    const __m128i order = _mm_setr_epi8(2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 15);
    uint32_t x = 0;

    /* Sixteen bytes are touched: a sixth pixel has to be there. */
    for (; width - x >= 6; x += 5, line += 15, row += 15)
        _mm_storeu_si128(
            (__m128i *)(void *)row,
            _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)line), order));
    return x;
}
#endif

static void turn_colours(const uint8_t *line, uint8_t *row, uint32_t width)
{
    uint32_t x = 0;

#ifdef HAS_SHUFFLE
    if (__builtin_cpu_supports("ssse3"))
        x = shuffle_colours(line, row, width);
#endif
    for (line += 3 * (size_t)x, row += 3 * (size_t)x; x < width; x++, row += 3, line += 3) {
        uint8_t blue = line[0], green = line[1], red = line[2];
        row[0] = red;
        row[1] = green;
        row[2] = blue;
    }
}

static void convert_colour(const struct bmp *bmp, uint8_t *row)
{
    if (bmp->bits == 24) {
        turn_colours(bmp->line, row, bmp->raster.info.width);
        return;
    }
    for (uint32_t x = 0; x < bmp->raster.info.width; x++, row += 3) {
        const uint8_t *from = bmp->bits <= 8 ? bmp->palette[index_at(bmp, x)]
                                             : bmp->line + (size_t)x * (bmp->bits / 8);
        row[0] = from[2];
        row[1] = from[1];
        row[2] = from[0];
    }
}

/* Line y of the file, with those before it: from the bottom up they are wanted next. */
static bool read_line(struct bmp *bmp, uint32_t y)
{
    if (y < bmp->first || y - bmp->first >= bmp->held) {
        bmp->first = y >= bmp->room ? y - bmp->room + 1 : 0;
        bmp->first = bmp->bottom_up ? bmp->first : y;
        bmp->held = y - bmp->first + 1;
        if (!source_at(bmp->source, bmp->lines, (size_t)(bmp->held * bmp->stride),
                       bmp->offset + bmp->first * bmp->stride))
            return false;
    }
    bmp->line = bmp->lines + (y - bmp->first) * bmp->stride;
    return true;
}

/* From the bottom up the first row comes last. */
static int wait_for_end(struct bmp *bmp)
{
    uint64_t end = bmp->offset + bmp->raster.info.height * bmp->stride;
    int r = source_keep(bmp->source);
    if (r == 0)
        r = source_fill(bmp->source, end);
    return r < 0 ? r : source_size(bmp->source, end) < end ? -EBADMSG : 0;
}

static int read_row(struct raster *raster, uint8_t *row)
{
    struct bmp *bmp = (struct bmp *)raster;
    uint32_t y = bmp->bottom_up ? raster->info.height - 1 - bmp->next : bmp->next;
    if (bmp->bottom_up && bmp->next == 0 && bmp->source->streams) {
        int r = wait_for_end(bmp);
        if (r < 0)
            return r;
    }
    if (!read_line(bmp, y))
        return -EBADMSG;
    bmp->next++;
    if (raster->info.mode == RASTER_BW1)
        convert_bits(bmp, row);
    else if (raster->info.mode == RASTER_RGB24)
        convert_colour(bmp, row);
    else
        for (uint32_t x = 0; x < raster->info.width; x++)
            row[x] = bmp->palette[index_at(bmp, x)][0];
    return 0;
}

static int read_palette(struct bmp *bmp, const uint8_t *head)
{
    uint32_t colours = le32(head + 46);
    if (colours == 0 || colours > 1u << bmp->bits)
        colours = 1u << bmp->bits;
    /* Colours beyond a short palette stay black, as in every other reader. */
    uint64_t at = FILE_HEADER + (uint64_t)le32(head + 14);
    if (at + (uint64_t)colours * 4 > bmp->offset)
        return -EBADMSG;
    return source_at(bmp->source, bmp->palette, (size_t)colours * 4, at) ? 0 : -EBADMSG;
}

static enum raster_mode mode_of(struct bmp *bmp)
{
    static const uint8_t black[3] = {0, 0, 0}, white[3] = {255, 255, 255};
    if (bmp->bits > 8)
        return RASTER_RGB24;
    if (bmp->bits == 1) {
        bool plain = !memcmp(bmp->palette[0], black, 3) && !memcmp(bmp->palette[1], white, 3);
        bmp->inverted = !memcmp(bmp->palette[0], white, 3) && !memcmp(bmp->palette[1], black, 3);
        return plain || bmp->inverted ? RASTER_BW1 : RASTER_RGB24;
    }
    for (unsigned i = 0; i < 1u << bmp->bits; i++)
        if (bmp->palette[i][0] != bmp->palette[i][1] || bmp->palette[i][1] != bmp->palette[i][2])
            return RASTER_RGB24;
    return RASTER_GRAY8;
}

/* Height as a signed number, negative for rows from top to bottom; its magnitude. */
static uint32_t magnitude(uint32_t height, bool *ret_bottom_up)
{
    *ret_bottom_up = height <= INT32_MAX;
    return *ret_bottom_up ? height : 0u - height;
}

static int read_header(struct bmp *bmp)
{
    uint8_t head[FILE_HEADER + INFO_HEADER];
    if (!source_at(bmp->source, head, sizeof head, 0) || head[0] != 'B' || head[1] != 'M')
        return -EBADMSG;
    struct raster_info *info = &bmp->raster.info;
    info->width = le32(head + 18);
    info->height = magnitude(le32(head + 22), &bmp->bottom_up);
    bmp->bits = le16(head + 28);
    bmp->offset = le32(head + 10);
    if (le32(head + 14) < INFO_HEADER || le32(head + 30) != 0)
        return -ENOTSUP;
    if (bmp->bits != 1 && bmp->bits != 4 && bmp->bits != 8 && bmp->bits != 24 && bmp->bits != 32)
        return -ENOTSUP;
    if (info->width == 0 || info->height == 0 || info->width > RASTER_MAX_SIDE ||
        info->height > RASTER_MAX_SIDE || bmp->offset < sizeof head)
        return -EBADMSG;
    bmp->stride = ((uint64_t)info->width * bmp->bits + 31) / 32 * 4;
    info->dpi_x = picture_dpi((le32(head + 38) & INT32_MAX) * METRES_PER_INCH);
    info->dpi_y = picture_dpi((le32(head + 42) & INT32_MAX) * METRES_PER_INCH);
    int r = bmp->bits <= 8 ? read_palette(bmp, head) : 0;
    if (r == 0)
        info->mode = mode_of(bmp);
    return r;
}

static int make_room(struct bmp *bmp)
{
    bmp->room = bmp->bottom_up && bmp->stride < STRIP ? (uint32_t)(STRIP / bmp->stride) : 1;
    bmp->lines = malloc((size_t)(bmp->room * bmp->stride));
    return bmp->lines ? 0 : -ENOMEM;
}

int picture_read_bmp(struct source *source, struct raster **ret)
{
    struct bmp *bmp = calloc(1, sizeof *bmp);
    if (!bmp) {
        source_close(source);
        return -ENOMEM;
    }
    bmp->source = source;
    bmp->raster.read_row = read_row;
    bmp->raster.free = bmp_free;
    int r = read_header(bmp);
    if (r == 0)
        r = make_room(bmp);
    if (r < 0) {
        bmp_free(&bmp->raster);
        return r;
    }
    *ret = &bmp->raster;
    return 0;
}
