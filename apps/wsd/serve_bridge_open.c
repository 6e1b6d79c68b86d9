/* SPDX-License-Identifier: MIT */
/* Which SANE devices are meant by --sane, and what their scanners are called. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"
#include "serve_bridge.h"

#define NAME_MAX_CHARS 100

/* -- names --------------------------------------------------------------------------------------
 */

static bool is_taken(const struct bridge *bridge, const char *name)
{
    const struct serve *serve = bridge->device->serve;

    for (long i = 0; i < serve->n_bridges; i++)
        if (&serve->bridges[i] != bridge && serve->bridges[i].known &&
            strcmp(serve->bridges[i].device->name, name) == 0)
            return true;
    return false;
}

/* The endpoint is made from the name: two of one model get a number. */
void serve_name_bridge(struct bridge *bridge)
{
    struct serve_device *device = bridge->device;
    const struct serve *serve = device->serve;
    char host[65] = "", name[NAME_MAX_CHARS + 1], clean[128];

    if (gethostname(host, sizeof host - 1) < 0 || !*host)
        snprintf(host, sizeof host, "this computer");
    host[strcspn(host, ".")] = '\0';
    if (args_has(serve->session->args, OPT_NAME) && serve->n_bridges == 1)
        snprintf(name, sizeof name, "%s", serve->name);
    else
        snprintf(name, sizeof name, "%.40s %.40s on %.15s", bridge->vendor, bridge->model, host);
    text_clean(name, clean, sizeof clean);
    snprintf(device->name, sizeof device->name, "%s", clean);
    for (unsigned i = 2; is_taken(bridge, device->name); i++)
        snprintf(device->name, sizeof device->name, "%.110s %u", clean, i);
}

/* -- the list -----------------------------------------------------------------------------------
 */

struct found {
    char *lines[SERVE_BRIDGES_MAX]; /* name, NUL, description */
    size_t n;
};

static void take_line(struct found *found, char *line)
{
    char *tab = strchr(line, '\t');

    line[strcspn(line, "\n")] = '\0';
    if (!tab || found->n >= SERVE_BRIDGES_MAX)
        return;
    *tab = '\0';
    size_t size = strlen(line) + strlen(tab + 1) + 2;
    char *copy = malloc(size);
    if (!copy)
        return;
    memcpy(copy, line, size);
    found->lines[found->n++] = copy;
}

static const char *description(const char *line)
{
    return line + strlen(line) + 1;
}

/* Searching takes some backends seconds; nothing runs yet that would have to wait for it. */
static int search(struct serve *serve, struct found *found)
{
    char line[512];
    pid_t pid = 0;
    int status = 0;
    FILE *file = host_list(&pid);

    if (!file)
        return report_failure(serve->session, EXIT_CODE_FAILURE, NULL,
                              "wsd-sane-host, which speaks to SANE, cannot be started",
                              strerror(errno));
    while (fgets(line, sizeof line, file))
        take_line(found, line);
    fclose(file);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return EXIT_CODE_OK;
    return report_failure(serve->session, EXIT_CODE_FAILURE, NULL,
                          "SANE cannot list its devices, or a backend crashed in doing so",
                          "'scanimage -L' may tell which; name a device with --sane DEVICE.");
}

static void print_list(const struct serve *serve, const struct found *found)
{
    for (size_t i = 0; i < found->n; i++) {
        const char *name = found->lines[i];
        char clean[256];
        if (serve->session->json) {
            struct json_object *object = json_object_new_object();
            json_put_text(object, "sane", name);
            json_put_text(object, "description", description(name));
            json_print_line(object);
            json_object_put(object);
        } else {
            printf("%s\t%s%s\n", name, text_clean(description(name), clean, sizeof clean),
                   bridge_is_loop(name) ? " (a WSD scanner already)" : "");
        }
    }
}

/* -- choosing -----------------------------------------------------------------------------------
 */

static int add(struct serve *serve, const char *name)
{
    for (long i = 0; i < serve->n_bridges; i++)
        if (strcmp(serve->bridges[i].name, name) == 0)
            return EXIT_CODE_OK;
    if (bridge_is_loop(name))
        return report_failure(serve->session, EXIT_CODE_USAGE, name,
                              "is a WSD scanner on the network already",
                              "Sharing it again would show it twice.");
    if (serve->n_bridges == SERVE_BRIDGES_MAX)
        return report_failure(serve->session, EXIT_CODE_USAGE, name,
                              "is one device more than one 'wsd serve' can share",
                              "Start another.");
    serve->bridges[serve->n_bridges++] = (struct bridge){.name = name, .host = {.fd = -1}};
    return EXIT_CODE_OK;
}

/* What comes from the network by another protocol is left to its owner too, unless it is named. */
static bool is_local(const char *name)
{
    return !bridge_is_loop(name) && strncmp(name, "airscan:", 8) != 0 &&
           strncmp(name, "escl:", 5) != 0 && strncmp(name, "net:", 4) != 0;
}

static int add_all(struct serve *serve, struct found *found)
{
    int code = EXIT_CODE_OK;
    long before = serve->n_bridges;

    for (size_t i = 0; i < found->n && code == EXIT_CODE_OK; i++) {
        if (is_local(found->lines[i])) {
            code = add(serve, found->lines[i]);
            continue;
        }
        session_note(serve->session, "%s is on the network already and is left out",
                     found->lines[i]);
    }
    if (code == EXIT_CODE_OK && serve->n_bridges == before)
        code = report_failure(serve->session, EXIT_CODE_NOT_FOUND, NULL,
                              "SANE finds no scanner at this computer",
                              "Is it plugged in, and may this user use it? 'scanimage -L' lists "
                              "what SANE finds.");
    return code;
}

static int choose(struct serve *serve, struct found *found)
{
    const struct args *args = serve->session->args;
    int code = EXIT_CODE_OK;

    for (unsigned i = 0; i < args->count[OPT_SANE] && code == EXIT_CODE_OK; i++) {
        const char *name = args->values[OPT_SANE][i];
        bool lists = strcmp(name, "list") == 0;
        if (!lists && strcmp(name, "all") != 0) {
            code = add(serve, name);
            continue;
        }
        if (found->n == 0)
            code = search(serve, found);
        if (code == EXIT_CODE_OK && lists) {
            print_list(serve, found);
            return -1;
        }
        if (code == EXIT_CODE_OK)
            code = add_all(serve, found);
    }
    return code;
}

int bridges_open(struct serve *serve)
{
    struct found *found;
    int code;

    if (!args_has(serve->session->args, OPT_SANE))
        return EXIT_CODE_OK;
    found = calloc(1, sizeof *found);
    serve->found = found;
    serve->bridges = calloc(SERVE_BRIDGES_MAX, sizeof *serve->bridges);
    if (!serve->bridges || !found)
        return report_no_memory();
    code = choose(serve, found);
    serve->count = serve->n_bridges;
    if (code != EXIT_CODE_OK || serve->n_bridges == 1 ||
        !(args_has(serve->session->args, OPT_NAME) || args_has(serve->session->args, OPT_UUID)))
        return code;
    usage_error(serve->session->args, "--name and --uuid are for one device, and --sane means %ld",
                serve->n_bridges);
    return EXIT_CODE_USAGE;
}

void bridges_forget_list(struct serve *serve)
{
    struct found *found = serve->found;

    for (size_t i = 0; found && i < found->n; i++)
        free(found->lines[i]);
    free(found);
}
