/* SPDX-License-Identifier: MIT */
/*
 * Events: a subscription of the library's on a sink of its own, and what arrives at it, byte for
 * byte. One job is made and cancelled and another is fetched, so that there is something to tell.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wsd/eventing.h>

#include "common/text.h"
#include "verify/verify.h"

#define NS "http://schemas.microsoft.com/windows/2006/08/wdp/scan/"

static const char *const actions[] = {NS "ScannerElementsChangeEvent",
                                      NS "ScannerStatusSummaryEvent",
                                      NS "ScannerStatusConditionEvent",
                                      NS "ScannerStatusConditionClearedEvent",
                                      NS "JobStatusEvent",
                                      NS "JobEndStateEvent",
                                      NULL};

struct events {
    struct wsd_sink *sink;
    struct wsd_subscription *subscription;
    enum wsd_subscription_state state;
    bool gathered, over; /* over: the job's end was told */
    char why[200];
    char address[300]; /* of the sink, for subscriptions made by hand */
    struct exchange *came[VERIFY_MAX_EVENTS];
    size_t n_came;
    int n_jobs; /* that were made to have something to tell */
};

void events_tap(struct verify *v, const struct wsd_trace *trace)
{
    struct events *e = v->events;
    struct exchange *x;
    char action[300];

    if (!e || trace->sent || trace->datagram || strcmp(trace->note, "event") != 0 ||
        e->n_came == VERIFY_MAX_EVENTS)
        return;
    x = exchange_new("event", trace->peer);
    if (!x)
        return;
    x->got = malloc(trace->size + 1);
    if (x->got) {
        memcpy(x->got, trace->bytes, trace->size);
        x->got[trace->size] = 0;
        x->n_got = trace->size;
        x->total = trace->size;
    }
    x->status = 202;
    exchange_read(x);
    exchange_text(x, "soap:Header/wsa:Action", action, sizeof action);
    free(x->name);
    x->name = strdup(strncmp(action, NS, strlen(NS)) == 0 ? action + strlen(NS) : action);
    e->over = e->over || (x->name && strcmp(x->name, "JobEndStateEvent") == 0);
    e->came[e->n_came++] = x;
}

/* Our address as the device sees it, and a port. */
static void find_address(struct verify *v, struct events *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *list = NULL;
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    char host[200];

    if (getaddrinfo(verify_name(v, "host"), "3702", &hints, &list) != 0)
        return;
    int fd = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) == 0 &&
        getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
        getnameinfo((struct sockaddr *)&own, size, host, sizeof host, NULL, 0, NI_NUMERICHOST) ==
            0) {
        bool six = own.ss_family == AF_INET6;
        host[strcspn(host, "%")] = 0;
        snprintf(e->address, sizeof e->address, "http://%s%s%s:%u/verify", six ? "[" : "", host,
                 six ? "]" : "", (unsigned)wsd_sink_port(e->sink));
    }
    if (fd >= 0)
        close(fd);
    freeaddrinfo(list);
}

static struct events *open_events(struct verify *v)
{
    struct wsd_error error = {0};

    if (v->events)
        return v->events;
    v->events = calloc(1, sizeof *v->events);
    if (!v->events)
        return NULL;
    if (wsd_sink_new(v->options.context, NULL, &v->events->sink, &error) < 0)
        snprintf(v->events->why, sizeof v->events->why, "no listener for events: %.150s",
                 error.message);
    else
        find_address(v, v->events);
    return v->events;
}

const char *events_sink(struct verify *v)
{
    struct events *e = open_events(v);

    return e ? e->address : "";
}

static void on_changed(void *user, enum wsd_subscription_state state,
                       const struct wsd_subscribed *subscribed, const struct wsd_error *error)
{
    struct events *e = user;

    (void)subscribed;
    e->state = state;
    if (error)
        snprintf(e->why, sizeof e->why, "%.190s", error->message);
}

static void on_event(void *user, const struct wsd_event *event)
{
    (void)user, (void)event; /* its bytes came by the tap */
}

