/* SPDX-License-Identifier: MIT */
/*
 * Programs that are killed while they write the cache: 500 times at a random instant, with eight
 * writers at work. Each time the cache opens, nothing is set aside, and it holds each device whose
 * store was reported as done, as new as it was reported, and of one piece: a device takes two pages
 * of the file, and all of its texts tell its version.
 *
 * A writer reports through a pipe after wsd_cache_store() has returned. The seed is printed;
 * WSD_SEED repeats the instants, though not the machine.
 */
#include "cache_support.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { WRITERS = 8, DEVICES = 6, KILLS = 500, MOST_WAIT = 12000 /* microseconds */ };

struct report {
    unsigned writer, device;
    uint32_t version;
};

static struct {
    pid_t pid;
    uint32_t stored[DEVICES]; /* the version last reported */
} writers[WRITERS];
static int reports[2];
static unsigned long n_reports;

static void name_device(char name[64], unsigned writer, unsigned device)
{
    snprintf(name, 64, "urn:uuid:5f8b7a10-1111-4222-%04x-%012x", writer, device);
}

/* A long text that is another in each version. */
static void make_text(char text[WSD_MAX_CACHED_TEXT], uint32_t version)
{
    for (size_t at = 0; at + 12 < WSD_MAX_CACHED_TEXT; at += 10) {
        snprintf(text + at, 11, "%10u", version);
    }
}

static void fail_writer(const char *what, const struct wsd_error *error)
{
    fprintf(stderr, "writer: %s: %s\n", what, error->message);
    _exit(1);
}

static void report(unsigned writer, unsigned device, uint32_t version)
{
    struct report done = {writer, device, version};
    if (write(reports[1], &done, sizeof done) != sizeof done) {
        _exit(1);
    }
}

/* Stores its devices again and again, each time a version further: one by one, or (every second
 * writer) all of them as one change, which takes longer to write and may be cut in more places. */
static void write_for_ever(unsigned writer)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    struct wsd_cached devices[DEVICES];
    struct wsd__cache_change changes[DEVICES];
    char names[DEVICES][64], text[WSD_MAX_CACHED_TEXT];
    const char *note = NULL;
    if (wsd_cache_open(path, &cache, &note, &error) < 0 || note != NULL) {
        fail_writer(note != NULL ? note : "open", &error);
    }
    for (unsigned i = 0; i < DEVICES; i++) {
        name_device(names[i], writer, i);
        devices[i] = (struct wsd_cached){.target.endpoint = names[i],
                                         .friendly_name = text,
                                         .manufacturer = text,
                                         .model_name = text,
                                         .serial_number = text};
        changes[i].device = &devices[i];
        changes[i].drop = false;
    }
    for (uint32_t version = writers[writer].stored[0] + 1;; version++) {
        make_text(text, version);
        for (unsigned i = 0; i < DEVICES; i++) {
            devices[i].target.metadata_version = version;
            if (writer % 2 == 0 && wsd_cache_store(cache, &devices[i], &error) < 0) {
                fail_writer("store", &error);
            }
            if (writer % 2 == 0) {
                report(writer, i, version);
            }
        }
        if (writer % 2 != 0 && wsd__cache_change(cache, changes, DEVICES, &error) < 0) {
            fail_writer("change", &error);
        }
        for (unsigned i = 0; writer % 2 != 0 && i < DEVICES; i++) {
            report(writer, i, version);
        }
    }
}

static void start_writer(unsigned writer)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(reports[0]);
        write_for_ever(writer);
    }
    writers[writer].pid = pid;
}

static void take_reports(void)
{
    struct report report;
    while (read(reports[0], &report, sizeof report) == sizeof report) {
        writers[report.writer].stored[report.device] = report.version;
        n_reports++;
    }
}

/* Takes reports for so long; the pipe must not fill up. */
static void watch(long microseconds)
{
    struct timespec from, now;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long left = microseconds; left > 0;) {
        struct pollfd ready = {.fd = reports[0], .events = POLLIN};
        struct timespec limit = {.tv_nsec = left * 1000};
        if (ppoll(&ready, 1, &limit, NULL) > 0) {
            take_reports();
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = microseconds - (now.tv_sec - from.tv_sec) * 1000000 -
               (now.tv_nsec - from.tv_nsec) / 1000;
    }
}

