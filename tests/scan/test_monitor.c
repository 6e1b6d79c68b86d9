/* SPDX-License-Identifier: MIT */
/* The monitor against a scanner that is played: what goes wrong, and in which order things come.
 * The clock is ours. */
#include "../eventing/support.h"

#include <wsd/scan_monitor.h>

#define STATUS(state, conditions)                                                                  \
    BODY("<wscn:GetScannerElementsResponse><wscn:ScannerElements><wscn:ElementData "               \
         "Name=\"wscn:ScannerStatus\" Valid=\"true\"><wscn:ScannerStatus><wscn:ScannerCurrentTime" \
         ">2024-01-01T00:00:00Z</wscn:ScannerCurrentTime><wscn:ScannerState>" state                \
         "</wscn:ScannerState><wscn:ActiveConditions>" conditions "</wscn:ActiveConditions>"       \
         "</wscn:ScannerStatus></wscn:ElementData></wscn:ScannerElements>"                         \
         "</wscn:GetScannerElementsResponse>")
#define CONDITION(id)                                                                              \
    "<wscn:DeviceCondition Id=\"" id "\"><wscn:Time>2024-01-01T00:00:00Z</wscn:Time><wscn:Name>"   \
    "CoverOpen</wscn:Name><wscn:Component>ADF</wscn:Component><wscn:Severity>Warning"              \
    "</wscn:Severity></wscn:DeviceCondition>"
#define ARISES(id)                                                                                 \
    BODY("<wscn:ScannerStatusConditionEvent>" CONDITION(id) "</wscn:ScannerStatusConditionEvent>")
#define SUMMARY(state)                                                                             \
    BODY("<wscn:ScannerStatusSummaryEvent><wscn:StatusSummary><wscn:ScannerState>" state           \
         "</wscn:ScannerState><wscn:ScannerStateReasons><wscn:ScannerStateReason>None"             \
         "</wscn:ScannerStateReason></wscn:ScannerStateReasons></wscn:StatusSummary>"              \
         "</wscn:ScannerStatusSummaryEvent>")
#define NO_JOBS BODY("<wscn:GetActiveJobsResponse><wscn:ActiveJobs/></wscn:GetActiveJobsResponse>")
#define NO_HISTORY                                                                                 \
    BODY("<wscn:GetJobHistoryResponse><wscn:JobHistory/></wscn:GetJobHistoryResponse>")
#define JOB_EVENT                                                                                  \
    BODY(                                                                                          \
        "<wscn:JobStatusEvent><wscn:JobStatus><wscn:JobId>3</wscn:JobId><wscn:JobState>Processing" \
        "</wscn:JobState><wscn:ScansCompleted>1</wscn:ScansCompleted></wscn:JobStatus>"            \
        "</wscn:JobStatusEvent>")

enum { MINUTE = 60000 };

/* A scanner and who watches it. */
struct scene {
    struct world world;
    struct wsd_scan_monitor *monitor;
    const char *elements, *jobs, *history; /* its answers; NULL: it hangs up */
    bool hold;                             /* it answers no reading of elements now */
    bool go;                               /* but for the one that it held back */
    unsigned n_elements, n_jobs, n_history;
    struct wsd__http_stream *stream;
    const char *held;
    unsigned told, parts; /* calls of `changed`, and what they told since this was zeroed */
    unsigned free_at;     /* it frees the monitor when so many were told */
    int connections[16];  /* one after the other */
    unsigned n_connections;
};

/* -- the scanner ------------------------------------------------------------------------------- */

static ssize_t scene_read(void *user, void *buffer, size_t size)
{
    struct scene *scene = user;
    size_t length;

    if (!scene->go)
        return WSD__STREAM_WAIT;
    if (!scene->held)
        return WSD__STREAM_END;
    length = strlen(scene->held);
    assert_true(length < size);
    memcpy(buffer, scene->held, length);
    scene->held = NULL;
    return (ssize_t)length;
}

static void scene_handle(void *user, const struct wsd__http_request *request,
                         struct wsd__http_reply *reply)
{
    struct scene *scene = user;
    const char *text;

