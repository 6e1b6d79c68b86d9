/* SPDX-License-Identifier: MIT */
/*
 * A frontend without manners. It loads the backend by itself, does one kind of wrong at a time and
 * says what it did not expect; test_abuse.py runs it.
 *
 * usage: abuse BACKEND SCENARIO DEVICE [PID]    PID: of the service, for what happens to it
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sane/sane.h>

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "abuse.c:%d: %s\n", __LINE__, #what);                                  \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)
#define IS(got, wanted) is(__LINE__, #got, (int)(got), (int)(wanted))

static struct {
    SANE_Status (*init)(SANE_Int *, SANE_Auth_Callback);
    void (*exit)(void);
    SANE_Status (*get_devices)(const SANE_Device ***, SANE_Bool);
    SANE_Status (*open)(SANE_String_Const, SANE_Handle *);
    void (*close)(SANE_Handle);
    const SANE_Option_Descriptor *(*get_option_descriptor)(SANE_Handle, SANE_Int);
    SANE_Status (*control_option)(SANE_Handle, SANE_Int, SANE_Action, void *, SANE_Int *);
    SANE_Status (*get_parameters)(SANE_Handle, SANE_Parameters *);
    SANE_Status (*start)(SANE_Handle);
    SANE_Status (*read)(SANE_Handle, SANE_Byte *, SANE_Int, SANE_Int *);
    void (*cancel)(SANE_Handle);
    SANE_Status (*set_io_mode)(SANE_Handle, SANE_Bool);
    SANE_Status (*get_select_fd)(SANE_Handle, SANE_Int *);
    SANE_String_Const (*strstatus)(SANE_Status);
} sane;

static const char *device;
static pid_t service;

static void is(int line, const char *what, int got, int wanted)
{
    if (got == wanted)
        return;
    fprintf(stderr, "abuse.c:%d: %s is %d (%s), not %d\n", line, what, got,
            sane.strstatus((SANE_Status)got), wanted);
    exit(1);
}

static SANE_Handle open_device(void)
{
    SANE_Handle handle = NULL;

    IS(sane.open(device, &handle), SANE_STATUS_GOOD);
    return handle;
}

static SANE_Int option(SANE_Handle handle, const char *name)
{
    const SANE_Option_Descriptor *d;

    for (SANE_Int i = 1; (d = sane.get_option_descriptor(handle, i)); i++)
        if (d->name && strcmp(d->name, name) == 0)
            return i;
    fprintf(stderr, "there is no option %s\n", name);
    exit(1);
}

static void set_int(SANE_Handle handle, const char *name, SANE_Word value)
{
    IS(sane.control_option(handle, option(handle, name), SANE_ACTION_SET_VALUE, &value, NULL),
       SANE_STATUS_GOOD);
}

static void set_text(SANE_Handle handle, const char *name, const char *value)
{
    char text[64];

    snprintf(text, sizeof text, "%s", value);
    IS(sane.control_option(handle, option(handle, name), SANE_ACTION_SET_VALUE, text, NULL),
       SANE_STATUS_GOOD);
}

static void make_small(SANE_Handle handle)
{
    set_int(handle, "resolution", 75);
    set_text(handle, "mode", "Gray");
}

/* Reads to the end; the status there, and how many bytes came. */
static SANE_Status read_all(SANE_Handle handle, size_t *ret_size)
{
    static SANE_Byte bytes[50000];
    SANE_Status status;
    SANE_Int n = 0;

    *ret_size = 0;
    while ((status = sane.read(handle, bytes, sizeof bytes, &n)) == SANE_STATUS_GOOD)
        *ret_size += (size_t)n;
    IS(n, 0);
    return status;
}

static void scan_whole(SANE_Handle handle)
{
    SANE_Parameters parameters;
    size_t size;

    IS(sane.start(handle), SANE_STATUS_GOOD);
    IS(sane.get_parameters(handle, &parameters), SANE_STATUS_GOOD);
    IS(read_all(handle, &size), SANE_STATUS_EOF);
    CHECK(size == (size_t)parameters.bytes_per_line * (size_t)parameters.lines);
}

