/* SPDX-License-Identifier: MIT */
/*
 * The XML reader: expat's events with names resolved, and every bound that a hostile message could
 * push against.
 *
 * Namespaces are resolved here and not in expat: QNames in content need the bindings in scope
 * anyway, and expat without them is a quarter faster. No DTD, no entity but the predefined five.
 */
#ifndef WSD_XML_READER_H
#define WSD_XML_READER_H

#include <expat.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/limits.h"
#include "xml/namespaces.h"
#include "xml/pool.h"
#include "xml/scalar.h"

struct wsd__name {
    enum wsd__ns ns;
    const char *uri; /* canonical for a known namespace; lives as long as the arena */
    const char *local;
    const char *prefix;
    size_t prefix_length;
};

struct wsd__attribute {
    struct wsd__name name;
    const char *value;
};

struct wsd__binding {
    const char *prefix, *uri;
    size_t prefix_length;
    enum wsd__ns ns;
    enum wsd__dialect dialect; /* of addressing and discovery */
};

struct wsd__reader {
    XML_Parser parser; /* kept and reset from message to message */
    struct wsd__pool pool;
    unsigned long salt; /* of expat's hash tables; 0: expat draws one for each document */
    struct wsd__arena *arena;
    struct wsd__binding bindings[WSD_MAX_XML_BINDINGS];
    unsigned n_bindings, depth, max_elements, n_elements;
    unsigned marks[WSD_MAX_XML_DEPTH + 1]; /* bindings in force outside each open element */
    struct wsd__attribute attributes[WSD_MAX_XML_ATTRIBUTES];
    unsigned n_attributes;
    enum wsd__dialect dialect; /* of the last element of addressing or discovery */
    const char *encoding;      /* that the message means by a name that expat does not know */
    bool soap_11;
    int failed;
    struct wsd_error *error; /* where failures are reported, never NULL while parsing */
    void *user;
    void (*start)(void *user, const struct wsd__name *name);
    void (*end)(void *user);
    void (*text)(void *user, const char *text, size_t length);
};

/* Reads one document. 0 or the code that is in reader->failed. */
int wsd__reader_parse(struct wsd__reader *reader, const void *bytes, size_t size);
/* Ends the parse with a report; for the callbacks. */
void wsd__reader_fail(struct wsd__reader *reader, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Where the tag lies that is being told; for the callbacks start and end. */
struct wsd__span wsd__reader_tag(const struct wsd__reader *reader);
/* The URI of a prefix in scope, NULL if unbound. */
const char *wsd__reader_lookup(void *reader, const char *prefix, size_t length);
void wsd__reader_close(struct wsd__reader *reader);

#endif
