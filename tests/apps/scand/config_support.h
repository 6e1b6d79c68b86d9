/* SPDX-License-Identifier: MIT */
/* A configuration from a text, and what was told of it. */
#ifndef TESTS_SCAND_CONFIG_SUPPORT_H
#define TESTS_SCAND_CONFIG_SUPPORT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wsd-scand/config.h"

#define MAX_TOLD 200

struct told {
    char file[256], key[128], what[1200];
    unsigned line;
};

static struct told told[MAX_TOLD];
static size_t n_told;

static inline void note(void *user, const char *file, unsigned line, const char *key,
                        const char *what)
{
    struct told *t = &told[n_told];

    (void)user;
    assert_true(n_told < MAX_TOLD);
    snprintf(t->file, sizeof t->file, "%s", file);
    snprintf(t->key, sizeof t->key, "%s", key);
    snprintf(t->what, sizeof t->what, "%s", what);
    t->line = line;
    n_told++;
}

static inline int read_text_as(const char *text, size_t size, bool system, struct config **ret)
{
    n_told = 0;
    *ret = NULL;
    return config_read_text(text, size, "test.conf", system, note, NULL, ret);
}

/* A text that has no mistakes. */
static inline struct config *good(const char *text)
{
    struct config *config;
    int r = read_text_as(text, strlen(text), false, &config);

    if (n_told > 0)
        fail_msg("line %u, %s: %s", told[0].line, told[0].key, told[0].what);
    assert_int_equal(r, 0);
    return config;
}

static inline void assert_told(size_t i, unsigned line, const char *key, const char *part)
{
    if (i >= n_told)
        fail_msg("mistake %zu (line %u, %s) was not told", i, line, key);
    if (told[i].line != line || strcmp(told[i].key, key) != 0 || !strstr(told[i].what, part))
        fail_msg("told was line %u, '%s': %s", told[i].line, told[i].key, told[i].what);
}

/* A text with that one mistake. */
static inline void bad(const char *text, unsigned line, const char *key, const char *part)
{
    struct config *config;

    assert_int_equal(read_text_as(text, strlen(text), false, &config), -EINVAL);
    assert_null(config);
    assert_told(0, line, key, part);
    assert_int_equal(n_told, 1);
    assert_string_equal(told[0].file, "test.conf");
}

/* A destination with that line in it, which is line 2. */
static inline const char *destination_with(const char *line)
{
    static char text[8192];

    snprintf(text, sizeof text, "destination \"A\" {\n%s\n}\n", line);
    return text;
}

static inline const char *scanner_with(const char *line)
{
    static char text[8192];

    snprintf(text, sizeof text, "scanner \"S\" {\n%s\n}\n", line);
    return text;
}

#endif
