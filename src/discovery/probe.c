/* SPDX-License-Identifier: MIT */
/* wsd_probe(), wsd_resolve() and their started forms: arguments in, a search out. */
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "discovery/search.h"

static int no_memory(struct wsd_error *reterr)
{
    return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
}

static int copy_types(struct wsd__search *search, const struct wsd_probe_options *options,
                      struct wsd_error *reterr)
{
    struct wsd__arena *memory = search->memory;
    size_t count = options->n_types;
    if (count > WSD__MAX_SEARCH_TYPES) {
        return wsd__error(reterr, WSD_E_INVALID, "more than %d types", WSD__MAX_SEARCH_TYPES);
    }
    struct wsd_qname *types = wsd__arena_alloc(memory, count * sizeof *types);
    if (types == NULL) {
        return no_memory(reterr);
    }
    for (size_t i = 0; i < count; i++) {
        const struct wsd_qname *from = &options->types[i];
        if (from->local == NULL || from->local[0] == '\0') {
            return wsd__error(reterr, WSD_E_INVALID, "a type without a name");
        }
        types[i].ns = wsd__arena_strdup(memory, from->ns != NULL ? from->ns : "");
        types[i].local = wsd__arena_strdup(memory, from->local);
        types[i].prefix = from->prefix != NULL ? wsd__arena_strdup(memory, from->prefix) : NULL;
        if (types[i].ns == NULL || types[i].local == NULL) {
            return no_memory(reterr);
        }
    }
    search->types = (struct wsd_qname_list){types, count};
    return 0;
}

static int copy_scopes(struct wsd__search *search, const struct wsd_probe_options *options,
                       struct wsd_error *reterr)
{
    size_t count = 0;
    while (options->scopes != NULL && options->scopes[count] != NULL) {
        count++;
    }
    const char **uris = wsd__arena_alloc(search->memory, count * sizeof *uris);
    if (uris == NULL) {
        return no_memory(reterr);
    }
    for (size_t i = 0; i < count; i++) {
        uris[i] = wsd__arena_strdup(search->memory, options->scopes[i]);
        if (uris[i] == NULL) {
            return no_memory(reterr);
        }
    }
    if (options->match_by != NULL) {
        search->scopes.match_by = wsd__arena_strdup(search->memory, options->match_by);
        if (search->scopes.match_by == NULL) {
            return no_memory(reterr);
        }
    }
    search->scopes.uris = (struct wsd_uri_list){uris, count};
    /* The rule "none" stands alone. */
    search->has_scopes = options->scopes != NULL || options->match_by != NULL;
    return 0;
}

static int take_probe_options(struct wsd__search *search, const struct wsd_probe_options *options,
                              struct wsd_error *reterr)
{
    search->dialect = options->oasis ? WSD__DIALECT_2009 : WSD__DIALECT_2005;
    search->any_of_types = options->any_of_types;
    search->no_resolve = options->no_resolve;
    search->timeout = options->timeout;
    search->expect = options->expect;
    search->source_port = options->source_port;
    search->found = options->found;
    search->user = options->user;
    int status = copy_types(search, options, reterr);
    if (status >= 0) {
        status = copy_scopes(search, options, reterr);
    }
    if (status >= 0 && options->endpoint != NULL) {
        search->device = wsd__arena_strdup(search->memory, options->endpoint);
        status = search->device != NULL ? 0 : no_memory(reterr);
    }
    if (status >= 0 && options->directed != NULL) {
        status = wsd__search_direct(search, options->directed, reterr);
    }
    return status;
}

int wsd_probe_start(struct wsd_context *context, const struct wsd_probe_options *options,
                    wsd_done_fn *done, void *user, struct wsd_call **ret_call,
                    struct wsd_error *reterr)
{
    struct wsd_probe_options own;
    struct wsd__search *search;
    WSD__OPTIONS_TAKE(own, options);
    int status = wsd__search_new(context, done, user, false, &search, reterr);
    if (status < 0) {
        return status;
    }
    status = take_probe_options(search, &own, reterr);
    if (status < 0) {
        wsd__call_abandon(&search->call);
        return status;
    }
    status = wsd__search_start(search, reterr);
    if (status >= 0 && ret_call != NULL) {
        *ret_call = &search->call;
    }
    return status;
}

int wsd_probe(struct wsd_context *context, const struct wsd_probe_options *options,
              const struct wsd_target_set **ret_targets, struct wsd_error *reterr)
{
    struct wsd__block block = {0};
    struct wsd_call *call;
    const void *result = NULL;
    int status = wsd_probe_start(context, options, wsd__block_done, &block, &call, reterr);
    if (status >= 0) {
        status = wsd__block_wait(context, &block, call, &result, reterr);
    }
    if (status >= 0) {
        *ret_targets = result;
    }
    return status;
}

static int take_resolve_options(struct wsd__search *search, const char *endpoint,
                                const struct wsd_resolve_options *options, struct wsd_error *reterr)
{
    search->dialect = options->oasis ? WSD__DIALECT_2009 : WSD__DIALECT_2005;
    search->timeout = options->timeout;
    search->source_port = options->source_port;
    search->no_resolve = true;
    search->endpoint = wsd__arena_strdup(search->memory, endpoint);
    if (search->endpoint == NULL) {
        return no_memory(reterr);
    }
    return options->directed != NULL ? wsd__search_direct(search, options->directed, reterr) : 0;
}

int wsd_resolve_start(struct wsd_context *context, const char *endpoint,
                      const struct wsd_resolve_options *options, wsd_done_fn *done, void *user,
                      struct wsd_call **ret_call, struct wsd_error *reterr)
{
    struct wsd_resolve_options own;
    struct wsd__search *search;
    WSD__OPTIONS_TAKE(own, options);
    if (endpoint == NULL || endpoint[0] == '\0' || strlen(endpoint) > WSD_MAX_URI) {
        return wsd__error(reterr, WSD_E_INVALID, "no endpoint reference, or one too long");
    }
    int status = wsd__search_new(context, done, user, true, &search, reterr);
    if (status < 0) {
        return status;
    }
    status = take_resolve_options(search, endpoint, &own, reterr);
    if (status < 0) {
        wsd__call_abandon(&search->call);
        return status;
    }
    status = wsd__search_start(search, reterr);
    if (status >= 0 && ret_call != NULL) {
        *ret_call = &search->call;
    }
    return status;
}

int wsd_resolve(struct wsd_context *context, const char *endpoint,
                const struct wsd_resolve_options *options, const struct wsd_target **ret_target,
                struct wsd_error *reterr)
{
    struct wsd__block block = {0};
    struct wsd_call *call;
    const void *result = NULL;
    int status =
        wsd_resolve_start(context, endpoint, options, wsd__block_done, &block, &call, reterr);
    if (status >= 0) {
        status = wsd__block_wait(context, &block, call, &result, reterr);
    }
    if (status >= 0) {
        *ret_target = result;
    }
    return status;
}
