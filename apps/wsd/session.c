/* SPDX-License-Identifier: MIT */
/*
 * Context, signals and notes. The signal handler does the one thing that it may: it wakes the
 * context, so that every wait ends at once; the third signal ends the program without more ado.
 */
#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/exit_codes.h"
#include "common/text.h"
#include "report.h"
#include "trace.h"

#define CONNECT_MS 5000u /* the library's own limit */

static struct wsd_context *signalled_context;
static volatile sig_atomic_t signals;

static void on_signal(int number)
{
    (void)number;
    signals = signals + 1;
    if (signals > 2)
        _exit(EXIT_CODE_INTERRUPTED);
    if (signalled_context)
        wsd_context_interrupt(signalled_context);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    /* A reader that went away, or a file as large as it may be, is an error of the write. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

int session_signals(void)
{
    return signals;
}

/* A test has a clock of its own to turn (tests/apps/scand/turned_clock.h). */
#ifdef WSD_TURNED_CLOCK
#include WSD_TURNED_CLOCK
#define SESSION_CLOCK turned_now

uint64_t session_now(void)
{
    return turned_now(NULL);
}
#else
#define SESSION_CLOCK NULL

uint64_t session_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
#endif

static void on_trace(void *user, const struct wsd_trace *message)
{
    struct session *session = user;

    if (session->watch)
        session->watch(session->watch_user, message);
    if (!session->trace)
        return;
    session_end_line(session);
    trace_message(session->trace, message);
}

static void on_log(void *user, enum wsd_log_level level, const char *line)
{
    struct session *session = user;

    if (session->debug) {
        session_end_line(session);
        fputs("wsd: ", stderr);
        text_put(stderr, line);
        fputc('\n', stderr);
    }
    trace_note(session->trace, level == WSD_LOG_ERROR ? "error" : "log", line);
}

/* "a,b" and repeated options become one list. */
static bool gather_interfaces(struct session *session, const struct args *args)
{
    size_t n = 0, size = 1, limit = sizeof session->interfaces / sizeof *session->interfaces - 1;

    for (unsigned i = 0; i < args->count[OPT_INTERFACE]; i++)
        size += strlen(args->values[OPT_INTERFACE][i]) + 1;
    session->interface_text = calloc(1, size);
    if (!session->interface_text)
        return false;
    for (unsigned i = 0; i < args->count[OPT_INTERFACE]; i++) {
        size_t used = strlen(session->interface_text);
        snprintf(session->interface_text + used, size - used, "%s,",
                 args->values[OPT_INTERFACE][i]);
    }
    char *rest = session->interface_text;
    for (char *word; n < limit && (word = strsep(&rest, ",")) != NULL;)
        if (*word)
            session->interfaces[n++] = word;
    return true;
}

static int make_context(struct session *session)
{
    const struct args *args = session->args;
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_error error = {0};

    if (!gather_interfaces(session, args))
        return report_no_memory();
    options.user = session;
    if (session->trace) {
        options.log = on_log;
        options.trace = on_trace;
    }
    if (args->command == COMMAND_DOCTOR || args->command == COMMAND_VERIFY)
        options.trace = on_trace;
    options.interfaces = session->interfaces[0] ? session->interfaces : NULL;
    options.ipv4_only = args_has(args, OPT_IPV4);
    options.ipv6_only = args_has(args, OPT_IPV6);
    options.allow_loopback = args_has(args, OPT_LOOPBACK);
    options.allow_foreign_addresses = args_has(args, OPT_ALLOW_FOREIGN);
    options.now = SESSION_CLOCK;
    if (options.ipv4_only && options.ipv6_only) {
        usage_error(args, "--ipv4 and --ipv6 exclude each other");
        return EXIT_CODE_USAGE;
    }
    if (wsd_context_new(&options, &session->context, &error) < 0)
        return report_error(session, NULL, &error);
    return EXIT_CODE_OK;
}

int session_open(struct session *session, const struct args *args)
{
    *session = (struct session){
        .args = args,
        .json = args_has(args, OPT_JSON),
        .quiet = args_has(args, OPT_QUIET),
        .debug = args_has(args, OPT_DEBUG),
        .terminal_out = isatty(STDOUT_FILENO),
        .terminal_err = isatty(STDERR_FILENO),
        .search_ms = SESSION_SEARCH_MS,
        .request = WSD_REQUEST_OPTIONS_INIT,
    };
    /* Each line leaves at once, also into a pipe: lists are read while they grow. */
    setvbuf(stdout, NULL, _IOLBF, 8192);
    if (!args_seconds(args, OPT_TIMEOUT, &session->search_ms) ||
        !args_seconds(args, OPT_TIMEOUT, &session->request.answer_timeout))
        return EXIT_CODE_USAGE;
    /* Who allows half a second for an answer does not mean to wait five for the connection. */
    if (session->request.answer_timeout > 0 && session->request.answer_timeout < CONNECT_MS)
        session->request.connect_timeout = session->request.answer_timeout;
    int code = trace_open(session, &session->trace);
    if (code == EXIT_CODE_OK)
        code = make_context(session);
    if (code != EXIT_CODE_OK)
        return code;
    signalled_context = session->context;
    catch_signals();
    return EXIT_CODE_OK;
}

void session_end_network(struct session *session)
{
    struct wsd_context *context = session->context;
    signalled_context = NULL;
    session->context = NULL;
    wsd_context_free(context);
}

void session_close(struct session *session)
{
    session_end_line(session);
    session_end_network(session);
    trace_close(session->trace);
    session->trace = NULL;
    free(session->interface_text);
    session->interface_text = NULL;
}

bool session_turn(struct session *session, uint64_t deadline)
{
    uint64_t now = session_now();
    int wait = deadline <= now ? 0 : deadline - now > 60000 ? 60000 : (int)(deadline - now);
    int before = signals;

    if (before > 0)
        return false;
    int r = wsd_context_wait(session->context, wait, NULL);
    return r >= 0 && signals == before;
}

bool session_sleep(struct session *session, unsigned milliseconds)
{
    uint64_t deadline = session_now() + milliseconds;

    while (session_now() < deadline)
        if (!session_turn(session, deadline))
            return false;
    return true;
}

void session_end_line(struct session *session)
{
    if (!session->line_open)
        return;
    session->line_open = false;
    fputs(session->terminal_err ? "\r\033[K" : "\n", stderr);
}

void session_debug(struct session *session, const char *format, ...)
{
    char raw[1024];
    va_list list;

    va_start(list, format);
    vsnprintf(raw, sizeof raw, format, list);
    va_end(list);
    on_log(session, WSD_LOG_WARNING, raw);
}

void session_note(struct session *session, const char *format, ...)
{
    char raw[1024], line[1024];
    va_list list;

    va_start(list, format);
    vsnprintf(raw, sizeof raw, format, list);
    va_end(list);
    text_clean(raw, line, sizeof line);
    trace_note(session->trace, "note", line);
    if (session->quiet)
        return;
    session_end_line(session);
    fprintf(stderr, "wsd: %s\n", line);
}
