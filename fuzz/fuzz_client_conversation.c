/* SPDX-License-Identifier: MIT */
/*
 * A client against a device that the input plays: search, metadata, elements, subscriptions,
 * validation, job, images, history, farewell.
 *
 * The device answers each request as it should until a byte of the input says otherwise: edited,
 * cut, late, chunked, twice, as another answer, as a fault, not at all. In between it sends events,
 * time passes, and the program cancels, checks and restarts. What must hold: each call ends once
 * and within its limits, an answer that arrived whole and true is the result, an image is the
 * device's to the byte or not complete, only the device's own address is connected to, each
 * subscription that was granted is left or over, no descriptor and no memory is left behind.
 */
#include "client_device.h"

/* -- the client ------------------------------------------------------------------------------- */

static struct client {
    struct wsd_context *context;
    struct wsd_sink *sink;
    struct wsd_subscription *subscriptions[2];
    struct wsd_watch *watch;
    struct wsd_scan_monitor *monitor;
    struct wsd_call *call;
    unsigned n_ends;
    int status;
    const void *result;
    bool cancelled;
    /* of an image */
    bool begun, over, complete, refuses;
    size_t size;
    bool same; /* all bytes were the image's */
} client;

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    (void)user;
    client.n_ends++;
    client.call = NULL;
    client.status = status;
    client.result = result;
    require((status < 0) == (error != NULL), "an error comes with a failure");
    if (error) {
        require(error->code == status, "the code is the status");
        require(error->message[0] != '\0', "an error has words");
        show("%llu: ended: %s", (unsigned long long)clock_ms, error->message);
    }
}

static void changed(void *user, enum wsd_subscription_state state,
                    const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    (void)user;
    show("subscription: state %d %s", state, error ? error->message : "");
    require((state == WSD_SUBSCRIPTION_ACTIVE) == (subscribed != NULL), "active with its answer");
}

static void heard(void *user, const struct wsd_scan_event *event)
{
    (void)user;
    int n = (event->available != NULL) + (event->elements != NULL) + (event->summary != NULL) +
            (event->condition != NULL) + (event->cleared != NULL) + (event->job != NULL) +
            (event->job_end != NULL);

    require(n == 1, "an event is one thing");
    require(strcmp(event->peer, "127.0.0.1") == 0, "an event is the device's");
    show("event %d", event->kind);
}

static void target_changed(void *user, const struct wsd_watch_event *event)
{
    (void)user;
    require(event->target && event->target->endpoint[0], "a target has a name");
}

static void parts_changed(void *user, struct wsd_scan_monitor *monitor, unsigned parts)
{
    (void)user;
    if (parts)
        wsd_scan_monitor_connection(monitor);
}

static int image_begin(void *user, const char *content_type)
{
    (void)user;
    require(content_type && !client.begun, "an image begins once");
    client.begun = true;
    client.over = false;
    client.same = true;
    client.size = 0;
    return 0;
}

static int image_write(void *user, const void *bytes, size_t size)
{
    (void)user;
    require(client.begun && !client.over, "bytes come between begin and end");
    client.same = client.same && client.size + size <= sizeof image &&
                  memcmp(image + client.size, bytes, size) == 0;
    client.size += size;
    return client.refuses ? WSD_E_SINK : 0;
}

static int image_end(void *user, bool complete)
{
    (void)user;
    require(client.begun && !client.over, "an image ends once");
    client.begun = false;
    client.over = true;
    client.complete = complete;
    return 0;
}

/* -- time ------------------------------------------------------------------------------------- */

