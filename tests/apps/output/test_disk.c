/* SPDX-License-Identifier: MIT */
/*
 * What the disk does to a page: full, too large, a file system that cannot rename without
 * replacing, and the order of sync and name. The system's calls are replaced by the linker.
 */
#include "support.h"

#include "../common/gather.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t room = SIZE_MAX; /* bytes until the disk is full */
static unsigned writes, uneven, syncs, syncs_at_rename;
static bool no_renameat2, no_links;

ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
    if (room == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (len > room)
        len = room;
    if (room != SIZE_MAX)
        room -= len;
    writes++;
    uneven += lseek(fd, 0, SEEK_CUR) % GATHER_BYTES != 0;
    return __real_write(fd, buf, len);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    syncs_at_rename = syncs;
    if (no_renameat2) {
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    if (no_links) {
        errno = EPERM;
        return -1;
    }
    return __real_linkat(from_dir, from, to_dir, to, flags);
}

int __wrap_fsync(int fd)
{
    syncs++;
    return __real_fsync(fd);
}

static int setup(void **state)
{
    room = SIZE_MAX;
    writes = uneven = syncs = syncs_at_rename = 0;
    no_renameat2 = no_links = false;
    return folder_setup(state);
}

static void expect_disk_full(const char *folder, const char *name, struct bytes page)
{
    struct output *o = open_output((struct output_options){0}, folder, name);
    int r = send_page(o, page, 512);
    if (r == 0)
        r = output_finish(o);
    assert_int_equal(r, OUTPUT_E_DISK_FULL);
    assert_non_null(strstr(output_last_error(o)->text, "space"));
    assert_int_equal(output_file_count(o), 0);
    output_free(o);
    assert_int_equal(file_count(folder), 0);
}

static void test_disk_full_while_receiving(void **state)
{
    struct bytes jpeg = sample_jpeg(100, 100, 0);
    for (size_t at = 0; at < jpeg.len; at += 701) {
        room = at;
        expect_disk_full(*state, "scan.jpg", jpeg);
    }
    free(jpeg.data);
}

static void test_disk_full_in_the_middle_of_a_large_page(void **state)
{
    struct bytes dib = sample_dib(400, 400);
    for (size_t at = GATHER_BYTES - 1; at <= GATHER_BYTES + 1; at++) {
        room = at;
        expect_disk_full(*state, "scan.bmp", dib);
    }
    free(dib.data);
}

static void test_disk_full_while_converting(void **state)
{
    struct bytes dib = sample_dib(60, 60);
    room = dib.len + 14 + 300;
    expect_disk_full(*state, "scan.png", dib);
    free(dib.data);
}

static void test_file_size_limit_is_a_full_disk(void **state)
{
    struct bytes jpeg = sample_jpeg(200, 200, 0);
    struct rlimit old, small;
    assert_true(jpeg.len > 4096);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct output *o = open_output((struct output_options){0}, *state, "scan.jpg");
    int r = send_page(o, jpeg, 512);
    output_free(o);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(r, OUTPUT_E_DISK_FULL);
    assert_int_equal(file_count(*state), 0);
    free(jpeg.data);
}

static void test_writes_are_large_and_at_even_places(void **state)
{
    struct bytes dib = sample_dib(400, 400);
    size_t size = dib.len + SNIFF_BMP_FILE_HEADER;
    struct output *o = open_output((struct output_options){0}, *state, "scan.bmp");
    assert_int_equal(send_page(o, dib, 1000), 0);
    assert_true(size > 3 * GATHER_BYTES);
    assert_int_equal(writes, (size + GATHER_BYTES - 1) / GATHER_BYTES);
    assert_int_equal(uneven, 0);
    output_free(o);
    free(dib.data);
}

static void test_file_is_synced_before_its_name_and_folder_after(void **state)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct output *o = open_output((struct output_options){0}, *state, "scan.jpg");
    assert_int_equal(send_page(o, jpeg, 1024), 0);
    assert_int_equal(syncs_at_rename, 1);
    assert_int_equal(syncs, 2);
    output_free(o);
    free(jpeg.data);
}

/* A taken name survives and the page goes beside it, whichever way the file system allows. */
static void expect_nothing_overwritten(const char *folder)
{
    struct bytes jpeg = sample_jpeg(20, 20, 0);
    struct output *o = open_output((struct output_options){0}, folder, "scan.jpg");
    file_write(folder, "scan.jpg", "mine");
    assert_int_equal(send_page(o, jpeg, 1024), 0);
    assert_string_equal(output_file_name(o, 0), "scan-2.jpg");
    output_free(o);
    assert_file_is(folder, "scan.jpg", (struct bytes){(uint8_t *)"mine", 4});
    assert_file_is(folder, "scan-2.jpg", jpeg);
    assert_int_equal(file_count(folder), 2);
    free(jpeg.data);
}

static void test_nothing_is_overwritten_by_links(void **state)
{
    no_renameat2 = true;
    expect_nothing_overwritten(*state);
}

static void test_nothing_is_overwritten_without_links(void **state)
{
    no_renameat2 = no_links = true;
    expect_nothing_overwritten(*state);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_disk_full_while_receiving),
        CASE(test_disk_full_in_the_middle_of_a_large_page),
        CASE(test_disk_full_while_converting),
        CASE(test_file_size_limit_is_a_full_disk),
        CASE(test_writes_are_large_and_at_even_places),
        CASE(test_file_is_synced_before_its_name_and_folder_after),
        CASE(test_nothing_is_overwritten_by_links),
        CASE(test_nothing_is_overwritten_without_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
