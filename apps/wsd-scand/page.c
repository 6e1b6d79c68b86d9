/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd without threads, in the daemon's loop by its epoll descriptor, once for each family
 * of addresses. A connection carries one request, so that one time limit holds for all of it: the
 * header lines that trickle as well as the answer that nobody reads. Every answer is ready when the
 * question is understood; nothing here waits for scanners.
 */
#include "page.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "history.h"
#include "job.h"
#include "log.h"
#include "status.h"

/* page_html, and page_policy: the hashes of the style and the script in it. */
#include "page_asset.inc"

#define FAMILIES 2
#define BACKLOG  16
#define TURNS    64 /* of libmicrohttpd in one of ours; then others have theirs */
#define LEAVING  32 /* connections that were cut and have not gone yet */

struct connection {
    struct connection *next;
    int fd;
    uint64_t began;
    bool cut;
};

/* A family of addresses, with its server. */
struct server {
    struct page *page;
    struct MHD_Daemon *daemon;
    struct connection *first, **last; /* the oldest first */
    unsigned n;                       /* that were not cut */
    bool left;                        /* one has gone in this turn */
};

struct page {
    struct scand *scand;
    struct server servers[FAMILIES];
    struct loop_watch watch;
    struct loop_timer timer;
};

/* -- connections --------------------------------------------------------------------------------
 */

/* libmicrohttpd notices at its next turn, and says so. */
static void cut(struct server *server, struct connection *c)
{
    c->cut = true;
    server->n--;
    shutdown(c->fd, SHUT_RDWR);
}

static void cut_oldest(struct server *server)
{
    struct connection *c = server->first;

    while (c && c->cut)
        c = c->next;
    if (c)
        cut(server, c);
}

static void connection_began(struct server *server, struct MHD_Connection *connection,
                             void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *c = info ? calloc(1, sizeof *c) : NULL;

    *context = c;
    if (!c) {
        /* What cannot be counted is not kept. */
        if (info)
            shutdown(info->connect_fd, SHUT_RDWR);
        return;
    }
    if (server->n >= PAGE_MAX_CONNECTIONS)
        cut_oldest(server);
    c->fd = info->connect_fd;
    c->began = loop_now(&server->page->scand->loop);
    *server->last = c;
    server->last = &c->next;
    server->n++;
}

static void connection_ended(struct server *server, struct connection *c)
{
    for (struct connection **at = &server->first; *at; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            if (server->last == &c->next)
                server->last = at;
            server->n -= !c->cut;
            server->left = true;
            break;
        }
    free(c);
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_began(user, connection, context);
    else
        connection_ended(user, *context);
}

/* -- the loop -----------------------------------------------------------------------------------
 */

static void turn_page(void *user);

/* Cuts what is over its time. False: nothing is left that has a time; else when the next is due. */
static bool cut_late(struct server *server, uint64_t now, uint64_t *due)
{
    for (struct connection *c = server->first; c; c = c->next) {
        if (c->cut)
            continue;
        if (now - c->began < PAGE_CONNECTION_MS) {
            *due = c->began + PAGE_CONNECTION_MS;
            return true;
        }
        cut(server, c);
    }
    return false;
}

/* True: libmicrohttpd has more to do at once. It has no time limits of its own here. Where it has
 * stopped to listen for want of places it does not begin again when one goes, but in its next turn.
 */
static bool turn_server(struct server *server)
{
    MHD_UNSIGNED_LONG_LONG delay = 0;
    bool more = true;

    for (int i = 0; more && i < TURNS; i++) {
        server->left = false;
        MHD_run(server->daemon);
        more = server->left || (MHD_get_timeout(server->daemon, &delay) == MHD_YES && delay == 0);
    }
    return more;
}

static void turn_page(void *user)
{
    struct page *page = user;
    struct loop *loop = &page->scand->loop;
    uint64_t now = loop_now(loop), next = UINT64_MAX;

    for (struct server *s = page->servers; s < page->servers + FAMILIES; s++) {
        uint64_t due;
        if (s->daemon && cut_late(s, now, &due) && due < next)
            next = due;
        if (s->daemon && turn_server(s))
            next = now;
        /* One that began in this turn has the latest end of all. */
        if (s->n > 0 && next > now + PAGE_CONNECTION_MS)
            next = now + PAGE_CONNECTION_MS;
    }
    if (next == UINT64_MAX)
        loop_disarm(loop, &page->timer);
    else
        loop_arm(loop, &page->timer, next - now, turn_page, page);
}

