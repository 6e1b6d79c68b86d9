/* SPDX-License-Identifier: MIT */
/* A new file, from the table: each key with its meaning, its default behind a comment sign. */
#include "config_inside.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE 1024

struct printer {
    void (*line)(void *user, const char *text);
    void *user;
};

static void put(const struct printer *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(const struct printer *p, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    p->line(p->user, line);
}

/* Lists, words and numbers stand as they are, all else in quotes. */
static bool is_bare(const char *value)
{
    return strncmp(value, "{ ", 2) == 0 ||
           value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789.")] == 0;
}

static void put_key(const struct printer *p, const struct config_key *key, const char *indent)
{
    const char *value = key->example ? key->example : key->initial;
    const char *quote = is_bare(value) ? "" : "\"";
    char allowed[CONFIG_REASON];

    config_allowed(key, allowed);
    put(p, "%s", "");
    put(p, "%s# %c%s.", indent, toupper((unsigned char)*key->summary), key->summary + 1);
    put(p, "%s# Allowed: %s.", indent, allowed);
    put(p, "%s# Default: %s.", indent, key->initial ? key->initial : key->otherwise);
    put(p, "#%s%s = %s%s%s", indent, key->name, quote, value, quote);
}

static void put_level(const struct printer *p, enum config_level level, const char *title)
{
    const char *indent = level == CONFIG_GENERAL ? "" : "    ";

    if (title)
        put(p, "#%s \"%s\" {", config_level_words[level], title);
    for (size_t i = 0; i < config_n_keys; i++)
        if (config_keys[i].level == level)
            put_key(p, &config_keys[i], indent);
    if (title)
        put(p, "#}");
    put(p, "%s", "");
}

void config_print_example(void (*line)(void *user, const char *text), void *user)
{
    static const char *const head[] = {
        "# Configuration of wsd-scand; see wsd-scand.conf(5).",
        "#",
        "# All settings are commented out, and show what is in force without them or an example.",
        "# To make one count, remove the sign in the first column, that of its section included.",
    };
    const struct printer p = {line, user};

    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        line(user, head[i]);
    put_level(&p, CONFIG_GENERAL, NULL);
    line(user,
         "# A line of the panel, and what becomes of what is scanned to it. Without any there "
         "is one,");
    line(user, "# named after this computer.");
    put_level(&p, CONFIG_DESTINATION, "Documents");
    line(user, "# What is said of one scanner: its name, UUID or address, as wsd list shows it.");
    put_level(&p, CONFIG_SCANNER, "Office");
}
