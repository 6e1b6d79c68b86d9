/* SPDX-License-Identifier: MIT */
/*
 * What a scanner reports, in words for people. A word that WS-Scan does not know is shown as the
 * scanner wrote it.
 */
#ifndef WSD_APPS_WORDS_H
#define WSD_APPS_WORDS_H

#include <stddef.h>
#include <wsd/scan_types.h>

const char *words_state(const struct wsd_token *state);         /* "ready" */
const char *words_state_reason(const struct wsd_token *reason); /* "" when it says nothing */
const char *words_condition(const struct wsd_token *name);
const char *words_component(const struct wsd_token *component);
const char *words_severity(const struct wsd_token *severity);
const char *words_job_state(const struct wsd_token *state);
const char *words_job_end(const struct wsd_token *state);     /* JobCompletedState */
const char *words_job_reason(const struct wsd_token *reason); /* "" when it says nothing */
const char *words_source(const struct wsd_token *source);

/* Appends " (A, B)" of the reasons that say something; `word` is one of the two above. */
void words_reasons(char *buffer, size_t size, const struct wsd_token *reasons, size_t n,
                   const char *(*word)(const struct wsd_token *));

#endif
