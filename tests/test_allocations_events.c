/* SPDX-License-Identifier: MIT */
/* Memory runs out while an event source has a subscriber, while a panel gets its destinations, and
 * while a scanner is monitored. See test_allocations.c. */
#include "scan/test_service_support.h"

#include "eventing/source.h"
#include "eventing/source_support.h"
#include "support/failing_allocations.h"

#include <wsd/device.h>
#include <wsd/scan_monitor.h>

/* -- an event source and its subscriber ---------------------------------------------------------
 */

struct life {
    struct sink sink; /* in a context of its own, whose memory does not fail */
    struct wsd_context *context;
    struct wsd__event_source *source;
    struct wsd__buf subscribe, manage, answer;
    uint64_t now;
};

static struct wsd_context *sink_context(void)
{
    struct wsd_context *context = NULL;

    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    return context;
}

static uint64_t life_now(void *user)
{
    return ((struct life *)user)->now;
}

/* Sends a message to the source; false when the answer is a failure, as it may be. */
static bool asked(struct life *life, const struct wsd__buf *message)
{
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct wsd__event_transport transport = {(struct sockaddr *)&peer, "http://127.0.0.1/s"};
    int status;

    wsd__buf_free(&life->answer);
    life->answer.max = 1u << 16;
    status = wsd__event_source_serve(life->source, &transport, message->data, message->length,
                                     &life->answer);
    assert_true(status == 200 || failed);
    return status == 200;
}

/* What the test does itself does not run out of memory. */
static void write_manage(struct life *life, const char *operation)
{
    const char *id;
    char identifier[64];
    long kept = left;

    left = -1;
    id = strstr(life->answer.data, "<wse:Identifier>");
    if (id)
        snprintf(identifier, sizeof identifier, "%.45s", id + strlen("<wse:Identifier>"));
    wsd__buf_clear(&life->manage);
    manage_write(operation, id ? identifier : "", NULL, &life->manage);
    left = kept;
}

static bool events_come(struct life *life)
{
    struct wsd__fault_detail room;
    struct wsd__bare_body body = {.any = wsd__fault_detail_init(&room, NS_WSCN, "Thing", "x")};
    struct wsd_event_counters counters;
    int r = wsd__event_notify(life->source, 0, &body, NULL);

    if (r < 0)
        return false;
    do { /* a try that fails for want of memory is made again; thrice, and it is over */
        turn_both(life->context, life->sink.context);
        life->now += 20;
        counters = wsd__event_source_counters(life->source);
    } while (counters.delivered == 0 && counters.subscribers > 0);
    return counters.delivered > 0;
}

static int live(struct life *life)
{
    bool good = asked(life, &life->subscribe);

    if (!good)
        return WSD_E_NO_MEMORY;
    write_manage(life, "Renew");
    good = events_come(life) && good;
    if (wsd__event_source_counters(life->source).subscribers == 0)
        return WSD_E_NO_MEMORY;
    return asked(life, &life->manage) && good ? 0 : WSD_E_NO_MEMORY;
}

static int source_life(void *user)
{
    static const char *const names[] = {"One"};
    struct wsd__event_source_options options = {
        .ns = NS_WSCN, .events = names, .n_events = 1, .body_type = &wsd__type_bare_body};
    struct wsd_context_options own = WSD_CONTEXT_OPTIONS_INIT;
    struct life *life = user;
    int r;

    own.now = life_now;
    own.user = life;
    r = wsd_context_new(&own, &life->context, NULL);
    if (r < 0)
        return r;
    r = wsd__event_source_new(life->context, &options, &life->source, NULL);
    if (r == 0) {
        r = live(life);
        wsd__event_source_free(life->source, true);
    }
    wsd_context_free(life->context);
    wsd__buf_free(&life->answer);
    sink_clear(&life->sink);
    return r;
}

