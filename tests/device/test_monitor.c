/* SPDX-License-Identifier: MIT */
/* The monitor against our own scan service on loopback: each change arrives by an event, and the
 * requests that the monitor sends are counted. */
#include "test_service_support.h"

#include <time.h>
#include <wsd/device.h>
#include <wsd/scan_monitor.h>

/* What the client sent, by the name of the message. */
enum { SUBSCRIBES, RENEWS, ELEMENTS, JOBS, HISTORIES, KINDS };
static const char *const kinds[KINDS] = {
    [SUBSCRIBES] = "<wse:Subscribe>",          [RENEWS] = "<wse:Renew>",
    [ELEMENTS] = "GetScannerElementsRequest>", [JOBS] = "GetActiveJobsRequest",
    [HISTORIES] = "GetJobHistoryRequest",
};

struct stage {
    struct wsd_context *context; /* of the device */
    struct wsd_host *host;
    struct wsd_device *device;
    struct wsd_scan_service *service;
    struct bench bench; /* its scanner */
    char url[256];      /* of the service */
    struct wsd_context *client;
    struct wsd_sink *sink;
    struct wsd_scan_monitor *monitor;
    uint64_t now; /* of the client */
    unsigned sent[KINDS], n_sent;
    unsigned parts;
    int states[64]; /* of the newest active job, as they were told; 0: there is none */
    unsigned n_states;
};

static uint64_t stage_now(void *user)
{
    return ((struct stage *)user)->now;
}

static void stage_trace(void *user, const struct wsd_trace *trace)
{
    struct stage *stage = user;

    if (!trace->sent)
        return;
    for (size_t i = 0; i < KINDS; i++)
        if (memmem(trace->bytes, trace->size, kinds[i], strlen(kinds[i]))) {
            stage->sent[i]++;
            stage->n_sent++;
        }
}

static uint64_t real_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void turn(struct stage *stage)
{
    wsd_context_wait(stage->client, 1, NULL);
    wsd_context_wait(stage->context, 1, NULL);
}

/* Turns both until it holds; a test that waits ten seconds for it has failed. */
#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        uint64_t until_began = real_time();                                                        \
        while (!(condition)) {                                                                     \
            if (real_time() - until_began > 10000)                                                 \
                fail_msg("waited in vain for: %s", #condition);                                    \
            turn(stage);                                                                           \
        }                                                                                          \
    } while (0)

static void settle(struct stage *stage)
{
    for (int i = 0; i < 40; i++)
        turn(stage);
}

static void on_change(void *user, struct wsd_scan_monitor *monitor, unsigned parts)
{
    struct stage *stage = user;
    size_t n = 0;
    const struct wsd_scan_job_summary *jobs;

    stage->parts |= parts;
    if (!(parts & WSD_MONITOR_JOBS) || stage->n_states == COUNT(stage->states))
        return;
    jobs = wsd_scan_monitor_jobs(monitor, &n);
    stage->states[stage->n_states++] = n ? jobs[0].job_state.value : 0;
}

static void open_device(struct stage *stage)
{
    struct wsd_host_options host = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options device = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service = bench_options(&stage->bench);

    host.no_discovery = true;
    host.address = "127.0.0.1";
    assert_int_equal(wsd_host_new(stage->context, &host, &stage->host, NULL), 0);
    device.friendly_name = "Scanner";
    device.manufacturer = "ACME";
    device.model_name = "Roadrunner";
    assert_int_equal(wsd_device_new(stage->host, &device, &stage->device, NULL), 0);
    assert_int_equal(wsd_scan_service_new(stage->device, &service, &stage->service, NULL), 0);
    assert_int_equal(wsd_device_start(stage->device, NULL), 0);
    snprintf(stage->url, sizeof stage->url, "%s/scan", wsd_device_url(stage->device));
}

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    struct wsd_context_options device = WSD_CONTEXT_OPTIONS_INIT, client = WSD_CONTEXT_OPTIONS_INIT;

    assert_non_null(stage);
    stage->bench.fake = (struct fake){
        .originals = -1, .pages = 1, .image_size = 100000, .wait_at = -1, .fail_at = -1};
    device.allow_loopback = true;
    assert_int_equal(wsd_context_new(&device, &stage->context, NULL), 0);
    open_device(stage);
    stage->now = 1000000;
    client.now = stage_now;
    client.trace = stage_trace;
    client.user = stage;
    assert_int_equal(wsd_context_new(&client, &stage->client, NULL), 0);
    assert_int_equal(wsd_sink_new(stage->client, NULL, &stage->sink, NULL), 0);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;

    wsd_scan_monitor_free(stage->monitor);
    wsd_sink_free(stage->sink);
    wsd_context_free(stage->client);
    wsd_host_free(stage->host);
    wsd_context_free(stage->context);
    free(stage);
    return 0;
}

