/* SPDX-License-Identifier: MIT */
/* The configuration of wsd-scand: what is told of names, keys and texts that cannot be. */
#include "config_support.h"

#include <stdlib.h>

/* -- names and what belongs together ------------------------------------------------------------
 */

static void test_names(void **state)
{
    char text[200], name[80];

    (void)state;
    memset(name, 'n', sizeof name);
    snprintf(text, sizeof text, "destination \"%.64s\" { }", name);
    config_free(good(text));
    snprintf(text, sizeof text, "\ndestination \"%.65s\"\n{ }", name);
    bad(text, 3, "destination", "cannot be its name; allowed are 1 to 64 bytes of UTF-8");
    bad("destination '' { }", 1, "destination", "1 to 64 bytes");
    bad("scanner \"a\\tb\" { }", 1, "scanner", "without control characters");
    bad("scanner \"\\xff\" { }", 1, "scanner", "UTF-8");
    bad("scanner ' a' { }", 1, "scanner", "no blank at either end");
    bad("host = ''", 1, "host", "allowed is 1 to 64 bytes of UTF-8");
    snprintf(text, sizeof text, "host = \"%.65s\"", name);
    bad(text, 1, "host", "allowed is 1 to 64 bytes of UTF-8");
    config_free(good("destination \"Büro für 紙\" { }"));
}

static void test_names_that_are_there_twice(void **state)
{
    (void)state;
    bad("destination A { }\n\ndestination A { paper = a4 }", 3, "destination",
        "there already, in line 1");
}

static void test_keys_that_are_there_twice(void **state)
{
    (void)state;
    bad("port = 1\nipv4 = yes\nport = 2", 3, "port", "it is there already, in line 1");
    bad(destination_with("scanners = { a }\nscanners = { b }"), 3, "scanners",
        "already, in line 2");
}

static void test_destinations_of_a_scanner_exist(void **state)
{
    struct config *c = good("scanner S { destinations = { B, A } } destination A { }\n"
                            "destination B { }");

    (void)state;
    assert_string_equal(c->scanners[0].destinations[0], "B");
    config_free(c);
    bad("destination A { }\nscanner S {\n destinations = { A, C }\n}", 3, "destinations",
        "there is no destination \"C\"");
}

static void test_one_protocol_is_needed(void **state)
{
    (void)state;
    bad("ipv4 = no\nipv6 = no", 2, "ipv6", "both off");
    bad("ipv6 = no\nipv4 = no", 1, "ipv6", "one of them is needed");
    config_free(good("ipv4 = no"));
}

static void test_scan_is_no_smaller_than_a_page(void **state)
{
    (void)state;
    bad("max-size = '2 MB'", 1, "max-size", "at least one page");
    bad("\nmax-page-size = '17 GB'", 2, "max-page-size", "at least one page");
}

static void make_many(char *text, size_t size, const char *kind, int n)
{
    size_t length = 0;

    for (int i = 0; i < n; i++)
        length += (size_t)snprintf(text + length, size - length, "%s n%d { }\n", kind, i);
}

static void test_too_many_sections(void **state)
{
    char *text = calloc(1, 100000);

    (void)state;
    make_many(text, 100000, "destination", CONFIG_MAX_DESTINATIONS);
    config_free(good(text));
    make_many(text, 100000, "destination", CONFIG_MAX_DESTINATIONS + 1);
    bad(text, 33, "destination", "more than 32");
    make_many(text, 100000, "scanner", CONFIG_MAX_SCANNERS);
    config_free(good(text));
    make_many(text, 100000, "scanner", CONFIG_MAX_SCANNERS + 1);
    bad(text, 401, "scanner", "more than 400");
    make_many(text, 100000, "scanner", 2000);
    struct config *c;
    assert_int_equal(read_text_as(text, strlen(text), false, &c), -EINVAL);
    assert_told(0, 401, "scanner", "more than 400");
    assert_told(1, 433, "", "more than 432 sections");
    free(text);
}

/* -- keys that there are not --------------------------------------------------------------------
 */

static void test_unknown_key_is_told_with_the_one_that_was_meant(void **state)
{
    (void)state;
    bad("\nprot = 5", 2, "prot", "there is no such key; did you mean port?");
    bad("pages = 5", 1, "pages", "there is no such key outside of sections");
    bad("\"\\033[31m\" = 5", 1, " [31m", "there is no such key");
    bad(destination_with("fodler = '/x'"), 2, "fodler", "did you mean folder?");
    bad(destination_with("comand = { a, b }"), 2, "comand", "did you mean command?");
    bad(destination_with("xyz = 5"), 2, "xyz", "there is no such key in a section destination");
}

