/* SPDX-License-Identifier: MIT */
/* A scan service with subscribers: what they send, what came to them, a line an event. The sinks
 * are real, on loopback; the clock is the test's. */
#ifndef TEST_SERVICE_STAGE_H
#define TEST_SERVICE_STAGE_H

#include "test_service_support.h"

#include "source_support.h"
#include "xml/any_typed.h"

struct stage {
    struct bench bench; /* first */
    struct sink sink;
    struct wsd__event_transport transport;
    union wsd__sockaddr peer;
    char notify[64];
    const struct wsd__envelope *envelope; /* of the last answer of the event source */
    const struct wsd_eventing_body *body;
    int status;
    unsigned panel_changes;
};

UNUSED static void panel_changed(void *user)
{
    ((struct stage *)user)->panel_changes++;
}

UNUSED static void come_from(struct stage *stage, const char *peer)
{
    struct wsd__address address;

    assert_true(wsd__address_parse(peer, strlen(peer), &address));
    wsd__address_sockaddr(&address, 4711, &stage->peer);
    stage->transport = (struct wsd__event_transport){&stage->peer.any, "http://127.0.0.1/x/scan"};
    stage->bench.transport = &stage->transport;
    snprintf(stage->notify, sizeof stage->notify, "http://%s:%u/n", peer, stage->sink.port);
}

UNUSED static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);

    assert_non_null(stage);
    bench_open(&stage->bench, panel_changed, stage);
    sink_open(&stage->sink, stage->bench.context);
    come_from(stage, "127.0.0.1");
    *state = stage;
    return 0;
}

UNUSED static int teardown(void **state)
{
    struct stage *stage = *state;

    bench_forget(&stage->bench);
    wsd_free(stage->envelope);
    wsd__scan_service_destroy(stage->bench.service, false);
    assert_null(stage->bench.profiles.first);
    sink_close(&stage->sink);
    wsd_context_free(stage->bench.context);
    free(stage);
    return 0;
}

/* -- subscribing --------------------------------------------------------------------------------
 */

#define EVENT(name) WSD_NS_SCAN "/" name
#define AVAILABLE   EVENT("ScanAvailableEvent")
#define ALL_BUT_AVAILABLE                                                                          \
    EVENT("ScannerElementsChangeEvent")                                                            \
    " " EVENT("ScannerStatusSummaryEvent") " " EVENT("ScannerStatusConditionEvent") " " EVENT(     \
        "ScannerStatusConditionClearedEvent") " " EVENT("JobStatusEvent") " " EVENT("JobEndStateE" \
                                                                                    "vent")
#define DESTINATION(name, context)                                                                 \
    "<wscn:ScanDestination><wscn:ClientDisplayName>" name "</wscn:ClientDisplayName>"              \
    "<wscn:ClientContext>" context "</wscn:ClientContext></wscn:ScanDestination>"
#define DESTINATIONS(list) "<wscn:ScanDestinations>" list "</wscn:ScanDestinations>"
#define FIVE                                                                                       \
    DESTINATIONS(DESTINATION("DESK", "Scan") DESTINATION("DESK", "ScanToPrint") DESTINATION(       \
        "DESK", "ScanToEmail") DESTINATION("DESK", "ScanToFax") DESTINATION("DESK", "ScanToOCR"))

/* Sends a message of WS-Eventing to the scan service. */
UNUSED static const struct wsd_eventing_body *exchange(struct stage *stage,
                                                       const struct wsd__buf *out)
{
    struct wsd__scan_reply reply = {0};
    struct wsd_error error = {0};

    assert_int_equal(out->failed, 0);
    wsd_free(stage->envelope);
    stage->envelope = NULL;
    wsd__scan_serve(stage->bench.service, stage->bench.transport, out->data, out->length, &reply);
    if (wsd__envelope_decode(stage->bench.context, &wsd__type_eventing_body, reply.body.data,
                             reply.body.length, 0, &stage->envelope, &error) < 0)
        fail_msg("%s (%s) in %s", error.message, error.path, reply.body.data);
    stage->status = reply.status;
    wsd__buf_free(&reply.body);
    stage->body = stage->envelope->body;
    return stage->body;
}

UNUSED static const struct wsd_eventing_body *subscribe(struct stage *stage, const char *filter,
                                                        const char *extension)
{
    struct subscribe s = {.notify = stage->notify,
                          .end_to = stage->notify,
                          .notify_id = "urn:uuid:mine",
                          .mode = WSD_EVENTING_PUSH,
                          .expires = "PT1H",
                          .dialect = WSD_EVENTING_FILTER_ACTION,
                          .filter = filter,
                          .extension = extension};
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);
    const struct wsd_eventing_body *body;

    subscribe_write(&s, &out);
    body = exchange(stage, &out);
    wsd__buf_free(&out);
    return body;
}

UNUSED static void join_(struct stage *stage, const char *filter, const char *extension,
                         char identifier[64])
{
    const struct wsd_eventing_body *body = subscribe(stage, filter, extension);

    if (!body->subscribe_response)
        fail_msg("refused: %s", wsd__fault_subcode(body->fault)->local);
    snprintf(identifier, 64, "%s", identifier_of(body));
}

UNUSED static void manage(struct stage *stage, const char *operation, const char *identifier,
                          const char *content)
{
    struct wsd__buf out = WSD__BUF_INIT(1u << 20);

    manage_write(operation, identifier, content, &out);
    exchange(stage, &out);
    assert_int_equal(stage->status, 200);
    wsd__buf_free(&out);
}

UNUSED static void assert_refused(struct stage *stage, const char *subcode)
{
    assert_non_null(stage->body->fault);
    assert_string_equal(wsd__fault_subcode(stage->body->fault)->local, subcode);
}

