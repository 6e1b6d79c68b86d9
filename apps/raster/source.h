/* SPDX-License-Identifier: MIT */
/*
 * Where the bytes of a picture come from: a file, or a stream that arrives while it is read.
 *
 * A stream is read in order and leaves nothing behind, but for its first SOURCE_HEAD bytes. A
 * reader that has to go back, or to begin at the end, says so (source_keep()); what has come is
 * then kept in an unlinked temporary file, and a read waits only for the bytes that it wants.
 */
#ifndef WSD_APPS_RASTER_SOURCE_H
#define WSD_APPS_RASTER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SOURCE_HEAD 2048u /* more than the headers and the palette of any BMP */

struct source_stream {
    /* Gives 1..size bytes, waiting for the first; 0 at the end, or a negative errno. */
    ssize_t (*read)(void *user, void *buffer, size_t size);
    /* May be NULL, for a stream that knows no better way than read(). Writes what comes to a file
     * from *at on, and no further than `end`; waits until it is there or the stream ends. 0 or a
     * negative errno; *at is then where the bytes end. */
    int (*keep)(void *user, int fd, uint64_t *at, uint64_t end);
    /* May be NULL. Nobody wants the picture any more: what takes long, other than to wait for
     * bytes, ends. */
    bool (*stopped)(void *user);
    /* May be NULL. Why what came could not be kept: a negative errno that is nothing of the
     * picture's, whatever its reader makes of it. -EFBIG: there was more than `keep_max`. */
    int *keep_error;
    uint64_t keep_max; /* bytes; 0: as many as come */
    void *user;
};

struct source {
    int fd; /* the file or what is kept; -1: none */
    struct source_stream stream;
    bool streams, kept, ended;
    uint64_t at, filled; /* of source_next(); bytes that came from the stream */
    uint8_t head[SOURCE_HEAD];
};

/* A file from its beginning, by a duplicate of `fd`; the offset that they share is left anywhere.
 * A stream has to outlive its source. 0, or a negative errno; NULL is welcome to be closed. */
int source_open_file(int fd, struct source **ret);
int source_open_stream(const struct source_stream *stream, struct source **ret);
void source_close(struct source *source);

/* From now on source_at() can go anywhere. Before anything beyond the head was read. */
int source_keep(struct source *source);

/* The next bytes in order, 1..size; 0 at the end or a negative errno. */
ssize_t source_next(struct source *source, void *buffer, size_t size);
/* All of `size` bytes at `at`; false where the picture ends before, or they are gone. */
bool source_at(struct source *source, void *buffer, size_t size, uint64_t at);
/* Its length; of a stream that is kept and has not ended `otherwise`. */
uint64_t source_size(struct source *source, uint64_t otherwise);
/* For a reader that keeps in a file of its own what it made of a stream: tells the stream what
 * became of it. Returns `r`. */
int source_keep_failed(struct source *source, int r);
bool source_stopped(const struct source *source);
/* Of a stream that is kept: waits until so many bytes of it have come, or its end has. */
int source_fill(struct source *source, uint64_t size);

#endif
