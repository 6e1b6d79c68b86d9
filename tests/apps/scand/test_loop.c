/* SPDX-License-Identifier: MIT */
/* The daemon's loop: timers on a clock that is played, descriptors, and what calls may do to both.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "wsd-scand/loop.h"

static uint64_t now;
static char log_text[256];
static struct loop loop;

static uint64_t played_now(void *user)
{
    (void)user;
    return now;
}

static time_t played_wall(void *user)
{
    (void)user;
    return (time_t)(now / 1000);
}

static int begin(void **state)
{
    static const struct loop_clock clock = {played_now, played_wall, NULL};

    (void)state;
    now = 1000000;
    log_text[0] = '\0';
    loop_init(&loop, &clock);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_null(loop.timers);
    assert_null(loop.watches);
    loop_free(&loop);
    return 0;
}

static void note(void *user)
{
    strncat(log_text, user, sizeof log_text - strlen(log_text) - 1);
}

static void assert_turn(const char *wanted)
{
    log_text[0] = '\0';
    assert_int_equal(loop_turn(&loop), 0);
    assert_string_equal(log_text, wanted);
}

static char a[] = "a", b[] = "b", c[] = "c", d[] = "d";

/* -- timers -------------------------------------------------------------------------------------
 */

static void test_timers_fire_in_the_order_in_which_they_are_due(void **state)
{
    struct loop_timer timers[4] = {0};

    (void)state;
    loop_arm(&loop, &timers[0], 30, note, c);
    loop_arm(&loop, &timers[1], 10, note, a);
    loop_arm(&loop, &timers[2], 40, note, d);
    loop_arm(&loop, &timers[3], 20, note, b);
    now += 30;
    assert_turn("abc");
    assert_false(timers[0].armed);
    assert_true(timers[2].armed);
    now += 10;
    assert_turn("d");
}

static void test_timers_of_one_time_fire_in_the_order_of_arming(void **state)
{
    struct loop_timer timers[3] = {0};

    (void)state;
    loop_arm(&loop, &timers[2], 5, note, a);
    loop_arm(&loop, &timers[0], 5, note, b);
    loop_arm(&loop, &timers[1], 5, note, c);
    now += 5;
    assert_turn("abc");
}

static void test_a_timer_is_not_early(void **state)
{
    struct loop_timer timer = {0}, soon = {0};

    (void)state;
    loop_arm(&loop, &timer, 10, note, a);
    loop_arm(&loop, &soon, 0, note, b); /* so that the turn does not wait */
    now += 9;
    assert_turn("b");
    now += 1;
    assert_turn("a");
}

static void test_arming_anew_moves_a_timer(void **state)
{
    struct loop_timer timer = {0}, other = {0};

    (void)state;
    loop_arm(&loop, &timer, 10, note, a);
    loop_arm(&loop, &other, 20, note, b);
    loop_arm(&loop, &timer, 30, note, c);
    now += 30;
    assert_turn("bc");
    loop_disarm(&loop, &timer); /* twice is fine */
    loop_disarm(&loop, &timer);
}

static struct loop_timer victim;

static void disarm_victim(void *user)
{
    note(user);
    loop_disarm(&loop, &victim);
}

static void test_a_call_may_disarm_another_that_is_due(void **state)
{
    struct loop_timer timer = {0};

    (void)state;
    victim = (struct loop_timer){0};
    loop_arm(&loop, &timer, 1, disarm_victim, a);
    loop_arm(&loop, &victim, 2, note, b);
    now += 5;
    assert_turn("a");
    assert_false(victim.armed);
}

static void arm_anew(void *user)
{
    struct loop_timer *timer = user;

    note(a);
    loop_arm(&loop, timer, 0, arm_anew, timer);
}

static void test_who_arms_anew_for_now_starves_nobody(void **state)
{
    struct loop_timer timer = {0}, other = {0};

    (void)state;
    loop_arm(&loop, &timer, 0, arm_anew, &timer);
    loop_arm(&loop, &other, 0, note, b);
    assert_turn("ab");
    assert_turn("a");
    assert_turn("a");
    loop_disarm(&loop, &timer);
}

static void free_it(void *user)
{
    note(a);
    free(user);
}

static void test_a_timer_may_be_freed_in_its_own_call(void **state)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);

    (void)state;
    assert_non_null(timer);
    loop_arm(&loop, timer, 0, free_it, timer);
    assert_turn("a");
}

static void test_a_jump_of_the_clock_fires_all_that_is_due_once(void **state)
{
    struct loop_timer timers[2] = {0};

    (void)state;
    loop_arm(&loop, &timers[0], 1000, note, a);
    loop_arm(&loop, &timers[1], UINT32_MAX, note, b);
    now += (uint64_t)UINT32_MAX * 4;
    assert_turn("ab");
    struct loop_timer soon = {0};
    loop_arm(&loop, &soon, 0, note, c);
    assert_turn("c");
}

static void test_a_far_timer_does_not_wrap(void **state)
{
    struct loop_timer far = {0}, soon = {0};

    (void)state;
    loop_arm(&loop, &far, (uint64_t)1 << 40, note, a);
    loop_arm(&loop, &soon, 0, note, b);
    assert_turn("b");
    assert_true(far.armed);
    loop_disarm(&loop, &far);
}

/* -- descriptors --------------------------------------------------------------------------------
 */

struct pipe_watch {
    struct loop_watch watch;
    int ends[2];
    char name[2];
    struct loop_watch *remove; /* in its call */
    bool freed;                /* likewise */
    unsigned calls;
};

static size_t wants(void *user, struct pollfd *fds, size_t room)
{
    const struct pipe_watch *p = user;

    if (room > 0)
        fds[0] = (struct pollfd){.fd = p->ends[0], .events = POLLIN};
    return room > 0;
}

