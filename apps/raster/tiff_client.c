/* SPDX-License-Identifier: MIT */
/*
 * The callbacks by which libtiff reads and writes a descriptor at offsets of our own.
 */
#include "tiff_client.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "picture.h"
#include "spool.h"

#define UNKNOWN_SIZE (UINT64_C(1) << 40)

/* What is there of it: short only at the end of the file. */
static tmsize_t read_source(struct tiff_client *client, void *data, tmsize_t size)
{
    if (size <= 0)
        return 0;
    if (!source_at(client->source, data, (size_t)size, (uint64_t)client->at)) {
        uint64_t end = source_size(client->source, 0), at = (uint64_t)client->at;
        size = end > at && end - at < (uint64_t)size ? (tmsize_t)(end - at) : 0;
        if (size > 0 && !source_at(client->source, data, (size_t)size, at))
            size = 0;
    }
    client->at += size;
    return size;
}

static tmsize_t client_read(thandle_t handle, void *data, tmsize_t size)
{
    struct tiff_client *client = handle;

    if (client->source)
        return read_source(client, data, size);
    if (size > client->size - client->at)
        size = (tmsize_t)(client->size - client->at);
    if (size <= 0)
        return 0;

    int r = spool_read(client->fd, client->at, data, (size_t)size);

    if (r < 0) {
        client->error = r;
        return -1;
    }
    client->at += size;
    return size;
}

static tmsize_t client_write(thandle_t handle, void *data, tmsize_t size)
{
    struct tiff_client *client = handle;
    int r = spool_write(client->fd, client->at, data, (size_t)size);

    if (r < 0) {
        client->error = r;
        return -1;
    }
    client->at += size;
    if (client->at > client->size)
        client->size = client->at;
    return size;
}

static off_t end_of(struct tiff_client *client)
{
    return client->source && source_fill(client->source, UINT64_MAX) == 0
               ? (off_t)source_size(client->source, 0)
               : client->size;
}

static toff_t client_seek(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_client *client = handle;
    off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? client->at : end_of(client);
    off_t to = base + (off_t)offset;

    if (to < 0)
        return (toff_t)-1;
    client->at = to;
    return (toff_t)to;
}

static int client_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t client_size(thandle_t handle)
{
    const struct tiff_client *client = handle;

    /* While it arrives, as long as may be: what is missing shows when it is read. */
    return client->source ? source_size(client->source, UNKNOWN_SIZE) : (toff_t)client->size;
}

static int client_map(thandle_t handle, void **base, toff_t *size)
{
    (void)handle;
    (void)base;
    (void)size;
    return 0; /* no mapping: a file that shrinks would end the program */
}

static void client_unmap(thandle_t handle, void *base, toff_t size)
{
    (void)handle;
    (void)base;
    (void)size;
}

#if TIFFLIB_VERSION >= 20221213 /* 4.5.0: handlers for one file, none for the process */
static int on_message(TIFF *tiff, void *user, const char *module, const char *format, va_list args)
{
    (void)tiff;
    (void)user;
    (void)module;
    (void)format;
    (void)args;
    return 1;
}

static TIFF *open_silent(struct tiff_client *client, const char *mode)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();

    if (!options)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_message, NULL);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_message, NULL);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)PICTURE_DECODER_MEMORY);

    TIFF *tiff = TIFFClientOpenExt("page", mode, client, client_read, client_write, client_seek,
                                   client_close, client_size, client_map, client_unmap, options);

    TIFFOpenOptionsFree(options);
    return tiff;
}
#else
/* Its messages can only be silenced for the whole program, which writes none by it. */
static TIFF *open_silent(struct tiff_client *client, const char *mode)
{
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    return TIFFClientOpen("page", mode, client, client_read, client_write, client_seek,
                          client_close, client_size, client_map, client_unmap);
}
#endif

TIFF *tiff_client_open(struct tiff_client *client, const char *mode)
{
    struct stat status = {0};

    if (!client->source && mode[0] == 'r' && fstat(client->fd, &status) < 0)
        return NULL;
    client->size = status.st_size;
    return open_silent(client, mode);
}
