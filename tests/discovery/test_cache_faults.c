/* SPDX-License-Identifier: MIT */
/*
 * The disk fails, at every place where it can: each scenario runs with its first call of the file
 * system failing, then its second, until one gets through. In the other mode all calls fail from
 * then on, as if the program had been killed there. Afterwards the cache is whole and holds what
 * was reported as stored.
 *
 * SQLite reaches its files through a table of functions; ours hands on to the system's.
 */
#include "cache_support.h"

#include <errno.h>
#include <sqlite3.h>

static long left = -1; /* calls until the one that fails; -1: none does */
static bool failed, for_good;

static bool fails(void)
{
    if (left < 0) {
        return false;
    }
    if (left > 0) {
        left--;
        return false;
    }
    failed = true;
    errno = EIO;
    left = for_good ? 0 : -1;
    return true;
}

/* A file of ours; the system's lies behind it. */
struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct file *)(void *)file)->real;
}

#define FORWARD(name, code, parameters, arguments)                                                 \
    static int file_##name parameters                                                              \
    {                                                                                              \
        return fails() ? code : real(file)->pMethods->x##name arguments;                           \
    }

FORWARD(Read, SQLITE_IOERR_READ, (sqlite3_file * file, void *to, int size, sqlite3_int64 at),
        (real(file), to, size, at))
FORWARD(Write, SQLITE_FULL, (sqlite3_file * file, const void *from, int size, sqlite3_int64 at),
        (real(file), from, size, at))
FORWARD(Truncate, SQLITE_IOERR_TRUNCATE, (sqlite3_file * file, sqlite3_int64 size),
        (real(file), size))
FORWARD(Sync, SQLITE_IOERR_FSYNC, (sqlite3_file * file, int flags), (real(file), flags))
FORWARD(FileSize, SQLITE_IOERR_FSTAT, (sqlite3_file * file, sqlite3_int64 *ret), (real(file), ret))
FORWARD(Lock, SQLITE_IOERR_LOCK, (sqlite3_file * file, int level), (real(file), level))
FORWARD(CheckReservedLock, SQLITE_IOERR_CHECKRESERVEDLOCK, (sqlite3_file * file, int *ret),
        (real(file), ret))

