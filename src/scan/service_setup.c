/* SPDX-License-Identifier: MIT */
/*
 * Birth, change and death of a scan service.
 *
 * What a program says of its scanner is held against the schema and against itself before anything
 * is served: a default ticket that its own configuration does not grant (several devices ship with
 * one) is refused here, not found by a client. Services of equal configuration share one copy.
 *
 * Memory per service: its own struct and description, below 4 kB while it has no job.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "scan/service_parts.h"

/* -- profiles -----------------------------------------------------------------------------------
 */

void wsd__scan_profile_release(struct wsd__scan_profiles *profiles,
                               struct wsd__scan_profile *profile)
{
    struct wsd__scan_profile **link = &profiles->first;

    if (!profile || --profile->users > 0)
        return;
    while (*link && *link != profile)
        link = &(*link)->next;
    if (*link)
        *link = profile->next;
    wsd_free(profile->configuration);
    wsd_free(profile->default_ticket);
    free(profile);
}

struct wsd__scan_profile *wsd__scan_profile_keep(struct wsd__scan_profile *profile)
{
    profile->users++;
    return profile;
}

static struct wsd__scan_profile *profile_find(struct wsd__scan_profiles *profiles,
                                              const struct wsd_scan_service_options *options)
{
    for (struct wsd__scan_profile *p = profiles->first; p; p = p->next) {
        if (wsd_equal(&wsd__type_scan_configuration, p->configuration, options->configuration) &&
            wsd_equal(&wsd__type_scan_default_ticket, p->default_ticket, options->default_ticket))
            return p;
    }
    return NULL;
}

static int profile_take(struct wsd__scan_profiles *profiles,
                        const struct wsd_scan_service_options *options,
                        struct wsd__scan_profile **ret_profile, struct wsd_error *reterr)
{
    struct wsd__scan_profile *profile = profile_find(profiles, options);
    const void *copy;
    int r;

    if (profile) {
        *ret_profile = wsd__scan_profile_keep(profile);
        return 0;
    }
    profile = calloc(1, sizeof *profile);
    if (!profile)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    profile->users = 1;
    profile->next = profiles->first;
    profiles->first = profile;
    r = wsd_copy(&wsd__type_scan_configuration, options->configuration, &copy, reterr);
    if (r >= 0) {
        profile->configuration = copy;
        r = wsd_copy(&wsd__type_scan_default_ticket, options->default_ticket, &copy, reterr);
    }
    if (r < 0) {
        wsd__scan_profile_release(profiles, profile);
        return r;
    }
    profile->default_ticket = copy;
    *ret_profile = profile;
    return 0;
}

/* -- checks -------------------------------------------------------------------------------------
 */

static int check_schema(const struct wsd_scan_service_options *options, struct wsd_error *reterr)
{
    int r = wsd_validate(&wsd__type_scan_configuration, options->configuration, false, reterr);

    if (r >= 0)
        r = wsd_validate(&wsd__type_scan_default_ticket, options->default_ticket, false, reterr);
    if (r >= 0)
        r = wsd_validate(&wsd__type_scan_description, options->description, false, reterr);
    return r;
}

static int check_options(const struct wsd_scan_service_options *options, struct wsd_error *reterr)
{
    const struct wsd_scan_configuration *c;

    if (!options || options->size == 0 || !options->description || !options->configuration ||
        !options->default_ticket)
        return wsd__error(reterr, WSD_E_INVALID,
                          "a scan service needs a description, a configuration and a default "
                          "ticket");
    if (!options->scanner.next_image || !options->scanner.read)
        return wsd__error(reterr, WSD_E_INVALID, "a scanner needs next_image and read");
    c = options->configuration;
    if (!c->platen && !c->adf && !c->film)
        return wsd__error(reterr, WSD_E_INVALID, "the scanner has no input source");
    return check_schema(options, reterr);
}

