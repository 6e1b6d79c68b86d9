/* SPDX-License-Identifier: MIT */
/*
 * Cuts a URI with an authority into its parts (RFC 3986, section 3; zones: RFC 6874).
 *
 * Lists what an authority may consist of instead of what it may not: two readers that disagree
 * where a host ends are how an address check is walked around, so what is odd there is refused.
 * Path and query are only kept free of control characters and blanks. Nothing is decoded or
 * copied; whether an address may be contacted is the caller's decision. One pass, no memory.
 */
#include "core/uri.h"
#include "core/address.h"
#include "core/buf.h"

#include <string.h>

#include "core/limits.h"

/* Letters without the locale. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_hex(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

static bool is_unreserved(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Control characters and the blank; the NUL is one of them. */
static bool is_blank_or_control(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

/* Unreserved, sub-delims, or a byte of a UTF-8 name, which RFC 3986 would have escaped and people
 * write plainly. */
static bool is_name_character(char c)
{
    return is_unreserved(c) || (unsigned char)c >= 0x80 || (c != '\0' && strchr("!$&'()*+,;=", c));
}

bool wsd__slice_is(struct wsd__slice slice, const char *text)
{
    return strlen(text) == slice.length &&
           (slice.length == 0 || memcmp(slice.data, text, slice.length) == 0);
}

bool wsd__slice_is_case(struct wsd__slice slice, const char *text)
{
    if (strlen(text) != slice.length)
        return false;
    for (size_t i = 0; i < slice.length; i++) {
        if (lower(slice.data[i]) != lower(text[i]))
            return false;
    }
    return true;
}

static struct wsd__slice slice_of(const char *from, const char *to)
{
    return (struct wsd__slice){from, (size_t)(to - from)};
}

/* strchr(), which costs more than the few to compare with. */
static inline bool is_any(char c, const char *stops)
{
    while (*stops != '\0' && *stops != c)
        stops++;
    return *stops == c;
}

/* The first of any of `stops` (a string), or end. */
static inline const char *find_any(const char *at, const char *end, const char *stops)
{
    while (at < end && !is_any(*at, stops))
        at++;
    return at;
}

/* Name characters, what `also` lists, and whole percent escapes. */
static bool is_name(const char *at, const char *end, const char *also)
{
    for (; at < end; at++) {
        if (is_name_character(*at) || strchr(also, *at))
            continue;
        if (*at != '%' || end - at < 3 || !is_hex(at[1]) || !is_hex(at[2]))
            return false;
        at += 2;
    }
    return true;
}

/* Digits or nothing. Port 0 is refused: as a number it would read as absent here, and as port 0
 * elsewhere. */
static bool parse_port(const char *at, const char *end, struct wsd__uri *uri)
{
    unsigned number = 0;

    uri->port = slice_of(at, end);
    if (at == end)
        return true;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return false;
        number = number * 10 + (unsigned)(*at - '0');
        if (number > UINT16_MAX)
            return false;
    }
    uri->port_number = (uint16_t)number;
    return number != 0;
}

/* What stands between brackets: an address and perhaps a zone. Its characters are checked, its
 * grammar is left to whoever makes an address of it (the field has IPv4 in brackets). "%25" before
 * the zone is RFC 6874's form, a bare "%" what everybody types; a zone "25" alone is a bare one. */
static bool parse_bracketed(const char *at, const char *end, struct wsd__uri *uri)
{
    const char *percent = find_any(at, end, "%");
    const char *zone = percent;

    if (percent < end) {
        zone = percent + 1;
        if (end - zone > 2 && zone[0] == '2' && zone[1] == '5')
            zone += 2;
        if (zone == end)
            return false;
    }
    uri->host = slice_of(at, percent);
    uri->zone = slice_of(zone, end);
    uri->bracketed = true;
    if (at == percent)
        return false;
    for (; at < percent; at++) {
        if (!is_unreserved(*at) && *at != ':')
            return false;
    }
    for (; zone < end; zone++) {
        if (!is_unreserved(*zone))
            return false;
    }
    return true;
}

/* [userinfo "@"] host [":" port] */
static bool parse_authority(const char *at, const char *end, struct wsd__uri *uri)
{
    const char *user_end = find_any(at, end, "@");
    const char *host_end;

    uri->authority = slice_of(at, end);
    if (user_end < end) {
        if (!is_name(at, user_end, ":"))
            return false;
        at = user_end + 1;
    }
    if (at < end && *at == '[') {
        host_end = find_any(at, end, "]");
        if (host_end == end || !parse_bracketed(at + 1, host_end, uri))
            return false;
        host_end++;
    } else {
        host_end = find_any(at, end, ":");
        if (!is_name(at, host_end, ""))
            return false;
        uri->host = slice_of(at, host_end);
        uri->zone = slice_of(host_end, host_end);
    }
    if (host_end == end)
        return parse_port(end, end, uri);
    return *host_end == ':' && parse_port(host_end + 1, end, uri);
}

