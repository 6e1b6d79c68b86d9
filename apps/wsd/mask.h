/* SPDX-License-Identifier: MIT */
/*
 * Takes out of a text what tells who and where somebody is: addresses, host names in URLs, UUIDs,
 * serial numbers, names of users and scanners' places. Each is replaced by a stand-in that looks
 * alike and is the same for the same thing in all texts of one mask.
 */
#ifndef WSD_APPS_MASK_H
#define WSD_APPS_MASK_H

#include <stddef.h>

struct mask;

struct mask *mask_new(void);
void mask_free(struct mask *mask);

/* A masked copy, to be freed, its length in `ret_size`; NULL when memory is out. */
char *mask_text(struct mask *mask, const char *text, size_t size, size_t *ret_size);

#endif
