/* SPDX-License-Identifier: MIT */
/*
 * XAddrs (discovery 7.3, 7.4, 9.3 C3).
 *
 * A zone in a received URL names the peer's interface and is taken off; link-local hosts get the
 * zone of the interface on which we heard them. A host that is no host (brackets around an IPv4
 * literal and the like: device-quirks D11) becomes the sender's address. Names are not resolved
 * here: a name stays, followed by the same URL with the sender's address (Pantum, D2). A URL whose
 * host needs no change is kept to the letter.
 */
#include "discovery/xaddrs.h"

#include <stdio.h>
#include <string.h>

#include "core/uri.h"

/* text with its host (and zone and brackets) replaced. */
static void rebuild(const struct wsd__heard *heard, const char *text, const struct wsd__uri *uri,
                    const struct wsd__address *host, char *url, size_t size)
{
    char address[WSD__ADDRESS_SIZE], zone[IF_NAMESIZE + 3] = "";
    const char *rest = uri->authority.data + uri->authority.length;
    const char *colon = uri->port.length > 0 ? ":" : "";
    wsd__address_format(host, NULL, address);
    if (host->family == AF_INET6 && wsd__address_is_link_local(host) && heard->zone[0] != '\0') {
        snprintf(zone, sizeof zone, "%%25%s", heard->zone);
    }
    snprintf(url, size, host->family == AF_INET6 ? "%.*s[%s%s]%s%.*s%s" : "%.*s%s%s%s%.*s%s",
             (int)(uri->authority.data - text), text, address, zone, colon, (int)uri->port.length,
             uri->port.data != NULL ? uri->port.data : "", rest);
}

static bool is_ours(const struct wsd__heard *heard)
{
    return wsd__address_is_loopback(&heard->sender) ||
           wsd__interfaces_own(heard->interfaces, &heard->sender);
}

static enum wsd__rank rank_of(const struct wsd__heard *heard, const struct wsd__address *host)
{
    if (wsd__address_is_metadata(host) || wsd__address_is_group(host)) {
        return heard->allow_foreign ? WSD__RANK_OTHER : WSD__RANK_REFUSED;
    }
    if (wsd__address_equal(host, &heard->sender)) {
        return WSD__RANK_SENDER;
    }
    if (wsd__address_is_loopback(host)) {
        /* A neighbour's loopback would be our own; a program on this machine means what it says. */
        return heard->allow_foreign || is_ours(heard) ? WSD__RANK_ON_LINK : WSD__RANK_REFUSED;
    }
    if (wsd__interfaces_on_link(heard->interfaces, host, 0)) {
        return WSD__RANK_ON_LINK;
    }
    return heard->allow_foreign ? WSD__RANK_OTHER : WSD__RANK_REFUSED;
}

static void judge_name(const struct wsd__heard *heard, const char *text, const struct wsd__uri *uri,
                       bool local, struct wsd__xaddr *ret)
{
    if (local && !heard->allow_foreign && !is_ours(heard)) {
        ret->rank = WSD__RANK_REFUSED;
        return;
    }
    ret->rank = WSD__RANK_SENDER;
    if (heard->sender.family != 0) {
        ret->by_name = true;
        rebuild(heard, text, uri, &heard->sender, ret->second, sizeof ret->second);
    }
}

void wsd__xaddr_judge(const struct wsd__heard *heard, const char *text, struct wsd__xaddr *ret)
{
    struct wsd__uri uri;
    size_t length = strlen(text);
    ret->rank = WSD__RANK_SKIPPED;
    ret->by_name = false;
    ret->host.family = 0;
    if (length > WSD_MAX_URI || !wsd__uri_parse(text, length, &uri) ||
        (!wsd__slice_is_case(uri.scheme, "http") && !wsd__slice_is_case(uri.scheme, "https")) ||
        memchr(uri.authority.data, '@', uri.authority.length) != NULL) {
        return;
    }
    memcpy(ret->url, text, length + 1);
    enum wsd__host_kind kind = wsd__uri_host(&uri, &ret->host);
    bool numeric = kind == WSD__HOST_ADDRESS;
    if (kind == WSD__HOST_NAME || kind == WSD__HOST_LOCAL) {
        judge_name(heard, text, &uri, kind == WSD__HOST_LOCAL, ret);
        return;
    }
    if (!numeric || (uri.bracketed && memchr(uri.host.data, ':', uri.host.length) == NULL)) {
        if (heard->sender.family == 0) {
            return;
        }
        ret->host = heard->sender;
        numeric = false;
    }
    ret->rank = rank_of(heard, &ret->host);
    bool zoned = uri.zone.length > 0;
    if (zoned && heard->judged && numeric) {
        return;
    }
    if (!numeric || zoned || !uri.bracketed == (ret->host.family == AF_INET6) ||
        (ret->host.family == AF_INET6 && wsd__address_is_link_local(&ret->host))) {
        rebuild(heard, text, &uri, &ret->host, ret->url, sizeof ret->url);
    }
}
