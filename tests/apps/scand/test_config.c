/* SPDX-License-Identifier: MIT */
/* The configuration of wsd-scand: values, what is in force without them, the example. */
#include "config_support.h"

#include <stdlib.h>
#include <unistd.h>
#include <wsd/scan_types.h>

/* -- what is in force without a word ------------------------------------------------------------
 */

static void test_empty_text_gives_the_defaults(void **state)
{
    struct config *c = good("");
    char host[256];

    (void)state;
    gethostname(host, sizeof host);
    host[strcspn(host, ".")] = 0;
    assert_string_equal(c->host, host);
    assert_string_equal(c->panel_name, "{destination} ({host})");
    assert_int_equal(c->port, 5366);
    assert_false(c->port_given);
    assert_null(c->interfaces);
    assert_true(c->discovery && c->ipv4 && c->ipv6);
    assert_string_equal(c->state, "/home-of-test/.local/state/wsd-scand");
    assert_string_equal(c->incomplete, "/home-of-test/.local/state/wsd-scand/incomplete");
    assert_null(c->control);
    assert_int_equal(c->status_port, 0);
    assert_null(c->notify);
    assert_int_equal(c->lifetime, 3600);
    assert_true(c->max_page_size == UINT64_C(1000000000) && c->max_size == UINT64_C(16000000000));
    assert_int_equal(c->page_timeout, 60);
    assert_int_equal(c->keep_history, 50);
    assert_int_equal(c->n_scanners, 0);
    assert_string_equal(c->files[0], "test.conf");
    assert_null(c->files[1]);
    config_free(c);
}

static void test_without_destination_there_is_one_named_after_the_host(void **state)
{
    struct config *c = good("host = \"study\"");
    const struct config_destination *d = c->destinations;

    (void)state;
    assert_int_equal(c->n_destinations, 1);
    assert_string_equal(d->name, "study");
    assert_int_equal(d->source, 0);
    assert_int_equal(d->mode, WSD_SCAN_COLOR_RGB24);
    assert_int_equal(d->resolution, 300);
    assert_true(d->paper_width == 0 && d->paper_height == 0);
    assert_int_equal(d->quality, 0);
    assert_int_equal(d->brightness, CONFIG_UNSET);
    assert_int_equal(d->contrast, CONFIG_UNSET);
    assert_int_equal(d->max_pages, 0);
    assert_int_equal(d->format, CONFIG_PDF);
    assert_string_equal(d->folder, "/home-of-test");
    assert_string_equal(d->pattern, "{date}-{time}-{device}");
    assert_true(!d->owner && !d->group && !d->command && !d->pipe && !d->scanners);
    assert_int_equal(d->file_mode, -1);
    assert_false(d->drop_blank);
    assert_int_equal(d->broken, CONFIG_BROKEN_KEEP);
    assert_int_equal(d->command_timeout, 300);
    config_free(c);
}

static void test_system_has_folders_of_its_own(void **state)
{
    struct config *c;

    (void)state;
    assert_int_equal(read_text_as("", 0, true, &c), 0);
    assert_string_equal(c->state, "/var/lib/wsd-scand");
    assert_string_equal(c->destinations[0].folder, "/var/lib/wsd-scand/scans");
    config_free(c);
    setenv("STATE_DIRECTORY", "/srv/state:/srv/other", 1);
    assert_int_equal(read_text_as("", 0, true, &c), 0);
    unsetenv("STATE_DIRECTORY");
    assert_string_equal(c->state, "/srv/state");
    assert_string_equal(c->incomplete, "/srv/state/incomplete");
    assert_string_equal(c->destinations[0].folder, "/srv/state/scans");
    config_free(c);
}

static void test_scanner_with_an_address_is_checked(void **state)
{
    struct config *c = good("scanner A { address = 192.0.2.1 } scanner B { ignore = yes }"
                            "scanner C { address = \"http://c/\" check = never }"
                            "scanner D { check = \"1 min\" }");

    (void)state;
    assert_int_equal(c->n_scanners, 4);
    assert_string_equal(c->scanners[0].address, "192.0.2.1");
    assert_int_equal(c->scanners[0].check, 25);
    assert_int_equal(c->scanners[1].check, 0);
    assert_true(c->scanners[1].ignore);
    assert_int_equal(c->scanners[2].check, 0);
    assert_int_equal(c->scanners[3].check, 60);
    config_free(c);
}

