/* SPDX-License-Identifier: MIT */
/*
 * Where a subscriber can be reached: NotifyTo and EndTo, checked and kept small.
 *
 * An address that a subscriber names is one that we shall post to, whoever listens there. So it
 * has to be the subscriber's own, which the connection has proved; with allow_foreign it may be
 * another host of our links, but never this machine, a group, or something behind a router.
 *
 * Cost: one piece of memory a subscriber, mostly the two addresses. Reference parameters are kept
 * as the text that goes into each message's header.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/error.h"
#include "core/interfaces.h"
#include "core/uri.h"
#include "eventing/source_parts.h"
#include "xml/writer.h"

static const struct wsd__fault no_address = {
    "Sender", NS_WSA, "DestinationUnreachable",
    "NotifyTo and EndTo must be http addresses with a numeric host."};
static const struct wsd__fault not_own_address = {
    "Sender", NS_WSA, "DestinationUnreachable",
    "NotifyTo and EndTo must be addresses of the host that subscribes."};
static const struct wsd__fault too_long = {
    "Receiver", NS_WSE, "EventSourceUnableToProcess",
    "Addresses and reference parameters of the subscriber are too long."};

static bool foreign_is_fine(struct wsd_context *context, const struct wsd__address *address)
{
    struct wsd__interfaces *interfaces;
    bool fine;

    if (wsd__address_is_astray(address) || wsd__interfaces_load(context, &interfaces, NULL) < 0)
        return false;
    fine = wsd__interfaces_on_link(interfaces, address, 0) &&
           !wsd__interfaces_own(interfaces, address);
    wsd__interfaces_free(interfaces);
    return fine;
}

static const struct wsd__fault *check(const struct wsd__subscription *subscription,
                                      const char *address, struct wsd__uri *ret_uri)
{
    struct wsd__address host;

    if (!wsd__uri_parse(address, strlen(address), ret_uri) ||
        !(wsd__slice_is_case(ret_uri->scheme, "http") ||
          wsd__slice_is_case(ret_uri->scheme, "https")) ||
        memchr(ret_uri->authority.data, '@', ret_uri->authority.length) ||
        !wsd__address_parse(ret_uri->host.data, ret_uri->host.length, &host))
        return &no_address;
    if (wsd__address_equal(&host, &subscription->peer))
        return NULL;
    return subscription->source->options.allow_foreign &&
                   foreign_is_fine(subscription->source->context, &host)
               ? NULL
               : &not_own_address;
}

/* The address to post to: a link-local one gets our name for the link in place of the peer's. */
static void put_url(const struct wsd__subscription *subscription, const struct wsd__uri *uri,
                    const char *address, struct wsd__buf *text)
{
    const char *host_end = uri->host.data + uri->host.length;
    const char *rest = uri->zone.length ? uri->zone.data + uri->zone.length : host_end;

    wsd__buf_append(text, address, (size_t)(host_end - address));
    if (uri->bracketed && wsd__address_is_link_local(&subscription->peer) &&
        subscription->peer.scope)
        wsd__buf_printf(text, "%%%u", subscription->peer.scope);
    wsd__buf_puts(text, rest);
}

/* Reference parameters become headers as they are; WS-Addressing 1.0 wants them marked. */
static void put_headers(const struct wsd_soap_bag *bag, enum wsd__dialect dialect,
                        struct wsd__buf *text)
{
    for (const struct wsd_any *any = bag ? bag->any : NULL; any; any = any->next) {
        struct wsd_any mark = {.next = any->children,
                               .kind = WSD_ANY_ATTRIBUTE,
                               .ns = wsd__ns_uri(NS_WSA, dialect),
                               .local = "IsReferenceParameter",
                               .prefix = "wsa",
                               .text = "true"};
        struct wsd_any element = *any;

        if (any->kind != WSD_ANY_ELEMENT)
            continue;
        if (dialect != WSD__DIALECT_2005)
            element.children = &mark;
        wsd__writer_fragment(text, &element, dialect);
    }
}

struct places {
    size_t to, url, headers;
};

static const struct wsd__fault *put_sink(const struct wsd__subscription *subscription,
                                         const struct wsd_endpoint_reference *reference,
                                         struct wsd__buf *text, struct places *ret)
{
    const struct wsd__fault *fault;
    struct wsd__uri uri;

    fault = check(subscription, reference->address, &uri);
    if (fault)
        return fault;
    ret->to = text->length;
    wsd__writer_escape(text, reference->address);
    wsd__buf_append(text, "", 1);
    ret->url = text->length;
    put_url(subscription, &uri, reference->address, text);
    wsd__buf_append(text, "", 1);
    ret->headers = text->length;
    put_headers(reference->reference_properties, subscription->dialect, text);
    put_headers(reference->reference_parameters, subscription->dialect, text);
    wsd__buf_append(text, "", 1);
    return NULL;
}

static struct wsd__sink sink_at(const char *text, const struct places *places)
{
    return (struct wsd__sink){text + places->to, text + places->url, text + places->headers};
}

const struct wsd__fault *wsd__subscriber_read(struct wsd__subscription *subscription,
                                              const struct wsd_subscribe_message *message,
                                              const struct wsd__event_transport *transport)
{
    struct wsd__buf text = WSD__BUF_INIT(WSD_MAX_SUBSCRIPTION_TEXT);
    struct places notify = {0}, end = {0};
    const struct wsd__fault *fault;
    size_t manager;

    if (!message->delivery.notify_to)
        return &wsd__event_invalid_message;
    fault = put_sink(subscription, message->delivery.notify_to, &text, &notify);
    if (!fault && message->end_to)
        fault = put_sink(subscription, message->end_to, &text, &end);
    manager = text.length;
    wsd__buf_puts(&text, transport->url);
    if (!fault && text.failed)
        fault = text.failed == WSD_E_LIMIT ? &too_long : &wsd__fault_no_memory;
    if (fault) {
        wsd__buf_free(&text);
        return fault;
    }
    subscription->text = realloc(text.data, text.length + 1); /* what it really needs */
    if (!subscription->text)
        subscription->text = text.data;
    subscription->notify = sink_at(subscription->text, &notify);
    if (message->end_to)
        subscription->end = sink_at(subscription->text, &end);
    subscription->manager = subscription->text + manager;
    return NULL;
}
