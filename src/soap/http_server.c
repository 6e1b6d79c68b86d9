/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server: libmicrohttpd, driven by the context's loop, without threads.
 *
 * libmicrohttpd parses, keeps connections, limits and frames. Here a request's body is collected
 * (bounded), the handler is asked once the whole request is there, and its reply handed back, whole
 * or piece by piece. On Linux one epoll descriptor stands for all connections; elsewhere the
 * descriptors that libmicrohttpd names are watched one by one.
 *
 * Cost: a connection has a pool of POOL bytes, which is what a streamed piece must fit into; its
 * pages are touched only as they are used. Limits of idle connections are libmicrohttpd's own, in
 * whole seconds of the system's clock, not of the context's.
 */
#include "soap/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/limits.h"
#include "soap/http_crowd.h"
#include "soap/microhttpd.h"

#if defined(__linux__) && !defined(WSD_HTTP_SERVER_FDSET)
#define USE_EPOLL 1
#else
#define USE_EPOLL 0
#include <sys/select.h>
#endif

enum {
    /* Of a connection: a piece of a streamed reply or the request's lines. libmicrohttpd takes
     * pools above 32 KiB from mmap(2), which doubles the cost of a connection with one request, and
     * wipes them after each; larger pieces gain nothing (docs/performance.md). */
    POOL = 32 << 10,
    PIECE = 24 << 10, /* what one read of a streamed reply may give */
    /* Of libmicrohttpd, before other descriptors of the loop get theirs: so often, or so many
     * milliseconds. A handler that makes its bytes while they are asked for is slow. */
    TURNS = 16,
    TURNS_TIME = 5,
    LEAVING = 64, /* connections that were cut and that libmicrohttpd has not noticed yet */
};

/* One request, from its header lines to the end of its reply; is the stream handle too. */
struct wsd__http_stream {
    struct wsd__http_server *server;
    struct wsd__http_stream *previous, *next; /* in server->streams, while streaming */
    struct MHD_Connection *connection;
    struct wsd__buf body;
    struct wsd__http_reply reply;
    size_t surplus; /* body bytes thrown away behind the limit */
    bool too_big, answered;
    bool delimited_by_close; /* HTTP/1.0 */
    bool reading, suspended, resumed;
    struct wsd__io *io; /* of the client, while its request is held */
    bool left;          /* ... and it has gone */
};

/* Of a connection: both addresses, and where connections are counted its place among them. */
struct ends {
    struct sockaddr_storage peer, local;
    struct wsd__crowd_member *member;
};

struct wsd__http_server {
    struct wsd_context *context;
    struct MHD_Daemon *daemon;
    wsd__http_handler *handler;
    void *user;
    size_t max_request;
    int (*admit)(void *user, const char *method, const char *path, const struct sockaddr *peer);
    void (*spoilt)(void *user, int status);
    uint16_t port;
    bool stopping, counting;
    struct wsd__crowd crowd; /* where connections are counted here */
    struct wsd__http_stream *streams;
    struct wsd__timer timer; /* libmicrohttpd's next deadline */
#if USE_EPOLL
    struct wsd__io *io;
#else
    struct wsd__io *ios[FD_SETSIZE];
    int events[FD_SETSIZE];
#endif
};

/* -- driving libmicrohttpd
 * ------------------------------------------------------------------------- */

static void turn(struct wsd__http_server *server);

static void descriptor_ready(void *user, int fd, int events)
{
    (void)fd, (void)events;
    turn(user);
}

static void deadline(void *user)
{
    turn(user);
}

#if USE_EPOLL
static int watch(struct wsd__http_server *server)
{
    if (server->io != NULL)
        return 0;
    const union MHD_DaemonInfo *info =
        wsd__mhd.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL || info->epoll_fd < 0)
        return WSD_E_SYSTEM;
    return wsd__io_add(server->context, info->epoll_fd, WSD__READ, descriptor_ready, server,
                       &server->io);
}

