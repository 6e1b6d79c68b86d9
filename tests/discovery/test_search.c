/* SPDX-License-Identifier: MIT */
/* The client against a peer socket on loopback that answers as it likes. */
#include "support.h"

#include "discovery/search.h"
#include "soap/udp.h"

#define EPR "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9"
#define MATCH(epr, more)                                                                           \
    "<wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>" epr                                     \
    "</wsa:Address></wsa:EndpointReference>" more "<wsd:MetadataVersion>1</wsd:MetadataVersion>"   \
    "</wsd:ProbeMatch>"
#define XADDRS(list) "<wsd:XAddrs>" list "</wsd:XAddrs>"
#define TYPES(list)  "<wsd:Types>" list "</wsd:Types>"
/* %s stands for the MessageID of the question. */
#define RELATES "<wsa:RelatesTo>%s</wsa:RelatesTo>"
#define ANSWER(body)                                                                               \
    ENVELOPE("ProbeMatches", "urn:uuid:00000000-0000-4000-8000-000000000001", RELATES,             \
             "<wsd:ProbeMatches>" body "</wsd:ProbeMatches>")
#define GOOD ANSWER(MATCH(EPR, XADDRS("http://127.0.0.1:80/x")))

static struct wsd_context *context;
static int peer;
static unsigned n_found, n_done;
static int done_status;
static const void *done_result;
static char found_xaddr[256];
static char question[64];
static uint16_t question_port;

static void found(void *user, const struct wsd_target *target)
{
    (void)user;
    n_found++;
    snprintf(found_xaddr, sizeof found_xaddr, "%s",
             target->xaddrs.n_items > 0 ? target->xaddrs.items[0] : "");
}

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    (void)user;
    (void)error;
    n_done++;
    done_status = status;
    done_result = result;
}

static const struct wsd_target_set *set(void)
{
    return done_result;
}

/* Reads the question that came to the peer. */
static bool read_question(void)
{
    const char *text = receive_text(peer, &question_port);
    const char *id = text != NULL ? strstr(text, "MessageID>") : NULL;
    if (id == NULL) {
        return false;
    }
    snprintf(question, sizeof question, "%.45s", id + strlen("MessageID>"));
    return true;
}

static struct wsd_probe_options probe_options(void)
{
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    options.found = found;
    return options;
}

static struct wsd_call *start(const struct wsd_probe_options *options)
{
    struct wsd_call *call = NULL;
    context = make_context(false);
    peer = open_peer(3702, true);
    n_found = n_done = 0;
    done_result = NULL;
    assert_int_equal(wsd_probe_start(context, options, done, NULL, &call, NULL), 0);
    assert_true(read_question());
    return call;
}

static void answer(const char *format)
{
    char text[32768];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, question);
#pragma GCC diagnostic pop
    send_to(peer, "127.0.0.1", question_port, text);
    turn(context);
}

static void finish(void)
{
    pass_time(context, 5000);
    assert_int_equal(n_done, 1);
}

static void stop(void)
{
    wsd_free(done_result);
    close(peer);
    wsd_context_free(context);
}

/* Whatever the datagram is, it is dropped and counted, and the search still finds the next one. */
static void require_dropped(const char *format)
{
    struct wsd_probe_options options = probe_options();
    start(&options);
    answer(format);
    assert_int_equal(n_found, 0);
    answer(GOOD);
    assert_int_equal(n_found, 1);
    finish();
    assert_int_equal(done_status, 0);
    assert_int_equal(set()->n_targets, 1);
    assert_int_equal(set()->n_dropped, 1);
    stop();
}

#define DROPS(name, text)                                                                          \
    static void test_##name##_is_dropped(void **state)                                             \
    {                                                                                              \
        NEED_NAMESPACE(state);                                                                     \
        require_dropped(text);                                                                     \
    }

