/* SPDX-License-Identifier: MIT */
/*
 * The multipart reader: however the input is cut, the same parts come out.
 *
 * Input: the Content-Type up to the first LF, then the body. The cuts follow from the body's own
 * bytes, so that a case repeats itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "soap/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    uint64_t hash; /* of all events; slices do not count */
    unsigned parts, ends;
    int open;
};

static void mix(struct outcome *outcome, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < size; i++)
        outcome->hash = (outcome->hash ^ p[i]) * 1099511628211u;
}

static int on_part(void *user, const struct wsd__mime_part *part)
{
    struct outcome *outcome = user;
    if (outcome->open || part->index != outcome->parts || part->index >= WSD_MAX_MIME_PARTS)
        abort();
    outcome->open = 1;
    outcome->parts++;
    mix(outcome, "P", 1);
    mix(outcome, part->content_type, strlen(part->content_type) + 1);
    mix(outcome, part->content_id, strlen(part->content_id) + 1);
    return 0;
}

static int on_data(void *user, const void *bytes, size_t size)
{
    struct outcome *outcome = user;
    if (!outcome->open || size == 0)
        abort();
    mix(outcome, bytes, size);
    return 0;
}

static int on_end(void *user, bool complete)
{
    struct outcome *outcome = user;
    if (!outcome->open)
        abort();
    outcome->open = 0;
    outcome->ends++;
    mix(outcome, complete ? "E" : "e", 1);
    return 0;
}

/* 1: whole; 2: cut by the bytes themselves; 3: one by one. */
static int read_all(const char *type, const uint8_t *body, size_t size, int way,
                    struct outcome *ret_outcome)
{
    struct outcome outcome = {.hash = 14695981039346656037u};
    struct wsd__mime_handler handler = {&outcome, on_part, on_data, on_end};
    struct wsd__mime_reader *reader;
    int status = wsd__mime_reader_new(type, &handler, &reader, NULL);
    if (status < 0)
        return status;
    for (size_t at = 0; status == 0 && at < size;) {
        size_t piece = way == 1 ? size : way == 2 ? (size_t)body[at] % 97 + 1 : 1;
        if (piece > size - at)
            piece = size - at;
        char *copy = malloc(piece); /* so that a read behind the slice is seen */
        if (copy == NULL)
            abort();
        memcpy(copy, body + at, piece);
        status = wsd__mime_reader_feed(reader, copy, piece, NULL);
        free(copy);
        at += piece;
    }
    if (status == 0)
        status = wsd__mime_reader_finish(reader, NULL);
    if (status == 0 && outcome.open)
        abort();
    wsd__mime_reader_free(reader);
    *ret_outcome = outcome;
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;
    if (lf == NULL)
        return 0;
    char *type = strndup((const char *)data, (size_t)(lf - data));
    if (type == NULL)
        return 0;
    struct outcome whole = {0}, other = {0};
    size_t rest = size - (size_t)(lf - data) - 1;
    int status = read_all(type, lf + 1, rest, 1, &whole);
    for (int way = 2; way <= 3; way++)
        if (read_all(type, lf + 1, rest, way, &other) != status || other.hash != whole.hash ||
            other.parts != whole.parts || other.ends != whole.ends)
            abort();
    free(type);
    return 0;
}
