/* SPDX-License-Identifier: MIT */
/*
 * The table: how an XML type is described, once, beside its C struct.
 *
 * From the table alone come decode, encode, validate, copy, compare, text and JSON. A row names an
 * element or attribute and the member that holds it; what kind of value it is is read off the C
 * member by _Generic without a default branch, so that a type that no kind knows does not compile,
 * and table and struct cannot disagree.
 *
 *     #define T struct wsd_scan_job_description
 *     static const struct wsd__row job_description_rows[] = {
 *         REQ(job_name, NS_WSCN, "JobName", LEN(0, 255), PRESERVE),
 *         OPT(job_information, NS_WSCN, "JobInformation", LEN(0, 255), PRESERVE),
 *     };
 *     #undef T
 *     const struct wsd_type wsd__type_scan_job_description =
 *         TYPE(struct wsd_scan_job_description, "JobDescription", job_description_rows, OPEN);
 *
 * Rules: attribute rows first, then elements in the order of the schema; a type has at most 64
 * rows; every struct has the member `const struct wsd_any *any` for what its table does not know.
 */
#ifndef WSD_XML_SCHEMA_H
#define WSD_XML_SCHEMA_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wsd/types.h>

#include "xml/namespaces.h"

enum wsd__kind {
    KIND_STRING,
    KIND_INT,
    KIND_UINT,
    KIND_BOOL,
    KIND_TOKEN,
    KIND_DATETIME,
    KIND_DURATION,
    KIND_QNAME,
    KIND_QNAMES,
    KIND_URIS,
    KIND_STRUCT,
    KIND_COUNT
};

/* How a member holds its value. */
enum wsd__presence {
    PRESENCE_INLINE,  /* the value itself: required */
    PRESENCE_POINTER, /* pointer, NULL when absent; of a string: the string's own */
    PRESENCE_LIST     /* pointer and count */
};

enum {
    ROW_REQUIRED = 1 << 0,  /* element, attribute or (of a wrapped list) wrapper must be there */
    ROW_ATTRIBUTE = 1 << 1, /* else an element */
    ROW_TEXT = 1 << 2,      /* the text of the element itself */
    ROW_NONEMPTY = 1 << 3,  /* of a list: at least one item where the list is there */
    ROW_PRESERVE = 1 << 4,  /* white space is content */
    ROW_LATE = 1 << 5,      /* struct whose table is given by the caller (the SOAP body) */
    ROW_LENIENT = 1 << 6,   /* accepted and kept although the schema does not know it */
    ROW_LOCATED = 1 << 7    /* of a scalar: where its text lies is told (codec.h) */
};

/* Out-of-range values that a real device is known to send, tolerated by name only. */
enum {
    WSD__QUIRK_ZERO_SIZE = 1 << 0,      /* HP Laser MFP 178, Samsung M288x: sizes 0 in
                                           DefaultScanTicket mean the maximum (S17) */
    WSD__QUIRK_EMPTY_TOKEN = 1 << 1,    /* HP Laser MFP 178: ContentType empty */
    WSD__QUIRK_NO_DESCRIPTION = 1 << 2, /* WsdScanService: no DocumentDescription, no
                                           JobOriginatingUserName */
    WSD__QUIRK_FINAL_PARTIAL = 1 << 3,  /* required parts of DocumentFinalParameters missing */
    WSD__QUIRKS_PRESENCE = WSD__QUIRK_NO_DESCRIPTION | WSD__QUIRK_FINAL_PARTIAL,
    WSD__QUIRKS_DEFAULT = WSD__QUIRK_ZERO_SIZE | WSD__QUIRK_EMPTY_TOKEN |
                          WSD__QUIRK_NO_DESCRIPTION | WSD__QUIRK_FINAL_PARTIAL
};

/* The words of an enumeration: value n is names[n - 1]. */
struct wsd__enum {
    const char *const *names;
    unsigned n_names;
    bool any_case; /* read without regard to case (ws-scan 11: colour modes) */
};

struct wsd__row {
    const char *name;    /* local name; NULL for the text row */
    const char *wrapper; /* element around the items of a list, in the same namespace */
    const struct wsd_type *type;
    const struct wsd__enum *words;
    const char *unit;
    uint16_t offset, count_offset, item_size;
    uint8_t ns, kind, presence, flags;
    uint8_t quirk; /* bits: what is tolerated here while one of them is in force */
    bool bounded;
    int32_t low, high; /* range of a number, length of a string */
};

