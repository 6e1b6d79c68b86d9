/* SPDX-License-Identifier: MIT */
/*
 * Files that are no cache, or one no longer: set aside whole, with a note; what cannot be opened is
 * a clear error; nothing of it ends in a crash.
 */
#include "cache_support.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

enum { DEVICES = 60, PAGE = 4096 };

static const char *name_of(int number)
{
    static char name[64];
    snprintf(name, sizeof name, "urn:uuid:5f8b7a10-1111-4222-8333-%012x", (unsigned)number);
    return name;
}

/* A cache of several pages, closed; one device has a row that overflows its page. */
static char *make_cache(size_t *ret_size)
{
    static char large[WSD_MAX_CACHED_TEXT + 1];
    struct wsd_cache *cache = open_cache(false);
    struct wsd__cache_change changes[DEVICES];
    struct wsd_cached devices[DEVICES];
    char names[DEVICES][64];
    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < DEVICES; i++) {
        snprintf(names[i], sizeof names[i], "%s", name_of(i));
        devices[i] = device_of(names[i], 100 + i);
        devices[i].manufacturer = "A maker of things that are long enough to fill some pages";
        if (i == DEVICES / 2) {
            devices[i].manufacturer = devices[i].model_name = devices[i].serial_number = large;
        }
        changes[i] = (struct wsd__cache_change){.device = &devices[i]};
    }
    assert_int_equal(wsd__cache_change(cache, changes, DEVICES, NULL), 0);
    close_cache(cache);
    return read_file(path, ret_size);
}

static void require_same(const char *name, const char *bytes, size_t size)
{
    size_t now;
    char *content = read_file(in_folder(name), &now);
    assert_int_equal(now, size);
    assert_memory_equal(content, bytes, size);
    free(content);
}

/* Works whatever lay there before. */
static void require_usable(struct wsd_cache *cache)
{
    struct wsd_cached device = device_of("urn:another", 5000);
    count_devices(cache);
    store(cache, &device);
    assert_true(holds(cache, "urn:another"));
}

/* The content is set aside as it was, and an empty cache takes its place. */
static void require_aside(const void *bytes, size_t size)
{
    struct wsd_cache *cache = NULL;
    const char *note = NULL;
    struct wsd_error error = {0};
    write_file(path, bytes, size);
    if (wsd_cache_open(path, &cache, &note, &error) < 0) {
        fail_msg("%s", error.message);
    }
    assert_non_null(note);
    assert_non_null(strstr(note, "devices.sqlite.damaged-1"));
    require_same("devices.sqlite.damaged-1", bytes, size);
    assert_int_equal(count_devices(cache), 0);
    require_usable(cache);
    close_cache(cache);
    cache = open_cache(false);
    assert_int_equal(count_devices(cache), 1);
    close_cache(cache);
}

static void test_text_file_is_set_aside(void **state)
{
    static const char text[] = "Dear diary,\n";
    (void)state;
    require_aside(text, sizeof text - 1);
}

static void test_long_text_file_is_set_aside(void **state)
{
    static char text[100000];
    (void)state;
    memset(text, 'y', sizeof text);
    require_aside(text, sizeof text);
}

static void test_one_byte_is_set_aside(void **state)
{
    (void)state;
    require_aside("", 1);
}

/* A database of some other program; its bytes. */
static char *make_foreign(const char *sql, size_t *ret_size)
{
    const char *name = in_folder("foreign");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return read_file(name, ret_size);
}

static void require_foreign_aside(const char *sql)
{
    size_t size;
    char *bytes = make_foreign(sql, &size);
    require_aside(bytes, size);
    free(bytes);
}

static void test_database_of_another_program_is_set_aside(void **state)
{
    (void)state;
    require_foreign_aside("CREATE TABLE device(key, endpoint); INSERT INTO device VALUES(1, 2)");
}

static void test_empty_database_of_another_program_is_set_aside(void **state)
{
    (void)state;
    require_foreign_aside("PRAGMA application_id = 42; PRAGMA user_version = 1");
}

static void test_our_number_on_another_schema_is_set_aside(void **state)
{
    (void)state;
    require_foreign_aside("PRAGMA application_id = 0x57534443; PRAGMA user_version = 1; "
                          "CREATE TABLE other(x)");
}

static void test_view_in_place_of_the_table_is_set_aside(void **state)
{
    (void)state;
    require_foreign_aside("PRAGMA application_id = 0x57534443; PRAGMA user_version = 1; "
                          "CREATE VIEW device AS SELECT 'a' AS key");
}

static void test_file_larger_than_a_cache_may_be_is_set_aside(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    (void)state;
    close_cache(cache);
    assert_int_equal(truncate(path, (off_t)WSD_MAX_CACHE_FILE + 1), 0);
    cache = open_cache(true);
    assert_true(is_there("devices.sqlite.damaged-1"));
    require_usable(cache);
    close_cache(cache);
}

