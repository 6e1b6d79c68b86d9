/* SPDX-License-Identifier: MIT */
/*
 * The HTTP client: libcurl's multi interface on the context's loop.
 *
 * One multi handle a context; libcurl keeps the connections and the queue behind the limits on
 * them. Nothing is held: an answer goes to the caller in the pieces that libcurl hands out. Easy
 * handles are reused from a small list, for thousands of small exchanges in a row.
 *
 * libcurl may not be entered from its own callbacks. What a caller starts or cancels inside
 * `headers` or `data` is therefore noted and done when libcurl has returned (settle()).
 *
 * Times: libcurl limits the connecting, on its own clock; waiting for the answer and silence inside
 * it are limited by timers on the context's clock.
 *
 * No proxy whatever the environment says, no redirect, no user in the URL, http and https only.
 * TLS certificates are not verified by what they say: those of scanners are self-signed, expired
 * and carry other names. They are compared with what the device showed before (soap/pins.h), when
 * the handshake is done and before the request goes out: on_connected(). libcurl has the
 * certificate only of a connection that was made for this very call, hence neither connections nor
 * TLS sessions are used twice where they are compared.
 */
#include "soap/http_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/address.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/uri.h"
#include "soap/pins.h"

enum {
    MAX_CONNECTIONS = 64,
    MAX_CONNECTIONS_PER_HOST = 8,
    MAX_IDLE_CONNECTIONS = 16,   /* kept alive */
    MAX_EVENT_CONNECTIONS = 256, /* in place of the above, for events */
    MAX_EVENT_CONNECTIONS_PER_HOST = 16,
    MAX_SPARE_HANDLES = 8,
    LARGE_BUFFER = 256 << 10, /* of an image: TCP answers each reading, and a few cost less */
    SMALL_BUFFER = 8 << 10,   /* of an envelope, which may be one among many */
    SEND_BUFFER = 16 << 10,   /* the least; a request is sent from where it lies */
    NAMES_REMEMBERED = 60,    /* seconds */
    MAX_PARKED = 64,          /* descriptors below it */
    DATE_SIZE = 40,
};

enum phase {
    CONNECTING, /* or waiting for a free connection */
    ASKED,      /* the request goes out; no byte of the answer yet */
    ANSWERING,
};

struct wsd__http_call {
    struct client *client;
    struct wsd__http_call *previous, *next; /* in client->calls */
    struct wsd__http_call *later;           /* in client->starting or client->dropped */
    CURL *easy;
    struct wsd__http_post post; /* url and body point into text */
    struct wsd__timer timer;
    uint64_t last;       /* when the last byte came */
    size_t header_bytes; /* of all header lines, those of 1xx answers too */
    enum phase phase;
    int http_status;
    int status; /* why we ended it ourselves; 0: we did not */
    bool headers_done, cancelled, ended;
    bool numeric; /* the host is an address, as nearly always: libcurl would remember these too, and
                     walk through all of them for each connection; a thousand take 270 kB */
    bool wary;    /* of where its name leads: a device may have chosen it */
    bool misled;  /* it led to where no name of a device should */
    bool pinned;  /* the certificate is to be that of the device */
    struct wsd_error error;
    char words[CURL_ERROR_SIZE];
    char place[256]; /* where a redirect leads */
    char date[DATE_SIZE];
    char text[];
};

struct client {
    struct wsd_context *context;
    CURLM *multi;
    struct curl_slist *closing, *keeping; /* request headers */
    struct wsd__timer timer;              /* libcurl's */
    struct wsd__http_call *calls;         /* all */
    struct wsd__http_call *starting;      /* wait for libcurl to return */
    struct wsd__http_call *dropped;       /* cancelled; wait for the same */
    struct wsd__io *parked[MAX_PARKED];   /* by descriptor */
    CURL *spare[MAX_SPARE_HANDLES];
    size_t spares, most_spares;
    char date[DATE_SIZE]; /* of the last answer that had one, and what it means */
    int64_t seconds;
    size_t sockets; /* open ones, in use and kept */
    int inside;     /* libcurl is running */
    int broken;     /* a callback of libcurl's failed: WSD_E_... */
};

