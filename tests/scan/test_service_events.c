/* SPDX-License-Identifier: MIT */
/* The events of the scan service: what is told, and when. */
#include "test_service_stage.h"

/* -- the events ---------------------------------------------------------------------------------
 */

static void test_events_of_a_job_from_start_to_end(void **state)
{
    struct stage *stage = *state;
    char identifier[64];
    struct created job;

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    job = create_job(&stage->bench, TICKET(""));
    assert_came(stage, NULL); /* it has not begun */
    retrieve(&stage->bench, &job);
    assert_came(stage, "job Started None 0", "summary Processing None",
                "job Processing JobScanning 0", NULL);
    pull_whole_image(&stage->bench);
    assert_came(stage, "job Processing JobScanningAndTransferring 0", "job Completed None 1",
                "end Completed None 1 Job", "summary Idle None", NULL);
    retrieve(&stage->bench, &job);
    assert_came(stage, NULL);
}

static void test_all_seven_events_in_the_life_of_a_subscriber(void **state)
{
    struct stage *stage = *state;
    struct wsd_scan_text name = {.value = "Another", .lang = "en"};
    struct wsd_scan_description description = {.scanner_name = &name, .n_scanner_name = 1};
    char identifier[64];
    struct created job;
    int32_t id;

    join_(stage, WSD_NS_SCAN, FIVE, identifier);
    assert_int_equal(wsd_scan_service_press(stage->bench.service, 1, 0, NULL), 0);
    assert_came(stage, "available Scan -", NULL);
    job = create_job(&stage->bench, TICKET(""));
    id = wsd_scan_service_condition(stage->bench.service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                    WSD_SCAN_COMPONENT_PLATEN, WSD_SCAN_SEVERITY_WARNING);
    assert_true(id > 0);
    assert_came(stage, "condition 1 Warning", "summary Idle CoverOpen", NULL);
    assert_int_equal(wsd_scan_service_clear(stage->bench.service, id), 0);
    assert_came(stage, "cleared 1", "summary Idle None", NULL);
    assert_int_equal(wsd_scan_service_change(stage->bench.service, &description, NULL, NULL, NULL),
                     0);
    assert_came(stage, "elements D", NULL);
    ask(&stage->bench, "CancelJob", "<wscn:JobId>%d</wscn:JobId>", job.id);
    assert_came(stage, "job Canceled None 0", "end Canceled None 0 Job", NULL);
    assert_int_equal(wsd_scan_service_events(stage->bench.service).delivered, 8);
}

static void test_job_that_nobody_fetches_times_out(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    create_job(&stage->bench, TICKET(""));
    stage->bench.now += WSD_JOB_PICKUP;
    assert_came(stage, "job Aborted JobTimedOut 0", "end Aborted JobTimedOut 0 Job", NULL);
}

static void test_job_that_is_cancelled_at_the_device(void **state)
{
    struct stage *stage = *state;
    char identifier[64];
    struct created job;

    join_(stage, EVENT("JobStatusEvent") " " EVENT("JobEndStateEvent"), NULL, identifier);
    job = create_job(&stage->bench, TICKET(""));
    retrieve(&stage->bench, &job);
    assert_came(stage, "job Started None 0", "job Processing JobScanning 0", NULL);
    assert_int_equal(wsd_scan_service_cancel(stage->bench.service, job.id), 0);
    assert_came(stage, "job Terminating JobCanceledAtDevice 0", NULL);
    wsd__scan_stream_closed(stage->bench.reply.stream, false);
    stage->bench.reply.stream = NULL;
    assert_came(stage, "job Canceled JobCanceledAtDevice 0",
                "end Canceled JobCanceledAtDevice 0 Job", NULL);
}

