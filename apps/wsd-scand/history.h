/* SPDX-License-Identifier: MIT */
/* What became of the last scans, for who asks. */
#ifndef WSD_SCAND_HISTORY_H
#define WSD_SCAND_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct history;
struct json_object;

enum history_state {
    HISTORY_WAITING,    /* for the scan before it */
    HISTORY_ASKING,     /* the scanner is asked, the job created */
    HISTORY_SCANNING,   /* pages come */
    HISTORY_DELIVERING, /* the document is made */
    HISTORY_DONE,
    HISTORY_FAILED
};

/* One scan. Strings are the entry's, NULL where there is nothing to say. */
struct history_entry {
    struct history_entry *next;
    char *id; /* of its folder in the spool; NULL before there is one */
    char *scanner, *destination;
    enum history_state state;
    time_t began, ended;
    unsigned pages, blank;
    uint64_t bytes;
    struct json_object *files; /* array of paths */
    char *error, *kept;
    bool thumbnail;
};

/* `folder` takes the thumbnails; NULL: none are kept. */
struct history *history_new(const char *folder, unsigned keep);
void history_keep(struct history *history, unsigned keep);
void history_free(struct history *history);

/* A new entry, the newest; NULL: no memory. It lives as long as the history, or until as many as
 * are kept have come after it. */
struct history_entry *history_add(struct history *history, const char *scanner,
                                  const char *destination, time_t began);
bool history_set(char **text, const char *value);
void history_fail(struct history_entry *entry, const char *error);
/* Takes over the thumbnail that lies at `path`. */
void history_thumbnail(struct history *history, struct history_entry *entry, const char *path);
/* Path of the thumbnail of scan `id`, if it is one of ours. */
bool history_thumbnail_path(const struct history *history, const char *id, char *ret, size_t size);

/* The newest first. */
const struct history_entry *history_first(const struct history *history);
/* Of as many as that. */
struct json_object *history_json(const struct history *history, size_t most);
struct json_object *history_entry_json(const struct history_entry *entry);
/* What its states mean, for people. */
struct json_object *history_words(void);

#endif
