/* SPDX-License-Identifier: MIT */
/*
 * What a SANE status means to people (WS-Scan 5.4), and the buttons at the device.
 *
 * SANE tells of a jam only to who starts a scan, and never that it was cleared. So it is a warning
 * for a while, in which a person is told and goes to the scanner; clients do not try a feeder that
 * is said to be jammed, so it must not stay until one does. A device that is gone is another
 * matter: whether it is back can be asked without moving anything, so the scanner is stopped until
 * then. WS-Scan has no condition for that, and who would name a wrong one sends people to look for
 * an open door; so there is none, and the scanner asks for attention.
 */
#include <stdio.h>
#include <string.h>

#include "common/print_json.h"
#include "serve_bridge.h"

#define WARNING_MS 10000u

static const struct {
    const char *status;
    int name, component; /* 0: no condition, but attention */
    const char *sentence;
} meanings[] = {
    {BRIDGE_JAM, WSD_SCAN_CONDITION_NAME_MEDIA_JAM, WSD_SCAN_COMPONENT_ADF,
     "paper is jammed; clear it and scan again"},
    {BRIDGE_COVER, WSD_SCAN_CONDITION_NAME_COVER_OPEN, WSD_SCAN_COMPONENT_MEDIA_PATH,
     "a cover is open; close it and scan again"},
    {BRIDGE_EMPTY, WSD_SCAN_CONDITION_NAME_INPUT_TRAY_EMPTY, WSD_SCAN_COMPONENT_ADF,
     "the feeder is empty"},
    {BRIDGE_GONE, 0, 0,
     "the device does not answer; is it plugged in and switched on? It is asked again by and by"},
    {BRIDGE_DENIED, 0, 0,
     "the device may not be used by this user; the group 'scanner' usually may"},
};

/* With --json, for who watches the output. */
static void say(const struct bridge *bridge, const char *event, const char *status)
{
    struct json_object *object = json_object_new_object();

    if (!object)
        return;
    json_put_text(object, "device", bridge->device->name);
    json_put_number(object, "number", bridge->device->number);
    json_put_text(object, "status", status);
    serve_event(bridge->device->serve, event, object);
}

static void forget(struct bridge *bridge)
{
    struct serve_device *device = bridge->device;
    size_t kept = 0;

    for (size_t i = 0; i < device->n_conditions; i++)
        if (device->conditions[i].id != bridge->condition)
            device->conditions[kept++] = device->conditions[i];
    device->n_conditions = kept;
    bridge->condition = 0;
    bridge->clear_at = 0;
}

/* Somebody may have cleared it at `wsd panel`. */
static void look_after(struct bridge *bridge)
{
    const struct serve_device *device = bridge->device;

    for (size_t i = 0; i < device->n_conditions; i++)
        if (device->conditions[i].id == bridge->condition)
            return;
    bridge->condition = 0;
    bridge->clear_at = 0;
}

void bridge_condition_clear(struct bridge *bridge)
{
    bool attended = serve_attend(bridge->device, false);

    look_after(bridge);
    if (bridge->condition > 0) {
        if (bridge->device->service)
            wsd_scan_service_clear(bridge->device->service, bridge->condition);
        forget(bridge);
    } else if (!attended) {
        return;
    }
    say(bridge, "condition-cleared", "");
}

/* False while it is known already. */
static bool want_somebody(struct bridge *bridge)
{
    if (bridge->device->attention)
        return false;
    bridge_condition_clear(bridge);
    return serve_attend(bridge->device, true);
}

static bool arise(struct bridge *bridge, int name, int component)
{
    struct serve_device *device = bridge->device;
    int id =
        wsd_scan_service_condition(device->service, name, component, WSD_SCAN_SEVERITY_WARNING);

    if (id == bridge->condition)
        return false;
    bridge_condition_clear(bridge);
    if (id <= 0 || device->n_conditions >= SERVE_CONDITIONS_MAX)
        return true;
    bridge->condition = id;
    bridge->clear_at = session_now() + WARNING_MS;
    device->conditions[device->n_conditions++] =
        (struct serve_condition){id, name, component, WSD_SCAN_SEVERITY_WARNING};
    return true;
}

void bridge_condition(struct bridge *bridge, const char *status)
{
    struct serve_device *device = bridge->device;

    look_after(bridge);
    for (size_t i = 0; device->service && i < sizeof meanings / sizeof *meanings; i++) {
        if (strcmp(meanings[i].status, status) != 0)
            continue;
        if (meanings[i].name ? !arise(bridge, meanings[i].name, meanings[i].component)
                             : !want_somebody(bridge))
            return;
        session_note(device->serve->session, "%s: %s", device->name, meanings[i].sentence);
        say(bridge, "condition", status);
        return;
    }
}

/* -- buttons ------------------------------------------------------------------------------------
 */

/* Which of Windows' five purposes a button is for. */
static const char *context_of(const char *button)
{
    static const struct {
        const char *part, *context;
    } contexts[] = {
        {"mail", "ScanToEmail"}, {"fax", "ScanToFax"},    {"ocr", "ScanToOCR"},
        {"text", "ScanToOCR"},   {"copy", "ScanToPrint"}, {"print", "ScanToPrint"},
    };

    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++)
        if (strcasestr(button, contexts[i].part))
            return contexts[i].context;
    return "Scan";
}

static uint32_t entry_for(const struct wsd_scan_panel *panel, const char *context)
{
    for (size_t i = 0; i < panel->n_entries; i++)
        if (strcmp(panel->entries[i].client_context, context) == 0)
            return panel->entries[i].number;
    return panel->n_entries > 0 ? panel->entries[0].number : 0;
}

bool bridge_has_button_use(const struct bridge *bridge)
{
    return bridge->buttons && bridge->device->panel && bridge->device->panel->n_entries > 0;
}

static void press(struct bridge *bridge, const char *button)
{
    struct serve_device *device = bridge->device;
    struct wsd_error error = {0};
    uint32_t number = device->panel ? entry_for(device->panel, context_of(button)) : 0;

    if (number == 0)
        return;
    if (wsd_scan_service_press(device->service, number, 0, &error) < 0)
        session_note(device->serve->session, "%s: button '%s' does nothing: %s", device->name,
                     button, error.message);
    else
        session_note(device->serve->session, "%s: button '%s' is pressed; destination %u is told",
                     device->name, button, (unsigned)number);
}

/* A button is pressed once, however long it is held; what was held before anybody looked, or is
 * remembered by the device from then, is no press. */
void bridge_buttons(struct bridge *bridge, const struct json_object *object)
{
    struct json_object *list = NULL, *first;
    const char *name = NULL;
    bool first_look = !bridge->looked;

    bridge->looked = true;
    json_object_object_get_ex(object, "pressed", &list);
    if (json_object_is_type(list, json_type_array) && json_object_array_length(list) > 0) {
        first = json_object_array_get_idx(list, 0);
        name = json_object_get_string(first);
    }
    if (!name)
        name = "";
    if (strcmp(bridge->pressed, name) == 0)
        return;
    snprintf(bridge->pressed, sizeof bridge->pressed, "%s", name);
    if (*name && !first_look)
        press(bridge, name);
}
