/* SPDX-License-Identifier: MIT */
/*
 * A host: one HTTP server and one responder for all devices of a program.
 *
 * Paths: /UUID is a device (Get, and a Probe or Resolve meant for it alone), /UUID/scan its scan
 * service, and the stable path of WS-Discovery a Probe of all. What a path means is decided here;
 * what is said there, by the device, the service and the responder.
 */
#include "device/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/address.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "core/uuid.h"
#include "soap/mime.h"

#define STABLE_PATH   "/StableWSDiscoveryEndpoint/schemas-xmlsoap-org_ws_2005_04_discovery"
#define ENVELOPE_TYPE "application/soap+xml; charset=utf-8"

/* -- devices by path ----------------------------------------------------------------------------
 */

struct wsd_device *wsd__host_find(const struct wsd_host *host, const uint8_t uuid[16],
                                  size_t *ret_place)
{
    size_t low = 0, high = host->n_devices;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(uuid, host->devices[middle]->uuid, 16);

        if (order == 0) {
            low = middle;
            high = middle + 1;
            break;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (ret_place)
        *ret_place = low;
    return low < high ? host->devices[low] : NULL;
}

int wsd__host_insert(struct wsd_host *host, struct wsd_device *device)
{
    size_t place;

    if (wsd__host_find(host, device->uuid, &place))
        return WSD_E_BUSY;
    if (host->n_devices == host->devices_size) {
        size_t size = host->devices_size ? 2 * host->devices_size : 4;
        struct wsd_device **larger = realloc(host->devices, size * sizeof *larger);

        if (!larger)
            return WSD_E_NO_MEMORY;
        host->devices = larger;
        host->devices_size = size;
    }
    memmove(&host->devices[place + 1], &host->devices[place],
            (host->n_devices - place) * sizeof *host->devices);
    host->devices[place] = device;
    host->n_devices++;
    return 0;
}

void wsd__host_remove(struct wsd_host *host, struct wsd_device *device)
{
    size_t place;

    if (wsd__host_find(host, device->uuid, &place) != device)
        return;
    host->n_devices--;
    memmove(&host->devices[place], &host->devices[place + 1],
            (host->n_devices - place) * sizeof *host->devices);
}

bool wsd__host_served(const struct wsd_host *host, struct wsd__address *ret)
{
    /* Its zone, which is ours, says where to listen and does not tell addresses apart. */
    return host->address && wsd__address_parse(host->address, strcspn(host->address, "%"), ret) &&
           !wsd__address_is_group(ret);
}

int wsd__host_url(const struct wsd_host *host, const struct wsd_device *device,
                  const struct sockaddr *local, const char *suffix, char *url, size_t size)
{
    struct wsd__address address, served;
    char text[WSD__ADDRESS_SIZE], urn[WSD__UUID_URN_SIZE];
    bool six;
    int n;

    if (!wsd__address_of(local, &address, NULL))
        return WSD_E_NOT_FOUND;
    if (wsd__host_served(host, &served) && !wsd__address_equal(&served, &address))
        return WSD_E_NOT_FOUND;
    /* Without a zone: the other side's name for the link is not ours. */
    wsd__address_format(&address, NULL, text);
    wsd__uuid_format(device->uuid, urn);
    six = address.family == AF_INET6;
    n = snprintf(url, size, "http://%s%s%s:%u/%s%s", six ? "[" : "", text, six ? "]" : "",
                 (unsigned)wsd_host_port(host), urn + strlen("urn:uuid:"), suffix);
    return n < 0 || (size_t)n >= size ? WSD_E_LIMIT : 0;
}

/* -- replies ------------------------------------------------------------------------------------
 */

static void reply_text(struct wsd__http_reply *reply, int status, const char *text)
{
    reply->status = status;
    reply->content_type = "text/plain; charset=utf-8";
    reply->body = strdup(text);
    reply->size = reply->body ? strlen(text) : 0;
}

static void reply_envelope(struct wsd__http_reply *reply, int status, struct wsd__buf *body)
{
    reply->status = status;
    if (!body->data)
        return;
    reply->content_type = ENVELOPE_TYPE;
    reply->body = body->data;
    reply->size = body->length;
    *body = (struct wsd__buf){0};
}

/* -- an image on its way ------------------------------------------------------------------------
 */

struct transfer {
    struct wsd__scan_stream *scan;
    struct wsd__http_stream *http;
};

static ssize_t transfer_read(void *user, void *buffer, size_t size)
{
    return wsd__scan_stream_read(((struct transfer *)user)->scan, buffer, size);
}

static void transfer_wake(void *user)
{
    struct transfer *transfer = user;

    if (transfer->http)
        wsd__http_stream_resume(transfer->http);
}

static void transfer_closed(void *user, bool complete)
{
    struct transfer *transfer = user;

    wsd__scan_stream_closed(transfer->scan, complete);
    free(transfer);
}

/* True once the scanner has said whether there is an image at all. */
static bool transfer_later(void *user, struct wsd__http_reply *reply)
{
    struct transfer *transfer = user;
    struct wsd__scan_reply answer = {0};

    if (!wsd__scan_stream_settle(transfer->scan, &answer))
        return false;
    if (answer.stream) {
        reply->status = 200;
        reply->content_type = wsd__scan_stream_type(answer.stream);
        reply->read = transfer_read;
    } else {
        reply_envelope(reply, answer.status, &answer.body);
    }
    wsd__buf_free(&answer.body);
    return true;
}

static void reply_image(struct wsd__http_reply *reply, struct wsd__scan_stream *stream)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (!transfer) {
        wsd__scan_stream_closed(stream, false);
        reply->status = 500;
        return;
    }
    transfer->scan = stream;
    wsd__scan_stream_on_wake(stream, transfer_wake, transfer);
    if (wsd__scan_stream_pending(stream)) {
        reply->later = transfer_later;
    } else {
        reply->status = 200;
        reply->content_type = wsd__scan_stream_type(stream);
        reply->read = transfer_read;
    }
    reply->closed = transfer_closed;
    reply->user = transfer;
    reply->ret_stream = &transfer->http;
}

