/* SPDX-License-Identifier: MIT */
/*
 * What a SANE device delivers, as a raster. One frame whose lines are known is handed on as it
 * comes; three frames of one colour each, and pages whose end only the device finds (a hand
 * scanner), go through an unlinked file. 16 bits a sample become 8. A page that ends early is white
 * below, as paper that is shorter than what was asked for.
 * Cost: a row of the device and a row of the result.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "raster/spool.h"

#define FRAMES_MAX 3
#define ROW_MAX    (RASTER_MAX_SIDE * 6u) /* three samples of 16 bits */
#define DRAIN_PART 32768                  /* bytes that nobody wants, at a time */

struct frames {
    struct raster raster;
    const struct device *device;
    SANE_Parameters p;
    SANE_Status *status; /* of the caller, as is */
    bool *unread;
    uint8_t *row; /* as the device gives it */
    bool ended;   /* no more rows will come: white */
    uint32_t next_row, rows;
    int fd;               /* of spooled frames; -1: none */
    off_t at[FRAMES_MAX]; /* red, green, blue in the file */
    unsigned planes;      /* 1, or 3 of one colour each */
};

static void frames_free(struct raster *raster)
{
    struct frames *frames = (struct frames *)raster;

    if (frames->fd >= 0)
        close(frames->fd);
    free(frames->row);
    free(frames);
}

/* -- from the device ----------------------------------------------------------------------------
 */

/* A whole row: 1; 0 at the end of the frame. */
static int device_row(struct frames *frames)
{
    size_t size = (size_t)frames->p.bytes_per_line, have = 0;

    while (have < size) {
        SANE_Int n = 0;
        if (host_is_cancelled()) {
            *frames->status = SANE_STATUS_CANCELLED;
            return -ECANCELED;
        }
        SANE_Status status =
            sane_read(frames->device->handle, frames->row + have, (SANE_Int)(size - have), &n);
        if (status == SANE_STATUS_EOF) {
            *frames->unread = false;
            return 0;
        }
        if (status != SANE_STATUS_GOOD || n < 0 || (size_t)n > size - have) {
            *frames->status = status == SANE_STATUS_GOOD ? SANE_STATUS_IO_ERROR : status;
            return -EIO;
        }
        have += (size_t)n;
    }
    return 1;
}

