/* SPDX-License-Identifier: MIT */
/*
 * wsd verify: is this device what the specifications, and Windows, expect?
 *
 * Checks are data (checks.h): what is sent, what must come back. What takes more than that is a
 * procedure in C, named by the check. A run goes through them one by one, one request at a time,
 * and ends what it has begun: jobs are cancelled and subscriptions left after each check.
 */
#ifndef WSD_APPS_VERIFY_VERIFY_H
#define WSD_APPS_VERIFY_VERIFY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wsd/context.h>

#include "verify/bounds.h"
#include "verify/tree.h"

enum verify_state { VERIFY_HOLDS, VERIFY_FAILS, VERIFY_UNTESTED, VERIFY_SKIPPED, VERIFY_STATES };

/* "holds", "fails", "untested", "skipped". */
const char *verify_state_word(enum verify_state state);

/* A question and what came back. */
struct exchange {
    unsigned users;
    char *name;  /* what for: "GetScannerElements" */
    char *where; /* URL, or "239.255.255.250:3702" */
    char *sent;  /* NULL: it came by itself, or nothing was sent */
    size_t n_sent;
    int status;    /* of HTTP; 0: no answer */
    char *headers; /* of the answer, as they came */
    char *got;     /* the answer's bytes, as many as are kept */
    size_t n_got;
    uint64_t total;     /* bytes of the answer */
    unsigned n_answers; /* datagrams */
    uint64_t took;      /* milliseconds to the answer */
    char failure[160];  /* why there is no (whole) answer; "" if there is */
    /* Of the answer, or of the root part of a multipart one; NULL: not XML, then `not_xml` says so
     */
    struct tree *tree;
    char not_xml[160];
};

/* What of one check came out. */
struct result {
    const struct check *check;
    enum verify_state state;
    char said[700]; /* what was expected and what came, or why it could not be tested */
    struct exchange *exchanges[VERIFY_MAX_EXCHANGES]; /* made or looked at */
    size_t n_exchanges;
};

/* What the command gives. */
struct verify_options {
    struct wsd_context *context;
    void *user;
    bool (*interrupted)(void *user);
    uint64_t (*now)(void *user);
    /* A line on what is being done; `done` of `all` checks are. */
    void (*progress)(void *user, size_t done, size_t all, const char *what);
    void (*waits)(void *user, uint64_t milliseconds, const char *why); /* before it does so */
    void (*seen)(void *user, const struct wsd_trace *trace); /* raw exchanges, for --trace */
    void (*finished)(void *user, const struct result *result);
    const char *name, *endpoint, *url, *service;
    bool full;
    uint32_t timeout;        /* for answers, milliseconds; 0: as long as each may take */
    const char *const *only; /* NULL-terminated ids or areas; NULL: all */
};

struct checks;
struct verify;
struct events;

struct verify *verify_new(const struct verify_options *options, const struct checks *checks);
/* Runs all that were chosen. Returns how many fail. */
size_t verify_run(struct verify *v);
const struct result *verify_results(const struct verify *v, size_t *ret_n);
void verify_free(struct verify *v);
/* Sees what passes the context: events come by this way. */
void verify_tap(struct verify *v, const struct wsd_trace *trace);
/* True if the run was interrupted. */
bool verify_interrupted(const struct verify *v);

/* -- between the files of this room -------------------------------------------------------------
 */

struct pending {
    char *id;    /* of a job; of a subscription its manager's address */
    char *extra; /* of a subscription: its manager's reference parameters as headers */
};

struct verify {
    struct verify_options options;
    const struct checks *checks;
    struct json_object *names;  /* what ${name} stands for */
    struct json_object *shared; /* exchanges of checks.h that were made: index into kept */
    struct exchange **kept;
    size_t n_kept;
    struct result *results;
    size_t n_results;
    struct result *now; /* the one under way */
    struct pending jobs[VERIFY_MAX_PENDING], subscriptions[VERIFY_MAX_PENDING];
    size_t n_jobs, n_subscriptions;
    struct events *events;
    void *curl;  /* the multi handle, with its connections */
    bool ending; /* what is under way is ended, whatever signals come */
};

