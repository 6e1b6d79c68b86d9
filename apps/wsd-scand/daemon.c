/* SPDX-License-Identifier: MIT */
/*
 * Start, reload and end. The end is orderly: scans are given up and their jobs cancelled, then
 * every scanner is told that we leave, so that no panel offers a computer that is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/folder.h"
#include "common/text.h"
#include "file.h"
#include "helper.h"
#include "history.h"
#include "log.h"
#include "notice.h"
#include "page.h"
#include "scand.h"
#include "service.h"
#include "state.h"
#include "status.h"

#define WATCH_RETRY_MS 5000u
#define STOP_MS        10000u /* for scans and documents under way */

static int signal_pipe[2] = {-1, -1};

/* -- signals ------------------------------------------------------------------------------------
 */

void scand_signal(int number)
{
    int saved = errno;
    char byte = (char)number;

    if (signal_pipe[1] >= 0 && write(signal_pipe[1], &byte, 1) < 0) {
        /* The pipe is full of signals: one more does not matter. */
    }
    errno = saved;
}

static size_t signals_want(void *user, struct pollfd *fds, size_t room)
{
    (void)user;
    if (room > 0)
        fds[0] = (struct pollfd){.fd = signal_pipe[0], .events = POLLIN};
    return room > 0;
}

static void signals_came(void *user, const struct pollfd *fds, size_t n)
{
    struct scand *scand = user;
    char bytes[64];
    ssize_t got;

    (void)fds, (void)n;
    while ((got = read(signal_pipe[0], bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < got; i++) {
            if (bytes[i] == SIGHUP)
                scand_reload(scand);
            else if (bytes[i] == SIGCHLD)
                helpers_reap(scand), notices_reap(scand);
            else
                scand->ending = true;
        }
}

static int open_signals(struct scand *scand)
{
    if (signal_pipe[0] < 0 && pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    scand->signals =
        (struct loop_watch){.wants = signals_want, .ready = signals_came, .user = scand};
    loop_add(&scand->loop, &scand->signals);
    return 0;
}

/* -- the network --------------------------------------------------------------------------------
 */

static void on_watch(void *user, const struct wsd_watch_event *event)
{
    struct scand *scand = user;

    switch (event->kind) {
    case WSD_WATCH_REMOVED:
        scanner_gone(scand, event->target);
        break;
    case WSD_WATCH_RESTARTED:
        scanner_seen(scand, event->target, true);
        break;
    default:
        scanner_seen(scand, event->target, false);
    }
}

/* Without a network there is nothing to watch; one will come. */
static void open_watch(void *user)
{
    static const struct wsd_qname types[] = {{WSD_NS_DEVPROF, "Device", "wsdp"}};
    struct scand *scand = user;
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.types = types;
    options.n_types = 1;
    options.changed = on_watch;
    options.user = scand;
    if (!scand->config->discovery || scand->watch || scand->ending)
        return;
    if (wsd_watch_new(scand->context, &options, &scand->watch, &error) < 0) {
        log_say(scand->watch_failed ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, NULL,
                "scanners cannot be searched for yet: %s", error.message);
        scand->watch_failed = true;
        loop_arm(&scand->loop, &scand->watch_retry, WATCH_RETRY_MS, open_watch, scand);
    }
}

static void on_log(void *user, enum wsd_log_level level, const char *line)
{
    (void)user;
    /* What matters to a person is told by the daemon in its own words. */
    log_say(LOG_LEVEL_DEBUG, NULL, "%s%s", level == WSD_LOG_ERROR ? "error: " : "", line);
}

static int say(const struct wsd_error *error)
{
    log_say(LOG_LEVEL_ERROR, NULL, "%s", error->message);
    return error->system ? -error->system : -EIO;
}

static int open_context(struct scand *scand)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    const struct config *config = scand->config;
    struct wsd_error error = {0};

    if (log_wants(LOG_LEVEL_DEBUG))
        options.log = on_log;
    options.interfaces = (const char *const *)config->interfaces;
    options.ipv4_only = !config->ipv6;
    options.ipv6_only = !config->ipv4;
    options.allow_loopback = scand->options.allow_loopback;
    options.now = scand->options.clock.now;
    options.user = scand->options.clock.user;
    char certificates[sizeof scand->spool + 32];
    snprintf(certificates, sizeof certificates, "%s/certificates.sqlite", config->state);
    if (wsd_context_new(&options, &scand->context, &error) < 0 ||
        wsd_keep_certificates(scand->context, certificates, &error) < 0)
        return say(&error);
    scand->loop.context = scand->context;
    return 0;
}

static int open_sink(struct scand *scand)
{
    struct wsd_sink_options options = WSD_SINK_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.port = scand->config->port;
    int r = wsd_sink_new(scand->context, &options, &scand->sink, &error);
    if (r == WSD_E_SYSTEM && !scand->config->port_given) {
        log_say(LOG_LEVEL_WARNING, NULL,
                "port %u is taken by another program; any other is used, which a firewall may not "
                "admit (key `port`)",
                options.port);
        options.port = 0;
        error = (struct wsd_error){0};
        r = wsd_sink_new(scand->context, &options, &scand->sink, &error);
    }
    if (r == WSD_E_SYSTEM)
        log_say(LOG_LEVEL_ERROR, NULL, "port %u cannot be used; another program may listen there",
                options.port);
    return r < 0 ? say(&error) : 0;
}

/* The machine was asleep, a cable was plugged in: who is there is asked for, and whether they still
 * know us. */
static void on_awake(struct scand *scand)
{
    log_say(LOG_LEVEL_DEBUG, NULL, "scanners are looked after");
    if (scand->watch)
        wsd_watch_probe(scand->watch, NULL);
    scanners_check(scand);
}

/* -- folders ------------------------------------------------------------------------------------
 */

static int make_folder(const char *path)
{
    int r = folder_make(path);

    if (r < 0)
        log_say(LOG_LEVEL_ERROR, NULL, "the folder %s cannot be used: %s", path, strerror(-r));
    return r;
}

/* Two daemons that share what they remember would undo each other's work. */
static int lock_state(struct scand *scand)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/lock", scand->config->state);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
    if (r < 0) {
        if (fd >= 0)
            close(fd);
        if (r == -EWOULDBLOCK)
            log_say(LOG_LEVEL_ERROR, NULL, "another wsd-scand is running with the folder %s",
                    scand->config->state);
        else
            log_say(LOG_LEVEL_ERROR, NULL, "%s: %s", path, strerror(-r));
        return r;
    }
    scand->lock = fd;
    return 0;
}

static int open_folders(struct scand *scand)
{
    const char *state = scand->config->state;
    char thumbnails[4200];
    int r = make_folder(state);

    if ((size_t)snprintf(scand->spool, sizeof scand->spool, "%s/spool", state) >=
        sizeof scand->spool)
        return -ENAMETOOLONG;
    snprintf(thumbnails, sizeof thumbnails, "%s/thumbnails", state);
    if (r == 0)
        r = lock_state(scand);
    if (r == 0)
        r = make_folder(scand->spool);
    if (r == 0)
        r = make_folder(thumbnails);
    if (r == 0 && (r = state_open(state, &scand->state)) < 0)
        log_say(LOG_LEVEL_ERROR, NULL, "%s: %s", state, strerror(-r));
    if (r == 0 && !(scand->history = history_new(thumbnails, scand->config->keep_history)))
        r = -ENOMEM;
    return r;
}

/* A folder that is missing is made; one that cannot be is told now, not at the first scan. */
static void check_destinations(const struct scand *scand)
{
    for (size_t i = 0; i < scand->config->n_destinations; i++) {
        const struct config_destination *d = &scand->config->destinations[i];
        int r = d->folder ? folder_make(d->folder) : 0;
        if (r < 0)
            log_say(LOG_LEVEL_WARNING, &(struct log_about){.destination = d->name},
                    "%s: its folder %s cannot be written to: %s", d->name, d->folder, strerror(-r));
    }
}

void scand_error_text(const struct wsd_error *error, const char *advice, char ret[SCAND_ERROR])
{
    ret[0] = '\0';
    if (error->code == WSD_E_CERTIFICATE)
        advice = "If it has a new one for a reason, make this be forgotten (wsd-scand(8), FILES)";
    text_append(ret, SCAND_ERROR, "%s", error->message);
    if (*error->subcode)
        text_append(ret, SCAND_ERROR, " (%s)", error->subcode);
    if (advice)
        text_append(ret, SCAND_ERROR, ". %s", advice);
}

/* -- the configuration --------------------------------------------------------------------------
 */

static void on_mistake(void *user, const char *file, unsigned line, const char *key,
                       const char *what)
{
    char place[32] = "";

    (void)user;
    if (line > 0)
        snprintf(place, sizeof place, ":%u", line);
    log_say(LOG_LEVEL_ERROR, NULL, "%s%s: %s%s%s", file, place, key ? key : "", key ? ": " : "",
            what);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_list(config_list a, config_list b)
{
    while (a && *a && b && *b && strcmp(*a, *b) == 0)
        a++, b++;
    return (!a || !*a) && (!b || !*b);
}

static void say_what_waits(const struct config *old, const struct config *now)
{
    const struct {
        const char *key;
        bool changed;
    } keys[] = {
        {"port", old->port != now->port},
        {"state", !same_text(old->state, now->state)},
        {"control", !same_text(old->control, now->control)},
        {"interfaces", !same_list(old->interfaces, now->interfaces)},
        {"discovery", old->discovery != now->discovery},
        {"lifetime", old->lifetime != now->lifetime},
        {"ipv4", old->ipv4 != now->ipv4},
        {"ipv6", old->ipv6 != now->ipv6},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].changed)
            log_say(LOG_LEVEL_WARNING, NULL, "the new value of `%s` waits for the next start",
                    keys[i].key);
}

/* A port that was taken may be free by now. */
static void reopen_page(struct scand *scand, uint16_t old)
{
    if (scand->page && old == scand->config->status_port)
        return;
    page_free(scand->page);
    page_open(scand, &scand->page);
}

bool scand_reload(struct scand *scand)
{
    struct config *now = NULL, *old = scand->config;

    service_reloading(scand->service);
    int r = config_read(&scand->options.source, on_mistake, NULL, &now);
    if (r < 0) {
        log_say(LOG_LEVEL_ERROR, NULL,
                "the configuration was not taken over; the one before "
                "stays in force");
        service_ready(scand->service, "the configuration has mistakes");
        return false;
    }
    say_what_waits(old, now);
    scand->config = now;
    history_keep(scand->history, now->keep_history);
    scanners_configure(scand);
    if (scand->watch) /* for those that were left out before */
        wsd_watch_probe(scand->watch, NULL);
    check_destinations(scand);
    reopen_page(scand, old->status_port);
    config_release(old);
    log_say(LOG_LEVEL_INFO, NULL, "the configuration was read again");
    service_ready(scand->service, "ready");
    return true;
}

/* -- start and end ------------------------------------------------------------------------------
 */

static int open_parts(struct scand *scand)
{
    int r = open_signals(scand);

    if (r == 0)
        r = config_read(&scand->options.source, on_mistake, NULL, &scand->config);
    if (r == 0)
        r = open_folders(scand);
    if (r == 0)
        r = open_context(scand);
    if (r == 0)
        r = open_sink(scand);
    if (r == 0)
        r = service_open(scand, on_awake, &scand->service);
    if (r < 0)
        return r;
    check_destinations(scand);
    status_open(scand, &scand->status);
    page_open(scand, &scand->page); /* without one the daemon works as well */
    spool_take_up(scand);
    scanners_configure(scand);
    open_watch(scand);
    return 0;
}

int scand_open(const struct scand_options *options, struct scand **ret)
{
    struct scand *scand = calloc(1, sizeof *scand);
    char ready[128];

    if (!scand)
        return -ENOMEM;
    scand->options = *options;
    scand->lock = -1;
    loop_init(&scand->loop, &options->clock);
    scand->started = loop_now(&scand->loop);
    int r = open_parts(scand);
    if (r < 0) {
        scand_free(scand);
        return r;
    }
    snprintf(ready, sizeof ready, "%zu destination%s, port %u", scand->config->n_destinations,
             scand->config->n_destinations == 1 ? "" : "s", wsd_sink_port(scand->sink));
    log_say(LOG_LEVEL_INFO, NULL, "ready: %s", ready);
    service_ready(scand->service, ready);
    *ret = scand;
    return 0;
}

static int turn(struct scand *scand)
{
    int r = loop_turn(&scand->loop);
    int w = scand->state ? state_flush(scand->state) : 0;

    if (w < 0)
        log_say(scand->forgetful ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, NULL,
                "what is remembered cannot be written to %s: %s", scand->config->state,
                strerror(-w));
    scand->forgetful = w < 0;
    return r;
}

int scand_run(struct scand *scand)
{
    int r = 0;

    while (r == 0 && !scand->ending)
        r = turn(scand);
    return r;
}

static void nothing(void *user)
{
    (void)user; /* it was woken */
}

/* Scans end, their documents are made as far as time allows. */
static void stop_scans(struct scand *scand)
{
    uint64_t until = loop_now(&scand->loop) + STOP_MS;
    struct loop_timer limit = {0};

    scans_stop(scand);
    loop_arm(&scand->loop, &limit, STOP_MS, nothing, NULL);
    while ((scand->scans || scand->left) && loop_now(&scand->loop) < until && turn(scand) == 0)
        ;
    loop_disarm(&scand->loop, &limit);
}

/* Every scanner is told; what is known to be ended need not be remembered. */
static void leave_panels(struct scand *scand)
{
    char **keys = calloc(scand->n_scanners + 1, sizeof *keys);
    uint64_t abandoned = scand->sink ? wsd_sink_counters(scand->sink).abandoned : 0;
    size_t n = 0;

    for (const struct scanner *s = scand->scanners; keys && s; s = s->next)
        if (s->tidied && s->step != SCANNER_LEAVING) /* there is nothing of an earlier run any more,
                                                        else it stays known */
            keys[n++] = strdup(s->address ? s->address : s->endpoint);
    scanners_free(scand);
    /* Where one did not get through, the next start tries all again: that does no harm. */
    if (scand->sink && wsd_sink_drain(scand->sink, SCAND_DRAIN_MS, NULL) == 0 &&
        wsd_sink_counters(scand->sink).abandoned == abandoned)
        for (size_t i = 0; i < n; i++)
            if (keys[i])
                state_put(scand->state, keys[i], NULL);
    for (size_t i = 0; i < n; i++)
        free(keys[i]);
    free(keys);
}

void scand_free(struct scand *scand)
{
    if (!scand)
        return;
    scand->ending = true;
    if (scand->service)
        service_stopping(scand->service);
    wsd_watch_free(scand->watch);
    scand->watch = NULL;
    if (scand->context && scand->history)
        stop_scans(scand);
    if (scand->state)
        leave_panels(scand);
    page_free(scand->page);
    status_free(scand->status);
    wsd_sink_free(scand->sink);
    wsd_context_free(scand->context); /* calls end in here, with WSD_E_CANCELLED */
    scand->context = scand->loop.context = NULL;
    scans_free(scand);
    spool_free(scand);
    helpers_free(scand);
    notices_free(scand);
    service_free(scand->service);
    history_free(scand->history);
    if (scand->state)
        state_flush(scand->state);
    state_free(scand->state);
    config_release(scand->config);
    loop_disarm(&scand->loop, &scand->watch_retry);
    loop_free(&scand->loop);
    if (scand->lock >= 0)
        close(scand->lock);
    free(scand);
}
