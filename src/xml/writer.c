/* SPDX-License-Identifier: MIT */
/* The XML writer; see writer.h. Failures stay in the buffer. */
#include "xml/writer.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "xml/any.h"

void wsd__writer_begin(struct wsd__writer *writer, struct wsd__buf *out, enum wsd__dialect dialect)
{
    writer->out = out;
    writer->dialect = dialect;
    writer->used = 0;
    writer->n_scope = 0;
    writer->root_open = false;
    wsd__buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
}

static bool is_declared(const struct wsd__writer *writer, unsigned ns)
{
    return (writer->used >> ns & 1) && ns != NS_NONE && ns != NS_XML;
}

static char *put(char *at, const char *text)
{
    size_t length = strlen(text);
    return (char *)memcpy(at, text, length) + length;
}

void wsd__writer_finish(struct wsd__writer *writer)
{
    /* Which were used is known only now: the rest of the message makes room for them. */
    static const char before[] = " xmlns:", between[] = "=\"", after[] = "\"";
    size_t length = 0;
    for (unsigned ns = 0; ns < NS_COUNT; ns++)
        if (is_declared(writer, ns))
            length += sizeof before + sizeof between + sizeof after - 3 +
                      strlen(wsd__ns_prefix((enum wsd__ns)ns)) +
                      strlen(wsd__ns_uri((enum wsd__ns)ns, writer->dialect));
    char *at = wsd__buf_open(writer->out, writer->declare, length);
    for (unsigned ns = 0; at && ns < NS_COUNT; ns++) {
        if (!is_declared(writer, ns))
            continue;
        at = put(put(at, before), wsd__ns_prefix((enum wsd__ns)ns));
        at = put(put(at, between), wsd__ns_uri((enum wsd__ns)ns, writer->dialect));
        at = put(at, after);
    }
}

/* -- prefixes -----------------------------------------------------------------------------------
 */

static const char *scope_uri(const struct wsd__writer *writer, const char *prefix)
{
    for (unsigned i = writer->n_scope; i-- > 0;)
        if (strcmp(writer->scope[i].prefix, prefix) == 0)
            return writer->scope[i].uri;
    return NULL;
}

const char *wsd__writer_prefix(struct wsd__writer *writer, const char *uri)
{
    enum wsd__ns ns = wsd__ns_find(uri, strlen(uri), NULL);
    for (unsigned i = writer->n_scope; i-- > 0;) {
        const char *prefix = writer->scope[i].prefix;
        if (strcmp(writer->scope[i].uri, uri) == 0 && scope_uri(writer, prefix) &&
            strcmp(scope_uri(writer, prefix), uri) == 0)
            return prefix;
    }
    if (ns >= NS_COUNT || scope_uri(writer, wsd__ns_prefix(ns)))
        return NULL; /* foreign, or its customary prefix means something else here */
    writer->used |= 1u << ns;
    return wsd__ns_prefix(ns);
}

static void escape(struct wsd__buf *out, const char *text, size_t length, bool attribute);

static void declare_local(struct wsd__writer *writer, const char *prefix, const char *uri)
{
    if (writer->n_scope == WSD_MAX_XML_BINDINGS) {
        writer->out->failed = WSD_E_LIMIT;
        return;
    }
    writer->scope[writer->n_scope].prefix = prefix;
    writer->scope[writer->n_scope++].uri = uri;
    wsd__buf_puts(writer->out, " xmlns:");
    wsd__buf_puts(writer->out, prefix);
    wsd__buf_puts(writer->out, "=\"");
    enum wsd__ns ns = wsd__ns_find(uri, strlen(uri), NULL);
    if (ns < NS_COUNT) /* as the message's edition spells it */
        uri = wsd__ns_uri(ns, writer->dialect);
    escape(writer->out, uri, strlen(uri), true);
    wsd__buf_putc(writer->out, '"');
}

/* Prefixes of our own making, as many as there can be bindings: one is always free. */
#define MADE_8(a)                                                                                  \
    "n" a "0", "n" a "1", "n" a "2", "n" a "3", "n" a "4", "n" a "5", "n" a "6", "n" a "7"
static const char *const made[] = {MADE_8("0"), MADE_8("1"), MADE_8("2"), MADE_8("3"), MADE_8("4"),
                                   MADE_8("5"), MADE_8("6"), MADE_8("7"), MADE_8("8"), MADE_8("9"),
                                   MADE_8("a"), MADE_8("b"), MADE_8("c"), MADE_8("d"), MADE_8("e"),
                                   MADE_8("f"), "n"};
_Static_assert(sizeof made / sizeof *made > WSD_MAX_XML_BINDINGS, "one prefix must be free");

