/* SPDX-License-Identifier: MIT */
/*
 * What a target answers, by datagram and over HTTP.
 *
 * Each answer is encoded when it is sent, in the edition of the question, with the address of the
 * interface that heard it; by datagram it is kept for the next that asks the same there.
 * Over HTTP all matches go into one message, and no match is an empty one; over UDP no match is
 * silence (discovery 3.3).
 */
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "discovery/matching.h"
#include "discovery/responder.h"

bool wsd__target_matches(const struct wsd__target *target, const struct wsd_discovery_body *body)
{
    const struct wsd__target_description *self = &target->description;
    if (body->resolve != NULL) {
        return wsd_endpoint_equal(self->endpoint, body->resolve->endpoint.address);
    }
    const struct wsd_qname_list *types = body->probe->types;
    return (types == NULL || wsd__types_match(types->items, types->n_items, false, &self->types)) &&
           wsd__scopes_match(body->probe->scopes, &self->scopes);
}

void wsd__target_describe(const struct wsd__target *target, enum wsd__dialect dialect,
                          const struct sockaddr *local, struct wsd__self *ret)
{
    const struct wsd__target_description *self = &target->description;
    size_t n_types = self->types.n_items < WSD_MAX_TYPES ? self->types.n_items : WSD_MAX_TYPES;
    for (size_t i = 0; i < n_types; i++) {
        ret->names[i] = wsd__qname_in(&self->types.items[i], dialect);
    }
    ret->types = (struct wsd_qname_list){ret->names, n_types};
    ret->scopes = (struct wsd_scopes){.uris = self->scopes};
    ret->version = self->metadata_version;
    ret->urls[0] = ret->url;
    ret->xaddrs = (struct wsd_uri_list){ret->urls, 1};
    ret->message = (struct wsd_target_message){
        .endpoint.address = self->endpoint,
        .types = n_types > 0 ? &ret->types : NULL,
        .scopes = self->scopes.n_items > 0 ? &ret->scopes : NULL,
        .metadata_version = &ret->version,
    };
    if (local != NULL && self->xaddr != NULL &&
        self->xaddr(self->user, local, ret->url, sizeof ret->url) >= 0) {
        ret->message.xaddrs = &ret->xaddrs;
    }
}

struct wsd_app_sequence wsd__target_sequence(struct wsd__target *target)
{
    return (struct wsd_app_sequence){
        .instance_id = target->description.instance_id,
        .message_number = ++target->n_messages,
    };
}

/* Under this header what was said before, if it is the same, else what is to be said now. */
static int encode_answer(struct wsd__target *target, const struct wsd__request *request,
                         const struct wsd_soap_header *header, struct wsd__buf *out,
                         struct wsd_error *reterr)
{
    struct wsd__said *said = &target->said;
    if (said->message == request->message && said->dialect == request->dialect &&
        wsd__address_equal(&said->local, &request->source) &&
        wsd__stencil_print(&said->stencil, header, out)) {
        return 0;
    }
    union wsd__sockaddr local;
    struct wsd__self self;
    bool probe = request->message == WSD__PROBE;
    wsd__address_sockaddr(&request->source, 0, &local);
    wsd__target_describe(target, request->dialect, &local.any, &self);
    struct wsd_probe_matches probed = {.matches = &self.message, .n_matches = 1};
    struct wsd_resolve_matches resolved = {.match = &self.message};
    struct wsd_discovery_body body = {
        .probe_matches = probe ? &probed : NULL,
        .resolve_matches = probe ? NULL : &resolved,
    };
    int status = wsd__envelope_encode(header, NULL, &wsd__type_discovery_body, &body,
                                      request->dialect, out, reterr);
    if (status >= 0) {
        said->message = request->message;
        said->dialect = request->dialect;
        said->local = request->source;
        wsd__stencil_cut(&said->stencil, out);
    }
    return status;
}