/* -- ending ------------------------------------------------------------------------------------ */

static void unlink_call(struct wsd__http_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        call->client->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
}

/* Gives all back; libcurl must not be running. */
static void free_call(struct wsd__http_call *call)
{
    struct client *client = call->client;
    wsd__timer_stop(&call->timer);
    unlink_call(call);
    if (call->easy != NULL) {
        curl_multi_remove_handle(client->multi, call->easy);
        curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, NULL); /* it points into the call */
        if (client->spares < client->most_spares)
            client->spare[client->spares++] = call->easy;
        else
            curl_easy_cleanup(call->easy);
    }
    free(call);
}

static void end_call(struct wsd__http_call *call, int status)
{
    call->ended = true;
    wsd__timer_stop(&call->timer);
    if (call->easy != NULL) /* out of libcurl's hands before the caller's code runs */
        curl_multi_remove_handle(call->client->multi, call->easy);
    if (status < 0) {
        wsd__error(&call->error, status, NULL);
        call->error.http_status = call->http_status;
        WSD__ERROR_SET(call->error.device, call->post.url);
    }
    call->post.done(call->post.user, status, call->http_status, status < 0 ? &call->error : NULL);
    free_call(call);
}

/* -- classes of failure ---------------------------------------------------------------------------
 */

static int code_of(const struct wsd__http_call *call, CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return WSD_E_NAME;
    case CURLE_OPERATION_TIMEDOUT:
        return WSD_E_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return WSD_E_NO_MEMORY;
    case CURLE_GOT_NOTHING:
        return WSD_E_EMPTY;
    case CURLE_PARTIAL_FILE:
        return WSD_E_TRUNCATED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
        return WSD_E_TLS;
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED:
        return WSD_E_INVALID;
    case CURLE_UNSUPPORTED_PROTOCOL: /* of the URL, or of an answer that is no HTTP/1 */
        return call->phase == CONNECTING ? WSD_E_INVALID : WSD_E_HTTP;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_BAD_FUNCTION_ARGUMENT: /* a first header that is folded */
        return WSD_E_HTTP;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return call->headers_done ? WSD_E_TRUNCATED : WSD_E_NETWORK;
    default:
        return WSD_E_NETWORK;
    }
}

/* What libcurl says of a finished transfer becomes the call's end. */
static void end_transfer(struct wsd__http_call *call, CURLcode result)
{
    if (call->status < 0) {
        end_call(call, call->status);
        return;
    }
    if (result == CURLE_OK) {
        if (!call->headers_done)
            wsd__error(&call->error, WSD_E_TRUNCATED, "the answer ended inside its HTTP headers");
        end_call(call, call->error.code);
        return;
    }
    int code = code_of(call, result);
    long system = 0;
    curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &system);
    const char *words = call->words[0] != '\0' ? call->words : curl_easy_strerror(result);
    if (call->misled && call->phase == CONNECTING)
        wsd__error(&call->error, code,
                   "its name leads to this machine, or where no device is; "
                   "only a number is contacted there");
    else if (code == WSD_E_TIMEOUT && call->phase == CONNECTING)
        wsd__error(&call->error, code, "no connection within %u ms", call->post.connect_timeout);
    else if (code == WSD_E_NETWORK && system != 0)
        wsd__error_errno(&call->error, code, (int)system, "%s",
                         call->phase == CONNECTING ? "cannot connect" : "the connection failed");
    else
        wsd__error(&call->error, code, "%s", words);
    call->error.system = code == WSD_E_NETWORK || code == WSD_E_TRUNCATED ? (int)system : 0;
    end_call(call, code);
}

