/* SPDX-License-Identifier: MIT */
/*
 * Doing things wrong on purpose. The service itself stays as it is: its messages are changed on
 * their way, by the rows of serve_break_table.c and serve_break_service.c.
 */
#include "serve_break.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit_codes.h"
#include "report.h"
#include "serve.h"

#define ROWS_MAX    64
#define MESSAGE_MAX (512u << 10) /* what is longer passes as it is */

struct broken {
    const struct break_row *rows[ROWS_MAX]; /* of all that was asked for */
    unsigned passed[ROWS_MAX];              /* of each, what it concerned */
    size_t n;
    bool dead;
    char *bytes; /* the message as it was changed */
};

/* Row after row of both tables; NULL behind the last. */
static const struct break_row *row_at(size_t i)
{
    if (i < n_break_rows_device)
        return &break_rows_device[i];
    i -= n_break_rows_device;
    return i < n_break_rows_service ? &break_rows_service[i] : NULL;
}

bool serve_break_lists(const struct serve *serve)
{
    const struct args *args = serve->session->args;

    if (!args_has(args, OPT_BREAK) || strcmp(args_text(args, OPT_BREAK, ""), "list") != 0)
        return false;
    for (size_t i = 0; row_at(i); i++)
        if (i == 0 || strcmp(row_at(i)->id, row_at(i - 1)->id) != 0)
            puts(row_at(i)->id);
    return true;
}

int serve_break_open(struct serve *serve)
{
    const struct args *args = serve->session->args;

    if (!args_has(args, OPT_BREAK))
        return EXIT_CODE_OK;
    serve->broken = calloc(1, sizeof *serve->broken);
    if (!serve->broken)
        return report_no_memory();
    for (unsigned i = 0; i < args->count[OPT_BREAK]; i++) {
        size_t before = serve->broken->n;
        for (size_t k = 0; row_at(k) && serve->broken->n < ROWS_MAX; k++)
            if (strcmp(row_at(k)->id, args->values[OPT_BREAK][i]) == 0)
                serve->broken->rows[serve->broken->n++] = row_at(k);
        if (serve->broken->n == before) {
            usage_error(args, "there is nothing '%s' to break; --break list prints what there is",
                        args->values[OPT_BREAK][i]);
            return EXIT_CODE_USAGE;
        }
    }
    return EXIT_CODE_OK;
}

/* -- changing -----------------------------------------------------------------------------------
 */

/* Appends `with`, its groups filled in. */
static size_t put_with(const struct break_row *row, const char *text, const regmatch_t *groups,
                       char *out, size_t used)
{
    for (const char *p = row->with ? row->with : ""; *p && used < MESSAGE_MAX; p++) {
        if (*p == '\\' && p[1] >= '1' && p[1] <= '2') {
            const regmatch_t *g = &groups[*++p - '0'];
            for (regoff_t i = g->rm_so; i >= 0 && i < g->rm_eo && used < MESSAGE_MAX; i++)
                out[used++] = text[i];
        } else {
            out[used++] = *p;
        }
    }
    for (unsigned i = 0; i < row->pad && used < MESSAGE_MAX; i++)
        out[used++] = ' ';
    return used;
}

/* What fits in `size` bytes of text, replaced, into a new text; NULL if nothing fits. The search
 * ends at a NUL, which an image has: what is behind is copied. */
static char *replace(const struct break_row *row, const char *text, size_t size, size_t *ret_size)
{
    char *out = malloc(MESSAGE_MAX + size + 1);
    size_t used = 0, at = 0;
    regmatch_t groups[3];
    regex_t regex;
    bool found = false;

    if (!out || regcomp(&regex, row->find, REG_EXTENDED) != 0) {
        free(out);
        return NULL;
    }
    while (at < size && used < MESSAGE_MAX &&
           regexec(&regex, text + at, 3, groups, at > 0 ? REG_NOTBOL : 0) == 0) {
        memcpy(out + used, text + at, (size_t)groups[0].rm_so);
        used = put_with(row, text + at, groups, out, used + (size_t)groups[0].rm_so);
        found = true;
        if (groups[0].rm_eo == 0)
            break;
        at += (size_t)groups[0].rm_eo;
    }
    regfree(&regex);
    memcpy(out + used, text + at, size - at);
    used += size - at;
    out[used] = 0;
    *ret_size = used;
    if (!found) {
        free(out);
        return NULL;
    }
    return out;
}

static enum break_way way_of(const struct wsd_host_message *m)
{
    if (m->datagram)
        return m->sent ? BREAK_SAYS : BREAK_HEARS;
    return m->sent ? BREAK_OUT : BREAK_IN;
}

static bool concerns(const struct break_row *row, const struct wsd_host_message *m,
                     const char *text, const char *type)
{
    if (row->way != way_of(m) || (row->status_is && row->status_is != m->status))
        return false;
    /* The type of an answer may be what is meant, or a word in it. */
    return !row->where || strstr(text, row->where) || (type && strstr(type, row->where));
}

static void act(struct broken *broken, size_t number, struct wsd_host_message *m)
{
    const struct break_row *row = broken->rows[number];
    char *text = calloc(1, m->size + 1), *changed = NULL;
    size_t size = 0;

    if (!text)
        return;
    memcpy(text, m->bytes, m->size);
    if (concerns(row, m, text, m->content_type) && broken->passed[number]++ >= row->after) {
        m->drop = m->drop || row->act != BREAK_REPLACE;
        broken->dead = broken->dead || row->act == BREAK_DIE;
        m->delay = row->delay ? row->delay : m->delay;
        m->status = row->status && m->status ? row->status : m->status;
        m->content_type = row->type && m->content_type ? row->type : m->content_type;
        if (row->find && m->size < MESSAGE_MAX)
            changed = replace(row, text, m->size, &size);
    }
    free(text);
    if (changed) {
        free(broken->bytes);
        broken->bytes = changed;
        m->bytes = changed;
        m->size = size;
    }
}

static void filter(void *user, struct wsd_host_message *m)
{
    struct broken *broken = ((struct serve *)user)->broken;

    for (size_t i = 0; i < broken->n; i++)
        act(broken, i, m);
    m->drop = m->drop || broken->dead;
}

void (*serve_break_filter(const struct serve *serve))(void *user, struct wsd_host_message *message)
{
    return serve->broken ? filter : NULL;
}

void serve_break_close(struct serve *serve)
{
    if (serve->broken)
        free(serve->broken->bytes);
    free(serve->broken);
    serve->broken = NULL;
}
