/* SPDX-License-Identifier: MIT */
/*
 * The folder of a scan in the spool. Everything is done by descriptors of folders. Cost: a page is
 * synced once, with its folder; a job's making takes two files and three syncs.
 */
#include "job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "file.h"

/* Folders that are no jobs yet, or no more: a dot, so that job_each() passes them over. */
#define NEW_PREFIX  ".new-"
#define GONE_PREFIX ".gone-"
#define NAME_SIZE   (sizeof GONE_PREFIX + JOB_MAX_ID)

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_NEW    (O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC)

/* -- files --------------------------------------------------------------------------------------
 */

int job_file_write(const struct job *job, const char *name, struct json_object *json)
{
    return file_write_json(job->folder, name, json);
}

int job_file_read(const struct job *job, const char *name, struct json_object **ret)
{
    int r = file_read_json(job->folder, name, JOB_MAX_FILE, JOB_MAX_DEPTH, ret);

    return r == -EFBIG ? -EBADMSG : r;
}

/* -- jobs ---------------------------------------------------------------------------------------
 */

static int new_job(const char *path, struct job **ret)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return -ENOMEM;
    job->folder = job->lock = -1;
    if (snprintf(job->path, sizeof job->path, "%s", path) >= (int)sizeof job->path) {
        free(job);
        return -ENAMETOOLONG;
    }
    *ret = job;
    return 0;
}

void job_close(struct job *job)
{
    if (!job)
        return;
    if (job->lock >= 0)
        close(job->lock);
    if (job->folder >= 0)
        close(job->folder);
    free(job);
}

int job_open(const char *path, struct job **ret)
{
    struct job *job = NULL;
    size_t end = strlen(path);
    int r = new_job(path, &job);

    if (r < 0)
        return r;
    while (end > 1 && job->path[end - 1] == '/')
        job->path[--end] = '\0';
    const char *slash = strrchr(job->path, '/');
    const char *id = slash ? slash + 1 : job->path;
    job->folder = open(job->path, OPEN_FOLDER);
    if (job->folder < 0)
        r = -errno;
    else if (strlen(id) > JOB_MAX_ID)
        r = -ENAMETOOLONG;
    if (r < 0) {
        job_close(job);
        return r;
    }
    memcpy(job->id, id, strlen(id));
    *ret = job;
    return 0;
}

/* Sorts by time, and is no other's: "20261122-183830-9f31c2a4". */
static int make_id(int64_t began, char ret[JOB_MAX_ID + 1])
{
    time_t when = (time_t)began;
    uint32_t chance;
    struct tm utc;

    if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        return errno ? -errno : -EIO;
    if (!gmtime_r(&when, &utc))
        return -EINVAL;
    size_t n = strftime(ret, JOB_MAX_ID, "%Y%m%d-%H%M%S", &utc);
    snprintf(ret + n, JOB_MAX_ID + 1 - n, "-%08x", (unsigned)chance);
    return 0;
}

static void remove_tree(int spool, const char *name)
{
    int fd = openat(spool, name, OPEN_FOLDER);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (!dir && fd >= 0)
        close(fd);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            unlinkat(dirfd(dir), e->d_name, 0) < 0 && (errno == EISDIR || errno == EPERM))
            remove_tree(dirfd(dir), e->d_name);
    if (dir)
        closedir(dir);
    unlinkat(spool, name, AT_REMOVEDIR);
}

/* The folder under a name that is no job's, with the order in it. */
static int fill_new(int spool, const char *name, const struct job_order *order, int *ret)
{
    struct json_object *json = job_order_json(order);
    int fd = -1, r = json ? 0 : -ENOMEM;

    if (r == 0 && mkdirat(spool, name, 0700) < 0)
        r = -errno;
    if (r == 0) {
        fd = openat(spool, name, OPEN_FOLDER);
        r = fd < 0 ? -errno : file_write_json(fd, JOB_ORDER, json);
        if (r < 0) {
            if (fd >= 0)
                close(fd);
            remove_tree(spool, name);
        }
    }
    json_object_put(json);
    if (r == 0)
        *ret = fd;
    return r;
}