/* -- entering libcurl
 * ------------------------------------------------------------------------------- */

static void call_timer_fired(void *user);

static void fail_soon(struct wsd__http_call *call, int code)
{
    if (call->status == 0)
        call->status = code;
    if (wsd__timer_start(call->client->context, &call->timer, 0, call_timer_fired, call) < 0)
        call->client->broken = WSD_E_NO_MEMORY;
}

static void start_waiting(struct client *client)
{
    while (client->starting != NULL) {
        struct wsd__http_call *call = client->starting;
        client->starting = call->later;
        CURLMcode result = curl_multi_add_handle(client->multi, call->easy);
        if (result != CURLM_OK)
            fail_soon(call, result == CURLM_OUT_OF_MEMORY ? WSD_E_NO_MEMORY : WSD_E_SYSTEM);
    }
}

/* The work that had to wait until libcurl returned: the caller's code runs from here. */
static void settle(struct client *client)
{
    CURLMsg *message;
    int left;
    while (client->dropped != NULL) {
        struct wsd__http_call *call = client->dropped;
        client->dropped = call->later;
        free_call(call);
    }
    start_waiting(client);
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        char *call = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        end_transfer((struct wsd__http_call *)(void *)call, result);
    }
    while (client->broken < 0 && client->calls != NULL)
        end_call(client->calls, client->broken);
    client->broken = 0;
}

static void enter(struct client *client, curl_socket_t fd, int events)
{
    int running;
    client->inside++;
    CURLMcode result = curl_multi_socket_action(client->multi, fd, events, &running);
    client->inside--;
    if (result != CURLM_OK)
        client->broken = result == CURLM_OUT_OF_MEMORY ? WSD_E_NO_MEMORY : WSD_E_SYSTEM;
    if (client->inside == 0)
        settle(client);
}

static void socket_ready(void *user, int fd, int events)
{
    enter(user, fd,
          (events & WSD__READ ? CURL_CSELECT_IN : 0) |
              (events & WSD__WRITE ? CURL_CSELECT_OUT : 0));
}

static void timer_fired(void *user)
{
    enter(user, CURL_SOCKET_TIMEOUT, 0);
}

/* Descriptors come again and again. To make a watch anew for each connection costs six system
 * calls; one that waits for nothing is kept instead, until the context ends: closed earlier, it
 * would take whoever else watches that descriptor by then out of the loop. */
static void park(struct client *client, curl_socket_t fd, struct wsd__io *io)
{
    if (fd < MAX_PARKED && client->parked[fd] == NULL && wsd__io_update(io, 0) == 0)
        client->parked[fd] = io;
    else
        wsd__io_remove(io);
}

static int watch(struct client *client, curl_socket_t fd, int events, struct wsd__io **ret_io)
{
    if (fd >= MAX_PARKED || client->parked[fd] == NULL)
        return wsd__io_add(client->context, fd, events, socket_ready, client, ret_io);
    int status = wsd__io_update(client->parked[fd], events);
    if (status < 0)
        return status;
    *ret_io = client->parked[fd];
    client->parked[fd] = NULL;
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    struct client *client = user;
    struct wsd__io *io = socket_user;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (io != NULL)
            park(client, fd, io);
        curl_multi_assign(client->multi, fd, NULL);
        return 0;
    }
    int events = (what & CURL_POLL_IN ? WSD__READ : 0) | (what & CURL_POLL_OUT ? WSD__WRITE : 0);
    int status = 0;
    if (io != NULL)
        status = wsd__io_update(io, events);
    else if ((status = watch(client, fd, events, &io)) == 0)
        curl_multi_assign(client->multi, fd, io);
    if (status < 0) /* -1 would spoil the multi handle for ever; settle() ends the calls instead */
        client->broken = status;
    return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *user)
{
    struct client *client = user;
    (void)multi;
    if (milliseconds < 0)
        wsd__timer_stop(&client->timer);
    else if (wsd__timer_start(client->context, &client->timer, (uint64_t)milliseconds, timer_fired,
                              client) < 0)
        client->broken = WSD_E_NO_MEMORY;
    return 0;
}

