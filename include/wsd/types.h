/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The small value types that the message structures are made of, and the ways to look at any
 * message without knowing its structure.
 *
 * Conventions of all message structures: a required value stands inline; an optional one is a
 * pointer, NULL when absent (strings are pointers already); a repeated one is a pointer and a count
 * named `n_...`. Each structure ends in `any`, the list of what this library does not know: vendor
 * extensions are kept there and written back.
 */
#ifndef WSD_TYPES_H
#define WSD_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wsd/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A value of an enumeration. `value` is a constant of the enumeration that the member's comment
 * names, 0 when the text is none of its words (vendors may add). `text` is what came; when a
 * program builds a message it may leave `text` NULL and set `value` alone.
 */
struct wsd_token {
    int value;
    const char *text;
};

/** A qualified name. `ns` is the namespace URI, "" for none. `prefix` is a hint for writing. */
struct wsd_qname {
    const char *ns;
    const char *local;
    const char *prefix;
};

/** A white-space separated list of qualified names. */
struct wsd_qname_list {
    const struct wsd_qname *items;
    size_t n_items;
};

/** A white-space separated list of URIs. */
struct wsd_uri_list {
    const char *const *items;
    size_t n_items;
};

/**
 * An xsd:dateTime. `seconds` counts from 1970-01-01T00:00:00 (in UTC when `has_zone`, else on the
 * sender's unknown clock). `text`, when set, is written as it is.
 */
struct wsd_datetime {
    int64_t seconds;
    int32_t nanoseconds;
    bool has_zone;
    const char *text;
};

/** An xsd:duration in milliseconds; a month counts 30 days, a year 365. */
struct wsd_duration {
    int64_t milliseconds;
    const char *text;
};

/** What a node of an unknown subtree is. */
enum wsd_any_kind { WSD_ANY_ELEMENT, WSD_ANY_ATTRIBUTE, WSD_ANY_TEXT, WSD_ANY_NAMESPACE };

/**
 * A part of a message that its table does not know: an element with all below it, an attribute, a
 * run of text, or (below an element) a namespace declaration that its content may rely on.
 */
struct wsd_any {
    const struct wsd_any *next;     /**< sibling */
    const struct wsd_any *children; /**< of an element: declarations, attributes, then content */
    enum wsd_any_kind kind;
    uint16_t position; /**< 0: at the end; n: after row n - 1 of the table (1: before all) */
    uint16_t on_row;   /**< attributes: 0: of the structure itself; n: of the member of row n */
    uint32_t on_item;  /**< with on_row: which item of a repeated member, from 0 */
    const char *ns;    /**< namespace URI, "" for none; of a declaration: the URI */
    const char *local; /**< local name; of a declaration: the prefix, "" for the default */
    const char *prefix;
    const char *text; /**< of an attribute or a run of text */
};

/** True if @p name is {@p ns}@p local. */
WSD_API bool wsd_qname_is(const struct wsd_qname *name, const char *ns, const char *local);

/** Gives back a result of any call of this library, with all that hangs off it. NULL is fine. */
WSD_API void wsd_free(const void *result);

/** A description of a message structure; see wsd_type_find(). */
struct wsd_type;

/** The type named as its XML element, such as "ScanTicket" or "ScannerConfiguration", or NULL. */
WSD_API const struct wsd_type *wsd_type_find(const char *name);

/** What wsd_visit() meets. */
enum wsd_visit_kind {
    WSD_VISIT_STRUCT,  /**< a structure opens */
    WSD_VISIT_LIST,    /**< a list opens */
    WSD_VISIT_END,     /**< the innermost structure or list closes */
    WSD_VISIT_STRING,  /**< text in `text` */
    WSD_VISIT_INTEGER, /**< a number in `number`, its text in `text` */
    WSD_VISIT_BOOLEAN  /**< `number` is 0 or 1, its text in `text` */
};

/** One step of wsd_visit(). */
struct wsd_visit_event {
    enum wsd_visit_kind kind;
    const char *name; /**< element name, "@Name" for an attribute, "any" for the unknown; NULL for
                           an item of a list */
    const char *text;
    int64_t number;
    const char *unit; /**< such as "1/1000 inch"; NULL if none */
    unsigned depth;   /**< 0 for the outermost structure */
};

/**
 * Walks over @p value, of type @p type, in the order of its schema, and calls @p step for each
 * structure, list and value that is present. A structure that is only a value with attributes, none
 * of which is present, appears as its bare value. A non-zero return of @p step ends the walk and is
 * returned.
 */
WSD_API int wsd_visit(const struct wsd_type *type, const void *value, const char *name,
                      int (*step)(void *user, const struct wsd_visit_event *event), void *user);

/**
 * Checks @p value against its table: what is required is there, numbers and lengths are in range.
 * @p strict also refuses words that are not in an enumeration.
 * @return 0, or WSD_E_SCHEMA with path, value and what was allowed in @p reterr.
 */
WSD_API int wsd_validate(const struct wsd_type *type, const void *value, bool strict,
                         struct wsd_error *reterr);

/** True if @p a and @p b, both of @p type, hold the same. */
WSD_API bool wsd_equal(const struct wsd_type *type, const void *a, const void *b);

/** A copy of @p value that stands alone; free with wsd_free(). */
WSD_API int wsd_copy(const struct wsd_type *type, const void *value, const void **ret_copy,
                     struct wsd_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
