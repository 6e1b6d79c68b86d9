/* SPDX-License-Identifier: MIT */
/* A list of types, copied into one piece of memory, and the question whether a target has them. */
#include "discovery/filter.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "discovery/matching.h"
#include "discovery/search.h"

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 1;
}

static const char *put_text(char **at, const char *text)
{
    char *copy = *at;
    size_t size = text_size(text);
    memcpy(copy, text != NULL ? text : "", size);
    *at += size;
    return copy;
}

int wsd__filter_init(struct wsd__filter *filter, const struct wsd_qname *types, size_t n_types,
                     bool any, struct wsd_error *reterr)
{
    size_t size = n_types * sizeof *types;
    *filter = (struct wsd__filter){.any = any};
    if (n_types > WSD__MAX_SEARCH_TYPES) {
        return wsd__error(reterr, WSD_E_INVALID, "more than %d types", WSD__MAX_SEARCH_TYPES);
    }
    for (size_t i = 0; i < n_types; i++) {
        if (types[i].local == NULL || types[i].local[0] == '\0') {
            return wsd__error(reterr, WSD_E_INVALID, "a type without a name");
        }
        size += text_size(types[i].ns) + text_size(types[i].local) + text_size(types[i].prefix);
    }
    if (n_types == 0) {
        return 0;
    }
    struct wsd_qname *items = malloc(size);
    if (items == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    char *at = (char *)(items + n_types);
    for (size_t i = 0; i < n_types; i++) {
        items[i].ns = put_text(&at, types[i].ns);
        items[i].local = put_text(&at, types[i].local);
        items[i].prefix = put_text(&at, types[i].prefix);
    }
    filter->types = (struct wsd_qname_list){items, n_types};
    return 0;
}

void wsd__filter_free(struct wsd__filter *filter)
{
    free((void *)(uintptr_t)filter->types.items);
    filter->types = (struct wsd_qname_list){0};
}

bool wsd__filter_fits(const struct wsd__filter *filter, const struct wsd_qname_list *types,
                      bool untold)
{
    if (filter->types.n_items == 0) {
        return true;
    }
    if (types == NULL || types->n_items == 0) {
        return untold;
    }
    return wsd__types_match(filter->types.items, filter->types.n_items, filter->any, types);
}
