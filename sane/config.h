/* SPDX-License-Identifier: MIT */
/* wsd.conf: which scanners are named there, how long is searched; and the log. */
#ifndef WSD_SANE_CONFIG_H
#define WSD_SANE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <wsd/context.h>

/* A scanner by its address, for where no search reaches. */
struct place {
    char *name, *address;
};

struct config {
    bool search;             /* by multicast */
    unsigned search_ms;      /* that a list may take */
    unsigned quick_ms;       /* that it takes once all scanners that are known have answered */
    bool allow_foreign;      /* as wsd_context_options.allow_foreign_addresses */
    const char **interfaces; /* NULL-terminated; NULL: all */
    struct place *places;
    size_t n_places;
    int debug; /* SANE_DEBUG_WSD */
};

/* Looks in SANE_CONFIG_DIR or where SANE's files lie. A file that cannot be read or understood is
 * told and the defaults hold; false without memory. */
bool config_read(struct config *ret);
void config_free(struct config *config);
/* Part of it: what the file at `path` says, which is `text`, `size` bytes and a zero; it is
 * changed. `ret` comes with what holds without the file. */
bool config_take(const char *path, char *text, size_t size, struct config *ret);

/* A context for the thread that calls. `now` as in wsd_context_options, or NULL. */
int config_context(const struct config *config, uint64_t (*now)(void *user), void *user,
                   struct wsd_context **ret, struct wsd_error *reterr);

/* To standard error, from SANE_DEBUG_WSD = `level` on: 1 what failed, 2 what is done, 3 the
 * library's own words. */
void say(const struct config *config, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
