/* SPDX-License-Identifier: MIT */
/* The scalar kinds: parse, check, print, compare and copy, one function a kind where they differ.
 */
#include "xml/scalar.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/limits.h"
#include "core/xsd.h"

size_t wsd__utf8_length(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* -- parse ------------------------------------------------------------------------------------- */

static enum wsd__scalar_result parse_string(const struct wsd__row *facets, const char *text,
                                            size_t length, struct wsd__arena *arena,
                                            const char **ret)
{
    if (!(facets->flags & ROW_PRESERVE))
        wsd__trim(&text, &length);
    if (!(*ret = wsd__arena_strndup(arena, text, length)))
        return SCALAR_NO_MEMORY;
    return wsd__scalar_check(facets, KIND_STRING, ret, false);
}

static enum wsd__scalar_result parse_number(const struct wsd__row *facets, unsigned kind,
                                            const char *text, size_t length, void *value)
{
    int64_t number;
    if (!wsd__parse_int(text, length, &number))
        return SCALAR_MALFORMED;
    if (kind == KIND_UINT) {
        *(uint32_t *)value = (uint32_t)number;
        return number < 0 || number > UINT32_MAX ? SCALAR_OUT_OF_RANGE : SCALAR_OK;
    }
    *(int32_t *)value = (int32_t)number;
    if (number < INT32_MIN || number > INT32_MAX)
        return SCALAR_OUT_OF_RANGE;
    return wsd__scalar_check(facets, kind, value, false);
}

static int find_word(const struct wsd__enum *words, const char *text, size_t length)
{
    for (unsigned i = 0; i < words->n_names; i++) {
        const char *name = words->names[i];
        if (strlen(name) == length &&
            (words->any_case ? strncasecmp(name, text, length) : memcmp(name, text, length)) == 0)
            return (int)i + 1;
    }
    return 0;
}

static enum wsd__scalar_result parse_token(const struct wsd__row *facets, const char *text,
                                           size_t length, struct wsd__arena *arena,
                                           struct wsd_token *token)
{
    wsd__trim(&text, &length);
    token->value = facets->words ? find_word(facets->words, text, length) : 0;
    if (token->value && memcmp(facets->words->names[token->value - 1], text, length) == 0)
        token->text = facets->words->names[token->value - 1];
    else if (!(token->text = wsd__arena_strndup(arena, text, length)))
        return SCALAR_NO_MEMORY;
    return length ? SCALAR_OK : SCALAR_OUT_OF_RANGE;
}

static enum wsd__scalar_result parse_qname(const char *text, size_t length,
                                           const struct wsd__scope *scope, struct wsd__arena *arena,
                                           struct wsd_qname *name)
{
    wsd__trim(&text, &length);
    const char *colon = NULL; /* the last one: a second makes a prefix that nobody can bind */
    for (size_t i = 0; i < length; i++) {
        colon = text[i] == ':' ? text + i : colon;
        if (wsd__xml_space(text[i]))
            return SCALAR_MALFORMED;
    }
    size_t prefix = colon ? (size_t)(colon - text) : 0;
    const char *local = colon ? colon + 1 : text;
    if (length == 0 || local == text + length)
        return SCALAR_MALFORMED;
    const char *uri = scope ? scope->lookup(scope->user, text, prefix) : NULL;
    name->ns = uri ? uri : "";
    name->prefix = wsd__arena_strndup(arena, text, prefix);
    name->local = wsd__arena_strndup(arena, local, length - (size_t)(local - text));
    if (!name->prefix || !name->local)
        return SCALAR_NO_MEMORY;
    /* An undeclared prefix: the local part is kept, since firmware mis-declares (dpws 4). */
    return SCALAR_OK;
}

/* Cuts the next word off a white-space separated list; false at its end. */
static bool next_word(const char **text, size_t *length, const char **word, size_t *word_length)
{
    while (*length && wsd__xml_space(**text)) {
        ++*text;
        --*length;
    }
    const char *start = *text;
    while (*length && !wsd__xml_space(**text)) {
        ++*text;
        --*length;
    }
    *word = start;
    *word_length = (size_t)(*text - start);
    return *word_length > 0;
}

static size_t count_words(const char *text, size_t length)
{
    size_t count = 0;
    const char *word;
    size_t word_length;
    while (next_word(&text, &length, &word, &word_length))
        count++;
    return count;
}

static enum wsd__scalar_result parse_qnames(const char *text, size_t length,
                                            const struct wsd__scope *scope,
                                            struct wsd__arena *arena, struct wsd_qname_list *list)
{
    size_t count = count_words(text, length), word_length;
    if (count > WSD_MAX_XML_ITEMS)
        return SCALAR_OUT_OF_RANGE;
    struct wsd_qname *items = wsd__arena_alloc(arena, (count ? count : 1) * sizeof *items);
    if (!items)
        return SCALAR_NO_MEMORY;
    list->items = items;
    list->n_items = 0;
    for (const char *word; next_word(&text, &length, &word, &word_length);) {
        enum wsd__scalar_result r =
            parse_qname(word, word_length, scope, arena, &items[list->n_items]);
        if (r == SCALAR_NO_MEMORY)
            return r;
        list->n_items += r == SCALAR_OK; /* an odd word is skipped, the message kept */
    }
    return SCALAR_OK;
}

static enum wsd__scalar_result parse_uris(const char *text, size_t length, struct wsd__arena *arena,
                                          struct wsd_uri_list *list)
{
    size_t count = count_words(text, length), word_length;
    if (count > WSD_MAX_XML_ITEMS)
        return SCALAR_OUT_OF_RANGE;
    const char **items = wsd__arena_alloc(arena, (count ? count : 1) * sizeof *items);
    if (!items)
        return SCALAR_NO_MEMORY;
    list->items = items;
    list->n_items = 0;
    for (const char *word; next_word(&text, &length, &word, &word_length);) {
        if (!(items[list->n_items++] = wsd__arena_strndup(arena, word, word_length)))
            return SCALAR_NO_MEMORY;
    }
    return SCALAR_OK;
}

enum wsd__scalar_result wsd__scalar_parse(const struct wsd__row *facets, unsigned kind,
                                          const char *text, size_t length,
                                          const struct wsd__scope *scope, struct wsd__arena *arena,
                                          void *value)
{
    switch ((enum wsd__kind)kind) {
    case KIND_STRING:
        return parse_string(facets, text, length, arena, value);
    case KIND_INT:
    case KIND_UINT:
        return parse_number(facets, kind, text, length, value);
    case KIND_BOOL:
        return wsd__parse_bool(text, length, value) ? SCALAR_OK : SCALAR_MALFORMED;
    case KIND_TOKEN:
        return parse_token(facets, text, length, arena, value);
    case KIND_DATETIME:
    case KIND_DURATION:
        wsd__trim(&text, &length);
        if (kind == KIND_DATETIME ? !wsd__parse_datetime(text, length, value)
                                  : !wsd__parse_duration(text, length, value))
            return SCALAR_MALFORMED;
        char *copy = wsd__arena_strndup(arena, text, length);
        *(kind == KIND_DATETIME ? &((struct wsd_datetime *)value)->text
                                : &((struct wsd_duration *)value)->text) = copy;
        return copy ? SCALAR_OK : SCALAR_NO_MEMORY;
    case KIND_QNAME:
        return parse_qname(text, length, scope, arena, value);
    case KIND_QNAMES:
        return parse_qnames(text, length, scope, arena, value);
    case KIND_URIS:
        return parse_uris(text, length, arena, value);
    case KIND_STRUCT:
    case KIND_COUNT:
        break;
    }
    return SCALAR_MALFORMED;
}

/* -- check ------------------------------------------------------------------------------------- */

enum wsd__scalar_result wsd__scalar_check(const struct wsd__row *facets, unsigned kind,
                                          const void *value, bool strict)
{
    if (kind == KIND_STRING && facets->bounded) {
        const char *text = *(const char *const *)value;
        size_t bytes = strlen(text);
        if (bytes <= (size_t)facets->high && facets->low == 0)
            return SCALAR_OK;
        size_t length = wsd__utf8_length(text, bytes);
        return length < (size_t)facets->low || length > (size_t)facets->high ? SCALAR_OUT_OF_RANGE
                                                                             : SCALAR_OK;
    }
    if (kind == KIND_INT && facets->bounded) {
        int32_t number = *(const int32_t *)value;
        return number < facets->low || number > facets->high ? SCALAR_OUT_OF_RANGE : SCALAR_OK;
    }
    if (kind == KIND_TOKEN) {
        const struct wsd_token *token = value;
        const char *text = wsd__token_text(facets->words, token);
        if (!*text || (strict && facets->words && !find_word(facets->words, text, strlen(text))))
            return SCALAR_OUT_OF_RANGE;
    }
    return SCALAR_OK;
}

bool wsd__scalar_tolerated(const struct wsd__row *facets, unsigned kind, const void *value,
                           uint32_t quirks)
{
    quirks &= facets->quirk;
    if (kind == KIND_INT && (quirks & WSD__QUIRK_ZERO_SIZE))
        return *(const int32_t *)value == 0;
    if (kind == KIND_TOKEN && (quirks & WSD__QUIRK_EMPTY_TOKEN))
        return !*wsd__token_text(facets->words, value);
    return false;
}

void wsd__scalar_allowed(const struct wsd__row *facets, unsigned kind, char *text, size_t size)
{
    static const char *const forms[KIND_COUNT] = {[KIND_STRING] = "text",
                                                  [KIND_INT] = "a whole number",
                                                  [KIND_UINT] = "a whole number",
                                                  [KIND_BOOL] = "true or false",
                                                  [KIND_TOKEN] = "a word",
                                                  [KIND_DATETIME] = "a date and time",
                                                  [KIND_DURATION] = "a duration",
                                                  [KIND_QNAME] = "a qualified name",
                                                  [KIND_QNAMES] = "qualified names",
                                                  [KIND_URIS] = "URIs",
                                                  [KIND_STRUCT] = "elements"};
    if (facets->bounded && kind == KIND_STRING)
        snprintf(text, size, "%d..%d characters", facets->low, facets->high);
    else if (facets->bounded)
        snprintf(text, size, "%d..%d", facets->low, facets->high);
    else if (kind == KIND_TOKEN && facets->words) {
        int used = snprintf(text, size, "one of");
        for (unsigned i = 0; i < facets->words->n_names && used > 0 && (size_t)used < size; i++)
            used += snprintf(text + used, size - (size_t)used, "%s %s", i ? "," : "",
                             facets->words->names[i]);
    } else
        snprintf(text, size, "%s", forms[kind]);
}

/* -- print ------------------------------------------------------------------------------------- */

const char *wsd__token_text(const struct wsd__enum *words, const struct wsd_token *token)
{
    if (token->text)
        return token->text;
    if (words && token->value > 0 && (unsigned)token->value <= words->n_names)
        return words->names[token->value - 1];
    return "";
}

static int qname_text(const struct wsd_qname *name, struct wsd__buf *out)
{
    enum wsd__ns ns = wsd__ns_find(name->ns ? name->ns : "", name->ns ? strlen(name->ns) : 0, NULL);
    const char *prefix = ns < NS_COUNT ? wsd__ns_prefix(ns) : name->prefix ? name->prefix : "";
    if (*prefix)
        wsd__buf_printf(out, "%s:", prefix);
    return wsd__buf_puts(out, name->local);
}

/* A tenth of what printf takes, and each datagram has two of them. */
static int number_text(int64_t number, struct wsd__buf *out)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        text[--at] = '-';
    return wsd__buf_append(out, text + at, sizeof text - at);
}

