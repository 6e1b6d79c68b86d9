/* SPDX-License-Identifier: MIT */
/* The cache of devices: what is stored, what is kept, what is left out, and where it lies. */
#include "cache_support.h"

#include <time.h>

#define SCAN "http://schemas.microsoft.com/windows/2006/08/wdp/scan"

static const struct wsd_qname types[] = {{SCAN, "ScanDeviceType", "wscn"}, {"", "Bare", ""}};
static const char *const scopes[] = {"http://scope/one", "ldap:///ou=two"};
static const char *const xaddrs[] = {"http://192.0.2.7:5357/x", "http://[fe80::7%25eth0]:5357/x"};
static const char *const refused[] = {"http://198.51.100.1/x"};

static struct wsd_cached full_device(void)
{
    return (struct wsd_cached){
        .target = {.endpoint = DEVICE,
                   .types = {types, 2},
                   .scopes = {scopes, 2},
                   .xaddrs = {xaddrs, 2},
                   .refused = {refused, 1},
                   .metadata_version = 4000000000u,
                   .instance_id = 7,
                   .address = "192.0.2.7",
                   .interface_ = "eth0",
                   .delay = 12},
        .first_seen = 100,
        .last_seen = 200,
        .friendly_name = "Büro\n\"2\"",
        .manufacturer = "M",
        .model_name = "X'; DROP TABLE device; --",
        .serial_number = "S1",
        .scan_service = "http://192.0.2.7:5357/scan",
    };
}

static void require_full(const struct wsd_cached *device)
{
    const struct wsd_target *target = &device->target;
    assert_string_equal(target->endpoint, DEVICE);
    assert_int_equal(target->types.n_items, 2);
    assert_true(wsd_qname_is(&target->types.items[0], SCAN, "ScanDeviceType"));
    assert_string_equal(target->types.items[0].prefix, "wscn");
    assert_true(wsd_qname_is(&target->types.items[1], "", "Bare"));
    assert_int_equal(target->scopes.n_items, 2);
    assert_string_equal(target->scopes.items[1], scopes[1]);
    assert_int_equal(target->xaddrs.n_items, 2);
    assert_string_equal(target->xaddrs.items[0], xaddrs[0]);
    assert_string_equal(target->xaddrs.items[1], xaddrs[1]);
    assert_int_equal(target->refused.n_items, 1);
    assert_string_equal(target->refused.items[0], refused[0]);
    assert_true(target->metadata_version == 4000000000u);
    assert_int_equal(target->instance_id, 7);
    assert_string_equal(target->address, "192.0.2.7");
    assert_string_equal(target->interface_, "eth0");
    assert_int_equal(target->delay, 0);
    assert_int_equal(device->first_seen, 100);
    assert_int_equal(device->last_seen, 200);
    assert_string_equal(device->friendly_name, "Büro\n\"2\"");
    assert_string_equal(device->manufacturer, "M");
    assert_string_equal(device->model_name, "X'; DROP TABLE device; --");
    assert_string_equal(device->serial_number, "S1");
    assert_string_equal(device->scan_service, "http://192.0.2.7:5357/scan");
    assert_true(device->described_version == 4000000000u);
}

static void test_device_is_read_back_with_all_that_was_stored(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    (void)state;
    store(cache, &device);
    close_cache(cache);
    cache = open_cache(false);
    const struct wsd_cached *found = find(cache, DEVICE);
    const struct wsd_cached_set *set = NULL;
    assert_non_null(found);
    require_full(found);
    assert_int_equal(wsd_cache_read(cache, &set, NULL), 0);
    assert_int_equal(set->n_devices, 1);
    require_full(&set->devices[0]);
    assert_string_equal(wsd_cache_path(cache), path);
    wsd_free(found);
    wsd_free(set);
    close_cache(cache);
}