static void test_trigger_in_the_file_does_not_run(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    sqlite3 *db = NULL;
    (void)state;
    close_cache(cache);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER t AFTER INSERT ON device BEGIN "
                                  "DELETE FROM device; END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    cache = open_cache(false);
    require_usable(cache);
    close_cache(cache);
}

static void test_empty_file_is_a_new_cache(void **state)
{
    (void)state;
    write_file(path, "", 0);
    struct wsd_cache *cache = open_cache(false);
    require_usable(cache);
    assert_false(is_there("devices.sqlite.damaged-1"));
    close_cache(cache);
}

static void test_second_damaged_file_gets_the_next_number(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        char text[32], name[64];
        snprintf(text, sizeof text, "text number %d", i);
        write_file(path, text, strlen(text));
        close_cache(open_cache(true));
        snprintf(name, sizeof name, "devices.sqlite.damaged-%d", i);
        require_same(name, text, strlen(text));
    }
}

static void test_journal_goes_with_its_file(void **state)
{
    (void)state;
    write_file(path, "1", 1);
    write_file(in_folder("devices.sqlite-journal"), "journal", 7);
    close_cache(open_cache(true));
    require_same("devices.sqlite.damaged-1", "1", 1);
    require_same("devices.sqlite.damaged-1-journal", "journal", 7);
    assert_false(is_there("devices.sqlite-journal"));
}

static void test_too_many_set_aside_is_an_error_that_loses_nothing(void **state)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    char name[64];
    (void)state;
    for (int i = 1; i <= WSD_MAX_CACHES_SET_ASIDE; i++) {
        snprintf(name, sizeof name, "devices.sqlite.damaged-%d", i);
        write_file(in_folder(name), name, strlen(name));
    }
    write_file(path, "the last", 8);
    assert_int_equal(wsd_cache_open(path, &cache, NULL, &error), WSD_E_SYSTEM);
    assert_non_null(strstr(error.message, "remove them"));
    require_same("devices.sqlite", "the last", 8);
    require_same(name, name, strlen(name));
}

/* -- bytes ------------------------------------------------------------------------------------ */

/* Opens what was made of a cache: fine, or set aside; a version number may have become a larger
 * one. True if it was set aside. */
static bool open_damaged(const char *bytes, size_t size, const char *what, size_t where)
{
    struct wsd_cache *cache = NULL;
    const char *note = NULL;
    struct wsd_error error = {0};
    write_file(path, bytes, size);
    int status = wsd_cache_open(path, &cache, &note, &error);
    if (status == 0) {
        if (note != NULL) {
            require_same("devices.sqlite.damaged-1", bytes, size);
        }
        require_usable(cache);
        close_cache(cache);
    } else if (status != WSD_E_UNSUPPORTED) {
        fail_msg("%s %zu: %s", what, where, error.message);
    }
    remove(in_folder("devices.sqlite.damaged-1"));
    remove(in_folder("devices.sqlite-journal"));
    return status == 0 && note != NULL;
}

static void test_file_cut_anywhere_is_set_aside_or_new(void **state)
{
    size_t size;
    char *bytes = make_cache(&size);
    (void)state;
    assert_true(size >= (size_t)4 * PAGE);
    for (size_t length = 0; length < size; length += 509) {
        bool aside = open_damaged(bytes, length, "cut at", length);
        /* the end of the last page is not used */
        assert_true(aside || length == 0 || length > size - PAGE);
    }
    free(bytes);
}

static void test_bytes_flipped_in_each_page_never_crash(void **state)
{
    size_t size, n_aside = 0;
    char *bytes = make_cache(&size);
    unsigned seed = (unsigned)time(NULL);
    (void)state;
    print_message("seed %u\n", seed);
    srandom(seed);
    for (size_t page = 0; page < size; page += PAGE) {
        for (int i = 0; i < 60; i++) {
            /* half of them where the structure of a page is */
            size_t at = page + (size_t)random() % (i % 2 ? PAGE : 120);
            char old = bytes[at];
            bytes[at] = (char)random();
            n_aside += open_damaged(bytes, size, "flipped", at);
            bytes[at] = old;
        }
    }
    print_message("%zu set aside\n", n_aside);
    assert_true(n_aside > size / PAGE);
    free(bytes);
}

static void test_each_byte_of_the_header_flipped_never_crashes(void **state)
{
    size_t size;
    char *bytes = make_cache(&size);
    (void)state;
    for (size_t at = 0; at < 108; at++) {
        bytes[at] = (char)~bytes[at];
        open_damaged(bytes, size, "header", at);
        bytes[at] = (char)~bytes[at];
    }
    free(bytes);
}

