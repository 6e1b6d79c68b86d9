/* SPDX-License-Identifier: MIT */
/*
 * The service's side of a request-response exchange: what the header of an answer holds, and
 * faults, for any service.
 *
 * No I/O here, no knowledge of a particular service; who calls decides what a fault is called.
 */
#ifndef WSD_SOAP_ANSWER_H
#define WSD_SOAP_ANSWER_H

#include "core/uuid.h"
#include "soap/envelope.h"

/* What a fault says. subcode NULL: none (a plain soap:Sender or soap:Receiver). */
struct wsd__fault {
    const char *code; /* Sender (HTTP 400), Receiver or MustUnderstand (500) */
    enum wsd__ns ns;
    const char *subcode;
    const char *reason; /* English */
};

extern const struct wsd__fault wsd__fault_action_not_supported;
extern const struct wsd__fault wsd__fault_destination_unreachable;
extern const struct wsd__fault wsd__fault_message_id_required;
extern const struct wsd__fault wsd__fault_reply_to_not_anonymous;
extern const struct wsd__fault wsd__fault_must_understand;
extern const struct wsd__fault wsd__fault_not_soap;
extern const struct wsd__fault wsd__fault_no_memory;

/* A body of which nothing but a fault is known; all else is in `any`. */
struct wsd__bare_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_any *any;
};
extern const struct wsd_type wsd__type_bare_body;

/* One element with text, for a fault's Detail. Points to its arguments and into itself. */
struct wsd__fault_detail {
    struct wsd_any element, text;
};
const struct wsd_any *wsd__fault_detail_init(struct wsd__fault_detail *detail, enum wsd__ns ns,
                                             const char *local, const char *text);

/* What a request over HTTP must fulfil whatever it asks for (WS-Addressing 3, DPWS R0031): NULL, or
 * the fault that it gets. */
const struct wsd__fault *wsd__request_check(const struct wsd__envelope *request);

/* The header of an answer: To anonymous, own MessageID, RelatesTo. Points into itself, to action
 * and into request, which may be NULL. */
struct wsd__answer_header {
    struct wsd_soap_header header;
    struct wsd_soap_relates_to relates_to;
    char message_id[WSD__UUID_URN_SIZE];
};
void wsd__answer_header(struct wsd_context *context, const struct wsd__envelope *request,
                        const char *action, struct wsd__answer_header *ret);

/* Encodes an answer to request: To anonymous, own MessageID, RelatesTo. The limit is out's. */
int wsd__answer_encode(struct wsd_context *context, const struct wsd__envelope *request,
                       const char *action, const struct wsd_type *type, const void *body,
                       struct wsd__buf *out, struct wsd_error *reterr);

/* Encodes a fault in place of what is in out; request and detail may be NULL. Returns the HTTP
 * status. When even that fails, out is empty and the status is 500. */
int wsd__answer_fault(struct wsd_context *context, const struct wsd__envelope *request,
                      const struct wsd__fault *fault, const struct wsd_any *detail,
                      struct wsd__buf *out);

/* Answers bytes that wsd__envelope_decode() refused for the reason in error: with schema_fault when
 * they break the schema (a path in the Detail, in element argument), else with one of the above. */
int wsd__answer_undecodable(struct wsd_context *context, const void *bytes, size_t size,
                            const struct wsd_error *error, const struct wsd__fault *schema_fault,
                            struct wsd__buf *out);

#endif
