/* SPDX-License-Identifier: MIT */
/* What the command does to stay small: see lean.c. */
#ifndef WSD_APPS_LEAN_H
#define WSD_APPS_LEAN_H

/* Before anything else that could load or allocate. */
void lean_begin(void);
/* Gives back to the system what was freed; for the moment between two parts of a command. */
void lean_between(void);

#endif