static void test_key_of_another_section_is_told_where_it_belongs(void **state)
{
    (void)state;
    bad("folder = '/x'", 1, "folder", "it belongs into a section destination");
    bad(destination_with("port = 5"), 2, "port", "it belongs outside of sections");
    bad(scanner_with("folder = '/x'"), 2, "folder", "it belongs into a section destination");
}

static void test_unknown_section(void **state)
{
    (void)state;
    bad("\ndestinatoin \"A\" {\n}", 2, "destinatoin", "did you mean destination?");
    bad("printer \"A\" {\n}", 1, "printer", "there is no such key");
}

static void test_reading_goes_on_behind_unknown_keys(void **state)
{
    static const char text[] = "a1 = 5\na2 = { x }\ndestination D {\n b1 = 1\n folder = x\n}\n"
                               "scanner S { b1 = 1 }\na1 = 6\nport = 0\n";
    struct config *c;

    (void)state;
    assert_int_equal(read_text_as(text, strlen(text), false, &c), -EINVAL);
    assert_told(0, 1, "a1", "no such key");
    assert_told(1, 2, "a2", "no such key");
    assert_told(2, 4, "b1", "no such key in a section destination");
    assert_told(3, 5, "folder", "begins with /");
    assert_told(4, 7, "b1", "no such key in a section scanner");
    assert_told(5, 8, "a1", "no such key");
    assert_told(6, 9, "port", "65535");
    assert_int_equal(n_told, 7);
}

static void test_with_too_many_unknown_keys_reading_ends(void **state)
{
    char text[1000] = "";
    struct config *c;

    (void)state;
    for (int i = 0; i < 25; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "unknown%02d = 1\n", i);
    assert_int_equal(read_text_as(text, strlen(text), false, &c), -EINVAL);
    assert_int_equal(n_told, 21);
    assert_told(20, 21, "unknown20", "no such key");
}

static void test_no_more_than_so_many_mistakes_are_told(void **state)
{
    char text[10000] = "";
    struct config *c;

    (void)state;
    for (int i = 0; i < 150; i++)
        strcat(text, "port = 0\n");
    assert_int_equal(read_text_as(text, strlen(text), false, &c), -EINVAL);
    assert_int_equal(n_told, CONFIG_MAX_MISTAKES + 1);
    assert_true(strstr(told[CONFIG_MAX_MISTAKES].what, "there is more that is wrong") != NULL);
}

/* -- the form of a file -------------------------------------------------------------------------
 */

static void test_comments_do_not_move_lines(void **state)
{
    (void)state;
    bad("# one\n// two\n/* three\n four */ # x\nport = 0", 5, "port", "65535");
    bad("port = 5 # \"no text\n/* { */ // {\nport = 6 /**/", 3, "port", "already, in line 1");
    bad("#\n#\n#\nport = 0", 4, "port", "65535");
}

static void test_texts_over_several_lines_do_not_move_lines(void **state)
{
    (void)state;
    bad("notify = { sh, 'a\nb', \"c\\\nd\ne\" }\nport = 0", 5, "port", "65535");
}

static void test_comment_signs_within_texts_are_text(void **state)
{
    struct config *c = good("notify = { sh, \"# /* // \\\" {\", '# \\' }', http://a/b }");

    (void)state;
    assert_string_equal(c->notify[1], "# /* // \" {");
    assert_string_equal(c->notify[2], "# ' }");
    assert_string_equal(c->notify[3], "http://a/b");
    config_free(c);
}

static void test_what_has_no_end(void **state)
{
    (void)state;
    bad("port = 5\nhost = \"abc\n\n", 2, "", "this text has no end");
    bad("host = 'abc\\'", 1, "", "this text has no end");
    bad("\n/* abc\nport = 0", 2, "", "this comment has no end");
    bad("\ndestination A {\nfolder = '/x'\n", 2, "", "this brace is never closed");
    bad("interfaces = { a, b\nport = 5", 1, "", "this brace is never closed");
    bad("host = \"a${HOME\"\nport = 5", 1, "", "is written ${NAME}");
    bad("host = ${HOME\n}", 1, "", "is written ${NAME}");
}

static void test_after_a_text_without_end_others_are_read(void **state)
{
    (void)state;
    bad("host = \"abc", 1, "", "no end");
    config_free(good("port = 5"));
    bad("host = \"\\400\"", 1, "", "invalid octal number");
    config_free(good("port = 5"));
}