struct wsd_type {
    const char *name;
    const struct wsd__row *rows;
    uint16_t n_rows, size, any_offset;
    bool open;   /* the schema has a vendor wildcard here */
    bool base64; /* text is base64 or an xop:Include */
    bool mixed;  /* text is kept among the unknown parts */
    /* Rules across fields: "exactly one of", "both or neither". Returns NULL, or the rule broken.
     */
    const char *(*check)(const void *object);
};

/* clang-format off */
#define WSD__KIND_OF(expression)                                                                   \
    _Generic((expression),                                                                         \
        const char *: KIND_STRING,                                                                 \
        int32_t: KIND_INT, const int32_t *: KIND_INT,                                              \
        uint32_t: KIND_UINT, const uint32_t *: KIND_UINT,                                          \
        bool: KIND_BOOL, const bool *: KIND_BOOL,                                                  \
        struct wsd_token: KIND_TOKEN, const struct wsd_token *: KIND_TOKEN,                        \
        struct wsd_datetime: KIND_DATETIME, const struct wsd_datetime *: KIND_DATETIME,            \
        struct wsd_duration: KIND_DURATION, const struct wsd_duration *: KIND_DURATION,            \
        struct wsd_qname: KIND_QNAME, const struct wsd_qname *: KIND_QNAME,                        \
        struct wsd_qname_list: KIND_QNAMES, const struct wsd_qname_list *: KIND_QNAMES,            \
        struct wsd_uri_list: KIND_URIS, const struct wsd_uri_list *: KIND_URIS)

/* Required scalars stand inline (strings are pointers all the same), optional ones are pointers:
 * each macro accepts only the form that is its own. */
#define WSD__REQ_PRESENCE(expression)                                                              \
    _Generic((expression),                                                                         \
        const char *: PRESENCE_POINTER,                                                            \
        int32_t: PRESENCE_INLINE, uint32_t: PRESENCE_INLINE, bool: PRESENCE_INLINE,                \
        struct wsd_token: PRESENCE_INLINE, struct wsd_datetime: PRESENCE_INLINE,                   \
        struct wsd_duration: PRESENCE_INLINE, struct wsd_qname: PRESENCE_INLINE,                   \
        struct wsd_qname_list: PRESENCE_INLINE, struct wsd_uri_list: PRESENCE_INLINE)
#define WSD__OPT_PRESENCE(expression)                                                              \
    _Generic((expression),                                                                         \
        const char *: PRESENCE_POINTER,                                                            \
        const int32_t *: PRESENCE_POINTER, const uint32_t *: PRESENCE_POINTER,                     \
        const bool *: PRESENCE_POINTER, const struct wsd_token *: PRESENCE_POINTER,                \
        const struct wsd_datetime *: PRESENCE_POINTER,                                             \
        const struct wsd_duration *: PRESENCE_POINTER, const struct wsd_qname *: PRESENCE_POINTER, \
        const struct wsd_qname_list *: PRESENCE_POINTER,                                           \
        const struct wsd_uri_list *: PRESENCE_POINTER)
/* clang-format on */

#define WSD__MEMBER(m) (((T *)0)->m)

/* Facets, in any number at the end of a row. */
#define LEN(least, most)   .bounded = true, .low = (least), .high = (most)
#define RANGE(least, most) .bounded = true, .low = (least), .high = (most)
#define WORDS(list)        .words = &(list)
#define UNIT(text)         .unit = (text)
#define QUIRK(bits)        .quirk = (bits)

/* Scalars. FLAGS: 0 or ROW_... bits. */
#define REQ(m, ns_id, xml, bits, ...)                                                              \
    {                                                                                              \
        .name = (xml), .ns = (ns_id), .kind = WSD__KIND_OF(WSD__MEMBER(m)),                        \
        .presence = WSD__REQ_PRESENCE(WSD__MEMBER(m)), .flags = ROW_REQUIRED | (bits),             \
        .offset = offsetof(T, m), .item_size = sizeof(WSD__MEMBER(m)), __VA_ARGS__                 \
    }
