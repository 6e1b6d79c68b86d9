/* SPDX-License-Identifier: MIT */
/*
 * The service's side of a request-response exchange.
 *
 * An answer goes back on the connection that the request came on, so its To is always anonymous and
 * a ReplyTo that says otherwise is refused. Which edition of WS-Addressing an answer is written in
 * is the request's choice.
 */
#include "soap/answer.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"

#define T struct wsd__bare_body
static const struct wsd__row bare_body_rows[] = {WSD__FAULT_ROW};
#undef T
const struct wsd_type wsd__type_bare_body =
    WSD__TYPE(struct wsd__bare_body, "Body", bare_body_rows, OPEN);

const struct wsd__fault wsd__fault_action_not_supported = {"Sender", NS_WSA, "ActionNotSupported",
                                                           "This service has no such operation."};
const struct wsd__fault wsd__fault_destination_unreachable = {
    "Sender", NS_WSA, "DestinationUnreachable", "Nobody here has the address of the To header."};
const struct wsd__fault wsd__fault_message_id_required = {
    "Sender", NS_WSA, "MessageInformationHeaderRequired", "The MessageID header is missing."};
const struct wsd__fault wsd__fault_reply_to_not_anonymous = {
    "Sender", NS_WSA, "InvalidMessageInformationHeader",
    "An answer goes back on its own connection: ReplyTo must be the anonymous address."};
const struct wsd__fault wsd__fault_must_understand = {"MustUnderstand", NS_NONE, NULL,
                                                      "A header that must be understood is not."};
const struct wsd__fault wsd__fault_not_soap = {"Sender", NS_NONE, NULL,
                                               "The request is not a SOAP message."};
const struct wsd__fault wsd__fault_no_memory = {"Receiver", NS_NONE, NULL,
                                                "The service is short of memory; try again."};

/* Names that WS-Addressing 1.0 changed. */
static const char *subcode_in(const struct wsd__fault *fault, enum wsd__dialect dialect)
{
    if (dialect == WSD__DIALECT_2005)
        return fault->subcode;
    if (fault == &wsd__fault_message_id_required)
        return "MessageAddressingHeaderRequired";
    if (fault == &wsd__fault_reply_to_not_anonymous)
        return "InvalidAddressingHeader";
    return fault->subcode;
}

const struct wsd_any *wsd__fault_detail_init(struct wsd__fault_detail *detail, enum wsd__ns ns,
                                             const char *local, const char *text)
{
    detail->text = (struct wsd_any){
        .kind = WSD_ANY_TEXT, .ns = "", .local = "", .prefix = "", .text = text ? text : ""};
    detail->element = (struct wsd_any){.children = &detail->text,
                                       .kind = WSD_ANY_ELEMENT,
                                       .ns = wsd__ns_uri(ns, WSD__DIALECT_2005),
                                       .local = local,
                                       .prefix = wsd__ns_prefix(ns),
                                       .text = ""};
    return &detail->element;
}

const struct wsd__fault *wsd__request_check(const struct wsd__envelope *request)
{
    const struct wsd_soap_header *header = &request->header;

    if (!header->message_id || !header->message_id[0])
        return &wsd__fault_message_id_required;
    if (header->reply_to && !wsd__is_anonymous(header->reply_to->address))
        return &wsd__fault_reply_to_not_anonymous;
    if (wsd__must_understand(header))
        return &wsd__fault_must_understand;
    return NULL;
}

void wsd__answer_header(struct wsd_context *context, const struct wsd__envelope *request,
                        const char *action, struct wsd__answer_header *ret)
{
    enum wsd__dialect dialect = request ? request->dialect : WSD__DIALECT_2005;

    *ret = (struct wsd__answer_header){.header = {.to = wsd__anonymous(dialect), .action = action}};
    wsd__uuid_urn(context, ret->message_id);
    ret->header.message_id = ret->message_id;
    if (request && request->header.message_id) {
        ret->relates_to.message_id = request->header.message_id;
        ret->header.relates_to = &ret->relates_to;
        ret->header.n_relates_to = 1;
    }
}

