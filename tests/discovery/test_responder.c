/* SPDX-License-Identifier: MIT */
/* The device's side against a peer socket on loopback: what is answered, when, and what is not. */
#include "soap/udp.h"
#include "support.h"

#include "core/limits.h"
#include "discovery/target.h"

#define ID(n)   "urn:uuid:00000000-0000-4000-8000-0000000000" n
#define EPR     "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9"
#define NS_2009 "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01"
#define GROUP   "239.255.255.250"
#define PROBE(n, types, scopes)                                                                    \
    ENVELOPE("Probe", ID(n), "", "<wsd:Probe>" types scopes "</wsd:Probe>")
#define RESOLVE(n, epr)                                                                            \
    ENVELOPE("Resolve", ID(n), "",                                                                 \
             "<wsd:Resolve><wsa:EndpointReference><wsa:Address>" epr                               \
             "</wsa:Address></wsa:EndpointReference></wsd:Resolve>")

static struct wsd_context *context;
static struct wsd__responder *responder;
static struct wsd__target *target;
static int peer;

static int xaddr(void *user, const struct sockaddr *local, char *url, size_t size)
{
    char host[64];
    struct sockaddr_in in;
    (void)user;
    memcpy(&in, local, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    snprintf(url, size, "http://%s:5357/device", host);
    return 0;
}

static void start(const struct wsd__responder_options *options)
{
    static const struct wsd_qname types[] = {
        {WSD_NS_DEVPROF, "Device", "wsdp"},
        {WSD_NS_SCAN, "ScanDeviceType", "wscn"},
    };
    static const char *const scopes[] = {"http://example.org/Floor/1"};
    struct wsd__target_description description = {
        .endpoint = EPR,
        .types = {types, 2},
        .scopes = {scopes, 1},
        .metadata_version = 7,
        .instance_id = 42,
        .xaddr = xaddr,
    };
    context = make_context(false);
    assert_int_equal(wsd__responder_new(context, options, &responder, NULL), 0);
    assert_int_equal(wsd__target_add(responder, &description, &target, NULL), 0);
    peer = open_peer(0, false);
}

static void stop(void)
{
    close(peer);
    wsd__responder_free(responder);
    wsd_context_free(context);
}

static void start_at_once(void)
{
    struct wsd__responder_options options = {.max_answer_delay = UINT32_MAX};
    start(&options);
}

enum { SENT = 1 + WSD__UNICAST_UDP_REPEAT }; /* times that each answer comes */

/* How many datagrams a message to the group brings, repeats included; the first is kept. */
static char first[8192];
static unsigned answers_to(const char *text)
{
    unsigned count = 0;
    const char *answer;
    first[0] = '\0';
    send_to(peer, GROUP, 3702, text);
    pass_time(context, 3000);
    while ((answer = receive_text(peer, NULL)) != NULL) {
        if (count++ == 0) {
            snprintf(first, sizeof first, "%.8191s", answer);
        }
    }
    return count;
}

static void test_probe_without_types_is_answered(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(PROBE("01", "", "")), SENT);
    assert_non_null(strstr(first, "wsdp:Device wscn:ScanDeviceType"));
    assert_non_null(strstr(first, "<wsd:XAddrs>http://127.0.0.1:5357/device</wsd:XAddrs>"));
    assert_non_null(strstr(first, ">" ID("01") "</wsa:RelatesTo>"));
    assert_non_null(strstr(first, "<wsd:MetadataVersion>7</wsd:MetadataVersion>"));
    assert_non_null(strstr(first, "InstanceId=\"42\""));
    assert_true(strlen(first) < 4096);
    stop();
}

static void test_each_type_of_the_target_is_answered(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(PROBE("01", "<wsd:Types>wsdp:Device</wsd:Types>", "")), SENT);
    assert_int_equal(answers_to(PROBE("02", "<wsd:Types>wscn:ScanDeviceType</wsd:Types>", "")),
                     SENT);
    stop();
}

static void test_foreign_type_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(PROBE("01", "<wsd:Types>wscn:Teapot</wsd:Types>", "")), 0);
    assert_int_equal(answers_to(PROBE("02", "<wsd:Types>wsdp:Device wscn:Teapot</wsd:Types>", "")),
                     0);
    stop();
}

