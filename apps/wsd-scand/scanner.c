/* SPDX-License-Identifier: MIT */
/*
 * One scanner's life: it is asked for its metadata; what an earlier run left there is ended; then a
 * managed subscription of the library keeps our lines on its panel. What the watch tells of it
 * (another address, a restart) leads back to the metadata, since service addresses move with it.
 *
 * One Subscribe a scanner, with all destinations in it: there are printers that void the tokens of
 * the one before with each (E1, E12).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "lines.h"
#include "log.h"
#include "scan/locate.h"
#include "scand.h"
#include "state.h"

static void ask(struct scanner *s);
static void ask_others(struct scand *scand);
static void list(struct scanner *s);
static void list_again(void *user);

/* -- what is known of it ------------------------------------------------------------------------
 */

const struct config_scanner *scanner_section(const struct scanner *s)
{
    const struct config *config = s->scand->config;

    for (size_t i = 0; s->configured && i < config->n_scanners; i++)
        if (strcmp(config->scanners[i].name, s->configured) == 0)
            return &config->scanners[i];
    return NULL;
}

/* By what the state knows it: what is known of it from the first moment on. */
static const char *key_of(const struct scanner *s)
{
    return s->address ? s->address : s->endpoint;
}

static struct log_about about(const struct scanner *s)
{
    return (struct log_about){.scanner = s->name};
}

static bool set_text(char **to, const char *from)
{
    char clean[SCAND_NAME];
    char *copy = strdup(text_clean(from, clean, sizeof clean));

    if (!copy)
        return false;
    free(*to);
    *to = copy;
    return true;
}

static void trouble(struct scanner *s, const struct wsd_error *error, const char *advice)
{
    struct log_about what = about(s);
    bool news;
    char text[SCAND_ERROR];

    scand_error_text(error, advice, text);
    news = strcmp(text, s->error) != 0;
    snprintf(s->error, sizeof s->error, "%s", text);
    s->error_time = loop_wall(&s->scand->loop);
    /* The same trouble every 20 seconds is told once. */
    log_say(news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, &what, "%s", text);
}

const char *scanner_state_word(const struct scanner *s)
{
    switch (s->step) {
    case SCANNER_NEW:
    case SCANNER_LOCATING:
        return "looking";
    case SCANNER_LEAVING:
        return "tidying";
    case SCANNER_AWAY:
        return "away";
    case SCANNER_NO_SERVICE:
        return "no-service";
    case SCANNER_IGNORED:
        return "ignored";
    case SCANNER_LISTED:
        break;
    }
    if (!s->subscription)
        return s->n_lines ? "subscribing" : "no-destination";
    switch (wsd_subscription_state(s->subscription)) {
    case WSD_SUBSCRIPTION_ACTIVE:
        return "ready";
    case WSD_SUBSCRIPTION_STARTING:
        return "subscribing";
    case WSD_SUBSCRIPTION_LOST:
        return "lost";
    case WSD_SUBSCRIPTION_REFUSED:
        return "refused";
    }
    return "lost";
}

/* -- making and freeing -------------------------------------------------------------------------
 */

static void unlist(struct scanner *s)
{
    wsd_subscription_free(s->subscription);
    s->subscription = NULL;
    lines_free(s->lines, s->n_lines);
    s->lines = NULL;
    s->n_lines = 0;
}

static void stop(struct scanner *s)
{
    loop_disarm(&s->scand->loop, &s->timer);
    loop_disarm(&s->scand->loop, &s->check);
    locate_cancel(s->locate);
    s->locate = NULL;
    if (s->asking)
        s->scand->n_asking--;
    s->asking = false;
}

static void destroy(struct scanner *s)
{
    scanner_place_free(s);
    free(s->endpoint);
    free(s->configured);
    free(s->address);
    free(s->name);
    free(s->manufacturer);
    free(s->model);
    free(s->host);
    free(s->service);
    free(s);
}

/* A call or a scan that still runs keeps the memory until it has ended. */
static void let_go(struct scanner *s)
{
    if (s->doomed && !s->call && !s->scanning)
        destroy(s);
}