DROPS(datagram_that_is_no_xml, "hello")
DROPS(five_byte_datagram, "<:/>")
DROPS(cut_datagram, "<?xml version=\"1.0\"?><soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/")
DROPS(datagram_with_dtd, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")
DROPS(entity_bomb, "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>")
DROPS(wrong_relates_to,
      ENVELOPE("ProbeMatches", "urn:uuid:00000000-0000-4000-8000-000000000002",
               "<wsa:RelatesTo>urn:uuid:00000000-0000-4000-8000-00000000000f</wsa:RelatesTo>",
               "<wsd:ProbeMatches>" MATCH(EPR, XADDRS("http://127.0.0.1/")) "</wsd:ProbeMatches>"))
DROPS(missing_relates_to,
      ENVELOPE("ProbeMatches", "urn:uuid:00000000-0000-4000-8000-000000000003", "",
               "<wsd:ProbeMatches>" MATCH(EPR, XADDRS("http://127.0.0.1/")) "</wsd:ProbeMatches>"))
DROPS(
    suppressing_hello,
    ENVELOPE("Hello", "urn:uuid:00000000-0000-4000-8000-000000000004",
             "<wsa:RelatesTo RelationshipType=\"wsd:Suppression\">%s</wsa:RelatesTo>",
             "<wsd:Hello><wsa:EndpointReference><wsa:Address>" EPR
             "</wsa:Address></wsa:EndpointReference>" TYPES(
                 "wsd:DiscoveryProxy") "<wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:Hello>"))
DROPS(fault, ENVELOPE("fault", "urn:uuid:00000000-0000-4000-8000-000000000005", RELATES,
                      "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
                      "<soap:Reason><soap:Text xml:lang=\"en\">the xml format error</soap:Text>"
                      "</soap:Reason></soap:Fault>"))
DROPS(resolve_matches_to_a_probe,
      ENVELOPE("ResolveMatches", "urn:uuid:00000000-0000-4000-8000-000000000006", RELATES,
               "<wsd:ResolveMatches/>"))

static void test_datagram_over_the_limit_is_dropped(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    static char text[40000];
    start(&options);
    memset(text, 'a', sizeof text - 1);
    send_to(peer, "127.0.0.1", question_port, text);
    answer(GOOD);
    assert_int_equal(n_found, 1);
    finish();
    assert_int_equal(set()->n_dropped, 1);
    stop();
}

static void test_answer_that_echoes_our_message_id_is_taken(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    char text[4096];
    start(&options);
    snprintf(text, sizeof text,
             ENVELOPE("ProbeMatches", "%s", RELATES,
                      "<wsd:ProbeMatches>" MATCH(
                          EPR, XADDRS("http://127.0.0.1/")) "</wsd:ProbeMatches>"),
             question, question);
    send_to(peer, "127.0.0.1", question_port, text);
    turn(context);
    assert_int_equal(n_found, 1);
    finish();
    assert_int_equal(set()->n_dropped, 0);
    stop();
}

static void test_answer_without_to_and_sequence_is_taken(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    start(&options);
    answer("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
           "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:wsd=\"" NS_2005
           "\"><s:Header><wsa:RelatesTo>%s</wsa:RelatesTo></s:Header><s:Body><wsd:ProbeMatches>"
           "<wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>\n " EPR
           " \n</wsa:Address></wsa:EndpointReference><wsd:XAddrs>\n http://127.0.0.1/ \n"
           "</wsd:XAddrs></wsd:ProbeMatch></wsd:ProbeMatches></s:Body></s:Envelope>");
    assert_int_equal(n_found, 1);
    finish();
    assert_string_equal(set()->targets[0]->endpoint, EPR);
    stop();
}

static void test_doubled_answers_are_one_target(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    start(&options);
    answer(GOOD);
    answer(GOOD);
    answer(ANSWER(MATCH("uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E9",
                        XADDRS("http://127.0.0.1:80/x http://127.0.0.1:81/y"))));
    finish();
    assert_int_equal(n_found, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_int_equal(set()->n_dropped, 0);
    assert_int_equal(set()->targets[0]->xaddrs.n_items, 2);
    stop();
}

static void test_two_matches_of_one_answer_are_two_targets(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    start(&options);
    answer(ANSWER(MATCH(EPR, XADDRS("http://127.0.0.1/"))
                      MATCH("urn:printer", XADDRS("http://127.0.0.1/"))));
    finish();
    assert_int_equal(set()->n_targets, 2);
    stop();
}

static void test_match_with_none_of_the_types_is_dropped(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    const struct wsd_qname types[] = {{WSD_NS_SCAN, "ScanDeviceType", "wscn"}};
    options.types = types;
    options.n_types = 1;
    start(&options);
    answer(ANSWER(MATCH("urn:computer", TYPES("wsdp:Device") XADDRS("http://127.0.0.1/"))));
    assert_int_equal(n_found, 0);
    answer(ANSWER(MATCH("urn:bare", XADDRS("http://127.0.0.1/"))));
    answer(ANSWER(MATCH("urn:scanner",
                        TYPES("wsdp:Device wscn:ScanDeviceType") XADDRS("http://127.0.0.1/"))));
    finish();
    assert_int_equal(set()->n_targets, 2);
    assert_int_equal(set()->n_dropped, 1);
    stop();
}

static void test_types_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct wsd_qname types[WSD__MAX_SEARCH_TYPES + 1];
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    const struct wsd_target_set *targets = NULL;
    struct wsd_error error = {0};
    struct wsd_context *own = make_context(false);
    for (int i = 0; i <= WSD__MAX_SEARCH_TYPES; i++) {
        types[i] = (struct wsd_qname){WSD_NS_SCAN, "ScanDeviceType", "wscn"};
    }
    options.types = types;
    options.n_types = WSD__MAX_SEARCH_TYPES + 1;
    assert_int_equal(wsd_probe(own, &options, &targets, &error), WSD_E_INVALID);
    assert_non_null(strstr(error.message, "types"));
    options.n_types = 2;
    types[1].local = "";
    assert_int_equal(wsd_probe(own, &options, &targets, NULL), WSD_E_INVALID);
    types[1].local = NULL;
    assert_int_equal(wsd_probe(own, &options, &targets, NULL), WSD_E_INVALID);
    assert_null(targets);
    wsd_context_free(own);
}

static void test_any_of_types_asks_once_for_each(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    const struct wsd_qname types[] = {{WSD_NS_DEVPROF, "Device", "wsdp"},
                                      {WSD_NS_SCAN, "ScanDeviceType", "wscn"}};
    char first[64];
    options.types = types;
    options.n_types = 2;
    options.any_of_types = true;
    start(&options);
    memcpy(first, question, sizeof first);
    assert_true(read_question());
    assert_string_not_equal(first, question);
    answer(ANSWER(MATCH(EPR, TYPES("wscn:ScanDeviceType") XADDRS("http://127.0.0.1/"))));
    assert_int_equal(n_found, 1);
    finish();
    stop();
}

static void test_match_without_addresses_is_resolved(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    start(&options);
    answer(ANSWER(MATCH(EPR, "")));
    assert_int_equal(n_found, 0);
    assert_true(read_question());
    /* wsdd2 answers for itself, whoever was asked for */
    answer(ENVELOPE("ResolveMatches", "urn:uuid:00000000-0000-4000-8000-000000000007", RELATES,
                    "<wsd:ResolveMatches><wsd:ResolveMatch><wsa:EndpointReference><wsa:Address>"
                    "urn:other</wsa:Address></wsa:EndpointReference><wsd:XAddrs>http://127.0.0.1/o"
                    "</wsd:XAddrs></wsd:ResolveMatch></wsd:ResolveMatches>"));
    assert_int_equal(n_found, 0);
    answer(ENVELOPE("ResolveMatches", "urn:uuid:00000000-0000-4000-8000-000000000008", RELATES,
                    "<wsd:ResolveMatches><wsd:ResolveMatch><wsa:EndpointReference><wsa:Address>" EPR
                    "</wsa:Address></wsa:EndpointReference><wsd:XAddrs>http://127.0.0.1/r"
                    "</wsd:XAddrs></wsd:ResolveMatch></wsd:ResolveMatches>"));
    assert_int_equal(n_found, 1);
    assert_string_equal(found_xaddr, "http://127.0.0.1/r");
    finish();
    assert_int_equal(set()->n_targets, 1);
    stop();
}

static void test_unresolved_match_is_reported_at_the_end(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    start(&options);
    answer(ANSWER(MATCH(EPR, "")));
    assert_int_equal(n_found, 0);
    finish();
    assert_int_equal(n_found, 1);
    assert_int_equal(set()->targets[0]->xaddrs.n_items, 0);
    stop();
}

static void test_expect_ends_the_search_early(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    options.expect = 1;
    start(&options);
    answer(GOOD);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    stop();
}

static void test_cancelled_search_ends_once(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    struct wsd_call *call = start(&options);
    wsd_call_cancel(call);
    assert_int_equal(n_done, 0);
    turn(context);
    assert_int_equal(n_done, 1);
    assert_int_equal(done_status, WSD_E_CANCELLED);
    stop();
}

static void test_thousand_answers_of_one_instant_are_all_found(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    char text[4096], padding[900];
    memset(padding, 'p', sizeof padding - 1);
    padding[sizeof padding - 1] = '\0';
    start(&options);
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text,
                 ANSWER(MATCH("urn:uuid:5f8b7a10-0000-4000-8000-00000000%04x",
                              XADDRS("http://127.0.0.1:80/%s"))),
                 question, i, padding);
        send_to(peer, "127.0.0.1", question_port, text);
    }
    finish();
    assert_int_equal(set()->n_targets, 1000);
    assert_int_equal(n_found, 1000);
    stop();
}

