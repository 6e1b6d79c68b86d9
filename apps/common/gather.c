/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int write_all(int fd, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

int gather_flush(struct gather *gather)
{
    size_t size = gather->used;

    gather->used = 0;
    gather->at += size;
    return write_all(gather->fd, gather->bytes, size);
}

int gather_write(struct gather *gather, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    int r = 0;

    while (r == 0 && size > 0) {
        size_t room = gather->size - (size_t)(gather->at % gather->size) - gather->used;
        size_t n = size < room ? size : room;

        memcpy(gather->bytes + gather->used, from, n);
        gather->used += n;
        from += n;
        size -= n;
        if (n == room)
            r = gather_flush(gather);
    }
    return r;
}
