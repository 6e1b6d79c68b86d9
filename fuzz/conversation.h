/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers of whole conversations share: a script, a clock, and a network made of pairs of
 * local sockets.
 *
 * A script is the input: each decision takes a byte of it, and when it is used up all decisions are
 * 0, which stands for what a well-behaved peer does. So the empty input is a conversation without
 * any fault, and each byte spoils it somewhere.
 *
 * connect() to an IPv4 address gives one end of a pair; net_connected() has the other. Datagram
 * sockets come from net_open(); what is sent on them comes to net_datagram_sent(), and
 * net_datagram() lets one arrive. Nothing leaves the process but connections to our own servers on
 * loopback, by net_call(). The monotonic clock of libwsd, libcurl and libmicrohttpd is the one that
 * the script turns. Linked with --wrap for setsockopt, bind, sendmsg and recvmmsg.
 */
#ifndef FUZZ_CONVERSATION_H
#define FUZZ_CONVERSATION_H

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/* -- the script ------------------------------------------------------------------------------- */

static const uint8_t *script_at, *script_end;

static inline unsigned take(void)
{
    return script_at < script_end ? *script_at++ : 0;
}

/* 0 to n - 1. */
static inline unsigned choose(unsigned n)
{
    return take() % n;
}

static inline unsigned take_two(void)
{
    unsigned high = take();

    return high << 8 | take();
}

static inline bool script_over(void)
{
    return script_at == script_end;
}

/* -- the clock -------------------------------------------------------------------------------- */

enum { CLOCK_START = 1000000 };

static uint64_t clock_ms;
static bool clock_turned; /* else the system's: the fuzzer itself looks at it between two runs */

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

/* -- text ------------------------------------------------------------------------------------- */

/* A message under construction; what does not fit is left out. */
struct text {
    size_t length;
    char bytes[49152];
};