static void test_scope_of_other_letter_case_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(
        answers_to(PROBE("01", "", "<wsd:Scopes>http://example.org/Floor/1</wsd:Scopes>")), SENT);
    assert_int_equal(
        answers_to(PROBE("02", "", "<wsd:Scopes>http://example.org/floor/1</wsd:Scopes>")), 0);
    stop();
}

static void test_unknown_matching_rule_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(
        answers_to(PROBE("01", "", "<wsd:Scopes MatchBy=\"urn:no\">http://a/</wsd:Scopes>")), 0);
    stop();
}

static void test_resolve_of_own_endpoint_is_answered_at_once(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__responder_options options = {0};
    start(&options);
    send_to(peer, GROUP, 3702, RESOLVE("01", EPR));
    turn(context);
    const char *answer = receive_text(peer, NULL);
    assert_non_null(answer);
    assert_non_null(strstr(answer, "ResolveMatches"));
    assert_non_null(strstr(answer, "http://127.0.0.1:5357/device"));
    stop();
}

static void test_resolve_of_nil_uuid_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(RESOLVE("01", "urn:uuid:00000000-0000-0000-0000-000000000000")), 0);
    stop();
}

static void test_malformed_and_unknown_get_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to("<:/>"), 0);
    assert_int_equal(answers_to("not XML"), 0);
    assert_int_equal(answers_to("<!DOCTYPE a><a/>"), 0);
    assert_int_equal(answers_to(ENVELOPE("Teapot", ID("01"), "", "<wsd:Probe/>")), 0);
    assert_int_equal(answers_to(ENVELOPE("Hello", ID("02"), "", "<wsd:Probe/>")), 0);
    assert_int_equal(answers_to(ENVELOPE("Probe", ID("03"), "",
                                         "<wsd:Probe/><wsd:Bye>"
                                         "<wsa:EndpointReference><wsa:Address>urn:a</wsa:Address>"
                                         "</wsa:EndpointReference></wsd:Bye>")),
                     0);
    assert_int_equal(wsd__responder_n_dropped(responder), 6);
    stop();
}

static void test_action_that_is_none_of_discovery_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    char text[4096], *action;
    start_at_once();
    snprintf(text, sizeof text, "%s", PROBE("01", "", ""));
    action = strstr(text, "<wsa:Action>") + strlen("<wsa:Action>");
    memcpy(action, "httpx", 5); /* of another namespace */
    assert_int_equal(answers_to(text), 0);
    for (; *action != '<'; action++) {
        *action = *action == '/' ? '_' : *action;
    }
    assert_int_equal(answers_to(text), 0);
    assert_int_equal(wsd__responder_n_dropped(responder), 2);
    stop();
}

static void test_reply_to_somebody_else_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(ENVELOPE("Probe", ID("01"),
                                         "<wsa:ReplyTo><wsa:Address>soap.udp://192.0.2.1:9"
                                         "</wsa:Address></wsa:ReplyTo>",
                                         "<wsd:Probe/>")),
                     0);
    stop();
}

static void test_reply_to_nobody_in_particular_is_answered(void **state)
{
    NEED_NAMESPACE(state);
#define ANONYMOUS(n, scheme)                                                                       \
    ENVELOPE("Probe", ID(n),                                                                       \
             "<wsa:ReplyTo><wsa:Address>" scheme                                                   \
             "://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address>"           \
             "</wsa:ReplyTo>",                                                                     \
             "<wsd:Probe/>")
    start_at_once();
    assert_int_equal(answers_to(ANONYMOUS("01", "http")), SENT);
    assert_int_equal(answers_to(ANONYMOUS("02", "https")), SENT); /* as printed samples have it */
    stop();
}

/* Each target waits for itself; one that goes takes its own answer along and no other. */
static void test_targets_that_wait_are_answered_for_each_on_its_own(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__responder_options options = {.max_answer_delay = 100000}; /* more than there is */
    struct wsd__target *more[4];
    for (size_t gone = 0; gone < 4; gone++) {
        unsigned counts[4] = {0};
        char endpoint[32];
        const char *text;
        start(&options);
        wsd__target_vanish(target);
        for (size_t i = 0; i < 4; i++) {
            struct wsd__target_description description = {.endpoint = endpoint};
            snprintf(endpoint, sizeof endpoint, "urn:more:%zu", i);
            assert_int_equal(wsd__target_add(responder, &description, &more[i], NULL), 0);
        }
        send_to(peer, GROUP, 3702, PROBE("01", "", ""));
        turn(context);
        wsd__target_vanish(more[gone]);
        pass_time(context, WSD__MAX_ANSWER_DELAY + 1000);
        while ((text = receive_text(peer, NULL)) != NULL) {
            for (size_t i = 0; i < 4; i++) {
                snprintf(endpoint, sizeof endpoint, ">urn:more:%zu<", i);
                counts[i] += strstr(text, endpoint) != NULL;
            }
        }
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(counts[i], i == gone ? 0 : SENT);
        }
        stop();
    }
}

