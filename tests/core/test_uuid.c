/* SPDX-License-Identifier: MIT */
/* UUIDs: the written forms of the field, random ones, and those that are made from a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/uuid.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t sample[16] = {0x16, 0xa6, 0x57, 0x00, 0x00, 0x7c, 0x10, 0x00,
                                   0xbb, 0x49, 0xd8, 0x5d, 0x4c, 0xef, 0xfa, 0x05};

static void test_uuid_is_read_in_every_form_of_the_field(void **state)
{
    static const char *const cases[] = {"urn:uuid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "uuid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "{16a65700-007c-1000-bb49-d85d4ceffa05}",
                                        "{16A65700-007C-1000-BB49-D85D4CEFFA05}",
                                        "URN:UUID:16A65700-007c-1000-bb49-d85D4CEFFA05",
                                        "Uuid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "\n   urn:uuid:16a65700-007c-1000-bb49-d85d4ceffa05\r\n\t"};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t uuid[16] = {0};

        if (!wsd__uuid_parse(cases[i], uuid))
            fail_msg("\"%s\" was refused", cases[i]);
        assert_memory_equal(uuid, sample, sizeof(sample));
    }
}

static void test_uuid_refuses_whatever_is_none(void **state)
{
    static const char *const cases[] = {"",
                                        " ",
                                        "urn:uuid:",
                                        "16a65700-007c-1000-bb49-d85d4ceffa0",
                                        "16a65700-007c-1000-bb49-d85d4ceffa055",
                                        "16a65700007c1000bb49d85d4ceffa05",
                                        "16a65700-007c-1000-bb49-d85d4ceffag5",
                                        "16a65700-007c-1000-bb49+d85d4ceffa05",
                                        "16a6570-0007c-1000-bb49-d85d4ceffa05",
                                        "16a65700-007c-1000-bb49-d85d4ceffa0-",
                                        "{16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "16a65700-007c-1000-bb49-d85d4ceffa05}",
                                        "{}",
                                        "{16a65700-007c-1000-bb49-d85d4ceffa05x",
                                        "x16a65700-007c-1000-bb49-d85d4ceffa05}",
                                        "urn:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "urn:uuid: 16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "urn:uuid:urn:uuid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "urn:uuid:uuid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "urn:oid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "urn:guid:16a65700-007c-1000-bb49-d85d4ceffa05",
                                        "http://printer/16a65700-007c-1000-bb49-d85d4ceffa05"};

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t uuid[16];

        memset(uuid, 0x77, sizeof(uuid));
        if (wsd__uuid_parse(cases[i], uuid))
            fail_msg("\"%s\" was read", cases[i]);
        for (size_t k = 0; k < sizeof(uuid); k++)
            assert_int_equal(uuid[k], 0x77);
    }
}

static void test_uuid_is_written_as_urn_in_small_letters(void **state)
{
    char *urn = malloc(WSD__UUID_URN_SIZE);

    (void)state;
    assert_non_null(urn);
    wsd__uuid_format(sample, urn);
    assert_string_equal(urn, "urn:uuid:16a65700-007c-1000-bb49-d85d4ceffa05");
    free(urn);
}

/* Hands out 0xff, 0xfe, ...: each bit that the version and variant force is set otherwise here. */
static void counting_down(void *user, void *bytes, size_t size)
{
    uint8_t *next = user, *at = bytes;

    for (size_t i = 0; i < size; i++)
        at[i] = (*next)--;
}

static void test_random_uuid_is_version_4_of_the_context_random_bytes(void **state)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    char urn[WSD__UUID_URN_SIZE];
    uint8_t next = 0xff;

    (void)state;
    options.user = &next;
    options.random = counting_down;
    assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
    next = 0xff;
    wsd__uuid_urn(context, urn);
    assert_string_equal(urn, "urn:uuid:fffefdfc-fbfa-49f8-b7f6-f5f4f3f2f1f0");
    wsd_context_free(context);
}

static void test_random_uuids_of_the_system_differ(void **state)
{
    struct wsd_context *context = NULL;
    char one[WSD__UUID_URN_SIZE], other[WSD__UUID_URN_SIZE];

    (void)state;
    assert_int_equal(wsd_context_new(NULL, &context, NULL), 0);
    wsd__uuid_urn(context, one);
    wsd__uuid_urn(context, other);
    assert_string_not_equal(one, other);
    wsd_context_free(context);
}

