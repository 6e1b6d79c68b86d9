/* SPDX-License-Identifier: MIT */
/*
 * Datagram sockets for a multicast group on one link.
 *
 * Options that only some systems have are taken where they exist. On Linux a batch is read with one
 * system call (recvmmsg), elsewhere with one call a datagram.
 */
#include "soap/udp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/limits.h"

enum { RECEIVE_BUFFER = 4 << 20, MULTICAST_HOPS = 1 };

#if !defined(IPV6_ADD_MEMBERSHIP) && defined(IPV6_JOIN_GROUP)
#define IPV6_ADD_MEMBERSHIP IPV6_JOIN_GROUP
#endif

void wsd__udp_group(int family, unsigned interface, struct wsd__address *ret)
{
    const char *text = family == AF_INET ? WSD__DISCOVERY_IPV4 : WSD__DISCOVERY_IPV6;
    wsd__address_parse(text, strlen(text), ret);
    ret->scope = family == AF_INET6 ? interface : 0;
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* -1 with errno set when an option fails without which the socket would do something else. */
static int set_ipv4(int fd, const struct wsd__udp_binding *binding)
{
    struct ip_mreqn link = {.imr_ifindex = (int)binding->interface};
    unsigned char hops = MULTICAST_HOPS, loop = 1;
    struct wsd__address group;
#ifdef IP_MULTICAST_ALL
    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
#endif
#ifdef IP_PKTINFO
    if (set(fd, IPPROTO_IP, IP_PKTINFO, 1) != 0) {
        return -1;
    }
#endif
    if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &loop, sizeof loop) != 0) {
        return -1;
    }
    if (binding->interface != 0 &&
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &link, sizeof link) != 0) {
        return -1;
    }
    if (!binding->member) {
        return 0;
    }
    wsd__udp_group(AF_INET, binding->interface, &group);
    memcpy(&link.imr_multiaddr, group.bytes, 4);
    return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &link, sizeof link);
}

static int set_ipv6(int fd, const struct wsd__udp_binding *binding)
{
    struct ipv6_mreq link = {.ipv6mr_interface = binding->interface};
    struct wsd__address group;
#ifdef IPV6_MULTICAST_ALL
    set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
    if (set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0 ||
        set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) != 0 ||
        set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, MULTICAST_HOPS) != 0 ||
        set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1) != 0) {
        return -1;
    }
    if (binding->interface != 0 &&
        set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)binding->interface) != 0) {
        return -1;
    }
    if (!binding->member) {
        return 0;
    }
    wsd__udp_group(AF_INET6, binding->interface, &group);
    memcpy(&link.ipv6mr_multiaddr, group.bytes, 16);
    return setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &link, sizeof link);
}

static void enlarge_buffer(int fd)
{
#ifdef SO_RCVBUFFORCE
    if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) == 0) {
        return;
    }
#endif
    set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
}

static int configure(int fd, const struct wsd__udp_binding *binding)
{
    union wsd__sockaddr local;
    struct wsd__address any = {.family = binding->family};
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return -1;
    }
    if (binding->shared) {
        /* Both, where both exist: sharing needs one option that all sharers have (D21). */
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef SO_REUSEPORT
        set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#endif
    }
    enlarge_buffer(fd);
    if (binding->family == AF_INET ? set_ipv4(fd, binding) : set_ipv6(fd, binding)) {
        return -1;
    }
    socklen_t size = wsd__address_sockaddr(binding->address.family != 0 ? &binding->address : &any,
                                           binding->port, &local);
    return bind(fd, &local.any, size);
}

int wsd__udp_socket_open(struct wsd_context *context, const struct wsd__udp_binding *binding,
                         struct wsd_error *reterr)
{
    const struct wsd_context_options *options = wsd__options(context);
    int fd = options->open_socket != NULL
                 ? options->open_socket(options->user, binding->family, SOCK_DGRAM, IPPROTO_UDP)
                 : socket(binding->family, SOCK_DGRAM, IPPROTO_UDP);
    if (fd < 0) {
        return wsd__error_errno(reterr, WSD_E_NETWORK, errno, "cannot open a datagram socket");
    }
    if (configure(fd, binding) != 0) {
        int failed = errno;
        close(fd);
        return wsd__error_errno(reterr, WSD_E_NETWORK, failed,
                                failed == EADDRINUSE
                                    ? "UDP port %u is taken by a program that does not share it"
                                    : "cannot prepare a datagram socket for port %u",
                                binding->port);
    }
    return fd;
}

/* -- reading ---------------------------------------------------------------------------------- */

struct control {
    _Alignas(struct cmsghdr) char bytes[128];
};

struct wsd__udp_batch {
#ifdef __linux__
    struct mmsghdr heads[WSD__UDP_BATCH];
#else
    struct {
        struct msghdr msg_hdr;
        unsigned msg_len;
    } heads[WSD__UDP_BATCH];
#endif
    struct iovec pieces[WSD__UDP_BATCH];
    union wsd__sockaddr peers[WSD__UDP_BATCH];
    struct control controls[WSD__UDP_BATCH];
    char bytes[WSD__UDP_BATCH][WSD_MAX_DATAGRAM + 1]; /* one more, to tell what fills it */
};