static void test_pipe_needs_no_folder(void **state)
{
    struct config *c = good("destination A { pipe = { cat, \"-n\" } }"
                            "destination B { pipe = cat folder = /srv }");

    (void)state;
    assert_null(c->destinations[0].folder);
    assert_string_equal(c->destinations[0].pipe[0], "cat");
    assert_string_equal(c->destinations[0].pipe[1], "-n");
    assert_null(c->destinations[0].pipe[2]);
    assert_string_equal(c->destinations[1].folder, "/srv");
    config_free(c);
}

static void test_find_knows_names(void **state)
{
    struct config *c = good("destination A { } destination \"B b\" { }");

    (void)state;
    assert_ptr_equal(config_find(c, "B b"), &c->destinations[1]);
    assert_null(config_find(c, "b"));
    config_free(c);
}

static void test_line_of_the_panel(void **state)
{
    struct config *c = good("host = study destination Documents { } destination study { }");
    char line[64], small[6];

    (void)state;
    config_line(c, &c->destinations[0], "me", line, sizeof line);
    assert_string_equal(line, "Documents (study)");
    config_line(c, &c->destinations[1], "me", line, sizeof line);
    assert_string_equal(line, "study");
    assert_int_equal(config_line(c, &c->destinations[0], "me", small, sizeof small), 5);
    assert_string_equal(small, "Docum");
    config_free(c);
    c = good("host = study panel-name = \"{user}@{host}: {destination}!\" destination study { }");
    config_line(c, &c->destinations[0], "me", line, sizeof line);
    assert_string_equal(line, "me@study: study!");
    config_free(c);
}

/* -- values -------------------------------------------------------------------------------------
 */

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"1000000", 1000000},      {"2 MB", 2000000},      {"1.5 GB", 1500000000},
        {"3GiB", 3221225472},      {"5 gb", 5000000000},   {"0.5 TB", 500000000000},
        {"1 GB 5 MB", 1005000000}, {"1.125 MiB", 1179648}, {" 7 MB ", 7000000},
    };
    char text[100];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "max-size = \"1 TB\" max-page-size = \"%s\"", cases[i].text);
        struct config *c = good(text);
        assert_true(c->max_page_size == cases[i].bytes);
        config_free(c);
    }
}

static void test_sizes_that_are_none(void **state)
{
    static const char *const cases[] = {
        "",
        "MB",
        "1 PB",
        "-1 GB",
        "1.2.3 GB",
        "1. GB",
        "1.0000 GB",
        "5 MB x",
        "1 KB",
        "2 TB",
        "99999999999999999999",
        "999999999999999 TB",
    };
    char text[100];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "\nmax-size = \"%s\"", cases[i]);
        bad(text, 2, "max-size", "allowed is a size such as \"500 MB\", from 1 MB to 1 TB");
    }
}

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        uint32_t seconds;
    } cases[] = {
        {"90", 90},           {"90 s", 90},        {"2 min", 120},   {"1h", 3600},
        {"1 h 30 min", 5400}, {"1.5 hours", 5400}, {"1 day", 86400}, {"2 minutes 1 second", 121},
    };
    char text[100];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "lifetime = '%s'", cases[i].text);
        struct config *c = good(text);
        assert_int_equal(c->lifetime, cases[i].seconds);
        config_free(c);
    }
}

static void test_durations_that_are_none(void **state)
{
    (void)state;
    bad("page-timeout = 0", 1, "page-timeout", "\"0\" is not allowed; allowed is a time such as");
    bad("page-timeout = \"5 weeks\"", 1, "page-timeout", "from 1 s to 1 day");
    bad("lifetime = '59 s'", 1, "lifetime", "from 1 min to 7 day");
    bad("lifetime = never", 1, "lifetime", "\"never\"");
}

static void test_numbers(void **state)
{
    struct config *c = good("port = 1 status-port = 65535 history = 0\n"
                            "destination A { brightness = -1000 contrast = +5 quality = 100\n"
                            "max-pages = 10000 resolution = default }");

    (void)state;
    assert_int_equal(c->port, 1);
    assert_true(c->port_given);
    assert_int_equal(c->status_port, 65535);
    assert_int_equal(c->keep_history, 0);
    assert_int_equal(c->destinations[0].brightness, -1000);
    assert_int_equal(c->destinations[0].contrast, 5);
    assert_int_equal(c->destinations[0].quality, 100);
    assert_int_equal(c->destinations[0].max_pages, 10000);
    assert_int_equal(c->destinations[0].resolution, 0);
    config_free(c);
}

