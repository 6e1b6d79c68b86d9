/* SPDX-License-Identifier: MIT */
/*
 * Tables of WS-Discovery 2005/04 and 1.1; the codec picks the namespaces of an edition.
 *
 * Looser than the schema where devices are: MetadataVersion and a ResolveMatch's XAddrs may be
 * missing (2009/01 allows the latter), and a Bye may carry all that a Hello does.
 */
#include "discovery/messages.h"

#include <string.h>

#include "core/limits.h"

#define T struct wsd_scopes
static const struct wsd__row scopes_rows[] = {
    OPT(match_by, NS_NONE, "MatchBy", ROW_ATTRIBUTE),
    TEXT(uris, 0),
};
#undef T
const struct wsd_type wsd__type_scopes = WSD__TYPE(struct wsd_scopes, "Scopes", scopes_rows, OPEN);

#define T struct wsd_probe_message
static const struct wsd__row probe_rows[] = {
    OPT(types, NS_WSD, "Types", 0),
    OPT_STRUCT(scopes, NS_WSD, "Scopes", 0, wsd_scopes, wsd__type_scopes),
};
#undef T
const struct wsd_type wsd__type_probe =
    WSD__TYPE(struct wsd_probe_message, "Probe", probe_rows, OPEN);

#define T struct wsd_target_message
static const struct wsd__row target_rows[] = {
    REQ_STRUCT(endpoint, NS_WSA, "EndpointReference", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
    OPT(types, NS_WSD, "Types", 0),
    OPT_STRUCT(scopes, NS_WSD, "Scopes", 0, wsd_scopes, wsd__type_scopes),
    OPT(xaddrs, NS_WSD, "XAddrs", 0),
    OPT(metadata_version, NS_WSD, "MetadataVersion", 0),
};
#undef T
const struct wsd_type wsd__type_target_message =
    WSD__TYPE(struct wsd_target_message, "ProbeMatch", target_rows, OPEN);

#define T struct wsd_probe_matches
static const struct wsd__row probe_matches_rows[] = {
    LIST_STRUCT(matches, NS_WSD, "ProbeMatch", 0, wsd_target_message, wsd__type_target_message),
};
#undef T
const struct wsd_type wsd__type_probe_matches =
    WSD__TYPE(struct wsd_probe_matches, "ProbeMatches", probe_matches_rows, OPEN);

#define T struct wsd_resolve_message
static const struct wsd__row resolve_rows[] = {
    REQ_STRUCT(endpoint, NS_WSA, "EndpointReference", 0, wsd_endpoint_reference,
               wsd__type_endpoint_reference),
};
#undef T
const struct wsd_type wsd__type_resolve =
    WSD__TYPE(struct wsd_resolve_message, "Resolve", resolve_rows, OPEN);

#define T struct wsd_resolve_matches
static const struct wsd__row resolve_matches_rows[] = {
    OPT_STRUCT(match, NS_WSD, "ResolveMatch", 0, wsd_target_message, wsd__type_target_message),
};
#undef T
const struct wsd_type wsd__type_resolve_matches =
    WSD__TYPE(struct wsd_resolve_matches, "ResolveMatches", resolve_matches_rows, OPEN);

#define T struct wsd_discovery_body
static const struct wsd__row body_rows[] = {
    WSD__FAULT_ROW,
    OPT_STRUCT(hello, NS_WSD, "Hello", 0, wsd_target_message, wsd__type_target_message),
    OPT_STRUCT(bye, NS_WSD, "Bye", 0, wsd_target_message, wsd__type_target_message),
    OPT_STRUCT(probe, NS_WSD, "Probe", 0, wsd_probe_message, wsd__type_probe),
    OPT_STRUCT(probe_matches, NS_WSD, "ProbeMatches", 0, wsd_probe_matches,
               wsd__type_probe_matches),
    OPT_STRUCT(resolve, NS_WSD, "Resolve", 0, wsd_resolve_message, wsd__type_resolve),
    OPT_STRUCT(resolve_matches, NS_WSD, "ResolveMatches", 0, wsd_resolve_matches,
               wsd__type_resolve_matches),
};
#undef T
const struct wsd_type wsd__type_discovery_body =
    WSD__TYPE(struct wsd_discovery_body, "Body", body_rows, OPEN);

/* -- actions ---------------------------------------------------------------------------------- */

#define DISCOVERY_2009 "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"
#define ACTIONS(name)                                                                              \
    {                                                                                              \
        WSD_NS_DISCOVERY "/" name, DISCOVERY_2009 "/" name                                         \
    }

static const char *const actions[WSD__MESSAGES][WSD__DIALECTS] = {
    [WSD__MESSAGE_NONE] = {"", ""},
    [WSD__HELLO] = ACTIONS("Hello"),
    [WSD__BYE] = ACTIONS("Bye"),
    [WSD__PROBE] = ACTIONS("Probe"),
    [WSD__PROBE_MATCHES] = ACTIONS("ProbeMatches"),
    [WSD__RESOLVE] = ACTIONS("Resolve"),
    [WSD__RESOLVE_MATCHES] = ACTIONS("ResolveMatches"),
    [WSD__MESSAGE_FAULT] = ACTIONS("fault"),
};

const char *wsd__message_action(enum wsd__message message, enum wsd__dialect dialect)
{
    return actions[message][dialect];
}

const char *wsd__discovery_to(enum wsd__dialect dialect)
{
    return dialect == WSD__DIALECT_2009 ? "urn:docs-oasis-open-org:ws-dd:ns:discovery:2009:01"
                                        : "urn:schemas-xmlsoap-org:ws:2005:04:discovery";
}

/* The namespace is read like any other, https: and all. */
static bool is_action(const char *action, enum wsd__message message)
{
    const char *name = strrchr(action, '/');
    return name != NULL && strcmp(name, strrchr(actions[message][0], '/')) == 0 &&
           wsd__ns_find(action, (size_t)(name - action), NULL) == NS_WSD;
}

static enum wsd__message body_kind(const struct wsd_discovery_body *body)
{
    const void *const members[WSD__MESSAGES] = {
        [WSD__HELLO] = body->hello,         [WSD__BYE] = body->bye,
        [WSD__PROBE] = body->probe,         [WSD__PROBE_MATCHES] = body->probe_matches,
        [WSD__RESOLVE] = body->resolve,     [WSD__RESOLVE_MATCHES] = body->resolve_matches,
        [WSD__MESSAGE_FAULT] = body->fault,
    };
    enum wsd__message kind = WSD__MESSAGE_NONE;
    for (int i = 0; i < WSD__MESSAGES; i++) {
        if (members[i] != NULL && kind != WSD__MESSAGE_NONE) {
            return WSD__MESSAGE_NONE; /* two bodies */
        }
        if (members[i] != NULL) {
            kind = (enum wsd__message)i;
        }
    }
    return kind;
}

enum wsd__message wsd__message_of(const struct wsd__envelope *envelope)
{
    const char *action = envelope->header.action;
    enum wsd__message kind = envelope->body ? body_kind(envelope->body) : WSD__MESSAGE_NONE;
    /* A fault's action may be that of addressing, too. */
    if (action != NULL && kind != WSD__MESSAGE_NONE && kind != WSD__MESSAGE_FAULT &&
        !is_action(action, kind)) {
        return WSD__MESSAGE_NONE;
    }
    return kind;
}

struct wsd_qname wsd__qname_in(const struct wsd_qname *name, enum wsd__dialect dialect)
{
    struct wsd_qname result = *name;
    enum wsd__ns ns = wsd__ns_find(name->ns, strlen(name->ns), NULL);
    if (ns == NS_WSDP || ns == NS_WSD) {
        result.ns = wsd__ns_uri(ns, dialect);
    }
    if (ns != NS_UNKNOWN && ns != NS_NONE) {
        result.prefix = wsd__ns_prefix(ns);
    }
    return result;
}

int wsd__message_encode(const struct wsd_soap_header *header, const struct wsd_discovery_body *body,
                        enum wsd__dialect dialect, struct wsd__buf *out, struct wsd_error *reterr)
{
    return wsd__envelope_encode(header, NULL, &wsd__type_discovery_body, body, dialect, out,
                                reterr);
}
