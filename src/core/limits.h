/* SPDX-License-Identifier: MIT */
/*
 * Every bound that a peer can push against, in one place.
 *
 * docs/security.md says for each what happens when it is reached. Sizes are in bytes, times in
 * milliseconds.
 */
#ifndef WSD_CORE_LIMITS_H
#define WSD_CORE_LIMITS_H

/* XML, both ends */
#define WSD_MAX_XML_DEPTH      64
#define WSD_MAX_XML_ELEMENTS   100000
#define WSD_MAX_XML_ATTRIBUTES 64
#define WSD_MAX_XML_BINDINGS   128
#define WSD_MAX_XML_TEXT       65536 /* of one element or attribute */
#define WSD_MAX_XML_ITEMS      4096  /* of one repeated member */
#define WSD_MAX_URI            2048
#define WSD_MAX_MESSAGE_MEMORY (16u << 20) /* arena of one decoded message */

/* SOAP-over-UDP (DPWS MAX_ENVELOPE_SIZE) */
#define WSD_MAX_DATAGRAM 32767

/* requests whose decoding is remembered (soap/recall.c) */
#define WSD_MAX_RECALLED         8     /* the one that was asked for longest ago gives way */
#define WSD_MAX_RECALLED_MESSAGE 4096  /* of one, as it came */
#define WSD_MAX_RECALLED_MEMORY  16384 /* of one, decoded */

/* SOAP over HTTP */
#define WSD_MAX_ENVELOPE         (4u << 20)
#define WSD_MAX_REQUEST_ENVELOPE (256u << 10)
#define WSD_MAX_HEADER_LINE      4096
#define WSD_MAX_HTTP_HEADERS     65536      /* all header lines of one answer */
#define WSD_MAX_REQUEST_SURPLUS  (1u << 20) /* read and thrown away before a 413 */

/* certificates of devices */
#define WSD_MAX_CERTIFICATE  16384 /* of one, as text */
#define WSD_MAX_CERTIFICATES 1024  /* remembered */

/* multipart */
#define WSD_MAX_MIME_BOUNDARY 70
#define WSD_MAX_MIME_HEADERS  16384
#define WSD_MAX_MIME_PARTS    16

/* discovery, client side */
#define WSD_MAX_SEARCH_DATAGRAMS 32768
#define WSD_MAX_SEARCH_BYTES     (64u << 20) /* of all datagrams */
#define WSD_MAX_SEARCH_MEMORY    (64u << 20) /* of the result */
#define WSD_MAX_SEARCH_TARGETS   16384
#define WSD_MAX_MATCHES          64 /* of one datagram */
#define WSD_MAX_XADDRS           16 /* of one match, and of one target after merging */
#define WSD_MAX_TYPES            64
#define WSD_MAX_SCOPES           64
#define WSD_MAX_INTERFACES       64

/* discovery, announcements and watch */
#define WSD_MAX_SPEAKERS        4096 /* whose AppSequence is remembered */
#define WSD_MAX_WATCH_TARGETS   4096
#define WSD_MAX_WATCH_MEMORY    (64u << 20) /* of all targets of a watch */
#define WSD_MAX_TARGET_MEMORY   65536       /* of one of them, before it is begun anew */
#define WSD_MAX_WATCH_QUESTIONS 16          /* targets asked at once */
/* cache of devices */
#define WSD_MAX_CACHED_DEVICES     4096
#define WSD_MAX_CACHED_TEXT        1024          /* of one name */
#define WSD_MAX_CACHED_LIST        4096          /* of a device's types, scopes or addresses */
#define WSD_MAX_CACHED_ROW         65536         /* all of a device */
#define WSD_MAX_CACHE_FILE         (128ll << 20) /* what is larger is none of ours */
#define WSD_MAX_CACHE_MEMORY       (128u << 20)  /* of its content as a result */
#define WSD_MAX_CACHES_SET_ASIDE   100
#define WSD_CACHED_ELSEWHERE       30 /* days that a device stays while we are not on its network */
#define WSD_CACHE_BUSY             10000
#define WSD_MAX_VERIFIED           16 /* cached devices asked at once */
#define WSD_MAX_VERIFIED_ADDRESSES 3  /* of each; together less than the HTTP client has */

