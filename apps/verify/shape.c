/* SPDX-License-Identifier: MIT */
/*
 * What may stand in a file of checks, and of what kind it is: one table, asked when the file is
 * read, so that nobody who works with a check later has to ask again.
 */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "verify/checks.h"

enum {
    TEXT = 1,
    TEXTS = 2,
    NUMBER = 4,   /* from 0 */
    NUMBERS = 8,  /* the same */
    RANGE = 16,   /* two of any size */
    FLAG = 32,    /* also of what is there or not */
    OBJECT = 64,  /* of the kind `inner` */
    OBJECTS = 128 /* a list of them, or (of a file) by name */
};

static const struct {
    unsigned kinds;
    const char *words;
} kind_words[] = {
    {TEXT, "a text"},
    {TEXTS, "a list of texts"},
    {TEXT | TEXTS, "a text or a list of texts"},
    {NUMBER, "a whole number"},
    {TEXT | NUMBER, "a text or a whole number"},
    {NUMBER | NUMBERS, "a whole number or a list of them"},
    {RANGE, "a list of two whole numbers"},
    {NUMBER | RANGE, "a whole number or a list of two"},
    {FLAG, "true or false"},
    {OBJECT, "an object"},
    {OBJECTS, "a list of objects"},
};

static const struct member {
    unsigned of;
    const char *key;
    unsigned kinds, inner;
} members[] = {
    {SHAPE_CHECK, "id", TEXT, 0},
    {SHAPE_CHECK, "title", TEXT, 0},
    {SHAPE_CHECK, "level", TEXT, 0},
    {SHAPE_CHECK, "source", TEXT, 0},
    {SHAPE_CHECK, "notice", TEXT, 0},
    {SHAPE_CHECK, "procedure", TEXT, 0},
    {SHAPE_CHECK, "needs", TEXTS, 0},
    {SHAPE_CHECK, "steps", OBJECTS, SHAPE_STEP},
    {SHAPE_STEP, "wait", NUMBER, 0},
    {SHAPE_CHECK | SHAPE_STEP, "use", TEXT, 0},
    {SHAPE_CHECK | SHAPE_STEP | SHAPE_BEFORE, "send", OBJECT, SHAPE_SEND},
    {SHAPE_CHECK | SHAPE_STEP | SHAPE_BEFORE, "expect", OBJECTS, SHAPE_EXPECT},
    {SHAPE_CHECK | SHAPE_STEP | SHAPE_BEFORE, "keep", OBJECT, SHAPE_TEXTS},
    {SHAPE_CHECK | SHAPE_STEP | SHAPE_BEFORE, "ground", TEXT, 0},
    {SHAPE_EXCHANGE, "before", OBJECT, SHAPE_BEFORE},
    {SHAPE_SEND | SHAPE_EXCHANGE, "to", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "action", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "body", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "header", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "wsa_to", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "message_id", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "reply_to", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "addressing", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "omit", TEXTS, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "raw", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "method", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "type", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "headers", TEXTS, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "chunked", FLAG, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "in_pieces", FLAG, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "timeout", NUMBER, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "transport", TEXT, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "discovery", FLAG, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "family", NUMBER, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "silence", FLAG, 0},
    {SHAPE_SEND | SHAPE_EXCHANGE, "any", FLAG, 0},
    {SHAPE_EXPECT, "status", NUMBER | NUMBERS, 0},
    {SHAPE_EXPECT, "within", NUMBER, 0},
    {SHAPE_EXPECT, "size", NUMBER, 0},
    {SHAPE_EXPECT, "fault", TEXT | TEXTS, 0},
    {SHAPE_EXPECT, "code", TEXT, 0},
    {SHAPE_EXPECT, "silence", FLAG, 0},
    {SHAPE_EXPECT, "raw", TEXT, 0},
    {SHAPE_EXPECT, "unlike", TEXT, 0},
    {SHAPE_EXPECT, "end", TEXT, 0},
    {SHAPE_EXPECT, "header", TEXT, 0},
    {SHAPE_EXPECT, "action", TEXT, 0},
    {SHAPE_EXPECT, "relates", TEXT, 0},
    {SHAPE_EXPECT, "path", TEXT, 0},
    {SHAPE_EXPECT, "optional", FLAG, 0},
    {SHAPE_EXPECT, "absent", FLAG, 0},
    {SHAPE_EXPECT, "is", TEXT | NUMBER, 0},
    {SHAPE_EXPECT, "not", TEXT | NUMBER, 0},
    {SHAPE_EXPECT, "above", TEXT | NUMBER, 0},
    {SHAPE_EXPECT, "one_of", TEXTS, 0},
    {SHAPE_EXPECT, "like", TEXT, 0},
    {SHAPE_EXPECT, "longest", NUMBER, 0},
    {SHAPE_EXPECT, "between", RANGE, 0},
    {SHAPE_EXPECT, "bare", FLAG, 0},
    {SHAPE_EXPECT, "in", TEXT, 0},
    {SHAPE_EXPECT, "has_qname", TEXT, 0},
    {SHAPE_EXPECT, "some", TEXT | TEXTS, 0},
    {SHAPE_EXPECT, "unique", FLAG, 0},
    {SHAPE_EXPECT, "rising", FLAG, 0},
    {SHAPE_EXPECT, "order", TEXTS, 0},
    {SHAPE_EXPECT, "count", NUMBER | RANGE, 0},
    {SHAPE_FILE, "area", TEXT, 0},
    {SHAPE_FILE, "texts", OBJECT, SHAPE_TEXTS},
    {SHAPE_FILE, "exchanges", OBJECT, SHAPE_EXCHANGES},
    {SHAPE_FILE, "checks", OBJECTS, 0}, /* one by one, as each has a name to be told */
};

