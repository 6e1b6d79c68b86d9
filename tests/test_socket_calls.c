/* SPDX-License-Identifier: MIT */
/*
 * The system refuses a call on a socket, at every place where it can: no run may crash, leak, hang
 * or end a call twice. Linked with --wrap for the calls below.
 */
#include "support/discovery_runs.h"

#include <errno.h>
#include <ifaddrs.h>

/* Any code will do that is not one of those after which a call is made again. */
#define WRAP(result, name, parameters, arguments)                                                  \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        if (fails()) {                                                                             \
            errno = EPERM;                                                                         \
            return -1;                                                                             \
        }                                                                                          \
        return __real_##name arguments;                                                            \
    }

WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(int, recvmmsg,
     (int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout),
     (fd, messages, count, flags, timeout))
WRAP(ssize_t, recvfrom,
     (int fd, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *from_size),
     (fd, bytes, size, flags, from, from_size))
WRAP(int, getifaddrs, (struct ifaddrs * *list), (list))

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
