/* SPDX-License-Identifier: MIT */
/*
 * The order of a scan to JSON and back, by one table: a row is a key, the member and what it may
 * be. What is read is checked against it as if a stranger had written it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "job.h"

#define VERSION 1

enum kind { TEXT, SIGNED, NUMBER32, NUMBER64, INT, BOOL, NUMBERS, WORD, LIST };

struct row {
    const char *key;
    enum kind kind;
    size_t offset;
    int64_t least, most;      /* of numbers; NUMBERS: `most` of them */
    const char *const *words; /* of an enumeration, by its value */
};

static const char *const formats[] = {"pdf", "pdfa", "tiff", "jpeg", "png", "raw", NULL};
static const char *const broken[] = {"keep", "drop", NULL};

#define ROW(name, what, member, from, to)                                                          \
    {                                                                                              \
        .key = name, .kind = what, .offset = offsetof(struct job_order, member), .least = from,    \
        .most = to                                                                                 \
    }
#define WORD_ROW(name, member, list)                                                               \
    {                                                                                              \
        .key = name, .kind = WORD, .offset = offsetof(struct job_order, member), .words = list     \
    }
/* clang-format off */
static const struct row rows[] = {
    ROW("id", TEXT, id, 0, 0),
    ROW("began", SIGNED, began, 0, INT64_MAX),
    ROW("title", TEXT, title, 0, 0),
    ROW("device", TEXT, device, 0, 0),
    ROW("uuid", TEXT, uuid, 0, 0),
    ROW("destination", TEXT, destination, 0, 0),
    ROW("dpi", NUMBERS, dpi, 0, 2),
    ROW("crop", NUMBERS, crop, 0, 4),
    WORD_ROW("format", format, formats),
    ROW("folder", TEXT, folder, 0, 0),
    ROW("pattern", TEXT, pattern, 0, 0),
    ROW("quality", INT, quality, 0, 100),
    ROW("owner", TEXT, owner, 0, 0),
    ROW("group", TEXT, group, 0, 0),
    ROW("mode", INT, file_mode, -1, 0777),
    ROW("drop_blank", BOOL, drop_blank, 0, 1),
    WORD_ROW("broken", broken, broken),
    ROW("command", LIST, command, 0, 0),
    ROW("pipe", LIST, pipe, 0, 0),
    ROW("command_timeout", NUMBER32, command_timeout, 0, UINT32_MAX),
    ROW("incomplete", TEXT, incomplete, 0, 0),
    ROW("max_page_bytes", NUMBER64, max_page_bytes, 0, INT64_MAX),
    ROW("max_total_bytes", NUMBER64, max_total_bytes, 0, INT64_MAX),
    ROW("max_pages", NUMBER32, max_pages, 0, UINT32_MAX),
};
/* clang-format on */
#define N_ROWS (sizeof rows / sizeof *rows)

/* -- writing ------------------------------------------------------------------------------------
 */

static struct json_object *numbers_json(const uint32_t *numbers, int64_t count)
{
    struct json_object *array = NULL;
    bool any = false;

    for (int64_t i = 0; i < count; i++)
        any |= numbers[i] != 0;
    if (any)
        array = json_object_new_array();
    for (int64_t i = 0; array && i < count; i++)
        json_object_array_add(array, json_object_new_int64(numbers[i]));
    return array;
}

static struct json_object *list_json(char *const *list)
{
    struct json_object *array = list && *list ? json_object_new_array() : NULL;

    for (; array && *list; list++)
        json_object_array_add(array, json_object_new_string(*list));
    return array;
}

/* NULL for what is not said. */
static struct json_object *value_json(const struct row *row, const void *at)
{
    switch (row->kind) {
    case TEXT: {
        const char *text = *(const char *const *)at;
        return text ? json_object_new_string(text) : NULL;
    }
    case SIGNED:
        return json_object_new_int64(*(const int64_t *)at);
    case NUMBER32:
        return json_object_new_int64(*(const uint32_t *)at);
    case NUMBER64: {
        uint64_t number = *(const uint64_t *)at;
        return json_object_new_int64(number < INT64_MAX ? (int64_t)number : INT64_MAX);
    }
    case INT:
        return json_object_new_int64(*(const int *)at);
    case BOOL:
        return json_object_new_boolean(*(const bool *)at);
    case NUMBERS:
        return numbers_json(at, row->most);
    case WORD:
        return json_object_new_string(row->words[*(const unsigned *)at]);
    case LIST:
        return list_json(*(char *const *const *)at);
    }
    return NULL;
}

struct json_object *job_order_json(const struct job_order *order)
{
    struct json_object *json = json_object_new_object();

