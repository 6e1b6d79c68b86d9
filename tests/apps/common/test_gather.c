/* SPDX-License-Identifier: MIT */
/* Bytes that are written in large pieces: all of them, in order, whatever the slices. */
#include "common/gather.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 65536, TOTAL = 10 * SIZE + 12345 };

static uint8_t sent[TOTAL], back[TOTAL], pieces[SIZE];
static FILE *file;

static struct gather fresh(uint64_t at)
{
    if (file)
        fclose(file);
    file = tmpfile();
    assert_non_null(file);
    for (size_t i = 0; i < TOTAL; i++)
        sent[i] = (uint8_t)(i * 2654435761u >> 13);
    assert_int_equal(lseek(fileno(file), (off_t)at, SEEK_SET), at);
    return (struct gather){.fd = fileno(file), .at = at, .bytes = pieces, .size = SIZE};
}

static void assert_written(const struct gather *gather, uint64_t at, size_t size)
{
    assert_int_equal(gather->at, at + size);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), at + size);
    assert_int_equal(pread(fileno(file), back, size, (off_t)at), size);
    assert_memory_equal(back, sent, size);
}

static void write_slices(struct gather *gather, size_t first, size_t more)
{
    for (size_t at = 0, slice = first; at < TOTAL; at += slice, slice = more) {
        if (slice > TOTAL - at)
            slice = TOTAL - at;
        assert_int_equal(gather_write(gather, sent + at, slice), 0);
        assert_true(gather->used < gather->size);
    }
    assert_int_equal(gather_flush(gather), 0);
}

static void test_slices_of_any_size_arrive_whole(void **state)
{
    static const size_t sizes[] = {1,        100,      4095,         SIZE - 1, SIZE,
                                   SIZE + 1, 2 * SIZE, 2 * SIZE + 7, TOTAL};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t first = 1; first <= sizes[i]; first = first * 17 + 2) {
            struct gather gather = fresh(0);
            write_slices(&gather, first, sizes[i]);
            assert_written(&gather, 0, TOTAL);
        }
}

static void test_slices_at_random_from_any_place_on(void **state)
{
    unsigned seed = 1;
    (void)state;
    for (uint64_t start = 0; start < 2 * SIZE; start += 5461) {
        struct gather gather = fresh(start);
        for (size_t at = 0; at < TOTAL;) {
            seed = seed * 1103515245u + 12345u;
            size_t slice = (seed >> 8) % (seed >> 29 ? 4096 : 3 * SIZE);
            slice = slice < TOTAL - at ? slice : TOTAL - at;
            assert_int_equal(gather_write(&gather, sent + at, slice), 0);
            assert_true(gather.used < gather.size);
            at += slice;
        }
        assert_int_equal(gather_flush(&gather), 0);
        assert_written(&gather, start, TOTAL);
    }
}

static void test_what_is_written_ends_at_an_even_place(void **state)
{
    struct gather gather = fresh(54);
    (void)state;
    for (size_t at = 0; at + 1000 <= TOTAL; at += 1000) {
        uint64_t before = gather.at;
        assert_int_equal(gather_write(&gather, sent + at, 1000), 0);
        assert_true(gather.at == before || gather.at % SIZE == 0);
    }
}

static void test_an_empty_slice_is_nothing(void **state)
{
    struct gather gather = fresh(0);
    (void)state;
    assert_int_equal(gather_write(&gather, sent, 0), 0);
    assert_int_equal(gather_flush(&gather), 0);
    assert_written(&gather, 0, 0);
}

/* As of a full disk: the part that fits is written, what follows is told, and nothing twice. */
static void test_a_file_that_may_not_grow_is_an_error(void **state)
{
    struct rlimit before, less;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t most = 1; most < 2 * SIZE; most += 3001) {
        struct gather gather = fresh(0);
        less = (struct rlimit){.rlim_cur = most, .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
        int r = gather_write(&gather, sent, 1000);
        r = r < 0 ? r : gather_write(&gather, sent + 1000, 2 * SIZE - 1000);
        r = r < 0 ? r : gather_flush(&gather);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(r, -EFBIG);
        assert_int_equal(gather_flush(&gather), 0); /* what failed is lost */
        assert_int_equal(lseek(fileno(file), 0, SEEK_END), most);
        assert_int_equal(pread(fileno(file), back, most, 0), most);
        assert_memory_equal(back, sent, most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slices_of_any_size_arrive_whole),
        cmocka_unit_test(test_slices_at_random_from_any_place_on),
        cmocka_unit_test(test_what_is_written_ends_at_an_even_place),
        cmocka_unit_test(test_an_empty_slice_is_nothing),
        cmocka_unit_test(test_a_file_that_may_not_grow_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
