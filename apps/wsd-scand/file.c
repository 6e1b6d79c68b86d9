/* SPDX-License-Identifier: MIT */
/* Whole files by descriptor of their folder. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/gather.h"

#define OPEN_NEW (O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC)

int file_sync_folder(int folder)
{
    /* Folders of some file systems cannot be synced and say EINVAL: those have nothing to sync. */
    return fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -errno;
}

int file_settle(int folder, int fd, const char *from, const char *to)
{
    int r = fsync(fd) < 0 ? -errno : 0;

    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && renameat(folder, from, folder, to) < 0)
        r = -errno;
    if (r == 0)
        return file_sync_folder(folder);
    unlinkat(folder, from, 0);
    return r;
}

int file_write_json(int folder, const char *name, struct json_object *object)
{
    char part[256];
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE);

    if (!text)
        return -ENOMEM;
    if (snprintf(part, sizeof part, "%s.part", name) >= (int)sizeof part)
        return -ENAMETOOLONG;
    int fd = openat(folder, part, OPEN_NEW, 0600);
    if (fd < 0)
        return -errno;
    int r = write_all(fd, text, strlen(text));
    if (r == 0)
        r = write_all(fd, "\n", 1);
    if (r == 0)
        return file_settle(folder, fd, part, name);
    close(fd);
    unlinkat(folder, part, 0);
    return r;
}

/* The whole file as text with a zero behind it. */
static int read_text(int fd, size_t most, char **ret, size_t *ret_size)
{
    struct stat st;
    size_t size = 0;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EBADMSG;
    if ((uintmax_t)st.st_size > most)
        return -EFBIG;
    char *text = malloc((size_t)st.st_size + 1);
    if (!text)
        return -ENOMEM;
    while (size < (size_t)st.st_size) {
        ssize_t got = read(fd, text + size, (size_t)st.st_size - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    text[size] = '\0';
    *ret = text;
    *ret_size = size;
    return 0;
}

int file_read_json(int folder, const char *name, size_t most, int depth, struct json_object **ret)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char *text = NULL;
    size_t size = 0;

    if (fd < 0)
        return -errno;
    int r = read_text(fd, most, &text, &size);
    close(fd);
    if (r < 0)
        return r;
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    struct json_object *json = tokener ? json_tokener_parse_ex(tokener, text, (int)size) : NULL;
    r = json_object_is_type(json, json_type_object) ? 0 : tokener ? -EBADMSG : -ENOMEM;
    json_tokener_free(tokener);
    free(text);
    if (r < 0)
        json_object_put(json);
    else
        *ret = json;
    return r;
}

int file_random(void *bytes, size_t size)
{
    return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -EIO;
}