static void send_event(bool end)
{
    static struct text text;
    struct granted *to = n_granted ? &granted[n_granted - 1 - choose(n_granted)] : NULL;
    unsigned which = choose(sizeof events / sizeof *events);
    char head[512];
    int fd;

    if (!to || (fd = net_call((uint16_t)strtoul(to->notify, NULL, 10))) < 0)
        return;
    text.length = 0;
    if (end)
        put_header(&text, URI_WSE "/SubscriptionEnd", "");
    else {
        char action[128];
        snprintf(action, sizeof action, URI_SCAN "/%s", events[which][0]);
        put_header(&text, action, "");
    }
    put(&text, "<wse:Identifier>%s</wse:Identifier>" MIDDLE, to->identifier);
    if (end)
        put(&text, "<wse:SubscriptionEnd><wse:SubscriptionManager><wsa:Address>http://127.0.0.1"
                   "</wsa:Address></wse:SubscriptionManager><wse:Status>" URI_WSE
                   "/SourceShuttingDown</wse:Status></wse:SubscriptionEnd>");
    else
        put(&text, "%s", events[which][1]);
    put(&text, TAIL);
    if (end || choose(4) == 3)
        to->left = true;
    if (choose(2))
        edit(&text);
    size_t cut = choose(4) == 3 ? take_two() % (text.length + 1) : text.length;
    const char *path = strchr(to->notify, '/');
    int length = snprintf(head, sizeof head,
                          "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          path ? path : "/", text.length);
    show("event %s to %s", end ? "SubscriptionEnd" : events[which][0], to->notify);
    if (send(fd, head, (size_t)length, MSG_NOSIGNAL) > 0 && cut > 0)
        send(fd, text.bytes, cut, MSG_NOSIGNAL);
    for (int i = 0; i < 8; i++) /* it is read before the connection is gone */
        net_dispatch(client.context);
    close(fd);
}

/* Something between two steps. */
static void interlude(void)
{
    struct wsd_subscription *one = client.subscriptions[choose(2)];

    switch (choose(16)) {
    case 1:
    case 2:
    case 3:
        send_event(false);
        break;
    case 4:
        send_event(true);
        break;
    case 5:
        announce(HELLO + choose(2));
        break;
    case 6:
        if (client.call) {
            wsd_call_cancel(client.call);
            client.cancelled = true;
        }
        break;
    case 7:
        if (one)
            wsd_subscription_check(one);
        break;
    case 8:
        if (one)
            wsd_subscription_restart(one, choose(2) ? SERVICE : NULL, NULL);
        break;
    default:
        break;
    }
}

static uint64_t next_piece(void)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < LINES; i++)
        if (lines[i].fd >= 0 && lines[i].asked && lines[i].due < next)
            next = lines[i].due;
    return next;
}

/* Goes on until a call has ended, which it has until then and for as long as the device is slow;
 * or until the time has come. */
static void run(bool call, uint64_t until)
{
    for (unsigned turns = 0; !(call && client.n_ends) && (call || clock_ms < until); turns++) {
        require(turns < 100000, "a conversation ends");
        while (net_dispatch(client.context) || serve()) {
        }
        if (!script_over() && choose(4) == 3) {
            interlude();
            continue;
        }
        if (call && client.n_ends)
            break;
        int wait = wsd_context_timeout(client.context);
        uint64_t next = next_piece();

        require(!call || wait >= 0 || next != UINT64_MAX, "a call has a limit");
        next = wait >= 0 && clock_ms + (uint64_t)wait < next ? clock_ms + (uint64_t)wait : next;
        next = call || next < until ? next : until;
        clock_ms = next > clock_ms ? next : clock_ms + 1;
        require(!call || clock_ms <= until + slack, "a call ends within its limit");
    }
}

/* The end of a call that was started with r; true if it has succeeded. limit: what its own limits
 * allow at most, besides what the device adds by its slowness. */
static bool ends(int r, uint64_t limit, const struct wsd_error *error)
{
    bool good;

    if (r < 0) {
        require(error->code == r && client.n_ends == 0, "what does not start has no end");
        show("not started: %s", error->message);
        return false;
    }
    run(true, clock_ms + limit);
    require(client.n_ends == 1, "a call ends once");
    require(client.cancelled || client.status != WSD_E_CANCELLED, "nobody cancelled it");
    good = client.status == 0;
    if (!good && exact && !client.cancelled)
        show("%s", "an answer without fault was not taken");
    return good;
}

static void begin_call(void)
{
    client.n_ends = 0;
    client.result = NULL;
    client.cancelled = false;
    client.call = NULL;
    exact = true;
    slack = 0;
}

