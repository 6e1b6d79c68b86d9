/* SPDX-License-Identifier: MIT */
/*
 * Subscribe, Renew, GetStatus, Unsubscribe: WS-Eventing 3.1 to 3.4, the subscriber's side.
 *
 * What a device names as its subscription manager is opaque: reference properties and parameters
 * go back unchanged as headers of each later message (WS-Addressing 2004/08, 2.3). An expiry may
 * come as a point in time, on the clock of a device that was never set; the Date of the same answer
 * is on the same clock, and the difference is what counts.
 */
#include "eventing/client.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "core/xsd.h"
#include "eventing/messages.h"
#include "soap/exchange.h"
#include "xml/any.h"

enum { EXPIRES_SIZE = 48 };

/* -- expiries ---------------------------------------------------------------------------------- */

bool wsd_expires_parse(const char *text, struct wsd_expires *ret_expires)
{
    size_t length = text ? strlen(text) : 0;
    struct wsd_duration duration = {0};
    struct wsd_expires expires = {WSD_EXPIRES_NONE, 0, {0}};

    wsd__trim(&text, &length);
    if (length == 0) {
        *ret_expires = expires;
        return true;
    }
    if (wsd__parse_duration(text, length, &duration)) {
        expires.kind = WSD_EXPIRES_DURATION;
        expires.milliseconds = duration.milliseconds;
    } else if (wsd__parse_datetime(text, length, &expires.time)) {
        expires.kind = WSD_EXPIRES_TIME;
    } else {
        return false;
    }
    *ret_expires = expires;
    return true;
}

/* The text of an expiry, NULL for none. */
static const char *expires_text(const struct wsd_expires *expires, char buffer[EXPIRES_SIZE])
{
    struct wsd_duration duration = {.milliseconds = expires ? expires->milliseconds : 0};

    if (!expires || expires->kind == WSD_EXPIRES_NONE)
        return NULL;
    if (expires->kind == WSD_EXPIRES_DURATION)
        return wsd__format_duration(&duration, buffer);
    return expires->time.text ? expires->time.text : wsd__format_datetime(&expires->time, buffer);
}

/* Seconds from one point to another in milliseconds, at the ends of the range where it overflows.
 */
static int64_t between(int64_t from, int64_t to)
{
    int64_t seconds, milliseconds;

    if (__builtin_sub_overflow(to, from, &seconds) ||
        __builtin_mul_overflow(seconds, 1000, &milliseconds))
        return to > from ? INT64_MAX : INT64_MIN;
    return milliseconds;
}

/* INT64_MAX stands for no end, so that the longest life is one less. */
static int64_t clamp(int64_t milliseconds)
{
    return milliseconds < 0 ? 0 : milliseconds == INT64_MAX ? INT64_MAX - 1 : milliseconds;
}

static void grant(struct wsd_grant *ret, const char *text, const struct wsd__envelope *answer)
{
    *ret = (struct wsd_grant){.remaining = INT64_MAX, .body = answer->body};
    if (!wsd_expires_parse(text, &ret->expires))
        ret->estimated = true;
    else if (ret->expires.kind == WSD_EXPIRES_DURATION)
        ret->remaining = clamp(ret->expires.milliseconds);
    if (ret->expires.kind != WSD_EXPIRES_TIME)
        return;
    bool dated = answer->date != INT64_MIN;
    ret->estimated = !dated || !ret->expires.time.has_zone;
    ret->expires.milliseconds =
        between(dated ? answer->date : (int64_t)time(NULL), ret->expires.time.seconds);
    ret->remaining = clamp(ret->expires.milliseconds);
}

/* -- Subscribe --------------------------------------------------------------------------------- */

static int pick_subscribed(void *user, const struct wsd__envelope *answer, const void **ret_value,
                           size_t *ret_size, struct wsd_error *reterr)
{
    const struct wsd_eventing_body *body = answer->body;
    struct wsd_subscribed *subscribed;

    (void)user;
    if (!body->subscribe_response)
        return wsd__body_missing("SubscribeResponse", reterr);
    subscribed = wsd__arena_alloc(wsd__arena_of(answer), sizeof *subscribed);
    if (!subscribed)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    subscribed->manager = body->subscribe_response->manager;
    subscribed->response = body->subscribe_response;
    grant(&subscribed->grant, body->subscribe_response->expires, answer);
    *ret_value = subscribed;
    *ret_size = sizeof *subscribed;
    return 0;
}

/* The filter's text: the actions, apart by blanks (DPWS 6.1.1). */
static int join_actions(const char *const *actions, struct wsd__buf *text, struct wsd_error *reterr)
{
    for (size_t i = 0; actions && actions[i]; i++) {
        if (!*actions[i] || strpbrk(actions[i], " \t\r\n"))
            return wsd__error(reterr, WSD_E_INVALID, "\"%.100s\" is not the action of an event",
                              actions[i]);
        if (i > 0)
            wsd__buf_putc(text, ' ');
        wsd__buf_puts(text, actions[i]);
    }
    if (text->failed)
        return wsd__error(reterr, text->failed, NULL);
    if (text->length == 0)
        return wsd__error(reterr, WSD_E_INVALID, "no event was asked for");
    return 0;
}

