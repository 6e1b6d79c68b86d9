/* SPDX-License-Identifier: MIT */
/* Which files there are, what is in them, and which folders are usual. */
#include "config_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef CONFIG_SYSTEM_FILE
#define CONFIG_SYSTEM_FILE "/etc/wsd-scand.conf"
#endif
#define USER_FILE     "wsd-scand.conf"
#define DROP_IN       ".d" /* behind the name of the file */
#define DROP_IN_FILE  ".conf"
#define SYSTEM_STATE  "/var/lib/wsd-scand"
#define MAX_USER_DIRS 65536 /* bytes of user-dirs.dirs */

static char *joined(struct config_pool *pool, const char *folder, const char *rest)
{
    size_t size = strlen(folder) + strlen(rest) + 1;
    char *path = config_take(pool, size);

    if (path)
        snprintf(path, size, "%s%s", folder, rest);
    return path;
}

/* -- usual folders ------------------------------------------------------------------------------
 */

static const char *home(void)
{
    const char *path = getenv("HOME");
    const struct passwd *user = path && *path == '/' ? NULL : getpwuid(getuid());

    if (path && *path == '/')
        return path;
    return user && user->pw_dir && *user->pw_dir == '/' ? user->pw_dir : "/";
}

char *config_below_home(struct config_pool *pool, const char *path)
{
    return joined(pool, home(), *path ? path + 1 : path);
}

/* A folder of the XDG base directories, or where it is without a word. */
static char *xdg_folder(struct config_pool *pool, const char *variable, const char *below_home)
{
    const char *path = getenv(variable);

    return path && *path == '/' ? joined(pool, path, "") : joined(pool, home(), below_home);
}

char *config_usual_state(struct config_pool *pool, bool system)
{
    const char *given = getenv("STATE_DIRECTORY"); /* of systemd; several with colons between */

    if (!system) {
        char *folder = xdg_folder(pool, "XDG_STATE_HOME", "/.local/state");
        return folder ? joined(pool, folder, "/wsd-scand") : NULL;
    }
    if (given && *given == '/')
        return config_take_text(pool, given, strcspn(given, ":"));
    return joined(pool, SYSTEM_STATE, "");
}

/* Where the value of XDG_DOCUMENTS_DIR, written "$HOME/..." or "/...", begins in a line of
 * user-dirs.dirs; NULL: it is another line. */
static const char *documents_of_line(const char *line, bool *ret_below_home, size_t *ret_length)
{
    static const char key[] = "XDG_DOCUMENTS_DIR=\"", home_word[] = "$HOME";

    line += strspn(line, " \t");
    if (strncmp(line, key, sizeof key - 1) != 0)
        return NULL;
    line += sizeof key - 1;
    *ret_below_home = strncmp(line, home_word, sizeof home_word - 1) == 0;
    if (*ret_below_home)
        line += sizeof home_word - 1;
    *ret_length = strcspn(line, "\"\n");
    if (line[*ret_length] != '"' || (*line != '/' && (*ret_length > 0 || !*ret_below_home)))
        return NULL;
    return line;
}

/* What desktops note of their user's folders, if they do. -ENOMEM. */
static int noted_documents(struct config_pool *pool, char **ret)
{
    char *folder = xdg_folder(pool, "XDG_CONFIG_HOME", "/.config");
    char *path = folder ? joined(pool, folder, "/user-dirs.dirs") : NULL;
    char *line = path ? config_take(pool, CONFIG_MAX_VALUE) : NULL;
    size_t left = MAX_USER_DIRS, length = 0;
    const char *value = NULL;
    bool below_home = false;

    if (!line)
        return -ENOMEM;
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    while (!value && left > 0 && fgets(line, CONFIG_MAX_VALUE, file)) {
        left -= strlen(line) < left ? strlen(line) : left;
        value = documents_of_line(line, &below_home, &length);
    }
    fclose(file);
    if (!value)
        return 0;
    char *rest = config_take_text(pool, value, length);
    if (rest && below_home)
        rest = joined(pool, home(), rest);
    *ret = rest;
    return rest ? 0 : -ENOMEM;
}

char *config_usual_folder(struct config_pool *pool, bool system)
{
    char *documents = NULL;
    struct stat there;

    if (system) {
        char *state = config_usual_state(pool, system);
        return state ? joined(pool, state, "/scans") : NULL;
    }
    if (noted_documents(pool, &documents) < 0 || documents)
        return documents;
    documents = joined(pool, home(), "/Documents");
    if (!documents || (stat(documents, &there) == 0 && S_ISDIR(there.st_mode)))
        return documents;
    return joined(pool, home(), "");
}