    if (asked(request, "GetScannerElementsRequest")) {
        scene->n_elements++;
        text = scene->elements;
    } else if (asked(request, "GetActiveJobsRequest")) {
        scene->n_jobs++;
        text = scene->jobs;
    } else if (asked(request, "GetJobHistoryRequest")) {
        scene->n_history++;
        text = scene->history;
    } else {
        device_handle(&scene->world.device, request, reply);
        return;
    }
    if (!text || scene->world.device.silent)
        return;
    *reply = (struct wsd__http_reply){.status = 200, .content_type = "application/soap+xml"};
    if (scene->hold && text == scene->elements) {
        scene->held = text;
        scene->go = false;
        reply->read = scene_read;
        reply->user = scene;
        reply->ret_stream = &scene->stream;
        return;
    }
    reply->body = strdup(text);
    reply->size = strlen(text);
}

/* The answer that it held back goes out; the next one is held back unless it is told otherwise. */
static void let_go(struct scene *scene)
{
    struct wsd__http_stream *stream = scene->stream;

    scene->go = true;
    scene->stream = NULL;
    wsd__http_stream_resume(stream);
}

static struct wsd__http_server *serve(struct scene *scene, struct wsd_context *context,
                                      char url[64])
{
    struct wsd__http_server *server = NULL;
    struct wsd__http_server_options options = {.address = "127.0.0.1",
                                               .max_request = 1u << 20,
                                               .max_connections = 64,
                                               .max_connections_per_peer = 64,
                                               .idle_timeout = 30000};

    assert_int_equal(wsd__http_server_new(context, &options, scene_handle, scene, &server, NULL),
                     0);
    snprintf(url, 64, "http://127.0.0.1:%u/scan", wsd__http_server_port(server));
    return server;
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);

    world_open(&scene->world);
    wsd__http_server_free(scene->world.device.server);
    scene->world.device.server = serve(scene, scene->world.device.context, scene->world.device.url);
    scene->elements = STATUS("Idle", "");
    scene->jobs = NO_JOBS;
    scene->history = NO_HISTORY;
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;

    wsd_scan_monitor_free(scene->monitor);
    world_close(&scene->world);
    free(scene);
    return 0;
}

/* -- who watches ------------------------------------------------------------------------------- */

static void on_change(void *user, struct wsd_scan_monitor *monitor, unsigned parts)
{
    struct scene *scene = user;

    assert_int_not_equal(parts, 0);
    scene->told++;
    scene->parts |= parts;
    if (parts & WSD_MONITOR_CONNECTION && scene->n_connections < 16)
        scene->connections[scene->n_connections++] = (int)wsd_scan_monitor_connection(monitor);
    if (scene->told == scene->free_at) {
        wsd_scan_monitor_free(monitor);
        scene->monitor = NULL;
    }
}

static struct wsd_scan_monitor *watch_at(struct scene *scene, const char *service,
                                         uint32_t interval)
{
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;
    struct wsd_scan_monitor *monitor = NULL;

    options.poll_interval = interval;
    options.changed = on_change;
    options.user = scene;
    assert_int_equal(wsd_scan_monitor_new(scene->world.sink, service, &options, &monitor, NULL), 0);
    assert_int_equal(wsd_scan_monitor_connection(monitor), WSD_MONITOR_CONNECTING);
    assert_null(wsd_scan_monitor_error(monitor));
    return monitor;
}

static bool is(const struct scene *scene, enum wsd_scan_monitor_connection connection)
{
    return wsd_scan_monitor_connection(scene->monitor) == connection;
}

#define READ_ALL (WSD_MONITOR_STATUS | WSD_MONITOR_JOBS | WSD_MONITOR_HISTORY)

/* Begins to watch; returns when all was read and it is known in this way. */
static void watch(struct scene *scene, enum wsd_scan_monitor_connection connection)
{
    struct world *world = &scene->world;

    scene->monitor = watch_at(scene, world->device.url, 0);
    UNTIL(is(scene, connection));
    if (connection != WSD_MONITOR_UNREACHABLE)
        UNTIL((scene->parts & READ_ALL) == READ_ALL);
    settle(world);
    scene->parts = 0;
}

