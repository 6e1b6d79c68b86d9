/* SPDX-License-Identifier: MIT */
/* Clock, files and constant messages with holes; see support.h. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_FILE = 1 << 20 };

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void must(int good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

char *read_file(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    must(file != NULL, path);
    char *bytes = malloc(MAX_FILE + 1);
    must(bytes != NULL, path);
    size_t size = fread(bytes, 1, MAX_FILE, file);
    fclose(file);
    bytes[size] = '\0';
    if (ret_size)
        *ret_size = size;
    return bytes;
}

static const char *value_of(const char *key, size_t length, const char *const *pairs)
{
    for (; pairs[0]; pairs += 2)
        if (strlen(pairs[0]) == length && memcmp(pairs[0], key, length) == 0)
            return pairs[1];
    return NULL;
}

size_t fill_in(char *out, size_t size, const char *template_, const char *const *pairs)
{
    size_t used = 0;
    while (*template_ && used + 1 < size) {
        const char *close = *template_ == '{' ? strchr(template_, '}') : NULL;
        const char *value =
            close ? value_of(template_ + 1, (size_t)(close - template_ - 1), pairs) : NULL;
        if (!value) {
            out[used++] = *template_++;
            continue;
        }
        size_t length = strlen(value);
        must(used + length < size, "a message is too long");
        memcpy(out + used, value, length);
        used += length;
        template_ = close + 1;
    }
    out[used] = '\0';
    return used;
}

size_t element_text(const char *bytes, size_t size, const char *name, char *out, size_t out_size)
{
    size_t length = strlen(name), used = 0;
    const char *end = bytes + size, *at = bytes;
    out[0] = '\0';
    while ((at = memmem(at, (size_t)(end - at), name, length)) != NULL) {
        at += length;
        if (at < end && *at == '>')
            break;
    }
    for (at = at ? at + 1 : end; at < end && *at != '<' && used + 1 < out_size; at++)
        out[used++] = *at;
    out[used] = '\0';
    return used;
}
