/* SPDX-License-Identifier: MIT */
/*
 * From the address of a configuration (a host, an IP address, a URL of the device or of its scan
 * service, a UUID) to the device's metadata, without a search: multicast does not cross a VPN.
 */
#ifndef WSD_APPS_SCAN_LOCATE_H
#define WSD_APPS_SCAN_LOCATE_H

#include <wsd/wsd.h>

struct locate;

/* What was found. Of a device that tells no metadata only `service` is known. */
struct located {
    const struct wsd_device_info *info; /* the callee's to free; NULL: none */
    const char *service;                /* address of a scan service; NULL: see `info` */
    const struct wsd_error *error;      /* nothing was found: the most telling reason */
};

/* Starts; `done` runs once, from the loop, unless it is cancelled before. 0 or a code. `endpoint`
 * is the device that is known to be there, whose certificate has to be shown over https; NULL or
 * "": who answers says it. */
int locate_start(struct wsd_context *context, const char *address, const char *endpoint,
                 void (*done)(void *user, const struct located *located), void *user,
                 struct locate **ret, struct wsd_error *reterr);
/* No call comes after this. NULL is fine. */
void locate_cancel(struct locate *locate);

#endif
