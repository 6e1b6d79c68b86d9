/* SPDX-License-Identifier: MIT */
/* Announcements of a peer socket on loopback, and which of them a program is told. */
#include "support.h"

#include <errno.h>

#include <wsd/watch.h>

#include "core/limits.h"
#include "core/netwatch.h"
#include "discovery/order.h"

#define GROUP "239.255.255.250"
#define EPR   "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9"
#define ID(n) "urn:uuid:00000000-0000-4000-8000-0000000000" n
#define SEQUENCE(instance, number)                                                                 \
    "<wsd:AppSequence InstanceId=\"" instance "\" MessageNumber=\"" number "\"/>"
#define SEQUENCE_OF(instance, id, number)                                                          \
    "<wsd:AppSequence InstanceId=\"" instance "\" SequenceId=\"" id "\" MessageNumber=\"" number   \
    "\"/>"
#define EPR_OF(epr)                                                                                \
    "<wsa:EndpointReference><wsa:Address>" epr "</wsa:Address></wsa:EndpointReference>"
#define HELLO_OF(epr, n, header, more)                                                             \
    ENVELOPE("Hello", ID(n), header,                                                               \
             "<wsd:Hello>" EPR_OF(epr) more "<wsd:MetadataVersion>1</wsd:MetadataVersion>"         \
                                            "</wsd:Hello>")
#define HELLO(n, header, more) HELLO_OF(EPR, n, header, more)
#define BYE(n, header)         ENVELOPE("Bye", ID(n), header, "<wsd:Bye>" EPR_OF(EPR) "</wsd:Bye>")
#define XADDRS(list)           "<wsd:XAddrs>" list "</wsd:XAddrs>"
#define TYPES(list)            "<wsd:Types>" list "</wsd:Types>"

static struct wsd_context *context;
static struct wsd_listener *listener;
static int peer;
static unsigned n_heard;
static bool free_inside;
static struct {
    enum wsd_announcement_kind kind;
    char endpoint[128], xaddrs[256], interface[IF_NAMESIZE];
    size_t n_xaddrs, n_types;
    uint32_t instance, number;
    bool oasis, has_sequence;
} last;

static void announced(void *user, const struct wsd_announcement *announcement)
{
    const struct wsd_target *target = announcement->target;
    assert_ptr_equal(user, &last);
    n_heard++;
    last.kind = announcement->kind;
    snprintf(last.endpoint, sizeof last.endpoint, "%s", target->endpoint);
    snprintf(last.interface, sizeof last.interface, "%s", target->interface_);
    last.xaddrs[0] = '\0';
    for (size_t i = 0; i < target->xaddrs.n_items; i++) {
        strncat(last.xaddrs, target->xaddrs.items[i], sizeof last.xaddrs - 1 - strlen(last.xaddrs));
        strncat(last.xaddrs, " ", sizeof last.xaddrs - 1 - strlen(last.xaddrs));
    }
    last.n_xaddrs = target->xaddrs.n_items;
    last.n_types = target->types.n_items;
    last.instance = target->instance_id;
    last.oasis = announcement->oasis;
    last.has_sequence = announcement->sequence != NULL;
    last.number = last.has_sequence ? announcement->sequence->message_number : 0;
    assert_non_null(announcement->header);
    if (free_inside) {
        wsd_listener_free(listener);
        listener = NULL;
    }
}

static void start_for(const struct wsd_qname *types, size_t n_types)
{
    struct wsd_listen_options options = WSD_LISTEN_OPTIONS_INIT;
    context = make_context(false);
    options.announcement = announced;
    options.user = &last;
    options.types = types;
    options.n_types = n_types;
    assert_int_equal(wsd_listen_multicast_announcements(context, &options, &listener, NULL), 0);
    peer = open_peer(0, false);
    n_heard = 0;
    free_inside = false;
}

static void start(void)
{
    start_for(NULL, 0);
}

static void stop(void)
{
    close(peer);
    wsd_listener_free(listener);
    wsd_context_free(context);
    listener = NULL;
}

/* How often a message to the group is told. */
static unsigned told(const char *text)
{
    unsigned before = n_heard;
    send_to(peer, GROUP, 3702, text);
    turn(context);
    return n_heard - before;
}