static void test_event_source(void **state)
{
    struct life life = {.subscribe = WSD__BUF_INIT(1u << 16), .manage = WSD__BUF_INIT(1u << 16)};
    char url[64], end[64];
    uint16_t port; /* the last word is refused, which is soon over */
    int fd = dead_port(false, &port);
    struct subscribe request = {
        .notify = url, .end_to = end, .notify_id = "urn:uuid:1", .expires = "PT1H"};

    (void)state;
    sink_open(&life.sink, sink_context());
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", life.sink.port);
    snprintf(end, sizeof end, "http://127.0.0.1:%u/", port);
    subscribe_write(&request, &life.subscribe);
    each_failure(source_life, &life);
    wsd__buf_free(&life.subscribe);
    wsd__buf_free(&life.manage);
    sink_close(&life.sink);
    wsd_context_free(life.sink.context);
    close(fd);
}

/* -- the panel --------------------------------------------------------------------------------- */

static void ignore(void *user)
{
    (void)user;
}

static int panel_life(void *user)
{
    struct wsd__buf *messages = user;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct wsd__event_transport transport = {(struct sockaddr *)&peer, "http://127.0.0.1/s"};
    const struct wsd_scan_panel *panel = NULL;
    struct bench bench = {0};
    long kept = left;
    int status = 200, r;

    left = -1;
    bench_open(&bench, ignore, NULL);
    left = kept;
    for (size_t i = 0; i < 2; i++) { /* the second replaces one of the first's */
        struct wsd__scan_reply reply = {0};

        wsd__scan_serve(bench.service, &transport, messages[i].data, messages[i].length, &reply);
        status = reply.status != 200 ? reply.status : status;
        wsd__buf_free(&reply.body);
    }
    r = wsd_scan_service_panel(bench.service, &panel, NULL);
    if (r == 0 && panel->n_entries > 0)
        r = wsd_scan_service_press(bench.service, panel->entries[0].number, 0, NULL);
    wsd_free(panel);
    wsd_scan_service_busy(bench.service, WSD_SCAN_CALIBRATING);
    kept = left;
    left = -1; /* whatever failed, what is there now holds together */
    assert_int_equal(wsd_scan_service_panel(bench.service, &panel, NULL), 0);
    for (size_t i = 1; i < panel->n_entries; i++)
        assert_true(panel->entries[i].number > panel->entries[i - 1].number);
    if (!failed)
        assert_int_equal(panel->n_entries, 3);
    wsd_free(panel);
    wsd__scan_service_destroy(bench.service, false);
    wsd_context_free(bench.context);
    left = kept;
    return r < 0 || status != 200 ? WSD_E_NO_MEMORY : 0;
}

#define DESTINATION(context)                                                                       \
    "<wscn:ScanDestination><wscn:ClientDisplayName>PC</wscn:ClientDisplayName>"                    \
    "<wscn:ClientContext>" context "</wscn:ClientContext></wscn:ScanDestination>"

static void test_panel(void **state)
{
    struct wsd__buf messages[2] = {WSD__BUF_INIT(1u << 16), WSD__BUF_INIT(1u << 16)};
    struct subscribe request = {.notify = "http://127.0.0.1:1/",
                                .extension = "<wscn:ScanDestinations>" DESTINATION("a")
                                    DESTINATION("b") "</wscn:ScanDestinations>"};

    (void)state;
    subscribe_write(&request, &messages[0]);
    request.extension =
        "<wscn:ScanDestinations>" DESTINATION("b") DESTINATION("c") "</wscn:ScanDestinations>";
    subscribe_write(&request, &messages[1]);
    each_failure(panel_life, messages);
    wsd__buf_free(&messages[0]);
    wsd__buf_free(&messages[1]);
}

/* -- a monitor --------------------------------------------------------------------------------- */

struct watched {
    struct wsd_context *device; /* whose memory does not fail */
    struct wsd_scan_service *service;
    struct bench bench;
    char url[256];
    uint64_t now; /* of who watches */
};

