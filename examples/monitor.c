/* SPDX-License-Identifier: MIT */
/*
 * A scanner as it is now, told as it changes, without asking again:
 *
 *     monitor SERVICE-URL [SECONDS]
 *
 * SERVICE-URL is the address of its scan service (`wsd info` shows it).
 */
#include <stdio.h>
#include <stdlib.h>
#include <wsd/wsd.h>

static void on_change(void *user, struct wsd_scan_monitor *monitor, unsigned parts)
{
    static const char *const connections[] = {"connecting", "live", "polled", "unreachable"};
    size_t n_jobs = 0;

    (void)user;
    if (parts & WSD_MONITOR_CONNECTION)
        printf("connection: %s\n", connections[wsd_scan_monitor_connection(monitor)]);
    if (parts & WSD_MONITOR_STATUS) {
        const struct wsd_scan_status *status = wsd_scan_monitor_status(monitor);

        printf("state: %s, %zu conditions\n", status->scanner_state.text,
               status->n_active_conditions);
    }
    if (parts & WSD_MONITOR_JOBS) {
        const struct wsd_scan_job_summary *jobs = wsd_scan_monitor_jobs(monitor, &n_jobs);

        for (size_t i = 0; i < n_jobs; i++)
            printf("job %d: %s, %d images\n", (int)jobs[i].job_id, jobs[i].job_state.text,
                   (int)jobs[i].scans_completed);
    }
    if (parts & WSD_MONITOR_HISTORY) {
        const struct wsd_scan_job_summary *jobs = wsd_scan_monitor_history(monitor, &n_jobs);

        if (n_jobs > 0)
            printf("last job: %d, %s\n", (int)jobs[0].job_id, jobs[0].job_state.text);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct wsd_context *context = NULL;
    struct wsd_sink *sink = NULL;
    struct wsd_scan_monitor *monitor = NULL;
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;
    struct wsd_error error = {0};
    int r;

    if (argc < 2) {
        fprintf(stderr, "usage: monitor SERVICE-URL [SECONDS]\n");
        return EXIT_FAILURE;
    }
    options.changed = on_change;
    r = wsd_context_new(NULL, &context, &error);
    if (r == 0)
        r = wsd_sink_new(context, NULL, &sink, &error);
    if (r == 0)
        r = wsd_scan_monitor_new(sink, argv[1], &options, &monitor, &error);
    /* Changes are told meanwhile; each piece of news ends a wait. */
    for (long rest = argc > 2 ? atol(argv[2]) : 60; r == 0 && rest > 0; rest--)
        r = wsd_context_wait(context, 1000, &error);
    if (r < 0)
        fprintf(stderr, "monitor: %s\n", error.message);
    wsd_scan_monitor_free(monitor);
    if (sink != NULL)
        wsd_sink_drain(sink, 2000, NULL); /* so that the scanner forgets us */
    wsd_sink_free(sink);
    wsd_context_free(context);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
