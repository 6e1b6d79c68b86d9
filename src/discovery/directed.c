/* SPDX-License-Identifier: MIT */
/*
 * Directed searches: one host, by UDP unicast or by HTTP (discovery 8).
 *
 * The host is looked up first in either case: whoever answers is judged by that address, since an
 * XAddr is believed when it names the host that was asked. Over HTTP the exchange itself relates
 * answer and question; small services leave RelatesTo out (device-quirks R7). An HTTP search ends
 * when each question has its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/uri.h"
#include "discovery/search.h"

/* -- what the caller names -------------------------------------------------------------------- */

static int invalid(const char *directed, struct wsd_error *reterr)
{
    return wsd__error(reterr, WSD_E_INVALID, "\"%.100s\" is neither a host nor an http URL",
                      directed);
}

/* host with its zone, as getaddrinfo(3) reads it. */
static const char *join_zone(struct wsd__arena *memory, struct wsd__slice host,
                             struct wsd__slice zone)
{
    char *text = wsd__arena_alloc(memory, host.length + zone.length + 2);
    if (text != NULL) {
        memcpy(text, host.data, host.length);
        if (zone.length > 0) {
            text[host.length] = '%';
            memcpy(text + host.length + 1, zone.data, zone.length);
        }
    }
    return text;
}

static int direct_url(struct wsd__search *search, const char *url, struct wsd_error *reterr)
{
    struct wsd__uri uri;
    if (!wsd__uri_parse(url, strlen(url), &uri) || uri.host.length == 0 ||
        (!wsd__slice_is_case(uri.scheme, "http") && !wsd__slice_is_case(uri.scheme, "https"))) {
        return invalid(url, reterr);
    }
    search->url = wsd__arena_strdup(search->memory, url);
    search->host = join_zone(search->memory, uri.host, uri.zone);
    return search->url != NULL && search->host != NULL ? 0
                                                       : wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
}

/* "host", "host:port", "fe80::1%eth0", "[::1]:port". */
static int direct_host(struct wsd__search *search, const char *text, struct wsd_error *reterr)
{
    struct wsd__slice host = {text, strlen(text)}, none = {0};
    const char *port = NULL;
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
            return invalid(text, reterr);
        }
        host = (struct wsd__slice){text + 1, (size_t)(end - text - 1)};
        port = end[1] == ':' ? end + 2 : NULL;
    } else if (strchr(text, ':') != NULL && strchr(text, ':') == strrchr(text, ':')) {
        host.length = strcspn(text, ":");
        port = text + host.length + 1;
    }
    search->port = WSD__DISCOVERY_PORT;
    if (port != NULL) {
        size_t digits = strspn(port, "0123456789");
        unsigned long number =
            digits > 0 && digits < 6 && port[digits] == '\0' ? strtoul(port, NULL, 10) : 0;
        if (number == 0 || number > UINT16_MAX) {
            return invalid(text, reterr);
        }
        search->port = (uint16_t)number;
    }
    if (host.length == 0 || host.length > 255 || strpbrk(text, "/ \t\r\n") != NULL) {
        return invalid(text, reterr);
    }
    search->host = join_zone(search->memory, host, none);
    return search->host != NULL ? 0 : wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
}

int wsd__search_direct(struct wsd__search *search, const char *directed, struct wsd_error *reterr)
{
    if (strstr(directed, "://") != NULL) {
        return direct_url(search, directed, reterr);
    }
    return direct_host(search, directed, reterr);
}

/* -- lookup, then questions ------------------------------------------------------------------- */

static void found(void *user, int status, const struct wsd__address *address)
{
    struct wsd__search *search = user;
    wsd__lookup_cancel(search->lookup);
    search->lookup = NULL;
    if (status < 0) {
        wsd__error(&search->call.error, status, "%s has no address", search->host);
        WSD__ERROR_SET(search->call.error.device, search->host);
        wsd__search_finish(search, status);
        return;
    }
    search->peer = *address;
    status = wsd__search_ask(search, &search->call.error);
    if (status < 0) {
        wsd__search_finish(search, status);
    }
}

