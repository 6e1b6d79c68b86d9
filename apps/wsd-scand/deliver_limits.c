/* SPDX-License-Identifier: MIT */
/*
 * What the process that decodes may use. Its parent is the only one who notices when that is too
 * little: it sees by which signal it ended.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "common/sanitized.h"
#include "deliver.h"

static void lower(struct rlimit *is, rlim_t most)
{
    if (is->rlim_max == RLIM_INFINITY || is->rlim_max > most)
        is->rlim_max = most;
    if (is->rlim_cur == RLIM_INFINITY || is->rlim_cur > is->rlim_max)
        is->rlim_cur = is->rlim_max;
}

/* The type of a resource is the C library's own affair: so it is a macro's argument. */
#define LIMIT(resource, most)                                                                      \
    do {                                                                                           \
        struct rlimit is_;                                                                         \
        if (getrlimit(resource, &is_) == 0) {                                                      \
            lower(&is_, (rlim_t)(most));                                                           \
            setrlimit(resource, &is_);                                                             \
        }                                                                                          \
    } while (0)

void deliver_confine(void)
{
    signal(SIGXFSZ, SIG_IGN); /* EFBIG is an error like any other */
    LIMIT(RLIMIT_CORE, 0);
    LIMIT(RLIMIT_FSIZE, DELIVER_MAX_FILE);
    if (LIMIT_ADDRESSES)
        LIMIT(RLIMIT_AS, DELIVER_MAX_MEMORY);
#ifdef __linux__
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
    deliver_allow_page();
}

void deliver_allow_page(void)
{
    struct rlimit is;
    struct rusage used;

    if (getrlimit(RLIMIT_CPU, &is) < 0 || getrusage(RUSAGE_SELF, &used) < 0)
        return;
    rlim_t until = (rlim_t)used.ru_utime.tv_sec + (rlim_t)used.ru_stime.tv_sec + 1;
    until += DELIVER_CPU_SECONDS;
    is.rlim_cur = is.rlim_max == RLIM_INFINITY || is.rlim_max > until ? until : is.rlim_max;
    setrlimit(RLIMIT_CPU, &is);
}
