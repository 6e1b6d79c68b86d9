/* SPDX-License-Identifier: MIT */
/* One function an event; see deliver.h for what there is. */
#include "delivery.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "common/control.h"
#include "common/print_json.h"

struct said {
    struct scand *scand;
    const struct log_about *about;
    const struct job *job;
    struct history_entry *entry;
    char *error;
    struct json_object *object;
};

static void take_kept(const struct said *s)
{
    const char *kept = NULL;

    if (control_text(s->object, "kept", &kept) && *kept)
        history_set(&s->entry->kept, kept);
}

/* What a pipe alone has taken lay in the spool, and is gone. */
static bool in_spool(const struct said *s, struct json_object *files)
{
    struct json_object *first =
        json_object_is_type(files, json_type_array) && json_object_array_length(files) > 0
            ? json_object_array_get_idx(files, 0)
            : NULL;
    size_t n = strlen(s->job->path);

    return first && strncmp(json_object_get_string(first), s->job->path, n) == 0 &&
           json_object_get_string(first)[n] == '/';
}

static void take_done(const struct said *s)
{
    struct history_entry *e = s->entry;
    int64_t blank = 0, pages = e->pages;

    control_number(s->object, "blank", 0, INT64_MAX, &blank);
    control_number(s->object, "pages", 0, INT64_MAX, &pages); /* one image may hold many */
    e->blank = (unsigned)blank;
    e->pages = (unsigned)pages;
    json_object_put(e->files);
    e->files = json_object_get(json_object_object_get(s->object, "files"));
    if (!json_object_is_type(e->files, json_type_array) || in_spool(s, e->files)) {
        json_object_put(e->files);
        e->files = NULL;
    }
    take_kept(s);
}

static void take_failed(const struct said *s)
{
    const char *what = "the document could not be made";

    control_text(s->object, "what", &what);
    take_kept(s);
    /* That the scan broke off is told in its own words. */
    if (!*s->error)
        snprintf(s->error, SCAND_ERROR, "%s", what);
}

static void take_command(const struct said *s)
{
    int64_t status = 0;
    const char *what = "";

    control_number(s->object, "status", INT64_MIN, INT64_MAX, &status);
    control_text(s->object, "what", &what);
    if (status == 0)
        return;
    log_say(LOG_LEVEL_ERROR, s->about, "the command failed: %s", what);
    if (!*s->error)
        snprintf(s->error, SCAND_ERROR, "the command failed: %s", what);
}

static void take_broken(const struct said *s)
{
    int64_t page = 0;
    const char *what = "";

    control_number(s->object, "page", 0, JOB_MAX_PAGES, &page);
    control_text(s->object, "what", &what);
    log_say(LOG_LEVEL_WARNING, s->about, "page %d is broken: %s", (int)page, what);
    if (!*s->error)
        snprintf(s->error, SCAND_ERROR, "page %d is broken: %s", (int)page, what);
}

static void take_thumbnail(const struct said *s)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/" JOB_THUMBNAIL, s->job->path);
    history_thumbnail(s->scand->history, s->entry, path);
}

static const struct {
    const char *event;
    void (*take)(const struct said *s);
    bool last;
} events[] = {
    {"done", take_done, true},
    {"failed", take_failed, true},
    {"command", take_command, false},
    {"broken", take_broken, false},
    {"thumbnail", take_thumbnail, false},
};

bool delivery_said(struct scand *scand, const struct log_about *about, const struct job *job,
                   struct history_entry *entry, char error[SCAND_ERROR],
                   const struct json_object *object)
{
    const struct said said = {scand, about, job,
                              entry, error, (struct json_object *)(uintptr_t)object};
    const char *event = "";

    control_text(object, "event", &event);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcmp(event, events[i].event) == 0) {
            events[i].take(&said);
            return events[i].last;
        }
    return false;
}

bool delivery_settled(const struct job *job, const struct history_entry *entry)
{
    return !entry->kept || strcmp(entry->kept, job->path) != 0;
}

bool delivery_elsewhere(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == EX_TEMPFAIL;
}
