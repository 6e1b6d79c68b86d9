/* SPDX-License-Identifier: MIT */
/*
 * Three steps: all ways to find the device are tried side by side and the first that answers wins;
 * then it is asked for its metadata. Where nothing answers, the addresses of scan services of known
 * makes are tried at that host.
 */
#include "scan/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scan/device_address.h"

#define CALLS_MAX   (STABLE_URLS_MAX + GUESS_URLS_MAX + 2)
#define FIND_MS     4000u
#define GET_MS      10000u
#define MAX_ADDRESS 600

enum step { STEP_FIND, STEP_GET, STEP_GUESS };

struct attempt {
    struct locate *locate;
    struct wsd_call *call;
    char url[MAX_ADDRESS];
};

struct locate {
    struct wsd_context *context;
    struct wanted wanted;
    enum step step;
    struct attempt attempts[CALLS_MAX];
    size_t n_attempts, n_running;
    char *endpoint; /* whose certificate is meant; "" where it is not known */
    struct wsd_error error;
    void (*done)(void *user, const struct located *located);
    void *user;
};

static void destroy(struct locate *locate)
{
    free(locate->endpoint);
    free(locate);
}

/* Calls end by themselves, later; so what they belong to waits for the last. */
static void abandon(struct locate *locate)
{
    locate->done = NULL;
    for (size_t i = 0; i < locate->n_attempts; i++)
        if (locate->attempts[i].call)
            wsd_call_cancel(locate->attempts[i].call);
    if (locate->n_running == 0)
        destroy(locate);
}

static void finish(struct locate *locate, const struct located *located)
{
    void (*done)(void *user, const struct located *located) = locate->done;
    void *user = locate->user;

    locate->done = NULL;
    done(user, located);
    abandon(locate);
}

static void keep_error(struct locate *locate, const struct wsd_error *error)
{
    /* That a port is closed tells less than an answer that was not understood, and nothing tells
     * more than that somebody else answers. */
    if (locate->error.code == 0 || locate->error.code == WSD_E_NETWORK ||
        locate->error.code == WSD_E_NOT_FOUND || error->code == WSD_E_CERTIFICATE)
        locate->error = *error;
}

static bool has_service(const struct wsd_device_info *info)
{
    const struct wsd_hosted *hosted = wsd_device_info_find(info, WSD_NS_SCAN, "ScannerServiceType");

    return hosted && wsd_hosted_address(info, hosted);
}

/* -- calls --------------------------------------------------------------------------------------
 */

static struct attempt *take(struct locate *locate, const char *url)
{
    struct attempt *a;

    if (locate->n_attempts == CALLS_MAX)
        return NULL;
    a = &locate->attempts[locate->n_attempts++];
    a->locate = locate;
    snprintf(a->url, sizeof a->url, "%.599s", url);
    return a;
}

static void started(struct attempt *a, int r, const struct wsd_error *error)
{
    if (r < 0)
        keep_error(a->locate, error);
    else
        a->locate->n_running++;
}

/* Accounts for a call that has ended; NULL if nobody waits for it any more. */
static struct locate *ended(struct attempt *a)
{
    struct locate *locate = a->locate;

    a->call = NULL;
    locate->n_running--;
    if (locate->done)
        return locate;
    if (locate->n_running == 0)
        destroy(locate);
    return NULL;
}

static void guess(struct locate *locate);

static void fail(struct locate *locate)
{
    if (locate->error.code == 0) {
        locate->error.code = WSD_E_NOT_FOUND;
        snprintf(locate->error.message, sizeof locate->error.message,
                 "nothing there answers as a WSD device");
    }
    finish(locate, &(struct located){.error = &locate->error});
}

/* What to do when all of a step have failed. */
static void next_step(struct locate *locate)
{
    if (locate->n_running > 0)
        return;
    if (locate->step != STEP_GUESS && locate->wanted.kind != WANTED_UUID)
        guess(locate);
    else
        fail(locate);
}

static void got(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct locate *locate = ended(user);
    const struct wsd_device_info *info = result;

    if (!locate || (status < 0 && status == WSD_E_CANCELLED)) {
        wsd_free(result);
    } else if (status == 0 && (locate->step == STEP_GET || has_service(info))) {
        finish(locate, &(struct located){.info = info});
    } else {
        if (status < 0)
            keep_error(locate, error);
        wsd_free(result);
        next_step(locate);
    }
}

static void ask(struct locate *locate, const char *url)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};
    struct attempt *a = take(locate, url);

    options.answer_timeout = GET_MS;
    options.endpoint = locate->endpoint;
    if (a)
        started(a, wsd_get_start(locate->context, url, &options, got, a, &a->call, &error), &error);
}

/* Asks the device that was found there. */
static void ask_target(struct locate *locate, const struct wsd_target *target)
{
    char *endpoint = *locate->endpoint ? NULL : strdup(target->endpoint);

    if (endpoint) {
        free(locate->endpoint);
        locate->endpoint = endpoint;
    }
    locate->step = STEP_GET;
    ask(locate, target->xaddrs.items[0]);
}

