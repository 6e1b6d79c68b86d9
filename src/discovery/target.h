/* SPDX-License-Identifier: MIT */
/*
 * The device's side of WS-Discovery: a responder on port 3702, shared by many targets.
 *
 * Knows nothing of metadata and services; what a target's address is, its owner says. Rules are
 * those of the discovery sheet: silence on whatever is not a well-formed Probe or Resolve from our
 * own links, answers from and with the address of the interface that heard the question.
 */
#ifndef WSD_DISCOVERY_TARGET_H
#define WSD_DISCOVERY_TARGET_H

#include <sys/socket.h>

#include <wsd/discovery.h>

#include "core/buf.h"
#include "soap/envelope.h"

struct wsd__responder;
struct wsd__target;

enum {
    WSD__ANSWER_DELAY = 500,      /* default of the random wait before a Probe is answered */
    WSD__MAX_ANSWER_DELAY = 2500, /* Windows' own; its firewall gives up after 4000 */
    WSD__ANSWERS_PER_SECOND = 100,
    WSD__ANSWERS_PER_SECOND_PER_PEER = 10,
    WSD__UNICAST_COST = 2, /* what a unicast request takes from the limits (T3) */
    WSD__MAX_ANSWER = 4096 /* size of an answer (T7) */
};

/* Zero means the default, UINT32_MAX none. Limits count requests, however many targets answer. */
struct wsd__responder_options {
    uint32_t max_answer_delay;
    bool answer_off_link;
    uint32_t answers_per_second, answers_per_second_per_peer;
    bool no_network; /* no sockets: targets are asked over HTTP only */
    uint16_t port;   /* 0: 3702 */
};

/* Joins the groups on each usable interface. Fails with WSD_E_NETWORK when there is none. */
int wsd__responder_new(struct wsd_context *context, const struct wsd__responder_options *options,
                       struct wsd__responder **ret_responder, struct wsd_error *reterr);
/* Takes its targets along, with a Bye each. NULL is fine. */
void wsd__responder_free(struct wsd__responder *responder);
/* Looks at the interfaces anew; when they have changed, joins and says Hello on all of them. The
 * responder does so by itself where the system tells of changes. */
int wsd__responder_rescan(struct wsd__responder *responder, struct wsd_error *reterr);
/* Datagrams that were not answered because they broke a rule. */
uint32_t wsd__responder_n_dropped(const struct wsd__responder *responder);

struct wsd__target_description {
    const char *endpoint;
    struct wsd_qname_list types;
    struct wsd_uri_list scopes;
    uint32_t metadata_version, instance_id;
    /* Writes the transport address as seen through `local`, our address on the interface in
     * question (port 0). Returns 0, or a negative code: no address there. */
    int (*xaddr)(void *user, const struct sockaddr *local, char *url, size_t size);
    void *user;
};

/* The description is copied. It is silent until wsd__target_hello, but answers. */
int wsd__target_add(struct wsd__responder *responder,
                    const struct wsd__target_description *description,
                    struct wsd__target **ret_target, struct wsd_error *reterr);
/* Says Hello on each interface after a random wait: one message, each with its own address. */
int wsd__target_hello(struct wsd__target *target, struct wsd_error *reterr);
/* The same with a new MetadataVersion. */
int wsd__target_changed(struct wsd__target *target, uint32_t metadata_version,
                        struct wsd_error *reterr);
/* Hello after a restart: what it said before is void. */
int wsd__target_restart(struct wsd__target *target, uint32_t instance_id, struct wsd_error *reterr);
/* Bye, as well as it goes without waiting, and frees it. NULL is fine. */
void wsd__target_remove(struct wsd__target *target);
/* The same without a word. */
void wsd__target_vanish(struct wsd__target *target);

/* A Probe or Resolve that came over HTTP, decoded with wsd__type_discovery_body. Appends the
 * answer to out: matches of `only` (NULL: of all targets), possibly none. Returns 0; 1 when what
 * was appended is a fault of the sender's (HTTP 400); WSD_E_UNSUPPORTED when the request is
 * neither, with nothing appended. responder may be NULL when only is given. */
int wsd__responder_answer_http(struct wsd__responder *responder,
                               const struct wsd__envelope *request, const struct sockaddr *local,
                               struct wsd__target *only, struct wsd__buf *out,
                               struct wsd_error *reterr);

#endif
