/* SPDX-License-Identifier: MIT */
/* Files by pread, streams in order, and streams that are kept as files that grow. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "spool.h"

#define PIECE 65536u
#define ROOM  (32u << 20) /* on the disk, ahead of what comes */

int source_open_file(int fd, struct source **ret)
{
    struct source *source = calloc(1, sizeof *source);

    if (!source)
        return -ENOMEM;
    source->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (source->fd < 0) {
        free(source);
        return -errno;
    }
    *ret = source;
    return 0;
}

int source_open_stream(const struct source_stream *stream, struct source **ret)
{
    struct source *source = calloc(1, sizeof *source);

    if (!source)
        return -ENOMEM;
    source->fd = -1;
    source->stream = *stream;
    source->streams = true;
    *ret = source;
    return 0;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->fd >= 0)
        close(source->fd);
    free(source);
}

/* -- a stream -----------------------------------------------------------------------------------
 */

/* What it gives; the head stays. */
static ssize_t pull(struct source *source, void *buffer, size_t size)
{
    ssize_t n = source->ended ? 0 : source->stream.read(source->stream.user, buffer, size);

    if (n <= 0) {
        source->ended = true;
        return n;
    }
    if (source->filled < SOURCE_HEAD) {
        size_t room = SOURCE_HEAD - (size_t)source->filled;
        memcpy(source->head + source->filled, buffer, (size_t)n < room ? (size_t)n : room);
    }
    source->filled += (uint64_t)n;
    return n;
}

static uint64_t keep_max(const struct source *source)
{
    return source->stream.keep_max ? source->stream.keep_max : UINT64_MAX;
}

int source_keep_failed(struct source *source, int r)
{
    if (r < 0 && source->stream.keep_error)
        *source->stream.keep_error = r;
    return r;
}

/* Until so many bytes have come, or the end has. */
static int keep_until(struct source *source, uint64_t wanted)
{
    uint8_t *piece = source->filled < wanted && !source->ended ? malloc(PIECE) : NULL;
    ssize_t n = 1;
    int r = 0;

    if (source->filled < wanted && !source->ended && !piece)
        return -ENOMEM;
    while (r == 0 && n > 0 && source->filled < wanted && !source->ended) {
        off_t at = (off_t)source->filled;
        if (source->filled >= keep_max(source))
            r = source_keep_failed(source, -EFBIG);
        else if ((n = pull(source, piece, PIECE)) > 0)
            r = source_keep_failed(source, spool_write(source->fd, at, piece, (size_t)n));
        else if (n < 0)
            r = (int)n;
    }
    free(piece);
    return r;
}

/* As keep_until(), by the stream's own way. Where it is known how much is to come, there is room
 * for it before, a step at a time: what a header promises is not taken on trust. */
static int keep_by_stream(struct source *source, uint64_t wanted)
{
    uint64_t max = keep_max(source), end = wanted < max ? wanted : max, to;
    bool known = wanted < UINT64_MAX;
    int r;

    do {
        uint64_t from = source->filled, step = (from / ROOM + 1) * ROOM;
        to = known && step < end ? step : end;
        r = known ? spool_reserve(source->fd, (off_t)from, (off_t)(to - from)) : 0;
        if (r == 0)
            r = source->stream.keep(source->stream.user, source->fd, &source->filled, to);
    } while (r == 0 && source->filled == to && to < end);
    source->ended = r < 0 || source->filled < end;
    if (r == 0 && !source->ended && end < wanted)
        r = -EFBIG;
    return source_keep_failed(source, r);
}

int source_keep(struct source *source)
{
    if (!source->streams || source->kept)
        return 0;
    if (source->filled > SOURCE_HEAD)
        return -ESPIPE;
    int fd = spool_open(NULL);
    if (fd < 0)
        return source_keep_failed(source, fd);
    source->fd = fd;
    source->kept = true;
    return source_keep_failed(source, spool_write(fd, 0, source->head, (size_t)source->filled));
}

int source_fill(struct source *source, uint64_t size)
{
    if (!source->kept || source->ended || source->filled >= size)
        return 0;
    return source->stream.keep ? keep_by_stream(source, size) : keep_until(source, size);
}

/* What lies between is passed over. */
static bool skip_to(struct source *source, uint64_t at)
{
    uint8_t nothing[512];

    while (source->filled < at) {
        uint64_t gap = at - source->filled;
        if (pull(source, nothing, gap < sizeof nothing ? (size_t)gap : sizeof nothing) <= 0)
            return false;
    }
    return true;
}

static bool stream_at(struct source *source, uint8_t *buffer, size_t size, uint64_t at)
{
    if (at < source->filled) {
        uint64_t known = source->filled < SOURCE_HEAD ? source->filled : SOURCE_HEAD;
        if (at >= known)
            return false;
        size_t n = known - at < size ? (size_t)(known - at) : size;
        memcpy(buffer, source->head + at, n);
        if (n < size && source->filled > known)
            return false;
        buffer += n;
        size -= n;
        at += n;
    }
    if (size == 0)
        return true;
    if (!skip_to(source, at))
        return false;
    for (ssize_t n; size > 0; buffer += n, size -= (size_t)n)
        if ((n = pull(source, buffer, size)) <= 0)
            return false;
    return true;
}

/* -- reading ------------------------------------------------------------------------------------
 */

ssize_t source_next(struct source *source, void *buffer, size_t size)
{
    ssize_t n;

    if (source->kept && keep_until(source, source->at + 1) < 0)
        return -EIO;
    if (source->streams && !source->kept) {
        if (source->at == source->filled) {
            n = pull(source, buffer, size);
        } else {
            /* The head was looked at before. */
            size_t known = (size_t)(source->filled - source->at);
            n = (ssize_t)(known < size ? known : size);
            n = stream_at(source, buffer, (size_t)n, source->at) ? n : -EIO;
        }
    } else {
        n = pread(source->fd, buffer, size, (off_t)source->at);
        n = n < 0 ? -errno : n;
    }
    if (n > 0)
        source->at += (uint64_t)n;
    return n;
}

bool source_at(struct source *source, void *buffer, size_t size, uint64_t at)
{
    if (source->streams && !source->kept)
        return stream_at(source, buffer, size, at);
    if (source->kept && keep_until(source, at + size) < 0)
        return false;
    return read_at(source->fd, buffer, size, at);
}

uint64_t source_size(struct source *source, uint64_t otherwise)
{
    struct stat status;

    if (source->streams)
        return source->ended ? source->filled : otherwise;
    return fstat(source->fd, &status) < 0 ? 0 : (uint64_t)status.st_size;
}

bool source_stopped(const struct source *source)
{
    return source->stream.stopped && source->stream.stopped(source->stream.user);
}
