/* SPDX-License-Identifier: MIT */
/* wsd_get_devices(): devices played on loopback, cached ones and new ones; the clock is ours. */
#include "../discovery/support.h"

#include "../discovery/cache_support.h"
#include "../support/peer.h"

#include <time.h>

#define OTHER   "urn:uuid:5f8b7a10-2222-4222-8333-94a5b6c7d8e9"
#define RELATES "<wsa:RelatesTo>%s</wsa:RelatesTo>"
#define MATCHES(header, epr, more)                                                                 \
    ENVELOPE("ProbeMatches", "urn:uuid:00000000-0000-4000-8000-000000000001", header,              \
             "<wsd:ProbeMatches><wsd:ProbeMatch><wsa:EndpointReference><wsa:Address>" epr          \
             "</wsa:Address></wsa:EndpointReference>" more                                         \
             "<wsd:MetadataVersion>3</wsd:MetadataVersion></wsd:ProbeMatch></wsd:ProbeMatches>")
#define METADATA(epr)                                                                              \
    ENVELOPE(                                                                                      \
        "GetResponse", "urn:uuid:00000000-0000-4000-8000-000000000002", "",                        \
        "<x:Metadata xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/mex\"><x:MetadataSection"     \
        " Dialect=\"d\"><wsdp:Relationship Type=\"t\"><wsdp:Host><wsa:EndpointReference>"          \
        "<wsa:Address>" epr "</wsa:Address></wsa:EndpointReference><wsdp:ServiceId>h"              \
        "</wsdp:ServiceId></wsdp:Host></wsdp:Relationship></x:MetadataSection></x:Metadata>")
#define MISSING                                                                                    \
    {                                                                                              \
        .head = "404 Not Found", .body = "none"                                                    \
    }
#define IS(epr)                                                                                    \
    {                                                                                              \
        .head = "200 OK", .body = MATCHES("", epr, "")                                             \
    }
#define SILENCE                                                                                    \
    {                                                                                              \
        .body = ""                                                                                 \
    }
#define NEW_XADDR "http://127.0.0.1:81/new"
#define FROM_GROUP                                                                                 \
    MATCHES(RELATES, DEVICE,                                                                       \
            "<wsd:Types>wscn:ScanDeviceType</wsd:Types><wsd:XAddrs>" NEW_XADDR "</wsd:XAddrs>")

static struct wsd_context *context;
static struct wsd_cache *cache;
static unsigned n_found, n_cached, n_done;
static int done_status;
static const void *done_result;
static int group = -1;
static char question[64];
static uint16_t question_port;

static void found(void *user, const struct wsd_target *target, bool cached)
{
    (void)user;
    assert_non_null(target->endpoint);
    n_found++;
    n_cached += cached;
}

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    (void)user;
    assert_int_equal(status < 0, error != NULL);
    n_done++;
    done_status = status;
    done_result = result;
}

static const struct wsd_target_set *set(void)
{
    assert_int_equal(done_status, 0);
    return done_result;
}

static int up(void **state)
{
    void *network = *state;
    folder_up(state);
    *state = network;
    context = make_context(false);
    cache = open_cache(false);
    n_found = n_cached = n_done = 0;
    done_result = NULL;
    return 0;
}

static int down(void **state)
{
    wsd_free(done_result);
    wsd_context_free(context);
    close_cache(cache);
    if (group >= 0) {
        close(group);
    }
    group = -1;
    return folder_down(state);
}

static struct wsd_get_devices_options options_of(bool discovery)
{
    struct wsd_get_devices_options options = WSD_GET_DEVICES_OPTIONS_INIT;
    options.cache = cache;
    options.no_discovery = !discovery;
    options.found = found;
    return options;
}

static struct wsd_call *start(const struct wsd_get_devices_options *options)
{
    struct wsd_call *call = NULL;
    struct wsd_error error = {0};
    if (wsd_get_devices_start(context, options, done, NULL, &call, &error) < 0) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(n_found + n_done, 0);
    return call;
}