static void test_zero_bytes(void **state)
{
    static const char text[] = "port = 5\nhost = 'a\0b'\n";
    struct config *c;

    (void)state;
    assert_int_equal(read_text_as(text, sizeof text - 1, false, &c), -EINVAL);
    assert_told(0, 2, "", "a zero byte stands here");
    bad("host = \"a\\0b\"", 1, "", "may not contain a zero byte");
    bad("host = \"a\\x00b\"", 1, "", "zero byte");
    bad("host = \"a\\000\"", 1, "", "zero byte");
    c = good("host = \"a\\060\\x30\"");
    assert_string_equal(c->host, "a00");
    config_free(c);
}

static void test_what_is_no_setting(void **state)
{
    (void)state;
    bad("port = 5\n= 6", 2, "", "unexpected token '='");
    bad("port 5", 1, "port", "the equal sign is missing; it is written port = VALUE");
    bad("port =", 1, "", "the file ends within a setting");
    bad("}", 1, "", "unexpected closing brace");
    bad("destination {\n}", 1, "", "missing title");
    bad("destination A folder", 1, "", "missing opening brace");
    bad("history = 5 min\nport = 5", 2, "min", "a value with blanks or signs stands in quotes");
    bad("history = 5 min", 1, "", "the file ends within a setting");
    bad("interfaces = { a b }", 1, "", "unexpected token 'b'");
    bad("port = 5\n'' = 6", 2, "", "this is no key");
    bad("interfaces += { a }", 1, "", "+= is not known");
    bad("include('/etc/passwd')", 1, "include", "no such key");
    bad("'destination|folder' = 5", 1, "", "no sub-section");
}

static void test_values_before_a_broken_line_are_checked(void **state)
{
    static const char text[] = "port = 0\ndestination A {\nfolder = x\n= }";
    struct config *c;

    (void)state;
    assert_int_equal(read_text_as(text, strlen(text), false, &c), -EINVAL);
    assert_told(0, 1, "port", "65535");
    assert_told(1, 3, "folder", "begins with /");
    assert_told(2, 4, "", "unexpected token '='");
    assert_int_equal(n_told, 3);
}

static void test_files_of_windows(void **state)
{
    struct config *c = good("\xEF\xBB\xBFhost = study\r\nport = 5\r\n# x\r\n");

    (void)state;
    assert_string_equal(c->host, "study");
    config_free(c);
}

static void test_environment(void **state)
{
    struct config *c = good("host = \"${WSD_NONE:-other}\" destination A { folder = '/${HOME}' }");

    (void)state;
    assert_string_equal(c->host, "other");
    assert_string_equal(c->destinations[0].folder, "/${HOME}");
    config_free(c);
}

static void test_text_that_is_too_large(void **state)
{
    size_t size = CONFIG_MAX_FILE;
    char *text = malloc(size + 2);
    struct config *c;

    (void)state;
    memset(text, '\n', size + 1);
    assert_int_equal(read_text_as(text, size, false, &c), 0);
    config_free(c);
    assert_int_equal(read_text_as(text, size + 1, false, &c), -EINVAL);
    assert_told(0, 0, "", "it is too large; allowed are 1048576 bytes");
    free(text);
}

static int set_up(void **state)
{
    (void)state;
    setenv("HOME", "/home-of-test", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("STATE_DIRECTORY");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_that_are_there_twice),
        cmocka_unit_test(test_keys_that_are_there_twice),
        cmocka_unit_test(test_destinations_of_a_scanner_exist),
        cmocka_unit_test(test_one_protocol_is_needed),
        cmocka_unit_test(test_scan_is_no_smaller_than_a_page),
        cmocka_unit_test(test_too_many_sections),
        cmocka_unit_test(test_unknown_key_is_told_with_the_one_that_was_meant),
        cmocka_unit_test(test_key_of_another_section_is_told_where_it_belongs),
        cmocka_unit_test(test_unknown_section),
        cmocka_unit_test(test_reading_goes_on_behind_unknown_keys),
        cmocka_unit_test(test_with_too_many_unknown_keys_reading_ends),
        cmocka_unit_test(test_no_more_than_so_many_mistakes_are_told),
        cmocka_unit_test(test_comments_do_not_move_lines),
        cmocka_unit_test(test_texts_over_several_lines_do_not_move_lines),
        cmocka_unit_test(test_comment_signs_within_texts_are_text),
        cmocka_unit_test(test_what_has_no_end),
        cmocka_unit_test(test_after_a_text_without_end_others_are_read),
        cmocka_unit_test(test_zero_bytes),
        cmocka_unit_test(test_what_is_no_setting),
        cmocka_unit_test(test_values_before_a_broken_line_are_checked),
        cmocka_unit_test(test_files_of_windows),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_text_that_is_too_large),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