/* Ends a check; returns the state. */
enum verify_state verify_say(struct verify *v, enum verify_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* True when a signal came. */
bool verify_stopped(const struct verify *v);
uint64_t verify_now(const struct verify *v);
/* Lets the loop run for so long. False when a signal came. */
bool verify_wait(struct verify *v, uint64_t milliseconds, const char *why);
/* One turn of the loop, until `fd` (or -1) is readable or `deadline` is there. */
bool verify_turn(struct verify *v, int fd, uint64_t deadline);

/* The text of a name, "" if it has none. */
const char *verify_name(const struct verify *v, const char *name);
void verify_set_name(struct verify *v, const char *name, const char *value);
/* With each ${name} replaced; NULL if it is too long, or a name is unknown (*ret_unknown, static).
 */
char *verify_expand(struct verify *v, const char *text, const char **ret_unknown);
/* A new urn:uuid, of the system's randomness. */
void verify_new_id(char ret[64]);

/* Names for what paths of an answer lead to: {"job": "//wscn:JobId"}. */
void verify_keep(struct verify *v, struct json_object *keep, const struct exchange *x);

/* Takes what the device says of itself, and derives from it the names that checks use. */
void verify_learn(struct verify *v);

/* exchange.c */
struct exchange *exchange_new(const char *name, const char *where);
void exchange_free(struct exchange *x); /* when nobody uses it any more */
/* Makes the tree, and of a multipart answer that of its root part. */
void exchange_read(struct exchange *x);
/* Puts it into the list of the check under way. */
void exchange_note(struct verify *v, struct exchange *x);
/* The value of an answer's header line; NULL if it has none. */
const char *exchange_header(const struct exchange *x, const char *name, char *ret, size_t size);
/* Text of the first that the path leads to, "" if there is none. */
const char *exchange_text(const struct exchange *x, const char *path, char *ret, size_t size);

/* send.c */
/* Does what a "send" object says. NULL: it could not be done, and verify_say() said why. */
struct exchange *verify_send(struct verify *v, struct json_object *send, const char *name);
/* Is the URL at the host of the device, or of its service, as they were found? What else an answer
 * names is not asked. */
bool verify_is_own(const struct verify *v, const char *url);
/* By the name of a shared exchange, which is made when it is first asked for. */
struct exchange *verify_shared(struct verify *v, const char *name);
/* Sends the operation of WS-Scan with this body, and notes it. */
struct exchange *verify_scan(struct verify *v, const char *operation, const char *body);

/* http.c, datagram.c */
struct http_wish {
    const char *url, *method, *type; /* type NULL: application/soap+xml */
    const char *const *headers;      /* NULL-terminated; NULL: none more */
    bool chunked, in_pieces;
    uint32_t timeout;
};
void http_exchange(struct verify *v, struct exchange *x, const struct http_wish *wish);
void http_end(struct verify *v);

struct datagram_wish {
    bool multicast;
    int family; /* 0: the device's */
    uint32_t time;
    bool silence; /* none is wanted: listen to the end */
    bool any;     /* also an answer that does not name the device, from its address */
};
/* False if it cannot be done here; verify_say() said why. */
bool datagram_exchange(struct verify *v, struct exchange *x, const struct datagram_wish *wish);

/* expect.c */
/* Holds all that an "expect" array says of it? If not, verify_say() said what. */
bool expect_all(struct verify *v, struct json_object *expect, const struct exchange *x);

/* tidy.c */
/* Jobs and subscriptions that an answer tells of have to be ended one day. */
void tidy_watch(struct verify *v, const struct exchange *x);
void tidy(struct verify *v);

/* events.c */
/* The exchange of a shared event: "event:JobEndStateEvent". NULL: verify_say() said why. */
struct exchange *events_get(struct verify *v, const char *name);
void events_tap(struct verify *v, const struct wsd_trace *trace);
void events_free(struct verify *v);
enum verify_state events_after_unsubscribe(struct verify *v);
enum verify_state events_order(struct verify *v);
/* A listener for subscriptions that are made by hand; "" if there is none. */
const char *events_sink(struct verify *v);

/* procedures.c */
typedef enum verify_state verify_procedure(struct verify *v);
verify_procedure *procedure_find(const char *name);

#endif
