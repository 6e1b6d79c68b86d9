/* SPDX-License-Identifier: MIT */
/* poll() and a sorted list of timers: both are short, and each turn looks at all of them. */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <wsd/context.h>

#define FEW_FDS 64

void loop_init(struct loop *loop, const struct loop_clock *clock)
{
    *loop = (struct loop){.clock = *clock};
}

void loop_free(struct loop *loop)
{
    free(loop->fds);
    loop->fds = NULL;
}

uint64_t loop_now(const struct loop *loop)
{
    return loop->clock.now(loop->clock.user);
}

time_t loop_wall(const struct loop *loop)
{
    return loop->clock.wall(loop->clock.user);
}

void loop_add(struct loop *loop, struct loop_watch *watch)
{
    watch->gone = false;
    watch->count = 0;
    watch->next = loop->watches;
    loop->watches = watch;
}

void loop_remove(struct loop *loop, struct loop_watch *watch)
{
    for (struct loop_watch **at = &loop->watches; *at; at = &(*at)->next)
        if (*at == watch) {
            *at = watch->next;
            watch->gone = true;
            return;
        }
}

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
    if (!timer->armed)
        return;
    for (struct loop_timer **at = &loop->timers; *at; at = &(*at)->next)
        if (*at == timer) {
            *at = timer->next;
            break;
        }
    timer->armed = false;
}

void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay,
              void (*fired)(void *user), void *user)
{
    struct loop_timer **at = &loop->timers;

    loop_disarm(loop, timer);
    timer->due = loop_now(loop) + delay;
    timer->fired = fired;
    timer->user = user;
    timer->armed = true;
    timer->turn = loop->turn;
    while (*at && (*at)->due <= timer->due)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
}

static void fire_timers(struct loop *loop)
{
    uint64_t now = loop_now(loop);
    struct loop_timer *timer = loop->timers;

    loop->turn++;
    while (timer && timer->due <= now) {
        /* What was armed in here waits for the next turn, so that nobody starves. */
        if (timer->turn == loop->turn) {
            timer = timer->next;
            continue;
        }
        loop_disarm(loop, timer);
        timer->fired(timer->user);
        timer = loop->timers; /* the list may be another one */
    }
    loop->turn++;
}

static int grow(struct loop *loop)
{
    size_t capacity = loop->capacity ? 2 * loop->capacity : FEW_FDS;
    struct pollfd *fds = realloc(loop->fds, capacity * sizeof *fds);

    if (!fds)
        return -ENOMEM;
    loop->fds = fds;
    loop->capacity = capacity;
    return 0;
}

/* What to wait for: the library's descriptor, then everybody's. */
static size_t gather(struct loop *loop)
{
    size_t n = 0;

    if (loop->context)
        loop->fds[n++] = (struct pollfd){.fd = wsd_context_fd(loop->context), .events = POLLIN};
    for (struct loop_watch *w = loop->watches; w; w = w->next) {
        w->first = n;
        w->count = w->wants(w->user, loop->fds + n, loop->capacity - n);
        n += w->count;
    }
    return n;
}

static int wait_time(const struct loop *loop)
{
    int wait = loop->context ? wsd_context_timeout(loop->context) : -1;

    if (loop->timers) {
        uint64_t now = loop_now(loop), due = loop->timers->due;
        uint64_t left = due <= now ? 0 : due - now;
        if (wait < 0 || left < (uint64_t)wait)
            wait = left > INT_MAX ? INT_MAX : (int)left;
    }
    return wait;
}

/* A call may remove any watch, its own too: the list is begun anew after each. */
static void tell(struct loop *loop)
{
    for (struct loop_watch *w = loop->watches; w;) {
        bool ready = false;
        for (size_t i = 0; i < w->count; i++)
            ready = ready || loop->fds[w->first + i].revents != 0;
        size_t count = w->count;
        w->count = 0;
        if (!ready) {
            w = w->next;
            continue;
        }
        w->ready(w->user, loop->fds + w->first, count);
        w = loop->watches;
    }
}

int loop_turn(struct loop *loop)
{
    size_t n;

    if (loop->capacity == 0 && grow(loop) < 0)
        return -ENOMEM;
    /* A watch that found no room wants the rest: more of it, and all are asked again. */
    while ((n = gather(loop)) == loop->capacity)
        if (grow(loop) < 0)
            return -ENOMEM;
    int r = poll(loop->fds, n, wait_time(loop));
    if (r < 0 && errno != EINTR)
        return -errno;
    if (r > 0)
        tell(loop);
    if (loop->context)
        wsd_context_dispatch(loop->context, NULL);
    fire_timers(loop);
    return 0;
}
