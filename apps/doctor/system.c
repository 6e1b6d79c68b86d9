/* SPDX-License-Identifier: MIT */
/*
 * By getifaddrs(3) and by trying: a datagram socket that is connected tells which way it would send
 * without sending, and a bind tells whether a port is free.
 */
#include "doctor/system.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP_IPV4 "239.255.255.250"
#define GROUP_IPV6 "ff02::c"

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static size_t size_of(int family)
{
    return family == AF_INET ? 4 : 16;
}

static bool take_address(const struct sockaddr *from, struct system_address *ret)
{
    union any_address a = {0};
    const void *bytes;

    if (from->sa_family != AF_INET && from->sa_family != AF_INET6)
        return false;
    memcpy(&a, from, from->sa_family == AF_INET ? sizeof a.v4 : sizeof a.v6);
    *ret = (struct system_address){.family = from->sa_family, .prefix = 128};
    bytes =
        from->sa_family == AF_INET ? (const void *)&a.v4.sin_addr : (const void *)&a.v6.sin6_addr;
    memcpy(ret->bytes, bytes, size_of(ret->family));
    return inet_ntop(ret->family, ret->bytes, ret->text, sizeof ret->text) != NULL;
}

static unsigned prefix_of(const struct sockaddr *mask)
{
    struct system_address bits;
    unsigned n = 0;

    if (!mask || !take_address(mask, &bits))
        return 128;
    for (size_t i = 0; i < size_of(bits.family); i++)
        n += (unsigned)__builtin_popcount(bits.bytes[i]);
    return n;
}

static struct system_interface *interface_of(struct system_facts *facts, const struct ifaddrs *item)
{
    for (size_t i = 0; i < facts->n_interfaces; i++)
        if (strcmp(facts->interfaces[i].name, item->ifa_name) == 0)
            return &facts->interfaces[i];
    if (facts->n_interfaces == SYSTEM_INTERFACES_MAX || strlen(item->ifa_name) >= IF_NAMESIZE)
        return NULL;
    struct system_interface *i = &facts->interfaces[facts->n_interfaces++];
    memcpy(i->name, item->ifa_name, strlen(item->ifa_name) + 1);
    i->index = if_nametoindex(item->ifa_name);
    i->flags = item->ifa_flags;
    i->self_assigned = true;
    return i;
}

static void add_item(struct system_facts *facts, const struct ifaddrs *item)
{
    struct system_interface *i = interface_of(facts, item);
    struct system_address address;

    if (!i || !item->ifa_addr || facts->n_addresses == SYSTEM_ADDRESSES_MAX ||
        !take_address(item->ifa_addr, &address))
        return;
    address.interface_ = i->index;
    address.prefix = prefix_of(item->ifa_netmask);
    facts->addresses[facts->n_addresses++] = address;
    if (address.family == AF_INET6) {
        i->n_ipv6++;
        return;
    }
    i->n_ipv4++;
    i->self_assigned = i->self_assigned && system_link_local(&address);
}

bool system_look(struct system_facts *ret)
{
    struct ifaddrs *found = NULL;

    *ret = (struct system_facts){0};
    if (getifaddrs(&found) != 0)
        return false;
    for (const struct ifaddrs *item = found; item; item = item->ifa_next)
        add_item(ret, item);
    freeifaddrs(found);
    for (size_t i = 0; i < ret->n_interfaces; i++)
        ret->interfaces[i].self_assigned &= ret->interfaces[i].n_ipv4 > 0;
    return true;
}

const struct system_interface *system_interface(const struct system_facts *facts, unsigned index)
{
    for (size_t i = 0; i < facts->n_interfaces; i++)
        if (facts->interfaces[i].index == index)
            return &facts->interfaces[i];
    return NULL;
}

bool system_address_read(const char *text, struct system_address *ret)
{
    char copy[SYSTEM_ADDRESS_TEXT];
    size_t n = strcspn(text, "%");

    if (n >= sizeof copy)
        return false;
    memcpy(copy, text, n);
    copy[n] = 0;
    *ret = (struct system_address){.family = strchr(copy, ':') ? AF_INET6 : AF_INET, .prefix = 128};
    snprintf(ret->text, sizeof ret->text, "%s", copy);
    return inet_pton(ret->family, copy, ret->bytes) == 1;
}

