/* SPDX-License-Identifier: MIT */
/*
 * Bytes as a network brings them, written to a file in large pieces at even places: pieces of 16 kB
 * at odd places take the system three times as long.
 */
#ifndef WSD_APPS_COMMON_GATHER_H
#define WSD_APPS_COMMON_GATHER_H

#include <stddef.h>
#include <stdint.h>

#define GATHER_BYTES (128u << 10) /* of a buffer that is there for this alone */

struct gather {
    int fd;
    uint64_t at;    /* bytes of the file that are written */
    uint8_t *bytes; /* the owner's, and of his size */
    size_t size, used;
};

/* Writes all of it, from where the descriptor stands. 0 or a negative errno. */
int write_all(int fd, const void *bytes, size_t size);

/* What fails is lost. 0 or a negative errno. */
int gather_write(struct gather *gather, const void *bytes, size_t size);
int gather_flush(struct gather *gather);

#endif
