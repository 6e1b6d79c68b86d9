/* SPDX-License-Identifier: MIT */
/* wsd doctor: one device, from its answer to its scan service. */
#include <stdio.h>
#include <string.h>
#include <wsd/scan.h>

#include "common/text.h"
#include "describe.h"
#include "doctor.h"
#include "doctor/reach.h"
#include "scan/abilities.h"
#include "scan/quirks.h"

/* -- how it answers -----------------------------------------------------------------------------
 */

static bool on_our_network(const struct doctor *d, const char *address)
{
    struct system_address a;

    return !system_address_read(address, &a) || system_network_of(&d->facts, &a) != NULL;
}

static void answers(struct doctor *d, struct patient *p)
{
    if (p->searched) {
        if (p->delay > DOCTOR_LATE_MS)
            diagnoses_add(&d->found, DIAGNOSIS_LATE_ANSWER, p->name, "After %u.%u s.",
                          p->delay / 1000, p->delay % 1000 / 100);
        doctor_step(d, "answers", p->name, "to the search, after %u ms", p->delay);
        return;
    }
    if (!diagnoses_explain_silence(&d->found))
        diagnoses_add(&d->found,
                      on_our_network(d, p->address) ? DIAGNOSIS_MULTICAST_LOST
                                                    : DIAGNOSIS_OTHER_NETWORK,
                      p->name, "It is at %s.", p->address);
    doctor_step(d, "answers", p->name, "when it is asked alone, not to the search");
}

/* -- its addresses ------------------------------------------------------------------------------
 */

static bool link_local(const struct reach_try *place)
{
    struct system_address a;

    return system_address_read(place->host, &a) && a.family == AF_INET6 && system_link_local(&a);
}

/* Those that accept a connection come to the front. */
static void live_first(struct patient *p, struct reach_try *tries)
{
    for (size_t i = 1; i < p->n_xaddrs; i++)
        for (size_t k = i;
             k > 0 && tries[k].result == REACH_ACCEPTS && tries[k - 1].result != REACH_ACCEPTS;
             k--) {
            struct reach_try swap = tries[k];
            char url[sizeof p->xaddrs[0]];
            tries[k] = tries[k - 1];
            tries[k - 1] = swap;
            memcpy(url, p->xaddrs[k], sizeof url);
            memcpy(p->xaddrs[k], p->xaddrs[k - 1], sizeof url);
            memcpy(p->xaddrs[k - 1], url, sizeof url);
        }
}

static void judge_reach(struct doctor *d, struct patient *p, const struct reach_try *tries)
{
    size_t live = 0, tried = 0, local = 0;
    const struct reach_try *dead = NULL;

    for (size_t i = 0; i < p->n_xaddrs; i++) {
        tried += tries[i].result != REACH_NAMED;
        live += tries[i].result == REACH_ACCEPTS;
        local += link_local(&tries[i]);
        if (tries[i].result != REACH_ACCEPTS && tries[i].result != REACH_NAMED && !dead)
            dead = &tries[i];
    }
    if (dead)
        diagnoses_add(
            &d->found,
            live || tried < p->n_xaddrs ? DIAGNOSIS_DEAD_ADDRESS : DIAGNOSIS_NO_LIVE_ADDRESS,
            p->name, "%s, TCP port %s, %s.", dead->host, dead->port, reach_word(dead->result));
    else if (p->n_xaddrs > 0 && local == p->n_xaddrs)
        diagnoses_add(&d->found, DIAGNOSIS_LINK_LOCAL_ONLY, p->name, "It names %s.", tries[0].host);
}

