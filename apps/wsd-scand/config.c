/* SPDX-License-Identifier: MIT */
/*
 * From files to a configuration: what was read is gathered by name, later files over earlier ones,
 * each value is put where it belongs, and what was not said gets its default.
 */
#include "config_inside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"

#define CHECK_SECONDS 25 /* of scanners with an address: they say no Hello that would be heard */

/* -- memory -------------------------------------------------------------------------------------
 */

struct config_block {
    struct config_block *next;
    _Alignas(max_align_t) char bytes[];
};

void *config_take(struct config_pool *pool, size_t size)
{
    struct config_block *block = calloc(1, sizeof *block + size);

    if (!block)
        return NULL;
    block->next = pool->blocks;
    pool->blocks = block;
    return block->bytes;
}

char *config_take_text(struct config_pool *pool, const char *text, size_t length)
{
    char *copy = config_take(pool, length + 1);

    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void config_pool_join(struct config_pool *pool, struct config_pool *from)
{
    struct config_block **end = &from->blocks;

    while (*end)
        end = &(*end)->next;
    *end = pool->blocks;
    pool->blocks = from->blocks;
    from->blocks = NULL;
}

void config_pool_free(struct config_pool *pool)
{
    while (pool->blocks) {
        struct config_block *next = pool->blocks->next;
        free(pool->blocks);
        pool->blocks = next;
    }
}

/* A configuration and what its pointers point to. */
struct owner {
    struct config config; /* the first, so that one is the other */
    struct config_pool pool;
};

struct config *config_hold(struct config *config)
{
    config->users++;
    return config;
}

void config_release(struct config *config)
{
    if (config && config->users > 0)
        config->users--;
    else
        config_free(config);
}

void config_free(struct config *config)
{
    struct owner *owner = (struct owner *)config;

    if (owner)
        config_pool_free(&owner->pool);
    free(owner);
}

/* -- mistakes -----------------------------------------------------------------------------------
 */

struct config_told {
    struct config_told *next;
    const char *file, *key;
    size_t number; /* of the file, in the order of reading */
    size_t order;
    unsigned line;
    char what[];
};

static size_t number_of(const struct config_reading *reading, const char *file)
{
    size_t i = 0;

    while (i < reading->n_files && reading->files[i] != file)
        i++;
    return i;
}

void config_wrong(struct config_reading *reading, const char *file, unsigned line, const char *key,
                  const char *format, ...)
{
    char text[CONFIG_REASON * 2], clean[CONFIG_REASON * 2], clean_key[CONFIG_MAX_NAME + 1];
    va_list arguments;

    if (reading->n_told++ > CONFIG_MAX_MISTAKES)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (reading->n_told > CONFIG_MAX_MISTAKES)
        snprintf(text, sizeof text, "there is more that is wrong, which is not told");
    /* Keys that there are not come from the file as well. */
    text_clean(text, clean, sizeof clean);
    text_clean(key, clean_key, sizeof clean_key);

    struct config_told *told = config_take(&reading->pool, sizeof *told + strlen(clean) + 1);
    char *name = config_take_text(&reading->pool, clean_key, strlen(clean_key));
    if (!told || !name) {
        reading->failed = -ENOMEM;
        return;
    }
    memcpy(told->what, clean, strlen(clean));
    told->file = file;
    told->key = name;
    told->line = line;
    told->number = number_of(reading, file);
    told->order = reading->n_told;
    *reading->last_told = told;
    reading->last_told = &told->next;
}

/* By file and line; the one that there are more last. */
static int compare_told(const void *left, const void *right)
{
    const struct config_told *a = *(struct config_told *const *)left;
    const struct config_told *b = *(struct config_told *const *)right;
    bool last_a = a->order > CONFIG_MAX_MISTAKES, last_b = b->order > CONFIG_MAX_MISTAKES;

    if (last_a != last_b)
        return last_a ? 1 : -1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void tell_all(const struct config_reading *reading, config_mistake *mistake, void *user)
{
    const struct config_told *sorted[CONFIG_MAX_MISTAKES + 1];
    size_t n = 0;

    for (const struct config_told *t = reading->told; t; t = t->next)
        sorted[n++] = t;
    if (n > 1)
        qsort(sorted, n, sizeof *sorted, compare_told);
    for (size_t i = 0; i < n; i++)
        mistake(user, sorted[i]->file, sorted[i]->line, sorted[i]->key, sorted[i]->what);
}

/* -- gathering ----------------------------------------------------------------------------------
 */

static struct config_thing *find_thing(const struct config_things *things,
                                       const struct config_part *part)
{
    for (struct config_thing *t = things->first[part->level]; t; t = t->next)
        if (strcmp(t->part->name, part->name) == 0)
            return t;
    return NULL;
}

static struct config_thing *add_thing(struct config_reading *reading, struct config_things *things,
                                      const struct config_part *part)
{
    struct config_thing *thing =
        config_take(&reading->pool, sizeof *thing + config_n_keys * sizeof thing->said[0]);

    if (!thing) {
        reading->failed = -ENOMEM;
        return NULL;
    }
    thing->part = part;
    if (!things->last[part->level])
        things->last[part->level] = &things->first[part->level];
    *things->last[part->level] = thing;
    things->last[part->level] = &thing->next;
    things->n[part->level]++;
    config_check_part(reading, part);
    return thing;
}

static void check_number(struct config_reading *reading, const struct config_things *things,
                         const struct config_part *part, size_t most)
{
    if (things->n[part->level] == most + 1)
        config_wrong(reading, part->file, part->line, config_level_words[part->level],
                     "there are more than %zu of them", most);
}

static void gather(struct config_reading *reading, struct config_things *things)
{
    for (const struct config_part *p = reading->parts; p && !reading->failed; p = p->next) {
        struct config_thing *thing = find_thing(things, p);
        if (thing && p->level != CONFIG_GENERAL && thing->latest->file == p->file)
            config_wrong(reading, p->file, p->line, config_level_words[p->level],
                         "\"%s\" is there already, in line %u; allowed is one section of a name in "
                         "a file",
                         p->name, thing->latest->line);
        if (!thing && !(thing = add_thing(reading, things, p)))
            return;
        if (p->level == CONFIG_DESTINATION)
            check_number(reading, things, p, CONFIG_MAX_DESTINATIONS);
        if (p->level == CONFIG_SCANNER)
            check_number(reading, things, p, CONFIG_MAX_SCANNERS);
        thing->latest = p;
    }
}

/* -- values -------------------------------------------------------------------------------------
 */

/* A value of the table, as if it were written. */
static int put_initial(struct config_pool *pool, const struct config_key *key, void *object)
{
    char reason[CONFIG_REASON];
    char *value = (char *)key->initial;

    return key->initial ? config_value(pool, key, &value, 1, object, reason) : 0;
}

static int put_initials(struct config_pool *pool, enum config_level level, void *object)
{
    int r = 0;

    for (size_t i = 0; i < config_n_keys && r == 0; i++)
        if (config_keys[i].level == level)
            r = put_initial(pool, &config_keys[i], object);
    return r;
}

static void put_setting(struct config_reading *reading, struct config_pool *pool,
                        struct config_thing *thing, const struct config_part *part,
                        const struct config_setting *setting)
{
    const struct config_key *key = setting->key;
    char reason[CONFIG_REASON] = "";

    if (!key) {
        config_unknown(reading, part->file, setting->line, part->level, setting->name, "");
        return;
    }
    size_t row = (size_t)(key - config_keys);
    const struct config_setting *before = thing->said[row].setting;
    if (before && thing->said[row].part == part)
        config_wrong(reading, part->file, setting->line, key->name,
                     "it is there already, in line %u; allowed is once", before->line);
    int r = config_value(pool, key, setting->values, setting->n, thing->object, reason);
    if (r == -ENOMEM)
        reading->failed = r;
    else if (r < 0)
        config_wrong(reading, part->file, setting->line, key->name, "%s", reason);
    thing->said[row].setting = setting;
    thing->said[row].part = part;
}

static void put_settings(struct config_reading *reading, struct config_pool *pool,
                         const struct config_things *things)
{
    for (const struct config_part *p = reading->parts; p && !reading->failed; p = p->next) {
        struct config_thing *thing = find_thing(things, p);
        for (const struct config_setting *s = p->first; s && !reading->failed; s = s->next)
            put_setting(reading, pool, thing, p, s);
    }
}

static bool is_said(const struct config_thing *thing, enum config_level level, const char *name)
{
    return thing && thing->said[config_key(level, name) - config_keys].setting;
}

/* -- what is not said ---------------------------------------------------------------------------
 */

/* The name of this computer without its domain. */
static char *usual_host(struct config_pool *pool)
{
    char name[256] = "";

    if (gethostname(name, sizeof name - 1) < 0)
        name[0] = 0;
    name[strcspn(name, ".")] = 0;
    return config_is_name(name) ? config_take_text(pool, name, strlen(name))
                                : config_take_text(pool, "computer", strlen("computer"));
}

static char *beside(struct config_pool *pool, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = config_take(pool, size);

    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return path;
}

static int usual_general(struct config_pool *pool, struct config *config, bool system)
{
    if (!config->host)
        config->host = usual_host(pool);
    if (!config->state)
        config->state = config_usual_state(pool, system);
    if (!config->incomplete && config->state)
        config->incomplete = beside(pool, config->state, "incomplete");
    return config->host && config->state && config->incomplete ? 0 : -ENOMEM;
}

static int usual_destinations(struct config_pool *pool, struct config *config, bool system)
{
    for (size_t i = 0; i < config->n_destinations; i++) {
        struct config_destination *d = &config->destinations[i];
        if (!d->folder && !d->pipe && !(d->folder = config_usual_folder(pool, system)))
            return -ENOMEM;
    }
    return 0;
}

/* -- joining ------------------------------------------------------------------------------------
 */

/* Room for what was gathered, with the values that all have. Without a destination there is one,
 * named after this computer. */
static int make_destinations(struct owner *owner, const struct config_things *things)
{
    struct config *config = &owner->config;
    struct config_thing *thing = things->first[CONFIG_DESTINATION];
    size_t n = things->n[CONFIG_DESTINATION] ? things->n[CONFIG_DESTINATION] : 1;
    int r = 0;

    config->destinations = config_take(&owner->pool, n * sizeof *config->destinations);
    if (!config->destinations)
        return -ENOMEM;
    config->n_destinations = n;
    for (size_t i = 0; i < n && r == 0; i++) {
        struct config_destination *d = &config->destinations[i];
        d->file_mode = -1;
        if (thing) {
            d->name = config_take_text(&owner->pool, thing->part->name, strlen(thing->part->name));
            r = d->name ? 0 : -ENOMEM;
            thing->object = d;
            thing = thing->next;
        }
        if (r == 0)
            r = put_initials(&owner->pool, CONFIG_DESTINATION, d);
    }
    return r;
}

static int make_scanners(struct owner *owner, const struct config_things *things)
{
    struct config *config = &owner->config;
    size_t n = things->n[CONFIG_SCANNER];
    int r = 0;

    config->scanners = n ? config_take(&owner->pool, n * sizeof *config->scanners) : NULL;
    if (n && !config->scanners)
        return -ENOMEM;
    for (struct config_thing *thing = things->first[CONFIG_SCANNER]; thing && r == 0;
         thing = thing->next) {
        struct config_scanner *s = &config->scanners[config->n_scanners++];
        thing->object = s;
        s->name = config_take_text(&owner->pool, thing->part->name, strlen(thing->part->name));
        r = s->name ? put_initials(&owner->pool, CONFIG_SCANNER, s) : -ENOMEM;
    }
    return r;
}

static int complete(struct owner *owner, const struct config_things *things, bool system)
{
    struct config *config = &owner->config;
    int r = usual_general(&owner->pool, config, system);

    if (r < 0)
        return r;
    config->port_given = is_said(things->first[CONFIG_GENERAL], CONFIG_GENERAL, "port");
    if (things->n[CONFIG_DESTINATION] == 0)
        config->destinations[0].name = config->host;
    for (const struct config_thing *t = things->first[CONFIG_SCANNER]; t; t = t->next) {
        struct config_scanner *s = t->object;
        if (!is_said(t, CONFIG_SCANNER, "check"))
            s->check = s->address ? CHECK_SECONDS : 0;
    }
    return usual_destinations(&owner->pool, config, system);
}

static int keep_files(struct owner *owner, const struct config_reading *reading)
{
    config_list list =
        reading->n_files ? config_take(&owner->pool, (reading->n_files + 1) * sizeof *list) : NULL;

    for (size_t i = 0; i < reading->n_files; i++) {
        const char *file = reading->files[i];
        if (!list || !(list[i] = config_take_text(&owner->pool, file, strlen(file))))
            return -ENOMEM;
    }
    owner->config.files = list;
    return 0;
}

/* What was read becomes a configuration, whose mistakes are noted. */
static int build(struct config_reading *reading, struct owner *owner)
{
    struct config_things things = {0};
    int r;

    gather(reading, &things);
    if (reading->failed)
        return reading->failed;
    if (things.first[CONFIG_GENERAL])
        things.first[CONFIG_GENERAL]->object = &owner->config;
    if ((r = put_initials(&owner->pool, CONFIG_GENERAL, &owner->config)) < 0 ||
        (r = make_destinations(owner, &things)) < 0 || (r = make_scanners(owner, &things)) < 0)
        return r;
    put_settings(reading, &owner->pool, &things);
    if (reading->failed)
        return reading->failed;
    if ((r = complete(owner, &things, reading->system)) < 0)
        return r;
    config_check(reading, &owner->config, &things);
    return reading->failed ? reading->failed : keep_files(owner, reading);
}

/* Ends a reading: tells the mistakes, frees what was for it alone. */
static int end(struct config_reading *reading, config_mistake *mistake, void *user,
               struct config **ret)
{
    struct owner *owner = reading->failed ? NULL : calloc(1, sizeof *owner);
    int r = reading->failed ? reading->failed : owner ? build(reading, owner) : -ENOMEM;

    if (r != -ENOMEM)
        tell_all(reading, mistake, user);
    if (r == 0 && reading->n_told > 0)
        r = -EINVAL;
    config_pool_free(&reading->pool);
    if (r < 0)
        config_free(owner ? &owner->config : NULL);
    else
        *ret = &owner->config;
    return r;
}

static void begin(struct config_reading *reading, bool system)
{
    *reading = (struct config_reading){.system = system};
    reading->last_part = &reading->parts;
    reading->last_told = &reading->told;
}

int config_read(const struct config_source *source, config_mistake *mistake, void *user,
                struct config **ret)
{
    struct config_reading reading;

    begin(&reading, source->system);
    config_files(&reading, source);
    return end(&reading, mistake, user, ret);
}

int config_read_text(const char *text, size_t size, const char *name, bool system,
                     config_mistake *mistake, void *user, struct config **ret)
{
    struct config_reading reading;

    begin(&reading, system);
    reading.files[reading.n_files++] = name;
    config_text(&reading, name, text, size);
    return end(&reading, mistake, user, ret);
}

void config_text(struct config_reading *reading, const char *file, const char *text, size_t size)
{
    char *guarded = config_guard(reading, file, text, size);

    if (guarded)
        config_parse(reading, file, guarded);
}

const struct config_destination *config_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->n_destinations; i++)
        if (strcmp(config->destinations[i].name, name) == 0)
            return &config->destinations[i];
    return NULL;
}

size_t config_line(const struct config *config, const struct config_destination *destination,
                   const char *user, char *ret, size_t size)
{
    const struct {
        const char *word, *value;
    } fields[] = {{"{destination}", destination->name}, {"{host}", config->host}, {"{user}", user}};
    const char *usual = config_key(CONFIG_GENERAL, "panel-name")->initial;
    const char *at = config->panel_name;

    ret[0] = 0;
    /* "study (study)" says nothing twice. */
    if (strcmp(at, usual) == 0 && strcmp(destination->name, config->host) == 0)
        at = fields[0].word;
    while (*at) {
        size_t i = 0, length = strcspn(at + 1, "{") + 1;
        while (i < 3 && strncmp(at, fields[i].word, strlen(fields[i].word)) != 0)
            i++;
        if (i < 3)
            length = strlen(fields[i].word);
        text_append(ret, size, "%.*s", i < 3 ? (int)strlen(fields[i].value) : (int)length,
                    i < 3 ? fields[i].value : at);
        at += length;
    }
    return strlen(ret);
}