/* The first target that names an address is the device. */
static void found(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct locate *locate = ended(user);
    const struct wsd_target_set *set = result;
    const struct wsd_target *target = NULL;

    for (size_t i = 0; locate && set && !target && i < set->n_targets; i++)
        if (set->targets[i]->xaddrs.n_items > 0)
            target = set->targets[i];
    if (locate && target && locate->step == STEP_FIND) {
        ask_target(locate, target);
    } else if (locate && status < 0 && status != WSD_E_CANCELLED) {
        keep_error(locate, error);
    }
    wsd_free(result);
    if (locate)
        next_step(locate);
}

static void probe(struct locate *locate, const char *where)
{
    struct wsd_probe_options options = WSD_PROBE_OPTIONS_INIT;
    struct wsd_error error = {0};
    struct attempt *a = take(locate, where);

    if (!a)
        return;
    options.directed = a->url;
    options.endpoint = locate->endpoint;
    options.timeout = FIND_MS;
    options.expect = 1;
    started(a, wsd_probe_start(locate->context, &options, found, a, &a->call, &error), &error);
}

static void resolved(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct locate *locate = ended(user);
    const struct wsd_target *target = result;

    if (locate && status == 0 && target->xaddrs.n_items > 0) {
        ask_target(locate, target);
    } else if (locate && status < 0) {
        keep_error(locate, error);
    }
    wsd_free(result);
    if (locate)
        next_step(locate);
}

static void resolve(struct locate *locate)
{
    struct wsd_error error = {0};
    struct attempt *a = take(locate, locate->wanted.text);

    if (a)
        started(a,
                wsd_resolve_start(locate->context, locate->wanted.text, NULL, resolved, a, &a->call,
                                  &error),
                &error);
}

/* -- guesses ------------------------------------------------------------------------------------
 */

static void described(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct attempt *a = user;
    char url[MAX_ADDRESS];

    memcpy(url, a->url, sizeof url);
    struct locate *locate = ended(a);
    wsd_free(result);
    if (!locate)
        return;
    if (status == 0) {
        finish(locate, &(struct located){.service = url});
        return;
    }
    keep_error(locate, error);
    next_step(locate);
}

static void try_service(struct locate *locate, const char *url)
{
    struct wsd_request_options options = WSD_REQUEST_OPTIONS_INIT;
    struct wsd_error error = {0};
    struct attempt *a = take(locate, url);

    options.answer_timeout = GET_MS;
    options.endpoint = locate->endpoint;
    if (a)
        started(a,
                wsd_get_scanner_elements_start(locate->context, url, WSD_SCAN_DESCRIPTION, &options,
                                               described, a, &a->call, &error),
                &error);
}

static void guess(struct locate *locate)
{
    char urls[GUESS_URLS_MAX][600];
    size_t n = 0;

    locate->step = STEP_GUESS;
    if (locate->wanted.kind == WANTED_URL)
        try_service(locate, locate->wanted.text);
    else
        n = guess_urls(&locate->wanted, urls);
    for (size_t i = 0; i < n; i++)
        try_service(locate, urls[i]);
    if (locate->n_running == 0)
        fail(locate);
}

/* -- start and end ------------------------------------------------------------------------------
 */

static void find(struct locate *locate)
{
    char urls[STABLE_URLS_MAX][600];
    size_t n;

    switch (locate->wanted.kind) {
    case WANTED_UUID:
        resolve(locate);
        return;
    case WANTED_URL:
        ask(locate, locate->wanted.text);
        probe(locate, locate->wanted.text);
        return;
    default:
        probe(locate, locate->wanted.udp_host);
        n = stable_urls(&locate->wanted, urls);
        for (size_t i = 0; i < n; i++)
            probe(locate, urls[i]);
    }
}

int locate_start(struct wsd_context *context, const char *address, const char *endpoint,
                 void (*done)(void *user, const struct located *located), void *user,
                 struct locate **ret, struct wsd_error *reterr)
{
    struct locate *locate = calloc(1, sizeof *locate);

    if (!locate || !(locate->endpoint = strdup(endpoint ? endpoint : ""))) {
        free(locate);
        reterr->code = WSD_E_NO_MEMORY;
        return WSD_E_NO_MEMORY;
    }
    locate->context = context;
    locate->done = done;
    locate->user = user;
    /* A bare name is that of a host here: there is nothing to search. */
    if (!wanted_parse(address, &locate->wanted) || locate->wanted.kind == WANTED_ANY) {
        destroy(locate);
        reterr->code = WSD_E_INVALID;
        snprintf(reterr->message, sizeof reterr->message, "this is no address");
        return WSD_E_INVALID;
    }
    if (locate->wanted.kind == WANTED_NAME)
        locate->wanted.kind = WANTED_HOST;
    find(locate);
    if (locate->n_running == 0) {
        int code = locate->error.code ? locate->error.code : WSD_E_NETWORK;
        *reterr = locate->error;
        destroy(locate);
        return code;
    }
    *ret = locate;
    return 0;
}

void locate_cancel(struct locate *locate)
{
    if (locate)
        abandon(locate);
}
