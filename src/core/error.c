/* SPDX-License-Identifier: MIT */
/* Error codes and reports. */
#include "core/error.h"

#include <stdio.h>
#include <string.h>

const char *wsd_strerror(int code)
{
    switch (code) {
#define WSD_ERROR_TEXT(name, number, text)                                                         \
    case WSD_E_##name:                                                                             \
        return text;
        WSD_ERROR_MAP(WSD_ERROR_TEXT)
#undef WSD_ERROR_TEXT
    default:
        return code >= 0 ? "success" : "unknown error";
    }
}

const char *wsd_error_name(int code)
{
    switch (code) {
#define WSD_ERROR_NAME(name, number, text)                                                         \
    case WSD_E_##name:                                                                             \
        return "WSD_E_" #name;
        WSD_ERROR_MAP(WSD_ERROR_NAME)
#undef WSD_ERROR_NAME
    default:
        return "WSD_E_UNKNOWN";
    }
}

size_t wsd__error_cut(const char *text, size_t length, size_t most)
{
    if (length <= most)
        return length;
    while (most && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

void wsd__error_set(char *field, size_t size, const char *text, size_t length)
{
    if (length == (size_t)-1)
        length = text ? strlen(text) : 0;
    length = wsd__error_cut(text, length, size - 1);
    for (size_t i = 0; i < length; i++)
        field[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
    field[length] = '\0';
}

static int report(struct wsd_error *reterr, int code, int system, const char *format, va_list args)
{
    if (!reterr || reterr->code < 0)
        return code;
    char text[sizeof reterr->message];
    reterr->code = code;
    reterr->system = system;
    if (!format)
        WSD__ERROR_SET(reterr->message, wsd_strerror(code));
    else {
        vsnprintf(text, sizeof text, format, args);
        WSD__ERROR_SET(reterr->message, text);
    }
    if (system) {
        size_t used = strlen(reterr->message);
        snprintf(reterr->message + used, sizeof reterr->message - used, ": %s", strerror(system));
    }
    return code;
}

int wsd__error(struct wsd_error *reterr, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(reterr, code, 0, format, args);
    va_end(args);
    return code;
}

int wsd__error_errno(struct wsd_error *reterr, int code, int system, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(reterr, code, system, format, args);
    va_end(args);
    return code;
}
