/* SPDX-License-Identifier: MIT */
/*
 * What went over the wire, for people: on standard error (--debug), and as a tar archive to be
 * attached to a bug report (--trace DIR), masked if wanted (--mask).
 */
#ifndef WSD_APPS_TRACE_H
#define WSD_APPS_TRACE_H

#include <wsd/context.h>

struct session;
struct trace;

/* Makes what the options of the session ask for; `ret` is NULL when that is nothing. Returns an
 * exit code, and says what failed. */
int trace_open(struct session *session, struct trace **ret);

/* NULL is welcome in all of these. */
void trace_message(struct trace *trace, const struct wsd_trace *message);
void trace_note(struct trace *trace, const char *kind, const char *line);
void trace_close(struct trace *trace);

#endif