static bool subscribe(struct verify *v, struct events *e)
{
    struct wsd_subscription_options options = WSD_SUBSCRIPTION_OPTIONS_INIT;
    struct wsd_request_options request = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};
    uint64_t end = verify_now(v) + VERIFY_EVENT_TIME;

    if (!e->sink)
        return false;
    request.endpoint = verify_name(v, "endpoint");
    options.request = &request;
    options.service = verify_name(v, "service");
    options.actions = actions;
    options.event = on_event;
    options.changed = on_changed;
    options.user = e;
    if (wsd_subscription_new(e->sink, &options, &e->subscription, &error) < 0) {
        snprintf(e->why, sizeof e->why, "%.190s", error.message);
        return false;
    }
    while (e->state == WSD_SUBSCRIPTION_STARTING && verify_now(v) < end)
        if (!verify_turn(v, -1, end))
            return false;
    if (e->state != WSD_SUBSCRIPTION_ACTIVE && !*e->why)
        snprintf(e->why, sizeof e->why, "the subscription was not answered");
    return e->state == WSD_SUBSCRIPTION_ACTIVE;
}

/* A new job; false if it could not be made. */
static bool begin_job(struct verify *v, char id[60], char token[300])
{
    struct exchange *x = verify_scan(
        v, "CreateScanJob", "<wscn:CreateScanJobRequest>${ticket}</wscn:CreateScanJobRequest>");

    exchange_text(x, "soap:Body/wscn:CreateScanJobResponse/wscn:JobId", id, 60);
    exchange_text(x, "soap:Body/wscn:CreateScanJobResponse/wscn:JobToken", token, 300);
    exchange_free(x);
    return *id != 0;
}

/* A job that is cancelled at once. */
static bool make_job(struct verify *v)
{
    char body[200], id[60], token[300];

    if (!begin_job(v, id, token))
        return false;
    snprintf(body, sizeof body,
             "<wscn:CancelJobRequest><wscn:JobId>%s</wscn:JobId></wscn:CancelJobRequest>", id);
    exchange_free(verify_scan(v, "CancelJob", body));
    return true;
}

/* A job whose image is fetched, so that the scanner is busy for a while. */
static bool fetch_job(struct verify *v)
{
    char body[1000], id[60], token[300];

    if (!begin_job(v, id, token))
        return false;
    snprintf(body, sizeof body,
             "<wscn:RetrieveImageRequest><wscn:JobId>%s</wscn:JobId><wscn:JobToken>%s"
             "</wscn:JobToken><wscn:DocumentDescription><wscn:DocumentName>verify"
             "</wscn:DocumentName></wscn:DocumentDescription></wscn:RetrieveImageRequest>",
             id, token);
    exchange_free(verify_scan(v, "RetrieveImage", body));
    return true;
}

static bool listen_to(struct verify *v, struct events *e, uint64_t time)
{
    uint64_t end = verify_now(v) + time;

    while (!e->over && verify_now(v) < end)
        if (!verify_turn(v, -1, end))
            return false;
    return true;
}

static bool gather(struct verify *v)
{
    struct events *e = open_events(v);

    if (!e)
        return false;
    if (e->gathered)
        return e->subscription && e->state == WSD_SUBSCRIPTION_ACTIVE;
    e->gathered = true;
    if (!subscribe(v, e))
        return false;
    if (!make_job(v))
        snprintf(e->why, sizeof e->why, "no job could be made, so that nothing happened");
    else if (!listen_to(v, e, VERIFY_EVENT_TIME))
        return false;
    e->n_jobs = 1;
    e->over = false;
    e->n_jobs += fetch_job(v);
    if (!listen_to(v, e, VERIFY_EVENT_TIME))
        return false;
    e->over = false; /* what comes behind the end, and should not */
    return listen_to(v, e, VERIFY_EVENT_REST);
}

struct exchange *events_get(struct verify *v, const char *name)
{
    bool good = gather(v);
    struct events *e = v->events;

    for (size_t i = 0; e && i < e->n_came; i++) {
        if (e->came[i]->name && strcmp(e->came[i]->name, name) == 0) {
            exchange_note(v, e->came[i]);
            e->came[i]->users++;
            return e->came[i];
        }
    }
    if (!good || (e && *e->why))
        verify_say(v, VERIFY_UNTESTED, "no events: %s", e ? e->why : "out of memory");
    else
        verify_say(v, strncmp(name, "Job", 3) == 0 ? VERIFY_FAILS : VERIFY_UNTESTED,
                   "expected %s; got none of it", name);
    return NULL;
}

