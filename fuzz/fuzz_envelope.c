/* SPDX-License-Identifier: MIT */
/* Any document, read as an envelope with a body that no table knows. See codec.h for what must
 * hold. */
#include "codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_envelope(&wsd__type_soap_bag, data, size);
    return 0;
}