static void test_rate_may_be_without_a_limit(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__responder_options options = {
        .max_answer_delay = UINT32_MAX,
        .answers_per_second = UINT32_MAX,
        .answers_per_second_per_peer = UINT32_MAX,
    };
    start(&options);
    for (unsigned i = 10; i < 99; i++) {
        char text[2048];
        snprintf(text, sizeof text, PROBE("%u", "", ""), i);
        send_to(peer, GROUP, 3702, text);
        turn(context);
        assert_non_null(receive_text(peer, NULL));
    }
    stop();
}

/* The place that the question came from may be named, and nothing that begins like it. */
static void test_reply_to_the_asker_itself_is_answered(void **state)
{
    NEED_NAMESPACE(state);
    static const struct {
        const char *suffix;
        bool answered;
    } rows[] = {{"", true}, {"/", true}, {"/x", true}, {"0", false}, {"x", false}};
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    start_at_once();
    send_to(peer, "127.0.0.1", 9, "x"); /* gives the socket its port */
    assert_int_equal(getsockname(peer, (struct sockaddr *)&own, &size), 0);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 ENVELOPE("Probe", ID("0%u"),
                          "<wsa:ReplyTo><wsa:Address>soap.udp://127.0.0.1:%u%s</wsa:Address>"
                          "</wsa:ReplyTo>",
                          "<wsd:Probe/>"),
                 i, (unsigned)ntohs(own.sin_port), rows[i].suffix);
        if (answers_to(text) != (rows[i].answered ? SENT : 0)) {
            fail_msg("\"%s\"", rows[i].suffix);
        }
    }
    stop();
}

static void test_message_id_that_is_none_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    static char id[WSD_MAX_URI + 2], text[8192];
    start_at_once();
    memset(id, 'i', sizeof id - 1);
    snprintf(text, sizeof text, ENVELOPE("Probe", "%s", "", "<wsd:Probe/>"), id);
    assert_int_equal(answers_to(text), 0);
    assert_int_equal(answers_to(ENVELOPE("Probe", "", "", "<wsd:Probe/>")), 0);
    id[WSD_MAX_URI] = '\0';
    snprintf(text, sizeof text, ENVELOPE("Probe", "%s", "", "<wsd:Probe/>"), id);
    assert_int_equal(answers_to(text), SENT);
    stop();
}

static void test_target_of_too_much_is_refused(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__target_description rows[] = {
        {.endpoint = NULL},
        {.endpoint = ""},
        {.endpoint = "urn:a", .types = {NULL, WSD_MAX_TYPES + 1}},
        {.endpoint = "urn:a", .scopes = {NULL, WSD_MAX_SCOPES + 1}},
    };
    struct wsd__target *more = NULL;
    start_at_once();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(wsd__target_add(responder, &rows[i], &more, NULL), WSD_E_INVALID);
    }
    stop();
}

static int no_xaddr(void *user, const struct sockaddr *local, char *url, size_t size)
{
    (void)user, (void)local, (void)url, (void)size;
    return -1;
}

/* Whoever asks has to Resolve it, or to know its address. */
static void test_target_without_types_scopes_and_address_is_answered_for(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__target_description bare = {.endpoint = "urn:bare"};
    struct wsd__target *more = NULL;
    start_at_once();
    for (int i = 0; i < 2; i++) {
        bare.xaddr = i == 0 ? NULL : no_xaddr;
        assert_int_equal(wsd__target_add(responder, &bare, &more, NULL), 0);
        assert_int_equal(answers_to(i == 0 ? RESOLVE("01", "urn:bare") : RESOLVE("02", "urn:bare")),
                         SENT);
        assert_non_null(strstr(first, "<wsa:Address>urn:bare</wsa:Address>"));
        assert_null(strstr(first, "XAddrs"));
        assert_null(strstr(first, "Types"));
        assert_null(strstr(first, "Scopes"));
        wsd__target_remove(more);
    }
    stop();
}

