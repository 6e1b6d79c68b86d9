/* SPDX-License-Identifier: MIT */
/**
 * @file
 * WS-Discovery, client side: Probe and Resolve, by multicast and directed at one host.
 *
 * Both editions are read (2005/04 and OASIS 1.1); requests are written in the 2005/04 one unless
 * asked otherwise, since that is what printers and scanners speak.
 */
#ifndef WSD_DISCOVERY_H
#define WSD_DISCOVERY_H

#include <wsd/context.h>
#include <wsd/soap.h>
#include <wsd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WSD_NS_DISCOVERY "http://schemas.xmlsoap.org/ws/2005/04/discovery"
#define WSD_NS_DEVPROF   "http://schemas.xmlsoap.org/ws/2006/02/devprof"
#define WSD_NS_SCAN      "http://schemas.microsoft.com/windows/2006/08/wdp/scan"
#define WSD_NS_PRINT     "http://schemas.microsoft.com/windows/2006/08/wdp/print"
#define WSD_NS_PUB       "http://schemas.microsoft.com/windows/pub/2005/07"

/** Scopes with the rule by which they are matched (WS-Discovery 5.1). */
struct wsd_scopes {
    struct wsd_uri_list uris;
    const char *match_by; /**< NULL: the prefix rule */
    const struct wsd_any *any;
};

/** d:Probe. NULL members match everything. */
struct wsd_probe_message {
    const struct wsd_qname_list *types;
    const struct wsd_scopes *scopes;
    const struct wsd_any *any;
};

/** What Hello, Bye, ProbeMatch and ResolveMatch say of a target service. */
struct wsd_target_message {
    struct wsd_endpoint_reference endpoint;
    const struct wsd_qname_list *types;
    const struct wsd_scopes *scopes;
    const struct wsd_uri_list *xaddrs;
    const uint32_t *metadata_version;
    const struct wsd_any *any;
};

/** d:ProbeMatches. */
struct wsd_probe_matches {
    const struct wsd_target_message *matches;
    size_t n_matches;
    const struct wsd_any *any;
};

/** d:Resolve. */
struct wsd_resolve_message {
    struct wsd_endpoint_reference endpoint;
    const struct wsd_any *any;
};

/** d:ResolveMatches. */
struct wsd_resolve_matches {
    const struct wsd_target_message *match;
    const struct wsd_any *any;
};

/** The bodies of WS-Discovery; one of them is set. */
struct wsd_discovery_body {
    const struct wsd_soap_fault *fault;
    const struct wsd_target_message *hello;
    const struct wsd_target_message *bye;
    const struct wsd_probe_message *probe;
    const struct wsd_probe_matches *probe_matches;
    const struct wsd_resolve_message *resolve;
    const struct wsd_resolve_matches *resolve_matches;
    const struct wsd_any *any;
};

/** A target service, merged from all that was heard of its endpoint reference. */
struct wsd_target {
    const char *endpoint; /**< its stable identity, "urn:uuid:..." as the device writes it */
    struct wsd_qname_list types;
    struct wsd_uri_list scopes;
    /**
     * Transport addresses, the most reachable first: the host that answered, then those on our own
     * networks, then the rest. Link-local IPv6 hosts carry the zone of the interface they were
     * heard on. Addresses that may not be contacted are in `refused`.
     */
    struct wsd_uri_list xaddrs;
    struct wsd_uri_list refused;
    uint32_t metadata_version;
    uint32_t instance_id;   /**< of AppSequence, 0 if unknown */
    const char *address;    /**< numeric address that answered, with zone where needed */
    const char *interface_; /**< interface that heard it, "" for a directed probe over HTTP */
    uint32_t delay;         /**< milliseconds from the question to the first answer */
};

/** A set of targets, one per endpoint reference. */
struct wsd_target_set {
    const struct wsd_target *const *targets;
    size_t n_targets;
    /** What was dropped: not XML, over a limit, no answer to our question and the like. */
    uint32_t n_dropped;
};