static inline void put_bytes(struct text *text, const void *bytes, size_t size)
{
    size_t room = sizeof text->bytes - 1 - text->length;

    if (size > room)
        size = room;
    memcpy(text->bytes + text->length, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void put(struct text *text, const char *format,
                                                             ...)
{
    char piece[8192];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    put_bytes(text, piece, length < (int)sizeof piece ? (size_t)length : sizeof piece - 1);
}

/* The text of an element of any prefix; "" when there is none. */
static inline void text_of(const void *bytes, size_t size, const char *element, char *ret,
                           size_t room)
{
    const char *from = memmem(bytes, size, element, strlen(element));
    const char *end = (const char *)bytes + size;
    size_t length = 0;

    from = from ? memchr(from, '>', (size_t)(end - from)) : NULL;
    if (from) {
        const char *to;

        from++;
        to = memchr(from, '<', (size_t)(end - from));

        length = to ? (size_t)(to - from) : 0;
        length = length < room ? length : room - 1;
        memcpy(ret, from, length);
    }
    ret[length] = '\0';
}

/* The attribute of an element's name, or anything else up to a quote. */
static inline void value_after(const void *bytes, size_t size, const char *mark, char *ret,
                               size_t room)
{
    const char *from = memmem(bytes, size, mark, strlen(mark));
    size_t length = 0;

    if (from) {
        from += strlen(mark);
        while (length < room - 1 && from + length < (const char *)bytes + size &&
               strchr("\"'<\r\n", from[length]) == NULL)
            length++;
        memcpy(ret, from, length);
    }
    ret[length] = '\0';
}

static inline bool has(const void *bytes, size_t size, const char *text)
{
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

/* -- edits ------------------------------------------------------------------------------------ */

static const char *const edit_words[] = {
    "",
    "<",
    ">",
    "\"",
    "&amp;",
    "&#0;",
    "0",
    "-1",
    "2147483648",
    "99999999999999999999",
    "PT0S",
    "PT1S",
    "P1000Y",
    "2030-01-01T00:00:00Z",
    "true",
    "<x/>",
    "<wscn:x xmlns:wscn='urn:y'/>",
    "]]>",
    "<!--",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "xmlns:wscn=''",
    "http://192.0.2.1/x",
    "http://127.0.0.1:1/y",
    "urn:uuid:00000000-0000-4000-8000-0000000000f0",
    "\r\n\r\n",
    "\r\n",
    "--b",
    "--b--",
    "\xff",
    "\xc3\xa4",
    "                                                                                        ",
};

static inline void edit_remove(struct text *text, size_t at, size_t size)
{
    size = at + size > text->length ? text->length - at : size;
    memmove(text->bytes + at, text->bytes + at + size, text->length - at - size);
    text->length -= size;
    text->bytes[text->length] = '\0';
}

static inline void edit_insert(struct text *text, size_t at, const void *bytes, size_t size)
{
    if (text->length + size >= sizeof text->bytes)
        return;
    memmove(text->bytes + at + size, text->bytes + at, text->length - at);
    memcpy(text->bytes + at, bytes, size);
    text->length += size;
    text->bytes[text->length] = '\0';
}

/* The next place like that after a random one; or that one. */
static inline size_t edit_find(const struct text *text, size_t at, char c)
{
    const char *found = memchr(text->bytes + at, c, text->length - at);

    return found ? (size_t)(found - text->bytes) : at;
}

/* An element with all that is in it, if no other of its name is in it. */
static inline size_t edit_element(const struct text *text, size_t at)
{
    char name[80] = "</";
    size_t length = 2 + strcspn(text->bytes + at + 1, " />\r\n");

    if (length < 3 || length >= sizeof name - 1 || text->bytes[at] != '<')
        return 1;
    memcpy(name + 2, text->bytes + at + 1, length - 2);
    const char *end = strstr(text->bytes + at, name);
    return end ? (size_t)(end - text->bytes) - at + length + 1 : edit_find(text, at, '>') - at + 1;
}

/* Spoils a message in one place. */
static inline void edit_once(struct text *text)
{
    unsigned what = choose(8);
    size_t at = text->length ? take_two() % text->length : 0;
    const char *word = edit_words[choose(sizeof edit_words / sizeof *edit_words)];

    switch (text->length ? what : 0) {
    case 0: /* a word somewhere */
        edit_insert(text, at, word, strlen(word));
        break;
    case 1: /* a word for the text of an element */
        at = edit_find(text, at, '>') + 1;
        at = at < text->length ? at : text->length;
        edit_remove(text, at, strcspn(text->bytes + at, "<"));
        edit_insert(text, at, word, strlen(word));
        break;
    case 2: /* a word for the value of an attribute */
        at = edit_find(text, at, '"') + 1;
        at = at < text->length ? at : text->length;
        edit_remove(text, at, strcspn(text->bytes + at, "\""));
        edit_insert(text, at, word, strlen(word));
        break;
    case 3:
        at = edit_find(text, at, '<');
        edit_remove(text, at, edit_element(text, at));
        break;
    case 4: { /* an element twice, or many times */
        static char copy[4096];
        at = edit_find(text, at, '<');
        size_t size = edit_element(text, at);
        if (size <= sizeof copy && at + size <= text->length) {
            memcpy(copy, text->bytes + at, size);
            for (unsigned i = 0, n = choose(4) == 3 ? 100 : 1; i < n; i++)
                edit_insert(text, at, copy, size);
        }
        break;
    }
    case 5:
        text->bytes[at] = (char)(text->bytes[at] ^ (1 << choose(8)));
        break;
    case 6:
        edit_remove(text, at, 1 + take());
        break;
    case 7:
        edit_remove(text, at, text->length);
        break;
    }
}

static inline void edit(struct text *text)
{
    for (unsigned n = 1 + choose(4); n > 0; n--)
        edit_once(text);
}

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
    int flags = fcntl(fd, F_GETFL);
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0, "pair");
    if ((refused = net_connected(pair[1], (const struct sockaddr_in *)(const void *)to)) != 0) {
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
    if (syscall(SYS_connect, fd, &to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* what is sent arrives at once */
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* -- datagrams -------------------------------------------------------------------------------- */

enum { NET_SOCKETS = 64 };

/* Before each datagram in its pair. */
struct net_envelope {
    uint32_t from;
    uint16_t port;
    uint8_t multicast, interface;
};

static struct net_socket {
    int ours, theirs; /* ours: what the library has */
} net_sockets[NET_SOCKETS];
static size_t net_n_sockets;

/* The library sends one, on the socket of that number. */
static void net_datagram_sent(size_t number, const struct sockaddr_in *to, const void *bytes,
                              size_t size);

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

    (void)user, (void)type, (void)protocol;
    if (family != AF_INET || net_n_sockets == NET_SOCKETS) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    require(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0, "pair");
    net_sockets[net_n_sockets++] = (struct net_socket){pair[0], pair[1]};
    return pair[0];
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
    size_t number;

    return net_is_ours(fd, &number) ? 0 : __real_setsockopt(fd, level, name, value, size);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    size_t number;

    return net_is_ours(fd, &number) ? 0 : __real_bind(fd, address, size);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    size_t number;

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

    if (number < net_n_sockets)
        sendmsg(net_sockets[number].theirs, &head, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* -- the two ends of a run -------------------------------------------------------------------- */

static inline struct wsd_context *conversation_begin(const uint8_t *data, size_t size)
{
    static const char *const interfaces[] = {"lo", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_context *context = NULL;
    struct wsd_error error = {0};

    script_at = data;
    script_end = data + size;
    clock_ms = CLOCK_START;
    clock_turned = true;
    random_next = 0;
    net_n_sockets = 0;
    options.interfaces = interfaces;
    options.allow_loopback = true;
    options.ipv4_only = true;
    options.now = clock_now;
    options.random = random_counting;
    options.open_socket = net_open;
    require(wsd_context_new(&options, &context, &error) == 0, error.message);
    return context;
}

static inline void conversation_end(struct wsd_context *context)
{
    wsd_context_free(context);
    for (size_t i = 0; i < net_n_sockets; i++) {
        struct pollfd closed = {.fd = net_sockets[i].theirs, .events = 0};
        char rest[16];

        while (recv(closed.fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {
        }
        require(send(closed.fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN,
                "the library has closed its datagram sockets");
        close(closed.fd);
    }
    clock_turned = false;
}

/* Lets the library do what it can without time going by. */
static inline bool conversation_dispatch(struct wsd_context *context)
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
