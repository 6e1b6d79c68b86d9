/* SPDX-License-Identifier: MIT */
/*
 * Prints who comes and goes on the network, a line each, until it is interrupted:
 *
 *     watch [INTERFACE...]
 *
 * The two parts are used side by side here: what is announced, as it comes, and the list that the
 * library makes of it. A program that wants to know who is there needs the watch alone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/wsd.h>

static struct wsd_context *context;

static void interrupted(int number)
{
    (void)number;
    wsd_context_interrupt(context);
}

static void print(const char *what, const struct wsd_target *target)
{
    printf("%s\t%s\t%s\t%s", what, target->endpoint, target->interface_, target->address);
    for (size_t i = 0; i < target->xaddrs.n_items; i++)
        printf("\t%s", target->xaddrs.items[i]);
    printf("\n");
    fflush(stdout);
}

static void on_announcement(void *user, const struct wsd_announcement *announcement)
{
    static const char *const words[] = {"hello", "bye", "reboot"};
    (void)user;
    print(words[announcement->kind], announcement->target);
}

static void on_change(void *user, const struct wsd_watch_event *event)
{
    static const char *const words[] = {"added", "updated", "restarted", "refreshed", "removed"};
    (void)user;
    print(event->expired ? "lost" : words[event->kind], event->target);
}

int main(int argc, char **argv)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_listen_options listen = WSD_LISTEN_OPTIONS_INIT;
    struct wsd_watch_options watched = WSD_WATCH_OPTIONS_INIT;
    struct wsd_listener *listener = NULL;
    struct wsd_watch *watch = NULL;
    /* All that is a device says so; a Probe without types is answered by fewer. */
    const struct wsd_qname device = {.ns = WSD_NS_DEVPROF, .local = "Device"};
    struct wsd_error error = {0};

    if (argc > 1) {
        options.interfaces = (const char *const *)argv + 1; /* argv ends with NULL */
        options.allow_loopback = strcmp(argv[1], "lo") == 0;
    }
    listen.announcement = on_announcement;
    watched.changed = on_change;
    watched.types = &device;
    watched.n_types = 1;
    int status = wsd_context_new(&options, &context, &error);
    if (status >= 0)
        status = wsd_listen_multicast_announcements(context, &listen, &listener, &error);
    if (status >= 0)
        status = wsd_watch_new(context, &watched, &watch, &error);
    if (status >= 0) {
        signal(SIGINT, interrupted);
        signal(SIGTERM, interrupted);
        printf("ready\n");
        fflush(stdout);
        while (wsd_context_wait(context, -1, &error) >= 0) {
        }
    } else {
        fprintf(stderr, "watch: %s\n", error.message);
    }
    wsd_watch_free(watch);
    wsd_listener_free(listener);
    wsd_context_free(context);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
