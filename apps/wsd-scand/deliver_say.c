/* SPDX-License-Identifier: MIT */
/*
 * What is told to the daemon: an object a line, each in one write, since two processes do so. A
 * daemon that is gone hears nothing, and that is no failure: the journal has it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "deliver.h"

static struct json_object *event(const char *name)
{
    struct json_object *object = json_object_new_object();

    if (object)
        json_object_object_add(object, "event", json_object_new_string(name));
    return object;
}

static void put_text(struct json_object *object, const char *key, const char *text)
{
    json_object_object_add(object, key, json_object_new_string(text));
}

static void put_number(struct json_object *object, const char *key, uint64_t number)
{
    json_object_object_add(object, key, json_object_new_int64((int64_t)number));
}

void deliver_say(struct json_object *object)
{
    const char *text =
        object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
    char line[65536];
    int size = text ? snprintf(line, sizeof line, "%s\n", text) : 0;

    /* Thousands of files of one scan make a longer one. */
    if (size >= (int)sizeof line) {
        size_t left = strlen(text);
        for (ssize_t n; left > 0 && (n = write(STDOUT_FILENO, text, left)) > 0; left -= (size_t)n)
            text += n;
        text = "\n";
        size = 1;
    } else {
        text = line;
    }
    for (ssize_t n; size > 0; size -= (int)n) {
        n = write(STDOUT_FILENO, text, (size_t)size);
        if (n < 0 && errno == EINTR)
            n = 0;
        else if (n < 0)
            break;
        text += n;
    }
    json_object_put(object);
}

void deliver_say_page(unsigned page, uint64_t bytes, uint32_t width, uint32_t height, bool blank)
{
    struct json_object *object = event("page");

    if (!object)
        return;
    put_number(object, "page", page);
    put_number(object, "bytes", bytes);
    put_number(object, "width", width);
    put_number(object, "height", height);
    json_object_object_add(object, "blank", json_object_new_boolean(blank));
    deliver_say(object);
}

void deliver_say_broken(unsigned page, const char *what)
{
    struct json_object *object = event("broken");

    if (!object)
        return;
    put_number(object, "page", page);
    put_text(object, "what", what);
    deliver_say(object);
}

static void put_files(struct json_object *object, const struct deliver *d)
{
    const struct deliver_journal *journal = &d->journal;
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < journal->n_files; i++) {
        char path[sizeof journal->folder + sizeof journal->files->name];
        snprintf(path, sizeof path, "%s/%s", journal->folder, journal->files[i].name);
        if (journal->files[i].done)
            json_object_array_add(array, json_object_new_string(path));
    }
    json_object_object_add(object, "files", array);
}

void deliver_say_delivered(const struct deliver *d)
{
    struct json_object *object = event("delivered");

    if (!object)
        return;
    put_files(object, d);
    deliver_say(object);
}

struct json_object *deliver_done_event(const struct deliver *d, const char *kept)
{
    struct json_object *object = event("done");
    uint64_t bytes = 0;

    if (!object)
        return NULL;
    for (size_t i = 0; i < d->journal.n_files; i++)
        bytes += d->journal.files[i].size;
    put_files(object, d);
    put_number(object, "pages", deliver_pages(d));
    put_number(object, "blank", deliver_count(d, PAGE_BLANK));
    put_number(object, "broken", deliver_count(d, PAGE_BROKEN));
    put_number(object, "bytes", bytes);
    if (*kept)
        put_text(object, "kept", kept);
    return object;
}

struct json_object *deliver_failed_event(const struct deliver *d,
                                         const struct deliver_failure *failure, const char *kept)
{
    struct json_object *object = event("failed");

    if (!object)
        return NULL;
    put_text(object, "code", failure->code);
    put_text(object, "what", failure->what);
    put_files(object, d);
    if (*kept)
        put_text(object, "kept", kept);
    return object;
}
