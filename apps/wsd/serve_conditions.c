/* SPDX-License-Identifier: MIT */
/* Conditions of the scanner (WS-Scan 5.4), as the person at it brings them about. */
#include <stdio.h>

#include "common/print_json.h"
#include "common/text.h"
#include "serve.h"

struct word {
    const char *text;
    int value;
};

static const struct word names[] = {
    {"Calibrating", WSD_SCAN_CONDITION_NAME_CALIBRATING},
    {"CoverOpen", WSD_SCAN_CONDITION_NAME_COVER_OPEN},
    {"InputTrayEmpty", WSD_SCAN_CONDITION_NAME_INPUT_TRAY_EMPTY},
    {"InterlockOpen", WSD_SCAN_CONDITION_NAME_INTERLOCK_OPEN},
    {"InternalStorageFull", WSD_SCAN_CONDITION_NAME_INTERNAL_STORAGE_FULL},
    {"LampError", WSD_SCAN_CONDITION_NAME_LAMP_ERROR},
    {"LampWarming", WSD_SCAN_CONDITION_NAME_LAMP_WARMING},
    {"MediaJam", WSD_SCAN_CONDITION_NAME_MEDIA_JAM},
    {"MultipleFeedError", WSD_SCAN_CONDITION_NAME_MULTIPLE_FEED_ERROR},
    {NULL, 0},
};
static const struct word components[] = {
    {"ADF", WSD_SCAN_COMPONENT_ADF},
    {"Film", WSD_SCAN_COMPONENT_FILM},
    {"MediaPath", WSD_SCAN_COMPONENT_MEDIA_PATH},
    {"Platen", WSD_SCAN_COMPONENT_PLATEN},
    {NULL, 0},
};
static const struct word severities[] = {
    {"Informational", WSD_SCAN_SEVERITY_INFORMATIONAL},
    {"Warning", WSD_SCAN_SEVERITY_WARNING},
    {"Critical", WSD_SCAN_SEVERITY_CRITICAL},
    {NULL, 0},
};

static const char *word_of(const struct word *words, int value)
{
    for (; words->text; words++)
        if (words->value == value)
            return words->text;
    return "other";
}

/* The word under `key`; 0, and the request is refused with what there is, if it is none of them. */
static int take_word(const struct word *words, struct control_request *request,
                     const struct json_object *object, const char *key)
{
    char list[300] = "";
    const char *text = "";

    control_text(object, key, &text);
    for (const struct word *w = words; w->text; w++) {
        if (text_same(w->text, text))
            return w->value;
        text_append(list, sizeof list, "%s%s", *list ? ", " : "", w->text);
    }
    serve_refuse(request, "usage", "", "there is no %s '%.40s'; there are %s", key, text, list);
    return 0;
}

/* -- arising and clearing -----------------------------------------------------------------------
 */

static void remember(struct serve_device *device, const struct serve_condition *condition)
{
    for (size_t i = 0; i < device->n_conditions; i++) {
        if (device->conditions[i].id != condition->id)
            continue;
        device->conditions[i] = *condition;
        return;
    }
    if (device->n_conditions < SERVE_CONDITIONS_MAX)
        device->conditions[device->n_conditions++] = *condition;
}

static void arise(struct serve_device *device, struct control_request *request, int name,
                  int component, int severity)
{
    int id = wsd_scan_service_condition(device->service, name, component, severity);
    struct serve_condition condition = {id, name, component, severity};
    struct json_object *more;

    if (id < 0) {
        serve_refuse(request, "refused", "Clear some with 'wsd panel clear'.",
                     "the scanner takes no further condition: %s", wsd_strerror(id));
        return;
    }
    remember(device, &condition);
    serve_go_on(device);
    more = json_object_new_object();
    if (more)
        json_put_number(more, "condition", id);
    serve_done(request, more, "condition %d: %s at %s, %s", id, word_of(names, name),
               word_of(components, component), word_of(severities, severity));
}