static void test_hello_is_told_with_what_it_says(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"),
                                TYPES("wsdp:Device wscn:ScanDeviceType")
                                    XADDRS("http://203.0.113.9/a http://127.0.0.1:80/b"))),
                     1);
    assert_int_equal(last.kind, WSD_ANNOUNCEMENT_HELLO);
    assert_string_equal(last.endpoint, EPR);
    assert_string_equal(last.xaddrs, "http://127.0.0.1:80/b "); /* the other is not on our link */
    assert_string_equal(last.interface, "lo");
    assert_int_equal(last.n_types, 2);
    assert_int_equal(last.instance, 7);
    assert_int_equal(last.number, 3);
    assert_false(last.oasis);
    stop();
}

static void test_hello_without_addresses_is_told_as_it_is(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"), "")), 1);
    assert_int_equal(last.n_xaddrs, 0);
    assert_int_equal(last.n_types, 0);
    stop();
}

static void test_bye_is_told_with_the_endpoint_alone(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(BYE("01", SEQUENCE("7", "3"))), 1);
    assert_int_equal(last.kind, WSD_ANNOUNCEMENT_BYE);
    assert_string_equal(last.endpoint, EPR);
    stop();
}

static void test_both_editions_are_heard(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(
        told("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
             "xmlns:a=\"http://www.w3.org/2005/08/addressing\" "
             "xmlns:d=\"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01\"><s:Header>"
             "<a:Action>http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Hello</a:Action>"
             "<a:MessageID>" ID(
                 "01") "</a:MessageID><d:AppSequence InstanceId=\"2\" "
                       "MessageNumber=\"1\"/></"
                       "s:Header><s:Body><d:Hello><a:EndpointReference><a:Address>" EPR
                       "</a:Address></a:EndpointReference><d:MetadataVersion>1</d:MetadataVersion>"
                       "</d:Hello></s:Body></s:Envelope>"),
        1);
    assert_true(last.oasis);
    assert_int_equal(last.instance, 2);
    stop();
}

static void test_repeats_are_told_once(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"), "")), 1);
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"), "")), 0);
    pass_time(context, 400);
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"), "")), 0);
    assert_int_equal(told(BYE("02", SEQUENCE("7", "4"))), 1);
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"), "")), 0); /* overtaken by the Bye */
    assert_int_equal(wsd_listener_n_dropped(listener), 0);          /* repeats are nothing wrong */
    pass_time(context, 60000);
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "3"), "")), 0);
    assert_int_equal(wsd_listener_n_dropped(listener), 1);
    stop();
}

static void test_lower_message_number_is_dropped(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(BYE("01", SEQUENCE("7", "5"))), 1);
    assert_int_equal(told(HELLO("02", SEQUENCE("7", "4"), "")), 0);
    assert_int_equal(told(HELLO("03", SEQUENCE("7", "5"), "")), 0);
    assert_int_equal(wsd_listener_n_dropped(listener), 2);
    assert_int_equal(told(HELLO("04", SEQUENCE("7", "6"), "")), 1);
    stop();
}

static void test_higher_instance_is_a_reboot(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "5"), "")), 1);
    assert_int_equal(last.kind, WSD_ANNOUNCEMENT_HELLO);
    assert_int_equal(told(HELLO("02", SEQUENCE("8", "1"), "")), 1);
    assert_int_equal(last.kind, WSD_ANNOUNCEMENT_REBOOT);
    assert_int_equal(told(HELLO("03", SEQUENCE("8", "2"), "")), 1);
    assert_int_equal(last.kind, WSD_ANNOUNCEMENT_HELLO);
    stop();
}

static void test_hello_of_a_lower_instance_is_dropped(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "5"), "")), 1);
    assert_int_equal(told(HELLO("02", SEQUENCE("6", "9"), "")), 0);
    assert_int_equal(told(BYE("03", SEQUENCE("6", "10"))), 0);
    assert_int_equal(wsd_listener_n_dropped(listener), 2);
    stop();
}

/* wsdd opens a sequence for each message. */
static void test_another_sequence_of_the_instance_has_no_order(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE_OF("7", "urn:uuid:a", "5"), "")), 1);
    assert_int_equal(told(HELLO("02", SEQUENCE_OF("7", "urn:uuid:b", "5"), "")), 1);
    assert_int_equal(told(HELLO("03", SEQUENCE_OF("7", "urn:uuid:b", "4"), "")), 0);
    assert_int_equal(told(BYE("04", SEQUENCE("7", "1"))), 1);
    stop();
}

