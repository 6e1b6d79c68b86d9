/* SPDX-License-Identifier: MIT */
/* Addresses: which are read, how they are written, what kind each is; interfaces as far as they are
 * lists of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/interfaces.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static struct wsd__address address(const char *text)
{
    struct wsd__address result = {0};
    if (!wsd__address_parse(text, strlen(text), &result)) {
        fail_msg("\"%s\" was not read", text);
    }
    return result;
}

static void test_what_is_no_address_is_refused(void **state)
{
    static const char *const cases[] = {
        "",        "192.168.1", "192.168.1.256",
        "printer", "fe80::1%",  "fe80::1%eth0",
        "[::1]",   "1::2::3",   "0000000000000000000000000000000000000000000000000001"};
    struct wsd__address result;
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        if (wsd__address_parse(cases[i], strlen(cases[i]), &result)) {
            fail_msg("\"%s\" was read", cases[i]);
        }
    }
}

static void test_zone_is_written_where_it_means_something(void **state)
{
    static const char *const rows[][3] = {
        {"fe80::1", "eth0", "fe80::1%eth0"},    {"fe80::1", "", "fe80::1"},
        {"fe80::1", NULL, "fe80::1"},           {"2001:db8::1", "eth0", "2001:db8::1"},
        {"169.254.1.1", "eth0", "169.254.1.1"},
    };
    struct wsd__address none = {0};
    char text[WSD__ADDRESS_SIZE];
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct wsd__address one = address(rows[i][0]);
        wsd__address_format(&one, rows[i][1], text);
        assert_string_equal(text, rows[i][2]);
    }
    wsd__address_format(&none, "eth0", text);
    assert_string_equal(text, "");
}

static void test_kinds_of_addresses(void **state)
{
    static const struct {
        const char *text;
        bool loopback, link_local, group, metadata;
    } rows[] = {
        {"127.0.0.1", true, false, false, false},
        {"::1", true, false, false, false},
        {"::2", false, false, false, false},
        {"169.254.1.1", false, true, false, false},
        {"169.253.1.1", false, false, false, false},
        {"168.254.1.1", false, false, false, false},
        {"fe80::1", false, true, false, false},
        {"febf::1", false, true, false, false},
        {"fec0::1", false, false, false, false},
        {"fd80::1", false, false, false, false},
        {"224.0.0.1", false, false, true, false},
        {"240.0.0.1", false, false, true, false},
        {"0.0.0.0", false, false, true, false},
        {"223.255.255.255", false, false, false, false},
        {"ff02::c", false, false, true, false},
        {"::", false, false, true, false},
        {"169.254.169.254", false, true, false, true},
        {"fd00:ec2::254", false, false, false, true},
        {"fd00:ec2::253", false, false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct wsd__address one = address(rows[i].text);
        if (wsd__address_is_loopback(&one) != rows[i].loopback ||
            wsd__address_is_link_local(&one) != rows[i].link_local ||
            wsd__address_is_group(&one) != rows[i].group ||
            wsd__address_is_metadata(&one) != rows[i].metadata) {
            fail_msg("%s", rows[i].text);
        }
    }
    struct wsd__address none = {0};
    assert_false(wsd__address_is_loopback(&none) || wsd__address_is_link_local(&none) ||
                 wsd__address_is_group(&none) || wsd__address_is_metadata(&none));
}

static void test_network_of_an_address(void **state)
{
    static const struct {
        const char *address, *network;
        unsigned prefix;
        bool in;
    } rows[] = {
        {"192.168.1.5", "192.168.1.0", 24, true},   {"192.168.2.5", "192.168.1.0", 24, false},
        {"192.168.2.5", "192.168.1.0", 22, true},   {"192.168.4.5", "192.168.1.0", 22, false},
        {"192.168.1.5", "192.168.1.5", 32, true},   {"192.168.1.5", "192.168.1.4", 32, false},
        {"192.168.1.5", "192.168.1.4", 31, true},   {"10.0.0.1", "192.168.1.0", 0, true},
        {"192.168.1.5", "192.168.1.5", 99, true},   {"2001:db8::1", "2001:db8::2", 64, true},
        {"2001:db8::1", "2001:db8::2", 128, false}, {"2001:db8::1", "2001:db8::1", 200, true},
        {"2001:db8:1::1", "2001:db8::", 47, true},  {"2001:db8:2::1", "2001:db8::", 47, false},
        {"192.168.1.5", "2001:db8::", 0, false},
    };
    struct wsd__address none = {0}, one = address("10.0.0.1");
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct wsd__address inner = address(rows[i].address), outer = address(rows[i].network);
        if (wsd__address_in(&inner, &outer, rows[i].prefix) != rows[i].in) {
            fail_msg("%s in %s/%u", rows[i].address, rows[i].network, rows[i].prefix);
        }
    }
    assert_false(wsd__address_in(&none, &one, 0));
    assert_false(wsd__address_in(&one, &none, 0));
}

static void test_own_address_that_suits_a_peer_best(void **state)
{
    static const struct {
        int family;
        const char *peer, *source; /* NULL: none */
        unsigned interface;
    } rows[] = {
        {AF_INET, "192.168.1.5", "192.168.1.10", 2},
        {AF_INET, "10.1.2.3", "10.0.0.10", 2},
        {AF_INET, "169.254.7.7", "169.254.0.10", 2},
        {AF_INET, "198.51.100.1", "192.168.1.10", 2},
        {AF_INET, "169.254.0.10", "169.254.0.10", 2}, /* ourselves */
        {AF_INET, NULL, "192.168.1.10", 2},
        {AF_INET6, "2001:db8::5", "2001:db8::10", 2},
        {AF_INET6, "fe80::5", "fe80::10", 2},
        {AF_INET6, NULL, "fe80::10", 2},
        {AF_INET, NULL, NULL, 3},
    };
    struct wsd__network networks[5] = {
        {address("169.254.0.10"), 16, 2}, {address("192.168.1.10"), 24, 2},
        {address("10.0.0.10"), 8, 2},     {address("2001:db8::10"), 64, 2},
        {address("fe80::10"), 64, 2},
    };
    struct wsd__interfaces list = {NULL, 0, networks, 5};
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct wsd__address peer =
            rows[i].peer != NULL ? address(rows[i].peer) : (struct wsd__address){0};
        const struct wsd__network *source = wsd__interfaces_source(
            &list, rows[i].interface, rows[i].family, rows[i].peer != NULL ? &peer : NULL);
        char text[WSD__ADDRESS_SIZE] = "none";
        if (source != NULL) {
            wsd__address_format(&source->address, NULL, text);
        }
        if (strcmp(text, rows[i].source != NULL ? rows[i].source : "none") != 0) {
            fail_msg("%s: %s", rows[i].peer != NULL ? rows[i].peer : "nobody", text);
        }
    }
}

