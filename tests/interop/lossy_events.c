/* SPDX-License-Identifier: MIT */
/*
 * Both ends of events, with a clock that the test turns; see test_lossy_events.py.
 *
 *     lossy_events devices ADDRESS COUNT       scanners; prints their addresses
 *     lossy_events subscribers COUNT URL...    subscriptions, dealt out among the services
 *
 * Commands come line by line on the input, answers and news go to the output:
 *
 *     turn MS     the clock is that much later
 *     ask         -> "state BUSY NEXT": work under way, milliseconds to what is due next (-1: none)
 *     jobs N M    M jobs at device N, one after the other, each made and cancelled
 *     end         unsubscribes, says "ended" and leaves
 *
 * Each device has a subscriber in its own process, over loopback, which hears all: "heard N EVENT".
 * Subscribers print "heard N EVENT", "lost N WHY" and "made N" for subscription N.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wsd/wsd.h>

#include "core/context.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { LIFETIME = 12 * 3600, LINE = 256 };

struct heard {
    unsigned number;
    enum wsd_subscription_state state;
    struct wsd_subscription *subscription;
};

static struct {
    uint64_t turned;
    struct wsd_context *context;
    struct wsd_host *host;
    struct wsd_sink *sink;
    struct wsd_scan_service **services;
    char (*urls)[LINE];
    struct heard *heard;
    unsigned n_heard, n_jobs; /* under way, or to be made */
    unsigned *jobs;           /* still to be made, of each device */
    bool ended;
} all;

static uint64_t now(void *user)
{
    struct timespec time;

    (void)user;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000 + all.turned;
}

static void fail(const char *what, const struct wsd_error *error)
{
    fprintf(stderr, "lossy_events: %s: %s\n", what, error ? error->message : "");
    exit(1);
}

/* -- subscriptions ------------------------------------------------------------------------------
 */

static void on_event(void *user, const struct wsd_scan_event *event)
{
    const struct heard *heard = user;

    if (event->job)
        printf("heard %u %d:%s:%d\n", heard->number, (int)event->job->job_id,
               event->job->job_state.text, (int)event->job->n_job_state_reasons);
    else if (event->job_end)
        printf("heard %u %d:end:%s\n", heard->number, (int)event->job_end->job_id,
               event->job_end->job_completed_state.text);
}

static void on_state(void *user, enum wsd_subscription_state state,
                     const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct heard *heard = user;

    (void)subscribed;
    heard->state = state;
    if (state == WSD_SUBSCRIPTION_ACTIVE)
        printf("made %u\n", heard->number);
    else
        printf("lost %u %s\n", heard->number, error ? error->message : "");
}

static void subscribe(unsigned number, const char *service)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct heard *heard = &all.heard[number];
    struct wsd_error error = {0};

    heard->number = number;
    options.events = WSD_SCAN_JOB_CHANGE | WSD_SCAN_JOB_END;
    options.lifetime = LIFETIME;
    options.event = on_event;
    options.changed = on_state;
    options.user = heard;
    if (wsd_scan_subscribe(all.sink, service, &options, &heard->subscription, &error) < 0)
        fail(service, &error);
}

static void open_sink(unsigned n_subscriptions)
{
    struct wsd_error error = {0};

    all.heard = calloc(n_subscriptions, sizeof *all.heard);
    all.n_heard = n_subscriptions;
    if (!all.heard || wsd_sink_new(all.context, NULL, &all.sink, &error) < 0)
        fail("the sink", &error);
}

/* -- devices ------------------------------------------------------------------------------------
 */

static int next_image(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type)
{
    (void)user, (void)job, (void)number, (void)ret_type;
    return 0; /* nobody fetches one */
}

static ssize_t no_bytes(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    (void)user, (void)job, (void)buffer, (void)size;
    return WSD_SCANNER_END;
}

