/* SPDX-License-Identifier: MIT */
/*
 * A message with holes, for answers that say the same to each who asks.
 *
 * The codec writes the first of them. What differs in the next, To, MessageID, RelatesTo and the
 * MessageNumber, is found in its bytes again, and all else is copied. Nothing but the codec knows
 * how a message is written; here it is only known that '<' and '>' stand in no text, and that the
 * header comes first. Who keeps a stencil says what must be equal for it to serve (the question,
 * the edition, our address) and clears it when the rest changes.
 *
 * Cost: nine copies.
 */
#include "soap/stencil.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        char c = *text;
        if (c <= ' ' || c > '~' || c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
            return false;
    }
    return true;
}

/* What stands between `before` and `after` the next time, from *at on; *at is its end then. */
static bool find(const char *bytes, const char *before, char after, size_t *at,
                 struct wsd__span *ret)
{
    const char *found = strstr(bytes + *at, before);
    const char *start = found ? found + strlen(before) : NULL;
    const char *end = start ? strchr(start, after) : NULL;
    if (!end)
        return false;
    *ret = (struct wsd__span){(size_t)(start - bytes), (size_t)(end - bytes)};
    *at = ret->end;
    return true;
}

static bool find_holes(struct wsd__stencil *stencil)
{
    const char *bytes = stencil->bytes.data;
    size_t at = 0, header = 0;
    struct wsd__span head;
    if (!find(bytes, ":Header>", '<', &header, &head) ||
        !find(bytes, "</soap:Header", '>', &header, &head))
        return false;
    if (!find(bytes, ":To>", '<', &at, &stencil->to) ||
        !find(bytes, ":MessageID>", '<', &at, &stencil->message_id) ||
        !find(bytes, ":RelatesTo>", '<', &at, &stencil->relates_to) || at > header)
        return false;
    if (!find(bytes, " MessageNumber=\"", '"', &at, &stencil->number) || at > header)
        stencil->number = (struct wsd__span){0, 0};
    return true;
}

void wsd__stencil_cut(struct wsd__stencil *stencil, const struct wsd__buf *message)
{
    wsd__stencil_clear(stencil);
    if (wsd__buf_append(&stencil->bytes, message->data, message->length) < 0 ||
        !find_holes(stencil))
        wsd__stencil_clear(stencil);
}

bool wsd__stencil_print(const struct wsd__stencil *stencil, const struct wsd_soap_header *header,
                        struct wsd__buf *out)
{
    const char *bytes = stencil->bytes.data;
    const struct wsd__span *id = &stencil->message_id, *relates = &stencil->relates_to;
    size_t before = out->length, at = relates->end;
    const char *to = header->to, *relates_to;
    if (stencil->bytes.length == 0 || !to || !header->message_id || header->n_relates_to != 1 ||
        (header->app_sequence != NULL) != (stencil->number.end > 0))
        return false;
    relates_to = header->relates_to[0].message_id;
    if (!is_plain(to) || !is_plain(header->message_id) || !is_plain(relates_to))
        return false;
    wsd__buf_reserve(out, stencil->bytes.length + strlen(to) + strlen(relates_to) + 64);
    wsd__buf_append(out, bytes, stencil->to.start);
    wsd__buf_puts(out, to);
    wsd__buf_append(out, bytes + stencil->to.end, id->start - stencil->to.end);
    wsd__buf_puts(out, header->message_id);
    wsd__buf_append(out, bytes + id->end, relates->start - id->end);
    wsd__buf_puts(out, relates_to);
    if (header->app_sequence) {
        char number[12];
        snprintf(number, sizeof number, "%u", header->app_sequence->message_number);
        wsd__buf_append(out, bytes + at, stencil->number.start - at);
        wsd__buf_puts(out, number);
        at = stencil->number.end;
    }
    wsd__buf_append(out, bytes + at, stencil->bytes.length - at);
    if (!out->failed)
        return true;
    out->length = before;
    out->failed = 0;
    return false;
}

void wsd__stencil_clear(struct wsd__stencil *stencil)
{
    wsd__buf_clear(&stencil->bytes);
}

void wsd__stencil_free(struct wsd__stencil *stencil)
{
    wsd__buf_free(&stencil->bytes);
}