static void test_resolve_ends_with_the_endpoint_asked_for(void **state)
{
    NEED_NAMESPACE(state);
    context = make_context(false);
    peer = open_peer(3702, true);
    n_done = 0;
    done_result = NULL;
    assert_int_equal(wsd_resolve_start(context, EPR, NULL, done, NULL, NULL, NULL), 0);
    assert_true(read_question());
    answer(ENVELOPE("ResolveMatches", "urn:uuid:00000000-0000-4000-8000-000000000009", RELATES,
                    "<wsd:ResolveMatches><wsd:ResolveMatch><wsa:EndpointReference><wsa:Address>" EPR
                    "</wsa:Address></wsa:EndpointReference><wsd:XAddrs>http://127.0.0.1/r"
                    "</wsd:XAddrs></wsd:ResolveMatch></wsd:ResolveMatches>"));
    assert_int_equal(n_done, 1);
    assert_int_equal(done_status, 0);
    const struct wsd_target *target = done_result;
    assert_string_equal(target->xaddrs.items[0], "http://127.0.0.1/r");
    stop();
}

static void test_resolve_without_answer_finds_nothing(void **state)
{
    NEED_NAMESPACE(state);
    context = make_context(false);
    peer = open_peer(3702, true);
    n_done = 0;
    done_result = NULL;
    assert_int_equal(wsd_resolve_start(context, EPR, NULL, done, NULL, NULL, NULL), 0);
    finish();
    assert_int_equal(done_status, WSD_E_NOT_FOUND);
    stop();
}