static void test_several_become_true_together_or_not_at_all(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached one = device_of("urn:uuid:00000000-0000-4000-8000-000000000001", 1);
    struct wsd_cached two = device_of("urn:uuid:00000000-0000-4000-8000-000000000002", 1);
    struct wsd_cached nameless = device_of("", 1);
    const struct wsd_cached *const good[] = {&one, &two}, *const bad[] = {&two, &nameless};
    (void)state;
    assert_true(wsd_cache_store_all(cache, bad, 2, NULL) < 0);
    assert_int_equal(count_devices(cache), 0);
    assert_int_equal(wsd_cache_store_all(cache, good, 2, NULL), 0);
    assert_int_equal(count_devices(cache), 2);
    assert_int_equal(wsd_cache_store_all(cache, NULL, 0, NULL), 0);
    close_cache(cache);
}

/* More pages than SQLite holds in memory, written in one transaction, forwards and backwards. */
static void test_many_are_stored_at_once_and_again(void **state)
{
    enum { MANY = 600 };
    struct wsd_cache *cache = open_cache(false);
    static struct wsd_cached devices[MANY];
    static char endpoints[MANY][64];
    const struct wsd_cached *all[MANY], *found = NULL;
    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(endpoints[i], sizeof endpoints[i], "urn:uuid:00000000-0000-4000-8000-%012x", i);
        devices[i] = device_of(endpoints[i], 1);
        devices[i].friendly_name = "a name that fills a page of the file sooner than later";
        all[MANY - 1 - i] = &devices[i];
    }
    assert_int_equal(wsd_cache_store_all(cache, all, MANY, NULL), 0);
    assert_int_equal(count_devices(cache), MANY);
    for (int i = 0; i < MANY; i++) {
        devices[i].friendly_name = i % 2 == 0 ? "even" : "odd";
        all[i] = &devices[i];
    }
    assert_int_equal(wsd_cache_store_all(cache, all, MANY, NULL), 0);
    assert_int_equal(count_devices(cache), MANY);
    assert_int_equal(wsd_cache_find(cache, endpoints[MANY - 1], &found, NULL), 0);
    assert_string_equal(found->friendly_name, "odd");
    wsd_free(found);
    close_cache(cache);
}

static void test_endpoint_is_one_however_it_is_spelt(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = device_of("  uuid:5F8B7A10-1111-4222-8333-94A5B6C7D8E9 ", 1);
    (void)state;
    store(cache, &device);
    device.target.endpoint = DEVICE;
    store(cache, &device);
    assert_int_equal(count_devices(cache), 1);
    assert_true(holds(cache, "uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9"));
    assert_false(holds(cache, "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8ea"));
    device.target.endpoint = "http://192.0.2.1/Logical";
    store(cache, &device);
    assert_true(holds(cache, " http://192.0.2.1/Logical\n"));
    assert_false(holds(cache, "http://192.0.2.1/logical"));
    assert_int_equal(count_devices(cache), 2);
    close_cache(cache);
}

static void test_devices_come_in_the_order_of_their_endpoints(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    const struct wsd_cached_set *set = NULL;
    const char *const names[] = {"urn:c", "urn:a", "urn:b"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct wsd_cached device = device_of(names[i], 5 + i);
        store(cache, &device);
    }
    assert_int_equal(wsd_cache_read(cache, &set, NULL), 0);
    assert_int_equal(set->n_devices, 3);
    assert_string_equal(set->devices[0].target.endpoint, "urn:a");
    assert_string_equal(set->devices[2].target.endpoint, "urn:c");
    wsd_free(set);
    close_cache(cache);
}

static void test_empty_members_leave_what_is_there(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device(), bare = {.target.endpoint = DEVICE, .last_seen = 150};
    (void)state;
    store(cache, &device);
    store(cache, &bare);
    const struct wsd_cached *found = find(cache, DEVICE);
    require_full(found);
    wsd_free(found);
    bare.last_seen = 300;
    bare.first_seen = 1;
    bare.friendly_name = "New";
    store(cache, &bare);
    found = find(cache, DEVICE);
    assert_int_equal(found->first_seen, 100);
    assert_int_equal(found->last_seen, 300);
    assert_string_equal(found->friendly_name, "New");
    assert_string_equal(found->manufacturer, "M");
    wsd_free(found);
    close_cache(cache);
}