/* Waits for what comes over the network, without turning the clock. */
static void wait_for(const unsigned *counter, unsigned value)
{
    while (*counter < value) {
        assert_true(wsd_context_wait(context, -1, NULL) >= 0);
    }
    turn(context);
}

static void remember(const char *endpoint, const char *const *xaddrs, size_t n_xaddrs,
                     const char *address, int64_t seen)
{
    static const struct wsd_qname scanner = {WSD_NS_SCAN, "ScanDeviceType", "wscn"};
    struct wsd_cached device = {.target = {.endpoint = endpoint,
                                           .types = {&scanner, 1},
                                           .xaddrs = {xaddrs, n_xaddrs},
                                           .address = address},
                                .first_seen = 1,
                                .last_seen = seen,
                                .friendly_name = "Kept"};
    store(cache, &device);
}

/* An address at which nobody listens. */
static const char *nowhere(void)
{
    static char url[64];
    struct peer *peer = peer_new(&(struct answer){0}, 0);
    snprintf(url, sizeof url, "%s", peer->url);
    peer_free(peer);
    return url;
}

static void remember_at(const char *url)
{
    remember(DEVICE, &url, 1, "127.0.0.1", 100);
}

/* Cached, nothing else, and asked at a device that answers so. */
static struct peer *ask_cached(const struct answer *answers, unsigned count)
{
    struct wsd_get_devices_options options = options_of(false);
    struct peer *peer = peer_new(answers, count);
    remember_at(peer->url);
    start(&options);
    return peer;
}

static void require_kept(void)
{
    const struct wsd_cached *device = find(cache, DEVICE);
    assert_non_null(device);
    assert_int_equal(device->first_seen, 1);
    assert_string_equal(device->friendly_name, "Kept");
    wsd_free(device);
}

/* -- the cache alone -------------------------------------------------------------------------- */

static void test_cached_device_that_answers_is_there(void **state)
{
    const struct answer answers[] = {IS(DEVICE)};
    (void)state;
    struct peer *peer = ask_cached(answers, 1);
    wait_for(&n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_string_equal(set()->targets[0]->endpoint, DEVICE);
    assert_string_equal(set()->targets[0]->xaddrs.items[0], peer->url);
    assert_int_equal(set()->targets[0]->metadata_version, 3);
    assert_int_equal(set()->targets[0]->types.n_items, 1);
    assert_int_equal(n_found, 1);
    assert_int_equal(n_cached, 1);
    assert_non_null(strstr(peer->requests[0], "Probe"));
    require_kept();
    const struct wsd_cached *device = find(cache, DEVICE);
    assert_true(device->last_seen > 100);
    wsd_free(device);
    peer_free(peer);
}

static void require_gone(void)
{
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 0);
    assert_int_equal(n_found, 0);
    assert_false(holds(cache, DEVICE));
}

static void test_cached_device_that_is_off_leaves(void **state)
{
    struct wsd_get_devices_options options = options_of(false);
    (void)state;
    remember_at(nowhere());
    start(&options);
    wait_for(&n_done, 1);
    require_gone();
}

static void test_cached_device_that_is_silent_leaves_in_time(void **state)
{
    const struct answer answers[] = {SILENCE};
    (void)state;
    struct peer *peer = ask_cached(answers, 1);
    while (peer->served == 0) {
        assert_true(wsd_context_wait(context, 10, NULL) >= 0);
    }
    pass_time(context, 1480);
    assert_int_equal(n_done, 0);
    pass_time(context, 30);
    require_gone();
    peer_free(peer);
}

static void test_another_device_at_the_address_is_not_it(void **state)
{
    const struct answer answers[] = {IS(OTHER), {.head = "200 OK", .body = METADATA(OTHER)}};
    (void)state;
    struct peer *peer = ask_cached(answers, 2);
    wait_for(&n_done, 1);
    require_gone();
    peer_free(peer);
}

