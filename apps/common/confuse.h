/* SPDX-License-Identifier: MIT */
/* Makes a text fit for libconfuse, which reads the configurations. */
#ifndef WSD_APPS_CONFUSE_H
#define WSD_APPS_CONFUSE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Of `text`, which is the caller's and has a zero at its end, makes what libconfuse reads as it is
 * meant: comments become blank, lines stay where they are. Within a text between quotes may stand
 * `longest` bytes. What libconfuse would read otherwise is refused: false, and `wrong` was told
 * once.
 */
bool confuse_guard(char *text, size_t size, size_t longest,
                   void (*wrong)(void *user, unsigned line, const char *what), void *user);

#endif