static void test_time_that_is_not_given_is_now(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = device_of(DEVICE, 0);
    time_t before = time(NULL);
    (void)state;
    store(cache, &device);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_in_range(found->first_seen, before, time(NULL));
    assert_in_range(found->last_seen, before, time(NULL));
    wsd_free(found);
    close_cache(cache);
}

static void test_scan_service_is_forgotten_when_the_device_has_moved(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    const char *const moved[] = {"http://192.0.2.8:5357/x"};
    (void)state;
    store(cache, &device);
    device.scan_service = NULL;
    device.target.xaddrs = (struct wsd_uri_list){&xaddrs[1], 1}; /* the address is the same still */
    store(cache, &device);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_string_equal(found->scan_service, "http://192.0.2.7:5357/scan");
    wsd_free(found);
    device.target.xaddrs = (struct wsd_uri_list){moved, 1};
    device.target.address = "192.0.2.8";
    store(cache, &device);
    found = find(cache, DEVICE);
    assert_string_equal(found->scan_service, "");
    assert_string_equal(found->target.xaddrs.items[0], moved[0]);
    wsd_free(found);
    close_cache(cache);
}

static void test_scan_service_stays_where_an_address_names_its_host(void **state)
{
    static const struct {
        const char *service, *xaddr, *address;
        bool stays;
    } rows[] = {
        {"http://Printer:80/scan", "http://printer:5357/x", "192.0.2.8", true},
        {"http://printer:80/scan", "http://scanner:5357/x", "192.0.2.8", false},
        {"http://printer/scan", "http://192.0.2.7/x", "192.0.2.7", false},
        {"http://192.0.2.7/scan", "http://printer/x", NULL, false},
        {"http://[fe80::7]/scan", "http://192.0.2.7/x", "fe80::7%eth1", true},
        {"http://[2001:db8:0::7]/scan", "http://[2001:db8::7]/x", NULL, true},
        {"http://192.0.2.7/scan", "nonsense", "192.0.2.8", false},
        {"nonsense", "http://192.0.2.7/x", "192.0.2.7", false},
    };
    struct wsd_cache *cache = open_cache(false);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd_cached device = full_device();
        device.scan_service = rows[i].service;
        store(cache, &device);
        device.scan_service = NULL;
        device.target.address = rows[i].address;
        device.target.xaddrs = (struct wsd_uri_list){&rows[i].xaddr, 1};
        store(cache, &device);
        const struct wsd_cached *found = find(cache, DEVICE);
        if (strcmp(found->scan_service, rows[i].stays ? rows[i].service : "") != 0) {
            fail_msg("%s, row %zu", found->scan_service, i);
        }
        wsd_free(found);
    }
    close_cache(cache);
}

static void test_metadata_keep_the_version_that_they_are_of(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    struct wsd_cached heard = {.target = {.endpoint = DEVICE, .metadata_version = 9}};
    (void)state;
    device.target.metadata_version = 8;
    store(cache, &device);
    store(cache, &heard);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_int_equal(found->target.metadata_version, 9);
    assert_int_equal(found->described_version, 8);
    wsd_free(found);
    heard.friendly_name = "New";
    store(cache, &heard);
    found = find(cache, DEVICE);
    assert_int_equal(found->described_version, 9);
    wsd_free(found);
    close_cache(cache);
}

static void test_dropped_device_is_gone(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    const char *const names[] = {"urn:a", "urn:b", "urn:c"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct wsd_cached device = device_of(names[i], 5 + i);
        store(cache, &device);
    }
    assert_int_equal(wsd_cache_drop(cache, "urn:b", NULL), 0);
    assert_int_equal(wsd_cache_drop(cache, "urn:none", NULL), 0);
    assert_false(holds(cache, "urn:b"));
    assert_int_equal(count_devices(cache), 2);
    assert_int_equal(wsd_cache_drop(cache, NULL, NULL), 0);
    assert_int_equal(count_devices(cache), 0);
    close_cache(cache);
}