/* -- paths --------------------------------------------------------------------------------------
 */

enum place { PLACE_NONE, PLACE_STABLE, PLACE_DEVICE, PLACE_SERVICE };

/* A path, with or without a slash behind it. */
static bool path_is(const char *path, const char *wanted)
{
    size_t length = strlen(wanted);

    return strncmp(path, wanted, length) == 0 &&
           (path[length] == '\0' || (path[length] == '/' && path[length + 1] == '\0'));
}

static enum place place_of(const struct wsd_host *host, const char *path,
                           struct wsd_device **ret_device)
{
    enum { UUID_LENGTH = 36 };
    char text[UUID_LENGTH + 1];
    uint8_t uuid[16];
    struct wsd_device *device;

    if (path_is(path, STABLE_PATH))
        return PLACE_STABLE;
    if (path[0] != '/' || strnlen(path, UUID_LENGTH + 1) <= UUID_LENGTH)
        return PLACE_NONE;
    memcpy(text, path + 1, UUID_LENGTH);
    text[UUID_LENGTH] = '\0';
    if (!wsd__uuid_parse(text, uuid))
        return PLACE_NONE;
    device = wsd__host_find(host, uuid, NULL);
    if (!device || !device->target)
        return PLACE_NONE;
    *ret_device = device;
    path += 1 + UUID_LENGTH;
    if (path_is(path, ""))
        return PLACE_DEVICE;
    return device->service && path_is(path, "/scan") ? PLACE_SERVICE : PLACE_NONE;
}

/* text/xml and application/xml come from clients of other editions; a part of a multipart message
 * is nothing that a request here could have. */
static bool type_is_fine(const char *content_type)
{
    return !content_type[0] || wsd__mime_is(content_type, "application/soap+xml") ||
           wsd__mime_is(content_type, "text/xml") || wsd__mime_is(content_type, "application/xml");
}

static void say_what_this_is(struct wsd__http_reply *reply, enum place place,
                             const struct wsd_device *device)
{
    char line[1024];

    if (place == PLACE_STABLE)
        snprintf(line, sizeof line,
                 "This is the discovery address of a WSD host: it answers a "
                 "WS-Discovery Probe, sent by POST.\n");
    else
        snprintf(line, sizeof line,
                 "This is %s of \"%s\", a WSD scanner: it answers SOAP messages, "
                 "sent by POST.\n",
                 place == PLACE_SERVICE ? "the scan service" : "the device address",
                 device->self.friendly_name);
    reply_text(reply, 405, line);
}

static void serve_scan(struct wsd_device *device, const struct wsd__http_request *request,
                       struct wsd__http_reply *reply)
{
    struct wsd__scan_reply answer = {0};
    char url[WSD__URL_SIZE + 8];
    struct wsd__event_transport transport = {.peer = request->peer, .url = url};
    bool known = wsd__host_url(device->host, device, request->local, "/scan", url, sizeof url) == 0;

    wsd__scan_serve(device->service, known ? &transport : NULL, request->body, request->size,
                    &answer);
    if (answer.stream)
        reply_image(reply, answer.stream);
    else
        reply_envelope(reply, answer.status, &answer.body);
    wsd__buf_free(&answer.body);
}

