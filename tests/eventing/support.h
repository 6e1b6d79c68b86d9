/* SPDX-License-Identifier: MIT */
/*
 * A printer that is played, and a subscriber whose clock stands still unless it is moved.
 *
 * The printer runs on a context of its own in the same thread, on the system's clock; it answers
 * what its members say and remembers what it was asked. All of it is static, so that a test stays
 * one file.
 */
#ifndef TESTS_EVENTING_SUPPORT_H
#define TESTS_EVENTING_SUPPORT_H

#include "codec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "eventing/messages.h"
#include "eventing/sink.h"
#include "soap/http_server.h"
#include <wsd/eventing.h>

#define URI_WSE "http://schemas.xmlsoap.org/ws/2004/08/eventing"
#define WSE     " xmlns:e=\"" URI_WSE "\""
#define FAULT(subcode)                                                                             \
    BODY("<soap:Fault" WSE "><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode>"        \
         "<soap:Value>e:" subcode "</soap:Value></soap:Subcode></soap:Code><soap:Reason>"          \
         "<soap:Text xml:lang=\"en\">why</soap:Text></soap:Reason></soap:Fault>")

enum { MAX_NOTIFY = 64 };

struct device {
    struct wsd_context *context;
    struct wsd__http_server *server;
    char url[64];
    /* how it answers */
    const char *expires;   /* element of the answers, "" for none */
    const char *extension; /* in SubscribeResponse */
    const char *reference; /* of the manager */
    const char *refusal;   /* envelope in answer to Subscribe; NULL: it subscribes */
    const char *forgotten; /* envelope in answer to all but Subscribe; NULL: it knows us */
    bool silent;           /* connections are closed without an answer */
    int status;            /* of HTTP, without a message; 0: with one */
    bool held;             /* Subscribe is answered later */
    const char *manager;   /* its address; NULL: the service's */
    /* what it was asked */
    unsigned subscribes, renews, unsubscribes, others;
    unsigned alive, most_alive; /* subscriptions that it holds, and ever held */
    char notify_to[MAX_NOTIFY][128];
    char request[16384]; /* the last one */
    char log[512];       /* letters: S, R, U */
    struct wsd__http_stream *stream;
    char held_answer[8192];
};

struct world {
    struct device device;
    struct wsd_context *context;
    struct wsd_sink *sink;
    uint64_t now;
    unsigned events, changes, actives;
    enum wsd_subscription_state state;
    char action[256], text[256], peer[80];
    struct wsd_error error;
    void (*on_event)(struct world *world);
};

/* -- the printer ------------------------------------------------------------------------------- */

static inline bool asked(const struct wsd__http_request *request, const char *text)
{
    return memmem(request->body, request->size, text, strlen(text)) != NULL;
}

static inline void note(struct device *device, char letter)
{
    size_t used = strlen(device->log);
    if (used + 1 < sizeof device->log)
        device->log[used] = letter;
}

static inline void subscribe_answer(struct device *device, char *text, size_t size)
{
    const char *address = strstr(device->request, "NotifyTo><wsa:Address>");
    assert_non_null(address);
    assert_true(device->subscribes < MAX_NOTIFY);
    sscanf(address + 22, "%127[^<]", device->notify_to[device->subscribes]);
    device->subscribes++;
    if (device->refusal) {
        snprintf(text, size, "%s", device->refusal);
        return;
    }
    device->alive++;
    if (device->alive > device->most_alive)
        device->most_alive = device->alive;
    snprintf(text, size,
             BODY("<e:SubscribeResponse" WSE "><e:SubscriptionManager><wsa:Address>%s"
                  "</wsa:Address>%s</e:SubscriptionManager>%s%s</e:SubscribeResponse>"),
             device->manager ? device->manager : device->url, device->reference, device->expires,
             device->extension);
}

static inline void device_answer(struct device *device, const struct wsd__http_request *request,
                                 char *text, size_t size)
{
    if (asked(request, "<wse:Subscribe>")) {
        note(device, 'S');
        subscribe_answer(device, text, size);
    } else if (asked(request, "<wse:Renew>") || asked(request, "<wse:Renew/>")) {
        device->renews++;
        note(device, 'R');
        snprintf(text, size, BODY("<e:RenewResponse" WSE ">%s</e:RenewResponse>"), device->expires);
    } else if (asked(request, "<wse:Unsubscribe/>")) {
        device->unsubscribes++;
        device->alive -= device->alive > 0 && !device->forgotten;
        note(device, 'U');
        snprintf(text, size, BODY("<e:UnsubscribeResponse" WSE "/>"));
    } else {
        device->others++;
    }
    if (device->forgotten && !asked(request, "<wse:Subscribe>"))
        snprintf(text, size, "%s", device->forgotten);
}

