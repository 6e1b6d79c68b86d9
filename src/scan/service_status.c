/* SPDX-License-Identifier: MIT */
/*
 * GetScannerElements, and what it tells of the scanner's state: state, reasons, conditions
 * (WS-Scan 3.5, 5.3, 5.4).
 *
 * State and reasons are not stored but derived from the job and the conditions, so that they cannot
 * disagree. Every change that may show in them ends in wsd__scan_status_changed().
 */
#include "scan/service_parts.h"

#include <stdlib.h>
#include <string.h>

/* -- state --------------------------------------------------------------------------------------
 */

int wsd__scan_state(const struct wsd_scan_service *service)
{
    if (service->busy == WSD_SCAN_ATTENTION)
        return WSD_SCAN_STATE_STOPPED;
    for (size_t i = 0; i < service->n_conditions; i++) {
        if (service->conditions[i].severity.value == WSD_SCAN_SEVERITY_CRITICAL)
            return WSD_SCAN_STATE_STOPPED;
    }
    return (service->active && service->active->state != WSD_SCAN_JOB_STATE_PENDING) ||
                   service->busy != WSD_SCAN_READY
               ? WSD_SCAN_STATE_PROCESSING
               : WSD_SCAN_STATE_IDLE;
}

struct wsd_datetime wsd__scan_time(const struct wsd_scan_service *service)
{
    return (struct wsd_datetime){.seconds = service->clock(), .has_zone = true};
}

/* The one place that learns of every change of state, reasons or conditions: events start here. */
void wsd__scan_status_changed(struct wsd_scan_service *service)
{
    struct wsd_token state = {.value = wsd__scan_state(service)};

    wsd__log(service->context, WSD_LOG_DEBUG, "scanner: %s, %zu conditions",
             wsd__scan_word(&wsd__scan_states, &state), service->n_conditions);
    wsd__scan_events_status(service);
    if (service->active) /* a scanner that stops is a reason of its job */
        wsd__scan_events_job(service->active);
}

/* A condition that the list of reasons has no word for calls for a person when it stops the
 * scanner, and is no reason otherwise: 0. */
static int reason_of(const struct wsd_scan_condition *condition)
{
    static const uint8_t reasons[] = {
        [WSD_SCAN_CONDITION_NAME_CALIBRATING] = WSD_SCAN_STATE_REASON_CALIBRATING,
        [WSD_SCAN_CONDITION_NAME_COVER_OPEN] = WSD_SCAN_STATE_REASON_COVER_OPEN,
        [WSD_SCAN_CONDITION_NAME_INTERLOCK_OPEN] = WSD_SCAN_STATE_REASON_INTERLOCK_OPEN,
        [WSD_SCAN_CONDITION_NAME_INTERNAL_STORAGE_FULL] =
            WSD_SCAN_STATE_REASON_INTERNAL_STORAGE_FULL,
        [WSD_SCAN_CONDITION_NAME_LAMP_ERROR] = WSD_SCAN_STATE_REASON_LAMP_ERROR,
        [WSD_SCAN_CONDITION_NAME_LAMP_WARMING] = WSD_SCAN_STATE_REASON_LAMP_WARMING,
        [WSD_SCAN_CONDITION_NAME_LAMP_WARNING] = WSD_SCAN_STATE_REASON_LAMP_WARMING,
        [WSD_SCAN_CONDITION_NAME_MEDIA_JAM] = WSD_SCAN_STATE_REASON_MEDIA_JAM,
        [WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR] = WSD_SCAN_STATE_REASON_MULTIPLE_FEED_ERROR,
    };
    int name = condition->name.value;
    int severity = condition->severity.value;

    if (severity == WSD_SCAN_SEVERITY_INFORMATIONAL)
        return 0;
    if (name > 0 && name < (int)sizeof reasons && reasons[name])
        return reasons[name];
    return severity == WSD_SCAN_SEVERITY_CRITICAL ? WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED : 0;
}