static void test_numbers_out_of_range(void **state)
{
    (void)state;
    bad("port = 0", 1, "port", "\"0\" is not allowed; allowed is a whole number from 1 to 65535");
    bad("port = 65536", 1, "port", "65535");
    bad("port = 0x50", 1, "port", "\"0x50\"");
    bad("port = -1", 1, "port", "\"-1\"");
    bad("port = '80 '", 1, "port", "\"80 \"");
    bad("port = 99999999999999999999999", 1, "port", "whole number");
    bad("status-port = on", 1, "status-port", "from 1 to 65535, or off");
    bad(destination_with("resolution = 49"), 2, "resolution", "from 50 to 9600, or default");
    bad(destination_with("brightness = 1001"), 2, "brightness", "from -1000 to 1000, or default");
    bad(destination_with("max-pages = 10001"), 2, "max-pages", "from 1 to 10000, or all");
    bad(destination_with("quality = 0"), 2, "quality", "from 1 to 100");
}

static void test_words(void **state)
{
    struct config *c =
        good("destination A { source = duplex mode = bw format = pdfa broken = drop\n"
             "drop-blank = on }\n"
             "destination B { source = ADF mode = default format = raw }\n"
             "destination C { source = platen mode = gray format = jpeg }");

    (void)state;
    assert_int_equal(c->destinations[0].source, WSD_SCAN_INPUT_SOURCE_ADF_DUPLEX);
    assert_int_equal(c->destinations[0].mode, WSD_SCAN_COLOR_BLACK_AND_WHITE1);
    assert_int_equal(c->destinations[0].format, CONFIG_PDFA);
    assert_int_equal(c->destinations[0].broken, CONFIG_BROKEN_DROP);
    assert_true(c->destinations[0].drop_blank);
    assert_int_equal(c->destinations[1].source, WSD_SCAN_INPUT_SOURCE_ADF);
    assert_int_equal(c->destinations[1].mode, 0);
    assert_int_equal(c->destinations[1].format, CONFIG_RAW);
    assert_int_equal(c->destinations[2].source, WSD_SCAN_INPUT_SOURCE_PLATEN);
    assert_int_equal(c->destinations[2].mode, WSD_SCAN_COLOR_GRAYSCALE8);
    assert_int_equal(c->destinations[2].format, CONFIG_JPEG);
    config_free(c);
}

static void test_words_that_are_none(void **state)
{
    (void)state;
    bad(destination_with("source = tray"), 2, "source", "one of panel, platen, adf, duplex");
    bad(destination_with("mode = colour"), 2, "mode", "one of color, gray, bw, default");
    bad(destination_with("format = doc"), 2, "format", "one of pdf, pdfa, tiff, jpeg, png, raw");
    bad(destination_with("broken = maybe"), 2, "broken", "one of keep, drop");
    bad("ipv4 = 2", 1, "ipv4", "\"2\" is not allowed; allowed is yes or no");
}

static void test_papers(void **state)
{
    struct config *c = good("destination A { paper = a4 } destination B { paper = 210x297.5 }\n"
                            "destination C { paper = Letter } destination D { paper = max }");

    (void)state;
    assert_true(c->destinations[0].paper_width == 210 && c->destinations[0].paper_height == 297);
    assert_true(c->destinations[1].paper_width == 210 && c->destinations[1].paper_height == 297.5);
    assert_true(c->destinations[2].paper_width == 215.9);
    assert_true(c->destinations[3].paper_width == 0 && c->destinations[3].paper_height == 0);
    config_free(c);
    static const char *const wrong[] = {"a9",     "210",     "210x",  "x297",  "0x100", "1e3x5",
                                        "nanx10", "10001x5", "-5x10", "5x5x5", "",      "infxinf"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[64];
        snprintf(line, sizeof line, "paper = \"%s\"", wrong[i]);
        bad(destination_with(line), 2, "paper", "allowed is max, a3 to a6");
    }
}

static void test_modes_of_files(void **state)
{
    struct config *c = good("destination A { file-mode = 0640 } destination B { file-mode = 777 }");

    (void)state;
    assert_int_equal(c->destinations[0].file_mode, 0640);
    assert_int_equal(c->destinations[1].file_mode, 0777);
    config_free(c);
    bad(destination_with("file-mode = 1777"), 2, "file-mode", "octal number from 0000 to 0777");
    bad(destination_with("file-mode = 08"), 2, "file-mode", "\"08\"");
    bad(destination_with("file-mode = rw"), 2, "file-mode", "\"rw\"");
}

