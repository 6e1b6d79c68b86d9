/* SPDX-License-Identifier: MIT */
/* What a monitor knows, and what each reading and each event makes of it. No I/O. */
#include "test_service_support.h"

#include "scan/monitor_state.h"

static const struct wsd_datetime at_ten = {.seconds = 1000, .text = ""};
static const struct wsd_datetime at_noon = {.seconds = 2000, .text = ""};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct wsd__scan_known));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    wsd__scan_known_free(*state);
    free(*state);
    return 0;
}

/* -- what is read ------------------------------------------------------------------------------ */

static int read_status(struct wsd__scan_known *known, const struct wsd_scan_status *status)
{
    struct wsd_scan_scanner_element_data data = {.valid = true, .scanner_status = status};

    return wsd__scan_known_elements(
        known, &(struct wsd_scan_get_scanner_elements_response){&data, 1, NULL});
}

static int read_idle(struct wsd__scan_known *known)
{
    return read_status(known,
                       &(struct wsd_scan_status){.scanner_current_time = at_ten,
                                                 .scanner_state = {WSD_SCAN_STATE_IDLE, NULL}});
}

static int read_jobs(struct wsd__scan_known *known, const struct wsd_scan_job_summary *jobs,
                     size_t n)
{
    return wsd__scan_known_jobs(known, &(struct wsd_scan_get_active_jobs_response){jobs, n, NULL});
}

static int read_history(struct wsd__scan_known *known, const struct wsd_scan_job_summary *jobs,
                        size_t n)
{
    return wsd__scan_known_history(known,
                                   &(struct wsd_scan_get_job_history_response){jobs, n, NULL});
}

static struct wsd_scan_job_summary job_of(int32_t id)
{
    return (struct wsd_scan_job_summary){.job_id = id,
                                         .job_name = "Job",
                                         .job_originating_user_name = "User",
                                         .job_state = {WSD_SCAN_JOB_STATE_PROCESSING, NULL}};
}

/* -- what is told ------------------------------------------------------------------------------ */

static bool unknown;

static int tell(struct wsd__scan_known *known, struct wsd_scan_event event)
{
    return wsd__scan_known_event(known, &event, &unknown);
}

static int tell_summary(struct wsd__scan_known *known, int state, int reason)
{
    struct wsd_token token = {reason, NULL};
    struct wsd_scan_status_summary summary = {.scanner_state = {state, NULL},
                                              .scanner_state_reasons = &token,
                                              .n_scanner_state_reasons = reason ? 1 : 0};

    return tell(known,
                (struct wsd_scan_event){.kind = WSD_SCAN_STATUS_SUMMARY, .summary = &summary});
}

static int tell_condition(struct wsd__scan_known *known, int32_t id, int severity)
{
    struct wsd_scan_condition condition = {.id = id,
                                           .time = at_ten,
                                           .name = {WSD_SCAN_CONDITION_NAME_COVER_OPEN, NULL},
                                           .component = {WSD_SCAN_COMPONENT_ADF, NULL},
                                           .severity = {severity, NULL}};

    return tell(known,
                (struct wsd_scan_event){.kind = WSD_SCAN_CONDITION, .condition = &condition});
}

static int tell_cleared(struct wsd__scan_known *known, int32_t id)
{
    struct wsd_scan_condition_cleared cleared = {.condition_id = id,
                                                 .condition_clear_time = at_noon};

    return tell(known,
                (struct wsd_scan_event){.kind = WSD_SCAN_CONDITION_CLEARED, .cleared = &cleared});
}

static int tell_job(struct wsd__scan_known *known, int32_t id, int state, int32_t scans)
{
    struct wsd_scan_job_status job = {
        .job_id = id, .job_state = {state, NULL}, .scans_completed = scans};

    return tell(known, (struct wsd_scan_event){.kind = WSD_SCAN_JOB_CHANGE, .job = &job});
}

