/* SPDX-License-Identifier: MIT */
/* The life of a managed subscription, hours of it, against a printer that is played. */
#include "support.h"

#define HOUR 3600000

/* -- making ------------------------------------------------------------------------------------ */

static void a_subscription_becomes_active_and_asks_as_windows_does(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    struct wsd_subscription *s = subscribe(world);
    assert_int_equal(wsd_subscription_state(s), WSD_SUBSCRIPTION_ACTIVE);
    assert_int_equal(world->changes, 1);
    assert_int_equal(wsd_subscription_remaining(s), HOUR);
    assert_string_equal(wsd_subscription_manager(s)->address, device->url);
    assert_has(device->request, "<wse:Expires>PT1H</wse:Expires>");
    assert_has(device->request, "\">urn:a/One urn:a/Two</wse:Filter>");
    char expected[256];
    snprintf(expected, sizeof expected, "<wse:NotifyTo><wsa:Address>http://127.0.0.1:%u/",
             wsd_sink_port(world->sink));
    assert_has(device->request, expected);
    snprintf(expected, sizeof expected,
             "<wse:EndTo><wsa:Address>%s</wsa:Address>"
             "<wsa:ReferenceParameters><wse:Identifier>urn:uuid:",
             device->notify_to[0]);
    assert_has(device->request, expected);
    assert_int_equal(strlen(last_path(world)), 33);
    wsd_subscription_free(s);
    assert_int_equal(wsd_sink_drain(world->sink, 0, NULL), WSD_E_TIMEOUT);
    UNTIL(world->device.unsubscribes == 1);
    UNTIL(wsd_sink_drain(world->sink, 1, NULL) == 0 || ++world->now);
    assert_has(device->request, "<wse:Identifier>urn:uuid:77</wse:Identifier>");
    assert_int_equal(world->changes, 1);
}

static void options_that_say_nothing_are_refused(void **state)
{
    struct world *world = *state;
    static const char *const none[] = {NULL};
    struct wsd_subscription_options options = WSD_SUBSCRIPTION_OPTIONS_INIT;
    struct wsd_subscription *s = NULL;
    options.service = world->device.url;
    options.actions = none;
    assert_int_equal(wsd_subscription_new(world->sink, &options, &s, NULL), WSD_E_INVALID);
    static const char *const bad[][2] = {{"", NULL}, {"urn:a b", NULL}, {"urn:a\n", NULL}};
    for (size_t i = 0; i < 3; i++) {
        options.actions = bad[i];
        assert_int_equal(wsd_subscription_new(world->sink, &options, &s, NULL), WSD_E_INVALID);
    }
    options.actions = NULL;
    assert_int_equal(wsd_subscription_new(world->sink, &options, &s, NULL), WSD_E_INVALID);
    options.service = "";
    assert_int_equal(wsd_subscription_new(world->sink, &options, &s, NULL), WSD_E_INVALID);
    options.service = NULL;
    assert_int_equal(wsd_subscription_new(world->sink, &options, &s, NULL), WSD_E_INVALID);
    assert_null(s);
}

static void an_address_that_is_none_is_told_as_lost(void **state)
{
    struct world *world = *state;
    subscribe_at(world, "urn:uuid:1");
    UNTIL(world->changes == 1);
    assert_int_equal(world->state, WSD_SUBSCRIPTION_LOST);
    assert_int_equal(world->error.code, WSD_E_INVALID);
}

/* -- renewal ----------------------------------------------------------------------------------- */

static void it_is_renewed_at_half_of_its_life_for_a_week(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    struct wsd_subscription *s = subscribe(world);
    pass(world, HOUR / 2 - 1);
    settle(world);
    assert_int_equal(device->renews, 0);
    for (unsigned i = 1; i <= 7 * 48; i++) {
        pass(world, i == 1 ? 1 : HOUR / 2);
        UNTIL(device->renews == i);
        UNTIL(s->step == WSD__STEP_IDLE);
    }
    assert_int_equal(device->subscribes, 1);
    assert_int_equal(world->changes, 1);
    assert_has(device->request, "<wse:Identifier>urn:uuid:77</wse:Identifier>");
    assert_int_equal(wsd_subscription_remaining(s), HOUR);
}

