/* SPDX-License-Identifier: MIT */
/*
 * The picture is composed in memory, line by line, each cut to the width of the terminal, so that
 * going up as many lines as were drawn is always right; what is drawn over is wiped at its end.
 */
#include "watch_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/print_json.h"
#include "common/stamp.h"
#include "common/text.h"
#include "scanner.h"
#include "words.h"

#define WIDTH_DEFAULT 80u

struct sheet {
    struct watch_view *view;
    unsigned width; /* 0: no terminal */
    unsigned lines;
};

/* -- lines --------------------------------------------------------------------------------------
 */

static unsigned terminal_width(const struct watch_view *view)
{
    struct winsize size;

    if (!view->session->terminal_out)
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
        return WIDTH_DEFAULT;
    return size.ws_col;
}

static void line(struct sheet *sheet, const char *label, const char *text)
{
    char whole[1400], clean[1400];

    snprintf(whole, sizeof whole, "%-12s %s", label, text);
    text_clean(whole, clean, sizeof clean);
    if (sheet->width > 0 && text_width(clean) >= sheet->width)
        text_column(stdout, clean, sheet->width - 1);
    else
        fputs(clean, stdout);
    fputs(sheet->width > 0 ? "\033[K\n" : "\n", stdout);
    sheet->lines++;
}

static int64_t seconds_since(uint64_t then)
{
    return (int64_t)((session_now() - then) / 1000);
}

static void connection_line(struct sheet *sheet)
{
    struct watch_view *view = sheet->view;
    const struct wsd_error *error = wsd_scan_monitor_error(view->monitor);
    char text[700] = "", span[STAMP_SIZE];

    switch (wsd_scan_monitor_connection(view->monitor)) {
    case WSD_MONITOR_CONNECTING:
        text_append(text, sizeof text, "connecting");
        break;
    case WSD_MONITOR_LIVE:
        text_append(text, sizeof text, "live");
        break;
    case WSD_MONITOR_POLLED:
        text_append(text, sizeof text, "asked each %u s, as it sends no events",
                    view->poll_seconds);
        if (error)
            text_append(text, sizeof text, ": %s", error->message);
        break;
    case WSD_MONITOR_UNREACHABLE:
        text_append(text, sizeof text, "unreachable for %s",
                    stamp_span(seconds_since(view->unreachable_since), span));
        if (view->said_bye)
            text_append(text, sizeof text, ": it said goodbye");
        else if (error)
            text_append(text, sizeof text, ": %s", error->message);
        break;
    }
    line(sheet, "Connection", text);
}

static void status_lines(struct sheet *sheet, const struct wsd_scan_status *status)
{
    char text[700] = "";
    struct scan_trouble trouble;

    text_append(text, sizeof text, "%s", words_state(&status->scanner_state));
    words_reasons(text, sizeof text, status->scanner_state_reasons, status->n_scanner_state_reasons,
                  words_state_reason);
    line(sheet, "State", text);
    if (scan_trouble_of(status, true, &trouble)) {
        snprintf(text, sizeof text, "%s. %s", trouble.what, trouble.advice);
        line(sheet, "To do", text);
    }
}

/* Seconds since it arose, by the scanner's clock; -1 if that cannot be told. */
static int64_t age_of(const struct watch_view *view, const struct wsd_scan_condition *condition)
{
    if (!view->has_clock || !condition->time.text || condition->time.seconds == 0)
        return -1;
    int64_t now = (int64_t)(session_now() / 1000) + view->clock_ahead;
    return now > condition->time.seconds ? now - condition->time.seconds : 0;
}

static void condition_lines(struct sheet *sheet)
{
    size_t n = 0;
    const struct wsd_scan_condition *list = wsd_scan_monitor_conditions(sheet->view->monitor, &n);

    for (size_t i = 0; i < n; i++) {
        char text[500] = "", span[STAMP_SIZE];
        int64_t age = age_of(sheet->view, &list[i]);
        text_append(text, sizeof text, "%s (%s, %s)", words_condition(&list[i].name),
                    words_component(&list[i].component), words_severity(&list[i].severity));
        if (age >= 0)
            text_append(text, sizeof text, ", for %s", stamp_span(age, span));
        line(sheet, "Condition", text);
    }
}

static void job_line(struct sheet *sheet, const char *label, const struct wsd_scan_job_summary *job)
{
    char text[900] = "";

    text_append(text, sizeof text, "%" PRId32 ": %s", job->job_id,
                words_job_state(&job->job_state));
    words_reasons(text, sizeof text, job->job_state_reasons, job->n_job_state_reasons,
                  words_job_reason);
    text_append(text, sizeof text, ", %" PRId32 " image%s", job->scans_completed,
                job->scans_completed == 1 ? "" : "s");
    if (job->job_name && *job->job_name)
        text_append(text, sizeof text, ", '%s'", job->job_name);
    if (job->job_originating_user_name && *job->job_originating_user_name)
        text_append(text, sizeof text, " of %s", job->job_originating_user_name);
    line(sheet, label, text);
}