static void test_device_without_probes_over_http_is_asked_by_get(void **state)
{
    const struct answer answers[] = {MISSING, {.head = "200 OK", .body = METADATA(DEVICE)}};
    (void)state;
    struct peer *peer = ask_cached(answers, 2);
    wait_for(&n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_string_equal(set()->targets[0]->xaddrs.items[0], peer->url);
    assert_non_null(strstr(peer->requests[1], "transfer/Get"));
    assert_int_equal(n_cached, 1);
    require_kept();
    peer_free(peer);
}

static void test_web_server_at_the_address_is_not_it(void **state)
{
    const struct answer answers[] = {MISSING, MISSING};
    (void)state;
    struct peer *peer = ask_cached(answers, 2);
    wait_for(&n_done, 1);
    require_gone();
    peer_free(peer);
}

static void test_one_dead_address_of_several_does_no_harm(void **state)
{
    const struct answer answers[] = {IS(DEVICE)};
    struct wsd_get_devices_options options = options_of(false);
    struct peer *peer = peer_new(answers, 1);
    const char *const xaddrs[] = {nowhere(), peer->url};
    (void)state;
    remember(DEVICE, xaddrs, 2, "127.0.0.1", 100);
    start(&options);
    wait_for(&n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    require_kept();
    peer_free(peer);
}

static void test_device_of_other_types_is_not_asked_and_stays(void **state)
{
    const struct wsd_qname printer = {WSD_NS_PRINT, "PrintDeviceType", "wprt"};
    struct wsd_get_devices_options options = options_of(false);
    (void)state;
    options.types = &printer;
    options.n_types = 1;
    remember_at(nowhere());
    start(&options);
    turn(context);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 0);
    require_kept();
}

/* Then it is asked for them, and they decide. */
static void test_device_whose_types_were_never_told_is_asked(void **state)
{
    static const struct {
        const char *body;
        unsigned n_targets;
    } rows[] = {{MATCHES("", DEVICE, "<wsd:Types>wscn:ScanDeviceType</wsd:Types>"), 1},
                {MATCHES("", DEVICE, "<wsd:Types>wsdp:Device</wsd:Types>"), 0}};
    const struct wsd_qname scanner = {WSD_NS_SCAN, "ScanDeviceType", "wscn"};
    struct wsd_get_devices_options options = options_of(false);
    (void)state;
    options.types = &scanner;
    options.n_types = 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct peer *peer = peer_new(&(struct answer){.head = "200 OK", .body = rows[i].body}, 1);
        const char *xaddr = peer->url;
        struct wsd_cached device = device_of(OTHER, 100);
        device.target.endpoint = DEVICE;
        device.target.xaddrs = (struct wsd_uri_list){&xaddr, 1};
        device.target.address = "127.0.0.1";
        store(cache, &device);
        n_found = n_done = 0;
        start(&options);
        wait_for(&n_done, 1);
        assert_int_equal(set()->n_targets, rows[i].n_targets);
        assert_true(holds(cache, DEVICE));
        wsd_free(done_result);
        done_result = NULL;
        assert_int_equal(wsd_cache_drop(cache, DEVICE, NULL), 0);
        peer_free(peer);
    }
}

static void test_device_of_another_network_stays_for_a_month(void **state)
{
    const char *const xaddrs[] = {"http://192.0.2.1:80/x"};
    struct wsd_get_devices_options options = options_of(false);
    NEED_NAMESPACE(state);
    remember(DEVICE, xaddrs, 1, "192.0.2.1", time(NULL) - 29 * 86400);
    remember(OTHER, xaddrs, 1, "192.0.2.1", time(NULL) - 31 * 86400);
    start(&options);
    wait_for(&n_done, 1);
    assert_int_equal(set()->n_targets, 0);
    require_kept();
    assert_false(holds(cache, OTHER));
}