static void test_directed_host_is_asked_by_unicast(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    options.directed = "127.0.0.1:3999";
    context = make_context(false);
    peer = open_peer(3999, false);
    n_done = n_found = 0;
    done_result = NULL;
    assert_int_equal(wsd_probe_start(context, &options, done, NULL, NULL, NULL), 0);
    while (!read_question()) { /* the name is looked up in a thread, which ends the wait */
        assert_true(wsd_context_wait(context, -1, NULL) >= 0);
    }
    answer(GOOD);
    assert_int_equal(n_found, 1);
    finish();
    stop();
}

static void test_directed_nonsense_is_invalid(void **state)
{
    struct wsd_probe_options options = probe_options();
    struct wsd_error error = {0};
    (void)state;
    context = make_context(false);
    options.directed = "ftp://host/";
    assert_int_equal(wsd_probe_start(context, &options, done, NULL, NULL, &error), WSD_E_INVALID);
    options.directed = "host:99999";
    assert_int_equal(wsd_probe_start(context, &options, done, NULL, NULL, NULL), WSD_E_INVALID);
    wsd_context_free(context);
}

static void test_directed_host_may_have_brackets_zone_and_port(void **state)
{
    static char long_host[260];
    memset(long_host, 'h', 256);
    const struct {
        const char *text;
        int status;
    } rows[] = {
        {"[::1]", 0},
        {"[::1]:3999", 0},
        {"fe80::1%lo", 0},
        {"host:65535", 0},
        {long_host + 1, 0},
        {"", WSD_E_INVALID},
        {"[]", WSD_E_INVALID},
        {"[::1", WSD_E_INVALID},
        {"[::1]x", WSD_E_INVALID},
        {":1", WSD_E_INVALID},
        {"[::1]:", WSD_E_INVALID},
        {"[::1]:1x", WSD_E_INVALID},
        {"h:", WSD_E_INVALID},
        {"h:0", WSD_E_INVALID},
        {"h:065535", WSD_E_INVALID},
        {"h/x", WSD_E_INVALID},
        {"a b", WSD_E_INVALID},
        {long_host, WSD_E_INVALID},
        {"http://", WSD_E_INVALID},
        {"http:///x", WSD_E_INVALID},
        {"http://[::1/", WSD_E_INVALID},
    };
    (void)state;
    context = make_context(false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd_probe_options options = probe_options();
        struct wsd_call *call = NULL;
        options.directed = rows[i].text;
        n_done = 0;
        if (wsd_probe_start(context, &options, done, NULL, &call, NULL) != rows[i].status) {
            fail_msg("\"%s\"", rows[i].text);
        }
        if (call != NULL) {
            wsd_call_cancel(call);
            turn(context);
            assert_int_equal(n_done, 1);
            assert_int_equal(done_status, WSD_E_CANCELLED);
        }
    }
    wsd_context_free(context);
}