/* Takes it out of the list; its line goes from the panel. */
static void forget(struct scanner *s)
{
    struct scand *scand = s->scand;

    for (struct scanner **at = &scand->scanners; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            scand->n_scanners--;
            break;
        }
    stop(s);
    unlist(s);
    scans_abandon(s);
    s->doomed = true;
    if (s->call)
        wsd_call_cancel(s->call);
    let_go(s);
    ask_others(scand);
}

static struct scanner *make(struct scand *scand, const char *endpoint, const char *name)
{
    struct scanner *s = scand->n_scanners < SCAND_MAX_SCANNERS ? calloc(1, sizeof *s) : NULL;

    if (!s)
        return NULL;
    s->scand = scand;
    s->endpoint = strdup(endpoint);
    if (!s->endpoint || !set_text(&s->name, name) || !set_text(&s->manufacturer, "") ||
        !set_text(&s->model, "")) {
        destroy(s);
        return NULL;
    }
    s->next = scand->scanners;
    scand->scanners = s;
    scand->n_scanners++;
    return s;
}

/* -- metadata -----------------------------------------------------------------------------------
 */

static void retry(void *user)
{
    ask(user);
}

/* Those that wait for their turn. */
static void ask_others(struct scand *scand)
{
    for (struct scanner *s = scand->scanners; s; s = s->next)
        if (s->step == SCANNER_NEW && scand->n_asking < SCAND_MAX_ASKING && !s->timer.armed)
            loop_arm(&scand->loop, &s->timer, 0, retry, s);
}

static void answered(struct scanner *s)
{
    if (s->asking)
        s->scand->n_asking--;
    s->asking = false;
    ask_others(s->scand);
}

static void leave_alone(struct scanner *s)
{
    s->step = SCANNER_IGNORED;
    loop_disarm(&s->scand->loop, &s->timer);
    loop_disarm(&s->scand->loop, &s->check);
    unlist(s);
}

static void not_answered(struct scanner *s, const struct wsd_error *error)
{
    if (s->step == SCANNER_IGNORED)
        return; /* it was while it was asked */
    uint64_t pause = SCAND_RETRY_LEAST_MS << (s->failures < 4 ? s->failures : 4);

    s->failures++;
    s->step = s->subscription ? SCANNER_LISTED : SCANNER_AWAY;
    trouble(s, error, NULL);
    loop_arm(&s->scand->loop, &s->timer, pause < SCAND_RETRY_MOST_MS ? pause : SCAND_RETRY_MOST_MS,
             retry, s);
}

/* The section that is meant for a scanner that was found: by name, UUID, host, or part of its name.
 */
static void choose_section(struct scanner *s)
{
    const struct config *config = s->scand->config;

    for (size_t i = 0; !s->configured && i < config->n_scanners; i++) {
        const char *name = config->scanners[i].name;
        if (!config->scanners[i].address &&
            (wsd_endpoint_equal(name, s->endpoint) || (s->host && text_same(name, s->host)) ||
             text_contains(s->name, name) || text_contains(s->model, name)))
            s->configured = strdup(name);
    }
}

/* The same scanner once more: named by its address, and found by search before that was known. */
static struct scanner *twin(const struct scanner *s)
{
    for (struct scanner *other = s->scand->scanners; other; other = other->next)
        if (other != s && !other->address != !s->address &&
            ((*s->endpoint && wsd_endpoint_equal(s->endpoint, other->endpoint)) ||
             (other->service && strcmp(other->service, s->service) == 0)))
            return other;
    return NULL;
}