static void test_row_that_makes_no_sense_is_left_out(void **state)
{
    static const char *const changes[] = {
        "UPDATE device SET key = 'x' WHERE key = 'urn:bad'",
        "UPDATE device SET endpoint = 'urn:other' WHERE key = 'urn:bad'",
        "UPDATE device SET friendly_name = CAST(x'ff' AS TEXT) WHERE key = 'urn:bad'",
        "UPDATE device SET friendly_name = CAST(x'410042' AS TEXT) WHERE key = 'urn:bad'",
        "UPDATE device SET types = 'no-blanks' WHERE key = 'urn:bad'",
        "UPDATE device SET types = 'a  b' WHERE key = 'urn:bad'",
        "UPDATE device SET types = char(127) || ' b c' WHERE key = 'urn:bad'",
        "UPDATE device SET types = 'a b' || char(127) || ' c' WHERE key = 'urn:bad'",
        "UPDATE device SET types = 'a b c d' WHERE key = 'urn:bad'",
        "UPDATE device SET endpoint = '' WHERE key = 'urn:bad'",
        "UPDATE device SET scan_service = printf('%.2049c', 'x') WHERE key = 'urn:bad'",
        "UPDATE device SET xaddrs = 'http://a b/' WHERE key = 'urn:bad'",
        "UPDATE device SET xaddrs = 'http://a/' || char(10) WHERE key = 'urn:bad'",
        "UPDATE device SET scan_service = 'http://a b/' WHERE key = 'urn:bad'",
        "UPDATE device SET metadata_version = -1 WHERE key = 'urn:bad'",
        "UPDATE device SET instance_id = 4294967296 WHERE key = 'urn:bad'",
        "UPDATE device SET last_seen = -1 WHERE key = 'urn:bad'",
        "UPDATE device SET model_name = printf('%.1025c', 'x') WHERE key = 'urn:bad'",
    };
    struct wsd_cached good = device_of("urn:good", 1), bad = device_of("urn:bad", 1);
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct wsd_cache *cache = open_cache(false);
        sqlite3 *db = NULL;
        store(cache, &good);
        store(cache, &bad);
        assert_int_equal(count_devices(cache), 2);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, changes[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        if (count_devices(cache) != 1) {
            fail_msg("%s", changes[i]);
        }
        assert_false(holds(cache, "urn:bad"));
        assert_int_equal(wsd_cache_drop(cache, NULL, NULL), 0);
        close_cache(cache);
    }
}

/* -- while it is open ------------------------------------------------------------------------- */

static void test_file_exchanged_under_an_open_cache_is_noticed(void **state)
{
    struct wsd_cached device = device_of(DEVICE, 1);
    struct wsd_cache *cache = open_cache(false);
    (void)state;
    require_usable(cache);
    assert_int_equal(rename(path, in_folder("away")), 0);
    store(cache, &device);
    assert_true(holds(cache, DEVICE));
    assert_false(holds(cache, "urn:another"));
    struct wsd_cache *other = open_cache(false);
    assert_true(holds(other, DEVICE));
    close_cache(other);
    assert_int_equal(remove(path), 0);
    assert_int_equal(count_devices(cache), 0);
    assert_true(is_there("devices.sqlite"));
    close_cache(cache);
}

static void test_cache_damaged_while_open_is_begun_anew(void **state)
{
    size_t size;
    char *bytes = make_cache(&size);
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = device_of("urn:new", 1);
    (void)state;
    assert_true(holds(cache, name_of(1)));
    int fd = open(path, O_WRONLY);
    memset(bytes, 'z', size);
    assert_int_equal(pwrite(fd, bytes, size, 0), size);
    close(fd);
    store(cache, &device);
    assert_int_equal(count_devices(cache), 1);
    assert_true(is_there("devices.sqlite.damaged-1"));
    free(bytes);
    close_cache(cache);
}

/* -- what cannot be opened -------------------------------------------------------------------- */

static void require_refused(const char *word)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    assert_int_equal(wsd_cache_open(path, &cache, NULL, &error), WSD_E_SYSTEM);
    assert_null(cache);
    if (strstr(error.message, path) == NULL || strstr(error.message, word) == NULL) {
        fail_msg("%s", error.message);
    }
}

static void test_folder_in_its_place_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    require_refused("is no file");
    assert_true(is_there("devices.sqlite"));
    assert_false(is_there("devices.sqlite.damaged-1"));
}

static void test_pipe_in_its_place_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    require_refused("is no file");
}

static void test_file_as_a_folder_is_an_error(void **state)
{
    (void)state;
    write_file(in_folder("file"), "x", 1);
    snprintf(path, sizeof path, "%s/file/devices.sqlite", folder);
    require_refused("");
}

