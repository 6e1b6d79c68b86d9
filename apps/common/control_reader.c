/* SPDX-License-Identifier: MIT */
/* Bytes to lines, lines to JSON objects. */
#include "common/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 1024

static bool make_room(struct control_reader *reader, size_t size)
{
    size_t capacity = reader->capacity ? reader->capacity : CAPACITY_FIRST;

    if (size > SIZE_MAX / 2 - reader->length)
        return false;
    while (capacity - reader->length < size && capacity < SIZE_MAX / 2)
        capacity *= 2;
    if (capacity == reader->capacity)
        return true;
    char *bytes = realloc(reader->bytes, capacity);
    if (!bytes)
        return false;
    reader->bytes = bytes;
    reader->capacity = capacity;
    return true;
}

/* The end of the first line; NULL: it has not come. */
static const char *line_end(const struct control_reader *reader)
{
    return reader->length > reader->scanned
               ? memchr(reader->bytes + reader->scanned, '\n', reader->length - reader->scanned)
               : NULL;
}

static void drop(struct control_reader *reader, size_t size)
{
    reader->length -= size;
    reader->scanned = 0;
    if (reader->length > 0)
        memmove(reader->bytes, reader->bytes + size, reader->length);
}

int control_reader_add(struct control_reader *reader, const void *bytes, size_t size)
{
    if (reader->skipping && reader->length == 0) {
        const char *end = size > 0 ? memchr(bytes, '\n', size) : NULL;
        size_t skipped = end ? (size_t)(end - (const char *)bytes) : size;
        /* The line end stays: it ends the line of which nothing else was kept. */
        bytes = (const char *)bytes + skipped;
        size -= skipped;
    }
    if (size == 0)
        return 0;
    if (!make_room(reader, size))
        return -ENOMEM;
    memcpy(reader->bytes + reader->length, bytes, size);
    reader->length += size;
    if (!reader->skipping && !line_end(reader)) {
        reader->scanned = reader->length;
        if (reader->length > reader->limit) {
            reader->skipping = true;
            reader->length = reader->scanned = 0;
        }
    }
    return 0;
}

bool control_reader_has_line(const struct control_reader *reader)
{
    return line_end(reader) != NULL;
}

static int parse(const char *text, size_t length, struct json_object **ret)
{
    struct json_tokener *tokener = json_tokener_new_ex(CONTROL_MAX_DEPTH);

    if (!tokener)
        return -ENOMEM;
    while (length > 0 && strchr(" \t\r", text[length - 1]))
        length--;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    size_t used = json_tokener_get_parse_end(tokener);

    json_tokener_free(tokener);
    if (error == json_tokener_success && used == length &&
        json_object_is_type(object, json_type_object)) {
        *ret = object;
        return 1;
    }
    json_object_put(object);
    return -EBADMSG;
}

int control_reader_next(struct control_reader *reader, struct json_object **ret)
{
    const char *end = line_end(reader);
    size_t length;
    int r;

    if (!end)
        return 0;
    length = (size_t)(end - reader->bytes);
    if (reader->skipping || length > reader->limit || length > INT32_MAX)
        r = -E2BIG;
    else
        r = parse(reader->bytes, length, ret);
    reader->skipping = false;
    drop(reader, length + 1);
    /* What is left may be the beginning of a line that is too long already. */
    if (reader->length > reader->limit && !line_end(reader)) {
        reader->skipping = true;
        reader->length = 0;
    }
    return r;
}

void control_reader_free(struct control_reader *reader)
{
    free(reader->bytes);
    *reader = (struct control_reader){.limit = reader->limit};
}

/* -- members ------------------------------------------------------------------------------------
 */

static struct json_object *member(const struct json_object *object, const char *key,
                                  enum json_type type)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type)
               ? value
               : NULL;
}

bool control_text(const struct json_object *object, const char *key, const char **ret)
{
    struct json_object *value = member(object, key, json_type_string);
    const char *text = value ? json_object_get_string(value) : NULL;

    /* A text with a NUL within is not what it seems. */
    if (!text || strlen(text) != (size_t)json_object_get_string_len(value))
        return false;
    *ret = text;
    return true;
}

bool control_number(const struct json_object *object, const char *key, int64_t low, int64_t high,
                    int64_t *ret)
{
    struct json_object *value = member(object, key, json_type_int);
    int64_t number = value ? json_object_get_int64(value) : 0;

    if (!value || number < low || number > high)
        return false;
    *ret = number;
    return true;
}

bool control_flag(const struct json_object *object, const char *key, bool *ret)
{
    struct json_object *value = member(object, key, json_type_boolean);

    if (!value)
        return false;
    *ret = json_object_get_boolean(value);
    return true;
}