/* A name leads where an attacker on the link says, but not to what this machine has for itself. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct wsd__http_call *call = user;
    struct wsd__address to;
    (void)purpose;
    if (call->wary && wsd__address_of(&address->addr, &to, NULL) && wsd__address_is_astray(&to)) {
        call->misled = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    call->client->sockets += fd != CURL_SOCKET_BAD;
    return fd;
}

static int close_socket(void *user, curl_socket_t fd)
{
    struct client *client = user;
    client->sockets--;
    return close(fd);
}

/* -- time limits of a call -----------------------------------------------------------------------
 */

/* Also how a call ends that failed before libcurl could tell (status set). */
static void call_timer_fired(void *user)
{
    struct wsd__http_call *call = user;
    struct client *client = call->client;
    if (call->status < 0) {
        end_call(call, call->status);
        return;
    }
    if (call->phase == ANSWERING) {
        uint64_t quiet = wsd__now(client->context) - call->last;
        if (quiet >= call->post.idle_timeout)
            wsd__error(&call->error, WSD_E_TIMEOUT, "the answer stopped coming for %u ms",
                       call->post.idle_timeout);
        else if (wsd__timer_start(client->context, &call->timer, call->post.idle_timeout - quiet,
                                  call_timer_fired, call) == 0)
            return;
        end_call(call, call->error.code < 0 ? call->error.code : WSD_E_NO_MEMORY);
        return;
    }
    wsd__error(&call->error, WSD_E_TIMEOUT, "connected, but no answer within %u ms",
               call->post.answer_timeout);
    end_call(call, WSD_E_TIMEOUT);
}

/* The text of "Name:text", in the letters that the TLS library of this libcurl likes. */
static const char *field(const struct curl_slist *fields, const char *name)
{
    size_t length = strlen(name);
    for (; fields != NULL; fields = fields->next)
        if (strncasecmp(fields->data, name, length) == 0)
            return fields->data + length;
    return "";
}

static int check_certificate(struct wsd__http_call *call)
{
    struct curl_certinfo *chain = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_CERTINFO, &chain);
    const struct curl_slist *own =
        chain != NULL && chain->num_of_certs > 0 ? chain->certinfo[0] : NULL;
    struct wsd_certificate shown = {.pem = field(own, "Cert:"),
                                    .subject = field(own, "Subject:"),
                                    .expires = field(own, "Expire Date:")};
    if (*shown.pem == '\0')
        return wsd__error(&call->error, WSD_E_TLS,
                          "it shows no certificate, so that it cannot be "
                          "told from somebody else; nothing was sent");
    if (strlen(shown.pem) > WSD_MAX_CERTIFICATE)
        return wsd__error(&call->error, WSD_E_LIMIT, "its certificate is longer than %d bytes",
                          WSD_MAX_CERTIFICATE);
    return wsd__pin_check(call->client->context, call->post.device, &shown, &call->error);
}

