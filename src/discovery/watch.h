/* SPDX-License-Identifier: MIT */
/* Inside of a watch: what is known of its targets, and what is being asked. */
#ifndef WSD_DISCOVERY_WATCH_H
#define WSD_DISCOVERY_WATCH_H

#include "discovery/announcements.h"
#include "discovery/filter.h"

enum {
    WSD__WATCH_INTERVAL = 300000,      /* between searches */
    WSD__WATCH_MIN_INTERVAL = 10000,   /* the least that may be set */
    WSD__WATCH_EXPIRY = 900000,        /* of silence, then a target is asked */
    WSD__WATCH_MIN_EXPIRY = 1000,      /* the least that may be set */
    WSD__WATCH_RETRY = 10000,          /* when memory was short */
    WSD__WATCH_NEWS_DELAY = 500,       /* at most, from a change of the network to a search */
    WSD__WATCH_NETWORK_SETTLES = 5000, /* IPv6 addresses are checked before they are used */
    WSD__WATCH_LEAVING = 2000,         /* a Bye and its repeats take no longer */
    WSD__WATCH_LEAVERS = 64,           /* remembered while answers of before their Bye may come */
    WSD__DP_MAX_TIMEOUT = 5000         /* WS-Discovery 3: of silence, then a proxy is gone */
};

enum wsd__question_kind {
    WSD__QUESTION_SEARCH,  /* a Probe for all */
    WSD__QUESTION_RESOLVE, /* for one */
    WSD__QUESTION_CONTACT  /* a Probe over HTTP, to the address of one */
};

/* A call under way. */
struct wsd__watch_question {
    struct wsd__watch_question *previous, *next;
    struct wsd_watch *watch;    /* NULL: nobody waits for the answer any more */
    struct wsd__member *member; /* likewise, and of a search */
    struct wsd_call *call;
    enum wsd__question_kind kind;
    uint64_t asked; /* when */
    bool proxied;   /* went to the proxy alone */
};

/* A target, from the first that was heard of it to its removal. */
struct wsd__member {
    struct wsd_watch *watch;
    struct wsd__targets known; /* one target */
    struct wsd__record *record;
    struct wsd__endpoint_key key; /* of text */
    struct wsd__timer expiry;
    struct wsd__watch_question *question;
    struct wsd__member *next_waiting;
    size_t memory;
    bool waiting;  /* to be asked, when fewer are */
    bool shown;    /* WSD_WATCH_ADDED was told */
    bool stale;    /* its addresses are those of an older version */
    bool vouched;  /* it answered a search for our types, naming none */
    bool asked;    /* a Resolve has ended: it is shown as it is */
    bool checking; /* whether it is still there */
    char text[];
};

/* Who said Bye lately. */
struct wsd__leaver {
    uint64_t hash, when;
    struct wsd__address sender; /* of a target that was not known; else of no family */
};

struct wsd_watch {
    struct wsd_context *context;
    struct wsd__announcements *announcements;
    struct wsd__filter filter;
    uint32_t probe_interval, expiry;
    bool oasis, trust_proxy;
    void (*changed)(void *user, const struct wsd_watch_event *event);
    void *user;
    uint64_t seed;
    struct wsd__table table;
    struct wsd__member **members;
    const struct wsd_target **list; /* room for as many; see wsd_watch_targets() */
    size_t n_members, capacity, memory;
    bool was_full; /* and that was logged */
    struct wsd__watch_question *questions, *search;
    struct wsd__member *first_waiting;
    unsigned n_asking; /* questions for one target */
    struct wsd__timer probe;
    bool search_again;
    uint64_t network_changed; /* when, 0: never */
    struct wsd__targets proxy_known;
    struct wsd__record *proxy;            /* NULL: none */
    char proxy_address[WSD_MAX_URI + 80]; /* as in wsd_probe_options.directed */
    struct wsd__leaver leavers[WSD__WATCH_LEAVERS];
    size_t next_leaver;
    unsigned busy;
    bool gone;
};

/* Around all that may call back: the watch may be freed inside. */
void wsd__watch_enter(struct wsd_watch *watch);
void wsd__watch_leave(struct wsd_watch *watch);

/* -- members.c: what is known -- */
enum wsd__source {
    WSD__SOURCE_HELLO,
    WSD__SOURCE_COPY,   /* of a Hello that was taken: only what it adds is news */
    WSD__SOURCE_ANSWER, /* to a question of ours */
    WSD__SOURCE_SUMMARY /* of a search whose answers were taken: likewise */
};
struct wsd__word {
    enum wsd__source source;
    const struct wsd_target_message *message;
    struct wsd__heard heard;
    uint32_t instance; /* 0: unknown */
    bool reboot;
    bool proxied;   /* somebody else speaks for it */
    uint64_t asked; /* when the question was, of an answer */
};
void wsd__watch_take(struct wsd_watch *watch, const struct wsd__word *word);
/* The same of a target that a question has brought. */
void wsd__watch_take_target(struct wsd_watch *watch, const struct wsd__watch_question *question,
                            enum wsd__source source, const struct wsd_target *target);
void wsd__watch_bye(struct wsd_watch *watch, const struct wsd__announcement *announcement);
/* Its Resolve has brought nothing. */
void wsd__member_unresolved(struct wsd__member *member);
/* Tells of it and frees it. */
void wsd__member_remove(struct wsd__member *member, bool expired);
/* Lets the silence begin anew. */
void wsd__member_wait(struct wsd__member *member, uint32_t delay);
void wsd__members_free(struct wsd_watch *watch);
static inline struct wsd_target *wsd__member_target(const struct wsd__member *member)
{
    return member->record->target;
}

/* -- questions.c: what is asked -- */
/* Starts a search, or has it follow the one under way. */
int wsd__watch_search(struct wsd_watch *watch, struct wsd_error *reterr);
/* Has the next search begin after so many milliseconds. */
void wsd__watch_search_in(struct wsd_watch *watch, uint32_t delay);
/* Asks one target, now or when fewer are asked. Fails as wsd_resolve_start(). */
int wsd__watch_ask(struct wsd__member *member);
/* It is no longer asked; nor does it wait for that. */
void wsd__watch_unask(struct wsd__member *member);
void wsd__watch_forget_proxy(struct wsd_watch *watch);
void wsd__questions_free(struct wsd_watch *watch);

#endif
