/* SPDX-License-Identifier: MIT */
/*
 * The hook by which a person hears of a scan: a program of the configuration (`notify`), such as
 * notify-send, run with facts in its arguments and its environment. Never by a shell.
 */
#ifndef WSD_SCAND_NOTICE_H
#define WSD_SCAND_NOTICE_H

#include "history.h"
#include "scand.h"

#define NOTICE_MAX          8      /* programs at once; more are left out */
#define NOTICE_MOST_MS      30000u /* such a program may take */
#define NOTICE_MAX_ARGUMENT 2048

/* A scan is over, well or not. */
void notice_scan(struct scand *scand, const struct history_entry *entry);
/* Children have ended (SIGCHLD). */
void notices_reap(struct scand *scand);
void notices_free(struct scand *scand);

#endif