/* The scanner is where `service` says. */
static void placed(struct scanner *s, const char *service)
{
    bool moved = !s->service || strcmp(s->service, service) != 0;
    char *copy = strdup(service);

    if (!copy)
        return;
    free(s->service);
    s->service = copy;
    s->failures = 0;
    scanner_place_host(s, service);
    choose_section(s);
    if (scanner_section(s) && scanner_section(s)->ignore) {
        struct log_about what = about(s);
        log_say(LOG_LEVEL_INFO, &what, "is left alone, as the configuration says");
        leave_alone(s);
        return;
    }
    s->step = SCANNER_LISTED;
    struct scanner *other = twin(s);
    if (other && !s->address) { /* the one of the configuration goes on */
        forget(s);
        return;
    }
    if (other && !other->address) {
        forget(other);
        loop_arm(&s->scand->loop, &s->timer, SCAND_RELINE_MS, list_again, s);
    } else if (!s->subscription)
        list(s);
    else if (moved || s->ask_again || (s->retrying && s->quick++ < SCAND_QUICK_TRIES))
        wsd_subscription_restart(s->subscription, s->service, NULL);
    s->ask_again = s->retrying = false;
}

static void no_service(struct scanner *s)
{
    struct log_about what = about(s);

    log_say(s->address ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, &what,
            "offers no scan service; it may be switched off in its web page");
    s->step = SCANNER_NO_SERVICE;
    unlist(s);
    if (s->address) /* nobody else tells when that changes */
        loop_arm(&s->scand->loop, &s->timer, SCAND_RETRY_MOST_MS, retry, s);
}

static void take_info(struct scanner *s, const struct wsd_device_info *info)
{
    const struct wsd_hosted *hosted = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");
    const char *service = hosted ? wsd_hosted_address(info, hosted) : NULL;
    const char *name = *info->friendly_name ? info->friendly_name : info->model_name;
    char *endpoint = !*s->endpoint && *info->endpoint ? strdup(info->endpoint) : NULL;

    if (endpoint) {
        free(s->endpoint);
        s->endpoint = endpoint;
    }
    if (*name)
        set_text(&s->name, name);
    set_text(&s->manufacturer, info->manufacturer);
    set_text(&s->model, info->model_name);
    if (service)
        placed(s, service);
    else
        no_service(s);
}

static void got(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scanner *s = user;

    s->call = NULL;
    if (s->doomed) {
        wsd_free(result);
        let_go(s);
        return;
    }
    answered(s);
    if (status < 0)
        not_answered(s, error);
    else
        take_info(s, result);
    wsd_free(result);
}

static void on_located(void *user, const struct located *located)
{
    struct scanner *s = user;

    s->locate = NULL;
    answered(s);
    if (located->error)
        not_answered(s, located->error);
    else if (located->info)
        take_info(s, located->info);
    else
        placed(s, located->service);
    wsd_free(located->info);
}

/* -- what an earlier run left -------------------------------------------------------------------
 */

static void tidied(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct scanner *s = user;

    (void)result;
    s->call = NULL;
    if (s->doomed) {
        let_go(s);
        return;
    }
    if (status < 0)
        log_say(LOG_LEVEL_DEBUG, NULL, "%s: Unsubscribe of an earlier run: %s", s->name,
                error->message);
    if (status < 0 && error->code != WSD_E_FAULT && error->code != WSD_E_HTTP &&
        s->untidied++ < SCAND_TIDY_TRIES) {
        s->tidied = false; /* it holds it still, as far as is known */
        not_answered(s, error);
        return;
    }
    state_put(s->scand->state, key_of(s), NULL);
    s->step = SCANNER_NEW;
    ask(s);
}

/* True if something has to be ended first. That comes before all else: there are printers that do
 * not even tell their metadata before (E3, H10). */
static bool tidy(struct scanner *s)
{
    const struct state_subscription *left;
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;

    if (s->tidied)
        return false;
    s->tidied = true;
    left = state_left(s->scand->state, key_of(s));
    options.connect_timeout = 3000;
    options.answer_timeout = 5000;
    options.url = left ? left->url : NULL;
    options.endpoint = s->endpoint;
    if (!left || wsd_unsubscribe_start(s->scand->context, left->manager, &options, tidied, s,
                                       &s->call, NULL) < 0)
        return false;
    s->step = SCANNER_LEAVING;
    return true;
}