/* wsdd on two links and both families: a Hello of its own by each, and repeats behind the Bye. */
static void test_repeats_behind_the_bye_are_no_news(void **state)
{
    NEED_NAMESPACE(state);
    static const char *const hellos[] = {
        HELLO("01", SEQUENCE_OF("7", "urn:uuid:a", "1"), ""),
        HELLO("02", SEQUENCE_OF("7", "urn:uuid:b", "2"), ""),
        HELLO("03", SEQUENCE_OF("7", "urn:uuid:c", "3"), ""),
        HELLO("04", SEQUENCE_OF("7", "urn:uuid:d", "4"), ""),
    };
    start();
    for (int i = 0; i < 4; i++) {
        assert_int_equal(told(hellos[i]), 1);
    }
    assert_int_equal(told(BYE("05", SEQUENCE_OF("7", "urn:uuid:e", "5"))), 1);
    assert_int_equal(told(BYE("06", SEQUENCE_OF("7", "urn:uuid:f", "6"))), 1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(told(hellos[i]), 0);
    }
    stop();
}

static void test_without_a_sequence_arrival_is_the_order(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", "", "")), 1);
    assert_false(last.has_sequence);
    assert_int_equal(told(HELLO("01", "", "")), 0);
    assert_int_equal(told(BYE("02", "")), 1);
    assert_int_equal(told(HELLO("03", "", "")), 1);
    assert_int_equal(told(HELLO("04", SEQUENCE("7", "1"), "")), 1);
    assert_int_equal(told(HELLO("05", "", "")), 1);
    assert_int_equal(wsd_listener_n_dropped(listener), 0);
    stop();
}

static void test_endpoints_have_their_own_order(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "5"), "")), 1);
    assert_int_equal(told(HELLO_OF("http://example.org/other", "01", SEQUENCE("6", "1"), "")), 1);
    /* The same one in another spelling. */
    assert_int_equal(
        told(HELLO_OF("uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E9", "02", SEQUENCE("6", "9"), "")),
        0);
    stop();
}

static void test_what_is_no_announcement_is_counted(void **state)
{
    NEED_NAMESPACE(state);
    start();
    assert_int_equal(told("<:/>"), 0);
    assert_int_equal(told("<!DOCTYPE a><a/>"), 0);
    assert_int_equal(told(ENVELOPE("Probe", ID("01"), "", "<wsd:Probe/>")), 0);
    assert_int_equal(told(ENVELOPE("Bye", ID("02"), "", "<wsd:Hello>" EPR_OF(EPR) "</wsd:Hello>")),
                     0);
    assert_int_equal(told(HELLO_OF("", "03", "", "")), 0);
    assert_int_equal(told(HELLO("04", "<wsa:RelatesTo>" ID("05") "</wsa:RelatesTo>", "")), 0);
    assert_int_equal(told(HELLO("06", "<x:y xmlns:x=\"urn:x\" soap:mustUnderstand=\"true\"/>", "")),
                     0);
    assert_int_equal(wsd_listener_n_dropped(listener), 7);
    assert_int_equal(told(HELLO("07", "", "")), 1);
    stop();
}

/* One of old firmware is told by its bytes, to tell its repeats. */
static void test_announcement_without_message_id_is_told_once(void **state)
{
    NEED_NAMESPACE(state);
    static char text[4096];
    static const char *const ids[] = {"", "<wsa:MessageID></wsa:MessageID>"};
    start();
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s", HELLO_OF("http://example.org/a", "01", "", ""));
        char *id = strstr(text, "<wsa:MessageID>"), *end = strstr(text, "</wsa:MessageID>");
        char rest[4096];
        snprintf(rest, sizeof rest, "%s%s", ids[i], end + strlen("</wsa:MessageID>"));
        strcpy(id, rest);
        assert_int_equal(told(text), 1);
        assert_int_equal(told(text), 0);
    }
    stop();
}

static void test_datagram_over_the_limit_is_no_announcement(void **state)
{
    NEED_NAMESPACE(state);
    static char text[40000];
    start();
    memset(text, ' ', sizeof text - 1);
    memcpy(text, HELLO("01", "", ""), strlen(HELLO("01", "", "")));
    assert_int_equal(told(text), 0);
    assert_int_equal(wsd_listener_n_dropped(listener), 1);
    stop();
}

static void test_only_wanted_types_are_told(void **state)
{
    NEED_NAMESPACE(state);
    static const struct wsd_qname types[] = {{WSD_NS_DEVPROF, "Device", NULL},
                                             {WSD_NS_SCAN, "ScanDeviceType", NULL}};
    start_for(types, 2);
    assert_int_equal(told(HELLO("01", "", TYPES("wsdp:Device"))), 0);
    assert_int_equal(told(HELLO("02", "", TYPES("wscn:ScanDeviceType wsdp:Device"))), 1);
    assert_int_equal(told(HELLO("03", "", "")), 1); /* as far as announced */
    assert_int_equal(told(BYE("04", "")), 1);
    stop();
}

