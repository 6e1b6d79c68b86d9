/* SPDX-License-Identifier: MIT */
/*
 * Scans that an earlier run left behind: what was fetched is brought where it belongs, a few at a
 * time, and jobs that may still be open on a scanner are cancelled.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/control.h"
#include "delivery.h"
#include "log.h"
#include "scan.h"

#define AT_ONCE  2
#define RETRY_MS 1000u /* while the helper of the earlier run is still at work */

struct left_behind {
    struct left_behind *next;
    struct scand *scand;
    struct history_entry *entry;
    struct job *job;
    struct helper *helper;
    struct loop_timer retry;
    uint64_t limit; /* that its helper may take */
    char error[SCAND_ERROR];
    bool said;
};

static void go_on(struct scand *scand);

static void forget(struct left_behind *left)
{
    struct scand *scand = left->scand;

    for (struct left_behind **at = &scand->left; *at; at = &(*at)->next)
        if (*at == left) {
            *at = left->next;
            break;
        }
    loop_disarm(&scand->loop, &left->retry);
    helper_release(left->helper);
    job_close(left->job);
    free(left);
}

static struct log_about about_of(const struct left_behind *left)
{
    return (struct log_about){.scanner = left->entry->scanner,
                              .destination = left->entry->destination,
                              .job = left->job->id};
}

static void said(void *user, const struct json_object *object)
{
    struct left_behind *left = user;
    struct log_about about = about_of(left);

    if (delivery_said(left->scand, &about, left->job, left->entry, left->error, object))
        left->said = true;
}

static void again(void *user)
{
    const struct left_behind *left = user;

    go_on(left->scand);
}

static void ended(void *user, int status)
{
    struct left_behind *left = user;
    struct scand *scand = left->scand;
    struct history_entry *e = left->entry;
    struct log_about about = about_of(left);

    left->helper = NULL;
    if (delivery_elsewhere(status)) {
        loop_arm(&scand->loop, &left->retry, RETRY_MS, again, left);
        return;
    }
    e->ended = loop_wall(&scand->loop);
    if (!left->said || left->error[0]) {
        history_fail(e, left->error[0] ? left->error : "the document could not be made");
        log_say(LOG_LEVEL_ERROR, &about, "a scan of an earlier run: %s%s%s", e->error,
                e->kept ? "; what came is in " : "", e->kept ? e->kept : "");
    } else {
        e->state = HISTORY_DONE;
        log_say(LOG_LEVEL_INFO, &about, "a scan of an earlier run was delivered");
    }
    if (left->said && delivery_settled(left->job, e)) {
        job_remove(left->job);
        left->job = NULL;
    }
    forget(left);
    go_on(scand);
}

/* -- the job on the scanner ---------------------------------------------------------------------
 */

static void cancelled(void *user, int status, const void *result, const struct wsd_error *error)
{
    (void)user, (void)status, (void)result, (void)error; /* whatever it says: it was told */
}

static void cancel(const struct left_behind *left)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct json_object *object = NULL;
    struct wsd_call *call = NULL;
    const char *service = NULL, *endpoint = NULL;
    int64_t job = 0;

    options.connect_timeout = options.answer_timeout = SCAN_CANCEL_MS;
    if (job_file_read(left->job, SCAN_DEVICE_FILE, &object) < 0)
        return;
    if (control_text(object, "endpoint", &endpoint))
        options.endpoint = endpoint;
    if (control_text(object, "service", &service) &&
        control_number(object, "job", 1, INT32_MAX, &job))
        wsd_cancel_job_start(left->scand->context, service, (int32_t)job, &options, cancelled, NULL,
                             &call, NULL);
    json_object_put(object);
}

/* -- taking up ----------------------------------------------------------------------------------
 */

static int take_up(struct left_behind *left)
{
    const struct helper_hooks hooks = {.said = said, .ended = ended, .user = left};
    int r = helper_start(left->scand, left->job->path, &hooks, &left->helper);

    if (r == 0)
        helper_end(left->helper, left->limit);
    else
        loop_arm(&left->scand->loop, &left->retry, RETRY_MS, again, left);
    return r;
}

static void go_on(struct scand *scand)
{
    size_t n = 0;

    for (struct left_behind *left = scand->left; left; left = left->next)
        n += left->helper != NULL;
    for (struct left_behind *left = scand->left; left && n < AT_ONCE; left = left->next)
        if (!left->helper && !left->retry.armed && take_up(left) == 0)
            n++;
}

static int found(void *user, const char *id, const char *path)
{
    struct scand *scand = user;
    struct left_behind *left = calloc(1, sizeof *left);
    struct job_order order = {0};
    const char *wrong = "";
    int r = left ? job_open(path, &left->job) : -ENOMEM;

    if (r == 0)
        r = job_order_load(left->job, &order, &wrong);
    if (r == 0) {
        left->entry = history_add(scand->history, order.device ? order.device : "",
                                  order.destination ? order.destination : "", (time_t)order.began);
        r = left->entry ? 0 : -ENOMEM;
    }
    if (r < 0) {
        log_say(LOG_LEVEL_WARNING, NULL, "%s cannot be taken up: %s %s", path, strerror(-r), wrong);
        if (left)
            job_close(left->job);
        free(left);
        return 0;
    }
    left->limit = SCAN_DELIVER_MS + (uint64_t)order.command_timeout * 1000;
    job_order_free(&order);
    left->scand = scand;
    left->entry->state = HISTORY_DELIVERING;
    history_set(&left->entry->id, id);
    for (unsigned page = 0; (page = job_page_next(left->job, page)) > 0;)
        left->entry->pages++;
    struct job_ending ending;
    if (job_ended(left->job, &ending) == 0) {
        cancel(left);
        job_end(left->job, false, 0, "wsd-scand was ended while it came");
    }
    left->next = scand->left;
    scand->left = left;
    return 0;
}

void spool_take_up(struct scand *scand)
{
    job_sweep(scand->spool);
    job_each(scand->spool, found, scand);
    go_on(scand);
}

void spool_free(struct scand *scand)
{
    while (scand->left)
        forget(scand->left);
}
