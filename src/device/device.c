/* SPDX-License-Identifier: MIT */
/*
 * A device of a host: its identity, its metadata, its service, and what it answers at its own path
 * (WS-Transfer Get; Probe and Resolve over HTTP).
 *
 * Memory: one arena with its strings, about 1 kB; the service's is service_setup.c's affair.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/address.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "core/uri.h"
#include "core/uuid.h"
#include "device/host.h"
#include "discovery/messages.h"
#include "soap/answer.h"
#include "soap/recall.h"

static const struct wsd__fault malformed = {"Sender", NS_NONE, NULL,
                                            "The message breaks its schema."};

/* -- messages -----------------------------------------------------------------------------------
 */

/* The last part of an action of WS-Transfer, "" for an action of something else. */
static const char *transfer_operation(const char *action)
{
    const char *slash = action ? strrchr(action, '/') : NULL;

    if (!slash || wsd__ns_find(action, (size_t)(slash - action), NULL) != NS_WXF)
        return "";
    return slash + 1;
}

/* The endpoint reference, the URL (seen through whatever name or address the client knows us by),
 * or nothing in particular. */
static bool is_for(const struct wsd_device *device, const char *path, const char *to)
{
    struct wsd__uri uri;

    if (!to || !to[0] || wsd__is_anonymous(to) || wsd_endpoint_equal(to, device->self.endpoint))
        return true;
    return wsd__uri_parse(to, strlen(to), &uri) && wsd__slice_is(uri.path, path);
}

/* Keeps what was encoded. */
static void get_keep(const struct wsd_device *device, const struct wsd__address *local,
                     const struct wsd__envelope *message, const struct wsd__buf *out)
{
    struct wsd__get_said *said = &device->host->get;

    wsd__stencil_cut(&said->stencil, out);
    said->local = *local;
    said->dialect = message->dialect;
    said->device = device;
}

/* False when what is kept is the answer to another question. */
static bool get_kept(const struct wsd_device *device, const struct wsd__address *local,
                     const struct wsd__envelope *message, struct wsd__buf *out)
{
    const struct wsd__get_said *said = &device->host->get;
    struct wsd__answer_header own;

    if (said->device != device || said->dialect != message->dialect ||
        !wsd__address_equal(&said->local, local))
        return false;
    wsd__answer_header(device->host->context, message, NULL, &own);
    return wsd__stencil_print(&said->stencil, &own.header, out);
}

static int answer_get(struct wsd_device *device, const struct wsd__http_request *request,
                      const struct wsd__envelope *message, const char *path, struct wsd__buf *out)
{
    struct wsd_context *context = device->host->context;
    const struct wsd__fault *fault = wsd__request_check(message);
    struct wsd__address local = {0};
    char url[WSD__URL_SIZE + 8] = "";

    if (!fault && !is_for(device, path, message->header.to))
        fault = &wsd__fault_destination_unreachable;
    if (fault)
        return wsd__answer_fault(context, message, fault, NULL, out);
    wsd__address_of(request->local, &local, NULL);
    if (get_kept(device, &local, message, out))
        return 200;
    if (device->service &&
        wsd__host_url(device->host, device, request->local, "/scan", url, sizeof url) < 0)
        snprintf(url, sizeof url, "%s/scan", device->url);
    if (wsd__metadata_answer(context, message, &device->self, url, out, NULL) < 0)
        return wsd__answer_fault(context, message, &wsd__fault_no_memory, NULL, out);
    get_keep(device, &local, message, out);
    return 200;
}

static int not_supported(struct wsd_context *context, const struct wsd__envelope *message,
                         struct wsd__buf *out)
{
    const struct wsd__fault *fault = wsd__request_check(message);
    struct wsd__fault_detail detail;
    const struct wsd_any *about = NULL;

    if (!fault) {
        fault = &wsd__fault_action_not_supported;
        about = wsd__fault_detail_init(&detail, NS_WSA, "Action", message->header.action);
    }
    return wsd__answer_fault(context, message, fault, about, out);
}

/* Probe and Resolve: of one device, or of all. */
static int answer_discovery(struct wsd_host *host, struct wsd__target *only,
                            const struct wsd__http_request *request,
                            const struct wsd__envelope *message, struct wsd__buf *out)
{
    int r = wsd__responder_answer_http(host->responder, message, request->local, only, out, NULL);

    if (r == WSD_E_UNSUPPORTED)
        return not_supported(host->context, message, out);
    if (r < 0)
        return wsd__answer_fault(host->context, message, &wsd__fault_no_memory, NULL, out);
    return r == 0 ? 200 : 400;
}

