/* SPDX-License-Identifier: MIT */
/* Certificates of devices: what is remembered of them, in a context and in the cache. */
#include <sqlite3.h>
#include <wsd/certificate.h>

#include "cache_support.h"
#include "soap/pins.h"

#define UUID_IN_CAPITALS "uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E9"
#define OTHER            "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8ea"

static const struct wsd_certificate own = {.pem = "PEM 1", .subject = "CN=x", .expires = "soon"},
                                    another = {.pem = "PEM 2", .subject = "", .expires = ""};

static struct wsd_context *plain(void)
{
    struct wsd_context *context = NULL;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    return context;
}

/* A context that remembers in the cache. */
static struct wsd_context *keeping(void)
{
    struct wsd_context *context = plain();
    assert_int_equal(wsd_keep_certificates(context, path, NULL), 0);
    return context;
}

static int shows(struct wsd_context *context, const char *device, const struct wsd_certificate *c)
{
    struct wsd_error error = {0};
    int status = wsd__pin_check(context, device, c, &error);
    assert_int_equal(error.code, status);
    return status;
}

static size_t count(struct wsd_context *context)
{
    const struct wsd_certificate_set *set = NULL;
    assert_int_equal(wsd_certificate_list(context, &set, NULL), 0);
    size_t n = set->n_certificates;
    wsd_free(set);
    return n;
}

static void each_memory(void (*test)(struct wsd_context *context))
{
    struct wsd_context *(*const contexts[])(void) = {plain, keeping};
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
        struct wsd_context *context = contexts[i]();
        test(context);
        wsd_context_free(context);
    }
}

/* -- one context ------------------------------------------------------------------------------ */

static void first_then_same_then_another(struct wsd_context *context)
{
    const struct wsd_certificate *c = NULL;
    struct wsd_error error = {0};
    assert_int_equal(shows(context, DEVICE, &own), 0);
    assert_int_equal(shows(context, DEVICE, &own), 0);
    assert_int_equal(wsd__pin_check(context, DEVICE, &another, &error), WSD_E_CERTIFICATE);
    assert_non_null(strstr(error.message, DEVICE));
    assert_non_null(strstr(error.message, "known by since 20"));
    assert_int_equal(wsd_certificate_find(context, UUID_IN_CAPITALS, &c, NULL), 0);
    assert_string_equal(c->device, DEVICE);
    assert_string_equal(c->pem, "PEM 1");
    assert_string_equal(c->subject, "CN=x");
    assert_string_equal(c->expires, "soon");
    assert_true(c->since > 1700000000);
    wsd_free(c);
    assert_int_equal(shows(context, OTHER, &another), 0);
    assert_int_equal(count(context), 2);
}

static void test_the_first_counts_and_another_is_refused(void **state)
{
    (void)state;
    each_memory(first_then_same_then_another);
}

