/* SPDX-License-Identifier: MIT */
/* Numbers in file headers, whatever this machine's byte order and alignment. */
#ifndef WSD_APPS_OUTPUT_BYTES_H
#define WSD_APPS_OUTPUT_BYTES_H

#include <stdint.h>

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

/* To the nearest whole number, for what is not negative. Not round(3): it would bring libm into
 * the program, which is kept small. */
static inline uint32_t nearest(double value)
{
    return (uint32_t)(value + 0.5);
}

#endif
