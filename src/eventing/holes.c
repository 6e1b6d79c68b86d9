/* SPDX-License-Identifier: MIT */
/*
 * One message for many: encoded once, with holes for what differs from subscriber to subscriber.
 *
 * The codec writes the whole message. Its To and its MessageID are found again in the bytes, and
 * the place where reference parameters go as headers; everything else is copied.
 */
#include <stdlib.h>
#include <string.h>

#include "eventing/source_parts.h"

static bool find_hole(const char *bytes, const char *name, size_t *ret_start, size_t *ret_end)
{
    const char *start = strstr(bytes, name), *end = start ? strchr(start + 1, '<') : NULL;

    if (!start || !end)
        return false;
    *ret_start = (size_t)(start - bytes) + strlen(name);
    *ret_end = (size_t)(end - bytes);
    return true;
}

struct wsd__event *wsd__event_of(const struct wsd__buf *message, unsigned number)
{
    struct wsd__event *event = malloc(sizeof *event + message->length + 1);
    const char *headers;

    if (!event)
        return NULL;
    *event = (struct wsd__event){.users = 1, .number = number, .size = message->length};
    memcpy(event->bytes, message->data, message->length + 1);
    /* The header stands in front, and we have written it: these names are its own. */
    headers = strstr(event->bytes, "</soap:Header>");
    if (!headers || !find_hole(event->bytes, "<wsa:To>", &event->to, &event->to_end) ||
        !find_hole(event->bytes, "<wsa:MessageID>", &event->message_id, &event->message_id_end)) {
        free(event);
        return NULL;
    }
    event->headers = (size_t)(headers - event->bytes);
    return event;
}

void wsd__event_release(struct wsd__event *event)
{
    if (event && --event->users == 0)
        free(event);
}

int wsd__event_compose(const struct wsd__event *event, const struct wsd__sink *sink,
                       const char *message_id, struct wsd__buf *out)
{
    const char *bytes = event->bytes;

    wsd__buf_clear(out);
    out->failed = 0;
    wsd__buf_append(out, bytes, event->to);
    wsd__buf_puts(out, sink->to);
    wsd__buf_append(out, bytes + event->to_end, event->message_id - event->to_end);
    wsd__buf_puts(out, message_id);
    wsd__buf_append(out, bytes + event->message_id_end, event->headers - event->message_id_end);
    wsd__buf_puts(out, sink->headers);
    wsd__buf_append(out, bytes + event->headers, event->size - event->headers);
    return out->failed;
}
