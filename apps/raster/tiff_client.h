/* SPDX-License-Identifier: MIT */
/*
 * libtiff on a bare descriptor, silent: its messages go nowhere, not to stderr.
 */
#ifndef WSD_APPS_RASTER_TIFF_CLIENT_H
#define WSD_APPS_RASTER_TIFF_CLIENT_H

#include <sys/types.h>

#include <tiffio.h>

#include "source.h"

struct tiff_client {
    struct source *source; /* read from; NULL: `fd` */
    int fd;
    off_t at, size;
    int error; /* of the last transfer that failed */
};

/* `client` has its source or descriptor and is else zero; both must outlive the TIFF. Mode "rm" or
 * "wm", a new file. NULL when libtiff refuses, as it does where one allocation would be past
 * PICTURE_DECODER_MEMORY. */
TIFF *tiff_client_open(struct tiff_client *client, const char *mode);

#endif
