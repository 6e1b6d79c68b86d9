/* SPDX-License-Identifier: MIT */
/* Would the packet filter let it in? Rules are as nft prints them (1.0.6, also for iptables-nft).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "doctor/firewall.h"

#define LIST(...) "{\"nftables\": [{\"metainfo\": {\"json_schema_version\": 1}}" __VA_ARGS__ "]}"
#define BASE(name, hook, policy)                                                                   \
    ", {\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"" name                     \
    "\", \"type\": \"filter\", \"hook\": \"" hook "\", \"prio\": 0, \"policy\": \"" policy "\"}}"
#define CHAIN(name)                                                                                \
    ", {\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"" name "\"}}"
#define RULE_IN(chain, ...)                                                                        \
    ", {\"rule\": {\"family\": \"inet\", \"table\": \"f\", \"chain\": \"" chain                    \
    "\", \"expr\": [" __VA_ARGS__ "]}}"
#define RULE(...)      RULE_IN("in", __VA_ARGS__)
#define MATCH(l, r)    "{\"match\": {\"op\": \"==\", \"left\": " l ", \"right\": " r "}}, "
#define UNLIKE(l, r)   "{\"match\": {\"op\": \"!=\", \"left\": " l ", \"right\": " r "}}, "
#define PAYLOAD(p, f)  "{\"payload\": {\"protocol\": \"" p "\", \"field\": \"" f "\"}}"
#define META(key)      "{\"meta\": {\"key\": \"" key "\"}}"
#define TCP_PORT       PAYLOAD("tcp", "dport")
#define STATE          "{\"ct\": {\"key\": \"state\"}}"
#define XT(type, name) "{\"xt\": {\"type\": \"" type "\", \"name\": \"" name "\"}}"
#define UNKNOWN        MATCH("{\"osf\": {\"key\": \"name\"}}", "\"Linux\"")
#define ACCEPT         "{\"accept\": null}"
#define DROP           "{\"drop\": null}"

static struct firewall_packet packet(bool tcp, uint16_t from_port, uint16_t to_port)
{
    struct firewall_packet p = {
        .interface_ = "eth0", .tcp = tcp, .from_port = from_port, .to_port = to_port};

    assert_true(system_address_read("192.0.2.1", &p.from));
    assert_true(system_address_read("192.0.2.2", &p.to));
    return p;
}

static enum firewall_verdict judge(const char *json, const struct firewall_packet *p)
{
    struct firewall *firewall = firewall_of(json);
    char rule[100];

    assert_non_null(firewall);
    enum firewall_verdict verdict = firewall_judge(firewall, p, rule, sizeof rule);
    assert_int_equal(verdict == FIREWALL_DROPS, *rule != 0);
    firewall_free(firewall);
    return verdict;
}

/* A connection to a TCP port from 192.0.2.1, and an answer to a search from there. */
static enum firewall_verdict event(const char *json, uint16_t port)
{
    struct firewall_packet p = packet(true, 0, port);

    return judge(json, &p);
}

static enum firewall_verdict answer(const char *json)
{
    struct firewall_packet p = packet(false, 3702, 50000);

    return judge(json, &p);
}

static void test_without_rules_all_is_admitted(void **state)
{
    (void)state;
    assert_int_equal(answer(LIST()), FIREWALL_ADMITS);
    assert_int_equal(event(LIST(BASE("in", "input", "accept")), 5366), FIREWALL_ADMITS);
    assert_int_equal(event(LIST(BASE("fwd", "forward", "drop")), 5366), FIREWALL_ADMITS);
}

static void test_policy_decides_what_no_rule_does(void **state)
{
    static const char rules[] =
        LIST(BASE("in", "input", "drop") RULE(MATCH(TCP_PORT, "5366") ACCEPT));

    (void)state;
    assert_int_equal(event(rules, 5366), FIREWALL_ADMITS);
    assert_int_equal(event(rules, 5367), FIREWALL_DROPS);
    assert_int_equal(answer(rules), FIREWALL_DROPS);
}