/* What the message is made of besides its own structures. */
struct parts {
    struct wsd__buf actions;
    struct wsd_any *notify, *end, *extension; /* for free() */
};

static int parts_make(struct parts *parts, const struct wsd_subscribe_options *options,
                      struct wsd_error *reterr)
{
    int r = join_actions(options->actions, &parts->actions, reterr);

    if (r < 0)
        return r;
    if (wsd__any_join(&options->notify_parameters, 1, &parts->notify) < 0 ||
        wsd__any_join(&options->end_parameters, 1, &parts->end) < 0 ||
        wsd__any_join(&options->extension, 1, &parts->extension) < 0)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    return 0;
}

static void parts_free(struct parts *parts)
{
    wsd__buf_free(&parts->actions);
    free(parts->notify);
    free(parts->end);
    free(parts->extension);
}

static int subscribe(struct wsd_context *context, const char *service,
                     const struct wsd_subscribe_options *options, const struct parts *parts,
                     wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                     struct wsd_error *reterr)
{
    char expires[EXPIRES_SIZE];
    struct wsd_soap_bag notify = {parts->notify}, end = {parts->end};
    struct wsd_endpoint_reference notify_to = {.address = options->notify_to,
                                               .reference_parameters = notify.any ? &notify : NULL};
    struct wsd_endpoint_reference end_to = {.address = options->end_to,
                                            .reference_parameters = end.any ? &end : NULL};
    struct wsd_filter filter = {.dialect = WSD_EVENTING_FILTER_ACTION,
                                .value = parts->actions.data};
    struct wsd_subscribe_message message = {
        .end_to = options->end_to ? &end_to : NULL,
        .delivery = {.mode = WSD_EVENTING_PUSH, .notify_to = &notify_to},
        .expires = expires_text(&options->expires, expires),
        .filter = &filter,
        .any = parts->extension};
    struct wsd_eventing_body body = {.subscribe = &message};
    struct wsd__exchange_request request = {.operation = "Subscribe",
                                            .url = service,
                                            .action_ns = NS_WSE,
                                            .body_type = &wsd__type_eventing_body,
                                            .body = &body,
                                            .options = options->request,
                                            .pick = pick_subscribed};

    return wsd__exchange_start(context, &request, done, user, ret_call, reterr);
}

int wsd_subscribe_start(struct wsd_context *context, const char *service,
                        const struct wsd_subscribe_options *options, wsd_done_fn *done, void *user,
                        struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct parts parts = {.actions = WSD__BUF_INIT(WSD_MAX_REQUEST_ENVELOPE)};
    int r;

    if (!service || !*service)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the service is missing");
    if (!options || !options->notify_to || !*options->notify_to)
        return wsd__error(reterr, WSD_E_INVALID, "it is not said where events are to be sent");
    r = parts_make(&parts, options, reterr);
    if (r == 0)
        r = subscribe(context, service, options, &parts, done, user, ret_call, reterr);
    parts_free(&parts);
    return r;
}

/* -- Renew, GetStatus, Unsubscribe ------------------------------------------------------------- */

static int pick_grant(const struct wsd__envelope *answer, const struct wsd_expires_message *message,
                      const char *name, const void **ret_value, size_t *ret_size,
                      struct wsd_error *reterr)
{
    const struct wsd_eventing_body *body = answer->body;
    struct wsd_grant *value;

    if (!message && body->any) /* an empty body is as good as the empty element */
        return wsd__body_missing(name, reterr);
    value = wsd__arena_alloc(wsd__arena_of(answer), sizeof *value);
    if (!value)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    grant(value, message ? message->expires : NULL, answer);
    *ret_value = value;
    *ret_size = sizeof *value;
    return 0;
}

static int pick_renewed(void *user, const struct wsd__envelope *answer, const void **ret_value,
                        size_t *ret_size, struct wsd_error *reterr)
{
    const struct wsd_eventing_body *body = answer->body;

    (void)user;
    return pick_grant(answer, body->renew_response, "RenewResponse", ret_value, ret_size, reterr);
}

static int pick_status(void *user, const struct wsd__envelope *answer, const void **ret_value,
                       size_t *ret_size, struct wsd_error *reterr)
{
    const struct wsd_eventing_body *body = answer->body;

    (void)user;
    return pick_grant(answer, body->get_status_response, "GetStatusResponse", ret_value, ret_size,
                      reterr);
}

static const struct {
    const char *name;
    int (*pick)(void *user, const struct wsd__envelope *answer, const void **ret_value,
                size_t *ret_size, struct wsd_error *reterr);
} operations[] = {
    [WSD__EVENTING_RENEW] = {"Renew", pick_renewed},
    [WSD__EVENTING_GET_STATUS] = {"GetStatus", pick_status},
    [WSD__EVENTING_UNSUBSCRIBE] = {"Unsubscribe", NULL},
};

