/* SPDX-License-Identifier: MIT */
/*
 * What did not become a document is not lost: pages, or a document that nobody would take, go to a
 * folder of their own in the folder for what is incomplete, with a text that says what happened.
 * They are linked or copied into a hidden folder, which then gets its name; the job keeps its own
 * until the daemon removes it, so that a crash costs nothing and the whole may be done again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deliver.h"
#include "output/name.h"
#include "output/output.h"
#include "output/target.h"
#include "raster/sniff.h"

#define README "README.txt"

struct keep {
    struct deliver *d;
    int incomplete; /* descriptor */
    int folder;     /* of the hidden one in it */
    char hidden[JOB_MAX_ID + 16];
    unsigned count; /* of what was put there */
};

static const struct {
    enum deliver_keep what;
    const char *suffix, *title;
} kinds[] = {
    {KEEP_PAGES, "incomplete", "A scan that did not become a document"},
    {KEEP_BROKEN, "broken", "Pages of a scan that could not be made part of its document"},
    {KEEP_DOCUMENT, "undelivered", "A document that the command would not take"},
};

static bool exists(int folder, const char *name)
{
    struct stat st;

    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* -- putting files there ------------------------------------------------------------------------
 */

/* `from` of folder `at` under the name `to`: by a link, or whole under another name and renamed. */
static int put_file(const struct keep *keep, int at, const char *from, const char *to)
{
    struct target target = {.folder = keep->folder,
                            .force = true,
                            .mode = 0600,
                            .owner = (uid_t)-1,
                            .group = (gid_t)-1};
    struct part part = {.borrowed = true};

    if (exists(keep->folder, to) || linkat(at, from, keep->folder, to, 0) == 0)
        return 0;
    snprintf(target.prefix, sizeof target.prefix, ".%s", to);
    snprintf(target.path, sizeof target.path, "%s", keep->d->order.incomplete);
    part.fd = openat(at, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (part.fd < 0)
        return -errno;
    int r = part_own(&target, &part, NULL);
    if (r == 0)
        r = part_deliver(&target, &part, to, NULL);
    if (r < 0)
        part_drop(&target, &part);
    return r < 0 ? -EIO : 0;
}

/* Named after what is in it. */
static int put_page(struct keep *keep, unsigned page)
{
    uint8_t head[SNIFF_HEAD_BYTES];
    char from[32], to[64];
    int fd = job_page_read(keep->d->job, page);

    if (fd < 0)
        return fd;
    ssize_t got = pread(fd, head, sizeof head, 0);
    close(fd);
    const char *extension = sniff_extension(sniff(head, got > 0 ? (size_t)got : 0));
    snprintf(from, sizeof from, JOB_PAGE, page);
    snprintf(to, sizeof to, JOB_PAGE ".%s", page, *extension ? extension : "bin");
    keep->count++;
    return put_file(keep, keep->d->job->folder, from, to);
}

static int put_pages(struct keep *keep, bool all)
{
    int r = 0;

    for (unsigned page = 0; r == 0 && (page = job_page_next(keep->d->job, page)) > 0;)
        if (all || keep->d->shared->page[page] == PAGE_BROKEN)
            r = put_page(keep, page);
    return r;
}

static int put_document(struct keep *keep)
{
    const struct deliver_journal *journal = &keep->d->journal;
    int folder = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = folder < 0 ? -errno : 0;

    for (size_t i = 0; r == 0 && i < journal->n_files; i++) {
        const char *name = journal->files[i].name, *extension = name_extension(name);
        size_t stem = *extension ? (size_t)(extension - name) - 1 : strlen(name);
        char to[sizeof journal->files[i].name + 16];
        snprintf(to, sizeof to, "%.*s-undelivered%s", (int)(stem < 200 ? stem : 200), name,
                 name + stem);
        keep->count++;
        r = put_file(keep, folder, name, to);
    }
    if (folder >= 0)
        close(folder);
    return r;
}

/* -- the text -----------------------------------------------------------------------------------
 */

static void print_readme(FILE *out, const struct keep *keep, const char *title,
                         const struct deliver_failure *why)
{
    const struct deliver *d = keep->d;
    char when[64];

    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &d->when);
    fprintf(out, "%s.\n\n%s\n\n", title, why->what);
    fprintf(out, "Scanned:      %s\nScanner:      %s\n", when, d->device);
    if (*d->destination)
        fprintf(out, "Destination:  %s\n", d->destination);
    if (*d->title)
        fprintf(out, "Title:        %s\n", d->title);
    if (d->order.folder)
        fprintf(out, "Folder:       %s\n", d->order.folder);
    fprintf(out, "Files here:   %u\nJob:          %s\n", keep->count, d->job->id);
}

static int put_readme(const struct keep *keep, const char *title, const struct deliver_failure *why)
{
    int fd =
        openat(keep->folder, README, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

    if (!out) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return -error;
    }
    print_readme(out, keep, title, why);
    bool failed = fflush(out) != 0 || fsync(fd) < 0;
    return fclose(out) != 0 || failed ? -EIO : 0;
}

/* -- the folder ---------------------------------------------------------------------------------
 */

static int open_incomplete(const char *path)
{
    if (!path)
        return -ENOENT;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && mkdir(path, 0700) == 0)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int open_hidden(struct keep *keep)
{
    if (mkdirat(keep->incomplete, keep->hidden, 0700) < 0 && errno != EEXIST)
        return -errno;
    keep->folder =
        openat(keep->incomplete, keep->hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return keep->folder < 0 ? -errno : 0;
}

/* Out of the way again, with what was put there: no page is only there. */
static void drop_hidden(struct keep *keep)
{
    int fd = openat(keep->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        unlinkat(keep->folder, e->d_name, 0);
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    unlinkat(keep->incomplete, keep->hidden, AT_REMOVEDIR);
}

/* "2026-11-22-183830-Office_MFP-incomplete", or the like with a number behind it. */
static int choose_name(struct keep *keep, const char *suffix)
{
    struct deliver *d = keep->d;
    struct name_values values = {.when = d->when, .device = d->device};
    char pattern[64], base[NAME_BYTES];

    snprintf(pattern, sizeof pattern, "{date}-{time}-{device}-%s", suffix);
    if (name_make(pattern, &values, base) < 0)
        return -ENAMETOOLONG;
    snprintf(d->journal.kept, sizeof d->journal.kept, "%s", base);
    for (unsigned n = 2; exists(keep->incomplete, d->journal.kept); n++) {
        if (n > NAME_COUNTER_MAX || snprintf(d->journal.kept, sizeof d->journal.kept, "%s-%u", base,
                                             n) >= (int)sizeof d->journal.kept)
            return -EEXIST;
    }
    return deliver_journal_write(d);
}

/* A folder with something in it is not replaced by a rename. */
static int give_name(struct keep *keep, const char *suffix)
{
    for (;;) {
        int r = choose_name(keep, suffix);
        if (r < 0)
            return r;
        if (renameat(keep->incomplete, keep->hidden, keep->incomplete, keep->d->journal.kept) == 0)
            break;
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            return -errno;
    }
    return fsync(keep->incomplete) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -errno;
}

static int fill(struct keep *keep, enum deliver_keep what, const char *title,
                const struct deliver_failure *why)
{
    int r = what == KEEP_DOCUMENT ? put_document(keep) : put_pages(keep, what == KEEP_PAGES);

    if (r == 0 && keep->count > 0)
        r = put_readme(keep, title, why);
    if (r == 0 && keep->count > 0 && fsync(keep->folder) < 0 && errno != EINVAL && errno != ENOTSUP)
        r = -errno;
    return r;
}

static int keep_all(struct keep *keep, enum deliver_keep what, const struct deliver_failure *why)
{
    size_t kind = 0;

    while (kinds[kind].what != what)
        kind++;
    /* A crash may have come behind the rename. */
    if (*keep->d->journal.kept && !exists(keep->incomplete, keep->hidden) &&
        exists(keep->incomplete, keep->d->journal.kept))
        return 0;
    int r = open_hidden(keep);
    if (r == 0)
        r = fill(keep, what, kinds[kind].title, why);
    if (r == 0 && keep->count > 0)
        return give_name(keep, kinds[kind].suffix);
    if (keep->folder >= 0)
        drop_hidden(keep);
    keep->d->journal.kept[0] = '\0';
    return r;
}

int deliver_keep(struct deliver *d, enum deliver_keep what, const struct deliver_failure *why,
                 char *ret, size_t size)
{
    struct keep keep = {.d = d, .folder = -1, .incomplete = open_incomplete(d->order.incomplete)};

    *ret = '\0';
    if (keep.incomplete < 0)
        return -1;
    snprintf(keep.hidden, sizeof keep.hidden, ".wsd-scand-%s", d->job->id);
    int r = keep_all(&keep, what, why);
    if (keep.folder >= 0)
        close(keep.folder);
    close(keep.incomplete);
    if (r == 0 && *d->journal.kept)
        snprintf(ret, size, "%s/%s", d->order.incomplete, d->journal.kept);
    return r < 0 ? -1 : 0;
}