static void test_state_of_connections_is_that_of_a_new_one(void **state)
{
    static const char list[] = LIST(
        BASE("in", "input", "drop") RULE("{\"match\": {\"op\": \"in\", \"left\": " STATE
                                         ", \"right\": [\"established\", \"related\"]}}, " ACCEPT));
    static const char map[] = LIST(BASE("in", "input", "accept") RULE(
        "{\"vmap\": {\"key\": " STATE ", \"data\": {\"set\": [[\"established\", " ACCEPT
        "], [\"new\", " DROP "]]}}}"));

    (void)state;
    assert_int_equal(answer(list), FIREWALL_DROPS);
    assert_int_equal(answer(map), FIREWALL_DROPS);
}

static void test_sets_ranges_and_prefixes(void **state)
{
    static const char rules[] = LIST(BASE(
        "in", "input",
        "drop") ", {\"set\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"home\", "
                "\"elem\": "
                "[{\"prefix\": {\"addr\": \"10.0.0.0\", \"len\": 8}}, {\"range\": [\"192.0.2.0\", "
                "\"192.0.2.9\"]}]}}" RULE(MATCH(PAYLOAD("ip", "saddr"), "\"@home\"") MATCH(
                    TCP_PORT, "{\"set\": [22, {\"range\": [5360, 5370]}]}") ACCEPT));
    struct firewall_packet p = packet(true, 0, 5366);

    (void)state;
    assert_int_equal(judge(rules, &p), FIREWALL_ADMITS);
    p.to_port = 5371;
    assert_int_equal(judge(rules, &p), FIREWALL_DROPS);
    p.to_port = 22;
    assert_true(system_address_read("10.200.0.1", &p.from));
    assert_int_equal(judge(rules, &p), FIREWALL_ADMITS);
    assert_true(system_address_read("192.0.2.10", &p.from));
    assert_int_equal(judge(rules, &p), FIREWALL_DROPS);
    assert_true(system_address_read("fe80::1", &p.from));
    assert_int_equal(judge(rules, &p), FIREWALL_DROPS);
}

static void test_interfaces_by_name_and_pattern(void **state)
{
    static const char rules[] =
        LIST(BASE("in", "input", "drop") RULE(MATCH(META("iifname"), "\"lo\"") ACCEPT)
                 RULE(MATCH(META("iifname"), "{\"set\": [\"wlan0\", \"eth*\"]}") ACCEPT));
    struct firewall_packet p = packet(true, 0, 80);

    (void)state;
    assert_int_equal(judge(rules, &p), FIREWALL_ADMITS);
    p.interface_ = "tun0";
    assert_int_equal(judge(rules, &p), FIREWALL_DROPS);
}

static void test_a_rule_of_the_other_protocol_or_family_does_not_apply(void **state)
{
    static const char rules[] =
        LIST(BASE("in", "input", "accept") RULE(UNLIKE(TCP_PORT, "22") DROP) RULE(MATCH(
            PAYLOAD("ip6", "saddr"), "{\"prefix\": {\"addr\": \"fe80::\", \"len\": 10}}") DROP));

    (void)state;
    assert_int_equal(answer(rules), FIREWALL_ADMITS);
    assert_int_equal(event(rules, 5366), FIREWALL_DROPS);
}