static void a_shorter_grant_is_obeyed(void **state)
{
    struct world *world = *state;
    world->device.expires = "<e:Expires>PT15M</e:Expires>";
    subscribe(world);
    pass(world, 450000);
    UNTIL(world->device.renews == 1);
    assert_has(world->device.request, "<wse:Expires>PT1H</wse:Expires>");
}

static void a_grant_without_expires_is_renewed_as_one_of_an_hour(void **state)
{
    struct world *world = *state;
    world->device.expires = "";
    struct wsd_subscription *s = subscribe(world);
    assert_int_equal(wsd_subscription_remaining(s), HOUR);
    pass(world, HOUR / 2);
    UNTIL(world->device.renews == 1);
}

static void a_grant_of_a_second_is_kept_alive(void **state)
{
    struct world *world = *state;
    world->device.expires = "<e:Expires>PT1S</e:Expires>";
    struct wsd_subscription *s = subscribe(world);
    for (unsigned i = 1; i <= 20; i++) {
        pass(world, 500);
        UNTIL(world->device.renews == i && s->step == WSD__STEP_IDLE);
    }
    assert_int_equal(world->changes, 1);
}

static void a_grant_in_the_past_is_no_storm_of_requests(void **state)
{
    struct world *world = *state;
    world->device.expires = "<e:Expires>1999-01-01T00:00:00Z</e:Expires>";
    struct wsd_subscription *s = subscribe(world);
    pass(world, 29999);
    settle(world);
    assert_int_equal(world->device.renews, 0);
    for (unsigned i = 1; i <= 10; i++) {
        pass(world, 30000);
        UNTIL(world->device.renews == i && s->step == WSD__STEP_IDLE);
    }
    assert_int_equal(world->device.subscribes, 1);
    assert_int_equal(wsd_subscription_state(s), WSD_SUBSCRIPTION_ACTIVE);
}

static void a_grant_of_ten_years_is_renewed_after_half_a_day(void **state)
{
    struct world *world = *state;
    world->device.expires = "<e:Expires>P10Y</e:Expires>";
    subscribe(world);
    pass(world, 12 * HOUR - 1);
    settle(world);
    assert_int_equal(world->device.renews, 0);
    pass(world, 1);
    UNTIL(world->device.renews == 1);
}

/* The printer's server sends the Date of this machine; its Expires is put an hour after another. */
static void a_point_in_time_counts_from_the_date_of_the_answer(void **state)
{
    struct world *world = *state;
    char expires[64];
    time_t later = time(NULL) + 600;
    strftime(expires, sizeof expires, "<e:Expires>%Y-%m-%dT%H:%M:%SZ</e:Expires>", gmtime(&later));
    world->device.expires = expires;
    struct wsd_subscription *s = subscribe(world);
    assert_in_range(wsd_subscription_remaining(s), 595000, 601000);
}

static void a_manager_without_identifier_is_renewed(void **state)
{
    struct world *world = *state;
    world->device.reference = "";
    subscribe(world);
    pass(world, HOUR / 2);
    UNTIL(world->device.renews == 1);
    assert_has_not(world->device.request, "Identifier");
}

static void reference_properties_come_back(void **state)
{
    struct world *world = *state;
    world->device.reference = "<wsa:ReferenceProperties><v:Key xmlns:v=\"urn:v\">k</v:Key>"
                              "</wsa:ReferenceProperties>";
    subscribe(world);
    pass(world, HOUR / 2);
    UNTIL(world->device.renews == 1);
    assert_has(world->device.request, "<v:Key xmlns:v=\"urn:v\">k</v:Key></soap:Header>");
}

static void a_manager_elsewhere_is_asked_for_at_the_service(void **state)
{
    static const char *const addresses[] = {"urn:uuid:5", "http://169.254.169.254/latest",
                                            "http://198.18.0.77:1/m", "http://127.1:1/m",
                                            "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1:1/"};
    struct world *world = *state;
    for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        char to[128];
        world->device.manager = addresses[i];
        struct wsd_subscription *s = subscribe(world);
        pass(world, HOUR / 2);
        UNTIL(world->device.renews == i + 1 && s->step == WSD__STEP_IDLE);
        snprintf(to, sizeof to, "<wsa:To>%s</wsa:To>", addresses[i]);
        assert_has(world->device.request, to);
        wsd_subscription_free(s);
        UNTIL(world->device.unsubscribes == i + 1);
    }
}