static void test_foreign_address_in_the_cache_is_not_contacted(void **state)
{
    const struct answer answers[] = {IS(DEVICE)};
    struct wsd_get_devices_options options = options_of(false);
    struct peer *peer = peer_new(answers, 1);
    const char *const xaddrs[] = {peer->url};
    NEED_NAMESPACE(state);
    remember(DEVICE, xaddrs, 1, "192.0.2.1", 100); /* a neighbour that names our loopback */
    start(&options);
    wait_for(&n_done, 1);
    assert_int_equal(set()->n_targets, 0);
    assert_int_equal(peer->served, 0);
    peer_free(peer);
}

static void test_empty_cache_without_a_search_is_empty(void **state)
{
    struct wsd_get_devices_options options = options_of(false);
    (void)state;
    start(&options);
    turn(context);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 0);
}

/* -- many ------------------------------------------------------------------------------------- */

static int listener(uint16_t *ret_port)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t size = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &size), 0);
    *ret_port = ntohs(own.sin_port);
    return fd;
}

static int accepted[100];
static size_t n_accepted;

/* Waits for as many new ones, which are kept open; there are no more. */
static void require_connections(int fd, unsigned expected)
{
    unsigned count = 0;
    for (int quiet = 0; count < expected || quiet < 10; quiet++) {
        int one = accept(fd, NULL, NULL);
        if (one >= 0) {
            accepted[n_accepted++] = one;
            count++;
        }
        assert_true(wsd_context_dispatch(context, NULL) >= 0);
    }
    assert_int_equal(count, expected);
}

static void test_only_so_many_are_asked_at_once_and_the_rest_stays(void **state)
{
    enum { ALL = 4 * WSD_MAX_VERIFIED };
    struct wsd_get_devices_options options = options_of(false);
    uint16_t port;
    int fd = listener(&port);
    (void)state;
    for (int i = 0; i < ALL; i++) {
        char name[64], url[64], address[32];
        const char *xaddr = url;
        snprintf(name, sizeof name, "urn:%02d", i);
        snprintf(address, sizeof address, "127.0.1.%d", i + 1);
        snprintf(url, sizeof url, "http://%s:%u/", address, port);
        remember(name, &xaddr, 1, address, 100 + i);
    }
    start(&options);
    require_connections(fd, WSD_MAX_VERIFIED);
    for (int i = 0; i < 2; i++) {
        pass_time(context, 1510); /* connections stay open, nobody answers */
        assert_int_equal(n_done, 0);
        require_connections(fd, WSD_MAX_VERIFIED);
    }
    pass_time(context, 1510); /* 4 seconds are over: no further ones */
    assert_int_equal(n_done, 1);
    require_connections(fd, 0);
    assert_int_equal(count_devices(cache), ALL - 3 * WSD_MAX_VERIFIED);
    assert_true(holds(cache, "urn:00")); /* the one seen longest ago comes last */
    assert_false(holds(cache, "urn:63"));
    for (size_t i = 0; i < n_accepted; i++) {
        close(accepted[i]);
    }
    close(fd);
}

/* -- with a search ---------------------------------------------------------------------------- */

static void start_searching(const struct wsd_get_devices_options *options)
{
    group = open_peer(3702, true);
    start(options);
    turn(context);
    const char *text = receive_text(group, &question_port);
    const char *id = text != NULL ? strstr(text, "MessageID>") : NULL;
    assert_non_null(id);
    snprintf(question, sizeof question, "%.45s", id + strlen("MessageID>"));
}

static void answer_question(void)
{
    char text[8192];
    snprintf(text, sizeof text, FROM_GROUP, question);
    send_to(group, "127.0.0.1", question_port, text);
    turn(context);
}

static void test_device_found_is_stored(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    start_searching(&options);
    answer_question();
    assert_int_equal(n_found, 1);
    assert_int_equal(n_cached, 0);
    pass_time(context, 4100);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    const struct wsd_cached *device = find(cache, DEVICE);
    assert_non_null(device);
    assert_string_equal(device->target.xaddrs.items[0], NEW_XADDR);
    assert_string_equal(device->target.interface_, "lo");
    assert_true(wsd_qname_is(&device->target.types.items[0], WSD_NS_SCAN, "ScanDeviceType"));
    wsd_free(device);
}