static int ask_found(struct scanner *s, struct wsd_error *error)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    size_t n = 0;

    while (s->xaddrs && s->xaddrs[n])
        n++;
    /* Some of several addresses may not be reachable: turn by turn. */
    const char *url = n > 0 ? s->xaddrs[s->failures % n] : NULL;
    if (!url) {
        error->code = WSD_E_NOT_FOUND;
        snprintf(error->message, sizeof error->message,
                 "it names no address that may be contacted");
        return WSD_E_NOT_FOUND;
    }
    options.to = s->endpoint;
    options.answer_timeout = SCAND_GET_MS;
    return wsd_get_start(s->scand->context, url, &options, got, s, &s->call, error);
}

static void ask(struct scanner *s)
{
    struct wsd_error error = {0};
    int r;

    if (s->call || s->locate || tidy(s))
        return;
    if (s->scand->n_asking >= SCAND_MAX_ASKING) {
        s->step = s->subscription ? s->step : SCANNER_NEW;
        if (s->subscription)
            loop_arm(&s->scand->loop, &s->timer, SCAND_RETRY_LEAST_MS, retry, s);
        return;
    }
    loop_disarm(&s->scand->loop, &s->timer);
    if (!s->subscription)
        s->step = SCANNER_LOCATING;
    s->asking = true;
    s->scand->n_asking++;
    r = s->address ? locate_start(s->scand->context, s->address, s->endpoint, on_located, s,
                                  &s->locate, &error)
                   : ask_found(s, &error);
    if (r < 0) {
        answered(s);
        not_answered(s, &error);
    }
}

/* -- the panel ----------------------------------------------------------------------------------
 */

static void on_event(void *user, const struct wsd_scan_event *event)
{
    struct scanner *s = user;
    const struct wsd_scan_available_event *available = event->available;
    struct log_about what = about(s);

    for (size_t i = 0; available && i < s->n_lines; i++)
        if (available->client_context &&
            strcmp(available->client_context, s->lines[i].context) == 0) {
            struct press press = {
                .destination = s->lines[i].destination,
                .identifier = available->scan_identifier,
                .token = event->destination_token,
                .source = available->input_source ? available->input_source->value : 0,
            };
            scan_begin(s, &press);
            return;
        }
    log_say(LOG_LEVEL_WARNING, &what,
            "the button was pressed for a destination that is none of ours; it is ignored");
}

/* Kept, so that a crash is followed by an Unsubscribe. */
static void remember(struct scanner *s)
{
    const struct wsd_endpoint_reference *manager = wsd_subscription_manager(s->subscription);
    struct state_subscription kept = {.scanner = key_of(s),
                                      .service = s->service,
                                      .url = wsd_subscription_manager_url(s->subscription),
                                      .manager = manager};

    if (manager)
        state_put(s->scand->state, key_of(s), &kept);
}

/* It does not know us any more: it may have another service address by now, so that is asked for
 * first. */
static void anew(void *user)
{
    struct scanner *s = user;

    if (s->subscription && wsd_subscription_state(s->subscription) == WSD_SUBSCRIPTION_LOST) {
        s->retrying = true;
        ask(s);
    }
}

static void try_again(void *user)
{
    struct scanner *s = user;

    if (s->subscription && wsd_subscription_state(s->subscription) == WSD_SUBSCRIPTION_LOST) {
        loop_arm(&s->scand->loop, &s->check, SCAND_RETRY_MOST_MS, try_again, s);
        anew(s);
    }
}

static void watch_over(struct scanner *s);

/* A scanner beyond the reach of multicast cannot say that it was switched off and on: it is asked
 * now and then whether it still knows us. */
static void check(void *user)
{
    struct scanner *s = user;

    if (!s->subscription)
        return;
    wsd_subscription_check(s->subscription);
    watch_over(s);
}

/* Sets the time of the next question, as the configuration has it now. */
static void watch_over(struct scanner *s)
{
    const struct config_scanner *section = scanner_section(s);

    if (wsd_subscription_state(s->subscription) != WSD_SUBSCRIPTION_ACTIVE)
        return;
    loop_disarm(&s->scand->loop, &s->check);
    if (s->address && section && section->check > 0)
        loop_arm(&s->scand->loop, &s->check, (uint64_t)section->check * 1000, check, s);
}

