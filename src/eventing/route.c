/* SPDX-License-Identifier: MIT */
/*
 * A connected datagram socket sends nothing, but the system has chosen its source address as it
 * would for a connection. Where there is no such socket (a sandbox) the list of interfaces says.
 */
#include "eventing/route.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/interfaces.h"

static int open_socket(struct wsd_context *context, int family)
{
    const struct wsd_context_options *options = wsd__options(context);
    if (options->open_socket)
        return options->open_socket(options->user, family, SOCK_DGRAM, 0);
    return socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static bool ask_system(struct wsd_context *context, const struct wsd__address *peer,
                       struct wsd__address *ret)
{
    enum { ANY_PORT = 9 };
    union wsd__sockaddr address;
    socklen_t size = wsd__address_sockaddr(peer, ANY_PORT, &address);
    int fd = open_socket(context, peer->family);
    if (fd < 0)
        return false;
    bool known = connect(fd, &address.any, size) == 0;
    size = sizeof address;
    known = known && getsockname(fd, &address.any, &size) == 0 &&
            wsd__address_of(&address.any, ret, NULL) && !wsd__address_is_group(ret);
    close(fd);
    return known;
}

static bool ask_interfaces(struct wsd_context *context, const struct wsd__address *peer,
                           struct wsd__address *ret)
{
    struct wsd__interfaces *list;
    if (wsd__interfaces_load(context, &list, NULL) < 0)
        return false;
    unsigned index = peer->scope;
    for (size_t i = 0; index == 0 && i < list->n_networks; i++)
        if (wsd__address_in(peer, &list->networks[i].address, list->networks[i].prefix))
            index = list->networks[i].interface;
    const struct wsd__network *source =
        index ? wsd__interfaces_source(list, index, peer->family, peer) : NULL;
    if (source)
        *ret = source->address;
    wsd__interfaces_free(list);
    return source != NULL;
}

bool wsd__route_to(struct wsd_context *context, const struct wsd__address *peer,
                   struct wsd__address *ret)
{
    return ask_system(context, peer, ret) || ask_interfaces(context, peer, ret);
}
