/* SPDX-License-Identifier: MIT */
/*
 * What no single value can tell: names, what belongs together, and what somebody meant who wrote a
 * key that there is not.
 */
#include "config_inside.h"

#include <string.h>

#include "common/text.h"

#define NEAR        2  /* letters that differ between what was written and what was meant */
#define MAX_COMPARE 32 /* letters of names that are compared */

/* -- what was meant -----------------------------------------------------------------------------
 */

/* Letters to add, leave out or change to make `b` of `a`. */
static size_t distance(const char *a, const char *b)
{
    size_t row[MAX_COMPARE + 1];
    size_t length = strlen(b);

    if (strlen(a) > MAX_COMPARE || length > MAX_COMPARE)
        return MAX_COMPARE;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = corner + (a[i - 1] != b[j - 1]);
            size_t other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            corner = row[j];
            row[j] = change < other ? change : other;
        }
    }
    return row[length];
}

static const char *meant(enum config_level level, const char *name)
{
    const char *best = NULL;
    size_t least = NEAR + 1;

    for (size_t i = 0; i < config_n_keys; i++) {
        size_t d = config_keys[i].level == level ? distance(name, config_keys[i].name) : least;
        if (d < least && d < strlen(name)) {
            least = d;
            best = config_keys[i].name;
        }
    }
    for (int other = CONFIG_DESTINATION; level == CONFIG_GENERAL && other < CONFIG_LEVELS; other++)
        if (distance(name, config_level_words[other]) < least)
            best = config_level_words[other];
    return best;
}

void config_unknown(struct config_reading *reading, const char *file, unsigned line,
                    enum config_level level, const char *name, const char *hint)
{
    const char *best = meant(level, name);

    for (int other = 0; other < CONFIG_LEVELS; other++)
        if (config_key((enum config_level)other, name)) {
            config_wrong(reading, file, line, name,
                         other ? "it belongs into a section %s"
                               : "it belongs outside of sections%s",
                         config_level_words[other]);
            return;
        }
    if (best)
        config_wrong(reading, file, line, name, "there is no such key; did you mean %s?", best);
    else
        config_wrong(reading, file, line, name, "there is no such key%s%s%s",
                     level ? " in a section " : " outside of sections", config_level_words[level],
                     hint);
}

/* -- names --------------------------------------------------------------------------------------
 */

void config_check_part(struct config_reading *reading, const struct config_part *part)
{
    if (part->level != CONFIG_GENERAL && !config_is_name(part->name))
        config_wrong(
            reading, part->file, part->line, config_level_words[part->level],
            "\"%s\" cannot be its name; allowed are 1 to %d bytes of UTF-8 without control "
            "characters, and no blank at either end",
            part->name, CONFIG_MAX_NAME);
}

/* -- what belongs together ----------------------------------------------------------------------
 */

static const struct config_setting *said(const struct config_thing *thing, enum config_level level,
                                         const char *name, const char **ret_file)
{
    const struct config_key *key = config_key(level, name);
    size_t row = (size_t)(key - config_keys);

    if (thing && thing->said[row].setting)
        *ret_file = thing->said[row].part->file;
    return thing ? thing->said[row].setting : NULL;
}

static void check_protocols(struct config_reading *reading, const struct config *config,
                            const struct config_thing *general)
{
    const char *file = NULL;
    const struct config_setting *setting = said(general, CONFIG_GENERAL, "ipv6", &file);

    if (!config->ipv4 && !config->ipv6 && setting)
        config_wrong(reading, file, setting->line, "ipv6",
                     "ipv4 and ipv6 are both off; one of them is needed");
}

static void check_sizes(struct config_reading *reading, const struct config *config,
                        const struct config_thing *general)
{
    const char *file = NULL;
    const struct config_setting *setting = said(general, CONFIG_GENERAL, "max-size", &file);

    if (!setting)
        setting = said(general, CONFIG_GENERAL, "max-page-size", &file);
    if (setting && config->max_size < config->max_page_size)
        config_wrong(reading, file, setting->line, setting->name,
                     "a scan may not be larger than max-size, but a page may, by max-page-size; "
                     "allowed is a max-size of at least one page");
}

static void check_scanner(struct config_reading *reading, const struct config *config,
                          const struct config_thing *thing)
{
    const struct config_scanner *scanner = thing->object;
    const char *file = NULL;
    const struct config_setting *setting = said(thing, CONFIG_SCANNER, "destinations", &file);

    for (char **name = scanner->destinations; setting && name && *name; name++)
        if (!config_find(config, *name))
            config_wrong(
                reading, file, setting->line, "destinations",
                "there is no destination \"%s\"; allowed are names of sections destination", *name);
}

void config_check(struct config_reading *reading, const struct config *config,
                  const struct config_things *things)
{
    const struct config_thing *general = things->first[CONFIG_GENERAL];

    check_protocols(reading, config, general);
    check_sizes(reading, config, general);
    for (const struct config_thing *t = things->first[CONFIG_SCANNER]; t; t = t->next)
        check_scanner(reading, config, t);
}