static const struct wsd_token formats[] = {{.value = WSD_SCAN_FORMAT_DIB}};
static const struct wsd_token contents[] = {{.value = WSD_SCAN_CONTENT_TYPE_AUTO}};
static const struct wsd_token rotations[] = {{.value = WSD_SCAN_ROTATION_0}};
static const struct wsd_token colors[] = {{.value = WSD_SCAN_COLOR_RGB24}};
static const int32_t dots[] = {300};
static const struct wsd_scan_source platen = {
    .optical_resolution = {.width = 300},
    .resolutions = {.widths = dots, .n_widths = 1, .heights = dots, .n_heights = 1},
    .colors = colors,
    .n_colors = COUNT(colors),
    .minimum_size = {.width = 10, .height = 10},
    .maximum_size = {.width = 8500, .height = 11700},
};
static const struct wsd_scan_configuration configuration = {
    .device_settings =
        {.formats_supported = formats,
         .n_formats_supported = COUNT(formats),
         .compression_quality_factor_supported = {.min_value = 0, .max_value = 100},
         .content_types_supported = contents,
         .n_content_types_supported = COUNT(contents),
         .scaling_range_supported = {.scaling_width = {.min_value = 100, .max_value = 100},
                                     .scaling_height = {.min_value = 100, .max_value = 100}},
         .rotations_supported = rotations,
         .n_rotations_supported = COUNT(rotations)},
    .platen = &platen,
};
static const struct wsd_scan_ticket ticket = {
    .job_description = {.job_name = "Test", .job_originating_user_name = "test"},
};

static struct wsd_scan_service *add_device(unsigned number)
{
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_scan_service_options service_options = WSD_SCAN_SERVICE_OPTIONS_INIT;
    struct wsd_scan_text name = {.value = "Test"};
    struct wsd_scan_description description = {.scanner_name = &name, .n_scanner_name = 1};
    struct wsd_scan_service *service = NULL;
    struct wsd_device *device = NULL;
    struct wsd_error error = {0};
    char friendly_name[LINE];

    snprintf(friendly_name, sizeof friendly_name, "Lossy %u", number);
    options.friendly_name = friendly_name;
    options.manufacturer = options.model_name = "Test";
    service_options.description = &description;
    service_options.configuration = &configuration;
    service_options.default_ticket = &ticket;
    service_options.scanner.next_image = next_image;
    service_options.scanner.read = no_bytes;
    if (wsd_device_new(all.host, &options, &device, &error) < 0 ||
        wsd_scan_service_new(device, &service_options, &service, &error) < 0 ||
        wsd_device_start(device, &error) < 0)
        fail("a device", &error);
    snprintf(all.urls[number], LINE, "http://127.0.0.1:%u/%s/scan", wsd_host_port(all.host),
             wsd_device_endpoint(device) + strlen("urn:uuid:"));
    return service;
}

static void open_devices(const char *address, unsigned count)
{
    struct wsd_host_options options = WSD_HOST_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.no_discovery = true;
    all.services = calloc(count, sizeof *all.services);
    all.urls = calloc(count, sizeof *all.urls);
    all.jobs = calloc(count, sizeof *all.jobs);
    if (!all.services || !all.urls || !all.jobs ||
        wsd_host_new(all.context, &options, &all.host, &error) < 0)
        fail("the host", &error);
    open_sink(count);
    for (unsigned i = 0; i < count; i++) {
        all.services[i] = add_device(i);
        subscribe(i, all.urls[i]);
        printf("device http://%s:%u%s\n", address, wsd_host_port(all.host),
               strchr(all.urls[i] + strlen("http://"), '/'));
    }
}

/* -- jobs ---------------------------------------------------------------------------------------
 */

static void make_job(unsigned number);

static void on_cancelled(void *user, int status, const void *result, const struct wsd_error *error)
{
    unsigned *jobs = user;

    (void)result;
    if (status < 0 && status != WSD_E_CANCELLED)
        fail("CancelJob", error);
    all.n_jobs--;
    if (--*jobs > 0)
        make_job((unsigned)(jobs - all.jobs));
}

