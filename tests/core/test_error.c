/* SPDX-License-Identifier: MIT */
/* Errors: codes, first cause, and text that fits its field. Also the growable buffer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/error.h"

static void test_each_code_has_name_and_sentence(void **state)
{
    (void)state;
    for (int code = -1; code >= WSD_E_UNSUPPORTED; code--) {
        assert_string_not_equal(wsd_strerror(code), "unknown error");
        assert_string_not_equal(wsd_error_name(code), "WSD_E_UNKNOWN");
    }
    assert_string_equal(wsd_error_name(WSD_E_TIMEOUT), "WSD_E_TIMEOUT");
    assert_string_equal(wsd_strerror(-9999), "unknown error");
    assert_string_equal(wsd_error_name(-9999), "WSD_E_UNKNOWN");
}

static void test_first_cause_wins_and_null_is_welcome(void **state)
{
    (void)state;
    struct wsd_error error = {0};
    assert_int_equal(wsd__error(&error, WSD_E_NAME, "first %d", 1), WSD_E_NAME);
    assert_int_equal(wsd__error(&error, WSD_E_HTTP, "second"), WSD_E_HTTP);
    assert_int_equal(error.code, WSD_E_NAME);
    assert_string_equal(error.message, "first 1");
    assert_int_equal(wsd__error(NULL, WSD_E_HTTP, NULL), WSD_E_HTTP);
}

static void test_words_of_the_system_follow(void **state)
{
    (void)state;
    struct wsd_error error = {0};
    wsd__error_errno(&error, WSD_E_SYSTEM, EACCES, "cannot open");
    assert_int_equal(error.system, EACCES);
    assert_non_null(strstr(error.message, "cannot open: "));
    assert_non_null(strstr(error.message, strerror(EACCES)));
}

static void test_text_is_cut_between_characters_and_has_no_controls(void **state)
{
    (void)state;
    char field[6];
    WSD__ERROR_SET(field, "abcd\xc3\xa4");
    assert_string_equal(field, "abcd");
    WSD__ERROR_SET(field, "a\n\x1b\x7f");
    assert_string_equal(field, "a   ");
    wsd__error_set(field, sizeof field, "abc", 2);
    assert_string_equal(field, "ab");
}

static void test_buffer_remembers_its_first_failure(void **state)
{
    (void)state;
    struct wsd__buf buf = WSD__BUF_INIT(10);
    assert_int_equal(wsd__buf_puts(&buf, "0123456789"), 0);
    assert_int_equal(wsd__buf_putc(&buf, 'x'), WSD_E_LIMIT);
    assert_int_equal(wsd__buf_append(&buf, "", 0), WSD_E_LIMIT);
    assert_string_equal(buf.data, "0123456789");
    wsd__buf_clear(&buf);
    assert_int_equal(wsd__buf_printf(&buf, "%d-%s", 7, "ab"), 0);
    assert_int_equal(wsd__buf_insert(&buf, 1, "++", 2), 0);
    assert_string_equal(buf.data, "7++-ab");
    assert_int_equal(wsd__buf_reserve(&buf, SIZE_MAX), WSD_E_LIMIT);
    wsd__buf_free(&buf);
    assert_null(buf.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_code_has_name_and_sentence),
        cmocka_unit_test(test_first_cause_wins_and_null_is_welcome),
        cmocka_unit_test(test_words_of_the_system_follow),
        cmocka_unit_test(test_text_is_cut_between_characters_and_has_no_controls),
        cmocka_unit_test(test_buffer_remembers_its_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