static int send_text(struct scene *scene, const char *xml)
{
    return send_from(&scene->world, "127.0.0.1", last_path(&scene->world), xml);
}

static size_t n_conditions(struct scene *scene)
{
    size_t n = 99;

    wsd_scan_monitor_conditions(scene->monitor, &n);
    return n;
}

static const char *state_text(struct scene *scene)
{
    return wsd_scan_monitor_status(scene->monitor)->scanner_state.text;
}

/* -- readings and events ----------------------------------------------------------------------- */

static void test_first_reading_then_live(void **state)
{
    struct scene *scene = *state;
    size_t n = 99;

    watch(scene, WSD_MONITOR_LIVE);
    assert_int_equal(scene->n_connections, 1);
    assert_null(wsd_scan_monitor_error(scene->monitor));
    assert_true(wsd_scan_monitor_status_has_changed(scene->monitor));
    assert_string_equal(state_text(scene), "Idle");
    assert_false(wsd_scan_monitor_status_has_changed(scene->monitor));
    assert_true(wsd_scan_monitor_conditions_has_changed(scene->monitor));
    assert_int_equal(n_conditions(scene), 0);
    assert_false(wsd_scan_monitor_conditions_has_changed(scene->monitor));
    assert_false(wsd_scan_monitor_description_has_changed(scene->monitor));
    assert_null(wsd_scan_monitor_description(scene->monitor));
    assert_true(wsd_scan_monitor_history_has_changed(scene->monitor));
    wsd_scan_monitor_history(scene->monitor, &n);
    assert_int_equal(n, 0);
    assert_false(wsd_scan_monitor_history_has_changed(scene->monitor));
    assert_int_equal(scene->n_elements + scene->n_jobs + scene->n_history, 3);
}

static void test_time_that_passes_asks_nothing_of_a_live_scanner(void **state)
{
    struct scene *scene = *state;

    watch(scene, WSD_MONITOR_LIVE);
    for (int i = 0; i < 20; i++)
        pass(&scene->world, MINUTE);
    settle(&scene->world);
    assert_int_equal(scene->n_elements + scene->n_jobs + scene->n_history, 3);
}

static void test_scanner_without_lists_of_jobs_is_live(void **state)
{
    struct scene *scene = *state;
    size_t n = 99;

    scene->jobs = scene->history = FAULT("ActionNotSupported");
    watch(scene, WSD_MONITOR_LIVE);
    wsd_scan_monitor_jobs(scene->monitor, &n);
    assert_int_equal(n, 0);
    assert_null(wsd_scan_monitor_error(scene->monitor));
}

static void test_scanner_that_tells_no_status_is_live(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    scene->elements = BODY("<wscn:GetScannerElementsResponse><wscn:ScannerElements>"
                           "<wscn:ElementData Name=\"wscn:ScannerStatus\" Valid=\"false\"/>"
                           "</wscn:ScannerElements></wscn:GetScannerElementsResponse>");
    scene->monitor = watch_at(scene, world->device.url, 0);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    assert_null(wsd_scan_monitor_status(scene->monitor));
    assert_int_equal(n_conditions(scene), 0);
    assert_int_equal(send_text(scene, ARISES("5")), 202);
    settle(world);
    assert_int_equal(n_conditions(scene), 0);
}

/* What it brings is from before the event. */
static void test_event_that_overtakes_a_reading_has_it_made_again(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    scene->hold = true;
    scene->monitor = watch_at(scene, world->device.url, 0);
    UNTIL(scene->stream);
    assert_int_equal(send_text(scene, ARISES("5")), 202);
    settle(world);
    scene->elements = STATUS("Idle", CONDITION("5"));
    assert_int_equal(scene->n_elements, 1);
    scene->hold = false;
    let_go(scene);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    settle(world);
    assert_int_equal(scene->n_elements, 2);
    assert_int_equal(n_conditions(scene), 1);
}

