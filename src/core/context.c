/* SPDX-License-Identifier: MIT */
/*
 * The context: options, loop, timers, and the parts that other rooms keep in it.
 *
 * libuv watches descriptors and gives its poll descriptor away. Timers are a heap on our own
 * clock: the only uv handles besides the descriptors are those that end a wait.
 */
#include "core/context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <uv.h>

#include "core/error.h"
#include "core/options.h"

struct part {
    void *value;
    void (*destroy)(void *value);
};

enum { ENTROPY = 256 }; /* as much as getentropy(3) gives at a time */

struct wsd_context {
    struct wsd_context_options options;
    char **interfaces; /* owned copy */
    uv_loop_t loop;
    uv_async_t wake;  /* ends a wait from a signal handler */
    uv_timer_t limit; /* ends a wait in time */
    volatile int interrupted;
    wsd__filter_fn *filter;
    void *filter_user;
    bool closing;
    bool running;               /* inside dispatch: callbacks may not wait */
    struct wsd__timer **timers; /* heap, earliest first */
    size_t n_timers, timer_capacity;
    struct wsd_call *calls; /* under way */
    struct wsd_call *ended; /* their callbacks come with the next turn, first one first */
    struct wsd_call *last_ended;
    struct part parts[WSD__PARTS];
    /* Drawn from the system and not yet given out: a MessageID each costs no system call each. */
    uint8_t entropy[ENTROPY];
    size_t n_entropy;
    bool no_entropy; /* it gave none once, and is not asked again */
};

struct wsd__io {
    uv_poll_t poll; /* first: closing frees by it */
    wsd__io_fn *ready;
    void *user;
    int fd, events;
};

/* -- clock, randomness, log -------------------------------------------------------------------- */

