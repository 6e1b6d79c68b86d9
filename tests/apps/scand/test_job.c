/* SPDX-License-Identifier: MIT */
/*
 * The folder of a scan in the spool: order there and back, pages, the end, the lock; and each call
 * of the system failing in turn, after which nothing half made may be seen.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "wsd-scand/job.h"

static long fail_at; /* the call that fails, counted down; 0: none */

static bool fails(void)
{
    if (fail_at > 0 && --fail_at == 0) {
        errno = ENOSPC;
        return true;
    }
    return false;
}

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __real_mkdirat(int dir, const char *path, mode_t mode);
int __wrap_mkdirat(int dir, const char *path, mode_t mode);

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    return fails() ? -1 : __real_write(fd, data, size);
}

int __wrap_fsync(int fd)
{
    return fails() ? -1 : __real_fsync(fd);
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return fails() ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
    return fails() ? -1 : __real_openat(dir, path, flags, 0600);
}

int __wrap_mkdirat(int dir, const char *path, mode_t mode)
{
    return fails() ? -1 : __real_mkdirat(dir, path, mode);
}

static char spool[64];

static int setup(void **state)
{
    (void)state;
    fail_at = 0;
    snprintf(spool, sizeof spool, "%s/wsd-job-XXXXXX", P_tmpdir);
    return mkdtemp(spool) ? 0 : -1;
}

static int count_each(void *user, const char *id, const char *path)
{
    struct stat st;

    assert_true(*id && stat(path, &st) == 0);
    ++*(unsigned *)user;
    return 0;
}

static unsigned count_jobs(void)
{
    unsigned count = 0;

    assert_int_equal(job_each(spool, count_each, &count), 0);
    return count;
}

static int remove_each(void *user, const char *id, const char *path)
{
    struct job *job = NULL;

    (void)user;
    (void)id;
    assert_int_equal(job_open(path, &job), 0);
    assert_int_equal(job_remove(job), 0);
    return 0;
}

/* The spool is empty again: rmdir() would say so. */
static int teardown(void **state)
{
    (void)state;
    fail_at = 0;
    assert_int_equal(job_each(spool, remove_each, NULL), 0);
    assert_int_equal(job_sweep(spool), 0);
    return rmdir(spool);
}

static char *command[] = {"/usr/bin/ocr", "{file}", "a b;$(c)", NULL};
static const struct job_order full = {
    .id = "20261122-183830-abc",
    .began = 1795370310,
    .title = "Scan \"1\"\n\\ \xc3\xa9",
    .device = "Office MFP",
    .uuid = "urn:uuid:1",
    .destination = "Archive",
    .dpi = {300, 600},
    .crop = {1, 2, 3, 4000000000u},
    .format = CONFIG_TIFF,
    .folder = "/srv/archive",
    .pattern = "{date}",
    .quality = 70,
    .owner = "u",
    .group = "g",
    .file_mode = 0640,
    .drop_blank = true,
    .broken = CONFIG_BROKEN_DROP,
    .command = command,
    .pipe = command + 1,
    .command_timeout = 300,
    .incomplete = "/incomplete",
    .max_page_bytes = UINT64_C(1) << 40,
    .max_total_bytes = UINT64_C(1) << 41,
    .max_pages = 99,
};

static struct job *create(void)
{
    struct job *job = NULL;

    assert_int_equal(job_create(spool, &full, &job), 0);
    return job;
}

static void same_list(config_list a, config_list b)
{
    for (; *a && *b; a++, b++)
        assert_string_equal(*a, *b);
    assert_true(!*a && !*b);
}