static void test_scanner_that_never_stops_talking_is_believed(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    scene->hold = true;
    scene->monitor = watch_at(scene, world->device.url, 0);
    for (unsigned i = 1; i <= 4; i++) {
        UNTIL(scene->stream);
        assert_int_equal(scene->n_elements, i);
        assert_true(is(scene, WSD_MONITOR_CONNECTING));
        assert_int_equal(send_text(scene, SUMMARY("Processing")), 202);
        settle(world);
        let_go(scene);
    }
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    settle(world);
    assert_int_equal(scene->n_elements, 4);
}

/* A job that no list ever shows: each event about it asks once, and not for ever. */
static void test_unknown_job_has_the_list_read_once(void **state)
{
    struct scene *scene = *state;

    watch(scene, WSD_MONITOR_LIVE);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(send_text(scene, JOB_EVENT), 202);
        settle(&scene->world);
        assert_int_equal(scene->n_jobs, 1 + i);
    }
    assert_int_equal(scene->n_elements, 1);
    assert_int_equal(scene->n_history, 1);
}

/* -- no events --------------------------------------------------------------------------------- */

static void test_scanner_without_events_is_polled(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    world->device.refusal = FAULT("ActionNotSupported");
    watch(scene, WSD_MONITOR_POLLED);
    assert_int_equal(scene->n_connections, 1);
    assert_int_equal(scene->connections[0], WSD_MONITOR_POLLED);
    assert_non_null(wsd_scan_monitor_error(scene->monitor));
    assert_int_equal(wsd_scan_monitor_error(scene->monitor)->code, WSD_E_FAULT);
    assert_string_equal(wsd_scan_monitor_error(scene->monitor)->subcode, "ActionNotSupported");
    pass(world, MINUTE - 1);
    settle(world);
    assert_int_equal(scene->n_elements, 1);
    scene->elements = STATUS("Stopped", CONDITION("5"));
    pass(world, 1);
    UNTIL(scene->parts & WSD_MONITOR_STATUS);
    settle(world);
    assert_string_equal(state_text(scene), "Stopped");
    assert_int_equal(n_conditions(scene), 1);
    assert_int_equal(scene->n_elements + scene->n_jobs + scene->n_history, 6);
    for (int i = 0; i < 3; i++) {
        pass(world, MINUTE);
        settle(world);
    }
    assert_int_equal(scene->n_elements + scene->n_jobs + scene->n_history, 15);
    assert_int_equal(world->device.subscribes, 1);
    assert_false(wsd_scan_monitor_status_has_changed(scene->monitor));
}

static void test_interval_of_polling_has_a_least(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    world->device.refusal = FAULT("ActionNotSupported");
    scene->monitor = watch_at(scene, world->device.url, 1);
    UNTIL(is(scene, WSD_MONITOR_POLLED));
    settle(world);
    pass(world, 4999);
    settle(world);
    assert_int_equal(scene->n_elements, 1);
    pass(world, 1);
    UNTIL(scene->n_elements == 2);
}

/* A slow reading is not thrown away because the next one is due. */
static void test_reading_slower_than_the_interval_counts(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    world->device.refusal = FAULT("ActionNotSupported");
    scene->hold = true;
    scene->monitor = watch_at(scene, world->device.url, 5000);
    UNTIL(scene->stream && (scene->parts & WSD_MONITOR_HISTORY));
    pass(world, 5000);
    settle(world);
    scene->hold = false;
    let_go(scene);
    UNTIL(is(scene, WSD_MONITOR_POLLED));
    assert_int_equal(scene->n_elements, 1);
}

static void test_events_that_a_scanner_gets_later_end_the_polling(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    unsigned before;

    world->device.refusal = FAULT("ActionNotSupported");
    watch(scene, WSD_MONITOR_POLLED);
    world->device.refusal = NULL;
    for (int i = 0; i < 40 && world->device.subscribes < 2; i++) {
        pass(world, MINUTE);
        settle(world);
    }
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    assert_null(wsd_scan_monitor_error(scene->monitor));
    settle(world);
    before = scene->n_elements;
    pass(world, 3 * MINUTE);
    settle(world);
    assert_int_equal(scene->n_elements, before);
}