static int tell_end(struct wsd__scan_known *known, int32_t id, int state)
{
    struct wsd_scan_job_end_state end = {.job_id = id,
                                         .job_completed_state = {state, NULL},
                                         .job_name = "Job",
                                         .job_originating_user_name = "User",
                                         .scans_completed = 3};

    return tell(known, (struct wsd_scan_event){.kind = WSD_SCAN_JOB_END, .job_end = &end});
}

/* -- elements and status ----------------------------------------------------------------------- */

static void test_events_before_any_reading_change_nothing(void **state)
{
    struct wsd__scan_known *known = *state;

    assert_int_equal(tell_summary(known, WSD_SCAN_STATE_IDLE, 0), 0);
    assert_int_equal(tell_condition(known, 1, WSD_SCAN_SEVERITY_WARNING), 0);
    assert_int_equal(tell_cleared(known, 1), 0);
    assert_int_equal(tell_job(known, 1, WSD_SCAN_JOB_STATE_PROCESSING, 0), 0);
    assert_false(unknown);
    assert_int_equal(tell_end(known, 1, WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED), 0);
    assert_null(known->status);
    assert_null(known->jobs);
    assert_null(known->history);
}

static void test_reading_brings_all_parts_and_equal_ones_change_nothing(void **state)
{
    struct wsd__scan_known *known = *state;
    struct wsd_scan_status status = {.scanner_state = {WSD_SCAN_STATE_IDLE, NULL}};
    struct wsd_scan_scanner_element_data data[] = {
        {.valid = true, .scanner_description = &bench_description},
        {.valid = true, .scanner_configuration = &bench_configuration},
        {.valid = true, .scanner_status = &status},
        {.valid = true, .default_scan_ticket = &bench_ticket}};
    struct wsd_scan_get_scanner_elements_response read = {data, COUNT(data), NULL};

    assert_int_equal(wsd__scan_known_elements(known, &read),
                     WSD_MONITOR_DESCRIPTION | WSD_MONITOR_CONFIGURATION | WSD_MONITOR_STATUS |
                         WSD_MONITOR_CONDITIONS | WSD_MONITOR_DEFAULT_TICKET);
    assert_int_equal(wsd__scan_known_elements(known, &read), 0);
    assert_string_equal(known->description->scanner_name[0].value, "Bench");
    assert_int_equal(read_jobs(known, NULL, 0), WSD_MONITOR_JOBS);
    assert_int_equal(read_jobs(known, NULL, 0), 0);
    assert_int_equal(read_history(known, NULL, 0), WSD_MONITOR_HISTORY);
    assert_int_equal(read_history(known, NULL, 0), 0);
}

static void test_section_that_is_not_valid_is_left_out(void **state)
{
    struct wsd__scan_known *known = *state;
    struct wsd_scan_scanner_element_data data = {.valid = false,
                                                 .scanner_description = &bench_description};

    assert_int_equal(wsd__scan_known_elements(
                         known, &(struct wsd_scan_get_scanner_elements_response){&data, 1, NULL}),
                     0);
    assert_null(known->description);
}

static void test_elements_change_replaces_only_what_it_brings(void **state)
{
    struct wsd__scan_known *known = *state;
    struct wsd_scan_element_changes changes = {.scanner_description = &bench_description};
    struct wsd_scan_event event = {.kind = WSD_SCAN_ELEMENTS_CHANGE, .elements = &changes};
    struct wsd_scan_text name = {.value = "Renamed", .lang = "en"};
    struct wsd_scan_description renamed = {.scanner_name = &name, .n_scanner_name = 1};
    const struct wsd_scan_configuration *configuration;

    assert_int_equal(tell(known, event), WSD_MONITOR_DESCRIPTION);
    assert_null(known->configuration);
    changes = (struct wsd_scan_element_changes){.scanner_configuration = &bench_configuration,
                                                .default_scan_ticket = &bench_ticket};
    assert_int_equal(tell(known, event), WSD_MONITOR_CONFIGURATION | WSD_MONITOR_DEFAULT_TICKET);
    assert_string_equal(known->description->scanner_name[0].value, "Bench");
    configuration = known->configuration;
    changes.scanner_description = &renamed;
    assert_int_equal(tell(known, event), WSD_MONITOR_DESCRIPTION);
    assert_string_equal(known->description->scanner_name[0].value, "Renamed");
    assert_ptr_equal(known->configuration, configuration);
}

