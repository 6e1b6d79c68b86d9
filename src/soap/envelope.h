/* SPDX-License-Identifier: MIT */
/*
 * The envelope: header and body in, header and body out, for any service.
 *
 * A room that speaks a service describes its bodies as one type whose rows are the body roots
 * (one pointer each, the first row the fault); the envelope is decoded into one arena together
 * with it. No I/O here.
 */
#ifndef WSD_SOAP_ENVELOPE_H
#define WSD_SOAP_ENVELOPE_H

#include <wsd/soap.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/context.h"
#include "xml/codec.h"
#include "xml/schema.h"

extern const struct wsd_type wsd__type_soap_fault;
extern const struct wsd_type wsd__type_soap_header;
extern const struct wsd_type wsd__type_soap_bag;
extern const struct wsd_type wsd__type_soap_text;
extern const struct wsd_type wsd__type_endpoint_reference;
extern const struct wsd_type wsd__type_app_sequence;

/* Row of the fault, first in every body type. */
#define WSD__FAULT_ROW OPT_STRUCT(fault, NS_SOAP, "Fault", 0, wsd_soap_fault, wsd__type_soap_fault)

struct wsd__envelope {
    struct wsd_soap_header header;
    const void *body;          /* struct of the body type given to the decoder */
    enum wsd__dialect dialect; /* of the addressing or discovery namespace seen */
    bool soap_11;
    /* Where the text of MessageID lies in the bytes that were decoded (xml/codec.h) */
    struct wsd__span message_id;
    int64_t date; /* Date of the HTTP answer that it came in, seconds since 1970; see exchange.h */
};

/* Decodes bytes (UTF-8, UTF-16 with BOM, US-ASCII, Latin-1) into a new result whose root is the
 * envelope; free with wsd_free(). max_elements bounds the message. Fails with WSD_E_XML,
 * WSD_E_SCHEMA (path and value filled), WSD_E_NOT_SOAP (well-formed, but another root),
 * WSD_E_EMPTY, WSD_E_LIMIT or WSD_E_NO_MEMORY. */
int wsd__envelope_decode(struct wsd_context *context, const struct wsd_type *body_type,
                         const void *bytes, size_t size, uint32_t quirks,
                         const struct wsd__envelope **ret_envelope, struct wsd_error *reterr);

/* Appends the whole message, one line with declaration, only the namespaces used. extra, may be
 * NULL: elements (reference parameters) to add to the header. body may be NULL (empty Body). */
int wsd__envelope_encode(const struct wsd_soap_header *header, const struct wsd_any *extra,
                         const struct wsd_type *body_type, const void *body,
                         enum wsd__dialect dialect, struct wsd__buf *out, struct wsd_error *reterr);

/* The subcode (or SOAP 1.1 code) that names a fault, NULL if it has none. */
const struct wsd_qname *wsd__fault_subcode(const struct wsd_soap_fault *fault);
/* Fills an error from a fault; returns WSD_E_FAULT. */
int wsd__fault_error(const struct wsd_soap_fault *fault, struct wsd_error *reterr);

/* True if the header holds an element that we do not know and must understand (SOAP 1.2, 5.4.8). */
bool wsd__must_understand(const struct wsd_soap_header *header);

/* Anonymous address and fault action of a dialect. */
const char *wsd__anonymous(enum wsd__dialect dialect);
const char *wsd__fault_action(enum wsd__dialect dialect);
bool wsd__is_anonymous(const char *address);

#endif
