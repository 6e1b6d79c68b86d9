/* SPDX-License-Identifier: MIT */
/*
 * Who is there beside the context that the matrix tries: a device, a peer that asks; and how its
 * calls come to an end. Whoever waits lets them work, and then the clock.
 */
#ifndef TESTS_FAILURES_WORLD_H
#define TESTS_FAILURES_WORLD_H

#include "failures.h"

#include "hostile/relay.h"

#include <sys/epoll.h>

#include "../../fuzz/scanner.h"

#define EPR      "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e1"
#define URI_SCAN "http://schemas.microsoft.com/windows/2006/08/wdp/scan"
#define CHECKED(call)                                                                              \
    do {                                                                                           \
        if ((r = (call)) < 0)                                                                      \
            goto end;                                                                              \
    } while (0)

/* -- the others ------------------------------------------------------------------------------- */

static struct wsd_context *device_context, *peer_context;
static struct wsd_host *host;
static struct wsd_device *device;
static struct wsd_scan_service *scan_service;
static char url[256], service[300], cache_path[64];
static unsigned pieces, heard;

static int next_image(void *user, struct wsd_scan_job_info *job, unsigned number,
                      const char **ret_type)
{
    (void)user, (void)job;
    *ret_type = "image/png";
    pieces = 3;
    return number <= 2;
}

static ssize_t read_image(void *user, struct wsd_scan_job_info *job, void *buffer, size_t size)
{
    (void)user, (void)job;
    memset(buffer, 'i', size < 1000 ? size : 1000);
    return pieces-- > 0 ? (ssize_t)(size < 1000 ? size : 1000) : WSD_SCANNER_END;
}

static struct wsd_context_options context_options(void *owner)
{
    static const char *const interfaces[] = {"lo", NULL};
    struct wsd_context_options options = WSD_CONTEXT_OPTIONS_INIT;

    options.interfaces = interfaces;
    options.allow_loopback = true;
    options.ipv4_only = true;
    options.open_socket = net_open;
    options.user = owner;
    return options;
}

static bool turn_others(void)
{
    bool worked = relay_turn();

    worked = net_dispatch(device_context) || worked;
    worked = net_dispatch(peer_context) || worked;
    return worked;
}

/* Whoever waits lets the others work; when nobody has anything to do, time goes by. */
static int wait_for(int epoll, struct epoll_event *events, int most, int timeout)
{
    static bool inside;
    static int (*real)(int, struct epoll_event *, int, int);
    int n, other;

    if (!real)
        *(void **)(&real) = dlsym(RTLD_NEXT, "epoll_wait");
    n = real(epoll, events, most, 0);
    if (n != 0 || timeout == 0 || inside || !device_context)
        return n;
    inside = true;
    SAFELY(while (turn_others() && (n = real(epoll, events, most, 0)) == 0));
    if (n == 0 && (n = real(epoll, events, most, 0)) == 0) {
        other = wsd_context_timeout(device_context);
        timeout = timeout < 0 || timeout > 60000 ? 60000 : timeout;
        clock_ms += (uint64_t)(other >= 0 && other < timeout ? (other ? other : 1) : timeout);
    }
    inside = false;
    return n;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    return wait_for(epoll, events, most, timeout);
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
    (void)mask;
    return wait_for(epoll, events, most, timeout);
}

/* -- ends of calls ---------------------------------------------------------------------------- */

static unsigned ends;
static int ended_with;

static void done(void *user, int status, const void *result, const struct wsd_error *error)
{
    ends++;
    ended_with = status;
    require((status < 0) == (error != NULL), "an error comes with a failure");
    require(!error || error->code == status, "the error has the code");
    if (user)
        *(const void **)user = result;
    else
        wsd_free(result);
}

/* The end of a call that began with r. */
static int end_of(struct wsd_context *c, int r)
{
    if (r < 0) {
        require(ends == 0, "what does not start has no end");
        return r;
    }
    for (int i = 0; i < 100000 && ends == 0; i++)
        wsd_context_wait(c, 60000, NULL);
    require(ends == 1, "a call ends once");
    ends = 0;
    return ended_with;
}

static void let_pass(struct wsd_context *c, uint64_t milliseconds)
{
    for (uint64_t until = clock_ms + milliseconds; clock_ms < until;)
        wsd_context_wait(c, (int)(until - clock_ms), NULL);
}

/* A fault that is the right answer here. */
static int unless_fault(int r)
{
    return r == WSD_E_FAULT ? 0 : r;
}

#endif
