/* SPDX-License-Identifier: MIT */
/* Messages of WS-Eventing, both ends. See codec.h for what must hold. */
#include "codec.h"
#include "eventing/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_envelope(&wsd__type_eventing_body, data, size);
    return 0;
}
