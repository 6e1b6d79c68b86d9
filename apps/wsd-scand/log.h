/* SPDX-License-Identifier: MIT */
/*
 * What the daemon says of its work: lines for a person at a terminal, records with fields for the
 * journal, lines with a level in front for whoever else reads its standard error.
 */
#ifndef WSD_SCAND_LOG_H
#define WSD_SCAND_LOG_H

#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Where it goes. */
enum log_target {
    LOG_TARGET_TERMINAL, /* with the time of day */
    LOG_TARGET_PREFIX,   /* "<6>text", as sd-daemon(3) has it */
    LOG_TARGET_JOURNAL   /* the journal's own socket, with fields */
};

/* What a record is about; NULL members are left out. Texts may come from the network. */
struct log_about {
    const char *scanner, *destination, *job, *file;
};

/* Decides by $JOURNAL_STREAM and `foreground`. */
void log_open(int foreground, enum log_level most);
void log_close(void);
enum log_target log_target(void);
int log_wants(enum log_level level);

/* Control characters of what came from outside are made harmless. `about` may be NULL. */
void log_say(enum log_level level, const struct log_about *about, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
