/* SPDX-License-Identifier: MIT */
/*
 * Between apps/output and the journal: how files are to be, what the journal says while they get
 * their names, and how that is finished after a crash.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver.h"
#include "output/name.h"
#include "output/output.h"
#include "output/target.h"

/* -- options ------------------------------------------------------------------------------------
 */

static const struct {
    enum config_format format;
    enum output_kind kind;
} kinds[] = {
    {CONFIG_PDF, OUTPUT_PDF},   {CONFIG_PDFA, OUTPUT_PDF}, {CONFIG_TIFF, OUTPUT_TIFF},
    {CONFIG_JPEG, OUTPUT_JPEG}, {CONFIG_PNG, OUTPUT_PNG},  {CONFIG_RAW, OUTPUT_AS_RECEIVED},
};

/* A name or a number; false: there is nobody of that name. */
static bool find_user(const char *name, uid_t *ret)
{
    char *end = NULL;
    const struct passwd *user = name ? getpwnam(name) : NULL;
    unsigned long number = name ? strtoul(name, &end, 10) : 0;

    *ret = user ? user->pw_uid : (uid_t)number;
    if (!name)
        *ret = (uid_t)-1;
    return !name || user || (*name >= '0' && *name <= '9' && !*end && number < UINT32_MAX);
}

static bool find_group(const char *name, gid_t *ret)
{
    char *end = NULL;
    const struct group *group = name ? getgrnam(name) : NULL;
    unsigned long number = name ? strtoul(name, &end, 10) : 0;

    *ret = group ? group->gr_gid : (gid_t)number;
    if (!name)
        *ret = (gid_t)-1;
    return !name || group || (*name >= '0' && *name <= '9' && !*end && number < UINT32_MAX);
}

static int set_owner(const struct job_order *order, struct output_options *options,
                     struct deliver_failure *ret_failure)
{
    bool user = find_user(order->owner, &options->owner);
    bool group = find_group(order->group, &options->group);

    options->set_owner = order->owner || order->group;
    if (user && group)
        return 0;
    deliver_fail(ret_failure, "unwritable",
                 "There is no %s \"%s\" on this computer; correct the destination's %s.",
                 user ? "group" : "user", user ? order->group : order->owner,
                 user ? "group" : "owner");
    return -1;
}

int deliver_options(const struct deliver *d, struct output_options *ret,
                    struct deliver_failure *ret_failure)
{
    const struct job_order *order = &d->order;

    *ret = (struct output_options){
        .pdfa = order->format == CONFIG_PDFA,
        .quality = order->quality,
        .title = d->title,
        .max_page_bytes = order->max_page_bytes,
        .max_total_bytes = order->max_total_bytes,
        .max_pixels = DELIVER_MAX_PIXELS,
        .max_pages = order->max_pages ? order->max_pages : JOB_MAX_PAGES,
        .dpi_x = order->dpi[0],
        .dpi_y = order->dpi[1],
        .device = d->device,
        .crop = {order->crop[0], order->crop[1], order->crop[2], order->crop[3]},
        .now = (time_t)order->began,
        .part_prefix = d->prefix,
        .scratch = d->job->path,
        .hold = true,
        .set_mode = order->file_mode >= 0,
        .mode = (mode_t)order->file_mode,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].format == order->format)
            ret->kind = kinds[i].kind;
    return set_owner(order, ret, ret_failure);
}

int deliver_folder(const struct deliver *d, char *ret, size_t size)
{
    int len = d->order.folder ? snprintf(ret, size, "%s", d->order.folder)
                              : snprintf(ret, size, "%s/" DELIVER_FOLDER, d->job->path);

    if (len >= (int)size)
        return -ENAMETOOLONG;
    if (!d->order.folder && mkdir(ret, 0700) < 0 && errno != EEXIST)
        return -errno;
    return 0;
}

/* -- the journal while names are given ----------------------------------------------------------
 */

/* A document that is piped as well may have been taken from its folder by then. */
static int keep_input(const struct deliver *d, int folder, const char *name, size_t number)
{
    struct target target;
    struct part part = PART_NONE;
    char input[32];

    snprintf(input, sizeof input, DELIVER_INPUT, number + 1);
    unlinkat(d->job->folder, input, 0);
    if (linkat(folder, name, d->job->folder, input, 0) == 0)
        return 0;
    if (target_open(d->job->path, false, true, &target, NULL) < 0)
        return -EIO;
    part.fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    part.borrowed = true;
    int r = part.fd < 0 ? -errno : part_own(&target, &part, NULL);
    if (r == 0)
        r = part_deliver(&target, &part, input, NULL);
    if (r < 0)
        part_drop(&target, &part);
    target_close(&target);
    return r;
}

