/* SPDX-License-Identifier: MIT */
/*
 * The life of a subscription (sink, Subscribe, an event, Renew, Unsubscribe) with its first
 * allocation failing, then its second, and so on; and the same with calls on sockets, those of
 * libcurl and libmicrohttpd among them. Whatever failed once: nothing leaks (the sanitizer tells),
 * and as time goes on the subscription is in force again and events arrive.
 *
 * Linked with --wrap for malloc, calloc, realloc and strdup, so that what the library allocates
 * itself fails. The functions of sockets are this program's own, which shared libraries use too.
 */
#include "support.h"

#include <dlfcn.h>

#include <wsd/scan_events.h>

#define HOUR 3600000

static long left = -1; /* calls until the one that fails; -1: none does */
static bool failed, memory_fails, sockets_fail;

static bool fails(bool kind)
{
    if (!kind || left < 0 || left-- > 0)
        return false;
    failed = true;
    return true;
}

/* -- memory ------------------------------------------------------------------------------------ */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails(memory_fails) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails(memory_fails) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails(memory_fails) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails(memory_fails) ? NULL : __real_strdup(text);
}

/* -- sockets ----------------------------------------------------------------------------------- */

#ifndef __GLIBC__ /* which has unions for these */
#define __CONST_SOCKADDR_ARG const struct sockaddr *
#define __SOCKADDR_ARG       struct sockaddr *restrict
#endif

#define SYSTEM(type, name, cause, parameters, arguments)                                           \
    __attribute__((visibility("default"))) type name parameters                                    \
    {                                                                                              \
        type(*system) parameters = NULL;                                                           \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        memcpy(&system, &found, sizeof system);                                                    \
        if (fails(sockets_fail)) {                                                                 \
            errno = (cause);                                                                       \
            return -1;                                                                             \
        }                                                                                          \
        return system arguments;                                                                   \
    }

SYSTEM(int, socket, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
SYSTEM(int, bind, EACCES, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size),
       (fd, address, size))
SYSTEM(int, listen, EADDRINUSE, (int fd, int backlog), (fd, backlog))
SYSTEM(int, connect, ENETUNREACH, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size),
       (fd, address, size))
SYSTEM(int, getsockname, ENOBUFS, (int fd, __SOCKADDR_ARG address, socklen_t *restrict size),
       (fd, address, size))
SYSTEM(int, accept4, ECONNABORTED,
       (int fd, __SOCKADDR_ARG address, socklen_t *restrict size, int flags),
       (fd, address, size, flags))
SYSTEM(ssize_t, send, ECONNRESET, (int fd, const void *bytes, size_t size, int flags),
       (fd, bytes, size, flags))
SYSTEM(ssize_t, recv, ECONNRESET, (int fd, void *bytes, size_t size, int flags),
       (fd, bytes, size, flags))

/* -- a life ------------------------------------------------------------------------------------ */

/* The subscriber's loop turns with failures, the printer's without. */
static void turn_both(struct world *world)
{
    wsd_context_wait(world->context, 1, NULL);
    long kept = left;
    left = -1;
    wsd_context_wait(world->device.context, 1, NULL);
    left = kept;
}

static void on_event(void *user, const struct wsd_scan_event *event)
{
    struct world *world = user;
    world->events++;
    assert_int_equal(event->kind, WSD_SCAN_AVAILABLE);
}

/* An event is posted; it arrives or it does not, but something comes of it. */
static void post_one(struct world *world, unsigned number)
{
    static const char form[] = "<wscn:ScanAvailableEvent><wscn:ClientContext>c</wscn:ClientContext>"
                               "<wscn:ScanIdentifier>%u</wscn:ScanIdentifier>"
                               "</wscn:ScanAvailableEvent>";
    struct wsd_sink_counters before = wsd_sink_counters(world->sink), after = before;
    char body[512], xml[2048], rest[512];
    long kept = left;
    left = -1;
    snprintf(body, sizeof body, form, number);
    snprintf(xml, sizeof xml, BODY("%s"), body);
    int fd = dial("127.0.0.1", wsd_sink_port(world->sink));
    post(fd, last_path(world), xml);
    left = kept;
    for (int i = 0; i < 1000 && memcmp(&before, &after, sizeof before) == 0; i++) {
        turn_both(world);
        after = wsd_sink_counters(world->sink);
        kept = left;
        left = -1;
        ssize_t got = recv(fd, rest, sizeof rest, 0);
        left = kept;
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
    }
    close(fd);
}

