/* SPDX-License-Identifier: MIT */
/*
 * Bytes from one thread to another, a bounded number of them. One writes, one reads.
 *
 * A writer that runs a loop of its own (the job's thread) waits by a descriptor, any other one in
 * ring_reserve(). A reader waits in ring_get(), or by ring_ready_fd().
 */
#ifndef WSD_SANE_RING_H
#define WSD_SANE_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/gather.h"

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t data, space;
    uint8_t *bytes;
    size_t size, begin, used;
    size_t wake_at; /* bytes for which a reader that waits is woken */
    int space_fd;   /* an eventfd that is told of room; -1: none */
    int ready_fd;   /* an eventfd that is readable while there is something to get */
    bool writer_waits, reader_waits, ready, ended;
    int status;         /* how it ended */
    struct gather file; /* where bytes go instead, up to file_end; of descriptor -1: nowhere else */
    int file_error;
    uint64_t file_end;
};

/* 0 or -ENOMEM. */
int ring_init(struct ring *ring, size_t size, size_t wake_at, int space_fd);
void ring_destroy(struct ring *ring);

/* Takes what there is room for; -EPIPE when it was ended. Less than `size`: space_fd will be told.
 */
ssize_t ring_put(struct ring *ring, const void *bytes, size_t size);
/* Waits for room for `size` bytes in one piece, of which the ring's size is a multiple; NULL when
 * it was ended. ring_commit() hands them over. */
void *ring_reserve(struct ring *ring, size_t size);
void ring_commit(struct ring *ring, size_t size);
/* A reader that waits for more gets what there is. */
void ring_flush(struct ring *ring);
/* No more comes; what is there can still be got. The first status stays. */
void ring_end(struct ring *ring, int status);
/* The same, and what is there is dropped. */
void ring_break(struct ring *ring, int status);

/* Begins anew after its end. */
void ring_reopen(struct ring *ring);

/* The reader has what is there and what comes written to a file, by the writer itself, from `at` on
 * and no further than `end`; waits until it is there or the ring has ended. 0 or a negative errno;
 * *at is then where the bytes end. */
int ring_divert(struct ring *ring, int fd, uint64_t *at, uint64_t end);

/* Bytes, 0 at the end, or -EAGAIN where it may not wait. */
ssize_t ring_get(struct ring *ring, void *buffer, size_t size, bool wait);
bool ring_empty(struct ring *ring);
int ring_status(struct ring *ring);
/* A descriptor to wait on, or -1. */
int ring_ready_fd(struct ring *ring);

#endif