static void active(struct scanner *s)
{
    struct log_about what = about(s);

    s->error[0] = '\0';
    s->active_since = loop_now(&s->scand->loop);
    for (size_t i = 0; i < s->n_lines; i++)
        log_say(LOG_LEVEL_INFO, &what, "\"%s\" is on its panel", s->lines[i].shown);
    remember(s);
    watch_over(s);
}

static void on_change(void *user, enum wsd_subscription_state state,
                      const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct scanner *s = user;

    (void)subscribed;
    if (state == WSD_SUBSCRIPTION_ACTIVE) {
        active(s);
    } else if (state == WSD_SUBSCRIPTION_REFUSED) {
        trouble(s, error,
                "It does not let computers register; look in its web page for scanning "
                "to computers (WSD)");
    } else if (state == WSD_SUBSCRIPTION_LOST) {
        if (s->active_since && loop_now(&s->scand->loop) - s->active_since >= SCAND_PROVEN_MS)
            s->quick = 0;
        s->active_since = 0;
        trouble(s, error, NULL);
        /* The library waits longer and longer; who is only out of reach may be back any moment. */
        if (error->code != WSD_E_FAULT && error->code != WSD_E_HTTP)
            loop_arm(&s->scand->loop, &s->check, SCAND_RETRY_MOST_MS, try_again, s);
        else if (strcmp(error->operation, "Renew") == 0)
            loop_arm(&s->scand->loop, &s->check, SCAND_RELINE_MS, anew, s);
    }
}

static int subscribe(struct scanner *s, struct wsd_error *error)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_scan_destination destinations[CONFIG_MAX_DESTINATIONS] = {0};
    struct wsd_request_options request = WSD_REQUEST_OPTIONS_INIT;

    request.endpoint = s->endpoint;
    options.request = &request;
    for (size_t i = 0; i < s->n_lines && i < CONFIG_MAX_DESTINATIONS; i++) {
        destinations[i].client_context = s->lines[i].context;
        destinations[i].client_display_name = s->lines[i].shown;
        options.n_destinations++;
    }
    options.events = WSD_SCAN_AVAILABLE;
    options.destinations = destinations;
    options.lifetime = s->scand->config->lifetime;
    options.event = on_event;
    options.changed = on_change;
    options.user = s;
    return wsd_scan_subscribe(s->scand->sink, s->service, &options, &s->subscription, error);
}

static void list_again(void *user)
{
    list(user);
}

/* Puts the destinations on its panel. */
static void list(struct scanner *s)
{
    struct wsd_error error = {0};
    struct log_about what = about(s);

    if (s->subscription || s->step != SCANNER_LISTED || s->scand->ending)
        return;
    lines_free(s->lines, s->n_lines);
    s->lines = NULL;
    s->n_lines = 0;
    if (lines_make(s, &s->lines, &s->n_lines) < 0) {
        loop_arm(&s->scand->loop, &s->timer, SCAND_RETRY_MOST_MS, list_again, s);
        return;
    }
    if (s->n_lines == 0) {
        log_say(LOG_LEVEL_INFO, &what, "no destination is meant for it");
    } else if (subscribe(s, &error) < 0) {
        trouble(s, &error, NULL);
        loop_arm(&s->scand->loop, &s->timer, SCAND_RETRY_MOST_MS, list_again, s);
    }
}

void scanner_relist(struct scanner *s)
{
    if (s->subscription)
        wsd_subscription_restart(s->subscription, NULL, NULL);
}

void scanner_scanned(struct scanner *s)
{
    s->scanning = NULL;
    if (s->doomed)
        let_go(s);
    else
        scans_go_on(s);
}

/* -- the watch ----------------------------------------------------------------------------------
 */

static struct scanner *find(struct scand *scand, const char *endpoint)
{
    for (struct scanner *s = scand->scanners; s; s = s->next)
        if (*s->endpoint && wsd_endpoint_equal(s->endpoint, endpoint))
            return s;
    return NULL;
}