/* A prefix for uri, declared here if need be; hint is taken when it is free. attribute: the empty
 * prefix will not do. */
static const char *need_prefix(struct wsd__writer *writer, const char *uri, const char *hint)
{
    const char *prefix = wsd__writer_prefix(writer, uri);
    if (prefix)
        return prefix;
    bool taken = !hint || !*hint || scope_uri(writer, hint) || strcmp(hint, "xmlns") == 0;
    for (unsigned ns = NS_XML; !taken && ns < NS_COUNT; ns++)
        taken = strcmp(hint, wsd__ns_prefix((enum wsd__ns)ns)) == 0;
    for (unsigned i = 0; taken; i++)
        taken = scope_uri(writer, hint = made[i]) != NULL;
    declare_local(writer, hint, uri);
    return hint;
}

void wsd__writer_declare(struct wsd__writer *writer, const struct wsd_qname *name)
{
    if (name->ns && *name->ns)
        need_prefix(writer, name->ns, name->prefix);
}

/* -- elements of known namespaces ----------------------------------------------------------------
 */

static void put_name(struct wsd__writer *writer, enum wsd__ns ns, const char *name)
{
    writer->used |= 1u << ns;
    if (ns != NS_NONE) {
        wsd__buf_puts(writer->out, wsd__ns_prefix(ns));
        wsd__buf_putc(writer->out, ':');
    }
    wsd__buf_puts(writer->out, name);
}

void wsd__writer_open(struct wsd__writer *writer, enum wsd__ns ns, const char *name)
{
    wsd__buf_putc(writer->out, '<');
    put_name(writer, ns, name);
    if (!writer->root_open) {
        writer->declare = writer->out->length;
        writer->root_open = true;
    }
}

void wsd__writer_close_start(struct wsd__writer *writer)
{
    wsd__buf_putc(writer->out, '>');
}

/* An element without content becomes <a/>: its start tag is the last thing written. */
static bool close_empty(struct wsd__writer *writer)
{
    struct wsd__buf *out = writer->out;
    if (out->failed || out->length < 2 || out->data[out->length - 1] != '>')
        return false;
    size_t i = out->length - 1;
    while (i > 0 && out->data[i] != '<')
        i--;
    if (out->data[i + 1] == '/' || out->data[out->length - 2] == '/')
        return false;
    out->length--;
    wsd__buf_puts(out, "/>");
    return true;
}

void wsd__writer_end(struct wsd__writer *writer, enum wsd__ns ns, const char *name)
{
    if (close_empty(writer))
        return;
    wsd__buf_puts(writer->out, "</");
    put_name(writer, ns, name);
    wsd__buf_putc(writer->out, '>');
}

/* Length of the UTF-8 character at text, 0 if there is none: a program's own text may hold
 * anything, and one wrong byte makes the whole message unreadable. */
static size_t character(const char *text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t size = *byte < 0xc2 ? 0 : *byte < 0xe0 ? 2 : *byte < 0xf0 ? 3 : *byte < 0xf5 ? 4 : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
    unsigned second = byte[1];
    bool wrong = (*byte == 0xe0 && second < 0xa0) || (*byte == 0xed && second > 0x9f) ||
                 (*byte == 0xef && second == 0xbf && byte[2] > 0xbd) ||
                 (*byte == 0xf0 && second < 0x90) || (*byte == 0xf4 && second > 0x8f);
    return wrong ? 0 : size;
}

/* Characters that stand for themselves wherever they are, which is nearly all there is. */
/* clang-format off */
static const bool plain[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
    1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 20 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, /* 30 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 40 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 50 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 60 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 70 */
};
/* clang-format on */

/* How the character at text is written; NULL: as it stands, *ret_size bytes. CR, and in attributes
 * tab and newline, must be spelled out, or the next reader changes them. */
static const char *spelling(const char *text, size_t length, bool attribute, size_t *ret_size)
{
    *ret_size = 1;
    switch (*text) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\r':
        return "&#13;";
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    }
    if ((unsigned char)*text < 0x80)
        return (unsigned char)*text < ' ' ? "?" : NULL; /* no character of XML 1.0 */
    size_t size = character(text, length);
    *ret_size = size ? size : 1;
    return size ? NULL : "?";
}

static void escape(struct wsd__buf *out, const char *text, size_t length, bool attribute)
{
    size_t start = 0, size;
    for (size_t i = 0; i < length; i += size) {
        size = 1;
        if (plain[(unsigned char)text[i]])
            continue;
        const char *word = spelling(text + i, length - i, attribute, &size);
        if (!word)
            continue;
        wsd__buf_append(out, text + start, i - start);
        wsd__buf_puts(out, word);
        start = i + size;
    }
    wsd__buf_append(out, text + start, length - start);
}