static void close_pipe(struct pipe_watch *p)
{
    close(p->ends[0]);
    close(p->ends[1]);
}

static void ready(void *user, const struct pollfd *fds, size_t n)
{
    struct pipe_watch *p = user;
    char byte;

    assert_int_equal(n, 1);
    assert_int_equal(fds[0].fd, p->ends[0]);
    assert_int_equal(read(p->ends[0], &byte, 1), 1);
    p->calls++;
    note(p->name);
    if (p->remove)
        loop_remove(&loop, p->remove);
    if (p->freed) {
        close_pipe(p);
        free(p);
    }
}

static struct pipe_watch *add(char name)
{
    struct pipe_watch *p = calloc(1, sizeof *p);

    assert_non_null(p);
    assert_int_equal(pipe(p->ends), 0);
    p->name[0] = name;
    p->watch = (struct loop_watch){.wants = wants, .ready = ready, .user = p};
    loop_add(&loop, &p->watch);
    return p;
}

static void poke(struct pipe_watch *p)
{
    assert_int_equal(write(p->ends[1], "x", 1), 1);
}

static void drop(struct pipe_watch *p)
{
    loop_remove(&loop, &p->watch);
    close_pipe(p);
    free(p);
}

static void test_only_who_is_ready_is_called(void **state)
{
    struct pipe_watch *one = add('1'), *two = add('2');

    (void)state;
    poke(one);
    assert_turn("1");
    poke(two);
    assert_turn("2");
    poke(one);
    poke(two);
    assert_turn("21");
    drop(one);
    drop(two);
}

static void test_a_watch_may_be_removed_and_freed_in_its_own_call(void **state)
{
    struct pipe_watch *one = add('1'), *two = add('2'), *three = add('3');

    (void)state;
    two->remove = &two->watch;
    two->freed = true;
    poke(one);
    poke(two);
    poke(three);
    assert_turn("321");
    drop(one);
    drop(three);
}

static void test_one_that_is_removed_by_another_is_not_called(void **state)
{
    struct pipe_watch *one = add('1'), *two = add('2');

    (void)state;
    two->remove = &one->watch;
    poke(one);
    poke(two);
    assert_turn("2");
    assert_int_equal(one->calls, 0);
    drop(one);
    drop(two);
}

static void test_there_is_room_for_many(void **state)
{
    struct pipe_watch *many[200];
    struct loop_timer soon = {0};

    (void)state;
    for (size_t i = 0; i < 200; i++)
        many[i] = add('m');
    for (size_t i = 0; i < 200; i += 2)
        poke(many[i]);
    loop_arm(&loop, &soon, 0, note, a);
    assert_int_equal(loop_turn(&loop), 0);
    for (size_t i = 0; i < 200; i++) {
        assert_int_equal(many[i]->calls, i % 2 == 0);
        drop(many[i]);
    }
}

static size_t wants_two(void *user, struct pollfd *fds, size_t room)
{
    const int *ends = user;

    if (room < 2)
        return room;
    fds[0] = (struct pollfd){.fd = ends[0], .events = POLLIN};
    fds[1] = (struct pollfd){.fd = -1, .events = POLLIN};
    return 2;
}

static void two_ready(void *user, const struct pollfd *fds, size_t n)
{
    const int *ends = user;
    char byte;

    assert_int_equal(n, 2);
    assert_true(fds[0].revents != 0);
    assert_int_equal(fds[1].revents, 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    note(b);
}

static void test_who_needs_two_places_gets_both_however_many_there_are(void **state)
{
    (void)state;
    for (size_t others = 60; others < 67; others++) {
        struct pipe_watch *many[67];
        int ends[2];
        struct loop_watch two = {.wants = wants_two, .ready = two_ready, .user = ends};

        assert_int_equal(pipe(ends), 0);
        loop_add(&loop, &two); /* asked last */
        for (size_t i = 0; i < others; i++)
            many[i] = add('m');
        assert_int_equal(write(ends[1], "x", 1), 1);
        assert_turn("b");
        for (size_t i = 0; i < others; i++)
            drop(many[i]);
        loop_remove(&loop, &two);
        close(ends[0]);
        close(ends[1]);
        loop_free(&loop);
        loop.capacity = 0;
    }
}

static void test_the_end_of_a_pipe_is_news(void **state)
{
    struct pipe_watch *one = add('1');

    (void)state;
    poke(one);
    close(one->ends[1]);
    assert_turn("1");
    one->ends[1] = -1;
    drop(one);
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOP_TEST(timers_fire_in_the_order_in_which_they_are_due),
        LOOP_TEST(timers_of_one_time_fire_in_the_order_of_arming),
        LOOP_TEST(a_timer_is_not_early),
        LOOP_TEST(arming_anew_moves_a_timer),
        LOOP_TEST(a_call_may_disarm_another_that_is_due),
        LOOP_TEST(who_arms_anew_for_now_starves_nobody),
        LOOP_TEST(a_timer_may_be_freed_in_its_own_call),
        LOOP_TEST(a_jump_of_the_clock_fires_all_that_is_due_once),
        LOOP_TEST(a_far_timer_does_not_wrap),
        LOOP_TEST(only_who_is_ready_is_called),
        LOOP_TEST(a_watch_may_be_removed_and_freed_in_its_own_call),
        LOOP_TEST(one_that_is_removed_by_another_is_not_called),
        LOOP_TEST(there_is_room_for_many),
        LOOP_TEST(who_needs_two_places_gets_both_however_many_there_are),
        LOOP_TEST(the_end_of_a_pipe_is_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
