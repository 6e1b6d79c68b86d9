/* SPDX-License-Identifier: MIT */
/* Visit: what text and JSON printers see of any message; see wsd_visit(). */
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "xml/any.h"
#include "xml/scalar.h"

struct visitor {
    int (*step)(void *user, const struct wsd_visit_event *event);
    void *user;
    struct wsd__buf text;
    unsigned depth;
};

static int emit(struct visitor *v, enum wsd_visit_kind kind, const char *name)
{
    if (kind == WSD_VISIT_END)
        v->depth--;
    struct wsd_visit_event event = {.kind = kind, .name = name, .depth = v->depth};
    if (kind == WSD_VISIT_STRUCT || kind == WSD_VISIT_LIST)
        v->depth++;
    return v->step(v->user, &event);
}

static int emit_text(struct visitor *v, const char *name, const char *text)
{
    struct wsd_visit_event event = {
        .kind = WSD_VISIT_STRING, .name = name, .text = text, .depth = v->depth};
    return v->step(v->user, &event);
}

static int visit_scalar(struct visitor *v, const struct wsd__row *facets, unsigned kind,
                        const void *value, const char *name)
{
    wsd__buf_clear(&v->text);
    int r = wsd__scalar_text(facets, kind, value, &v->text);
    if (r < 0)
        return r;
    struct wsd_visit_event event = {.kind = WSD_VISIT_STRING,
                                    .name = name,
                                    .text = v->text.data ? v->text.data : "",
                                    .unit = facets->unit,
                                    .depth = v->depth};
    if (kind == KIND_INT || kind == KIND_UINT) {
        event.kind = WSD_VISIT_INTEGER;
        event.number =
            kind == KIND_INT ? *(const int32_t *)value : (int64_t) * (const uint32_t *)value;
    } else if (kind == KIND_BOOL) {
        event.kind = WSD_VISIT_BOOLEAN;
        event.number = *(const bool *)value;
    }
    return v->step(v->user, &event);
}

static int visit_struct(struct visitor *v, const struct wsd_type *type, const void *object,
                        const struct wsd__row *outer, const char *name);

/* -- unknown parts ------------------------------------------------------------------------------
 */

static bool has_elements(const struct wsd_any *list)
{
    for (; list; list = list->next)
        if (list->kind == WSD_ANY_ELEMENT || list->kind == WSD_ANY_ATTRIBUTE)
            return true;
    return false;
}

static int visit_any(struct visitor *v, const struct wsd_any *list)
{
    int r = 0;
    for (; list && r == 0; list = list->next) {
        if (list->kind == WSD_ANY_NAMESPACE)
            continue;
        if (list->kind == WSD_ANY_TEXT) {
            if (strspn(list->text, " \t\r\n") != strlen(list->text))
                r = emit_text(v, "#text", list->text);
            continue;
        }
        char name[512];
        bool foreign = list->ns && *list->ns;
        snprintf(name, sizeof name, foreign ? "%s{%s}%s" : "%s%s%s",
                 list->kind == WSD_ANY_ATTRIBUTE ? "@" : "", foreign ? list->ns : "", list->local);
        if (list->kind == WSD_ANY_ATTRIBUTE) {
            r = emit_text(v, name, list->text);
        } else if (!has_elements(list->children)) {
            const struct wsd_any *text = list->children;
            while (text && text->kind != WSD_ANY_TEXT)
                text = text->next;
            r = emit_text(v, name, text ? text->text : "");
        } else if ((r = emit(v, WSD_VISIT_STRUCT, name)) == 0 &&
                   (r = visit_any(v, list->children)) == 0) {
            r = emit(v, WSD_VISIT_END, name);
        }
    }
    return r;
}

/* -- structs --------------------------------------------------------------------------------------
 */

/* The one row that is present, when it is the text: then the struct is shown as its bare value. */
static const struct wsd__row *bare_value(const struct wsd_type *type, const void *object)
{
    const struct wsd__row *text = NULL;
    if (wsd__any_of(type, object))
        return NULL;
    for (unsigned i = 0; i < type->n_rows; i++) {
        if (wsd__row_items(&type->rows[i], object).count == 0)
            continue;
        if (!(type->rows[i].flags & ROW_TEXT))
            return NULL;
        text = &type->rows[i];
    }
    return text;
}

static int visit_item(struct visitor *v, const struct wsd__row *row, const void *value,
                      const char *name)
{
    if (row->kind == KIND_STRUCT)
        return row->type ? visit_struct(v, row->type, value, row, name) : 0;
    return visit_scalar(v, row, row->kind, value, name);
}

static int visit_row(struct visitor *v, const struct wsd__row *row, const void *object,
                     const struct wsd__row *outer)
{
    struct wsd__items items = wsd__row_items(row, object);
    int r = 0;
    if (row->flags & ROW_TEXT)
        return items.count
                   ? visit_scalar(v, wsd__facets(row, outer), row->kind, items.first, "#text")
                   : 0;
    if (row->presence != PRESENCE_LIST) {
        char name[80] = "@";
        strncat(name, row->name, sizeof name - 2);
        return items.count
                   ? visit_item(v, row, items.first, row->flags & ROW_ATTRIBUTE ? name : row->name)
                   : 0;
    }
    const char *name = row->wrapper ? row->wrapper : row->name;
    if (items.count == 0 && !(row->flags & ROW_REQUIRED))
        return 0;
    r = emit(v, WSD_VISIT_LIST, name);
    for (size_t i = 0; i < items.count && r == 0; i++)
        r = visit_item(v, row, items.first + i * items.stride, NULL);
    return r ? r : emit(v, WSD_VISIT_END, name);
}

static int visit_struct(struct visitor *v, const struct wsd_type *type, const void *object,
                        const struct wsd__row *outer, const char *name)
{
    const struct wsd__row *bare = bare_value(type, object);
    if (bare)
        return visit_scalar(v, wsd__facets(bare, outer), bare->kind,
                            wsd__row_items(bare, object).first, name);
    int r = emit(v, WSD_VISIT_STRUCT, name);
    for (unsigned i = 0; i < type->n_rows && r == 0; i++)
        r = visit_row(v, &type->rows[i], object, outer);
    const struct wsd_any *any = wsd__any_of(type, object);
    if (r == 0 && has_elements(any)) {
        r = emit(v, WSD_VISIT_STRUCT, "any");
        if (r == 0)
            r = visit_any(v, any);
        if (r == 0)
            r = emit(v, WSD_VISIT_END, "any");
    }
    return r ? r : emit(v, WSD_VISIT_END, name);
}

int wsd_visit(const struct wsd_type *type, const void *value, const char *name,
              int (*step)(void *user, const struct wsd_visit_event *event), void *user)
{
    struct visitor v = {.step = step, .user = user, .text = WSD__BUF_INIT(WSD_MAX_ENVELOPE)};
    int r = visit_struct(&v, type, value, NULL, name ? name : type->name);
    wsd__buf_free(&v.text);
    return r;
}
