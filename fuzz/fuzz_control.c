/* SPDX-License-Identifier: MIT */
/*
 * Lines of a control socket, fed with anything, in pieces of any size.
 *
 * However the bytes are cut, the same objects and the same complaints come out, as many as there
 * are line ends; what comes out is a JSON object that reads the same when it is written and read
 * again; and what is kept of a line that is too long does not grow.
 */
#include "common/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 200 /* small, so that a short input reaches it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct outcome {
    size_t lines, objects, wrong, long_;
    unsigned sum; /* of what was written again */
};

static void require_same_again(struct json_object *object, struct outcome *outcome)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
    struct control_reader reader = {.limit = 1 << 20};
    struct json_object *again = NULL;

    require(text != NULL);
    for (const char *c = text; *c; c++)
        outcome->sum = outcome->sum * 31 + (unsigned char)*c;
    require(control_reader_add(&reader, text, strlen(text)) == 0);
    require(control_reader_add(&reader, "\n", 1) == 0);
    require(control_reader_next(&reader, &again) == 1);
    /* As text: a number that is none is not equal to itself. */
    require(strcmp(json_object_to_json_string_ext(again, JSON_C_TO_STRING_PLAIN), text) == 0);
    json_object_put(again);
    control_reader_free(&reader);
}

static void try_members(const struct json_object *object)
{
    const char *text = NULL;
    int64_t number = 7;
    bool flag;

    if (control_text(object, "command", &text))
        require(text != NULL);
    if (control_number(object, "device", 1, 5, &number))
        require(number >= 1 && number <= 5);
    else
        require(number == 7);
    control_flag(object, "open", &flag);
}

static void take_lines(struct control_reader *reader, struct outcome *outcome)
{
    struct json_object *object = NULL;
    int r;

    while ((r = control_reader_next(reader, &object)) != 0) {
        outcome->lines++;
        outcome->objects += r == 1;
        outcome->wrong += r == -EBADMSG;
        outcome->long_ += r == -E2BIG;
        require(r == 1 || r == -EBADMSG || r == -E2BIG);
        if (r != 1)
            continue;
        try_members(object);
        require_same_again(object, outcome);
        json_object_put(object);
    }
    require(!control_reader_has_line(reader));
    require(reader->length <= LIMIT);
}

static struct outcome read_all(const uint8_t *data, size_t size, size_t piece)
{
    struct control_reader reader = {.limit = LIMIT};
    struct outcome outcome = {0};

    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        require(control_reader_add(&reader, data + at, n) == 0);
        take_lines(&reader, &outcome);
    }
    control_reader_free(&reader);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct outcome whole = read_all(data, size, size ? size : 1);
    struct outcome pieces = read_all(data, size, size ? 1 + data[0] % 17 : 1);
    size_t ends = 0;

    for (size_t i = 0; i < size; i++)
        ends += data[i] == '\n';
    require(whole.lines == ends);
    require(memcmp(&whole, &pieces, sizeof whole) == 0);
    return 0;
}
