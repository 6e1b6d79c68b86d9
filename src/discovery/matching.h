/* SPDX-License-Identifier: MIT */
/* Does a target match a Probe? Types and scopes (WS-Discovery 5.1). */
#ifndef WSD_DISCOVERY_MATCHING_H
#define WSD_DISCOVERY_MATCHING_H

#include <wsd/discovery.h>

enum wsd__rule {
    WSD__RULE_PREFIX, /* rfc2396, rfc3986 */
    WSD__RULE_UUID,
    WSD__RULE_LDAP,
    WSD__RULE_STRCMP,
    WSD__RULE_NONE,
    WSD__RULE_UNKNOWN
};

bool wsd__qname_equal(const struct wsd_qname *a, const struct wsd_qname *b);
bool wsd__type_offered(const struct wsd_qname_list *offered, const struct wsd_qname *type);
/* True if each type asked is offered; with any, if one is. None asked: true. */
bool wsd__types_match(const struct wsd_qname *asked, size_t n_asked, bool any,
                      const struct wsd_qname_list *offered);

/* match_by may be NULL: the prefix rule. */
enum wsd__rule wsd__rule_of(const char *match_by);
/* The URIs of the rules that we know, in the edition's spelling, NULL-terminated. */
const char *const *wsd__rules(bool oasis);
bool wsd__scope_matches(enum wsd__rule rule, const char *asked, const char *offered);
/* asked may be NULL: matches. */
bool wsd__scopes_match(const struct wsd_scopes *asked, const struct wsd_uri_list *offered);

#endif
