/* SPDX-License-Identifier: MIT */
/*
 * A watch: announcements, searches and silence, made into one list of who is there.
 *
 * Announcements tell of changes at once, but may be lost and need not be made; searches find who
 * was missed; silence ends with a question. members.c decides what of all that is news,
 * questions.c asks.
 */
#include "discovery/watch.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"

/* -- life ------------------------------------------------------------------------------------- */

static void release(struct wsd_watch *watch)
{
    wsd__members_free(watch);
    watch->proxy = NULL;
    wsd__targets_free(&watch->proxy_known);
    wsd__filter_free(&watch->filter);
    free(watch);
}

void wsd__watch_enter(struct wsd_watch *watch)
{
    watch->busy++;
}

void wsd__watch_leave(struct wsd_watch *watch)
{
    if (--watch->busy == 0 && watch->gone) {
        release(watch);
    }
}

void wsd_watch_free(struct wsd_watch *watch)
{
    if (watch == NULL || watch->gone) {
        return;
    }
    watch->gone = true;
    wsd__timer_stop(&watch->probe);
    wsd__announcements_free(watch->announcements);
    watch->announcements = NULL;
    wsd__questions_free(watch);
    if (watch->busy == 0) {
        release(watch);
    }
}

/* -- what is heard ---------------------------------------------------------------------------- */

static void heard(void *user, const struct wsd__announcement *announcement)
{
    struct wsd_watch *watch = user;
    const struct wsd_app_sequence *sequence = announcement->envelope->header.app_sequence;
    struct wsd__word word = {
        .source = announcement->copy ? WSD__SOURCE_COPY : WSD__SOURCE_HELLO,
        .message = announcement->message,
        .heard = announcement->heard,
        .instance = sequence != NULL ? sequence->instance_id : 0,
        .reboot = announcement->kind == WSD_ANNOUNCEMENT_REBOOT,
    };
    wsd__watch_enter(watch);
    if (announcement->kind != WSD_ANNOUNCEMENT_BYE) {
        wsd__watch_take(watch, &word);
    } else if (!announcement->copy) {
        if (watch->proxy != NULL && wsd_endpoint_equal(watch->proxy->target->endpoint,
                                                       announcement->message->endpoint.address)) {
            wsd__watch_forget_proxy(watch);
            wsd__watch_search_in(watch, 0);
        }
        wsd__watch_bye(watch, announcement);
    }
    wsd__watch_leave(watch);
}

static void network(void *user, bool changed)
{
    struct wsd_watch *watch = user;
    uint64_t now = wsd__now(watch->context);
    if (changed) {
        watch->network_changed = now;
    } else if (watch->network_changed == 0 ||
               now - watch->network_changed > WSD__WATCH_NETWORK_SETTLES) {
        return; /* nothing that a search could make use of */
    }
    wsd__watch_search_in(watch, wsd__random_below(watch->context, WSD__WATCH_NEWS_DELAY + 1));
}

/* -- the interface ---------------------------------------------------------------------------- */

static uint32_t or_default(uint32_t value, uint32_t standard, uint32_t least)
{
    return value == 0 ? standard : value < least ? least : value;
}

static int begin(struct wsd_watch *watch, struct wsd_error *reterr)
{
    struct wsd__announcements_options options = {.heard = heard, .network = network, .user = watch};
    struct wsd_error error = {0};
    int status = wsd__announcements_new(watch->context, &options, &watch->announcements, reterr);
    if (status < 0) {
        return status;
    }
    status = wsd__watch_search(watch, &error);
    if (status == WSD_E_NO_MEMORY) {
        return wsd__error(reterr, status, NULL);
    }
    if (status < 0) { /* announcements may come all the same */
        wsd__log(watch->context, WSD_LOG_WARNING, "the search cannot begin: %s", error.message);
    }
    return 0;
}

int wsd_watch_new(struct wsd_context *context, const struct wsd_watch_options *options,
                  struct wsd_watch **ret_watch, struct wsd_error *reterr)
{
    struct wsd_watch_options own;
    WSD__OPTIONS_TAKE(own, options);
    if (own.changed == NULL) {
        return wsd__error(reterr, WSD_E_INVALID, "a watch needs options with a callback");
    }
    struct wsd_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    watch->context = context;
    watch->probe_interval =
        or_default(own.probe_interval, WSD__WATCH_INTERVAL, WSD__WATCH_MIN_INTERVAL);
    watch->expiry = or_default(own.expiry, WSD__WATCH_EXPIRY, WSD__WATCH_MIN_EXPIRY);
    watch->oasis = own.oasis;
    watch->trust_proxy = own.trust_proxy;
    watch->changed = own.changed;
    watch->user = own.user;
    wsd__random(context, &watch->seed, sizeof watch->seed);
    int status = wsd__filter_init(&watch->filter, own.types, own.n_types, own.any_of_types, reterr);
    if (status >= 0) {
        status = begin(watch, reterr);
    }
    if (status < 0) {
        wsd_watch_free(watch);
        return status;
    }
    *ret_watch = watch;
    return 0;
}

size_t wsd_watch_targets(const struct wsd_watch *watch,
                         const struct wsd_target *const **ret_targets)
{
    size_t count = 0;
    for (size_t i = 0; i < watch->n_members; i++) {
        if (watch->members[i]->shown) {
            watch->list[count++] = wsd__member_target(watch->members[i]);
        }
    }
    *ret_targets = watch->list;
    return count;
}

const struct wsd_target *wsd_watch_proxy(const struct wsd_watch *watch)
{
    return watch->proxy != NULL ? watch->proxy->target : NULL;
}

int wsd_watch_probe(struct wsd_watch *watch, struct wsd_error *reterr)
{
    return wsd__watch_search(watch, reterr);
}
