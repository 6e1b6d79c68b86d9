/* SPDX-License-Identifier: MIT */
/*
 * The life of a bridge: its host is started, asked what the device can do, given scans, and started
 * anew when it dies, hangs or its device is gone, each time a little later. All of it happens in
 * turns of the loop; what is due is a moment in the bridge.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "report.h"
#include "serve_bridge.h"

#define BACKOFF_FIRST_MS 1000u
#define BACKOFF_MOST_MS  60000u
/* A backend that searches the network takes its time, a scanner that warms up as well. */
#define DESCRIBE_MS 60000u
#define SILENCE_MS  120000u /* of a host that scans, and whose bytes somebody wants */
#define CANCEL_MS   30000u  /* until a cancelled scan must have ended; lamps warm up as long */
#define CLOSE_MS    20000u  /* of idleness, until other programs may have the device */
#define LOOK_MS     500u    /* between two looks at the buttons */
#define LEAVE_MS    3000u   /* at the end: a scanner may have to move its lamp home */
#define SEARCHES    3u      /* for vendor and model, before it has to do without */

/* -- asking -------------------------------------------------------------------------------------
 */

static void later(struct bridge *bridge)
{
    bridge->backoff = bridge->backoff == 0                    ? BACKOFF_FIRST_MS
                      : bridge->backoff * 2 > BACKOFF_MOST_MS ? BACKOFF_MOST_MS
                                                              : bridge->backoff * 2;
    bridge->ask_at = session_now() + bridge->backoff;
}

/* The host can be of no use any more, or would look for its device where it was. */
static void let_go(struct bridge *bridge)
{
    host_leave(&bridge->host);
    bridge->present = bridge->looked = bridge->busy = false;
    bridge->kill_at = bridge->close_at = bridge->look_at = 0;
}

/* What ends after a scan was cancelled is no trouble of the device, and the job that waits for that
 * goes on with another host. */
void bridge_died(struct bridge *bridge, const char *why)
{
    struct serve *serve = bridge->device->serve;
    bool lost = bridge_is_cancelling(bridge);

    host_kill(&bridge->host);
    let_go(bridge);
    bridge->answered = true;
    snprintf(bridge->problem, sizeof bridge->problem, "its SANE backend %s", why);
    session_note(serve->session, "%s: the SANE backend %s; it is started again",
                 *bridge->device->name ? bridge->device->name : bridge->name, why);
    if (!lost) {
        bridge_condition(bridge, BRIDGE_GONE);
        bridge_scan_failed(bridge, BRIDGE_GONE);
    }
    later(bridge);
    bridge_resume(bridge);
}

static bool ask(struct bridge *bridge, struct json_object *object, uint32_t patience)
{
    bridge->close_at = 0;
    if (!host_ask(&bridge->host, object)) {
        bridge_died(bridge, "does not take orders");
        return false;
    }
    bridge->kill_at = session_now() + patience;
    return true;
}

void bridge_ask(struct bridge *bridge, const char *what)
{
    struct json_object *object = json_object_new_object();

    if (object)
        json_object_object_add(object, "do", json_object_new_string(what));
    if (strcmp(what, "close") == 0) {
        if (!host_ask(&bridge->host, object))
            bridge_died(bridge, "does not take orders");
        return;
    }
    ask(bridge, object, strcmp(what, "cancel") == 0 ? CANCEL_MS : DESCRIBE_MS);
}

void bridge_let_end(struct bridge *bridge)
{
    bridge->kill_at = session_now() + SILENCE_MS;
}

/* One thing at a time: what was cancelled must have ended first. */
void bridge_ask_scan(struct bridge *bridge)
{
    struct bridge_job *job = bridge->job;

    if (!job || job->asked || job->over || bridge->busy || bridge->host.fd < 0 || bridge->ask_at)
        return;
    job->asked = true;
    bridge->busy = ask(bridge, bridge_wish(job), SILENCE_MS);
}

