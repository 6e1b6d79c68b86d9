/* SPDX-License-Identifier: MIT */
/*
 * What the files of this room share: the table of keys, the pool that all of a reading lives in,
 * and what was read before it became a configuration.
 *
 *     config_files.c   which files there are, and their bytes
 *     config_guard.c   makes a text fit for libconfuse
 *     config_parse.c   libconfuse: a text becomes parts and settings
 *     config_value.c   a setting becomes a value, by its row in config_table.c
 *     config_check.c   what holds between settings
 *     config.c         joins them
 */
#ifndef WSD_SCAND_CONFIG_INSIDE_H
#define WSD_SCAND_CONFIG_INSIDE_H

#include "config.h"

#define CONFIG_REASON 512 /* room for what is wrong and what is allowed */

/* -- memory: given back as a whole --------------------------------------------------------------
 */

struct config_pool {
    struct config_block *blocks;
};

/* Zeroed; NULL when memory is out. */
void *config_take(struct config_pool *pool, size_t size);
char *config_take_text(struct config_pool *pool, const char *text, size_t length);
void config_pool_free(struct config_pool *pool);
/* All of `from` is of `pool` from now on. */
void config_pool_join(struct config_pool *pool, struct config_pool *from);

/* -- the table ----------------------------------------------------------------------------------
 */

enum config_level { CONFIG_GENERAL, CONFIG_DESTINATION, CONFIG_SCANNER, CONFIG_LEVELS };

enum config_kind {
    KIND_TEXT,    /* char *: some text without control characters */
    KIND_NAME,    /* char *: what a destination may be called */
    KIND_PATH,    /* char *: absolute, or below ~ */
    KIND_FLAG,    /* bool */
    KIND_NUMBER,  /* an integer of any width */
    KIND_BYTES,   /* uint64_t: "1 GB" */
    KIND_SECONDS, /* uint32_t: "5 min" */
    KIND_WORD,    /* an int or enum: one of the words */
    KIND_PAPER,   /* two doubles, width and height */
    KIND_OWNER,   /* two char *, user and group */
    KIND_MODE,    /* int: octal */
    KIND_PATTERN, /* char *: of a file name */
    KIND_LINE,    /* char *: of a line of the panel */
    KIND_LIST,    /* config_list: texts */
    KIND_QUIRKS,  /* config_list: names of quirks */
    KIND_COMMAND, /* config_list: a program and its arguments */
};

struct config_word {
    const char *word; /* NULL ends a list */
    int value;
};

/* A key: all that there is to say of it. */
struct config_key {
    enum config_level level;
    const char *name;
    enum config_kind kind;
    size_t offset, size;             /* of the member */
    int64_t low, high;               /* of numbers, bytes and seconds */
    const struct config_word *words; /* all there are, or those that stand for a number; or NULL */
    const char *initial;             /* the value without any, as it is written; NULL: none */
    const char *otherwise;           /* what happens without a value, where `initial` is NULL */
    const char *example;             /* for the example file; NULL: `initial` */
    const char *summary;             /* one line, without a full stop */
};

extern const struct config_key config_keys[];
extern const size_t config_n_keys;
extern const char *const config_level_words[CONFIG_LEVELS]; /* as written; "" for the first */

/* The row of a key, or NULL. */
const struct config_key *config_key(enum config_level level, const char *name);
/* True if a destination, a scanner or a computer may be called so. */
bool config_is_name(const char *name);
/* What may be written there, for a sentence that begins with "allowed is". */
void config_allowed(const struct config_key *key, char ret[CONFIG_REASON]);

/* -- what was read ------------------------------------------------------------------------------
 */

struct config_setting {
    struct config_setting *next;
    const struct config_key *key; /* NULL: there is none of that name */
    const char *name;
    unsigned line;
    size_t n, capacity; /* values; more than CONFIG_MAX_LIST are counted, not kept */
    char **values;
};

/* A section, or what a file says outside of sections. */
struct config_part {
    struct config_part *next;
    enum config_level level;
    const char *name; /* "" for CONFIG_GENERAL */
    const char *file;
    unsigned line;
    struct config_setting *first, **last;
};

/* All that one reading needs until its end. */
struct config_reading {
    struct config_pool pool;
    bool system;
    int failed; /* -ENOMEM or -ENOENT: it ends so */
    struct config_part *parts, **last_part;
    struct config_told *told, **last_told; /* mistakes */
    size_t n_told;
    const char *files[2 * CONFIG_MAX_FILES + 2]; /* that were read */
    size_t n_files;
};

/* Notes a mistake, to be told when all is read. */
void config_wrong(struct config_reading *reading, const char *file, unsigned line, const char *key,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A copy of `text`, which is not the file's own, that libconfuse reads as it is meant: comments
 * are blank. NULL: it is told why not, or memory is out. */
char *config_guard(struct config_reading *reading, const char *file, const char *text, size_t size);

/* Adds the parts of a text that has passed the guard. */
void config_parse(struct config_reading *reading, const char *file, const char *text);

/* Reads a text, a file's whole content. */
void config_text(struct config_reading *reading, const char *file, const char *text, size_t size);
/* Reads the files that `source` means. */
void config_files(struct config_reading *reading, const struct config_source *source);

/* Folders where nothing is said of them. NULL: memory is out. */
char *config_usual_state(struct config_pool *pool, bool system);
char *config_usual_folder(struct config_pool *pool, bool system);
/* "~" or "~/..." made absolute; NULL: memory is out. */
char *config_below_home(struct config_pool *pool, const char *path);

/*
 * Puts what `setting` says into `object`, its strings into `pool`. 0; -EINVAL and why in `reason`;
 * -ENOMEM.
 */
int config_value(struct config_pool *pool, const struct config_key *key, char *const *values,
                 size_t n, void *object, char reason[CONFIG_REASON]);

/* One destination or scanner (or all that is general), with the last setting of each key. */
struct config_thing {
    struct config_thing *next;
    const struct config_part *part;   /* the first of its name */
    const struct config_part *latest; /* the last one */
    void *object;
    struct {
        const struct config_setting *setting;
        const struct config_part *part; /* where it stands */
    } said[];                           /* by row of the table */
};

struct config_things {
    struct config_thing *first[CONFIG_LEVELS], **last[CONFIG_LEVELS];
    size_t n[CONFIG_LEVELS];
};

/* Tells that there is no key (or section) of this name, and which was meant, or else `hint`. */
void config_unknown(struct config_reading *reading, const char *file, unsigned line,
                    enum config_level level, const char *name, const char *hint);
/* The name of a destination or scanner; told if it cannot be one. */
void config_check_part(struct config_reading *reading, const struct config_part *part);
/* What holds between settings. */
void config_check(struct config_reading *reading, const struct config *config,
                  const struct config_things *things);

#endif
