/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/watch.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "describe.h"
#include "report.h"

#define DRAIN_MS 3000u

struct follow {
    struct session *session;
    struct follow_options options;
    struct wsd_listener *listener;
    struct describer *describer;
    struct describe *question;
    char *endpoint, *service;
    bool restarted, gone; /* since `back` was last called */
};

static void on_described(void *user, const struct wsd_device_info *info,
                         const struct wsd_error *error)
{
    struct follow *follow = user;
    const char *service = info ? describe_scan_service(info) : NULL;
    bool restarted = follow->restarted;

    (void)error; /* who holds the subscription tries again by itself */
    if (!service)
        return;
    bool moved = strcmp(service, follow->service) != 0;
    if (!moved && !follow->gone && !restarted)
        return;
    char *copy = strdup(service);
    if (!copy)
        return;
    free(follow->service);
    follow->service = copy;
    follow->restarted = follow->gone = false;
    follow->options.back(follow->options.user, follow->service, restarted);
}

static void on_announcement(void *user, const struct wsd_announcement *announcement)
{
    struct follow *follow = user;

    if (!wsd_endpoint_equal(announcement->target->endpoint, follow->endpoint))
        return;
    describe_cancel(&follow->question);
    if (announcement->kind == WSD_ANNOUNCEMENT_BYE) {
        follow->gone = true;
        follow->options.gone(follow->options.user);
        return;
    }
    if (announcement->kind == WSD_ANNOUNCEMENT_REBOOT)
        follow->restarted = true;
    describe_start(follow->describer, announcement->target, &follow->question, on_described,
                   follow);
}

int follow_new(struct session *session, const struct device *device,
               const struct follow_options *options, struct follow **ret)
{
    struct wsd_listen_options listen = WSD_LISTEN_OPTIONS_INIT;
    struct wsd_error error = {0};
    struct follow *follow;

    *ret = NULL;
    if (!*device->endpoint)
        return EXIT_CODE_OK;
    follow = calloc(1, sizeof *follow);
    if (!follow)
        return report_no_memory();
    follow->session = session;
    follow->options = *options;
    follow->describer = describer_new(session);
    follow->endpoint = strdup(device->endpoint);
    follow->service = strdup(device->service);
    if (!follow->describer || !follow->endpoint || !follow->service) {
        follow_free(follow);
        return report_no_memory();
    }
    listen.announcement = on_announcement;
    listen.user = follow;
    if (wsd_listen_multicast_announcements(session->context, &listen, &follow->listener, &error) <
        0) {
        session_note(session, "announcements cannot be heard, so a restart of %s shows later: %s",
                     device->name, error.message);
        follow_free(follow);
        return EXIT_CODE_OK;
    }
    *ret = follow;
    return EXIT_CODE_OK;
}

void follow_free(struct follow *follow)
{
    if (!follow)
        return;
    wsd_listener_free(follow->listener);
    describer_free(follow->describer);
    free(follow->endpoint);
    free(follow->service);
    free(follow);
}

int sink_open(struct session *session, struct wsd_sink **ret)
{
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    struct wsd_error error = {0};
    long port = 0;

    if (!args_number(session->args, OPT_PORT_EVENTS, 0, 65535, &port))
        return EXIT_CODE_USAGE;
    options.port = (uint16_t)port;
    if (wsd_sink_new(session->context, &options, ret, &error) >= 0)
        return EXIT_CODE_OK;
    char what[500] = "";
    text_append(what, sizeof what, "events cannot be received: %s", error.message);
    return report_failure(session, EXIT_CODE_NETWORK, NULL, what,
                          port ? "Is the port taken? Leave --port out, and any is used." : NULL);
}

void sink_close(struct session *session, struct wsd_sink *sink)
{
    if (!sink)
        return;
    if (session->terminal_err && !session->quiet) {
        session_end_line(session);
        fputs("wsd: unsubscribing", stderr);
        fflush(stderr);
        session->line_open = true;
    }
    /* The signal that ended the command must not end this as well; a second one may. */
    wsd_context_wait(session->context, 0, NULL);
    wsd_sink_drain(sink, DRAIN_MS, NULL);
    wsd_sink_free(sink);
    session_end_line(session);
}
