/* SPDX-License-Identifier: MIT */
/*
 * Encode: a loop over the rows, in table order, unknown parts where they stood.
 *
 * Recursion is bounded by the nesting of the tables. Values are checked against their facets on
 * the way out, so that nothing leaves that its own reader would refuse; the error names the path.
 */
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "xml/codec.h"
#include "xml/scalar.h"
#include "xml/writer.h"

struct step {
    const struct step *outer;
    const struct wsd__row *row;
    const char *name;
    size_t item;
};

struct encoder {
    struct wsd__writer writer;
    const struct wsd_type *late;
    struct wsd_error *error;
    struct wsd__buf scratch; /* text of one value */
    int failed;
};

static void path_of(const struct step *step, char *path, size_t size)
{
    if (!step)
        return;
    path_of(step->outer, path, size);
    size_t used = strlen(path);
    if (used + 1 < size)
        snprintf(path + used, size - used, step->item ? "/%s[%zu]" : "/%s", step->name,
                 step->item + 1);
}

static void fail(struct encoder *e, const struct step *step, const struct wsd__row *facets,
                 unsigned kind, const void *value)
{
    if (e->failed)
        return;
    char path[256] = "", allowed[160];
    path_of(step, path, sizeof path);
    wsd__scalar_allowed(facets, kind, allowed, sizeof allowed);
    wsd__buf_clear(&e->scratch);
    wsd__scalar_text(facets, kind, value, &e->scratch);
    const char *text = e->scratch.data ? e->scratch.data : "";
    if (e->error && e->error->code >= 0) {
        WSD__ERROR_SET(e->error->path, path);
        WSD__ERROR_SET(e->error->value, text);
    }
    e->failed = wsd__error(e->error, WSD_E_SCHEMA, "%s: \"%.*s\" is not %s", path,
                           (int)wsd__error_cut(text, e->scratch.length, 40), text, allowed);
}

/* -- scalars -------------------------------------------------------------------------------------
 */

static void declare_names(struct encoder *e, unsigned kind, const void *value)
{
    if (kind == KIND_QNAME)
        wsd__writer_declare(&e->writer, value);
    if (kind == KIND_QNAMES) {
        const struct wsd_qname_list *list = value;
        for (size_t i = 0; i < list->n_items; i++)
            wsd__writer_declare(&e->writer, &list->items[i]);
    }
}

static void put_qname(struct encoder *e, const struct wsd_qname *name)
{
    const char *prefix = name->ns && *name->ns ? wsd__writer_prefix(&e->writer, name->ns) : NULL;
    if (prefix && *prefix) {
        wsd__buf_puts(&e->scratch, prefix);
        wsd__buf_putc(&e->scratch, ':');
    }
    wsd__buf_puts(&e->scratch, name->local);
}

/* The text of a value in e->scratch, prefixes as they are bound here. */
static void value_text(struct encoder *e, const struct wsd__row *facets, unsigned kind,
                       const void *value, const struct step *step)
{
    wsd__buf_clear(&e->scratch);
    /* A quirk's value is written back as it was read. */
    if (wsd__scalar_check(facets, kind, value, false) != SCALAR_OK &&
        !wsd__scalar_tolerated(facets, kind, value, UINT32_MAX)) {
        fail(e, step, facets, kind, value);
        wsd__buf_clear(&e->scratch);
        return;
    }
    if (kind == KIND_QNAME) {
        put_qname(e, value);
    } else if (kind == KIND_QNAMES) {
        const struct wsd_qname_list *list = value;
        for (size_t i = 0; i < list->n_items; i++) {
            if (i)
                wsd__buf_putc(&e->scratch, ' ');
            put_qname(e, &list->items[i]);
        }
    } else {
        wsd__scalar_text(facets, kind, value, &e->scratch);
    }
    if (e->scratch.failed && !e->failed)
        e->failed = e->scratch.failed;
}

static void put_value(struct encoder *e, const struct wsd__row *facets, unsigned kind,
                      const void *value, const struct step *step)
{
    if (kind == KIND_STRING &&
        wsd__scalar_check(facets, kind, value, false) == SCALAR_OK) { /* needs no text made of it */
        const char *text = *(const char *const *)value;
        wsd__writer_text(&e->writer, text, strlen(text));
        return;
    }
    value_text(e, facets, kind, value, step);
    wsd__writer_text(&e->writer, e->scratch.data ? e->scratch.data : "", e->scratch.length);
}

/* -- unknown parts ------------------------------------------------------------------------------
 */

static void any_attributes(struct encoder *e, const struct wsd_any *any, unsigned on_row,
                           uint32_t item)
{
    for (; any; any = any->next)
        if (any->kind == WSD_ANY_ATTRIBUTE && any->on_row == on_row &&
            (on_row == 0 || any->on_item == item))
            wsd__writer_any_attribute(&e->writer, any);
}

static void any_elements(struct encoder *e, const struct wsd_any *any, unsigned position,
                         unsigned inside)
{
    for (; any; any = any->next)
        if (any->on_row == inside && (inside || any->position == position))
            wsd__writer_any(&e->writer, any);
}

static bool has_any_on(const struct wsd_any *any, unsigned row)
{
    while (any && any->on_row != row)
        any = any->next;
    return any != NULL;
}

/* -- structs -------------------------------------------------------------------------------------
 */

