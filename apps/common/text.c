/* SPDX-License-Identifier: MIT */
/* Cleaning, measuring and comparing text; no locale is needed. */
#include "common/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Length of the valid UTF-8 sequence at `s`, 0 if it is none; its code point in `ret`. */
static size_t sequence(const unsigned char *s, uint32_t *ret)
{
    static const uint32_t lowest[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xC2 ? 0
               : s[0] < 0xE0 ? 2
               : s[0] < 0xF0 ? 3
               : s[0] < 0xF5 ? 4
                             : 0;
    uint32_t code = n == 1 ? s[0] : n == 2 ? s[0] & 0x1Fu : n == 3 ? s[0] & 0xFu : s[0] & 7u;

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3Fu);
    }
    if (n == 0 || code < lowest[n] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0;
    *ret = code;
    return n;
}

/* What must not reach a terminal: controls, and the marks that turn the direction of writing. */
static bool harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

size_t text_harmless(const char *text, size_t size)
{
    unsigned char s[5] = "";
    uint32_t code = 0;

    memcpy(s, text, size < 4 ? size : 4);
    size_t length = sequence(s, &code);
    return length > 0 && !harmful(code) ? length : 0;
}

char *text_clean(const char *text, char *ret, size_t size)
{
    const unsigned char *s = (const unsigned char *)(text ? text : "");
    size_t n = 0;

    while (*s) {
        uint32_t code = 0;
        size_t length = sequence(s, &code);
        if (n + (length ? length : 1) >= size)
            break;
        if (length == 0) {
            ret[n++] = '?';
            s++;
        } else if (harmful(code)) {
            ret[n++] = ' ';
            s += length;
        } else {
            memcpy(ret + n, s, length);
            n += length;
            s += length;
        }
    }
    ret[n] = 0;
    return ret;
}

void text_put(FILE *out, const char *text)
{
    char clean[1024];

    fputs(text_clean(text, clean, sizeof clean), out);
}

/* East Asian wide forms take two columns, combining marks none; the rest one. */
static size_t columns(uint32_t code)
{
    if (code >= 0x300 && code < 0x370)
        return 0;
    bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2E80 && code < 0xA4D0) ||
                (code >= 0xAC00 && code < 0xD7A4) || (code >= 0xF900 && code < 0xFB00) ||
                (code >= 0xFE30 && code < 0xFE70) || (code >= 0xFF00 && code < 0xFF61) ||
                (code >= 0x1F300 && code < 0x1F650);
    return wide ? 2 : 1;
}

size_t text_width(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t width = 0;

    while (*s) {
        uint32_t code = '?';
        size_t length = sequence(s, &code);
        width += columns(code);
        s += length ? length : 1;
    }
    return width;
}

void text_column(FILE *out, const char *text, size_t width)
{
    char clean[512];
    text_clean(text, clean, sizeof clean);
    size_t used = text_width(clean);

    if (used > width) {
        const unsigned char *s = (const unsigned char *)clean;
        for (used = 1; *s;) {
            uint32_t code = '?';
            size_t length = sequence(s, &code);
            if (used + columns(code) > width)
                break;
            used += columns(code);
            s += length;
        }
        fwrite(clean, 1, (size_t)(s - (const unsigned char *)clean), out);
        fputs("\u2026", out);
    } else {
        fputs(clean, out);
    }
    for (; used < width; used++)
        fputc(' ', out);
}

bool text_contains(const char *text, const char *part)
{
    return text && strcasestr(text, part) != NULL;
}

bool text_same(const char *a, const char *b)
{
    return a && b && strcasecmp(a, b) == 0;
}

void text_append(char *buffer, size_t size, const char *format, ...)
{
    size_t used = strnlen(buffer, size);
    va_list list;

    if (used >= size)
        return;
    va_start(list, format);
    vsnprintf(buffer + used, size - used, format, list);
    va_end(list);
}

char *text_bytes(unsigned long long bytes, char *ret, size_t size)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int unit = -1;

    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    if (unit < 0)
        snprintf(ret, size, "%llu bytes", bytes);
    else
        snprintf(ret, size, value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return ret;
}
