/* SPDX-License-Identifier: MIT */
/* Where a scanner is: its transport addresses, as the watch tells them, and the one in use. */
#include "scand.h"

#include <stdlib.h>
#include <string.h>

void scanner_place_free(struct scanner *s)
{
    for (char **at = s->xaddrs; at && *at; at++)
        free(*at);
    free(s->xaddrs);
    s->xaddrs = NULL;
}

/* Where the host of a URL begins, and its length. */
static const char *host_of(const char *url, size_t *ret)
{
    const char *from = strstr(url, "://");

    from = from ? from + 3 : url;
    *ret = *from == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/");
    return from;
}

void scanner_place_host(struct scanner *s, const char *url)
{
    size_t n;
    const char *from = host_of(url, &n);
    char *host = strndup(from, n);

    if (host) {
        free(s->host);
        s->host = host;
    }
}

bool scanner_place_take(struct scanner *s, const struct wsd_target *target)
{
    size_t n = target->xaddrs.n_items, same = 0;
    char **copy;

    while (s->xaddrs && same < n && s->xaddrs[same] &&
           strcmp(s->xaddrs[same], target->xaddrs.items[same]) == 0)
        same++;
    if (n == 0 || (s->xaddrs && same == n && !s->xaddrs[n]))
        return false;
    copy = calloc(n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        copy[i] = strdup(target->xaddrs.items[i]);
    scanner_place_free(s);
    s->xaddrs = copy;
    return true;
}

bool scanner_place_holds(const struct scanner *s)
{
    size_t n;

    for (char **at = s->xaddrs; s->service && s->host && at && *at; at++) {
        const char *host = host_of(*at, &n);
        if (strlen(s->host) == n && strncmp(host, s->host, n) == 0)
            return true;
    }
    return false;
}
