/* SPDX-License-Identifier: MIT */
/*
 * What `wsd serve` says: with --json each event is an object on a line of standard output; else
 * addresses and `ready` go there, and the rest are notes on standard error.
 */
#include <stdio.h>
#include <string.h>

#include "common/print_json.h"
#include "common/text.h"
#include "serve_bridge.h"

void serve_event(const struct serve *serve, const char *event, struct json_object *object)
{
    struct json_object *line = serve->session->json && object ? json_object_new_object() : NULL;

    if (line) {
        json_put_text(line, "event", event);
        struct json_object_iterator at = json_object_iter_begin(object);
        struct json_object_iterator end = json_object_iter_end(object);
        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
            json_put(line, json_object_iter_peek_name(&at),
                     json_object_get(json_object_iter_peek_value(&at)));
        json_print_line(line);
    }
    json_object_put(object);
}

struct json_object *serve_device_json(const struct serve_device *device)
{
    struct json_object *object = json_object_new_object();

    if (object) {
        json_put_number(object, "number", device->number);
        json_put_text(object, "name", device->name);
        if (device->bridge)
            json_put_text(object, "sane", device->bridge->name);
        if (device->device) {
            json_put_text(object, "url", wsd_device_url(device->device));
            json_put_text(object, "endpoint", wsd_device_endpoint(device->device));
        }
    }
    return object;
}

void serve_say_job(const struct serve_device *device, const struct wsd_scan_job_info *job,
                   const char *event, unsigned images)
{
    const struct serve *serve = device->serve;
    struct json_object *object = json_object_new_object();
    bool begins = strcmp(event, "job-began") == 0;

    if (begins)
        session_note(serve->session, "%s: job %d begins%s%s", device->name, (int)job->id,
                     job->user_name && *job->user_name ? ", for " : "",
                     job->user_name ? job->user_name : "");
    else
        session_note(serve->session, "%s: job %d %s, %u images", device->name, (int)job->id,
                     event + strlen("job-"), images);
    if (!object)
        return;
    json_put_text(object, "device", device->name);
    json_put_number(object, "number", device->number);
    json_put_number(object, "job", job->id);
    json_put_text(object, "name", job->name);
    json_put_text(object, "user", job->user_name);
    if (!begins)
        json_put_number(object, "images", images);
    serve_event(serve, event, object);
}

void serve_say_device(const struct serve_device *device)
{
    char clean[200];

    if (device->serve->session->json)
        serve_event(device->serve, "device", serve_device_json(device));
    else
        printf("%s\t%s\t%s\n", text_clean(device->name, clean, sizeof clean),
               wsd_device_url(device->device), wsd_device_endpoint(device->device));
    fflush(stdout);
}

void serve_say_ready(struct serve *serve)
{
    struct json_object *ready;

    serve->ready = true;
    for (long i = 0; i < serve->count; i++)
        if (serve->devices[i].device) /* a SANE device may come later */
            serve_say_device(&serve->devices[i]);
    if (serve->control)
        session_note(serve->session, "control socket: %s", control_server_path(serve->control));
    if (serve->session->json && (ready = json_object_new_object()) != NULL) {
        json_put_number(ready, "devices", serve->count);
        if (serve->control)
            json_put_text(ready, "control", control_server_path(serve->control));
        serve_event(serve, "ready", ready);
    } else if (!serve->session->json) {
        puts("ready");
    }
    fflush(stdout);
}
