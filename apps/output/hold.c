/* SPDX-License-Identifier: MIT */
/*
 * Files that wait for their names until the last of them is whole. Whoever keeps a record is told
 * before a file takes its name, and before a temporary without one goes away: at no time does the
 * record say that a file stands while it might be lost. Cost: no descriptor a file; the folder is
 * synced twice.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "job.h"

int output_hold(struct output *o, struct part *part, struct output_file *file)
{
    int r = part_settle(&o->target, part, file->name, &o->error);
    if (r < 0)
        return r;
    memcpy(file->part, part->name, sizeof file->part);
    close(part->fd);
    part->fd = -1;
    return 0;
}

static int tell(struct output *o, enum output_naming what)
{
    if (!o->options.naming || o->options.naming(o->options.user, o, what) == 0)
        return 0;
    return output_fail(
        &o->error, OUTPUT_E_IO,
        "What is delivered could not be recorded; free some space for the record and "
        "try again.");
}

/* Looks for a name that is free, beside `base` where that is taken. */
static int find_free(struct output *o, const char *base, unsigned *number, struct output_file *file)
{
    while (!o->target.force && target_exists(&o->target, file->name)) {
        if (*number >= NAME_COUNTER_MAX || name_beside(base, (*number)++, file->name) < 0)
            return output_fail_errno(&o->error, EEXIST, "Writing", base);
    }
    return 0;
}

static int name_one(struct output *o, struct output_file *file)
{
    char base[NAME_BYTES];
    unsigned number = 2;
    memcpy(base, file->name, sizeof base);
    for (;;) {
        int error = target_take_name(&o->target, file->part, file->name);
        if (error == 0)
            break;
        if (error != EEXIST || o->target.force)
            return output_fail_errno(&o->error, error, "Naming the finished file", file->name);
        int r = find_free(o, base, &number, file);
        if (r == 0)
            r = tell(o, OUTPUT_NAMES_TAKE);
        if (r < 0)
            return r;
    }
    file->part[0] = '\0';
    return 0;
}

int output_name_held(struct output *o)
{
    int r = 0, error;
    for (size_t i = 0; r == 0 && i < o->file_count; i++) {
        char base[NAME_BYTES];
        unsigned number = 2;
        memcpy(base, o->files[i].name, sizeof base);
        r = find_free(o, base, &number, &o->files[i]);
    }
    /* The temporaries have to be there after a crash, if the record is. */
    if (r == 0 && (error = target_sync(&o->target)) != 0)
        r = output_fail_errno(&o->error, error, "Syncing the folder", o->target.path);
    if (r == 0)
        r = tell(o, OUTPUT_NAMES_TAKE);
    for (size_t i = 0; r == 0 && i < o->file_count; i++)
        r = name_one(o, &o->files[i]);
    if (r == 0 && (error = target_sync(&o->target)) != 0)
        r = output_fail_errno(&o->error, error, "Syncing the folder", o->target.path);
    if (r < 0 && o->options.naming &&
        o->options.naming(o->options.user, o, OUTPUT_NAMES_GIVE_UP) != 0)
        output_drop_held(o, 0, false);
    return r;
}

void output_drop_held(struct output *o, size_t from, bool remove_them)
{
    size_t kept = from;
    for (size_t i = from; i < o->file_count; i++) {
        if (!*o->files[i].part)
            o->files[kept++] = o->files[i];
        else if (remove_them)
            unlinkat(o->target.folder, o->files[i].part, 0);
    }
    o->file_count = kept;
}
