/* SPDX-License-Identifier: MIT */
/* wsd-scand: "Scan to this computer". Options, signals, and what is printed rather than logged. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exits.h"
#include "log.h"
#include "scand.h"
#include "status.h"

#define DELIVER "wsd-scand-deliver"

enum option_id {
    OPTION_CONFIG = 'c',
    OPTION_FOREGROUND = 'f',
    OPTION_DEBUG = 'd',
    OPTION_HELP = 'h',
    OPTION_SYSTEM = 256,
    OPTION_USER,
    OPTION_CHECK,
    OPTION_EXAMPLE,
    OPTION_CONTROL,
    OPTION_JSON,
    OPTION_LOOPBACK,
    OPTION_VERSION
};

static const struct option_text {
    int id;
    const char *name, *argument, *summary;
} options[] = {
    {OPTION_CONFIG, "config", "FILE", "read FILE and its .d folder, and nothing else"},
    {OPTION_SYSTEM, "system", NULL, "use the system's files and folders (the default for root)"},
    {OPTION_USER, "user", NULL, "use the files and folders of this user"},
    {OPTION_FOREGROUND, "foreground", NULL, "log for a person at a terminal"},
    {OPTION_DEBUG, "debug", NULL, "log all that happens"},
    {OPTION_CHECK, "check", NULL, "read the configuration, name each mistake, and end"},
    {OPTION_EXAMPLE, "print-config", NULL,
     "print a configuration with all keys explained, and end"},
    {OPTION_CONTROL, "control", "SOCKET", "status, reload: where the daemon listens"},
    {OPTION_JSON, "json", NULL, "status: for programs"},
    {OPTION_LOOPBACK, "loopback", NULL, "look for scanners on this machine as well (wsd serve)"},
    {OPTION_HELP, "help", NULL, "show this help and exit"},
    {OPTION_VERSION, "version", NULL, "show the version and exit"},
};
#define N_OPTIONS (sizeof options / sizeof *options)

struct command_line {
    struct scand_options scand;
    const char *control, *command;
    bool foreground, debug, check, example, json;
    bool system, system_given;
};

static void help(void)
{
    puts("wsd-scand puts this computer on the panel of the scanners of the network. Who presses "
         "the\n"
         "button there gets a finished document here.\n"
         "\n"
         "  wsd-scand                  runs until a signal ends it; without any configuration "
         "there\n"
         "                             is one destination, named after this computer\n"
         "  wsd-scand --foreground     the same, with a log to read\n"
         "  wsd-scand status           scanners, registrations, the last scans\n"
         "  wsd-scand reload           reads the configuration again (as SIGHUP does)\n"
         "  wsd-scand --check          what is wrong with the configuration\n"
         "  wsd-scand --print-config   all that can be configured, as a file to begin with\n"
         "\n"
         "Options:");
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char left[40], letter[8] = "    ";
        if (options[i].id < 256)
            snprintf(letter, sizeof letter, "-%c, ", options[i].id);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, options[i].name,
                 options[i].argument ? " " : "", options[i].argument ? options[i].argument : "");
        printf("  %-26s %s\n", left, options[i].summary);
    }
    puts("\nExit codes:");
#define PRINT(name, number, text) printf("  %-4d %s\n", number, text);
    EXITS_MAP(PRINT)
#undef PRINT
    puts("\nFiles: /etc/wsd-scand.conf, /etc/wsd-scand.conf.d/*.conf; for a user also\n"
         "~/.config/wsd-scand.conf. See wsd-scand(8) and wsd-scand.conf(5).");
}

/* -- time ---------------------------------------------------------------------------------------
 */

