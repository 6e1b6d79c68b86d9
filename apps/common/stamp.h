/* SPDX-License-Identifier: MIT */
/* Points in time and spans of it, for people and for programs. */
#ifndef WSD_APPS_COMMON_STAMP_H
#define WSD_APPS_COMMON_STAMP_H

#include <stddef.h>
#include <stdint.h>

#define STAMP_SIZE 32

/* "14:05:09", local. */
char *stamp_clock(char ret[STAMP_SIZE]);

/* "2026-11-22T14:05:09.120Z", now; and of `seconds` since 1970, without the fraction. */
char *stamp_now(char ret[STAMP_SIZE]);
char *stamp_of(int64_t seconds, char ret[STAMP_SIZE]);

/* "8 s", "5 min", "3 h", "12 days". */
char *stamp_span(int64_t seconds, char ret[STAMP_SIZE]);

#endif
