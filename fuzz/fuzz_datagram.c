/* SPDX-License-Identifier: MIT */
/* Datagrams of discovery. See codec.h for what must hold. */
#include "codec.h"
#include "core/limits.h"
#include "discovery/messages.h"

static void kind(const uint8_t *data, size_t size)
{
    const struct wsd__envelope *envelope = NULL;

    if (wsd__envelope_decode(context, &wsd__type_discovery_body, data, size, WSD__QUIRKS_DEFAULT,
                             &envelope, NULL) == 0)
        require(wsd__message_of(envelope) < WSD__MESSAGES, "it is one of the messages or none");
    wsd_free(envelope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > WSD_MAX_DATAGRAM)
        return 0;
    fuzz_envelope(&wsd__type_discovery_body, data, size);
    kind(data, size);
    return 0;
}