static void test_scanner_that_stops_is_a_reason_of_the_job(void **state)
{
    struct stage *stage = *state;
    char identifier[64];
    struct created job;
    int32_t id;

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    job = create_job(&stage->bench, TICKET(""));
    retrieve(&stage->bench, &job);
    assert_came(stage, "job Started None 0", "summary Processing None",
                "job Processing JobScanning 0", NULL);
    id = wsd_scan_service_condition(stage->bench.service, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
                                    WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    assert_came(stage, "condition 1 Critical", "summary Stopped MediaJam",
                "job Processing ScannerStopped 0", NULL);
    wsd_scan_service_clear(stage->bench.service, id);
    assert_came(stage, "cleared 1", "summary Processing None", "job Processing JobScanning 0",
                NULL);
    wsd__scan_stream_closed(stage->bench.reply.stream, false);
    stage->bench.reply.stream = NULL;
}

static void test_images_of_one_file_are_counted_while_it_leaves(void **state)
{
    struct stage *stage = *state;
    struct wsd__buf all = WSD__BUF_INIT(1u << 20);
    char identifier[64];
    struct created job;

    join_(stage, EVENT("JobStatusEvent"), NULL, identifier);
    job = create_job(&stage->bench, TICKET("<wscn:Format>pdf-a</wscn:Format>"));
    stage->bench.fake.wait_at = 100;
    retrieve(&stage->bench, &job);
    assert_int_equal(pull(&stage->bench, &all), WSD_SCANNER_WAIT);
    stage->bench.fake.multi_images = 1;
    assert_int_equal(pull(&stage->bench, &all), WSD_SCANNER_END);
    wsd__scan_stream_closed(stage->bench.reply.stream, true);
    stage->bench.reply.stream = NULL;
    wsd__buf_free(&all);
    assert_came(stage, "job Started None 0", "job Processing JobScanning 0",
                "job Processing JobScanningAndTransferring 0",
                "job Processing JobScanningAndTransferring 1", "job Completed None 1", NULL);
}

static void test_condition_that_changes_keeps_its_number(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    for (unsigned i = 0; i < 2; i++) /* the second time it is no news */
        wsd_scan_service_condition(stage->bench.service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                                   WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_WARNING);
    assert_came(stage, "condition 1 Warning", "summary Idle CoverOpen", NULL);
    wsd_scan_service_condition(stage->bench.service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                               WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    assert_came(stage, "condition 1 Critical", "summary Stopped CoverOpen", NULL);
}

static void test_condition_without_effect_leaves_the_summary(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    wsd_scan_service_condition(stage->bench.service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                               WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_INFORMATIONAL);
    assert_came(stage, "condition 1 Informational", NULL);
}

static void test_warming_lamp_shows_and_takes_no_jobs(void **state)
{
    struct stage *stage = *state;
    char identifier[64];

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    assert_int_equal(wsd_scan_service_busy(stage->bench.service, WSD_SCAN_LAMP_WARMING), 0);
    assert_int_equal(wsd_scan_service_busy(stage->bench.service, WSD_SCAN_LAMP_WARMING), 0);
    assert_came(stage, "summary Processing LampWarming", NULL);
    ask(&stage->bench, "CreateScanJob", TICKET(""));
    assert_fault(&stage->bench, "ServerErrorNotAcceptingJobs", 500);
    wsd_scan_service_busy(stage->bench.service, WSD_SCAN_CALIBRATING);
    assert_came(stage, "summary Processing Calibrating", NULL);
    wsd_scan_service_busy(stage->bench.service, WSD_SCAN_READY);
    assert_came(stage, "summary Idle None", NULL);
    create_job(&stage->bench, TICKET(""));
    assert_int_equal(wsd_scan_service_busy(stage->bench.service, (enum wsd_scan_busy)7),
                     WSD_E_INVALID);
}

static void test_change_tells_what_is_different_and_nothing_else(void **state)
{
    struct stage *stage = *state;
    struct wsd_scan_configuration configuration = bench_configuration;
    struct wsd_scan_ticket ticket = bench_ticket;
    struct wsd_error error = {0};
    char identifier[64];
    struct created job;

    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    assert_int_equal(wsd_scan_service_change(stage->bench.service, &bench_description,
                                             &bench_configuration, &bench_ticket, NULL),
                     0);
    assert_came(stage, NULL);
    configuration.film = NULL;
    job = create_job(&stage->bench, TICKET(""));
    assert_int_equal(
        wsd_scan_service_change(stage->bench.service, NULL, &configuration, NULL, NULL), 0);
    assert_came(stage, "elements C", NULL);
    retrieve(&stage->bench, &job); /* the job was planned before */
    pull_whole_image(&stage->bench);
    settle(stage->bench.context);
    sink_clear(&stage->sink);
    ask(&stage->bench, "GetScannerElements",
        "<wscn:RequestedElements><wscn:Name>wscn:ScannerConfiguration</wscn:Name>"
        "</wscn:RequestedElements>");
    assert_null(stage->bench.body->get_scanner_elements_response->scanner_elements[0]
                    .scanner_configuration->film);
    ticket.job_description.job_name = "Another";
    assert_int_equal(wsd_scan_service_change(stage->bench.service, NULL, NULL, &ticket, NULL), 0);
    assert_came(stage, "elements T", NULL);
    configuration.platen = NULL; /* the default ticket is for the platen */
    assert_int_equal(
        wsd_scan_service_change(stage->bench.service, NULL, &configuration, NULL, &error),
        WSD_E_INVALID);
    assert_non_null(stage->bench.service->profile->configuration->platen);
}

/* -- the end ------------------------------------------------------------------------------------
 */

static void test_restart_forgets_all_without_a_word(void **state)
{
    struct stage *stage = *state;
    char identifier[64];
    struct created job;

    join_(stage, WSD_NS_SCAN, FIVE, identifier);
    job = create_job(&stage->bench, TICKET(""));
    wsd_scan_service_condition(stage->bench.service, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
                               WSD_SCAN_COMPONENT_ADF, WSD_SCAN_SEVERITY_CRITICAL);
    settle(stage->bench.context);
    sink_clear(&stage->sink);
    stage->panel_changes = 0;
    wsd__scan_service_reset(stage->bench.service);
    assert_came(stage, NULL);
    assert_int_equal(stage->panel_changes, 1);
    assert_panel(stage, "");
    assert_int_equal(wsd__scan_state(stage->bench.service), WSD_SCAN_STATE_IDLE);
    ask(&stage->bench, "CancelJob", "<wscn:JobId>%d</wscn:JobId>", job.id);
    assert_fault(&stage->bench, "ClientErrorJobIdNotFound", 400);
    join_(stage, ALL_BUT_AVAILABLE, NULL, identifier);
    wsd_scan_service_busy(stage->bench.service, WSD_SCAN_CALIBRATING);
    assert_came(stage, "summary Processing Calibrating", NULL);
}

static void test_service_that_has_no_subscriber_costs_no_source(void **state)
{
    struct stage *stage = *state;

    create_job(&stage->bench, TICKET(""));
    assert_null(stage->bench.service->events);
    assert_int_equal(wsd_scan_service_events(stage->bench.service).subscribers, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_events_of_a_job_from_start_to_end),
        T(test_all_seven_events_in_the_life_of_a_subscriber),
        T(test_job_that_nobody_fetches_times_out),
        T(test_job_that_is_cancelled_at_the_device),
        T(test_scanner_that_stops_is_a_reason_of_the_job),
        T(test_images_of_one_file_are_counted_while_it_leaves),
        T(test_condition_that_changes_keeps_its_number),
        T(test_condition_without_effect_leaves_the_summary),
        T(test_warming_lamp_shows_and_takes_no_jobs),
        T(test_change_tells_what_is_different_and_nothing_else),
        T(test_restart_forgets_all_without_a_word),
        T(test_service_that_has_no_subscriber_costs_no_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
