/* SPDX-License-Identifier: MIT */
/* Capture, copy and comparison of unknown parts; see any.h. Depth is bounded by the reader. */
#include "xml/any.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct wsd_any *node(struct wsd__arena *arena, enum wsd_any_kind kind)
{
    struct wsd_any *any = wsd__arena_alloc(arena, sizeof *any);
    if (any)
        any->kind = kind;
    return any;
}

static bool set_name(struct wsd__arena *arena, struct wsd_any *any, const struct wsd__name *name)
{
    any->ns = name->uri;
    any->local = wsd__arena_strdup(arena, name->local);
    any->prefix = wsd__arena_strndup(arena, name->prefix, name->prefix_length);
    return any->local && any->prefix;
}

struct wsd_any *wsd__any_attribute(struct wsd__reader *reader,
                                   const struct wsd__attribute *attribute)
{
    struct wsd_any *any = node(reader->arena, WSD_ANY_ATTRIBUTE);
    if (!any || !set_name(reader->arena, any, &attribute->name) ||
        !(any->text = wsd__arena_strdup(reader->arena, attribute->value)))
        return NULL;
    return any;
}

struct wsd_any *wsd__any_text(struct wsd__arena *arena, const char *text, size_t length)
{
    struct wsd_any *any = node(arena, WSD_ANY_TEXT);
    if (!any || !(any->text = wsd__arena_strndup(arena, text, length)))
        return NULL;
    return any;
}

static struct wsd_any *declaration(struct wsd__arena *arena, const struct wsd__binding *binding)
{
    struct wsd_any *any = node(arena, WSD_ANY_NAMESPACE);
    if (any) {
        any->ns = binding->uri;
        any->local = binding->prefix;
    }
    return any;
}

struct wsd_any *wsd__any_element(struct wsd__reader *reader, const struct wsd__name *name)
{
    struct wsd_any *element = node(reader->arena, WSD_ANY_ELEMENT);
    if (!element || !set_name(reader->arena, element, name))
        return NULL;
    const struct wsd_any **tail = &element->children;
    for (unsigned i = reader->marks[reader->depth - 1]; i < reader->n_bindings; i++) {
        struct wsd_any *any = declaration(reader->arena, &reader->bindings[i]);
        if (!any)
            return NULL;
        *tail = any;
        tail = &any->next;
    }
    for (unsigned i = 0; i < reader->n_attributes; i++) {
        struct wsd_any *any = wsd__any_attribute(reader, &reader->attributes[i]);
        if (!any)
            return NULL;
        *tail = any;
        tail = &any->next;
    }
    return element;
}

static bool name_byte(char c)
{
    return c == '_' || c == '-' || c == '.' || (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') ||
           (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool wsd__any_mentions(const struct wsd_any *any, const char *prefix)
{
    size_t length = strlen(prefix);
    if (any->text) {
        for (const char *at = any->text; (at = strstr(at, prefix)); at++)
            if (at[length] == ':' && (at == any->text || !name_byte(at[-1])))
                return true;
    }
    for (const struct wsd_any *child = any->children; child; child = child->next)
        if (wsd__any_mentions(child, prefix))
            return true;
    return false;
}

static bool declares(const struct wsd_any *element, const char *prefix)
{
    for (const struct wsd_any *child = element->children; child; child = child->next)
        if (child->kind == WSD_ANY_NAMESPACE && strcmp(child->local, prefix) == 0)
            return true;
    return false;
}

bool wsd__any_complete(struct wsd__reader *reader, struct wsd_any *element)
{
    for (unsigned i = reader->marks[reader->depth - 1]; i-- > 0;) {
        const struct wsd__binding *binding = &reader->bindings[i];
        if (binding->prefix_length == 0 || declares(element, binding->prefix) ||
            !wsd__any_mentions(element, binding->prefix))
            continue;
        struct wsd_any *any = declaration(reader->arena, binding);
        if (!any)
            return false;
        any->next = element->children;
        element->children = any;
    }
    return true;
}

static bool copy_string(struct wsd__arena *arena, const char **text)
{
    return !*text || (*text = wsd__arena_strdup(arena, *text)) != NULL;
}

struct wsd_any *wsd__any_copy(struct wsd__arena *arena, const struct wsd_any *list, bool *ok)
{
    struct wsd_any *first = NULL;
    const struct wsd_any **tail = (const struct wsd_any **)(uintptr_t)&first;
    for (; list && *ok; list = list->next) {
        struct wsd_any *copy = node(arena, list->kind);
        if (!copy) {
            *ok = false;
            break;
        }
        *copy = *list;
        copy->next = NULL;
        copy->children = NULL;
        *ok = copy_string(arena, &copy->ns) && copy_string(arena, &copy->local) &&
              copy_string(arena, &copy->prefix) && copy_string(arena, &copy->text);
        if (*ok && list->children)
            copy->children = wsd__any_copy(arena, list->children, ok);
        *tail = copy;
        tail = &copy->next;
    }
    return first;
}

int wsd__any_join(const struct wsd_any *const *lists, size_t n, struct wsd_any **ret)
{
    size_t count = 0;
    *ret = NULL;
    for (size_t i = 0; i < n; i++)
        for (const struct wsd_any *any = lists[i]; any; any = any->next)
            count += any->kind == WSD_ANY_ELEMENT;
    if (count == 0)
        return 0;
    struct wsd_any *nodes = calloc(count, sizeof *nodes);
    if (!nodes)
        return WSD_E_NO_MEMORY;
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (const struct wsd_any *any = lists[i]; any; any = any->next) {
            if (any->kind != WSD_ANY_ELEMENT)
                continue;
            nodes[at] = *any;
            nodes[at].position = nodes[at].on_row = 0;
            nodes[at].next = at + 1 < count ? &nodes[at + 1] : NULL;
            at++;
        }
    *ret = nodes;
    return 0;
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

bool wsd__any_equal(const struct wsd_any *a, const struct wsd_any *b)
{
    for (; a && b; a = a->next, b = b->next) {
        while (a && a->kind == WSD_ANY_NAMESPACE)
            a = a->next; /* spelling of prefixes is not content */
        while (b && b->kind == WSD_ANY_NAMESPACE)
            b = b->next;
        if (!a || !b)
            break;
        if (a->kind != b->kind || !same(a->ns, b->ns) || !same(a->local, b->local) ||
            !same(a->text, b->text) || !wsd__any_equal(a->children, b->children))
            return false;
    }
    while (a && a->kind == WSD_ANY_NAMESPACE)
        a = a->next;
    while (b && b->kind == WSD_ANY_NAMESPACE)
        b = b->next;
    return !a && !b;
}