static void a_renew_that_does_not_get_through_is_tried_until_the_time_is_over(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s = subscribe(world);
    world->device.silent = true;
    pass(world, HOUR / 2);
    UNTIL(strcmp(world->device.log, "S-") == 0 && s->step == WSD__STEP_IDLE);
    assert_int_equal(world->state, WSD_SUBSCRIPTION_ACTIVE);
    world->device.silent = false;
    pass(world, 10000);
    UNTIL(world->device.renews == 1 && s->step == WSD__STEP_IDLE);
    assert_int_equal(world->changes, 1);
    world->device.silent = true;
    for (int i = 0; i < 14 && world->state == WSD_SUBSCRIPTION_ACTIVE; i++) {
        pass(world, 300000);
        UNTIL(s->step == WSD__STEP_IDLE);
    }
    UNTIL(world->state == WSD_SUBSCRIPTION_LOST);
    assert_int_equal(world->device.subscribes, 1);
}

static void it_is_looked_after_when_it_is_asked_to(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    struct wsd_subscription *s = subscribe(world);
    wsd_subscription_check(s);
    wsd_subscription_check(s);
    UNTIL(device->renews == 1 && s->step == WSD__STEP_IDLE);
    settle(world);
    assert_string_equal(device->log, "SR");
    assert_int_equal(wsd_subscription_remaining(s), HOUR);
    assert_int_equal(world->changes, 1);
    device->forgotten = FAULT("InvalidMessage");
    wsd_subscription_check(s);
    UNTIL(world->state == WSD_SUBSCRIPTION_LOST);
    wsd_subscription_check(s); /* it is not ACTIVE */
    device->forgotten = NULL;
    pass(world, 20000);
    UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE);
    assert_string_equal(device->log, "SRRUS");
}

/* -- loss -------------------------------------------------------------------------------------- */

static void a_device_that_has_forgotten_is_subscribed_anew(void **state)
{
    static const char *const refusals[] = {FAULT("UnableToRenew"), FAULT("InvalidMessage")};
    struct world *world = *state;
    struct device *device = &world->device;
    struct wsd_subscription *s = subscribe(world);
    for (unsigned i = 0; i < 2; i++) {
        device->forgotten = refusals[i];
        pass(world, HOUR / 2);
        UNTIL(world->state == WSD_SUBSCRIPTION_LOST);
        assert_int_equal(world->error.code, WSD_E_FAULT);
        assert_int_equal(wsd_subscription_remaining(s), 0);
        assert_null(wsd_subscription_manager(s));
        pass(world, 4999);
        settle(world);
        assert_int_equal(device->subscribes, i + 1);
        pass(world, 20000);
        UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE);
        device->forgotten = NULL;
    }
    assert_string_equal(device->log, "SRUSRUS"); /* the old one is left before the new one */
    assert_string_not_equal(device->notify_to[0], device->notify_to[1]);
    assert_string_not_equal(device->notify_to[1], device->notify_to[2]);
}

static void pauses_grow_and_end_at_five_minutes(void **state)
{
    struct world *world = *state;
    uint64_t started = world->now, pauses[12];
    world->device.refusal = FAULT("EventSourceUnableToProcess");
    struct wsd_subscription *s = subscribe_at(world, world->device.url);
    for (unsigned i = 0; i < 12; i++) {
        UNTIL(world->device.subscribes == i + 1 && s->step == WSD__STEP_IDLE);
        pauses[i] = s->timer.due - world->now;
        assert_in_range(pauses[i], 5000, 300000);
        world->now = s->timer.due;
    }
    for (unsigned i = 0; i + 1 < 6; i++)
        assert_true(pauses[i] <= (uint64_t)10000 << i && pauses[i] >= (uint64_t)5000 << i);
    assert_true(pauses[11] >= 150000);
    assert_true(world->now - started > 1000000);
    assert_int_equal(world->changes, 1); /* it is told once that it is lost */
    assert_string_equal(world->error.subcode, "EventSourceUnableToProcess");
}

