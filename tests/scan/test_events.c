/* SPDX-License-Identifier: MIT */
/* The seven events of a scanner that is played: typed subscriptions, typed events. */
#include "../eventing/support.h"

#include <wsd/scan_events.h>

#define TOKENS                                                                                     \
    "<wscn:DestinationResponses><wscn:DestinationResponse><wscn:ClientContext>mail"                \
    "</wscn:ClientContext><wscn:DestinationToken>tok-mail</wscn:DestinationToken>"                 \
    "</wscn:DestinationResponse><wscn:DestinationResponse><wscn:ClientContext>desk"                \
    "</wscn:ClientContext><wscn:DestinationToken>tok-desk</wscn:DestinationToken>"                 \
    "</wscn:DestinationResponse></wscn:DestinationResponses>"

static const struct wsd_scan_destination lines[] = {
    {"Desk", "desk", NULL}, {"Mail", "mail", NULL}, {"Nowhere", "none", NULL}};

static const char *const bodies[] = {
    "<wscn:ScannerElementsChangeEvent><wscn:ElementChanges><wscn:DefaultScanTicket>"
    "<wscn:JobDescription>" NAME_AND_USER "</wscn:JobDescription></wscn:DefaultScanTicket>"
    "</wscn:ElementChanges></wscn:ScannerElementsChangeEvent>",
    "<wscn:ScannerStatusSummaryEvent><wscn:StatusSummary><wscn:ScannerState>Stopped"
    "</wscn:ScannerState><wscn:ScannerStateReasons><wscn:ScannerStateReason>CoverOpen"
    "</wscn:ScannerStateReason></wscn:ScannerStateReasons></wscn:StatusSummary>"
    "</wscn:ScannerStatusSummaryEvent>",
    "<wscn:ScannerStatusConditionEvent><wscn:DeviceCondition Id=\"5\"><wscn:Time>"
    "2024-01-01T00:00:00Z</wscn:Time><wscn:Name>CoverOpen</wscn:Name><wscn:Component>ADF"
    "</wscn:Component><wscn:Severity>Warning</wscn:Severity></wscn:DeviceCondition>"
    "</wscn:ScannerStatusConditionEvent>",
    "<wscn:ScannerStatusConditionClearedEvent><wscn:DeviceConditionCleared><wscn:ConditionId>5"
    "</wscn:ConditionId><wscn:ConditionClearTime>2024-01-01T00:00:01Z</wscn:ConditionClearTime>"
    "</wscn:DeviceConditionCleared></wscn:ScannerStatusConditionClearedEvent>",
    "<wscn:JobStatusEvent><wscn:JobStatus><wscn:JobId>3</wscn:JobId><wscn:JobState>Processing"
    "</wscn:JobState><wscn:ScansCompleted>1</wscn:ScansCompleted></wscn:JobStatus>"
    "</wscn:JobStatusEvent>",
    "<wscn:JobEndStateEvent><wscn:JobEndState><wscn:JobId>3</wscn:JobId><wscn:JobCompletedState>"
    "Completed</wscn:JobCompletedState><wscn:JobCompletedStateReasons><wscn:JobStateReason>None"
    "</wscn:JobStateReason></wscn:JobCompletedStateReasons><wscn:JobName>n</wscn:JobName>"
    "<wscn:JobOriginatingUserName>u</wscn:JobOriginatingUserName><wscn:ScansCompleted>1"
    "</wscn:ScansCompleted></wscn:JobEndState></wscn:JobEndStateEvent>"};

#define AVAILABLE(context, id)                                                                     \
    "<wscn:ScanAvailableEvent><wscn:ClientContext>" context "</wscn:ClientContext>"                \
    "<wscn:ScanIdentifier>" id "</wscn:ScanIdentifier><wscn:InputSource>Platen"                    \
    "</wscn:InputSource></wscn:ScanAvailableEvent>"

struct seen {
    struct world *world;
    unsigned kinds, events;
    char token[64], context[64], identifier[64];
    enum wsd_subscription_state state;
    unsigned actives;
};

static int send_body(struct world *world, const char *body)
{
    char xml[4096];
    snprintf(xml, sizeof xml, BODY("%s"), body);
    return send_from(world, "127.0.0.1", last_path(world), xml);
}

