/* SPDX-License-Identifier: MIT */
/*
 * Where control sockets are, and which of them are alive.
 *
 * The folder below /tmp could be made by somebody else first, so that it is looked at through a
 * descriptor before anything in it is believed.
 */
#include "common/control_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKETS_MAX 4096 /* of a folder that are looked at */
#define NAME_MAX_   40   /* of a name that is made part of a path */

static int fail(int code, control_reason reason, const char *what, const char *path)
{
    snprintf(reason, CONTROL_REASON, "%s%s%s: %s", what, *what ? " " : "", path, strerror(-code));
    return code;
}

/* -- the folder ---------------------------------------------------------------------------------
 */

static bool is_ours(const char *folder)
{
    struct stat about;

    return lstat(folder, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == geteuid();
}

static int check_folder(const char *folder, control_reason reason)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;

    if (fd < 0)
        return fail(-errno, reason, "", folder);
    int r = fstat(fd, &about) < 0 ? -errno : 0;
    close(fd);
    if (r < 0)
        return fail(r, reason, "", folder);
    if (about.st_uid == geteuid() && (about.st_mode & 077) == 0)
        return 0;
    snprintf(reason, CONTROL_REASON, "%s belongs to another user or is open to others", folder);
    return -EPERM;
}

int control_folder(char ret[CONTROL_MAX_PATH], bool make, control_reason reason)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    int n;

    /* Under sudo the variable may still name the folder of the user who called. */
    if (runtime && runtime[0] == '/' && is_ours(runtime))
        n = snprintf(ret, CONTROL_MAX_PATH, "%s/wsd", runtime);
    else
        n = snprintf(ret, CONTROL_MAX_PATH, "/tmp/wsd-%lu", (unsigned long)geteuid());
    if (n < 0 || n >= CONTROL_MAX_PATH)
        return fail(-ENAMETOOLONG, reason, "", runtime ? runtime : "/tmp");
    if (make && mkdir(ret, 0700) < 0 && errno != EEXIST)
        return fail(-errno, reason, "", ret);
    return check_folder(ret, reason);
}

/* Letters, digits and a few signs stay, a run of anything else is one '-'. */
static void file_name(const char *name, char *ret, size_t size)
{
    size_t n = 0;

    for (; *name && n + 1 < size; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= '0' && *name <= '9') || *name == '_' || *name == '.';
        if (plain)
            ret[n++] = *name;
        else if (n > 0 && ret[n - 1] != '-')
            ret[n++] = '-';
    }
    while (n > 0 && ret[n - 1] == '-')
        n--;
    ret[n] = 0;
}

int control_path(const char *folder, const char *kind, const char *name, char ret[CONTROL_MAX_PATH])
{
    char plain[NAME_MAX_ + 1];

    file_name(name, plain, sizeof plain);
    if (!*plain)
        return -EINVAL;
    int n = snprintf(ret, CONTROL_MAX_PATH, "%s/%s-%s.sock", folder, kind, plain);
    return n < 0 || n >= CONTROL_MAX_PATH ? -ENAMETOOLONG : 0;
}

/* -- sockets ------------------------------------------------------------------------------------
 */

bool control_address(const char *path, struct sockaddr_un *ret)
{
    size_t length = strlen(path);

    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length == 0 || length >= sizeof ret->sun_path)
        return false;
    memcpy(ret->sun_path, path, length + 1);
    return true;
}

bool control_is_dead(const char *path)
{
    struct sockaddr_un address;
    struct stat about;

    if (!control_address(path, &address) || lstat(path, &about) < 0 || !S_ISSOCK(about.st_mode) ||
        about.st_uid != geteuid())
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    /* A full queue (EAGAIN) is that of somebody who lives. */
    bool dead = connect(fd, (struct sockaddr *)&address, sizeof address) < 0 &&
                (errno == ECONNREFUSED || errno == ENOTCONN);
    close(fd);
    return dead;
}

int control_lock(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[CONTROL_MAX_PATH + 2];

    if (!slash)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat about;
    /* In a folder that others can open they could hold the lock for ever. */
    bool closed = fd >= 0 && fstat(fd, &about) == 0 && about.st_uid == geteuid() &&
                  (about.st_mode & 077) == 0;
    if (fd >= 0 && (!closed || flock(fd, LOCK_EX) < 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* -- all of a folder ----------------------------------------------------------------------------
 */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_kind(const char *name, const char *kind)
{
    size_t n = strlen(name), k = strlen(kind);

    return n > k + 6 && strncmp(name, kind, k) == 0 && name[k] == '-' &&
           strcmp(name + n - 5, ".sock") == 0;
}

static int read_folder(const char *folder, const char *kind, char **names, size_t *n)
{
    DIR *directory = opendir(folder);
    int r = 0;

    if (!directory)
        return -errno;
    for (struct dirent *entry; *n < SOCKETS_MAX && (entry = readdir(directory)) != NULL;) {
        if (!is_kind(entry->d_name, kind))
            continue;
        names[*n] = strdup(entry->d_name);
        if (!names[*n]) {
            r = -ENOMEM;
            break;
        }
        ++*n;
    }
    closedir(directory);
    return r;
}

int control_each(const char *folder, const char *kind, bool sweep,
                 void (*found)(void *user, const char *path), void *user)
{
    char **names = calloc(SOCKETS_MAX, sizeof *names);
    char within[CONTROL_MAX_PATH + 2];
    size_t n = 0;
    int r = names ? read_folder(folder, kind, names, &n) : -ENOMEM;

    snprintf(within, sizeof within, "%s/", folder);
    int lock = sweep ? control_lock(within) : -1;

    if (n > 1)
        qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++) {
        char path[CONTROL_MAX_PATH];
        int length = snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        bool fits = length > 0 && (size_t)length < sizeof path;
        bool dead = r == 0 && fits && control_is_dead(path);
        if (dead && sweep)
            unlink(path);
        else if (r == 0 && fits && !dead)
            found(user, path);
        free(names[i]);
    }
    if (lock >= 0)
        close(lock);
    free(names);
    return r;
}
