/* SPDX-License-Identifier: MIT */
/* Answers to a metadata Get. See codec.h for what must hold. */
#include "codec.h"
#include "transfer/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_envelope(&wsd__type_transfer_body, data, size);
    return 0;
}
