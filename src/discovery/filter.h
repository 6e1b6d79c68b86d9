/* SPDX-License-Identifier: MIT */
/* The types that a listener or a watch cares for. */
#ifndef WSD_DISCOVERY_FILTER_H
#define WSD_DISCOVERY_FILTER_H

#include <wsd/discovery.h>

struct wsd__filter {
    struct wsd_qname_list types; /* a copy; none: all targets fit */
    bool any;                    /* one of them is enough */
};

/* Fails with WSD_E_INVALID or WSD_E_NO_MEMORY. */
int wsd__filter_init(struct wsd__filter *filter, const struct wsd_qname *types, size_t n_types,
                     bool any, struct wsd_error *reterr);
void wsd__filter_free(struct wsd__filter *filter);
/* untold: the answer when the target does not say of which types it is. */
bool wsd__filter_fits(const struct wsd__filter *filter, const struct wsd_qname_list *types,
                      bool untold);

#endif