bool system_same_network(const struct system_address *a, const struct system_address *b)
{
    unsigned bits =
        a->prefix < size_of(a->family) * 8 ? a->prefix : (unsigned)size_of(a->family) * 8;

    if (a->family != b->family || memcmp(a->bytes, b->bytes, bits / 8) != 0)
        return false;
    return bits % 8 == 0 || (a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (8 - bits % 8) == 0;
}

bool system_link_local(const struct system_address *a)
{
    return a->family == AF_INET6 ? a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80
                                 : a->bytes[0] == 169 && a->bytes[1] == 254;
}

const struct system_address *system_network_of(const struct system_facts *facts,
                                               const struct system_address *address)
{
    for (size_t i = 0; i < facts->n_addresses; i++)
        if (system_same_network(&facts->addresses[i], address))
            return &facts->addresses[i];
    return NULL;
}

static socklen_t sockaddr_of(const struct system_address *address, uint16_t port,
                             union any_address *ret)
{
    *ret = (union any_address){0};
    if (address->family == AF_INET) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = htons(port);
        memcpy(&ret->v4.sin_addr, address->bytes, 4);
        return sizeof ret->v4;
    }
    ret->v6.sin6_family = AF_INET6;
    ret->v6.sin6_port = htons(port);
    ret->v6.sin6_scope_id = address->interface_;
    memcpy(&ret->v6.sin6_addr, address->bytes, 16);
    return sizeof ret->v6;
}

bool system_source(const struct system_address *to, struct system_address *ret)
{
    union any_address peer, own = {0};
    socklen_t size = sockaddr_of(to, SYSTEM_DISCOVERY_PORT, &peer), own_size = sizeof own;
    int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool there = fd >= 0 && connect(fd, &peer.any, size) == 0 &&
                 getsockname(fd, &own.any, &own_size) == 0 && take_address(&own.any, ret);

    if (fd >= 0)
        close(fd);
    return there;
}

int system_group_route(const struct system_facts *facts)
{
    struct system_address group, own;

    system_address_read(GROUP_IPV4, &group);
    if (!system_source(&group, &own))
        return 0;
    for (size_t i = 0; i < facts->n_addresses; i++)
        if (facts->addresses[i].family == AF_INET &&
            memcmp(facts->addresses[i].bytes, own.bytes, 4) == 0)
            return (int)facts->addresses[i].interface_;
    return -1;
}

int system_join(int family, unsigned interface)
{
    struct system_address group;
    struct group_req request = {.gr_interface = interface};
    union any_address where;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), failed;

    if (fd < 0)
        return errno;
    system_address_read(family == AF_INET ? GROUP_IPV4 : GROUP_IPV6, &group);
    socklen_t size = sockaddr_of(&group, 0, &where);
    memcpy(&request.gr_group, &where, size);
    failed = setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP,
                        &request, sizeof request) == 0
                 ? 0
                 : errno;
    close(fd);
    return failed;
}

static void set(int fd, int option)
{
    setsockopt(fd, SOL_SOCKET, option, &(int){1}, sizeof(int));
}

static int try_port(int type, uint16_t port)
{
    struct system_address any = {.family = AF_INET};
    union any_address where;
    socklen_t size = sockaddr_of(&any, port, &where);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    set(fd, SO_REUSEADDR);
#ifdef SO_REUSEPORT
    if (type == SOCK_DGRAM)
        set(fd, SO_REUSEPORT);
#endif
    int failed = bind(fd, &where.any, size) == 0 ? 0 : errno;
    close(fd);
    return failed;
}

int system_udp_port(uint16_t port)
{
    return try_port(SOCK_DGRAM, port);
}

int system_tcp_port(uint16_t port)
{
    return try_port(SOCK_STREAM, port);
}

uint16_t system_free_port(void)
{
    union any_address own = {.v4 = {.sin_family = AF_INET}};
    socklen_t size = sizeof own.v4;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool bound =
        fd >= 0 && bind(fd, &own.any, sizeof own.v4) == 0 && getsockname(fd, &own.any, &size) == 0;

    if (fd >= 0)
        close(fd);
    return bound ? ntohs(own.v4.sin_port) : 0;
}