static void test_header_to_be_understood_gets_silence(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(
        answers_to(ENVELOPE("Probe", ID("01"),
                            "<x:Secret xmlns:x=\"urn:x\" soap:mustUnderstand=\"true\"/>",
                            "<wsd:Probe/>")),
        0);
    stop();
}

static void test_repeat_of_a_request_is_answered_once(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(PROBE("01", "", "")), SENT);
    assert_int_equal(answers_to(PROBE("01", "", "")), 0);
    assert_int_equal(answers_to(PROBE("02", "", "")), SENT);
    pass_time(context, 10000);
    assert_int_equal(answers_to(PROBE("01", "", "")), SENT);
    stop();
}

static void test_message_number_grows_by_message_not_by_repeat(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    answers_to(PROBE("01", "", ""));
    assert_non_null(strstr(first, "MessageNumber=\"1\""));
    answers_to(PROBE("02", "", ""));
    assert_non_null(strstr(first, "MessageNumber=\"2\""));
    stop();
}

static void test_probe_waits_at_most_the_limit(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__responder_options options = {.max_answer_delay = 500};
    start(&options);
    send_to(peer, GROUP, 3702, PROBE("01", "", ""));
    turn(context);
    assert_null(receive_text(peer, NULL));
    pass_time(context, 500);
    assert_non_null(receive_text(peer, NULL));
    stop();
}

static void test_requests_beyond_the_rate_are_dropped(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__responder_options options = {
        .max_answer_delay = UINT32_MAX,
        .answers_per_second_per_peer = 1,
    };
    start(&options);
    send_to(peer, GROUP, 3702, PROBE("01", "", ""));
    send_to(peer, GROUP, 3702, PROBE("02", "", ""));
    send_to(peer, GROUP, 3702, PROBE("03", "", ""));
    turn(context);
    assert_int_equal(count_datagrams(peer), 2);
    stop();
}

static void test_unicast_probe_is_answered_without_wait(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd__responder_options options = {.max_answer_delay = 500};
    start(&options);
    send_to(peer, "127.0.0.1", 3702, PROBE("01", "", ""));
    turn(context);
    uint16_t port = 0;
    assert_non_null(receive_text(peer, &port));
    assert_int_equal(port, 3702);
    stop();
}

/* The bytes between two marks of the first answer. */
static void cut_out(const char *from, const char *to, char *part, size_t size)
{
    const char *begin = strstr(first, from);
    assert_non_null(begin);
    const char *end = strstr(begin, to);
    assert_non_null(end);
    assert_in_range(end - begin, 1, size - 1);
    memcpy(part, begin, (size_t)(end - begin));
    part[end - begin] = '\0';
}

static void test_second_answer_differs_in_its_header_alone(void **state)
{
    NEED_NAMESPACE(state);
    char root[2][1024], body[2][2048];
    start_at_once();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(answers_to(i == 0 ? PROBE("01", "", "") : PROBE("02", "", "")), SENT);
        cut_out("<soap:Envelope", ">", root[i], sizeof root[i]);
        cut_out("<soap:Body", "</soap:Envelope>", body[i], sizeof body[i]);
    }
    assert_string_equal(root[0], root[1]);
    assert_string_equal(body[0], body[1]);
    assert_null(strstr(first, ID("01")));
    assert_non_null(strstr(first, ">" ID("02") "</wsa:RelatesTo>"));
    assert_non_null(strstr(first, "MessageNumber=\"2\""));
    stop();
}

static void test_answer_follows_another_question_and_a_new_version(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(PROBE("01", "", "")), SENT);
    assert_int_equal(answers_to(RESOLVE("02", EPR)), SENT);
    assert_non_null(strstr(first, "<wsd:ResolveMatch>"));
    assert_null(strstr(first, "ProbeMatch"));
    assert_int_equal(answers_to(PROBE("03", "", "")), SENT);
    assert_non_null(strstr(first, "<wsd:ProbeMatch>"));
    assert_int_equal(wsd__target_changed(target, 8, NULL), 0);
    assert_int_equal(answers_to(PROBE("04", "", "")), SENT);
    assert_non_null(strstr(first, "<wsd:MetadataVersion>8</wsd:MetadataVersion>"));
    assert_int_equal(wsd__target_restart(target, 4711, NULL), 0);
    assert_int_equal(answers_to(PROBE("05", "", "")), SENT);
    assert_non_null(strstr(first, "InstanceId=\"4711\" MessageNumber=\"1\""));
    stop();
}