static void on_event(void *user, const struct wsd_scan_event *event)
{
    struct seen *seen = user;
    seen->events++;
    seen->kinds |= event->kind;
    assert_string_equal(event->peer, "127.0.0.1");
    assert_non_null(event->header);
    assert_int_equal((event->available != NULL) + (event->elements != NULL) +
                         (event->summary != NULL) + (event->condition != NULL) +
                         (event->cleared != NULL) + (event->job != NULL) + (event->job_end != NULL),
                     1);
    snprintf(seen->token, sizeof seen->token, "%s",
             event->destination_token ? event->destination_token : "(none)");
    if (event->available)
        snprintf(seen->context, sizeof seen->context, "%s", event->available->client_context);
}

static void on_changed(void *user, enum wsd_subscription_state state,
                       const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct seen *seen = user;
    seen->state = state;
    seen->actives += state == WSD_SUBSCRIPTION_ACTIVE;
    assert_int_equal(subscribed != NULL, error == NULL);
}

static struct wsd_scan_subscribe_options wanted(struct seen *seen, unsigned events)
{
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    options.events = events;
    options.event = on_event;
    options.changed = on_changed;
    options.user = seen;
    if (events & WSD_SCAN_AVAILABLE) {
        options.destinations = lines;
        options.n_destinations = 3;
    }
    return options;
}

static struct wsd_subscription *subscribe_to(struct world *world, struct seen *seen,
                                             unsigned events)
{
    struct wsd_scan_subscribe_options options = wanted(seen, events);
    struct wsd_subscription *subscription = NULL;
    struct wsd_error error = {0};
    if (wsd_scan_subscribe(world->sink, world->device.url, &options, &subscription, &error) < 0)
        fail_msg("%s", error.message);
    UNTIL(seen->actives == 1);
    return subscription;
}

/* -- subscribing ------------------------------------------------------------------------------- */

static void six_events_in_one_subscription(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    struct wsd_subscription *s = subscribe_to(world, &seen, WSD_SCAN_ALL_BUT_AVAILABLE);
    assert_has(world->device.request,
               "Action\">" URI_SCAN "/ScannerElementsChangeEvent " URI_SCAN
               "/ScannerStatusSummaryEvent " URI_SCAN "/ScannerStatusConditionEvent " URI_SCAN
               "/ScannerStatusConditionClearedEvent " URI_SCAN "/JobStatusEvent " URI_SCAN
               "/JobEndStateEvent</wse:Filter></wse:Subscribe>");
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(send_body(world, bodies[i]), 202);
        UNTIL(seen.events == i + 1);
        assert_int_equal(seen.kinds, (WSD_SCAN_ELEMENTS_CHANGE << (i + 1)) - 2);
    }
    wsd_subscription_free(s);
}

static void a_panel_has_lines_and_each_has_a_token(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    world->device.extension = TOKENS;
    struct wsd_subscription *s = subscribe_to(world, &seen, WSD_SCAN_AVAILABLE);
    assert_has(world->device.request,
               "ScanAvailableEvent</wse:Filter><wscn:ScanDestinations><wscn:ScanDestination>"
               "<wscn:ClientDisplayName>Desk</wscn:ClientDisplayName><wscn:ClientContext>desk"
               "</wscn:ClientContext></wscn:ScanDestination><wscn:ScanDestination>"
               "<wscn:ClientDisplayName>Mail</wscn:ClientDisplayName>");
    assert_int_equal(send_body(world, AVAILABLE("mail", "1")), 202);
    UNTIL(seen.events == 1);
    assert_string_equal(seen.token, "tok-mail");
    assert_string_equal(seen.context, "mail");
    assert_int_equal(send_body(world, AVAILABLE("desk", "2")), 202);
    UNTIL(seen.events == 2);
    assert_string_equal(seen.token, "tok-desk");
    assert_int_equal(send_body(world, AVAILABLE("none", "3")), 202);
    UNTIL(seen.events == 3);
    assert_string_equal(seen.token, "(none)");
    wsd_subscription_free(s);
}