static void clear_at(struct serve_device *device, size_t i)
{
    wsd_scan_service_clear(device->service, device->conditions[i].id);
    device->n_conditions--;
    for (; i < device->n_conditions; i++)
        device->conditions[i] = device->conditions[i + 1];
}

bool serve_attend(struct serve_device *device, bool wanted)
{
    if (device->attention == wanted)
        return false;
    device->attention = wanted;
    if (device->service)
        wsd_scan_service_busy(device->service, wanted ? WSD_SCAN_ATTENTION : WSD_SCAN_READY);
    return true;
}

/* All with that name, 0 for any, and that it wants somebody. Returns how many there were. */
static unsigned clear_named(struct serve_device *device, int name)
{
    unsigned n = 0;

    for (size_t i = device->n_conditions; i-- > 0;) {
        if (name && device->conditions[i].name != name)
            continue;
        clear_at(device, i);
        n++;
    }
    n += !name && serve_attend(device, false);
    serve_go_on(device);
    return n;
}

/* -- actions ------------------------------------------------------------------------------------
 */

static bool has_feeder(const struct serve_device *device)
{
    return !device->setup || device->setup->feeder;
}

void serve_jam(struct serve_device *device, struct control_request *request,
               const struct json_object *object)
{
    (void)object;
    arise(device, request, WSD_SCAN_CONDITION_NAME_MEDIA_JAM,
          has_feeder(device) ? WSD_SCAN_COMPONENT_ADF : WSD_SCAN_COMPONENT_MEDIA_PATH,
          WSD_SCAN_SEVERITY_CRITICAL);
}

void serve_cover(struct serve_device *device, struct control_request *request,
                 const struct json_object *object)
{
    bool open;

    if (!control_flag(object, "open", &open))
        serve_refuse(request, "usage", "", "'open' is true or false");
    else if (open)
        arise(device, request, WSD_SCAN_CONDITION_NAME_COVER_OPEN,
              has_feeder(device) ? WSD_SCAN_COMPONENT_ADF : WSD_SCAN_COMPONENT_PLATEN,
              WSD_SCAN_SEVERITY_CRITICAL);
    else if (clear_named(device, WSD_SCAN_CONDITION_NAME_COVER_OPEN) > 0)
        serve_done(request, NULL, "the cover is closed");
    else
        serve_done(request, NULL, "the cover was closed already");
}

void serve_condition_set(struct serve_device *device, struct control_request *request,
                         const struct json_object *object)
{
    int name = take_word(names, request, object, "name");
    int component = name ? take_word(components, request, object, "component") : 0;
    int severity = component ? take_word(severities, request, object, "severity") : 0;

    if (severity)
        arise(device, request, name, component, severity);
}

static void refuse_unknown(const struct serve_device *device, struct control_request *request)
{
    char list[400] = "";

    for (size_t i = 0; i < device->n_conditions; i++)
        text_append(list, sizeof list, "%s%d (%s)", i ? ", " : "", (int)device->conditions[i].id,
                    word_of(names, device->conditions[i].name));
    if (device->n_conditions == 0)
        serve_refuse(request, "not-found", "'wsd panel' shows the scanner.",
                     "there is no condition to clear");
    else
        serve_refuse(request, "not-found", "", "there is no such condition; there are %s", list);
}

void serve_clear(struct serve_device *device, struct control_request *request,
                 const struct json_object *object)
{
    int64_t id = 0;

    if (!json_object_object_get_ex(object, "condition", NULL)) {
        unsigned n = clear_named(device, 0);
        serve_done(request, NULL, "%u condition%s cleared", n, n == 1 ? "" : "s");
        return;
    }
    control_number(object, "condition", 1, INT32_MAX, &id);
    for (size_t i = 0; i < device->n_conditions; i++) {
        if (device->conditions[i].id != id)
            continue;
        clear_at(device, i);
        serve_go_on(device);
        serve_done(request, NULL, "condition %d cleared", (int)id);
        return;
    }
    refuse_unknown(device, request);
}
