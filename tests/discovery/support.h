/* SPDX-License-Identifier: MIT */
/*
 * What the tests of discovery share: a context with a clock that the test turns, a network
 * namespace with nothing but loopback in it, and messages.
 */
#ifndef TEST_DISCOVERY_SUPPORT_H
#define TEST_DISCOVERY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <wsd/discovery.h>

#include "core/context.h"

static uint64_t clock_now = 1000;
static unsigned random_state = 1;
static char last_log[400];

static inline uint64_t test_now(void *user)
{
    (void)user;
    return clock_now;
}

static inline void test_random(void *user, void *bytes, size_t size)
{
    (void)user;
    for (size_t i = 0; i < size; i++) {
        random_state = random_state * 1103515245u + 12345u;
        ((unsigned char *)bytes)[i] = (unsigned char)(random_state >> 16);
    }
}

static inline void test_log(void *user, enum wsd_log_level level, const char *line)
{
    (void)user;
    (void)level;
    snprintf(last_log, sizeof last_log, "%s", line);
}

static inline struct wsd_context *make_context(bool foreign)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    options.now = test_now;
    options.random = test_random;
    options.log = test_log;
    options.allow_loopback = true;
    options.ipv4_only = true;
    options.allow_foreign_addresses = foreign;
    assert_int_equal(wsd_context_new(&options, &context, NULL), 0);
    return context;
}

/* Does all that is due without waiting. */
static inline void turn(struct wsd_context *context)
{
    for (int i = 0; i < 8; i++) {
        assert_true(wsd_context_dispatch(context, NULL) >= 0);
    }
}

static inline void pass_time(struct wsd_context *context, unsigned milliseconds)
{
    for (unsigned i = 0; i < milliseconds; i += 10) {
        clock_now += 10;
        assert_true(wsd_context_dispatch(context, NULL) >= 0);
    }
    turn(context);
}

/* A network of our own with loopback up; false where the system does not allow it. */
static inline bool enter_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_MULTICAST;
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return up;
}

#define NEED_NAMESPACE(state)                                                                      \
    do {                                                                                           \
        if (*(state) == NULL) {                                                                    \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

static inline int setup_namespace(void **state)
{
    *state = enter_namespace() ? (void *)&clock_now : NULL;
    return 0;
}

/* A datagram socket that sends to the group through an interface. */
static inline int open_peer_on(const char *interface, uint32_t address, uint16_t port, bool member)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct ip_mreqn link = {.imr_ifindex = (int)if_nametoindex(interface)};
    int on = 1;
    own.sin_addr.s_addr = member ? INADDR_ANY : htonl(address);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &link, sizeof link), 0);
    if (member) {
        int all = 0; /* what came to the group on other interfaces is not meant */
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &all, sizeof all);
        inet_pton(AF_INET, "239.255.255.250", &link.imr_multiaddr);
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &link, sizeof link), 0);
    }
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    return fd;
}

static inline int open_peer(uint16_t port, bool member)
{
    return open_peer_on("lo", INADDR_LOOPBACK, port, member);
}

/* -- interfaces that come and go -------------------------------------------------------------- */

struct link_message {
    struct nlmsghdr head;
    struct ifinfomsg info;
    char attributes[256];
};

static inline struct rtattr *put_attribute(struct link_message *message, unsigned short type,
                                           const void *data, size_t size)
{
    struct rtattr *item = (void *)((char *)message + NLMSG_ALIGN(message->head.nlmsg_len));
    item->rta_type = type;
    item->rta_len = (unsigned short)RTA_LENGTH(size);
    if (size > 0) {
        memcpy(RTA_DATA(item), data, size);
    }
    message->head.nlmsg_len =
        (uint32_t)(NLMSG_ALIGN(message->head.nlmsg_len) + RTA_ALIGN(item->rta_len));
    return item;
}

static inline void end_attribute(struct link_message *message, struct rtattr *item)
{
    char *end = (char *)message + message->head.nlmsg_len;
    item->rta_len = (unsigned short)(end - (char *)item);
}

/* Sends a request to the kernel and waits until it is done. */
static inline void change_links(struct link_message *message)
{
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char more[512];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    message->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
    assert_true(send(fd, message, message->head.nlmsg_len, 0) > 0);
    assert_true(recv(fd, &answer, sizeof answer, 0) > 0);
    assert_int_equal(answer.error.error, 0);
    close(fd);
}

static inline struct link_message link_message(uint16_t type)
{
    struct link_message message = {
        .head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)), .nlmsg_type = type}};
    return message;
}

static inline void set_link_up(const char *name)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags = IFF_UP | IFF_MULTICAST | IFF_BROADCAST;
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

/* A pair of interfaces, NAME with an address (host byte order) in a network of 24 bits, and its
 * far end. */
