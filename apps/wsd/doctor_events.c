/* SPDX-License-Identifier: MIT */
/*
 * wsd doctor: a subscription of ours, and whether what the scanner sends gets back to us.
 *
 * The subscription is to what happens on the scanner, without a destination, so that its panel
 * shows nothing of it; and it is ended whatever happens, by a signal too, since some firmware
 * suffers from those that are left behind.
 */
#include <stdio.h>
#include <string.h>
#include <wsd/scan_events.h>

#include "common/text.h"
#include "doctor.h"
#include "follow.h"
#include "scan/choice.h"
#include "scan/ticket.h"

#define SUBSCRIBE_MS 10000u
#define EVENT_MS     5000u
#define LIFETIME     300u /* seconds */
#define DPI          200

struct trial {
    struct doctor *doctor;
    struct wsd_sink *sink;
    struct wsd_subscription *subscription;
    bool active, failed;
    unsigned events;
    char error[500];
    int64_t granted;
};

static void on_event(void *user, const struct wsd_scan_event *event)
{
    struct trial *t = user;

    (void)event;
    t->events++;
}

static void on_state(void *user, enum wsd_subscription_state state,
                     const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct trial *t = user;

    if (state == WSD_SUBSCRIPTION_ACTIVE) {
        t->active = true;
        t->granted = subscribed ? subscribed->grant.remaining : 0;
    } else if (error) {
        t->failed = true;
        snprintf(t->error, sizeof t->error, "%s%s%s", error->message, *error->subcode ? ", " : "",
                 error->subcode);
    }
}

/* Until one of the two is true, or the time is over. False by a signal. */
static bool wait_for(struct trial *t, const bool *one, const bool *other, const unsigned *count,
                     unsigned milliseconds)
{
    uint64_t deadline = session_now() + milliseconds;

    while (!(one && *one) && !(other && *other) && !(count && *count) && session_now() < deadline)
        if (!session_turn(t->doctor->session, deadline))
            return false;
    return true;
}

static bool subscribe(struct trial *t, const struct patient *p)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_request_options request = doctor_request(t->doctor, p);
    struct wsd_error error = {0};

    options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
    options.lifetime = LIFETIME;
    options.request = &request;
    options.event = on_event;
    options.changed = on_state;
    options.user = t;
    if (wsd_scan_subscribe(t->sink, p->service, &options, &t->subscription, &error) < 0) {
        t->failed = true;
        snprintf(t->error, sizeof t->error, "%s", error.message);
        return true;
    }
    if (!wait_for(t, &t->active, &t->failed, NULL, SUBSCRIBE_MS))
        return false;
    if (!t->active && !t->failed)
        snprintf(t->error, sizeof t->error, "no answer in %u s", SUBSCRIBE_MS / 1000);
    return true;
}

/* -- the way back -------------------------------------------------------------------------------
 */

/* What the scanner has, the first of it. */
static bool choose(const struct scan_abilities *has, struct scan_settings *settings)
{
    const struct scan_source *source = has->n_sources ? &has->sources[0] : NULL;

    *settings = (struct scan_settings){.source = source, .pages = 1, .kind = OUTPUT_JPEG};
    if (!source)
        return false;
    settings->color = choice_nearest_color(source->front, WSD_SCAN_COLOR_GRAYSCALE8);
    int32_t dpi[64];
    size_t n = scan_resolutions(source->front, dpi, sizeof dpi / sizeof *dpi);
    settings->dpi_x = settings->dpi_y = choice_nearest_number(dpi, n, DPI);
    settings->width = source->max_width;
    settings->height = source->max_height;
    settings->whole = true;
    choice_formats(has, settings);
    snprintf(settings->job_name, sizeof settings->job_name, "wsd doctor");
    snprintf(settings->user, sizeof settings->user, "wsd");
    return settings->n_formats > 0;
}

/* Starts a job and cancels it. False when it was refused; `error` says why. */
static bool stir(struct trial *t, const struct patient *p, struct wsd_error *error)
{
    struct wsd_request_options request = doctor_request(t->doctor, p);
    const struct wsd_scan_create_scan_job_response *job = NULL;
    const struct wsd_device_info *info = p->info;
    struct scan_abilities has = {0};
    struct scan_settings settings;
    struct scan_ticket ticket;

    scan_abilities_take(&has, p->elements);
    scan_abilities_quirks(&has, info ? info->manufacturer : "",
                          info && info->model_name ? info->model_name : "");
    if (has.configuration)
        scan_abilities_gather(&has);
    if (!choose(&has, &settings)) {
        snprintf(error->message, sizeof error->message, "it does not tell what it can do");
        return false;
    }
    scan_ticket_make(&settings, &has, true, &ticket);
    if (wsd_create_scan_job(t->doctor->session->context, p->service, &ticket.ticket, NULL, NULL,
                            &request, &job, error) < 0)
        return false;
    int32_t id = job->job_id;
    wsd_free(job);
    /* Also when a signal has come: the job must not stay. */
    if (wsd_cancel_job(t->doctor->session->context, p->service, id, &request, NULL) ==
        WSD_E_CANCELLED)
        wsd_cancel_job(t->doctor->session->context, p->service, id, &request, NULL);
    return true;
}

static void way_back(struct trial *t, struct patient *p)
{
    struct doctor *d = t->doctor;
    struct wsd_error error = {0};

    if (!args_has(d->session->args, OPT_SCAN_JOB)) {
        doctor_unknown(d, "way back", p->name, "not tried (--scan-job tries it)");
        return;
    }
    if (!stir(t, p, &error)) {
        if (session_signals() == 0)
            doctor_unknown(d, "way back", p->name, "no job was started: %s%s%s", error.message,
                           *error.subcode ? ", " : "", error.subcode);
        return;
    }
    if (!wait_for(t, NULL, NULL, &t->events, EVENT_MS))
        return;
    struct wsd_sink_counters seen = wsd_sink_counters(t->sink);
    if (t->events == 0)
        diagnoses_add(&d->found, DIAGNOSIS_NO_WAY_BACK, p->name,
                      seen.foreign + seen.malformed + seen.unknown > 0
                          ? "Something came to TCP port %u that is none of its events: from "
                            "another address, or of another shape."
                          : "Nothing came to TCP port %u in 5 s.",
                      (unsigned)wsd_sink_port(t->sink));
    doctor_step(d, "way back", p->name, "%u event%s arrived", t->events, t->events == 1 ? "" : "s");
}

void doctor_events(struct doctor *d, struct patient *p)
{
    struct trial t = {.doctor = d};
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    struct wsd_error error = {0};

    /* At the port that events are wanted at; where that is taken, another one shows as much. */
    options.port = d->event_port_taken ? 0 : d->event_port;
    if (wsd_sink_new(d->session->context, &options, &t.sink, &error) < 0) {
        doctor_unknown(d, "events", p->name, "%s", error.message);
        return;
    }
    bool whole = subscribe(&t, p);
    if (whole && !t.active) {
        diagnoses_add(&d->found, DIAGNOSIS_SUBSCRIBE_REFUSED, p->name, "%s.", t.error);
        doctor_step(d, "events", p->name, "not subscribed");
    } else if (whole) {
        char line[100] = "";
        if (t.granted > 0 && t.granted < INT64_MAX)
            text_append(line, sizeof line, " for %lld s", (long long)((t.granted + 999) / 1000));
        doctor_step(d, "events", p->name, "subscribed%s", line);
        way_back(&t, p);
    }
    wsd_subscription_free(t.subscription);
    sink_close(d->session, t.sink);
}
