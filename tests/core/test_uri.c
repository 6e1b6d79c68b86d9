/* SPDX-License-Identifier: MIT */
/* URIs: how they are cut, and what is refused so that no two readers see two hosts in one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/address.h"
#include "core/buf.h"
#include "core/limits.h"
#include "core/uri.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool parse(const char *text, struct wsd__uri *ret)
{
    return wsd__uri_parse(text, strlen(text), ret);
}

struct uri_case {
    const char *text;
    const char *scheme, *authority, *host, *zone, *port, *path, *query;
    uint16_t port_number;
    bool bracketed;
};

static const struct uri_case cases[] = {
    {"http://192.168.1.7:5358/wsd", "http", "192.168.1.7:5358", "192.168.1.7", "", "5358", "/wsd",
     "", 5358, false},
    {"http://printer", "http", "printer", "printer", "", "", "", "", 0, false},
    {"HTTPS://Printer.local/a/b?x=1&y#z", "HTTPS", "Printer.local", "Printer.local", "", "", "/a/b",
     "x=1&y", 0, false},
    {"http://h:/", "http", "h:", "h", "", "", "/", "", 0, false},
    {"http://h?q", "http", "h", "h", "", "", "", "q", 0, false},
    {"http://h#f?no", "http", "h", "h", "", "", "", "", 0, false},
    {"http://h/p#f", "http", "h", "h", "", "", "/p", "", 0, false},
    {"http://h/p??#", "http", "h", "h", "", "", "/p", "?", 0, false},
    {"http://h:65535/", "http", "h:65535", "h", "", "65535", "/", "", 65535, false},
    {"http://h:0080/", "http", "h:0080", "h", "", "0080", "/", "", 80, false},
    {"http://[fe80::1]:5357/x", "http", "[fe80::1]:5357", "fe80::1", "", "5357", "/x", "", 5357,
     true},
    {"http://[fe80::1%25eth0]/", "http", "[fe80::1%25eth0]", "fe80::1", "eth0", "", "/", "", 0,
     true},
    {"http://[fe80::1%eth0]:80", "http", "[fe80::1%eth0]:80", "fe80::1", "eth0", "80", "", "", 80,
     true},
    {"http://[fe80::1%2]/", "http", "[fe80::1%2]", "fe80::1", "2", "", "/", "", 0, true},
    {"http://[fe80::1%25]/", "http", "[fe80::1%25]", "fe80::1", "25", "", "/", "", 0, true},
    {"http://[fe80::1%2525]/", "http", "[fe80::1%2525]", "fe80::1", "25", "", "/", "", 0, true},
    {"http://[::ffff:1.2.3.4]/", "http", "[::ffff:1.2.3.4]", "::ffff:1.2.3.4", "", "", "/", "", 0,
     true},
    /* D11: an IPv4 address in brackets, seen in the field (sane-airscan, issue 88) */
    {"http://[1.2.3.4]/", "http", "[1.2.3.4]", "1.2.3.4", "", "", "/", "", 0, true},
    {"http://user:pw@h:8080/", "http", "user:pw@h:8080", "h", "", "8080", "/", "", 8080, false},
    {"http://b%C3%BCro/", "http", "b%C3%BCro", "b%C3%BCro", "", "", "/", "", 0, false},
    {"http://b\xc3\xbcro/", "http", "b\xc3\xbcro", "b\xc3\xbcro", "", "", "/", "", 0, false},
    {"ldap:///ou=engineering,o=exampleorg,c=us", "ldap", "", "", "", "",
     "/ou=engineering,o=exampleorg,c=us", "", 0, false},
    {"onvif://www.onvif.org/name/Front%20Door", "onvif", "www.onvif.org", "www.onvif.org", "", "",
     "/name/Front%20Door", "", 0, false},
    {"soap.udp://239.255.255.250:3702", "soap.udp", "239.255.255.250:3702", "239.255.255.250", "",
     "3702", "", "", 3702, false},
    {"http://h//x:1/@y[", "http", "h", "h", "", "", "//x:1/@y[", "", 0, false},
};

static void test_uri_is_cut_into_its_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct uri_case *want = &cases[i];
        size_t length = strlen(want->text);
        char *text = malloc(length); /* no NUL: the sanitizer sees what reads on */
        struct wsd__uri uri;

        assert_non_null(text);
        memcpy(text, want->text, length);
        if (!wsd__uri_parse(text, length, &uri))
            fail_msg("\"%s\" was refused", want->text);
        if (!wsd__slice_is(uri.scheme, want->scheme) ||
            !wsd__slice_is(uri.authority, want->authority) ||
            !wsd__slice_is(uri.host, want->host) || !wsd__slice_is(uri.zone, want->zone) ||
            !wsd__slice_is(uri.port, want->port) || !wsd__slice_is(uri.path, want->path) ||
            !wsd__slice_is(uri.query, want->query))
            fail_msg("\"%s\" was cut wrongly", want->text);
        assert_int_equal(uri.port_number, want->port_number);
        assert_int_equal(uri.bracketed, want->bracketed);
        free(text);
    }
}