void wsd__answer_send(struct wsd__target *target, const struct wsd__request *request)
{
    struct wsd_context *context = request->responder->context;
    char id[WSD__UUID_URN_SIZE];
    struct wsd_error error = {0};
    struct wsd__buf out = WSD__BUF_INIT(WSD__MAX_ANSWER);
    wsd__uuid_urn(context, id);
    struct wsd_app_sequence sequence = wsd__target_sequence(target);
    struct wsd_soap_relates_to relates = {.message_id = request->message_id};
    struct wsd_soap_header header = {
        .to = request->reply_to,
        .action = wsd__message_action(request->message == WSD__PROBE ? WSD__PROBE_MATCHES
                                                                     : WSD__RESOLVE_MATCHES,
                                      request->dialect),
        .message_id = id,
        .relates_to = &relates,
        .n_relates_to = 1,
        .app_sequence = &sequence,
    };
    int status = encode_answer(target, request, &header, &out, &error);
    const void *bytes = out.data;
    size_t size = out.length;
    if (status >= 0 && wsd__udp_filter(context, true, &bytes, &size, NULL)) {
        status = wsd__udp_unicast(request->responder->udp, request->interface, &request->source,
                                  &request->peer, request->port, bytes, size,
                                  WSD__UNICAST_UDP_REPEAT, &error);
    }
    if (status < 0) {
        wsd__log(context, WSD_LOG_WARNING, "%s could not answer: %s", target->description.endpoint,
                 error.message);
    }
    wsd__buf_free(&out);
}

/* -- HTTP ------------------------------------------------------------------------------------- */

/* MatchingRuleNotSupported, with the rules that are. */
static int rule_fault(struct wsd_context *context, const struct wsd__envelope *request,
                      struct wsd__buf *out, struct wsd_error *reterr)
{
    char id[WSD__UUID_URN_SIZE], rules[1024] = "";
    bool oasis = request->dialect == WSD__DIALECT_2009;
    const char *ns = wsd__ns_uri(NS_WSD, request->dialect);
    for (const char *const *rule = wsd__rules(oasis); *rule != NULL; rule++) {
        size_t used = strlen(rules);
        snprintf(rules + used, sizeof rules - used, "%s%s", used > 0 ? " " : "", *rule);
    }
    struct wsd_any text = {
        .kind = WSD_ANY_TEXT, .ns = "", .local = "", .prefix = "", .text = rules};
    struct wsd_any supported = {.kind = WSD_ANY_ELEMENT,
                                .children = &text,
                                .ns = ns,
                                .local = "SupportedMatchingRules",
                                .prefix = wsd__ns_prefix(NS_WSD)};
    struct wsd_soap_bag detail = {&supported};
    struct wsd_soap_code subcode = {
        .value = {ns, "MatchingRuleNotSupported", wsd__ns_prefix(NS_WSD)}};
    struct wsd_soap_code code = {
        .value = {wsd__ns_uri(NS_SOAP, request->dialect), "Sender", wsd__ns_prefix(NS_SOAP)},
        .subcode = &subcode};
    struct wsd_soap_text reason = {.value = "The matching rule specified is not supported.",
                                   .lang = "en"};
    struct wsd_soap_fault fault = {
        .code = &code, .reason = &reason, .n_reason = 1, .detail = &detail};
    struct wsd_soap_relates_to relates = {.message_id = request->header.message_id};
    wsd__uuid_urn(context, id);
    struct wsd_soap_header header = {
        .to = wsd__anonymous(request->dialect),
        .action = wsd__message_action(WSD__MESSAGE_FAULT, request->dialect),
        .message_id = id,
        .relates_to = &relates,
        .n_relates_to = relates.message_id != NULL,
    };
    struct wsd_discovery_body body = {.fault = &fault};
    int status = wsd__message_encode(&header, &body, request->dialect, out, reterr);
    return status < 0 ? status : 1;
}

