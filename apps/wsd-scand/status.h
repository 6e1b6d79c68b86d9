/* SPDX-License-Identifier: MIT */
/*
 * How the daemon is: as JSON, over the control socket (common/control.h), and in words.
 *
 * Requests: {"command":"status"} and {"command":"reload"}. Answers have "ok"; of a refusal also
 * "error".
 */
#ifndef WSD_SCAND_STATUS_H
#define WSD_SCAND_STATUS_H

#include "scand.h"

struct status;

/* Opens the socket. Without one the daemon works as well: that is said, and is no error. */
void status_open(struct scand *scand, struct status **ret);
void status_free(struct status *status);

/* All there is to know, with that many of the last scans. `state_words` and `scan_words` say in
 * words what the states of scanners and scans mean. NULL: no memory. */
struct json_object *status_json(const struct scand *scand, size_t scans);

/* The program's other end: asks a daemon and prints its answer. Returns an exit code. `path` NULL:
 * the usual places. */
int status_ask(const char *path, bool json);
int status_reload(const char *path);

/* Where the socket is looked for when none is named; false: there is no such place. */
bool status_usual_path(char *ret, size_t size, bool system);

#endif
