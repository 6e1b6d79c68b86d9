/* SPDX-License-Identifier: MIT */
/*
 * A text becomes parts and settings, by libconfuse. It is asked for nothing but the order of
 * things: all values are lists of texts to it and go to callbacks, so that line and spelling are
 * known when they are checked, and a wrong one does not end the reading.
 *
 * libconfuse stops at a key that it does not know. It is then told that there is such a key and
 * reads again; what it finds of it becomes a mistake.
 */
#include "config_inside.h"

#include <confuse.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BEGIN        "" /* name of an option that no file can write */
#define BEGIN_VALUE  "1"
#define MAX_OPTIONS  64 /* of one level: the table's, unknown ones, and some of ours */
#define MAX_SENTENCE 256
#define IN_QUOTES    "; a value with blanks or signs stands in quotes"

struct attempt {
    void *unused; /* libconfuse writes here what a callback returned */
    struct config_reading *reading;
    struct config_pool pool; /* of the parts; the next attempt begins anew */
    const char *file;
    struct config_part **tail, *part; /* what came, and the section that is open */
    struct config_part *general;
    struct config_setting *last; /* to which further values of a list belong */
    size_t n_parts;
    bool too_many;

    /* The first thing that libconfuse did not like. */
    char sentence[MAX_SENTENCE], word[MAX_SENTENCE];
    unsigned line;
    enum config_level level;
    enum complaint { OTHER, UNKNOWN, NO_EQUALS, ENDS } what;
};

struct unknown { /* by level */
    const char *names[CONFIG_LEVELS][CONFIG_MAX_UNKNOWN];
    size_t n[CONFIG_LEVELS], total;
};

/* Every option points to it, as to a variable of the caller's; libconfuse passes nothing else on.
 */
static struct attempt *attempt_of(const cfg_t *cfg)
{
    return (struct attempt *)(void *)cfg->opts[0].simple_value.ptr;
}

static enum config_level level_of(const cfg_t *cfg)
{
    for (int level = CONFIG_DESTINATION; level < CONFIG_LEVELS; level++)
        if (cfg->title && strcmp(cfg->name, config_level_words[level]) == 0)
            return (enum config_level)level;
    return CONFIG_GENERAL;
}

/* -- callbacks ----------------------------------------------------------------------------------
 */

/* Which complaint it is; in a language that we do not know it is one of the others. */
static enum complaint complaint_of(const char *format)
{
    static const char *const formats[] = {
        [UNKNOWN] = "no such option '%s'",
        [NO_EQUALS] = "missing equal sign after option '%s'",
        [ENDS] = "premature end of file",
    };

    for (int i = UNKNOWN; i <= ENDS; i++)
        if (strcmp(format, formats[i]) == 0)
            return (enum complaint)i;
    return OTHER;
}

static void on_error(cfg_t *cfg, const char *format, va_list arguments)
{
    struct attempt *a = attempt_of(cfg);
    va_list again;

    if (a->sentence[0])
        return;
    a->line = (unsigned)cfg->line;
    a->level = level_of(cfg);
    a->what = complaint_of(format);
    va_copy(again, arguments);
    if (a->what == UNKNOWN || a->what == NO_EQUALS)
        snprintf(a->word, sizeof a->word, "%s", va_arg(again, const char *));
    va_end(again);
    vsnprintf(a->sentence, sizeof a->sentence, format, arguments);
}

static struct config_part *new_part(struct attempt *a, enum config_level level, const char *name,
                                    int line)
{
    struct config_part *part = config_take(&a->pool, sizeof *part);

    if (part)
        part->name = config_take_text(&a->pool, name, strlen(name));
    if (!part || !part->name) {
        a->reading->failed = -ENOMEM;
        return NULL;
    }
    part->level = level;
    part->file = a->file;
    part->line = (unsigned)line;
    part->last = &part->first;
    *a->tail = part;
    a->tail = &part->next;
    return part;
}

/* A section begins: libconfuse sets the values that its keys have without a file, and this is the
 * "value" of one of them. It must not fail: libconfuse would abort. */
static int on_begin(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    struct attempt *a = attempt_of(cfg);

    (void)option, (void)value;
    *(void **)result = NULL;
    a->part = new_part(a, level_of(cfg), cfg->title, cfg->line);
    return 0;
}