static void names(struct wsd_context *context)
{
    static const struct {
        const char *known, *shown;
        int status;
    } cases[] = {
        {DEVICE, UUID_IN_CAPITALS, WSD_E_CERTIFICATE},
        {DEVICE, " " DEVICE "\n", WSD_E_CERTIFICATE},
        {"https://Printer.example/a", "https://printer.example:443/b?c", WSD_E_CERTIFICATE},
        {"https://[fe80::1%eth0]:5358/", "HTTPS://[fe80::1%eth0]:5358", WSD_E_CERTIFICATE},
        {"https://192.0.2.7/", "https://192.0.2.7:5358/", 0},
        {"https://[fe80::1%eth0]/", "https://[fe80::1%eth1]/", 0},
        {"urn:a", "urn:A", 0},
        {"", "urn:b", WSD_E_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int known = shows(context, cases[i].known, &own);
        if (known == 0) {
            known = shows(context, cases[i].shown, &another);
        }
        if (known != cases[i].status) {
            fail_msg("%s, %s: %s", cases[i].known, cases[i].shown, wsd_error_name(known));
        }
        assert_int_equal(wsd_certificate_forget(context, NULL, NULL), 0);
    }
}

static void test_a_device_is_the_same_however_its_name_is_written(void **state)
{
    (void)state;
    each_memory(names);
}

static void forgetting(struct wsd_context *context)
{
    assert_int_equal(wsd_certificate_forget(context, DEVICE, NULL), 0); /* was none */
    assert_int_equal(shows(context, DEVICE, &own), 0);
    assert_int_equal(shows(context, "https://192.0.2.7/", &own), 0);
    assert_int_equal(shows(context, OTHER, &another), 0);
    assert_int_equal(wsd_certificate_forget(context, UUID_IN_CAPITALS, NULL), 0);
    assert_int_equal(count(context), 1);
    assert_int_equal(shows(context, "https://192.0.2.7/", &another), 0);
    assert_int_equal(shows(context, OTHER, &own), WSD_E_CERTIFICATE);
    assert_int_equal(wsd_certificate_forget(context, NULL, NULL), 0);
    assert_int_equal(count(context), 0);
    assert_int_equal(wsd_certificate_forget(context, " ", NULL), WSD_E_INVALID);
}

static void test_forgetting_takes_the_same_certificate_under_all_names(void **state)
{
    (void)state;
    each_memory(forgetting);
}

static void ordered(struct wsd_context *context)
{
    static const char *const devices[] = {"urn:b", "urn:c", "urn:a"};
    const struct wsd_certificate_set *set = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(shows(context, devices[i], &own), 0);
    }
    assert_int_equal(wsd_certificate_list(context, &set, NULL), 0);
    assert_int_equal(set->n_certificates, 3);
    assert_string_equal(set->certificates[0].device, "urn:a");
    assert_string_equal(set->certificates[2].device, "urn:c");
    wsd_free(set);
}

static void test_the_list_is_in_order(void **state)
{
    (void)state;
    each_memory(ordered);
}

/* -- the bound -------------------------------------------------------------------------------- */