static size_t wants(void *user, struct pollfd *fds, size_t room)
{
    const struct page *page = user;
    size_t n = 0;

    if (room < FAMILIES)
        return room; /* the loop makes room and asks again */
    for (const struct server *s = page->servers; s < page->servers + FAMILIES; s++) {
        const union MHD_DaemonInfo *info =
            s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
        if (info)
            fds[n++] = (struct pollfd){.fd = info->epoll_fd, .events = POLLIN};
    }
    return n;
}

static void ready(void *user, const struct pollfd *fds, size_t n)
{
    (void)fds, (void)n;
    turn_page(user);
}

/* -- answers ------------------------------------------------------------------------------------
 */

/* Of every answer, so that none is kept, guessed at, or used by other pages of the browser. */
static const struct {
    const char *name, *value;
} usual_headers[] = {
    {"Cache-Control", "no-store"},
    {"Connection", "close"},
    {"Content-Security-Policy", page_policy},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
};

/* Takes over `response`, which may be NULL: memory is out. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
                              struct MHD_Response *response, const char *type)
{
    enum MHD_Result r = response ? MHD_YES : MHD_NO;

    for (size_t i = 0; r == MHD_YES && i < sizeof usual_headers / sizeof *usual_headers; i++)
        r = MHD_add_response_header(response, usual_headers[i].name, usual_headers[i].value);
    if (r == MHD_YES)
        r = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (r == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED) /* RFC 9110, 15.5.6 */
        r = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (r == MHD_YES)
        r = MHD_queue_response(connection, status, response);
    if (response)
        MHD_destroy_response(response);
    return r;
}

static enum MHD_Result answer_bytes(struct MHD_Connection *connection, unsigned status,
                                    const void *bytes, size_t size, const char *type,
                                    enum MHD_ResponseMemoryMode mode)
{
    return answer(connection, status,
                  MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, mode), type);
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    return answer_bytes(connection, status, why, strlen(why), "text/plain; charset=utf-8",
                        MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result not_found(struct MHD_Connection *connection)
{
    return refuse(connection, MHD_HTTP_NOT_FOUND, "There is no such page.\n");
}

static enum MHD_Result answer_status(struct MHD_Connection *connection, const struct scand *scand)
{
    struct json_object *object = status_json(scand, PAGE_MAX_SCANS);
    size_t size = 0;
    const char *text = json_object_to_json_string_length(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
    enum MHD_Result r = MHD_NO;

    if (object && text)
        r = answer_bytes(connection, MHD_HTTP_OK, text, size, "application/json",
                         MHD_RESPMEM_MUST_COPY);
    json_object_put(object);
    return r;
}

/* `name` is "ID.jpg", as it came. */
static enum MHD_Result answer_thumbnail(struct MHD_Connection *connection,
                                        const struct scand *scand, const char *name)
{
    size_t length = strlen(name);
    char id[JOB_MAX_ID + 1], path[4096];
    struct stat about;

    if (length <= 4 || length - 4 > JOB_MAX_ID || strcmp(name + length - 4, ".jpg") != 0)
        return not_found(connection);
    memcpy(id, name, length - 4);
    id[length - 4] = '\0';
    if (!history_thumbnail_path(scand->history, id, path, sizeof path))
        return not_found(connection);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return not_found(connection);
    if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode) || about.st_size <= 0 ||
        about.st_size > PAGE_MAX_THUMBNAIL) {
        close(fd);
        return not_found(connection);
    }
    struct MHD_Response *response = MHD_create_response_from_fd((size_t)about.st_size, fd);
    if (!response)
        close(fd);
    return answer(connection, MHD_HTTP_OK, response, "image/jpeg");
}

/* -- questions ----------------------------------------------------------------------------------
 */

/*
 * A name that somebody else owns can lead to 127.0.0.1; his pages would then be of the same origin
 * as ours (DNS rebinding). Such requests carry his name here. The port may be that of a tunnel.
 */