static void tokens_are_those_of_the_last_subscribe(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    world->device.extension = TOKENS;
    struct wsd_subscription *s = subscribe_to(world, &seen, WSD_SCAN_AVAILABLE);
    assert_int_equal(send_body(world, AVAILABLE("mail", "1")), 202);
    UNTIL(seen.events == 1);
    world->device.extension = "<wscn:DestinationResponses><wscn:DestinationResponse>"
                              "<wscn:ClientContext>mail</wscn:ClientContext>"
                              "<wscn:DestinationToken>new</wscn:DestinationToken>"
                              "</wscn:DestinationResponse></wscn:DestinationResponses>";
    wsd_subscription_restart(s, NULL, NULL);
    UNTIL(seen.actives == 2);
    assert_has(world->device.request, "<wscn:ClientContext>mail</wscn:ClientContext>");
    assert_int_equal(send_body(world, AVAILABLE("mail", "1")), 202); /* it counts anew */
    UNTIL(seen.events == 2);
    assert_string_equal(seen.token, "new");
    world->device.extension = "<wscn:DestinationResponses><wscn:Junk/></wscn:DestinationResponses>";
    wsd_subscription_restart(s, NULL, NULL);
    UNTIL(seen.actives == 3);
    assert_int_equal(send_body(world, AVAILABLE("mail", "2")), 202);
    UNTIL(seen.events == 3);
    assert_string_equal(seen.token, "(none)");
}

static void a_scan_is_told_once(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    subscribe_to(world, &seen, WSD_SCAN_AVAILABLE);
    for (int i = 0; i < 3; i++) /* each with another MessageID, or none */
        assert_int_equal(send_body(world, AVAILABLE("mail", "same")), 202);
    UNTIL(wsd_sink_counters(world->sink).duplicates == 2);
    assert_int_equal(seen.events, 1);
    for (unsigned i = 0; i < WSD_MAX_SEEN_SCANS; i++) {
        char body[512];
        snprintf(body, sizeof body, AVAILABLE("mail", "%u"), i);
        assert_int_equal(send_body(world, body), 202);
    }
    assert_int_equal(send_body(world, AVAILABLE("mail", "same")), 202);
    UNTIL(seen.events == 2 + WSD_MAX_SEEN_SCANS);
}

static void events_that_were_not_asked_for_and_broken_ones_are_dropped(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    static const char *const wrong[] = {
        AVAILABLE("mail", "1"), "", "<v:Event xmlns:v=\"urn:v\"/>",
        ("<wscn:JobStatusEvent><wscn:JobStatus><wscn:JobId>many</wscn:JobId></wscn:JobStatus>"
         "</wscn:JobStatusEvent>"),
        "<wscn:CreateScanJobResponse/>"};
    subscribe_to(world, &seen, WSD_SCAN_ALL_BUT_AVAILABLE);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(send_body(world, wrong[i]), 202);
        UNTIL(wsd_sink_counters(world->sink).malformed == i + 1);
    }
    assert_int_equal(seen.events, 0);
}

static void the_end_of_a_typed_subscription(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    subscribe_to(world, &seen, WSD_SCAN_ALL_BUT_AVAILABLE);
    assert_int_equal(send_body(world,
                               "<e:SubscriptionEnd" WSE "><e:SubscriptionManager><wsa:Address>a"
                               "</wsa:Address></e:SubscriptionManager><e:Status>" URI_WSE
                               "/SourceShuttingDown</e:Status></e:SubscriptionEnd>"),
                     202);
    UNTIL(seen.state == WSD_SUBSCRIPTION_LOST);
}

static void what_cannot_be_asked_for_is_refused(void **state)
{
    struct world *world = *state;
    struct seen seen = {0};
    struct wsd_subscription *s = NULL;
    struct wsd_error error = {0};
    char name[200];
    struct wsd_scan_destination twice[] = {{"a", "c", NULL}, {"b", "c", NULL}},
                                long_name = {name, "c", NULL}, no_context = {"a", "", NULL};
    struct wsd_scan_subscribe_options options = wanted(&seen, 0);
#define REFUSED()                                                                                  \
    assert_int_equal(wsd_scan_subscribe(world->sink, world->device.url, &options, &s, &error),     \
                     WSD_E_INVALID);                                                               \
    assert_int_equal(error.code, WSD_E_INVALID);                                                   \
    error = (struct wsd_error){0}
    REFUSED();
    options.events = 128;
    REFUSED();
    options = wanted(&seen, WSD_SCAN_AVAILABLE | WSD_SCAN_JOB_END);
    REFUSED();
    options = wanted(&seen, WSD_SCAN_AVAILABLE);
    options.n_destinations = 0;
    REFUSED();
    options.n_destinations = 33;
    REFUSED();
    options.destinations = twice;
    options.n_destinations = 2;
    REFUSED();
    options.destinations = &no_context;
    options.n_destinations = 1;
    REFUSED();
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    options.destinations = &long_name;
    REFUSED();
    assert_int_equal(wsd_subscribe_job_status(world->sink, world->device.url, NULL, NULL, &s, NULL),
                     WSD_E_INVALID);
    assert_null(s);
}