static void test_device_seen_in_the_meantime_is_not_dropped(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = device_of(DEVICE, 10), old = device_of(DEVICE, 9);
    struct wsd__cache_change change = {.device = &old, .drop = true};
    (void)state;
    store(cache, &device);
    assert_int_equal(wsd__cache_change(cache, &change, 1, NULL), 0);
    assert_true(holds(cache, DEVICE));
    old.last_seen = 10;
    assert_int_equal(wsd__cache_change(cache, &change, 1, NULL), 0);
    assert_false(holds(cache, DEVICE));
    close_cache(cache);
}

/* -- bounds ----------------------------------------------------------------------------------- */

static void test_texts_too_long_are_cut_and_urls_left_out(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    static char name[WSD_MAX_CACHED_TEXT + 10], url[WSD_MAX_URI + 2];
    const char *const long_xaddrs[] = {url, "http://192.0.2.7/ok", "http://192.0.2.7/with blank"};
    (void)state;
    memset(name, 'a', WSD_MAX_CACHED_TEXT - 1);
    memcpy(name + WSD_MAX_CACHED_TEXT - 1, "ü", 3); /* the limit is inside of it */
    memset(url, 'u', sizeof url - 1);
    memcpy(url, "http://h/", 9);
    device.friendly_name = name;
    device.scan_service = url;
    device.target.xaddrs = (struct wsd_uri_list){long_xaddrs, 3};
    store(cache, &device);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_int_equal(strlen(found->friendly_name), WSD_MAX_CACHED_TEXT - 1);
    assert_string_equal(found->scan_service, "");
    assert_int_equal(found->target.xaddrs.n_items, 1);
    assert_string_equal(found->target.xaddrs.items[0], long_xaddrs[1]);
    wsd_free(found);
    close_cache(cache);
}

static void test_lists_too_long_keep_their_beginning(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    static char text[100][110];
    const char *many[100];
    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(text[i], sizeof text[i], "http://%0100d/", i);
        many[i] = text[i];
    }
    device.target.scopes = (struct wsd_uri_list){many, 100};
    device.target.xaddrs = (struct wsd_uri_list){many, 100};
    store(cache, &device);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_int_equal(found->target.xaddrs.n_items, WSD_MAX_XADDRS);
    assert_in_range(found->target.scopes.n_items, 30, WSD_MAX_CACHED_LIST / 100);
    assert_string_equal(found->target.scopes.items[29], many[29]);
    wsd_free(found);
    close_cache(cache);
}

static void require_invalid(struct wsd_cache *cache, struct wsd_cached device)
{
    struct wsd_error error = {0};
    assert_int_equal(wsd_cache_store(cache, &device, &error), WSD_E_INVALID);
    assert_int_equal(error.code, WSD_E_INVALID);
}

static void test_what_could_not_be_read_again_is_refused(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    static char endpoint[WSD_MAX_URI + 2];
    const char *const bad[] = {
        "\x80", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe0\x80\x80"};
    (void)state;
    memset(endpoint, 'e', sizeof endpoint - 1);
    require_invalid(cache, device_of(NULL, 1));
    require_invalid(cache, device_of(" ", 1));
    require_invalid(cache, device_of(endpoint, 1));
    require_invalid(cache, device_of("urn:\xff", 1));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wsd_cached device = device_of(DEVICE, 1);
        device.friendly_name = bad[i];
        require_invalid(cache, device);
    }
    assert_int_equal(count_devices(cache), 0);
    close_cache(cache);
}

