/* SPDX-License-Identifier: MIT */
/* The messages of WS-Discovery: their tables, actions and addresses in both editions. */
#ifndef WSD_DISCOVERY_MESSAGES_H
#define WSD_DISCOVERY_MESSAGES_H

#include <wsd/discovery.h>

#include "soap/envelope.h"

extern const struct wsd_type wsd__type_scopes;
extern const struct wsd_type wsd__type_probe;
extern const struct wsd_type wsd__type_target_message;
extern const struct wsd_type wsd__type_probe_matches;
extern const struct wsd_type wsd__type_resolve;
extern const struct wsd_type wsd__type_resolve_matches;
extern const struct wsd_type wsd__type_discovery_body;

enum wsd__message {
    WSD__MESSAGE_NONE,
    WSD__HELLO,
    WSD__BYE,
    WSD__PROBE,
    WSD__PROBE_MATCHES,
    WSD__RESOLVE,
    WSD__RESOLVE_MATCHES,
    WSD__MESSAGE_FAULT,
    WSD__MESSAGES
};

/* Which message it is by its body; WSD__MESSAGE_NONE when the action says something else, too.
 * A missing action is fine. body is the envelope's discovery body. */
enum wsd__message wsd__message_of(const struct wsd__envelope *envelope);
const char *wsd__message_action(enum wsd__message message, enum wsd__dialect dialect);
/* wsa:To of a multicast. */
const char *wsd__discovery_to(enum wsd__dialect dialect);

/* The name with the namespace that the dialect has for it. */
struct wsd_qname wsd__qname_in(const struct wsd_qname *name, enum wsd__dialect dialect);
/* Appends the whole message. */
int wsd__message_encode(const struct wsd_soap_header *header, const struct wsd_discovery_body *body,
                        enum wsd__dialect dialect, struct wsd__buf *out, struct wsd_error *reterr);

#endif