static int begin(struct world *world, struct wsd_subscription **ret)
{
    static const struct wsd_scan_destination line = {"d", "c", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_scan_subscribe_options wanted = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_error error = {0};
    options.now = world_clock;
    options.user = world;
    wanted.events = WSD_SCAN_AVAILABLE;
    wanted.destinations = &line;
    wanted.n_destinations = 1;
    wanted.event = on_event;
    wanted.changed = world_changed;
    wanted.user = world;
    world->context = NULL;
    world->sink = NULL;
    int r = wsd_context_new(&options, &world->context, &error);
    if (r == 0)
        r = wsd_sink_new(world->context, NULL, &world->sink, &error);
    if (r == 0)
        r = wsd_scan_subscribe(world->sink, world->device.url, &wanted, ret, &error);
    assert_int_equal(error.code, r);
    return r;
}

static bool wait_for_change(struct world *world, unsigned changes)
{
    for (int i = 0; i < 3000 && world->changes == changes; i++)
        turn_both(world);
    return world->changes > changes;
}

/* Time goes on without failures: it comes right. */
static void recover(struct world *world, struct wsd_subscription *s)
{
    left = -1;
    for (int i = 0; i < 400 && wsd_subscription_state(s) != WSD_SUBSCRIPTION_ACTIVE; i++) {
        world->now += 60000;
        for (int j = 0; j < 12; j++)
            turn_both(world);
    }
    assert_int_equal(wsd_subscription_state(s), WSD_SUBSCRIPTION_ACTIVE);
    unsigned before = world->events;
    for (unsigned i = 0; i < 3 && world->events == before; i++)
        post_one(world, 100 + i);
    assert_true(world->events > before);
}

static void live(struct world *world, struct wsd_subscription *s)
{
    assert_true(wait_for_change(world, 0));
    if (wsd_subscription_state(s) == WSD_SUBSCRIPTION_ACTIVE)
        post_one(world, 1);
    unsigned renews = world->device.renews;
    world->now += HOUR / 2;
    for (int i = 0; i < 3000 && world->device.renews == renews && s->missed == 0 &&
                    wsd_subscription_state(s) == WSD_SUBSCRIPTION_ACTIVE;
         i++)
        turn_both(world);
    for (int i = 0; i < 3000 && s->step == WSD__STEP_RENEWING; i++)
        turn_both(world);
    recover(world, s);
}

static int one_life(struct world *world)
{
    struct wsd_subscription *s = NULL;
    world->changes = world->events = world->actives = 0;
    world->device.subscribes = world->device.renews = world->device.unsubscribes = 0;
    world->device.alive = 0;
    memset(world->device.log, 0, sizeof world->device.log);
    int r = begin(world, &s);
    if (r == 0)
        live(world, s);
    bool without = !failed;
    left = -1;
    wsd_subscription_free(s);
    for (int i = 0; i < 3000 && world->sink && world->sink->leaving; i++)
        turn_both(world);
    if (r == 0)
        assert_null(world->sink->leaving);
    if (r == 0 && without) {
        assert_string_equal(world->device.log, "SRU");
        assert_int_equal(world->events, 2);
        assert_int_equal(world->changes, 1);
    }
    wsd_sink_free(world->sink);
    wsd_context_free(world->context);
    return r;
}

static void each_call(bool memory)
{
    struct world world = {.now = 1000000};
    device_open(&world.device);
    memory_fails = memory;
    sockets_fail = !memory;
    for (long n = 0;; n++) {
        left = n;
        failed = false;
        int r = one_life(&world);
        if (!failed) {
            assert_int_equal(r, 0);
            print_message("%ld calls\n", n);
            assert_true(n > (memory ? 50 : 10));
            break;
        }
        assert_true(n < 5000);
    }
    memory_fails = sockets_fail = false;
    wsd__http_server_free(world.device.server);
    wsd_context_free(world.device.context);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    each_call(true);
}

static void each_call_on_a_socket_fails_once(void **state)
{
    (void)state;
    each_call(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once),
        cmocka_unit_test(each_call_on_a_socket_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
