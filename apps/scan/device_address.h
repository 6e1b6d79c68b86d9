/* SPDX-License-Identifier: MIT */
/*
 * What a person may mean by DEVICE, and the addresses at which a bare host is asked.
 */
#ifndef WSD_APPS_SCAN_DEVICE_ADDRESS_H
#define WSD_APPS_SCAN_DEVICE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum wanted_kind { WANTED_ANY, WANTED_UUID, WANTED_URL, WANTED_HOST, WANTED_NAME };

struct wanted {
    enum wanted_kind kind;
    char text[512];     /* as typed; of a UUID "urn:uuid:..." */
    char host[300];     /* of WANTED_HOST: as it stands in a URL, [..] around IPv6 */
    char udp_host[300]; /* the same without brackets */
    unsigned port;      /* 0: none was given */
};

/* False when it is too long. */
bool wanted_parse(const char *text, struct wanted *ret);

/* Ports at which the stable path answers, or the one that was typed. Fills `ret` with URLs of a
 * Probe over HTTP; the count. */
#define STABLE_URLS_MAX 12
size_t stable_urls(const struct wanted *wanted, char ret[STABLE_URLS_MAX][600]);

/* Scan services of known makes at that host. */
#define GUESS_URLS_MAX 16
size_t guess_urls(const struct wanted *wanted, char ret[GUESS_URLS_MAX][600]);

#endif
