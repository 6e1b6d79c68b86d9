/* SPDX-License-Identifier: MIT */
/*
 * The control socket of `wsd serve`: requests by name, each for one device. Its peer is a program
 * of the same user, yet whatever comes is looked at before it is used.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"
#include "serve.h"

#define SENTENCE_MAX 600

static const struct {
    const char *command;
    serve_action *action;
    bool software; /* does to the scanner what with a SANE device only its owner's hands can do */
} actions[] = {
    {"show", serve_show, false},     {"press", serve_press, false},
    {"feeder", serve_feeder, true},  {"jam", serve_jam, true},
    {"cover", serve_cover, true},    {"clear", serve_clear, false},
    {"lamp", serve_lamp, true},      {"condition", serve_condition_set, true},
    {"cancel", serve_cancel, false}, {"configure", serve_configure, true},
    {"vanish", serve_vanish, true},  {"reboot", serve_reboot, true},
};

/* -- answers ------------------------------------------------------------------------------------
 */

static void answer(struct control_request *request, struct json_object *more, bool ok,
                   const char *key, const char *sentence)
{
    struct json_object *object = more ? more : json_object_new_object();
    char clean[SENTENCE_MAX];

    if (object) {
        json_object_object_add(object, "ok", json_object_new_boolean(ok));
        json_put_text(object, key, text_clean(sentence, clean, sizeof clean));
    }
    control_answer(request, object);
}

void serve_done(struct control_request *request, struct json_object *more, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list list;

    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    answer(request, more, true, "done", sentence);
}

void serve_refuse(struct control_request *request, const char *kind, const char *advice,
                  const char *format, ...)
{
    struct json_object *object = json_object_new_object();
    char sentence[SENTENCE_MAX];
    va_list list;

    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    if (object) {
        json_put_text(object, "kind", kind);
        json_put_text(object, "advice", advice);
    }
    answer(request, object, false, "error", sentence);
}

/* -- requests -----------------------------------------------------------------------------------
 */

static void list_devices(const struct serve *serve, struct control_request *request)
{
    struct json_object *object = json_object_new_object();
    struct json_object *devices = json_object_new_array();

    for (long i = 0; devices && i < serve->count; i++)
        json_object_array_add(devices, serve_device_json(&serve->devices[i]));
    if (object) {
        json_put(object, "devices", devices);
        json_put_number(object, "pid", getpid());
    }
    answer(request, object, true, "done", "");
}

/* Without power it can only be looked at, and switched on. */
static void act(struct serve_device *device, serve_action *action, struct control_request *request,
                const struct json_object *object)
{
    if (!device->device && action != serve_show && action != serve_reboot)
        serve_refuse(request, "refused",
                     device->bridge ? "It comes by itself when SANE can open it."
                                    : "'wsd panel reboot' puts it in again.",
                     device->bridge ? "the device was not there yet" : "its plug is pulled");
    else
        action(device, request, object);
}

static void on_request(void *user, struct control_request *request,
                       const struct json_object *object)
{
    struct serve *serve = user;
    const char *command = "";
    int64_t number = 1;

    control_text(object, "command", &command);
    if (strcmp(command, "devices") == 0) {
        list_devices(serve, request);
        return;
    }
    if (json_object_object_get_ex(object, "device", NULL) &&
        !control_number(object, "device", 1, serve->count, &number)) {
        serve_refuse(request, "not-found", "'devices' lists them.",
                     "there is no such device; they are numbered from 1 to %ld", serve->count);
        return;
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(command, actions[i].command) != 0)
            continue;
        if (actions[i].software && serve->bridges)
            serve_refuse(request, "refused", "What the device itself tells is shown.",
                         "'%s' is for a scanner made of software; this one is a SANE device",
                         command);
        else
            act(&serve->devices[number - 1], actions[i].action, request, object);
        return;
    }
    serve_refuse(request, "usage", "Program and scanner may be of different versions.",
                 "there is no command '%.40s'", command);
}

void serve_feeder(struct serve_device *device, struct control_request *request,
                  const struct json_object *object)
{
    int64_t sheets = 0;

    if (device->setup && !device->setup->feeder) {
        serve_refuse(request, "refused", "'wsd panel configure feeder=on' gives it one.",
                     "the scanner has no feeder now");
        return;
    }
    if (!control_number(object, "sheets", 0, SERVE_SHEETS_MAX, &sheets)) {
        serve_refuse(request, "usage", "", "the feeder holds 0 to %d sheets", SERVE_SHEETS_MAX);
        return;
    }
    device->sheets = (unsigned)sheets;
    device->refilled = false;
    if (sheets == 0)
        serve_done(request, NULL, "the feeder is empty");
    else
        serve_done(request, NULL, "%u sheet%s in the feeder", device->sheets,
                   sheets == 1 ? " lies" : "s lie");
}

/* -- the socket ---------------------------------------------------------------------------------
 */

static void ignore(void *user, const char *path)
{
    (void)user;
    (void)path;
}

/* By its name; if another scanner has that, by the number of its process. */
static int open_default(struct serve *serve, control_reason reason)
{
    char folder[CONTROL_MAX_PATH], path[CONTROL_MAX_PATH], pid[24];
    bool named = args_has(serve->session->args, OPT_NAME);
    int r = control_folder(folder, true, reason);

    if (r < 0)
        return r;
    control_each(folder, "serve", true, ignore, NULL);
    r = named ? control_path(folder, "serve", serve->name, path) : -EINVAL;
    if (r == 0)
        r = control_server_open(path, on_request, serve, &serve->control, reason);
    if (r == 0)
        return 0;
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    r = control_path(folder, "serve", pid, path);
    if (r < 0) {
        snprintf(reason, CONTROL_REASON, "%s: %s", folder, strerror(-r));
        return r;
    }
    return control_server_open(path, on_request, serve, &serve->control, reason);
}

int serve_control_open(struct serve *serve)
{
    const struct args *args = serve->session->args;
    const char *path = args_text(args, OPT_CONTROL, NULL);
    control_reason reason = "";

    if (args_has(args, OPT_NO_CONTROL))
        return EXIT_CODE_OK;
    if (path) {
        if (control_server_open(path, on_request, serve, &serve->control, reason) < 0)
            return report_failure(serve->session, EXIT_CODE_OUTPUT, path, reason,
                                  "Name another socket with --control, or none with "
                                  "--no-control.");
    } else if (open_default(serve, reason) < 0) {
        /* A scanner without a panel is a scanner. */
        session_note(serve->session, "no control socket: %s; 'wsd panel' will not find this one",
                     reason);
    }
    return EXIT_CODE_OK;
}
