/* SPDX-License-Identifier: MIT */
/*
 * Members in the order of how long they have been waited for. A connection is ended by shutting
 * its socket down: the server then sees the end of the input and tidies up itself.
 */
#include "soap/http_crowd.h"

#include <stdlib.h>
#include <sys/socket.h>

static void append(struct wsd__crowd *crowd, struct wsd__crowd_member *member)
{
    member->next = NULL;
    member->previous = crowd->last;
    if (crowd->last != NULL)
        crowd->last->next = member;
    else
        crowd->first = member;
    crowd->last = member;
    member->since = wsd__now(crowd->context);
}

static void detach(struct wsd__crowd *crowd, const struct wsd__crowd_member *member)
{
    if (member->previous != NULL)
        member->previous->next = member->next;
    else
        crowd->first = member->next;
    if (member->next != NULL)
        member->next->previous = member->previous;
    else
        crowd->last = member->previous;
}

static void cut(struct wsd__crowd_member *member)
{
    member->cut = true;
    shutdown(member->fd, SHUT_RDWR);
}

/* -- time -------------------------------------------------------------------------------------- */

static uint64_t deadline(const struct wsd__crowd *crowd, const struct wsd__crowd_member *member)
{
    return member->since + (member->served ? crowd->idle_timeout : crowd->request_timeout);
}

static void check(void *user)
{
    struct wsd__crowd *crowd = user;
    uint64_t now = wsd__now(crowd->context), next = UINT64_MAX;
    for (struct wsd__crowd_member *member = crowd->first; member != NULL; member = member->next) {
        if (member->cut || member->answering)
            continue;
        uint64_t due = deadline(crowd, member);
        if (due <= now)
            cut(member);
        else if (due < next)
            next = due;
    }
    if (next != UINT64_MAX &&
        wsd__timer_start(crowd->context, &crowd->timer, next - now, check, crowd) < 0)
        wsd__log(crowd->context, WSD_LOG_ERROR, "HTTP server: no memory for a time limit");
}

/* The timer is set for the earliest deadline, or earlier: those that were met it passes over. */
static void watch(struct wsd__crowd *crowd, const struct wsd__crowd_member *member)
{
    uint64_t due = deadline(crowd, member);
    if (wsd__timer_armed(&crowd->timer) && crowd->timer.due <= due)
        return;
    if (wsd__timer_start(crowd->context, &crowd->timer, due - member->since, check, crowd) < 0)
        wsd__log(crowd->context, WSD_LOG_ERROR, "HTTP server: no memory for a time limit");
}

/* -- room -------------------------------------------------------------------------------------- */

/* Cuts the oldest that is waited for, of that peer (NULL: of all): one that has never brought a
 * whole request before one that has. */
static void make_room(struct wsd__crowd *crowd, const struct wsd__crowd_member *newest,
                      const struct wsd__address *peer)
{
    struct wsd__crowd_member *victim = NULL;
    for (struct wsd__crowd_member *member = crowd->first; member != NULL; member = member->next) {
        if (member == newest || member->cut || member->answering ||
            (peer != NULL && !wsd__address_equal(&member->peer, peer)))
            continue;
        if (victim == NULL || (victim->served && !member->served))
            victim = member;
        if (!victim->served)
            break;
    }
    if (victim != NULL)
        cut(victim);
}

struct wsd__crowd_member *wsd__crowd_join(struct wsd__crowd *crowd, int fd,
                                          const struct sockaddr *peer)
{
    unsigned all = 0, of_peer = 0;
    struct wsd__crowd_member *member = calloc(1, sizeof *member);
    if (member == NULL)
        return NULL;
    member->fd = fd;
    wsd__address_of(peer, &member->peer, NULL);
    append(crowd, member);
    for (const struct wsd__crowd_member *other = crowd->first; other != NULL; other = other->next) {
        if (other->cut)
            continue;
        all++;
        of_peer += wsd__address_equal(&other->peer, &member->peer);
    }
    if (of_peer > crowd->max_per_peer)
        make_room(crowd, member, &member->peer);
    else if (all > crowd->max)
        make_room(crowd, member, NULL);
    watch(crowd, member);
    return member;
}

void wsd__crowd_begin(struct wsd__crowd *crowd, struct wsd__crowd_member *member)
{
    if (!member->served)
        return; /* the time runs since it connected */
    member->served = false;
    detach(crowd, member);
    append(crowd, member);
    watch(crowd, member);
}

void wsd__crowd_end(struct wsd__crowd *crowd, struct wsd__crowd_member *member)
{
    member->answering = false;
    member->served = true;
    detach(crowd, member);
    append(crowd, member);
    watch(crowd, member);
}

bool wsd__crowd_leave(struct wsd__crowd *crowd, struct wsd__crowd_member *member)
{
    bool unfinished = !member->served && !member->answering && !member->refused;
    detach(crowd, member);
    free(member);
    return unfinished;
}
