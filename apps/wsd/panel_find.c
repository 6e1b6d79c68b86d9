/* SPDX-License-Identifier: MIT */
/*
 * Which `wsd serve` is meant: all control sockets of this user are asked for their devices, or the
 * one that was named.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wsd/discovery.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "panel.h"
#include "report.h"

#define ANSWER_MS  15000u /* longer than the server waits for itself */
#define PRESENT_MS 5000u  /* the list of devices is at hand, unless the server is stopped */
#define SHOWN_MAX  16
#define UUID_PART  8 /* letters of a UUID that are meant as such */

struct finder {
    struct session *session;
    const char *name;         /* NULL: any */
    struct panel_device best; /* the first that fits */
    struct panel_device others[SHOWN_MAX];
    size_t n, n_exact, n_all, n_shown; /* fit, fit in full, are there, are in `others` */
};

const char *panel_device_text(const struct panel_device *device, const char *key)
{
    const char *text = "";

    control_text(device->about, key, &text);
    return text;
}

void panel_device_free(struct panel_device *device)
{
    json_object_put(device->about);
    device->about = NULL;
}

/* -- asking -------------------------------------------------------------------------------------
 */

static int exit_code_of(const struct json_object *answer)
{
    static const struct {
        const char *kind;
        int code;
    } kinds[] = {{"usage", EXIT_CODE_USAGE},
                 {"not-found", EXIT_CODE_NOT_FOUND},
                 {"refused", EXIT_CODE_REFUSED}};
    const char *kind = "";

    control_text(answer, "kind", &kind);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].kind) == 0)
            return kinds[i].code;
    return EXIT_CODE_FAILURE;
}

static int say_refused(struct session *session, const char *device,
                       const struct json_object *answer)
{
    const char *what = "it refused without a word", *advice = "";
    char clean[640];

    control_text(answer, "error", &what);
    control_text(answer, "advice", &advice);
    return report_failure(session, exit_code_of(answer), device, what,
                          text_clean(advice, clean, sizeof clean));
}

static int say_broken(struct session *session, const char *path, int r)
{
    if (r == -EINTR)
        return EXIT_CODE_INTERRUPTED;
    if (r == -ENOENT || r == -ECONNREFUSED)
        return report_failure(session, EXIT_CODE_NOT_FOUND, path, "no 'wsd serve' listens there",
                              "'wsd serve' prints its control socket when it begins.");
    if (r == -EPIPE)
        return report_failure(session, EXIT_CODE_FAILURE, path,
                              "'wsd serve' ended or hung up before it answered",
                              "If it still runs, it belongs to another user.");
    if (r == -ETIMEDOUT)
        return report_failure(session, EXIT_CODE_FAILURE, path, "'wsd serve' does not answer",
                              "It may be stopped (Ctrl-Z) or very busy.");
    return report_failure(session, EXIT_CODE_FAILURE, path, strerror(-r), NULL);
}

static int call(const char *path, struct json_object *request, unsigned milliseconds,
                struct json_object **ret)
{
    int fd = request ? control_connect(path) : -ENOMEM;
    int r = fd < 0 ? fd : control_call(fd, request, milliseconds, ret);

    if (fd >= 0)
        close(fd);
    json_object_put(request);
    return r;
}

int panel_ask(struct session *session, const char *path, const char *device,
              struct json_object *request, struct json_object **ret)
{
    bool ok = false;
    int r = call(path, request, ANSWER_MS, ret);

    if (r < 0)
        return say_broken(session, path, r);
    if (control_flag(*ret, "ok", &ok) && ok)
        return EXIT_CODE_OK;
    int code = say_refused(session, device, *ret);
    json_object_put(*ret);
    *ret = NULL;
    return code;
}

/* -- finding ------------------------------------------------------------------------------------
 */

static void keep(struct panel_device *to, const char *path, int64_t number,
                 struct json_object *about)
{
    panel_device_free(to);
    snprintf(to->path, sizeof to->path, "%s", path);
    to->number = number;
    to->about = json_object_get(about);
}

/* 2: named in full; 1: it fits; 0: it does not. */
static int fits(const struct finder *finder, const struct json_object *about, int64_t number)
{
    const char *name = "", *endpoint = "";
    long wanted;

    if (!finder->name)
        return 1;
    control_text(about, "name", &name);
    control_text(about, "endpoint", &endpoint);
    if (text_same(name, finder->name) || wsd_endpoint_equal(endpoint, finder->name))
        return 2;
    if (text_number(finder->name, 1, INT32_MAX, &wanted))
        return wanted == number;
    return text_contains(name, finder->name) ||
           (strlen(finder->name) >= UUID_PART && text_contains(endpoint, finder->name));
}