static void a_device_without_events_is_asked_rarely(void **state)
{
    static const char *const subcodes[] = {
        FAULT("ActionNotSupported"), FAULT("FilterActionNotSupported"),
        FAULT("FilteringRequestedUnavailable"), FAULT("DeliveryModeRequestedUnavailable")};
    struct world *world = *state;
    for (unsigned i = 0; i < 4; i++) {
        world->device.refusal = subcodes[i];
        unsigned before = world->device.subscribes;
        struct wsd_subscription *s = subscribe_at(world, world->device.url);
        UNTIL(world->device.subscribes == before + 1 && s->step == WSD__STEP_IDLE);
        assert_int_equal(wsd_subscription_state(s), WSD_SUBSCRIPTION_REFUSED);
        pass(world, 1799999);
        settle(world);
        assert_int_equal(world->device.subscribes, before + 1);
        pass(world, 300001);
        UNTIL(world->device.subscribes == before + 2);
        wsd_subscription_free(s);
    }
}

static void a_status_that_says_there_is_no_such_thing_is_a_refusal(void **state)
{
    static const struct {
        int status;
        enum wsd_subscription_state is;
    } rows[] = {
        {404, WSD_SUBSCRIPTION_REFUSED}, {405, WSD_SUBSCRIPTION_REFUSED},
        {501, WSD_SUBSCRIPTION_REFUSED}, {403, WSD_SUBSCRIPTION_LOST},
        {500, WSD_SUBSCRIPTION_LOST},    {503, WSD_SUBSCRIPTION_LOST},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        world->device.status = rows[i].status;
        unsigned before = world->device.subscribes;
        struct wsd_subscription *s = subscribe_at(world, world->device.url);
        UNTIL(world->device.subscribes == before + 1 && s->step == WSD__STEP_IDLE);
        assert_int_equal(wsd_subscription_state(s), rows[i].is);
        assert_int_equal(world->error.http_status, rows[i].status);
        wsd_subscription_free(s);
    }
}

/* The options of its requests are its own from the beginning on, and those of all its requests. */
static void what_goes_with_each_request_is_copied(void **state)
{
    static const char *const actions[] = {"urn:a/One", NULL};
    static const uint32_t limits[] = {0, 1000, 3600000};
    struct world *world = *state;
    for (size_t i = 0; i < 3; i++) {
        char from[] = "urn:uuid:00000000-0000-4000-8000-0000000000aa";
        struct wsd_any text = {.kind = WSD_ANY_TEXT, .text = from};
        struct wsd_any key = {
            .kind = WSD_ANY_ELEMENT, .ns = "urn:v", .local = "Key", .children = &text};
        struct wsd_request_options request = WSD_REQUEST_OPTIONS_INIT;
        struct wsd_subscription_options options = WSD_SUBSCRIPTION_OPTIONS_INIT;
        struct wsd_subscription *s = NULL;
        unsigned before = world->device.unsubscribes, active = world->actives;
        request.from = request.to = from;
        request.reference_parameters = &key;
        request.connect_timeout = request.answer_timeout = request.idle_timeout = limits[i];
        request.size = i == 0 ? 0 : sizeof request;
        options.service = world->device.url;
        options.actions = actions;
        options.changed = world_changed;
        options.user = world;
        options.request = &request;
        assert_int_equal(wsd_subscription_new(world->sink, &options, &s, NULL), 0);
        memset(from, 'x', sizeof from - 1);
        key.local = "Other";
        UNTIL(world->actives == active + 1);
        assert_has(world->device.request, "-0000000000aa</wsa:Address></wsa:From>");
        assert_has(world->device.request, "<wsa:To>urn:uuid:00000000-0000-4000-8000-0000000000aa<");
        assert_has(world->device.request, ":Key");
        wsd_subscription_free(s);
        UNTIL(world->device.unsubscribes == before + 1);
        assert_has(world->device.request, "-0000000000aa</wsa:Address></wsa:From>");
        assert_has(world->device.request, ":Key");
    }
}

