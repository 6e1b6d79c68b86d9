/* SPDX-License-Identifier: MIT */
/* What wsd-scand-deliver says of a scan, noted where status and log have it. */
#ifndef WSD_SCAND_DELIVERY_H
#define WSD_SCAND_DELIVERY_H

#include "history.h"
#include "job.h"
#include "log.h"
#include "scand.h"

/* True if it was the last word. What has failed first stays in `error`. */
bool delivery_said(struct scand *scand, const struct log_about *about, const struct job *job,
                   struct history_entry *entry, char error[SCAND_ERROR],
                   const struct json_object *object);

/* After the last word: all is where it belongs, and the job may go from the spool. */
bool delivery_settled(const struct job *job, const struct history_entry *entry);
/* By the status of waitpid(): another one is still at work on it. */
bool delivery_elsewhere(int status);

#endif