/* False when there is none to be asked. */
static bool addresses(struct doctor *d, struct patient *p)
{
    struct reach_try tries[DOCTOR_XADDRS_MAX];
    char line[500] = "";

    if (p->n_xaddrs == 0 && *p->service)
        return true; /* it was found by a guess and names none */
    if (p->n_xaddrs == 0) {
        diagnoses_add(&d->found,
                      *p->refused ? DIAGNOSIS_ADDRESS_REFUSED : DIAGNOSIS_NO_LIVE_ADDRESS, p->name,
                      *p->refused ? "It names %s." : "It names none%s.", p->refused);
        doctor_step(d, "addresses", p->name, "none that may be contacted");
        return false;
    }
    for (size_t i = 0; i < p->n_xaddrs; i++)
        if (!reach_of_url(p->xaddrs[i], &tries[i]))
            tries[i] = (struct reach_try){.result = REACH_NAMED};
    reach(tries, p->n_xaddrs, DOCTOR_REACH_MS);
    judge_reach(d, p, tries);
    live_first(p, tries);
    for (size_t i = 0; i < p->n_xaddrs; i++)
        text_append(line, sizeof line, "%s%s %s", i ? "; " : "", p->xaddrs[i],
                    reach_word(tries[i].result));
    doctor_step(d, "addresses", p->name, "%s", line);
    return tries[0].result == REACH_ACCEPTS || tries[0].result == REACH_NAMED;
}

/* -- what it says of itself ---------------------------------------------------------------------
 */

static void take_service(struct patient *p)
{
    const struct wsd_hosted *scan =
        wsd_device_info_find(p->info, WSD_NS_SCAN, "ScannerServiceType");
    const char *address = scan ? wsd_hosted_address(p->info, scan) : NULL;

    if (address)
        snprintf(p->service, sizeof p->service, "%.599s", address);
    else if (scan && scan->n_endpoints)
        snprintf(p->refused, sizeof p->refused, "%.299s", scan->endpoints[0].address);
}

struct wsd_request_options doctor_request(const struct doctor *d, const struct patient *p)
{
    struct wsd_request_options request = d->session->request;

    request.endpoint = p->endpoint;
    return request;
}

bool doctor_get(struct doctor *d, struct patient *p, struct wsd_error *reterr)
{
    struct wsd_request_options request = doctor_request(d, p);

    request.to = *p->endpoint ? p->endpoint : NULL;
    if (request.answer_timeout == 0) {
        request.answer_timeout = DOCTOR_GET_MS;
        request.connect_timeout = DOCTOR_REACH_MS;
    }
    for (size_t i = 0; i < p->n_xaddrs && i < DOCTOR_GET_MAX && !p->info && session_signals() == 0;
         i++) {
        if (wsd_get(d->session->context, p->xaddrs[i], &request, &p->info, reterr) >= 0)
            snprintf(p->url, sizeof p->url, "%s", p->xaddrs[i]);
    }
    if (!p->info)
        return false;
    if (*p->info->friendly_name)
        text_clean(p->info->friendly_name, p->name, sizeof p->name);
    else if (*p->info->model_name)
        text_clean(p->info->model_name, p->name, sizeof p->name);
    if (*p->info->endpoint && !*p->endpoint)
        snprintf(p->endpoint, sizeof p->endpoint, "%.299s", p->info->endpoint);
    take_service(p);
    return true;
}

static void choose_quirks(const struct patient *p, struct quirks *ret)
{
    const struct wsd_device_info *info = p->info;

    quirks_choose(info ? info->manufacturer : "", info && info->model_name ? info->model_name : "",
                  ret);
}

/* Where that maker has the switch, if it is known. */
static void advise_by_make(struct diagnosed *made, const struct patient *p, bool there)
{
    struct quirks quirks;

    choose_quirks(p, &quirks);
    const char *menu = there ? quirks_refusal_advice(&quirks) : quirks_switch_advice(&quirks);
    if (menu)
        snprintf(made->advice, sizeof made->advice, "%s", menu);
}

