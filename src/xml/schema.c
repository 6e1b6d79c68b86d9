/* SPDX-License-Identifier: MIT */
/* The iterator: the only code that knows how a row finds its value. All verbs stand on it. */
#include "xml/schema.h"

/* Whether a required member that is all zero cannot have been sent: a token without text, a number
 * 0 outside its range, a struct with such a part. 0 inside its range is a value (Contrast). */
static bool zero_means_absent(const struct wsd__row *row, const struct wsd__row *outer)
{
    const struct wsd__row *facets = wsd__facets(row, outer);
    if (row->presence != PRESENCE_INLINE)
        return true;
    if (row->kind == KIND_INT)
        return facets->bounded && (facets->low > 0 || facets->high < 0);
    if (row->kind != KIND_STRUCT)
        return row->kind != KIND_BOOL && row->kind != KIND_UINT;
    for (unsigned i = 0; i < row->type->n_rows; i++)
        if ((row->type->rows[i].flags & ROW_REQUIRED) &&
            zero_means_absent(&row->type->rows[i], row))
            return true;
    return false;
}

/* A required part that a named quirk lets a device leave out stays zero. */
static bool left_out(const struct wsd__row *row, const char *member)
{
    if (!(row->quirk & WSD__QUIRKS_PRESENCE) ||
        (row->kind != KIND_STRUCT && row->kind != KIND_TOKEN))
        return false;
    for (size_t i = 0; i < row->item_size; i++)
        if (member[i])
            return false;
    return zero_means_absent(row, NULL);
}

struct wsd__items wsd__row_items(const struct wsd__row *row, const void *object)
{
    const char *member = (const char *)object + row->offset;
    const void *target;
    switch ((enum wsd__presence)row->presence) {
    case PRESENCE_INLINE:
        return (struct wsd__items){member, left_out(row, member) ? 0 : 1, row->item_size};
    case PRESENCE_LIST:
        target = *(const void *const *)(const void *)member;
        const size_t *count = (const void *)((const char *)object + row->count_offset);
        return (struct wsd__items){target, target ? *count : 0, row->item_size};
    case PRESENCE_POINTER:
        target = *(const void *const *)(const void *)member;
        if (row->kind == KIND_STRING)
            return (struct wsd__items){member, target ? 1 : 0, row->item_size};
        return (struct wsd__items){target, target ? 1 : 0, row->item_size};
    }
    return (struct wsd__items){NULL, 0, 0};
}

const struct wsd_any *wsd__any_of(const struct wsd_type *type, const void *object)
{
    const struct wsd_any *const *any = (const void *)((const char *)object + type->any_offset);
    return *any;
}

const struct wsd__row *wsd__facets(const struct wsd__row *row, const struct wsd__row *outer)
{
    return (row->flags & ROW_TEXT) && outer ? outer : row;
}
