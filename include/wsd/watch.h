/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Devices over time: announcements as they come.
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
/** Datagrams that were no announcement or came out of order. */
WSD_API uint32_t wsd_listener_n_dropped(const struct wsd_listener *listener);
/** Ends it; allowed inside its callback. NULL is fine. */
WSD_API void wsd_listener_free(struct wsd_listener *listener);

#ifdef __cplusplus
}
#endif
#endif
