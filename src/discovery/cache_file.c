/* SPDX-License-Identifier: MIT */
/*
 * The file of the cache: where it lies, who may read it, and how it is set aside.
 *
 * The file is never opened here: closing a descriptor of a file drops all locks that this process
 * has on it (fcntl(2)), those of SQLite with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "discovery/cache.h"

/* -- where ------------------------------------------------------------------------------------ */

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

int wsd__cache_locate(const char *path, char **ret_path, struct wsd_error *reterr)
{
    struct wsd__buf text = WSD__BUF_INIT(PATH_MAX);
    const char *given = path != NULL ? path : variable("WSD_CACHE_PATH");
    const char *folder = variable("XDG_CACHE_HOME"), *home = variable("HOME");
    if (given != NULL && given[0] == '\0') {
        return wsd__error(reterr, WSD_E_INVALID, "the path of the cache is empty");
    }
    if (given != NULL) {
        /* "file:x" and ":memory:" mean something else to SQLite. */
        wsd__buf_printf(&text, given[0] == '/' ? "%s" : "./%s", given);
    } else if (folder != NULL && folder[0] == '/') {
        wsd__buf_printf(&text, "%s/wsd/devices.sqlite", folder);
    } else if (home != NULL) {
        wsd__buf_printf(&text, "%s/.cache/wsd/devices.sqlite", home);
    } else {
        return wsd__error(reterr, WSD_E_SYSTEM,
                          "there is no place for the cache of devices: neither WSD_CACHE_PATH nor "
                          "HOME is set");
    }
    if (text.failed != 0) {
        int status = text.failed;
        wsd__buf_free(&text);
        return status == WSD_E_NO_MEMORY
                   ? wsd__error(reterr, WSD_E_NO_MEMORY, NULL)
                   : wsd__error(reterr, WSD_E_SYSTEM, "the path of the cache is too long");
    }
    *ret_path = text.data;
    return 0;
}

/* -- folder and file -------------------------------------------------------------------------- */

static int make_folders(const char *path, struct wsd_error *reterr)
{
    char *folder = strdup(path);
    int status = 0;
    if (folder == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    for (char *at = folder; status == 0 && (at = strchr(at + 1, '/')) != NULL; *at = '/') {
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            struct stat there;
            int system = errno; /* of a read-only place it may be said before "exists" */
            if (stat(folder, &there) != 0 || !S_ISDIR(there.st_mode)) {
                status = wsd__error_errno(reterr, WSD_E_SYSTEM, system,
                                          "the folder %s for the cache of devices cannot be made",
                                          folder);
            }
        }
    }
    free(folder);
    return status;
}

/* An empty file without ever opening it. */
static int make_file(const char *path, struct wsd_error *reterr)
{
    if (mknod(path, S_IFREG | S_IRUSR | S_IWUSR, 0) == 0 || errno == EEXIST) {
        return 0;
    }
    if (errno == EPERM || errno == EINVAL) { /* BSD: for pipes alone */
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (fd >= 0 || errno == EEXIST) {
            if (fd >= 0) {
                close(fd);
            }
            return 0;
        }
    }
    return wsd__error_errno(reterr, WSD_E_SYSTEM, errno,
                            "the cache of devices cannot be made at %s; WSD_CACHE_PATH may name "
                            "another place",
                            path);
}

int wsd__cache_prepare(const char *path, bool *ret_foreign, struct wsd_error *reterr)
{
    struct stat there;
    if (stat(path, &there) != 0) {
        int status = errno == ENOENT ? make_folders(path, reterr) : 0;
        if (status == 0) {
            status = make_file(path, reterr);
        }
        if (status < 0) {
            return status;
        }
        if (stat(path, &there) != 0) {
            return wsd__error_errno(reterr, WSD_E_SYSTEM, errno, "%s cannot be looked at", path);
        }
    }
    if (!S_ISREG(there.st_mode)) {
        return wsd__error_errno(reterr, WSD_E_SYSTEM, S_ISDIR(there.st_mode) ? EISDIR : EINVAL,
                                "%s is no file that devices could be kept in", path);
    }
    /* A file of one byte is an empty one to SQLite, which would write over it. */
    *ret_foreign = there.st_size == 1 || (long long)there.st_size > WSD_MAX_CACHE_FILE;
    return 0;
}

