/* SPDX-License-Identifier: MIT */
#ifndef WSD_SANE_LEAN_H
#define WSD_SANE_LEAN_H

/* Before the first context of the process. */
void lean(void);

#endif