/* -- not there --------------------------------------------------------------------------------- */

static void test_unreachable_says_why_and_comes_back(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    world->device.silent = true;
    watch(scene, WSD_MONITOR_UNREACHABLE);
    assert_non_null(wsd_scan_monitor_error(scene->monitor));
    assert_int_equal(wsd_scan_monitor_error(scene->monitor)->code, WSD_E_EMPTY);
    assert_null(wsd_scan_monitor_status(scene->monitor));
    world->device.silent = false;
    for (int i = 0; i < 5 && !is(scene, WSD_MONITOR_LIVE); i++) {
        pass(world, MINUTE);
        settle(world);
    }
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    assert_null(wsd_scan_monitor_error(scene->monitor));
    assert_string_equal(state_text(scene), "Idle");
}

/* The rest is worth showing, but that a list is missing is not hidden, and not forgotten. */
static void test_one_reading_that_fails_is_made_again(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    unsigned changes;

    scene->jobs = BODY("<wscn:Rubbish/>");
    watch(scene, WSD_MONITOR_UNREACHABLE);
    assert_non_null(wsd_scan_monitor_error(scene->monitor));
    assert_string_equal(state_text(scene), "Idle");
    changes = scene->n_connections;
    pass(world, MINUTE);
    settle(world);
    assert_int_equal(scene->n_jobs, 2);
    assert_int_equal(scene->n_connections, changes); /* it does not go to and fro */
    scene->jobs = NO_JOBS;
    pass(world, MINUTE);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    assert_null(wsd_scan_monitor_error(scene->monitor));
    settle(world);
    pass(world, 3 * MINUTE);
    settle(world);
    assert_int_equal(scene->n_jobs, 3);
}

/* What was shown stays; why it is polled is told again once it answers. */
static void test_polled_scanner_that_goes_and_comes(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    world->device.refusal = FAULT("ActionNotSupported");
    watch(scene, WSD_MONITOR_POLLED);
    world->device.silent = true;
    pass(world, MINUTE);
    UNTIL(is(scene, WSD_MONITOR_UNREACHABLE));
    settle(world);
    assert_int_equal(wsd_scan_monitor_error(scene->monitor)->code, WSD_E_EMPTY);
    assert_string_equal(state_text(scene), "Idle");
    world->device.silent = false;
    pass(world, MINUTE);
    UNTIL(is(scene, WSD_MONITOR_POLLED));
    assert_int_equal(wsd_scan_monitor_error(scene->monitor)->code, WSD_E_FAULT);
}

static void test_address_that_is_none_is_unreachable(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    scene->monitor = watch_at(scene, "nonsense", 0);
    UNTIL(is(scene, WSD_MONITOR_UNREACHABLE));
    assert_int_equal(wsd_scan_monitor_error(scene->monitor)->code, WSD_E_INVALID);
    settle(world);
}

static void test_lost_subscription_reads_afresh(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    watch(scene, WSD_MONITOR_LIVE);
    world->device.forgotten = FAULT("InvalidMessage");
    scene->elements = STATUS("Processing", "");
    pass(world, 30 * MINUTE);
    UNTIL(is(scene, WSD_MONITOR_POLLED));
    assert_int_equal(wsd_scan_monitor_error(scene->monitor)->code, WSD_E_FAULT);
    UNTIL(scene->parts & WSD_MONITOR_STATUS);
    assert_string_equal(state_text(scene), "Processing");
    settle(world);
    scene->elements = STATUS("Stopped", "");
    scene->parts = 0;
    world->device.forgotten = NULL;
    pass(world, 10000);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    UNTIL(scene->parts & WSD_MONITOR_STATUS);
    assert_string_equal(state_text(scene), "Stopped");
    assert_null(wsd_scan_monitor_error(scene->monitor));
}

/* -- elsewhere --------------------------------------------------------------------------------- */

