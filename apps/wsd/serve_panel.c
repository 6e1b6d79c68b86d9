/* SPDX-License-Identifier: MIT */
/*
 * Destinations on the panel, "scan to ..." (WS-Scan 12.2): who has registered, who comes and goes,
 * and the button.
 */
#include <stdio.h>
#include <string.h>

#include "common/print_json.h"
#include "common/text.h"
#include "scan/choice.h"
#include "serve.h"

static struct json_object *entry_json(const struct wsd_scan_panel_entry *entry, const char *number)
{
    struct json_object *object = json_object_new_object();

    if (object) {
        json_put_number(object, number, entry->number);
        json_put_text(object, "name", entry->client_display_name);
        json_put_text(object, "context", entry->client_context);
        json_put_text(object, "computer", entry->address);
        json_put_number(object, "remaining", entry->remaining / 1000);
    }
    return object;
}

struct json_object *serve_destinations_json(struct serve_device *device)
{
    struct json_object *array = json_object_new_array();
    const struct wsd_scan_panel *panel = NULL;

    if (device->service && wsd_scan_service_panel(device->service, &panel, NULL) == 0)
        for (size_t i = 0; array && i < panel->n_entries; i++)
            json_object_array_add(array, entry_json(&panel->entries[i], "number"));
    wsd_free(panel);
    return array;
}

/* -- who comes and goes -------------------------------------------------------------------------
 */

static bool has_entry(const struct wsd_scan_panel *panel, const struct wsd_scan_panel_entry *entry)
{
    for (size_t i = 0; panel && i < panel->n_entries; i++) {
        const struct wsd_scan_panel_entry *e = &panel->entries[i];
        if (e->number == entry->number && strcmp(e->address, entry->address) == 0 &&
            strcmp(e->client_context, entry->client_context) == 0 &&
            strcmp(e->client_display_name, entry->client_display_name) == 0)
            return true;
    }
    return false;
}

static void say(const struct serve_device *device, const struct wsd_scan_panel_entry *entry,
                const char *event)
{
    struct json_object *object = entry_json(entry, "destination");

    session_note(device->serve->session, "%s: destination %u '%s' at %s %s", device->name,
                 (unsigned)entry->number, entry->client_display_name, entry->address,
                 strcmp(event, "destination-added") == 0 ? "has come" : "is gone");
    if (!object)
        return;
    json_put_text(object, "device", device->name);
    json_put_number(object, "number", device->number);
    serve_event(device->serve, event, object);
}

/* Says what of `old` is not in `new`. */
static void say_missing(const struct serve_device *device, const struct wsd_scan_panel *old,
                        const struct wsd_scan_panel *new, const char *event)
{
    for (size_t i = 0; old && i < old->n_entries; i++)
        if (!has_entry(new, &old->entries[i]))
            say(device, &old->entries[i], event);
}

void serve_destinations_changed(void *user)
{
    struct serve_device *device = user;
    const struct wsd_scan_panel *now = NULL, *before = device->panel;

    if (device->service && wsd_scan_service_panel(device->service, &now, NULL) < 0)
        return;
    device->panel = now;
    say_missing(device, before, now, "destination-removed");
    say_missing(device, now, before, "destination-added");
    wsd_free(before);
}

/* -- the button ---------------------------------------------------------------------------------
 */

static void refuse_missing(struct control_request *request, const struct wsd_scan_panel *panel,
                           const char *wanted)
{
    char list[400] = "";

    for (size_t i = 0; i < panel->n_entries; i++)
        text_append(list, sizeof list, "%s%u (%.60s)", i ? ", " : "",
                    (unsigned)panel->entries[i].number, panel->entries[i].client_display_name);
    if (panel->n_entries == 0)
        serve_refuse(request, "not-found",
                     "Computers register by themselves, when they have found the scanner.",
                     "the panel has no destinations");
    else
        serve_refuse(request, "not-found", "",
                     "the panel has no destination '%.60s', or more than one; there are %s", wanted,
                     list);
}

/* By number; by the whole name; by a part that only one has. */
static const struct wsd_scan_panel_entry *find_entry(const struct wsd_scan_panel *panel,
                                                     const char *wanted)
{
    const struct wsd_scan_panel_entry *same = NULL, *part = NULL;
    size_t n_same = 0, n_part = 0;
    long number = 0;

    text_number(wanted, 1, INT32_MAX, &number);
    for (size_t i = 0; i < panel->n_entries; i++) {
        const struct wsd_scan_panel_entry *entry = &panel->entries[i];
        if (entry->number == (uint32_t)number)
            return entry;
        if (text_same(entry->client_display_name, wanted) && ++n_same)
            same = entry;
        if (text_contains(entry->client_display_name, wanted) && ++n_part)
            part = entry;
    }
    return n_same == 1 ? same : n_same == 0 && n_part == 1 ? part : NULL;
}

/* False, and the request is refused, if the scanner has no such source. */
static bool take_source(const struct serve_device *device, struct control_request *request,
                        const struct json_object *object, int *ret)
{
    const struct serve_setup *setup = device->setup;
    const char *word = NULL;

    *ret = 0;
    if (!control_text(object, "source", &word))
        return true;
    *ret = choice_source(word);
    bool there = *ret == WSD_SCAN_INPUT_SOURCE_PLATEN ? !setup || setup->glass
                 : *ret == WSD_SCAN_INPUT_SOURCE_ADF  ? !setup || setup->feeder
                 : *ret == WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX
                     ? !setup || (setup->feeder && setup->duplex)
                     : false;
    if (!there)
        serve_refuse(request, "usage",
                     "Sources are platen, adf and duplex; leave it out to let "
                     "the computer choose.",
                     "the scanner has no source '%.40s'", word);
    return there;
}

static void press(struct serve_device *device, struct control_request *request,
                  const struct wsd_scan_panel_entry *entry, int source)
{
    struct wsd_error error = {0};
    struct json_object *more;

    if (wsd_scan_service_press(device->service, entry->number, source, &error) < 0) {
        serve_refuse(request, "refused",
                     error.code == WSD_E_BUSY ? "'wsd panel cancel' ends that scan." : "",
                     "the button does nothing: %s", error.message);
        return;
    }
    more = json_object_new_object();
    json_put(more, "destination", entry_json(entry, "number"));
    serve_done(request, more, "destination %u, '%s' at %s, is told", (unsigned)entry->number,
               entry->client_display_name, entry->address);
}

void serve_press(struct serve_device *device, struct control_request *request,
                 const struct json_object *object)
{
    const struct wsd_scan_panel_entry *entry;
    const struct wsd_scan_panel *panel = NULL;
    struct wsd_error error = {0};
    const char *wanted = "";
    int source;

    if (!control_text(object, "destination", &wanted) || !*wanted) {
        serve_refuse(request, "usage", "", "'destination' is the number or the name of one");
        return;
    }
    if (!take_source(device, request, object, &source))
        return;
    if (wsd_scan_service_panel(device->service, &panel, &error) < 0) {
        serve_refuse(request, "failure", "", "%s", error.message);
        return;
    }
    entry = find_entry(panel, wanted);
    if (entry)
        press(device, request, entry, source);
    else
        refuse_missing(request, panel, wanted);
    wsd_free(panel);
}
