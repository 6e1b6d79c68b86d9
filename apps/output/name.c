/* SPDX-License-Identifier: MIT */
/*
 * Patterns to file names. Leaves to output.c which names are free. Cost: none.
 */
#include "name.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "output.h"

#define NUMBER_DIGITS_MAX 9u
#define DEVICE_BYTES      64u

enum field { FIELD_DATE, FIELD_TIME, FIELD_DEVICE, FIELD_PAGE, FIELD_COUNTER };

static const struct {
    const char *word;
    enum field field;
} fields[] = {
    {"{date}", FIELD_DATE}, {"{time}", FIELD_TIME},       {"{device}", FIELD_DEVICE},
    {"{page}", FIELD_PAGE}, {"{counter}", FIELD_COUNTER},
};

/* Length of the field at `at` and which, or 0. */
static size_t field_at(const char *at, enum field *ret)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t len = strlen(fields[i].word);
        if (strncmp(at, fields[i].word, len) == 0) {
            *ret = fields[i].field;
            return len;
        }
    }
    return 0;
}

/* Length of "%d", "%3d" or "%03d" at `at` and its digits, or 0. */
static size_t number_at(const char *at, unsigned *ret_digits)
{
    size_t len = 1;
    if (at[len] == '0')
        len++;
    unsigned digits = 1;
    if (at[len] >= '1' && at[len] <= '9')
        digits = (unsigned)(at[len++] - '0');
    if (at[len] != 'd')
        return 0;
    *ret_digits = digits;
    return len + 1;
}

/* Checks the field or letter at `*at` and moves behind it; NULL or what is wrong. */
static const char *check_one(const char **at, struct name_pattern *pattern)
{
    enum field field;
    unsigned digits;
    size_t len = 1;
    if (**at == '%' && (*at)[1] == '%') {
        len = 2;
    } else if (**at == '%') {
        len = number_at(*at, &digits);
        if (len == 0)
            return "after % only a page number such as %03d may stand; write %% for a percent sign";
        pattern->has_page = true;
    } else if (**at == '{') {
        len = field_at(*at, &field);
        if (len == 0)
            return "in braces only {date}, {time}, {device}, {page} and {counter} are known";
        pattern->has_page |= field == FIELD_PAGE;
        pattern->has_counter |= field == FIELD_COUNTER;
    } else if (**at == '/') {
        return "it is a file name and may not contain a slash; give the folder apart";
    } else if ((unsigned char)**at < ' ' || **at == 0x7F) {
        return "it contains a control character; use letters and digits";
    }
    *at += len;
    return NULL;
}

int name_check(const char *pattern, struct name_pattern *ret, struct output_error *ret_error)
{
    struct name_pattern found = {0};
    const char *wrong = NULL;
    if (!*pattern)
        wrong = "it is empty; give a name such as scan.pdf";
    else if (*pattern == '.')
        wrong = "it begins with a dot, which would hide the file; give a name such as scan.pdf";
    else if (strlen(pattern) >= NAME_BYTES - 32)
        wrong = "it is too long; take fewer than 200 letters";
    for (const char *at = pattern; *at && !wrong;)
        wrong = check_one(&at, &found);
    if (wrong)
        return output_fail(ret_error, OUTPUT_E_USAGE, "File name \"%.60s\": %s.", pattern, wrong);
    *ret = found;
    return 0;
}

/* A device names itself; nothing of it may act as a path or an option, hide the file or upset a
 * terminal or a Windows share. It is cut between characters. */
static void put_device(FILE *out, const char *device)
{
    size_t len = strnlen(device, DEVICE_BYTES + 1);
    if (len > DEVICE_BYTES)
        for (len = DEVICE_BYTES; len > 0 && ((unsigned char)device[len] & 0xC0) == 0x80; len--)
            ;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)device[i];
        bool bad = c <= ' ' || c == 0x7F || strchr("/\\:*?\"<>|%{}", c) ||
                   ((c == '.' || c == '-') && i == 0);
        fputc(bad ? '_' : c, out);
    }
}

static void put_field(FILE *out, enum field field, const struct name_values *values)
{
    const struct tm *t = &values->when;
    switch (field) {
    case FIELD_DATE:
        fprintf(out, "%04d-%02d-%02d", t->tm_year + 1900, t->tm_mon + 1, t->tm_mday);
        break;
    case FIELD_TIME:
        fprintf(out, "%02d%02d%02d", t->tm_hour, t->tm_min, t->tm_sec);
        break;
    case FIELD_DEVICE:
        put_device(out, values->device && *values->device ? values->device : "scanner");
        break;
    case FIELD_PAGE:
        fprintf(out, "%u", values->page);
        break;
    case FIELD_COUNTER:
        fprintf(out, "%u", values->counter);
        break;
    }
}

int name_make(const char *pattern, const struct name_values *values, char ret[NAME_BYTES])
{
    FILE *out = fmemopen(ret, NAME_BYTES, "w");
    if (!out)
        return -1;
    for (const char *at = pattern; *at;) {
        enum field field;
        unsigned digits = 1;
        size_t len = *at == '{' ? field_at(at, &field) : 0;
        if (len > 0) {
            put_field(out, field, values);
        } else if (*at == '%' && (len = number_at(at, &digits)) > 0) {
            fprintf(out, "%0*u", (int)digits, values->page);
        } else {
            fputc(*at, out);
            len = at[0] == '%' && at[1] == '%' ? 2 : 1;
        }
        at += len;
    }
    long len = ftell(out);
    bool failed = ferror(out) || fflush(out) != 0;
    failed |= fclose(out) != 0;
    if (failed || len < 1 || len >= (long)NAME_BYTES - 1)
        return -1;
    /* Windows and SMB drop a leading dot's meaning, Unix hides the file: {device} cannot make one,
     * so only an empty or dotted whole is left to look for. */
    return ret[0] == '.' ? -1 : 0;
}

const char *name_extension(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}

int name_set_extension(char name[NAME_BYTES], const char *extension)
{
    const char *old = name_extension(name);
    size_t stem = strlen(name);
    if (*old && sniff_from_extension(old) != SNIFF_UNKNOWN)
        stem = (size_t)(old - name) - 1;
    if (stem + 1 + strlen(extension) >= NAME_BYTES)
        return -1;
    snprintf(name + stem, NAME_BYTES - stem, ".%s", extension);
    return 0;
}

int name_beside(const char *name, unsigned number, char ret[NAME_BYTES])
{
    const char *extension = name_extension(name);
    size_t stem = *extension ? (size_t)(extension - name) - 1 : strlen(name);
    int len = snprintf(ret, NAME_BYTES, "%.*s-%u%s", (int)stem, name, number, name + stem);
    return len < 0 || len >= (int)NAME_BYTES ? -1 : 0;
}