uint64_t wsd__now(struct wsd_context *context)
{
    if (context->options.now)
        return context->options.now(context->options.user);
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* getentropy() fails where a sandbox forbids it; libuv knows other ways. */
static bool draw(struct wsd_context *context)
{
    if (getentropy(context->entropy, ENTROPY) != 0 &&
        uv_random(NULL, NULL, context->entropy, ENTROPY, 0, NULL) != 0)
        return false;
    context->n_entropy = ENTROPY;
    return true;
}

int wsd__random_check(const struct wsd_context *context, struct wsd_error *reterr)
{
    return context->no_entropy
               ? wsd__error(reterr, WSD_E_SYSTEM,
                            "the system gives no random numbers, without which nothing is sent; "
                            "does a sandbox forbid getrandom(2) and /dev/urandom?")
               : 0;
}

void wsd__random(struct wsd_context *context, void *bytes, size_t size)
{
    if (context->options.random) {
        context->options.random(context->options.user, bytes, size);
        return;
    }
    for (uint8_t *at = bytes; size > 0;) {
        if (context->n_entropy == 0 && (context->no_entropy || !draw(context))) {
            context->no_entropy = true;
            memset(at, 0, size);
            return;
        }
        size_t piece = size < context->n_entropy ? size : context->n_entropy;
        context->n_entropy -= piece;
        memcpy(at, context->entropy + context->n_entropy, piece);
        memset(context->entropy + context->n_entropy, 0, piece); /* nobody gets it twice */
        at += piece;
        size -= piece;
    }
}

uint32_t wsd__random_below(struct wsd_context *context, uint32_t limit)
{
    uint32_t value;
    wsd__random(context, &value, sizeof value);
    return limit ? value % limit : 0;
}

void wsd__log(struct wsd_context *context, enum wsd_log_level level, const char *format, ...)
{
    if (!context->options.log)
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    context->options.log(context->options.user, level, line);
}

void wsd__trace(struct wsd_context *context, const struct wsd_trace *trace)
{
    if (context->options.trace)
        context->options.trace(context->options.user, trace);
}

bool wsd__tracing(const struct wsd_context *context)
{
    return context->options.trace != NULL;
}

void wsd__filter_set(struct wsd_context *context, wsd__filter_fn *filter, void *user)
{
    context->filter = filter;
    context->filter_user = user;
}

bool wsd__filtering(const struct wsd_context *context)
{
    return context->filter != NULL;
}

void wsd__filter(struct wsd_context *context, struct wsd_host_message *message)
{
    if (context->filter)
        context->filter(context->filter_user, message);
}

const struct wsd_context_options *wsd__options(const struct wsd_context *context)
{
    return &context->options;
}

/* -- making and freeing ------------------------------------------------------------------------ */

static void free_interfaces(struct wsd_context *context)
{
    for (size_t i = 0; context->interfaces && context->interfaces[i]; i++)
        free(context->interfaces[i]);
    free(context->interfaces);
}

static int copy_options(struct wsd_context *context, const struct wsd_context_options *options)
{
    WSD__OPTIONS_TAKE(context->options, options);
    if (!context->options.interfaces)
        return 0;
    size_t count = 0;
    while (options->interfaces[count])
        count++;
    context->interfaces = calloc(count + 1, sizeof *context->interfaces);
    if (!context->interfaces)
        return WSD_E_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (!(context->interfaces[i] = strdup(options->interfaces[i])))
            return WSD_E_NO_MEMORY;
    context->options.interfaces = (const char *const *)context->interfaces;
    return 0;
}

static void woken(uv_async_t *handle)
{
    (void)handle; /* its only purpose is to end a wait */
}

int wsd_context_new(const struct wsd_context_options *options, struct wsd_context **ret_context,
                    struct wsd_error *reterr)
{
    struct wsd_context *context = calloc(1, sizeof *context);
    if (!context)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    if (copy_options(context, options) < 0) {
        free_interfaces(context);
        free(context);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    /* Where there is no randomness the caller learns it now. */
    context->no_entropy = !context->options.random && !draw(context);
    if (context->no_entropy) {
        wsd__random_check(context, reterr);
        free_interfaces(context);
        free(context);
        return WSD_E_SYSTEM;
    }
    int r = uv_loop_init(&context->loop);
    if (r == 0) {
        r = uv_async_init(&context->loop, &context->wake, woken);
        if (r < 0)
            uv_loop_close(&context->loop);
    }
    if (r < 0) {
        free_interfaces(context);
        free(context);
        return wsd__error_errno(reterr, r == UV_ENOMEM ? WSD_E_NO_MEMORY : WSD_E_SYSTEM, -r,
                                "cannot make an event loop");
    }
    uv_timer_init(&context->loop, &context->limit);
    uv_unref((uv_handle_t *)&context->wake);
    uv_unref((uv_handle_t *)&context->limit);
    *ret_context = context;
    return 0;
}

static void deliver_ended(struct wsd_context *context);

static void end_calls(struct wsd_context *context)
{
    while (context->calls || context->ended) {
        if (context->calls)
            wsd_call_cancel(context->calls);
        deliver_ended(context);
    }
}

void wsd_context_free(struct wsd_context *context)
{
    if (!context)
        return;
    context->closing = true;
    end_calls(context);
    for (size_t i = 0; i < WSD__PARTS; i++)
        if (context->parts[i].destroy)
            context->parts[i].destroy(context->parts[i].value);
    uv_close((uv_handle_t *)&context->wake, NULL);
    uv_close((uv_handle_t *)&context->limit, NULL);
    uv_run(&context->loop, UV_RUN_DEFAULT); /* only closing handles are left */
    uv_loop_close(&context->loop);
    free(context->timers);
    free_interfaces(context);
    free(context);
}

void *wsd__part(const struct wsd_context *context, enum wsd__part part)
{
    return context->parts[part].value;
}

void wsd__part_set(struct wsd_context *context, enum wsd__part part, void *value,
                   void (*destroy)(void *value))
{
    context->parts[part] = (struct part){value, destroy};
}

/* -- descriptors ------------------------------------------------------------------------------- */

static int uv_events(int events)
{
    return (events & WSD__READ ? UV_READABLE : 0) | (events & WSD__WRITE ? UV_WRITABLE : 0) |
           (events & WSD__LEFT ? UV_DISCONNECT : 0);
}

static void polled(uv_poll_t *poll, int status, int events)
{
    struct wsd__io *io = (struct wsd__io *)(void *)poll;
    int ready = (events & UV_READABLE ? WSD__READ : 0) | (events & UV_WRITABLE ? WSD__WRITE : 0) |
                (events & UV_DISCONNECT ? WSD__LEFT : 0);
    if (status < 0) { /* let the owner's next call on the descriptor meet the error */
        ready = WSD__READ | WSD__WRITE;
        /* libuv stopped watching, but bytes that came before the error may take many reads */
        uv_poll_start(poll, uv_events(io->events), polled);
    }
    io->ready(io->user, io->fd, ready);
}

static void closed(uv_handle_t *handle)
{
    free(handle);
}

int wsd__io_add(struct wsd_context *context, int fd, int events, wsd__io_fn *ready, void *user,
                struct wsd__io **ret_io)
{
    struct wsd__io *io = calloc(1, sizeof *io);
    if (!io)
        return WSD_E_NO_MEMORY;
    io->ready = ready;
    io->user = user;
    io->fd = fd;
    io->events = events;
    if (uv_poll_init(&context->loop, &io->poll, fd) < 0) {
        free(io);
        return WSD_E_SYSTEM;
    }
    if (events && uv_poll_start(&io->poll, uv_events(events), polled) < 0) {
        uv_close((uv_handle_t *)&io->poll, closed);
        return WSD_E_SYSTEM;
    }
    *ret_io = io;
    return 0;
}

int wsd__io_update(struct wsd__io *io, int events)
{
    io->events = events;
    int r = events ? uv_poll_start(&io->poll, uv_events(events), polled) : uv_poll_stop(&io->poll);
    return r < 0 ? WSD_E_SYSTEM : 0;
}

void wsd__io_remove(struct wsd__io *io)
{
    if (!io)
        return;
    uv_close((uv_handle_t *)&io->poll, closed); /* stops it as well */
}

/* -- turning ------------------------------------------------------------------------------------
 */

int wsd_context_fd(const struct wsd_context *context)
{
    return uv_backend_fd(&context->loop);
}

int wsd_context_timeout(const struct wsd_context *context)
{
    int timeout = context->n_timers ? INT32_MAX : -1;
    if (context->ended)
        return 0;
    if (context->n_timers) {
        uint64_t now = wsd__now((struct wsd_context *)(uintptr_t)context);
        uint64_t due = context->timers[0]->due;
        if (due <= now)
            return 0;
        if (due - now < INT32_MAX)
            timeout = (int)(due - now);
    }
    int closing = uv_backend_timeout(&context->loop); /* 0 while handles wait to be closed */
    return closing == 0 && uv_loop_alive(&context->loop) ? 0 : timeout;
}

static void fire_timers(struct wsd_context *context)
{
    uint64_t now = wsd__now(context);
    /* Timers that a callback arms for now wait for the next turn: no endless turn. */
    for (size_t left = context->n_timers; left && context->n_timers; left--) {
        struct wsd__timer *timer = context->timers[0];
        if (timer->due > now)
            break;
        wsd__timer_stop(timer);
        timer->fire(timer->user);
    }
}

static int refuse_nested(const struct wsd_context *context, struct wsd_error *reterr)
{
    return context->running ? wsd__error(reterr, WSD_E_BUSY, "a callback may not wait or dispatch")
                            : 0;
}

/* What follows when the descriptors have been served. */
static int end_turn(struct wsd_context *context, struct wsd_error *reterr)
{
    fire_timers(context);
    deliver_ended(context);
    context->running = false;
    if (context->interrupted) {
        context->interrupted = 0;
        return wsd__error(reterr, WSD_E_CANCELLED, "interrupted");
    }
    return 0;
}

int wsd_context_dispatch(struct wsd_context *context, struct wsd_error *reterr)
{
    if (refuse_nested(context, reterr) < 0)
        return WSD_E_BUSY;
    context->running = true;
    uv_run(&context->loop, UV_RUN_NOWAIT);
    return end_turn(context, reterr);
}

/* On a busy machine the time may be up before libuv gets to waiting: it would then wait for ever,
 * were it not told to stop. */
static void time_is_up(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

int wsd_context_wait(struct wsd_context *context, int milliseconds, struct wsd_error *reterr)
{
    if (refuse_nested(context, reterr) < 0)
        return WSD_E_BUSY;
    int timeout = context->interrupted ? 0 : wsd_context_timeout(context);
    if (timeout < 0 || (milliseconds >= 0 && milliseconds < timeout))
        timeout = milliseconds;
    if (timeout == 0)
        return wsd_context_dispatch(context, reterr);
    uv_update_time(&context->loop);
    if (timeout > 0)
        uv_timer_start(&context->limit, time_is_up, (uint64_t)timeout, 0);
    context->running = true;
    uv_ref((uv_handle_t *)&context->wake);
    uv_run(&context->loop, UV_RUN_ONCE);
    uv_unref((uv_handle_t *)&context->wake);
    uv_timer_stop(&context->limit);
    return end_turn(context, reterr);
}

void wsd_context_interrupt(struct wsd_context *context)
{
    context->interrupted = 1;
    uv_async_send(&context->wake);
}

/* -- timers: a binary heap ----------------------------------------------------------------------
 */

static void put(struct wsd_context *context, size_t slot, struct wsd__timer *timer)
{
    context->timers[slot] = timer;
    timer->slot = slot;
}

static void sift(struct wsd_context *context, size_t slot, struct wsd__timer *timer)
{
    while (slot > 0 && context->timers[(slot - 1) / 2]->due > timer->due) {
        put(context, slot, context->timers[(slot - 1) / 2]);
        slot = (slot - 1) / 2;
    }
    for (size_t child; (child = 2 * slot + 1) < context->n_timers; slot = child) {
        if (child + 1 < context->n_timers &&
            context->timers[child + 1]->due < context->timers[child]->due)
            child++;
        if (context->timers[child]->due >= timer->due)
            break;
        put(context, slot, context->timers[child]);
    }
    put(context, slot, timer);
}

int wsd__timer_start(struct wsd_context *context, struct wsd__timer *timer, uint64_t delay,
                     void (*fire)(void *user), void *user)
{
    wsd__timer_stop(timer);
    if (context->n_timers == context->timer_capacity) {
        size_t capacity = context->timer_capacity ? context->timer_capacity * 2 : 16;
        struct wsd__timer **timers = realloc(context->timers, capacity * sizeof(*timers));
        if (!timers)
            return WSD_E_NO_MEMORY;
        context->timers = timers;
        context->timer_capacity = capacity;
    }
    timer->fire = fire;
    timer->user = user;
    timer->due = wsd__now(context) + delay;
    timer->context = context;
    sift(context, context->n_timers++, timer);
    return 0;
}

void wsd__timer_stop(struct wsd__timer *timer)
{
    struct wsd_context *context = timer->context;
    if (!context)
        return;
    timer->context = NULL;
    struct wsd__timer *last = context->timers[--context->n_timers];
    if (last != timer)
        sift(context, timer->slot, last);
}

/* -- calls --------------------------------------------------------------------------------------
 */

static void link_call(struct wsd_call *call)
{
    call->previous = NULL;
    call->next = call->context->calls;
    if (call->next)
        call->next->previous = call;
    call->context->calls = call;
}

static void unlink_call(struct wsd_call *call)
{
    if (call->previous)
        call->previous->next = call->next;
    else
        call->context->calls = call->next;
    if (call->next)
        call->next->previous = call->previous;
}

static void queue_ended(struct wsd_call *call)
{
    struct wsd_context *context = call->context;
    call->next = NULL;
    if (context->ended)
        context->last_ended->next = call;
    else
        context->ended = call;
    context->last_ended = call;
}

void wsd__call_init(struct wsd_call *call, struct wsd_context *context, wsd_done_fn *done,
                    void *user, void (*cancel)(struct wsd_call *),
                    void (*destroy)(struct wsd_call *))
{
    *call = (struct wsd_call){
        .context = context, .done = done, .user = user, .cancel = cancel, .destroy = destroy};
    link_call(call);
}

static void deliver(struct wsd_call *call)
{
    if (call->done)
        call->done(call->user, call->status, call->result, call->status < 0 ? &call->error : NULL);
    else
        wsd_free(call->result);
    call->destroy(call);
}

/* Those that end meanwhile wait for the next turn. */
static void deliver_ended(struct wsd_context *context)
{
    struct wsd_call *last = context->last_ended;
    for (bool more = context->ended != NULL; more;) {
        struct wsd_call *call = context->ended;
        more = call != last;
        context->ended = call->next;
        deliver(call);
    }
}

void wsd__call_end(struct wsd_call *call, int status, const void *result)
{
    if (call->ended) {
        wsd_free(result);
        return;
    }
    call->ended = true;
    call->status = status;
    call->result = result;
    if (status < 0 && call->error.code == 0)
        wsd__error(&call->error, status, NULL);
    unlink_call(call);
    queue_ended(call);
}

void wsd_call_cancel(struct wsd_call *call)
{
    if (!call || call->ended)
        return;
    call->cancel(call);
    wsd__call_end(call, WSD_E_CANCELLED, NULL);
}

void wsd__call_forget(struct wsd_call *call)
{
    if (!call)
        return;
    call->done = NULL;
    wsd_call_cancel(call);
}

bool wsd__has_calls(const struct wsd_context *context)
{
    return context->calls || context->ended;
}

void wsd__call_abandon(struct wsd_call *call)
{
    unlink_call(call);
    call->destroy(call);
}

void wsd__block_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct wsd__block *block = user;
    block->ended = true;
    block->status = status;
    block->result = result;
    if (error)
        block->error = *error;
}

int wsd__block_wait(struct wsd_context *context, struct wsd__block *block, struct wsd_call *call,
                    const void **ret_result, struct wsd_error *reterr)
{
    if (refuse_nested(context, reterr) < 0) {
        call->done = NULL; /* the block is gone before the call ends */
        wsd_call_cancel(call);
        return WSD_E_BUSY;
    }
    while (!block->ended) {
        int r = wsd_context_wait(context, -1, NULL);
        if (r < 0 && !block->ended) {
            wsd_call_cancel(call);
            while (!block->ended)
                wsd_context_wait(context, -1, NULL);
        }
    }
    if (block->status < 0) {
        if (reterr && reterr->code >= 0)
            *reterr = block->error;
        return block->status;
    }
    if (ret_result)
        *ret_result = block->result;
    else
        wsd_free(block->result);
    return 0;
}