static void test_order_comes_back_as_it_was(void **state)
{
    struct job *job = create();
    struct job_order order;
    const char *wrong = NULL;

    (void)state;
    assert_int_equal(job_order_load(job, &order, &wrong), 0);
    assert_string_equal(order.title, full.title);
    assert_string_equal(order.group, full.group);
    assert_int_equal(order.began, full.began);
    assert_memory_equal(order.dpi, full.dpi, sizeof full.dpi);
    assert_memory_equal(order.crop, full.crop, sizeof full.crop);
    assert_int_equal(order.format, full.format);
    assert_int_equal(order.broken, full.broken);
    assert_int_equal(order.file_mode, 0640);
    assert_true(order.drop_blank);
    assert_true(order.max_total_bytes == full.max_total_bytes);
    assert_int_equal(order.max_pages, 99);
    same_list(order.command, full.command);
    same_list(order.pipe, full.pipe);

    /* Each key is written, so that nothing was left out of the table unseen. */
    struct json_object *once = job_order_json(&full), *again = job_order_json(&order);
    assert_int_equal(json_object_object_length(once), 25);
    assert_true(json_object_equal(once, again));
    json_object_put(once);
    json_object_put(again);
    job_order_free(&order);
    job_close(job);
}

static void test_order_that_says_little_has_defaults(void **state)
{
    static const struct job_order least = {.folder = "/a", .file_mode = -1};
    struct job_order order;
    struct job *job = NULL;

    (void)state;
    assert_int_equal(job_create(spool, &least, &job), 0);
    assert_int_equal(job_order_load(job, &order, NULL), 0);
    assert_string_equal(order.id, job->id);
    assert_true(order.began > 0);
    assert_int_equal(order.file_mode, -1);
    assert_null(order.command);
    assert_int_equal(order.crop[2], 0);
    job_order_free(&order);
    job_close(job);
}

static void test_order_that_is_wrong_is_refused_with_its_key(void **state)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        {"{}", "version"},
        {"{\"version\":2}", "version"},
        {"{\"version\":1,\"folder\":\"/a\"}", "id"},
        {"{\"version\":1,\"id\":\"../x\",\"folder\":\"/a\"}", "id"},
        {"{\"version\":1,\"id\":\"a\\u0000b\",\"folder\":\"/a\"}", "id"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"a\"}", "folder"},
        {"{\"version\":1,\"id\":\"a\"}", "folder"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"incomplete\":\"x\"}", "incomplete"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"format\":\"gif\"}", "format"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"mode\":4095}", "mode"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"quality\":\"1\"}", "quality"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"dpi\":[300]}", "dpi"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"crop\":[1,2,3,-1]}", "crop"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"command\":[\"a\",1]}", "command"},
        {"{\"version\":1,\"id\":\"a\",\"folder\":\"/a\",\"drop_blank\":1}", "drop_blank"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_object *json = json_tokener_parse(cases[i].text);
        struct job_order order;
        const char *wrong = NULL;
        assert_non_null(json);
        assert_int_equal(job_order_read(json, &order, &wrong), -EBADMSG);
        assert_string_equal(wrong, cases[i].key);
        json_object_put(json);
    }
}

static void put_page(const struct job *job, unsigned page, const char *text)
{
    int fd = job_page_open(job, page);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(job_page_commit(job, page, fd), 0);
}

static void test_pages_are_there_when_they_are_whole(void **state)
{
    struct job *job = create();
    char text[8] = "";

    (void)state;
    assert_int_equal(job_page_next(job, 0), 0);
    int fd = job_page_open(job, 1);
    assert_int_equal(job_page_next(job, 0), 0);
    assert_int_equal(job_page_read(job, 1), -ENOENT);
    job_page_drop(job, 1, fd);
    put_page(job, 1, "one");
    put_page(job, 7, "seven");
    put_page(job, JOB_MAX_PAGES, "last");
    assert_int_equal(job_page_open(job, 0), -EINVAL);
    assert_int_equal(job_page_open(job, JOB_MAX_PAGES + 1), -EINVAL);
    assert_int_equal(job_page_next(job, 0), 1);
    assert_int_equal(job_page_next(job, 1), 7);
    assert_int_equal(job_page_next(job, 7), JOB_MAX_PAGES);
    assert_int_equal(job_page_next(job, JOB_MAX_PAGES), 0);
    fd = job_page_read(job, 7);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "seven");
    close(fd);
    job_close(job);
}

