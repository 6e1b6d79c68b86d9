/* SPDX-License-Identifier: MIT */
/* Tables of types and scopes that match and that do not, and endpoint references. */
#include "support.h"

#include "discovery/matching.h"

static void test_types_compare_by_namespace_and_name(void **state)
{
    static const struct wsd_qname offered_items[] = {{WSD_NS_DEVPROF, "Device", "wsdp"},
                                                     {WSD_NS_SCAN, "ScanDeviceType", "wscn"}};
    static const struct wsd_qname_list offered = {offered_items, 2};
    static const struct {
        struct wsd_qname asked[2];
        size_t n_asked;
        bool all, any;
    } rows[] = {
        {{{0}}, 0, true, true},
        {{{WSD_NS_DEVPROF, "Device", "x"}}, 1, true, true},
        {{{"http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01", "Device", "dpws"}}, 1, true, true},
        {{{WSD_NS_DEVPROF, "device", "wsdp"}}, 1, false, false},
        {{{WSD_NS_PRINT, "Device", "wsdp"}}, 1, false, false},
        {{{"urn:unknown", "Device", "wsdp"}}, 1, false, false},
        {{{WSD_NS_DEVPROF, "Device", ""}, {WSD_NS_SCAN, "ScanDeviceType", ""}}, 2, true, true},
        {{{WSD_NS_DEVPROF, "Device", ""}, {WSD_NS_PRINT, "PrintDeviceType", ""}}, 2, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(wsd__types_match(rows[i].asked, rows[i].n_asked, false, &offered),
                         rows[i].all);
        assert_int_equal(wsd__types_match(rows[i].asked, rows[i].n_asked, true, &offered),
                         rows[i].any);
    }
}

static void test_types_of_vendors_compare_by_their_own_namespace(void **state)
{
    static const struct wsd_qname one = {"urn:v", "T", "v"}, other = {"urn:w", "T", "v"};
    static const struct wsd_qname known = {WSD_NS_SCAN, "T", "v"};
    (void)state;
    assert_true(wsd__qname_equal(&one, &one));
    assert_false(wsd__qname_equal(&one, &other));
    assert_false(wsd__qname_equal(&one, &known));
    assert_false(wsd__qname_equal(&known, &one));
}

/* Length: a row for each case. */
static void test_scopes_match_by_their_rule(void **state)
{
    static const struct {
        enum wsd__rule rule;
        const char *asked, *offered;
        bool matches;
    } rows[] = {
        {WSD__RULE_PREFIX, "http://x/abc", "http://x/abc/def", true},
        {WSD__RULE_PREFIX, "http://x/a", "http://x/abc", false},
        {WSD__RULE_PREFIX, "http://x/abc/", "http://x/abc", true},
        {WSD__RULE_PREFIX, "http://x", "http://x/abc", true},
        {WSD__RULE_PREFIX, "HTTP://X/abc", "http://x/abc", true},
        {WSD__RULE_PREFIX, "http://x/ABC", "http://x/abc", false},
        {WSD__RULE_PREFIX, "http://x/abc/def", "http://x/abc", false},
        {WSD__RULE_PREFIX, "http://x/../abc", "http://x/../abc", false},
        {WSD__RULE_PREFIX, "http://x/%2e/abc", "http://x/%2e/abc", false},
        {WSD__RULE_PREFIX, "http://x/a%62c", "http://x/abc", true},
        {WSD__RULE_PREFIX, "http://x/a%2Fb", "http://x/a/b", false},
        {WSD__RULE_PREFIX, "http://x/abc?q", "http://x/abc#f", true},
        {WSD__RULE_PREFIX, "http://y/abc", "http://x/abc", false},
        {WSD__RULE_PREFIX, "https://x/abc", "http://x/abc", false},
        {WSD__RULE_PREFIX, "abc", "abc", false},
        {WSD__RULE_PREFIX, "http://x/abc", "abc", false},
        {WSD__RULE_PREFIX, ":a", ":a", false},
        {WSD__RULE_PREFIX, "http://x/abc", "http://x/abc/./d", false},
        {WSD__RULE_PREFIX, "http://x/a%6", "http://x/a%6", true},
        {WSD__RULE_PREFIX, "http://x/a%6g", "http://x/a%6g", true},
        {WSD__RULE_PREFIX, "http://x/a%g6", "http://x/a%G6", false},
        {WSD__RULE_PREFIX, "http://x/%6A", "http://x/%6a", true},
        {WSD__RULE_PREFIX, "urn:a:b", "urn:a:b", true},
        {WSD__RULE_UUID, "uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E9",
         "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9", true},
        {WSD__RULE_UUID, "uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E0",
         "uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9", false},
        {WSD__RULE_UUID, "http://x/", "http://x/", false},
        {WSD__RULE_UUID, "uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9", "http://x/", false},
        {WSD__RULE_UUID, "uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9",
         "5f8b7a10-1111-4222-8333-94a5b6c7d8e9", false},
        {WSD__RULE_STRCMP, "http://x/a", "http://x/a", true},
        {WSD__RULE_STRCMP, "http://x/a", "http://X/a", false},
        {WSD__RULE_LDAP, "ldap:///ou=Floor1,o=Ex", "ldap:///cn=P,ou=Floor1,o=Ex", true},
        {WSD__RULE_LDAP, "ldap://Host/o=Ex", "LDAP://host/o=Ex", true},
        {WSD__RULE_LDAP, "ldap:///o=x", "ldap:///o=Ex", false},
        {WSD__RULE_LDAP, "ldap://host", "ldap://host/o=Ex", true},
        {WSD__RULE_LDAP, "ldap://host/o=Ex", "ldap://host", false},
        {WSD__RULE_LDAP, "ldap://one/o=Ex", "ldap://two/o=Ex", false},
        {WSD__RULE_LDAP, "o=Ex", "ldap:///o=Ex", false},
        {WSD__RULE_LDAP, "ldap:///o=Ex", "o=Ex", false},
        {WSD__RULE_LDAP, "http:///o=Ex", "ldap:///o=Ex", false},
        {WSD__RULE_LDAP, "ldap:///o=Ex", "http:///o=Ex", false},
        {WSD__RULE_LDAP, "ldap:///o=Ex", "ldap:///xo=Ex", false},
        {WSD__RULE_LDAP, "ldap:///o=Ex", "ldap:///,o=Ex", true},
        {WSD__RULE_LDAP, "ldap:///o=Ex", "ldap:///cn=a\\,o=Ex", false},
        {WSD__RULE_LDAP, "ldap:///o=Ex", "ldap:///cn=a\\\\,o=Ex", true},
        {WSD__RULE_NONE, "http://x/a", "http://x/a", false},
        {WSD__RULE_UNKNOWN, "http://x/a", "http://x/a", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (wsd__scope_matches(rows[i].rule, rows[i].asked, rows[i].offered) != rows[i].matches) {
            fail_msg("%s against %s", rows[i].asked, rows[i].offered);
        }
    }
}

static void test_rules_are_known_in_each_spelling(void **state)
{
    (void)state;
    assert_int_equal(wsd__rule_of(NULL), WSD__RULE_PREFIX);
    assert_int_equal(wsd__rule_of(NS_2005 "/rfc2396"), WSD__RULE_PREFIX);
    assert_int_equal(wsd__rule_of("http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/none"),
                     WSD__RULE_NONE);
    assert_int_equal(wsd__rule_of("http://schemas.xmlsoap.org/ws/2004/10/discovery/strcmp0"),
                     WSD__RULE_STRCMP);
    assert_int_equal(wsd__rule_of(""), WSD__RULE_PREFIX);
    assert_int_equal(wsd__rule_of("strcmp0"), WSD__RULE_UNKNOWN);
    assert_int_equal(wsd__rule_of("http://schemas.xmlsoap.org/ws/2003/10/discovery/strcmp0"),
                     WSD__RULE_UNKNOWN);
    assert_int_equal(wsd__rule_of("urn:other/strcmp0"), WSD__RULE_UNKNOWN);
    assert_int_equal(wsd__rule_of(NS_2005 "/soundex"), WSD__RULE_UNKNOWN);
}

static void test_each_scope_asked_must_match_one(void **state)
{
    static const char *const offered_items[] = {"http://x/a/b", "http://y/"};
    static const char *const both[] = {"http://y", "http://x/a"};
    static const char *const half[] = {"http://y", "http://z"};
    static const char *const adhoc[] = {NS_2005 "/adhoc"};
    struct wsd_uri_list offered = {offered_items, 2}, none = {0};
    struct wsd_scopes asked = {.uris = {both, 2}};
    (void)state;
    assert_true(wsd__scopes_match(NULL, &offered));
    assert_true(wsd__scopes_match(&asked, &offered));
    asked.uris.items = half;
    assert_false(wsd__scopes_match(&asked, &offered));
    asked.uris = (struct wsd_uri_list){adhoc, 1};
    assert_true(wsd__scopes_match(&asked, &none));
    asked.match_by = "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/none";
    assert_true(wsd__scopes_match(&asked, &none));
    assert_false(wsd__scopes_match(&asked, &offered));
}

static void test_endpoints_are_equal_as_uuids_or_as_text(void **state)
{
    (void)state;
    assert_true(wsd_endpoint_equal("uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E9",
                                   " urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9\n"));
    assert_true(wsd_endpoint_equal("http://a/b", "http://a/b "));
    assert_false(wsd_endpoint_equal("http://a/b", "http://a/B"));
    assert_false(wsd_endpoint_equal("urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9",
                                    "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e8"));
    assert_false(wsd_endpoint_equal(NULL, "urn:a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_compare_by_namespace_and_name),
        cmocka_unit_test(test_types_of_vendors_compare_by_their_own_namespace),
        cmocka_unit_test(test_scopes_match_by_their_rule),
        cmocka_unit_test(test_rules_are_known_in_each_spelling),
        cmocka_unit_test(test_each_scope_asked_must_match_one),
        cmocka_unit_test(test_endpoints_are_equal_as_uuids_or_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
