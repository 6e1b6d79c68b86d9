/* SPDX-License-Identifier: MIT */
/* What a device says of itself and its scans: subscriptions over HTTP, restarts, its end. */
#include "site.h"
#include "source_support.h"

static void subscribe(struct site *site, const char *notify, const char *filter)
{
    struct subscribe request = {.notify = notify,
                                .end_to = notify,
                                .expires = "PT1H",
                                .dialect = WSD_EVENTING_FILTER_ACTION,
                                .filter = filter};
    struct wsd__buf out = WSD__BUF_INIT(1 << 20);

    subscribe_write(&request, &out);
    post(site, "/" UUID "/scan", out.data);
    wsd__buf_free(&out);
}

static void test_subscriber_hears_of_a_scan(void **state)
{
    struct site *site = *state;
    struct sink sink = {0};
    char notify[64], manager[128];

    sink_open(&sink, site->context);
    snprintf(notify, sizeof notify, "http://127.0.0.1:%u/n", sink.port);
    subscribe(site, notify, WSD_NS_SCAN "/JobEndStateEvent");
    assert_int_equal(site->http_status, 200);
    snprintf(manager, sizeof manager, "<wsa:Address>http://127.0.0.1:%u/" UUID "/scan<",
             wsd_host_port(site->host));
    assert_has(site, manager);
    fetch(site);
    sink_await(&sink, 1);
    assert_non_null(strstr(sink.messages[0], "<wscn:JobCompletedState>Completed<"));
    assert_int_equal(wsd_scan_service_events(site->service).sent, 1);
    sink_close(&sink);
}

static void test_sink_of_somebody_else_is_refused(void **state)
{
    struct site *site = *state;

    subscribe(site, "http://127.0.0.2:1/n", WSD_NS_SCAN);
    assert_int_equal(site->http_status, 400);
    assert_has(site, "wsa:DestinationUnreachable");
}

static void test_device_itself_takes_no_subscriptions(void **state)
{
    struct site *site = *state;
    struct subscribe request = {.notify = "http://127.0.0.1:1/"};
    struct wsd__buf out = WSD__BUF_INIT(1 << 20);

    subscribe_write(&request, &out);
    post(site, "/" UUID, out.data);
    wsd__buf_free(&out);
    assert_int_equal(site->http_status, 400);
    assert_has(site, "wsa:ActionNotSupported");
}

/* The sink is a thread: it hears the last word while the context is being freed. */
static void test_subscriber_is_told_when_the_program_ends(void **state)
{
    struct site *site = *state;
    struct answer answer = {.head = "202 Accepted", .body = ""};
    struct peer *peer = peer_new(&answer, 1);

    subscribe(site, peer->url, WSD_NS_SCAN);
    assert_int_equal(site->http_status, 200);
    wsd_host_free(site->host);
    wsd_context_free(site->context);
    site->host = NULL;
    site->context = NULL;
    pthread_join(peer->thread, NULL); /* it has been asked; else this would not end */
    assert_non_null(strstr(peer->requests[0], "/SourceShuttingDown</wse:Status>"));
    close(peer->listener);
    free(peer);
}

static void test_device_that_vanishes_says_nothing(void **state)
{
    struct site *site = *state;
    struct sink sink = {0};
    char notify[64];

    sink_open(&sink, site->context);
    snprintf(notify, sizeof notify, "http://127.0.0.1:%u/n", sink.port);
    subscribe(site, notify, WSD_NS_SCAN);
    assert_int_equal(site->http_status, 200);
    wsd_device_vanish(site->device);
    settle(site->context);
    assert_int_equal(sink.n, 0);
    soap(site, "/" UUID, "urn:uuid:" UUID, WXF "Get", "");
    assert_int_equal(site->http_status, 404);
    wsd_device_vanish(NULL);
    sink_close(&sink);
}

static uint32_t instance_id(struct site *site)
{
    const char *at;

    soap(site, "/" UUID, "urn:schemas-xmlsoap-org:ws:2005:04:discovery", WSD_NS_DISCOVERY "/Probe",
         "<d:Probe/>");
    at = strstr(site->answer.data, "InstanceId=\"");
    assert_non_null(at);
    return (uint32_t)strtoul(at + strlen("InstanceId=\""), NULL, 10);
}

static void test_restart_raises_the_instance_id_and_ends_subscriptions(void **state)
{
    struct site *site = *state;
    struct sink sink = {0};
    char notify[64];
    uint32_t before = instance_id(site), after;

    sink_open(&sink, site->context);
    snprintf(notify, sizeof notify, "http://127.0.0.1:%u/n", sink.port);
    subscribe(site, notify, WSD_NS_SCAN);
    for (int i = 0; i < 3; i++) { /* within one second of the clock */
        assert_int_equal(wsd_device_reboot(site->device, NULL), 0);
        after = instance_id(site);
        assert_true(after > before);
        before = after;
    }
    assert_int_equal(wsd_scan_service_events(site->service).subscribers, 0);
    fetch(site);
    assert_int_equal(site->http_status, 200);
    settle(site->context);
    assert_int_equal(sink.n, 0);
    site->device->instance_id = UINT32_MAX;
    assert_int_equal(wsd_device_reboot(site->device, NULL), WSD_E_LIMIT);
    sink_close(&sink);
}

static void test_device_that_is_made_anew_within_a_second_has_a_higher_instance_id(void **state)
{
    struct site *site = *state;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    uint32_t before = instance_id(site), after;

    options.endpoint = "urn:uuid:" UUID;
    options.friendly_name = options.manufacturer = options.model_name = "Again";
    for (int i = 0; i < 3; i++) {
        wsd_device_free(site->device);
        assert_int_equal(wsd_device_new(site->host, &options, &site->device, NULL), 0);
        assert_int_equal(wsd_device_start(site->device, NULL), 0);
        after = instance_id(site);
        assert_true(after > before);
        before = after;
    }
    options.instance_id = 7; /* who keeps it knows best */
    wsd_device_free(site->device);
    assert_int_equal(wsd_device_new(site->host, &options, &site->device, NULL), 0);
    assert_int_equal(wsd_device_start(site->device, NULL), 0);
    assert_int_equal(instance_id(site), 7);
    options.instance_id = UINT32_MAX; /* there is none after it: the clock again */
    wsd_device_free(site->device);
    assert_int_equal(wsd_device_new(site->host, &options, &site->device, NULL), 0);
    options.instance_id = 0;
    wsd_device_free(site->device);
    assert_int_equal(wsd_device_new(site->host, &options, &site->device, NULL), 0);
    assert_int_equal(wsd_device_start(site->device, NULL), 0);
    assert_in_range(instance_id(site), before - 3, UINT32_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_subscriber_hears_of_a_scan),
        CASE(test_sink_of_somebody_else_is_refused),
        CASE(test_device_itself_takes_no_subscriptions),
        CASE(test_subscriber_is_told_when_the_program_ends),
        CASE(test_device_that_vanishes_says_nothing),
        CASE(test_restart_raises_the_instance_id_and_ends_subscriptions),
        CASE(test_device_that_is_made_anew_within_a_second_has_a_higher_instance_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