static void start(struct bridge *bridge)
{
    const char *name = *bridge->where ? bridge->where : bridge->name;
    int r = bridge->host.fd >= 0 ? 0 : host_start(&bridge->host, name);

    bridge->ask_at = 0;
    if (r == 0) {
        ask(bridge, bridge_description_wish(bridge), DESCRIBE_MS);
        return;
    }
    if (r == -EAGAIN) { /* it was to leave, and has had its time */
        host_kill(&bridge->host);
        later(bridge);
        return;
    }
    bridge->answered = true;
    snprintf(bridge->problem, sizeof bridge->problem, "wsd-sane-host cannot be started: %s%s",
             strerror(-r), r == -ENOENT ? " (is the package with SANE's bridge installed?)" : "");
    bridge_scan_failed(bridge, BRIDGE_GONE);
    bridge_resume(bridge);
    later(bridge);
}

/* -- hearing ------------------------------------------------------------------------------------
 */

/* The device becomes a scanner. Those that are there at the start do so in their order, from which
 * the names of two of one model come. */
static void plug_in(struct bridge *bridge)
{
    struct serve_device *device = bridge->device;
    struct serve_setup *setup = device->setup;
    struct wsd_error error = {0};

    serve_name_bridge(bridge);
    snprintf(setup->name, sizeof setup->name, "%s", device->name);
    snprintf(setup->info, sizeof setup->info, "%.200s %.200s, shared from SANE", bridge->vendor,
             bridge->model);
    if (serve_plug_in(device, &error) < 0) {
        snprintf(bridge->problem, sizeof bridge->problem, "%.180s", error.message);
        free(device->setup);
        device->setup = NULL;
        return;
    }
    bridge->known = true;
    if (device->serve->ready)
        serve_say_device(device);
}

/* Two bridges may have found one device at the same moment. */
static bool is_shared(const struct bridge *bridge)
{
    const struct serve *serve = bridge->device->serve;

    for (long i = 0; i < serve->n_bridges; i++)
        if (&serve->bridges[i] != bridge && serve->bridges[i].present &&
            strcmp(serve->bridges[i].where, bridge->where) == 0)
            return true;
    return false;
}

/* False: another host looks again in a while. */
static bool accept(struct bridge *bridge, const struct json_object *object)
{
    bridge_identify(bridge, object);
    if (!bridge->known && !bridge->identified && ++bridge->searches < SEARCHES) {
        let_go(bridge);
        later(bridge);
        return false;
    }
    bridge->answered = true;
    if (!is_shared(bridge) && !bridge_is_loop(bridge->where)) {
        bridge->present = true;
        return true;
    }
    snprintf(bridge->problem, sizeof bridge->problem, "it is %.100s, which is %s", bridge->where,
             is_shared(bridge) ? "shared already" : "a WSD scanner on the network already");
    let_go(bridge);
    later(bridge);
    return false;
}

static void on_ability(struct bridge *bridge, const struct json_object *object)
{
    struct serve_device *device = bridge->device;
    struct serve_setup setup;

    if (!accept(bridge, object))
        return;
    bridge->backoff = 0;
    bridge->close_at = session_now() + CLOSE_MS;
    if (bridge->known) {
        if (device->attention) {
            session_note(device->serve->session, "%s: the device is back", device->name);
            bridge_condition_clear(bridge);
        }
        return;
    }
    if (!bridge_ability(bridge, object, &setup)) {
        snprintf(bridge->problem, sizeof bridge->problem,
                 "it has no source or mode that WS-Scan knows");
        return;
    }
    if (!device->setup)
        device->setup = malloc(sizeof setup);
    if (!device->setup)
        return;
    *device->setup = setup;
    if (device->serve->ready)
        plug_in(bridge);
}

/* Between two scans a device may have been switched off and on, or plugged in elsewhere: it is
 * looked for once before the scan fails. */
static bool renew(struct bridge *bridge, const char *doing)
{
    struct bridge_job *job = bridge->job;

    if (!job || job->over || job->renewed || job->pages > 0 || strcmp(doing, "scanning") == 0)
        return false;
    job->renewed = true;
    job->asked = false;
    let_go(bridge);
    later(bridge);
    return true;
}

