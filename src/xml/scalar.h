/* SPDX-License-Identifier: MIT */
/* Text to value and value to text, apart from where the value goes. */
#ifndef WSD_XML_SCALAR_H
#define WSD_XML_SCALAR_H

#include "core/arena.h"
#include "core/buf.h"
#include "xml/schema.h"

/* Prefix to namespace, in the scope of the element that carries the text. */
struct wsd__scope {
    /* The URI bound to a prefix (canonical for known namespaces), NULL if unbound. */
    const char *(*lookup)(void *user, const char *prefix, size_t length);
    void *user;
};

enum wsd__scalar_result {
    SCALAR_OK,
    SCALAR_MALFORMED,    /* no such value */
    SCALAR_OUT_OF_RANGE, /* a value, but outside the facets */
    SCALAR_NO_MEMORY
};

/* Parses text into value, which has the C type of the row's kind. facets: of the row, or of the
 * row that led here. */
enum wsd__scalar_result wsd__scalar_parse(const struct wsd__row *facets, unsigned kind,
                                          const char *text, size_t length,
                                          const struct wsd__scope *scope, struct wsd__arena *arena,
                                          void *value);
/* Checks an existing value against facets. strict: unknown words are out of range. */
enum wsd__scalar_result wsd__scalar_check(const struct wsd__row *facets, unsigned kind,
                                          const void *value, bool strict);
/* A value outside its facets, but the very one that a quirk of the row in force is named for. */
bool wsd__scalar_tolerated(const struct wsd__row *facets, unsigned kind, const void *value,
                           uint32_t quirks);
/* What facets allow, as words for an error: "0..100", "one of a, b, c". */
void wsd__scalar_allowed(const struct wsd__row *facets, unsigned kind, char *text, size_t size);
bool wsd__scalar_equal(const struct wsd__row *facets, unsigned kind, const void *a, const void *b);
/* Deep copy into arena; false when memory is short. */
bool wsd__scalar_copy(unsigned kind, const void *from, void *to, struct wsd__arena *arena);
/* The plain text of a value, without prefixes' bookkeeping (QNames as prefix:local). */
int wsd__scalar_text(const struct wsd__row *facets, unsigned kind, const void *value,
                     struct wsd__buf *out);
/* The word of a token: its text, or the word for its value; "" if neither. */
const char *wsd__token_text(const struct wsd__enum *words, const struct wsd_token *token);
size_t wsd__utf8_length(const char *text, size_t length);

#endif