/* What the reader would take for damage does not get in, else the device were lost. */
static void test_what_could_not_be_read_again_is_left_out(void **state)
{
    static const struct wsd_qname odd[] = {
        {SCAN, "", "wscn"},  {SCAN, NULL, "wscn"}, {"urn:a b", "T", "x"}, {SCAN, "a b", "x"},
        {SCAN, "T", "p\tq"}, {SCAN, "T\x7f", "x"}, {NULL, "Good", NULL},
    };
    static const char *const uris[] = {"", "urn:\x7f", "urn:\xff", "urn:good"};
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    (void)state;
    device.target.types = (struct wsd_qname_list){odd, sizeof odd / sizeof *odd};
    device.target.scopes = (struct wsd_uri_list){uris, 4};
    device.first_seen = -5;
    device.last_seen = -1;
    store(cache, &device);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_non_null(found);
    assert_int_equal(found->target.types.n_items, 1);
    assert_true(wsd_qname_is(&found->target.types.items[0], "", "Good"));
    assert_int_equal(found->target.scopes.n_items, 1);
    assert_string_equal(found->target.scopes.items[0], "urn:good");
    assert_true(found->first_seen > 0 && found->last_seen > 0);
    wsd_free(found);
    close_cache(cache);
}

static void test_types_over_the_limit_are_left_out(void **state)
{
    static struct wsd_qname many[WSD_MAX_TYPES + 1];
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    (void)state;
    for (size_t i = 0; i <= WSD_MAX_TYPES; i++) {
        many[i] = (struct wsd_qname){"urn:a", "T", ""};
    }
    device.target.types = (struct wsd_qname_list){many, WSD_MAX_TYPES + 1};
    store(cache, &device);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_int_equal(found->target.types.n_items, WSD_MAX_TYPES);
    wsd_free(found);
    close_cache(cache);
}

static void test_full_cache_forgets_the_one_seen_longest_ago(void **state)
{
    enum { MORE = 5, ALL = WSD_MAX_CACHED_DEVICES + MORE };
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached *devices = calloc(ALL, sizeof *devices);
    struct wsd__cache_change *changes = calloc(ALL, sizeof *changes);
    char(*names)[16] = calloc(ALL, sizeof *names);
    (void)state;
    for (int i = 0; i < ALL; i++) {
        snprintf(names[i], sizeof names[i], "urn:%05d", i);
        devices[i] = device_of(names[i], 1 + (i + 1000) % ALL);
        changes[i].device = &devices[i];
    }
    assert_int_equal(wsd__cache_change(cache, changes, ALL, NULL), 0);
    assert_int_equal(count_devices(cache), WSD_MAX_CACHED_DEVICES);
    assert_false(holds(cache, names[ALL - 1000]));
    assert_false(holds(cache, names[ALL - 1000 + MORE - 1]));
    assert_true(holds(cache, names[ALL - 1000 + MORE]));
    assert_true(holds(cache, names[ALL - 1001]));
    free(devices);
    free(changes);
    free(names);
    close_cache(cache);
}

/* -- where ------------------------------------------------------------------------------------ */

static mode_t mode_of(const char *name)
{
    struct stat there;
    assert_int_equal(stat(name, &there), 0);
    return there.st_mode & 0777;
}

static void require_path(const char *expected)
{
    struct wsd_cache *cache = NULL;
    assert_int_equal(wsd_cache_open(NULL, &cache, NULL, NULL), 0);
    assert_string_equal(wsd_cache_path(cache), expected);
    close_cache(cache);
}

static void test_path_comes_from_the_environment(void **state)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    (void)state;
    setenv("HOME", in_folder("home"), 1);
    setenv("XDG_CACHE_HOME", in_folder("xdg"), 1);
    setenv("WSD_CACHE_PATH", in_folder("own"), 1);
    require_path(in_folder("own"));
    setenv("WSD_CACHE_PATH", "", 1);
    require_path(in_folder("xdg/wsd/devices.sqlite"));
    setenv("XDG_CACHE_HOME", "relative", 1);
    require_path(in_folder("home/.cache/wsd/devices.sqlite"));
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    unsetenv("WSD_CACHE_PATH");
    assert_int_equal(wsd_cache_open(NULL, &cache, NULL, &error), WSD_E_SYSTEM);
    assert_non_null(strstr(error.message, "WSD_CACHE_PATH"));
}

