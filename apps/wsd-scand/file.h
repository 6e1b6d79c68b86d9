/* SPDX-License-Identifier: MIT */
/* Small files that are whole or not there. Folders are named by a descriptor, or AT_FDCWD. */
#ifndef WSD_SCAND_FILE_H
#define WSD_SCAND_FILE_H

#include <stddef.h>

struct json_object;

/* -ENOENT, -EFBIG (more than `most` bytes), -EBADMSG (no JSON object, or nested deeper than
 * `depth`), another negative errno. */
int file_read_json(int folder, const char *name, size_t most, int depth, struct json_object **ret);

/* Written beside it, synced, renamed over it, the folder synced. 0 or a negative errno. With
 * AT_FDCWD and a path the folder is not synced. */
int file_write_json(int folder, const char *name, struct json_object *object);

/* The parts of that, for files of other kinds. file_settle() closes `fd` in any case. */
int file_settle(int folder, int fd, const char *from, const char *to);
int file_sync_folder(int folder);

/* Unpredictable bytes. 0 or a negative errno. */
int file_random(void *bytes, size_t size);

#endif