static void test_matches_over_the_limit_of_an_answer_are_left(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    static char text[32768];
    start(&options);
    snprintf(text, sizeof text,
             ENVELOPE("ProbeMatches", "urn:uuid:00000000-0000-4000-8000-000000000001", "%s",
                      "<wsd:ProbeMatches>"),
             RELATES);
    *strstr(text, "</soap:Body>") = '\0';
    for (unsigned i = 0; i < 70; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, MATCH("urn:m:%u", XADDRS("http://127.0.0.1/%u")),
                 i, i);
    }
    strcat(text, "</wsd:ProbeMatches></soap:Body></soap:Envelope>");
    answer(text);
    assert_int_equal(n_found, 64);
    finish();
    assert_int_equal(set()->n_targets, 64);
    assert_int_equal(set()->n_dropped, 1);
    stop();
}

static void test_scopes_and_their_rule_are_asked_for(void **state)
{
    NEED_NAMESPACE(state);
    static const char *const scopes[] = {"urn:a", "urn:b", NULL};
    for (int i = 0; i < 3; i++) {
        struct wsd_probe_options options = probe_options();
        const char *text;
        options.scopes = i < 2 ? scopes : NULL;
        options.match_by = i > 0 ? NS_2005 "/strcmp0" : NULL;
        context = make_context(false);
        peer = open_peer(3702, true);
        n_done = 0;
        assert_int_equal(wsd_probe_start(context, &options, done, NULL, NULL, NULL), 0);
        text = receive_text(peer, NULL);
        assert_non_null(text);
        assert_int_equal(strstr(text, ">urn:a urn:b</wsd:Scopes>") != NULL, i < 2);
        assert_int_equal(strstr(text, "MatchBy=\"" NS_2005 "/strcmp0\"") != NULL, i > 0);
        finish();
        stop();
    }
}

static void test_fewer_than_expected_are_waited_for(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    options.expect = 2;
    options.any_of_types = true; /* of none: any */
    start(&options);
    answer(GOOD);
    assert_int_equal(n_done, 0);
    answer(ANSWER(
        MATCH("urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8ea", XADDRS("http://127.0.0.1:81/x"))));
    turn(context);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 2);
    stop();
}

/* Replies come in order, rubbish does not come, and what nobody has read goes with the exchange. */
static void test_bare_exchange_gives_the_messages_that_come_back(void **state)
{
    NEED_NAMESPACE(state);
    static const char message[] =
        ENVELOPE("Probe", "urn:uuid:00000000-0000-4000-8000-00000000000e", "", "<wsd:Probe/>");
    static char long_text[40000];
    struct wsd_multicast_exchange *exchange = NULL;
    const struct wsd_multicast_reply *reply = NULL;
    context = make_context(false);
    peer = open_peer(3702, true);
    assert_int_equal(
        wsd_send_multicast_soap_msg(context, message, strlen(message), &exchange, NULL), 0);
    turn(context);
    assert_true(read_question());
    assert_int_equal(wsd_read_discovery_multicast_reply(exchange, 0, &reply, NULL), WSD_E_TIMEOUT);
    memset(long_text, ' ', sizeof long_text - 1);
    memcpy(long_text, GOOD, strlen(GOOD));
    send_to(peer, "127.0.0.1", question_port, long_text);
    answer("hello");
    answer(ENVELOPE("Nonsense", "urn:uuid:00000000-0000-4000-8000-00000000000f", RELATES, ""));
    answer(GOOD);
    answer(ANSWER(""));
    answer(GOOD);
    assert_int_equal(wsd_read_discovery_multicast_reply(exchange, 0, &reply, NULL), 0);
    assert_string_equal(reply->sender, "127.0.0.1");
    assert_string_equal(reply->interface_, "lo");
    assert_int_equal(reply->sender_port, 3702);
    assert_string_equal(reply->header.relates_to[0].message_id, question);
    assert_string_equal(reply->body->probe_matches->matches[0].endpoint.address, EPR);
    assert_int_equal(((const char *)reply->bytes)[reply->size - 1], '>');
    wsd_free(reply);
    assert_int_equal(wsd_read_discovery_multicast_reply(exchange, 0, &reply, NULL), 0);
    assert_int_equal(reply->body->probe_matches->n_matches, 0);
    wsd_free(reply);
    wsd_multicast_exchange_free(exchange);
    wsd_multicast_exchange_free(NULL);
    close(peer);
    wsd_context_free(context);
}

