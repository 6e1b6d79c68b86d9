/* SPDX-License-Identifier: MIT */
/* How this folder reports errors. */
#ifndef WSD_APPS_OUTPUT_FAIL_H
#define WSD_APPS_OUTPUT_FAIL_H

struct output_error;

/* Fills `ret_error` (may be NULL) unless it holds an earlier cause, and returns `code`. */
int output_fail(struct output_error *ret_error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call on the folder or file `name`: `error` is its errno, `what` says
 * what was being done ("writing"). */
int output_fail_errno(struct output_error *ret_error, int error, const char *what,
                      const char *name);

#endif