static void unwatch(struct wsd__http_server *server)
{
    wsd__io_remove(server->io);
    server->io = NULL;
}
#else
static int watch_one(struct wsd__http_server *server, int fd, int events)
{
    if (events == server->events[fd])
        return 0;
    server->events[fd] = events;
    if (events == 0) {
        wsd__io_remove(server->ios[fd]);
        server->ios[fd] = NULL;
        return 0;
    }
    if (server->ios[fd] != NULL)
        return wsd__io_update(server->ios[fd], events);
    return wsd__io_add(server->context, fd, events, descriptor_ready, server, &server->ios[fd]);
}

/* libmicrohttpd names its descriptors after each turn; the difference is told to the loop. One
 * that was closed and opened again in between has to be registered again. */
static int watch(struct wsd__http_server *server)
{
    fd_set readable, writable, failing;
    int highest = -1, status = 0;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_ZERO(&failing);
    if (wsd__mhd.get_fdset2(server->daemon, &readable, &writable, &failing, &highest, FD_SETSIZE) !=
        MHD_YES)
        return WSD_E_LIMIT;
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        int events =
            (FD_ISSET(fd, &readable) ? WSD__READ : 0) | (FD_ISSET(fd, &writable) ? WSD__WRITE : 0);
        int one = watch_one(server, fd, events);
        status = one < 0 ? one : status;
    }
    return status;
}

static void unwatch(struct wsd__http_server *server)
{
    for (int fd = 0; fd < FD_SETSIZE; fd++)
        watch_one(server, fd, 0);
}
#endif

/* Lets libmicrohttpd work until it waits for descriptors, but not for ever. */
static void turn(struct wsd__http_server *server)
{
    MHD_UNSIGNED_LONG_LONG delay = 0;
    bool waits = true;
#if !USE_EPOLL
    unwatch(server); /* a turn may close descriptors, and the loop must not see that */
#endif
    uint64_t began = wsd__now(server->context);
    for (int i = 0; i < TURNS && wsd__now(server->context) - began <= TURNS_TIME; i++) {
        wsd__mhd.run(server->daemon);
        waits = wsd__mhd.get_timeout(server->daemon, &delay) == MHD_YES;
        if (!waits || delay > 0)
            break;
    }
    int status = watch(server);
    /* A deadline that is set already and not later than the new one serves both. */
    uint64_t due = wsd__now(server->context) + delay;
    if (waits && (!wsd__timer_armed(&server->timer) || server->timer.due > due))
        status = wsd__timer_start(server->context, &server->timer, delay, deadline, server);
    if (status < 0)
        wsd__log(server->context, WSD_LOG_ERROR, "HTTP server: %s", wsd_strerror(status));
}

/* Work that came from outside of libmicrohttpd's turn. */
static void turn_soon(struct wsd__http_server *server)
{
    if (wsd__timer_start(server->context, &server->timer, 0, deadline, server) < 0)
        wsd__log(server->context, WSD_LOG_ERROR, "HTTP server: %s", wsd_strerror(WSD_E_NO_MEMORY));
}

/* -- streamed replies
 * ------------------------------------------------------------------------------- */

static void link_stream(struct wsd__http_stream *stream)
{
    stream->next = stream->server->streams;
    if (stream->next != NULL)
        stream->next->previous = stream;
    stream->server->streams = stream;
}

static void release_peer(struct wsd__http_stream *stream)
{
    wsd__io_remove(stream->io);
    stream->io = NULL;
}

static void unlink_stream(struct wsd__http_stream *stream)
{
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else if (stream->server->streams == stream)
        stream->server->streams = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
}

/* An HTTP/1.0 peer takes an orderly close for the end of the reply; only a reset tells it apart.
 * Where a connected socket cannot be dissolved (BSD), lingering for no time does what it can. */
static void reset_connection(const struct wsd__http_stream *stream)
{
    const union MHD_ConnectionInfo *info =
        wsd__mhd.get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL)
        return;
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    (void)connect(info->connect_fd, &nobody, sizeof nobody);
}

