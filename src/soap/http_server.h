/* SPDX-License-Identifier: MIT */
/*
 * HTTP server: whole requests in, replies out (whole or streamed), on the context's loop.
 *
 * libmicrohttpd does the work; this room adds limits and the addresses of both ends. It knows
 * nothing of SOAP.
 */
#ifndef WSD_SOAP_HTTP_SERVER_H
#define WSD_SOAP_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "core/context.h"

struct wsd__http_request {
    const char *method, *path; /* path without query, percent-escapes left as they are */
    const char *content_type;  /* "" if absent */
    const void *body;
    size_t size;
    const struct sockaddr *peer;  /* who asks */
    const struct sockaddr *local; /* the address of ours that was asked */
};

enum { WSD__STREAM_END = 0, WSD__STREAM_WAIT = -1, WSD__STREAM_FAILED = -2 };

struct wsd__http_stream; /* a reply under way, for resuming */

/* Filled by the handler. Either body (malloc'ed, taken over) or read, or later. */
struct wsd__http_reply {
    int status;               /* 200 and so on; 0 means: no answer, close the connection */
    const char *content_type; /* copied */
    char *body;
    size_t size;
    /* Streamed: > 0 bytes given, END, WAIT (call wsd__http_stream_resume() later), FAILED (the
     * connection is cut, so that the other side sees no complete answer). closed: always, once,
     * last; complete tells whether all of it was handed to the system. */
    ssize_t (*read)(void *user, void *buffer, size_t size);
    void (*closed)(void *user, bool complete);
    /* Or, instead of both: the answer is not known yet. The request is held and this is asked after
     * each wsd__http_stream_resume(), until it is true and has filled in the rest. */
    bool (*later)(void *user, struct wsd__http_reply *reply);
    void *user;
    struct wsd__http_stream **ret_stream; /* optional: where to store the handle for resuming */
};

struct wsd__http_server;
typedef void wsd__http_handler(void *user, const struct wsd__http_request *request,
                               struct wsd__http_reply *reply);

struct wsd__http_server_options {
    uint16_t port;       /* 0: any */
    const char *address; /* numeric address to bind to; NULL: all, IPv4 and IPv6 */
    size_t max_request;  /* body bytes; more is answered with 413 */
    unsigned max_connections, max_connections_per_peer;
    uint32_t idle_timeout; /* milliseconds */
    /* Milliseconds in which a request must be whole, on the context's clock; 0: none. With it the
     * limits on connections end the oldest unfinished one, not the new one (http_crowd.h). */
    uint32_t request_timeout;
    /* Asked when the header lines are there and the body is not: 0, or the status that the request
     * is refused with, without the handler. NULL: all are let in. */
    int (*admit)(void *user, const char *method, const char *path, const struct sockaddr *peer);
    /* A request that came to nothing: 413 if it was too big, 0 if its end never came (with
     * request_timeout only). NULL: nobody wants to know. */
    void (*spoilt)(void *user, int status);
};

int wsd__http_server_new(struct wsd_context *context,
                         const struct wsd__http_server_options *options, wsd__http_handler *handler,
                         void *user, struct wsd__http_server **ret_server,
                         struct wsd_error *reterr);
uint16_t wsd__http_server_port(const struct wsd__http_server *server);
void wsd__http_stream_resume(struct wsd__http_stream *stream);
void wsd__http_server_free(struct wsd__http_server *server); /* open replies see closed(false) */

#endif