static const struct wsd__envelope *decode(struct wsd_context *context,
                                          const struct wsd__http_request *request,
                                          struct wsd__buf *out, int *ret_status)
{
    const struct wsd__envelope *message;
    struct wsd_error error = {0};

    if (wsd__recall_decode(context, &wsd__type_discovery_body, request->body, request->size, 0,
                           &message, &error) == 0)
        return message;
    *ret_status =
        wsd__answer_undecodable(context, request->body, request->size, &error, &malformed, out);
    return NULL;
}

int wsd__device_serve(struct wsd_device *device, const char *path,
                      const struct wsd__http_request *request, struct wsd__buf *out)
{
    int status = 500;
    const struct wsd__envelope *message = decode(device->host->context, request, out, &status);
    const char *operation;

    if (!message)
        return status;
    operation = transfer_operation(message->header.action);
    if (strcmp(operation, "Get") == 0)
        status = answer_get(device, request, message, path, out);
    else if (operation[0]) /* Put, Create, Delete (DPWS R2045) */
        status = not_supported(device->host->context, message, out);
    else
        status = answer_discovery(device->host, device->target, request, message, out);
    wsd__recall_done(device->host->context, message);
    return status;
}

int wsd__host_probe(struct wsd_host *host, const struct wsd__http_request *request,
                    struct wsd__buf *out)
{
    int status = 500;
    const struct wsd__envelope *message = decode(host->context, request, out, &status);

    if (message)
        status = answer_discovery(host, NULL, request, message, out);
    wsd__recall_done(host->context, message);
    return status;
}

/* -- identity -----------------------------------------------------------------------------------
 */

/* Without an endpoint of its own a device gets one from its name and the machine's: the same after
 * a restart, another on another machine. */
static void own_endpoint(const char *friendly_name, char urn[WSD__UUID_URN_SIZE])
{
    char name[512], machine[128] = "";
    uint8_t uuid[16];

    gethostname(machine, sizeof machine - 1);
    snprintf(name, sizeof name, "%s\n%s", machine, friendly_name);
    wsd__uuid_from_name(name, uuid);
    wsd__uuid_format(uuid, urn);
}

static int copy_scopes(struct wsd__arena *arena, struct wsd_device *device,
                       const char *const *scopes)
{
    const char **copy;
    size_t n = 0;

    while (scopes && scopes[n])
        n++;
    copy = wsd__arena_alloc(arena, (n + 1) * sizeof *copy);
    if (!copy)
        return WSD_E_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (strnlen(scopes[i], WSD_MAX_URI + 1) > WSD_MAX_URI)
            return WSD_E_INVALID;
        copy[i] = wsd__arena_strdup(arena, scopes[i]);
        if (!copy[i])
            return WSD_E_NO_MEMORY;
    }
    device->scopes = copy;
    device->n_scopes = n;
    return 0;
}

/* As seen on the address that is served, or on loopback. */
static void own_url(struct wsd_device *device)
{
    const struct wsd_host *host = device->host;
    bool six = wsd__options(host->context)->ipv6_only;
    struct wsd__address address;
    union wsd__sockaddr local;

    if (!wsd__host_served(host, &address))
        wsd__address_parse(six ? "::1" : "127.0.0.1", six ? 3 : 9, &address);
    wsd__address_sockaddr(&address, 0, &local);
    wsd__host_url(host, device, &local.any, "", device->url, sizeof device->url);
}

/* Strictly higher than the last, whatever the clock says (WS-Discovery, appendix I). */
static uint32_t instance_after(uint32_t last)
{
    uint32_t now = (uint32_t)time(NULL);

    return now > last || last == UINT32_MAX ? now : last + 1;
}

static int device_fill(struct wsd__arena *arena, struct wsd_device *device,
                       const struct wsd_device_options *options, struct wsd_error *reterr)
{
    char endpoint[WSD__UUID_URN_SIZE];
    struct wsd__self_description self = {.endpoint = options->endpoint,
                                         .friendly_name = options->friendly_name,
                                         .manufacturer = options->manufacturer,
                                         .model_name = options->model_name,
                                         .manufacturer_url = options->manufacturer_url,
                                         .model_number = options->model_number,
                                         .model_url = options->model_url,
                                         .presentation_url = options->presentation_url,
                                         .firmware_version = options->firmware_version,
                                         .serial_number = options->serial_number};
    int r;

    if (!self.endpoint) {
        own_endpoint(options->friendly_name, endpoint);
        self.endpoint = endpoint;
    }
    if (!wsd__uuid_parse(self.endpoint, device->uuid))
        wsd__uuid_from_name(self.endpoint, device->uuid);
    r = wsd__metadata_copy(arena, &self, &device->self, reterr);
    if (r < 0)
        return r;
    r = copy_scopes(arena, device, options->scopes);
    if (r < 0)
        return wsd__error(reterr, r, "the scopes could not be taken over");
    device->metadata_version = options->metadata_version ? options->metadata_version : 1;
    device->instance_id =
        options->instance_id ? options->instance_id : instance_after(device->host->last_instance);
    own_url(device);
    return 0;
}

