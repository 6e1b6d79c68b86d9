/* SPDX-License-Identifier: MIT */
/*
 * A run: names, checks one by one, and what came of each.
 *
 * A check that needs something that this run does not do (paper moving, minutes of waiting) is
 * skipped; one whose ground is missing on this device (a feeder, events) could not be tested.
 */
#include "verify/verify.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "verify/checks.h"

#define EXPANSIONS 200 /* names in one text, those inside of others included */

static const char *const words[VERIFY_STATES] = {"holds", "fails", "untested", "skipped"};

const char *verify_state_word(enum verify_state state)
{
    return words[state];
}

/* -- what all use -------------------------------------------------------------------------------
 */

enum verify_state verify_say(struct verify *v, enum verify_state state, const char *format, ...)
{
    va_list list;

    if (!v->now)
        return state;
    v->now->state = state;
    va_start(list, format);
    vsnprintf(v->now->said, sizeof v->now->said, format, list);
    va_end(list);
    return state;
}

bool verify_stopped(const struct verify *v)
{
    return !v->ending && v->options.interrupted(v->options.user);
}

bool verify_interrupted(const struct verify *v)
{
    return v->options.interrupted(v->options.user);
}

uint64_t verify_now(const struct verify *v)
{
    return v->options.now(v->options.user);
}

