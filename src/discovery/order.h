/* SPDX-License-Identifier: MIT */
/* In which order a target's announcements are, and which came before (WS-Discovery, appendix I). */
#ifndef WSD_DISCOVERY_ORDER_H
#define WSD_DISCOVERY_ORDER_H

#include <wsd/soap.h>

#include "discovery/endpoint.h"
#include "discovery/table.h"

enum wsd__verdict {
    WSD__VERDICT_NEW,
    WSD__VERDICT_REBOOT, /* new, and of a higher InstanceId than all before */
    WSD__VERDICT_COPY,   /* came before: a repeat, or the same by another interface */
    WSD__VERDICT_OLD     /* overtaken by another */
};

struct wsd__speaker;

/* Starts as zeroes but for the seed. Forgets the speaker that was silent longest when full. */
struct wsd__order {
    uint64_t seed;
    struct wsd__table table;
    struct wsd__speaker *first, *last; /* lately heard first */
    size_t n_speakers;
};

/* Judges a message of endpoint and remembers it: an enum wsd__verdict, or WSD_E_NO_MEMORY. What
 * has no MessageID is told by its bytes. */
int wsd__order_judge(struct wsd__order *order, const char *endpoint,
                     const struct wsd_soap_header *header, const void *bytes, size_t size,
                     uint64_t now);
void wsd__order_free(struct wsd__order *order);

#endif