void wsd__writer_text(struct wsd__writer *writer, const char *text, size_t length)
{
    escape(writer->out, text, length, false);
}

void wsd__writer_attribute(struct wsd__writer *writer, enum wsd__ns ns, const char *name,
                           const char *text, size_t length)
{
    wsd__buf_putc(writer->out, ' ');
    put_name(writer, ns, name);
    wsd__buf_puts(writer->out, "=\"");
    escape(writer->out, text, length, true);
    wsd__buf_putc(writer->out, '"');
}

/* -- unknown parts --------------------------------------------------------------------------------
 */

void wsd__writer_any_attribute(struct wsd__writer *writer, const struct wsd_any *any)
{
    const char *prefix = any->ns && *any->ns ? need_prefix(writer, any->ns, any->prefix) : "";
    wsd__buf_putc(writer->out, ' ');
    if (*prefix) {
        wsd__buf_puts(writer->out, prefix);
        wsd__buf_putc(writer->out, ':');
    }
    wsd__buf_puts(writer->out, any->local);
    wsd__buf_puts(writer->out, "=\"");
    escape(writer->out, any->text, strlen(any->text), true);
    wsd__buf_putc(writer->out, '"');
}

static void any_name(struct wsd__writer *writer, const char *prefix, const char *local)
{
    wsd__buf_puts(writer->out, prefix);
    if (*prefix)
        wsd__buf_putc(writer->out, ':');
    wsd__buf_puts(writer->out, local);
}

/* Default declarations are dropped: every name is written with a prefix, and a QName in content
 * that relies on the default keeps its text. */
static void any_declarations(struct wsd__writer *writer, const struct wsd_any *any)
{
    for (const struct wsd_any *child = any->children; child; child = child->next) {
        if (child->kind != WSD_ANY_NAMESPACE || !*child->local || !*child->ns)
            continue;
        const char *bound = scope_uri(writer, child->local);
        enum wsd__ns ns = wsd__ns_find(child->ns, strlen(child->ns), NULL);
        if (!bound && ns < NS_COUNT && strcmp(child->local, wsd__ns_prefix(ns)) == 0) {
            if (wsd__any_mentions(any, child->local))
                writer->used |= 1u << ns; /* the root declares it, where it is used */
            continue;
        }
        if (!bound || strcmp(bound, child->ns) != 0)
            declare_local(writer, child->local, child->ns);
    }
}

void wsd__writer_any(struct wsd__writer *writer, const struct wsd_any *any)
{
    if (any->kind == WSD_ANY_TEXT)
        wsd__writer_text(writer, any->text, strlen(any->text));
    if (any->kind != WSD_ANY_ELEMENT)
        return;
    unsigned outer = writer->n_scope;
    size_t start = writer->out->length;
    wsd__buf_putc(writer->out, '<');
    size_t name_at = writer->out->length;
    any_declarations(writer, any);
    const char *prefix = any->ns && *any->ns ? need_prefix(writer, any->ns, any->prefix) : "";
    /* The name goes in front of the declarations, which had to be known before it. */
    char name[300];
    snprintf(name, sizeof name, "%s%s", prefix, *prefix ? ":" : "");
    wsd__buf_insert(writer->out, name_at, any->local, strlen(any->local));
    wsd__buf_insert(writer->out, name_at, name, strlen(name));
    for (const struct wsd_any *child = any->children; child; child = child->next)
        if (child->kind == WSD_ANY_ATTRIBUTE)
            wsd__writer_any_attribute(writer, child);
    bool content = false;
    for (const struct wsd_any *child = any->children; child; child = child->next) {
        if (child->kind != WSD_ANY_ELEMENT && child->kind != WSD_ANY_TEXT)
            continue;
        if (!content)
            wsd__buf_putc(writer->out, '>');
        content = true;
        wsd__writer_any(writer, child);
    }
    if (!content) {
        wsd__buf_puts(writer->out, "/>");
    } else {
        wsd__buf_puts(writer->out, "</");
        any_name(writer, prefix, any->local);
        wsd__buf_putc(writer->out, '>');
    }
    if (writer->out->failed)
        writer->out->length = start;
    writer->n_scope = outer;
}

void wsd__writer_fragment(struct wsd__buf *out, const struct wsd_any *element,
                          enum wsd__dialect dialect)
{
    struct wsd__writer writer = {.out = out, .dialect = dialect};
    size_t start = out->length;
    wsd__writer_any(&writer, element);
    if (out->failed || out->length == start)
        return;
    writer.declare = start + strcspn(out->data + start, " />");
    wsd__writer_finish(&writer);
}

void wsd__writer_escape(struct wsd__buf *out, const char *text)
{
    escape(out, text, strlen(text), false);
}
