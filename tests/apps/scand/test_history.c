/* SPDX-License-Identifier: MIT */
/* The last scans: how many are remembered, and their thumbnails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "wsd-scand/history.h"

static char folder[] = "/tmp/wsd-history-XXXXXX";

static size_t count(const struct history *history)
{
    size_t n = 0;

    for (const struct history_entry *e = history_first(history); e; e = e->next)
        n++;
    return n;
}

static const char *path(const char *name)
{
    static char text[256];

    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static void touch(const char *name)
{
    FILE *file = fopen(path(name), "w");

    assert_non_null(file);
    fclose(file);
}

static bool there(const char *name)
{
    return access(path(name), F_OK) == 0;
}

static struct history_entry *add(struct history *history, const char *scanner)
{
    struct history_entry *e = history_add(history, scanner, "Desk", 1000);

    assert_non_null(e);
    return e;
}

static void test_the_newest_are_kept(void **state)
{
    struct history *history = history_new(NULL, 3);
    char name[16];

    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "%d", i);
        add(history, name)->state = HISTORY_DONE;
    }
    assert_int_equal(count(history), 3);
    assert_string_equal(history_first(history)->scanner, "9");
    assert_string_equal(history_first(history)->next->next->scanner, "7");
    history_free(history);
}

static void test_one_under_way_is_never_dropped(void **state)
{
    struct history *history = history_new(NULL, 2);
    struct history_entry *running = add(history, "running");

    (void)state;
    running->state = HISTORY_SCANNING;
    for (int i = 0; i < 10; i++)
        history_fail(add(history, "other"), "no");
    assert_int_equal(count(history), 3);
    running->state = HISTORY_DONE;
    add(history, "last");
    assert_int_equal(count(history), 2);
    history_free(history);
}

static void test_none_may_be_kept(void **state)
{
    struct history *history = history_new(NULL, 0);
    struct history_entry *e = add(history, "one");

    (void)state;
    assert_ptr_equal(history_first(history), e);
    e->state = HISTORY_DONE;
    add(history, "two")->state = HISTORY_DONE;
    assert_int_equal(count(history), 1);
    history_keep(history, 0);
    assert_int_equal(count(history), 0);
    history_free(history);
}

static void test_a_smaller_number_counts_at_once(void **state)
{
    struct history *history = history_new(NULL, 10);

    (void)state;
    for (int i = 0; i < 10; i++)
        add(history, "s")->state = HISTORY_DONE;
    history_keep(history, 4);
    assert_int_equal(count(history), 4);
    history_free(history);
}

static void test_a_thumbnail_lives_as_long_as_its_scan(void **state)
{
    char found[256];

    (void)state;
    struct history *history = history_new(folder, 1);
    struct history_entry *e = add(history, "s");
    assert_true(history_set(&e->id, "20261122-183830-0f0f0f0f"));
    touch("thumbnail");
    history_thumbnail(history, e, path("thumbnail"));
    assert_true(e->thumbnail);
    assert_true(there("20261122-183830-0f0f0f0f.jpg"));
    assert_false(there("thumbnail"));
    assert_true(history_thumbnail_path(history, "20261122-183830-0f0f0f0f", found, sizeof found));
    assert_string_equal(found, path("20261122-183830-0f0f0f0f.jpg"));
    assert_false(history_thumbnail_path(history, "20261122-183830-0f0f0f0f", found, 20));
    e->state = HISTORY_DONE;
    add(history, "next");
    assert_false(there("20261122-183830-0f0f0f0f.jpg"));
    history_free(history);
}

static void test_an_id_is_no_path(void **state)
{
    static const char *const ids[] = {"", "../x", "/etc/passwd", "a/b", ".", "a b", "a.jpg", "\n"};
    char found[256];

    (void)state;
    struct history *history = history_new(folder, 5);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct history_entry *e = add(history, "s");
        assert_true(history_set(&e->id, ids[i]));
        touch("thumbnail");
        history_thumbnail(history, e, path("thumbnail"));
        assert_false(e->thumbnail);
        assert_false(history_thumbnail_path(history, ids[i], found, sizeof found));
    }
    assert_false(history_thumbnail_path(history, "unknown", found, sizeof found));
    unlink(path("thumbnail"));
    history_free(history);
}

static void test_thumbnails_of_an_earlier_run_go(void **state)
{
    (void)state;
    touch("old.jpg");
    touch("other");
    struct history *history = history_new(folder, 5);
    assert_false(there("old.jpg"));
    assert_true(there("other"));
    unlink(path("other"));
    history_free(history);
}

static void test_what_status_tells_of_a_scan(void **state)
{
    struct history *history = history_new(NULL, 5);
    struct history_entry *e = add(history, "Office \"1\"");

    (void)state;
    history_fail(e, "it broke");
    assert_true(history_set(&e->kept, "/kept"));
    e->pages = 3;
    e->ended = 2000;
    add(history, "second");
    struct json_object *list = history_json(history, 10), *one, *value = NULL;
    assert_int_equal(json_object_array_length(list), 2);
    one = json_object_array_get_idx(list, 1);
    assert_true(json_object_object_get_ex(one, "scanner", &value));
    assert_string_equal(json_object_get_string(value), "Office \"1\"");
    assert_true(json_object_object_get_ex(one, "state", &value));
    assert_string_equal(json_object_get_string(value), "failed");
    assert_true(json_object_object_get_ex(one, "pages", &value));
    assert_int_equal(json_object_get_int(value), 3);
    assert_true(json_object_object_get_ex(one, "error", &value));
    assert_true(json_object_object_get_ex(one, "kept", &value));
    assert_true(json_object_object_get_ex(one, "files", &value));
    assert_true(json_object_is_type(value, json_type_array));
    one = json_object_array_get_idx(list, 0);
    assert_false(json_object_object_get_ex(one, "ended", &value));
    assert_false(json_object_object_get_ex(one, "error", &value));
    json_object_put(list);
    list = history_json(history, 1);
    assert_int_equal(json_object_array_length(list), 1);
    json_object_put(list);
    history_free(history);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_are_kept),
        cmocka_unit_test(test_one_under_way_is_never_dropped),
        cmocka_unit_test(test_none_may_be_kept),
        cmocka_unit_test(test_a_smaller_number_counts_at_once),
        cmocka_unit_test(test_a_thumbnail_lives_as_long_as_its_scan),
        cmocka_unit_test(test_an_id_is_no_path),
        cmocka_unit_test(test_thumbnails_of_an_earlier_run_go),
        cmocka_unit_test(test_what_status_tells_of_a_scan),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
