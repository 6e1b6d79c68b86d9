/* SPDX-License-Identifier: MIT */
/* A list of bounded length; an entry of a scan under way is never dropped. */
#include "history.h"

#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/print_json.h"
#include "common/stamp.h"
#include "job.h"

struct history {
    struct history_entry *first;
    unsigned keep;
    char *folder;
};

static const struct {
    const char *state, *words;
} states[] = {
    [HISTORY_WAITING] = {"waiting", "waits for the scan before it"},
    [HISTORY_ASKING] = {"asking", "the scanner is being asked"},
    [HISTORY_SCANNING] = {"scanning", "pages are coming"},
    [HISTORY_DELIVERING] = {"delivering", "the document is being made"},
    [HISTORY_DONE] = {"done", "done"},
    [HISTORY_FAILED] = {"failed", "failed"},
};

static bool is_over(const struct history_entry *e)
{
    return e->state == HISTORY_DONE || e->state == HISTORY_FAILED;
}

/* Ids are ours, but come back by way of a browser. */
static bool is_id(const char *id)
{
    return *id && strlen(id) <= JOB_MAX_ID &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               strlen(id);
}

static bool path_of(const struct history *history, const char *id, char *ret, size_t size)
{
    return history->folder && id && is_id(id) &&
           (size_t)snprintf(ret, size, "%s/%s.jpg", history->folder, id) < size;
}

static void free_entry(const struct history *history, struct history_entry *e)
{
    char path[4096];

    if (e->thumbnail && path_of(history, e->id, path, sizeof path))
        unlink(path);
    free(e->id);
    free(e->scanner);
    free(e->destination);
    free(e->error);
    free(e->kept);
    json_object_put(e->files);
    free(e);
}

static void trim(struct history *history)
{
    unsigned n = 0;

    for (struct history_entry **at = &history->first; *at;) {
        struct history_entry *e = *at;
        if (++n <= history->keep || !is_over(e)) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        free_entry(history, e);
    }
}

/* Thumbnails of an earlier run belong to nobody any more. */
static void sweep(const char *folder)
{
    DIR *dir = opendir(folder);

    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        size_t n = strlen(e->d_name);
        if (n > 4 && strcmp(e->d_name + n - 4, ".jpg") == 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

struct history *history_new(const char *folder, unsigned keep)
{
    struct history *history = calloc(1, sizeof *history);

    if (!history)
        return NULL;
    history->keep = keep;
    if (folder) {
        history->folder = strdup(folder);
        sweep(folder);
    }
    return history;
}

void history_keep(struct history *history, unsigned keep)
{
    history->keep = keep;
    trim(history);
}

void history_free(struct history *history)
{
    while (history && history->first) {
        struct history_entry *next = history->first->next;
        free_entry(history, history->first);
        history->first = next;
    }
    if (history)
        free(history->folder);
    free(history);
}

struct history_entry *history_add(struct history *history, const char *scanner,
                                  const char *destination, time_t began)
{
    struct history_entry *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->began = began;
    if (!history_set(&e->scanner, scanner) || !history_set(&e->destination, destination)) {
        free_entry(history, e);
        return NULL;
    }
    e->next = history->first;
    history->first = e;
    trim(history);
    return e;
}

bool history_set(char **text, const char *value)
{
    char *copy = value ? strdup(value) : NULL;

    if (value && !copy)
        return false;
    free(*text);
    *text = copy;
    return true;
}

void history_fail(struct history_entry *entry, const char *error)
{
    entry->state = HISTORY_FAILED;
    history_set(&entry->error, error);
}

void history_thumbnail(struct history *history, struct history_entry *entry, const char *path)
{
    char to[4096];

    if (path_of(history, entry->id, to, sizeof to) && rename(path, to) == 0)
        entry->thumbnail = true;
}

bool history_thumbnail_path(const struct history *history, const char *id, char *ret, size_t size)
{
    for (const struct history_entry *e = history->first; e; e = e->next)
        if (e->thumbnail && e->id && strcmp(e->id, id) == 0)
            return path_of(history, id, ret, size);
    return false;
}

const struct history_entry *history_first(const struct history *history)
{
    return history->first;
}

struct json_object *history_entry_json(const struct history_entry *e)
{
    struct json_object *object = json_object_new_object();
    char stamp[STAMP_SIZE];

    if (e->id)
        json_put_text(object, "id", e->id);
    json_put_text(object, "scanner", e->scanner);
    json_put_text(object, "destination", e->destination);
    json_put_text(object, "state", states[e->state].state);
    json_put_text(object, "began", stamp_of((int64_t)e->began, stamp));
    if (e->ended)
        json_put_text(object, "ended", stamp_of((int64_t)e->ended, stamp));
    json_put_number(object, "pages", e->pages);
    if (e->blank)
        json_put_number(object, "blank", e->blank);
    json_put_number(object, "bytes", (int64_t)e->bytes);
    json_put(object, "files", e->files ? json_object_get(e->files) : json_object_new_array());
    if (e->error)
        json_put_text(object, "error", e->error);
    if (e->kept)
        json_put_text(object, "kept", e->kept);
    json_put(object, "thumbnail", json_object_new_boolean(e->thumbnail));
    return object;
}

struct json_object *history_words(void)
{
    struct json_object *object = json_object_new_object();

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        json_put_text(object, states[i].state, states[i].words);
    return object;
}

struct json_object *history_json(const struct history *history, size_t most)
{
    struct json_object *array = json_object_new_array();

    for (const struct history_entry *e = history->first; e && most > 0; e = e->next, most--)
        json_object_array_add(array, history_entry_json(e));
    return array;
}
