/* SPDX-License-Identifier: MIT */
/*
 * The filter of a host (wsd_host_options.filter) on HTTP: requests on their way in, answers on
 * their way out, whole or in pieces, and answers that are kept back.
 *
 * Only where a filter is set; what it costs is no concern.
 */
#include <stdlib.h>
#include <string.h>

#include "device/host.h"

enum { GROWTH = 1024 }; /* what a piece may gain */

/* An answer that passes the filter piece by piece, or that waits for its time. */
struct filtered {
    struct wsd_context *context;
    struct wsd__http_reply inner; /* what makes the bytes; with a body: what waits */
    struct wsd__http_stream *http;
    struct wsd__timer timer;
    size_t sent; /* of the body */
    bool waits;
};

static ssize_t read_body(struct filtered *f, void *buffer, size_t size)
{
    size_t left = f->inner.size - f->sent, n = left < size ? left : size;

    memcpy(buffer, f->inner.body + f->sent, n);
    f->sent += n;
    return n > 0 ? (ssize_t)n : WSD__STREAM_END;
}

static ssize_t filtered_read(void *user, void *buffer, size_t size)
{
    struct filtered *f = user;
    struct wsd_host_message message = {.sent = true, .piece = true, .bytes = buffer};
    ssize_t n;

    if (f->waits)
        return WSD__STREAM_WAIT;
    if (!f->inner.read)
        return read_body(f, buffer, size);
    n = f->inner.read(f->inner.user, buffer, size > 2 * GROWTH ? size - GROWTH : size);
    if (n <= 0)
        return n;
    message.size = (size_t)n;
    wsd__filter(f->context, &message);
    if (message.size == 0) /* nothing would be the end */
        return WSD__STREAM_FAILED;
    if (message.bytes == buffer)
        return n;
    n = (ssize_t)(message.size < size ? message.size : size);
    memcpy(buffer, message.bytes, (size_t)n);
    return n;
}

static void filtered_closed(void *user, bool complete)
{
    struct filtered *f = user;

    wsd__timer_stop(&f->timer);
    if (f->inner.closed)
        f->inner.closed(f->inner.user, complete);
    free(f->inner.body);
    free(f);
}

static void time_is_up(void *user)
{
    struct filtered *f = user;

    f->waits = false;
    if (f->http)
        wsd__http_stream_resume(f->http);
}

/* Puts a stage of its own before what makes the answer's bytes. */
static void stage(struct wsd_host *host, struct wsd__http_reply *reply, uint32_t delay)
{
    struct filtered *f = calloc(1, sizeof *f);

    if (!f)
        return;
    f->context = host->context;
    f->inner = *reply;
    f->waits = delay > 0 && !reply->read &&
               wsd__timer_start(host->context, &f->timer, delay, time_is_up, f) == 0;
    reply->body = NULL;
    reply->size = 0;
    reply->read = filtered_read;
    reply->closed = filtered_closed;
    reply->user = f;
    if (!f->inner.ret_stream) /* else its owner does the waking */
        reply->ret_stream = &f->http;
}

static void replace_body(struct wsd__http_reply *reply, const struct wsd_host_message *message)
{
    char *copy = malloc(message->size + 1);

    if (!copy)
        return;
    memcpy(copy, message->bytes, message->size);
    copy[message->size] = 0;
    free(reply->body);
    reply->body = copy;
    reply->size = message->size;
}

static void filter_reply(struct wsd_host *host, struct wsd__http_reply *reply)
{
    struct wsd_host_message message = {.sent = true,
                                       .status = reply->status,
                                       .content_type = reply->content_type,
                                       .bytes = reply->body ? reply->body : "",
                                       .size = reply->size};

    wsd__filter(host->context, &message);
    reply->status = message.status;
    reply->content_type = message.content_type;
    if (!reply->read && message.bytes != reply->body && message.size + reply->size > 0)
        replace_body(reply, &message);
    if (message.drop && !reply->read) {
        free(reply->body);
        *reply = (struct wsd__http_reply){0};
    } else if (reply->read || message.delay > 0) {
        stage(host, reply, message.delay);
    }
}

void wsd__host_filter(struct wsd_host *host, const struct wsd__http_request *request,
                      struct wsd__http_reply *reply, wsd__serve_fn *serve)
{
    struct wsd__http_request own = *request;
    char *body = calloc(1, request->size + 1);

    if (!body) {
        reply->status = 500;
        return;
    }
    if (request->size > 0)
        memcpy(body, request->body, request->size);
    struct wsd_host_message message = {.bytes = body, .size = request->size};
    wsd__filter(host->context, &message);
    own.body = message.bytes;
    own.size = message.size;
    if (!message.drop) {
        /* A copy, since the filter's memory is good until the answer is shown to it only. */
        if (message.bytes != body) {
            char *changed = calloc(1, message.size + 1);
            if (changed)
                own.body = memcpy(changed, message.bytes, message.size);
            else
                own.size = 0;
            free(body);
            body = changed;
        }
        serve(host, &own, reply);
        filter_reply(host, reply);
    }
    free(body);
}
