/* SPDX-License-Identifier: MIT */
/* What a run has found, for people and for programs. */
#ifndef WSD_APPS_VERIFY_REPORT_H
#define WSD_APPS_VERIFY_REPORT_H

#include <stdio.h>

#include "verify/checks.h"
#include "verify/verify.h"

/* Of a result against that of an earlier run. */
enum report_change { REPORT_SAME, REPORT_WORSE, REPORT_BETTER, REPORT_NEW };

struct report {
    const struct verify *verify;
    const struct verify_options *options;
    const char *stamp;            /* when it was */
    struct json_object *baseline; /* an earlier report, or NULL */
};

enum report_change report_change(const struct report *report, const struct result *result);
/* How many are in that state, and of them how many are worse than in the baseline. */
void report_count(const struct report *report, size_t counts[VERIFY_STATES], size_t *ret_worse);

/* A line for each, and all about what fails. `area` is the last that was named. */
void report_text_result(FILE *out, const struct result *result, bool verbose, const char **area);
void report_text_end(FILE *out, const struct report *report);
struct json_object *report_json(const struct report *report);
void report_junit(FILE *out, const struct report *report);
void report_html(FILE *out, const struct report *report);
/* Each exchange of each check as files of that folder, which is there. False, errno set, if one
 * could not be written. */
bool report_keep(const struct report *report, const char *folder);
/* A text with what XML and HTML keep for themselves written otherwise. */
void report_escape(FILE *out, const char *text, size_t size);

#endif
