/* SPDX-License-Identifier: MIT */
/* Options of programs that were compiled with other headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/options.h"

struct old {
    size_t size;
    size_t a;
};
struct ours {
    size_t size;
    size_t a, b;
};
struct newer {
    size_t size;
    size_t a, b, c;
};

static void an_older_program_gets_the_default_of_what_it_does_not_know(void **state)
{
    const struct old given[2] = {{sizeof *given, 7}, {99, 99}};
    struct ours own;

    (void)state;
    WSD__OPTIONS_TAKE(own, given);
    assert_int_equal(own.a, 7);
    assert_int_equal(own.b, 0);
    assert_int_equal(own.size, sizeof own);
}

static void what_a_newer_program_knows_more_is_not_looked_at(void **state)
{
    const struct newer given = {sizeof given, 1, 2, 3};
    struct ours own;

    (void)state;
    WSD__OPTIONS_TAKE(own, &given);
    assert_int_equal(own.b, 2);
    assert_int_equal(own.size, sizeof own);
}

static void no_options_are_the_defaults(void **state)
{
    struct ours own = {1, 2, 3};

    (void)state;
    WSD__OPTIONS_TAKE(own, NULL);
    assert_int_equal(own.a, 0);
    assert_int_equal(own.size, sizeof own);
}

static void a_size_of_zero_counts_as_ours(void **state)
{
    const struct ours given = {0, 1, 2};
    struct ours own;

    (void)state;
    WSD__OPTIONS_TAKE(own, &given);
    assert_int_equal(own.b, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_program_gets_the_default_of_what_it_does_not_know),
        cmocka_unit_test(what_a_newer_program_knows_more_is_not_looked_at),
        cmocka_unit_test(no_options_are_the_defaults),
        cmocka_unit_test(a_size_of_zero_counts_as_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
