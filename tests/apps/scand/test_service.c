/* SPDX-License-Identifier: MIT */
/*
 * What the system tells the daemon and is told: the wall clock jumps (a resume sets it), and the
 * notifications of systemd. The clock's descriptor is played, since nobody but the machine may set
 * the real one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "wsd-scand/service.h"

static int clock_ends[2];
static unsigned armed, awake_times;
static uint64_t now = 1000;
static struct scand scand;

ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value,
                           struct itimerspec *old);

int __wrap_timerfd_create(int clock, int flags)
{
    assert_int_equal(clock, CLOCK_REALTIME);
    (void)flags;
    assert_int_equal(pipe(clock_ends), 0);
    return clock_ends[0];
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *value,
                           struct itimerspec *old)
{
    (void)old;
    assert_int_equal(fd, clock_ends[0]);
    assert_int_equal(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
    assert_true(value->it_value.tv_sec > 0);
    armed++;
    return 0;
}

/* timerfd_create(2): read fails with ECANCELED when the clock was set. */
ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    ssize_t got = __real_read(fd, bytes, size);

    if (fd != clock_ends[0] || got <= 0)
        return got;
    errno = ECANCELED;
    return -1;
}

static uint64_t played_now(void *user)
{
    (void)user;
    return now;
}

static void on_awake(struct scand *s)
{
    assert_ptr_equal(s, &scand);
    awake_times++;
}

static void nothing(void *user)
{
    (void)user;
}

/* A turn that does not wait. */
static void turn(uint64_t milliseconds)
{
    struct loop_timer soon = {0};

    now += milliseconds;
    loop_arm(&scand.loop, &soon, 0, nothing, NULL);
    assert_int_equal(loop_turn(&scand.loop), 0);
    loop_disarm(&scand.loop, &soon);
}

static struct service *opened(void)
{
    static const struct loop_clock clock = {played_now, NULL, NULL};
    struct service *service = NULL;

    armed = awake_times = 0;
    scand = (struct scand){0};
    loop_init(&scand.loop, &clock);
    assert_int_equal(service_open(&scand, on_awake, &service), 0);
    return service;
}

static void closed(struct service *service)
{
    service_free(service);
    loop_free(&scand.loop);
    close(clock_ends[1]);
}

static void test_a_jump_of_the_clock_is_told_once_it_has_settled(void **state)
{
    (void)state;
    struct service *service = opened();
    assert_int_equal(armed, 1);
    assert_int_equal(write(clock_ends[1], "x", 1), 1);
    turn(0);
    assert_int_equal(armed, 2);
    assert_int_equal(awake_times, 0);
    assert_int_equal(write(clock_ends[1], "x", 1), 1); /* and again, meanwhile */
    turn(500);
    turn(500);
    assert_int_equal(awake_times, 1);
    assert_int_equal(write(clock_ends[1], "x", 1), 1);
    turn(60000);
    turn(1000);
    assert_int_equal(awake_times, 2);
    closed(service);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void assert_heard(int fd, const char *wanted)
{
    char text[600] = "";

    if (recv(fd, text, sizeof text - 1, 0) < 0)
        fail_msg("nothing was said, but %s", wanted);
    if (!strstr(text, wanted))
        fail_msg("'%s' is not in '%s'", wanted, text);
}

static void test_systemd_is_told_and_its_watchdog_fed(void **state)
{
    char folder[] = "/tmp/wsd-service-XXXXXX", path[64], byte;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/notify", folder);
    int fd = listen_at(path);
    setenv("NOTIFY_SOCKET", path, 1);
    setenv("WATCHDOG_USEC", "20000000", 1);
    struct service *service = opened();
    service_ready(service, "two destinations");
    assert_heard(fd, "READY=1\nSTATUS=two destinations");
    turn(10000);
    assert_heard(fd, "WATCHDOG=1");
    turn(10000);
    assert_heard(fd, "WATCHDOG=1");
    service_reloading(service);
    assert_heard(fd, "RELOADING=1\nMONOTONIC_USEC=");
    service_stopping(service);
    assert_heard(fd, "STOPPING=1");
    assert_true(recv(fd, &byte, 1, 0) < 0);
    closed(service);
    setenv("WATCHDOG_PID", "1", 1); /* another process is meant */
    service = opened();
    turn(0);
    assert_true(recv(fd, &byte, 1, 0) < 0);
    closed(service);
    close(fd);
    unlink(path);
    rmdir(folder);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void test_without_systemd_nothing_is_said(void **state)
{
    static const char *const paths[] = {"", "@", "relative", "/nowhere/at/all"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        setenv("NOTIFY_SOCKET", paths[i], 1);
        struct service *service = opened();
        service_ready(service, "ready");
        service_stopping(service);
        closed(service);
    }
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_jump_of_the_clock_is_told_once_it_has_settled),
        cmocka_unit_test(test_systemd_is_told_and_its_watchdog_fed),
        cmocka_unit_test(test_without_systemd_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
