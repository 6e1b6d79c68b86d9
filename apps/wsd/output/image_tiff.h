/* SPDX-License-Identifier: MIT */
/* What the reader and the writer of TIFF share. */
#ifndef WSD_APPS_OUTPUT_IMAGE_TIFF_H
#define WSD_APPS_OUTPUT_IMAGE_TIFF_H

#include <tiffio.h>

/* A TIFF on a duplicate of `fd`, closed with it, that prints nothing. */
TIFF *image_tiff_fdopen(int fd, const char *mode);

#endif
