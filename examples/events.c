/* SPDX-License-Identifier: MIT */
/*
 * All that a scanner tells of itself, a line each:
 *
 *     events SERVICE-URL COUNT
 *
 * ends after COUNT events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wsd/wsd.h>

static void on_event(void *user, const struct wsd_scan_event *event)
{
    long *rest = user;

    if (event->summary != NULL)
        printf("state %s\n", event->summary->scanner_state.text);
    else if (event->condition != NULL)
        printf("condition %d: %s\n", (int)event->condition->id, event->condition->name.text);
    else if (event->cleared != NULL)
        printf("condition %d is over\n", (int)event->cleared->condition_id);
    else if (event->job != NULL)
        printf("job %d: %s\n", (int)event->job->job_id, event->job->job_state.text);
    else if (event->job_end != NULL)
        printf("job %d is over: %s\n", (int)event->job_end->job_id,
               event->job_end->job_completed_state.text);
    else if (event->elements != NULL)
        printf("the scanner is another one now\n");
    fflush(stdout);
    --*rest;
}

static void on_state(void *user, enum wsd_subscription_state state,
                     const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    (void)user, (void)subscribed;
    if (state == WSD_SUBSCRIPTION_ACTIVE)
        printf("subscribed\n");
    else if (error != NULL)
        printf("not subscribed: %s\n", error->message);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct wsd_context *context = NULL;
    struct wsd_sink *sink = NULL;
    struct wsd_subscription *subscription = NULL;
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_error error = {0};
    long rest = argc > 2 ? atol(argv[2]) : 1;
    int r;

    if (argc < 2) {
        fprintf(stderr, "usage: events SERVICE-URL [COUNT]\n");
        return EXIT_FAILURE;
    }
    options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
    options.event = on_event;
    options.changed = on_state;
    options.user = &rest;
    r = wsd_context_new(NULL, &context, &error);
    if (r == 0)
        r = wsd_sink_new(context, NULL, &sink, &error);
    if (r == 0)
        r = wsd_scan_subscribe(sink, argv[1], &options, &subscription, &error);
    while (r == 0 && rest > 0)
        r = wsd_context_wait(context, -1, &error);
    if (r < 0)
        fprintf(stderr, "events: %s\n", error.message);
    wsd_subscription_free(subscription);
    if (sink != NULL)
        wsd_sink_drain(sink, 2000, NULL);
    wsd_sink_free(sink);
    wsd_context_free(context);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
