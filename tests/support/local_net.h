/* SPDX-License-Identifier: MIT */
/*
 * A network made of pairs of local sockets, and the clock over it: both belong to the test.
 *
 * connect() to an IPv4 address gives one end of a pair; net_connected() has the other. Datagram
 * sockets come from net_open(), which goes into wsd_context_options; what is sent on them comes to
 * net_datagram_sent(), and net_datagram() lets one arrive. Nothing leaves the process but
 * connections to our own servers on loopback, by net_call(), and no name is ever asked for. The
 * monotonic clock of libwsd, libcurl and libmicrohttpd is the one that the test turns. Linked with
 * --wrap for setsockopt, bind, sendmsg, recvmmsg and close.
 */
#ifndef TESTS_SUPPORT_LOCAL_NET_H
#define TESTS_SUPPORT_LOCAL_NET_H

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <wsd/wsd.h>

static inline void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

/* With WSD_FUZZ_SHOW in the environment the conversation is told on standard error. */
__attribute__((format(printf, 1, 2))) static inline void show(const char *format, ...)
{
    static int shown = -1;
    va_list arguments;

    if (shown < 0)
        shown = getenv("WSD_FUZZ_SHOW") != NULL;
    if (!shown)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* -- the clock -------------------------------------------------------------------------------- */

enum { CLOCK_START = 1000000 };

static uint64_t clock_ms;
static bool clock_turned; /* else it is the system's, as who calls us needs it */

int clock_gettime(clockid_t id, struct timespec *ret)
{
    if (!clock_turned || id == CLOCK_REALTIME || id == CLOCK_PROCESS_CPUTIME_ID ||
        id == CLOCK_THREAD_CPUTIME_ID)
        return (int)syscall(SYS_clock_gettime, id, ret);
    ret->tv_sec = (time_t)(clock_ms / 1000);
    ret->tv_nsec = (long)(clock_ms % 1000) * 1000000;
    return 0;
}

static inline uint64_t clock_now(void *user)
{
    (void)user;
    return clock_ms;
}

static uint8_t random_next;

static inline void random_counting(void *user, void *bytes, size_t size)
{
    (void)user;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = random_next++;
}

/* A test that makes calls on sockets fail says which (true with errno set), and does so for none
 * of those that are made for it here. */
#ifndef NET_FAILS
#define NET_FAILS()      false
#define NET_SAFELY(what) what
#endif

/* -- connections ------------------------------------------------------------------------------ */

/* Somebody in the library connects: 0, or errno to refuse it with. The other end is fd. */
static int net_connected(int fd, const struct sockaddr_in *to);

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    const struct sockaddr *to = address.__sockaddr__;
    int pair[2], kind = 0, refused;
    socklen_t room = sizeof kind;

    if (to->sa_family != AF_INET || getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &room) != 0 ||
        kind != SOCK_STREAM)
        return (int)syscall(SYS_connect, fd, to, size);
    if (NET_FAILS())
        return -1;
    int flags = fcntl(fd, F_GETFL);
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0, "pair");
    NET_SAFELY(refused = net_connected(pair[1], (const struct sockaddr_in *)(const void *)to));
    if (refused != 0) {
        close(pair[0]);
        close(pair[1]);
        errno = refused;
        return -1;
    }
    require(dup3(pair[0], fd, O_CLOEXEC) == fd, "dup");
    close(pair[0]);
    fcntl(fd, F_SETFL, flags);
    return 0;
}

