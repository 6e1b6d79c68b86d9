/* SPDX-License-Identifier: MIT */
/* wsd_get(): the sections of a device's metadata merged, and which address to call. */
#include "../support/codec.h"
#include "../support/peer.h"
#include <wsd/transfer.h>

#define SECTION(inner) "<x:MetadataSection Dialect=\"d\">" inner "</x:MetadataSection>"
#define METADATA(sections)                                                                         \
    BODY("<x:Metadata xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/mex\" "                      \
         "xmlns:p=\"http://schemas.xmlsoap.org/ws/2006/02/devprof\">" sections "</x:Metadata>")
#define HOSTED(addresses, types)                                                                   \
    "<p:Hosted>" addresses "<p:Types>" types "</p:Types><p:ServiceId>s</p:ServiceId></p:Hosted>"
#define AT(address)                                                                                \
    "<wsa:EndpointReference><wsa:Address>" address "</wsa:Address></wsa:EndpointReference>"

static const struct wsd_device_info *get(struct wsd_context *context, const char *body,
                                         const char *language, int expected)
{
    struct peer *peer = peer_new(&(struct answer){.head = "200 OK", .body = body}, 1);
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    const struct wsd_device_info *info = NULL;
    struct wsd_error error = {0};
    options.to = "urn:uuid:asked";
    options.language = language;
    int r = wsd_get(context, peer->url, &options, &info, &error);
    if (r != expected)
        fail_msg("%s", error.message);
    assert_has(peer->requests[0], "<wsa:To>urn:uuid:asked</wsa:To>");
    assert_has(peer->requests[0], "<soap:Body/>");
    if (r == WSD_E_SCHEMA)
        assert_string_equal(error.path, "/Envelope/Body/Metadata");
    peer_free(peer);
    return info;
}

static void test_sections_are_merged(void **state)
{
    const struct wsd_device_info *info = get(
        *state,
        METADATA(SECTION("<p:ThisModel><p:Manufacturer>M</p:Manufacturer></p:ThisModel>")
                     SECTION("<p:ThisModel><p:Manufacturer>later</p:Manufacturer></p:ThisModel>")
                         SECTION("<p:Relationship Type=\"t\">" HOSTED(AT("http://a/"),
                                                                      "wscn:A") "</p:Relationship>")
                             SECTION("<v:unknown xmlns:v=\"urn:v\"/>")
                                 SECTION("<p:Relationship Type=\"t\">" HOSTED(
                                     AT("http://b/"), "wscn:B") "</p:Relationship>")),
        NULL, 0);
    assert_string_equal(info->manufacturer, "M");
    assert_string_equal(info->friendly_name, "");
    assert_string_equal(info->endpoint, "urn:uuid:asked");
    assert_int_equal(info->n_hosted, 2);
    assert_ptr_equal(wsd_device_info_find(info, URI_SCAN, "B"), &info->hosted[1]);
    assert_null(wsd_device_info_find(info, URI_SCAN, "C"));
    wsd_free(info);
}

static void test_text_in_the_wanted_language_else_the_first(void **state)
{
    static const char *const wanted[] = {"de", "fr", NULL}, *const names[] = {"Zwei", "One", "One"};
    for (int i = 0; i < 3; i++) {
        const struct wsd_device_info *info = get(
            *state,
            METADATA(SECTION("<p:ThisDevice><p:FriendlyName xml:lang=\"en\">One</p:FriendlyName>"
                             "<p:FriendlyName xml:lang=\"de-CH\">Zwei</p:FriendlyName>"
                             "</p:ThisDevice>")),
            wanted[i], 0);
        assert_string_equal(info->friendly_name, names[i]);
        wsd_free(info);
    }
}

static void test_address_to_call_is_on_the_host_that_answered(void **state)
{
    const struct wsd_device_info *info =
        get(*state,
            METADATA(SECTION(
                "<p:Relationship>" HOSTED(AT("http://[fe80::1]:9/x") AT("http://127.0.0.1:9/y"),
                                          "wscn:A") HOSTED(AT("http://other:9/"), "wscn:B")
                    HOSTED(AT("urn:uuid:logical"), "wscn:C") "</p:Relationship>")),
            NULL, 0);
    assert_string_equal(wsd_hosted_address(info, &info->hosted[0]), "http://127.0.0.1:9/y");
    assert_string_equal(wsd_hosted_address(info, &info->hosted[1]),
                        "http://127.0.0.1:9/"); /* a name */
    assert_string_equal(wsd_hosted_address(info, &info->hosted[2]), info->address);
    wsd_free(info);
}

static void test_answer_without_metadata_names_it(void **state)
{
    assert_null(get(*state, BODY(""), NULL, WSD_E_SCHEMA));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_are_merged),
        cmocka_unit_test(test_text_in_the_wanted_language_else_the_first),
        cmocka_unit_test(test_address_to_call_is_on_the_host_that_answered),
        cmocka_unit_test(test_answer_without_metadata_names_it),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
