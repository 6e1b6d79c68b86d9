/* SPDX-License-Identifier: MIT */
/* Expat's events with names resolved; see reader.h. */
#include "xml/reader.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"

#define WEB_PAGE "a web page came in place of a SOAP message"

void wsd__reader_fail(struct wsd__reader *reader, int code, const char *format, ...)
{
    if (reader->failed)
        return;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reader->failed = code;
    reader->error->line = (int)XML_GetCurrentLineNumber(reader->parser);
    wsd__error(reader->error, code, "%s (line %d)", text, reader->error->line);
    XML_StopParser(reader->parser, XML_FALSE);
}

static const struct wsd__binding *find_binding(const struct wsd__reader *reader, const char *prefix,
                                               size_t length)
{
    for (unsigned i = reader->n_bindings; i-- > 0;) {
        const struct wsd__binding *binding = &reader->bindings[i];
        if (binding->prefix_length == length && memcmp(binding->prefix, prefix, length) == 0)
            return binding;
    }
    return NULL;
}

struct wsd__span wsd__reader_tag(const struct wsd__reader *reader)
{
    size_t start = (size_t)XML_GetCurrentByteIndex(reader->parser);
    return (struct wsd__span){start, start + (size_t)XML_GetCurrentByteCount(reader->parser)};
}

const char *wsd__reader_lookup(void *user, const char *prefix, size_t length)
{
    const struct wsd__binding *binding = find_binding(user, prefix, length);
    if (binding)
        return binding->uri;
    if (length == 3 && memcmp(prefix, "xml", 3) == 0)
        return wsd__ns_uri(NS_XML, WSD__DIALECT_2005);
    return NULL;
}

/* Namespaces in XML 1.0, sections 3 and 4: what may not be declared at all. A prefix must begin as
 * a name does, which expat, seeing "xmlns:1a" as one name, cannot tell; no device is known to use
 * other than ASCII there, so that is all that is taken. */
static bool bindable(const char *prefix, const char *uri)
{
    if (!*prefix)
        return true;
    if (!(*prefix >= 'a' && *prefix <= 'z') && !(*prefix >= 'A' && *prefix <= 'Z') &&
        *prefix != '_')
        return false;
    if (!*uri || strchr(prefix, ':') || strcmp(prefix, "xmlns") == 0)
        return false;
    return strcmp(prefix, "xml") != 0 || strcmp(uri, wsd__ns_uri(NS_XML, WSD__DIALECT_2005)) == 0;
}

/* xmlns="..." and xmlns:p="..." of one start tag come into force before its names are resolved. */
static void bind(struct wsd__reader *reader, const char *prefix, const char *uri)
{
    size_t length = strlen(uri), prefix_length = strlen(prefix);
    if (reader->n_bindings == WSD_MAX_XML_BINDINGS) {
        wsd__reader_fail(reader, WSD_E_LIMIT, "more than %d namespaces in scope",
                         WSD_MAX_XML_BINDINGS);
        return;
    }
    if (length > WSD_MAX_URI || prefix_length > 255) {
        wsd__reader_fail(reader, WSD_E_LIMIT, "a namespace URI or prefix is too long");
        return;
    }
    if (!bindable(prefix, uri)) {
        wsd__reader_fail(reader, WSD_E_XML, "not well-formed: xmlns:%.40s=\"%.80s\"", prefix, uri);
        return;
    }
    struct wsd__binding *binding = &reader->bindings[reader->n_bindings];
    binding->dialect = WSD__DIALECT_2005;
    binding->ns = wsd__ns_find(uri, length, &binding->dialect);
    if (binding->ns == NS_SOAP && strstr(uri, "/soap/envelope"))
        reader->soap_11 = true;
    binding->uri = binding->ns < NS_COUNT ? wsd__ns_uri(binding->ns, WSD__DIALECT_2005)
                                          : wsd__arena_strndup(reader->arena, uri, length);
    binding->prefix = wsd__arena_strndup(reader->arena, prefix, prefix_length);
    binding->prefix_length = prefix_length;
    if (!binding->prefix || !binding->uri)
        wsd__reader_fail(reader, WSD_E_NO_MEMORY, "the message needs too much memory");
    else
        reader->n_bindings++;
}