static void test_restart_at_another_address(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    char url[64], old[64];
    struct wsd__http_server *server = serve(scene, world->device.context, url);
    unsigned before;

    watch(scene, WSD_MONITOR_LIVE);
    strcpy(old, world->device.url);
    strcpy(world->device.url, url);
    wsd__http_server_free(world->device.server);
    world->device.server = server;
    scene->elements = STATUS("Stopped", "");
    before = scene->n_elements;
    assert_int_equal(wsd_scan_monitor_restart(scene->monitor, url, NULL), 0);
    UNTIL(is(scene, WSD_MONITOR_POLLED)); /* until it has subscribed there */
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    settle(world);
    assert_string_equal(state_text(scene), "Stopped");
    assert_int_equal(world->device.subscribes, 2);
    assert_int_equal(scene->n_elements, before + 2);
    assert_int_equal(wsd_scan_monitor_restart(scene->monitor, "", NULL), WSD_E_INVALID);
    assert_true(is(scene, WSD_MONITOR_LIVE));
}

/* The old address gives no answer any more; that tells nothing of the new one. */
static void test_restart_forgets_what_was_asked_elsewhere(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    struct wsd__http_server *old = world->device.server;

    scene->hold = true;
    scene->monitor = watch_at(scene, world->device.url, 0);
    UNTIL(scene->stream && (scene->parts & WSD_MONITOR_HISTORY));
    scene->hold = false;
    world->device.server = serve(scene, world->device.context, world->device.url);
    assert_int_equal(wsd_scan_monitor_restart(scene->monitor, world->device.url, NULL), 0);
    wsd__http_server_free(old);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    settle(world);
    for (unsigned i = 0; i < scene->n_connections; i++)
        assert_int_not_equal(scene->connections[i], WSD_MONITOR_UNREACHABLE);
}

/* It subscribes, and reads when it has: nothing is asked twice. */
static void test_restart_of_one_that_begins_changes_nothing(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    scene->monitor = watch_at(scene, world->device.url, 0);
    assert_int_equal(wsd_scan_monitor_restart(scene->monitor, NULL, NULL), 0);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    settle(world);
    assert_int_equal(world->device.subscribes, 1);
    assert_int_equal(scene->n_elements, 1);
}

/* A scanner that is polled has moved: it is read where it is now, without waiting. */
static void test_restart_of_a_polled_scanner_reads_at_once(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    world->device.refusal = FAULT("ActionNotSupported");
    watch(scene, WSD_MONITOR_POLLED);
    scene->elements = STATUS("Stopped", "");
    assert_int_equal(wsd_scan_monitor_restart(scene->monitor, NULL, NULL), 0);
    UNTIL(scene->parts & WSD_MONITOR_STATUS);
    assert_string_equal(state_text(scene), "Stopped");
    settle(world);
    assert_int_equal(world->device.subscribes, 2);
}

/* -- several, and their end -------------------------------------------------------------------- */

static void test_two_monitors_share_a_sink(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    struct wsd_scan_monitor *other;
    char first[128];

    watch(scene, WSD_MONITOR_LIVE);
    strcpy(first, last_path(world));
    other = watch_at(scene, world->device.url, 0);
    UNTIL(wsd_scan_monitor_connection(other) == WSD_MONITOR_LIVE);
    settle(world);
    assert_int_equal(send_from(world, "127.0.0.1", first, ARISES("5")), 202);
    settle(world);
    assert_int_equal(n_conditions(scene), 1);
    assert_int_equal(wsd_scan_monitor_status(other)->n_active_conditions, 0);
    wsd_scan_monitor_free(other);
    assert_int_equal(send_from(world, "127.0.0.1", first, ARISES("6")), 202);
    settle(world);
    assert_int_equal(n_conditions(scene), 2);
    assert_int_equal(world->device.unsubscribes, 1);
}

static void test_freed_inside_its_callback(void **state)
{
    for (unsigned at = 1; at <= 2; at++) {
        struct scene *scene = *state;
        struct world *world = &scene->world;

        scene->told = 0;
        scene->free_at = at;
        scene->monitor = watch_at(scene, world->device.url, 0);
        UNTIL(!scene->monitor);
        settle(world);
        assert_int_equal(scene->told, at);
        assert_int_equal(world->device.alive, 0); /* it has left */
    }
}

