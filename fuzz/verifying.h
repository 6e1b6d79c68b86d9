/* SPDX-License-Identifier: MIT */
/*
 * A run of `wsd verify` on a device that is not there: what goes over the network is taken from the
 * places of apps/verify/http.c, datagram.c and events.c, and answered from a text. It is a row of
 * answers with lines of "=====" between them. A question has the first answer in which its action
 * is named, else the next one in turn. An answer is its status line, header lines, an empty one and
 * a body, with the line ends of HTTP; one without an empty line is a body.
 *
 * Whatever comes, each check has an outcome and a sentence, what was begun on the device was ended,
 * trees are within their bounds, and the report for build servers is XML.
 */
#ifndef FUZZ_VERIFYING_H
#define FUZZ_VERIFYING_H

#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/checks.h"
#include "verify/report.h"
#include "verify/verify.h"

#define SEPARATOR   "=====\n"
#define ANSWERS_MAX 64

static struct {
    const char *bytes;
    size_t size;
} answers[ANSWERS_MAX];
static size_t n_answers, turn;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void take_answers(const char *text, size_t size)
{
    n_answers = turn = 0;
    for (size_t at = 0; at <= size && n_answers < ANSWERS_MAX;) {
        const char *end = memmem(text + at, size - at, SEPARATOR, sizeof SEPARATOR - 1);
        size_t length = end ? (size_t)(end - text) - at : size - at;
        answers[n_answers].bytes = text + at;
        answers[n_answers++].size = length;
        at += length + (end ? sizeof SEPARATOR - 1 : 1);
    }
}

static size_t answer_to(const struct exchange *x)
{
    const char *action = x->sent ? strstr(x->sent, "<wsa:Action>") : NULL;
    const char *end = action ? strstr(action, "</") : NULL, *name = end;

    while (name && name > action && name[-1] != '/')
        name--;
    for (size_t i = 0; name && end > name && i < n_answers; i++)
        if (memmem(answers[i].bytes, answers[i].size, name, (size_t)(end - name)))
            return i;
    return turn++ % n_answers;
}

/* -- trees --------------------------------------------------------------------------------------
 */

static void require_tree(const struct tree *tree)
{
    const struct tree_node *node = tree->root;
    size_t n = 0, depth = 1;

    require(node && !node->parent && !node->next);
    for (;;) {
        require(++n <= VERIFY_MAX_NODES && depth <= VERIFY_MAX_DEPTH);
        require(node->ns && *node->local && strlen(node->text) == node->n_text);
        for (const struct tree_attribute *a = node->attributes; a; a = a->next)
            require(a->ns && *a->local && a->value);
        if (node->children) {
            require(node->children->parent == node && node->last && !node->last->next);
            node = node->children;
            depth++;
            continue;
        }
        while (node->parent && !node->next) {
            node = node->parent;
            depth--;
        }
        if (!node->next)
            break;
        node = node->next;
    }
    require(depth == 1 && n == tree->n_nodes);
}

static void give_answer(struct exchange *x)
{
    size_t i = answer_to(x), size = answers[i].size;
    const char *bytes = answers[i].bytes, *space = memchr(bytes, ' ', size);
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    size_t head = end ? (size_t)(end - bytes) + 4 : 0;

    require(!x->sent || strlen(x->sent) == x->n_sent);
    if (end) {
        x->headers = calloc(1, head + 1);
        require(x->headers != NULL);
        memcpy(x->headers, bytes, head);
        x->status = space && space < end ? atoi(x->headers + (space - bytes)) % 1000 : 200;
    } else {
        x->status = 200;
    }
    x->total = size - head;
    x->n_got = x->total < VERIFY_MAX_ANSWER ? x->total : VERIFY_MAX_ANSWER;
    x->got = calloc(1, x->n_got + 1);
    require(x->got != NULL);
    memcpy(x->got, bytes + head, x->n_got);
    exchange_read(x);
    require(x->tree || *x->not_xml);
    if (x->tree)
        require_tree(x->tree);
}

/* -- in the places of what has sockets ----------------------------------------------------------
 */

void http_exchange(struct verify *v, struct exchange *x, const struct http_wish *wish)
{
    (void)v;
    require(*wish->url);
    give_answer(x);
}

void http_end(struct verify *v)
{
    (void)v;
}

bool datagram_exchange(struct verify *v, struct exchange *x, const struct datagram_wish *wish)
{
    (void)v, (void)wish;
    x->n_answers = 1;
    give_answer(x);
    return true;
}

struct exchange *events_get(struct verify *v, const char *name)
{
    struct exchange *x = exchange_new(name, "");

    if (!x)
        return NULL;
    give_answer(x);
    exchange_note(v, x);
    return x;
}

void events_tap(struct verify *v, const struct wsd_trace *trace)
{
    (void)v, (void)trace;
}

void events_free(struct verify *v)
{
    (void)v;
}

enum verify_state events_after_unsubscribe(struct verify *v)
{
    (void)v;
    return VERIFY_HOLDS;
}

enum verify_state events_order(struct verify *v)
{
    (void)v;
    return VERIFY_HOLDS;
}

const char *events_sink(struct verify *v)
{
    (void)v;
    return "http://192.0.2.2:5000/sink";
}

/* Nobody is connected to: that check is not made. */
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **ret);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **ret)
{
    (void)host, (void)port, (void)hints, (void)ret;
    return EAI_FAIL;
}

/* -- a run --------------------------------------------------------------------------------------
 */

static bool interrupted(void *user)
{
    (void)user;
    return false;
}

/* No time is spent on waiting. */
static uint64_t now(void *user)
{
    static uint64_t time;

    (void)user;
    return time += UINT64_C(1) << 40;
}

static void require_report(const struct report *report)
{
    char *text = NULL, why[160] = "";
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    require(out != NULL);
    report_html(out, report);
    report_text_end(out, report);
    require(fseek(out, 0, SEEK_SET) == 0);
    report_junit(out, report);
    long end = ftell(out);
    fclose(out);
    if (end > 0 && (size_t)end <= VERIFY_MAX_ANSWER) {
        struct tree *tree = tree_parse(text, (size_t)end, why, sizeof why);
        require(tree || strstr(why, "too many"));
        tree_free(tree);
    }
    free(text);
    json_object_put(report_json(report));
}

static void run_checks(const struct checks *checks, struct wsd_context *context)
{
    struct verify_options options = {.context = context,
                                     .interrupted = interrupted,
                                     .now = now,
                                     .name = "fuzz",
                                     .url = "http://192.0.2.1:5357/device",
                                     .full = true};
    struct verify *v = verify_new(&options, checks);
    struct report report = {.verify = v, .options = &options, .stamp = "2000-01-01T00:00:00Z"};
    size_t n;

    require(v != NULL);
    verify_run(v);
    const struct result *results = verify_results(v, &n);
    require(n == checks->n && v->n_jobs == 0 && v->n_subscriptions == 0);
    for (size_t i = 0; i < n; i++) {
        require((unsigned)results[i].state < VERIFY_STATES);
        require(results[i].state == VERIFY_HOLDS || *results[i].said);
        require(results[i].n_exchanges <= VERIFY_MAX_EXCHANGES);
    }
    require_report(&report);
    verify_free(v);
}

static struct wsd_context *context_of_all(void)
{
    static struct wsd_context *context;

    if (!context)
        require(wsd_context_new(NULL, &context, NULL) == 0);
    return context;
}

#endif
