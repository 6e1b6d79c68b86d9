/* SPDX-License-Identifier: MIT */
#ifndef WSD_SANE_THREAD_H
#define WSD_SANE_THREAD_H

#include <pthread.h>

/* pthread_create() with all signals blocked in the new thread. */
int thread_begin(pthread_t *ret, void *(*run)(void *user), void *user);

#endif
