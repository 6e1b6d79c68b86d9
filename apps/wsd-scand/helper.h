/* SPDX-License-Identifier: MIT */
/*
 * wsd-scand-deliver at work on one scan: started, told of pages, listened to, ended when it hangs.
 */
#ifndef WSD_SCAND_HELPER_H
#define WSD_SCAND_HELPER_H

#include "scand.h"

/* What it says, a JSON object a line; see wsd-scand-deliver. */
struct helper_hooks {
    void (*said)(void *user, const struct json_object *object);
    /* It has ended; nothing comes after this, and the helper is gone. `status` as of waitpid(). */
    void (*ended)(void *user, int status);
    void *user;
};

#define HELPER_MAX_LINE (1 << 20)

/* Starts it on the folder of a scan. 0 or a negative errno. */
int helper_start(struct scand *scand, const char *folder, const struct helper_hooks *hooks,
                 struct helper **ret);
/* A page is whole. Losing one such line does no harm: the next names a higher number. */
void helper_page(struct helper *helper, unsigned page);
/* No more pages come, and end.json says so; from now on it may take `limit` milliseconds. */
void helper_end(struct helper *helper, uint64_t limit);
/* Nobody listens to it any more; it goes on with what it has. */
void helper_release(struct helper *helper);

/* Children have ended (SIGCHLD). */
void helpers_reap(struct scand *scand);
/* They go on by themselves. */
void helpers_free(struct scand *scand);

#endif
