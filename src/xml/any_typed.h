/* SPDX-License-Identifier: MIT */
/*
 * A typed value as an unknown element, and back.
 *
 * Messages have room for elements of other specifications (in wse:Subscribe and its answer, in
 * metadata sections). The room that owns the message sees them as `any`; the room that owns the
 * element has a table for it. Both ways go over the codec, so that there is one reader and one
 * writer for all.
 */
#ifndef WSD_XML_ANY_TYPED_H
#define WSD_XML_ANY_TYPED_H

#include "core/context.h"
#include "xml/schema.h"

/* An element named as the type, in namespace ns, that stands alone; free with wsd_free(). Fails
 * with WSD_E_SCHEMA (path and value filled), WSD_E_LIMIT or WSD_E_NO_MEMORY. */
int wsd__any_encode(struct wsd_context *context, const struct wsd_type *type, enum wsd__ns ns,
                    const void *value, const struct wsd_any **ret_element,
                    struct wsd_error *reterr);

/* The value that element holds, of that type; free with wsd_free(). Fails with WSD_E_SCHEMA, also
 * if it is another element. */
int wsd__any_decode(struct wsd_context *context, const struct wsd_any *element,
                    const struct wsd_type *type, enum wsd__ns ns, const void **ret_value,
                    struct wsd_error *reterr);

/* The first element of that name in a list, NULL if there is none. */
const struct wsd_any *wsd__any_find(const struct wsd_any *list, enum wsd__ns ns, const char *local);

#endif
