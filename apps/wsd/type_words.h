/* SPDX-License-Identifier: MIT */
/* Types of devices as a person writes them with --type. */
#ifndef WSD_APPS_TYPE_WORDS_H
#define WSD_APPS_TYPE_WORDS_H

#include <stdbool.h>
#include <wsd/types.h>

#include "options.h"

struct type_words {
    struct wsd_qname types[OPTIONS_MAX_REPEATS];
    size_t n_types;
    char stores[OPTIONS_MAX_REPEATS][512]; /* what they point into */
};

/* Reads all --type; false when one is no type, which is said. `ret` must stay where it is. */
bool type_words_read(const struct args *args, enum option_id option, struct type_words *ret);

#endif