/* A reply that waits while the printer holds it back. */
static inline ssize_t held_read(void *user, void *buffer, size_t size)
{
    struct device *device = user;
    size_t length = strlen(device->held_answer);
    if (device->held)
        return WSD__STREAM_WAIT;
    if (length == 0)
        return WSD__STREAM_END;
    assert_true(length < size);
    memcpy(buffer, device->held_answer, length);
    device->held_answer[0] = '\0';
    return (ssize_t)length;
}

static inline void device_handle(void *user, const struct wsd__http_request *request,
                                 struct wsd__http_reply *reply)
{
    struct device *device = user;
    char text[8192] = "";
    size_t size =
        request->size < sizeof device->request ? request->size : sizeof device->request - 1;
    memcpy(device->request, request->body, size);
    device->request[size] = '\0';
    if (device->silent) {
        note(device, '-');
        return;
    }
    device_answer(device, request, text, sizeof text);
    if (device->held && asked(request, "<wse:Subscribe>")) {
        strcpy(device->held_answer, text);
        *reply = (struct wsd__http_reply){.status = 200,
                                          .content_type = "application/soap+xml",
                                          .read = held_read,
                                          .user = device,
                                          .ret_stream = &device->stream};
        return;
    }
    reply->status = device->status ? device->status : 200;
    reply->content_type = "application/soap+xml";
    reply->body = strdup(device->status ? "none" : text);
    reply->size = strlen(reply->body);
}

static inline void device_open(struct device *device)
{
    struct wsd__http_server_options options = {.address = "127.0.0.1",
                                               .max_request = 1u << 20,
                                               .max_connections = 64,
                                               .max_connections_per_peer = 64,
                                               .idle_timeout = 30000};
    device->context = make_context();
    assert_int_equal(wsd__http_server_new(device->context, &options, device_handle, device,
                                          &device->server, NULL),
                     0);
    snprintf(device->url, sizeof device->url, "http://127.0.0.1:%u/scan",
             wsd__http_server_port(device->server));
    device->expires = "<e:Expires>PT1H</e:Expires>";
    device->extension = "";
    device->reference = "<wsa:ReferenceParameters><e:Identifier>urn:uuid:77</e:Identifier>"
                        "</wsa:ReferenceParameters>";
}

/* -- the world --------------------------------------------------------------------------------- */

static inline uint64_t world_clock(void *user)
{
    return ((struct world *)user)->now;
}

static inline void turn(struct world *world)
{
    wsd_context_wait(world->context, 1, NULL);
    wsd_context_wait(world->device.context, 1, NULL);
}

static inline uint64_t real_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Turns both loops until it holds; a test that waits ten seconds for it has failed. */
#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        uint64_t until_began = real_time();                                                        \
        while (!(condition)) {                                                                     \
            if (real_time() - until_began > 10000)                                                 \
                fail_msg("waited in vain for: %s", #condition);                                    \
            turn(world);                                                                           \
        }                                                                                          \
    } while (0)

/* Turns until nothing is to be expected any more: for what must not happen. */
static inline void settle(struct world *world)
{
    for (int i = 0; i < 30; i++)
        turn(world);
}

static inline void world_event(void *user, const struct wsd_event *event)
{
    struct world *world = user;
    world->events++;
    snprintf(world->action, sizeof world->action, "%s", event->action);
    snprintf(world->peer, sizeof world->peer, "%s", event->peer);
    const struct wsd_any *text = event->any ? event->any->children : NULL;
    while (text && text->kind != WSD_ANY_TEXT)
        text = text->next;
    snprintf(world->text, sizeof world->text, "%s", text ? text->text : "");
    assert_null(event->body);
    if (world->on_event)
        world->on_event(world);
}

static inline void world_changed(void *user, enum wsd_subscription_state state,
                                 const struct wsd_subscribed *subscribed,
                                 const struct wsd_error *error)
{
    struct world *world = user;
    world->changes++;
    world->state = state;
    world->actives += state == WSD_SUBSCRIPTION_ACTIVE;
    assert_int_equal(state == WSD_SUBSCRIPTION_ACTIVE, subscribed != NULL);
    assert_int_equal(state == WSD_SUBSCRIPTION_ACTIVE, error == NULL);
    world->error = error ? *error : (struct wsd_error){0};
}