static void serve(struct wsd_host *host, const struct wsd__http_request *request,
                  struct wsd__http_reply *reply)
{
    struct wsd__buf body = WSD__BUF_INIT(WSD_MAX_ENVELOPE);
    struct wsd_device *device = NULL;
    enum place place = place_of(host, request->path, &device);
    int status;

    if (place == PLACE_NONE)
        reply_text(reply, 404, "There is no WSD device at this address.\n");
    else if (strcmp(request->method, "POST") != 0)
        say_what_this_is(reply, place, device);
    else if (!type_is_fine(request->content_type))
        reply_text(reply, 415, "Messages to this address are application/soap+xml.\n");
    else if (place == PLACE_SERVICE)
        serve_scan(device, request, reply);
    else {
        status = place == PLACE_DEVICE ? wsd__device_serve(device, request->path, request, &body)
                                       : wsd__host_probe(host, request, &body);
        reply_envelope(reply, status, &body);
    }
    wsd__buf_free(&body);
}

/* With a filter on the way in and out. */
static void pass(struct wsd_host *host, const struct wsd__http_request *request,
                 struct wsd__http_reply *reply)
{
    if (wsd__filtering(host->context))
        wsd__host_filter(host, request, reply, serve);
    else
        serve(host, request, reply);
}

static void handle(void *user, const struct wsd__http_request *request,
                   struct wsd__http_reply *reply)
{
    struct wsd_host *host = user;
    struct wsd__address address;
    char text[WSD__ADDRESS_SIZE] = "", peer[WSD__ADDRESS_SIZE + 8] = "", note[16];
    uint16_t port = 0;

    if (!wsd__tracing(host->context)) {
        pass(host, request, reply);
        return;
    }
    if (wsd__address_of(request->peer, &address, &port))
        wsd__address_format(&address, NULL, text);
    snprintf(peer, sizeof peer, address.family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
    wsd__trace(host->context, &(struct wsd_trace){.peer = peer,
                                                  .note = request->method,
                                                  .bytes = request->body,
                                                  .size = request->size});
    pass(host, request, reply);
    snprintf(note, sizeof note, "%d", reply->status);
    wsd__trace(host->context, &(struct wsd_trace){.sent = true,
                                                  .peer = peer,
                                                  .note = note,
                                                  .bytes = reply->body ? reply->body : "",
                                                  .size = reply->size});
}

/* -- the host -----------------------------------------------------------------------------------
 */

static int host_open(struct wsd_host *host, const struct wsd_host_options *options,
                     struct wsd_error *reterr)
{
    struct wsd__http_server_options http = {.port = options->port,
                                            .address = host->address,
                                            .max_request = WSD_MAX_REQUEST_ENVELOPE,
                                            .max_connections = WSD_MAX_CONNECTIONS,
                                            .max_connections_per_peer =
                                                WSD_MAX_CONNECTIONS_PER_PEER,
                                            .idle_timeout = WSD_CONNECTION_IDLE};
    struct wsd__responder_options discovery = {.max_answer_delay = options->max_answer_delay,
                                               .answer_off_link = options->answer_off_link,
                                               .answers_per_second = options->answers_per_second,
                                               .answers_per_second_per_peer =
                                                   options->answers_per_second_per_peer,
                                               .no_network = options->no_discovery};
    int r = wsd__http_server_new(host->context, &http, handle, host, &host->server, reterr);

    if (r >= 0)
        r = wsd__responder_new(host->context, &discovery, &host->responder, reterr);
    return r;
}

int wsd_host_new(struct wsd_context *context, const struct wsd_host_options *options,
                 struct wsd_host **ret_host, struct wsd_error *reterr)
{
    struct wsd_host_options own;
    struct wsd_host *host;
    int r = 0;

    WSD__OPTIONS_TAKE(own, options);
    host = calloc(1, sizeof *host);
    if (!host)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    host->context = context;
    host->get.stencil = WSD__STENCIL_INIT(WSD_MAX_ENVELOPE);
    if (own.address) {
        host->address = strdup(own.address);
        if (!host->address)
            r = wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    if (own.filter)
        wsd__filter_set(context, own.filter, own.user);
    if (r >= 0)
        r = host_open(host, &own, reterr);
    if (r < 0) {
        wsd_host_free(host);
        return r;
    }
    *ret_host = host;
    return 0;
}

uint16_t wsd_host_port(const struct wsd_host *host)
{
    return wsd__http_server_port(host->server);
}

void wsd_host_free(struct wsd_host *host)
{
    if (!host)
        return;
    while (host->n_devices)
        wsd_device_free(host->devices[host->n_devices - 1]);
    wsd__responder_free(host->responder);
    if (host->server)
        wsd__http_server_free(host->server);
    wsd__filter_set(host->context, NULL, NULL);
    wsd__stencil_free(&host->get.stencil);
    free(host->devices);
    free(host->address);
    free(host);
}
