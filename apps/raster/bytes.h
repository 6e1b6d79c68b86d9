/* SPDX-License-Identifier: MIT */
/* Numbers in file headers, whatever this machine's byte order and alignment. */
#ifndef WSD_APPS_RASTER_BYTES_H
#define WSD_APPS_RASTER_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

static inline uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put_le32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static inline void put_be32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* All of len bytes at a place of a file; false where it ends before. */
static inline bool read_at(int fd, void *buf, size_t len, uint64_t at)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = pread(fd, (char *)buf + got, len - got, (off_t)(at + got));
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/* To the nearest whole number, for what is not negative. Not round(3): it would bring libm into
 * the program, which is kept small. */
static inline uint32_t nearest(double value)
{
    return (uint32_t)(value + 0.5);
}

#endif
