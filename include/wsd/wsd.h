/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Web Services for Devices, client and device: all of the public API.
 */
#ifndef WSD_WSD_H
#define WSD_WSD_H

#include <wsd/cache.h>
#include <wsd/certificate.h>
#include <wsd/context.h>
#include <wsd/device.h>
#include <wsd/discovery.h>
#include <wsd/error.h>
#include <wsd/eventing.h>
#include <wsd/print.h>
#include <wsd/scan.h>
#include <wsd/scan_events.h>
#include <wsd/scan_monitor.h>
#include <wsd/scan_types.h>
#include <wsd/soap.h>
#include <wsd/transfer.h>
#include <wsd/types.h>
#include <wsd/watch.h>

#endif