static void add_reason(int reason, struct wsd_token *list, size_t *n)
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i].value == reason)
            return;
    }
    if (reason)
        list[(*n)++] = (struct wsd_token){.value = reason};
}

/* At least one, `None`: go-mfp refuses a status without reasons. */
size_t wsd__scan_state_reasons_of(const struct wsd_scan_service *service,
                                  struct wsd_token list[WSD__SCAN_REASONS])
{
    static const int busy[] = {[WSD_SCAN_LAMP_WARMING] = WSD_SCAN_STATE_REASON_LAMP_WARMING,
                               [WSD_SCAN_CALIBRATING] = WSD_SCAN_STATE_REASON_CALIBRATING,
                               [WSD_SCAN_ATTENTION] = WSD_SCAN_STATE_REASON_ATTENTION_REQUIRED};
    size_t n = 0;

    for (size_t i = 0; i < service->n_conditions; i++)
        add_reason(reason_of(&service->conditions[i]), list, &n);
    add_reason(busy[service->busy], list, &n);
    if (n == 0)
        add_reason(WSD_SCAN_STATE_REASON_NONE, list, &n);
    return n;
}

int wsd__scan_status(struct wsd_scan_service *service, struct wsd__arena *arena,
                     struct wsd_scan_status *ret_status)
{
    struct wsd_token *reasons = wsd__arena_alloc(arena, WSD__SCAN_REASONS * sizeof *reasons);
    struct wsd_scan_condition *past = wsd__arena_alloc(arena, (service->n_past + 1) * sizeof *past);

    if (!reasons || !past)
        return WSD_E_NO_MEMORY;
    for (size_t i = 0; i < service->n_past; i++) {
        past[i] = service->past[i];
        past[i].clear_time = &service->past_cleared[i];
    }
    *ret_status = (struct wsd_scan_status){
        .scanner_current_time = wsd__scan_time(service),
        .scanner_state = {.value = wsd__scan_state(service)},
        .scanner_state_reasons = reasons,
        .n_scanner_state_reasons = wsd__scan_state_reasons_of(service, reasons),
        .active_conditions = service->conditions,
        .n_active_conditions = service->n_conditions,
        .condition_history = past,
        .n_condition_history = service->n_past,
    };
    return 0;
}

/* -- conditions ---------------------------------------------------------------------------------
 */

static struct wsd_scan_condition *condition_of(struct wsd_scan_service *service, int name,
                                               int component)
{
    for (size_t i = 0; i < service->n_conditions; i++) {
        struct wsd_scan_condition *condition = &service->conditions[i];

        if (condition->name.value == name && condition->component.value == component)
            return condition;
    }
    return NULL;
}

static bool is_word(const struct wsd__enum *words, int value)
{
    return value > 0 && (unsigned)value <= words->n_names;
}

int wsd_scan_service_condition(struct wsd_scan_service *service, int name, int component,
                               int severity)
{
    struct wsd_scan_condition *condition;

    if (!is_word(&wsd__scan_condition_names, name) || !is_word(&wsd__scan_components, component) ||
        !is_word(&wsd__scan_severities, severity))
        return WSD_E_INVALID;
    condition = condition_of(service, name, component);
    if (!condition) {
        if (service->n_conditions == CONDITIONS)
            return WSD_E_LIMIT;
        condition = &service->conditions[service->n_conditions++];
        service->last_condition_id =
            service->last_condition_id == INT32_MAX ? 1 : service->last_condition_id + 1;
        *condition = (struct wsd_scan_condition){.id = service->last_condition_id,
                                                 .time = wsd__scan_time(service),
                                                 .name = {.value = name},
                                                 .component = {.value = component}};
    }
    if (condition->severity.value != severity) {
        condition->severity.value = severity;
        wsd__scan_events_condition(service, condition);
        wsd__scan_status_changed(service);
    }
    return condition->id;
}

