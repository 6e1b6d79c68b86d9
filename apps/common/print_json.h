/* SPDX-License-Identifier: MIT */
/*
 * JSON of messages, made by wsd_visit(): the keys are the element names of the schema, "@Name" an
 * attribute; what may repeat is an array even when there is one of it.
 */
#ifndef WSD_APPS_COMMON_PRINT_JSON_H
#define WSD_APPS_COMMON_PRINT_JSON_H

#include <json-c/json.h>
#include <wsd/types.h>

/* NULL when memory is out or there is no such type. */
struct json_object *json_of(const char *type, const void *value);

/* Adds `value` (taken) under `key`; nothing happens when it is NULL. */
void json_put(struct json_object *object, const char *key, struct json_object *value);
void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_number(struct json_object *object, const char *key, int64_t number);
struct json_object *json_of_uris(const struct wsd_uri_list *list);
struct json_object *json_of_qnames(const struct wsd_qname_list *list);

/* Prints it on standard output and frees it: on one line, or indented. Returns an exit code. */
int json_print_line(struct json_object *object);
int json_print_pretty(struct json_object *object);

#endif