/* Reference properties and parameters behind those that the program wants in the header. */
static int join_references(const struct wsd_endpoint_reference *manager,
                           const struct wsd_any *wanted, struct wsd_any **ret)
{
    const struct wsd_any *lists[] = {
        wanted, manager->reference_properties ? manager->reference_properties->any : NULL,
        manager->reference_parameters ? manager->reference_parameters->any : NULL};

    return wsd__any_join(lists, sizeof lists / sizeof *lists, ret);
}

int wsd__manage_start(struct wsd_context *context, enum wsd__eventing_op op, const char *url,
                      const struct wsd_endpoint_reference *manager,
                      const struct wsd_expires *expires, const struct wsd_request_options *options,
                      wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                      struct wsd_error *reterr)
{
    char text[EXPIRES_SIZE];
    struct wsd_any *references = NULL;
    struct wsd_request_options to_manager;
    struct wsd_expires_message renew = {.expires = expires_text(expires, text)};
    struct wsd_eventing_empty nothing = {NULL};
    struct wsd_eventing_body body = {.renew = op == WSD__EVENTING_RENEW ? &renew : NULL,
                                     .get_status = op == WSD__EVENTING_GET_STATUS ? &nothing : NULL,
                                     .unsubscribe =
                                         op == WSD__EVENTING_UNSUBSCRIBE ? &nothing : NULL};
    int r;

    if (!manager || !manager->address || !*manager->address)
        return wsd__error(reterr, WSD_E_INVALID, "the address of the subscription is missing");
    WSD__OPTIONS_TAKE(to_manager, options);
    if (join_references(manager, to_manager.reference_parameters, &references) < 0)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    to_manager.to = manager->address;
    to_manager.reference_parameters = references;
    struct wsd__exchange_request request = {.operation = operations[op].name,
                                            .url = url              ? url
                                                   : to_manager.url ? to_manager.url
                                                                    : manager->address,
                                            .action_ns = NS_WSE,
                                            .body_type = &wsd__type_eventing_body,
                                            .body = &body,
                                            .options = &to_manager,
                                            .may_be_empty = op == WSD__EVENTING_UNSUBSCRIBE,
                                            .pick = operations[op].pick};
    r = wsd__exchange_start(context, &request, done, user, ret_call, reterr);
    free(references);
    return r;
}

int wsd_renew_start(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
                    const struct wsd_expires *expires, const struct wsd_request_options *options,
                    wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                    struct wsd_error *reterr)
{
    return wsd__manage_start(context, WSD__EVENTING_RENEW, NULL, manager, expires, options, done,
                             user, ret_call, reterr);
}

int wsd_get_status_start(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
                         const struct wsd_request_options *options, wsd_done_fn *done, void *user,
                         struct wsd_call **ret_call, struct wsd_error *reterr)
{
    return wsd__manage_start(context, WSD__EVENTING_GET_STATUS, NULL, manager, NULL, options, done,
                             user, ret_call, reterr);
}

int wsd_unsubscribe_start(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
                          const struct wsd_request_options *options, wsd_done_fn *done, void *user,
                          struct wsd_call **ret_call, struct wsd_error *reterr)
{
    return wsd__manage_start(context, WSD__EVENTING_UNSUBSCRIBE, NULL, manager, NULL, options, done,
                             user, ret_call, reterr);
}

/* -- blocking forms ---------------------------------------------------------------------------- */

#define BLOCKING(start_call, ret)                                                                  \
    struct wsd__block block = {0};                                                                 \
    struct wsd_call *call = NULL;                                                                  \
    const void *result = NULL;                                                                     \
    int r = (start_call);                                                                          \
    if (r == 0)                                                                                    \
        r = wsd__block_wait(context, &block, call, &result, reterr);                               \
    if (r == 0 && (ret))                                                                           \
        *(ret) = result;                                                                           \
    else if (r == 0)                                                                               \
        wsd_free(result);                                                                          \
    return r

int wsd_subscribe(struct wsd_context *context, const char *service,
                  const struct wsd_subscribe_options *options,
                  const struct wsd_subscribed **ret_subscribed, struct wsd_error *reterr)
{
    BLOCKING(wsd_subscribe_start(context, service, options, wsd__block_done, &block, &call, reterr),
             ret_subscribed);
}

int wsd_renew(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
              const struct wsd_expires *expires, const struct wsd_request_options *options,
              const struct wsd_grant **ret_grant, struct wsd_error *reterr)
{
    BLOCKING(
        wsd_renew_start(context, manager, expires, options, wsd__block_done, &block, &call, reterr),
        ret_grant);
}

int wsd_get_status(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
                   const struct wsd_request_options *options, const struct wsd_grant **ret_grant,
                   struct wsd_error *reterr)
{
    BLOCKING(
        wsd_get_status_start(context, manager, options, wsd__block_done, &block, &call, reterr),
        ret_grant);
}

int wsd_unsubscribe(struct wsd_context *context, const struct wsd_endpoint_reference *manager,
                    const struct wsd_request_options *options, struct wsd_error *reterr)
{
    const void **nothing = NULL;
    BLOCKING(
        wsd_unsubscribe_start(context, manager, options, wsd__block_done, &block, &call, reterr),
        nothing);
}
