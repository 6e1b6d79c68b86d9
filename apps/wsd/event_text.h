/* SPDX-License-Identifier: MIT */
/* An event of a scanner as a line for people and as JSON. */
#ifndef WSD_APPS_EVENT_TEXT_H
#define WSD_APPS_EVENT_TEXT_H

#include <json-c/json.h>
#include <wsd/scan_events.h>

/* The kinds of events by name, "JobStatusEvent" or a short word ("job"); 0: there is none such. */
unsigned event_kind(const char *name);
/* "JobStatusEvent"; "" if there is none such. */
const char *event_name(unsigned kind);
/* All short words, apart by ", ". */
const char *event_words(void);

/* "state: working (scanning)". */
char *event_line(const struct wsd_scan_event *event, char *ret, size_t size);

/* Adds "event" and the body under its element's name. */
void event_json(const struct wsd_scan_event *event, struct json_object *object);

#endif
