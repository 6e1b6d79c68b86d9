/* SPDX-License-Identifier: MIT */
/*
 * GetScannerElements with a second try: some devices fault when several parts are asked for
 * together (device-quirks X13: DefaultScanTicket with the configuration, a WSD device of 2020). On
 * a fault each part is asked for by itself and the answers are laid together.
 */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/options.h"
#include "scan/client.h"
#include "xml/any.h"

enum { MAX_PARTS = 4 };

struct elements {
    struct wsd_call call; /* first */
    struct wsd_call *inner;
    struct wsd_request_options options;
    bool has_options;
    char *service, *to, *from, *endpoint;
    struct wsd__arena *parameters; /* reference parameters of our own */
    unsigned parts, next_part;
    const struct wsd_scan_get_scanner_elements_response *answers[MAX_PARTS];
    unsigned n_answers;
    struct wsd_error first_fault;
};

static void cancel(struct wsd_call *call)
{
    struct elements *x = (struct elements *)call;
    struct wsd_call *inner = x->inner;
    x->inner = NULL;
    wsd_call_cancel(inner);
}

static void destroy(struct wsd_call *call)
{
    struct elements *x = (struct elements *)call;
    for (unsigned i = 0; i < x->n_answers; i++)
        wsd_free(x->answers[i]);
    free(x->service);
    free(x->to);
    free(x->from);
    free(x->endpoint);
    wsd__arena_free(x->parameters);
    free(x);
}

static void end(struct elements *x, int status, const void *result, const struct wsd_error *error)
{
    if (error)
        x->call.error = *error;
    wsd__call_end(&x->call, status, result);
}

/* One answer with the sections of all. The others' memory hangs on the first. */
static void merge(struct elements *x)
{
    size_t count = 0, n = 0;
    for (unsigned i = 0; i < x->n_answers; i++)
        count += x->answers[i]->n_scanner_elements;
    struct wsd_scan_get_scanner_elements_response merged = *x->answers[0];
    struct wsd__arena *arena = wsd__arena_of(x->answers[0]);
    struct wsd_scan_scanner_element_data *data =
        wsd__arena_alloc(arena, (count ? count : 1) * sizeof *data);
    for (unsigned i = 0; data && i < x->n_answers; i++) {
        memcpy(data + n, x->answers[i]->scanner_elements,
               x->answers[i]->n_scanner_elements * sizeof *data);
        n += x->answers[i]->n_scanner_elements;
    }
    merged.scanner_elements = data;
    merged.n_scanner_elements = count;
    const void *result = data ? wsd__arena_reroot(x->answers[0], &merged, sizeof merged) : NULL;
    if (!result) {
        end(x, WSD_E_NO_MEMORY, NULL, NULL);
        return;
    }
    for (unsigned i = 1; i < x->n_answers; i++)
        wsd__arena_join(result, x->answers[i]);
    x->n_answers = 0;
    end(x, 0, result, NULL);
}

static void part_done(void *user, int status, const void *result, const struct wsd_error *error);

static void ask(struct elements *x, unsigned parts)
{
    struct wsd_error error = {0};
    int r = wsd__scanner_elements_start(x->call.context, x->service, parts,
                                        x->has_options ? &x->options : NULL, part_done, x,
                                        &x->inner, &error);
    if (r < 0)
        end(x, r, NULL, &error);
}

static void ask_next(struct elements *x)
{
    while (x->next_part < MAX_PARTS && !(x->parts >> x->next_part & 1))
        x->next_part++;
    if (x->next_part < MAX_PARTS)
        ask(x, 1u << x->next_part++);
    else if (x->n_answers)
        merge(x);
    else
        end(x, WSD_E_FAULT, NULL, &x->first_fault);
}

static void part_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct elements *x = user;
    x->inner = NULL;
    if (x->call.ended) {
        wsd_free(result);
    } else if (status == 0) {
        x->answers[x->n_answers++] = result;
        ask_next(x);
    } else if (status == WSD_E_FAULT) {
        wsd__log(x->call.context, WSD_LOG_INFO, "%s refuses a part alone: %s", x->service,
                 error->subcode);
        ask_next(x);
    } else {
        end(x, status, NULL, error);
    }
}

static bool several(unsigned parts)
{
    return (parts & (parts - 1)) != 0;
}

static void all_done(void *user, int status, const void *result, const struct wsd_error *error)
{
    struct elements *x = user;
    x->inner = NULL;
    if (x->call.ended) {
        wsd_free(result);
    } else if (status != WSD_E_FAULT || !several(x->parts)) {
        end(x, status, result, error);
    } else {
        x->first_fault = *error;
        wsd__log(x->call.context, WSD_LOG_INFO,
                 "%s refuses several parts at once (%s), asking one by one", x->service,
                 error->subcode);
        ask_next(x);
    }
}

static bool copy(char **to, const char *from)
{
    return !from || (*to = strdup(from)) != NULL;
}

static bool copy_parameters(struct elements *x)
{
    bool ok = true;
    if (!x->options.reference_parameters)
        return true;
    x->parameters = wsd__arena_new(0, 256, WSD_MAX_MESSAGE_MEMORY);
    if (x->parameters)
        x->options.reference_parameters =
            wsd__any_copy(x->parameters, x->options.reference_parameters, &ok);
    return x->parameters && ok;
}

int wsd_get_scanner_elements_start(struct wsd_context *context, const char *service, unsigned parts,
                                   const struct wsd_request_options *options, wsd_done_fn *done,
                                   void *user, struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct elements *x = calloc(1, sizeof *x);
    if (!x)
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    wsd__call_init(&x->call, context, done, user, cancel, destroy);
    x->parts = parts;
    if (options) {
        x->has_options = true;
        WSD__OPTIONS_TAKE(x->options, options);
    }
    if (!copy_parameters(x) || !copy(&x->service, service) || !copy(&x->to, x->options.to) ||
        !copy(&x->from, x->options.from) || !copy(&x->endpoint, x->options.endpoint)) {
        wsd__call_abandon(&x->call);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    x->options.to = x->to;
    x->options.from = x->from;
    x->options.endpoint = x->endpoint;
    x->options.language = NULL;
    int r = wsd__scanner_elements_start(context, service, parts, options, all_done, x, &x->inner,
                                        reterr);
    if (r < 0) {
        wsd__call_abandon(&x->call);
        return r;
    }
    if (ret_call)
        *ret_call = &x->call;
    return 0;
}