static bool is_local(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length) != 0)
            continue;
        host += length;
        if (!*host)
            return true;
        size_t digits = *host == ':' ? strspn(host + 1, "0123456789") : 0;
        return digits > 0 && digits <= 5 && !host[1 + digits];
    }
    return false;
}

struct hosts {
    unsigned n;
    bool local;
};

static enum MHD_Result count_host(void *user, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    struct hosts *hosts = user;

    (void)kind;
    if (strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0) {
        hosts->n++;
        hosts->local = value && is_local(value);
    }
    return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_size, void **context)
{
    static const char thumbnails[] = "/thumbnails/";
    const struct server *server = user;
    const struct scand *scand = server->page->scand;
    struct hosts hosts = {0};

    /* Answered as soon as its header lines are there: a body is not waited for. */
    (void)version, (void)data, (void)data_size, (void)context;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_host, &hosts);
    if (hosts.n != 1 || !hosts.local)
        return refuse(connection, MHD_HTTP_FORBIDDEN,
                      "This page is for this computer: ask for localhost.\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "This page is only to be read.\n");
    if (strcmp(url, "/") == 0)
        return answer_bytes(connection, MHD_HTTP_OK, page_html, sizeof page_html,
                            "text/html; charset=utf-8", MHD_RESPMEM_PERSISTENT);
    if (strcmp(url, "/status.json") == 0)
        return answer_status(connection, scand);
    if (strncmp(url, thumbnails, sizeof thumbnails - 1) == 0)
        return answer_thumbnail(connection, scand, url + sizeof thumbnails - 1);
    return not_found(connection);
}

/* Paths are compared as they came: none of ours needs escapes. */
static size_t leave_escapes(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user, (void)connection;
    return strlen(text);
}

/* -- start and end ------------------------------------------------------------------------------
 */

static int listen_on(const struct sockaddr *address, socklen_t size)
{
    int on = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, size) < 0 || listen(fd, BACKLOG) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

static int start(struct server *server, const struct sockaddr *address, socklen_t size)
{
    int fd = listen_on(address, size);

    if (fd < 0)
        return fd;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escapes, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)PAGE_MAX_CONNECTIONS + LEAVING,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)PAGE_CONNECTION_MEMORY, MHD_OPTION_END);
    if (server->daemon)
        return 0;
    close(fd);
    return -EIO;
}

/* Both families, as far as the system has them. */
static int start_all(struct page *page, uint16_t port)
{
    struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int a = start(&page->servers[0], (struct sockaddr *)&four, sizeof four);
    int b = start(&page->servers[1], (struct sockaddr *)&six, sizeof six);

    /* Where one of them is another program's, half of the browsers would show that one's. */
    if (a == -EADDRINUSE || b == -EADDRINUSE)
        return -EADDRINUSE;
    return a < 0 && b < 0 ? a : 0;
}

int page_open(struct scand *scand, struct page **ret)
{
    uint16_t port = scand->config->status_port;
    struct page *page = port ? calloc(1, sizeof *page) : NULL;

    *ret = NULL;
    if (!port)
        return 0;
    int r = page ? 0 : -ENOMEM;
    if (page) {
        page->scand = scand;
        for (struct server *s = page->servers; s < page->servers + FAMILIES; s++) {
            s->page = page;
            s->last = &s->first;
        }
        page->watch = (struct loop_watch){.wants = wants, .ready = ready, .user = page};
        loop_add(&scand->loop, &page->watch);
        r = start_all(page, port);
    }
    if (r < 0) {
        log_say(LOG_LEVEL_WARNING, NULL,
                "there is no status page: port %u of this computer cannot be used: %s "
                "(key `status-port`)",
                port, strerror(-r));
        page_free(page);
        return r;
    }
    log_say(LOG_LEVEL_INFO, NULL, "the status page is http://localhost:%u/", port);
    *ret = page;
    return 0;
}

void page_free(struct page *page)
{
    if (!page)
        return;
    loop_remove(&page->scand->loop, &page->watch);
    for (struct server *s = page->servers; s < page->servers + FAMILIES; s++)
        if (s->daemon)
            MHD_stop_daemon(s->daemon); /* tells the end of each connection */
    loop_disarm(&page->scand->loop, &page->timer);
    free(page);
}
