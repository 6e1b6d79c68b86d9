/* SPDX-License-Identifier: MIT */
/* What a program wants of a managed subscription, kept for as long as it lives. */
#include <string.h>

#include "core/arena.h"
#include "eventing/sink.h"
#include "xml/any.h"

#define LIFETIME        3600 /* seconds asked for */
#define MAX_WISH_MEMORY (1u << 20)

static const char *copy_text(struct wsd__arena *arena, const char *text, bool *ok)
{
    const char *copy = text && *ok ? wsd__arena_strdup(arena, text) : NULL;
    *ok = *ok && (!text || copy);
    return copy;
}

static const char *const *copy_actions(struct wsd__arena *arena, const char *const *actions,
                                       bool *ok)
{
    size_t count = 0;
    while (actions[count])
        count++;
    const char **copy = *ok ? wsd__arena_alloc(arena, (count + 1) * sizeof *copy) : NULL;
    *ok = copy != NULL;
    for (size_t i = 0; i < count && *ok; i++)
        copy[i] = copy_text(arena, actions[i], ok);
    return copy;
}

const struct wsd__subscription_wish *
wsd__subscription_wish_copy(const struct wsd_subscription_options *options)
{
    struct wsd__subscription_wish *wish;
    struct wsd__arena *arena = wsd__arena_new(sizeof *wish, 0, MAX_WISH_MEMORY);
    const struct wsd_request_options *request = options->request;
    bool ok = true;

    if (!arena)
        return NULL;
    wish = wsd__arena_root(arena);
    wish->lifetime = (int64_t)(options->lifetime ? options->lifetime : LIFETIME) * 1000;
    wish->actions = copy_actions(arena, options->actions, &ok);
    wish->extension = ok ? wsd__any_copy(arena, options->extension, &ok) : NULL;
    wish->request = (struct wsd_request_options)WSD_REQUEST_OPTIONS_INIT;
    if (request) {
        memcpy(&wish->request, request,
               request->size && request->size < sizeof *request ? request->size : sizeof *request);
        wish->request.size = sizeof *request;
        wish->request.to = copy_text(arena, wish->request.to, &ok);
        wish->request.url = NULL;
        wish->request.from = copy_text(arena, wish->request.from, &ok);
        wish->request.endpoint = copy_text(arena, wish->request.endpoint, &ok);
        wish->request.language = copy_text(arena, wish->request.language, &ok);
        wish->request.reference_parameters =
            ok ? wsd__any_copy(arena, wish->request.reference_parameters, &ok) : NULL;
    }
    if (ok)
        return wish;
    wsd__arena_free(arena);
    return NULL;
}
