/* SPDX-License-Identifier: MIT */
/*
 * Decode and encode: a table, bytes, and the struct between them.
 */
#ifndef WSD_XML_CODEC_H
#define WSD_XML_CODEC_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/context.h"
#include "xml/schema.h"

struct wsd__decode_request {
    const struct wsd_type *type; /* of the root element */
    enum wsd__ns ns;             /* namespace of the root; its name is type->name */
    const struct wsd_type *late; /* type of the row marked ROW_LATE, if any */
    const void *bytes;
    size_t size;
    uint32_t max_elements, quirks;
};

struct wsd__decode_result {
    const void *root; /* result; free with wsd_free() */
    enum wsd__dialect dialect;
    bool soap_11;
};

int wsd__decode(struct wsd_context *context, const struct wsd__decode_request *request,
                struct wsd__decode_result *ret, struct wsd_error *reterr);

/* The element of the row marked ROW_LATE as it was written once, for messages that say the same
 * under other headers. Without bytes it is empty, and the next message fills it; its owner empties
 * it (wsd__buf_clear) when the dialect or what is said changes, and frees the bytes. */
struct wsd__kept {
    struct wsd__buf bytes;
    uint32_t namespaces; /* that it uses, bit per known one: the root has to declare them */
};

/* Appends declaration and root element, one line, only the namespaces used. type->name names the
 * root. */
struct wsd__encode_request {
    const struct wsd_type *type;
    enum wsd__ns ns;
    const struct wsd_type *late;
    const void *value; /* when kept has bytes, the member of the row marked ROW_LATE is not read */
    struct wsd__kept *kept; /* may be NULL */
    enum wsd__dialect dialect;
};
int wsd__encode(const struct wsd__encode_request *request, struct wsd__buf *out,
                struct wsd_error *reterr);

#endif
