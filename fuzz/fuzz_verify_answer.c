/* SPDX-License-Identifier: MIT */
/*
 * What a foreign device answers, to all checks of checks/ (verifying.h).
 */
#include "verifying.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct checks checks;
    char why[600] = "";

    if (checks.n == 0)
        require(checks_read(&checks, WSD_CHECKS_DIR, why, sizeof why));
    take_answers((const char *)data, size);
    run_checks(&checks, context_of_all());
    return 0;
}
