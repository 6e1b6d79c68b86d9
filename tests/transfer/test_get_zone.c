/* SPDX-License-Identifier: MIT */
/* wsd_get(): link-local addresses of services get the zone of the link on which the device
 * answered. */
#include "../discovery/support.h"

#include "../support/peer.h"

#include <wsd/transfer.h>

#define METADATA                                                                                   \
    ENVELOPE("GetResponse", "urn:uuid:00000000-0000-4000-8000-000000000001", "",                   \
             "<x:Metadata xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/mex\">"                  \
             "<x:MetadataSection Dialect=\"d\"><wsdp:Relationship Type=\"t\"><wsdp:Hosted>"        \
             "<wsa:EndpointReference><wsa:Address>%s</wsa:Address></wsa:EndpointReference>"        \
             "<wsdp:ServiceId>s</wsdp:ServiceId></wsdp:Hosted></wsdp:Relationship>"                \
             "</x:MetadataSection></x:Metadata>")

/* Where a service is called that is said to be at `hosted`, when the device answers at `host`. */
static void assert_called(const char *host, const char *hosted, const char *expected)
{
    char body[4096];
    struct wsd_context *context = make_context(false);
    const struct wsd_device_info *info = NULL;
    struct wsd_error error = {0};
    snprintf(body, sizeof body, METADATA, hosted);
    struct peer *peer = peer_new_at(host, &(struct answer){.head = "200 OK", .body = body}, 1);
    if (wsd_get(context, peer->url, NULL, &info, &error) < 0) {
        fail_msg("%s", error.message);
    }
    const char *called = wsd_hosted_address(info, &info->hosted[0]);
    if (!expected != !called || (called && strcmp(called, expected) != 0))
        fail_msg("%s is called", called ? called : "nobody");
    wsd_free(info);
    wsd_context_free(context);
    peer_free(peer);
}

static void test_link_local_service_of_a_device_at_another_address_gets_its_link(void **state)
{
    NEED_NAMESPACE(state);
    make_link("net0", 0xc0000201);
    make_link("net1", 0xc6336401);
    assert_called("192.0.2.1", "http://[fe80::1]:9/x", "http://[fe80::1%25net0]:9/x");
    assert_called("198.51.100.1", "http://[fe80::1]/x?y", "http://[fe80::1%25net1]/x?y");
    /* A zone in a message is the device's own name for it. */
    assert_called("192.0.2.1", "https://[fe80::1%25eth9]/", "https://[fe80::1%25net0]/");
    assert_called("127.0.0.1", "http://[fe80::1]:9/x", "http://127.0.0.1:9/x");
    remove_link("net0");
    remove_link("net1");
}

static void test_services_of_a_device_at_a_link_local_address_are_on_its_link(void **state)
{
    NEED_NAMESPACE(state);
    add_link_local_to_loopback("fe80::1");
    assert_called("fe80::1%lo", "http://[fe80::1]:9/x", "http://[fe80::1%25lo]:9/x");
    assert_called("fe80::1%lo", "http://[fe80::2]:9/x", "http://[fe80::2%25lo]:9/x");
    assert_called("fe80::1%lo", "http://[fe80::2%25eth9]:9/x", "http://[fe80::2%25lo]:9/x");
    assert_called("fe80::1%lo", "http://scanner.local:9/x", "http://[fe80::1%25lo]:9/x");
}

/* "localhost" is what the device calls itself. */
static void test_service_at_any_name_is_called_at_the_host_that_answered(void **state)
{
    NEED_NAMESPACE(state);
    make_link("net0", 0xc0000201);
    assert_called("192.0.2.1", "http://localhost:9/x", "http://192.0.2.1:9/x");
    assert_called("192.0.2.1", "http://a.localhost./x", "http://192.0.2.1/x");
    assert_called("192.0.2.1", "http://a+b:9/x", "http://192.0.2.1:9/x");
    assert_called("192.0.2.1", "http://127.0.0.1:9/x", NULL);
    assert_called("192.0.2.1", "http://alocalhost:9/x", "http://192.0.2.1:9/x");
    assert_called("127.0.0.1", "http://localhost:9/x", "http://127.0.0.1:9/x");
    remove_link("net0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_local_service_of_a_device_at_another_address_gets_its_link),
        cmocka_unit_test(test_services_of_a_device_at_a_link_local_address_are_on_its_link),
        cmocka_unit_test(test_service_at_any_name_is_called_at_the_host_that_answered),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