/* The default ticket must come through its own merge unchanged (WS-Scan: DefaultScanTicket). */
static int check_ticket(const struct wsd_scan_service *service, struct wsd_error *reterr)
{
    const struct wsd_scan_ticket *ticket = service->profile->default_ticket;
    struct wsd__scan_plan plan;

    wsd__scan_plan_make(&service->capabilities, ticket, &plan);
    if (plan.adjusted == 0)
        return 0;
    return wsd__error(reterr, WSD_E_INVALID,
                      "the default ticket asks for what the configuration does not offer%s%s",
                      plan.rejected ? ": " : "", plan.rejected ? plan.rejected : "");
}

/* All four sections must fit into one envelope, with room for a status that has much to say. */
static int check_size(const struct wsd_scan_service *service, struct wsd_error *reterr)
{
    enum { STATUS_AND_HEADER = 8192 };
    struct wsd_scan_scanner_element_data data[] = {
        {.name = {WSD_NS_SCAN, "ScannerDescription", "wscn"},
         .valid = true,
         .scanner_description = service->description},
        {.name = {WSD_NS_SCAN, "ScannerConfiguration", "wscn"},
         .valid = true,
         .scanner_configuration = service->profile->configuration},
        {.name = {WSD_NS_SCAN, "DefaultScanTicket", "wscn"},
         .valid = true,
         .default_scan_ticket = service->profile->default_ticket}};
    struct wsd_scan_get_scanner_elements_response answer = {
        .scanner_elements = data, .n_scanner_elements = sizeof data / sizeof *data};
    struct wsd_scan_body body = {.get_scanner_elements_response = &answer};
    struct wsd__buf buf = WSD__BUF_INIT(WSD_MAX_DATAGRAM - STATUS_AND_HEADER);
    int r = wsd__answer_encode(service->context, NULL, "", &wsd__type_scan_body, &body, &buf, NULL);

    wsd__buf_free(&buf);
    if (r == WSD_E_LIMIT)
        return wsd__error(reterr, r,
                          "description, configuration and default ticket do not fit into an "
                          "envelope of %d octets",
                          WSD_MAX_DATAGRAM);
    return r < 0 ? wsd__error(reterr, r, NULL) : 0;
}

/* -- the service --------------------------------------------------------------------------------
 */

static int64_t system_clock(void)
{
    return (int64_t)time(NULL);
}

/* Takes over what the options say of the scanner, once it has been checked. */
static int describe(struct wsd_scan_service *service,
                    const struct wsd_scan_service_options *options, struct wsd_error *reterr)
{
    const void *description;
    int r = wsd_copy(&wsd__type_scan_description, options->description, &description, reterr);

    if (r < 0)
        return r;
    service->description = description;
    r = profile_take(service->profiles, options, &service->profile, reterr);
    if (r < 0)
        return r;
    service->capabilities.configuration = service->profile->configuration;
    service->capabilities.default_ticket = service->profile->default_ticket;
    r = check_ticket(service, reterr);
    return r < 0 ? r : check_size(service, reterr);
}

static void undescribe(struct wsd_scan_service *service)
{
    wsd__scan_profile_release(service->profiles, service->profile);
    wsd_free(service->description);
}

int wsd__scan_service_create(struct wsd_context *context, struct wsd__scan_profiles *profiles,
                             const struct wsd_scan_service_options *options,
                             struct wsd_scan_service **ret_service, struct wsd_error *reterr)
{
    struct wsd_scan_service *service;
    int r = check_options(options, reterr);

    if (r < 0)
        return r;
    service = calloc(1, sizeof *service);
    if (!service)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    service->context = context;
    service->profiles = profiles;
    service->scanner = options->scanner;
    service->pickup_timeout = options->pickup_timeout ? options->pickup_timeout : WSD_JOB_PICKUP;
    service->destinations_changed = options->destinations_changed;
    service->destinations_user = options->user;
    service->max_subscribers = options->max_subscribers;
    service->max_per_peer = options->max_subscribers_per_peer;
    service->allow_foreign_sinks = options->allow_foreign_sinks;
    service->clock = system_clock;
    service->capabilities.scanner = &service->scanner;
    r = describe(service, options, reterr);
    if (r < 0) {
        wsd__scan_service_destroy(service, false);
        return r;
    }
    wsd__scan_events_status(service); /* the state from which on changes are told */
    *ret_service = service;
    return 0;
}

