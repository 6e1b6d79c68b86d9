/* SPDX-License-Identifier: MIT */
/*
 * The lexical forms of XML Schema: what is read, what is refused, what is written. Expected numbers
 * were computed with date(1) and by hand, never with the code under test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/xsd.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A copy without a NUL behind it, so that the sanitizer sees each byte read too far. */
static char *bare(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length > 0 ? length : 1);

    assert_non_null(copy);
    memcpy(copy, text, length);
    return copy;
}

/* -- white space, numbers, truth --------------------------------------------------------------- */

static void test_trim_takes_white_space_of_xml_off_both_ends(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},         {" \t\r\n", ""},         {"a", "a"}, {" a b ", "a b"}, {"\n\nx", "x"},
        {"\v\f", "\v\f"}, {"\xc2\xa0", "\xc2\xa0"}};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *text = cases[i].text;
        size_t length = strlen(text);

        wsd__trim(&text, &length);
        assert_int_equal(length, strlen(cases[i].want));
        assert_memory_equal(text, cases[i].want, length);
    }
}

static void test_int_reads_every_form_of_the_schema(void **state)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {{"0", 0},
                 {"+5", 5},
                 {"007", 7},
                 {"-0", 0},
                 {"\n 2147483647\t", 2147483647},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN},
                 {"00000000000000000000000000000000000001", 1}};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *text = bare(cases[i].text);
        int64_t value = 77;

        assert_true(wsd__parse_int(text, strlen(cases[i].text), &value));
        assert_true(value == cases[i].want);
        free(text);
    }
}

static void test_int_refuses_overflow_and_whatever_is_no_number(void **state)
{
    static const char *const cases[] = {"",
                                        " ",
                                        "-",
                                        "+",
                                        "+-1",
                                        "--1",
                                        "1 2",
                                        "1.0",
                                        "0x10",
                                        "1e3",
                                        "1,0",
                                        "five",
                                        "12a",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999999999"};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *text = bare(cases[i]);
        int64_t value = 77;

        if (wsd__parse_int(text, strlen(cases[i]), &value))
            fail_msg("\"%s\" was read", cases[i]);
        assert_int_equal(value, 77);
        free(text);
    }
}

static void test_bool_has_four_words_and_no_more(void **state)
{
    static const struct {
        const char *text;
        bool read, want;
    } cases[] = {{"true", true, true},  {"false", true, false}, {"1", true, true},
                 {" 0\n", true, false}, {"True", false, false}, {"yes", false, false},
                 {"", false, false},    {"tru", false, false},  {"true1", false, false},
                 {"01", false, false}};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bool value = !cases[i].want;

        assert_int_equal(wsd__parse_bool(cases[i].text, strlen(cases[i].text), &value),
                         cases[i].read);
        assert_int_equal(value, cases[i].read ? cases[i].want : !cases[i].want);
    }
}

/* -- dateTime ---------------------------------------------------------------------------------- */

struct datetime_case {
    const char *text;
    int64_t seconds;
    int32_t nanoseconds;
    bool has_zone;
    const char *written; /* NULL: as text */
};

static const struct datetime_case datetimes[] = {
    {"1970-01-01T00:00:00Z", 0, 0, true, NULL},
    {"1970-01-01T00:00:00", 0, 0, false, NULL},
    {"2024-02-29T12:34:56Z", 1709210096, 0, true, NULL},
    {"2000-02-29T23:59:59Z", 951868799, 0, true, NULL},
    {"2038-01-19T03:14:08Z", 2147483648, 0, true, NULL},
    {"1969-12-31T23:59:59.5Z", -1, 500000000, true, NULL},
    /* a scanner whose clock was never set */
    {"0001-01-01T00:00:00Z", -62135596800, 0, true, NULL},
    {"0001-01-01T00:00:00", -62135596800, 0, false, NULL},
    {"0000-03-01T00:00:00Z", -62162035200, 0, true, NULL},
    {"-0001-12-31T23:59:59Z", -62167219201, 0, true, NULL},
    {"12024-01-01T00:00:00Z", 317273587200, 0, true, NULL},
    /* seven digits of a second, as .NET writes them */
    {"2009-06-15T13:45:30.6175425Z", 1245073530, 617542500, true, NULL},
    {"2009-06-15T13:45:30.6170000", 1245073530, 617000000, false, "2009-06-15T13:45:30.617"},
    {"2009-06-15T13:45:30.0Z", 1245073530, 0, true, "2009-06-15T13:45:30Z"},
    {"2009-06-15T13:45:30.000000001Z", 1245073530, 1, true, NULL},
    {"2009-06-15T13:45:30.9999999999999Z", 1245073530, 999999999, true,
     "2009-06-15T13:45:30.999999999Z"},
    {"2009-06-15T13:45:30+02:00", 1245066330, 0, true, "2009-06-15T11:45:30Z"},
    {"2009-06-15T13:45:30-05:30", 1245093330, 0, true, "2009-06-15T19:15:30Z"},
    {"2009-06-15T13:45:30-00:00", 1245073530, 0, true, "2009-06-15T13:45:30Z"},
    {"2009-01-01T00:00:00+14:00", 1230717600, 0, true, "2008-12-31T10:00:00Z"},
    {"2009-12-31T24:00:00Z", 1262304000, 0, true, "2010-01-01T00:00:00Z"},
    {"2016-12-31T23:59:60Z", 1483228800, 0, true, "2017-01-01T00:00:00Z"},
    {"\n  2009-06-15T13:45:30Z\r\n", 1245073530, 0, true, "2009-06-15T13:45:30Z"},
    {"292277026596-12-04T15:30:07Z", INT64_MAX, 0, true, NULL},
    {"-292277022657-01-27T08:29:52.999999999Z", INT64_MIN, 999999999, true, NULL},
};