static void resolve(struct wsd__reader *reader, const char *qualified, bool attribute,
                    struct wsd__name *name)
{
    const char *colon = strchr(qualified, ':');
    name->prefix = qualified;
    name->prefix_length = colon ? (size_t)(colon - qualified) : 0;
    name->local = colon ? colon + 1 : qualified;
    name->ns = NS_NONE;
    name->uri = "";
    if (colon && (colon == qualified || !colon[1] || strchr(colon + 1, ':'))) {
        wsd__reader_fail(reader, WSD_E_XML, "not well-formed: the name \"%.60s\"", qualified);
        return;
    }
    if (attribute && !colon)
        return; /* an unprefixed attribute is in no namespace */
    const struct wsd__binding *binding = find_binding(reader, qualified, name->prefix_length);
    if (binding) {
        name->ns = binding->ns;
        name->uri = binding->uri;
        /* A declaration alone says nothing: it may be for prefixes that nobody uses. */
        if (!attribute && (binding->ns == NS_WSA || binding->ns == NS_WSD))
            reader->dialect = binding->dialect;
    } else if (name->prefix_length == 3 && memcmp(qualified, "xml", 3) == 0) {
        name->ns = NS_XML;
        name->uri = wsd__ns_uri(NS_XML, WSD__DIALECT_2005);
    } else if (colon) {
        wsd__reader_fail(reader, WSD_E_XML, "the prefix of <%.60s> is not declared", qualified);
    }
}

/* a:x and b:x with both prefixes bound to one URI: expat sees two names, we one. */
static bool appears_before(const struct wsd__reader *reader, const struct wsd__name *name)
{
    for (unsigned i = 0; i + 1 < reader->n_attributes; i++) {
        const struct wsd__name *other = &reader->attributes[i].name;
        if (other->prefix_length && strcmp(other->local, name->local) == 0 &&
            strcmp(other->uri, name->uri) == 0)
            return true;
    }
    return false;
}

static void take_attributes(struct wsd__reader *reader, const char **attributes)
{
    reader->n_attributes = 0;
    for (const char **a = attributes; *a; a += 2) {
        if (strncmp(*a, "xmlns", 5) == 0 && ((*a)[5] == ':' || (*a)[5] == '\0'))
            continue;
        if (reader->n_attributes == WSD_MAX_XML_ATTRIBUTES) {
            wsd__reader_fail(reader, WSD_E_LIMIT, "more than %d attributes",
                             WSD_MAX_XML_ATTRIBUTES);
            return;
        }
        struct wsd__attribute *attribute = &reader->attributes[reader->n_attributes++];
        resolve(reader, *a, true, &attribute->name);
        attribute->value = a[1];
        if (attribute->name.prefix_length && appears_before(reader, &attribute->name)) {
            wsd__reader_fail(reader, WSD_E_XML, "not well-formed: attribute %.60s appears twice",
                             *a);
            return;
        }
    }
}

static void start_element(void *user, const char *qualified, const char **attributes)
{
    struct wsd__reader *reader = user;
    if (reader->failed)
        return;
    if (reader->depth == WSD_MAX_XML_DEPTH) {
        wsd__reader_fail(reader, WSD_E_LIMIT, "nested deeper than %d", WSD_MAX_XML_DEPTH);
        return;
    }
    if (reader->n_elements++ == reader->max_elements) {
        wsd__reader_fail(reader, WSD_E_LIMIT, "more than %u elements", reader->max_elements);
        return;
    }
    reader->marks[reader->depth++] = reader->n_bindings;
    for (const char **a = attributes; *a && !reader->failed; a += 2)
        if (strncmp(*a, "xmlns", 5) == 0 && ((*a)[5] == ':' || (*a)[5] == '\0'))
            bind(reader, (*a)[5] ? *a + 6 : "", a[1]);
    struct wsd__name name;
    resolve(reader, qualified, false, &name);
    if (!reader->failed)
        take_attributes(reader, attributes);
    if (!reader->failed)
        reader->start(reader->user, &name);
}

static void end_element(void *user, const char *qualified)
{
    struct wsd__reader *reader = user;
    (void)qualified;
    if (reader->failed)
        return;
    reader->end(reader->user);
    reader->n_bindings = reader->marks[--reader->depth];
}

