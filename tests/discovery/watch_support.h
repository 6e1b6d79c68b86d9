/* SPDX-License-Identifier: MIT */
/* What the tests of the watch share: a peer on loopback that is every device. */
#ifndef TEST_DISCOVERY_WATCH_SUPPORT_H
#define TEST_DISCOVERY_WATCH_SUPPORT_H

#include "support.h"

#include <wsd/watch.h>

#define GROUP "239.255.255.250"
#define EPR   "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9"
#define ID(n) "urn:uuid:00000000-0000-4000-8000-0000000000" n
#define SEQUENCE(instance, number)                                                                 \
    "<wsd:AppSequence InstanceId=\"" instance "\" MessageNumber=\"" number "\"/>"
#define EPR_OF(epr)                                                                                \
    "<wsa:EndpointReference><wsa:Address>" epr "</wsa:Address></wsa:EndpointReference>"
#define VERSION(n)   "<wsd:MetadataVersion>" n "</wsd:MetadataVersion>"
#define XADDRS(list) "<wsd:XAddrs>" list "</wsd:XAddrs>"
#define TYPES(list)  "<wsd:Types>" list "</wsd:Types>"
#define HELLO(n, header, more)                                                                     \
    ENVELOPE("Hello", ID(n), header, "<wsd:Hello>" EPR_OF(EPR) more "</wsd:Hello>")
#define BYE(n, header) ENVELOPE("Bye", ID(n), header, "<wsd:Bye>" EPR_OF(EPR) "</wsd:Bye>")
#define HERE           XADDRS("http://127.0.0.1:9/a")
#define ADDED(more)    HELLO("01", SEQUENCE("5", "1"), more VERSION("3"))
#define RELATES        "<wsa:RelatesTo>%s</wsa:RelatesTo>"
#define RESOLVED(more)                                                                             \
    ENVELOPE("ResolveMatches", ID("f0"), RELATES,                                                  \
             "<wsd:ResolveMatches><wsd:ResolveMatch>" EPR_OF(EPR) more                             \
             "</wsd:ResolveMatch></wsd:ResolveMatches>")
#define MATCHED(more)                                                                              \
    ENVELOPE("ProbeMatches", ID("f1"), RELATES SEQUENCE("5", "2"),                                 \
             "<wsd:ProbeMatches><wsd:ProbeMatch>" EPR_OF(EPR) more                                 \
             "</wsd:ProbeMatch></wsd:ProbeMatches>")
#define NOTHING_MATCHED ENVELOPE("ProbeMatches", ID("f2"), RELATES, "<wsd:ProbeMatches/>")

static struct wsd_context *context;
static struct wsd_watch *watch;
static int peer;  /* in the group, on port 3702: what the watch asks */
static int mouth; /* what devices say to the group */
static unsigned n_events, counts[5];
static unsigned free_at; /* the event inside which the watch is freed */
static size_t n_there;   /* as the callback saw it */
static struct {
    enum wsd_watch_kind kind;
    bool expired;
    uint32_t version, instance;
    char xaddrs[400], endpoint[80];
    size_t n_types;
} last;

static inline void changed(void *user, const struct wsd_watch_event *event)
{
    const struct wsd_target *target = event->target;
    const struct wsd_target *const *list;
    assert_ptr_equal(user, &last);
    counts[event->kind]++;
    last.kind = event->kind;
    last.expired = event->expired;
    last.version = target->metadata_version;
    last.instance = target->instance_id;
    last.n_types = target->types.n_items;
    last.xaddrs[0] = '\0';
    snprintf(last.endpoint, sizeof last.endpoint, "%s", target->endpoint);
    for (size_t i = 0; i < target->xaddrs.n_items; i++) {
        size_t used = strlen(last.xaddrs);
        snprintf(last.xaddrs + used, sizeof last.xaddrs - used, "%s ", target->xaddrs.items[i]);
    }
    n_there = wsd_watch_targets(watch, &list);
    if (++n_events == free_at) {
        wsd_watch_free(watch);
        watch = NULL;
    }
}

static inline struct wsd_watch_options watch_options(void)
{
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;
    options.changed = changed;
    options.user = &last;
    return options;
}

static inline void start_with(const struct wsd_watch_options *options)
{
    context = make_context(false);
    peer = open_peer(3702, true);
    mouth = open_peer(0, false);
    n_events = free_at = 0;
    memset(counts, 0, sizeof counts);
    memset(&last, 0, sizeof last);
    assert_int_equal(wsd_watch_new(context, options, &watch, NULL), 0);
}

/* Without the search at the start: nobody has answered it. */
static inline void start(void)
{
    struct wsd_watch_options options = watch_options();
    start_with(&options);
    pass_time(context, 5000);
    count_datagrams(peer);
}

static inline void stop(void)
{
    close(peer);
    close(mouth);
    wsd_watch_free(watch);
    wsd_context_free(context);
    watch = NULL;
}

/* How many events a message to the group brings at once. */
static inline unsigned say(const char *text)
{
    unsigned before = n_events;
    send_to(mouth, GROUP, 3702, text);
    turn(context);
    return n_events - before;
}

/* -- questions that came to the peer ---------------------------------------------------------- */

static char question[64];
static uint16_t question_port;

/* The next question of that name that was not read yet; repeats count as one. */
static inline bool asked_of(int fd, const char *action)
{
    const char *text;
    uint16_t port;
    while ((text = receive_text(fd, &port)) != NULL) {
        const char *id = strstr(text, "MessageID>");
        char wanted[64];
        snprintf(wanted, sizeof wanted, "/%s</wsa:Action>", action);
        if (strstr(text, wanted) != NULL && id != NULL &&
            strncmp(question, id + strlen("MessageID>"), 45) != 0) {
            snprintf(question, sizeof question, "%.45s", id + strlen("MessageID>"));
            question_port = port;
            return true;
        }
    }
    return false;
}

/* The same of one that is asked by its address: that is looked up in a thread. */
static inline bool asked_directly(int fd, const char *action)
{
    for (int i = 0; i < 300; i++) {
        if (asked_of(fd, action)) {
            return true;
        }
        assert_true(wsd_context_wait(context, 10, NULL) >= 0);
    }
    return false;
}

static inline bool asked(const char *action)
{
    return asked_of(peer, action);
}

static inline void answer_by(int fd, const char *format)
{
    char text[8192];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, question);
#pragma GCC diagnostic pop
    send_to(fd, "127.0.0.1", question_port, text);
    turn(context);
}

static inline void answer(const char *format)
{
    answer_by(mouth, format);
}

#endif
