/* SPDX-License-Identifier: MIT */
/* The arena: pieces, growth, budget, and results that move house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include <wsd/types.h>

static void test_pieces_are_zero_aligned_and_apart(void **state)
{
    (void)state;
    struct wsd__arena *arena = wsd__arena_new(8, 0, 1 << 20);
    char *before = NULL;
    for (size_t size = 0; size < 300; size++) {
        char *piece = wsd__arena_alloc(arena, size);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xff, size);
        assert_ptr_not_equal(piece, before);
        before = piece;
    }
    wsd__arena_free(arena);
}

static void test_budget_ends_it_and_is_never_passed(void **state)
{
    (void)state;
    struct wsd__arena *arena = wsd__arena_new(8, 0, 10000);
    assert_null(wsd__arena_alloc(arena, 10001));
    assert_null(wsd__arena_alloc(arena, SIZE_MAX));
    assert_null(wsd__arena_strndup(arena, "", SIZE_MAX));
    while (wsd__arena_alloc(arena, 100))
        ;
    assert_true(wsd__arena_used(arena) <= 10000);
    wsd__arena_free(arena);
}

static void test_grown_piece_keeps_its_content_and_the_rest_is_zero(void **state)
{
    (void)state;
    for (int between = 0; between < 2; between++) {
        struct wsd__arena *arena = wsd__arena_new(8, 0, 1 << 20);
        char *piece = wsd__arena_alloc(arena, 24);
        memset(piece, 'x', 24);
        if (between)
            memset(wsd__arena_alloc(arena, 16), 'y', 16);
        char *grown = wsd__arena_grow(arena, piece, 24, 200);
        for (int i = 0; i < 200; i++)
            assert_int_equal(grown[i], i < 24 ? 'x' : 0);
        wsd__arena_free(arena);
    }
}

static void test_rerooted_result_holds_all_of_the_old_one(void **state)
{
    (void)state;
    struct wsd__arena *arena = wsd__arena_new(32, 0, 1 << 20);
    const char **value = wsd__arena_alloc(arena, sizeof *value);
    *value = wsd__arena_strdup(arena, "text");
    const char *const *root = wsd__arena_reroot(wsd__arena_root(arena), value, sizeof *value);
    assert_string_equal(*root, "text");
    wsd_free(root);
}

static void test_joined_result_is_freed_with_the_first(void **state)
{
    (void)state;
    struct wsd__arena *one = wsd__arena_new(8, 0, 1 << 20), *two = wsd__arena_new(8, 0, 1 << 20);
    const char *text = wsd__arena_strdup(two, "of the second");
    wsd__arena_join(wsd__arena_root(one), wsd__arena_root(two));
    assert_string_equal(text, "of the second");
    wsd_free(wsd__arena_root(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zero_aligned_and_apart),
        cmocka_unit_test(test_budget_ends_it_and_is_never_passed),
        cmocka_unit_test(test_grown_piece_keeps_its_content_and_the_rest_is_zero),
        cmocka_unit_test(test_rerooted_result_holds_all_of_the_old_one),
        cmocka_unit_test(test_joined_result_is_freed_with_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