static void no_service(struct doctor *d, struct patient *p)
{
    struct diagnosed *made;

    if (*p->refused) {
        diagnoses_add(&d->found, DIAGNOSIS_ADDRESS_REFUSED, p->name,
                      "Its scan service is said to be at %s.", p->refused);
        return;
    }
    made = diagnoses_add(&d->found, DIAGNOSIS_NO_SCAN_SERVICE, p->name, "%s%s%s",
                         p->info->manufacturer, *p->info->manufacturer ? " " : "",
                         p->info->model_name);
    advise_by_make(made, p, false);
    /* Nobody said that it should scan. */
    if (!p->scanner && !p->named)
        made->severity = SEVERITY_NOTE;
}

static bool metadata(struct doctor *d, struct patient *p)
{
    struct wsd_error error = {0};
    char model[300];

    if (!p->info && p->n_xaddrs == 0)
        return *p->service != 0;
    if (!p->info && !doctor_get(d, p, &error)) {
        if (session_signals() > 0)
            return false;
        diagnoses_add(&d->found,
                      error.code == WSD_E_CERTIFICATE ? DIAGNOSIS_OTHER_CERTIFICATE
                                                      : DIAGNOSIS_NO_METADATA,
                      p->name, "%s", error.message);
        doctor_step(d, "metadata", p->name, "not had");
        return false;
    }
    if (!*p->service)
        no_service(d, p);
    describe_model(p->info->manufacturer, p->info->model_name, model, sizeof model);
    doctor_step(d, "metadata", p->name, "%s, %zu service%s%s%s", model, p->info->n_hosted,
                p->info->n_hosted == 1 ? "" : "s", *p->service ? ", scanning at " : ", no scanning",
                p->service);
    return *p->service != 0;
}

/* -- its scan service ---------------------------------------------------------------------------
 */

static void service_fails(struct doctor *d, struct patient *p, const struct wsd_error *error)
{
    bool refuses = error->code == WSD_E_FAULT || error->code == WSD_E_HTTP;
    struct diagnosed *made =
        diagnoses_add(&d->found,
                      refuses                            ? DIAGNOSIS_SERVICE_REFUSES
                      : error->code == WSD_E_CERTIFICATE ? DIAGNOSIS_OTHER_CERTIFICATE
                                                         : DIAGNOSIS_SERVICE_DEAD,
                      p->name, "%s: %s%s%s", p->service, error->message,
                      *error->subcode ? ", " : "", error->subcode);

    if (refuses)
        advise_by_make(made, p, true);
    doctor_step(d, "scan service", p->name, "%s", error->message);
}

static const char *state_word(const struct scan_abilities *has)
{
    return has->status && has->status->scanner_state.text ? has->status->scanner_state.text
                                                          : "state unknown";
}

static bool service(struct doctor *d, struct patient *p)
{
    struct wsd_request_options request = doctor_request(d, p);
    struct wsd_error error = {0};
    struct scan_abilities has = {0};
    struct scan_trouble trouble;

    if (wsd_get_scanner_elements(d->session->context, p->service,
                                 WSD_SCAN_CONFIGURATION | WSD_SCAN_STATUS, &request, &p->elements,
                                 &error) < 0) {
        if (session_signals() == 0)
            service_fails(d, p, &error);
        return false;
    }
    scan_abilities_take(&has, p->elements);
    if (has.status && scan_trouble_of(has.status, false, &trouble)) {
        struct diagnosed *made =
            diagnoses_add(&d->found, DIAGNOSIS_NOT_READY, p->name, "It says: %s.", trouble.what);
        snprintf(made->advice, sizeof made->advice, "%s", trouble.advice);
    }
    doctor_step(d, "scan service", p->name, "%s%s", state_word(&has),
                has.configuration ? "" : ", but it does not tell what it can do");
    return true;
}

void doctor_examine(struct doctor *d, struct patient *p)
{
    answers(d, p);
    if (!addresses(d, p) || !metadata(d, p) || session_signals() > 0)
        return;
    if (service(d, p) && session_signals() == 0)
        doctor_events(d, p);
}

void doctor_discharge(struct patient *p)
{
    wsd_free(p->info);
    wsd_free(p->elements);
    *p = (struct patient){0};
}
