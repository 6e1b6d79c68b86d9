/* SPDX-License-Identifier: MIT */
/* Runs a program of the system for what it prints, bounded in time and in length. */
#ifndef WSD_APPS_DOCTOR_CHILD_H
#define WSD_APPS_DOCTOR_CHILD_H

#define CHILD_TIME_MAX   3000u      /* milliseconds */
#define CHILD_OUTPUT_MAX (8u << 20) /* bytes */

/* Its standard output, ended by a zero; NULL when there is no such program, it failed, or a bound
 * was reached. Searched for in PATH and where administrators' programs are. Free it. */
char *child_output(const char *const *argv);

#endif
