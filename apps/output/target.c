/* SPDX-License-Identifier: MIT */
/*
 * Temporaries and delivery. Everything is done relative to a descriptor of the folder, so that a
 * folder renamed during a long scan changes nothing.
 */
#ifdef __linux__
#endif
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../common/gather.h"
#include "fail.h"

#define PART_TRIES    10000u
#define COPY_BYTES    65536u
#define ROOM_AT_LEAST (UINT64_C(256) << 10) /* less than this holds no page worth scanning */

/* The umask can only be read by setting it; the tools that use this have one thread. */
static mode_t mode_by_umask(void)
{
    mode_t mask = umask(077);
    umask(mask);
    return 0666 & ~mask;
}

int target_open(const char *folder, bool is_stdout, bool force, struct target *ret,
                struct output_error *ret_error)
{
    if (is_stdout) {
        folder = getenv("TMPDIR");
        if (!folder || !*folder)
            folder = "/var/tmp";
    }
    struct target target = {.is_stdout = is_stdout,
                            .force = force,
                            .mode = mode_by_umask(),
                            .owner = (uid_t)-1,
                            .group = (gid_t)-1};
    snprintf(target.prefix, sizeof target.prefix, ".wsd-scan-%ld-", (long)getpid());
    if (strlen(folder) >= sizeof target.path)
        return output_fail_errno(ret_error, ENAMETOOLONG, "Opening folder", folder);
    memcpy(target.path, folder, strlen(folder) + 1);
    target.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target.folder < 0)
        return output_fail_errno(ret_error, errno, "Opening folder", folder);
    *ret = target;
    return 0;
}

void target_close(struct target *target)
{
    if (target->folder >= 0)
        close(target->folder);
    target->folder = -1;
}

int target_probe(const struct target *target, uint64_t bytes, struct output_error *ret_error)
{
    struct part part = PART_NONE;
    int r = part_create(target, &part, ret_error);
    if (r < 0)
        return r;
    part_drop(target, &part);
    struct statvfs room;
    if (bytes < ROOM_AT_LEAST)
        bytes = ROOM_AT_LEAST;
    /* Some network file systems know nothing of their size and say 0 of 0. */
    if (fstatvfs(target->folder, &room) == 0 && room.f_blocks > 0 &&
        (uint64_t)room.f_bavail < bytes / (room.f_frsize ? room.f_frsize : 1))
        return output_fail(ret_error, OUTPUT_E_DISK_FULL,
                           "The scan needs about %llu kB and \"%.100s\" has less; free some space "
                           "or choose another folder.",
                           (unsigned long long)(bytes >> 10), target->path);
    return 0;
}

