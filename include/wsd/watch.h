/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Devices over time: announcements as they come, and a watch that knows who is there.
 */
#ifndef WSD_WATCH_H
#define WSD_WATCH_H

#include <wsd/discovery.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- announcements (WS-Discovery 4) ------------------------------------------------------------ */

/** What an announcement says. */
enum wsd_announcement_kind {
    WSD_ANNOUNCEMENT_HELLO,
    WSD_ANNOUNCEMENT_BYE,
    /** A Hello with a higher instance id than the last: the device was restarted, and its
     *  metadata and all subscriptions are void. */
    WSD_ANNOUNCEMENT_REBOOT
};

/** A Hello or Bye; valid during the callback. */
struct wsd_announcement {
    enum wsd_announcement_kind kind;
    /** Who. Of a Bye often nothing but the endpoint. xaddrs as in wsd_target. */
    const struct wsd_target *target;
    const struct wsd_soap_header *header;
    const struct wsd_app_sequence *sequence; /**< NULL if it had none */
    bool oasis;                              /**< of the OASIS 1.1 edition */
};

/** A listener on port 3702. */
struct wsd_listener;

/** Options of a listener; zero means the default. */
struct wsd_listen_options {
    size_t size;
    const struct wsd_qname *types; /**< only targets that have all of them (as far as announced) */
    size_t n_types;
    /** An announcement: in order of AppSequence, repeats and copies by other interfaces left out.
     *  From the loop. Required. */
    void (*announcement)(void *user, const struct wsd_announcement *announcement);
    void *user;
};

#define WSD_LISTEN_OPTIONS_INIT                                                                    \
    {                                                                                              \
        .size = sizeof(struct wsd_listen_options)                                                  \
    }

/**
 * Listens for Hello and Bye on each usable interface, IPv4 and IPv6, beside other programs that
 * hold port 3702. Interfaces that come later are joined, those that go are left.
 * @return 0, WSD_E_NETWORK (no socket could be opened), WSD_E_INVALID, WSD_E_NO_MEMORY.
 */
WSD_API int wsd_listen_multicast_announcements(struct wsd_context *context,
                                               const struct wsd_listen_options *options,
                                               struct wsd_listener **ret_listener,
                                               struct wsd_error *reterr);
/** Datagrams that were no announcement (a Probe of somebody's, too) or came out of order; repeats
 *  and copies do not count. */
WSD_API uint32_t wsd_listener_n_dropped(const struct wsd_listener *listener);
/** Ends it; allowed inside its callback. To be done before the context is freed. NULL is fine. */
WSD_API void wsd_listener_free(struct wsd_listener *listener);

/* -- watch ------------------------------------------------------------------------------------- */

/** What a watch has to tell. */
enum wsd_watch_kind {
    WSD_WATCH_ADDED,     /**< was not known before */
    WSD_WATCH_UPDATED,   /**< another address, type, scope or metadata version */
    WSD_WATCH_RESTARTED, /**< the same device after a reboot; subscriptions are void */
    WSD_WATCH_REFRESHED, /**< heard of again, nothing new */
    /** Said Bye, or was not heard of for too long and does not answer. A Bye from an address that
     *  the device is not known to have counts once the device does not answer either. */
    WSD_WATCH_REMOVED
};

/** One change; valid during the callback. */
struct wsd_watch_event {
    enum wsd_watch_kind kind;
    const struct wsd_target *target; /**< as it is now; of REMOVED: as it was last */
    bool expired;                    /**< REMOVED without a Bye */
};

/** Who is on the network, as it changes. */
struct wsd_watch;

/** Options of a watch; zero means the default. */
struct wsd_watch_options {
    size_t size;
    const struct wsd_qname *types; /**< only targets that have all of them */
    size_t n_types;
    bool any_of_types; /**< one of them is enough */
    /** Milliseconds between searches that find who does not announce itself; default 5 minutes,
     *  least 10 s. One search is made at the start. */
    uint32_t probe_interval;
    /** Milliseconds without a word after which a target is asked (Resolve), and removed when it
     *  does not answer; default 15 minutes. */
    uint32_t expiry;
    bool oasis; /**< write the OASIS 1.1 edition */
    /**
     * Lets a discovery proxy that answers a Probe with a Hello (suppression, WS-Discovery 3) take
     * the Probes over: they go to it alone, and back to multicast when it says Bye or is silent
     * for DP_MAX_TIMEOUT (5 s) after a question; Resolves likewise. Off, since any host could
     * silence the search.
     */
    bool trust_proxy;
    /** From the loop. Required. */
    void (*changed)(void *user, const struct wsd_watch_event *event);
    void *user;
};

#define WSD_WATCH_OPTIONS_INIT                                                                     \
    {                                                                                              \
        .size = sizeof(struct wsd_watch_options)                                                   \
    }

/**
 * Begins to watch. A target is told of when its addresses are known; a Hello that names none is
 * resolved first, and told as it is when nobody answers that. No more than 4096 targets are
 * watched.
 * @return as wsd_listen_multicast_announcements().
 */
WSD_API int wsd_watch_new(struct wsd_context *context, const struct wsd_watch_options *options,
                          struct wsd_watch **ret_watch, struct wsd_error *reterr);
/** Who is there now: valid until the next dispatch of the context. */
WSD_API size_t wsd_watch_targets(const struct wsd_watch *watch,
                                 const struct wsd_target *const **ret_targets);
/** The proxy that takes the Probes now, NULL if there is none. */
WSD_API const struct wsd_target *wsd_watch_proxy(const struct wsd_watch *watch);
/** Searches now instead of at the next interval, or after the search under way.
 *  @return 0 or a code of wsd_probe_start(). */
WSD_API int wsd_watch_probe(struct wsd_watch *watch, struct wsd_error *reterr);
/** Ends it; allowed inside its callback. To be done before the context is freed. NULL is fine. */
WSD_API void wsd_watch_free(struct wsd_watch *watch);

#ifdef __cplusplus
}
#endif
#endif
