/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define ANSWER_MS 8000u

struct describe {
    struct describer *describer;
    struct describe *next;  /* of all */
    struct describe **slot; /* NULL once nobody waits for it */
    describe_done *done;
    void *user;
    char *endpoint;
    char *xaddrs[DESCRIBE_XADDRS_MAX];
    size_t n_xaddrs, at;
    struct wsd_call *call; /* NULL: it waits for its turn */
};

struct describer {
    struct session *session;
    struct describe *all, **end; /* in the order in which they came */
    unsigned asked;
};

static void turn(struct describer *describer);

static void free_question(struct describe *q)
{
    struct describer *describer = q->describer;

    for (struct describe **at = &describer->all; *at; at = &(*at)->next)
        if (*at == q) {
            *at = q->next;
            if (!q->next)
                describer->end = at;
            break;
        }
    for (size_t i = 0; i < q->n_xaddrs; i++)
        free(q->xaddrs[i]);
    free(q->endpoint);
    free(q);
}

static void finish(struct describe *q, const struct wsd_device_info *info,
                   const struct wsd_error *error)
{
    describe_done *done = q->slot ? q->done : NULL;
    void *user = q->user;

    if (q->slot)
        *q->slot = NULL;
    free_question(q);
    if (done)
        done(user, info, error);
}

static void take_xaddrs(struct describe *q, const struct wsd_uri_list *list)
{
    for (size_t i = 0; i < list->n_items && q->n_xaddrs < DESCRIBE_XADDRS_MAX; i++) {
        q->xaddrs[q->n_xaddrs] = strdup(list->items[i]);
        if (q->xaddrs[q->n_xaddrs])
            q->n_xaddrs++;
    }
}

static void on_info(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct describe *q = user;
    struct describer *describer = q->describer;

    describer->asked--;
    q->call = NULL;
    if (status < 0 && q->slot && ++q->at < q->n_xaddrs)
        ; /* the next address, in its turn */
    else
        finish(q, result, error);
    wsd_free(result);
    turn(describer);
}

static void on_resolved(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct describe *q = user;
    struct describer *describer = q->describer;
    const struct wsd_target *target = result;
    struct wsd_error none = {.code = WSD_E_NOT_FOUND};

    snprintf(none.message, sizeof none.message, "it names no address at which it can be asked");
    describer->asked--;
    q->call = NULL;
    if (target)
        take_xaddrs(q, &target->xaddrs);
    if (q->n_xaddrs == 0 || !q->slot)
        finish(q, NULL, status < 0 ? error : &none);
    wsd_free(result);
    turn(describer);
}

static int ask(struct describe *q, struct wsd_error *error)
{
    struct wsd_context *context = q->describer->session->context;
    struct wsd_request_options request = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_resolve_options resolve = WSD_RESOLVE_OPTIONS_INIT;

    if (q->n_xaddrs == 0)
        return wsd_resolve_start(context, q->endpoint, &resolve, on_resolved, q, &q->call, error);
    request.to = q->endpoint;
    request.answer_timeout = ANSWER_MS;
    return wsd_get_start(context, q->xaddrs[q->at], &request, on_info, q, &q->call, error);
}

static struct describe *first_waiting(const struct describer *describer)
{
    for (struct describe *q = describer->all; q; q = q->next)
        if (!q->call && q->slot)
            return q;
    return NULL;
}

static void turn(struct describer *describer)
{
    struct describe *q;

    while (describer->asked < DESCRIBE_AT_ONCE && (q = first_waiting(describer)) != NULL) {
        struct wsd_error error = {0};
        if (ask(q, &error) >= 0)
            describer->asked++;
        else if (q->n_xaddrs == 0 || ++q->at >= q->n_xaddrs)
            finish(q, NULL, &error);
    }
}

void describe_start(struct describer *describer, const struct wsd_target *target,
                    struct describe **slot, describe_done *done, void *user)
{
    struct describe *q = calloc(1, sizeof *q);
    struct wsd_error error = {.code = WSD_E_NO_MEMORY};

    *slot = NULL;
    if (q)
        q->endpoint = strdup(target->endpoint);
    if (!q || !q->endpoint) {
        free(q);
        snprintf(error.message, sizeof error.message, "%s", wsd_strerror(error.code));
        done(user, NULL, &error);
        return;
    }
    q->describer = describer;
    q->slot = slot;
    q->done = done;
    q->user = user;
    take_xaddrs(q, &target->xaddrs);
    *describer->end = q;
    describer->end = &q->next;
    *slot = q;
    turn(describer);
}

void describe_cancel(struct describe **slot)
{
    struct describe *q = *slot;

    if (!q)
        return;
    *slot = NULL;
    q->slot = NULL;
    if (q->call)
        wsd_call_cancel(q->call); /* its callback frees it */
    else
        free_question(q);
}

struct describer *describer_new(struct session *session)
{
    struct describer *describer = calloc(1, sizeof *describer);

    if (!describer)
        return NULL;
    describer->session = session;
    describer->end = &describer->all;
    return describer;
}

void describer_free(struct describer *describer)
{
    if (!describer)
        return;
    for (struct describe *q = describer->all, *next; q; q = next) {
        next = q->next;
        if (q->slot)
            describe_cancel(q->slot);
    }
    while (describer->asked > 0)
        wsd_context_wait(describer->session->context, 10, NULL);
    free(describer);
}

const char *describe_scan_service(const struct wsd_device_info *info)
{
    const struct wsd_hosted *scan = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");

    return scan ? wsd_hosted_address(info, scan) : NULL;
}

char *describe_model(const char *manufacturer, const char *model, char *ret, size_t size)
{
    if (manufacturer && *manufacturer && !text_contains(model, manufacturer))
        snprintf(ret, size, "%s %s", manufacturer, model ? model : "");
    else
        snprintf(ret, size, "%s", model ? model : "");
    return ret;
}
