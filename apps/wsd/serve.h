/* SPDX-License-Identifier: MIT */
/* The scanner made of software: what it can do (serve_config.c) and what it scans (serve_scan.c).
 */
#ifndef WSD_APPS_SERVE_H
#define WSD_APPS_SERVE_H

#include <wsd/device.h>

#include "session.h"

struct pages;
struct serve_job;

/* What all devices of this program share. */
struct serve {
    struct session *session;
    struct wsd_host *host;
    const char *name, *manufacturer, *model;
    struct pages *pages; /* NULL: the test chart */
    long sheets, count;
    unsigned long jobs_ended;
    struct serve_device *devices;
};

struct serve_device {
    struct serve *serve;
    struct wsd_device *device;
    struct serve_job *job; /* the one that scans */
    unsigned turn;         /* which picture lies on the glass */
    char name[160];
};

extern const struct wsd_scan_configuration serve_configuration;
extern const struct wsd_scan_ticket serve_default_ticket;

/* The functions of the scanner behind `device`. */
struct wsd_scanner serve_scanner(struct serve_device *device);

#endif