/* -- one helper an event ----------------------------------------------------------------------- */

static unsigned told;

static void on_available(void *user, const struct wsd_scan_available_event *event,
                         const char *token)
{
    (void)user;
    assert_string_equal(event->scan_identifier, "1");
    assert_int_equal(event->input_source->value, WSD_SCAN_INPUT_SOURCE_PLATEN);
    assert_string_equal(token, "tok-desk");
    told |= WSD_SCAN_AVAILABLE;
}

static void on_elements(void *user, const struct wsd_scan_element_changes *changes)
{
    (void)user;
    assert_non_null(changes->default_scan_ticket);
    assert_null(changes->scanner_configuration);
    told |= WSD_SCAN_ELEMENTS_CHANGE;
}

static void on_summary(void *user, const struct wsd_scan_status_summary *summary)
{
    (void)user;
    assert_int_equal(summary->scanner_state.value, WSD_SCAN_STATE_STOPPED);
    told |= WSD_SCAN_STATUS_SUMMARY;
}

static void on_condition(void *user, const struct wsd_scan_condition *condition)
{
    (void)user;
    assert_string_equal(condition->name.text, "CoverOpen");
    told |= WSD_SCAN_CONDITION;
}

static void on_cleared(void *user, const struct wsd_scan_condition_cleared *cleared)
{
    (void)user;
    assert_int_equal(cleared->condition_id, 5);
    told |= WSD_SCAN_CONDITION_CLEARED;
}

static void on_job(void *user, const struct wsd_scan_job_status *status)
{
    (void)user;
    assert_int_equal(status->job_id, 3);
    told |= WSD_SCAN_JOB_CHANGE;
}

static void on_job_end(void *user, const struct wsd_scan_job_end_state *end)
{
    (void)user;
    assert_int_equal(end->job_id, 3);
    told |= WSD_SCAN_JOB_END;
}

static void each_event_has_a_helper_of_its_own(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s[7];
    const char *url = world->device.url;
    told = 0;
    assert_int_equal(
        wsd_subscribe_scanner_elements_change(world->sink, url, on_elements, NULL, &s[0], NULL), 0);
    UNTIL(world->device.subscribes == 1 && s[0]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, bodies[0]), 202);
    assert_int_equal(
        wsd_subscribe_scanner_status_summary(world->sink, url, on_summary, NULL, &s[1], NULL), 0);
    UNTIL(world->device.subscribes == 2 && s[1]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, bodies[1]), 202);
    assert_int_equal(
        wsd_subscribe_scanner_status_condition(world->sink, url, on_condition, NULL, &s[2], NULL),
        0);
    UNTIL(world->device.subscribes == 3 && s[2]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, bodies[2]), 202);
    assert_int_equal(wsd_subscribe_scanner_status_condition_cleared(world->sink, url, on_cleared,
                                                                    NULL, &s[3], NULL),
                     0);
    UNTIL(world->device.subscribes == 4 && s[3]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, bodies[3]), 202);
    assert_int_equal(wsd_subscribe_job_status(world->sink, url, on_job, NULL, &s[4], NULL), 0);
    UNTIL(world->device.subscribes == 5 && s[4]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, bodies[4]), 202);
    assert_int_equal(wsd_subscribe_job_end_state(world->sink, url, on_job_end, NULL, &s[5], NULL),
                     0);
    UNTIL(world->device.subscribes == 6 && s[5]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, bodies[5]), 202);
    world->device.extension = TOKENS;
    assert_int_equal(
        wsd_subscribe_scan_available(world->sink, url, lines, 3, on_available, NULL, &s[6], NULL),
        0);
    UNTIL(world->device.subscribes == 7 && s[6]->step == WSD__STEP_IDLE);
    assert_int_equal(send_body(world, AVAILABLE("desk", "1")), 202);
    UNTIL(told == 127);
    for (int i = 0; i < 7; i++)
        wsd_subscription_free(s[i]);
    UNTIL(world->device.unsubscribes == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(six_events_in_one_subscription),
        WORLD_TEST(a_panel_has_lines_and_each_has_a_token),
        WORLD_TEST(tokens_are_those_of_the_last_subscribe),
        WORLD_TEST(a_scan_is_told_once),
        WORLD_TEST(events_that_were_not_asked_for_and_broken_ones_are_dropped),
        WORLD_TEST(the_end_of_a_typed_subscription),
        WORLD_TEST(what_cannot_be_asked_for_is_refused),
        WORLD_TEST(each_event_has_a_helper_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
