/* SPDX-License-Identifier: MIT */
/*
 * The folder that scans go to: hidden temporaries in it, and the step by which a whole file takes
 * its name. That step is atomic, durable (file and folder are synced) and, unless forced, never
 * takes the place of another file, even one made a moment ago.
 */
#ifndef WSD_APPS_OUTPUT_TARGET_H
#define WSD_APPS_OUTPUT_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "output.h"

#define PART_PREFIX_BYTES 128u
#define PART_NAME_BYTES   160u

struct target {
    int folder; /* descriptor; -1 = closed */
    bool is_stdout;
    bool force;
    mode_t mode; /* of finished files */
    uid_t owner; /* likewise; -1 = as it comes */
    gid_t group;
    char prefix[PART_PREFIX_BYTES]; /* of temporaries; a hidden name */
    char path[4096];
};

/* A temporary file; `fd` is -1 when there is none. One that is borrowed is a file of somebody else,
 * which is read and never written or removed. */
struct part {
    int fd;
    bool borrowed;
    char name[PART_NAME_BYTES];
};
#define PART_NONE                                                                                  \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* Opens the folder. With `is_stdout` that is where temporaries may go: TMPDIR, else /var/tmp. */
int target_open(const char *folder, bool is_stdout, bool force, struct target *ret,
                struct output_error *ret_error);
void target_close(struct target *target);

/* Proves by a file of no name that the folder takes files, and that `bytes` find room in it. */
int target_probe(const struct target *target, uint64_t bytes, struct output_error *ret_error);

bool target_exists(const struct target *target, const char *name);

int part_create(const struct target *target, struct part *ret, struct output_error *ret_error);

/* Gives the file its name; afterwards `part` is empty. EXISTS when it is taken: `part` is then as
 * before and nothing is reported yet, so that the caller may try another name. */
int part_deliver(const struct target *target, struct part *part, const char *name,
                 struct output_error *ret_error);

/* Makes a borrowed part one of its own, by a copy that shares the blocks where the file system can;
 * one that is not borrowed stays. */
int part_own(const struct target *target, struct part *part, struct output_error *ret_error);

/* The first half of part_deliver(): mode and owner, and all of it on the disk; it stays open. */
int part_settle(const struct target *target, const struct part *part, const char *name,
                struct output_error *ret_error);

/* The second: a file of the folder takes another name, atomically. 0 or an errno. */
int target_take_name(const struct target *target, const char *from, const char *to);
/* 0 or an errno. */
int target_sync(const struct target *target);

/* Removes it; nothing happens when it is empty. */
void part_drop(const struct target *target, struct part *part);

#endif