static void test_oasis_probe_is_answered_in_its_edition(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    assert_int_equal(answers_to(PROBE("08", "", "")), SENT); /* what is kept is of this edition */
    assert_int_equal(
        answers_to(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
            "xmlns:a=\"http://www.w3.org/2005/08/addressing\" "
            "xmlns:d=\"http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01\"><s:Header>"
            "<a:To>urn:docs-oasis-open-org:ws-dd:ns:discovery:2009:01</a:To><a:Action>"
            "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Probe</a:Action>"
            "<a:MessageID>" ID(
                "09") "</a:MessageID></s:Header><s:Body><d:Probe>"
                      "<d:Types xmlns:dpws=\"http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01\">"
                      "dpws:Device</d:Types></d:Probe></s:Body></s:Envelope>"),
        SENT);
    assert_non_null(strstr(first, "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Probe"));
    assert_non_null(strstr(first, "http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01"));
    assert_non_null(strstr(first, "http://www.w3.org/2005/08/addressing/anonymous"));
    assert_null(strstr(first, "2004/08/addressing"));
    assert_null(strstr(first, "2006/02/devprof"));
    stop();
}

static void test_hello_and_bye_go_to_the_group(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    int listener = open_peer(3702, true);
    assert_int_equal(wsd__target_hello(target, NULL), 0);
    turn(context);
    const char *hello = receive_text(listener, NULL);
    assert_non_null(hello);
    assert_non_null(strstr(hello, "/discovery/Hello"));
    assert_non_null(strstr(hello, "http://127.0.0.1:5357/device"));
    pass_time(context, 2000);
    assert_int_equal(count_datagrams(listener), 2);
    wsd__target_remove(target);
    const char *bye = receive_text(listener, NULL);
    assert_non_null(bye);
    assert_non_null(strstr(bye, "/discovery/Bye"));
    assert_non_null(strstr(bye, EPR));
    close(listener);
    stop();
}

/* A link appears while the responder runs: it is joined, and a Hello is said there. */
static void test_interface_that_comes_later_is_served(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    make_link("net0", 0xc0000201);
    int listener = open_peer_on("net0", 0, 3702, true);
    int asker = open_peer_on("net0", 0xc0000201, 0, false);
    turn(context);
    pass_time(context, 3000);
    const char *hello = receive_text(listener, NULL);
    assert_non_null(hello);
    assert_non_null(strstr(hello, "/discovery/Hello"));
    assert_non_null(strstr(hello, "http://192.0.2.1:5357/device"));
    /* XAddrs are part of what the version counts. */
    assert_non_null(strstr(hello, "<wsd:MetadataVersion>8</wsd:MetadataVersion>"));
    assert_int_equal(count_datagrams(listener), 2);
    send_to(asker, GROUP, 3702, PROBE("01", "", ""));
    pass_time(context, 3000);
    const char *answer = receive_text(asker, NULL);
    assert_non_null(answer);
    assert_non_null(strstr(answer, "http://192.0.2.1:5357/device"));
    remove_link("net0");
    turn(context);
    pass_time(context, 3000);
    assert_int_equal(answers_to(PROBE("02", "", "")), SENT); /* loopback goes on */
    assert_non_null(strstr(first, "<wsd:MetadataVersion>9</wsd:MetadataVersion>"));
    close(listener);
    close(asker);
    stop();
}

/* -- HTTP ------------------------------------------------------------------------------------- */

static void test_restart_says_hello_with_a_higher_instance(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    int listener = open_peer(3702, true);
    assert_int_equal(wsd__target_restart(target, 99999, NULL), 0);
    turn(context);
    const char *hello = receive_text(listener, NULL);
    assert_non_null(hello);
    assert_non_null(strstr(hello, "/discovery/Hello"));
    assert_non_null(strstr(hello, "InstanceId=\"99999\""));
    assert_non_null(strstr(hello, "MessageNumber=\"1\""));
    close(listener);
    stop();
}

static void test_target_that_vanishes_says_no_bye(void **state)
{
    NEED_NAMESPACE(state);
    start_at_once();
    int listener = open_peer(3702, true);
    wsd__target_vanish(target);
    wsd__target_vanish(NULL);
    turn(context);
    pass_time(context, 2000);
    assert_int_equal(count_datagrams(listener), 0);
    close(listener);
    stop();
}

