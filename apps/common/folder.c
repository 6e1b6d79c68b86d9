/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_make(const char *path)
{
    char part[4096];
    size_t n = strlen(path);
    int refused = 0;

    if (n == 0 || n >= sizeof part)
        return n ? -ENAMETOOLONG : -EINVAL;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) == 0 || errno == EEXIST)
            continue;
        /* What lies above may not be ours to make, and be there all the same. */
        if (errno != EROFS && errno != EACCES && errno != EPERM)
            return -errno;
        refused = errno;
    }
    if (access(path, W_OK | X_OK) == 0)
        return 0;
    return errno == ENOENT && refused ? -refused : -errno;
}
