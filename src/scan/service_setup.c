/* SPDX-License-Identifier: MIT */
/*
 * Birth and death of a scan service.
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

static void profile_release(struct wsd__scan_profiles *profiles, struct wsd__scan_profile *profile)
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
        profile->users++;
        *ret_profile = profile;
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
        profile_release(profiles, profile);
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

int wsd__scan_service_create(struct wsd_context *context, struct wsd__scan_profiles *profiles,
                             const struct wsd_scan_service_options *options,
                             struct wsd_scan_service **ret_service, struct wsd_error *reterr)
{
    struct wsd_scan_service *service;
    const void *description;
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
    service->clock = system_clock;
    r = wsd_copy(&wsd__type_scan_description, options->description, &description, reterr);
    if (r >= 0) {
        service->description = description;
        r = profile_take(profiles, options, &service->profile, reterr);
    }
    if (r >= 0) {
        service->capabilities = (struct wsd__scan_capabilities){
            service->profile->configuration, service->profile->default_ticket, &service->scanner};
        r = check_ticket(service, reterr);
    }
    if (r >= 0)
        r = check_size(service, reterr);
    if (r < 0) {
        wsd__scan_service_destroy(service);
        return r;
    }
    *ret_service = service;
    return 0;
}

void wsd__scan_service_destroy(struct wsd_scan_service *service)
{
    struct wsd__scan_job *job;

    if (!service)
        return;
    job = service->active;
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
    profile_release(service->profiles, service->profile);
    wsd_free(service->description);
    free(service->past);
    free(service->past_cleared);
    free(service);
}
