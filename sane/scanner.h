/* SPDX-License-Identifier: MIT */
/* Scanners: the list of them, and one that is opened. */
#ifndef WSD_SANE_SCANNER_H
#define WSD_SANE_SCANNER_H

#include <sane/sane.h>
#include <wsd/wsd.h>

#include "config.h"
#include "scan/abilities.h"

/* A scanner that answered. */
struct found {
    const struct wsd_device_info *info; /* NULL: it tells nothing but its scan service */
    char *name;                         /* for sane_open(): stays the same as long as the device */
    char *service;                      /* address of its scan service */
};

struct found_list {
    struct found *found;
    size_t n;
};

/* Scanners that are there. The cache is asked first; then, and for those that are new, the network.
 * With `first` it ends with the first one. */
int list_scanners(const struct config *config, bool first, struct found_list *ret,
                  struct wsd_error *reterr);
void found_free(struct found *found);
void list_free(struct found_list *list);

/* The scanner of that name: "" (the first), as the list has it, as wsd.conf calls it, an address, a
 * URL, or a part of what it is called. */
int find_scanner(const struct config *config, const char *name, struct found *ret,
                 struct wsd_error *reterr);

/* A scanner with all that it says of itself. */
struct scanner {
    struct found found;
    char label[256]; /* for messages */
    struct scan_abilities has;
    const struct wsd_scan_get_scanner_elements_response *elements;
};

SANE_Status scanner_open(const struct config *config, const char *name, struct scanner *ret);
void scanner_close(struct scanner *scanner);

/* For a request to it: over https it has to show its certificate. The times are the library's. */
struct wsd_request_options scanner_request(const struct scanner *scanner);

/* What failed, with what to do where that is not the common thing; for messages. */
void say_error(const struct config *config, const char *label, const struct wsd_error *error);

/* Vendor and model as they are shown; `ret` is the vendor's or the model's. */
const char *found_vendor(const struct found *found, char *ret, size_t size);
const char *found_model(const struct found *found, char *ret, size_t size);

/* Does the work in a thread of its own, where no signal of the program's arrives, and waits for it.
 */
bool apart(void (*work)(void *user), void *user);

/* SANE's word for a failure of the network, and for what stops a scanner. */
SANE_Status status_of_error(const struct wsd_error *error);
SANE_Status status_of_trouble(const struct scan_trouble *trouble);

#endif