static struct config_setting *new_setting(struct attempt *a, struct config_part *part,
                                          const char *name, int line)
{
    struct config_setting *setting = config_take(&a->pool, sizeof *setting);

    if (!setting || !(setting->name = config_take_text(&a->pool, name, strlen(name)))) {
        a->reading->failed = -ENOMEM;
        return NULL;
    }
    setting->key = config_key(part->level, name);
    setting->line = (unsigned)line;
    *part->last = setting;
    part->last = &setting->next;
    a->last = setting;
    return setting;
}

/* An equal sign sets CFGF_RESET; whoever takes the first value resets it. What still has it was
 * given an empty list, for which no value comes. */
static void note_empty(struct attempt *a, struct config_part *part, const cfg_t *cfg)
{
    for (const cfg_opt_t *option = cfg->opts; part && option->name; option++)
        if ((option->flags & CFGF_RESET) && (option->flags & CFGF_MODIFIED))
            new_setting(a, part, option->name, (int)part->line);
}

/* And ends. It is not kept: a second one of that name would replace it unseen, and each one would
 * be searched for with the next. */
static int on_end(cfg_t *cfg, cfg_opt_t *option)
{
    struct attempt *a = attempt_of(cfg);

    if (cfg_opt_size(option) > 0)
        note_empty(a, a->part, cfg_opt_getnsec(option, 0));
    a->part = NULL;
    while (cfg_opt_size(option) > 0)
        cfg_opt_rmnsec(option, 0);
    a->too_many = ++a->n_parts > CONFIG_MAX_PARTS;
    return a->too_many || a->reading->failed ? -1 : 0;
}

static int add_value(struct attempt *a, struct config_setting *setting, const char *value)
{
    if (setting->n++ >= CONFIG_MAX_LIST)
        return 0;
    if (setting->n > setting->capacity) {
        size_t capacity = setting->capacity ? 4 * setting->capacity : 1;
        char **values = config_take(&a->pool, capacity * sizeof *values);
        if (!values)
            return -ENOMEM;
        if (setting->capacity)
            memcpy(values, setting->values, setting->capacity * sizeof *values);
        setting->values = values;
        setting->capacity = capacity;
    }
    setting->values[setting->n - 1] = config_take_text(&a->pool, value, strlen(value));
    return setting->values[setting->n - 1] ? 0 : -ENOMEM;
}

/* One value of a key; those of a list come one by one. */
static int on_value(cfg_t *cfg, cfg_opt_t *option, const char *value, void *result)
{
    struct attempt *a = attempt_of(cfg);
    struct config_part *part = cfg->title ? a->part : a->general;

    *(void **)result = NULL;
    if (part && (option->flags & CFGF_RESET))
        new_setting(a, part, option->name, cfg->line);
    option->flags &= ~CFGF_RESET;
    if (a->reading->failed || !part || !a->last)
        return -1;
    a->reading->failed = add_value(a, a->last, value);
    return a->reading->failed ? -1 : 0;
}

/* -- the options of libconfuse, from the table --------------------------------------------------
 */

static void add_key(cfg_opt_t *options, size_t *n, const char *name, struct attempt *a)
{
    options[*n] = (cfg_opt_t)CFG_PTR_LIST_CB(name, NULL, CFGF_NODEFAULT, on_value, NULL);
    options[(*n)++].simple_value.ptr = (void **)a;
}

static void make_options(cfg_opt_t options[MAX_OPTIONS], enum config_level level,
                         const struct unknown *unknown, struct attempt *a, char *begin_value)
{
    size_t n = 0;

    for (size_t i = 0; i < config_n_keys; i++)
        if (config_keys[i].level == level && n < MAX_OPTIONS - CONFIG_MAX_UNKNOWN - CONFIG_LEVELS)
            add_key(options, &n, config_keys[i].name, a);
    for (size_t i = 0; i < unknown->n[level]; i++)
        add_key(options, &n, unknown->names[level][i], a);
    if (level != CONFIG_GENERAL) {
        options[n] = (cfg_opt_t)CFG_PTR_CB(BEGIN, NULL, CFGF_NONE, on_begin, NULL);
        options[n++].def.parsed = begin_value;
    }
    options[n] = (cfg_opt_t)CFG_END();
}