static void a_device_that_takes_no_expires_is_asked_without(void **state)
{
    struct world *world = *state;
    world->device.refusal = FAULT("UnsupportedExpirationType");
    struct wsd_subscription *s = subscribe_at(world, world->device.url);
    UNTIL(world->device.subscribes == 1);
    world->device.refusal = NULL;
    UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE && world->actives == 1);
    assert_has_not(world->device.request, "Expires");
    assert_int_equal(world->changes, 1);
    pass(world, HOUR / 2);
    UNTIL(world->device.renews == 1 && s->step == WSD__STEP_IDLE);
    assert_has(world->device.request, "<wse:Renew/>");
}

static void the_end_of_a_subscription_is_told_with_its_status(void **state)
{
    static const char *const statuses[][2] = {{"DeliveryFailure", "DeliveryFailure"},
                                              {"SourceShuttingDown", "SourceShuttingDown"},
                                              {"SourceCancelling", "SourceCancelling"},
                                              {"SourceCanceling", "SourceCancelling"}};
    struct world *world = *state;
    subscribe(world);
    for (unsigned i = 0; i < 4; i++) {
        char body[1024], path[64];
        snprintf(body, sizeof body,
                 ENVELOPE("<soap:Header><wsa:Action>" URI_WSE "/SubscriptionEnd</wsa:Action>"
                          "</soap:Header>",
                          "<e:SubscriptionEnd" WSE "><e:SubscriptionManager><wsa:Address>a"
                          "</wsa:Address></e:SubscriptionManager><e:Status>" URI_WSE "/%s"
                          "</e:Status><e:Reason xml:lang=\"en\">so</e:Reason>"
                          "</e:SubscriptionEnd>"),
                 statuses[i][0]);
        strcpy(path, last_path(world));
        assert_int_equal(send_from(world, "127.0.0.1", path, body), 202);
        UNTIL(world->state == WSD_SUBSCRIPTION_LOST);
        assert_string_equal(world->error.subcode, statuses[i][1]);
        assert_has(world->error.message, ": so");
        assert_int_equal(send_event(world, path, "1", "late"), 404);
        world->now += 300000;
        UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE);
    }
    assert_int_equal(world->events, 0);
    assert_string_equal(world->device.log, "SSSSS"); /* what the device ended needs no leaving */
}

/* -- restarts ---------------------------------------------------------------------------------- */

static void a_reboot_is_answered_at_once_and_once(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s = subscribe(world);
    for (int i = 0; i < 5; i++)
        assert_int_equal(wsd_subscription_restart(s, NULL, NULL), 0);
    assert_int_equal(world->changes, 1); /* nothing is called from inside the call */
    UNTIL(world->actives == 2);
    assert_int_equal(world->changes, 3);
    settle(world);
    assert_string_equal(world->device.log, "SUS");
    assert_int_equal(world->device.most_alive, 1);
}

static void a_reboot_ends_a_pause(void **state)
{
    struct world *world = *state;
    world->device.refusal = FAULT("EventSourceUnableToProcess");
    struct wsd_subscription *s = subscribe_at(world, world->device.url);
    UNTIL(world->state == WSD_SUBSCRIPTION_LOST);
    world->device.refusal = NULL;
    assert_int_equal(wsd_subscription_restart(s, NULL, NULL), 0);
    UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE);
}

static void a_device_that_moved_is_followed(void **state)
{
    struct world *world = *state;
    struct device other = {0};
    device_open(&other);
    struct wsd_subscription *s = subscribe(world);
    assert_int_equal(wsd_subscription_restart(s, "", NULL), WSD_E_INVALID);
    assert_int_equal(wsd_subscription_restart(s, other.url, NULL), 0);
    uint64_t began = real_time();
    while (world->actives < 2 && real_time() - began < 10000) {
        turn(world);
        wsd_context_wait(other.context, 1, NULL);
    }
    assert_int_equal(world->actives, 2);
    assert_string_equal(world->device.log, "SU");
    assert_string_equal(other.log, "S");
    wsd__http_server_free(other.server);
    wsd_context_free(other.context);
}

static void what_a_device_held_at_its_old_address_is_ended_at_the_new_one(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    char old[80];
    snprintf(old, sizeof old, "http://localhost%s", strrchr(device->url, ':'));
    device->manager = "http://localhost:9/"; /* where nobody is any more */
    struct wsd_subscription *s = subscribe_at(world, old);
    UNTIL(world->actives == 1);
    assert_int_equal(wsd_subscription_restart(s, device->url, NULL), 0);
    UNTIL(world->actives == 2);
    assert_string_equal(device->log, "SUS");
    assert_int_equal(device->most_alive, 1);
}