struct wsd__udp_batch *wsd__udp_batch_new(void)
{
    return malloc(sizeof(struct wsd__udp_batch));
}

void wsd__udp_batch_free(struct wsd__udp_batch *batch)
{
    free(batch);
}

static void prepare(struct wsd__udp_batch *batch)
{
    for (size_t i = 0; i < WSD__UDP_BATCH; i++) {
        struct msghdr *head = &batch->heads[i].msg_hdr;
        batch->pieces[i] = (struct iovec){batch->bytes[i], sizeof batch->bytes[i]};
        memset(head, 0, sizeof *head);
        head->msg_name = &batch->peers[i];
        head->msg_namelen = sizeof batch->peers[i];
        head->msg_iov = &batch->pieces[i];
        head->msg_iovlen = 1;
        head->msg_control = &batch->controls[i];
        head->msg_controllen = sizeof batch->controls[i];
        batch->heads[i].msg_len = 0;
        batch->peers[i].any.sa_family = AF_UNSPEC;
    }
}

int wsd__udp_socket_read(int fd, struct wsd__udp_batch *batch)
{
    prepare(batch);
#ifdef __linux__
    int count = recvmmsg(fd, batch->heads, WSD__UDP_BATCH, MSG_DONTWAIT, NULL);
#else
    int count = 0;
    while (count < WSD__UDP_BATCH) {
        ssize_t size = recvmsg(fd, &batch->heads[count].msg_hdr, MSG_DONTWAIT);
        if (size < 0) {
            count = count > 0 ? count : -1;
            break;
        }
        batch->heads[count++].msg_len = (unsigned)size;
    }
#endif
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return 0;
    }
    return count;
}

static void read_control(struct msghdr *head, struct wsd__udp_received *ret)
{
    for (struct cmsghdr *item = CMSG_FIRSTHDR(head); item != NULL; item = CMSG_NXTHDR(head, item)) {
#ifdef IP_PKTINFO
        if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            ret->interface = (unsigned)info.ipi_ifindex;
            ret->multicast = IN_MULTICAST(ntohl(info.ipi_addr.s_addr));
        }
#endif
        if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            ret->interface = (unsigned)info.ipi6_ifindex;
            ret->multicast = IN6_IS_ADDR_MULTICAST(&info.ipi6_addr);
        }
    }
}

void wsd__udp_batch_get(struct wsd__udp_batch *batch, int number, struct wsd__udp_received *ret)
{
    struct msghdr *head = &batch->heads[number].msg_hdr;
    memset(ret, 0, sizeof *ret);
    ret->bytes = batch->bytes[number];
    ret->size = batch->heads[number].msg_len;
    ret->truncated = (head->msg_flags & MSG_TRUNC) != 0 || ret->size > WSD_MAX_DATAGRAM;
    if (ret->size > WSD_MAX_DATAGRAM) {
        ret->size = WSD_MAX_DATAGRAM;
    }
    if (!wsd__address_of(&batch->peers[number].any, &ret->peer, &ret->port)) {
        ret->peer.family = 0;
    }
    read_control(head, ret);
}

/* -- sending ---------------------------------------------------------------------------------- */

static void add_control(struct msghdr *head, struct control *control, int level, int type,
                        const void *data, size_t size)
{
    memset(control, 0, sizeof *control);
    head->msg_control = control;
    head->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *item = CMSG_FIRSTHDR(head);
    item->cmsg_level = level;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(item), data, size);
}

static void add_source(struct msghdr *head, struct control *control, int family, unsigned interface,
                       const struct wsd__address *source)
{
    if (family == AF_INET6) {
        struct in6_pktinfo info = {.ipi6_ifindex = interface};
        memcpy(&info.ipi6_addr, source->bytes, 16);
        add_control(head, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
#ifdef IP_PKTINFO
    if (family == AF_INET) {
        struct in_pktinfo info = {.ipi_ifindex = (int)interface};
        memcpy(&info.ipi_spec_dst, source->bytes, 4);
        add_control(head, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
#endif
}

int wsd__udp_socket_send(int fd, unsigned interface, const struct wsd__address *source,
                         const struct wsd__address *to, uint16_t port, const void *bytes,
                         size_t size)
{
    union wsd__sockaddr peer;
    struct control control;
    struct iovec piece = {(void *)(uintptr_t)bytes, size};
    struct msghdr head = {.msg_iov = &piece, .msg_iovlen = 1, .msg_name = &peer};
    head.msg_namelen = wsd__address_sockaddr(to, port, &peer);
    if (source != NULL && source->family == to->family) {
        add_source(&head, &control, to->family, interface, source);
    }
    ssize_t sent;
    do {
        sent = sendmsg(fd, &head, 0);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}