/** Options of a search. Start from WSD_PROBE_OPTIONS_INIT; zero means the default. */
struct wsd_probe_options {
    size_t size;
    /** Types that a target must all have; expanded names. None: see any_of_types. */
    const struct wsd_qname *types;
    size_t n_types;
    /** With it, one Probe is sent for each of types, and a target needs only one of them. */
    bool any_of_types;
    const char *const *scopes; /**< NULL-terminated; NULL: any */
    const char *match_by;      /**< NULL: the prefix rule */
    uint32_t timeout;          /**< milliseconds to listen, default 4000 */
    unsigned expect;           /**< end as soon as so many targets have answered; 0: listen on */
    bool oasis;                /**< write the OASIS 1.1 edition */
    bool no_resolve;           /**< do not ask for the addresses of matches that name none */
    /** Fixed source port, for firewalls that admit only answers to it; 0: any. */
    uint16_t source_port;
    /**
     * A directed probe: "host", "address", "address:port" for UDP unicast (port 3702), or an http
     * URL for a Probe over HTTP. NULL: multicast.
     */
    const char *directed;
    /** Called for each target when it is first heard of; valid during the call. May be NULL. */
    void (*found)(void *user, const struct wsd_target *target);
    void *user; /**< for found */
    /** Of a directed Probe to an https URL: endpoint reference of the device that is meant, as in
     *  wsd_request_options. */
    const char *endpoint;
};

#define WSD_PROBE_OPTIONS_INIT                                                                     \
    {                                                                                              \
        .size = sizeof(struct wsd_probe_options)                                                   \
    }

/**
 * Searches for target services (WS-Discovery 5). @p options may be NULL.
 * @param ret_targets all that answered, possibly none; free with wsd_free().
 * @return 0; WSD_E_INVALID, WSD_E_NO_MEMORY, WSD_E_NETWORK (no interface could be used),
 *         WSD_E_NAME, WSD_E_CANCELLED; of a directed HTTP Probe also the codes of wsd_get().
 */
WSD_API int wsd_probe(struct wsd_context *context, const struct wsd_probe_options *options,
                      const struct wsd_target_set **ret_targets, struct wsd_error *reterr);

/** The same, started; the result is a `struct wsd_target_set`. */
WSD_API int wsd_probe_start(struct wsd_context *context, const struct wsd_probe_options *options,
                            wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                            struct wsd_error *reterr);

/** Options of wsd_resolve(). */
struct wsd_resolve_options {
    size_t size;
    uint32_t timeout; /**< milliseconds, default 4000 */
    bool oasis;
    uint16_t source_port;
    const char *directed; /**< as in wsd_probe_options */
};

#define WSD_RESOLVE_OPTIONS_INIT                                                                   \
    {                                                                                              \
        .size = sizeof(struct wsd_resolve_options)                                                 \
    }

/**
 * Asks for the transport addresses of @p endpoint (WS-Discovery 6). Ends with the first answer of
 * that very endpoint.
 * @return 0; WSD_E_NOT_FOUND when nobody answers in time; else as wsd_probe().
 */
WSD_API int wsd_resolve(struct wsd_context *context, const char *endpoint,
                        const struct wsd_resolve_options *options,
                        const struct wsd_target **ret_target, struct wsd_error *reterr);

/** The same, started; the result is a `struct wsd_target`. */
WSD_API int wsd_resolve_start(struct wsd_context *context, const char *endpoint,
                              const struct wsd_resolve_options *options, wsd_done_fn *done,
                              void *user, struct wsd_call **ret_call, struct wsd_error *reterr);

/** A pair of sockets' worth of multicast exchange, below probe and resolve; see the two calls. */
struct wsd_multicast_exchange;

/** One datagram that came back. */
struct wsd_multicast_reply {
    struct wsd_soap_header header;
    const struct wsd_discovery_body *body;
    const char *sender; /**< numeric address, with zone where needed */
    uint16_t sender_port;
    const char *interface_; /**< where it came in */
    const void *bytes;
    size_t size;
};

/**
 * Sends @p message (a whole envelope, @p size bytes) to the multicast group on every usable
 * interface, with the repeats and random delays of SOAP-over-UDP.
 * @param ret_exchange to read replies from; free with wsd_multicast_exchange_free().
 */
WSD_API int wsd_send_multicast_soap_msg(struct wsd_context *context, const void *message,
                                        size_t size, struct wsd_multicast_exchange **ret_exchange,
                                        struct wsd_error *reterr);

/**
 * Waits up to @p timeout milliseconds for one reply. Datagrams that are no discovery message are
 * dropped and counted.
 * @return 0, WSD_E_TIMEOUT, or another code. Free the reply with wsd_free().
 */
WSD_API int wsd_read_discovery_multicast_reply(struct wsd_multicast_exchange *exchange,
                                               uint32_t timeout,
                                               const struct wsd_multicast_reply **ret_reply,
                                               struct wsd_error *reterr);

/** Ends the exchange: no more repeats. NULL is fine. */
WSD_API void wsd_multicast_exchange_free(struct wsd_multicast_exchange *exchange);

/** True if both endpoint references name the same device: equal text, or the same UUID whatever
 *  its letter case and whether written "uuid:" or "urn:uuid:". */
WSD_API bool wsd_endpoint_equal(const char *a, const char *b);

#ifdef __cplusplus
}
#endif
#endif
