/* SPDX-License-Identifier: MIT */
/* Inside of responder and targets: shared by reception, answers and announcements. */
#ifndef WSD_DISCOVERY_RESPONDER_H
#define WSD_DISCOVERY_RESPONDER_H

#include "core/arena.h"
#include "core/netwatch.h"
#include "core/uuid.h"
#include "discovery/guard.h"
#include "discovery/messages.h"
#include "discovery/target.h"
#include "soap/stencil.h"
#include "soap/udp.h"

enum { WSD__XADDR_SIZE = 512 };

/* A target's last answer. Of two to the same kind of question, heard by the same address of ours,
 * only the texts differ that a stencil leaves out. */
struct wsd__said {
    struct wsd__stencil stencil;
    enum wsd__message message;
    enum wsd__dialect dialect;
    struct wsd__address local;
};

struct wsd__target {
    struct wsd__target *previous, *next;
    struct wsd__responder *responder;
    struct wsd__arena *memory; /* this struct is its root */
    struct wsd__target_description description;
    struct wsd__said said; /* empty after each change of description or InstanceId */
    uint32_t n_messages;   /* MessageNumber of the last */
    struct wsd__timer hello;
};

/* An answer that waits its random time. */
struct wsd__pending {
    struct wsd__pending *previous, *next;
    struct wsd__target *target;
    struct wsd__request *request;
    struct wsd__timer timer;
};

/* What an answer needs of its question; shared by all that answer it. */
struct wsd__request {
    unsigned owners;
    struct wsd__responder *responder;
    enum wsd__message message;
    enum wsd__dialect dialect;
    struct wsd__address peer, source;
    uint16_t port;
    unsigned interface;
    char *reply_to, *message_id; /* in text */
    char text[];
};

struct wsd__responder {
    struct wsd_context *context;
    struct wsd__responder_options options;
    struct wsd__interfaces *interfaces;
    struct wsd__udp *udp; /* NULL without network */
    struct wsd__target *targets;
    struct wsd__pending *pending;
    size_t n_pending;
    uint32_t n_dropped;
    uint32_t held_back; /* milliseconds that the filter wants the answer to wait; 0 as a rule */
    struct wsd__guard guard;
    struct wsd__netwatch netwatch;
    bool unsaid; /* a Hello did not get out on some interface */
    unsigned n_retries;
};

/* Waiting answers of a target (NULL: of all) are not sent. */
void wsd__responder_forget_target(struct wsd__responder *responder,
                                  const struct wsd__target *target);

/* -- answer.c -- */
/* True if target answers what the body asks. */
bool wsd__target_matches(const struct wsd__target *target, const struct wsd_discovery_body *body);
/* Answers now, by datagram. */
void wsd__answer_send(struct wsd__target *target, const struct wsd__request *request);
/* Fills what a target says of itself. url is room for its address through local. */
struct wsd__self {
    struct wsd_target_message message;
    struct wsd_qname names[WSD_MAX_TYPES];
    struct wsd_qname_list types;
    struct wsd_scopes scopes;
    const char *urls[1];
    struct wsd_uri_list xaddrs;
    uint32_t version;
    char url[WSD__XADDR_SIZE];
};
void wsd__target_describe(const struct wsd__target *target, enum wsd__dialect dialect,
                          const struct sockaddr *local, struct wsd__self *ret);
struct wsd_app_sequence wsd__target_sequence(struct wsd__target *target);

#endif
