/* SPDX-License-Identifier: MIT */
/*
 * Network addresses: text, socket form and kind.
 *
 * Hosts by name are left to whoever resolves them; nothing here asks the network.
 */
#include "core/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void set_ipv6(struct wsd__address *address, const uint8_t bytes[16], uint32_t scope)
{
    memset(address, 0, sizeof *address);
    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        address->family = AF_INET;
        memcpy(address->bytes, bytes + 12, 4);
        return;
    }
    address->family = AF_INET6;
    memcpy(address->bytes, bytes, 16);
    if (wsd__address_is_link_local(address)) {
        address->scope = scope;
    }
}

bool wsd__address_of(const struct sockaddr *from, struct wsd__address *ret, uint16_t *ret_port)
{
    union wsd__sockaddr copy;
    uint16_t port = 0;
    if (from->sa_family == AF_INET) {
        memcpy(&copy.in, from, sizeof copy.in);
        memset(ret, 0, sizeof *ret);
        ret->family = AF_INET;
        memcpy(ret->bytes, &copy.in.sin_addr, 4);
        port = ntohs(copy.in.sin_port);
    } else if (from->sa_family == AF_INET6) {
        memcpy(&copy.in6, from, sizeof copy.in6);
        set_ipv6(ret, copy.in6.sin6_addr.s6_addr, copy.in6.sin6_scope_id);
        port = ntohs(copy.in6.sin6_port);
    } else {
        return false;
    }
    if (ret_port != NULL) {
        *ret_port = port;
    }
    return true;
}

socklen_t wsd__address_sockaddr(const struct wsd__address *address, uint16_t port,
                                union wsd__sockaddr *ret)
{
    memset(ret, 0, sizeof *ret);
    if (address->family == AF_INET) {
        ret->in.sin_family = AF_INET;
        ret->in.sin_port = htons(port);
        memcpy(&ret->in.sin_addr, address->bytes, 4);
        return sizeof ret->in;
    }
    ret->in6.sin6_family = AF_INET6;
    ret->in6.sin6_port = htons(port);
    ret->in6.sin6_scope_id = address->scope;
    memcpy(&ret->in6.sin6_addr, address->bytes, 16);
    return sizeof ret->in6;
}

bool wsd__address_parse(const char *text, size_t length, struct wsd__address *ret)
{
    char copy[INET6_ADDRSTRLEN];
    uint8_t bytes[16] = {0};
    if (length == 0 || length >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET, copy, bytes) == 1) {
        memset(ret, 0, sizeof *ret);
        ret->family = AF_INET;
        memcpy(ret->bytes, bytes, 4);
        return true;
    }
    if (inet_pton(AF_INET6, copy, bytes) == 1) {
        set_ipv6(ret, bytes, 0);
        return true;
    }
    return false;
}

void wsd__address_format(const struct wsd__address *address, const char *zone,
                         char text[WSD__ADDRESS_SIZE])
{
    text[0] = '\0';
    if (address->family == 0 ||
        inet_ntop(address->family, address->bytes, text, WSD__ADDRESS_SIZE) == NULL) {
        return;
    }
    if (zone != NULL && zone[0] != '\0' && address->family == AF_INET6 &&
        wsd__address_is_link_local(address)) {
        size_t length = strlen(text);
        snprintf(text + length, WSD__ADDRESS_SIZE - length, "%%%s", zone);
    }
}

bool wsd__address_equal(const struct wsd__address *a, const struct wsd__address *b)
{
    return a->family != 0 && a->family == b->family && memcmp(a->bytes, b->bytes, 16) == 0;
}

bool wsd__address_in(const struct wsd__address *address, const struct wsd__address *network,
                     unsigned prefix)
{
    unsigned bits = address->family == AF_INET ? 32 : 128;
    if (address->family == 0 || address->family != network->family) {
        return false;
    }
    if (prefix > bits) {
        prefix = bits;
    }
    if (memcmp(address->bytes, network->bytes, prefix / 8) != 0) {
        return false;
    }
    unsigned rest = prefix % 8;
    unsigned differ = (unsigned)(address->bytes[prefix / 8 % 16] ^ network->bytes[prefix / 8 % 16]);
    return rest == 0 || differ >> (8 - rest) == 0;
}

bool wsd__address_is_loopback(const struct wsd__address *address)
{
    static const uint8_t one[16] = {[15] = 1};
    if (address->family == AF_INET) {
        return address->bytes[0] == 127;
    }
    return address->family == AF_INET6 && memcmp(address->bytes, one, 16) == 0;
}

bool wsd__address_is_link_local(const struct wsd__address *address)
{
    if (address->family == AF_INET) {
        return address->bytes[0] == 169 && address->bytes[1] == 254;
    }
    return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
           (address->bytes[1] & 0xc0) == 0x80;
}

bool wsd__address_is_group(const struct wsd__address *address)
{
    static const uint8_t none[16] = {0};
    if (address->family == AF_INET) {
        return address->bytes[0] == 0 || address->bytes[0] >= 224; /* 240/4 is reserved */
    }
    return address->family == AF_INET6 &&
           (address->bytes[0] == 0xff || memcmp(address->bytes, none, 16) == 0);
}

bool wsd__address_is_metadata(const struct wsd__address *address)
{
    static const uint8_t ipv4[4] = {169, 254, 169, 254};
    static const uint8_t ipv6[16] = {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
    if (address->family == AF_INET) {
        return memcmp(address->bytes, ipv4, sizeof ipv4) == 0;
    }
    return address->family == AF_INET6 && memcmp(address->bytes, ipv6, sizeof ipv6) == 0;
}

bool wsd__address_is_astray(const struct wsd__address *address)
{
    return wsd__address_is_loopback(address) || wsd__address_is_group(address) ||
           wsd__address_is_metadata(address);
}
