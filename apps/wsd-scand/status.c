/* SPDX-License-Identifier: MIT */
/* The daemon's side: what is known, as JSON. Lists of scanners and scans are bounded by what is. */
#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/control.h"
#include "common/print_json.h"
#include "common/stamp.h"
#include "history.h"
#include "log.h"
#include "state.h"

/* What scanner_state_word() means, for people. */
static const struct {
    const char *state, *words;
} state_words[] = {
    {"looking", "is being asked what it is"},
    {"tidying", "an old registration is being ended"},
    {"away", "does not answer"},
    {"no-service", "offers no scanning"},
    {"subscribing", "is being asked for a place on its panel"},
    {"no-destination", "no destination is meant for it"},
    {"ready", "ready"},
    {"lost", "has dropped us; tried again"},
    {"refused", "does not let computers register"},
};

struct status {
    struct scand *scand;
    struct control_server *server;
    struct loop_watch watch;
};

/* -- what there is to know ----------------------------------------------------------------------
 */

static struct json_object *lines_json(const struct scanner *s)
{
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < s->n_lines; i++) {
        struct json_object *line = json_object_new_object();
        json_put_text(line, "destination", s->lines[i].destination);
        json_put_text(line, "shown", s->lines[i].shown);
        json_object_array_add(array, line);
    }
    return array;
}

static struct json_object *scanner_json(const struct scanner *s)
{
    struct json_object *object = json_object_new_object();
    char stamp[STAMP_SIZE];

    json_put_text(object, "name", s->name);
    json_put_text(object, "endpoint", s->endpoint);
    json_put_text(object, "manufacturer", s->manufacturer);
    json_put_text(object, "model", s->model);
    json_put_text(object, "address", s->host ? s->host : s->address ? s->address : "");
    json_put_text(object, "service", s->service ? s->service : "");
    json_put_text(object, "state", scanner_state_word(s));
    if (s->subscription)
        json_put_number(object, "remaining", wsd_subscription_remaining(s->subscription) / 1000);
    json_put(object, "panel", lines_json(s));
    json_put(object, "scanning", json_object_new_boolean(s->scanning != NULL));
    if (s->error[0]) {
        json_put_text(object, "error", s->error);
        json_put_text(object, "error_time", stamp_of((int64_t)s->error_time, stamp));
    }
    return object;
}

static struct json_object *words_json(void)
{
    struct json_object *object = json_object_new_object();

    for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
        json_put_text(object, state_words[i].state, state_words[i].words);
    return object;
}

struct json_object *status_json(const struct scand *scand, size_t scans)
{
    struct json_object *object = json_object_new_object(), *scanners = json_object_new_array();
    struct json_object *files = json_object_new_array();

    json_put_text(object, "version", WSD_VERSION);
    json_put_text(object, "host", scand->config->host);
    json_put_text(object, "identity", state_identity(scand->state));
    json_put_number(object, "port", scand->sink ? wsd_sink_port(scand->sink) : 0);
    json_put_number(object, "running", (int64_t)(loop_now(&scand->loop) - scand->started) / 1000);
    for (config_list file = scand->config->files; file && *file; file++)
        json_object_array_add(files, json_object_new_string(*file));
    json_put(object, "configuration", files);
    for (const struct scanner *s = scand->scanners; s; s = s->next)
        if (s->step != SCANNER_IGNORED && (s->step != SCANNER_NO_SERVICE || s->address))
            json_object_array_add(scanners, scanner_json(s));
    json_put(object, "scanners", scanners);
    json_put(object, "scans", history_json(scand->history, scans));
    json_put(object, "state_words", words_json());
    json_put(object, "scan_words", history_words());
    return object;
}

/* -- the socket ---------------------------------------------------------------------------------
 */

static void refuse(struct control_request *request, const char *what)
{
    struct json_object *answer = json_object_new_object();

    json_put(answer, "ok", json_object_new_boolean(false));
    json_put_text(answer, "error", what);
    control_answer(request, answer);
}

static void on_request(void *user, struct control_request *request,
                       const struct json_object *object)
{
    struct status *status = user;
    struct json_object *answer = NULL;
    const char *command = "";

    control_text(object, "command", &command);
    if (strcmp(command, "status") == 0) {
        answer = status_json(status->scand, SIZE_MAX);
    } else if (strcmp(command, "reload") == 0) {
        if (!scand_reload(status->scand)) {
            refuse(request, "the configuration has mistakes; the one before stays in force "
                            "(wsd-scand --check names them)");
            return;
        }
        answer = json_object_new_object();
    } else {
        refuse(request, "there are the commands status and reload");
        return;
    }
    json_put(answer, "ok", json_object_new_boolean(true));
    control_answer(request, answer);
}

static size_t wants(void *user, struct pollfd *fds, size_t room)
{
    const struct status *status = user;

    if (room < CONTROL_DESCRIPTORS)
        return room; /* the loop makes room and asks again */
    control_server_wants(status->server, fds);
    return CONTROL_DESCRIPTORS;
}

static void ready(void *user, const struct pollfd *fds, size_t n)
{
    struct status *status = user;

    if (n == CONTROL_DESCRIPTORS)
        control_server_turn(status->server, fds);
}

bool status_usual_path(char *ret, size_t size, bool system)
{
    const char *runtime = getenv("RUNTIME_DIRECTORY"); /* of systemd, for us alone */
    char folder[CONTROL_MAX_PATH];
    control_reason reason = "";

    if (system) {
        if (!runtime || strchr(runtime, ':'))
            runtime = "/run/wsd-scand";
        return (size_t)snprintf(ret, size, "%s/control", runtime) < size;
    }
    return control_folder(folder, true, reason) == 0 &&
           control_path(folder, "scand", "daemon", ret) == 0;
}

/* Without systemd nobody has made the folder of the system's socket. */
static void make_folder_of(const char *path)
{
    char folder[CONTROL_MAX_PATH];
    const char *slash = strrchr(path, '/');

    if (slash && slash > path) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
            log_say(LOG_LEVEL_DEBUG, NULL, "%s: %s", folder, strerror(errno));
    }
}

void status_open(struct scand *scand, struct status **ret)
{
    struct status *status = calloc(1, sizeof *status);
    char path[CONTROL_MAX_PATH] = "";
    control_reason reason = "there is no place for it";
    int r = -ENOENT;

    if (status && scand->config->control)
        snprintf(path, sizeof path, "%s", scand->config->control);
    else if (status)
        status_usual_path(path, sizeof path, scand->options.source.system);
    if (status && *path) {
        make_folder_of(path);
        r = control_server_open(path, on_request, status, &status->server, reason);
    }
    if (r < 0) {
        log_say(LOG_LEVEL_WARNING, NULL,
                "no control socket: %s; `wsd-scand status` will not find this one", reason);
        free(status);
        return;
    }
    status->scand = scand;
    status->watch = (struct loop_watch){.wants = wants, .ready = ready, .user = status};
    loop_add(&scand->loop, &status->watch);
    *ret = status;
}

void status_free(struct status *status)
{
    if (!status)
        return;
    loop_remove(&status->scand->loop, &status->watch);
    control_server_free(status->server);
    free(status);
}
