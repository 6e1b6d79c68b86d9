/* SPDX-License-Identifier: MIT */
/*
 * What a watch asks: searches for all, and Resolves for one.
 *
 * Each is a search of its own, with its own sockets, so only a few targets are asked at once and
 * the others wait in a list. A target that does not answer a Resolve to the group may still answer
 * over HTTP, as some printers do that are deaf to multicast: only then it counts as gone.
 *
 * A discovery proxy takes over by answering a question with a Hello (WS-Discovery 3). Its silence
 * after a question gives the questions back to the group, the one at hand included.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/uri.h"
#include "discovery/search.h"
#include "discovery/watch.h"

static int ask(struct wsd_watch *watch, struct wsd__member *member, enum wsd__question_kind kind,
               struct wsd_error *reterr);

/* -- the proxy -------------------------------------------------------------------------------- */

void wsd__watch_forget_proxy(struct wsd_watch *watch)
{
    if (watch->proxy == NULL) {
        return;
    }
    wsd__log(watch->context, WSD_LOG_INFO, "the discovery proxy %s is gone: all are asked again",
             watch->proxy->target->endpoint);
    watch->proxy = NULL;
    wsd__targets_free(&watch->proxy_known);
}

/* Where it is asked: by the datagrams' address that it names for its own host, else over HTTP, else
 * at the port of discovery. */
static void choose_proxy_address(struct wsd_watch *watch, const struct wsd_target_message *message,
                                 const struct wsd__heard *heard)
{
    char host[WSD__ADDRESS_SIZE];
    unsigned port = 0;
    const struct wsd_target *target = watch->proxy->target;
    size_t size = sizeof watch->proxy_address;
    for (size_t i = 0; message->xaddrs != NULL && i < message->xaddrs->n_items; i++) {
        struct wsd__uri uri;
        struct wsd__address address;
        const char *text = message->xaddrs->items[i];
        if (port == 0 && wsd__uri_parse(text, strlen(text), &uri) &&
            wsd__slice_is_case(uri.scheme, "soap.udp") &&
            wsd__address_parse(uri.host.data, uri.host.length, &address) &&
            wsd__address_equal(&address, &heard->sender)) {
            port = uri.port_number != 0 ? uri.port_number : WSD__DISCOVERY_PORT;
        }
    }
    if (port == 0 && target->xaddrs.n_items > 0 && watch->proxy->ranks[0] <= WSD__RANK_ON_LINK) {
        snprintf(watch->proxy_address, size, "%s", target->xaddrs.items[0]);
        return;
    }
    wsd__address_format(&heard->sender, heard->zone, host);
    snprintf(watch->proxy_address, size, heard->sender.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
             host, port != 0 ? port : WSD__DISCOVERY_PORT);
}

static void suppressed(void *user, const struct wsd_target_message *message,
                       const struct wsd__heard *heard)
{
    struct wsd__watch_question *question = user;
    struct wsd_watch *watch = question->watch;
    struct wsd__record *record = NULL;
    if (watch == NULL || watch->proxy != NULL ||
        wsd__targets_init(&watch->proxy_known, watch->context, true) < 0) {
        return;
    }
    if (wsd__targets_merge(&watch->proxy_known, message, heard, 0, 0, &record) < 0 ||
        record == NULL) {
        wsd__targets_free(&watch->proxy_known);
        return;
    }
    watch->proxy = record;
    choose_proxy_address(watch, message, heard);
    wsd__log(watch->context, WSD_LOG_INFO, "the discovery proxy %s at %s is asked from now on",
             record->target->endpoint, watch->proxy_address);
    if (watch->search == question) {
        wsd_call_cancel(question->call); /* what is due of its repeats is not sent */
    }
    wsd__watch_search_in(watch, 0);
}

/* True if the proxy was asked and did not answer. */
static bool was_let_down(const struct wsd__watch_question *question, int status)
{
    const struct wsd__search *search = (const struct wsd__search *)(const void *)question->call;
    if (!question->proxied || status == WSD_E_CANCELLED || status == WSD_E_NO_MEMORY ||
        search->answered) {
        return false;
    }
    wsd__watch_forget_proxy(question->watch);
    return true;
}

/* -- questions -------------------------------------------------------------------------------- */

static void link_question(struct wsd_watch *watch, struct wsd__watch_question *question)
{
    question->next = watch->questions;
    if (question->next != NULL) {
        question->next->previous = question;
    }
    watch->questions = question;
    if (question->kind == WSD__QUESTION_SEARCH) {
        watch->search = question;
    } else {
        question->member->question = question;
        watch->n_asking++;
    }
}

static void unlink_question(struct wsd__watch_question *question)
{
    struct wsd_watch *watch = question->watch;
    if (question->previous != NULL) {
        question->previous->next = question->next;
    } else {
        watch->questions = question->next;
    }
    if (question->next != NULL) {
        question->next->previous = question->previous;
    }
    if (question->kind != WSD__QUESTION_SEARCH) {
        watch->n_asking--;
    } else if (watch->search == question) {
        watch->search = NULL;
    }
    if (question->member != NULL) {
        question->member->question = NULL;
    }
}