int wsd_device_new(struct wsd_host *host, const struct wsd_device_options *options,
                   struct wsd_device **ret_device, struct wsd_error *reterr)
{
    struct wsd_device_options own;
    struct wsd__arena *arena;
    struct wsd_device *device;
    int r;

    WSD__OPTIONS_TAKE(own, options);
    if (!own.friendly_name || !own.manufacturer || !own.model_name)
        return wsd__error(reterr, WSD_E_INVALID,
                          "a device needs a friendly name, a manufacturer and a model name");
    arena = wsd__arena_new(sizeof *device, 512, WSD_MAX_MESSAGE_MEMORY);
    if (!arena)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    device = wsd__arena_root(arena);
    device->host = host;
    r = device_fill(arena, device, &own, reterr);
    if (r >= 0) {
        r = wsd__host_insert(host, device);
        if (r == WSD_E_BUSY)
            wsd__error(reterr, r, "the host has a device with this endpoint already");
        else if (r < 0)
            wsd__error(reterr, r, NULL);
    }
    if (r < 0) {
        wsd__arena_free(arena);
        return r;
    }
    *ret_device = device;
    return 0;
}

const char *wsd_device_endpoint(const struct wsd_device *device)
{
    return device->self.endpoint;
}

const char *wsd_device_url(const struct wsd_device *device)
{
    return device->url;
}

static int xaddr(void *user, const struct sockaddr *local, char *url, size_t size)
{
    struct wsd_device *device = user;

    return wsd__host_url(device->host, device, local, "", url, size);
}

int wsd_device_start(struct wsd_device *device, struct wsd_error *reterr)
{
    struct wsd__target_description description = {.endpoint = device->self.endpoint,
                                                  .types =
                                                      wsd__metadata_types(device->service != NULL),
                                                  .scopes = {device->scopes, device->n_scopes},
                                                  .metadata_version = device->metadata_version,
                                                  .instance_id = device->instance_id,
                                                  .xaddr = xaddr,
                                                  .user = device};
    int r;

    if (device->target)
        return 0;
    r = wsd__target_add(device->host->responder, &description, &device->target, reterr);
    return r < 0 ? r : wsd__target_hello(device->target, reterr);
}

int wsd_device_reboot(struct wsd_device *device, struct wsd_error *reterr)
{
    if (device->instance_id == UINT32_MAX)
        return wsd__error(reterr, WSD_E_LIMIT, "there is no higher instance id");
    device->instance_id = instance_after(device->instance_id);
    if (device->service)
        wsd__scan_service_reset(device->service);
    return device->target ? wsd__target_restart(device->target, device->instance_id, reterr) : 0;
}

static void device_free(struct wsd_device *device, bool farewell)
{
    if (farewell)
        wsd__target_remove(device->target);
    else
        wsd__target_vanish(device->target);
    wsd__scan_service_destroy(device->service, farewell);
    wsd__host_remove(device->host, device);
    if (device->instance_id > device->host->last_instance)
        device->host->last_instance = device->instance_id;
    if (device->host->get.device == device)
        device->host->get.device = NULL;
    wsd__arena_free(wsd__arena_of(device));
}

void wsd_device_free(struct wsd_device *device)
{
    if (device)
        device_free(device, true);
}

void wsd_device_vanish(struct wsd_device *device)
{
    if (device)
        device_free(device, false);
}

/* -- the scan service ---------------------------------------------------------------------------
 */

int wsd_scan_service_new(struct wsd_device *device, const struct wsd_scan_service_options *options,
                         struct wsd_scan_service **ret_service, struct wsd_error *reterr)
{
    struct wsd_scan_service_options own;
    struct wsd__arena *arena = wsd__arena_of(device);
    const char *hardware_id;
    int r;

    if (device->service || device->target)
        return wsd__error(reterr, WSD_E_BUSY,
                          "a device gets its one scan service before it is started");
    WSD__OPTIONS_TAKE(own, options);
    hardware_id = own.hardware_id ? wsd__arena_strdup(arena, own.hardware_id)
                                  : wsd__metadata_hardware_id(arena, device->self.manufacturer,
                                                              device->self.model_name);
    if (!hardware_id)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    r = wsd__scan_service_create(device->host->context, &device->host->profiles, &own,
                                 &device->service, reterr);
    if (r < 0)
        return r;
    device->self.hardware_id = hardware_id;
    if (ret_service)
        *ret_service = device->service;
    return 0;
}