static void character_data(void *user, const char *text, int length)
{
    struct wsd__reader *reader = user;
    if (!reader->failed)
        reader->text(reader->user, text, (size_t)length);
}

static void start_doctype(void *user, const char *name, const char *system, const char *public,
                          int internal)
{
    (void)system, (void)public, (void)internal;
    if (strcasecmp(name, "html") == 0)
        wsd__reader_fail(user, WSD_E_NOT_SOAP, WEB_PAGE);
    else
        wsd__reader_fail(user, WSD_E_XML, "a document type declaration is not accepted");
}

/* PyWSD declares encoding="ASCII", a name that expat does not know (device-quirks R5); "UTF8" is
 * another that programs write. The message is read again under the name that expat has for it. */
static int unknown_encoding(void *user, const char *name, XML_Encoding *info)
{
    struct wsd__reader *reader = user;
    (void)info;
    reader->encoding = strcasecmp(name, "ASCII") == 0  ? "US-ASCII"
                       : strcasecmp(name, "UTF8") == 0 ? "UTF-8"
                                                       : NULL;
    return XML_STATUS_ERROR;
}

/* encoding: in place of the one that the message declares; NULL: that one. */
static bool prepare(struct wsd__reader *reader, const char *encoding)
{
    if (!reader->parser)
        reader->parser = XML_ParserCreate_MM(encoding, &wsd__pool_suite, NULL);
    else
        XML_ParserReset(reader->parser, encoding); /* fails inside of a parse alone */
    if (!reader->parser)
        return false;
    XML_SetHashSalt(reader->parser, reader->salt);
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, start_element, end_element);
    XML_SetCharacterDataHandler(reader->parser, character_data);
    XML_SetStartDoctypeDeclHandler(reader->parser, start_doctype);
    XML_SetUnknownEncodingHandler(reader->parser, unknown_encoding, reader);
    reader->encoding = NULL;
    reader->n_bindings = reader->depth = reader->n_elements = 0;
    reader->dialect = WSD__DIALECT_2005;
    reader->soap_11 = false;
    reader->failed = 0;
    return true;
}

static bool starts_with(const char *bytes, size_t size, const char *word)
{
    size_t length = strlen(word);
    return size >= length && strncasecmp(bytes, word, length) == 0;
}

/* Of what is no XML: the login page of a device, an error page of a proxy. */
static bool looks_like_html(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size && i < 1024; i++)
        if (starts_with(bytes + i, size - i, "<html") ||
            starts_with(bytes + i, size - i, "<!doctype html"))
            return true;
    return false;
}

static int parse(struct wsd__reader *reader, const void *bytes, size_t size)
{
    if (!prepare(reader, NULL))
        return reader->failed = wsd__error(reader->error, WSD_E_NO_MEMORY, NULL);
    if (size > INT_MAX)
        return reader->failed = wsd__error(reader->error, WSD_E_LIMIT, NULL);
    enum XML_Status status = XML_Parse(reader->parser, bytes, (int)size, XML_TRUE);
    if (reader->encoding) {
        prepare(reader, reader->encoding);
        status = XML_Parse(reader->parser, bytes, (int)size, XML_TRUE);
    }
    if (status != XML_STATUS_OK && !reader->failed) {
        enum XML_Error code = XML_GetErrorCode(reader->parser);
        if (code == XML_ERROR_NO_MEMORY)
            wsd__reader_fail(reader, WSD_E_NO_MEMORY, "the message needs too much memory");
        else if (looks_like_html(bytes, size))
            wsd__reader_fail(reader, WSD_E_NOT_SOAP, WEB_PAGE);
        else
            wsd__reader_fail(reader, WSD_E_XML, "not well-formed: %s", XML_ErrorString(code));
    }
    return reader->failed;
}

int wsd__reader_parse(struct wsd__reader *reader, const void *bytes, size_t size)
{
    struct wsd__pool *outer = wsd__pool_enter(&reader->pool);
    int r = parse(reader, bytes, size);
    wsd__pool_leave(outer);
    return r;
}

void wsd__reader_close(struct wsd__reader *reader)
{
    if (reader->parser)
        XML_ParserFree(reader->parser);
    reader->parser = NULL;
    wsd__pool_free(&reader->pool);
}
