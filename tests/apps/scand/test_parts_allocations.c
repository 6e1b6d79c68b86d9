/* SPDX-License-Identifier: MIT */
/* Memory runs out in the daemon's parts, at each place of ours where it can: nothing is lost that
 * was there before, and nothing leaks. */
#include "lines_support.h"

#include "support/failing_allocations.h"
#include <json-c/json.h>
#include <unistd.h>

#include "wsd-scand/history.h"
#include "wsd-scand/loop.h"

static char folder[] = "/tmp/wsd-parts-XXXXXX";
static struct state *state_kept;

/* -- the state ----------------------------------------------------------------------------------
 */

static const struct wsd_any node = {
    .kind = WSD_ANY_ELEMENT, .ns = "urn:x", .local = "Identifier", .prefix = "x"};
static const struct wsd_soap_bag bag = {.any = &node};
static const struct wsd_endpoint_reference manager = {.address = "http://192.0.2.1/",
                                                      .reference_parameters = &bag};

static int use_state(void *user)
{
    const struct state_subscription kept = {
        .scanner = "s", .service = "http://192.0.2.1/scan", .manager = &manager};
    const struct state_subscription *left_behind;
    struct state *state = NULL;

    (void)user;
    int r = state_open(folder, &state);
    if (r < 0)
        return r;
    r = state_put(state, "s", &kept);
    if (r == 0)
        r = state_flush(state);
    left_behind = r == 0 ? state_left(state, "s") : NULL;
    if (r == 0 && !left_behind)
        r = -ENOMEM;
    if (left_behind && !failed)
        assert_string_equal(left_behind->manager->reference_parameters->any->local, "Identifier");
    state_free(state);
    return r;
}

static void test_state(void **unused)
{
    (void)unused;
    each_failure(use_state, NULL);
}

/* -- lines --------------------------------------------------------------------------------------
 */

static int make_lines(void *user)
{
    struct scanner_line *lines = NULL;
    size_t n = 0;
    int r = lines_make(&scanner, &lines, &n);

    (void)user;
    assert_true(r == 0 || r == -ENOMEM);
    assert_int_equal(n, r == 0 ? 2 : 0);
    lines_free(lines, n);
    return r;
}

static void test_lines(void **unused)
{
    (void)unused;
    play(good("destination A { }\ndestination B { }"), state_kept);
    each_failure(make_lines, NULL);
    config_release(scand.config);
}

/* -- history ------------------------------------------------------------------------------------
 */

static int use_history(void *user)
{
    struct history *history = history_new(folder, 2);
    struct history_entry *e;
    struct json_object *list;

    (void)user;
    if (!history)
        return -ENOMEM;
    e = history_add(history, "Scanner", "Desk", 1);
    if (!e) {
        assert_null(history_first(history));
        history_free(history);
        return -ENOMEM;
    }
    assert_string_equal(e->scanner, "Scanner");
    assert_string_equal(e->destination, "Desk");
    history_set(&e->id, "id-1");
    history_fail(e, "first");
    history_fail(e, "second"); /* the first stays where there is no memory for another */
    if (!failed)
        assert_string_equal(e->error, "second");
    history_thumbnail(history, e, "/nowhere");
    assert_false(e->thumbnail);
    list = history_json(history, 5);
    assert_int_equal(json_object_array_length(list), 1);
    json_object_put(list);
    history_free(history);
    return failed ? -ENOMEM : 0;
}

static void test_history(void **unused)
{
    (void)unused;
    each_failure(use_history, NULL);
}

/* -- the loop -----------------------------------------------------------------------------------
 */

static uint64_t stopped(void *user)
{
    (void)user;
    return 5;
}

static void fired(void *user)
{
    ++*(unsigned *)user;
}

static int turn_loop(void *user)
{
    static const struct loop_clock clock = {stopped, NULL, NULL};
    struct loop_timer timer = {0};
    struct loop loop;
    unsigned times = 0;

    (void)user;
    loop_init(&loop, &clock);
    loop_arm(&loop, &timer, 0, fired, &times);
    int r = loop_turn(&loop);
    assert_int_equal(times, r == 0);
    loop_disarm(&loop, &timer);
    loop_free(&loop);
    return r;
}

static void test_loop(void **unused)
{
    (void)unused;
    each_failure(turn_loop, NULL);
}

static int begin(void **state)
{
    (void)state;
    return mkdtemp(folder) && state_open(folder, &state_kept) == 0 ? 0 : -1;
}

static int end(void **state)
{
    char path[64];

    (void)state;
    state_free(state_kept);
    snprintf(path, sizeof path, "%s/state.json", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_loop),
    };

    setenv("HOME", "/home-of-test", 1);
    return cmocka_run_group_tests(tests, begin, end);
}
