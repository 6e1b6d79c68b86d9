/* SPDX-License-Identifier: MIT */
/* The growable buffer; see buf.h. */
#include "core/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/error.h>

#define FIRST_CAPACITY 1024u

int wsd__buf_reserve(struct wsd__buf *buf, size_t more)
{
    if (buf->failed)
        return buf->failed;
    if (more > buf->max || buf->length > buf->max - more)
        return buf->failed = WSD_E_LIMIT;
    size_t need = buf->length + more + 1;
    if (need <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(buf->data, capacity);
    if (!data)
        return buf->failed = WSD_E_NO_MEMORY;
    buf->data = data;
    buf->capacity = capacity;
    return 0;
}

/* True if `more` bytes and the NUL fit into what is there: the common case of a writer that puts
 * a message together from small pieces. */
static bool fits(const struct wsd__buf *buf, size_t more)
{
    return !buf->failed && more < buf->capacity - buf->length && more <= buf->max - buf->length;
}

int wsd__buf_append(struct wsd__buf *buf, const void *bytes, size_t size)
{
    int r = fits(buf, size) ? 0 : wsd__buf_reserve(buf, size);
    if (r < 0)
        return r;
    if (size)
        memcpy(buf->data + buf->length, bytes, size);
    buf->length += size;
    buf->data[buf->length] = '\0';
    return 0;
}

int wsd__buf_puts(struct wsd__buf *buf, const char *text)
{
    return wsd__buf_append(buf, text, strlen(text));
}

int wsd__buf_putc(struct wsd__buf *buf, char c)
{
    int r = fits(buf, 1) ? 0 : wsd__buf_reserve(buf, 1);
    if (r < 0)
        return r;
    buf->data[buf->length++] = c;
    buf->data[buf->length] = '\0';
    return 0;
}

int wsd__buf_printf(struct wsd__buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = buf->capacity - buf->length;
    int length = vsnprintf(room ? buf->data + buf->length : NULL, room, format, args);
    va_end(args);
    int r = length < 0 ? WSD_E_INVALID : wsd__buf_reserve(buf, (size_t)length);
    if (r == 0 && (size_t)length >= room) /* it was cut off */
        vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
    if (r == 0)
        buf->length += (size_t)length;
    else if (room)
        buf->data[buf->length] = '\0';
    va_end(again);
    return r;
}

char *wsd__buf_open(struct wsd__buf *buf, size_t at, size_t size)
{
    if (wsd__buf_reserve(buf, size) < 0)
        return NULL;
    memmove(buf->data + at + size, buf->data + at, buf->length - at);
    buf->length += size;
    buf->data[buf->length] = '\0';
    return buf->data + at;
}

int wsd__buf_insert(struct wsd__buf *buf, size_t at, const void *bytes, size_t size)
{
    char *gap = wsd__buf_open(buf, at, size);
    if (!gap)
        return buf->failed;
    memcpy(gap, bytes, size);
    return 0;
}

void wsd__buf_clear(struct wsd__buf *buf)
{
    buf->length = 0;
    buf->failed = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void wsd__buf_free(struct wsd__buf *buf)
{
    free(buf->data);
    *buf = (struct wsd__buf){.max = buf->max};
}