static void test_datetime_reads_every_form_of_the_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(datetimes); i++) {
        const struct datetime_case *want = &datetimes[i];
        struct wsd_datetime value = {.text = "kept"};
        char *text = bare(want->text);

        if (!wsd__parse_datetime(text, strlen(want->text), &value))
            fail_msg("\"%s\" was refused", want->text);
        if (value.seconds != want->seconds)
            fail_msg("\"%s\" was read as %lld", want->text, (long long)value.seconds);
        assert_int_equal(value.nanoseconds, want->nanoseconds);
        assert_int_equal(value.has_zone, want->has_zone);
        assert_string_equal(value.text, "kept");
        free(text);
    }
}

static void test_datetime_is_written_in_utc_without_needless_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(datetimes); i++) {
        const struct datetime_case *want = &datetimes[i];
        struct wsd_datetime value = {want->seconds, want->nanoseconds, want->has_zone, NULL};
        char *buffer = malloc(40);

        assert_non_null(buffer);
        assert_ptr_equal(wsd__format_datetime(&value, buffer), buffer);
        assert_string_equal(buffer, want->written ? want->written : want->text);
        free(buffer);
    }
}

static void test_datetime_refuses_whatever_is_no_time(void **state)
{
    static const char *const cases[] = {"",
                                        "2009-06-15",
                                        "13:45:30",
                                        "2009-06-15 13:45:30Z",
                                        "2009-06-15t13:45:30z",
                                        "2009-06-15T13:45Z",
                                        "2009-6-15T13:45:30Z",
                                        "209-06-15T13:45:30Z",
                                        "02009-06-15T13:45:30Z",
                                        "+2009-06-15T13:45:30Z",
                                        "2009-00-15T13:45:30Z",
                                        "2009-13-15T13:45:30Z",
                                        "2009-06-00T13:45:30Z",
                                        "2009-06-31T13:45:30Z",
                                        "2009-02-29T13:45:30Z",
                                        "1900-02-29T13:45:30Z",
                                        "2009-06-15T25:00:00Z",
                                        "2009-06-15T24:00:01Z",
                                        "2009-06-15T24:00:00.1Z",
                                        "2009-06-15T24:01:00Z",
                                        "2009-06-15T1345:30Z",
                                        "2009-06-15T13:4x:30Z",
                                        "2009-06-15T13:45:3xZ",
                                        "2009-06-15T13:45:30+02:0x",
                                        "2009x06-15T13:45:30Z",
                                        "2009-0x-15T13:45:30Z",
                                        "2009-06x15T13:45:30Z",
                                        "2009-06-1xT13:45:30Z",
                                        "2009-06-15T13:60:30Z",
                                        "2009-06-15T13:45:61Z",
                                        "2009-06-15T13:45:30.Z",
                                        "2009-06-15T13:45:30,5Z",
                                        "2009-06-15T13:45:30+0200",
                                        "2009-06-15T13:45:30+2:00",
                                        "2009-06-15T13:45:30+14:01",
                                        "2009-06-15T13:45:30+02:60",
                                        "2009-06-15T13:45:30Z+02:00",
                                        "2009-06-15T13:45:30ZZ",
                                        "2009-06-15T13:45:30 Z",
                                        "2009-06-15T-3:45:30Z",
                                        "292277026596-12-04T15:30:08Z",
                                        "-292277022657-01-27T08:29:51Z",
                                        "9999999999999-01-01T00:00:00Z",
                                        "tomorrow"};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct wsd_datetime value = {77, 77, true, NULL};
        char *text = bare(cases[i]);

        if (wsd__parse_datetime(text, strlen(cases[i]), &value))
            fail_msg("\"%s\" was read", cases[i]);
        assert_int_equal(value.seconds, 77);
        assert_int_equal(value.nanoseconds, 77);
        free(text);
    }
}

