/* SPDX-License-Identifier: MIT */
/*
 * What all commands share: the context with its options from the command line, the signals, the
 * time limits, and what is written where.
 *
 * Results go to standard output, everything else to standard error.
 */
#ifndef WSD_APPS_SESSION_H
#define WSD_APPS_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <wsd/context.h>
#include <wsd/transfer.h>

#include "options.h"

struct trace;

#define SESSION_SEARCH_MS 4000u

struct session {
    struct wsd_context *context;
    const struct args *args;
    struct trace *trace;
    bool json, quiet, debug;
    bool terminal_out, terminal_err;
    bool until_signal; /* a signal is how the command is meant to end */
    bool line_open;    /* an unfinished line of progress stands on standard error */
    unsigned search_ms;
    struct wsd_request_options request; /* for calls to devices */
    /* Sees each message as well; set by those commands that want to. */
    void (*watch)(void *user, const struct wsd_trace *message);
    void *watch_user;
    const char *interfaces[OPTIONS_MAX_REPEATS * 4 + 1];
    char *interface_text; /* what they point into */
};

/* Makes the context and takes over SIGINT, SIGTERM and SIGHUP. Returns an exit code; on failure it
 * is said. */
int session_open(struct session *session, const struct args *args);
void session_close(struct session *session);
/* Frees the context before that, for a command that has no more to ask of anybody. */
void session_end_network(struct session *session);

/* Signals so far; the context has been interrupted at each. */
int session_signals(void);

/* Milliseconds that never run backwards. */
uint64_t session_now(void);

/* Runs the loop until `deadline` (of session_now()) or a turn of it is done. False if a signal came
 * or the loop failed. */
bool session_turn(struct session *session, uint64_t deadline);

/* Waits, with the loop running. False if a signal came. */
bool session_sleep(struct session *session, unsigned milliseconds);

/* A note for the person: standard error, a line of its own, not with --quiet. */
void session_note(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A line for who wants to know how it came: only with --debug. */
void session_debug(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wipes an unfinished line of progress. */
void session_end_line(struct session *session);

#endif
