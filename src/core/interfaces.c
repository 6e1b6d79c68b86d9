/* SPDX-License-Identifier: MIT */
/*
 * Interfaces by getifaddrs(3).
 *
 * By default the links of containers, virtual machines and tunnels are left out: dozens of them
 * confuse a search, and Windows drops a host that it sees from two sources (device-quirks D22).
 * An interface that the caller names is taken whatever it is called. Cost: one system call and a
 * walk; callers load once per search or responder.
 */
#include "core/interfaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"

static const char *const virtual_names[] = {
    "docker*", "veth*", "br-*",   "virbr*", "vmnet*",  "vboxnet*", "tun*",       "tap*",
    "wg*",     "ppp*",  "lxc*",   "lxdbr*", "podman*", "cni*",     "flannel*",   "cali*",
    "zt*",     "utun*", "ipsec*", "gre*",   "sit*",    "ip6tnl*",  "tailscale*", "bridge1*",
};

bool wsd__interface_matches(const char *pattern, const char *text)
{
    size_t length = strlen(pattern);
    if (length > 0 && pattern[length - 1] == '*') {
        return strncmp(pattern, text, length - 1) == 0;
    }
    return strcmp(pattern, text) == 0;
}

bool wsd__interface_is_virtual(const char *name)
{
    for (size_t i = 0; i < sizeof virtual_names / sizeof *virtual_names; i++) {
        if (wsd__interface_matches(virtual_names[i], name)) {
            return true;
        }
    }
    return false;
}

const struct wsd__interface *wsd__interfaces_find(const struct wsd__interfaces *list,
                                                  unsigned index)
{
    for (size_t i = 0; i < list->n_items; i++) {
        if (list->items[i].index == index) {
            return &list->items[i];
        }
    }
    return NULL;
}

const char *wsd__interfaces_name(const struct wsd__interfaces *list, unsigned index)
{
    const struct wsd__interface *interface = wsd__interfaces_find(list, index);
    return interface != NULL ? interface->name : "";
}

bool wsd__interfaces_on_link(const struct wsd__interfaces *list, const struct wsd__address *address,
                             unsigned index)
{
    if (address->family == AF_INET6 && wsd__address_is_link_local(address)) {
        return true;
    }
    for (size_t i = 0; i < list->n_networks; i++) {
        const struct wsd__network *network = &list->networks[i];
        if ((index == 0 || network->interface == index) &&
            wsd__address_in(address, &network->address, network->prefix)) {
            return true;
        }
    }
    return false;
}

bool wsd__interfaces_own(const struct wsd__interfaces *list, const struct wsd__address *address)
{
    for (size_t i = 0; i < list->n_networks; i++) {
        if (wsd__address_equal(address, &list->networks[i].address)) {
            return true;
        }
    }
    return false;
}

bool wsd__interfaces_same(const struct wsd__interfaces *a, const struct wsd__interfaces *b)
{
    if (a->n_networks != b->n_networks) {
        return false;
    }
    for (size_t i = 0; i < a->n_networks; i++) {
        if (a->networks[i].interface != b->networks[i].interface ||
            a->networks[i].prefix != b->networks[i].prefix ||
            !wsd__address_equal(&a->networks[i].address, &b->networks[i].address)) {
            return false;
        }
    }
    return true;
}

/* How well an own address suits a peer; 0: not at all. */
static int suitability(const struct wsd__network *network, const struct wsd__address *peer)
{
    bool local = wsd__address_is_link_local(&network->address);
    if (peer != NULL && wsd__address_equal(&network->address, peer)) {
        return 4;
    }
    if (peer != NULL && wsd__address_is_link_local(peer) && local) {
        return 3;
    }
    if (peer != NULL && wsd__address_in(peer, &network->address, network->prefix)) {
        return 3;
    }
    /* With nobody to suit, the address that serves the whole link: IPv6 link-local is always
     * there, IPv4 link-local only where there was no better. */
    return local == (network->address.family == AF_INET6) ? 2 : 1;
}

const struct wsd__network *wsd__interfaces_source(const struct wsd__interfaces *list,
                                                  unsigned index, int family,
                                                  const struct wsd__address *peer)
{
    const struct wsd__network *best = NULL;
    int most = 0;
    for (size_t i = 0; i < list->n_networks; i++) {
        const struct wsd__network *network = &list->networks[i];
        if (network->interface != index || network->address.family != family) {
            continue;
        }
        int suits = suitability(network, peer);
        if (suits > most) {
            most = suits;
            best = network;
        }
    }
    return best;
}

static struct wsd__interface *interface_of(struct wsd__interfaces *list, const struct ifaddrs *from)
{
    for (size_t i = 0; i < list->n_items; i++) {
        if (strcmp(list->items[i].name, from->ifa_name) == 0) {
            return &list->items[i];
        }
    }
    size_t length = strlen(from->ifa_name);
    unsigned index = if_nametoindex(from->ifa_name);
    if (index == 0 || length >= IF_NAMESIZE) {
        return NULL;
    }
    struct wsd__interface *interface = &list->items[list->n_items++];
    memcpy(interface->name, from->ifa_name, length + 1);
    interface->index = index;
    interface->flags = from->ifa_flags;
    return interface;
}

