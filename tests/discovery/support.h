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
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
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

/* A datagram socket on loopback that sends to the group through loopback. */
static inline int open_peer(uint16_t port, bool member)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct ip_mreqn link = {.imr_ifindex = (int)if_nametoindex("lo")};
    int on = 1;
    own.sin_addr.s_addr = member ? INADDR_ANY : htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &link, sizeof link), 0);
    if (member) {
        inet_pton(AF_INET, "239.255.255.250", &link.imr_multiaddr);
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &link, sizeof link), 0);
    }
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    return fd;
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
