/* SPDX-License-Identifier: MIT */
/*
 * delivered.json: how far the delivery of a job has come. Written whole and on the disk before the
 * step that it tells of, so that whoever comes after a crash knows what may have happened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "deliver.h"

#define VERSION 1

static void put_text(struct json_object *object, const char *key, const char *text)
{
    if (*text)
        json_object_object_add(object, key, json_object_new_string(text));
}

static void put_number(struct json_object *object, const char *key, uint64_t number)
{
    if (number > 0)
        json_object_object_add(object, key, json_object_new_uint64(number));
}

static void put_flag(struct json_object *object, const char *key, bool flag)
{
    if (flag)
        json_object_object_add(object, key, json_object_new_boolean(true));
}

static struct json_object *file_json(const struct deliver_file *file)
{
    struct json_object *object = json_object_new_object();

    if (!object)
        return NULL;
    put_text(object, "name", file->name);
    put_text(object, "temporary", file->part);
    put_number(object, "device", file->device);
    put_number(object, "inode", file->inode);
    put_number(object, "size", file->size);
    put_flag(object, "done", file->done);
    return object;
}

static struct json_object *failure_json(const struct deliver_failure *failure)
{
    struct json_object *object = json_object_new_object();

    if (!object)
        return NULL;
    put_text(object, "code", failure->code);
    put_text(object, "what", failure->what);
    return object;
}

static void put_pages(struct json_object *object, const struct deliver *d)
{
    struct json_object *array = json_object_new_array();

    json_object_object_add(object, "pages", array);
    for (unsigned page = 1; array && page <= JOB_MAX_PAGES; page++)
        if (d->shared->page[page] != PAGE_NONE)
            json_object_array_put_idx(array, page, json_object_new_int(d->shared->page[page]));
}

int deliver_journal_write(struct deliver *d)
{
    const struct deliver_journal *journal = &d->journal;
    struct json_object *json = json_object_new_object(), *files = json_object_new_array();

    if (!json || !files) {
        json_object_put(json);
        json_object_put(files);
        return -ENOMEM;
    }
    json_object_object_add(json, "version", json_object_new_int(VERSION));
    put_text(json, "folder", journal->folder);
    put_number(json, "folder_inode", journal->folder_inode);
    for (size_t i = 0; i < journal->n_files; i++)
        json_object_array_add(files, file_json(&journal->files[i]));
    json_object_object_add(json, "files", files);
    put_pages(json, d);
    put_number(json, "piping", journal->piping);
    put_number(json, "piped", journal->piped);
    put_flag(json, "command_begun", journal->command_begun);
    put_flag(json, "command_done", journal->command_done);
    if (journal->keeping)
        json_object_object_add(json, "keeping", failure_json(&journal->failure));
    put_text(json, "kept", journal->kept);
    if (journal->result)
        json_object_object_add(json, "result", json_object_get(journal->result));
    int r = job_file_write(d->job, JOB_DELIVERED, json);
    json_object_put(json);
    return r;
}

/* -- reading ------------------------------------------------------------------------------------
 */

static bool get_text(struct json_object *object, const char *key, char *ret, size_t size)
{
    struct json_object *value = NULL;

    *ret = '\0';
    if (!json_object_object_get_ex(object, key, &value))
        return true;
    return json_object_is_type(value, json_type_string) &&
           snprintf(ret, size, "%s", json_object_get_string(value)) < (int)size;
}

static uint64_t get_number(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? json_object_get_uint64(value) : 0;
}

static bool get_flag(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

struct deliver_file *deliver_journal_add(struct deliver_journal *journal)
{
    struct deliver_file *files = realloc(journal->files, (journal->n_files + 1) * sizeof *files);

    if (!files)
        return NULL;
    journal->files = files;
    files[journal->n_files] = (struct deliver_file){0};
    return &files[journal->n_files++];
}

void deliver_journal_no_files(struct deliver_journal *journal)
{
    free(journal->files);
    journal->files = NULL;
    journal->n_files = 0;
}

void deliver_journal_free(struct deliver_journal *journal)
{
    deliver_journal_no_files(journal);
    json_object_put(journal->result);
    *journal = (struct deliver_journal){0};
}

/* A name of the folder, never a path. */
static bool is_name(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool read_files(struct deliver_journal *journal, struct json_object *array)
{
    size_t count =
        json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *object = json_object_array_get_idx(array, i);
        struct deliver_file *file = deliver_journal_add(journal);
        if (!file || !get_text(object, "name", file->name, sizeof file->name) ||
            !get_text(object, "temporary", file->part, sizeof file->part) || !is_name(file->name) ||
            !is_name(file->part))
            return false;
        file->device = get_number(object, "device");
        file->inode = get_number(object, "inode");
        file->size = get_number(object, "size");
        file->done = get_flag(object, "done");
    }
    return true;
}

/* What was found out of the pages before the crash. */
static void read_pages(struct deliver *d, struct json_object *array)
{
    size_t count =
        json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;

    for (size_t page = 1; page < count && page <= JOB_MAX_PAGES; page++) {
        int state = json_object_get_int(json_object_array_get_idx(array, page));
        if (state >= PAGE_NONE && state <= PAGE_BROKEN)
            d->shared->page[page] = (uint8_t)state;
    }
}

static bool read_all(struct deliver *d, struct json_object *json)
{
    struct deliver_journal *journal = &d->journal;
    struct json_object *value = NULL;

    if (get_number(json, "version") != VERSION ||
        !get_text(json, "folder", journal->folder, sizeof journal->folder) ||
        !get_text(json, "kept", journal->kept, sizeof journal->kept))
        return false;
    journal->folder_inode = get_number(json, "folder_inode");
    if (json_object_object_get_ex(json, "files", &value) && !read_files(journal, value))
        return false;
    if (json_object_object_get_ex(json, "pages", &value))
        read_pages(d, value);
    journal->piping = (unsigned)get_number(json, "piping");
    journal->piped = (unsigned)get_number(json, "piped");
    journal->command_begun = get_flag(json, "command_begun");
    journal->command_done = get_flag(json, "command_done");
    if (json_object_object_get_ex(json, "keeping", &value)) {
        journal->keeping = true;
        if (!get_text(value, "code", journal->failure.code, sizeof journal->failure.code) ||
            !get_text(value, "what", journal->failure.what, sizeof journal->failure.what))
            return false;
    }
    if (json_object_object_get_ex(json, "result", &value))
        journal->result = json_object_get(value);
    return true;
}

int deliver_journal_read(struct deliver *d)
{
    struct json_object *json = NULL;

    deliver_journal_free(&d->journal);
    int r = job_file_read(d->job, JOB_DELIVERED, &json);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = read_all(d, json) ? 0 : -EBADMSG;
    if (r < 0)
        deliver_journal_free(&d->journal);
    json_object_put(json);
    return r;
}