static void test_freeing_inside_the_callback(void **state)
{
    NEED_NAMESPACE(state);
    start();
    free_inside = true;
    send_to(peer, GROUP, 3702, HELLO("01", "", XADDRS("http://127.0.0.1/")));
    send_to(peer, GROUP, 3702, HELLO("02", "", ""));
    turn(context);
    assert_int_equal(n_heard, 1);
    stop();
}

static void test_other_programs_on_the_port_still_hear(void **state)
{
    NEED_NAMESPACE(state);
    int before = open_peer(3702, true);
    start();
    int after = open_peer(3702, true);
    assert_int_equal(told(HELLO("01", "", "")), 1);
    assert_int_equal(count_datagrams(before), 1);
    assert_int_equal(count_datagrams(after), 1);
    close(before);
    close(after);
    stop();
}

static void test_interface_that_comes_later_is_heard(void **state)
{
    NEED_NAMESPACE(state);
    start();
    make_link("net0", 0xc0000201);
    int other = open_peer_on("net0", 0xc0000201, 0, false);
    send_to(other, GROUP, 3702, HELLO("01", "", ""));
    turn(context);
    assert_int_equal(n_heard, 0); /* not joined before the system has told */
    pass_time(context, 2000);
    send_to(other, GROUP, 3702, HELLO("02", "", XADDRS("http://192.0.2.7/")));
    turn(context);
    assert_int_equal(n_heard, 1);
    assert_string_equal(last.interface, "net0");
    assert_string_equal(last.xaddrs, "http://192.0.2.7/ ");
    remove_link("net0");
    turn(context);
    pass_time(context, 2000);
    assert_int_equal(told(HELLO("03", "", "")), 1); /* loopback was kept */
    assert_string_equal(last.interface, "lo");
    close(other);
    stop();
}

static void test_copies_of_several_interfaces_are_told_once(void **state)
{
    NEED_NAMESPACE(state);
    make_link("net0", 0xc0000201);
    start();
    int other = open_peer_on("net0", 0xc0000201, 0, false);
    assert_int_equal(told(HELLO("01", SEQUENCE("7", "1"), XADDRS("http://127.0.0.1/"))), 1);
    send_to(other, GROUP, 3702, HELLO("01", SEQUENCE("7", "1"), XADDRS("http://192.0.2.1/")));
    turn(context);
    assert_int_equal(n_heard, 1);
    assert_int_equal(wsd_listener_n_dropped(listener), 0);
    close(other);
    stop();
    remove_link("net0");
}

static void test_options_are_checked(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_listen_options options = WSD_LISTEN_OPTIONS_INIT;
    struct wsd_qname nameless = {WSD_NS_SCAN, "", NULL};
    context = make_context(false);
    assert_int_equal(wsd_listen_multicast_announcements(context, NULL, &listener, NULL),
                     WSD_E_INVALID);
    assert_int_equal(wsd_listen_multicast_announcements(context, &options, &listener, NULL),
                     WSD_E_INVALID);
    options.announcement = announced;
    options.types = &nameless;
    options.n_types = 1;
    assert_int_equal(wsd_listen_multicast_announcements(context, &options, &listener, NULL),
                     WSD_E_INVALID);
    options.n_types = 1000;
    assert_int_equal(wsd_listen_multicast_announcements(context, &options, &listener, NULL),
                     WSD_E_INVALID);
    wsd_listener_free(NULL);
    wsd_context_free(context);
}

static int refuse_socket(void *user, int family, int type, int protocol)
{
    (void)user, (void)family, (void)type, (void)protocol;
    errno = EPERM;
    return -1;
}

static void test_without_any_socket_it_fails(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_listen_options options = WSD_LISTEN_OPTIONS_INIT;
    struct wsd_context_options own = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_error error = {0};
    own.allow_loopback = true;
    own.open_socket = refuse_socket;
    assert_int_equal(wsd_context_new(&own, &context, NULL), 0);
    options.announcement = announced;
    assert_int_equal(wsd_listen_multicast_announcements(context, &options, &listener, &error),
                     WSD_E_NETWORK);
    assert_non_null(strstr(error.message, "interface"));
    wsd_context_free(context);
}

/* -- the order's memory ----------------------------------------------------------------------- */

