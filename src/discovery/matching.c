/* SPDX-License-Identifier: MIT */
/*
 * Types and scopes of a Probe against those of a target (WS-Discovery 5.1).
 *
 * Cost: types and scopes are few; each pair is compared. URIs are unescaped as they are compared,
 * a segment at a time, so that "%2F" never becomes a separator.
 */
#include "discovery/matching.h"

#include <string.h>
#include <strings.h>

#include "core/uri.h"
#include "core/uuid.h"
#include "xml/namespaces.h"

/* -- types ------------------------------------------------------------------------------------ */

bool wsd__qname_equal(const struct wsd_qname *a, const struct wsd_qname *b)
{
    if (strcmp(a->local, b->local) != 0) {
        return false;
    }
    if (strcmp(a->ns, b->ns) == 0) {
        return true;
    }
    enum wsd__ns left = wsd__ns_find(a->ns, strlen(a->ns), NULL);
    return left != NS_UNKNOWN && left == wsd__ns_find(b->ns, strlen(b->ns), NULL);
}

bool wsd__type_offered(const struct wsd_qname_list *offered, const struct wsd_qname *type)
{
    for (size_t i = 0; i < offered->n_items; i++) {
        if (wsd__qname_equal(&offered->items[i], type)) {
            return true;
        }
    }
    return false;
}

bool wsd__types_match(const struct wsd_qname *asked, size_t n_asked, bool any,
                      const struct wsd_qname_list *offered)
{
    for (size_t i = 0; i < n_asked; i++) {
        bool has = wsd__type_offered(offered, &asked[i]);
        if (any && has) {
            return true;
        }
        if (!any && !has) {
            return false;
        }
    }
    return !any || n_asked == 0;
}

/* -- the rules' names ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum wsd__rule rule;
} rule_names[] = {
    {"/rfc2396", WSD__RULE_PREFIX}, {"/rfc3986", WSD__RULE_PREFIX}, {"/uuid", WSD__RULE_UUID},
    {"/ldap", WSD__RULE_LDAP},      {"/strcmp0", WSD__RULE_STRCMP}, {"/none", WSD__RULE_NONE},
};

/* .NET publishes the rules of 2005/04 under the date of a draft. */
static const char draft[] = "http://schemas.xmlsoap.org/ws/2004/10/discovery";

enum wsd__rule wsd__rule_of(const char *match_by)
{
    if (match_by == NULL || match_by[0] == '\0') {
        return WSD__RULE_PREFIX;
    }
    const char *name = strrchr(match_by, '/');
    if (name == NULL) {
        return WSD__RULE_UNKNOWN;
    }
    size_t length = (size_t)(name - match_by);
    if (wsd__ns_find(match_by, length, NULL) != NS_WSD &&
        (length != sizeof draft - 1 || memcmp(match_by, draft, length) != 0)) {
        return WSD__RULE_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof rule_names / sizeof *rule_names; i++) {
        if (strcmp(rule_names[i].name, name) == 0) {
            return rule_names[i].rule;
        }
    }
    return WSD__RULE_UNKNOWN;
}

const char *const *wsd__rules(bool oasis)
{
#define NS_OASIS "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"
    static const char *const rules_2005[] = {
        WSD_NS_DISCOVERY "/rfc2396",
        WSD_NS_DISCOVERY "/uuid",
        WSD_NS_DISCOVERY "/ldap",
        WSD_NS_DISCOVERY "/strcmp0",
        NULL,
    };
    static const char *const rules_2009[] = {
        NS_OASIS "/rfc3986", NS_OASIS "/uuid", NS_OASIS "/ldap",
        NS_OASIS "/strcmp0", NS_OASIS "/none", NULL,
    };
#undef NS_OASIS
    return oasis ? rules_2009 : rules_2005;
}

/* -- scopes ----------------------------------------------------------------------------------- */

/* A URI cut for comparing; also one without "//", such as "urn:a/b". */
struct parts {
    struct wsd__slice scheme, authority, path;
};

static bool cut(const char *text, struct parts *ret)
{
    size_t scheme = strcspn(text, ":/?#");
    if (text[scheme] != ':' || scheme == 0) {
        return false;
    }
    const char *at = text + scheme + 1;
    memset(ret, 0, sizeof *ret);
    ret->scheme = (struct wsd__slice){text, scheme};
    if (strncmp(at, "//", 2) == 0) {
        at += 2;
        ret->authority = (struct wsd__slice){at, strcspn(at, "/?#")};
        at += ret->authority.length;
    }
    ret->path = (struct wsd__slice){at, strcspn(at, "?#")};
    return true;
}