static ssize_t read_piece(void *user, uint64_t position, char *buffer, size_t size)
{
    struct wsd__http_stream *stream = user;
    (void)position;
    if (stream->server->stopping)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t got;
    stream->reading = true;
    do { /* a resume from inside read() must not be lost */
        stream->resumed = false;
        got = stream->reply.read(stream->reply.user, buffer, size);
    } while (got == WSD__STREAM_WAIT && stream->resumed);
    stream->reading = false;
    if (got > 0)
        return got;
    if (got == WSD__STREAM_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (got == WSD__STREAM_WAIT) {
        stream->suspended = true;
        wsd__mhd.suspend_connection(stream->connection);
        return 0;
    }
    if (stream->delimited_by_close)
        reset_connection(stream);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

void wsd__http_stream_resume(struct wsd__http_stream *stream)
{
    stream->resumed = stream->reading;
    if (!stream->suspended)
        return;
    stream->suspended = false;
    wsd__mhd.resume_connection(stream->connection);
    turn_soon(stream->server);
}

/* -- requests
 * ----------------------------------------------------------------------------------------- */

/* An IPv4 peer of a socket for both families looks like ::ffff:192.0.2.1; nobody else should have
 * to know. */
static void plain_address(struct sockaddr_storage *out, const struct sockaddr *in, socklen_t size)
{
    memset(out, 0, sizeof *out);
    memcpy(out, in, size < sizeof *out ? size : sizeof *out);
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)out;
    if (in->sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = six->sin6_port};
    memcpy(&four.sin_addr, six->sin6_addr.s6_addr + 12, 4);
    memset(out, 0, sizeof *out);
    memcpy(out, &four, sizeof four);
}

/* Asked of the system once, for all requests on a connection. */
static void find_ends(struct MHD_Connection *connection, struct ends *ends)
{
    struct sockaddr_storage raw = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof raw;
    const union MHD_ConnectionInfo *info =
        wsd__mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int fd = info != NULL ? info->connect_fd : -1;
    info = wsd__mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL && info->client_addr != NULL)
        memcpy(&raw, info->client_addr,
               info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                        : sizeof(struct sockaddr_in));
    plain_address(&ends->peer, (const struct sockaddr *)&raw, sizeof raw);
    if (getsockname(fd, (struct sockaddr *)&raw, &size) < 0)
        raw.ss_family = AF_UNSPEC;
    plain_address(&ends->local, (const struct sockaddr *)&raw, sizeof raw);
}

/* NULL when there was no memory for it. */
static struct ends *ends_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        wsd__mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static struct wsd__crowd_member *member_of(struct MHD_Connection *connection)
{
    const struct ends *ends = ends_of(connection);
    return ends != NULL ? ends->member : NULL;
}

static void spoil(const struct wsd__http_server *server, int status)
{
    if (server->spoilt != NULL && !server->stopping)
        server->spoilt(server->user, status);
}

static void count(struct wsd__http_server *server, struct MHD_Connection *connection,
                  struct ends *ends)
{
    const union MHD_ConnectionInfo *fd =
        wsd__mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (fd == NULL)
        return;
    ends->member =
        wsd__crowd_join(&server->crowd, fd->connect_fd, (const struct sockaddr *)&ends->peer);
    if (ends->member == NULL)
        shutdown(fd->connect_fd, SHUT_RDWR);
}

/* libmicrohttpd's first and last word on a connection. */
static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct wsd__http_server *server = user;
    struct ends *ends = *context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (ends != NULL && ends->member != NULL && wsd__crowd_leave(&server->crowd, ends->member))
            spoil(server, 0);
        free(ends);
        *context = NULL;
        return;
    }
    ends = calloc(1, sizeof *ends);
    *context = ends;
    if (ends == NULL)
        return;
    find_ends(connection, ends);
    if (server->counting)
        count(server, connection, ends);
}

/* RFC 9112, 3.2.2: a request may name the whole URL. */
static const char *path_of(const char *target)
{
    if (strncasecmp(target, "http://", 7) != 0)
        return target;
    const char *path = strchr(target + 7, '/');
    return path != NULL ? path : "/";
}

static enum MHD_Result queue_status(struct MHD_Connection *connection, unsigned status)
{
    struct MHD_Response *response =
        wsd__mhd.create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    wsd__mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = wsd__mhd.queue_response(connection, status, response);
    wsd__mhd.destroy_response(response);
    return result;
}

