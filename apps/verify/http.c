/* SPDX-License-Identifier: MIT */
/*
 * HTTP as a check wants it: good requests and bad ones. libcurl does it, on a loop that it shares
 * with the library, since events may come meanwhile.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wsd/certificate.h>

#include "verify/verify.h"

#define PIECE 37 /* bytes of a request that goes out in pieces */

struct transfer {
    struct verify *verify;
    struct exchange *x;
    const struct http_wish *wish;
    CURL *easy;
    const struct wsd_certificate *known; /* by which the device is known; NULL: none */
    size_t sent, n_headers;
};

static size_t on_body(char *bytes, size_t one, size_t n, void *user)
{
    struct transfer *t = user;
    struct exchange *x = t->x;
    size_t room = VERIFY_MAX_ANSWER - x->n_got, keep = n < room ? n : room;
    char *larger;

    (void)one;
    x->total += n;
    if (x->total > VERIFY_MAX_TRANSFER)
        return 0;
    larger = realloc(x->got, x->n_got + keep + 1);
    if (!larger)
        return 0;
    x->got = larger;
    memcpy(x->got + x->n_got, bytes, keep);
    x->n_got += keep;
    x->got[x->n_got] = 0;
    return n;
}

static size_t on_header(char *bytes, size_t one, size_t n, void *user)
{
    struct transfer *t = user;
    struct exchange *x = t->x;
    char *larger;

    (void)one;
    if (n > 5 && memcmp(bytes, "HTTP/", 5) == 0) /* what 100 Continue said is over */
        t->n_headers = 0;
    if (t->n_headers + n > 65536)
        return 0;
    larger = realloc(x->headers, t->n_headers + n + 1);
    if (!larger)
        return 0;
    x->headers = larger;
    memcpy(x->headers + t->n_headers, bytes, n);
    t->n_headers += n;
    x->headers[t->n_headers] = 0;
    return n;
}

static size_t on_send(char *buffer, size_t one, size_t n, void *user)
{
    struct transfer *t = user;
    size_t left = t->x->n_sent - t->sent, piece = one * n;

    if (t->wish->in_pieces && piece > PIECE)
        piece = PIECE;
    if (piece > left)
        piece = left;
    memcpy(buffer, t->x->sent + t->sent, piece);
    t->sent += piece;
    return piece;
}

static struct curl_slist *header_lines(const struct transfer *t)
{
    const struct http_wish *wish = t->wish;
    struct curl_slist *lines = NULL;
    char type[300];

    /* Those of Windows: there are devices that answer nobody else. */
    lines = curl_slist_append(lines, "User-Agent: WSDAPI");
    lines = curl_slist_append(lines, "Cache-Control: no-cache");
    lines = curl_slist_append(lines, "Pragma: no-cache");
    lines = curl_slist_append(lines, "Expect:");
    snprintf(type, sizeof type, "Content-Type: %s",
             wish->type ? wish->type : "application/soap+xml");
    lines = curl_slist_append(lines, type);
    if (wish->chunked)
        lines = curl_slist_append(lines, "Transfer-Encoding: chunked");
    for (size_t i = 0; wish->headers && wish->headers[i]; i++)
        lines = curl_slist_append(lines, wish->headers[i]);
    return lines;
}

/* Runs when a connection is there and the request is about to go out. One that is used again tells
 * no certificate: it was looked at before. */
static int on_connected(void *user, char *ip, char *local_ip, int port, int local_port)
{
    struct transfer *t = user;
    struct curl_certinfo *chain = NULL;
    const char *shown = NULL;

    (void)ip, (void)local_ip, (void)port, (void)local_port;
    curl_easy_getinfo(t->easy, CURLINFO_CERTINFO, &chain);
    for (struct curl_slist *field = chain && chain->num_of_certs > 0 ? chain->certinfo[0] : NULL;
         field; field = field->next)
        if (strncasecmp(field->data, "Cert:", 5) == 0)
            shown = field->data + 5;
    if (!shown || strcmp(shown, t->known->pem) == 0)
        return CURL_PREREQFUNC_OK;
    snprintf(t->x->failure, sizeof t->x->failure,
             "it shows another certificate than the one it has been known by; nothing was sent");
    return CURL_PREREQFUNC_ABORT;
}

