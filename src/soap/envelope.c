/* SPDX-License-Identifier: MIT */
/* Tables of envelope, header and fault, and the two verbs over them. */
#include "soap/envelope.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"
#include "xml/codec.h"
#include "xml/scalar.h"

/* -- tables -------------------------------------------------------------------------------------
 */

/* A bag has no rows: all its content is kept as it came. */
const struct wsd_type wsd__type_soap_bag = {.name = "Bag",
                                            .size = sizeof(struct wsd_soap_bag),
                                            .any_offset = offsetof(struct wsd_soap_bag, any),
                                            .open = true,
                                            .mixed = true};

#define T struct wsd_endpoint_reference
static const struct wsd__row endpoint_rows[] = {
    REQ(address, NS_WSA, "Address", 0, LEN(0, WSD_MAX_URI)),
    OPT_STRUCT(reference_properties, NS_WSA, "ReferenceProperties", 0, wsd_soap_bag,
               wsd__type_soap_bag),
    OPT_STRUCT(reference_parameters, NS_WSA, "ReferenceParameters", 0, wsd_soap_bag,
               wsd__type_soap_bag),
};
#undef T
const struct wsd_type wsd__type_endpoint_reference =
    WSD__TYPE(struct wsd_endpoint_reference, "EndpointReference", endpoint_rows, OPEN);

#define T struct wsd_soap_relates_to
static const struct wsd__row relates_to_rows[] = {
    OPT(relationship_type, NS_NONE, "RelationshipType", ROW_ATTRIBUTE),
    TEXT(message_id, 0, LEN(0, WSD_MAX_URI)),
};
#undef T
static const struct wsd_type type_relates_to =
    WSD__TYPE(struct wsd_soap_relates_to, "RelatesTo", relates_to_rows, OPEN);

#define T struct wsd_app_sequence
static const struct wsd__row app_sequence_rows[] = {
    REQ(instance_id, NS_NONE, "InstanceId", ROW_ATTRIBUTE),
    OPT(sequence_id, NS_NONE, "SequenceId", ROW_ATTRIBUTE, LEN(0, WSD_MAX_URI)),
    REQ(message_number, NS_NONE, "MessageNumber", ROW_ATTRIBUTE),
};
#undef T
const struct wsd_type wsd__type_app_sequence =
    WSD__TYPE(struct wsd_app_sequence, "AppSequence", app_sequence_rows, OPEN);

