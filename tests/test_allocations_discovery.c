/* SPDX-License-Identifier: MIT */
/* Memory runs out at every place of discovery: searches, listener, watch and responder. */
#include "support/failing_allocations.h"

#include "support/discovery_runs.h"

#define RUN(name)                                                                                  \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        NEED_NAMESPACE(state);                                                                     \
        each_failure(run_##name, NULL);                                                            \
    }

RUN(probe)
RUN(resolve)
RUN(listener)
RUN(watch)
RUN(responder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe),     cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_listener),  cmocka_unit_test(test_watch),
        cmocka_unit_test(test_responder),
    };
    return cmocka_run_group_tests(tests, setup_namespace, NULL);
}
