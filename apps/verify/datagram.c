/* SPDX-License-Identifier: MIT */
/*
 * Discovery by datagram: one question to the group or to the device, and what comes back.
 *
 * A question goes out once, by the interface that leads to the device. Other devices may answer a
 * question to the group too; what is theirs is passed over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/text.h"
#include "verify/verify.h"

#define PORT "3702"

/* Where the device is, and by which of our addresses it is reached. */
struct way {
    struct sockaddr_storage device, own;
    socklen_t n_device;
    unsigned interface;
};

static bool find_device(const struct verify *v, struct way *ret)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
    bool found;

    if (getaddrinfo(verify_name(v, "host"), PORT, &hints, &list) != 0)
        return false;
    found = list && list->ai_addrlen <= sizeof ret->device;
    if (found) {
        memcpy(&ret->device, list->ai_addr, list->ai_addrlen);
        ret->n_device = list->ai_addrlen;
    }
    freeaddrinfo(list);
    return found;
}

static const void *address_of(const struct sockaddr *a)
{
    return a->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
                                   : (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;
}

static bool same_host(const struct sockaddr *a, const struct sockaddr *b)
{
    return a->sa_family == b->sa_family &&
           memcmp(address_of(a), address_of(b), a->sa_family == AF_INET ? 4 : 16) == 0;
}

/* The kernel says by which address it would go; that address, on which interface it is. */
static bool find_way(const struct verify *v, struct way *ret)
{
    socklen_t size = sizeof ret->own;
    struct ifaddrs *list = NULL;
    int fd;

    if (!find_device(v, ret))
        return false;
    fd = socket(ret->device.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, (struct sockaddr *)&ret->device, ret->n_device) == 0 &&
                getsockname(fd, (struct sockaddr *)&ret->own, &size) == 0;
    if (fd >= 0)
        close(fd);
    if (!good || getifaddrs(&list) < 0)
        return false;
    for (const struct ifaddrs *i = list; i && ret->interface == 0; i = i->ifa_next)
        if (i->ifa_addr && same_host(i->ifa_addr, (struct sockaddr *)&ret->own))
            ret->interface = if_nametoindex(i->ifa_name);
    freeifaddrs(list);
    return ret->interface != 0;
}

/* Has the interface an address of that family that may ask the group? */
static bool has_family(unsigned interface, int family)
{
    struct ifaddrs *list = NULL;
    bool found = false;

    if (getifaddrs(&list) < 0)
        return false;
    for (const struct ifaddrs *i = list; i; i = i->ifa_next)
        found = found || (i->ifa_addr && i->ifa_addr->sa_family == family &&
                          if_nametoindex(i->ifa_name) == interface);
    freeifaddrs(list);
    return found;
}

static int open_socket(const struct way *way, int family)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct ip_mreqn by = {.imr_ifindex = (int)way->interface};
    int yes = 1, interface = (int)way->interface;

    if (fd < 0)
        return -1;
    if (family == AF_INET) {
        /* Else there would be no source address on loopback, whose own is of this host only. */
        if (way->own.ss_family == AF_INET)
            by.imr_address = ((const struct sockaddr_in *)&way->own)->sin_addr;
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof by);
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &yes, sizeof yes);
    } else {
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface, sizeof interface);
        setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &yes, sizeof yes);
    }
    return fd;
}

static int send_it(int fd, const struct way *way, const struct datagram_wish *wish, int family,
                   const struct exchange *x)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(3702)};
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(3702), .sin6_scope_id = way->interface};
    const struct sockaddr *to = (const struct sockaddr *)&way->device;
    socklen_t size = way->n_device;

    if (wish->multicast && family == AF_INET) {
        inet_pton(AF_INET, "239.255.255.250", &four.sin_addr);
        to = (const struct sockaddr *)&four;
        size = sizeof four;
    } else if (wish->multicast) {
        inet_pton(AF_INET6, "ff02::c", &six.sin6_addr);
        to = (const struct sockaddr *)&six;
        size = sizeof six;
    }
    return sendto(fd, x->sent, x->n_sent, 0, to, size) < 0 ? errno : 0;
}

/* Is it the device's? By what it says of itself, or (where that is enough) by where it comes from.
 */
static bool is_device(const struct verify *v, const struct way *way, bool any, const char *bytes,
                      const struct sockaddr *from)
{
    const char *endpoint = verify_name(v, "endpoint"), *uuid = strrchr(endpoint, ':');

    if (*endpoint && text_contains(bytes, uuid ? uuid + 1 : endpoint))
        return true;
    any = any || !*endpoint;
    return any && same_host(from, (const struct sockaddr *)&way->device);
}

static void keep(struct exchange *x, const char *bytes, size_t size)
{
    x->n_answers++;
    if (x->got)
        return;
    x->got = malloc(size + 1);
    if (!x->got)
        return;
    memcpy(x->got, bytes, size + 1);
    x->n_got = size;
    x->total = size;
}

static void listen_to(struct verify *v, struct exchange *x, const struct way *way,
                      const struct datagram_wish *wish, int fd)
{
    uint64_t began = verify_now(v), end = began + wish->time;
    static char buffer[65536];

    for (int i = 0; i < VERIFY_MAX_DATAGRAMS && verify_now(v) < end;) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, buffer, sizeof buffer - 1, 0, (struct sockaddr *)&from, &size);

        if (n < 0) {
            if (!verify_turn(v, fd, end))
                return;
            continue;
        }
        i++;
        buffer[n] = 0;
        if (!is_device(v, way, wish->any, buffer, (struct sockaddr *)&from))
            continue;
        if (x->n_answers == 0)
            x->took = verify_now(v) - began;
        keep(x, buffer, (size_t)n);
        if (!wish->silence)
            return;
    }
}

bool datagram_exchange(struct verify *v, struct exchange *x, const struct datagram_wish *wish)
{
    struct way way = {0};
    int family, fd, error;

    if (!find_way(v, &way)) {
        verify_say(v, VERIFY_UNTESTED, "no interface of this computer leads to %s",
                   verify_name(v, "host"));
        return false;
    }
    family = wish->family ? wish->family : way.device.ss_family;
    if (!has_family(way.interface, family)) {
        verify_say(v, VERIFY_UNTESTED, "the interface has no IPv%d address",
                   family == AF_INET ? 4 : 6);
        return false;
    }
    fd = open_socket(&way, family);
    error = fd < 0 ? errno : send_it(fd, &way, wish, family, x);
    if (error) {
        verify_say(v, VERIFY_UNTESTED, "the datagram could not be sent: %s", strerror(error));
        if (fd >= 0)
            close(fd);
        return false;
    }
    listen_to(v, x, &way, wish, fd);
    close(fd);
    if (v->options.seen) {
        struct wsd_trace seen = {.sent = true,
                                 .datagram = true,
                                 .peer = x->where,
                                 .note = x->name,
                                 .bytes = x->sent,
                                 .size = x->n_sent};
        v->options.seen(v->options.user, &seen);
        seen = (struct wsd_trace){.datagram = true,
                                  .peer = x->where,
                                  .note = "",
                                  .bytes = x->got ? x->got : "",
                                  .size = x->n_got};
        if (x->got)
            v->options.seen(v->options.user, &seen);
    }
    if (x->got)
        exchange_read(x);
    else
        snprintf(x->failure, sizeof x->failure, "no answer within %u ms", wish->time);
    return true;
}