/* Over https the device has to show the certificate that it had before, as in all that the library
 * does. */
static void prepare_tls(struct transfer *t)
{
    struct verify *v = t->verify;
    const char *endpoint = verify_name(v, "endpoint");

    if (strncasecmp(t->wish->url, "https:", 6) != 0 ||
        (wsd_certificate_find(v->options.context, endpoint, &t->known, NULL) < 0 &&
         wsd_certificate_find(v->options.context, t->wish->url, &t->known, NULL) < 0))
        return;
    curl_easy_setopt(t->easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(t->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
}

static CURL *prepare(struct transfer *t, struct curl_slist *lines)
{
    const struct http_wish *wish = t->wish;
    CURL *easy = t->easy = curl_easy_init();

    if (!easy)
        return NULL;
    prepare_tls(t);
    curl_easy_setopt(easy, CURLOPT_URL, wish->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L); /* scanners sign their own certificates */
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)VERIFY_CONNECT_TIME);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                     (long)(wish->timeout                ? wish->timeout
                            : t->verify->options.timeout ? t->verify->options.timeout
                                                         : VERIFY_ANSWER_TIME));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    if (wish->chunked || wish->in_pieces) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
        curl_easy_setopt(easy, CURLOPT_READDATA, t);
        if (!wish->chunked)
            curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)t->x->n_sent);
    } else if (t->x->sent) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)t->x->n_sent);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t->x->sent);
    }
    if (wish->method)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, wish->method);
    return easy;
}

/* Runs both loops until it is over. False when a signal came. */
static bool run(struct verify *v, CURLM *multi, CURLcode *ret)
{
    struct wsd_context *context = v->options.context;
    int running = 1, left;

    *ret = CURLE_OK;
    while (running) {
        struct curl_waitfd own = {.fd = wsd_context_fd(context), .events = CURL_WAIT_POLLIN};
        int wait = wsd_context_timeout(context);

        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return false;
        if (!running)
            break;
        curl_multi_poll(multi, &own, 1, wait < 0 || wait > 1000 ? 1000 : wait, NULL);
        wsd_context_dispatch(context, NULL);
        if (verify_stopped(v))
            return false;
    }
    for (CURLMsg *said; (said = curl_multi_info_read(multi, &left)) != NULL;)
        if (said->msg == CURLMSG_DONE)
            *ret = said->data.result;
    return true;
}

static void trace(struct verify *v, const struct exchange *x, bool sent)
{
    char note[64];

    snprintf(note, sizeof note, "HTTP %d", x->status);
    if (v->options.seen)
        v->options.seen(
            v->options.user,
            &(struct wsd_trace){.sent = sent,
                                .peer = x->where,
                                .note = sent ? x->name : note,
                                .bytes = sent ? (x->sent ? x->sent : "") : (x->got ? x->got : ""),
                                .size = sent ? x->n_sent : x->n_got});
}

void http_exchange(struct verify *v, struct exchange *x, const struct http_wish *wish)
{
    struct transfer t = {.verify = v, .x = x, .wish = wish};
    struct curl_slist *lines = header_lines(&t);
    CURL *easy = prepare(&t, lines);
    uint64_t began = verify_now(v);
    CURLcode code = CURLE_FAILED_INIT;
    long status = 0;

    if (!v->curl) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        v->curl = curl_multi_init();
    }
    trace(v, x, true);
    if (easy && v->curl && curl_multi_add_handle(v->curl, easy) == CURLM_OK) {
        if (!run(v, v->curl, &code))
            code = CURLE_ABORTED_BY_CALLBACK;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_multi_remove_handle(v->curl, easy);
    }
    x->status = (int)status;
    x->took = verify_now(v) - began;
    if (code != CURLE_OK && !*x->failure)
        snprintf(x->failure, sizeof x->failure, "%s", curl_easy_strerror(code));
    curl_easy_cleanup(easy);
    wsd_free(t.known);
    curl_slist_free_all(lines);
    trace(v, x, false);
    exchange_read(x);
}

void http_end(struct verify *v)
{
    if (v->curl)
        curl_multi_cleanup(v->curl);
    v->curl = NULL;
}
