/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The context: one thread, one loop, and all the sockets of the library.
 *
 * Everything inside is asynchronous. A program without a loop of its own uses the blocking calls,
 * which run the loop until their work is done. A program with a loop waits on wsd_context_fd() for
 * at most wsd_context_timeout() and then calls wsd_context_dispatch(). Two contexts never meet, so
 * that each thread may have one; a context and what was made from it belong to one thread.
 *
 * Callbacks run inside wsd_context_dispatch() or a blocking call, never inside the call that
 * started the work. Each piece of work that was started ends in exactly one final callback, also
 * when it is cancelled or the context is freed.
 */
#ifndef WSD_CONTEXT_H
#define WSD_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <wsd/error.h>
#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Owner of loop, sockets and connections. */
struct wsd_context;

/** How much a log line matters. */
enum wsd_log_level { WSD_LOG_ERROR, WSD_LOG_WARNING, WSD_LOG_INFO, WSD_LOG_DEBUG };

/** One exchange, as it went over the wire; see wsd_context_options.trace. */
struct wsd_trace {
    bool sent;         /**< true: from us; false: to us */
    bool datagram;     /**< UDP; else HTTP */
    const char *peer;  /**< URL or "address:port" of the other side */
    const char *note;  /**< HTTP status line or what became of a datagram; "" if nothing */
    const void *bytes; /**< the message; an image is not part of it */
    size_t size;       /**< of the message */
};

/** Options of a context; start from WSD_CONTEXT_OPTIONS_INIT. Zero means the default. */
struct wsd_context_options {
    size_t size; /**< sizeof this struct, set by the initialiser */
    /** Receives log lines; NULL: none. The library itself never prints. */
    void (*log)(void *user, enum wsd_log_level level, const char *line);
    /** Sees both sides of each exchange, before it is sent and after it came; NULL: none. */
    void (*trace)(void *user, const struct wsd_trace *trace);
    void *user; /**< given to log, trace and the functions below */
    /**
     * Names or addresses of the interfaces to use, NULL-terminated; a trailing `*` matches any
     * rest. NULL: all that are up, but container bridges, virtual machines' and tunnels.
     */
    const char *const *interfaces;
    bool ipv4_only, ipv6_only;
    /** Lets XAddrs outside the sender's own address and our networks be contacted. */
    bool allow_foreign_addresses;
    /**
     * Uses the loopback interface for multicast too, and calls names that lead there. Otherwise a
     * name that does, other than `localhost`, fails with WSD_E_NETWORK: an attacker on the link can
     * make any name of a device lead there. Addresses in numbers are called as they are.
     */
    bool allow_loopback;
    /** Milliseconds that never run backwards; NULL: the system's monotonic clock. */
    uint64_t (*now)(void *user);
    /** Fills @p bytes with unpredictable bytes; NULL: the system's source. */
    void (*random)(void *user, void *bytes, size_t size);
    /**
     * Opens a datagram socket; NULL: socket(2). For tests and sandboxes.
     * @return a descriptor or -1 with errno set.
     */
    int (*open_socket)(void *user, int family, int type, int protocol);
};

#define WSD_CONTEXT_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .size = sizeof(struct wsd_context_options)                                                 \
    }

/**
 * Makes a context. @p options may be NULL; it is copied, strings included.
 * @return 0, WSD_E_NO_MEMORY, WSD_E_INVALID or WSD_E_SYSTEM (the system gives no event loop, or no
 *         random numbers: without those no context sends anything).
 */
WSD_API int wsd_context_new(const struct wsd_context_options *options,
                            struct wsd_context **ret_context, struct wsd_error *reterr);

/** Ends all work (callbacks see WSD_E_CANCELLED) and frees the context. NULL is fine. */
WSD_API void wsd_context_free(struct wsd_context *context);

/** A descriptor that becomes readable when there is work to dispatch. Do not close it. */
WSD_API int wsd_context_fd(const struct wsd_context *context);

/** Milliseconds until wsd_context_dispatch() should be called even if nothing arrives; -1: never */
WSD_API int wsd_context_timeout(const struct wsd_context *context);

/** Does what is due, without waiting. @return 0; WSD_E_CANCELLED after wsd_context_interrupt();
 *  WSD_E_BUSY from inside a callback, where blocking calls are refused as well. */
WSD_API int wsd_context_dispatch(struct wsd_context *context, struct wsd_error *reterr);

/** Waits up to @p milliseconds (-1: for ever) and does what is due. @return 0 or a code. */
WSD_API int wsd_context_wait(struct wsd_context *context, int milliseconds,
                             struct wsd_error *reterr);

/** Makes a wsd_context_wait() or blocking call that is running return soon (WSD_E_CANCELLED).
 *  May be called from a signal handler, and from nothing else but the context's own thread. */
WSD_API void wsd_context_interrupt(struct wsd_context *context);

/**
 * True if a search by @p context would now use the interface of that name: it is up, does
 * multicast, has an address of a family that is used, and is neither left out by the options nor,
 * without any, a container's, a virtual machine's or a tunnel's.
 */
WSD_API bool wsd_context_uses_interface(struct wsd_context *context, const char *name);

/** A piece of work that was started and has not ended. */
struct wsd_call;

/** Ends @p call early: its callback sees WSD_E_CANCELLED at the next dispatch. NULL is fine.
 *  A call is gone once its callback has returned. */
WSD_API void wsd_call_cancel(struct wsd_call *call);

/**
 * How every asynchronous call ends. @p status is 0 or a code; @p result is the caller's from then
 * on (free with wsd_free()), NULL on failure; @p error is valid during the callback, NULL on
 * success. The call's own comment names the type of the result.
 */
typedef void wsd_done_fn(void *user, int status, const void *result, const struct wsd_error *error);

#ifdef __cplusplus
}
#endif
#endif