enum verify_state events_order(struct verify *v)
{
    bool good = gather(v);
    struct events *e = v->events;
    int status = 0, ends = 0;

    for (size_t i = 0; e && i < e->n_came; i++) {
        if (strcmp(e->came[i]->name, "JobEndStateEvent") == 0)
            ends++;
        else if (strcmp(e->came[i]->name, "JobStatusEvent") == 0)
            status++;
        exchange_note(v, e->came[i]);
    }
    if (!good)
        return verify_say(v, VERIFY_UNTESTED, "no events: %s", e ? e->why : "out of memory");
    if (ends != e->n_jobs)
        return verify_say(v, VERIFY_FAILS,
                          "expected a JobEndStateEvent for each of %d jobs; got %d", e->n_jobs,
                          ends);
    return verify_say(v, VERIFY_HOLDS, "%d jobs, %d JobStatusEvent, %d JobEndStateEvent", e->n_jobs,
                      status, ends);
}

/* The reference parameters of the library's subscription, as header elements. */
static void write_parameters(const struct wsd_endpoint_reference *manager, char *ret, size_t size)
{
    const struct wsd_any *any =
        manager->reference_parameters ? manager->reference_parameters->any : NULL;

    *ret = 0;
    for (; any; any = any->next) {
        const char *text = "";
        for (const struct wsd_any *c = any->children; c; c = c->next)
            if (c->kind == WSD_ANY_TEXT)
                text = c->text;
        if (any->kind == WSD_ANY_ELEMENT)
            text_append(ret, size, "<x:%s xmlns:x=\"%s\">%s</x:%s>", any->local, any->ns, text,
                        any->local);
    }
}

static bool unsubscribe(struct verify *v, struct events *e)
{
    const struct wsd_endpoint_reference *manager = wsd_subscription_manager(e->subscription);
    const char *url = wsd_subscription_manager_url(e->subscription);
    struct json_object *send = json_object_new_object();
    char headers[4000] = "";
    struct exchange *x = NULL;

    if (manager) {
        write_parameters(manager, headers, sizeof headers);
        json_object_object_add(send, "to", json_object_new_string(url ? url : manager->address));
        json_object_object_add(send, "wsa_to", json_object_new_string(manager->address));
        json_object_object_add(send, "action", json_object_new_string("wse:Unsubscribe"));
        json_object_object_add(send, "header", json_object_new_string(headers));
        json_object_object_add(send, "body", json_object_new_string("<wse:Unsubscribe/>"));
        x = verify_send(v, send, "Unsubscribe");
    }
    json_object_put(send);
    bool good = x && x->status >= 200 && x->status < 300;
    exchange_free(x);
    return good;
}

enum verify_state events_after_unsubscribe(struct verify *v)
{
    bool good = gather(v);
    struct events *e = v->events;

    if (!good)
        return verify_say(v, VERIFY_UNTESTED, "no events: %s", e ? e->why : "out of memory");
    if (!unsubscribe(v, e))
        return verify_say(v, VERIFY_FAILS, "expected an answer to Unsubscribe; got none");
    size_t before = e->n_came;
    e->over = false;
    if (!make_job(v))
        return verify_say(v, VERIFY_UNTESTED, "no job could be made, so that nothing happened");
    listen_to(v, e, VERIFY_SILENCE);
    if (e->n_came == before)
        return VERIFY_HOLDS;
    exchange_note(v, e->came[before]);
    return verify_say(v, VERIFY_FAILS, "expected no event after Unsubscribe; got %s",
                      e->came[before]->name);
}

void events_free(struct verify *v)
{
    struct events *e = v->events;

    if (!e)
        return;
    wsd_subscription_free(e->subscription);
    if (e->sink)
        wsd_sink_drain(e->sink, 3000, NULL);
    wsd_sink_free(e->sink);
    for (size_t i = 0; i < e->n_came; i++)
        exchange_free(e->came[i]);
    free(e);
    v->events = NULL;
}