static void encode_struct(struct encoder *e, const struct wsd_type *type, const void *object,
                          enum wsd__ns ns, const struct step *step);

static void encode_item(struct encoder *e, const struct wsd_type *type, const void *object,
                        const struct wsd__row *row, const void *value, size_t item,
                        const struct step *outer)
{
    struct step step = {outer, row, row->name, item};
    if (row->kind == KIND_STRUCT) {
        encode_struct(e, row->flags & ROW_LATE ? e->late : row->type, value, (enum wsd__ns)row->ns,
                      &step);
        return;
    }
    unsigned scope = e->writer.n_scope;
    unsigned number = (unsigned)(row - type->rows) + 1;
    wsd__writer_open(&e->writer, (enum wsd__ns)row->ns, row->name);
    declare_names(e, row->kind, value);
    any_attributes(e, wsd__any_of(type, object), number,
                   row->presence == PRESENCE_LIST ? (uint32_t)item : 0);
    wsd__writer_close_start(&e->writer);
    put_value(e, row, row->kind, value, &step);
    wsd__writer_end(&e->writer, (enum wsd__ns)row->ns, row->name);
    e->writer.n_scope = scope;
}

static void encode_row(struct encoder *e, const struct wsd_type *type, const void *object,
                       const struct wsd__row *row, const struct step *outer)
{
    struct wsd__items items = wsd__row_items(row, object);
    const struct wsd_any *any = wsd__any_of(type, object);
    unsigned number = (unsigned)(row - type->rows) + 1;
    bool wrapped =
        row->wrapper && (items.count || (row->flags & ROW_REQUIRED) || has_any_on(any, number));
    if (wrapped) {
        wsd__writer_open(&e->writer, (enum wsd__ns)row->ns, row->wrapper);
        any_attributes(e, any, number, UINT32_MAX);
        wsd__writer_close_start(&e->writer);
    }
    struct step step = {outer, row, row->wrapper, 0};
    for (size_t i = 0; i < items.count && !e->failed && !e->writer.out->failed; i++)
        encode_item(e, type, object, row, items.first + i * items.stride, i,
                    wrapped ? &step : outer);
    if (wrapped) {
        any_elements(e, any, 0, number);
        wsd__writer_end(&e->writer, (enum wsd__ns)row->ns, row->wrapper);
    }
}

static void struct_attributes(struct encoder *e, const struct wsd_type *type, const void *object,
                              const struct step *step)
{
    for (unsigned i = 0; i < type->n_rows && (type->rows[i].flags & ROW_ATTRIBUTE); i++) {
        const struct wsd__row *row = &type->rows[i];
        struct wsd__items items = wsd__row_items(row, object);
        if (items.count == 0)
            continue;
        struct step here = {step, row, row->name, 0};
        declare_names(e, row->kind, items.first);
        value_text(e, row, row->kind, items.first, &here);
        wsd__writer_attribute(&e->writer, (enum wsd__ns)row->ns, row->name,
                              e->scratch.data ? e->scratch.data : "", e->scratch.length);
    }
    any_attributes(e, wsd__any_of(type, object), 0, 0);
}

static const struct wsd__row *text_row(const struct wsd_type *type)
{
    for (unsigned i = 0; i < type->n_rows; i++)
        if (type->rows[i].flags & ROW_TEXT)
            return &type->rows[i];
    return NULL;
}

static void encode_struct(struct encoder *e, const struct wsd_type *type, const void *object,
                          enum wsd__ns ns, const struct step *step)
{
    const struct wsd_any *any = wsd__any_of(type, object);
    const struct wsd__row *text = text_row(type);
    struct wsd__items text_items = text ? wsd__row_items(text, object) : (struct wsd__items){0};
    unsigned scope = e->writer.n_scope;
    wsd__writer_open(&e->writer, ns, step->name);
    if (text_items.count)
        declare_names(e, text->kind, text_items.first);
    struct_attributes(e, type, object, step);
    wsd__writer_close_start(&e->writer);
    if (text_items.count) {
        put_value(e, wsd__facets(text, step->row), text->kind, text_items.first, step);
    }
    if (any)
        any_elements(e, any, 1, 0);
    for (unsigned i = 0; i < type->n_rows && !e->failed && !e->writer.out->failed; i++) {
        if (!(type->rows[i].flags & (ROW_ATTRIBUTE | ROW_TEXT)))
            encode_row(e, type, object, &type->rows[i], step);
        if (any)
            any_elements(e, any, i + 2, 0);
    }
    if (any)
        any_elements(e, any, 0, 0);
    wsd__writer_end(&e->writer, ns, step->name);
    e->writer.n_scope = scope;
}

int wsd__encode(const struct wsd__encode_request *request, struct wsd__buf *out,
                struct wsd_error *reterr)
{
    struct encoder e = {.late = request->late, .error = reterr};
    e.scratch = WSD__BUF_INIT(WSD_MAX_ENVELOPE);
    struct step root = {NULL, NULL, request->type->name, 0};
    wsd__writer_begin(&e.writer, out, request->dialect);
    encode_struct(&e, request->type, request->value, request->ns, &root);
    wsd__writer_finish(&e.writer);
    wsd__buf_free(&e.scratch);
    if (e.failed)
        return wsd__error(reterr, e.failed, NULL);
    if (out->failed)
        return wsd__error(reterr, out->failed, NULL);
    return 0;
}