static void end_call(bool must)
{
    if (must && exact && !client.cancelled)
        require(client.n_ends == 1 && client.status == 0, "an answer without fault is taken");
    wsd_free(client.result);
    client.result = NULL;
}

/* -- what a program does ---------------------------------------------------------------------- */

enum { CALL_LIMIT = 5000 + 10000 + 30000 };

static void search(void)
{
    static const struct wsd_qname type = {URI_SCAN, "ScanDeviceType", NULL};
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    struct wsd_error error = {0};

    options.types = &type;
    options.n_types = 1;
    begin_call();
    ends(wsd_probe_start(client.context, &options, done, NULL, &client.call, &error), 10000,
         &error);
    end_call(false);
    begin_call();
    ends(wsd_resolve_start(client.context, EPR, NULL, done, NULL, &client.call, &error), 10000,
         &error);
    end_call(false);
}

static void get(char *service, size_t size)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};
    const struct wsd_hosted *hosted;
    const char *address = NULL;

    options.to = EPR;
    begin_call();
    if (ends(wsd_get_start(client.context, XADDR, &options, done, NULL, &client.call, &error),
             CALL_LIMIT, &error)) {
        hosted = wsd_device_info_find(client.result, URI_SCAN, "ScannerServiceType");
        address = hosted ? wsd_hosted_address(client.result, hosted) : NULL;
    }
    snprintf(service, size, "%s", address ? address : SERVICE);
    end_call(true);
}

static void subscribe(const char *service)
{
    static const struct wsd_scan_text name = {.value = "Here"};
    static const struct wsd_scan_destination here = {.client_display_name = "Here",
                                                     .client_context = "here"};
    struct wsd_scan_subscribe_options options = WSD_SCAN_SUBSCRIBE_OPTIONS_INIT;
    struct wsd_sink_options sink = WSD_SINK_OPTIONS_INIT;

    (void)name;
    sink.address = "127.0.0.1";
    require(wsd_sink_new(client.context, &sink, &client.sink, NULL) == 0, "a sink");
    options.event = heard;
    options.changed = changed;
    options.events = WSD_SCAN_AVAILABLE;
    options.destinations = &here;
    options.n_destinations = 1;
    wsd_scan_subscribe(client.sink, service, &options, &client.subscriptions[0], NULL);
    options.events = WSD_SCAN_ALL_BUT_AVAILABLE;
    options.n_destinations = 0;
    wsd_scan_subscribe(client.sink, service, &options, &client.subscriptions[1], NULL);
}

static void monitor(const char *service)
{
    struct wsd_scan_monitor_options options = WSD_SCAN_MONITOR_OPTIONS_INIT;

    options.changed = parts_changed;
    wsd_scan_monitor_new(client.sink, service, &options, &client.monitor, NULL);
}

static void watch(void)
{
    struct wsd_watch_options options = WSD_WATCH_OPTIONS_INIT;

    options.changed = target_changed;
    wsd_watch_new(client.context, &options, &client.watch, NULL);
}

static void elements(const char *service)
{
    struct wsd_error error = {0};

    begin_call();
    ends(wsd_get_scanner_elements_start(client.context, service, WSD_SCAN_ALL_PARTS, NULL, done,
                                        NULL, &client.call, &error),
         5 * CALL_LIMIT, &error);
    end_call(true);
}

/* Images until there are no more; true if that was said. */
static bool retrieve(const char *service, int32_t id, const char *token)
{
    struct wsd_image_sink sink = WSD_IMAGE_SINK_INIT;
    struct wsd_error error = {0};
    bool good = true;

    sink.begin = image_begin;
    sink.write = image_write;
    sink.end = image_end;
    client.refuses = choose(16) == 15;
    for (unsigned i = 0; i < 8 && good; i++) {
        begin_call();
        client.begun = client.over = client.complete = false;
        good = ends(wsd_retrieve_image_start(client.context, service, id, token, "d", &sink, NULL,
                                             done, NULL, &client.call, &error),
                    5000 + 70000 + 30000, &error);
        require(!client.begun, "an image that began has ended");
        require(!good || (client.over && client.complete), "a success is a whole image");
        if (exact && good && !client.refuses)
            require(client.same && client.size == sizeof image, "an image is the device's");
        require(good || !client.complete || client.refuses || !exact, "whole is a success");
        end_call(false);
    }
    return !good && client.status == WSD_E_FAULT;
}

