/* SPDX-License-Identifier: MIT */
/* XAddrs repaired, judged and ordered, and answers merged: on networks made up for the purpose. */
#include "support.h"

#include "discovery/guard.h"
#include "discovery/targets.h"

static struct wsd__interface items[] = {
    {.name = "eth0", .index = 2, .flags = IFF_UP | IFF_MULTICAST, .usable = true},
    {.name = "docker0", .index = 3, .flags = IFF_UP | IFF_MULTICAST},
};
static struct wsd__network networks[3];
static struct wsd__interfaces interfaces = {items, 2, networks, 3};

static struct wsd__address address(const char *text)
{
    struct wsd__address result = {0};
    assert_true(wsd__address_parse(text, strlen(text), &result));
    return result;
}

static struct wsd__heard heard_from(const char *sender)
{
    networks[0] = (struct wsd__network){address("192.168.1.10"), 24, 2};
    networks[1] = (struct wsd__network){address("fe80::10"), 64, 2};
    networks[2] = (struct wsd__network){address("2001:db8:1::10"), 64, 2};
    return (struct wsd__heard){&interfaces, address(sender), 2, "eth0", false, false};
}

static void test_xaddr_is_judged_and_repaired(void **state)
{
    static const struct {
        const char *sender, *text, *url;
        enum wsd__rank rank;
    } rows[] = {
        {"192.168.1.5", "http://192.168.1.5/x", "http://192.168.1.5/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://192.168.1.6/x", "http://192.168.1.6/x", WSD__RANK_ON_LINK},
        {"192.168.1.5", "http://192.168.3.1/x", "http://192.168.3.1/x", WSD__RANK_REFUSED},
        {"10.0.0.1", "http://10.0.0.1/x", "http://10.0.0.1/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://127.0.0.1/x", "http://127.0.0.1/x", WSD__RANK_REFUSED},
        {"192.168.1.10", "http://127.0.0.1/x", "http://127.0.0.1/x", WSD__RANK_ON_LINK},
        {"192.168.1.5", "http://[::1]/x", "http://[::1]/x", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://localhost/x", "http://localhost/x", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://localhost./x", "http://localhost./x", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://a.localhost/x", "http://a.localhost/x", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://alocalhost/x", "http://alocalhost/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://printer.localnet/x", "http://printer.localnet/x", WSD__RANK_SENDER},
        {"127.0.0.1", "http://localhost/x", "http://localhost/x", WSD__RANK_SENDER},
        {"192.168.1.10", "http://localhost/x", "http://localhost/x", WSD__RANK_SENDER},
        {"192.168.1.5", "https://192.168.1.5/x", "https://192.168.1.5/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://192.168.1/x", "http://192.168.1.5/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://0x7f000001/x", "http://192.168.1.5/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://%6cocalhost.1/x", "http://192.168.1.5/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://[printer]/x", "http://192.168.1.5/x", WSD__RANK_SENDER},
        {"192.168.1.5", "http://169.254.169.254/", "http://169.254.169.254/", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://239.255.255.250/", "http://239.255.255.250/", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://0.0.0.0/", "http://0.0.0.0/", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://[::ffff:127.0.0.1]/", "http://127.0.0.1/", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://[192.168.1.5]:80/x", "http://192.168.1.5:80/x", WSD__RANK_SENDER},
        {"fe80::5", "http://[192.168.1.7]:80/x", "http://[fe80::5%25eth0]:80/x", WSD__RANK_SENDER},
        {"fe80::5", "http://[fe80::5]:80/x?y", "http://[fe80::5%25eth0]:80/x?y", WSD__RANK_SENDER},
        {"fe80::5", "http://[fe80::5%25wlan7]/x", "http://[fe80::5%25eth0]/x", WSD__RANK_SENDER},
        {"fe80::5", "http://[fe80::6%3]/x", "http://[fe80::6%25eth0]/x", WSD__RANK_ON_LINK},
        {"fe80::5", "http://[2001:db8:1::5]/x", "http://[2001:db8:1::5]/x", WSD__RANK_ON_LINK},
        {"fe80::5", "http://[2001:db8:2::5]/x", "http://[2001:db8:2::5]/x", WSD__RANK_REFUSED},
        {"192.168.1.5", "http://printer/x", "http://printer/x", WSD__RANK_SENDER},
        {"192.168.1.5", "soap.udp://192.168.1.5/x", "", WSD__RANK_SKIPPED},
        {"192.168.1.5", "http://a@192.168.1.5/x", "", WSD__RANK_SKIPPED},
        {"192.168.1.5", "nonsense", "", WSD__RANK_SKIPPED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd__heard heard = heard_from(rows[i].sender);
        struct wsd__xaddr xaddr;
        wsd__xaddr_judge(&heard, rows[i].text, &xaddr);
        if (xaddr.rank != rows[i].rank ||
            (xaddr.rank != WSD__RANK_SKIPPED && strcmp(xaddr.url, rows[i].url) != 0)) {
            fail_msg("%s from %s: rank %d, %s", rows[i].text, rows[i].sender, (int)xaddr.rank,
                     xaddr.url);
        }
    }
}

/* What was judged before may have been heard on another link. */
static void test_zone_of_a_judged_address_is_ours(void **state)
{
    struct wsd__heard heard = heard_from("fe80::5");
    struct wsd__xaddr xaddr;
    (void)state;
    heard.judged = true;
    wsd__xaddr_judge(&heard, "http://[fe80::5%25wlan0]/x", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_SENDER);
    assert_string_equal(xaddr.url, "http://[fe80::5%25wlan0]/x");
    wsd__xaddr_judge(&heard, "http://[fe80::5]/x", &xaddr);
    assert_string_equal(xaddr.url, "http://[fe80::5%25eth0]/x");
}

static void test_foreign_address_is_taken_where_allowed(void **state)
{
    struct wsd__heard heard = heard_from("192.168.1.5");
    struct wsd__xaddr xaddr;
    (void)state;
    heard.allow_foreign = true;
    wsd__xaddr_judge(&heard, "http://192.168.3.1/", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_OTHER);
    wsd__xaddr_judge(&heard, "http://169.254.169.254/", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_OTHER);
    wsd__xaddr_judge(&heard, "http://127.0.0.1/", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_ON_LINK);
    wsd__xaddr_judge(&heard, "http://localhost/", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_SENDER);
}

/* What comes out of a cache has no sender whose address could stand in for a name or nonsense. */
static void test_without_a_sender_nothing_is_made_up(void **state)
{
    struct wsd__heard heard = heard_from("192.168.1.5");
    struct wsd__xaddr xaddr;
    (void)state;
    heard.sender.family = 0;
    heard.zone = "";
    wsd__xaddr_judge(&heard, "http://printer/x", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_SENDER);
    assert_false(xaddr.by_name);
    wsd__xaddr_judge(&heard, "http://192.168.1/x", &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_SKIPPED);
    wsd__xaddr_judge(&heard, "http://[fe80::7]/x", &xaddr);
    assert_string_equal(xaddr.url, "http://[fe80::7]/x");
}

static void test_url_over_the_limit_is_skipped(void **state)
{
    struct wsd__heard heard = heard_from("192.168.1.5");
    struct wsd__xaddr xaddr;
    char url[WSD_MAX_URI + 2];
    (void)state;
    memset(url, 'x', sizeof url);
    memcpy(url, "http://192.168.1.5/", strlen("http://192.168.1.5/"));
    url[WSD_MAX_URI + 1] = '\0';
    wsd__xaddr_judge(&heard, url, &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_SKIPPED);
    url[WSD_MAX_URI] = '\0';
    wsd__xaddr_judge(&heard, url, &xaddr);
    assert_int_equal(xaddr.rank, WSD__RANK_SENDER);
    assert_string_equal(xaddr.url, url);
}

static struct wsd__record *merge(struct wsd__targets *targets, const char *sender,
                                 const char *const *urls, size_t n_urls)
{
    struct wsd__heard heard = heard_from(sender);
    struct wsd_uri_list xaddrs = {urls, n_urls};
    struct wsd_target_message match = {.endpoint.address = "urn:a", .xaddrs = &xaddrs};
    struct wsd__record *record = NULL;
    assert_int_equal(wsd__targets_merge(targets, &match, &heard, 1, 0, &record), 0);
    assert_non_null(record);
    return record;
}

static void test_addresses_are_ordered_by_reachability(void **state)
{
    static const char *const first[] = {"http://[2001:db8:1::5]/a", "http://192.168.3.1/b",
                                        "http://printer/c", "http://192.168.1.5/d"};
    static const char *const second[] = {"http://[fe80::5]/e"};
    struct wsd_context *context = make_context(false);
    struct wsd__targets targets;
    (void)state;
    assert_int_equal(wsd__targets_init(&targets, context, false), 0);
    merge(&targets, "192.168.1.5", first, 4);
    const struct wsd_target *target = merge(&targets, "fe80::5", second, 1)->target;
    assert_int_equal(target->xaddrs.n_items, 5);
    assert_string_equal(target->xaddrs.items[0], "http://printer/c");
    assert_string_equal(target->xaddrs.items[1], "http://192.168.1.5/c");
    assert_string_equal(target->xaddrs.items[2], "http://192.168.1.5/d");
    assert_string_equal(target->xaddrs.items[3], "http://[fe80::5%25eth0]/e");
    assert_string_equal(target->xaddrs.items[4], "http://[2001:db8:1::5]/a");
    assert_int_equal(target->refused.n_items, 1);
    assert_string_equal(target->refused.items[0], "http://192.168.3.1/b");
    assert_string_equal(target->address, "192.168.1.5");
    wsd__targets_free(&targets);
    wsd_context_free(context);
}

static void test_stranger_who_answers_for_a_target_comes_last(void **state)
{
    static const char *const first[] = {"http://192.168.1.5/a", "http://[2001:db8:1::5]/a"};
    static const char *const second[] = {"http://192.168.1.66/evil"};
    struct wsd_context *context = make_context(false);
    struct wsd__targets targets;
    (void)state;
    assert_int_equal(wsd__targets_init(&targets, context, false), 0);
    merge(&targets, "192.168.1.5", first, 2);
    last_log[0] = '\0';
    const struct wsd_target *target = merge(&targets, "192.168.1.66", second, 1)->target;
    assert_string_equal(target->xaddrs.items[2], "http://192.168.1.66/evil");
    assert_non_null(strstr(last_log, "192.168.1.66"));
    wsd__targets_free(&targets);
    wsd_context_free(context);
}

static void test_addresses_are_bounded(void **state)
{
    char text[40][40];
    const char *urls[40];
    struct wsd_context *context = make_context(false);
    struct wsd__targets targets;
    struct wsd__record *record = NULL;
    (void)state;
    assert_int_equal(wsd__targets_init(&targets, context, false), 0);
    for (size_t i = 0; i < 40; i++) {
        snprintf(text[i], sizeof text[i], "http://192.168.1.%u/", (unsigned)(100 + i));
        urls[i] = text[i];
    }
    record = merge(&targets, "192.168.1.5", urls, 40);
    record = merge(&targets, "192.168.1.5", urls + 20, 20);
    assert_int_equal(record->target->xaddrs.n_items, WSD_MAX_XADDRS);
    static const char *const own[] = {"http://192.168.1.5/best"};
    record = merge(&targets, "192.168.1.5", own, 1);
    assert_int_equal(record->target->xaddrs.n_items, WSD_MAX_XADDRS);
    assert_string_equal(record->target->xaddrs.items[0], "http://192.168.1.5/best");
    wsd__targets_free(&targets);
    wsd_context_free(context);
}

/* Types and scopes add up, each once, as far as there is room. */
static void test_types_and_scopes_add_up_within_their_bounds(void **state)
{
    static char text[WSD_MAX_SCOPES + 2][32], far[WSD_MAX_URI + 2];
    const char *uris[WSD_MAX_SCOPES + 2];
    struct wsd_qname names[WSD_MAX_TYPES + 2];
    struct wsd_context *context = make_context(false);
    struct wsd__heard heard = heard_from("192.168.1.5");
    struct wsd__targets targets;
    struct wsd__record *record = NULL;
    struct wsd_scopes scopes = {.uris = {uris, 2}};
    struct wsd_qname_list types = {names, 2};
    struct wsd_target_message match = {
        .endpoint.address = "urn:a", .scopes = &scopes, .types = &types};
    (void)state;
    memset(far, 'u', sizeof far - 1);
    for (size_t i = 0; i < WSD_MAX_SCOPES + 2; i++) {
        snprintf(text[i], sizeof text[i], "urn:scope:%zu", i);
        uris[i] = text[i];
    }
    for (size_t i = 0; i < WSD_MAX_TYPES + 2; i++) {
        names[i] = (struct wsd_qname){"urn:t", text[i] + 4, NULL};
    }
    assert_int_equal(wsd__targets_init(&targets, context, false), 0);
    uris[1] = far;
    assert_int_equal(wsd__targets_merge(&targets, &match, &heard, 1, 0, &record), 0);
    assert_int_equal(record->target->scopes.n_items, 1);
    assert_int_equal(record->target->types.n_items, 2);
    assert_string_equal(record->target->types.items[0].prefix, "");
    uris[1] = text[0];
    assert_int_equal(wsd__targets_merge(&targets, &match, &heard, 1, 0, &record), 0);
    assert_int_equal(record->target->scopes.n_items, 1);
    assert_int_equal(record->target->types.n_items, 2);
    uris[1] = text[1];
    scopes.uris.n_items = WSD_MAX_SCOPES + 2;
    types.n_items = WSD_MAX_TYPES + 2;
    assert_int_equal(wsd__targets_merge(&targets, &match, &heard, 1, 0, &record), 0);
    assert_int_equal(record->target->scopes.n_items, WSD_MAX_SCOPES);
    assert_string_equal(record->target->scopes.items[WSD_MAX_SCOPES - 1], text[WSD_MAX_SCOPES - 1]);
    assert_int_equal(record->target->types.n_items, WSD_MAX_TYPES);
    wsd__targets_free(&targets);
    wsd_context_free(context);
}

static void test_refused_addresses_are_kept_once_and_bounded(void **state)
{
    char text[WSD_MAX_XADDRS][40];
    const char *urls[WSD_MAX_XADDRS], *one = "http://198.51.100.1/more";
    struct wsd_context *context = make_context(false);
    struct wsd__targets targets;
    struct wsd__record *record = NULL;
    (void)state;
    assert_int_equal(wsd__targets_init(&targets, context, false), 0);
    for (size_t i = 0; i < WSD_MAX_XADDRS; i++) {
        snprintf(text[i], sizeof text[i], "http://198.51.100.1/%zu", i);
        urls[i] = text[i];
    }
    merge(&targets, "192.168.1.5", urls, 1);
    record = merge(&targets, "192.168.1.5", urls, 1);
    assert_int_equal(record->target->refused.n_items, 1);
    merge(&targets, "192.168.1.5", urls, WSD_MAX_XADDRS);
    record = merge(&targets, "192.168.1.5", &one, 1);
    assert_int_equal(record->target->refused.n_items, WSD_MAX_XADDRS);
    assert_string_equal(record->target->refused.items[WSD_MAX_XADDRS - 1],
                        urls[WSD_MAX_XADDRS - 1]);
    wsd__targets_free(&targets);
    wsd_context_free(context);
}

static void test_search_of_one_target_takes_no_second(void **state)
{
    struct wsd_context *context = make_context(false);
    struct wsd__heard heard = heard_from("192.168.1.5");
    static char far[WSD_MAX_URI + 2];
    struct wsd__targets targets;
    struct wsd__record *record = NULL;
    struct wsd_target_message match = {.endpoint.address = "urn:a"};
    (void)state;
    memset(far, 'u', sizeof far - 1);
    assert_int_equal(wsd__targets_init(&targets, context, true), 0);
    assert_int_equal(wsd__targets_merge(&targets, &match, &heard, 1, 0, &record), 0);
    assert_non_null(record);
    for (int i = 0; i < 3; i++) {
        match.endpoint.address = i == 0 ? NULL : i == 1 ? " " : far;
        assert_int_equal(wsd__targets_merge(&targets, &match, &heard, 1, 0, &record), 0);
        assert_null(record);
    }
    match.endpoint.address = "urn:b";
    assert_int_equal(wsd__targets_merge(&targets, &match, &heard, 1, 0, &record), WSD_E_LIMIT);
    assert_int_equal(targets.n_records, 1);
    assert_string_equal(targets.records[0]->target->endpoint, "urn:a");
    wsd__targets_free(&targets);
    wsd_context_free(context);
}

static void test_sender_is_answered_only_from_our_links(void **state)
{
    static const struct {
        const char *peer;
        uint16_t port;
        unsigned interface;
        bool off_link, answered;
    } rows[] = {
        {"192.168.1.5", 50000, 2, false, true},    {"10.0.0.1", 50000, 2, false, false},
        {"10.0.0.1", 50000, 2, true, true},        {"fe80::5", 50000, 2, false, true},
        {"2001:db8:2::5", 50000, 2, false, false}, {"192.168.1.5", 19, 2, false, false},
        {"192.168.1.5", 1900, 2, true, false},     {"127.0.0.1", 50000, 2, true, false},
        {"239.255.255.250", 5000, 2, true, false}, {"192.168.1.5", 50000, 3, true, false},
        {"192.168.1.10", 3702, 2, false, false},   {"192.168.1.10", 50000, 2, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd__datagram datagram = {.bytes = "", .interface = rows[i].interface};
        heard_from("192.168.1.5");
        datagram.peer = address(rows[i].peer);
        datagram.peer_port = rows[i].port;
        if ((wsd__guard_sender(&interfaces, &datagram, rows[i].off_link) == NULL) !=
            rows[i].answered) {
            fail_msg("%s port %u on %u", rows[i].peer, rows[i].port, rows[i].interface);
        }
    }
}

static void test_same_request_on_another_interface_is_new(void **state)
{
    static struct wsd__guard guard;
    struct wsd__datagram datagram = {.interface = 2, .peer = address("192.168.1.5")};
    (void)state;
    assert_false(wsd__guard_seen(&guard, &datagram, "urn:1", 0));
    assert_true(wsd__guard_seen(&guard, &datagram, "urn:1", 9999));
    datagram.interface = 3;
    assert_false(wsd__guard_seen(&guard, &datagram, "urn:1", 9999));
    datagram.peer = address("fe80::5");
    assert_false(wsd__guard_seen(&guard, &datagram, "urn:1", 9999));
}

static void test_virtual_interfaces_are_left_out_by_name(void **state)
{
    (void)state;
    assert_true(wsd__interface_is_virtual("docker0"));
    assert_true(wsd__interface_is_virtual("br-0a1b"));
    assert_true(wsd__interface_is_virtual("tailscale0"));
    assert_false(wsd__interface_is_virtual("br0"));
    assert_false(wsd__interface_is_virtual("enp3s0"));
    assert_true(wsd__interface_matches("eth*", "eth1"));
    assert_false(wsd__interface_matches("eth", "eth1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xaddr_is_judged_and_repaired),
        cmocka_unit_test(test_zone_of_a_judged_address_is_ours),
        cmocka_unit_test(test_foreign_address_is_taken_where_allowed),
        cmocka_unit_test(test_without_a_sender_nothing_is_made_up),
        cmocka_unit_test(test_url_over_the_limit_is_skipped),
        cmocka_unit_test(test_addresses_are_ordered_by_reachability),
        cmocka_unit_test(test_stranger_who_answers_for_a_target_comes_last),
        cmocka_unit_test(test_addresses_are_bounded),
        cmocka_unit_test(test_types_and_scopes_add_up_within_their_bounds),
        cmocka_unit_test(test_refused_addresses_are_kept_once_and_bounded),
        cmocka_unit_test(test_search_of_one_target_takes_no_second),
        cmocka_unit_test(test_sender_is_answered_only_from_our_links),
        cmocka_unit_test(test_same_request_on_another_interface_is_new),
        cmocka_unit_test(test_virtual_interfaces_are_left_out_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
