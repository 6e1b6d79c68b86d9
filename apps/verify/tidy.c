/* SPDX-License-Identifier: MIT */
/*
 * What a check has begun on the device is ended after it, however it went, and after a signal too:
 * each answer that tells of a job or a subscription is remembered here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verify.h"

static void remember(struct pending *list, size_t *n, const char *id, const char *extra)
{
    if (*n == VERIFY_MAX_PENDING || !*id)
        return;
    list[*n] = (struct pending){.id = strdup(id), .extra = strdup(extra)};
    (*n)++;
}

/* The reference parameters of a subscription's manager, as header elements. */
static void parameters(const struct exchange *x, char *ret, size_t size)
{
    struct tree_found found[8];
    size_t used = 0;
    int n = tree_select(x->tree,
                        "soap:Body/wse:SubscribeResponse/wse:SubscriptionManager/"
                        "wsa:ReferenceParameters/*",
                        found, 8);

    *ret = 0;
    for (int i = 0; i < n && used < size; i++) {
        char text[1000];
        tree_text(&found[i], text, sizeof text);
        used +=
            (size_t)snprintf(ret + used, size - used, "<x:%s xmlns:x=\"%s\">%s</x:%s>",
                             found[i].node->local, found[i].node->ns, text, found[i].node->local);
    }
}

void tidy_watch(struct verify *v, const struct exchange *x)
{
    char id[2100], headers[4000];

    if (!x->tree)
        return;
    exchange_text(x, "soap:Body/wscn:CreateScanJobResponse/wscn:JobId", id, sizeof id);
    remember(v->jobs, &v->n_jobs, id, "");
    exchange_text(x, "soap:Body/wse:SubscribeResponse/wse:SubscriptionManager/wsa:Address", id,
                  sizeof id);
    if (!*id)
        return;
    parameters(x, headers, sizeof headers);
    remember(v->subscriptions, &v->n_subscriptions, id, headers);
}

static void end_subscription(struct verify *v, const struct pending *p)
{
    struct json_object *send = json_object_new_object();
    bool web = strncmp(p->id, "http", 4) == 0 && verify_is_own(v, p->id);

    json_object_object_add(send, "to", json_object_new_string(web ? p->id : "service"));
    json_object_object_add(send, "wsa_to", json_object_new_string(p->id));
    json_object_object_add(send, "action", json_object_new_string("wse:Unsubscribe"));
    json_object_object_add(send, "header", json_object_new_string(p->extra));
    json_object_object_add(send, "body", json_object_new_string("<wse:Unsubscribe/>"));
    exchange_free(verify_send(v, send, "Unsubscribe"));
    json_object_put(send);
}

static void end_job(struct verify *v, const struct pending *p)
{
    char body[200];

    snprintf(body, sizeof body,
             "<wscn:CancelJobRequest><wscn:JobId>%.50s</wscn:JobId></wscn:CancelJobRequest>",
             p->id);
    exchange_free(verify_scan(v, "CancelJob", body));
}

static void end_all(struct verify *v, struct pending *list, size_t *n,
                    void (*end)(struct verify *v, const struct pending *p))
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i].id && list[i].extra)
            end(v, &list[i]);
        free(list[i].id);
        free(list[i].extra);
    }
    *n = 0;
}

void tidy(struct verify *v)
{
    struct result *now = v->now;

    /* What is said and noted from here on is no part of the check. */
    v->now = NULL;
    v->ending = true;
    end_all(v, v->jobs, &v->n_jobs, end_job);
    end_all(v, v->subscriptions, &v->n_subscriptions, end_subscription);
    v->ending = false;
    v->now = now;
}