static int judge(struct wsd__order *order, unsigned endpoint, uint32_t instance, uint32_t number)
{
    char name[40], id[40];
    struct wsd_app_sequence sequence = {.instance_id = instance, .message_number = number};
    struct wsd_soap_header header = {.message_id = id, .app_sequence = &sequence};
    snprintf(name, sizeof name, "http://example.org/%u", endpoint);
    snprintf(id, sizeof id, "urn:x:%u:%u", (unsigned)instance, (unsigned)number);
    return wsd__order_judge(order, name, &header, "", 0, clock_now);
}

static void test_who_was_silent_longest_is_forgotten(void **state)
{
    (void)state;
    struct wsd__order order = {.seed = 42};
    for (unsigned i = 0; i < WSD_MAX_SPEAKERS; i++) {
        assert_int_equal(judge(&order, i, 5, 1), WSD__VERDICT_NEW);
    }
    assert_int_equal(order.n_speakers, WSD_MAX_SPEAKERS);
    assert_int_equal(judge(&order, 0, 4, 1), WSD__VERDICT_OLD); /* heard of again: kept */
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(judge(&order, WSD_MAX_SPEAKERS + i, 5, 1), WSD__VERDICT_NEW);
    }
    assert_int_equal(order.n_speakers, WSD_MAX_SPEAKERS);
    assert_int_equal(order.table.n_values, WSD_MAX_SPEAKERS);
    assert_int_equal(judge(&order, 0, 4, 2), WSD__VERDICT_OLD);
    for (unsigned i = 101; i < WSD_MAX_SPEAKERS + 100; i++) { /* all others are still known */
        assert_int_equal(judge(&order, i, 4, 2), WSD__VERDICT_OLD);
    }
    assert_int_equal(judge(&order, 1, 4, 2), WSD__VERDICT_NEW); /* forgotten */
    wsd__order_free(&order);
}

static void test_table_keeps_its_values_whatever_is_taken_out(void **state)
{
    (void)state;
    static char values[512];
    struct wsd__table table = {0};
    bool in[512] = {0};
    unsigned seed = 7;
    for (unsigned step = 0; step < 20000; step++) {
        seed = seed * 1103515245u + 12345u;
        size_t i = seed >> 16 & 511;
        uint64_t hash = i % 61; /* many share one */
        if (in[i]) {
            wsd__table_remove(&table, hash, &values[i]);
        } else {
            assert_int_equal(wsd__table_add(&table, hash, &values[i]), 0);
        }
        in[i] = !in[i];
        for (size_t j = step % 7; j < 512; j += 7) {
            size_t cursor = 0;
            const void *value;
            while ((value = wsd__table_next(&table, j % 61, &cursor)) != NULL &&
                   value != &values[j]) {
            }
            assert_int_equal(value != NULL, in[j]);
        }
    }
    wsd__table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_is_told_with_what_it_says),
        cmocka_unit_test(test_hello_without_addresses_is_told_as_it_is),
        cmocka_unit_test(test_bye_is_told_with_the_endpoint_alone),
        cmocka_unit_test(test_both_editions_are_heard),
        cmocka_unit_test(test_repeats_are_told_once),
        cmocka_unit_test(test_lower_message_number_is_dropped),
        cmocka_unit_test(test_higher_instance_is_a_reboot),
        cmocka_unit_test(test_hello_of_a_lower_instance_is_dropped),
        cmocka_unit_test(test_another_sequence_of_the_instance_has_no_order),
        cmocka_unit_test(test_repeats_behind_the_bye_are_no_news),
        cmocka_unit_test(test_without_a_sequence_arrival_is_the_order),
        cmocka_unit_test(test_endpoints_have_their_own_order),
        cmocka_unit_test(test_what_is_no_announcement_is_counted),
        cmocka_unit_test(test_announcement_without_message_id_is_told_once),
        cmocka_unit_test(test_datagram_over_the_limit_is_no_announcement),
        cmocka_unit_test(test_only_wanted_types_are_told),
        cmocka_unit_test(test_freeing_inside_the_callback),
        cmocka_unit_test(test_other_programs_on_the_port_still_hear),
        cmocka_unit_test(test_interface_that_comes_later_is_heard),
        cmocka_unit_test(test_copies_of_several_interfaces_are_told_once),
        cmocka_unit_test(test_options_are_checked),
        cmocka_unit_test(test_without_any_socket_it_fails),
        cmocka_unit_test(test_who_was_silent_longest_is_forgotten),
        cmocka_unit_test(test_table_keeps_its_values_whatever_is_taken_out),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