static void test_path_that_is_none_is_an_error(void **state)
{
    static char far[5000];
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    (void)state;
    memset(far, 'x', sizeof far - 1);
    assert_int_equal(wsd_cache_open("", &cache, NULL, &error), WSD_E_INVALID);
    memset(&error, 0, sizeof error);
    assert_int_equal(wsd_cache_open(far, &cache, NULL, &error), WSD_E_SYSTEM);
    assert_non_null(strstr(error.message, "too long"));
}

static void test_folder_and_file_are_for_the_user_alone(void **state)
{
    struct wsd_cached device = device_of(DEVICE, 1);
    (void)state;
    umask(0);
    snprintf(path, sizeof path, "%s/a/b/c.sqlite", folder);
    struct wsd_cache *cache = open_cache(false);
    store(cache, &device);
    assert_int_equal(mode_of(in_folder("a")), 0700);
    assert_int_equal(mode_of(in_folder("a/b")), 0700);
    assert_int_equal(mode_of(path), 0600);
    close_cache(cache);
}

static void test_relative_path_with_a_meaning_to_sqlite_is_a_path(void **state)
{
    char before[4096];
    struct wsd_cache *cache = NULL;
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(wsd_cache_open(":memory:", &cache, NULL, NULL), 0);
    close_cache(cache);
    assert_int_equal(wsd_cache_open("file:x?mode=ro", &cache, NULL, NULL), 0);
    close_cache(cache);
    assert_int_equal(chdir(before), 0);
    assert_true(is_there(":memory:"));
    assert_true(is_there("file:x?mode=ro"));
}

static void test_null_is_closed(void **state)
{
    (void)state;
    wsd_cache_close(NULL);
}

/* -- versions --------------------------------------------------------------------------------- */

#define STEP_2 "ALTER TABLE device ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'"
#define STEP_3 "UPDATE device SET friendly_name = friendly_name || colour"

static int open_steps(unsigned n_steps, const char *step, struct wsd_cache **ret)
{
    const char *steps[8] = {0};
    assert_true(wsd__n_cache_steps < 6);
    memcpy(steps, wsd__cache_steps, wsd__n_cache_steps * sizeof *steps);
    steps[wsd__n_cache_steps] = STEP_2;
    steps[wsd__n_cache_steps + 1] = step;
    return wsd__cache_open_steps(path, steps, wsd__n_cache_steps + n_steps, ret, NULL, NULL);
}

static void test_older_version_is_migrated_with_all_devices(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    (void)state;
    store(cache, &device);
    close_cache(cache);
    assert_int_equal(open_steps(2, STEP_3, &cache), 0);
    const struct wsd_cached *found = find(cache, DEVICE);
    assert_string_equal(found->friendly_name, "Büro\n\"2\"grey");
    assert_string_equal(found->model_name, device.model_name);
    wsd_free(found);
    close_cache(cache);
    assert_int_equal(open_steps(2, STEP_3, &cache), 0); /* and once only */
    found = find(cache, DEVICE);
    assert_string_equal(found->friendly_name, "Büro\n\"2\"grey");
    wsd_free(found);
    close_cache(cache);
}

static void test_migration_that_fails_leaves_the_old_version(void **state)
{
    struct wsd_cache *cache = open_cache(false);
    struct wsd_cached device = full_device();
    (void)state;
    store(cache, &device);
    close_cache(cache);
    assert_int_equal(open_steps(2, "UPDATE nothing SET x = 1", &cache), WSD_E_SYSTEM);
    cache = open_cache(false);
    const struct wsd_cached *found = find(cache, DEVICE);
    require_full(found);
    wsd_free(found);
    close_cache(cache);
}

