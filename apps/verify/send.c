/* SPDX-License-Identifier: MIT */
/*
 * From the "send" of a check to a message on the wire (docs/verify.md). A body is what a maker has
 * written; envelope, addressing headers and namespaces are put around it, unless the check brings
 * its own ("raw") to send what nobody should.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "verify/checks.h"
#include "verify/verify.h"

#define ANONYMOUS   "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
#define HEADERS_MAX 8

/* A text that grows, up to a bound. */
struct text {
    char *bytes;
    size_t size;
    bool failed;
};

static void add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *format, ...)
{
    va_list list, again;
    char *larger;
    int n;

    va_start(list, format);
    va_copy(again, list);
    n = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (n >= 0 && !t->failed && t->size + (size_t)n < VERIFY_MAX_EXPANDED &&
        (larger = realloc(t->bytes, t->size + (size_t)n + 1)) != NULL) {
        t->bytes = larger;
        vsnprintf(t->bytes + t->size, (size_t)n + 1, format, again);
        t->size += (size_t)n;
    } else {
        t->failed = true;
    }
    va_end(again);
}

/* "wxf:Get" is the namespace, a slash and the name; what is a URI already stays. */
static void action_of(const char *text, char *ret, size_t size)
{
    const char *colon = strchr(text, ':');
    const char *uri = colon ? tree_namespace(text, (size_t)(colon - text)) : NULL;

    if (uri)
        snprintf(ret, size, "%s/%s", uri, colon + 1);
    else
        snprintf(ret, size, "%s", text);
}

static bool is_listed(struct json_object *list, const char *word)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), word) == 0)
            return true;
    return false;
}

/* Declares the customary prefixes that a text uses, and no others: there are devices that choke on
 * more. */
static void declare(struct text *out, const char *soap, const char *wsa, const char *used)
{
    char mark[16];

    add(out, " xmlns:soap=\"%s\" xmlns:wsa=\"%s\"", soap, wsa);
    for (size_t i = 0; tree_prefix(i); i++) {
        const char *prefix = tree_prefix(i);
        snprintf(mark, sizeof mark, "%s:", prefix);
        if (strcmp(prefix, "soap") != 0 && strcmp(prefix, "wsa") != 0 &&
            strcmp(prefix, "xml") != 0 && strstr(used, mark))
            add(out, " xmlns:%s=\"%s\"", prefix, tree_namespace(prefix, strlen(prefix)));
    }
}

/* Envelope, header and body. Prefixes in `content` decide what is declared. */
static void write_envelope(struct text *out, struct json_object *send, const char *to,
                           const char *content, const char *extra)
{
    struct json_object *omit = json_member(send, "omit");
    const char *action = json_text(send, "action"), *id = json_text(send, "message_id");
    const char *reply_to = json_text(send, "reply_to"), *wsa = json_text(send, "addressing");
    char uri[512] = "", fresh[64], used[65536];

    action_of(action ? action : "", uri, sizeof uri);
    verify_new_id(fresh);
    snprintf(used, sizeof used, "%s %s", content, extra);
    add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope");
    declare(out, tree_namespace("soap", 4),
            tree_namespace(wsa ? wsa : "wsa", strlen(wsa ? wsa : "wsa")), used);
    add(out, "><soap:Header>");
    if (!is_listed(omit, "To"))
        add(out, "<wsa:To>%s</wsa:To>", to);
    if (!is_listed(omit, "Action"))
        add(out, "<wsa:Action>%s</wsa:Action>", uri);
    if (!is_listed(omit, "MessageID"))
        add(out, "<wsa:MessageID>%s</wsa:MessageID>", id ? id : fresh);
    if (!is_listed(omit, "ReplyTo"))
        add(out, "<wsa:ReplyTo><wsa:Address>%s</wsa:Address></wsa:ReplyTo>",
            reply_to ? reply_to : ANONYMOUS);
    add(out, "%s</soap:Header><soap:Body>%s</soap:Body></soap:Envelope>", extra, content);
}

/* Text of a member with its names filled in; NULL, with the reason said, if that fails. An absent
 * one is "". */
static char *expanded(struct verify *v, struct json_object *send, const char *key)
{
    const char *unknown = NULL, *text = json_text(send, key);
    char *out = verify_expand(v, text ? text : "", &unknown);

    if (!out)
        verify_say(v, VERIFY_UNTESTED,
                   unknown ? "the device did not tell what ${%s} stands for"
                           : "the request is too long: %s",
                   unknown ? unknown : key);
    return out;
}

