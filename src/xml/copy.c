/* SPDX-License-Identifier: MIT */
/* Copy and compare: two loops over the same rows. */
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"
#include "xml/any.h"
#include "xml/copy.h"
#include "xml/scalar.h"

static bool copy_item(const struct wsd__row *row, const void *from, void *to,
                      struct wsd__arena *arena)
{
    if (row->kind == KIND_STRUCT)
        return wsd__copy_into(row->type, from, to, arena);
    return wsd__scalar_copy(row->kind, from, to, arena);
}

static bool copy_row(const struct wsd__row *row, const void *from, void *to,
                     struct wsd__arena *arena)
{
    struct wsd__items items = wsd__row_items(row, from);
    void *member = (char *)to + row->offset;
    if (items.count == 0) {
        if (row->presence != PRESENCE_INLINE)
            *(void **)member = NULL;
        if (row->presence == PRESENCE_LIST)
            memset((char *)to + row->count_offset, 0, sizeof(size_t));
        return true;
    }
    if (row->presence == PRESENCE_INLINE ||
        (row->kind == KIND_STRING && row->presence == PRESENCE_POINTER))
        return copy_item(row, items.first, member, arena);
    char *copies = wsd__arena_alloc(arena, items.count * items.stride);
    if (!copies)
        return false;
    for (size_t i = 0; i < items.count; i++)
        if (!copy_item(row, items.first + i * items.stride, copies + i * items.stride, arena))
            return false;
    *(void **)member = copies;
    return true;
}

bool wsd__copy_into(const struct wsd_type *type, const void *from, void *to,
                    struct wsd__arena *arena)
{
    memcpy(to, from, type->size);
    for (unsigned i = 0; i < type->n_rows; i++)
        if (!copy_row(&type->rows[i], from, to, arena))
            return false;
    bool ok = true;
    const struct wsd_any **any = (const struct wsd_any **)(void *)((char *)to + type->any_offset);
    *any = wsd__any_copy(arena, wsd__any_of(type, from), &ok);
    return ok;
}

int wsd_copy(const struct wsd_type *type, const void *value, const void **ret_copy,
             struct wsd_error *reterr)
{
    struct wsd__arena *arena = wsd__arena_new(type->size, 512, WSD_MAX_MESSAGE_MEMORY);
    if (!arena || !wsd__copy_into(type, value, wsd__arena_root(arena), arena)) {
        wsd__arena_free(arena);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    *ret_copy = wsd__arena_root(arena);
    return 0;
}

static bool equal_struct(const struct wsd_type *type, const void *a, const void *b,
                         const struct wsd__row *outer)
{
    for (unsigned i = 0; i < type->n_rows; i++) {
        const struct wsd__row *row = &type->rows[i];
        struct wsd__items x = wsd__row_items(row, a), y = wsd__row_items(row, b);
        if (x.count != y.count)
            return false;
        for (size_t n = 0; n < x.count; n++) {
            const void *p = x.first + n * x.stride, *q = y.first + n * y.stride;
            if (row->kind == KIND_STRUCT
                    ? !equal_struct(row->type, p, q, row)
                    : !wsd__scalar_equal(wsd__facets(row, outer), row->kind, p, q))
                return false;
        }
    }
    return wsd__any_equal(wsd__any_of(type, a), wsd__any_of(type, b));
}

bool wsd_equal(const struct wsd_type *type, const void *a, const void *b)
{
    return equal_struct(type, a, b, NULL);
}
