/* SPDX-License-Identifier: MIT */
/*
 * The XML writer, for the worst reader: one line, only the namespaces used, customary prefixes.
 *
 * Known namespaces are declared together on the root, once it is known which were used; foreign
 * ones where they occur.
 */
#ifndef WSD_XML_WRITER_H
#define WSD_XML_WRITER_H

#include "core/buf.h"
#include "core/limits.h"
#include "xml/namespaces.h"
#include <wsd/types.h>

struct wsd__writer {
    struct wsd__buf *out;
    enum wsd__dialect dialect;
    uint32_t used;  /* bit per known namespace */
    size_t declare; /* where the declarations go */
    struct {
        const char *prefix, *uri;
    } scope[WSD_MAX_XML_BINDINGS]; /* local declarations in force */
    unsigned n_scope;
    bool root_open;
};

void wsd__writer_begin(struct wsd__writer *writer, struct wsd__buf *out, enum wsd__dialect dialect);
void wsd__writer_finish(struct wsd__writer *writer); /* puts the declarations in */

/* "<p:name" of a known namespace; then attributes; then close_start or close_empty. */
void wsd__writer_open(struct wsd__writer *writer, enum wsd__ns ns, const char *name);
void wsd__writer_close_start(struct wsd__writer *writer); /* ">" */
void wsd__writer_end(struct wsd__writer *writer, enum wsd__ns ns, const char *name);
void wsd__writer_attribute(struct wsd__writer *writer, enum wsd__ns ns, const char *name,
                           const char *text, size_t length);
void wsd__writer_text(struct wsd__writer *writer, const char *text, size_t length);
/* Makes sure that a QName's namespace has a prefix here; inside an open start tag, before ">". */
void wsd__writer_declare(struct wsd__writer *writer, const struct wsd_qname *name);
/* The prefix that stands for a URI here, NULL if none. */
const char *wsd__writer_prefix(struct wsd__writer *writer, const char *uri);
/* An unknown part: element with all below it. */
void wsd__writer_any(struct wsd__writer *writer, const struct wsd_any *any);
/* An element that stands alone, without XML declaration: it declares all that it uses. */
void wsd__writer_fragment(struct wsd__buf *out, const struct wsd_any *element,
                          enum wsd__dialect dialect);
/* Text as content of an element. */
void wsd__writer_escape(struct wsd__buf *out, const char *text);
void wsd__writer_any_attribute(struct wsd__writer *writer, const struct wsd_any *any);

#endif