/* All texts of an object, filled in, as a new one. */
static struct json_object *fill(struct verify *v, struct json_object *send)
{
    struct json_object *out = json_object_new_object();

    struct json_object_iterator at = json_object_iter_begin(send);
    struct json_object_iterator end = json_object_iter_end(send);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *key = json_object_iter_peek_name(&at);
        struct json_object *value = json_object_iter_peek_value(&at);
        if (!json_object_is_type(value, json_type_string)) {
            json_object_object_add(out, key, json_object_get(value));
            continue;
        }
        char *text = expanded(v, send, key);
        if (!text) {
            json_object_put(out);
            return NULL;
        }
        json_object_object_add(out, key, json_object_new_string(text));
        free(text);
    }
    return out;
}

/* The host of a URL with its zone left out; 0 if that is not plain to see. */
static size_t host_of(const char *url, const char **ret)
{
    const char *host = url ? strstr(url, "://") : NULL;
    size_t length = host ? strcspn(host + 3, "/?#") : 0;

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)host[3 + i] <= ' ' || strchr("@\\", host[3 + i]))
            return 0;
    *ret = host ? host + 3 : NULL;
    return length == 0 ? 0 : **ret == '[' ? strcspn(*ret, "%]") : strcspn(*ret, ":/?#");
}