bool wsd__cache_writable(const char *path)
{
    struct wsd__buf folder = WSD__BUF_INIT(PATH_MAX);
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    bool writable = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
    if (length > 0 && wsd__buf_append(&folder, path, length) == 0) {
        writable = writable && faccessat(AT_FDCWD, folder.data, W_OK | X_OK, AT_EACCESS) == 0;
    }
    wsd__buf_free(&folder);
    return writable;
}

/* -- aside ------------------------------------------------------------------------------------ */

/* A second name for a file, never one that exists. ENOSYS where there are no links. */
static int add_name(const char *from, const char *to)
{
    struct stat there;
    if (link(from, to) == 0) {
        return 0;
    }
    if (errno == ENOENT) {
        return ENOENT;
    }
    return errno == EEXIST || lstat(to, &there) == 0 ? EEXIST : ENOSYS;
}

/* Takes the first name from a file, or exchanges it where it could not have two. */
static int end_name(const char *from, const char *to, bool linked)
{
    return (linked ? unlink(from) : rename(from, to)) == 0 ? 0 : errno;
}

/* What kept a path from being put together. */
static int lack(const struct wsd__buf *path)
{
    return path->failed == 0 ? 0 : path->failed == WSD_E_NO_MEMORY ? ENOMEM : ENAMETOOLONG;
}

static int move_beside(const char *path, const char *suffix, const char *end)
{
    struct wsd__buf from = WSD__BUF_INIT(PATH_MAX), to = WSD__BUF_INIT(PATH_MAX);
    wsd__buf_printf(&from, "%s%s", path, end);
    wsd__buf_printf(&to, "%s%s%s", path, suffix, end);
    int system = lack(&from) != 0 ? lack(&from) : lack(&to);
    if (system == 0) {
        system = add_name(from.data, to.data);
    }
    bool linked = system == 0;
    if (system == 0 || system == ENOSYS) {
        system = end_name(from.data, to.data, linked);
    }
    wsd__buf_free(&from);
    wsd__buf_free(&to);
    return system == ENOENT ? 0 : system;
}

/* The file gets its second name first and loses its first name last: whoever dies in between leaves
 * all of it where it was found. A journal goes before its file, for alone it would be taken for
 * that of the next. */
static int rename_all(const char *path, const char *suffix)
{
    static const char *const beside[] = {"-journal", "-wal", "-shm"};
    struct wsd__buf to = WSD__BUF_INIT(PATH_MAX);
    wsd__buf_printf(&to, "%s%s", path, suffix);
    int system = lack(&to) != 0 ? lack(&to) : add_name(path, to.data);
    bool linked = system == 0;
    system = system == ENOSYS ? 0 : system;
    for (size_t i = 0; system == 0 && i < sizeof beside / sizeof *beside; i++) {
        system = move_beside(path, suffix, beside[i]);
    }
    if (system == 0) {
        system = end_name(path, to.data, linked);
    } else if (linked) {
        unlink(to.data);
    }
    wsd__buf_free(&to);
    return system;
}

int wsd__cache_set_aside(const char *path, char suffix[WSD__CACHE_SUFFIX], struct wsd_error *reterr)
{
    int system = EEXIST;
    for (int i = 1; i <= WSD_MAX_CACHES_SET_ASIDE && system == EEXIST; i++) {
        snprintf(suffix, WSD__CACHE_SUFFIX, ".damaged-%d", i);
        system = rename_all(path, suffix);
    }
    if (system == 0) {
        return 0;
    }
    if (system == ENOMEM) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    if (system == EEXIST) {
        return wsd__error(reterr, WSD_E_SYSTEM,
                          "%s is damaged, and %d such files lie beside it already; remove them",
                          path, WSD_MAX_CACHES_SET_ASIDE);
    }
    return wsd__error_errno(reterr, WSD_E_SYSTEM, system,
                            "%s is damaged or is no cache of devices, and cannot be set aside",
                            path);
}