/* The token that the last SubscribeResponse gives to a context. */
UNUSED static void token_of(struct stage *stage, const char *context, char token[64])
{
    const struct wsd_any *element =
        wsd__any_find(stage->body->subscribe_response->any, NS_WSCN, "DestinationResponses");
    const struct wsd_scan_destination_responses *responses;
    const void *value = NULL;

    assert_non_null(element);
    assert_int_equal(wsd__any_decode(stage->bench.context, element,
                                     &wsd__type_scan_destination_responses, NS_WSCN, &value, NULL),
                     0);
    responses = value;
    token[0] = '\0';
    for (size_t i = 0; i < responses->n_destination_response; i++)
        if (strcmp(responses->destination_response[i].client_context, context) == 0)
            snprintf(token, 64, "%s", responses->destination_response[i].destination_token);
    assert_true(token[0]);
    wsd_free(value);
}

/* -- what came ----------------------------------------------------------------------------------
 */

/* One line an event: its name without "Event", and what matters of it. */
UNUSED static void describe(struct stage *stage, const char *message, char *line, size_t size)
{
    const struct wsd__envelope *envelope;
    const struct wsd_scan_body *body;
    const struct wsd_scan_job_status *job;
    struct wsd_error error = {0};

    if (wsd__envelope_decode(stage->bench.context, &wsd__type_scan_body, message, strlen(message),
                             0, &envelope, &error) < 0)
        fail_msg("%s (%s: %s) in %s", error.message, error.path, error.value, message);
    body = envelope->body;
    line[0] = '\0';
    if (body->job_status_event) {
        job = &body->job_status_event->job_status;
        snprintf(line, size, "job %s %s %d", job->job_state.text, job->job_state_reasons[0].text,
                 job->scans_completed);
    } else if (body->job_end_state_event)
        snprintf(line, size, "end %s %s %d %s",
                 body->job_end_state_event->job_end_state.job_completed_state.text,
                 body->job_end_state_event->job_end_state.job_completed_state_reasons[0].text,
                 body->job_end_state_event->job_end_state.scans_completed,
                 body->job_end_state_event->job_end_state.job_name);
    else if (body->scanner_status_summary_event)
        snprintf(line, size, "summary %s %s",
                 body->scanner_status_summary_event->status_summary.scanner_state.text,
                 body->scanner_status_summary_event->status_summary.scanner_state_reasons[0].text);
    else if (body->scanner_status_condition_event)
        snprintf(line, size, "condition %d %s",
                 body->scanner_status_condition_event->device_condition.id,
                 body->scanner_status_condition_event->device_condition.severity.text);
    else if (body->scanner_status_condition_cleared_event)
        snprintf(
            line, size, "cleared %d",
            body->scanner_status_condition_cleared_event->device_condition_cleared.condition_id);
    else if (body->scanner_elements_change_event) {
        const struct wsd_scan_element_changes *changes =
            &body->scanner_elements_change_event->element_changes;

        snprintf(line, size, "elements%s%s%s", changes->scanner_description ? " D" : "",
                 changes->scanner_configuration ? " C" : "",
                 changes->default_scan_ticket ? " T" : "");
    } else if (body->scan_available_event)
        snprintf(line, size, "available %s %s", body->scan_available_event->client_context,
                 body->scan_available_event->input_source
                     ? body->scan_available_event->input_source->text
                     : "-");
    wsd_free(envelope);
}

/* Until as many have come as there are texts, however busy the machine is. */
UNUSED static void await_messages(struct stage *stage, const char *first, va_list texts)
{
    int64_t end = real_now() + 10000;
    unsigned n = 0;

    for (const char *text = first; text; text = va_arg(texts, const char *))
        n++;
    while (stage->sink.n < n && real_now() < end)
        wsd_context_wait(stage->bench.context, (int)(end - real_now()), NULL);
}

/* Exactly these have come, in this order, NULL ends them; they are forgotten then. */
UNUSED static void assert_came(struct stage *stage, const char *first, ...)
{
    va_list arguments;
    const char *expected = first;
    char line[400], all[4000] = "";
    bool same = true;
    unsigned i = 0;

    va_start(arguments, first);
    await_messages(stage, first, arguments);
    va_end(arguments);
    settle(stage->bench.context); /* nothing more comes */
    va_start(arguments, first);
    for (; i < stage->sink.n; i++) {
        describe(stage, stage->sink.messages[i], line, sizeof line);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s; ", line);
        same = same && expected && strcmp(line, expected) == 0;
        expected = expected ? va_arg(arguments, const char *) : NULL;
    }
    va_end(arguments);
    if (!same || expected)
        fail_msg("came: %s; next of what was expected: %s", all, expected ? expected : "-");
    sink_clear(&stage->sink);
}

/* -- the panel --------------------------------------------------------------------------------- */

UNUSED static const struct wsd_scan_panel *panel(struct stage *stage)
{
    const struct wsd_scan_panel *panel = NULL;

    assert_int_equal(wsd_scan_service_panel(stage->bench.service, &panel, NULL), 0);
    return panel;
}

/* The panel as "1 name context, 2 ...". */
UNUSED static void assert_panel(struct stage *stage, const char *expected)
{
    const struct wsd_scan_panel *now = panel(stage);
    char text[1000] = "";

    for (size_t i = 0; i < now->n_entries; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u %s %s", i ? ", " : "",
                 now->entries[i].number, now->entries[i].client_display_name,
                 now->entries[i].client_context);
    wsd_free(now);
    assert_string_equal(text, expected);
}

#endif
