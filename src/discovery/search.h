/* SPDX-License-Identifier: MIT */
/*
 * A search that runs: what was asked, what was heard, when it ends. Probe and Resolve share it.
 */
#ifndef WSD_DISCOVERY_SEARCH_H
#define WSD_DISCOVERY_SEARCH_H

#include "core/lookup.h"
#include "core/uuid.h"
#include "discovery/messages.h"
#include "discovery/targets.h"
#include "soap/http_client.h"
#include "soap/udp.h"

enum {
    WSD__SEARCH_TIMEOUT = 4000, /* Windows' firewall admits answers for as long */
    WSD__MAX_SEARCH_TYPES = 32
};

/* A question: answers relate to its MessageID. */
struct wsd__question {
    struct wsd__question *next;
    uint8_t uuid[16];
    enum wsd__message message;  /* WSD__PROBE or WSD__RESOLVE */
    struct wsd__record *record; /* of a Resolve for a match without addresses */
};

/* One POST of a directed search. */
struct wsd__post {
    struct wsd__post *next;
    struct wsd__search *search;
    struct wsd__question *question;
    struct wsd__http_call *call;
    struct wsd__buf answer;
};

struct wsd__search {
    struct wsd_call call; /* first */
    struct wsd_context *context;
    struct wsd__arena *memory; /* this struct is its root */
    struct wsd__interfaces *interfaces;
    struct wsd__udp *udp;
    struct wsd__targets targets;
    struct wsd__table questions, seen;
    struct wsd__timer end;
    uint64_t started;
    uint32_t n_dropped;
    unsigned busy;       /* frames of ours on the stack */
    bool finished, gone; /* no more callbacks; to be freed when no longer busy */
    char reason[160];    /* why the datagram at hand is dropped */

    /* what was asked */
    enum wsd__dialect dialect;
    struct wsd_qname_list types;
    bool any_of_types, no_resolve;
    struct wsd_scopes scopes;
    bool has_scopes;
    const char *endpoint; /* of wsd_resolve(), else NULL */
    uint32_t timeout;
    unsigned expect, n_reported;
    uint16_t source_port;
    void (*found)(void *user, const struct wsd_target *target);
    /* A discovery proxy wants to be asked instead of the group; NULL: ignored. */
    void (*suppressed)(void *user, const struct wsd_target_message *proxy,
                       const struct wsd__heard *heard);
    void *user;
    bool answered; /* a question of ours was, whatever with */

    /* a directed search */
    const char *host, *url; /* NULL: multicast; url: over HTTP */
    const char *device;     /* whose certificate https has to show; NULL: that of the place */
    uint16_t port;
    struct wsd__address peer;
    struct wsd__lookup *lookup;
    struct wsd__post *posts;
    unsigned n_posts;   /* not yet answered */
    unsigned n_answers; /* over HTTP that were one */
};

/* Makes a search without questions. */
int wsd__search_new(struct wsd_context *context, wsd_done_fn *done, void *user, bool single,
                    struct wsd__search **ret, struct wsd_error *reterr);
/* Sets everything going. On failure the search is gone. */
int wsd__search_start(struct wsd__search *search, struct wsd_error *reterr);

/* Sends a question: a Probe for types, or a Resolve for endpoint. interface 0: everywhere. */
int wsd__search_probe(struct wsd__search *search, const struct wsd_qname_list *types,
                      struct wsd_error *reterr);
int wsd__search_resolve(struct wsd__search *search, const char *endpoint,
                        struct wsd__record *record, unsigned interface, struct wsd_error *reterr);
/* All questions of the search's options. */
int wsd__search_ask(struct wsd__search *search, struct wsd_error *reterr);

/* Takes one datagram; NULL, or why it was dropped. */
const char *wsd__search_receive(struct wsd__search *search, const struct wsd__datagram *datagram);
/* Takes the content of an answer to question; the same. */
const char *wsd__search_take(struct wsd__search *search, const struct wsd__question *question,
                             const struct wsd__envelope *envelope, const struct wsd__heard *heard,
                             uint64_t arrived);
/* Ends it with what there is (status 0) or with a failure; search->call.error may be filled. */
void wsd__search_finish(struct wsd__search *search, int status);

/* After search->busy++ and callbacks: the search may be gone then. */
void wsd__search_leave(struct wsd__search *search);

/* -- directed.c: one host -- */
/* Reads "host", "address:port" or an http URL into the search. */
int wsd__search_direct(struct wsd__search *search, const char *directed, struct wsd_error *reterr);
int wsd__directed_start(struct wsd__search *search, struct wsd_error *reterr);
int wsd__directed_post(struct wsd__search *search, struct wsd__question *question,
                       const struct wsd__buf *message, struct wsd_error *reterr);
void wsd__directed_stop(struct wsd__search *search);

#endif
