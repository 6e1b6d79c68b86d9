/* SPDX-License-Identifier: MIT */
/*
 * Changes of the network, told by the system.
 *
 * Linux sends them to a netlink socket, the BSDs and macOS to a routing socket. What exactly has
 * changed is not read: those who listen load the interfaces anew and compare. When the socket's
 * buffer was too small for all that happened (ENOBUFS), something has changed just as well.
 *
 * One change comes as several messages (the link, its address, the route), so the telling waits a
 * moment for the rest of them. Cost: one descriptor a context, and only while somebody listens.
 */
#include "core/netwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#else
#include <net/if.h>
#include <net/route.h>
#endif

enum {
    SETTLE = 100,    /* milliseconds for the rest of a change to come */
    INTERVAL = 1000, /* between one telling and the next */
    MAX_READS = 256  /* in one turn of the loop */
};

struct hub {
    struct wsd_context *context;
    struct wsd__netwatch *watches;
    struct wsd__netwatch *next; /* to be told in the round at hand */
    struct wsd__timer timer;
    struct wsd__io *io;
    int fd; /* -1: nobody listens */
    uint64_t told;
    bool ever_told;
};

/* -- what the system says --------------------------------------------------------------------- */

#ifdef __linux__

static int open_socket(void)
{
    struct sockaddr_nl own = {.nl_family = AF_NETLINK,
                              .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&own, sizeof own) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads one message: 1 for a change, 0 for anything else, -1 when there is none. */
static int read_message(int fd)
{
    char bytes[256]; /* what is cut off says nothing that is needed */
    struct sockaddr_nl from = {0};
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
    if (length < 0) {
        return errno == ENOBUFS ? 1 : errno == EINTR ? 0 : -1;
    }
    return from.nl_pid == 0; /* the kernel's */
}

#else

static int open_socket(void)
{
    int fd = socket(PF_ROUTE, SOCK_RAW, AF_UNSPEC);
    if (fd >= 0 && (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int read_message(int fd)
{
    union {
        struct rt_msghdr head;
        char bytes[2048];
    } message;
    ssize_t length = recv(fd, &message, sizeof message, 0);
    if (length < 0) {
        return errno == ENOBUFS ? 1 : errno == EINTR ? 0 : -1;
    }
    if ((size_t)length < offsetof(struct rt_msghdr, rtm_type) + 1) {
        return 0;
    }
    switch (message.head.rtm_type) {
    case RTM_NEWADDR:
    case RTM_DELADDR:
    case RTM_IFINFO:
#ifdef RTM_IFANNOUNCE
    case RTM_IFANNOUNCE:
#endif
        return 1;
    default:
        return 0; /* routes come and go all the time */
    }
}

#endif

/* -- who is told ------------------------------------------------------------------------------ */

static void tell(void *user)
{
    struct hub *hub = user;
    hub->told = wsd__now(hub->context);
    hub->ever_told = true;
    hub->next = hub->watches;
    while (hub->next != NULL) {
        struct wsd__netwatch *watch = hub->next;
        hub->next = watch->next; /* wsd__netwatch_stop() moves it on */
        watch->changed(watch->user);
    }
}

static void note(struct hub *hub)
{
    uint64_t now = wsd__now(hub->context), delay = SETTLE;
    if (wsd__timer_armed(&hub->timer) || hub->watches == NULL) {
        return;
    }
    if (hub->ever_told && hub->told + INTERVAL > now + delay) {
        delay = hub->told + INTERVAL - now;
    }
    if (wsd__timer_start(hub->context, &hub->timer, delay, tell, hub) != 0) {
        tell(hub); /* without memory at once: a change must not be missed */
    }
}

static void readable(void *user, int fd, int events)
{
    struct hub *hub = user;
    bool changed = false;
    int one = 0;
    (void)events;
    for (int i = 0; i < MAX_READS && one >= 0; i++) {
        one = read_message(fd);
        changed |= one > 0;
    }
    if (changed) {
        note(hub);
    }
}

/* -- life ------------------------------------------------------------------------------------- */

static void hang_up(struct hub *hub)
{
    wsd__timer_stop(&hub->timer);
    wsd__io_remove(hub->io);
    hub->io = NULL;
    if (hub->fd >= 0) {
        close(hub->fd);
    }
    hub->fd = -1;
}

static void destroy(void *value)
{
    struct hub *hub = value;
    while (hub->watches != NULL) {
        struct wsd__netwatch *watch = hub->watches;
        hub->watches = watch->next;
        watch->context = NULL;
    }
    hang_up(hub);
    free(hub);
}

static struct hub *hub_of(struct wsd_context *context)
{
    struct hub *hub = wsd__part(context, WSD__PART_NETWATCH);
    if (hub == NULL) {
        hub = calloc(1, sizeof *hub);
        if (hub == NULL) {
            return NULL;
        }
        hub->context = context;
        hub->fd = -1;
        wsd__part_set(context, WSD__PART_NETWATCH, hub, destroy);
    }
    return hub;
}

static int listen_in(struct hub *hub)
{
    if (hub->fd >= 0) {
        return 0;
    }
    hub->fd = open_socket();
    if (hub->fd < 0) {
        wsd__log(hub->context, WSD_LOG_INFO, "changes of the network will go unnoticed: %s",
                 strerror(errno));
        return WSD_E_SYSTEM;
    }
    int status = wsd__io_add(hub->context, hub->fd, WSD__READ, readable, hub, &hub->io);
    if (status < 0) {
        hang_up(hub);
    }
    return status;
}

int wsd__netwatch_start(struct wsd_context *context, struct wsd__netwatch *watch,
                        void (*changed)(void *user), void *user)
{
    struct hub *hub = hub_of(context);
    if (hub == NULL) {
        return WSD_E_NO_MEMORY;
    }
    int status = listen_in(hub);
    if (status < 0) {
        return status;
    }
    *watch = (struct wsd__netwatch){
        .changed = changed, .user = user, .next = hub->watches, .context = context};
    if (watch->next != NULL) {
        watch->next->previous = watch;
    }
    hub->watches = watch;
    return 0;
}

void wsd__netwatch_stop(struct wsd__netwatch *watch)
{
    if (watch->context == NULL) {
        return;
    }
    struct hub *hub = wsd__part(watch->context, WSD__PART_NETWATCH);
    if (hub->next == watch) {
        hub->next = watch->next;
    }
    if (watch->previous != NULL) {
        watch->previous->next = watch->next;
    } else {
        hub->watches = watch->next;
    }
    if (watch->next != NULL) {
        watch->next->previous = watch->previous;
    }
    watch->context = NULL;
    if (hub->watches == NULL) {
        hang_up(hub);
    }
}

void wsd__netwatch_poke(struct wsd_context *context)
{
    struct hub *hub = wsd__part(context, WSD__PART_NETWATCH);
    if (hub != NULL) {
        note(hub);
    }
}