static void test_summary_changes_state_and_reasons_alone(void **state)
{
    struct wsd__scan_known *known = *state;

    read_idle(known);
    tell_condition(known, 1, WSD_SCAN_SEVERITY_WARNING);
    assert_int_equal(tell_summary(known, WSD_SCAN_STATE_STOPPED, WSD_SCAN_STATE_REASON_COVER_OPEN),
                     WSD_MONITOR_STATUS);
    assert_int_equal(known->status->scanner_state.value, WSD_SCAN_STATE_STOPPED);
    assert_int_equal(known->status->scanner_state_reasons[0].value,
                     WSD_SCAN_STATE_REASON_COVER_OPEN);
    assert_int_equal(known->status->n_active_conditions, 1);
    assert_int_equal(tell_summary(known, WSD_SCAN_STATE_STOPPED, WSD_SCAN_STATE_REASON_COVER_OPEN),
                     0);
}

static void test_clock_alone_is_no_change(void **state)
{
    struct wsd__scan_known *known = *state;
    struct wsd_scan_status later = {.scanner_current_time = at_noon,
                                    .scanner_state = {WSD_SCAN_STATE_IDLE, NULL}};

    read_idle(known);
    assert_int_equal(read_status(known, &later), 0);
    later.scanner_state.value = WSD_SCAN_STATE_PROCESSING;
    assert_int_equal(read_status(known, &later), WSD_MONITOR_STATUS);
    assert_int_equal(known->status->scanner_current_time.seconds, 2000);
}

/* -- conditions -------------------------------------------------------------------------------- */

static void test_condition_is_added_and_replaced_by_id(void **state)
{
    struct wsd__scan_known *known = *state;
    const int both = WSD_MONITOR_STATUS | WSD_MONITOR_CONDITIONS;

    read_idle(known);
    assert_int_equal(tell_condition(known, 1, WSD_SCAN_SEVERITY_WARNING), both);
    assert_int_equal(tell_condition(known, 2, WSD_SCAN_SEVERITY_WARNING), both);
    assert_int_equal(tell_condition(known, 1, WSD_SCAN_SEVERITY_WARNING), 0);
    assert_int_equal(tell_condition(known, 1, WSD_SCAN_SEVERITY_CRITICAL), both);
    assert_int_equal(known->status->n_active_conditions, 2);
    assert_int_equal(known->status->active_conditions[0].id, 1);
    assert_int_equal(known->status->active_conditions[0].severity.value,
                     WSD_SCAN_SEVERITY_CRITICAL);
    assert_int_equal(known->status->active_conditions[1].id, 2);
}

static void test_cleared_condition_moves_to_the_history_with_its_time(void **state)
{
    struct wsd__scan_known *known = *state;

    read_idle(known);
    tell_condition(known, 1, WSD_SCAN_SEVERITY_WARNING);
    tell_condition(known, 2, WSD_SCAN_SEVERITY_WARNING);
    assert_int_equal(tell_cleared(known, 7), 0);
    assert_int_equal(tell_cleared(known, 1), WSD_MONITOR_STATUS | WSD_MONITOR_CONDITIONS);
    assert_int_equal(tell_cleared(known, 2), WSD_MONITOR_STATUS | WSD_MONITOR_CONDITIONS);
    assert_int_equal(known->status->n_active_conditions, 0);
    assert_int_equal(known->status->n_condition_history, 2);
    assert_int_equal(known->status->condition_history[0].id, 2);
    assert_int_equal(known->status->condition_history[1].id, 1);
    assert_int_equal(known->status->condition_history[1].time.seconds, 1000);
    assert_int_equal(known->status->condition_history[1].clear_time->seconds, 2000);
    assert_int_equal(tell_cleared(known, 1), 0);
}