static int ask_http_of(const char *text, struct wsd__responder *of, struct wsd__target *only,
                       struct wsd__buf *out)
{
    extern const struct wsd_type wsd__type_discovery_body;
    const struct wsd__envelope *request = NULL;
    struct sockaddr_in local = {.sin_family = AF_INET};
    local.sin_addr.s_addr = htonl(0xc0000205);
    assert_int_equal(wsd__envelope_decode(context, &wsd__type_discovery_body, text, strlen(text), 0,
                                          &request, NULL),
                     0);
    int status =
        wsd__responder_answer_http(of, request, (struct sockaddr *)&local, only, out, NULL);
    wsd_free(request);
    return status;
}

static int ask_http(const char *text, struct wsd__buf *out)
{
    return ask_http_of(text, responder, target, out);
}

static void test_http_probe_finds_one_target_or_all_up_to_the_limit(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    char endpoint[32];
    size_t count = 0;
    (void)state;
    start(&options);
    for (unsigned i = 0; i < WSD_MAX_MATCHES; i++) {
        struct wsd__target_description more = {.endpoint = endpoint};
        struct wsd__target *ignored;
        snprintf(endpoint, sizeof endpoint, "urn:more:%u", i);
        assert_int_equal(wsd__target_add(responder, &more, &ignored, NULL), 0);
    }
    assert_int_equal(ask_http_of(PROBE("01", "", ""), responder, NULL, &out), 0);
    for (const char *at = out.data; (at = strstr(at, "<wsd:ProbeMatch>")) != NULL; at++) {
        count++;
    }
    assert_int_equal(count, WSD_MAX_MATCHES);
    wsd__buf_clear(&out);
    assert_int_equal(ask_http_of(PROBE("02", "", ""), NULL, target, &out), 0);
    assert_non_null(strstr(out.data, EPR));
    assert_null(strstr(out.data, "urn:more"));
    wsd__buf_clear(&out);
    assert_int_equal(ask_http_of(PROBE("03", "", ""), NULL, NULL, &out), WSD_E_UNSUPPORTED);
    assert_int_equal(
        ask_http(ENVELOPE("Hello", ID("04"), "",
                          "<wsd:Hello><wsa:EndpointReference><wsa:Address>urn:a</wsa:Address>"
                          "</wsa:EndpointReference><wsd:MetadataVersion>1</wsd:MetadataVersion>"
                          "</wsd:Hello>"),
                 &out),
        WSD_E_UNSUPPORTED);
    wsd__buf_free(&out);
    stop();
}

static void test_http_probe_without_any_target_says_nothing_of_a_sequence(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(8192);
    (void)state;
    start(&options);
    wsd__target_remove(target);
    assert_int_equal(ask_http_of(PROBE("01", "", ""), responder, NULL, &out), 0);
    assert_non_null(strstr(out.data, "<wsd:ProbeMatches"));
    assert_null(strstr(out.data, "AppSequence"));
    wsd__buf_free(&out);
    stop();
}

static void test_http_fault_of_2009_lists_the_rules_of_2009(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(8192);
    (void)state;
    start(&options);
    assert_int_equal(
        ask_http("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
                 "xmlns:a=\"http://www.w3.org/2005/08/addressing\" "
                 "xmlns:d=\"" NS_2009 "\"><s:Header><a:Action>" NS_2009 "/Probe</a:Action>"
                 "</s:Header><s:Body><d:Probe><d:Scopes MatchBy=\"urn:no\">urn:a</d:Scopes>"
                 "</d:Probe></s:Body></s:Envelope>",
                 &out),
        1);
    assert_non_null(strstr(out.data, NS_2009 "/none"));
    assert_null(strstr(out.data, NS_2005));
    assert_null(strstr(out.data, "RelatesTo"));
    wsd__buf_free(&out);
    stop();
}

static void test_http_probe_without_match_gets_an_empty_answer(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(8192);
    (void)state;
    start(&options);
    assert_int_equal(ask_http(PROBE("01", "<wsd:Types>wscn:Teapot</wsd:Types>", ""), &out), 0);
    assert_non_null(strstr(out.data, "<wsd:ProbeMatches"));
    assert_null(strstr(out.data, "<wsd:ProbeMatch>"));
    wsd__buf_free(&out);
    stop();
}

