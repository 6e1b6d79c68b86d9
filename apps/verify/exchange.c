/* SPDX-License-Identifier: MIT */
/* What was sent and what came back. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verify/verify.h"

struct exchange *exchange_new(const char *name, const char *where)
{
    struct exchange *x = calloc(1, sizeof *x);

    if (!x)
        return NULL;
    x->users = 1;
    x->name = strdup(name ? name : "");
    x->where = strdup(where ? where : "");
    return x;
}

void exchange_free(struct exchange *x)
{
    if (!x || --x->users > 0)
        return;
    free(x->name);
    free(x->where);
    free(x->sent);
    free(x->headers);
    free(x->got);
    tree_free(x->tree);
    free(x);
}

void exchange_note(struct verify *v, struct exchange *x)
{
    struct result *now = v->now;

    if (!now || !x || now->n_exchanges == VERIFY_MAX_EXCHANGES)
        return;
    for (size_t i = 0; i < now->n_exchanges; i++)
        if (now->exchanges[i] == x)
            return;
    x->users++;
    now->exchanges[now->n_exchanges++] = x;
}

const char *exchange_header(const struct exchange *x, const char *name, char *ret, size_t size)
{
    size_t length = strlen(name);

    for (const char *line = x->headers; line && *line;) {
        const char *end = strstr(line, "\r\n");
        size_t n = end ? (size_t)(end - line) : strlen(line);
        if (n > length && strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            while (*value == ' ' || *value == '\t')
                value++;
            snprintf(ret, size, "%.*s", (int)(line + n - value), value);
            return ret;
        }
        line = end ? end + 2 : NULL;
    }
    return NULL;
}

/* Of a multipart answer: the part in front, from its first byte to its boundary. */
static bool root_part(const struct exchange *x, const char **ret_start, size_t *ret_size)
{
    char type[600];
    const char *end, *next;

    if (!exchange_header(x, "Content-Type", type, sizeof type) ||
        strncasecmp(type, "multipart/", 10) != 0)
        return false;
    end = x->got ? strstr(x->got, "\r\n\r\n") : NULL;
    if (!end)
        return false;
    /* The first delimiter may have a line end in front, which is no empty line. */
    if (end == x->got)
        end = strstr(x->got + 2, "\r\n\r\n");
    if (!end)
        return false;
    *ret_start = end + 4;
    next = strstr(*ret_start, "\r\n--");
    *ret_size = next ? (size_t)(next - *ret_start) : x->n_got - (size_t)(*ret_start - x->got);
    return true;
}

void exchange_read(struct exchange *x)
{
    const char *start = x->got;
    size_t size = x->n_got;

    if (!x->got || size == 0)
        snprintf(x->not_xml, sizeof x->not_xml, "it is empty");
    else {
        root_part(x, &start, &size);
        x->tree = tree_parse(start, size, x->not_xml, sizeof x->not_xml);
    }
}

const char *exchange_text(const struct exchange *x, const char *path, char *ret, size_t size)
{
    struct tree_found found;

    *ret = 0;
    if (x && x->tree && tree_select(x->tree, path, &found, 1) > 0)
        tree_text(&found, ret, size);
    return ret;
}
