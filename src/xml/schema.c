/* SPDX-License-Identifier: MIT */
/* The iterator: the only code that knows how a row finds its value. All verbs stand on it. */
#include "xml/schema.h"

/* A required part that a named quirk lets a device leave out stays zero; zero means absent. */
static bool left_out(const struct wsd__row *row, const char *member)
{
    if (!row->quirk || (row->kind != KIND_STRUCT && row->kind != KIND_TOKEN))
        return false;
    for (size_t i = 0; i < row->item_size; i++)
        if (member[i])
            return false;
    return true;
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