/* Gives the handler's reply to libmicrohttpd; the body is taken over in any case. */
static enum MHD_Result queue_reply(struct wsd__http_stream *stream)
{
    struct wsd__http_reply *reply = &stream->reply;
    if (wsd__random_check(stream->server->context, NULL) < 0) {
        free(reply->body);
        reply->body = NULL;
        return queue_status(stream->connection, MHD_HTTP_SERVICE_UNAVAILABLE);
    }
    struct MHD_Response *response =
        reply->read != NULL
            ? wsd__mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_piece, stream,
                                                     NULL)
            : wsd__mhd.create_response_from_buffer(reply->size, reply->body, MHD_RESPMEM_MUST_FREE);
    if (response == NULL || reply->read != NULL)
        free(reply->body);
    reply->body = NULL;
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_YES;
    if (reply->content_type != NULL && reply->content_type[0] != '\0')
        result = wsd__mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                              reply->content_type);
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED && result == MHD_YES) /* RFC 9110, 15.5.6 */
        result =
            wsd__mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_POST);
    if (result == MHD_YES)
        result = wsd__mhd.queue_response(stream->connection, (unsigned)reply->status, response);
    wsd__mhd.destroy_response(response);
    return result;
}

/* libmicrohttpd does not look at connections that it suspended; who waits for nobody would wait for
 * as long as the answer takes. */
static void peer_left(void *user, int fd, int events)
{
    struct wsd__http_stream *stream = user;
    (void)fd;
    (void)events;
    stream->left = true;
    release_peer(stream);
    wsd__http_stream_resume(stream);
}

static void look_after_peer(struct wsd__http_stream *stream)
{
    const union MHD_ConnectionInfo *info =
        USE_EPOLL && stream->io == NULL
            ? wsd__mhd.get_connection_info(stream->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
            : NULL;
    if (info != NULL)
        (void)wsd__io_add(stream->server->context, info->connect_fd, WSD__LEFT, peer_left, stream,
                          &stream->io);
}

/* libmicrohttpd asks again when the connection is resumed. */
static enum MHD_Result hold(struct wsd__http_stream *stream)
{
    look_after_peer(stream);
    stream->suspended = true;
    wsd__mhd.suspend_connection(stream->connection);
    return MHD_YES;
}

/* A request that was held goes on, or is held again. */
static enum MHD_Result answer_later(struct wsd__http_stream *stream)
{
    struct wsd__http_reply *reply = &stream->reply;
    if (stream->server->stopping || stream->left)
        return MHD_NO;
    if (!reply->later(reply->user, reply))
        return hold(stream);
    reply->later = NULL;
    release_peer(stream);
    if (reply->status != 0)
        return queue_reply(stream);
    free(reply->body);
    reply->body = NULL;
    return MHD_NO;
}

static enum MHD_Result answer(struct wsd__http_stream *stream, const char *url, const char *method)
{
    struct wsd__http_server *server = stream->server;
    const struct ends *ends = ends_of(stream->connection);
    if (ends == NULL)
        return MHD_NO;
    const char *type = wsd__mhd.lookup_connection_value(stream->connection, MHD_HEADER_KIND,
                                                        MHD_HTTP_HEADER_CONTENT_TYPE);
    struct wsd__http_request request = {
        .method = method,
        .path = path_of(url),
        .content_type = type != NULL ? type : "",
        .body = stream->body.data != NULL ? stream->body.data : "",
        .size = stream->body.length,
        .peer = (const struct sockaddr *)&ends->peer,
        .local = (const struct sockaddr *)&ends->local,
    };
    if (ends->member != NULL)
        ends->member->answering = true;
    stream->answered = true;
    server->handler(server->user, &request, &stream->reply);
    wsd__buf_free(&stream->body);
    if (stream->reply.ret_stream != NULL)
        *stream->reply.ret_stream = stream;
    if (stream->reply.later != NULL) {
        link_stream(stream);
        return hold(stream);
    }
    if (stream->reply.status == 0) {
        free(stream->reply.body);
        return MHD_NO;
    }
    if (stream->reply.read != NULL)
        link_stream(stream);
    return queue_reply(stream);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, int status)
{
    struct wsd__crowd_member *member = member_of(connection);
    if (member != NULL)
        member->refused = true;
    return queue_status(connection, (unsigned)status);
}

static enum MHD_Result refuse_size(const struct wsd__http_server *server,
                                   struct MHD_Connection *connection)
{
    spoil(server, MHD_HTTP_CONTENT_TOO_LARGE);
    return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE);
}

