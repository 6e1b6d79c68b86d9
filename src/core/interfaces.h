/* SPDX-License-Identifier: MIT */
/* Network interfaces: which may be used for discovery, and what lies on their links. */
#ifndef WSD_CORE_INTERFACES_H
#define WSD_CORE_INTERFACES_H

#include <net/if.h>

#include "core/address.h"
#include "core/context.h"

struct wsd__interface {
    char name[IF_NAMESIZE];
    unsigned index;
    unsigned flags;  /* IFF_... */
    bool usable;     /* for multicast, by the context's options */
    bool ipv4, ipv6; /* usable, and has an address of that family */
};

/* One of our own addresses and the network around it. */
struct wsd__network {
    struct wsd__address address;
    unsigned prefix;
    unsigned interface; /* index, as the system numbers it */
};

struct wsd__interfaces {
    struct wsd__interface *items; /* all that are up */
    size_t n_items;
    struct wsd__network *networks;
    size_t n_networks;
};

/* What is there now; free with wsd__interfaces_free. Fails with WSD_E_SYSTEM or WSD_E_NO_MEMORY;
 * that none is usable is no failure here. */
int wsd__interfaces_load(struct wsd_context *context, struct wsd__interfaces **ret,
                         struct wsd_error *reterr);
void wsd__interfaces_free(struct wsd__interfaces *list);

/* NULL if unknown. */
const struct wsd__interface *wsd__interfaces_find(const struct wsd__interfaces *list,
                                                  unsigned index);
/* The interface's name, "" if unknown. */
const char *wsd__interfaces_name(const struct wsd__interfaces *list, unsigned index);
/* True if address lies in a network of the interface (0: of any). Link-local IPv6 always does. */
bool wsd__interfaces_on_link(const struct wsd__interfaces *list, const struct wsd__address *address,
                             unsigned index);
/* True if address is one of ours. */
bool wsd__interfaces_own(const struct wsd__interfaces *list, const struct wsd__address *address);
/* Our address on the interface that peer would expect: of its network, link-local for link-local,
 * else the first of the family. NULL if there is none. peer may be NULL. */
const struct wsd__network *wsd__interfaces_source(const struct wsd__interfaces *list,
                                                  unsigned index, int family,
                                                  const struct wsd__address *peer);

/* True if both have the same addresses on the same interfaces. */
bool wsd__interfaces_same(const struct wsd__interfaces *a, const struct wsd__interfaces *b);

/* Container bridges, virtual machines' and tunnels, by name. */
bool wsd__interface_is_virtual(const char *name);
/* A name or address against a pattern; a trailing `*` matches any rest. */
bool wsd__interface_matches(const char *pattern, const char *text);

#endif
