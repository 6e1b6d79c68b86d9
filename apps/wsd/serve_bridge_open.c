/* SPDX-License-Identifier: MIT */
/* Which SANE devices are meant by --sane, and what their scanners are called. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/print_json.h"
#include "common/text.h"
#include "report.h"
#include "serve_bridge.h"

#define NAME_MAX_CHARS 100
#define SEARCH_MS      60000u /* that backends may take for their list */
#define LISTED_MAX     512    /* devices */
#define LIST_PART      4096
#define LIST_MAX       262144 /* bytes of their list */

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

struct listed {
    const char *name, *type, *text; /* text: vendor and model */
};

struct found {
    char *text; /* what the search printed, cut into its words */
    size_t size;
    struct listed devices[LISTED_MAX];
    size_t n;
};

/* Cuts the next word off a line; NULL if there is none. */
static char *cut(char **rest, char end)
{
    char *word = *rest, *at = word ? strchr(word, end) : NULL;

    if (!at)
        return NULL;
    *at = '\0';
    *rest = at + 1;
    return word;
}

/* A line that was not printed to its end is none. */
static void take_lines(struct found *found)
{
    char *rest = found->text, *line;

    while (found->n < LISTED_MAX && (line = cut(&rest, '\n')) != NULL) {
        struct listed device = {.name = cut(&line, '\t'), .type = cut(&line, '\t')};
        device.text = line;
        if (device.name && device.type)
            found->devices[found->n++] = device;
    }
}

/* More of what the search prints. 1; 0 at its end; negative errno. */
static int take_some(struct found *found, int fd)
{
    char *grown = realloc(found->text, found->size + LIST_PART + 1);
    ssize_t n;

    if (!grown)
        return -ENOMEM;
    found->text = grown;
    do
        n = read(fd, grown + found->size, LIST_PART);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    found->size += (size_t)n;
    grown[found->size] = '\0';
    return n > 0 && found->size < LIST_MAX;
}

/* 0 when all was said; -EINTR: a signal came; -ETIMEDOUT, or another negative errno. */
static int hear(struct serve *serve, struct found *found, int fd)
{
    struct wsd_context *context = serve->session->context;
    uint64_t end = session_now() + SEARCH_MS, now;
    int r = 1;

    while (r > 0 && (now = session_now()) < end) {
        /* The context's descriptor wakes it when a signal comes. */
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                               {.fd = wsd_context_fd(context), .events = POLLIN}};
        if (session_signals() > 0)
            return -EINTR;
        if (poll(fds, 2, (int)(end - now)) < 0 && errno != EINTR)
            return -errno;
        if (fds[0].revents)
            r = take_some(found, fd);
        if (fds[1].revents)
            wsd_context_dispatch(context, NULL);
    }
    return r > 0 ? -ETIMEDOUT : r;
}

/* Searching takes some backends seconds; nothing runs yet that would have to wait for it. */
static int search(struct serve *serve, struct found *found)
{
    pid_t pid = 0;
    int status = 0, r, fd = host_list(&pid);

    if (fd < 0)
        return report_failure(serve->session, EXIT_CODE_FAILURE, NULL,
                              "wsd-sane-host, which speaks to SANE, cannot be started",
                              strerror(-fd));
    r = hear(serve, found, fd);
    close(fd);
    if (r < 0)
        kill(-pid, SIGKILL); /* with all that its backends have begun */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (r == -EINTR)
        return EXIT_CODE_INTERRUPTED;
    if (r == -ENOMEM)
        return report_no_memory();
    take_lines(found);
    if (r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return EXIT_CODE_OK;
    return report_failure(serve->session, EXIT_CODE_FAILURE, NULL,
                          r == -ETIMEDOUT
                              ? "SANE does not come to an end of listing its devices"
                              : "SANE cannot list its devices, or a backend crashed in doing so",
                          "'scanimage -L' may tell which; name a device with --sane DEVICE.");
}

static void print_list(const struct serve *serve, const struct found *found)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct listed *device = &found->devices[i];
        char clean[256];
        if (serve->session->json) {
            struct json_object *object = json_object_new_object();
            json_put_text(object, "sane", device->name);
            json_put_text(object, "description", device->text);
            json_print_line(object);
            json_object_put(object);
        } else {
            printf("%s\t%s%s\n", device->name, text_clean(device->text, clean, sizeof clean),
                   bridge_is_loop(device->name) ? " (a WSD scanner already)" : "");
        }
    }
}