static void found(void *user, const struct wsd_target *target)
{
    struct wsd__watch_question *question = user;
    struct wsd_watch *watch = question->watch;
    if (watch != NULL && question->kind == WSD__QUESTION_SEARCH) {
        wsd__watch_enter(watch);
        wsd__watch_take_target(watch, question, WSD__SOURCE_ANSWER, target);
        wsd__watch_leave(watch);
    }
}

static void search_done(struct wsd__watch_question *question, int status,
                        const struct wsd_target_set *set, const struct wsd_error *error)
{
    struct wsd_watch *watch = question->watch;
    bool again = was_let_down(question, status) || watch->search_again;
    watch->search_again = false;
    if (status < 0 && status != WSD_E_CANCELLED) {
        wsd__log(watch->context, WSD_LOG_INFO, "the search has failed: %s", error->message);
    }
    for (size_t i = 0; status == 0 && i < set->n_targets; i++) {
        wsd__watch_take_target(watch, question, WSD__SOURCE_SUMMARY, set->targets[i]);
    }
    if (again && !watch->gone) {
        wsd__watch_search_in(watch, 0);
    }
}

/* A target is asked once more, in another way; with what cannot be asked the silence ends. */
static void ask_again(struct wsd__member *member, enum wsd__question_kind kind)
{
    int status = ask(member->watch, member, kind, NULL);
    if (status == WSD_E_NO_MEMORY) {
        wsd__member_wait(member, WSD__WATCH_RETRY);
    } else if (status < 0 && member->checking) {
        wsd__member_remove(member, true);
    } else if (status < 0) {
        wsd__member_unresolved(member);
    }
}

static void resolve_done(struct wsd__watch_question *question, struct wsd__member *member,
                         int status, const struct wsd_target *target)
{
    struct wsd_watch *watch = question->watch;
    if (status == 0) {
        member->asked = true;
        wsd__watch_take_target(watch, question, WSD__SOURCE_ANSWER, target);
    } else if (was_let_down(question, status)) {
        ask_again(member, WSD__QUESTION_RESOLVE);
    } else if (!member->checking) {
        wsd__member_unresolved(member);
    } else if (status == WSD_E_NO_MEMORY) {
        wsd__member_wait(member, WSD__WATCH_RETRY);
    } else if (wsd__member_target(member)->xaddrs.n_items > 0) {
        ask_again(member, WSD__QUESTION_CONTACT);
    } else {
        wsd__member_remove(member, true);
    }
}

static void contact_done(struct wsd__watch_question *question, struct wsd__member *member,
                         int status, const struct wsd_target_set *set)
{
    for (size_t i = 0; status == 0 && i < set->n_targets; i++) {
        if (wsd_endpoint_equal(set->targets[i]->endpoint, member->text)) {
            wsd__watch_take_target(question->watch, question, WSD__SOURCE_ANSWER, set->targets[i]);
            return;
        }
    }
    if (status == WSD_E_NO_MEMORY) {
        wsd__member_wait(member, WSD__WATCH_RETRY);
    } else if (member->checking) {
        wsd__member_remove(member, true);
    }
}

static void ask_waiting(struct wsd_watch *watch)
{
    while (watch->first_waiting != NULL && watch->n_asking < WSD_MAX_WATCH_QUESTIONS &&
           !watch->gone) {
        struct wsd__member *member = watch->first_waiting;
        watch->first_waiting = member->next_waiting;
        member->waiting = false;
        ask_again(member, WSD__QUESTION_RESOLVE);
    }
}

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct wsd__watch_question *question = user;
    struct wsd_watch *watch = question->watch;
    struct wsd__member *member = question->member;
    if (watch != NULL) {
        wsd__watch_enter(watch);
        unlink_question(question);
        if (question->kind == WSD__QUESTION_SEARCH) {
            search_done(question, status, result, error);
        } else if (member != NULL && status != WSD_E_CANCELLED) {
            if (question->kind == WSD__QUESTION_RESOLVE) {
                resolve_done(question, member, status, result);
            } else {
                contact_done(question, member, status, result);
            }
        }
        ask_waiting(watch);
        wsd__watch_leave(watch);
    }
    wsd_free(result);
    free(question);
}

static int start_probe(struct wsd__watch_question *question, const char *directed,
                       struct wsd_error *reterr)
{
    const struct wsd_watch *watch = question->watch;
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    options.oasis = watch->oasis;
    options.directed = directed;
    options.found = found;
    options.user = question;
    if (question->kind == WSD__QUESTION_SEARCH) {
        options.types = watch->filter.types.items;
        options.n_types = watch->filter.types.n_items;
        options.any_of_types = watch->filter.any;
        options.timeout = question->proxied ? WSD__DP_MAX_TIMEOUT : 0;
    } else {
        options.no_resolve = true;
        options.endpoint = question->member->text;
    }
    return wsd_probe_start(watch->context, &options, done, question, &question->call, reterr);
}