static void test_end_is_said_once_and_removes_parts(void **state)
{
    struct job *job = create();
    struct job_ending ending;
    struct stat st;

    (void)state;
    assert_int_equal(job_ended(job, &ending), 0);
    close(job_page_open(job, 3));
    assert_int_equal(job_end(job, false, 0, "the scanner went away"), 0);
    assert_int_equal(fstatat(job->folder, "page-0003.part", &st, 0), -1);
    assert_int_equal(job_ended(job, &ending), 1);
    assert_false(ending.complete);
    assert_string_equal(ending.why, "the scanner went away");
    assert_int_equal(job_end(job, true, 0, NULL), 0);
    assert_int_equal(job_ended(job, &ending), 1);
    assert_true(ending.complete);
    job_close(job);
}

static void test_lock_is_one_workers(void **state)
{
    struct job *job = create(), *other = NULL;

    (void)state;
    assert_int_equal(job_lock(job), 0);
    assert_int_equal(job_lock(job), 0);
    assert_int_equal(job_open(job->path, &other), 0);
    assert_int_equal(job_lock(other), -EWOULDBLOCK);
    job_close(job);
    assert_int_equal(job_lock(other), 0);
    job_close(other);
}

static void test_ids_that_are_taken_or_paths_are_refused(void **state)
{
    struct job *job = create(), *other = NULL;
    struct job_order order = full;

    (void)state;
    assert_int_equal(job_create(spool, &full, &other), -EEXIST);
    order.id = "../a";
    assert_int_equal(job_create(spool, &order, &other), -EINVAL);
    order.id = ".a";
    assert_int_equal(job_create(spool, &order, &other), -EINVAL);
    assert_int_equal(job_create("/nonexistent/spool", &full, &other), -ENOENT);
    assert_int_equal(count_jobs(), 1);
    job_close(job);
}

/* A whole life with the Nth call failing. What says that it failed has left nothing to be seen. */
static int live(void)
{
    struct job *job = NULL;
    int r = job_create(spool, &full, &job);

    if (r < 0) {
        /* Only the sync after the name may leave a job, which is whole. */
        assert_true(count_jobs() <= 1);
        return r;
    }
    int fd = job_page_open(job, 1);
    r = fd < 0 ? fd : 0;
    if (r == 0) {
        r = write(fd, "x", 1) == 1 ? job_page_commit(job, 1, fd) : -ENOSPC;
        if (r < 0 && fcntl(fd, F_GETFD) >= 0)
            job_page_drop(job, 1, fd);
    }
    if (r < 0)
        assert_int_equal(job_page_next(job, 0), 0);
    if (r == 0)
        r = job_end(job, true, 0, NULL);
    if (r == 0) {
        r = job_remove(job);
        job = NULL;
    }
    job_close(job);
    return r;
}

static void test_every_call_failing_leaves_no_half_job(void **state)
{
    struct job_order order;
    unsigned n = 0;
    int r;

    (void)state;
    do {
        fail_at = (long)++n;
        r = live();
        bool reached = fail_at == 0;
        fail_at = 0;
        if (!reached)
            break;
        char path[128];
        struct job *job = NULL;
        snprintf(path, sizeof path, "%s/%s", spool, full.id);
        if (job_open(path, &job) == 0) {
            assert_int_equal(job_order_load(job, &order, NULL), 0);
            job_order_free(&order);
            assert_int_equal(job_remove(job), 0);
        }
        assert_int_equal(job_sweep(spool), 0);
    } while (n < 200);
    assert_int_equal(r, 0);
    assert_in_range(n, 12, 199);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_order_comes_back_as_it_was),
        CASE(test_order_that_says_little_has_defaults),
        CASE(test_order_that_is_wrong_is_refused_with_its_key),
        CASE(test_pages_are_there_when_they_are_whole),
        CASE(test_end_is_said_once_and_removes_parts),
        CASE(test_lock_is_one_workers),
        CASE(test_ids_that_are_taken_or_paths_are_refused),
        CASE(test_every_call_failing_leaves_no_half_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
