/* SPDX-License-Identifier: MIT */
/*
 * A growable run of bytes that cannot be made without a maximum.
 *
 * The first failure (no memory, maximum reached) is remembered in `failed`, so that a writer may
 * append without asking each time and look once at the end. The content is followed by a NUL.
 */
#ifndef WSD_CORE_BUF_H
#define WSD_CORE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct wsd__buf {
    char *data;
    size_t length, capacity, max;
    int failed; /* 0, WSD_E_NO_MEMORY or WSD_E_LIMIT */
};

/* Part of a run of bytes, from `start` to before `end`. */
struct wsd__span {
    size_t start, end;
};

#define WSD__BUF_INIT(maximum) ((struct wsd__buf){.max = (maximum)})

int wsd__buf_reserve(struct wsd__buf *buf, size_t more);
int wsd__buf_append(struct wsd__buf *buf, const void *bytes, size_t size);
int wsd__buf_puts(struct wsd__buf *buf, const char *text);
int wsd__buf_putc(struct wsd__buf *buf, char c);
int wsd__buf_printf(struct wsd__buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for size bytes at `at`, which the caller then writes; NULL on failure. */
char *wsd__buf_open(struct wsd__buf *buf, size_t at, size_t size);
int wsd__buf_insert(struct wsd__buf *buf, size_t at, const void *bytes, size_t size);
void wsd__buf_clear(struct wsd__buf *buf); /* keeps the memory */
void wsd__buf_free(struct wsd__buf *buf);

#endif