int wsd__scalar_text(const struct wsd__row *facets, unsigned kind, const void *value,
                     struct wsd__buf *out)
{
    char text[48];
    const char *kept; /* as it came: a rewrite must not change it */
    switch ((enum wsd__kind)kind) {
    case KIND_STRING:
        return wsd__buf_puts(out, *(const char *const *)value);
    case KIND_INT:
        return number_text(*(const int32_t *)value, out);
    case KIND_UINT:
        return number_text(*(const uint32_t *)value, out);
    case KIND_BOOL:
        return wsd__buf_puts(out, *(const bool *)value ? "true" : "false");
    case KIND_TOKEN:
        return wsd__buf_puts(out, wsd__token_text(facets->words, value));
    case KIND_DATETIME:
        kept = ((const struct wsd_datetime *)value)->text;
        return wsd__buf_puts(out, kept ? kept : wsd__format_datetime(value, text));
    case KIND_DURATION:
        kept = ((const struct wsd_duration *)value)->text;
        return wsd__buf_puts(out, kept ? kept : wsd__format_duration(value, text));
    case KIND_QNAME:
        return qname_text(value, out);
    case KIND_QNAMES: {
        const struct wsd_qname_list *list = value;
        for (size_t i = 0; i < list->n_items; i++) {
            if (i)
                wsd__buf_putc(out, ' ');
            qname_text(&list->items[i], out);
        }
        return out->failed;
    }
    case KIND_URIS: {
        const struct wsd_uri_list *list = value;
        for (size_t i = 0; i < list->n_items; i++)
            wsd__buf_printf(out, "%s%s", i ? " " : "", list->items[i]);
        return out->failed;
    }
    case KIND_STRUCT:
    case KIND_COUNT:
        break;
    }
    return WSD_E_INVALID;
}

