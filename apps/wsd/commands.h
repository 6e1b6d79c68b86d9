/* SPDX-License-Identifier: MIT */
/* The commands; each returns an exit code (exit_codes.h) and has said what went wrong. */
#ifndef WSD_APPS_COMMANDS_H
#define WSD_APPS_COMMANDS_H

#include "device_find.h"
#include "session.h"

int command_list(struct session *session);
int command_info(struct session *session);
int command_caps(struct session *session);
int command_status(struct session *session);
int command_scan(struct session *session);
int command_validate(struct session *session);
int command_jobs(struct session *session);
int command_job(struct session *session);
int command_cancel(struct session *session);
int command_probe(struct session *session);
int command_resolve(struct session *session);
int command_get(struct session *session);
int command_monitor(struct session *session);
int command_watch(struct session *session);
int command_subscribe(struct session *session);
int command_cache(struct session *session);
int command_serve(struct session *session);
int command_panel(struct session *session);
int command_doctor(struct session *session);
int command_verify(struct session *session);

/* What was seen before, without asking the network: scanners, or all devices. */
int list_cached(struct session *session, bool all);

/* For commands of the form "[DEVICE]": checks the operands and finds the scanner. */
int command_find_scanner(struct session *session, struct device *ret);

#endif