#define T struct wsd_soap_header
static const struct wsd__row header_rows[] = {
    OPT(to, NS_WSA, "To", 0, LEN(0, WSD_MAX_URI)),
    OPT(action, NS_WSA, "Action", 0, LEN(0, WSD_MAX_URI)),
    OPT(message_id, NS_WSA, "MessageID", ROW_LOCATED, LEN(0, WSD_MAX_URI)),
    LIST_STRUCT(relates_to, NS_WSA, "RelatesTo", 0, wsd_soap_relates_to, type_relates_to),
    OPT_STRUCT(reply_to, NS_WSA, "ReplyTo", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
    OPT_STRUCT(fault_to, NS_WSA, "FaultTo", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
    OPT_STRUCT(from, NS_WSA, "From", 0, wsd_endpoint_reference, wsd__type_endpoint_reference),
    OPT_STRUCT(app_sequence, NS_WSD, "AppSequence", 0, wsd_app_sequence, wsd__type_app_sequence),
};
#undef T
const struct wsd_type wsd__type_soap_header =
    WSD__TYPE(struct wsd_soap_header, "Header", header_rows, OPEN);

extern const struct wsd_type wsd__type_soap_code;
#define T struct wsd_soap_code
static const struct wsd__row code_rows[] = {
    REQ(value, NS_SOAP, "Value", 0),
    OPT_STRUCT(subcode, NS_SOAP, "Subcode", 0, wsd_soap_code, wsd__type_soap_code),
};
#undef T
const struct wsd_type wsd__type_soap_code =
    WSD__TYPE(struct wsd_soap_code, "Code", code_rows, OPEN);

#define T struct wsd_soap_text
static const struct wsd__row text_rows[] = {
    OPT(lang, NS_XML, "lang", ROW_ATTRIBUTE),
    TEXT(value, ROW_PRESERVE),
};
#undef T
const struct wsd_type wsd__type_soap_text =
    WSD__TYPE(struct wsd_soap_text, "Text", text_rows, OPEN);

#define T struct wsd_soap_fault
static const struct wsd__row fault_rows[] = {
    OPT_STRUCT(code, NS_SOAP, "Code", 0, wsd_soap_code, wsd__type_soap_code),
    LIST_STRUCT(reason, NS_SOAP, "Text", 0, wsd_soap_text, wsd__type_soap_text, WRAPPER("Reason")),
    OPT(node, NS_SOAP, "Node", 0),
    OPT(role, NS_SOAP, "Role", 0),
    OPT_STRUCT(detail, NS_SOAP, "Detail", 0, wsd_soap_bag, wsd__type_soap_bag),
    OPT(faultcode, NS_NONE, "faultcode", ROW_LENIENT),
    OPT_STRUCT(faultstring, NS_NONE, "faultstring", ROW_LENIENT, wsd_soap_text,
               wsd__type_soap_text),
    OPT_STRUCT(detail_11, NS_NONE, "detail", ROW_LENIENT, wsd_soap_bag, wsd__type_soap_bag),
};
#undef T
const struct wsd_type wsd__type_soap_fault =
    WSD__TYPE(struct wsd_soap_fault, "Fault", fault_rows, OPEN);

/* The envelope as it stands in the arena: the public view first. */
struct envelope {
    struct wsd__envelope view;
    const struct wsd_any *any;
};

#define T struct envelope
static const struct wsd__row envelope_rows[] = {
    /* Small services answer without a header (device-quirks R7). */
    {.name = "Header",
     .ns = NS_SOAP,
     .kind = KIND_STRUCT,
     .presence = PRESENCE_INLINE,
     .offset = offsetof(T, view.header),
     .item_size = sizeof(struct wsd_soap_header),
     .type = &wsd__type_soap_header},
    {.name = "Body",
     .ns = NS_SOAP,
     .kind = KIND_STRUCT,
     .presence = PRESENCE_POINTER,
     .flags = ROW_REQUIRED | ROW_LATE,
     .offset = offsetof(T, view.body)},
};
#undef T
static const struct wsd_type type_envelope =
    WSD__TYPE(struct envelope, "Envelope", envelope_rows, OPEN);

/* -- decode --------------------------------------------------------------------------------------
 */

int wsd__envelope_decode(struct wsd_context *context, const struct wsd_type *body_type,
                         const void *bytes, size_t size, uint32_t quirks,
                         const struct wsd__envelope **ret_envelope, struct wsd_error *reterr)
{
    struct wsd__decode_request request = {.type = &type_envelope,
                                          .ns = NS_SOAP,
                                          .late = body_type,
                                          .bytes = bytes,
                                          .size = size,
                                          .max_elements = WSD_MAX_XML_ELEMENTS,
                                          .quirks = quirks};
    struct wsd__decode_result result;
    int r = wsd__decode(context, &request, &result, reterr);
    if (r < 0)
        return r;
    struct envelope *envelope = (struct envelope *)(uintptr_t)result.root;
    envelope->view.dialect = result.dialect;
    envelope->view.soap_11 = result.soap_11;
    envelope->view.message_id = result.located;
    *ret_envelope = &envelope->view;
    return 0;
}

/* -- encode --------------------------------------------------------------------------------------
 */

int wsd__envelope_encode(const struct wsd_soap_header *header, const struct wsd_any *extra,
                         const struct wsd_type *body_type, const void *body,
                         enum wsd__dialect dialect, struct wsd__buf *out, struct wsd_error *reterr)
{
    static const struct wsd_soap_bag nothing = {NULL};
    struct envelope envelope = {.view = {.header = *header, .body = body ? body : &nothing}};
    struct wsd__encode_request request = {.type = &type_envelope,
                                          .ns = NS_SOAP,
                                          .late = body ? body_type : &wsd__type_soap_bag,
                                          .value = &envelope,
                                          .dialect = dialect};
    if (extra && !envelope.view.header.any)
        envelope.view.header.any = extra;
    return wsd__encode(&request, out, reterr);
}

/* -- faults and addresses ------------------------------------------------------------------------
 */

const struct wsd_qname *wsd__fault_subcode(const struct wsd_soap_fault *fault)
{
    if (fault->code && fault->code->subcode) {
        const struct wsd_soap_code *code = fault->code->subcode;
        for (unsigned depth = 0; code->subcode && depth < WSD_MAX_XML_DEPTH; depth++)
            code = code->subcode; /* the innermost is the most specific */
        return &code->value;
    }
    if (fault->code)
        return &fault->code->value;
    return fault->faultcode;
}

static void any_text(const struct wsd_any *any, char *text, size_t size)
{
    for (; any; any = any->next) {
        size_t used = strlen(text);
        if (any->kind == WSD_ANY_TEXT && used + 1 < size)
            snprintf(text + used, size - used, "%s%s", used ? " " : "", any->text);
        else if (any->kind == WSD_ANY_ELEMENT)
            any_text(any->children, text, size);
    }
}

int wsd__fault_error(const struct wsd_soap_fault *fault, struct wsd_error *reterr)
{
    const struct wsd_qname *subcode = wsd__fault_subcode(fault);
    const char *name = subcode ? subcode->local : "Fault";
    const char *reason = fault->n_reason      ? fault->reason[0].value
                         : fault->faultstring ? fault->faultstring->value
                                              : "";
    while (*reason == ' ' || *reason == '\n' || *reason == '\r' || *reason == '\t')
        reason++;
    if (!reterr || reterr->code < 0)
        return WSD_E_FAULT;
    wsd__error(reterr, WSD_E_FAULT, "the device refuses: %s%s%s%s", name, *reason ? " (" : "",
               reason, *reason ? ")" : "");
    WSD__ERROR_SET(reterr->subcode, name);
    WSD__ERROR_SET(reterr->fault_code, fault->code        ? fault->code->value.local
                                       : fault->faultcode ? fault->faultcode->local
                                                          : "");
    char detail[sizeof reterr->detail] = "";
    const struct wsd_soap_bag *bag = fault->detail ? fault->detail : fault->detail_11;
    any_text(bag ? bag->any : NULL, detail, sizeof detail);
    WSD__ERROR_SET(reterr->detail, detail);
    return WSD_E_FAULT;
}

static bool demands(const struct wsd_any *attribute)
{
    return attribute->kind == WSD_ANY_ATTRIBUTE &&
           strcmp(attribute->local, "mustUnderstand") == 0 &&
           wsd__ns_find(attribute->ns, strlen(attribute->ns), NULL) == NS_SOAP &&
           (strcmp(attribute->text, "1") == 0 || strcmp(attribute->text, "true") == 0);
}

bool wsd__must_understand(const struct wsd_soap_header *header)
{
    for (const struct wsd_any *any = header->any; any; any = any->next)
        if (any->kind == WSD_ANY_ELEMENT)
            for (const struct wsd_any *part = any->children; part; part = part->next)
                if (demands(part))
                    return true;
    return false;
}

const char *wsd__anonymous(enum wsd__dialect dialect)
{
    return dialect == WSD__DIALECT_2009
               ? "http://www.w3.org/2005/08/addressing/anonymous"
               : "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";
}

const char *wsd__fault_action(enum wsd__dialect dialect)
{
    return dialect == WSD__DIALECT_2009 ? "http://www.w3.org/2005/08/addressing/fault"
                                        : "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault";
}

bool wsd__is_anonymous(const char *address)
{
    if (strncmp(address, "https:", 6) == 0)
        address++; /* printed samples (dpws sheet, sample trap): compare what follows the scheme */
    const char *rest = strstr(address, "://");
    for (unsigned dialect = 0; rest && dialect < WSD__DIALECTS; dialect++)
        if (strcmp(rest, strstr(wsd__anonymous((enum wsd__dialect)dialect), "://")) == 0)
            return true;
    return false;
}