static void test_what_is_no_absolute_uri_with_an_authority_is_refused(void **state)
{
    static const char *const texts[] = {
        "",          "http",      "http:",     "http:/",
        "http:/h",   "//h/p",     "/p",        "h:80",
        "://h",      "1http://h", "+x://h",    "ht tp://h",
        "ht_tp://h", " http://h", "http://h ", "urn:uuid:16a65700-007c-1000-bb49-d85d4ceffa05"};
    struct wsd__uri uri;

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        if (parse(texts[i], &uri))
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void test_a_host_that_readers_could_disagree_about_is_refused(void **state)
{
    static const char *const texts[] = {"http://good\\@evil/", "http://good@evil@worse/",
                                        "http://a b/",         "http://a<b/",
                                        "http://a\"b/",        "http://a|b/",
                                        "http://a^b/",         "http://a`b/",
                                        "http://fe80::1/",     "http://h:80:90/",
                                        "http://h%eth0/",      "http://h%2/",
                                        "http://h%zz/",        "http://a]b/",
                                        "http://a[b/",         "http://us er@h/",
                                        "http://u[@h/",        "http://{h}/"};
    struct wsd__uri uri;

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        if (parse(texts[i], &uri))
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void test_an_address_in_a_notation_of_inet_aton_is_known(void **state)
{
    static const char *const texts[] = {
        "http://127/",           "http://127.1/",       "http://127.0.1/",     "http://2130706433/",
        "http://0x7f000001/",    "http://0X7F.1:80/",   "http://0177.0.0.1/",  "http://127.0.0.01/",
        "http://127.0.0.1./",    "http://printer.1/",   "http://printer.0x1/", "http://0x/",
        "http://1.2.3.4.5/",     "http://%31%32%37.1/", "http://127.0.0.%31/", "http://a%2eb/",
        "http://user@127.1:80/", "http://999.0.0.1/",
    };
    static const char *const fine[] = {"http://127.0.0.1/",  "http://1printer/",
                                       "http://printer1/",   "http://0xyz/",
                                       "http://printer-2./", "http://1.2.3.4.local/",
                                       "http://[::1]/",      "http://b%C3%BCro/",
                                       "http://:80/",        "http://./"};
    struct wsd__uri uri;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!parse(texts[i], &uri) || !wsd__uri_is_disguised(&uri))
            fail_msg("\"%s\" was taken", texts[i]);
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        if (!parse(fine[i], &uri) || wsd__uri_is_disguised(&uri))
            fail_msg("\"%s\" was refused", fine[i]);
    }
}

static void test_host_is_an_address_a_name_this_machine_or_odd(void **state)
{
    static const struct {
        const char *text;
        enum wsd__host_kind kind;
    } rows[] = {
        {"http://127.0.0.1/", WSD__HOST_ADDRESS},
        {"http://127.9.9.9/", WSD__HOST_ADDRESS},
        {"http://192.168.1.5:80/", WSD__HOST_ADDRESS},
        {"http://[::1]/", WSD__HOST_ADDRESS},
        {"http://[fe80::1%25eth0]/", WSD__HOST_ADDRESS},
        {"http://[192.168.1.5]/", WSD__HOST_ADDRESS},
        {"http://printer/", WSD__HOST_NAME},
        {"http://PRINTER-2.example.net./", WSD__HOST_NAME},
        {"http://1_2/", WSD__HOST_NAME},
        {"http://alocalhost/", WSD__HOST_NAME},
        {"http://localhost.example/", WSD__HOST_NAME},
        {"http://localhost/", WSD__HOST_LOCAL},
        {"http://LocalHost.:80/", WSD__HOST_LOCAL},
        {"http://a.b.localhost/", WSD__HOST_LOCAL},
        {"http:///", WSD__HOST_ODD},
        {"http://192.168.1/", WSD__HOST_ODD},
        {"http://127.1/", WSD__HOST_ODD},
        {"http://0x7f.1/", WSD__HOST_ODD},
        {"http://%6cocalhost/", WSD__HOST_ODD},
        /* Digits of full width, and a full stop of Chinese: 127.1 and 127.0.0.1 to libidn. */
        {"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/", WSD__HOST_ODD},
        {"http://127\xe3\x80\x82"
         "0.0.1/",
         WSD__HOST_ODD},
        {"http://b\xc3\xbcro/", WSD__HOST_ODD},
        {"http://b%C3%BCro/", WSD__HOST_ODD},
        {"http://a+b/", WSD__HOST_ODD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wsd__address address;
        struct wsd__uri uri;
        if (!parse(rows[i].text, &uri)) {
            assert_int_equal(rows[i].kind, WSD__HOST_ODD);
            continue;
        }
        if (wsd__uri_host(&uri, &address) != rows[i].kind)
            fail_msg("%s: %d", rows[i].text, wsd__uri_host(&uri, &address));
    }
}

static void test_wrong_brackets_and_ports_are_refused(void **state)
{
    static const char *const texts[] = {
        "http://[/",         "http://[]/",           "http://[fe80::1/",
        "http://[fe80::1",   "http://[%25eth0]/",    "http://[fe80::1%]/",
        "http://[::1]x/",    "http://[::1]80/",      "http://[[::1]]/",
        "http://[::1%a/b]/", "http://[::1%25a%b]/",  "http://[::1]:x/",
        "http://h:-1/",      "http://h:+80/",        "http://h:80a/",
        "http://h:65536/",   "http://h:4294967376/", "http://h:99999999999999999999/",
        "http://h:0/",       "http://h:00000/"};
    struct wsd__uri uri;

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        if (parse(texts[i], &uri))
            fail_msg("\"%s\" was read", texts[i]);
    }
}