/* The device must have said EOF before the next page may start. */
static int device_drain(struct frames *frames)
{
    int r;

    for (uint32_t i = 0; !frames->ended && i < RASTER_MAX_SIDE; i++) {
        r = device_row(frames);
        frames->ended = r <= 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int frames_drain(const struct device *device, SANE_Status *ret_status, bool *ret_unread)
{
    uint8_t part[DRAIN_PART];
    struct frames frames = {
        .device = device, .status = ret_status, .unread = ret_unread, .row = part};

    frames.p.bytes_per_line = (SANE_Int)sizeof part;
    return device_drain(&frames);
}

/* -- samples ------------------------------------------------------------------------------------
 */

static size_t samples(const struct frames *frames)
{
    return frames->raster.info.mode == RASTER_RGB24 ? 3 : 1;
}

static void white_from(uint8_t *out, const struct raster_info *info, uint32_t from)
{
    size_t size = raster_row_bytes(info);

    if (info->mode != RASTER_BW1) {
        size_t at = (size_t)from * (info->mode == RASTER_RGB24 ? 3 : 1);
        memset(out + at, 255, size - at);
        return;
    }
    for (uint32_t x = from; x < info->width && x % 8; x++)
        out[x / 8] |= (uint8_t)(0x80 >> x % 8);
    uint32_t byte = (from + 7) / 8;
    if (byte < size)
        memset(out + byte, 255, size - byte);
    if (info->width % 8)
        out[size - 1] &= (uint8_t)(0xff << (8 - info->width % 8));
}

/* Samples of 8 bits; of 16, in the byte order of this machine, the upper half. */
static void take_samples(const struct frames *frames, const uint8_t *in, size_t count, uint8_t *out,
                         size_t step)
{
    for (size_t i = 0; i < count; i++, out += step) {
        uint16_t wide;
        if (frames->p.depth == 8) {
            *out = in[i];
            continue;
        }
        memcpy(&wide, in + 2 * i, sizeof wide);
        *out = (uint8_t)(wide >> 8);
    }
}

/* SANE's bits are 1 for black. */
static void take_bits(const struct frames *frames, const uint8_t *in, uint32_t width, uint8_t *out)
{
    const struct raster_info *info = &frames->raster.info;
    size_t size = raster_row_bytes(info);

    memset(out, 0, size);
    for (size_t i = 0; i < (width + 7) / 8; i++)
        out[i] = (uint8_t)~in[i];
    if (width % 8)
        out[width / 8] &= (uint8_t)(0xff << (8 - width % 8));
}

static void take_row(const struct frames *frames, const uint8_t *in, uint8_t *out)
{
    const struct raster_info *info = &frames->raster.info;
    uint32_t width = (uint32_t)frames->p.pixels_per_line;

    if (width > info->width)
        width = info->width;
    if (info->mode == RASTER_BW1)
        take_bits(frames, in, width, out);
    else
        take_samples(frames, in, width * samples(frames), out, 1);
    if (width < info->width || info->mode == RASTER_BW1)
        white_from(out, info, width);
}

static int streamed_row(struct raster *raster, uint8_t *out)
{
    struct frames *frames = (struct frames *)raster;
    int r = frames->ended ? 0 : device_row(frames);

    if (r < 0)
        return r;
    frames->ended = r == 0;
    if (r == 0 && frames->next_row == 0) {
        *frames->status = SANE_STATUS_IO_ERROR;
        return -EIO;
    }
    if (r > 0)
        take_row(frames, frames->row, out);
    else
        white_from(memset(out, 0, raster_row_bytes(&raster->info)), &raster->info, 0);
    frames->next_row++;
    return frames->next_row == raster->info.height ? device_drain(frames) : 0;
}

/* -- through a file -----------------------------------------------------------------------------
 */

static int spooled_row(struct raster *raster, uint8_t *out)
{
    struct frames *frames = (struct frames *)raster;
    size_t size = (size_t)frames->p.bytes_per_line;
    uint32_t width = (uint32_t)frames->p.pixels_per_line;
    uint32_t y = frames->next_row++;

    white_from(memset(out, 0, raster_row_bytes(&raster->info)), &raster->info, 0);
    if (width > raster->info.width)
        width = raster->info.width;
    for (unsigned i = 0; y < frames->rows && i < frames->planes; i++) {
        int r =
            spool_read(frames->fd, frames->at[i] + (off_t)(y * (uint64_t)size), frames->row, size);
        if (r < 0)
            return r;
        if (frames->planes == 1)
            take_row(frames, frames->row, out);
        else
            take_samples(frames, frames->row, width, out + i, 3);
    }
    return 0;
}

/* All rows of the frame that has begun, to the file's end. */
static int spool_frame(struct frames *frames, off_t *end)
{
    size_t size = (size_t)frames->p.bytes_per_line;
    uint32_t rows = 0;
    int r;

    while ((r = device_row(frames)) > 0) {
        if (rows++ >= RASTER_MAX_SIDE)
            return -EFBIG;
        r = spool_write(frames->fd, *end, frames->row, size);
        if (r < 0)
            return r;
        *end += (off_t)size;
    }
    frames->rows = frames->rows == 0 || rows < frames->rows ? rows : frames->rows;
    return r;
}

/* The second and third frame must be as the first, but for their colour. */
static int next_frame(struct frames *frames)
{
    SANE_Parameters p = {0};
    SANE_Status status = sane_start(frames->device->handle);

    if (status == SANE_STATUS_GOOD)
        status = sane_get_parameters(frames->device->handle, &p);
    if (status == SANE_STATUS_GOOD && (p.format < SANE_FRAME_RED || p.format > SANE_FRAME_BLUE ||
                                       p.bytes_per_line != frames->p.bytes_per_line))
        status = SANE_STATUS_UNSUPPORTED;
    *frames->status = status;
    frames->p = p;
    return status == SANE_STATUS_GOOD ? 0 : -EIO;
}

static int spool_all(struct frames *frames)
{
    off_t end = 0;
    int r = spool_open(NULL);

    if (r < 0)
        return r;
    frames->fd = r;
    for (unsigned i = 0; i < frames->planes; i++) {
        r = i == 0 ? 0 : next_frame(frames);
        if (r < 0)
            return r;
        frames->at[frames->planes == 3 ? frames->p.format - SANE_FRAME_RED : 0] = end;
        r = spool_frame(frames, &end);
        if (r < 0)
            return r;
    }
    if (frames->rows == 0) {
        *frames->status = SANE_STATUS_IO_ERROR;
        return -EIO;
    }
    frames->raster.read_row = spooled_row;
    return 0;
}

/* -- opening ------------------------------------------------------------------------------------
 */

/* Nothing that a backend says is believed without a look. */
static bool is_sound(const SANE_Parameters *p)
{
    bool plane = p->format == SANE_FRAME_GRAY ||
                 (p->format >= SANE_FRAME_RED && p->format <= SANE_FRAME_BLUE);
    uint64_t bits = (uint64_t)(p->format == SANE_FRAME_RGB ? 3 : 1) * (uint64_t)p->depth;

    if (!plane && p->format != SANE_FRAME_RGB)
        return false;
    if (p->depth != 8 && p->depth != 16 && (p->depth != 1 || p->format != SANE_FRAME_GRAY))
        return false;
    return p->pixels_per_line > 0 && p->pixels_per_line <= (SANE_Int)RASTER_MAX_SIDE &&
           p->lines <= (SANE_Int)RASTER_MAX_SIDE && p->bytes_per_line > 0 &&
           p->bytes_per_line <= (SANE_Int)ROW_MAX &&
           (uint64_t)p->bytes_per_line * 8 >= bits * (uint64_t)p->pixels_per_line;
}

/* Rounding of backends: what is off by little is cut or filled, the rest is for the caller. */
static uint32_t settle(uint32_t has, uint32_t wanted)
{
    uint32_t slack = 2 + wanted / 100, off = has > wanted ? has - wanted : wanted - has;

    return off <= slack ? wanted : has;
}

static struct raster_info info_of(const SANE_Parameters *p, uint32_t width, uint32_t height)
{
    struct raster_info info = {.width = settle((uint32_t)p->pixels_per_line, width)};

    info.mode = p->format != SANE_FRAME_GRAY ? RASTER_RGB24
                : p->depth == 1              ? RASTER_BW1
                                             : RASTER_GRAY8;
    if (p->lines > 0)
        info.height = settle((uint32_t)p->lines, height);
    return info;
}

int frames_open(const struct device *device, uint32_t width, uint32_t height, double dpi_x,
                double dpi_y, SANE_Status *ret_status, bool *ret_unread, struct raster **ret)
{
    SANE_Parameters p = {0};
    struct frames *frames;
    int r = 0;

    *ret_unread = true;
    *ret_status = sane_get_parameters(device->handle, &p);
    if (*ret_status == SANE_STATUS_GOOD && !is_sound(&p))
        *ret_status = SANE_STATUS_UNSUPPORTED;
    if (*ret_status != SANE_STATUS_GOOD)
        return -EIO;
    frames = calloc(1, sizeof *frames);
    if (!frames)
        return -ENOMEM;
    *frames = (struct frames){
        .raster = {.info = info_of(&p, width, height),
                   .read_row = streamed_row,
                   .free = frames_free},
        .device = device,
        .p = p,
        .status = ret_status,
        .unread = ret_unread,
        .fd = -1,
        .planes = p.format >= SANE_FRAME_RED ? 3 : 1,
    };
    frames->raster.info.dpi_x = (uint32_t)(dpi_x + 0.5);
    frames->raster.info.dpi_y = (uint32_t)(dpi_y + 0.5);
    frames->row = malloc((size_t)p.bytes_per_line);
    if (!frames->row)
        r = -ENOMEM;
    else if (frames->planes == 3 || p.lines <= 0)
        r = spool_all(frames);
    if (r < 0) {
        frames_free(&frames->raster);
        return r;
    }
    if (frames->raster.info.height == 0)
        frames->raster.info.height = frames->rows;
    *ret = &frames->raster;
    return 0;
}