static void a_restart_while_a_subscribe_is_unanswered_waits_for_it(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    char elsewhere[80];
    device->held = true;
    struct wsd_subscription *s = subscribe_at(world, device->url);
    UNTIL(device->stream);
    assert_int_equal(wsd_subscription_restart(s, NULL, NULL), 0);
    settle(world);
    assert_string_equal(device->log, "S");
    snprintf(elsewhere, sizeof elsewhere, "%s/", device->url);
    assert_int_equal(wsd_subscription_restart(s, elsewhere, NULL), 0);
    device->held = false;
    wsd__http_stream_resume(device->stream);
    UNTIL(world->actives == 1);
    assert_string_equal(device->log, "SUS");
    assert_int_equal(device->most_alive, 1);
}

/* -- ends -------------------------------------------------------------------------------------- */

static void freed_while_its_subscribe_is_unanswered_it_unsubscribes_then(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    device->held = true;
    struct wsd_subscription *s = subscribe_at(world, device->url);
    UNTIL(device->stream);
    wsd_subscription_free(s);
    device->held = false;
    wsd__http_stream_resume(device->stream);
    UNTIL(device->unsubscribes == 1);
    assert_int_equal(device->alive, 0);
    assert_int_equal(world->changes, 0);
}

static void freed_while_it_renews_it_unsubscribes(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s = subscribe(world);
    pass(world, HOUR / 2);
    assert_int_equal(s->step, WSD__STEP_RENEWING);
    wsd_subscription_free(s);
    UNTIL(world->device.unsubscribes == 1);
}

static void one_whose_unsubscribe_nobody_answers_is_counted(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    struct wsd_subscription *s = subscribe(world);
    wsd_subscription_free(s);
    UNTIL(world->sink->leaving == NULL);
    assert_int_equal(device->unsubscribes, 1);
    assert_int_equal(wsd_sink_counters(world->sink).abandoned, 0);
    s = subscribe(world);
    device->forgotten = FAULT("InvalidMessage"); /* it has answered: it does not hold it */
    wsd_subscription_free(s);
    UNTIL(world->sink->leaving == NULL);
    assert_int_equal(device->unsubscribes, 2);
    assert_int_equal(wsd_sink_counters(world->sink).abandoned, 0);
    device->forgotten = NULL;
    s = subscribe(world);
    device->silent = true;
    assert_int_equal(wsd_subscription_restart(s, NULL, NULL), 0); /* that is not the end of it */
    UNTIL(strchr(device->log, '-') != NULL);
    assert_int_equal(wsd_sink_counters(world->sink).abandoned, 0);
    device->silent = false;
    UNTIL(wsd_subscription_state(s) == WSD_SUBSCRIPTION_ACTIVE || (world->now += 1000) == 0);
    device->silent = true;
    wsd_subscription_free(s);
    UNTIL(world->sink->leaving == NULL);
    assert_int_equal(device->unsubscribes, 2);
    assert_int_equal(wsd_sink_counters(world->sink).abandoned, 1);
}

static void freed_at_every_step_of_its_beginning_nothing_is_left(void **state)
{
    struct world *world = *state;
    for (int turns = 0; turns < 12; turns++) {
        struct wsd_subscription *s = subscribe_at(world, world->device.url);
        for (int i = 0; i < turns; i++)
            turn(world);
        wsd_subscription_free(s);
        UNTIL(world->sink->leaving == NULL);
        assert_int_equal(world->device.alive, 0);
    }
}

static void a_sink_that_is_freed_ends_its_subscriptions(void **state)
{
    struct world *world = *state;
    subscribe(world);
    subscribe(world);
    wsd_sink_free(world->sink);
    UNTIL(world->device.unsubscribes == 2);
    assert_int_equal(wsd_sink_new(world->context, NULL, &world->sink, NULL), 0);
}