static int start_resolve(struct wsd__watch_question *question, const char *directed,
                         struct wsd_error *reterr)
{
    const struct wsd_watch *watch = question->watch;
    struct wsd_resolve_options options = WSD_RESOLVE_OPTIONS_INIT;
    options.oasis = watch->oasis;
    options.directed = directed;
    options.timeout = question->proxied ? WSD__DP_MAX_TIMEOUT : 0;
    return wsd_resolve_start(watch->context, question->member->text, &options, done, question,
                             &question->call, reterr);
}

static int ask(struct wsd_watch *watch, struct wsd__member *member, enum wsd__question_kind kind,
               struct wsd_error *reterr)
{
    struct wsd__watch_question *question = calloc(1, sizeof *question);
    int status;
    if (question == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    question->watch = watch;
    question->member = member;
    question->kind = kind;
    question->asked = wsd__now(watch->context);
    question->proxied = watch->proxy != NULL && kind != WSD__QUESTION_CONTACT;
    const char *directed = question->proxied ? watch->proxy_address : NULL;
    if (kind == WSD__QUESTION_RESOLVE) {
        status = start_resolve(question, directed, reterr);
    } else {
        status = start_probe(
            question,
            kind == WSD__QUESTION_CONTACT ? wsd__member_target(member)->xaddrs.items[0] : directed,
            reterr);
    }
    if (status < 0) {
        free(question);
        return status;
    }
    if (watch->trust_proxy && !question->proxied && kind != WSD__QUESTION_CONTACT) {
        struct wsd__search *search = (struct wsd__search *)(void *)question->call;
        search->suppressed = suppressed;
        search->user = question;
    }
    link_question(watch, question);
    return 0;
}

/* -- what the rest of the watch calls --------------------------------------------------------- */

static void search_now(void *user)
{
    struct wsd_watch *watch = user;
    struct wsd_error error = {0};
    if (wsd__watch_search(watch, &error) < 0) {
        wsd__log(watch->context, WSD_LOG_INFO, "the search cannot begin: %s", error.message);
    }
}

void wsd__watch_search_in(struct wsd_watch *watch, uint32_t delay)
{
    /* One that is due sooner stays. That rearming fails is next to impossible. */
    uint64_t due = wsd__now(watch->context) + delay;
    if (!wsd__timer_armed(&watch->probe) || watch->probe.due > due) {
        wsd__timer_start(watch->context, &watch->probe, delay, search_now, watch);
    }
}

int wsd__watch_search(struct wsd_watch *watch, struct wsd_error *reterr)
{
    uint32_t tenth = watch->probe_interval / 10;
    /* Watches that began at one time drift apart. */
    uint32_t delay =
        watch->probe_interval - tenth + wsd__random_below(watch->context, 2 * tenth + 1);
    int status = wsd__timer_start(watch->context, &watch->probe, delay, search_now, watch);
    if (status < 0) {
        return wsd__error(reterr, status, NULL);
    }
    if (watch->search != NULL) {
        watch->search_again = true;
        return 0;
    }
    return ask(watch, NULL, WSD__QUESTION_SEARCH, reterr);
}

int wsd__watch_ask(struct wsd__member *member)
{
    struct wsd_watch *watch = member->watch;
    struct wsd__member **last = &watch->first_waiting;
    if (member->question != NULL || member->waiting) {
        return 0;
    }
    if (watch->n_asking < WSD_MAX_WATCH_QUESTIONS) {
        return ask(watch, member, WSD__QUESTION_RESOLVE, NULL);
    }
    while (*last != NULL) {
        last = &(*last)->next_waiting;
    }
    *last = member;
    member->next_waiting = NULL;
    member->waiting = true;
    return 0;
}

void wsd__watch_unask(struct wsd__member *member)
{
    struct wsd__member **at = &member->watch->first_waiting;
    while (member->waiting && *at != member) {
        at = &(*at)->next_waiting;
    }
    if (member->waiting) {
        *at = member->next_waiting;
        member->waiting = false;
    }
    if (member->question != NULL) {
        struct wsd_call *call = member->question->call;
        member->question->member = NULL;
        member->question = NULL;
        wsd_call_cancel(call); /* its end is still to come, and frees the question */
    }
}

void wsd__questions_free(struct wsd_watch *watch)
{
    while (watch->questions != NULL) {
        struct wsd__watch_question *question = watch->questions;
        unlink_question(question);
        question->watch = NULL;
        question->member = NULL;
        wsd_call_cancel(question->call);
    }
    for (; watch->first_waiting != NULL;
         watch->first_waiting = watch->first_waiting->next_waiting) {
        watch->first_waiting->waiting = false;
    }
}