static void test_each_day_of_four_centuries_follows_the_one_before(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t seconds = -62135596800; /* 0001-01-01 */
    char text[64], written[40];

    (void)state;
    for (int year = 1; year <= 401; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year == 400;

        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++) {
                struct wsd_datetime value = {0};
                int length =
                    snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00Z", year, month, day);

                assert_true(wsd__parse_datetime(text, (size_t)length, &value));
                assert_true(value.seconds == seconds);
                assert_string_equal(wsd__format_datetime(&value, written), text);
                seconds += 86400;
            }
        }
    }
}

static void test_datetime_with_odd_nanoseconds_is_written_with_a_carry(void **state)
{
    static const struct {
        struct wsd_datetime value;
        const char *want;
    } cases[] = {
        {{0, 1500000000, true, NULL}, "1970-01-01T00:00:01.5Z"},
        {{0, -1, true, NULL}, "1969-12-31T23:59:59.999999999Z"},
        {{0, INT32_MIN, true, NULL}, "1969-12-31T23:59:57.852516352Z"},
        {{INT64_MAX, 1000000000, true, NULL}, "292277026596-12-04T15:30:07Z"},
        {{INT64_MIN, -1000000000, true, NULL}, "-292277022657-01-27T08:29:52Z"},
    };
    char buffer[40];

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_string_equal(wsd__format_datetime(&cases[i].value, buffer), cases[i].want);
}

/* -- duration ---------------------------------------------------------------------------------- */

struct duration_case {
    const char *text;
    int64_t milliseconds;
    const char *written; /* NULL: as text */
};

static const struct duration_case durations[] = {
    {"PT1H", 3600000, NULL},
    {"PT60M", 3600000, "PT1H"},
    {"PT3600S", 3600000, "PT1H"},
    {"PT15M", 900000, NULL},
    {"P0Y0M0DT30H0M0S", 108000000, "P1DT6H"},
    {"P1D", 86400000, NULL},
    {"P1DT1S", 86401000, NULL},
    {"P1Y", 31536000000, "P365D"},
    {"P2M", 5184000000, "P60D"},
    {"P1Y2M3DT4H5M6.789S", 36993906789, "P428DT4H5M6.789S"},
    {"PT0.5S", 500, NULL},
    {"PT1.050S", 1050, "PT1.05S"},
    {"PT0.0004S", 0, "PT0S"},
    {"PT1.9999S", 1999, "PT1.999S"},
    {"PT0S", 0, NULL},
    {"P0D", 0, "PT0S"},
    {"-P0D", 0, "PT0S"},
    {"-PT1H", -3600000, NULL},
    {"-P1DT0.001S", -86400001, NULL},
    {"PT1H30M", 5400000, NULL},
    {" PT1H\n", 3600000, "PT1H"},
    {"P106751991167DT7H12M55.807S", INT64_MAX, NULL},
    {"-P106751991167DT7H12M55.808S", INT64_MIN, NULL},
    {"P99999999999999999999999999Y", INT64_MAX, "P106751991167DT7H12M55.807S"},
    {"-P1Y99999999999999999999D", INT64_MIN, NULL},
    {"PT18446744073709551615S", INT64_MAX, "P106751991167DT7H12M55.807S"},
};

static void test_duration_reads_every_form_of_the_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(durations); i++) {
        struct wsd_duration value = {77, "kept"};
        char *text = bare(durations[i].text);
        bool read = wsd__parse_duration(text, strlen(durations[i].text), &value);

        free(text);
        if (!read)
            fail_msg("\"%s\" was refused", durations[i].text);
        if (value.milliseconds != durations[i].milliseconds)
            fail_msg("\"%s\" was read as %lld", durations[i].text, (long long)value.milliseconds);
        assert_string_equal(value.text, "kept");
    }
}

