/* SPDX-License-Identifier: MIT */
/*
 * Events by HTTP: connect, write, read a status, close; see http_notify.h.
 *
 * The request has the header lines that the HTTP client sends too. Of the answer only the status
 * line is kept; when its header lines are over, so is the exchange. A connection to this machine or
 * its neighbour takes the request at once, which saves a turn of the loop.
 */
#include "soap/http_notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/address.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/uri.h"
#include "soap/http_client.h"

enum { STATUS_LINE = 16, PIECE = 4096 }; /* "HTTP/1.1 202 ..." */

struct wsd__http_notify {
    struct wsd_context *context;
    void *user;
    void (*done)(void *user, int http_status, const struct wsd_error *error);
    struct wsd__http_call *call; /* https */
    struct wsd__io *io;
    int fd;
    struct wsd__buf request;
    size_t sent;
    char line[STATUS_LINE]; /* the beginning of the status line */
    size_t line_length, received;
    unsigned newlines; /* in a row, carriage returns aside */
    int status;
};

static void notify_free(struct wsd__http_notify *notify)
{
    wsd__io_remove(notify->io);
    if (notify->fd >= 0)
        close(notify->fd);
    wsd__buf_free(&notify->request);
    free(notify);
}

static void finish(struct wsd__http_notify *notify, const struct wsd_error *error)
{
    void (*done)(void *user, int http_status, const struct wsd_error *error) = notify->done;
    void *user = notify->user;
    int status = error ? 0 : notify->status;

    notify_free(notify);
    done(user, status, error);
}

static void finish_errno(struct wsd__http_notify *notify, int number, const char *what)
{
    struct wsd_error error = {0};

    wsd__error_errno(&error, WSD_E_NETWORK, number, "%s", what);
    finish(notify, &error);
}

/* -- the answer ---------------------------------------------------------------------------------
 */