/* -- compare and copy ---------------------------------------------------------------------------
 */

bool wsd_qname_is(const struct wsd_qname *name, const char *ns, const char *local)
{
    return name && strcmp(name->local, local) == 0 && strcmp(name->ns ? name->ns : "", ns) == 0;
}

static bool qnames_equal(const struct wsd_qname_list *a, const struct wsd_qname_list *b)
{
    if (a->n_items != b->n_items)
        return false;
    for (size_t i = 0; i < a->n_items; i++)
        if (!wsd_qname_is(&a->items[i], b->items[i].ns ? b->items[i].ns : "", b->items[i].local))
            return false;
    return true;
}

static bool uris_equal(const struct wsd_uri_list *a, const struct wsd_uri_list *b)
{
    if (a->n_items != b->n_items)
        return false;
    for (size_t i = 0; i < a->n_items; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

bool wsd__scalar_equal(const struct wsd__row *facets, unsigned kind, const void *a, const void *b)
{
    switch ((enum wsd__kind)kind) {
    case KIND_STRING:
        return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    case KIND_INT:
    case KIND_UINT:
        return *(const uint32_t *)a == *(const uint32_t *)b;
    case KIND_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case KIND_TOKEN:
        return strcmp(wsd__token_text(facets->words, a), wsd__token_text(facets->words, b)) == 0;
    case KIND_DATETIME: {
        const struct wsd_datetime *x = a, *y = b;
        return x->seconds == y->seconds && x->nanoseconds == y->nanoseconds &&
               x->has_zone == y->has_zone;
    }
    case KIND_DURATION:
        return ((const struct wsd_duration *)a)->milliseconds ==
               ((const struct wsd_duration *)b)->milliseconds;
    case KIND_QNAME: {
        const struct wsd_qname *name = b;
        return wsd_qname_is(a, name->ns ? name->ns : "", name->local);
    }
    case KIND_QNAMES:
        return qnames_equal(a, b);
    case KIND_URIS:
        return uris_equal(a, b);
    case KIND_STRUCT:
    case KIND_COUNT:
        break;
    }
    return false;
}

static bool copy_text(const char **text, struct wsd__arena *arena)
{
    return !*text || (*text = wsd__arena_strdup(arena, *text)) != NULL;
}

static bool copy_qname(struct wsd_qname *name, struct wsd__arena *arena)
{
    return copy_text(&name->ns, arena) && copy_text(&name->local, arena) &&
           copy_text(&name->prefix, arena);
}

static bool copy_qnames(struct wsd_qname_list *list, struct wsd__arena *arena)
{
    struct wsd_qname *items = wsd__arena_alloc(arena, (list->n_items + 1) * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < list->n_items; i++) {
        items[i] = list->items[i];
        if (!copy_qname(&items[i], arena))
            return false;
    }
    list->items = items;
    return true;
}

static bool copy_uris(struct wsd_uri_list *list, struct wsd__arena *arena)
{
    const char **items = wsd__arena_alloc(arena, (list->n_items + 1) * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < list->n_items; i++)
        if (!(items[i] = wsd__arena_strdup(arena, list->items[i])))
            return false;
    list->items = items;
    return true;
}

bool wsd__scalar_copy(unsigned kind, const void *from, void *to, struct wsd__arena *arena)
{
    static const uint8_t sizes[KIND_COUNT] = {
        [KIND_STRING] = sizeof(char *),
        [KIND_INT] = sizeof(int32_t),
        [KIND_UINT] = sizeof(uint32_t),
        [KIND_BOOL] = sizeof(bool),
        [KIND_TOKEN] = sizeof(struct wsd_token),
        [KIND_DATETIME] = sizeof(struct wsd_datetime),
        [KIND_DURATION] = sizeof(struct wsd_duration),
        [KIND_QNAME] = sizeof(struct wsd_qname),
        [KIND_QNAMES] = sizeof(struct wsd_qname_list),
        [KIND_URIS] = sizeof(struct wsd_uri_list),
    };
    memcpy(to, from, sizes[kind]);
    switch ((enum wsd__kind)kind) {
    case KIND_STRING:
        return copy_text(to, arena);
    case KIND_TOKEN:
        return copy_text(&((struct wsd_token *)to)->text, arena);
    case KIND_DATETIME:
        return copy_text(&((struct wsd_datetime *)to)->text, arena);
    case KIND_DURATION:
        return copy_text(&((struct wsd_duration *)to)->text, arena);
    case KIND_QNAME:
        return copy_qname(to, arena);
    case KIND_QNAMES:
        return copy_qnames(to, arena);
    case KIND_URIS:
        return copy_uris(to, arena);
    default:
        return true;
    }
}
