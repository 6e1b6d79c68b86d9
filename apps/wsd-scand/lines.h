/* SPDX-License-Identifier: MIT */
/* Which destinations a scanner's panel offers, and how they are called there. */
#ifndef WSD_SCAND_LINES_H
#define WSD_SCAND_LINES_H

#include "scand.h"

/* The lines of `scanner` by the configuration in force. 0 or -ENOMEM. */
int lines_make(const struct scanner *scanner, struct scanner_line **ret, size_t *ret_n);
void lines_free(struct scanner_line *lines, size_t n);
bool lines_equal(const struct scanner_line *a, size_t n_a, const struct scanner_line *b,
                 size_t n_b);

#endif