bool target_exists(const struct target *target, const char *name)
{
    struct stat st;
    return fstatat(target->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int part_create(const struct target *target, struct part *ret, struct output_error *ret_error)
{
    struct part part = PART_NONE;
    for (unsigned i = 0; i < PART_TRIES; i++) {
        snprintf(part.name, sizeof part.name, "%s%u.part", target->prefix, i);
        part.fd = openat(target->folder, part.name,
                         O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (part.fd >= 0) {
            *ret = part;
            return 0;
        }
        if (errno != EEXIST)
            break;
    }
    return output_fail_errno(ret_error, errno, "Making a file in", target->path);
}

void part_drop(const struct target *target, struct part *part)
{
    if (part->fd < 0)
        return;
    close(part->fd);
    if (!part->borrowed)
        unlinkat(target->folder, part->name, 0);
    part->fd = -1;
}

/* The kernel copies, or shares, what it can; the rest goes through here. 0 or an errno. */
static int copy_whole(int from, const struct part *to)
{
    char buf[COPY_BYTES];
    off_t at = 0;
#ifdef __linux__
    off_t written = 0;
    while (copy_file_range(from, &at, to->fd, &written, SSIZE_MAX & ~0xFFFF, 0) > 0)
        ;
    if (lseek(to->fd, written, SEEK_SET) < 0)
        return errno;
#endif
    for (;;) {
        ssize_t n = pread(from, buf, sizeof buf, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : 0;
        int error = -write_all(to->fd, buf, (size_t)n);
        if (error)
            return error;
        at += n;
    }
}

int part_own(const struct target *target, struct part *part, struct output_error *ret_error)
{
    struct part own = PART_NONE;
    if (!part->borrowed)
        return 0;
    int r = part_create(target, &own, ret_error);
    if (r < 0)
        return r;
    int error = copy_whole(part->fd, &own);
    if (error) {
        part_drop(target, &own);
        return output_fail_errno(ret_error, error, "Writing to", target->path);
    }
    part_drop(target, part);
    *part = own;
    return 0;
}

/* The name is made first, empty, so that it is ours; only then is the file moved over it. For file
 * systems that know neither a rename without replacing nor links (some FUSE and SMB mounts). */
static int take_name_by_placeholder(const struct target *target, const char *from, const char *to)
{
    int fd = openat(target->folder, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    close(fd);
    if (renameat(target->folder, from, target->folder, to) == 0)
        return 0;
    int error = errno;
    unlinkat(target->folder, to, 0);
    return error;
}

/* Without replacing: three ways, as file systems lack the first and the second. 0 or an errno. */
static int take_free_name(const struct target *target, const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(target->folder, from, target->folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return errno;
#endif
    if (linkat(target->folder, from, target->folder, to, 0) == 0) {
        unlinkat(target->folder, from, 0);
        return 0;
    }
    if (errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP && errno != EMLINK)
        return errno;
    return take_name_by_placeholder(target, from, to);
}

int target_take_name(const struct target *target, const char *from, const char *to)
{
    if (!target->force)
        return take_free_name(target, from, to);
    return renameat(target->folder, from, target->folder, to) == 0 ? 0 : errno;
}

static int copy_to_stdout(const struct part *part)
{
    char buf[COPY_BYTES];
    off_t at = 0;
    for (;;) {
        ssize_t n = pread(part->fd, buf, sizeof buf, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : 0;
        int error = -write_all(STDOUT_FILENO, buf, (size_t)n);
        if (error)
            return error;
        at += n;
    }
}

/* Folders of some file systems cannot be synced and say EINVAL: those have nothing to sync. */
int target_sync(const struct target *target)
{
    return fsync(target->folder) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
}

int part_settle(const struct target *target, const struct part *part, const char *name,
                struct output_error *ret_error)
{
    bool given = target->owner != (uid_t)-1 || target->group != (gid_t)-1;
    if (given && fchown(part->fd, target->owner, target->group) < 0)
        return output_fail(ret_error, OUTPUT_E_UNWRITABLE,
                           "\"%.100s\" could not be given to its owner and group: %s; run this as "
                           "root, or leave owner and group as they come.",
                           name, strerror(errno));
    /* File systems without modes (vfat, SMB) refuse fchmod, and need none. */
    if (fchmod(part->fd, target->mode) < 0 && errno != EPERM && errno != ENOTSUP)
        return output_fail_errno(ret_error, errno, "Setting the mode of", name);
    if (fsync(part->fd) < 0)
        return output_fail_errno(ret_error, errno, "Writing", name);
    return 0;
}

int part_deliver(const struct target *target, struct part *part, const char *name,
                 struct output_error *ret_error)
{
    if (target->is_stdout) {
        int error = copy_to_stdout(part);
        part_drop(target, part);
        return error ? output_fail_errno(ret_error, error, "Writing to", "standard output") : 0;
    }
    int r = part_settle(target, part, name, ret_error);
    if (r < 0)
        return r;
    int error = target_take_name(target, part->name, name);
    if (error == EEXIST)
        return OUTPUT_E_EXISTS;
    if (error)
        return output_fail_errno(ret_error, error, "Naming the finished file", name);
    close(part->fd);
    part->fd = -1;
    error = target_sync(target);
    return error ? output_fail_errno(ret_error, error, "Syncing the folder of", name) : 0;
}