/* Computers answer searches for devices, and never scan. */
static bool may_scan(const struct wsd_target *target)
{
    bool computer = false;

    for (size_t i = 0; i < target->types.n_items; i++) {
        if (wsd_qname_is(&target->types.items[i], WSD_NS_SCAN, "ScanDeviceType"))
            return true;
        computer = computer || wsd_qname_is(&target->types.items[i], WSD_NS_PUB, "Computer");
    }
    return !computer;
}

void scanner_seen(struct scand *scand, const struct wsd_target *target, bool restarted)
{
    struct scanner *s = find(scand, target->endpoint);

    if (!s && (!may_scan(target) || (s = make(scand, target->endpoint, target->endpoint)) == NULL))
        return;
    bool moved = scanner_place_take(s, target) && !scanner_place_holds(s);
    if (restarted && s->subscription)
        s->ask_again = true;
    if (restarted || moved || s->step == SCANNER_AWAY || s->step == SCANNER_NO_SERVICE) {
        s->failures = 0;
        ask(s);
    }
}

void scanner_gone(struct scand *scand, const struct wsd_target *target)
{
    struct scanner *s = find(scand, target->endpoint);
    struct log_about what;

    if (!s || s->address)
        return;
    what = about(s);
    if (s->step != SCANNER_NO_SERVICE)
        log_say(LOG_LEVEL_INFO, &what, "has left the network");
    forget(s);
}

/* -- the configuration --------------------------------------------------------------------------
 */

static struct scanner *find_section(struct scand *scand, const char *name)
{
    for (struct scanner *s = scand->scanners; s; s = s->next)
        if (s->address && s->configured && strcmp(s->configured, name) == 0)
            return s;
    return NULL;
}

static void add_fixed(struct scand *scand, const struct config_scanner *section)
{
    struct scanner *s = find_section(scand, section->name);

    if (!section->address || section->ignore || (s && strcmp(s->address, section->address) == 0))
        return;
    if (s)
        forget(s);
    s = make(scand, "", section->name);
    if (!s)
        return;
    s->configured = strdup(section->name);
    s->address = strdup(section->address);
    if (s->configured && s->address)
        ask(s);
    else
        forget(s);
}

/* One that was found may have another section now, or none. */
static void reconsider(struct scanner *s)
{
    struct scanner_line *lines = NULL;
    size_t n = 0;

    if (!s->address) {
        free(s->configured);
        s->configured = NULL;
        choose_section(s);
    }
    const struct config_scanner *section = scanner_section(s);
    if (s->address && (!section || section->ignore)) {
        forget(s);
        return;
    }
    if (section && section->ignore) {
        leave_alone(s);
        return;
    }
    if (s->step == SCANNER_IGNORED) {
        s->step = SCANNER_NEW;
        ask(s);
        return;
    }
    if (s->subscription)
        watch_over(s);
    if (s->step != SCANNER_LISTED || lines_make(s, &lines, &n) < 0)
        return;
    if (!lines_equal(lines, n, s->lines, s->n_lines)) {
        unlist(s);
        /* The old lines are to be gone before the new ones come (E1, E12). */
        loop_arm(&s->scand->loop, &s->timer, SCAND_RELINE_MS, list_again, s);
    }
    lines_free(lines, n);
}

void scanners_configure(struct scand *scand)
{
    for (struct scanner *s = scand->scanners, *next; s; s = next) {
        next = s->next;
        reconsider(s);
    }
    for (size_t i = 0; i < scand->config->n_scanners; i++)
        add_fixed(scand, &scand->config->scanners[i]);
}

void scanners_check(struct scand *scand)
{
    for (struct scanner *s = scand->scanners; s; s = s->next) {
        if (s->subscription)
            wsd_subscription_check(s->subscription);
        if (s->step == SCANNER_AWAY)
            loop_arm(&scand->loop, &s->timer, 0, retry, s);
    }
}

void scanners_free(struct scand *scand)
{
    while (scand->scanners)
        forget(scand->scanners);
}