static void test_uuid_from_name_stays_for_ever(void **state)
{
    static const struct {
        const char *name, *want;
    } cases[] = {
        {"", "urn:uuid:99630463-943d-52dc-b840-d4c3f4631ff3"},
        {"a", "urn:uuid:a19b3a53-3a53-5acc-9684-d6830bf1a198"},
        {"wsd-serve:desk:chart", "urn:uuid:9b3252a5-5dcb-57bc-a680-d1f35d7ce5d9"},
        {"B\xc3\xbcro", "urn:uuid:e6ff3b6d-ef4a-514f-9afe-cfce8bf5183f"},
    };
    char urn[WSD__UUID_URN_SIZE];

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint8_t uuid[16];

        wsd__uuid_from_name(cases[i].name, uuid);
        wsd__uuid_format(uuid, urn);
        assert_string_equal(urn, cases[i].want);
    }
}

static void test_uuid_from_name_has_version_5_and_the_variant_of_rfc_4122(void **state)
{
    char name[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint8_t uuid[16];

        snprintf(name, sizeof(name), "%d", i);
        wsd__uuid_from_name(name, uuid);
        assert_int_equal(uuid[6] >> 4, 5);
        assert_int_equal(uuid[8] >> 6, 2);
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void test_sixty_thousand_names_have_as_many_uuids(void **state)
{
    enum { NAMES = 60000 };
    uint8_t(*uuids)[16] = malloc(NAMES * sizeof(*uuids));
    char name[32];

    (void)state;
    assert_non_null(uuids);
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof(name), "%s-%d", i % 2 ? "scanner" : "", i / 2);
        wsd__uuid_from_name(name, uuids[i]);
    }
    qsort(uuids, NAMES, sizeof(*uuids), compare);
    for (int i = 1; i < NAMES; i++) {
        /* Alike in the first half alone would already be a hash of 64 bits or worse. */
        assert_memory_not_equal(uuids[i - 1], uuids[i], 8);
    }
    free(uuids);
}

/* One bit of a name turns every bit of the UUID in about half of all cases. */
static void test_each_bit_of_a_name_reaches_each_bit_of_the_uuid(void **state)
{
    enum { NAMES = 400, LETTERS = 12 };
    static unsigned turned[LETTERS][128];

    (void)state;
    memset(turned, 0, sizeof(turned));
    for (int i = 0; i < NAMES; i++) {
        char name[LETTERS + 1];
        uint8_t before[16], after[16];

        snprintf(name, sizeof(name), "name%08d", i * 7919);
        wsd__uuid_from_name(name, before);
        for (int letter = 0; letter < LETTERS; letter++) {
            name[letter] ^= 1;
            wsd__uuid_from_name(name, after);
            name[letter] ^= 1;
            for (int bit = 0; bit < 128; bit++)
                turned[letter][bit] +=
                    ((before[bit / 8] ^ after[bit / 8]) >> (7 - bit % 8) & 1) != 0;
        }
    }
    for (int letter = 0; letter < LETTERS; letter++) {
        for (int bit = 0; bit < 128; bit++) {
            if ((bit >= 48 && bit < 52) || (bit >= 64 && bit < 66))
                continue; /* version and variant */
            /* 400 tosses of a coin: 200, and within six deviations of 10 */
            assert_in_range(turned[letter][bit], 140, 260);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid_is_read_in_every_form_of_the_field),
        cmocka_unit_test(test_uuid_refuses_whatever_is_none),
        cmocka_unit_test(test_uuid_is_written_as_urn_in_small_letters),
        cmocka_unit_test(test_random_uuid_is_version_4_of_the_context_random_bytes),
        cmocka_unit_test(test_random_uuids_of_the_system_differ),
        cmocka_unit_test(test_uuid_from_name_stays_for_ever),
        cmocka_unit_test(test_uuid_from_name_has_version_5_and_the_variant_of_rfc_4122),
        cmocka_unit_test(test_sixty_thousand_names_have_as_many_uuids),
        cmocka_unit_test(test_each_bit_of_a_name_reaches_each_bit_of_the_uuid),
    };

    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
