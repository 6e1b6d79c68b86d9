/* SPDX-License-Identifier: MIT */
/* The parts of a URI that the protocols look at (RFC 3986), cut without copying. */
#ifndef WSD_CORE_URI_H
#define WSD_CORE_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wsd__slice {
    const char *data;
    size_t length;
};

struct wsd__uri {
    struct wsd__slice scheme, authority, host, zone, port, path, query;
    bool bracketed;       /* host stood in [] */
    uint16_t port_number; /* 0 if absent; scheme's default is not filled in */
};

/* False for what is no absolute URI with "//" or is longer than WSD_MAX_URI or has control
 * characters. host is without brackets and zone ("%25eth0" or "%eth0"). "http://[1.2.3.4]/" (seen
 * in the field, device-quirks D11) parses, bracketed is true. */
bool wsd__uri_parse(const char *text, size_t length, struct wsd__uri *ret);
/* Whether the host ends in a number and is no address as inet_pton() reads it, or has escapes of
 * what needs none. inet_aton(), and with it libcurl, take "127.1", "0x7f.1" and "2130706433" for
 * addresses, where to who checks addresses they are names: nobody is contacted there. */
bool wsd__uri_is_disguised(const struct wsd__uri *uri);
/* What the host is to who checks where an address of a device leads. */
enum wsd__host_kind {
    WSD__HOST_ADDRESS, /* as inet_pton() reads it, in brackets or not */
    WSD__HOST_NAME,    /* of letters, digits, '-', '.' and '_': it leads where DNS says */
    WSD__HOST_LOCAL,   /* "localhost" and names below it, always this machine (RFC 6761) */
    WSD__HOST_ODD      /* none of these, or in a disguise: with libidn libcurl takes even digits of
                          other scripts for an address */
};
struct wsd__address;
enum wsd__host_kind wsd__uri_host(const struct wsd__uri *uri, struct wsd__address *ret);
/* The place of `address` at the host of `base`, zone included: for link-local addresses, which need
 * ours, and for names that nobody resolves. What does not fit fails in the buffer. */
struct wsd__buf;
void wsd__uri_at_host(const struct wsd__uri *base, const struct wsd__uri *address,
                      struct wsd__buf *out);
bool wsd__slice_is(struct wsd__slice slice, const char *text);      /* equal */
bool wsd__slice_is_case(struct wsd__slice slice, const char *text); /* equal but for case */

#endif
