/* SPDX-License-Identifier: MIT */
/*
 * The library inside a loop that is not its own, here poll(2):
 *
 *     foreign_loop [INTERFACE]
 *
 * Searches for devices until Enter is pressed or the search is over. Three calls join the two
 * loops: wsd_context_fd() is waited on, for no longer than wsd_context_timeout(), and
 * wsd_context_dispatch() does what is due. GLib, Qt, libevent and systemd's loop are joined alike.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsd/wsd.h>

static void on_found(void *user, const struct wsd_target *target)
{
    (void)user;
    printf("%s %s\n", target->endpoint,
           target->xaddrs.n_items > 0 ? target->xaddrs.items[0] : target->address);
    fflush(stdout);
}

static void on_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    bool *over = user;
    const struct wsd_target_set *set = result;

    if (status == WSD_E_CANCELLED)
        puts("stopped");
    else if (status < 0)
        fprintf(stderr, "foreign_loop: %s\n", error->message);
    else
        printf("%zu found\n", set->n_targets);
    *over = true;
    wsd_free(result);
}

/* A turn of our own loop. False when it cannot go on. */
static bool turn(struct wsd_context *context, struct wsd_call *search, bool *listening)
{
    struct pollfd fds[] = {
        {.fd = wsd_context_fd(context), .events = POLLIN},
        {.fd = *listening ? STDIN_FILENO : -1, .events = POLLIN}, /* ours */
    };
    char line[256];

    if (poll(fds, 2, wsd_context_timeout(context)) < 0 && errno != EINTR)
        return false;
    if (fds[1].revents != 0) {
        *listening = false;
        /* At the end of the input nobody can press Enter any more: the search goes on. */
        if (read(STDIN_FILENO, line, sizeof line) > 0)
            wsd_call_cancel(search); /* on_done() is still called, by a later dispatch */
    }
    return wsd_context_dispatch(context, NULL) >= 0;
}

int main(int argc, char **argv)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_probe_options probe = WSD_PROBE_OPTIONS_INIT;
    const char *interfaces[] = {argc > 1 ? argv[1] : NULL, NULL};
    struct wsd_context *context = NULL;
    struct wsd_call *search = NULL;
    struct wsd_error error = {0};
    bool over = false, listening = true;

    if (argc > 1) {
        options.interfaces = interfaces;
        options.allow_loopback = strcmp(argv[1], "lo") == 0;
    }
    probe.found = on_found;
    if (wsd_context_new(&options, &context, &error) < 0 ||
        wsd_probe_start(context, &probe, on_done, &over, &search, &error) < 0) {
        fprintf(stderr, "foreign_loop: %s\n", error.message);
        wsd_context_free(context);
        return EXIT_FAILURE;
    }
    while (!over && turn(context, search, &listening))
        continue;
    bool complete = over;
    wsd_context_free(context);
    return complete ? EXIT_SUCCESS : EXIT_FAILURE;
}
