/* SPDX-License-Identifier: MIT */
/* What all programs of bench/ need. They serve one measurement and end; errors end them at once. */
#ifndef WSD_BENCH_SUPPORT_H
#define WSD_BENCH_SUPPORT_H

#include <stddef.h>

/* Seconds of the system's monotonic clock, which all processes share. */
double now(void);
/* The whole file with a NUL behind it; never freed. Ends the program if it cannot be read. */
char *read_file(const char *path, size_t *ret_size);
/* Ends the program with what errno says if bad. */
void must(int good, const char *what);
/* The template with each "{key}" replaced; keys and values are pairs, NULL ends them. Returns the
 * length, less than size. */
size_t fill_in(char *out, size_t size, const char *template_, const char *const *pairs);
/* The text of the first element whose local name is `name`, without its prefix; "" if none. No
 * reader of XML: the other side of a measurement is known, and must cost next to nothing. */
size_t element_text(const char *bytes, size_t size, const char *name, char *out, size_t out_size);

#endif