/* Runs when a connection is there and the request is about to go out. */
static int on_connected(void *user, char *ip, char *local_ip, int port, int local_port)
{
    struct wsd__http_call *call = user;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    int status = call->pinned ? check_certificate(call) : 0;
    if (status < 0) {
        call->status = status;
        return CURL_PREREQFUNC_ABORT;
    }
    call->phase = ASKED;
    if (call->post.answer_timeout > 0 &&
        wsd__timer_start(call->client->context, &call->timer, call->post.answer_timeout,
                         call_timer_fired, call) < 0) {
        call->status = WSD_E_NO_MEMORY;
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

/* A byte came. The timer is not moved for each: it looks at `last` when it fires. */
static int heard(struct wsd__http_call *call)
{
    if (call->post.idle_timeout > 0)
        call->last = wsd__now(call->client->context);
    if (call->phase == ANSWERING)
        return 0;
    call->phase = ANSWERING;
    wsd__timer_stop(&call->timer);
    if (call->post.idle_timeout == 0)
        return 0;
    return wsd__timer_start(call->client->context, &call->timer, call->post.idle_timeout,
                            call_timer_fired, call);
}

/* -- the answer
 * ------------------------------------------------------------------------------------ */

static int final_headers(struct wsd__http_call *call)
{
    char *type = NULL;
    if (call->http_status >= 300 && call->http_status < 400)
        return wsd__error(&call->error, WSD_E_REDIRECT, "HTTP status %d: the device redirects%s%s",
                          call->http_status, *call->place ? " to " : "", call->place);
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    if (type != NULL && strlen(type) >= WSD_MAX_HEADER_LINE)
        return wsd__error(&call->error, WSD_E_LIMIT, "the answer's Content-Type is too long");
    call->headers_done = true;
    /* Above its limit libcurl would close the oldest connection that waits; but of each that it
     * closes so an entry stays behind, and all of them are walked through for the next one. */
    if (call->client->sockets > MAX_IDLE_CONNECTIONS)
        curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
    return call->post.headers(call->post.user, call->http_status, type != NULL ? type : "");
}

/* The value of a header line of that name, "name:", cut to the room that there is. */
static void note(const char *line, size_t size, const char *name, char *value, size_t room)
{
    size_t length = strlen(name);
    if (size < length || strncasecmp(line, name, length) != 0)
        return;
    for (; length < size && (line[length] == ' ' || line[length] == '\t'); length++)
        ;
    size_t end = length;
    while (end < size && line[end] != '\r' && line[end] != '\n')
        end++;
    snprintf(value, room, "%.*s", (int)(end - length), line + length);
}

/* curl_getdate() takes 11000 instructions; answers of one second have one date. */
int64_t wsd__http_date(const struct wsd__http_call *call)
{
    struct client *client = call->client;
    if (call->date[0] == '\0')
        return INT64_MIN;
    if (strcmp(call->date, client->date) != 0) {
        time_t seconds = curl_getdate(call->date, NULL);
        client->seconds = seconds == -1 ? INT64_MIN : (int64_t)seconds;
        memcpy(client->date, call->date, sizeof client->date);
    }
    return client->seconds;
}

static size_t on_header(char *line, size_t one, size_t size, void *user)
{
    struct wsd__http_call *call = user;
    (void)one;
    if (call->cancelled)
        return 0;
    int status = heard(call);
    call->header_bytes += size;
    /* CURLINFO_REDIRECT_URL is known only when the answer is over, and it is not waited for. */
    note(line, size, "Location:", call->place, sizeof call->place);
    note(line, size, "Date:", call->date, sizeof call->date);
    if (status == 0 && call->header_bytes > WSD_MAX_HTTP_HEADERS)
        status = wsd__error(&call->error, WSD_E_LIMIT, "the answer's HTTP headers are too long");
    bool blank = (size == 2 && line[0] == '\r') || (size == 1 && line[0] == '\n');
    if (status == 0 && blank && !call->headers_done) { /* else: a line of it, or of a trailer */
        long http_status = 0;
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &http_status);
        if (http_status >= 200) {
            call->http_status = (int)http_status;
            status = final_headers(call);
        }
    }
    if (status < 0)
        call->status = status;
    return status < 0 || call->cancelled ? 0 : size;
}

static size_t on_data(char *bytes, size_t one, size_t size, void *user)
{
    struct wsd__http_call *call = user;
    (void)one;
    if (call->cancelled)
        return 0;
    int status = heard(call);
    if (status == 0)
        status = call->post.data(call->post.user, bytes, size);
    if (status < 0)
        call->status = status;
    return status < 0 || call->cancelled ? 0 : size;
}

/* -- making --------------------------------------------------------------------------------------
 */

/* Header lines as Windows sends them (Panasonic KV-S1058Y answers nobody else, sane-airscan commit
 * a4212da); an empty value keeps libcurl from sending its own. */
static struct curl_slist *make_headers(const char *connection)
{
    static const char *const lines[] = {"Content-Type: application/soap+xml",
                                        "Cache-Control: no-cache",
                                        "Pragma: no-cache",
                                        "Accept:",
                                        "Expect:",
                                        NULL};
    struct curl_slist *list = curl_slist_append(NULL, connection);
    for (size_t i = 0; list != NULL && lines[i] != NULL; i++) {
        struct curl_slist *longer = curl_slist_append(list, lines[i]);
        if (longer == NULL)
            curl_slist_free_all(list);
        list = longer;
    }
    return list;
}

static void client_free(void *user)
{
    struct client *client = user;
    while (client->multi != NULL && client->calls != NULL)
        end_call(client->calls, WSD_E_CANCELLED);
    while (client->spares > 0)
        curl_easy_cleanup(client->spare[--client->spares]);
    if (client->multi != NULL)
        curl_multi_cleanup(client->multi);
    for (size_t i = 0; i < MAX_PARKED; i++)
        wsd__io_remove(client->parked[i]);
    wsd__timer_stop(&client->timer);
    curl_slist_free_all(client->closing);
    curl_slist_free_all(client->keeping);
    free(client);
    curl_global_cleanup();
}

/* Events have a pool of their own: what dead sinks hold is not taken from requests. */
static void set_limits(struct client *client, bool events)
{
    long all = events ? MAX_EVENT_CONNECTIONS : MAX_CONNECTIONS;
    long host = events ? MAX_EVENT_CONNECTIONS_PER_HOST : MAX_CONNECTIONS_PER_HOST;

    curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, all);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS, host);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)MAX_IDLE_CONNECTIONS);
}