    if (!json)
        return NULL;
    json_object_object_add(json, "version", json_object_new_int(VERSION));
    for (size_t i = 0; i < N_ROWS; i++) {
        struct json_object *value = value_json(&rows[i], (const char *)order + rows[i].offset);
        if (value)
            json_object_object_add(json, rows[i].key, value);
    }
    return json;
}

/* -- reading ------------------------------------------------------------------------------------
 */

static bool read_number(const struct row *row, struct json_object *value, int64_t *ret)
{
    if (!json_object_is_type(value, json_type_int))
        return false;
    *ret = json_object_get_int64(value);
    return *ret >= row->least && *ret <= row->most;
}

/* A text has no zero inside: it would be another one to us than to json-c. */
static const char *read_text(struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return NULL;
    const char *text = json_object_get_string(value);
    return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static bool read_numbers(const struct row *row, struct json_object *value, uint32_t *ret)
{
    if (!json_object_is_type(value, json_type_array) ||
        json_object_array_length(value) != (size_t)row->most)
        return false;
    for (size_t i = 0; i < (size_t)row->most; i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        int64_t number = json_object_get_int64(item);
        if (!json_object_is_type(item, json_type_int) || number < 0 || number > UINT32_MAX)
            return false;
        ret[i] = (uint32_t)number;
    }
    return true;
}

static bool read_word(const struct row *row, struct json_object *value, unsigned *ret)
{
    const char *word = read_text(value);

    for (unsigned i = 0; word && row->words[i]; i++)
        if (strcmp(row->words[i], word) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static bool read_list(struct json_object *value, config_list *ret)
{
    if (!json_object_is_type(value, json_type_array))
        return false;
    size_t count = json_object_array_length(value);
    if (count == 0)
        return true;
    char **list = count <= CONFIG_MAX_LIST ? calloc(count + 1, sizeof *list) : NULL;
    if (!list)
        return false;
    *ret = list; /* freed with the order */
    for (size_t i = 0; i < count; i++) {
        list[i] = (char *)read_text(json_object_array_get_idx(value, i));
        if (!list[i])
            return false;
    }
    return true;
}

static bool read_value(const struct row *row, struct json_object *value, void *at)
{
    int64_t number = 0;

    switch (row->kind) {
    case TEXT:
        return (*(const char **)at = read_text(value)) != NULL;
    case BOOL:
        *(bool *)at = json_object_get_boolean(value);
        return json_object_is_type(value, json_type_boolean);
    case NUMBERS:
        return read_numbers(row, value, at);
    case WORD:
        return read_word(row, value, at);
    case LIST:
        return read_list(value, at);
    case SIGNED:
    case NUMBER32:
    case NUMBER64:
    case INT:
        break;
    }
    if (!read_number(row, value, &number))
        return false;
    if (row->kind == SIGNED)
        *(int64_t *)at = number;
    else if (row->kind == NUMBER32)
        *(uint32_t *)at = (uint32_t)number;
    else if (row->kind == NUMBER64)
        *(uint64_t *)at = (uint64_t)number;
    else
        *(int *)at = (int)number;
    return true;
}

/* What holds beyond a single row. NULL or what is wrong. */
static const char *check_whole(const struct job_order *order)
{
    size_t id = order->id ? strlen(order->id) : 0;

    if (id == 0 || id > JOB_MAX_ID ||
        strspn(order->id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != id)
        return "id";
    if (order->folder && *order->folder != '/')
        return "folder";
    if (order->incomplete && *order->incomplete != '/')
        return "incomplete";
    if (!order->folder && !order->pipe)
        return "folder";
    return NULL;
}

int job_order_read(struct json_object *json, struct job_order *ret, const char **wrong)
{
    struct job_order order = {.file_mode = -1, .memory = json_object_get(json)};
    struct json_object *value = NULL;
    const char *bad = NULL;

    if (!json_object_object_get_ex(json, "version", &value) ||
        json_object_get_int(value) != VERSION)
        bad = "version";
    for (size_t i = 0; !bad && i < N_ROWS; i++) {
        bool there = json_object_object_get_ex(json, rows[i].key, &value) && value;
        if (there && !read_value(&rows[i], value, (char *)&order + rows[i].offset))
            bad = rows[i].key;
    }
    if (!bad)
        bad = check_whole(&order);
    if (!bad) {
        *ret = order;
        return 0;
    }
    job_order_free(&order);
    if (wrong)
        *wrong = bad;
    return -EBADMSG;
}

void job_order_free(struct job_order *order)
{
    if (!order->memory) /* its lists are somebody else's */
        return;
    free(order->command);
    free(order->pipe);
    json_object_put(order->memory);
    *order = (struct job_order){0};
}