/* Before the body is read. 0, or the status of the refusal. */
static int ask_admittance(struct wsd__http_server *server, struct MHD_Connection *connection,
                          const char *url, const char *method)
{
    const struct ends *ends = ends_of(connection);
    if (ends == NULL)
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    if (ends->member != NULL)
        wsd__crowd_begin(&server->crowd, ends->member);
    if (server->admit == NULL)
        return 0;
    return server->admit(server->user, method, path_of(url), (const struct sockaddr *)&ends->peer);
}

/* The first sight of a request: only its header lines are there. */
static enum MHD_Result begin(struct wsd__http_server *server, struct MHD_Connection *connection,
                             const char *url, const char *method, const char *version,
                             void **request)
{
    int status = ask_admittance(server, connection, url, method);
    struct wsd__http_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return MHD_NO;
    stream->server = server;
    stream->connection = connection;
    stream->body = WSD__BUF_INIT(server->max_request);
    stream->delimited_by_close = strcmp(version, MHD_HTTP_VERSION_1_0) == 0;
    *request = stream;
    if (status != 0)
        return refuse(connection, status);
    const char *length = wsd__mhd.lookup_connection_value(connection, MHD_HEADER_KIND,
                                                          MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (length != NULL && strtoull(length, NULL, 10) > server->max_request)
        return refuse_size(server, connection);
    return MHD_YES;
}

/* A chunked body that grows past the limit can be answered only at its end; what is thrown away
 * until then is bounded too. */
static enum MHD_Result collect(struct wsd__http_stream *stream, const char *bytes, size_t size)
{
    int status = stream->too_big ? WSD_E_LIMIT : wsd__buf_append(&stream->body, bytes, size);
    if (status == 0)
        return MHD_YES;
    if (status != WSD_E_LIMIT)
        return MHD_NO;
    stream->too_big = true;
    stream->surplus += size;
    wsd__buf_free(&stream->body);
    return stream->surplus > WSD_MAX_REQUEST_SURPLUS ? MHD_NO : MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *size, void **request)
{
    struct wsd__http_server *server = user;
    struct wsd__http_stream *stream = *request;
    if (stream == NULL)
        return begin(server, connection, url, method, version, request);
    if (*size > 0) {
        size_t all = *size;
        *size = 0;
        return collect(stream, bytes, all);
    }
    if (stream->too_big)
        return refuse_size(server, connection);
    if (stream->reply.later != NULL)
        return answer_later(stream);
    return answer(stream, url, method);
}

/* libmicrohttpd's last word on a request, whatever became of it. */
static void on_completed(void *user, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    struct wsd__http_stream *stream = *request;
    struct wsd__http_server *server = user;
    if (stream == NULL)
        return;
    *request = NULL;
    struct wsd__crowd_member *member = member_of(connection);
    if (member != NULL && stream->answered)
        wsd__crowd_end(&server->crowd, member);
    unlink_stream(stream);
    release_peer(stream);
    if (stream->answered && stream->reply.closed != NULL)
        stream->reply.closed(stream->reply.user, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    wsd__buf_free(&stream->body);
    free(stream);
}

/* Paths are compared as they came. */
static size_t leave_escapes(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user, (void)connection;
    return strlen(text);
}

/* -- the listening socket
 * --------------------------------------------------------------------------- */

static int listen_on(const struct addrinfo *address)
{
    int on = 1, off = 0;
    int fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    int flags = fcntl(fd, F_GETFL);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && flags >= 0 &&
        fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int cause = errno;
    close(fd);
    errno = cause;
    return -1;
}

static int open_listener(const struct wsd__http_server_options *options, int *ret_fd,
                         struct wsd_error *reterr)
{
    static const char *const everywhere[] = {"::", "0.0.0.0"};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    char port[8];
    int fd = -1;
    snprintf(port, sizeof port, "%u", options->port);
    for (int i = 0; fd < 0 && i < (options->address != NULL ? 1 : 2); i++) {
        struct addrinfo *found = NULL;
        const char *address = options->address != NULL ? options->address : everywhere[i];
        if (getaddrinfo(address, port, &hints, &found) != 0)
            return wsd__error(reterr, WSD_E_INVALID, "not a numeric address: %.100s", address);
        fd = listen_on(found);
        int cause = errno;
        freeaddrinfo(found);
        errno = cause;
        if (fd < 0 && cause == EADDRINUSE)
            break;
    }
    if (fd < 0)
        return wsd__error_errno(reterr, WSD_E_SYSTEM, errno, "cannot listen on %.100s port %u",
                                options->address != NULL ? options->address : "any address",
                                options->port);
    *ret_fd = fd;
    return 0;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&address)->sin6_port
                                               : ((const struct sockaddr_in *)&address)->sin_port);
}

