/* SPDX-License-Identifier: MIT */
/*
 * Subscribers on loopback for tests of event sources: a sink that keeps what it gets, one that
 * refuses, one that accepts and never answers; and the requests that they send.
 */
#ifndef TESTS_EVENTING_SOURCE_SUPPORT_H
#define TESTS_EVENTING_SOURCE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <unistd.h>

#include "core/address.h"
#include "eventing/messages.h"
#include "soap/envelope.h"
#include "soap/http_server.h"

#define HIDDEN     __attribute__((unused)) static
#define MAX_EVENTS 600

/* What came to the sink, whole messages in order. */
struct sink {
    struct wsd_context *context;
    struct wsd__http_server *server;
    unsigned n;
    char *messages[MAX_EVENTS];
    char *paths[MAX_EVENTS];
    int status; /* what it answers */
    uint16_t port;
};

HIDDEN void sink_take(void *user, const struct wsd__http_request *request,
                      struct wsd__http_reply *reply)
{
    struct sink *sink = user;

    assert_true(sink->n < MAX_EVENTS);
    sink->messages[sink->n] = strndup(request->body, request->size);
    sink->paths[sink->n++] = strdup(request->path);
    reply->status = sink->status;
    reply->content_type = "text/plain";
    reply->body = strdup("");
    reply->size = 0;
}

HIDDEN void sink_open(struct sink *sink, struct wsd_context *context)
{
    struct wsd__http_server_options options = {.address = "127.0.0.1",
                                               .max_request = 1u << 20,
                                               .max_connections = 256,
                                               .max_connections_per_peer = 256,
                                               .idle_timeout = 30000};

    sink->context = context;
    sink->status = 202;
    assert_int_equal(wsd__http_server_new(context, &options, sink_take, sink, &sink->server, NULL),
                     0);
    sink->port = wsd__http_server_port(sink->server);
}

HIDDEN void sink_clear(struct sink *sink)
{
    for (unsigned i = 0; i < sink->n; i++) {
        free(sink->messages[i]);
        free(sink->paths[i]);
    }
    sink->n = 0;
}

HIDDEN void sink_close(struct sink *sink)
{
    if (sink->server)
        wsd__http_server_free(sink->server);
    sink->server = NULL;
    sink_clear(sink);
}

/* A port that accepts and never answers (its backlog does the accepting), or that nobody is at. */
HIDDEN int dead_port(bool silent, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    if (silent)
        assert_int_equal(listen(fd, 256), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

HIDDEN int64_t real_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Runs the loop until the sink has n messages; fails when that takes real seconds. */
HIDDEN void sink_await(struct sink *sink, unsigned n)
{
    int64_t end = real_now() + 10000;

    while (sink->n < n && real_now() < end)
        wsd_context_wait(sink->context, 50, NULL);
    if (sink->n != n)
        fail_msg("%u messages came, not %u; the last: %s", sink->n, n,
                 sink->n ? sink->messages[sink->n - 1] : "-");
}

/* Runs the loop for a moment, so that what should not come could have come. */
HIDDEN void settle(struct wsd_context *context)
{
    int64_t end = real_now() + 60;

    while (real_now() < end)
        wsd_context_wait(context, (int)(end - real_now()), NULL);
}

/* A Subscribe; what is NULL is left out. */
struct subscribe {
    const char *notify, *end_to; /* URLs */
    const char *notify_id;       /* its reference parameter */
    const char *mode, *expires, *dialect, *filter;
    const char *extension; /* XML at the end */
    int spare;
};

HIDDEN void put_reference(struct wsd__buf *out, const char *name, const char *url, const char *id)
{
    wsd__buf_printf(out, "<wse:%s><wsa:Address>%s</wsa:Address>", name, url);
    if (id)
        wsd__buf_printf(out,
                        "<wsa:ReferenceParameters><wse:Identifier>%s</wse:Identifier>"
                        "</wsa:ReferenceParameters>",
                        id);
    wsd__buf_printf(out, "</wse:%s>", name);
}

HIDDEN void put_envelope(struct wsd__buf *out, const char *operation, const char *header,
                         const char *body)
{
    wsd__buf_printf(
        out,
        "<?xml version=\"1.0\"?><soap:Envelope "
        "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" "
        "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
        "xmlns:wse=\"" WSD_NS_EVENTING "\" "
        "xmlns:wscn=\"http://schemas.microsoft.com/windows/2006/08/wdp/scan\"><soap:Header>"
        "<wsa:To>http://127.0.0.1/s</wsa:To><wsa:Action>" WSD_NS_EVENTING "/%s</wsa:Action>"
        "<wsa:MessageID>urn:uuid:1</wsa:MessageID>%s</soap:Header><soap:Body>%s</soap:Body>"
        "</soap:Envelope>",
        operation, header, body);
}

HIDDEN void subscribe_write(const struct subscribe *s, struct wsd__buf *out)
{
    struct wsd__buf body = WSD__BUF_INIT(1u << 20);

    wsd__buf_puts(&body, "<wse:Subscribe>");
    if (s->end_to)
        put_reference(&body, "EndTo", s->end_to, "urn:uuid:e");
    wsd__buf_puts(&body, "<wse:Delivery");
    if (s->mode)
        wsd__buf_printf(&body, " Mode=\"%s\"", s->mode);
    wsd__buf_puts(&body, ">");
    if (s->notify)
        put_reference(&body, "NotifyTo", s->notify, s->notify_id);
    wsd__buf_puts(&body, "</wse:Delivery>");
    if (s->expires)
        wsd__buf_printf(&body, "<wse:Expires>%s</wse:Expires>", s->expires);
    if (s->filter) {
        wsd__buf_puts(&body, "<wse:Filter");
        if (s->dialect)
            wsd__buf_printf(&body, " Dialect=\"%s\"", s->dialect);
        wsd__buf_printf(&body, ">%s</wse:Filter>", s->filter);
    }
    wsd__buf_printf(&body, "%s</wse:Subscribe>", s->extension ? s->extension : "");
    put_envelope(out, "Subscribe", "", body.data);
    wsd__buf_free(&body);
}

/* An operation of the manager on the subscription of an identifier (NULL: without the header). */
HIDDEN void manage_write(const char *operation, const char *identifier, const char *content,
                         struct wsd__buf *out)
{
    char header[256] = "", body[512];

    if (identifier)
        snprintf(header, sizeof header, "<wse:Identifier>%s</wse:Identifier>", identifier);
    snprintf(body, sizeof body, "<wse:%s>%s</wse:%s>", operation, content ? content : "",
             operation);
    put_envelope(out, operation, header, body);
}

HIDDEN const char *identifier_of(const struct wsd_eventing_body *body)
{
    const struct wsd_endpoint_reference *manager;

    assert_non_null(body->subscribe_response);
    manager = &body->subscribe_response->manager;
    assert_non_null(manager->reference_parameters);
    assert_string_equal(manager->reference_parameters->any->local, "Identifier");
    return manager->reference_parameters->any->children->text;
}

#endif