/* Adds the sections to the general options. */
static void add_sections(cfg_opt_t *general, cfg_opt_t levels[CONFIG_LEVELS][MAX_OPTIONS])
{
    while (general->name)
        general++;
    for (int level = CONFIG_DESTINATION; level < CONFIG_LEVELS; level++) {
        *general =
            (cfg_opt_t)CFG_SEC(config_level_words[level], levels[level], CFGF_MULTI | CFGF_TITLE);
        general++->validcb = on_end;
    }
    *general = (cfg_opt_t)CFG_END();
}

/* -- attempts -----------------------------------------------------------------------------------
 */

/* One reading of the text. False: it stopped within. */
static bool attempt(struct attempt *a, const struct unknown *unknown, const char *text)
{
    cfg_opt_t levels[CONFIG_LEVELS][MAX_OPTIONS];
    char begin_value[] = BEGIN_VALUE;

    for (int level = 0; level < CONFIG_LEVELS; level++)
        make_options(levels[level], (enum config_level)level, unknown, a, begin_value);
    add_sections(levels[CONFIG_GENERAL], levels);
    a->general = new_part(a, CONFIG_GENERAL, "", 0);
    cfg_t *cfg = a->general ? cfg_init(levels[CONFIG_GENERAL], CFGF_NONE) : NULL;
    if (!cfg) {
        a->reading->failed = -ENOMEM;
        return false;
    }
    cfg_set_error_function(cfg, on_error);
    int r = cfg_parse_buf(cfg, text);
    if (r == CFG_FILE_ERROR)
        a->reading->failed = -ENOMEM;
    if (r == CFG_SUCCESS)
        note_empty(a, a->general, cfg);
    if (a->line == 0)
        a->line = (unsigned)cfg->line;
    cfg_free(cfg);
    return r == CFG_SUCCESS && !a->reading->failed;
}

static bool is_listed(const struct unknown *unknown, enum config_level level, const char *name)
{
    for (size_t i = 0; i < unknown->n[level]; i++)
        if (strcmp(unknown->names[level][i], name) == 0)
            return true;
    return false;
}

/* True if there is now one more key that can be read over. */
static bool add_unknown(struct unknown *unknown, const struct attempt *a)
{
    if (a->what != UNKNOWN || unknown->total == CONFIG_MAX_UNKNOWN || a->reading->failed ||
        is_listed(unknown, a->level, a->word))
        return false;
    char *name = config_take_text(&a->reading->pool, a->word, strlen(a->word));
    if (!name) {
        a->reading->failed = -ENOMEM;
        return false;
    }
    unknown->names[a->level][unknown->n[a->level]++] = name;
    unknown->total++;
    return true;
}

/* Why it stopped. */
static void tell(const struct attempt *a, const struct unknown *unknown)
{
    struct config_reading *reading = a->reading;

    if (a->too_many)
        config_wrong(reading, a->file, a->line, NULL, "there are more than %d sections",
                     CONFIG_MAX_PARTS);
    else if (a->what == UNKNOWN)
        config_unknown(reading, a->file, a->line, a->level, a->word, "");
    else if (a->what == NO_EQUALS && is_listed(unknown, a->level, a->word))
        config_unknown(reading, a->file, a->line, a->level, a->word, IN_QUOTES);
    else if (a->what == NO_EQUALS)
        config_wrong(reading, a->file, a->line, a->word,
                     "the equal sign is missing; it is written %s = VALUE", a->word);
    else if (a->what == ENDS)
        config_wrong(reading, a->file, a->line, NULL,
                     "the file ends within a setting; it is written KEY = VALUE" IN_QUOTES);
    else
        config_wrong(reading, a->file, a->line, NULL,
                     "%s" IN_QUOTES "; the file was read up to here",
                     a->sentence[0] ? a->sentence : "this is no key");
}

void config_parse(struct config_reading *reading, const char *file, const char *text)
{
    struct unknown unknown = {0};
    struct attempt a;
    struct config_part *parts;
    bool good;

    do {
        parts = NULL;
        a = (struct attempt){.reading = reading, .file = file};
        a.tail = &parts;
        good = attempt(&a, &unknown, text);
        if (good || !add_unknown(&unknown, &a))
            break;
        config_pool_free(&a.pool);
    } while (true);
    config_pool_join(&reading->pool, &a.pool);
    if (reading->failed)
        return;
    if (!good)
        tell(&a, &unknown);
    *reading->last_part = parts;
    reading->last_part = a.tail;
}
