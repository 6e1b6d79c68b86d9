/* SPDX-License-Identifier: MIT */
/*
 * Where messages to a subscription manager go. The address is the device's to name; whether it is
 * contacted is ours to decide.
 */
#include "eventing/manager.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/interfaces.h"
#include "core/options.h"
#include "core/uri.h"

static bool slice_equal(struct wsd__slice a, struct wsd__slice b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

static bool could_be_its_own(struct wsd_subscription *s, const struct wsd__address *address)
{
    struct wsd__interfaces *list;
    for (size_t i = 0; i < s->n_peers; i++)
        if (wsd__address_equal(&s->peers[i], address))
            return true;
    if (wsd__address_is_astray(address) || wsd__interfaces_load(s->context, &list, NULL) < 0)
        return false;
    bool on_link = wsd__interfaces_on_link(list, address, 0);
    wsd__interfaces_free(list);
    return on_link;
}

/* A device may name any address as its manager's. Only one that could be its own is contacted (as
 * with XAddrs); else, and where the address is none of HTTP, the service itself is asked. */
static bool may_be_manager(struct wsd_subscription *s, const struct wsd__uri *manager,
                           const struct wsd__uri *service)
{
    struct wsd__address numeric;
    enum wsd__host_kind kind = wsd__uri_host(manager, &numeric);
    bool anywhere = wsd__options(s->context)->allow_foreign_addresses && kind != WSD__HOST_ODD;

    if (anywhere || kind == WSD__HOST_NAME || slice_equal(manager->host, service->host) ||
        (kind == WSD__HOST_ADDRESS && could_be_its_own(s, &numeric)))
        return true;
    wsd__log(s->context, WSD_LOG_WARNING, "%s names a subscription manager elsewhere: %s",
             s->service, s->subscribed->manager.address);
    return false;
}

int wsd__manager_place(struct wsd_subscription *s)
{
    const char *address = s->subscribed->manager.address;
    struct wsd__uri manager, service;
    struct wsd__buf url = WSD__BUF_INIT((size_t)2 * WSD_MAX_URI);

    free(s->manager_url);
    s->manager_url = NULL;
    if (!wsd__uri_parse(s->service, strlen(s->service), &service))
        return 0;
    if (!wsd__uri_parse(address, strlen(address), &manager) ||
        !(wsd__slice_is_case(manager.scheme, "http") ||
          wsd__slice_is_case(manager.scheme, "https")) ||
        !may_be_manager(s, &manager, &service))
        wsd__buf_puts(&url, s->service);
    else if (service.zone.length && slice_equal(manager.host, service.host))
        wsd__uri_at_host(&service, &manager, &url);
    if (url.length > 0 && !url.failed)
        s->manager_url = strdup(url.data);
    int r = url.length > 0 && !s->manager_url ? WSD_E_NO_MEMORY : 0;
    wsd__buf_free(&url);
    return r;
}

const char *wsd__manager_at(const struct wsd_subscription *s)
{
    return s->elsewhere ? s->service : s->manager_url;
}

static bool host_of(const char *url, struct wsd__slice *ret)
{
    struct wsd__uri uri;
    bool parsed = wsd__uri_parse(url, strlen(url), &uri);

    if (parsed)
        *ret = uri.host;
    return parsed;
}

bool wsd__manager_moves(const struct wsd_subscription *s, const char *now)
{
    struct wsd__slice was, is, manager;

    return s->subscribed && host_of(s->service, &was) && host_of(now, &is) &&
           host_of(s->subscribed->manager.address, &manager) && slice_equal(manager, was) &&
           !slice_equal(was, is);
}