static void test_duration_is_written_as_short_as_can_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(durations); i++) {
        struct wsd_duration value = {durations[i].milliseconds, NULL};
        const char *want = durations[i].written ? durations[i].written : durations[i].text;
        char *buffer = malloc(40);

        assert_non_null(buffer);
        if (value.milliseconds == INT64_MIN)
            want = "-P106751991167DT7H12M55.808S";
        assert_ptr_equal(wsd__format_duration(&value, buffer), buffer);
        assert_string_equal(buffer, want);
        free(buffer);
    }
}

static void test_duration_refuses_whatever_is_no_duration(void **state)
{
    static const char *const cases[] = {
        "",         "P",     "PT",       "-P",      "-",      "1H",      "P1H",   "PT1",
        "P1",       "P1DT",  "PT1D",     "+PT1H",   "P-1D",   "--P1D",   "P1.5D", "PT1.5H",
        "PT1.5M1S", "PT.5S", "PT1.S",    "PT1,5S",  "PT1S1M", "PT1M1M",  "P1D1Y", "pt1h",
        "PT1h",     "P 1D",  "PT1H ago", "PT1HT1M", "P1W",    "forever", "PT1H30"};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct wsd_duration value = {77, NULL};
        char *text = bare(cases[i]);

        if (wsd__parse_duration(text, strlen(cases[i]), &value))
            fail_msg("\"%s\" was read", cases[i]);
        assert_int_equal(value.milliseconds, 77);
        free(text);
    }
}

/* -- base64 ------------------------------------------------------------------------------------ */

static ptrdiff_t decode(const char *text, uint8_t **ret_bytes)
{
    char *copy = bare(text);
    ptrdiff_t size;

    *ret_bytes = malloc(strlen(text) / 4 * 3 + 3);
    assert_non_null(*ret_bytes);
    size = wsd__base64_decode(copy, strlen(text), *ret_bytes);
    free(copy);
    return size;
}

static void test_base64_decodes_with_and_without_breaks_and_padding(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {" \n", ""},
        /* RFC 4648, section 10 */
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        /* a Canon breaks its lines */
        {"Zm9v\r\nYmFy\r\n", "foobar"},
        {" Z m 9 v\tY g = = ", "foob"},
        {"Zg", "f"},
        {"Zm8", "fo"},
        {"Zm9vYmE", "fooba"},
        {"Zh==", "f"},
        {"+/+/", "\xfb\xff\xbf"},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t *bytes;
        ptrdiff_t size = decode(cases[i].text, &bytes);

        if (size != (ptrdiff_t)strlen(cases[i].want))
            fail_msg("\"%s\" gave %td bytes", cases[i].text, size);
        assert_memory_equal(bytes, cases[i].want, (size_t)size);
        free(bytes);
    }
}

static void test_base64_refuses_damage(void **state)
{
    static const char *const cases[] = {"Z",
                                        "Zm9vY",
                                        "Zg=",
                                        "Zg===",
                                        "=",
                                        "====",
                                        "Zm9v=",
                                        "Zm9v====",
                                        "Zg==Zg==",
                                        "Z=g=",
                                        "Zm8=\nx",
                                        "Zm-v",
                                        "Zm_v",
                                        "Zm9v!",
                                        "Zm9\x80",
                                        ("Zm\xc2\xa0"
                                         "9v")};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t *bytes;
        ptrdiff_t size = decode(cases[i], &bytes);

        free(bytes);
        if (size != -1)
            fail_msg("\"%s\" gave %td bytes", cases[i], size);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trim_takes_white_space_of_xml_off_both_ends),
        cmocka_unit_test(test_int_reads_every_form_of_the_schema),
        cmocka_unit_test(test_int_refuses_overflow_and_whatever_is_no_number),
        cmocka_unit_test(test_bool_has_four_words_and_no_more),
        cmocka_unit_test(test_datetime_reads_every_form_of_the_schema),
        cmocka_unit_test(test_datetime_is_written_in_utc_without_needless_digits),
        cmocka_unit_test(test_datetime_refuses_whatever_is_no_time),
        cmocka_unit_test(test_each_day_of_four_centuries_follows_the_one_before),
        cmocka_unit_test(test_datetime_with_odd_nanoseconds_is_written_with_a_carry),
        cmocka_unit_test(test_duration_reads_every_form_of_the_schema),
        cmocka_unit_test(test_duration_is_written_as_short_as_can_be),
        cmocka_unit_test(test_duration_refuses_whatever_is_no_duration),
        cmocka_unit_test(test_base64_decodes_with_and_without_breaks_and_padding),
        cmocka_unit_test(test_base64_refuses_damage),
    };

    return cmocka_run_group_tests_name("xsd", tests, NULL, NULL);
}