static int note_file(struct deliver *d, const struct output *output, size_t number, int folder,
                     bool first)
{
    struct deliver_file *file = deliver_journal_add(&d->journal);
    const char *part = output_file_part(output, number);
    struct stat st = {0};

    if (!file)
        return -ENOMEM;
    snprintf(file->name, sizeof file->name, "%s", output_file_name(output, number));
    snprintf(file->part, sizeof file->part, "%s", part ? part : "-");
    file->size = output_file_size(output, number);
    file->done = part == NULL;
    if (!part)
        return 0;
    if (fstatat(folder, part, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    file->device = st.st_dev;
    file->inode = st.st_ino;
    file->size = (uint64_t)st.st_size;
    return first && d->order.pipe && d->order.folder ? keep_input(d, folder, part, number) : 0;
}

int deliver_naming(struct deliver *d, const struct output *output)
{
    struct deliver_journal *journal = &d->journal;
    bool first = journal->n_files == 0;
    struct stat st;

    int r = deliver_folder(d, journal->folder, sizeof journal->folder);
    int folder = r == 0 ? open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (r == 0 && (folder < 0 || fstat(folder, &st) < 0))
        r = -errno;
    if (r == 0)
        journal->folder_inode = st.st_ino;
    deliver_journal_no_files(journal);
    for (size_t i = 0; r == 0 && i < output_file_count(output); i++)
        if (!journal->keeping || !output_file_part(output, i))
            r = note_file(d, output, i, folder, first);
    if (folder >= 0)
        close(folder);
    return r < 0 ? r : deliver_journal_write(d);
}

/* -- after a crash ------------------------------------------------------------------------------
 */

/* A file of that name and size. Not its inode: some file systems make those up anew each time. */
static bool is_there(int folder, const char *name, uint64_t size, struct stat *ret)
{
    return fstatat(folder, name, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ret->st_mode) &&
           (uint64_t)ret->st_size == size;
}

/* 0 or an errno; ESTALE: it cannot be told, in a folder that is another one (`same` false). */
static int resume_one(struct deliver *d, const struct target *target, bool same,
                      struct deliver_file *file)
{
    char base[NAME_BYTES];
    struct stat part, whole;

    if (file->done)
        return 0;
    bool named = is_there(target->folder, file->name, file->size, &whole);
    if (!is_there(target->folder, file->part, file->size, &part)) {
        file->done = same || named; /* it has its name; who took it away since is no matter */
        return file->done ? 0 : ESTALE;
    }
    /* By a link, where there is no rename without replacing: then it has both names. */
    if (named && part.st_ino == whole.st_ino && part.st_dev == whole.st_dev) {
        unlinkat(target->folder, file->part, 0);
        file->done = true;
        return 0;
    }
    memcpy(base, file->name, sizeof base);
    for (unsigned number = 2; number < NAME_COUNTER_MAX;) {
        int error = target_take_name(target, file->part, file->name);
        if (error != EEXIST) {
            file->done = error == 0;
            return error;
        }
        do
            if (name_beside(base, number++, file->name) < 0)
                return ENAMETOOLONG;
        while (target_exists(target, file->name) && number < NAME_COUNTER_MAX);
        int r = deliver_journal_write(d);
        if (r < 0)
            return -r;
    }
    return EEXIST;
}

static void fail_resume(struct deliver *d, int error, struct deliver_failure *ret_failure)
{
    deliver_fail(ret_failure, error == ENOSPC || error == EDQUOT ? "disk-full" : "unwritable",
                 "A document that was whole could not get its name in \"%s\": %s; see that the "
                 "folder can be written to.",
                 d->journal.folder, strerror(error));
}

static int fail_unknown(const struct deliver *d, struct deliver_failure *ret_failure)
{
    deliver_fail(ret_failure, "unwritable",
                 "The folder \"%s\" is not the one that was being delivered to, so that it cannot "
                 "be told whether the document is in it; bring it back, it will be tried again.",
                 d->journal.folder);
    return -2;
}

static bool all_done(const struct deliver_journal *journal)
{
    for (size_t i = 0; i < journal->n_files; i++)
        if (!journal->files[i].done)
            return false;
    return true;
}

int deliver_resume(struct deliver *d, struct deliver_failure *ret_failure)
{
    struct deliver_journal *journal = &d->journal;
    struct target target;
    struct stat st;
    int error = 0;

    if (all_done(journal))
        return 0;
    if (target_open(journal->folder, false, false, &target, NULL) < 0)
        return fail_unknown(d, ret_failure);
    bool same = fstat(target.folder, &st) == 0 && st.st_ino == journal->folder_inode;
    for (size_t i = 0; error == 0 && i < journal->n_files; i++)
        error = resume_one(d, &target, same, &journal->files[i]);
    if (error == 0)
        error = target_sync(&target);
    target_close(&target);
    if (error == ESTALE)
        return fail_unknown(d, ret_failure);
    if (error == 0)
        error = -deliver_journal_write(d);
    if (error == 0)
        return 0;
    fail_resume(d, error, ret_failure);
    return -1;
}

static bool is_known(const struct deliver_journal *journal, const char *name)
{
    for (size_t i = 0; i < journal->n_files; i++)
        if (strcmp(journal->files[i].part, name) == 0)
            return true;
    return false;
}

void deliver_sweep(const struct deliver *d)
{
    char path[sizeof d->journal.folder];
    DIR *dir = deliver_folder(d, path, sizeof path) == 0 ? opendir(path) : NULL;

    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (strncmp(e->d_name, d->prefix, strlen(d->prefix)) == 0 &&
            !is_known(&d->journal, e->d_name))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}