/* What a dead program no longer does succeeds without it. */
static int file_Unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_FileControl(sqlite3_file *file, int what, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int file_SectorSize(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_DeviceCharacteristics(sqlite3_file *file)
{
    /* None of the promises by which SQLite leaves writes and syncs out. */
    (void)file;
    return 0;
}

static int file_Close(sqlite3_file *file)
{
    int rc = real(file)->pMethods->xClose(real(file));
    sqlite3_free(real(file));
    return rc;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_Close,
    .xRead = file_Read,
    .xWrite = file_Write,
    .xTruncate = file_Truncate,
    .xSync = file_Sync,
    .xFileSize = file_FileSize,
    .xLock = file_Lock,
    .xUnlock = file_Unlock,
    .xCheckReservedLock = file_CheckReservedLock,
    .xFileControl = file_FileControl,
    .xSectorSize = file_SectorSize,
    .xDeviceCharacteristics = file_DeviceCharacteristics,
};

static sqlite3_vfs *system_vfs;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
    struct file *own = (struct file *)(void *)file;
    (void)vfs;
    file->pMethods = NULL;
    own->real = sqlite3_malloc(system_vfs->szOsFile);
    int rc = fails() ? SQLITE_CANTOPEN : system_vfs->xOpen(system_vfs, name, own->real, flags, ret);
    if (rc == SQLITE_OK) {
        file->pMethods = &methods;
    } else {
        sqlite3_free(own->real);
    }
    return rc;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return fails() ? SQLITE_IOERR_DELETE : system_vfs->xDelete(system_vfs, name, sync);
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
    (void)vfs;
    return fails() ? SQLITE_IOERR_ACCESS : system_vfs->xAccess(system_vfs, name, flags, ret);
}

static void put_between(void)
{
    static sqlite3_vfs own;
    system_vfs = sqlite3_vfs_find(NULL);
    own = *system_vfs;
    own.szOsFile = sizeof(struct file);
    own.zName = "failing";
    own.xOpen = open_file;
    own.xDelete = delete_file;
    own.xAccess = access_file;
    assert_int_equal(sqlite3_vfs_register(&own, 1), SQLITE_OK);
}

/* -- scenarios -------------------------------------------------------------------------------- */

/* Names of devices, and whether they must, may or must not be there. */
static bool stored[4], dropped;
static const char *const names[] = {"urn:a", "urn:b", "urn:c", "urn:d"};

static int store_one(struct wsd_cache *cache, int number)
{
    struct wsd_cached device = device_of(names[number], 1 + number);
    struct wsd_error error = {0};
    int status = wsd_cache_store(cache, &device, &error);
    assert_int_equal(error.code, status);
    stored[number] = status == 0;
    return status;
}

/* Opens a cache that has one device, or makes it; stores, reads and drops. */
static int work(void)
{
    struct wsd_cache *cache = NULL;
    const struct wsd_cached_set *set = NULL;
    struct wsd_error error = {0};
    const char *note = NULL;
    int status = wsd_cache_open(path, &cache, &note, &error);
    assert_int_equal(error.code, status);
    assert_null(note); /* a disk that fails is no reason to set a file aside */
    for (int i = 1; i < 4 && status == 0; i++) {
        status = store_one(cache, i);
    }
    if (status == 0) {
        status = wsd_cache_read(cache, &set, NULL);
        wsd_free(set);
    }
    if (status == 0) {
        status = wsd_cache_drop(cache, names[0], NULL);
        dropped = true; /* if it failed it may be so or so */
    }
    wsd_cache_close(cache);
    return status;
}

static void require_whole(void)
{
    struct wsd_cache *cache = open_cache(false);
    for (int i = 0; i < 4; i++) {
        if (stored[i] && !(i == 0 && dropped) && !holds(cache, names[i])) {
            fail_msg("%s is lost", names[i]);
        }
    }
    count_devices(cache);
    close_cache(cache);
}

static void each_call(bool old)
{
    for (long n = 0;; n++) {
        memset(stored, 0, sizeof stored);
        dropped = false;
        remove(path);
        remove(in_folder("devices.sqlite-journal"));
        if (old) {
            struct wsd_cache *cache = open_cache(false);
            assert_int_equal(store_one(cache, 0), 0);
            close_cache(cache);
        }
        left = n;
        failed = false;
        int status = work();
        left = -1;
        require_whole();
        if (!failed) {
            assert_int_equal(status, 0);
            assert_true(n > 50);
            print_message("%ld calls\n", n);
            return;
        }
        assert_true(n < 5000);
    }
}

static void test_one_call_fails_in_a_new_cache(void **state)
{
    (void)state;
    for_good = false;
    each_call(false);
}

static void test_one_call_fails_in_an_old_cache(void **state)
{
    (void)state;
    for_good = false;
    each_call(true);
}

static void test_all_calls_fail_from_one_on(void **state)
{
    (void)state;
    for_good = true;
    each_call(true);
    each_call(false);
}

/* -- a damaged file --------------------------------------------------------------------------- */

static void test_setting_aside_that_fails_loses_nothing(void **state)
{
    static const char text[] = "something that is no cache";
    (void)state;
    for_good = false;
    for (long n = 0;; n++) {
        struct wsd_cache *cache = NULL;
        size_t size;
        remove(in_folder("devices.sqlite-journal")); /* of the new cache before */
        write_file(path, text, sizeof text);
        left = n;
        failed = false;
        int status = wsd_cache_open(path, &cache, NULL, NULL);
        left = -1;
        bool aside = is_there("devices.sqlite.damaged-1");
        char *content = read_file(aside ? in_folder("devices.sqlite.damaged-1") : path, &size);
        assert_int_equal(size, sizeof text);
        assert_memory_equal(content, text, size);
        free(content);
        wsd_cache_close(cache);
        remove(in_folder("devices.sqlite.damaged-1"));
        if (!failed) {
            assert_int_equal(status, 0);
            assert_true(aside && n > 5);
            return;
        }
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_up, folder_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_one_call_fails_in_a_new_cache),
        CASE(test_one_call_fails_in_an_old_cache),
        CASE(test_all_calls_fail_from_one_on),
        CASE(test_setting_aside_that_fails_loses_nothing),
    };
    put_between();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
