/* SPDX-License-Identifier: MIT */
/*
 * Datagrams of discovery, fed with anything.
 *
 * What decodes encodes, and what was encoded decodes to the same and encodes to the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "discovery/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wsd_context *context;

static const struct wsd__envelope *decode(const void *bytes, size_t size)
{
    const struct wsd__envelope *envelope = NULL;
    int status = wsd__envelope_decode(context, &wsd__type_discovery_body, bytes, size,
                                      WSD__QUIRKS_DEFAULT, &envelope, NULL);
    return status < 0 ? NULL : envelope;
}

static void encode(const struct wsd__envelope *envelope, struct wsd__buf *out)
{
    if (wsd__envelope_encode(&envelope->header, NULL, &wsd__type_discovery_body, envelope->body,
                             envelope->dialect, out, NULL) < 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsd__buf first = WSD__BUF_INIT(64u << 20), second = WSD__BUF_INIT(64u << 20);
    if (context == NULL && wsd_context_new(NULL, &context, NULL) < 0) {
        abort();
    }
    const struct wsd__envelope *envelope = size <= WSD_MAX_DATAGRAM ? decode(data, size) : NULL;
    if (envelope == NULL) {
        return 0;
    }
    wsd__message_of(envelope);
    encode(envelope, &first);
    const struct wsd__envelope *again = decode(first.data, first.length);
    if (again == NULL) {
        abort();
    }
    encode(again, &second);
    if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0 ||
        !wsd_equal(&wsd__type_discovery_body, envelope->body, again->body)) {
        abort();
    }
    wsd_free(envelope);
    wsd_free(again);
    wsd__buf_free(&first);
    wsd__buf_free(&second);
    return 0;
}