/* No name is ever asked for: only addresses are read. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *wish,
                struct addrinfo **ret)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    struct addrinfo numeric = {0};

    if (!real)
        *(void **)(&real) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (wish)
        numeric = *wish;
    numeric.ai_flags |= AI_NUMERICHOST;
    return real(host, service, &numeric, ret);
}

/* A connection to a server of ours, a real one; -1 when it does not listen. */
static inline int net_call(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger none = {.l_onoff = 1, .l_linger = 0}; /* no port is held after its end */
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port = htons(port);
    require(fd >= 0, "a socket");
    /* A signal, as of a fuzzer's clock, may interrupt it where loopback lags behind. */
    long status = syscall(SYS_connect, fd, &to, sizeof to);
    while (status != 0 && (errno == EINTR || errno == EALREADY))
        status = syscall(SYS_connect, fd, &to, sizeof to);
    if (status != 0 && errno != EISCONN) {
        show("no connection to port %u: %s", port, strerror(errno));
        close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* what is sent arrives at once */
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* -- datagrams -------------------------------------------------------------------------------- */

enum { NET_SOCKETS = 64, NET_FIRST_PORT = 20000 }; /* the port of the socket of number 0 */

/* Before each datagram in its pair. */
struct net_envelope {
    uint32_t from;
    uint16_t port;
    uint8_t multicast, interface;
};

static struct net_socket {
    int ours, theirs; /* ours: what the library has; -1: free */
    void *owner;      /* the user of its context */
} net_sockets[NET_SOCKETS];
static size_t net_n_sockets; /* used or free ones */

/* The library sends one, on the socket of that number. */
static void net_datagram_sent(size_t number, const struct sockaddr_in *to, const void *bytes,
                              size_t size);

int __real_close(int fd);
int __wrap_close(int fd);
int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __real_bind(int fd, const struct sockaddr *address, socklen_t size);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout);

static inline bool net_is_ours(int fd, size_t *ret)
{
    for (size_t i = net_n_sockets; i-- > 0;)
        if (net_sockets[i].ours == fd) {
            *ret = i;
            return true;
        }
    return false;
}

static inline int net_open(void *user, int family, int type, int protocol)
{
    int pair[2];
    size_t number = 0;

    (void)type, (void)protocol;
    if (NET_FAILS())
        return -1;
    while (number < net_n_sockets && net_sockets[number].ours >= 0)
        number++;
    if (family != AF_INET || number == NET_SOCKETS) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    require(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0, "pair");
    net_sockets[number] = (struct net_socket){pair[0], pair[1], user};
    net_n_sockets += number == net_n_sockets;
    return pair[0];
}

int __wrap_close(int fd)
{
    size_t number;

    if (fd >= 0 && net_is_ours(fd, &number)) {
        __real_close(net_sockets[number].theirs);
        net_sockets[number].ours = -1;
    }
    return __real_close(fd);
}

static inline bool net_is_closed(void)
{
    for (size_t i = 0; i < net_n_sockets; i++)
        if (net_sockets[i].ours >= 0)
            return false;
    return true;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    size_t number;

    if (NET_FAILS())
        return -1;
    return net_is_ours(fd, &number) ? 0 : __real_setsockopt(fd, level, name, value, size);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    size_t number;

    if (NET_FAILS())
        return -1;
    return net_is_ours(fd, &number) ? 0 : __real_bind(fd, address, size);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    size_t number;

    if (NET_FAILS())
        return -1;
    if (!net_is_ours(fd, &number))
        return __real_sendmsg(fd, message, flags);
    net_datagram_sent(number, message->msg_name, message->msg_iov[0].iov_base,
                      message->msg_iov[0].iov_len);
    return (ssize_t)message->msg_iov[0].iov_len;
}

static inline void net_address(struct msghdr *head, const struct net_envelope *envelope)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = envelope->from};
    struct in_pktinfo info = {.ipi_ifindex = envelope->interface};
    struct cmsghdr *item = head->msg_control;

    from.sin_port = htons(envelope->port);
    memcpy(head->msg_name, &from, sizeof from);
    head->msg_namelen = sizeof from;
    info.ipi_addr.s_addr = htonl(envelope->multicast ? 0xeffffffa : INADDR_LOOPBACK);
    item->cmsg_level = IPPROTO_IP;
    item->cmsg_type = IP_PKTINFO;
    item->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(item), &info, sizeof info);
    head->msg_controllen = CMSG_SPACE(sizeof info);
}

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *timeout)
{
    size_t number;
    unsigned n = 0;

    if (NET_FAILS())
        return -1;
    if (!net_is_ours(fd, &number))
        return __real_recvmmsg(fd, messages, count, flags, timeout);
    for (; n < count; n++) {
        struct net_envelope envelope;
        struct iovec *piece = messages[n].msg_hdr.msg_iov;
        struct iovec parts[2] = {{&envelope, sizeof envelope}, *piece};
        struct msghdr head = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t got = recvmsg(fd, &head, MSG_DONTWAIT);

        if (got < (ssize_t)sizeof envelope)
            break;
        messages[n].msg_len = (unsigned)got - (unsigned)sizeof envelope;
        messages[n].msg_hdr.msg_flags = head.msg_flags;
        net_address(&messages[n].msg_hdr, &envelope);
    }
    if (n == 0) {
        errno = EAGAIN;
        return -1;
    }
    return (int)n;
}

/* One arrives, if the socket is there. */
static inline void net_datagram(size_t number, const struct net_envelope *envelope,
                                const void *bytes, size_t size)
{
    struct iovec parts[2] = {{(void *)(uintptr_t)envelope, sizeof *envelope},
                             {(void *)(uintptr_t)bytes, size}};
    struct msghdr head = {.msg_iov = parts, .msg_iovlen = 2};

    if (number < net_n_sockets && net_sockets[number].ours >= 0)
        __real_sendmsg(net_sockets[number].theirs, &head, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* -- turns ---------------------------------------------------------------------------------- */

/* Lets the library do what it can without time going by. */
static inline bool net_dispatch(struct wsd_context *context)
{
    struct pollfd ready = {.fd = wsd_context_fd(context), .events = POLLIN};
    bool worked = false;

    for (int i = 0; i < 1000 && (wsd_context_timeout(context) == 0 || poll(&ready, 1, 0) == 1);
         i++) {
        wsd_context_dispatch(context, NULL);
        worked = true;
    }
    return worked;
}

#endif
