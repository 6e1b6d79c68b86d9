/* SPDX-License-Identifier: MIT */
/* A fuzz target's main for the normal suite: runs it on each file of the folders given. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    /* Just the size of the file: reading past its end is seen by the sanitizer. */
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    uint8_t *bytes = size >= 0 ? malloc(size ? (size_t)size : 1) : NULL;
    rewind(file);
    int r = bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size ? 0 : -1;
    if (r == 0) {
        fprintf(stderr, "%s\n", path); /* the last line is the one that failed */
        LLVMFuzzerTestOneInput(bytes, (size_t)size);
    }
    free(bytes);
    fclose(file);
    return r;
}

static int replay_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    int count = 0;
    if (!directory)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path || replay(path) < 0) {
            count = -1;
            break;
        }
        count++;
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        if (count < 0) {
            fprintf(stderr, "cannot read %s\n", argv[i]);
            return 1;
        }
        total += count;
    }
    if (total == 0)
        fprintf(stderr, "no file\n");
    return total == 0;
}
