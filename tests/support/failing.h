/* SPDX-License-Identifier: MIT */
/*
 * Something fails, at every place where it can: a scenario runs with the first call failing, then
 * the second, until one run gets through without a failure. Which calls, the wrappers say.
 */
#ifndef TESTS_SUPPORT_FAILING_H
#define TESTS_SUPPORT_FAILING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <wsd/error.h>

static long left = -1; /* calls until the one that fails; -1: none does */
static bool failed;

static inline bool fails(void)
{
    if (left < 0 || left-- > 0)
        return false;
    failed = true;
    return true;
}

/* Runs a scenario until it gets through. It returns 0 or the code that it failed with. */
static inline void each_failure(int (*scenario)(void *user), void *user)
{
    for (long n = 0;; n++) {
        left = n;
        failed = false;
        int r = scenario(user);
        left = -1;
        if (!failed) {
            if (r != 0)
                fail_msg("without any failure: %s", wsd_error_name(r));
            assert_true(n > 0); /* something was called */
            return;
        }
        if (r > 0)
            fail_msg("call %ld: result %d", n, r);
        if (n > 5000)
            fail_msg("does not end");
    }
}

#endif