static int create_in(int spool, const struct job_order *order, struct job *job)
{
    char name[NAME_SIZE];
    struct stat st;

    snprintf(name, sizeof name, "%s%s", NEW_PREFIX, job->id);
    if (fstatat(spool, job->id, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return -EEXIST;
    int r = fill_new(spool, name, order, &job->folder);
    if (r < 0)
        return r;
    /* A folder with something in it is never replaced, so of two makers of one id one fails. */
    if (renameat(spool, name, spool, job->id) < 0)
        r = errno == ENOTEMPTY ? -EEXIST : -errno;
    if (r < 0)
        remove_tree(spool, name);
    return r < 0 ? r : file_sync_folder(spool);
}

int job_create(const char *spool, const struct job_order *given, struct job **ret)
{
    struct job_order order = *given;
    struct job *job = NULL;
    int fd = -1, r = new_job(spool, &job);

    if (r < 0)
        return r;
    if (order.began == 0)
        order.began = time(NULL);
    if (order.id &&
        (strlen(order.id) > JOB_MAX_ID || !*order.id || *order.id == '.' || strchr(order.id, '/')))
        r = -EINVAL;
    else if (order.id)
        memcpy(job->id, order.id, strlen(order.id));
    else
        r = make_id(order.began, job->id);
    order.id = job->id;
    if (r == 0 &&
        snprintf(job->path, sizeof job->path, "%s/%s", spool, job->id) >= (int)sizeof job->path)
        r = -ENAMETOOLONG;
    if (r == 0 && (fd = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        r = -errno;
    if (r == 0)
        r = create_in(fd, &order, job);
    if (fd >= 0)
        close(fd);
    if (r < 0)
        job_close(job);
    else
        *ret = job;
    return r;
}

int job_order_load(const struct job *job, struct job_order *ret, const char **wrong)
{
    struct json_object *json = NULL;
    int r = job_file_read(job, JOB_ORDER, &json);

    if (r < 0) {
        if (wrong)
            *wrong = "file";
        return r;
    }
    r = job_order_read(json, ret, wrong);
    json_object_put(json);
    return r;
}

int job_lock(struct job *job)
{
    if (job->lock >= 0)
        return 0;
    int fd = openat(job->folder, JOB_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    job->lock = fd;
    return 0;
}

static int open_spool(const struct job *job)
{
    char path[sizeof job->path];

    memcpy(path, job->path, sizeof path);
    char *slash = strrchr(path, '/');
    if (slash)
        slash[slash == path] = '\0';
    int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int job_remove(struct job *job)
{
    char gone[NAME_SIZE];
    int spool = open_spool(job), r = spool < 0 ? spool : 0;

    snprintf(gone, sizeof gone, "%s%s", GONE_PREFIX, job->id);
    if (r == 0 && renameat(spool, job->id, spool, gone) < 0)
        r = -errno;
    if (r == 0)
        r = file_sync_folder(spool);
    if (r == 0)
        remove_tree(spool, gone);
    if (spool >= 0)
        close(spool);
    job_close(job);
    return r;
}

/* -- pages --------------------------------------------------------------------------------------
 */

struct page_name {
    char part[32], whole[32];
};

static int page_name(unsigned page, struct page_name *ret)
{
    if (page == 0 || page > JOB_MAX_PAGES)
        return -EINVAL;
    snprintf(ret->part, sizeof ret->part, JOB_PAGE_PART, page);
    snprintf(ret->whole, sizeof ret->whole, JOB_PAGE, page);
    return 0;
}

int job_page_open(const struct job *job, unsigned page)
{
    struct page_name name;
    int r = page_name(page, &name);

    if (r < 0)
        return r;
    int fd = openat(job->folder, name.part, OPEN_NEW, 0600);
    return fd < 0 ? -errno : fd;
}

int job_page_commit(const struct job *job, unsigned page, int fd)
{
    struct page_name name;
    int r = page_name(page, &name);

    if (r < 0) {
        close(fd);
        return r;
    }
    r = file_settle(job->folder, fd, name.part, name.whole);
    if (r < 0) /* it may have its name and not be on the disk: half a promise is none */
        unlinkat(job->folder, name.whole, 0);
    return r;
}

void job_page_drop(const struct job *job, unsigned page, int fd)
{
    struct page_name name;

    if (fd >= 0)
        close(fd);
    if (page_name(page, &name) == 0)
        unlinkat(job->folder, name.part, 0);
}

int job_page_read(const struct job *job, unsigned page)
{
    struct page_name name;
    int r = page_name(page, &name);

    if (r < 0)
        return r;
    int fd = openat(job->folder, name.whole, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* The number in "page-0012", 0 for any other name; `part`: in "page-0012.part". */
static unsigned page_number(const char *name, bool part)
{
    struct page_name again;
    unsigned page = 0;

    if (sscanf(name, "page-%u", &page) != 1 || page_name(page, &again) < 0)
        return 0;
    return strcmp(name, part ? again.part : again.whole) == 0 ? page : 0;
}

/* A directory stream of a folder whose descriptor stays. */
static DIR *list(int folder)
{
    int fd = openat(folder, ".", OPEN_FOLDER);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

unsigned job_page_next(const struct job *job, unsigned after)
{
    struct page_name name;
    unsigned next = 0;

    /* Nearly always the next one is there. */
    if (page_name(after + 1, &name) == 0 && faccessat(job->folder, name.whole, F_OK, 0) == 0)
        return after + 1;
    DIR *dir = list(job->folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        unsigned page = page_number(e->d_name, false);
        if (page > after && (next == 0 || page < next))
            next = page;
    }
    if (dir)
        closedir(dir);
    return next;
}

static void drop_parts(const struct job *job)
{
    DIR *dir = list(job->folder);

    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (page_number(e->d_name, true) > 0)
            unlinkat(job->folder, e->d_name, 0);
    if (dir)
        closedir(dir);
}

int job_end(const struct job *job, bool complete, unsigned pages, const char *why)
{
    struct json_object *json = json_object_new_object();

    if (!json)
        return -ENOMEM;
    drop_parts(job);
    json_object_object_add(json, "complete", json_object_new_boolean(complete));
    if (!complete)
        json_object_object_add(json, "why", json_object_new_string(why ? why : ""));
    if (pages > 0)
        json_object_object_add(json, "pages", json_object_new_int64(pages));
    int r = job_file_write(job, JOB_END, json);
    json_object_put(json);
    return r;
}

int job_ended(const struct job *job, struct job_ending *ret)
{
    struct json_object *json = NULL, *value = NULL;
    int r = job_file_read(job, JOB_END, &json);

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    *ret = (struct job_ending){0};
    if (json_object_object_get_ex(json, "complete", &value))
        ret->complete = json_object_get_boolean(value);
    if (json_object_object_get_ex(json, "pages", &value) && json_object_get_int64(value) > 0 &&
        json_object_get_int64(value) <= JOB_MAX_PAGES)
        ret->pages = (unsigned)json_object_get_int64(value);
    if (json_object_object_get_ex(json, "why", &value) &&
        json_object_is_type(value, json_type_string))
        snprintf(ret->why, sizeof ret->why, "%s", json_object_get_string(value));
    json_object_put(json);
    return 1;
}

/* -- the spool ----------------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int is_job(const struct dirent *e)
{
    return e->d_name[0] != '.' && strlen(e->d_name) <= JOB_MAX_ID;
}

static int is_remainder(const struct dirent *e)
{
    return strncmp(e->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0 ||
           strncmp(e->d_name, GONE_PREFIX, strlen(GONE_PREFIX)) == 0;
}

/* Names in the spool that pass, sorted: a NULL-terminated list. */
static int list_spool(const char *spool, int (*wanted)(const struct dirent *), char ***ret)
{
    DIR *dir = opendir(spool);
    size_t count = 0, room = 0;
    char **names = NULL;

    if (!dir)
        return -errno;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (!wanted(e))
            continue;
        if (count + 1 >= room) {
            room = room ? room * 2 : 16;
            char **more = realloc(names, room * sizeof *names);
            if (!more)
                break;
            names = more;
        }
        if (!(names[count] = strdup(e->d_name)))
            break;
        names[++count] = NULL;
    }
    closedir(dir);
    if (count > 0)
        qsort(names, count, sizeof *names, compare);
    *ret = names;
    return 0;
}

static void free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

int job_each(const char *spool, int (*each)(void *user, const char *id, const char *path),
             void *user)
{
    char path[4096], **names = NULL;
    struct stat st;
    int r = list_spool(spool, is_job, &names);

    for (size_t i = 0; r == 0 && names && names[i]; i++) {
        if (snprintf(path, sizeof path, "%s/%s", spool, names[i]) >= (int)sizeof path)
            r = -ENAMETOOLONG;
        else if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            r = each(user, names[i], path);
    }
    free_names(names);
    return r;
}

int job_sweep(const char *spool)
{
    char **names = NULL;
    int r = list_spool(spool, is_remainder, &names);
    int fd = r == 0 ? open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (r == 0 && fd < 0)
        r = -errno;
    for (size_t i = 0; r == 0 && names && names[i]; i++)
        remove_tree(fd, names[i]);
    if (fd >= 0)
        close(fd);
    free_names(names);
    return r;
}
