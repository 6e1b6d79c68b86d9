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
    /* What stood between the tags of the last element whose row is marked ROW_LOCATED, as it was
     * written: in the message's encoding, white space, comments and all. Empty when there is none.
     */
    struct wsd__span located;
};

int wsd__decode(struct wsd_context *context, const struct wsd__decode_request *request,
                struct wsd__decode_result *ret, struct wsd_error *reterr);

/* Appends declaration and root element, one line, only the namespaces used. type->name names the
 * root. */
struct wsd__encode_request {
    const struct wsd_type *type;
    enum wsd__ns ns;
    const struct wsd_type *late;
    const void *value;
    enum wsd__dialect dialect;
};
int wsd__encode(const struct wsd__encode_request *request, struct wsd__buf *out,
                struct wsd_error *reterr);

#endif
