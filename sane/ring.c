/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int ring_init(struct ring *ring, size_t size, size_t wake_at, int space_fd)
{
    *ring = (struct ring){
        .size = size, .wake_at = wake_at, .space_fd = space_fd, .ready_fd = -1, .file.fd = -1};
    ring->bytes = malloc(size);
    if (!ring->bytes)
        return -ENOMEM;
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->data, NULL);
    pthread_cond_init(&ring->space, NULL);
    return 0;
}

void ring_destroy(struct ring *ring)
{
    if (!ring->bytes)
        return;
    free(ring->bytes);
    ring->bytes = NULL;
    if (ring->ready_fd >= 0)
        close(ring->ready_fd);
    pthread_mutex_destroy(&ring->lock);
    pthread_cond_destroy(&ring->data);
    pthread_cond_destroy(&ring->space);
}

/* -- under the lock -----------------------------------------------------------------------------
 */

static void tell(int fd)
{
    uint64_t one = 1;

    if (write(fd, &one, sizeof one) < 0)
        return; /* it is readable already */
}

/* Keeps the descriptor as it should be: readable while there is something, or the end. */
static void show_ready(struct ring *ring)
{
    bool ready = ring->used > 0 || ring->ended;
    uint64_t count;

    if (ring->ready_fd < 0 || ready == ring->ready)
        return;
    ring->ready = ready;
    if (ready)
        tell(ring->ready_fd);
    else if (read(ring->ready_fd, &count, sizeof count) < 0)
        ring->ready = true;
}

static void added(struct ring *ring, size_t size, bool now)
{
    ring->used += size;
    if (ring->reader_waits && (now || ring->used >= ring->wake_at))
        pthread_cond_signal(&ring->data);
    show_ready(ring);
}

/* Half of it has to be free: a writer woken for each byte would do nothing but wake up. */
static void taken(struct ring *ring, size_t size)
{
    ring->begin = (ring->begin + size) % ring->size;
    ring->used -= size;
    if (ring->used == 0)
        show_ready(ring);
    if (!ring->writer_waits || ring->used > ring->size / 2)
        return;
    ring->writer_waits = false;
    if (ring->space_fd >= 0)
        tell(ring->space_fd);
    else
        pthread_cond_signal(&ring->space);
}

static void end(struct ring *ring, int status)
{
    if (!ring->ended)
        ring->status = status;
    ring->ended = true;
    pthread_cond_signal(&ring->data);
    pthread_cond_signal(&ring->space);
    if (ring->writer_waits && ring->space_fd >= 0)
        tell(ring->space_fd);
    show_ready(ring);
}

/* What belongs in the file of these bytes; less than that only when it fails. They gather in the
 * ring, which is empty then. */
static size_t divert(struct ring *ring, const uint8_t *bytes, size_t size)
{
    struct gather *file = &ring->file;
    uint64_t left = ring->file_end - file->at - file->used;
    size_t n = size < left ? size : (size_t)left;

    ring->file_error = gather_write(file, bytes, n);
    if (ring->file_error == 0 && n == left)
        ring->file_error = gather_flush(file);
    if (ring->file_error < 0) {
        end(ring, 0); /* its reader knows why */
        return 0;
    }
    if (n == left) {
        file->fd = -1;
        pthread_cond_signal(&ring->data);
    }
    return n;
}

/* -- writing ------------------------------------------------------------------------------------
 */

/* As much as there is room for. */
static size_t put(struct ring *ring, const uint8_t *bytes, size_t size)
{
    size_t room = ring->size - ring->used, at = (ring->begin + ring->used) % ring->size;
    size_t n = size < room ? size : room;
    size_t first = n < ring->size - at ? n : ring->size - at;

    memcpy(ring->bytes + at, bytes, first);
    memcpy(ring->bytes, bytes + first, n - first);
    ring->writer_waits = n < size;
    added(ring, n, true);
    return n;
}

ssize_t ring_put(struct ring *ring, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    size_t n = 0;

    pthread_mutex_lock(&ring->lock);
    /* Nobody else wants the lock for long while the file is written. */
    if (!ring->ended && ring->file.fd >= 0)
        n = divert(ring, from, size);
    bool ended = ring->ended;
    if (!ended && n < size)
        n += put(ring, from + n, size - n);
    pthread_mutex_unlock(&ring->lock);
    return ended ? -EPIPE : (ssize_t)n;
}