static unsigned prefix_of(const struct sockaddr *mask)
{
    struct wsd__address address;
    unsigned bits = 0;
    /* Some systems leave the family of a mask unset: the address decides, not the mask. */
    if (mask == NULL || !wsd__address_of(mask, &address, NULL)) {
        return 128; /* of the host alone */
    }
    for (size_t i = 0; i < 16; i++) {
        bits += (unsigned)__builtin_popcount(address.bytes[i]);
    }
    return bits;
}

static void add_network(struct wsd__interfaces *list, const struct ifaddrs *from)
{
    struct wsd__address address;
    if ((from->ifa_flags & IFF_UP) == 0 || from->ifa_addr == NULL ||
        !wsd__address_of(from->ifa_addr, &address, NULL)) {
        return;
    }
    const struct wsd__interface *interface = interface_of(list, from);
    if (interface == NULL) {
        return;
    }
    struct wsd__network *network = &list->networks[list->n_networks++];
    network->address = address;
    network->prefix = prefix_of(from->ifa_netmask);
    network->interface = interface->index;
    if (address.family == AF_INET6 && wsd__address_is_link_local(&address)) {
        network->address.scope = interface->index;
    }
}

static bool is_named(const struct wsd__interfaces *list, const struct wsd__interface *interface,
                     const char *const *patterns)
{
    for (; *patterns != NULL; patterns++) {
        if (wsd__interface_matches(*patterns, interface->name)) {
            return true;
        }
        for (size_t i = 0; i < list->n_networks; i++) {
            char text[WSD__ADDRESS_SIZE];
            wsd__address_format(&list->networks[i].address, NULL, text);
            if (list->networks[i].interface == interface->index &&
                wsd__interface_matches(*patterns, text)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_usable(const struct wsd__interfaces *list, const struct wsd__interface *interface,
                      const struct wsd_context_options *options)
{
    if ((interface->flags & IFF_LOOPBACK) != 0) {
        if (!options->allow_loopback) {
            return false;
        }
    } else if ((interface->flags & IFF_MULTICAST) == 0) {
        return false;
    }
    if (options->interfaces != NULL) {
        return is_named(list, interface, options->interfaces);
    }
    return (interface->flags & IFF_POINTOPOINT) == 0 && !wsd__interface_is_virtual(interface->name);
}

static void mark_usable(struct wsd__interfaces *list, const struct wsd_context_options *options)
{
    size_t n_usable = 0;
    for (size_t i = 0; i < list->n_items; i++) {
        struct wsd__interface *interface = &list->items[i];
        if (n_usable == WSD_MAX_INTERFACES || !is_usable(list, interface, options)) {
            continue;
        }
        for (size_t j = 0; j < list->n_networks; j++) {
            const struct wsd__network *network = &list->networks[j];
            if (network->interface == interface->index) {
                interface->ipv4 |= network->address.family == AF_INET && !options->ipv6_only;
                interface->ipv6 |= network->address.family == AF_INET6 && !options->ipv4_only;
            }
        }
        interface->usable = interface->ipv4 || interface->ipv6;
        n_usable += interface->usable;
    }
}

int wsd__interfaces_load(struct wsd_context *context, struct wsd__interfaces **ret,
                         struct wsd_error *reterr)
{
    struct ifaddrs *found = NULL;
    if (getifaddrs(&found) != 0) {
        return wsd__error_errno(reterr, WSD_E_SYSTEM, errno, "cannot list network interfaces");
    }
    size_t count = 1;
    for (const struct ifaddrs *item = found; item != NULL; item = item->ifa_next) {
        count++;
    }
    struct wsd__interfaces *list = calloc(1, sizeof *list);
    if (list != NULL) {
        list->items = calloc(count, sizeof *list->items);
        list->networks = calloc(count, sizeof *list->networks);
    }
    if (list == NULL || list->items == NULL || list->networks == NULL) {
        freeifaddrs(found);
        wsd__interfaces_free(list);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    for (const struct ifaddrs *item = found; item != NULL; item = item->ifa_next) {
        add_network(list, item);
    }
    freeifaddrs(found);
    mark_usable(list, wsd__options(context));
    *ret = list;
    return 0;
}

void wsd__interfaces_free(struct wsd__interfaces *list)
{
    if (list != NULL) {
        free(list->items);
        free(list->networks);
        free(list);
    }
}

bool wsd_context_uses_interface(struct wsd_context *context, const char *name)
{
    struct wsd__interfaces *list = NULL;
    bool used = false;
    if (wsd__interfaces_load(context, &list, NULL) != 0) {
        return false;
    }
    for (size_t i = 0; i < list->n_items; i++) {
        used = used || (list->items[i].usable && strcmp(list->items[i].name, name) == 0);
    }
    wsd__interfaces_free(list);
    return used;
}
