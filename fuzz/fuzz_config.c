/* SPDX-License-Identifier: MIT */
/*
 * The text of a configuration. Either mistakes are told, each with a line that the text has, or
 * what comes out is within all bounds; the same text reads the same again, whatever was read in
 * between.
 */
#include "wsd-scand/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct outcome {
    unsigned lines; /* of the text */
    size_t told;
    unsigned sum;
};

static void note(void *user, const char *file, unsigned line, const char *key, const char *what)
{
    struct outcome *outcome = user;

    require(strcmp(file, "fuzz") == 0 && line <= outcome->lines);
    require(strlen(key) <= CONFIG_MAX_NAME && strcspn(key, "\n\r\033") == strlen(key));
    require(*what && strcspn(what, "\n\r\033") == strlen(what));
    outcome->told++;
    outcome->sum = outcome->sum * 31 + line;
    for (const char *c = key; *c; c++)
        outcome->sum = outcome->sum * 31 + (unsigned char)*c;
    for (const char *c = what; *c; c++)
        outcome->sum = outcome->sum * 31 + (unsigned char)*c;
}

static void require_list(const config_list list)
{
    size_t n = 0;

    while (list && list[n])
        n++;
    require(!list || (n >= 1 && n <= CONFIG_MAX_LIST));
}

static void require_name(const char *name)
{
    require(*name && strlen(name) <= CONFIG_MAX_NAME);
    for (const char *c = name; *c; c++)
        require((unsigned char)*c >= ' ' && *c != 0x7F);
}

static bool within(int value, int low, int high, int other)
{
    return (value >= low && value <= high) || value == other;
}

static void require_destination(const struct config *config, const struct config_destination *d)
{
    char line[64];

    require_name(d->name);
    require(config_find(config, d->name) == d);
    require(config_line(config, d, "user", line, sizeof line) < sizeof line);
    require(within(d->resolution, 50, 9600, 0) && within(d->quality, 1, 100, 0));
    require(within(d->brightness, -1000, 1000, CONFIG_UNSET));
    require(within(d->contrast, -1000, 1000, CONFIG_UNSET));
    require(d->max_pages <= 10000 && within(d->file_mode, 0, 0777, -1));
    require(isfinite(d->paper_width) && d->paper_width >= 0 && d->paper_width <= 10000);
    require((d->paper_width > 0) == (d->paper_height > 0) && d->paper_height <= 10000);
    require(d->source >= 0 && d->source <= 4 && d->mode >= 0 && d->mode <= 5);
    require((int)d->format >= CONFIG_PDF && d->format <= CONFIG_RAW);
    require(d->folder || d->pipe);
    require(!d->folder || *d->folder == '/');
    require(d->pattern && !strchr(d->pattern, '/'));
    require(d->command_timeout >= 1 && d->command_timeout <= 86400);
    require_list(d->command);
    require_list(d->pipe);
    require_list(d->scanners);
}

static void require_scanner(const struct config *config, const struct config_scanner *s)
{
    require_name(s->name);
    require_list(s->destinations);
    require_list(s->quirks);
    require(s->check == 0 || (s->check >= 5 && s->check <= 86400));
    for (char **name = s->destinations; name && *name; name++)
        require(config_find(config, *name) != NULL);
}

static void require_bounds(const struct config *config)
{
    require(*config->host && *config->panel_name);
    require(config->port >= 1 && (config->ipv4 || config->ipv6));
    require(*config->state == '/' && *config->incomplete == '/');
    require(!config->control || *config->control == '/');
    require(config->lifetime >= 60 && config->lifetime <= 7 * 86400);
    require(config->max_page_size <= config->max_size && config->max_page_size >= 1000000);
    require(config->max_size <= UINT64_C(1000000000000));
    require(config->page_timeout >= 1 && config->keep_history <= 10000);
    require_list(config->interfaces);
    require_list(config->notify);
    require(config->n_destinations >= 1 && config->n_destinations <= CONFIG_MAX_DESTINATIONS);
    require(config->n_scanners <= CONFIG_MAX_SCANNERS);
    for (size_t i = 0; i < config->n_destinations; i++)
        require_destination(config, &config->destinations[i]);
    for (size_t i = 0; i < config->n_scanners; i++)
        require_scanner(config, &config->scanners[i]);
}

static int read_once(const uint8_t *data, size_t size, struct outcome *outcome)
{
    struct config *config = NULL;

    *outcome = (struct outcome){.lines = 1};
    for (size_t i = 0; i < size; i++)
        outcome->lines += data[i] == '\n';
    int r = config_read_text((const char *)data, size, "fuzz", false, note, outcome, &config);
    require(r == 0 || r == -EINVAL);
    require((r == 0) == (config != NULL) && (r == 0) == (outcome->told == 0));
    require(outcome->told <= CONFIG_MAX_MISTAKES + 1);
    if (config)
        require_bounds(config);
    config_free(config);
    return r;
}

struct example {
    char text[32768];
    size_t length;
};

static void add_line(void *user, const char *text)
{
    struct example *example = user;
    size_t length = strlen(text);

    require(example->length + length + 2 < sizeof example->text);
    memcpy(example->text + example->length, text, length);
    example->length += length;
    example->text[example->length++] = '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct example example;
    struct outcome first, again, other;

    if (example.length == 0)
        config_print_example(add_line, &example);
    int r = read_once(data, size, &first);
    /* What libconfuse keeps from one reading must not show in the next. */
    require(read_once((const uint8_t *)example.text, example.length, &other) == 0);
    require(read_once(data, size, &again) == r);
    require(memcmp(&first, &again, sizeof first) == 0);
    return 0;
}