static void test_cached_device_that_is_found_is_one(void **state)
{
    const struct answer answers[] = {SILENCE};
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    struct peer *peer = peer_new(answers, 1);
    remember_at(peer->url);
    start_searching(&options);
    answer_question();
    assert_int_equal(n_found, 1);
    assert_int_equal(n_cached, 1);
    pass_time(context, 4100);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_int_equal(set()->targets[0]->xaddrs.n_items, 1);
    assert_string_equal(set()->targets[0]->xaddrs.items[0], NEW_XADDR);
    require_kept(); /* with its new address, though it does not answer at the old one */
    peer_free(peer);
}

static void test_cached_device_that_is_found_before_its_turn_is_not_asked(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    uint16_t busy_port, port;
    NEED_NAMESPACE(state);
    int busy = listener(&busy_port), fd = listener(&port);
    char url[64], name[64];
    const char *xaddr = url;
    n_accepted = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", busy_port);
    for (int i = 0; i < WSD_MAX_VERIFIED; i++) {
        snprintf(name, sizeof name, "urn:%02d", i);
        remember(name, &xaddr, 1, "127.0.0.1", 200 + i);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    remember_at(url); /* seen before all others: it is asked last */
    start_searching(&options);
    answer_question();
    assert_int_equal(n_cached, 1);
    pass_time(context, 4100);
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_int_equal(accept(fd, NULL, NULL), -1);
    require_kept();
    close(busy);
    close(fd);
}

static void test_device_that_answers_both_ways_is_reported_once(void **state)
{
    const struct answer answers[] = {IS(DEVICE)};
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    struct peer *peer = peer_new(answers, 1);
    remember_at(peer->url);
    start_searching(&options);
    wait_for(&n_found, 1);
    answer_question();
    pass_time(context, 4100);
    assert_int_equal(n_found, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_int_equal(set()->targets[0]->xaddrs.n_items, 2);
    peer_free(peer);
}

static void test_expected_number_ends_it(void **state)
{
    const struct answer answers[] = {IS(DEVICE)};
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    struct peer *peer = peer_new(answers, 1);
    remember_at(peer->url);
    options.expect = 1;
    start_searching(&options);
    wait_for(&n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    require_kept();
    peer_free(peer);
}

static void test_expected_number_by_the_search_ends_it(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    options.expect = 1;
    start_searching(&options);
    answer_question();
    assert_int_equal(n_done, 1);
    assert_int_equal(set()->n_targets, 1);
    assert_true(holds(cache, DEVICE));
}

static void test_without_reading_the_cache_nothing_is_asked(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    remember(OTHER, (const char *const[]){nowhere()}, 1, "127.0.0.1", 100);
    options.no_cache = true;
    start_searching(&options);
    answer_question();
    pass_time(context, 4100);
    assert_int_equal(n_found, 1);
    assert_int_equal(n_cached, 0);
    assert_true(holds(cache, DEVICE));
    assert_true(holds(cache, OTHER));
}

static void test_no_cache_at_all_is_a_search(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    options.cache = NULL;
    start_searching(&options);
    answer_question();
    pass_time(context, 4100);
    assert_int_equal(set()->n_targets, 1);
    assert_false(holds(cache, DEVICE));
}

static void test_cache_that_cannot_be_written_is_no_error(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    start_searching(&options);
    answer_question();
    remove_folder(folder);
    write_file(folder, "", 0);
    pass_time(context, 4100);
    assert_int_equal(set()->n_targets, 1);
    assert_non_null(strstr(last_log, "not kept"));
}

/* -- early ends ------------------------------------------------------------------------------- */

static void test_cancelled_call_ends_once_and_stores_nothing(void **state)
{
    struct wsd_get_devices_options options = options_of(false);
    const struct answer answers[] = {SILENCE};
    struct peer *peer = peer_new(answers, 1);
    (void)state;
    remember_at(peer->url);
    struct wsd_call *call = start(&options);
    while (peer->served == 0) {
        assert_true(wsd_context_wait(context, 10, NULL) >= 0);
    }
    wsd_call_cancel(call);
    assert_int_equal(n_done, 0);
    turn(context);
    assert_int_equal(n_done, 1);
    assert_int_equal(done_status, WSD_E_CANCELLED);
    assert_null(done_result);
    require_kept();
    peer_free(peer);
}

static void test_context_that_ends_ends_the_call(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    const struct answer answers[] = {SILENCE};
    NEED_NAMESPACE(state);
    struct peer *peer = peer_new(answers, 1);
    remember_at(peer->url);
    start_searching(&options);
    wsd_context_free(context);
    context = NULL;
    assert_int_equal(n_done, 1);
    assert_int_equal(done_status, WSD_E_CANCELLED);
    require_kept();
    peer_free(peer);
}

static struct wsd_call *to_cancel;

static void found_cancels(void *user, const struct wsd_target *target, bool cached)
{
    found(user, target, cached);
    wsd_call_cancel(to_cancel);
}

static void test_call_may_be_cancelled_when_a_device_is_found(void **state)
{
    struct wsd_get_devices_options options = options_of(true);
    NEED_NAMESPACE(state);
    options.found = found_cancels;
    group = open_peer(3702, true);
    to_cancel = start(&options);
    turn(context);
    const char *text = receive_text(group, &question_port);
    snprintf(question, sizeof question, "%.45s", strstr(text, "MessageID>") + 10);
    answer_question();
    assert_int_equal(n_found, 1);
    assert_int_equal(n_done, 1);
    assert_int_equal(done_status, WSD_E_CANCELLED);
}

static void test_options_that_make_no_sense_are_refused(void **state)
{
    struct wsd_get_devices_options options = options_of(false);
    const struct wsd_qname nameless = {"urn:x", "", ""};
    struct wsd_error error = {0};
    (void)state;
    options.types = &nameless;
    options.n_types = 1;
    assert_int_equal(wsd_get_devices_start(context, &options, done, NULL, NULL, &error),
                     WSD_E_INVALID);
    options.n_types = 1000;
    assert_int_equal(wsd_get_devices_start(context, &options, done, NULL, NULL, NULL),
                     WSD_E_INVALID);
    turn(context);
    assert_int_equal(n_done, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, up, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cached_device_that_answers_is_there),
        CASE(test_cached_device_that_is_off_leaves),
        CASE(test_cached_device_that_is_silent_leaves_in_time),
        CASE(test_another_device_at_the_address_is_not_it),
        CASE(test_device_without_probes_over_http_is_asked_by_get),
        CASE(test_web_server_at_the_address_is_not_it),
        CASE(test_one_dead_address_of_several_does_no_harm),
        CASE(test_device_of_other_types_is_not_asked_and_stays),
        CASE(test_device_whose_types_were_never_told_is_asked),
        CASE(test_device_of_another_network_stays_for_a_month),
        CASE(test_foreign_address_in_the_cache_is_not_contacted),
        CASE(test_empty_cache_without_a_search_is_empty),
        CASE(test_only_so_many_are_asked_at_once_and_the_rest_stays),
        CASE(test_device_found_is_stored),
        CASE(test_cached_device_that_is_found_is_one),
        CASE(test_cached_device_that_is_found_before_its_turn_is_not_asked),
        CASE(test_device_that_answers_both_ways_is_reported_once),
        CASE(test_expected_number_ends_it),
        CASE(test_expected_number_by_the_search_ends_it),
        CASE(test_without_reading_the_cache_nothing_is_asked),
        CASE(test_no_cache_at_all_is_a_search),
        CASE(test_cache_that_cannot_be_written_is_no_error),
        CASE(test_cancelled_call_ends_once_and_stores_nothing),
        CASE(test_context_that_ends_ends_the_call),
        CASE(test_call_may_be_cancelled_when_a_device_is_found),
        CASE(test_options_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
