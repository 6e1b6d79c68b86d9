/* SPDX-License-Identifier: MIT */
/* A host that serves a link-local address, which is told to it with its zone. */
#include "../discovery/support.h"

#include <wsd/transfer.h>

#include "device/host.h"

static void test_host_at_a_link_local_address_names_it_and_no_other(void **state)
{
    NEED_NAMESPACE(state);
    struct wsd_host_options host_options = WSD_HOST_OPTIONS_INIT;
    struct wsd_device_options options = WSD_DEVICE_OPTIONS_INIT;
    struct wsd_context *context = make_context(false);
    struct wsd_host *host = NULL;
    struct wsd_device *device = NULL;
    struct wsd__address address;
    union wsd__sockaddr local;
    char url[256] = "", expected[64];
    add_link_local_to_loopback("fe80::1");
    host_options.no_discovery = true;
    host_options.address = "fe80::1%lo";
    options.friendly_name = options.manufacturer = options.model_name = "M";
    assert_int_equal(wsd_host_new(context, &host_options, &host, NULL), 0);
    assert_int_equal(wsd_device_new(host, &options, &device, NULL), 0);
    snprintf(expected, sizeof expected, "http://[fe80::1]:%u/", wsd_host_port(host));
    assert_memory_equal(wsd_device_url(device), expected, strlen(expected));
    assert_true(wsd__address_parse("fe80::1", 7, &address));
    wsd__address_sockaddr(&address, 0, &local);
    assert_int_equal(wsd__host_url(host, device, &local.any, "", url, sizeof url), 0);
    assert_string_equal(url, wsd_device_url(device));
    assert_true(wsd__address_parse("127.0.0.1", 9, &address));
    wsd__address_sockaddr(&address, 0, &local);
    assert_int_equal(wsd__host_url(host, device, &local.any, "", url, sizeof url), WSD_E_NOT_FOUND);
    wsd_host_free(host);
    wsd_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_at_a_link_local_address_names_it_and_no_other),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
