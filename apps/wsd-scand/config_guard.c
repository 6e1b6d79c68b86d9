/* SPDX-License-Identifier: MIT */
/* A copy of a file's text that libconfuse may be given (common/confuse.h). */
#include "config_inside.h"

#include <errno.h>

#include "common/confuse.h"

#define MAX_TEXT (4 * CONFIG_MAX_VALUE) /* bytes of a text as it is written: "\x41" is one */

struct guarding {
    struct config_reading *reading;
    const char *file;
};

static void wrong(void *user, unsigned line, const char *what)
{
    const struct guarding *guarding = user;

    config_wrong(guarding->reading, guarding->file, line, NULL, "%s", what);
}

char *config_guard(struct config_reading *reading, const char *file, const char *text, size_t size)
{
    struct guarding guarding = {reading, file};

    if (size > CONFIG_MAX_FILE) {
        config_wrong(reading, file, 0, NULL, "it is too large; allowed are %d bytes",
                     CONFIG_MAX_FILE);
        return NULL;
    }
    char *copy = config_take_text(&reading->pool, text, size);
    if (!copy) {
        reading->failed = -ENOMEM;
        return NULL;
    }
    return confuse_guard(copy, size, MAX_TEXT, wrong, &guarding) ? copy : NULL;
}