static bool equal_ignoring_case(struct wsd__slice a, struct wsd__slice b)
{
    return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Takes one unescaped character off a slice; -1 at its end. */
static int next_character(struct wsd__slice *slice)
{
    if (slice->length == 0) {
        return -1;
    }
    size_t used = 1;
    int value = (unsigned char)slice->data[0];
    if (value == '%' && slice->length >= 3 && hex(slice->data[1]) >= 0 &&
        hex(slice->data[2]) >= 0) {
        value = hex(slice->data[1]) * 16 + hex(slice->data[2]);
        used = 3;
    }
    slice->data += used;
    slice->length -= used;
    return value;
}

static bool segments_equal(struct wsd__slice a, struct wsd__slice b)
{
    int left, right;
    do {
        left = next_character(&a);
        right = next_character(&b);
    } while (left == right && left >= 0);
    return left == right;
}

static bool next_segment(struct wsd__slice *path, struct wsd__slice *ret)
{
    if (path->length > 0 && path->data[0] == '/') {
        path->data++;
        path->length--;
    }
    if (path->length == 0) {
        return false;
    }
    const char *end = memchr(path->data, '/', path->length);
    *ret = *path;
    ret->length = end != NULL ? (size_t)(end - path->data) : path->length;
    path->data += ret->length;
    path->length -= ret->length;
    return true;
}

static bool has_dot_segment(struct wsd__slice path)
{
    static const struct wsd__slice one = {".", 1}, two = {"..", 2};
    struct wsd__slice segment;
    while (next_segment(&path, &segment)) {
        if (segments_equal(segment, one) || segments_equal(segment, two)) {
            return true;
        }
    }
    return false;
}

static bool prefix_matches(const char *asked, const char *offered)
{
    struct parts a, b;
    struct wsd__slice left, right;
    if (!cut(asked, &a) || !cut(offered, &b) || !equal_ignoring_case(a.scheme, b.scheme) ||
        !equal_ignoring_case(a.authority, b.authority) || has_dot_segment(a.path) ||
        has_dot_segment(b.path)) {
        return false;
    }
    while (next_segment(&a.path, &left)) {
        if (!next_segment(&b.path, &right) || !segments_equal(left, right)) {
            return false;
        }
    }
    return true;
}

static bool uuid_matches(const char *asked, const char *offered)
{
    uint8_t a[16], b[16];
    if (strchr(asked, ':') == NULL || strchr(offered, ':') == NULL) {
        return false; /* a bare UUID is no URI */
    }
    return wsd__uuid_parse(asked, a) && wsd__uuid_parse(offered, b) && memcmp(a, b, sizeof a) == 0;
}

/* A backslash takes its meaning from what follows, be that a comma or a backslash (RFC 4514 3). */
static bool is_escaped(struct wsd__slice text, size_t at)
{
    size_t first = at;
    while (first > 0 && text.data[first - 1] == '\\') {
        first--;
    }
    return (at - first) % 2 != 0;
}

/* RFC 4514 writes the most significant part last: what is asked must be the end of what is
 * offered, cut at a comma that is not escaped. */
static bool dn_matches(struct wsd__slice asked, struct wsd__slice offered)
{
    if (asked.length == 0) {
        return true;
    }
    if (asked.length > offered.length) {
        return false;
    }
    size_t before = offered.length - asked.length;
    struct wsd__slice tail = {offered.data + before, asked.length};
    if (!equal_ignoring_case(asked, tail)) {
        return false;
    }
    return before == 0 || (offered.data[before - 1] == ',' && !is_escaped(offered, before - 1));
}

static bool ldap_matches(const char *asked, const char *offered)
{
    static const struct wsd__slice ldap = {"ldap", 4};
    struct parts a, b;
    if (!cut(asked, &a) || !cut(offered, &b) || !equal_ignoring_case(a.scheme, ldap) ||
        !equal_ignoring_case(b.scheme, ldap) || !equal_ignoring_case(a.authority, b.authority)) {
        return false;
    }
    struct wsd__slice left = a.path, right = b.path;
    if (left.length > 0) {
        left.data++;
        left.length--;
    }
    if (right.length > 0) {
        right.data++;
        right.length--;
    }
    return dn_matches(left, right);
}

bool wsd__scope_matches(enum wsd__rule rule, const char *asked, const char *offered)
{
    switch (rule) {
    case WSD__RULE_PREFIX:
        return prefix_matches(asked, offered);
    case WSD__RULE_UUID:
        return uuid_matches(asked, offered);
    case WSD__RULE_LDAP:
        return ldap_matches(asked, offered);
    case WSD__RULE_STRCMP:
        return strcmp(asked, offered) == 0;
    case WSD__RULE_NONE:
    case WSD__RULE_UNKNOWN:
        break;
    }
    return false;
}

/* What a target without Scopes has. */
static const char *const default_scopes[] = {
    WSD_NS_DISCOVERY "/adhoc",
    "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/DefaultScope",
};

static bool one_matches(enum wsd__rule rule, const char *asked, const struct wsd_uri_list *offered)
{
    const char *const *items = offered->n_items > 0 ? offered->items : default_scopes;
    size_t count = offered->n_items > 0 ? offered->n_items : 2;
    for (size_t i = 0; i < count; i++) {
        if (wsd__scope_matches(rule, asked, items[i])) {
            return true;
        }
    }
    return false;
}

bool wsd__scopes_match(const struct wsd_scopes *asked, const struct wsd_uri_list *offered)
{
    if (asked == NULL) {
        return true;
    }
    enum wsd__rule rule = wsd__rule_of(asked->match_by);
    if (rule == WSD__RULE_NONE) {
        return offered->n_items == 0;
    }
    if (rule == WSD__RULE_UNKNOWN) {
        return false;
    }
    for (size_t i = 0; i < asked->uris.n_items; i++) {
        if (!one_matches(rule, asked->uris.items[i], offered)) {
            return false;
        }
    }
    return true;
}