/* libcurl before 8.2 takes a first header that is folded for the rest of the last one of the
 * exchange before, whose memory is free by then: any device could have it read and write there. */
static size_t spares_allowed(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= 0x080200 ? MAX_SPARE_HANDLES : 0;
}

static struct client *client_of(struct wsd_context *context, bool events)
{
    enum wsd__part part = events ? WSD__PART_HTTP_EVENTS : WSD__PART_HTTP_CLIENT;
    struct client *client = wsd__part(context, part);
    if (client != NULL)
        return client;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    client = calloc(1, sizeof *client);
    if (client == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    client->context = context;
    client->most_spares = spares_allowed();
    client->multi = curl_multi_init();
    client->closing = make_headers("Connection: close");
    client->keeping = make_headers("Connection: Keep-Alive");
    if (client->multi == NULL || client->closing == NULL || client->keeping == NULL) {
        client_free(client);
        return NULL;
    }
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    set_limits(client, events);
    curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    wsd__part_set(context, part, client, client_free);
    return client;
}

/* What is the same in all exchanges. */
static CURL *easy_new(struct client *client)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "WSDAPI");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, client);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    return easy;
}

/* What is this exchange's own; all of it is set anew each time, handles being reused. */
static bool easy_set(struct wsd__http_call *call)
{
    const struct wsd__http_post *post = &call->post;
    struct client *client = call->client;
    CURL *easy = call->easy;
    bool keep = post->keep_alive && !call->pinned;
    curl_easy_setopt(easy, CURLOPT_CERTINFO, call->pinned ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, call->pinned ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->words);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->size);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, keep ? client->keeping : client->closing);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, keep ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, keep ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                     post->large ? (long)LARGE_BUFFER : (long)SMALL_BUFFER);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                     post->event || call->numeric ? 0L : (long)NAMES_REMEMBERED);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, /* 0 would be libcurl's 300 s */
                     post->connect_timeout > 0 ? (long)post->connect_timeout : (long)INT32_MAX);
    return curl_easy_setopt(easy, CURLOPT_URL, post->url) == CURLE_OK;
}