static void test_conditions_are_bounded_however_they_come(void **state)
{
    struct wsd__scan_known *known = *state;
    struct wsd_scan_condition many[WSD_MAX_MONITOR_ITEMS + 36] = {0};
    struct wsd_scan_status status = {.active_conditions = many,
                                     .n_active_conditions = COUNT(many),
                                     .condition_history = many,
                                     .n_condition_history = COUNT(many)};

    for (size_t i = 0; i < COUNT(many); i++) {
        many[i].id = (int32_t)i + 1;
        many[i].clear_time = &at_ten;
    }
    read_status(known, &status);
    assert_int_equal(known->status->n_active_conditions, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(known->status->n_condition_history, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(tell_condition(known, 1000, WSD_SCAN_SEVERITY_WARNING), 0);
    assert_int_equal(known->status->n_active_conditions, WSD_MAX_MONITOR_ITEMS);
    assert_true(tell_condition(known, 64, WSD_SCAN_SEVERITY_WARNING) > 0);
    assert_true(tell_cleared(known, 64) > 0);
    assert_int_equal(known->status->n_active_conditions, WSD_MAX_MONITOR_ITEMS - 1);
    assert_int_equal(known->status->n_condition_history, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(known->status->condition_history[0].id, 64);
}

/* -- jobs -------------------------------------------------------------------------------------- */

static void test_job_that_is_known_changes(void **state)
{
    struct wsd__scan_known *known = *state;
    const struct wsd_scan_job_summary jobs[] = {job_of(1), job_of(2)};

    read_jobs(known, jobs, 2);
    assert_int_equal(tell_job(known, 2, WSD_SCAN_JOB_STATE_PROCESSING, 5), WSD_MONITOR_JOBS);
    assert_false(unknown);
    assert_int_equal(known->jobs->active_jobs[1].scans_completed, 5);
    assert_string_equal(known->jobs->active_jobs[1].job_name, "Job");
    assert_int_equal(known->jobs->active_jobs[0].scans_completed, 0);
    assert_int_equal(tell_job(known, 2, WSD_SCAN_JOB_STATE_PROCESSING, 5), 0);
}

static void test_job_that_is_not_known_is_flagged(void **state)
{
    struct wsd__scan_known *known = *state;

    read_jobs(known, NULL, 0);
    assert_int_equal(tell_job(known, 1, WSD_SCAN_JOB_STATE_PROCESSING, 0), 0);
    assert_true(unknown);
    assert_int_equal(known->jobs->n_active_jobs, 0);
}

static void test_job_that_is_over_moves_and_is_not_unknown(void **state)
{
    struct wsd__scan_known *known = *state;
    const struct wsd_scan_job_summary jobs[] = {job_of(1), job_of(2)};
    const struct wsd_scan_job_summary past = job_of(9);

    read_jobs(known, jobs, 2);
    read_history(known, &past, 1);
    assert_int_equal(tell_end(known, 1, WSD_SCAN_JOB_COMPLETED_STATE_CANCELED),
                     WSD_MONITOR_JOBS | WSD_MONITOR_HISTORY);
    assert_int_equal(known->jobs->n_active_jobs, 1);
    assert_int_equal(known->jobs->active_jobs[0].job_id, 2);
    assert_int_equal(known->history->n_job_history, 2);
    assert_int_equal(known->history->job_history[0].job_id, 1);
    assert_int_equal(known->history->job_history[0].job_state.value, WSD_SCAN_JOB_STATE_CANCELED);
    assert_int_equal(known->history->job_history[0].scans_completed, 3);
    assert_int_equal(known->history->job_history[1].job_id, 9);
    assert_int_equal(tell_job(known, 1, WSD_SCAN_JOB_STATE_CANCELED, 3), 0);
    assert_false(unknown);
    assert_int_equal(tell_end(known, 1, WSD_SCAN_JOB_COMPLETED_STATE_CANCELED), 0);
}

static void test_end_of_a_job_nobody_knew_is_history(void **state)
{
    struct wsd__scan_known *known = *state;

    read_jobs(known, NULL, 0);
    assert_int_equal(tell_end(known, 4, WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED),
                     WSD_MONITOR_HISTORY);
    assert_int_equal(known->history->job_history[0].job_id, 4);
}

static void test_every_way_to_end_has_its_state(void **state)
{
    static const int states[][2] = {
        {WSD_SCAN_JOB_COMPLETED_STATE_ABORTED, WSD_SCAN_JOB_STATE_ABORTED},
        {WSD_SCAN_JOB_COMPLETED_STATE_CANCELED, WSD_SCAN_JOB_STATE_CANCELED},
        {WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED, WSD_SCAN_JOB_STATE_COMPLETED},
        {0, 0},
        {9999, 0}};
    struct wsd__scan_known *known = *state;

    read_jobs(known, NULL, 0);
    for (size_t i = 0; i < COUNT(states); i++) {
        tell_end(known, (int32_t)i + 1, states[i][0]);
        assert_int_equal(known->history->job_history[0].job_state.value, states[i][1]);
    }
}

/* A scanner that counts from 0, against the schema. */
static void test_job_zero_stays_when_another_changes(void **state)
{
    struct wsd__scan_known *known = *state;
    const struct wsd_scan_job_summary jobs[] = {job_of(0), job_of(2)};

    read_jobs(known, jobs, 2);
    assert_int_equal(tell_job(known, 2, WSD_SCAN_JOB_STATE_PROCESSING, 1), WSD_MONITOR_JOBS);
    assert_int_equal(known->jobs->n_active_jobs, 2);
    assert_int_equal(known->jobs->active_jobs[0].job_id, 0);
    assert_int_equal(tell_job(known, 0, WSD_SCAN_JOB_STATE_PROCESSING, 1), WSD_MONITOR_JOBS);
    assert_false(unknown);
}

static void test_jobs_and_history_are_bounded_however_they_come(void **state)
{
    struct wsd__scan_known *known = *state;
    struct wsd_scan_job_summary many[WSD_MAX_MONITOR_ITEMS + 36];

    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = job_of((int32_t)i + 1);
    read_jobs(known, many, COUNT(many));
    read_history(known, many, COUNT(many));
    assert_int_equal(known->jobs->n_active_jobs, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(known->history->n_job_history, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(tell_job(known, 64, WSD_SCAN_JOB_STATE_PROCESSING, 1), WSD_MONITOR_JOBS);
    assert_int_equal(known->jobs->n_active_jobs, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(tell_end(known, 1000, WSD_SCAN_JOB_COMPLETED_STATE_COMPLETED),
                     WSD_MONITOR_HISTORY);
    assert_int_equal(known->history->n_job_history, WSD_MAX_MONITOR_ITEMS);
    assert_int_equal(known->history->job_history[0].job_id, 1000);
    assert_int_equal(known->history->job_history[63].job_id, 63);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events_before_any_reading_change_nothing),
        TEST(test_reading_brings_all_parts_and_equal_ones_change_nothing),
        TEST(test_section_that_is_not_valid_is_left_out),
        TEST(test_elements_change_replaces_only_what_it_brings),
        TEST(test_summary_changes_state_and_reasons_alone),
        TEST(test_clock_alone_is_no_change),
        TEST(test_condition_is_added_and_replaced_by_id),
        TEST(test_cleared_condition_moves_to_the_history_with_its_time),
        TEST(test_conditions_are_bounded_however_they_come),
        TEST(test_job_that_is_known_changes),
        TEST(test_job_that_is_not_known_is_flagged),
        TEST(test_job_that_is_over_moves_and_is_not_unknown),
        TEST(test_end_of_a_job_nobody_knew_is_history),
        TEST(test_every_way_to_end_has_its_state),
        TEST(test_job_zero_stays_when_another_changes),
        TEST(test_jobs_and_history_are_bounded_however_they_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
