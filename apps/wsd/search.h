/* SPDX-License-Identifier: MIT */
/*
 * A search: Probes of any kind and the metadata of what they find, all side by side on the loop.
 * Each thing found settles once, when its metadata came or cannot be had, and is then shown to the
 * caller. At most SEARCH_REQUESTS_MAX requests to single devices run at once.
 *
 * Cost: some 200 bytes for each thing found; its metadata is dropped when it has been shown.
 */
#ifndef WSD_APPS_SEARCH_H
#define WSD_APPS_SEARCH_H

#include <stdbool.h>
#include <wsd/cache.h>
#include <wsd/discovery.h>
#include <wsd/transfer.h>

#include "session.h"

#define SEARCH_REQUESTS_MAX 8
#define SEARCH_CALLS_MAX    32 /* Probes and Resolves at once */

struct search;

enum finding_state { FINDING_WAITS, FINDING_ASKED, FINDING_SETTLED };

/* Something that answered, or an address to be tried. */
struct finding {
    struct search *search;
    struct finding *next_queued, *previous, *next;
    enum finding_state state;
    const char *endpoint;            /* "" when not known */
    char *address;                   /* numeric, "" when not known */
    char *interface_;                /* "" when not known */
    char **xaddrs;                   /* to be asked, best first */
    size_t n_xaddrs, at;             /* `at`: the one that is asked */
    char *refused;                   /* an address that may not be contacted, or NULL */
    bool scanner, printer, computer; /* what its types say */
    uint32_t metadata_version;
    const struct wsd_cached *known;     /* it is tried because the cache knows it; else NULL */
    bool guess;                         /* the address is to be tried as that of a scan service */
    unsigned delay;                     /* milliseconds to its answer */
    const struct wsd_device_info *info; /* while it is shown; NULL: none */
    const char *url;                    /* the address that answered; NULL: none */
    char *service;                      /* address of its scan service; NULL: none */
    struct wsd_error *error; /* why there is no metadata; NULL: none, or not to be told */
    struct wsd_call *call;
};

struct search_options {
    /* Shown everything once it settled; true ends the search. */
    bool (*settled)(void *user, struct finding *finding);
    /* False: `target` is passed over. May be NULL. */
    bool (*wanted)(void *user, const struct wsd_target *target);
    /* The time set by search_later() has come. */
    void (*later)(void *user, struct search *search);
    void *user;
    bool no_metadata; /* settle with the answer to the Probe */
    bool keep_info;   /* findings live as long as the search, else only until they are shown */
};

int search_new(struct session *session, const struct search_options *options, struct search **ret);
void search_free(struct search *search);

/* Starts a Probe. Returns an exit code; a failure is said, but those of directed Probes only
 * lead to search_error(). */
int search_probe(struct search *search, const struct wsd_probe_options *options);
int search_resolve(struct search *search, const char *endpoint);

/* Tries an address: as that of a device (metadata), or as that of a scan service. */
void search_get(struct search *search, const char *url, const char *endpoint);
void search_service(struct search *search, const char *url);

/* Tries a device of the cache at the addresses known of it, for a short time. It counts only if it
 * proves to be that very device; what is wrong with it is no error. `known` must live on. */
void search_known(struct search *search, const struct wsd_cached *known);

void search_later(struct search *search, unsigned milliseconds);
/* Ends the search no later than then. */
void search_limit(struct search *search, unsigned milliseconds);

/* Runs until all is settled, the limit has come, or the caller was shown what it wants. False when
 * a signal came. */
bool search_run(struct search *search);

/* Different things found so far. */
size_t search_count(const struct search *search);

/* The most telling failure so far; its code is 0 when there was none. */
const struct wsd_error *search_error(const struct search *search);

#endif
