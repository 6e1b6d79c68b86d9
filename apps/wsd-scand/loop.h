/* SPDX-License-Identifier: MIT */
/*
 * The loop that the library shares with all else the daemon waits for: its control socket, its
 * helpers, signals. One thread; nothing in it wakes up unless something came or is due.
 */
#ifndef WSD_SCAND_LOOP_H
#define WSD_SCAND_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct wsd_context;

/* Where time comes from; a test turns it. */
struct loop_clock {
    uint64_t (*now)(void *user); /* milliseconds that never run backwards */
    time_t (*wall)(void *user);  /* seconds since 1970 */
    void *user;
};

struct loop_timer {
    struct loop_timer *next;
    uint64_t due;
    unsigned turn; /* in which it was armed */
    bool armed;
    void (*fired)(void *user);
    void *user;
};

/* A descriptor, or several, that somebody waits for. */
struct loop_watch {
    struct loop_watch *next;
    /* Fills in what to wait for, at most `room` of them; the count. */
    size_t (*wants)(void *user, struct pollfd *fds, size_t room);
    /* Some of them are ready: the same `fds`. */
    void (*ready)(void *user, const struct pollfd *fds, size_t n);
    void *user;
    size_t first, count; /* of this turn */
    bool gone;
};

struct loop {
    struct loop_clock clock;
    struct wsd_context *context;
    struct loop_timer *timers; /* the earliest first */
    struct loop_watch *watches;
    struct pollfd *fds;
    size_t capacity;
    unsigned turn;
};

void loop_init(struct loop *loop, const struct loop_clock *clock);
void loop_free(struct loop *loop);

uint64_t loop_now(const struct loop *loop);
time_t loop_wall(const struct loop *loop);

/* `watch` lives until loop_remove(), which is allowed at any time, in its own call as well. */
void loop_add(struct loop *loop, struct loop_watch *watch);
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Arms it anew if it was armed. Needs no memory. */
void loop_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay,
              void (*fired)(void *user), void *user);
void loop_disarm(struct loop *loop, struct loop_timer *timer);

/* One turn: waits, at most until the next thing is due, and does what there is to do. 0 or a
 * negative errno. */
int loop_turn(struct loop *loop);

#endif