static struct wsd__http_call *call_new(struct client *client, const struct wsd__http_post *post,
                                       enum wsd__host_kind host)
{
    const char *device = post->device != NULL && *post->device != '\0' ? post->device : post->url;
    size_t url_size = strlen(post->url) + 1, device_size = strlen(device) + 1;
    struct wsd__http_call *call = calloc(1, sizeof *call + url_size + post->size + 1 + device_size);
    if (call == NULL)
        return NULL;
    call->client = client;
    const struct wsd_context_options *options = wsd__options(client->context);
    call->numeric = host == WSD__HOST_ADDRESS;
    call->wary = host != WSD__HOST_ADDRESS && host != WSD__HOST_LOCAL && !options->allow_loopback;
    call->post = *post;
    call->post.url = memcpy(call->text, post->url, url_size);
    call->post.body = call->text + url_size;
    if (post->size > 0)
        memcpy(call->text + url_size, post->body, post->size);
    call->post.device = memcpy(call->text + url_size + post->size + 1, device, device_size);
    call->pinned = !post->event && strncasecmp(post->url, "https:", 6) == 0;
    call->next = client->calls;
    if (call->next != NULL)
        call->next->previous = call;
    client->calls = call;
    call->easy = client->spares > 0 ? client->spare[--client->spares] : easy_new(client);
    if (call->easy == NULL || !easy_set(call)) {
        free_call(call);
        return NULL;
    }
    return call;
}

int wsd__http_post(struct wsd_context *context, const struct wsd__http_post *post,
                   struct wsd__http_call **ret_call, struct wsd_error *reterr)
{
    if (strncasecmp(post->url, "http://", 7) != 0 && strncasecmp(post->url, "https://", 8) != 0)
        return wsd__error(reterr, WSD_E_INVALID, "not an http or https URL: %.200s", post->url);
    struct wsd__uri uri = {0};
    struct wsd__address host;
    bool parsed = wsd__uri_parse(post->url, strlen(post->url), &uri);
    enum wsd__host_kind kind = wsd__uri_host(&uri, &host);
    if (parsed && kind == WSD__HOST_ODD && wsd__uri_is_disguised(&uri))
        return wsd__error(reterr, WSD_E_INVALID, "an address in a disguise: %.200s", post->url);
    int random = wsd__random_check(context, reterr);
    if (random < 0)
        return random;
    struct client *client = client_of(context, post->event);
    struct wsd__http_call *call = client != NULL ? call_new(client, post, kind) : NULL;
    if (call == NULL)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    if (client->inside > 0) {
        call->later = client->starting;
        client->starting = call;
        *ret_call = call;
        return 0;
    }
    CURLMcode result = curl_multi_add_handle(client->multi, call->easy);
    if (result != CURLM_OK || client->broken < 0) {
        client->broken = 0;
        free_call(call);
        return wsd__error(reterr,
                          result == CURLM_OK || result == CURLM_OUT_OF_MEMORY ? WSD_E_NO_MEMORY
                                                                              : WSD_E_SYSTEM,
                          NULL);
    }
    *ret_call = call;
    return 0;
}

/* Takes a call out of those that have not begun. */
static void unstart(struct client *client, const struct wsd__http_call *call)
{
    for (struct wsd__http_call **link = &client->starting; *link != NULL; link = &(*link)->later)
        if (*link == call) {
            *link = call->later;
            return;
        }
}

void wsd__http_cancel(struct wsd__http_call *call)
{
    if (call == NULL || call->cancelled || call->ended)
        return;
    struct client *client = call->client;
    call->cancelled = true;
    unstart(client, call);
    if (client->inside == 0) {
        free_call(call);
        return;
    }
    wsd__timer_stop(&call->timer);
    call->later = client->dropped;
    client->dropped = call;
}