static inline void world_open(struct world *world)
{
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;
    memset(world, 0, sizeof *world);
    world->now = 1000000;
    options.now = world_clock;
    options.user = world;
    device_open(&world->device);
    assert_int_equal(wsd_context_new(&options, &world->context, NULL), 0);
    assert_int_equal(wsd_sink_new(world->context, NULL, &world->sink, NULL), 0);
}

static inline void world_close(struct world *world)
{
    wsd_sink_free(world->sink);
    wsd_context_free(world->context);
    wsd__http_server_free(world->device.server);
    wsd_context_free(world->device.context);
}

static inline int world_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world_open(world);
    *state = world;
    return 0;
}

static inline int world_down(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_up, world_down)

static inline struct wsd_subscription *subscribe_at(struct world *world, const char *service)
{
    static const char *const actions[] = {"urn:a/One", "urn:a/Two", NULL};
    struct wsd_subscription_options options = WSD_SUBSCRIPTION_OPTIONS_INIT;
    struct wsd_subscription *subscription = NULL;
    options.service = service;
    options.actions = actions;
    options.event = world_event;
    options.changed = world_changed;
    options.user = world;
    assert_int_equal(wsd_subscription_new(world->sink, &options, &subscription, NULL), 0);
    assert_int_equal(wsd_subscription_state(subscription), WSD_SUBSCRIPTION_STARTING);
    return subscription;
}

/* A subscription that is in force. */
static inline struct wsd_subscription *subscribe(struct world *world)
{
    struct wsd_subscription *subscription = subscribe_at(world, world->device.url);
    unsigned before = world->actives;
    UNTIL(world->actives > before);
    return subscription;
}

/* The clock moves, and what is due then happens. */
static inline void pass(struct world *world, uint64_t milliseconds)
{
    world->now += milliseconds;
    turn(world);
}

/* -- events ------------------------------------------------------------------------------------ */

static inline int dial(const char *from, uint16_t port)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(from)};
    struct sockaddr_in sink = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&sink, sizeof sink), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline const char *path_of_url(const char *url)
{
    return strchr(url + 7, '/');
}

static inline char *event_text(const char *id, const char *text)
{
    char *xml = malloc(2048);
    snprintf(xml, 2048,
             ENVELOPE("<soap:Header><wsa:Action>urn:a/One</wsa:Action><wsa:MessageID>%s"
                      "</wsa:MessageID></soap:Header>",
                      "<v:Event xmlns:v=\"urn:v\">%s</v:Event>"),
             id, text);
    return xml;
}

static inline void post(int fd, const char *path, const char *body)
{
    char head[512];
    int length = snprintf(head, sizeof head,
                          "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          path, strlen(body));
    assert_int_equal(send(fd, head, (size_t)length, MSG_NOSIGNAL), length);
    assert_int_equal(send(fd, body, strlen(body), MSG_NOSIGNAL), (ssize_t)strlen(body));
}

/* Reads the status of one reply; 0: the connection was closed. */
static inline int reply_status(struct world *world, int fd)
{
    char text[1024];
    size_t size = 0;
    uint64_t began = real_time();
    for (;;) {
        ssize_t got = recv(fd, text + size, sizeof text - 1 - size, 0);
        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return 0;
        size += got > 0 ? (size_t)got : 0;
        text[size] = '\0';
        if (strstr(text, "\r\n\r\n"))
            break;
        if (real_time() - began > 10000)
            fail_msg("no reply");
        turn(world);
    }
    int status = atoi(text + 9);
    if (status == 202)
        assert_has(text, "Content-Length: 0\r\n");
    return status;
}

/* One event on a connection of its own; what the sink answered. */
static inline int send_from(struct world *world, const char *from, const char *path,
                            const char *body)
{
    int fd = dial(from, wsd_sink_port(world->sink));
    post(fd, path, body);
    int status = reply_status(world, fd);
    close(fd);
    return status;
}

static inline int send_event(struct world *world, const char *path, const char *id,
                             const char *text)
{
    char *xml = event_text(id, text);
    int status = send_from(world, "127.0.0.1", path, xml);
    free(xml);
    return status;
}

/* The path that the last Subscribe named. */
static inline const char *last_path(const struct world *world)
{
    return path_of_url(world->device.notify_to[world->device.subscribes - 1]);
}

#endif
