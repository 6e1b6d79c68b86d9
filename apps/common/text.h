/* SPDX-License-Identifier: MIT */
/*
 * Text for people. What a device says of itself is shown without what a terminal would obey.
 */
#ifndef WSD_APPS_COMMON_TEXT_H
#define WSD_APPS_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Copies `text` (NULL reads as "") with control characters, line ends included, made into spaces,
 * and broken UTF-8 into '?'; cut to fit at a character. Returns `ret`. */
char *text_clean(const char *text, char *ret, size_t size);

/* Length of the character at `text`, of which `size` bytes are there, if a terminal may see it as
 * it is; else 0. */
size_t text_harmless(const char *text, size_t size);

/* Prints it clean. */
void text_put(FILE *out, const char *text);

/* Columns that a terminal uses for the UTF-8 text. */
size_t text_width(const char *text);

/* Prints it clean in a column of that width: padded, or cut with an ellipsis. */
void text_column(FILE *out, const char *text, size_t width);

/* True if `text` contains `part`, or equals it; ASCII letters of any case are one. */
bool text_contains(const char *text, const char *part);
bool text_same(const char *a, const char *b);

/* Appends by printf to a text in a buffer, cut to fit. */
void text_append(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* 12.3 kB, 4.5 MB. */
char *text_bytes(unsigned long long bytes, char *ret, size_t size);

#endif