static void compose(struct sheet *sheet)
{
    struct wsd_scan_monitor *monitor = sheet->view->monitor;
    const struct wsd_scan_status *status = wsd_scan_monitor_status(monitor);
    size_t n = 0;

    line(sheet, "Scanner", sheet->view->device->name);
    connection_line(sheet);
    if (status)
        status_lines(sheet, status);
    condition_lines(sheet);
    const struct wsd_scan_job_summary *jobs = wsd_scan_monitor_jobs(monitor, &n);
    for (size_t i = 0; i < n; i++)
        job_line(sheet, "Job", &jobs[i]);
    jobs = wsd_scan_monitor_history(monitor, &n);
    for (size_t i = 0; i < n && i < WATCH_LAST_JOBS; i++)
        job_line(sheet, i ? "" : "Last jobs", &jobs[i]);
}

/* -- objects ------------------------------------------------------------------------------------
 */

static struct json_object *jobs_json(const struct wsd_scan_job_summary *jobs, size_t n)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < n; i++) {
        struct json_object *job = json_of("JobSummary", &jobs[i]);
        if (job)
            json_object_array_add(array, job);
    }
    return array;
}

static struct json_object *changed_json(unsigned parts)
{
    static const struct {
        unsigned part;
        const char *word;
    } words[] = {
        {WSD_MONITOR_CONNECTION, "connection"},
        {WSD_MONITOR_STATUS, "status"},
        {WSD_MONITOR_CONDITIONS, "conditions"},
        {WSD_MONITOR_JOBS, "jobs"},
        {WSD_MONITOR_HISTORY, "history"},
        {WSD_MONITOR_DESCRIPTION, "description"},
        {WSD_MONITOR_CONFIGURATION, "configuration"},
        {WSD_MONITOR_DEFAULT_TICKET, "defaultTicket"},
    };
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parts & words[i].part)
            json_object_array_add(array, json_object_new_string(words[i].word));
    return array;
}

static void print_object(struct watch_view *view, unsigned parts)
{
    static const char *const connections[] = {
        [WSD_MONITOR_CONNECTING] = "connecting",
        [WSD_MONITOR_LIVE] = "live",
        [WSD_MONITOR_POLLED] = "polled",
        [WSD_MONITOR_UNREACHABLE] = "unreachable",
    };
    const struct wsd_error *error = wsd_scan_monitor_error(view->monitor);
    const struct wsd_scan_status *status = wsd_scan_monitor_status(view->monitor);
    struct json_object *o = json_object_new_object();
    char time[STAMP_SIZE];
    size_t n = 0;

    json_put_text(o, "time", stamp_now(time));
    json_put_text(o, "name", view->device->name);
    json_put_text(o, "endpoint", view->device->endpoint);
    json_put(o, "changed", changed_json(parts));
    json_put_text(o, "connection", connections[wsd_scan_monitor_connection(view->monitor)]);
    if (error)
        json_put_text(o, "error", error->message);
    if (status)
        json_put(o, "ScannerStatus", json_of("ScannerStatus", status));
    const struct wsd_scan_job_summary *jobs = wsd_scan_monitor_jobs(view->monitor, &n);
    json_put(o, "ActiveJobs", jobs_json(jobs, n));
    jobs = wsd_scan_monitor_history(view->monitor, &n);
    json_put(o, "JobHistory", jobs_json(jobs, n));
    json_print_line(o);
}

/* -- the view -----------------------------------------------------------------------------------
 */

void watch_view_update(struct watch_view *view)
{
    const struct wsd_scan_status *status = wsd_scan_monitor_status(view->monitor);
    bool lost = wsd_scan_monitor_connection(view->monitor) == WSD_MONITOR_UNREACHABLE;

    if (!lost)
        view->unreachable_since = 0;
    else if (view->unreachable_since == 0)
        view->unreachable_since = session_now();
    /* Events change the status without telling the time; only a reading does. */
    if (!status || !status->scanner_current_time.text ||
        (view->has_clock && status->scanner_current_time.seconds == view->told))
        return;
    view->has_clock = true;
    view->told = status->scanner_current_time.seconds;
    view->clock_ahead = view->told - (int64_t)(session_now() / 1000);
}

bool watch_view_ages(const struct watch_view *view)
{
    size_t n = 0;

    if (!view->session->terminal_out || view->session->json)
        return false;
    wsd_scan_monitor_conditions(view->monitor, &n);
    return n > 0 || view->unreachable_since != 0;
}

void watch_view_show(struct watch_view *view, unsigned parts)
{
    struct sheet sheet = {.view = view, .width = terminal_width(view)};

    if (view->session->json) {
        print_object(view, parts);
        return;
    }
    session_end_line(view->session);
    if (sheet.width > 0 && view->lines > 0)
        printf("\033[%uA\r", view->lines);
    else if (view->lines > 0)
        putchar('\n');
    compose(&sheet);
    if (sheet.width > 0)
        fputs("\033[J", stdout);
    fflush(stdout);
    view->lines = sheet.lines;
}