static void test_http_probe_names_the_local_address(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(8192);
    (void)state;
    start(&options);
    assert_int_equal(ask_http(PROBE("01", "", ""), &out), 0);
    assert_non_null(strstr(out.data, "http://192.0.2.5:5357/device"));
    assert_non_null(strstr(out.data, "role/anonymous"));
    wsd__buf_free(&out);
    stop();
}

static void test_http_probe_with_unknown_rule_gets_a_fault(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(8192);
    (void)state;
    start(&options);
    assert_int_equal(
        ask_http(PROBE("01", "", "<wsd:Scopes MatchBy=\"urn:no\">http://a/</wsd:Scopes>"), &out),
        1);
    assert_non_null(strstr(out.data, "wsd:MatchingRuleNotSupported"));
    assert_non_null(strstr(out.data, NS_2005 "/strcmp0"));
    wsd__buf_free(&out);
    stop();
}

static void test_http_resolve_of_another_gets_an_empty_answer(void **state)
{
    struct wsd__responder_options options = {.no_network = true};
    struct wsd__buf out = WSD__BUF_INIT(8192);
    (void)state;
    start(&options);
    assert_int_equal(ask_http(RESOLVE("01", "urn:uuid:00000000-0000-0000-0000-000000000000"), &out),
                     0);
    assert_non_null(strstr(out.data, "<wsd:ResolveMatches"));
    assert_null(strstr(out.data, "<wsd:ResolveMatch>"));
    wsd__buf_free(&out);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_without_types_is_answered),
        cmocka_unit_test(test_each_type_of_the_target_is_answered),
        cmocka_unit_test(test_foreign_type_gets_silence),
        cmocka_unit_test(test_scope_of_other_letter_case_gets_silence),
        cmocka_unit_test(test_unknown_matching_rule_gets_silence),
        cmocka_unit_test(test_resolve_of_own_endpoint_is_answered_at_once),
        cmocka_unit_test(test_resolve_of_nil_uuid_gets_silence),
        cmocka_unit_test(test_malformed_and_unknown_get_silence),
        cmocka_unit_test(test_reply_to_somebody_else_gets_silence),
        cmocka_unit_test(test_action_that_is_none_of_discovery_gets_silence),
        cmocka_unit_test(test_reply_to_nobody_in_particular_is_answered),
        cmocka_unit_test(test_targets_that_wait_are_answered_for_each_on_its_own),
        cmocka_unit_test(test_rate_may_be_without_a_limit),
        cmocka_unit_test(test_reply_to_the_asker_itself_is_answered),
        cmocka_unit_test(test_message_id_that_is_none_gets_silence),
        cmocka_unit_test(test_target_of_too_much_is_refused),
        cmocka_unit_test(test_target_without_types_scopes_and_address_is_answered_for),
        cmocka_unit_test(test_header_to_be_understood_gets_silence),
        cmocka_unit_test(test_repeat_of_a_request_is_answered_once),
        cmocka_unit_test(test_message_number_grows_by_message_not_by_repeat),
        cmocka_unit_test(test_probe_waits_at_most_the_limit),
        cmocka_unit_test(test_requests_beyond_the_rate_are_dropped),
        cmocka_unit_test(test_unicast_probe_is_answered_without_wait),
        cmocka_unit_test(test_second_answer_differs_in_its_header_alone),
        cmocka_unit_test(test_answer_follows_another_question_and_a_new_version),
        cmocka_unit_test(test_oasis_probe_is_answered_in_its_edition),
        cmocka_unit_test(test_hello_and_bye_go_to_the_group),
        cmocka_unit_test(test_interface_that_comes_later_is_served),
        cmocka_unit_test(test_restart_says_hello_with_a_higher_instance),
        cmocka_unit_test(test_target_that_vanishes_says_no_bye),
        cmocka_unit_test(test_http_probe_without_match_gets_an_empty_answer),
        cmocka_unit_test(test_http_probe_finds_one_target_or_all_up_to_the_limit),
        cmocka_unit_test(test_http_probe_without_any_target_says_nothing_of_a_sequence),
        cmocka_unit_test(test_http_fault_of_2009_lists_the_rules_of_2009),
        cmocka_unit_test(test_http_probe_names_the_local_address),
        cmocka_unit_test(test_http_probe_with_unknown_rule_gets_a_fault),
        cmocka_unit_test(test_http_resolve_of_another_gets_an_empty_answer),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
