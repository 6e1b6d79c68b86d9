/* SPDX-License-Identifier: MIT */
/*
 * wsd subscribe: events as they come.
 *
 * ScanAvailableEvent takes a subscription of its own (WS-Scan 12.2), so there are up to two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsd/scan_events.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/stamp.h"
#include "common/text.h"
#include "event_text.h"
#include "follow.h"
#include "report.h"

#define DESTINATIONS_MAX OPTIONS_MAX_REPEATS
#define LIFETIME_MAX     31536000 /* a year, in seconds */

struct subscribing;

struct sub {
    struct subscribing *all;
    const char *what; /* for people */
    struct wsd_subscription *subscription;
    enum wsd_subscription_state state;
    bool was_active;
    bool restarting; /* it is lost because we make it anew */
};

struct subscribing {
    struct session *session;
    struct device device;
    unsigned events; /* enum wsd_scan_event_kind */
    bool available;
    long count, lifetime;
    unsigned long printed;
    char host[128];
    struct wsd_scan_destination destinations[DESTINATIONS_MAX];
    char contexts[DESTINATIONS_MAX][24];
    size_t n_destinations;
    struct sub subs[2];
    int failed; /* exit code of a subscription that never began; 0: none */
};

/* -- what comes ---------------------------------------------------------------------------------
 */

static const char *destination_name(const struct subscribing *s,
                                    const struct wsd_scan_available_event *event)
{
    for (size_t i = 0; event->client_context && i < s->n_destinations; i++)
        if (strcmp(event->client_context, s->contexts[i]) == 0)
            return s->destinations[i].client_display_name;
    return NULL;
}

static void print_event(struct subscribing *s, const struct wsd_scan_event *event)
{
    const char *destination = event->available ? destination_name(s, event->available) : NULL;
    char text[1400], clean[1400], time[STAMP_SIZE];

    session_end_line(s->session);
    if (s->session->json) {
        struct json_object *o = json_object_new_object();
        json_put_text(o, "time", stamp_now(time));
        json_put_text(o, "name", s->device.name);
        json_put_text(o, "endpoint", s->device.endpoint);
        event_json(event, o);
        json_put_text(o, "destination", destination);
        json_print_line(o);
        return;
    }
    event_line(event, text, sizeof text);
    if (destination)
        text_append(text, sizeof text, ", for '%s'", destination);
    text_clean(text, clean, sizeof clean);
    stamp_clock(time);
    if (s->session->terminal_out)
        printf("%s  %s\n", time, clean);
    else
        printf("%s\t%s\t%s\n", time, event_name(event->kind), clean);
    fflush(stdout);
}

static bool enough(const struct subscribing *s)
{
    return s->count > 0 && s->printed >= (unsigned long)s->count;
}

static void on_event(void *user, const struct wsd_scan_event *event)
{
    struct sub *sub = user;

    if (enough(sub->all))
        return;
    sub->all->printed++;
    print_event(sub->all, event);
}

static void on_state(void *user, enum wsd_subscription_state state,
                     const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct sub *sub = user;
    struct subscribing *s = sub->all;
    bool again = sub->state == state || (sub->restarting && state == WSD_SUBSCRIPTION_LOST);
    char span[STAMP_SIZE];

    sub->state = state;
    sub->restarting = false;
    if (state == WSD_SUBSCRIPTION_ACTIVE) {
        int64_t remaining = subscribed ? subscribed->grant.remaining : 0;
        if (remaining > 0 && remaining < INT64_MAX)
            session_note(s->session, "%s: subscribed to %s, for %s at a time", s->device.name,
                         sub->what, stamp_span((remaining + 999) / 1000, span));
        else
            session_note(s->session, "%s: subscribed to %s", s->device.name, sub->what);
        sub->was_active = true;
    } else if (!sub->was_active && error && state != WSD_SUBSCRIPTION_STARTING) {
        if (!s->failed)
            s->failed = report_error(s->session, s->device.name, error);
    } else if (!again && error) {
        session_note(s->session, "%s: no events any more: %s; trying again", s->device.name,
                     error->message);
    }
}

/* -- the device moves ---------------------------------------------------------------------------
 */

static void on_back(void *user, const char *service, bool restarted)
{
    struct subscribing *s = user;
    struct wsd_error error = {0};

    session_note(s->session, "%s: it %s; subscribing anew", s->device.name,
                 restarted ? "was restarted" : "is back");
    for (size_t i = 0; i < 2; i++) {
        struct sub *sub = &s->subs[i];
        if (!sub->subscription)
            continue;
        sub->restarting = true;
        if (wsd_subscription_restart(sub->subscription, service, &error) < 0)
            report_error(s->session, s->device.name, &error);
    }
}

