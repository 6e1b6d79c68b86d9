/* SPDX-License-Identifier: MIT */
/*
 * Failures in words: what happened, on which device, what to do next; and the exit code that
 * belongs to it.
 */
#ifndef WSD_APPS_REPORT_H
#define WSD_APPS_REPORT_H

#include <wsd/error.h>

struct session;

/* Prints the failure of a library call. `device` is the name to show, NULL for none or when the
 * error knows it better. Returns the exit code. */
int report_error(struct session *session, const char *device, const struct wsd_error *error);

/* The exit code that belongs to an error, without a word. */
int report_exit_code(const struct wsd_error *error);

/* Prints "wsd: DEVICE: WHAT" and, on a line of its own, what to do. Returns `code`. */
int report_failure(struct session *session, int code, const char *device, const char *what,
                   const char *advice);

int report_no_memory(void);

#endif
