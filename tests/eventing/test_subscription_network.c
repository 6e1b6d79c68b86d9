/* SPDX-License-Identifier: MIT */
/* A managed subscription while the network, the device's address or our own changes. */
#include "support.h"

#include "core/netwatch.h"

static struct wsd__address played_local;

static bool played_route(struct wsd_context *context, const struct wsd__address *peer,
                         struct wsd__address *ret)
{
    (void)context, (void)peer;
    *ret = played_local;
    return played_local.family != 0;
}

static void our_own_address_changes(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    world->sink->route = played_route;
    assert_true(wsd__address_parse("127.0.0.1", 9, &played_local));
    subscribe(world);
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    settle(world);
    assert_int_equal(device->subscribes, 1); /* some other interface it was */
    played_local.family = 0;
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    settle(world);
    assert_int_equal(world->changes, 1); /* no way to the device: what it holds may still be good */
    assert_true(wsd__address_parse("127.0.0.9", 9, &played_local));
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    UNTIL(world->actives == 2);
    assert_string_equal(device->log, "SUS");
    assert_has(device->notify_to[1], "http://127.0.0.9:");
    played_local.family = AF_INET6;
    memset(played_local.bytes, 0, 16);
    played_local.bytes[0] = 0xfe, played_local.bytes[1] = 0x80, played_local.bytes[15] = 9;
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    UNTIL(world->actives == 3);
    assert_has(device->notify_to[2], "http://[fe80::9]:");
}

static void a_way_that_was_gone_and_is_back_has_the_device_asked(void **state)
{
    struct world *world = *state;
    world->sink->route = played_route;
    assert_true(wsd__address_parse("127.0.0.1", 9, &played_local));
    subscribe(world);
    played_local.family = 0;
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    settle(world);
    assert_true(wsd__address_parse("127.0.0.1", 9, &played_local));
    for (int i = 0; i < 2; i++) { /* the second change is some other interface's */
        wsd__netwatch_poke(world->context);
        pass(world, 2000);
        UNTIL(world->device.renews == 1);
        settle(world);
    }
    assert_string_equal(world->device.log, "SR");
}

static void a_network_that_comes_back_ends_a_pause(void **state)
{
    struct world *world = *state;
    world->sink->route = played_route;
    played_local = (struct wsd__address){0};
    subscribe_at(world, world->device.url);
    UNTIL(world->state == WSD_SUBSCRIPTION_LOST);
    assert_int_equal(world->error.code, WSD_E_NETWORK);
    assert_has(world->error.message, "no way to the device");
    assert_true(wsd__address_parse("127.0.0.1", 9, &played_local));
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    pass(world, 1000);
    UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE);
}

static void a_device_by_name_is_looked_up(void **state)
{
    struct world *world = *state;
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u/scan",
             wsd__http_server_port(world->device.server));
    subscribe_at(world, url);
    UNTIL(world->state == WSD_SUBSCRIPTION_ACTIVE && world->actives == 1);
    char *xml = event_text("1", "by name");
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    post(fd, last_path(world), xml);
    assert_int_equal(reply_status(world, fd), 202);
    UNTIL(world->events == 1);
    close(fd);
    free(xml);
}

/* -- when it is no moment for it ----------------------------------------------------------------
 */

static void a_device_that_refuses_is_not_asked_because_the_network_changes(void **state)
{
    struct world *world = *state;
    world->sink->route = played_route;
    assert_true(wsd__address_parse("127.0.0.1", 9, &played_local));
    world->device.status = 404;
    struct wsd_subscription *s = subscribe_at(world, world->device.url);
    UNTIL(wsd_subscription_state(s) == WSD_SUBSCRIPTION_REFUSED);
    wsd__netwatch_poke(world->context);
    pass(world, 2000);
    pass(world, 2000);
    settle(world);
    assert_int_equal(world->device.subscribes, 1);
}

static void our_address_changes_while_a_subscribe_is_unanswered(void **state)
{
    static const char *const locals[] = {"127.0.0.1", "127.0.0.9"}, *const logs[] = {"S", "SUS"};
    for (unsigned i = 0; i < 2; i++) {
        struct world *world = *state;
        struct device *device = &world->device;
        device->held = true;
        world->sink->route = played_route;
        assert_true(wsd__address_parse("127.0.0.1", 9, &played_local));
        struct wsd_subscription *s = subscribe_at(world, device->url);
        UNTIL(device->stream);
        assert_true(wsd__address_parse(locals[i], 9, &played_local));
        wsd__netwatch_poke(world->context);
        pass(world, 2000);
        settle(world);
        device->held = false;
        wsd__http_stream_resume(device->stream);
        UNTIL(wsd_subscription_state(s) == WSD_SUBSCRIPTION_ACTIVE && s->step == WSD__STEP_IDLE);
        UNTIL(strcmp(device->log, logs[i]) == 0);
        settle(world);
        assert_string_equal(device->log, logs[i]);
        world_close(world);
        world_open(world);
    }
}

static struct wsd_subscription *subscribe_by_name(struct world *world, const char *path)
{
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%u%s", wsd__http_server_port(world->device.server),
             path);
    struct wsd_subscription *s = subscribe_at(world, url);
    UNTIL(s->step == WSD__STEP_LOOKUP);
    return s;
}

static void what_happens_while_a_name_is_looked_up_does_not_disturb_it(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s = subscribe_by_name(world, "/scan");
    wsd__subscription_network_changed(s);
    assert_int_equal(s->step, WSD__STEP_LOOKUP);
    assert_int_equal(wsd_subscription_restart(s, NULL, NULL), 0);
    assert_int_equal(s->step, WSD__STEP_LOOKUP);
    wsd_subscription_check(s);
    UNTIL(world->actives == 1);
    settle(world);
    assert_string_equal(world->device.log, "S");
}

static void a_device_that_moves_while_its_name_is_looked_up_is_followed(void **state)
{
    struct world *world = *state;
    struct device *device = &world->device;
    struct wsd_subscription *s = subscribe_by_name(world, "/old");
    char to[128];
    assert_int_equal(wsd_subscription_restart(s, device->url, NULL), 0);
    UNTIL(world->actives == 1);
    settle(world);
    assert_string_equal(device->log, "S");
    snprintf(to, sizeof to, "<wsa:To>%s</wsa:To>", device->url);
    assert_has(device->request, to);
}

/* It is about to be subscribed anew: there is nothing to renew. */
static void one_that_was_restarted_is_not_looked_after_as_well(void **state)
{
    struct world *world = *state;
    struct wsd_subscription *s = subscribe(world);
    assert_int_equal(wsd_subscription_restart(s, NULL, NULL), 0);
    wsd_subscription_check(s);
    UNTIL(world->actives == 2);
    settle(world);
    assert_string_equal(world->device.log, "SUS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(our_own_address_changes),
        WORLD_TEST(a_way_that_was_gone_and_is_back_has_the_device_asked),
        WORLD_TEST(a_network_that_comes_back_ends_a_pause),
        WORLD_TEST(a_device_by_name_is_looked_up),
        WORLD_TEST(a_device_that_refuses_is_not_asked_because_the_network_changes),
        WORLD_TEST(our_address_changes_while_a_subscribe_is_unanswered),
        WORLD_TEST(what_happens_while_a_name_is_looked_up_does_not_disturb_it),
        WORLD_TEST(a_device_that_moves_while_its_name_is_looked_up_is_followed),
        WORLD_TEST(one_that_was_restarted_is_not_looked_after_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