static int count_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;

    CHECK(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

/* -- often --------------------------------------------------------------------------------------
 */

static void open_and_close(void)
{
    sane.close(open_device());
    int before = count_files();
    for (int i = 0; i < 1000; i++)
        sane.close(open_device());
    IS(count_files(), before);
}

static void init_and_exit(void)
{
    for (int i = 0; i < 100; i++) {
        sane.exit();
        IS(sane.init(NULL, NULL), SANE_STATUS_GOOD);
        open_device();
    }
}

/* -- options ------------------------------------------------------------------------------------
 */

static unsigned random_state = 1;

static unsigned next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static bool allowed(const SANE_Option_Descriptor *d, const void *value)
{
    SANE_Word word = 0;

    if (d->type == SANE_TYPE_STRING) {
        for (const SANE_String_Const *s = d->constraint.string_list; *s; s++)
            if (strcmp(*s, value) == 0)
                return true;
        return false;
    }
    memcpy(&word, value, sizeof word);
    if (d->type == SANE_TYPE_BOOL)
        return word == SANE_FALSE || word == SANE_TRUE;
    if (d->constraint_type == SANE_CONSTRAINT_RANGE)
        return word >= d->constraint.range->min && word <= d->constraint.range->max;
    if (d->constraint_type != SANE_CONSTRAINT_WORD_LIST)
        return true;
    for (SANE_Word i = 1; i <= d->constraint.word_list[0]; i++)
        if (d->constraint.word_list[i] == word)
            return true;
    return false;
}

static void put_any(const SANE_Option_Descriptor *d, void *value)
{
    static const SANE_Word words[] = {INT_MIN, INT_MAX,       -1,           0, 1, 2, 90,
                                      299,     SANE_FIX(100), SANE_FIX(500)};
    static const char *const texts[] = {"", "no such thing", "%s%n", "COLOR", "flatbed", "adf"};
    unsigned n = 0;

    if (d->type == SANE_TYPE_STRING && next_random() % 3) {
        while (d->constraint.string_list[n])
            n++;
        strcpy(value, d->constraint.string_list[next_random() % n]);
    } else if (d->type == SANE_TYPE_STRING) {
        strcpy(value, texts[next_random() % (sizeof texts / sizeof *texts)]);
    } else {
        SANE_Word word = words[next_random() % (sizeof words / sizeof *words)];
        memcpy(value, &word, sizeof word);
    }
}

/* All values are allowed ones, whatever was set. */
static void check_values(SANE_Handle handle)
{
    const SANE_Option_Descriptor *d;
    SANE_Parameters p;

    for (SANE_Int i = 1; (d = sane.get_option_descriptor(handle, i)); i++) {
        char value[64];
        if (d->type == SANE_TYPE_GROUP || !SANE_OPTION_IS_ACTIVE(d->cap))
            continue;
        CHECK(d->size <= (SANE_Int)sizeof value);
        IS(sane.control_option(handle, i, SANE_ACTION_GET_VALUE, value, NULL), SANE_STATUS_GOOD);
        CHECK(allowed(d, value));
    }
    IS(sane.get_parameters(handle, &p), SANE_STATUS_GOOD);
    CHECK(p.pixels_per_line > 0 && p.lines > 0 && p.last_frame);
    CHECK(p.bytes_per_line >= p.pixels_per_line / 8 && (p.depth == 1 || p.depth == 8));
}

static void set_anything(void)
{
    SANE_Handle handle = open_device();
    SANE_Int count = 0;

    IS(sane.control_option(handle, 0, SANE_ACTION_GET_VALUE, &count, NULL), SANE_STATUS_GOOD);
    CHECK(count > 15 && !sane.get_option_descriptor(handle, count));
    CHECK(!sane.get_option_descriptor(handle, -1));
    for (int round = 0; round < 20000; round++) {
        SANE_Int i = (SANE_Int)(next_random() % (unsigned)count), info = 0;
        const SANE_Option_Descriptor *d = sane.get_option_descriptor(handle, i);
        char value[64] = "", before[64];
        put_any(d, value);
        memcpy(before, value, sizeof before);
        bool settable = i > 0 && d->type != SANE_TYPE_GROUP && SANE_OPTION_IS_ACTIVE(d->cap);
        SANE_Status status = sane.control_option(handle, i, SANE_ACTION_SET_VALUE, value,
                                                 next_random() % 2 ? &info : NULL);
        if (!settable)
            IS(status, SANE_STATUS_INVAL);
        if (status == SANE_STATUS_GOOD)
            CHECK(allowed(d, value));
        else
            IS(status, SANE_STATUS_INVAL);
        IS(sane.control_option(handle, i, SANE_ACTION_SET_AUTO, value, NULL), SANE_STATUS_INVAL);
        IS(sane.control_option(handle, i, SANE_ACTION_SET_VALUE, NULL, NULL), SANE_STATUS_INVAL);
        if (round % 16 == 0)
            check_values(handle);
    }
    IS(sane.control_option(handle, count, SANE_ACTION_GET_VALUE, &count, NULL), SANE_STATUS_INVAL);
    sane.close(handle);
}

static void set_what_is_inexact(void)
{
    SANE_Handle handle = open_device();
    SANE_Word word = 290;
    SANE_Int info = 0;

    IS(sane.control_option(handle, option(handle, "resolution"), SANE_ACTION_SET_VALUE, &word,
                           &info),
       SANE_STATUS_GOOD);
    IS(word, 300);
    IS(info, SANE_INFO_INEXACT | SANE_INFO_RELOAD_PARAMS);
    word = SANE_FIX(9999);
    IS(sane.control_option(handle, option(handle, "br-y"), SANE_ACTION_SET_VALUE, &word, &info),
       SANE_STATUS_GOOD);
    IS(info, SANE_INFO_INEXACT | SANE_INFO_RELOAD_PARAMS);
    IS(word, SANE_FIX(297.18));
    char text[64] = "ADF";
    IS(sane.control_option(handle, option(handle, "source"), SANE_ACTION_SET_VALUE, text, &info),
       SANE_STATUS_GOOD);
    IS(info, SANE_INFO_RELOAD_OPTIONS | SANE_INFO_RELOAD_PARAMS);
    /* The corner at the edge has gone with it. */
    IS(sane.control_option(handle, option(handle, "br-y"), SANE_ACTION_GET_VALUE, &word, NULL),
       SANE_STATUS_GOOD);
    IS(word, SANE_FIX(355.6));
    sane.close(handle);
}

/* -- the wrong order ----------------------------------------------------------------------------
 */

static void out_of_order(void)
{
    SANE_Handle handle = open_device();
    SANE_Byte bytes[1000];
    SANE_Int n, fd;
    SANE_Word word = 100;
    size_t size;

    make_small(handle);
    IS(sane.read(handle, bytes, sizeof bytes, &n), SANE_STATUS_INVAL);
    IS(sane.set_io_mode(handle, SANE_TRUE), SANE_STATUS_INVAL);
    IS(sane.get_select_fd(handle, &fd), SANE_STATUS_INVAL);
    sane.cancel(handle);
    IS(sane.start(handle), SANE_STATUS_GOOD);
    IS(sane.start(handle), SANE_STATUS_DEVICE_BUSY);
    IS(sane.control_option(handle, option(handle, "resolution"), SANE_ACTION_SET_VALUE, &word,
                           NULL),
       SANE_STATUS_DEVICE_BUSY);
    IS(sane.read(handle, bytes, 0, &n), SANE_STATUS_GOOD);
    IS(sane.read(handle, NULL, 10, &n), SANE_STATUS_INVAL);
    IS(sane.read(handle, bytes, -1, &n), SANE_STATUS_INVAL);
    IS(read_all(handle, &size), SANE_STATUS_EOF);
    IS(read_all(handle, &size), SANE_STATUS_EOF);
    IS((int)size, 0);
    scan_whole(handle);
    IS(sane.start(handle), SANE_STATUS_GOOD);
    sane.close(handle); /* in the middle */
    IS(sane.start(handle), SANE_STATUS_INVAL);
    IS(sane.read(handle, bytes, sizeof bytes, &n), SANE_STATUS_INVAL);
    sane.cancel(handle);
    sane.close(handle);
    CHECK(!sane.get_option_descriptor(handle, 0));
    IS(sane.open("no such thing", &handle), SANE_STATUS_INVAL);
    handle = open_device();
    IS(sane.start(handle), SANE_STATUS_GOOD); /* sane_exit() with it open */
}

/* -- cancelling ---------------------------------------------------------------------------------
 */

static SANE_Handle to_cancel;
static volatile sig_atomic_t rings;

static void on_alarm(int number)
{
    (void)number;
    sane.cancel(to_cancel);
    rings++;
}

static void ring_in(long microseconds)
{
    struct itimerval timer = {
        .it_value = {.tv_usec = microseconds % 1000000, .tv_sec = microseconds / 1000000}};

    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void cancel_at_every_stage(void)
{
    SANE_Handle handle = open_device();
    static SANE_Byte bytes[30000];
    SANE_Int n;

    make_small(handle);
    for (int reads = 0; reads < 25; reads++) {
        IS(sane.start(handle), SANE_STATUS_GOOD);
        SANE_Status status = SANE_STATUS_GOOD;
        for (int i = 0; i < reads && status == SANE_STATUS_GOOD; i++)
            status = sane.read(handle, bytes, sizeof bytes, &n);
        sane.cancel(handle);
        if (reads % 3 == 0)
            sane.cancel(handle);
        if (reads % 2 == 0)
            IS(sane.read(handle, bytes, sizeof bytes, &n), SANE_STATUS_CANCELLED);
    }
    scan_whole(handle);
    sane.close(handle);
}

static void cancel_from_a_signal(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    SANE_Handle handle = to_cancel = open_device();
    int cancelled = 0;

    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    set_int(handle, "resolution", 300);
    for (long i = 0; i < 60; i++) {
        size_t size = 0;
        rings = 0;
        ring_in(500 + i * 3000);
        SANE_Status status = sane.start(handle);
        if (status == SANE_STATUS_GOOD)
            status = read_all(handle, &size);
        CHECK(status == SANE_STATUS_CANCELLED || status == SANE_STATUS_EOF);
        cancelled += status == SANE_STATUS_CANCELLED;
        while (!rings)
            poll(NULL, 0, 10);
    }
    CHECK(cancelled > 10);
    make_small(handle);
    scan_whole(handle);
    sane.close(handle);
}

static void *cancel_soon(void *user)
{
    poll(NULL, 0, 30);
    sane.cancel(user);
    return NULL;
}

static void cancel_from_a_thread(void)
{
    SANE_Handle handle = open_device();
    pthread_t thread;
    size_t size;

    set_int(handle, "resolution", 1200);
    IS(sane.start(handle), SANE_STATUS_GOOD);
    CHECK(pthread_create(&thread, NULL, cancel_soon, handle) == 0);
    IS(read_all(handle, &size), SANE_STATUS_CANCELLED);
    pthread_join(thread, NULL);
    sane.close(handle);
}

static atomic_bool over;

static void *cancel_always(void *user)
{
    while (!atomic_load(&over)) {
        sane.cancel(user);
        sched_yield();
    }
    return NULL;
}

static void cancel_against_starts(void)
{
    SANE_Handle handle = open_device(), other;
    pthread_t thread;
    size_t size;

    make_small(handle);
    CHECK(pthread_create(&thread, NULL, cancel_always, handle) == 0);
    for (int i = 0; i < 200; i++) {
        SANE_Status status = sane.start(handle);
        if (status == SANE_STATUS_GOOD)
            status = read_all(handle, &size);
        CHECK(status == SANE_STATUS_CANCELLED || status == SANE_STATUS_EOF);
        if (i % 20 == 0) {
            other = open_device();
            sane.close(other);
        }
    }
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    scan_whole(handle);
    sane.close(handle);
}

/* -- an image of another make -------------------------------------------------------------------
 */

/* It has arrived and its rows are a long time coming. */
static void slow_image(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    SANE_Handle handle = to_cancel = open_device();
    size_t size;

    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    set_int(handle, "resolution", 1200);
    set_text(handle, "mode", "Gray");
    IS(sane.start(handle), SANE_STATUS_GOOD);
    ring_in(700000);
    IS(read_all(handle, &size), SANE_STATUS_CANCELLED);
    IS((int)size, 0);
    sane.close(handle);
}

/* The page after one that breaks is whole, or there is none: never the rest of the broken one. */
static void broken_then_whole(void)
{
    SANE_Handle handle = open_device();
    SANE_Parameters parameters;
    size_t size;

    make_small(handle);
    set_text(handle, "source", "ADF");
    IS(sane.start(handle), SANE_STATUS_GOOD);
    IS(read_all(handle, &size), SANE_STATUS_IO_ERROR);
    scan_whole(handle);
    IS(sane.get_parameters(handle, &parameters), SANE_STATUS_GOOD);
    sane.close(handle);
}

/* Far more pixels than there are on the glass. */
static void refused_image(void)
{
    SANE_Handle handle = open_device();

    make_small(handle);
    IS(sane.start(handle), SANE_STATUS_IO_ERROR);
    sane.close(handle);
}

static void parameters_after_the_page(void)
{
    SANE_Handle handle = open_device();
    SANE_Parameters page, next;

    make_small(handle);
    scan_whole(handle);
    IS(sane.get_parameters(handle, &page), SANE_STATUS_GOOD);
    set_int(handle, "resolution", 300);
    IS(sane.get_parameters(handle, &next), SANE_STATUS_GOOD);
    CHECK(next.pixels_per_line > 3 * page.pixels_per_line && next.lines > 3 * page.lines);
    sane.close(handle);
}

/* -- without waiting ----------------------------------------------------------------------------
 */

static void without_waiting(void)
{
    SANE_Handle handle = open_device();
    SANE_Parameters parameters;
    static SANE_Byte bytes[7777];
    SANE_Status status;
    size_t size = 0, empty = 0;
    SANE_Int n, fd;

    set_int(handle, "resolution", 300);
    IS(sane.start(handle), SANE_STATUS_GOOD);
    IS(sane.set_io_mode(handle, SANE_TRUE), SANE_STATUS_GOOD);
    IS(sane.get_select_fd(handle, &fd), SANE_STATUS_GOOD);
    IS(sane.get_parameters(handle, &parameters), SANE_STATUS_GOOD);
    while ((status = sane.read(handle, bytes, sizeof bytes, &n)) == SANE_STATUS_GOOD) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        size += (size_t)n;
        empty += n == 0;
        if (n == 0)
            CHECK(poll(&ready, 1, 20000) == 1);
    }
    IS(status, SANE_STATUS_EOF);
    CHECK(size == (size_t)parameters.bytes_per_line * (size_t)parameters.lines);
    CHECK(empty > 0 && empty < size / sizeof bytes + 1000);
    sane.close(handle);
}

static void in_a_child(void)
{
    SANE_Handle handle = open_device();
    int status = 0;

    make_small(handle);
    IS(sane.start(handle), SANE_STATUS_GOOD);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        SANE_Byte byte;
        SANE_Int n;
        int good = sane.read(handle, &byte, 1, &n) == SANE_STATUS_INVAL;
        sane.cancel(handle);
        sane.close(handle);
        _exit(good ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child);
    IS(status, 0);
    size_t size;
    IS(read_all(handle, &size), SANE_STATUS_EOF);
    sane.close(handle);
}

/* -- a scanner that goes away ---------------------------------------------------------------------
 */

static void vanish(const char *step)
{
    const SANE_Device **list;
    SANE_Handle handle = NULL;
    static SANE_Byte bytes[10000];
    SANE_Int n;
    size_t size;

    if (strcmp(step, "open") != 0) {
        handle = open_device();
        set_int(handle, "resolution", 600);
        if (strcmp(step, "next") == 0) {
            make_small(handle);
            set_text(handle, "source", "ADF");
            scan_whole(handle);
        } else if (strcmp(step, "start") != 0) {
            IS(sane.start(handle), SANE_STATUS_GOOD);
            IS(sane.read(handle, bytes, sizeof bytes, &n), SANE_STATUS_GOOD);
        }
    }
    CHECK(kill(service, SIGKILL) == 0);
    if (strcmp(step, "open") == 0) {
        CHECK(sane.open(device, &handle) != SANE_STATUS_GOOD);
        IS(sane.get_devices(&list, SANE_FALSE), SANE_STATUS_GOOD);
        CHECK(!list[0]);
        return;
    }
    if (strcmp(step, "start") == 0 || strcmp(step, "next") == 0)
        IS(sane.start(handle), SANE_STATUS_IO_ERROR);
    if (strcmp(step, "read") == 0) {
        IS(read_all(handle, &size), SANE_STATUS_IO_ERROR);
        IS(sane.start(handle), SANE_STATUS_IO_ERROR);
    }
    if (strcmp(step, "cancel") == 0)
        sane.cancel(handle);
    sane.close(handle);
}

/* It does not answer any more: what waits for it has to end when it is cancelled. */
static void hang(const char *step)
{
    struct sigaction action = {.sa_handler = on_alarm};
    SANE_Handle handle = to_cancel = open_device();
    size_t size;

    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    set_int(handle, "resolution", 1200);
    if (strcmp(step, "read") == 0)
        IS(sane.start(handle), SANE_STATUS_GOOD);
    if (strcmp(step, "next") == 0) {
        /* The start ends a job of other settings first, which nobody answers. */
        make_small(handle);
        set_text(handle, "source", "ADF");
        scan_whole(handle);
        set_int(handle, "resolution", 100);
    }
    CHECK(kill(service, SIGSTOP) == 0);
    ring_in(500000);
    if (strcmp(step, "read") == 0)
        IS(read_all(handle, &size), SANE_STATUS_CANCELLED);
    else
        IS(sane.start(handle), SANE_STATUS_CANCELLED);
    CHECK(rings == 1);
    CHECK(kill(service, SIGCONT) == 0);
    sane.close(handle);
}

/* -- which one ----------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    void (*run)(void);
    void (*run_step)(const char *step);
} scenarios[] = {
    {"open-and-close", open_and_close, NULL},
    {"init-and-exit", init_and_exit, NULL},
    {"set-anything", set_anything, NULL},
    {"set-what-is-inexact", set_what_is_inexact, NULL},
    {"out-of-order", out_of_order, NULL},
    {"cancel-at-every-stage", cancel_at_every_stage, NULL},
    {"cancel-from-a-signal", cancel_from_a_signal, NULL},
    {"cancel-from-a-thread", cancel_from_a_thread, NULL},
    {"cancel-against-starts", cancel_against_starts, NULL},
    {"slow-image", slow_image, NULL},
    {"broken-then-whole", broken_then_whole, NULL},
    {"refused-image", refused_image, NULL},
    {"parameters-after-the-page", parameters_after_the_page, NULL},
    {"without-waiting", without_waiting, NULL},
    {"in-a-child", in_a_child, NULL},
    {"vanish-", NULL, vanish},
    {"hang-", NULL, hang},
};

static void load(const char *path)
{
    void *backend = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!backend)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(backend);
#define LOAD(name) CHECK(*(void **)&sane.name = dlsym(backend, "sane_wsd_" #name))
    LOAD(init);
    LOAD(exit);
    LOAD(get_devices);
    LOAD(open);
    LOAD(close);
    LOAD(get_option_descriptor);
    LOAD(control_option);
    LOAD(get_parameters);
    LOAD(start);
    LOAD(read);
    LOAD(cancel);
    LOAD(set_io_mode);
    LOAD(get_select_fd);
    LOAD(strstatus);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    load(argv[1]);
    device = argv[3];
    service = argc > 4 ? (pid_t)strtol(argv[4], NULL, 10) : 0;
    IS(sane.init(NULL, NULL), SANE_STATUS_GOOD);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        size_t n = strlen(scenarios[i].name);
        if (strncmp(argv[2], scenarios[i].name, n) != 0)
            continue;
        if (scenarios[i].run)
            scenarios[i].run();
        else
            scenarios[i].run_step(argv[2] + n);
        sane.exit();
        return 0;
    }
    fprintf(stderr, "no such scenario\n");
    return 2;
}
