/* SPDX-License-Identifier: MIT */
/* By way of the codec: a document of one element around the one that is meant. */
#include "xml/any_typed.h"

#include <string.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/limits.h"
#include "xml/codec.h"

/* The element around: it has one member, as a typed value or as an unknown one. */
struct holder {
    const void *value;
    const struct wsd_any *any;
};

#define HOLDER "Any"

static const struct wsd_type type_untyped = {.name = HOLDER,
                                             .size = sizeof(struct holder),
                                             .any_offset = offsetof(struct holder, any),
                                             .open = true};

static struct wsd__row row_of(const struct wsd_type *type, enum wsd__ns ns)
{
    return (struct wsd__row){.name = type->name,
                             .ns = (uint8_t)ns,
                             .kind = KIND_STRUCT,
                             .presence = PRESENCE_POINTER,
                             .offset = offsetof(struct holder, value),
                             .item_size = type->size,
                             .type = type};
}

static struct wsd_type holder_of(const struct wsd__row *row)
{
    return (struct wsd_type){.name = HOLDER,
                             .rows = row,
                             .n_rows = 1,
                             .size = sizeof(struct holder),
                             .any_offset = offsetof(struct holder, any),
                             .open = true};
}

/* Writes a holder by one table and reads it by the other. */
static int convert(struct wsd_context *context, const struct holder *from,
                   const struct wsd_type *written_as, const struct wsd_type *read_as,
                   const struct holder **ret, struct wsd_error *reterr)
{
    struct wsd__buf text = WSD__BUF_INIT(WSD_MAX_ENVELOPE);
    struct wsd__encode_request out = {
        .type = written_as, .ns = NS_NONE, .value = from, .dialect = WSD__DIALECT_2005};
    int r = wsd__encode(&out, &text, reterr);
    if (r == 0) {
        struct wsd__decode_request in = {.type = read_as,
                                         .ns = NS_NONE,
                                         .bytes = text.data,
                                         .size = text.length,
                                         .quirks = WSD__QUIRKS_DEFAULT};
        struct wsd__decode_result result;
        r = wsd__decode(context, &in, &result, reterr);
        if (r == 0)
            *ret = result.root;
    }
    wsd__buf_free(&text);
    return r;
}

static int reroot(const struct holder *holder, const void *value, size_t size, const void **ret,
                  struct wsd_error *reterr)
{
    *ret = wsd__arena_reroot(holder, value, size);
    if (*ret)
        return 0;
    wsd_free(holder);
    return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
}

int wsd__any_encode(struct wsd_context *context, const struct wsd_type *type, enum wsd__ns ns,
                    const void *value, const struct wsd_any **ret_element, struct wsd_error *reterr)
{
    struct wsd__row row = row_of(type, ns);
    struct wsd_type typed = holder_of(&row);
    struct holder from = {.value = value};
    const struct holder *holder = NULL;
    int r = convert(context, &from, &typed, &type_untyped, &holder, reterr);
    if (r < 0)
        return r;
    struct wsd_any element = *holder->any;
    element.position = 0;
    const void *result = NULL;
    r = reroot(holder, &element, sizeof element, &result, reterr);
    if (r == 0)
        *ret_element = result;
    return r;
}

int wsd__any_decode(struct wsd_context *context, const struct wsd_any *element,
                    const struct wsd_type *type, enum wsd__ns ns, const void **ret_value,
                    struct wsd_error *reterr)
{
    struct wsd__row row = row_of(type, ns);
    struct wsd_type typed = holder_of(&row);
    struct wsd_any alone = *element;
    alone.next = NULL;
    alone.position = alone.on_row = 0;
    struct holder from = {.any = &alone};
    const struct holder *holder = NULL;
    int r = convert(context, &from, &type_untyped, &typed, &holder, reterr);
    if (r < 0)
        return r;
    if (!holder->value) {
        wsd_free(holder);
        return wsd__error(reterr, WSD_E_SCHEMA, "the element is <%.40s>, not <%s>", element->local,
                          type->name);
    }
    return reroot(holder, holder->value, type->size, ret_value, reterr);
}

const struct wsd_any *wsd__any_find(const struct wsd_any *list, enum wsd__ns ns, const char *local)
{
    for (; list; list = list->next)
        if (list->kind == WSD_ANY_ELEMENT && strcmp(list->local, local) == 0 &&
            wsd__ns_find(list->ns, strlen(list->ns), NULL) == ns)
            return list;
    return NULL;
}
