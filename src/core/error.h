/* SPDX-License-Identifier: MIT */
/* Filling a struct wsd_error: first cause wins, NULL is welcome. */
#ifndef WSD_CORE_ERROR_H
#define WSD_CORE_ERROR_H

#include <stdarg.h>
#include <stddef.h>
#include <wsd/error.h>

/* Writes code and sentence unless a cause is there already; returns code. A NULL format takes the
 * code's own sentence. */
int wsd__error(struct wsd_error *reterr, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with the words of errno behind it; WSD_E_SYSTEM or the code given. */
int wsd__error_errno(struct wsd_error *reterr, int code, int system, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* How much of text fits into `most` bytes without cutting a UTF-8 character. */
size_t wsd__error_cut(const char *text, size_t length, size_t most);
/* Copies text into a fixed field, cut at a character's border, control characters replaced. */
void wsd__error_set(char *field, size_t size, const char *text, size_t length);
#define WSD__ERROR_SET(field, text) wsd__error_set((field), sizeof(field), (text), (size_t)-1)

#endif
