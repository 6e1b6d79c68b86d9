/* SPDX-License-Identifier: MIT */
/*
 * The checks: files of JSON in one folder or more, read once. docs/verify.md says what may stand in
 * them.
 */
#ifndef WSD_APPS_VERIFY_CHECKS_H
#define WSD_APPS_VERIFY_CHECKS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct check {
    const char *id, *title, *area, *level, *source, *notice;
    struct json_object *object; /* all of it */
};

struct checks {
    struct json_object *files;     /* array of what was read; everything points into it */
    struct json_object *exchanges; /* those with a name, which several checks look at */
    struct json_object *texts;     /* ${name} that stands for a text with more of them */
    struct check *list;
    size_t n;
};

/* The objects of a file of checks; shape.c has what may stand in each. */
enum {
    SHAPE_FILE = 1,
    SHAPE_CHECK = 2,
    SHAPE_STEP = 4,
    SHAPE_BEFORE = 8, /* of an exchange: what has to happen first */
    SHAPE_EXCHANGE = 16,
    SHAPE_SEND = 32,
    SHAPE_EXPECT = 64,
    SHAPE_TEXTS = 128, /* texts by name */
    SHAPE_EXCHANGES = 256
};
/* False: `why` says what is wrong. */
bool shape_fits(unsigned shape, struct json_object *object, char *why, size_t size);

/* Adds what a file has; `checks` takes it. False: `why` says what is wrong at `path`. */
bool checks_take(struct checks *checks, struct json_object *file, const char *path, char *why,
                 size_t size);
/* Adds all *.json of a folder, in the order of their names. False: `why` says what is wrong. */
bool checks_read(struct checks *checks, const char *folder, char *why, size_t size);
void checks_free(struct checks *checks);
const struct check *checks_find(const struct checks *checks, const char *id);
/* True if the check needs `what`: "job", "feeder", "time", ... */
bool check_needs(const struct check *check, const char *what);

/* A member as text; NULL if it is not there. */
const char *json_text(struct json_object *object, const char *key);
/* A member; NULL if it is not there, or no object at all. */
struct json_object *json_member(struct json_object *object, const char *key);
bool json_flag(struct json_object *object, const char *key);

#endif
