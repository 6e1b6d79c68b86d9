/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out while a configuration is read, at each place of ours where it can. libconfuse's
 * own allocations do not fail here: it ends the program where they do.
 */
#include "config_support.h"

#include "support/failing_allocations.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/wsd-config-XXXXXX";

static int read_one(void *user)
{
    const char *text = user;
    struct config *c;
    int r = read_text_as(text, strlen(text), false, &c);

    assert_true((r == 0) == (c != NULL));
    if (r == -EINVAL && !failed)
        r = 0; /* its mistakes were told, as they should */
    assert_true(r == 0 || r == -ENOMEM);
    config_free(c);
    return r;
}

static const char all_kinds[] =
    "host = study port = 5 interfaces = { a, b, c, d, e, f }\n"
    "destination A { folder = '~/x' owner = 'root:root' command = { sh, '-c', x } }\n"
    "destination B { pipe = sh paper = a4 scanners = { } }\n"
    "scanner S { address = a destinations = { A, B } quirks = S4 }";
static const char mistakes[] =
    "prot = 5\nport = 0\ndestination '' { folder = x xyz = { 1, 2 } }\nscanner S {\n"
    "destinations = N quirks = Z }\nscanner S { }\nipv4 = no ipv6 = no port 5";

static void test_texts(void **state)
{
    static const char *const texts[] = {"", all_kinds, mistakes, "host = \"abc"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        each_failure(read_one, (void *)texts[i]);
}

static int read_files(void *user)
{
    struct config_source source = {user, false};
    struct config *c = NULL;

    n_told = 0;
    int r = config_read(&source, note, NULL, &c);
    assert_true((r == 0) == (c != NULL));
    if (r != -ENOMEM)
        assert_false(failed);
    config_free(c);
    return r;
}

static void write_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "ipv4 = yes\n", 11), 11);
    close(fd);
}

static void test_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("a.conf.d", 0755), 0);
    write_file("a.conf");
    write_file("a.conf.d/1.conf");
    write_file("a.conf.d/2.conf");
    write_file("wsd-scand.conf");
    setenv("XDG_CONFIG_HOME", folder, 1);
    each_failure(read_files, "a.conf");
    each_failure(read_files, NULL);
    unlink("wsd-scand.conf");
    unlink("a.conf.d/2.conf");
    unlink("a.conf.d/1.conf");
    unlink("a.conf");
    rmdir("a.conf.d");
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_files),
    };

    setenv("HOME", "/home-of-test", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