/* From here on all is known, nothing is unread, and no request is under way. */
static void start_afresh(struct stage *stage)
{
    size_t n;

    settle(stage);
    wsd_scan_monitor_description(stage->monitor);
    wsd_scan_monitor_configuration(stage->monitor);
    wsd_scan_monitor_default_ticket(stage->monitor);
    wsd_scan_monitor_status(stage->monitor);
    wsd_scan_monitor_conditions(stage->monitor, &n);
    wsd_scan_monitor_jobs(stage->monitor, &n);
    wsd_scan_monitor_history(stage->monitor, &n);
    memset(stage->sent, 0, sizeof stage->sent);
    stage->n_sent = stage->parts = stage->n_states = 0;
}

static void watch(struct stage *stage)
{
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;

    options.changed = on_change;
    options.user = stage;
    assert_int_equal(wsd_scan_monitor_new(stage->sink, stage->url, &options, &stage->monitor, NULL),
                     0);
    UNTIL(wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_LIVE &&
          (stage->parts & WSD_MONITOR_HISTORY) && (stage->parts & WSD_MONITOR_JOBS));
}

static size_t n_conditions(struct stage *stage)
{
    size_t n = 99;

    wsd_scan_monitor_conditions(stage->monitor, &n);
    return n;
}

static int scanner_state(struct stage *stage)
{
    return wsd_scan_monitor_status(stage->monitor)->scanner_state.value;
}

/* -- tests ------------------------------------------------------------------------------------- */

static void test_all_parts_are_read_once_and_then_live(void **state)
{
    struct stage *stage = *state;
    size_t n = 99;

    watch(stage);
    settle(stage);
    assert_int_equal(stage->sent[SUBSCRIBES], 1);
    assert_int_equal(stage->sent[ELEMENTS], 1);
    assert_int_equal(stage->sent[JOBS], 1);
    assert_int_equal(stage->sent[HISTORIES], 1);
    assert_true(wsd_scan_monitor_description_has_changed(stage->monitor));
    assert_true(wsd_scan_monitor_configuration_has_changed(stage->monitor));
    assert_true(wsd_scan_monitor_default_ticket_has_changed(stage->monitor));
    assert_true(wsd_scan_monitor_history_has_changed(stage->monitor));
    assert_string_equal(wsd_scan_monitor_description(stage->monitor)->scanner_name[0].value,
                        "Bench");
    assert_int_equal(
        wsd_scan_monitor_configuration(stage->monitor)->platen->optical_resolution.width, 600);
    assert_string_equal(wsd_scan_monitor_default_ticket(stage->monitor)->job_description.job_name,
                        "Scan");
    assert_int_equal(scanner_state(stage), WSD_SCAN_STATE_IDLE);
    wsd_scan_monitor_history(stage->monitor, &n);
    assert_int_equal(n, 0);
    assert_false(wsd_scan_monitor_description_has_changed(stage->monitor));
    assert_false(wsd_scan_monitor_configuration_has_changed(stage->monitor));
    assert_false(wsd_scan_monitor_default_ticket_has_changed(stage->monitor));
    assert_false(wsd_scan_monitor_history_has_changed(stage->monitor));
    assert_null(wsd_scan_monitor_error(stage->monitor));
}