/* Numbers are what nft prints where there is no /etc/protocols. */
static void test_protocols_by_name_and_by_number(void **state)
{
    static const struct {
        const char *json;
        enum firewall_verdict answer, event;
    } rows[] = {
        {LIST(BASE("in", "input", "accept") RULE(MATCH(META("l4proto"), "\"tcp\"") DROP)),
         FIREWALL_ADMITS, FIREWALL_DROPS},
        {LIST(BASE("in", "input", "accept") RULE(MATCH(META("l4proto"), "6") DROP)),
         FIREWALL_ADMITS, FIREWALL_DROPS},
        {LIST(BASE("in", "input", "accept") RULE(UNLIKE(META("l4proto"), "6") DROP)),
         FIREWALL_DROPS, FIREWALL_ADMITS},
        {LIST(BASE("in", "input", "accept") RULE(MATCH(PAYLOAD("ip", "protocol"), "17") DROP)),
         FIREWALL_DROPS, FIREWALL_ADMITS},
        {LIST(BASE("in", "input", "accept")
                  RULE(MATCH(META("l4proto"), "{\"set\": [1, 17]}") DROP)),
         FIREWALL_DROPS, FIREWALL_ADMITS},
        {LIST(BASE("in", "input", "accept") RULE(MATCH(META("l4proto"), "\"\"") DROP)),
         FIREWALL_ADMITS, FIREWALL_ADMITS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(answer(rows[i].json), rows[i].answer);
        assert_int_equal(event(rows[i].json, 5366), rows[i].event);
    }
}

static void test_chains_call_return_and_go(void **state)
{
    static const char call[] =
        LIST(BASE("in", "input", "drop") CHAIN("more") RULE("{\"jump\": {\"target\": \"more\"}}")
                 RULE(MATCH(TCP_PORT, "80") ACCEPT)
                     RULE_IN("more", MATCH(TCP_PORT, "80") "{\"return\": null}")
                         RULE_IN("more", MATCH(TCP_PORT, "81") ACCEPT));
    static const char go[] = LIST(BASE("in", "input", "drop") CHAIN("more")
                                      RULE("{\"goto\": {\"target\": \"more\"}}") RULE(ACCEPT));

    (void)state;
    assert_int_equal(event(call, 80), FIREWALL_ADMITS);
    assert_int_equal(event(call, 81), FIREWALL_ADMITS);
    assert_int_equal(event(call, 82), FIREWALL_DROPS);
    assert_int_equal(event(go, 80), FIREWALL_DROPS);
}

static void test_a_later_chain_drops_what_an_earlier_one_admits(void **state)
{
    static const char rules[] = LIST(BASE("first", "input", "accept") BASE("in", "input", "accept")
                                         RULE_IN("first", ACCEPT) RULE(DROP));

    (void)state;
    assert_int_equal(answer(rules), FIREWALL_DROPS);
}

static void test_what_is_not_understood_makes_unsure_only_what_it_changes(void **state)
{
    static const char admits[] = LIST(BASE("in", "input", "drop") RULE(UNKNOWN ACCEPT));
    static const char drops[] = LIST(BASE("in", "input", "drop") RULE(UNKNOWN DROP));
    static const char after[] = LIST(BASE("in", "input", "drop") RULE(ACCEPT) RULE(UNKNOWN DROP));
    static const char logs[] =
        LIST(BASE("in", "input", "accept") RULE(UNKNOWN "{\"log\": {\"prefix\": \"x\"}}"));

    (void)state;
    assert_int_equal(answer(admits), FIREWALL_UNSURE);
    assert_int_equal(answer(drops), FIREWALL_DROPS);
    assert_int_equal(answer(after), FIREWALL_ADMITS);
    assert_int_equal(answer(logs), FIREWALL_ADMITS);
}

static void test_rules_of_iptables(void **state)
{
    static const char rules[] =
        LIST(BASE("in", "input", "drop") RULE(XT("match", "conntrack") ", " ACCEPT)
                 RULE(MATCH(TCP_PORT, "5366") "{\"counter\": {\"packets\": 0}}, " ACCEPT)
                     RULE("{\"limit\": {\"rate\": 3, \"per\": \"minute\"}}, " XT("target", "LOG"))
                         RULE(XT("target", "REJECT")));
    static const char ports[] =
        LIST(BASE("in", "input", "drop") RULE(XT("match", "multiport") ", " ACCEPT));

    (void)state;
    assert_int_equal(event(rules, 5366), FIREWALL_ADMITS);
    assert_int_equal(event(rules, 80), FIREWALL_DROPS);
    assert_int_equal(event(ports, 5366), FIREWALL_UNSURE);
}

/* Both hang on a condition that iptables keeps to itself. */
static void test_rules_of_ufw_for_others_are_passed(void **state)
{
    static const char rules[] = LIST(
        BASE("in", "input", "drop") CHAIN("ufw-not-local")
            RULE("{\"jump\": {\"target\": \"ufw-not-local\"}}")
                RULE_IN("ufw-not-local", XT("match", "addrtype") ", {\"return\": null}")
                    RULE_IN("ufw-not-local", DROP) RULE(XT("match", "rt") ", " DROP) RULE(ACCEPT));

    (void)state;
    assert_int_equal(answer(rules), FIREWALL_ADMITS);
}

static void test_announcements_are_multicast(void **state)
{
    static const char rules[] =
        LIST(BASE("in", "input", "drop") RULE(MATCH(META("pkttype"), "\"multicast\"") ACCEPT));
    struct firewall_packet p = packet(false, 3702, 3702);

    (void)state;
    assert_int_equal(judge(rules, &p), FIREWALL_DROPS);
    p.multicast = true;
    assert_int_equal(judge(rules, &p), FIREWALL_ADMITS);
}

static void test_the_way_back_of_firewalld_is_there(void **state)
{
    static const char rules[] = LIST(BASE("in", "prerouting", "accept") RULE(
        MATCH("{\"fib\": {\"result\": \"oif\", \"flags\": [\"saddr\", \"mark\", \"iif\"]}}",
              "false") DROP));

    (void)state;
    assert_int_equal(answer(rules), FIREWALL_ADMITS);
}

static void test_endless_chains_end(void **state)
{
    static const char rules[] =
        LIST(BASE("in", "input", "accept") CHAIN("more") RULE("{\"jump\": {\"target\": \"more\"}}")
                 RULE_IN("more", "{\"jump\": {\"target\": \"more\"}}")
                     RULE_IN("more", "{\"jump\": {\"target\": \"more\"}}"));

    (void)state;
    assert_int_equal(answer(rules), FIREWALL_UNSURE);
}

static void test_what_is_no_ruleset_is_none(void **state)
{
    static const char *const odd[] = {
        "", "[]", "{", "{\"nftables\": {}}", "null", "42", "{\"nftables\": null}"};
    /* Entries of other shapes are passed over. */
    static const char strange[] = LIST(", null, 4, {\"chain\": []}, {\"rule\": {\"expr\": 3}}" BASE(
        "in", "input", "drop") RULE("null, 3, {\"match\": null}, {\"vmap\": {}}, " ACCEPT));

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_null(firewall_of(odd[i]));
    assert_int_not_equal(answer(strange), FIREWALL_ADMITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rules_all_is_admitted),
        cmocka_unit_test(test_policy_decides_what_no_rule_does),
        cmocka_unit_test(test_state_of_connections_is_that_of_a_new_one),
        cmocka_unit_test(test_sets_ranges_and_prefixes),
        cmocka_unit_test(test_interfaces_by_name_and_pattern),
        cmocka_unit_test(test_a_rule_of_the_other_protocol_or_family_does_not_apply),
        cmocka_unit_test(test_protocols_by_name_and_by_number),
        cmocka_unit_test(test_chains_call_return_and_go),
        cmocka_unit_test(test_a_later_chain_drops_what_an_earlier_one_admits),
        cmocka_unit_test(test_what_is_not_understood_makes_unsure_only_what_it_changes),
        cmocka_unit_test(test_rules_of_iptables),
        cmocka_unit_test(test_rules_of_ufw_for_others_are_passed),
        cmocka_unit_test(test_announcements_are_multicast),
        cmocka_unit_test(test_the_way_back_of_firewalld_is_there),
        cmocka_unit_test(test_endless_chains_end),
        cmocka_unit_test(test_what_is_no_ruleset_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
