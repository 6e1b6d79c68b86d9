/* SPDX-License-Identifier: MIT */
/* Transport addresses as a device writes them, made into ones that may be contacted. */
#ifndef WSD_DISCOVERY_XADDRS_H
#define WSD_DISCOVERY_XADDRS_H

#include "core/interfaces.h"
#include "core/limits.h"

/* Who said it, and where we heard it. */
struct wsd__heard {
    const struct wsd__interfaces *interfaces;
    struct wsd__address sender; /* family 0 if unknown */
    unsigned interface;         /* 0 if unknown */
    const char *zone;           /* name of the interface, "" if unknown */
    bool allow_foreign;
    bool judged; /* by us before: zones in the URLs are those of our interfaces */
};

/* How soon an address is tried. */
enum wsd__rank {
    WSD__RANK_SENDER,  /* the host that answered */
    WSD__RANK_ON_LINK, /* on one of our own networks */
    WSD__RANK_OTHER,
    WSD__RANK_DOUBTED, /* named by someone else than who answered first */
    WSD__RANK_REFUSED, /* may not be contacted */
    WSD__RANK_SKIPPED  /* no http URL, or none at all */
};

struct wsd__xaddr {
    enum wsd__rank rank;
    char url[WSD_MAX_URI + WSD__ADDRESS_SIZE];
    bool by_name; /* host is a name: second is the same place by the sender's address */
    char second[WSD_MAX_URI + WSD__ADDRESS_SIZE];
    struct wsd__address host; /* family 0: a name */
};

/* Judges one URL and repairs it: ret->rank says what to do with ret->url. */
void wsd__xaddr_judge(const struct wsd__heard *heard, const char *text, struct wsd__xaddr *ret);

#endif