bool verify_turn(struct verify *v, int fd, uint64_t deadline)
{
    struct wsd_context *context = v->options.context;
    struct pollfd fds[2] = {{.fd = wsd_context_fd(context), .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};
    uint64_t now = verify_now(v);
    int own = wsd_context_timeout(context);
    int left = deadline <= now ? 0 : deadline - now > 1000 ? 1000 : (int)(deadline - now);

    poll(fds, fd < 0 ? 1 : 2, own < 0 || own > left ? left : own);
    wsd_context_dispatch(context, NULL);
    return !verify_stopped(v);
}

bool verify_wait(struct verify *v, uint64_t milliseconds, const char *why)
{
    uint64_t now, end = verify_now(v) + milliseconds;
    char line[200];

    if (v->options.waits && milliseconds > VERIFY_ANSWER_TIME)
        v->options.waits(v->options.user, milliseconds, why);
    while ((now = verify_now(v)) < end) {
        snprintf(line, sizeof line, "%.120s: %llu s more", why,
                 (unsigned long long)(end - now + 999) / 1000);
        if (v->options.progress)
            v->options.progress(v->options.user, v->n_results, v->checks->n, line);
        if (!verify_turn(v, -1, end))
            return false;
    }
    return true;
}

void verify_new_id(char ret[64])
{
    uint8_t b[16] = {0};
    size_t n = 0;

    if (getrandom(b, sizeof b, 0) < 0)
        b[0]++;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    n = (size_t)snprintf(ret, 64, "urn:uuid:");
    for (size_t i = 0; i < 16; i++)
        n += (size_t)snprintf(ret + n, 64 - n, "%s%02x",
                              i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", (unsigned)b[i]);
}

void verify_tap(struct verify *v, const struct wsd_trace *trace)
{
    if (v)
        events_tap(v, trace);
}

/* -- names --------------------------------------------------------------------------------------
 */

const char *verify_name(const struct verify *v, const char *name)
{
    const char *text = json_text(v->names, name);

    return text ? text : "";
}

void verify_set_name(struct verify *v, const char *name, const char *value)
{
    json_object_object_add(v->names, name, json_object_new_string(value));
}

static const char *value_of(struct verify *v, const char *name, char fresh[64])
{
    const char *text = json_text(v->names, name);

    if (strcmp(name, "new") == 0) {
        verify_new_id(fresh);
        return fresh;
    }
    if (strcmp(name, "tail") == 0) { /* for a MessageID with a beginning of the check's own */
        verify_new_id(fresh);
        return fresh + strlen("urn:uuid:00000000-");
    }
    if (strcmp(name, "sink") == 0)
        text = events_sink(v);
    if (!text)
        text = json_text(v->checks->texts, name);
    return text && *text ? text : NULL;
}

char *verify_expand(struct verify *v, const char *text, const char **ret_unknown)
{
    static char unknown[64];
    char *out = strdup(text), *mark, fresh[64];

    *ret_unknown = NULL;
    for (int i = 0; out && (mark = strstr(out, "${")) != NULL; i++) {
        char *end = strchr(mark, '}'), name[64], *larger;
        snprintf(name, sizeof name, "%.*s", end ? (int)(end - mark - 2) : 0, mark + 2);
        const char *value = end && i < EXPANSIONS ? value_of(v, name, fresh) : NULL;
        size_t size = strlen(out) + (value ? strlen(value) : 0) + 1;
        larger = value && size < VERIFY_MAX_EXPANDED ? malloc(size) : NULL;
        if (!larger) {
            snprintf(unknown, sizeof unknown, "%s", name);
            *ret_unknown = value ? NULL : unknown;
            free(out);
            return NULL;
        }
        size_t before = (size_t)(mark - out), inside = strlen(value);
        memcpy(larger, out, before);
        memcpy(larger + before, value, inside);
        memcpy(larger + before + inside, end + 1, strlen(end + 1) + 1);
        free(out);
        out = larger;
    }
    return out;
}

/* -- one check ----------------------------------------------------------------------------------
 */

void verify_keep(struct verify *v, struct json_object *keep, const struct exchange *x)
{
    char text[2048];

    if (!keep)
        return;
    struct json_object_iterator at = json_object_iter_begin(keep);
    struct json_object_iterator end = json_object_iter_end(keep);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *name = json_object_iter_peek_name(&at);
        struct json_object *path = json_object_iter_peek_value(&at);
        exchange_text(x, json_object_get_string(path), text, sizeof text);
        verify_set_name(v, name, text);
    }
}

/* One step: a wait, or an exchange with what is expected of it. */
static bool run_step(struct verify *v, struct json_object *step)
{
    struct json_object *wait = json_member(step, "wait"), *send = json_member(step, "send");
    const char *use = json_text(step, "use"), *ground = json_text(step, "ground");
    struct exchange *x;
    bool good;

    if (wait)
        return verify_wait(v, (uint64_t)json_object_get_int(wait), v->now->check->title) ||
               (verify_say(v, VERIFY_UNTESTED, "interrupted"), false);
    x = send ? verify_send(v, send, v->now->check->id) : use ? verify_shared(v, use) : NULL;
    if (!x)
        return false;
    good = expect_all(v, json_member(step, "expect"), x);
    if (good)
        verify_keep(v, json_member(step, "keep"), x);
    if (!good && ground)
        verify_say(v, VERIFY_UNTESTED, "%s", ground);
    if (send)
        exchange_free(x);
    return good;
}

static void run_check(struct verify *v)
{
    struct json_object *o = v->now->check->object, *steps = json_member(o, "steps");
    const char *procedure_name = json_text(o, "procedure");

    v->now->state = VERIFY_HOLDS;
    if (procedure_name) {
        v->now->state = procedure_find(procedure_name)(v);
        return;
    }
    if (!steps) {
        run_step(v, o);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(steps); i++)
        if (!run_step(v, json_object_array_get_idx(steps, i)))
            return;
}

/* What the run does not do, or the device does not have. */
static bool ground_missing(struct verify *v)
{
    const struct check *check = v->now->check;

    if (!v->options.full && (check_needs(check, "paper") || check_needs(check, "time"))) {
        verify_say(v, VERIFY_SKIPPED, "with --full only: %s",
                   check_needs(check, "time") ? "it takes long" : "paper moves");
        return true;
    }
    if (!v->options.full && check_needs(check, "job") && !*verify_name(v, "glass")) {
        verify_say(v, VERIFY_SKIPPED, "with --full only: without a glass, paper would move");
        return true;
    }
    if (check_needs(check, "feeder") && !*verify_name(v, "feeder")) {
        verify_say(v, VERIFY_UNTESTED, "the scanner has no feeder");
        return true;
    }
    if ((check_needs(check, "job") || check_needs(check, "feeder")) && !*verify_name(v, "format")) {
        verify_say(v, VERIFY_UNTESTED, "its configuration does not tell how to ask it for a scan");
        return true;
    }
    return false;
}

static bool is_wanted(const struct verify *v, const struct check *check)
{
    if (!v->options.only)
        return true;
    for (const char *const *only = v->options.only; *only; only++)
        if (strcmp(*only, check->id) == 0 || strcmp(*only, check->area) == 0)
            return true;
    return false;
}

size_t verify_run(struct verify *v)
{
    size_t wanted = 0, fails = 0;

    for (size_t i = 0; i < v->checks->n; i++)
        wanted += is_wanted(v, &v->checks->list[i]);
    v->results = calloc(wanted ? wanted : 1, sizeof *v->results);
    if (!v->results)
        return 0;
    if (wanted > 0)
        verify_learn(v);
    for (size_t i = 0; i < v->checks->n && !verify_stopped(v); i++) {
        if (!is_wanted(v, &v->checks->list[i]))
            continue;
        v->now = &v->results[v->n_results];
        v->now->check = &v->checks->list[i];
        if (v->options.progress)
            v->options.progress(v->options.user, v->n_results, wanted, v->now->check->title);
        if (!ground_missing(v))
            run_check(v);
        v->n_results++;
        fails += v->now->state == VERIFY_FAILS;
        if (v->options.finished)
            v->options.finished(v->options.user, v->now);
        tidy(v);
    }
    v->now = NULL;
    return fails;
}

const struct result *verify_results(const struct verify *v, size_t *ret_n)
{
    *ret_n = v->n_results;
    return v->results;
}

/* -- life ---------------------------------------------------------------------------------------
 */

struct verify *verify_new(const struct verify_options *options, const struct checks *checks)
{
    struct verify *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->options = *options;
    v->checks = checks;
    v->names = json_object_new_object();
    v->shared = json_object_new_object();
    return v;
}

void verify_free(struct verify *v)
{
    if (!v)
        return;
    v->ending = true;
    events_free(v);
    http_end(v);
    for (size_t i = 0; i < v->n_results; i++)
        for (size_t k = 0; k < v->results[i].n_exchanges; k++)
            exchange_free(v->results[i].exchanges[k]);
    for (size_t i = 0; i < v->n_kept; i++)
        exchange_free(v->kept[i]);
    free(v->kept);
    free(v->results);
    json_object_put(v->names);
    json_object_put(v->shared);
    free(v);
}