static void test_newer_version_is_refused_and_left_alone(void **state)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    size_t before, after;
    (void)state;
    assert_int_equal(open_steps(1, NULL, &cache), 0);
    close_cache(cache);
    char *old = read_file(path, &before);
    assert_int_equal(wsd_cache_open(path, &cache, NULL, &error), WSD_E_UNSUPPORTED);
    assert_non_null(strstr(error.message, "newer"));
    char *new = read_file(path, &after);
    assert_int_equal(before, after);
    assert_memory_equal(old, new, before);
    free(old);
    free(new);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_up, folder_down)

static void note_place(void *user, size_t place, const struct wsd_cached *device)
{
    char *notes = user;
    size_t length = strlen(notes);
    snprintf(notes + length, 100 - length, "%zu:%s ", place, device->friendly_name);
}

static void test_several_are_found_in_one_look(void **state)
{
    static const char *const endpoints[] = {"urn:uuid:nobody",
                                            "UUID:5F8B7A10-1111-4222-8333-94A5B6C7D8E9",
                                            "urn:uuid:b", "urn:uuid:nobody else"};
    struct wsd_cache *cache = NULL;
    char notes[100] = "";
    (void)state;
    assert_int_equal(wsd_cache_open(path, &cache, NULL, NULL), 0);
    assert_int_equal(wsd_cache_find_each(cache, endpoints, 4, note_place, notes, NULL), 0);
    assert_string_equal(notes, "");
    const struct wsd_cached a = {.target.endpoint = DEVICE, .friendly_name = "A"};
    const struct wsd_cached b = {.target.endpoint = "urn:uuid:b", .friendly_name = "B"};
    assert_int_equal(wsd_cache_store(cache, &a, NULL), 0);
    assert_int_equal(wsd_cache_store(cache, &b, NULL), 0);
    assert_int_equal(wsd_cache_find_each(cache, endpoints, 4, note_place, notes, NULL), 0);
    assert_string_equal(notes, "1:A 2:B ");
    assert_int_equal(wsd_cache_find_each(cache, endpoints, 0, NULL, NULL, NULL), 0);
    assert_int_equal(
        wsd_cache_find_each(cache, (const char *const[]){""}, 1, note_place, notes, NULL),
        WSD_E_INVALID);
    wsd_cache_close(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_several_are_found_in_one_look),
        CASE(test_device_is_read_back_with_all_that_was_stored),
        CASE(test_several_become_true_together_or_not_at_all),
        CASE(test_many_are_stored_at_once_and_again),
        CASE(test_endpoint_is_one_however_it_is_spelt),
        CASE(test_devices_come_in_the_order_of_their_endpoints),
        CASE(test_empty_members_leave_what_is_there),
        CASE(test_time_that_is_not_given_is_now),
        CASE(test_scan_service_is_forgotten_when_the_device_has_moved),
        CASE(test_scan_service_stays_where_an_address_names_its_host),
        CASE(test_metadata_keep_the_version_that_they_are_of),
        CASE(test_dropped_device_is_gone),
        CASE(test_device_seen_in_the_meantime_is_not_dropped),
        CASE(test_texts_too_long_are_cut_and_urls_left_out),
        CASE(test_lists_too_long_keep_their_beginning),
        CASE(test_what_could_not_be_read_again_is_refused),
        CASE(test_what_could_not_be_read_again_is_left_out),
        CASE(test_types_over_the_limit_are_left_out),
        CASE(test_full_cache_forgets_the_one_seen_longest_ago),
        CASE(test_path_comes_from_the_environment),
        CASE(test_path_that_is_none_is_an_error),
        CASE(test_folder_and_file_are_for_the_user_alone),
        CASE(test_relative_path_with_a_meaning_to_sqlite_is_a_path),
        cmocka_unit_test(test_null_is_closed),
        CASE(test_older_version_is_migrated_with_all_devices),
        CASE(test_migration_that_fails_leaves_the_old_version),
        CASE(test_newer_version_is_refused_and_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