/* -- reading ------------------------------------------------------------------------------------
 */

/* Up to one byte more than a file may have. -1 and errno. */
static ssize_t read_all(int fd, char *bytes)
{
    size_t n = 0;
    ssize_t r;

    do {
        r = read(fd, bytes + n, CONFIG_MAX_FILE + 1 - n);
        if (r > 0)
            n += (size_t)r;
    } while ((r > 0 && n <= CONFIG_MAX_FILE) || (r < 0 && errno == EINTR));
    return r < 0 ? -1 : (ssize_t)n;
}

static void read_open(struct config_reading *reading, int fd, const char *file)
{
    struct stat status;
    char *bytes = NULL;

    if (fstat(fd, &status) < 0) {
        config_wrong(reading, file, 0, NULL, "it cannot be read: %s", strerror(errno));
        return;
    }
    if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
        config_wrong(reading, file, 0, NULL, "this is no file; allowed is a plain file");
        return;
    }
    if (reading->system && S_ISREG(status.st_mode) && (status.st_mode & S_IWOTH))
        config_wrong(reading, file, 0, NULL,
                     "everybody may write to it, and so decide what is run here; allowed are "
                     "permissions such as 0644");
    bytes = malloc(CONFIG_MAX_FILE + 1);
    if (!bytes) {
        reading->failed = -ENOMEM;
        return;
    }
    ssize_t size = read_all(fd, bytes);
    if (size < 0)
        config_wrong(reading, file, 0, NULL, "it cannot be read: %s", strerror(errno));
    else
        config_text(reading, file, bytes, (size_t)size);
    free(bytes);
}

/* `path` is of the pool. True if it was there. */
static bool read_file(struct config_reading *reading, const char *path)
{
    /* A FIFO must not hold up the program. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return false;
    reading->files[reading->n_files++] = path;
    if (fd < 0) {
        config_wrong(reading, path, 0, NULL, "it cannot be opened: %s", strerror(errno));
        return true;
    }
    read_open(reading, fd, path);
    close(fd);
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_drop_in(const char *name)
{
    size_t length = strlen(name), end = strlen(DROP_IN_FILE);

    return *name != '.' && length > end && strcmp(name + length - end, DROP_IN_FILE) == 0;
}

/* The files of a folder, by name. */
static void read_folder(struct config_reading *reading, const char *path)
{
    DIR *folder = opendir(path);
    char *names[CONFIG_MAX_FILES];
    size_t n = 0;

    if (!folder) {
        if (errno != ENOENT && errno != ENOTDIR)
            config_wrong(reading, path, 0, NULL, "the folder cannot be opened: %s",
                         strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) && !reading->failed;) {
        if (!is_drop_in(entry->d_name))
            continue;
        if (n == CONFIG_MAX_FILES) {
            config_wrong(reading, path, 0, NULL, "there are more than %d files in this folder",
                         CONFIG_MAX_FILES);
            break;
        }
        names[n] = joined(&reading->pool, "/", entry->d_name);
        if (!names[n++])
            reading->failed = -ENOMEM;
    }
    closedir(folder);
    if (n > 1 && !reading->failed)
        qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n && !reading->failed; i++) {
        char *file = joined(&reading->pool, path, names[i]);
        if (file)
            read_file(reading, file);
        else
            reading->failed = -ENOMEM;
    }
}

/* A file and the folder beside it. True if the file was there. */
static bool read_with_folder(struct config_reading *reading, const char *path)
{
    char *file = path ? joined(&reading->pool, path, "") : NULL;
    char *folder = file ? joined(&reading->pool, path, DROP_IN) : NULL;

    if (!folder) {
        reading->failed = -ENOMEM;
        return false;
    }
    bool there = read_file(reading, file);
    if (!reading->failed)
        read_folder(reading, folder);
    return there;
}

void config_files(struct config_reading *reading, const struct config_source *source)
{
    if (source->file) {
        if (!read_with_folder(reading, source->file) && !reading->failed) {
            config_wrong(reading, source->file, 0, NULL, "there is no such file");
            reading->failed = reading->failed ? reading->failed : -ENOENT;
        }
        return;
    }
    read_with_folder(reading, CONFIG_SYSTEM_FILE);
    if (source->system || reading->failed)
        return;
    char *folder = xdg_folder(&reading->pool, "XDG_CONFIG_HOME", "/.config");
    read_with_folder(reading, folder ? joined(&reading->pool, folder, "/" USER_FILE) : NULL);
}