/* -- change -------------------------------------------------------------------------------------
 */

static void tell_changes(struct wsd_scan_service *service, const struct wsd_scan_service *old)
{
    struct wsd_scan_element_changes changes = {0};

    if (!wsd_equal(&wsd__type_scan_description, service->description, old->description))
        changes.scanner_description = service->description;
    if (!wsd_equal(&wsd__type_scan_configuration, service->profile->configuration,
                   old->profile->configuration))
        changes.scanner_configuration = service->profile->configuration;
    if (!wsd_equal(&wsd__type_scan_default_ticket, service->profile->default_ticket,
                   old->profile->default_ticket))
        changes.default_scan_ticket = service->profile->default_ticket;
    if (changes.scanner_description || changes.scanner_configuration || changes.default_scan_ticket)
        wsd__scan_events_elements(service, &changes);
}

int wsd_scan_service_change(struct wsd_scan_service *service,
                            const struct wsd_scan_description *description,
                            const struct wsd_scan_configuration *configuration,
                            const struct wsd_scan_ticket *default_ticket, struct wsd_error *reterr)
{
    struct wsd_scan_service_options options = WSD_SCAN_SERVICE_OPTIONS_INIT;
    struct wsd_scan_service old = *service, new = *service;
    int r;

    options.description = description ? description : service->description;
    options.configuration = configuration ? configuration : service->profile->configuration;
    options.default_ticket = default_ticket ? default_ticket : service->profile->default_ticket;
    options.scanner = service->scanner;
    r = check_options(&options, reterr);
    if (r < 0)
        return r;
    new.description = NULL;
    new.profile = NULL;
    r = describe(&new, &options, reterr);
    if (r < 0) {
        undescribe(&new);
        return r;
    }
    service->description = new.description;
    service->profile = new.profile;
    service->capabilities = new.capabilities;
    tell_changes(service, &old);
    undescribe(&old);
    return 0;
}

/* -- the end ------------------------------------------------------------------------------------
 */

static void end_jobs(struct wsd_scan_service *service)
{
    struct wsd__scan_job *job = service->active;

    if (job && job->stream) {
        wsd__scan_stream_orphan(job->stream);
        job->stream = NULL;
    }
    if (job)
        wsd__scan_job_set(job, WSD_SCAN_JOB_STATE_ABORTED,
                          WSD_SCAN_JOB_STATE_REASON_SCANNER_STOPPED);
    wsd__timer_stop(&service->pickup);
    while ((job = service->history)) {
        service->history = job->next;
        wsd__scan_job_free(job);
    }
    service->n_history = 0;
}

void wsd__scan_service_reset(struct wsd_scan_service *service)
{
    bool had_panel = service->events != NULL;

    wsd__scan_events_free(service, false);
    end_jobs(service);
    service->n_conditions = service->n_past = 0;
    service->busy = WSD_SCAN_READY;
    service->last_job_id = 0; /* numbers begin elsewhere */
    wsd__scan_events_status(service);
    if (had_panel && service->destinations_changed)
        wsd__timer_start(service->context, &service->emptied, 0, service->destinations_changed,
                         service->destinations_user);
}

void wsd__scan_service_destroy(struct wsd_scan_service *service, bool farewell)
{
    if (!service)
        return;
    wsd__scan_events_free(service, farewell);
    end_jobs(service);
    wsd__timer_stop(&service->emptied);
    undescribe(service);
    free(service->past);
    free(service->past_cleared);
    free(service);
}