static void a_context_that_is_freed_with_an_unsubscribe_under_way_keeps_nothing(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s = subscribe(world);
    wsd_subscription_free(s); /* the world closes without a turn */
    assert_non_null(world->sink->leaving);
}

static struct wsd_subscription *to_be_freed;

static void free_inside(struct world *world)
{
    (void)world;
    wsd_subscription_free(to_be_freed);
}

static void it_may_be_freed_inside_its_event(void **state)
{
    struct world *world = *state;
    to_be_freed = subscribe(world);
    world->on_event = free_inside;
    int fds[3];
    for (int i = 0; i < 3; i++) {
        char *xml = event_text(i == 0 ? "a" : i == 1 ? "b" : "c", "x");
        fds[i] = dial("127.0.0.1", wsd_sink_port(world->sink));
        post(fds[i], last_path(world), xml);
        free(xml);
    }
    UNTIL(world->device.unsubscribes == 1);
    settle(world);
    assert_int_equal(world->events, 1);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

static void free_sink_inside(struct world *world)
{
    wsd_sink_free(world->sink);
    world->sink = NULL;
}

static void the_sink_may_be_freed_inside_an_event(void **state)
{
    struct world *world = *state;
    subscribe(world);
    world->on_event = free_sink_inside;
    char *xml = event_text("1", "x");
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    post(fd, last_path(world), xml);
    UNTIL(world->events == 1);
    UNTIL(world->device.unsubscribes == 1);
    close(fd);
    free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_subscription_becomes_active_and_asks_as_windows_does),
        WORLD_TEST(options_that_say_nothing_are_refused),
        WORLD_TEST(an_address_that_is_none_is_told_as_lost),
        WORLD_TEST(it_is_renewed_at_half_of_its_life_for_a_week),
        WORLD_TEST(a_shorter_grant_is_obeyed),
        WORLD_TEST(a_grant_without_expires_is_renewed_as_one_of_an_hour),
        WORLD_TEST(a_grant_of_a_second_is_kept_alive),
        WORLD_TEST(a_grant_in_the_past_is_no_storm_of_requests),
        WORLD_TEST(a_grant_of_ten_years_is_renewed_after_half_a_day),
        WORLD_TEST(a_point_in_time_counts_from_the_date_of_the_answer),
        WORLD_TEST(a_manager_without_identifier_is_renewed),
        WORLD_TEST(reference_properties_come_back),
        WORLD_TEST(a_manager_elsewhere_is_asked_for_at_the_service),
        WORLD_TEST(a_renew_that_does_not_get_through_is_tried_until_the_time_is_over),
        WORLD_TEST(it_is_looked_after_when_it_is_asked_to),
        WORLD_TEST(a_device_that_has_forgotten_is_subscribed_anew),
        WORLD_TEST(pauses_grow_and_end_at_five_minutes),
        WORLD_TEST(a_device_without_events_is_asked_rarely),
        WORLD_TEST(a_status_that_says_there_is_no_such_thing_is_a_refusal),
        WORLD_TEST(what_goes_with_each_request_is_copied),
        WORLD_TEST(a_device_that_takes_no_expires_is_asked_without),
        WORLD_TEST(the_end_of_a_subscription_is_told_with_its_status),
        WORLD_TEST(a_reboot_is_answered_at_once_and_once),
        WORLD_TEST(a_reboot_ends_a_pause),
        WORLD_TEST(a_device_that_moved_is_followed),
        WORLD_TEST(what_a_device_held_at_its_old_address_is_ended_at_the_new_one),
        WORLD_TEST(a_restart_while_a_subscribe_is_unanswered_waits_for_it),
        WORLD_TEST(freed_while_its_subscribe_is_unanswered_it_unsubscribes_then),
        WORLD_TEST(freed_while_it_renews_it_unsubscribes),
        WORLD_TEST(one_whose_unsubscribe_nobody_answers_is_counted),
        WORLD_TEST(freed_at_every_step_of_its_beginning_nothing_is_left),
        WORLD_TEST(a_sink_that_is_freed_ends_its_subscriptions),
        WORLD_TEST(a_context_that_is_freed_with_an_unsubscribe_under_way_keeps_nothing),
        WORLD_TEST(it_may_be_freed_inside_its_event),
        WORLD_TEST(the_sink_may_be_freed_inside_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