/* A test has a clock of its own to turn (tests/apps/scand/turned_clock.h). */
#ifdef WSD_TURNED_CLOCK
#include WSD_TURNED_CLOCK
static const struct loop_clock the_clock = {turned_now, turned_wall, NULL};
#else
static uint64_t system_now(void *user)
{
    struct timespec now;

    (void)user;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static time_t system_wall(void *user)
{
    (void)user;
    return time(NULL);
}

static const struct loop_clock the_clock = {system_now, system_wall, NULL};
#endif

/* -- options ------------------------------------------------------------------------------------
 */

static bool take_option(struct command_line *line, int id)
{
    switch (id) {
    case OPTION_CONFIG:
        line->scand.source.file = optarg;
        return true;
    case OPTION_SYSTEM:
    case OPTION_USER:
        line->system = id == OPTION_SYSTEM;
        line->system_given = true;
        return true;
    case OPTION_FOREGROUND:
        line->foreground = true;
        return true;
    case OPTION_DEBUG:
        line->debug = true;
        return true;
    case OPTION_CHECK:
        line->check = true;
        return true;
    case OPTION_EXAMPLE:
        line->example = true;
        return true;
    case OPTION_CONTROL:
        line->control = optarg;
        return true;
    case OPTION_JSON:
        line->json = true;
        return true;
    case OPTION_LOOPBACK:
        line->scand.allow_loopback = true;
        return true;
    }
    return false;
}

/* -1: go on; else an exit code. */
static int read_line(int argc, char **argv, struct command_line *line)
{
    struct option longs[N_OPTIONS + 1] = {0};
    int id;

    for (size_t i = 0; i < N_OPTIONS; i++)
        longs[i] = (struct option){options[i].name, options[i].argument ? required_argument : 0,
                                   NULL, options[i].id};
    while ((id = getopt_long(argc, argv, "c:fdh", longs, NULL)) != -1) {
        if (id == OPTION_HELP) {
            help();
            return EXITS_OK;
        }
        if (id == OPTION_VERSION) {
            puts("wsd-scand " WSD_VERSION);
            return EXITS_OK;
        }
        if (!take_option(line, id)) {
            fputs("Try wsd-scand --help.\n", stderr);
            return EXITS_USAGE;
        }
    }
    line->command = argv[optind];
    if (line->command && argv[optind + 1]) {
        fprintf(stderr, "wsd-scand: '%s' is one word too many; try wsd-scand --help\n",
                argv[optind + 1]);
        return EXITS_USAGE;
    }
    line->scand.source.system = line->system_given ? line->system : geteuid() == 0;
    return -1;
}

/* -- what is printed ----------------------------------------------------------------------------
 */

static void print_line(void *user, const char *text)
{
    (void)user;
    puts(text);
}

static void print_mistake(void *user, const char *file, unsigned line, const char *key,
                          const char *what)
{
    (void)user;
    fprintf(stderr, "%s:", file);
    if (line > 0)
        fprintf(stderr, "%u:", line);
    fprintf(stderr, " %s%s%s\n", key ? key : "", key ? ": " : "", what);
}

static int check(const struct command_line *line)
{
    struct config *config = NULL;

    if (config_read(&line->scand.source, print_mistake, NULL, &config) < 0)
        return EXITS_USAGE;
    if (!config->files || !*config->files)
        puts("there is no file of configuration; what holds without one:");
    for (config_list file = config->files; file && *file; file++)
        printf("read %s\n", *file);
    for (size_t i = 0; i < config->n_destinations; i++) {
        char shown[256];
        config_line(config, &config->destinations[i], "", shown, sizeof shown);
        printf("destination \"%s\", on panels \"%s\", to %s\n", config->destinations[i].name, shown,
               config->destinations[i].folder ? config->destinations[i].folder : "a command");
    }
    config_release(config);
    return EXITS_OK;
}

/* -- running ------------------------------------------------------------------------------------
 */

/* Beside this program where both were built, else where it was installed. */
static const char *find_deliver(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof DELIVER - 1);

    for (; n > 0 && path[n - 1] != '/'; n--)
        ;
    if (n > 0) {
        memcpy(path + n, DELIVER, sizeof DELIVER);
        if (access(path, X_OK) == 0)
            return path;
    }
    return WSD_LIBEXEC_DIR "/" DELIVER;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    struct sigaction action = {.sa_handler = scand_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

static int run(struct command_line *line)
{
    static char deliver[PATH_MAX];
    struct scand *scand = NULL;

    log_open(line->foreground, line->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    line->scand.clock = the_clock;
    line->scand.deliver = find_deliver(deliver);
    catch_signals();
    int r = scand_open(&line->scand, &scand);
    if (r == 0)
        r = scand_run(scand);
    scand_free(scand);
    if (r < 0)
        log_say(LOG_LEVEL_ERROR, NULL, "wsd-scand ends: %s", strerror(-r));
    log_close();
    return r == 0 ? EXITS_OK : r == -EINVAL ? EXITS_USAGE : EXITS_FAILURE;
}

static void no_matter(void *user, const char *file, unsigned line, const char *key,
                      const char *what)
{
    (void)user, (void)file, (void)line, (void)key, (void)what;
}

/* Where the daemon listens: as the options say, or its configuration. NULL: in the usual places. */
static const char *find_control(const struct command_line *line, char path[PATH_MAX])
{
    struct config *config = NULL;
    const char *found = line->control;

    if (!found && config_read(&line->scand.source, no_matter, NULL, &config) == 0 &&
        config->control) {
        snprintf(path, PATH_MAX, "%s", config->control);
        found = path;
    }
    config_release(config);
    return found;
}

int main(int argc, char **argv)
{
    char control[PATH_MAX];
    struct command_line line = {0};
    int code = read_line(argc, argv, &line);

    if (code >= 0)
        return code;
    if (line.example) {
        config_print_example(print_line, NULL);
        return EXITS_OK;
    }
    if (line.check)
        return check(&line);
    if (!line.command)
        return run(&line);
    if (strcmp(line.command, "status") == 0)
        return status_ask(find_control(&line, control), line.json);
    if (strcmp(line.command, "reload") == 0)
        return status_reload(find_control(&line, control));
    fprintf(stderr, "wsd-scand: there is no command '%s'; try wsd-scand --help\n", line.command);
    return EXITS_USAGE;
}
