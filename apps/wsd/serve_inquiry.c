/* SPDX-License-Identifier: MIT */
/*
 * What only the scan service knows, its state and its jobs, is asked of it by the protocol, as
 * everybody else asks; the requests run on our own loop, and the answer to the panel waits for
 * them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/discovery.h>
#include <wsd/scan.h>

#include "common/print_json.h"
#include "common/text.h"
#include "serve.h"

struct inquiry {
    struct serve_device *device;
    struct control_request *request;
    struct json_object *answer;
    bool cancel; /* the job that runs; else all is shown */
};

typedef void inquiry_step(struct inquiry *inquiry);
static inquiry_step ask_address, ask_status, ask_active, ask_history, show;

static void inquiry_free(struct inquiry *inquiry)
{
    json_object_put(inquiry->answer);
    free(inquiry);
}

/* The device may be gone by now, and with it all that is not part of the inquiry. */
static void fail(struct inquiry *inquiry, const struct wsd_error *error)
{
    if (error->code == WSD_E_CANCELLED)
        serve_refuse(inquiry->request, "failure", "", "the scanner is being switched off");
    else
        serve_refuse(inquiry->request, "failure",
                     "Another scanner may have its address, or it has too many clients.",
                     "the scanner does not answer itself: %s", error->message);
    inquiry_free(inquiry);
}

/* -- one answer after the other -----------------------------------------------------------------
 */

static void on_history(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_job_history_response *history = result;
    struct inquiry *inquiry = user;

    if (status < 0) {
        fail(inquiry, error);
        return;
    }
    struct json_object *jobs = json_object_new_array();
    for (size_t i = 0; jobs && i < history->n_job_history; i++)
        json_object_array_add(jobs, json_of("JobSummary", &history->job_history[i]));
    json_put(inquiry->answer, "JobHistory", jobs);
    wsd_free(result);
    show(inquiry);
}

static void cancel(struct inquiry *inquiry, const struct wsd_scan_get_active_jobs_response *active)
{
    int32_t id = active->n_active_jobs > 0 ? active->active_jobs[0].job_id : 0;

    if (id == 0 || !inquiry->device->service)
        serve_refuse(inquiry->request, "not-found", "'wsd panel' shows the scanner.",
                     "there is no job to cancel");
    else if (wsd_scan_service_cancel(inquiry->device->service, id) < 0)
        serve_refuse(inquiry->request, "refused", "", "job %d is ending already", (int)id);
    else
        serve_done(inquiry->request, NULL, "job %d is cancelled", (int)id);
    inquiry_free(inquiry);
}

static void on_active(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_active_jobs_response *active = result;
    struct inquiry *inquiry = user;

    if (status < 0) {
        fail(inquiry, error);
        return;
    }
    if (inquiry->cancel) {
        cancel(inquiry, active);
        wsd_free(result);
        return;
    }
    struct json_object *jobs = json_object_new_array();
    for (size_t i = 0; jobs && i < active->n_active_jobs; i++)
        json_object_array_add(jobs, json_of("JobSummary", &active->active_jobs[i]));
    json_put(inquiry->answer, "ActiveJobs", jobs);
    wsd_free(result);
    ask_history(inquiry);
}

static void on_status(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_scan_get_scanner_elements_response *elements = result;
    struct inquiry *inquiry = user;

    if (status < 0) {
        fail(inquiry, error);
        return;
    }
    for (size_t i = 0; i < elements->n_scanner_elements; i++)
        if (elements->scanner_elements[i].scanner_status)
            json_put(inquiry->answer, "ScannerStatus",
                     json_of("ScannerStatus", elements->scanner_elements[i].scanner_status));
    wsd_free(result);
    ask_active(inquiry);
}

static void on_address(void *user, int status, const void *result, const struct wsd_error *error)
{
    const struct wsd_device_info *info = result;
    struct inquiry *inquiry = user;
    struct wsd_error none = {.code = WSD_E_NOT_FOUND, .message = "no scan service"};

    if (status < 0) {
        fail(inquiry, error);
        return;
    }
    const struct wsd_hosted *hosted = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");
    const char *address = hosted ? wsd_hosted_address(info, hosted) : NULL;
    if (address && !inquiry->device->address)
        inquiry->device->address = strdup(address);
    wsd_free(result);
    if (!inquiry->device->address)
        fail(inquiry, &none);
    else if (inquiry->cancel)
        ask_active(inquiry);
    else
        ask_status(inquiry);
}

