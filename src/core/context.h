/* SPDX-License-Identifier: MIT */
/*
 * The inside of a context: loop, timers, clock, randomness, log, and the pieces that other rooms
 * hang on it.
 *
 * The loop's face is thin: readiness of descriptors (libuv, which gives its poll descriptor away,
 * so that the context fits into a foreign loop) and timers on our own injected clock, so that a
 * test turns an hour in a millisecond.
 */
#ifndef WSD_CORE_CONTEXT_H
#define WSD_CORE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wsd/context.h>

/* -- clock, randomness, log ------------------------------------------------------------------- */
uint64_t wsd__now(struct wsd_context *context); /* milliseconds */
void wsd__random(struct wsd_context *context, void *bytes, size_t size);
/* 0; WSD_E_SYSTEM once the system gave no randomness. From then on what wsd__random() fills is
 * zero, and nothing leaves this context that may carry an id or a secret made of it: who sends
 * asks. */
int wsd__random_check(const struct wsd_context *context, struct wsd_error *reterr);
uint32_t wsd__random_below(struct wsd_context *context, uint32_t limit); /* 0 .. limit - 1 */
void wsd__log(struct wsd_context *context, enum wsd_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void wsd__trace(struct wsd_context *context, const struct wsd_trace *trace);
bool wsd__tracing(const struct wsd_context *context);
const struct wsd_context_options *wsd__options(const struct wsd_context *context);

/* -- what may change the messages of the device's side (wsd_host_options.filter) ----------------
 */
struct wsd_host_message;
typedef void wsd__filter_fn(void *user, struct wsd_host_message *message);
void wsd__filter_set(struct wsd_context *context, wsd__filter_fn *filter, void *user);
bool wsd__filtering(const struct wsd_context *context);
void wsd__filter(struct wsd_context *context, struct wsd_host_message *message);

/* -- descriptors ------------------------------------------------------------------------------ */
enum { WSD__READ = 1, WSD__WRITE = 2, WSD__LEFT = 4 /* the peer sends no more */ };
struct wsd__io;
typedef void wsd__io_fn(void *user, int fd, int events);
int wsd__io_add(struct wsd_context *context, int fd, int events, wsd__io_fn *ready, void *user,
                struct wsd__io **ret_io);
int wsd__io_update(struct wsd__io *io, int events);
/* After this no callback comes; the descriptor is not closed. NULL is fine. Allowed from inside
 * the callback. The context's loop may keep the memory until its next turn. */
void wsd__io_remove(struct wsd__io *io);

/* -- timers: embedded in their owner, one shot ------------------------------------------------- */
struct wsd__timer {
    void (*fire)(void *user);
    void *user;
    struct wsd_context *context; /* NULL while not armed */
    uint64_t due;
    size_t slot;
};
/* Arms or rearms. Fails with WSD_E_NO_MEMORY. delay in milliseconds; 0 fires at the next turn. */
int wsd__timer_start(struct wsd_context *context, struct wsd__timer *timer, uint64_t delay,
                     void (*fire)(void *user), void *user);
void wsd__timer_stop(struct wsd__timer *timer); /* not armed is fine */
static inline bool wsd__timer_armed(const struct wsd__timer *timer)
{
    return timer->context != NULL;
}

/* -- what other rooms keep in a context -------------------------------------------------------- */
/* Given back in this order: what uses another part comes before it. */
enum wsd__part {
    WSD__PART_FAREWELLS,
    WSD__PART_HTTP_CLIENT,
    WSD__PART_HTTP_EVENTS,
    WSD__PART_PINS,
    WSD__PART_RECALL,
    WSD__PART_DECODER,
    WSD__PART_NET,
    WSD__PART_NETWATCH,
    WSD__PARTS
};
void *wsd__part(const struct wsd_context *context, enum wsd__part part);
void wsd__part_set(struct wsd_context *context, enum wsd__part part, void *value,
                   void (*destroy)(void *value));

/* -- calls: work that ends in one callback ------------------------------------------------------
 */
/* A call is embedded first in its owner's struct. `cancel` must arrange that wsd__call_end is
 * called with WSD_E_CANCELLED and that nothing else happens; it is called at most once. */
struct wsd_call {
    struct wsd_context *context;
    wsd_done_fn *done;
    void *user;
    void (*cancel)(struct wsd_call *call);  /* stops the work; must not call done */
    void (*destroy)(struct wsd_call *call); /* frees the owner; called after done */
    struct wsd_call *previous, *next;       /* in the context's list of calls, under way or ended */
    const void *result;
    int status;
    bool ended;
    struct wsd_error error;
};
void wsd__call_init(struct wsd_call *call, struct wsd_context *context, wsd_done_fn *done,
                    void *user, void (*cancel)(struct wsd_call *),
                    void (*destroy)(struct wsd_call *));
/* Ends the call at the next turn of the loop: done(user, status, result, error), then destroy.
 * Only the first end counts (a second result is freed). call->error is filled by the owner
 * before a failing end. */
void wsd__call_end(struct wsd_call *call, int status, const void *result);
/* Cancels a call of which nobody wants to hear any more: no callback, its result is freed. NULL is
 * fine. */
void wsd__call_forget(struct wsd_call *call);
/* True while calls are under way. */
bool wsd__has_calls(const struct wsd_context *context);
/* Gives a call back that never started: no callback. */
void wsd__call_abandon(struct wsd_call *call);

/* The blocking form of any asynchronous call: start it with wsd__block_done and a struct
 * wsd__block as user, then wsd__block_wait. */
struct wsd__block {
    bool ended;
    int status;
    const void *result;
    struct wsd_error error;
};
wsd_done_fn wsd__block_done;
int wsd__block_wait(struct wsd_context *context, struct wsd__block *block, struct wsd_call *call,
                    const void **ret_result, struct wsd_error *reterr);

#endif
