/* SPDX-License-Identifier: MIT */
/*
 * Options of a program, which may have been compiled with an older or a newer header than ours.
 *
 * Each structure of options begins with its size. What both sides know is taken, what only ours
 * knows stays 0, the default; and what only theirs knows is not looked at. A size of 0 is that of a
 * structure that was zeroed by hand: it counts as ours.
 */
#ifndef WSD_CORE_OPTIONS_H
#define WSD_CORE_OPTIONS_H

#include <stddef.h>
#include <string.h>

static inline void wsd__options_take(void *own, size_t own_size, const void *given)
{
    size_t size = 0;

    memset(own, 0, own_size);
    if (given) {
        memcpy(&size, given, sizeof size);
        memcpy(own, given, size && size < own_size ? size : own_size);
    }
    memcpy(own, &own_size, sizeof own_size);
}

/* own: a structure of options; given: a pointer to one, or NULL. */
#define WSD__OPTIONS_TAKE(own, given) wsd__options_take(&(own), sizeof(own), (given))

#endif