static void on_created(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_create_scan_job_response *job = result;
    unsigned *jobs = user;
    struct wsd_error reason = {0};

    if (status == WSD_E_CANCELLED)
        return;
    if (status < 0)
        fail("CreateScanJob", error);
    if (wsd_cancel_job_start(all.context, all.urls[jobs - all.jobs], job->job_id, NULL,
                             on_cancelled, jobs, NULL, &reason) < 0)
        fail("CancelJob", &reason);
    wsd_free(job);
}

static void make_job(unsigned number)
{
    struct wsd_error error = {0};

    if (wsd_create_scan_job_start(all.context, all.urls[number], &ticket, NULL, NULL, NULL,
                                  on_created, &all.jobs[number], NULL, &error) < 0)
        fail("CreateScanJob", &error);
}

static void make_jobs(unsigned number, unsigned count)
{
    all.n_jobs += count;
    all.jobs[number] += count;
    if (all.jobs[number] == count)
        make_job(number);
}

/* -- commands -----------------------------------------------------------------------------------
 */

static bool busy(void)
{
    if (all.n_jobs || wsd__has_calls(all.context))
        return true;
    for (unsigned i = 0; i < all.n_heard; i++)
        if (all.heard[i].state == WSD_SUBSCRIPTION_STARTING)
            return true;
    for (unsigned i = 0; all.services && i < all.n_heard; i++) {
        struct wsd_event_counters counters = wsd_scan_service_events(all.services[i]);

        if (counters.sent != counters.delivered + counters.failed + counters.dropped)
            return true;
    }
    return false;
}

static void end(void)
{
    for (unsigned i = 0; i < all.n_heard; i++)
        wsd_subscription_free(all.heard[i].subscription);
    all.n_heard = 0;
    if (wsd_sink_drain(all.sink, 60000, NULL) < 0)
        puts("undrained");
    all.ended = true;
}

static void obey(const char *line)
{
    unsigned long long ms;
    unsigned number, count;

    if (sscanf(line, "turn %llu", &ms) == 1)
        all.turned += ms;
    else if (strcmp(line, "ask") == 0)
        printf("state %d %d\n", busy(), wsd_context_timeout(all.context));
    else if (sscanf(line, "jobs %u %u", &number, &count) == 2)
        make_jobs(number, count);
    else if (strcmp(line, "left") == 0)
        for (unsigned i = 0; all.services && i < all.n_heard; i++)
            printf("left %u %u\n", i, wsd_scan_service_events(all.services[i]).subscribers);
    else if (strcmp(line, "end") == 0)
        end();
}

/* False at the end of the input. */
static bool read_commands(void)
{
    static char line[LINE];
    static size_t length;
    char piece[LINE];
    ssize_t n = read(STDIN_FILENO, piece, sizeof piece);

    for (ssize_t i = 0; i < n && !all.ended; i++) {
        if (piece[i] != '\n' && length + 1 < sizeof line) {
            line[length++] = piece[i];
            continue;
        }
        line[length] = '\0';
        length = 0;
        obey(line);
    }
    return n > 0;
}

static void run(void)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = wsd_context_fd(all.context), .events = POLLIN}};
    struct wsd_error error = {0};

    while (!all.ended) {
        fflush(stdout);
        poll(fds, COUNT(fds), wsd_context_timeout(all.context));
        if (wsd_context_dispatch(all.context, &error) < 0)
            fail("the loop", &error);
        if (fds[0].revents && !read_commands())
            break;
    }
}

int main(int argc, char **argv)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.now = now;
    if (argc < 4 || wsd_context_new(&options, &all.context, &error) < 0)
        fail("usage", &error);
    if (strcmp(argv[1], "devices") == 0) {
        open_devices(argv[2], (unsigned)atoi(argv[3]));
    } else {
        open_sink((unsigned)atoi(argv[2]));
        for (unsigned i = 0; i < all.n_heard; i++)
            subscribe(i, argv[3 + i % (unsigned)(argc - 3)]);
    }
    puts("ready");
    run();
    wsd_sink_free(all.sink);
    wsd_host_free(all.host);
    wsd_context_free(all.context);
    free(all.services);
    free(all.urls);
    free(all.jobs);
    free(all.heard);
    puts("ended");
    return 0;
}