/* Runs a test as somebody who is not root, whom no permission stops. */
static void as_nobody(void (*test)(void))
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0)) {
            _exit(3);
        }
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void open_is_refused(void)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    int status = wsd_cache_open(path, &cache, NULL, &error);
    if (status != WSD_E_SYSTEM || strstr(error.message, path) == NULL) {
        fprintf(stderr, "%d %s\n", status, error.message);
        _exit(1);
    }
}

static void test_file_that_may_not_be_written_is_an_error(void **state)
{
    size_t size;
    (void)state;
    free(make_cache(&size));
    chmod(folder, 0777);
    chmod(path, 0444);
    as_nobody(open_is_refused);
    chmod(path, 0);
    as_nobody(open_is_refused);
    chmod(path, 0600);
    assert_false(is_there("devices.sqlite.damaged-1"));
    struct wsd_cache *cache = open_cache(false);
    assert_int_equal(count_devices(cache), DEVICES);
    close_cache(cache);
}

static void test_folder_that_may_not_be_written_is_an_error(void **state)
{
    size_t size;
    (void)state;
    free(make_cache(&size));
    chmod(path, 0666);
    chmod(folder, 0555);
    as_nobody(open_is_refused);
    assert_int_equal(chmod(folder, 0700), 0);
    remove(path);
    chmod(folder, 0555);
    as_nobody(open_is_refused);
    chmod(folder, 0700);
}

/* -- several at once -------------------------------------------------------------------------- */

enum { PROCESSES = 8 };

static void store_one(int number, int start)
{
    struct wsd_cached device = device_of(name_of(number), 1);
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    char byte;
    if (read(start, &byte, 1) != 0 || wsd_cache_open(path, &cache, NULL, &error) < 0 ||
        wsd_cache_store(cache, &device, &error) < 0) {
        fprintf(stderr, "%d: %s\n", number, error.message);
        _exit(1);
    }
    wsd_cache_close(cache);
    _exit(0);
}

static void run_all_at_once(void)
{
    int start[2], status;
    fflush(NULL);
    assert_int_equal(pipe(start), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(start[1]);
            store_one(i, start[0]);
        }
    }
    close(start[0]);
    close(start[1]); /* all of them read its end */
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void test_processes_that_meet_a_damaged_file_agree(void **state)
{
    (void)state;
    for (int round = 1; round <= 10; round++) {
        char name[64];
        write_file(path, "damaged", 7);
        run_all_at_once();
        struct wsd_cache *cache = open_cache(false);
        assert_int_equal(count_devices(cache), PROCESSES);
        close_cache(cache);
        snprintf(name, sizeof name, "devices.sqlite.damaged-%d", round);
        require_same(name, "damaged", 7);
        snprintf(name, sizeof name, "devices.sqlite.damaged-%d", round + 1);
        assert_false(is_there(name));
    }
}

static void test_processes_that_make_a_cache_agree(void **state)
{
    (void)state;
    for (int round = 1; round <= 10; round++) {
        run_all_at_once();
        struct wsd_cache *cache = open_cache(false);
        assert_int_equal(count_devices(cache), PROCESSES);
        close_cache(cache);
        remove(path);
    }
    assert_false(is_there("devices.sqlite.damaged-1"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_up, folder_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_text_file_is_set_aside),
        CASE(test_long_text_file_is_set_aside),
        CASE(test_one_byte_is_set_aside),
        CASE(test_database_of_another_program_is_set_aside),
        CASE(test_empty_database_of_another_program_is_set_aside),
        CASE(test_our_number_on_another_schema_is_set_aside),
        CASE(test_view_in_place_of_the_table_is_set_aside),
        CASE(test_file_larger_than_a_cache_may_be_is_set_aside),
        CASE(test_trigger_in_the_file_does_not_run),
        CASE(test_empty_file_is_a_new_cache),
        CASE(test_second_damaged_file_gets_the_next_number),
        CASE(test_journal_goes_with_its_file),
        CASE(test_too_many_set_aside_is_an_error_that_loses_nothing),
        CASE(test_file_cut_anywhere_is_set_aside_or_new),
        CASE(test_bytes_flipped_in_each_page_never_crash),
        CASE(test_each_byte_of_the_header_flipped_never_crashes),
        CASE(test_row_that_makes_no_sense_is_left_out),
        CASE(test_file_exchanged_under_an_open_cache_is_noticed),
        CASE(test_cache_damaged_while_open_is_begun_anew),
        CASE(test_folder_in_its_place_is_left_alone),
        CASE(test_pipe_in_its_place_is_left_alone),
        CASE(test_file_as_a_folder_is_an_error),
        CASE(test_file_that_may_not_be_written_is_an_error),
        CASE(test_folder_that_may_not_be_written_is_an_error),
        CASE(test_processes_that_meet_a_damaged_file_agree),
        CASE(test_processes_that_make_a_cache_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
