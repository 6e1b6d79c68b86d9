/* SPDX-License-Identifier: MIT */
/* Network addresses without their port: what is asked of them before anything is sent there. */
#ifndef WSD_CORE_ADDRESS_H
#define WSD_CORE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct wsd__address {
    int family; /* AF_INET, AF_INET6 or 0 for none */
    uint8_t bytes[16];
    uint32_t scope; /* interface of a link-local IPv6 address, else 0 */
};

union wsd__sockaddr {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

enum { WSD__ADDRESS_SIZE = 80 }; /* text with zone and NUL */

/* False for other families. An IPv4 address mapped into IPv6 becomes the IPv4 address. */
bool wsd__address_of(const struct sockaddr *from, struct wsd__address *ret, uint16_t *ret_port);
socklen_t wsd__address_sockaddr(const struct wsd__address *address, uint16_t port,
                                union wsd__sockaddr *ret);
/* A numeric host without brackets and zone; false for a name. */
bool wsd__address_parse(const char *text, size_t length, struct wsd__address *ret);
/* zone, may be NULL or "", is added to link-local IPv6 addresses only. */
void wsd__address_format(const struct wsd__address *address, const char *zone,
                         char text[WSD__ADDRESS_SIZE]);
/* The scope does not count: a peer's zone is not ours. */
bool wsd__address_equal(const struct wsd__address *a, const struct wsd__address *b);
bool wsd__address_in(const struct wsd__address *address, const struct wsd__address *network,
                     unsigned prefix);

bool wsd__address_is_loopback(const struct wsd__address *address);
bool wsd__address_is_link_local(const struct wsd__address *address); /* both families */
/* Multicast, broadcast or unspecified: nothing that one host answers to. */
bool wsd__address_is_group(const struct wsd__address *address);
/* Where clouds serve secrets to whoever asks from inside. */
bool wsd__address_is_metadata(const struct wsd__address *address);
/* Loopback or any of these: where no device of the network is. */
bool wsd__address_is_astray(const struct wsd__address *address);

#endif
