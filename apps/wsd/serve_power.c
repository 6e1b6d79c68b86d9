/* SPDX-License-Identifier: MIT */
/* Lamp, plug and configuration: what changes the scanner itself while it runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/print_json.h"
#include "common/text.h"
#include "serve.h"

void serve_lamp(struct serve_device *device, struct control_request *request,
                const struct json_object *object)
{
    static const struct {
        const char *word;
        enum wsd_scan_busy busy;
        const char *done;
    } states[] = {
        {"ready", WSD_SCAN_READY, "the scanner is ready"},
        {"warm", WSD_SCAN_LAMP_WARMING, "the lamp warms up"},
        {"calibrate", WSD_SCAN_CALIBRATING, "the scanner calibrates"},
    };
    const char *word = "";
    int r;

    control_text(object, "lamp", &word);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strcmp(states[i].word, word) != 0)
            continue;
        r = wsd_scan_service_busy(device->service, states[i].busy);
        if (r < 0)
            serve_refuse(request, "refused", "", "the lamp stays as it is: %s", wsd_strerror(r));
        else
            serve_done(request, NULL, "%s", states[i].done);
        return;
    }
    serve_refuse(request, "usage", "", "the lamp is warm, calibrate or ready, not '%.40s'", word);
}

/* -- configuration ------------------------------------------------------------------------------
 */

static bool take_settings(struct serve_setup *setup, struct control_request *request,
                          const struct json_object *object)
{
    struct json_object *settings = NULL;
    control_reason reason = "";
    size_t n = 0;

    json_object_object_get_ex(object, "settings", &settings);
    if (json_object_is_type(settings, json_type_object)) {
        struct json_object_iterator at = json_object_iter_begin(settings);
        struct json_object_iterator end = json_object_iter_end(settings);
        for (; !*reason && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
            const char *key = json_object_iter_peek_name(&at), *value = NULL;
            n++;
            if (!control_text(settings, key, &value))
                snprintf(reason, sizeof reason, "%.40s is no text", key);
            else
                serve_setup_set(setup, key, value, reason);
        }
    }
    if (n == 0)
        snprintf(reason, sizeof reason, "there is nothing to configure");
    if (!*reason && serve_setup_check(setup, reason))
        return true;
    serve_refuse(request, "usage", "Nothing was changed.", "%s", reason);
    return false;
}

/* Only what changed is told to subscribers (WS-Scan 12.1). */
static bool same_description(const struct serve_setup *a, const struct serve_setup *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->info, b->info) == 0 &&
           strcmp(a->location, b->location) == 0;
}

static bool same_lists(const struct serve_setup *a, const struct serve_setup *b)
{
    return a->n_formats == b->n_formats && a->n_colors == b->n_colors &&
           a->n_resolutions == b->n_resolutions &&
           memcmp(a->formats, b->formats, a->n_formats * sizeof *a->formats) == 0 &&
           memcmp(a->colors, b->colors, a->n_colors * sizeof *a->colors) == 0 &&
           memcmp(a->resolutions, b->resolutions, a->n_resolutions * sizeof *a->resolutions) == 0;
}

static bool same_configuration(const struct serve_setup *a, const struct serve_setup *b)
{
    return same_lists(a, b) && a->glass == b->glass && a->feeder == b->feeder &&
           a->duplex == b->duplex;
}

void serve_configure(struct serve_device *device, struct control_request *request,
                     const struct json_object *object)
{
    struct serve_setup before, *setup = calloc(1, sizeof *setup);
    struct serve_offer offer;
    struct wsd_error error = {0};

    if (!setup) {
        control_answer(request, NULL);
        return;
    }
    serve_setup_init(&before, device->name);
    if (device->setup)
        before = *device->setup;
    *setup = before;
    if (!take_settings(setup, request, object)) {
        free(setup);
        return;
    }
    serve_offer_make(setup, &offer);
    bool same = same_configuration(&before, setup);
    if (wsd_scan_service_change(
            device->service, same_description(&before, setup) ? NULL : &offer.description,
            same ? NULL : &offer.configuration, same ? NULL : &offer.ticket, &error) < 0) {
        serve_refuse(request, "refused", "Nothing was changed.", "%s", error.message);
        free(setup);
        return;
    }
    free(device->setup);
    device->setup = setup;
    serve_done(request, NULL, "%s",
               same && same_description(&before, setup) ? "nothing is new" : "it is configured");
}

/* -- the plug -----------------------------------------------------------------------------------
 */

/* What does not outlive the power. */
static void forget(struct serve_device *device)
{
    device->n_conditions = 0;
    device->attention = false;
    serve_destinations_changed(device);
}

void serve_reboot(struct serve_device *device, struct control_request *request,
                  const struct json_object *object)
{
    struct wsd_error error = {0};
    int r;

    (void)object;
    r = device->device ? wsd_device_reboot(device->device, &error) : serve_plug_in(device, &error);
    /* As the library counts: no lower than what the device says now. */
    device->instance_id = serve_instance(device->serve, device->instance_id);
    forget(device);
    if (r < 0)
        serve_refuse(request, "failure", "", "the scanner does not come up: %s", error.message);
    else
        serve_done(request, NULL, "the scanner has started again");
}

void serve_vanish(struct serve_device *device, struct control_request *request,
                  const struct json_object *object)
{
    (void)object;
    wsd_device_vanish(device->device);
    device->device = NULL;
    device->service = NULL;
    forget(device);
    serve_done(request, NULL, "the plug is pulled; 'wsd panel reboot' puts it in again");
}