static void test_no_control_character_passes_anywhere(void **state)
{
    static const char form[] = "http://u@h:80/path?query#fragment";
    struct wsd__uri uri;

    (void)state;
    assert_true(parse(form, &uri));
    for (size_t at = 0; at < sizeof(form) - 1; at++) {
        for (int c = 0; c <= 0x20; c++) {
            char text[sizeof(form)];

            memcpy(text, form, sizeof(form));
            text[at] = (char)(c == 0x20 ? 0x7f : c);
            if (wsd__uri_parse(text, sizeof(form) - 1, &uri))
                fail_msg("character %d passed at %zu", c, at);
        }
    }
}

static void test_the_longest_uri_is_read_and_one_more_is_not(void **state)
{
    char *text = malloc(WSD_MAX_URI + 1);
    struct wsd__uri uri;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', WSD_MAX_URI + 1);
    memcpy(text, "http://h/", 9);
    assert_true(wsd__uri_parse(text, WSD_MAX_URI, &uri));
    assert_int_equal(uri.path.length, WSD_MAX_URI - 8);
    assert_false(wsd__uri_parse(text, WSD_MAX_URI + 1, &uri));
    free(text);
}

static void test_a_refused_uri_leaves_the_result_alone(void **state)
{
    struct wsd__uri uri, before;

    (void)state;
    memset(&uri, 0x77, sizeof(uri));
    memcpy(&before, &uri, sizeof(uri));
    assert_false(parse("http://h:99999/", &uri));
    assert_memory_equal(&uri, &before, sizeof(uri));
}

static void test_slices_compare_by_length_and_letters(void **state)
{
    static const struct {
        const char *slice, *text;
        bool same, same_but_case;
    } pairs[] = {{"http", "http", true, true},    {"HTTP", "http", false, true},
                 {"http", "HTTP", false, true},   {"http", "https", false, false},
                 {"https", "http", false, false}, {"", "", true, true},
                 {"", "x", false, false},         {"\xc3\x9c", "\xc3\xbc", false, false},
                 {"[", "{", false, false},        {"@", "`", false, false}};

    (void)state;
    for (size_t i = 0; i < LENGTH(pairs); i++) {
        struct wsd__slice slice = {pairs[i].slice, strlen(pairs[i].slice)};

        assert_int_equal(wsd__slice_is(slice, pairs[i].text), pairs[i].same);
        assert_int_equal(wsd__slice_is_case(slice, pairs[i].text), pairs[i].same_but_case);
    }
    assert_true(wsd__slice_is((struct wsd__slice){NULL, 0}, ""));
    assert_true(wsd__slice_is_case((struct wsd__slice){NULL, 0}, ""));
}

static void an_address_moves_to_another_host_with_its_zone(void **state)
{
    static const struct {
        const char *base, *address, *expected;
    } places[] = {
        {"http://[fe80::1%25eth0]:5357/a", "http://[fe80::1]:80/b?c",
         "http://[fe80::1%25eth0]:80/b?c"},
        {"http://[fe80::1%eth0]/a", "https://printer:8443", "https://[fe80::1%25eth0]:8443"},
        {"http://192.0.2.7:5357/a", "http://printer/b", "http://192.0.2.7/b"},
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(places); i++) {
        struct wsd__uri base, address;
        struct wsd__buf out = WSD__BUF_INIT(1000);
        assert_true(wsd__uri_parse(places[i].base, strlen(places[i].base), &base));
        assert_true(wsd__uri_parse(places[i].address, strlen(places[i].address), &address));
        wsd__uri_at_host(&base, &address, &out);
        assert_false(out.failed);
        assert_string_equal(out.data, places[i].expected);
        wsd__buf_free(&out);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_moves_to_another_host_with_its_zone),
        cmocka_unit_test(test_uri_is_cut_into_its_parts),
        cmocka_unit_test(test_what_is_no_absolute_uri_with_an_authority_is_refused),
        cmocka_unit_test(test_a_host_that_readers_could_disagree_about_is_refused),
        cmocka_unit_test(test_an_address_in_a_notation_of_inet_aton_is_known),
        cmocka_unit_test(test_host_is_an_address_a_name_this_machine_or_odd),
        cmocka_unit_test(test_wrong_brackets_and_ports_are_refused),
        cmocka_unit_test(test_no_control_character_passes_anywhere),
        cmocka_unit_test(test_the_longest_uri_is_read_and_one_more_is_not),
        cmocka_unit_test(test_a_refused_uri_leaves_the_result_alone),
        cmocka_unit_test(test_slices_compare_by_length_and_letters),
    };

    return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