static void test_freed_while_readings_are_under_way(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    unsigned told;

    scene->hold = true;
    scene->monitor = watch_at(scene, world->device.url, 0);
    UNTIL(scene->stream);
    told = scene->told;
    wsd_scan_monitor_free(scene->monitor);
    scene->monitor = NULL;
    settle(world);
    assert_int_equal(scene->told, told);
    assert_int_equal(world->device.alive, 0);
}

static void test_freed_at_any_turn(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    for (int turns = 0; turns < 25; turns++) {
        struct wsd_scan_monitor *monitor = watch_at(scene, world->device.url, 0);

        for (int i = 0; i < turns; i++)
            turn(world);
        wsd_scan_monitor_free(monitor);
        settle(world);
        assert_int_equal(world->device.alive, 0);
    }
}

/* Monitor, sink, context: all of them at once, with readings and a Subscribe under way. */
static void test_all_is_freed_in_the_order_that_is_told(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;

    scene->hold = true;
    scene->monitor = watch_at(scene, world->device.url, 0);
    UNTIL(scene->stream); /* the rest is teardown's */
}

static void test_options_of_an_older_program(void **state)
{
    struct scene *scene = *state;
    struct world *world = &scene->world;
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;
    unsigned told = 0;

    options.size = offsetof(struct wsd_scan_monitor_options, changed);
    options.changed = on_change; /* what it does not know of does not count */
    options.user = &told;
    assert_int_equal(
        wsd_scan_monitor_new(world->sink, world->device.url, &options, &scene->monitor, NULL), 0);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
    settle(world);
    wsd_scan_monitor_free(scene->monitor);
    assert_int_equal(
        wsd_scan_monitor_new(world->sink, world->device.url, NULL, &scene->monitor, NULL), 0);
    UNTIL(is(scene, WSD_MONITOR_LIVE));
}

static void test_monitor_of_nothing_is_refused(void **state)
{
    struct scene *scene = *state;
    struct wsd_error error = {0};

    assert_int_equal(wsd_scan_monitor_new(scene->world.sink, NULL, NULL, &scene->monitor, NULL),
                     WSD_E_INVALID);
    assert_int_equal(wsd_scan_monitor_new(scene->world.sink, "", NULL, &scene->monitor, &error),
                     WSD_E_INVALID);
    assert_has(error.message, "address");
    assert_null(scene->monitor);
    wsd_scan_monitor_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_reading_then_live),
        TEST(test_time_that_passes_asks_nothing_of_a_live_scanner),
        TEST(test_scanner_without_lists_of_jobs_is_live),
        TEST(test_scanner_that_tells_no_status_is_live),
        TEST(test_event_that_overtakes_a_reading_has_it_made_again),
        TEST(test_scanner_that_never_stops_talking_is_believed),
        TEST(test_unknown_job_has_the_list_read_once),
        TEST(test_scanner_without_events_is_polled),
        TEST(test_interval_of_polling_has_a_least),
        TEST(test_reading_slower_than_the_interval_counts),
        TEST(test_events_that_a_scanner_gets_later_end_the_polling),
        TEST(test_unreachable_says_why_and_comes_back),
        TEST(test_one_reading_that_fails_is_made_again),
        TEST(test_polled_scanner_that_goes_and_comes),
        TEST(test_address_that_is_none_is_unreachable),
        TEST(test_lost_subscription_reads_afresh),
        TEST(test_restart_at_another_address),
        TEST(test_restart_forgets_what_was_asked_elsewhere),
        TEST(test_restart_of_one_that_begins_changes_nothing),
        TEST(test_restart_of_a_polled_scanner_reads_at_once),
        TEST(test_two_monitors_share_a_sink),
        TEST(test_freed_inside_its_callback),
        TEST(test_freed_while_readings_are_under_way),
        TEST(test_freed_at_any_turn),
        TEST(test_all_is_freed_in_the_order_that_is_told),
        TEST(test_options_of_an_older_program),
        TEST(test_monitor_of_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
