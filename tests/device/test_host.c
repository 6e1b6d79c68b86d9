/* SPDX-License-Identifier: MIT */
/* Hosts and devices made with other options than most, and requests that are not answered at once.
 */
#include "site.h"

#define STABLE "/StableWSDiscoveryEndpoint/schemas-xmlsoap-org_ws_2005_04_discovery"
#define WSD_TO "urn:schemas-xmlsoap-org:ws:2005:04:discovery"

static struct wsd_device_options plain_device(void)
{
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;

    options.friendly_name = "Second";
    options.manufacturer = "M";
    options.model_name = "N";
    return options;
}

/* -- what is asked ------------------------------------------------------------------------------
 */

static void test_get_without_message_id_gets_a_fault(void **state)
{
    struct site *site = *state;

    post(site, "/" UUID,
         "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
         "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\"><soap:Header>"
         "<wsa:Action>" WXF "Get</wsa:Action></soap:Header><soap:Body/></soap:Envelope>");
    assert_int_equal(site->http_status, 400);
    assert_has(site, "wsa:MessageInformationHeaderRequired");
    assert_null(strstr(site->answer.data, "Scanner &amp; Co"));
}

static void test_device_without_a_service_has_no_place_for_one(void **state)
{
    struct site *site = *state;
    struct wsd_device_options options = plain_device();
    struct wsd_device *device;
    char path[128];

    assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), 0);
    assert_int_equal(wsd_device_start(device, NULL), 0);
    snprintf(path, sizeof path, "%s/scan", strrchr(wsd_device_url(device), '/'));
    soap(site, path, "x", WSD_NS_SCAN "/GetActiveJobs", "<wscn:GetActiveJobsRequest/>");
    assert_int_equal(site->http_status, 404);
    path[strlen(path) - strlen("/scan")] = '\0';
    soap(site, path, "", WXF "Get", "");
    assert_int_equal(site->http_status, 200);
    assert_null(strstr(site->answer.data, "Hosted"));
}

/* -- scopes -------------------------------------------------------------------------------------
 */

static void probe_scopes(struct site *site, const char *scopes)
{
    char body[512];

    snprintf(body, sizeof body, "<d:Probe><d:Scopes>%s</d:Scopes></d:Probe>", scopes);
    soap(site, STABLE, WSD_TO, WSD_NS_DISCOVERY "/Probe", body);
    assert_int_equal(site->http_status, 200);
}

static void test_device_is_found_by_each_of_its_scopes(void **state)
{
    static const char *const scopes[] = {"ldap:///ou=first", "http://example.org/floor/2", NULL};
    struct site *site = *state;
    struct wsd_device_options options = plain_device();
    struct wsd_device *device;

    options.scopes = scopes;
    assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), 0);
    assert_int_equal(wsd_device_start(device, NULL), 0);
    for (size_t i = 0; scopes[i]; i++) {
        probe_scopes(site, scopes[i]);
        assert_has(site, wsd_device_endpoint(device));
        assert_null(strstr(site->answer.data, UUID)); /* the other one has no scopes */
    }
    probe_scopes(site, "http://example.org/floor/2 ldap:///ou=first");
    assert_has(site, wsd_device_endpoint(device));
    probe_scopes(site, "http://example.org/floor/3");
    assert_null(strstr(site->answer.data, wsd_device_endpoint(device)));
}

static void test_scope_that_is_too_long_is_refused(void **state)
{
    static char longest[WSD_MAX_URI + 1], too_long[WSD_MAX_URI + 2];
    const char *scopes[] = {"urn:a", longest, NULL};
    struct site *site = *state;
    struct wsd_device_options options = plain_device();
    struct wsd_device *device;
    struct wsd_error error = {0};

    memset(longest, 'a', WSD_MAX_URI);
    memset(too_long, 'a', WSD_MAX_URI + 1);
    options.scopes = scopes;
    assert_int_equal(wsd_device_new(site->host, &options, &device, NULL), 0);
    wsd_device_free(device);
    scopes[1] = too_long;
    assert_int_equal(wsd_device_new(site->host, &options, &device, &error), WSD_E_INVALID);
    assert_non_null(strstr(error.message, "scopes"));
}

