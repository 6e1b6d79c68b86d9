/* SPDX-License-Identifier: MIT */
/*
 * Datagrams through the listener into a watch, without sockets.
 *
 * The input is a row of datagrams, each behind a NUL: so that there is an order to be wrong, a
 * device to be known and a Bye to come too late. What the first byte says: bit 0, by which of two
 * links; bit 1, from another host; bit 2, by unicast.
 */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "discovery/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wsd_context *context; /* making one costs more than a run */
static uint64_t clock_now = 1000;

static uint64_t now(void *user)
{
    (void)user;
    return clock_now;
}

static void fixed(void *user, void *bytes, size_t size)
{
    (void)user;
    memset(bytes, 7, size);
}

/* No network: each question fails as it does with the cable out. */
static int no_socket(void *user, int family, int type, int protocol)
{
    (void)user, (void)family, (void)type, (void)protocol;
    return -1;
}

static void changed(void *user, const struct wsd_watch_event *event)
{
    struct wsd_watch *watch = *(struct wsd_watch **)user;
    const struct wsd_target *const *list;
    size_t count = wsd_watch_targets(watch, &list), found = 0;
    for (size_t i = 0; i < count; i++) {
        found += list[i] == event->target;
    }
    if (found != (event->kind != WSD_WATCH_REMOVED) || event->target->endpoint == NULL) {
        abort();
    }
}

static void heard(void *user, const struct wsd__announcement *announcement)
{
    struct wsd_watch *watch = user;
    struct wsd__word word = {.source = announcement->copy ? WSD__SOURCE_COPY : WSD__SOURCE_HELLO,
                             .message = announcement->message,
                             .heard = announcement->heard,
                             .reboot = announcement->kind == WSD_ANNOUNCEMENT_REBOOT};
    const struct wsd_app_sequence *sequence = announcement->envelope->header.app_sequence;
    word.instance = sequence != NULL ? sequence->instance_id : 0;
    wsd__watch_enter(watch);
    if (announcement->kind != WSD_ANNOUNCEMENT_BYE) {
        wsd__watch_take(watch, &word);
    } else {
        wsd__watch_bye(watch, announcement);
    }
    wsd__watch_leave(watch);
}

static void feed(struct wsd__announcements *own, const uint8_t *data, size_t size)
{
    uint8_t flags = size > 0 ? data[0] : 0;
    struct wsd__datagram datagram = {
        .bytes = size > 0 ? data + 1 : data,
        .size = size > 0 ? size - 1 : 0,
        .peer = {.family = AF_INET, .bytes = {127, 0, 0, (uint8_t)(1 + (flags >> 1 & 1))}},
        .peer_port = 3702,
        .interface = 1,
        .interface_name = flags & 1 ? "lo" : "eth0",
        .multicast = (flags & 4) == 0,
    };
    wsd__announcements_receive(own, &datagram);
    clock_now += 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    struct wsd_watch *watch = calloc(1, sizeof *watch);
    options.now = now;
    options.random = fixed;
    options.open_socket = no_socket;
    options.allow_loopback = true;
    if (size > 4 * WSD_MAX_DATAGRAM || watch == NULL ||
        (context == NULL && wsd_context_new(&options, &context, NULL) < 0)) {
        free(watch);
        return 0;
    }
    struct wsd__announcements_options own = {.no_network = true, .heard = heard, .user = watch};
    watch->context = context;
    watch->expiry = WSD__WATCH_EXPIRY;
    watch->probe_interval = WSD__WATCH_INTERVAL;
    watch->changed = changed;
    watch->user = &watch;
    if (wsd__announcements_new(context, &own, &watch->announcements, NULL) < 0) {
        abort();
    }
    for (size_t from = 0; from < size;) {
        const uint8_t *end = memchr(data + from, '\0', size - from);
        size_t length = end != NULL ? (size_t)(end - data) - from : size - from;
        feed(watch->announcements, data + from, length);
        from += length + 1;
    }
    clock_now += WSD__WATCH_EXPIRY + 1;
    for (int i = 0; i < 3; i++) {
        wsd_context_dispatch(context, NULL); /* all expire */
    }
    if (watch->n_members != 0) {
        abort();
    }
    wsd_watch_free(watch);
    return 0;
}