static void consider(struct finder *finder, const char *path, struct json_object *about)
{
    int64_t number = 0;
    int fit;

    if (!json_object_is_type(about, json_type_object) ||
        !control_number(about, "number", 1, INT32_MAX, &number))
        return;
    finder->n_all++;
    fit = fits(finder, about, number);
    if (fit && (finder->n == 0 || (fit == 2 && finder->n_exact == 0)))
        keep(&finder->best, path, number, about);
    finder->n += fit > 0;
    finder->n_exact += fit == 2;
    if (finder->n_shown < SHOWN_MAX && (fit || finder->n == 0))
        keep(&finder->others[finder->n_shown++], path, number, about);
}

static int ask_devices(struct finder *finder, const char *path)
{
    struct json_object *request = json_object_new_object(), *answer = NULL, *devices = NULL;

    if (request)
        json_object_object_add(request, "command", json_object_new_string("devices"));
    int r = call(path, request, PRESENT_MS, &answer);
    if (r == 0 && json_object_object_get_ex(answer, "devices", &devices) &&
        json_object_is_type(devices, json_type_array))
        for (size_t i = 0; i < json_object_array_length(devices); i++)
            consider(finder, path, json_object_array_get_idx(devices, i));
    json_object_put(answer);
    return r;
}

static void on_socket(void *user, const char *path)
{
    struct finder *finder = user;
    int r = session_signals() > 0 ? 0 : ask_devices(finder, path);

    if (r < 0 && r != -EINTR)
        session_note(finder->session, "%s does not answer: %s", path, strerror(-r));
}

/* -- saying -------------------------------------------------------------------------------------
 */

static void list(const struct finder *finder)
{
    for (size_t i = 0; i < finder->n_shown; i++) {
        const struct panel_device *d = &finder->others[i];
        if (finder->n > 0 && !fits(finder, d->about, d->number))
            continue;
        fprintf(stderr, "    %-4d ", (int)d->number);
        text_column(stderr, panel_device_text(d, "name"), 32);
        fputs("  ", stderr);
        text_put(stderr, d->path);
        fputc('\n', stderr);
    }
}

static int say_none(const struct finder *finder)
{
    char what[300] = "";

    if (finder->n_all == 0)
        return report_failure(finder->session, EXIT_CODE_NOT_FOUND, NULL,
                              "no 'wsd serve' of this user runs",
                              "Start one with 'wsd serve', or name its socket with --control.");
    text_append(what, sizeof what, "no 'wsd serve' has a scanner '%.100s'", finder->name);
    report_failure(finder->session, EXIT_CODE_NOT_FOUND, NULL, what,
                   "Nor is that something to do at a panel ('wsd panel --help'). There are:");
    list(finder);
    return EXIT_CODE_NOT_FOUND;
}

static int say_several(const struct finder *finder)
{
    char what[300] = "";

    if (finder->name)
        text_append(what, sizeof what, "'%.100s' fits several scanners", finder->name);
    else
        text_append(what, sizeof what, "there are several scanners");
    report_failure(finder->session, EXIT_CODE_NOT_FOUND, NULL, what,
                   "Name one in front of what to do, or its socket with --control:");
    list(finder);
    return EXIT_CODE_NOT_FOUND;
}

static int look(struct finder *finder)
{
    const char *path = args_text(finder->session->args, OPT_CONTROL, NULL);
    char folder[CONTROL_MAX_PATH];
    control_reason reason = "";
    int r;

    if (path) {
        r = ask_devices(finder, path);
        return r < 0 ? say_broken(finder->session, path, r) : EXIT_CODE_OK;
    }
    r = control_folder(folder, false, reason);
    if (r == 0)
        r = control_each(folder, "serve", false, on_socket, finder);
    if (session_signals() > 0)
        return EXIT_CODE_INTERRUPTED;
    if (r < 0 && r != -ENOENT)
        return report_failure(finder->session, EXIT_CODE_FAILURE, NULL, *reason ? reason : folder,
                              "Control sockets are looked for only in a folder of our own.");
    return EXIT_CODE_OK;
}

int panel_find(struct session *session, const char *name, struct panel_device *ret)
{
    struct finder finder = {.session = session, .name = name};
    int code = look(&finder);

    if (code == EXIT_CODE_OK && finder.n == 0)
        code = say_none(&finder);
    else if (code == EXIT_CODE_OK && finder.n > 1 && finder.n_exact != 1)
        code = say_several(&finder);
    if (code == EXIT_CODE_OK)
        *ret = finder.best;
    else
        panel_device_free(&finder.best);
    for (size_t i = 0; i < finder.n_shown; i++)
        panel_device_free(&finder.others[i]);
    return code;
}