static void test_owners(void **state)
{
    struct config *c = good("destination A { owner = root } destination B { owner = 'root:root' }\n"
                            "destination C { owner = ':root' }");

    (void)state;
    assert_string_equal(c->destinations[0].owner, "root");
    assert_null(c->destinations[0].group);
    assert_string_equal(c->destinations[1].group, "root");
    assert_null(c->destinations[2].owner);
    assert_string_equal(c->destinations[2].group, "root");
    config_free(c);
    bad(destination_with("owner = no-such-user"), 2, "owner", "is no user of this computer");
    bad(destination_with("owner = 'root:no-such-group'"), 2, "owner",
        "\"no-such-group\" is no group");
    bad(destination_with("owner = 'root:'"), 2, "owner", "\"user:group\"");
    bad(destination_with("owner = ''"), 2, "owner", "allowed is a user");
}

static void test_paths(void **state)
{
    struct config *c = good("state = '~/state' destination A { folder = \"${HOME}/scans\" }\n"
                            "destination B { folder = '~' }");

    (void)state;
    assert_string_equal(c->state, "/home-of-test/state");
    assert_string_equal(c->incomplete, "/home-of-test/state/incomplete");
    assert_string_equal(c->destinations[0].folder, "/home-of-test/scans");
    assert_string_equal(c->destinations[1].folder, "/home-of-test");
    config_free(c);
    bad(destination_with("folder = scans"), 2, "folder", "a path that begins with / or ~/");
    bad(destination_with("folder = '~other/x'"), 2, "folder", "\"~other/x\"");
    bad(destination_with("folder = ''"), 2, "folder", "begins with /");
    bad(destination_with("folder = \"/a\\nb\""), 2, "folder", "\"/a b\"");
}

static void test_patterns(void **state)
{
    struct config *c = good(destination_with("pattern = 'scan-{counter}-%03d'"));

    (void)state;
    assert_string_equal(c->destinations[0].pattern, "scan-{counter}-%03d");
    config_free(c);
    bad(destination_with("pattern = 'a/b'"), 2, "pattern", "may not contain a slash");
    bad(destination_with("pattern = '{user}'"), 2, "pattern", "only {date}, {time}, {device}");
    bad(destination_with("pattern = ''"), 2, "pattern", "it is empty");
    bad(destination_with("pattern = '.x'"), 2, "pattern", "begins with a dot");
    bad("panel-name = '{computer}'", 1, "panel-name", "{destination}, {host} and {user}");
    bad("panel-name = 'a}'", 1, "panel-name", "are replaced");
    bad("panel-name = ''", 1, "panel-name", "are replaced");
}

static void test_lists(void **state)
{
    struct config *c = good("interfaces = { eth0, \"wlan*\" } destination A { scanners = Office }\n"
                            "destination B { scanners = { } }");

    (void)state;
    assert_string_equal(c->interfaces[0], "eth0");
    assert_string_equal(c->interfaces[1], "wlan*");
    assert_null(c->interfaces[2]);
    assert_string_equal(c->destinations[0].scanners[0], "Office");
    assert_null(c->destinations[1].scanners);
    config_free(c);
    bad("interfaces = { eth0, '' }", 1, "interfaces", "texts that are not empty");
    bad("interfaces = { \"a\\tb\" }", 1, "interfaces", "no control characters");
    bad(destination_with("scanners = { '' }"), 2, "scanners", "not empty");
}

static void test_list_with_too_many(void **state)
{
    char text[1000] = "interfaces = {";

    (void)state;
    for (int i = 0; i < CONFIG_MAX_LIST; i++)
        strcat(text, i ? ",a" : "a");
    strcat(text, "}");
    struct config *c = good(text);
    assert_string_equal(c->interfaces[CONFIG_MAX_LIST - 1], "a");
    config_free(c);
    text[strlen(text) - 1] = 0;
    strcat(text, ",a}");
    bad(text, 1, "interfaces", "more than 64");
}

static void test_value_that_is_too_long(void **state)
{
    static char text[20000];

    (void)state;
    memcpy(text, "host = '", 8);
    memset(text + 8, 'x', 5000);
    text[5008] = '\'';
    bad(text, 1, "host", "longer than 4096 bytes");
    memset(text + 8, 'x', 17000);
    text[17008] = '\'';
    bad(text, 1, "", "far too long for a value");
    memcpy(text, "host = xx", 9);
    text[17008] = 0;
    bad(text, 1, "host", "longer than 4096 bytes");
}

static void test_several_values_for_one(void **state)
{
    (void)state;
    bad("port = { 1, 2 }", 1, "port", "there are 2 values; allowed is a whole number");
    bad("\n\nport = { }", 0, "port", "there are 0 values");
}

