/* SPDX-License-Identifier: MIT */
/* Lines of wsd monitor: columns on a terminal, tabs elsewhere, or objects. */
#include <stdio.h>

#include "common/print_json.h"
#include "common/text.h"
#include "event_text.h"
#include "monitor.h"

static const char *const kind_words[] = {
    [WSD_WATCH_ADDED] = "added",         [WSD_WATCH_UPDATED] = "updated",
    [WSD_WATCH_RESTARTED] = "restarted", [WSD_WATCH_REFRESHED] = "refreshed",
    [WSD_WATCH_REMOVED] = "removed",
};

const char *monitored_name(const struct monitored *device)
{
    if (device->name && *device->name)
        return device->name;
    if (device->model && *device->model)
        return device->model;
    return *device->address ? device->address : device->endpoint;
}

void monitor_stamp(struct monitored *device, enum wsd_watch_kind kind)
{
    device->kind = kind;
    stamp_clock(device->clock);
    stamp_now(device->time);
}

/* -- objects ------------------------------------------------------------------------------------
 */

static struct json_object *object_of(const struct monitored *device, const char *event,
                                     const char *time)
{
    struct json_object *o = json_object_new_object();

    json_put_text(o, "time", time);
    json_put_text(o, "event", event);
    json_put_text(o, "name", device->name);
    json_put_text(o, "endpoint", device->endpoint);
    return o;
}

static void print_object(const struct monitored *device, bool expired,
                         const struct wsd_error *error)
{
    struct json_object *o = object_of(device, kind_words[device->kind], device->time);

    json_put_text(o, "manufacturer", device->maker);
    json_put_text(o, "model", device->model);
    json_put_text(o, "address", device->address);
    json_put_text(o, "interface", device->interface_);
    json_put_text(o, "service", device->service);
    if (expired)
        json_put(o, "expired", json_object_new_boolean(true));
    if (error)
        json_put_text(o, "error", error->message);
    json_print_line(o);
}

/* -- rows ---------------------------------------------------------------------------------------
 */

static void print_row(const struct monitored *device, const char *kind)
{
    struct monitor *monitor = device->monitor;
    const char *name = device->name ? device->name : "";
    char model[600], clean[600];

    describe_model(device->maker, device->model, model, sizeof model);
    session_end_line(monitor->session);
    if (!monitor->session->terminal_out) {
        printf("%s\t%s\t%s\t", device->clock, kind, text_clean(name, clean, sizeof clean));
        printf("%s\t%s\t", text_clean(model, clean, sizeof clean), device->address);
        printf("%s\n", text_clean(device->endpoint, clean, sizeof clean));
        return;
    }
    if (!monitor->header)
        printf("%-8s  %-9s  %-28s  %-28s  %-18s  %s\n", "TIME", "", "NAME", "MODEL", "ADDRESS",
               "ENDPOINT");
    monitor->header = true;
    printf("%s  %-9s  ", device->clock, kind);
    text_column(stdout, name, 28);
    fputs("  ", stdout);
    text_column(stdout, model, 28);
    printf("  %-18s  %s\n", device->address, text_clean(device->endpoint, clean, sizeof clean));
}

void monitor_print(const struct monitored *device, const struct wsd_error *error)
{
    if (device->monitor->session->json)
        print_object(device, false, error);
    else
        print_row(device, kind_words[device->kind]);
    fflush(stdout);
}

void monitor_print_expired(const struct monitored *device)
{
    if (device->monitor->session->json)
        print_object(device, true, NULL);
    else
        print_row(device, "expired");
    fflush(stdout);
}

static void print_text(const struct monitored *device, const char *text)
{
    char clock[STAMP_SIZE], name[300], clean[1200];

    session_end_line(device->monitor->session);
    stamp_clock(clock);
    text_clean(monitored_name(device), name, sizeof name);
    text_clean(text, clean, sizeof clean);
    if (device->monitor->session->terminal_out)
        printf("%s  %s: %s\n", clock, name, clean);
    else
        printf("%s\tevent\t%s\t%s\n", clock, name, clean);
    fflush(stdout);
}

void monitor_print_event(const struct monitored *device, const struct wsd_scan_event *event)
{
    char text[1000], time[STAMP_SIZE];

    if (!device->monitor->session->json) {
        print_text(device, event_line(event, text, sizeof text));
        return;
    }
    struct json_object *o = object_of(device, "", stamp_now(time));
    event_json(event, o);
    json_print_line(o);
}

void monitor_print_subscription(const struct monitored *device, const struct wsd_error *error)
{
    bool active = device->state == WSD_SUBSCRIPTION_ACTIVE;
    const char *why = error ? error->message : "";
    char text[700] = "", time[STAMP_SIZE];

    if (device->monitor->session->json) {
        struct json_object *o =
            object_of(device, active ? "subscribed" : "unsubscribed", stamp_now(time));
        json_put_text(o, "error", why);
        json_print_line(o);
        return;
    }
    if (active)
        text_append(text, sizeof text, "it tells what happens on it from now on");
    else if (device->state == WSD_SUBSCRIPTION_REFUSED)
        text_append(text, sizeof text, "it does not tell what happens on it: %s", why);
    else
        text_append(text, sizeof text, "nothing is heard of what happens on it: %s; trying again",
                    why);
    print_text(device, text);
}