static inline void make_link(const char *name, uint32_t address)
{
    char far[IFNAMSIZ];
    struct link_message message = link_message(RTM_NEWLINK);
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct ifreq request = {0};
    snprintf(far, sizeof far, "far-%s", name);
    message.head.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
    put_attribute(&message, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *info = put_attribute(&message, IFLA_LINKINFO, NULL, 0);
    put_attribute(&message, IFLA_INFO_KIND, "veth", 5);
    struct rtattr *data = put_attribute(&message, IFLA_INFO_DATA, NULL, 0);
    struct ifinfomsg none = {0};
    struct rtattr *peer = put_attribute(&message, 1 /* VETH_INFO_PEER */, &none, sizeof none);
    put_attribute(&message, IFLA_IFNAME, far, strlen(far) + 1);
    end_attribute(&message, peer);
    end_attribute(&message, data);
    end_attribute(&message, info);
    change_links(&message);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    in.sin_addr.s_addr = htonl(address);
    memcpy(&request.ifr_addr, &in, sizeof in);
    assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
    in.sin_addr.s_addr = htonl(0xffffff00);
    memcpy(&request.ifr_netmask, &in, sizeof in);
    assert_int_equal(ioctl(fd, SIOCSIFNETMASK, &request), 0);
    close(fd);
    set_link_up(far);
    set_link_up(name);
}

static inline void remove_link(const char *name)
{
    struct link_message message = link_message(RTM_DELLINK);
    message.info.ifi_index = (int)if_nametoindex(name);
    change_links(&message);
}

/* Waits until the kernel has made an address its own, of which it tells on a socket made before. */
static inline void await_local_route(int routes, const struct in6_addr *address)
{
    struct timeval limit = {.tv_sec = 10};
    struct {
        struct nlmsghdr head;
        struct rtmsg route;
        char attributes[4096];
    } news;
    bool there = false;
    setsockopt(routes, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    while (!there) {
        ssize_t size = recv(routes, &news, sizeof news, 0);
        assert_true(size > 0);
        there = news.head.nlmsg_type == RTM_NEWROUTE && news.route.rtm_type == RTN_LOCAL &&
                memmem(news.attributes, (size_t)size - sizeof news.head - sizeof news.route,
                       address, sizeof *address) != NULL;
    }
}

/* An address about which nobody asks the link whether another has it. */
static inline void add_link_local_to_loopback(const char *text)
{
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg info;
        struct rtattr attribute;
        struct in6_addr address;
    } message = {
        .head = {.nlmsg_len = sizeof message,
                 .nlmsg_type = RTM_NEWADDR,
                 .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL},
        .info = {.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_flags = IFA_F_NODAD},
        .attribute = {.rta_len = RTA_LENGTH(sizeof(struct in6_addr)), .rta_type = IFA_LOCAL}};
    struct link_message request = {0};
    message.info.ifa_index = if_nametoindex("lo");
    inet_pton(AF_INET6, text, &message.address);
    memcpy(&request, &message, sizeof message);
    int routes = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV6_ROUTE};
    assert_int_equal(bind(routes, (struct sockaddr *)&group, sizeof group), 0);
    change_links(&request);
    await_local_route(routes, &message.address);
    close(routes);
}

static inline void send_to(int fd, const char *address, uint16_t port, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to),
                     (ssize_t)strlen(text));
}

/* The next datagram as text, NULL if there is none; valid until the next call. */
static inline const char *receive_text(int fd, uint16_t *ret_port)
{
    static char text[65536];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(fd, text, sizeof text - 1, 0, (struct sockaddr *)&from, &size);
    if (length < 0) {
        return NULL;
    }
    text[length] = '\0';
    if (ret_port != NULL) {
        *ret_port = ntohs(from.sin_port);
    }
    return text;
}

static inline unsigned count_datagrams(int fd)
{
    unsigned count = 0;
    while (receive_text(fd, NULL) != NULL) {
        count++;
    }
    return count;
}

#define NS_2005 "http://schemas.xmlsoap.org/ws/2005/04/discovery"
#define ENVELOPE(action, id, header, body)                                                         \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                                                   \
    "<soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "                       \
    "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:wsd=\"" NS_2005 "\" "    \
    "xmlns:wsdp=\"http://schemas.xmlsoap.org/ws/2006/02/devprof\" "                                \
    "xmlns:wscn=\"http://schemas.microsoft.com/windows/2006/08/wdp/scan\">"                        \
    "<soap:Header><wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To>"                   \
    "<wsa:Action>" NS_2005 "/" action "</wsa:Action><wsa:MessageID>" id "</wsa:MessageID>" header  \
    "</soap:Header><soap:Body>" body "</soap:Body></soap:Envelope>"

#endif
