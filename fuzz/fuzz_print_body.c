/* SPDX-License-Identifier: MIT */
/* What a printer says of itself. See codec.h for what must hold. */
#include "codec.h"
#include "print/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_envelope(&wsd__type_print_body, data, size);
    return 0;
}