int wsd__directed_start(struct wsd__search *search, struct wsd_error *reterr)
{
    return wsd__lookup_start(search->context, search->host, found, search, &search->lookup, reterr);
}

/* -- HTTP ------------------------------------------------------------------------------------- */

static int any_headers(void *user, int http_status, const char *content_type)
{
    (void)user;
    (void)http_status;
    (void)content_type;
    return 0; /* the bytes tell */
}

static int take_bytes(void *user, const void *bytes, size_t size)
{
    struct wsd__post *post = user;
    return wsd__buf_append(&post->answer, bytes, size);
}

/* NULL, or why the answer is none; a fault and an HTTP error are told in call.error. */
static const char *take_answer(struct wsd__post *post, int http_status)
{
    struct wsd__search *search = post->search;
    struct wsd_error *error = &search->call.error;
    const struct wsd__envelope *envelope = NULL;
    struct wsd_error decoding = {0};
    struct wsd__heard heard = {
        .interfaces = search->interfaces,
        .sender = search->peer,
        .zone = wsd__interfaces_name(search->interfaces, search->peer.scope),
        .allow_foreign = wsd__options(search->context)->allow_foreign_addresses,
    };
    if (wsd__envelope_decode(search->context, &wsd__type_discovery_body, post->answer.data,
                             post->answer.length, WSD__QUIRKS_DEFAULT, &envelope, &decoding) < 0) {
        if (http_status >= 300 && error->code == 0) {
            error->http_status = http_status;
            wsd__error(error, WSD_E_HTTP, "%s answers with HTTP status %d", search->url,
                       http_status);
        } else if (error->code == 0) {
            *error = decoding;
        }
        return "no SOAP message";
    }
    const struct wsd_discovery_body *body = envelope->body;
    const char *reason = "a fault";
    if (body != NULL && body->fault != NULL) {
        wsd__fault_error(body->fault, error);
    } else {
        search->n_answers++;
        reason =
            wsd__search_take(search, post->question, envelope, &heard, wsd__now(search->context));
    }
    wsd_free(envelope);
    return reason;
}

static void post_done(void *user, int status, int http_status, const struct wsd_error *error)
{
    struct wsd__post *post = user;
    struct wsd__search *search = post->search;
    const char *reason = NULL;
    post->call = NULL;
    search->n_posts--;
    search->busy++;
    if (status < 0) {
        if (search->call.error.code == 0 && error != NULL) {
            search->call.error = *error;
        }
    } else {
        reason = take_answer(post, http_status);
    }
    if (reason != NULL) {
        search->n_dropped++;
        wsd__log(search->context, WSD_LOG_DEBUG, "answer of %s dropped: %s", search->url, reason);
    }
    if (search->n_posts == 0 && !search->finished) {
        int code = search->call.error.code;
        wsd__search_finish(search, search->n_answers > 0 || code == 0 ? 0 : code);
    }
    wsd__search_leave(search);
}

int wsd__directed_post(struct wsd__search *search, struct wsd__question *question,
                       const struct wsd__buf *message, struct wsd_error *reterr)
{
    struct wsd__post *post = wsd__arena_alloc(search->memory, sizeof *post);
    if (post == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    post->search = search;
    post->question = question;
    post->answer = WSD__BUF_INIT(WSD_MAX_REQUEST_ENVELOPE);
    struct wsd__http_post request = {
        .url = search->url,
        .body = message->data,
        .size = message->length,
        .connect_timeout = search->timeout,
        .answer_timeout = search->timeout,
        .idle_timeout = search->timeout,
        .device = search->device,
        .user = post,
        .headers = any_headers,
        .data = take_bytes,
        .done = post_done,
    };
    int status = wsd__http_post(search->context, &request, &post->call, reterr);
    if (status >= 0) {
        post->next = search->posts;
        search->posts = post;
        search->n_posts++;
    }
    return status;
}

void wsd__directed_stop(struct wsd__search *search)
{
    wsd__lookup_cancel(search->lookup);
    search->lookup = NULL;
    for (; search->posts != NULL; search->posts = search->posts->next) {
        wsd__http_cancel(search->posts->call);
        wsd__buf_free(&search->posts->answer);
    }
}
