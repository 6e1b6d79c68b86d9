/* SPDX-License-Identifier: MIT */
/* `wsd-scand status` and `wsd-scand reload`: the other end of the control socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/control.h"
#include "common/print_json.h"
#include "common/stamp.h"
#include "common/text.h"
#include "exits.h"
#include "status.h"

#define ANSWER_MS 10000u

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = "";

    control_text(object, key, &text);
    return text;
}

static int64_t number_of(struct json_object *object, const char *key)
{
    int64_t number = 0;

    control_number(object, key, 0, INT64_MAX, &number);
    return number;
}

/* The daemon has the words for its states. */
static void print_scanner(struct json_object *s, const struct json_object *words)
{
    const char *state = text_of(s, "state"), *meaning = state;
    struct json_object *panel = json_object_object_get(s, "panel");
    char span[STAMP_SIZE];
    int64_t remaining = number_of(s, "remaining");

    printf("  ");
    text_column(stdout, text_of(s, "name"), 28);
    printf("  ");
    text_column(stdout, text_of(s, "address"), 18);
    control_text(words, state, &meaning);
    printf("  ");
    text_put(stdout, meaning);
    if (remaining > 0)
        printf(", registered for another %s", stamp_span(remaining, span));
    putchar('\n');
    for (size_t i = 0; panel && i < json_object_array_length(panel); i++) {
        printf("      on its panel: ");
        text_put(stdout, text_of(json_object_array_get_idx(panel, i), "shown"));
        putchar('\n');
    }
    if (*text_of(s, "error")) {
        printf("      ");
        text_put(stdout, text_of(s, "error"));
        putchar('\n');
    }
}

static void print_scan(struct json_object *s)
{
    struct json_object *files = json_object_object_get(s, "files");
    char size[32];

    printf("  %.16s  ", text_of(s, "began"));
    text_column(stdout, text_of(s, "scanner"), 20);
    printf("  ");
    text_column(stdout, text_of(s, "destination"), 16);
    printf("  %-10s  %lld page%s, %s\n", text_of(s, "state"), (long long)number_of(s, "pages"),
           number_of(s, "pages") == 1 ? "" : "s",
           text_bytes((unsigned long long)number_of(s, "bytes"), size, sizeof size));
    for (size_t i = 0; files && i < json_object_array_length(files); i++) {
        printf("      ");
        text_put(stdout, json_object_get_string(json_object_array_get_idx(files, i)));
        putchar('\n');
    }
    static const char *const more[] = {"error", "kept"};
    for (size_t i = 0; i < 2; i++)
        if (*text_of(s, more[i])) {
            printf("      %s", i ? "what came is in " : "");
            text_put(stdout, text_of(s, more[i]));
            putchar('\n');
        }
}

static void print_status(struct json_object *answer)
{
    struct json_object *scanners = json_object_object_get(answer, "scanners");
    struct json_object *scans = json_object_object_get(answer, "scans");
    const struct json_object *words = json_object_object_get(answer, "state_words");
    size_t n_scanners = scanners ? json_object_array_length(scanners) : 0;
    size_t n_scans = scans ? json_object_array_length(scans) : 0;
    char span[STAMP_SIZE];

    printf("wsd-scand %s on ", text_of(answer, "version"));
    text_put(stdout, text_of(answer, "host"));
    printf(", port %lld, running for %s\n", (long long)number_of(answer, "port"),
           stamp_span(number_of(answer, "running"), span));
    puts(n_scanners ? "\nScanners"
                    : "\nNo scanner was found yet. Is it switched on, and on this "
                      "network? `wsd list` shows who answers.");
    for (size_t i = 0; i < n_scanners; i++)
        print_scanner(json_object_array_get_idx(scanners, i), words);
    if (n_scans)
        puts("\nScans");
    for (size_t i = 0; i < n_scans; i++)
        print_scan(json_object_array_get_idx(scans, i));
}

/* -- asking -------------------------------------------------------------------------------------
 */

/* The person's own daemon, else the system's. */
static int connect_usual(char *path, size_t size)
{
    int fd = -ENOENT;

    for (int system = 0; system < 2 && fd < 0; system++) {
        int r = status_usual_path(path, size, system != 0) ? control_connect(path) : -ENOENT;
        if (fd != -EACCES || r >= 0)
            fd = r;
    }
    return fd;
}

static int ask(const char *path, const char *command, struct json_object **ret)
{
    struct json_object *request = json_object_new_object();
    char usual[CONTROL_MAX_PATH] = "";
    int fd = path ? control_connect(path) : connect_usual(usual, sizeof usual);
    int r = fd;

    if (fd >= 0) {
        json_object_object_add(request, "command", json_object_new_string(command));
        r = control_call(fd, request, ANSWER_MS, ret);
        close(fd);
    }
    json_object_put(request);
    if (r >= 0)
        return EXITS_OK;
    path = path ? path : usual;
    if (r == -EACCES)
        fprintf(stderr, "wsd-scand: %s is not yours to ask; try it as root\n", path);
    else if (fd < 0)
        fprintf(stderr, "wsd-scand: it is not running: nobody listens at %s\n", path);
    else
        fprintf(stderr, "wsd-scand: %s: %s\n", path, strerror(-r));
    return fd < 0 && r != -EACCES ? EXITS_NOT_RUNNING : EXITS_FAILURE;
}

int status_ask(const char *path, bool json)
{
    struct json_object *answer = NULL;
    int code = ask(path, "status", &answer);

    if (code == EXITS_OK && json)
        code = json_print_pretty(json_object_get(answer));
    else if (code == EXITS_OK)
        print_status(answer);
    json_object_put(answer);
    return code;
}

int status_reload(const char *path)
{
    struct json_object *answer = NULL;
    int code = ask(path, "reload", &answer);
    bool ok = false;

    if (code == EXITS_OK)
        control_flag(answer, "ok", &ok);
    if (code == EXITS_OK && !ok) {
        fprintf(stderr, "wsd-scand: %s\n", text_of(answer, "error"));
        code = EXITS_USAGE;
    }
    json_object_put(answer);
    return code;
}