static void on_failed(struct bridge *bridge, const struct json_object *object)
{
    const char *status = BRIDGE_FAILURE, *text = "", *doing = "";
    char clean[120];

    control_text(object, "status", &status);
    control_text(object, "text", &text);
    control_text(object, "doing", &doing);
    bridge->answered = true;
    snprintf(bridge->problem, sizeof bridge->problem, "%s (%.40s)",
             text_clean(text, clean, sizeof clean), doing);
    bool scan = bridge->busy, lost = bridge_is_cancelling(bridge);
    bool away = strcmp(status, BRIDGE_GONE) == 0 || strcmp(status, BRIDGE_DENIED) == 0;
    bridge->busy = false;
    if (scan && strcmp(status, BRIDGE_CANCELLED) != 0)
        session_note(bridge->device->serve->session, "%s: %s", bridge->device->name,
                     bridge->problem);
    if (scan && !lost && away && renew(bridge, doing))
        return;
    if (!lost) /* a job may wait for the device, too */
        bridge_scan_failed(bridge, status);
    if (scan && bridge->ask_at != 0) /* the device is busy; it is asked again in a moment */
        return;
    bridge_condition(bridge, status);
    if (away)
        let_go(bridge);
    else if (!scan)
        bridge_ask(bridge, "close");
    if (away || !scan)
        later(bridge);
}

static void on_word(struct bridge *bridge, const struct json_object *object)
{
    const char *is = "";

    control_text(object, "is", &is);
    bool lost = bridge_is_cancelling(bridge);
    if (!lost || strcmp(is, "done") == 0 || strcmp(is, "failed") == 0)
        bridge->kill_at = 0;
    if (strcmp(is, "ability") == 0) {
        on_ability(bridge, object);
    } else if (strcmp(is, "failed") == 0) {
        on_failed(bridge, object);
    } else if (strcmp(is, "buttons") == 0) {
        bridge_buttons(bridge, object);
    } else {
        if (strcmp(is, "done") == 0)
            bridge->busy = false;
        if (!lost)
            bridge_scan_word(bridge, is);
    }
    if (!bridge->busy && bridge->host.fd >= 0)
        bridge->close_at = session_now() + CLOSE_MS;
    bridge_ask_scan(bridge);
}

bool bridge_is_cancelling(const struct bridge *bridge)
{
    return bridge->busy && (!bridge->job || !bridge->job->asked);
}

bool bridge_step(struct bridge *bridge)
{
    struct json_object *object = NULL;

    if (bridge->host.fd < 0)
        return false;
    switch (host_take(&bridge->host, &object)) {
    case HOST_DATA:
        if (bridge_is_cancelling(bridge))
            bridge->host.at = bridge->host.size = 0;
        else
            bridge->kill_at = 0;
        return true;
    case HOST_WORD:
        on_word(bridge, object);
        json_object_put(object);
        return true;
    case HOST_DEAD:
        bridge_died(bridge, "has ended unexpectedly");
        return false;
    default:
        if (bridge->busy && bridge->job && bridge->kill_at == 0)
            bridge->kill_at = session_now() + SILENCE_MS;
        return false;
    }
}

/* -- turns --------------------------------------------------------------------------------------
 */

/* While a client is slow its bytes stay in the socket. */
static bool wants(const struct bridge *bridge)
{
    return bridge->host.fd >= 0 && (!bridge->job || bridge->waiting || !bridge->busy);
}

void bridges_want(const struct serve *serve, struct pollfd *fds)
{
    for (long i = 0; i < serve->n_bridges; i++)
        fds[i] = (struct pollfd){.fd = wants(&serve->bridges[i]) ? serve->bridges[i].host.fd : -1,
                                 .events = POLLIN};
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return b != 0 && b < a ? b : a;
}

/* SANE has no word for "a button was pressed": it has to be asked. That is done only while the
 * press could tell somebody, and no scan runs. */
