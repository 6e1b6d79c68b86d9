/* SPDX-License-Identifier: MIT */
#include "common/stamp.h"

#include <stdio.h>
#include <time.h>

char *stamp_clock(char ret[STAMP_SIZE])
{
    time_t now = time(NULL);
    struct tm parts;

    if (!localtime_r(&now, &parts) || strftime(ret, STAMP_SIZE, "%H:%M:%S", &parts) == 0)
        *ret = 0;
    return ret;
}

static size_t put_date(time_t when, char ret[STAMP_SIZE])
{
    struct tm parts;
    size_t n = gmtime_r(&when, &parts) ? strftime(ret, STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts) : 0;

    ret[n] = 0;
    return n;
}

char *stamp_now(char ret[STAMP_SIZE])
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    size_t n = put_date(now.tv_sec, ret);
    snprintf(ret + n, STAMP_SIZE - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
    return ret;
}

char *stamp_of(int64_t seconds, char ret[STAMP_SIZE])
{
    size_t n = put_date((time_t)seconds, ret);

    snprintf(ret + n, STAMP_SIZE - n, "Z");
    return ret;
}

char *stamp_span(int64_t seconds, char ret[STAMP_SIZE])
{
    long long s = seconds < 0 ? 0 : seconds;

    if (s < 100)
        snprintf(ret, STAMP_SIZE, "%lld s", s);
    else if (s < 100 * 60)
        snprintf(ret, STAMP_SIZE, "%lld min", s / 60);
    else if (s < 48 * 3600)
        snprintf(ret, STAMP_SIZE, "%lld h", s / 3600);
    else
        snprintf(ret, STAMP_SIZE, "%lld days", s / 86400);
    return ret;
}