bool verify_is_own(const struct verify *v, const char *url)
{
    const char *found[] = {v->options.url, v->options.service}, *host = NULL, *own = NULL;
    size_t length = host_of(url, &host);

    for (int i = 0; length > 0 && i < 2; i++)
        if (host_of(found[i], &own) == length && strncasecmp(own, host, length) == 0)
            return true;
    return false;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* Where "to" leads: device, service, stable, or a URL. */
static void url_of(const struct verify *v, const char *to, char *ret, size_t size)
{
    if (strcmp(to, "device") == 0 || strcmp(to, "service") == 0 || strcmp(to, "stable") == 0)
        snprintf(ret, size, "%s", verify_name(v, to));
    else
        snprintf(ret, size, "%s", to);
}

static struct exchange *send_http(struct verify *v, struct json_object *send, const char *name,
                                  const char *url, struct text *message)
{
    const char *lines[HEADERS_MAX + 1] = {NULL};
    struct json_object *list = json_member(send, "headers");
    struct exchange *x = exchange_new(name, url);
    struct http_wish wish = {.url = url,
                             .method = json_text(send, "method"),
                             .type = json_text(send, "type"),
                             .headers = lines,
                             .chunked = json_flag(send, "chunked"),
                             .in_pieces = json_flag(send, "in_pieces")};
    struct json_object *timeout = json_member(send, "timeout");

    for (size_t i = 0; list && i < json_object_array_length(list) && i < HEADERS_MAX; i++)
        lines[i] = json_object_get_string(json_object_array_get_idx(list, i));
    wish.timeout = timeout ? (uint32_t)json_object_get_int(timeout) : 0;
    if (!x)
        return NULL;
    x->sent = message->bytes;
    x->n_sent = message->size;
    message->bytes = NULL;
    if (x->n_sent == 0 && wish.method && strcmp(wish.method, "POST") != 0) {
        free(x->sent);
        x->sent = NULL;
    }
    http_exchange(v, x, &wish);
    exchange_note(v, x);
    tidy_watch(v, x);
    return x;
}

static struct exchange *send_datagram(struct verify *v, struct json_object *send, const char *name,
                                      bool multicast, struct text *message)
{
    struct json_object *family = json_member(send, "family");
    char where[300];
    struct datagram_wish wish = {.multicast = multicast,
                                 .silence = json_flag(send, "silence"),
                                 .any = json_flag(send, "any")};

    if (family)
        wish.family = json_object_get_int(family) == 6 ? AF_INET6 : AF_INET;
    wish.time = wish.silence         ? v->options.full ? VERIFY_SILENCE_FULL : VERIFY_SILENCE
                : v->options.timeout ? v->options.timeout
                                     : VERIFY_DATAGRAM_TIME;
    snprintf(where, sizeof where, "%s, UDP port 3702",
             multicast ? "the group" : verify_name(v, "host"));
    struct exchange *x = exchange_new(name, where);
    if (!x)
        return NULL;
    x->sent = message->bytes;
    x->n_sent = message->size;
    message->bytes = NULL;
    bool done = datagram_exchange(v, x, &wish);
    if (done)
        exchange_note(v, x);
    else {
        exchange_free(x);
        x = NULL;
    }
    return x;
}

struct exchange *verify_send(struct verify *v, struct json_object *wanted, const char *name)
{
    struct json_object *send = fill(v, wanted);
    struct text message = {0};
    struct exchange *x = NULL;
    char url[2100];

    if (!send)
        return NULL;
    const char *transport = or_else(json_text(send, "transport"), "http");
    bool datagram = strcmp(transport, "http") != 0, discovery = json_flag(send, "discovery");
    const char *to = or_else(json_text(send, "to"), "service"), *raw = json_text(send, "raw");
    /* What the device itself has told, and not who wrote the check. */
    bool told = strstr(or_else(json_text(wanted, "to"), ""), "${") != NULL;

    url_of(v, to, url, sizeof url);
    if (raw)
        add(&message, "%s", raw);
    else if (json_text(send, "action") || json_text(send, "body"))
        write_envelope(
            &message, send,
            or_else(json_text(send, "wsa_to"),
                    datagram || discovery       ? "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
                    : strcmp(to, "device") == 0 ? verify_name(v, "endpoint")
                                                : url),
            or_else(json_text(send, "body"), ""), or_else(json_text(send, "header"), ""));
    else
        add(&message, "%s", "");
    if (message.failed)
        verify_say(v, VERIFY_UNTESTED, "the request is too long");
    else if (!datagram && !*url)
        verify_say(v, VERIFY_UNTESTED, "the address of '%s' is not known", to);
    else if (!datagram && told && !verify_is_own(v, url))
        verify_say(v, VERIFY_UNTESTED, "the device names an address of another host: %.300s", url);
    else if (datagram)
        x = send_datagram(v, send, name, strcmp(transport, "multicast") == 0, &message);
    else
        x = send_http(v, send, name, url, &message);
    free(message.bytes);
    json_object_put(send);
    if (x && verify_stopped(v)) {
        verify_say(v, VERIFY_UNTESTED, "interrupted");
        exchange_free(x);
        return NULL;
    }
    return x;
}

static struct exchange *keep(struct verify *v, const char *name, struct exchange *x)
{
    struct exchange **larger;

    if (!x)
        return NULL;
    larger = realloc(v->kept, (v->n_kept + 1) * sizeof(struct exchange *));
    if (!larger)
        return x;
    v->kept = larger;
    v->kept[v->n_kept] = x;
    json_object_object_add(v->shared, name, json_object_new_int((int)v->n_kept++));
    return x;
}

/* What a shared exchange needs to have happened: an image, a job. */
static bool before_it(struct verify *v, struct json_object *before)
{
    struct exchange *x;

    if (!before)
        return true;
    x = verify_send(v, json_member(before, "send"), "before");
    if (!x)
        return false;
    bool good = expect_all(v, json_member(before, "expect"), x);
    verify_keep(v, json_member(before, "keep"), x);
    exchange_free(x);
    if (!good)
        verify_say(v, VERIFY_UNTESTED, "%s",
                   json_text(before, "ground") ? json_text(before, "ground") : "it cannot begin");
    return good;
}

struct exchange *verify_shared(struct verify *v, const char *name)
{
    struct json_object *known = json_member(v->shared, name);
    struct json_object *wanted = json_member(v->checks->exchanges, name);

    if (known) {
        struct exchange *x = v->kept[json_object_get_int(known)];
        exchange_note(v, x);
        return x;
    }
    if (strncmp(name, "event:", 6) == 0)
        return keep(v, name, events_get(v, name + 6));
    if (!wanted) {
        verify_say(v, VERIFY_UNTESTED, "the checks know no exchange '%s'", name);
        return NULL;
    }
    if (!before_it(v, json_member(wanted, "before")))
        return NULL;
    return keep(v, name, verify_send(v, wanted, name));
}

struct exchange *verify_scan(struct verify *v, const char *operation, const char *body)
{
    struct json_object *send = json_object_new_object();
    char action[100];
    struct exchange *x;

    snprintf(action, sizeof action, "wscn:%s", operation);
    json_object_object_add(send, "action", json_object_new_string(action));
    json_object_object_add(send, "body", json_object_new_string(body));
    if (strcmp(operation, "RetrieveImage") == 0)
        json_object_object_add(send, "timeout", json_object_new_int(VERIFY_IMAGE_TIME));
    x = verify_send(v, send, operation);
    json_object_put(send);
    return x;
}
