/* SPDX-License-Identifier: MIT */
/*
 * wsd panel: the person at the panel of a scanner made of software. Words of the command line
 * become a request; what they mean is the server's to say.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "panel.h"
#include "report.h"

struct words {
    const struct args *args;
    const char *const *items; /* behind the action */
    size_t n;
};

/* Fills in what the action says; false if its words are wrong. */
typedef bool fill_fn(const struct words *words, struct json_object *request);

static bool fill_nothing(const struct words *words, struct json_object *request)
{
    (void)request;
    return words->n == 0;
}

static bool fill_feeder(const struct words *words, struct json_object *request)
{
    long sheets = 0;

    if (words->n == 1 && strcmp(words->items[0], "empty") == 0) {
        json_put_number(request, "sheets", 0);
        return true;
    }
    if (words->n != 2 || strcmp(words->items[0], "load") != 0 ||
        !text_number(words->items[1], 0, INT32_MAX, &sheets))
        return false;
    json_put_number(request, "sheets", sheets);
    return true;
}

static bool fill_cover(const struct words *words, struct json_object *request)
{
    bool open = words->n == 1 && strcmp(words->items[0], "open") == 0;

    json_put(request, "open", json_object_new_boolean(open));
    return open || (words->n == 1 && strcmp(words->items[0], "close") == 0);
}

static bool fill_clear(const struct words *words, struct json_object *request)
{
    long id = 0;

    if (words->n == 0 || (words->n == 1 && strcmp(words->items[0], "all") == 0))
        return true;
    if (words->n != 1 || !text_number(words->items[0], 1, INT32_MAX, &id))
        return false;
    json_put_number(request, "condition", id);
    return true;
}

static bool fill_condition(const struct words *words, struct json_object *request)
{
    if (words->n != 3)
        return false;
    json_put_text(request, "name", words->items[0]);
    json_put_text(request, "component", words->items[1]);
    json_put_text(request, "severity", words->items[2]);
    return true;
}

static bool fill_cancel(const struct words *words, struct json_object *request)
{
    long id = 0;

    if (words->n == 0)
        return true;
    if (words->n != 1 || !text_number(words->items[0], 1, INT32_MAX, &id))
        return false;
    json_put_number(request, "job", id);
    return true;
}

static bool fill_press(const struct words *words, struct json_object *request)
{
    if (words->n != 1)
        return false;
    json_put_text(request, "destination", words->items[0]);
    json_put_text(request, "source", args_text(words->args, OPT_SOURCE, NULL));
    return true;
}

static bool fill_lamp(const struct words *words, struct json_object *request)
{
    if (words->n != 1)
        return false;
    json_put_text(request, "lamp", words->items[0]);
    return true;
}

static bool fill_configure(const struct words *words, struct json_object *request)
{
    struct json_object *settings = json_object_new_object();

    for (size_t i = 0; i < words->n; i++) {
        const char *equals = strchr(words->items[i], '=');
        char key[64];
        if (!equals || equals == words->items[i] || equals - words->items[i] >= (int)sizeof key) {
            json_object_put(settings);
            return false;
        }
        snprintf(key, sizeof key, "%.*s", (int)(equals - words->items[i]), words->items[i]);
        json_put(settings, key, json_object_new_string(equals + 1));
    }
    json_put(request, "settings", settings);
    return words->n > 0;
}

static const struct action {
    const char *name;
    fill_fn *fill;
    const char *usage;
} actions[] = {
    {"show", fill_nothing, "show"},
    {"press", fill_press, "press N|NAME [--source platen|adf|duplex]"},
    {"feeder", fill_feeder, "feeder load COUNT, or feeder empty"},
    {"jam", fill_nothing, "jam"},
    {"cover", fill_cover, "cover open, or cover close"},
    {"clear", fill_clear, "clear [ID|all]"},
    {"lamp", fill_lamp, "lamp warm, lamp calibrate, or lamp ready"},
    {"condition", fill_condition, "condition NAME COMPONENT SEVERITY"},
    {"cancel", fill_cancel, "cancel [JOB]"},
    {"configure", fill_configure, "configure KEY=VALUE..."},
    {"reboot", fill_nothing, "reboot"},
    {"vanish", fill_nothing, "vanish"},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

/* "[DEVICE] [ACTION [WORD...]]": what is no action is a device. */
static const struct action *parse(const struct args *args, const char **ret_device,
                                  struct words *ret_words)
{
    size_t at = 0;
    const struct action *action = args->n_operands > 0 ? find_action(args->operands[0]) : actions;

    if (!action) {
        *ret_device = args->operands[at++];
        action = args->n_operands > 1 ? find_action(args->operands[1]) : actions;
    }
    if (!action) {
        char list[200] = "";
        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
            text_append(list, sizeof list, "%s%s", i ? ", " : "", actions[i].name);
        usage_error(args, "a panel has no '%s'; it has %s", args->operands[at], list);
        return NULL;
    }
    if (at < args->n_operands)
        at++;
    *ret_words =
        (struct words){.args = args, .items = args->operands + at, .n = args->n_operands - at};
    return action;
}

static int print_answer(struct session *session, const struct action *action,
                        struct json_object *answer)
{
    const char *done = "";

    if (session->json) {
        json_object_object_del(answer, "ok");
        return json_print_pretty(answer);
    }
    if (action == actions) {
        panel_print(answer);
    } else {
        control_text(answer, "done", &done);
        text_put(stdout, done);
        putchar('\n');
    }
    json_object_put(answer);
    return EXIT_CODE_OK;
}

int command_panel(struct session *session)
{
    const struct args *args = session->args;
    struct json_object *request = json_object_new_object(), *answer = NULL;
    struct panel_device device = {0};
    const char *name = NULL;
    struct words words = {0};
    const struct action *action = parse(args, &name, &words);
    int code = EXIT_CODE_USAGE;

    if (action && args_has(args, OPT_SOURCE) && action->fill != fill_press) {
        usage_error(args, "--source goes with press");
        action = NULL;
    }
    if (action && !request)
        code = report_no_memory();
    else if (action && !action->fill(&words, request))
        usage_error(args, "it is: wsd panel [DEVICE] %s", action->usage);
    else if (action)
        code = panel_find(session, name, &device);
    if (code != EXIT_CODE_OK) {
        json_object_put(request);
        return code;
    }
    json_put_text(request, "command", action->name);
    json_put_number(request, "device", device.number);
    code = panel_ask(session, device.path, panel_device_text(&device, "name"), request, &answer);
    if (code == EXIT_CODE_OK)
        code = print_answer(session, action, answer);
    panel_device_free(&device);
    return code;
}