int wsd_scan_service_busy(struct wsd_scan_service *service, enum wsd_scan_busy busy)
{
    if ((int)busy < WSD_SCAN_READY || busy > WSD_SCAN_ATTENTION)
        return WSD_E_INVALID;
    service->busy = busy;
    wsd__scan_status_changed(service);
    return 0;
}

/* What has cleared is remembered, the oldest forgotten. Without memory it is forgotten at once. */
static void remember(struct wsd_scan_service *service, const struct wsd_scan_condition *condition)
{
    if (!service->past)
        service->past = calloc(CONDITION_HISTORY, sizeof *service->past);
    if (!service->past_cleared)
        service->past_cleared = calloc(CONDITION_HISTORY, sizeof *service->past_cleared);
    if (!service->past || !service->past_cleared)
        return;
    if (service->n_past == CONDITION_HISTORY) {
        service->n_past--;
        memmove(service->past, service->past + 1, service->n_past * sizeof *service->past);
        memmove(service->past_cleared, service->past_cleared + 1,
                service->n_past * sizeof *service->past_cleared);
    }
    service->past[service->n_past] = *condition;
    service->past_cleared[service->n_past++] = wsd__scan_time(service);
}

int wsd_scan_service_clear(struct wsd_scan_service *service, int32_t condition_id)
{
    for (size_t i = 0; i < service->n_conditions; i++) {
        if (service->conditions[i].id != condition_id)
            continue;
        wsd__scan_events_cleared(service, condition_id);
        remember(service, &service->conditions[i]);
        service->n_conditions--;
        memmove(&service->conditions[i], &service->conditions[i + 1],
                (service->n_conditions - i) * sizeof service->conditions[0]);
        wsd__scan_status_changed(service);
        return 0;
    }
    return WSD_E_NOT_FOUND;
}

/* -- GetScannerElements -------------------------------------------------------------------------
 */

static bool element(struct wsd__scan_exchange *x, const struct wsd_qname *name,
                    struct wsd_scan_scanner_element_data *data)
{
    struct wsd_scan_service *service = x->service;

    *data =
        (struct wsd_scan_scanner_element_data){.name = wsd__scan_name_answer(name), .valid = true};
    if (wsd__scan_name_is(name, "ScannerDescription"))
        data->scanner_description = service->description;
    else if (wsd__scan_name_is(name, "ScannerConfiguration"))
        data->scanner_configuration = service->profile->configuration;
    else if (wsd__scan_name_is(name, "DefaultScanTicket"))
        data->default_scan_ticket = service->profile->default_ticket;
    else if (wsd__scan_name_is(name, "ScannerStatus")) {
        struct wsd_scan_status *status = wsd__arena_alloc(x->arena, sizeof *status);

        if (!status || wsd__scan_status(service, x->arena, status) < 0)
            return false;
        data->scanner_status = status;
    } else
        data->valid = false;
    return true;
}

/* As many answers as questions, in their order, also where one was asked twice. */
const struct wsd__fault *wsd__scan_get_elements(struct wsd__scan_exchange *x)
{
    const struct wsd_scan_get_scanner_elements_request *request =
        x->body->get_scanner_elements_request;
    size_t n = request->n_requested_elements;
    struct wsd_scan_get_scanner_elements_response *answer =
        wsd__arena_alloc(x->arena, sizeof *answer);
    struct wsd_scan_scanner_element_data *data = wsd__arena_alloc(x->arena, (n + 1) * sizeof *data);

    if (!answer || !data)
        return &wsd__scan_temporary_error;
    for (size_t i = 0; i < n; i++) {
        if (!element(x, &request->requested_elements[i], &data[i]))
            return &wsd__scan_temporary_error;
    }
    answer->scanner_elements = data;
    answer->n_scanner_elements = n;
    x->answer.get_scanner_elements_response = answer;
    return NULL;
}
