/* SPDX-License-Identifier: MIT */
/*
 * The files of the configuration, and the folders that are usual. Compiled with a system's file
 * that is relative, so that a folder of the test is the system.
 */
#include "config_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void write_bytes(const char *path, const char *bytes, size_t size, mode_t mode)
{
    char folder[256];

    for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        mkdir(folder, 0755);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    fchmod(fd, mode);
    close(fd);
}

static void write_file(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text), 0644);
}

static int read_from(const char *file, bool system, struct config **ret)
{
    struct config_source source = {file, system};

    n_told = 0;
    *ret = NULL;
    return config_read(&source, note, NULL, ret);
}

static struct config *good_from(const char *file, bool system)
{
    struct config *c;
    int r = read_from(file, system, &c);

    if (n_told > 0)
        fail_msg("%s: line %u, %s: %s", told[0].file, told[0].line, told[0].key, told[0].what);
    assert_int_equal(r, 0);
    return c;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/wsd-config-XXXXXX");
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    setenv("HOME", root, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("STATE_DIRECTORY");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(chdir("/"), 0);
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* -- which files --------------------------------------------------------------------------------
 */

static void test_without_files_there_are_the_defaults(void **state)
{
    struct config *c = good_from(NULL, false);

    (void)state;
    assert_null(c->files);
    assert_int_equal(c->n_destinations, 1);
    config_free(c);
}

static void test_system_and_its_folder_in_the_order_of_names(void **state)
{
    struct config *c;

    (void)state;
    write_file("etc/wsd-scand.conf", "port = 1 history = 1 lifetime = '1 min'");
    write_file("etc/wsd-scand.conf.d/20-b.conf", "history = 3 lifetime = '3 min'");
    write_file("etc/wsd-scand.conf.d/10-a.conf", "history = 2 lifetime = '2 min'");
    write_file("etc/wsd-scand.conf.d/.hidden.conf", "nonsense");
    write_file("etc/wsd-scand.conf.d/30-c.conf~", "nonsense");
    write_file(".config/wsd-scand.conf", "lifetime = '4 min'");
    c = good_from(NULL, true);
    assert_int_equal(c->port, 1);
    assert_int_equal(c->keep_history, 3);
    assert_int_equal(c->lifetime, 180);
    assert_string_equal(c->files[0], "etc/wsd-scand.conf");
    assert_string_equal(c->files[1], "etc/wsd-scand.conf.d/10-a.conf");
    assert_string_equal(c->files[2], "etc/wsd-scand.conf.d/20-b.conf");
    assert_null(c->files[3]);
    config_free(c);
    c = good_from(NULL, false);
    assert_int_equal(c->lifetime, 240);
    assert_int_equal(c->keep_history, 3);
    config_free(c);
}

static void test_files_of_the_user(void **state)
{
    struct config *c;
    char path[128];

    (void)state;
    write_file(".config/wsd-scand.conf", "port = 1 ");
    write_file(".config/wsd-scand.conf.d/x.conf", "history = 7");
    c = good_from(NULL, false);
    assert_int_equal(c->port, 1);
    assert_int_equal(c->keep_history, 7);
    config_free(c);
    snprintf(path, sizeof path, "%s/xdg", root);
    setenv("XDG_CONFIG_HOME", path, 1);
    write_file("xdg/wsd-scand.conf", "port = 2");
    c = good_from(NULL, false);
    assert_int_equal(c->port, 2);
    assert_int_equal(c->keep_history, 50);
    config_free(c);
}

static void test_a_file_that_is_named_is_read_alone(void **state)
{
    struct config *c;

    (void)state;
    write_file("etc/wsd-scand.conf", "port = 1 history = 1");
    write_file(".config/wsd-scand.conf", "port = 2");
    write_file("mine.conf", "port = 3");
    write_file("mine.conf.d/a.conf", "lifetime = '2 min'");
    c = good_from("mine.conf", false);
    assert_int_equal(c->port, 3);
    assert_int_equal(c->keep_history, 50);
    assert_int_equal(c->lifetime, 120);
    assert_string_equal(c->files[1], "mine.conf.d/a.conf");
    config_free(c);
}

static void test_a_file_that_is_named_has_to_be_there(void **state)
{
    struct config *c;

    (void)state;
    assert_int_equal(read_from("none.conf", false, &c), -ENOENT);
    assert_null(c);
    assert_int_equal(n_told, 1);
    assert_told(0, 0, "", "there is no such file");
    assert_string_equal(told[0].file, "none.conf");
}

static void test_nothing_is_a_file(void **state)
{
    (void)state;
    config_free(good_from("/dev/null", false));
}

/* -- files over files ---------------------------------------------------------------------------
 */

static void test_later_files_override_single_keys(void **state)
{
    struct config *c;

    (void)state;
    write_file("a.conf", "destination A { format = tiff resolution = 200 scanners = { x, y } }\n"
                         "scanner S { address = a }");
    write_file("a.conf.d/1.conf", "destination B { }\ndestination A { resolution = 400\n"
                                  "scanners = { } }\nscanner S { check = 30 }");
    c = good_from("a.conf", false);
    assert_int_equal(c->n_destinations, 2);
    assert_string_equal(c->destinations[0].name, "A");
    assert_int_equal(c->destinations[0].format, CONFIG_TIFF);
    assert_int_equal(c->destinations[0].resolution, 400);
    assert_null(c->destinations[0].scanners);
    assert_string_equal(c->destinations[1].name, "B");
    assert_int_equal(c->n_scanners, 1);
    assert_string_equal(c->scanners[0].address, "a");
    assert_int_equal(c->scanners[0].check, 30);
    config_free(c);
}

static void test_mistakes_of_all_files_are_told_in_their_order(void **state)
{
    struct config *c;

    (void)state;
    write_file("a.conf", "\nport = 0\nscanner S { destinations = { N } }");
    write_file("a.conf.d/1.conf", "history = x\nprot = 7");
    write_file("a.conf.d/2.conf", "port = \"");
    assert_int_equal(read_from("a.conf", false, &c), -EINVAL);
    assert_null(c);
    assert_told(0, 2, "port", "65535");
    assert_told(1, 3, "destinations", "no destination \"N\"");
    assert_told(2, 1, "history", "10000");
    assert_told(3, 2, "prot", "port");
    assert_told(4, 1, "", "no end");
    assert_int_equal(n_told, 5);
    assert_string_equal(told[1].file, "a.conf");
    assert_string_equal(told[3].file, "a.conf.d/1.conf");
    assert_string_equal(told[4].file, "a.conf.d/2.conf");
}

static void test_destination_of_another_file_is_known(void **state)
{
    (void)state;
    write_file("a.conf", "scanner S { destinations = { N } }");
    write_file("a.conf.d/1.conf", "destination N { }");
    config_free(good_from("a.conf", false));
}

static void test_many_readings_give_back_all(void **state)
{
    struct config *c;

    (void)state;
    write_file("a.conf", "port = 5 destination A { folder = /x }");
    write_file("b.conf", "port = \"5 destination A { folder = /x }");
    for (int i = 0; i < 200; i++) {
        config_free(good_from("a.conf", false));
        assert_int_equal(read_from("b.conf", false, &c), -EINVAL);
    }
}

/* -- files that are not read --------------------------------------------------------------------
 */

static void test_what_is_no_file(void **state)
{
    struct config *c;

    (void)state;
    assert_int_equal(mkdir("a.conf", 0755), 0);
    assert_int_equal(read_from("a.conf", false, &c), -EINVAL);
    assert_told(0, 0, "", "this is no file");
    assert_int_equal(mkfifo("b.conf", 0644), 0);
    assert_int_equal(read_from("b.conf", false, &c), -EINVAL);
    assert_told(0, 0, "", "this is no file");
}

static void test_file_that_is_too_large(void **state)
{
    struct config *c;
    char *text = malloc(CONFIG_MAX_FILE + 1);

    (void)state;
    memset(text, ' ', CONFIG_MAX_FILE + 1);
    write_bytes("a.conf", text, CONFIG_MAX_FILE, 0644);
    config_free(good_from("a.conf", false));
    write_bytes("a.conf", text, CONFIG_MAX_FILE + 1, 0644);
    free(text);
    assert_int_equal(read_from("a.conf", false, &c), -EINVAL);
    assert_told(0, 0, "", "too large");
    assert_int_equal(read_from("/dev/zero", false, &c), -EINVAL);
    assert_told(0, 0, "", "too large");
}

static void test_file_that_may_not_be_read(void **state)
{
    struct config *c;

    (void)state;
    write_bytes("a.conf", "", 0, 0);
    if (geteuid() == 0)
        skip();
    assert_int_equal(read_from("a.conf", false, &c), -EINVAL);
    assert_told(0, 0, "", "cannot be opened");
}

static void test_file_that_everybody_may_write_decides_nothing_for_the_system(void **state)
{
    struct config *c;

    (void)state;
    write_bytes("a.conf", "", 0, 0666);
    config_free(good_from("a.conf", false));
    assert_int_equal(read_from("a.conf", true, &c), -EINVAL);
    assert_told(0, 0, "", "everybody may write to it");
}

static void test_folder_with_too_many_files(void **state)
{
    struct config *c;
    char path[64];

    (void)state;
    write_file("a.conf", "");
    for (int i = 0; i < 64; i++) {
        snprintf(path, sizeof path, "a.conf.d/%d.conf", i);
        write_file(path, "");
    }
    config_free(good_from("a.conf", false));
    write_file("a.conf.d/one-more.conf", "");
    assert_int_equal(read_from("a.conf", false, &c), -EINVAL);
    assert_told(0, 0, "", "more than 64 files");
    assert_string_equal(told[0].file, "a.conf.d");
}

/* -- usual folders ------------------------------------------------------------------------------
 */

static void assert_folder(const char *expected)
{
    struct config *c = good_from(NULL, false);
    char path[256];

    snprintf(path, sizeof path, "%s%s", *expected == '/' ? "" : root, expected);
    if (*expected == '.')
        snprintf(path, sizeof path, "%s%s", root, expected + 1);
    assert_string_equal(c->destinations[0].folder, path);
    config_free(c);
}

static void test_scans_go_to_the_documents(void **state)
{
    (void)state;
    assert_folder(".");
    assert_int_equal(mkdir("Documents", 0755), 0);
    assert_folder("./Documents");
    write_file(".config/user-dirs.dirs", "# x\nXDG_DESKTOP_DIR=\"$HOME/Desktop\"\n"
                                         "XDG_DOCUMENTS_DIR=\"$HOME/Dokumente\"\n");
    assert_folder("./Dokumente");
    write_file(".config/user-dirs.dirs", "XDG_DOCUMENTS_DIR=\"/srv/docs\"\n");
    assert_folder("/srv/docs");
    write_file(".config/user-dirs.dirs", "XDG_DOCUMENTS_DIR=\"$HOME\"\n");
    assert_folder(".");
    write_file(".config/user-dirs.dirs", "XDG_DOCUMENTS_DIR=\"relative\"\nXDG_DOCUMENTS_DIR=\"\"");
    assert_folder("./Documents");
}

static void test_state_of_the_user(void **state)
{
    struct config *c;

    (void)state;
    setenv("XDG_STATE_HOME", "/srv/state", 1);
    setenv("STATE_DIRECTORY", "/not/this", 1);
    c = good_from(NULL, false);
    assert_string_equal(c->state, "/srv/state/wsd-scand");
    config_free(c);
    setenv("XDG_STATE_HOME", "relative", 1);
    c = good_from(NULL, false);
    assert_memory_equal(c->state, root, strlen(root));
    assert_string_equal(c->state + strlen(root), "/.local/state/wsd-scand");
    config_free(c);
}

static void test_without_home_the_user_has_one(void **state)
{
    struct config *c;

    (void)state;
    unsetenv("HOME");
    setenv("XDG_CONFIG_HOME", root, 1);
    c = good_from(NULL, false);
    assert_true(*c->state == '/');
    assert_true(*c->destinations[0].folder == '/');
    config_free(c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_files_there_are_the_defaults),
        TEST(test_system_and_its_folder_in_the_order_of_names),
        TEST(test_files_of_the_user),
        TEST(test_a_file_that_is_named_is_read_alone),
        TEST(test_a_file_that_is_named_has_to_be_there),
        TEST(test_nothing_is_a_file),
        TEST(test_later_files_override_single_keys),
        TEST(test_mistakes_of_all_files_are_told_in_their_order),
        TEST(test_destination_of_another_file_is_known),
        TEST(test_many_readings_give_back_all),
        TEST(test_what_is_no_file),
        TEST(test_file_that_is_too_large),
        TEST(test_file_that_may_not_be_read),
        TEST(test_file_that_everybody_may_write_decides_nothing_for_the_system),
        TEST(test_folder_with_too_many_files),
        TEST(test_scans_go_to_the_documents),
        TEST(test_state_of_the_user),
        TEST(test_without_home_the_user_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