/* -- a host of one address ----------------------------------------------------------------------
 */

static void test_host_names_the_addresses_that_it_serves(void **state)
{
    static const struct {
        const char *served, *local; /* where it listens, and where it is asked */
        bool named;
    } rows[] = {
        {NULL, "127.0.0.1", true},        {NULL, "127.0.0.9", true},
        {"127.0.0.1", "127.0.0.1", true}, {"127.0.0.1", "127.0.0.9", false},
        {"127.0.0.1", "::1", false},      {"0.0.0.0", "127.0.0.9", true},
    };
    struct site *site = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wsd_host_options host_options = WSD_HOST_OPTIONS_INIT;
        struct wsd_device_options options = plain_device();
        struct wsd__address address;
        union wsd__sockaddr local;
        struct wsd_host *host;
        struct wsd_device *device;
        char url[256] = "", expected[256];

        host_options.no_discovery = true;
        host_options.address = rows[i].served;
        assert_int_equal(wsd_host_new(site->context, &host_options, &host, NULL), 0);
        assert_int_equal(wsd_device_new(host, &options, &device, NULL), 0);
        assert_true(wsd__address_parse(rows[i].local, strlen(rows[i].local), &address));
        wsd__address_sockaddr(&address, 0, &local);
        snprintf(expected, sizeof expected, "http://%s:%u%s/s", rows[i].local, wsd_host_port(host),
                 strrchr(wsd_device_url(device), '/'));
        if (wsd__host_url(host, device, &local.any, "/s", url, sizeof url) !=
                (rows[i].named ? 0 : WSD_E_NOT_FOUND) ||
            strcmp(url, rows[i].named ? expected : "") != 0)
            fail_msg("row %zu: %s", i, url);
        wsd_host_free(host);
    }
}

/* -- a scanner that does not know yet -----------------------------------------------------------
 */

static struct wsd__timer resume_timer;
static unsigned times_asked;

static void resume(void *user)
{
    struct site *site = user;

    wsd_scan_service_resume(site->service, site->service->active->info.id);
}

/* Says that it does not know, and has the service ask again soon. */
static int later_next(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type)
{
    struct fake *fake = user;
    struct site *site = (struct site *)(void *)((char *)fake - offsetof(struct site, bench.fake));
    int r = fake_next(user, job, number, ret_type);

    times_asked++;
    if (r == WSD_SCANNER_LATER)
        assert_int_equal(wsd__timer_start(site->context, &resume_timer, 0, resume, site), 0);
    return r;
}

static void test_request_is_held_until_the_scanner_has_an_image(void **state)
{
    struct site *site = *state;

    site->service->scanner.next_image = later_next;
    site->bench.fake.later = 3;
    times_asked = 0;
    fetch(site);
    assert_int_equal(times_asked, 4);
    assert_int_equal(site->status, 0);
    assert_int_equal(site->http_status, 200);
    assert_non_null(strstr(site->type, "multipart/related"));
    assert_true(site->answer.length > 100000);
}

static void test_request_is_held_until_the_scanner_has_none(void **state)
{
    struct site *site = *state;

    site->service->scanner.next_image = later_next;
    site->bench.fake.later = 2;
    site->bench.fake.pages = 0;
    times_asked = 0;
    fetch(site);
    assert_int_equal(times_asked, 3);
    assert_int_equal(site->http_status, 400);
    assert_has(site, "ClientErrorNoImagesAvailable");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_get_without_message_id_gets_a_fault),
        T(test_device_without_a_service_has_no_place_for_one),
        T(test_device_is_found_by_each_of_its_scopes),
        T(test_scope_that_is_too_long_is_refused),
        T(test_host_names_the_addresses_that_it_serves),
        T(test_request_is_held_until_the_scanner_has_an_image),
        T(test_request_is_held_until_the_scanner_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