static void plan_look(struct bridge *bridge)
{
    bridge->looked = bridge->looked && bridge_has_button_use(bridge);
    if (bridge->busy || bridge->job || bridge->host.fd < 0 || !bridge_has_button_use(bridge))
        bridge->look_at = 0;
    else if (bridge->look_at == 0 && bridge->kill_at == 0 && bridge->ask_at == 0)
        bridge->look_at = session_now() + LOOK_MS;
}

uint64_t bridges_due(const struct serve *serve, uint64_t deadline)
{
    for (long i = 0; i < serve->n_bridges; i++) {
        struct bridge *b = &serve->bridges[i];
        plan_look(b);
        deadline = sooner(deadline, b->ask_at);
        deadline = sooner(deadline, b->kill_at);
        deadline = sooner(deadline, b->close_at);
        deadline = sooner(deadline, b->look_at);
        deadline = sooner(deadline, b->clear_at);
        deadline = sooner(deadline, b->decide_at);
    }
    return deadline;
}

static bool is_due(uint64_t *moment)
{
    if (*moment == 0 || session_now() < *moment)
        return false;
    *moment = 0;
    return true;
}

static void do_what_is_due(struct bridge *bridge)
{
    if (is_due(&bridge->kill_at))
        bridge_died(bridge, "does not answer");
    if (is_due(&bridge->ask_at)) {
        if (bridge->host.fd >= 0 && bridge->job && !bridge->job->asked && !bridge->job->over)
            bridge_ask_scan(bridge);
        else
            start(bridge);
    }
    if (is_due(&bridge->clear_at))
        bridge_condition_clear(bridge);
    if (is_due(&bridge->look_at))
        bridge_ask(bridge, "buttons");
    if (is_due(&bridge->close_at) && !bridge->busy && !bridge->job)
        bridge_ask(bridge, "close");
    if (bridge->decide_at != 0 && session_now() >= bridge->decide_at)
        bridge_resume(bridge);
}

void bridges_turn(struct serve *serve, const struct pollfd *fds)
{
    for (long i = 0; i < serve->n_bridges; i++) {
        struct bridge *bridge = &serve->bridges[i];
        if (fds && fds[i].revents && bridge->waiting) {
            if (bridge->kill_at != 0 && !bridge_is_cancelling(bridge))
                bridge->kill_at = session_now() + SILENCE_MS; /* it is not silent */
            bridge_resume(bridge);                            /* takes what has come */
        } else if (fds && fds[i].revents)
            while (!bridge->waiting && wants(bridge) && bridge_step(bridge))
                ;
        do_what_is_due(bridge);
    }
}

/* -- beginning and end --------------------------------------------------------------------------
 */

static bool all_answered(const struct serve *serve)
{
    for (long i = 0; i < serve->n_bridges; i++)
        if (!serve->bridges[i].answered)
            return false;
    return true;
}

int bridges_start(struct serve *serve, bool (*turn)(struct serve *serve, uint64_t deadline))
{
    bool any = serve->n_bridges == 0;

    for (long i = 0; i < serve->n_bridges; i++)
        start(&serve->bridges[i]);
    while (!all_answered(serve))
        if (!turn(serve, session_now() + DESCRIBE_MS))
            return session_signals() > 0 ? -1 : EXIT_CODE_FAILURE;
    for (long i = 0; i < serve->n_bridges; i++) {
        if (serve->devices[i].setup)
            plug_in(&serve->bridges[i]);
        any = any || serve->bridges[i].known;
        if (!serve->bridges[i].known)
            report_failure(serve->session, EXIT_CODE_NOT_FOUND, serve->bridges[i].name,
                           serve->bridges[i].problem,
                           "'wsd serve --sane list' lists what SANE finds.");
    }
    return any ? EXIT_CODE_OK : EXIT_CODE_NOT_FOUND;
}

/* The devices are gone already. */
void bridges_free(struct serve *serve)
{
    uint64_t until = session_now() + LEAVE_MS;

    for (long i = 0; i < serve->n_bridges; i++)
        host_finish(&serve->bridges[i].host);
    for (long i = 0; i < serve->n_bridges; i++) {
        host_end(&serve->bridges[i].host, until);
        free(serve->bridges[i].job);
    }
    free(serve->bridges);
}
