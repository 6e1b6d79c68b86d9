/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out. Linked with --wrap for malloc, calloc, realloc and strdup: what the library
 * calls itself fails, what libraries below allocate does not.
 */
#ifndef TESTS_SUPPORT_FAILING_ALLOCATIONS_H
#define TESTS_SUPPORT_FAILING_ALLOCATIONS_H

#include "failing.h"

#include <wsd/context.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* Both loops turn; memory fails in the client's alone. */
static inline void turn_both(struct wsd_context *client, struct wsd_context *server)
{
    long kept;
    wsd_context_wait(client, 1, NULL);
    kept = left;
    left = -1;
    wsd_context_wait(server, 1, NULL);
    left = kept;
}

#endif
