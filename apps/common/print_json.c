/* SPDX-License-Identifier: MIT */
/* From the events of wsd_visit() to json-c, on a stack of open structures and lists. */
#include "common/print_json.h"

#include <stdio.h>

#include "common/exit_codes.h"

#define JSON_DEPTH_MAX 128 /* twice what the library reads */

struct builder {
    struct json_object *stack[JSON_DEPTH_MAX];
    unsigned depth;
    struct json_object *root;
};

/* A key that comes again, as the unknown may, becomes an array. */
static void add_member(struct json_object *object, const char *key, struct json_object *value)
{
    struct json_object *there = NULL;

    if (!json_object_object_get_ex(object, key, &there)) {
        json_object_object_add(object, key, value);
        return;
    }
    struct json_object *array = json_object_new_array();
    json_object_array_add(array, json_object_get(there));
    json_object_array_add(array, value);
    json_object_object_add(object, key, array);
}

static void attach(struct builder *b, const char *name, struct json_object *value)
{
    struct json_object *parent = b->depth ? b->stack[b->depth - 1] : NULL;

    if (!parent)
        b->root = value;
    else if (json_object_is_type(parent, json_type_array))
        json_object_array_add(parent, value);
    else
        add_member(parent, name ? name : "", value);
}

static int step(void *user, const struct wsd_visit_event *event)
{
    struct builder *b = user;
    struct json_object *value = NULL;

    switch (event->kind) {
    case WSD_VISIT_END:
        b->depth--;
        return 0;
    case WSD_VISIT_STRUCT:
        value = json_object_new_object();
        break;
    case WSD_VISIT_LIST:
        value = json_object_new_array();
        break;
    case WSD_VISIT_STRING:
        value = json_object_new_string(event->text ? event->text : "");
        break;
    case WSD_VISIT_INTEGER:
        value = json_object_new_int64(event->number);
        break;
    case WSD_VISIT_BOOLEAN:
        value = json_object_new_boolean(event->number != 0);
        break;
    }
    if (!value)
        return -1;
    attach(b, event->name, value);
    if (event->kind == WSD_VISIT_STRUCT || event->kind == WSD_VISIT_LIST) {
        if (b->depth == JSON_DEPTH_MAX)
            return -1;
        b->stack[b->depth++] = value;
    }
    return 0;
}

struct json_object *json_of(const char *type, const void *value)
{
    struct builder b = {0};
    const struct wsd_type *found = wsd_type_find(type);

    if (!found || wsd_visit(found, value, type, step, &b) != 0) {
        json_object_put(b.root);
        return NULL;
    }
    return b.root;
}

void json_put(struct json_object *object, const char *key, struct json_object *value)
{
    if (value)
        json_object_object_add(object, key, value);
}

void json_put_text(struct json_object *object, const char *key, const char *text)
{
    if (text && *text)
        json_put(object, key, json_object_new_string(text));
}

void json_put_number(struct json_object *object, const char *key, int64_t number)
{
    json_put(object, key, json_object_new_int64(number));
}

struct json_object *json_of_uris(const struct wsd_uri_list *list)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; list && i < list->n_items; i++)
        json_object_array_add(array, json_object_new_string(list->items[i]));
    return array;
}

/* In the notation of James Clark: {namespace}local. */
struct json_object *json_of_qnames(const struct wsd_qname_list *list)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; list && i < list->n_items; i++) {
        char name[2400];
        snprintf(name, sizeof name, "{%s}%s", list->items[i].ns, list->items[i].local);
        json_object_array_add(array, json_object_new_string(name));
    }
    return array;
}

static int print(struct json_object *object, int flags)
{
    const char *text =
        object ? json_object_to_json_string_ext(object, flags | JSON_C_TO_STRING_NOSLASHESCAPE)
               : NULL;
    int code = text ? EXIT_CODE_OK : EXIT_CODE_FAILURE;

    if (!text)
        fputs("out of memory\n", stderr);
    if (text) {
        fputs(text, stdout);
        fputc('\n', stdout);
        fflush(stdout);
    }
    json_object_put(object);
    return code;
}

int json_print_line(struct json_object *object)
{
    return print(object, JSON_C_TO_STRING_PLAIN);
}

int json_print_pretty(struct json_object *object)
{
    return print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}
