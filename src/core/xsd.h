/* SPDX-License-Identifier: MIT */
/* The lexical forms of XML Schema that the protocols use. Own parsers: no locale, no surprises. */
#ifndef WSD_CORE_XSD_H
#define WSD_CORE_XSD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wsd/types.h>

static inline bool wsd__xml_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
/* The value of a hexadecimal digit, -1 for any other character. */
static inline int wsd__hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
/* Takes white space off both ends. */
void wsd__trim(const char **text, size_t *length);

/* Each reads all of text, white space around it aside, and is false for anything else. */
/* "+5", "007"; false for what overflows. */
bool wsd__parse_int(const char *text, size_t length, int64_t *ret);
/* true, false, 1, 0 */
bool wsd__parse_bool(const char *text, size_t length, bool *ret);
/* yyyy-mm-ddThh:mm:ss[.fraction][Z|+hh:mm]; year 0001 and negative years, 24:00:00, leap second 60
 * tolerated. Fills all but text. */
bool wsd__parse_datetime(const char *text, size_t length, struct wsd_datetime *ret);
/* PnYnMnDTnHnMnS in every subset, fraction of seconds, leading minus. Saturates at INT64 range. */
bool wsd__parse_duration(const char *text, size_t length, struct wsd_duration *ret);
/* Formats into a buffer of at least 40 bytes; returns it. */
char *wsd__format_datetime(const struct wsd_datetime *value, char *buffer);
char *wsd__format_duration(const struct wsd_duration *value, char *buffer);

/* base64 with or without line breaks. Returns the number of bytes or -1. out has room for
 * length / 4 * 3 + 3. */
ptrdiff_t wsd__base64_decode(const char *text, size_t length, void *out);

#endif