/* discovery, device side */
#define WSD_MAX_SEEN_IDS        256
#define WSD_SEEN_ID_LIFETIME    10000
#define WSD_MAX_PENDING_ANSWERS 4096 /* waiting for their random time */
#define WSD_MAX_PENDING_REPEATS 256

/* HTTP server */
#define WSD_MAX_CONNECTIONS          256
#define WSD_MAX_CONNECTIONS_PER_PEER 64
#define WSD_CONNECTION_IDLE          30000

/* eventing, subscriber's side */
#define WSD_MAX_SINK_CONNECTIONS          128
#define WSD_MAX_SINK_CONNECTIONS_PER_PEER 16
#define WSD_MAX_MONITOR_ITEMS             64    /* conditions or jobs that a monitor shows */
#define WSD_SINK_REQUEST_TIME             10000 /* until an event is there as a whole */
#define WSD_MAX_EVENT                     (256u << 10)
#define WSD_MAX_EVENTS_WAITING            64         /* of one subscription, not yet delivered */
#define WSD_MAX_EVENT_BYTES_WAITING       (1u << 20) /* likewise */
#define WSD_MAX_SEEN_EVENTS               128        /* MessageIDs of one subscription */
#define WSD_MAX_SINK_PEERS                64         /* whose rate is counted */
#define WSD_MAX_DEVICE_ADDRESSES          8
#define WSD_MAX_SUBSCRIPTION_LIFE         86400000
#define WSD_SUBSCRIPTION_LIFE_UNNAMED     3600000 /* no end was named */
#define WSD_SUBSCRIPTION_LIFE_DOUBTFUL    60000 /* the end named cannot be true, or be relied on */
#define WSD_SUBSCRIPTION_LIFE_LEAST       1000

/* scan service */
#define WSD_MAX_JOB_HISTORY 32
#define WSD_JOB_PICKUP      60000 /* ws-scan: 60 s to the next RetrieveImage */

/* event source */
#define WSD_MAX_SUBSCRIBERS          256  /* default of one service */
#define WSD_MAX_SUBSCRIBERS_PER_PEER 16   /* default */
#define WSD_MAX_SUBSCRIPTION_TEXT    4096 /* addresses and reference parameters of a subscriber */
#define WSD_MIN_EXPIRES              60000
#define WSD_MAX_EXPIRES              86400000
#define WSD_MAX_EVENT_QUEUE          64 /* of a subscriber, the one under way included */
#define WSD_MAX_EVENT_TRIES          3
#define WSD_EVENT_RETRY              1000 /* before the second try; four times that before the third */
#define WSD_MAX_DELIVERIES           64  /* under way at once, of one service */
#define WSD_MAX_SLOW_DELIVERIES      32  /* likewise, to subscribers that are slow */
#define WSD_MAX_FAILED_DELIVERIES    16  /* likewise, to subscribers that failed */
#define WSD_DELIVERY_SLOW            250 /* from here on a delivery is a slow one */
#define WSD_DELIVERY_TIMEOUT         10000
#define WSD_MAX_FAREWELLS            4096 /* SubscriptionEnd messages that wait to be sent */
#define WSD_MAX_FAREWELLS_AT_ONCE    16
#define WSD_FAREWELL_TIMEOUT         3000
#define WSD_FAREWELL_FLUSH           500 /* what freeing the context waits for them */

/* scans that are started at the device */
#define WSD_MAX_DESTINATIONS     32 /* of one subscription */
#define WSD_MAX_SCAN_IDENTIFIERS 16 /* given out and not used */
#define WSD_SCAN_IDENTIFIER_LIFE 300000
/* scan events */
#define WSD_MAX_SCAN_DESTINATIONS 32
#define WSD_MAX_SEEN_SCANS        32 /* ScanIdentifiers of one subscription */

#endif
