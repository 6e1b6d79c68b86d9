/* SPDX-License-Identifier: MIT */
/* Validate: a message made by hand, checked against its table before it is sent. */
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"
#include "xml/scalar.h"

struct place {
    const struct place *outer;
    const char *name;
    size_t item;
};

static void path_of(const struct place *place, char *path, size_t size)
{
    if (place->outer)
        path_of(place->outer, path, size);
    size_t used = strlen(path);
    if (used + 1 < size)
        snprintf(path + used, size - used, place->item ? "/%s[%zu]" : "/%s", place->name,
                 place->item + 1);
}

static int wrong(const struct place *place, const char *what, const char *value,
                 struct wsd_error *reterr)
{
    char path[256] = "";
    path_of(place, path, sizeof path);
    if (reterr && reterr->code >= 0) {
        WSD__ERROR_SET(reterr->path, path);
        WSD__ERROR_SET(reterr->value, value ? value : "");
    }
    if (!value)
        return wsd__error(reterr, WSD_E_SCHEMA, "%s: %s", path, what);
    int cut = (int)wsd__error_cut(value, strlen(value), 40);
    return wsd__error(reterr, WSD_E_SCHEMA, "%s: \"%.*s\" is not %s", path, cut, value, what);
}

static int validate_scalar(const struct wsd__row *facets, unsigned kind, const void *value,
                           bool strict, const struct place *place, struct wsd_error *reterr)
{
    if (wsd__scalar_check(facets, kind, value, strict) == SCALAR_OK)
        return 0;
    struct wsd__buf text = WSD__BUF_INIT(WSD_MAX_XML_TEXT);
    char allowed[160];
    wsd__scalar_text(facets, kind, value, &text);
    wsd__scalar_allowed(facets, kind, allowed, sizeof allowed);
    int r = wrong(place, allowed, text.data ? text.data : "", reterr);
    wsd__buf_free(&text);
    return r;
}

static int validate_struct(const struct wsd_type *type, const void *object,
                           const struct wsd__row *outer, bool strict, const struct place *place,
                           struct wsd_error *reterr)
{
    for (unsigned i = 0; i < type->n_rows; i++) {
        const struct wsd__row *row = &type->rows[i];
        struct wsd__items items = wsd__row_items(row, object);
        struct place wrapper = {place, row->wrapper, 0};
        struct place here = {row->wrapper ? &wrapper : place, row->name, 0};
        if (items.count == 0 && (row->flags & ROW_REQUIRED) &&
            (row->presence != PRESENCE_LIST || (row->flags & ROW_NONEMPTY)))
            return wrong(row->wrapper ? &wrapper : &here, "is required", NULL, reterr);
        for (size_t n = 0; n < items.count; n++) {
            const void *value = items.first + n * items.stride;
            here.item = n;
            int r = row->kind == KIND_STRUCT
                        ? validate_struct(row->type, value, row, strict, &here, reterr)
                        : validate_scalar(wsd__facets(row, outer), row->kind, value, strict,
                                          row->flags & ROW_TEXT ? place : &here, reterr);
            if (r < 0)
                return r;
        }
    }
    const char *broken = type->check ? type->check(object) : NULL;
    return broken ? wrong(place, broken, NULL, reterr) : 0;
}

int wsd_validate(const struct wsd_type *type, const void *value, bool strict,
                 struct wsd_error *reterr)
{
    struct place root = {NULL, type->name, 0};
    return validate_struct(type, value, NULL, strict, &root, reterr);
}
