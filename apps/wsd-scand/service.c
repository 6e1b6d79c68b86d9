/* SPDX-License-Identifier: MIT */
/*
 * sd_notify(3) is a datagram of NAME=value lines to $NOTIFY_SOCKET, and its manual says how to do
 * without libsystemd. That the machine slept is told by a timer on the wall clock which is
 * cancelled when that clock jumps (timerfd, TFD_TIMER_CANCEL_ON_SET): resuming sets the clock.
 * Links are told by netlink. Both are Linux's; elsewhere the library's own watch of addresses has
 * to do.
 */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/timerfd.h>
#endif

#define SETTLE_MS 1000u /* a link that has come up needs a moment until packets pass */

struct service {
    struct scand *scand;
    void (*awake)(struct scand *scand);
    int notify, clock, links; /* descriptors; -1: none */
    struct sockaddr_un address;
    socklen_t address_size;
    uint64_t watchdog; /* milliseconds between signs of life; 0: none wanted */
    struct loop_timer life, settle;
    struct loop_watch watch;
};

/* -- systemd ------------------------------------------------------------------------------------
 */

static void open_notify(struct service *s)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t n = path ? strlen(path) : 0;

    if (n < 2 || n >= sizeof s->address.sun_path || (*path != '/' && *path != '@'))
        return;
    s->address.sun_family = AF_UNIX;
    memcpy(s->address.sun_path, path, n);
    if (*path == '@')
        s->address.sun_path[0] = '\0';
    s->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    s->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void notify(const struct service *s, const char *text)
{
    if (s->notify >= 0)
        sendto(s->notify, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&s->address,
               s->address_size);
}

static void alive(void *user)
{
    struct service *s = user;

    notify(s, "WATCHDOG=1");
    loop_arm(&s->scand->loop, &s->life, s->watchdog, alive, s);
}

static void open_watchdog(struct service *s)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    unsigned long long wanted = usec ? strtoull(usec, NULL, 10) : 0;

    if (s->notify < 0 || wanted == 0 || (pid && strtol(pid, NULL, 10) != (long)getpid()))
        return;
    s->watchdog = wanted / 2000;
    if (s->watchdog == 0)
        s->watchdog = 1;
    loop_arm(&s->scand->loop, &s->life, s->watchdog, alive, s);
}

void service_ready(struct service *s, const char *status)
{
    char text[512];

    snprintf(text, sizeof text, "READY=1\nSTATUS=%.400s", status);
    notify(s, text);
}

void service_reloading(struct service *s)
{
    struct timespec now;
    char text[80];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    notify(s, text);
}

void service_stopping(struct service *s)
{
    notify(s, "STOPPING=1");
}

/* -- sleep and links ----------------------------------------------------------------------------
 */

static void settled(void *user)
{
    struct service *s = user;

    s->awake(s->scand);
}

static void awake_soon(struct service *s)
{
    if (!s->settle.armed)
        loop_arm(&s->scand->loop, &s->settle, SETTLE_MS, settled, s);
}

#ifdef __linux__
static void arm_clock(const struct service *s)
{
    struct itimerspec far = {.it_value = {.tv_sec = (time_t)INT32_MAX * 2}};

    timerfd_settime(s->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
}

static void open_system(struct service *s)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

    s->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (s->clock >= 0)
        arm_clock(s);
    s->links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (s->links >= 0 && bind(s->links, (struct sockaddr *)&address, sizeof address) < 0) {
        close(s->links);
        s->links = -1;
    }
}

static void clock_jumped(struct service *s)
{
    uint64_t ignored;

    if (read(s->clock, &ignored, sizeof ignored) < 0 && errno == ECANCELED)
        awake_soon(s);
    arm_clock(s);
}

/* A link that carries is news; the rest of what is told of links is not. */
static bool has_link_up(const char *bytes, size_t size)
{
    const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)bytes;

    for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size)) {
        const struct ifinfomsg *link = NLMSG_DATA(message);
        if (message->nlmsg_type == RTM_NEWLINK && (link->ifi_flags & IFF_UP) &&
            (link->ifi_flags & IFF_RUNNING) && !(link->ifi_flags & IFF_LOOPBACK))
            return true;
    }
    return false;
}

static void links_changed(struct service *s)
{
    _Alignas(struct nlmsghdr) char bytes[8192];
    ssize_t n;

    while ((n = recv(s->links, bytes, sizeof bytes, 0)) > 0)
        if (has_link_up(bytes, (size_t)n))
            awake_soon(s);
}
#else
static void open_system(struct service *s)
{
    (void)s;
}

static void clock_jumped(struct service *s)
{
    (void)s;
}

static void links_changed(struct service *s)
{
    (void)s;
}
#endif

static size_t wants(void *user, struct pollfd *fds, size_t room)
{
    const struct service *s = user;

    if (room < 2)
        return room;
    fds[0] = (struct pollfd){.fd = s->clock, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = s->links, .events = POLLIN};
    return 2;
}

static void ready(void *user, const struct pollfd *fds, size_t n)
{
    struct service *s = user;

    if (n > 0 && fds[0].revents)
        clock_jumped(s);
    if (n > 1 && fds[1].revents)
        links_changed(s);
}

int service_open(struct scand *scand, void (*awake)(struct scand *scand), struct service **ret)
{
    struct service *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    s->scand = scand;
    s->awake = awake;
    s->notify = s->clock = s->links = -1;
    open_notify(s);
    open_watchdog(s);
    open_system(s);
    s->watch = (struct loop_watch){.wants = wants, .ready = ready, .user = s};
    loop_add(&scand->loop, &s->watch);
    *ret = s;
    return 0;
}

void service_free(struct service *s)
{
    if (!s)
        return;
    loop_remove(&s->scand->loop, &s->watch);
    loop_disarm(&s->scand->loop, &s->life);
    loop_disarm(&s->scand->loop, &s->settle);
    if (s->notify >= 0)
        close(s->notify);
    if (s->clock >= 0)
        close(s->clock);
    if (s->links >= 0)
        close(s->links);
    free(s);
}