/* -- face
 * -----------------------------------------------------------------------------------------------
 */

static struct MHD_Daemon *start(struct wsd__http_server *server,
                                const struct wsd__http_server_options *options, int fd)
{
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME | (USE_EPOLL ? MHD_USE_EPOLL : 0);
    unsigned seconds = (options->idle_timeout + 999) / 1000;
    unsigned most =
        options->max_connections > 0 ? options->max_connections : (unsigned)WSD_MAX_CONNECTIONS;
    server->counting = options->request_timeout > 0;
    server->crowd = (struct wsd__crowd){.context = server->context,
                                        .max = most,
                                        .max_per_peer = options->max_connections_per_peer,
                                        .request_timeout = options->request_timeout,
                                        .idle_timeout = options->idle_timeout};
    if (server->counting)
        most += LEAVING;
    return wsd__mhd.start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
        MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        server->counting ? 0 : options->max_connections_per_peer, MHD_OPTION_CONNECTION_TIMEOUT,
        seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL, MHD_OPTION_END);
}

int wsd__http_server_new(struct wsd_context *context,
                         const struct wsd__http_server_options *options, wsd__http_handler *handler,
                         void *user, struct wsd__http_server **ret_server, struct wsd_error *reterr)
{
    int fd = -1;
    if (!wsd__mhd_load())
        return wsd__error(reterr, WSD_E_UNSUPPORTED, "to listen needs %s, which is not installed",
                          MICROHTTPD_LIBRARY);
    int status = open_listener(options, &fd, reterr);
    if (status < 0)
        return status;
    uint16_t port = port_of(fd);
    if (port == 0) {
        status = wsd__error_errno(reterr, WSD_E_SYSTEM, errno, "the port in use is not known");
        close(fd);
        return status;
    }
    struct wsd__http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        close(fd);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    server->context = context;
    server->handler = handler;
    server->user = user;
    server->max_request = options->max_request;
    server->admit = options->admit;
    server->spoilt = options->spoilt;
    server->port = port;
    server->daemon = start(server, options, fd);
    if (server->daemon == NULL) {
        close(fd);
        free(server);
        return wsd__error(reterr, WSD_E_SYSTEM, "the HTTP server does not start");
    }
    status = watch(server);
    if (status < 0) {
        wsd__http_server_free(server);
        return wsd__error(reterr, status, NULL);
    }
    *ret_server = server;
    return 0;
}

uint16_t wsd__http_server_port(const struct wsd__http_server *server)
{
    return server->port;
}

void wsd__http_server_free(struct wsd__http_server *server)
{
    if (server == NULL)
        return;
    server->stopping = true;
    /* libmicrohttpd aborts when it is stopped with a suspended connection. */
    for (struct wsd__http_stream *stream = server->streams; stream != NULL; stream = stream->next)
        if (stream->suspended) {
            stream->suspended = false;
            wsd__mhd.resume_connection(stream->connection);
        }
    unwatch(server);
    wsd__timer_stop(&server->timer);
    wsd__mhd.stop_daemon(server->daemon);
    wsd__timer_stop(&server->crowd.timer);
    wsd__timer_stop(&server->timer); /* a resume from inside `closed` may have set it */
    free(server);
}