static void job(const char *service, const struct wsd_scan_ticket *ticket)
{
    struct wsd_error error = {0};
    int32_t id = 0;
    char token[256] = "";
    bool made;

    begin_call();
    made = ends(wsd_create_scan_job_start(client.context, service, ticket, NULL, NULL, NULL, done,
                                          NULL, &client.call, &error),
                CALL_LIMIT, &error);
    if (made) {
        const struct wsd_scan_create_scan_job_response *created = client.result;

        id = created->job_id;
        snprintf(token, sizeof token, "%s", created->job_token);
        if (exact)
            require(id == 7 && strcmp(token, "secret") == 0, "the job is the device's");
    }
    end_call(true);
    if (made && retrieve(service, id, token) && choose(2) == 0)
        return;
    begin_call();
    ends(wsd_cancel_job_start(client.context, service, id, NULL, done, NULL, &client.call, &error),
         CALL_LIMIT, &error);
    end_call(false);
}

static void ask_jobs(const char *service)
{
    struct wsd_error error = {0};

    begin_call();
    ends(wsd_get_job_elements_start(client.context, service, 7, WSD_SCAN_JOB_ALL_PARTS, NULL, done,
                                    NULL, &client.call, &error),
         CALL_LIMIT, &error);
    end_call(true);
    begin_call();
    ends(wsd_get_active_jobs_start(client.context, service, NULL, done, NULL, &client.call, &error),
         CALL_LIMIT, &error);
    end_call(true);
    begin_call();
    ends(wsd_get_job_history_start(client.context, service, NULL, done, NULL, &client.call, &error),
         CALL_LIMIT, &error);
    end_call(true);
}

static void scan(const char *service)
{
    static const struct wsd_scan_ticket ticket = {
        .job_description = {.job_name = "n", .job_originating_user_name = "u"}};
    struct wsd_error error = {0};

    begin_call();
    ends(wsd_validate_scan_ticket_start(client.context, service, &ticket, NULL, done, NULL,
                                        &client.call, &error),
         CALL_LIMIT, &error);
    end_call(true);
    job(service, &ticket);
}

/* No subscription is forgotten: whoever had a true answer is left, is over, or was told so. */
static void farewell(void)
{
    for (size_t i = 0; i < 2; i++) {
        wsd_subscription_free(client.subscriptions[i]);
        client.subscriptions[i] = NULL;
    }
    wsd_scan_monitor_free(client.monitor);
    wsd_watch_free(client.watch);
    run(false, clock_ms + 200000);
    for (unsigned i = 0; i < n_granted && !excused; i++)
        require(!granted[i].live || granted[i].left || granted[i].until < clock_ms,
                "no subscription is forgotten");
    wsd_sink_free(client.sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char service[256];
    unsigned plan;

    memset(&client, 0, sizeof client);
    n_granted = 0;
    excused = false;
    for (size_t i = 0; i < LINES; i++)
        lines[i].fd = -1;
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * 7 % 251);
    client.context = conversation_begin(data, size);
    plan = take();
    pages_left = 1 + (plan & 1);
    if (plan & 2)
        watch();
    if (!(plan & 4))
        search();
    get(service, sizeof service);
    show("the service is at %s", service);
    subscribe(service);
    if (plan & 8)
        monitor(service);
    if (!(plan & 16))
        elements(service);
    scan(service);
    if (plan & 32)
        ask_jobs(service);
    if (plan & 64)
        run(false, clock_ms + 2 * HOUR);
    farewell();
    conversation_end(client.context);
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].fd >= 0) {
            char rest[4096];

            while (recv(lines[i].fd, rest, sizeof rest, 0) > 0) {
            }
            require(recv(lines[i].fd, rest, 1, 0) == 0 || errno != EAGAIN,
                    "the library has closed its connections");
            hang_up(&lines[i]);
        }
    return 0;
}