static void kill_writer(unsigned writer)
{
    int status;
    kill(writers[writer].pid, SIGKILL);
    assert_int_equal(waitpid(writers[writer].pid, &status, 0), writers[writer].pid);
    if (!WIFSIGNALED(status)) {
        fail_msg("writer %u ended by itself", writer);
    }
    writers[writer].pid = 0;
}

static uint32_t version_of(const struct wsd_cached_set *set, const char *name)
{
    for (size_t i = 0; i < set->n_devices; i++) {
        if (strcmp(set->devices[i].target.endpoint, name) == 0) {
            return set->devices[i].target.metadata_version;
        }
    }
    return 0;
}

static void require_of_one_piece(const struct wsd_cached *device)
{
    char text[WSD_MAX_CACHED_TEXT];
    make_text(text, device->target.metadata_version);
    assert_string_equal(device->friendly_name, text);
    assert_string_equal(device->manufacturer, text);
    assert_string_equal(device->model_name, text);
    assert_string_equal(device->serial_number, text);
}

/* Opens the cache, most times beside writers that are at work. */
static void require_whole(int number)
{
    char name[64];
    const struct wsd_cached_set *set = NULL;
    struct wsd_error error = {0};
    take_reports(); /* what the dead one reported is in the pipe */
    struct wsd_cache *cache = open_cache(false);
    if (wsd_cache_read(cache, &set, &error) < 0) {
        fail_msg("kill %d: %s", number, error.message);
    }
    for (unsigned i = 0; i < WRITERS * DEVICES; i++) {
        uint32_t stored = writers[i / DEVICES].stored[i % DEVICES];
        name_device(name, i / DEVICES, i % DEVICES);
        if (version_of(set, name) < stored) {
            fail_msg("kill %d: %s is of version %u, not %u", number, name, version_of(set, name),
                     stored);
        }
    }
    assert_true(set->n_devices <= WRITERS * DEVICES);
    for (size_t i = 0; i < set->n_devices; i++) {
        require_of_one_piece(&set->devices[i]);
    }
    for (unsigned i = DEVICES; i < WRITERS * DEVICES; i++) {
        char other[64];
        name_device(name, i / DEVICES, i % DEVICES);
        name_device(other, i / DEVICES, 0);
        if (i / DEVICES % 2 != 0 && version_of(set, name) != version_of(set, other)) {
            fail_msg("kill %d: %s is half of a change", number, name);
        }
    }
    wsd_free(set);
    close_cache(cache);
    assert_false(is_there("devices.sqlite.damaged-1"));
}

static unsigned seed_of_run(void)
{
    const char *given = getenv("WSD_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    print_message("WSD_SEED=%u\n", seed);
    return seed;
}

static void test_killed_writers_leave_the_cache_whole(void **state)
{
    (void)state;
    srandom(seed_of_run());
    assert_int_equal(pipe2(reports, O_CLOEXEC), 0);
    assert_int_equal(fcntl(reports[0], F_SETFL, O_NONBLOCK), 0);
    for (int i = 0; i < KILLS; i++) {
        bool all = i % 20 == 19; /* a journal is left to us, not to another writer */
        unsigned victim = (unsigned)random() % WRITERS;
        for (unsigned w = 0; w < WRITERS; w++) {
            if (writers[w].pid == 0) {
                start_writer(w);
            }
        }
        watch(random() % MOST_WAIT);
        for (unsigned w = 0; w < WRITERS; w++) {
            if (all || w == victim) {
                kill_writer(w);
            }
        }
        require_whole(i);
    }
    for (unsigned w = 0; w < WRITERS; w++) {
        if (writers[w].pid != 0) {
            kill_writer(w);
        }
    }
    require_whole(KILLS);
    print_message("%lu stores were reported\n", n_reports);
    assert_true(n_reports > KILLS);
    close(reports[0]);
    close(reports[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_killed_writers_leave_the_cache_whole, folder_up,
                                        folder_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
