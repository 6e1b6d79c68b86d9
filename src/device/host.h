/* SPDX-License-Identifier: MIT */
/* What host.c (sockets, paths) and device.c (one device) share with each other. */
#ifndef WSD_DEVICE_HOST_H
#define WSD_DEVICE_HOST_H

#include <wsd/device.h>

#include "core/address.h"
#include "core/arena.h"
#include "discovery/target.h"
#include "scan/service.h"
#include "soap/http_server.h"
#include "soap/stencil.h"
#include "transfer/metadata_host.h"

enum { WSD__URL_SIZE = 192 };

/* The last GetResponse, for the next one who asks the same. */
struct wsd__get_said {
    struct wsd__stencil stencil;
    const struct wsd_device *device; /* NULL: nothing is kept */
    struct wsd__address local;
    enum wsd__dialect dialect;
};

struct wsd_host {
    struct wsd_context *context;
    struct wsd__http_server *server;
    struct wsd__responder *responder;
    struct wsd__scan_profiles profiles;
    struct wsd__get_said get;
    char *address; /* the only one that is served on; NULL: all */
    /* Sorted by uuid, so that one of a thousand is found in ten steps. */
    struct wsd_device **devices;
    size_t n_devices, devices_size;
    uint32_t last_instance; /* the highest of those that are gone */
};

/* Root of an arena with all its strings. */
struct wsd_device {
    struct wsd_host *host;
    uint8_t uuid[16]; /* its path: that of the endpoint, or made from it */
    struct wsd__self_description self;
    const char *const *scopes;
    size_t n_scopes;
    uint32_t metadata_version, instance_id;
    struct wsd__target *target; /* NULL until it was started */
    struct wsd_scan_service *service;
    char url[WSD__URL_SIZE];
};

/* NULL if there is none; else its place, or the place where it would be. */
struct wsd_device *wsd__host_find(const struct wsd_host *host, const uint8_t uuid[16],
                                  size_t *ret_place);
int wsd__host_insert(struct wsd_host *host, struct wsd_device *device);
void wsd__host_remove(struct wsd_host *host, struct wsd_device *device);
/* True if the host serves one address only, which that is; false for all of them. */
bool wsd__host_served(const struct wsd_host *host, struct wsd__address *ret);
/* The URL of device (suffix "" or "/scan") through our address local; WSD_E_NOT_FOUND when the host
 * is not served there. */
int wsd__host_url(const struct wsd_host *host, const struct wsd_device *device,
                  const struct sockaddr *local, const char *suffix, char *url, size_t size);

/* A request for the device itself: Get, Probe, Resolve. status and body of the reply. */
int wsd__device_serve(struct wsd_device *device, const char *path,
                      const struct wsd__http_request *request, struct wsd__buf *out);
/* Probe and Resolve for all devices of the host, at the stable path. */
int wsd__host_probe(struct wsd_host *host, const struct wsd__http_request *request,
                    struct wsd__buf *out);

/* Answers by serve, with the filter of the context between it and the wire (host_filter.c). */
typedef void wsd__serve_fn(struct wsd_host *host, const struct wsd__http_request *request,
                           struct wsd__http_reply *reply);
void wsd__host_filter(struct wsd_host *host, const struct wsd__http_request *request,
                      struct wsd__http_reply *reply, wsd__serve_fn *serve);

#endif
