/* SPDX-License-Identifier: MIT */
/* The context: timers on a clock that the test turns, and calls that end exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/context.h"

static uint64_t clock_now;

static uint64_t turned(void *user)
{
    (void)user;
    return clock_now;
}

static struct wsd_context *make(void)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    options.now = turned;
    assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
    return context;
}

static void test_randomness_fills_all_that_is_asked_for_and_never_repeats(void **state)
{
    (void)state;
    enum { LARGE = 700, SMALL = 16 };
    static const uint8_t nothing[SMALL] = {0};
    struct wsd_context *context = make();
    uint8_t large[LARGE] = {0}, small[40][SMALL] = {{0}};
    wsd__random(context, large, sizeof large);
    for (size_t at = 0; at + SMALL <= LARGE; at += SMALL)
        assert_memory_not_equal(large + at, nothing, SMALL);
    for (size_t i = 0; i < 40; i++) {
        wsd__random(context, small[i], SMALL);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(small[i], small[j], SMALL);
    }
    wsd_context_free(context);
}

static void fixed_bytes(void *user, void *bytes, size_t size)
{
    memset(bytes, *(const int *)user, size);
}

static void test_injected_randomness_is_asked_each_time(void **state)
{
    (void)state;
    int value = 1;
    uint8_t bytes[4];
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    options.random = fixed_bytes;
    options.user = &value;
    assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
    for (; value < 4; value++) {
        wsd__random(context, bytes, sizeof bytes);
        assert_memory_equal(
            bytes, ((uint8_t[]){(uint8_t)value, (uint8_t)value, (uint8_t)value, (uint8_t)value}),
            sizeof bytes);
    }
    wsd_context_free(context);
}

static char order[64];

static void fire(void *user)
{
    strcat(order, user);
}

static void test_timers_fire_in_the_order_of_their_times(void **state)
{
    (void)state;
    struct wsd_context *context = make();
    struct wsd__timer timers[5] = {{0}};
    static const uint64_t delays[] = {50, 10, 3600000, 30, 20};
    static char names[5][2] = {"d", "a", "x", "c", "b"};
    order[0] = '\0';
    assert_int_equal(wsd_context_timeout(context), -1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(wsd__timer_start(context, &timers[i], delays[i], fire, names[i]), 0);
    assert_int_equal(wsd_context_timeout(context), 10);
    clock_now += 15;
    wsd_context_dispatch(context, NULL);
    assert_string_equal(order, "a");
    wsd__timer_stop(&timers[3]);
    clock_now += 100;
    wsd_context_dispatch(context, NULL);
    assert_string_equal(order, "abd");
    clock_now += 3600000;
    wsd_context_dispatch(context, NULL);
    assert_string_equal(order, "abdx");
    /* Later than a number of milliseconds can say: it is waited for in parts. */
    assert_int_equal(wsd__timer_start(context, &timers[0], UINT64_C(1) << 32, fire, names[0]), 0);
    assert_int_equal(wsd_context_timeout(context), INT32_MAX);
    wsd_context_free(context);
}

struct work {
    struct wsd_call call;
    int *destroyed;
};

static void stop(struct wsd_call *call)
{
    (void)call;
}

static void destroy(struct wsd_call *call)
{
    struct work *work = (struct work *)call;
    ++*work->destroyed;
    free(work);
}

static int ends, last_status, destroyed;

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    (void)user, (void)result;
    ends++;
    last_status = status;
    assert_int_equal(status < 0, error != NULL);
}

static struct work *begin(struct wsd_context *context)
{
    struct work *work = calloc(1, sizeof *work);
    assert_non_null(work);
    wsd__call_init(&work->call, context, done, NULL, stop, destroy);
    work->destroyed = &destroyed;
    ends = destroyed = 0;
    return work;
}

static void test_end_comes_with_the_next_turn_and_only_once(void **state)
{
    (void)state;
    struct wsd_context *context = make();
    struct work *work = begin(context);
    wsd__call_end(&work->call, 0, NULL);
    wsd__call_end(&work->call, WSD_E_TIMEOUT, NULL);
    wsd_call_cancel(&work->call);
    assert_int_equal(ends, 0);
    assert_int_equal(wsd_context_timeout(context), 0);
    wsd_context_dispatch(context, NULL);
    wsd_context_dispatch(context, NULL);
    assert_int_equal(ends, 1);
    assert_int_equal(last_status, 0);
    assert_int_equal(destroyed, 1);
    wsd_context_free(context);
}

static void test_freed_context_ends_calls_under_way_and_those_that_ended(void **state)
{
    (void)state;
    struct wsd_context *context = make();
    struct work *ended = begin(context);
    begin(context);
    wsd__call_end(&ended->call, 0, NULL);
    wsd_context_free(context);
    assert_int_equal(ends, 2);
    assert_int_equal(destroyed, 2);
    assert_int_equal(last_status, WSD_E_CANCELLED);
}

static void test_abandoned_call_has_no_callback(void **state)
{
    (void)state;
    struct wsd_context *context = make();
    wsd__call_abandon(&begin(context)->call);
    wsd_context_dispatch(context, NULL);
    assert_int_equal(ends, 0);
    assert_int_equal(destroyed, 1);
    wsd_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_fire_in_the_order_of_their_times),
        cmocka_unit_test(test_end_comes_with_the_next_turn_and_only_once),
        cmocka_unit_test(test_freed_context_ends_calls_under_way_and_those_that_ended),
        cmocka_unit_test(test_abandoned_call_has_no_callback),
        cmocka_unit_test(test_randomness_fills_all_that_is_asked_for_and_never_repeats),
        cmocka_unit_test(test_injected_randomness_is_asked_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
