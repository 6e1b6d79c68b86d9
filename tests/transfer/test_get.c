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

/* A language range takes what is equal to it or goes on behind a hyphen (RFC 4647 3.3.1). */
static void test_text_in_the_wanted_language_else_the_first(void **state)
{
    static const struct {
        const char *wanted, *name;
    } rows[] = {{"de", "Zwei"},   {"DE-ch", "Zwei"}, {"de-C", "One"}, {"d", "One"}, {"", "One"},
                {"den", "Three"}, {"en", "One"},     {"fr", "One"},   {NULL, "One"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct wsd_device_info *info =
            get(*state,
                METADATA(SECTION("<p:ThisDevice><p:FriendlyName>One</p:FriendlyName>"
                                 "<p:FriendlyName xml:lang=\"den\">Three</p:FriendlyName>"
                                 "<p:FriendlyName xml:lang=\"de-CH\">Zwei</p:FriendlyName>"
                                 "</p:ThisDevice>")),
                rows[i].wanted, 0);
        if (strcmp(info->friendly_name, rows[i].name) != 0)
            fail_msg("row %zu: %s", i, info->friendly_name);
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

#define AS(id)                                                                                     \
    "<p:Hosted>" AT(                                                                               \
        "http://127.0.0.1/") "<p:ServiceId>s</p:ServiceId>"                                        \
                             "<n:CompatibleId "                                                    \
                             "xmlns:n=\"http://schemas.microsoft.com/windows/pnpx/2005/10\">" id   \
                             "</n:CompatibleId></p:Hosted>"

static void test_service_without_its_type_is_known_by_its_compatible_id(void **state)
{
    static const struct {
        const char *body;
        int place; /* -1: none */
    } rows[] = {
#define ROW(ids, place)                                                                            \
    {METADATA(SECTION("<p:Relationship>" HOSTED(AT("urn:a"), "wscn:A") ids "</p:Relationship>")),  \
     place}
        ROW(AS("urn:x/B"), 1),          ROW(AS("urn:z urn:x/B\nurn:y"), 1),
        ROW(AS("urn:x/BB urn:x/B"), 1), ROW(AS("aurn:x/B"), -1),
        ROW(AS("urn:x/Bb"), -1),        ROW(AS("urn:x/C") AS("urn:x/B"), 2),
        ROW(AS("urn:x/b"), -1),         ROW("", -1),
#undef ROW
    };
    char long_name[600];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct wsd_device_info *info = get(*state, rows[i].body, NULL, 0);
        const struct wsd_hosted *hosted = wsd_device_info_find(info, "urn:x", "B");
        if (hosted != (rows[i].place < 0 ? NULL : &info->hosted[rows[i].place]))
            fail_msg("row %zu", i);
        memset(long_name, 'n', sizeof long_name);
        long_name[sizeof long_name - 1] = '\0';
        assert_null(wsd_device_info_find(info, "urn:x", long_name));
        wsd_free(info);
    }
}

/* The device answers at 127.0.0.1. */
static void test_address_elsewhere_is_not_called(void **state)
{
    static const struct {
        const char *body, *address; /* NULL: none */
        bool foreign;
    } rows[] = {
#define ROW(addresses, address, foreign)                                                           \
    {METADATA(SECTION("<p:Relationship>" HOSTED(addresses, "wscn:A") "</p:Relationship>")),        \
     address, foreign}
        ROW(AT("http://239.255.255.250/"), NULL, false),
        ROW(AT("http://169.254.169.254/"), NULL, false),
        ROW(AT("http://[::1]/"), NULL, false),
        ROW(AT("http://198.51.100.1/"), NULL, false),
        ROW(AT("http://198.51.100.1/"), "http://198.51.100.1/", true),
        ROW(AT("http://169.254.169.254/"), NULL, true),
        ROW(AT("http://198.51.100.1/") AT("http://127.0.0.1/"), "http://127.0.0.1/", true),
        ROW(AT("http://name/") AT("http://198.51.100.1/"), "http://127.0.0.1/", true),
        ROW(AT("http://name/") AT("urn:a"), "http://127.0.0.1/", false),
        ROW(AT("ftp://127.0.0.1/") AT("https://127.0.0.1/"), "https://127.0.0.1/", false),
        ROW(AT("urn:a") AT("http://198.51.100.1/"), "", false),
        ROW(AT("http://198.51.100.1/") AT("urn:a"), "", false),
        ROW(AT("http://127.0.0.9/x"), NULL, false),
        ROW(AT("http://localhost:9/x"), "http://127.0.0.1:9/x", false),
        ROW(AT("http://127.1:9/x"), NULL, true),
        ROW(AT("http://b\xc3\xbcro:9/x"), "http://127.0.0.1:9/x", false),
        ROW(AT("http://[2001:db8::1]:9/x"), "http://[2001:db8::1]:9/x", true),
        /* Link-local, and on loopback there is no link: the place at the host that answered. */
        ROW(AT("http://[fe80::1]:9/x"), "http://127.0.0.1:9/x", false),
        ROW(AT("http://[fe80::1%25eth9]:9/x"), "http://127.0.0.1:9/x", false),
#undef ROW
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
        struct wsd_context *context = NULL;
        options.allow_foreign_addresses = rows[i].foreign;
        assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
        const struct wsd_device_info *info = get(context, rows[i].body, NULL, 0);
        const char *address = wsd_hosted_address(info, &info->hosted[0]);
        const char *wanted = rows[i].address && !*rows[i].address ? info->address : rows[i].address;
        if (!wanted != !address || (wanted && strcmp(address, wanted) != 0))
            fail_msg("row %zu: %s", i, address ? address : "none");
        wsd_free(info);
        wsd_context_free(context);
    }
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
        cmocka_unit_test(test_service_without_its_type_is_known_by_its_compatible_id),
        cmocka_unit_test(test_address_elsewhere_is_not_called),
        cmocka_unit_test(test_answer_without_metadata_names_it),
    };
    return cmocka_run_group_tests(tests, context_up, context_down);
}