#define OPT(m, ns_id, xml, bits, ...)                                                              \
    {                                                                                              \
        .name = (xml), .ns = (ns_id), .kind = WSD__KIND_OF(WSD__MEMBER(m)),                        \
        .presence = WSD__OPT_PRESENCE(WSD__MEMBER(m)), .flags = (bits), .offset = offsetof(T, m),  \
        .item_size = sizeof(*WSD__MEMBER(m)), __VA_ARGS__                                          \
    }
/* The text of the element itself. */
#define TEXT(m, bits, ...) REQ(m, NS_NONE, NULL, ROW_TEXT | (bits), __VA_ARGS__)
/* A repeated scalar: `m` and `n_m`. bits: ROW_REQUIRED | ROW_NONEMPTY for "1..n". */
#define LIST(m, ns_id, xml, bits, ...)                                                             \
    {                                                                                              \
        .name = (xml), .ns = (ns_id), .kind = WSD__KIND_OF(*WSD__MEMBER(m)),                       \
        .presence = PRESENCE_LIST, .flags = (bits), .offset = offsetof(T, m),                      \
        .count_offset = offsetof(T, n_##m), .item_size = sizeof(*WSD__MEMBER(m)), __VA_ARGS__      \
    }

/* Structs: `tag` is the tag of the C struct, `table` the wsd_type object. */
#define WSD__IS(expression, tag)     _Generic((expression), struct tag : KIND_STRUCT)
#define WSD__IS_PTR(expression, tag) _Generic((expression), const struct tag * : KIND_STRUCT)
#define REQ_STRUCT(m, ns_id, xml, bits, tag, table, ...)                                           \
    {                                                                                              \
        .name = (xml), .ns = (ns_id), .kind = WSD__IS(WSD__MEMBER(m), tag),                        \
        .presence = PRESENCE_INLINE, .flags = ROW_REQUIRED | (bits), .offset = offsetof(T, m),     \
        .item_size = sizeof(struct tag), .type = &(table), __VA_ARGS__                             \
    }
#define OPT_STRUCT(m, ns_id, xml, bits, tag, table, ...)                                           \
    {                                                                                              \
        .name = (xml), .ns = (ns_id), .kind = WSD__IS_PTR(WSD__MEMBER(m), tag),                    \
        .presence = PRESENCE_POINTER, .flags = (bits), .offset = offsetof(T, m),                   \
        .item_size = sizeof(struct tag), .type = &(table), __VA_ARGS__                             \
    }
#define LIST_STRUCT(m, ns_id, xml, bits, tag, table, ...)                                          \
    {                                                                                              \
        .name = (xml), .ns = (ns_id), .kind = WSD__IS_PTR(WSD__MEMBER(m), tag),                    \
        .presence = PRESENCE_LIST, .flags = (bits), .offset = offsetof(T, m),                      \
        .count_offset = offsetof(T, n_##m), .item_size = sizeof(struct tag), .type = &(table),     \
        __VA_ARGS__                                                                                \
    }
/* Facet of a list: the element around its items. */
#define WRAPPER(xml) .wrapper = (xml)

#define WSD__ROWS(rows) (uint16_t)(sizeof(rows) / sizeof *(rows))
#define WSD__TYPE(c_type, xml, table, ...)                                                         \
    {                                                                                              \
        .name = (xml), .rows = (table), .n_rows = WSD__ROWS(table), .size = sizeof(c_type),        \
        .any_offset = offsetof(c_type, any), __VA_ARGS__                                           \
    }
#define OPEN     .open = true
#define CLOSED   .open = false
#define BASE64   .base64 = true
#define CHECK(f) .check = (f)

#define WORD_LIST(name, ...)                                                                       \
    static const char *const name##_names[] = {__VA_ARGS__};                                       \
    const struct wsd__enum name = {name##_names, sizeof name##_names / sizeof *name##_names, false}

/* The items that a member of object holds: address of the first, their number, their distance.
 * An absent member has none. The value of a string is the `const char *` that points to it. */
struct wsd__items {
    const char *first;
    size_t count, stride;
};
struct wsd__items wsd__row_items(const struct wsd__row *row, const void *object);
const struct wsd_any *wsd__any_of(const struct wsd_type *type, const void *object);
/* The facets that hold for a text row: its own, or those of the row that led to its struct. */
const struct wsd__row *wsd__facets(const struct wsd__row *row, const struct wsd__row *outer);

#endif