void *ring_reserve(struct ring *ring, size_t size)
{
    pthread_mutex_lock(&ring->lock);
    while (!ring->ended && ring->size - ring->used < size) {
        ring->writer_waits = true;
        if (ring->reader_waits && ring->used > 0)
            pthread_cond_signal(&ring->data);
        pthread_cond_wait(&ring->space, &ring->lock);
    }
    ring->writer_waits = false;
    void *at = ring->ended ? NULL : ring->bytes + (ring->begin + ring->used) % ring->size;
    pthread_mutex_unlock(&ring->lock);
    return at;
}

void ring_commit(struct ring *ring, size_t size)
{
    pthread_mutex_lock(&ring->lock);
    if (!ring->ended)
        added(ring, size, false);
    pthread_mutex_unlock(&ring->lock);
}

void ring_flush(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->reader_waits && ring->used > 0)
        pthread_cond_signal(&ring->data);
    pthread_mutex_unlock(&ring->lock);
}

void ring_end(struct ring *ring, int status)
{
    pthread_mutex_lock(&ring->lock);
    end(ring, status);
    pthread_mutex_unlock(&ring->lock);
}

void ring_break(struct ring *ring, int status)
{
    pthread_mutex_lock(&ring->lock);
    ring->used = 0;
    if (!ring->ended || ring->status == 0)
        ring->status = status;
    end(ring, status);
    pthread_mutex_unlock(&ring->lock);
}

void ring_reopen(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->begin = ring->used = 0;
    ring->ended = ring->writer_waits = false;
    ring->status = ring->file_error = 0;
    show_ready(ring);
    pthread_mutex_unlock(&ring->lock);
}

/* -- reading ------------------------------------------------------------------------------------
 */

ssize_t ring_get(struct ring *ring, void *buffer, size_t size, bool wait)
{
    pthread_mutex_lock(&ring->lock);
    while (wait && ring->used == 0 && !ring->ended) {
        ring->reader_waits = true;
        pthread_cond_wait(&ring->data, &ring->lock);
    }
    ring->reader_waits = false;
    size_t n = size < ring->used ? size : ring->used;
    size_t first = n < ring->size - ring->begin ? n : ring->size - ring->begin;
    bool over = ring->ended;
    size_t begin = ring->begin;
    pthread_mutex_unlock(&ring->lock);
    /* What lies there is the reader's until it is taken. */
    memcpy(buffer, ring->bytes + begin, first);
    memcpy((uint8_t *)buffer + first, ring->bytes, n - first);
    if (n == 0)
        return over || size == 0 ? 0 : -EAGAIN;
    pthread_mutex_lock(&ring->lock);
    if (ring->used >= n)
        taken(ring, n);
    pthread_mutex_unlock(&ring->lock);
    return (ssize_t)n;
}

/* What lies in the ring, as far as it belongs in the file. */
static void write_used(struct ring *ring, uint64_t end)
{
    struct gather *file = &ring->file;

    while (ring->used > 0 && file->at < end && ring->file_error == 0) {
        size_t n = ring->size - ring->begin < ring->used ? ring->size - ring->begin : ring->used;

        n = n < end - file->at ? n : (size_t)(end - file->at);
        ring->file_error = write_all(file->fd, ring->bytes + ring->begin, n);
        file->at += n;
        taken(ring, n);
    }
}

int ring_divert(struct ring *ring, int fd, uint64_t *at, uint64_t end)
{
    pthread_mutex_lock(&ring->lock);
    ring->file = (struct gather){.fd = fd, .at = *at, .bytes = ring->bytes, .size = ring->size};
    ring->file_end = end;
    ring->file_error = lseek(fd, (off_t)*at, SEEK_SET) < 0 ? -errno : 0;
    write_used(ring, end);
    if (ring->file.at < end && ring->file_error == 0) {
        ring->begin = 0;
        while (ring->file.fd >= 0 && !ring->ended)
            pthread_cond_wait(&ring->data, &ring->lock);
        /* It may have ended early. */
        if (ring->file_error == 0)
            ring->file_error = gather_flush(&ring->file);
    }
    ring->file.fd = -1;
    *at = ring->file.at;
    int r = ring->file_error;
    pthread_mutex_unlock(&ring->lock);
    return r;
}

bool ring_empty(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    bool empty = ring->used == 0 && !ring->ended;
    pthread_mutex_unlock(&ring->lock);
    return empty;
}

int ring_status(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    int status = ring->status;
    pthread_mutex_unlock(&ring->lock);
    return status;
}

int ring_ready_fd(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->ready_fd < 0) {
        ring->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        ring->ready = false;
        show_ready(ring);
    }
    int fd = ring->ready_fd;
    pthread_mutex_unlock(&ring->lock);
    return fd;
}