static void test_networks_that_differ_in_one_thing_are_others(void **state)
{
    struct wsd__network one[1] = {{address("192.168.1.10"), 24, 2}};
    struct wsd__network others[4] = {one[0], one[0], one[0], one[0]};
    struct wsd__interfaces list = {NULL, 0, one, 1};
    (void)state;
    others[1].interface = 3;
    others[2].prefix = 16;
    others[3].address = address("192.168.1.11");
    for (size_t i = 0; i < 4; i++) {
        struct wsd__interfaces other = {NULL, 0, &others[i], 1};
        assert_int_equal(wsd__interfaces_same(&list, &other), i == 0);
        other.n_networks = 0;
        assert_false(wsd__interfaces_same(&list, &other));
    }
}

static void test_patterns_of_interfaces(void **state)
{
    (void)state;
    assert_true(wsd__interface_matches("", ""));
    assert_true(wsd__interface_matches("*", "eth0"));
    assert_true(wsd__interface_matches("192.168.*", "192.168.1.10"));
    assert_false(wsd__interface_matches("", "eth0"));
    assert_false(wsd__interface_matches("wlan*", "eth0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_address_is_refused),
        cmocka_unit_test(test_zone_is_written_where_it_means_something),
        cmocka_unit_test(test_kinds_of_addresses),
        cmocka_unit_test(test_network_of_an_address),
        cmocka_unit_test(test_own_address_that_suits_a_peer_best),
        cmocka_unit_test(test_networks_that_differ_in_one_thing_are_others),
        cmocka_unit_test(test_patterns_of_interfaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
