/* SPDX-License-Identifier: MIT */
/* One scan job from the ticket to the files. */
#ifndef WSD_APPS_SCAN_RUN_H
#define WSD_APPS_SCAN_RUN_H

#include "scan_settings.h"

/* Checks the output, creates the job, fetches its images and prints the files. Whatever happens,
 * the job does not stay on the scanner. Returns an exit code. */
int scan_run(struct session *session, const struct scanner *scanner, struct scan_settings *settings,
             const struct scan_output *where);

#endif