static uint64_t watched_now(void *user)
{
    return ((struct watched *)user)->now;
}

static bool shows(struct wsd_scan_monitor *monitor, int state)
{
    const struct wsd_scan_status *status = wsd_scan_monitor_status(monitor);
    size_t n;

    return wsd_scan_monitor_connection(monitor) == WSD_MONITOR_LIVE && status &&
           status->scanner_state.value == state && wsd_scan_monitor_configuration(monitor) &&
           (wsd_scan_monitor_history(monitor, &n) || n == 0);
}

/* What memory was short for is made again, after a pause at most. */
static int until_it_shows(struct watched *watched, struct wsd_context *context,
                          struct wsd_scan_monitor *monitor, int state)
{
    for (int turns = 0; turns < 300; turns++) {
        if (shows(monitor, state))
            return 0;
        turn_both(context, watched->device);
        if (turns % 30 == 29)
            watched->now += 60000;
    }
    return WSD_E_TIMEOUT;
}

static void be_busy(struct watched *watched, enum wsd_scan_busy busy)
{
    long kept = left;

    left = -1;
    wsd_scan_service_busy(watched->service, busy);
    left = kept;
}

static int monitor_life(void *user)
{
    struct wsd_context_options own = WSD_CONTEXT_OPTIONS_INIT;
    struct watched *watched = user;
    struct wsd_context *context = NULL;
    struct wsd_sink *sink = NULL;
    struct wsd_scan_monitor *monitor = NULL;
    int r;

    own.now = watched_now;
    own.user = watched;
    r = wsd_context_new(&own, &context, NULL);
    if (r == 0)
        r = wsd_sink_new(context, NULL, &sink, NULL);
    if (r == 0)
        r = wsd_scan_monitor_new(sink, watched->url, NULL, &monitor, NULL);
    if (r == 0) { /* from here on it helps itself */
        assert_int_equal(until_it_shows(watched, context, monitor, WSD_SCAN_STATE_IDLE), 0);
        be_busy(watched, WSD_SCAN_CALIBRATING);
        if (until_it_shows(watched, context, monitor, WSD_SCAN_STATE_PROCESSING) < 0)
            assert_true(failed); /* the event was lost with its memory, after its 202 */
        be_busy(watched, WSD_SCAN_READY);
    }
    wsd_scan_monitor_free(monitor);
    wsd_sink_free(sink);
    wsd_context_free(context);
    for (int i = 0; i < 3; i++)
        wsd_context_wait(watched->device, 1, NULL);
    return r;
}

static void test_monitor(void **state)
{
    struct watched watched = {.now = 1000};
    struct wsd_context_options context = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_host_options host_options = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service = bench_options(&watched.bench);
    struct wsd_host *host = NULL;
    struct wsd_device *device = NULL;

    (void)state;
    service.max_subscribers = service.max_subscribers_per_peer = 5000; /* some leave no word */
    context.allow_loopback = true;
    assert_int_equal(wsd_context_new(&context, &watched.device, NULL), 0);
    host_options.no_discovery = true;
    host_options.address = "127.0.0.1";
    assert_int_equal(wsd_host_new(watched.device, &host_options, &host, NULL), 0);
    options.friendly_name = options.manufacturer = options.model_name = "Scanner";
    assert_int_equal(wsd_device_new(host, &options, &device, NULL), 0);
    assert_int_equal(wsd_scan_service_new(device, &service, &watched.service, NULL), 0);
    assert_int_equal(wsd_device_start(device, NULL), 0);
    snprintf(watched.url, sizeof watched.url, "%s/scan", wsd_device_url(device));
    each_failure(monitor_life, &watched);
    wsd_host_free(host);
    wsd_context_free(watched.device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_source),
        cmocka_unit_test(test_panel),
        cmocka_unit_test(test_monitor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
