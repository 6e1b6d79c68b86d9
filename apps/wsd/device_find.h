/* SPDX-License-Identifier: MIT */
/*
 * From what a person typed to a device: a name or a part of one, a UUID, a host, an address or a
 * URL; or nothing, for the only scanner there is.
 */
#ifndef WSD_APPS_DEVICE_FIND_H
#define WSD_APPS_DEVICE_FIND_H

#include <stdbool.h>
#include <wsd/transfer.h>

#include "session.h"

struct device {
    char *name;                         /* to be shown; never NULL */
    char *endpoint;                     /* "" when not known */
    char *url;                          /* transport address, "" when only the service is known */
    char *service;                      /* address of the scan service; NULL: it has none */
    const struct wsd_device_info *info; /* NULL when only the service is known */
};

/* `wanted` NULL or "": the only scanner. With `scanner`, a device without a scan service is an
 * error. Returns an exit code; a failure is said. */
int device_find(struct session *session, const char *wanted, bool scanner, struct device *ret);

void device_free(struct device *device);

#endif