/* Rows without a thousand handshakes: what is tested is what comes then. */
static void fill_cache(void)
{
    sqlite3 *db = NULL;
    char text[300];
    snprintf(text, sizeof text,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
             "INSERT INTO certificate SELECT 'urn:' || i, 'PEM 1', '', '', i FROM n",
             WSD_MAX_CERTIFICATES);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void require_full(struct wsd_context *context)
{
    struct wsd_error error = {0};
    assert_int_equal(wsd__pin_check(context, DEVICE, &own, &error), WSD_E_LIMIT);
    assert_non_null(strstr(error.message, "1024"));
    assert_int_equal(shows(context, "urn:1", &own), 0); /* nobody was pushed out */
    assert_int_equal(shows(context, "urn:1", &another), WSD_E_CERTIFICATE);
    assert_int_equal(count(context), WSD_MAX_CERTIFICATES);
}

static void test_a_full_memory_takes_no_more_and_loses_none(void **state)
{
    char name[32];
    struct wsd_context *context = plain();
    (void)state;
    for (int i = 1; i <= WSD_MAX_CERTIFICATES; i++) {
        snprintf(name, sizeof name, "urn:%d", i);
        assert_int_equal(shows(context, name, &own), 0);
    }
    require_full(context);
    wsd_context_free(context);
    close_cache(open_cache(false));
    fill_cache();
    context = keeping();
    require_full(context);
    wsd_context_free(context);
}

/* -- the cache -------------------------------------------------------------------------------- */

static void test_what_one_program_met_another_one_knows(void **state)
{
    struct wsd_context *one = keeping(), *two = keeping();
    (void)state;
    assert_int_equal(shows(one, DEVICE, &own), 0);
    assert_int_equal(shows(two, DEVICE, &another), WSD_E_CERTIFICATE);
    assert_int_equal(wsd_certificate_forget(two, DEVICE, NULL), 0);
    assert_int_equal(shows(one, DEVICE, &another), 0);
    assert_int_equal(shows(two, DEVICE, &own), WSD_E_CERTIFICATE);
    wsd_context_free(one);
    wsd_context_free(two);
    one = keeping();
    assert_int_equal(shows(one, DEVICE, &own), WSD_E_CERTIFICATE);
    wsd_context_free(one);
}

static void test_looking_makes_no_file(void **state)
{
    struct wsd_context *context = keeping();
    const struct wsd_certificate *c = NULL;
    (void)state;
    assert_int_equal(wsd_certificate_find(context, DEVICE, &c, NULL), WSD_E_NOT_FOUND);
    assert_int_equal(count(context), 0);
    assert_int_equal(wsd_certificate_forget(context, DEVICE, NULL), 0);
    assert_false(is_there("devices.sqlite"));
    wsd_context_free(context);
}

static void test_a_device_that_leaves_the_cache_is_known_all_the_same(void **state)
{
    struct wsd_context *context = keeping();
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = device_of(DEVICE, 1000);
    (void)state;
    store(cache, &device);
    assert_int_equal(shows(context, DEVICE, &own), 0);
    assert_int_equal(wsd_cache_drop(cache, DEVICE, NULL), 0);
    assert_int_equal(wsd_cache_drop(cache, NULL, NULL), 0);
    assert_int_equal(shows(context, DEVICE, &another), WSD_E_CERTIFICATE);
    close_cache(cache);
    wsd_context_free(context);
}

static void test_a_cache_of_the_version_before_is_migrated_with_all_devices(void **state)
{
    struct wsd_cache *cache = NULL;
    struct wsd_cached one = device_of(DEVICE, 1000), two = device_of(OTHER, 2000);
    sqlite3 *db = NULL;
    (void)state;
    /* As it was made before there were certificates: the first step alone. The statements of today
     * do not fit it, so that its rows are put in by hand. */
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, wsd__cache_steps[0], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "PRAGMA application_id = 0x57534443; PRAGMA user_version = 1;"
                     "INSERT INTO device VALUES('" DEVICE "', '" DEVICE
                     "', '', '', 'http://192.0.2.7/', '', '', '', 'N', 'M', '', '', '', 1, 2, "
                     "1000, 1000, 1);"
                     "INSERT INTO device VALUES('" OTHER "', '" OTHER
                     "', '', '', '', '', '', '', 'N', '', '', '', '', 1, 2, 2000, 2000, 1)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    struct wsd_context *context = keeping();
    assert_int_equal(shows(context, DEVICE, &own), 0);
    assert_int_equal(shows(context, DEVICE, &another), WSD_E_CERTIFICATE);
    wsd_context_free(context);
    cache = open_cache(false);
    assert_int_equal(count_devices(cache), 2);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_string_equal(found->manufacturer, "M");
    assert_string_equal(found->target.xaddrs.items[0], "http://192.0.2.7/");
    assert_true(found->last_seen == one.last_seen);
    wsd_free(found);
    store(cache, &two);
    close_cache(cache);
}

static void test_without_its_file_a_context_compares_for_itself(void **state)
{
    struct wsd_context *context = plain();
    (void)state;
    assert_int_equal(wsd_keep_certificates(context, "/proc/nowhere/devices.sqlite", NULL), 0);
    assert_int_equal(shows(context, DEVICE, &own), 0);
    assert_int_equal(shows(context, DEVICE, &another), WSD_E_CERTIFICATE);
    wsd_context_free(context);
}

/* Whoever can write the file can do all that we can; but it is read like anything else. */
static void test_odd_rows_do_no_harm(void **state)
{
    sqlite3 *db = NULL;
    struct wsd_error error = {0};
    (void)state;
    close_cache(open_cache(false));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO certificate VALUES('" DEVICE
                                  "', '', '', '', 9223372036854775807);"
                                  "INSERT INTO certificate VALUES('', 'x', '', '', -1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    struct wsd_context *context = keeping();
    assert_int_equal(wsd__pin_check(context, DEVICE, &own, &error), WSD_E_CERTIFICATE);
    assert_int_equal(count(context), 2);
    wsd_context_free(context);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_up, folder_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_first_counts_and_another_is_refused),
        CASE(test_a_device_is_the_same_however_its_name_is_written),
        CASE(test_forgetting_takes_the_same_certificate_under_all_names),
        CASE(test_the_list_is_in_order),
        CASE(test_a_full_memory_takes_no_more_and_loses_none),
        CASE(test_what_one_program_met_another_one_knows),
        CASE(test_looking_makes_no_file),
        CASE(test_a_device_that_leaves_the_cache_is_known_all_the_same),
        CASE(test_a_cache_of_the_version_before_is_migrated_with_all_devices),
        CASE(test_without_its_file_a_context_compares_for_itself),
        CASE(test_odd_rows_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