static void test_commands(void **state)
{
    struct config *c = good("notify = { '/bin/sh', '-c', 'true' } destination A { command = sh }");

    (void)state;
    assert_string_equal(c->notify[2], "true");
    assert_string_equal(c->destinations[0].command[0], "sh");
    config_free(c);
    bad("notify = { 'no-such-program' }", 1, "notify", "is no program that can be run");
    bad("notify = '/etc/passwd'", 1, "notify", "is no program that can be run");
    bad("notify = '/usr'", 1, "notify", "is no program that can be run");
    bad("notify = { '' }", 1, "notify", "is no program");
    bad("notify = { 'bin/sh' }", 1, "notify", "neither an absolute path nor a name");
    bad(destination_with("command = { '/no/such' }"), 2, "command", "\"/no/such\" is no program");
    bad(destination_with("pipe = { '/no/such' }"), 2, "pipe", "\"/no/such\" is no program");
}

static void test_quirks(void **state)
{
    struct config *c = good(scanner_with("quirks = { S4, no-S2 }"));

    (void)state;
    assert_string_equal(c->scanners[0].quirks[1], "no-S2");
    config_free(c);
    bad(scanner_with("quirks = { S4, S999 }"), 2, "quirks", "\"S999\" is not allowed");
}

/* -- the example --------------------------------------------------------------------------------
 */

struct example {
    char text[32768], without[32768]; /* comment signs */
};

static bool is_setting(const char *line)
{
    const char *name = line + strspn(line, " ");
    size_t indent = (size_t)(name - line), length = strspn(name, "abcdefghijklmnopqrstuvwxyz-46");

    return (indent == 0 || indent == 4) &&
           (strcmp(line, "}") == 0 || (length > 0 && strncmp(name + length, " = ", 3) == 0) ||
            (length > 0 && strncmp(name + length, " \"", 2) == 0));
}

static void add_line(void *user, const char *text)
{
    struct example *e = user;
    bool setting = *text == '#' && is_setting(text + 1);
    size_t length = strlen(e->text), bare = strlen(e->without);

    assert_true(strlen(text) < 400 && strcspn(text, "\n") == strlen(text));
    snprintf(e->text + length, sizeof e->text - length, "%s\n", text);
    snprintf(e->without + bare, sizeof e->without - bare, "%s\n", setting ? text + 1 : text);
}

static void test_example_says_nothing(void **state)
{
    struct example *e = calloc(1, sizeof *e);
    struct config *c;

    (void)state;
    config_print_example(add_line, e);
    c = good(e->text);
    assert_int_equal(c->n_destinations, 1);
    assert_int_equal(c->n_scanners, 0);
    assert_false(c->port_given);
    config_free(c);
    free(e);
}

static void test_example_without_its_signs_is_good(void **state)
{
    struct example *e = calloc(1, sizeof *e);
    struct config *c;

    (void)state;
    config_print_example(add_line, e);
    c = good(e->without);
    assert_string_equal(c->host, "study");
    assert_true(c->port_given);
    assert_non_null(c->notify);
    assert_string_equal(c->destinations[0].name, "Documents");
    assert_string_equal(c->destinations[0].folder, "/srv/scans");
    assert_int_equal(c->destinations[0].file_mode, 0640);
    assert_non_null(c->destinations[0].scanners);
    assert_string_equal(c->scanners[0].address, "192.0.2.20");
    assert_non_null(c->scanners[0].quirks);
    config_free(c);
    free(e);
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
        cmocka_unit_test(test_empty_text_gives_the_defaults),
        cmocka_unit_test(test_without_destination_there_is_one_named_after_the_host),
        cmocka_unit_test(test_system_has_folders_of_its_own),
        cmocka_unit_test(test_scanner_with_an_address_is_checked),
        cmocka_unit_test(test_pipe_needs_no_folder),
        cmocka_unit_test(test_find_knows_names),
        cmocka_unit_test(test_line_of_the_panel),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_that_are_none),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_durations_that_are_none),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_out_of_range),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_that_are_none),
        cmocka_unit_test(test_papers),
        cmocka_unit_test(test_modes_of_files),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_list_with_too_many),
        cmocka_unit_test(test_value_that_is_too_long),
        cmocka_unit_test(test_several_values_for_one),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_quirks),
        cmocka_unit_test(test_example_says_nothing),
        cmocka_unit_test(test_example_without_its_signs_is_good),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
