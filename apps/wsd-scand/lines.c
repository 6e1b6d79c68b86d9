/* SPDX-License-Identifier: MIT */
/*
 * A scanner tells which line was chosen by the ClientContext that came with it (WS-Scan 12.2). Ours
 * names this daemon, the scanner and the destination, since it has to be unique among all of them,
 * and stays the same from run to run.
 */
#include "lines.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "state.h"

#define MAX_LINE 256 /* WS-Scan: ClientDisplayName */

static const char *user_name(void)
{
    const struct passwd *person = getpwuid(getuid());

    return person ? person->pw_name : "";
}

/* -- which ------------------------------------------------------------------------------------- */

static bool in_list(config_list list, const char *word)
{
    for (; list && *list; list++)
        if (text_same(*list, word))
            return true;
    return false;
}

/* A word of `destination.scanners`: the section of the configuration, UUID, address, or a part of
 * the name or model. */
static bool means(const char *word, const struct scanner *s)
{
    return (s->configured && text_same(word, s->configured)) ||
           (*s->endpoint && wsd_endpoint_equal(word, s->endpoint)) ||
           (s->host && text_same(word, s->host)) || (s->address && text_same(word, s->address)) ||
           text_contains(s->name, word) || text_contains(s->model, word);
}

static bool offered(const struct config_destination *destination, const struct scanner *s)
{
    const struct config_scanner *section = scanner_section(s);

    if (section && section->destinations && !in_list(section->destinations, destination->name))
        return false;
    if (!destination->scanners)
        return true;
    for (config_list word = destination->scanners; *word; word++)
        if (means(*word, s))
            return true;
    return false;
}

/* The end of the endpoint differs from device to device of one make; the start often does not. */
static void make_context(const struct scanner *s, const char *destination, char ret[SCAND_CONTEXT])
{
    const char *identity = state_identity(s->scand->state) + strlen("urn:uuid:");
    const char *scanner = *s->endpoint ? s->endpoint : s->address ? s->address : "";
    size_t length = strlen(scanner);
    uint32_t hash = 2166136261u; /* FNV-1a: a name may be longer than a context */

    for (const char *at = destination; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    snprintf(ret, SCAND_CONTEXT, "%.36s:%s:%08x", identity,
             scanner + (length > 24 ? length - 24 : 0), (unsigned)hash);
}

int lines_make(const struct scanner *scanner, struct scanner_line **ret, size_t *ret_n)
{
    const struct config *config = scanner->scand->config;
    struct scanner_line *lines = calloc(config->n_destinations + 1, sizeof *lines);
    char shown[MAX_LINE];
    size_t n = 0;

    if (!lines)
        return -ENOMEM;
    for (size_t i = 0; i < config->n_destinations; i++) {
        const struct config_destination *destination = &config->destinations[i];
        if (!offered(destination, scanner))
            continue;
        struct scanner_line *line = &lines[n++];
        make_context(scanner, destination->name, line->context);
        line->destination = strdup(destination->name);
        config_line(config, destination, user_name(), shown, sizeof shown);
        line->shown = strdup(shown);
        if (!line->destination || !line->shown) {
            lines_free(lines, n);
            return -ENOMEM;
        }
    }
    *ret = lines;
    *ret_n = n;
    return 0;
}

void lines_free(struct scanner_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(lines[i].destination);
        free(lines[i].shown);
    }
    free(lines);
}

bool lines_equal(const struct scanner_line *a, size_t n_a, const struct scanner_line *b, size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++)
        if (strcmp(a[i].context, b[i].context) != 0 || strcmp(a[i].shown, b[i].shown) != 0)
            return false;
    return true;
}
