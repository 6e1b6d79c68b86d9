/* SPDX-License-Identifier: MIT */
/* Reads the checks, and says of one that is wrong where it stands. */
#include "verify/checks.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "verify/bounds.h"
#include "verify/verify.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (!object || !json_object_is_type(object, json_type_object))
        return NULL;
    json_object_object_get_ex(object, key, &value);
    return value;
}

const char *json_text(struct json_object *object, const char *key)
{
    struct json_object *value = json_member(object, key);

    return value ? json_object_get_string(value) : NULL;
}

bool json_flag(struct json_object *object, const char *key)
{
    struct json_object *value = json_member(object, key);

    return value && json_object_get_boolean(value);
}

bool check_needs(const struct check *check, const char *what)
{
    struct json_object *needs = json_member(check->object, "needs");

    for (size_t i = 0; needs && i < json_object_array_length(needs); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(needs, i)), what) == 0)
            return true;
    return false;
}

const struct check *checks_find(const struct checks *checks, const char *id)
{
    for (size_t i = 0; i < checks->n; i++)
        if (strcmp(checks->list[i].id, id) == 0)
            return &checks->list[i];
    return NULL;
}

static bool level_is_one(const char *level)
{
    return strcmp(level, "must") == 0 || strcmp(level, "should") == 0 ||
           strcmp(level, "Windows") == 0;
}

static const char *wrong_with(const struct checks *checks, const struct check *check)
{
    struct json_object *o = check->object;
    const char *procedure = json_text(o, "procedure");

    if (!check->id || !check->title || !check->area || !check->level || !check->source ||
        !check->notice)
        return "a check has id, title, level, source and notice, and its file an area";
    if (checks_find(checks, check->id))
        return "there are two of this id";
    if (!level_is_one(check->level))
        return "its level is must, should or Windows";
    if (procedure && !procedure_find(procedure))
        return "there is no such procedure";
    if (!procedure && !json_member(o, "send") && !json_member(o, "use") && !json_member(o, "steps"))
        return "it has none of send, use, steps and procedure";
    return NULL;
}

static bool add_check(struct checks *checks, struct json_object *o, const char *area,
                      const char *path, char *why, size_t size)
{
    struct check check = {.id = json_text(o, "id"),
                          .title = json_text(o, "title"),
                          .area = area,
                          .level = json_text(o, "level"),
                          .source = json_text(o, "source"),
                          .notice = json_text(o, "notice"),
                          .object = o};
    char inside[200] = "";
    const char *wrong =
        shape_fits(SHAPE_CHECK, o, inside, sizeof inside) ? wrong_with(checks, &check) : inside;
    struct check *larger;

    if (wrong) {
        snprintf(why, size, "%s: %s: %s", path, check.id ? check.id : "a check", wrong);
        return false;
    }
    larger = realloc(checks->list, (checks->n + 1) * sizeof *larger);
    if (!larger) {
        snprintf(why, size, "out of memory");
        return false;
    }
    checks->list = larger;
    checks->list[checks->n++] = check;
    return true;
}

/* Adds the members of one object, if there is one, to another. */
static void add_members(struct json_object *to, struct json_object *from)
{
    if (!from)
        return;
    struct json_object_iterator at = json_object_iter_begin(from);
    struct json_object_iterator end = json_object_iter_end(from);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        struct json_object *value = json_object_iter_peek_value(&at);
        json_object_object_add(to, key, json_object_get(value));
    }
}

bool checks_take(struct checks *checks, struct json_object *file, const char *path, char *why,
                 size_t size)
{
    struct json_object *list = json_member(file, "checks");
    char wrong[200];

    if (!checks->files) {
        checks->files = json_object_new_array();
        checks->exchanges = json_object_new_object();
        checks->texts = json_object_new_object();
    }
    json_object_array_add(checks->files, file);
    if (!shape_fits(SHAPE_FILE, file, wrong, sizeof wrong)) {
        snprintf(why, size, "%s: %s", path, wrong);
        return false;
    }
    add_members(checks->exchanges, json_member(file, "exchanges"));
    add_members(checks->texts, json_member(file, "texts"));
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        if (!add_check(checks, json_object_array_get_idx(list, i), json_text(file, "area"), path,
                       why, size))
            return false;
    return true;
}

static bool read_file(struct checks *checks, const char *path, char *why, size_t size)
{
    struct stat info;
    struct json_object *file;

    if (stat(path, &info) < 0 || info.st_size > (off_t)VERIFY_MAX_CHECK_FILE) {
        snprintf(why, size, "%s: it cannot be read, or is too large", path);
        return false;
    }
    file = json_object_from_file(path);
    if (!file) {
        const char *wrong = json_util_get_last_err(); /* none for "null" */
        snprintf(why, size, "%s: %s", path, wrong ? wrong : "it is no object");
        why[strcspn(why, "\n")] = 0;
        return false;
    }
    return checks_take(checks, file, path, why, size);
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

bool checks_read(struct checks *checks, const char *folder, char *why, size_t size)
{
    struct dirent **names = NULL;
    char path[4096];
    bool good = true;
    int n = scandir(folder, &names, is_json, alphasort);

    if (n <= 0) {
        snprintf(why, size, "%s: there are no checks (*.json) in it", folder);
        free(names);
        return false;
    }
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        good = good && read_file(checks, path, why, size);
        free(names[i]);
    }
    free(names);
    return good;
}

void checks_free(struct checks *checks)
{
    json_object_put(checks->exchanges);
    json_object_put(checks->texts);
    json_object_put(checks->files);
    free(checks->list);
    *checks = (struct checks){0};
}