/* The matches of one or all targets, in the arena. */
static int gather(struct wsd__responder *responder, struct wsd__target *only,
                  const struct wsd__envelope *request, const struct sockaddr *local,
                  struct wsd__arena *arena, struct wsd_probe_matches *ret,
                  struct wsd__target **ret_last)
{
    struct wsd_target_message *list = wsd__arena_root(arena);
    struct wsd__target *target = only != NULL ? only : responder->targets;
    ret->matches = list;
    for (; target != NULL && ret->n_matches < WSD_MAX_MATCHES;
         target = only != NULL ? NULL : target->next) {
        if (!wsd__target_matches(target, request->body)) {
            continue;
        }
        struct wsd__self *self = wsd__arena_alloc(arena, sizeof *self);
        if (self == NULL) {
            return WSD_E_NO_MEMORY;
        }
        wsd__target_describe(target, request->dialect, local, self);
        list[ret->n_matches++] = self->message;
        *ret_last = target;
    }
    return 0;
}

static int answer_matches(struct wsd_context *context, const struct wsd__envelope *request,
                          const struct wsd_probe_matches *matches, struct wsd__target *speaker,
                          struct wsd__buf *out, struct wsd_error *reterr)
{
    char id[WSD__UUID_URN_SIZE];
    const struct wsd_discovery_body *asked = request->body;
    bool probe = asked->probe != NULL;
    struct wsd_soap_relates_to relates = {.message_id = request->header.message_id};
    struct wsd_app_sequence sequence;
    struct wsd_resolve_matches resolved = {.match =
                                               matches->n_matches > 0 ? matches->matches : NULL};
    struct wsd_discovery_body body = {
        .probe_matches = probe ? matches : NULL,
        .resolve_matches = probe ? NULL : &resolved,
    };
    wsd__uuid_urn(context, id);
    struct wsd_soap_header header = {
        .to = wsd__anonymous(request->dialect),
        .action = wsd__message_action(probe ? WSD__PROBE_MATCHES : WSD__RESOLVE_MATCHES,
                                      request->dialect),
        .message_id = id,
        .relates_to = &relates,
        .n_relates_to = relates.message_id != NULL,
    };
    if (speaker != NULL) {
        sequence = wsd__target_sequence(speaker);
        header.app_sequence = &sequence;
    }
    return wsd__message_encode(&header, &body, request->dialect, out, reterr);
}

int wsd__responder_answer_http(struct wsd__responder *responder,
                               const struct wsd__envelope *request, const struct sockaddr *local,
                               struct wsd__target *only, struct wsd__buf *out,
                               struct wsd_error *reterr)
{
    enum wsd__message message = wsd__message_of(request);
    const struct wsd_discovery_body *body = request->body;
    struct wsd_probe_matches matches = {0};
    struct wsd__target *speaker = only;
    if (responder == NULL && only != NULL) {
        responder = only->responder;
    }
    if (responder == NULL || (message != WSD__PROBE && message != WSD__RESOLVE)) {
        return wsd__error(reterr, WSD_E_UNSUPPORTED, "neither Probe nor Resolve");
    }
    if (message == WSD__PROBE && body->probe->scopes != NULL &&
        wsd__rule_of(body->probe->scopes->match_by) == WSD__RULE_UNKNOWN) {
        return rule_fault(responder->context, request, out, reterr);
    }
    struct wsd__arena *arena = wsd__arena_new(WSD_MAX_MATCHES * sizeof(struct wsd_target_message),
                                              4096, WSD_MAX_MESSAGE_MEMORY);
    if (arena == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    int status = gather(responder, only, request, local, arena, &matches, &speaker);
    if (speaker == NULL) {
        speaker = responder->targets;
    }
    if (status >= 0) {
        status = answer_matches(responder->context, request, &matches, speaker, out, reterr);
    }
    wsd__arena_free(arena);
    return status < 0 ? wsd__error(reterr, status, NULL) : 0;
}