/* -- choosing -----------------------------------------------------------------------------------
 */

/* From `wsd:` and `airscan:w...` a scanner would be shared back to where it came from, and several
 * computers that do so would show each other their scanners for ever. Another computer's SANE may
 * stand between ("net:HOST:", the host an address in brackets perhaps). */
bool bridge_is_loop(const char *name)
{
    while (strncmp(name, "net:", 4) == 0) {
        const char *host = name + 4, *end = *host == '[' ? strchr(host, ']') : host;
        end = end ? strchr(end, ':') : NULL;
        if (!end)
            return false;
        name = end + 1;
    }
    return strncmp(name, "wsd:", 4) == 0 || strncmp(name, "airscan:w", 9) == 0;
}

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

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* "http://127.0.0.1:60000", as ipp-usb serves a scanner at USB. */
static bool is_here(const char *url)
{
    const char *host = strstr(url, "://");
    struct in_addr address;
    char word[64];

    if (!host)
        return false;
    host += 3;
    if (starts(host, "[::1]"))
        return true;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(host, ":/"), host);
    return strcmp(word, "localhost") == 0 ||
           (inet_pton(AF_INET, word, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* sane-airscan tells the address in place of a type, and ipp-usb marks its scanners by name. */
static bool is_airscan_here(const struct listed *device)
{
    size_t size = strlen(device->name);

    return starts(device->name, "airscan:") && !bridge_is_loop(device->name) &&
           (starts(device->type, "ip=127.") || starts(device->type, "ip=::1") ||
            (size > 5 && strcmp(device->name + size - 5, "(USB)") == 0));
}

/* What comes from the network by another protocol. Backends say so behind their own name: Epson's
 * and others "net", Brother's "net1", xerox_mfp "tcp", hpaio "/net/"; pixma begins with Canon's
 * number where it is USB. */
static bool is_remote(const struct listed *device)
{
    static const char *const words[] = {"net", "tcp ", "/net/"};
    const char *rest = strchr(device->name, ':');

    if (starts(device->name, "net:") || !rest)
        return rest != NULL;
    if (starts(device->name, "airscan:"))
        return !is_airscan_here(device);
    if (starts(device->name, "escl:"))
        return !is_here(device->name);
    if (starts(device->name, "pixma:"))
        return strncasecmp(rest + 1, "04a9", 4) != 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (starts(rest + 1, words[i]))
            return true;
    return false;
}

/* (SANE 4.2.8 has the types.) */
static bool is_camera(const struct listed *device)
{
    static const char *const types[] = {"frame grabber", "still camera", "video camera"};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(device->type, types[i]) == 0)
            return true;
    return starts(device->name, "v4l:") || starts(device->name, "gphoto2:");
}

/* Of a scanner at ipp-usb there are two entries where both backends are installed. */
static bool is_twice(const struct found *found, const struct listed *device)
{
    for (size_t i = 0; starts(device->name, "escl:") && i < found->n; i++)
        if (is_airscan_here(&found->devices[i]))
            return true;
    return false;
}

/* Why `all` leaves a device to its owner unless it is named; NULL: it does not. */
static const char *why_not(const struct serve *serve, const struct found *found,
                           const struct listed *device)
{
    return bridge_is_loop(device->name) || is_remote(device) ? "is on the network already"
           : is_camera(device)                               ? "is a camera"
           : is_twice(found, device)                         ? "is there by sane-airscan too"
           : serve->n_bridges == SERVE_BRIDGES_MAX
               ? "is one device more than one 'wsd serve' can share"
               : NULL;
}

static int add_all(struct serve *serve, struct found *found)
{
    int code = EXIT_CODE_OK;
    long before = serve->n_bridges;

    for (size_t i = 0; i < found->n && code == EXIT_CODE_OK; i++) {
        const char *why = why_not(serve, found, &found->devices[i]);
        if (why)
            session_note(serve->session, "%s %s and is left out", found->devices[i].name, why);
        else
            code = add(serve, found->devices[i].name);
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

    if (found)
        free(found->text);
    free(found);
}
