/* SPDX-License-Identifier: MIT */
/* Messages of the scan service. See codec.h for what must hold. */
#include "codec.h"
#include "scan/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_envelope(&wsd__type_scan_body, data, size);
    return 0;
}