static void on_gone(void *user)
{
    struct subscribing *s = user;

    session_note(s->session, "%s: it said goodbye; waiting for it", s->device.name);
}

/* -- the command --------------------------------------------------------------------------------
 */

static bool read_names(struct subscribing *s)
{
    const struct args *args = s->session->args;
    unsigned n = args->count[OPT_NAME_PANEL];

    if (n > 0 && !s->available) {
        usage_error(args, "--name is for --scan-available");
        return false;
    }
    if (gethostname(s->host, sizeof s->host - 1) < 0 || !*s->host)
        snprintf(s->host, sizeof s->host, "wsd");
    s->n_destinations = n ? n : 1;
    for (size_t i = 0; i < s->n_destinations; i++) {
        s->destinations[i].client_display_name = n ? args->values[OPT_NAME_PANEL][i] : s->host;
        s->destinations[i].client_context = s->contexts[i];
        snprintf(s->contexts[i], sizeof s->contexts[i], "%zu", i + 1);
        if (n &&
            (!*args->values[OPT_NAME_PANEL][i] || strlen(args->values[OPT_NAME_PANEL][i]) > 127)) {
            usage_error(args, "--name takes 1 to 127 bytes of text");
            return false;
        }
    }
    return true;
}

static bool read_options(struct subscribing *s)
{
    const struct args *args = s->session->args;

    s->available = args_has(args, OPT_SCAN_AVAILABLE);
    for (unsigned i = 0; i < args->count[OPT_EVENT]; i++) {
        unsigned kind = event_kind(args->values[OPT_EVENT][i]);
        if (kind == 0) {
            usage_error(args, "there is no event '%s'; there are %s", args->values[OPT_EVENT][i],
                        event_words());
            return false;
        }
        s->available = s->available || kind == WSD_SCAN_AVAILABLE;
        s->events |= kind & WSD_SCAN_ALL_BUT_AVAILABLE;
    }
    if (!s->available && s->events == 0)
        s->events = WSD_SCAN_ALL_BUT_AVAILABLE;
    return read_names(s) && args_number(args, OPT_COUNT_EVENTS, 1, 1000000000, &s->count) &&
           args_number(args, OPT_LIFETIME, 1, LIFETIME_MAX, &s->lifetime);
}

static int add(struct subscribing *s, struct sub *sub, struct wsd_sink *sink, unsigned events,
               const char *what)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_error error = {0};

    sub->all = s;
    sub->what = what;
    options.events = events;
    if (events == WSD_SCAN_AVAILABLE) {
        options.destinations = s->destinations;
        options.n_destinations = s->n_destinations;
    }
    options.lifetime = (uint32_t)s->lifetime;
    options.request = &s->session->request;
    options.event = on_event;
    options.changed = on_state;
    options.user = sub;
    if (wsd_scan_subscribe(sink, s->device.service, &options, &sub->subscription, &error) < 0)
        return report_error(s->session, s->device.name, &error);
    return EXIT_CODE_OK;
}

static int run(struct subscribing *s)
{
    while (!s->failed && !enough(s) && !ferror(stdout))
        if (!session_turn(s->session, session_now() + 60000))
            break;
    return s->failed;
}

int command_subscribe(struct session *session)
{
    static struct subscribing s;
    const struct follow_options following = {.back = on_back, .gone = on_gone, .user = &s};
    struct follow *follow = NULL;
    struct wsd_sink *sink = NULL;

    s.session = session;
    if (!read_options(&s))
        return EXIT_CODE_USAGE;
    session->until_signal = s.count == 0;
    int code = command_find_scanner(session, &s.device);
    if (code == EXIT_CODE_OK)
        code = sink_open(session, &sink);
    if (code == EXIT_CODE_OK && s.events)
        code = add(&s, &s.subs[0], sink, s.events, "its events");
    if (code == EXIT_CODE_OK && s.available)
        code = add(&s, &s.subs[1], sink, WSD_SCAN_AVAILABLE, "its panel");
    if (code == EXIT_CODE_OK)
        code = follow_new(session, &s.device, &following, &follow);
    if (code == EXIT_CODE_OK)
        code = run(&s);
    follow_free(follow);
    for (size_t i = 0; i < 2; i++)
        wsd_subscription_free(s.subs[i].subscription);
    sink_close(session, sink);
    device_free(&s.device);
    return code;
}