static void test_condition_arises_and_clears_by_events(void **state)
{
    struct stage *stage = *state;
    int id;

    watch(stage);
    start_afresh(stage);
    id = wsd_scan_service_condition(stage->service, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                                    WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    assert_true(id > 0);
    UNTIL(n_conditions(stage) == 1 && scanner_state(stage) == WSD_SCAN_STATE_STOPPED);
    assert_true(stage->parts & WSD_MONITOR_CONDITIONS);
    assert_int_equal(wsd_scan_monitor_status(stage->monitor)->active_conditions[0].id, id);
    assert_int_equal(wsd_scan_monitor_status(stage->monitor)->active_conditions[0].name.value,
                     WSD_SCAN_CONDITION_NAME_MEDIA_JAM);
    assert_int_equal(wsd_scan_service_clear(stage->service, id), 0);
    UNTIL(n_conditions(stage) == 0 && scanner_state(stage) == WSD_SCAN_STATE_IDLE);
    assert_int_equal(wsd_scan_monitor_status(stage->monitor)->n_condition_history, 1);
    assert_non_null(wsd_scan_monitor_status(stage->monitor)->condition_history[0].clear_time);
    settle(stage);
    assert_int_equal(stage->n_sent, 0);
    assert_false(wsd_scan_monitor_jobs_has_changed(stage->monitor));
    assert_false(wsd_scan_monitor_configuration_has_changed(stage->monitor));
}

static void test_busy_by_events(void **state)
{
    struct stage *stage = *state;

    watch(stage);
    start_afresh(stage);
    assert_int_equal(wsd_scan_service_busy(stage->service, WSD_SCAN_CALIBRATING), 0);
    UNTIL(wsd_scan_monitor_status_has_changed(stage->monitor));
    assert_int_equal(scanner_state(stage), WSD_SCAN_STATE_PROCESSING);
    assert_int_equal(wsd_scan_monitor_status(stage->monitor)->scanner_state_reasons[0].value,
                     WSD_SCAN_STATE_REASON_CALIBRATING);
    assert_int_equal(wsd_scan_service_busy(stage->service, WSD_SCAN_READY), 0);
    UNTIL(scanner_state(stage) == WSD_SCAN_STATE_IDLE);
    settle(stage);
    assert_int_equal(stage->n_sent, 0);
}

static void test_configuration_change_by_an_event(void **state)
{
    struct stage *stage = *state;
    struct wsd_scan_configuration without_film = bench_configuration;

    watch(stage);
    start_afresh(stage);
    without_film.film = NULL;
    assert_int_equal(wsd_scan_service_change(stage->service, NULL, &without_film, NULL, NULL), 0);
    UNTIL(wsd_scan_monitor_configuration_has_changed(stage->monitor));
    assert_null(wsd_scan_monitor_configuration(stage->monitor)->film);
    assert_false(wsd_scan_monitor_description_has_changed(stage->monitor));
    assert_false(wsd_scan_monitor_default_ticket_has_changed(stage->monitor));
    settle(stage);
    assert_int_equal(stage->n_sent, 0);
}

struct ended {
    bool ended;
    int status;
    const void *result;
};

static void on_end(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct ended *ended = user;

    (void)error;
    *ended = (struct ended){true, status, result};
}

static int drop(void *user, const void *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return 0;
}

/* A whole scan by another part of this program. */
static int32_t scan(struct stage *stage)
{
    struct ended made = {0}, fetched = {0};
    const struct wsd_scan_create_scan_job_response *job;
    struct wsd_image_sink image = WSD_IMAGE_SINK_INIT;
    int32_t id;

    image.write = drop;
    assert_int_equal(wsd_create_scan_job_start(stage->client, stage->url, &bench_ticket, NULL, NULL,
                                               NULL, on_end, &made, NULL, NULL),
                     0);
    UNTIL(made.ended);
    assert_int_equal(made.status, 0);
    job = made.result;
    id = job->job_id;
    assert_int_equal(wsd_retrieve_image_start(stage->client, stage->url, id, job->job_token, "page",
                                              &image, NULL, on_end, &fetched, NULL, NULL),
                     0);
    UNTIL(fetched.ended);
    assert_int_equal(fetched.status, 0);
    wsd_free(made.result);
    wsd_free(fetched.result);
    return id;
}

/* An event about a job has neither its name nor its user: a job that is new has the list of jobs
 * read, and that is all that is ever asked. */
static void test_whole_life_of_a_job(void **state)
{
    struct stage *stage = *state;
    const struct wsd_scan_job_summary *jobs;
    size_t n = 99;
    int32_t id;

    watch(stage);
    start_afresh(stage);
    id = scan(stage);
    UNTIL(wsd_scan_monitor_history_has_changed(stage->monitor));
    UNTIL(scanner_state(stage) == WSD_SCAN_STATE_IDLE);
    settle(stage);
    jobs = wsd_scan_monitor_history(stage->monitor, &n);
    assert_int_equal(n, 1);
    assert_int_equal(jobs[0].job_id, id);
    assert_string_equal(jobs[0].job_name, "Scan");
    assert_int_equal(jobs[0].job_state.value, WSD_SCAN_JOB_STATE_COMPLETED);
    assert_int_equal(jobs[0].scans_completed, 1);
    wsd_scan_monitor_jobs(stage->monitor, &n);
    assert_int_equal(n, 0);
    assert_true(stage->parts & WSD_MONITOR_STATUS);
    assert_true(stage->sent[JOBS] >= 1 && stage->sent[JOBS] <= 4); /* events may overtake it */
    assert_int_equal(stage->n_sent, stage->sent[JOBS]);
}

/* One that waits in the middle of its image is seen to run. */
static void test_job_that_runs_is_shown_and_a_cancelled_one_is_history(void **state)
{
    struct stage *stage = *state;
    struct ended made = {0}, fetched = {0};
    const struct wsd_scan_create_scan_job_response *job;
    const struct wsd_scan_job_summary *jobs;
    struct wsd_image_sink image = WSD_IMAGE_SINK_INIT;
    size_t n = 99;

    image.write = drop;
    stage->bench.fake.wait_at = 5000;
    watch(stage);
    start_afresh(stage);
    assert_int_equal(wsd_create_scan_job_start(stage->client, stage->url, &bench_ticket, NULL, NULL,
                                               NULL, on_end, &made, NULL, NULL),
                     0);
    UNTIL(made.ended);
    job = made.result;
    assert_int_equal(wsd_retrieve_image_start(stage->client, stage->url, job->job_id,
                                              job->job_token, "page", &image, NULL, on_end,
                                              &fetched, NULL, NULL),
                     0);
    UNTIL(stage->n_states > 0 && stage->states[stage->n_states - 1]);
    jobs = wsd_scan_monitor_jobs(stage->monitor, &n);
    assert_int_equal(n, 1);
    assert_string_equal(jobs[0].job_name, "Scan");
    settle(stage);
    assert_int_equal(wsd_scan_monitor_jobs(stage->monitor, &n)[0].job_state.value,
                     WSD_SCAN_JOB_STATE_PROCESSING);
    assert_int_equal(scanner_state(stage), WSD_SCAN_STATE_PROCESSING);
    start_afresh(stage);
    assert_int_equal(wsd_scan_service_cancel(stage->service, job->job_id), 0);
    UNTIL(wsd_scan_monitor_history_has_changed(stage->monitor) && fetched.ended);
    settle(stage);
    jobs = wsd_scan_monitor_history(stage->monitor, &n);
    assert_int_equal(n, 1);
    assert_int_equal(jobs[0].job_state.value, WSD_SCAN_JOB_STATE_CANCELED);
    wsd_scan_monitor_jobs(stage->monitor, &n);
    assert_int_equal(n, 0);
    assert_int_equal(stage->n_sent, 0); /* of a job that is known nothing is asked */
    wsd_free(made.result);
    wsd_free(fetched.result);
}

/* Whatever happens while it is read first, what it shows in the end is what is. */
static void test_changes_while_it_begins_are_not_lost(void **state)
{
    struct stage *stage = *state;
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;

    options.changed = on_change;
    options.user = stage;
    for (unsigned turns = 0; turns < 16; turns++) {
        int id;

        assert_int_equal(
            wsd_scan_monitor_new(stage->sink, stage->url, &options, &stage->monitor, NULL), 0);
        for (unsigned i = 0; i < turns; i++)
            turn(stage);
        id = wsd_scan_service_condition(stage->service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                        WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
        UNTIL(wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_LIVE);
        UNTIL(n_conditions(stage) == 1 && scanner_state(stage) == WSD_SCAN_STATE_STOPPED);
        settle(stage);
        assert_int_equal(n_conditions(stage), 1);
        assert_int_equal(scanner_state(stage), WSD_SCAN_STATE_STOPPED);
        wsd_scan_monitor_free(stage->monitor);
        stage->monitor = NULL;
        wsd_scan_service_clear(stage->service, id);
        settle(stage);
    }
}

/* It forgets subscriptions and conditions without a word. Who hears its Hello says so. */
static void test_reboot_and_restart_read_afresh(void **state)
{
    struct stage *stage = *state;

    watch(stage);
    wsd_scan_service_condition(stage->service, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                               WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    UNTIL(n_conditions(stage) == 1);
    start_afresh(stage);
    assert_int_equal(wsd_device_reboot(stage->device, NULL), 0);
    assert_int_equal(wsd_scan_monitor_restart(stage->monitor, stage->url, NULL), 0);
    UNTIL(stage->sent[SUBSCRIBES] == 1 &&
          wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_LIVE);
    UNTIL(n_conditions(stage) == 0);
    start_afresh(stage);
    wsd_scan_service_busy(stage->service, WSD_SCAN_LAMP_WARMING);
    UNTIL(scanner_state(stage) == WSD_SCAN_STATE_PROCESSING);
    assert_int_equal(stage->n_sent, 0);
}

/* Without a Hello its Renew finds out. */
static void test_reboot_is_found_out_by_the_next_renew(void **state)
{
    struct stage *stage = *state;

    watch(stage);
    wsd_scan_service_condition(stage->service, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                               WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    UNTIL(n_conditions(stage) == 1);
    start_afresh(stage);
    assert_int_equal(wsd_device_reboot(stage->device, NULL), 0);
    settle(stage);
    assert_int_equal(n_conditions(stage), 1); /* nobody said anything */
    stage->now += 30 * 60000;
    UNTIL(wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_POLLED);
    assert_non_null(wsd_scan_monitor_error(stage->monitor));
    UNTIL(n_conditions(stage) == 0);
    stage->now += 10000;
    UNTIL(wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_LIVE);
    assert_null(wsd_scan_monitor_error(stage->monitor));
    assert_int_equal(stage->sent[RENEWS], 1);
    assert_int_equal(stage->sent[SUBSCRIBES], 1);
}

static void test_device_that_is_gone_is_unreachable_and_found_elsewhere(void **state)
{
    struct stage *stage = *state;

    watch(stage);
    start_afresh(stage);
    wsd_host_free(stage->host); /* with SubscriptionEnd */
    stage->host = NULL;
    UNTIL(wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_UNREACHABLE);
    assert_int_equal(wsd_scan_monitor_error(stage->monitor)->code, WSD_E_NETWORK);
    assert_int_equal(scanner_state(stage), WSD_SCAN_STATE_IDLE); /* as it was */
    settle(stage);
    open_device(stage);
    assert_int_equal(wsd_scan_monitor_restart(stage->monitor, stage->url, NULL), 0);
    UNTIL(wsd_scan_monitor_connection(stage->monitor) == WSD_MONITOR_LIVE);
    assert_null(wsd_scan_monitor_error(stage->monitor));
}

static void test_two_monitors_of_one_scanner(void **state)
{
    struct stage *stage = *state;
    struct wsd_scan_monitor *other = NULL;

    watch(stage);
    assert_int_equal(wsd_scan_monitor_new(stage->sink, stage->url, NULL, &other, NULL), 0);
    UNTIL(wsd_scan_monitor_connection(other) == WSD_MONITOR_LIVE);
    wsd_scan_service_busy(stage->service, WSD_SCAN_LAMP_WARMING);
    UNTIL(scanner_state(stage) == WSD_SCAN_STATE_PROCESSING &&
          wsd_scan_monitor_status(other)->scanner_state.value == WSD_SCAN_STATE_PROCESSING);
    wsd_scan_monitor_free(stage->monitor);
    stage->monitor = other;
    wsd_scan_service_busy(stage->service, WSD_SCAN_READY);
    UNTIL(scanner_state(stage) == WSD_SCAN_STATE_IDLE);
    UNTIL(wsd_scan_service_events(stage->service).subscribers == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_parts_are_read_once_and_then_live),
        TEST(test_condition_arises_and_clears_by_events),
        TEST(test_busy_by_events),
        TEST(test_configuration_change_by_an_event),
        TEST(test_whole_life_of_a_job),
        TEST(test_job_that_runs_is_shown_and_a_cancelled_one_is_history),
        TEST(test_changes_while_it_begins_are_not_lost),
        TEST(test_reboot_and_restart_read_afresh),
        TEST(test_reboot_is_found_out_by_the_next_renew),
        TEST(test_device_that_is_gone_is_unreachable_and_found_elsewhere),
        TEST(test_two_monitors_of_one_scanner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
