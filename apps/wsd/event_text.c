/* SPDX-License-Identifier: MIT */
#include "event_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/print_json.h"
#include "common/text.h"
#include "words.h"

static const struct {
    unsigned kind;
    const char *word, *name;
} kinds[] = {
    {WSD_SCAN_STATUS_SUMMARY, "state", "ScannerStatusSummaryEvent"},
    {WSD_SCAN_CONDITION, "condition", "ScannerStatusConditionEvent"},
    {WSD_SCAN_CONDITION_CLEARED, "cleared", "ScannerStatusConditionClearedEvent"},
    {WSD_SCAN_JOB_CHANGE, "job", "JobStatusEvent"},
    {WSD_SCAN_JOB_END, "job-end", "JobEndStateEvent"},
    {WSD_SCAN_ELEMENTS_CHANGE, "elements", "ScannerElementsChangeEvent"},
    {WSD_SCAN_AVAILABLE, "scan-available", "ScanAvailableEvent"},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

unsigned event_kind(const char *name)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (text_same(name, kinds[i].word) || text_same(name, kinds[i].name))
            return kinds[i].kind;
    return 0;
}

const char *event_name(unsigned kind)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "";
}

const char *event_words(void)
{
    return "state, condition, cleared, job, job-end, elements";
}

static void images(char *ret, size_t size, int32_t n)
{
    if (n > 0)
        text_append(ret, size, ", %" PRId32 " image%s", n, n == 1 ? "" : "s");
}

static void job_end_line(const struct wsd_scan_job_end_state *end, char *ret, size_t size)
{
    text_append(ret, size, "job %" PRId32 " is over: %s", end->job_id,
                words_job_end(&end->job_completed_state));
    words_reasons(ret, size, end->job_completed_state_reasons, end->n_job_completed_state_reasons,
                  words_job_reason);
    images(ret, size, end->scans_completed);
    if (end->job_name && *end->job_name)
        text_append(ret, size, ", '%s'", end->job_name);
    if (end->job_originating_user_name && *end->job_originating_user_name)
        text_append(ret, size, " of %s", end->job_originating_user_name);
}

static void elements_line(const struct wsd_scan_element_changes *changes, char *ret, size_t size)
{
    const char *apart = "";

    text_append(ret, size, "changed: ");
    if (changes->scanner_description) {
        text_append(ret, size, "its description");
        apart = ", ";
    }
    if (changes->scanner_configuration) {
        text_append(ret, size, "%swhat it can do", apart);
        apart = ", ";
    }
    if (changes->default_scan_ticket)
        text_append(ret, size, "%sits default settings", apart);
}

static void available_line(const struct wsd_scan_event *event, char *ret, size_t size)
{
    const struct wsd_scan_available_event *e = event->available;

    text_append(ret, size, "scan wanted: identifier %s, token %s",
                e->scan_identifier ? e->scan_identifier : "(none)",
                event->destination_token ? event->destination_token : "(none)");
    if (e->input_source)
        text_append(ret, size, ", from the %s", words_source(e->input_source));
}

char *event_line(const struct wsd_scan_event *event, char *ret, size_t size)
{
    *ret = 0;
    if (event->summary) {
        text_append(ret, size, "state: %s", words_state(&event->summary->scanner_state));
        words_reasons(ret, size, event->summary->scanner_state_reasons,
                      event->summary->n_scanner_state_reasons, words_state_reason);
    } else if (event->condition) {
        text_append(ret, size, "condition %" PRId32 ": %s (%s, %s)", event->condition->id,
                    words_condition(&event->condition->name),
                    words_component(&event->condition->component),
                    words_severity(&event->condition->severity));
    } else if (event->cleared) {
        text_append(ret, size, "condition %" PRId32 " is over", event->cleared->condition_id);
    } else if (event->job) {
        text_append(ret, size, "job %" PRId32 ": %s", event->job->job_id,
                    words_job_state(&event->job->job_state));
        words_reasons(ret, size, event->job->job_state_reasons, event->job->n_job_state_reasons,
                      words_job_reason);
        images(ret, size, event->job->scans_completed);
    } else if (event->job_end) {
        job_end_line(event->job_end, ret, size);
    } else if (event->elements) {
        elements_line(event->elements, ret, size);
    } else if (event->available) {
        available_line(event, ret, size);
    }
    return ret;
}

void event_json(const struct wsd_scan_event *event, struct json_object *object)
{
    const struct {
        const char *type;
        const void *body;
    } bodies[] = {
        {"StatusSummary", event->summary},
        {"DeviceCondition", event->condition},
        {"DeviceConditionCleared", event->cleared},
        {"JobStatus", event->job},
        {"JobEndState", event->job_end},
        {"ElementChanges", event->elements},
        {"ScanAvailableEvent", event->available},
    };

    json_put_text(object, "event", event_name(event->kind));
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        if (bodies[i].body)
            json_put(object, bodies[i].type, json_of(bodies[i].type, bodies[i].body));
    json_put_text(object, "destinationToken", event->destination_token);
    json_put_text(object, "peer", event->peer);
}