static void test_question_is_repeated_as_the_algorithm_says(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_probe_options options = probe_options();
    unsigned gaps[2] = {0}, n_gaps = 0, elapsed = 0;
    char first[64];
    start(&options);
    memcpy(first, question, sizeof first);
    for (int i = 0; i < 300 && n_gaps < 2; i++) {
        clock_now++;
        elapsed++;
        assert_true(wsd_context_dispatch(context, NULL) >= 0);
        if (read_question()) {
            assert_string_equal(question, first);
            gaps[n_gaps++] = elapsed;
            elapsed = 0;
        }
        i = n_gaps == 1 && elapsed < 500 ? 0 : i;
    }
    assert_int_equal(n_gaps, 2);
    assert_in_range(gaps[0], WSD__UDP_MIN_DELAY, WSD__UDP_MAX_DELAY);
    assert_int_equal(gaps[1],
                     gaps[0] * 2 < WSD__UDP_UPPER_DELAY ? gaps[0] * 2 : WSD__UDP_UPPER_DELAY);
    finish();
    assert_false(read_question());
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datagram_that_is_no_xml_is_dropped),
        cmocka_unit_test(test_five_byte_datagram_is_dropped),
        cmocka_unit_test(test_cut_datagram_is_dropped),
        cmocka_unit_test(test_datagram_with_dtd_is_dropped),
        cmocka_unit_test(test_entity_bomb_is_dropped),
        cmocka_unit_test(test_wrong_relates_to_is_dropped),
        cmocka_unit_test(test_missing_relates_to_is_dropped),
        cmocka_unit_test(test_suppressing_hello_is_dropped),
        cmocka_unit_test(test_fault_is_dropped),
        cmocka_unit_test(test_resolve_matches_to_a_probe_is_dropped),
        cmocka_unit_test(test_datagram_over_the_limit_is_dropped),
        cmocka_unit_test(test_answer_that_echoes_our_message_id_is_taken),
        cmocka_unit_test(test_answer_without_to_and_sequence_is_taken),
        cmocka_unit_test(test_doubled_answers_are_one_target),
        cmocka_unit_test(test_two_matches_of_one_answer_are_two_targets),
        cmocka_unit_test(test_match_with_none_of_the_types_is_dropped),
        cmocka_unit_test(test_types_that_make_no_sense_are_refused),
        cmocka_unit_test(test_any_of_types_asks_once_for_each),
        cmocka_unit_test(test_match_without_addresses_is_resolved),
        cmocka_unit_test(test_unresolved_match_is_reported_at_the_end),
        cmocka_unit_test(test_expect_ends_the_search_early),
        cmocka_unit_test(test_cancelled_search_ends_once),
        cmocka_unit_test(test_thousand_answers_of_one_instant_are_all_found),
        cmocka_unit_test(test_resolve_ends_with_the_endpoint_asked_for),
        cmocka_unit_test(test_resolve_without_answer_finds_nothing),
        cmocka_unit_test(test_directed_host_is_asked_by_unicast),
        cmocka_unit_test(test_directed_nonsense_is_invalid),
        cmocka_unit_test(test_directed_host_may_have_brackets_zone_and_port),
        cmocka_unit_test(test_matches_over_the_limit_of_an_answer_are_left),
        cmocka_unit_test(test_scopes_and_their_rule_are_asked_for),
        cmocka_unit_test(test_fewer_than_expected_are_waited_for),
        cmocka_unit_test(test_bare_exchange_gives_the_messages_that_come_back),
        cmocka_unit_test(test_question_is_repeated_as_the_algorithm_says),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