/* Of objects whose members have names of the file's own. */
static const struct member named[] = {
    {SHAPE_TEXTS, NULL, TEXT, 0},
    {SHAPE_EXCHANGES, NULL, OBJECT, SHAPE_EXCHANGE},
};

static const struct member *member_of(unsigned shape, const char *key)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i].of == shape)
            return &named[i];
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if ((members[i].of & shape) && strcmp(members[i].key, key) == 0)
            return &members[i];
    return NULL;
}

static bool is_number(struct json_object *value, bool any)
{
    int64_t number = json_object_get_int64(value);

    return json_object_is_type(value, json_type_int) &&
           (any || (number >= 0 && number <= INT32_MAX));
}

static bool all_are(struct json_object *list, unsigned kind)
{
    bool good = json_object_is_type(list, json_type_array);

    for (size_t i = 0; good && i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        good = kind == TEXTS     ? json_object_is_type(one, json_type_string)
               : kind == OBJECTS ? json_object_is_type(one, json_type_object)
                                 : is_number(one, kind == RANGE);
    }
    return good && (kind != RANGE || json_object_array_length(list) == 2);
}

static bool fits(struct json_object *value, unsigned kinds)
{
    static const unsigned lists[] = {TEXTS, NUMBERS, RANGE, OBJECTS};

    if (((kinds & TEXT) && json_object_is_type(value, json_type_string)) ||
        ((kinds & NUMBER) && is_number(value, false)) ||
        ((kinds & FLAG) && json_object_is_type(value, json_type_boolean)) ||
        ((kinds & OBJECT) && json_object_is_type(value, json_type_object)))
        return true;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if ((kinds & lists[i]) && all_are(value, lists[i]))
            return true;
    return false;
}

static bool inner_fits(const struct member *m, struct json_object *value, char *why, size_t size)
{
    if (!m->inner || (m->kinds & OBJECT))
        return !m->inner || shape_fits(m->inner, value, why, size);
    for (size_t i = 0; i < json_object_array_length(value); i++)
        if (!shape_fits(m->inner, json_object_array_get_idx(value, i), why, size))
            return false;
    return true;
}

bool shape_fits(unsigned shape, struct json_object *object, char *why, size_t size)
{
    if (!json_object_is_type(object, json_type_object)) {
        snprintf(why, size, "it is no object");
        return false;
    }
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        struct json_object *value = json_object_iter_peek_value(&at);
        const struct member *m = member_of(shape, key);
        char clean[60];

        text_clean(key, clean, sizeof clean);
        if (!m) {
            snprintf(why, size, "'%s' is nothing that may stand there", clean);
            return false;
        }
        if (value && !fits(value, m->kinds)) {
            const char *words = "";
            for (size_t i = 0; i < sizeof kind_words / sizeof *kind_words; i++)
                if (kind_words[i].kinds == m->kinds)
                    words = kind_words[i].words;
            snprintf(why, size, "'%s' has to be %s", clean, words);
            return false;
        }
        if (value && !inner_fits(m, value, why, size))
            return false;
    }
    return true;
}
