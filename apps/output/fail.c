/* SPDX-License-Identifier: MIT */
/*
 * Error texts: what happened and what to do next, for every errno that a disk gives.
 */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output.h"

static const struct {
    int error, code;
    const char *advice;
} causes[] = {
    {ENOSPC, OUTPUT_E_DISK_FULL, "free some space or choose another folder"},
    {EDQUOT, OUTPUT_E_DISK_FULL, "your quota is used up; free some space or choose another folder"},
    {EFBIG, OUTPUT_E_DISK_FULL, "a file may not grow that large here; lower the resolution"},
    {ENOENT, OUTPUT_E_UNWRITABLE, "make the folder first or choose another"},
    {ENOTDIR, OUTPUT_E_UNWRITABLE, "that is not a folder; choose another"},
    {EACCES, OUTPUT_E_UNWRITABLE, "change the folder's permissions or choose another"},
    {EPERM, OUTPUT_E_UNWRITABLE, "change the folder's permissions or choose another"},
    {EROFS, OUTPUT_E_UNWRITABLE, "the file system is read-only; choose another folder"},
    {EISDIR, OUTPUT_E_EXISTS, "a folder has that name; choose another name"},
    {EEXIST, OUTPUT_E_EXISTS, "choose another name, or give --force to overwrite it"},
    {ENAMETOOLONG, OUTPUT_E_USAGE, "choose a shorter name"},
};

int output_fail(struct output_error *ret_error, int code, const char *format, ...)
{
    if (!ret_error || ret_error->code != 0)
        return code;
    ret_error->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(ret_error->text, sizeof ret_error->text, format, args);
    va_end(args);
    return code;
}

int output_fail_errno(struct output_error *ret_error, int error, const char *what, const char *name)
{
    int code = OUTPUT_E_IO;
    const char *advice = "try again or choose another folder";
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].error == error) {
            code = causes[i].code;
            advice = causes[i].advice;
        }
    return output_fail(ret_error, code, "%s \"%.100s\" failed: %s; %s.", what, name,
                       strerror(error), advice);
}