int wsd__answer_encode(struct wsd_context *context, const struct wsd__envelope *request,
                       const char *action, const struct wsd_type *type, const void *body,
                       struct wsd__buf *out, struct wsd_error *reterr)
{
    enum wsd__dialect dialect = request ? request->dialect : WSD__DIALECT_2005;
    struct wsd__answer_header own;

    wsd__answer_header(context, request, action, &own);
    return wsd__envelope_encode(&own.header, NULL, type, body, dialect, out, reterr);
}

/* Two specifications have an action of their own for the faults that they define (WS-Eventing 4,
 * DPWS 2.7); all other faults go by that of WS-Addressing. */
static void fault_action(const struct wsd__fault *fault, enum wsd__dialect dialect, char *action,
                         size_t size)
{
    const char *last = dialect == WSD__DIALECT_2005 && fault->ns == NS_WSDP ? "Fault" : "fault";

    if (fault->ns == NS_WSE || fault->ns == NS_WSDP)
        snprintf(action, size, "%s/%s", wsd__ns_uri(fault->ns, dialect), last);
    else
        snprintf(action, size, "%s", wsd__fault_action(dialect));
}

int wsd__answer_fault(struct wsd_context *context, const struct wsd__envelope *request,
                      const struct wsd__fault *fault, const struct wsd_any *detail,
                      struct wsd__buf *out)
{
    enum wsd__dialect dialect = request ? request->dialect : WSD__DIALECT_2005;
    struct wsd_soap_code subcode = {.value = {wsd__ns_uri(fault->ns, dialect),
                                              subcode_in(fault, dialect),
                                              wsd__ns_prefix(fault->ns)}};
    struct wsd_soap_code code = {
        .value = {wsd__ns_uri(NS_SOAP, dialect), fault->code, wsd__ns_prefix(NS_SOAP)},
        .subcode = fault->subcode ? &subcode : NULL};
    struct wsd_soap_text reason = {.value = fault->reason, .lang = "en"};
    struct wsd_soap_bag bag = {.any = detail};
    struct wsd_soap_fault soap = {
        .code = &code, .reason = &reason, .n_reason = 1, .detail = detail ? &bag : NULL};
    struct wsd__bare_body body = {.fault = &soap};

    char action[96];

    fault_action(fault, dialect, action, sizeof action);
    wsd__buf_clear(out);
    out->failed = 0;
    if (wsd__answer_encode(context, request, action, &wsd__type_bare_body, &body, out, NULL) < 0) {
        wsd__buf_clear(out);
        return 500;
    }
    return strcmp(fault->code, "Sender") == 0 ? 400 : 500; /* SOAP 1.2 part 2, 7.5.2.2 */
}

int wsd__answer_undecodable(struct wsd_context *context, const void *bytes, size_t size,
                            const struct wsd_error *error, const struct wsd__fault *schema_fault,
                            struct wsd__buf *out)
{
    const struct wsd__envelope *bare = NULL;
    struct wsd__fault_detail argument;
    const struct wsd_any *detail = NULL;
    const struct wsd__fault *fault = &wsd__fault_not_soap;
    int status;

    if (error->code == WSD_E_NO_MEMORY)
        fault = &wsd__fault_no_memory;
    else if (error->code == WSD_E_SCHEMA) {
        const struct wsd__fault *header_fault = NULL;

        /* The header is wanted all the same: for RelatesTo, and since its own faults go first. */
        if (wsd__envelope_decode(context, &wsd__type_bare_body, bytes, size, 0, &bare, NULL) == 0)
            header_fault = wsd__request_check(bare);
        fault = header_fault ? header_fault : schema_fault;
        if (!header_fault)
            detail = wsd__fault_detail_init(&argument, schema_fault->ns, "Argument", error->path);
    }
    status = wsd__answer_fault(context, bare, fault, detail, out);
    wsd_free(bare);
    return status;
}