static bool parse_scheme(const char *at, const char *end, struct wsd__uri *uri)
{
    uri->scheme = slice_of(at, end);
    if (at == end || !is_alpha(*at))
        return false;
    for (; at < end; at++) {
        if (!is_alpha(*at) && !is_digit(*at) && *at != '+' && *at != '-' && *at != '.')
            return false;
    }
    return true;
}

bool wsd__uri_parse(const char *text, size_t length, struct wsd__uri *ret)
{
    const char *end, *colon, *authority, *path, *query, *fragment;
    struct wsd__uri uri = {0};

    if (length > WSD_MAX_URI)
        return false;
    end = text + length;
    for (const char *at = text; at < end; at++) {
        if (is_blank_or_control(*at))
            return false;
    }
    colon = find_any(text, end, ":");
    if (end - colon < 3 || colon[1] != '/' || colon[2] != '/' || !parse_scheme(text, colon, &uri))
        return false;
    authority = colon + 3;
    path = find_any(authority, end, "/?#");
    query = find_any(path, end, "?#");
    fragment = find_any(query, end, "#");
    if (!parse_authority(authority, path, &uri))
        return false;
    uri.path = slice_of(path, query);
    uri.query = slice_of(query < fragment ? query + 1 : query, fragment);
    *ret = uri;
    return true;
}

static bool is_number(const char *at, const char *end)
{
    bool hex = end - at >= 2 && at[0] == '0' && lower(at[1]) == 'x';

    for (at += hex ? 2 : 0; at < end; at++) {
        if (!(hex ? is_hex(*at) : is_digit(*at)))
            return false;
    }
    return true;
}

bool wsd__uri_is_disguised(const struct wsd__uri *uri)
{
    const char *at = uri->host.data, *end = at + uri->host.length;
    const char *stop = end > at && end[-1] == '.' ? end - 1 : end, *last = stop;
    struct wsd__address address;

    for (const char *p = find_any(at, end, "%"); p < end; p = find_any(p + 1, end, "%")) {
        if (end - p > 1 && p[1] < '8')
            return true;
    }
    while (last > at && last[-1] != '.')
        last--;
    return !uri->bracketed && last < stop && is_number(last, stop) &&
           !wsd__address_parse(at, uri->host.length, &address);
}

/* Of a name. */
static bool is_local(struct wsd__slice host)
{
    static const char local[] = "localhost";
    size_t length = sizeof local - 1;

    if (host.data[host.length - 1] == '.')
        host.length--;
    if (host.length < length)
        return false;
    struct wsd__slice tail = {host.data + host.length - length, length};
    return wsd__slice_is_case(tail, local) &&
           (host.length == length || host.data[host.length - length - 1] == '.');
}

/* Of the characters of host names, with a letter: without one it is an address gone wrong, such as
 * "192.168.1". */
static bool is_host_name(struct wsd__slice host)
{
    bool letter = false;

    for (size_t i = 0; i < host.length; i++) {
        char c = host.data[i];
        if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_')
            return false;
        letter |= is_alpha(c) || c == '_';
    }
    return letter;
}

enum wsd__host_kind wsd__uri_host(const struct wsd__uri *uri, struct wsd__address *ret)
{
    if (wsd__address_parse(uri->host.data, uri->host.length, ret))
        return WSD__HOST_ADDRESS;
    if (uri->bracketed || !is_host_name(uri->host) || wsd__uri_is_disguised(uri))
        return WSD__HOST_ODD;
    return is_local(uri->host) ? WSD__HOST_LOCAL : WSD__HOST_NAME;
}

void wsd__uri_at_host(const struct wsd__uri *base, const struct wsd__uri *address,
                      struct wsd__buf *out)
{
    bool brackets = base->bracketed;

    wsd__buf_append(out, address->scheme.data, address->scheme.length);
    wsd__buf_puts(out, brackets ? "://[" : "://");
    wsd__buf_append(out, base->host.data, base->host.length);
    if (base->zone.length) {
        wsd__buf_puts(out, "%25");
        wsd__buf_append(out, base->zone.data, base->zone.length);
    }
    wsd__buf_puts(out, brackets ? "]" : "");
    if (address->port_number)
        wsd__buf_printf(out, ":%u", address->port_number);
    wsd__buf_puts(out, address->authority.data + address->authority.length);
}
