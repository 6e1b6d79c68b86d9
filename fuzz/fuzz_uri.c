/* SPDX-License-Identifier: MIT */
/*
 * URIs and UUIDs, fed with anything.
 *
 * The parts of a URI lie in order within it and give it back when put together; what is put
 * together is cut the same way again. Its host is a name only where it is an address to nobody. A
 * UUID that is read is read again from what is written.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/address.h"
#include "core/limits.h"
#include "core/uri.h"
#include "core/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool same(struct wsd__slice a, struct wsd__slice b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* `slice` lies behind `from`; returns its end. */
static const char *require_after(const char *from, struct wsd__slice slice)
{
    require(slice.data >= from);
    return slice.data + slice.length;
}

static void require_order(const struct wsd__uri *uri, const char *text, size_t length)
{
    const char *end = require_after(text, uri->scheme);
    const char *authority_end = require_after(end, uri->authority);

    end = require_after(uri->authority.data, uri->host);
    end = require_after(end, uri->zone);
    end = require_after(end, uri->port);
    require(end <= authority_end);
    require(uri->path.data == authority_end);
    end = require_after(authority_end, uri->path);
    end = require_after(end, uri->query);
    require(end <= text + length);
    require(uri->scheme.data == text && uri->scheme.length > 0);
    require(uri->port.length > 0 ? uri->port_number > 0 : uri->port_number == 0);
    require(uri->bracketed || uri->zone.length == 0);
}

/* scheme://authority/path?query again, with the fragment gone and a zone in its long form. */
static void require_same_again(const struct wsd__uri *uri)
{
    struct wsd__uri again;
    /* "%25" for "%" and a "?" that was not there are all that may be added. */
    enum { ROOM = WSD_MAX_URI + 4 };
    char *text = malloc(ROOM + 1);
    int length;

    require(text != NULL);
    length =
        snprintf(text, ROOM + 1, "%.*s://%s%.*s%s%.*s%s%s%.*s%.*s?%.*s", (int)uri->scheme.length,
                 uri->scheme.data, uri->bracketed ? "[" : "", (int)uri->host.length, uri->host.data,
                 uri->zone.length > 0 ? "%25" : "", (int)uri->zone.length, uri->zone.data,
                 uri->bracketed ? "]" : "", uri->port.length > 0 ? ":" : "", (int)uri->port.length,
                 uri->port.data, (int)uri->path.length, uri->path.data, (int)uri->query.length,
                 uri->query.data);
    require(length > 0 && length <= ROOM);
    if (length <= WSD_MAX_URI) {
        require(wsd__uri_parse(text, (size_t)length, &again));
        require(same(again.scheme, uri->scheme) && same(again.host, uri->host) &&
                same(again.zone, uri->zone) && same(again.port, uri->port) &&
                same(again.path, uri->path) && same(again.query, uri->query));
        require(again.bracketed == uri->bracketed && again.port_number == uri->port_number);
    }
    free(text);
}

/* What passes for a name is none of the numbers that the system's functions take for addresses. */
static void require_kind(const struct wsd__uri *uri)
{
    struct wsd__address address;
    struct in_addr number;
    enum wsd__host_kind kind = wsd__uri_host(uri, &address);
    char *host = strndup(uri->host.data, uri->host.length);

    require(host != NULL);
    if (kind == WSD__HOST_NAME || kind == WSD__HOST_LOCAL) {
        require(!uri->bracketed && inet_aton(host, &number) == 0);
        for (const char *at = host; *at; at++)
            require(*at > ' ' && *at < 0x7f && *at != '%');
    }
    free(host);
}

static void fuzz_uri(const char *text, size_t length)
{
    struct wsd__uri uri;

    if (!wsd__uri_parse(text, length, &uri))
        return;
    require(length <= WSD_MAX_URI && memchr(text, '\0', length) == NULL);
    require_order(&uri, text, length);
    require_same_again(&uri);
    require_kind(&uri);
}

static void fuzz_uuid(const char *bytes, size_t length)
{
    char *text = malloc(length + 1);
    char urn[WSD__UUID_URN_SIZE], urn_again[WSD__UUID_URN_SIZE];
    uint8_t uuid[16], again[16];

    require(text != NULL);
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (!wsd__uuid_parse(text, uuid))
        wsd__uuid_from_name(text, uuid);
    wsd__uuid_format(uuid, urn);
    require(wsd__uuid_parse(urn, again) && memcmp(uuid, again, sizeof(uuid)) == 0);
    wsd__uuid_format(again, urn_again);
    require(strcmp(urn, urn_again) == 0);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_uri((const char *)data, size);
    fuzz_uuid((const char *)data, size);
    return 0;
}