/* 0: it is no HTTP. */
static int status_of(const char *line, size_t length)
{
    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ')
        return 0;
    for (size_t i = 9; i < 12; i++)
        if (line[i] < '0' || line[i] > '9')
            return 0;
    return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

/* True when the header lines of the final answer are over. */
static bool take(struct wsd__http_notify *notify, char c)
{
    if (c == '\n') {
        notify->newlines++;
    } else if (c != '\r') {
        if (notify->newlines == 0 && notify->status == 0 && notify->line_length < STATUS_LINE)
            notify->line[notify->line_length++] = c;
        else if (notify->newlines)
            notify->newlines = 0;
    }
    if (c == '\n' && notify->status == 0)
        notify->status = status_of(notify->line, notify->line_length);
    if (notify->newlines < 2)
        return false;
    if (notify->status >= 200)
        return true;
    notify->status = 0; /* "100 Continue": the answer is still to come */
    notify->line_length = 0;
    notify->newlines = 0;
    return false;
}

static void receive(struct wsd__http_notify *notify)
{
    char piece[PIECE];
    ssize_t n = recv(notify->fd, piece, sizeof piece, 0);

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            finish_errno(notify, errno, "the connection failed");
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        if (take(notify, piece[i])) {
            finish(notify, NULL);
            return;
        }
    notify->received += (size_t)n;
    if (n == 0 || notify->received > WSD_MAX_HTTP_HEADERS) {
        struct wsd_error error = {0};

        wsd__error(&error, n == 0 ? WSD_E_EMPTY : WSD_E_LIMIT, NULL);
        finish(notify, notify->status >= 200 ? NULL : &error);
    }
}

/* -- the request --------------------------------------------------------------------------------
 */

/* As much as the connection takes. 0 or errno. */
static int send_some(struct wsd__http_notify *notify)
{
    while (notify->sent < notify->request.length) {
        ssize_t n = send(notify->fd, notify->request.data + notify->sent,
                         notify->request.length - notify->sent, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return errno == EAGAIN ? 0 : errno;
        notify->sent += n > 0 ? (size_t)n : 0;
    }
    wsd__buf_free(&notify->request);
    notify->sent = notify->request.length;
    return 0;
}

static void ready(void *user, int fd, int events)
{
    struct wsd__http_notify *notify = user;

    (void)fd;
    if (notify->request.length) {
        int number = send_some(notify);

        if (number == 0 && notify->request.length == 0 && wsd__io_update(notify->io, WSD__READ) < 0)
            number = EIO;
        if (number) {
            finish_errno(notify, number, "cannot connect");
            return;
        }
    }
    if (events & WSD__READ)
        receive(notify);
}

static void put_head(struct wsd__buf *out, const struct wsd__uri *uri, size_t size)
{
    const char *rest = uri->authority.data + uri->authority.length;

    wsd__buf_printf(out, "POST %s%s HTTP/1.1\r\nHost: ", *rest == '/' ? "" : "/", rest);
    wsd__buf_puts(out, uri->bracketed ? "[" : "");
    wsd__buf_append(out, uri->host.data, uri->host.length);
    wsd__buf_puts(out, uri->bracketed ? "]" : "");
    if (uri->port_number && uri->port_number != 80)
        wsd__buf_printf(out, ":%u", uri->port_number);
    wsd__buf_printf(out,
                    "\r\nContent-Type: application/soap+xml\r\nUser-Agent: WSDAPI\r\n"
                    "Cache-Control: no-cache\r\nPragma: no-cache\r\nConnection: close\r\n"
                    "Content-Length: %zu\r\n\r\n",
                    size);
}

/* Connects, and hands over what goes at once. 0 or errno. */
static int connect_to(struct wsd__http_notify *notify, const union wsd__sockaddr *to,
                      socklen_t length)
{
    notify->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (notify->fd < 0)
        return errno;
    if (connect(notify->fd, &to->any, length) < 0 && errno != EINPROGRESS)
        return errno;
    return send_some(notify);
}

static int start(struct wsd__http_notify *notify, const struct wsd__http_notice *notice,
                 const struct wsd__uri *uri, struct wsd_error *reterr)
{
    struct wsd__address address;
    union wsd__sockaddr to;
    socklen_t length;
    int number;

    if (!wsd__address_parse(uri->host.data, uri->host.length, &address))
        return wsd__error(reterr, WSD_E_INVALID, "not a numeric address: %.200s", notice->url);
    if (uri->zone.length)
        address.scope = (uint32_t)strtoul(uri->zone.data, NULL, 10);
    length = wsd__address_sockaddr(&address, uri->port_number ? uri->port_number : 80, &to);
    put_head(&notify->request, uri, notice->size);
    wsd__buf_append(&notify->request, notice->body, notice->size);
    if (notify->request.failed)
        return wsd__error(reterr, notify->request.failed, NULL);
    number = connect_to(notify, &to, length);
    if (number)
        return wsd__error_errno(reterr, WSD_E_NETWORK, number, "cannot connect");
    number =
        wsd__io_add(notify->context, notify->fd, notify->request.length ? WSD__WRITE : WSD__READ,
                    ready, notify, &notify->io);
    return number < 0 ? wsd__error(reterr, number, NULL) : 0;
}

/* -- https --------------------------------------------------------------------------------------
 */

static int curl_headers(void *user, int http_status, const char *content_type)
{
    (void)content_type;
    ((struct wsd__http_notify *)user)->status = http_status;
    return 0;
}

static int curl_data(void *user, const void *bytes, size_t size)
{
    (void)user, (void)bytes, (void)size;
    return WSD_E_LIMIT; /* the status has said all */
}

static void curl_done(void *user, int status, int http_status, const struct wsd_error *error)
{
    struct wsd__http_notify *notify = user;

    (void)status, (void)http_status;
    finish(notify, notify->status ? NULL : error);
}

static int start_curl(struct wsd__http_notify *notify, const struct wsd__http_notice *notice,
                      struct wsd_error *reterr)
{
    struct wsd__http_post post = {.url = notice->url,
                                  .body = notice->body,
                                  .size = notice->size,
                                  .event = true,
                                  .user = notify,
                                  .headers = curl_headers,
                                  .data = curl_data,
                                  .done = curl_done};

    return wsd__http_post(notify->context, &post, &notify->call, reterr);
}

int wsd__http_notify(struct wsd_context *context, const struct wsd__http_notice *notice,
                     struct wsd__http_notify **ret_notify, struct wsd_error *reterr)
{
    struct wsd__http_notify *notify;
    struct wsd__uri uri;
    int r;

    if (!wsd__uri_parse(notice->url, strlen(notice->url), &uri) ||
        !(wsd__slice_is_case(uri.scheme, "http") || wsd__slice_is_case(uri.scheme, "https")))
        return wsd__error(reterr, WSD_E_INVALID, "not an http or https URL: %.200s", notice->url);
    r = wsd__random_check(context, reterr);
    if (r < 0)
        return r;
    notify = calloc(1, sizeof *notify);
    if (!notify)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    notify->context = context;
    notify->user = notice->user;
    notify->done = notice->done;
    notify->fd = -1;
    notify->request.max = WSD_MAX_REQUEST_ENVELOPE + PIECE;
    r = wsd__slice_is_case(uri.scheme, "https") ? start_curl(notify, notice, reterr)
                                                : start(notify, notice, &uri, reterr);
    if (r < 0) {
        notify_free(notify);
        return r;
    }
    *ret_notify = notify;
    return 0;
}

void wsd__http_notify_cancel(struct wsd__http_notify *notify)
{
    if (!notify)
        return;
    wsd__http_cancel(notify->call);
    notify_free(notify);
}