/* -- one question after the other ---------------------------------------------------------------
 */

static void ask_address(struct inquiry *inquiry)
{
    struct serve_device *device = inquiry->device;
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.to = wsd_device_endpoint(device->device);
    if (wsd_get_start(device->serve->session->context, wsd_device_url(device->device), &options,
                      on_address, inquiry, NULL, &error) < 0)
        fail(inquiry, &error);
}

static void ask_status(struct inquiry *inquiry)
{
    struct wsd_error error = {0};

    if (wsd_get_scanner_elements_start(inquiry->device->serve->session->context,
                                       inquiry->device->address, WSD_SCAN_STATUS, NULL, on_status,
                                       inquiry, NULL, &error) < 0)
        fail(inquiry, &error);
}

static void ask_active(struct inquiry *inquiry)
{
    struct wsd_error error = {0};

    if (wsd_get_active_jobs_start(inquiry->device->serve->session->context,
                                  inquiry->device->address, NULL, on_active, inquiry, NULL,
                                  &error) < 0)
        fail(inquiry, &error);
}

static void ask_history(struct inquiry *inquiry)
{
    struct wsd_error error = {0};

    if (wsd_get_job_history_start(inquiry->device->serve->session->context,
                                  inquiry->device->address, NULL, on_history, inquiry, NULL,
                                  &error) < 0)
        fail(inquiry, &error);
}

static struct json_object *events_json(const struct serve_device *device)
{
    struct wsd_event_counters c = wsd_scan_service_events(device->service);
    struct json_object *object = json_object_new_object();

    if (object) {
        json_put_number(object, "subscribers", c.subscribers);
        json_put_number(object, "sent", (int64_t)c.sent);
        json_put_number(object, "delivered", (int64_t)c.delivered);
        json_put_number(object, "failed", (int64_t)c.failed);
        json_put_number(object, "dropped", (int64_t)c.dropped);
        json_put_number(object, "ended", (int64_t)c.ended);
    }
    return object;
}

static void show(struct inquiry *inquiry)
{
    struct serve_device *device = inquiry->device;
    struct json_object *answer = inquiry->answer;

    if (!device->bridge && (!device->setup || device->setup->feeder)) {
        struct json_object *feeder = json_object_new_object();
        json_put_number(feeder, "sheets", device->sheets);
        json_put(feeder, "refilled", json_object_new_boolean(device->refilled));
        json_put(answer, "feeder", feeder);
    }
    json_put(answer, "destinations", serve_destinations_json(device));
    if (device->service)
        json_put(answer, "events", events_json(device));
    inquiry->answer = NULL;
    serve_done(inquiry->request, answer, "%s", "");
    inquiry_free(inquiry);
}

static void begin(struct serve_device *device, struct control_request *request, bool cancels)
{
    struct inquiry *inquiry = calloc(1, sizeof *inquiry);
    struct json_object *answer = json_object_new_object();

    if (!inquiry || !answer) {
        free(inquiry);
        json_object_put(answer);
        control_answer(request, NULL);
        return;
    }
    *inquiry =
        (struct inquiry){.device = device, .request = request, .answer = answer, .cancel = cancels};
    json_put(answer, "device", serve_device_json(device));
    json_put(answer, "plugged", json_object_new_boolean(device->device != NULL));
    if (!device->device)
        show(inquiry);
    else if (!device->address)
        ask_address(inquiry);
    else if (cancels)
        ask_active(inquiry);
    else
        ask_status(inquiry);
}

void serve_show(struct serve_device *device, struct control_request *request,
                const struct json_object *object)
{
    (void)object;
    begin(device, request, false);
}

void serve_cancel(struct serve_device *device, struct control_request *request,
                  const struct json_object *object)
{
    int64_t id = 0;

    if (!json_object_object_get_ex(object, "job", NULL)) {
        begin(device, request, true);
        return;
    }
    control_number(object, "job", 1, INT32_MAX, &id);
    switch (wsd_scan_service_cancel(device->service, (int32_t)id)) {
    case 0:
        serve_done(request, NULL, "job %d is cancelled", (int)id);
        break;
    case WSD_E_NOT_FOUND:
        serve_refuse(request, "not-found", "'wsd panel' shows the jobs.", "there is no job %d",
                     (int)id);
        break;
    default:
        serve_refuse(request, "refused", "", "job %d is over", (int)id);
    }
}
